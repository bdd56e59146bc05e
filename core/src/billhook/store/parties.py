"""Parties in the store: the master records of persons and offices, found by the provider's own number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.model import Address, Party, PartyKind, PartyRole
from billhook.store import tables
from billhook.store.database import bulk_insert, bulk_update, in_pieces, next_ids, stream
from billhook.store.encoding import date_text, json_text, read_date, read_json

PARTY_COLUMNS = (
    "id",
    "number",
    "kind",
    "family_name",
    "given_name",
    "birth_date",
    "street",
    "postal_code",
    "city",
    "country",
    "identifiers",
)


def save_party(connection: Connection, party: Party) -> Party:
    """Write a party: a new one, or the new state of the one that has this `number`. Returned with its id."""
    return save_parties(connection, [party])[0]


def save_parties(connection: Connection, parties: Iterable[Party]) -> list[Party]:
    """Write many parties, each new or the new state of the one with its number; in the order given, with their ids.

    A number that is given twice ends as the last one says.
    """
    given = list(parties)
    known = party_ids(connection, (party.number for party in given))
    fresh = list(dict.fromkeys(party.number for party in given if party.number not in known))
    ids = {**known, **dict(zip(fresh, next_ids(connection, "party", len(fresh)), strict=True))}
    saved = [replace(party, id=ids[party.number]) for party in given]
    final = {party.number: party for party in saved}
    bulk_insert(connection, tables.party, PARTY_COLUMNS, (_row(final[number]) for number in fresh))
    bulk_update(
        connection,
        tables.party,
        PARTY_COLUMNS[:1],
        PARTY_COLUMNS[1:],
        (_row(final[number]) for number in known if number in final),
    )
    return saved


def party_ids(connection: Connection, numbers: Iterable[str]) -> dict[str, int]:
    """The ids of those parties that exist: number → id."""
    table = tables.party
    found: dict[str, int] = {}
    for some in in_pieces(numbers):
        rows = connection.execute(sa.select(table.c.number, table.c.id).where(table.c.number.in_(some)))
        found.update({row.number: row.id for row in rows})
    return found


def parties_by_number(connection: Connection, numbers: Iterable[str]) -> dict[str, Party]:
    """Those parties that exist: number → party. For an import: one query for some hundred numbers."""
    table = tables.party
    found: dict[str, Party] = {}
    for some in in_pieces(numbers):
        found.update(
            {row.number: _party(row) for row in connection.execute(sa.select(table).where(table.c.number.in_(some)))}
        )
    return found


def get_party(connection: Connection, *, id: int | None = None, number: str | None = None) -> Party | None:  # noqa: A002  # the field's name
    """One party by its id or by its number."""
    table = tables.party
    condition = table.c.id == id if id is not None else table.c.number == number
    row = connection.execute(sa.select(table).where(condition)).one_or_none()
    return None if row is None else _party(row)


def list_parties(connection: Connection, *, role: str | None = None) -> Iterator[Party]:
    """All parties by number, or those that have a role; streamed."""
    table, roles = tables.party, tables.party_role
    statement = sa.select(table).order_by(table.c.number)
    if role is not None:
        statement = statement.where(sa.exists().where(roles.c.party_id == table.c.id, roles.c.role == role))
    for row in stream(connection, statement):
        yield _party(row)


def add_roles(connection: Connection, roles: Iterable[PartyRole]) -> int:
    """Give parties roles; one that a party already has (same role, same counterpart, same first day) is left as it is.

    Returns:
        How many were new.
    """
    table = tables.party_role
    wanted = {(role.party, role.role, role.of_party, date_text(role.valid_from)): role for role in roles}
    for some in in_pieces({role.party for role in wanted.values()}):
        for row in connection.execute(sa.select(table).where(table.c.party_id.in_(some))):
            wanted.pop((row.party_id, row.role, row.of_party_id, row.valid_from), None)
    ids = iter(next_ids(connection, "party_role", len(wanted)))
    rows = (
        (next(ids), role.party, role.role, role.of_party, date_text(role.valid_from), date_text(role.valid_to))
        for role in wanted.values()
    )
    return bulk_insert(connection, table, ("id", "party_id", "role", "of_party_id", "valid_from", "valid_to"), rows)


def roles_of(connection: Connection, party: int) -> list[PartyRole]:
    """The roles of a party, oldest first."""
    table = tables.party_role
    rows = connection.execute(
        sa.select(table).where(table.c.party_id == party).order_by(table.c.valid_from, table.c.id)
    )
    return [
        PartyRole(row.party_id, row.role, row.of_party_id, read_date(row.valid_from), read_date(row.valid_to))
        for row in rows
    ]


def _row(party: Party) -> tuple[Any, ...]:
    address = party.address
    return (
        party.id,
        party.number,
        party.kind.value,
        party.family_name,
        party.given_name,
        date_text(party.birth_date),
        address.street,
        address.postal_code,
        address.city,
        address.country,
        json_text(party.identifiers),
    )


def _party(row: sa.Row[Any]) -> Party:
    identifiers: Mapping[str, str] = read_json(row.identifiers)
    return Party(
        row.id,
        row.number,
        PartyKind(row.kind),
        row.family_name,
        row.given_name,
        read_date(row.birth_date),
        Address(row.street, row.postal_code, row.city, row.country),
        identifiers,
    )
