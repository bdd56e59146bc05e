"""A month without a spreadsheet: occupancy, absences, grants and rates become items.

A line is person × month × service × rate × kind of day. The rows go through the core's import, so that a month built again
changes only what changed; a line that left already is not touched but told. What is not built from here (hours, a line that
somebody entered) is left alone.
"""

from __future__ import annotations

import json
import tempfile
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from billhook.billing.importing import ImportResult, import_items
from billhook.billing.problems import BillingProblem
from billhook.model import Finding
from billhook.model.item import OPEN_STATES
from billhook.money import round_decimal
from billhook.store import Workspace
from billhook.store import tables as core
from billhook.store.database import BUSY_SECONDS
from billhook.words import words
from billhook_mass import rules
from billhook_mass.absences import PaidDay, paid_days, unknown_kinds
from billhook_mass.details import DAY, FLAT, MONTH, PRESENT
from billhook_mass.lines import month_start
from billhook_mass.profile import Profile
from billhook_mass.registers import Absence, Grant, Register, Stay, read_register
from billhook_mass.settings import Settings

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class BuiltMonth:
    """What building a month did: the lines that follow from what is entered, the import, and what a person should look at."""

    month: str
    facility: str
    lines: int
    imported: ImportResult
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Group:
    """Days of one line."""

    grant: Grant
    rate: Decimal | None
    paid: PaidDay
    days: list[date] = field(default_factory=list)


def build_month(
    workspace: Workspace,
    month: str,
    facility: str,
    *,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> BuiltMonth:
    """Make or renew the items of a facility's month.

    Raises:
        BillingProblem: there is no such month or facility.
        billhook.store.Busy: somebody else is changing items.
    """
    settings: Settings = workspace.settings("mass")
    start = month_start(month)
    if start is None:
        message = words("{value} is no month; write YYYY-MM", value=repr(month))
        raise BillingProblem(message)
    if settings.facility(facility) is None:
        known = ", ".join(one.number for one in settings.facilities) or "none"
        message = words(
            "there is no facility {facility} in the settings; there are: {known}", facility=repr(facility), known=known
        )
        raise BillingProblem(message)
    with workspace.database.read() as connection:
        register = read_register(_Reader(connection))
    findings: list[Finding] = []
    rows = list(month_rows(register, settings, facility, start, findings))
    _into_vouchers(rows, _there(workspace, facility, f"{start:%Y-%m}"))
    with tempfile.TemporaryDirectory(prefix="billhook-month-") as folder:
        path = Path(folder) / f"{facility}-{month}.jsonl"
        path.touch(mode=0o600)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        # A month that is built again as it was two changes ago is no file that came before: blanks tell it apart.
        path.write_text(text.rstrip("\n") + " " * _built_before(workspace, path.name) + "\n", encoding="utf-8")
        imported = import_items(
            workspace, path, scheme="mass", update=True, partial=True, now=now, actor=actor, wait=wait
        )
    findings += _stale(workspace, facility, month, {row["number"] for row in rows})
    return BuiltMonth(month, facility, len(rows), imported, tuple(findings))


def _there(workspace: Workspace, facility: str, month: str) -> dict[str, tuple[str, bool]]:
    """Items of the month by number: their voucher, and whether they left."""
    item = core.item
    statement = sa.select(item.c.number, item.c.voucher, item.c.state).where(
        item.c.scheme == "mass",
        item.c.provider == facility,
        item.c.voucher.startswith(f"{facility}/{month}/", autoescape=True),
        # What was deleted before it left never was.
        sa.or_(item.c.archived == "", item.c.document_id.is_not(None)),
    )
    still_open = {state.value for state in OPEN_STATES}
    with workspace.database.read() as connection:
        return {row.number: (row.voucher, row.state not in still_open) for row in connection.execute(statement)}


def _into_vouchers(rows: Sequence[dict[str, Any]], there: Mapping[str, tuple[str, bool]]) -> None:
    """A line keeps its voucher. One that is new after its voucher left gets a supplementary voucher, to leave on its own."""
    gone = {voucher for voucher, left in there.values() if left}
    for row in rows:
        if row["number"] in there:
            row["voucher"] = there[row["number"]][0]
            continue
        wanted, count = row["voucher"], 1
        while row["voucher"] in gone:
            count += 1
            row["voucher"] = f"{wanted}/{count}"


def _built_before(workspace: Workspace, name: str) -> int:
    table = core.import_file
    with workspace.database.read() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).where(table.c.name == name)) or 0)


class _Reader:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def rows(self, statement: Any) -> Iterable[Any]:
        """The rows of a select."""
        return self._connection.execute(statement)


# --- From what is entered to rows -------------------------------------------------------------------------------------


def month_rows(
    register: Register, settings: Settings, facility: str, start: date, findings: list[Finding]
) -> Iterator[dict[str, Any]]:
    """The rows of a facility's month, person by person; `findings` gets what a clerk should look at."""
    end = start.replace(day=monthrange(start.year, start.month)[1])
    for client in sorted(register.stays):
        # All stays and absences of the person, not only this month's: a yearly limit counts from January.
        stays = [stay for stay in register.stays[client] if stay.facility == facility]
        if any(stay.admitted <= end and (stay.discharged is None or stay.discharged >= start) for stay in stays):
            absences = [one for one in register.absences.get(client, ()) if one.facility == facility]
            yield from _person(_Month(register, settings, facility, start, end), client, stays, absences, findings)


@dataclass(frozen=True, slots=True)
class _Month:
    register: Register
    settings: Settings
    facility: str
    start: date
    end: date

    @property
    def name(self) -> str:
        return f"{self.start:%Y-%m}"


def _person(
    month: _Month, client: str, stays: Sequence[Stay], absences: Sequence[Absence], findings: list[Finding]
) -> Iterator[dict[str, Any]]:
    grants = [
        grant
        for grant in month.register.grants.get(client, ())
        if grant.facility in ("", month.facility) and grant.unit in (DAY, MONTH, FLAT)
    ]
    # Rules of absence are the payer's, so days are counted by each payer's own.
    counted: dict[str, dict[date, PaidDay]] = {}
    covered: set[date] = set()
    line = 0
    for payer, service, unit in sorted({(grant.payer, grant.service, grant.unit) for grant in grants}):
        profile = month.settings.profile_of(payer, month.end)
        if payer not in counted:
            counted[payer] = paid_days(stays, absences, profile.absences, month.start, month.end)
            findings += [
                rules.MONTH_KIND.at(value=kind, field=client)
                for kind in sorted(unknown_kinds(absences, profile.absences))
            ]
        mine = month.register.grants_of(client, payer, month.facility, service)
        mine = [grant for grant in mine if grant.unit == unit]
        groups, days = _groups(month, mine, counted[payer])
        covered |= days
        for row in _rows(month, groups, profile, counted[payer]):
            line += 1
            yield {**row, "line": line}
            if not Decimal(row["unit_price"]) and Decimal(row["details"]["percent"]):
                findings.append(rules.MONTH_WITHOUT_RATE.at(value=service, field=client))
    there = counted[next(iter(counted))] if counted else _present(stays, month)
    open_days = sorted(set(there) - covered)
    if open_days:
        findings.append(
            rules.DAYS_WITHOUT_GRANT.at(field=client, value=open_days[0], count=len(open_days), facility=month.facility)
        )


def _present(stays: Sequence[Stay], month: _Month) -> Mapping[date, PaidDay]:
    profile = month.settings.profiles[month.settings.profile]
    return paid_days(stays, (), profile.absences, month.start, month.end)


def _groups(month: _Month, grants: Sequence[Grant], counted: Mapping[date, PaidDay]) -> tuple[list[_Group], set[date]]:
    """Days by grant, rate and how they are paid, in order of their first day; and the days that a grant covers."""
    groups: dict[tuple[Any, ...], _Group] = {}
    covered: set[date] = set()
    for day, paid in counted.items():
        grant = next((one for one in grants if one.covers(day)), None)
        if grant is None:
            continue
        covered.add(day)
        agreed = month.register.rate_on(grant.payer, month.facility, grant.service, day)
        rate = grant.rate if grant.rate is not None else (None if agreed is None else agreed.rate)
        # A monthly rate is not cut by absences: whoever is away for a week keeps the place in the workshop.
        how = paid if grant.unit == DAY else PaidDay()
        key = (grant.number, rate, how.day_kind, how.absence, how.percent, how.deduction)
        groups.setdefault(key, _Group(grant, rate, how)).days.append(day)
    return list(groups.values()), covered


def _rows(
    month: _Month, groups: Sequence[_Group], profile: Profile, counted: Mapping[date, PaidDay]
) -> Iterator[dict[str, Any]]:
    numbers: set[str] = set()
    for group in groups:
        grant, paid, days = group.grant, group.paid, group.days
        rate = group.rate or Decimal(0)
        price = rate * paid.percent / HUNDRED - (paid.deduction if rate else Decimal(0))
        absent = sum(1 for day in days if paid.day_kind != PRESENT)
        details: dict[str, Any] = {
            "month": month.name,
            "reference": grant.reference,
            "grant": grant.number,
            "rate": _text(rate),
            "percent": _text(paid.percent),
            "day_kind": "" if paid.day_kind == PRESENT else paid.day_kind,
            "absence": paid.absence,
        }
        if grant.unit == DAY:
            away = sum(1 for day in _span(days) if day in counted and counted[day].day_kind != PRESENT)
            details["days_present"] = 0 if absent else len(days)
            details["days_absent"] = absent or away
        number = _number(month, grant, paid, numbers)
        yield {
            "scheme": "mass",
            "number": number,
            "provider": month.facility,
            "voucher": f"{month.facility}/{month.name}/{grant.client}/{grant.payer}",
            "payer": grant.payer,
            "client": {"number": grant.client},
            "code": grant.service,
            "service_from": days[0].isoformat(),
            "service_to": days[-1].isoformat(),
            "quantity": _text(_quantity(grant, days, month, profile)),
            "unit": grant.unit,
            "unit_price": _text(price),
            "details": details,
        }


def _span(days: Sequence[date]) -> Iterator[date]:
    return (date.fromordinal(n) for n in range(days[0].toordinal(), days[-1].toordinal() + 1))


def _text(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _number(month: _Month, grant: Grant, paid: PaidDay, taken: set[str]) -> str:
    """A number that the same line has again when the month is built again."""
    parts = [month.facility, month.name, grant.client, grant.payer, grant.service]
    if paid.day_kind != PRESENT:
        parts += [paid.absence, f"{paid.percent.normalize():f}"]
    wanted = "/".join(parts)
    number, count = wanted, 1
    while number in taken:
        count += 1
        number = f"{wanted}/{count}"
    taken.add(number)
    return number


def _quantity(grant: Grant, days: Sequence[date], month: _Month, profile: Profile) -> Decimal:
    """Days; or months, where part of one counts as the profile says; or one."""
    if grant.unit == DAY:
        return Decimal(len(days))
    whole = (month.end - month.start).days + 1
    if grant.unit == FLAT or len(days) == whole or profile.part_months == "full":
        return Decimal(1)
    return round_decimal(Decimal(len(days)) / (30 if profile.part_months == "thirtieths" else whole), 2)


def _stale(workspace: Workspace, facility: str, month: str, built: set[str]) -> Iterator[Finding]:
    """Open items that were built before and no longer follow."""
    item = core.item
    prefix = f"{facility}/{month}/"
    statement = sa.select(item.c.id, item.c.number).where(
        item.c.scheme == "mass",
        item.c.provider == facility,
        item.c.voucher.startswith(prefix, autoescape=True),
        item.c.kind == "",
        item.c.state.in_([state.value for state in OPEN_STATES]),
    )
    with workspace.database.read() as connection:
        for row in connection.execute(statement.order_by(item.c.id)):
            if row.number.startswith(prefix) and row.number not in built:
                yield rules.STALE.at(row.id, value=row.number)
