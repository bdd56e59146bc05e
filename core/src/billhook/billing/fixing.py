"""Fixing: the one transaction in which drafts become invoices. No file is touched in it and no scheme renders.

All running numbers are drawn here, as one block a series, and written; the items of the run become billed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.cutting import DRAFT
from billhook.billing.problems import BillingProblem, plugin_failed
from billhook.model import ArchiveReason, ExchangeState, ItemState
from billhook.scheme import Context, Scheme, Series, SeriesPlan
from billhook.store import journal, tables
from billhook.store.database import CHUNK, bulk_update, stream
from billhook.store.encoding import date_text, json_text, split_key
from billhook.store.numbers import draw_many
from billhook.words import words


def fix(
    connection: Connection, scheme: Scheme, context: Context, run: int, *, actor: str, due: date | None = None
) -> None:
    """Number a run's drafts and bill its items; the caller's transaction makes it true.

    `due` is when the invoices should be paid; otherwise it is as many days from now as the scheme's settings have as
    `payment_days`, where they have such a field.

    Raises:
        PluginFailed: the scheme cannot say which series to draw from.
        billhook.store.numbers.SeriesExhausted: a series has not enough numbers.
        BillingProblem: an item changed since it was planned.
    """
    files = _files(connection, run)
    plans = {key: _series(scheme, split_key(key), context) for key in dict.fromkeys(file for _, file in files)}
    numbers = _draw(connection, files, plans)
    exchange = tables.exchange
    for key, file in files:
        drawn = {name: next(numbers[series.name]) for name, series in plans[file].exchange.items()}
        connection.execute(
            exchange.update()
            .where(exchange.c.id == key)
            .values(numbers=json_text(drawn), state=ExchangeState.FIXED.value)
        )
    series = {key: plans[file].document for key, file in files}
    given = _document_numbers(connection, run, series, numbers, context.today.year)
    # In chunks, because a connection cannot be read from while it takes a bulk update.
    while chunk := list(islice(given, CHUNK)):
        bulk_update(connection, tables.document, ("id",), ("number",), chunk)
    _reckon(connection, context, run, due)
    billed = _bill(connection, run)
    counts = {"exchanges": len(files), "items": billed}
    connection.execute(
        tables.run.update().where(tables.run.c.id == run).values(state="fixed", counts=json_text(counts))
    )
    if files:
        payload = {**counts, "exchange_ids": [key for key, _ in files]}
        journal.append(connection, "run.fixed", f"run:{run}", payload, actor=actor)


def _files(connection: Connection, run: int) -> list[tuple[int, str]]:
    """The drafts of a run: id and file key, in order."""
    table = tables.exchange
    statement = (
        sa.select(table.c.id, table.c.file_key)
        .where(table.c.run_id == run, table.c.state == DRAFT)
        .order_by(table.c.id)
    )
    return [(int(row.id), str(row.file_key)) for row in connection.execute(statement)]


def _series(scheme: Scheme, file_key: tuple[str, ...], context: Context) -> SeriesPlan:
    try:
        plan = scheme.series(file_key, context)
        plan.document.pattern.format(n=1, year=context.today.year)
    except Exception as error:
        raise plugin_failed(scheme.key, "series", error) from error
    return plan


def _draw(
    connection: Connection, files: list[tuple[int, str]], plans: Mapping[str, SeriesPlan]
) -> dict[str, Iterator[int]]:
    """A block of numbers for every series that the files draw from."""
    wanted: Counter[str] = Counter()
    series: dict[str, Series] = {}
    for key, file in files:
        plan = plans[file]
        series[plan.document.name] = plan.document
        wanted[plan.document.name] += _invoices(connection, key)
        for one in plan.exchange.values():
            series[one.name] = one
            wanted[one.name] += 1
    names = list(wanted)
    blocks = draw_many(connection, [(series[name], wanted[name]) for name in names])
    return {name: iter(block) for name, block in zip(names, blocks, strict=True)}


def _invoices(connection: Connection, exchange: int) -> int:
    """How many invoice numbers a file takes: one for each collective, one for each document that stands alone."""
    table = tables.document
    mine = table.c.exchange_id == exchange
    alone = sa.select(sa.func.count()).where(mine, table.c.collective_key == "")
    together = sa.select(sa.func.count(table.c.collective_key.distinct())).where(mine, table.c.collective_key != "")
    return int(connection.scalar(alone) or 0) + int(connection.scalar(together) or 0)


def _document_numbers(
    connection: Connection, run: int, series: Mapping[int, Series], numbers: Mapping[str, Iterator[int]], year: int
) -> Iterator[tuple[int, str]]:
    """Document id and number, in order; documents of one collective share one."""
    document, exchange = tables.document, tables.exchange
    statement = (
        sa.select(document.c.id, document.c.exchange_id, document.c.collective_key)
        .join(exchange, exchange.c.id == document.c.exchange_id)
        .where(exchange.c.run_id == run)
        .order_by(document.c.id)
    )
    before: tuple[int, str] | None = None
    number = ""
    for row in stream(connection, statement):
        unit = (row.exchange_id, row.collective_key)
        if not row.collective_key or unit != before:
            one = series[row.exchange_id]
            number = one.pattern.format(n=next(numbers[one.name]), year=year)
        before = unit
        yield row.id, number


def _reckon(connection: Connection, context: Context, run: int, due: date | None) -> None:
    """Write when the invoices should be paid, where that is known."""
    days = getattr(context.settings, "payment_days", None)
    if due is None and isinstance(days, int):
        due = context.today + timedelta(days=days)
    if due is not None:
        document, exchange = tables.document, tables.exchange
        mine = sa.select(exchange.c.id).where(exchange.c.run_id == run)
        connection.execute(document.update().where(document.c.exchange_id.in_(mine)).values(due=date_text(due)))


def _bill(connection: Connection, run: int) -> int:
    """Set the items of a run to billed. All of them must still be as they were planned."""
    done = connection.execute(
        sa.text(
            "UPDATE item SET state = :billed, archived = :reason, document_id = line.document_id FROM batch_line AS line "
            "WHERE line.run_id = :run AND line.item_id = item.id AND line.document_id IS NOT NULL "
            "AND item.state = :checked AND item.document_ok AND item.gross = line.gross"
        ),
        {
            "run": run,
            "billed": ItemState.BATCHED.value,
            "reason": ArchiveReason.BILLED.value,
            "checked": ItemState.CHECKED.value,
        },
    )
    line = tables.batch_line
    planned = int(connection.scalar(sa.select(sa.func.count()).where(line.c.run_id == run)) or 0)
    if done.rowcount != planned:
        message = words(
            "{changed} items of run {run} changed while it was planned; nothing was billed, try again",
            changed=planned - done.rowcount,
            run=run,
        )
        raise BillingProblem(message)
    return planned
