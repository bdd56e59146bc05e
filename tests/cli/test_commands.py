"""Every command as a clerk and as a script use it."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from tests.cli.desk import EXAMPLES, Clerk, Printed, json_lines, row

CARD = "104940005"  # BARMER, which is its own payer
DATA_CENTRE = "660510336"


def lines(printed: Printed) -> list[str]:
    """The lines of standard output, without the padding of tables."""
    return [line.rstrip() for line in printed.out.splitlines()]


# --- Setting up -------------------------------------------------------------------------------------------------------


def test_init_makes_everything_and_says_what_to_fill_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clerk = Clerk(tmp_path / "shop", capsys)
    printed = clerk.runs("init", clerk.home)
    assert {path.name for path in clerk.home.iterdir()} >= {"billhook.toml", "billhook.db", "archive", "out"}
    assert f"Next: fill in {clerk.home / 'billhook.toml'}" in printed.out


def test_init_twice_leaves_the_first_one_alone(fresh: Clerk) -> None:
    before = (fresh.tables(), fresh.files(), (fresh.home / "billhook.toml").read_bytes())
    assert "is a workspace already" in fresh.runs("init", fresh.home, exits=4).err
    assert (fresh.tables(), fresh.files(), (fresh.home / "billhook.toml").read_bytes()) == before


def test_init_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = Clerk(tmp_path, capsys).asks("init", tmp_path / "shop")
    assert told["settings"] == str(tmp_path / "shop" / "billhook.toml")
    assert "p302" in told["schemes"]


def test_upgrade_of_what_is_up_to_date(fresh: Clerk) -> None:
    before = fresh.tables()
    assert "up to date" in fresh.runs("upgrade").out
    assert fresh.tables() == before


def test_plugins_are_listed_with_what_they_can_do(fresh: Clerk) -> None:
    told = fresh.asks("plugins")
    p302 = next(plugin for plugin in told["plugins"] if plugin["name"] == "p302")
    assert (p302["distribution"], p302["schemes"], p302["problem"]) == ("billhook-p302", ["p302"], "")
    (scheme,) = [scheme for scheme in told["schemes"] if scheme["key"] == "p302"]
    assert set(scheme) == {"key", "title", "country", "versions", "capabilities", "sources"}
    printed = fresh.runs("plugins").out
    assert re.search(r"partial +send", printed)


# --- Items ------------------------------------------------------------------------------------------------------------


def test_items_come_in_and_the_same_file_again_changes_nothing(fresh: Clerk) -> None:
    first = fresh.runs("items", "import", EXAMPLES / "items.jsonl")
    assert lines(first) == ["items.jsonl: 47 items read, 47 added.", "Next: billhook check."]
    before = fresh.tables()
    assert "imported before (import 1); nothing changed" in fresh.runs("items", "import", EXAMPLES / "items.jsonl").out
    assert fresh.tables() == before
    told = fresh.asks("items", "import", EXAMPLES / "items.jsonl")
    assert (told["already_imported"], told["stored"]) == (1, False)


def test_what_an_import_says_as_json(fresh: Clerk) -> None:
    told = fresh.asks("items", "import", EXAMPLES / "items.csv", "--scheme", "p302")
    assert {name: told[name] for name in ("read", "added", "rejected", "errors", "stored")} == {
        "read": 12,
        "added": 12,
        "rejected": 0,
        "errors": 0,
        "stored": True,
    }


def test_a_partial_import_stores_the_right_vouchers_and_hands_back_the_rest(fresh: Clerk, tmp_path: Path) -> None:
    file = tmp_path / "mixed.jsonl"
    bad = row(number="2-1", voucher="2", unit_price="1.234,50")
    file.write_bytes(json_lines(row(), bad, row(number="2-2", voucher="2", line=2)))
    printed = fresh.runs("items", "import", file, "--partial", "--rejects", tmp_path / "rejects.jsonl", exits=1)
    assert "3 items read, 1 added, 2 rejected" in printed.out
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text("utf-8").splitlines()]
    assert [(reject["line"], reject["reasons"][0][:12]) for reject in rejects] == [(2, "CORE-IMP-004"), (3, ANY)]
    assert [item["number"] for item in fresh.asks("items", "list")] == ["1-1"]


def test_update_replaces_what_is_not_billed(fresh: Clerk, tmp_path: Path) -> None:
    file, newer = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    file.write_bytes(json_lines(row()))
    newer.write_bytes(json_lines(row(unit_price="460.00")))
    fresh.runs("items", "import", file)
    assert "CORE-IMP-016" in fresh.runs("items", "import", newer, exits=3).out
    assert "1 updated" in fresh.runs("items", "import", newer, "--update").out
    assert [item["gross"] for item in fresh.asks("items", "list")] == [46000]


def test_items_are_listed_without_names(checked: Clerk) -> None:
    told = checked.asks("items", "list")
    assert len(told) == 47
    assert set(told[0]) == {
        "number", "scheme", "voucher", "line", "payer", "code", "service_from", "gross", "billed", "state",
        "line_ok", "document_ok",
    }  # fmt: skip
    assert (told[0]["number"], told[0]["gross"], told[0]["billed"]) == ("25101-1", 45000, 44000)
    assert len(checked.asks("items", "list", "--limit", 5)) == 5
    printed = checked.runs("items", "list", "--limit", 2)
    assert lines(printed)[0].endswith("gross EUR  billed EUR  state    voucher ok")
    assert lines(printed)[-1] == "… and more; --limit, --state and --voucher choose."
    assert "Birkholz" not in printed.out
    assert [item["state"] for item in checked.asks("items", "list", "--state", "faulty")] == ["faulty"] * 8
    assert [item["line"] for item in checked.asks("items", "list", "--voucher", "25101")] == [1, 2]
    assert "There are no such items." in checked.runs("items", "list", "--voucher", "none").out


def test_amounts_stand_to_the_right(checked: Clerk) -> None:
    head, *rows = lines(checked.runs("items", "list", "--limit", 3))
    end = head.index("gross EUR") + len("gross EUR")
    assert [line[:end].split()[-1] for line in rows[:3]] == ["450,00", "38,50", "512,00"]


def test_the_schema_tells_fields_and_columns(fresh: Clerk) -> None:
    schema = fresh.asks("items", "schema", "p302")
    assert {"number", "provider", "voucher", "quantity", "unit_price"} == set(schema["required"])
    columns = {column["column"]: column for column in fresh.asks("items", "schema", "p302", "--columns")}
    assert columns["details.prescribed_on"]["cell"] == "date"
    assert columns["number"]["needed"] == "yes"
    assert columns["details.diagnoses.#.code"]["cell"] == "text"
    header = (EXAMPLES / "items.csv").read_text("utf-8").splitlines()[0].split(";")
    assert set(header) <= set(columns)
    assert "details.prescribed_on" in fresh.runs("items", "schema", "p302", "--columns").out


def test_cases_come_with_the_items(checked: Clerk) -> None:
    told = checked.asks("cases", "list")
    assert told[0] == {
        "number": "V-2025-101", "client": "K-1001", "kind": "", "opened": None, "closed": None, "facts": 7,
    }  # fmt: skip
    assert [case["number"] for case in checked.asks("cases", "list", "--client", "K-1001")] == ["V-2025-101"]
    assert "there is no client 'nobody'" in checked.runs("cases", "list", "--client", "nobody", exits=1).err
    case = checked.asks("cases", "show", "V-2025-101")
    assert case["facts"]["approval_number"] == "AN-2025-118402"
    assert set(case) >= {"periods", "deliveries", "billings", "requests"}
    assert "AN-2025-118402" in checked.runs("cases", "show", "V-2025-101").out
    assert "there is no case 'V-0'" in checked.runs("cases", "show", "V-0", exits=1).err


# --- Billing ----------------------------------------------------------------------------------------------------------


def test_check_tells_how_much_is_clean(fresh: Clerk) -> None:
    assert "Nothing to check" in fresh.runs("check").out
    fresh.runs("items", "import", EXAMPLES / "items.jsonl")
    told = fresh.asks("check", exits=1)
    assert (told["vouchers"], told["items"], told["clean"], told["faulty"]) == (37, 47, 29, 8)
    assert told["by_code"]["P302-ZHI-001"] == 1
    assert "37 vouchers checked (47 items): 29 clean, 8 held." in fresh.runs("check", "--all", exits=1).out


def test_errors_say_what_and_how_to_mend(checked: Clerk) -> None:
    told = checked.asks("errors")
    assert len(told) == 11
    assert set(told[0]) == {
        "finding", "item", "number", "scheme", "provider", "voucher", "line", "state", "code", "severity", "field",
        "value", "message", "mend", "suggestion", "expected", "source", "suppressed",
    }  # fmt: skip
    (date,) = checked.asks("errors", "--code", "P302-ZHI-001")
    assert (date["voucher"], date["field"]) == ("25107", "details.prescribed_on")
    printed = checked.runs("errors").out
    assert (
        "voucher 25107 line 1 (item 25107-1), details.prescribed_on: The date of the prescription is missing."
        in printed
    )
    assert "expected: a date such as 2025-10-31 or 31.10.2025\n" in printed
    assert "expected: text" not in printed
    assert "Mend one with billhook correct --finding NUMBER VALUE; then billhook check." in printed
    assert len(checked.asks("errors", "--code", "P302-EHI")) == 2
    assert {row["severity"] for row in checked.asks("errors", "--severity", "warning")} == {"warning"}
    assert "like that" in checked.runs("errors", "--voucher", "none").out
    assert "… and 10 more" in checked.runs("errors", "--limit", 1).out


def test_no_errors_no_words(fresh: Clerk) -> None:
    assert fresh.runs("errors").out == "The error log is empty.\n"
    assert fresh.asks("errors") == []


def test_correct_by_finding_by_item_and_by_suggestion(checked: Clerk) -> None:
    (date,) = checked.asks("errors", "--code", "P302-ZHI-001")
    printed = checked.runs("correct", "--finding", date["finding"], "29.09.2025").out
    assert printed == "details.prescribed_on: (empty) → 2025-09-29 in 1 line. Next: billhook check.\n"
    again = checked.runs("correct", "--item", "25107-1", "--field", "details.prescribed_on", "2025-09-29").out
    assert again == "details.prescribed_on is 2025-09-29 already; nothing changed.\n"
    told = checked.asks("correct", "--item", "25131-1", "--field", "client.birth_date", "1968-08-08")
    assert (told["old"], told["new"], told["master"]) == (None, "1968-08-08", "client:30")
    (suggestion,) = checked.asks("errors", "--code", "EDI-CHR")
    assert "→" in checked.runs("correct", "--finding", suggestion["finding"], "--suggested").out
    assert "8 vouchers checked (9 items): 2 clean, 6 held." in checked.runs("check", exits=1).out


def test_a_suppressed_rule_holds_nothing_back(checked: Clerk) -> None:
    told = checked.asks("suppress", "P302-INV-009", "--reason", "test data", "--until", "31.12.2099")
    assert (told["code"], told["expires"]) == ("P302-INV-009", "2099-12-31")
    checked.runs("check", "--all", exits=1)
    assert checked.asks("errors", "--code", "P302-INV-009") == []
    (kept,) = checked.asks("errors", "--code", "P302-INV-009", "--suppressed")
    assert kept["suppressed"] is True
    assert "until" in checked.runs("suppress", "P302-INV-009", "--reason", "x", "--until", "31.02.2099", exits=2).err


def test_what_is_suppressed_is_no_reason_to_end_with_1(fresh: Clerk, tmp_path: Path) -> None:
    rows = (EXAMPLES / "items.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "one.jsonl").write_text(next(row for row in rows if '"25129-1"' in row), "utf-8")
    fresh.runs("items", "import", tmp_path / "one.jsonl")
    fresh.runs("check", exits=1)
    fresh.runs("suppress", "P302-INV-009", "--reason", "test data", "--until", "2099-12-31")
    assert "1 of them suppressed" in fresh.runs("check", "--all").out
    assert "Would bill 1 voucher" in fresh.runs("export", "--dry-run").out


def test_a_dry_run_keeps_nothing(checked: Clerk) -> None:
    before = (checked.tables(), checked.files())
    printed = lines(checked.runs("export", "--dry-run"))
    assert "Would bill 29 vouchers in 6 files: 5217,02 EUR." in printed
    assert printed[-1] == "Dry run: nothing was kept, the numbers are drafts."
    assert (checked.tables(), checked.files()) == before


def test_export_says_where_the_files_are(checked: Clerk) -> None:
    printed = lines(checked.runs("export"))
    assert "Billed 29 vouchers in 6 files: 5217,02 EUR." in printed
    assert printed[-1].startswith("The files are in out; ")
    assert checked.runs("export").out == "Nothing to bill: no voucher is checked and clean.\n"


def test_what_an_export_says_as_json(checked: Clerk, tmp_path: Path) -> None:
    told = checked.asks("export", "--out", tmp_path / "elsewhere")
    assert set(told) == {
        "run", "dry_run", "exchanges", "resumed", "failed", "held", "held_count", "missing", "findings",
    }  # fmt: skip
    assert sum(exchange["totals"]["gross"] for exchange in told["exchanges"]) == 547350
    paths = [Path(file["path"]) for exchange in told["exchanges"] for file in exchange["artifacts"]]
    assert len(paths) == 12
    assert all(path.is_file() and path.is_relative_to(tmp_path / "elsewhere") for path in paths)


def test_status_says_what_comes_next(fresh: Clerk) -> None:
    assert lines(fresh.runs("status"))[-1] == "There are no items yet: billhook items import FILE."
    fresh.runs("items", "import", EXAMPLES / "items.jsonl")
    assert lines(fresh.runs("status"))[-1] == "Next: billhook check."
    fresh.runs("check", exits=1)
    assert lines(fresh.runs("status"))[-1] == "Next: billhook export, with 29 vouchers over 5217,02 EUR."
    fresh.runs("export")
    assert lines(fresh.runs("status"))[-1] == "Next: billhook errors, and mend them."
    told = fresh.asks("status")
    assert {(row["state"], row["items"]) for row in told["states"]} == {("batched", 38), ("checked", 1), ("faulty", 8)}
    assert set(told) == {"states", "ready", "exchanges", "reasons", "unfinished", "missing", "next_dates", "reminders"}
    # The example's payer files are those of the last quarter of 2025.
    assert {each["code"] for each in told["reminders"]} == {"P302-KTR-091"}
    assert "The payer file of AOK" in fresh.runs("status").out


@pytest.mark.parametrize(
    ("thing", "name", "words"),
    [
        ("item", "25101-1", ["Item ", "details.prescribed_on", "Documents", "00000003"]),
        ("item", "25112-1", ["Findings", "P302-EHI-017"]),
        ("voucher", "25101", ["Voucher 25101", "25101-2", "gross EUR    488,50"]),
        ("document", "00000003", ["Document ", "25101-1"]),
        ("exchange", "1", ["Exchange 1", "TSOL0001.AUF", "exchange.rendered"]),
        ("exchange", "TSOL0001", ["Exchange 1"]),
    ],
)
def test_show_tells_everything_about_one_thing(billed: Clerk, thing: str, name: str, words: list[str]) -> None:
    printed = billed.runs("show", thing, name).out
    assert [word for word in words if word not in printed] == []
    told = billed.asks("show", thing, name)
    assert told["kind"] == thing
    assert set(told) == {
        "kind", "id", "facts", "items", "findings", "corrections", "documents", "artifacts", "history",
    }  # fmt: skip


@pytest.mark.parametrize("thing", ["item", "voucher", "document", "exchange"])
def test_what_there_is_not_is_said(billed: Clerk, thing: str) -> None:
    assert thing in billed.runs("show", thing, "nowhere", exits=1).err
    assert thing in billed.runs("show", thing, "9" * 30, exits=1).err


# --- Files ------------------------------------------------------------------------------------------------------------


def first_file(clerk: Clerk) -> Path:
    """The first data file that was exported."""
    return clerk.home / "out" / "000001" / "TSOL0001"


def test_describe_tells_a_file_in_words_and_can_hide_the_people(billed: Clerk) -> None:
    plain = billed.runs("describe", first_file(billed)).out
    masked = billed.runs("describe", first_file(billed), "--mask").out
    assert "billing file (Abrechnungsdatei)" in plain
    names = [client for client in ("Birkholz", "Quast", "Wachter", "Ohlendorf") if client in plain]
    assert all(name not in masked for name in names)
    told = billed.asks("describe", first_file(billed))
    assert set(told) == {"scheme", "kind", "version", "counts", "facts", "lines", "findings"}


def test_verify_has_nothing_against_our_own_files_and_finds_a_broken_one(billed: Clerk, tmp_path: Path) -> None:
    assert "TSOL0001: no errors." in billed.runs("verify", first_file(billed)).out
    told = billed.asks("verify", first_file(billed))
    assert (told["ok"], told["errors"], told["format"]) == (True, 0, "p302-billing")
    broken = tmp_path / "TSOL0001"
    broken.write_bytes(first_file(billed).read_bytes().replace(b"BES+", b"BEZ+", 1))
    assert billed.asks("verify", broken, exits=1)["errors"] >= 1
    assert "error" in billed.runs("verify", broken, exits=1).out


# --- Journal, payers --------------------------------------------------------------------------------------------------


def test_the_journal_lists_and_proves(billed: Clerk) -> None:
    told = billed.asks("journal", "list")
    assert set(told[0]) == {"seq", "time", "actor", "event", "subject", "payload"}
    assert [entry["seq"] for entry in told] == list(range(1, len(told) + 1))
    assert {"items.imported", "run.fixed", "exchange.rendered"} <= {entry["event"] for entry in told}
    assert "--after 2 goes on" in billed.runs("journal", "list", "--limit", 2).out
    assert [entry["seq"] for entry in billed.asks("journal", "list", "--after", 2, "--limit", 1)] == [3]
    assert {entry["subject"] for entry in billed.asks("journal", "list", "--subject", "exchange:1")} == {"exchange:1"}
    proof = billed.asks("journal", "verify")
    assert (proof["ok"], proof["entries"]) == (True, len(told))
    assert billed.asks("journal", "verify", "--head", proof["head"])["ok"] is True
    assert "--head" in billed.runs("journal", "verify", "--head", "nonsense", exits=2).err


def test_a_changed_journal_is_found_out(billed: Clerk) -> None:
    with sqlite3.connect(billed.home / "billhook.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE journal SET actor = 'somebody' WHERE seq = 3")
    connection.close()
    told = billed.asks("journal", "verify", exits=1)
    assert (told["ok"], told["first_bad"]) == (False, 3)
    assert "broken at entry 3" in billed.runs("journal", "verify", exits=1).out


def test_payers_are_imported_listed_shown_and_routed(fresh: Clerk) -> None:
    again: Any = fresh.asks("p302", "payers", "import", EXAMPLES / "payers" / "EK05Q425.ke0")
    assert (again["refused"], again["unchanged"]) == (False, True)
    assert [file["file"] for file in fresh.asks("p302", "payers", "list")["files"]] == [
        "AO05Q425.ke0", "EK05Q425.ke0", "IK05Q425.ke0", "LK05Q425.ke0",
    ]  # fmt: skip
    (office,) = fresh.asks("p302", "payers", "show", CARD, "--date", "2025-11-03")
    assert office["name"] == "BARMER"
    route = fresh.asks("p302", "payers", "route", CARD, "--code", "15", "--state", "08", "--date", "2025-11-03")
    assert (route["payer"], route["data_centre"]) == (CARD, DATA_CENTRE)
    assert (
        "dta302@ddg-online.de"
        in fresh.runs("p302", "payers", "route", CARD, "--code", "15", "--state", "08", "--date", "2025-11-03").out
    )


def test_receivers_are_listed_with_their_turns(billed: Clerk) -> None:
    told = billed.asks("p302", "receivers", "list")
    assert [receiver["data_centre"] for receiver in told] == [DATA_CENTRE, "102109128", "all"]
    assert DATA_CENTRE in billed.runs("p302", "receivers", "list").out
