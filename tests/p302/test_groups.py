"""Which group a line is billed in, which file it leaves in, and how a voucher of a group is put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from billhook.model import BillingItem, Finding
from billhook.scheme import Keys
from billhook_p302.batching import FileKey, letter_of
from billhook_p302.groups import GROUPS
from billhook_p302.groups.parts import details_of
from billhook_p302.layouts import SLLA
from billhook_p302.payers.editions import Edition
from billhook_p302.payers.model import Link, Office
from billhook_p302.payers.routing import PayerDirectory
from billhook_p302.settings import Provider
from billhook_p302.testing import CARDS, PROVIDER, example_directory
from billhook_p302.testing_groups import KEYS, LETTERS, group_items, group_settings
from tests.p302.desk import BERLIN, SCHEME, Desk
from tests.support.independent_reader import read

NOW = datetime(2025, 11, 3, 9, 30, tzinfo=BERLIN)


def desk(**more: Any) -> Desk:
    return Desk(group_settings(**more), example_directory(NOW.date()), NOW)


def told(items: list[BillingItem], **details: Any) -> list[BillingItem]:
    return [replace(item, details=details_of(item).model_copy(update=details)) for item in items]


def provider(code: str, *listed: tuple[str, str], group: str = "") -> Provider:
    groups = [{"service_group": letter, "accounting_code": key[:2], "provider_group": key} for letter, key in listed]
    return Provider.model_validate(
        {"ik": PROVIDER, "name": "X", "state": "08", "accounting_code": code, "provider_group": f"{code}00000",
         "service_group": group, "groups": groups}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "key", "named", "letter"),
    [
        (provider("19"), "1900099", "", "A"),
        (provider("19"), "1500000", "", "A"),
        (provider("22"), "7100000", "", "B"),
        # 31 to 34 are of two groups (A3 8.1.14): home nursing unless somebody says otherwise
        (provider("31"), "3100000", "", "C"),
        (provider("31"), "3100000", "D", "D"),
        (provider("31", group="D"), "3100000", "", "D"),
        (provider("22", ("D", "3100000")), "3100000", "", "D"),
        # what a provider does not bill is of no group
        (provider("19"), "2200000", "", ""),
        (provider("19", ("B", "2200000")), "2200000", "", "B"),
        (provider("19"), "1900099", "B", ""),
        # farm help is in no group
        (provider("19"), "6000000", "", ""),
        (provider("B1"), "B100000", "", "S"),
    ],
)
def test_the_group_of_a_provider_group_key(who: Provider, key: str, named: str, letter: str) -> None:
    assert who.group_of(key, named) == letter


def test_the_key_of_last_resort_is_that_of_the_group_that_the_line_names() -> None:
    who = provider("22", ("C", "3201000"))
    (item, *_) = told(group_items(("B",)), provider_group="", service_group="C")
    assert (who.key_of("C"), who.key_of(""), who.key_of("E")) == ("3201000", "2200000", "2200000")
    assert letter_of(item, who) == "C"


def test_a_payer_is_asked_for_the_route_by_the_accounting_code_of_the_group() -> None:
    """A payer may have another data centre for home nursing (VKG element 9)."""
    card, nursing = CARDS[0], CARDS[1]
    links = (
        Link("03", card, group="5", delivery="07", medium="1", state="99", code="00"),
        Link("03", nursing, group="5", delivery="07", medium="1", state="99", code="32"),
    )
    offices = {card: (Office(card, "Krankenkasse", links=links),), nursing: (Office(nursing, "Annahmestelle"),)}
    directory = PayerDirectory([(Edition("AO", "05", date(2025, 10, 1)), offices)], since=NOW.date())
    ctx = Desk(group_settings(), directory, NOW).ctx
    centres = {}
    for letter in "BC":
        keys = SCHEME.keys(replace(group_items((letter,))[0], payer=card), ctx)
        assert isinstance(keys, Keys)
        centres[letter] = FileKey(*keys.file).data_centre
    assert centres == {"B": card, "C": nursing}


def test_a_file_is_for_one_group() -> None:
    items = group_items(n=2)
    files = {name: content for name, content in desk().files(items).items() if not name.endswith(".AUF")}
    assert {read(content).group for content in files.values()} == set(LETTERS)
    for content in files.values():
        letter = read(content).group
        vouchers = {s.text(4) for s in read(content).segments if s.tag == "INV"}
        assert {voucher[0] for voucher in vouchers} == {letter}


def test_lines_of_another_group_are_told_and_nothing_else() -> None:
    items = group_items(("B",), 1, 5)
    items = [*items, *told([replace(items[0], id=99, line=99)], provider_group=KEYS["H"])]
    found = desk().findings(items)
    assert [(each.code, each.item, each.value) for each in found] == [("P302-UNB-016", 99, "H")]


def test_a_code_of_no_group_that_is_billed_here_has_no_key() -> None:
    (item, *_) = told(group_items(("B",)), provider_group="6000000")
    finding = SCHEME.keys(item, desk().ctx)
    assert isinstance(finding, Finding)
    assert (finding.code, finding.field, finding.value) == ("P302-UNB-015", "details.provider_group", "60")


def test_a_group_that_there_is_not_is_told() -> None:
    found = desk().findings(told(group_items(("B",)), service_group="Z"))
    assert [(each.code, each.field) for each in found] == [("P302-UNB-009", "details.service_group")]


def test_visits_leave_in_the_order_of_time_whatever_order_they_come_in() -> None:
    items = group_items(("C",), 6, 11)
    for content in desk().files(items).values():
        if content[:3] == b"UNB":
            voucher: list[tuple[str, str]] = []
            for segment in read(content).segments:
                if segment.tag == "INV":
                    voucher = []
                elif segment.tag == "ESK":
                    voucher.append((segment.text(1), segment.text(2)))
                    assert voucher == sorted(voucher)


def test_days_of_a_midwife_stand_together() -> None:
    items = group_items(("F",), 1, 2)
    first = items[0]
    again = replace(first, id=50, line=50, number="again")
    content = next(each for name, each in desk().files([*items, again]).items() if not name.endswith(".AUF"))
    tags = [segment.tag for segment in read(content).segments if segment.tag in ("HEB", "HEL", "EHB")]
    # HEB and HEL of the provider, three positions of its day; then the other midwife's.
    assert sorted(tags) == sorted(["HEB", "HEL", "EHB", "EHB", "EHB", "HEB", "HEL", "EHB"])
    assert tags[0] == "HEB"
    assert tags.count("HEL") == 2


@pytest.mark.parametrize("order", ["after-all-aids", "per-aid", "surcharge-per-aid"])
def test_copayments_of_trips_stand_where_the_receiver_wants_them(order: str) -> None:
    vouchers = (group_items(("E",), 1, seed) for seed in range(20))
    items = next(items for items in vouchers if any(item.splits for item in items))
    content = next(iter(desk(defaults={"copayment_order": order}).files(items).values()))
    tags = [segment.tag for segment in read(content).segments if segment.tag in ("KTL", "ZUK")]
    assert tags == (["KTL", "ZUK"] * 2 if order == "per-aid" else ["KTL", "KTL", "ZUK", "ZUK"])


def test_a_price_with_vat_is_gross_where_a_group_knows_no_vat() -> None:
    (item, *rest) = group_items(("Q",), 1, 3)
    net = replace(item, quantity=item.quantity * 0 + 1, unit_price=item.unit_price * 0 + 100, vat_rate=item.quantity * 0 + 19,
                  net=10_000, vat=1_900, gross=11_900)  # fmt: skip
    content = read(next(iter(desk().files([net, *rest]).values())))
    assert next(s.text(4) for s in content.segments if s.tag == "EHP") == "119,00"
    assert [s for s in content.segments if s.tag == "MWS"] == []


def test_every_group_that_has_a_message_can_be_billed() -> None:
    assert set(GROUPS) == set(SLLA) == {"A", *LETTERS}
    for letter, group in GROUPS.items():
        tags = set(SLLA[letter].layouts)
        assert {table.layout.tag for table in group.tables} | {group.closing.layout.tag} <= tags, letter
        assert set(group.checks) <= tags, letter
