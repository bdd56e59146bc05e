"""Master records behind imported items: clients as parties, cases with their facts.

A row whose client has a number makes or fills the master record; what the row leaves empty is taken over from it. A row
that contradicts the master keeps its own value, with a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, TypeAdapter
from sqlalchemy.engine import Connection

from billhook.billing.rows import CONTRADICTS
from billhook.model import BillingItem, Client, Finding, PartyKind
from billhook.store import tables
from billhook.store.database import bulk_insert, bulk_update, next_ids
from billhook.store.encoding import date_text, json_text, read_date, read_json
from billhook.store.parties import PARTY_COLUMNS

INSURED = "insured"
"""The role of a client."""

_IDENTIFIERS = ("insurance_number", "insurance_status")
CLIENT_FIELDS = (
    "family_name",
    "given_name",
    "birth_date",
    "insurance_number",
    "insurance_status",
    "street",
    "postal_code",
    "city",
    "country",
)
"""The fields of a client that the master record has too."""


def marked_fields(details: type[BaseModel], mark: str, value: str) -> tuple[str, ...]:
    """The names of the details that carry this mark, e.g. `level: voucher` or `master: case`."""
    return tuple(
        name
        for name, info in details.model_fields.items()
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get(mark) == value
    )


def fact_text(value: object) -> str | None:
    """A details value as a fact of a case; None when it is empty or a list or structure, which a fact cannot be.

    A mark that is not set is empty: a row cannot say no by leaving it out.
    """
    if value is None or value == "" or value is False:
        return None
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | Decimal) else None


@lru_cache(maxsize=512)
def field_adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    """Reads the text of one field of a model."""
    info = model.model_fields[name]
    annotation: Any = info.rebuild_annotation()
    return TypeAdapter(annotation)


@dataclass(slots=True)
class _Party:
    id: int
    number: str
    values: dict[str, Any]
    new: bool
    changed: bool = False


@dataclass(slots=True)
class _Case:
    id: int
    number: str
    client: int
    facts: dict[str, str]
    new: bool
    changed: bool = False


@dataclass(slots=True)
class Masters:
    """The master records that a batch of rows touches: read once, changed in memory, written once."""

    connection: Connection
    warn: Callable[[Finding], None]
    _parties: dict[str, _Party] = field(default_factory=dict)
    _cases: dict[str, _Case] = field(default_factory=dict)

    def load(self, items: Iterable[BillingItem]) -> None:
        """Read the master records of these items, and draw ids for those that are new."""
        clients: dict[str, Client] = {}
        cases: dict[str, BillingItem] = {}
        for item in items:
            if item.client.number:
                clients.setdefault(item.client.number, item.client)
            if item.case_number and item.client.number:
                cases.setdefault(item.case_number, item)
        self._parties = self._read_parties(clients)
        missing = [number for number in clients if number not in self._parties]
        for number, key in zip(missing, next_ids(self.connection, "party", len(missing)), strict=True):
            self._parties[number] = _Party(key, number, {}, new=True)
        self._cases = self._read_cases(cases)
        missing = [number for number in cases if number not in self._cases]
        for number, key in zip(missing, next_ids(self.connection, "care_case", len(missing)), strict=True):
            client = self._parties[cases[number].client.number].id
            self._cases[number] = _Case(key, number, client, {}, new=True)

    def _read_parties(self, numbers: Mapping[str, object]) -> dict[str, _Party]:
        if not numbers:
            return {}
        table = tables.party
        found: dict[str, _Party] = {}
        for row in self.connection.execute(sa.select(table).where(table.c.number.in_(list(numbers)))):
            identifiers = read_json(row.identifiers)
            values = {name: identifiers.get(name, "") for name in _IDENTIFIERS}
            values |= {name: getattr(row, name) for name in CLIENT_FIELDS if name not in _IDENTIFIERS}
            values["birth_date"] = read_date(row.birth_date)
            values["identifiers"] = identifiers
            found[row.number] = _Party(row.id, row.number, values, new=False)
        return found

    def _read_cases(self, numbers: Mapping[str, object]) -> dict[str, _Case]:
        if not numbers:
            return {}
        table = tables.care_case
        rows = self.connection.execute(sa.select(table).where(table.c.number.in_(list(numbers))))
        return {row.number: _Case(row.id, row.number, row.client_id, read_json(row.facts), new=False) for row in rows}

    def fill(self, item: BillingItem) -> BillingItem:
        """The item linked to its master records, with what it left empty taken over from them, and they from it."""
        party = self._parties.get(item.client.number)
        if party is None:
            return item
        client = self._fill_client(item, party)
        case = self._cases.get(item.case_number)
        if case is None:
            return replace(item, client=client, client_id=party.id)
        details = self._fill_details(item, case)
        return replace(item, client=client, client_id=party.id, case_id=case.id, details=details)

    def _fill_client(self, item: BillingItem, party: _Party) -> Client:
        taken: dict[str, Any] = {}
        known = party.values
        for name in CLIENT_FIELDS:
            own, master = getattr(item.client, name), known.get(name)
            if own == master or (not own and not master):
                continue
            if not own:
                taken[name] = master
            elif not master:
                known[name] = own
                party.changed = True
            else:
                self._contradicts(item, f"client.{name}", f"client {party.id}")
        return replace(item.client, **taken) if taken else item.client

    def _fill_details(self, item: BillingItem, case: _Case) -> BaseModel:
        details, taken = item.details, {}
        model = type(details)
        for name in marked_fields(model, "master", "case"):
            own, fact = fact_text(getattr(details, name)), case.facts.get(name)
            if own == fact:
                continue
            if own is None and fact is not None:
                taken[name] = field_adapter(model, name).validate_strings(fact)
            elif own is not None and fact is None:
                case.facts[name] = own
                case.changed = True
            else:
                self._contradicts(item, f"details.{name}", f"case {case.id}")
        return details.model_copy(update=taken) if taken else details

    def _contradicts(self, item: BillingItem, name: str, master: str) -> None:
        file, _, line = item.source.rpartition(":")
        self.warn(CONTRADICTS.at(field=name, file=file, line=int(line), master=master))

    def write(self) -> None:
        """Write what is new or was filled."""
        new = [party for party in self._parties.values() if party.new]
        bulk_insert(self.connection, tables.party, PARTY_COLUMNS, (_party_row(party) for party in new))
        roles = next_ids(self.connection, "party_role", len(new))
        rows = ((key, party.id, INSURED) for key, party in zip(roles, new, strict=True))
        bulk_insert(self.connection, tables.party_role, ("id", "party_id", "role"), rows)
        changed = (_party_row(party) for party in self._parties.values() if party.changed and not party.new)
        _update(self.connection, tables.party, PARTY_COLUMNS, list(changed))
        columns = ("id", "number", "client_id", "kind", "facts")
        cases = [case for case in self._cases.values() if case.new]
        bulk_insert(
            self.connection,
            tables.care_case,
            columns,
            ((case.id, case.number, case.client, "", json_text(case.facts)) for case in cases),
        )
        filled = [(case.id, json_text(case.facts)) for case in self._cases.values() if case.changed and not case.new]
        _update(self.connection, tables.care_case, ("id", "facts"), filled)


def _update(connection: Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        bulk_update(connection, table, columns[:1], columns[1:], rows)


def _party_row(party: _Party) -> tuple[Any, ...]:
    values = party.values
    identifiers = dict(values.get("identifiers", {}))
    identifiers |= {name: values[name] for name in _IDENTIFIERS if values.get(name)}
    return (
        party.id,
        party.number,
        PartyKind.PERSON.value,
        values.get("family_name", ""),
        values.get("given_name", ""),
        date_text(values.get("birth_date")),
        values.get("street", ""),
        values.get("postal_code", ""),
        values.get("city", ""),
        values.get("country", ""),
        json_text(identifiers),
    )


# --- What a row may hang on -----------------------------------------------------------------------------------------


def case_clients(connection: Connection, items: Iterable[BillingItem]) -> dict[str, str]:
    """Number of each case that these items name and that is there → number of its client."""
    wanted = list(dict.fromkeys(item.case_number for item in items if item.case_number))
    if not wanted:
        return {}
    case, party = tables.care_case, tables.party
    statement = sa.select(case.c.number, party.c.number.label("client")).join(party, party.c.id == case.c.client_id)
    return {row.number: row.client for row in connection.execute(statement.where(case.c.number.in_(wanted)))}


def slot_cases(connection: Connection, items: Iterable[BillingItem]) -> dict[int, str]:
    """Id of each billing slot that these items name and that is there → number of the case whose plan has it."""
    wanted = list(dict.fromkeys(item.slot_id for item in items if item.slot_id is not None))
    if not wanted:
        return {}
    slot, line, period, case = tables.billing_slot, tables.billing_line, tables.case_period, tables.care_case
    statement = (
        sa.select(slot.c.id, case.c.number)
        .join(line, line.c.id == slot.c.line_id)
        .join(period, period.c.id == line.c.case_period_id)
        .join(case, case.c.id == period.c.case_id)
        .where(slot.c.id.in_(wanted))
    )
    return {int(row.id): row.number for row in connection.execute(statement)}


# --- Corrections of a master record -----------------------------------------------------------------------------------


def correct_client(connection: Connection, party: int, name: str, value: object) -> None:
    """Write a corrected field of a client into the master record."""
    table = tables.party
    if name in _IDENTIFIERS:
        row = connection.execute(sa.select(table.c.identifiers).where(table.c.id == party)).one()
        identifiers = read_json(row.identifiers)
        identifiers[name] = value
        change = {"identifiers": json_text(identifiers)}
    else:
        change = {name: date_text(value) if isinstance(value, date) else value}  # type: ignore[dict-item]  # text or a date
    connection.execute(table.update().where(table.c.id == party).values(**change))


def correct_case(connection: Connection, case: int, name: str, value: object) -> None:
    """Write a corrected field of the details into the facts of the case."""
    table = tables.care_case
    row = connection.execute(sa.select(table.c.facts).where(table.c.id == case)).one()
    facts = read_json(row.facts)
    text = fact_text(value)
    if text is None:
        facts.pop(name, None)
    else:
        facts[name] = text
    connection.execute(table.update().where(table.c.id == case).values(facts=json_text(facts)))
