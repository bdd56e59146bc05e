"""Days, periods, ages and the date formulas of contracts."""

from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billhook.dates import (
    DateError,
    DateFormula,
    FormulaError,
    FormulaStep,
    Period,
    StepKind,
    Unit,
    add_months,
    age_on,
    gaps,
    is_gapless,
    parse_date,
)

days = st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31))
periods = st.builds(
    lambda start, length: Period(start, None if length is None else start + timedelta(days=length)),
    days,
    st.none() | st.integers(min_value=0, max_value=800),
)
closed_periods = periods.filter(lambda period: period.end is not None)
signs = st.sampled_from((1, -1))
shifts = st.builds(
    FormulaStep,
    signs,
    st.just(StepKind.SHIFT),
    st.sampled_from([unit for unit in Unit if unit is not Unit.WEEKDAY]),
    st.integers(min_value=0, max_value=99),
)
currents = st.builds(
    FormulaStep,
    signs,
    st.just(StepKind.CURRENT),
    st.sampled_from([unit for unit in Unit if unit is not Unit.WEEKDAY]),
)
weekdays = st.builds(FormulaStep, signs, st.just(StepKind.NEXT), st.just(Unit.WEEKDAY), st.integers(1, 7))
month_days = st.builds(FormulaStep, signs, st.just(StepKind.NEXT), st.just(Unit.DAY), st.integers(1, 31))
formulas = st.builds(
    DateFormula, st.lists(shifts | currents | weekdays | month_days, min_size=1, max_size=4).map(tuple)
)


def after(formula: str, day: date) -> date:
    return DateFormula.parse(formula).apply(day)


# --- Days -------------------------------------------------------------------------------------------------------------


@given(days)
def test_a_day_is_read_in_each_of_its_three_forms(day: date) -> None:
    assert {parse_date(day.strftime(form)) for form in ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y")} == {day}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("31.02.2025", "month 2 of 2025 has only 28 days"),
        ("2025-04-31", "month 4 of 2025 has only 30 days"),
        ("20230229", "month 2 of 2023 has only 28 days"),
        ("2025-13-01", "there is no month 13"),
        ("00000000", "there is no year 0"),
        ("20250100", "there is no day 0"),
        ("1.2.2025", "expected YYYY-MM-DD, YYYYMMDD or DD.MM.YYYY"),
        ("01.02.25", "expected YYYY-MM-DD"),
        ("01/02/2025", "expected YYYY-MM-DD"),
        ("2025-01-01 ", "without blanks"),
        ("\u0662\u0660\u0662\u0665-01-01", "ASCII digits"),
        ("", "it is empty"),
    ],
)
def test_what_is_no_day_is_refused_with_its_reason(text: str, complaint: str) -> None:
    with pytest.raises(DateError) as caught:
        parse_date(text)
    assert complaint in str(caught.value)
    assert repr(text) in str(caught.value)


@given(days, st.integers(min_value=-2000, max_value=2000))
def test_months_clamp_to_the_last_day(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


def test_the_calendar_has_an_end() -> None:
    with pytest.raises(DateError, match="outside the years 1 to 9999"):
        after("9999J", date(2025, 1, 1))
    with pytest.raises(DateError, match="outside the years 1 to 9999"):
        after("-1T", date(1, 1, 1))


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        (date(2011, 6, 15), date(2025, 6, 14), 13),
        (date(2011, 6, 15), date(2025, 6, 15), 14),
        (date(2012, 2, 29), date(2025, 2, 28), 12),
        (date(2012, 2, 29), date(2025, 3, 1), 13),
        (date(2012, 2, 29), date(2024, 2, 29), 12),
        (date(2025, 1, 1), date(2025, 1, 1), 0),
    ],
)
def test_a_year_of_life_is_full_on_the_birthday(birth: date, day: date, age: int) -> None:
    assert age_on(birth, day) == age


def test_nobody_has_an_age_before_birth() -> None:
    with pytest.raises(DateError, match="before the birth"):
        age_on(date(2025, 1, 2), date(2025, 1, 1))


# --- Periods ----------------------------------------------------------------------------------------------------------


def test_both_ends_belong_to_a_period() -> None:
    january = Period.parse("2025-01-01/2025-01-31")
    assert january.days == 31
    assert date(2025, 1, 1) in january
    assert date(2025, 1, 31) in january
    assert date(2025, 2, 1) not in january


@pytest.mark.parametrize("text", ["2025-01-01/..", "2025-01-01/", "01.01.2025/.."])
def test_a_period_without_an_end_runs_on(text: str) -> None:
    period = Period.parse(text)
    assert period.end is None
    assert period.days is None
    assert date(9999, 12, 31) in period
    assert str(period) == "2025-01-01/.."


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("2025-01-01", "a period is written START/END"),
        ("2025-01-31/2025-01-01", "the end lies before the start"),
        ("2025-01-01/2025-02-30", "has only 28 days"),
        ("/2025-01-01", "it is empty"),
        ("2025-01-01/2025-01-02/2025-01-03", "expected YYYY-MM-DD"),
    ],
)
def test_what_is_no_period_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(DateError) as caught:
        Period.parse(text)
    assert complaint in str(caught.value)


@given(periods)
def test_a_written_period_is_read_back(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(periods, periods, days)
def test_an_intersection_holds_the_days_of_both(first: Period, second: Period, day: date) -> None:
    common = first.intersect(second)
    assert (common is not None) == first.overlaps(second) == second.overlaps(first)
    assert (common is not None and day in common) == (day in first and day in second)
    if common is not None:
        assert first.contains(common)
        assert second.contains(common)


@given(periods, periods)
def test_a_period_contains_another_when_nothing_of_it_is_left_outside(outer: Period, inner: Period) -> None:
    assert outer.contains(inner) == (outer.intersect(inner) == inner)


def test_phases_of_a_case_follow_each_other_without_a_gap() -> None:
    first, second = Period.parse("2025-01-01/2025-02-28"), Period.parse("2025-03-01/2025-12-31")
    third = Period.parse("2026-01-01/..")
    assert is_gapless([third, first, second])
    assert not is_gapless([first, third])
    assert gaps([third, first]) == [second]
    assert not is_gapless([first, Period.parse("2025-02-28/..")])
    assert gaps([first, Period.parse("2025-02-28/..")]) == []
    assert is_gapless([])


@given(st.lists(closed_periods, min_size=1, max_size=6), days)
def test_a_gap_lies_between_periods_and_in_none(spans: list[Period], day: date) -> None:
    ends = [span.end for span in spans if span.end is not None]
    inside = min(span.start for span in spans) <= day <= max(ends)
    in_gap = any(day in gap for gap in gaps(spans))
    assert in_gap == (inside and not any(day in span for span in spans))


# --- Date formulas ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "result"),
    [("<CQ+1M-10D>", date(1996, 7, 20)), ("<-WD2>", date(1996, 5, 14)), ("<CM+30D>", date(1996, 6, 30))],
)
def test_the_examples_of_business_central_come_out(formula: str, result: date) -> None:
    # «System.CalcDate Method», example 2, whose reference date is 21 May 1996, a Tuesday
    assert after(formula, date(1996, 5, 21)) == result


@pytest.mark.parametrize(
    ("formula", "day", "result"),
    [
        ("1M", date(2025, 1, 31), date(2025, 2, 28)),
        ("1M", date(2024, 1, 31), date(2024, 2, 29)),
        ("-1M", date(2025, 3, 31), date(2025, 2, 28)),
        ("1J", date(2024, 2, 29), date(2025, 2, 28)),
        ("1Q", date(2025, 11, 30), date(2026, 2, 28)),
        ("10T", date(2025, 1, 25), date(2025, 2, 4)),
        ("+30T", date(2025, 1, 1), date(2025, 1, 31)),
        ("2W", date(2025, 1, 1), date(2025, 1, 15)),
        ("-2M", date(2025, 1, 15), date(2024, 11, 15)),
        ("0T", date(2025, 1, 15), date(2025, 1, 15)),
        ("LM", date(2024, 2, 3), date(2024, 2, 29)),
        ("+LM", date(2025, 2, 28), date(2025, 2, 28)),
        ("-LM", date(2025, 1, 17), date(2025, 1, 1)),
        ("LM+10T", date(2025, 2, 3), date(2025, 3, 10)),
        ("-LM+1M", date(2025, 1, 31), date(2025, 2, 1)),
        ("LM+1M", date(2025, 2, 3), date(2025, 3, 28)),
        ("LQ", date(2025, 8, 3), date(2025, 9, 30)),
        ("-LQ", date(2025, 8, 3), date(2025, 7, 1)),
        ("LJ", date(2025, 8, 3), date(2025, 12, 31)),
        ("-LJ", date(2025, 8, 3), date(2025, 1, 1)),
        ("LW", date(2025, 1, 1), date(2025, 1, 5)),
        ("-LW", date(2025, 1, 1), date(2024, 12, 30)),
        ("LT", date(2025, 1, 1), date(2025, 1, 1)),
        ("WT5", date(2025, 1, 1), date(2025, 1, 3)),
        ("WT3", date(2025, 1, 1), date(2025, 1, 8)),
        ("-WT3", date(2025, 1, 1), date(2024, 12, 25)),
        ("T15", date(2025, 1, 10), date(2025, 1, 15)),
        ("T15", date(2025, 1, 15), date(2025, 2, 15)),
        ("T31", date(2025, 1, 31), date(2025, 2, 28)),
        ("-T31", date(2025, 3, 1), date(2025, 2, 28)),
        ("3M-CQ+WD1", date(2021, 6, 15), date(2021, 7, 5)),
        ("5M-CY+7M-1D", date(2021, 10, 15), date(2022, 7, 31)),
    ],
)
def test_formulas_mean_what_contracts_mean_by_them(formula: str, day: date, result: date) -> None:
    assert after(formula, day) == result


@pytest.mark.parametrize("text", ["-LM+1M", "-CM+1M", "-CM+1m", " - LM + 1 M ", "<-CM+1M>", "-lm+1M", "< -LM+1M >"])
def test_one_formula_has_many_spellings_and_one_canonical_form(text: str) -> None:
    formula = DateFormula.parse(text)
    assert str(formula) == "-CM+1M"
    assert formula.format("de") == "-LM+1M"


def test_german_and_english_letters_stand_side_by_side() -> None:
    assert DateFormula.parse("LM+10D") == DateFormula.parse("CM+10T")
    assert DateFormula.parse("WT2-1Y") == DateFormula.parse("WD2-1J")


@given(formulas, st.sampled_from(["en", "de"]))
def test_a_written_formula_is_read_back(formula: DateFormula, language: str) -> None:
    text = formula.format("de" if language == "de" else "en")
    assert DateFormula.parse(text) == formula


@given(formulas, days)
def test_every_formula_gives_a_day(formula: DateFormula, day: date) -> None:
    result = formula.apply(day)
    last = formula.steps[-1]
    if last.kind is StepKind.NEXT and last.unit is Unit.WEEKDAY:
        assert result.isoweekday() == last.number
    if last == FormulaStep(1, StepKind.CURRENT, Unit.MONTH):
        assert (result + timedelta(days=1)).day == 1


@given(days, st.integers(min_value=1, max_value=31), signs)
def test_the_next_day_of_a_month_lies_ahead_and_no_more_than_two_months_off(day: date, number: int, sign: int) -> None:
    there = after(f"{'-' if sign < 0 else ''}T{number}", day)
    assert 0 < (there - day).days * sign <= 31 + 3
    assert there.day == number or (there + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 1, "expected a number and unit"),
        ("1", 2, "expected a unit"),
        ("1X", 2, "expected a unit"),
        ("M", 1, "expected a number and unit"),
        ("L", 2, "expected a unit"),
        ("LWT", 2, "expected a unit"),
        ("1WT", 2, "expected a unit"),
        ("W3", 1, "expected a number and unit"),
        ("WT8", 3, "expected a number from 1 to 7"),
        ("WT", 3, "expected a number from 1 to 7"),
        ("T32", 2, "expected a number from 1 to 31"),
        ("10000T", 1, "expected a number from 0 to 9999"),
        ("9" * 5000 + "T", 1, "expected a number from 0 to 9999"),
        ("1M1T", 3, "expected + or - before the next part"),
        ("1M+", 4, "expected a number and unit"),
        ("+-1M", 2, "expected a number and unit"),
        ("1,5M", 2, "expected a unit"),
        ("1 0T", 3, "expected a unit"),
        ("<1X>", 3, "expected a unit"),
        ("<1M", 1, "expected a number and unit"),
        ("\u0661T", 1, "expected a number and unit"),
    ],
)
def test_a_slip_in_a_formula_is_named_with_its_place(text: str, position: int, expected: str) -> None:
    with pytest.raises(FormulaError) as caught:
        DateFormula.parse(text)
    assert caught.value.position == position
    assert caught.value.expected.startswith(expected)
    assert f"at character {position}" in str(caught.value)


@given(st.text(alphabet="+-<> 0123456789LCTDWMQJYx\u0661", max_size=10))
def test_any_text_is_either_a_formula_or_a_formula_error(text: str) -> None:
    try:
        formula = DateFormula.parse(text)
    except FormulaError as error:
        place = error.position
    else:
        place = 1
        assert DateFormula.parse(str(formula)) == formula
    assert 1 <= place <= len(text) + 1


def test_monthly_deliveries_from_the_31st_stay_at_the_end_of_the_month() -> None:
    month_ends = islice(DateFormula.parse("1M").occurrences(date(2025, 1, 31)), 5)
    assert [day.isoformat()[5:] for day in month_ends] == ["01-31", "02-28", "03-31", "04-30", "05-31"]


def test_billing_on_the_first_of_every_month_whatever_the_start() -> None:
    firsts = islice(DateFormula.parse("-LM+1M").occurrences(date(2025, 1, 17)), 4)
    assert list(firsts) == [date(2025, 1, 17), date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1)]


@pytest.mark.parametrize("formula", ["LM", "-1M", "0T", "-LM"])
def test_a_formula_that_stands_still_makes_no_series(formula: str) -> None:
    with pytest.raises(FormulaError, match="leads to a later day"):
        list(islice(DateFormula.parse(formula).occurrences(date(2025, 1, 31)), 3))
