"""Checking: every voucher that is new or was changed is shown to its scheme, and what is wrong is kept as findings.

Whole vouchers are streamed; the scheme's part runs here or in other processes, all writing is done here. What was clean
stays clean until something changes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.contexts import ITEMS_LOCK, Progress, context_of, moment, no_progress
from billhook.billing.examining import (
    NOT_RELEASED,
    check_unit,
    missing_schemes,
    spread,
    units_of,
    vouchers_of,
    workforce,
)
from billhook.billing.findings import Collected, forget, holds, in_force, keep, lapsed
from billhook.billing.problems import BillingProblem, plugin_failed
from billhook.billing.views import StoredRun
from billhook.model import BillingItem, BillingSlot, Finding, ItemState, SlotState
from billhook.model.item import OPEN_STATES, TO_BE_CHECKED
from billhook.plugins import MissingScheme
from billhook.scheme import Scheme
from billhook.store import StoreError, Workspace, journal, tables
from billhook.store.database import BUSY_SECONDS, CHUNK, in_pieces, next_ids, stream
from billhook.store.items import iter_items, set_states

_TO_BE_CHECKED = tuple(state.value for state in TO_BE_CHECKED)
_OPEN = tuple(state.value for state in OPEN_STATES)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found.

    `items` and `vouchers` were looked at; `clean` and `faulty` count vouchers. `held_by_hooks` counts items of vouchers
    that the scheme calls clean and a plugin beside it holds. `missing` counts items of schemes that are not
    installed: they were not looked at, and each such scheme has a finding. `findings` holds the first ones, the other
    figures count all.
    """

    items: int = 0
    vouchers: int = 0
    clean: int = 0
    faulty: int = 0
    errors: int = 0
    warnings: int = 0
    notes: int = 0
    suppressed: int = 0
    held_by_hooks: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)
    by_code: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def check(
    workspace: Workspace,
    *,
    scheme: str | None = None,
    all: bool = False,  # noqa: A002  # the word for it
    workers: int = 1,
    executor: Executor | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    progress: Progress = no_progress,
    wait: float = BUSY_SECONDS,
) -> CheckResult:
    """Check every voucher of which something is new, faulty or corrected.

    Args:
        workspace: where.
        scheme: only this scheme's items; every scheme's when not given.
        all: also vouchers that are clean already.
        workers: processes to spread the scheme's work over.
        executor: where to run it instead; a scheme and its context must then be picklable.
        now: the moment of the check, for tests.
        actor: who checks.
        progress: called with ("check", items done).
        wait: seconds to wait for somebody else who changes items.

    Raises:
        billhook.plugins.MissingScheme: `scheme` is given and not installed.
        billhook.plugins.PluginFailed: a plugin failed where no voucher can be blamed.
        billhook.store.Busy: somebody else is changing items.
    """
    job = _Check(workspace, moment(now), actor or journal.current_actor(), progress, all)
    if scheme is not None:
        workspace.plugins.scheme(scheme)
    with workspace.database.exclusive(ITEMS_LOCK, wait), workforce(workers, executor) as (pool, ahead):
        job.take_back(scheme)
        waiting, missing = job.waiting(scheme)
        for key in waiting:
            job.scheme(workspace.plugins.scheme(key), pool, ahead)
        for finding in missing_schemes(missing, {key: job.remedy(key) for key in missing}):
            job.collected.add(finding)
        job.hooks(scheme)
        return job.finish(scheme, missing)


class _Check:
    """One check run: what it was told and what it counted."""

    def __init__(
        self,
        workspace: Workspace,
        now: datetime,
        actor: str,
        progress: Progress,
        everything: bool,  # noqa: FBT001  # private
    ) -> None:
        self.workspace = workspace
        self.now = now
        self.actor = actor
        self.progress = progress
        self.states = _OPEN if everything else _TO_BE_CHECKED
        self.collected = Collected()
        self.items = self.vouchers = self.clean = self.suppressed = self.held = 0
        with workspace.database.read() as connection:
            self.suppressions = in_force(connection, now.date())

    def take_back(self, only: str | None) -> None:
        """What passed under a suppression that has ended since is no longer clean."""
        with self.workspace.database.write() as connection:
            hold(connection, {finding.item for finding in lapsed(connection, self.now.date(), only)})

    def waiting(self, only: str | None) -> tuple[list[str], dict[str, int]]:
        """Keys of the schemes that have something to check, and how many items wait for one that is not installed."""
        table = tables.item
        statement = sa.select(table.c.scheme, sa.func.count()).where(table.c.state.in_(self.states))
        if only is not None:
            statement = statement.where(table.c.scheme == only)
        with self.workspace.database.read() as connection:
            counts = {row[0]: int(row[1]) for row in connection.execute(statement.group_by(table.c.scheme))}
        installed = self.workspace.schemes
        missing = {key: count for key, count in counts.items() if key not in installed}
        return sorted(counts.keys() & installed.keys()), missing

    def remedy(self, key: str) -> str:
        """What to do about a scheme that is not there."""
        return str(MissingScheme(key, self.workspace.plugins.broken))

    def scheme(self, scheme: Scheme, pool: Executor | None, ahead: int) -> None:
        """Check the vouchers of one scheme."""
        with self.workspace.database.read() as connection:
            context = context_of(self.workspace, connection, scheme, self.now)
            units = units_of(scheme, self._items(connection, scheme), context)
            for unit, answer in spread(check_unit, units, pool, ahead):
                self._write(unit.items, answer.findings)
                self.progress("check", self.items)

    def _items(self, connection: Connection, scheme: Scheme) -> Iterator[BillingItem]:
        """The open items of every voucher in which something is to be checked."""
        item, other = tables.item, tables.item.alias()
        waiting = (
            sa.select(sa.literal(1))
            .where(
                other.c.scheme == item.c.scheme,
                other.c.provider == item.c.provider,
                other.c.voucher == item.c.voucher,
                other.c.state.in_(self.states),
            )
            .exists()
        )
        return iter_items(
            connection,
            self.workspace.schemes,
            item.c.scheme == scheme.key,
            item.c.state.in_(_OPEN),
            waiting,
            order=(item.c.provider, item.c.voucher, item.c.line, item.c.id),
        )

    def _write(self, items: Sequence[BillingItem], findings: Sequence[Finding]) -> None:
        holding = {finding.item for finding in findings if holds(finding, self.suppressions)}
        changes: list[tuple[int, ItemState, bool, bool]] = []
        for lines in vouchers_of(items):
            voucher_ok = holding.isdisjoint(item.id for item in lines)
            self.vouchers += 1
            self.clean += voucher_ok
            for item in lines:
                line_ok = item.id not in holding
                state = ItemState.CHECKED if line_ok else ItemState.FAULTY
                if (item.state, item.line_ok, item.document_ok) != (state, line_ok, voucher_ok):
                    changes.append((item.id, state, line_ok, voucher_ok))
        self.items += len(items)
        self._count(findings)
        with self.workspace.database.write() as connection:
            forget(connection, [item.id for item in items if item.state is not ItemState.DRAFT])
            keep(connection, next_ids, findings, origin="check", suppressed=self.suppressions, now=self.now)
            set_states(connection, changes)

    def _count(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.collected.add(finding)
            self.suppressed += finding.code in self.suppressions

    def hooks(self, only: str | None) -> None:
        """Ask the plugins beside the schemes about all that is clean, and hold what they object to."""
        item = tables.item.c
        schemes = [only] if only else list(self.workspace.schemes)
        trial = [item.scheme.in_(schemes), item.state == ItemState.CHECKED.value, item.document_ok]
        if not has_hooks(self.workspace):
            return
        with self.workspace.database.read() as connection:
            findings = hook_findings(self.workspace, connection, trial, only or "", self.now.date())
        # What a hook said the last time about an item that nobody checked again is said again now, or no longer true.
        with self.workspace.database.write() as connection:
            table = tables.finding
            open_items = sa.select(item.id).where(item.scheme.in_(schemes), item.state.in_(_OPEN))
            connection.execute(table.delete().where(table.c.origin == "hook", table.c.item_id.in_(open_items)))
            about_items = [finding for finding in findings if finding.item is not None]
            keep(connection, next_ids, about_items, origin="hook", suppressed=self.suppressions, now=self.now)
            self.held = hold(connection, {one.item for one in findings if holds(one, self.suppressions)})
        self._count(findings)

    def finish(self, only: str | None, missing: Mapping[str, int]) -> CheckResult:
        """Write the journal and give the figures."""
        by_severity = self.collected.by_severity
        result = CheckResult(
            items=self.items,
            vouchers=self.vouchers,
            clean=self.clean,
            faulty=self.vouchers - self.clean,
            errors=self.collected.errors,
            warnings=sum(count for severity, count in by_severity.items() if severity.value == "warning"),
            notes=sum(count for severity, count in by_severity.items() if severity.value == "note"),
            suppressed=self.suppressed,
            held_by_hooks=self.held,
            missing=dict(missing),
            by_code=dict(sorted(self.collected.by_code.items())),
            findings=tuple(self.collected.kept),
        )
        if self.items or self.held:
            payload = {
                "items": self.items,
                "vouchers": self.vouchers,
                "clean": self.clean,
                "errors": result.errors,
                "held_by_hooks": self.held,
            }
            with self.workspace.database.write() as connection:
                journal.append(
                    connection, "items.checked", f"scheme:{only or 'all'}", payload, actor=self.actor, time=self.now
                )
        _log.info("checked %s items, %s of %s vouchers are clean", self.items, self.clean, self.vouchers)
        return result


# --- Plugins beside the scheme ----------------------------------------------------------------------------------------


def has_hooks(workspace: Workspace) -> bool:
    """True when a plugin has a say beside the schemes."""
    hooks = workspace.plugins.hooks
    return bool(hooks.billhook_check.get_hookimpls() or hooks.billhook_released.get_hookimpls())


def view_of(
    workspace: Workspace,
    connection: Connection,
    trial: Sequence[sa.ColumnElement[bool]],
    scheme: str,
    today: date,
) -> StoredRun:
    """What plugins beside the schemes see of a run: the items that `trial` selects, and what is around them."""
    return StoredRun(
        connection,
        workspace.schemes,
        scheme=scheme,
        today=today,
        trial=trial,
        settings=workspace.plugin_settings,
        scheme_settings=workspace.settings,
    )


def hook_findings(
    workspace: Workspace,
    connection: Connection,
    trial: Sequence[sa.ColumnElement[bool]],
    scheme: str,
    today: date,
) -> list[Finding]:
    """What plugins beside the schemes have to say about these items or about the run as a whole (a finding without an
    item: it is told, and holds nothing), and slots that may not be billed yet.

    Raises:
        PluginFailed: one of them raised or answered no findings about items that there are; going on would bill what
            it may have objected to.
    """
    hooks = workspace.plugins.hooks
    view = view_of(workspace, connection, trial, scheme, today)
    findings: list[Finding] = []
    for implementation in hooks.billhook_check.get_hookimpls():
        try:
            arguments = {"run": view} if "run" in implementation.argnames else {}
            answered: Any = implementation.function(**arguments)
            found = list(answered or ())
            if not _are_findings(connection, found):
                raise TypeError  # noqa: TRY301  # told like everything else that the plugin does wrong
        except StoreError:
            raise  # wrong settings are the user's to mend, and say how
        except Exception as error:
            raise plugin_failed(implementation.plugin_name, "billhook_check", error) from error
        findings += found
    return findings + _not_released(workspace, connection, trial)


def tell_fixed(
    workspace: Workspace,
    connection: Connection,
    trial: Sequence[sa.ColumnElement[bool]],
    scheme: str,
    today: date,
) -> None:
    """Let the plugins beside the schemes note what was billed, in the transaction that bills it.

    Raises:
        PluginFailed: one of them raised; the caller's transaction must be rolled back.
    """
    implementations = workspace.plugins.hooks.billhook_fixed.get_hookimpls()
    if not implementations:
        return
    offered = {"run": view_of(workspace, connection, trial, scheme, today), "connection": connection}
    for implementation in implementations:
        try:
            implementation.function(**{name: offered[name] for name in implementation.argnames})
        except (StoreError, BillingProblem):
            raise  # wrong settings, or a run that the plugin refuses: both say what to do
        except Exception as error:
            raise plugin_failed(implementation.plugin_name, "billhook_fixed", error) from error


def _are_findings(connection: Connection, found: Sequence[object]) -> bool:
    """True when these are findings, and the items that they name are there."""
    if not all(isinstance(one, Finding) for one in found):
        return False
    keys = list({one.item for one in found if isinstance(one, Finding) and one.item is not None})
    if not all(isinstance(key, int) for key in keys):
        return False
    item = tables.item.c.id
    there = 0
    for start in range(0, len(keys), CHUNK):
        some = sa.select(sa.func.count()).where(item.in_(keys[start : start + CHUNK]))
        there += int(connection.scalar(some) or 0)
    return there == len(keys)


def _not_released(
    workspace: Workspace, connection: Connection, trial: Sequence[sa.ColumnElement[bool]]
) -> list[Finding]:
    hooks = workspace.plugins.hooks
    if not hooks.billhook_released.get_hookimpls():
        return []
    item, slot = tables.item, tables.billing_slot
    statement = sa.select(item.c.id.label("item"), slot).join(slot, slot.c.id == item.c.slot_id).where(*trial)
    items: dict[int, list[int]] = {}
    slots: dict[int, BillingSlot] = {}
    for row in stream(connection, statement.order_by(item.c.id)):
        items.setdefault(row.id, []).append(row.item)
        slots[row.id] = BillingSlot(
            id=row.id,
            line=row.line_id,
            period_start=date.fromisoformat(row.period_start),
            period_end=date.fromisoformat(row.period_end),
            state=SlotState(row.state),
            block=row.block,
        )
    if not slots:
        return []
    findings: list[Finding] = []
    for implementation in hooks.billhook_released.get_hookimpls():
        try:
            said: Any = implementation.function(list(slots.values()))
            reasons = dict(said or {})
        except Exception as error:
            raise plugin_failed(implementation.plugin_name, "billhook_released", error) from error
        for key, reason in reasons.items():
            findings += [NOT_RELEASED.at(one, reason=reason) for one in items.get(key, ())]
    return findings


def hold(connection: Connection, items: Iterable[int | None]) -> int:
    """Mark these open items as faulty and their vouchers as not to be exported; returns how many items that held."""
    table, named = tables.item, tables.item.alias()
    together = sa.and_(
        table.c.scheme == named.c.scheme, table.c.provider == named.c.provider, table.c.voucher == named.c.voucher
    )
    lines = sa.select(table.c.id).join(named, together).where(table.c.state.in_(_OPEN))
    held: set[int] = set()
    # A voucher at a time would be a statement each: a plugin may object to thousands.
    for some in in_pieces(sorted({key for key in items if key is not None})):
        voucher_lines = set(connection.scalars(lines.where(named.c.id.in_(some))))
        for piece in in_pieces(sorted(voucher_lines - held)):
            connection.execute(table.update().where(table.c.id.in_(piece)).values(document_ok=False))
        held |= voucher_lines
        connection.execute(
            table.update()
            .where(table.c.id.in_(some), table.c.state.in_(_OPEN))
            .values(state=ItemState.FAULTY.value, line_ok=False)
        )
    return len(held)
