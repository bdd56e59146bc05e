"""Group A, aids (Hilfsmittel): TA1 V21 5.5.3.2."""

from __future__ import annotations

from billhook.model import BillingItem, SplitKind
from billhook_p302 import layouts
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import aids, positions, prescriptions, sums
from billhook_p302.groups.parts import (
    LINE,
    LINE_COMPUTED,
    SUM_PLACES,
    TEXT,
    TIMES,
    VAT,
    gross_total,
    position,
    prescription,
    product_feature,
    share_total,
    shares_of,
    supply_period,
    unit_key,
)
from billhook_p302.groups.structure import Approvals, Bracket, Closing, Group, Prescriptions, Shares, Table

EHI = Table(
    layouts.EHI,
    {
        **LINE,
        "unit": "details.unit_key",
        "service_date": "service_from",
        "aid_kind": "details.aid_mark",
        "inventory_number": "details.inventory_number",
        "product_detail": "details.product_feature",
        "application_site": "details.application_site",
        "kilometres": "details.kilometres",
        **TIMES,
        "supply_from": "details.supply_from",
        "supply_to": "details.supply_to",
    },
    computed={
        **LINE_COMPUTED,
        "position_number": position,
        "unit": lambda item, terms: unit_key(item, terms.settings),
        "product_detail": product_feature,
        "supply_from": lambda item, terms: supply_period(item, terms.receiver)[0],
        "supply_to": lambda item, terms: supply_period(item, terms.receiver)[1],
    },
    more={"text": "text"},
)
HIL = Table(layouts.HIL, {"aid_mark": "details.aid"})
ZUH = Table(
    layouts.ZUH,
    {
        "aid_mark": "details.aid",
        "gross_amount": "unit_price",
        "copayment_kind": "details.copayment_kind",
        "copayment": "copayment",
        "own_share": "own_share",
        "supply_months": "details.supply_months",
    },
    later=("gross_amount", "copayment_kind", "copayment", "own_share", "supply_months"),
)
MEH = Table(layouts.MEH, {"extra_costs": "surcharge"}, later=("extra_costs",))
ZHI = Table(
    layouts.ZHI,
    {
        **prescription(
            "practice_number",
            "physician_number",
            "prescribed_on",
            "copayment_mark",
            "accident",
            "compensation",
            "prescription_feature",
        ),
        "recommender_number": "details.employee_number",
        "recommender_ik": "details.recommender_ik",
    },
)


def _aid(item: BillingItem) -> object:
    return item.details.aid  # type: ignore[attr-defined]  # the details of this scheme


GROUP = Group(
    letter="A",
    title="aids (Hilfsmittel)",
    section="5.5.3.2",
    codes=ACCOUNTING_CODES["A"],
    brackets=(Bracket(HIL, _aid),),
    line=EHI,
    parts=(TEXT, VAT),
    shares=Shares(ZUH, MEH, {"copayment_kind": "copayment_kind", "supply_months": "supply_months"}),
    prescriptions=Prescriptions(ZHI, approvals=Approvals.ONE),
    closing=Closing(
        layouts.A_BES,
        {
            "gross_total": gross_total,
            "copayment_total": share_total(SplitKind.COPAYMENT),
            "own_share_total": share_total(SplitKind.OWN_SHARE),
            "extra_costs_total": lambda lines: shares_of(lines)[SplitKind.SURCHARGE],
        },
        SUM_PLACES,
    ),
    splits=frozenset(SplitKind),
    vat=True,
    sort=lambda item: (_aid(item), item.line),
    checks={
        "EHI": (
            *positions.PRICED,
            aids.position,
            positions.service_date,
            aids.reuse,
            positions.times,
            positions.supply,
        ),
        "ZUH": (sums.copayment,),
        "MEH": (sums.surcharge,),
        "ZHI": (*prescriptions.BASIC, aids.recommendation),
    },
    voucher_checks=(
        sums.walk,
        aids.better_products,
        prescriptions.copayment_mark,
        positions.against_prescription,
    ),
)
