"""Outcomes: what a payer's answer says about a file, a document or an item."""

from __future__ import annotations

from dataclasses import dataclass
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
    """One statement of an answer. `exchange`, `document`, `item` name what it is about, as the answer names it.

    `amount` is what the payer grants, in cents; `codes` the payer's own codes, carried even where nobody knows them.
    """

    verdict: Verdict
    exchange: str = ""
    document: str = ""
    item: str = ""
    amount: int | None = None
    codes: tuple[str, ...] = ()
    text: str = ""
