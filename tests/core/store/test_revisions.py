"""Whether a database is up to date is told without Alembic, and only where Alembic would say the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from billhook.plugins import Registry
from billhook.store import Database, migrations, tables
from billhook.store.revisions import are_current, chain

FIRST = """
revision = "budget_0001"
down_revision = None
branch_labels = ("budget",)
depends_on = None
"""
SECOND = """
revision: str = "budget_0002"
down_revision: str | None = "budget_0001"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A branch of two revisions."""
    (tmp_path / "a.py").write_text(SECOND)
    (tmp_path / "b.py").write_text(FIRST)
    (tmp_path / "__init__.py").write_text("")
    return tmp_path


def test_a_chain_is_told_from_first_to_newest(folder: Path) -> None:
    assert chain("budget", folder) == ["budget_0001", "budget_0002"]


def test_alembic_says_the_same_of_what_is_installed() -> None:
    branches = Registry.load().branches()
    directory = migrations.scripts(branches)
    heads = {chain(label, folder)[-1] for label, folder in branches.items()}
    assert {*heads, *chain("core", migrations.FOLDER / "versions")[-1:]} == set(directory.get_heads())


def test_up_to_date_is_who_stands_at_the_end_of_every_branch(folder: Path) -> None:
    branches = {"budget": folder}
    assert are_current({tables.HEAD, "budget_0002"}, branches)
    assert are_current({tables.HEAD, "budget_0002", "gone_0007"}, branches), "a plugin that is not installed"
    assert not are_current({tables.HEAD, "budget_0001"}, branches), "older"
    assert not are_current({tables.HEAD}, branches), "not there yet"
    assert not are_current({tables.HEAD, "budget_0002", "budget_0003"}, branches), "newer"
    assert not are_current({"core_9999", "budget_0002"}, branches)
    assert not are_current(set(), {})


@pytest.mark.parametrize(
    "odd",
    [
        'revision = "budget_0003"\ndown_revision = "budget_0001"',
        'revision = "budget_0003"\ndown_revision = "budget_0009"',
        'revision = "budget_0003"\ndown_revision = None\nbranch_labels = ("budget",)',
        'revision = "budget_0003"\ndown_revision = ("budget_0001", "budget_0002")',
        'revision = "budget_0003"\ndown_revision = "budget_0002"\ndepends_on = "core_0001"',
        'revision = "budget_0003"\ndown_revision = "budget_0002"\nbranch_labels = ("other",)',
        'revision = "4f3a"\ndown_revision = "budget_0002"',
        'revision = "budget_" + str(3)\ndown_revision = "budget_0002"',
        "down_revision = None",
        "revision =",
    ],
    ids=[
        "two heads",
        "a gap",
        "two beginnings",
        "a merge",
        "depends on another branch",
        "a second label",
        "not its own name",
        "computed",
        "no revision",
        "no Python",
    ],
)
def test_whatever_is_not_plain_is_left_to_alembic(folder: Path, odd: str) -> None:
    (folder / "odd.py").write_text(odd)
    assert chain("budget", folder) == []
    assert not are_current({tables.HEAD, "budget_0002", "budget_0003"}, {"budget": folder})


def test_a_missing_folder_is_left_to_alembic(tmp_path: Path) -> None:
    assert chain("budget", tmp_path / "nowhere") == []


def test_alembic_is_not_imported_for_a_database_that_is_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/billhook.db"
    branches = Registry.load().branches()
    database = Database.open(url, branches=branches, create=True)
    database.upgrade()
    database.close()
    program = (
        "import sys\n"
        "from billhook.plugins import Registry\n"
        "from billhook.store import Database\n"
        "database = Database.open(sys.argv[1], branches=Registry.load().branches())\n"
        "database.require_current()\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program, url], check=True)
