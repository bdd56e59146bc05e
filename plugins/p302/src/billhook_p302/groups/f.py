"""Group F, midwives (Hebammen): TA1 V21 5.5.3.7."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from billhook.identifiers import pzn as pzns
from billhook.model import BillingItem, Finding
from billhook_p302 import layouts, rules
from billhook_p302.codes.billing import ACCOUNTING_CODES
from billhook_p302.codes.positions import lengths_of
from billhook_p302.groups import addresses, positions, prescriptions, sums
from billhook_p302.groups.e import PLACES
from billhook_p302.groups.parts import (
    GROSS_ONLY,
    LINE,
    LINE_COMPUTED,
    TEXT,
    TIMES,
    VAT,
    details_of,
    prescription,
)
from billhook_p302.groups.structure import Approvals, Bracket, Group, Prescriptions, Table
from billhook_p302.placing import Placed, is_ik

NO_TIME = "9999"
"""Stands for the time of birth where no help at birth is billed."""

ACTUAL = "1"
"""Key 8.1.16: the child is born."""

HEB = Table(
    layouts.HEB,
    {"midwife_ik": "details.midwife_ik", "hospital_ik": "details.hospital_ik"},
    computed={"midwife_ik": lambda item, _: item.details.midwife_ik or item.provider},
)
HEL = Table(layouts.HEL, {"service_date": "service_from"})
EHB = Table(
    layouts.EHB,
    {**LINE, "pzn": "details.pzn", **TIMES, "kilometres": "details.kilometres", **PLACES},
    computed=LINE_COMPUTED,
)
ZHB = Table(
    layouts.ZHB,
    {
        **prescription("practice_number", "physician_number", "prescribed_on", "children"),
        "birth_key": "details.child_birth_kind",
        "child_birth_date": "details.child_born_on",
        "child_birth_time": "details.child_born_at",
    },
    computed={
        "child_birth_time": lambda item, _: (
            f"{item.details.child_born_at:%H%M}" if item.details.child_born_at is not None else NO_TIME
        ),
    },
)


def _midwife(item: BillingItem) -> tuple[str, str]:
    details = details_of(item)
    return details.midwife_ik or item.provider, details.hospital_ik


def _day(item: BillingItem) -> date:
    return item.service_from or date.min


def _numbers(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Position numbers as the list of the day of service has them: four digits until 31.10.2025 (A3 V21 8.2.6)."""
    served: date | None = None
    for placed in segments:
        if placed.tag == "HEL":
            served = placed.day("service_date")
        elif placed.tag == "EHB":
            number, lengths = placed.text("position_number"), lengths_of("F", served)
            if number and not (len(number) in lengths and number.isascii() and number.isdigit()):
                said = " or ".join(str(length) for length in lengths)
                yield placed.at(rules.POSITION_FORMAT, "position_number", number, length=said)


def _iks(heb: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    for name in ("midwife_ik", "hospital_ik"):
        number = heb.text(name)
        if len(number) == 9 and number.isascii() and number.isdigit() and not is_ik(number):
            yield heb.at(rules.IK_CHECK_DIGIT, name, number)


def _medicine(ehb: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """A PZN has seven or eight digits; seven are not filled up."""
    number = ehb.text("pzn")
    if not number:
        return
    if not (len(number) in (7, 8) and pzns.is_valid(number)):
        yield ehb.at(rules.PZN, "pzn", number)
    elif len(number) == 8 and number.startswith("0"):
        yield ehb.at(rules.PZN_FILLED_UP, "pzn", number, suggestion=number[1:])


def _trips(ehb: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    yield from addresses.trip_end(ehb, "from")
    yield from addresses.trip_end(ehb, "to")


def _birth(zhb: Placed, day: date) -> Iterator[Finding]:
    born = zhb.day("child_birth_date")
    if born and born > day and zhb.text("birth_key") == ACTUAL:
        yield zhb.at(rules.BORN_IN_FUTURE, "child_birth_date", born)
    at = zhb.text("child_birth_time")
    if at and at != NO_TIME and not (len(at) == 4 and at.isdecimal() and at[:2] < "24" and at[2:] < "60"):
        yield zhb.at(rules.BIRTH_TIME, "child_birth_time", at)
    children = zhb.values.get("children")
    if isinstance(children, int) and children < 2:
        yield zhb.at(rules.CHILDREN, "children", children)


GROUP = Group(
    letter="F",
    title="midwives (Hebammen)",
    section="5.5.3.7",
    codes=ACCOUNTING_CODES["F"],
    brackets=(Bracket(HEB, _midwife), Bracket(HEL, _day)),
    line=EHB,
    parts=(TEXT, VAT),
    prescriptions=Prescriptions(ZHB, approvals=Approvals.ONE),
    closing=GROSS_ONLY,
    vat=True,
    sort=lambda item: (_midwife(item), _day(item), item.line),
    checks={
        "HEB": (_iks,),
        "HEL": (positions.service_date,),
        "EHB": (*positions.PRICED, positions.times, _medicine, _trips),
        "ZHB": (*prescriptions.BASIC, prescriptions.ordered, _birth),
    },
    voucher_checks=(sums.walk, _numbers, positions.against_prescription),
)
