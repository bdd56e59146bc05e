"""The invoice on paper, as PDF in German: in the pilot phase the payer pays on it, so number and total are those of the file.

Only here is reportlab needed. The same invoice gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from anyascii import anyascii
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from billhook.model import BillingItem
from billhook.money import format_cents, format_decimal
from billhook.scheme import DocumentView
from billhook_mass.batching import CORRECTIONS, DocumentKey, FileKey
from billhook_mass.details import DAY, HOUR, MONTH, RESERVED, UNPAID
from billhook_mass.lines import InvoiceFacts, day_kind_of, details_of, last_day_of, rate_of, service_name
from billhook_mass.profile import Profile
from billhook_mass.rendering import NUMBER_LABEL, TOTAL_LABEL
from billhook_mass.settings import Settings

PILOT_NOTE = (
    "Pilotphase MASS: Diese Rechnung wird inhaltsgleich als Datei übermittelt. "
    "Zahlungsbegründend ist allein diese Papierrechnung."
)
_UNITS = {DAY: "Tage", MONTH: "Monat", HOUR: "Std.", "flat": "Pauschale"}
_KINDS = {RESERVED: "abwesend", UNPAID: "abwesend, unbezahlt"}
_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip
_WIDTHS = [24 * mm, 33 * mm, 32 * mm, 27 * mm, 13 * mm, 18 * mm, 12 * mm, 21 * mm]


def paper_pdf(document: DocumentView, facts: InvoiceFacts, key: FileKey, profile: Profile, settings: Settings) -> bytes:
    """The invoice as PDF."""
    target = io.BytesIO()
    story = list(_story(document, facts, key, profile, settings))
    SimpleDocTemplate(
        target, pagesize=A4, leftMargin=15 * mm, rightMargin=15 * mm, topMargin=20 * mm, bottomMargin=20 * mm,
        title=f"Rechnung {facts.number}", author=settings.sender.name, invariant=1,
    ).build(story, onFirstPage=_fold_marks, onLaterPages=_page_number)  # fmt: skip
    return target.getvalue()


def _story(
    document: DocumentView, facts: InvoiceFacts, key: FileKey, profile: Profile, settings: Settings
) -> Iterator[Flowable]:
    styles = getSampleStyleSheet()
    normal, heading = styles["Normal"], styles["Heading2"]
    small = ParagraphStyle("small", parent=normal, fontSize=7.5, leading=9)
    cell = ParagraphStyle("cell", parent=normal, fontSize=7.5, leading=9)
    number = ParagraphStyle("number", parent=cell, alignment=2)
    sender, payer = settings.sender, settings.payer(key.payer)
    yield Paragraph(shown(" · ".join(filter(None, (sender.name, sender.street, sender.place)))), small)
    yield Spacer(1, 8 * mm)
    if payer is not None:
        yield from (
            Paragraph(shown(line), normal) for line in (payer.name, payer.department, payer.street, payer.place) if line
        )
    yield Spacer(1, 12 * mm)
    corrects = DocumentKey(*document.key)
    title = "Rechnungskorrektur" if corrects.kind == CORRECTIONS else "Rechnung"
    yield Paragraph(shown(f"{title} {_month(corrects.month)}, {facts.facility_name}".rstrip(", ")), heading)
    facts_shown = [
        (NUMBER_LABEL, facts.number),
        ("Rechnungsdatum:", german(facts.date)),
        ("Ihr Zeichen:", facts.biller_reference),
        ("Einrichtungsnummer:", facts.facility_number),
        ("Bezug Rechnung:", corrects.corrects),
        (TOTAL_LABEL, f"{format_cents(facts.total)} EUR"),
    ]
    yield from (Paragraph(shown(f"{name} {value}"), normal) for name, value in facts_shown if value)
    yield Spacer(1, 5 * mm)
    table = LongTable(
        [
            [Paragraph(shown(text), cell) for text in (
                "Aktenzeichen", "Name", "Leistung", "Zeitraum", "Menge", "Satz EUR", "%", "Betrag EUR")],
            *_lines(document.items(), profile, cell, number),
            [Paragraph("<b>Summe</b>", cell), *[""] * 6, Paragraph(f"<b>{format_cents(facts.total)}</b>", number)],
        ],
        colWidths=_WIDTHS,
        repeatRows=1,
    )  # fmt: skip
    table.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -2), 0.25, colors.lightgrey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("LINEABOVE", (0, -1), (-1, -1), 1, colors.black),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    yield table
    yield Spacer(1, 6 * mm)
    closing = [
        f"Bitte überweisen Sie auf das Konto {sender.iban} {sender.bank}".rstrip() + "."
        if sender.iban and facts.total > 0
        else "",
        sender.tax_note,
        PILOT_NOTE,
    ]
    for text in filter(None, closing):
        yield Paragraph(shown(text), normal)
        yield Spacer(1, 2 * mm)


def _lines(
    items: Iterable[BillingItem], profile: Profile, cell: ParagraphStyle, number: ParagraphStyle
) -> Iterator[list[Paragraph]]:
    for item in items:
        details = details_of(item)
        name = ", ".join(part for part in (item.client.family_name, item.client.given_name) if part)
        what = service_name(item, profile) or item.code
        kind = _KINDS.get(day_kind_of(item))
        if kind:
            absence = profile.keys.absences.names.get(details.absence) or details.absence
            what = f"{what}, {kind} ({absence})"
        quantity = _number(item.quantity)
        yield [
            Paragraph(shown(details.reference), cell),
            Paragraph(shown(name), cell),
            Paragraph(shown(what), cell),
            Paragraph(shown(f"{german(item.service_from)} bis {german(last_day_of(item))}"), cell),
            Paragraph(shown(f"{quantity} {_UNITS.get(item.unit, item.unit)}"), number),
            Paragraph(shown(_number(rate_of(item), 2)), number),
            Paragraph(shown(_number(details.percent)), number),
            Paragraph(shown(format_cents(item.billed)), number),
        ]


def german(day: date | None) -> str:
    """A day as it is written in a letter."""
    return "" if day is None else f"{day:%d.%m.%Y}"


def _number(value: Decimal, least: int = 0) -> str:
    exponent = value.normalize().as_tuple().exponent
    places = max(least, -exponent if isinstance(exponent, int) else 0)
    return format_decimal(value, places)


def _month(text: str) -> str:
    year, _, month = text.partition("-")
    return f"{_MONTHS[int(month) - 1]} {year}" if month.isdecimal() and 1 <= int(month) <= 12 else text


def shown(text: str) -> str:
    """Text for a paragraph. The built-in fonts have the letters of Windows-1252; any other one is written in theirs."""
    return escape("".join(one if _has_letter(one) else anyascii(one) for one in text))


def _has_letter(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _fold_marks(canvas: Canvas, document: object) -> None:
    """Marks for a window envelope (DIN 5008: 105 and 210 mm from the top)."""
    for place in (105, 210):
        canvas.line(3 * mm, A4[1] - place * mm, 7 * mm, A4[1] - place * mm)
    _page_number(canvas, document)


def _page_number(canvas: Canvas, _document: object) -> None:
    canvas.setFont("Helvetica", 7)
    canvas.drawRightString(A4[0] - 15 * mm, 10 * mm, f"Seite {canvas.getPageNumber()}")
