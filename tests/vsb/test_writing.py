"""What is written: byte by byte where the instructions say so, and the same when it is read back and written again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billhook.billing.contexts import settings_hash
from billhook.model import BillingItem, Client, Finding, Severity, Split, SplitKind
from billhook.scheme import PreviousBilling
from billhook_vsb import control
from billhook_vsb.corrections import correct
from billhook_vsb.details import Details
from billhook_vsb.messages import Message, read_message
from billhook_vsb.profile import Profile, load
from billhook_vsb.settings import Settings
from billhook_vsb.simulator import simulate
from billhook_vsb.takeover import rows
from billhook_vsb.testing import FUNDS, NOW, OTHER_FACILITIES, THIRD_PARTY, flat_rate, item, settings
from tests.vsb.desk import PROFILE, SCHEME, codes, context, file_of, records

# --- By hand ----------------------------------------------------------------------------------------------------------


def test_the_heads_are_those_of_the_instructions() -> None:
    content = file_of([item(3)]).decode()
    assert content[:67] == "920000000200920000002025110500000100" + "0" * 14 + "00" + "0" * 15
    expected = (
        "202510" + "00" + "001" + "00" + "20251105" + "00" + " " * 13 + "00" + "9991999" + "00" + " " * 45 + "00" + " " * 24
        + "00" + "0" * 10 + "00" + "01" + "00" + "01" + "00" + "0" * 20
    )  # fmt: skip
    assert content[67:227] == expected


def test_a_day_and_its_personal_share_by_hand() -> None:
    # Person 3: born 1950-04-22, serial 004 (a woman), fund 901; 15 days of 84.50 = 1267.50, own share 30.00.
    day, share = records(file_of([item(3)]))[2:4]
    person = f"00{item(3).client.insurance_number}"
    start = "30" + "000003" + "0" + "0770114" + "20251001" + "20251015" + "901" + person + "2" + "0" + "0" + "0" + "000"
    expected = start + "077200122799" + "0" * 12 + "0" + "0000000" + "+00000126750" + "00000000" + "+0015" + "00"
    assert day[:114].decode() == expected
    assert day[114:137].decode() == "+00000000000" + "0" + "+000000000"
    assert day[137:162].decode() == "3-1".ljust(25)
    assert day[164:174].decode() == "+000000000"
    assert day[261:269].decode() == "20250820"
    assert share[9:16] == b"0770125"
    assert share[87:99] == b"-00000003000"
    assert share[107:112] == b"+0015"
    assert share[127:137] == b"+000003000"
    for record in (day, share):
        assert record[348:350].decode() == control.of_record(record)


def test_the_invoice_and_the_file_add_up() -> None:
    found = records(file_of([item(3), item(6)]))
    closing, last, totals, whole = found[4], found[9], found[10], found[11]
    assert closing[87:99] == b"+00000123750"
    assert closing[127:137] == b"+000003000"
    # 770114 + 770125 = 1540239 = 15878 * 97 + 73
    assert closing[346:348] == b"73"
    assert last[87:99] == b"+00000247500"
    # twice that is 146 = 97 + 49
    assert last[346:348] == b"49"
    assert totals[
        :79
    ] == b"95" + b"00" + b"901" + b"00" + b"0" * 12 + b"00" + b"+00000247500" + b"00" + b"+00000000000" + b"00" + (
        b"+00000247500" + b"00" + b"00000008" + b"00" + b"49" + b"00"
    )
    assert whole[:21] == b"96" + b"00" + b"999" + b"00" + b"0" * 12
    assert whole[65:73] == b"00000010"


def test_invoices_are_ordered_by_care_fund_and_credit_notes_come_first() -> None:
    previous = PreviousBilling("77", date(2025, 10, 5), ("", "", "202510", ""), {"sending": 3})
    credit = correct(item(4), "credit", replace(context(), previous=previous))
    found = read_message(file_of([item(3), item(4), item(5), replace(credit, id=99)])).records
    invoices = [(record.text("zone_18"), record.text("zone_11")) for record in found if record.kind == "20"]
    assert invoices == [("901", "0"), ("902", "3"), ("902", "0"), ("903", "0")]


def test_a_credit_note_is_negative_to_the_last_zero() -> None:
    previous = PreviousBilling("77", date(2025, 10, 5), ("", "", "202509", ""), {"sending": 3})
    credit = replace(correct(item(3), "credit", replace(context(), previous=previous)), id=99)
    assert codes([credit]) == set()
    opening, day, share, closing = records(file_of([credit]))[1:5]
    assert opening[50:51] == b"3"
    assert opening[162:174] == b"000000000077"
    assert opening[176:182] == b"003901"
    assert opening[206:212] == b"202509"
    assert day[87:99] == b"-00000126750"
    assert day[107:112] == b"-0015"
    assert day[127:137] == b"-000000000"  # a zero carries the sign too
    assert share[87:99] == b"+00000003000"
    assert closing[87:99] == b"-00000123750"


def test_letters_that_ascii_has_not_are_respelled_and_told() -> None:
    strange = item(3, voucher="Zoë-1")
    told = list(SCHEME.check([strange], context()))
    assert {(finding.code, finding.severity) for finding in told} == {("VSB-WIRE-002", Severity.NOTE)}
    assert records(file_of([strange]))[1][137:162] == b"Zoe-1".ljust(25)


def test_several_facilities_share_a_sending_only_where_the_profile_says_so() -> None:
    own, other = item(3), item(6, provider=OTHER_FACILITIES[0])
    assert context().settings.profile_of(None).several_facilities
    assert {
        key.file for key in (SCHEME.keys(one, context()) for one in (own, other)) if not isinstance(key, Finding)
    } == {(THIRD_PARTY, "made-up", "202510", "T")}
    alone = settings(PROFILE.model_copy(update={"several_facilities": False}))
    places = [SCHEME.keys(one, context(alone)) for one in (own, other)]
    assert [key.file[0] for key in places if not isinstance(key, Finding)] == [THIRD_PARTY, OTHER_FACILITIES[0]]


def test_sending_numbers_run_per_year_and_third_party() -> None:
    key = SCHEME.keys(item(3), context())
    assert not isinstance(key, Finding)
    now = SCHEME.series(key.file, context())
    later = SCHEME.series(key.file, replace(context(), now=context().now.replace(year=2026)))
    assert now.exchange["sending"].name != later.exchange["sending"].name
    assert now.exchange["sending"].last == 999


@pytest.mark.parametrize("key", ["residential-care", "psychiatric-home", "sheltered-living", "rehabilitation"])
def test_days_of_every_residential_sector_pass_their_own_profile(key: str) -> None:
    details = {"agreed_on": None} if key != "rehabilitation" else {}
    assert codes([item(3, details=details)], settings(load(key))) == {"VSB-ITEM-009"}


@pytest.mark.parametrize("key", ["palliative-team", "mobility-aids"])
def test_flat_rates_of_every_ambulatory_sector_pass_their_own_profile(key: str) -> None:
    assert codes([flat_rate(3)], settings(load(key))) == {"VSB-ITEM-009"}


def test_a_record_that_a_sector_does_not_have_is_refused() -> None:
    assert "VSB-R5001-003" in codes([flat_rate(3, details={"record": "50"})], settings(load("residential-care")))


def test_what_a_cookbook_adds_is_written_without_code() -> None:
    profile = Profile.model_validate(
        PROFILE.model_dump()
        | {"defaults": [{"record": "30", "zone": 13, "value": "990"}, {"record": "10", "zone": 9, "value": "0"}]}
    )
    own = settings(profile)
    assert records(file_of([item(3)], own))[2][52:55] == b"990"
    stated = item(3, details={"zones": {"30.48": "1", "30.13": "120"}})
    record = records(file_of([stated], own))[2]
    assert (record[52:55], record[269:270]) == (b"120", b"1")


def test_a_register_of_the_provider_tells_what_the_payers_files_would(tmp_path: Path) -> None:
    person = item(3).client.insurance_number
    (tmp_path / "insured.csv").write_text(
        f"insz,fund,valid_from,valid_to\n{person},{FUNDS[0]},2025-01-01,2025-09-30\n", encoding="utf-8"
    )
    (tmp_path / "admissions.csv").write_text(
        f"insz,facility,valid_from,valid_to\n{person},{THIRD_PARTY},2025-09-01,\n", encoding="utf-8"
    )
    values = settings().model_dump() | {"registers": {"insured": "insured.csv", "admissions": "admissions.csv"}}
    own = type(settings()).model_validate(values, context={"folder": tmp_path})
    own.use(PROFILE)
    assert codes([item(3)], own) == {"VSB-REG-001"}
    # The played payer asks the same tables: the day and, with it, its personal share are refused.
    played = simulate(file_of([item(3)], own), PROFILE, NOW.date(), registers=own.known)
    assert played.judgement is not None
    assert [(each.record, each.sequence, each.code) for each in played.judgement.found if each.code != "300419"] == [
        ("30", 3, "300540"), ("30", 4, "300540"),
    ]  # fmt: skip
    assert simulate(file_of([item(3)], own), PROFILE, NOW.date()).judgement.found == ()  # type: ignore[union-attr]  # it was read


def test_a_changed_profile_is_a_change_of_the_settings(tmp_path: Path) -> None:
    def told(text: str) -> str:
        (tmp_path / "own.toml").write_text(f'key = "own"\nbase = "federal"\n{text}', encoding="utf-8")
        values = settings().model_dump() | {"profile": "own.toml"}
        return settings_hash(Settings.model_validate(values, context={"folder": tmp_path}))

    before = told('content = "040"')
    assert told('# a comment\ncontent = "040"') == before
    assert told('content = "030"') != before


def test_a_changed_register_is_a_change_of_the_settings(tmp_path: Path) -> None:
    def told(last: str) -> str:
        (tmp_path / "insured.csv").write_text(
            f"insz,fund,valid_from,valid_to\n85010100145,901,2025-01-01,{last}\n", encoding="utf-8"
        )
        values = settings().model_dump() | {"registers": {"insured": "insured.csv"}}
        return settings_hash(Settings.model_validate(values, context={"folder": tmp_path}))

    assert told("2025-09-30") == told("2025-09-30")
    assert told("2025-09-30") != told("2025-12-31")


# --- Read back and written again --------------------------------------------------------------------------------------


def test_what_is_written_reads_back_to_the_same_items() -> None:
    made = [item(3), item(4), flat_rate(5)]
    message = read_message(file_of(made))
    found = list(rows(message, profile_shares=frozenset({"0770125"})))
    assert [(row["client"]["insurance_number"], row["quantity"], row["unit_price"]) for row in found] == [
        (one.client.insurance_number, str(one.quantity), str(one.unit_price)) for one in made
    ]
    assert found[0]["splits"] == [{"kind": "own_share", "amount": "30.00"}]
    assert found[0]["details"]["agreed_on"] == "2025-08-20"


def taken_over(message: Message) -> list[BillingItem]:
    """Items out of a file, as the import would make them."""
    made = []
    for key, row in enumerate(rows(message), 1):
        splits = tuple(
            Split(SplitKind(split["kind"]), round(Decimal(split["amount"]) * 100)) for split in row["splits"]
        )
        price, quantity = Decimal(row["unit_price"]), Decimal(row["quantity"])
        gross = int(price * quantity * 100)
        made.append(
            BillingItem(
                id=key,
                scheme="vsb",
                number=row["number"],
                provider=row["provider"],
                voucher=row["voucher"],
                line=row["line"],
                payer=row["payer"],
                client=Client(insurance_number=row["client"]["insurance_number"]),
                code=row["code"],
                text="",
                service_from=date.fromisoformat(row["service_from"]),
                service_to=date.fromisoformat(row["service_to"]),
                quantity=quantity,
                unit="",
                unit_price=price,
                vat_rate=None,
                net=gross,
                vat=0,
                gross=gross,
                splits=splits,
                details=Details.model_validate(row["details"]),
            )
        )
    return made


OURS = {
    "10": {4, 7, 25, 27, 28, 31, 36, 99},  # version, numbers, day of making, enterprise, bank: the biller's own
    "20": {24, 28, 47, 99},  # number, reference and date of the invoice
    "30": {28, 99}, "40": {28, 99}, "50": {28, 99},
    "51": {99}, "52": {99},
    "80": {20, 24, 28, 99},
    "90": {7, 27, 28, 31, 36, 99},
}  # fmt: skip
"""Zones that whoever bills fills anew; zone 99 follows from them."""

SOURCE_WRONG = {
    ("50", 44): "filled with + by the sample's maker, 30 characters of a text zone",
    ("50", 47): "without a sign, as was right until 2019-06",
}
"""What differs because the source was wrong or old."""


@pytest.mark.parametrize("name", ["TFAC1SC09_509E", "TFAC1SC11_510E", "TFAC1SC13_519E", "TFAC1SC15_520E"])
def test_a_file_of_the_corpus_written_again_differs_only_where_it_was_wrong(corpus: Path, name: str) -> None:
    message = read_message((corpus / "vsb" / "messages" / f"920000_{name}.txt").read_bytes())
    items = taken_over(message)
    provider = items[0].provider
    profile = load("federal").model_copy(update={"content": message.records[0].text("zone_13")})
    own = settings(profile, third_party=provider, facilities=[])
    again = read_message(file_of(items, own))
    assert [record.kind for record in again.records] == [record.kind for record in message.records]
    different = set()
    for old, new in zip(message.records, again.records, strict=True):
        for zone in old.values.keys() | new.values.keys():
            number = int("".join(filter(str.isdigit, zone)))
            before, after = old.text(zone).strip("0 +"), new.text(zone).strip("0 +")
            if before != after and number not in OURS[old.kind]:
                different.add((old.kind, number))
    assert different <= set(SOURCE_WRONG), different - set(SOURCE_WRONG)
    assert again.amounts("asked") == message.amounts("asked")
