"""The commands `payers …` as a clerk and as a script use them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from billhook.store import Database
from billhook_p302.payers.commands import app
from tests.p302.payers.kotr import CARD, CENTRE, OTHER_CENTRE, PAPER, PAYER, message, opened, ordinary, payer_file


class Host:
    """What the command line hands to a plugin's commands; `show` prints plainly."""

    def __init__(self, database: Database, providers: Sequence[Any] = ()) -> None:
        self.database = database
        self.providers = providers
        self.json = False

    def workspace(self) -> Any:
        settings = SimpleNamespace(providers=self.providers)
        return SimpleNamespace(database=self.database, settings=lambda _scheme: settings)

    def show(self, data: Any, *, title: str = "", columns: Sequence[str] = ()) -> None:
        typer.echo(title)
        for row in [data] if isinstance(data, Mapping) else data:
            typer.echo(" | ".join(str(row[name]) for name in columns or row))


class Clerk:
    """Runs commands in one database."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def runs(self, *arguments: object, exits: int = 0) -> str:
        result = CliRunner().invoke(app, [str(each) for each in arguments], obj=self.host)
        assert result.exit_code == exits, result.output
        return result.output

    def asks(self, *arguments: object, exits: int = 0) -> Any:
        return json.loads(self.runs(*arguments, "--json", exits=exits))


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Clerk]:
    with opened(f"sqlite:///{tmp_path / 'payers.db'}") as database:
        yield Clerk(Host(database))


@pytest.fixture
def vdek(tmp_path: Path) -> Path:
    path = tmp_path / "EK05Q425.ke0"
    path.write_bytes(payer_file(*ordinary()))
    return path


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A file with two wrong provider groups (lines 7 and 15) and two unescaped commas (lines 4 and 8)."""
    path = tmp_path / "AO05Q425.ke0"
    cards = message("109519005", f"VKG+01+{PAYER}+3", name="Kasse, die"), message("107415518", f"VKG+01+{PAYER}+3")
    path.write_bytes(payer_file(*cards, *ordinary()[1:], name="AO05Q425KE0"))
    return path


def test_import_and_import_again(clerk: Clerk, vdek: Path) -> None:
    assert "imported" in clerk.runs("import", vdek)
    assert "nothing was changed" in clerk.runs("import", vdek)
    report = clerk.asks("import", vdek)
    assert (report["unchanged"], report["refused"]) == (True, False)
    assert [(file["name"], file["result"], file["messages"]) for file in report["files"]] == [
        ("EK05Q425.ke0", "unchanged", 4)
    ]


def test_warnings_are_summed_up_and_can_all_be_seen(clerk: Clerk, odd: Path) -> None:
    printed = clerk.runs("import", odd)
    assert "P302-KTR-064 | 2 | AO05Q425.ke0:7" in printed
    assert printed.count("P302-KTR-064") == 1
    assert clerk.runs("list", "--warnings", "1").count("P302-KTR-064") == 2
    assert [each["line"] for each in clerk.asks("list", "--warnings", 1)] == [4, 7, 8, 15]
    clerk.runs("list", "--warnings", "7", exits=1)


def test_all_warnings_at_the_import(clerk: Clerk, odd: Path) -> None:
    assert clerk.runs("import", "--warnings", odd).count("P302-KTR-064") == 2


def test_a_wrong_file_is_refused_with_code_3_and_says_why(clerk: Clerk, vdek: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "invoice.txt"
    wrong.write_text("no EDIFACT at all")
    printed = clerk.runs("import", vdek, wrong, exits=3)
    assert "P302-KTR-003" in printed
    assert "nothing was changed" in printed
    report = clerk.asks("import", vdek, wrong, tmp_path / "nowhere.ke0", exits=3)
    assert report["refused"]
    assert [file["result"] for file in report["files"]] == ["imported", "refused", "refused"]
    assert clerk.asks("list")["files"] == []


def test_replace_all_and_history(clerk: Clerk, vdek: Path, odd: Path) -> None:
    clerk.runs("import", odd)
    assert "No longer routing: AO05Q425.ke0" in clerk.runs("import", vdek, "--replace-all")
    assert [file["file"] for file in clerk.asks("list")["files"]] == ["EK05Q425.ke0"]
    entries = clerk.asks("list", "--history")["history"]
    assert [(entry["file"], entry["state"]) for entry in entries] == [
        ("AO05Q425.ke0", "replaced by 2"),
        ("EK05Q425.ke0", "routes"),
    ]


def test_list_says_when_a_newer_file_is_out(clerk: Clerk, vdek: Path) -> None:
    clerk.runs("import", vdek)
    assert "is out since 2025-12-04" in clerk.runs("list", "--date", "2025-12-05")
    assert clerk.asks("list", "--date", "2025-11-01")["due"] == []
    assert [each["code"] for each in clerk.asks("list", "--date", "2026-01-01")["due"]] == ["P302-KTR-091"]


def test_payers_are_found_by_name_and_ik(clerk: Clerk, vdek: Path) -> None:
    clerk.runs("import", vdek)
    (found,) = clerk.asks("list", "--search", "dak", "--date", "2025-11-01")
    assert (found["ik"], found["name"], found["fund_kind"]) == (PAYER, "DAK-Gesundheit", "EK")
    (found,) = clerk.asks("list", "--search", CARD, "--date", "2025-11-01")
    assert found["payer"] == PAYER
    clerk.runs("list", "--search", "nobody", exits=1)


def test_show_tells_all_about_an_ik(clerk: Clerk, vdek: Path) -> None:
    clerk.runs("import", vdek)
    (office,) = clerk.asks("show", PAYER, "--date", "2025-11-01")
    assert (office["name"], office["valid_from"]) == ("DAK-Gesundheit", "1995-01-01")
    assert [(link["link"], link["to"], link["line"]) for link in office["links"]] == [
        ("data, decrypts", CENTRE, 15),
        ("paper", PAPER, 16),
    ]
    assert "da@example.org" in clerk.runs("show", CENTRE, "--date", "2025-11-01")
    assert clerk.asks("show", OTHER_CENTRE, exits=1)["problem"]["message"]


def test_route_prints_where_everything_goes(clerk: Clerk, vdek: Path) -> None:
    clerk.runs("import", vdek)
    asked = ("route", CARD, "--code", "15", "--state", "08", "--date", "2025-11-01")
    found = clerk.asks(*asked)
    assert (found["payer"], found["data_centre"], found["physical_receiver"]) == (PAYER, CENTRE, CENTRE)
    assert (found["email"], found["paper_office"], found["warnings"]) == ("da@example.org", PAPER, [])
    printed = clerk.runs(*asked)
    assert "DAK-Gesundheit" in printed
    assert "by e-mail to da@example.org" in printed


def test_no_route_ends_with_code_1(clerk: Clerk, vdek: Path) -> None:
    clerk.runs("import", vdek)
    where = ("--code", "15", "--state", "08", "--date", "2025-11-01")
    assert clerk.asks("route", OTHER_CENTRE, *where, exits=1)["problem"]["code"] == "P302-RTE-002"
    assert "P302-RTE-002" in clerk.runs("route", OTHER_CENTRE, *where, exits=1)
    assert clerk.asks("route", PAPER, *where, exits=1)["payer"] == PAPER


def test_code_and_state_come_from_the_only_provider(clerk: Clerk, vdek: Path) -> None:
    clerk.runs("import", vdek)
    clerk.runs("route", CARD, "--date", "2025-11-01", exits=2)
    clerk.host.providers = [SimpleNamespace(accounting_code="15", state="08", kv_district="")]
    assert clerk.asks("route", CARD, "--date", "2025-11-01")["payer"] == PAYER


@pytest.mark.parametrize(
    "arguments",
    [
        ("route", CARD, "--code", "64", "--state", "08"),
        ("route", CARD, "--code", "C1", "--state", "08", "--date", "2027-01-31"),
        ("route", CARD, "--code", "15", "--state", "17"),
        ("route", CARD, "--code", "15", "--state", "08", "--date", "1.11.2025"),
        ("list", "--search", "x", "--procedure", "01"),
        ("import", "x.ke0", "--encoding", "ebcdic"),
        ("import",),
    ],
)
def test_a_wrong_command_line_ends_with_code_2(clerk: Clerk, arguments: tuple[str, ...]) -> None:
    clerk.runs(*arguments, exits=2)
