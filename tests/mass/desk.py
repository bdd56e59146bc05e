"""A provider's desk: a workspace with a home and a workshop, whose months are built from what is entered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from billhook.billing.checking import CheckResult, check
from billhook.billing.exporting import ExportResult, export
from billhook.billing.importing import import_items
from billhook.plugins import Registry
from billhook.store import Workspace
from billhook_mass import plugin
from billhook_mass.months import BuiltMonth, build_month
from billhook_mass.phasing import set_phase
from billhook_mass.registering import Book, Entered, import_book
from billhook_mass.registers import Phase

BERLIN = ZoneInfo("Europe/Berlin")

SETTINGS = """
[schemes.mass]
profile = "{profile}"
invoice_number = "{{year}}-{{n:06d}}"

[schemes.mass.sender]
name = "Haus am Anger gGmbH"
street = "Anger 1"
place = "00000 Musterstadt"
iban = "DE02120300000000202051"

[[schemes.mass.payers]]
key = "lwl"
name = "LWL-Inklusionsamt Soziale Teilhabe"

[[schemes.mass.facilities]]
number = "H1"
name = "Haus am Anger"
references = [{{ payer = "lwl", biller = "LE-15", facility = "E-0815" }}]

[[schemes.mass.facilities]]
number = "W1"
name = "Werkstatt am Anger"
references = [{{ payer = "lwl", biller = "LE-12", facility = "E-4712" }}]
"""

RATES = "facility;service;unit;rate;from;to\nH1;WOHNEN;day;142,35;01.01.2026;\nW1;ARBEIT;month;1104,20;01.01.2026;\n"


class Desk:
    """A workspace and what a clerk does in it."""

    def __init__(self, folder: Path, *, profile: str = "lwl-assumed", url: str | None = None) -> None:
        self.folder = folder
        registry = Registry.of(plugin)
        home = folder / "home"
        Workspace.create(home, url=url, plugins=registry).close()
        config = home / "billhook.toml"
        database = config.read_text("utf-8").partition("\n# MASS")[0]
        config.write_text(database + SETTINGS.format(profile=profile), encoding="utf-8")
        self.workspace = Workspace.open(home, url, plugins=registry)

    def close(self) -> None:
        """Give the database back."""
        self.workspace.close()

    def enter(self, book: Book, text: str) -> Entered:
        """Take a CSV in."""
        path = self.folder / f"{book.value}.csv"
        path.write_text(text, encoding="utf-8")
        return import_book(self.workspace, book, path)

    def residents(self, count: int = 1, *, absences: str = "") -> None:
        """So many residents with a grant and a stay since January, the agreed rates, and absences."""
        grants = "number;client;payer;reference;facility;service;unit;from;to;family_name;given_name;birth_date\n"
        stays = "client;facility;admitted;discharged\n"
        for key in range(1, count + 1):
            grants += (
                f"Z-{key};K-{key};lwl;52.2-{key:04d};H1;WOHNEN;day;01.01.2026;31.12.2026;Muster;Erika;01.02.1980\n"
            )
            stays += f"K-{key};H1;01.01.2026;\n"
        assert not self.enter(Book.GRANTS, grants).refused
        assert not self.enter(Book.RATES, RATES).refused
        assert not self.enter(Book.STAYS, stays).refused
        if absences:
            assert not self.enter(Book.ABSENCES, "client;facility;kind;left;returned\n" + absences).refused

    def phase(self, phase: Phase, start: str = "2026-01-01", facility: str = "H1", document: str = "") -> None:
        """Enter a phase, with the phases that must come before it."""
        order = [Phase.CANDIDATE, Phase.UNLOCKED, Phase.PILOT, Phase.LIVE]
        day = date.fromisoformat(start)
        steps = order[1 : order.index(phase) + 1] if phase in order else [phase]
        for step in steps:
            papers = document or "Freigabe vom 15.12.2025" if step is Phase.LIVE else ""
            set_phase(self.workspace, "lwl", facility, step, day, document=papers)

    def month(self, month: str, facility: str = "H1") -> BuiltMonth:
        """Build a month."""
        return build_month(self.workspace, month, facility)

    def check(self, day: str = "2026-02-05") -> CheckResult:
        """Check what is open."""
        return check(self.workspace, now=at(day))

    def export(self, day: str = "2026-02-05") -> ExportResult:
        """Export what is clean."""
        return export(self.workspace, now=at(day))

    def items(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Import items as a program of one's own would write them."""
        path = self.folder / "items.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        done = import_items(self.workspace, path, scheme="mass")
        assert done.stored, done.findings


def at(day: str, hour: int = 10) -> datetime:
    """A moment in Berlin."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), BERLIN).replace(hour=hour)
