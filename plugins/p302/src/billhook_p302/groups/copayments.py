"""Copayments that are stated for one unit, with a flat amount for the prescription: groups B and G to N."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from billhook.model import BillingItem, Finding, SplitKind
from billhook.money import format_cents, percent, round_cents
from billhook.wire.layout import SegmentLayout
from billhook_p302 import rules
from billhook_p302.corrections import COPAYMENT_CLAIM
from billhook_p302.groups.parts import (
    SUM_PLACES,
    cents_of,
    details_of,
    flat,
    flat_total,
    gross_total,
    percentage,
    percentage_total,
    share_total,
)
from billhook_p302.groups.positions import POSITIONS, euros
from billhook_p302.groups.structure import Closing, Terms
from billhook_p302.groups.sums import TEN_PERCENT
from billhook_p302.placing import Placed

_OF_A_DAY = (500, 1000)
"""Cents that a day may cost the client: ENF has the copayment by percent or that of a day (TA1 V21 5.5.3.8 ENF, §61 SGB V)."""


def closing(layout: SegmentLayout) -> Closing:
    """BES with the copayment by percent and flat."""
    return Closing(
        layout,
        {
            "gross_total": gross_total,
            "copayment_total": share_total(SplitKind.COPAYMENT),
            "copayment_percentage": percentage_total,
            "copayment_flat": flat_total,
        },
        SUM_PLACES,
    )


def parts(item: BillingItem, terms: Terms) -> Iterator[Finding]:
    """The copayment of a line is what its unit copayment and flat part come to."""
    details, tag = details_of(item), terms.group.line.layout.tag
    amounts = (("unit_copayment", details.unit_copayment), ("flat_copayment", details.flat_copayment))
    exact = True
    for name, amount in amounts:
        if amount is None:
            continue
        cents = cents_of(amount)
        rule = None
        if amount < 0:
            rule = rules.UNIT_COPAYMENT_NEGATIVE
        elif not isinstance(cents, int):
            rule, exact = rules.COPAYMENT_DECIMALS, False
        if rule is not None:
            yield (rules.in_segment(rule, tag) or rule).at(item.id, f"details.{name}", amount)
    if not exact or terms.mark == COPAYMENT_CLAIM:
        # A claim's own amount is the copayment; that it fits is seen in GZF.
        return
    copayment, expected = item.share(SplitKind.COPAYMENT), percentage(item) + flat(item)
    if copayment != expected:
        rule = rules.in_segment(rules.COPAYMENT_PARTS, tag) or rules.COPAYMENT_PARTS
        yield rule.at(
            item.id,
            "copayment",
            format_cents(copayment),
            suggestion=format_cents(expected, ".") if expected else None,
            unit=_shown(details.unit_copayment),
            flat=_shown(details.flat_copayment),
            expected=format_cents(expected),
        )


def _shown(amount: Decimal | None) -> str:
    return format_cents(round_cents(amount)) if amount else "0,00"


def of_unit(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """The copayment of a unit is ten percent of its price with VAT (TA1 V21 5.5.3.3 EHE, §61 SGB V)."""
    for at, placed in enumerate(segments):
        if placed.tag not in POSITIONS or placed.values.get("copayment") is None:
            continue
        stated = placed.number("copayment")
        if stated < 0:
            yield placed.at(rules.UNIT_COPAYMENT_NEGATIVE, "copayment", euros(stated))
            continue
        vat = next((each.number("vat_amount") for each in _behind(segments, at) if each.tag == "MWS"), Decimal(0))
        quantity = placed.number("quantity")
        of_one = round_cents((vat / quantity).scaleb(-2)) if quantity else 0
        expected = percent(round_cents(placed.number("unit_price").scaleb(-2)) + of_one, TEN_PERCENT)
        if placed.tag == "ENF" and round_cents((stated * quantity).scaleb(-2)) in _OF_A_DAY:
            continue
        if stated != expected:
            yield placed.at(
                rules.COPAYMENT_OF_UNIT,
                "copayment",
                euros(placed.whole("copayment")),
                suggestion=format_cents(expected, "."),
                expected=format_cents(expected),
            )


def _behind(segments: Sequence[Placed], at: int) -> Iterator[Placed]:
    """What follows a position and belongs to it."""
    for placed in segments[at + 1 :]:
        if placed.tag not in ("SUT", "TXT", "MWS"):
            return
        yield placed
