"""Findings in the store: written in bulk, replaced by the next check, and suppressed by code with a reason and an
end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.contexts import moment
from billhook.billing.problems import BillingProblem
from billhook.model import Finding, ItemState, Severity
from billhook.model.finding import CODE_PATTERN
from billhook.store import Workspace, journal, tables
from billhook.store.database import CHUNK, bulk_insert, next_ids
from billhook.store.encoding import date_text, json_text, moment_text, read_json
from billhook.words import words

KEPT = 1_000
"""How many findings a result carries; the counts are exact all the same."""

IdSource = Callable[[Connection, str, int], Sequence[int]]
"""Where new ids come from: `next_ids`, or a dry run's own."""

REPLACED = ("check", "hook", "batch")
"""Origins that a new check replaces; what a payer answered stays."""

_COLUMNS = (
    "id",
    "run_id",
    "item_id",
    "origin",
    "code",
    "severity",
    "message",
    "mend",
    "source",
    "field",
    "value",
    "suggestion",
    "file",
    "line",
    "segment",
    "tag",
    "element",
    "params",
    "suppression_id",
    "created",
)


@dataclass(slots=True)
class Collected:
    """Findings as they come: all are counted, the first `limit` are kept, so that a bad file cannot fill the memory."""

    limit: int = KEPT
    kept: list[Finding] = field(default_factory=list)
    by_code: Counter[str] = field(default_factory=Counter)
    by_severity: Counter[Severity] = field(default_factory=Counter)

    def add(self, finding: Finding) -> None:
        """Count one and keep it while there is room."""
        self.by_code[finding.code] += 1
        self.by_severity[finding.severity] += 1
        if len(self.kept) < self.limit:
            self.kept.append(finding)

    @property
    def errors(self) -> int:
        """How many errors there were, kept or not."""
        return self.by_severity[Severity.ERROR]

    @property
    def total(self) -> int:
        """How many findings there were, kept or not."""
        return sum(self.by_severity.values())


# --- Suppression ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suppression:
    """A rule that somebody decided to live with: its code, why, and the last day on which that holds."""

    id: int
    code: str
    reason: str
    expires: date
    actor: str


def suppress(
    workspace: Workspace,
    code: str,
    reason: str,
    expires: date,
    *,
    now: datetime | None = None,
    actor: str | None = None,
) -> Suppression:
    """Let findings of this code no longer hold items until the end of `expires`. They are still kept and shown.

    Vouchers that are held by it are free after the next check.

    Raises:
        BillingProblem: no such looking code, no reason, or an end that has passed.
    """
    when = moment(now)
    if not CODE_PATTERN.match(code):
        message = words("{code!r} is no rule code; a code looks like P302-EHI-007", code=code)
        raise BillingProblem(message)
    if not reason.strip():
        raise BillingProblem(words("a suppression needs a reason; say why the rule may be broken"))
    if expires < when.date():
        message = words(
            "the suppression would end on {expires}, which has passed; name a later day", expires=expires.isoformat()
        )
        raise BillingProblem(message)
    who = journal.current_actor() if actor is None else actor
    with workspace.database.write() as connection:
        key = next_ids(connection, "suppression", 1)[0]
        connection.execute(
            tables.suppression.insert().values(
                id=key, code=code, reason=reason, expires=date_text(expires), created=moment_text(when), actor=who
            )
        )
        journal.append(
            connection,
            "rule.suppressed",
            f"rule:{code}",
            {"suppression": key, "expires": expires.isoformat(), "reason": reason},
            actor=who,
            time=when,
        )
    return Suppression(key, code, reason, expires, who)


def suppressions(connection: Connection, day: date | None = None) -> Iterator[Suppression]:
    """The suppressions, those in force on `day` when one is given."""
    table = tables.suppression
    statement = sa.select(table).order_by(table.c.id)
    if day is not None:
        statement = statement.where(table.c.expires >= date_text(day))
    for row in connection.execute(statement):
        yield Suppression(row.id, row.code, row.reason, date.fromisoformat(row.expires), row.actor)


def in_force(connection: Connection, day: date) -> dict[str, int]:
    """Code → id of the suppression that is in force on this day."""
    return {suppression.code: suppression.id for suppression in suppressions(connection, day)}


def lapsed(connection: Connection, day: date, scheme: str | None = None) -> list[Finding]:
    """Errors that hold their items again, because the suppression that let them pass has ended. They are marked so."""
    table, item = tables.finding, tables.item
    current = in_force(connection, day)
    statement = (
        sa.select(table)
        .join(item, item.c.id == table.c.item_id)
        .where(
            table.c.suppression_id.is_not(None),
            table.c.severity == Severity.ERROR.value,
            table.c.code.not_in(list(current)),
            item.c.state == ItemState.CHECKED.value,
        )
    )
    if scheme is not None:
        statement = statement.where(item.c.scheme == scheme)
    rows = connection.execute(statement.order_by(table.c.id)).all()
    for start in range(0, len(rows), CHUNK):
        some = [row.id for row in rows[start : start + CHUNK]]
        connection.execute(table.update().where(table.c.id.in_(some)).values(suppression_id=None))
    return [finding_of(row) for row in rows]


# --- Keeping --------------------------------------------------------------------------------------------------------


def keep(
    connection: Connection,
    ids: IdSource,
    findings: Sequence[Finding],
    *,
    origin: str,
    run: int | None = None,
    suppressed: Mapping[str, int] | None = None,
    now: datetime | None = None,
) -> int:
    """Write findings; those whose code is suppressed are marked with the suppression."""
    known = suppressed or {}
    created = moment_text(now or datetime.now(UTC))
    keys = ids(connection, "finding", len(findings))
    rows = (
        (
            key,
            run,
            one.item,
            origin,
            one.code,
            one.severity.value,
            one.message,
            one.mend,
            one.source,
            one.field,
            one.value,
            one.suggestion,
            one.file,
            one.line,
            one.segment,
            one.tag,
            one.element,
            json_text(dict(one.params)),
            known.get(one.code),
            created,
        )
        for key, one in zip(keys, findings, strict=True)
    )
    return bulk_insert(connection, tables.finding, _COLUMNS, rows) if findings else 0


def forget(connection: Connection, items: Sequence[int], origins: Sequence[str] = REPLACED) -> None:
    """Remove the findings of these origins from these items, because they are looked at anew."""
    table = tables.finding
    for start in range(0, len(items), CHUNK):
        some = items[start : start + CHUNK]
        connection.execute(table.delete().where(table.c.item_id.in_(some), table.c.origin.in_(origins)))


def finding_of(row: sa.Row[Any]) -> Finding:
    """The finding of a row of the table."""
    return Finding(
        code=row.code,
        severity=Severity(row.severity),
        message=row.message,
        mend=row.mend,
        source=row.source,
        item=row.item_id,
        field=row.field,
        value=row.value,
        suggestion=row.suggestion,
        file=row.file,
        line=row.line,
        segment=row.segment,
        tag=row.tag,
        element=row.element,
        params=read_json(row.params),
    )


def holds(finding: Finding, suppressed: Mapping[str, int]) -> bool:
    """True when the finding keeps its voucher from leaving."""
    return finding.is_error and finding.code not in suppressed


def of_items(connection: Connection, items: Iterable[int]) -> dict[int, list[Finding]]:
    """The findings of some items, by item."""
    table = tables.finding
    found: dict[int, list[Finding]] = {}
    for row in connection.execute(sa.select(table).where(table.c.item_id.in_(list(items))).order_by(table.c.id)):
        found.setdefault(row.item_id, []).append(finding_of(row))
    return found
