"""Running numbers are gapless, never given twice, and go round where the payer's series does."""

import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from textwrap import dedent

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from billhook.scheme import Series
from billhook.store import Database, tables
from billhook.store.numbers import SeriesExhausted, _block, draw, draw_many, peek

INVOICES = Series("p302/invoice/590000015/2025")
# TA1 V21, Dateinummer: 001 to 999, then again 001.
TRANSFERS = Series("p302/transfer/590000015/661430035", first=1, last=999, after_last=1)
# Some payers start at 0 once and go on with 1.
FROM_ZERO = Series("x/from-zero", first=0, last=3, after_last=1)


def test_numbers_follow_each_other(database: Database) -> None:
    with database.write() as connection:
        assert peek(connection, INVOICES) == 1
        assert list(draw(connection, INVOICES, 3)) == [1, 2, 3]
        assert list(draw(connection, INVOICES, 1)) == [4]
        assert peek(connection, INVOICES) == 5
    with database.write() as connection:
        assert list(draw(connection, INVOICES, 2)) == [5, 6]


def test_looking_draws_nothing(database: Database) -> None:
    with database.read() as connection:
        assert peek(connection, FROM_ZERO) == 0
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.number_series)) == 0


def test_drawing_none_touches_nothing(database: Database) -> None:
    with database.read() as connection:  # a transaction that could not even write
        assert list(draw(connection, INVOICES, 0)) == []


def test_a_negative_count_is_a_bug(database: Database) -> None:
    with database.write() as connection, pytest.raises(ValueError, match="negative"):
        draw(connection, INVOICES, -1)


def test_every_series_counts_for_itself(database: Database) -> None:
    with database.write() as connection:
        blocks = draw_many(connection, [(TRANSFERS, 1), (INVOICES, 2), (Series("a", first=100), 3)])
    assert [list(block) for block in blocks] == [[1], [1, 2], [100, 101, 102]]


def test_a_series_goes_round(database: Database) -> None:
    with database.write() as connection:
        assert list(draw(connection, TRANSFERS, 998)) == list(range(1, 999))
        assert list(draw(connection, TRANSFERS, 3)) == [999, 1, 2]
        assert peek(connection, TRANSFERS) == 3


def test_a_series_that_ends_exactly_goes_on_with_the_number_after_its_last(database: Database) -> None:
    with database.write() as connection:
        assert list(draw(connection, FROM_ZERO, 4)) == [0, 1, 2, 3]
        assert peek(connection, FROM_ZERO) == 1
        assert list(draw(connection, FROM_ZERO, 3)) == [1, 2, 3]


def test_a_block_that_would_hold_a_number_twice_is_refused(database: Database) -> None:
    with database.write() as connection, pytest.raises(SeriesExhausted, match="999 numbers"):
        draw(connection, TRANSFERS, 1_000)


@given(st.integers(1, 30), st.integers(0, 5), st.integers(0, 5), st.lists(st.integers(1, 12), max_size=8))
def test_blocks_are_the_same_as_numbers_drawn_one_by_one(last: int, first: int, again: int, counts: list[int]) -> None:
    series = Series("s", first=min(first, last), last=last, after_last=min(again, last))
    start = series.first
    for count in counts:
        expected, following = [], start
        for _ in range(count):
            number = following if following <= last else series.after_last
            expected.append(number)
            following = number + 1
        if len(set(expected)) < count:
            with pytest.raises(SeriesExhausted):
                _block(series, start, count)
            return
        block, start = _block(series, start, count)
        assert list(block) == expected
        assert start == following


def test_a_rollback_leaves_no_gap(database: Database) -> None:
    with database.write() as connection:
        draw(connection, INVOICES, 2)
    with pytest.raises(KeyError), database.write() as connection:  # noqa: PT012  # the transaction is the block
        assert list(draw(connection, INVOICES, 5)) == [3, 4, 5, 6, 7]
        raise KeyError
    with database.write() as connection:
        assert list(draw(connection, INVOICES, 1)) == [3]


def test_the_first_use_can_be_rolled_back_too(database: Database) -> None:
    with pytest.raises(KeyError), database.write() as connection:  # noqa: PT012  # the transaction is the block
        draw(connection, INVOICES, 5)
        raise KeyError
    with database.write() as connection:
        assert list(draw(connection, INVOICES, 1)) == [1]


def _draw(url: str) -> list[int]:
    database = Database.open(url)
    drawn: list[int] = []
    for turn in range(20):
        try:
            with database.write() as connection:
                block = draw(connection, INVOICES, 3)
                if turn % 4 == 3:
                    raise KeyError  # noqa: TRY301  # every fourth transaction fails after it has drawn
                drawn.extend(block)
        except KeyError:
            continue
    database.close()
    return drawn


def test_processes_that_draw_at_once_leave_no_gap_and_no_double(database: Database) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        one, other = pool.map(_draw, [database.url] * 2)
    assert sorted(one + other) == list(range(1, 91))


def test_a_program_that_is_killed_in_its_transaction_leaves_no_gap(database: Database) -> None:
    code = dedent(
        """
        import sys, time
        from billhook.scheme import Series
        from billhook.store import Database
        from billhook.store.database import bulk_insert
        from billhook.store.numbers import draw
        from billhook.store import tables
        database = Database.open(sys.argv[1])
        with database.write() as connection:
            numbers = draw(connection, Series("p302/invoice/590000015/2025"), 100)
            rows = ((f"s{n}", n) for n in range(50_000))
            bulk_insert(connection, tables.number_series, ("name", "next_number"), rows)
            print(numbers[-1], flush=True)
            time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", code, database.url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "100\n"
        process.kill()
    with database.write() as connection:
        assert list(draw(connection, INVOICES, 1)) == [1]
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.number_series)) == 1
