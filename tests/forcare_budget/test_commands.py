"""The commands `billhook budget …` as a clerk and as a script use them."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.store import Workspace, journal
from billhook_forcare_budget.commands import app
from billhook_forcare_budget.entries import EntrySource
from tests.forcare_budget.desk import Desk, desk, stay

MAY = date(2026, 5, 1)
TABLE = (
    "Assistenzbereich;Debitorenbuchungsgruppe;Gültig von;Gültig bis;Periodik;Vertragsart;Anzahl Tage;Maximalbetrag €;"
    "Verbundene Vertragsart;Betreutennr.\n"
    "Wohnen;PK;01.01.2026;31.12.2026;Jahr;Kurz;28;1.612,00;Verh;\n"
    "Wohnen;PK;01.01.2026;31.12.2026;Jahr;Verh;28;1.612,00;;\n"
)


class Host:
    """What the command line hands to a plugin's commands."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.json = False

    def workspace(self) -> Workspace:
        return self._workspace

    def show(self, data: Any, *, title: str = "", columns: Sequence[str] = ()) -> None:
        if self.json:
            typer.echo(json.dumps(data, default=str))
            return
        typer.echo(title)
        for row in [data] if isinstance(data, Mapping) else data:
            typer.echo(" | ".join(str(row[name]) for name in columns or row))


class Clerk:
    """Runs commands at a desk."""

    def __init__(self, at: Desk) -> None:
        self.desk = at

    def runs(self, *arguments: object, exits: int = 0) -> str:
        result = CliRunner().invoke(app, [str(one) for one in arguments], obj=Host(self.desk.home))
        assert result.exit_code == exits, (result.output, result.exception)
        return result.output

    def asks(self, *arguments: object, exits: int = 0) -> Any:
        return json.loads(self.runs(*arguments, "--json", exits=exits))

    def fails(self, error: type[Exception], *arguments: object) -> str:
        result = CliRunner().invoke(app, [str(one) for one in arguments], obj=Host(self.desk.home))
        assert isinstance(result.exception, error), result
        return str(result.exception)


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Clerk]:
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}")
    yield Clerk(one)
    one.home.close()


@pytest.fixture
def by_law(tmp_path: Path) -> Iterator[Clerk]:
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}", mode="statutory", on_excess="split")
    yield Clerk(one)
    one.home.close()


def table(clerk: Clerk, text: str = TABLE) -> Path:
    path = clerk.desk.home.path / "limits.csv"
    path.write_text(text, encoding="utf-8")
    return path


def billed(clerk: Clerk, *rows: dict[str, Any]) -> None:
    clerk.desk.takes(*rows)
    clerk.desk.checks()
    assert clerk.desk.exports().exchanges


# --- Limits ----------------------------------------------------------------------------------------------------------


def test_limits_come_from_a_file_and_are_listed(clerk: Clerk) -> None:
    assert "Added 2 limits" in clerk.runs("limits", "import", table(clerk))
    rows = clerk.asks("limits", "list")["limits"]
    assert [(row["kind"], row["days"], row["amount"], row["linked"]) for row in rows] == [
        ("Kurz", 28, 161200, "Verh"),
        ("Verh", 28, 161200, ""),
    ]


def test_a_table_that_is_wrong_is_refused_as_a_whole(clerk: Clerk) -> None:
    assert "BUD-LIM-003" in clerk.runs("limits", "import", table(clerk, TABLE.replace("Verh;\n", "Kurz;\n")), exits=3)
    assert clerk.asks("limits", "list") == {"limits": []}


def test_a_row_that_overlaps_what_is_there_is_refused(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    common = ("--area", "Wohnen", "--group", "PK", "--from", "01.07.2026", "--to", "2027-06-30", "--amount", "1000")
    assert "BUD-LIM-002" in clerk.runs("limits", "add", "--kind", "Kurz", *common, exits=3)
    assert "Added" in clerk.runs("limits", "add", "--kind", "Kurz", *common, "--client", "K-7")


def test_a_row_that_another_one_is_linked_to_is_not_removed(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    assert "BUD-LIM-005" in clerk.runs("limits", "remove", 2, exits=3)
    clerk.runs("limits", "remove", 1)
    clerk.runs("limits", "remove", 2)
    assert clerk.asks("limits", "list") == {"limits": []}


def test_a_file_that_cannot_be_read_is_no_traceback(clerk: Clerk, tmp_path: Path) -> None:
    clerk.runs("limits", "import", tmp_path / "missing.csv", exits=3)


# --- Entries ---------------------------------------------------------------------------------------------------------


def test_a_foreign_stay_is_entered_once_and_deleted_by_a_reversal(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    foreign = ("entries", "add", "K-1", "--kind", "Kurz", "--area", "Wohnen", "--from", "2026-02-01", "--to")
    (entry,) = clerk.asks(*foreign, "2026-02-20", "--amount", "1000", "--reference", "F-1")["entries"]
    assert clerk.asks(*foreign, "2026-02-20", "--amount", "1000", "--reference", "F-1") == {"entries": [entry]}
    assert "belongs to entry" in clerk.fails(
        BillingProblem, *foreign, "2026-02-20", "--amount", "999", "--reference", "F-1"
    )
    clerk.desk.takes(stay("1", "A1", MAY, 9, "70.00"))
    assert [code for _, code in clerk.desk.findings()] == ["BUD-AMT-001", "BUD-DAY-001"]
    clerk.runs("entries", "delete", entry["id"], "--note", "was another client's")
    assert clerk.desk.findings() == []
    assert [row["source"] for row in clerk.asks("entries", "list", "K-1")["entries"]] == ["foreign", "reversal"]
    assert "deleted already" in clerk.fails(BillingProblem, "entries", "delete", entry["id"])


def test_what_the_billing_wrote_cannot_be_edited(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    billed(clerk, stay("1", "A1", MAY, 9, "70.00"))
    (entry,) = clerk.asks("entries", "list", "K-1")["entries"]
    assert entry["source"] == "billed"
    assert "cannot be edited" in clerk.fails(BillingProblem, "entries", "delete", entry["id"])


def test_deleting_what_is_not_there(clerk: Clerk) -> None:
    assert "no entry 99" in clerk.fails(UnknownThing, "entries", "delete", 99)


def test_an_opening_balance_counts_money_and_the_days_that_are_named(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    opening = ("entries", "add", "K-1", "--kind", "Kurz", "--area", "Wohnen", "--opening", "--from", "2026-01-01")
    clerk.runs(*opening, "--amount", "600", "--days", 10, "--note", "Leistungsauszug § 108 SGB XI")
    (line, _) = clerk.asks("card", "K-1", "--date", "2026-05-01")["budgets"]
    assert (line["used"], line["rest"], line["days_used"], line["days_rest"]) == (60000, 101200, 10, 18)


def test_bad_options_say_what_is_wrong(clerk: Clerk) -> None:
    foreign = ("entries", "add", "K-1", "--kind", "Kurz")
    assert "no date" in clerk.runs(*foreign, "--amount", "1", "--from", "31.02.2026", exits=2)
    assert "last day" in clerk.runs(*foreign, "--amount", "1", "--from", "2026-02-02", "--to", "2026-02-01", exits=2)
    clerk.runs(*foreign, "--amount", "much", "--from", "2026-02-01", exits=2)


# --- Looking ---------------------------------------------------------------------------------------------------------


def test_the_card_shows_granted_used_planned_rest_expiry_and_the_movements(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    billed(clerk, stay("1", "A1", MAY, 9, "70.00"))
    clerk.desk.takes(stay("2", "A1", date(2026, 8, 1), 5, "70.00"))
    card = clerk.asks("card", "K-1", "--date", "2026-06-01")
    line = next(one for one in card["budgets"] if one["budget"].startswith("Kurz"))
    assert (line["granted"], line["used"], line["planned"], line["rest"], line["expires"]) == (
        161200,
        63000,
        35000,
        63200,
        "2026-12-31",
    )
    assert (line["days"], line["days_used"], line["days_planned"], line["days_rest"]) == (28, 9, 5, 14)
    assert [(row["source"], row["amount"], row["counts"]) for row in card["movements"]] == [("billed", 63000, True)]
    assert "Movements" in clerk.runs("card", "K-1")


def test_planning_warns_when_a_budget_does_not_reach(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    billed(clerk, stay("1", "A1", MAY, 20, "70.00"))
    planned = ("plan", "K-1", "--kind", "Kurz", "--area", "Wohnen", "--from", "2026-09-01", "--to")
    assert clerk.asks(*planned, "2026-09-08", "--amount", "212")["over"] == 0
    answer = clerk.asks(*planned, "2026-09-10", "--amount", "500", exits=1)
    assert (answer["granted"], answer["over"], answer["days_over"], answer["reached"]) == (
        21200,
        28800,
        2,
        "Kurz",
    )
    assert len(clerk.desk.entries()) == 1


def test_budgets_about_to_run_out(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    billed(clerk, stay("1", "A1", MAY, 26, "60.00"), stay("2", "A1", MAY, 3, "60.00", client="K-2"))
    assert [row["client"] for row in clerk.asks("expiring", "--date", "2026-06-01")["budgets"]] == ["K-1"]
    # In December something is left of every budget, and the year ends.
    late = {(row["client"], row["budget"][:4]) for row in clerk.asks("expiring", "--date", "2026-12-01")["budgets"]}
    assert late == {("K-1", "Kurz"), ("K-1", "Verh"), ("K-2", "Kurz"), ("K-2", "Verh")}


# --- Recalculation ---------------------------------------------------------------------------------------------------


def test_a_changed_limit_is_reported_first_and_becomes_corrections_on_confirmation(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    billed(clerk, stay("1", "A1", MAY, 20, "70.00"), stay("2", "A1", MAY, 3, "70.00", client="K-2"))
    clerk.runs("recalc", "confirm")
    clerk.runs("limits", "change", 1, "--amount", "1000,00")
    report = clerk.asks("recalc", "report")
    assert [(row["client"], row["before"], row["correction"], row["after"]) for row in report["corrections"]] == [
        ("K-1", 140000, -40000, 100000)
    ]
    assert len(clerk.desk.entries()) == 1
    assert clerk.asks("recalc", "confirm")["corrections"] == report["corrections"]
    assert [(one.source, one.amount) for one in clerk.desk.entries()] == [
        (EntrySource.BILLED, 140000),
        (EntrySource.CORRECTION, -40000),
    ]
    assert clerk.asks("recalc", "report") == {"changes": 0, "corrections": [], "not_ours": []}
    assert len(clerk.desk.entries("K-2")) == 1


def test_a_foreign_stay_entered_late_is_reported_for_what_was_billed_after_it(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    billed(clerk, stay("1", "A1", MAY, 20, "70.00"))
    clerk.runs("recalc", "confirm")
    foreign = ("entries", "add", "K-1", "--kind", "Kurz", "--area", "Wohnen", "--from", "2026-02-01")
    clerk.runs(*foreign, "--to", "2026-02-10", "--amount", "500")
    (correction,) = clerk.asks("recalc", "report")["corrections"]
    assert (correction["correction"], correction["days"], correction["payer"]) == (-28800, -2, "brook-north")


def test_everything_that_changes_something_is_in_the_journal(clerk: Clerk) -> None:
    clerk.runs("limits", "import", table(clerk))
    clerk.runs("entries", "add", "K-1", "--kind", "Kurz", "--from", "2026-02-01", "--amount", "500")
    clerk.runs("recalc", "confirm")
    with clerk.desk.home.database.read() as connection:
        events = [entry.event for entry in journal.entries(connection)]
        assert journal.verify(connection).ok
    assert [event for event in events if event.startswith("budget.")] == [
        "budget.limits",
        "budget.entry",
        "budget.recalculated",
    ]


# --- Splitting -------------------------------------------------------------------------------------------------------


def test_splitting_bills_up_to_the_limit_and_the_rest_to_the_next_payer(by_law: Clerk) -> None:
    """40 days at 100 euros against 3 539: the fund gets 3 539 (461 as the client's own share), the client 461."""
    by_law.desk.takes(stay("1", "A1", MAY, 40, "100.00"))
    assert by_law.desk.findings() == [("1", "BUD-AMT-001")]
    (row,) = by_law.asks("split")["items"]
    assert (row["bills"], row["next_payer"], row["rest"]) == (353900, "brook-south", 46100)
    assert by_law.desk.findings() == [("1", "BUD-AMT-001")]
    by_law.runs("split", "--yes")
    assert [finding for finding in by_law.desk.findings() if finding[1] != "BUD-LOW-001"] == []
    result = by_law.desk.exports()
    assert sorted(one.totals.billed for one in result.exchanges) == [46100, 353900]
    (entry,) = by_law.desk.entries()
    assert (entry.amount, entry.claimed) == (353900, 400000)


def test_splitting_cuts_days_first(by_law: Clerk) -> None:
    """60 days at 50 euros: 56 days are 2 800, four days go to the next payer."""
    by_law.desk.takes(stay("1", "A1", MAY, 60, "50.00"))
    assert by_law.desk.findings() == [("1", "BUD-DAY-001")]
    by_law.runs("split", "--yes")
    assert [finding for finding in by_law.desk.findings() if finding[1] != "BUD-LOW-001"] == []
    assert sorted(one.totals.billed for one in by_law.desk.exports().exchanges) == [20000, 280000]
    (entry,) = by_law.desk.entries()
    assert entry.service_to == date(2026, 6, 25)


def test_an_item_of_which_nothing_is_granted_goes_to_the_next_payer_as_it_is(by_law: Clerk) -> None:
    by_law.runs("entries", "add", "K-1", "--kind", "Verh", "--from", "2026-01-01", "--amount", "3539", "--days", 10)
    by_law.desk.takes(stay("1", "A1", MAY, 5, "50.00"))
    (row,) = by_law.asks("split", "--yes")["items"]
    assert (row["bills"], row["rest"]) == (0, 25000)
    assert by_law.desk.findings() == []
    assert [one.totals.billed for one in by_law.desk.exports().exchanges] == [25000]
    assert [entry.source for entry in by_law.desk.entries()] == [EntrySource.FOREIGN]


# --- Hours -----------------------------------------------------------------------------------------------------------


def test_hours_beyond_105_percent_are_held_and_a_missing_grant_is_warned_of(clerk: Clerk) -> None:
    clerk.desk.takes(stay("1", "C1", MAY, 10, "45.00"))
    assert clerk.desk.findings() == [("1", "BUD-HRS-002")]
    grant = ("hours", "add", "K-1", "--kind", "FLS", "--per", "month", "--from", "2026-01-01", "--to", "2026-12-31")
    clerk.runs(*grant, "--hours", "9.6")
    assert clerk.desk.findings() == [("1", "BUD-HRS-002")]  # ends within 70 days of the run's day: 10 h ≤ 10.08 h
    clerk.desk.takes(stay("2", "C1", date(2026, 5, 20), 1, "45.00"))
    assert ("2", "BUD-HRS-001") in clerk.desk.findings()
    (may,) = clerk.asks("hours", "month", "K-1", "--month", "2026-05")["months"]
    assert (may["granted"], may["used"], may["planned"], may["rest"], may["light"]) == (
        "9.60",
        "0.00",
        "11.00",
        "-1.40",
        "not billable",
    )
    assert [row["to_do"] for row in clerk.asks("hours", "list", "--date", "2026-12-01")["grants"]] == [
        "grant ends soon"
    ]


# --- Papers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["notice", "letter"])
def test_papers_are_pdf_files_for_their_owner_alone(by_law: Clerk, command: str, tmp_path: Path) -> None:
    by_law.desk.takes(stay("1", "A1", MAY, 10, "100.00"), stay("2", "B1", MAY, 10, "30.00"))
    file = tmp_path / "letters" / "paper.pdf"
    by_law.runs(command, "K-1", "--month", "2026-05", "--out", file)
    content = file.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    by_law.runs(command, "K-1", "--month", "2026-05", "--out", file)
    assert file.read_bytes() == content
    by_law.runs(command, "K-1", "--month", "2026-06", exits=1)
    by_law.runs(command, "nobody", "--month", "2026-05", exits=1)
