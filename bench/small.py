"""Small pieces that everything else stands on: the price of a line, and an entry in the journal."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import cycle, islice, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.measure import Comparison, Contestant, Task, agree, alternate


def _lines(count: int) -> Iterator[tuple[Decimal, Decimal, Decimal | None]]:
    """Quantity, price and rate of many lines."""
    quantities = [Decimal(text) for text in ("1", "2", "1.5", "90", "0.25")]
    prices = [Decimal(text) for text in ("450.00", "12.35", "1.115", "0.99")]
    rates = [None, Decimal("19.00"), Decimal("7.00")]
    return islice(cycle(product(quantities, prices, rates)), count)


def amounts_by_billhook(count: str) -> dict[str, Any]:
    """Price that many lines; a task."""
    from billhook.money import line_amount  # noqa: PLC0415 -- only the measured process pays for it

    total = 0
    for quantity, price, rate in _lines(int(count)):
        total += line_amount(quantity, price, rate).gross
    return {"cents": total}


def amounts_by_quantize(count: str) -> dict[str, Any]:
    """The same with `Decimal.quantize`, as one writes it down at first; a task."""
    cent, hundred = Decimal("0.01"), Decimal(100)
    total = 0
    for quantity, price, rate in _lines(int(count)):
        net = quantity * price
        vat = Decimal(0) if rate is None else (net * rate / hundred).quantize(cent, ROUND_HALF_UP)
        total += int((net + vat).quantize(cent, ROUND_HALF_UP) * 100)
    return {"cents": total}


def journal_made(folder: str) -> dict[str, Any]:
    """Make the database; a task that is not measured."""
    from billhook.store.database import Database  # noqa: PLC0415 -- only the started process pays for it

    database = Database.open(f"sqlite:///{folder}/billhook.db", create=True)
    database.upgrade()
    database.close()
    return {}


def journal_by_billhook(folder: str, count: str) -> dict[str, Any]:
    """Append that many entries in one transaction; a task."""
    from billhook.store import journal  # noqa: PLC0415 -- only the measured process pays for it
    from billhook.store.database import Database  # noqa: PLC0415  # only the started process pays for it

    database = Database.open(f"sqlite:///{folder}/billhook.db")
    with database.write() as connection:
        entries = (("bench.entry", f"item:{number}", {"gross": number}) for number in range(int(count)))
        head = journal.append_many(connection, entries, actor="bench")
    database.close()
    return {"entries": head.seq}


def journal_by_hand(folder: str, count: str) -> dict[str, Any]:
    """A table with a chain of hashes and sqlite3: what the same promise costs without anything around it; a task."""
    connection = sqlite3.connect(Path(folder) / "raw.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE journal (seq INTEGER PRIMARY KEY, time TEXT, subject TEXT, payload TEXT, hash TEXT)"
    )
    connection.execute("CREATE INDEX by_subject ON journal (subject)")
    now = datetime.now(UTC).isoformat()

    def rows() -> Iterator[tuple[int, str, str, str, str]]:
        previous = ""
        for number in range(int(count)):
            subject, payload = f"item:{number}", json.dumps({"gross": number})
            entry = json.dumps([previous, number, now, "bench", "bench.entry", subject, payload])
            previous = hashlib.sha256(entry.encode()).hexdigest()
            yield number + 1, now, subject, payload, previous

    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", rows())
    connection.execute("COMMIT")
    (entries,) = connection.execute("SELECT count(*) FROM journal").fetchone()
    return {"entries": entries}


def line_amount(runs: int, *, count: int = 1_000_000) -> list[Comparison]:
    """The price of a line against the plain way to compute it."""
    subject, baseline = Contestant("billhook"), Contestant("quantize")
    alternate(
        [
            (subject, Task("bench.small:amounts_by_billhook", (str(count),))),
            (baseline, Task("bench.small:amounts_by_quantize", (str(count),))),
        ],
        runs,
    )
    agree("cents", subject, baseline)
    return [Comparison("line_amount", f"{count:,} lines", subject, baseline, count, "lines", about="time")]


def journal(runs: int, *, count: int = 200_000) -> list[Comparison]:
    """Appending to the journal against a chain of hashes by hand."""
    subject, baseline = Contestant("billhook"), Contestant("sqlite3")
    for _ in range(runs):
        with TemporaryDirectory() as folder:
            Task("bench.small:journal_made", (folder,)).run()
            tasks = [
                (subject, Task("bench.small:journal_by_billhook", (folder, str(count)))),
                (baseline, Task("bench.small:journal_by_hand", (folder, str(count)))),
            ]
            alternate(tasks, 1)
    agree("entries", subject, baseline)
    return [Comparison("journal", f"{count:,} entries", subject, baseline, count, "entries")]
