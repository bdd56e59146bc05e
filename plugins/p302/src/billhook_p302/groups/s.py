"""Group S, pilot projects (Modellvorhaben, §64d SGB V): TA1 V21 5.5.3.13."""

from __future__ import annotations

from billhook_p302 import layouts
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import positions, sums, visits
from billhook_p302.groups.parts import GROSS_ONLY, LINE, LINE_COMPUTED, TEXT, TIMES, service_end
from billhook_p302.groups.structure import Group, Table

EMP = Table(
    layouts.EMP,
    {
        **LINE,
        "employee_number": "details.performer_number",
        "service_from": "service_from",
        "service_to": "service_to",
        **TIMES,
    },
    computed={**LINE_COMPUTED, "service_to": service_end},
)

GROUP = Group(
    letter="S",
    title="pilot projects (Modellvorhaben §64d SGB V)",
    section="5.5.3.13",
    codes=ACCOUNTING_CODES["S"],
    line=EMP,
    parts=(TEXT,),
    closing=GROSS_ONLY,
    checks={
        "EMP": (
            *positions.PRICED,
            positions.digits("S"),
            positions.service_date,
            positions.period,
            positions.times,
            visits.performers(*visits.NURSES),
        ),
    },
    voucher_checks=(sums.walk, positions.against_prescription),
)
