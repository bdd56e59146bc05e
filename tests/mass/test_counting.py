"""Days of absence and minutes of contacts, counted by the rules of the profile; expected values by hand from the rules."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from billhook_mass.absences import PaidDay, paid_days, unknown_kinds
from billhook_mass.hours import billed_hours, read_contacts, rounded
from billhook_mass.profile import AbsenceKind, AbsenceLimit, AbsenceRules, HourRules, load
from billhook_mass.registers import Absence, Stay

LWL = load("lwl-assumed").absences
JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
MARCH = (date(2026, 3, 1), date(2026, 3, 31))
THERE = Stay(1, "K-1", "H1", date(2025, 6, 1))


def away(left: date, returned: date | None, kind: str = "hospital", key: int = 1) -> Absence:
    return Absence(key, "K-1", "H1", kind, left, returned)


def counted(
    absences: list[Absence],
    period: tuple[date, date] = JANUARY,
    stays: tuple[Stay, ...] = (THERE,),
    rules: AbsenceRules = LWL,
) -> Counter[tuple[str, str, Decimal]]:
    """How many days of each kind, kind of absence and percentage."""
    days = paid_days(stays, absences, rules, *period)
    return Counter((paid.day_kind, paid.absence, paid.percent) for paid in days.values())


def present(days: int) -> dict[tuple[str, str, Decimal], int]:
    return {("present", "", Decimal(100)): days}


# --- Days -------------------------------------------------------------------------------------------------------------


def test_who_is_there_all_month_is_there_on_every_day() -> None:
    assert counted([]) == present(31)


def test_the_days_of_leaving_and_coming_back_are_days_of_presence() -> None:
    # Left on the 9th, back on the 14th: away on 10, 11, 12, 13.
    assert counted([away(date(2026, 1, 9), date(2026, 1, 14))]) == {
        **present(27),
        ("reserved", "hospital", Decimal(75)): 4,
    }


def test_up_to_three_days_the_full_rate_is_paid() -> None:
    assert counted([away(date(2026, 1, 9), date(2026, 1, 13))]) == {
        **present(28),
        ("reserved", "hospital", Decimal(100)): 3,
    }


def test_a_longer_absence_has_the_lower_rate_from_its_first_day_on() -> None:
    assert counted([away(date(2026, 1, 9), date(2026, 1, 14))])["reserved", "hospital", Decimal(100)] == 0


def test_an_absence_over_the_end_of_the_month_is_one_absence() -> None:
    # Away from 30 December to 2 January, four days: two of them in January, at 75 % although they are only two.
    assert counted([away(date(2025, 12, 29), date(2026, 1, 3))]) == {
        **present(29),
        ("reserved", "hospital", Decimal(75)): 2,
    }


def test_an_absence_that_goes_on_lasts_to_the_end_of_the_month() -> None:
    assert counted([away(date(2026, 1, 20), None)]) == {**present(20), ("reserved", "hospital", Decimal(75)): 11}


def test_twenty_eight_days_a_year_are_paid_and_no_more() -> None:
    # Away on all of January from the 2nd (30 days): 28 at 75 %, the last two at nothing.
    assert counted([away(date(2026, 1, 1), None)]) == {
        **present(1),
        ("reserved", "hospital", Decimal(75)): 28,
        ("unpaid", "hospital", Decimal(0)): 2,
    }


def test_the_limit_adds_up_the_year_over_all_kinds_that_share_it() -> None:
    # 20 days of leave in January and February, then hospital in March: 8 days are left.
    leave = away(date(2026, 1, 20), date(2026, 2, 10), kind="leave", key=1)
    hospital = away(date(2026, 3, 4), date(2026, 3, 20), key=2)  # 5 to 19 March: 15 days
    assert counted([leave, hospital], MARCH) == {
        **present(16),
        ("reserved", "hospital", Decimal(75)): 8,
        ("unpaid", "hospital", Decimal(0)): 7,
    }


def test_short_absences_do_not_use_the_limit_up() -> None:
    short = [away(date(2026, 2, day), date(2026, 2, day + 2), key=day) for day in range(1, 25, 3)]
    long = away(date(2026, 2, 27), date(2026, 3, 28), key=99)  # 28 February to 27 March: 28 days
    assert counted([*short, long], MARCH)["unpaid", "hospital", Decimal(0)] == 0


def test_the_limit_begins_anew_with_the_year() -> None:
    before = away(date(2025, 11, 1), date(2025, 12, 30), key=1)
    now = away(date(2026, 1, 9), date(2026, 1, 20), key=2)
    assert counted([before, now])["reserved", "hospital", Decimal(75)] == 10


def test_several_absences_on_one_day_are_counted_once_for_the_kind_that_the_profile_has_first() -> None:
    leave = away(date(2026, 1, 4), date(2026, 1, 20), kind="leave", key=1)  # 5 to 19
    hospital = away(date(2026, 1, 9), date(2026, 1, 14), key=2)  # 10 to 13
    assert counted([leave, hospital]) == {
        **present(16),
        ("reserved", "leave", Decimal(75)): 11,
        ("reserved", "hospital", Decimal(75)): 4,
    }


def test_days_are_clipped_to_the_stay() -> None:
    stay = Stay(1, "K-1", "H1", date(2026, 1, 5), date(2026, 1, 20))
    # Admission and discharge are days of presence: 5 to 20 January are 16 days, of which 16 to 20 are away.
    assert counted([away(date(2026, 1, 15), None)], stays=(stay,)) == {
        **present(11),
        ("reserved", "hospital", Decimal(75)): 5,
    }


def test_who_moves_to_another_home_does_not_pay_the_last_day() -> None:
    assert counted([], stays=(Stay(1, "K-1", "H1", date(2026, 1, 1), date(2026, 1, 20), moved=True),)) == present(19)
    assert counted([], stays=(Stay(1, "K-1", "H1", date(2026, 1, 1), date(2026, 1, 20)),)) == present(20)


def test_less_than_a_day_is_a_day() -> None:
    assert counted([], stays=(Stay(1, "K-1", "H1", date(2026, 1, 7), date(2026, 1, 7)),)) == present(1)


def test_rules_may_pay_per_event_and_take_board_off() -> None:
    # As a public model of Berlin: 100 % less board, 42 days for each absence.
    rules = AbsenceRules(
        kinds={
            "hospital": AbsenceKind(
                percent=Decimal(100), deduction=Decimal("4.10"), limit=AbsenceLimit(days=2, per="event")
            )
        }
    )
    first, second = away(date(2026, 1, 4), date(2026, 1, 8), key=1), away(date(2026, 1, 14), date(2026, 1, 18), key=2)
    days = paid_days([THERE], [first, second], rules, *JANUARY)
    assert days[date(2026, 1, 5)] == PaidDay("reserved", "hospital", Decimal(100), Decimal("4.10"))
    assert counted([first, second], rules=rules) == {
        **present(25),
        ("reserved", "hospital", Decimal(100)): 4,
        ("unpaid", "hospital", Decimal(0)): 2,
    }


def test_the_day_of_leaving_may_count_as_away() -> None:
    rules = LWL.model_copy(update={"departure_day": "absent", "return_day": "absent"})
    assert counted([away(date(2026, 1, 10), date(2026, 1, 13))], rules=rules)["reserved", "hospital", Decimal(75)] == 4


def test_a_kind_that_the_profile_does_not_have_is_named() -> None:
    absences = [away(date(2026, 1, 4), date(2026, 1, 9), kind="cruise")]
    assert unknown_kinds(absences, LWL) == {"cruise"}
    assert counted(absences) == present(31)


# --- Hours ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "billed"), [(1, 1), (6, 6), (7, 10), (10, 10), (11, 20), (55, 60), (60, 60), (61, 70)]
)
def test_a_contact_is_rounded_as_lwl_does(minutes: int, billed: int) -> None:
    assert rounded(minutes, HourRules()) == billed


def test_an_hour_with_indirect_time_costs_90_euros_and_a_missed_one_60() -> None:
    # The payer's own example: 1 h × 1.2 × 75 € = 90 €; missed: planned hour × 80 % of 75 € = 60 €.
    held = billed_hours([60], missed=False, rules=HourRules())
    missed = billed_hours([60], missed=True, rules=HourRules())
    assert held * 75 == 90
    assert missed * 75 * Decimal("0.8") == 60


def test_indirect_time_is_taken_from_the_raw_minutes() -> None:
    # 55 minutes are billed as 60, and a fifth of 55 is 11: 71 minutes.
    assert billed_hours([55], missed=False, rules=HourRules()) == Decimal("1.1833")


def test_missed_contacts_are_not_rounded() -> None:
    assert billed_hours([45], missed=True, rules=HourRules()) == Decimal("0.7500")


@pytest.mark.parametrize("text", ["1.5", "60,7", "-60", "60m", "", "99999", "٦٠"])
def test_what_are_no_minutes_is_not_guessed(text: str) -> None:
    assert read_contacts(text) is None
