"""Settling: what is owed since a file was sent, what the payer promised, and the transfer that pays it.

A transfer is matched by the reference that the payer's settlement named, or booked for an invoice that is named with it. What
was refused or reduced is a deduction of the receivable, so that open = billed - deducted - paid.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing import balancing
from billhook.billing.addressing import claim_by
from billhook.billing.balancing import Balance, Money, expect
from billhook.billing.contexts import ITEMS_LOCK, moment
from billhook.billing.lookup import exchange_id, invoice_id
from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.model import ExchangeState, ItemState, Verdict
from billhook.store import Workspace, journal, tables
from billhook.store.database import BUSY_SECONDS, in_pieces, next_ids
from billhook.store.encoding import date_text, moment_text, read_date, split_key
from billhook.words import words


class PaymentProblem(BillingProblem):
    """A transfer cannot be booked; nothing was changed."""


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """What is open of an invoice, in cents: billed, deducted for good, paid; `due` is when the payer promised to pay.

    `disputed` is the part of `open` that the payer does not want to pay and that waits for a decision.
    """

    document: int
    number: str
    exchange: int
    scheme: str
    amount: int
    deducted: int
    settled: int
    due: date | None
    disputed: int = 0

    @property
    def open(self) -> int:
        """What is still to come; negative when too much came in."""
        return self.amount - self.deducted - self.settled


@dataclass(frozen=True, slots=True)
class Promise:
    """What a settlement promised under a reference, and what was paid of it, in cents."""

    reference: str
    exchange: int
    payer: str
    amount: int
    paid: int


@dataclass(frozen=True, slots=True)
class Paid:
    """What a transfer settled: the promise, the documents that are settled now, and what is left over (negative: missing)."""

    reference: str
    exchange: int
    amount: int
    documents: int
    items: int
    difference: int


def note_sent(connection: Connection, exchange: int) -> None:
    """A file left for the payer: it and all items in it are sent, and what they bill is owed from now on."""
    table, item, document = tables.exchange, tables.item, tables.document
    connection.execute(table.update().where(table.c.id == exchange).values(state=ExchangeState.SENT.value, problem=""))
    mine = sa.select(document.c.id).where(document.c.exchange_id == exchange)
    connection.execute(
        item.update()
        .where(item.c.document_id.in_(mine), item.c.state == ItemState.BATCHED.value)
        .values(state=ItemState.SENT.value)
    )
    expect(connection, exchange, None)


def mark_sent(
    workspace: Workspace,
    exchanges: Iterable[int | str],
    *,
    role: str = "",
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> list[int]:
    """Say that files left for the payer; what they bill is owed from now on. Those that had left already stay as they are.

    With `role` only the artifacts of this role left. Where the scheme has invoices in several forms (`Twins`) and this one
    is not the claim, that is noted in the journal and nothing is owed yet; such an exchange is not in the result.

    Raises:
        UnknownThing: there is no such exchange.
        BillingProblem: a file is not made yet.
    """
    who = actor or journal.current_actor()
    done = []
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        for reference in exchanges:
            key = exchange_id(connection, reference)
            table = tables.exchange
            state = connection.scalar(sa.select(table.c.state).where(table.c.id == key))
            if state in (ExchangeState.FIXED.value, "draft"):
                message = words("the files of exchange {key} are not made yet; run billhook export", key=key)
                raise BillingProblem(message)
            payload = {"sent": moment_text(moment(now))}
            if role and role != claim_of(workspace, connection, key):
                journal.append(
                    connection, "exchange.twin_sent", f"exchange:{key}", {**payload, "role": role}, actor=who
                )
                continue
            if state not in (ExchangeState.RENDERED.value, ExchangeState.SEALED.value, ExchangeState.SENDING.value):
                continue
            note_sent(connection, key)
            journal.append(connection, "exchange.sent", f"exchange:{key}", payload, actor=who)
            done.append(key)
    return done


def claim_of(workspace: Workspace, connection: Connection, exchange: int) -> str:
    """The role of the artifact of an exchange on which the payer pays: `data` unless its scheme says otherwise.

    Raises:
        billhook.plugins.MissingScheme: the scheme is not installed.
    """
    table = tables.exchange
    row = connection.execute(sa.select(table.c.scheme, table.c.file_key).where(table.c.id == exchange)).one()
    return claim_by(workspace.plugins.scheme(row.scheme), split_key(row.file_key))


def open_documents(workspace: Workspace, *, overdue_on: date | None = None) -> list[OpenDocument]:
    """Invoices that are not paid in full, the longest overdue first.

    With `overdue_on` only those due before that day of which more is open than what the payer disputes: whoever waits for a
    decision is not reminded.
    """
    document, receivable, exchange = tables.document, tables.receivable, tables.exchange
    statement = (
        sa.select(
            document.c.id,
            document.c.number,
            document.c.exchange_id,
            exchange.c.scheme,
            receivable.c.amount,
            receivable.c.settled,
            receivable.c.due,
            balancing.deducted().label("deducted"),
            balancing.disputed().label("disputed"),
        )
        .join(receivable, receivable.c.document_id == document.c.id)
        .join(exchange, exchange.c.id == document.c.exchange_id)
        .order_by(receivable.c.due, document.c.id)
    )
    if overdue_on is not None:
        statement = statement.where(receivable.c.due < date_text(overdue_on))
    with workspace.database.read() as connection:
        found = [
            OpenDocument(
                row.id,
                row.number,
                row.exchange_id,
                row.scheme,
                row.amount,
                int(row.deducted),
                row.settled,
                read_date(row.due),
                int(row.disputed),
            )
            for row in connection.execute(statement)
        ]
    return [one for one in found if one.open != 0 and (overdue_on is None or one.open != one.disputed)]


def balance(workspace: Workspace, invoice: int | str) -> Balance:
    """How an invoice stands, by its number or the id of its document.

    Raises:
        UnknownThing: there is no such invoice, or nothing is owed for it.
    """
    with workspace.database.read() as connection:
        found = balancing.balance(connection, invoice_id(connection, invoice))
    if found is None:
        message = words(
            "nothing is owed for invoice {invoice}: it has not left yet, or its file was refused", invoice=invoice
        )
        raise UnknownThing(message)
    return found


@dataclass(frozen=True, slots=True)
class Booked:
    """A payment of one invoice: how the invoice stands now, and how many items are settled by it."""

    invoice: str
    balance: Balance
    items: int


def book(
    workspace: Workspace,
    invoice: int | str,
    amount: int,
    booked: date,
    *,
    reference: str = "",
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Booked:
    """Book money (cents) that came in for one invoice; a negative amount is one that went back.

    Raises:
        UnknownThing: there is no such invoice, or nothing is owed for it.
        PaymentProblem: this payment is booked already, or it is of nothing.
    """
    who, when = actor or journal.current_actor(), moment(now)
    if amount == 0:
        raise PaymentProblem(words("a payment of nothing is none"))
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        document = invoice_id(connection, invoice)
        before = balancing.balance(connection, document)
        if before is None:
            message = words(
                "nothing is owed for invoice {invoice}: it has not left yet, or its file was refused", invoice=invoice
            )
            raise UnknownThing(message)
        table = tables.allocation
        same = sa.select(table.c.id).where(
            table.c.receivable_id == before.receivable,
            table.c.reference == reference.strip(),
            table.c.booked == date_text(booked),
            table.c.amount == amount,
        )
        if connection.execute(same).first() is not None:
            message = words(
                "a payment of this amount for invoice {invoice} is booked on {booked} already; if "
                "it is another one, give its reference",
                invoice=invoice,
                booked=booked,
            )
            raise PaymentProblem(message)
        money = Money(amount, booked, reference.strip())
        balancing.allocate(connection, [(before.receivable, money)], actor=who, now=when)
        items = balancing.settle(connection, [document])
        after = balancing.balance(connection, document) or before
        payload = {"amount": amount, "booked": booked.isoformat(), "reference": reference.strip(), "items": items}
        journal.append(connection, "payment.booked", f"document:{document}", payload, actor=who)
        number = connection.scalar(sa.select(tables.document.c.number).where(tables.document.c.id == document))
    return Booked(str(number), after, items)


def promises(workspace: Workspace, *, unpaid: bool = False) -> list[Promise]:
    """What settlements promised, in the order they came; with `unpaid` only what no transfer has paid in full."""
    with workspace.database.read() as connection:
        found = _promises(connection, None)
    return [one for one in found if not unpaid or one.paid != one.amount]


def pay(
    workspace: Workspace,
    reference: str,
    amount: int,
    booked: date,
    *,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Paid:
    """Book a transfer (cents) that carries this reference.

    The invoices of the exchange and payer are settled in order as far as the money goes.

    Raises:
        UnknownThing: no settlement promised anything under the reference.
        PaymentProblem: this transfer is booked already.
    """
    wanted = reference.strip()
    who = actor or journal.current_actor()
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        found = _promises(connection, wanted)
        if not found:
            message = words("no settlement promised a payment with the reference {wanted}", wanted=wanted)
            raise UnknownThing(message)
        promise = found[-1]
        payment = tables.payment
        same = sa.select(payment.c.id).where(
            payment.c.reference == wanted, payment.c.booked == date_text(booked), payment.c.amount == amount
        )
        if connection.execute(same).first() is not None:
            message = words(
                "a payment of this amount with the reference {wanted} is booked on {booked} already",
                wanted=wanted,
                booked=booked,
            )
            raise PaymentProblem(message)
        key = next_ids(connection, "payment", 1)[0]
        connection.execute(
            payment.insert().values(
                id=key,
                exchange_id=promise.exchange,
                reference=wanted,
                amount=amount,
                booked=date_text(booked),
                actor=who,
                made=moment_text(moment(now)),
            )
        )
        money = Money(amount, booked, wanted, payment=key)
        documents, items = _settle(connection, promise, money, who, moment(now))
        difference = promise.paid + amount - promise.amount
        payload = {"reference": wanted, "amount": amount, "booked": booked.isoformat(), "documents": documents}
        journal.append(connection, "payment.booked", f"exchange:{promise.exchange}", payload, actor=who)
    return Paid(wanted, promise.exchange, amount, documents, items, difference)


def _promises(connection: Connection, reference: str | None) -> list[Promise]:
    """Promises by reference; a settlement that came twice promises once."""
    outcome, payment = tables.outcome, tables.payment
    statement = (
        sa.select(outcome.c.reference, outcome.c.exchange_id, outcome.c.payer, outcome.c.amount)
        .where(outcome.c.verdict == Verdict.PAID.value, outcome.c.reference != "", outcome.c.exchange_id.is_not(None))
        .order_by(outcome.c.id)
    )
    if reference is not None:
        statement = statement.where(outcome.c.reference == reference)
    found: dict[tuple[str, int, str], int] = {}
    for row in connection.execute(statement):
        found[row.reference, row.exchange_id, row.payer] = row.amount or 0
    sums = sa.select(payment.c.reference, payment.c.exchange_id, sa.func.sum(payment.c.amount)).group_by(
        payment.c.reference, payment.c.exchange_id
    )
    paid = {(row[0], row[1]): int(row[2]) for row in connection.execute(sums)}
    return [
        Promise(name, exchange, payer, amount, paid.get((name, exchange), 0))
        for (name, exchange, payer), amount in found.items()
    ]


def _settle(connection: Connection, promise: Promise, money: Money, actor: str, now: datetime) -> tuple[int, int]:
    """Spread the money over the open receivables; an invoice that is paid in full settles its items."""
    document, item = tables.document, tables.item
    where = [document.c.exchange_id == promise.exchange]
    if promise.payer:
        where.append(sa.exists().where(item.c.document_id == document.c.id, item.c.payer == promise.payer))
    left, parts, paid = money.amount, [], []
    for one in balancing.balances(connection, *where):
        # A credit note is owed by us and is set off in full.
        part = one.open if one.open <= left else max(left, 0)
        left -= part
        if part:
            parts.append((one.receivable, replace(money, amount=part)))
        if part == one.open:
            paid.append(one.document)
    balancing.allocate(connection, parts, actor=actor, now=now)
    items = 0
    for piece in in_pieces(paid):
        done = connection.execute(
            item.update()
            .where(
                item.c.document_id.in_(piece),
                item.c.state.in_([ItemState.ACCEPTED.value, ItemState.REDUCED.value]),
            )
            .values(state=ItemState.SETTLED.value)
        )
        items += done.rowcount
    return len(paid), items
