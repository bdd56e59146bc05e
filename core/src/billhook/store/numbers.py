"""Running numbers: gapless per series, given in blocks inside the transaction that fixes what carries them.

The row of a series is locked from `draw` to the end of the caller's transaction. So a number is given exactly when what
carries it is stored; a rollback gives the block back, and nobody drew from it in between. Draw late and commit soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.scheme import Series
from billhook.store import tables
from billhook.words import words


class SeriesExhausted(ValueError):
    """A series cannot give that many different numbers at once."""


def draw(connection: Connection, series: Series, count: int) -> Sequence[int]:
    """Draw the next `count` numbers of a series, as one block without a gap.

    After `last` the series goes on with `after_last`. Who draws from several series in one transaction draws in the
    order of their names, lest two such transactions wait for each other on PostgreSQL (`draw_many` does).

    Args:
        connection: of a write transaction.
        series: which; its row is made on first use.
        count: how many; 0 gives an empty sequence and touches nothing.

    Returns:
        The numbers in order: a range, unless the series started again on the way.

    Raises:
        SeriesExhausted: the block would hold a number twice.
    """
    if count < 0:
        raise ValueError("a count of numbers is not negative")
    if count == 0:
        return range(0)
    table = tables.number_series
    connection.execute(
        sa.text("INSERT INTO number_series (name, next_number) VALUES (:name, :first) ON CONFLICT (name) DO NOTHING"),
        {"name": series.name, "first": series.first},
    )
    # FOR UPDATE is left out by SQLAlchemy on SQLite, where the whole database is locked already.
    start = connection.scalar(sa.select(table.c.next_number).where(table.c.name == series.name).with_for_update())
    block, following = _block(series, int(start or 0), count)
    connection.execute(table.update().where(table.c.name == series.name).values(next_number=following))
    return block


def draw_many(connection: Connection, wanted: Sequence[tuple[Series, int]]) -> list[Sequence[int]]:
    """Draw from several series; the blocks come in the order asked for, locks are taken in the order of names."""
    blocks: list[Sequence[int]] = [range(0)] * len(wanted)
    for place in sorted(range(len(wanted)), key=lambda at: wanted[at][0].name):
        blocks[place] = draw(connection, *wanted[place])
    return blocks


def peek(connection: Connection, series: Series) -> int:
    """The number that the next `draw` would give, if nobody is quicker."""
    table = tables.number_series
    stored = connection.scalar(sa.select(table.c.next_number).where(table.c.name == series.name))
    return _block(series, series.first if stored is None else stored, 1)[0][0]


def _block(series: Series, start: int, count: int) -> tuple[Sequence[int], int]:
    """The block from `start` on, and the number after it."""
    last = series.last
    if last is None:
        return range(start, start + count), start + count
    if start > last:  # also when the series was shortened since
        start = series.after_last
    if start + count - 1 <= last:
        return range(start, start + count), start + count
    circle = range(series.after_last, last + 1)
    pieces = [range(start, last + 1)]
    rest = count - len(pieces[0])
    if count > len(circle) or rest > len(circle):
        message = words(
            "series {name} holds {size} numbers ({first} to {last}); {count} are asked for at once",
            name=series.name,
            size=len(circle),
            first=series.after_last,
            last=last,
            count=count,
        )
        raise SeriesExhausted(message)
    pieces.append(range(series.after_last, series.after_last + rest))
    return tuple(chain.from_iterable(pieces)), series.after_last + rest
