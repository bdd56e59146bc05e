"""The reference page says what the tables say, and every code that the wire reports is in its table."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

import billhook.wire
from billhook.wire import PROBLEM_KINDS, Group, OneOf, Use, any_number, optional
from billhook.wire.reference import message_page, order, problem_page, record_page, segment_page
from tests.core.wire.ferry import FERR, TRP
from tests.core.wire.test_fixed import TICKET

SOURCES = sorted(Path(billhook.wire.__file__).parent.glob("*.py"))


def test_a_segment_becomes_a_table_with_a_row_a_field() -> None:
    page = segment_page(TRP)
    assert page.startswith("### TRP: Trip\n\nFerry 5 TRP\n")
    assert "| 1:1 | `line` | Linie | AN | 2 | M | str |  |\n" in page
    assert "| 2 | `seats` | Plätze | N | ..4,2 | M | Decimal |  |\n" in page
    assert "| 3 | `seat_kind` | Platzart | AN | 2 | K | str | since V20 |\n" in page
    assert "| – | `token` | Marke | AN | 22..256 | K | str | until V20 |\n" in page
    assert page.count("\n| ") == len(TRP.fields) + 2


def test_a_message_shows_its_order_and_all_its_segments() -> None:
    page = message_page(FERR)
    assert "UNH (PAS ((TRP BAG? FEE)+ | (TRP BAG?)+ FEE+) SUM*)+ UNT" in page
    for layout in FERR.segments:
        assert f"### {layout.tag}: {layout.title}" in page


def test_the_notation_of_order() -> None:
    group = Group(
        "m", (Use("A"), optional("B"), any_number("C"), Use("D", 2, 9), Use("E", 2, None), OneOf((Use("F"), Use("G"))))
    )
    assert order(group) == "A B? C* D{2,9} E{2,} (F | G)"


def test_a_record_shows_its_positions() -> None:
    page = record_page(TICKET)
    assert "Ferry 9. 60 bytes, ISO 8859-1" in page
    assert "| 3–8 | `number` | Nummer | N | M |  | int |  |\n" in page
    assert "| 47 | `sex` | Geschlecht | AN | K |  | str |  |\n" in page


def test_every_code_in_the_source_is_in_the_table_and_the_other_way_round() -> None:
    used = set()
    for path in SOURCES:
        if path.name != "problems.py":
            used |= set(re.findall(r'"((?:EDI|FIX)-[A-Z]+-\d{3})"', path.read_text("utf-8")))
    assert used == set(PROBLEM_KINDS)


@pytest.mark.parametrize("kind", PROBLEM_KINDS.values(), ids=list(PROBLEM_KINDS))
def test_every_code_is_well_formed_and_explained(kind: billhook.wire.ProblemKind) -> None:
    assert re.fullmatch(r"(EDI|FIX)-[A-Z]{3,4}-\d{3}", kind.code)
    assert kind.text
    assert kind.mend
    assert f"| `{kind.code}` | {kind.severity} |" in problem_page()


def test_the_documentation_lists_every_code(project: Path) -> None:
    page = (project / "docs/reference/wire.md").read_text("utf-8")
    assert page.endswith(problem_page().split("\n\n", 1)[1])


@pytest.mark.parametrize("name", ["charsets", "edifact", "reference", "segments"])
def test_the_examples_of_a_module_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"billhook.wire.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
