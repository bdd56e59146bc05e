"""Where everything stands: how much is in which state, what waits and why, and everything about one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.contexts import Tables, moment
from billhook.billing.correcting import corrections
from billhook.billing.errorlog import told_in
from billhook.billing.exporting import exported
from billhook.billing.lookup import document_id, exchange_id, item_id, voucher_items
from billhook.billing.problems import plugin_failed
from billhook.billing.sealing import certificate_reminders
from billhook.billing.views import read_subtotals, totals_json
from billhook.language import Language
from billhook.model import BillingItem, Finding
from billhook.model.item import OPEN_STATES
from billhook.store import ConfigError, Workspace, journal, tables
from billhook.store.encoding import split_key
from billhook.store.items import get_item

_OPEN = tuple(state.value for state in OPEN_STATES)
_ENTRIES = 1_000


@dataclass(frozen=True, slots=True)
class StateCount:
    """How much of a scheme is in a state. Amounts in cents; `billed` is what the payer is or will be asked for."""

    scheme: str
    state: str
    items: int
    vouchers: int
    gross: int
    billed: int


@dataclass(frozen=True, slots=True)
class ExchangeCount:
    """How many files of a scheme are in a state; `problems` of them could not be finished."""

    scheme: str
    state: str
    exchanges: int
    problems: int


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that holds vouchers: how many items it is about. `message` is that of one of them."""

    code: str
    severity: str
    items: int
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where everything stands. `ready` is what the next export would take, `missing` are schemes that are not
    installed.
    """

    states: tuple[StateCount, ...]
    ready: tuple[StateCount, ...]
    exchanges: tuple[ExchangeCount, ...]
    reasons: tuple[Reason, ...]
    unfinished: tuple[int, ...]
    missing: tuple[str, ...] = ()
    next_dates: Mapping[str, tuple[date, ...]] = field(default_factory=dict)
    reminders: tuple[Finding, ...] = ()


def status(
    workspace: Workspace,
    *,
    scheme: str | None = None,
    top: int = 10,
    now: datetime | None = None,
    language: Language | None = None,
) -> Status:
    """Where everything stands.

    Args:
        workspace: where.
        scheme: only this one.
        top: how many reasons of waiting to name.
        now: the moment, for the next billing dates.
        language: of what holds vouchers; English when not given.
    """
    table, exchange = tables.item, tables.exchange
    mine = [table.c.scheme == scheme] if scheme else []
    with workspace.database.read() as connection:
        states = _states(connection, mine)
        ready = _states(connection, [*mine, table.c.state == "checked", table.c.document_ok])
        files = connection.execute(
            sa.select(
                exchange.c.scheme,
                exchange.c.state,
                sa.func.count().label("exchanges"),
                sa.func.sum(sa.case((exchange.c.problem != "", 1), else_=0)).label("problems"),
            )
            .where(*([exchange.c.scheme == scheme] if scheme else []))
            .group_by(exchange.c.scheme, exchange.c.state)
            .order_by(exchange.c.scheme, exchange.c.state)
        ).all()
        next_dates = _asked(workspace, connection, "next_billing_dates", scheme, moment(now))
        reminders = _asked(workspace, connection, "reminders", scheme, moment(now))
        certificates = certificate_reminders(workspace, connection, moment(now))
        unfinished = connection.scalars(
            sa.select(exchange.c.id)
            .where(sa.or_(exchange.c.state == "fixed", exchange.c.problem != ""))
            .order_by(exchange.c.id)
        ).all()
        reasons = _reasons(connection, mine, top, language)
    known = {count.scheme for count in states}
    return Status(
        states=states,
        ready=ready,
        exchanges=tuple(ExchangeCount(row[0], row[1], int(row[2]), int(row[3])) for row in files),
        reasons=reasons,
        unfinished=tuple(int(key) for key in unfinished),
        missing=tuple(sorted(known - workspace.schemes.keys())),
        next_dates=next_dates,
        reminders=(*(reminder for found in reminders.values() for reminder in found), *certificates),
    )


def _states(connection: Connection, where: list[sa.ColumnElement[bool]]) -> tuple[StateCount, ...]:
    """Counts by scheme and state: by voucher first, so that vouchers are counted once."""
    table = tables.item
    billed = table.c.gross - table.c.copayment - table.c.own_share
    voucher = (
        sa.select(
            table.c.scheme,
            table.c.state,
            sa.func.count().label("items"),
            sa.func.sum(table.c.gross).label("gross"),
            sa.func.sum(billed).label("billed"),
        )
        .where(*where)
        .group_by(table.c.scheme, table.c.state, table.c.provider, table.c.voucher)
        .subquery()
    )
    at = voucher.c
    statement = (
        sa.select(
            at.scheme,
            at.state,
            sa.func.sum(at["items"]),
            sa.func.count(),
            sa.func.sum(at.gross),
            sa.func.sum(at.billed),
        )
        .group_by(at.scheme, at.state)
        .order_by(at.scheme, at.state)
    )
    return tuple(StateCount(row[0], row[1], *map(int, row[2:])) for row in connection.execute(statement))


def _reasons(
    connection: Connection, mine: list[sa.ColumnElement[bool]], top: int, language: Language | None
) -> tuple[Reason, ...]:
    finding, table = tables.finding, tables.item
    items = sa.func.count(finding.c.item_id.distinct())
    statement = (
        sa.select(finding.c.code, finding.c.severity, items, sa.func.min(finding.c.id))
        .join(table, table.c.id == finding.c.item_id)
        .where(table.c.state.in_(_OPEN), finding.c.severity == "error", finding.c.suppression_id.is_(None), *mine)
        .group_by(finding.c.code, finding.c.severity)
        .order_by(items.desc(), finding.c.code)
        .limit(top)
    )
    found: list[Reason] = []
    for code, severity, count, example in connection.execute(statement).all():
        row = connection.execute(sa.select(finding).where(finding.c.id == example)).one()
        found.append(told_in(language, Reason(code, severity, int(count), row.message, row.mend), row))
    return tuple(found)


def _asked(
    workspace: Workspace, connection: Connection, question: str, only: str | None, now: datetime
) -> dict[str, tuple[Any, ...]]:
    """What schemes say that offer `question(view, settings, day)`; one that is not set up yet says nothing."""
    found: dict[str, tuple[Any, ...]] = {}
    for key, scheme in sorted(workspace.schemes.items()):
        ask = getattr(scheme, question, None)
        if ask is None or only not in (None, key):
            continue
        try:
            settings = workspace.settings(key)
        except ConfigError:
            continue
        today = now.astimezone(ZoneInfo(scheme.time_zone)).date()
        try:
            found[key] = tuple(ask(Tables(connection), settings, today))
        except Exception as error:
            raise plugin_failed(key, question, error) from error
    return found


# --- One thing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything about one thing. `facts` are its own, the rest what belongs to it; all of it is ready for JSON."""

    kind: str
    id: int | str
    facts: dict[str, Any]
    items: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    corrections: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)


def show(
    workspace: Workspace,
    *,
    item: int | str | None = None,
    voucher: str | None = None,
    document: int | str | None = None,
    exchange: int | str | None = None,
    language: Language | None = None,
) -> Shown:
    """Everything about one item, voucher, document or exchange; its findings in the language.

    Raises:
        UnknownThing: there is none of that name, or several.
        TypeError: not exactly one thing is named.
    """
    if sum(one is not None for one in (item, voucher, document, exchange)) != 1:
        raise TypeError("name one item, voucher, document or exchange")
    with workspace.database.read() as connection:
        if item is not None:
            return _show_items(workspace, connection, "item", item, [item_id(connection, item)], language)
        if voucher is not None:
            keys = [row.id for row in voucher_items(connection, voucher)]
            return _show_items(workspace, connection, "voucher", voucher, keys, language)
        if document is not None:
            return _show_document(connection, document_id(connection, document))
        return _show_exchange(workspace, connection, exchange_id(connection, exchange or 0))


def item_facts(item: BillingItem) -> dict[str, Any]:
    """An item as plain data: amounts in cents, decimals and dates as text."""
    facts = {
        name: value for name, value in asdict(item).items() if name not in ("details", "extra", "client", "splits")
    }
    facts |= {name: str(facts[name]) for name in ("quantity", "unit_price")}
    facts["vat_rate"] = None if item.vat_rate is None else str(item.vat_rate)
    for name in ("service_from", "service_to"):
        facts[name] = facts[name].isoformat() if facts[name] else None
    facts["state"] = item.state.value
    facts["billed"] = item.billed
    client = asdict(item.client)
    client["birth_date"] = item.client.birth_date.isoformat() if item.client.birth_date else None
    facts["client"] = client
    facts["splits"] = [{"kind": split.kind.value, "amount": split.amount} for split in item.splits]
    facts["details"] = item.details.model_dump(mode="json")
    return facts


def _show_items(
    workspace: Workspace,
    connection: Connection,
    kind: str,
    name: int | str,
    keys: list[int],
    language: Language | None,
) -> Shown:
    found = [one for key in keys if (one := get_item(connection, workspace.schemes, key)) is not None]
    items = [item_facts(one) for one in found]
    table = tables.item
    places = connection.execute(
        sa.select(table.c.id, table.c.document_id, table.c.import_id).where(table.c.id.in_(keys))
    ).all()
    for facts in items:
        place = next(row for row in places if row.id == facts["id"])
        facts["document"], facts["import"] = place.document_id, place.import_id
    documents = sorted({row.document_id for row in places if row.document_id is not None})
    first = found[0]
    if kind == "item":
        facts, name = items[0], first.id
    else:
        facts = {
            "scheme": first.scheme,
            "provider": first.provider,
            "voucher": first.voucher,
            "lines": len(found),
            "gross": sum(one.gross for one in found),
            "billed": sum(one.billed for one in found),
            "document_ok": all(one.document_ok for one in found),
        }
    subjects = [f"item:{key}" for key in keys] + [f"import:{row.import_id}" for row in places if row.import_id]
    return Shown(
        kind=kind,
        id=name,
        facts=facts,
        items=items if kind == "voucher" else [],
        findings=_findings(connection, keys, language),
        corrections=[_plain(asdict(one)) for key in keys for one in corrections(connection, key)],
        documents=[_document(connection, key) for key in documents],
        history=_history(connection, subjects),
    )


def _findings(connection: Connection, keys: list[int], language: Language | None) -> list[dict[str, Any]]:
    table = tables.finding
    names = (
        "id",
        "item_id",
        "origin",
        "suppression_id",
        *sorted(Finding.__dataclass_fields__.keys() - {"item", "params"}),
    )
    rows = connection.execute(sa.select(table).where(table.c.item_id.in_(keys)).order_by(table.c.id))
    found = []
    for row in rows:
        told = told_in(language, Reason(row.code, row.severity, 1, row.message, row.mend), row)
        found.append({name: getattr(row, name) for name in names} | {"message": told.message, "mend": told.mend})
    return found


def _document(connection: Connection, key: int) -> dict[str, Any]:
    table = tables.document
    row = connection.execute(sa.select(table).where(table.c.id == key)).one()
    facts = dict(row._mapping)  # noqa: SLF001  # the public way to a row's names
    facts["document_key"], facts["collective_key"] = split_key(row.document_key), split_key(row.collective_key)
    facts["subtotals"] = {bucket: totals_json(sums) for bucket, sums in read_subtotals(row.subtotals).items()}
    return facts


def _show_document(connection: Connection, key: int) -> Shown:
    facts = _document(connection, key)
    table = tables.item
    columns = (table.c.id, table.c.number, table.c.voucher, table.c.line, table.c.state, table.c.gross)
    items = connection.execute(
        sa.select(*columns).where(table.c.document_id == key).order_by(table.c.voucher, table.c.line).limit(_ENTRIES)
    )
    return Shown(
        kind="document",
        id=key,
        facts=facts,
        items=[dict(row._mapping) for row in items],  # noqa: SLF001  # the public way to a row's names
        artifacts=_artifacts(connection, facts["exchange_id"]),
        history=_history(connection, [f"exchange:{facts['exchange_id']}"]),
    )


def _show_exchange(workspace: Workspace, connection: Connection, key: int) -> Shown:
    done = exported(connection, key, workspace.out_dir)
    row = connection.execute(sa.select(tables.exchange).where(tables.exchange.c.id == key)).one()
    document = tables.document
    documents = connection.scalars(
        sa.select(document.c.id).where(document.c.exchange_id == key).order_by(document.c.id).limit(_ENTRIES)
    ).all()
    facts = {
        "id": key,
        "run": row.run_id,
        "scheme": row.scheme,
        "provider": row.provider,
        "key": list(done.key),
        "part": row.part,
        "state": row.state,
        "created": row.created,
        "numbers": dict(done.numbers),
        "problem": row.problem,
        "documents": done.documents,
        **totals_json(done.totals),
    }
    return Shown(
        kind="exchange",
        id=key,
        facts=facts,
        documents=[_document(connection, one) for one in documents],
        artifacts=_artifacts(connection, key),
        history=_history(connection, [f"run:{row.run_id}", f"exchange:{key}"]),
    )


def _artifacts(connection: Connection, exchange: int) -> list[dict[str, Any]]:
    table = tables.artifact
    rows = connection.execute(sa.select(table).where(table.c.exchange_id == exchange).order_by(table.c.ordinal))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001  # the public way to a row's names


def _history(connection: Connection, subjects: list[str]) -> list[dict[str, Any]]:
    found = [entry for subject in dict.fromkeys(subjects) for entry in journal.entries(connection, subject=subject)]
    return [_plain(asdict(entry)) for entry in sorted(found, key=lambda entry: entry.seq)]


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}
