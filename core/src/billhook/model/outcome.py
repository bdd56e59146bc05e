"""Outcomes: what a payer's answer says about a file, a document or an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Verdict(StrEnum):
    """What the payer decided. `unknown` keeps an answer that nobody understands yet."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REDUCED = "reduced"
    PAID = "paid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One statement of an answer. `exchange`, `document`, `voucher`, `item` name what it is about, as the answer names it.

    An outcome that names neither document, voucher nor item is about the whole exchange. Without `exchange` and `numbers` it is
    about whichever exchange holds what it names, so that one letter may speak of many files. `numbers` are the running numbers
    of the exchange, by the names of `SeriesPlan.exchange`, where the answer repeats them: they find the exchange; `facts` are
    what else it says of the file, for the scheme's `locate`. `voucher` is the number on the original document.

    `amount` is what the payer grants, in cents; `codes` the payer's own codes, carried even where nobody knows them.
    `final`: with this answer the exchange is through, and what no outcome refuses is accepted. `reference` is what the
    payer's transfer will carry, `payer` for whose items, `due` the day by which it is promised.

    `deducts`: what is not granted of what is named becomes a deduction, about which a person decides: the `cut` (cents), else
    what was billed less `amount`; codes and text are the reasons. `day` is the day of the letter. With `paid` and a document,
    voucher or item it is the day on which `amount` was paid, and books it.

    `about` is the role of the artifact that is spoken of, where invoices left in several forms (see `billhook.scheme.Twins`);
    empty: the claim. What is said of another form is kept and moves nothing.

    An answer that names things in words of its own says them in `facts`, and in `start` and `end` the days of the services; the
    scheme's `match` finds what is meant and says in `matched` by what.
    """

    verdict: Verdict
    exchange: str = ""
    document: str = ""
    item: str = ""
    amount: int | None = None
    codes: tuple[str, ...] = ()
    text: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)
    final: bool = False
    payer: str = ""
    reference: str = ""
    due: date | None = None
    voucher: str = ""
    deducts: bool = False
    cut: int | None = None
    day: date | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    start: date | None = None
    end: date | None = None
    matched: str = ""

    @property
    def is_about_the_file(self) -> bool:
        """True when it names nothing in the exchange."""
        return not (self.document or self.voucher or self.item)
