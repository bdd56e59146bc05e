"""The correction procedure (Korrekturverfahren) at work: every rule, one test each, from the imported row to the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from billhook.billing.archiving import Selection
from billhook.billing.following import CannotFollow, follow_up, resend
from billhook.billing.marking import set_mark
from billhook.billing.receiving import receive_content
from billhook.model import BillingItem, BillingLine, BillingSlot, CasePeriod, ItemState
from billhook.store import tables
from billhook.store.cases import add_billing_lines, add_billing_slots, add_periods
from billhook.store.encoding import read_json, read_moment, split_key
from billhook_p302.batching import FileKey
from billhook_p302.groups.parts import details_of
from tests.p302.clerk import Clerk, Row, open_clerk, rows
from tests.p302.desk import BERLIN
from tests.p302.replies.letterbox import BLOCKS, Sent, mail


@pytest.fixture
def clerk(tmp_path: Path, billing_url: str) -> Iterator[Clerk]:
    yield from open_clerk(tmp_path, billing_url)


@pytest.fixture
def quick(tmp_path: Path, quick_billing_url: str) -> Iterator[Clerk]:
    """On SQLite only, for what does not depend on the database."""
    yield from open_clerk(tmp_path, quick_billing_url)


def another(number: str = "4799-1", voucher: str = "4799", **changes: Any) -> Row:
    """A position of the same client, case and day that was forgotten, on an invoice of its own."""
    row = rows()[0]
    return {**row, "number": number, "voucher": voucher, "code": "1706010021", **changes}


def credit(number: str = "4711-1C") -> Row:
    """The first position given back."""
    return {**rows()[0], "number": number, "quantity": "-1", "copayment": "0.00"}


def mark_of(item: BillingItem) -> str:
    return details_of(item).processing_mark


def marks(clerk: Clerk) -> dict[str, str]:
    return {number: mark_of(item) for number, item in clerk.items().items()}


def file_marks(clerk: Clerk, *exchanges: int) -> list[set[str]]:
    return [{line[4:6] for line in clerk.segments(key) if line.startswith("FKT")} for key in exchanges]


def test_marks_are_used_only_where_the_receiver_takes_corrections(tmp_path: Path, quick_billing_url: str) -> None:
    """Without the procedure the mark can be seen, but every file leaves as 01 and names no original."""
    for clerk in open_clerk(tmp_path, quick_billing_url, marks=()):
        clerk.bill(rows())
        clerk.take([another()])
        assert marks(clerk)["4799-1"] == "02"
        assert clerk.check() == {"P302-COR-001": 1}
        (file,) = clerk.export().exchanges
        assert file_marks(clerk, file.id) == [{"01"}]
        assert not any(line.startswith("URI") for line in clerk.segments(file.id))


def test_without_a_wish_there_are_files_of_all_marks(clerk: Clerk) -> None:
    """One export makes a file for every mark of which there are items."""
    clerk.bill(rows())
    result = clerk.bill([*rows("4712", client="K-2", case="V-2"), another(), credit()])
    assert sorted(file_marks(clerk, *(one.id for one in result.exchanges)), key=str) == [{"01"}, {"02"}, {"04"}]


@pytest.mark.parametrize("wish", ["02", "supplementary"])
def test_a_mark_chooses_what_is_exported(quick: Clerk, wish: str) -> None:
    """Given as a filter, only items of that mark leave; the others wait."""
    quick.bill(rows())
    result = quick.bill([*rows("4712", client="K-2", case="V-2"), another()], mark=wish)
    assert [one.items for one in result.exchanges] == [1]
    assert file_marks(quick, result.exchanges[0].id) == [{"02"}]
    assert [one.items for one in quick.export().exchanges] == [2]


def test_what_is_billed_for_the_first_time_has_no_mark(quick: Clerk) -> None:
    """Billing without particulars: nothing is named, the file carries 01."""
    (file,) = quick.bill(rows()).exchanges
    assert set(marks(quick).values()) == {""}
    assert file_marks(quick, file.id) == [{"01"}]


def test_a_mark_wants_an_original_that_was_billed(quick: Clerk) -> None:
    """Marked as a correction, an item of which nothing was billed before is held."""
    quick.take(rows("4711", processing_mark="04"))
    found = quick.check()
    assert found["P302-URI-002"] == 4
    assert quick.export().exchanges == []


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("client", {"client": {**rows()[0]["client"], "number": "K-9"}, "case": "V-9"}),
        ("case", {"case": "V-8"}),
        ("billing period", {"service_from": "2025-10-03"}),
    ],
)
def test_the_mark_wants_the_same_client_case_and_billing_period(clerk: Clerk, what: str, change: Row) -> None:
    """All of them must be those of a billed item; where one differs it is a first billing."""
    clerk.bill(rows())
    clerk.take([another("4798-1", "4798", **change), another()])
    assert (what, marks(clerk)["4798-1"]) == (what, "")
    assert marks(clerk)["4799-1"] == "02"


@pytest.mark.parametrize(
    "change", [{"client": {**rows()[0]["client"], "number": "K-9"}, "case": "V-9"}, {"case": "V-8"}]
)
def test_a_voucher_that_was_billed_takes_nothing_of_another_client_or_case(quick: Clerk, change: Row) -> None:
    """The same voucher number alone makes no supplement."""
    quick.bill(rows())
    taken = quick.take([another("4798-1", "4711", **change)])
    assert (taken.stored, taken.by_code) == (False, {"CORE-IMP-015": 1})


def test_the_mark_wants_the_same_period_of_the_case(clerk: Clerk) -> None:
    """Another period of the case is no supplement: a voucher that was billed takes nothing of it."""
    clerk.bill([{**row, "service_from": "2025-09-30"} for row in rows()])
    with clerk.workspace.database.write() as connection:
        case = connection.scalar(sa.select(tables.care_case.c.id))
        assert case is not None
        first = CasePeriod(0, case, "first", date(2025, 9, 1), date(2025, 9, 30))
        add_periods(connection, [first, CasePeriod(0, case, "second", date(2025, 10, 1), None)])
    later = clerk.take([another("4798-1", "4711")])
    assert (later.stored, later.by_code) == (False, {"CORE-IMP-015": 1})
    clerk.take([another("4799-1", "4711", service_from="2025-09-29")])
    assert marks(clerk)["4799-1"] == "02"


def test_the_mark_wants_the_same_billing_period_of_the_plan(quick: Clerk) -> None:
    """Where a plan says which period an item bills, that decides, whatever the days of the service are."""
    quick.take([another("1-1", "1")])
    with quick.workspace.database.write() as connection:
        case = connection.scalar(sa.select(tables.care_case.c.id))
        assert case is not None
        (period,) = add_periods(connection, [CasePeriod(0, case, "2025", date(2025, 10, 1))])
        (line,) = add_billing_lines(connection, [BillingLine(0, period.id, None, "R-7")])
        months = [(date(2025, 10, 1), date(2025, 10, 31)), (date(2025, 11, 1), date(2025, 11, 30))]
        october, november = add_billing_slots(connection, [BillingSlot(0, line.id, *month) for month in months])
    quick.delete_open("1-1", reset=False)
    quick.bill([{**row, "slot": october.id} for row in rows()])
    other_day = {"service_from": "2025-10-09"}
    quick.take([another("2-1", "2", slot=october.id, **other_day), another("3-1", "3", slot=november.id)])
    assert (marks(quick)["2-1"], marks(quick)["3-1"]) == ("02", "")


@pytest.mark.parametrize("reason", ["billed-deleted", "repeated"])
def test_only_what_is_archived_as_billed_is_an_original(clerk: Clerk, reason: str) -> None:
    """What was deleted or repeated since is no billing that could be supplemented."""
    clerk.bill(rows())
    if reason == "repeated":
        clerk.again("4711-1", "4711-2")
    else:
        clerk.delete("4711-1", "4711-2", reset=False)
    clerk.take([another()])
    assert marks(clerk)["4799-1"] == ""


def test_a_position_that_was_not_billed_yet_is_a_supplementary_claim(clerk: Clerk) -> None:
    """A new number of the same client, case and period gets mark 02, also on the voucher that was billed already."""
    clerk.bill(rows())
    taken = clerk.take([another(), another("4711-3", "4711", line=3)])
    assert taken.marks == {"02": 2}
    assert (marks(clerk)["4799-1"], marks(clerk)["4711-3"]) == ("02", "02")
    (file,) = clerk.bill().exchanges
    assert file_marks(clerk, file.id) == [{"02"}]


def test_a_position_that_was_billed_and_is_credited_is_a_correction(clerk: Clerk) -> None:
    """A credit gets mark 04."""
    clerk.bill(rows())
    assert clerk.take([credit()]).marks == {"04": 1}
    (file,) = clerk.bill().exchanges
    assert file_marks(clerk, file.id) == [{"04"}]
    assert any(line.startswith("EHI+15:01000+1706010022+-1,00+") for line in clerk.segments(file.id))


def test_the_mark_is_found_when_the_items_are_made(quick: Clerk) -> None:
    """Right after the import, before any check or export."""
    quick.bill(rows())
    quick.take([another()])
    assert (quick.items()["4799-1"].state, marks(quick)["4799-1"]) == (ItemState.DRAFT, "02")


def test_each_mark_has_files_of_its_own(clerk: Clerk) -> None:
    """No file has two marks, and there is one for each mark that has items."""
    clerk.bill(rows())
    result = clerk.bill([another(), credit(), *rows("4712", client="K-2", case="V-2")])
    assert all(len(found) == 1 for found in file_marks(clerk, *(one.id for one in result.exchanges)))
    assert len(result.exchanges) == 3


def test_the_original_is_named_in_the_file_and_filled_in_by_itself(clerk: Clerk) -> None:
    """Original IK, collective and single number, date and voucher number, as soon as the item is made."""
    clerk.bill(rows())
    clerk.take([another()])
    told = details_of(clerk.items()["4799-1"])
    assert (told.original_provider, told.original_number, told.original_ordinal) == ("591104278", "00000001", "0")
    assert (told.original_date, told.original_voucher_number) == (date(2025, 11, 3), "4711")
    (file,) = clerk.bill().exchanges
    segments = clerk.segments(file.id)
    at = segments.index("URI+591104278+00000001:0+20251103+4711")
    assert (segments[at - 1][:4], segments[at + 1][:4]) == ("INV+", "NAD+")


# --- What we have beyond that -----------------------------------------------------------------------------------------


def test_originals_stay_across_corrections_of_corrections(clerk: Clerk) -> None:
    """The second repetition names the same original as the first one, and so does a third."""
    clerk.bill(rows()[:1])
    for suffix in ("", "-K1", "-K2"):
        clerk.again(f"4711-1{suffix}")
        (file,) = clerk.bill().exchanges
        assert "URI+591104278+00000001:0+20251103+4711" in clerk.segments(file.id)
    assert clerk.items()["4711-1-K3"].voucher == "4711-K3"


def test_an_original_that_an_earlier_program_billed_is_told_by_the_row(quick: Clerk) -> None:
    """Its invoice is none of ours; the correction names it all the same."""
    told = {
        "processing_mark": "04", "original_provider": "591104278", "original_number": "ABC", "original_ordinal": "E",
        "original_date": "2025-07-07", "original_voucher_number": "28",
    }  # fmt: skip
    (file,) = quick.bill(rows(**told)).exchanges
    assert "URI+591104278+ABC:E+20250707+28" in quick.segments(file.id)
    quick.again("4711-1", "4711-2")
    (again,) = quick.bill().exchanges
    assert "URI+591104278+ABC:E+20250707+28" in quick.segments(again.id)


def test_the_clerk_says_otherwise(clerk: Clerk) -> None:
    """A mark is set by hand, by its number or word, and found anew; the change is in the item's history."""
    clerk.bill(rows())
    clerk.take([another()])
    chosen = Selection(items=["4799-1"])
    for wish, found in (("correction", "04"), ("01", "01"), (None, "02")):
        (done,) = set_mark(clerk.workspace, chosen, wish, now=clerk.later())
        assert (done.mark, mark_of(clerk.items()["4799-1"])) == (found, found)
    with clerk.workspace.database.read() as connection:
        history = connection.execute(sa.select(tables.correction.c.old, tables.correction.c.new).order_by("id")).all()
    assert [tuple(row) for row in history] == [("02", "04"), ("04", "01"), ("01", "02")]
    with pytest.raises(CannotFollow, match="supplementary"):
        set_mark(clerk.workspace, chosen, "credit", now=clerk.later())


def test_a_wrong_mark_is_found_by_the_check(quick: Clerk) -> None:
    """A mark that is not agreed on holds the voucher; a first billing of what follows an invoice is warned of."""
    quick.bill(rows())
    quick.take([another()])
    set_mark(quick.workspace, Selection(items=["4799-1"]), "03", now=quick.later())
    assert "P302-COR-002" in quick.check()
    set_mark(quick.workspace, Selection(items=["4799-1"]), "01", now=quick.later())
    assert quick.check() == {"P302-COR-003": 1}


def test_a_correction_is_billed_under_a_new_ik_and_names_the_old_one(tmp_path: Path, quick_billing_url: str) -> None:
    """TA1 V21 7.5.1.2: the provider has another IK by now."""
    for clerk in open_clerk(tmp_path, quick_billing_url):
        config = clerk.workspace.path / "billhook.toml"
        more = '[[schemes.p302.providers]]\nik = "591108158"\nname = "Am Markt"\nstate = "08"\naccounting_code = "15"\n'
        config.write_text(config.read_text("utf-8") + more + 'provider_group = "1501000"\n', "utf-8")
        clerk.bill(rows()[:1])
        clerk.again("4711-1", provider="591108158")
        clerk.workspace.close()
        url = clerk.workspace.database.url
        clerk.workspace = type(clerk.workspace).open(config.parent, url, plugins=clerk.workspace.plugins)
        (file,) = clerk.bill().exchanges
        segments = clerk.segments(file.id)
        assert "URI+591104278+00000001:0+20251103+4711" in segments
        assert any(line.startswith("FKT+04++591108158+") for line in segments)


def test_what_was_not_answered_yet_cannot_be_followed_up(quick: Clerk) -> None:
    """TA1 V21 7.2: the original must have passed levels 1 to 3 of the payer's checks."""
    quick.bill(rows())
    with pytest.raises(CannotFollow, match="answered"):
        follow_up(quick.workspace, ["4711-1"], "correction", now=quick.later())


def refuse(clerk: Clerk, exchange: int) -> None:
    """The data centre's mail that refuses a whole file."""
    with clerk.workspace.database.read() as connection:
        row = connection.execute(sa.select(tables.exchange).where(tables.exchange.c.id == exchange)).one()
    key = FileKey(*split_key(row.file_key))
    size = next(len(content) for name, content in clerk.bytes_of(exchange).items() if not name.endswith(".AUF"))
    made = read_moment(row.created).astimezone(BERLIN)
    sent = Sent(key.sender, key.data_centre, "TSOL0", read_json(row.numbers)["transfer"], made, size)
    content = mail("Dateiablehnung", sent, BLOCKS["C10"]).as_bytes()
    answer = receive_content(clerk.workspace, "refused.eml", content, now=clerk.later())
    assert (answer.state, answer.problem) == ("refused", "")


def test_a_file_that_was_refused_as_a_whole_leaves_again_as_a_first_billing(clerk: Clerk) -> None:
    """TA1 V21 6 and 7.2: the payer has none of it. Mark 01, the same invoice number and date, a new reference; meanwhile its
    items are open and in no archive, and nothing is owed.
    """
    clerk.bill(rows())
    clerk.sent(1)
    refuse(clerk, 1)
    assert (clerk.reasons(), clerk.owed()) == ({}, {})
    clerk.check()
    (file,) = resend(clerk.workspace, 1, now=clerk.later()).resumed
    old, new = clerk.segments(1), clerk.segments(file.id)
    assert file_marks(clerk, file.id) == [{"01"}]
    assert [line for line in old if line.startswith("REC")] == [line for line in new if line.startswith("REC")]
    assert not any(line.startswith("URI") for line in new)
    assert (old[0].split("+")[5], new[0].split("+")[5]) == ("00001", "00002")
    assert clerk.reasons() == {"4711-1": ["billed"], "4711-2": ["billed"]}


def test_what_follows_a_refused_file_waits_until_that_left_again(clerk: Clerk) -> None:
    """A supplement that comes before its original is refused (recommendation 18)."""
    clerk.bill(rows())
    clerk.take([another()])
    clerk.check()
    refuse(clerk, 1)
    held = clerk.export()
    assert (held.exchanges, [one.findings[0].code for one in held.held]) == ([], ["CORE-EXP-002"])
    clerk.check()
    resend(clerk.workspace, 1, now=clerk.later())
    (file,) = clerk.export().exchanges
    assert file_marks(clerk, file.id) == [{"02"}]
