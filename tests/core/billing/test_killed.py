"""Killed at any instruction, the next export ends where this one would have.

Real processes and SIGKILL: at named places of the export, where a toy scheme waits for it, and at random moments.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from billhook.store import Busy, journal, tables
from tests.core.billing.conftest import Desk, open_desk
from tests.support.crash import PLACES
from tests.support.toy import toy_items, toy_row

Row = dict[str, Any]


def outcome(desk: Desk) -> dict[str, Any]:
    """What a provider and a payer see in the end: bytes, numbers, amounts, states. Ids mean nothing."""
    documents = desk.rows(tables.document)
    exchanges = desk.rows(tables.exchange)
    artifacts = desk.rows(tables.artifact)
    return {
        "files": sorted(desk.files().values()),
        "items": sorted((item.number, item.state, item.document_ok) for item in desk.items()),
        "documents": sorted((one["number"], one["ordinal"], one["billed"], one["items"]) for one in documents),
        "exchanges": sorted((one["file_key"], one["state"], one["numbers"], one["problem"]) for one in exchanges),
        "artifacts": sorted((one["name"], one["sha256"], one["delivered"] is not None) for one in artifacts),
        "series": [(one["name"], one["next_number"]) for one in desk.rows(tables.number_series)],
        "runs": [one["state"] for one in desk.rows(tables.run)],
        "lines": len(desk.rows(tables.batch_line)),
        "archive": sorted(path.name for path in desk.workspace.archive.folder.rglob("*") if path.is_file()),
    }


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The end of an export that nobody killed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    found: dict[str, Any] = {}
    for desk in open_desk(folder, f"sqlite:///{folder / 'billhook.db'}"):
        desk.configure(vouchers_a_file=4, collective=True)
        desk.take([toy_row(item) for item in toy_items(40, seed=7)])
        desk.check()
        desk.export()
        found = outcome(desk)
    return found


def start(desk: Desk, place: str) -> subprocess.Popen[bytes]:
    url = desk.workspace.database.url
    command = [sys.executable, "-m", "tests.support.crash", str(desk.workspace.path), url, place]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).resolve().parents[3]
    )


def prepare(desk: Desk, rows: list[Row]) -> None:
    desk.configure(vouchers_a_file=4, collective=True)
    desk.take(rows)
    desk.check()


@pytest.mark.parametrize("place", PLACES)
def test_killed_at_a_place(desk: Desk, rows: list[Row], expected: dict[str, Any], place: str) -> None:
    prepare(desk, rows)
    with start(desk, place) as process:
        assert process.stdout is not None
        assert process.stdout.readline().decode().strip() == place
        process.kill()
        process.wait()
        assert process.returncode == -signal.SIGKILL
    desk.export(wait=10)  # PostgreSQL needs a moment to see that the other one is gone
    assert outcome(desk) == expected
    with desk.workspace.database.read() as connection:
        assert journal.verify(connection).ok


def test_killed_again_and_again_at_random_moments(desk: Desk, rows: list[Row], expected: dict[str, Any]) -> None:
    prepare(desk, rows)
    chance = random.Random(11)  # noqa: S311  # moments, no secrets
    for _ in range(5):
        with start(desk, "") as process:
            until = time.monotonic() + 20
            # From the first trace that it left on, any instruction may be its last.
            while not desk.rows(tables.run) and process.poll() is None and time.monotonic() < until:
                time.sleep(0.002)
            time.sleep(chance.random() * 0.08)
            process.kill()
            process.wait()
    desk.export(wait=10)
    assert outcome(desk) == expected


def test_two_processes_never_export_at_once(desk: Desk, rows: list[Row], expected: dict[str, Any]) -> None:
    prepare(desk, rows)
    with start(desk, "chunks") as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(Busy):
            desk.export()
        process.kill()
    desk.export(wait=10)
    assert outcome(desk) == expected


def test_many_processes_bill_everything_once(desk: Desk, rows: list[Row], expected: dict[str, Any]) -> None:
    prepare(desk, rows)
    running = [start(desk, "") for _ in range(3)]
    for process in running:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told.decode()
    assert outcome(desk) == expected
