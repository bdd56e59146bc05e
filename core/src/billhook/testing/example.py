"""What a plugin hands to the conformance kit: its scheme with a set-up, cases that are right, and cases that are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billhook.model import BillingItem
from billhook.scheme import Context, Scheme, version_on


@dataclass(frozen=True, slots=True)
class Faulty:
    """A voucher with one fault: whole, and the one code that the scheme must find."""

    code: str
    items: Sequence[BillingItem]


@dataclass(frozen=True, slots=True)
class Example:
    """A scheme that can be tried.

    `items(n, seed)` gives `n` items that are right, in order of voucher and line, with different ids, the same for the same
    seed. `reference` is what `prepare` would return. Artifacts are handed over by role as bytes: `amounts_of` says what the
    files state (names of `Totals`, in cents, and `billed`), `read_back` one text tuple an item, and `projection` the tuple
    that an item must give.
    """

    scheme: Scheme
    settings: Any
    now: datetime
    items: Callable[[int, int], Sequence[BillingItem]]
    reference: Any = None
    faulty: Sequence[Faulty] = ()
    amounts_of: Callable[[Mapping[str, bytes]], Mapping[str, int]] | None = None
    read_back: Callable[[Mapping[str, bytes]], Iterable[tuple[str, ...]]] | None = None
    projection: Callable[[BillingItem], tuple[str, ...]] | None = None

    @property
    def context(self) -> Context:
        """What the scheme is told.

        Raises:
            AssertionError: the scheme has no version on the day of the example.
        """
        version = version_on(self.scheme.versions, self.now.date())
        if version is None:
            message = f"{self.scheme.key} has no version on {self.now.date().isoformat()}, the day of its own example"
            raise AssertionError(message)
        return Context(self.now, version, self.settings, self.reference)
