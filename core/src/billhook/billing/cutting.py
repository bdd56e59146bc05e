"""Cutting a planned run into files and invoices: one sorted, streamed read of what the scheme said, and sums on the
way.

A voucher is never cut. An invoice is cut only when it has more vouchers than a file may hold; one that no longer fits
into a file begins the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.findings import IdSource
from billhook.billing.problems import plugin_failed
from billhook.billing.views import totals_json
from billhook.model import Totals
from billhook.scheme import Context, Limits, Scheme
from billhook.store import tables
from billhook.store.database import CHUNK, bulk_insert, bulk_update, stream
from billhook.store.encoding import date_text, json_text, moment_text, split_key

DRAFT = "draft"
"""The state of an exchange that has no numbers yet."""

_FIGURES = ("gross", "copayment", "own_share", "surcharge", "billed", "items", "vouchers")
_DOCUMENT = (
    "id",
    "exchange_id",
    "document_key",
    "collective_key",
    "number",
    "ordinal",
    "date",
    *_FIGURES,
    "subtotals",
)
_DOCUMENT_IDS = 100


@dataclass(slots=True)
class _Sums:
    """Totals while they grow."""

    gross: int = 0
    copayment: int = 0
    own_share: int = 0
    surcharge: int = 0
    items: int = 0
    vouchers: int = 0

    def add(self, row: Any) -> None:  # a row of batch_line
        self.gross += row.gross
        self.copayment += row.copayment
        self.own_share += row.own_share
        self.surcharge += row.surcharge
        self.items += 1

    def totals(self) -> Totals:
        return Totals(self.gross, self.copayment, self.own_share, self.surcharge, self.items, self.vouchers)


@dataclass(slots=True)
class _Open:
    """The file and the document that are being filled."""

    file: str
    limits: Limits
    part: int = 0
    exchange: int = 0
    vouchers: int = 0
    documents: int = 0
    document: int = 0
    collective_key: str = ""
    document_key: str = ""
    ordinal: int = 0
    sums: _Sums = field(default_factory=_Sums)
    buckets: dict[str, _Sums] = field(default_factory=dict)


def cut(connection: Connection, ids: IdSource, scheme: Scheme, context: Context, run: int) -> list[int]:
    """Make draft exchanges and documents of a run's lines, and tell every line where it went.

    Returns:
        The ids of the exchanges, in order.
    """
    return _Cutter(connection, ids, scheme, context, run).cut()


class _Cutter:
    def __init__(self, connection: Connection, ids: IdSource, scheme: Scheme, context: Context, run: int) -> None:
        self.connection = connection
        self.ids = ids
        self.scheme = scheme
        self.context = context
        self.run = run
        self.exchanges: list[int] = []
        self._spare: dict[str, Iterator[int]] = {}
        self._opened: list[tuple[Any, ...]] = []
        self._closed: list[tuple[Any, ...]] = []
        self._lines: list[tuple[int, int, int, int]] = []

    def cut(self) -> list[int]:
        now: _Open | None = None
        for voucher in self._vouchers():
            first = voucher[0]
            if now is None or first.file_key != now.file:
                self._close_document(now)
                now = _Open(first.file_key, self._limits(first.file_key))
            self._place(now, voucher)
            if len(self._lines) >= CHUNK:
                self._flush()
        self._close_document(now)
        self._flush()
        return self.exchanges

    def _limits(self, key: str) -> Limits:
        try:
            found: object = self.scheme.limits(split_key(key), self.context)
        except Exception as error:
            raise plugin_failed(self.scheme.key, "limits", error) from error
        if not isinstance(found, Limits):
            raise plugin_failed(self.scheme.key, "limits", TypeError())
        return found

    def _vouchers(self) -> Iterator[list[Any]]:
        """The lines voucher by voucher, in the order of file, collective, document and the voucher's first line."""
        line = tables.batch_line
        group = (line.c.file_key, line.c.collective_key, line.c.document_key)
        first = sa.func.min(line.c.order_key).over(partition_by=(*group, line.c.provider, line.c.voucher))
        columns = (line.c.item_id, *group, line.c.bucket, line.c.provider, line.c.voucher)
        amounts = (line.c.gross, line.c.copayment, line.c.own_share, line.c.surcharge)
        inner = sa.select(*columns, *amounts, first.label("first")).where(line.c.run_id == self.run).subquery()
        at = inner.c
        order = (at.file_key, at.collective_key, at.document_key, at.first, at.provider, at.voucher, at.item_id)
        lines: list[Any] = []
        for row in stream(self.connection, sa.select(inner).order_by(*order)):
            if lines and not _same_voucher(lines[0], row):
                yield lines
                lines = []
            lines.append(row)
        if lines:
            yield lines

    def _place(self, now: _Open, voucher: list[Any]) -> None:
        first = voucher[0]
        fresh = (
            now.document == 0 or first.collective_key != now.collective_key or first.document_key != now.document_key
        )
        if now.exchange == 0 or self._is_full(now, first, fresh=fresh):
            self._close_document(now)
            self._open_exchange(now, first)
            fresh = True
        if fresh:
            self._close_document(now)
            self._open_document(now, first)
        now.vouchers += 1
        buckets: set[str] = set()
        now.sums.vouchers += 1
        for row in voucher:
            now.sums.add(row)
            bucket = now.buckets.get(row.bucket)
            if bucket is None:
                bucket = now.buckets[row.bucket] = _Sums()
            bucket.add(row)
            if row.bucket not in buckets:
                buckets.add(row.bucket)
                bucket.vouchers += 1
            self._lines.append((self.run, row.item_id, now.exchange, now.document))

    def _is_full(self, now: _Open, first: Any, *, fresh: bool) -> bool:  # a row of batch_line
        limits = now.limits
        if fresh and limits.documents is not None and now.documents >= limits.documents:
            return True
        if limits.vouchers is None:
            return False
        if now.vouchers >= limits.vouchers:
            return True
        if not fresh or now.vouchers == 0:
            return False
        # An invoice that would fit into a file of its own is not cut in two.
        size = self._size(first, limits.vouchers + 1)
        return now.vouchers + size > limits.vouchers >= size

    def _size(self, first: Any, enough: int) -> int:  # a row of batch_line
        """How many vouchers the document has, counted up to `enough`."""
        line = tables.batch_line
        vouchers = (
            sa.select(line.c.provider, line.c.voucher)
            .where(
                line.c.run_id == self.run,
                line.c.file_key == first.file_key,
                line.c.collective_key == first.collective_key,
                line.c.document_key == first.document_key,
            )
            .distinct()
            .limit(enough)
            .subquery()
        )
        return int(self.connection.scalar(sa.select(sa.func.count()).select_from(vouchers)) or 0)

    def _open_exchange(self, now: _Open, first: Any) -> None:  # a row of batch_line
        now.part += 1
        now.exchange = self._id("exchange")
        now.vouchers = now.documents = now.document = now.ordinal = 0
        self.exchanges.append(now.exchange)
        self.connection.execute(
            tables.exchange.insert().values(
                id=now.exchange,
                run_id=self.run,
                scheme=self.scheme.key,
                provider=first.provider,
                file_key=now.file,
                part=now.part,
                state=DRAFT,
                created=moment_text(self.context.now),
                numbers="{}",
                problem="",
            )
        )

    def _open_document(self, now: _Open, first: Any) -> None:  # a row of batch_line
        now.ordinal = now.ordinal + 1 if now.documents and first.collective_key == now.collective_key else 1
        now.documents += 1
        now.document = self._id("document", _DOCUMENT_IDS)
        now.collective_key, now.document_key = first.collective_key, first.document_key
        now.sums, now.buckets = _Sums(), {}
        # Lines name their document, so it is there before it is added up.
        ordinal = now.ordinal if now.collective_key else 0
        day = date_text(self.context.today)
        zero = (0,) * len(_FIGURES)
        self._opened.append(
            (now.document, now.exchange, now.document_key, now.collective_key, "", ordinal, day, *zero, "{}")
        )

    def _close_document(self, now: _Open | None) -> None:
        if now is None or now.document == 0:
            return
        figures = totals_json(now.sums.totals())
        subtotals = {bucket: totals_json(sums.totals()) for bucket, sums in now.buckets.items()}
        self._closed.append((now.document, *(figures[name] for name in _FIGURES), json_text(subtotals)))
        now.document = 0

    def _id(self, kind: str, block: int = 1) -> int:
        spare = self._spare.get(kind, iter(()))
        found = next(spare, None)
        if found is None:
            self._spare[kind] = spare = iter(self.ids(self.connection, kind, block))
            found = next(spare)
        return found

    def _flush(self) -> None:
        """Write what was cut so far."""
        bulk_insert(self.connection, tables.document, _DOCUMENT, self._opened)
        line_columns = ("exchange_id", "document_id")
        bulk_update(self.connection, tables.batch_line, ("run_id", "item_id"), line_columns, self._lines)
        bulk_update(self.connection, tables.document, ("id",), (*_FIGURES, "subtotals"), self._closed)
        self._opened, self._lines, self._closed = [], [], []


def _same_voucher(one: Any, other: Any) -> bool:  # rows of batch_line
    return bool(
        one.voucher == other.voucher
        and one.provider == other.provider
        and one.document_key == other.document_key
        and one.collective_key == other.collective_key
        and one.file_key == other.file_key
    )
