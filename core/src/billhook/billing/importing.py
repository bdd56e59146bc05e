"""Importing items: a file of rows becomes billing items, all of them or none.

One transaction, batch by batch: the file is never held in memory. The same file again changes nothing; a row whose
item is there with the same content counts as unchanged, however it was corrected or filled since.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.contexts import ITEMS_LOCK, Progress, moment, no_progress
from billhook.billing.findings import Collected, forget
from billhook.billing.marking import Marker
from billhook.billing.masters import Masters, case_clients, slot_cases
from billhook.billing.rows import (
    BILLED,
    DELETED,
    EMPTY,
    NO_CLIENT,
    NO_SUCH_SLOT,
    OTHER_CONTENT,
    OTHERS_CASE,
    TWICE,
    BadRow,
    FileReader,
    FileRefused,
    ReadRow,
    SourceFile,
    inspect_file,
)
from billhook.model import ArchiveReason, BillingItem, Finding, ItemState
from billhook.model.item import OPEN_STATES
from billhook.plugins import MissingScheme
from billhook.store import Workspace, journal, tables
from billhook.store.database import BUSY_SECONDS, next_ids
from billhook.store.encoding import moment_text
from billhook.store.items import body_adapter, insert_items, update_items

BATCH = 5_000
"""Rows that are in memory at once."""

_DELETED = (ArchiveReason.DELETED.value, ArchiveReason.BILLED_DELETED.value)
_OPEN = frozenset(state.value for state in OPEN_STATES)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `stored` is False when the file was refused: then nothing was changed.

    `read` counts rows; of these `added`, `updated` and `unchanged` are items now, `rejected` are not. `findings`
    holds the first ones, `errors` and `warnings` count all of them. `already_imported` is the id of the import that
    had the very same file before. `marks` counts items by the mark that they have (of schemes that mark). `rejects` is the
    file with the rejected rows of a partial import.
    """

    file: str
    sha256: str
    stored: bool
    import_id: int | None = None
    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    already_imported: int | None = None
    errors: int = 0
    warnings: int = 0
    findings: tuple[Finding, ...] = ()
    by_code: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    rejects: Path | None = None


def import_items(
    workspace: Workspace,
    path: Path | str,
    *,
    scheme: str | None = None,
    format: str | None = None,  # noqa: A002  # the word for it
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal_sign: str | None = None,
    update: bool = False,
    partial: bool = False,
    rejects: Path | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    progress: Progress = no_progress,
    wait: float = BUSY_SECONDS,
) -> ImportResult:
    """Import a file of items.

    Args:
        workspace: where to.
        path: a file of JSON Lines or CSV.
        scheme: the scheme of rows that name none.
        format: `jsonl` or `csv`; found out when not given.
        encoding: `utf-8` or `cp1252`; found out when not given.
        delimiter: of a CSV file; found out when not given.
        decimal_sign: of a CSV file; `,` where the delimiter is `;` when not given, else `.`.
        update: replace items that are there with other content, as long as they are not billed.
        partial: store the vouchers that are right, and write the rows of the others to `rejects`.
        rejects: where rejected rows go; beside the file when not given.
        now: the moment of the import, for tests.
        actor: who imports.
        progress: called with ("import", rows read).
        wait: seconds to wait for somebody else who changes items.

    Returns:
        What was done, or every reason why nothing was.

    Raises:
        billhook.store.Busy: somebody else is changing items.
    """
    source_path = Path(path)
    try:
        source = inspect_file(
            source_path, format=format, encoding=encoding, delimiter=delimiter, decimal_sign=decimal_sign
        )
    except FileRefused as refused:
        return _refused(source_path.name, "", refused.finding)
    job = _Job(workspace, source, scheme, update, moment(now), actor or journal.current_actor(), progress)
    with workspace.database.exclusive(ITEMS_LOCK, wait):
        earlier = job.imported_before()
        if earlier is not None:
            return ImportResult(source_path.name, source.sha256, stored=False, already_imported=earlier)
        try:
            result = job.run(frozenset(), frozenset(), store=True)
            if not result.stored and partial and job.can_be_partial:
                target = rejects or source_path.with_name(f"{source_path.stem}.rejected{source_path.suffix}")
                result = job.run_partially(result, target)
        except FileRefused as refused:
            return _refused(source_path.name, source.sha256, refused.finding)
    _log.info("import %s of %s: %s added", result.import_id, source.sha256[:12], result.added)
    return result


def _refused(name: str, sha256: str, finding: Finding) -> ImportResult:
    return ImportResult(name, sha256, stored=False, errors=1, findings=(finding,), by_code={finding.code: 1})


class _Undone(Exception):  # no error: it ends a transaction that shall leave nothing
    """Roll back."""


@dataclass(slots=True)
class _Existing:
    """What is there under the number of a row."""

    id: int
    state: str
    import_id: int | None
    source: str
    row: str
    reason: str


class _Job:
    """One import: what it was told, and what it counted."""

    def __init__(
        self,
        workspace: Workspace,
        source: SourceFile,
        scheme: str | None,
        update: bool,  # noqa: FBT001  # private
        now: datetime,
        actor: str,
        progress: Progress,
    ) -> None:
        self.workspace = workspace
        self.source = source
        self.scheme = scheme
        self.update = update
        self.now = now
        self.actor = actor
        self.progress = progress
        self.can_be_partial = True
        self.bad_lines: set[int] = set()
        self.bad_vouchers: set[tuple[str, str]] = set()
        self._seen = bytearray()
        self._marker: Marker

    def imported_before(self) -> int | None:
        """The import that had the same bytes and stored all of them."""
        table = tables.import_file
        with self.workspace.database.read() as connection:
            found = connection.scalar(
                sa.select(table.c.id).where(table.c.sha256 == self.source.sha256, table.c.rejected == 0)
            )
        return None if found is None else int(found)

    def run(self, skip_lines: frozenset[int], skip: frozenset[tuple[str, str]], *, store: bool) -> ImportResult:
        """Read the whole file and write its items; roll back when there was an error."""
        self._skip_lines, self._skip = skip_lines, skip
        self._collected = Collected()
        self._marks: dict[str, int] = {}
        self._free: set[tuple[str, str, str]] = set()
        self._counts = {"read": 0, "added": 0, "updated": 0, "unchanged": 0, "rejected": 0}
        self._seen = bytearray()
        for note in self.source.notes:
            self._collected.add(note)
        import_id: int | None = None
        stored = False
        try:
            with self.workspace.database.write() as connection:
                import_id = next_ids(connection, "import_file", 1)[0]
                self._start(connection, import_id)
                self._marker = Marker(self.workspace, connection, self.now)
                rows = self._rows()
                while batch := list(islice(rows, BATCH)):
                    self._batch(connection, import_id, batch)
                    self.progress("import", self._counts["read"])
                if not self._counts["read"]:
                    self._collected.add(EMPTY.at(file=self.source.path.name))
                if self._collected.errors or not store:
                    raise _Undone  # noqa: TRY301  # the way to roll back
                self._finish(connection, import_id)
            stored = True
        except _Undone:
            import_id = None
        return self._result(import_id, stored=stored)

    def run_partially(self, refused: ImportResult, target: Path) -> ImportResult:
        """Import again without the vouchers that have a bad row, and write their rows to a file of their own."""
        bad_lines, bad_vouchers = frozenset(self.bad_lines), frozenset(self.bad_vouchers)
        done = self.run(bad_lines, bad_vouchers, store=True)
        if not done.stored:
            return done
        self._write_rejects(refused, target)
        return replace(
            done,
            errors=refused.errors,
            warnings=refused.warnings,
            findings=refused.findings,
            by_code=refused.by_code,
            rejects=target,
        )

    # --- Rows ---------------------------------------------------------------------------------------------------------

    def _reader(self) -> FileReader:
        registry = self.workspace.plugins
        broken = registry.broken
        return FileReader(
            self.source, registry.schemes, self.scheme, lambda key: str(MissingScheme(key, broken)).partition("; ")[2]
        )

    def _rows(self) -> Iterator[ReadRow]:
        """The rows that take part: all of them, or in a second pass those of vouchers that are right."""
        for row in self._reader().rows():
            self._counts["read"] += 1
            if row.line in self._skip_lines or _voucher_of(row) in self._skip:
                self._counts["rejected"] += 1
            else:
                yield row

    def _bad(self, row: ReadRow, *findings: Finding) -> None:
        self.bad_lines.add(row.line)
        voucher = _voucher_of(row)
        if voucher is not None:
            self.bad_vouchers.add(voucher)
        for finding in findings:
            self._collected.add(finding)

    def _batch(self, connection: Connection, import_id: int, rows: Sequence[ReadRow]) -> None:
        fresh: list[tuple[ReadRow, BillingItem]] = []
        for row in rows:
            if isinstance(row.item, BadRow):
                self._bad(row, *row.item.findings)
            else:
                fresh.append((row, row.item))
        items = [item for _, item in fresh]
        digests = [_digest(item) for item in items]
        existing = self._existing(items, connection)
        # What is there and was billed stays what it is, whatever its row says now.
        gone = {key for key, one in existing.items() if one.state not in _OPEN}
        marking = [item for item in items if (item.scheme, item.provider, item.number) not in gone]
        marked = dict(zip(map(id, marking), self._marker.mark(marking), strict=True))
        items = [marked.get(id(item), item) for item in items]
        fresh = [(row, item) for (row, _), item in zip(fresh, items, strict=True)]
        billed = self._billed(items, connection)
        cases, slots = case_clients(connection, items), slot_cases(connection, items)
        new: list[BillingItem] = []
        changed: list[BillingItem] = []
        here: dict[tuple[str, str, str], int] = {}
        for (row, item), digest in zip(fresh, digests, strict=True):
            key = (item.scheme, item.provider, item.number)
            there = existing.get(key)
            if there is not None and there.reason in _DELETED:
                self._collected.add(
                    DELETED.at(field="number", value=item.number, file=self.source.path.name, line=row.line)
                )
                self._counts["unchanged"] += 1
                continue
            problem = self._problem(row, item, digest, there, here.get(key), billed, import_id) or self._misplaced(
                row, item, cases, slots
            )
            if problem is not None:
                self._bad(row, problem)
                continue
            here[key] = row.line
            # Written into the item, which nobody else has seen yet: copying items costs more than reading them.
            item.extra["row"] = digest
            if there is None:
                new.append(item)
            elif there.row == digest:
                self._counts["unchanged"] += 1
                self._mark(there.id)
            else:
                changed.append(replace(item, id=there.id, state=ItemState.DRAFT))
                self._mark(there.id)
        self._write(connection, import_id, new, changed)
        for item in (*new, *changed):
            self._count_mark(item)

    def _count_mark(self, item: BillingItem) -> None:
        mark = self._marker.mark_of(item)
        if mark:
            self._marks[mark] = self._marks.get(mark, 0) + 1

    def _problem(
        self,
        row: ReadRow,
        item: BillingItem,
        digest: str,
        there: _Existing | None,
        first: int | None,
        billed: dict[tuple[str, str, str], tuple[int, str]],
        import_id: int,
    ) -> Finding | None:
        """Why the row may not become an item although it can be read, or None."""
        file = self.source.path.name
        if first is None and there is not None and (there.import_id == import_id or self._marked(there.id)):
            first = int(there.source.rpartition(":")[2] or 0)
        if first is not None:
            return TWICE.at(field="number", value=item.number, file=file, line=row.line, first=first)
        if there is not None and there.row == digest:
            return None
        held = billed.get((item.scheme, item.provider, item.voucher))
        if held is not None and (there is not None or (item.scheme, item.provider, item.number) not in self._free):
            key, state = held
            return BILLED.at(field="voucher", file=file, line=row.line, voucher=item.voucher, there=key, state=state)
        if there is not None and there.state not in _OPEN:
            return BILLED.at(
                field="voucher", file=file, line=row.line, voucher=item.voucher, there=there.id, state=there.state
            )
        if there is not None and not self.update:
            return OTHER_CONTENT.at(field="number", value=item.number, file=file, line=row.line)
        return None

    def _misplaced(
        self, row: ReadRow, item: BillingItem, cases: dict[str, str], slots: dict[int, str]
    ) -> Finding | None:
        """Why the item may not hang on the case or the slot that it names, or None. A new case is its first row's."""
        if not item.case_number and item.slot_id is None:
            return None
        file = self.source.path.name
        if item.case_number and item.client.number:
            owner = cases.setdefault(item.case_number, item.client.number)
            if owner != item.client.number:
                return OTHERS_CASE.at(
                    field="case", value=item.case_number, file=file, line=row.line, case=item.case_number
                )
        elif item.case_number:
            self._collected.add(NO_CLIENT.at(field="client.number", file=file, line=row.line))
        if item.slot_id is not None and (not item.case_number or slots.get(item.slot_id) != item.case_number):
            return NO_SUCH_SLOT.at(field="slot", value=item.slot_id, file=file, line=row.line)
        return None

    def _existing(self, items: Sequence[BillingItem], connection: Connection) -> dict[tuple[str, str, str], _Existing]:
        table = tables.item
        columns = (
            *(table.c.id, table.c.number, table.c.state, table.c.import_id, table.c.source, table.c.body),
            *(table.c.archived, table.c.source_reset),
        )
        found: dict[tuple[str, str, str], _Existing] = {}
        for (scheme, provider), numbers in _grouped(items, lambda item: item.number).items():
            statement = sa.select(*columns).where(
                table.c.scheme == scheme,
                table.c.provider == provider,
                table.c.number.in_(numbers),
            )
            for row in connection.execute(statement):
                if row.source_reset:
                    # It is free to be imported anew, though the rest of its voucher was billed.
                    self._free.add((scheme, provider, row.number))
                    continue
                mark = str(json.loads(row.body)["extra"].get("row", ""))
                found[scheme, provider, row.number] = _Existing(
                    row.id, row.state, row.import_id, row.source, mark, row.archived
                )
        return found

    def _billed(
        self, items: Sequence[BillingItem], connection: Connection
    ) -> dict[tuple[str, str, str], tuple[int, str]]:
        """Vouchers of these items of which something is no longer open."""
        table = tables.item
        found: dict[tuple[str, str, str], tuple[int, str]] = {}
        for (scheme, provider), vouchers in _grouped(items, lambda item: item.voucher).items():
            statement = sa.select(table.c.voucher, table.c.id, table.c.state).where(
                table.c.scheme == scheme,
                table.c.provider == provider,
                table.c.voucher.in_(vouchers),
                table.c.state.not_in(_OPEN),
                table.c.archived.not_in(_DELETED),
            )
            for row in connection.execute(statement):
                found[scheme, provider, row.voucher] = (row.id, row.state)
        return found

    def _mark(self, item: int) -> None:
        """Remember that a row of this file was about this item: one bit an item."""
        if item >= len(self._seen) * 8:
            self._seen.extend(bytes(max(item // 8 + 1 - len(self._seen), len(self._seen))))
        self._seen[item // 8] |= 1 << item % 8

    def _marked(self, item: int) -> bool:
        return item < len(self._seen) * 8 and bool(self._seen[item // 8] & 1 << item % 8)

    # --- Writing ------------------------------------------------------------------------------------------------------

    def _start(self, connection: Connection, import_id: int) -> None:
        # A partial import of the same file leaves a row behind; the mended rest may be the same file again.
        table = tables.import_file
        connection.execute(
            table.update()
            .where(table.c.sha256 == self.source.sha256)
            .values(sha256=table.c.sha256 + sa.literal("#") + sa.cast(table.c.id, sa.Text))
        )
        connection.execute(
            table.insert().values(
                id=import_id,
                sha256=self.source.sha256,
                name=self.source.path.name,
                rows=0,
                added=0,
                changed=0,
                unchanged=0,
                rejected=0,
                imported=moment_text(self.now),
                actor=self.actor,
            )
        )

    def _write(
        self, connection: Connection, import_id: int, new: Sequence[BillingItem], changed: Sequence[BillingItem]
    ) -> None:
        if not new and not changed:
            return
        masters = Masters(connection, self._collected.add)
        masters.load((*new, *changed))
        filled = [masters.fill(item) for item in new]
        refilled = [masters.fill(item) for item in changed]
        masters.write()
        schemes = self.workspace.schemes
        self._counts["added"] += insert_items(connection, schemes, filled, import_id=import_id)
        if refilled:
            keys = [item.id for item in refilled]
            self._counts["updated"] += update_items(connection, schemes, refilled)
            forget(connection, keys)
            connection.execute(tables.item.update().where(tables.item.c.id.in_(keys)).values(import_id=import_id))
        _reopen(connection, (*filled, *refilled))

    def _finish(self, connection: Connection, import_id: int) -> None:
        counts = self._counts
        table = tables.import_file
        connection.execute(
            table.update()
            .where(table.c.id == import_id)
            .values(
                rows=counts["read"],
                added=counts["added"],
                changed=counts["updated"],
                unchanged=counts["unchanged"],
                rejected=counts["rejected"],
            )
        )
        payload: dict[str, Any] = {"sha256": self.source.sha256, **counts}
        journal.append(connection, "items.imported", f"import:{import_id}", payload, actor=self.actor, time=self.now)

    def _result(self, import_id: int | None, *, stored: bool) -> ImportResult:
        collected, counts = self._collected, self._counts
        return ImportResult(
            self.source.path.name,
            self.source.sha256,
            stored=stored,
            import_id=import_id,
            read=counts["read"],
            added=counts["added"] if stored else 0,
            updated=counts["updated"] if stored else 0,
            unchanged=counts["unchanged"] if stored else 0,
            rejected=counts["rejected"] if stored else len(self.bad_lines),
            errors=collected.errors,
            warnings=collected.total - collected.errors,
            findings=tuple(collected.kept),
            by_code=dict(sorted(collected.by_code.items())),
            marks=dict(sorted(self._marks.items())) if stored else {},
        )

    def _write_rejects(self, refused: ImportResult, target: Path) -> None:
        """The rejected rows with their reasons: JSON Lines, because a CSV row has no place for a list."""
        reasons: dict[int, list[str]] = {}
        for finding in refused.findings:
            if finding.line is not None:
                where = f"{finding.field}: " if finding.field else ""
                reasons.setdefault(finding.line, []).append(f"{finding.code} {where}{finding.message}")
        lines = self._rejected_lines()
        temporary = target.with_name(f".{target.name}.new")
        handle = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for line, text in lines:
                why = reasons.get(line, ["another row of the voucher is wrong"])
                file.write(json.dumps({"line": line, "reasons": why, "row": text}, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)

    def _rejected_lines(self) -> Iterator[tuple[int, str]]:
        """Every rejected row as it stood in the file."""
        rejected = (
            row.line for row in self._reader().rows() if row.line in self._skip_lines or _voucher_of(row) in self._skip
        )
        wanted = next(rejected, None)
        with self.source.path.open(encoding=self.source.encoding, newline="") as file:
            for at, line in enumerate(file, start=1):
                if at == wanted:
                    yield at, line.rstrip("\r\n")
                    wanted = next(rejected, None)


def _voucher_of(row: ReadRow) -> tuple[str, str] | None:
    item = row.item
    return item.voucher if isinstance(item, BadRow) else (item.provider, item.voucher)


def _grouped(items: Sequence[BillingItem], value: Callable[[BillingItem], str]) -> dict[tuple[str, str], list[str]]:
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for item in items:
        groups.setdefault((item.scheme, item.provider), {})[value(item)] = None
    return {key: list(values) for key, values in groups.items()}


def _reopen(connection: Connection, items: Sequence[BillingItem]) -> None:
    """A voucher that got a new or changed line is no longer clean as a whole."""
    table = tables.item
    for (scheme, provider), vouchers in _grouped(items, lambda item: item.voucher).items():
        connection.execute(
            table.update()
            .where(
                table.c.scheme == scheme,
                table.c.provider == provider,
                table.c.voucher.in_(vouchers),
                table.c.document_ok,
                table.c.state.in_(_OPEN),
            )
            .values(document_ok=False)
        )


def _digest(item: BillingItem) -> str:
    """What the row said, as 24 hexadecimal digits: the same for the same content, in whatever format it came."""
    body = {
        "client": item.client,
        "details": item.details,
        "splits": item.splits,
        "text": item.text,
        "case": item.case_number,
        "extra": {},
    }
    slot = () if item.slot_id is None else (item.slot_id,)
    columns = (
        *slot,
        item.voucher,
        item.line,
        item.payer,
        item.code,
        item.service_from,
        item.service_to,
        item.quantity.normalize(),
        item.unit,
        item.unit_price.normalize(),
        item.vat_rate,
    )
    digest = blake2b(repr(tuple(map(str, columns))).encode(), digest_size=12)
    digest.update(body_adapter(type(item.details)).dump_json(body))
    return digest.hexdigest()
