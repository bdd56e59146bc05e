"""What must be right in prescriptions, diagnoses and approvals of any group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from billhook.identifiers import lanr
from billhook.model import Finding
from billhook.money import format_cents
from billhook_p302 import rules
from billhook_p302.codes.prescription import NO_NUMBER, NURSE_RECOMMENDATION, PROVISIONAL_APPROVALS, PSEUDO
from billhook_p302.groups.positions import PRESCRIPTIONS, by_tag
from billhook_p302.groups.structure import Check
from billhook_p302.placing import Placed

_ICD_10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,2}|\.-)?[-!*+]?[GVZA]?[RLB]?", re.ASCII)


def dates(placed: Placed, day: date) -> Iterator[Finding]:
    """Nobody prescribes tomorrow."""
    prescribed = placed.day("prescribed_on")
    if prescribed and prescribed > day:
        yield placed.at(rules.PRESCRIPTION_IN_FUTURE, "prescribed_on", prescribed)


def doctor(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """Practice and physician's number."""
    practice, physician = placed.text("practice_number"), placed.text("physician_number")
    if practice and not (practice.isascii() and practice.isdigit()):
        yield placed.at(rules.PRACTICE_DIGITS, "practice_number", practice)
    elif practice and len(practice) != 9:
        yield placed.at(rules.PRACTICE_LENGTH, "practice_number", practice)
    if physician and not (physician.isascii() and physician.isdigit()):
        yield placed.at(rules.PHYSICIAN_DIGITS, "physician_number", physician)
    # Dentists' numbers are shorter and follow no public rule.
    elif len(physician) == 9 and lanr.calc_check_digit(physician) != physician[6]:
        yield placed.at(rules.PHYSICIAN_CHECK, "physician_number", physician)


def feature(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """A nurse's recommendation is for aids only (A3 V21 8.1.11)."""
    if placed.text("prescription_feature") == NURSE_RECOMMENDATION:
        yield placed.at(rules.NURSE_ONLY_FOR_AIDS, "prescription_feature", NURSE_RECOMMENDATION)


def numbers(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """Both numbers are there, where the layout would let them be missing but the text demands them."""
    for name, rule in (("practice_number", rules.PRACTICE_MISSING), ("physician_number", rules.PHYSICIAN_MISSING)):
        if not placed.text(name):
            yield placed.at(rule, name, suggestion=NO_NUMBER)


def ordered(placed: Placed, day: date) -> Iterator[Finding]:
    """Where there is an order, it has both numbers (TA1 V21 5.5.3.7 ZHB)."""
    if placed.values.get("prescribed_on") is not None:
        yield from numbers(placed, day)


BASIC: tuple[Check, ...] = (dates, doctor)
"""What is looked at in every prescription."""

OTHER_THAN_AIDS: tuple[Check, ...] = (*BASIC, feature)


def diagnosis(dia: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """Code or words, and the code of the right form."""
    code = dia.text("diagnosis_code")
    if code and not _ICD_10.fullmatch(code):
        yield dia.at(rules.DIAGNOSIS_CODE, "diagnosis_code", code)
    if not code and not dia.text("diagnosis_text"):
        yield dia.at(rules.DIAGNOSIS_EMPTY, "diagnosis_code")


def approval(skz: Placed, day: date) -> Iterator[Finding]:
    """An approval is not of the future; a provisional one has no number yet."""
    approved = skz.day("approved_on")
    if approved and approved > day:
        yield skz.at(rules.APPROVAL_IN_FUTURE, "approved_on", approved)
    kind, number = skz.text("approval_kind"), skz.text("approval_number")
    if kind in PROVISIONAL_APPROVALS and number and number != PSEUDO:
        yield skz.at(rules.PSEUDO_NUMBER, "approval_number", number, kind=kind, suggestion=PSEUDO)


# --- Against the rest of the voucher ----------------------------------------------------------------------------------


def copayment_mark(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Whether a copayment is billed as the prescription's mark says."""
    found = by_tag(segments)
    copayment = sum(placed.whole("copayment") for tag in ("ZUH", "ZUK") for placed in found.get(tag, ()))
    copayment += sum(placed.whole("copayment_total") for placed in found.get("BES", ()) if not copayment)
    for placed in segments:
        if placed.tag in PRESCRIPTIONS and "copayment_mark" in placed.layout.names and "GZF" not in found:
            mark = placed.text("copayment_mark")
            if mark in ("0", "1") and copayment > 0:
                yield placed.at(rules.COPAYMENT_THOUGH_EXEMPT, "copayment_mark", mark, amount=format_cents(copayment))
            elif mark == "3" and not copayment:
                yield placed.at(rules.NO_COPAYMENT_THOUGH_DUE, "copayment_mark", mark)


def with_diagnoses(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Each prescription has a diagnosis: groups B and O."""
    for prescription, below in of_prescriptions(segments):
        if not any(placed.tag == "DIA" for placed in below):
            yield prescription.at(rules.DIAGNOSIS_MISSING, "diagnoses")


def with_approvals(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Each prescription has an approval; a provisional one is of the prescription's day: groups C, O and R."""
    for prescription, below in of_prescriptions(segments):
        approvals = [placed for placed in below if placed.tag == "SKZ"]
        if not approvals:
            yield prescription.at(rules.APPROVAL_MISSING, "approval_number")
        prescribed = prescription.day("prescribed_on")
        for skz in approvals:
            approved, kind = skz.day("approved_on"), skz.text("approval_kind")
            if kind in PROVISIONAL_APPROVALS and approved and prescribed and approved != prescribed:
                yield skz.at(
                    rules.PSEUDO_DATE,
                    "approved_on",
                    approved,
                    kind=kind,
                    expected=prescribed,
                    suggestion=prescribed.isoformat(),
                )


def of_prescriptions(segments: Sequence[Placed]) -> Iterator[tuple[Placed, list[Placed]]]:
    """Each prescription with its diagnoses and approvals."""
    here: Placed | None = None
    below: list[Placed] = []
    for placed in segments:
        if placed.tag in PRESCRIPTIONS:
            if here is not None:
                yield here, below
            here, below = placed, []
        elif here is not None:
            below.append(placed)
    if here is not None:
        yield here, below
