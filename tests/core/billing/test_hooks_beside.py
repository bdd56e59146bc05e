"""What a plugin that is no scheme is told and may do: settings, open items, rows of tables, and the fixing of a run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from billhook.billing.checking import check
from billhook.billing.exporting import export
from billhook.billing.importing import import_items
from billhook.billing.problems import BillingProblem
from billhook.hookspecs import RunView, hookimpl
from billhook.model import Finding
from billhook.plugins import PluginFailed, Registry
from billhook.store import ConfigError, Workspace, tables
from tests.support.toy import NOW, ToyPlugin, toy_items, toy_row


class Limits(BaseModel):
    """The plugin's settings."""

    model_config = ConfigDict(extra="forbid")

    most: int = 5


class Watcher:
    """A plugin that looks on, and writes down in a table what was billed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.seen: dict[str, Any] = {}

    @hookimpl
    def billhook_check(self, run: RunView) -> Iterable[Finding]:
        self.seen["most"] = run.settings("watcher", Limits).most
        self.seen["trial"] = sum(1 for _ in run.trial())
        self.seen["open"] = sum(1 for _ in run.open())
        self.seen["rows"] = [row[0] for row in run.rows(sa.select(sa.func.count()).select_from(tables.item))]
        return ()

    @hookimpl
    def billhook_fixed(self, run: RunView, connection: sa.Connection) -> None:
        numbers = sorted(item.number for item in run.trial())
        connection.execute(tables.number_series.insert().values(name="watcher", next_number=len(numbers)))
        if self.error:
            raise self.error


def workspace(folder: Path, watcher: Watcher, settings: str = "") -> Workspace:
    plugins = Registry.of(ToyPlugin(), watcher)
    Workspace.create(folder / "home", plugins=plugins).close()
    config = folder / "home" / "billhook.toml"
    config.write_text(config.read_text(encoding="utf-8") + settings, encoding="utf-8")
    return Workspace.open(folder / "home", plugins=plugins)


def ready(folder: Path, watcher: Watcher, settings: str = "") -> Workspace:
    """Six items that are clean, one that is not."""
    home = workspace(folder, watcher, settings)
    rows = [toy_row(item) for item in toy_items(6)]
    rows.append({**rows[0], "number": "bad", "voucher": "bad", "code": "Z9"})
    file = folder / "items.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert import_items(home, file).added == 7
    return home


def noted(home: Workspace) -> int | None:
    with home.database.read() as connection:
        series = tables.number_series
        found: int | None = connection.scalar(sa.select(series.c.next_number).where(series.c.name == "watcher"))
        return found


def test_a_plugin_sees_its_settings_the_trial_all_open_items_and_rows(tmp_path: Path) -> None:
    watcher = Watcher()
    with ready(tmp_path, watcher, "[plugins.watcher]\nmost = 3\n") as home:
        check(home, now=NOW)
    assert watcher.seen == {"most": 3, "trial": 6, "open": 7, "rows": [7]}


def test_wrong_settings_name_the_file_the_key_and_the_mend(tmp_path: Path) -> None:
    with (
        ready(tmp_path, Watcher(), '[plugins.watcher]\nmost = "many"\n') as home,
        pytest.raises(ConfigError, match=r"billhook\.toml: plugins\.watcher\.most = 'many'"),
    ):
        check(home, now=NOW)


def test_a_plugin_notes_what_was_billed_in_the_transaction_that_bills(tmp_path: Path) -> None:
    with ready(tmp_path, Watcher()) as home:
        check(home, now=NOW)
        export(home, now=NOW, dry_run=True)
        assert noted(home) is None
        export(home, now=NOW)
        assert noted(home) == 6


@pytest.mark.parametrize(
    ("error", "raised"),
    [(BillingProblem("the budget changed; run again"), BillingProblem), (ValueError("x"), PluginFailed)],
)
def test_a_plugin_that_refuses_undoes_the_run(tmp_path: Path, error: Exception, raised: type[Exception]) -> None:
    watcher = Watcher(error)
    with ready(tmp_path, watcher) as home:
        check(home, now=NOW)
        with pytest.raises(raised):
            export(home, now=NOW)
        assert noted(home) is None
        watcher.error = None
        assert export(home, now=NOW).exchanges
