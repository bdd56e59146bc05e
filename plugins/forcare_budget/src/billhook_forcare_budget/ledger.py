"""Reading and writing the plugin's tables: limits, entries, grants, changes. Entries are never updated nor deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.dates import Period
from billhook.store import tables as core
from billhook.store.database import bulk_insert, in_pieces, next_ids, stream
from billhook.store.encoding import date_text, json_text, moment_text, read_date
from billhook_forcare_budget import tables
from billhook_forcare_budget.book import RuleBook
from billhook_forcare_budget.ceilings import Account
from billhook_forcare_budget.entries import Entry, EntrySource
from billhook_forcare_budget.hours import HoursGrant, Per
from billhook_forcare_budget.limits import Limit, Periodicity
from billhook_forcare_budget.retro import Scope

Rows = Callable[[Any], Iterable[Any]]
"""Gives the rows of a select: `RunView.rows`, or `reader` of a connection."""


def reader(connection: Connection) -> Rows:
    """The rows of selects on this connection, streamed."""
    return lambda statement: stream(connection, statement)


# --- Limits -----------------------------------------------------------------------------------------------------------

_LIMIT = ("care_area", "debtor_group", "valid_from", "valid_to", "periodicity", "kind", "days", "amount", "linked")


def read_limits(rows: Rows) -> list[Limit]:
    """The whole table, in the order of its ids."""
    return [
        Limit(
            row.care_area,
            row.debtor_group,
            date.fromisoformat(row.valid_from),
            date.fromisoformat(row.valid_to),
            Periodicity(row.periodicity),
            row.kind,
            row.days,
            row.amount,
            row.linked,
            row.client,
            row.id,
        )
        for row in rows(sa.select(tables.limit).order_by(tables.limit.c.id))
    ]


def add_limits(connection: Connection, limits: Sequence[Limit]) -> list[Limit]:
    """Write new rows; returns them with their ids. The caller has validated the table as it will be."""
    keys = next_ids(connection, tables.limit.name, len(limits))
    stored = [replace(limit, id=key) for key, limit in zip(keys, limits, strict=True)]
    bulk_insert(connection, tables.limit, ("id", *_LIMIT, "client"), (_limit_row(limit) for limit in stored))
    return stored


def change_limit(connection: Connection, limit: Limit) -> None:
    """Write a row anew under its id."""
    values = dict(zip(("id", *_LIMIT, "client"), _limit_row(limit), strict=True))
    connection.execute(tables.limit.update().where(tables.limit.c.id == limit.id).values(values))


def remove_limit(connection: Connection, key: int) -> None:
    """Take a row out of the table."""
    connection.execute(tables.limit.delete().where(tables.limit.c.id == key))


def _limit_row(limit: Limit) -> tuple[Any, ...]:
    return (
        limit.id,
        limit.care_area,
        limit.debtor_group,
        limit.valid_from.isoformat(),
        limit.valid_to.isoformat(),
        limit.periodicity.value,
        limit.kind,
        limit.days,
        limit.amount,
        limit.linked,
        limit.client,
    )


# --- Entries ----------------------------------------------------------------------------------------------------------

_ENTRY = (
    "id",
    "client",
    "care_area",
    "debtor_group",
    "kind",
    "source",
    "booked",
    "service_from",
    "service_to",
    "days",
    "amount",
    "claimed",
    "minutes",
    "item_id",
    "corrects",
    "payer",
    "reference",
    "note",
    "created",
    "actor",
)

MANY = 1_000
"""From so many clients on, the whole ledger is read in one go instead of client by client."""


GONE = ("rejected", "closed", "superseded")
"""States of an item whose budget entry counts no longer."""


def entries_of(rows: Rows, clients: Iterable[str] | None = None, *, as_written: bool = False) -> dict[str, list[Entry]]:
    """The entries of these clients (None: of all), by client, in the order in which they were written.

    An entry whose item was rejected, closed or replaced is followed by its reversal, as `give_back` will write it
    (its id is below zero until then); `as_written` leaves these out.
    """
    found: dict[str, list[Entry]] = {}
    wanted = None if clients is None else set(clients)
    for row in _entry_rows(rows, wanted):
        if wanted is None or row.client in wanted:
            found.setdefault(row.client, []).append(_entry(row))
    if not as_written:
        gone = set(gone_items(rows)) if found else set()
        for theirs in found.values() if gone else ():
            theirs += [
                replace(one, id=-one.id, source=EntrySource.REVERSAL, amount=-one.amount, corrects=one.id)
                for one in theirs
                if one.source is EntrySource.BILLED and one.item in gone
            ]
    return found


def gone_items(rows: Rows) -> list[int]:
    """Items with an entry that the payer rejected, or that were closed or replaced."""
    item, entry = core.item, tables.entry
    statement = (
        sa.select(item.c.id)
        .join(entry, entry.c.item_id == item.c.id)
        .where(entry.c.source == EntrySource.BILLED.value, item.c.state.in_(GONE))
        .distinct()
    )
    return [row.id for row in rows(statement)]


def _entry_rows(rows: Rows, clients: set[str] | None) -> Iterator[Any]:
    table = tables.entry
    statement = sa.select(*(table.c[name] for name in _ENTRY)).order_by(table.c.id)
    if clients is None or len(clients) > MANY:
        yield from rows(statement)
        return
    for piece in in_pieces(sorted(clients)):
        yield from rows(statement.where(table.c.client.in_(piece)))


def entry_by_id(rows: Rows, key: int) -> Entry | None:
    """One entry."""
    table = tables.entry
    statement = sa.select(*(table.c[name] for name in _ENTRY)).where(table.c.id == key)
    return next((_entry(row) for row in rows(statement)), None)


def add_entries(connection: Connection, entries: Sequence[Entry]) -> list[Entry]:
    """Write entries; returns them with their ids."""
    keys = next_ids(connection, tables.entry.name, len(entries))
    stored = [replace(entry, id=key) for key, entry in zip(keys, entries, strict=True)]
    bulk_insert(connection, tables.entry, _ENTRY, (_entry_row(entry) for entry in stored))
    return stored


def _entry(row: Any) -> Entry:  # a row of the table
    return Entry(
        row.id,
        row.client,
        row.care_area,
        row.debtor_group,
        row.kind,
        EntrySource(row.source),
        date.fromisoformat(row.booked),
        read_date(row.service_from),
        read_date(row.service_to),
        row.days,
        row.amount,
        row.claimed,
        row.minutes,
        row.item_id,
        row.corrects,
        row.payer,
        row.reference,
        row.note,
        row.created,
        row.actor,
    )


def _entry_row(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.id,
        entry.client,
        entry.care_area,
        entry.debtor_group,
        entry.kind,
        entry.source.value,
        entry.booked.isoformat(),
        date_text(entry.service_from),
        date_text(entry.service_to),
        entry.days,
        entry.amount,
        entry.claimed,
        entry.minutes,
        entry.item,
        entry.corrects,
        entry.payer,
        entry.reference,
        entry.note,
        entry.created,
        entry.actor,
    )


def reversal_of(entry: Entry, note: str, now: datetime, actor: str) -> Entry:
    """The entry by which another one counts no longer."""
    return replace(
        entry,
        id=0,
        source=EntrySource.REVERSAL,
        amount=-entry.amount,
        claimed=-entry.claimed,
        days=None if entry.days is None else -entry.days,
        minutes=-entry.minutes,
        corrects=entry.id,
        note=note,
        created=moment_text(now),
        actor=actor,
    )


# --- Grants of hours --------------------------------------------------------------------------------------------------


def grants_of(rows: Rows, client: str | None = None) -> list[HoursGrant]:
    """Grants of hours, of one client or of all."""
    table = tables.hours_grant
    statement = sa.select(table).order_by(table.c.client, table.c.valid_from)
    if client is not None:
        statement = statement.where(table.c.client == client)
    return [
        HoursGrant(
            row.client,
            row.kind,
            Decimal(row.hours),
            Per(row.per),
            date.fromisoformat(row.valid_from),
            date.fromisoformat(row.valid_to),
            None if row.factor is None else Decimal(row.factor),
            bool(row.applied),
            row.before,
            row.id,
        )
        for row in rows(statement)
    ]


def add_grant(connection: Connection, grant: HoursGrant) -> HoursGrant:
    """Write a grant; returns it with its id."""
    key = next_ids(connection, tables.hours_grant.name, 1)[0]
    connection.execute(
        tables.hours_grant.insert().values(
            id=key,
            client=grant.client,
            kind=grant.kind,
            hours=str(grant.hours),
            per=grant.per.value,
            factor=None if grant.factor is None else str(grant.factor),
            valid_from=grant.valid_from.isoformat(),
            valid_to=grant.valid_to.isoformat(),
            applied=int(grant.applied),
            before=grant.before,
        )
    )
    return replace(grant, id=key)


# --- Changes ----------------------------------------------------------------------------------------------------------


def note_change(
    connection: Connection,
    book: RuleBook,
    what: str,
    account: Account,
    client: str,
    period: tuple[date, date],
    *,
    now: datetime,
    actor: str,
) -> None:
    """Remember that a recalculation is due: with all linked accounts of the book, which may be gone from the next
    one.
    """
    connection.execute(
        tables.change.insert().values(
            id=next_ids(connection, tables.change.name, 1)[0],
            what=what,
            care_area=account[0],
            debtor_group=account[1],
            kind=account[2],
            client=client,
            valid_from=period[0].isoformat(),
            valid_to=period[1].isoformat(),
            accounts=json_text([list(one) for one in sorted(book.related(account))]),
            created=moment_text(now),
            actor=actor,
            confirmed=None,
        )
    )


def open_scopes(rows: Rows) -> list[Scope]:
    """What the changes that wait for their recalculation touch."""
    table = tables.change
    return [
        Scope(
            frozenset(tuple(account) for account in json.loads(row.accounts)),
            row.client,
            Period(date.fromisoformat(row.valid_from), date.fromisoformat(row.valid_to)),
        )
        for row in rows(sa.select(table).where(table.c.confirmed.is_(None)).order_by(table.c.id))
    ]


def close_changes(connection: Connection, now: datetime) -> int:
    """Mark all open changes as confirmed; returns how many there were."""
    table = tables.change
    done = connection.execute(table.update().where(table.c.confirmed.is_(None)).values(confirmed=moment_text(now)))
    return done.rowcount
