"""What an answer does: the file and the items that it speaks of move, money is booked, and cuts become deductions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing import balancing
from billhook.billing.addressing import Addresses, Contents, Meant, claim_by
from billhook.billing.balancing import Balance, Cut, Money
from billhook.billing.reasons import Reasons
from billhook.model import DeductionAction, ExchangeState, ItemState, Outcome, Verdict
from billhook.scheme import Context, Scheme
from billhook.store import journal, tables
from billhook.store.database import bulk_insert, bulk_update, in_pieces, next_ids
from billhook.store.encoding import date_text, json_text, moment_text, split_key

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


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the payer has against an invoice or an item: its own codes, carried even where nobody knows them."""

    document: str
    item: str
    codes: tuple[str, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that an answer says of nothing that is here, or that cannot be done: kept, for a person to look at."""

    document: str
    voucher: str
    item: str
    amount: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one inbound file.

    `already`: these bytes came before, nothing was done. `exchange` is None where it answers nothing of ours, or several files of
    ours (`exchanges`). `verdicts` counts the outcomes, `items` the items that were moved, by their new state. `codes` and `texts`
    are those about the whole file, `refusals` those about its invoices and items. `paid` cents were booked and `deductions`
    written; `repeated` payments and cuts were known from another answer. `missed` fits nothing. `problem` says why the file could
    not be applied.
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
    exchanges: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    paid: int = 0
    deductions: tuple[int, ...] = ()
    repeated: int = 0
    missed: tuple[Missed, ...] = ()


@dataclass(slots=True)
class _Told:
    """What the outcomes of one answer say of items: verdict, amount and codes by item id."""

    verdicts: dict[int, Verdict] = field(default_factory=dict)
    amounts: dict[int, int] = field(default_factory=dict)
    codes: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def tell(self, item: int, outcome: Outcome) -> None:
        """A refusal of the invoice weighs more than what is said of its items; a payment says nothing of them."""
        if outcome.verdict in (Verdict.PAID, Verdict.RECEIVED):
            return
        if self.verdicts.get(item) is Verdict.REJECTED and outcome.verdict is not Verdict.REJECTED:
            return
        self.verdicts[item] = outcome.verdict
        self.codes[item] = (*self.codes.get(item, ()), *outcome.codes)
        if outcome.amount is not None:
            self.amounts[item] = outcome.amount


class Answer:
    """Applies one answer in one transaction."""

    def __init__(self, connection: Connection, scheme: Scheme, context: Context, actor: str, reasons: Reasons) -> None:
        self.connection = connection
        self.scheme = scheme
        self.context = context
        self.actor = actor
        self.reasons = reasons
        self.addresses = Addresses(connection, scheme)
        self.missed: list[Missed] = []

    def apply(self, name: str, sha256: str, size: int, outcomes: Sequence[Outcome]) -> Received:
        """Store the outcomes, move what they speak of, and write the journal."""
        placed = self.addresses.place(outcomes)
        for outcome, why in self.addresses.missed:
            self._miss(outcome, why)
        for outcome in outcomes:
            if _fits_nothing(outcome):
                self._miss(outcome, outcome.text or "it fits nothing that was billed")
        exchanges = {row.id: row for row in placed if row is not None}
        only = next(iter(exchanges.values())) if len(exchanges) == 1 else None
        key = next_ids(self.connection, "inbound", 1)[0]
        problem = ""
        if not exchanges:
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
                exchange_id=None if only is None else only.id,
                received=moment_text(self.context.now),
                problem=problem,
            )
        )
        told: dict[int, _Told] = {each: _Told() for each in exchanges}
        meant = self._keep(key, outcomes, placed, told)
        state = ""
        moved: dict[str, int] = {}
        for each, row in exchanges.items():
            mine = [
                outcome
                for outcome, where in zip(outcomes, placed, strict=True)
                if where is not None and where.id == each and self._is_claim(outcome, where)
            ]
            if not mine:
                # What is said of a form that is not the claim is kept, and moves nothing.
                state = row.state
                continue
            state, changed = self._move(row, mine, told[each])
            for name_of_state, count in changed.items():
                moved[name_of_state] = moved.get(name_of_state, 0) + count
        paid, deductions, repeated, settled = self._balance(key, outcomes, placed, meant)
        if settled:
            moved[ItemState.SETTLED.value] = moved.get(ItemState.SETTLED.value, 0) + settled
        verdicts: dict[str, int] = {}
        for outcome in outcomes:
            verdicts[outcome.verdict.value] = verdicts.get(outcome.verdict.value, 0) + 1
        self._note(key, sha256, outcomes, exchanges, state, moved, paid, deductions)
        whole = [outcome for outcome in outcomes if outcome.is_about_the_file and not _fits_nothing(outcome)]
        return Received(
            name,
            sha256,
            key,
            self.scheme.key,
            exchange=None if only is None else only.id,
            state=state if only is not None else "",
            verdicts=verdicts,
            items=moved,
            codes=tuple(dict.fromkeys(code for outcome in whole for code in outcome.codes)),
            refusals=tuple(
                Refusal(outcome.document, outcome.item or outcome.voucher, outcome.codes, outcome.text)
                for outcome in outcomes
                if outcome.codes and not outcome.is_about_the_file
            ),
            problem=problem,
            exchanges=tuple(exchanges),
            texts=tuple(dict.fromkeys(outcome.text for outcome in whole if outcome.text)),
            paid=paid,
            deductions=tuple(deductions),
            repeated=repeated,
            missed=tuple(self.missed),
        )

    def _is_claim(self, outcome: Outcome, exchange: Any) -> bool:
        """False for what is said of a form of the invoices that is not the one on which the payer pays."""
        # Hardly any scheme has more than one form: only what names one is held against the scheme's word.
        return not outcome.about or outcome.about == claim_by(self.scheme, split_key(exchange.file_key))

    def _note(
        self,
        inbound: int,
        sha256: str,
        outcomes: Sequence[Outcome],
        exchanges: Iterable[int],
        state: str,
        moved: Mapping[str, int],
        paid: int,
        deductions: Sequence[int],
    ) -> None:
        payload: dict[str, Any] = {"sha256": sha256, "outcomes": len(outcomes), "state": state, "items": dict(moved)}
        payload |= {"paid": paid} if paid else {}
        payload |= {"deductions": len(deductions)} if deductions else {}
        payload |= {"missed": len(self.missed)} if self.missed else {}
        subjects = [f"exchange:{each}" for each in exchanges] or [f"inbound:{inbound}"]
        for subject in subjects:
            journal.append(self.connection, "answer.received", subject, payload, actor=self.actor)

    def _miss(self, outcome: Outcome, problem: str) -> None:
        amount = outcome.amount if outcome.cut is None else outcome.cut
        self.missed.append(Missed(outcome.document, outcome.voucher, outcome.item, amount, problem))

    def _keep(
        self, inbound: int, outcomes: Sequence[Outcome], placed: Sequence[Any], told: Mapping[int, _Told]
    ) -> list[Meant]:
        """Store the outcomes with what they were found to speak of, and note what they say of items."""
        meant: list[Meant] = []

        def rows() -> Iterator[tuple[Any, ...]]:
            ids = iter(next_ids(self.connection, "outcome", len(outcomes)))
            for ordinal, (outcome, row) in enumerate(zip(outcomes, placed, strict=True), 1):
                # Most mails are about a file and name nothing in it: its items need not be read.
                contents = None if row is None or outcome.is_about_the_file else self.addresses.contents(row.id)
                found = Meant() if contents is None else self.addresses.mean(outcome, contents)
                meant.append(found)
                claims = row is not None and self._is_claim(outcome, row)
                if contents is not None and claims:
                    self._tell(outcome, found, contents, told[row.id])
                yield (
                    # Without an exchange it promises no payment of one.
                    next(ids), inbound, ordinal, outcome.verdict.value, outcome.exchange, outcome.document, outcome.item,
                    row.id if claims else None, found.documents[0] if len(found.documents) == 1 else None,
                    found.items[0] if len(found.items) == 1 else None, outcome.amount, json_text(list(outcome.codes)),
                    outcome.text, outcome.payer, outcome.reference, outcome.voucher, outcome.cut, date_text(outcome.day),
                    outcome.about, json_text(dict(outcome.facts)) if outcome.facts else None, outcome.matched,
                )  # fmt: skip

        columns = (
            "id", "inbound_id", "ordinal", "verdict", "exchange", "document", "item", "exchange_id", "document_id", "item_id",
            "amount", "codes", "text", "payer", "reference", "voucher", "cut", "day", "about", "facts", "matched",
        )  # fmt: skip
        # Collected first: what an outcome speaks of is looked up on the same connection.
        bulk_insert(self.connection, tables.outcome, columns, list(rows()))
        return meant

    @staticmethod
    def _tell(outcome: Outcome, found: Meant, contents: Contents, told: _Told) -> None:
        if found.items:
            for item in found.items:
                told.tell(item, outcome)
        elif not (outcome.item or outcome.voucher) and (len(found.documents) == 1 or outcome.deducts):
            # A cut of the whole invoice reduces no single item of it.
            word = replace(outcome, verdict=Verdict.ACCEPTED) if _is_cut_of_a_sum(outcome) else outcome
            for document in found.documents:
                for item in contents.by_document.get(document, ()):
                    told.tell(item, word)

    # --- Moving -------------------------------------------------------------------------------------------------------

    def _move(self, exchange: Any, outcomes: Sequence[Outcome], told: _Told) -> tuple[str, dict[str, int]]:
        """The exchange forward, its items to what was said of them; returns the exchange's state and what was moved."""
        whole = [outcome for outcome in outcomes if outcome.is_about_the_file]
        before = ExchangeState(exchange.state)
        refused = any(outcome.verdict is Verdict.REJECTED for outcome in whole)
        accepted = any(outcome.verdict is Verdict.ACCEPTED for outcome in whole)
        if before is ExchangeState.REFUSED or (before is ExchangeState.ANSWERED and refused):
            # The last word was spoken; a late copy of an earlier one is only kept.
            return before.value, {}
        if refused and balancing.was_paid(self.connection, exchange.id):
            self._miss(next(one for one in whole if one.verdict is Verdict.REJECTED), "it refuses a file that was paid")
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
        balancing.expect(
            self.connection, exchange.id, next((outcome.due for outcome in whole if outcome.due is not None), None)
        )
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
        if not told.verdicts:
            return {}
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
        item = tables.item
        done = self.connection.execute(
            item.update()
            .where(self._items(exchange), item.c.state.in_([each.value for each in ANSWERED]))
            .values(state=ItemState.CORRECTED.value, line_ok=False, document_ok=False, archived="")
        )
        balancing.forget(self.connection, exchange)
        return {ItemState.CORRECTED.value: done.rowcount}

    def _deduct(self, exchange: int, told: _Told) -> None:
        """What a final answer does not grant comes off at once, and can only be billed anew. Told again it is written anew, so
        that a repeated answer adds nothing; what a person decided stays.
        """
        receivable, deduction, document, item = tables.receivable, tables.deduction, tables.document, tables.item
        mine = (
            sa.select(receivable.c.id)
            .join(document, document.c.id == receivable.c.document_id)
            .where(document.c.exchange_id == exchange)
        )
        untouched = sa.and_(deduction.c.receivable_id.in_(mine), deduction.c.decided.is_(None))
        self.connection.execute(deduction.delete().where(untouched))
        decided = set(
            self.connection.scalars(sa.select(deduction.c.item_id).where(deduction.c.receivable_id.in_(mine)))
        )
        billed = item.c.gross - item.c.copayment - item.c.own_share
        rows = self.connection.execute(
            sa.select(item.c.id, item.c.state, billed.label("billed"), receivable.c.id.label("receivable"))
            .join(receivable, receivable.c.document_id == item.c.document_id)
            .where(self._items(exchange), item.c.state.in_([ItemState.REJECTED.value, ItemState.REDUCED.value]))
            .order_by(item.c.id)
        ).all()
        cuts = []
        for row in rows:
            if row.id in decided:
                continue
            granted = told.amounts.get(row.id, 0) if row.state == ItemState.REDUCED.value else 0
            cut = self._cut(row.billed - granted, told.codes.get(row.id, ()), item=row.id)
            cuts.append((row.receivable, cut))
        keys = balancing.deduct(self.connection, cuts)
        done = deduction.c.id.between(keys.start, keys.stop - 1)
        self.connection.execute(
            deduction.update().where(done).values(closed=True, action=DeductionAction.CORRECT.value)
        )

    # --- Money --------------------------------------------------------------------------------------------------------

    def _balance(
        self, inbound: int, outcomes: Sequence[Outcome], placed: Sequence[Any], meant: Sequence[Meant]
    ) -> tuple[int, list[int], int, int]:
        """Book what was paid and write down what was cut; returns cents, deductions, repeated ones and items settled."""
        money: list[tuple[int, Money]] = []
        cuts: list[tuple[int, Cut]] = []
        touched: set[int] = set()
        # Nothing is written before all was read, so an invoice is looked at once.
        looked_at: dict[tuple[int, ...], list[Balance]] = {}
        for outcome, row, found in zip(outcomes, placed, meant, strict=True):
            if row is None or outcome.is_about_the_file or not self._is_claim(outcome, row):
                continue
            if found.problem:
                self._miss(outcome, found.problem)
                continue
            pays = outcome.verdict is Verdict.PAID and outcome.day is not None and bool(outcome.amount)
            if not (pays or outcome.deducts):
                continue
            if found.documents not in looked_at:
                mine = tables.document.c.id.in_(found.documents)
                looked_at[found.documents] = balancing.balances(self.connection, mine)
            stands = looked_at[found.documents]
            if not stands:
                self._miss(outcome, f"file {row.id} is {row.state}; nothing is owed for it")
                continue
            touched.update(found.documents)
            if pays:
                only = found.items[0] if len(found.items) == 1 else None
                told = Money(outcome.amount or 0, outcome.day, outcome.reference, inbound=inbound, item=only)
                money += _spread(told, stands, money)
            if outcome.deducts:
                cuts += self._cuts(outcome, found, stands, self.addresses.contents(row.id), inbound)
        new_money = self._not_told_before(money)
        new_cuts = self._not_cut_before(cuts)
        balancing.allocate(self.connection, new_money, actor=self.actor, now=self.context.now)
        keys = balancing.deduct(self.connection, new_cuts)
        granted = balancing.grant(self.connection, {one.item for _, one in new_money if one.item is not None})
        for deduction, amount in granted.items():
            payload = {"granted": amount}
            journal.append(self.connection, "deduction.granted", f"deduction:{deduction}", payload, actor=self.actor)
        settled = balancing.settle(self.connection, touched)
        repeated = len(money) - len(new_money) + len(cuts) - len(new_cuts)
        return sum(one.amount for _, one in new_money), list(keys), repeated, settled

    def _cuts(
        self, outcome: Outcome, found: Meant, stands: Sequence[Balance], contents: Contents, inbound: int
    ) -> list[tuple[int, Cut]]:
        """The deductions that an outcome tells: the cut that it names, else what it does not grant of what it names."""
        items = found.items or tuple(
            item for document in found.documents for item in contents.by_document.get(document, ())
        )
        if outcome.cut is None and outcome.amount is None and len(stands) > 1:
            # A collective invoice that is refused as a whole: each of its invoices by itself.
            return [
                (one.receivable, self._cut(one.billed, outcome.codes, outcome=outcome, inbound=inbound))
                for one in stands
            ]
        billed = sum(contents.billed[item] for item in items)
        amount = billed - (outcome.amount or 0) if outcome.cut is None else outcome.cut
        if len(stands) > 1:
            self._miss(outcome, f"{outcome.document} is a collective invoice; name the single one that is cut")
            return []
        if amount == 0 or (amount < 0) != (billed < 0):
            if outcome.cut is not None:
                self._miss(outcome, "a cut of nothing is none")
            elif amount:
                self._miss(outcome, "more is granted than was billed")
            return []
        if abs(amount) > abs(billed):
            self._miss(outcome, "it is cut by more than was billed")
            return []
        only = found.items[0] if outcome.item else None
        cut = self._cut(amount, outcome.codes, item=only, outcome=outcome, inbound=inbound)
        return [(stands[0].receivable, cut)]

    def _cut(
        self,
        amount: int,
        codes: tuple[str, ...],
        *,
        item: int | None = None,
        outcome: Outcome | None = None,
        inbound: int | None = None,
    ) -> Cut:
        reason = self.reasons.of_codes(codes)
        return Cut(
            amount,
            item=item,
            voucher="" if outcome is None or item is not None else outcome.voucher,
            codes=codes,
            text="" if outcome is None else outcome.text,
            reason="" if reason is None else reason.key,
            probability=100 if reason is None else reason.probability,
            reference="" if outcome is None else outcome.reference,
            day=None if outcome is None else outcome.day,
            inbound=inbound,
        )

    def _not_told_before(self, money: Sequence[tuple[int, Money]]) -> list[tuple[int, Money]]:
        """Without the payments that another answer told: of the same invoice, item, day, reference and amount."""
        table = tables.allocation
        known: dict[object, int] = {}
        for piece in in_pieces(dict.fromkeys(receivable for receivable, _ in money)):
            for row in self.connection.execute(sa.select(table).where(table.c.receivable_id.in_(piece))):
                key = (row.receivable_id, row.item_id, row.booked, row.reference, row.amount)
                known[key] = known.get(key, 0) + 1
        new = []
        for receivable, one in money:
            key = (receivable, one.item, date_text(one.booked), one.reference, one.amount)
            if known.get(key, 0):
                known[key] -= 1
            else:
                new.append((receivable, one))
        return new

    def _not_cut_before(self, cuts: Sequence[tuple[int, Cut]]) -> list[tuple[int, Cut]]:
        """Without the cuts that another answer told: of the same thing and amount, while nobody closed it; then only of the same
        day, because a payer may cut once more.
        """
        table = tables.deduction
        known: dict[object, list[Any]] = {}
        for piece in in_pieces(dict.fromkeys(receivable for receivable, _ in cuts)):
            for row in self.connection.execute(sa.select(table).where(table.c.receivable_id.in_(piece))):
                known.setdefault((row.receivable_id, row.item_id, row.voucher, row.amount), []).append(row)
        new = []
        for receivable, cut in cuts:
            rows = known.get((receivable, cut.item, cut.voucher, cut.amount), [])
            same = next((row for row in rows if not row.closed or row.day in (None, date_text(cut.day))), None)
            if same is None:
                new.append((receivable, cut))
            else:
                rows.remove(same)
        return new


def _fits_nothing(outcome: Outcome) -> bool:
    """True where words of the payer's own were matched to nothing."""
    return outcome.is_about_the_file and bool(outcome.facts) and not (outcome.numbers or outcome.exchange)


def _is_cut_of_a_sum(outcome: Outcome) -> bool:
    """True for a cut of a whole invoice that names no item."""
    return outcome.deducts and outcome.verdict is Verdict.REDUCED and not (outcome.item or outcome.voucher)


def _spread(told: Money, stands: Sequence[Balance], before: Sequence[tuple[int, Money]]) -> list[tuple[int, Money]]:
    """A payment over the invoices of a collective one, in their order; the last takes what is left over."""
    if len(stands) == 1:
        return [(stands[0].receivable, told)]
    gone: dict[int, int] = {}
    for receivable, one in before:
        gone[receivable] = gone.get(receivable, 0) + one.amount
    left = told.amount
    parts = []
    for stand in stands[:-1]:
        part = min(max(stand.open - gone.get(stand.receivable, 0), 0), max(left, 0))
        left -= part
        if part:
            parts.append((stand.receivable, replace(told, amount=part)))
    return [*parts, (stands[-1].receivable, replace(told, amount=left))] if left else parts
