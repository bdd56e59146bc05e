"""What every invoice got, lost and still waits for: the one place that writes receivables, allocations and deductions.

At all times: billed = paid + open + deducted. A deduction counts once it is closed; until then its amount is disputed, and open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.model import ArchiveReason, DeductionAction, ItemState
from billhook.store import tables
from billhook.store.database import bulk_insert, in_pieces, next_ids
from billhook.store.encoding import date_text, json_text, moment_text, read_date

PAID_OFF = (ItemState.BATCHED, ItemState.SENT, ItemState.ACCEPTED, ItemState.REDUCED)
"""Items that are settled once nothing of their invoice is open. Refused ones wait for a person to follow them up."""


@dataclass(frozen=True, slots=True)
class Balance:
    """How an invoice stands, in cents: billed = paid + open + deducted; `disputed` is a part of open."""

    receivable: int
    document: int
    billed: int
    paid: int
    deducted: int
    disputed: int
    due: date | None

    @property
    def open(self) -> int:
        """What is still to come; negative when too much came in."""
        return self.billed - self.paid - self.deducted

    @property
    def is_settled(self) -> bool:
        """True when nothing is to come any more; too much may have come. A credit note is owed by us."""
        return self.open <= 0 if self.billed >= 0 else self.open >= 0


@dataclass(frozen=True, slots=True)
class Money:
    """A part of a payment for one invoice, or one `item` of it: what was paid when, and what told us of it."""

    amount: int
    booked: date | None
    reference: str = ""
    payment: int | None = None
    inbound: int | None = None
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """What a payer takes off an invoice, a voucher or an item, as it was told."""

    amount: int
    item: int | None = None
    voucher: str = ""
    codes: tuple[str, ...] = ()
    text: str = ""
    reason: str = ""
    probability: int = 100
    reference: str = ""
    day: date | None = None
    inbound: int | None = None


def deducted() -> sa.ScalarSelect[int]:
    """What came off a receivable for good."""
    table = tables.deduction
    return _sum_of(sa.case((table.c.closed, table.c.amount - table.c.granted), else_=0))


def disputed() -> sa.ScalarSelect[int]:
    """What a payer does not want to pay and nobody has decided yet."""
    table = tables.deduction
    return _sum_of(sa.case((table.c.closed, 0), else_=table.c.amount - table.c.granted))


def _sum_of(amount: sa.ColumnElement[int]) -> sa.ScalarSelect[int]:
    table, receivable = tables.deduction, tables.receivable
    return (
        sa.select(sa.func.coalesce(sa.func.sum(amount), 0))
        .where(table.c.receivable_id == receivable.c.id)
        .correlate(receivable)
        .scalar_subquery()
    )


def balances(connection: Connection, *where: sa.ColumnElement[bool]) -> list[Balance]:
    """How invoices stand, by document; conditions may use `receivable` and `document`."""
    receivable, document = tables.receivable, tables.document
    statement = (
        sa.select(receivable, deducted().label("deducted"), disputed().label("disputed"))
        .join(document, document.c.id == receivable.c.document_id)
        .where(*where)
        .order_by(document.c.id)
    )
    return [
        Balance(
            receivable=row.id,
            document=row.document_id,
            billed=row.amount,
            paid=row.settled,
            deducted=int(row.deducted),
            disputed=int(row.disputed),
            due=read_date(row.due),
        )
        for row in connection.execute(statement)
    ]


def balance(connection: Connection, document: int) -> Balance | None:
    """How one invoice stands; None when nothing is owed for it."""
    found = balances(connection, tables.document.c.id == document)
    return found[0] if found else None


def expect(connection: Connection, exchange: int, due: date | None) -> None:
    """A receivable for every document of an exchange that left and still holds its items.

    `due` is when the payer pays; where nobody said so it is the day that the provider reckons with. A day that the payer
    named is not overwritten. What was taken back since it was billed is deducted.
    """
    document, receivable, item = tables.document, tables.receivable, tables.item
    there = sa.select(receivable.c.document_id)
    held = sa.select(item.c.document_id).where(item.c.document_id.is_not(None))
    mine = document.c.exchange_id == exchange
    missing = connection.execute(
        sa.select(document.c.id, document.c.billed, document.c.due)
        .where(mine, document.c.id.not_in(there), document.c.id.in_(held))
        .order_by(document.c.id)
    ).all()
    ids = iter(next_ids(connection, "receivable", len(missing)))
    columns = ("id", "document_id", "amount", "settled", "due")
    rows = ((next(ids), row.id, row.billed, 0, row.due if due is None else date_text(due)) for row in missing)
    bulk_insert(connection, receivable, columns, rows)
    if missing:
        withdraw(connection, item.c.document_id.in_(sa.select(document.c.id).where(mine)))
    if due is not None:
        reckoned = sa.select(document.c.due).where(document.c.id == receivable.c.document_id).scalar_subquery()
        connection.execute(
            receivable.update()
            .where(receivable.c.document_id.in_(sa.select(document.c.id).where(mine)))
            .where(sa.or_(receivable.c.due.is_(None), receivable.c.due == reckoned))
            .values(due=date_text(due))
        )


WITHDRAWN = {
    ArchiveReason.REPEATED: DeductionAction.CORRECT,
    ArchiveReason.BILLED_DELETED: DeductionAction.ACCEPT,
}
"""Reasons of items that the payer owes nothing for any more: they were billed once more, or taken back."""


def taken_back(connection: Connection, exchange: int) -> int:
    """How many items in a file the payer shall no longer pay."""
    item, document = tables.item, tables.document
    statement = (
        sa.select(sa.func.count())
        .select_from(item)
        .join(document, document.c.id == item.c.document_id)
        .where(document.c.exchange_id == exchange, item.c.archived.in_([reason.value for reason in WITHDRAWN]))
    )
    return int(connection.scalar(statement) or 0)


def withdraw(connection: Connection, *where: sa.ColumnElement[bool], now: datetime | None = None) -> int:
    """Deduct what the withdrawn among these items billed, from receivables that there are; returns how many deductions.

    What was deducted of an item already (the payer refused it) is not deducted twice, so this can be done again.
    """
    item, receivable, table = tables.item, tables.receivable, tables.deduction
    made = moment_text(now or datetime.now(UTC))
    mine = (item.c.archived.in_([reason.value for reason in WITHDRAWN]), *where)
    for reason, action in WITHDRAWN.items():
        of_reason = sa.select(item.c.id).where(*mine, item.c.archived == reason.value)
        undecided = (table.c.item_id.in_(of_reason), sa.not_(table.c.closed))
        connection.execute(table.update().where(*undecided).values(closed=True, action=action.value, decided=made))
    known = (
        sa.select(sa.func.coalesce(sa.func.sum(table.c.amount - table.c.granted), 0))
        .where(table.c.receivable_id == receivable.c.id, table.c.item_id == item.c.id)
        .scalar_subquery()
    )
    left = item.c.gross - item.c.copayment - item.c.own_share - known
    rows = connection.execute(
        sa.select(item.c.id, item.c.archived, receivable.c.id.label("receivable"), left.label("left"))
        .join(receivable, receivable.c.document_id == item.c.document_id)
        .where(*mine, left != 0)
        .order_by(item.c.id)
    ).all()
    keys = deduct(connection, [(row.receivable, Cut(row.left, item=row.id, text=row.archived)) for row in rows])
    for key, row in zip(keys, rows, strict=True):
        done = WITHDRAWN[ArchiveReason(row.archived)].value
        connection.execute(table.update().where(table.c.id == key).values(closed=True, action=done, decided=made))
    return len(keys)


def was_paid(connection: Connection, exchange: int) -> bool:
    """True when money came in for an invoice of the exchange."""
    allocation, receivable, document = tables.allocation, tables.receivable, tables.document
    statement = (
        sa.select(allocation.c.id)
        .join(receivable, receivable.c.id == allocation.c.receivable_id)
        .join(document, document.c.id == receivable.c.document_id)
        .where(document.c.exchange_id == exchange)
        .limit(1)
    )
    return connection.execute(statement).first() is not None


def forget(connection: Connection, exchange: int) -> None:
    """Nothing was ever owed for a file that was refused as a whole."""
    deduction, receivable, document = tables.deduction, tables.receivable, tables.document
    documents = sa.select(document.c.id).where(document.c.exchange_id == exchange)
    mine = sa.select(receivable.c.id).where(receivable.c.document_id.in_(documents))
    connection.execute(deduction.delete().where(deduction.c.receivable_id.in_(mine)))
    connection.execute(receivable.delete().where(receivable.c.document_id.in_(documents)))


def allocate(connection: Connection, money: Sequence[tuple[int, Money]], *, actor: str, now: datetime) -> None:
    """Book payments of receivables; each goes in as it is, also when it is more than was open."""
    table, receivable = tables.allocation, tables.receivable
    ids = iter(next_ids(connection, "allocation", len(money)))
    columns = (
        "id", "receivable_id", "item_id", "payment_id", "inbound_id", "amount", "reference", "booked", "actor", "made",
    )  # fmt: skip
    made = moment_text(now)
    bulk_insert(
        connection,
        table,
        columns,
        (
            (
                next(ids),
                key,
                one.item,
                one.payment,
                one.inbound,
                one.amount,
                one.reference,
                date_text(one.booked),
                actor,
                made,
            )
            for key, one in money
        ),
    )
    sums: dict[int, int] = {}
    for key, one in money:
        sums[key] = sums.get(key, 0) + one.amount
    for key, amount in sums.items():
        connection.execute(
            receivable.update().where(receivable.c.id == key).values(settled=receivable.c.settled + amount)
        )


def deduct(connection: Connection, cuts: Sequence[tuple[int, Cut]]) -> range:
    """Write deductions of receivables, for a person to decide; the ids that they get."""
    table = tables.deduction
    keys = next_ids(connection, "deduction", len(cuts))
    columns = (
        "id", "receivable_id", "item_id", "voucher", "amount", "granted", "codes", "text", "reason", "probability", "action",
        "note", "closed", "reference", "day", "inbound_id", "decided",
    )  # fmt: skip
    bulk_insert(
        connection,
        table,
        columns,
        (
            (
                key, receivable, cut.item, cut.voucher, cut.amount, 0, json_text(list(cut.codes)), cut.text, cut.reason,
                cut.probability, "", "", False, cut.reference, date_text(cut.day), cut.inbound, None,
            )
            for key, (receivable, cut) in zip(keys, cuts, strict=True)
        ),
    )  # fmt: skip
    return keys


def grant(connection: Connection, items: Iterable[int]) -> dict[int, int]:
    """What a payer pays of an item that it had cut is granted after all, so that nothing is both paid and deducted.

    A deduction of which all was paid is closed; with `object` where nobody said what was done.

    Returns:
        What is granted now of the deductions that changed, in cents.
    """
    deduction, allocation, item = tables.deduction, tables.allocation, tables.item
    changed: dict[int, int] = {}
    for piece in in_pieces(sorted(set(items))):
        billed = {
            row.id: row.billed
            for row in connection.execute(
                sa.select(item.c.id, (item.c.gross - item.c.copayment - item.c.own_share).label("billed")).where(
                    item.c.id.in_(piece)
                )
            )
        }
        paid: dict[int, int] = {}
        for row in connection.execute(
            sa.select(allocation.c.item_id, allocation.c.amount).where(allocation.c.item_id.in_(piece))
        ):
            paid[row.item_id] = paid.get(row.item_id, 0) + row.amount
        cuts: dict[int, list[Any]] = {}  # rows of `deduction`
        mine = sa.select(deduction).where(deduction.c.item_id.in_(piece)).order_by(deduction.c.id.desc())
        for cut in connection.execute(mine):
            cuts.setdefault(cut.item_id, []).append(cut)
        for key, rows in cuts.items():
            sign = 1 if billed[key] >= 0 else -1
            left = sign * (paid.get(key, 0) + sum(row.amount - row.granted for row in rows) - billed[key])
            for row in rows:
                part = min(max(left, 0), sign * (row.amount - row.granted))
                if part > 0:
                    left -= part
                    changed[row.id] = row.granted + sign * part
                    values: dict[str, object] = {"granted": changed[row.id]}
                    if not row.closed and changed[row.id] == row.amount:
                        values |= {"closed": True, "action": row.action or DeductionAction.OBJECT.value}
                    connection.execute(deduction.update().where(deduction.c.id == row.id).values(**values))
    return changed


def settle(connection: Connection, documents: Iterable[int]) -> int:
    """Items of invoices of which nothing is open are settled; how many."""
    item, document = tables.item, tables.document
    done = 0
    for piece in in_pieces(sorted(set(documents))):
        paid = [one.document for one in balances(connection, document.c.id.in_(piece)) if one.is_settled]
        if paid:
            changed = connection.execute(
                item.update()
                .where(item.c.document_id.in_(paid), item.c.state.in_([state.value for state in PAID_OFF]))
                .values(state=ItemState.SETTLED.value)
            )
            done += changed.rowcount
    return done
