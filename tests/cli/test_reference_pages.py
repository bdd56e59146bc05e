"""The reference pages have every command, option, exit code and variable that there is, and none that there is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from billhook.plugins import Registry
from billhook_cli.exits import MEANINGS
from billhook_cli.main import build
from tests.cli.desk import EXAMPLES, ROOT, Clerk

PAGES = ROOT / "docs" / "reference"
CLI = (PAGES / "cli.md").read_text("utf-8")


@dataclass(frozen=True)
class Leaf:
    """A command that does something: its whole name and its parameters."""

    name: str
    parameters: tuple[Any, ...]


def _leaves(command: Any, name: str) -> Iterator[Leaf]:
    if hasattr(command, "commands"):
        for part, below in command.commands.items():
            yield from _leaves(below, f"{name} {part}")
    else:
        yield Leaf(name, tuple(each for each in command.params if each.name != "help"))


ROOT_COMMAND: Any = typer.main.get_command(build(Registry.load()))
LEAVES = list(_leaves(ROOT_COMMAND, "billhook"))


def section(name: str) -> str:
    """What the page says about a command."""
    found = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", CLI, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference/cli.md has no section '## {name}'"
    return found[1]


def row(parameter: Any) -> str:
    """How an argument or option stands in a table."""
    argument = parameter.param_type_name == "argument"
    names = parameter.name.upper() if argument else ", ".join(parameter.opts)
    needed = " Needed." if parameter.required and not argument else ""
    return f"| `{names}` | {parameter.help.replace('|', chr(92) + '|')}{needed} |"


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name)
def test_a_command_is_on_the_page_with_every_option(leaf: Leaf) -> None:
    text = section(leaf.name)
    assert [row(parameter) for parameter in leaf.parameters if row(parameter) not in text] == []
    documented = len(re.findall(r"^\| `", text, re.MULTILINE))
    assert documented == len(leaf.parameters), f"the section of {leaf.name} has a row too many"


def test_no_command_is_on_the_page_that_there_is_not() -> None:
    assert re.findall(r"^## (.*)$", CLI, re.MULTILINE) == sorted(
        (leaf.name for leaf in LEAVES), key=[leaf.name for leaf in _in_page_order()].index
    )


def _in_page_order() -> list[Leaf]:
    """As the help page lists the commands."""
    order = ROOT_COMMAND.list_commands(None)
    return sorted(LEAVES, key=lambda leaf: order.index(leaf.name.split()[1]))


def test_the_options_of_all_commands_are_on_the_page() -> None:
    options = [option for parameter in ROOT_COMMAND.params for option in parameter.opts]
    assert [option for option in options if f"`{option}" not in CLI and f", {option}`" not in CLI] == []


def test_every_command_has_a_sentence_of_help() -> None:
    for leaf in LEAVES:
        for parameter in leaf.parameters:
            assert parameter.help, f"{leaf.name}: {parameter.name} has no help"


BUDGET = ROOT / "examples" / "budget"
IN_2026 = ("--area", "Wohnen", "--from", "2026-01-01", "--to", "2026-01-31", "--amount", "1000")

ASKED: dict[str, tuple[str, ...]] = {
    "billhook plugins": ("plugins",),
    "billhook items import": ("items", "import", str(EXAMPLES / "items.jsonl")),
    "billhook items schema": ("items", "schema", "p302", "--columns"),
    "billhook items list": ("items", "list"),
    "billhook items mark": ("items", "mark", "25107-1", "--mark", "02"),
    "billhook items delete": ("items", "delete", "25107-1", "--keep", "--yes"),
    "billhook items entries": ("items", "entries"),
    "billhook check": ("check",),
    "billhook errors": ("errors",),
    "billhook correct": ("correct", "--item", "25107-1", "--field", "details.prescribed_on", "2025-09-29"),
    "billhook suppress": ("suppress", "P302-EHI-007", "--reason", "x", "--until", "2099-12-31"),
    "billhook export": ("export",),
    "billhook archive list": ("archive", "list"),
    "billhook archive invoices": ("archive", "invoices"),
    "billhook archive again": ("archive", "again", "25101-1", "--yes"),
    "billhook archive delete": ("archive", "delete", "25101-1", "--reset", "--yes"),
    "billhook regenerate": ("regenerate", "1", "--yes"),
    "billhook send": ("send",),
    "billhook deductions reasons": ("deductions", "reasons"),
    "billhook status": ("status",),
    "billhook show": ("show", "item", "25101-1"),
    "billhook describe": ("describe", "out/000001/TSOL0001"),
    "billhook verify": ("verify", "out/000001/TSOL0001"),
    "billhook clients due": ("clients", "due"),
    "billhook cases list": ("cases", "list"),
    "billhook cases show": ("cases", "show", "V-2025-101"),
    "billhook journal list": ("journal", "list"),
    "billhook journal verify": ("journal", "verify"),
    "billhook budget limits list": ("budget", "limits", "list"),
    "billhook budget limits import": ("budget", "limits", "import", str(BUDGET / "limits.csv")),
    "billhook budget limits add": ("budget", "limits", "add", "--kind", "Kurz", *IN_2026, "--group", "PK"),
    "billhook budget entries list": ("budget", "entries", "list", "K-1"),
    "billhook budget entries add": ("budget", "entries", "add", "K-1", "--kind", "Kurz", *IN_2026),
    "billhook budget entries return": ("budget", "entries", "return"),
    "billhook budget hours add": ("budget", "hours", "add", "K-1", "--kind", "FLS", "--hours", "5", *IN_2026[2:6]),
    "billhook budget hours list": ("budget", "hours", "list"),
    "billhook budget hours month": ("budget", "hours", "month", "K-1", "--month", "2026-05"),
    "billhook budget recalc report": ("budget", "recalc", "report"),
    "billhook budget recalc confirm": ("budget", "recalc", "confirm"),
    "billhook budget card": ("budget", "card", "K-1"),
    "billhook budget plan": ("budget", "plan", "K-1", "--kind", "Kurz", *IN_2026),
    "billhook budget expiring": ("budget", "expiring"),
    "billhook budget split": ("budget", "split"),
    "billhook p302 payers import": ("p302", "payers", "import", str(EXAMPLES / "payers" / "EK05Q425.ke0")),
    "billhook p302 payers list": ("p302", "payers", "list"),
    "billhook p302 payers show": ("p302", "payers", "show", "104940005", "--date", "2025-11-03"),
    "billhook p302 payers route": ("p302", "payers", "route", "104940005", "--date", "2025-11-03"),
    "billhook p302 receivers list": ("p302", "receivers", "list"),
    "billhook p302 keys list": ("p302", "keys", "list"),
    "billhook p302 codes list": ("p302", "codes", "list"),
    "billhook p302 codes search": ("p302", "codes", "search", "Haushaltshilfe"),
    "billhook p302 codes legs": ("p302", "codes", "legs", "1900099"),
    "billhook p302 codes units": ("p302", "codes", "units"),
    "billhook p302 papers": ("p302", "papers"),
}

ELSEWHERE = {
    "billhook init",
    "billhook items reset",
    "billhook clients address",
    "billhook clients invoice",
    "billhook clients list",
    "billhook clients show",
    "billhook clients pay",
    "billhook clients cancel",
    "billhook p302 keys import",
    "billhook p302 keys show",
    "billhook p302 keys request",
    "billhook p302 keys accept",
}
"""Asked where there is what they need: test_commands.py and test_clients.py here, tests/p302/test_sealed_export.py."""


ASKED_WITH_ANSWERS = {
    "billhook sent", "billhook receive", "billhook resend", "billhook follow", "billhook settle open",
    "billhook settle promised", "billhook settle paid", "billhook vsb simulate", "billhook vsb verify",
    "billhook vsb profile show",
}  # fmt: skip
"""Asked where there is a payer that answers: tests/vsb/test_commands.py."""

ASKED_OF_MASS = {leaf.name for leaf in LEAVES if leaf.name.startswith("billhook mass ")}
"""Asked where a home bills its month: tests/mass/test_commands.py, which holds every one of them against the page."""

ASKED_WITH_DEDUCTIONS = {
    "billhook settle book", "billhook deductions list", "billhook deductions show", "billhook deductions add",
    "billhook deductions set", "billhook deductions close", "billhook deductions reopen",
}  # fmt: skip
"""Asked where something is owed: tests/cli/test_deductions.py."""

ASKED_WITH_LETTERS = {
    "billhook p302 advice", "billhook p302 answer file", "billhook p302 answer records", "billhook p302 answer mark",
}  # fmt: skip
"""Asked where something was sent: tests/cli/test_p302_answers.py."""


def test_every_json_document_is_asked_for() -> None:
    documented = {leaf.name for leaf in LEAVES if "With `--json`:" in section(leaf.name)}
    offered = {leaf.name for leaf in LEAVES if any(each.name in ("json", "as_json") for each in leaf.parameters)}
    assert documented == offered
    elsewhere = ELSEWHERE | ASKED_WITH_ANSWERS | ASKED_WITH_DEDUCTIONS | ASKED_WITH_LETTERS | ASKED_OF_MASS
    assert offered - elsewhere == set(ASKED)


@pytest.mark.parametrize("name", ASKED)
def test_a_json_document_has_the_keys_of_the_page(billed: Clerk, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(billed.home)
    exits = 1 if name == "billhook check" else 0
    told = billed.asks(*ASKED[name], exits=exits)
    (sentence,) = re.findall(r"With `--json`:(.*?\.)\n", section(name), re.DOTALL)
    keys = set(re.findall(r"`([a-z_0-9]+)`", sentence))
    objects = told if isinstance(told, list) else [told]
    assert objects
    assert isinstance(told, list) == ("an array of objects" in sentence)
    assert {frozenset(each) for each in objects} == {frozenset(keys)}


def test_the_exit_codes_are_those_of_the_program() -> None:
    text = (PAGES / "exit-codes.md").read_text("utf-8")
    documented = re.findall(r"^\| (\d+) \| ([A-Z]+) \| (.*) \|$", text, re.MULTILINE)
    assert documented == [(str(code.value), code.name, meaning) for code, meaning in MEANINGS.items()]


def test_every_environment_variable_is_documented() -> None:
    text = (PAGES / "workspace.md").read_text("utf-8")
    sources = [
        path
        for folder in (ROOT / "core" / "src", ROOT / "cli" / "src", *(ROOT / "plugins").glob("*/src"))
        for path in folder.rglob("*.py")
    ]
    assert len(sources) > 50
    used = {name for path in sources for name in re.findall(r"\bBILLHOOK_[A-Z_]+\b", path.read_text("utf-8"))}
    documented = set(re.findall(r"^\| `(BILLHOOK_[A-Z_]+)` \|", text, re.MULTILINE))
    assert used == documented


def test_what_the_workspace_page_lists_is_what_init_makes(fresh: Clerk) -> None:
    text = (PAGES / "workspace.md").read_text("utf-8")
    made = {path.name + ("/" if path.is_dir() else "") for path in Path(fresh.home).iterdir()}
    patterns = [re.escape(name).replace(r"\*", ".*") for name in re.findall(r"`([a-z.*/-]+)`", text)]
    assert [name for name in made if not any(re.fullmatch(pattern, name) for pattern in patterns)] == []
