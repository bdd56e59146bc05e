"""The year counted by another program: day by day, from what happened, without anything of Billhook.

The rules are those that the assumed profile states in words: 75 % of the rate from the first full day of an absence of more
than three full days; shorter ones are paid in full; at most 28 days of 75 % in a calendar year, whatever the reason; where two
absences meet on a day it counts once, for the hospital first, then cure, leave, other; the days of leaving and coming back are
days of presence; whoever moves to another home is not paid for the last day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from examples.mass.provider import HOME, Absence, Person

ORDER = ("hospital", "cure", "leave", "other")
MOST = 28
SHORT = 3


def home_rate(day: date) -> Decimal:
    return Decimal("142.35") if day.month < 7 else Decimal("146.20")


def workshop_rate(month: int) -> Decimal:
    return Decimal("1104.20") if month < 7 else Decimal("1131.85")


def rounded(euros: Decimal) -> int:
    """Cents, half up."""
    return int((euros * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def year() -> Iterator[date]:
    day = date(2026, 1, 1)
    while day.year == 2026:
        yield day
        day += timedelta(days=1)


def is_there(person: Person, day: date) -> bool:
    """True when the day of the stay is paid at all."""
    if day < person.admitted:
        return False
    if person.discharged is None or day < person.discharged:
        return True
    return day == person.discharged and not person.moved


def away_on(day: date, absences: Iterable[Absence]) -> Absence | None:
    """The absence that counts on the day."""
    found = [one for one in absences if one.left < day < one.returned]
    return min(found, key=lambda one: ORDER.index(one.kind), default=None)


def full_days(absence: Absence, absences: Sequence[Absence]) -> int:
    """Full days of an absence."""
    assert absence in absences
    return (absence.returned - absence.left).days - 1


def owed_for_resident(person: Person, absences: Sequence[Absence]) -> dict[tuple[int, str], int]:
    """What is owed in cents, by month and kind of line; lines are rounded once each."""
    mine = [one for one in absences if one.person == person.number]
    days: dict[tuple[int, str, Decimal, Decimal], int] = {}
    used = 0
    for day in year():
        if not is_there(person, day):
            continue
        away = away_on(day, mine)
        kind, percent = "present", Decimal(100)
        if away is not None:
            kind = away.kind
            if full_days(away, mine) > SHORT:
                used += 1
                percent = Decimal(75) if used <= MOST else Decimal(0)
        key = (day.month, kind, percent, home_rate(day))
        days[key] = days.get(key, 0) + 1
    owed: dict[tuple[int, str], int] = {}
    for (month, kind, percent, rate), count in days.items():
        cents = rounded(rate * percent / 100 * count)
        owed[month, kind] = owed.get((month, kind), 0) + cents
    return owed


def owed_for_place(person: Person) -> dict[int, int]:
    """What is owed in cents for a place in the workshop, by month: part of a month by its days, to two decimals."""
    owed = {}
    for month in range(1, 13):
        days = [day for day in year() if day.month == month]
        there = sum(is_there(person, day) for day in days)
        if there:
            share = (Decimal(there) / len(days)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
            owed[month] = rounded(workshop_rate(month) * share)
    return owed


def owed_by_month(people: Iterable[Person], absences: Sequence[Absence], facility: str) -> dict[int, int]:
    """What is owed for a facility in cents, by month."""
    owed: dict[int, int] = {}
    for person in people:
        if person.facility != facility:
            continue
        if facility == HOME:
            for (month, _), cents in owed_for_resident(person, absences).items():
                owed[month] = owed.get(month, 0) + cents
        else:
            for month, cents in owed_for_place(person).items():
                owed[month] = owed.get(month, 0) + cents
    return owed
