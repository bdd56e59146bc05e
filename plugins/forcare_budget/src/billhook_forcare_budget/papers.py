"""The papers of § 42a SGB XI: the notice to the fund (Abs. 2) and the overview for the client (Abs. 3), as PDF in
German.

Content and layout are apart: `paper_of` says what stands there, `write_pdf` draws it. The same content gives the
same bytes.
"""

from __future__ import annotations

import os
import tempfile
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from xml.sax.saxutils import escape

from anyascii import anyascii
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from billhook.money import Cents, format_cents
from billhook_forcare_budget.settings import Provider


class Kind(StrEnum):
    """Which paper."""

    NOTICE = "notice"
    OVERVIEW = "overview"


BENEFIT_NAMES = {"KZP": "Kurzzeitpflege (§ 42 SGB XI)", "VP": "Verhinderungspflege (§ 39 SGB XI)"}


@dataclass(frozen=True, slots=True)
class Service:
    """A stay as a paper shows it: `cost` is what it came to, `common` what of it goes against the common yearly
    amount.
    """

    benefit: str
    first: date
    last: date
    days: int
    cost: Cents
    common: Cents


@dataclass(frozen=True, slots=True)
class Person:
    """The client, as the master record knows them."""

    number: str
    name: str = ""
    street: str = ""
    place: str = ""
    birth_date: date | None = None
    insurance_number: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on a paper: address, subject, paragraphs, a table with its head, and paragraphs below it."""

    kind: Kind
    sender: Sequence[str]
    address: Sequence[str]
    day: date
    subject: str
    before: Sequence[str]
    table: Sequence[Sequence[str]]
    after: Sequence[str]


def due(service_month: date) -> date:
    """The last day on which the fund must know: the end of the month after the service (§ 42a Abs. 2).

    >>> due(date(2026, 12, 3))
    datetime.date(2027, 1, 31)
    """
    year, month = divmod(service_month.year * 12 + service_month.month, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def paper_of(
    kind: Kind,
    provider: Provider,
    person: Person,
    fund: str,
    services: Sequence[Service],
    rest: Cents | None,
    today: date,
) -> Paper:
    """The content of a paper about these services of one client, which all lie in one month."""
    sender = [line for line in (provider.name, provider.street, provider.place, provider.phone) if line]
    month = services[0].last if services else today
    head = ["Leistung", "von", "bis", "Tage", "Aufwendungen €", "davon Gemeinsamer Jahresbetrag €"]
    rows = [
        [
            BENEFIT_NAMES.get(one.benefit, one.benefit),
            _german(one.first),
            _german(one.last),
            str(one.days),
            format_cents(one.cost),
            format_cents(one.common),
        ]
        for one in services
    ]
    total = ["Summe", "", "", "", format_cents(sum(one.cost for one in services))]
    total.append(format_cents(sum(one.common for one in services)))
    if kind is Kind.NOTICE:
        about = f"Versicherte Person: {person.name or person.number}"
        about += f", geb. {_german(person.birth_date)}" if person.birth_date else ""
        about += f", Versichertennummer {person.insurance_number}" if person.insurance_number else ""
        return Paper(
            kind,
            sender,
            [fund],
            today,
            f"Anzeige nach § 42a Absatz 2 SGB XI, Leistungsmonat {month:%m/%Y}",
            [about, "Wir zeigen an, dass wir die folgenden Leistungen in diesem Umfang erbracht haben."],
            [head, *rows, total],
            [f"Die Anzeige ist bis zum {_german(due(month))} fällig."]
            + ([f"Institutionskennzeichen: {provider.ik}"] if provider.ik else []),
        )
    after = [
        f"Zur Abrechnung über den Gemeinsamen Jahresbetrag sind {total[5]} € vorgesehen.",
        "Diese Übersicht erhalten Sie nach § 42a Absatz 3 SGB XI. Sie ist keine Rechnung.",
    ]
    if rest is not None:
        after.insert(1, f"Nach den uns bekannten Leistungen sind {month:%Y} danach noch {format_cents(rest)} € übrig.")
    address = [line for line in (person.name or f"Kundennummer {person.number}", person.street, person.place) if line]
    return Paper(
        kind,
        sender,
        address,
        today,
        f"Übersicht über Ihre Aufwendungen im {month:%m/%Y}",
        ["Für die folgenden Leistungen sind Aufwendungen angefallen."],
        [head, *rows, total],
        after,
    )


def _german(day: date | None) -> str:
    return "" if day is None else f"{day:%d.%m.%Y}"


def write_pdf(paper: Paper, path: Path) -> None:
    """Draw a paper into a file that only its owner may read; it is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".pdf")
    try:
        with os.fdopen(handle, "wb") as file:
            document = SimpleDocTemplate(
                file,
                pagesize=A4,
                leftMargin=25 * mm,
                rightMargin=20 * mm,
                topMargin=25 * mm,
                title=paper.subject,
                author=paper.sender[0] if paper.sender else "",
                invariant=1,
            )
            document.build(_story(paper), onFirstPage=_fold_marks)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _story(paper: Paper) -> list[Flowable]:
    styles = getSampleStyleSheet()
    normal, small, heading = styles["Normal"], styles["BodyText"], styles["Heading2"]
    story: list[Flowable] = [Paragraph(_shown(" · ".join(paper.sender)), small), Spacer(1, 8 * mm)]
    story += [Paragraph(_shown(line), normal) for line in paper.address]
    story += [Spacer(1, 12 * mm), Paragraph(_german(paper.day), normal), Spacer(1, 6 * mm)]
    story.append(Paragraph(_shown(paper.subject), heading))
    for text in paper.before:
        story += [Paragraph(_shown(text), normal), Spacer(1, 3 * mm)]
    cells = [[Paragraph(_shown(cell), normal) for cell in row] for row in paper.table]
    table = Table(cells, colWidths=[50 * mm, 22 * mm, 22 * mm, 12 * mm, 28 * mm, 31 * mm], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("LINEABOVE", (0, -1), (-1, -1), 1, colors.black),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    story += [table, Spacer(1, 6 * mm)]
    for text in paper.after:
        story += [Paragraph(_shown(text), normal), Spacer(1, 3 * mm)]
    return story


def _shown(text: str) -> str:
    """Text for a paragraph. The built-in fonts have the letters of Windows-1252; any other one is written in theirs."""
    return escape("".join(one if _has_letter(one) else anyascii(one) for one in text))


def _has_letter(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _fold_marks(canvas: Canvas, _document: object) -> None:
    """Marks for a window envelope (DIN 5008: 105 and 210 mm from the top)."""
    for place in (105, 210):
        canvas.line(3 * mm, A4[1] - place * mm, 7 * mm, A4[1] - place * mm)
