"""The engine against a calculation that knows nothing of ceilings: cent by cent, day by day, from the sentences
themselves.
"""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from billhook_forcare_budget.book import Mode, RuleBook, check_client
from billhook_forcare_budget.ceilings import Use
from billhook_forcare_budget.entries import Entry, EntrySource
from billhook_forcare_budget.limits import Limit, Periodicity, faults

KINDS = ("A", "B", "C")
START = date(2018, 1, 1)


# --- Seed mode -------------------------------------------------------------------------------------------------------

days_of_year = st.integers(0, 300)
kinds = st.sampled_from(KINDS)
maxima = st.one_of(st.none(), st.integers(0, 40))


@st.composite
def tables(draw: st.DrawFn) -> list[Limit]:
    """A table that may be saved: A → B → C or parts of it, some for client K-1 alone, by year, quarter or month."""
    per = draw(st.sampled_from((Periodicity.YEAR, Periodicity.QUARTER, Periodicity.MONTH, Periodicity.FREE)))
    links = draw(st.sampled_from(({}, {"A": "B"}, {"A": "B", "B": "C"}, {"A": "C", "B": "C"})))
    rows: list[Limit] = []
    for client in ("", "K-1") if draw(st.booleans()) else ("",):
        for kind in KINDS:
            most, days = draw(maxima), draw(maxima)
            amount = 10 if most is None and days is None else most
            rows.append(
                Limit("W", "PK", START, date(2018, 12, 31), per, kind, days, amount, links.get(kind, ""), client)
            )
    assert faults(rows) == []
    return rows


stays = st.tuples(kinds, days_of_year, st.integers(1, 12), st.integers(0, 30))


def _day(offset: int) -> date:
    return START + timedelta(days=offset)


class NaiveSeed:
    """Cents and days one by one. A stay is a tuple (kind, first, last); nothing is summed that was not just counted."""

    def __init__(self, rows: list[Limit], client: str) -> None:
        self.rows = {row.kind: row for row in rows if not row.client}
        self.rows |= {row.kind: row for row in rows if row.client == client}
        self.spent: list[tuple[str, date]] = []  # one entry a cent: kind and billing date
        self.days: dict[tuple[str, date], date] = {}  # kind and day → billing date under which it was first counted
        self.stays: list[tuple[str, date, date]] = []

    def key(self, row: Limit, billed: date) -> tuple[int, ...]:
        """What two billing dates must have in common to be of one period."""
        return {
            Periodicity.YEAR: (billed.year,),
            Periodicity.QUARTER: (billed.year, (billed.month + 2) // 3),
            Periodicity.MONTH: (billed.year, billed.month),
            Periodicity.FREE: (),
        }[row.periodicity]

    def together(self, kind: str, billed: date) -> list[str]:
        """The kinds whose budgets a use of this kind may count on: those before it, stay by stay."""
        row = self.rows[kind]
        found = [kind]
        for before in (one for one in self.rows.values() if one.linked == kind and one.client == row.client):
            if self.follows(kind, before.kind, row, billed):
                found += self.together(before.kind, billed)
        return found

    def follows(self, kind: str, before: str, row: Limit, billed: date) -> bool:
        def covered(name: str) -> set[date]:
            return {
                first + timedelta(days=n)
                for one, first, last in self.stays
                if one == name and self.key(row, last) == self.key(row, billed)
                for n in range((last - first).days + 1)
            }

        mine, theirs = covered(kind), covered(before)
        starts = [day for day in mine if day - timedelta(days=1) not in mine]
        ends = {day for day in theirs if day + timedelta(days=1) not in theirs}
        return any(day in ends or day - timedelta(days=1) in ends for day in starts)

    def roof(self, kind: str, billed: date) -> list[tuple[list[str], int | None, int | None]]:
        """Everything that a use of this kind is held against: its own group, and the groups that count it in."""
        groups = [self.together(other, billed) for other in self.rows]
        return [
            (
                group,
                None
                if any(self.rows[one].amount is None for one in group)
                else sum(self.rows[one].amount or 0 for one in group),
                None
                if any(self.rows[one].days is None for one in group)
                else sum(self.rows[one].days or 0 for one in group),
            )
            for group in groups
            if kind in group and self.used_at_all(group[0], billed)
        ]

    def used_at_all(self, kind: str, billed: date) -> bool:
        row = self.rows[kind]
        return any(name == kind and self.key(row, last) == self.key(row, billed) for name, _, last in self.stays)

    def room_for_a_cent(self, kind: str, billed: date) -> bool:
        row = self.rows[kind]
        return all(
            most is None
            or sum(name in group and self.key(row, day) == self.key(row, billed) for name, day in self.spent) < most
            for group, most, _ in self.roof(kind, billed)
        )

    def room_for_a_day(self, kind: str, billed: date) -> bool:
        row = self.rows[kind]
        return all(
            most is None
            or sum(
                name in group and self.key(row, day) == self.key(row, billed) for (name, _), day in self.days.items()
            )
            < most
            for group, _, most in self.roof(kind, billed)
        )


@settings(max_examples=150, deadline=None)
@given(tables(), st.lists(stays, max_size=4), st.lists(stays, min_size=1, max_size=5), st.sampled_from(("K-1", "K-2")))
def test_seed_mode_grants_what_counting_cents_and_days_one_by_one_grants(
    rows: list[Limit], before: list[tuple[str, int, int, int]], trial: list[tuple[str, int, int, int]], client: str
) -> None:
    # Every stay lies in one month, and no two stays of one kind share a day that another period counted.
    def whole(stay: tuple[str, int, int, int]) -> tuple[str, date, date, int]:
        kind, offset, length, cents = stay
        first = _day(offset)
        last = first + timedelta(days=length - 1)
        while last.month != first.month:
            last -= timedelta(days=1)
        return kind, first, last, cents

    entries = [whole(stay) for stay in before]
    asked = [whole(stay) for stay in trial]

    naive = NaiveSeed(rows, client)
    naive.stays = [(kind, first, last) for kind, first, last, _ in (*entries, *asked)]
    for kind, first, last, cents in entries:
        naive.spent += [(kind, last)] * cents
        for n in range((last - first).days + 1):
            naive.days.setdefault((kind, first + timedelta(days=n)), last)
    linked = {row.linked for row in rows if row.linked}
    order = sorted(range(len(asked)), key=lambda at: (asked[at][1], asked[at][0] in linked, asked[at][2], at))
    expected: dict[int, tuple[int, int]] = {}
    for at in order:
        kind, first, last, cents = asked[at]
        over = days_over = 0
        for _ in range(cents):
            if naive.room_for_a_cent(kind, last):
                naive.spent.append((kind, last))
            else:
                over += 1
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            if (kind, day) in naive.days:
                continue
            if naive.room_for_a_day(kind, last):
                naive.days[kind, day] = last
            else:
                days_over += 1
        expected[at] = (over, days_over)

    outcome = check_client(
        RuleBook(Mode.SEED, rows),
        client,
        [_entry(key, stay, client) for key, stay in enumerate(entries, start=1)],
        [_use(at, stay) for at, stay in enumerate(asked)],
    )
    assert {ref: (grant.over, grant.days_over) for ref, grant in outcome.grants.items()} == expected


def _entry(key: int, stay: tuple[str, date, date, int], client: str) -> Entry:
    kind, first, last, cents = stay
    return Entry(key, client, "W", "PK", kind, EntrySource.FOREIGN, last, first, last, None, cents, cents)


def _use(ref: int, stay: tuple[str, date, date, int]) -> Use:
    kind, first, last, cents = stay
    return Use(ref, ("W", "PK", kind), first, last, last, cents)


# --- Statutory mode --------------------------------------------------------------------------------------------------

LAW = {
    # year: KZP, VP, raise of KZP by VP, raise of VP by KZP, days of KZP, days of VP. Euros. None: one purse of 3 539.
    2012: (1550, 1550, 0, 0, 28, 28),
    2018: (1612, 1612, 1612, 806, 56, 42),
    2023: (1774, 1612, 1612, 806, 56, 42),
    2026: None,
}


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(LAW)),
    st.lists(
        st.tuples(st.sampled_from(("KZP", "VP")), st.integers(0, 330), st.integers(1, 30), st.integers(0, 2500)),
        min_size=1,
        max_size=6,
    ),
)
def test_the_statute_lets_through_what_is_feasible_with_raises_charged_to_the_giver(
    year: int, drawn: list[tuple[str, int, int, int]]
) -> None:
    book = RuleBook(Mode.STATUTORY, (), {"KZP": "KZP", "VP": "VP"}, frozenset({"PK"}))
    uses = [
        Use(ref, ("W", "PK", kind), first, last, last, euros * 100)
        for ref, (kind, offset, length, euros) in enumerate(drawn)
        for first in (date(year, 1, 1) + timedelta(days=offset),)
        for last in (min(first + timedelta(days=length - 1), date(year, 12, 31)),)
    ]
    outcome = check_client(book, "K-1", [], uses)
    kzp, vp = (sum(euros * 100 for kind, _, _, euros in drawn if kind == name) for name in ("KZP", "VP"))
    days = {
        name: len(
            {
                one.first + timedelta(days=n)
                for one in uses
                if one.account[2] == name
                for n in range((one.last - one.first).days + 1)
            }
        )
        for name in ("KZP", "VP")
    }
    law = LAW[year]
    if law is None:
        assert outcome.over == max(0, kzp + vp - 353_900)
        most = {"KZP": 56, "VP": 56}
    else:
        own_kzp, own_vp, raise_kzp, raise_vp = (euros * 100 for euros in law[:4])
        for_kzp = min(raise_kzp, own_vp - min(vp, own_vp))
        for_vp = min(raise_vp, own_kzp - min(kzp, own_kzp))
        assert outcome.over == max(0, kzp - own_kzp - for_kzp) + max(0, vp - own_vp - for_vp)
        most = {"KZP": law[4], "VP": law[5]}
    assert outcome.days_over == max(0, days["KZP"] - most["KZP"], days["VP"] - most["VP"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(("KZP", "VP")), st.integers(0, 364), st.integers(0, 2500)), min_size=1, max_size=8
    )
)
def test_2025_credits_what_was_granted_in_the_first_half(drawn: list[tuple[str, int, int]]) -> None:
    """Single days, so that nothing is cut: first half by its own rules, then the whole year from one purse."""
    book = RuleBook(Mode.STATUTORY, (), {"KZP": "KZP", "VP": "VP"}, frozenset({"PK"}))
    uses = [
        Use(ref, ("W", "PK", kind), day, day, day, euros * 100, 0)
        for ref, (kind, offset, euros) in enumerate(drawn)
        for day in (date(2025, 1, 1) + timedelta(days=offset),)
    ]
    outcome = check_client(book, "K-1", [], uses)
    spring = {
        name: sum(euros * 100 for kind, offset, euros in drawn if kind == name and offset < 181)
        for name in ("KZP", "VP")
    }
    autumn = sum(euros * 100 for _, offset, euros in drawn if offset >= 181)
    for_kzp = min(168_500, 168_500 - min(spring["VP"], 168_500))
    for_vp = min(84_300, 185_400 - min(spring["KZP"], 185_400))
    over = max(0, spring["KZP"] - 185_400 - for_kzp) + max(0, spring["VP"] - 168_500 - for_vp)
    credited = sum(spring.values()) - over
    assert outcome.over == over + max(0, credited + autumn - 353_900)
