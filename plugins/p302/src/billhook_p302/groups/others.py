"""Groups G to N, other providers (Sonstige): one message for eight groups, TA1 V21 5.5.3.8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from billhook.model import Finding, SplitKind
from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.groups import copayments, positions, prescriptions, sums
from billhook_p302.groups.parts import (
    LINE,
    LINE_COMPUTED,
    TEXT,
    TIMES,
    UNIT_COPAYMENT,
    VAT,
    prescription,
    unit_copayment,
)
from billhook_p302.groups.structure import Approvals, Group, Prescriptions, Table, when_any
from billhook_p302.placing import Placed

ENF = Table(
    layouts.ENF,
    {"service_mark": "details.aid", **LINE, "service_date": "service_from", **UNIT_COPAYMENT},
    computed={**LINE_COMPUTED, "copayment": unit_copayment},
)
SUT = Table(
    layouts.SUT,
    {
        "kilometres": "details.kilometres",
        **TIMES,
        "supply_from": "details.supply_from",
        "supply_to": "details.supply_to",
    },
)
ZUV = Table(
    layouts.ZUV,
    prescription(
        "practice_number",
        "physician_number",
        "prescribed_on",
        "copayment_mark",
        "accident",
        "compensation",
        "prescription_feature",
    ),
)


def free_and_due(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Lines that are free of copayment have a mark of their own beside those that are not."""
    marks: dict[str, set[bool]] = {}
    for placed in segments:
        if placed.tag == "ENF" and placed.text("service_mark"):
            here = marks.setdefault(placed.text("service_mark"), set())
            due = placed.number("copayment") > 0
            if here and due not in here:
                yield placed.at(rules.FREE_AND_DUE, "service_mark", placed.text("service_mark"))
            here.add(due)


def reserved(zuz: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """ZUZ is not sent until further notice."""
    yield zuz.at(rules.ZUZ_SENT, "service_mark")


def _group(letter: str, title: str) -> Group:
    return Group(
        letter=letter,
        title=title,
        section="5.5.3.8",
        codes=ACCOUNTING_CODES[letter],
        line=ENF,
        parts=(when_any(SUT), TEXT, VAT),
        prescriptions=Prescriptions(ZUV, optional=True, approvals=Approvals.ONE),
        closing=copayments.closing(layouts.G_BES),
        splits=frozenset({SplitKind.COPAYMENT}),
        vat=True,
        checks={
            "ENF": (*positions.PRICED, positions.digits(letter), positions.service_date),
            "SUT": (positions.times, positions.supply),
            "ZUV": prescriptions.OTHER_THAN_AIDS,
            "ZUZ": (reserved,),
        },
        voucher_checks=(
            sums.walk,
            copayments.of_unit,
            free_and_due,
            prescriptions.copayment_mark,
            positions.against_prescription,
        ),
        line_checks=(copayments.parts,),
    )


GROUPS: Mapping[str, Group] = {
    group.letter: group
    for group in (
        _group("G", "dialysis outside a practice (nichtärztliche Dialyse)"),
        _group("H", "rehabilitation sport (Rehabilitationssport)"),
        _group("I", "functional training (Funktionstraining)"),
        _group("J", "other providers (weitere sonstige Leistungserbringer)"),
        _group("K", "prevention in outpatient care (Prävention)"),
        _group("L", "outpatient rehabilitation (ambulante Rehabilitation)"),
        _group("M", "social paediatric centres (SPZ, Frühförderung)"),
        _group("N", "sociotherapy (Soziotherapie)"),
    )
}
"""Letter → group."""
