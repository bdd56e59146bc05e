"""Which file, invoice, voucher and item an answer speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.problems import plugin_failed
from billhook.model import Exchange, ExchangeState, Outcome, StoredArtifact
from billhook.scheme import Locates, Scheme, Twins
from billhook.store import tables
from billhook.store.encoding import read_json, read_moment, split_key

_LONGEST_ORDINAL = 9
"""Digits that the place of an invoice in its collective one may have."""


CLAIM = "data"
"""The role of the artifact on which a payer pays, unless the scheme says otherwise."""


def claim_by(scheme: Scheme, file_key: tuple[str, ...]) -> str:
    """The role of the artifact on which the payer pays, for a file of this key."""
    if not isinstance(scheme, Twins):
        return CLAIM
    try:
        return scheme.claim(file_key)
    except Exception as error:
        raise plugin_failed(scheme.key, "claim", error) from error


@dataclass(slots=True)
class Contents:
    """What an exchange is made of: documents by number, and (item, document) by item number and by voucher."""

    documents: dict[str, list[int]] = field(default_factory=dict)
    items: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    vouchers: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    by_document: dict[int, list[int]] = field(default_factory=dict)
    billed: dict[int, int] = field(default_factory=dict)
    """What the payer is asked for, by item."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What an outcome speaks of, found: the documents, and the items where it names a voucher or an item."""

    documents: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    problem: str = ""


class Addresses:
    """Finds what the outcomes of one answer speak of."""

    def __init__(self, connection: Connection, scheme: Scheme) -> None:
        self.connection = connection
        self.scheme = scheme
        self.missed: list[tuple[Outcome, str]] = []
        self._contents_of: dict[int, Contents] = {}
        self._named: dict[object, Any] = {}
        self._held: dict[tuple[str, str, str], list[Any]] = {}

    def place(self, outcomes: Sequence[Outcome]) -> list[Any]:  # rows of `exchange`, or None
        """The exchange that each outcome speaks of: as it names it, else that of the whole answer, else the one that holds what
        it names.
        """
        named = [self._name(outcome) for outcome in outcomes]
        whole = next((row for row in named if row is not None), None)
        if whole is None and not any(outcome.numbers or outcome.exchange for outcome in outcomes):
            return [self._holder(outcome) for outcome in outcomes]
        return [row if row is not None else whole for row in named]

    def _name(self, outcome: Outcome) -> Any:
        """The exchange that an outcome names: by its running numbers, else by the name of one of its files."""
        if not (outcome.numbers or outcome.exchange):
            return None
        key = (tuple(sorted(outcome.numbers.items())), outcome.exchange, tuple(sorted(outcome.facts.items())))
        if key not in self._named:
            self._named[key] = self._by_numbers(outcome) if outcome.numbers else self._by_name(outcome)
        return self._named[key]

    def _by_numbers(self, outcome: Outcome) -> Any:
        table = tables.exchange
        statement = sa.select(table).where(table.c.scheme == self.scheme.key).order_by(table.c.id.desc())
        for name, number in outcome.numbers.items():
            # Narrows down; the numbers are compared below.
            statement = statement.where(table.c.numbers.contains(f'"{name}":{number}', autoescape=True))
        found = []
        for row in self.connection.execute(statement):
            stored = read_json(row.numbers)
            if all(stored.get(name) == number for name, number in outcome.numbers.items()):
                found.append(row)
        return self._likeliest(outcome, found)

    def _by_name(self, outcome: Outcome) -> Any:
        table, artifact = tables.exchange, tables.artifact
        named = sa.select(artifact.c.exchange_id).where(artifact.c.name == outcome.exchange)
        statement = sa.select(table).where(table.c.scheme == self.scheme.key, table.c.id.in_(named))
        return self._likeliest(outcome, list(self.connection.execute(statement.order_by(table.c.id.desc()))))

    def _likeliest(self, outcome: Outcome, rows: Sequence[Any]) -> Any:
        """The newest of these exchanges, unless the scheme knows better."""
        if rows and isinstance(self.scheme, Locates):
            by_id = {row.id: row for row in rows}
            try:
                chosen = list(self.scheme.locate(outcome, [self._exchange(row) for row in rows]))
            except Exception as error:
                raise plugin_failed(self.scheme.key, "locate", error) from error
            return by_id[chosen[0].id] if chosen else None
        return rows[0] if rows else None

    def _exchange(self, row: Any) -> Exchange:
        artifact = tables.artifact
        stored = self.connection.execute(
            sa.select(artifact).where(artifact.c.exchange_id == row.id).order_by(artifact.c.ordinal)
        )
        return Exchange(
            id=row.id,
            run=row.run_id,
            scheme=row.scheme,
            key=split_key(row.file_key),
            state=ExchangeState(row.state),
            created=read_moment(row.created),
            numbers=read_json(row.numbers),
            artifacts=tuple(
                StoredArtifact(
                    one.name, one.role, one.media_type, one.sha256, one.size, one.sealed_sha256, one.sealed_size
                )
                for one in stored
            ),
            problem=row.problem,
        )

    def _holder(self, outcome: Outcome) -> Any:
        """The exchange that holds the invoice, voucher or item that is named; None with a word why not."""
        if outcome.is_about_the_file:
            return None
        key = (outcome.document, "" if outcome.document else outcome.voucher, "" if outcome.document else outcome.item)
        if key not in self._held:
            self._held[key] = self._holders(*key)
        rows = self._held[key]
        if len(rows) == 1:
            return rows[0]
        name = next(part for part in key if part)
        kind = "invoice" if outcome.document else "voucher" if key[1] else "item"
        many = f"several files hold {kind} {name}; name the invoice" if rows else f"no file holds {kind} {name}"
        self.missed.append((outcome, many))
        return None

    def _holders(self, document: str, voucher: str, item: str) -> list[Any]:
        """Exchanges that hold it now; of those that were refused only the newest, and only where no other does."""
        exchange, held, line, thing = tables.exchange, tables.document, tables.batch_line, tables.item
        statement = sa.select(exchange).where(exchange.c.scheme == self.scheme.key, exchange.c.state != "draft")
        if document:
            number, colon, ordinal = document.rpartition(":")
            called = held.c.number == document
            if colon and ordinal.isdecimal() and len(ordinal) <= _LONGEST_ORDINAL:
                called = sa.or_(called, sa.and_(held.c.number == number, held.c.ordinal == int(ordinal)))
            mine = sa.select(held.c.exchange_id).where(called)
        else:
            at = sa.and_(
                line.c.document_id == held.c.id, line.c.item_id == thing.c.id, thing.c.document_id == held.c.id
            )
            mine = sa.select(held.c.exchange_id).join(line, line.c.document_id == held.c.id).join(thing, at)
            if voucher:
                mine = mine.where(sa.or_(line.c.voucher == voucher, line.c.label == voucher))
            else:
                mine = mine.where(thing.c.number == item)
        found = list(self.connection.execute(statement.where(exchange.c.id.in_(mine)).order_by(exchange.c.id.desc())))
        standing = [row for row in found if row.state != ExchangeState.REFUSED.value]
        return standing or found[:1]

    def contents(self, exchange: int) -> Contents:
        """What an exchange is made of; looked up once."""
        if exchange not in self._contents_of:
            self._contents_of[exchange] = self._load(exchange)
        return self._contents_of[exchange]

    def _load(self, exchange: int) -> Contents:
        contents = Contents()
        document, line, item = tables.document, tables.batch_line, tables.item
        mine = sa.select(document.c.id, document.c.number, document.c.ordinal).where(document.c.exchange_id == exchange)
        for held in self.connection.execute(mine.order_by(document.c.id)):
            contents.documents.setdefault(held.number, []).append(held.id)
            if held.ordinal:
                contents.documents.setdefault(f"{held.number}:{held.ordinal}", []).append(held.id)
        for row in self.connection.execute(
            sa.select(
                item.c.id,
                item.c.number,
                line.c.document_id,
                line.c.voucher,
                line.c.label,
                (line.c.gross - line.c.copayment - line.c.own_share).label("billed"),
            )
            .join(line, line.c.item_id == item.c.id)
            .where(line.c.exchange_id == exchange)
            .order_by(line.c.document_id, line.c.order_key, item.c.id)
        ):
            pair = (row.id, row.document_id)
            contents.items.setdefault(row.number, []).append(pair)
            contents.items.setdefault(f"#{row.id}", []).append(pair)
            for called in {row.voucher, row.label} - {""}:
                contents.vouchers.setdefault(called, []).append(pair)
            contents.by_document.setdefault(row.document_id, []).append(row.id)
            contents.billed[row.id] = row.billed
        return contents

    def mean(self, outcome: Outcome, contents: Contents) -> Meant:
        """What an outcome names, in the exchange that it speaks of."""
        held = contents.documents.get(outcome.document, []) if outcome.document else []
        if outcome.item or outcome.voucher:
            by_name = contents.items if outcome.item else contents.vouchers
            pairs = by_name.get(outcome.item or outcome.voucher, [])
            fitting = [pair for pair in pairs if not held or pair[1] in held]
            documents = tuple(dict.fromkeys(document for _, document in fitting))
            kind, name = ("item", outcome.item) if outcome.item else ("voucher", outcome.voucher)
            if not fitting:
                return Meant(tuple(held), problem=f"there is no {kind} {name} in it")
            if (outcome.item and len(fitting) > 1) or len(documents) > 1:
                return Meant(tuple(held), problem=f"several are called {kind} {name}; name the invoice too")
            return Meant(documents, tuple(item for item, _ in fitting))
        if outcome.document and not held:
            return Meant(problem=f"there is no invoice {outcome.document} in it")
        return Meant(tuple(held))
