"""`billhook mass advice | reasons | report | profile`: what a clerk types, and what happens to files that are no advice."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from billhook_cli.main import main
from billhook_mass import advice_commands, profile
from tests.cli.desk import Clerk
from tests.mass.desk import RATES, SETTINGS
from tests.mass.test_commands import GRANTS, STAYS

HEAD = (
    "Rechnungsnummer;Aktenzeichen;Leistungsmonat;Leistungsschluessel;Rechnungsbetrag;Zahlbetrag;Kuerzung;Kuerzungsgrund;"
    "Zahldatum;Kassenzeichen\n"
)
NUMBER = "R-1"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """January of two residents left live, under the number R-1."""
    folder = tmp_path_factory.mktemp("live")
    home = folder / "home"

    def run(*arguments: object) -> None:
        assert main(["--home", str(home), *map(str, arguments)]) == 0, arguments

    assert main(["init", str(home)]) == 0
    config = home / "billhook.toml"
    database = config.read_text("utf-8").split("[schemes.")[0].rsplit("\n#", 1)[0]
    settings = SETTINGS.format(profile="lwl-assumed").replace("{year}-{n:06d}", "R-{n}")
    config.write_text(database + settings, encoding="utf-8")
    for name, content in (("grants", GRANTS), ("rates", RATES), ("stays", STAYS)):
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
        run("mass", name, "import", folder / f"{name}.csv")
    for phase in ("unlocked", "pilot", "live"):
        run("mass", "phase", "set", "lwl", "H1", phase, "--from", "2026-01-01", "--document", "Freigabe vom 15.12.2025")
    run("mass", "month", "2026-01", "--facility", "H1")
    run("check")
    run("export")
    run("mass", "outbox", "uploaded", "1", "--receipt", "Q1")
    return folder


@pytest.fixture
def clerk(live: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Clerk:
    shutil.copytree(live, tmp_path, dirs_exist_ok=True)
    return Clerk(tmp_path / "home", capsys)


def said(clerk: Clerk, *arguments: object, exits: int = 0) -> str:
    """What a command prints, on both ways out."""
    printed = clerk.runs(*arguments, exits=exits)
    return printed.out + printed.err


def avis(folder: Path, *rows: str, name: str = "avis.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding=encoding)
    return path


def paid(person: int, amount: str = "4412,85", cut: str = "", code: str = "") -> str:
    return f"{NUMBER};52.2-{person:04d};01.2026;WOHNEN;4412,85;{amount};{cut};{code};20.02.2026;700"


def test_an_advice_is_rehearsed_taken_in_listed_and_shown(clerk: Clerk, tmp_path: Path) -> None:
    path = avis(tmp_path, paid(1), paid(2, "4000,00", "412,85", "X9"))
    assert "8412,85 EUR would be booked, 1 cut written" in said(clerk, "mass", "advice", path, "--dry-run")
    assert clerk.asks("mass", "advice", "list") == []
    assert "8412,85 EUR booked, 1 cut written" in said(clerk, "mass", "advice", path)
    assert "came before (answer 1); nothing changed" in said(clerk, "mass", "advice", "read", path)
    again = avis(tmp_path, paid(1), paid(2, "4000,00", "412,85", "X9"), name="again.csv", encoding="utf-16")
    assert "3 of its payments and cuts were told by another advice" in said(clerk, "mass", "advice", again)
    [first, _] = clerk.asks("mass", "advice", "list")
    assert (first["rows"], first["matched"], first["paid"], first["cut"]) == (2, 2, 841285, 41285)
    shown = clerk.asks("mass", "advice", "show", 1)
    assert {row["matched"] for row in shown} == {"invoice + person reference + month + service"}
    assert {row["line"].split("/")[2] for row in shown} == {"K-1", "K-2"}


def test_a_rehearsal_says_how_the_file_was_read_and_from_what(clerk: Clerk, tmp_path: Path) -> None:
    printed = said(clerk, "mass", "advice", avis(tmp_path, paid(1), encoding="utf-16"), "--dry-run")
    for line in (
        "encoding: utf-16 (the file begins with its byte order mark)",
        "delimiter: ; (it splits 2 of the first 2 lines into 10 cells, 10 of them known headers)",
        "header: line 1 (10 of its cells are known headers)",
        "decimal: , (2 of 2 amounts can only be read so)",
        "day: DD.MM.YYYY (1 of 1 can be read so)",
        "month: MM.YYYY (1 of 1 can be read so)",
    ):
        assert f"  {line}\n" in printed


def test_a_refusal_says_how_the_file_was_read(clerk: Clerk, tmp_path: Path) -> None:
    printed = said(clerk, "mass", "advice", avis(tmp_path, paid(1, "viel"), encoding="cp1252"), exits=3)
    assert "delimiter: ; (" in printed


def test_what_fits_nothing_is_told_once_a_row(clerk: Clerk, tmp_path: Path) -> None:
    printed = said(clerk, "mass", "advice", avis(tmp_path, paid(1), paid(77)))
    assert printed.count("not booked") == 1
    assert "row 3: invoice R-1 has no line" in printed


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.write_bytes(b""), "MASS-CSV-002"),
        (lambda path: path.write_bytes(b"%PDF-1.7"), "MASS-ADV-002"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)), "MASS-CSV-001"),
        (lambda path: path.write_text("Rechnungsnummer;Zahldatum\nR-1;20.02.2026\n"), "MASS-CSV-005"),
        (lambda path: path.write_text("Rechnungsnummer;Zahlbetrag\nR-1;5,00\n"), "MASS-ADV-006"),
        (lambda path: path.write_text(HEAD + paid(1, "=1+1") + "\n"), "MASS-CSV-009"),
        (lambda path: path.write_text(HEAD + paid(1) + "\nSumme;;;;1,00;1,00;;;;\n"), "MASS-CSV-013"),
        (lambda path: path.write_text(HEAD + '"' + "x" * 200_000), "MASS-CSV-014"),
        (Path.mkdir, "cannot be read"),
        (Path.exists, "cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_advice_is_refused_and_nothing_changes(
    clerk: Clerk, tmp_path: Path, make: Callable[[Path], object], told: str
) -> None:
    before = clerk.asks("mass", "report", "open")
    path = tmp_path / "avis.csv"
    make(path)
    assert told in said(clerk, "mass", "advice", path, exits=3)
    assert clerk.asks("mass", "report", "open") == before
    assert clerk.asks("mass", "advice", "list") == []


def test_a_table_larger_than_any_advice_is_read_through_and_refused(
    clerk: Clerk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advice_commands, "LARGEST", 1_000)
    path = avis(tmp_path, *(paid(1) for _ in range(50)), paid(2, "viel"))
    printed = said(clerk, "mass", "advice", path, exits=3)
    assert "MASS-ADV-007" in printed
    assert "MASS-CSV-009" in printed
    assert clerk.asks("mass", "advice", "list") == []


@pytest.mark.parametrize("largest", [1_000, 64_000_000])
def test_a_fault_in_every_line_is_not_collected_to_the_end(
    clerk: Clerk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, largest: int
) -> None:
    monkeypatch.setattr(advice_commands, "LARGEST", largest)
    path = avis(tmp_path, *(paid(1, "viel") for _ in range(3_000)))
    [told] = json.loads(clerk.runs("mass", "advice", path, "--json", exits=3).out)
    assert told["refused"]
    assert len([one for one in told["findings"] if one["code"] == "MASS-CSV-009"]) == 1_000


def test_the_day_of_payment_may_be_given(clerk: Clerk, tmp_path: Path) -> None:
    path = tmp_path / "avis.csv"
    path.write_text(f"Rechnungsnummer;Zahlbetrag\n{NUMBER};8825,70\n", encoding="utf-8")
    assert "8825,70 EUR booked" in said(clerk, "mass", "advice", path, "--booked", "2026-02-20")
    assert clerk.asks("mass", "report", "open")["sums"]["open"] == 0
    said(clerk, "mass", "advice", path, "--booked", "gestern", exits=2)


def test_one_bad_file_does_not_keep_the_others(clerk: Clerk, tmp_path: Path) -> None:
    bad = avis(tmp_path, paid(1, "viel"), name="bad.csv")
    good = avis(tmp_path, paid(1))
    printed = said(clerk, "mass", "advice", bad, good, exits=3)
    assert "bad.csv: refused" in printed
    assert "avis.csv: 1 row; 4412,85 EUR booked" in printed


def test_a_reason_is_mapped_only_to_one_that_there_is(clerk: Clerk, tmp_path: Path) -> None:
    said(clerk, "mass", "advice", avis(tmp_path, paid(2, "4000,00", "412,85", "X9")))
    said(clerk, "mass", "reasons", "map", "X9", "nonsense", exits=1)
    assert "X9 means amount-wrong: 1 open" in said(clerk, "mass", "reasons", "map", "X9", "amount-wrong")
    [row] = clerk.asks("mass", "reasons", "list")
    assert (row["code"], row["reason"], row["cuts"]) == ("X9", "amount-wrong", 1)


def test_reports_are_written_for_the_owner_alone(clerk: Clerk, tmp_path: Path) -> None:
    said(clerk, "mass", "advice", avis(tmp_path, paid(1, "4000,00", "412,85", "=cmd|' /C calc'!A0")))
    for report in ("open", "cuts", "differences", "pilot"):
        csv, pdf = tmp_path / f"{report}.csv", tmp_path / f"{report}.pdf"
        said(clerk, "mass", "report", report, "--csv", csv, "--pdf", pdf, "--today", "2026-03-01")
        assert csv.stat().st_mode & 0o777 == pdf.stat().st_mode & 0o777 == 0o600
        assert pdf.read_bytes().startswith(b"%PDF-")
    assert ";'=cmd|" in (tmp_path / "cuts.csv").read_text("utf-8-sig")
    said(clerk, "mass", "report", "open", "--csv", tmp_path / "nowhere" / "open.csv", exits=3)


SAMPLE = "RgNr;AZ;Sonstwas;Betrag\n7;K-1;x;3843,45\n"


def test_a_profile_is_learned_by_question_and_answer(
    clerk: Clerk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample, made = tmp_path / "sample.csv", tmp_path / "own.yaml"
    sample.write_text(SAMPLE, encoding="utf-8")
    # A question mark, a word that there is not, the proposals, a constant text.
    monkeypatch.setattr("sys.stdin", io.StringIO("?\nline.price\n\n\n=fest\n\n"))
    printed = said(clerk, "mass", "profile", "learn", sample, "--output", made)
    assert "there is no value 'line.price'" in printed
    learned = profile.load(str(made))
    assert [(column.field, column.text) for column in learned.line.columns] == [
        ("invoice.number", ""), ("person.reference", ""), (None, "fest"), ("line.amount", ""),
    ]  # fmt: skip
    # The sample says x where the profile always says fest.
    checked = clerk.asks("mass", "profile", "check", made, sample, exits=1)
    assert [(one["line"], one["column"]) for one in checked["proofs"][0]["differences"]] == [(2, 3)]
    assert "exists; nothing was written" in said(
        clerk, "mass", "profile", "learn", sample, "--take-proposals", "--output", made, exits=3
    )


def test_questions_that_end_early_are_no_traceback(
    clerk: Clerk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text(SAMPLE, encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    printed = said(clerk, "mass", "profile", "learn", sample, exits=130)
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("words", "exits"),
    [
        (("learn", "nothing.csv"), 3), (("check", "nothing.yaml"), 3), (("show", "nothing"), 3), (("new", "x.txt"), 2),
        (("check", "lwl-assumed", "nothing.csv"), 3),
    ],
)  # fmt: skip
def test_a_profile_command_that_cannot_work_says_so(clerk: Clerk, words: tuple[str, ...], exits: int) -> None:
    assert said(clerk, "mass", "profile", *words, exits=exits)


def test_a_copy_of_a_shipped_profile_is_one(clerk: Clerk, tmp_path: Path) -> None:
    said(clerk, "mass", "profile", "new", tmp_path / "own.yaml")
    assert profile.load(str(tmp_path / "own.yaml")).profile == "own"
    assert [one["profile"] for one in clerk.asks("mass", "profile", "list")] == profile.shipped()
