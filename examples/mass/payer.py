"""The payer played: it reads the file that was uploaded, decides line by line, and gives out its payment advice.

It knows nothing of Billhook: it takes a CSV with headings, and writes one of its own making, or a PDF.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

Row: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the payer decides about a line, in cents: what it pays now, what it cuts, and why."""

    row: Row
    billed: int
    paid: int
    cut: int = 0
    code: str = ""
    text: str = ""

    @property
    def rest(self) -> int:
        """What is neither paid nor cut: it comes later."""
        return self.billed - self.paid - self.cut


Judge: TypeAlias = Callable[[Row, int], Decision]
"""Decides about a line of which so many cents were asked for."""


def cents(text: str) -> int:
    """An amount with a decimal comma in cents."""
    return int(Decimal(text.replace(".", "").replace(",", ".")) * 100)


def euros(amount: int, decimal: str = ",") -> str:
    """An amount in cents as the payer writes it."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}{decimal}{abs(amount) % 100:02d}"


def pay_all(row: Row, billed: int) -> Decision:
    """Everything is right."""
    return Decision(row, billed, billed)


def decide(file: Path, judge: Judge = pay_all) -> list[Decision]:
    """The payer's decisions about the lines of an uploaded file."""
    with file.open(encoding="cp1252", newline="") as opened:
        return [judge(row, cents(row["Betrag"])) for row in csv.DictReader(opened, delimiter=";")]


@dataclass(frozen=True, slots=True)
class Form:
    """How an advice looks. Payers change it without a word, so a reader has to find it out."""

    encoding: str = "cp1252"
    delimiter: str = ";"
    decimal: str = ","
    day: str = "%d.%m.%Y"
    month: str = "{month}.{year}"
    total: bool = True
    headings: Sequence[str] = field(
        default=(
            "Rechnungsnummer", "Aktenzeichen", "Name", "Leistungsmonat", "Leistungsschluessel", "Rechnungsbetrag", "Zahlbetrag",
            "Kuerzung", "Kuerzungsgrund", "Begruendung", "Zahldatum", "Kassenzeichen",
        )
    )  # fmt: skip


PLAIN = Form()
FORMS = (
    PLAIN,
    Form("utf-8-sig", ";", ",", "%Y-%m-%d", "{year}-{month}"),
    Form("utf-16", "\t", ",", "%d.%m.%Y", "{month}/{year}", total=False),
    Form("utf-8", ",", ".", "%d.%m.%y", "{month}.{year}"),
)
"""Forms that the played payer takes in turn."""


def table(decisions: Sequence[Decision], day: date, reference: str, form: Form = PLAIN) -> list[list[str]]:
    """The rows of an advice, with headings, and a total where the form has one."""
    rows = [list(form.headings)]
    for one in decisions:
        month, year = one.row["Leistungsmonat"].split(".")
        rows.append([
            one.row["Rechnungsnummer"], one.row["Aktenzeichen"], f"{one.row['Name']}, {one.row['Vorname']}",
            form.month.format(month=month, year=year), one.row["Leistungsschluessel"], euros(one.billed, form.decimal),
            euros(one.paid, form.decimal), euros(one.cut, form.decimal), one.code, one.text, f"{day:{form.day}}", reference,
        ])  # fmt: skip
    if form.total:
        sums = [sum(getattr(one, name) for one in decisions) for name in ("billed", "paid", "cut")]
        rows.append(["Summe", "", "", "", "", *(euros(each, form.decimal) for each in sums), "", "", "", ""])
    return rows


def advice(decisions: Sequence[Decision], day: date, reference: str, form: Form = PLAIN) -> bytes:
    """The advice as CSV."""
    made = io.StringIO()
    csv.writer(made, delimiter=form.delimiter, lineterminator="\r\n").writerows(table(decisions, day, reference, form))
    return made.getvalue().encode(form.encoding)


def advice_pdf(decisions: Sequence[Decision], day: date, reference: str) -> bytes:
    """The advice as PDF with text."""
    from reportlab.lib.pagesizes import A4, landscape  # noqa: PLC0415  # only where a PDF is made
    from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415  # as above
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate  # noqa: PLC0415  # as above

    target = io.BytesIO()
    styles = getSampleStyleSheet()
    sheet = LongTable(
        table(decisions, day, reference), repeatRows=1,
        style=[("FONTSIZE", (0, 0), (-1, -1), 6), ("ALIGN", (5, 0), (7, -1), "RIGHT")],
    )  # fmt: skip
    SimpleDocTemplate(target, pagesize=landscape(A4), leftMargin=20, rightMargin=20, invariant=1).build(
        [Paragraph("Zahlungsavis", styles["Title"]), sheet]
    )
    return target.getvalue()
