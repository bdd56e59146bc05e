"""`billhook mass …`: what a clerk types, what comes back, and what a script is told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from billhook_cli.main import main
from tests.cli.desk import ROOT, Clerk
from tests.mass.desk import RATES, SETTINGS

GRANTS = (
    "number;client;payer;reference;facility;service;unit;from;to;family_name;given_name;birth_date\n"
    "Z-1;K-1;lwl;52.2-0001;H1;WOHNEN;day;01.01.2026;;Muster;Erika;01.02.1980\n"
    "Z-2;K-2;lwl;52.2-0002;H1;WOHNEN;day;01.01.2026;;Beispiel;Max;17.09.1991\n"
)
STAYS = "client;facility;admitted;discharged\nK-1;H1;01.01.2026;\nK-2;H1;01.01.2026;\n"
ABSENCES = "client;facility;kind;left;returned\nK-1;H1;hospital;09.01.2026;14.01.2026\n"
ADVICE = (
    "Rechnungsnummer;Aktenzeichen;Leistungsmonat;Leistungsschluessel;Rechnungsbetrag;Zahlbetrag;Kuerzung;Kuerzungsgrund;"
    "Begruendung;Zahldatum;Kassenzeichen\n"
    "{number};52.2-0001;01.2026;WOHNEN;3843,45;3843,45;0,00;;;20.02.2026;700123456\n"
    "{number};52.2-0002;01.2026;WOHNEN;4412,85;4300,00;112,85;X77;neu;20.02.2026;700123456\n"
)


def runs(home: Path, *arguments: object) -> None:
    """Run a command that must not fail."""
    assert main(["--home", str(home), *map(str, arguments)]) == 0, arguments


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a home in its pilot phase, its January entered; the lists lie beside it."""
    folder = tmp_path_factory.mktemp("entered")
    home = folder / "home"
    assert main(["init", str(home)]) == 0
    config = home / "billhook.toml"
    database = config.read_text("utf-8").split("[schemes.")[0].rsplit("\n#", 1)[0]
    config.write_text(database + SETTINGS.format(profile="lwl-assumed"), encoding="utf-8")
    for name, content in (("grants", GRANTS), ("rates", RATES), ("stays", STAYS), ("absences", ABSENCES)):
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
        runs(home, "mass", name, "import", folder / f"{name}.csv")
    for phase in ("unlocked", "pilot"):
        runs(home, "mass", "phase", "set", "lwl", "H1", phase, "--from", "2026-01-01")
    return folder


@pytest.fixture(scope="module")
def exported(entered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with January built, checked and exported."""
    folder = tmp_path_factory.mktemp("exported")
    shutil.copytree(entered, folder, dirs_exist_ok=True)
    for arguments in (("mass", "month", "2026-01", "--facility", "H1"), ("check",), ("export",)):
        runs(folder / "home", *arguments)
    return folder


@pytest.fixture
def clerk(entered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Clerk:
    """A clerk before January is built."""
    shutil.copytree(entered, tmp_path, dirs_exist_ok=True)
    return Clerk(tmp_path / "home", capsys)


@pytest.fixture
def billed(exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Clerk:
    """A clerk after January was exported."""
    shutil.copytree(exported, tmp_path, dirs_exist_ok=True)
    return Clerk(tmp_path / "home", capsys)


def advice(clerk: Clerk) -> Path:
    """The payer's advice: one line paid, one cut for a reason that nobody knows."""
    [row] = clerk.asks("mass", "outbox", "list")["outbox"]
    number = clerk.asks("show", "exchange", row["exchange"])["documents"][0]["number"]
    path = clerk.home.parent / "avis.csv"
    path.write_text(ADVICE.format(number=number), encoding="utf-8")
    return path


# --- A clerk's month --------------------------------------------------------------------------------------------------


def test_a_pilot_month_from_lists_to_the_outbox(clerk: Clerk) -> None:
    assert "H1 2026-01: 3 lines; 3 added" in clerk.runs("mass", "month", "2026-01", "--facility", "H1").out
    clerk.runs("check")
    clerk.runs("export")
    [row] = clerk.asks("mass", "outbox", "list", "--waiting")["outbox"]
    assert (row["facility"], row["phase"], row["lines"], row["total"], row["stage"]) == (
        "H1",
        "pilot",
        3,
        868335,
        "ready",
    )
    shown = clerk.runs("mass", "outbox", "show", row["exchange"]).out
    assert "[x] paper and file have equal numbers and totals" in shown
    assert row["sha256"] in shown
    clerk.runs("mass", "outbox", "uploaded", row["exchange"], "--at", "2026-02-05T14:00", "--receipt", "R-1")
    assert clerk.asks("mass", "outbox", "list", "--waiting")["outbox"] == []
    assert clerk.asks("settle", "open") == []
    clerk.runs("sent", row["exchange"])
    assert [one["open"] for one in clerk.asks("settle", "open")] == [868335]


def test_a_rejected_pilot_file_says_that_the_paper_counts(billed: Clerk) -> None:
    billed.runs("mass", "outbox", "uploaded", 1)
    printed = billed.runs("mass", "outbox", "result", 1, "rejected", "--note", "Format", exits=1)
    assert "In the pilot phase the paper counts" in printed.out + printed.err


def test_paper_is_laid_out_for_the_printer(billed: Clerk, tmp_path: Path) -> None:
    billed.runs("mass", "paper", 1, "--out", tmp_path / "print")
    assert [path.suffix for path in (tmp_path / "print").iterdir()] == [".pdf"]


def test_everything_of_a_person_is_shown(clerk: Clerk) -> None:
    shown = clerk.asks("mass", "grants", "show", "K-1")
    assert [len(shown[name]) for name in ("grants", "stays", "absences")] == [1, 1, 1]
    clerk.asks("mass", "grants", "show", "K-9", exits=1)


# --- What is refused --------------------------------------------------------------------------------------------------


def test_a_bad_list_is_refused_with_its_lines(clerk: Clerk, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(GRANTS.replace("lwl", "kvjs").replace("01.02.1980", "31.02.1980"), encoding="utf-8")
    printed = clerk.runs("mass", "grants", "import", path, exits=3)
    assert "bad.csv:2:" in printed.out + printed.err
    assert "nothing was changed" in printed.out + printed.err
    told = clerk.asks("mass", "grants", "import", path, exits=3)
    assert told["stored"] is False
    assert {one["code"] for one in told["findings"]} >= {"MASS-REG-001", "MASS-CSV-010"}


@pytest.mark.parametrize(
    ("arguments", "exits"),
    [
        (("month", "2026-13", "--facility", "H1"), 3),
        (("month", "2026-01", "--facility", "H9"), 3),
        (("month", "2026-01"), 2),
        (("phase", "set", "lwl", "H1", "live", "--from", "2026-02-01"), 3),
        (("phase", "set", "lwl", "H1", "pilot", "--from", "tomorrow"), 2),
        (("phase", "set", "lwl", "H1", "asleep", "--from", "2026-02-01"), 2),
        (("outbox", "show", "nothing.csv"), 1),
        (("outbox", "uploaded", "7"), 1),
        (("outbox", "result", "7", "perhaps"), 2),
        (("outbox", "result"), 2),
        (("outbox", "result", "--file", "nothing.json"), 3),
        (("grants", "import", "nothing.csv"), 3),
        (("paper", "7", "--out", "print"), 1),
    ],
)
def test_a_mistake_is_told_in_a_sentence(clerk: Clerk, arguments: tuple[str, ...], exits: int) -> None:
    printed = clerk.runs("mass", *arguments, exits=exits)
    assert printed.out + printed.err


def test_a_month_that_leaves_something_to_look_at_ends_with_1(clerk: Clerk, tmp_path: Path) -> None:
    path = tmp_path / "grants.csv"
    path.write_text(GRANTS.replace("day;01.01.2026;;Muster", "day;01.01.2026;20.01.2026;Muster"), encoding="utf-8")
    clerk.runs("mass", "grants", "import", path)
    printed = clerk.runs("mass", "month", "2026-01", "--facility", "H1", exits=1)
    assert "MASS-MONTH-001" in printed.out + printed.err


# --- What a script is told --------------------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")

ASKED: dict[str, tuple[object, ...]] = {
    "grants import": ("{folder}/grants.csv",),
    "grants list": (),
    "grants show": ("K-1",),
    "rates import": ("{folder}/rates.csv",),
    "rates list": (),
    "stays import": ("{folder}/stays.csv",),
    "stays list": (),
    "absences import": ("{folder}/absences.csv",),
    "absences list": (),
    "month": ("2026-02", "--facility", "H1"),
    "phase show": (),
    "phase set": ("lwl", "H1", "suspended", "--from", "2026-03-01"),
    "paper": (1, "--out", "{folder}/print"),
    "outbox list": (),
    "outbox show": (1,),
    "outbox uploaded": (1,),
    "outbox result": (1, "accepted"),
    "profile list": (),
    "profile show": (),
    "profile values": (),
    "profile check": ("lwl-assumed", "{home}/out/000001/E-0815_202601_0001.csv"),
    "advice read": ("{advice}", "--paper"),
    "advice list": (),
    "advice show": (1,),
    "reasons list": (),
    "reasons map": ("X77", "amount-wrong"),
    "report open": (),
    "report cuts": (),
    "report differences": (),
    "report pilot": (),
}
"""What is asked for, in this order: later questions need what earlier ones did."""


def documented(name: str) -> str:
    """What the page says of the JSON of a command."""
    section = re.search(rf"^## billhook mass {re.escape(name)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section, f"docs/reference/cli.md has no section for billhook mass {name}"
    [sentence] = re.findall(r"With `--json`:(.*?\.)\n", section[1], re.DOTALL)
    return str(sentence)


def test_every_json_document_has_the_keys_of_the_page(billed: Clerk) -> None:
    offered = set(re.findall(r"^## billhook mass (.*)\n(?:(?!^## )[\s\S])*?With `--json`", PAGE, re.MULTILINE))
    assert offered == set(ASKED)
    billed.runs("sent", 1)
    places = {"folder": billed.home.parent, "home": billed.home, "advice": advice(billed)}
    for name, arguments in ASKED.items():
        filled = [str(each).format(**places) for each in arguments]
        told: Any = billed.asks("mass", *name.split(), *filled)
        sentence = documented(name)
        objects = told if isinstance(told, list) else [told]
        assert isinstance(told, list) == ("an array of objects" in sentence), name
        assert objects, name
        assert {frozenset(each) for each in objects} == {frozenset(re.findall(r"`([a-z_0-9]+)`", sentence))}, name
