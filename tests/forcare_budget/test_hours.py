"""Budgets of hours (FLS). Expected minutes are worked by hand from the factors: 4.34821 weeks, 30.4375 days a month."""

from datetime import date
from decimal import Decimal

import pytest

from billhook_forcare_budget.hours import EarlyWarning, HoursGrant, Light, Per, stand, warning

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def grant(hours: str, per: Per = Per.WEEK, **more: object) -> HoursGrant:
    return HoursGrant("K-1", "FLS", Decimal(hours), per, *YEAR, **more)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("granted", "minutes"),
    [
        (grant("5"), 1304),  # 5 h × 4.34821 = 21.74105 h = 1304.463 min
        (grant("10", Per.MONTH), 600),
        (grant("1", Per.DAY), 1826),  # 30.4375 h = 1826.25 min
        (grant("5", factor=Decimal("4.33")), 1299),  # 21.65 h
    ],
)
def test_hours_a_day_week_or_month_become_minutes_a_month(granted: HoursGrant, minutes: int) -> None:
    assert granted.minutes(date(2026, 3, 15)) == minutes


def test_a_grant_that_begins_inside_a_month_counts_for_its_days() -> None:
    from_the_16th = HoursGrant("K-1", "FLS", Decimal(30), Per.MONTH, date(2026, 4, 16), YEAR[1])
    assert from_the_16th.minutes(date(2026, 4, 1)) == 900
    assert from_the_16th.minutes(date(2026, 3, 1)) == 0


@pytest.mark.parametrize(
    ("done", "light"), [(509, Light.RISK), (510, Light.FINE), (630, Light.FINE), (631, Light.OVER)]
)
def test_traffic_light_risk_below_85_percent_and_no_billing_beyond_105(done: int, light: Light) -> None:
    month = stand([grant("10", Per.MONTH)], "FLS", date(2026, 3, 1), [done - 9], [9])
    assert (month.light, month.rest, month.billable) == (light, 600 - done, 630)


def test_grants_of_other_kinds_do_not_count() -> None:
    assert stand([grant("10", Per.MONTH)], "other", date(2026, 3, 1), [], [60]).granted == 0


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 10, 21), None),
        (date(2026, 10, 22), EarlyWarning.ENDING),
        (date(2026, 12, 31), EarlyWarning.ENDING),
        (date(2027, 1, 1), EarlyWarning.EXPIRED),
    ],
)
def test_warned_70_days_before_the_end(today: date, expected: EarlyWarning | None) -> None:
    assert warning([grant("5")], "FLS", today) is expected


def test_no_grant_and_an_extension_that_was_applied_for() -> None:
    assert warning([], "FLS", date(2026, 3, 1)) is EarlyWarning.NONE
    assert warning([grant("5", applied=True)], "FLS", date(2026, 12, 1)) is EarlyWarning.APPLIED
    assert warning([grant("5", applied=True)], "FLS", date(2027, 2, 1)) is EarlyWarning.APPLIED
