"""Matching: an answer that names things in the payer's own words is held against what was billed, by the scheme that knows them.

The core brings the candidates: the items of the invoice that an outcome names; where there is no such invoice, those of the days
that it names. The scheme decides, and says by what. What fits nothing for certain stays unmatched, for a person to look at.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.problems import plugin_failed
from billhook.model import ExchangeState, Outcome
from billhook.scheme import Candidate, Context, Matches, Scheme
from billhook.store import Workspace, tables
from billhook.store.encoding import date_text, read_date, split_key
from billhook.store.items import iter_items

_KEPT = 16
"""Invoices, or spans of days, whose items are kept: an answer speaks of one after the other."""


def match(
    workspace: Workspace, connection: Connection, scheme: Scheme, context: Context, outcomes: Iterable[Outcome]
) -> list[Outcome]:
    """The outcomes, each with what the scheme found it to be about. Without `Matches` they stay as they are.

    Raises:
        billhook.plugins.PluginFailed: the scheme failed.
    """
    if not isinstance(scheme, Matches):
        return list(outcomes)
    matching = _Matching(workspace, connection, scheme.key)
    found = []
    for outcome in outcomes:
        if not outcome.facts or outcome.item or outcome.voucher or outcome.exchange or outcome.numbers:
            found.append(outcome)
            continue
        try:
            found.append(scheme.match(outcome, matching.candidates(outcome), context))
        except Exception as error:
            raise plugin_failed(scheme.key, "match", error) from error
    return found


class _Matching:
    def __init__(self, workspace: Workspace, connection: Connection, scheme: str) -> None:
        self.workspace = workspace
        self.connection = connection
        self.scheme = scheme
        self._known: OrderedDict[object, list[Candidate]] = OrderedDict()

    def candidates(self, outcome: Outcome) -> Sequence[Candidate]:
        """What the outcome may be about."""
        document = tables.document
        if outcome.document:
            found = self._kept(outcome.document, document.c.number == outcome.document, None)
            if found:
                return found
        if outcome.start is None:
            return ()
        end = outcome.end or outcome.start
        return self._kept((outcome.start, end), sa.true(), (outcome.start, end))

    def _kept(self, key: object, where: sa.ColumnElement[bool], days: tuple[date, date] | None) -> list[Candidate]:
        if key not in self._known:
            self._known[key] = self._load(where, days)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def _load(self, where: sa.ColumnElement[bool], days: tuple[date, date] | None) -> list[Candidate]:
        """Items of invoices that left, with number, day and file of the invoice that holds them now."""
        document, exchange, item = tables.document, tables.exchange, tables.item
        held = (
            sa.select(document.c.id, document.c.number, document.c.date, exchange.c.file_key)
            .join(exchange, exchange.c.id == document.c.exchange_id)
            .where(
                exchange.c.scheme == self.scheme,
                exchange.c.state.not_in(["draft", ExchangeState.REFUSED.value]),
                where,
            )
        )
        mine: list[sa.ColumnElement[bool]] = []
        if days is None:
            held_rows = self.connection.execute(held.order_by(document.c.id.desc())).all()
            mine.append(item.c.document_id.in_([row.id for row in held_rows]))
        else:
            first, last = (date_text(day) for day in days)
            mine += [
                item.c.scheme == self.scheme,
                item.c.document_id.is_not(None),
                item.c.service_from <= last,
                sa.func.coalesce(item.c.service_to, item.c.service_from) >= first,
            ]
            touched = sa.select(item.c.document_id).where(*mine)
            held_rows = self.connection.execute(held.where(document.c.id.in_(touched))).all()
        places = {row.id: row for row in held_rows}
        by_item = {
            row.id: row.document_id
            for row in self.connection.execute(sa.select(item.c.id, item.c.document_id).where(*mine))
        }
        found = []
        for one in iter_items(self.connection, self.workspace.schemes, *mine, order=(item.c.id,)):
            place = places.get(by_item[one.id])
            if place is not None:
                day = read_date(place.date)
                found.append(Candidate(one, place.number, day or date.min, split_key(place.file_key)))
        return found
