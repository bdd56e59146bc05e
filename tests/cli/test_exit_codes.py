"""Every exit code is reached, says why, and shows no traceback."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from billhook.store import Workspace
from billhook.store.journal import Head
from billhook_cli.exits import MEANINGS, Exit
from billhook_cli.main import main
from billhook_p302.scheme import P302
from tests.cli.desk import EXAMPLES, Clerk, json_lines, row

Distribution = Callable[[str, str], None]


@pytest.fixture
def distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Distribution:
    """Install a plugin distribution for this test: its name and the text of its module."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(site)

    def install(name: str, module: str) -> None:
        (site / f"{name}_plugin.py").write_text(dedent(module))
        info = site / f"{name}-1.2.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2.3\n")
        (info / "entry_points.txt").write_text(f"[billhook.plugins]\n{name} = {name}_plugin\n")

    return install


def test_every_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Exit)


def test_ok(fresh: Clerk) -> None:
    fresh.runs("status", exits=Exit.OK)


def test_findings(fresh: Clerk) -> None:
    fresh.runs("items", "import", EXAMPLES / "items.jsonl")
    fresh.runs("check", exits=Exit.FINDINGS)
    fresh.runs("show", "item", "nowhere", exits=Exit.FINDINGS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("items",),
        ("items", "import"),
        ("items", "import", "x.csv", "--delimiter", "ab"),
        ("items", "import", "x.csv", "--decimal", "'"),
        ("items", "list", "--state", "lost"),
        ("show", "thing", "1"),
        ("correct", "5"),
        ("correct", "--item", "1", "5"),
        ("correct", "--finding", "1"),
        ("correct", "--finding", "one", "5"),
        ("suppress", "X-1"),
        ("export", "--workers", "0"),
        ("journal", "verify", "--head", "1"),
        ("journal", "list", "--after", "9" * 30),
        ("items", "list", "--limit", "0"),
        ("correct", "--finding", "9" * 30, "5"),
        ("p302", "payers", "route", "104940005", "--date", "31.02.2025"),
    ],
)
def test_usage(fresh: Clerk, arguments: tuple[str, ...]) -> None:
    before = fresh.tables()
    printed = fresh.runs(*arguments, exits=Exit.USAGE)
    assert "Usage: billhook" in printed.out + printed.err
    assert "Value error" not in printed.err
    assert fresh.tables() == before


def test_without_a_command_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == Exit.USAGE
    assert "A first month: init, items import, check" in " ".join(capsys.readouterr().out.split())


def test_refused(fresh: Clerk, tmp_path: Path) -> None:
    fresh.runs("items", "import", tmp_path / "nowhere.csv", exits=Exit.REFUSED)
    fresh.runs("describe", tmp_path / "nowhere", exits=Exit.REFUSED)
    fresh.runs("p302", "payers", "import", tmp_path / "nowhere", exits=Exit.REFUSED)


def test_init_where_a_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("here is no folder")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        assert main(["init", str(place)]) == Exit.REFUSED
        assert "choose another" in capsys.readouterr().err


def test_a_full_disk_is_said(checked: Clerk) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full, the disk that is always full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("billhook")), "--home", str(checked.home), "items", "list", "--json"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (Exit.INCOMPLETE, "billhook: No space left on device\n")


def test_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == Exit.SETUP
    assert "make a workspace with: billhook init" in capsys.readouterr().err
    assert main(["--home", str(tmp_path / "nowhere"), "status"]) == Exit.SETUP
    assert f"billhook init {tmp_path / 'nowhere'}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("position_priority", "position_prioritty", "schemes.p302.position_prioritty"),
        ("invoice_kind = 1", "invoice_kind = 7", "schemes.p302.defaults.invoice_kind"),
        ('state = "08"', 'state = "99"', "schemes.p302.providers.0.state"),
        ("[schemes.p302]", "[schemes.p302", "line "),
        ('url = "sqlite', "url = 'sqlite", "line "),
        ("[database]", "[database]\nurl = 5\n[data]", "database.url"),
    ],
)
def test_a_mistake_in_the_settings_is_named(fresh: Clerk, old: str, new: str, words: str) -> None:
    config = fresh.home / "billhook.toml"
    assert old in config.read_text("utf-8")
    config.write_text(config.read_text("utf-8").replace(old, new, 1), "utf-8")
    before = fresh.tables()
    printed = fresh.runs("p302", "receivers", "list", exits=Exit.SETUP)
    assert str(config) in printed.err
    assert words in printed.err
    assert fresh.tables() == before


def test_the_database_is_missing_or_is_none(fresh: Clerk) -> None:
    database = fresh.home / "billhook.db"
    database.rename(fresh.home / "elsewhere.db")
    assert "billhook.db" in fresh.runs("status", exits=Exit.SETUP).err
    database.write_bytes(b"this is no database, whatever its name says" * 100)
    assert (
        "billhook.db" in fresh.runs("status", exits=Exit.SETUP).err
        or "not a database" in fresh.runs("status", exits=Exit.SETUP).err
    )


def test_an_older_database_has_to_be_upgraded(fresh: Clerk) -> None:
    with sqlite3.connect(fresh.home / "billhook.db") as connection:
        connection.execute("DELETE FROM alembic_version WHERE rowid = 1")
    connection.close()
    assert "billhook upgrade" in fresh.runs("status", exits=Exit.SETUP).err


def test_busy_while_somebody_else_exports(checked: Clerk) -> None:
    with Workspace.open(checked.home) as workspace, workspace.database.exclusive("export"):
        before = checked.tables()
        done = subprocess.run(
            [str(Path(sys.executable).with_name("billhook")), "--home", str(checked.home), "export"],
            check=False,
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout) == (Exit.BUSY, "")
        assert "export" in done.stderr
        assert "Traceback" not in done.stderr
        checked.runs("export", "--wait", "0.2", exits=Exit.BUSY)
        assert checked.tables() == before
    checked.runs("export")


def test_a_broken_plugin_is_named_and_stops_nobody_else(checked: Clerk, distribution: Distribution) -> None:
    distribution("acme", "raise RuntimeError('made on a Monday')")
    printed = checked.runs("plugins", exits=Exit.PLUGIN)
    assert "broken: acme (acme 1.2.3)" in printed.err
    assert "p302" in printed.out
    (broken,) = [plugin for plugin in checked.asks("plugins", exits=Exit.PLUGIN)["plugins"] if plugin["problem"]]
    assert (broken["name"], broken["version"]) == ("acme", "1.2.3")
    assert "acme" in checked.runs("status").err


def test_two_plugins_of_one_name(fresh: Clerk, distribution: Distribution) -> None:
    distribution(
        "rival",
        """
        import typer
        from billhook.hookspecs import hookimpl

        @hookimpl
        def billhook_commands():
            return ("items", typer.Typer())
        """,
    )
    assert "'items'" in fresh.runs("status", exits=Exit.PLUGIN).err


def test_a_scheme_that_is_not_installed(checked: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "pip install billhook-vsb" in checked.runs("items", "schema", "vsb", exits=Exit.PLUGIN).err
    for command in (("items", "list"), ("check",), ("errors",), ("export",), ("status",)):
        assert "pip install billhook-vsb" in checked.runs(*command, "--scheme", "vsb", exits=Exit.PLUGIN).err
    monkeypatch.setattr("billhook.plugins._Finder.list_entry_points", lambda _self: [])
    assert "pip install billhook-p302" in checked.runs("check", "--all", exits=Exit.PLUGIN).err
    assert "pip install billhook-p302" in checked.runs("status").err


def test_a_file_that_cannot_be_rendered_is_made_by_the_next_export(
    checked: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_arguments: object) -> None:
        raise RuntimeError("Birkholz, Hannelore")

    with monkeypatch.context() as patched:
        patched.setattr(P302, "render", fails)
        printed = checked.runs("export", exits=Exit.INCOMPLETE)
    assert "its numbers are kept, export again" in printed.err
    assert "Birkholz" not in printed.out + printed.err
    assert "billhook export goes on with them" in checked.runs("status").out
    again = checked.runs("export")
    assert "Billed 29 vouchers in 6 files: 5217,02 EUR." in again.out
    assert "Nothing to bill" in checked.runs("export").out


def test_an_out_folder_that_cannot_be_written(checked: Clerk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here is no folder")
    printed = checked.runs("export", "--out", tmp_path / "file", exits=Exit.INCOMPLETE)
    assert str(tmp_path / "file") in printed.err or "could not be made" in printed.err
    assert "Billed 29 vouchers in 6 files: 5217,02 EUR." in checked.runs("export").out


def test_rejects_that_cannot_be_written(fresh: Clerk, tmp_path: Path) -> None:
    file = tmp_path / "mixed.jsonl"
    file.write_bytes(json_lines(row(), row(number="2-1", voucher="2", unit_price="x")))
    printed = fresh.runs(
        "items", "import", file, "--partial", "--rejects", tmp_path / "no" / "folder.jsonl", exits=Exit.INCOMPLETE
    )
    assert "folder.jsonl" in printed.err


def test_an_error_of_ours_says_so_and_keeps_its_secrets(
    fresh: Clerk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_text: str) -> Head:
        raise RuntimeError("Birkholz, Hannelore")

    monkeypatch.setattr(Head, "parse", fails)
    printed = fresh.runs("journal", "verify", "--head", "1", exits=Exit.INTERNAL)
    assert "internal error (RuntimeError)" in printed.err
    assert "BILLHOOK_DEBUG=1" in printed.err
    assert "Birkholz" not in printed.err
    monkeypatch.setenv("BILLHOOK_DEBUG", "1")
    with pytest.raises(RuntimeError, match="Birkholz"):
        main(["--home", str(fresh.home), "journal", "verify", "--head", "1"])
    capsys.readouterr()


def test_stopped_by_the_keyboard(fresh: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(_text: str) -> Head:
        raise KeyboardInterrupt

    monkeypatch.setattr(Head, "parse", stops)
    printed = fresh.runs("journal", "verify", "--head", "1", exits=Exit.STOPPED)
    assert "running the command again goes on" in printed.err


def test_every_code_but_zero_is_what_the_process_ends_with(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("billhook")), "status"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "BILLHOOK_HOME": str(tmp_path)},
    )
    assert done.returncode == Exit.SETUP
