"""Following up: refused items become new items that name the ones before, refused files leave again under their scheme's rules.

Nothing that was sent is changed: the old file stays as it was, the new one is an exchange of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing import balancing
from billhook.billing.balancing import WITHDRAWN
from billhook.billing.contexts import ITEMS_LOCK, context_of, moment, settings_hash
from billhook.billing.examining import Placed, Unit, place_unit, units_of
from billhook.billing.exporting import BATCH_COLUMNS, ExportResult, batch_row, finish_fixed
from billhook.billing.fields import field_type, with_value
from billhook.billing.lookup import exchange_id, item_id
from billhook.billing.problems import BillingProblem, plugin_failed
from billhook.billing.sealing import Sealer
from billhook.billing.views import totals_json
from billhook.model import ArchiveReason, BillingItem, ExchangeState, ItemState, Outcome, SplitKind, Totals, Verdict
from billhook.model.item import OPEN_STATES
from billhook.scheme import Context, CorrectionRefused, Marks, PreviousBilling, Resubmission, Resubmits, Scheme
from billhook.store import Workspace, journal, tables
from billhook.store.database import BUSY_SECONDS, bulk_insert, bulk_update, in_pieces, next_ids
from billhook.store.encoding import date_text, json_text, moment_text, read_date, read_json, split_key
from billhook.store.items import get_item, insert_items, iter_items, update_items
from billhook.store.numbers import draw_many
from billhook.words import said, words


class CannotFollow(BillingProblem):
    """An item or a file cannot be followed up; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A follow-up: the new item and the one that it follows."""

    item: int
    number: str
    corrects: int


FOLLOWABLE = (ItemState.ACCEPTED, ItemState.REDUCED, ItemState.REJECTED, ItemState.SETTLED)
"""Items that were answered; what is still under way waits for its answer."""


def follow_up(
    workspace: Workspace,
    items: Sequence[int | str],
    kind: str,
    *,
    provider: str | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> list[Followed]:
    """Make follow-up items of one of the scheme's correction kinds. A rejected item that is followed is superseded.

    Args:
        workspace: where.
        items: by id or number.
        kind: one of the scheme's `correction_kinds`, or a mark of a scheme that `Marks`.
        provider: as whom the follow-ups are billed, where that changed since; the items' own when not given.
        now: the moment, for tests.
        actor: who follows up.
        wait: seconds to wait for a check or an export to end.

    Raises:
        UnknownThing: there is no such item.
        CannotFollow: the scheme has no such kind or refuses, or an item is open, under way or followed already.
        billhook.plugins.PluginFailed: the scheme failed.
    """
    when, who = moment(now), actor or journal.current_actor()
    made = []
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        follower = Follower(workspace, connection, when)
        for reference in items:
            old = get_item(connection, workspace.schemes, item_id(connection, reference))
            if old is None:
                continue
            if old.state not in FOLLOWABLE:
                message = words(
                    "item {number} is {state}; only an answered item can be followed up",
                    number=old.number,
                    state=old.state,
                )
                raise CannotFollow(message)
            new = follower.follow(old, kind, provider=provider)
            if old.state is ItemState.REJECTED:
                table = tables.item
                connection.execute(table.update().where(table.c.id == old.id).values(state=ItemState.SUPERSEDED.value))
            payload = {"item": new.id, "kind": new.kind}
            journal.append(connection, "item.followed", f"item:{old.id}", payload, actor=who)
            made.append(Followed(new.id, new.number, old.id))
    return made


class Follower:
    """Makes follow-up items in one transaction; what the items are before and after is the caller's."""

    def __init__(self, workspace: Workspace, connection: Connection, now: datetime) -> None:
        self._workspace = workspace
        self._connection = connection
        self._now = now
        self._contexts: dict[str, Context] = {}

    def context(self, scheme: Scheme) -> Context:
        """What the scheme is told, made once."""
        if scheme.key not in self._contexts:
            self._contexts[scheme.key] = context_of(self._workspace, self._connection, scheme, self._now)
        return self._contexts[scheme.key]

    def follow(self, old: BillingItem, kind: str | None, *, provider: str | None = None) -> BillingItem:
        """Write the follow-up of a billed item, under a number and a voucher that are free; without `kind` to bill it again."""
        scheme = self._workspace.plugins.scheme(old.scheme)
        context = replace(self.context(scheme), previous=previous_billing(self._connection, old.id))
        word = self._again(scheme, old, context) if kind is None else _kind_of(scheme, kind)
        try:
            new = scheme.correct(old, word, context)
        except CorrectionRefused as refused:
            raise CannotFollow(said(refused)) from refused
        except Exception as error:
            raise plugin_failed(scheme.key, "correct", error) from error
        key = next_ids(self._connection, "item", 1)[0]
        new = replace(
            new,
            id=key,
            provider=provider or new.provider,
            corrects=old.id,
            kind=word,
            state=ItemState.DRAFT,
            line_ok=False,
            document_ok=False,
        )
        new = replace(new, voucher=free_voucher(self._connection, new), number=self._free_number(new))
        insert_items(self._connection, self._workspace.schemes, [new])
        return new

    def _again(self, scheme: Scheme, old: BillingItem, context: Context) -> str:
        """The kind in which a scheme bills an item again: what it says, else the first of its kinds."""
        if isinstance(scheme, Marks):
            try:
                return _kind_of(scheme, scheme.again_kind(old, context))
            except BillingProblem:
                raise
            except Exception as error:
                raise plugin_failed(scheme.key, "again_kind", error) from error
        if not scheme.correction_kinds:
            message = words("the scheme {key} has no way to bill an item again", key=scheme.key)
            raise CannotFollow(message)
        return scheme.correction_kinds[0]

    def _free_number(self, new: BillingItem) -> str:
        number = new.number
        while _there(self._connection, new, tables.item.c.number == number):
            number = _counted_on(number)
        return number


def free_voucher(connection: Connection, new: BillingItem) -> str:
    """A voucher of which nothing left yet, at best the item's own: what follows now must be able to leave."""
    table, voucher = tables.item, new.voucher
    gone = table.c.state.not_in([state.value for state in OPEN_STATES])
    while _there(connection, new, table.c.voucher == voucher, gone):
        voucher = _counted_on(voucher)
    return voucher


def _there(connection: Connection, new: BillingItem, *where: sa.ColumnElement[bool]) -> bool:
    item = tables.item.c
    same = (item.scheme == new.scheme, item.provider == new.provider)
    return connection.execute(sa.select(item.id).where(*same, *where).limit(1)).first() is not None


_COUNT = re.compile(r"\d+$")


def _counted_on(name: str) -> str:
    """The next name: its last number one higher.

    >>> _counted_on("4711-K1"), _counted_on("V9"), _counted_on("4711/again")
    ('4711-K2', 'V10', '4711/again-2')
    """
    found = _COUNT.search(name)
    return f"{name[: found.start()]}{int(found[0]) + 1}" if found else f"{name}-2"


def rejected_items(workspace: Workspace, scheme: str | None = None) -> list[str]:
    """Numbers of items that a payer refused and nobody followed up yet."""
    table = tables.item
    statement = sa.select(table.c.number).where(table.c.state == ItemState.REJECTED.value).order_by(table.c.id)
    if scheme is not None:
        statement = statement.where(table.c.scheme == scheme)
    with workspace.database.read() as connection:
        return list(connection.scalars(statement))


def _kind_of(scheme: Scheme, kind: str) -> str:
    """The correction kind, also where it is called by its mark."""
    word = scheme.marks.get(kind, kind) if isinstance(scheme, Marks) else kind
    if word not in scheme.correction_kinds:
        known = ", ".join(scheme.correction_kinds) or "none"
        message = words(
            "the scheme {key} has no correction of the kind {kind!r}; it has: {known}",
            key=scheme.key,
            kind=kind,
            known=known,
        )
        raise CannotFollow(message)
    return word


def previous_billing(connection: Connection, item: int) -> PreviousBilling | None:
    """How an item left; None when no invoice holds it."""
    return earlier_billings(connection, [item]).get(item)


def earlier_billings(connection: Connection, items: Sequence[int]) -> dict[int, PreviousBilling]:
    """How these items left, by id; those that no invoice holds are not in it."""
    document, exchange, table = tables.document, tables.exchange, tables.item
    statement = (
        sa.select(
            table.c.id, document.c.number, document.c.ordinal, document.c.date, exchange.c.file_key, exchange.c.numbers
        )
        .join(document, document.c.id == table.c.document_id)
        .join(exchange, exchange.c.id == document.c.exchange_id)
    )
    found: dict[int, PreviousBilling] = {}
    for some in in_pieces(items):
        for row in connection.execute(statement.where(table.c.id.in_(some))):
            day = read_date(row.date)
            if day is not None and row.number:
                key, numbers = split_key(row.file_key), read_json(row.numbers)
                found[row.id] = PreviousBilling(row.number, day, key, numbers, row.ordinal)
    return found


# --- Sending a refused file again -------------------------------------------------------------------------------------


def resend(
    workspace: Workspace,
    exchange: int | str,
    *,
    leave_out: bool = False,
    now: datetime | None = None,
    actor: str | None = None,
    sealer: Sealer | None = None,
    wait: float = BUSY_SECONDS,
) -> ExportResult:
    """Make the file of a refused exchange again, from its items as they were mended.

    Its invoices keep their numbers; which numbers and dates of the file stay is the scheme's word.

    Args:
        workspace: where.
        exchange: the refused one, by id or by the name of its file.
        leave_out: vouchers that are not clean leave the file, to be billed another time; otherwise they hinder it.
        now: the moment, for tests.
        actor: who sends.
        sealer: has the passphrases of the keys to sign with, as for `export`.
        wait: seconds to wait for a check or an export to end.

    Raises:
        CannotFollow: it was not refused, was sent again already, is not clean, or its scheme does not know sending again.
    """
    when, who = moment(now), actor or journal.current_actor()
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        _Resend(workspace, connection, exchange_id(connection, exchange), when, who).make(leave_out=leave_out)
    return finish_fixed(workspace, actor=who, sealer=sealer, wait=wait)


class _Remake:
    """One file that is made again from the invoices of an earlier one, in one transaction."""

    event = ""
    """What the journal calls it."""
    names = ""
    """What the journal calls the exchange before it."""

    def __init__(self, workspace: Workspace, connection: Connection, exchange: int, now: datetime, actor: str) -> None:
        self.workspace = workspace
        self.connection = connection
        self.actor = actor
        table = tables.exchange
        self.old: Any = connection.execute(sa.select(table).where(table.c.id == exchange)).one()
        self.file_key: str = self.old.file_key
        self.scheme = workspace.plugins.scheme(self.old.scheme)
        self.context = context_of(workspace, connection, self.scheme, now)

    def _write(self, rule: Resubmission) -> int:
        run, new = next_ids(self.connection, "run", 1)[0], next_ids(self.connection, "exchange", 1)[0]
        self.connection.execute(
            tables.run.insert().values(
                id=run,
                kind="export",
                scheme=self.scheme.key,
                state="fixed",
                now=moment_text(self.context.now),
                settings_hash=settings_hash(self.context.settings),
                counts="{}",
                actor=self.actor,
            )
        )
        self.connection.execute(
            tables.exchange.insert().values(
                id=new,
                run_id=run,
                scheme=self.scheme.key,
                provider=self.old.provider,
                file_key=self.file_key,
                part=1,
                state=ExchangeState.FIXED.value,
                created=moment_text(self.context.now),
                numbers=json_text(self._numbers(rule)),
                problem="",
            )
        )
        items = self._documents(run, new, rule)
        payload = {"exchange": new, "items": items, self.names: self.old.id}
        journal.append(self.connection, self.event, f"exchange:{self.old.id}", payload, actor=self.actor)
        return new

    def _mine(self) -> sa.ColumnElement[bool]:
        document = tables.document
        return tables.item.c.document_id.in_(sa.select(document.c.id).where(document.c.exchange_id == self.old.id))

    def _numbers(self, rule: Resubmission) -> dict[str, int]:
        plan = self.scheme.series(split_key(self.file_key), self.context)
        kept = {name: number for name, number in read_json(self.old.numbers).items() if name in rule.keep}
        fresh = [(name, series) for name, series in plan.exchange.items() if name not in kept]
        blocks = draw_many(self.connection, [(series, 1) for _, series in fresh])
        return kept | {name: block[0] for (name, _), block in zip(fresh, blocks, strict=True)}

    def _documents(self, run: int, exchange: int, rule: Resubmission) -> int:
        """The invoices with their numbers, and the items as they are now."""
        table = tables.document
        today = date_text(self.context.today)
        invoices = []
        for row in self.connection.execute(
            sa.select(table).where(table.c.exchange_id == self.old.id).order_by(table.c.id)
        ):
            placed = self._placed(row)
            if placed:
                invoices.append((placed[0].collective, placed[0].document, row, placed))
        # A mended payer may move an invoice to another place in the file.
        invoices.sort(key=lambda invoice: invoice[:2])
        keys = next_ids(self.connection, "document", len(invoices))
        for key, (collective, document, row, placed) in zip(keys, invoices, strict=True):
            whole, buckets = _sums(placed)
            self.connection.execute(
                table.insert().values(
                    id=key,
                    exchange_id=exchange,
                    document_key=document,
                    collective_key=collective,
                    number=row.number,
                    ordinal=row.ordinal,
                    date=row.date if rule.keep_date else today,
                    due=row.due,
                    subtotals=json_text({name: totals_json(part) for name, part in buckets.items()}),
                    **totals_json(whole),
                )
            )
            self._hold(run, exchange, key, placed)
        return sum(len(placed) for *_, placed in invoices)

    def _still(self, document: int) -> tuple[sa.ColumnElement[bool], ...]:
        """Selects the items that an invoice still holds."""
        item = tables.item
        withdrawn = [reason.value for reason in WITHDRAWN]
        return item.c.document_id == document, item.c.archived.not_in(withdrawn)

    def _placed(self, row: Any) -> list[Placed]:
        """The items of an invoice and their places; all of them must still belong to one invoice of this file."""
        item = tables.item
        order = (item.c.provider, item.c.voucher, item.c.line, item.c.id)
        items = list(iter_items(self.connection, self.workspace.schemes, *self._still(row.id), order=order))
        answer = place_unit(Unit(self.scheme, items, self.context))
        if len(answer.placed) != len(items):
            message = words(
                "an item of invoice {number} has no place any more: {message}",
                number=row.number,
                message=answer.findings[0].message,
            )
            raise CannotFollow(message)
        for placed in answer.placed:
            if placed.file != self.file_key or placed.document != answer.placed[0].document:
                message = words(
                    "voucher {voucher} of invoice {number} no longer belongs to this file; leave it out",
                    voucher=placed.item.voucher,
                    number=row.number,
                )
                raise CannotFollow(message)
        return list(answer.placed)

    def _hold(self, run: int, exchange: int, document: int, placed: Sequence[Placed]) -> None:
        """Write the lines of an invoice, and that its items left again."""
        rows = ((*batch_row(run, one), exchange, document) for one in placed)
        bulk_insert(self.connection, tables.batch_line, (*BATCH_COLUMNS, "exchange_id", "document_id"), rows)
        state, reason = ItemState.BATCHED.value, ArchiveReason.BILLED.value
        changes = [(one.item.id, state, reason, document) for one in placed]
        bulk_update(self.connection, tables.item, ("id",), ("state", "archived", "document_id"), changes)


class _Resend(_Remake):
    """A file that was refused leaves again."""

    event = "exchange.resent"
    names = "resends"

    def make(self, *, leave_out: bool) -> None:
        rule = self._rule()
        self._clean(leave_out=leave_out)
        self._write(rule)

    def _rule(self) -> Resubmission:
        if self.old.state != ExchangeState.REFUSED.value:
            message = words(
                "exchange {id} is {state}; only a refused file is sent again", id=self.old.id, state=self.old.state
            )
            raise CannotFollow(message)
        if not isinstance(self.scheme, Resubmits):
            message = words("the scheme {key} does not say how a refused file is sent again", key=self.scheme.key)
            raise CannotFollow(message)
        try:
            return self.scheme.resubmit(self._refusals(), self.context)
        except Exception as error:
            raise plugin_failed(self.scheme.key, "resubmit", error) from error

    def _refusals(self) -> list[Outcome]:
        table = tables.outcome
        statement = (
            sa.select(table)
            .where(table.c.exchange_id == self.old.id, table.c.verdict == Verdict.REJECTED.value, table.c.item == "")
            .order_by(table.c.id)
        )
        return [
            Outcome(Verdict.REJECTED, row.exchange, row.document, codes=tuple(read_json(row.codes)), text=row.text)
            for row in self.connection.execute(statement)
        ]

    def _clean(self, *, leave_out: bool) -> None:
        """Every voucher is clean, or leaves the file."""
        item = tables.item
        clean = sa.and_(item.c.state == ItemState.CHECKED.value, item.c.document_ok)
        bad = self.connection.scalars(
            sa.select(item.c.voucher).where(self._mine(), sa.not_(clean)).distinct().order_by(item.c.voucher).limit(6)
        ).all()
        if bad and not leave_out:
            shown = ", ".join(bad[:5]) + (" …" if len(bad) > 5 else "")
            message = words(
                "exchange {id} has vouchers that are not clean ({shown}): mend and check them, or leave them out",
                id=self.old.id,
                shown=shown,
            )
            raise CannotFollow(message)
        if bad:
            self.connection.execute(item.update().where(self._mine(), sa.not_(clean)).values(document_id=None))
        if self.connection.scalar(sa.select(sa.func.count()).select_from(item).where(self._mine())) == 0:
            message = words(
                "exchange {id} holds nothing that could be sent; it may have been sent again already", id=self.old.id
            )
            raise CannotFollow(message)


# --- Making a file again that was not answered ------------------------------------------------------------------------


_UNANSWERED = (ExchangeState.RENDERED, ExchangeState.SEALED, ExchangeState.SENT, ExchangeState.RECEIVED)
_WHY_NOT = {
    ExchangeState.FIXED: words("its files are not made yet; run billhook export"),
    ExchangeState.SENDING: words("it may be at the payer; ask there first (billhook send --help)"),
    ExchangeState.ANSWERED: words("the payer took it; bill its items again instead (billhook archive again)"),
    ExchangeState.REFUSED: words("the payer refused it; billhook resend makes it again"),
    ExchangeState.WITHDRAWN: words("it was made again already"),
}


def regenerate(
    workspace: Workspace,
    exchange: int | str,
    *,
    mark: str | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> ExportResult:
    """Make the file of invoices that there are already once more: the same invoices with their numbers and dates, in a new
    file under new file numbers, as the settings have it now.

    The file before it is kept byte for byte. Where it had not left it is withdrawn; where it had, it is no longer owed for.
    Items that were deleted or billed again since are not in the new file.

    Args:
        workspace: where.
        exchange: the file, by id or by the name of one of its files.
        mark: the mark that the file shall have (or its word), of a scheme that has marks; the same when not given.
        now: the moment, for tests.
        actor: who makes it.
        wait: seconds to wait for a check or an export to end.

    Raises:
        CannotFollow: it was answered or refused, holds nothing any more, or its items cannot leave under that mark.
    """
    when, who = moment(now), actor or journal.current_actor()
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        _Regenerate(workspace, connection, exchange_id(connection, exchange), when, who).make(mark)
    return finish_fixed(workspace, actor=who, wait=wait)


class _Regenerate(_Remake):
    """A file that nobody answered is made once more."""

    event = "exchange.regenerated"
    names = "regenerates"

    def make(self, mark: str | None) -> None:
        state = ExchangeState(self.old.state)
        if state not in _UNANSWERED:
            message = words("file {id} is {state}: {why}", id=self.old.id, state=state.value, why=_WHY_NOT[state])
            raise CannotFollow(message)
        if balancing.was_paid(self.connection, self.old.id):
            message = words(
                "file {id} was paid, in part at least; bill its items again instead (billhook archive again)",
                id=self.old.id,
            )
            raise CannotFollow(message)
        self.file_key = self._key(self._items() if mark is None else self._marked(list(self._items()), mark))
        self._write(Resubmission())
        self._release(state)

    def _items(self) -> Iterator[BillingItem]:
        item, document = tables.item, tables.document
        mine = sa.select(document.c.id).where(document.c.exchange_id == self.old.id)
        withdrawn = [reason.value for reason in WITHDRAWN]
        return iter_items(
            self.connection,
            self.workspace.schemes,
            item.c.document_id.in_(mine),
            item.c.archived.not_in(withdrawn),
            order=(item.c.provider, item.c.voucher, item.c.line, item.c.id),
        )

    def _marked(self, items: Sequence[BillingItem], mark: str) -> list[BillingItem]:
        """The items under another mark, as the scheme finds them right."""
        scheme = self.scheme
        found = mark_named(scheme, mark)
        field = field_type(scheme, scheme.mark_field) if isinstance(scheme, Marks) else None
        if field is None:
            message = words("the scheme {key} knows no marks", key=scheme.key)
            raise CannotFollow(message)
        marked = [with_value(item, field, found) for item in items]
        try:
            wrong = next((each for each in scheme.check(marked, self.context) if each.is_error), None)
        except Exception as error:
            raise plugin_failed(scheme.key, "check", error) from error
        if wrong is not None:
            message = words(
                "the items of file {id} cannot leave with mark {found}: {message}",
                id=self.old.id,
                found=found,
                message=wrong.message,
            )
            raise CannotFollow(message)
        update_items(self.connection, self.workspace.schemes, marked)
        payload = {"items": [item.id for item in marked], "mark": found}
        journal.append(self.connection, "items.marked", f"exchange:{self.old.id}", payload, actor=self.actor)
        return marked

    def _key(self, items: Iterable[BillingItem]) -> str:
        """The one file that all items belong to now."""
        keys: set[str] = set()
        for unit in units_of(self.scheme, items, self.context):
            answer = place_unit(unit)
            if len(answer.placed) != len(unit.items):
                message = words(
                    "an item of file {id} has no place any more: {message}",
                    id=self.old.id,
                    message=answer.findings[0].message,
                )
                raise CannotFollow(message)
            keys.update(placed.file for placed in answer.placed)
        if not keys:
            message = words(
                "file {id} holds nothing any more; what was in it was billed again or deleted", id=self.old.id
            )
            raise CannotFollow(message)
        if len(keys) > 1:
            message = words(
                "the items of file {id} no longer belong into one file, because settings or payers changed",
                id=self.old.id,
            )
            raise CannotFollow(message)
        return keys.pop()

    def _release(self, state: ExchangeState) -> None:
        """The file before it: not to be sent any more, or no longer owed for."""
        if state in (ExchangeState.RENDERED, ExchangeState.SEALED):
            table = tables.exchange
            withdrawn = ExchangeState.WITHDRAWN.value
            self.connection.execute(table.update().where(table.c.id == self.old.id).values(state=withdrawn))
        balancing.forget(self.connection, self.old.id)


def mark_named(scheme: Scheme, mark: str) -> str:
    """A mark of the scheme, by itself or by its word. Raises CannotFollow."""
    marks = scheme.marks if isinstance(scheme, Marks) else {}
    found = next((each for each, word in marks.items() if mark in (each, word)), None)
    if found is None:
        known = ", ".join(f"{each} ({word})" for each, word in marks.items()) or "none"
        message = words(
            "the scheme {key} has no mark {mark!r}; it has: {known}", key=scheme.key, mark=mark, known=known
        )
        raise CannotFollow(message)
    return found


def _sums(placed: Sequence[Placed]) -> tuple[Totals, dict[str, Totals]]:
    """Totals of an invoice, and by bucket."""
    whole, buckets = _total(placed), {}
    for bucket in dict.fromkeys(one.bucket for one in placed):
        buckets[bucket] = _total([one for one in placed if one.bucket == bucket])
    return whole, buckets


def _total(placed: Sequence[Placed]) -> Totals:
    items = [one.item for one in placed]

    def shares(kind: SplitKind) -> int:
        return sum(item.share(kind) for item in items)

    return Totals(
        gross=sum(item.gross for item in items),
        copayment=shares(SplitKind.COPAYMENT),
        own_share=shares(SplitKind.OWN_SHARE),
        surcharge=shares(SplitKind.SURCHARGE),
        items=len(items),
        vouchers=len({(item.provider, item.voucher) for item in items}),
    )
