"""`billhook clients`: what the commands say, and that their JSON has the keys of the reference page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Clerk

SENDER = """
[[client_invoices.senders]]
provider = "591104278"
name = "Sanitätshaus Lindenhof GmbH"
street = "Lindenallee 3"
postal_code = "70001"
city = "Stuttgart"
"""
ADDRESS = ("--street", "Uferweg 7", "--postal-code", "70002", "--city", "Stuttgart")


@pytest.fixture
def clerk(billed: Clerk) -> Clerk:
    """A clerk whose settings say who writes to clients."""
    config = billed.home / "billhook.toml"
    config.write_text(config.read_text("utf-8") + SENDER, "utf-8")
    return billed


def keys(project: Path, name: str) -> set[str]:
    page = (project / "docs" / "reference" / "cli.md").read_text("utf-8")
    section = page.split(f"## billhook clients {name}\n")[1].split("\n## ")[0]
    (sentence,) = re.findall(r"With `--json`:(.*?\.)\n", section, re.DOTALL)
    return set(re.findall(r"`([a-z_0-9]+)`", sentence))


def test_the_whole_way_by_json(clerk: Clerk, project: Path) -> None:
    def same(name: str, told: Any) -> Any:
        for each in told if isinstance(told, list) else [told]:
            assert set(each) == keys(project, name)
        return told

    same("address", clerk.asks("clients", "address", "K-1001", *ADDRESS))
    made = same("invoice", clerk.asks("clients", "invoice", "--client", "K-1001"))
    (one,) = same("list", made["invoices"])
    number = one["number"]
    assert (one["client"], one["amount"], one["open"]) == ("K-1001", 1000, 1000)
    assert [Path(path).name for path in made["files"]] == [f"{number}.pdf"]
    assert same("list", clerk.asks("clients", "list", "--open")) == [one]
    content = same("show", clerk.asks("clients", "show", number))
    assert content["client"]["street"] == "Uferweg 7"
    paid = same("pay", clerk.asks("clients", "pay", number, "4,00", "--booked", "2026-12-01"))
    assert paid["open"] == 600
    gone = same("cancel", clerk.asks("clients", "cancel", number, "--reason", "wrong name"))
    assert gone["invoices"][0]["cancels"] == number


def test_the_whole_way_in_words(clerk: Clerk) -> None:
    clerk.runs("clients", "address", "K-1001", *ADDRESS)
    assert "1 invoice would be made." in clerk.runs("clients", "invoice", "--client", "K-1001", "--dry-run").out
    assert "There is no such invoice." in clerk.runs("clients", "list").out
    out = clerk.runs("clients", "invoice", "--client", "K-1001").out
    number = next(word for word in out.split() if word.startswith("K20"))
    assert "10,00" in out
    assert "copayment" in clerk.runs("clients", "show", number).out
    assert "it is settled" in clerk.runs("clients", "pay", number, "10.00", "--booked", "2026-12-01").out
    assert "There is no such invoice." in clerk.runs("clients", "list", "--open").out


def test_clients_without_an_address_end_with_findings(clerk: Clerk) -> None:
    told = clerk.runs("clients", "invoice", exits=1)
    assert "no postal address" in told.out
    assert "0 invoices made." in told.out


@pytest.mark.parametrize(
    ("arguments", "exits", "says"),
    [
        (("due", "--client", "K-9"), 1, "there is no client 'K-9'"),
        (("invoice", "--until", "31.12.2025"), 2, "write YYYY-MM-DD"),
        (("show", "K2026-000009"), 1, "there is no client invoice"),
        (("pay", "K2026-000009", "1,005", "--booked", "2026-12-01"), 2, "no amount of whole cents"),
        (("pay", "K2026-000009", "1,00", "--booked", "2026-12-01"), 1, "there is no client invoice"),
        (("cancel", "K2026-000009", "--reason", ""), 3, "say why"),
        (("address", "K-9", *ADDRESS), 1, "there is no client 'K-9'"),
    ],
)
def test_what_is_wrong_is_said(clerk: Clerk, arguments: tuple[str, ...], exits: int, says: str) -> None:
    told = clerk.runs("clients", *arguments, exits=exits)
    assert says in " ".join(re.sub(r"[│╭╮╰╯─]", " ", told.err).split())


def test_wrong_settings_end_with_their_code(clerk: Clerk) -> None:
    config = clerk.home / "billhook.toml"
    config.write_text(config.read_text("utf-8") + "[client_invoices]\nminimum = -1\n", "utf-8")
    assert "billhook.toml" in clerk.runs("clients", "due", exits=4).err
