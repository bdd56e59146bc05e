"""What a payer did not want to pay, at a terminal: `billhook deductions` and `billhook settle book`."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.cli.desk import Clerk
from tests.cli.test_reference_pages import section


def keys_on_the_page(name: str) -> set[str]:
    (sentence,) = re.findall(r"With `--json`:(.*?\.)\n", section(name), re.DOTALL)
    return set(re.findall(r"`([a-z_0-9]+)`", sentence))


def asks(clerk: Clerk, name: str, *arguments: object) -> Any:
    """What `--json` says, with exactly the keys of the page."""
    told = clerk.asks(*name.split(), *arguments)
    for each in told if isinstance(told, list) else [told]:
        assert set(each) == keys_on_the_page(f"billhook {name}")
    return told


@pytest.fixture
def owed(billed: Clerk) -> Clerk:
    """A clerk whose first file left."""
    billed.runs("sent", "1")
    return billed


@pytest.fixture
def invoice(owed: Clerk) -> str:
    """An invoice that is owed."""
    return str(owed.asks("settle", "open")[0]["invoice"])


def euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def test_from_the_letter_to_the_decision(owed: Clerk, invoice: str) -> None:
    [billed] = [one["billed"] for one in owed.asks("settle", "open") if one["invoice"] == invoice]
    booked = asks(owed, "settle book", invoice, euros(billed - 1000), "--booked", "2025-11-20", "--reference", "Z1")
    assert (booked["open"], booked["items"]) == (1000, 0)
    [made] = asks(
        owed, "deductions add", invoice, "10,00", "--code", "K07", "--text", "=three days", "--reason", "amount-wrong"
    )
    assert (made["amount"], made["probability"], made["codes"]) == (1000, 20, ["K07"])
    [listed] = asks(owed, "deductions list", "--invoice", invoice)
    assert listed["id"] == made["id"]
    [changed] = asks(
        owed, "deductions set", made["id"], "--action", "object", "--probability", "50", "--note", "called"
    )
    assert (changed["action"], changed["probability"], changed["note"]) == ("object", 50, "called")
    assert owed.asks("settle", "open", "--overdue", "--today", "2099-01-01") == []
    [closed] = asks(owed, "deductions close", made["id"], "--granted", "4")
    assert (closed["closed"], closed["granted"]) == (True, 400)
    assert owed.asks("deductions", "list") == []
    assert [one["id"] for one in asks(owed, "deductions list", "--all")] == [made["id"]]
    shown = asks(owed, "deductions show", made["id"])
    assert [each["event"] for each in shown["history"]] == ["deduction.made", "deduction.changed", "deduction.closed"]
    [row] = [one for one in owed.asks("settle", "open") if one["invoice"] == invoice]
    assert (row["deducted"], row["open"], row["disputed"]) == (600, 400, 0)
    asks(owed, "deductions reopen", made["id"])
    assert owed.asks("deductions", "list") != []


def test_what_a_person_reads(owed: Clerk, invoice: str) -> None:
    owed.runs("deductions", "add", invoice, "10.00", "--reason", "approval-missing")
    listed = owed.runs("deductions", "list").out
    assert "approval-missing" in listed
    assert "1 deduction of 10,00 EUR to decide, of which 9,00 EUR are likely to come." in listed
    assert "Deduction 1" in owed.runs("deductions", "show", "1").out
    assert "of" in owed.runs("settle", "book", invoice, "1", "--booked", "2025-11-20").out
    assert "10,00" in owed.runs("deductions", "close", "1", "--action", "accept").out
    assert "(none)" in owed.runs("deductions", "list").out


@pytest.mark.parametrize(
    ("arguments", "exits"),
    [
        (("deductions", "show", "77"), 1),
        (("deductions", "show", "99999999999999999999"), 2),
        (("deductions", "close", "77", "--action", "accept"), 1),
        (("deductions", "close", "1", "--action", "forget"), 2),
        (("deductions", "close"), 2),
        (("deductions", "set", "1"), 3),
        (("deductions", "set", "1", "--probability", "101"), 2),
        (("deductions", "set", "1", "--reason", "weather"), 1),
        (("deductions", "add", "none", "5"), 1),
        (("deductions", "add", "INVOICE", "5,001"), 2),
        (("deductions", "add", "INVOICE", "five"), 2),
        (("deductions", "add", "INVOICE", "99999999999999999999999"), 2),
        (("deductions", "add", "INVOICE", "5", "--item", "a", "--voucher", "b"), 2),
        (("deductions", "add", "INVOICE", "5", "--dated", "31.02.2026"), 2),
        (("deductions", "list", "--scheme", "none"), 6),
        (("deductions", "list", "--invoice", "none"), 1),
        (("settle", "book", "INVOICE", "0", "--booked", "2025-11-20"), 3),
        (("settle", "book", "none", "5", "--booked", "2025-11-20"), 1),
        (("settle", "book", "INVOICE", "5", "--booked", "yesterday"), 2),
        (("settle", "book", "INVOICE", "99999999999999999999999", "--booked", "2025-11-20"), 2),
    ],
)
def test_a_mistake_changes_nothing(owed: Clerk, invoice: str, arguments: tuple[str, ...], exits: int) -> None:
    before = owed.tables()
    owed.runs(*(invoice if each == "INVOICE" else each for each in arguments), exits=exits)
    assert owed.tables() == before
