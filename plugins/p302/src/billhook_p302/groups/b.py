"""Group B, therapies (Heilmittel): TA1 V21 5.5.3.3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from billhook.model import Finding, SplitKind
from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.codes.therapy import NO_GROUP
from billhook_p302.groups import copayments, positions, prescriptions, sums
from billhook_p302.groups.parts import LINE, LINE_COMPUTED, TEXT, UNIT_COPAYMENT, VAT, prescription, unit_copayment
from billhook_p302.groups.structure import Approvals, Group, Prescriptions, Table
from billhook_p302.placing import Placed

EHE = Table(
    layouts.EHE,
    {**LINE, "service_date": "service_from", **UNIT_COPAYMENT, "kilometres": "details.kilometres"},
    computed={**LINE_COMPUTED, "copayment": unit_copayment},
)


ZHE = Table(
    layouts.ZHE,
    {
        **prescription(
            "practice_number",
            "physician_number",
            "prescribed_on",
            "copayment_mark",
            "diagnosis_group",
            "prescription_kind",
            "prescription_feature",
            "accident",
            "compensation",
            "home_visit",
            "urgent",
            "therapy_area",
        ),
        "report_wanted": "details.report_requested",
        "leading_symptoms": "details.key_symptoms",
        "own_symptoms": "details.key_symptoms_text",
        "frequency": "details.therapy_frequency",
    },
    computed={
        "report_wanted": lambda item, _: "1" if item.details.report_requested else None,
        "home_visit": lambda item, _: "1" if item.details.home_visit else None,
        "urgent": lambda item, _: "1" if item.details.urgent else "0",
        "frequency": lambda item, _: (
            None if item.details.therapy_frequency is None else str(item.details.therapy_frequency)
        ),
    },
    more={"diagnoses": "details.diagnoses"},
)

_DIAGNOSIS_GROUP = re.compile(r"[A-Za-z0-9]{1,4}", re.ASCII)
_KEY_SYMPTOMS = re.compile(r"[01]{4}|9999", re.ASCII)
_WITHOUT_FREQUENCY = ("2", "5")
"""Areas of therapy whose frequency is 0: podology and nutrition."""


def once_a_day(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Equal positions of one day stand together in one EHE."""
    seen: set[tuple[str, str, object]] = set()
    for placed in segments:
        if placed.tag == "EHE" and placed.text("position_number") and placed.day("service_date"):
            key = (placed.text("tariff_code"), placed.text("position_number"), placed.values.get("service_date"))
            if key in seen:
                yield placed.at(
                    rules.DOUBLE_POSITION,
                    "position_number",
                    placed.text("position_number"),
                    day=placed.text("service_date"),
                )
            seen.add(key)


def therapy(zhe: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """Diagnosis group, leading symptoms and frequency as the guideline on therapies has them."""
    diagnosis_group, symptoms = zhe.text("diagnosis_group"), zhe.text("leading_symptoms")
    if diagnosis_group and not _DIAGNOSIS_GROUP.fullmatch(diagnosis_group):
        yield zhe.at(rules.DIAGNOSIS_GROUP, "diagnosis_group", diagnosis_group)
    if len(symptoms) == len(NO_GROUP) and not _KEY_SYMPTOMS.fullmatch(symptoms):
        yield zhe.at(rules.KEY_SYMPTOMS, "leading_symptoms", symptoms)
    told_in_words = symptoms != NO_GROUP and (symptoms == "0000" or symptoms[3:4] == "1")
    if told_in_words and not zhe.text("own_symptoms"):
        yield zhe.at(rules.OWN_SYMPTOMS, "own_symptoms", symptoms)
    frequency = zhe.text("frequency")
    if zhe.text("therapy_area") in _WITHOUT_FREQUENCY and frequency not in ("", "0"):
        yield zhe.at(rules.FREQUENCY_NOT_ZERO, "frequency", frequency, suggestion="0")


GROUP = Group(
    letter="B",
    title="therapies (Heilmittel)",
    section="5.5.3.3",
    codes=ACCOUNTING_CODES["B"],
    line=EHE,
    parts=(TEXT, VAT),
    prescriptions=Prescriptions(ZHE, approvals=Approvals.ONE),
    closing=copayments.closing(layouts.B_BES),
    splits=frozenset({SplitKind.COPAYMENT}),
    vat=True,
    checks={
        "EHE": (*positions.PRICED, positions.digits("B"), positions.service_date),
        "ZHE": (*prescriptions.OTHER_THAN_AIDS, therapy),
    },
    voucher_checks=(
        sums.walk,
        copayments.of_unit,
        once_a_day,
        prescriptions.copayment_mark,
        prescriptions.with_diagnoses,
        positions.against_prescription,
    ),
    line_checks=(copayments.parts,),
)
