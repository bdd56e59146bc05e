"""What must be right for aids alone: their numbers, better ones than prescribed, a nurse's recommendation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from billhook.identifiers import himi
from billhook.identifiers import pzn as pzns
from billhook.model import Finding
from billhook.words import words
from billhook_p302 import rules
from billhook_p302.codes.aid import BETTER_THAN_PRESCRIBED, REUSE
from billhook_p302.codes.prescription import NO_EMPLOYEE_NUMBER, NO_NUMBER, NURSE_RECOMMENDATION
from billhook_p302.placing import Placed, is_ik


def position(ehi: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """The aid number: ten digits (A3 V21 8.2.2), or a PZN."""
    number = ehi.text("position_number")
    if not number:
        return
    if len(number) in (7, 8) and number.isascii() and number.isdigit() and pzns.is_valid(number):
        return
    if len(number) != 10 or not (number.isascii() and number.isdigit()):
        compact = himi.compact(number)
        suggestion = himi.billing_number(compact) if himi.is_valid(compact) else None
        yield ehi.at(rules.POSITION_FORMAT, "position_number", number, suggestion=suggestion)
    elif ehi.text("aid_kind") == BETTER_THAN_PRESCRIBED and not number.endswith("000"):
        yield ehi.at(rules.BETTER_POSITION, "position_number", number, suggestion=number[:7] + "000")


def reuse(ehi: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """What is used again has a number of its own."""
    if ehi.text("aid_kind") == REUSE and not ehi.text("inventory_number"):
        yield ehi.at(rules.INVENTORY_NUMBER, "inventory_number")


def recommendation(zhi: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """§40 (6) SGB XI: a nurse's recommendation instead of a prescription."""
    number, service = zhi.text("recommender_number"), zhi.text("recommender_ik")
    if service and not is_ik(service):
        yield zhi.at(rules.IK_CHECK_DIGIT, "recommender_ik", service)
    if zhi.text("prescription_feature") != NURSE_RECOMMENDATION:
        if number or service:
            yield zhi.at(rules.RECOMMENDER_WITHOUT_FEATURE, "prescription_feature", suggestion=NURSE_RECOMMENDATION)
        return
    if not number:
        yield zhi.at(
            rules.RECOMMENDER_MISSING,
            "recommender_number",
            what=words("the employee number"),
            suggestion=NO_EMPLOYEE_NUMBER,
        )
    if not service:
        yield zhi.at(rules.RECOMMENDER_MISSING, "recommender_ik", what=words("the IK"))
    for name in ("practice_number", "physician_number"):
        value = zhi.text(name)
        if value and value != NO_NUMBER:
            yield zhi.at(rules.RECOMMENDER_PRACTICE, name, value, suggestion=NO_NUMBER)


def better_products(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """A better product than prescribed is named in the text of its position."""
    for at, ehi in enumerate(segments):
        if ehi.tag == "EHI" and ehi.text("aid_kind") == BETTER_THAN_PRESCRIBED:
            after = segments[at + 1] if at + 1 < len(segments) else None
            if after is None or after.tag != "TXT":
                yield ehi.at(rules.BETTER_WITHOUT_TEXT, "text")
