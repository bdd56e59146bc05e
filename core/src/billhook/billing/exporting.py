"""Exporting: what is clean becomes numbered invoices in files, kept in the archive and laid into the out folder.

    lock → resume what a killed run left → plan → cut → fix → render → deliver

Every step can die at any instruction, and the next export ends where this one would have. Until *fix* nothing has a
number and a later run discards what was drafted. *fix* is one transaction: numbers, documents, and the items that are
now billed. From then on the files are only made, from what is fixed and the moment of their run, so making them again
gives the same bytes. A dry run is the same code in one transaction that is rolled back.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.checking import has_hooks, hold, hook_findings, tell_fixed
from billhook.billing.contexts import (
    EXPORT_LOCK,
    ITEMS_LOCK,
    Progress,
    context_of,
    moment,
    no_progress,
    settings_hash,
)
from billhook.billing.cutting import cut
from billhook.billing.examining import SAME_LABEL, Placed, missing_schemes, place_unit, spread, units_of, workforce
from billhook.billing.findings import KEPT, forget, holds, in_force, keep, lapsed
from billhook.billing.fixing import fix
from billhook.billing.problems import plugin_failed
from billhook.billing.rendering import Rendered, RenderFailed, render_exchange
from billhook.billing.sealing import Sealer, key_store
from billhook.model import (
    BillingItem,
    ExchangeState,
    Finding,
    ItemState,
    Rule,
    Severity,
    SplitKind,
    StoredArtifact,
    Totals,
)
from billhook.model.item import OPEN_STATES
from billhook.plugins import MissingScheme
from billhook.scheme import Context, Marks, Scheme
from billhook.store import Archive, ArchiveError, Workspace, journal, tables
from billhook.store.archive import sweep
from billhook.store.database import BUSY_SECONDS, bulk_insert, next_ids
from billhook.store.encoding import moment_text, read_json, read_moment, split_key
from billhook.store.items import get_item, iter_items

SETTINGS_CHANGED = Rule(
    "CORE-EXP-001",
    Severity.WARNING,
    "the settings of {plugin} changed after file {exchange} got its numbers; it was made with those of today",
    "look at the file before you send it: who gets it and its numbers are of the earlier settings",
    "docs: explanation/runs",
)
REFUSED_BEFORE = Rule(
    "CORE-EXP-002",
    Severity.ERROR,
    "it follows item {value}, which the payer refused with its whole file",
    "send that file again first (billhook resend), or mark this item as a first billing",
    "docs: how-to/correct-what-was-billed",
)
RULES: Sequence[Rule] = (SETTINGS_CHANGED, REFUSED_BEFORE)

DRAFT_IDS = -(1 << 40)
"""Where the ids of a dry run begin."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeliveredArtifact:
    """A file of an exchange. `path` is where it lies for sending; None when it was only tried.

    `size` and `sha256` are of the file as it was rendered. Where it was sealed, `sealed_size` and `sealed_sha256` are of
    what lies at `path`.
    """

    name: str
    role: str
    media_type: str
    size: int
    sha256: str
    path: Path | None = None
    sealed_size: int | None = None
    sealed_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedExchange:
    """One file that was made. `numbers` are its own running numbers, `document_numbers` the first of its invoices'."""

    id: int
    scheme: str
    key: tuple[str, ...]
    state: str
    numbers: Mapping[str, int]
    documents: int
    vouchers: int
    items: int
    totals: Totals
    document_numbers: tuple[str, ...] = ()
    artifacts: tuple[DeliveredArtifact, ...] = ()
    resumed: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HeldVoucher:
    """A voucher that was clean and could not be billed all the same."""

    scheme: str
    provider: str
    voucher: str
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class ExportResult:
    """What an export did.

    `run` is None when there was nothing to bill, or in a dry run. `resumed` are exchanges that an earlier run had
    fixed and not finished. `failed` are exchanges that have their numbers but could not be rendered or delivered: the
    next export tries them again. `held` shows the first vouchers that were held, `held_count` counts them. `missing`
    counts clean items of schemes that are not installed.
    """

    run: int | None = None
    dry_run: bool = False
    exchanges: list[ExportedExchange] = field(default_factory=list)
    resumed: list[ExportedExchange] = field(default_factory=list)
    failed: list[ExportedExchange] = field(default_factory=list)
    held: list[HeldVoucher] = field(default_factory=list)
    held_count: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class _Ground(Protocol):
    """What a run stands on: where its transactions, ids and files come from."""

    def write(self) -> AbstractContextManager[Connection]: ...

    def read(self) -> AbstractContextManager[Connection]: ...

    def ids(self, connection: Connection, kind: str, n: int) -> Sequence[int]: ...


class _Real:
    """Transactions that last."""

    def __init__(self, workspace: Workspace) -> None:
        self._database = workspace.database

    def write(self) -> AbstractContextManager[Connection]:
        return self._database.write()

    def read(self) -> AbstractContextManager[Connection]:
        return self._database.read()

    def ids(self, connection: Connection, kind: str, n: int) -> Sequence[int]:
        return next_ids(connection, kind, n)


class _Trial:
    """One transaction that will be rolled back. Its ids are negative, so that none is used up."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._next: dict[str, int] = {}

    def write(self) -> AbstractContextManager[Connection]:
        return nullcontext(self._connection)

    def read(self) -> AbstractContextManager[Connection]:
        return nullcontext(self._connection)

    def ids(self, connection: Connection, kind: str, n: int) -> Sequence[int]:  # noqa: ARG002  # as next_ids
        # Counting up keeps the order of ids the order in which they were drawn.
        start = self._next.get(kind, DRAFT_IDS)
        self._next[kind] = start + n
        return range(start, start + n)


class _Undone(Exception):  # no error: it ends a transaction that shall leave nothing
    """Roll back."""


def export(
    workspace: Workspace,
    *,
    scheme: str | None = None,
    mark: str | None = None,
    due: date | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
    out: Path | str | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    sealer: Sealer | None = None,
    actor: str | None = None,
    progress: Progress = no_progress,
    wait: float = 0.0,
) -> ExportResult:
    """Bill everything that is clean.

    Args:
        workspace: what.
        scheme: only this scheme's items; every scheme's when not given.
        mark: only items that leave under this mark, of schemes that have marks (`billhook.scheme.Marks`); all when not
            given. A mark may be called by its word.
        due: when the invoices should be paid; as the settings of the scheme reckon when not given.
        dry_run: do all of it and keep nothing: the figures, and the files where `out` names a folder. Numbers are
            drafts.
        now: the moment of the run; the clock's when not given.
        out: where the files are laid; the workspace's out folder when not given (a dry run then leaves no files).
        workers: processes that plan; they pay only where a scheme's `keys` takes longer than handing an item over
            (some 45 µs).
        executor: where to plan instead.
        sealer: has the passphrases of the keys to sign with; without it, what a receiver wants sealed keeps its numbers
            and waits for an export that has them. A dry run only sees whether keys and certificates are there.
        actor: who exports.
        progress: called with ("plan", items), ("render", files).
        wait: seconds to wait for another export to end.

    Raises:
        billhook.store.Busy: another export runs, or somebody is changing items and does not come to an end.
        billhook.plugins.MissingScheme: `scheme` is given and not installed.
        billhook.plugins.PluginFailed: a plugin failed where no voucher can be blamed.
        NoVersion: a scheme has no version for the day.
    """
    if scheme is not None:
        workspace.plugins.scheme(scheme)
    who = actor or journal.current_actor()
    target = Path(out) if out is not None else None
    with workspace.database.exclusive(EXPORT_LOCK, wait):
        if dry_run:
            return _dry_run(workspace, scheme, moment(now), target, who, workers, executor, progress, mark)
        workspace.archive.sweep()
        run = _Export(workspace, _Real(workspace), workspace.archive, target or workspace.out_dir, who, progress)
        run.sealer = sealer or run.sealer
        run.mark, run.due = mark, due
        run.discard_drafts()
        run.resume()
        with workspace.database.exclusive(ITEMS_LOCK, max(wait, BUSY_SECONDS)):
            run.plan_and_fix(scheme, moment(now), workers, executor)
        run.render()
        run.finish()
        return run.result


def _dry_run(
    workspace: Workspace,
    scheme: str | None,
    now: datetime,
    out: Path | None,
    actor: str,
    workers: int,
    executor: Executor | None,
    progress: Progress,
    mark: str | None,
) -> ExportResult:
    result = ExportResult(dry_run=True)
    with tempfile.TemporaryDirectory(prefix="billhook-dry-run-") as folder:
        archive = Archive(Path(folder) / "archive")
        with workspace.database.exclusive(ITEMS_LOCK, BUSY_SECONDS):
            try:
                with workspace.database.write() as connection:
                    run = _Export(workspace, _Trial(connection), archive, out, actor, progress)
                    run.result = result
                    run.mark = mark
                    run.plan_and_fix(scheme, now, workers, executor)
                    run.render()
                    run.finish()
                    raise _Undone  # noqa: TRY301  # the way to roll back
            except _Undone:
                pass
    result.run = None
    return result


def finish_fixed(
    workspace: Workspace,
    *,
    out: Path | str | None = None,
    actor: str | None = None,
    sealer: Sealer | None = None,
    wait: float = 0.0,
) -> ExportResult:
    """Render and deliver what has its numbers already, and bill nothing new. Arguments and errors as of `export`."""
    target = Path(out) if out is not None else workspace.out_dir
    with workspace.database.exclusive(EXPORT_LOCK, wait):
        workspace.archive.sweep()
        run = _Export(
            workspace, _Real(workspace), workspace.archive, target, actor or journal.current_actor(), no_progress
        )
        run.sealer = sealer or run.sealer
        run.resume()
        run.finish()
        return run.result


class _Export:
    """One export: what it was told, and what came of it."""

    def __init__(
        self, workspace: Workspace, ground: _Ground, archive: Archive, out: Path | None, actor: str, progress: Progress
    ) -> None:
        self.workspace = workspace
        self.ground = ground
        self.archive = archive
        self.out = out
        self.actor = actor
        self.progress = progress
        self.sealer = Sealer(key_store(workspace))
        self.result = ExportResult()
        self.mark: str | None = None
        self.due: date | None = None
        self._fixed: list[tuple[Scheme, Context, list[int]]] = []
        self._rendered = 0

    # --- What a killed run left ---------------------------------------------------------------------------------------

    def discard_drafts(self) -> None:
        """Remove what a run drafted that never came to its numbers; nobody has seen any of it."""
        run, exchange, document = tables.run, tables.exchange, tables.document
        with self.ground.write() as connection:
            drafted = sa.select(run.c.id).where(run.c.kind == "export", run.c.state == "open")
            if connection.execute(drafted.limit(1)).first() is None:
                return
            files = sa.select(exchange.c.id).where(exchange.c.run_id.in_(drafted))
            connection.execute(tables.batch_line.delete().where(tables.batch_line.c.run_id.in_(drafted)))
            connection.execute(document.delete().where(document.c.exchange_id.in_(files)))
            connection.execute(exchange.delete().where(exchange.c.run_id.in_(drafted)))
            # What it found stays true; only the run is gone.
            finding = tables.finding
            connection.execute(finding.update().where(finding.c.run_id.in_(drafted)).values(run_id=None))
            connection.execute(run.delete().where(run.c.kind == "export", run.c.state == "open"))

    def resume(self) -> None:
        """Finish what earlier runs fixed: render what has no bytes yet, deliver what was not laid out."""
        exchange = tables.exchange
        with self.ground.read() as connection:
            fixed = sa.select(exchange.c.id).where(exchange.c.state == ExchangeState.FIXED.value)
            keys = [int(key) for key in connection.scalars(fixed.order_by(exchange.c.id))]
        for key in keys:
            self._render(key, resumed=True)
        artifact = tables.artifact
        with self.ground.read() as connection:
            left = sa.select(artifact.c.exchange_id).where(artifact.c.delivered.is_(None)).distinct()
            keys = [int(key) for key in connection.scalars(left.order_by(artifact.c.exchange_id))]
        for key in keys:
            self._deliver(key)
            self._report(key, resumed=True)

    # --- Plan, cut and fix --------------------------------------------------------------------------------------------

    def plan_and_fix(self, only: str | None, now: datetime, workers: int, executor: Executor | None) -> None:
        """Give numbers to everything that is clean, scheme by scheme."""
        waiting = self._waiting(only)
        with workforce(workers, executor) as (pool, ahead):
            for key in waiting:
                self._plan_scheme(self.workspace.plugins.scheme(key), now, pool, ahead)

    def _waiting(self, only: str | None) -> list[str]:
        table = tables.item
        statement = sa.select(table.c.scheme, sa.func.count()).where(
            table.c.state == ItemState.CHECKED.value, table.c.document_ok, table.c.document_id.is_(None)
        )
        if only is not None:
            statement = statement.where(table.c.scheme == only)
        with self.ground.read() as connection:
            counts = {row[0]: int(row[1]) for row in connection.execute(statement.group_by(table.c.scheme))}
        installed = self.workspace.schemes
        self.result.missing = {key: count for key, count in counts.items() if key not in installed}
        remedies = {key: str(MissingScheme(key, self.workspace.plugins.broken)) for key in self.result.missing}
        self.result.findings += missing_schemes(self.result.missing, remedies)
        return sorted(counts.keys() & installed.keys())

    def _plan_scheme(self, scheme: Scheme, now: datetime, pool: Executor | None, ahead: int) -> None:
        with self.ground.read() as connection:
            context = context_of(self.workspace, connection, scheme, now)
        with self.ground.write() as connection:
            run = self.ground.ids(connection, "run", 1)[0]
            connection.execute(
                tables.run.insert().values(
                    id=run,
                    kind="export",
                    scheme=scheme.key,
                    state="open",
                    now=moment_text(now),
                    settings_hash=settings_hash(context.settings),
                    counts="{}",
                    actor=self.actor,
                )
            )
        with self.ground.write() as connection:
            self._hold_back(connection, lapsed(connection, context.today, scheme.key))
        lines = self._plan(scheme, context, run, pool, ahead)
        lines -= self._hold_namesakes(run, context)
        lines -= self._hold_unfounded(scheme, run, context)
        lines -= self._ask_hooks(scheme, run, context)
        with self.ground.write() as connection:
            files = cut(connection, self.ground.ids, scheme, context, run) if lines else []
        with self.ground.write() as connection:
            fix(connection, scheme, context, run, actor=self.actor, due=self.due)
            if files:
                tell_fixed(self.workspace, connection, _planned(run), scheme.key, context.today)
        if files:
            self.result.run = run
            self._fixed.append((scheme, context, files))

    def _plan(self, scheme: Scheme, context: Context, run: int, pool: Executor | None, ahead: int) -> int:
        """Ask the scheme where every clean item belongs; returns how many have a place."""
        done = placed = 0
        with self.ground.read() as connection:
            suppressed = in_force(connection, context.today)
            units = units_of(scheme, self._clean(connection, scheme, context), context)
            for unit, answer in spread(place_unit, units, pool, ahead):
                with self.ground.write() as writing:
                    bulk_insert(
                        writing, tables.batch_line, BATCH_COLUMNS, (batch_row(run, one) for one in answer.placed)
                    )
                    if answer.findings:
                        self._hold(writing, answer.findings, run, context, "batch", suppressed, everything=True)
                done += len(unit.items)
                placed += len(answer.placed)
                self.progress("plan", done)
        return placed

    def _hold_namesakes(self, run: int, context: Context) -> int:
        """Hold vouchers that one invoice would call the same; returns how many lines that took out."""
        line = tables.batch_line
        invoice = (line.c.file_key, line.c.collective_key, line.c.document_key, line.c.label)
        vouchers = (
            sa.select(*invoice, line.c.provider, line.c.voucher, sa.func.min(line.c.item_id).label("item"))
            .where(line.c.run_id == run, line.c.label != "")
            .group_by(*invoice, line.c.provider, line.c.voucher)
            .subquery()
        )
        at = vouchers.c
        named = [at[column.name] for column in invoice]
        twice = (
            sa.select(*named, sa.func.count().label("count")).group_by(*named).having(sa.func.count() > 1).subquery()
        )
        same = sa.and_(*(at[column.name] == twice.c[column.name] for column in invoice))
        statement = sa.select(at.item, at.label, twice.c["count"]).join(twice, same).order_by(at.item)
        with self.ground.write() as connection:
            found = [SAME_LABEL.at(row[0], value=row[1], count=row[2]) for row in connection.execute(statement)]
            if not found:
                return 0
            self._hold(connection, found, run, context, "batch", {}, everything=True)
            return self._take_out(connection, run)

    def _hold_unfounded(self, scheme: Scheme, run: int, context: Context) -> int:
        """Hold what follows an invoice that the payer does not have; returns how many lines that took out.

        A first billing that was made of an item before it names no invoice and may leave.
        """
        line, item, before = tables.batch_line, tables.item, tables.item.alias()
        reopened = before.c.state.in_([state.value for state in OPEN_STATES])
        statement = (
            sa.select(item.c.id, before.c.number)
            .join(line, line.c.item_id == item.c.id)
            .join(before, before.c.id == item.c.corrects)
            .where(line.c.run_id == run, reopened)
            .order_by(item.c.id)
        )
        with self.ground.write() as connection:
            rows = connection.execute(statement).all()
            items = {row.id: get_item(connection, self.workspace.schemes, row.id) for row in rows}
            found = [
                REFUSED_BEFORE.at(row.id, value=row.number)
                for row in rows
                if (one := items[row.id]) is not None and _follows(scheme, one, context)
            ]
            if not found:
                return 0
            self._hold(connection, found, run, context, "batch", {}, everything=True)
            return self._take_out(connection, run)

    @staticmethod
    def _take_out(connection: Connection, run: int) -> int:
        """Take lines of vouchers that are held now out of the run; returns how many."""
        line, item = tables.batch_line, tables.item
        held = sa.select(item.c.id).where(sa.not_(item.c.document_ok))
        return connection.execute(line.delete().where(line.c.run_id == run, line.c.item_id.in_(held))).rowcount

    def _clean(self, connection: Connection, scheme: Scheme, context: Context) -> Iterator[BillingItem]:
        item = tables.item
        clean = iter_items(
            connection,
            self.workspace.schemes,
            item.c.scheme == scheme.key,
            item.c.state == ItemState.CHECKED.value,
            item.c.document_ok,
            # What came back in a refused file leaves again in that file alone (`following.resend`).
            item.c.document_id.is_(None),
            order=(item.c.provider, item.c.voucher, item.c.line, item.c.id),
        )
        if self.mark is None:
            return clean
        if not isinstance(scheme, Marks):
            return iter(())
        return _of_mark(scheme.key, scheme, self.mark, clean, context)

    def _ask_hooks(self, scheme: Scheme, run: int, context: Context) -> int:
        """Let the plugins beside the scheme object to the trial billing; returns how many lines that took out."""
        if not has_hooks(self.workspace):
            return 0
        with self.ground.read() as connection:
            findings = hook_findings(self.workspace, connection, _planned(run), scheme.key, context.today)
            suppressed = in_force(connection, context.today)
        self.result.findings += [finding for finding in findings if finding.item is None]
        holding = [finding for finding in findings if finding.item is not None and holds(finding, suppressed)]
        if not holding:
            return 0
        with self.ground.write() as connection:
            forget(connection, [key for key in {finding.item for finding in holding} if key is not None], ("hook",))
            self._hold(connection, holding, run, context, "hook", suppressed, everything=False)
            return self._take_out(connection, run)

    def _hold(
        self,
        connection: Connection,
        findings: Sequence[Finding],
        run: int,
        context: Context,
        origin: str,
        suppressed: Mapping[str, int],
        *,
        everything: bool,
    ) -> None:
        """Hold vouchers. A voucher without a place cannot leave, whether or not somebody suppressed the rule."""
        keep(connection, self.ground.ids, findings, origin=origin, run=run, suppressed=suppressed, now=context.now)
        self._hold_back(connection, [finding for finding in findings if everything or holds(finding, suppressed)])

    def _hold_back(self, connection: Connection, holding: Sequence[Finding]) -> None:
        """Hold the vouchers of these findings, and tell which."""
        hold(connection, {finding.item for finding in holding})
        by_item: dict[int, list[Finding]] = {}
        for finding in holding:
            if finding.item is not None:
                by_item.setdefault(finding.item, []).append(finding)
        table = tables.item
        columns = (table.c.id, table.c.scheme, table.c.provider, table.c.voucher)
        vouchers: dict[tuple[str, str, str], list[Finding]] = {}
        for row in connection.execute(sa.select(*columns).where(table.c.id.in_(list(by_item))).order_by(table.c.id)):
            vouchers.setdefault((row.scheme, row.provider, row.voucher), []).extend(by_item[row.id])
        self.result.held_count += len(vouchers)
        for key, found in vouchers.items():
            if len(self.result.held) < KEPT:
                self.result.held.append(HeldVoucher(*key, tuple(found)))

    # --- Render and deliver -------------------------------------------------------------------------------------------

    def render(self) -> None:
        """Make and lay out the files of what this export fixed."""
        for scheme, context, exchanges in self._fixed:
            for key in exchanges:
                self._render(key, resumed=False, scheme=scheme, context=context)

    def _render(
        self, exchange: int, *, resumed: bool, scheme: Scheme | None = None, context: Context | None = None
    ) -> None:
        """Make the files of one exchange and lay them out. What goes wrong stays with this exchange."""
        try:
            rendered = self._take(exchange, scheme, context)
        except RenderFailed as failed:
            _log.error("exchange %s could not be rendered: %s", exchange, failed)  # ids only
            with self.ground.write() as connection:
                table = tables.exchange
                connection.execute(table.update().where(table.c.id == exchange).values(problem=str(failed)))
            self._report(exchange, resumed=resumed, problem=str(failed))
            return
        with self.ground.write() as connection:
            self._keep(connection, exchange, rendered)
        self._deliver(exchange)
        self._rendered += 1
        self.progress("render", self._rendered)
        self._report(exchange, resumed=resumed)

    def _take(self, exchange: int, scheme: Scheme | None, context: Context | None) -> Rendered:
        """Render one exchange into the archive."""
        with self.ground.read() as connection:
            row = connection.execute(sa.select(tables.exchange).where(tables.exchange.c.id == exchange)).one()
            if scheme is None or context is None:
                try:
                    scheme = self.workspace.plugins.scheme(row.scheme)
                    context = context_of(self.workspace, connection, scheme, read_moment(row.created))
                except Exception as error:
                    raise RenderFailed(str(error)) from error
                fixed_with = connection.scalar(
                    sa.select(tables.run.c.settings_hash).where(tables.run.c.id == row.run_id)
                )
                if fixed_with != settings_hash(context.settings):
                    finding = SETTINGS_CHANGED.at(plugin=scheme.key, exchange=exchange)
                    self.result.findings.append(finding)
                    _log.warning("%s", finding.message)
            return render_exchange(
                connection,
                self.archive,
                self.workspace.schemes,
                scheme,
                context,
                row,
                self.sealer,
                rehearsal=self.result.dry_run,
            )

    def _keep(self, connection: Connection, exchange: int, rendered: Rendered) -> None:
        keys = self.ground.ids(connection, "artifact", len(rendered.artifacts))
        columns = (
            *("id", "exchange_id", "ordinal", "name", "role", "media_type", "sha256", "size"),
            *("sealed_sha256", "sealed_size", "delivered"),
        )
        rows = (
            (
                key,
                exchange,
                at,
                one.name,
                one.role,
                one.media_type,
                one.sha256,
                one.size,
                one.sealed_sha256,
                one.sealed_size,
                None,
            )
            for at, (key, one) in enumerate(zip(keys, rendered.artifacts, strict=True), start=1)
        )
        bulk_insert(connection, tables.artifact, columns, rows)
        sealed = any(one.sealed_sha256 for one in rendered.artifacts)
        state = ExchangeState.SEALED if sealed else ExchangeState.RENDERED
        table = tables.exchange
        connection.execute(table.update().where(table.c.id == exchange).values(state=state.value, problem=""))
        payload = {"artifacts": [_journaled(one) for one in rendered.artifacts]}
        journal.append(connection, "exchange.rendered", f"exchange:{exchange}", payload, actor=self.actor)

    def _deliver(self, exchange: int) -> None:
        """Copy the files of an exchange into the out folder, each exchange into a folder of its own.

        Names of files repeat: many payers' names count from one for every receiver.
        """
        if self.out is None:
            return
        table = tables.artifact
        with self.ground.read() as connection:
            rows = connection.execute(
                sa.select(table).where(table.c.exchange_id == exchange).order_by(table.c.ordinal)
            ).all()
        try:
            sweep(self.folder(exchange))
            for row in rows:
                self.archive.deliver(row.sealed_sha256 or row.sha256, self.folder(exchange), row.name)
        except (ArchiveError, OSError) as error:
            problem = str(error) if isinstance(error, ArchiveError) else f"{error.strerror or type(error).__name__}"
            with self.ground.write() as connection:
                self._note(connection, exchange, f"not delivered: {problem}")
            return
        with self.ground.write() as connection:
            connection.execute(
                table.update()
                .where(table.c.exchange_id == exchange, table.c.delivered.is_(None))
                .values(delivered=moment_text(moment(None)))
            )
            self._note(connection, exchange, "")

    def _note(self, connection: Connection, exchange: int, problem: str) -> None:
        table = tables.exchange
        connection.execute(table.update().where(table.c.id == exchange).values(problem=problem))

    def folder(self, exchange: int) -> Path:
        """Where the files of an exchange lie in the out folder."""
        return exchange_folder(self.out or self.workspace.out_dir, exchange)

    def _report(self, exchange: int, *, resumed: bool, problem: str = "") -> None:
        with self.ground.read() as connection:
            done = exported(connection, exchange, self.out, resumed=resumed)
        listed = self.result.resumed if resumed else self.result.exchanges
        listed[:] = [one for one in listed if one.id != exchange]
        if done.problem or problem:
            self.result.failed = [one for one in self.result.failed if one.id != exchange]
            self.result.failed.append(done)
        else:
            listed.append(done)

    def finish(self) -> None:
        """Close every run whose files are all there."""
        self.result.findings += self.sealer.findings.values()
        run, exchange = tables.run, tables.exchange
        unfinished = sa.select(exchange.c.run_id).where(exchange.c.state == ExchangeState.FIXED.value)
        with self.ground.write() as connection:
            connection.execute(
                run.update()
                .where(run.c.kind == "export", run.c.state == "fixed", run.c.id.not_in(unfinished))
                .values(state="finished", finished=moment_text(moment(None)))
            )


def _follows(scheme: Scheme, item: BillingItem, context: Context) -> bool:
    """True where the item's invoice is said to follow another one: its mark is not the first of the scheme's."""
    if not isinstance(scheme, Marks):
        return True
    try:
        return scheme.mark_of(item, context) != next(iter(scheme.marks), None)
    except Exception as error:
        raise plugin_failed(scheme.key, "mark_of", error) from error


def _of_mark(
    key: str, scheme: Marks, mark: str, items: Iterator[BillingItem], context: Context
) -> Iterator[BillingItem]:
    """Those that leave under this mark; a scheme that cannot say so fails here and not at one voucher."""
    for item in items:
        try:
            found = scheme.mark_of(item, context)
        except Exception as error:
            raise plugin_failed(key, "mark_of", error) from error
        if mark in (found, scheme.marks.get(found)):
            yield item


def _planned(run: int) -> list[sa.ColumnElement[bool]]:
    """Selects the items that a run bills."""
    line = tables.batch_line
    return [tables.item.c.id.in_(sa.select(line.c.item_id).where(line.c.run_id == run))]


def _journaled(artifact: StoredArtifact) -> dict[str, Any]:
    """What the journal keeps of an artifact."""
    kept: dict[str, Any] = {"sha256": artifact.sha256, "size": artifact.size}
    if artifact.sealed_sha256 is not None:
        kept |= {"sealed_sha256": artifact.sealed_sha256, "sealed_size": artifact.sealed_size}
    return kept


def exchange_folder(out: Path, exchange: int) -> Path:
    """The folder of an exchange in the out folder: its id with leading zeros, `draft-…` in a dry run."""
    return out / (f"{exchange:06d}" if exchange > 0 else f"draft-{exchange - DRAFT_IDS + 1:06d}")


def exported(connection: Connection, exchange: int, out: Path | None, *, resumed: bool = False) -> ExportedExchange:
    """An exchange with its figures, summed up in the database."""
    row = connection.execute(sa.select(tables.exchange).where(tables.exchange.c.id == exchange)).one()
    document = tables.document
    sums = ("gross", "copayment", "own_share", "surcharge", "items", "vouchers")
    figures = connection.execute(
        sa.select(
            *(sa.func.coalesce(sa.func.sum(document.c[name]), 0).label(name) for name in sums),
            sa.func.count().label("documents"),
        ).where(document.c.exchange_id == exchange)
    ).one()
    totals = Totals(*(int(getattr(figures, name)) for name in sums))
    first = sa.select(document.c.number).where(document.c.exchange_id == exchange).order_by(document.c.id).limit(100)
    artifacts = connection.execute(
        sa.select(tables.artifact).where(tables.artifact.c.exchange_id == exchange).order_by(tables.artifact.c.ordinal)
    )
    return ExportedExchange(
        id=row.id,
        scheme=row.scheme,
        key=split_key(row.file_key),
        state=row.state,
        numbers=read_json(row.numbers),
        documents=figures.documents,
        vouchers=totals.vouchers,
        items=totals.items,
        totals=totals,
        document_numbers=tuple(dict.fromkeys(connection.scalars(first))),
        artifacts=tuple(
            DeliveredArtifact(
                one.name,
                one.role,
                one.media_type,
                one.size,
                one.sha256,
                exchange_folder(out, exchange) / one.name if out and one.delivered else None,
                one.sealed_size,
                one.sealed_sha256,
            )
            for one in artifacts
        ),
        resumed=resumed,
        problem=row.problem,
    )


BATCH_COLUMNS = (
    "run_id",
    "item_id",
    "file_key",
    "collective_key",
    "document_key",
    "order_key",
    "bucket",
    "label",
    "provider",
    "voucher",
    "gross",
    "copayment",
    "own_share",
    "surcharge",
)
"""What planning writes of an item."""


def batch_row(run: int, placed: Placed) -> tuple[Any, ...]:
    """A row of `batch_line`, in the order of `BATCH_COLUMNS`."""
    item = placed.item
    return (
        run,
        item.id,
        placed.file,
        placed.collective,
        placed.document,
        placed.order,
        placed.bucket,
        placed.label,
        item.provider,
        item.voucher,
        item.gross,
        *(item.share(kind) for kind in (SplitKind.COPAYMENT, SplitKind.OWN_SHARE, SplitKind.SURCHARGE)),
    )
