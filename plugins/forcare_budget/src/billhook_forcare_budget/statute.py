"""The statute of §§ 39, 42, 42a SGB XI by year, read from `statute.toml`, as ceilings and as balances for people."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from billhook.dates import Period
from billhook.money import Cents, round_cents
from billhook_forcare_budget.ceilings import Account, Ceiling

KZP = "KZP"
"""Kurzzeitpflege, short-term care (§ 42)."""

VP = "VP"
"""Verhinderungspflege, respite care (§ 39)."""

BENEFITS = (KZP, VP)


@dataclass(frozen=True, slots=True)
class OwnBudget:
    """What a benefit has by itself in a calendar year: cents and days."""

    benefit: str
    valid: Period
    amount: Cents
    days: int
    source: str
    verified: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Unused money of `giver` that may raise `taker` by up to `amount`, to `total` in all (cents); charged to the
    giver.
    """

    giver: str
    taker: str
    valid: Period
    amount: Cents
    total: Cents
    source: str


@dataclass(frozen=True, slots=True)
class Pool:
    """One purse for all benefits, with days for each. Uses from `credited_from` on count against its first year."""

    name: str
    valid: Period
    amount: Cents
    days: Mapping[str, int]
    credited_from: date
    source: str


@dataclass(frozen=True, slots=True)
class Statute:
    """The whole table."""

    budgets: Sequence[OwnBudget]
    transfers: Sequence[Transfer]
    pools: Sequence[Pool]


@dataclass(frozen=True, slots=True)
class Balance:
    """How one benefit stands in one window: cents and days.

    `granted` is its own money; `charged` what of it was used for the benefit, `lent` what raised the other one,
    `borrowed` what it took from the other one. `rest` is what is left of its own, `available` with what it may
    still borrow.
    """

    benefit: str
    window: Period
    granted: Cents
    charged: Cents
    lent: Cents
    borrowed: Cents
    rest: Cents
    available: Cents
    days: int
    days_used: int
    source: str

    @property
    def days_rest(self) -> int:
        """Days that are left, never below zero."""
        return max(0, self.days - self.days_used)


@cache
def load_statute() -> Statute:
    """The table that comes with this version of the plugin."""
    text = files(__package__).joinpath("statute.toml").read_text(encoding="utf-8")
    return read_statute(text)


def read_statute(text: str) -> Statute:
    """A table of the same form."""
    raw = tomllib.loads(text)
    return Statute(
        budgets=tuple(
            OwnBudget(
                row["benefit"],
                _valid(row),
                _cents(row["amount"]),
                row["days"],
                row["source"],
                row.get("verified", True),
                row.get("note", ""),
            )
            for row in raw["budget"]
        ),
        transfers=tuple(
            Transfer(
                row["giver"], row["taker"], _valid(row), _cents(row["amount"]), _cents(row["total"]), row["source"]
            )
            for row in raw["transfer"]
        ),
        pools=tuple(
            Pool(
                row["name"],
                _valid(row),
                _cents(row["amount"]),
                row["days"],
                row.get("credited_from", row["from"]),
                row["source"],
            )
            for row in raw["pool"]
        ),
    )


def _valid(row: Mapping[str, date]) -> Period:
    return Period(row["from"], row.get("to"))


def _cents(text: str) -> Cents:
    return round_cents(Decimal(text))


def account_of(benefit: str) -> Account:
    """The account of a statutory benefit: the law goes by the person, whatever care area and debtor group."""
    return "", "", benefit


@cache
def ceilings_of(statute_year: int) -> tuple[Ceiling, ...]:
    """The ceilings of a calendar year.

    Until June 2025: each benefit up to its own money with the largest raise, both together up to the sum of both (a
    raise is charged to the giver, §§ 39 Abs. 2, 42 Abs. 2 in the texts until 2024). From July 2025: the pool, which
    counts what was used from January 2025 (§ 144 Abs. 6).
    """
    return tuple(_ceilings(load_statute(), statute_year))


def _ceilings(statute: Statute, year: int) -> list[Ceiling]:
    calendar = Period(date(year, 1, 1), date(year, 12, 31))
    found: list[Ceiling] = []
    for own in statute.budgets:
        window = own.valid.intersect(calendar)
        if window is None:
            continue
        raise_ = next(
            (one for one in statute.transfers if one.taker == own.benefit and one.valid.overlaps(window)), None
        )
        found.append(
            Ceiling(
                f"{own.benefit} {year}",
                frozenset({account_of(own.benefit)}),
                window,
                window,
                raise_.total if raise_ else own.amount,
                own.days,
                by_service=True,
                source=raise_.source if raise_ else own.source,
            )
        )
    found += _sums(statute, calendar)
    for pool in statute.pools:
        valid = pool.valid.intersect(calendar)
        if valid is None:
            continue
        window = Period(max(calendar.start, min(pool.credited_from, valid.start)), valid.end)
        accounts = [account_of(benefit) for benefit in pool.days]
        found.append(
            Ceiling(
                f"{pool.name} {year}",
                frozenset(accounts),
                window,
                window,
                pool.amount,
                None,
                by_service=True,
                source=pool.source,
            )
        )
        found += (
            Ceiling(
                f"{benefit} {year}",
                frozenset({account_of(benefit)}),
                window,
                window,
                None,
                days,
                by_service=True,
                source=pool.source,
            )
            for benefit, days in pool.days.items()
        )
    return found


def _sums(statute: Statute, calendar: Period) -> list[Ceiling]:
    """Both benefits together where one may raise the other: a raise is taken from the giver's own money."""
    found: list[Ceiling] = []
    for kzp in statute.budgets:
        window = kzp.valid.intersect(calendar) if kzp.benefit == KZP else None
        if window is None:
            continue
        vp = next((one for one in statute.budgets if one.benefit == VP and one.valid.overlaps(window)), None)
        moved = next((one for one in statute.transfers if one.valid.overlaps(window)), None)
        if vp is not None and moved is not None:
            accounts = frozenset({account_of(KZP), account_of(VP)})
            total = kzp.amount + vp.amount
            name = f"KZP + VP {calendar.start.year}"
            found.append(Ceiling(name, accounts, window, window, total, None, by_service=True, source=moved.source))
    return found


def balances(
    year: int, used: Mapping[Period, Mapping[str, tuple[Cents, int]]], statute: Statute | None = None
) -> list[Balance]:
    """How the benefits stand in a year.

    Args:
        year: the calendar year.
        used: window → benefit → cents and days used in it. The windows are those of `windows_of`.
        statute: another table than the one that comes along.
    """
    statute = statute or load_statute()
    found: list[Balance] = []
    for window, pool in windows_of(year, statute):
        here = used.get(window, {})
        money = {benefit: here.get(benefit, (0, 0)) for benefit in BENEFITS}
        if pool is not None:
            both = sum(cents for cents, _ in money.values())
            rest = max(0, pool.amount - both)
            found += (
                Balance(
                    benefit,
                    window,
                    pool.amount,
                    money[benefit][0],
                    both - money[benefit][0],
                    0,
                    rest,
                    rest,
                    pool.days[benefit],
                    money[benefit][1],
                    pool.source,
                )
                for benefit in pool.days
            )
            continue
        own = {one.benefit: one for one in statute.budgets if one.valid.overlaps(window)}
        for benefit, other in ((KZP, VP), (VP, KZP)):
            if benefit in own and other in own:
                found.append(_balance(statute, window, own[benefit], own[other], money[benefit], money[other][0]))
    return found


def _balance(
    statute: Statute, window: Period, own: OwnBudget, other: OwnBudget, used: tuple[Cents, int], others: Cents
) -> Balance:
    raises = {one.taker: one.amount for one in statute.transfers if one.valid.overlaps(window)}
    charged = min(used[0], own.amount)
    lent = min(max(0, others - other.amount), raises.get(other.benefit, 0), own.amount - charged)
    spare = max(0, other.amount - others)
    borrowed = min(used[0] - charged, raises.get(own.benefit, 0), spare)
    rest = own.amount - charged - lent
    more = max(0, min(raises.get(own.benefit, 0), spare) - borrowed)
    return Balance(
        own.benefit, window, own.amount, charged, lent, borrowed, rest, rest + more, own.days, used[1], own.source
    )


def windows_of(year: int, statute: Statute | None = None) -> list[tuple[Period, Pool | None]]:
    """The windows of a year in which budgets are counted: one a year, and two in 2025. None: no pool."""
    statute = statute or load_statute()
    calendar = Period(date(year, 1, 1), date(year, 12, 31))
    found: list[tuple[Period, Pool | None]] = []
    for own in statute.budgets:
        window = own.valid.intersect(calendar) if own.benefit == KZP else None
        if window is not None:
            found.append((window, None))
    for pool in statute.pools:
        valid = pool.valid.intersect(calendar)
        if valid is not None:
            found.append((Period(max(calendar.start, min(pool.credited_from, valid.start)), valid.end), pool))
    return found
