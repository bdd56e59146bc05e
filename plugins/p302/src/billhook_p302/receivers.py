"""When each receiver of the settings was billed last, and when it is its turn again (Letztes, Nächstes
Abrechnungsdatum).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from billhook.dates import DateFormula
from billhook.scheme import TableView
from billhook.store import tables
from billhook.store.encoding import read_moment, split_key
from billhook_p302.batching import DocumentKey, FileKey
from billhook_p302.settings import Receiver, Settings

_GERMANY = ZoneInfo("Europe/Berlin")
"""The day of a bill is the one that its file names."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A row of the settings with its dates; None: never billed, or no date formula."""

    receiver: Receiver
    last_billed: date | None
    next_billing: date | None


@dataclass(frozen=True, slots=True)
class Billed:
    """An invoice key that was billed: to which data centre and payer, and on which day last."""

    data_centre: str
    payer: str
    day: date


def billed(view: TableView) -> list[Billed]:
    """Whom the files of this scheme went to, one row for each data centre, payer and card."""
    exchange, document = tables.exchange, tables.document
    statement = (
        sa.select(exchange.c.file_key, document.c.document_key, sa.func.max(exchange.c.created))
        .join(document, document.c.exchange_id == exchange.c.id)
        .where(exchange.c.scheme == "p302", exchange.c.state != "draft")
        .group_by(exchange.c.file_key, document.c.document_key)
    )
    found = []
    for file_key, document_key, created in view.rows(statement):
        payer = DocumentKey(*split_key(document_key)).payer
        day = read_moment(created).astimezone(_GERMANY).date()
        found.append(Billed(FileKey(*split_key(file_key)).data_centre, payer, day))
    return found


def turns(settings: Settings, history: list[Billed]) -> list[Turn]:
    """Every row of the settings, the defaults last. An invoice counts for the row whose settings it was made with."""
    last: dict[int, date] = {}
    for each in history:
        row = settings.receiver(each.data_centre, each.payer)
        last[id(row)] = max(each.day, last.get(id(row), each.day))
    found = []
    for row in (*settings.receivers, settings.defaults):
        day = last.get(id(row))
        formula = row.next_billing
        following = DateFormula.parse(formula).apply(day) if formula and day else None
        found.append(Turn(row, day, following))
    return found
