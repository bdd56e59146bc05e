"""Where a finding belongs: a segment of a voucher, either about to be written from items or just read from a file.

The rules of content are the same for both, so they look at `Placed` segments and do not know which it is. The tables
here say which key table a field comes from, and which rule of ours a broken row of its layout stands for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, get_origin

from billhook.identifiers import ik
from billhook.model import BillingItem, Finding, Rule, Severity
from billhook.wire.edifact import Segment
from billhook.wire.layout import SegmentLayout
from billhook.wire.problems import Problem
from billhook.words import words
from billhook_p302 import codes, rules
from billhook_p302.codes import KeyTable
from billhook_p302.details import Details

KEYS: Mapping[str, tuple[KeyTable, Rule]] = {
    "voucher_info": (codes.prescription.DOCUMENT_INFO, rules.DOCUMENT_INFO),
    "unit": (codes.aid.UNIT, rules.UNIT_KEY),
    "aid_kind": (codes.aid.AID_MARK, rules.AID_MARK),
    "application_site": (codes.aid.APPLICATION_SITE, rules.APPLICATION_SITE),
    "copayment_kind": (codes.aid.COPAYMENT_KIND, rules.COPAYMENT_KIND),
    "copayment_mark": (codes.prescription.COPAYMENT_MARK, rules.COPAYMENT_MARK),
    "accident": (codes.prescription.ACCIDENT, rules.ACCIDENT),
    "compensation": (codes.prescription.SOCIAL_COMPENSATION, rules.COMPENSATION),
    "prescription_feature": (codes.prescription.FEATURE, rules.FEATURE),
    "prescription_kind": (codes.therapy.PRESCRIPTION_KIND, rules.PRESCRIPTION_KIND),
    "birth_key": (codes.therapy.BIRTH_DATE_KIND, rules.BIRTH_KEY),
}
"""Field of a layout → the key table its values come from, and the rule that says so. Fields of the same name mean the
same in all segments. Tables that differ by group are asked by `contents`.
"""

_ALLOWED: Mapping[str, tuple[KeyTable, Rule]] = {
    "therapy_area": (codes.therapy.AREA, rules.AREA),
    "quantity_kind": (codes.therapy.QUANTITY_KIND, rules.QUANTITY_KIND),
    "consultation_kind": (codes.therapy.CONSULTATION_KIND, rules.CONSULTATION_KIND),
}
"""Fields whose few values stand in the layout itself, so that the wire finds another one."""

_MISSING, _LONG, _SHORT, _DIGITS = "EDI-ELM-001", "EDI-ELM-002", "EDI-ELM-003", "EDI-ELM-004"
_NOT_ALLOWED = "EDI-ELM-008"

NAMED: Mapping[tuple[str, str], Sequence[Rule]] = {
    ("voucher_number", _MISSING): (rules.VOUCHER_NUMBER_MISSING,),
    ("voucher_number", _LONG): (rules.VOUCHER_NUMBER_LONG,),
    ("last_name", _MISSING): (rules.FAMILY_NAME,),
    ("first_name", _MISSING): (rules.GIVEN_NAME,),
    ("birth_date", _MISSING): (rules.BIRTH_DATE,),
    ("birth_date", "EDI-ELM-006"): (rules.BIRTH_DATE_TEXT,),
    ("prescription_id", _LONG): (rules.PRESCRIPTION_ID,),
    ("prescription_id", _SHORT): (rules.PRESCRIPTION_ID,),
    ("billing_code", _MISSING): (rules.PROVIDER_GROUP,),
    ("billing_code", _SHORT): (rules.PROVIDER_GROUP,),
    ("tariff_code", _MISSING): (rules.PROVIDER_GROUP,),
    ("tariff_code", _LONG): (rules.PROVIDER_GROUP,),
    ("tariff_code", _SHORT): (rules.PROVIDER_GROUP,),
    ("position_number", _MISSING): (rules.POSITION_MISSING,),
    ("quantity", _LONG): (rules.QUANTITY,),
    ("quantity", "EDI-ELM-005"): (rules.QUANTITY,),
    ("unit_price", "EDI-ELM-005"): (rules.PRICE_DECIMALS,),
    ("unit_price", "EDI-ELM-013"): (rules.PRICE_DECIMALS,),
    ("copayment", "EDI-ELM-005"): (rules.COPAYMENT_DECIMALS,),
    ("copayment", "EDI-ELM-013"): (rules.COPAYMENT_DECIMALS,),
    ("service_date", _MISSING): (rules.SERVICE_DATE, rules.DEPLOYMENT_TIMES),
    ("service_from", _MISSING): (rules.SERVICE_DATE,),
    ("service_to", _MISSING): (rules.SERVICE_END,),
    ("starts_at", _MISSING): (rules.VISIT_BEGIN, rules.DEPLOYMENT_TIMES),
    ("ends_at", _MISSING): (rules.DEPLOYMENT_TIMES,),
    ("employee_number", _MISSING): (rules.PERFORMER_MISSING,),
    **{
        (name, problem): (rule,)
        for name, rule in (
            ("employee_number", rules.PERFORMER),
            ("employee_number_2", rules.PERFORMER),
            ("employee_number_3", rules.PERFORMER),
            ("midwife_ik", rules.MIDWIFE_IK),
            ("hospital_ik", rules.HOSPITAL_IK),
        )
        for problem in (_LONG, _SHORT, _DIGITS)
    },
    **{
        (name, problem): (rules.DOCTOR,)
        for name in ("physician_number", "physician_number_2", "physician_number_3")
        for problem in (_LONG, _SHORT, _DIGITS)
    },
    ("aid_kind", _MISSING): (rules.AID_MARK_MISSING,),
    ("text", _LONG): (rules.TEXT_LONG,),
    ("vat_rate", _LONG): (rules.VAT_RATE,),
    ("vat_rate", "EDI-ELM-005"): (rules.VAT_RATE,),
    ("practice_number", _MISSING): (rules.PRACTICE_MISSING,),
    ("physician_number", _MISSING): (rules.PHYSICIAN_MISSING,),
    ("prescribed_on", _MISSING): (rules.PRESCRIPTION_DATE,),
    ("copayment_mark", _MISSING): (rules.COPAYMENT_MARK_MISSING,),
    ("approval_number", _MISSING): (rules.APPROVAL_INCOMPLETE,),
    ("approved_on", _MISSING): (rules.APPROVAL_INCOMPLETE,),
    ("approval_kind", _MISSING): (rules.APPROVAL_INCOMPLETE,),
    ("diagnosis_group", _MISSING): (rules.DIAGNOSIS_GROUP_MISSING,),
    ("diagnosis_group", _LONG): (rules.DIAGNOSIS_GROUP,),
    ("prescription_kind", _MISSING): (rules.PRESCRIPTION_KIND_MISSING,),
    ("leading_symptoms", _MISSING): (rules.KEY_SYMPTOMS_MISSING,),
    ("leading_symptoms", _LONG): (rules.KEY_SYMPTOMS,),
    ("leading_symptoms", _SHORT): (rules.KEY_SYMPTOMS,),
    ("frequency", _MISSING): (rules.FREQUENCY_MISSING,),
    ("frequency", _LONG): (rules.FREQUENCY,),
    ("therapy_area", _NOT_ALLOWED): (rules.AREA,),
    ("quantity_kind", _MISSING): (rules.QUANTITY_KIND_MISSING,),
    ("quantity_kind", _NOT_ALLOWED): (rules.QUANTITY_KIND,),
    ("from_street", _MISSING): (rules.FROM_STREET,),
    ("to_street", _MISSING): (rules.TO_STREET,),
    ("to_postcode", _MISSING): (rules.TO_POSTAL_CODE,),
    ("to_city", _MISSING): (rules.TO_PLACE,),
    ("birth_key", _MISSING): (rules.BIRTH_KEY_MISSING,),
    ("child_birth_date", _MISSING): (rules.CHILD_BIRTH_DATE,),
    ("children", _LONG): (rules.CHILDREN,),
    ("first_service_on", _MISSING): (rules.FIRST_CONTACT,),
    ("prescribed_from", _MISSING): (rules.PRESCRIBED_FROM,),
    ("prescribed_to", _MISSING): (rules.PRESCRIBED_TO,),
    ("consultation_kind", _NOT_ALLOWED): (rules.CONSULTATION_KIND,),
    **{
        (name, _MISSING): (rules.CONSULTATION_INCOMPLETE,)
        for name in ("consultation_kind", "began_on", "ended_on", "conversations", "consultant")
    },
}
"""(field, code of the wire) → the rule that says it in words of the business; of several the one that holds in the
segment.
"""

_FILLED_WITH: Mapping[str, str] = {
    "practice_number": codes.prescription.NO_NUMBER,
    "physician_number": codes.prescription.NO_NUMBER,
    "diagnosis_group": codes.therapy.NO_GROUP,
}
"""What may stand in a field that must be filled and for which there is nothing."""

_SAID: Mapping[str, str] = {
    "starts_at": words("time at which it began"),
    "ends_at": words("time at which it ended"),
    "service_date": words("day"),
    "consultation_kind": words("kind"),
    "began_on": words("first day"),
    "ended_on": words("last day"),
    "conversations": words("number of talks"),
    "consultant": words("adviser"),
}
"""What a field is called in a message, where its name does not say it."""

_CUTTABLE = frozenset({"last_name", "first_name", "street", "city", "text", "diagnosis_text"})
"""Texts that mean the same when their end is cut off. A number does not."""


_NOWHERE: Mapping[str, str] = {}

_LISTS = frozenset(
    f"details.{name}" for name, info in Details.model_fields.items() if get_origin(info.annotation) is tuple
)
"""Fields of an item that hold several entries."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment of a voucher, with its values by the names of its layout, and where it comes from: an item or a
    file. `places` says where in the item each field stands.
    """

    layout: SegmentLayout
    values: Mapping[str, object]
    item: BillingItem | None = None
    segment: Segment | None = None
    places: Mapping[str, str] = field(default_factory=lambda: _NOWHERE)

    @property
    def tag(self) -> str:
        """The segment's tag."""
        return self.layout.tag

    def text(self, name: str) -> str:
        """The value as text, empty when it is absent."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def day(self, name: str) -> date | None:
        """The value as a day, None when it is absent or none."""
        value = self.values.get(name)
        return value if isinstance(value, date) else None

    def whole(self, name: str) -> int:
        """The value as a whole number (cents, months), 0 when it is absent or none."""
        value = self.values.get(name)
        return value if isinstance(value, int) else 0

    def number(self, name: str) -> Decimal:
        """The value as a number, 0 when it is absent or none."""
        value = self.values.get(name)
        return Decimal(value) if isinstance(value, int | Decimal) else Decimal(0)

    def at(
        self,
        rule: Rule,
        name: str,
        value: object = None,
        *,
        suggestion: str | None = None,
        severity: Severity | None = None,
        **params: str | int | date,
    ) -> Finding:
        """The finding that this rule, as it holds in this segment, is broken in that field of it."""
        rule = rules.in_segment(rule, self.tag) or rule
        words: dict[str, Any] = dict(params)  # the rule's own arguments are named differently
        if self.item is not None:
            place = self.places.get(name)
            # A list can only be imported anew, so nothing could be put there.
            fitting = None if place in _LISTS else suggestion
            return rule.at(self.item.id, place, value, suggestion=fitting, severity=severity, **words)
        segment = self.segment
        return rule.at(
            None,
            None,
            value,
            suggestion=suggestion,
            severity=severity,
            line=segment.line if segment else None,
            segment=segment.number if segment else None,
            tag=self.tag,
            element=element_number(self.layout, name),
            **words,
        )

    def problem(self, problem: Problem, *, fitted: str = "", most: int = 0, day: date | None = None) -> Finding:
        """A problem of the wire in this segment as a finding, in words of the business where there are any.

        `fitted` is the value as the character set can hold it, `most` the length that its field has, `day` the one on
        which key tables are asked for choices.
        """
        name = problem.where.field or ""
        rule = self._named(name, problem.code)
        suggestion = _FILLED_WITH.get(name) if problem.code == _MISSING else None
        if problem.code == _LONG and name in _CUTTABLE and fitted:
            suggestion = fitted[:most].rstrip()
        elif problem.code.startswith("EDI-CHR") and fitted:
            suggestion = fitted
        if rule is not None:
            value = problem.value or None
            length = str(len(fitted or problem.value))
            choices = _choices(name, day)
            return self.at(
                rule, name, value, suggestion=suggestion, length=length, what=_SAID.get(name, name), choices=choices
            )
        if self.item is None:
            return rules.from_wire(problem, suggestion=suggestion)
        return rules.from_wire(problem, item=self.item.id, field=self.places.get(name), suggestion=suggestion)

    def _named(self, name: str, code: str) -> Rule | None:
        """The rule of ours that a problem of the wire stands for in this segment."""
        of_field = NAMED.get((name, code), ())
        return next((rule for rule in of_field if rules.in_segment(rule, self.tag)), None)


def _choices(name: str, day: date | None) -> str:
    found = KEYS.get(name) or _ALLOWED.get(name)
    return found[0].choices(day) if found and day else ""


@lru_cache(maxsize=4096)
def is_ik(number: str) -> bool:
    """True for an institution code with the right check digit; remembered, because a file has few and names them often."""
    return ik.is_valid(number)


@lru_cache(maxsize=512)
def element_number(layout: SegmentLayout, name: str) -> int | None:
    """Which element of the segment a field stands in, from 1; None when it has no such field."""
    for number, element in enumerate(layout.elements(None), start=1):
        if any(row.name == name for row in element):
            return number
    return None
