"""A clerk's desk with the §302 scheme and its payers, on a database of the test's own: from rows to files and back again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from billhook.billing import archiving, following, settling
from billhook.billing.archiving import ArchivedItem, Selection, SourceEntry
from billhook.billing.checking import check
from billhook.billing.exporting import ExportResult, export
from billhook.billing.importing import ImportResult, import_items
from billhook.model import ArchiveReason, BillingItem
from billhook.plugins import Registry
from billhook.store import Workspace, journal, tables
from billhook.store.items import iter_items
from billhook_p302 import plugin
from billhook_p302.payers.importing import import_files
from tests.cli.desk import EXAMPLES
from tests.p302.desk import BERLIN
from tests.p302.test_rules import PROVIDER, voucher

NOW = datetime(2025, 11, 3, 9, 30, tzinfo=BERLIN)
Row = dict[str, Any]


def rows(number: str = "4711", client: str = "K-1", case: str = "V-1", **details: Any) -> list[Row]:
    """A voucher of two aids that keeps every rule, for a client's case."""
    found = []
    for row in voucher():
        mine = {**row, "voucher": number, "number": f"{number}-{row['line']}", "case": case}
        mine["client"] = {**row["client"], "number": client}
        mine["details"] = {**row["details"], **details}
        found.append(mine)
    return found


@dataclass
class Clerk:
    """The steps of a clerk; each takes an hour, so that nothing happens at the same moment."""

    workspace: Workspace
    folder: Path
    now: datetime = NOW
    files: int = 0

    def later(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now

    def take(self, items: Iterable[Row], **options: Any) -> ImportResult:
        """Import rows from a new file."""
        self.files += 1
        return self.take_file(self.file(items, f"items-{self.files}.jsonl"), **options)

    def take_file(self, path: Path, **options: Any) -> ImportResult:
        return import_items(self.workspace, path, now=self.later(), **options)

    def file(self, items: Iterable[Row], name: str) -> Path:
        path = self.folder / name
        path.write_text("".join(json.dumps(row) + "\n" for row in items), "utf-8")
        return path

    def check(self) -> dict[str, int]:
        """Check; the codes of what holds or warns."""
        return dict(check(self.workspace, now=self.later()).by_code)

    def export(self, **options: Any) -> ExportResult:
        return export(self.workspace, now=self.later(), **options)

    def bill(self, items: Iterable[Row] = (), **options: Any) -> ExportResult:
        """Import what is given, check, export."""
        todo = list(items)
        if todo:
            taken = self.take(todo)
            assert taken.stored, taken.findings
        self.check()
        return self.export(**options)

    def again(self, *items: str, **options: Any) -> list[following.Followed]:
        return archiving.bill_again(self.workspace, Selection(items=items), now=self.later(), **options)

    def delete(self, *items: str, reset: bool) -> archiving.Removed:
        return archiving.delete_archived(self.workspace, Selection(items=items), reset=reset, now=self.later())

    def delete_open(self, *items: str, reset: bool) -> archiving.Removed:
        return archiving.delete_open(self.workspace, Selection(items=items), reset=reset, now=self.later())

    def reset(self, *items: str) -> archiving.Removed:
        return archiving.reset_entries(self.workspace, items, now=self.later())

    def sent(self, *exchanges: int) -> None:
        settling.mark_sent(self.workspace, exchanges, now=self.later())

    # --- Looking ------------------------------------------------------------------------------------------------------

    def archive(self, **which: Any) -> list[ArchivedItem]:
        with self.workspace.database.read() as connection:
            return list(archiving.archive(connection, **which))

    def reasons(self) -> dict[str, list[str]]:
        """The reasons of every number in the archive, oldest first."""
        found: dict[str, list[str]] = {}
        for line in self.archive():
            found.setdefault(line.number, []).append(line.reason)
        return found

    def invoices(self) -> dict[str, tuple[int, int]]:
        """Open and archived lines of each invoice number."""
        with self.workspace.database.read() as connection:
            return {one.invoice: (one.open, one.archived) for one in archiving.invoices(connection)}

    def entry(self, number: str) -> SourceEntry:
        with self.workspace.database.read() as connection:
            (found,) = archiving.entries(connection, number=number)
        return found

    def items(self) -> dict[str, BillingItem]:
        """The newest item of each number."""
        with self.workspace.database.read() as connection:
            found = iter_items(connection, self.workspace.schemes, order=(tables.item.c.id,))
            return {item.number: item for item in found}

    def owed(self) -> dict[str, int]:
        """What is open of each invoice, in cents."""
        return {one.number: one.open for one in settling.open_documents(self.workspace)}

    def segments(self, exchange: int) -> list[str]:
        """What stands in the billing file of an exchange."""
        folder = self.workspace.out_dir / f"{exchange:06d}"
        (path,) = [path for path in folder.iterdir() if not path.name.endswith(".AUF")]
        return path.read_text("latin-1").split("'")

    def bytes_of(self, exchange: int) -> Mapping[str, bytes]:
        folder = self.workspace.out_dir / f"{exchange:06d}"
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    def events(self) -> list[tuple[str, str]]:
        with self.workspace.database.read() as connection:
            assert journal.verify(connection).ok
            return [(entry.event, entry.subject) for entry in journal.entries(connection)]

    def dump(self) -> dict[str, list[Any]]:
        """Everything in the database."""
        with self.workspace.database.read() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key))]
                for table in tables.metadata.sorted_tables
            }


def prepare(home: Path, url: str) -> None:
    """Make the tables of a database, and import the payers of the examples."""
    with Workspace.create(home, url=url, plugins=Registry.of(plugin)) as workspace:
        import_files(workspace.database, sorted((EXAMPLES / "payers").glob("*.ke0")), now=NOW)


def open_clerk(folder: Path, url: str, marks: Sequence[str] = ("02", "04"), **settings: Any) -> Iterator[Clerk]:
    """A desk on a prepared database, whose receivers take these marks."""
    workspace = Workspace.create(folder / "home", url=url, plugins=Registry.of(plugin))
    provider = {"ik": PROVIDER, "name": "Sanitätshaus Lindenhof GmbH", "state": "08", "accounting_code": "15"}
    provider["provider_group"] = "1501000"
    told = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    lines = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in provider.items())
    config = f"[schemes.p302]\n{told}[schemes.p302.defaults]\nagreed_marks = {json.dumps(list(marks))}\n"
    config += f"[[schemes.p302.providers]]\n{lines}"
    (workspace.path / "billhook.toml").write_text(config, "utf-8")
    workspace.close()
    workspace = Workspace.open(folder / "home", url, plugins=Registry.of(plugin))
    clerk = Clerk(workspace, folder)
    yield clerk
    clerk.workspace.close()


def reasons_of(lines: Sequence[ArchivedItem]) -> list[ArchiveReason]:
    return [ArchiveReason(line.reason) for line in lines]
