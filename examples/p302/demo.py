"""A month of a medical-supply store, from its items to files that a data centre accepts."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import independent_reader

if TYPE_CHECKING:
    from examples.demo import Stage


def play(stage: Stage) -> None:
    """Import payers and items, mend what the check finds, export, and let somebody else read what came out."""
    stage.say("1. A workspace, with the provider's settings")
    stage.billhook("init", stage.workspace)
    config = stage.workspace / "billhook.toml"
    config.write_text(_database_section(config) + (stage.props / "billhook.toml").read_text("utf-8"), "utf-8")

    stage.say("2. Who pays, and which data centre takes the files: the Kostenträgerdateien")
    stage.billhook("p302", "payers", "import", *sorted((stage.props / "payers").glob("*.ke0")))
    stage.billhook("p302", "payers", "route", "104940005", "--code", "15", "--state", "08", "--date", "2025-11-03")

    stage.say("3. The month's items, from two systems")
    stage.billhook("items", "import", stage.props / "items.jsonl")
    stage.billhook("items", "import", stage.props / "items.csv", "--scheme", "p302")
    stage.billhook("items", "import", stage.props / "items.jsonl")

    stage.say("4. Check: what a data centre would refuse is found here")
    stage.billhook("check", exits=(1,))
    stage.billhook("errors", lines=24)

    stage.say("5. The clerk types what is right; it goes to the item and to the master record")
    for correction in tomllib.loads((stage.props / "corrections.toml").read_text("utf-8"))["correction"]:
        stage.billhook("correct", "--item", correction["item"], "--field", correction["field"], correction["value"])

    stage.say("6. Check again: what was clean stays clean, only what changed is looked at")
    stage.billhook("check", exits=(1,))
    stage.billhook("errors", "--severity", "error")

    stage.say("7. A dry run, then the real one: numbers, files, archive")
    stage.billhook("export", "--dry-run")
    result = stage.ask("export")
    stage.billhook("status")
    stage.say("   Once more: there is nothing left to bill")
    stage.billhook("export")

    stage.say("8. What does a file say, and would the data centre take it?")
    files = sorted(_paths(result, "data"))
    stage.billhook("describe", files[0], "--mask", lines=16)
    for path in files:
        stage.billhook("verify", path)

    stage.say("9. A second reader that shares no code with Billhook reads every file back")
    read_back(stage, result)
    stage.billhook("journal", "verify")

    summary = stage.folder / "summary.md"
    summary.write_text(summary_of(result), "utf-8")
    stage.say(f"Done. Files: {files[0].parent.parent.relative_to(stage.folder.parents[2])}")
    print(f"Summary: {summary.relative_to(stage.folder.parents[2])}")


def _database_section(config: Path) -> str:
    """What `init` wrote, up to the first scheme's settings."""
    return config.read_text("utf-8").split("[schemes.")[0].rsplit("\n#", 1)[0] + "\n"


def _paths(result: Any, role: str) -> list[Path]:
    return [
        Path(file["path"]) for exchange in result["exchanges"] for file in exchange["artifacts"] if file["role"] == role
    ]


def read_back(stage: Stage, result: Any) -> None:
    """Hold every data file and its Auftragsdatei against what the export says that it billed."""
    for exchange in result["exchanges"]:
        data, order = (
            next(Path(file["path"]) for file in exchange["artifacts"] if file["role"] == role)
            for role in ("data", "order")
        )
        billing = independent_reader.read(data.read_bytes())
        totals = exchange["totals"]
        name = f"file {exchange['id']} ({data.name})"
        stage.expect(f"{name} gross of all positions", billing.positions(), _euro(totals["gross"]))
        stage.expect(f"{name} gross of all cases", billing.sum("BES", "gross"), _euro(totals["gross"]))
        stage.expect(
            f"{name} cases", sum(len(message.all("INV")) for message in billing.messages), exchange["vouchers"]
        )
        size = int(independent_reader.read_order(order.read_bytes())["plain_size"])
        stage.expect(f"{name} size in the Auftragsdatei", size, data.stat().st_size)


def summary_of(result: Any) -> str:
    """The export as a page to be filed with the month."""
    lines = [
        "# What was billed",
        "",
        "| file | invoices | vouchers | items | gross | billed | SHA-256 |",
        "|---|---|--:|--:|--:|--:|---|",
    ]
    for exchange in result["exchanges"]:
        data = next(file for file in exchange["artifacts"] if file["role"] == "data")
        totals = exchange["totals"]
        billed = totals["gross"] - totals["copayment"] - totals["own_share"]
        lines.append(
            f"| {data['name']} | {', '.join(exchange['document_numbers'])} | {exchange['vouchers']} "
            f"| {exchange['items']} | {_euro(totals['gross'])} | {_euro(billed)} | `{data['sha256']}` |"
        )
    return "\n".join(lines) + "\n"


def _euro(cents: int) -> Decimal:
    return Decimal(cents) / 100
