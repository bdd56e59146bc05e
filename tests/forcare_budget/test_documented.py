"""What a user can set, type or be told stands in the documentation, and every code is declared once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from billhook_forcare_budget import checking, limits
from billhook_forcare_budget.commands import app
from billhook_forcare_budget.settings import BudgetSettings, FactRule
from billhook_forcare_budget.statute import load_statute

RULES = (*checking.RULES, *limits.RULES)


@pytest.fixture(scope="module")
def page(project: Path) -> str:
    return (project / "docs" / "reference" / "budgets.md").read_text(encoding="utf-8")


def test_codes_are_unique_and_every_rule_says_how_to_mend_it_and_where_it_is_from() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert all(rule.code.startswith("BUD-") and rule.mend and rule.source for rule in RULES)


def test_every_code_is_on_the_page(page: str) -> None:
    named = set(re.findall(r"BUD-[A-Z]+-\d{3}", page))
    assert {rule.code for rule in checking.RULES} <= named
    # The codes of the limit table stand there as a range.
    assert "`BUD-LIM-001` … `BUD-LIM-011`" in page
    assert [rule.code for rule in limits.RULES] == [f"BUD-LIM-{number:03}" for number in range(1, 12)]


@pytest.mark.parametrize("name", [*BudgetSettings.model_fields, *FactRule.model_fields])
def test_every_setting_is_on_the_page(page: str, name: str) -> None:
    assert f"`{name}`" in page


def _words(commands: typer.Typer, before: str = "budget") -> Iterator[str]:
    for command in commands.registered_commands:
        yield command.name or ""
    for group in commands.registered_groups:
        yield f"{before} {group.name}"
        if group.typer_instance is not None:
            yield from _words(group.typer_instance, f"{before} {group.name}")


def test_every_command_is_on_the_page(page: str) -> None:
    section = page.partition("## Commands")[2].partition("## ")[0]
    missing = [word for word in _words(app) if not re.search(rf"\b{re.escape(word)}\b", section)]
    assert missing == []


def test_the_amounts_of_the_statute_on_the_page_are_those_of_the_table(page: str) -> None:
    section = page.partition("## The statute")[2].partition("## ")[0]
    shown = {int(text.replace(" ", "")) * 100 for text in re.findall(r"(\d(?: \d{3})|\d{3}) €", section)}
    statute = load_statute()
    amounts = [one.amount for one in statute.budgets] + [one.amount for one in statute.transfers]
    assert shown == {*amounts, *(one.amount for one in statute.pools)}
