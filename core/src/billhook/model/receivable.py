"""Receivables and deductions: what a payer owes us, and what it did not want to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Receivable:
    """What is open from a document (Forderung), in cents.

    `amount` was billed, `settled` was paid so far, `deducted` was taken off for good: billed = settled + open + deducted, at
    all times. `disputed` is the part of `open` that the payer does not want to pay and about which nobody has decided yet.
    """

    id: int
    document: int
    amount: int
    settled: int = 0
    due: date | None = None
    deducted: int = 0
    disputed: int = 0

    @property
    def open(self) -> int:
        """What is still to be paid, in cents; negative when more came in than was asked for."""
        return self.amount - self.settled - self.deducted


class DeductionAction(StrEnum):
    """What is done about a deduction (Abschlussaktion)."""

    ACCEPT = "accept"
    """The payer is right: a credit note, and nobody is billed."""
    OBJECT = "object"
    """The payer is wrong and is told so (Einspruch)."""
    CORRECT = "correct"
    """Billed once more, as the payer wants it (for §302 with processing mark 04)."""
    CLIENT = "client"
    """The client pays it."""


@dataclass(frozen=True, slots=True)
class Deduction:
    """A cut (Kürzung, Absetzung, Retaxierung) of a receivable, in cents.

    `item` (an id) or `voucher` say what was cut, neither: the whole invoice. `codes` and `text` are the payer's own words,
    `reason` is of the provider's own list (Rückgabegrund), with the `probability` in percent that the money comes after all.
    While it is not `closed` the amount is still asked for, less what the payer `granted` and paid; then it comes off the
    receivable, less what was granted. `reference` and `day` are those of the payer's letter.
    """

    id: int
    receivable: int
    amount: int
    item: int | None = None
    voucher: str = ""
    codes: tuple[str, ...] = ()
    text: str = ""
    reason: str = ""
    probability: int = 100
    action: DeductionAction | None = None
    note: str = ""
    closed: bool = False
    granted: int = 0
    reference: str = ""
    day: date | None = None

    @property
    def deducted(self) -> int:
        """What it takes off the receivable now, in cents."""
        return self.amount - self.granted if self.closed else 0

    @property
    def expected(self) -> int:
        """How much of it is likely to come in after all, in cents, as long as it is not closed."""
        return 0 if self.closed else (self.amount - self.granted) * self.probability // 100
