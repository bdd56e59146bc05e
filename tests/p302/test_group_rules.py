"""Every rule of groups B to S, with a voucher that keeps it and one that breaks it.

The vouchers that keep them are those of the golden files, derived by hand from TA1; each case breaks one by one change.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from billhook.model import Finding
from billhook_p302 import rules
from billhook_p302.formats import FORMATS
from billhook_p302.groups import GROUPS
from billhook_p302.settings import Settings
from billhook_p302.testing import item_of
from tests.p302.desk import Desk, directory
from tests.p302.faults_of_groups import FAULTS_OF_GROUPS
from tests.p302.test_rules import both, client, details, facts, row, rows

Rows = list[dict[str, Any]]
Change = Callable[[Rows], None]
GOLDEN = Path(__file__).parent / "golden"
BASES = {
    "B": "group_b_copayment",
    "C": "group_c_home_nursing",
    "D": "group_d_household_help",
    "E": "group_e_transport",
    "F": "group_f_midwife",
    "L": "group_l_mobile_rehab",
    "G": "group_g_dialysis",
    "O": "group_o_palliative",
    "P": "group_p_care_planning",
    "Q": "group_q_short_term_care",
    "R": "group_r_intensive_care",
    "S": "group_s_pilot_project",
}
"""Group → the golden file whose first voucher its cases start from."""


@cache
def _golden(letter: str) -> tuple[str, Desk]:
    folder = GOLDEN / BASES[letter]
    case = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    settings = Settings.model_validate(tomllib.loads((folder / "settings.toml").read_text("utf-8"))["schemes"]["p302"])
    payers = directory(sorted(folder.glob("*.ke0")), case["now"].date())
    return (folder / "items.jsonl").read_text("utf-8"), Desk(settings, payers, case["now"])


def voucher(letter: str) -> Rows:
    """The rows of the first voucher of the group's golden file."""
    all_rows = [json.loads(line) for line in _golden(letter)[0].splitlines()]
    return [each for each in all_rows if each["voucher"] == all_rows[0]["voucher"]]


def findings(letter: str, told: Rows, **more: Any) -> list[Finding]:
    """What the check says of these rows."""
    desk = _golden(letter)[1]
    settings = Settings.model_validate({**desk.settings.model_dump(), **more}) if more else desk.settings
    items = [item_of(each, number) for number, each in enumerate(told, start=1)]
    return Desk(settings, desk.directory, desk.now).findings(items)


@pytest.mark.parametrize("letter", BASES)
def test_the_vouchers_that_all_cases_start_from_keep_every_rule(letter: str) -> None:
    assert [f"{each.code} {each.field}" for each in findings(letter, voucher(letter)) if each.is_error] == []


@dataclass(frozen=True)
class Case:
    """What is done to the voucher of a group, and the finding that is expected for it."""

    letter: str
    code: str
    place: str | None
    change: Change
    value: str | None = None
    suggestion: str | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.letter} {self.code} {self.place}"


def entry(name: str, at: int = 0, line: int = 0, **new: Any) -> Change:
    """Other values in one entry of a line's list."""

    def change(told: Rows) -> None:
        told[line]["details"][name][at].update(new)

    return change


def shared_entry(name: str, at: int = 0, **new: Any) -> Change:
    """Other values in one entry of a list that all lines share."""

    def change(told: Rows) -> None:
        for each in told:
            each["details"][name][at].update(new)

    return change


def without(*names: str) -> Change:
    """Nothing in these details, on all lines."""

    def change(told: Rows) -> None:
        for each in told:
            for name in names:
                each["details"].pop(name, None)

    return change


def again(line: int = 0, **new: Any) -> Change:
    """The line once more, as the last of the voucher."""

    def change(told: Rows) -> None:
        copy = deepcopy(told[line])
        copy.update(number=f"{copy['number']}b", line=len(told) + 1)
        copy["details"].update(new)
        told.append(copy)

    return change


LEGS = {
    "B": "2200000", "C": "3401000", "D": "3101000", "E": "4601000", "F": "5000000", "L": "6701000", "O": "7500000",
    "P": "7600000", "Q": "9200000", "R": "A200000", "S": "B100000",
}  # fmt: skip
LINES = {
    "B": "EHE", "C": "EHK", "D": "EHH", "E": "EKT", "F": "EHB", "L": "ENF", "O": "ESP", "P": "EGV", "Q": "EHP",
    "R": "AHK", "S": "EMP",
}  # fmt: skip
WITH_VAT = "BEFL"


def of_positions() -> Iterator[Case]:
    """What is looked at in the position of every group."""
    for letter, tag in LINES.items():
        legs = LEGS[letter]
        free = without("approval_number", "approved_on", "approval_kind", "further_approvals", "further_prescriptions")

        def key(new: str) -> Change:
            return rows_details(provider_group=new)

        place = "details.provider_group"
        yield Case(letter, f"P302-{tag}-001", place, key(f"{legs[:4]}a00"), f"{legs[:4]}a00", f"{legs[:4]}A00")
        other = "6000000" if letter == "D" else "1500000"
        yield Case(letter, f"P302-{tag}-002", place, key(other), other[:2])
        yield Case(letter, f"P302-{tag}-003", place, key(f"{legs[:2]}26000"), "26")
        yield Case(letter, f"P302-{tag}-004", place, key(f"{legs[:4]}091"), "091")
        yield Case(letter, f"P302-{tag}-005", "code", row(code=""))
        if letter not in "LP":
            wrong = "02210A" if letter == "R" else "12"
            yield Case(letter, f"P302-{tag}-006", "code", row(code=wrong), wrong)
        yield Case(letter, f"P302-{tag}-008", "quantity", row(quantity="0"), "0")
        if letter != "Q":
            yield Case(letter, f"P302-{tag}-008", "quantity", row(quantity="10000"))
        yield Case(letter, f"P302-{tag}-009", "unit_price", row(unit_price="1.234"), "1.234")
        if letter != "R":
            yield Case(letter, f"P302-{tag}-010", "unit_price", row(unit_price="-1.00"), "-1,00")
        yield Case(letter, f"P302-{tag}-011", "unit_price", row(unit_price="0"), "0,00")
        yield Case(letter, f"P302-{tag}-028", place, both(free, key(f"{legs[:4]}099")), f"{legs[2:4]}099")
        gross: dict[str, Any] = {"defaults": {"vat_per_line": False}} if letter in WITH_VAT else {}
        yield Case(
            letter, f"P302-{tag}-029", "unit_price", row(vat_rate="19", quantity="7", unit_price="1.01"), more=gross
        )
        yield Case(letter, f"P302-{tag}-040", "surcharge", row(surcharge="1.00"), "1,00")


def rows_details(**new: Any) -> Change:
    """Other details on all lines."""
    return facts(**new)


DATED = {"B": "EHE", "C": "ESK", "D": "ESH", "E": "EKT", "F": "HEL", "L": "ENF", "P": "EGV", "Q": "EHP", "R": "AHK",
         "S": "EMP"}  # fmt: skip
"""Group → the segment that has the day of a service. In group O each deployment has its own."""


def of_days() -> Iterator[Case]:
    """What is looked at in the day of a service."""
    for letter, tag in DATED.items():
        if letter != "S":
            yield Case(letter, f"P302-{tag}-012", "service_from", row(service_from=None))
        yield Case(letter, f"P302-{tag}-013", "service_from", row(service_from="2026-06-01"), "2026-06-01")
        yield Case(letter, f"P302-{tag}-015", "service_from", row(service_from="2020-06-01"), "2020-06-01")
        if letter in "BCDELR":
            yield Case(letter, f"P302-{tag}-014", "service_from", row(service_from="2025-09-01"), "2025-09-01")


DOCTORS = {"B": "ZHE", "C": "ZHK", "D": "ZHH", "E": "ZKT", "F": "ZHB", "L": "ZUV", "O": "ZSP"}


def of_prescriptions() -> Iterator[Case]:
    """What is looked at in every prescription."""
    for letter, tag in DOCTORS.items():
        yield Case(letter, f"P302-{tag}-002", "details.prescribed_on", facts(prescribed_on="2026-06-01"), "2026-06-01")
        yield Case(letter, f"P302-{tag}-003", "details.bsnr", facts(bsnr=""), None, "999999999")
        yield Case(letter, f"P302-{tag}-004", "details.bsnr", facts(bsnr="58123450A"), "58123450A")
        yield Case(letter, f"P302-{tag}-005", "details.bsnr", facts(bsnr="5812345"), "5812345")
        yield Case(letter, f"P302-{tag}-006", "details.lanr", facts(lanr=""), None, "999999999")
        yield Case(letter, f"P302-{tag}-007", "details.lanr", facts(lanr="Dr. 12345"), "Dr. 12345")
        yield Case(letter, f"P302-{tag}-008", "details.lanr", facts(lanr="987789324"), "987789324")
        if letter in "BCDO":
            yield Case(letter, f"P302-{tag}-001", "details.prescribed_on", facts(prescribed_on=None))
        if letter in "BEL":
            mark = "details.copayment_mark"
            yield Case(letter, f"P302-{tag}-009", mark, facts(copayment_mark=""))
            yield Case(letter, f"P302-{tag}-010", mark, facts(copayment_mark="6"), "6")
            yield Case(letter, f"P302-{tag}-011", mark, facts(copayment_mark="1"), "1")
            free = both(rows(copayment=""), without("unit_copayment", "flat_copayment"))
            yield Case(letter, f"P302-{tag}-012", mark, free, "3")
        if letter != "F":
            yield Case(letter, f"P302-{tag}-013", "details.accident", facts(accident="4"), "4")
        if letter not in "FO":
            place = "details.social_compensation"
            yield Case(letter, f"P302-{tag}-014", place, facts(social_compensation="5"), "5")
        if letter not in "EF":
            place = "details.prescription_feature"
            yield Case(letter, f"P302-{tag}-015", place, facts(prescription_feature="3"), "3")
            yield Case(letter, f"P302-{tag}-018", place, facts(prescription_feature="8"), "8")


APPROVED = "details.approval_number"
NO_APPROVAL = without("approval_number", "approved_on", "approval_kind", "further_approvals")
MONTH = both(details(2, supply_to=None))

OWN = (
    # B, therapies
    Case("B", "P302-EHE-030", "code", both(row(2, service_from="2025-10-13")), "20501"),
    Case(
        "B",
        "P302-EHE-031",
        "details.unit_copayment",
        both(details(1, unit_copayment="2.08"), row(1, copayment="2.08")),
        "2,08",
        "2.09",
    ),
    Case("B", "P302-EHE-032", "copayment", row(copayment="12.84"), "12,84", "12.85"),
    Case("B", "P302-EHE-032", "copayment", details(unit_copayment=None), "12,85", "10.00"),
    Case("B", "P302-EHE-033", "details.unit_copayment", details(unit_copayment="2.852"), "2.852"),
    Case("B", "P302-EHE-033", "details.flat_copayment", details(flat_copayment="9.999"), "9.999"),
    Case("B", "P302-EHE-034", "details.unit_copayment", details(unit_copayment="-2.85"), "-2.85"),
    Case(
        "B",
        "P302-BES-002",
        "details.flat_copayment",
        both(details(flat_copayment="10.01"), row(copayment="12.86")),
        "10,01",
    ),
    Case(
        "B", "P302-BES-003", "details.flat_copayment", both(details(flat_copayment=None), row(copayment="2.85")), "0,00"
    ),
    Case("B", "P302-ZHE-019", "details.diagnosis_group", facts(diagnosis_group="WS-1"), "WS-1"),
    Case("B", "P302-ZHE-019", "details.diagnosis_group", facts(diagnosis_group="WS123"), "WS123"),
    Case("B", "P302-ZHE-020", "details.diagnosis_group", facts(diagnosis_group=""), None, "9999"),
    Case("B", "P302-ZHE-021", "details.prescription_kind", facts(prescription_kind="01"), "01"),
    Case("B", "P302-ZHE-022", "details.prescription_kind", facts(prescription_kind="")),
    Case("B", "P302-ZHE-023", "details.key_symptoms", facts(key_symptoms="1012"), "1012"),
    Case("B", "P302-ZHE-023", "details.key_symptoms", facts(key_symptoms="101"), "101"),
    Case("B", "P302-ZHE-024", "details.key_symptoms", facts(key_symptoms="")),
    Case("B", "P302-ZHE-025", "details.key_symptoms_text", facts(key_symptoms="0000"), "0000"),
    Case("B", "P302-ZHE-025", "details.key_symptoms_text", facts(key_symptoms="1001"), "1001"),
    Case("B", "P302-ZHE-026", "details.therapy_frequency", facts(therapy_frequency=None)),
    Case("B", "P302-ZHE-027", "details.therapy_frequency", facts(therapy_frequency=10), "10"),
    Case("B", "P302-ZHE-028", "details.therapy_area", facts(therapy_area="6"), "6"),
    Case("B", "P302-ZHE-029", "details.therapy_frequency", facts(therapy_area="2"), "3", "0"),
    Case("B", "P302-DIA-003", "details.diagnoses", facts(diagnoses=[])),
    Case(
        "B",
        "P302-SKZ-003",
        "details.approval_kind",
        facts(approval_number="1", approved_on="2025-10-01", approval_kind="C1"),
        "C1",
    ),
    # C, home nursing
    Case("C", "P302-ESK-041", "details.time_from", both(details(2, time_from=None))),
    Case("C", "P302-ESK-043", "details.time_to", details(1, time_to="08:10"), "08:10:00", "07:55:00"),
    Case("C", "P302-ESK-043", "details.minutes", details(1, minutes=None), None, "25"),
    Case("C", "P302-EHK-044", "details.performer_number", details(performer_number="")),
    Case("C", "P302-EHK-045", "details.performer_number", details(performer_number="4177"), "4177"),
    Case("C", "P302-EHK-045", "details.performer_number_2", details(performer_number_2="41772035X"), "41772035X"),
    Case("C", "P302-EHK-046", "details.performer_number", details(performer_number="999999995"), "999999995"),
    Case("C", "P302-ELP-005", "details.single_services", entry("single_services", 0, 1, code="")),
    Case("C", "P302-ELP-006", "details.single_services", entry("single_services", 0, 1, code="0321"), "0321"),
    Case("C", "P302-ELP-008", "details.single_services", entry("single_services", 0, 1, quantity="0"), "0"),
    Case("C", "P302-SKZ-005", APPROVED, NO_APPROVAL),
    Case("C", "P302-SKZ-005", "details.further_prescriptions", shared_entry("further_prescriptions", approvals=[])),
    Case("C", "P302-SKZ-006", APPROVED, facts(approval_kind="C2", approved_on="2025-10-20"), "HKP-2025-118", "Pseudo"),
    Case(
        "C",
        "P302-SKZ-007",
        "details.approved_on",
        facts(approval_kind="C2", approval_number="Pseudo"),
        "2025-10-24",
        "2025-10-20",
    ),
    Case(
        "C",
        "P302-ZHK-003",
        "details.further_prescriptions",
        shared_entry("further_prescriptions", bsnr=""),
    ),
    # D, domestic help
    Case("D", "P302-ESH-041", "details.time_from", rows_details(time_from=None)),
    Case("D", "P302-ESH-043", "details.time_to", details(1, time_to="14:00"), "14:00:00", "13:00:00"),
    # E, transport
    Case("E", "P302-KTL-001", "details.aid", details(2, aid=3), "3", "2"),
    Case("E", "P302-KTL-002", "details.from_street", both(details(0, from_street=""), details(1, from_street=""))),
    Case("E", "P302-KTL-003", "details.to_street", both(details(0, to_street=""), details(1, to_street=""))),
    Case(
        "E",
        "P302-KTL-004",
        "details.to_postal_code",
        both(details(0, to_postal_code=""), details(1, to_postal_code="")),
    ),
    Case("E", "P302-KTL-005", "details.to_place", both(details(0, to_place=""), details(1, to_place=""))),
    Case(
        "E",
        "P302-KTL-006",
        "details.from_postal_code",
        both(details(0, from_postal_code="7207"), details(1, from_postal_code="7207")),
        "7207",
    ),
    Case(
        "E",
        "P302-KTL-007",
        "details.to_country",
        both(details(0, to_country="d"), details(1, to_country="d")),
        "d",
        "D",
    ),
    Case("E", "P302-KTL-008", "details.to_place", details(1, to_place="Ulm"), None, "Tübingen"),
    Case("E", "P302-EKT-027", "details.time_from", details(0, time_from=None)),
    Case("E", "P302-ZUK-001", "copayment", row(copayment="33.06"), "33,06"),
    Case("E", "P302-ZUK-002", "copayment", row(copayment="-5.00"), "-5,00"),
    Case("E", "P302-ZUK-003", "details.copayment_kind", rows_details(copayment_kind="05"), "05"),
    Case("E", "P302-ZUK-004", "details.copayment_kind", rows_details(copayment_kind="")),
    Case("E", "P302-ZUK-005", "copayment", row(2, copayment="7.83"), "7,83", "7.84"),
    Case("E", "P302-ZUK-006", "copayment", row(copayment="6.00"), "6,00"),
    Case("E", "P302-ZUK-009", "details.copayment_kind", details(1, copayment_kind="01"), None, "02"),
    Case("E", "P302-ZUK-012", "details.copayment_kind", rows_details(copayment_kind="03"), "03"),
    Case("E", "P302-ZKT-016", "details.prescribed_on", facts(prescribed_on=None)),
    # F, midwives
    Case("F", "P302-HEB-001", "details.midwife_ik", details(3, midwife_ik="4523"), "4523"),
    Case("F", "P302-HEB-002", "details.hospital_ik", details(hospital_ik="2610"), "2610"),
    Case("F", "P302-FKT-002", "details.midwife_ik", details(3, midwife_ik="452307194"), "452307194"),
    Case("F", "P302-EHB-007", "details.pzn", details(4, pzn="1234567"), "1234567"),
    Case("F", "P302-EHB-030", "details.pzn", details(4, pzn="01234562"), "01234562", "1234562"),
    Case("F", "P302-EHB-027", "details.time_from", details(time_from=None)),
    Case("F", "P302-EHB-036", "details.to_postal_code", details(1, to_postal_code="7953"), "7953"),
    Case("F", "P302-EHB-037", "details.from_country", details(1, from_country="ch"), "ch", "CH"),
    Case("F", "P302-EHB-006", "code", row(service_from="2025-10-31"), "20101"),
    Case("F", "P302-ZHB-020", "details.child_birth_kind", facts(child_birth_kind="3"), "3"),
    Case("F", "P302-ZHB-021", "details.child_birth_kind", facts(child_birth_kind="")),
    Case("F", "P302-ZHB-022", "details.child_born_on", facts(child_born_on=None)),
    Case("F", "P302-ZHB-023", "details.child_born_on", facts(child_born_on="2026-02-01"), "2026-02-01"),
    Case("F", "P302-ZHB-025", "details.children", facts(children=1), "1"),
    Case("F", "P302-ZHB-025", "details.children", facts(children=10), "10"),
    # G to N, other providers
    Case(
        "L",
        "P302-ENF-031",
        "details.unit_copayment",
        both(details(1, unit_copayment="9.00"), row(1, copayment="9.00")),
        "9,00",
        "6.12",
    ),
    Case("L", "P302-ENF-032", "copayment", row(copayment="9.00"), "9,00", "10.00"),
    Case("L", "P302-ENF-033", "details.unit_copayment", details(unit_copayment="5.001"), "5.001"),
    Case("L", "P302-ENF-034", "details.unit_copayment", details(unit_copayment="-5.00"), "-5.00"),
    Case("L", "P302-ENF-035", "details.aid", both(again(1, unit_copayment=None), row(-1, copayment="")), "1"),
    Case("G", "P302-ENF-006", "code", row(code="12"), None),
    Case("L", "P302-SUT-024", "details.supply_to", details(supply_from="2025-11-01")),
    Case(
        "L",
        "P302-SUT-025",
        "details.supply_to",
        details(supply_from="2025-11-03", supply_to="2025-11-01"),
        "2025-11-01",
    ),
    Case("L", "P302-SUT-027", "details.time_from", details(time_from=None)),
    # O, palliative care
    Case("O", "P302-ERS-001", "details.care_began_on", facts(care_began_on=None)),
    Case("O", "P302-ERS-002", "details.care_began_on", facts(care_began_on="2025-11-04"), "2025-11-04"),
    Case("O", "P302-ESP-047", "details.deployments", row(quantity="3"), "3"),
    Case("O", "P302-ZZL-012", "details.deployments", entry("deployments", day=None)),
    Case(
        "O",
        "P302-ZZL-013",
        "details.deployments",
        entry("deployments", 1, day="2026-06-01", ended_on=None),
        "2026-06-01",
    ),
    Case("O", "P302-ZZL-014", "details.deployments", entry("deployments", day="2025-10-30"), "2025-10-30"),
    Case("O", "P302-ZZL-015", "details.deployments", entry("deployments", day="2020-06-01"), "2020-06-01"),
    Case("O", "P302-ZZL-042", "details.deployments", entry("deployments", day="2025-11-05"), "2025-11-04"),
    Case("O", "P302-ZZL-044", "details.deployments", entry("deployments", performer_number="")),
    Case("O", "P302-ZZL-045", "details.deployments", entry("deployments", performer_number_2="1"), "1"),
    Case("O", "P302-ZZL-046", "details.deployments", entry("deployments", performer_number="999999990"), "999999990"),
    Case("O", "P302-ZZL-048", "details.deployments", entry("deployments", deployment_id="E-1"), "E-1"),
    Case("O", "P302-ZZL-049", "details.deployments", entry("deployments", time_to="07:00"), "07:00:00"),
    Case("O", "P302-ZZL-050", "details.deployments", entry("deployments", 1, lanr="")),
    Case("O", "P302-ZZL-051", "details.deployments", entry("deployments", 1, lanr="7155"), "7155"),
    Case("O", "P302-ZZL-052", "details.deployments", shared_entry("deployments", 0, day="2026-02-01"), more={}),
    Case("O", "P302-ZSP-021", "details.prescribed_from", facts(prescribed_from=None)),
    Case("O", "P302-ZSP-022", "details.prescribed_to", facts(prescribed_to=None)),
    Case("O", "P302-ZSP-023", "details.prescribed_to", facts(prescribed_to="2025-10-31"), "2025-10-31"),
    Case("O", "P302-DIA-003", "details.diagnoses", facts(diagnoses=[])),
    # P, care planning
    Case("P", "P302-EGV-054", "service_to", row(service_to="2025-10-31"), "2025-10-31"),
    Case("P", "P302-IBP-001", "details.consultations", shared_entry("consultations", kind="3"), "3"),
    Case("P", "P302-IBP-002", "details.consultations", shared_entry("consultations", talks=None)),
    Case(
        "P", "P302-IBP-003", "details.consultations", shared_entry("consultations", ended_on="2025-11-02"), "2025-11-02"
    ),
    Case("P", "P302-IBP-004", "details.consultations", both(rows(text=""), without("further_texts"))),
    # Q, short-term care
    Case("Q", "P302-EHP-053", "service_to", rows(service_from=None, service_to=None)),
    Case("Q", "P302-EHP-054", "service_to", row(service_to="2025-11-06"), "2025-11-06"),
    Case("Q", "P302-EHP-055", "quantity", row(quantity="9"), "9"),
    Case("Q", "P302-SKZ-005", APPROVED, NO_APPROVAL),
    # R, intensive care
    Case("R", "P302-AHK-055", "details.quantity_kind", details(quantity_kind="5"), "5"),
    Case("R", "P302-AHK-056", "details.quantity_kind", details(quantity_kind="")),
    Case("R", "P302-AHK-057", "details.supply_to", MONTH),
    Case("R", "P302-AHK-058", "details.supply_to", details(2, supply_to="2025-11-05"), "2025-11-05"),
    Case("R", "P302-ASK-013", "details.deployments", entry("deployments", day="2026-06-01"), "2026-06-01"),
    Case("R", "P302-ASK-015", "details.deployments", entry("deployments", day="2020-06-01"), "2020-06-01"),
    Case("R", "P302-ASK-044", "details.deployments", entry("deployments", performer_number="")),
    Case("R", "P302-ASK-045", "details.deployments", entry("deployments", performer_number="4177"), "4177"),
    Case("R", "P302-ASK-046", "details.deployments", entry("deployments", performer_number="999999995"), "999999995"),
    Case("R", "P302-ASK-059", "details.deployments", entry("deployments", day="2025-11-04"), "2025-11-04"),
    Case("R", "P302-ASK-060", "details.deployments", entry("deployments", time_to=None)),
    Case("R", "P302-ASK-061", "details.deployments", entry("deployments", performer_number="999999990"), "999999990"),
    Case("R", "P302-SKZ-006", APPROVED, facts(approval_number="AKI 1"), "AKI 1", "Pseudo"),
    # S, pilot projects
    Case("S", "P302-EMP-012", "service_from", row(service_from=None)),
    Case("S", "P302-EMP-027", "details.time_from", details(time_from=None)),
    Case("S", "P302-EMP-044", "details.performer_number", details(performer_number="")),
    Case("S", "P302-EMP-045", "details.performer_number", details(performer_number="4177"), "4177"),
    Case("S", "P302-EMP-046", "details.performer_number", details(performer_number="999999990"), "999999990"),
    Case("S", "P302-EMP-053", "service_to", rows(service_from=None, service_to=None)),
    Case("S", "P302-EMP-054", "service_to", row(service_to="2025-11-11"), "2025-11-11"),
)

CASES = (*of_positions(), *of_days(), *of_prescriptions(), *OWN)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_rule_is_told_with_its_field_and_a_suggestion(case: Case) -> None:
    kept = voucher(case.letter)
    before = {(each.code, each.field, each.item) for each in findings(case.letter, kept, **case.more)}
    broken = voucher(case.letter)
    case.change(broken)
    found = findings(case.letter, broken, **case.more)
    fitting = [
        each
        for each in found
        if each.code == case.code and each.field == case.place and (each.code, each.field, each.item) not in before
    ]
    assert fitting, [f"{each.code} {each.field} {each.value}: {each.message}" for each in found]
    finding = fitting[0]
    assert "{" not in finding.message + finding.mend
    assert finding.source
    if case.value is not None:
        assert finding.value == case.value
    assert finding.suggestion == case.suggestion


ONLY_IN_FILES = {
    "P302-ESK-042", "P302-ESH-042",  # visits are sorted before they are written
    "P302-ZUK-010", "P302-ZUK-011", "P302-BES-001", "P302-BES-004", "P302-ZHB-024", "P302-ZUZ-001",
}  # fmt: skip
"""Rules that an item cannot break: test_verify_faults proves them on files."""


def test_every_rule_of_these_groups_has_a_case() -> None:
    tags = {layout.layout.tag for group in GROUPS.values() if group.letter != "A" for layout in group.tables}
    shared = {"TXT", "MWS"}
    wanted = {
        rule.code
        for rule in rules.RULES
        if rule.code.startswith("P302-") and rule.code[5:8] in (tags | {"ZUZ", "BES", "DIA", "SKZ"}) - shared
    }
    of_aids = {"P302-DIA-001", "P302-DIA-002", *(f"P302-SKZ-00{number}" for number in range(1, 5))}
    of_corrections = {"P302-BES-005"}  # test_correction_deduction.py
    assert wanted - {case.code for case in CASES} - ONLY_IN_FILES - of_aids - of_corrections == set()


def test_rules_that_only_files_can_break_are_found_in_seeded_faults(tmp_path: Path) -> None:
    seen = set()
    for fault in FAULTS_OF_GROUPS:
        path = tmp_path / "TSOL0001"
        path.write_bytes(fault.content())
        seen |= {finding.code for finding in FORMATS[0].verify(path)}
    assert ONLY_IN_FILES - seen == set()


KEPT: tuple[tuple[str, Change], ...] = (
    ("B", facts(key_symptoms="9999", diagnosis_group="9999", prescription_kind="99")),
    ("B", facts(key_symptoms="0001", key_symptoms_text="Schmerz beim Heben")),
    ("B", facts(diagnoses=[{"text": "Zustand nach Sturz"}])),
    ("C", facts(approval_number="", approved_on=None, approval_kind="C2", further_approvals=[])),
    ("C", details(performer_number="999999996")),
    ("C", client(insurance_status="1")),
    ("D", without("prescribed_on", "bsnr", "lanr", "accident", "prescription_feature", "diagnoses")),
    ("F", facts(child_birth_kind="2", child_born_on="2026-02-14", child_born_at=None)),
    ("O", entry("deployments", performer_number="999999997")),
    ("Q", row(quantity="7")),
)


@pytest.mark.parametrize("number", range(len(KEPT)))
def test_what_the_spec_allows_passes(number: int) -> None:
    letter, change = KEPT[number]
    kept = voucher(letter)
    change(kept)
    assert [f"{each.code} {each.field}" for each in findings(letter, kept) if each.is_error] == []
