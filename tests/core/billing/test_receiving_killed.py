"""Killed while it takes an answer in, the same answer again ends where it would have: nothing twice, nothing lost."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from billhook.store import journal, tables
from tests.core.billing.conftest import Desk
from tests.core.billing.test_deductions import cut, invoices, letter, paid, refusal, sent, tell
from tests.support.crash_receiving import PLACES

__all__ = ["sent"]
ROOT = Path(__file__).resolve().parents[3]


def start(desk: Desk, file: Path, place: str) -> subprocess.Popen[bytes]:
    """Another program that takes the answer in, and stops at a place."""
    url = desk.workspace.database.url
    command = [sys.executable, "-m", "tests.support.crash_receiving", str(desk.workspace.path), url, str(file), place]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)


def words(desk: Desk) -> list[dict[str, Any]]:
    """A refused file, and a payment and a cut of an invoice of another one."""
    every = invoices(desk)
    with desk.workspace.database.read() as connection:
        rows = connection.execute(tables.document.select().order_by(tables.document.c.id)).all()
    last = rows[-1].exchange_id
    first = next(one for one, row in zip(every, rows, strict=True) if row.exchange_id != last)
    return [paid(first, 50, "R-1"), cut(first, first.items[0][0], 7, "K1"), refusal(desk, last)]


def state(desk: Desk) -> dict[str, Any]:
    """What an answer changes, without ids."""
    return {
        "items": sorted((item.number, item.state, item.document_ok) for item in desk.items()),
        "exchanges": sorted((row["id"], row["state"]) for row in desk.rows(tables.exchange)),
        "receivables": sorted((row["document_id"], row["settled"]) for row in desk.rows(tables.receivable)),
        "allocations": [(row["amount"], row["reference"]) for row in desk.rows(tables.allocation)],
        "deductions": [(row["amount"], row["codes"]) for row in desk.rows(tables.deduction)],
        "outcomes": len(desk.rows(tables.outcome)),
        "inbound": [row["sha256"] for row in desk.rows(tables.inbound)],
        "journal": [row["event"] for row in desk.rows(tables.journal)],
    }


def take_apart(told: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """An answer names its file or the things in it, not both: two letters."""
    return [told[:2], told[2:]]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("which", [0, 1])
def test_killed_at_a_place(sent: Desk, tmp_path: Path, place: str, which: int) -> None:  # the fixture
    told = take_apart(words(sent))[which]
    if place == "in the transaction" and which == 0:
        pytest.skip("only an answer that names a file asks where it is")
    file = tmp_path / "letter.jsonl"
    file.write_bytes(letter(*told))
    before = state(sent)
    with start(sent, file, place) as process:
        assert process.stdout is not None
        assert process.stdout.readline().decode().strip() == place
        process.kill()
        process.wait()
        assert process.returncode == -signal.SIGKILL
    assert state(sent) == before
    result = tell(sent, *told)
    assert not result.already
    again = tell(sent, *told)
    assert again.already
    after = state(sent)
    assert len(after["inbound"]) == 1
    assert (after["allocations"], after["deductions"]) == (([(50, "R-1")], [(7, '["K1"]')]) if which == 0 else ([], []))
    with sent.workspace.database.read() as connection:
        assert journal.verify(connection).ok


def test_killed_at_any_moment(sent: Desk, tmp_path: Path) -> None:  # the fixture
    """Again and again, until it comes through by itself."""
    told = take_apart(words(sent))[0]
    file = tmp_path / "letter.jsonl"
    file.write_bytes(letter(*told))
    chance = random.Random(7)  # noqa: S311  # moments, no secrets
    for _ in range(4):
        with start(sent, file, "nowhere") as process:
            time.sleep(chance.uniform(0.3, 1.4))
            process.kill()
            process.wait()
    tell(sent, *told)
    after = state(sent)
    assert (after["allocations"], after["deductions"], len(after["inbound"])) == ([(50, "R-1")], [(7, '["K1"]')], 1)
    assert after["journal"].count("answer.received") == 1
