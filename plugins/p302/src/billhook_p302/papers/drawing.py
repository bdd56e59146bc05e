"""Drawing cover sheets and sorting lists. Only what is on the page at the moment is held, so a list may be long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from billhook.money import format_cents
from billhook.paper import Paper, write_paper
from billhook_p302.papers.contents import CoverSheet, InvoicePapers, Original, Party

LEFT, RIGHT = 20.0, 190.0
FIRST_ROW, ROW = 52.0, 9.5
ROWS = 24
"""Originals on a page of the sorting list."""

_NUMBER, _CLIENT, _BORN, _PRESCRIBED = 29, 72, 104, 121
"""Where the columns of text begin."""
_LINES, _GROSS, _SHARE, _BILLED = 145, 159, 174, 190
"""Where the columns of figures end."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A paper that was written: its pages, and how many invoices and originals (Urbelege) it names."""

    path: Path
    pages: int
    invoices: int
    originals: int


def draw_covers(papers: Sequence[InvoicePapers], path: Path) -> Drawn:
    """Write the cover sheets of a file, a page for each invoice."""
    with write_paper(path, title=_title("Begleitzettel", papers), author=_author(papers)) as paper:
        for place, each in enumerate(papers, 1):
            if place > 1:
                paper.next_page()
            _cover(paper, each.cover, place, len(papers))
    return Drawn(path, len(papers), len(papers), sum(each.cover.originals for each in papers))


def draw_list(papers: Sequence[InvoicePapers], path: Path) -> Drawn:
    """Write the sorting list of a file: each invoice begins on a page of its own and ends with its sums."""
    pages = sum(_pages(each.cover) for each in papers)
    with write_paper(path, title=_title("Sortierliste der Urbelege", papers), author=_author(papers)) as paper:
        for place, each in enumerate(papers, 1):
            if place > 1:
                paper.next_page()
            _list(paper, each, pages)
    return Drawn(path, pages, len(papers), sum(each.cover.originals for each in papers))


def _title(what: str, papers: Sequence[InvoicePapers]) -> str:
    return f"{what} {papers[0].cover.file}" if papers else what


def _author(papers: Sequence[InvoicePapers]) -> str:
    return " ".join(papers[0].cover.biller.name) if papers else ""


def _pages(cover: CoverSheet) -> int:
    """The pages of an invoice in the sorting list; the sums take a row, so that they never stand alone without one."""
    return max(1, -(-cover.vouchers // ROWS))


# --- The cover sheet ------------------------------------------------------------------------------------------------


def _cover(paper: Paper, cover: CoverSheet, page: int, pages: int) -> None:
    paper.text(LEFT, 25, "Begleitzettel für Urbelege", size=16, bold=True)
    paper.text(LEFT, 31, "Anlage 4 zu den Richtlinien nach § 302 Absatz 2 SGB V", size=8)
    paper.text(RIGHT, 25, f"Datei {cover.file}", align="right")
    y = 48.0
    if cover.office is not None:
        y = _party(paper, y, "An die Annahmestelle für Papier", cover.office)
    y = _party(paper, y, "Krankenkasse (Karte)", cover.fund)
    y = _party(paper, y, "Abrechnungsstelle" if cover.provider else "Leistungserbringer", cover.biller)
    if cover.provider is not None:
        y = _party(paper, y, "Leistungserbringer", cover.provider)
    y += 6
    facts = [
        ("Rechnungsnummer der Gesamtrechnung", cover.number),
        ("Rechnungsdatum", german(cover.date)),
        ("Anzahl der Urbelege", str(cover.originals)),
        ("Rechnungsbetrag", f"{format_cents(cover.totals.billed)} EUR"),
    ]
    if cover.originals < cover.vouchers:
        facts.insert(3, ("Abrechnungsfälle ohne Urbeleg per Post", str(cover.vouchers - cover.originals)))
    if cover.provider is not None:
        facts += [("Erste Belegnummer", cover.first or "–"), ("Letzte Belegnummer", cover.last or "–")]
    for name, value in facts:
        paper.text(LEFT, y, name, size=10)
        paper.text(LEFT + 85, y, value, size=11, bold=True, width=RIGHT - LEFT - 85)
        paper.rule(LEFT, y + 2, RIGHT - LEFT)
        y += 9
    paper.barcode(LEFT - 2.5, y + 4, cover.number, height=12)
    _foot(paper, page, pages)


def _party(paper: Paper, y: float, title: str, party: Party) -> float:
    paper.text(LEFT, y, title, size=8)
    paper.text(RIGHT, y, f"IK {party.ik}", size=11, bold=True, align="right")
    for line in (*party.name, *party.address):
        y += 5.5
        paper.text(LEFT, y, line, size=11, width=RIGHT - LEFT)
    return y + 12


# --- The sorting list -----------------------------------------------------------------------------------------------


def _list(paper: Paper, papers: InvoicePapers, pages: int) -> None:
    cover = papers.cover
    _list_head(paper, cover)
    place = 0
    for original in papers.originals():
        if place and place % ROWS == 0:
            _foot(paper, paper.page, pages)
            paper.next_page()
            _list_head(paper, cover)
        _row(paper, FIRST_ROW + place % ROWS * ROW, place + 1, original)
        place += 1
    y = FIRST_ROW + ((place - 1) % ROWS + 1 if place else 0) * ROW
    paper.rule(LEFT, y - 4.5, RIGHT - LEFT, weight=1)
    paper.text(LEFT, y, f"Summe: {cover.vouchers} Belege, davon {cover.originals} Urbelege per Post", size=8, bold=True)
    totals = cover.totals
    paper.text(_GROSS, y, format_cents(totals.gross), size=8, bold=True, align="right")
    paper.text(_SHARE, y, format_cents(totals.gross - totals.billed), size=8, bold=True, align="right")
    paper.text(_BILLED, y, format_cents(totals.billed), size=8, bold=True, align="right")
    _foot(paper, paper.page, pages)


def _list_head(paper: Paper, cover: CoverSheet) -> None:
    paper.text(LEFT, 20, "Sortierliste der Urbelege", size=14, bold=True)
    paper.text(RIGHT, 20, f"Datei {cover.file}", align="right")
    paper.text(LEFT, 27, f"Rechnung {cover.number} vom {german(cover.date)}", size=10, bold=True)
    fund = " ".join((cover.fund.ik, *cover.fund.name))
    paper.text(LEFT, 33, f"Krankenkasse {fund}", width=RIGHT - LEFT)
    whose = cover.provider or cover.biller
    paper.text(LEFT, 38, "Leistungserbringer " + " ".join((whose.ik, *whose.name)), width=RIGHT - LEFT)
    for x, title in ((LEFT, "Nr."), (_NUMBER, "Belegnummer"), (_CLIENT, "Versicherte/r"), (_BORN, "geboren")):
        paper.text(x, 45, title, size=7, bold=True)
    paper.text(_PRESCRIBED, 45, "Verordnung", size=7, bold=True)
    for x, title in ((_LINES, "Zeilen"), (_GROSS, "Brutto"), (_SHARE, "Kunde"), (_BILLED, "Betrag")):
        paper.text(x, 45, title, size=7, bold=True, align="right")
    paper.rule(LEFT, 46.5, RIGHT - LEFT)


def _row(paper: Paper, y: float, place: int, original: Original) -> None:
    paper.text(LEFT, y, str(place), size=8)
    if original.number.isascii() and original.number.isprintable():
        paper.barcode(_NUMBER - 2.5, y - 4.6, original.number, height=5.2)
    paper.text(_NUMBER, y + 3.2, original.number, size=7, width=_CLIENT - _NUMBER - 2)
    paper.text(_CLIENT, y, original.client, size=8, width=_BORN - _CLIENT - 2)
    paper.text(_BORN, y, german(original.birth_date), size=8)
    paper.text(_PRESCRIBED, y, german(original.prescribed_on), size=8)
    paper.text(_LINES, y, str(original.lines), size=8, align="right")
    paper.text(_GROSS, y, format_cents(original.gross), size=8, align="right")
    paper.text(_SHARE, y, format_cents(original.client_share), size=8, align="right")
    paper.text(_BILLED, y, format_cents(original.billed), size=8, align="right")
    if not original.enclosed:
        paper.text(_CLIENT, y + 3.2, "ohne Urbeleg per Post", size=6)


def _foot(paper: Paper, page: int, pages: int) -> None:
    paper.text(RIGHT, 288, f"Seite {page} von {pages}", size=8, align="right")


def german(day: date | None) -> str:
    """A day as German papers write it; empty for none."""
    return "" if day is None else f"{day:%d.%m.%Y}"
