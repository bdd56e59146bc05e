"""Drawing a client's invoice: the content is fixed before, so the same content gives the same bytes, always."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from billhook.billing.client_invoices import contained_vat
from billhook.money import format_cents, format_decimal
from billhook.paper import Paper, wrapped, write_paper

LEFT, RIGHT = 25.0, 190.0
_DAY, _VOUCHER, _TEXT, _AMOUNT = LEFT, 47, 73, RIGHT
_FIRST, _NEXT, _LAST = 120.0, 40.0, 262.0
"""Where lines begin on the first page and on the others, and where a page is full."""
_STEP, _LEADING = 2.0, 4.2
_PIECE = 1 << 16

WORDS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "invoice": "Rechnung", "credit": "Gutschrift", "cancellation": "Storno zur Rechnung", "number": "Nummer",
        "client": "Kundennummer", "date": "Datum", "day": "Leistung am", "voucher": "Beleg", "what": "Bezeichnung",
        "amount": "EUR", "sum": "Summe", "copayment": "gesetzliche Zuzahlung", "own_share": "Eigenanteil",
        "surcharge": "Aufzahlung", "vat": "darin {rate} % Umsatzsteuer", "pay": "Bitte zahlen Sie {amount} EUR bis zum {due}.",
        "back": "Wir zahlen Ihnen {amount} EUR zurück.", "void": "Die Rechnung {number} ist damit aufgehoben.",
        "account": "Konto", "page": "Seite", "questions": "Fragen?", "reference": "Bitte geben Sie die Nummer {number} an.",
        "tax": "Steuernummer", "carry": "Übertrag",
    },
    "en": {
        "invoice": "Invoice", "credit": "Credit note", "cancellation": "Cancellation of invoice", "number": "Number",
        "client": "Client number", "date": "Date", "day": "Service on", "voucher": "Voucher", "what": "Description",
        "amount": "EUR", "sum": "Total", "copayment": "statutory copayment", "own_share": "own share",
        "surcharge": "surcharge", "vat": "contains {rate} % VAT", "pay": "Please pay EUR {amount} by {due}.",
        "back": "We will pay back EUR {amount} to you.", "void": "Invoice {number} is void.",
        "account": "Account", "page": "Page", "questions": "Questions?", "reference": "Please give the number {number}.",
        "tax": "Tax number", "carry": "Carried over",
    },
    "nl": {
        "invoice": "Factuur", "credit": "Creditnota", "cancellation": "Annulering van factuur", "number": "Nummer",
        "client": "Klantnummer", "date": "Datum", "day": "Prestatie op", "voucher": "Bewijsstuk", "what": "Omschrijving",
        "amount": "EUR", "sum": "Totaal", "copayment": "remgeld", "own_share": "eigen aandeel", "surcharge": "supplement",
        "vat": "waarin {rate} % btw", "pay": "Gelieve {amount} EUR te betalen voor {due}.",
        "back": "Wij betalen u {amount} EUR terug.", "void": "De factuur {number} vervalt hiermee.",
        "account": "Rekening", "page": "Pagina", "questions": "Vragen?", "reference": "Vermeld het nummer {number}.",
        "tax": "Btw-nummer", "carry": "Overdracht",
    },
}  # fmt: skip
"""What stands on the paper, by language."""


def draw_invoice(content: Mapping[str, Any]) -> Iterator[bytes]:
    """The PDF of an invoice, in pieces."""
    with tempfile.TemporaryDirectory(prefix="billhook-") as folder:
        path = Path(folder) / "invoice.pdf"
        words = WORDS[content["language"]]
        title = f"{_title(content, words)} {content['number']}"
        with write_paper(path, title=title, author=content["sender"].get("name", "")) as paper:
            _Drawing(paper, content, words).draw()
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _title(content: Mapping[str, Any], words: Mapping[str, str]) -> str:
    if content["cancels"]:
        return f"{words['cancellation']} {content['cancels']}"
    return words["invoice" if content["amount"] > 0 else "credit"]


class _Drawing:
    """An invoice on as many pages as its lines take."""

    def __init__(self, paper: Paper, content: Mapping[str, Any], words: Mapping[str, str]) -> None:
        self.paper = paper
        self.content = content
        self.words = words
        self.y = _FIRST
        self.sum = 0

    def draw(self) -> None:
        self._letterhead()
        self._table_head()
        for line in self.content["lines"]:
            self._line(line)
        self._total()
        self._closing()
        self._foot()

    def _letterhead(self) -> None:
        paper, sender, client = self.paper, self.content["sender"], self.content["client"]
        paper.fold_marks()
        if sender:
            paper.text(LEFT, 20, sender["name"], size=13, bold=True)
            place = f"{sender['postal_code']} {sender['city']}"
            paper.text(LEFT, 25, f"{sender['street']}, {place}", size=9)
            paper.text(LEFT, 50, f"{sender['name']}, {sender['street']}, {place}", size=6.5, width=80)
        y = 57.0
        for text in (client["name"], client["street"], client["place"], client["country"]):
            if text:
                paper.text(LEFT, y, text, size=10.5, width=85)
                y += 5
        words = self.words
        facts = (
            (words["number"], self.content["number"]),
            (words["date"], _day(self.content["date"])),
            (words["client"], client["number"]),
        )
        y = 57.0
        for name, value in facts:
            paper.text(130, y, name)
            paper.text(RIGHT, y, value, align="right", bold=True)
            y += 5
        paper.text(LEFT, 105, _title(self.content, words), size=14, bold=True)

    def _table_head(self) -> None:
        words, y = self.words, self.y - 6
        for x, name in ((_DAY, "day"), (_VOUCHER, "voucher"), (_TEXT, "what")):
            self.paper.text(x, y, words[name], size=8, bold=True)
        self.paper.text(_AMOUNT, y, words["amount"], size=8, bold=True, align="right")
        self.paper.rule(LEFT, y + 1.5, RIGHT - LEFT)

    def _line(self, line: Mapping[str, Any]) -> None:
        words = self.words
        what = " – ".join(part for part in (words[line["kind"]], line["text"] or line["code"]) if part)
        rows = wrapped(what, width=_AMOUNT - _TEXT - 25)
        self._room(len(rows) * _LEADING + _STEP)
        self.paper.text(_DAY, self.y, _day(line["day"]))
        self.paper.text(_VOUCHER, self.y, line["voucher"], width=_TEXT - _VOUCHER - 2)
        self.paper.text(_AMOUNT, self.y, format_cents(line["amount"]), align="right")
        for row in rows:
            self.paper.text(_TEXT, self.y, row)
            self.y += _LEADING
        self.y += _STEP
        self.sum += line["amount"]

    def _room(self, height: float) -> None:
        if self.y + height <= _LAST:
            return
        self._carry(self.y)
        self._foot()
        self.paper.next_page()
        self.y = _NEXT
        self.paper.text(LEFT, 25, f"{_title(self.content, self.words)} {self.content['number']}", bold=True)
        self._table_head()
        self._carry(self.y)
        self.y += _LEADING + _STEP

    def _carry(self, y: float) -> None:
        self.paper.text(_TEXT, y, self.words["carry"])
        self.paper.text(_AMOUNT, y, format_cents(self.sum), align="right")

    def _total(self) -> None:
        vat = contained_vat(self.content["lines"])
        self._room(3 * _LEADING + len(vat) * _LEADING)
        self.paper.rule(LEFT, self.y - 2, RIGHT - LEFT, weight=0.8)
        self.y += 3
        self.paper.text(_TEXT, self.y, self.words["sum"], bold=True, size=10)
        self.paper.text(_AMOUNT, self.y, format_cents(self.content["amount"]), bold=True, size=10, align="right")
        for rate, cents in vat.items():
            self.y += _LEADING
            name = self.words["vat"].format(rate=_rate(rate))
            self.paper.text(_TEXT, self.y, name, size=8)
            self.paper.text(_AMOUNT, self.y, format_cents(cents), size=8, align="right")

    def _closing(self) -> None:
        words, content, sender = self.words, self.content, self.content["sender"]
        amount = format_cents(abs(content["amount"]))
        if content["cancels"]:
            texts = [words["void"].format(number=content["cancels"])]
        elif content["amount"] > 0:
            texts = [words["pay"].format(amount=amount, due=_day(content["due"]))]
            if sender.get("iban"):
                account = " · ".join(part for part in (sender["iban"], sender["bic"], sender["bank"]) if part)
                texts.append(f"{words['account']}: {account}")
            texts.append(words["reference"].format(number=content["number"]))
        else:
            texts = [words["back"].format(amount=amount)]
        self._room(10 + 6 * len(texts))
        self.y += 10
        for text in texts:
            self.y = self.paper.paragraph(LEFT, self.y, text, width=RIGHT - LEFT, size=10, leading=5)
            self.y += 1

    def _foot(self) -> None:
        sender, words = self.content["sender"], self.words
        parts = [sender.get("phone"), sender.get("email")]
        contact = " · ".join(part for part in parts if part)
        asked = f"{words['questions']} {contact}" if contact else ""
        tax = f"{words['tax']} {sender['tax_number']}" if sender.get("tax_number") else ""
        self.paper.rule(LEFT, 280, RIGHT - LEFT)
        self.paper.text(LEFT, 285, " · ".join(part for part in (asked, tax) if part), size=8)
        self.paper.text(RIGHT, 285, f"{words['page']} {self.paper.page}", size=8, align="right")


def _day(text: str | None) -> str:
    return "" if not text else f"{date.fromisoformat(text):%d.%m.%Y}"


def _rate(rate: Decimal) -> str:
    return format_decimal(rate.normalize(), max(0, -int(rate.normalize().as_tuple().exponent)))
