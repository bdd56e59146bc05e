"""Contracts, cases and plans in the store: what was agreed, who is supplied, what is to be delivered and billed.

Cases are found by the provider's own number; their facts are what items take over. Lines and slots hang below a case's
periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.model import (
    BillingLine,
    BillingSlot,
    Case,
    CasePeriod,
    Contract,
    ContractVersion,
    DeliveryLine,
    DeliverySlot,
    InfoRequest,
    Participant,
    RequestState,
    SlotState,
)
from billhook.store import tables
from billhook.store.database import bulk_insert, bulk_update, in_pieces, next_ids, stream
from billhook.store.encoding import date_text, decimal_text, json_text, read_date, read_json

# --- Contracts ------------------------------------------------------------------------------------------------------


def save_contract(connection: Connection, contract: Contract) -> Contract:
    """Write a contract: a new one, or the new state of the one that has this `number`. Returned with its id."""
    table = tables.contract
    known = connection.scalar(sa.select(table.c.id).where(table.c.number == contract.number))
    values = {"title": contract.title, "payer_id": contract.payer, "inactive": contract.inactive}
    if known is None:
        known = next_ids(connection, "contract", 1)[0]
        connection.execute(table.insert().values(id=known, number=contract.number, **values))
    else:
        connection.execute(table.update().where(table.c.id == known).values(values))
    return replace(contract, id=known)


def save_contract_version(connection: Connection, version: ContractVersion) -> ContractVersion:
    """Write a version of a contract: a new one, or the new state of the one with this label. Returned with its id."""
    table = tables.contract_version
    known = connection.scalar(
        sa.select(table.c.id).where(table.c.contract_id == version.contract, table.c.label == version.label)
    )
    values = {
        "scheme": version.scheme,
        "valid_from": version.valid_from.isoformat(),
        "valid_to": date_text(version.valid_to),
        "released": version.released,
        "terms": json_text(version.terms),
    }
    if known is None:
        known = next_ids(connection, "contract_version", 1)[0]
        connection.execute(table.insert().values(id=known, contract_id=version.contract, label=version.label, **values))
    else:
        connection.execute(table.update().where(table.c.id == known).values(values))
    return replace(version, id=known)


def list_contracts(connection: Connection) -> Iterator[Contract]:
    """All contracts by number, streamed."""
    table = tables.contract
    for row in stream(connection, sa.select(table).order_by(table.c.number)):
        yield Contract(row.id, row.number, row.title, row.payer_id, row.inactive)


def contract_versions(connection: Connection, contract: int) -> list[ContractVersion]:
    """The versions of a contract, oldest first."""
    table = tables.contract_version
    rows = connection.execute(
        sa.select(table).where(table.c.contract_id == contract).order_by(table.c.valid_from, table.c.id)
    )
    return [
        ContractVersion(
            row.id,
            row.contract_id,
            row.label,
            row.scheme,
            _day(row.valid_from),
            read_date(row.valid_to),
            row.released,
            read_json(row.terms),
        )
        for row in rows
    ]


# --- Cases ----------------------------------------------------------------------------------------------------------

_CASE_COLUMNS = ("id", "number", "client_id", "kind", "contract_version_id", "opened", "closed", "facts")


def save_case(connection: Connection, case: Case) -> Case:
    """Write a case: a new one, or the new state of the one that has this `number`. Returned with its id."""
    return save_cases(connection, [case])[0]


def save_cases(connection: Connection, cases: Iterable[Case]) -> list[Case]:
    """Write many cases, each new or the new state of the one with its number; in the order given, with their ids.

    A number that is given twice ends as the last one says.
    """
    given = list(cases)
    known = case_ids(connection, (case.number for case in given))
    fresh = list(dict.fromkeys(case.number for case in given if case.number not in known))
    ids = {**known, **dict(zip(fresh, next_ids(connection, "care_case", len(fresh)), strict=True))}
    saved = [replace(case, id=ids[case.number]) for case in given]
    final = {case.number: case for case in saved}
    table = tables.care_case
    bulk_insert(connection, table, _CASE_COLUMNS, (_case_row(final[number]) for number in fresh))
    bulk_update(connection, table, _CASE_COLUMNS[:1], _CASE_COLUMNS[1:], (_case_row(final[number]) for number in known))
    return saved


def set_facts(connection: Connection, case: int, changes: Mapping[str, str]) -> None:
    """Write facts of a case over what it had; an empty text takes a fact away. The other facts stay."""
    table = tables.care_case
    row = connection.execute(sa.select(table.c.facts).where(table.c.id == case).with_for_update()).one()
    facts = {**read_json(row.facts), **changes}
    kept = {name: value for name, value in facts.items() if value}
    connection.execute(table.update().where(table.c.id == case).values(facts=json_text(kept)))


def case_ids(connection: Connection, numbers: Iterable[str]) -> dict[str, int]:
    """The ids of those cases that exist: number → id."""
    table = tables.care_case
    found: dict[str, int] = {}
    for some in in_pieces(numbers):
        rows = connection.execute(sa.select(table.c.number, table.c.id).where(table.c.number.in_(some)))
        found.update({row.number: row.id for row in rows})
    return found


def cases_by_number(connection: Connection, numbers: Iterable[str]) -> dict[str, Case]:
    """Those cases that exist: number → case. For an import: one query for some hundred numbers."""
    table = tables.care_case
    found: dict[str, Case] = {}
    for some in in_pieces(numbers):
        rows = connection.execute(sa.select(table).where(table.c.number.in_(some)))
        found.update({row.number: _case(row) for row in rows})
    return found


def get_case(connection: Connection, *, id: int | None = None, number: str | None = None) -> Case | None:  # noqa: A002  # the field's name
    """One case by its id or by its number."""
    table = tables.care_case
    condition = table.c.id == id if id is not None else table.c.number == number
    row = connection.execute(sa.select(table).where(condition)).one_or_none()
    return None if row is None else _case(row)


def list_cases(connection: Connection, *, client: int | None = None) -> Iterator[Case]:
    """All cases by number, or those of a client; streamed."""
    table = tables.care_case
    statement = sa.select(table).order_by(table.c.number)
    if client is not None:
        statement = statement.where(table.c.client_id == client)
    for row in stream(connection, statement):
        yield _case(row)


def _case_row(case: Case) -> tuple[Any, ...]:
    return (
        case.id,
        case.number,
        case.client,
        case.kind,
        case.contract_version,
        date_text(case.opened),
        date_text(case.closed),
        json_text(case.facts),
    )


def _case(row: sa.Row[Any]) -> Case:
    return Case(
        row.id,
        row.number,
        row.client_id,
        row.kind,
        row.contract_version_id,
        read_date(row.opened),
        read_date(row.closed),
        read_json(row.facts),
    )


# --- What belongs to a case -----------------------------------------------------------------------------------------


def add_periods(connection: Connection, periods: Iterable[CasePeriod]) -> list[CasePeriod]:
    """Write new periods of cases; returned with their ids."""
    given = list(periods)
    ids = next_ids(connection, "case_period", len(given))
    saved = [replace(period, id=key) for period, key in zip(given, ids, strict=True)]
    rows = ((one.id, one.case, one.label, date_text(one.start), date_text(one.end)) for one in saved)
    bulk_insert(connection, tables.case_period, ("id", "case_id", "label", "start_date", "end_date"), rows)
    return saved


def periods_of(connection: Connection, case: int) -> list[CasePeriod]:
    """The periods of a case in order."""
    table = tables.case_period
    rows = connection.execute(sa.select(table).where(table.c.case_id == case).order_by(table.c.start_date))
    return [CasePeriod(row.id, row.case_id, row.label, _day(row.start_date), read_date(row.end_date)) for row in rows]


def add_participants(connection: Connection, participants: Iterable[Participant]) -> None:
    """Let parties take part in cases."""
    given = list(participants)
    ids = next_ids(connection, "participant", len(given))
    rows = (
        (key, one.case, one.party, one.role, one.rank, date_text(one.valid_from), date_text(one.valid_to))
        for one, key in zip(given, ids, strict=True)
    )
    columns = ("id", "case_id", "party_id", "role", "rank", "valid_from", "valid_to")
    bulk_insert(connection, tables.participant, columns, rows)


def participants_of(connection: Connection, case: int) -> list[Participant]:
    """Who takes part in a case, by role and rank."""
    table = tables.participant
    rows = connection.execute(
        sa.select(table).where(table.c.case_id == case).order_by(table.c.role, table.c.rank, table.c.id)
    )
    return [
        Participant(row.case_id, row.party_id, row.role, row.rank, read_date(row.valid_from), read_date(row.valid_to))
        for row in rows
    ]


def add_requests(connection: Connection, requests: Iterable[InfoRequest]) -> list[InfoRequest]:
    """Write new info requests; returned with their ids."""
    given = list(requests)
    ids = next_ids(connection, "info_request", len(given))
    saved = [replace(request, id=key) for request, key in zip(given, ids, strict=True)]
    rows = (
        (
            one.id,
            one.case,
            one.document_kind,
            one.state.value,
            one.blocks_delivery,
            one.blocks_billing,
            date_text(one.due),
            one.answer_reference,
        )
        for one in saved
    )
    columns = (
        "id",
        "case_id",
        "document_kind",
        "state",
        "blocks_delivery",
        "blocks_billing",
        "due",
        "answer_reference",
    )
    bulk_insert(connection, tables.info_request, columns, rows)
    return saved


def requests_of(connection: Connection, case: int) -> list[InfoRequest]:
    """The info requests of a case in the order in which they were made."""
    table = tables.info_request
    rows = connection.execute(sa.select(table).where(table.c.case_id == case).order_by(table.c.id))
    return [
        InfoRequest(
            row.id,
            row.case_id,
            row.document_kind,
            RequestState(row.state),
            row.blocks_delivery,
            row.blocks_billing,
            read_date(row.due),
            row.answer_reference,
        )
        for row in rows
    ]


# --- Plans: lines and their slots -----------------------------------------------------------------------------------


def add_delivery_lines(connection: Connection, lines: Iterable[DeliveryLine]) -> list[DeliveryLine]:
    """Write new delivery lines; returned with their ids."""
    given = list(lines)
    ids = next_ids(connection, "delivery_line", len(given))
    saved = [replace(line, id=key) for line, key in zip(given, ids, strict=True)]
    rows = (
        (
            one.id,
            one.case_period,
            one.article,
            decimal_text(one.quantity),
            date_text(one.start),
            date_text(one.end),
            one.interval,
        )
        for one in saved
    )
    columns = ("id", "case_period_id", "article", "quantity", "start_date", "end_date", "every")
    bulk_insert(connection, tables.delivery_line, columns, rows)
    return saved


def add_delivery_slots(connection: Connection, slots: Iterable[DeliverySlot]) -> list[DeliverySlot]:
    """Write new dated deliveries; returned with their ids."""
    given = list(slots)
    ids = next_ids(connection, "delivery_slot", len(given))
    saved = [replace(slot, id=key) for slot, key in zip(given, ids, strict=True)]
    rows = (
        (one.id, one.line, date_text(one.due), decimal_text(one.quantity), one.state.value, one.block) for one in saved
    )
    bulk_insert(connection, tables.delivery_slot, ("id", "line_id", "due", "quantity", "state", "block"), rows)
    return saved


def add_billing_lines(connection: Connection, lines: Iterable[BillingLine]) -> list[BillingLine]:
    """Write new billing lines; returned with their ids."""
    given = list(lines)
    ids = next_ids(connection, "billing_line", len(given))
    saved = [replace(line, id=key) for line, key in zip(given, ids, strict=True)]
    rows = ((one.id, one.case_period, one.payer, one.article, one.delivery_line) for one in saved)
    columns = ("id", "case_period_id", "payer_id", "article", "delivery_line_id")
    bulk_insert(connection, tables.billing_line, columns, rows)
    return saved


def add_billing_slots(connection: Connection, slots: Iterable[BillingSlot]) -> list[BillingSlot]:
    """Write new dated billings; returned with their ids."""
    given = list(slots)
    ids = next_ids(connection, "billing_slot", len(given))
    saved = [replace(slot, id=key) for slot, key in zip(given, ids, strict=True)]
    rows = (
        (one.id, one.line, date_text(one.period_start), date_text(one.period_end), one.state.value, one.block)
        for one in saved
    )
    columns = ("id", "line_id", "period_start", "period_end", "state", "block")
    bulk_insert(connection, tables.billing_slot, columns, rows)
    return saved


def set_slot_states(connection: Connection, table: sa.Table, changes: Iterable[tuple[int, SlotState, str]]) -> int:
    """Write (slot id, state, block) into `tables.delivery_slot` or `tables.billing_slot`, streamed."""
    rows = ((key, state.value, block) for key, state, block in changes)
    return bulk_update(connection, table, ("id",), ("state", "block"), rows)


def delivery_lines_of(connection: Connection, case: int) -> list[DeliveryLine]:
    """The delivery plan of a case: its lines, by period and article."""
    line, period = tables.delivery_line, tables.case_period
    rows = connection.execute(
        sa.select(line)
        .join(period, period.c.id == line.c.case_period_id)
        .where(period.c.case_id == case)
        .order_by(period.c.start_date, line.c.article, line.c.id)
    )
    return [
        DeliveryLine(
            row.id,
            row.case_period_id,
            row.article,
            Decimal(row.quantity),
            _day(row.start_date),
            read_date(row.end_date),
            row.every,
        )
        for row in rows
    ]


def delivery_slots_of(connection: Connection, line: int) -> list[DeliverySlot]:
    """The dated deliveries of a line in order."""
    table = tables.delivery_slot
    rows = connection.execute(sa.select(table).where(table.c.line_id == line).order_by(table.c.due))
    return [
        DeliverySlot(row.id, row.line_id, _day(row.due), Decimal(row.quantity), SlotState(row.state), row.block)
        for row in rows
    ]


def billing_lines_of(connection: Connection, case: int) -> list[BillingLine]:
    """The billing plan of a case: its lines, by period and article."""
    line, period = tables.billing_line, tables.case_period
    rows = connection.execute(
        sa.select(line)
        .join(period, period.c.id == line.c.case_period_id)
        .where(period.c.case_id == case)
        .order_by(period.c.start_date, line.c.article, line.c.id)
    )
    return [BillingLine(row.id, row.case_period_id, row.payer_id, row.article, row.delivery_line_id) for row in rows]


def billing_slots_of(connection: Connection, line: int) -> list[BillingSlot]:
    """The dated billings of a line in order."""
    table = tables.billing_slot
    rows = connection.execute(sa.select(table).where(table.c.line_id == line).order_by(table.c.period_start))
    return [
        BillingSlot(row.id, row.line_id, _day(row.period_start), _day(row.period_end), SlotState(row.state), row.block)
        for row in rows
    ]


def items_of_slot(connection: Connection, slot: int) -> list[str]:
    """The numbers of the items that bill a slot, in order."""
    item = tables.item
    return list(connection.scalars(sa.select(item.c.number).where(item.c.slot_id == slot).order_by(item.c.number)))


def _day(text: str) -> date:
    return date.fromisoformat(text)
