"""Short ways to write limits, entries and uses in tests. Amounts are euros, kinds those of the seed's table."""

from __future__ import annotations

from datetime import date, timedelta

from billhook.dates import Period
from billhook_forcare_budget.book import Mode, RuleBook
from billhook_forcare_budget.ceilings import Use
from billhook_forcare_budget.entries import Entry, EntrySource
from billhook_forcare_budget.limits import Limit, Periodicity

AREA, GROUP = "Wohnen", "PK"
KURZ, VERH = "Kurz", "Verh"
YEAR_2018 = (date(2018, 1, 1), date(2018, 12, 31))


def cents(euros: float) -> int:
    return round(euros * 100)


def row(
    kind: str = KURZ,
    euros: float | None = 1612,
    days: int | None = 28,
    *,
    linked: str = "",
    client: str = "",
    valid: tuple[date, date] = YEAR_2018,
    per: Periodicity = Periodicity.YEAR,
    area: str = AREA,
    group: str = GROUP,
) -> Limit:
    return Limit(
        area, group, *valid, per, kind, days, None if euros is None else cents(euros), linked=linked, client=client
    )


SEED_TABLE = (row(KURZ, linked=VERH), row(VERH))
"""The two rows of for.CARE's example."""


def seed(*limits: Limit) -> RuleBook:
    return RuleBook(Mode.SEED, limits or SEED_TABLE)


def statutory(*limits: Limit) -> RuleBook:
    return RuleBook(Mode.STATUTORY, limits, {KURZ: "KZP", VERH: "VP"}, frozenset({GROUP}))


def use(
    ref: int,
    kind: str,
    first: date,
    days: int,
    euros: float,
    *,
    booked: date | None = None,
    area: str = AREA,
    group: str = GROUP,
) -> Use:
    """A stay of so many days that a trial run would bill."""
    last = first + timedelta(days=days - 1)
    return Use(ref, (area, group, kind), first, last, booked or last, cents(euros))


def entry(
    key: int,
    kind: str,
    first: date,
    days: int,
    euros: float,
    source: EntrySource = EntrySource.BILLED,
    *,
    client: str = "K-1",
    claimed: float | None = None,
    corrects: int | None = None,
    counted: int | None = None,
) -> Entry:
    """A stay that is booked already. `counted` days as a number, where the calendar does not say it."""
    last = first + timedelta(days=max(days, 1) - 1)
    return Entry(
        key,
        client,
        AREA,
        GROUP,
        kind,
        source,
        booked=last,
        service_from=first,
        service_to=last,
        days=counted,
        amount=cents(euros),
        claimed=cents(euros if claimed is None else claimed),
        corrects=corrects,
    )


def year(number: int) -> Period:
    return Period(date(number, 1, 1), date(number, 12, 31))
