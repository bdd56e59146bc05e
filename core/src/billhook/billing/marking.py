"""Marks: what an item is to its payer, a first billing or one that follows an earlier invoice, found when it is imported.

Only for schemes that `Marks`. The core looks up what was billed before of the same client, case and period; what follows
from that is the scheme's word, and a mark that the user wrote stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.archiving import CannotArchive, Selection, chosen
from billhook.billing.contexts import ITEMS_LOCK, context_of, moment
from billhook.billing.fields import FieldType, field_type, value_of, with_value
from billhook.billing.following import CannotFollow, earlier_billings, free_voucher, mark_named
from billhook.billing.problems import plugin_failed
from billhook.model import ArchiveReason, BillingItem, ItemState
from billhook.model.item import OPEN_STATES
from billhook.scheme import Context, EarlierBilling, Marks, Scheme
from billhook.store import Workspace, journal, tables
from billhook.store.database import BUSY_SECONDS, bulk_insert, in_pieces, next_ids
from billhook.store.encoding import date_text, moment_text
from billhook.store.items import iter_items, update_items
from billhook.words import words

_OPEN = tuple(state.value for state in OPEN_STATES)


@dataclass(frozen=True, slots=True)
class Marked:
    """An item whose mark was set, and the invoice item that it follows (None: none was found)."""

    item: int
    number: str
    mark: str
    corrects: int | None


@dataclass(frozen=True, slots=True)
class _Billed:
    """What tells whether a billed item is of the same client, case and period."""

    id: int
    scheme: str
    provider: str
    number: str
    voucher: str
    client: str
    case: str
    case_period: int | None
    slot: tuple[str, str] | None
    service: tuple[str | None, str | None]


class Marker:
    """Finds the marks of items, in one transaction."""

    def __init__(self, workspace: Workspace, connection: Connection, now: datetime) -> None:
        self._workspace = workspace
        self._connection = connection
        self._now = now
        self._contexts: dict[str, Context] = {}
        self._fields: dict[str, FieldType | None] = {}

    def mark(self, items: Sequence[BillingItem]) -> list[BillingItem]:
        """The items with their marks, in the same order. Those of schemes without marks are as they were."""
        marking = [item for item in items if self._marking(item.scheme) is not None]
        if not marking:
            return list(items)
        earlier = self.earlier(marking)
        return [self.told(item, earlier.get(id(item), ())) for item in items]

    def _marking(self, key: str) -> FieldType | None:
        """The field of a scheme's marks, None where it has none; asked once, because asking a protocol is slow."""
        if key not in self._fields:
            scheme = self._workspace.schemes.get(key)
            marks = scheme is not None and isinstance(scheme, Marks)
            self._fields[key] = self.field(scheme) if marks and scheme is not None else None
        return self._fields[key]

    def told(self, item: BillingItem, earlier: Sequence[EarlierBilling]) -> BillingItem:
        """The item as its scheme marks it; one that follows nothing and claims nothing is not even shown to the scheme."""
        if self._marking(item.scheme) is None or not (earlier or self.mark_of(item)):
            return item
        scheme: Any = self._workspace.plugins.scheme(item.scheme)  # it marks
        try:
            new: BillingItem = scheme.mark(item, earlier, self.context(scheme))
        except Exception as error:
            raise plugin_failed(scheme.key, "mark", error) from error
        return new if new.voucher == item.voucher else replace(new, voucher=free_voucher(self._connection, new))

    def field(self, scheme: Scheme) -> FieldType:
        """The field of the scheme's items that says their mark. Raises CannotFollow where there are no marks."""
        if not isinstance(scheme, Marks):
            message = words("the scheme {key} knows no marks", key=scheme.key)
            raise CannotFollow(message)
        return field_type(scheme, scheme.mark_field)

    def mark_of(self, item: BillingItem) -> str:
        """What the item itself says; empty when it says nothing, or its scheme knows no marks."""
        field = self._marking(item.scheme)
        return "" if field is None else value_of(item, field) or ""

    def context(self, scheme: Scheme) -> Context:
        """What the scheme is told, made when it is asked for the first time."""
        if scheme.key not in self._contexts:
            self._contexts[scheme.key] = context_of(self._workspace, self._connection, scheme, self._now)
        return self._contexts[scheme.key]

    # --- What was billed before ---------------------------------------------------------------------------------------

    def earlier(self, items: Sequence[BillingItem]) -> dict[int, list[EarlierBilling]]:
        """What was billed before of the same client, case and period, by `id()` of the item, oldest first."""
        billed = self._billed(items)
        if not billed:
            return {}
        periods, slots = self._periods(items), self._slots(items)
        near: dict[tuple[str, ...], dict[int, _Billed]] = {}
        for old in billed:
            near.setdefault((old.scheme, old.provider, old.voucher), {})[old.id] = old
            if old.client and old.case:
                near.setdefault(("case", old.scheme, old.client, old.case), {})[old.id] = old
        fitting: dict[int, list[_Billed]] = {}
        for item in items:
            candidates = {
                **near.get((item.scheme, item.provider, item.voucher), {}),
                **near.get(("case", item.scheme, item.client.number, item.case_number), {}),
            }
            period, slot = _period(item, periods), slots.get(item.slot_id or 0)
            fitting[id(item)] = [old for _, old in sorted(candidates.items()) if _same(item, old, period, slot)]
        keys = sorted({old.id for olds in fitting.values() for old in olds})
        ways = earlier_billings(self._connection, keys)
        whole: dict[int, BillingItem] = {}
        for some in in_pieces(keys):
            found = iter_items(self._connection, self._workspace.schemes, tables.item.c.id.in_(some))
            whole |= {item.id: item for item in found}
        return {
            key: [EarlierBilling(whole[old.id], ways[old.id]) for old in olds if old.id in ways]
            for key, olds in fitting.items()
            if olds
        }

    def _billed(self, items: Sequence[BillingItem]) -> list[_Billed]:
        """Billed items of the vouchers, or of the clients' cases, that these items name."""
        item, party, case = tables.item, tables.party, tables.care_case
        statement = (
            sa.select(
                item.c.id, item.c.scheme, item.c.provider, item.c.number, item.c.voucher, item.c.service_from,
                item.c.service_to, item.c.slot_id, item.c.case_id, party.c.number.label("client"), case.c.number.label("case"),
            )
            .join(party, party.c.id == item.c.client_id, isouter=True)
            .join(case, case.c.id == item.c.case_id, isouter=True)
            .where(item.c.archived == ArchiveReason.BILLED.value)
        )  # fmt: skip
        rows: dict[int, Any] = {}
        for scheme in sorted({each.scheme for each in items}):
            mine = [each for each in items if each.scheme == scheme]
            for vouchers in in_pieces(sorted({each.voucher for each in mine})):
                where = (item.c.scheme == scheme, item.c.voucher.in_(vouchers))
                # By provider too, because that is what the index begins with.
                providers = sorted({each.provider for each in mine})
                for row in self._connection.execute(statement.where(*where, item.c.provider.in_(providers))):
                    rows[row.id] = row
            cases = sorted({each.case_number for each in mine if each.case_number and each.client.number})
            days = [date_text(each.service_from) for each in mine if each.case_number and each.service_from]
            known = [day for day in days if day is not None]
            for numbers in in_pieces(cases) if known else ():
                within = (item.c.service_from >= min(known), item.c.service_from <= max(known))
                for row in self._connection.execute(
                    statement.where(item.c.scheme == scheme, case.c.number.in_(numbers), *within)
                ):
                    rows[row.id] = row
        periods = self._case_periods({row.case_id for row in rows.values() if row.case_id is not None})
        slots = self._slot_periods({row.slot_id for row in rows.values() if row.slot_id is not None})
        return [
            _Billed(
                row.id, row.scheme, row.provider, row.number, row.voucher, row.client or "", row.case or "",
                _within(row.service_from, periods.get(row.case_id, ())), slots.get(row.slot_id),
                (row.service_from, row.service_to),
            )
            for _, row in sorted(rows.items())
        ]  # fmt: skip

    def _case_periods(self, cases: Iterable[int]) -> dict[int, list[Any]]:
        table = tables.case_period
        found: dict[int, list[Any]] = {}
        for some in in_pieces(sorted(cases)):
            for row in self._connection.execute(sa.select(table).where(table.c.case_id.in_(some))):
                found.setdefault(row.case_id, []).append(row)
        return found

    def _slot_periods(self, slots: Iterable[int]) -> dict[int, tuple[str, str]]:
        table = tables.billing_slot
        found: dict[int, tuple[str, str]] = {}
        for some in in_pieces(sorted(slots)):
            for row in self._connection.execute(sa.select(table).where(table.c.id.in_(some))):
                found[row.id] = (row.period_start, row.period_end)
        return found

    def _periods(self, items: Sequence[BillingItem]) -> dict[str, list[Any]]:
        """Periods of the cases that these items name, by the case's number."""
        table = tables.care_case
        numbers = {}
        for some in in_pieces(sorted({item.case_number for item in items if item.case_number})):
            for row in self._connection.execute(sa.select(table.c.id, table.c.number).where(table.c.number.in_(some))):
                numbers[row.id] = row.number
        return {numbers[case]: rows for case, rows in self._case_periods(numbers).items()}

    def _slots(self, items: Sequence[BillingItem]) -> dict[int, tuple[str, str]]:
        return self._slot_periods({item.slot_id for item in items if item.slot_id is not None})


def _within(day: str | None, periods: Sequence[Any]) -> int | None:
    """The period of a case in which a day lies."""
    if day is None:
        return None
    return next(
        (row.id for row in periods if row.start_date <= day and (row.end_date is None or day <= row.end_date)), None
    )


def _period(item: BillingItem, periods: dict[str, list[Any]]) -> int | None:
    return _within(date_text(item.service_from), periods.get(item.case_number, ()))


def _same(item: BillingItem, old: _Billed, period: int | None, slot: tuple[str, str] | None) -> bool:
    """The same client, case, period of the case and billing period; without plans the same voucher, or the same service."""
    if (old.scheme, old.provider, old.number) == (item.scheme, item.provider, item.number) or old.scheme != item.scheme:
        return False
    client, case = item.client.number, item.case_number
    differs = (client and old.client and client != old.client) or (case and old.case and case != old.case)
    if differs or (period is not None and old.case_period is not None and period != old.case_period):
        return False
    if slot is not None and old.slot is not None and slot != old.slot:
        return False
    if (old.provider, old.voucher) == (item.provider, item.voucher):
        return True
    if not client or not case or (client, case) != (old.client, old.case):
        return False
    if slot is not None and old.slot is not None:
        return True
    return (date_text(item.service_from), date_text(item.service_to)) == old.service


# --- Saying otherwise -------------------------------------------------------------------------------------------------


def set_mark(
    workspace: Workspace,
    selection: Selection,
    mark: str | None,
    *,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> list[Marked]:
    """Give open items another mark, and with it all lines of their vouchers.

    Args:
        workspace: where.
        selection: which.
        mark: one of the scheme's marks or its word; None to find it anew.
        now: the moment, for tests.
        actor: who marks.
        wait: seconds to wait for a check or an export to end.

    Raises:
        CannotArchive: an item is no longer open.
        CannotFollow: the scheme has no such mark.
        UnknownThing: there is no such item.
    """
    when, who = moment(now), actor or journal.current_actor()
    done: list[Marked] = []
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        marker = Marker(workspace, connection, when)
        for items in _vouchers(workspace, connection, selection):
            scheme = workspace.plugins.scheme(items[0].scheme)
            wish = "" if mark is None else mark_named(scheme, mark)
            field = marker.field(scheme)
            wished = [with_value(item, field, wish) for item in items]
            earlier = marker.earlier(wished)
            new = [replace(marker.told(item, earlier.get(id(item), ())), voucher=item.voucher) for item in wished]
            mended = [replace(item, state=ItemState.CORRECTED, line_ok=False, document_ok=False) for item in new]
            update_items(connection, workspace.schemes, mended)
            _remember(connection, items, mended, field, who, when)
            for item in mended:
                done.append(Marked(item.id, item.number, value_of(item, field) or "", item.corrects))
                told = {"mark": value_of(item, field) or "", "corrects": item.corrects}
                journal.append(connection, "item.marked", f"item:{item.id}", told, actor=who, time=when)
    return done


def _vouchers(workspace: Workspace, connection: Connection, selection: Selection) -> Iterator[list[BillingItem]]:
    """The open lines of every voucher of which something was marked."""
    rows = chosen(connection, selection)
    gone = next((row for row in rows if row.state not in _OPEN), None)
    if gone is not None:
        message = words(
            "item {number} is {state} and is never changed again; bill a correction of it instead",
            number=gone.number,
            state=gone.state,
        )
        raise CannotArchive(message)
    item = tables.item.c
    for scheme, provider, voucher in sorted({(row.scheme, row.provider, row.voucher) for row in rows}):
        lines = (item.scheme == scheme, item.provider == provider, item.voucher == voucher, item.state.in_(_OPEN))
        yield list(iter_items(connection, workspace.schemes, *lines, order=(item.line, item.id)))


def _remember(
    connection: Connection,
    before: Sequence[BillingItem],
    after: Sequence[BillingItem],
    field: FieldType,
    who: str,
    when: datetime,
) -> None:
    """The history of each item whose mark is another one now."""
    changed = [
        (old, new) for old, new in zip(before, after, strict=True) if value_of(old, field) != value_of(new, field)
    ]
    keys = next_ids(connection, "correction", len(changed))
    columns = ("id", "item_id", "field", "old", "new", "actor", "made", "finding_code")
    rows = (
        (key, old.id, field.name, value_of(old, field), value_of(new, field), who, moment_text(when), "")
        for key, (old, new) in zip(keys, changed, strict=True)
    )
    bulk_insert(connection, tables.correction, columns, rows)
