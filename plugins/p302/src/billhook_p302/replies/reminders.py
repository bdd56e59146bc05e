"""What waits for an answer: files that nobody confirmed, invoices that nobody paid, cuts about which nobody decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billhook.billing import balancing
from billhook.model import ExchangeState, Finding
from billhook.money import format_cents
from billhook.scheme import TableView
from billhook.store import tables
from billhook.store.database import in_pieces
from billhook.store.encoding import date_text, read_moment, split_key
from billhook_p302.batching import FileKey
from billhook_p302.replies.rules import OVERDUE, UNCONFIRMED, UNDECIDED

WORKING_DAYS = 3
"""After so many without a word somebody should ask. No rule says when a data centre has to answer; most do within a day."""

_GERMANY = ZoneInfo("Europe/Berlin")
_SATURDAY = 5


def reminders(view: TableView, today: date) -> Iterator[Finding]:
    """All of them, as of today."""
    yield from _unconfirmed(view, today)
    yield from _overdue(view, today)
    yield from _undecided(view)


def working_days(since: date, until: date) -> int:
    """Mondays to Fridays after a day, up to another one. Public holidays differ by state and count as working days.

    >>> working_days(date(2025, 10, 31), date(2025, 11, 5))  # Friday to Wednesday
    3
    """
    weeks, rest = divmod(max((until - since).days, 0), 7)
    last = since + timedelta(days=7 * weeks)
    return 5 * weeks + sum((last + timedelta(days=day)).weekday() < _SATURDAY for day in range(1, rest + 1))


def _unconfirmed(view: TableView, today: date) -> Iterator[Finding]:
    exchange, artifact, journal = tables.exchange, tables.artifact, tables.journal
    sent = {
        f"exchange:{row.id}": row
        for row in view.rows(
            sa.select(exchange.c.id, exchange.c.file_key, artifact.c.name)
            .join(artifact, sa.and_(artifact.c.exchange_id == exchange.c.id, artifact.c.role == "data"))
            .where(exchange.c.scheme == "p302", exchange.c.state == ExchangeState.SENT.value)
        )
    }
    left: dict[str, date] = {}
    for piece in in_pieces(sent):
        events = ("exchange.sent", "exchange.resolved")
        when = sa.select(journal.c.subject, journal.c.time).where(
            journal.c.subject.in_(piece), journal.c.event.in_(events)
        )
        for subject, time in view.rows(when):
            day = read_moment(time).astimezone(_GERMANY).date()
            left[subject] = max(day, left.get(subject, day))
    for subject, day in left.items():
        row, days = sent[subject], working_days(day, today)
        if days > WORKING_DAYS:
            centre = FileKey(*split_key(row.file_key)).data_centre
            yield UNCONFIRMED.at(value=row.name, day=day.isoformat(), days=days, centre=centre, exchange=row.id)


def _overdue(view: TableView, today: date) -> Iterator[Finding]:
    receivable = tables.receivable
    still = receivable.c.amount - receivable.c.settled - balancing.deducted() - balancing.disputed()
    late = [
        (row.still, row.due)
        for row in view.rows(_owed(still.label("still"), receivable.c.due).where(receivable.c.due < date_text(today)))
        if row.still > 0
    ]
    if late:
        amount = format_cents(sum(int(cents) for cents, _ in late))
        yield OVERDUE.at(value=len(late), amount=amount, day=min(day for _, day in late))


def _undecided(view: TableView) -> Iterator[Finding]:
    deduction, receivable = tables.deduction, tables.receivable
    waiting = _owed(deduction.c.amount).join(deduction, deduction.c.receivable_id == receivable.c.id)
    amounts = [int(row.amount) for row in view.rows(waiting.where(sa.not_(deduction.c.closed)))]
    if amounts:
        yield UNDECIDED.at(value=len(amounts), amount=format_cents(sum(amounts)))


def _owed(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    receivable, document, exchange = tables.receivable, tables.document, tables.exchange
    return (
        sa.select(*columns)
        .select_from(receivable)
        .join(document, document.c.id == receivable.c.document_id)
        .join(exchange, exchange.c.id == document.c.exchange_id)
        .where(exchange.c.scheme == "p302")
    )
