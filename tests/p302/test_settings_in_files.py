"""Every setting of the eAbrechnung card, one by one: what it changes in the file, written out by hand from TA1.

The voucher is that of test_rules: stockings, and pads for three months. Its segments without any setting stand in BASE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from billhook_p302.settings import Provider, Receiver, Settings
from billhook_p302.testing import item_of
from tests.p302.desk import Desk
from tests.p302.test_rules import NOW, PAYER, PROVIDER, Rows, findings, payers, settings, voucher

STOCKINGS = "EHI+15:01000+1706010022+1,00+12+72,15+20251002+00"
BASE = (
    f"UNB+UNOC:3+{PROVIDER}+{PAYER}+20251103:0930+00001+A+SL110427S11+0",
    f"FKT+01++{PROVIDER}+{PAYER}+{PAYER}+{PROVIDER}",
    f"FKT+01++{PROVIDER}+{PAYER}+{PAYER}",
    "REC+00000001:0+20251103+1",
    "NAM+Sanitätshaus Lindenhof GmbH",
    "INV+H317604125+10000+1+4711",
    STOCKINGS,
)
PZN = "03041347"
BILLER: dict[str, Any] = {"biller_ik": "591233445", "biller_name": "Abrechnungszentrum Nord"}
WITH_PZN: dict[str, Any] = {"details": {"pzn": PZN}}
NET: dict[str, Any] = {"vat_rate": "19", "unit_price": "60.63"}


def segments(change: Mapping[str, Any], **more: Any) -> list[str]:
    """The segments of the file of the voucher, its first line changed."""
    rows: Rows = voucher()
    details = {**rows[0]["details"], **change.get("details", {})}
    rows[0] |= {**change, "details": details}
    files = Desk(settings(**more), payers(), NOW).files([item_of(row, at) for at, row in enumerate(rows, start=1)])
    data = next(content for name, content in files.items() if not name.endswith(".AUF"))
    return data.decode("latin-1").rstrip("'").split("'")


def test_without_any_setting() -> None:
    assert set(BASE) <= set(segments({}))


Change = dict[str, Any]
CASES: tuple[tuple[str, Change, Change, tuple[str, ...]], ...] = (
    ("test_indicator", {}, {"test_indicator": 2}, (BASE[0][:-1] + "2",)),
    ("version", {}, {"version": "20"}, ("UNH+00002+SLLA:20:0:0",)),
    ("invoice_kind", {}, {"invoice_kind": 2}, ("REC+00000001:0+20251103+2",)),
    ("collective_invoice", {}, {"collective_invoice": True}, ("REC+00000001:1+20251103+1",)),
    ("document_info", {}, {"document_info": "2"}, ("INV+H317604125+10000+2+4711",)),
    ("static_one", {"quantity": "3", "unit_price": "24.05"}, {"static_one": True}, (STOCKINGS,)),
    ("unit_in_text", {"text": "Größe 4"}, {"unit_in_text": True}, ("TXT+Größe 4 ST",)),
    (
        "pzn_as_product_feature",
        WITH_PZN,
        {"pzn_as_product_feature": True},
        (f"{STOCKINGS}++{PZN}",),
    ),
    ("parcel_number_in_text", {"details": {"parcel_number": "JJD1"}}, {"parcel_number_in_text": True}, ("TXT+JJD1",)),
    ("vat_per_line", NET, {"vat_per_line": False}, (STOCKINGS,)),
    (
        "billing_period_as_supply_period",
        {"service_to": "2025-10-31"},
        {"billing_period_as_supply_period": True},
        (f"{STOCKINGS}++++++++20251002+20251031",),
    ),
    (
        "fixed_insurance_number",
        {},
        {"fixed_insurance_number": "C020222113"},
        ("INV+C020222113+10000+1+4711",),
    ),
    (
        "contact",
        {},
        {"contact": {"name": "Frau Specht", "phone": "0711 5550120", "email": "abrechnung@example.org"}},
        ("NAM+Sanitätshaus Lindenhof GmbH+Frau Specht+0711 5550120+abrechnung@example.org",),
    ),
)
NO_SEGMENT_OF_THE_VOUCHER = {
    "data_centre": "says whom the row is for",
    "payer": "says whom the row is for",
    "max_invoices": "cuts files: test_batching",
    "next_billing": "a day on the list of receivers: test_batching",
    "charset": "bytes, not segments: golden m_gross_prices_i8",
    "copayment_order": "golden c_several_aids and d_per_aid",
    "sealed": "around the file: test_sealed_export",
    "channel": "the way of the file: test_sealed_export",
    "corrections": "takes an original to correct: test_corrections",
    "agreed_marks": "takes an original to correct: test_corrections",
}


@pytest.mark.parametrize(("name", "change", "wish", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_a_receiver_wants_is_in_the_file(
    name: str, change: Change, wish: Change, expected: tuple[str, ...]
) -> None:
    assert set(wish) == {name}
    without = segments(change, **BILLER)
    assert not set(expected) & set(without)
    found = segments(change, **BILLER, defaults=wish)
    assert [each for each in expected if each not in found] == []


def test_every_wish_of_a_receiver_was_tried() -> None:
    assert {case[0] for case in CASES} | set(NO_SEGMENT_OF_THE_VOUCHER) == set(Receiver.model_fields)


def test_a_net_price_has_its_vat_on_the_line() -> None:
    """60,63 net and 19 % are 11,52 VAT and 72,15 gross (TA1 V21 5.5.3.2 MWS)."""
    assert {STOCKINGS.replace("72,15", "60,63"), "MWS+19,00+11,52"} <= set(segments(NET))
    assert not [each for each in segments(NET, defaults={"vat_per_line": False}) if each.startswith("MWS")]


def with_number(number: str) -> str:
    return STOCKINGS.replace("1706010022", number)


@pytest.mark.parametrize(
    ("priority", "code", "number"),
    [
        ("pzn-first", "1706010022", PZN),
        ("pzn-first", "", PZN),
        ("aid-number-first", "1706010022", "1706010022"),
        ("aid-number-first", "", PZN),
        ("aid-number-only", "1706010022", "1706010022"),
    ],
)
def test_which_number_stands_in_the_line(priority: str, code: str, number: str) -> None:
    assert with_number(number) in segments({**WITH_PZN, "code": code}, position_priority=priority)


def test_without_an_aid_number_the_pzn_is_not_put_in_its_place_by_aid_number_only() -> None:
    rows = voucher()
    rows[0] |= {"code": "", "details": {**rows[0]["details"], **WITH_PZN["details"]}}
    found = findings(rows, position_priority="aid-number-only")
    assert [(each.code, each.field) for each in found] == [("P302-EHI-005", "code")]


def test_a_pzn_that_is_the_product_feature_is_not_the_position_number_too() -> None:
    wish = {"pzn_as_product_feature": True}
    for priority in ("pzn-first", "aid-number-first", "aid-number-only"):
        assert f"{STOCKINGS}++{PZN}" in segments(WITH_PZN, defaults=wish, position_priority=priority)


def test_who_makes_the_file_and_who_bills() -> None:
    other = segments({}, creator_ik="591233445")
    assert f"UNB+UNOC:3+591233445+{PAYER}+20251103:0930+00001+A+SL123344S11+0" in other
    assert f"FKT+01++{PROVIDER}+{PAYER}+{PAYER}+591233445" in other
    collected = segments({}, **BILLER, defaults={"invoice_kind": 3})
    assert f"FKT+01+J+591233445+{PAYER}++591233445" in collected
    # FKT 6 of SLGA is the sender, of SLLA the office that collects: here the same (TA1 V21 5.5.2 and 5.5.3.1 FKT).
    assert collected.count(f"FKT+01++{PROVIDER}+{PAYER}+{PAYER}+591233445") == 2
    assert segments({}, **BILLER, defaults={"invoice_kind": 2}).count(f"FKT+01++{PROVIDER}+{PAYER}+{PAYER}") == 1
    assert "NAM+Abrechnungszentrum Nord" in collected


def test_what_the_provider_is_called_and_owes() -> None:
    provider = {"ik": PROVIDER, "name": "Lindenhof", "name2": "Filiale", "tax_number": "99 4711", "vat_exempt": True}
    mine = {**provider, "state": "08", "accounting_code": "15", "provider_group": "1501000"}
    mine["discounts"] = [{"percent": "2.5", "days": 14}]
    found = segments({}, providers=[mine])
    assert {"NAM+Lindenhof+Filiale", "UST+99 4711+J", "SKO+2,50+14"} <= set(found)


def test_the_provider_group_of_last_resort() -> None:
    plain = Settings.model_validate({"providers": [{"ik": PROVIDER, "name": "L", "state": "08"}]})
    assert (plain.providers[0].accounting_code, plain.providers[0].main_group, plain.providers[0].provider_group) == (
        "19",
        "A",
        "1900099",
    )
    mine = [{"ik": PROVIDER, "name": "L", "state": "08"}]
    assert STOCKINGS.replace("15:01000", "19:00099") in segments({}, providers=mine)
    assert STOCKINGS.replace("15:01000", "11:00777") in segments({"details": {"provider_group": "1100777"}})


@pytest.mark.parametrize(("unit", "key"), [("ST", "12"), ("st", "12"), ("PAK", "11"), ("m", "07"), ("", "")])
def test_the_key_of_a_unit(unit: str, key: str) -> None:
    assert STOCKINGS.replace("+12+", f"+{key}+") in segments({"unit": unit})


def test_a_unit_of_the_provider_s_own() -> None:
    assert STOCKINGS.replace("+12+", "+11+") in segments({"unit": "Karton"}, unit_keys={"Karton": "11", "ST": "12"})


def test_the_pattern_of_invoice_numbers() -> None:
    assert "REC+L2025-000001:0+20251103+1" in segments({}, invoice_number="L{year}-{n:06d}")


def test_every_field_of_a_provider_has_a_test() -> None:
    groups = {"service_group", "groups"}  # tests/p302/test_groups.py
    tried = {"ik", "name", "name2", "tax_number", "vat_exempt", "discounts", "accounting_code", "provider_group"}
    printed = {"street", "postal_code", "city"}  # tests/p302/papers/test_papers.py
    routed = {"state", "kv_district"}  # tests/p302/payers/test_routing.py
    assert tried | printed | routed | groups == set(Provider.model_fields)
