"""Group C, home nursing (Häusliche Krankenpflege): TA1 V21 5.5.3.4."""

from __future__ import annotations

from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import positions, prescriptions, sums, visits
from billhook_p302.groups.parts import GROSS_ONLY, LINE, LINE_COMPUTED, TEXT, further, prescription
from billhook_p302.groups.structure import Approvals, Group, Prescriptions, Table, each

EHK = Table(
    layouts.EHK,
    {
        **LINE,
        "kilometres": "details.kilometres",
        "employee_number": "details.performer_number",
        "employee_number_2": "details.performer_number_2",
    },
    computed=LINE_COMPUTED,
)
ELP = Table(layouts.ELP, {"position_number": "code", "quantity": "quantity"}, entries="details.single_services")

_FACTS = prescription(
    "practice_number", "physician_number", "prescribed_on", "accident", "compensation", "prescription_feature"
)
ZHK = Table(layouts.ZHK, _FACTS, more={"diagnoses": "details.diagnoses", "approval_number": "details.approval_number"})
ZHK_FURTHER = Table(
    layouts.ZHK,
    further(_FACTS),
    more={"diagnoses": "", "approval_number": ""},
    entries="details.further_prescriptions",
)

GROUP = Group(
    letter="C",
    title="home nursing (Häusliche Krankenpflege)",
    section="5.5.3.4",
    codes=ACCOUNTING_CODES["C"],
    brackets=(visits.bracket(layouts.ESK),),
    line=EHK,
    parts=(TEXT, each(ELP)),
    prescriptions=Prescriptions(ZHK, ZHK_FURTHER, approvals=Approvals.SOME),
    closing=GROSS_ONLY,
    sort=visits.in_order_of_time,
    checks={
        "ESK": (positions.service_date,),
        "EHK": (
            *positions.PRICED,
            positions.digits("C"),
            visits.performers(*visits.NURSES, names=("employee_number", "employee_number_2")),
        ),
        "ELP": (positions.digits("C"), positions.quantity),
        "ZHK": prescriptions.OTHER_THAN_AIDS,
    },
    voucher_checks=(
        sums.walk,
        visits.ascending("ESK", rules.VISITS_ORDER, visits.when),
        prescriptions.with_approvals,
        positions.against_prescription,
    ),
)
