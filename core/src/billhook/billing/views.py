"""What schemes and hooks see of the store: a batch with its documents, streamed; a run that hooks may query.

Nothing here is held in memory but the totals of what is looked at: items come from a cursor whenever they are walked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.hookspecs import SettingsModel
from billhook.model import BillingItem, ItemState, StoredArtifact, Totals
from billhook.model.item import OPEN_STATES
from billhook.scheme import Scheme
from billhook.store import tables
from billhook.store.database import stream
from billhook.store.encoding import read_date, read_json, split_key
from billhook.store.items import iter_items, read_items, select_items

BILLED_STATES = (
    ItemState.BATCHED,
    ItemState.SENT,
    ItemState.ACCEPTED,
    ItemState.REDUCED,
    ItemState.SETTLED,
)
"""Items that left and were not rejected."""

_DOCUMENTS_AT_ONCE = 200
_ITEMS_AT_ONCE = 1_000


def totals_of(row: Any) -> Totals:  # any row with these columns
    """The totals in a row that has columns of these names."""
    return Totals(row.gross, row.copayment, row.own_share, row.surcharge, row.items, row.vouchers)


def totals_json(totals: Totals) -> dict[str, int]:
    """Totals as the seven figures that are stored."""
    return {
        "gross": totals.gross,
        "copayment": totals.copayment,
        "own_share": totals.own_share,
        "surcharge": totals.surcharge,
        "billed": totals.billed,
        "items": totals.items,
        "vouchers": totals.vouchers,
    }


def read_subtotals(text: str) -> dict[str, Totals]:
    """Bucket → totals, from the stored JSON."""
    return {
        bucket: Totals(**{name: figure for name, figure in figures.items() if name != "billed"})
        for bucket, figures in read_json(text).items()
    }


def numbered_items(document: int) -> sa.Select[Any]:
    """The items of a document in their order."""
    line = tables.batch_line
    return (
        select_items()
        .join(line, line.c.item_id == tables.item.c.id)
        .where(line.c.document_id == document)
        .order_by(line.c.order_key, line.c.item_id)
    )


class StoredDocument:
    """A document as `render` sees it (a `DocumentView`)."""

    def __init__(self, connection: Connection, schemes: Mapping[str, Scheme], row: Any) -> None:  # a row of `document`
        self._connection = connection
        self._schemes = schemes
        self.id: int = row.id
        self.number: str = row.number
        self.ordinal: int = row.ordinal
        self.key: tuple[str, ...] = split_key(row.document_key)
        self.date: date = read_date(row.date) or date.min
        self.totals: Totals = totals_of(row)
        self.subtotals: Mapping[str, Totals] = read_subtotals(row.subtotals)

    def items(self) -> Iterator[BillingItem]:
        """The items in order, streamed; each call starts anew."""
        return read_items(self._connection, self._schemes, numbered_items(self.id), _ITEMS_AT_ONCE)


class StoredCollective:
    """The documents under one collective key (a `CollectiveView`)."""

    def __init__(
        self, connection: Connection, schemes: Mapping[str, Scheme], exchange: int, key: str, number: str
    ) -> None:
        self._connection = connection
        self._schemes = schemes
        self._exchange = exchange
        self._key = key
        self.key: tuple[str, ...] = split_key(key)
        self.number = number
        self._sums: tuple[Totals, dict[str, Totals]] | None = None

    @property
    def totals(self) -> Totals:
        """Sums over all its documents."""
        return self._summed()[0]

    @property
    def subtotals(self) -> Mapping[str, Totals]:
        """Sums by bucket over all its documents."""
        return self._summed()[1]

    def documents(self) -> Iterator[StoredDocument]:
        """The documents in order, streamed; each call starts anew."""
        for row in self._rows(tables.document):
            yield StoredDocument(self._connection, self._schemes, row)

    def _rows(self, *columns: Any) -> Iterator[Any]:  # columns of `document`
        table = tables.document
        statement = (
            sa.select(*columns)
            .where(table.c.exchange_id == self._exchange, table.c.collective_key == self._key)
            .order_by(table.c.id)
        )
        return stream(self._connection, statement, _DOCUMENTS_AT_ONCE)

    def _summed(self) -> tuple[Totals, dict[str, Totals]]:
        if self._sums is None:
            totals, subtotals = Totals(), dict[str, Totals]()
            table = tables.document
            names = ("gross", "copayment", "own_share", "surcharge", "items", "vouchers", "subtotals")
            for row in self._rows(*(table.c[name] for name in names)):
                totals += totals_of(row)
                for bucket, part in read_subtotals(row.subtotals).items():
                    subtotals[bucket] = subtotals.get(bucket, Totals()) + part
            self._sums = totals, subtotals
        return self._sums


class StoredBatch:
    """What one file is made of (a `Batch`). `stored` grows while its artifacts are taken."""

    def __init__(
        self,
        connection: Connection,
        schemes: Mapping[str, Scheme],
        row: Any,  # a row of `exchange`
        created: datetime,
        stored: Sequence[StoredArtifact],
    ) -> None:
        self._connection = connection
        self._schemes = schemes
        self._exchange: int = row.id
        self.key: tuple[str, ...] = split_key(row.file_key)
        self.created = created
        self.numbers: Mapping[str, int] = read_json(row.numbers)
        self.stored = stored

    def collectives(self) -> Iterator[StoredCollective]:
        """The collectives in order; each call starts anew."""
        table = tables.document
        statement = (
            sa.select(table.c.collective_key, sa.func.min(table.c.number).label("number"))
            .where(table.c.exchange_id == self._exchange)
            .group_by(table.c.collective_key)
            .order_by(table.c.collective_key)
        )
        for row in stream(self._connection, statement, _DOCUMENTS_AT_ONCE):
            number = row.number if row.collective_key else ""
            yield StoredCollective(self._connection, self._schemes, self._exchange, row.collective_key, number)


class SettingsReader(Protocol):
    """Gives a plugin's section of billhook.toml (`Workspace.plugin_settings`)."""

    def __call__(self, plugin: str, model: type[SettingsModel]) -> SettingsModel:
        """The section as an instance of the model."""


class StoredRun:
    """What a hook sees of a run (a `RunView`): the trial billing, and what was billed before. Read-only."""

    def __init__(
        self,
        connection: Connection,
        schemes: Mapping[str, Scheme],
        *,
        scheme: str,
        today: date,
        trial: Sequence[sa.ColumnElement[bool]],
        settings: SettingsReader,
        scheme_settings: Callable[[str], Any],
    ) -> None:
        self._connection = connection
        self._schemes = schemes
        self._settings = settings
        self._scheme_settings = scheme_settings
        self._trial = trial
        self.scheme = scheme
        self.today = today

    def trial(
        self, *, client: int | None = None, payer: str | None = None, start: date | None = None, end: date | None = None
    ) -> Iterator[BillingItem]:
        """Items of this run, streamed; those whose service period touches start … end."""
        return self._items((*self._trial, *_narrowed(client, payer, start, end)))

    def billed(
        self, *, client: int | None = None, payer: str | None = None, start: date | None = None, end: date | None = None
    ) -> Iterator[BillingItem]:
        """Items that left in earlier runs and were not rejected, of every installed scheme, streamed."""
        states = [state.value for state in BILLED_STATES]
        installed = tables.item.c.scheme.in_(list(self._schemes))
        return self._items((tables.item.c.state.in_(states), installed, *_narrowed(client, payer, start, end)))

    def open(
        self, *, client: int | None = None, payer: str | None = None, start: date | None = None, end: date | None = None
    ) -> Iterator[BillingItem]:
        """Items of every installed scheme that are not billed yet, streamed."""
        states = [state.value for state in OPEN_STATES]
        installed = tables.item.c.scheme.in_(list(self._schemes))
        return self._items((tables.item.c.state.in_(states), installed, *_narrowed(client, payer, start, end)))

    def rows(self, statement: sa.Select[Any]) -> Iterable[Any]:
        """The rows of a select, streamed."""
        return stream(self._connection, statement)

    def settings(self, plugin: str, model: type[SettingsModel]) -> SettingsModel:
        """What billhook.toml says under [plugins.<plugin>], validated."""
        return self._settings(plugin, model)

    def scheme_settings(self, scheme: str) -> Any:
        """The settings of an installed scheme, [schemes.<scheme>]."""
        return self._scheme_settings(scheme)

    def _items(self, where: Sequence[sa.ColumnElement[bool]]) -> Iterator[BillingItem]:
        return iter_items(self._connection, self._schemes, *where, order=(tables.item.c.id,), chunk=_ITEMS_AT_ONCE)


def _narrowed(
    client: int | None, payer: str | None, start: date | None, end: date | None
) -> Iterator[sa.ColumnElement[bool]]:
    item = tables.item.c
    last_day = sa.func.coalesce(item.service_to, item.service_from)
    if client is not None:
        yield item.client_id == client
    if payer is not None:
        yield item.payer == payer
    if start is not None:
        yield last_day >= start.isoformat()
    if end is not None:
        yield item.service_from <= end.isoformat()
