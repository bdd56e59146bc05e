"""Group R, intensive care outside hospital (außerklinische Intensivpflege): TA1 V21 5.5.3.12."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from billhook.model import Finding
from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import positions, prescriptions, sums, visits
from billhook_p302.groups.c import ZHK, ZHK_FURTHER
from billhook_p302.groups.parts import GROSS_ONLY, LINE, LINE_COMPUTED, TEXT
from billhook_p302.groups.structure import Approvals, Group, Prescriptions, Table
from billhook_p302.placing import Placed

MONTH = "4"
"""Kind of quantity of a flat rate for a month."""

AHK = Table(
    layouts.AHK,
    {
        **LINE,
        "service_date": "service_from",
        "quantity_kind": "details.quantity_kind",
        "service_to": "details.supply_to",
    },
    computed=LINE_COMPUTED,
)
ASK = Table(
    layouts.ASK,
    {
        "employee_number": "performer_number",
        "starts_at": "time_from",
        "ends_at": "time_to",
        "minutes": "minutes",
        "service_date": "day",
    },
    entries="details.deployments",
)


def _month(ahk: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """A flat rate for a month names the last day of care, after the first one."""
    first, last = ahk.day("service_date"), ahk.day("service_to")
    if ahk.text("quantity_kind") == MONTH and last is None:
        yield ahk.at(rules.MONTH_END, "service_to")
    elif first and last and last <= first:
        yield ahk.at(rules.MONTH_END_SAME, "service_to", last)


def _deployments(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Deployments of days, hours and minutes are of the day of their position; who did them is known."""
    position: Placed | None = None
    for placed in segments:
        if placed.tag == "AHK":
            position = placed
        elif placed.tag == "ASK" and position is not None:
            on, wanted = placed.day("service_date"), position.day("service_date")
            kind, number = position.text("quantity_kind"), position.text("position_number")
            if on and wanted and on != wanted and kind in ("1", "2", "3"):
                yield placed.at(rules.DEPLOYMENT_DAY, "service_date", on, expected=wanted)
            if placed.text("employee_number") == visits.NOT_ASSIGNED and not (
                number[:2] in ("01", "05", "06") and number[3:4] in ("4", "6")
            ):
                yield placed.at(rules.NOT_ASSIGNED, "employee_number", visits.NOT_ASSIGNED)


GROUP = Group(
    letter="R",
    title="intensive care outside hospital (außerklinische Intensivpflege)",
    section="5.5.3.12",
    codes=ACCOUNTING_CODES["R"],
    line=AHK,
    parts=(visits.deployments(ASK), TEXT),
    prescriptions=Prescriptions(ZHK, ZHK_FURTHER, approvals=Approvals.SOME),
    closing=GROSS_ONLY,
    checks={
        "AHK": (*positions.PRICED, positions.digits("R"), positions.service_date, _month),
        "ASK": (positions.service_date, visits.performers(*visits.NURSES, visits.NOT_ASSIGNED)),
        "ZHK": prescriptions.OTHER_THAN_AIDS,
    },
    voucher_checks=(
        sums.walk,
        _deployments,
        prescriptions.with_approvals,
        positions.against_prescription,
    ),
)
