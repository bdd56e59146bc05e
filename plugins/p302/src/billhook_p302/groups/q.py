"""Group Q, short-term care (Kurzzeitpflege): TA1 V21 5.5.3.11."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from billhook.model import Finding
from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import positions, sums
from billhook_p302.groups.parts import GROSS_ONLY, LINE, LINE_COMPUTED, TEXT, service_end
from billhook_p302.groups.structure import Approvals, Group, Prescriptions, Table
from billhook_p302.placing import Placed

EHP = Table(
    layouts.EHP,
    {**LINE, "service_from": "service_from", "service_to": "service_to"},
    computed={**LINE_COMPUTED, "service_to": service_end},
    more={"approval_number": "details.approval_number"},
)


def _days(ehp: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """Not more days than the period has."""
    first, last = ehp.day("service_from"), ehp.day("service_to")
    if first and last and last >= first:
        days = (last - first).days + 1
        if ehp.number("quantity") > days:
            yield ehp.at(rules.DAYS, "quantity", ehp.values.get("quantity"), expected=days)


def _approved(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    first = next((placed for placed in segments if placed.tag == "EHP"), None)
    if first is not None and not any(placed.tag == "SKZ" for placed in segments):
        yield first.at(rules.APPROVAL_MISSING, "approval_number")


GROUP = Group(
    letter="Q",
    title="short-term care (Kurzzeitpflege)",
    section="5.5.3.11",
    codes=ACCOUNTING_CODES["Q"],
    line=EHP,
    parts=(TEXT,),
    prescriptions=Prescriptions(None, approvals=Approvals.SOME),
    closing=GROSS_ONLY,
    checks={
        "EHP": (*positions.PRICED, positions.digits("Q"), positions.service_date, positions.period, _days),
    },
    voucher_checks=(sums.walk, _approved, positions.against_prescription),
)
