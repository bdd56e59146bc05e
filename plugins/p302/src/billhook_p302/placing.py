"""Where a finding belongs: a segment of a voucher, either about to be written from items or just read from a file.

The rules of content are the same for both, so they look at `Placed` segments and do not know which it is. The tables
here say what a field of a segment is called in an item, which key table it comes from, and which rule of ours a broken
row of its layout stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from billhook.identifiers import ik
from billhook.model import BillingItem, Finding, Rule, Severity
from billhook.wire.edifact import Segment
from billhook.wire.layout import SegmentLayout
from billhook.wire.problems import Problem
from billhook_p302 import codes, rules
from billhook_p302.codes import KeyTable

ITEM_FIELDS: Mapping[str, Mapping[str, str]] = {
    "FKT": {
        "processing_kind": "details.processing_mark",
        "provider_ik": "provider",
        "payer_ik": "payer",
        "card_ik": "payer",
    },
    "INV": {
        "insurance_number": "client.insurance_number",
        "insured_status": "client.insurance_status",
        "voucher_info": "details.document_info",
        "voucher_number": "details.voucher_number",
        "care_programme": "details.special_care",
    },
    "URI": {
        "original_provider_ik": "details.original_provider",
        "original_collective_invoice_number": "details.original_number",
        "original_single_invoice_number": "details.original_ordinal",
        "original_invoice_date": "details.original_date",
        "original_voucher_number": "details.original_voucher_number",
    },
    "NAD": {
        "last_name": "client.family_name",
        "first_name": "client.given_name",
        "birth_date": "client.birth_date",
        "street": "client.street",
        "postcode": "client.postal_code",
        "city": "client.city",
        "country": "client.country",
    },
    "IMG": {"year": "details.image_month", "month": "details.image_month", "maker_ik": "details.image_ik"},
    "EVO": {"prescription_id": "details.prescription_id"},
    "HIL": {"aid_mark": "details.aid"},
    "EHI": {
        "billing_code": "details.provider_group",
        "tariff_code": "details.provider_group",
        "position_number": "code",
        "quantity": "quantity",
        "unit": "details.unit_key",
        "unit_price": "unit_price",
        "service_date": "service_from",
        "aid_kind": "details.aid_mark",
        "inventory_number": "details.inventory_number",
        "product_detail": "details.product_feature",
        "application_site": "details.application_site",
        "kilometres": "details.kilometres",
        "starts_at": "details.time_from",
        "ends_at": "details.time_to",
        "minutes": "details.minutes",
        "supply_from": "details.supply_from",
        "supply_to": "details.supply_to",
        "text": "text",
    },
    "TXT": {"text": "text"},
    "MWS": {"vat_rate": "vat_rate", "vat_amount": "vat_rate"},
    "ZUH": {
        "aid_mark": "details.aid",
        "gross_amount": "unit_price",
        "copayment_kind": "details.copayment_kind",
        "copayment": "copayment",
        "own_share": "own_share",
        "supply_months": "details.supply_months",
    },
    "MEH": {"extra_costs": "surcharge"},
    "ZHI": {
        "practice_number": "details.bsnr",
        "physician_number": "details.lanr",
        "prescribed_on": "details.prescribed_on",
        "copayment_mark": "details.copayment_mark",
        "accident": "details.accident",
        "compensation": "details.social_compensation",
        "prescription_feature": "details.prescription_feature",
        "recommender_number": "details.employee_number",
        "recommender_ik": "details.recommender_ik",
    },
    "DIA": {"diagnosis_code": "details.diagnoses", "diagnosis_text": "details.diagnoses"},
    "SKZ": {
        "approval_number": "details.approval_number",
        "approved_on": "details.approved_on",
        "approval_kind": "details.approval_kind",
    },
    "BES": {"gross_total": "unit_price"},
}
"""Segment → field of its layout → path into the item."""

KEYS: Mapping[str, Mapping[str, tuple[KeyTable, Rule]]] = {
    "INV": {"voucher_info": (codes.prescription.DOCUMENT_INFO, rules.DOCUMENT_INFO)},
    "EHI": {
        "billing_code": (codes.billing.ACCOUNTING_CODES["A"], rules.ACCOUNTING_CODE),
        "unit": (codes.aid.UNIT, rules.UNIT_KEY),
        "aid_kind": (codes.aid.AID_MARK, rules.AID_MARK),
        "application_site": (codes.aid.APPLICATION_SITE, rules.APPLICATION_SITE),
    },
    "ZUH": {"copayment_kind": (codes.aid.COPAYMENT_KIND, rules.COPAYMENT_KIND)},
    "ZHI": {
        "copayment_mark": (codes.prescription.COPAYMENT_MARK, rules.COPAYMENT_MARK),
        "accident": (codes.prescription.ACCIDENT, rules.ACCIDENT),
        "compensation": (codes.prescription.SOCIAL_COMPENSATION, rules.COMPENSATION),
        "prescription_feature": (codes.prescription.FEATURE, rules.FEATURE),
    },
    "SKZ": {"approval_kind": (codes.prescription.APPROVAL_KINDS["A"], rules.APPROVAL_KIND)},
}
"""Segment → field → the key table its values come from, and the rule that says so."""

_MISSING, _LONG, _SHORT, _DIGITS = "EDI-ELM-001", "EDI-ELM-002", "EDI-ELM-003", "EDI-ELM-004"

NAMED: Mapping[tuple[str, str, str], Rule] = {
    ("INV", "voucher_number", _MISSING): rules.VOUCHER_NUMBER_MISSING,
    ("INV", "voucher_number", _LONG): rules.VOUCHER_NUMBER_LONG,
    ("NAD", "last_name", _MISSING): rules.FAMILY_NAME,
    ("NAD", "first_name", _MISSING): rules.GIVEN_NAME,
    ("NAD", "birth_date", _MISSING): rules.BIRTH_DATE,
    ("NAD", "birth_date", "EDI-ELM-006"): rules.BIRTH_DATE_TEXT,
    ("EVO", "prescription_id", _LONG): rules.PRESCRIPTION_ID,
    ("EVO", "prescription_id", _SHORT): rules.PRESCRIPTION_ID,
    ("EHI", "billing_code", _MISSING): rules.PROVIDER_GROUP,
    ("EHI", "billing_code", _SHORT): rules.PROVIDER_GROUP,
    ("EHI", "tariff_code", _MISSING): rules.PROVIDER_GROUP,
    ("EHI", "tariff_code", _LONG): rules.PROVIDER_GROUP,
    ("EHI", "tariff_code", _SHORT): rules.PROVIDER_GROUP,
    ("EHI", "position_number", _MISSING): rules.POSITION_MISSING,
    ("EHI", "quantity", _LONG): rules.QUANTITY,
    ("EHI", "quantity", "EDI-ELM-005"): rules.QUANTITY,
    ("EHI", "unit_price", "EDI-ELM-005"): rules.PRICE_DECIMALS,
    ("EHI", "unit_price", "EDI-ELM-013"): rules.PRICE_DECIMALS,
    ("EHI", "service_date", _MISSING): rules.SERVICE_DATE,
    ("EHI", "aid_kind", _MISSING): rules.AID_MARK_MISSING,
    ("TXT", "text", _LONG): rules.TEXT_LONG,
    ("MWS", "vat_rate", _LONG): rules.VAT_RATE,
    ("MWS", "vat_rate", "EDI-ELM-005"): rules.VAT_RATE,
    ("ZHI", "practice_number", _MISSING): rules.PRACTICE_MISSING,
    ("ZHI", "physician_number", _MISSING): rules.PHYSICIAN_MISSING,
    ("ZHI", "prescribed_on", _MISSING): rules.PRESCRIPTION_DATE,
    ("ZHI", "copayment_mark", _MISSING): rules.COPAYMENT_MARK_MISSING,
    ("SKZ", "approval_number", _MISSING): rules.APPROVAL_INCOMPLETE,
    ("SKZ", "approved_on", _MISSING): rules.APPROVAL_INCOMPLETE,
    ("SKZ", "approval_kind", _MISSING): rules.APPROVAL_INCOMPLETE,
}
"""(segment, field, code of the wire) → the rule that says it in words of the business."""

_FILLED_WITH: Mapping[tuple[str, str], str] = {
    ("ZHI", "practice_number"): codes.prescription.NO_NUMBER,
    ("ZHI", "physician_number"): codes.prescription.NO_NUMBER,
}
"""What may stand in a field that must be filled and for which there is nothing."""

_CUTTABLE = frozenset({"last_name", "first_name", "street", "city", "text", "diagnosis_text"})
"""Texts that mean the same when their end is cut off. A number does not."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment of a voucher, with its values by the names of its layout, and where it comes from: an item or a
    file.
    """

    layout: SegmentLayout
    values: Mapping[str, object]
    item: BillingItem | None = None
    segment: Segment | None = None

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
        """The finding that this rule is broken in that field of the segment."""
        words: dict[str, Any] = dict(params)  # the rule's own arguments are named differently
        if self.item is not None:
            field = ITEM_FIELDS.get(self.tag, {}).get(name)
            return rule.at(self.item.id, field, value, suggestion=suggestion, severity=severity, **words)
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
        rule = NAMED.get((self.tag, name, problem.code))
        suggestion = _FILLED_WITH.get((self.tag, name)) if problem.code == _MISSING else None
        if problem.code == _LONG and name in _CUTTABLE and fitted:
            suggestion = fitted[:most].rstrip()
        elif problem.code.startswith("EDI-CHR") and fitted:
            suggestion = fitted
        if rule is not None:
            value = problem.value or None
            length = str(len(fitted or problem.value))
            choices = _choices(self.tag, name, day)
            return self.at(rule, name, value, suggestion=suggestion, length=length, what=name, choices=choices)
        if self.item is None:
            return rules.from_wire(problem, suggestion=suggestion)
        field = ITEM_FIELDS.get(self.tag, {}).get(name)
        return rules.from_wire(problem, item=self.item.id, field=field, suggestion=suggestion)


def _choices(tag: str, name: str, day: date | None) -> str:
    found = KEYS.get(tag, {}).get(name)
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
