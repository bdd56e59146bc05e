"""Counting days: which days of a stay are paid, and how, by the profile's rules of absence.

Every day is clipped to the stay. Where several absences fall on one day it is counted once, for the kind that the profile has
first. A limit counts in a calendar year or in one absence, and kinds may share it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billhook_mass.details import PRESENT, RESERVED, UNPAID
from billhook_mass.profile import AbsenceKind, AbsenceLimit, AbsenceRules
from billhook_mass.registers import Absence, Stay

ONE_DAY = timedelta(days=1)
FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class PaidDay:
    """How a day is paid: kind of day, kind of absence, percent of the rate, and what is taken off in currency units."""

    day_kind: str = PRESENT
    absence: str = ""
    percent: Decimal = FULL
    deduction: Decimal = Decimal(0)
    beyond_limit: bool = False


THERE = PaidDay()


def days_between(first: date, last: date) -> Iterator[date]:
    """All days from first to last, both included.

    >>> [day.day for day in days_between(date(2026, 1, 30), date(2026, 2, 1))]
    [30, 31, 1]
    """
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def stay_days(stay: Stay, rules: AbsenceRules, first: date, last: date) -> list[date]:
    """The days of a stay in a period that count at all: admission and discharge as the rules say.

    A stay of a single day is one day.
    """
    found = []
    for day in days_between(max(first, stay.admitted), min(last, stay.discharged or last)):
        if day == stay.discharged and not (rules.discharge_day_when_moving if stay.moved else rules.discharge_day):
            continue
        if day == stay.admitted and not rules.admission_day and stay.discharged != day:
            continue
        found.append(day)
    return found


def absent_days(absence: Absence, rules: AbsenceRules, horizon: date) -> list[date]:
    """The full days of an absence; an open one lasts until the horizon at least."""
    first = absence.left if rules.departure_day == "absent" else absence.left + ONE_DAY
    if absence.returned is None:
        return list(days_between(first, horizon))
    last = absence.returned if rules.return_day == "absent" else absence.returned - ONE_DAY
    return list(days_between(first, last))


@dataclass(frozen=True, slots=True)
class _Event:
    kind: str
    rule: AbsenceKind
    length: int
    number: int


def paid_days(
    stays: Sequence[Stay], absences: Iterable[Absence], rules: AbsenceRules, first: date, last: date
) -> dict[date, PaidDay]:
    """How each day of a person in one facility is paid from `first` to `last`; days without a stay are left out.

    Absences of kinds that the rules do not know are left out; `unknown_kinds` names them.
    """
    known = [one for one in absences if one.kind in rules.kinds]
    events = _events(known, rules, last)
    used: dict[tuple[str, int], int] = {}
    found: dict[date, PaidDay] = {}
    # A yearly limit is used up from the year's first day on, so counting begins there.
    start = min([date(first.year, 1, 1), *(one.left for one in known)])
    there: set[date] = set()
    for stay in stays:
        there.update(stay_days(stay, rules, start, last))
    for day in sorted(there):
        event = events.get(day)
        paid = THERE if event is None else _paid(event, day, used)
        if day >= first:
            found[day] = paid
    return found


def unknown_kinds(absences: Iterable[Absence], rules: AbsenceRules) -> set[str]:
    """Kinds of absence that the profile does not have."""
    return {absence.kind for absence in absences} - set(rules.kinds)


def _events(absences: Sequence[Absence], rules: AbsenceRules, horizon: date) -> Mapping[date, _Event]:
    rank = {kind: place for place, kind in enumerate(rules.kinds)}
    days: dict[date, _Event] = {}
    ordered = sorted(absences, key=lambda one: (rank[one.kind], one.left, one.id))
    for number, absence in enumerate(ordered):
        away = absent_days(absence, rules, horizon)
        event = _Event(absence.kind, rules.kinds[absence.kind], len(away), number)
        for day in away:
            days.setdefault(day, event)
    return days


def _paid(event: _Event, day: date, used: dict[tuple[str, int], int]) -> PaidDay:
    rule = event.rule
    short = event.length <= rule.full_rate_up_to
    percent = FULL if short else rule.percent
    deduction = Decimal(0) if short else rule.deduction
    limit = rule.limit
    if limit is not None and (not short or rule.short_counts):
        account = _account(event, limit, day)
        used[account] = used.get(account, 0) + 1
        if used[account] > limit.days:
            kind = RESERVED if limit.after_percent else UNPAID
            return PaidDay(kind, event.kind, limit.after_percent, Decimal(0), beyond_limit=True)
    return PaidDay(RESERVED if percent else UNPAID, event.kind, percent, deduction if percent else Decimal(0))


def _account(event: _Event, limit: AbsenceLimit, day: date) -> tuple[str, int]:
    if limit.per == "event":
        return f"event {event.number}", 0
    return limit.account or f"kind {event.kind}", day.year
