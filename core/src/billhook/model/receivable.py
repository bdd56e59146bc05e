"""Receivables and deductions: what a payer owes us, and what it did not want to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Receivable:
    """What is open from a document (Forderung), in cents: `amount` billed, `settled` paid or credited so far."""

    id: int
    document: int
    amount: int
    settled: int = 0
    due: date | None = None

    @property
    def open(self) -> int:
        """What is still to be paid, in cents; negative when more came in than was asked for."""
        return self.amount - self.settled


@dataclass(frozen=True, slots=True)
class Deduction:
    """A cut (Kürzung) of a receivable in cents, with the payer's reason and how likely it is to be recovered, in percent."""

    id: int
    receivable: int
    amount: int
    reason: str
    probability: int = 100
    closed: bool = False
    action: str = ""
