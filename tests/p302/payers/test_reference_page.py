"""The reference page lists every rule as it is declared."""

from pathlib import Path

import pytest

from billhook.model import Rule
from billhook_p302.payers.rules import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_rule_stands_on_the_page_as_declared(project: Path, rule: Rule) -> None:
    page = (project / "docs/reference/p302-payers.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| {rule.code} "))
    shown = f"| {rule.code} | {rule.severity.value} | {rule.text} | {rule.mend} | {rule.source} |"
    assert row == shown.replace("{", "`").replace("}", "`")


def test_the_page_lists_no_other_rule(project: Path) -> None:
    page = (project / "docs/reference/p302-payers.md").read_text("utf-8")
    listed = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| P302-")]
    assert listed == [rule.code for rule in RULES]
