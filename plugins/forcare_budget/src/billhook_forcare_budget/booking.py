"""Booking: what was billed becomes entries, in the transaction that numbers the invoices.

An entry is written only where a budget holds. In that transaction the budgets are looked at once more, under the
ledger's lock: two runs (or a run and a clerk who enters a foreign stay) can never give the same euro away twice.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.problems import BillingProblem
from billhook.hookspecs import RunView
from billhook.store import journal
from billhook.store import tables as core
from billhook.store.database import in_pieces, lock_key
from billhook.store.encoding import moment_text
from billhook.words import words
from billhook_forcare_budget import tables
from billhook_forcare_budget.checking import OVER_AMOUNT, OVER_DAYS, Desk, desk_of, verdict
from billhook_forcare_budget.entries import Entry, EntrySource, live
from billhook_forcare_budget.facts import Facts
from billhook_forcare_budget.ledger import add_entries, entries_of, gone_items, reader, reversal_of


class BudgetSpent(BillingProblem):
    """A budget was used up by somebody else since the run was planned. Nothing was billed; a new check says by whom."""


def guard(connection: Connection) -> None:
    """Let nobody else write to the ledger until this transaction ends. SQLite's write lock does that already."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("forcare_budget")})


def book_run(run: RunView, connection: Connection) -> int:
    """Write the entries of a run; returns how many.

    Raises:
        BudgetSpent: a budget no longer has what the run takes from it.
    """
    guard(connection)
    desk = desk_of(run, others=False)
    suppressed = set(
        connection.scalars(
            sa.select(core.suppression.c.code).where(core.suppression.c.expires >= run.today.isoformat())
        )
    )
    now, actor = datetime.now(UTC), journal.current_actor()
    entries: list[Entry] = []
    for client, asked in desk.asked.items():
        counting = [facts for facts in asked.trial if facts.counts and client and _has_budget(desk, facts)]
        if not counting:
            continue
        for grant in verdict(desk, client, counting).grants.values():
            spent = (grant.over and OVER_AMOUNT.code not in suppressed) or (
                grant.days_over and OVER_DAYS.code not in suppressed
            )
            if spent:
                message = words(
                    "the budget of item {ref} was used by somebody else since this run was planned; "
                    "nothing was billed: check again",
                    ref=grant.ref,
                )
                raise BudgetSpent(message)
        entries += (_entry(facts, now, actor) for facts in counting)
    replaced = _replaced(connection, entries, now, actor)
    return len(add_entries(connection, [*replaced, *entries]))


def _has_budget(desk: Desk, facts: Facts) -> bool:
    return desk.book.holds(facts.account, facts.client, facts.booked) or bool(
        facts.minutes and desk.grants.get(facts.client)
    )


def _entry(facts: Facts, now: datetime, actor: str) -> Entry:
    area, group, kind = facts.account
    return Entry(
        0,
        facts.client,
        area,
        group,
        kind,
        EntrySource.BILLED,
        facts.booked,
        facts.first,
        facts.last,
        facts.days,
        facts.amount,
        facts.claimed,
        facts.minutes,
        facts.item,
        None,
        facts.payer,
        created=moment_text(now),
        actor=actor,
    )


def _replaced(connection: Connection, entries: list[Entry], now: datetime, actor: str) -> list[Entry]:
    """Reversals of what these items are billed again for."""
    found: list[Entry] = []
    item = core.item
    for piece in in_pieces([entry.item for entry in entries if entry.item is not None]):
        again = list(
            connection.scalars(sa.select(item.c.corrects).where(item.c.id.in_(piece), item.c.corrects.is_not(None)))
        )
        found += _reversals(connection, again, "billed again", now, actor)
    return found


def _reversals(connection: Connection, items: list[int], note: str, now: datetime, actor: str) -> list[Entry]:
    if not items:
        return []
    clients = set(connection.scalars(sa.select(tables.entry.c.client).where(tables.entry.c.item_id.in_(items))))
    wanted = set(items)
    return [
        reversal_of(entry, note, now, actor)
        for theirs in entries_of(reader(connection), clients, as_written=True).values()
        for entry in live(theirs)
        if entry.source is EntrySource.BILLED and entry.item in wanted
    ]


def give_back(connection: Connection, now: datetime, actor: str) -> list[Entry]:
    """Reverse the entries of items that were rejected, closed or replaced; returns the reversals."""
    guard(connection)
    found = _reversals(connection, gone_items(reader(connection)), "the invoice does not stand", now, actor)
    return add_entries(connection, found)
