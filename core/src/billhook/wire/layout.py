"""A wire layout as a table: one row a field, from which writing, reading, checking and the reference page are derived.

Lengths are written as the specs print them: `5` exactly five, `..35` at most, `22..256` from – to, `..10,2` up to ten
digits before the decimal sign and always two behind it. Sign and decimal sign never count.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property


class Kind(enum.Enum):
    """What a field holds: how it stands on the wire and which Python type carries it."""

    TEXT = "text"
    """Any characters of the set (AN): `str`."""
    DIGITS = "digits"
    """Digits that are a name and not an amount, such as a key or an IK; leading zeros belong to it (N): `str`."""
    INTEGER = "integer"
    """A whole number, filled up with zeros to the least length (N): `int`."""
    DECIMAL = "decimal"
    """A number with a fixed count of decimal places (N): `decimal.Decimal`; `int` is taken as well."""
    CENTS = "cents"
    """An amount of money with two decimal places on the wire (N): `int`, in cents."""
    DATE = "date"
    """A day, JJJJMMTT (JJMMTT where six digits are allowed) (N): `datetime.date`."""
    PARTIAL_DATE = "partial date"
    """A birth date, JJJJMMTT, day or month may be 00: `datetime.date`, or `str` of 8 digits where a part is unknown."""
    TIME = "time"
    """A time of day, HHMM (N): `datetime.time`."""
    TIMESTAMP = "timestamp"
    """A day and time, JJJJMMTThhmmss (N): `datetime.datetime` without zone, local time of the sender."""
    SIGNED = "signed"
    """Sign, then digits without decimal sign, in records of fixed length only: `int`; of an amount, the cents."""


class Presence(enum.Enum):
    """Whether a field must be filled (Feldart)."""

    MANDATORY = "M"
    CONDITIONAL = "K"


M = Presence.MANDATORY
"""Muss: must be filled."""
K = Presence.CONDITIONAL
"""Kann: filled where there is something to say, or where a rule of the scheme demands it."""


@dataclass(frozen=True, slots=True)
class Length:
    """Limits in characters or digits: least, most (before the decimal sign), and decimal places."""

    least: int
    most: int
    places: int = 0

    @staticmethod
    @cache
    def parse(text: str) -> Length:
        """Read the notation of the specs (`5`, `..35`, `22..256`, `..10,2`). Raises ValueError for anything else."""
        found = re.fullmatch(r"(?:(?P<least>\d*)\.\.)?(?P<most>\d+)(?:,(?P<places>\d+))?", text)
        if not found:
            message = f"{text!r} is no length; write 5, ..35, 22..256 or ..10,2"
            raise ValueError(message)
        most = int(found["most"])
        least = most if found["least"] is None else int(found["least"] or 0)
        return Length(least, most, int(found["places"] or 0))


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a segment's table.

    `name` is ours (a Python identifier), `original` the spec's own. Neighbouring rows with the same `group` are the
    components of one element (Datenelementgruppe), joined by the component separator. `codes` names the key table the
    value comes from; `allowed` lists the values where there are only these, and a single one is written when none is
    given. `since` and `until` (both inclusive) are versions of the spec.
    """

    name: str
    original: str
    kind: Kind
    length: str
    presence: Presence
    meaning: str = ""
    group: str = ""
    codes: str = ""
    allowed: tuple[str, ...] = ()
    since: int = 0
    until: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            message = f"field name {self.name!r} is no Python identifier"
            raise ValueError(message)
        places = Length.parse(self.length).places
        if (self.kind in (Kind.DECIMAL, Kind.CENTS)) != bool(places) or (self.kind is Kind.CENTS and places != 2):
            message = f"field {self.name}: {self.kind.value} with length {self.length} does not fit together"
            raise ValueError(message)

    @property
    def limits(self) -> Length:
        """The limits as numbers."""
        return Length.parse(self.length)

    @property
    def mandatory(self) -> bool:
        """True when the field must be filled."""
        return self.presence is Presence.MANDATORY

    def valid_in(self, version: int | None) -> bool:
        """True when the field is part of that version; None means the newest."""
        if version is None:
            return self.until is None
        return self.since <= version and (self.until is None or version <= self.until)


Element = tuple[Field, ...]
"""The components of one element; a plain element has one."""


@dataclass(frozen=True, eq=False)
class SegmentLayout:
    """The table of one segment. Rows without a source get the segment's; names are unique within a segment.

    `since` and `until` (both inclusive) say in which versions of the spec the segment exists at all.
    """

    tag: str
    title: str
    fields: tuple[Field, ...]
    source: str
    since: int = 0
    until: int | None = None

    def __post_init__(self) -> None:
        sourced = tuple(row if row.source else replace(row, source=self.source) for row in self.fields)
        object.__setattr__(self, "fields", sourced)

    @cached_property
    def names(self) -> frozenset[str]:
        """All field names, of any version."""
        return frozenset(row.name for row in self.fields)

    @cached_property
    def _by_version(self) -> dict[int | None, tuple[Element, ...]]:
        return {}

    def elements(self, version: int | None = None) -> tuple[Element, ...]:
        """The elements in their order on the wire, each with its components, as of that version (None: the newest)."""
        found = self._by_version.get(version)
        if found is None:
            elements: list[list[Field]] = []
            for row in self.fields:
                if not row.valid_in(version):
                    continue
                if row.group and elements and elements[-1][0].group == row.group:
                    elements[-1].append(row)
                else:
                    elements.append([row])
            found = self._by_version[version] = tuple(tuple(element) for element in elements)
        return found

    def field(self, name: str, version: int | None = None) -> Field:
        """The row of that name. Raises KeyError when the version has none."""
        for element in self.elements(version):
            for row in element:
                if row.name == name:
                    return row
        raise KeyError(name)

    def valid_in(self, version: int | None) -> bool:
        """True when the segment exists in that version; None means the newest."""
        if version is None:
            return self.until is None
        return self.since <= version and (self.until is None or version <= self.until)


def by_tag(layouts: Iterable[SegmentLayout]) -> Mapping[str, SegmentLayout]:
    """Layouts by their tag. Raises ValueError when two of them share one."""
    found: dict[str, SegmentLayout] = {}
    for layout in layouts:
        if layout.tag in found:
            message = f"two layouts for segment {layout.tag}"
            raise ValueError(message)
        found[layout.tag] = layout
    return found


def rows(layouts: Iterable[SegmentLayout]) -> Iterator[tuple[SegmentLayout, Field]]:
    """Every row of every layout, with the layout that it belongs to."""
    for layout in layouts:
        for row in layout.fields:
            yield layout, row
