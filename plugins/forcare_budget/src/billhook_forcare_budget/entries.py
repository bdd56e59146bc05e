"""Budget entries (Leistungsbudgetposten): what a client has used. An entry is never changed; what was wrong gets
another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billhook.money import Cents


class EntrySource(StrEnum):
    """How an entry came to be (Erfassungsart)."""

    BILLED = "billed"
    """Erfassungsart for.CARE: by the billing, when an invoice was fixed. Nobody can edit it."""
    FOREIGN = "foreign"
    """Erfassungsart Fremdeinrichtung: a stay in another facility, entered by hand. Counts like our own."""
    OPENING = "opening"
    """What was used before this ledger began."""
    CORRECTION = "correction"
    """A recalculation gave or took something; `corrects` names the entry that it belongs to."""
    REVERSAL = "reversal"
    """The entry that `corrects` names counts no longer: its invoice was rejected, or somebody deleted the foreign
    stay.
    """


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement in a client's budget.

    `booked` is the billing date, by which the seed's periods go; the statute goes by the service days. `days` is
    None when the entry counts the days from `service_from` to `service_to`, each calendar day once a kind however
    many entries name it; a number counts as it stands (a stay by the hour: 0; a correction: below zero). `amount`
    is what counts, in cents; `claimed` what was delivered, of which an excess may have gone to another payer.
    `item` is the billing item.
    """

    id: int
    client: str
    care_area: str
    debtor_group: str
    kind: str
    source: EntrySource
    booked: date
    service_from: date | None
    service_to: date | None
    days: int | None
    amount: Cents
    claimed: Cents
    minutes: int = 0
    item: int | None = None
    corrects: int | None = None
    payer: str = ""
    reference: str = ""
    note: str = ""
    created: str = ""
    actor: str = ""

    @property
    def account(self) -> tuple[str, str, str]:
        """Care area, debtor group, kind."""
        return self.care_area, self.debtor_group, self.kind

    @property
    def span(self) -> tuple[date, date]:
        """First and last day; the billing date twice when no service day is known."""
        first = self.service_from or self.booked
        return first, self.service_to or self.service_from or first


def live(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that count: without reversals, what they reversed, and corrections of what they reversed."""
    every: Sequence[Entry] = list(entries)
    gone = {entry.corrects for entry in every if entry.source is EntrySource.REVERSAL}
    return [
        entry
        for entry in every
        if entry.source is not EntrySource.REVERSAL
        and entry.id not in gone
        and not (entry.source is EntrySource.CORRECTION and entry.corrects in gone)
    ]
