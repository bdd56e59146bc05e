"""How the billing run is checked, sentence by sentence of for.CARE, in seed mode."""

from datetime import date

import pytest

from billhook_forcare_budget.book import RuleBook, check_client, too_early
from billhook_forcare_budget.ceilings import Use
from billhook_forcare_budget.entries import Entry, EntrySource
from billhook_forcare_budget.limits import Limit, Periodicity
from tests.forcare_budget.ledger import KURZ, SEED_TABLE, VERH, cents, entry, row, seed, use

MAY = date(2018, 5, 1)


def over(book: RuleBook, asked: list[Use], *entries: Entry, client: str = "K-1") -> tuple[float, int]:
    """Euros and days over the limit."""
    outcome = check_client(book, client, entries, asked)
    return outcome.over / 100, outcome.days_over


def test_1612_euros_and_28_days_are_inside_the_yearly_limit() -> None:
    assert over(seed(), [use(1, KURZ, MAY, 28, 1612)]) == (0, 0)


def test_one_cent_more_than_the_yearly_amount_is_over() -> None:
    assert over(seed(), [use(1, KURZ, MAY, 28, 1612.01)]) == (0.01, 0)


def test_one_day_more_than_the_yearly_days_is_over() -> None:
    assert over(seed(), [use(1, KURZ, MAY, 29, 1612)]) == (0, 1)


def test_days_and_amounts_are_checked_separately() -> None:
    assert over(seed(), [use(1, KURZ, MAY, 30, 1700)]) == (88, 2)


def test_lines_of_the_same_days_count_their_days_once() -> None:
    assert over(seed(), [use(1, KURZ, MAY, 28, 1000), use(2, KURZ, MAY, 28, 600)]) == (0, 0)


def test_trial_billing_and_earlier_entries_together_are_the_basis_of_the_check() -> None:
    before = entry(1, KURZ, date(2018, 1, 10), 20, 1000)
    assert over(seed(), [use(9, KURZ, MAY, 8, 612)], before) == (0, 0)
    assert over(seed(), [use(9, KURZ, MAY, 9, 700)], before) == (88, 1)


def test_stays_in_foreign_facilities_count_in_the_check() -> None:
    elsewhere = entry(1, KURZ, date(2018, 1, 10), 20, 1000, EntrySource.FOREIGN)
    assert over(seed(), [use(9, KURZ, MAY, 9, 700)], elsewhere) == (88, 1)


def test_a_deleted_foreign_stay_counts_no_longer() -> None:
    elsewhere = entry(1, KURZ, date(2018, 1, 10), 20, 1000, EntrySource.FOREIGN)
    deleted = entry(2, KURZ, date(2018, 1, 10), 20, -1000, EntrySource.REVERSAL, corrects=1)
    assert over(seed(), [use(9, KURZ, MAY, 9, 700)], elsewhere, deleted) == (0, 0)


def test_an_opening_balance_counts_its_days_as_a_number() -> None:
    opening = entry(1, KURZ, date(2018, 1, 1), 0, 1600, EntrySource.OPENING, counted=27)
    assert over(seed(), [use(9, KURZ, MAY, 2, 13)], opening) == (1, 1)


def test_without_a_row_nothing_is_checked_and_no_entry_is_due() -> None:
    book = seed()
    other = use(1, "Dauer", MAY, 200, 9999)
    assert over(book, [other]) == (0, 0)
    assert not book.holds(other.account, "K-1", MAY)
    assert book.holds(use(1, KURZ, MAY, 1, 1).account, "K-1", MAY)


def test_a_billing_date_outside_the_validity_finds_no_row() -> None:
    assert over(seed(), [use(1, KURZ, date(2019, 5, 1), 100, 9999)]) == (0, 0)


def test_another_debtor_group_has_no_part_in_the_budget() -> None:
    assert over(seed(), [use(1, KURZ, MAY, 100, 9999, group="SOZ")]) == (0, 0)


def test_a_row_with_a_client_number_replaces_the_general_budget() -> None:
    book = seed(*SEED_TABLE, row(KURZ, euros=2000, days=40, client="K-7"))
    stay = [use(1, KURZ, MAY, 40, 2000)]
    assert over(book, stay, client="K-7") == (0, 0)
    assert over(book, stay, client="K-1") == (388, 12)
    small = seed(*SEED_TABLE, row(KURZ, euros=100, days=2, client="K-7"))
    assert over(small, stay, client="K-7") == (1900, 38)


@pytest.mark.parametrize(
    ("per", "second", "expected"),
    [
        (Periodicity.MONTH, date(2018, 6, 1), (0, 0)),
        (Periodicity.QUARTER, date(2018, 6, 1), (1612, 28)),
        (Periodicity.QUARTER, date(2018, 7, 1), (0, 0)),
        (Periodicity.YEAR, date(2018, 7, 1), (1612, 28)),
        (Periodicity.FREE, date(2018, 7, 1), (1612, 28)),
    ],
)
def test_a_new_period_begins_a_new_budget(per: Periodicity, second: date, expected: tuple[float, int]) -> None:
    stays = [use(1, KURZ, MAY, 28, 1612), use(2, KURZ, second, 28, 1612)]
    assert over(seed(row(per=per)), stays) == expected


def test_the_period_goes_by_the_billing_date_not_by_the_days_of_service() -> None:
    """Billed in January 2019: the stay of December 2018 counts for 2019."""
    both = (row(), row(euros=100, days=40, valid=(date(2019, 1, 1), date(2019, 12, 31))))
    late = use(1, KURZ, date(2018, 12, 1), 20, 150, booked=date(2019, 1, 31))
    assert over(seed(*both), [late]) == (50, 0)


def test_linked_rows_of_the_same_period_are_summed_for_a_stay_that_follows_directly() -> None:
    """Short-term care used up to its own value, then respite care from the next day: both budgets together."""
    stays = [use(1, KURZ, MAY, 28, 1612), use(2, VERH, date(2018, 5, 29), 28, 1612)]
    assert over(seed(), stays) == (0, 0)


def test_both_budgets_together_exceeded_is_an_error() -> None:
    stays = [use(1, KURZ, MAY, 28, 1612), use(2, VERH, date(2018, 5, 29), 30, 1700)]
    assert over(seed(), stays) == (88, 2)


def test_a_following_stay_may_use_what_short_term_care_left() -> None:
    stays = [use(1, KURZ, MAY, 20, 1000), use(2, VERH, date(2018, 5, 21), 36, 2224)]
    assert over(seed(), stays) == (0, 0)
    assert over(seed(), [stays[0], use(2, VERH, date(2018, 5, 21), 37, 2224.5)]) == (0.5, 1)


def test_short_term_care_alone_is_held_against_its_own_value() -> None:
    assert over(seed(), [use(1, KURZ, MAY, 40, 2000)]) == (388, 12)


def test_short_term_care_keeps_its_own_value_when_respite_care_follows() -> None:
    stays = [use(1, KURZ, MAY, 40, 2000), use(2, VERH, date(2018, 6, 10), 1, 10)]
    assert over(seed(), stays) == (388, 12)


@pytest.mark.parametrize(("start", "expected"), [(date(2018, 5, 20), (0, 0)), (date(2018, 5, 22), (612, 8))])
def test_directly_adjacent_means_the_last_day_or_the_day_after(start: date, expected: tuple[float, int]) -> None:
    stays = [use(1, KURZ, MAY, 20, 1000), use(2, VERH, start, 36, 2224)]
    assert over(seed(), stays) == expected


def test_respite_care_before_short_term_care_is_no_following_stay() -> None:
    stays = [use(1, VERH, MAY, 30, 1612), use(2, KURZ, date(2018, 5, 31), 5, 100)]
    assert over(seed(), stays) == (0, 2)


def test_respite_care_alone_is_held_against_its_own_value() -> None:
    assert over(seed(), [use(1, VERH, MAY, 29, 1613)]) == (1, 1)


def test_a_stay_that_was_billed_before_is_followed_too() -> None:
    before = entry(1, KURZ, MAY, 28, 1612)
    assert over(seed(), [use(2, VERH, date(2018, 5, 29), 28, 1612)], before) == (0, 0)


def test_rows_without_a_link_are_never_summed() -> None:
    book = seed(row(KURZ), row(VERH))
    stays = [use(1, KURZ, MAY, 20, 1000), use(2, VERH, date(2018, 5, 21), 36, 2224)]
    assert over(book, stays) == (612, 8)


def test_short_term_care_is_to_be_exhausted_before_respite_care() -> None:
    stays = [use(1, KURZ, MAY, 20, 1000), use(2, VERH, date(2018, 5, 21), 5, 100)]
    assert [(one.ref, one.before, one.rest) for one in too_early(seed(), "K-1", [], stays)] == [(2, KURZ, cents(612))]
    exhausted = [use(1, KURZ, MAY, 28, 1000), use(2, VERH, date(2018, 5, 29), 5, 100)]
    assert too_early(seed(), "K-1", [], exhausted) == []


def test_three_linked_kinds_in_a_row_are_summed() -> None:
    chain = (row("A", 100, 10, linked="B"), row("B", 100, 10, linked="C"), row("C", 100, 10))
    stays = [use(1, "A", MAY, 5, 50), use(2, "B", date(2018, 5, 6), 5, 50), use(3, "C", date(2018, 5, 11), 20, 200)]
    assert over(seed(*chain), stays) == (0, 0)
    assert over(seed(*chain), [*stays[:2], use(3, "C", date(2018, 5, 12), 20, 200)]) == (100, 10)


def test_an_individual_maximum_for_a_free_period_is_billed_up_to_the_maximum() -> None:
    """Tip of the seed: an individual maximum, coupled to a freely defined period."""
    own = row("Assistenz", 500, None, client="K-1", per=Periodicity.FREE, valid=(date(2018, 2, 10), date(2018, 6, 9)))
    book = seed(own)
    first, second = use(1, "Assistenz", date(2018, 3, 1), 31, 400), use(2, "Assistenz", date(2018, 4, 1), 30, 150)
    outcome = check_client(book, "K-1", [], [first, second])
    assert [(outcome.grants[ref].amount, outcome.grants[ref].over) for ref in (1, 2)] == [
        (cents(400), 0),
        (cents(100), cents(50)),
    ]
    assert over(book, [use(3, "Assistenz", date(2018, 7, 1), 31, 900)]) == (0, 0)


def test_two_rows_of_one_year_each_bind_their_own_months_and_count_the_whole_year() -> None:
    raised: tuple[Limit, ...] = (
        row(euros=1000, days=None, valid=(date(2018, 1, 1), date(2018, 6, 30))),
        row(euros=1500, days=None, valid=(date(2018, 7, 1), date(2018, 12, 31))),
    )
    spring, autumn = use(1, KURZ, date(2018, 3, 1), 10, 1000), use(2, KURZ, date(2018, 9, 1), 10, 600)
    assert over(seed(*raised), [spring, autumn]) == (100, 0)
    assert over(seed(*raised), [use(1, KURZ, date(2018, 3, 1), 10, 1100)]) == (100, 0)
