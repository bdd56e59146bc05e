"""Recalculation (Rückrechnung): what a change of a limit or of a foreign stay does to what was booked already.

A change touches a scope: accounts, and a client or all of them. Linked accounts are in it too, forwards and
backwards. For every client in the scope all entries are held anew against the rules as they are now, oldest service
first, and what comes out differently becomes a corrective entry beside the one that it corrects; nothing is changed
or removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from billhook.dates import Period
from billhook.money import Cents
from billhook_forcare_budget.book import RuleBook, settled_use
from billhook_forcare_budget.ceilings import Account, Use, allot
from billhook_forcare_budget.entries import Entry, EntrySource, live


@dataclass(frozen=True, slots=True)
class Scope:
    """What a change touches: accounts, the client (empty: all), and the days of the row or stay that changed."""

    accounts: frozenset[Account]
    client: str
    period: Period


@dataclass(frozen=True, slots=True)
class Correction:
    """What a recalculation gives to (or takes from) an entry: cents and days."""

    entry: int
    client: str
    account: Account
    booked: date
    service_from: date | None
    service_to: date | None
    payer: str
    amount_before: Cents
    amount: Cents
    days: int

    @property
    def amount_after(self) -> Cents:
        """What the entry and its corrections come to together."""
        return self.amount_before + self.amount


@dataclass(frozen=True, slots=True)
class Recalculation:
    """What was found for one client: corrections, and cents and days that are over and are not ours to correct."""

    client: str
    corrections: tuple[Correction, ...]
    left_over: Cents
    left_over_days: int


def scope_of(book: RuleBook, account: Account, client: str, period: Period) -> Scope:
    """The scope of a change of this account's limit or stays: with all linked accounts, in both directions."""
    return Scope(frozenset(book.related(account)), client, period)


def touches(scope: Scope, entry: Entry) -> bool:
    """True when the entry's client may be affected: it is of the client and one of the accounts.

    Periods are not asked: a budget of a year is changed by a row that is valid for a month of it. Recalculating a
    client whom the change does not reach gives no correction.
    """
    return entry.account in scope.accounts and scope.client in ("", entry.client)


def recalculate(book: RuleBook, client: str, entries: Iterable[Entry]) -> Recalculation:
    """Hold everything that a client used against the rules as they are now, in order of the service.

    Entries by the billing may get less, or as much as was claimed. Foreign stays and opening balances are facts:
    they count in full where they lie in time.
    """
    every = live(entries)
    corrected: dict[int, tuple[Cents, int]] = {}
    for entry in every:
        if entry.source is EntrySource.CORRECTION and entry.corrects is not None:
            cents, days = corrected.get(entry.corrects, (0, 0))
            corrected[entry.corrects] = (cents + entry.amount, days + (entry.days or 0))
    first = [entry for entry in every if entry.source is not EntrySource.CORRECTION]
    uses = [_use(entry, book) for entry in sorted(first, key=_in_time)]
    outcome = allot(book.ceilings(client, uses), uses)
    corrections: list[Correction] = []
    for entry in sorted(first, key=_in_time):
        grant = outcome.grants.get(entry.id)
        if grant is None:
            continue
        cents, days = corrected.get(entry.id, (0, 0))
        amount_due, days_due = grant.amount - entry.amount - cents, -grant.days_over - days
        if amount_due or days_due:
            corrections.append(
                Correction(
                    entry.id,
                    client,
                    entry.account,
                    entry.booked,
                    entry.service_from,
                    entry.service_to,
                    entry.payer,
                    entry.amount + cents,
                    amount_due,
                    days_due,
                )
            )
    # What our own entries asked beyond the ceiling is corrected; the rest of the excess stands in other people's stays.
    ours = sum(grant.over for grant in outcome.grants.values())
    ours_days = sum(grant.days_over for grant in outcome.grants.values())
    over = max((standing.over for standing in outcome.standings), default=0)
    over_days = max((standing.days_over for standing in outcome.standings), default=0)
    return Recalculation(client, tuple(corrections), max(0, over - ours), max(0, over_days - ours_days))


def _in_time(entry: Entry) -> tuple[date, date, int]:
    return (*entry.span[:1], entry.booked, entry.id)


def _use(entry: Entry, book: RuleBook) -> Use:
    use = settled_use(entry, book)
    if entry.source is EntrySource.BILLED and book.holds(entry.account, entry.client, entry.booked):
        return replace(use, amount=max(entry.claimed, entry.amount), settled=False)
    return use


def affected(scopes: Sequence[Scope], entries: Mapping[str, Sequence[Entry]]) -> list[str]:
    """The clients whose entries any of the changes may reach, in order of their numbers."""
    return sorted(
        client
        for client, theirs in entries.items()
        if any(touches(scope, entry) for scope in scopes for entry in theirs)
    )
