"""Documents and exchanges: invoices with their numbers and totals, and the files in which they travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over items, in cents. `billed` is what the payer is asked for: gross less copayment less own share."""

    gross: int = 0
    copayment: int = 0
    own_share: int = 0
    surcharge: int = 0
    items: int = 0
    vouchers: int = 0

    @property
    def billed(self) -> int:
        """What the payer is asked for, in cents."""
        return self.gross - self.copayment - self.own_share

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.gross + other.gross,
            self.copayment + other.copayment,
            self.own_share + other.own_share,
            self.surcharge + other.surcharge,
            self.items + other.items,
            self.vouchers + other.vouchers,
        )


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice to a payer (Gesamtrechnung): fixed once it has its number, never changed afterwards.

    `key` is the scheme's document key. `collective` is the key of the collective invoice (Sammelrechnung) that it is part of,
    empty when there is none; `number` is then the collective's number and `ordinal` counts the documents in it from 1.
    """

    id: int
    exchange: int
    key: tuple[str, ...]
    collective: tuple[str, ...]
    number: str
    ordinal: int
    date: date
    totals: Totals
    subtotals: Mapping[str, Totals] = field(default_factory=dict)


class ExchangeState(StrEnum):
    """fixed → rendered → sealed → sending → sent → received → answered | refused.

    `fixed` has its numbers but not yet its bytes. `sending` was begun to be handed over; where nobody is doing so, it is
    not known whether the payer has it. `withdrawn` never left: it was made again, or all of its items were taken back.
    """

    FIXED = "fixed"
    RENDERED = "rendered"
    SEALED = "sealed"
    SENDING = "sending"
    SENT = "sent"
    RECEIVED = "received"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """A file as it was rendered: kept byte for byte under its SHA-256. `size` in bytes.

    `sealed_size` and `sealed_sha256` are of the sealed file that leaves in its place; None when it leaves as it is.
    """

    name: str
    role: str
    media_type: str
    sha256: str
    size: int
    sealed_sha256: str | None = None
    sealed_size: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One file on its way to a payer and back. An answer names the exchange that it answers.

    `key` is the scheme's file key, `numbers` the running numbers drawn for this file by series name.
    """

    id: int
    run: int
    scheme: str
    key: tuple[str, ...]
    state: ExchangeState
    created: datetime
    numbers: Mapping[str, int] = field(default_factory=dict)
    artifacts: tuple[StoredArtifact, ...] = ()
    problem: str = ""
