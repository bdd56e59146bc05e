"""Letters and phone calls, entered by hand: a small document that goes the way of every other answer.

It is JSON with sorted names, so that the same entry twice has the same bytes and changes nothing. What it may say is what key
8.1.9 (Prüfvermerk) of Anlage 3 says of an invoice, and what a data centre says of a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from billhook.model import Outcome, Verdict
from billhook.store.encoding import json_text
from billhook.words import listed
from billhook_p302.batching import TRANSFER
from billhook_p302.replies.textblocks import TEXT_BLOCKS

FORM = "p302-answer/1"
PAYMENT_DAYS = 28
"""Invoices are paid within four weeks after all of the papers have come, unless a contract says otherwise (Richtlinien § 7)."""


class Mark(StrEnum):
    """What the insurer says of an invoice (key 8.1.9, Prüfvermerk)."""

    PAID = "01"
    REFUSED = "02"
    CORRECTED = "03"
    CUT = "04"
    EXAMINED = "05"


MARKS = {
    Mark.PAID: "is paid",
    Mark.REFUSED: "is refused",
    Mark.CORRECTED: "the amount was corrected",
    Mark.CUT: "the amount was cut",
    Mark.EXAMINED: "is being examined",
}
"""Each in words."""

FILE_ACCEPTED, FILE_REFUSED, RECORDS_REFUSED = "file-accepted", "file-refused", "records-refused"


@dataclass(frozen=True, slots=True)
class Letter:
    """One statement of a letter.

    `word` is one of FILE_ACCEPTED, FILE_REFUSED, RECORDS_REFUSED or a `Mark`. `file`, `transfer` and `facts` name a billing file
    as a mail would; without them the invoice, voucher or item is looked for. `amount` in cents: paid (01), granted (03) or taken
    off (04).
    """

    word: str
    file: str = ""
    transfer: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    invoice: str = ""
    voucher: str = ""
    item: str = ""
    amount: int | None = None
    dated: str | None = None
    reference: str = ""
    codes: tuple[str, ...] = ()
    text: str = ""

    def to_bytes(self) -> bytes:
        """The document."""
        said = {name: value for name, value in asdict(self).items() if value not in ("", None, (), {})}
        if "codes" in said:
            said["codes"] = list(self.codes)
        return json_text({"form": FORM, **said}).encode()


def due(day: date | None, procedure: str) -> date | None:
    """By when a file that came on this day is paid; None for a test or trial (TSOL0), which nobody pays."""
    return None if day is None or procedure == TEST_PROCEDURE else day + timedelta(days=PAYMENT_DAYS)


TEST_PROCEDURE = "TSOL0"
"""The procedure code of files that are not live (GGT Anlage 4)."""


def is_letter(content: bytes) -> bool:
    """True for a document that `to_bytes` made."""
    return content[:1] == b"{" and f'"form":"{FORM}"'.encode() in content


def outcomes(content: bytes) -> Iterator[Outcome]:
    """What a letter says; nothing for one that is damaged."""
    try:
        said = json.loads(content)
        said.pop("form")
        letter = Letter(**{**said, "codes": tuple(said.get("codes", ()))})
        day = date.fromisoformat(letter.dated) if letter.dated else None
    except (ValueError, TypeError, KeyError):
        return
    if letter.word in (FILE_ACCEPTED, FILE_REFUSED):
        yield _about_the_file(letter, day)
        return
    base = Outcome(
        Verdict.UNKNOWN,
        exchange=letter.file,
        numbers=_numbers(letter),
        facts=letter.facts,
        document=letter.invoice,
        voucher=letter.voucher,
        item=letter.item,
        codes=letter.codes,
        text=letter.text,
        reference=letter.reference,
        day=day,
    )
    match letter.word:
        case "records-refused" | Mark.REFUSED:
            yield replace(base, verdict=Verdict.REJECTED, deducts=True)
        case Mark.PAID:
            yield replace(base, verdict=Verdict.PAID, amount=letter.amount)
        case Mark.CORRECTED:
            yield replace(base, verdict=Verdict.REDUCED, deducts=True, amount=letter.amount)
        case Mark.CUT:
            yield replace(base, verdict=Verdict.REDUCED, deducts=True, cut=letter.amount)
        case Mark.EXAMINED:
            yield replace(base, codes=(Mark.EXAMINED.value, *letter.codes))


def _about_the_file(letter: Letter, day: date | None) -> Outcome:
    told = [TEXT_BLOCKS[code].told for code in letter.codes if code in TEXT_BLOCKS]
    accepted = letter.word == FILE_ACCEPTED
    return Outcome(
        Verdict.RECEIVED if accepted else Verdict.REJECTED,
        exchange=letter.file,
        codes=letter.codes,
        text=listed([*([letter.text] if letter.text else []), *told], " "),
        numbers=_numbers(letter),
        reference=letter.reference,
        due=due(day, letter.facts.get("procedure", "")) if accepted else None,
        day=day,
        facts=letter.facts,
    )


def _numbers(letter: Letter) -> dict[str, int]:
    return {} if letter.transfer is None else {TRANSFER: letter.transfer}
