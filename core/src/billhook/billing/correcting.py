"""Correcting: a person mends one field of an open item, and the mend goes where the same fact is kept too.

That is the other lines of the voucher for what a voucher has once (the client, the prescription), and the master record
behind it, so that the next item is right from the start. Every change keeps what was there before.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.contexts import ITEMS_LOCK, moment
from billhook.billing.fields import FieldType, field_type, parse, value_of, with_value
from billhook.billing.lookup import item_id
from billhook.billing.masters import correct_case, correct_client
from billhook.billing.problems import CannotCorrect, UnknownThing
from billhook.model import BillingItem, ItemState
from billhook.model.item import OPEN_STATES
from billhook.scheme import Scheme
from billhook.store import Workspace, journal, tables
from billhook.store.database import BUSY_SECONDS, bulk_insert, next_ids
from billhook.store.encoding import moment_text, read_moment
from billhook.store.items import get_item, iter_items, update_items
from billhook.words import words

_OPEN = tuple(state.value for state in OPEN_STATES)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CorrectionResult:
    """What a correction changed: the items (the lines of the voucher that share the fact), and the master record."""

    item: int
    field: str
    old: str | None
    new: str | None
    items: tuple[int, ...]
    master: str = ""
    finding_code: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """One entry of an item's history."""

    id: int
    item: int
    field: str
    old: str | None
    new: str | None
    actor: str
    made: datetime
    finding_code: str


def correct(
    workspace: Workspace,
    text: str | None = None,
    *,
    finding: int | None = None,
    item: int | str | None = None,
    field: str | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> CorrectionResult:
    """Write another value into a field.

    Args:
        workspace: where.
        text: the value as a person writes it; empty for nothing. None takes the suggestion of the finding.
        finding: the id of a finding, which names the item and (unless `field` does) the field.
        item: the id or the number of an item, where no finding is named.
        field: dotted name, e.g. `details.prescribed_on`.
        now: the moment, for tests.
        actor: who corrects.
        wait: seconds to wait for a check or an import to end.

    Raises:
        CannotCorrect: not of the field's type, not a field, no longer open, or no suggestion; nothing was changed.
        UnknownThing: there is no such finding or item.
        billhook.plugins.MissingScheme: the item's scheme is not installed.
        billhook.store.Busy: somebody else is changing items.
    """
    when, who = moment(now), actor or journal.current_actor()
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        wish = _wish(connection, finding, item, field, text)
        subject = _open_item(workspace, connection, wish.item)
        scheme = workspace.plugins.scheme(subject.scheme)
        wanted = field_type(scheme, wish.field)
        value = parse(wanted, wish.text)
        lines = _lines(workspace, connection, subject, wanted)
        changed = [
            (line, new)
            for line in lines
            if value_of(new := with_value(line, wanted, value), wanted) != value_of(line, wanted)
        ]
        result = CorrectionResult(
            item=subject.id,
            field=wanted.name,
            old=value_of(subject, wanted),
            new=value_of(with_value(subject, wanted, value), wanted),
            items=tuple(line.id for line, _ in changed),
            master=_master(connection, subject, scheme, wanted, value) if changed else "",
            finding_code=wish.code,
        )
        if changed:
            _write(workspace, connection, result, changed, wanted, when, who)
    _log.info("item %s corrected: %s, %s lines", result.item, result.field, len(result.items))
    return result


@dataclass(frozen=True, slots=True)
class _Wish:
    """What shall be corrected, found out."""

    item: int
    field: str
    text: str
    code: str = ""


def _wish(
    connection: Connection, finding: int | None, item: int | str | None, field: str | None, text: str | None
) -> _Wish:
    if finding is None:
        if item is None or not field or text is None:
            raise CannotCorrect(words("name a finding, or an item, its field and the new value"))
        return _Wish(item_id(connection, item), field, text)
    table = tables.finding
    row = connection.execute(sa.select(table).where(table.c.id == finding)).one_or_none()
    if row is None or row.item_id is None:
        message = words("there is no finding {finding} about an item; a new check gives new findings", finding=finding)
        raise UnknownThing(message)
    name = field or row.field
    if not name:
        message = words("finding {finding} names no field; say which one to correct", finding=finding)
        raise CannotCorrect(message)
    new = text if text is not None else row.suggestion
    if new is None:
        message = words("finding {finding} has no suggestion; say the new value", finding=finding)
        raise CannotCorrect(message)
    return _Wish(row.item_id, name, new, row.code)


def _open_item(workspace: Workspace, connection: Connection, key: int) -> BillingItem:
    subject = get_item(connection, workspace.schemes, key)
    if subject is None:
        message = words("there is no item {key}", key=key)
        raise UnknownThing(message)
    if subject.state not in OPEN_STATES:
        message = words(
            "item {key} is {state} and is never changed again; bill a correction of it instead",
            key=key,
            state=subject.state,
        )
        raise CannotCorrect(message)
    return subject


def _lines(workspace: Workspace, connection: Connection, subject: BillingItem, wanted: FieldType) -> list[BillingItem]:
    """The items that share the fact: the open lines of the voucher, for a client's field those of the same client."""
    if not wanted.voucher:
        return [subject]
    item = tables.item.c
    lines = iter_items(
        connection,
        workspace.schemes,
        item.scheme == subject.scheme,
        item.provider == subject.provider,
        item.voucher == subject.voucher,
        item.state.in_(_OPEN),
        order=(item.line, item.id),
    )
    of_client = wanted.name.startswith("client.")
    return [line for line in lines if not of_client or line.client.number == subject.client.number]


def _master(connection: Connection, subject: BillingItem, scheme: Scheme, wanted: FieldType, value: Any) -> str:
    """Write the mend into the master record; returns which one, empty when there is none."""
    name = wanted.name.rpartition(".")[2]
    if wanted.master == "client" and subject.client_id is not None:
        correct_client(connection, subject.client_id, name, value if value is not None or name == "birth_date" else "")
        return f"client:{subject.client_id}"
    if wanted.master == "case" and subject.case_id is not None and name in scheme.Details.model_fields:
        correct_case(connection, subject.case_id, name, value)
        return f"case:{subject.case_id}"
    return ""


def _write(
    workspace: Workspace,
    connection: Connection,
    result: CorrectionResult,
    changed: Sequence[tuple[BillingItem, BillingItem]],
    wanted: FieldType,
    when: datetime,
    who: str,
) -> None:
    mended = [replace(new, state=ItemState.CORRECTED, line_ok=False, document_ok=False) for _, new in changed]
    update_items(connection, workspace.schemes, mended)
    subject, item = changed[0][0], tables.item
    connection.execute(
        item.update()
        .where(
            item.c.scheme == subject.scheme,
            item.c.provider == subject.provider,
            item.c.voucher == subject.voucher,
            item.c.state.in_(_OPEN),
        )
        .values(document_ok=False)
    )
    keys = next_ids(connection, "correction", len(changed))
    columns = ("id", "item_id", "field", "old", "new", "actor", "made", "finding_code")
    rows = (
        (
            key,
            old.id,
            wanted.name,
            value_of(old, wanted),
            value_of(new, wanted),
            who,
            moment_text(when),
            result.finding_code,
        )
        for key, (old, new) in zip(keys, changed, strict=True)
    )
    bulk_insert(connection, tables.correction, columns, rows)
    payload = {
        "field": wanted.name,
        "items": list(result.items),
        "master": result.master,
        "finding": result.finding_code,
        "corrections": [keys[0], keys[-1]],
    }
    journal.append(connection, "item.corrected", f"item:{result.item}", payload, actor=who, time=when)


def corrections(connection: Connection, item: int) -> Iterator[Correction]:
    """What was corrected on an item, oldest first."""
    table = tables.correction
    for row in connection.execute(sa.select(table).where(table.c.item_id == item).order_by(table.c.id)):
        yield Correction(
            row.id, row.item_id, row.field, row.old, row.new, row.actor, read_moment(row.made), row.finding_code
        )
