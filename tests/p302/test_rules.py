"""Every rule of the check, with an item that keeps it and one that breaks it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from billhook.model import Finding, Severity
from billhook_p302 import rules
from billhook_p302.layouts import SLLA_A
from billhook_p302.payers.editions import Edition
from billhook_p302.payers.model import Link, Office
from billhook_p302.payers.routing import PayerDirectory
from billhook_p302.settings import Settings
from billhook_p302.testing import item_of
from tests.p302.desk import BERLIN, Desk

Rows = list[dict[str, Any]]
NOW = datetime(2025, 11, 3, 9, 30, tzinfo=BERLIN)
PAYER, PROVIDER = "109519005", "591104278"


def payers(now: datetime = NOW) -> PayerDirectory:
    """One payer that takes its files itself."""
    links = (Link("03", PAYER, group="5", delivery="07", medium="1", state="99", code="00"),)
    edition = Edition.parse("AO05Q425.ke0")
    assert edition is not None
    office = Office(PAYER, "AOK Beispiel", links=links)
    unlinked = Office("103411401", "AOK ohne Datenannahmestelle")
    return PayerDirectory([(edition, {PAYER: (office,), "103411401": (unlinked,)})], since=now.date())


def settings(**more: Any) -> Settings:
    provider = {"ik": PROVIDER, "name": "Sanitätshaus Lindenhof GmbH", "state": "08", "accounting_code": "15"}
    return Settings.model_validate({"providers": [{**provider, "provider_group": "1501000"}], **more})


def voucher() -> Rows:
    """A voucher of two aids that keeps every rule: stockings with ten percent, and pads for three months."""
    shared = {"prescribed_on": "2025-09-22", "bsnr": "581234500", "lanr": "123456601", "copayment_mark": "3"}
    client = {
        "number": "K-1",
        "family_name": "Birkholz",
        "given_name": "Hannelore",
        "birth_date": "1950-03-01",
        "insurance_number": "H317604125",
        "insurance_status": "1",
    }
    common = {
        "scheme": "p302",
        "provider": PROVIDER,
        "voucher": "4711",
        "payer": PAYER,
        "client": client,
        "service_from": "2025-10-02",
        "unit": "ST",
    }
    return [
        {
            **deepcopy(common),
            "number": "4711-1",
            "line": 1,
            "code": "1706010022",
            "quantity": "1",
            "unit_price": "72.15",
            "copayment": "7.22",
            "details": {**shared, "aid_mark": "00", "copayment_kind": "01"},
        },
        {
            **deepcopy(common),
            "number": "4711-2",
            "line": 2,
            "code": "1525250000",
            "quantity": "3",
            "unit_price": "21.00",
            "copayment": "6.30",
            "details": {
                **shared,
                "aid": 2,
                "aid_mark": "08",
                "copayment_kind": "03",
                "supply_months": 3,
                "supply_from": "2025-10-02",
                "supply_to": "2026-01-01",
            },
        },
    ]


def findings(rows: Rows, **more: Any) -> list[Finding]:
    items = [item_of(row, number) for number, row in enumerate(rows, start=1)]
    return Desk(settings(**more), payers(), NOW).findings(items)


def test_the_voucher_that_all_cases_start_from_keeps_every_rule() -> None:
    assert findings(voucher()) == []


@dataclass(frozen=True)
class Case:
    """What is done to the voucher, and the finding that is expected for it."""

    code: str
    field: str | None
    change: Callable[[Rows], None]
    value: str | None = None
    suggestion: str | None = None
    more: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code} {self.field}"


def details(line: int = 0, **new: Any) -> Callable[[Rows], None]:
    """Other details on one line."""

    def change(rows: Rows) -> None:
        rows[line]["details"].update(new)

    return change


def facts(**new: Any) -> Callable[[Rows], None]:
    """Other facts of the voucher, the same on all its lines."""

    def change(rows: Rows) -> None:
        for row in rows:
            row["details"].update(new)

    return change


def client(**new: Any) -> Callable[[Rows], None]:
    """Another client, the same on all lines."""

    def change(rows: Rows) -> None:
        for row in rows:
            row["client"].update(new)

    return change


def row(line: int = 0, **new: Any) -> Callable[[Rows], None]:
    """Other values on one line."""

    def change(rows: Rows) -> None:
        rows[line].update(new)

    return change


def rows(**new: Any) -> Callable[[Rows], None]:
    """Other values on all lines."""

    def change(all_rows: Rows) -> None:
        for each in all_rows:
            each.update(new)

    return change


def both(*changes: Callable[[Rows], None]) -> Callable[[Rows], None]:
    """One change after the other."""

    def change(all_rows: Rows) -> None:
        for each in changes:
            each(all_rows)

    return change


NO_NUMBER = client(insurance_number="", street="Musterweg 1", postal_code="70173", city="Stuttgart")
NURSE = {"bsnr": "999999999", "lanr": "999999999", "prescription_feature": "8", "employee_number": "999999997"}
APPROVAL = {"approval_number": "GK-1", "approved_on": "2025-09-25", "approval_kind": "A1"}
NET = both(row(0, vat_rate="19"), details(0, copayment_kind="02"), row(0, copayment="8.59"))


CASES = (
    # who bills, and whom
    Case("P302-UNB-001", "provider", rows(provider="590000015"), "590000015"),
    Case("P302-UNB-003", None, rows(), "591233445", more={"creator_ik": "591233445"}),
    Case("P302-FKT-001", "payer", rows(payer="AOK BW"), "AOK BW"),
    Case("P302-FKT-001", "payer", rows(payer="109 519 005"), "109 519 005", "109519005"),
    Case("P302-FKT-002", "payer", rows(payer="109519006"), "109519006"),
    Case("P302-RTE-002", "payer", rows(payer="108018007"), "108018007"),
    Case("P302-RTE-004", "payer", rows(payer="103411401"), "103411401"),
    # insured person and voucher
    Case("P302-INV-001", "client.insurance_number", client(insurance_number="")),
    Case("P302-INV-001", "client.insurance_status", client(insurance_status="", city="Stuttgart")),
    Case("P302-INV-002", "client.insurance_number", client(insurance_number="H317604126"), "H317604126"),
    Case("P302-INV-002", "client.insurance_number", client(insurance_number="h317604125"), "h317604125", "H317604125"),
    Case("P302-INV-003", "client.insurance_status", client(insurance_status="M 1"), "M 1"),
    Case("P302-INV-003", "client.insurance_status", client(insurance_status="100010"), "100010"),
    Case("P302-INV-004", "client.insurance_status", client(insurance_status="7"), "70000"),
    Case("P302-INV-005", "details.voucher_number", rows(voucher="RE-2025-4711"), "RE-2025-4711"),
    Case("P302-INV-007", "details.voucher_number", rows(voucher="")),
    Case("P302-INV-008", "details.document_info", facts(document_info="3"), "3"),
    Case("P302-INV-009", "details.insurance_kind", facts(insurance_kind="private"), "private"),
    Case("P302-INV-010", "details.insurance_kind", facts(insurance_kind="GKV"), "GKV", "statutory"),
    Case("P302-INV-011", "details.prescribed_on", details(1, prescribed_on="2025-09-23"), None, "2025-09-22"),
    Case("P302-NAD-001", "client.family_name", client(family_name="")),
    Case("P302-NAD-002", "client.given_name", client(given_name=" ")),
    Case("P302-NAD-003", "client.birth_date", client(birth_date=None)),
    Case(
        "P302-NAD-004",
        "details.birth_date_text",
        both(client(birth_date=None), facts(birth_date_text="1960")),
        "1960",
    ),
    Case("P302-NAD-005", "client.birth_date", client(birth_date="2025-11-04"), "2025-11-04"),
    Case("P302-NAD-005", "client.birth_date", client(birth_date="1899-01-01"), "1899-01-01"),
    Case("P302-NAD-006", "client.postal_code", both(NO_NUMBER, client(postal_code="7017")), "7017"),
    Case("P302-NAD-007", "client.country", client(country="f"), "f", "F"),
    Case("P302-IMG-001", "details.image_month", facts(image_month="202513", image_ik="591104278"), "202513"),
    Case("P302-IMG-002", "details.image_ik", facts(image_month="202510")),
    # the aid and its lines
    Case("P302-HIL-001", "details.aid", details(1, aid=3), "3", "2"),
    Case("P302-EHI-001", "details.provider_group", details(provider_group="1501a00"), "1501a00", "1501A00"),
    Case("P302-EHI-001", "details.provider_group", details(provider_group="15010"), None),
    Case("P302-EHI-002", "details.provider_group", details(provider_group="2101000"), "21"),
    Case("P302-UNB-009", "details.service_group", facts(service_group="Z"), "Z"),
    Case("P302-EHI-002", "details.provider_group", details(provider_group="6001000"), "60"),
    Case("P302-EHI-002", "details.provider_group", details(provider_group="1801000"), "18"),
    Case("P302-EHI-003", "details.provider_group", details(provider_group="1526000"), "26"),
    Case("P302-EHI-004", "details.provider_group", details(provider_group="1501091"), "091"),
    Case("P302-EHI-005", "code", row(code="")),
    Case("P302-EHI-006", "code", row(code="1706010"), "1706010", "1706010900"),
    Case("P302-EHI-006", "code", row(code="17.06.01.0"), "17.06.01.0", "1706010900"),
    Case("P302-EHI-007", "details.pzn", details(pzn="27580898"), "27580898"),
    Case("P302-EHI-008", "quantity", row(quantity="0"), "0"),
    Case("P302-EHI-008", "quantity", row(quantity="10000")),
    Case("P302-EHI-008", "quantity", row(quantity="1.125")),
    Case("P302-EHI-009", "unit_price", row(unit_price="72.155"), "72.155"),
    Case("P302-EHI-010", "unit_price", row(unit_price="-1.00"), "-1,00"),
    Case("P302-EHI-011", "unit_price", row(unit_price="0"), "0,00"),
    Case("P302-EHI-012", "service_from", row(service_from=None)),
    Case("P302-EHI-013", "service_from", row(service_from="2025-11-04"), "2025-11-04"),
    Case("P302-EHI-014", "service_from", row(service_from="2025-09-21"), "2025-09-21"),
    Case("P302-EHI-015", "service_from", both(row(service_from="2021-10-01"), facts(prescribed_on="2021-09-01"))),
    Case("P302-EHI-016", "details.aid_mark", details(aid_mark="")),
    Case("P302-EHI-017", "details.aid_mark", details(aid_mark="21"), "21"),
    Case("P302-EHI-018", "text", both(details(aid_mark="06"), row(code="1706010000"))),
    Case(
        "P302-EHI-019",
        "code",
        both(details(aid_mark="06"), row(text="Modell Plus")),
        "1706010022",
        "1706010000",
    ),
    Case("P302-EHI-020", "details.inventory_number", details(aid_mark="02")),
    Case("P302-EHI-021", "details.unit_key", details(unit_key="99"), "99"),
    Case("P302-EHI-022", "unit", row(unit="Karton"), "Karton"),
    Case("P302-EHI-023", "details.application_site", details(application_site="3"), "3"),
    Case("P302-EHI-024", "details.supply_to", details(1, supply_to=None)),
    Case("P302-EHI-025", "details.supply_to", details(1, supply_to="2025-10-01"), "2025-10-01"),
    Case("P302-EHI-026", "details.supply_from", details(1, supply_from=None, supply_to=None)),
    Case("P302-EHI-027", "details.time_from", details(time_to="10:00")),
    Case("P302-EHI-028", "details.provider_group", details(provider_group="1501099"), "01099"),
    Case("P302-EHI-029", "unit_price", both(NET, row(quantity="7")), more={"defaults": {"vat_per_line": False}}),
    Case("P302-TXT-001", "text", row(text="x" * 71), "x" * 71, "x" * 70),
    Case("P302-MWS-001", "vat_rate", row(vat_rate="19.125")),
    Case("P302-MWS-001", "vat_rate", row(vat_rate="-19")),
    Case("P302-MWS-002", "vat_rate", row(vat_rate="16")),
    Case(
        "P302-MWS-004",
        "vat_rate",
        both(NET, row(unit_price="0.0263", quantity="1")),
        more={"defaults": {"static_one": True}},
    ),
    # copayment
    Case("P302-ZUH-001", "copayment", row(copayment="72.16"), "72,16"),
    Case("P302-ZUH-002", "copayment", row(copayment="-7.22"), "-7,22"),
    Case("P302-ZUH-002", "surcharge", row(surcharge="-1.00"), "-1,00"),
    Case("P302-ZUH-003", "details.copayment_kind", details(copayment_kind="05"), "05"),
    Case("P302-ZUH-004", "details.copayment_kind", details(copayment_kind="")),
    Case("P302-ZUH-005", "copayment", row(copayment="7.21"), "7,21", "7.22"),
    Case("P302-ZUH-006", "copayment", details(copayment_kind="02"), "7,22"),
    Case("P302-ZUH-007", "copayment", row(1, copayment="30.01"), "30,01"),
    Case("P302-ZUH-008", "details.supply_months", details(1, supply_months=None)),
    Case(
        "P302-ZUH-009",
        "details.copayment_kind",
        details(1, aid=1, copayment_kind="02", supply_months=None),
        suggestion="01",
    ),
    # the prescription
    Case("P302-EVO-001", "details.prescription_id", facts(prescription_id="160.000.000.000.123.7"[:21])),
    Case("P302-ZHI-001", "details.prescribed_on", facts(prescribed_on=None)),
    Case("P302-ZHI-002", "details.prescribed_on", facts(prescribed_on="2025-11-04"), "2025-11-04"),
    Case("P302-ZHI-003", "details.bsnr", facts(bsnr=""), None, "999999999"),
    Case("P302-ZHI-004", "details.bsnr", facts(bsnr="58123450A"), "58123450A"),
    Case("P302-ZHI-005", "details.bsnr", facts(bsnr="5812345"), "5812345"),
    Case("P302-ZHI-006", "details.lanr", facts(lanr=""), None, "999999999"),
    Case("P302-ZHI-007", "details.lanr", facts(lanr="Dr. 12345"), "Dr. 12345"),
    Case("P302-ZHI-008", "details.lanr", facts(lanr="987789324"), "987789324"),
    Case("P302-ZHI-009", "details.copayment_mark", facts(copayment_mark="")),
    Case("P302-ZHI-010", "details.copayment_mark", facts(copayment_mark="6"), "6"),
    Case("P302-ZHI-011", "details.copayment_mark", facts(copayment_mark="1"), "1"),
    Case("P302-ZHI-011", "details.copayment_mark", facts(copayment_mark="0"), "0"),
    Case("P302-ZHI-012", "details.copayment_mark", rows(copayment=""), "3"),
    Case("P302-ZHI-013", "details.accident", facts(accident="4"), "4"),
    Case("P302-ZHI-014", "details.social_compensation", facts(social_compensation="5"), "5"),
    Case("P302-ZHI-015", "details.prescription_feature", facts(prescription_feature="3"), "3"),
    Case(
        "P302-ZHI-016",
        "details.employee_number",
        facts(**{**NURSE, "employee_number": "", "recommender_ik": "461200344"}),
        None,
        "999999997",
    ),
    Case("P302-ZHI-016", "details.recommender_ik", facts(**NURSE)),
    Case(
        "P302-ZHI-017",
        "details.bsnr",
        facts(**{**NURSE, "bsnr": "581234500", "recommender_ik": "461200344"}),
        "581234500",
        "999999999",
    ),
    Case("P302-ZHI-018", "details.prescription_feature", facts(employee_number="999999997"), None, "8"),
    Case("P302-DIA-001", "details.diagnoses", facts(diagnoses=[{"code": "Rücken"}]), "Rücken"),
    Case("P302-DIA-002", "details.diagnoses", facts(diagnoses=[{"code": ""}])),
    Case("P302-SKZ-001", "details.approved_on", facts(**{**APPROVAL, "approved_on": None})),
    Case("P302-SKZ-001", "details.approval_kind", facts(**{**APPROVAL, "approval_kind": ""})),
    Case("P302-SKZ-001", "details.approval_number", facts(**{**APPROVAL, "approval_number": ""})),
    Case("P302-SKZ-002", "details.approval_number", rows(), more={"approval_required": True}),
    Case("P302-SKZ-003", "details.approval_kind", facts(**{**APPROVAL, "approval_kind": "C1"}), "C1"),
    Case("P302-SKZ-004", "details.approved_on", facts(**{**APPROVAL, "approved_on": "2025-11-04"}), "2025-11-04"),
    # single fields, by their row in the layout
    Case("EDI-ELM-002", "client.family_name", client(family_name="A" * 48), "A" * 48, "A" * 47),
    Case("EDI-ELM-002", "details.inventory_number", details(inventory_number="x" * 21), "x" * 21),
    Case("EDI-CHR-001", "client.given_name", client(given_name="Łucja"), "Łucja", "Lucja"),
    Case("EDI-CHR-003", "text", row(text="zwei\nZeilen"), "zwei\nZeilen", "zwei\nZeilen"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_rule_is_told_with_its_field_and_a_suggestion(case: Case) -> None:
    broken = voucher()
    case.change(broken)
    found = findings(broken, **case.more)
    fitting = [each for each in found if each.code == case.code and each.field == case.field]
    assert fitting, [f"{each.code} {each.field}: {each.message}" for each in found]
    finding = fitting[0]
    assert "{" not in finding.message + finding.mend
    assert finding.message
    assert finding.mend
    assert finding.source
    if case.value is not None:
        assert finding.value == case.value
    assert finding.suggestion == case.suggestion


KEPT: tuple[tuple[Callable[[Rows], None], dict[str, Any] | None], ...] = (
    (NO_NUMBER, {}),
    (client(insurance_status="", street="Musterweg 1", postal_code="75001", city="Paris", country="F"), {}),
    (client(insurance_number=""), {"defaults": {"fixed_insurance_number": "H317604125"}}),
    (both(client(birth_date=None), facts(birth_date_text="19600000")), {}),
    (both(client(birth_date=None), facts(birth_date_text="19600500")), {}),
    (client(insurance_status="1000100"), {}),
    (facts(**NURSE, recommender_ik="461200344"), {}),
    (facts(**APPROVAL), {"approval_required": True}),
    (both(details(provider_group="1501099"), facts(**APPROVAL)), {}),
    (facts(lanr="12345"), {}),
    (facts(diagnoses=[{"code": "I89.0"}, {"text": "Lymphödem"}, {"code": "Z93.3"}, {"code": "C50.9R"}]), {}),
    (row(unit_price="72.1549"), {"defaults": {"static_one": True}}),
    (rows(voucher="RE-2025-4711"), None),
    (details(aid_mark="02", inventory_number="INV-1"), {}),
    (both(details(aid_mark="06"), row(code="1706010000", text="1706010099")), {}),
    (row(service_from="2025-11-03"), {}),
    (facts(prescribed_on="2025-10-02"), {}),
    (row(quantity="0.01", unit_price="7215.00"), {}),
)


@pytest.mark.parametrize("number", range(len(KEPT)))
def test_what_the_spec_allows_passes(number: int) -> None:
    change, more = KEPT[number]
    kept = voucher()
    change(kept)
    if more is None:
        kept = [{**each, "details": {**each["details"], "voucher_number": "4711"}} for each in kept]
    assert findings(kept, **(more or {})) == []


def test_a_pinned_version_is_refused_once_its_time_is_over() -> None:
    kept = voucher()
    items = [item_of(each, number) for number, each in enumerate(kept, start=1)]
    pinned = settings(defaults={"version": "20"})
    last_day, next_day = (datetime(2025, 12, 31, 9, tzinfo=BERLIN), datetime(2026, 1, 1, 9, tzinfo=BERLIN))
    assert Desk(pinned, payers(last_day), last_day).findings(items) == []
    assert [each.code for each in Desk(pinned, payers(next_day), next_day).findings(items)] == ["P302-UNB-002"]


def test_all_codes_are_unique_and_every_text_can_be_filled() -> None:
    codes = [rule.code for rule in rules.RULES]
    assert len(set(codes)) == len(codes)
    for rule in rules.RULES:
        assert rule.source, rule.code
        assert rule.text.rstrip(".").strip(), rule.code


ONLY_IN_FILES = {
    "P302-UNB",
    "P302-FKT",
    "P302-REC",
    "P302-GES",
    "P302-NAM",
    "P302-UST",
    "P302-URI",
    "P302-GZF",
    "P302-AUF",
    "P302-BES",
    "P302-MEH",
}
"""Subjects of rules that an item cannot break: test_verify proves them on files."""


OF_OTHER_GROUPS = {"P302-DIA-003", "P302-SKZ-005", "P302-SKZ-006", "P302-SKZ-007"}
"""Rules of segments that all groups have, for what aids never need."""


def test_every_rule_that_an_item_can_break_has_a_case() -> None:
    tested = {case.code for case in CASES} | {"P302-INV-006", "P302-ZUH-010", "P302-ZUH-011", "P302-MWS-003"}
    wanted = {
        rule.code
        for rule in rules.RULES
        # P302-COR: test_corrections, P302-ANS: replies/test_reminders
        if rule.code.startswith("P302-")
        and rule.code[:8] not in ONLY_IN_FILES | {"P302-KTR", "P302-RTE", "P302-COR", "P302-ANS"}
    }
    assert {code for code in wanted - tested if code[5:8] in SLLA_A.layouts and code not in OF_OTHER_GROUPS} == set()


@pytest.mark.parametrize("vat_rate", [None, "19.00"])
def test_a_price_of_three_decimals_is_told_once_and_as_it_was_given(vat_rate: str | None) -> None:
    broken = voucher()
    row(unit_price="1.115", vat_rate=vat_rate)(broken)
    told = [(each.code, each.value) for each in findings(broken) if each.field == "unit_price"]
    assert told == [("P302-EHI-009", "1.115")]


def test_everything_wrong_is_told_at_once() -> None:
    broken = voucher()
    both(client(family_name="", birth_date=None), facts(prescribed_on=None, bsnr=""), row(code=""))(broken)
    codes = {each.code for each in findings(broken) if each.severity is Severity.ERROR}
    assert codes == {"P302-NAD-001", "P302-NAD-003", "P302-ZHI-001", "P302-ZHI-003", "P302-EHI-005"}
