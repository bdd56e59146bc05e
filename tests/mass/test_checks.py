"""Every check of a line: what is right passes, what is wrong gives its code and no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billhook.model import BillingItem, Finding, Severity
from billhook.scheme import Context
from billhook_mass.profile import CheckForm, Formulas, KeyTable, Quoting, load
from billhook_mass.registers import Absence, Phase, PhaseEntry, Rate, Register, Stay
from billhook_mass.scheme import Mass
from billhook_mass.settings import Settings
from billhook_mass.testing import (
    DAY_RATE,
    HOME,
    HOUR_RATE,
    LIVING,
    NOW,
    absent_line,
    grants,
    hours_line,
    line,
    month_line,
    person,
    phases,
    rates,
    reference,
    register,
    settings,
)

SCHEME = Mass()
PROFILE = load("lwl-assumed")


def found(items: Sequence[BillingItem], known: Register | None = None, own: Settings | None = None) -> list[Finding]:
    """What check and, where that is clean, keys have to say."""
    context = Context(NOW, SCHEME.versions[0], own or settings(), register() if known is None else known)
    findings = list(SCHEME.check(items, context))
    if not any(one.is_error for one in findings):
        findings += [keys for item in items if isinstance(keys := SCHEME.keys(item, context), Finding)]
    return findings


def codes(items: Sequence[BillingItem], known: Register | None = None, own: Settings | None = None) -> set[str]:
    return {finding.code for finding in found(items, known, own)}


def told(items: Sequence[BillingItem], known: Register | None = None, own: Settings | None = None) -> Finding:
    [finding] = found(items, known, own)
    return finding


def profile(**changes: Any) -> Settings:
    """The settings with a profile that differs in these sections."""
    return settings(PROFILE.model_copy(update=changes))


def column(field: str, **changes: Any) -> Settings:
    """The settings with a profile in which one column differs."""
    record = PROFILE.line
    columns = tuple(one.model_copy(update=changes) if one.field == field else one for one in record.columns)
    return profile(records=(record.model_copy(update={"columns": columns}),))


STAY = Stay(1, person(1).number, HOME, date(2026, 1, 1))
HOSPITAL = Absence(1, person(1).number, HOME, "hospital", date(2026, 3, 9), date(2026, 3, 14))
FOUR_AWAY = line(1, quantity=Decimal(27), details={"days_present": 27, "days_absent": 4})


# --- What is right ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "items",
    [
        [line(1)],
        [FOUR_AWAY, absent_line(2, 1)],
        [month_line(1)],
        [hours_line(1)],
        [hours_line(1, quantity=Decimal("0.7500"), unit_price=Decimal("60.00"),
                    details={"contacts": "45", "missed": True, "percent": Decimal(80)})],
        [line(1, service_from=date(2026, 3, 10), quantity=Decimal(22), details={"days_present": 22})],
    ],
    ids=["full month", "with absence", "workshop", "hours", "missed contact", "part of a month"],
)  # fmt: skip
def test_a_line_that_is_right_has_no_finding(items: list[BillingItem]) -> None:
    assert found(items) == []


def test_with_occupancy_and_absences_entered_the_same_lines_are_right() -> None:
    assert found([FOUR_AWAY, absent_line(2, 1)], register(stays=[STAY], absences=[HOSPITAL])) == []


# --- What is wrong, one fault a case ----------------------------------------------------------------------------------

_CASES: list[tuple[str, list[BillingItem]]] = [
    ("MASS-M02-001", [line(1, unit_price=Decimal("142.36"))]),
    ("MASS-M02-001", [absent_line(1, details={"percent": Decimal(75)}, unit_price=DAY_RATE)]),
    ("MASS-M02-002", [line(1, vat_rate=Decimal(7))]),
    ("MASS-M03-001", [line(1, details={"days_present": 31, "days_absent": 1})]),
    ("MASS-M03-001", [line(1, service_from=date(2026, 3, 2))]),
    ("MASS-M03-002", [line(1, service_to=date(2026, 4, 1))]),
    ("MASS-M03-003", [line(1, service_from=date(2026, 3, 20), service_to=date(2026, 3, 10))]),
    ("MASS-M03-004", [line(1, service_from=None, service_to=None, details={"month": "2026-03"})]),
    ("MASS-M03-005", [line(1, details={"month": "March"})]),
    ("MASS-M03-007", [line(1, quantity=Decimal(30))]),
    ("MASS-M04-001", [line(1, details={"reference": ""})]),
    ("MASS-M04-002", [line(1, code="AUSFLUG")]),
    ("MASS-M04-003", [line(1, service_from=date(2028, 1, 1), service_to=date(2028, 1, 31))]),
    ("MASS-M04-004", [line(1, details={"reference": "52.2-99999"})]),
    ("MASS-M04-006", [line(1, unit="flat", quantity=Decimal(1), details={"days_present": None})]),
    ("MASS-M04-007", [line(1, client=person(4711))]),
    ("MASS-M05-002", [line(1, unit_price=Decimal("143.00"), details={"rate": Decimal("143.00")})]),
    ("MASS-M07-001", [line(1, details={"note": "zurück aus Łódź"})]),
    ("MASS-PARTY-001", [line(1, payer="kvjs")]),
    ("MASS-PARTY-002", [line(1, provider="H9")]),
    ("MASS-UNIT-001", [line(1, unit="week", quantity=Decimal(4), details={"days_present": None})]),
    ("MASS-UNIT-002", [line(1, details={"day_kind": "half"})]),
    ("MASS-UNIT-003", [line(1, quantity=Decimal(0), details={"days_present": 0})]),
    ("MASS-UNIT-004", [line(1, quantity=Decimal("30.5"), details={"days_present": None})]),
    ("MASS-ABS-001", [absent_line(1, details={"absence": "cruise"})]),
    ("MASS-ABS-002", [absent_line(1, unit_price=Decimal("113.88"), details={"percent": Decimal(80)})]),
    ("MASS-ABS-002", [absent_line(1, unit_price=DAY_RATE, details={"percent": Decimal(100)})]),
    ("MASS-ABS-003", [absent_line(1, service_from=date(2026, 3, 1), service_to=date(2026, 3, 29), quantity=Decimal(29),
                                  details={"days_absent": 29})]),
    ("MASS-ABS-006", [absent_line(1, details={"absence": ""}, unit_price=DAY_RATE)]),
    ("MASS-FLS-001", [hours_line(1, details={"contacts": "one hour"})]),
    ("MASS-FLS-002", [hours_line(1, quantity=Decimal("1.4"))]),
    ("MASS-FLS-003", [hours_line(1, quantity=Decimal("1.0000"), details={"contacts": "60", "missed": True})]),
    ("MASS-FLS-004", [hours_line(1, quantity=Decimal(1), unit_price=Decimal("60.00"),
                                 details={"contacts": "", "missed": True, "percent": Decimal(80)})]),
    ("MASS-FIT-001", [line(1, client=replace(person(1), given_name=""))]),
    ("MASS-FIT-002", [line(1, details={"note": "x" * 101})]),
    ("MASS-FIT-003", [line(1, unit_price=Decimal("142.355"), details={"rate": Decimal("142.355")})]),
    ("MASS-FIT-005", [line(1, details={"note": "=1+1"})]),
    ("MASS-FIT-007", [line(1, details={"note": "erste Zeile\nzweite"})]),
    ("MASS-CORR-001", [line(1, kind="correction")]),
    ("MASS-CORR-004", [line(1, kind="cancellation", details={"corrects_invoice": "2026-000001"})]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "items"), _CASES, ids=[f"{code} {at}" for at, (code, _) in enumerate(_CASES)])
def test_a_fault_gives_its_code(code: str, items: list[BillingItem]) -> None:
    assert code in codes(items)


_TWO_FAULTS = {"MASS-FIT-003", "MASS-ABS-006", "MASS-M04-002"}
"""A rate with three places is not the agreed one either, days away without their kind are not at full rate, and a service that
nobody granted has no rate."""


@pytest.mark.parametrize(
    ("code", "items"),
    [case for case in _CASES if case[0] not in _TWO_FAULTS],
    ids=[f"{code} {at}" for at, (code, _) in enumerate(case for case in _CASES if case[0] not in _TWO_FAULTS)],
)
def test_a_fault_gives_no_other_code(code: str, items: list[BillingItem]) -> None:
    assert codes(items) == {code}


def test_everything_is_told_at_once() -> None:
    bad = line(1, unit_price=Decimal("1.00"), unit="week", details={"reference": "", "note": "=x", "day_kind": "half"})
    assert codes([bad]) >= {"MASS-M02-001", "MASS-UNIT-001", "MASS-M04-001", "MASS-FIT-005", "MASS-UNIT-002"}


def test_what_can_be_known_is_suggested() -> None:
    assert told([line(1, details={"reference": ""})]).suggestion == reference(1)
    assert told([line(1, details={"reference": "x"})]).suggestion == reference(1)
    assert told([line(1, unit_price=Decimal("1.00"))]).suggestion == "142.35"
    assert told([hours_line(1, quantity=Decimal("1.4"))]).suggestion == "1.4700"


# --- Payer, facility, phase -------------------------------------------------------------------------------------------


def _with_phases(entries: list[PhaseEntry]) -> Register:
    return Register.of(grants=grants(), rates=rates(), phases=entries)


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (_with_phases([]), "MASS-PHASE-001"),
        (register(phase=Phase.CANDIDATE), "MASS-PHASE-001"),
        (register(phase=Phase.UNLOCKED), "MASS-PHASE-001"),
        (register(phase=Phase.SUSPENDED), "MASS-PHASE-002"),
        (_with_phases([PhaseEntry("lwl", HOME, Phase.LIVE, date(2026, 1, 1))]), "MASS-PHASE-003"),
    ],
)
def test_only_pilot_and_released_facilities_bill(known: Register, code: str) -> None:
    assert codes([line(1)], known) == {code}


@pytest.mark.parametrize("phase", [Phase.PILOT, Phase.LIVE])
def test_pilot_and_live_facilities_bill(phase: Phase) -> None:
    assert found([line(1)], register(phase=phase)) == []


def test_a_phase_holds_from_its_day_on() -> None:
    later = [*phases(Phase.PILOT), PhaseEntry("lwl", HOME, Phase.SUSPENDED, date(2026, 4, 3))]
    assert found([line(1)], _with_phases(later)) == []
    today = [*phases(Phase.PILOT), PhaseEntry("lwl", HOME, Phase.SUSPENDED, NOW.date())]
    assert codes([line(1)], _with_phases(today)) == {"MASS-PHASE-002"}


def test_a_profile_of_another_payer_is_not_used() -> None:
    assert codes([line(1)], own=profile(payers=("lwv",))) == {"MASS-PARTY-003"}


def test_both_references_of_the_biller_are_needed() -> None:
    own = settings(facilities=[{"number": HOME, "references": [{"payer": "lwl"}]}])
    assert codes([line(1)], own=own) == {"MASS-PARTY-004", "MASS-PARTY-005"}


def test_a_person_needs_a_number_of_ones_own() -> None:
    assert codes([line(1, client=replace(person(1), number=""))]) == {"MASS-PARTY-006"}


# --- Grants and rates -------------------------------------------------------------------------------------------------


def _granted(**changes: Any) -> Register:
    grant = replace(grants(1)[0], **changes)
    return Register.of(grants=[grant], rates=rates(), phases=phases())


def test_a_grant_that_begins_within_the_month_covers_only_its_days() -> None:
    finding = told([line(1)], _granted(valid_from=date(2026, 3, 11)))
    assert (finding.code, finding.value, finding.params["count"]) == ("MASS-M04-003", "2026-03-01", "10")


def test_the_last_day_of_a_grant_is_included() -> None:
    assert found([line(1)], _granted(valid_to=date(2026, 3, 31))) == []
    assert codes([line(1)], _granted(valid_to=date(2026, 3, 30))) == {"MASS-M04-003"}


def test_a_grant_of_another_payer_or_facility_is_none() -> None:
    assert codes([line(1)], _granted(payer="lvr")) == {"MASS-M04-002"}
    assert codes([line(1)], _granted(facility="H2")) == {"MASS-M04-002"}


def test_the_rate_of_the_grant_goes_before_the_agreed_one() -> None:
    known = _granted(rate=Decimal("150.00"))
    assert codes([line(1)], known) == {"MASS-M05-002"}
    assert found([line(1, unit_price=Decimal("150.00"), details={"rate": Decimal("150.00")})], known) == []


def test_a_rate_that_changed_within_the_month_makes_two_lines() -> None:
    new = Rate(9, "", HOME, LIVING, "day", Decimal("145.00"), date(2026, 3, 16))
    old = replace(rates()[0], valid_to=date(2026, 3, 15))
    known = Register.of(grants=grants(), rates=[old, new], phases=phases())
    assert told([line(1)], known).params["day"] == "2026-03-16"
    halves = [
        line(1, service_to=date(2026, 3, 15), quantity=Decimal(15), details={"days_present": 15}),
        line(2, 1, line=2, service_from=date(2026, 3, 16), quantity=Decimal(16), unit_price=Decimal("145.00"),
             details={"days_present": 16, "rate": Decimal("145.00")}),
    ]  # fmt: skip
    assert found(halves, known) == []


def test_without_an_agreement_no_rate_is_right() -> None:
    known = Register.of(grants=grants(), phases=phases())
    assert codes([line(1)], known) == {"MASS-M05-001"}


# --- Absences against what is entered ---------------------------------------------------------------------------------


def test_days_away_that_are_billed_as_presence_are_found() -> None:
    finding = told([line(1)], register(stays=[STAY], absences=[HOSPITAL]))
    assert (finding.code, finding.suggestion) == ("MASS-ABS-004", "27")


def test_days_outside_the_stay_are_found() -> None:
    stay = replace(STAY, discharged=date(2026, 3, 20))
    finding = told([line(1)], register(stays=[stay]))
    assert (finding.code, finding.value, finding.params["count"]) == ("MASS-STAY-001", "2026-03-21", "11")


def test_days_beyond_the_yearly_limit_are_found() -> None:
    # 26 days are used up in January and February; two of the four are left.
    used = Absence(2, person(1).number, HOME, "leave", date(2026, 1, 15), date(2026, 2, 11))
    known = register(stays=[STAY], absences=[used, HOSPITAL])
    assert codes([FOUR_AWAY, absent_line(2, 1)], known) == {"MASS-ABS-003"}
    [finding] = [one for one in found([FOUR_AWAY, absent_line(2, 1)], known) if one.code == "MASS-ABS-003"]
    assert (finding.value, finding.suggestion) == ("2", "2")


def test_a_short_absence_is_paid_in_full() -> None:
    short = replace(HOSPITAL, returned=date(2026, 3, 13))  # 10 to 12 March
    lines = [
        line(1, quantity=Decimal(28), details={"days_present": 28, "days_absent": 3}),
        absent_line(2, 1, service_to=date(2026, 3, 12), quantity=Decimal(3), details={"days_absent": 3}),
    ]
    assert codes(lines, register(stays=[STAY], absences=[short])) == {"MASS-ABS-002"}
    full = absent_line(
        2, 1, service_to=date(2026, 3, 12), quantity=Decimal(3), unit_price=DAY_RATE,
        details={"days_absent": 3, "percent": Decimal(100)},
    )  # fmt: skip
    assert found([lines[0], full], register(stays=[STAY], absences=[short])) == []


def test_board_may_be_taken_off_the_days_away() -> None:
    kinds = {**PROFILE.absences.kinds}
    kinds["hospital"] = kinds["hospital"].model_copy(update={"percent": Decimal(100), "deduction": Decimal("4.10")})
    own = profile(absences=PROFILE.absences.model_copy(update={"kinds": kinds}))

    def away(price: str) -> list[BillingItem]:
        return [absent_line(1, unit_price=Decimal(price), details={"percent": Decimal(100)})]

    assert found(away("138.25"), own=own) == []  # 142.35 less 4.10
    assert told(away("138.26"), own=own).suggestion == "138.25"


def test_an_absence_that_was_told_too_late_is_a_warning() -> None:
    rules = PROFILE.absences
    told_in_time = {**rules.kinds, "hospital": rules.kinds["hospital"].model_copy(update={"notice_days": 3})}
    own = profile(absences=rules.model_copy(update={"kinds": told_in_time}))

    def reported(day: date | None) -> list[Finding]:
        absence = replace(HOSPITAL, reported=day)
        return found([FOUR_AWAY, absent_line(2, 1)], register(stays=[STAY], absences=[absence]), own)

    assert reported(date(2026, 3, 12)) == []
    assert [(one.code, one.severity) for one in reported(date(2026, 3, 13))] == [("MASS-ABS-005", Severity.WARNING)]
    assert [one.code for one in reported(None)] == ["MASS-ABS-005"]


# --- Vouchers and corrections -----------------------------------------------------------------------------------------


def test_a_voucher_is_one_month() -> None:
    february = line(2, 1, line=2, service_from=date(2026, 2, 1), service_to=date(2026, 2, 28), quantity=Decimal(28),
                    details={"days_present": 28})  # fmt: skip
    assert codes([line(1), february]) == {"MASS-UNIT-005"}


def test_a_cancellation_takes_back_what_is_no_longer_granted() -> None:
    before = line(
        1, service_from=date(2024, 12, 1), service_to=date(2024, 12, 31), details={"corrects_invoice": "2024-000012"}
    )
    after = replace(before, kind="cancellation", quantity=Decimal(-31), net=-before.net, gross=-before.gross)
    assert found([after]) == []


# --- The profile's word -----------------------------------------------------------------------------------------------


def test_a_profile_weighs_the_checks() -> None:
    own = profile(checks={**PROFILE.checks, "M05": CheckForm(severity=Severity.WARNING)})
    finding = told([line(1, unit_price=Decimal("1"), details={"rate": Decimal("1")})], own=own)
    assert (finding.code, finding.severity) == ("MASS-M05-002", Severity.WARNING)


def test_a_tolerance_lets_cents_pass() -> None:
    own = profile(checks={**PROFILE.checks, "M02": CheckForm(tolerance=Decimal("0.05"))})
    assert found([line(1, unit_price=Decimal("142.351"))], own=own) == []


def test_a_format_may_forbid_what_looks_like_a_formula_or_take_it_as_it_is() -> None:
    bad = [line(1, details={"note": "@home"})]
    refuse = profile(file=PROFILE.file.model_copy(update={"formulas": Formulas.REFUSE}))
    leave = profile(file=PROFILE.file.model_copy(update={"formulas": Formulas.LEAVE}))
    assert codes(bad, own=refuse) == {"MASS-FIT-006"}
    assert codes(bad, own=leave) == set()


def test_a_format_without_quotes_has_no_separators_in_its_cells() -> None:
    own = profile(file=PROFILE.file.model_copy(update={"quoting": Quoting.NEVER}))
    assert codes([line(1, details={"note": "a;b"})], own=own) == {"MASS-FIT-008"}


def test_a_closed_key_table_takes_only_its_words() -> None:
    keys = PROFILE.keys.model_copy(update={"services": KeyTable(closed=True, words={"ANDERES": "A1"})})
    assert codes([line(1)], own=profile(keys=keys)) == {"MASS-FIT-004"}


def test_utf_8_has_all_letters() -> None:
    own = profile(file=PROFILE.file.model_copy(update={"encoding": "utf-8"}))
    assert found([line(1, details={"note": "zurück aus Łódź"})], own=own) == []


def test_a_column_may_be_longer_elsewhere() -> None:
    assert found([line(1, details={"note": "x" * 101})], own=column("line.note", longest=None)) == []


def test_hours_need_no_contacts() -> None:
    own_count = hours_line(1, quantity=Decimal("2.50"), details={"contacts": ""})
    assert found([own_count]) == []
    assert own_count.gross == HOUR_RATE * Decimal("2.5") * 100
