"""A workspace is a folder that works as soon as it has a billhook.toml, and says what is wrong with its settings."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from billhook.plugins import MissingScheme, Registry
from billhook.store import ConfigError, DatabaseError, NotMigrated, NoWorkspace, Workspace, find_workspace
from tests.core.store.toy import Settings, Toy


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BILLHOOK_HOME", "BILLHOOK_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def plugins() -> Registry:
    registry = Registry()
    registry.schemes["toy"] = Toy()
    return registry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "practice"


@pytest.fixture
def workspace(folder: Path, plugins: Registry) -> Iterator[Workspace]:
    with Workspace.create(folder, plugins=plugins) as made:
        yield made


def _write(folder: Path, text: str) -> None:
    (folder / "billhook.toml").write_text(text, encoding="utf-8")


def test_a_new_workspace_works_at_once(workspace: Workspace, folder: Path, plugins: Registry) -> None:
    assert workspace.path == folder
    assert (workspace.archive.folder, workspace.out_dir) == (folder / "archive", folder / "out")
    workspace.database.require_current()
    with Workspace.open(folder, plugins=plugins) as again:
        assert again.settings("toy") == Settings(institution="590000015")


def test_the_settings_file_explains_itself(workspace: Workspace) -> None:
    text = (workspace.path / "billhook.toml").read_text(encoding="utf-8")
    assert text == (
        "# The settings of this Billhook workspace. Lines that begin with # are comments.\n"
        "\n"
        "[database]\n"
        '# SQLite by default: one file in this folder. For a service centre: url = "postgresql://user@host/billhook"\n'
        "# BILLHOOK_DATABASE_URL in the environment overrides it; a password belongs there or in ~/.pgpass, not here.\n"
        'url = "sqlite:///billhook.db"\n'
        "\n"
        "# A made-up payer\n"
        "[schemes.toy]\n"
        "# The number of your institution.\n"
        'institution = "590000015"\n'
        "# copies = 1\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_everything_in_it_is_private_whatever_the_umask(folder: Path, plugins: Registry) -> None:
    before = os.umask(0)
    try:
        Workspace.create(folder, plugins=plugins).close()
    finally:
        os.umask(before)
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_workspace_is_made_once(workspace: Workspace, plugins: Registry) -> None:
    with pytest.raises(ConfigError, match="workspace already"):
        Workspace.create(workspace.path, plugins=plugins)


def test_making_a_workspace_can_be_done_again_when_it_broke_off(folder: Path, plugins: Registry) -> None:
    Workspace.create(folder, plugins=plugins).close()
    (folder / "billhook.toml").unlink()  # the file that is written last
    Workspace.create(folder, plugins=plugins).close()


def test_a_folder_in_use_may_become_a_workspace(folder: Path, plugins: Registry) -> None:
    folder.mkdir()
    (folder / "letters.txt").write_text("Dear Sir or Madam")
    Workspace.create(folder, plugins=plugins).close()
    assert (folder / "letters.txt").read_text() == "Dear Sir or Madam"


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path, plugins: Registry) -> None:
    with pytest.raises(NoWorkspace, match="billhook init"):
        Workspace.open(tmp_path, plugins=plugins)


def test_a_database_of_an_older_version_is_refused_unless_it_may_be_upgraded(folder: Path, plugins: Registry) -> None:
    folder.mkdir()
    _write(folder, "")
    (folder / "billhook.db").touch()
    with pytest.raises(NotMigrated, match="billhook upgrade"):
        Workspace.open(folder, plugins=plugins)
    with Workspace.open(folder, plugins=plugins, upgrade=True) as workspace:
        workspace.database.require_current()


def test_a_missing_database_is_not_made_silently(workspace: Workspace, plugins: Registry) -> None:
    workspace.close()
    for file in workspace.path.glob("billhook.db*"):
        file.unlink()
    with pytest.raises(DatabaseError, match="no database file"):
        Workspace.open(workspace.path, plugins=plugins)


def test_the_database_can_be_elsewhere(folder: Path, plugins: Registry, database_url: str) -> None:
    """As an argument, in the environment, in the file; the file names it relative to itself."""
    with Workspace.create(folder, url=database_url, plugins=plugins) as made:
        dialect = made.database.engine.dialect.name
    assert not (folder / "billhook.db").exists()
    _write(folder, f'[database]\nurl = "{database_url}"')
    with Workspace.open(folder, plugins=plugins) as opened:
        assert opened.database.engine.dialect.name == dialect


def test_the_environment_overrides_the_file(
    workspace: Workspace, plugins: Registry, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLHOOK_DATABASE_URL", database_url)
    with pytest.raises((NotMigrated, DatabaseError)):  # that one is still empty, or not even there
        Workspace.open(workspace.path, plugins=plugins)


# --- Settings that are wrong ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ("[schemes.toy]\ncopies = 2", "schemes.toy.institution", "missing"),
        ('[schemes.toy]\ninstitution = "1"\ncopies = "two"', "schemes.toy.copies", "'two'"),
        ('[schemes.toy]\ninstitution = "1"\ncopys = 2', "schemes.toy.copys", "not permitted"),
        ("[schemes]\ntoy = 3", "schemes.toy", r"write a section \[schemes.toy\]"),
        ("schemes = 3", "schemes", r"write a section \[schemes\]"),
        ("", "schemes.toy.institution", "missing"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file_and_key(
    workspace: Workspace, plugins: Registry, text: str, key: str, says: str
) -> None:
    _write(workspace.path, text)
    with Workspace.open(workspace.path, plugins=plugins) as opened, pytest.raises(ConfigError, match=says) as caught:
        opened.settings("toy")
    assert caught.value.key == key
    assert str(workspace.path / "billhook.toml") in str(caught.value)
    assert key in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[database\n", "no TOML.*line 1"),
        ("database = 3", r"write a section \[database\]"),
        ("[database]\nurl = 3", "write a URL in quotes"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(workspace: Workspace, plugins: Registry, text: str, says: str) -> None:
    _write(workspace.path, text)
    with pytest.raises(ConfigError, match=says) as caught:
        Workspace.open(workspace.path, plugins=plugins)
    assert str(workspace.path / "billhook.toml") in str(caught.value)


def test_bytes_that_are_no_text_are_named(workspace: Workspace, plugins: Registry) -> None:
    (workspace.path / "billhook.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        Workspace.open(workspace.path, plugins=plugins)


def test_settings_of_a_scheme_that_is_not_installed(workspace: Workspace) -> None:
    with pytest.raises(MissingScheme, match="pip install billhook-forcare-budget"):
        workspace.settings("forcare_budget")


def test_settings_are_read_once(workspace: Workspace) -> None:
    assert workspace.settings("toy") is workspace.settings("toy")


# --- Finding it -----------------------------------------------------------------------------------------------------


def test_the_nearest_workspace_upwards_is_found(workspace: Workspace) -> None:
    below = workspace.path / "out" / "2025"
    below.mkdir(parents=True)
    assert find_workspace(start=below) == workspace.path


def test_the_environment_names_a_workspace(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLHOOK_HOME", str(workspace.path))
    assert find_workspace(start=tmp_path) == workspace.path


def test_an_argument_goes_before_the_environment(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLHOOK_HOME", "/nowhere")
    assert find_workspace(workspace.path) == workspace.path
    with pytest.raises(NoWorkspace, match=r"/nowhere.*billhook init /nowhere"):
        find_workspace()


def test_where_there_is_none_it_is_said_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NoWorkspace, match="billhook init"):
        find_workspace(start=tmp_path)


def test_a_database_that_cannot_be_reached_leaves_no_half_workspace(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    with pytest.raises(DatabaseError):
        Workspace.create(folder, url="postgresql://nobody@127.0.0.1:1/nowhere")
    assert list(folder.iterdir()) == []
