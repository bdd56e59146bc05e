"""Matching: an answer that names things in the payer's own words is held against what was billed, by the scheme that knows them.

The core brings the candidates: the items of the invoice that an outcome names; where there is no such invoice, those of the days
that it names. The scheme decides, and says by what. What fits nothing for certain stays unmatched, for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.problems import plugin_failed
from billhook.model import ExchangeState, Outcome
from billhook.scheme import Candidate, Context, Matches, Scheme
from billhook.store import Workspace, tables
from billhook.store.encoding import date_text, read_date, split_key
from billhook.store.items import iter_items


def match(
    workspace: Workspace, connection: Connection, scheme: Scheme, context: Context, outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """The outcomes, each with what the scheme found it to be about. Without `Matches` they stay as they are.

    Raises:
        billhook.plugins.PluginFailed: the scheme failed, or did not answer for each of them.
    """
    if not isinstance(scheme, Matches):
        return list(outcomes)
    matching = _Matching(workspace, connection, scheme.key)
    found = list(outcomes)
    for near, places in matching.groups(outcomes):
        candidates = matching.candidates(near)
        try:
            matched = list(scheme.match([outcomes[place] for place in places], candidates, context))
            for place, outcome in zip(places, matched, strict=True):
                found[place] = outcome
        except Exception as error:
            raise plugin_failed(scheme.key, "match", error) from error
    return found


@dataclass(frozen=True, slots=True)
class _Near:
    """What brings candidates: an invoice by its number, else days; neither brings none."""

    document: str = ""
    days: tuple[date, date] | None = None


class _Matching:
    def __init__(self, workspace: Workspace, connection: Connection, scheme: str) -> None:
        self.workspace = workspace
        self.connection = connection
        self.scheme = scheme

    def groups(self, outcomes: Sequence[Outcome]) -> Iterator[tuple[_Near, list[int]]]:
        """The places of outcomes that are asked for together, by what brings their candidates."""
        groups: dict[_Near, list[int]] = {}
        known: dict[str, bool] = {}
        for place, outcome in enumerate(outcomes):
            if not outcome.facts or outcome.item or outcome.voucher or outcome.exchange or outcome.numbers:
                continue
            number = outcome.document
            if number and number not in known:
                known[number] = self.connection.execute(self._held(number).limit(1)).first() is not None
            near = _Near(number) if number and known[number] else _Near()
            if not near.document and outcome.start is not None:
                near = _Near(days=(outcome.start, outcome.end or outcome.start))
            groups.setdefault(near, []).append(place)
        yield from groups.items()

    def candidates(self, near: _Near) -> Sequence[Candidate]:
        """The items of the invoice, or whose services touch the days."""
        if near.document or near.days is not None:
            return self._load(near)
        return ()

    def _held(self, number: str = "") -> sa.Select[Any]:
        """Invoices that left and were not refused."""
        document, exchange = tables.document, tables.exchange
        statement = (
            sa.select(document.c.id, document.c.number, document.c.date, exchange.c.file_key)
            .join(exchange, exchange.c.id == document.c.exchange_id)
            .where(
                exchange.c.scheme == self.scheme,
                exchange.c.state.not_in(["draft", ExchangeState.REFUSED.value]),
            )
        )
        return statement.where(document.c.number == number) if number else statement

    def _load(self, near: _Near) -> list[Candidate]:
        """Items with number, day and file of the invoice that holds them now."""
        document, item = tables.document, tables.item
        mine: list[sa.ColumnElement[bool]] = [item.c.scheme == self.scheme, item.c.document_id.is_not(None)]
        if near.days is None:
            held = self.connection.execute(self._held(near.document)).all()
            mine.append(item.c.document_id.in_([row.id for row in held]))
        else:
            first, last = (date_text(day) for day in near.days)
            mine += [
                item.c.service_from <= last,
                sa.func.coalesce(item.c.service_to, item.c.service_from) >= first,
            ]
            touched = sa.select(item.c.document_id).where(*mine)
            held = self.connection.execute(self._held().where(document.c.id.in_(touched))).all()
        places = {row.id: row for row in held}
        by_item = {
            row.id: row.document_id
            for row in self.connection.execute(sa.select(item.c.id, item.c.document_id).where(*mine))
        }
        found = []
        for one in iter_items(self.connection, self.workspace.schemes, *mine, order=(item.c.id,)):
            place = places.get(by_item[one.id])
            if place is not None:
                day = read_date(place.date) or date.min
                found.append(Candidate(one, place.number, day, split_key(place.file_key)))
        return found
