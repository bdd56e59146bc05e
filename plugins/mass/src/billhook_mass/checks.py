"""What is wrong with items before they are billed: each voucher by itself, against the profile and what is entered.

What needs other vouchers (billed twice, a grant used up) is looked at once a run by `run_checks`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from billhook.model import BillingItem, Finding, Rule
from billhook.scheme import Context
from billhook_mass import rules
from billhook_mass.absences import PaidDay, days_between, paid_days
from billhook_mass.batching import place, register_of
from billhook_mass.cells import Misfit, misfits
from billhook_mass.details import DAY, FLAT, HOUR, MONTH, PRESENT, RESERVED, UNPAID
from billhook_mass.hours import billed_hours, read_contacts
from billhook_mass.lines import (
    CANCELLATION,
    Value,
    day_kind_of,
    details_of,
    last_day_of,
    line_values,
    month_of,
    month_start,
    rate_of,
)
from billhook_mass.profile import Column, Formulas, Profile
from billhook_mass.registers import Grant, Rate, Register
from billhook_mass.settings import Facility

UNITS = (DAY, MONTH, HOUR, FLAT)
DAY_KINDS = (PRESENT, RESERVED, UNPAID)
HUNDRED = Decimal(100)

_FIELDS: Mapping[str, str] = {
    "person.reference": "details.reference",
    "person.number": "client.number",
    "person.family_name": "client.family_name",
    "person.given_name": "client.given_name",
    "person.name": "client.family_name",
    "person.birth_date": "client.birth_date",
    "line.number": "number",
    "line.grant": "details.grant",
    "line.month": "details.month",
    "line.first_day": "service_from",
    "line.last_day": "service_to",
    "line.service": "code",
    "line.service_name": "details.service_name",
    "line.unit": "unit",
    "line.quantity": "quantity",
    "line.days_present": "details.days_present",
    "line.days_absent": "details.days_absent",
    "line.day_kind": "details.day_kind",
    "line.absence": "details.absence",
    "line.rate": "details.rate",
    "line.percent": "details.percent",
    "line.amount": "unit_price",
    "line.minutes": "details.contacts",
    "line.correction": "kind",
    "line.corrects_invoice": "details.corrects_invoice",
    "line.corrects_date": "details.corrects_date",
    "line.note": "details.note",
}
"""Which field of the item a value of a line comes from: where a clerk mends it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the checks of one voucher stand on."""

    profile: Profile
    facility: Facility
    register: Register
    today: date


def check(items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
    """All findings on these items, which come as whole vouchers."""
    for _, group in groupby(items, key=lambda item: (item.provider, item.voucher)):
        yield from _voucher(list(group), ctx)


def _voucher(items: list[BillingItem], ctx: Context) -> Iterator[Finding]:
    first = items[0]
    found = place(first, ctx)
    if isinstance(found, Finding):
        yield found
        if found.code in (rules.UNKNOWN_PAYER.code, rules.UNKNOWN_FACILITY.code, rules.WRONG_PROFILE.code):
            return
    settings = ctx.settings
    facility = settings.facility(first.provider)
    desk = Desk(settings.profile_of(first.payer, ctx.today), facility, register_of(ctx), ctx.today)
    yield from _references(first, desk)
    months = sorted({month_of(item) for item in items})
    if len(months) > 1:
        yield rules.SEVERAL_MONTHS.at(first.id, "details.month", ", ".join(months))
    counted = _counted(items, desk)
    for item in items:
        yield from _weighed(_line(item, desk, counted), desk.profile)


def weighed(finding: Finding, profile: Profile) -> Finding:
    """A finding of M01 to M08 with the weight that the profile gives it."""
    name = finding.code.split("-")[1]
    if name not in profile.checks:
        return finding
    return replace(finding, severity=profile.check(name).severity)


def _weighed(findings: Iterable[Finding], profile: Profile) -> Iterator[Finding]:
    return (weighed(finding, profile) for finding in findings)


def _references(item: BillingItem, desk: Desk) -> Iterator[Finding]:
    """Both references of the biller, where the profile has columns for them."""
    wanted = set(desk.profile.fields())
    reference = desk.facility.at(item.payer)
    if "biller.reference" in wanted and not (reference and reference.biller):
        yield rules.NO_BILLER_REFERENCE.at(item.id, "payer", item.payer, facility=item.provider)
    if "facility.number" in wanted and not (reference and reference.facility):
        yield rules.NO_FACILITY_NUMBER.at(item.id, "payer", item.payer, facility=item.provider)


def _line(item: BillingItem, desk: Desk, counted: Mapping[date, PaidDay] | None) -> Iterator[Finding]:
    yield from _words(item, desk.register)
    yield from _correction(item)
    yield from _price(item, desk.profile)
    yield from _fits(item, desk.profile)
    period = _period(item)
    yield from period.findings
    if item.kind == CANCELLATION:
        return
    yield from _hours(item, desk.profile)
    if not period.days:
        return
    if day_kind_of(item) in DAY_KINDS:
        yield from _days(item, period.days)
        yield from _absent(item, desk, period.days, counted)
    yield from _granted(item, desk, period.days)
    yield from _agreed(item, desk, period.days)


# --- Words, prices, corrections ---------------------------------------------------------------------------------------


def _words(item: BillingItem, register: Register) -> Iterator[Finding]:
    if item.unit not in UNITS:
        yield rules.UNIT.at(item.id, "unit", item.unit)
    if day_kind_of(item) not in DAY_KINDS:
        yield rules.DAY_KIND.at(item.id, "details.day_kind", day_kind_of(item))
    if item.kind != CANCELLATION and item.quantity <= 0:
        yield rules.NO_QUANTITY.at(item.id, "quantity", item.quantity)
    if item.unit == DAY and item.quantity != int(item.quantity):
        yield rules.WHOLE_DAYS.at(item.id, "quantity", item.quantity)
    if not item.client.number:
        yield rules.NO_PERSON.at(item.id, "client.number")
    if not details_of(item).reference:
        yield rules.NO_REFERENCE.at(item.id, "details.reference", suggestion=_granted_reference(item, register))


def _granted_reference(item: BillingItem, register: Register) -> str | None:
    """The reference that the person's grants of this payer agree on."""
    known = {one.reference for one in register.grants.get(item.client.number, ()) if one.payer == item.payer}
    return next(iter(known)) if len(known) == 1 else None


def _correction(item: BillingItem) -> Iterator[Finding]:
    if item.kind and not details_of(item).corrects_invoice:
        yield rules.NAMES_NOTHING.at(item.id, "details.corrects_invoice", item.kind)
    if item.kind == CANCELLATION and item.quantity >= 0:
        yield rules.NOT_NEGATIVE.at(item.id, "quantity", item.quantity)


def _price(item: BillingItem, profile: Profile) -> Iterator[Finding]:
    """M02: quantity × rate × percent."""
    details = details_of(item)
    rate = rate_of(item)
    rule = profile.absences.kinds.get(details.absence)
    full = rate * details.percent / HUNDRED
    # A short absence is paid like presence; from a longer one the board may be taken off.
    allowed = [full] if rule is None or not rule.deduction or not details.percent else [full - rule.deduction, full]
    tolerance = profile.check("M02").tolerance
    if all(abs(item.unit_price - one) * abs(item.quantity) > tolerance for one in allowed):
        expected = f"{allowed[0].normalize():f}"
        yield rules.PRICE.at(
            item.id, "unit_price", item.unit_price, suggestion=expected,
            rate=rate, percent=details.percent, expected=expected,
        )  # fmt: skip
    elif item.billed != item.net:
        yield rules.SHARES.at(item.id, "vat_rate", item.billed / 100, expected=item.net / 100)


# --- Columns ----------------------------------------------------------------------------------------------------------

_MISFITS: Mapping[Misfit, Rule] = {
    Misfit.EMPTY: rules.EMPTY,
    Misfit.LONG: rules.LONG,
    Misfit.PLACES: rules.PLACES,
    Misfit.KEY: rules.NO_KEY,
    Misfit.LETTERS: rules.LETTERS,
    Misfit.FORMULA: rules.FORMULA,
    Misfit.CONTROL: rules.CONTROL,
    Misfit.QUOTE: rules.QUOTE,
}
_TOLD_OTHERWISE = {
    ("person.reference", Misfit.EMPTY),
    ("line.unit", Misfit.KEY),
    ("line.day_kind", Misfit.KEY),
    ("line.absence", Misfit.KEY),
    ("line.first_day", Misfit.EMPTY),
    ("line.last_day", Misfit.EMPTY),
    ("line.month", Misfit.EMPTY),
    ("line.corrects_invoice", Misfit.EMPTY),
}
"""What a rule of its own says better."""


def _fits(item: BillingItem, profile: Profile) -> Iterator[Finding]:
    """Whether the line can be written into its columns as they are."""
    values = line_values(item, 1, profile)
    # What the invoice and the file say is not the item's to mend.
    mine = (column for column in profile.line.columns if column.field in values)
    for column, misfit, text in misfits(mine, values, profile):
        if (column.field, misfit) in _TOLD_OTHERWISE:
            continue
        yield _misfit(item, column, misfit, text, values, profile)


def _misfit(
    item: BillingItem, column: Column, misfit: Misfit, text: str, values: Mapping[str, Value], profile: Profile
) -> Finding:
    rule = _MISFITS[misfit]
    if misfit is Misfit.FORMULA and profile.file.formulas is Formulas.REFUSE:
        rule = rules.FORMULA_REFUSED
    field = _FIELDS[str(column.field)]
    value = values.get(str(column.field))
    return rule.at(
        item.id, field, None if value in (None, "") else value,
        column=column.header or str(column.field), field_name=field, limit=column.width or column.longest, length=len(text),
        places=column.places, encoding=profile.file.encoding,
    )  # fmt: skip


# --- Days -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Period:
    days: Sequence[date]
    findings: tuple[Finding, ...]


def _period(item: BillingItem) -> _Period:
    """The days from first to last, which lie in the month of service, or what is wrong with them."""
    first, last, month = item.service_from, last_day_of(item), month_of(item)
    start = month_start(month)
    if month and start is None:
        return _Period((), (rules.NO_MONTH.at(item.id, "details.month", month),))
    if first is None or last is None or start is None:
        return _Period((), (rules.NO_PERIOD.at(item.id, "service_from"),))
    if last < first:
        return _Period((), (rules.BACKWARDS.at(item.id, "service_to", last, first=first),))
    end = start.replace(day=monthrange(start.year, start.month)[1])
    outside = tuple(
        rules.OTHER_MONTH.at(item.id, field, day, month=month)
        for field, day in (("service_from", first), ("service_to", last))
        if not start <= day <= end
    )
    return _Period(() if outside else tuple(days_between(first, last)), outside)


def _days(item: BillingItem, days: Sequence[date]) -> Iterator[Finding]:
    """M03: what is counted fits into the period."""
    details = details_of(item)
    present, absent = details.days_present or 0, details.days_absent or 0
    stated = max(present + absent, int(item.quantity) if item.unit == DAY else 0)
    if stated > len(days) or present < 0 or absent < 0:
        field = "quantity" if item.unit == DAY and item.quantity > len(days) else "details.days_present"
        yield rules.DAYS.at(item.id, field, stated, first=days[0], last=days[-1], days=len(days))
    elif item.unit == DAY:
        own = details.days_present if day_kind_of(item) == PRESENT else details.days_absent
        if own is not None and own != item.quantity:
            yield rules.QUANTITY_DAYS.at(item.id, "quantity", item.quantity, days=own)


def _granted(item: BillingItem, desk: Desk, days: Sequence[date]) -> Iterator[Finding]:
    """M04: person, payer, service and days are in a grant that is in force."""
    details, client = details_of(item), item.client.number
    if not client:
        return
    if client not in desk.register.grants:
        yield rules.UNKNOWN_PERSON.at(item.id, "client.number")
        return
    grants = desk.register.grants_of(client, item.payer, item.provider, item.code)
    if details.grant:
        grants = [grant for grant in grants if grant.number == details.grant]
    if not grants:
        yield rules.NO_GRANT.at(item.id, "code", item.code, payer=item.payer)
        return
    yield from _in_force(item, grants, days)
    grant = next((grant for grant in grants if grant.covers(days[0])), grants[0])
    if details.reference and grant.reference and details.reference != grant.reference:
        yield rules.OTHER_REFERENCE.at(
            item.id, "details.reference", details.reference, suggestion=grant.reference, granted=grant.reference
        )
    if item.unit in UNITS and grant.unit != item.unit:
        yield rules.OTHER_UNIT.at(item.id, "unit", item.unit, suggestion=grant.unit, granted=grant.unit)


def _in_force(item: BillingItem, grants: Sequence[Grant], days: Sequence[date]) -> Iterator[Finding]:
    outside = [day for day in days if not any(grant.covers(day) for grant in grants)]
    if outside:
        yield rules.NOT_IN_FORCE.at(item.id, "service_from", outside[0], count=len(outside), service=item.code)


def _agreed(item: BillingItem, desk: Desk, days: Sequence[date]) -> Iterator[Finding]:
    """M05: the rate is the one that was granted or agreed for each of the days."""
    rate = rate_of(item)
    number = details_of(item).grant
    grants = [
        grant
        for grant in desk.register.grants_of(item.client.number, item.payer, item.provider, item.code)
        if number in ("", grant.number)
    ]
    for day in _days_of_change(grants, desk.register.rates.get((item.provider, item.code), ()), days):
        granted = next((grant for grant in grants if grant.covers(day)), None)
        agreed = granted.rate if granted is not None else None
        if agreed is None:
            found = desk.register.rate_on(item.payer, item.provider, item.code, day)
            agreed = None if found is None else found.rate
        if agreed is None:
            yield rules.NO_RATE.at(item.id, "details.rate", day, service=item.code)
            return
        if agreed != rate:
            yield rules.OTHER_RATE.at(item.id, "details.rate", rate, suggestion=str(agreed), day=day, agreed=agreed)
            return


def _days_of_change(grants: Sequence[Grant], rates: Sequence[Rate], days: Sequence[date]) -> list[date]:
    """The first day, and every later one from which another grant or rate may hold."""
    first, last = days[0], days[-1]
    found = {first}
    rows: Sequence[Grant | Rate] = [*grants, *rates]
    for row in rows:
        for day in (row.valid_from, None if row.valid_to is None else row.valid_to + timedelta(days=1)):
            if day is not None and first < day <= last:
                found.add(day)
    return sorted(found)


# --- Absences and hours -----------------------------------------------------------------------------------------------


def _counted(items: Sequence[BillingItem], desk: Desk) -> Mapping[date, PaidDay] | None:
    """How each day of the voucher's month is paid by what is entered; None where no stay of the person is entered."""
    first = items[0]
    start = month_start(month_of(first))
    stays = [stay for stay in desk.register.stays.get(first.client.number, ()) if stay.facility == first.provider]
    if start is None or not stays:
        return None
    away = [one for one in desk.register.absences.get(first.client.number, ()) if one.facility == first.provider]
    end = start.replace(day=monthrange(start.year, start.month)[1])
    return paid_days(stays, away, desk.profile.absences, start, end)


def _absent(
    item: BillingItem, desk: Desk, days: Sequence[date], counted: Mapping[date, PaidDay] | None
) -> Iterator[Finding]:
    details, kind = details_of(item), day_kind_of(item)
    if details.absence and details.absence not in desk.profile.absences.kinds:
        known = ", ".join(desk.profile.absences.kinds)
        yield rules.ABSENCE_KIND.at(item.id, "details.absence", details.absence, kinds=known)
        return
    if kind != PRESENT and not details.absence:
        yield rules.NO_ABSENCE.at(item.id, "details.absence", kind)
        return
    if item.unit != DAY:
        return
    if counted is None:
        yield from _plausible_percent(item, desk.profile)
    else:
        yield from _recounted(item, desk, days, counted)
    if kind != PRESENT:
        yield from _noticed(item, desk, days)


def _plausible_percent(item: BillingItem, profile: Profile) -> Iterator[Finding]:
    """Without occupancy only this can be said: the percentage is one that the rule knows, and the days are in the limit."""
    details = details_of(item)
    rule = profile.absences.kinds.get(details.absence)
    if rule is None:
        if details.percent != HUNDRED:
            yield rules.ABSENCE_PERCENT.at(item.id, "details.percent", details.percent, expected=100)
        return
    short = item.quantity <= rule.full_rate_up_to
    allowed = {HUNDRED} if short else {rule.percent}
    # A short part of a long absence may lie in this month, and the limit may be used up by months before.
    allowed |= {rule.percent, rule.limit.after_percent if rule.limit else rule.percent}
    if details.percent not in allowed:
        expected = HUNDRED if short and rule.full_rate_up_to else rule.percent
        yield rules.ABSENCE_PERCENT.at(item.id, "details.percent", details.percent, expected=expected.normalize())
    elif rule.limit and item.quantity > rule.limit.days and details.percent > rule.limit.after_percent:
        yield rules.ABSENCE_LIMIT.at(
            item.id, "quantity", int(item.quantity) - rule.limit.days,
            limit=rule.limit.days, per=rule.limit.per, after=rule.limit.after_percent,
        )  # fmt: skip


def _recounted(
    item: BillingItem, desk: Desk, days: Sequence[date], counted: Mapping[date, PaidDay]
) -> Iterator[Finding]:
    """The days of this line's kind, counted from occupancy and absences."""
    details, kind = details_of(item), day_kind_of(item)
    outside = [day for day in days if day not in counted]
    if outside:
        yield rules.NOT_THERE.at(item.id, "service_from", outside[0], count=len(outside))
        return
    of_kind = [counted[day] for day in days if (counted[day].absence if kind != PRESENT else "") == details.absence]
    if kind == PRESENT:
        of_kind = [counted[day] for day in days if counted[day].day_kind == PRESENT]
    expected = sum(1 for day in of_kind if day.day_kind == kind and day.percent == details.percent)
    if expected == item.quantity:
        return
    beyond = sum(1 for day in of_kind if day.beyond_limit)
    rule = desk.profile.absences.kinds.get(details.absence)
    if beyond and rule is not None and rule.limit is not None and details.percent > rule.limit.after_percent:
        yield rules.ABSENCE_LIMIT.at(
            item.id, "quantity", beyond, suggestion=str(expected),
            limit=rule.limit.days, per=rule.limit.per, after=rule.limit.after_percent,
        )  # fmt: skip
    elif kind != PRESENT and expected == 0 and of_kind:
        yield rules.ABSENCE_PERCENT.at(
            item.id, "details.percent", details.percent, expected=of_kind[0].percent.normalize()
        )
    else:
        yield rules.ABSENCE_COUNT.at(
            item.id, "quantity", item.quantity, suggestion=str(expected), kind=kind, expected=expected
        )


def _noticed(item: BillingItem, desk: Desk, days: Sequence[date]) -> Iterator[Finding]:
    """Absences that the payer must be told of in time."""
    rule = desk.profile.absences.kinds[details_of(item).absence]
    if rule.notice_days is None:
        return
    for absence in desk.register.absences.get(item.client.number, ()):
        if absence.kind != details_of(item).absence or absence.facility != item.provider:
            continue
        if absence.left > days[-1] or (absence.returned is not None and absence.returned < days[0]):
            continue
        latest = absence.left + timedelta(days=rule.notice_days)
        if absence.reported is None or absence.reported > latest:
            yield rules.ABSENCE_NOTICE.at(item.id, "details.absence", absence.left, days=rule.notice_days)


def _hours(item: BillingItem, profile: Profile) -> Iterator[Finding]:
    """Fachleistungsstunden: rounding and missed contacts."""
    details = details_of(item)
    if item.unit != HOUR:
        return
    if details.missed and details.percent != profile.hours.missed_percent:
        expected = profile.hours.missed_percent.normalize()
        yield rules.MISSED.at(
            item.id, "details.percent", details.percent, suggestion=f"{expected:f}", expected=f"{expected:f}"
        )
    if not details.contacts:
        if details.missed:
            yield rules.MISSED_WITHOUT.at(item.id, "details.contacts")
        return
    contacts = read_contacts(details.contacts)
    if contacts is None:
        yield rules.CONTACTS.at(item.id, "details.contacts", details.contacts)
        return
    hours = billed_hours(contacts, missed=details.missed, rules=profile.hours)
    if hours != item.quantity:
        yield rules.HOURS.at(item.id, "quantity", item.quantity, suggestion=f"{hours:f}", expected=f"{hours:f}")
