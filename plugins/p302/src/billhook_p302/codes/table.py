"""A key table (Schlüsselverzeichnis): the values that a field may take, each with when it holds and where it is
published.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Key:
    """One value of a table: what it means, and on which days it may be used (both inclusive).

    `original` is the official label in German, shortened. `valid_from` None: it was there before the oldest edition
    that is known here; `valid_to` None: no end is known. `source` is the edition that brought the value, where that is
    not the table's.
    """

    value: str
    meaning: str
    valid_from: date | None = None
    valid_to: date | None = None
    original: str = ""
    source: str = ""

    def covers(self, day: date) -> bool:
        """True when the value may be used on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class KeyTable:
    """One table of Anlage 3. `section` is its number there, `source` the edition it was taken from.

    `note` says what has to be known before one of its values is taken.
    """

    section: str
    title: str
    original: str
    keys: tuple[Key, ...]
    source: str = "A3 V21"
    note: str = ""
    _by_value: Mapping[str, Key] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_value", {key.value: key for key in self.keys})
        if len(self._by_value) != len(self.keys):
            message = f"a value stands twice in key table {self.section}"
            raise ValueError(message)

    def __contains__(self, value: object) -> bool:
        return value in self._by_value

    def __iter__(self) -> Iterator[Key]:
        return iter(self.keys)

    def key(self, value: str) -> Key | None:
        """The row of that value; None when the table does not have it."""
        return self._by_value.get(value)

    def holds(self, value: str, day: date) -> bool:
        """True when the table has the value and it may be used on that day."""
        key = self._by_value.get(value)
        return key is not None and key.covers(day)

    def meaning(self, value: str) -> str:
        """What the value means; empty when the table does not have it."""
        key = self._by_value.get(value)
        return "" if key is None else key.meaning

    def choices(self, day: date) -> str:
        """The values that may be used on that day, for a message."""
        return ", ".join(key.value for key in self.keys if key.covers(day))

    def part(self, title: str, values: Container[str]) -> KeyTable:
        """The table with only these values, such as those of one group of providers."""
        rows = tuple(key for key in self.keys if key.value in values)
        return KeyTable(self.section, title, self.original, rows, self.source, self.note)


@dataclass(frozen=True, slots=True)
class Span:
    """Neighbouring values that mean the same, first to last (both inclusive); `assigned` False: nobody may use them."""

    first: str
    last: str
    meaning: str
    original: str
    assigned: bool = True

    @property
    def value(self) -> str:
        """The span as it is printed."""
        return self.first if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class SpanTable:
    """A table of Anlage 3 that lists ranges of values; `rest` is what holds for a value in none of them."""

    section: str
    title: str
    original: str
    spans: tuple[Span, ...]
    rest: Span
    source: str = "A3 V21"
    note: str = ""

    def find(self, value: str) -> Span:
        """The span that the value lies in. Digits come before letters, as Anlage 3 counts them."""
        return next((span for span in self.spans if span.first <= value <= span.last), self.rest)


@dataclass(frozen=True, slots=True)
class Place:
    """Places of a number that is put together (1 is the first), and what they stand for."""

    first: int
    last: int
    meaning: str
    original: str


@dataclass(frozen=True)
class Structure:
    """How a number is built: a table of Anlage 3 that has no values of its own.

    `lengths` are the numbers of places that it may have; `groups` the groups of providers that use it.
    """

    section: str
    title: str
    original: str
    lengths: tuple[int, ...]
    places: tuple[Place, ...]
    groups: str = ""
    source: str = "A3 V21"
    note: str = ""

    @property
    def digits(self) -> str:
        """How many places the number has, in words."""
        return f"{self.lengths[0]}" if len(self.lengths) == 1 else f"{self.lengths[0]} to {self.lengths[-1]}"
