"""The journal is one chain: whatever is changed in it is found, however it was done."""

import hashlib
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError as SqlError

from billhook.store import Database, journal
from billhook.store.journal import GENESIS, Head

MORNING = datetime(2025, 10, 6, 8, 0, tzinfo=UTC)


def _three_entries(database: Database) -> Head:
    with database.write() as connection:
        journal.append(connection, "run.started", "run:7", {"items": 3}, actor="clerk", time=MORNING)
        return journal.append_many(
            connection,
            [("export.fixed", "run:7", {"number": "R-1"}), ("export.rendered", "exchange:2", {"sha256": "ab"})],
            actor="clerk",
            time=MORNING,
        )


def test_an_untouched_journal_is_in_order(database: Database) -> None:
    head = _three_entries(database)
    with database.read() as connection:
        report = journal.verify(connection, head)
        assert (report.ok, report.entries, report.head) == (True, 3, head)
        assert journal.head(connection) == head


def test_an_empty_journal_is_in_order(database: Database) -> None:
    with database.read() as connection:
        assert journal.verify(connection).ok
        assert journal.head(connection) is None


def test_the_chain_can_be_recomputed_by_anybody(database: Database) -> None:
    """From the description in the documentation alone, with nothing of this program but the table."""
    head = _three_entries(database)
    previous = "0" * 64
    with database.read() as connection:
        for row in connection.exec_driver_sql(
            "SELECT seq, time, actor, event, subject, payload, hash FROM journal ORDER BY seq"
        ):
            content = json.dumps([previous, *row[:6]], separators=(",", ":"), ensure_ascii=False)
            previous = hashlib.sha256(content.encode()).hexdigest()
            assert previous == row[6]
    assert previous == head.hash


def test_entries_come_back(database: Database) -> None:
    _three_entries(database)
    with database.read() as connection:
        first, second = journal.entries(connection, subject="run:7")
        assert [entry.seq for entry in journal.entries(connection, after=1)] == [2, 3]
    assert (first.event, first.actor, first.time, first.payload) == ("run.started", "clerk", MORNING, {"items": 3})
    assert second.payload == {"number": "R-1"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET actor = 'nobody' WHERE seq = 2",
        "DELETE FROM journal WHERE seq = 3",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 2",
        "TRUNCATE journal",
    ],
)
def test_the_database_refuses_to_change_an_entry(database: Database, statement: str) -> None:
    if ("OR REPLACE" in statement and not database.is_sqlite) or ("TRUNCATE" in statement and database.is_sqlite):
        pytest.skip("the other database's statement")
    _three_entries(database)
    with pytest.raises(SqlError, match="append-only"), database.write() as connection:
        connection.exec_driver_sql(statement)


def _tamper(database: Database, statement: str) -> None:
    """Do what somebody does who owns the database and takes the triggers away first."""
    with database.write() as connection:
        if database.is_sqlite:
            for trigger in ("update", "delete", "replace"):
                connection.exec_driver_sql(f"DROP TRIGGER journal_no_{trigger}")
        else:
            connection.exec_driver_sql("DROP TRIGGER journal_no_change ON journal")
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "first_bad", "reason"),
    [
        ('UPDATE journal SET payload = \'{"number":"R-2"}\' WHERE seq = 2', 2, "changed"),
        ("UPDATE journal SET time = '2025-10-07T08:00:00.000000+00:00' WHERE seq = 1", 1, "changed"),
        ("UPDATE journal SET actor = 'somebody else' WHERE seq = 3", 3, "changed"),
        ("UPDATE journal SET hash = 'c0ffee' WHERE seq = 2", 2, "changed"),
        ("DELETE FROM journal WHERE seq = 2", 2, "missing"),
        ("DELETE FROM journal WHERE seq = 1", 1, "missing"),
        ("UPDATE journal SET seq = 4 WHERE seq = 3", 3, "missing"),
    ],
)
def test_whatever_is_changed_is_found(database: Database, statement: str, first_bad: int, reason: str) -> None:
    _three_entries(database)
    _tamper(database, statement)
    with database.read() as connection:
        report = journal.verify(connection)
    assert not report.ok
    assert report.first_bad == first_bad
    assert reason in report.reason


def test_a_tail_that_was_cut_off_is_found_by_the_head_that_was_kept(database: Database) -> None:
    kept = Head.parse(str(_three_entries(database)))
    _tamper(database, "DELETE FROM journal WHERE seq = 3")
    with database.read() as connection:
        assert journal.verify(connection).ok
        report = journal.verify(connection, kept)
    assert (report.ok, report.first_bad) == (False, 3)
    assert "cut off" in report.reason


def test_a_journal_that_was_written_anew_is_found_by_the_head_that_was_kept(database: Database) -> None:
    kept = _three_entries(database)
    _tamper(database, "DELETE FROM journal")
    with database.write() as connection:
        journal.append_many(connection, [("x", "y", {})] * 4, actor="forger", time=MORNING)
    with database.read() as connection:
        report = journal.verify(connection, kept)
    assert (report.ok, report.first_bad) == (False, 3)


def test_an_older_head_still_proves_what_was_before_it(database: Database) -> None:
    kept = _three_entries(database)
    with database.write() as connection:
        journal.append(connection, "run.started", "run:8")
    with database.read() as connection:
        assert journal.verify(connection, kept).ok


@pytest.mark.parametrize("text", ["", "17", "17:abc", f"x:{GENESIS}", f"1:{'g' * 64}"])
def test_a_head_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="looks like"):
        Head.parse(text)


def test_an_entry_goes_with_its_transaction(database: Database) -> None:
    with pytest.raises(KeyError), database.write() as connection:  # noqa: PT012  # the transaction is the block
        journal.append(connection, "run.started", "run:7")
        raise KeyError
    with database.read() as connection:
        assert journal.head(connection) is None


def test_who_acts_can_be_named(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLHOOK_ACTOR", "night shift")
    with database.write() as connection:
        journal.append(connection, "run.started", "run:7")
        assert next(journal.entries(connection)).actor == "night shift"


def _append(url: str) -> None:
    database = Database.open(url)
    for n in range(25):
        with database.write() as connection:
            connection.execute(sa.text("SELECT 1"))  # the transaction has its first look before it waits for the lock
            journal.append(connection, "item.checked", f"item:{n}")
    database.close()


def test_processes_that_append_at_once_keep_one_chain(database: Database) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_append, [database.url] * 2))
    with database.read() as connection:
        report = journal.verify(connection)
    assert (report.ok, report.entries) == (True, 50)


def test_a_long_journal_is_written_and_verified_in_a_stream(database: Database) -> None:
    with database.write() as connection:
        journal.append_many(connection, (("item.checked", f"item:{n}", {"ok": True}) for n in range(12_000)))
    with database.read() as connection:
        assert journal.verify(connection).entries == 12_000
