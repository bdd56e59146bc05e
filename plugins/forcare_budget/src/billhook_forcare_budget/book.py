"""The rule book of a run: which ceilings hold for a client, from the limit table or from the statute, and the check
itself.

Two modes. `seed`: the limit table as for.CARE has it; the rows of linked kinds are simply summed when a stay of the
linked kind follows directly. `statutory`: contract kinds that are a statutory benefit go by §§ 39, 42, 42a SGB XI
whatever the table says about everybody; all other kinds, and rows of a client's own, go by the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from billhook.dates import Period
from billhook_forcare_budget.ceilings import Account, Ceiling, Outcome, Use, allot
from billhook_forcare_budget.entries import Entry, live
from billhook_forcare_budget.limits import Limit
from billhook_forcare_budget.statute import BENEFITS, ceilings_of


class Mode(StrEnum):
    """By what the budgets are counted."""

    SEED = "seed"
    STATUTORY = "statutory"


@dataclass(frozen=True, slots=True)
class RuleBook:
    """What holds in a run.

    `benefits` says which contract kind is which statutory benefit (`{"Kurz": "KZP", "Verh": "VP"}`) and
    `statutory_groups` for which debtor posting groups the law holds (the care funds'); both count in statutory mode
    only.
    """

    mode: Mode
    limits: Sequence[Limit]
    benefits: Mapping[str, str] = field(default_factory=dict)
    statutory_groups: frozenset[str] = frozenset()
    _by_account: dict[Account, list[Limit]] = field(default_factory=dict)
    _by_link: dict[Account, list[Limit]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for limit in self.limits:
            self._by_account.setdefault(limit.account, []).append(limit)
            if limit.linked:
                target = (limit.care_area, limit.debtor_group, limit.linked)
                self._by_link.setdefault(target, []).append(limit)

    def benefit(self, account: Account) -> str:
        """The statutory benefit that an account is; empty when it is none, or in seed mode."""
        _, group, kind = account
        if self.mode is Mode.STATUTORY and group in self.statutory_groups:
            benefit = self.benefits.get(kind, "")
            return benefit if benefit in BENEFITS else ""
        return ""

    def row(self, account: Account, client: str, billed_on: date) -> Limit | None:
        """The row that holds: the client's own replaces the general one, which the statute replaces."""
        general = None
        for limit in self._by_account.get(account, ()):
            if limit.valid_from <= billed_on <= limit.valid_to:
                if limit.client and limit.client == client:
                    return limit
                if not limit.client:
                    general = limit
        return None if self.benefit(account) else general

    def holds(self, account: Account, client: str, billed_on: date) -> bool:
        """True when this use takes from a budget: entries are written only then."""
        return bool(self.benefit(account)) or self.row(account, client, billed_on) is not None

    def sources(self, limit: Limit) -> list[Limit]:
        """The rows that name this one as their linked kind, of the same validity, periodicity and client."""
        return [
            other
            for other in self._by_link.get(limit.account, ())
            if (other.valid_from, other.valid_to, other.periodicity, other.client)
            == (limit.valid_from, limit.valid_to, limit.periodicity, limit.client)
        ]

    def related(self, account: Account) -> set[Account]:
        """The account, and those that are linked with it forwards or backwards, by rows or by the statute."""
        found = {account}
        waiting = [account]
        while waiting:
            here = waiting.pop()
            area, group, _ = here
            near = {(area, group, limit.linked) for limit in self._by_account.get(here, ()) if limit.linked}
            near |= {limit.account for limit in self._by_link.get(here, ())}
            if self.benefit(here):
                near |= {(area, group, kind) for kind in self.benefits}
            waiting += near - found
            found |= near
        return found

    def ceilings(self, client: str, uses: Sequence[Use]) -> list[Ceiling]:
        """The ceilings that hold for these uses of one client."""
        years = {year for use in uses if use.statutory for year in range(use.first.year, use.last.year + 1)}
        found = [ceiling for year in sorted(years) for ceiling in ceilings_of(year)]
        return found + self._from_table(client, uses)

    def _from_table(self, client: str, uses: Sequence[Use]) -> list[Ceiling]:
        rows: dict[tuple[Limit, Period], None] = {}
        for use in uses:
            row = self.row(use.account, client, use.booked)
            if row is not None:
                rows[(row, row.window(use.booked))] = None
        return [self._ceiling(row, window, uses) for row, window in rows]

    def _ceiling(self, row: Limit, window: Period, uses: Sequence[Use]) -> Ceiling:
        """A row's own budget; together with the kinds before it where a stay follows one of theirs directly."""
        together = [row]
        for limit in together:  # grows while it is walked: a kind before may itself follow one
            together += (
                source
                for source in self.sources(limit)
                if source not in together and follows(limit.account, source.account, window, uses)
            )
        amounts = [limit.amount for limit in together]
        days = [limit.days for limit in together]
        return Ceiling(
            budget=" + ".join(limit.kind for limit in reversed(together)),
            accounts=frozenset(limit.account for limit in together),
            window=window,
            binds=row.validity,
            amount=None if None in amounts else sum(amount or 0 for amount in amounts),
            days=None if None in days else sum(one or 0 for one in days),
            by_service=False,
            source="for.CARE Maximalgrenzen",
        )


def follows(account: Account, before: Account, window: Period, uses: Iterable[Use]) -> bool:
    """True when a stay of `account` begins on the last day of a stay of `before`, or on the day after it.

    Both must be billed in the window. A stay is a run of days without a gap, in however many items it was billed.
    """
    starts = _runs(use for use in uses if use.account == account and use.booked in window)
    if not starts:
        return False
    ends = {end for _, end in _runs(use for use in uses if use.account == before and use.booked in window)}
    return any(start in ends or start - timedelta(days=1) in ends for start, _ in starts)


def _runs(uses: Iterable[Use]) -> list[tuple[date, date]]:
    runs: list[tuple[date, date]] = []
    for first, last in sorted((use.first, use.last) for use in uses if use.days is None or use.days > 0):
        if runs and first <= runs[-1][1] + timedelta(days=1):
            runs[-1] = (runs[-1][0], max(runs[-1][1], last))
        else:
            runs.append((first, last))
    return runs


# --- The check --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Early:
    """A stay of a kind that was begun before the linked kind before it was used up, as for.CARE asks its users to
    do.
    """

    ref: int
    before: str
    rest: int | None


def settled_use(entry: Entry, book: RuleBook) -> Use:
    """An entry as a use that counts in full. Without service days only a number of days can count."""
    first, last = entry.span
    days = 0 if entry.days is None and entry.service_from is None else entry.days
    return Use(
        entry.id,
        entry.account,
        first,
        last,
        entry.booked,
        entry.amount,
        days,
        settled=True,
        statutory=book.benefit(entry.account),
    )


def uses_of(entries: Iterable[Entry], book: RuleBook) -> list[Use]:
    """What the entries that count use."""
    return [settled_use(entry, book) for entry in live(entries)]


def check_client(book: RuleBook, client: str, entries: Iterable[Entry], asked: Iterable[Use]) -> Outcome:
    """Hold what a client asks for in a trial run, with what is booked already, against the ceilings.

    Trial uses come in the order of their first day; where two begin on one day, the kind that is to be exhausted first.
    """
    settled = uses_of(entries, book)
    trial = [
        # Most uses are as they should be: a copy costs more than the question.
        use if use.statutory == benefit else replace(use, statutory=benefit)
        for use in asked
        if book.holds(use.account, client, use.booked)
        for benefit in (book.benefit(use.account),)
    ]
    trial.sort(key=lambda use: (use.first, bool(_before(book, client, use)), use.booked, use.ref))
    every = [*settled, *trial]
    return allot(book.ceilings(client, every), every)


def _before(book: RuleBook, client: str, use: Use) -> list[Limit]:
    row = book.row(use.account, client, use.booked)
    return book.sources(row) if row is not None else []


def too_early(book: RuleBook, client: str, entries: Iterable[Entry], asked: Sequence[Use]) -> list[Early]:
    """Stays that follow a linked kind directly which still has days or money left (seed: KZP before VP)."""
    found: list[Early] = []
    every = [*uses_of(entries, book), *asked]
    for use in asked:
        for source in _before(book, client, use):
            window = source.window(use.booked)
            if not follows(use.account, source.account, window, every):
                continue
            own = Ceiling(
                source.kind,
                frozenset({source.account}),
                window,
                window,
                source.amount,
                source.days,
                by_service=False,
            )
            standing = allot([own], [replace(each, settled=True) for each in every]).standings[0]
            if standing.rest != 0 and standing.rest_days != 0:
                found.append(Early(use.ref, source.kind, standing.rest))
    return found
