"""§§ 39, 42, 42a SGB XI by year. Expected figures are worked by hand from the texts of the law that each test names."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from billhook_forcare_budget.book import check_client
from billhook_forcare_budget.cards import card_of, used_in
from billhook_forcare_budget.ceilings import Outcome, Use
from billhook_forcare_budget.entries import Entry, EntrySource
from billhook_forcare_budget.limits import read_limits
from billhook_forcare_budget.statute import Balance, balances, load_statute
from tests.forcare_budget.ledger import KURZ, VERH, cents, entry, row, seed, statutory, use

KINDS = {"KZP": KURZ, "VP": VERH}


def asked(outcome: Outcome) -> tuple[float, int]:
    return outcome.over / 100, outcome.days_over


def over(*stays: Use, before: tuple[Entry, ...] = ()) -> tuple[float, int]:
    return asked(check_client(statutory(), "K-1", before, stays))


def balance(year: int, benefit: str, *stays: Use) -> Balance:
    book = statutory()
    uses = [
        Use(one.ref, one.account, one.first, one.last, one.booked, one.amount, None, True, book.benefit(one.account))
        for one in stays
    ]
    return next(one for one in reversed(balances(year, used_in(year, uses))) if one.benefit == benefit)


# --- The worked cases ------------------------------------------------------------------------------------------------


def test_every_worked_case_comes_out_to_the_cent(corpus: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="the worked cases are YAML; PyYAML comes with the documentation's tools")
    folder = corpus / "budget"
    cases = yaml.safe_load((folder / "expected_cases.yaml").read_text(encoding="utf-8"))["cases"]
    with (folder / "seed_limits.csv").open(encoding="utf-8") as file:
        limits, _ = read_limits(file)
    assert len(cases) >= 6
    for case in cases:
        stays = list(_stays(case))
        if case.get("mode") == "seed":
            outcome = check_client(seed(*limits), "K-1", [], stays)
        else:
            outcome = check_client(statutory(), "K-1", [], stays)
        name = case["name"]
        assert (asked(outcome) == (0, 0)) is case["ok"], name
        if "excess" in case:
            assert outcome.over == cents(case["excess"]), name
        if "excess_days" in case:
            assert outcome.days_over == case["excess_days"], name
        for benefit, euros in case.get("rest", {}).items():
            assert balance(case["year"], benefit, *stays).rest == cents(euros), name
        for benefit, euros in case.get("charged_to", {}).items():
            found = balance(case["year"], benefit, *stays)
            assert found.charged + found.lent == cents(euros), name


def _stays(case: dict[str, Any]) -> list[Use]:
    """The stays of a case, one after the other from March where it names no day."""
    found: list[Use] = []
    free = date(case.get("year", 2018), 3, 1)
    for ref, stay in enumerate(case["stays"], start=1):
        one = use(ref, KINDS.get(stay["b"], stay["b"]), stay.get("from", free), stay["days"], stay["eur"])
        free = date.fromordinal(one.last.toordinal() + 1)
        found.append(one)
    return found


# --- Until 2024 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "euros", "days"), [(2009, 1470, 28), (2011, 1510, 28), (2012, 1550, 28), (2014, 1550, 28)]
)
@pytest.mark.parametrize("kind", [KURZ, VERH])
def test_until_2014_each_benefit_has_its_own_amount_and_four_weeks(year: int, euros: int, days: int, kind: str) -> None:
    """§§ 39, 42 Abs. 2, text of 2012-10-23; no transfer yet."""
    start = date(year, 2, 1)
    assert over(use(1, kind, start, days, euros)) == (0, 0)
    assert over(use(1, kind, start, days + 1, euros + 1)) == (1, 1)


@pytest.mark.parametrize(("year", "total"), [(2018, 3224), (2021, 3224), (2022, 3386), (2024, 3386)])
def test_unused_respite_money_raises_short_term_care(year: int, total: int) -> None:
    """§ 42 Abs. 2 Satz 3, texts of 2017-07-18 (3 224) and 2021-12-10 (3 386)."""
    assert over(use(1, KURZ, date(year, 2, 1), 56, total)) == (0, 0)
    assert over(use(1, KURZ, date(year, 2, 1), 57, total + 1)) == (1, 1)


@pytest.mark.parametrize("year", [2018, 2021, 2022, 2024])
def test_unused_short_term_money_raises_respite_care_by_806(year: int) -> None:
    """§ 39 Abs. 2, texts of 2017-07-18 and 2021-12-10: to 2 418 in all."""
    assert over(use(1, VERH, date(year, 2, 1), 42, 2418)) == (0, 0)
    assert over(use(1, VERH, date(year, 2, 1), 43, 2419)) == (1, 1)


def test_the_raise_is_charged_to_the_budget_that_gives_it() -> None:
    """§ 39 Abs. 2 Satz 2: 2 418 of respite care leave 806 of the 1 612 for short-term care."""
    respite = use(1, VERH, date(2018, 2, 1), 42, 2418)
    assert over(respite, use(2, KURZ, date(2018, 5, 1), 20, 806)) == (0, 0)
    assert over(respite, use(2, KURZ, date(2018, 5, 1), 20, 807)) == (1, 0)
    left = balance(2018, "KZP", respite)
    assert (left.lent, left.rest, left.available) == (cents(806), cents(806), cents(806))
    taken = balance(2018, "VP", respite)
    assert (taken.charged, taken.borrowed, taken.rest) == (cents(1612), cents(806), 0)


def test_a_year_begins_anew_and_a_stay_over_new_year_is_cut_by_its_days() -> None:
    """20 days of December 2018 and 20 of January 2019, 3 000 euros: 1 500 and 1 500."""
    stay = use(1, KURZ, date(2018, 12, 12), 40, 3000)
    assert over(stay) == (0, 0)
    assert over(entry_use(1, date(2018, 3, 1), 30, 1725), stay) == (1, 0)


def entry_use(ref: int, first: date, days: int, euros: float) -> Use:
    return use(ref + 100, KURZ, first, days, euros)


# --- 2025 ------------------------------------------------------------------------------------------------------------


def test_first_half_of_2025_short_term_care() -> None:
    """Bekanntmachung of 2024-11-14: 1 854, raised by up to 1 685 to 3 539."""
    assert over(use(1, KURZ, date(2025, 2, 1), 56, 3539)) == (0, 0)
    assert over(use(1, KURZ, date(2025, 2, 1), 56, 3540)) == (1, 0)


def test_first_half_of_2025_respite_care() -> None:
    """Bekanntmachung of 2024-11-14: 1 685, raised by up to 843 to 2 528; still six weeks."""
    assert over(use(1, VERH, date(2025, 2, 1), 42, 2528)) == (0, 0)
    assert over(use(1, VERH, date(2025, 2, 1), 43, 2529)) == (1, 1)


def test_what_was_used_in_the_first_half_is_credited_against_the_common_amount() -> None:
    """§ 144 Abs. 6: 2 528 before July leave 1 011 of the 3 539."""
    spring = entry(1, VERH, date(2025, 2, 1), 42, 2528)
    assert over(use(2, KURZ, date(2025, 8, 1), 14, 1011), before=(spring,)) == (0, 0)
    assert over(use(2, KURZ, date(2025, 8, 1), 14, 1011.01), before=(spring,)) == (0.01, 0)


def test_respite_care_has_eight_weeks_from_july_2025_with_the_days_of_the_first_half() -> None:
    """§ 39 Abs. 1: longest eight weeks a calendar year; the days before July are counted too (not named in § 144)."""
    spring = entry(1, VERH, date(2025, 2, 1), 42, 100)
    assert over(use(2, VERH, date(2025, 9, 1), 14, 100), before=(spring,)) == (0, 0)
    assert over(use(2, VERH, date(2025, 9, 1), 15, 100), before=(spring,)) == (0, 1)


def test_a_stay_over_the_end_of_june_2025_is_cut_there() -> None:
    """Ten of twenty days lie in June: 1 300 of 2 600 euros count for the first half, where 2 528 is the most."""
    used = entry(1, VERH, date(2025, 1, 10), 10, 1300)
    assert over(use(2, VERH, date(2025, 6, 21), 20, 2400), before=(used,)) == (161, 0)
    assert over(use(2, VERH, date(2025, 6, 21), 20, 2239), before=(used,)) == (0, 0)


# --- From 2026 -------------------------------------------------------------------------------------------------------


def test_the_common_amount_may_all_go_into_one_benefit() -> None:
    """§ 42a Abs. 1: 3 539 in all, whichever of the two."""
    assert over(use(1, VERH, date(2026, 2, 1), 56, 3539)) == (0, 0)
    assert over(use(1, VERH, date(2026, 2, 1), 56, 3539.01)) == (0.01, 0)
    assert over(use(1, VERH, date(2026, 2, 1), 20, 2000), use(2, KURZ, date(2026, 4, 1), 20, 1540)) == (1, 0)


def test_the_common_amount_has_eight_weeks_for_each_benefit() -> None:
    both = use(1, VERH, date(2026, 2, 1), 56, 100), use(2, KURZ, date(2026, 5, 1), 56, 100)
    assert over(*both) == (0, 0)
    assert over(use(1, KURZ, date(2026, 5, 1), 57, 100)) == (0, 1)


# --- Beside the law --------------------------------------------------------------------------------------------------


def test_a_clients_own_row_is_a_further_limit_and_never_more_than_the_law() -> None:
    book = statutory(row(KURZ, 500, None, client="K-7", valid=(date(2026, 1, 1), date(2026, 12, 31))))
    stay = [use(1, KURZ, date(2026, 2, 1), 10, 600)]
    assert asked(check_client(book, "K-7", [], stay)) == (100, 0)
    assert asked(check_client(book, "K-1", [], stay)) == (0, 0)


def test_the_law_holds_for_the_funds_debtor_groups_only() -> None:
    book = statutory()
    assert asked(check_client(book, "K-1", [], [use(1, KURZ, date(2026, 2, 1), 90, 9999, group="SZ")])) == (0, 0)


def test_the_law_goes_by_the_person_whatever_the_care_area() -> None:
    house, flat = use(1, KURZ, date(2026, 2, 1), 10, 2000), use(2, KURZ, date(2026, 4, 1), 10, 2000, area="Flat")
    assert over(house, flat) == (461, 0)


def test_a_stay_by_the_hour_uses_money_and_no_days() -> None:
    hourly = entry(1, VERH, date(2026, 1, 1), 60, 500, EntrySource.OPENING, counted=0)
    assert over(use(2, VERH, date(2026, 4, 1), 56, 3039), before=(hourly,)) == (0, 0)


def test_card_of_a_year_in_transition() -> None:
    spring = entry(1, VERH, date(2025, 3, 1), 10, 1000)
    card = card_of(statutory(), "K-1", [spring], [use(2, KURZ, date(2025, 8, 1), 28, 2500)], date(2025, 8, 1))
    lines = {(line.budget, str(line.window)): line for line in card.lines}
    whole = lines["KZP 2025", "2025-01-01/2025-12-31"]
    assert (whole.granted, whole.used, whole.planned, whole.rest) == (353900, 100000, 250000, 3900)
    assert (whole.days, whole.days_used, whole.days_planned, whole.days_rest) == (56, 0, 28, 28)
    half = lines["VP 2025", "2025-01-01/2025-06-30"]
    assert (half.granted, half.used, half.rest, half.available) == (168500, 100000, 68500, 152800)


def test_every_row_of_the_table_names_its_source_and_rows_of_a_benefit_follow_each_other() -> None:
    statute = load_statute()
    sources = [one.source for one in statute.budgets] + [one.source for one in statute.transfers]
    sources += [one.source for one in statute.pools]
    assert all("SGB XI" in source for source in sources)
    for benefit in ("KZP", "VP"):
        rows = [one.valid for one in statute.budgets if one.benefit == benefit]
        assert all(one.meets(two) for one, two in pairwise(rows))
    assert [one.benefit for one in statute.budgets if not one.verified] == ["KZP"]
