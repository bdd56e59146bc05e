"""Deductions (Kürzungsdokumentation): what a payer did not want to pay, why, how likely it comes after all, and what is done.

A deduction begins undecided: its amount is disputed and still asked for, and its invoice is not called overdue for it. A person
gives it a reason and an action and closes it; then it comes off the invoice, less what the payer granted after all. Answers and
payment advices write deductions; letters that reach nobody but a person are entered with `add`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing import balancing
from billhook.billing.balancing import Cut
from billhook.billing.contexts import ITEMS_LOCK, moment
from billhook.billing.lookup import invoice_id, item_id
from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.billing.reasons import Reasons
from billhook.model import Deduction, DeductionAction, ItemState
from billhook.store import Workspace, journal, tables
from billhook.store.database import BUSY_SECONDS
from billhook.store.encoding import moment_text, read_date, read_json
from billhook.words import words


class DeductionProblem(BillingProblem):
    """A deduction cannot be made or changed like this; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class DeductionView:
    """A deduction with what it is of: the invoice's number and file, and the item's number."""

    deduction: Deduction
    scheme: str
    exchange: int
    document: int
    invoice: str
    item: str


def deductions(
    workspace: Workspace,
    *,
    scheme: str | None = None,
    invoice: int | str | None = None,
    item: int | str | None = None,
    closed: bool | None = False,
) -> list[DeductionView]:
    """Deductions in the order in which they came.

    Args:
        workspace: where.
        scheme: only this one's.
        invoice: only of this invoice.
        item: only of this item.
        closed: only those that are not closed (False) or that are (True); None: all of them.

    Raises:
        UnknownThing: there is no such invoice or item.
    """
    table = tables.deduction
    where: list[sa.ColumnElement[bool]] = []
    with workspace.database.read() as connection:
        if scheme is not None:
            where.append(tables.exchange.c.scheme == scheme)
        if invoice is not None:
            where.append(tables.document.c.id == invoice_id(connection, invoice))
        if item is not None:
            where.append(table.c.item_id == item_id(connection, item))
        if closed is not None:
            where.append(table.c.closed if closed else sa.not_(table.c.closed))
        return _views(connection, *where)


def deduction(workspace: Workspace, key: int) -> DeductionView:
    """One deduction. Raises UnknownThing."""
    with workspace.database.read() as connection:
        return _one(connection, key)


def add(
    workspace: Workspace,
    invoice: int | str,
    amount: int,
    *,
    item: int | str | None = None,
    voucher: str = "",
    codes: Sequence[str] = (),
    text: str = "",
    reason: str = "",
    probability: int | None = None,
    reference: str = "",
    day: date | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> DeductionView:
    """Write down that a payer took an amount (cents) off an invoice, or off a voucher or item of it.

    Args:
        workspace: where.
        invoice: its number, or the id of its document.
        amount: what was taken off.
        item: of which item; it becomes `reduced`, or `rejected` where nothing of it is left.
        voucher: of which voucher.
        codes: the payer's own reasons.
        text: the payer's words.
        reason: of the provider's list of reasons; that of the codes when not given.
        probability: in percent that the money comes after all; that of the reason when not given.
        reference: of the payer's letter.
        day: of the payer's letter.
        now: the moment, for tests.
        actor: who enters it.
        wait: seconds to wait for a check or an export to end.

    Raises:
        UnknownThing: there is no such invoice, item or voucher in it, or no such reason.
        DeductionProblem: the amount is none, or more than was billed.
    """
    who, when = actor or journal.current_actor(), moment(now)
    reasons = Reasons.of(workspace)
    known = reasons.get(reason) if reason else reasons.of_codes(codes)
    likely = probability if probability is not None else known.probability if known else 100
    _must_be_percent(likely)
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        document = invoice_id(connection, invoice)
        stands = balancing.balance(connection, document)
        if stands is None:
            message = words(
                "nothing is owed for invoice {invoice}: it has not left yet, or its file was refused", invoice=invoice
            )
            raise UnknownThing(message)
        one = None if item is None else _item_of(connection, document, item)
        most = stands.billed if one is None else one.billed
        if voucher:
            most = _voucher_of(connection, document, voucher)
        if amount == 0 or (amount < 0) != (most < 0) or abs(amount) > abs(most):
            message = words("a deduction is of 0,01 up to what was billed ({value:.2f} EUR)", value=most / 100)
            raise DeductionProblem(message)
        cut = Cut(
            amount, None if one is None else one.id, voucher, tuple(codes), text, known.key if known else "", likely,
            reference, day,
        )  # fmt: skip
        key = balancing.deduct(connection, [(stands.receivable, cut)])[0]
        if one is not None:
            state = ItemState.REJECTED if amount == one.billed else ItemState.REDUCED
            table = tables.item
            changeable = [each.value for each in (*balancing.PAID_OFF, ItemState.SETTLED)]
            connection.execute(
                table.update().where(table.c.id == one.id, table.c.state.in_(changeable)).values(state=state.value)
            )
        payload = {"amount": amount, "document": document, "item": None if one is None else one.id}
        journal.append(connection, "deduction.made", f"deduction:{key}", payload, actor=who, time=when)
        return _one(connection, key)


def change(
    workspace: Workspace,
    keys: Iterable[int],
    *,
    reason: str | None = None,
    probability: int | None = None,
    action: DeductionAction | None = None,
    note: str | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> list[DeductionView]:
    """Say more about deductions: only what is given changes. A reason brings its probability unless one is given too.

    Raises:
        UnknownThing: there is no such deduction or reason.
        DeductionProblem: one is closed, or the probability is none.
    """
    values: dict[str, Any] = {}
    if reason is not None:
        values["reason"] = reason
        if reason:
            values["probability"] = Reasons.of(workspace).get(reason).probability
    if probability is not None:
        _must_be_percent(probability)
        values["probability"] = probability
    if action is not None:
        values["action"] = action.value
    if note is not None:
        values["note"] = note
    if not values:
        raise DeductionProblem(words("say what shall change: reason, probability, action or note"))

    def decide(_connection: Connection, view: DeductionView) -> dict[str, Any]:
        if view.deduction.closed:
            message = words("deduction {id} is closed; reopen it first", id=view.deduction.id)
            raise DeductionProblem(message)
        return values

    return _decide(workspace, keys, "deduction.changed", decide, moment(now), actor, wait)


def close(
    workspace: Workspace,
    keys: Iterable[int],
    *,
    action: DeductionAction | None = None,
    granted: int = 0,
    note: str | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> list[DeductionView]:
    """Close deductions: what the payer did not grant after all comes off the invoice.

    Items that nothing is left to be done about are settled; those that are billed once more stay as they are, for a follow-up.

    Args:
        workspace: where.
        keys: which.
        action: what was done; not needed where it was said before.
        granted: cents that the payer pays after all, of each of them.
        note: instead of the note that is there.
        now: the moment, for tests.
        actor: who closes.
        wait: seconds to wait for a check or an export to end.

    Raises:
        UnknownThing: there is no such deduction.
        DeductionProblem: one is closed already, nobody said what was done, or more is granted than was taken off.
    """

    def decide(connection: Connection, view: DeductionView) -> dict[str, Any]:
        one = view.deduction
        done = action or one.action
        if one.closed:
            message = words("deduction {id} is closed already", id=one.id)
            raise DeductionProblem(message)
        if done is None:
            message = words(
                "say what was done about deduction {id}: {actions}",
                id=one.id,
                actions=", ".join(DeductionAction),
            )
            raise DeductionProblem(message)
        if abs(granted) > abs(one.amount) or granted * one.amount < 0:
            message = words(
                "deduction {id} is of {value:.2f} EUR; no more of it can be granted", id=one.id, value=one.amount / 100
            )
            raise DeductionProblem(message)
        if one.item is not None:
            _finish_item(connection, one.item, done, whole=granted == one.amount)
        # What was paid of it already stays granted.
        values = {"closed": True, "action": done.value, "granted": granted or one.granted}
        return values | ({} if note is None else {"note": note})

    return _decide(workspace, keys, "deduction.closed", decide, moment(now), actor, wait)


def reopen(
    workspace: Workspace,
    keys: Iterable[int],
    *,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> list[DeductionView]:
    """Take deductions up again: their amounts are asked for once more.

    Raises:
        UnknownThing: there is no such deduction.
        DeductionProblem: one is not closed.
    """

    def decide(connection: Connection, view: DeductionView) -> dict[str, Any]:
        one, table = view.deduction, tables.item
        if not one.closed:
            message = words("deduction {id} is not closed", id=one.id)
            raise DeductionProblem(message)
        if one.item is not None:
            billed = _item_of(connection, view.document, one.item).billed
            state = ItemState.REJECTED if one.amount == billed else ItemState.REDUCED
            connection.execute(
                table.update()
                .where(table.c.id == one.item, table.c.state == ItemState.SETTLED.value)
                .values(state=state.value)
            )
        return {"closed": False, "granted": 0}

    return _decide(workspace, keys, "deduction.reopened", decide, moment(now), actor, wait)


def _decide(
    workspace: Workspace,
    keys: Iterable[int],
    event: str,
    decide: Callable[[Connection, DeductionView], dict[str, Any]],
    now: datetime,
    actor: str | None,
    wait: float,
) -> list[DeductionView]:
    """Change all of them or none."""
    who, table = actor or journal.current_actor(), tables.deduction
    wanted = list(dict.fromkeys(keys))
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        documents = []
        for key in wanted:
            view = _one(connection, key)
            values = decide(connection, view)
            changed = values | {"decided": moment_text(now)}
            connection.execute(table.update().where(table.c.id == key).values(**changed))
            # A note may hold anything; the journal is for ever.
            told = {name: value for name, value in values.items() if name != "note"}
            journal.append(connection, event, f"deduction:{key}", told, actor=who, time=now)
            documents.append(view.document)
        balancing.settle(connection, documents)
        return [_one(connection, key) for key in wanted]


def _finish_item(connection: Connection, item: int, action: DeductionAction, *, whole: bool) -> None:
    """A refused item about which nothing is left to be done is no longer refused: it is settled with its invoice."""
    table = tables.item
    if whole or action is not DeductionAction.CORRECT:
        state = ItemState.ACCEPTED if whole else ItemState.REDUCED
        connection.execute(
            table.update()
            .where(table.c.id == item, table.c.state == ItemState.REJECTED.value)
            .values(state=state.value)
        )


def _must_be_percent(probability: int) -> None:
    if not 0 <= probability <= 100:
        message = words("{probability} is no probability in percent; say 0 to 100", probability=probability)
        raise DeductionProblem(message)


@dataclass(frozen=True, slots=True)
class _Held:
    """An item of an invoice and what it asks for."""

    id: int
    billed: int


def _item_of(connection: Connection, document: int, reference: int | str) -> _Held:
    table, line = tables.item, tables.batch_line
    name = table.c.number == reference if isinstance(reference, str) else table.c.id == reference
    billed = line.c.gross - line.c.copayment - line.c.own_share
    found = connection.execute(
        sa.select(table.c.id, billed.label("billed"))
        .join(line, sa.and_(line.c.item_id == table.c.id, line.c.document_id == document))
        .where(name)
        .limit(2)
    ).all()
    if len(found) != 1:
        message = words("the invoice holds no item {reference}", reference=reference)
        raise UnknownThing(message)
    return _Held(found[0].id, found[0].billed)


def _voucher_of(connection: Connection, document: int, voucher: str) -> int:
    """What a voucher of an invoice asks for."""
    line = tables.batch_line
    billed = sa.func.sum(line.c.gross - line.c.copayment - line.c.own_share)
    called = sa.or_(line.c.voucher == voucher, line.c.label == voucher)
    found = connection.scalar(sa.select(billed).where(line.c.document_id == document, called))
    if found is None:
        message = words("the invoice holds no voucher {voucher}", voucher=voucher)
        raise UnknownThing(message)
    return int(found)


def _one(connection: Connection, key: int) -> DeductionView:
    found = _views(connection, tables.deduction.c.id == key)
    if not found:
        message = words("there is no deduction {key}", key=key)
        raise UnknownThing(message)
    return found[0]


def _views(connection: Connection, *where: sa.ColumnElement[bool]) -> list[DeductionView]:
    table, receivable, document, exchange = tables.deduction, tables.receivable, tables.document, tables.exchange
    item = tables.item
    statement = (
        sa.select(
            table,
            document.c.id.label("document"),
            document.c.number.label("invoice"),
            exchange.c.id.label("exchange"),
            exchange.c.scheme,
            item.c.number.label("item_number"),
        )
        .join(receivable, receivable.c.id == table.c.receivable_id)
        .join(document, document.c.id == receivable.c.document_id)
        .join(exchange, exchange.c.id == document.c.exchange_id)
        .outerjoin(item, item.c.id == table.c.item_id)
        .where(*where)
        .order_by(table.c.id)
    )
    return [
        DeductionView(
            Deduction(
                id=row.id,
                receivable=row.receivable_id,
                amount=row.amount,
                item=row.item_id,
                voucher=row.voucher,
                codes=tuple(read_json(row.codes)),
                text=row.text,
                reason=row.reason,
                probability=row.probability,
                action=DeductionAction(row.action) if row.action else None,
                note=row.note,
                closed=row.closed,
                granted=row.granted,
                reference=row.reference,
                day=read_date(row.day),
            ),
            scheme=row.scheme,
            exchange=row.exchange,
            document=row.document,
            invoice=row.invoice,
            item=row.item_number or "",
        )
        for row in connection.execute(statement)
    ]
