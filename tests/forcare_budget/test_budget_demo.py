"""`make demo SCHEME=budget` plays to its end with the commands that a user has."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from billhook_cli.main import main as billhook
from examples import demo


class InProcess(demo.Stage):
    """The stage in another folder, its commands run in this process."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.props = demo.HERE / "budget"
        self.folder = folder
        self.workspace = folder / "workspace"
        self.monkeypatch = monkeypatch
        self.printed = ""

    def installs(self, folder: Path) -> None:
        self.monkeypatch.syspath_prepend(str(folder))

    def billhook(self, *arguments: str | Path, exits: Sequence[int] = (0,), show: bool = True, lines: int = 30) -> str:  # noqa: ARG002  # as on the real stage
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = billhook([str(argument) for argument in arguments])
        assert code in exits, f"{arguments} ended with {code}:\n{out.getvalue()}{err.getvalue()}"
        self.printed += out.getvalue()
        return out.getvalue()


def test_the_demo_shows_what_is_held_why_and_the_mended_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BILLHOOK_")]:
        monkeypatch.delenv(name)
    stage = InProcess(tmp_path, monkeypatch)
    monkeypatch.setenv("BILLHOOK_HOME", str(stage.workspace))
    demo.play(stage)
    assert "121,00 € more than may be used" in stage.printed
    assert stage.printed.count("BUD-BLK-001") >= 2
    assert (tmp_path / "letter.pdf").read_bytes().startswith(b"%PDF-")
