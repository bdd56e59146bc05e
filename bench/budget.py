"""Budgets: what holding every client's stays against limits and ledger adds to a check."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.measure import Comparison, Contestant, Task, agree, alternate

NOW: Final = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)

LIMIT: Final = 161_200
"""Cents a year, as in the seed's example."""

_RULES: Final = """
[plugins.forcare_budget]
mode = "seed"
[[plugins.forcare_budget.rules]]
match = { code = "KZP-*", payer = "care-fund" }
care_area = "Wohnen"
debtor_group = "PK"
contract_kind = "Kurz"
"""


def price(client: int) -> int:
    """Euros a day: 50 to 169, so that stays of many clients run over."""
    return 50 + client % 120


def expected(clients: int, stays: int) -> int:
    """How many stays are over: those of two days after which more than the limit was asked, counted by hand."""
    over = 0
    for client in range(clients):
        granted = 0
        for _ in range(stays):
            asked = 2 * price(client) * 100
            over += granted + asked > LIMIT
            granted = min(LIMIT, granted + asked)
    return over


def made(folder: str, clients: str, stays: str) -> dict[str, Any]:
    """A workspace with so many clients' stays, once set up for budgets and once not; a task that is not measured."""
    from billhook.billing.importing import import_items  # noqa: PLC0415 -- only the started process pays for it
    from billhook.store import Workspace  # noqa: PLC0415  # only the started process pays for it
    from billhook_forcare_budget.ledger import add_limits  # noqa: PLC0415  # only the started process pays for it
    from billhook_forcare_budget.limits import Limit, Periodicity  # noqa: PLC0415  # only the started process pays for it

    rows = Path(folder) / "stays.jsonl"
    with rows.open("w", encoding="utf-8") as file:
        for client in range(int(clients)):
            file.writelines(json.dumps(_row(client, stay)) + "\n" for stay in range(int(stays)))
    year = (date(2026, 1, 1), date(2026, 12, 31))
    limit = Limit("Wohnen", "PK", *year, Periodicity.YEAR, "Kurz", 365, LIMIT)
    items = 0
    for name, settings in (("with", _RULES), ("without", "")):
        home = Path(folder) / name
        Workspace.create(home, plugins=_plugins()).close()
        config = home / "billhook.toml"
        config.write_text(config.read_text(encoding="utf-8") + settings, encoding="utf-8")
        with Workspace.open(home, plugins=_plugins()) as workspace:
            with workspace.database.write() as connection:
                add_limits(connection, [limit])
            items = import_items(workspace, rows, scheme="carehome", now=NOW).added
    return {"items": items}


def _plugins() -> Any:
    import billhook_forcare_budget.plugin as budgets  # noqa: PLC0415 -- only the started process pays for it
    from billhook.plugins import Registry  # noqa: PLC0415  # only the started process pays for it
    from examples.budget.plugin import carehome  # noqa: PLC0415  # only the started process pays for it

    return Registry.of(carehome, budgets)


def _row(client: int, stay: int) -> dict[str, Any]:
    first = date(2026, 1, 1) + timedelta(days=30 * stay)
    number = f"{client}-{stay}"
    return {
        "number": number,
        "provider": "590000015",
        "voucher": number,
        "payer": "care-fund",
        "client": {"number": f"K-{client}", "family_name": f"Test{client}"},
        "code": "KZP-CARE",
        "service_from": first.isoformat(),
        "service_to": (first + timedelta(days=1)).isoformat(),
        "quantity": "2",
        "unit": "d",
        "unit_price": f"{price(client)}.00",
    }


def check(folder: str, name: str) -> dict[str, Any]:
    """Check everything; a task."""
    from billhook.billing.checking import check as check_items  # noqa: PLC0415 -- only the measured process pays for it
    from billhook.store import Workspace  # noqa: PLC0415  # only the started process pays for it

    with Workspace.open(Path(folder) / name, plugins=_plugins()) as workspace:
        result = check_items(workspace, now=NOW)
    return {"items": result.items, "over": result.by_code.get("BUD-AMT-001", 0)}


def run(runs: int, *, clients: int = 10_000, stays: int = 10) -> list[Comparison]:
    """The check of these stays with budgets, against the same check without."""
    subject, baseline = Contestant("with budgets"), Contestant("without")
    for _ in range(runs):
        with TemporaryDirectory() as folder:
            Task("bench.budget:made", (folder, str(clients), str(stays))).run()
            tasks = [
                (subject, Task("bench.budget:check", (folder, "with"))),
                (baseline, Task("bench.budget:check", (folder, "without"))),
            ]
            alternate(tasks, 1)
    agree("items", subject, baseline)
    over = {figures.facts["over"] for figures in subject.runs}
    if over != {expected(clients, stays)}:
        message = f"{over} stays were found to be over, not {expected(clients, stays)}"
        raise RuntimeError(message)
    what = f"check, {clients:,} clients with {stays} stays each"
    return [Comparison("budget", what, subject, baseline, clients * stays, "stays")]
