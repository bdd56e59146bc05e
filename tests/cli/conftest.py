"""Workspaces at three points of a month, made once and copied for each test."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from billhook_cli.main import main
from tests.cli.desk import EXAMPLES, Clerk, init


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the machine's takes part, and the log goes back to pytest afterwards."""
    for name in ("BILLHOOK_HOME", "BILLHOOK_DATABASE_URL", "BILLHOOK_DEBUG", "BILLHOOK_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BILLHOOK_ACTOR", "clerk")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def fresh_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Set up, payers imported, no items yet."""
    home = tmp_path_factory.mktemp("shops") / "fresh"
    init(home)
    payers = sorted(str(path) for path in (EXAMPLES / "payers").glob("*.ke0"))
    assert main(["--home", str(home), "p302", "payers", "import", *payers]) == 0
    return home


@pytest.fixture(scope="session")
def checked_folder(fresh_folder: Path) -> Path:
    """The examples' items imported and checked: 29 vouchers clean, 8 held."""
    home = fresh_folder.with_name("checked")
    shutil.copytree(fresh_folder, home)
    assert main(["--home", str(home), "items", "import", str(EXAMPLES / "items.jsonl")]) == 0
    assert main(["--home", str(home), "check"]) == 1
    return home


@pytest.fixture(scope="session")
def billed_folder(checked_folder: Path) -> Path:
    """What is clean was exported."""
    home = checked_folder.with_name("billed")
    shutil.copytree(checked_folder, home)
    assert main(["--home", str(home), "export"]) == 0
    return home


def _clerk(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Clerk:
    home = tmp_path / "shop"
    shutil.copytree(folder, home)
    return Clerk(home, capsys)


@pytest.fixture
def fresh(fresh_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Clerk:
    """A clerk in a workspace without items."""
    return _clerk(fresh_folder, tmp_path, capsys)


@pytest.fixture
def checked(checked_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Clerk:
    """A clerk whose items are checked."""
    return _clerk(checked_folder, tmp_path, capsys)


@pytest.fixture
def billed(billed_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Clerk:
    """A clerk who has exported."""
    return _clerk(billed_folder, tmp_path, capsys)
