"""A key table (Schlüsselverzeichnis): the values that a field may take, each with when it holds and where it is
published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

AS_OF_V20 = date(2024, 7, 1)
"""First day of TA1 V20, the oldest version written here. Keys dated so are at least that old; nobody has to know how
much.
"""


@dataclass(frozen=True, slots=True)
class Key:
    """One value of a table: what it means, and on which days it may be used (both inclusive, None: open)."""

    value: str
    meaning: str
    valid_from: date = AS_OF_V20
    valid_to: date | None = None

    def covers(self, day: date) -> bool:
        """True when the value may be used on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class KeyTable:
    """One table of Anlage 3. `section` is its number there, `source` the edition it was taken from."""

    section: str
    title: str
    original: str
    keys: tuple[Key, ...]
    source: str = "A3 V21"
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
