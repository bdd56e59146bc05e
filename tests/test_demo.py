"""`make demo` plays to its end, by the very commands that a user has, and leaves what it says that it leaves."""

from __future__ import annotations

import io
import os
import shlex
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from decimal import Decimal
from pathlib import Path

import pytest

from billhook_cli.main import main as billhook
from examples import demo
from tests.support import independent_reader


class InProcess(demo.Stage):
    """The stage of a demo in another folder, its commands run in this process: seconds instead of a minute."""

    def __init__(self, scheme: str, folder: Path) -> None:
        self.props = demo.HERE / scheme
        self.folder = folder / "build" / "demo" / scheme
        self.workspace = self.folder / "workspace"
        self.folder.mkdir(parents=True)
        self.commands: list[str] = []

    def billhook(self, *arguments: str | Path, exits: Sequence[int] = (0,), show: bool = True, lines: int = 30) -> str:  # noqa: ARG002  # as on the real stage
        out, err = io.StringIO(), io.StringIO()
        words = [str(argument) for argument in arguments]
        with redirect_stdout(out), redirect_stderr(err):
            code = billhook(words)
        self.commands.append(shlex.join(words))
        assert code in exits, f"{words} ended with {code}:\n{out.getvalue()}{err.getvalue()}"
        return out.getvalue()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    stage = InProcess("p302", tmp_path)
    for name in [name for name in os.environ if name.startswith("BILLHOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BILLHOOK_HOME", str(stage.workspace))
    return stage


def test_the_demo_leaves_files_and_a_summary(stage: InProcess, capsys: pytest.CaptureFixture[str]) -> None:
    demo.play(stage)
    printed = capsys.readouterr().out
    data = sorted(path for path in (stage.workspace / "out").rglob("*") if path.is_file() and not path.suffix)
    assert len(data) == 7
    assert all(path.with_name(f"{path.name}.AUF").is_file() for path in data)
    # 7489,15 euros gross in 47 vouchers: the examples' README adds them up by hand.
    billing = [independent_reader.read(path.read_bytes()) for path in data]
    assert sum(each.sum("BES", "gross") for each in billing) == Decimal("7489.15")
    assert sum(len(message.all("INV")) for each in billing for message in each.messages) == 47
    summary = (stage.folder / "summary.md").read_text("utf-8")
    assert all(path.name in summary for path in data)
    assert "ok  file 7" in printed
    assert any(command.startswith("journal verify") for command in stage.commands)


def test_a_demo_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["nowhere"]) == 2
    said = capsys.readouterr().err
    assert "there is: " in said
    assert "p302" in said


def test_the_flemish_demo_goes_from_items_to_settlement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = InProcess("vsb", tmp_path)
    for name in [name for name in os.environ if name.startswith("BILLHOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BILLHOOK_HOME", str(stage.workspace))
    demo.play(stage)
    printed = capsys.readouterr().out
    assert "ok  sending number: 001" in printed
    assert "ok  invoices that are still open: []" in printed
    # Three sendings: the refused one, the same again, and what was refused in it.
    assert len(list((stage.workspace / "out").rglob("920000_*"))) == 3
