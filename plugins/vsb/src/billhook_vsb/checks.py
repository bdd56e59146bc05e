"""What is wrong with items before they are billed: each voucher is laid out as the records it will be sent as, and validated.

So a finding carries the code and the letter that the care fund would give, and what passes can be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import cast

from billhook.model import BillingItem, Finding, Rule
from billhook.scheme import Context
from billhook.wire.problems import Problem, WriteError
from billhook.words import words
from billhook_vsb import layouts, rules
from billhook_vsb.building import (
    CREDIT,
    Row,
    Terms,
    details_of,
    encode,
    file_closing,
    file_opening,
    invoice_rows,
    invoicing_type,
    month_of,
    performance_record,
    person,
)
from billhook_vsb.details import Details, is_zone_name
from billhook_vsb.registers import ADMISSIONS, AGREEMENTS, CODES, INSURED
from billhook_vsb.settings import Settings
from billhook_vsb.validation import to_lines, validate

_VOUCHER_FACTS = tuple(
    name
    for name, field in Details.model_fields.items()
    if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("level") == "voucher"
)

_PLACEHOLDER = "1"
"""Stands for the number that the invoice will get."""


def check(items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
    """All findings on these items, which come as whole vouchers."""
    for _, group in groupby(items, key=lambda item: (item.provider, item.voucher)):
        yield from _voucher(list(group), ctx)


def _voucher(items: list[BillingItem], ctx: Context) -> Iterator[Finding]:
    settings = cast(Settings, ctx.settings)
    first = items[0]
    facility = settings.facility(first.provider)
    if facility is None:
        yield rules.UNKNOWN_FACILITY.at(first.id, "provider", first.provider)
    terms = Terms(settings, settings.profile_of(facility), ctx.today)
    fit = True
    for finding in _payer(first, terms):
        fit = fit and not finding.is_error
        yield finding
    yield from _one_invoice(items, terms)
    for item in items:
        for finding in _item(item, terms):
            fit = False
            yield finding
    yield from _registered(items, settings, terms)
    if fit:
        yield from _as_records(items, terms)


def _payer(item: BillingItem, terms: Terms) -> Iterator[Finding]:
    if not (len(item.payer) == 3 and item.payer.isascii() and item.payer.isdecimal()):
        yield rules.PAYER_NUMBER.at(item.id, "payer", item.payer)
    elif not terms.profile.care_funds:
        yield rules.FUND_NOT_KNOWN.at(item.id, "payer", item.payer)


def _one_invoice(items: Sequence[BillingItem], terms: Terms) -> Iterator[Finding]:
    """A voucher is one person's invoice to one care fund for one month."""
    first = items[0]
    months = sorted({month_of(item, terms.day) for item in items})
    if len(months) > 1:
        yield rules.SEVERAL_MONTHS.at(first.id, "service_from", ", ".join(months))
    for item in items[1:]:
        if item.payer != first.payer:
            yield rules.DIFFERS.at(item.id, "payer", what=words("the care fund"))
        if person(item) != person(first):
            yield rules.DIFFERS.at(item.id, "client.insurance_number", what=words("the person"))
        if invoicing_type(item) != invoicing_type(first):
            yield rules.DIFFERS.at(item.id, None, what=words("the type of invoicing"))
        for name in _VOUCHER_FACTS:
            if getattr(details_of(item), name) != getattr(details_of(first), name):
                yield rules.DIFFERS.at(item.id, f"details.{name}", what=Details.model_fields[name].title or name)


def _item(item: BillingItem, terms: Terms) -> Iterator[Finding]:
    """What keeps an item from becoming a record at all."""
    if item.quantity != int(item.quantity) or not 0 < abs(item.quantity) < 10_000:
        yield rules.WHOLE_COUNT.at(item.id, "quantity", item.quantity)
    if item.service_from is None:
        yield rules.NO_DAY.at(item.id, "service_from")
    kind = performance_record(item, terms)
    if kind not in layouts.PERFORMANCES:
        yield rules.RECORD_KIND.at(item.id, "details.record", kind)
    for name in details_of(item).zones:
        record, _, zone = name.partition(".")
        if not is_zone_name(name) or record not in layouts.RECORDS or int(zone) not in layouts.by_number(record):
            yield rules.ZONE_NAME.at(item.id, "details.zones", name)


_OF_REGISTER = {
    INSURED: (rules.NOT_INSURED, "payer"),
    ADMISSIONS: (rules.NOT_ADMITTED, "service_from"),
    AGREEMENTS: (rules.NO_AGREEMENT, "code"),
}
"""Register → the rule that what it lacks breaks, and the field that is wrong."""


def _registered(items: Iterable[BillingItem], settings: Settings, terms: Terms) -> Iterator[Finding]:
    """What the provider's registers say: insurance, admission, agreement. A register that is not there says nothing."""
    for item in items:
        day = item.service_from
        if day is None:
            continue
        kind, who = performance_record(item, terms), person(item)[2:]
        fund = details_of(item).fund or item.payer
        for register in settings.known.lacking(who, fund, item.provider, item.code, day):
            rule, field = _OF_REGISTER[register]
            value = {INSURED: fund, ADMISSIONS: item.provider, AGREEMENTS: item.code}[register]
            yield _register(rule, item, field, value, kind + CODES[register])


def _register(rule: Rule, item: BillingItem, field: str, value: str, code: str) -> Finding:
    return rule.at(item.id, field, value, letter="R", official=code, day=item.service_from)


def _as_records(items: Sequence[BillingItem], terms: Terms) -> Iterator[Finding]:
    """The voucher as a file of its own: written, then validated as the care fund would."""
    first = items[0]
    opening = file_opening(
        terms, third_party=first.provider, sending=1, month=month_of(first, terms.day), created=terms.day
    )
    body = list(invoice_rows(items, _PLACEHOLDER, terms))
    total = body[-1].values
    codes = sum(
        int(text)
        for row in body
        if row.kind not in ("20", "80") and (text := str(row.values.get("zone_4", ""))).isdecimal()
    )
    closing = file_closing(opening, account_a=_cents(total["zone_19"]), account_b=_cents(total["zone_15"]), codes=codes)
    rows = [opening, *body, closing]
    records: list[bytes] = []
    broken = False
    for place, row in enumerate(rows, 1):
        told: list[Problem] = []
        try:
            records.append(encode(row, place, credit=invoicing_type(first) == CREDIT, report=told.append))
        except WriteError as error:
            broken = True
            yield _not_writable(error.problem, row, first)
        for problem in told:
            yield _respelled(problem, row, first)
    if broken:
        return
    told_already: set[tuple[object, str]] = set()
    for found in validate(to_lines(records), terms.day, terms.profile):
        row = rows[found.place - 1]
        item = row.item or first
        field = None if row.kind in ("10", "90") else row.fields.get(str(found.zone))
        # A fact of the voucher stands in every record, and a day and its share repeat theirs: told once.
        once = (field, found.code[2:]) if field in _SHARED else (item.id, found.code)
        if once not in told_already:
            told_already.add(once)
            yield rules.finding_of(found, terms.profile.text(found.code), item=item.id, field=field)


_SHARED = frozenset({"client.insurance_number", "payer", "provider", *(f"details.{name}" for name in _VOUCHER_FACTS)})
"""Fields that all items of a voucher have in common."""


def _cents(value: object) -> int:
    return value if isinstance(value, int) else 0


def _field(problem: Problem, row: Row) -> tuple[str, str | None]:
    zone = (problem.where.field or "").removeprefix("zone_")
    return zone, row.fields.get(zone.rstrip("ab"))


def _not_writable(problem: Problem, row: Row, first: BillingItem) -> Finding:
    _, field = _field(problem, row)
    item = row.item or first
    return rules.NOT_WRITABLE.at(item.id, field, problem.value, record=row.kind, what=problem.message)


def _respelled(problem: Problem, row: Row, first: BillingItem) -> Finding:
    zone, field = _field(problem, row)
    return rules.RESPELLED.at((row.item or first).id, field, record=row.kind, zone=zone)
