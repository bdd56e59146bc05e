"""Group D, domestic help (Haushaltshilfe): TA1 V21 5.5.3.5."""

from __future__ import annotations

from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import positions, prescriptions, sums, visits
from billhook_p302.groups.c import ELP
from billhook_p302.groups.parts import GROSS_ONLY, LINE, LINE_COMPUTED, TEXT, further, prescription
from billhook_p302.groups.structure import Approvals, Group, Prescriptions, Table, each

EHH = Table(layouts.EHH, LINE, computed=LINE_COMPUTED)

_FACTS = prescription(
    "practice_number", "physician_number", "prescribed_on", "accident", "compensation", "prescription_feature"
)

GROUP = Group(
    letter="D",
    title="domestic help (Haushaltshilfe)",
    section="5.5.3.5",
    codes=ACCOUNTING_CODES["D"],
    brackets=(visits.bracket(layouts.ESH),),
    line=EHH,
    parts=(TEXT, each(ELP)),
    prescriptions=Prescriptions(
        Table(layouts.ZHH, _FACTS),
        Table(layouts.ZHH, further(_FACTS), entries="details.further_prescriptions"),
        optional=True,
        approvals=Approvals.ANY,
        approvals_last=True,
    ),
    closing=GROSS_ONLY,
    sort=visits.in_order_of_time,
    checks={
        "ESH": (positions.service_date,),
        "EHH": (*positions.PRICED, positions.digits("D")),
        "ELP": (positions.digits("D"), positions.quantity),
        "ZHH": (*prescriptions.OTHER_THAN_AIDS, prescriptions.numbers),
    },
    voucher_checks=(
        sums.walk,
        visits.ascending("ESH", rules.VISITS_ORDER, visits.when),
        positions.against_prescription,
    ),
)
