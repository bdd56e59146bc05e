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
    """One statement of an answer. `exchange`, `document`, `item` name what it is about, as the answer names it.

    An outcome that names neither document nor item is about the whole exchange. `numbers` are the running numbers of the
    exchange, by the names of `SeriesPlan.exchange`, where the answer repeats them: they find the exchange for certain.
    `amount` is what the payer grants, in cents; `codes` the payer's own codes, carried even where nobody knows them.
    `final`: with this answer the exchange is through, and what no outcome refuses is accepted. `reference` is what the
    payer's transfer will carry, `payer` for whose items, `due` the day by which it is promised.
    `about` is the role of the artifact that is spoken of, where invoices left in several forms (see `billhook.scheme.Twins`);
    empty: the claim. What is said of another form is kept and moves nothing.
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
    about: str = ""
