"""The budget card of a client: granted, used, planned, rest, the last day, and the movements that led there.

Pure: it is made from the entries and from what is planned, with the same rules as the check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from billhook.dates import Period
from billhook.money import Cents
from billhook_forcare_budget.book import Mode, RuleBook, uses_of
from billhook_forcare_budget.ceilings import Ceiling, Use, allot
from billhook_forcare_budget.entries import Entry, live
from billhook_forcare_budget.statute import BENEFITS, Balance, account_of, balances, windows_of


@dataclass(frozen=True, slots=True)
class CardLine:
    """One budget of one window: cents and days; None where it is not limited.

    `used` counts against this budget (in statutory mode with what was lent to the other benefit), `planned` is what
    is not billed yet. `borrowed` is what the benefit took from the other one beyond its own money; `available` is
    the rest with what may still be taken from there.
    """

    budget: str
    window: Period
    granted: Cents | None
    used: Cents
    planned: Cents
    rest: Cents | None
    available: Cents | None
    days: int | None
    days_used: int
    days_planned: int
    days_rest: int | None
    lent: Cents = 0
    borrowed: Cents = 0
    source: str = ""

    @property
    def expires(self) -> date | None:
        """The last day on which it can be used."""
        return self.window.end


@dataclass(frozen=True, slots=True)
class Card:
    """A client's budgets, and the entries by which they came to be as they are, oldest first."""

    client: str
    lines: Sequence[CardLine]
    movements: Sequence[Entry]
    counting: frozenset[int]
    """Ids of the movements that count; the others were reversed."""


def card_of(book: RuleBook, client: str, entries: Iterable[Entry], planned: Iterable[Use], today: date) -> Card:
    """The card, for every budget that was used and for those that are open today."""
    every = list(entries)
    settled = uses_of(every, book)
    asked = [replace(use, statutory=book.benefit(use.account), settled=False) for use in planned]
    asked = [use for use in asked if book.holds(use.account, client, use.booked)]
    lines = [*_statutory(settled, asked, today, book), *_by_table(book, client, settled, asked, today)]
    movements = sorted(every, key=lambda entry: (entry.span[0], entry.id))
    return Card(client, lines, movements, frozenset(entry.id for entry in live(every)))


def _statutory(settled: Sequence[Use], asked: Sequence[Use], today: date, book: RuleBook) -> list[CardLine]:
    if book.mode is not Mode.STATUTORY or not book.statutory_groups or not book.benefits:
        return []
    uses = [use for use in (*settled, *asked) if use.statutory]
    years = {today.year, *(year for use in uses for year in (use.first.year, use.last.year))}
    lines: list[CardLine] = []
    for year in sorted(years):
        before = balances(year, used_in(year, [use for use in uses if use.settled]))
        after = balances(year, used_in(year, [replace(use, settled=True) for use in uses]))
        lines += (_line(year, one, two) for one, two in zip(before, after, strict=True))
    return lines


def used_in(year: int, uses: Sequence[Use]) -> dict[Period, dict[str, tuple[Cents, int]]]:
    """Cents and days by window and benefit, of uses that count in full."""
    found: dict[Period, dict[str, tuple[Cents, int]]] = {}
    for window, _ in windows_of(year):
        ceilings = [
            Ceiling(benefit, frozenset({account_of(benefit)}), window, window, None, None, by_service=True)
            for benefit in BENEFITS
        ]
        outcome = allot(ceilings, uses)
        found[window] = {one.ceiling.budget: (one.used, one.used_days) for one in outcome.standings}
    return found


def _line(year: int, before: Balance, after: Balance) -> CardLine:
    total = before.charged + before.lent
    return CardLine(
        budget=f"{before.benefit} {year}",
        window=before.window,
        granted=before.granted,
        used=total,
        planned=after.charged + after.lent - total,
        rest=after.rest,
        available=after.available,
        days=before.days,
        days_used=before.days_used,
        days_planned=after.days_used - before.days_used,
        days_rest=after.days_rest,
        lent=after.lent,
        borrowed=after.borrowed,
        source=before.source,
    )


def _by_table(book: RuleBook, client: str, settled: Sequence[Use], asked: Sequence[Use], today: date) -> list[CardLine]:
    open_today = [
        # A use of nothing, so that a budget which nobody has touched yet stands on the card too.
        Use(0, limit.account, today, today, today, 0, 0, settled=True)
        for limit in book.limits
        if today in limit.validity and limit.client in ("", client)
    ]
    uses = [*settled, *asked, *open_today]
    ceilings = [ceiling for ceiling in book.ceilings(client, uses) if not ceiling.by_service]
    booked = allot(ceilings, [use for use in uses if use.settled]).standings
    planned = allot(ceilings, [replace(use, settled=True) for use in uses]).standings
    return [
        CardLine(
            budget=f"{one.ceiling.budget} ({', '.join(sorted({f'{area}/{group}' for area, group, _ in accounts}))})",
            window=one.ceiling.window,
            granted=one.ceiling.amount,
            used=one.used,
            planned=two.used - one.used,
            rest=two.rest,
            available=two.rest,
            days=one.ceiling.days,
            days_used=one.used_days,
            days_planned=two.used_days - one.used_days,
            days_rest=two.rest_days,
            source=one.ceiling.source,
        )
        for one, two in zip(booked, planned, strict=True)
        for accounts in (one.ceiling.accounts,)
    ]


def running_out(lines: Iterable[CardLine], today: date, percent: int, days: int) -> list[CardLine]:
    """Budgets of today with at most `percent` left of money or days, or with something left and at most `days` to
    go.
    """
    found: list[CardLine] = []
    for line in lines:
        if today not in line.window:
            continue
        short = any(
            limit is not None and rest is not None and used and rest * 100 <= limit * percent
            for limit, rest, used in (
                (line.granted, line.available, line.used + line.planned),
                (line.days, line.days_rest, line.days_used + line.days_planned),
            )
        )
        ending = line.expires is not None and (line.expires - today).days <= days and bool(line.available)
        if short or ending:
            found.append(line)
    return found
