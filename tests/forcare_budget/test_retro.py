"""A changed limit or foreign stay is retroactive: who is affected, and what the corrective entries say."""

from dataclasses import replace
from datetime import date

from billhook_forcare_budget.entries import Entry, EntrySource, live
from billhook_forcare_budget.retro import Correction, affected, recalculate, scope_of
from tests.forcare_budget.ledger import AREA, GROUP, KURZ, SEED_TABLE, VERH, cents, entry, row, seed, statutory, year

MARCH, JUNE = date(2018, 3, 1), date(2018, 6, 1)


def deltas(corrections: tuple[Correction, ...]) -> list[tuple[int, float, int]]:
    return [(one.entry, one.amount / 100, one.days) for one in corrections]


def test_nothing_changes_while_the_rules_are_as_they_were() -> None:
    booked = [entry(1, KURZ, MARCH, 20, 1000), entry(2, KURZ, JUNE, 8, 612)]
    assert recalculate(seed(), "K-1", booked).corrections == ()


def test_a_lower_limit_takes_from_the_last_stay_first_and_leaves_the_others() -> None:
    booked = [entry(1, KURZ, MARCH, 20, 1000), entry(2, KURZ, JUNE, 8, 612)]
    lowered = seed(row(KURZ, 1500, 25, linked=VERH), row(VERH, 1500, 25))
    assert deltas(recalculate(lowered, "K-1", booked).corrections) == [(2, -112, -3)]


def test_a_higher_limit_gives_back_what_was_claimed_and_went_to_another_payer() -> None:
    booked = [entry(1, KURZ, MARCH, 28, 1612, claimed=1900)]
    assert deltas(recalculate(seed(row(KURZ, 1800, None)), "K-1", booked).corrections) == [(1, 188, 0)]
    assert deltas(recalculate(seed(row(KURZ, 9999, None)), "K-1", booked).corrections) == [(1, 288, 0)]


def test_linked_kinds_are_affected_forwards_and_backwards() -> None:
    """A lower short-term limit cuts the respite stay that counted on it; a lower respite limit reaches both too."""
    booked = {
        "K-1": [entry(1, KURZ, MARCH, 28, 1612), entry(2, VERH, date(2018, 3, 29), 28, 1612)],
        "K-2": [entry(3, "Dauer", MARCH, 28, 1612, client="K-2")],
    }
    for kind in (KURZ, VERH):
        scope = scope_of(seed(), (AREA, GROUP, kind), "", year(2018))
        assert scope.accounts == {(AREA, GROUP, KURZ), (AREA, GROUP, VERH)}
        assert affected([scope], booked) == ["K-1"]
    lowered = seed(row(KURZ, 1612, 28, linked=VERH), row(VERH, 1512, 26))
    assert deltas(recalculate(lowered, "K-1", booked["K-1"]).corrections) == [(2, -100, -2)]


def test_a_foreign_stay_entered_later_cuts_the_stays_after_it_and_not_those_before_it() -> None:
    before = entry(1, KURZ, MARCH, 10, 900)
    after = entry(2, KURZ, JUNE, 10, 700)
    elsewhere = entry(3, KURZ, date(2018, 4, 1), 10, 500, EntrySource.FOREIGN)
    found = recalculate(seed(), "K-1", [before, after, elsewhere])
    assert deltas(found.corrections) == [(2, -488, -2)]
    assert (found.left_over, found.left_over_days) == (0, 0)


def test_a_foreign_stay_at_the_end_of_the_year_leaves_an_excess_that_is_not_ours() -> None:
    ours = entry(1, KURZ, MARCH, 28, 1612)
    elsewhere = entry(2, KURZ, date(2018, 11, 1), 5, 300, EntrySource.FOREIGN)
    found = recalculate(seed(), "K-1", [ours, elsewhere])
    assert (found.corrections, found.left_over, found.left_over_days) == ((), cents(300), 5)


def test_a_deleted_foreign_stay_gives_back_what_it_had_taken() -> None:
    ours = entry(1, KURZ, JUNE, 10, 1112, claimed=1612)
    elsewhere = entry(2, KURZ, MARCH, 10, 500, EntrySource.FOREIGN)
    assert deltas(recalculate(seed(), "K-1", [ours, elsewhere]).corrections) == []
    deleted = entry(3, KURZ, MARCH, 10, -500, EntrySource.REVERSAL, corrects=2)
    assert deltas(recalculate(seed(), "K-1", [ours, elsewhere, deleted]).corrections) == [(1, 500, 0)]


def test_recalculating_again_after_the_corrections_finds_nothing() -> None:
    lowered = seed(row(KURZ, 1500, 25, linked=VERH), row(VERH, 1500, 25))
    booked = [entry(1, KURZ, MARCH, 20, 1000), entry(2, KURZ, JUNE, 8, 612)]
    corrected = [*booked, *_entries(recalculate(lowered, "K-1", booked).corrections, booked)]
    assert recalculate(lowered, "K-1", corrected).corrections == ()
    assert sum(one.amount for one in live(corrected)) == cents(1500)
    back = recalculate(seed(), "K-1", corrected).corrections
    assert deltas(back) == [(2, 112, 3)]


def test_a_clients_own_row_touches_only_that_client() -> None:
    book = seed(*SEED_TABLE, row(KURZ, 100, None, client="K-2"))
    scope = scope_of(book, (AREA, GROUP, KURZ), "K-2", year(2018))
    booked = {"K-1": [entry(1, KURZ, MARCH, 5, 200)], "K-2": [entry(2, KURZ, MARCH, 5, 200, client="K-2")]}
    assert affected([scope], booked) == ["K-2"]
    assert deltas(recalculate(book, "K-2", booked["K-2"]).corrections) == [(2, -100, 0)]


def test_by_the_statute_both_benefits_are_affected() -> None:
    scope = scope_of(statutory(), (AREA, GROUP, VERH), "K-1", year(2026))
    assert {kind for _, _, kind in scope.accounts} == {KURZ, VERH}
    ours = entry(1, KURZ, date(2026, 6, 1), 20, 3000)
    elsewhere = entry(2, VERH, date(2026, 2, 1), 20, 1000, EntrySource.FOREIGN)
    assert deltas(recalculate(statutory(), "K-1", [ours, elsewhere]).corrections) == [(1, -461, 0)]


def _entries(corrections: tuple[Correction, ...], booked: list[Entry]) -> list[Entry]:
    by_id = {one.id: one for one in booked}
    return [
        replace(
            by_id[one.entry],
            id=100 + at,
            source=EntrySource.CORRECTION,
            amount=one.amount,
            claimed=0,
            days=one.days,
            corrects=one.entry,
        )
        for at, one in enumerate(corrections)
    ]
