"""Group E, transport of patients (Krankentransport): TA1 V21 5.5.3.6."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from billhook.model import BillingItem, Finding, SplitKind
from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import addresses, positions, prescriptions, sums
from billhook_p302.groups.parts import (
    LINE,
    LINE_COMPUTED,
    SUM_PLACES,
    TEXT,
    TIMES,
    VAT,
    details_of,
    gross_total,
    prescription,
    share_total,
)
from billhook_p302.groups.structure import Approvals, Bracket, Closing, Group, Prescriptions, Shares, Table
from billhook_p302.placing import Placed

PLACES = {
    f"{end}_{name}": f"details.{end}_{ours}"
    for end in ("from", "to")
    for name, ours in (("street", "street"), ("postcode", "postal_code"), ("country", "country"), ("city", "place"))
}
"""Where a trip began and ended (KTL, EHB)."""

KTL = Table(layouts.KTL, {"trip_mark": "details.aid", **PLACES})
EKT = Table(
    layouts.EKT,
    {**LINE, "service_date": "service_from", "kilometres": "details.trip_kilometres", **TIMES},
    computed=LINE_COMPUTED,
)
ZUK = Table(
    layouts.ZUK,
    {
        "trip_mark": "details.aid",
        "gross_amount": "unit_price",
        "copayment_kind": "details.copayment_kind",
        "copayment": "copayment",
    },
    later=("gross_amount", "copayment_kind", "copayment"),
)
ZKT = Table(
    layouts.ZKT,
    prescription("practice_number", "physician_number", "copayment_mark", "prescribed_on", "accident", "compensation"),
)


def _trip(item: BillingItem) -> int:
    return details_of(item).aid


def _alike(lines: Sequence[BillingItem]) -> Iterator[Finding]:
    """Lines of one trip begin and end at the same places."""
    first = details_of(lines[0])
    for line in lines[1:]:
        for path in PLACES.values():
            name = path.removeprefix("details.")
            wanted = getattr(first, name)
            if getattr(line.details, name) != wanted:
                title = type(first).model_fields[name].title or name
                yield rules.TRIP_DIFFERS.at(line.id, path, trip=first.aid, what=title, suggestion=wanted or None)


def _ends(ktl: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    yield from addresses.trip_end(ktl, "from")
    yield from addresses.trip_end(ktl, "to")


def _prescribed(zkt: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    if zkt.values.get("prescribed_on") is None:
        yield zkt.at(rules.PRESCRIPTION_DATE_SOUGHT, "prescribed_on")


GROUP = Group(
    letter="E",
    title="transport of patients (Krankentransport)",
    section="5.5.3.6",
    codes=ACCOUNTING_CODES["E"],
    brackets=(Bracket(KTL, _trip, _alike),),
    line=EKT,
    parts=(TEXT, VAT),
    shares=Shares(ZUK, None, {"copayment_kind": "copayment_kind"}),
    prescriptions=Prescriptions(ZKT, diagnoses=False, approvals=Approvals.ONE),
    closing=Closing(
        layouts.E_BES,
        {"gross_total": gross_total, "copayment_total": share_total(SplitKind.COPAYMENT)},
        SUM_PLACES,
    ),
    splits=frozenset({SplitKind.COPAYMENT}),
    vat=True,
    sort=lambda item: (_trip(item), item.line),
    checks={
        "KTL": (_ends,),
        "EKT": (*positions.PRICED, positions.digits("E"), positions.service_date, positions.times),
        "ZUK": (sums.copayment,),
        "ZKT": (*prescriptions.BASIC, _prescribed),
    },
    voucher_checks=(sums.walk, prescriptions.copayment_mark, positions.against_prescription),
)
