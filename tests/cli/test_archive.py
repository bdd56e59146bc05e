"""What a clerk types after the export: the questions before a deletion, and what the archive shows."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.cli.desk import Clerk


def answers(monkeypatch: pytest.MonkeyPatch, *told: str) -> None:
    """What the clerk types at the questions."""
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{one}\n" for one in told)))


def reasons(clerk: Clerk, *numbers: str) -> list[str]:
    found = clerk.asks("archive", "list")
    return [line["reason"] for line in found if line["number"] in numbers]


def test_taking_back_asks_twice_and_does_what_was_answered(billed: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many are marked, and whether their source entries are reset."""
    answers(monkeypatch, "y", "y")
    printed = billed.runs("archive", "delete", "25101-1").out
    assert "1 item marked. Delete?" in printed
    assert "Reset the source entries too?" in printed
    assert "1 item archived as billed-deleted." in printed
    assert reasons(billed, "25101-1") == ["billed-deleted"]
    (entry,) = billed.asks("items", "entries", "25101-1")
    assert (entry["created"], entry["waiting"], entry["invoice"]) == (False, True, "")


@pytest.mark.parametrize("typed", [("n",), ("y", "n")])
def test_no_leaves_everything_as_it_was(billed: Clerk, monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...]) -> None:
    """No at the first question changes nothing; no at the second deletes and keeps the entry used."""
    before = billed.tables()
    answers(monkeypatch, *typed)
    billed.runs("archive", "delete", "25101-1")
    assert (billed.tables() == before) is (typed == ("n",))
    assert billed.asks("items", "entries", "25101-1")[0]["created"]


def test_without_an_answer_nothing_is_done(billed: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that has nobody to ask must say --yes, and then also what becomes of the entries."""
    before = billed.tables()
    answers(monkeypatch)
    billed.runs("archive", "delete", "25101-1", exits=130)
    billed.runs("archive", "delete", "25101-1", "--yes", exits=2)
    billed.runs("archive", "delete", "25101-1", "--reset", "--json", exits=2)
    billed.runs("archive", "again", "25101-1", "--json", exits=2)
    billed.runs("archive", "delete", "--yes", "--keep", exits=2)
    assert billed.tables() == before


def test_billing_again_asks_and_says_what_comes_next(billed: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "y")
    printed = billed.runs("archive", "again", "25101-1").out
    assert "1 item marked. Bill again?" in printed
    assert "25101-1-R1" in printed
    assert "billhook check" in printed
    assert reasons(billed, "25101-1") == ["repeated"]


def test_a_refusal_says_why_and_changes_nothing(billed: Clerk) -> None:
    billed.runs("archive", "again", "25101-1", "--yes")
    before = billed.tables()
    assert "repeated" in billed.runs("archive", "delete", "25101-1", "--keep", "--yes", exits=3).err
    assert "repeated" in billed.runs("archive", "again", "25101-1", "--yes", exits=3).err
    assert "there is no" in billed.runs("archive", "again", "no such item", "--yes", exits=1).err
    assert billed.tables() == before


def test_the_archive_of_one_invoice_one_file_or_one_reason(billed: Clerk) -> None:
    whole = billed.asks("archive", "list")
    counts = {(one["scheme"], one["invoice"]): one["archived"] for one in billed.asks("archive", "invoices")}
    assert sum(counts.values()) == len(whole)
    number = whole[0]["invoice"]
    of_invoice = billed.asks("archive", "list", "--invoice", number)
    assert {line["invoice"] for line in of_invoice} == {number}
    of_file = billed.asks("archive", "list", "--file", whole[0]["file"])
    assert {line["file"] for line in of_file} == {whole[0]["file"]}
    assert billed.asks("archive", "list", "--reason", "repeated") == []
    assert "Nothing of that" in billed.runs("archive", "list", "--reason", "repeated").out
    assert len(billed.asks("archive", "list", "--limit", "1")) == 1
    assert whole[0]["number"] in billed.runs("archive", "list").out


def test_the_invoices_show_what_is_open_again(billed: Clerk) -> None:
    line = billed.asks("archive", "list")[0]
    billed.runs("archive", "again", line["number"], "--yes")
    (found,) = [one for one in billed.asks("archive", "invoices") if one["invoice"] == line["invoice"]]
    assert found["open"] == 1


def test_a_whole_invoice_is_taken_back_and_its_entries_are_reset(billed: Clerk) -> None:
    """Resetting by itself works when nothing of the invoice is archived as billed any more."""
    line = billed.asks("archive", "list")[0]
    refused = billed.runs("items", "reset", line["number"], "--yes", exits=3).err
    assert line["invoice"] in refused
    billed.runs("archive", "delete", "--invoice", line["invoice"], "--keep", "--yes")
    done = billed.asks("items", "reset", line["number"], "--yes")
    assert (len(done["items"]), done["reset"]) == (1, True)


def test_open_items_are_deleted_and_marked(fresh: Clerk, tmp_path: Any) -> None:
    from tests.cli.desk import row  # noqa: PLC0415  # the only test that makes rows of its own

    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(row(number=f"1-{line}", line=line)) + "\n" for line in (1, 2)), "utf-8")
    fresh.runs("items", "import", path)
    assert "1-1: 02" in fresh.runs("items", "mark", "1-1", "--mark", "supplementary").out
    assert "'99'" in fresh.runs("items", "mark", "1-1", "--mark", "99", exits=3).err
    fresh.runs("items", "delete", "1-2", "--reset", "--yes")
    assert reasons(fresh, "1-2") == ["deleted"]
    again = fresh.asks("items", "import", path)
    assert (again["added"], again["unchanged"]) == (1, 1)


def test_a_file_is_made_once_more(billed: Clerk) -> None:
    before = billed.files()
    done = billed.asks("regenerate", "1", "--yes")
    assert [one["id"] for one in done["resumed"]] == [max(one["id"] for one in done["resumed"])]
    assert before < billed.files()
    assert "again" in billed.runs("regenerate", "1", "--yes", exits=3).err


def test_an_export_of_one_mark_and_with_a_day(fresh: Clerk) -> None:
    assert fresh.asks("export", "--mark", "04", "--due", "2026-01-31")["exchanges"] == []
    fresh.runs("export", "--due", "31.01.2026", exits=2)
