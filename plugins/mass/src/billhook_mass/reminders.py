"""What a clerk is reminded of by `billhook status`: files that nobody uploaded, paper that nobody posted, grants that end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from billhook.model import ExchangeState, Finding
from billhook.scheme import TableView
from billhook.store import tables as core
from billhook.store.encoding import split_key
from billhook_mass import rules, tables
from billhook_mass.batching import FileKey
from billhook_mass.registers import Grant, Register, read_register
from billhook_mass.rendering import DATA

AHEAD = timedelta(days=60)
"""How long before its end a grant is named: a payer needs weeks to extend one."""

_LAID_OUT = (ExchangeState.RENDERED.value, ExchangeState.SEALED.value)


def due(view: TableView, day: date) -> Iterator[Finding]:
    """All reminders of a day."""
    yield from _files(view)
    yield from _grants(read_register(view), day)


def _files(view: TableView) -> Iterator[Finding]:
    exchange, artifact, event = core.exchange, core.artifact, tables.portal_event
    uploaded = sa.exists().where(event.c.exchange_id == exchange.c.id, event.c.event == "uploaded")
    statement = (
        sa.select(exchange.c.id, exchange.c.state, exchange.c.file_key, artifact.c.name, uploaded.label("uploaded"))
        .join(artifact, sa.and_(artifact.c.exchange_id == exchange.c.id, artifact.c.role == DATA))
        .where(exchange.c.scheme == "mass", exchange.c.state != ExchangeState.REFUSED.value)
        .order_by(exchange.c.id)
    )
    for row in view.rows(statement):
        if not row.uploaded:
            yield rules.NOT_UPLOADED.at(value=row.name, exchange=row.id)
        if row.state in _LAID_OUT and FileKey(*split_key(row.file_key)).is_pilot:
            yield rules.NOT_POSTED.at(value=row.name, exchange=row.id)


def _grants(register: Register, day: date) -> Iterator[Finding]:
    """Grants that end soon without another that goes on, of persons who stay."""
    for client, grants in sorted(register.grants.items()):
        stays = register.stays.get(client, ())
        for grant in grants:
            end = grant.valid_to
            if end is None or not day <= end <= day + AHEAD or _goes_on(grant, grants, end + timedelta(days=1)):
                continue
            if stays and all(stay.discharged is not None and stay.discharged <= end for stay in stays):
                continue
            yield rules.GRANT_ENDS.at(value=end, grant=grant.number, service=grant.service, payer=grant.payer)


def _goes_on(grant: Grant, grants: Sequence[Grant], day: date) -> bool:
    return any(one.payer == grant.payer and one.service == grant.service and one.covers(day) for one in grants)
