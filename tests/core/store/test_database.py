"""Transactions, bulk work and locks behave the same on SQLite and PostgreSQL."""

import multiprocessing
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError as SqlError
from sqlalchemy.exc import IntegrityError

from billhook.store import Busy, Database, DatabaseError, tables
from billhook.store.database import bulk_insert, bulk_update, in_pieces, next_ids, stream

SERIES = tables.number_series
COLUMNS = ("name", "next_number")


def _names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(sa.select(SERIES.c.name).order_by(SERIES.c.name)))


# --- Opening --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://host/billhook", "'mysql' is no database that Billhook knows"),
        ("sqlite://", "in memory"),
        ("sqlite:////nowhere/at/all/billhook.db", "no database file"),
    ],
)
def test_a_url_that_cannot_be_used_is_explained(url: str, says: str) -> None:
    with pytest.raises(DatabaseError, match=says):
        Database.open(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "billhook.db"
    file.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        Database.open(f"sqlite:///{file}")


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseError) as caught:
        Database.open("postgresql://clerk:secret@localhost:1/billhook")
    assert "localhost" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_postgresql_without_its_driver_says_what_to_install() -> None:
    code = dedent(
        """
        import sys
        sys.modules["psycopg"] = None
        from billhook.store import Database, DatabaseError
        try:
            Database.open("postgresql://host/billhook")
        except DatabaseError as error:
            print(error)
        """
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'billhook[postgresql]'" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_all_files_of_the_database_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = Database.open(f"sqlite:///{tmp_path / 'billhook.db'}", create=True)
        database.upgrade()
        with database.write() as connection, database.exclusive("export"):
            bulk_insert(connection, SERIES, COLUMNS, [("a", 1)])
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert {"billhook.db", "billhook.db-wal", "billhook.db-shm"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_sqlite_is_set_up_to_survive_a_power_cut(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'billhook.db'}", create=True)
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


# --- Transactions ---------------------------------------------------------------------------------------------------


def test_what_was_written_is_there_afterwards(database: Database) -> None:
    with database.write() as connection:
        bulk_insert(connection, SERIES, COLUMNS, [("a", 1)])
    assert _names(database) == ["a"]


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(KeyError), database.write() as connection:  # noqa: PT012  # the transaction is the block
        bulk_insert(connection, SERIES, COLUMNS, [("a", 1)])
        raise KeyError
    assert _names(database) == []


def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(SqlError, match=r"readonly|read-only"), database.read() as connection:
        connection.execute(SERIES.insert().values(name="a", next_number=1))
    with database.write() as connection:  # and the connection is as good as new
        connection.execute(SERIES.insert().values(name="b", next_number=1))
    assert _names(database) == ["b"]


def test_reading_shows_one_moment(database: Database) -> None:
    with database.read() as reader:
        count = sa.select(sa.func.count()).select_from(SERIES)
        assert reader.scalar(count) == 0
        with database.write() as writer:
            bulk_insert(writer, SERIES, COLUMNS, [("a", 1)])
        assert reader.scalar(count) == 0
    assert _names(database) == ["a"]


def test_links_are_checked(database: Database) -> None:
    row = (1, 77, "insured", None, None, None)
    columns = ("id", "party_id", "role", "of_party_id", "valid_from", "valid_to")
    with pytest.raises(IntegrityError), database.write() as connection:
        bulk_insert(connection, tables.party_role, columns, [row])


def test_two_writers_come_one_after_the_other(database: Database) -> None:
    """Both read a value and write it back one higher: no update is lost, and neither fails."""
    with database.write() as connection:
        bulk_insert(connection, SERIES, COLUMNS, [("n", 0)])
    at_once = threading.Barrier(2)

    def count_up() -> None:
        at_once.wait()
        for _ in range(20):
            with database.write() as connection:
                value = connection.scalar(sa.select(SERIES.c.next_number).with_for_update())
                connection.execute(SERIES.update().values(next_number=(value or 0) + 1))

    threads = [threading.Thread(target=count_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.scalar(sa.select(SERIES.c.next_number)) == 40


def test_who_waits_too_long_for_another_writer_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billhook.store.database.BUSY_SECONDS", 0.05)
    database = Database.open(f"sqlite:///{tmp_path / 'billhook.db'}", create=True)
    with database.write(), pytest.raises(Busy, match="try again"), database.write():
        pass
    database.close()


# --- Bulk -----------------------------------------------------------------------------------------------------------


def test_bulk_insert_takes_an_iterator_and_keeps_every_character(database: Database) -> None:
    odd = ["tab\there", "new\nline", "back\\slash", "\\N", "Ünïcödé €", "'quoted\"", "", "\x1f"]
    with database.write() as connection:
        assert bulk_insert(connection, SERIES, COLUMNS, ((text, place) for place, text in enumerate(odd))) == len(odd)
    assert sorted(_names(database)) == sorted(odd)


def test_bulk_insert_of_nothing(database: Database) -> None:
    with database.write() as connection:
        assert bulk_insert(connection, SERIES, COLUMNS, []) == 0


def test_bulk_insert_that_breaks_a_constraint_keeps_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        bulk_insert(connection, SERIES, COLUMNS, [("a", 1), ("b", 1), ("a", 2)])
    assert _names(database) == []


def test_bulk_update_changes_what_its_key_finds(database: Database) -> None:
    with database.write() as connection:
        bulk_insert(connection, SERIES, COLUMNS, ((f"s{n}", 0) for n in range(100)))
        bulk_update(connection, SERIES, ("name",), ("next_number",), ((f"s{n}", n) for n in range(0, 100, 2)))
        bulk_update(connection, SERIES, ("name",), ("next_number",), [("nobody", 7)])
        stored = {row.name: row.next_number for row in connection.execute(sa.select(SERIES))}
    assert stored == {f"s{n}": (n if n % 2 == 0 else 0) for n in range(100)}


def test_streaming_gives_every_row_in_order_while_others_are_read(database: Database) -> None:
    with database.write() as connection:
        bulk_insert(connection, SERIES, COLUMNS, ((f"{n:05}", n) for n in range(2_500)))
    with database.read() as connection:
        seen = []
        for row in stream(connection, sa.select(SERIES).order_by(SERIES.c.name), 100):
            if row.next_number % 500 == 0:
                assert connection.scalar(sa.select(sa.func.count()).select_from(SERIES)) == 2_500
            seen.append(row.next_number)
    assert seen == list(range(2_500))


def test_a_walk_can_be_given_up(database: Database) -> None:
    """In the middle of a transaction, and by letting the transaction end first."""
    with database.write() as connection:
        bulk_insert(connection, SERIES, COLUMNS, ((f"{n:05}", n) for n in range(100)))
    statement = sa.select(SERIES).order_by(SERIES.c.name)
    with database.read() as connection:
        assert next(stream(connection, statement, 10)).next_number == 0
        left_open = stream(connection, statement, 10)
        assert next(left_open).next_number == 0
    del left_open
    assert len(_names(database)) == 100


def test_text_sorts_byte_by_byte(database: Database) -> None:
    """A linguistic collation would put ä beside a; what a payer receives must not depend on that."""
    names = ["Z", "a", "ä", "A", "-", "€", "a\x1f", "a ", "𝄞"]
    with database.write() as connection:
        bulk_insert(connection, SERIES, COLUMNS, ((name, 0) for name in names))
    assert _names(database) == sorted(names)


def test_pieces() -> None:
    assert list(in_pieces(range(5), 2)) == [[0, 1], [2, 3], [4]]


# --- Ids ------------------------------------------------------------------------------------------------------------


def test_ids_are_drawn_in_blocks(database: Database) -> None:
    with database.write() as connection:
        assert list(next_ids(connection, "item", 3)) == [1, 2, 3]
        assert list(next_ids(connection, "party", 1)) == [1]
        assert list(next_ids(connection, "item", 2)) == [4, 5]
        assert list(next_ids(connection, "item", 0)) == []


def _draw_ids(url: str) -> list[int]:
    database = Database.open(url)
    drawn: list[int] = []
    for _ in range(20):
        with database.write() as connection:
            drawn.extend(next_ids(connection, "item", 5))
            drawn.extend(next_ids(connection, "party", 5))
    database.close()
    return drawn


def test_processes_never_draw_the_same_id(database: Database) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        one, other = pool.map(_draw_ids, [database.url] * 2)
    assert len(one) == len(other) == 200
    # Each of the 200 numbers was drawn for items by one process and for parties by one.
    assert sorted(one + other) == sorted([*range(1, 201), *range(1, 201)])


# --- Locks ----------------------------------------------------------------------------------------------------------


def test_a_lock_is_held_by_one(database: Database) -> None:
    other = Database.open(database.url)
    with database.exclusive("export"):
        with pytest.raises(Busy, match="export"), other.exclusive("export"):
            pass
        with other.exclusive("import"):  # another name, another lock
            pass
    with other.exclusive("export"):
        pass
    other.close()


def test_a_lock_is_not_given_twice_to_the_same_program(database: Database) -> None:
    with database.exclusive("export"), pytest.raises(Busy), database.exclusive("export"):
        pass


def test_who_waits_gets_the_lock_when_it_is_free(database: Database) -> None:
    held, order = threading.Event(), []

    def hold() -> None:
        with database.exclusive("export"):
            held.set()
            order.append("first")

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with database.exclusive("export", wait=10):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


@pytest.fixture
def holder(database: Database) -> Iterator["subprocess.Popen[str]"]:
    """Another program that holds the lock until it is killed."""
    code = dedent(
        """
        import sys, time
        from billhook.store import Database
        with Database.open(sys.argv[1]).exclusive("export"):
            print("held", flush=True)
            time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", code, database.url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_killed_program_leaves_no_lock_behind(database: Database, holder: "subprocess.Popen[str]") -> None:
    with pytest.raises(Busy), database.exclusive("export"):
        pass
    holder.kill()
    holder.wait()
    with database.exclusive("export", wait=10):
        pass
