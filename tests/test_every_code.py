"""Every code that a finding of §302 or of the core can have is broken by a test: no rule goes without a case.

That right data breaks none is proved beside the cases: by the vouchers that they start from, and by the golden files.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from billhook.model import Rule
from billhook_p302.formats import FORMATS
from tests.p302 import test_group_rules, test_rules
from tests.p302.faults import FAULTS
from tests.p302.faults_of_groups import FAULTS_OF_GROUPS, WARNED
from tests.p302.payers import test_reading

CODE = re.compile(r"[A-Z0-9]+-[A-Z]+-[0-9]{3}")
NAME = re.compile(r"\brules\.([A-Z][A-Z0-9_]+)\b")
WITHOUT_CASES = {"test_every_code.py", "test_languages.py"}


def rules_of(distribution: str) -> dict[str, str]:
    """The code of each rule that a module of the distribution holds under a name, with that name."""
    package = importlib.import_module(distribution)
    modules = [module.name for module in pkgutil.walk_packages(package.__path__, f"{distribution}.")]
    named = [
        (name, value)
        for each in modules
        if ".migrations" not in each
        for name, value in vars(importlib.import_module(each)).items()
    ]
    return {value.code: name for name, value in named if isinstance(value, Rule)}


def asserted(text: str) -> set[str]:
    """The codes in a test's source, without those in plain sets of names: these only say where else a case stands."""
    tree = ast.parse(text)
    lists: list[ast.expr | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.Assign(value=value) | ast.AugAssign(value=value):
                lists.append(value)
            case ast.BinOp(left=left, right=right):
                lists += [left, right]
    listed = {id(name) for each in lists if isinstance(each, ast.Set) for name in each.elts}
    words = [each for each in ast.walk(tree) if isinstance(each, ast.Constant) and id(each) not in listed]
    return {code for each in words if isinstance(each.value, str) for code in CODE.findall(each.value)}


@pytest.fixture(scope="module")
def said_in_tests(project: Path) -> tuple[set[str], set[str]]:
    """The codes in all tests, and the rules that they name."""
    texts = [path.read_text("utf-8") for path in (project / "tests").rglob("*.py") if path.name not in WITHOUT_CASES]
    return {code for text in texts for code in asserted(text)}, {name for text in texts for name in NAME.findall(text)}


@pytest.fixture(scope="module")
def broken_by_cases(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The codes of all cases of items and payer files, and of what is found in the seeded faults."""
    found = {case.code for case in test_rules.CASES} | {case.code for case in test_group_rules.CASES}
    rows: tuple[tuple[object, ...], ...] = (*test_reading.ODD, *test_reading.REFUSED)
    found |= {cell.code for row in rows for cell in row if isinstance(cell, Rule)}
    path = tmp_path_factory.mktemp("faults") / "TSOL0001"
    for fault in (*FAULTS, *FAULTS_OF_GROUPS, *WARNED):
        path.write_bytes(fault.content())
        found |= {finding.code for finding in FORMATS[0].verify(path)}
    return found


@pytest.mark.parametrize("distribution", ["billhook", "billhook_p302"])
def test_every_code_is_broken_by_a_test(
    distribution: str, broken_by_cases: set[str], said_in_tests: tuple[set[str], set[str]]
) -> None:
    rules = rules_of(distribution)
    assert rules
    codes, names = said_in_tests
    without = {code for code, name in rules.items() if code not in broken_by_cases | codes and name not in names}
    assert without == set()
