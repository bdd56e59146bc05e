"""Source entries (Debitorenposten): every rule for their billing data and for resetting it, one test each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from billhook.billing.archiving import CannotArchive
from tests.p302.clerk import Clerk, open_clerk, rows


@pytest.fixture
def clerk(tmp_path: Path, billing_url: str) -> Iterator[Clerk]:
    yield from open_clerk(tmp_path, billing_url, payment_days=28)


@pytest.fixture
def billed(clerk: Clerk) -> Clerk:
    clerk.bill([*rows("4711"), *rows("4712", client="K-2", case="V-2")])
    return clerk


def due(clerk: Clerk, number: str) -> date | None:
    return clerk.entry(number).due


def test_when_an_invoice_is_due_is_preset_by_the_settings(billed: Clerk) -> None:
    """28 days after the file of 3 November 2025."""
    assert due(billed, "4711-1") == date(2025, 12, 1)


def test_the_day_that_is_given_with_the_file_is_written_to_the_entries(clerk: Clerk) -> None:
    """A day given when the file is made wins over the preset, and is what the receivable is reckoned with."""
    clerk.bill(rows(), due=date(2025, 12, 24))
    assert due(clerk, "4711-1") == date(2025, 12, 24)
    clerk.sent(1)
    with clerk.workspace.database.read() as connection:
        assert connection.exec_driver_sql("SELECT due FROM receivable").scalars().all() == ["2025-12-24"]


def test_an_entry_waits_until_its_file_is_made(clerk: Clerk) -> None:
    """It waits (EAB) from the start; the mark is gone as soon as a billing file was made."""
    clerk.take(rows())
    assert clerk.entry("4711-1").waiting
    clerk.bill()
    assert not clerk.entry("4711-1").waiting


def test_an_entry_belongs_to_the_scheme_that_its_contract_bills_under(clerk: Clerk) -> None:
    """Which way of billing is used is known of every entry."""
    clerk.take(rows())
    assert clerk.entry("4711-1").scheme == "p302"


def test_an_entry_of_which_items_were_made_is_not_fetched_again(clerk: Clerk) -> None:
    """The mark is set with the items, and a second import of it makes no second item."""
    clerk.take(rows())
    assert clerk.entry("4711-1").created
    again = clerk.take([*rows(), *rows("4713", client="K-3", case="V-3")])
    assert (again.added, again.unchanged) == (2, 2)


def test_an_entry_gets_the_invoice_number_when_the_file_is_made(clerk: Clerk) -> None:
    """Not before."""
    clerk.take(rows())
    assert clerk.entry("4711-1").invoice == ""
    clerk.bill()
    assert clerk.entry("4711-1").invoice == "00000001"


def test_resetting_an_entry_takes_everything_back(billed: Clerk) -> None:
    """No due day, waiting again, no longer marked as used, no invoice number; and it can be billed anew."""
    billed.delete("4711-1", "4711-2", "4712-1", "4712-2", reset=False)
    billed.reset("4711-1")
    entry = billed.entry("4711-1")
    assert (entry.due, entry.waiting, entry.created, entry.invoice) == (None, True, False, "")
    assert billed.entry("4711-2").created
    assert billed.take(rows()[:1]).added == 1


def test_an_entry_is_reset_only_when_nothing_of_its_invoice_is_archived_as_billed(billed: Clerk) -> None:
    """One line of the same invoice number that still counts as billed stands in the way, also of another voucher."""
    billed.delete("4711-1", reset=False)
    before = billed.dump()
    with pytest.raises(CannotArchive, match=r"00000001 .* 4711-2"):
        billed.reset("4711-1")
    billed.delete("4711-2", "4712-1", reset=False)
    with pytest.raises(CannotArchive, match=r"00000001 .* 4712-2"):
        billed.reset("4711-1")
    assert before != billed.dump()
    billed.delete("4712-2", reset=False)
    billed.reset("4711-1", "4711-2", "4712-1", "4712-2")


def test_a_billed_entry_cannot_be_reset(billed: Clerk) -> None:
    """It stands in the way itself; nothing is changed by trying."""
    before = billed.dump()
    with pytest.raises(CannotArchive, match="billed"):
        billed.reset("4711-1")
    assert billed.dump() == before


def test_an_entry_whose_item_is_still_open_cannot_be_reset(clerk: Clerk) -> None:
    """It would be billed twice: the open item is deleted instead."""
    clerk.take(rows())
    with pytest.raises(CannotArchive, match="items delete"):
        clerk.reset("4711-1")


def test_a_repeated_entry_is_reset_only_when_its_repetition_is_gone(clerk: Clerk) -> None:
    """Otherwise the same service would be billed by two items."""
    clerk.bill(rows()[:1])
    clerk.again("4711-1")
    with pytest.raises(CannotArchive, match="4711-1-K1"):
        clerk.reset("4711-1")
    clerk.delete_open("4711-1-K1", reset=False)
    clerk.reset("4711-1")
    assert clerk.take(rows()[:1]).added == 1


def test_an_entry_is_reset_once(billed: Clerk) -> None:
    """A second time says so and changes nothing."""
    billed.delete("4711-1", reset=True)
    with pytest.raises(CannotArchive, match="already"):
        billed.reset("4711-1")


def test_what_was_made_here_has_no_source_entry(billed: Clerk) -> None:
    """A repetition follows an item of ours; nothing was imported for it that could be reset."""
    billed.again("4711-1")
    billed.delete_open("4711-1-K1", reset=False)
    with pytest.raises(CannotArchive, match="no source entry"):
        billed.reset("4711-1-K1")
