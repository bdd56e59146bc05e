"""After the export: every rule for deleting items, billing them again and taking billed ones back, one test each.

Each docstring says the rule in our own words; the tests run on both databases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from billhook.billing.archiving import CannotArchive, Selection, marked
from billhook.billing.correcting import correct
from billhook.billing.following import CannotFollow, regenerate
from billhook.model import ExchangeState, ItemState
from billhook.store import tables
from billhook_p302.groups.parts import details_of
from tests.p302.clerk import Clerk, open_clerk, rows


@pytest.fixture
def clerk(tmp_path: Path, billing_url: str) -> Iterator[Clerk]:
    yield from open_clerk(tmp_path, billing_url)


@pytest.fixture
def billed(clerk: Clerk) -> Clerk:
    """Two vouchers of two lines each, billed in one invoice of one file."""
    result = clerk.bill([*rows("4711"), *rows("4712", client="K-2", case="V-2")])
    assert [one.items for one in result.exchanges] == [4]
    return clerk


# --- Deleting open items (eAbrechnungsposten löschen) -----------------------------------------------------------------


def test_open_items_are_marked_and_deleted(clerk: Clerk) -> None:
    """Whoever deletes is told how many items are marked; those are deleted and no others."""
    clerk.take([*rows("4711"), *rows("4712", client="K-2", case="V-2")])
    assert marked(clerk.workspace, Selection(items=["4711-1"]), open_items=True) == 1
    assert marked(clerk.workspace, Selection(voucher="4712"), open_items=True) == 2
    removed = clerk.delete_open("4711-2", reset=False)
    assert len(removed.items) == 1
    assert {number: item.state for number, item in clerk.items().items()} == {
        "4711-1": ItemState.CORRECTED, "4711-2": ItemState.CLOSED, "4712-1": ItemState.DRAFT, "4712-2": ItemState.DRAFT,
    }  # fmt: skip
    clerk.check()
    assert sum(one.items for one in clerk.export().exchanges) == 3


def test_an_open_item_that_is_deleted_with_its_source_reset_can_be_fetched_again(clerk: Clerk) -> None:
    """Resetting the source entry makes it free: the very same file brings it back, under the same number."""
    path = clerk.file(rows(), "october.jsonl")
    clerk.take_file(path)
    clerk.delete_open("4711-1", "4711-2", reset=True)
    again = clerk.take_file(path)
    assert (again.added, again.unchanged, again.already_imported) == (2, 0, None)
    assert sum(one.items for one in clerk.bill().exchanges) == 2
    assert clerk.reasons() == {"4711-1": ["deleted", "billed"], "4711-2": ["deleted", "billed"]}


def test_an_open_item_that_is_deleted_without_reset_is_no_longer_billed_in_any_run(clerk: Clerk) -> None:
    """Its source entry stays used: a later import leaves it out and says why, whatever the row says by then."""
    clerk.take(rows())
    clerk.delete_open("4711-2", reset=False)
    again = clerk.take(rows()[1:])
    assert (again.added, again.unchanged, again.by_code) == (0, 1, {"CORE-IMP-028": 1})
    changed = clerk.take([{**rows()[1], "quantity": "2"}])
    assert (changed.stored, changed.added, changed.by_code) == (True, 0, {"CORE-IMP-028": 1})
    assert "billhook items reset 4711-2" in changed.findings[0].mend
    assert sum(one.items for one in clerk.bill().exchanges) == 1


def test_only_open_items_can_be_deleted_as_open_ones(billed: Clerk) -> None:
    """What left is taken back in the archive instead, and nothing is changed by trying."""
    before = billed.dump()
    with pytest.raises(CannotArchive, match="archive delete"):
        billed.delete_open("4711-1", reset=True)
    assert billed.dump() == before


# --- The archive (eAbrechnungsposten erneut abrechnen) ----------------------------------------------------------------


def test_deleted_and_sent_items_are_archived(billed: Clerk) -> None:
    """The correction procedure needs the history: nothing that was deleted or that left is gone."""
    billed.take(rows("4713", client="K-3", case="V-3"))
    billed.delete_open("4713-1", reset=False)
    assert set(billed.reasons()) == {"4711-1", "4711-2", "4712-1", "4712-2", "4713-1"}


def test_deleting_by_hand_archives_as_deleted(clerk: Clerk) -> None:
    """The reason of an open item that somebody deleted is `deleted` (Gelöscht)."""
    clerk.take(rows())
    clerk.delete_open("4711-1", reset=True)
    assert clerk.reasons() == {"4711-1": ["deleted"]}


def test_making_the_files_archives_what_is_in_them_as_billed(billed: Clerk) -> None:
    """Every item that a file holds is archived by itself, with the reason `billed` (eAbrechnung); others stay open."""
    billed.take(rows("4713", client="K-3", case="V-3"))
    assert billed.reasons() == {number: ["billed"] for number in ("4711-1", "4711-2", "4712-1", "4712-2")}


def test_the_archive_is_opened_whole_or_for_one_invoice(billed: Clerk) -> None:
    """From the menu it is unfiltered; by an invoice's count of lines it shows only those of that invoice."""
    billed.bill(rows("4713", client="K-3", case="V-3"))
    whole, (first, second) = billed.archive(), billed.invoices()
    assert len(whole) == 6
    assert [line.voucher for line in billed.archive(invoice=first)] == ["4713", "4713"]
    assert len(billed.archive(invoice=second)) == 4


def test_a_billed_line_shows_its_reason_and_that_it_was_a_first_billing(billed: Clerk) -> None:
    """Archive reason `billed`, mark 01, the invoice and the file."""
    line = billed.archive()[0]
    assert (line.reason, line.kind, line.invoice, line.exchange) == ("billed", "", "00000001", 1)
    assert any(segment.startswith("FKT+01") for segment in billed.segments(1))


# --- Billing again (Markierte Posten erneut Abrechnen) ----------------------------------------------------------------


def test_a_wrong_field_is_mended_in_a_repeated_item_and_the_rest_stays_as_it_was(billed: Clerk) -> None:
    """The marked items are open once more, one to one, so that the field can be corrected."""
    billed.again("4711-1", "4711-2")
    old, new = billed.items()["4711-1"], billed.items()["4711-1-K1"]
    assert (new.code, new.quantity, new.unit_price, new.splits, new.service_from) == (
        old.code, old.quantity, old.unit_price, old.splits, old.service_from,
    )  # fmt: skip
    correct(billed.workspace, "1706010023", item="4711-1-K1", field="code", now=billed.later())
    (file,) = billed.bill().exchanges
    assert any("1706010023" in segment for segment in billed.segments(file.id))


def test_billing_again_archives_as_repeated(billed: Clerk) -> None:
    """The reason of the item before becomes `repeated` (eAbr. wiederholt)."""
    billed.again("4711-1")
    assert billed.reasons()["4711-1"] == ["repeated"]
    assert billed.reasons()["4711-2"] == ["billed"]


def test_billing_again_does_not_reset_the_source_entry(billed: Clerk) -> None:
    """It stays used by the invoice that it left in, so that importing it again brings nothing."""
    before = billed.entry("4711-1")
    billed.again("4711-1")
    assert billed.entry("4711-1") == before
    assert (before.created, before.invoice) == (True, "00000001")
    again = billed.take([{**rows()[0], "quantity": "2"}])
    assert (again.stored, again.by_code) == (False, {"CORE-IMP-015": 1})


@pytest.mark.parametrize("reason", ["open", "deleted", "repeated", "billed-deleted"])
def test_only_what_is_archived_as_billed_can_be_billed_again(billed: Clerk, reason: str) -> None:
    """Whatever has another reason, or none, cannot be chosen; trying changes nothing."""
    if reason == "open":
        billed.take(rows("4713", client="K-3", case="V-3"))
    elif reason == "deleted":
        billed.take(rows("4713", client="K-3", case="V-3"))
        billed.delete_open("4713-1", reset=False)
    elif reason == "repeated":
        billed.again("4711-1")
    else:
        billed.delete("4711-1", reset=False)
    before = billed.dump()
    with pytest.raises(CannotArchive, match="open" if reason == "open" else reason):
        billed.again("4713-1" if reason in ("open", "deleted") else "4711-1")
    assert billed.dump() == before


def test_an_invoice_counts_its_lines_that_are_open_again(billed: Clerk) -> None:
    """After one line was marked: one open line, and all four still in the archive. After the new file none is open."""
    assert billed.invoices() == {"00000001": (0, 4)}
    billed.again("4711-1")
    assert billed.invoices() == {"00000001": (1, 4)}
    billed.bill()
    assert billed.invoices() == {"00000002": (0, 1), "00000001": (0, 4)}


def test_the_repeated_line_is_archived_as_billed_with_the_mark_of_a_correction(billed: Clerk) -> None:
    """Beside the line before it: reason `billed`, kind `correction`."""
    billed.again("4711-1")
    billed.bill()
    assert [(line.number, line.reason, line.kind) for line in billed.archive() if line.voucher.startswith("4711")] == [
        ("4711-1", "repeated", ""), ("4711-2", "billed", ""), ("4711-1-K1", "billed", "correction"),
    ]  # fmt: skip


def test_the_repeated_line_names_the_billing_that_it_came_from(billed: Clerk) -> None:
    """The original's provider, collective and single number, date and voucher number are on the new item."""
    billed.again("4711-1")
    new = billed.items()["4711-1-K1"]
    told = details_of(new)
    assert (told.original_provider, told.original_number, told.original_ordinal) == ("591104278", "00000001", "0")
    assert (told.original_date, told.original_voucher_number) == (date(2025, 11, 3), "4711")
    assert new.corrects == billed.items()["4711-1"].id


def test_the_file_of_the_repetition_carries_04_and_the_original(billed: Clerk) -> None:
    """FKT has mark 04 and URI points to the corrected invoice; a new invoice number, because those are unique for ever."""
    billed.again("4711-1")
    (file,) = billed.bill().exchanges
    segments = billed.segments(file.id)
    assert {segment[:6] for segment in segments if segment.startswith("FKT")} == {"FKT+04"}
    assert "URI+591104278+00000001:0+20251103+4711" in segments
    assert any(segment.startswith("REC+00000002:0+") for segment in segments)


def test_without_a_correction_procedure_the_repetition_is_a_first_billing(tmp_path: Path, billing_url: str) -> None:
    """Where the receiver takes no corrections the item leaves again with mark 01 and names nothing."""
    for clerk in open_clerk(tmp_path, billing_url, marks=()):
        clerk.bill(rows())
        clerk.again("4711-1")
        (file,) = clerk.bill().exchanges
        segments = clerk.segments(file.id)
        assert {segment[:6] for segment in segments if segment.startswith("FKT")} == {"FKT+01"}
        assert not any(segment.startswith("URI") for segment in segments)


def test_the_clerk_names_the_mark_of_the_repetition(billed: Clerk) -> None:
    """The mark is given when billing again, by its number or its word."""
    billed.again("4711-1", kind="02")
    assert details_of(billed.items()["4711-1-N1"]).processing_mark == "02"
    with pytest.raises(CannotFollow, match="resumption"):
        billed.again("4711-2", kind="07")


def test_what_is_billed_again_is_owed_once(billed: Clerk) -> None:
    """The payer owes the new invoice and no longer the part of the old one that it repeats. 72,15 less 7,22 is 64,93."""
    billed.sent(1)
    whole = billed.owed()["00000001"]
    billed.again("4711-1")
    assert billed.owed() == {"00000001": whole - 6493}
    (file,) = billed.bill().exchanges
    billed.sent(file.id)
    assert billed.owed() == {"00000001": whole - 6493, "00000002": 6493}


# --- The file of an existing billing (Abrechnungsdatei für bestehende Abrechnung neu erstellen) -----------------------


def test_the_file_of_an_existing_billing_is_made_again_under_its_invoice_numbers(billed: Clerk) -> None:
    """The same invoice, number and date, in a new file with a new reference; the old file stays byte for byte."""
    before = billed.bytes_of(1)
    (file,) = regenerate(billed.workspace, 1, now=billed.later()).resumed
    assert (file.document_numbers, file.items) == (("00000001",), 4)
    assert billed.bytes_of(1) == before
    old, new = billed.segments(1), billed.segments(file.id)
    assert [segment for segment in old if segment[:3] not in ("UNB", "UNZ")] == [
        segment for segment in new if segment[:3] not in ("UNB", "UNZ")
    ]
    assert old[0] != new[0]
    assert _state(billed, 1) is ExchangeState.WITHDRAWN


def test_a_file_that_is_made_again_may_get_another_mark(billed: Clerk) -> None:
    """The mark that is needed is given with it; without an original to name it cannot be a correction."""
    with pytest.raises(CannotFollow, match="original"):
        regenerate(billed.workspace, 1, mark="04", now=billed.later())
    billed.again("4711-1", kind="02")
    correct(billed.workspace, "1.11", item="4711-1-N1", field="unit_price", now=billed.later())
    (file,) = billed.bill().exchanges
    (again,) = regenerate(billed.workspace, file.id, mark="correction", now=billed.later()).resumed
    assert {segment[:6] for segment in billed.segments(again.id) if segment.startswith("FKT")} == {"FKT+04"}


def test_what_was_taken_back_is_not_in_the_file_that_is_made_again(billed: Clerk) -> None:
    """Deleted and repeated lines stay out of it."""
    billed.delete("4711-1", "4711-2", reset=False)
    (file,) = regenerate(billed.workspace, 1, now=billed.later()).resumed
    inv = [segment for segment in billed.segments(file.id) if segment.startswith("INV")]
    assert (file.items, [re.split(r"\+", segment)[-1] for segment in inv]) == (2, ["4712"])


def test_a_file_that_was_sent_is_owed_once_when_it_is_made_again(billed: Clerk) -> None:
    """It may be necessary to make files that left anew: only the newest one is owed for."""
    billed.sent(1)
    owed = billed.owed()
    (file,) = regenerate(billed.workspace, 1, now=billed.later()).resumed
    assert billed.owed() == {}
    billed.sent(file.id)
    assert billed.owed() == owed
    assert _state(billed, 1) is ExchangeState.SENT


# --- Taking back (Markierte Posten löschen) ---------------------------------------------------------------------------


def test_taking_back_archives_as_billed_deleted_and_frees_the_source(billed: Clerk) -> None:
    """A file that was wrong altogether: its items get the reason `billed-deleted` and can be made anew from their source."""
    billed.delete("4711-1", "4711-2", "4712-1", "4712-2", reset=True)
    assert {line.reason for line in billed.archive()} == {"billed-deleted"}
    entry = billed.entry("4711-1")
    assert (entry.created, entry.waiting, entry.invoice, entry.due) == (False, True, "", None)


def test_taking_back_without_reset_keeps_the_source_used(billed: Clerk) -> None:
    """Answering no to the second question: the entries are not billed again by a later import."""
    billed.delete("4711-1", reset=False)
    assert billed.entry("4711-1").created
    assert billed.take([{**rows()[0], "quantity": "3"}]).by_code == {"CORE-IMP-028": 1}


def test_after_a_reset_the_items_are_fetched_checked_and_billed_anew(billed: Clerk) -> None:
    """The archive then shows both: the deleted position as `billed-deleted`, the new one as `billed`."""
    billed.delete("4711-1", "4711-2", "4712-1", "4712-2", reset=True)
    fresh = [*rows("4711"), *rows("4712", client="K-2", case="V-2")]
    taken = billed.take([{**fresh[0], "unit_price": "70.00", "copayment": "7.00"}, *fresh[1:]])
    assert (taken.added, taken.errors) == (4, 0)
    (file,) = billed.bill().exchanges
    assert (file.document_numbers, file.items) == (("00000002",), 4)
    assert billed.reasons()["4711-1"] == ["billed-deleted", "billed"]
    assert {segment[:6] for segment in billed.segments(file.id) if segment.startswith("FKT")} == {"FKT+01"}


def test_the_very_same_file_can_be_imported_again_after_a_reset(clerk: Clerk) -> None:
    """Otherwise it is known as imported; only the rows whose entries were reset become items."""
    path = clerk.file([*rows("4711"), *rows("4712", client="K-2", case="V-2")], "october.jsonl")
    clerk.take_file(path)
    clerk.bill()
    assert clerk.take_file(path).already_imported == 1
    clerk.delete("4711-1", "4711-2", reset=True)
    again = clerk.take_file(path)
    assert (again.stored, again.added, again.unchanged) == (True, 2, 2)


@pytest.mark.parametrize("reason", ["billed-deleted", "repeated", "deleted"])
def test_what_is_not_archived_as_billed_cannot_be_taken_back(billed: Clerk, reason: str) -> None:
    """A position with the reason `billed-deleted` or `repeated` cannot be deleted, nor one that never left."""
    number = "4711-1"
    if reason == "billed-deleted":
        billed.delete(number, reset=True)
    elif reason == "repeated":
        billed.again(number)
    else:
        number = "4713-1"
        billed.take(rows("4713", client="K-3", case="V-3"))
        billed.delete_open(number, reset=False)
    before = billed.dump()
    with pytest.raises(CannotArchive, match=reason):
        billed.delete(number, reset=True)
    assert billed.dump() == before


def test_an_invoice_has_no_open_lines_after_its_files_are_made(billed: Clerk) -> None:
    """All its lines are in the archive then."""
    assert billed.invoices() == {"00000001": (0, 4)}


def test_the_source_entries_got_their_invoice_when_the_file_was_made(billed: Clerk) -> None:
    """Used, no longer waiting, and with the invoice number."""
    entry = billed.entry("4712-2")
    assert (entry.created, entry.waiting, entry.invoice) == (True, False, "00000001")


def test_what_was_taken_back_is_no_longer_owed(billed: Clerk) -> None:
    """Also where the file is said to be sent only afterwards."""
    billed.sent(1)
    whole = billed.owed()["00000001"]
    billed.delete("4711-1", reset=False)
    assert billed.owed() == {"00000001": whole - 6493}
    billed.delete("4711-2", "4712-1", "4712-2", reset=False)
    assert billed.owed() == {}


def test_a_file_that_never_left_and_has_nothing_in_it_any_more_is_withdrawn(billed: Clerk) -> None:
    """It must not be sent by mistake; where some of it is left, what is owed is only that."""
    billed.delete("4711-1", reset=False)
    assert _state(billed, 1) is ExchangeState.RENDERED
    billed.sent(1)
    assert billed.owed()["00000001"] == sum(line.billed for line in billed.archive() if line.reason == "billed")


def test_all_of_an_unsent_file_taken_back_withdraws_it(billed: Clerk) -> None:
    """Then nobody sends it any more."""
    billed.delete("4711-1", "4711-2", "4712-1", "4712-2", reset=True)
    assert _state(billed, 1) is ExchangeState.WITHDRAWN


def test_what_was_sent_is_never_changed_or_lost(billed: Clerk) -> None:
    """Invoices, files, lines of the batch and the items' own numbers and contents are as they were; the journal holds."""
    kept = ("document", "artifact", "batch_line")
    before, files, items = billed.dump(), billed.bytes_of(1), billed.items()
    billed.again("4711-1")
    billed.delete("4712-1", "4712-2", reset=True)
    after = billed.dump()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert billed.bytes_of(1) == files
    assert all(billed.items()[number].details == item.details for number, item in items.items())
    events = billed.events()
    keys = {number: item.id for number, item in items.items()}
    assert ("item.repeated", f"item:{keys['4711-1']}") in events
    assert ("item.deleted", f"item:{keys['4712-1']}") in events


def test_what_is_followed_by_another_item_cannot_be_taken_back(billed: Clerk) -> None:
    """The supplement names the invoice: it has to go first."""
    extra = {**rows()[0], "number": "4711-3", "line": 3, "code": "1706010021", "copayment": "7.22"}
    billed.bill([extra])
    with pytest.raises(CannotArchive, match="4711-3"):
        billed.delete("4711-1", reset=True)
    billed.delete("4711-3", reset=True)
    billed.delete("4711-1", reset=True)


def _state(clerk: Clerk, exchange: int) -> ExchangeState:
    with clerk.workspace.database.read() as connection:
        table = tables.exchange
        found = connection.execute(table.select().where(table.c.id == exchange)).one()
    return ExchangeState(found.state)
