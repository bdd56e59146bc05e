"""What the tests of the engine share: a workspace with the toy scheme, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from billhook.billing.checking import CheckResult, check
from billhook.billing.exporting import ExportResult, export
from billhook.billing.importing import ImportResult, import_items
from billhook.model import BillingItem
from billhook.plugins import Registry
from billhook.store import Workspace, tables
from billhook.store.items import iter_items
from tests.support.toy import NOW, ToyPlugin, toy_items, toy_row


@dataclass
class Desk:
    """A clerk's desk: a workspace, and the steps with the moment of the tests."""

    workspace: Workspace
    folder: Path

    def file(self, rows: Iterable[dict[str, Any]], name: str = "items.jsonl") -> Path:
        """Write rows as JSON Lines."""
        path = self.folder / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def take(self, rows: Iterable[dict[str, Any]], name: str = "items.jsonl", **options: Any) -> ImportResult:
        """Import rows."""
        return import_items(self.workspace, self.file(rows, name), now=NOW, **options)

    def check(self, **options: Any) -> CheckResult:
        """Check on the day of the tests."""
        return check(self.workspace, now=NOW, **options)

    def export(self, **options: Any) -> ExportResult:
        """Export on the day of the tests."""
        return export(self.workspace, now=NOW, **options)

    def items(self) -> list[BillingItem]:
        """Everything that is stored, by id."""
        with self.workspace.database.read() as connection:
            return list(iter_items(connection, self.workspace.schemes, order=(tables.item.c.id,)))

    def item(self, number: str) -> BillingItem:
        """One item by its number."""
        return next(item for item in self.items() if item.number == number)

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """All rows of a table."""
        order = list(table.primary_key.columns)
        with self.workspace.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*order))]

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Everything in the database."""
        return {table.name: self.rows(table) for table in tables.metadata.sorted_tables}

    def configure(self, **settings: Any) -> None:
        """Write the toy scheme's settings and read them anew."""
        config = self.workspace.path / "billhook.toml"
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        config.write_text("\n".join(["[schemes.toy]", *lines]) + "\n", encoding="utf-8")
        self.reopen()

    def reopen(self, plugins: Registry | None = None) -> None:
        """Open the workspace again, as the next command would."""
        url, registry = self.workspace.database.url, plugins or self.workspace.plugins
        self.workspace.close()
        self.workspace = Workspace.open(self.workspace.path, url, plugins=registry)

    def files(self) -> dict[str, bytes]:
        """What lies in the out folder, by path."""
        out = self.workspace.out_dir
        return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """An empty workspace with the toy scheme."""
    yield from open_desk(tmp_path, database_url)


@pytest.fixture
def quick_desk(tmp_path: Path) -> Iterator[Desk]:
    """The same on SQLite only, for what does not depend on the database."""
    yield from open_desk(tmp_path, f"sqlite:///{tmp_path / 'billhook.db'}")


def open_desk(folder: Path, url: str, *plugins: object) -> Iterator[Desk]:
    """A desk in a folder."""
    workspace = Workspace.create(folder / "home", url=url, plugins=Registry.of(*(plugins or (ToyPlugin(),))))
    desk = Desk(workspace, folder)
    yield desk
    desk.workspace.close()


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """Forty rows in vouchers, all of them right."""
    return [toy_row(item) for item in toy_items(40, seed=7)]


@pytest.fixture
def row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One row that is right."""
    return rows[0]
