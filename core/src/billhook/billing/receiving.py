"""Receiving: a payer's answer is kept byte for byte, read by its scheme, and moves what it speaks of.

Answers come in any order and more than once. The same bytes twice change nothing; the same word twice neither. An answer that
fits nothing is kept and reported, for a person to look at.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.checking import view_of
from billhook.billing.contexts import ITEMS_LOCK, context_of, moment
from billhook.billing.problems import BillingProblem, UnreadableFile, plugin_failed
from billhook.billing.withdrawing import withdraw
from billhook.model import ExchangeState, ItemState, Outcome, Verdict
from billhook.scheme import Context, Inbound, Scheme
from billhook.store import Workspace, journal, tables
from billhook.store.archive import plain_name
from billhook.store.database import BUSY_SECONDS, bulk_insert, bulk_update, next_ids
from billhook.store.encoding import date_text, json_text, moment_text, read_json

_log = logging.getLogger(__name__)

_STEPS = (
    ExchangeState.FIXED, ExchangeState.WITHDRAWN, ExchangeState.RENDERED, ExchangeState.SEALED, ExchangeState.SENDING,
    ExchangeState.SENT, ExchangeState.RECEIVED,
    ExchangeState.ANSWERED, ExchangeState.REFUSED,
)  # fmt: skip
"""An exchange only goes forward, whatever order its answers come in."""

UNDER_WAY = (ItemState.BATCHED, ItemState.SENT)
"""Items that left and have no answer yet."""

ANSWERED = (*UNDER_WAY, ItemState.ACCEPTED, ItemState.REDUCED, ItemState.REJECTED)
"""Items that an answer may move: what is settled or was followed up stays."""


class NoReader(BillingProblem):
    """No installed scheme, or more than one, says that it can read the file."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the payer has against an invoice or an item: its own codes, carried even where nobody knows them."""

    document: str
    item: str
    codes: tuple[str, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one inbound file.

    `already`: these bytes came before, nothing was done. `exchange` is None where it answers nothing of ours. `verdicts` counts
    the outcomes, `items` the items that were moved, by their new state. `codes` are those about the whole file, `refusals` those
    about its invoices and items. `problem` says why the file could not be applied.
    """

    file: str
    sha256: str
    inbound: int
    scheme: str = ""
    already: bool = False
    exchange: int | None = None
    state: str = ""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    items: Mapping[str, int] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    problem: str = ""


def receive(
    workspace: Workspace,
    paths: Iterable[Path | str],
    *,
    scheme: str | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> list[Received]:
    """Take in answers, one after the other.

    Args:
        workspace: where.
        paths: the files.
        scheme: whose answers they are; found out when not given.
        now: the moment, for tests.
        actor: who receives.
        wait: seconds to wait for a check or an export to end.

    Raises:
        UnreadableFile: a file cannot be opened; those before it were taken in.
        billhook.plugins.PluginFailed: a scheme failed to read a file; the file is kept.
        billhook.store.Busy: somebody else is changing items.
    """
    when, who = moment(now), actor or journal.current_actor()
    return [_receive(workspace, Path(path), scheme, when, who, wait) for path in paths]


def _receive(workspace: Workspace, path: Path, named: str | None, now: datetime, actor: str, wait: float) -> Received:
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror or type(error).__name__}"
        raise UnreadableFile(message) from error
    sha256 = hashlib.sha256(content).hexdigest()
    known = _known(workspace, sha256)
    if known is not None:
        return Received(path.name, sha256, known.id, known.scheme, already=True, exchange=known.exchange_id)
    workspace.archive.store([content])
    name = _safe_name(path.name)
    try:
        reader = _reader(workspace, content, name, named)
    except NoReader as error:
        return _put_aside(workspace, Received(name, sha256, 0, problem=str(error)), len(content), now, actor)
    with workspace.database.exclusive(ITEMS_LOCK, wait):
        with workspace.database.read() as connection:
            context = context_of(workspace, connection, reader, now)
        try:
            outcomes = list(reader.read(Inbound(name, content), context))
        except Exception as error:
            raise plugin_failed(reader.key, "read", error) from error
        with workspace.database.write() as connection:
            result = _Answer(connection, reader, context, actor).apply(name, sha256, len(content), outcomes)
    _tell_plugins(workspace, reader, context, result, outcomes)
    _log.info("inbound %s: exchange %s, %s outcomes", result.inbound, result.exchange, len(outcomes))
    return result


def _known(workspace: Workspace, sha256: str) -> Any:  # a row of `inbound`, or None
    table = tables.inbound
    with workspace.database.read() as connection:
        # A file that nobody could read is tried again: a plugin may have been installed since.
        return connection.execute(sa.select(table).where(table.c.sha256 == sha256, table.c.scheme != "")).one_or_none()


def _safe_name(name: str) -> str:
    """The name that the file came with, as far as it is one; it never chooses a path."""
    try:
        return plain_name(name)
    except Exception:  # noqa: BLE001  # whatever a name can be: the bytes count
        return "inbound"


def _reader(workspace: Workspace, content: bytes, name: str, named: str | None) -> Scheme:
    if named is not None:
        return workspace.plugins.scheme(named)
    fitting = [
        scheme
        for _, scheme in sorted(workspace.schemes.items())
        if any(each.sniff(content[:4096], name) for each in scheme.wire_formats())
    ]
    if len(fitting) != 1:
        keys = ", ".join(scheme.key for scheme in fitting)
        why = f"several schemes could read it ({keys}); name one" if fitting else "no installed scheme knows its format"
        raise NoReader(why)
    return fitting[0]


def _put_aside(workspace: Workspace, result: Received, size: int, now: datetime, actor: str) -> Received:
    """Keep a file that nobody can read; it is reported every time it comes until somebody can."""
    table = tables.inbound
    with workspace.database.write() as connection:
        known = connection.scalar(sa.select(table.c.id).where(table.c.sha256 == result.sha256))
        if known is not None:
            return Received(result.file, result.sha256, int(known), problem=result.problem)
        key = next_ids(connection, "inbound", 1)[0]
        connection.execute(
            table.insert().values(
                id=key,
                sha256=result.sha256,
                name=result.file,
                size=size,
                scheme="",
                exchange_id=None,
                received=moment_text(now),
                problem=result.problem,
            )
        )
        journal.append(connection, "answer.put_aside", f"inbound:{key}", {"sha256": result.sha256}, actor=actor)
    return Received(result.file, result.sha256, key, problem=result.problem)


def _tell_plugins(
    workspace: Workspace, scheme: Scheme, context: Context, result: Received, outcomes: Sequence[Outcome]
) -> None:
    if not workspace.plugins.hooks.billhook_answered.get_hookimpls():
        return
    mine = tables.item.c.document_id.in_(
        sa.select(tables.document.c.id).where(tables.document.c.exchange_id == (result.exchange or 0))
    )
    with workspace.database.read() as connection:
        view = view_of(workspace, connection, [mine], scheme.key, context.today)
        try:
            workspace.plugins.hooks.billhook_answered(run=view, outcomes=outcomes)
        except Exception as error:
            raise plugin_failed(scheme.key, "billhook_answered", error) from error


@dataclass(slots=True)
class _Told:
    """What the outcomes of one answer say of items: verdict, amount and codes by item id."""

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    amounts: dict[int, int] = field(default_factory=dict)
    codes: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def tell(self, item: int, outcome: Outcome) -> None:
        """A refusal of the invoice weighs more than what is said of its items."""
        if self.verdicts.get(item) is Verdict.REJECTED and outcome.verdict is not Verdict.REJECTED:
            return
        self.verdicts[item] = outcome.verdict
        self.codes[item] = (*self.codes.get(item, ()), *outcome.codes)
        if outcome.amount is not None:
            self.amounts[item] = outcome.amount


class _Answer:
    """Applies one answer in one transaction."""

    def __init__(self, connection: Connection, scheme: Scheme, context: Context, actor: str) -> None:
        self.connection = connection
        self.scheme = scheme
        self.context = context
        self.actor = actor

    def apply(self, name: str, sha256: str, size: int, outcomes: Sequence[Outcome]) -> Received:
        """Store the outcomes, move what they speak of, and write the journal."""
        exchange = self._exchange(outcomes)
        key = next_ids(self.connection, "inbound", 1)[0]
        problem = ""
        if exchange is None:
            problem = "it answers no file of this workspace" if outcomes else "it is no answer"
        aside = tables.inbound
        self.connection.execute(aside.delete().where(aside.c.sha256 == sha256, aside.c.scheme == ""))
        self.connection.execute(
            aside.insert().values(
                id=key,
                sha256=sha256,
                name=name,
                size=size,
                scheme=self.scheme.key,
                exchange_id=None if exchange is None else exchange.id,
                received=moment_text(self.context.now),
                problem=problem,
            )
        )
        documents, items = self._contents(exchange)
        told = _Told()
        self._keep(key, outcomes, exchange, documents, items, told)
        state = ""
        moved: dict[str, int] = {}
        if exchange is not None:
            state, moved = self._move(exchange, outcomes, told)
        verdicts: dict[str, int] = {}
        for outcome in outcomes:
            verdicts[outcome.verdict.value] = verdicts.get(outcome.verdict.value, 0) + 1
        payload = {"sha256": sha256, "outcomes": len(outcomes), "state": state, "items": moved}
        subject = f"inbound:{key}" if exchange is None else f"exchange:{exchange.id}"
        journal.append(self.connection, "answer.received", subject, payload, actor=self.actor)
        whole = [code for outcome in outcomes if not (outcome.item or outcome.document) for code in outcome.codes]
        return Received(
            name,
            sha256,
            key,
            self.scheme.key,
            exchange=None if exchange is None else exchange.id,
            state=state,
            verdicts=verdicts,
            items=moved,
            codes=tuple(dict.fromkeys(whole)),
            refusals=tuple(
                Refusal(outcome.document, outcome.item, outcome.codes, outcome.text)
                for outcome in outcomes
                if outcome.codes and (outcome.item or outcome.document)
            ),
            problem=problem,
        )

    # --- Finding what is spoken of ------------------------------------------------------------------------------------

    def _exchange(self, outcomes: Sequence[Outcome]) -> Any:  # a row of `exchange`, or None
        """The exchange that the answer names: by its running numbers, else by the name of one of its files."""
        for outcome in outcomes:
            found = self._by_numbers(outcome.numbers) if outcome.numbers else self._by_name(outcome.exchange)
            if found is not None:
                return found
        return None

    def _by_numbers(self, numbers: Mapping[str, int]) -> Any:
        table = tables.exchange
        statement = sa.select(table).where(table.c.scheme == self.scheme.key).order_by(table.c.id.desc())
        for name, number in numbers.items():
            # Narrows down; the numbers are compared below.
            statement = statement.where(table.c.numbers.contains(f'"{name}":{number}', autoescape=True))
        for row in self.connection.execute(statement):
            stored = read_json(row.numbers)
            if all(stored.get(name) == number for name, number in numbers.items()):
                return row
        return None

    def _by_name(self, name: str) -> Any:
        table, artifact = tables.exchange, tables.artifact
        named = sa.select(artifact.c.exchange_id).where(artifact.c.name == name)
        statement = sa.select(table).where(table.c.scheme == self.scheme.key, table.c.id.in_(named))
        return self.connection.execute(statement.order_by(table.c.id.desc()).limit(1)).one_or_none() if name else None

    def _contents(self, exchange: Any) -> tuple[dict[str, list[int]], dict[str, list[tuple[int, int]]]]:
        """Documents by number, and (item, document) by item number, of what the exchange was made of."""
        documents: dict[str, list[int]] = {}
        items: dict[str, list[tuple[int, int]]] = {}
        if exchange is None:
            return documents, items
        document, line, item = tables.document, tables.batch_line, tables.item
        mine = sa.select(document.c.id, document.c.number).where(document.c.exchange_id == exchange.id)
        for key, number in self.connection.execute(mine):
            documents.setdefault(number, []).append(key)
        for row in self.connection.execute(
            sa.select(item.c.id, item.c.number, line.c.document_id)
            .join(line, line.c.item_id == item.c.id)
            .where(line.c.exchange_id == exchange.id)
        ):
            items.setdefault(row.number, []).append((row.id, row.document_id))
            items.setdefault(f"#{row.id}", []).append((row.id, row.document_id))
        return documents, items

    def _keep(
        self,
        inbound: int,
        outcomes: Sequence[Outcome],
        exchange: Any,
        documents: Mapping[str, list[int]],
        items: Mapping[str, list[tuple[int, int]]],
        told: _Told,
    ) -> None:
        by_document: dict[int, list[int]] = {}
        for pairs in items.values():
            for item, document in pairs:
                by_document.setdefault(document, []).append(item)

        def rows() -> Iterator[tuple[Any, ...]]:
            ids = iter(next_ids(self.connection, "outcome", len(outcomes)))
            for ordinal, outcome in enumerate(outcomes, 1):
                held = documents.get(outcome.document, [])
                document = held[0] if len(held) == 1 else None
                candidates = items.get(outcome.item, []) if outcome.item else []
                fitting = [pair for pair in candidates if document is None or pair[1] == document]
                item = fitting[0][0] if len(fitting) == 1 else None
                if item is not None:
                    told.tell(item, outcome)
                elif document is not None and not outcome.item:
                    for one in set(by_document.get(document, ())):
                        told.tell(one, outcome)
                yield (
                    next(ids), inbound, ordinal, outcome.verdict.value, outcome.exchange, outcome.document, outcome.item,
                    None if exchange is None else exchange.id, document, item, outcome.amount, json_text(list(outcome.codes)),
                    outcome.text, outcome.payer, outcome.reference,
                )  # fmt: skip

        columns = (
            "id", "inbound_id", "ordinal", "verdict", "exchange", "document", "item", "exchange_id", "document_id", "item_id",
            "amount", "codes", "text", "payer", "reference",
        )  # fmt: skip
        bulk_insert(self.connection, tables.outcome, columns, rows())

    # --- Moving -------------------------------------------------------------------------------------------------------

    def _move(self, exchange: Any, outcomes: Sequence[Outcome], told: _Told) -> tuple[str, dict[str, int]]:
        """The exchange forward, its items to what was said of them; returns the exchange's state and what was moved."""
        whole = [outcome for outcome in outcomes if not (outcome.item or outcome.document)]
        before = ExchangeState(exchange.state)
        refused = any(outcome.verdict is Verdict.REJECTED for outcome in whole)
        accepted = any(outcome.verdict is Verdict.ACCEPTED for outcome in whole)
        if before is ExchangeState.REFUSED or (before is ExchangeState.ANSWERED and refused):
            # The last word was spoken; a late copy of an earlier one is only kept.
            return before.value, {}
        state: ExchangeState = before
        if refused:
            state = ExchangeState.REFUSED
        elif accepted:
            state = ExchangeState.ANSWERED
        elif any(outcome.verdict is Verdict.RECEIVED for outcome in whole):
            state = max(before, ExchangeState.RECEIVED, key=_STEPS.index)
        table = tables.exchange
        self.connection.execute(table.update().where(table.c.id == exchange.id).values(state=state.value))
        expect(self.connection, exchange.id, next((outcome.due for outcome in whole if outcome.due is not None), None))
        if refused:
            return state.value, self._reopen(exchange.id)
        moved = self._set(exchange.id, UNDER_WAY[:1], ItemState.SENT)
        moved |= self._judge(exchange.id, told)
        if any(outcome.final for outcome in whole):
            rest = self._set(exchange.id, UNDER_WAY, ItemState.ACCEPTED)
            accepted_items = moved.get(ItemState.ACCEPTED.value, 0) + rest.get(ItemState.ACCEPTED.value, 0)
            moved |= {ItemState.ACCEPTED.value: accepted_items} if accepted_items else {}
            self._deduct(exchange.id, told)
        return state.value, {name: count for name, count in moved.items() if count}

    def _items(self, exchange: int) -> sa.ColumnElement[bool]:
        """Items that the exchange still holds: not those that left again since."""
        document = tables.document
        return tables.item.c.document_id.in_(sa.select(document.c.id).where(document.c.exchange_id == exchange))

    def _set(self, exchange: int, states: Sequence[ItemState], state: ItemState) -> dict[str, int]:
        item = tables.item
        done = self.connection.execute(
            item.update()
            .where(self._items(exchange), item.c.state.in_([each.value for each in states]))
            .values(state=state.value)
        )
        return {state.value: done.rowcount}

    def _judge(self, exchange: int, told: _Told) -> dict[str, int]:
        states = {
            Verdict.REJECTED: ItemState.REJECTED,
            Verdict.REDUCED: ItemState.REDUCED,
            Verdict.ACCEPTED: ItemState.ACCEPTED,
        }
        item = tables.item
        movable = set(
            self.connection.scalars(
                sa.select(item.c.id).where(self._items(exchange), item.c.state.in_([each.value for each in ANSWERED]))
            )
        )
        changes = [
            (key, states[verdict].value)
            for key, verdict in told.verdicts.items()
            if verdict in states and key in movable
        ]
        bulk_update(self.connection, item, ("id",), ("state",), changes)
        moved: dict[str, int] = {}
        for _, state in changes:
            moved[state] = moved.get(state, 0) + 1
        return moved

    def _reopen(self, exchange: int) -> dict[str, int]:
        """A refused file: its items are open again, to be mended and checked. They leave again by `following.resend`."""
        item, receivable, document = tables.item, tables.receivable, tables.document
        done = self.connection.execute(
            item.update()
            .where(self._items(exchange), item.c.state.in_([each.value for each in ANSWERED]))
            .values(state=ItemState.CORRECTED.value, line_ok=False, document_ok=False, archived="")
        )
        mine = sa.select(document.c.id).where(document.c.exchange_id == exchange)
        # Nothing was ever owed for it.
        self.connection.execute(receivable.delete().where(receivable.c.document_id.in_(mine)))
        return {ItemState.CORRECTED.value: done.rowcount}

    def _deduct(self, exchange: int, told: _Told) -> None:
        """What the payer does not pay, by receivable; told again it is written anew, so that a repeated answer adds nothing."""
        receivable, deduction, document, item = tables.receivable, tables.deduction, tables.document, tables.item
        mine = (
            sa.select(receivable.c.id)
            .join(document, document.c.id == receivable.c.document_id)
            .where(document.c.exchange_id == exchange)
        )
        self.connection.execute(deduction.delete().where(deduction.c.receivable_id.in_(mine), deduction.c.action == ""))
        billed = item.c.gross - item.c.copayment - item.c.own_share
        rows = self.connection.execute(
            sa.select(item.c.id, item.c.state, billed.label("billed"), receivable.c.id.label("receivable"))
            .join(receivable, receivable.c.document_id == item.c.document_id)
            .where(self._items(exchange), item.c.state.in_([ItemState.REJECTED.value, ItemState.REDUCED.value]))
            .order_by(item.c.id)
        ).all()
        cut = []
        for row in rows:
            granted = told.amounts.get(row.id, 0) if row.state == ItemState.REDUCED.value else 0
            reason = " ".join(told.codes.get(row.id, ())) or "refused"
            cut.append((row.receivable, row.billed - granted, f"item:{row.id} {reason}"))
        ids = iter(next_ids(self.connection, "deduction", len(cut)))
        columns = ("id", "receivable_id", "amount", "reason", "probability", "closed", "action")
        bulk_insert(
            self.connection,
            deduction,
            columns,
            ((next(ids), key, amount, reason, 100, False, "") for key, amount, reason in cut),
        )


def expect(connection: Connection, exchange: int, due: date | None) -> None:
    """A receivable for every document of an exchange that left and still holds its items.

    `due` is when the payer pays; where nobody said so it is the day that the provider reckons with. A day that the payer
    named is not overwritten. What was taken back since is deducted.
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
        withdraw(connection, item.c.document_id.in_([row.id for row in missing]))
    if due is not None:
        reckoned = sa.select(document.c.due).where(document.c.id == receivable.c.document_id).scalar_subquery()
        connection.execute(
            receivable.update()
            .where(receivable.c.document_id.in_(sa.select(document.c.id).where(mine)))
            .where(sa.or_(receivable.c.due.is_(None), receivable.c.due == reckoned))
            .values(due=date_text(due))
        )
