"""What stands on the papers of § 42a SGB XI, worked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from billhook_forcare_budget.letters import letter
from billhook_forcare_budget.papers import Kind, due
from tests.forcare_budget.desk import Desk, desk, stay

TODAY = date(2026, 6, 2)


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Desk]:
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}", mode="statutory")
    one.takes(
        stay("care", "A1", date(2026, 5, 1), 10, "100.00"),
        stay("board", "B1", date(2026, 5, 1), 10, "30.00", payer="brook-south"),
        stay("respite", "A2", date(2026, 5, 20), 4, "50.00"),
    )
    yield one
    one.home.close()


def test_the_overview_shows_all_costs_and_what_goes_against_the_common_amount(clerk: Desk) -> None:
    """§ 42a Abs. 3: the costs of the stay, and clearly which of them are meant for the common yearly amount."""
    paper = letter(clerk.home, Kind.OVERVIEW, "K-1", date(2026, 5, 1), TODAY)
    assert paper.address == ["Ida Bergmann"]
    assert paper.subject == "Übersicht über Ihre Aufwendungen im 05/2026"
    assert [list(row) for row in paper.table[1:]] == [
        ["Kurzzeitpflege (§ 42 SGB XI)", "01.05.2026", "10.05.2026", "10", "1300,00", "1000,00"],
        ["Verhinderungspflege (§ 39 SGB XI)", "20.05.2026", "23.05.2026", "4", "200,00", "200,00"],
        ["Summe", "", "", "", "1500,00", "1200,00"],
    ]
    # 3 539 − 1 000 − 200
    assert "Nach den uns bekannten Leistungen sind 2026 danach noch 2339,00 € übrig." in paper.after


def test_the_notice_goes_to_the_fund_and_says_until_when(clerk: Desk) -> None:
    """§ 42a Abs. 2: by the end of the month after the month of the service."""
    paper = letter(clerk.home, Kind.NOTICE, "K-1", date(2026, 5, 1), TODAY)
    assert paper.address == ["brook-north"]
    assert "Die Anzeige ist bis zum 30.06.2026 fällig." in paper.after
    assert paper.sender == ["Haus am Bach"]


@pytest.mark.parametrize(
    ("service", "last"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 11, 2), date(2026, 12, 31)),
        (date(2026, 12, 24), date(2027, 1, 31)),
    ],
)
def test_a_notice_is_due_at_the_end_of_the_following_month(service: date, last: date) -> None:
    assert due(service) == last
