"""`make demo SCHEME=mass` plays a pilot month and a live month to the last cent, by the commands that a user has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from examples import demo
from tests.test_demo import InProcess


def test_the_demo_goes_from_stays_to_the_last_cent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = InProcess("mass", tmp_path)
    for name in [name for name in os.environ if name.startswith("BILLHOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BILLHOOK_HOME", str(stage.workspace))
    demo.play(stage)
    printed = capsys.readouterr().out
    assert "ok  lines that differ: 3" in printed
    assert "ok  papers that were made: 0" in printed
    assert "ok  billed = paid + deducted" in printed
    assert "ok  lines with a difference: []" in printed
    assert (stage.folder / "open.csv").read_bytes().startswith("\ufeff".encode())
    assert (stage.folder / "open.pdf").read_bytes().startswith(b"%PDF-")
    assert (stage.folder / "open.csv").stat().st_mode & 0o777 == 0o600
