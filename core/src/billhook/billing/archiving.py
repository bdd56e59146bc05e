"""After the export: what stands in the archive and why, and how it is billed again, deleted, or billed anew from its source.

Nothing that was sent is changed or lost: an item that is taken back keeps its invoice, its files and its number. It only
changes the reason for which it stands in the archive, and the payer owes nothing for it any more. A source entry (the row
that an item was imported from) is used once: only when it was reset can it be imported again.

Each of these is one transaction: killed in the middle it leaves nothing, and of two that come at once the second sees what
the first one did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.balancing import WITHDRAWN, withdraw
from billhook.billing.contexts import ITEMS_LOCK, moment
from billhook.billing.findings import forget
from billhook.billing.following import CannotFollow, Followed, Follower
from billhook.billing.lookup import exchange_id, item_id, voucher_items
from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.model import ArchiveReason, ExchangeState, ItemState
from billhook.model.item import OPEN_STATES
from billhook.store import Workspace, journal, tables
from billhook.store.database import BUSY_SECONDS, in_pieces, stream
from billhook.store.encoding import read_date
from billhook.store.items import get_item
from billhook.words import Words, words

_OPEN = tuple(state.value for state in OPEN_STATES)
_UNSENT = (ExchangeState.RENDERED.value, ExchangeState.SEALED.value)


class CannotArchive(BillingProblem):
    """An item cannot be billed again, deleted or reset; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items a person marked: by number or id, all of a voucher, of an invoice, or of a file."""

    items: Sequence[int | str] = ()
    voucher: str | None = None
    invoice: str | None = None
    exchange: int | str | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """What a deletion did: the items, and whether their source entries can be imported again."""

    items: tuple[int, ...]
    reason: ArchiveReason | None
    reset: bool


@dataclass(frozen=True, slots=True)
class ArchivedItem:
    """A line of the archive. Amounts in cents. `corrects` is the item that this one followed."""

    id: int
    number: str
    scheme: str
    provider: str
    voucher: str
    reason: str
    kind: str
    state: str
    invoice: str
    ordinal: int
    date: date | None
    exchange: int | None
    gross: int
    billed: int
    corrects: int | None
    reset: bool


@dataclass(frozen=True, slots=True)
class InvoiceLines:
    """How many lines of an invoice number are open (to be billed again) and how many stand in the archive."""

    invoice: str
    scheme: str
    exchange: int
    open: int
    archived: int


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """The billing data of a source entry: was an item made of it, does it wait for its file, in which invoice it left.

    `created` (Abrechnungsposten erstellt) keeps it from being imported again. `waiting` (Abwarten) ends when the file is
    made. `due` is when the invoice should be paid.
    """

    number: str
    scheme: str
    provider: str
    created: bool
    waiting: bool
    invoice: str
    due: date | None


# --- Looking ----------------------------------------------------------------------------------------------------------


def _lines() -> sa.Select[Any]:
    """Items with the invoice and the file that they left in."""
    item, document = tables.item, tables.document
    return sa.select(
        item.c.id,
        item.c.number,
        item.c.scheme,
        item.c.provider,
        item.c.voucher,
        item.c.archived,
        item.c.kind,
        item.c.state,
        item.c.gross,
        (item.c.gross - item.c.copayment - item.c.own_share).label("billed"),
        item.c.corrects,
        item.c.source_reset,
        item.c.import_id,
        document.c.number.label("invoice"),
        document.c.ordinal,
        document.c.date,
        document.c.exchange_id,
        document.c.due,
    ).join(document, document.c.id == item.c.document_id, isouter=True)


def archive(
    connection: Connection,
    *,
    reason: ArchiveReason | None = None,
    invoice: str | None = None,
    exchange: int | None = None,
    scheme: str | None = None,
    limit: int | None = None,
) -> Iterator[ArchivedItem]:
    """What stands in the archive, in the order of its ids, streamed: all of it, or what is asked for."""
    item, document = tables.item, tables.document
    statement = _lines().where(item.c.archived != "").order_by(item.c.id).limit(limit)
    if reason is not None:
        statement = statement.where(item.c.archived == reason.value)
    if invoice is not None:
        statement = statement.where(document.c.number == invoice)
    if exchange is not None:
        statement = statement.where(document.c.exchange_id == exchange)
    if scheme is not None:
        statement = statement.where(item.c.scheme == scheme)
    for row in stream(connection, statement):
        yield ArchivedItem(
            row.id, row.number, row.scheme, row.provider, row.voucher, row.archived, row.kind, row.state,
            row.invoice or "", row.ordinal or 0, read_date(row.date), row.exchange_id, row.gross, row.billed, row.corrects,
            bool(row.source_reset),
        )  # fmt: skip


def invoices(connection: Connection, scheme: str | None = None) -> list[InvoiceLines]:
    """Every invoice number, newest first, with how many of its lines are archived and how many are to be billed again."""
    item, document, exchange, follower = tables.item, tables.document, tables.exchange, tables.item.alias()
    archived = (
        sa.select(document.c.number, exchange.c.scheme, sa.func.max(exchange.c.id).label("exchange"))
        .add_columns(sa.func.count(item.c.id).label("lines"))
        .join(exchange, exchange.c.id == document.c.exchange_id)
        .join(item, item.c.document_id == document.c.id)
        .where(item.c.archived != "", document.c.number != "")
        .group_by(document.c.number, exchange.c.scheme)
        .order_by(sa.func.max(document.c.id).desc())
    )
    if scheme is not None:
        archived = archived.where(exchange.c.scheme == scheme)
    again = (
        sa.select(document.c.number, item.c.scheme, sa.func.count(follower.c.id))
        .join(item, item.c.document_id == document.c.id)
        .join(follower, follower.c.corrects == item.c.id)
        .where(follower.c.state.in_(_OPEN))
        .group_by(document.c.number, item.c.scheme)
    )
    open_lines = {(row[0], row[1]): int(row[2]) for row in connection.execute(again)}
    return [
        InvoiceLines(row.number, row.scheme, row.exchange, open_lines.get((row.number, row.scheme), 0), row.lines)
        for row in connection.execute(archived)
    ]


def entries(connection: Connection, scheme: str | None = None, number: str | None = None) -> Iterator[SourceEntry]:
    """Source entries with their billing data, by provider and number, streamed. Follow-ups have no source entry."""
    item = tables.item
    statement = (
        _lines().where(item.c.corrects.is_(None)).order_by(item.c.scheme, item.c.provider, item.c.number, item.c.id)
    )
    if scheme is not None:
        statement = statement.where(item.c.scheme == scheme)
    if number is not None:
        statement = statement.where(item.c.number == number)
    # Of several items of one number only the last one counts; those before it were reset.
    last: Any = None
    for row in stream(connection, statement):
        if last is not None and (last.scheme, last.provider, last.number) != (row.scheme, row.provider, row.number):
            yield _entry(last)
        last = row
    if last is not None:
        yield _entry(last)


def _entry(row: Any) -> SourceEntry:
    free = bool(row.source_reset)
    billed = row.archived in (ArchiveReason.BILLED.value, *WITHDRAWN) and not free
    return SourceEntry(
        row.number, row.scheme, row.provider, created=not free, waiting=not billed,
        invoice=(row.invoice or "") if billed else "", due=read_date(row.due) if billed else None,
    )  # fmt: skip


# --- Choosing ---------------------------------------------------------------------------------------------------------


def chosen(connection: Connection, selection: Selection) -> list[Any]:
    """The lines that a person marked, each once, in the order of their ids. Raises UnknownThing."""
    item, document = tables.item, tables.document
    keys: set[int] = {item_id(connection, reference) for reference in selection.items}
    wanted = []
    if selection.voucher is not None:
        keys |= {row.id for row in voucher_items(connection, selection.voucher)}
    if selection.invoice is not None:
        wanted.append((document.c.number == selection.invoice, selection.invoice))
    if selection.exchange is not None:
        key = exchange_id(connection, selection.exchange)
        wanted.append((document.c.exchange_id == key, str(selection.exchange)))
    rows = {
        row.id: row
        for some in in_pieces(sorted(keys))
        for row in connection.execute(_lines().where(item.c.id.in_(some)))
    }
    for where, name in wanted:
        found = connection.execute(_lines().where(where, item.c.id.is_not(None))).all()
        if not found:
            message = words("there is no item in {name}", name=name)
            raise UnknownThing(message)
        rows |= {row.id: row for row in found}
    return [rows[key] for key in sorted(rows)]


def marked(workspace: Workspace, selection: Selection, *, open_items: bool) -> int:
    """How many items are marked that can be deleted (or billed again): what the question before it says."""
    with workspace.database.read() as connection:
        return len(_usable(chosen(connection, selection), selection, open_items=open_items))


def _usable(rows: Sequence[Any], selection: Selection, *, open_items: bool) -> list[Any]:
    """The open ones, or those that were billed. Whoever named one that is not is told; of a whole invoice it is left out."""
    named = {str(reference) for reference in selection.items}
    usable = []
    for row in rows:
        fits = row.state in _OPEN if open_items else row.archived == ArchiveReason.BILLED.value
        if fits:
            usable.append(row)
        elif row.number in named or str(row.id) in named:
            raise CannotArchive(_why_not(row, open_items=open_items))
    if not usable:
        message = (
            words("none of these items is open")
            if open_items
            else words("none of these items stands in the archive as billed")
        )
        raise CannotArchive(message)
    return usable


def _why_not(row: Any, *, open_items: bool) -> Words:
    number, reason = row.number, row.archived
    if open_items and reason == ArchiveReason.BILLED.value:
        return words("item {number} was billed already; billhook archive delete takes it back", number=number)
    if open_items:
        return words("item {number} is no longer open, it is {reason}", number=number, reason=reason)
    if not reason:
        state = row.state
        return words(
            "item {number} is still open ({state}); billhook items delete deletes it", number=number, state=state
        )
    return words(
        "item {number} stands in the archive as {reason} and stays so; only a billed one can be chosen",
        number=number,
        reason=reason,
    )


# --- Deleting ---------------------------------------------------------------------------------------------------------


def delete_open(
    workspace: Workspace,
    selection: Selection,
    *,
    reset: bool,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Removed:
    """Delete items that were not billed yet; they go into the archive as `deleted`.

    Args:
        workspace: where.
        selection: which.
        reset: their source entries can be imported again; otherwise no later import takes them.
        now: the moment, for tests.
        actor: who deletes.
        wait: seconds to wait for a check or an export to end.

    Raises:
        CannotArchive: an item is not open.
        UnknownThing: there is no such item.
    """
    who, when = actor or journal.current_actor(), moment(now)
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        rows = _usable(chosen(connection, selection), selection, open_items=True)
        keys = [row.id for row in rows]
        values = {
            "state": ItemState.CLOSED.value, "archived": ArchiveReason.DELETED.value, "document_id": None,
            "line_ok": False, "document_ok": False, "source_reset": reset,
        }  # fmt: skip
        _update(connection, keys, values)
        forget(connection, keys)
        _look_again(connection, rows)
        if reset:
            _free_imports(connection, keys)
        _tell(connection, rows, "item.deleted", {"reason": ArchiveReason.DELETED.value, "reset": reset}, who, when)
    return Removed(tuple(keys), ArchiveReason.DELETED, reset)


def delete_archived(
    workspace: Workspace,
    selection: Selection,
    *,
    reset: bool,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Removed:
    """Take back items that were billed; they stay in the archive as `billed-deleted`. Arguments as of `delete_open`.

    Raises:
        CannotArchive: an item is not billed, was billed again already, is followed by another one, or its file is not made.
        UnknownThing: there is no such item.
    """
    who, when = actor or journal.current_actor(), moment(now)
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        rows = _usable(chosen(connection, selection), selection, open_items=False)
        keys = [row.id for row in rows]
        _must_be_made(connection, rows)
        _must_be_last(connection, keys)
        reason = ArchiveReason.BILLED_DELETED
        _update(connection, keys, {"state": ItemState.CLOSED.value, "archived": reason.value, "source_reset": reset})
        _no_longer_owed(connection, keys, when)
        if reset:
            _free_imports(connection, keys)
        _tell(connection, rows, "item.deleted", {"reason": reason.value, "reset": reset}, who, when)
    return Removed(tuple(keys), reason, reset)


def reset_entries(
    workspace: Workspace,
    items: Sequence[int | str],
    *,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Removed:
    """Reset the billing data of source entries, so that they can be imported and billed anew.

    Raises:
        CannotArchive: an item of the entry is open, or an item of its invoice number still stands in the archive as billed.
        UnknownThing: there is no such item.
    """
    who, when = actor or journal.current_actor(), moment(now)
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        rows = chosen(connection, Selection(items=items))
        keys = [row.id for row in rows]
        for row in rows:
            _must_be_resettable(connection, row)
        _update(connection, keys, {"source_reset": True})
        _free_imports(connection, keys)
        _tell(connection, rows, "source.reset", {}, who, when)
    return Removed(tuple(keys), None, reset=True)


def _must_be_resettable(connection: Connection, row: Any) -> None:
    if row.source_reset:
        message = words("the source entry of item {number} is reset already", number=row.number)
        raise CannotArchive(message)
    if row.corrects is not None and row.import_id is None:
        message = words("item {number} follows another one and has no source entry of its own", number=row.number)
        raise CannotArchive(message)
    if not row.archived:
        message = words(
            "item {number} is still open ({state}); delete it first (billhook items delete --reset)",
            number=row.number,
            state=row.state,
        )
        raise CannotArchive(message)
    item, document = tables.item, tables.document
    if row.archived == ArchiveReason.REPEATED.value:
        again = sa.select(item.c.number).where(item.c.corrects == row.id, item.c.archived.not_in(_GONE))
        number = connection.scalar(again.limit(1))
        if number is not None:
            message = words(
                "item {number} is billed again by item {number_2}; delete that first",
                number=row.number,
                number_2=number,
            )
            raise CannotArchive(message)
    if row.invoice:
        billed = (
            sa.select(item.c.number)
            .join(document, document.c.id == item.c.document_id)
            .where(document.c.number == row.invoice, item.c.scheme == row.scheme)
            .where(item.c.archived == ArchiveReason.BILLED.value)
        )
        number = connection.scalar(billed.order_by(item.c.id).limit(1))
        if number is not None:
            message = words(
                "invoice {invoice} still stands in the archive as billed (item {number}); its entries can be reset when all "
                "of it was deleted or billed again",
                invoice=row.invoice,
                number=number,
            )
            raise CannotArchive(message)


# --- Billing again ----------------------------------------------------------------------------------------------------


def bill_again(
    workspace: Workspace,
    selection: Selection,
    *,
    kind: str | None = None,
    provider: str | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> list[Followed]:
    """Take billed items over as open ones once more, to mend a field and bill them again.

    The billed items stay in the archive as `repeated`, their source entries stay used, and the payer owes nothing for them
    any more: the new items, which name the invoice that they correct, are billed instead.

    Args:
        workspace: where.
        selection: which.
        kind: how the new items leave, one of the scheme's correction kinds or its mark; what the scheme says when not given.
        provider: as whom, where that changed since.
        now: the moment, for tests.
        actor: who bills again.
        wait: seconds to wait for a check or an export to end.

    Raises:
        CannotArchive: an item is not billed, or its file is not made.
        CannotFollow: the scheme cannot bill it again so.
        UnknownThing: there is no such item.
    """
    who, when = actor or journal.current_actor(), moment(now)
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        rows = _usable(chosen(connection, selection), selection, open_items=False)
        _must_be_made(connection, rows)
        _must_not_be_replaced(rows)
        follower = Follower(workspace, connection, when)
        made = []
        for row in rows:
            old = get_item(connection, workspace.schemes, row.id)
            if old is None:  # the row was read a moment ago in this transaction
                message = words("item {number} is gone", number=row.number)
                raise CannotFollow(message)
            new = follower.follow(old, kind, provider=provider)
            made.append(Followed(new.id, new.number, old.id))
        values = {"state": ItemState.SUPERSEDED.value, "archived": ArchiveReason.REPEATED.value}
        _update(connection, [row.id for row in rows], values)
        _no_longer_owed(connection, [row.id for row in rows], when)
        by_old = {one.corrects: {"item": one.item} for one in made}
        _tell(connection, rows, "item.repeated", {"reason": ArchiveReason.REPEATED.value}, who, when, by_old)
    return made


# --- Shared steps -----------------------------------------------------------------------------------------------------

_GONE = (ArchiveReason.DELETED.value, ArchiveReason.BILLED_DELETED.value)


def _update(connection: Connection, keys: Sequence[int], values: Mapping[str, Any]) -> None:
    item = tables.item
    for some in in_pieces(keys):
        connection.execute(item.update().where(item.c.id.in_(some)).values(**values))


def _must_be_made(connection: Connection, rows: Sequence[Any]) -> None:
    exchange = tables.exchange
    files = {row.exchange_id for row in rows if row.exchange_id is not None}
    for some in in_pieces(sorted(files)):
        fixed = sa.select(exchange.c.id).where(exchange.c.id.in_(some), exchange.c.state == ExchangeState.FIXED.value)
        key = connection.scalar(fixed.order_by(exchange.c.id).limit(1))
        if key is not None:
            message = words("file {key} has its numbers and is not made yet; run billhook export", key=key)
            raise CannotArchive(message)


def _must_not_be_replaced(rows: Sequence[Any]) -> None:
    row = next((row for row in rows if row.state == ItemState.SUPERSEDED.value), None)
    if row is not None:
        message = words(
            "item {number} was refused and is followed by another item already (billhook show item {number})",
            number=row.number,
        )
        raise CannotArchive(message)


def _must_be_last(connection: Connection, keys: Sequence[int]) -> None:
    """What follows an invoice names it: the follower goes first."""
    item, old = tables.item, tables.item.alias()
    for some in in_pieces(keys):
        row = connection.execute(
            sa.select(old.c.number, item.c.number.label("follower"))
            .join(item, item.c.corrects == old.c.id)
            .where(old.c.id.in_(some), item.c.archived.not_in(_GONE))
            .order_by(old.c.id)
            .limit(1)
        ).one_or_none()
        if row is not None:
            message = words(
                "item {number} is followed by item {follower}; choose that one",
                number=row.number,
                follower=row.follower,
            )
            raise CannotArchive(message)


def _look_again(connection: Connection, rows: Sequence[Any]) -> None:
    """A voucher that lost a line is checked again as a whole."""
    item = tables.item
    for scheme, provider, voucher in sorted({(row.scheme, row.provider, row.voucher) for row in rows}):
        connection.execute(
            item.update()
            .where(
                item.c.scheme == scheme,
                item.c.provider == provider,
                item.c.voucher == voucher,
                item.c.state.in_(_OPEN),
            )
            .values(state=ItemState.CORRECTED.value, line_ok=False, document_ok=False)
        )


def _no_longer_owed(connection: Connection, keys: Sequence[int], when: datetime) -> None:
    """Deduct from what is owed; a file that never left and has nothing in it any more is not to be sent."""
    item, document, exchange, other = tables.item, tables.document, tables.exchange, tables.item.alias()
    for some in in_pieces(keys):
        withdraw(connection, item.c.id.in_(some), now=when)
        files = (
            sa.select(document.c.exchange_id)
            .join(item, item.c.document_id == document.c.id)
            .where(item.c.id.in_(some))
            .distinct()
        )
        held = (
            sa.select(sa.literal(1))
            .select_from(other)
            .join(document, document.c.id == other.c.document_id)
            .where(
                document.c.exchange_id == exchange.c.id, other.c.archived.not_in([reason.value for reason in WITHDRAWN])
            )
            .exists()
        )
        connection.execute(
            exchange.update()
            .where(exchange.c.id.in_(files), exchange.c.state.in_(_UNSENT), sa.not_(held))
            .values(state=ExchangeState.WITHDRAWN.value)
        )


def _free_imports(connection: Connection, keys: Sequence[int]) -> None:
    """The files that these items came from may be imported once more: their other rows count as unchanged."""
    item, file = tables.item, tables.import_file
    for some in in_pieces(keys):
        came_from = sa.select(item.c.import_id).where(item.c.id.in_(some), item.c.import_id.is_not(None))
        connection.execute(
            file.update()
            .where(file.c.id.in_(came_from), file.c.sha256.not_like("%#%"))
            .values(sha256=file.c.sha256 + sa.literal("#") + sa.cast(file.c.id, sa.Text))
        )


def _tell(
    connection: Connection,
    rows: Sequence[Any],
    event: str,
    payload: Mapping[str, Any],
    actor: str,
    when: datetime,
    more: Mapping[int, Mapping[str, Any]] | None = None,
) -> None:
    """An entry of the journal for each item."""
    own = more or {}
    entries = (
        (event, f"item:{row.id}", {**payload, "invoice": row.invoice or "", **own.get(row.id, {})}) for row in rows
    )
    journal.append_many(connection, entries, actor=actor, time=when)
