"""What only shows beside other vouchers: lines that are billed twice, grants that are used up, months that are overfull.

Called once a run, over its trial billing and what was billed before to the same persons.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

import sqlalchemy as sa

from billhook.hookspecs import RunView
from billhook.model import BillingItem, Finding
from billhook_mass import rules, tables
from billhook_mass.checks import weighed
from billhook_mass.details import DAY
from billhook_mass.lines import CANCELLATION, CORRECTION, day_kind_of, details_of, last_day_of, month_of, rate_of
from billhook_mass.profile import Profile
from billhook_mass.registers import Grant, Per, Register, grant_of
from billhook_mass.settings import Settings

KEY = "mass"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The lines of the persons that a run is about: those of the run, and those that left before."""

    trial: Sequence[BillingItem]
    billed: Sequence[BillingItem]

    @property
    def cancelled(self) -> set[int]:
        """Ids of items that a cancellation takes back."""
        return {item.corrects for item in (*self.billed, *self.trial) if item.kind == CANCELLATION and item.corrects}

    def standing(self) -> Iterator[BillingItem]:
        """Lines that count: neither cancellations nor what they take back; those that left before come first."""
        gone = self.cancelled
        for item in (*self.billed, *self.trial):
            if item.kind != CANCELLATION and item.id not in gone:
                yield item


def check_run(run: RunView) -> Iterator[Finding]:
    """All findings of a run."""
    if run.scheme not in ("", KEY):
        return
    trial = [item for item in run.trial() if item.scheme == KEY]
    if not trial:
        return
    settings: Settings = run.scheme_settings(KEY)
    register = Register.of(
        grants=(grant_of(row) for row in run.rows(sa.select(tables.grant).order_by(tables.grant.c.id)))
    )
    ledger = Ledger(trial, _billed(run, trial, register))
    profiles = {item.id: settings.profile_of(item.payer, run.today) for item in trial if settings.payer(item.payer)}
    for finding in findings(ledger, register, profiles):
        profile = profiles.get(finding.item or 0)
        yield finding if profile is None else weighed(finding, profile)


def _billed(run: RunView, trial: Sequence[BillingItem], register: Register) -> list[BillingItem]:
    """What left before for the persons of the run, as far back as one of their grants reaches."""
    persons = {_person(item) for item in trial}
    days = [item.service_from for item in trial if item.service_from is not None]
    if not days:
        return []
    start = date(min(days).year, 1, 1)
    limited = [
        grant.valid_from
        for item in trial
        for grant in register.grants.get(item.client.number, ())
        if grant.quantity is not None and grant.per in (Per.GRANT, Per.YEAR)
    ]
    start = min([start, *limited])
    found: list[BillingItem] = []
    for payer in sorted({item.payer for item in trial}):
        found += [
            item for item in run.billed(payer=payer, start=start) if item.scheme == KEY and _person(item) in persons
        ]
    mine = {item.id for item in trial}
    return sorted((item for item in found if item.id not in mine), key=lambda item: item.id)


def _person(item: BillingItem) -> str:
    return item.client.number or details_of(item).reference


def findings(ledger: Ledger, register: Register, profiles: dict[int, Profile]) -> Iterator[Finding]:
    """What is wrong between the lines; only lines of the run are named."""
    mine = {item.id for item in ledger.trial}
    yield from _twice(ledger, mine)
    yield from _overfull(ledger, mine)
    yield from _used_up(ledger, register, mine)
    yield from _corrected(ledger, profiles)


# --- M06 --------------------------------------------------------------------------------------------------------------


def _twice(ledger: Ledger, mine: set[int]) -> Iterator[Finding]:
    """Lines of the same person, service and kind whose periods touch. Lines of other facilities count as well."""
    groups: dict[tuple[object, ...], list[BillingItem]] = {}
    for item in ledger.standing():
        if item.service_from is None:
            continue
        details = details_of(item)
        kind = (day_kind_of(item), details.absence, details.percent, rate_of(item), details.missed)
        groups.setdefault((_person(item), item.code, *kind), []).append(item)
    for items in groups.values():
        yield from _touching(sorted(items, key=lambda one: (one.service_from or date.min, one.id)), mine)


def _touching(items: Sequence[BillingItem], mine: set[int]) -> Iterator[Finding]:
    longest: BillingItem | None = None
    for item in items:
        if longest is not None and item.service_from is not None:
            end = last_day_of(longest)
            if end is not None and item.service_from <= end:
                # The later one is told; where that left already, the one of this run.
                told, other = (item, longest) if item.id in mine else (longest, item)
                if told.id in mine and other.id in mine and told.id < other.id:
                    told, other = other, told
                if told.id in mine:
                    same = (told.service_from, last_day_of(told)) == (other.service_from, last_day_of(other))
                    yield (rules.DOUBLE if same else rules.OVERLAP).at(told.id, "service_from", other.number)
        if longest is None or (last_day_of(item) or date.min) >= (last_day_of(longest) or date.min):
            longest = item


# --- M03 over the month -----------------------------------------------------------------------------------------------


def _overfull(ledger: Ledger, mine: set[int]) -> Iterator[Finding]:
    """More days of a service than the month has."""
    sums: dict[tuple[str, str, str], Decimal] = {}
    last: dict[tuple[str, str, str], int] = {}
    for item in ledger.standing():
        if item.unit != DAY or item.service_from is None:
            continue
        key = (_person(item), item.code, month_of(item))
        sums[key] = sums.get(key, Decimal(0)) + item.quantity
        if item.id in mine:
            last[key] = item.id
    for (person, code, month), total in sums.items():
        days = _days_of(month)
        if days and total > days and (person, code, month) in last:
            told = last[person, code, month]
            yield rules.MONTH_FULL.at(told, "quantity", total, service=code, month=month, days=days)


def _days_of(month: str) -> int:
    year, _, number = month.partition("-")
    if not (year.isdecimal() and number.isdecimal() and 1 <= int(number) <= 12 and int(year)):
        return 0
    return monthrange(int(year), int(number))[1]


# --- Grants -----------------------------------------------------------------------------------------------------------


def _used_up(ledger: Ledger, register: Register, mine: set[int]) -> Iterator[Finding]:
    """More than a grant has, in its period; days that are not paid use nothing up."""
    sums: dict[tuple[int, str], Decimal] = {}
    for item in sorted(ledger.standing(), key=lambda one: (one.id in mine, one.service_from or date.min, one.id)):
        grant = grant_for(item, register)
        if grant is None or grant.quantity is None or item.unit != grant.unit or not details_of(item).percent:
            continue
        window = (grant.id, _window(grant, item))
        sums[window] = sums.get(window, Decimal(0)) + item.quantity
        if sums[window] > grant.quantity and item.id in mine:
            yield rules.USED_UP.at(
                item.id, "quantity", f"{sums[window].normalize():f}",
                grant=grant.number, granted=f"{grant.quantity.normalize():f}", unit=grant.unit, per=grant.per.value,
            )  # fmt: skip


def grant_for(item: BillingItem, register: Register) -> Grant | None:
    """The grant that a line rests on: the one it names, else the latest that covers its first day."""
    day = item.service_from
    if day is None:
        return None
    number = details_of(item).grant
    for grant in register.grants_of(item.client.number, item.payer, item.provider, item.code):
        if grant.covers(day) and number in ("", grant.number):
            return grant
    return None


def _window(grant: Grant, item: BillingItem) -> str:
    day = item.service_from or date.min
    if grant.per is Per.MONTH:
        return month_of(item)
    if grant.per is Per.YEAR:
        return str(day.year)
    if grant.per is Per.WEEK:
        year, week, _ = day.isocalendar()
        return f"{year}-W{week}"
    return ""


# --- Corrections ------------------------------------------------------------------------------------------------------


def _corrected(ledger: Ledger, profiles: dict[int, Profile]) -> Iterator[Finding]:
    cancelled = ledger.cancelled
    left = {item.id: item for item in ledger.billed}
    for item in ledger.trial:
        profile = profiles.get(item.id)
        before = left.get(item.corrects or 0)
        if (
            item.kind == CORRECTION
            and before is not None
            and before.id not in cancelled
            and (profile is None or profile.corrections.needs_cancellation)
        ):
            yield rules.NOT_CANCELLED.at(item.id, "kind", before.number)
    yield from _cancelled_twice(ledger)


def _cancelled_twice(ledger: Ledger) -> Iterator[Finding]:
    mine = {item.id for item in ledger.trial}
    of: dict[int, list[BillingItem]] = {}
    for item in (*ledger.billed, *ledger.trial):
        if item.kind == CANCELLATION and item.corrects:
            of.setdefault(item.corrects, []).append(item)
    for items in of.values():
        for _, later in pairwise(sorted(items, key=lambda one: (one.id in mine, one.id))):
            if later.id in mine:
                yield rules.CANCELLED_TWICE.at(later.id, "kind", details_of(later).corrects_line or later.number)
