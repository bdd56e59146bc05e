"""What must be right in the segment of a position, in any group: tariff, number, quantity, price, dates, times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from billhook.model import Finding
from billhook.money import format_cents
from billhook_p302 import rules
from billhook_p302.codes.billing import COST_ESTIMATE_TARIFF, TARIFF_REGION, is_unassigned_special_tariff
from billhook_p302.codes.positions import lengths_of
from billhook_p302.groups.structure import Check
from billhook_p302.placing import Placed

POSITIONS = frozenset({"EHI", "EHE", "EHK", "EHH", "EKT", "EHB", "ENF", "ESP", "EGV", "EHP", "AHK", "EMP"})
"""The segments of a position (Einzelfallnachweis), one a group; G to N share theirs."""

PRESCRIPTIONS = frozenset({"ZHI", "ZHE", "ZHK", "ZHH", "ZKT", "ZHB", "ZUV", "ZSP"})
"""The segments of a prescription."""

TIME_BAR = timedelta(days=4 * 366)
"""A claim lapses four years after the end of its year (§45 SGB I); what is younger than this is certainly in time."""

_TARIFF = re.compile(r"[0-9]{2}[0-9A-Z]{3}", re.ASCII)


def tariff(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """The tariff behind the accounting code."""
    tariff_code = placed.text("tariff_code")
    if not tariff_code:
        return
    legs = placed.text("billing_code") + tariff_code
    if not _TARIFF.fullmatch(tariff_code):
        upper = legs.strip().upper()
        fits = len(upper) == 7 and _TARIFF.fullmatch(upper[2:])
        yield placed.at(rules.PROVIDER_GROUP, "tariff_code", legs, suggestion=upper if fits else None)
        return
    if tariff_code[:2] not in TARIFF_REGION:
        yield placed.at(rules.TARIFF_REGION, "tariff_code", tariff_code[:2])
    if is_unassigned_special_tariff(tariff_code[2:]):
        yield placed.at(rules.SPECIAL_TARIFF, "tariff_code", tariff_code[2:])


def quantity(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """More than nothing."""
    amount = placed.values.get("quantity")
    if isinstance(amount, int | Decimal) and amount <= 0:
        yield placed.at(rules.QUANTITY, "quantity", amount)


def unit_price(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """Not negative, and not for nothing. Intensive care alone has negative amounts (TA1 V21 5.5.3.12 BES)."""
    cents = placed.values.get("unit_price")
    if isinstance(cents, int | Decimal):
        if cents < 0 and rules.in_segment(rules.PRICE_NEGATIVE, placed.tag):
            yield placed.at(rules.PRICE_NEGATIVE, "unit_price", euros(cents))
        elif cents == 0:
            yield placed.at(rules.PRICE_ZERO, "unit_price", euros(cents))


def euros(cents: int | Decimal) -> str:
    """An amount in cents, with parts of a cent if it has any."""
    return format_cents(cents) if isinstance(cents, int) else str(cents.scaleb(-2))


PRICED: tuple[Check, ...] = (tariff, quantity, unit_price)
"""What is looked at in every position."""


def digits(group: str) -> Check:
    """The position number has as many digits as the group's list (A3 V21 8.2)."""

    def check(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
        number, lengths = placed.text("position_number"), lengths_of(group)
        if number and lengths and not (len(number) in lengths and number.isascii() and number.isdigit()):
            said = " or ".join(str(length) for length in lengths)
            yield placed.at(rules.POSITION_FORMAT, "position_number", number, length=said)

    return check


def first_day(placed: Placed) -> str:
    """The field that says when the service was."""
    return "service_date" if "service_date" in placed.layout.names else "service_from"


def service_date(placed: Placed, day: date) -> Iterator[Finding]:
    """Neither in the future nor long ago."""
    name = first_day(placed)
    served = placed.day(name)
    if served and served > day:
        yield placed.at(rules.SERVICE_IN_FUTURE, name, served)
    elif served and day - served > TIME_BAR:
        yield placed.at(rules.SERVICE_OLD, name, served)


def period(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """A service ends after it begins."""
    first, last = placed.day("service_from"), placed.day("service_to")
    if first and last and last < first:
        yield placed.at(rules.SERVICE_ORDER, "service_to", last)


def times(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """No end without a beginning."""
    if placed.values.get("ends_at") is not None and placed.values.get("starts_at") is None:
        yield placed.at(rules.END_WITHOUT_BEGINNING, "starts_at")


def supply(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """A supply period has both ends, in order."""
    begin, end = placed.values.get("supply_from"), placed.values.get("supply_to")
    if (begin is None) != (end is None):
        yield placed.at(rules.SUPPLY_PERIOD_OPEN, "supply_from" if begin is None else "supply_to")
    first, last = placed.day("supply_from"), placed.day("supply_to")
    if first and last and last < first:
        yield placed.at(rules.SUPPLY_PERIOD_ORDER, "supply_to", last)


_AFTER_PRESCRIPTION = frozenset(
    {"EHI", *(tag for code, tag in rules.VARIANTS if code == rules.SERVICE_BEFORE_PRESCRIPTION.code)}
)
"""Segments whose day of service is held against the prescription."""


def against_prescription(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Service dates and tariffs against what the first prescription says."""
    found = by_tag(segments)
    prescribed = min(
        (known for tag in PRESCRIPTIONS for placed in found.get(tag, ()) if (known := placed.day("prescribed_on"))),
        default=None,
    )
    for placed in segments:
        if prescribed and placed.tag in _AFTER_PRESCRIPTION:
            name = first_day(placed)
            served = placed.day(name)
            if served and served < prescribed:
                yield placed.at(rules.SERVICE_BEFORE_PRESCRIPTION, name, served, prescribed_on=prescribed)
        if placed.tag in POSITIONS:
            tariff_code = placed.text("tariff_code")
            if tariff_code.endswith(COST_ESTIMATE_TARIFF) and "SKZ" not in found:
                yield placed.at(rules.COST_ESTIMATE_WITHOUT_APPROVAL, "tariff_code", tariff_code)


class Voucher(list[Placed]):
    """The segments of a voucher, sorted by tag once for all who ask."""

    @cached_property
    def tags(self) -> Mapping[str, list[Placed]]:
        """The segments by tag, each list in the order of the voucher."""
        found: dict[str, list[Placed]] = {}
        for segment in self:
            found.setdefault(segment.tag, []).append(segment)
        return found


def by_tag(segments: Sequence[Placed]) -> Mapping[str, list[Placed]]:
    """The segments by tag, each list in the order of the voucher."""
    return segments.tags if isinstance(segments, Voucher) else Voucher(segments).tags
