"""A report as a sheet: columns and rows, written as CSV for a spreadsheet or as PDF for a file.

No cell of the CSV begins like a formula. A negative amount has its sign behind it, as bookkeepers write it and spreadsheets
read it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias
from xml.sax.saxutils import escape

from anyascii import anyascii

from billhook.money import format_cents

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the start of a formula, also behind a tab or a line end."""


class Cents(int):
    """An amount in a sheet."""

    __slots__ = ()


Cell: TypeAlias = str | int | Cents | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report: title, the day it is of, headings, rows; `amounts` are the headings whose columns are added up at the end."""

    title: str
    day: date
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    amounts: Sequence[str] = ()

    def total(self) -> list[Cell] | None:
        """The row of sums; None where nothing is added up."""
        if not self.amounts:
            return None
        sums: list[Cell] = ["sum", *("" for _ in self.headings[1:])]
        for at, heading in enumerate(self.headings):
            if heading in self.amounts:
                column = (row[at] for row in self.rows)
                sums[at] = Cents(sum(cell for cell in column if isinstance(cell, int)))
        return sums

    def records(self) -> list[dict[str, Cell]]:
        """The rows as mappings, for a screen or JSON."""
        return [dict(zip(self.headings, row, strict=True)) for row in self.rows]


def written(cell: Cell) -> str:
    """A cell as text that no spreadsheet computes.

    >>> written(Cents(-1250)), written("=1+1"), written(date(2026, 2, 1))
    ('12,50-', "'=1+1", '01.02.2026')
    """
    match cell:
        case None:
            return ""
        case Cents() | int() | Decimal():
            text = format_cents(int(cell)) if isinstance(cell, Cents) else str(cell).replace(".", ",")
            return f"{text[1:]}-" if text.startswith("-") else text
        case date():
            return f"{cell:%d.%m.%Y}"
    text = " ".join(cell.split("\0"))
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def as_csv(sheet: Sheet) -> bytes:
    """The sheet as CSV: `;`, UTF-8 with a mark, CRLF, which spreadsheets in Germany open with a double click."""
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";", lineterminator="\r\n")
    writer.writerow(map(written, sheet.headings))
    writer.writerows([written(cell) for cell in row] for row in sheet.rows)
    total = sheet.total()
    if total is not None:
        writer.writerow(map(written, total))
    return made.getvalue().encode("utf-8-sig")


def as_pdf(sheet: Sheet) -> bytes:
    """The sheet as PDF, landscape; the same sheet gives the same bytes."""
    from reportlab.lib import colors  # noqa: PLC0415  # loading it takes longer than most commands
    from reportlab.lib.pagesizes import A4, landscape  # noqa: PLC0415  # as above
    from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415  # as above
    from reportlab.lib.units import mm  # noqa: PLC0415  # as above
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle  # noqa: PLC0415  # as above

    styles = getSampleStyleSheet()
    small = styles["Normal"].clone("small", fontSize=7, leading=8.5)
    number = small.clone("number", alignment=2)

    def drawn(cells: Iterable[Cell]) -> list[Paragraph]:
        return [
            Paragraph(_shown(written(cell)), number if isinstance(cell, int | Decimal) else small) for cell in cells
        ]

    rows = [drawn(sheet.headings), *map(drawn, sheet.rows)]
    total = sheet.total()
    if total is not None:
        rows.append(drawn(total))
    table = LongTable(rows, repeatRows=1, style=TableStyle([
        ("LINEBELOW", (0, 0), (-1, 0), 0.6, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEABOVE", (0, -1), (-1, -1), 0.6 if total is not None else 0, colors.black),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, colors.whitesmoke]),
    ]))  # fmt: skip
    target = io.BytesIO()
    SimpleDocTemplate(
        target, pagesize=landscape(A4), leftMargin=12 * mm, rightMargin=12 * mm, topMargin=12 * mm, bottomMargin=12 * mm,
        title=sheet.title, invariant=1,
    ).build([
        Paragraph(_shown(f"{sheet.title}, {sheet.day:%d.%m.%Y}"), styles["Heading3"]), Spacer(1, 2 * mm), table,
    ])  # fmt: skip
    return target.getvalue()


def _shown(text: str) -> str:
    """Text in the letters of the paper's font, with the marks of a paragraph harmless."""
    return escape("".join(one if ord(one) < 256 else anyascii(one) for one in text))
