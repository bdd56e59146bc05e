"""Budgets of hours (Fachleistungsstunden, FLS): so many hours a week or month, used, planned, rest, and early warnings.

Grants count by the calendar month in minutes. Payers differ in how many weeks a month has; Berlin writes the
factors down: month = week × 4.34821, month = day × 30.4375. They are the defaults, each grant may name its own.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from billhook.dates import Period
from billhook.money import Rounding, round_decimal


class Per(StrEnum):
    """What the granted hours are for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


FACTORS: Mapping[Per, Decimal] = {
    Per.DAY: Decimal("30.4375"),
    Per.WEEK: Decimal("4.34821"),
    Per.MONTH: Decimal(1),
}
"""How many of them a month has, as Berlin counts."""

WARN_DAYS = 70
"""Days before a grant's end on which the extension should be applied for."""

RED, GREEN = Decimal("0.85"), Decimal("1.05")
"""Below 85 % of the grant revenue is at risk; beyond 105 % hours are not billable."""


class Light(StrEnum):
    """The traffic light of a month (Auslastung)."""

    RISK = "revenue at risk"
    FINE = "fine"
    OVER = "not billable"


@dataclass(frozen=True, slots=True)
class HoursGrant:
    """A grant (Bewilligung) of hours of one contract kind. `factor` None takes the usual one of `per`.

    `applied` tells that an extension was applied for; `before` is the grant that this one goes on from.
    """

    client: str
    kind: str
    hours: Decimal
    per: Per
    valid_from: date
    valid_to: date
    factor: Decimal | None = None
    applied: bool = False
    before: int | None = None
    id: int = 0

    @property
    def validity(self) -> Period:
        """The days for which it was given."""
        return Period(self.valid_from, self.valid_to)

    @property
    def minutes_a_month(self) -> int:
        """Minutes granted in a whole month."""
        return int(round_decimal(self._whole, 0, Rounding.HALF_UP))

    @property
    def _whole(self) -> Decimal:
        return self.hours * (self.factor or FACTORS[self.per]) * 60

    def minutes(self, month: date) -> int:
        """Minutes granted in the month of this day; of a month that it covers in part, the part of its days."""
        calendar = month_of(month)
        covered = self.validity.intersect(calendar)
        if covered is None or covered.days is None or calendar.days is None:
            return 0
        return int(round_decimal(self._whole * covered.days / calendar.days, 0, Rounding.HALF_UP))


@dataclass(frozen=True, slots=True)
class HoursMonth:
    """One month of one kind: minutes granted, used (billed before), planned (this run), and what is left."""

    month: Period
    granted: int
    used: int
    planned: int

    @property
    def rest(self) -> int:
        """Minutes that are left; below zero when more was done than granted."""
        return self.granted - self.used - self.planned

    @property
    def billable(self) -> int:
        """Minutes that may be billed: 105 % of the grant."""
        return int(self.granted * GREEN)

    @property
    def light(self) -> Light:
        """Where use and plan stand against the grant."""
        done = self.used + self.planned
        if done > self.billable:
            return Light.OVER
        return Light.RISK if done < self.granted * RED else Light.FINE


def month_of(day: date) -> Period:
    """The calendar month of a day."""
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def stand(
    grants: Sequence[HoursGrant], kind: str, month: date, used: Iterable[int], planned: Iterable[int]
) -> HoursMonth:
    """How a month stands: grants of one client, minutes that were used and that are planned."""
    granted = sum(grant.minutes(month) for grant in grants if grant.kind == kind)
    return HoursMonth(month_of(month), granted, sum(used), sum(planned))


class EarlyWarning(StrEnum):
    """Early warnings about a grant."""

    NONE = "no grant"
    EXPIRED = "grant expired"
    ENDING = "grant ends soon"
    APPLIED = "extension applied for"


def warning(grants: Sequence[HoursGrant], kind: str, today: date, days: int = WARN_DAYS) -> EarlyWarning | None:
    """What to tell about a client's hours of a kind today; None when there is nothing to tell."""
    mine = [grant for grant in grants if grant.kind == kind]
    if not mine:
        return EarlyWarning.NONE
    last = max(mine, key=lambda grant: grant.valid_to)
    if last.valid_to < today:
        return EarlyWarning.APPLIED if last.applied else EarlyWarning.EXPIRED
    if last.valid_to - timedelta(days=days) <= today:
        return EarlyWarning.APPLIED if last.applied else EarlyWarning.ENDING
    return None
