"""`billhook status` says which answers, payments and decisions do not come."""

from __future__ import annotations

from datetime import date

import pytest

from billhook_p302.replies.reminders import working_days
from billhook_p302.replies.rules import RULES


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (date(2025, 11, 3), date(2025, 11, 3), 0),  # Monday
        (date(2025, 11, 3), date(2025, 11, 6), 3),  # to Thursday
        (date(2025, 10, 31), date(2025, 11, 2), 0),  # Friday to Sunday
        (date(2025, 10, 31), date(2025, 11, 4), 2),  # Friday to Tuesday
        (date(2025, 11, 1), date(2025, 11, 3), 1),  # Saturday to Monday
        (date(2025, 11, 3), date(2025, 11, 17), 10),
        (date(2025, 11, 5), date(2025, 11, 3), 0),
    ],
)
def test_working_days_are_mondays_to_fridays(since: date, until: date, days: int) -> None:
    assert working_days(since, until) == days


def test_every_reminder_says_what_to_do() -> None:
    # Each is raised in tests/cli/test_p302_answers.py.
    assert [rule.code for rule in RULES] == ["P302-ANS-001", "P302-ANS-002", "P302-ANS-003"]
    assert all("billhook " in rule.mend for rule in RULES)
