"""The engine as a subject: a workspace with a directory of payers, and import, check and export of §302 items in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import billhook_cli  # noqa: F401 -- so that garbage is collected as seldom as when a user types the command
from bench import payers, raw

NOW: Final = datetime(2025, 11, 3, 8, 0, tzinfo=UTC)
"""The moment of all runs: after every service, in the quarter of the directory of payers."""


_CONFIG: Final = """
[database]
url = "{url}"
"""


def prepare(folder: str, url: str = "sqlite:///billhook.db") -> dict[str, Any]:
    """Make a workspace on this database and import the payers; a task that is not measured."""
    from billhook.store import Workspace  # noqa: PLC0415 -- only the started process pays for it
    from billhook_p302.payers.importing import import_files  # noqa: PLC0415  # only the started process pays for it

    home = Path(folder) / "workspace"
    Workspace.create(home, url=url).close()
    (home / "billhook.toml").write_text(_CONFIG.format(url=url) + payers.SETTINGS, encoding="utf-8")
    with Workspace.open(home) as workspace, TemporaryDirectory() as place:
        report = import_files(workspace.database, [payers.write(Path(place))], now=NOW)
    assert not report.refused, [finding.message for file in report.files for finding in file.findings]
    return {"offices": sum(file.messages for file in report.files)}


def read_in(folder: str, path: str) -> dict[str, Any]:
    """Import; a task."""
    from billhook.billing.importing import import_items  # noqa: PLC0415 -- only the measured process pays for it
    from billhook.store import Workspace  # noqa: PLC0415  # only the started process pays for it

    with Workspace.open(Path(folder) / "workspace") as workspace:
        result = import_items(workspace, path, now=NOW)
    assert result.stored, [finding.message for finding in result.findings]
    return {"items": result.added}


def check(folder: str, workers: str = "1") -> dict[str, Any]:
    """Check; a task. Every item of the benchmark is right, so a finding is a fault of the benchmark."""
    from billhook.billing.checking import check as check_items  # noqa: PLC0415 -- only the measured process pays for it
    from billhook.store import Workspace  # noqa: PLC0415  # only the started process pays for it

    with Workspace.open(Path(folder) / "workspace") as workspace:
        result = check_items(workspace, workers=int(workers), now=NOW)
    assert not result.by_code, [f"{finding.code} {finding.message}" for finding in result.findings[:5]]
    return {"items": result.items}


def export(folder: str) -> dict[str, Any]:
    """Export; a task. What left is counted in the files, not taken from what the engine says."""
    from billhook.billing.exporting import export as export_items  # noqa: PLC0415 -- only the measured process pays
    from billhook.store import Workspace  # noqa: PLC0415  # only the started process pays for it

    home = Path(folder) / "workspace"
    with Workspace.open(home) as workspace:
        export_items(workspace, now=NOW)
    return raw.tally(str(home / "out"))
