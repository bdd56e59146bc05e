"""A workspace with the made-up Brook fund and the budgets: north is the care fund, south the clients themselves.

Code A1 is short-term care, A2 respite care, B1 board and lodging (in no budget), C1 hours of assistance.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import billhook_forcare_budget.plugin as budget
from billhook.billing.checking import CheckResult, check
from billhook.billing.exporting import ExportResult, export
from billhook.billing.importing import import_items
from billhook.plugins import Registry
from billhook.store import Workspace
from billhook_forcare_budget.entries import Entry
from billhook_forcare_budget.ledger import add_limits, entries_of, reader
from billhook_forcare_budget.limits import Limit
from tests.support.toy import ToyPlugin, ToyScheme

NOW = datetime(2026, 11, 14, 9, 30, tzinfo=UTC)

RULES = """
[plugins.forcare_budget]
mode = "{mode}"
on_excess = "{on_excess}"
next_payers = [{{ debtor_group = "PK", payer = "brook-south" }}]

[plugins.forcare_budget.provider]
name = "Haus am Bach"

[[plugins.forcare_budget.rules]]
match = {{ code = "B*" }}
care_area = "Wohnen"
debtor_group = "PK"
contract_kind = "Kurz"
excluded = true
[[plugins.forcare_budget.rules]]
match = {{ code = "C1" }}
care_area = "Wohnen"
debtor_group = "PK"
contract_kind = "FLS"
hours = true
[[plugins.forcare_budget.rules]]
match = {{ code = "A1", payer = "brook-north" }}
care_area = "Wohnen"
debtor_group = "PK"
contract_kind = "Kurz"
[[plugins.forcare_budget.rules]]
match = {{ code = "A1", payer = "brook-south" }}
care_area = "Wohnen"
debtor_group = "SZ"
contract_kind = "Kurz"
[[plugins.forcare_budget.rules]]
match = {{ code = "A2" }}
care_area = "Wohnen"
debtor_group = "PK"
contract_kind = "Verh"
"""


def stay(
    number: str,
    code: str,
    first: date,
    days: int,
    a_day: str,
    *,
    client: str = "K-1",
    payer: str = "brook-north",
    **more: Any,
) -> dict[str, Any]:
    """A row of an import file: so many days at a price a day."""
    return {
        "scheme": "toy",
        "number": number,
        "provider": "p1",
        "voucher": number,
        "line": 1,
        "payer": payer,
        "client": {"number": client, "family_name": "Bergmann", "given_name": "Ida"},
        "code": code,
        "service_from": first.isoformat(),
        "service_to": (first + timedelta(days=days - 1)).isoformat(),
        "quantity": str(days),
        "unit": "d",
        "unit_price": a_day,
        "details": {"branch": "north", "prescribed_on": "2000-01-01"},
        **more,
    }


@dataclass
class Desk:
    """A clerk's desk."""

    home: Workspace
    files: int = 0

    def takes(self, *rows: dict[str, Any], update: bool = False) -> None:
        """Import stays."""
        self.files += 1
        path = self.home.path / f"rows-{self.files}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        result = import_items(self.home, path, update=update)
        assert not any(finding.is_error for finding in result.findings), result.findings

    def checks(self, **more: Any) -> CheckResult:
        return check(self.home, now=NOW, **more)

    def exports(self, **more: Any) -> ExportResult:
        return export(self.home, now=NOW, **more)

    def findings(self) -> list[tuple[str, str]]:
        """Item number and code of what a check says, in order."""
        result = self.checks()
        numbers = self.numbers()
        return sorted((numbers[one.item], one.code) for one in result.findings if one.item is not None)

    def numbers(self) -> dict[int, str]:
        from billhook.store import tables  # noqa: PLC0415  # a name that tests use for other things

        with self.home.database.read() as connection:
            return {row.id: row.number for row in connection.execute(tables.item.select())}

    def limits(self, *limits: Limit) -> None:
        with self.home.database.write() as connection:
            add_limits(connection, limits)

    def entries(self, client: str = "K-1") -> list[Entry]:
        with self.home.database.read() as connection:
            return entries_of(reader(connection), [client]).get(client, [])


class OtherToy(ToyScheme):
    """The same fund under another key: a second scheme that bills the same clients."""

    key = "toy2"


def desk(
    folder: Path, url: str, *, mode: str = "seed", on_excess: str = "block_all", rules: str = RULES, more: str = ""
) -> Desk:
    plugins = Registry.of(ToyPlugin(ToyScheme(), OtherToy()), budget)
    Workspace.create(folder / "home", url=url, plugins=plugins).close()
    config = folder / "home" / "billhook.toml"
    text = config.read_text(encoding="utf-8") + rules.format(mode=mode, on_excess=on_excess) + more
    config.write_text(text, encoding="utf-8")
    return Desk(Workspace.open(folder / "home", url, plugins=plugins))


def held(result: ExportResult) -> Sequence[str]:
    return sorted(one.voucher for one in result.held)
