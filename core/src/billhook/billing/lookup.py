"""Finding one thing by what a person calls it: an id, or the number that the source, the invoice or the voucher has."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.problems import UnknownThing
from billhook.store import tables
from billhook.words import words

_MANY = 5
_LONGEST_ID = 18
"""Digits; a database has no longer integers."""


def item_id(connection: Connection, reference: int | str) -> int:
    """The id of an item, by its id or by its number.

    Raises:
        UnknownThing: there is none, or several have that number.
    """
    table = tables.item
    if isinstance(reference, str):
        # Of items whose source entry was reset there may be a newer one of the same number: that is meant.
        valid = sa.select(table.c.id).where(table.c.number == reference, sa.not_(table.c.source_reset)).limit(1)
        where = table.c.number == reference
        if connection.execute(valid).first() is not None:
            where = sa.and_(where, sa.not_(table.c.source_reset))
        return _only(connection, table, where, words("item {reference!r}", reference=reference), reference)
    return _only(connection, table, table.c.id == reference, words("item {reference}", reference=reference), reference)


def document_id(connection: Connection, reference: int | str) -> int:
    """The id of a document, by its id or by its number. Raises UnknownThing."""
    table = tables.document
    if isinstance(reference, str):
        return _only(
            connection,
            table,
            table.c.number == reference,
            words("document {reference!r}", reference=reference),
            reference,
        )
    return _only(
        connection, table, table.c.id == reference, words("document {reference}", reference=reference), reference
    )


def invoice_id(connection: Connection, reference: int | str) -> int:
    """The id of the document that is owed under this number. `number:ordinal` is one of a collective's.

    A file that was refused and sent again has its invoices twice under their numbers; nothing is owed for the first.

    Raises:
        UnknownThing: there is none, or several have that number.
    """
    table, receivable = tables.document, tables.receivable
    if isinstance(reference, int):
        return document_id(connection, reference)
    number, colon, ordinal = reference.rpartition(":")
    where = table.c.number == reference
    if colon and ordinal.isdecimal() and len(ordinal) <= _LONGEST_ID:
        where = sa.or_(where, sa.and_(table.c.number == number, table.c.ordinal == int(ordinal)))
    owed = sa.select(table.c.id).join(receivable, receivable.c.document_id == table.c.id).where(where).limit(2)
    found = connection.scalars(owed).all()
    return int(found[0]) if len(found) == 1 else _only(connection, table, where, f"invoice {reference!r}", reference)


def exchange_id(connection: Connection, reference: int | str) -> int:
    """The id of an exchange, by its id or by the name of one of its files. Raises UnknownThing."""
    table, artifact = tables.exchange, tables.artifact
    if isinstance(reference, str) and not (reference.isdecimal() and len(reference) <= _LONGEST_ID):
        named = sa.select(artifact.c.exchange_id).where(artifact.c.name == reference)
        return _only(
            connection, table, table.c.id.in_(named), words("exchange of {reference!r}", reference=reference), reference
        )
    return _only(
        connection, table, table.c.id == int(reference), words("exchange {reference}", reference=reference), reference
    )


def _only(
    connection: Connection, table: sa.Table, where: sa.ColumnElement[bool], what: str, reference: int | str
) -> int:
    found = [
        int(key) for key in connection.scalars(sa.select(table.c.id).where(where).order_by(table.c.id).limit(_MANY))
    ]
    if not found and isinstance(reference, str) and reference.isdecimal() and len(reference) <= _LONGEST_ID:
        found = [int(key) for key in connection.scalars(sa.select(table.c.id).where(table.c.id == int(reference)))]
    if not found:
        message = words("there is no {what}", what=what)
        raise UnknownThing(message)
    if len(found) > 1:
        shown = ", ".join(str(key) for key in found)
        message = words(
            "several are called {what}; say which by its id: {shown}{more}",
            what=what,
            shown=shown,
            more=" …" if len(found) == _MANY else "",
        )
        raise UnknownThing(message)
    return found[0]


def voucher_items(connection: Connection, reference: str) -> list[Any]:
    """Rows (id, scheme, provider, voucher, line) of the items of a voucher: `voucher`, or `provider/voucher`.

    Raises:
        UnknownThing: there is none, or several providers or schemes have a voucher of that name.
    """
    table = tables.item
    columns = (table.c.id, table.c.scheme, table.c.provider, table.c.voucher, table.c.line)
    wanted = table.c.voucher == reference
    provider, slash, rest = reference.partition("/")
    if slash:
        wanted = sa.or_(wanted, sa.and_(table.c.provider == provider, table.c.voucher == rest))
    rows = connection.execute(
        sa.select(*columns).where(wanted).order_by(table.c.scheme, table.c.provider, table.c.line, table.c.id)
    ).all()
    owners = sorted({(row.scheme, row.provider) for row in rows})
    if not rows:
        message = words("there is no voucher {reference!r}", reference=reference)
        raise UnknownThing(message)
    if len(owners) > 1:
        shown = ", ".join(f"{provider}/{rows[0].voucher} ({scheme})" for scheme, provider in owners[:_MANY])
        message = words(
            "several vouchers are called {reference!r}; name the provider too: {shown}",
            reference=reference,
            shown=shown,
        )
        raise UnknownThing(message)
    return list(rows)
