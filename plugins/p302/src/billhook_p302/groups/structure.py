"""What a group of providers (Sammelgruppe) is made of: tables that say how its segments are filled, in which order they
stand, and what is checked in them.

A group's module declares these tables and what only this group knows. `vouchers` writes any group by them, `contents`
checks any group by them, and the reference page lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from billhook.model import BillingItem, Finding, SplitKind
from billhook.wire.layout import SegmentLayout
from billhook_p302.codes import KeyTable
from billhook_p302.corrections import BILLING
from billhook_p302.placing import Placed
from billhook_p302.settings import Provider, Receiver, Settings


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a voucher is written: who bills, what the receiver wants, which TA1 version, group and mark."""

    provider: Provider
    receiver: Receiver
    settings: Settings
    version: int
    group: Group
    mark: str = BILLING


class Row(NamedTuple):
    """One segment to be written, the item that its values come from (the first one of a voucher or bracket), and where
    in that item each of its fields stands.
    """

    layout: SegmentLayout
    values: dict[str, object]
    item: BillingItem
    places: Mapping[str, str]


Compute: TypeAlias = Callable[[Any, Terms], object]
"""Makes a value of what the table is filled from (an item, or an entry of one of its lists)."""


class Table:
    """How one segment is filled: field of its layout → path into an item, or into an entry of one of its lists.

    `computed` makes those values that do not just stand there; their path says where a finding belongs. `later` are filled
    by who writes the segment, `more` are places of what the segment does not carry itself. `entries` is the path of the list
    whose entries fill the segment.
    """

    def __init__(
        self,
        layout: SegmentLayout,
        paths: Mapping[str, str],
        *,
        computed: Mapping[str, Compute] | None = None,
        later: Collection[str] = (),
        more: Mapping[str, str] | None = None,
        entries: str = "",
    ) -> None:
        self.layout = layout
        self.computed = dict(computed or {})
        unknown = {*paths, *self.computed} - layout.names
        if unknown or not paths.keys() >= self.computed.keys():
            message = f"table {layout.tag}: {sorted(unknown or self.computed.keys() - paths.keys())} is no field of it"
            raise ValueError(message)
        self.paths = {**paths, **(more or {})}
        self.entries = entries
        self.places: Mapping[str, str] = dict.fromkeys(self.paths, entries) if entries else self.paths
        self._plain = {name: path for name, path in paths.items() if name not in self.computed and name not in later}
        self._readers: dict[int, tuple[tuple[str, ...], Callable[[Any], Any], tuple[tuple[str, Compute], ...]]] = {}

    def values(self, source: Any, terms: Terms) -> dict[str, object]:  # an item or an entry
        """The values of the segment; fields that the version does not have are left out."""
        found = self._readers.get(terms.version)
        if found is None:
            found = self._readers[terms.version] = self._reader(terms.version)
        names, read, computed = found
        values: dict[str, object] = dict(zip(names, read(source), strict=True))
        for name, compute in computed:
            values[name] = compute(source, terms)
        return values

    def _reader(self, version: int) -> tuple[tuple[str, ...], Callable[[Any], Any], tuple[tuple[str, Compute], ...]]:
        there = {row.name for element in self.layout.elements(version) for row in element}
        plain = {name: path for name, path in self._plain.items() if name in there}
        computed = tuple((name, compute) for name, compute in self.computed.items() if name in there)
        return tuple(plain), _all_of(tuple(plain.values())), computed

    def row(self, item: BillingItem, terms: Terms, source: Any = None) -> Row:  # an entry, or None for the item
        """The segment of this item, or of an entry of its lists."""
        return Row(self.layout, self.values(item if source is None else source, terms), item, self.places)


@lru_cache(maxsize=256)
def _all_of(paths: tuple[str, ...]) -> Callable[[Any], Any]:
    """Reads these paths at once, as a tuple."""
    if not paths:
        return lambda _: ()
    if len(paths) == 1:
        single = attrgetter(paths[0])
        return lambda source: (single(source),)
    return attrgetter(*paths)


@dataclass(frozen=True, slots=True)
class Part:
    """Segments that belong to a line, or to a voucher by one of its lines, and the table they are filled by."""

    table: Table
    rows: Callable[[BillingItem, Terms], Iterator[Row]]


def each(table: Table) -> Part:
    """One segment for each entry of the table's list."""
    entries = attrgetter(table.entries)

    def rows(item: BillingItem, terms: Terms) -> Iterator[Row]:
        for entry in entries(item):
            yield table.row(item, terms, entry)

    return Part(table, rows)


def when_any(table: Table) -> Part:
    """The segment where the item has something for it."""

    def rows(item: BillingItem, terms: Terms) -> Iterator[Row]:
        row = table.row(item, terms)
        if any(value is not None and value != "" for value in row.values.values()):
            yield row

    return Part(table, rows)


def always(table: Table) -> Part:
    """The segment, once."""

    def rows(item: BillingItem, terms: Terms) -> Iterator[Row]:
        yield table.row(item, terms)

    return Part(table, rows)


@dataclass(frozen=True, slots=True)
class Bracket:
    """Lines that stand together under a segment of their own: an aid, a trip, a visit, a day.

    Neighbouring lines with the same key are in one; `key` sorts, too. `alike` tells where lines of one bracket contradict
    each other.
    """

    table: Table
    key: Callable[[BillingItem], Any]  # whatever sorts
    alike: Callable[[Sequence[BillingItem]], Iterator[Finding]] | None = None


@dataclass(frozen=True, slots=True)
class Shares:
    """What the client bears of each bracket: ZUH and MEH of an aid, ZUK of a trip.

    `surcharge` is None where the group knows none; `facts` are the details that all lines of a bracket state alike.
    """

    copayment: Table
    surcharge: Table | None
    facts: Mapping[str, str]


class Approvals(StrEnum):
    """How many approvals (SKZ) a prescription has."""

    NONE = "none"
    ONE = "one at most"
    ANY = "any number"
    SOME = "at least one"


@dataclass(frozen=True, slots=True)
class Prescriptions:
    """What stands behind the lines: prescription, diagnoses, approvals.

    `first` is filled from the item itself, `further` from its list of further prescriptions (None: there is one at most).
    `optional` prescriptions are written where anything of them, a diagnosis or an approval is known.
    `approvals_last` puts all approvals behind all prescriptions.
    """

    first: Table | None
    further: Table | None = None
    optional: bool = False
    diagnoses: bool = True
    approvals: Approvals = Approvals.ONE
    approvals_last: bool = False


Amount: TypeAlias = Callable[[Sequence[BillingItem]], int | None]
"""A sum over the lines of a voucher, in cents; None for an element that stays empty."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The last segment of a voucher: its sums."""

    layout: SegmentLayout
    sums: Mapping[str, Amount]
    places: Mapping[str, str]


Check: TypeAlias = Callable[[Placed, date], Iterator[Finding]]
"""Looks at one segment, on the day of the file."""

VoucherCheck: TypeAlias = Callable[[Sequence[Placed], date], Iterator[Finding]]
"""Looks at all segments of a voucher."""


@dataclass(frozen=True, eq=False)
class Group:
    """A group of providers: how its vouchers are built and checked.

    Args:
        letter: key 8.1.14, in UNB.
        title: what the group does.
        section: where TA1 describes it.
        line: the segment of a position (Einzelleistung).
        parts: what follows it, in order.
        brackets: what lines stand under, outermost first.
        opening: what stands before all lines.
        shares: copayment and surcharge of a bracket.
        prescriptions: what stands behind the lines.
        after_lines: other segments that stand there.
        closing: the sums.
        splits: what the client may bear in this group.
        vat: whether VAT may be put on top of a price (MWS).
        sort: how lines are ordered inside a voucher.
        codes: its accounting codes.
        checks: looks at single segments, by tag.
        voucher_checks: looks at a voucher as a whole.
        line_checks: looks at what only the item knows, not its segment.
    """

    letter: str
    title: str
    section: str
    line: Table
    parts: tuple[Part, ...]
    closing: Closing
    codes: KeyTable
    brackets: tuple[Bracket, ...] = ()
    opening: tuple[Part, ...] = ()
    shares: Shares | None = None
    prescriptions: Prescriptions = Prescriptions(None, approvals=Approvals.NONE, diagnoses=False)
    after_lines: tuple[Part, ...] = ()
    splits: frozenset[SplitKind] = frozenset()
    vat: bool = False
    sort: Callable[[BillingItem], Any] = field(default=lambda item: item.line)
    checks: Mapping[str, Sequence[Check]] = field(default_factory=dict)
    voucher_checks: tuple[VoucherCheck, ...] = ()
    line_checks: tuple[Callable[[BillingItem, Terms], Iterator[Finding]], ...] = ()

    @property
    def deducts(self) -> bool:
        """True where the sums have a place for the flat deduction of a correction: therapies."""
        return "flat_deduction" in self.closing.layout.names

    @property
    def tables(self) -> Iterator[Table]:
        """All tables of the group, in the order of its segments."""
        for part in self.opening:
            yield part.table
        for bracket in self.brackets:
            yield bracket.table
        yield self.line
        for part in self.parts:
            yield part.table
        if self.shares is not None:
            yield self.shares.copayment
            if self.shares.surcharge is not None:
                yield self.shares.surcharge
        if self.prescriptions.first is not None:
            yield self.prescriptions.first
        for part in self.after_lines:
            yield part.table
