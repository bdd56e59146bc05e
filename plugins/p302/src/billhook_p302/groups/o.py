"""Group O, palliative care at home (SAPV): TA1 V21 5.5.3.9."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

from billhook.model import Finding
from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import positions, prescriptions, sums, visits
from billhook_p302.groups.parts import GROSS_ONLY, LINE, LINE_COMPUTED, TEXT, further, prescription
from billhook_p302.groups.structure import Approvals, Group, Prescriptions, Table, always
from billhook_p302.placing import Placed

ERS = Table(layouts.ERS, {"first_service_on": "details.care_began_on"})
ESP = Table(
    layouts.ESP,
    {**LINE, "kilometres": "details.kilometres"},
    computed=LINE_COMPUTED,
    more={"deployments": "details.deployments"},
)
ZZL = Table(
    layouts.ZZL,
    {
        "service_date": "day",
        "starts_at": "time_from",
        "ends_on": "ended_on",
        "ends_at": "time_to",
        "minutes": "minutes",
        "visit_id": "deployment_id",
        "employee_number": "performer_number",
        "employee_number_2": "performer_number_2",
        "employee_number_3": "performer_number_3",
        "physician_number": "lanr",
        "physician_number_2": "lanr_2",
        "physician_number_3": "lanr_3",
    },
    entries="details.deployments",
)

_FACTS = prescription(
    "practice_number",
    "physician_number",
    "prescribed_on",
    "accident",
    "prescribed_from",
    "prescribed_to",
    "prescription_feature",
)
ZSP = Table(layouts.ZSP, _FACTS, more={"diagnoses": "details.diagnoses", "approval_number": "details.approval_number"})
ZSP_FURTHER = Table(
    layouts.ZSP,
    further(_FACTS),
    more={"diagnoses": "", "approval_number": ""},
    entries="details.further_prescriptions",
)


def enough(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """At least as many deployments as the quantity; of kilometres one a trip will do (TA1 V21 5.5.3.9 ZZL)."""
    position: Placed | None = None
    count = 0
    for placed in (*segments, None):
        if placed is not None and placed.tag == "ZZL":
            count += 1
        elif placed is None or placed.tag in ("ESP", "ZSP"):
            if position is not None and count < position.number("quantity"):
                quantity = position.values.get("quantity")
                yield position.at(rules.TOO_FEW_DEPLOYMENTS, "deployments", quantity, count=count)
            position, count = (placed if placed is not None and placed.tag == "ESP" else None), 0


def _deployment(zzl: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """Either an id or a beginning, an end after it, and a doctor's number where a doctor did it alone."""
    if zzl.text("visit_id") and zzl.values.get("starts_at") is not None:
        yield zzl.at(rules.ID_AND_BEGIN, "visit_id", zzl.text("visit_id"))
    begin, end = _moment(zzl, "service_date", "starts_at"), _moment(zzl, "ends_on", "ends_at")
    first, last = zzl.day("service_date"), zzl.day("ends_on")
    if last is None:
        end = _moment(zzl, "service_date", "ends_at")
    if (begin and end and end < begin) or (first and last and last < first):
        name = "ends_on" if zzl.day("ends_on") else "ends_at"
        yield zzl.at(rules.DEPLOYMENT_END, name, zzl.text(name))
    if zzl.text("employee_number") == visits.DOCTOR_ONLY and not zzl.text("physician_number"):
        yield zzl.at(rules.DOCTOR_MISSING, "physician_number", suggestion="333333300")


def _moment(zzl: Placed, day: str, at: str) -> datetime | None:
    on, clock = zzl.day(day), zzl.values.get(at)
    return datetime.combine(on, clock) if on and isinstance(clock, time) else None


def _began(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """The first contact is before all services, and these are in the periods that were prescribed."""
    first = next((placed for placed in segments if placed.tag == "ERS"), None)
    began = first.day("first_service_on") if first else None
    periods = [
        (placed.day("prescribed_from"), placed.day("prescribed_to")) for placed in segments if placed.tag == "ZSP"
    ]
    served = [(placed, on) for placed in segments if placed.tag == "ZZL" and (on := placed.day("service_date"))]
    earliest = min((on for _, on in served), default=None)
    if first and began and earliest and earliest < began:
        yield first.at(rules.FIRST_CONTACT_LATER, "first_service_on", began, day=earliest)
    for placed, on in served:
        if periods and all(begin and end and not begin <= on <= end for begin, end in periods):
            yield placed.at(rules.OUTSIDE_PRESCRIPTION, "service_date", on)


def _period(zsp: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    begin, end = zsp.day("prescribed_from"), zsp.day("prescribed_to")
    if begin and end and end < begin:
        yield zsp.at(rules.PRESCRIBED_ORDER, "prescribed_to", end)


GROUP = Group(
    letter="O",
    title="palliative care at home (SAPV)",
    section="5.5.3.9",
    codes=ACCOUNTING_CODES["O"],
    opening=(always(ERS),),
    line=ESP,
    parts=(TEXT, visits.deployments(ZZL)),
    prescriptions=Prescriptions(ZSP, ZSP_FURTHER, approvals=Approvals.SOME),
    closing=GROSS_ONLY,
    checks={
        "ESP": (*positions.PRICED, positions.digits("O")),
        "ZZL": (
            positions.service_date,
            _deployment,
            visits.performers(
                *visits.NURSES,
                visits.DOCTOR_ONLY,
                names=("employee_number", "employee_number_2", "employee_number_3"),
            ),
        ),
        "ZSP": (*prescriptions.OTHER_THAN_AIDS, _period),
    },
    voucher_checks=(
        sums.walk,
        enough,
        visits.ascending("ZZL", rules.DEPLOYMENT_ORDER, visits.when, within="ESP"),
        _began,
        prescriptions.with_diagnoses,
        prescriptions.with_approvals,
        positions.against_prescription,
    ),
)
