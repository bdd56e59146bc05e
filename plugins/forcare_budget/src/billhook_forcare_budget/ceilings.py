"""Ceilings: the one shape to which the limit table and the statute both come, and how uses are held against them.

A ceiling says: all uses of these accounts in this window together, at most so much money and so many days. Linked
kinds, transfers between budgets and a common purse are ceilings over several accounts. The sets of accounts of one
client are nested or disjoint, so granting use after use in order gives away as much as there is to give.

Pure: integer cents and whole days, data in, data out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from billhook.dates import Period
from billhook.money import Cents

Account = tuple[str, str, str]
"""Care area, debtor posting group, contract kind. The statute's own accounts are ("", "", benefit)."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """At most `amount` cents and `days` days (None: no limit) for `accounts` together.

    `window` is what is counted; only uses whose day lies in `binds` are held back by it. `by_service` tells which
    day of a use is meant: its service day, or its billing date. `budget` names the ceiling for people, `source` the
    rule.
    """

    budget: str
    accounts: frozenset[Account]
    window: Period
    binds: Period
    amount: Cents | None
    days: int | None
    by_service: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """Something that takes from a budget: a billing item of a trial run, or an entry that is booked already.

    `days` None counts the days from `first` to `last`, each once an account. `settled` uses count in full whatever the
    ceilings say; the others are granted as far as there is something left. `ref` is the item's or entry's id.
    `statutory` is the benefit (KZP, VP) that it takes from beside its own account; empty when it is none.
    """

    ref: int
    account: Account
    first: date
    last: date
    booked: date
    amount: Cents
    days: int | None = None
    settled: bool = False
    statutory: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a use gets: money and days granted and over, and the ceiling that was reached first (None: nothing is
    over).
    """

    ref: int
    amount: Cents
    over: Cents
    days: int
    days_over: int
    reached: Ceiling | None = None

    @property
    def is_over(self) -> bool:
        """True when something of it is not granted."""
        return self.over > 0 or self.days_over > 0


@dataclass(slots=True)
class Standing:
    """How a ceiling stands: `used` by settled uses, `asked` by the others, granted or not. Cents and days."""

    ceiling: Ceiling
    used: Cents = 0
    asked: Cents = 0
    granted: Cents = 0
    used_days: int = 0
    asked_days: int = 0
    granted_days: int = 0
    _seen: dict[Account, int] = field(default_factory=dict)  # the days that count, one bit a day
    _asked: dict[Account, int] = field(default_factory=dict)  # the days that somebody asked for, granted or not

    @property
    def rest(self) -> Cents | None:
        """Cents that are left, never below zero; None without a limit."""
        limit = self.ceiling.amount
        return None if limit is None else max(0, limit - self.used - self.granted)

    @property
    def rest_days(self) -> int | None:
        """Days that are left, never below zero; None without a limit."""
        limit = self.ceiling.days
        return None if limit is None else max(0, limit - self.used_days - self.granted_days)

    @property
    def over(self) -> Cents:
        """Cents that were asked or used beyond the limit."""
        limit = self.ceiling.amount
        return 0 if limit is None else max(0, self.used + self.asked - limit)

    @property
    def days_over(self) -> int:
        """Days that were asked or used beyond the limit."""
        limit = self.ceiling.days
        return 0 if limit is None else max(0, self.used_days + self.asked_days - limit)

    def new_days(self, account: Account, days: int) -> int:
        """Those of the days (one bit a day) that the account has not used yet."""
        return days & ~self._seen.get(account, 0)

    def settle(self, account: Account, use: Use, days: int) -> None:
        """Count a use that is settled already."""
        self.used += use.amount
        self.used_days += self._see(account, use, days)

    def grant(self, account: Account, use: Use, days: int, amount: Cents, allowed: int) -> None:
        """Count a use that asks for its amount and days, of which `amount` and the first `allowed` days are granted."""
        self.asked += use.amount
        self.granted += amount
        if use.days is not None:
            self.asked_days += use.days
            self.granted_days += allowed
            return
        asked = self._asked.get(account, 0)
        self.asked_days += (self.new_days(account, days) & ~asked).bit_count()
        self._asked[account] = asked | days
        self.granted_days += self._see(account, use, _first(self.new_days(account, days), allowed))

    def _see(self, account: Account, use: Use, days: int) -> int:
        if use.days is not None:
            return use.days
        new = self.new_days(account, days)
        self._seen[account] = self._seen.get(account, 0) | days
        return new.bit_count()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a client's uses: a grant for every unsettled one by its ref, and how every ceiling stands."""

    grants: Mapping[int, Grant]
    standings: Sequence[Standing]

    @property
    def over(self) -> Cents:
        """Cents that were asked and not granted."""
        return sum(grant.over for grant in self.grants.values())

    @property
    def days_over(self) -> int:
        """Days beyond a limit, the most that any ceiling has; lines that share their days share them here too."""
        return max((standing.days_over for standing in self.standings), default=0)


def allot(ceilings: Sequence[Ceiling], uses: Iterable[Use]) -> Outcome:
    """Hold uses against ceilings, in the order in which they are given.

    A use that crosses the edge of a window that goes by service days is cut there: days where they lie, money day
    by day in equal parts (to the cent, the last part takes what rounding left).
    """
    standings = [Standing(ceiling) for ceiling in ceilings]
    edges = sorted({edge for ceiling in ceilings if ceiling.by_service for edge in _edges(ceiling)})
    every = list(uses)
    base = min((use.first.toordinal() for use in every), default=0)
    parts: dict[int, list[Grant]] = {}
    for use in every:
        for piece in cut(use, edges):
            grant = _take(standings, piece, base)
            if not use.settled:
                parts.setdefault(use.ref, []).append(grant)
    grants = {ref: pieces[0] if len(pieces) == 1 else _joined(ref, pieces) for ref, pieces in parts.items()}
    return Outcome(grants, standings)


def _edges(ceiling: Ceiling) -> list[date]:
    """The days on which a new window or obligation begins."""
    ends = [period.end for period in (ceiling.window, ceiling.binds) if period.end is not None]
    starts = [ceiling.window.start, ceiling.binds.start]
    return [*starts, *(end + timedelta(days=1) for end in ends if end < date.max)]


def cut(use: Use, edges: Sequence[date]) -> list[Use]:
    """The use in pieces that begin at the edges inside it."""
    inside = [edge for edge in edges if use.first < edge <= use.last]
    if not inside:
        return [use]
    total = (use.last - use.first).days + 1
    pieces: list[Use] = []
    money = days = 0
    for first, following in zip([use.first, *inside], [*inside, use.last + timedelta(days=1)], strict=True):
        done = (following - use.first).days
        # Half a cent goes up; the last piece takes what is left, since `done` is then all of it.
        money_to = (2 * use.amount * done + total) // (2 * total)
        days_to = None if use.days is None else (2 * use.days * done + total) // (2 * total)
        pieces.append(
            Use(
                use.ref,
                use.account,
                first,
                following - timedelta(days=1),
                use.booked,
                money_to - money,
                None if days_to is None else days_to - days,
                use.settled,
                use.statutory,
            )
        )
        money, days = money_to, days_to or 0
    return pieces


def _take(standings: Sequence[Standing], use: Use, base: int) -> Grant:
    """Take one piece from every ceiling that counts it, as far as all of those that bind it allow."""
    counting = [(one, account) for one in standings if (account := _counted(one.ceiling, use)) is not None]
    mask = 0
    if use.days is None:
        mask = ((1 << ((use.last - use.first).days + 1)) - 1) << (use.first.toordinal() - base)
    if use.settled:
        for standing, account in counting:
            standing.settle(account, use, mask)
        return Grant(use.ref, use.amount, 0, 0, 0)
    wanted = use.days
    if wanted is None:
        wanted = max((standing.new_days(account, mask).bit_count() for standing, account in counting), default=0)
    amount, days, reached = use.amount, wanted, None
    for standing, _ in counting:
        if _day(standing.ceiling, use) not in standing.ceiling.binds:
            continue
        rest, rest_days = standing.rest, standing.rest_days
        if rest is not None and rest < amount:
            amount, reached = rest, standing.ceiling
        if rest_days is not None and rest_days < days:
            days, reached = rest_days, reached or standing.ceiling
    for standing, account in counting:
        standing.grant(account, use, mask, amount, days)
    return Grant(use.ref, amount, use.amount - amount, days, wanted - days, reached)


def _day(ceiling: Ceiling, use: Use) -> date:
    return use.first if ceiling.by_service else use.booked


def _counted(ceiling: Ceiling, use: Use) -> Account | None:
    """The account under which a ceiling counts a use; None when it does not."""
    if use.account in ceiling.accounts:
        account = use.account
    elif use.statutory and (statutory := ("", "", use.statutory)) in ceiling.accounts:
        account = statutory
    else:
        return None
    return account if _day(ceiling, use) in ceiling.window else None


def _first(days: int, count: int) -> int:
    """The first `count` of these days, one bit a day."""
    if days.bit_count() <= count:
        return days
    kept = 0
    for _ in range(count):
        lowest = days & -days
        kept |= lowest
        days ^= lowest
    return kept


def _joined(ref: int, pieces: Sequence[Grant]) -> Grant:
    return Grant(
        ref,
        sum(piece.amount for piece in pieces),
        sum(piece.over for piece in pieces),
        sum(piece.days for piece in pieces),
        sum(piece.days_over for piece in pieces),
        next((piece.reached for piece in pieces if piece.reached), None),
    )
