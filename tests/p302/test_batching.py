"""Who leaves with whom, under which numbers and names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from billhook.model import BillingItem, Finding
from billhook.scheme import Keys, Limits, version_on
from billhook_p302 import rules
from billhook_p302.batching import DocumentKey, FileKey, logical_name, physical_name
from billhook_p302.receivers import Billed, turns
from billhook_p302.settings import Settings
from billhook_p302.testing import example_items
from tests.p302.desk import SCHEME, Desk
from tests.p302.test_rules import NOW, PAYER, payers

PROVIDER: dict[str, Any] = {
    "ik": "591104278", "name": "Sanitätshaus Lindenhof GmbH", "state": "08", "accounting_code": "15", "provider_group": "1501000",
}  # fmt: skip
OTHER = {**PROVIDER, "ik": "591108158", "name": "Sanitätshaus am Markt"}
BILLER = {"biller_ik": "591233445", "biller_name": "Abrechnungszentrum Nord"}


def desk(**more: Any) -> Desk:
    return Desk(Settings.model_validate({"providers": [PROVIDER, OTHER], **more}), payers(), NOW)


def item() -> BillingItem:
    return example_items(1, cards=(PAYER,))[0]


def keys(counter: Desk, one: BillingItem) -> Keys:
    found = SCHEME.keys(one, counter.ctx)
    assert isinstance(found, Keys)
    return found


def test_a_file_is_named_by_all_that_its_invoices_share() -> None:
    file = FileKey(*keys(desk(), item()).file)
    assert file == FileKey(
        sender="591104278", data_centre=PAYER, physical_receiver=PAYER, fund_kind="AO", group="A", mark="01", invoice_kind="1",
        version="21", collective="", test_indicator="0", charset="I1", max_invoices="", sealed="",
    )  # fmt: skip


@pytest.mark.parametrize(
    "wish",
    [
        {"test_indicator": 2},
        {"charset": "I8"},
        {"version": "20"},
        {"collective_invoice": True},
        {"max_invoices": 5},
        {"sealed": True},
        {"invoice_kind": 2},
        {"invoice_kind": 3},
    ],
)
def test_what_differs_for_a_whole_file_makes_another_file(wish: dict[str, Any]) -> None:
    assert keys(desk(**BILLER, defaults=wish), item()).file != keys(desk(), item()).file


@pytest.mark.parametrize(
    ("kind", "collective", "sender", "expected"),
    [
        (1, False, "591104278", ()),
        (1, True, "591104278", ("591104278", PAYER)),
        (2, False, "591233445", ()),
        (2, True, "591233445", ("591104278", PAYER)),
        (3, False, "591233445", (PAYER,)),
    ],
)
def test_who_sends_and_what_a_collective_invoice_sums_up(
    kind: int, collective: bool, sender: str, expected: tuple[str, ...]
) -> None:
    mine = keys(desk(**BILLER, defaults={"invoice_kind": kind, "collective_invoice": collective}), item())
    assert (FileKey(*mine.file).sender, mine.collective) == (sender, expected)
    assert mine.document == DocumentKey("591104278", PAYER, PAYER)


def test_two_providers_share_a_file_only_when_somebody_else_bills() -> None:
    one = item()
    other = replace(one, provider="591108158")
    assert keys(desk(), one).file != keys(desk(), other).file
    service = desk(**BILLER, defaults={"invoice_kind": 2})
    assert keys(service, one).file == keys(service, other).file
    assert keys(service, one).document != keys(service, other).document


def test_items_stand_by_voucher_then_aid_then_line() -> None:
    one = replace(item(), voucher="99", line=12)
    assert keys(desk(), one).order == ("99", "99", "001", "000012")
    named = replace(one, details=one.details.model_copy(update={"voucher_number": "A-7", "aid": 2}))
    assert keys(desk(), named).order == ("A-7", "99", "002", "000012")


@pytest.mark.parametrize(
    ("status", "bucket"), [("1", "11"), ("30000", "31"), ("5000100", "51"), ("", "99"), ("7", "99")]
)
def test_the_first_place_of_the_status_says_which_sum(status: str, bucket: str) -> None:
    one = item()
    assert keys(desk(), replace(one, client=replace(one.client, insurance_status=status))).bucket == bucket


def test_an_item_without_a_route_is_held_with_the_reason() -> None:
    found = SCHEME.keys(replace(item(), payer="108018007"), desk().ctx)
    assert isinstance(found, Finding)
    assert (found.code, found.item, found.field) == ("P302-RTE-002", 1, "payer")


def test_numbers_and_limits_of_a_file() -> None:
    counter = desk(defaults={"max_invoices": 500, "test_indicator": 2}, invoice_number="L{year}-{n:06d}")
    file = keys(counter, item()).file
    assert SCHEME.limits(file, counter.ctx) == Limits(vouchers=500)
    plan = SCHEME.series(file, counter.ctx)
    assert plan.document.pattern == "L{year}-{n:06d}"
    interchange, transfer = plan.exchange["interchange"], plan.exchange["transfer"]
    assert (interchange.first, interchange.last, interchange.after_last) == (1, 99_999, 1)
    assert (transfer.first, transfer.last, transfer.after_last) == (1, 999, 0)
    assert PAYER in interchange.name
    assert PAYER not in transfer.name


def test_names_of_files() -> None:
    key = FileKey(*keys(desk(**BILLER, defaults={"invoice_kind": 2, "test_indicator": 2}), item()).file)
    assert logical_name(key, datetime(2025, 1, 31)) == "SL123344A01"  # noqa: DTZ001  # German wall time has no zone
    assert physical_name(key, 179) == "ESOL0179"
    assert physical_name(key._replace(test_indicator="1"), 0) == "TSOL0000"


def test_a_receivers_turn_is_counted_from_its_last_invoice() -> None:
    mine = Settings.model_validate(
        {
            "providers": [PROVIDER],
            "defaults": {"next_billing": "1M"},
            "receivers": [
                {"data_centre": "661430035", "next_billing": "LM+10T"},
                {"payer": "105830016", "next_billing": ""},
            ],
        }
    )
    history = [
        Billed("661430035", "101575519", date(2025, 9, 3)),
        Billed("661430035", "101575519", date(2025, 10, 6)),
        Billed("661430035", "105830016", date(2025, 8, 1)),
        Billed(PAYER, PAYER, date(2025, 10, 31)),
    ]
    found = {turn.receiver.data_centre or turn.receiver.payer: turn for turn in turns(mine, history)}
    assert (found["661430035"].last_billed, found["661430035"].next_billing) == (date(2025, 10, 6), date(2025, 11, 10))
    assert (found["105830016"].last_billed, found["105830016"].next_billing) == (None, None)
    assert (found[""].last_billed, found[""].next_billing) == (date(2025, 10, 31), date(2025, 11, 30))


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2024, 6, 30), None),
        (date(2024, 7, 1), "20"),
        (date(2025, 9, 30), "20"),
        (date(2025, 10, 1), "21"),
        (date(2026, 1, 1), "21"),
        (date(2027, 1, 31), "21"),
        (date(2027, 2, 1), "22"),
    ],
)
def test_the_version_of_a_day(day: date, version: str | None) -> None:
    """TA1 V21 5.5.1: V20 from 01.07.2024 to 31.12.2025, V21 from 01.10.2025. A3 V22: from 01.02.2027."""
    found = version_on(SCHEME.versions, day)
    assert (found.name if found else None) == version


@pytest.mark.parametrize(("day", "faults"), [(31, 0), (1, 1)])
def test_a_pinned_version_holds_until_its_last_day(day: int, faults: int) -> None:
    now = NOW.replace(month=12, day=31) if day == 31 else NOW.replace(year=2026, month=1, day=1)
    mine = Settings.model_validate({"providers": [PROVIDER], "defaults": {"version": "20"}})
    found = Desk(mine, payers(now), now).findings([item()])
    assert len([each for each in found if each.code == rules.VERSION_NOT_VALID.code]) == faults


@pytest.mark.parametrize(
    ("pinned", "day", "faults"),
    [
        ("22", date(2027, 1, 31), 1),
        ("22", date(2027, 2, 1), 0),
        ("21", date(2027, 2, 1), 0),
    ],
)
def test_the_next_version_can_be_pinned_from_its_first_day(pinned: str, day: date, faults: int) -> None:
    now = NOW.replace(year=day.year, month=day.month, day=day.day)
    mine = Settings.model_validate({"providers": [PROVIDER], "defaults": {"version": pinned}})
    found = Desk(mine, payers(now), now).findings([item()])
    assert len([each for each in found if each.code == rules.VERSION_NOT_VALID.code]) == faults


@pytest.mark.parametrize(("pinned", "version"), [(None, "22"), ("21", "21")])
def test_a_file_of_the_first_day_says_which_version_it_is(pinned: str | None, version: str) -> None:
    now = NOW.replace(year=2027, month=2, day=1)
    receiver = {} if pinned is None else {"version": pinned}
    mine = Settings.model_validate({"providers": [PROVIDER], "defaults": receiver})
    files = Desk(mine, payers(now), now).files([item()])
    content = next(data for name, data in files.items() if not name.endswith(".AUF")).decode("latin-1")
    assert content.count(f":{version}:0:0'") == 2
