"""Billing items in the store: rows become `BillingItem`s and back, streamed, with the scheme's details typed.

Columns hold what is searched, sorted or summed up; the JSON `body` holds the rest (client, details, splits, text, case
number, extra), without the fields that say no more than their default. `net`, `vat` and `gross` are computed here
whenever an item is written, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy.engine import Connection
from typing_extensions import TypedDict

from billhook.model import BillingItem, Client, ItemState, Split, SplitKind
from billhook.money import Rounding, line_amount
from billhook.plugins import MissingScheme
from billhook.scheme import Scheme
from billhook.store import tables
from billhook.store.database import CHUNK, StoreError, bulk_insert, bulk_update, next_ids, stream
from billhook.store.encoding import date_text, decimal_text
from billhook.words import words

item = tables.item

READ_AHEAD = 500
"""Rows fetched at once: wide rows are read fastest while they still fit in the processor's cache."""

READ_COLUMNS: tuple[sa.Column[Any], ...] = (
    item.c.id,
    item.c.scheme,
    item.c.number,
    item.c.provider,
    item.c.voucher,
    item.c.line,
    item.c.payer,
    item.c.code,
    item.c.service_from,
    item.c.service_to,
    item.c.quantity,
    item.c.unit,
    item.c.unit_price,
    item.c.vat_rate,
    item.c.net,
    item.c.vat,
    item.c.gross,
    item.c.state,
    item.c.line_ok,
    item.c.document_ok,
    item.c.client_id,
    item.c.case_id,
    item.c.slot_id,
    item.c.kind,
    item.c.corrects,
    item.c.source,
    item.c.body,
)
"""What an item is read from; a select that begins with them can be streamed by `read_items`."""

_WRITE_COLUMNS = (
    "id",
    "scheme",
    "number",
    "provider",
    "voucher",
    "line",
    "payer",
    "code",
    "service_from",
    "service_to",
    "quantity",
    "unit",
    "unit_price",
    "vat_rate",
    "net",
    "vat",
    "gross",
    "copayment",
    "own_share",
    "surcharge",
    "state",
    "line_ok",
    "document_ok",
    "client_id",
    "case_id",
    "slot_id",
    "kind",
    "corrects",
    "source",
    "body",
)

_STATES = {state.value: state for state in ItemState}


class StoredItemError(StoreError):
    """A stored item cannot be read: the plugin's details no longer accept what was stored with an earlier version."""


class UnstorableItem(StoreError):
    """An item cannot be written: its details are not of the scheme's type."""


def select_items(*more: Any) -> sa.Select[Any]:  # any column expression
    """A select of everything that `read_items` needs, and further columns after it."""
    return sa.select(*READ_COLUMNS, *more)


def iter_items(
    connection: Connection,
    schemes: Mapping[str, Scheme],
    *where: sa.ColumnElement[bool],
    order: Sequence[Any] = (),
    chunk: int = READ_AHEAD,
) -> Iterator[BillingItem]:
    """Items that fulfil all conditions, in this order, streamed: at most `chunk` rows are in memory.

    Args:
        connection: of a transaction that stays open while the items are walked.
        schemes: by key, as `Registry.schemes`.
        where: conditions on columns of `tables.item`.
        order: columns of `tables.item`; none leaves the order to the database.
        chunk: rows fetched at once.

    Raises:
        MissingScheme: an item's scheme is not among `schemes`.
        StoredItemError: an item's details cannot be read.
    """
    return read_items(connection, schemes, select_items().where(*where).order_by(*order), chunk)


def read_items(
    connection: Connection, schemes: Mapping[str, Scheme], statement: sa.Select[Any], chunk: int = READ_AHEAD
) -> Iterator[BillingItem]:
    """The items of a select that begins with `READ_COLUMNS` (joins and further columns are fine), streamed."""
    reader = ItemReader(schemes)
    for row in stream(connection, statement, chunk):
        yield reader(row)


def get_item(connection: Connection, schemes: Mapping[str, Scheme], item_id: int) -> BillingItem | None:
    """One item by its id."""
    return next(iter_items(connection, schemes, item.c.id == item_id), None)


class ItemReader:
    """Makes items of rows: one instance a walk, called once a row. It keeps the parser of each scheme's details."""

    def __init__(self, schemes: Mapping[str, Scheme]) -> None:
        self._schemes = schemes
        self._parsers: dict[str, Callable[[str], _Body]] = {}

    def __call__(self, row: Sequence[Any]) -> BillingItem:
        """The item of a row that begins with `READ_COLUMNS`."""
        key = row[1]
        parse = self._parsers.get(key) or self._parser(key)
        try:
            body = parse(row[26])
        except ValidationError as error:
            raise _unreadable(row[0], key, error) from None
        service_from, service_to, vat_rate = row[8], row[9], row[13]
        # By place, not by name: a million calls with thirty keywords cost a second more.
        return BillingItem(
            row[0],
            key,
            row[2],
            row[3],
            row[4],
            row[5],
            row[6],
            body["client"],
            row[7],
            body["text"],
            None if service_from is None else date.fromisoformat(service_from),
            None if service_to is None else date.fromisoformat(service_to),
            Decimal(row[10]),
            row[11],
            Decimal(row[12]),
            None if vat_rate is None else Decimal(vat_rate),
            row[14],
            row[15],
            row[16],
            body["splits"],
            body["details"],
            _STATES[row[17]],
            bool(row[18]),
            bool(row[19]),
            row[20],
            row[21],
            body["case"],
            row[22],
            row[23],
            row[24],
            row[25],
            body["extra"],
        )

    def _parser(self, key: str) -> Callable[[str], _Body]:
        scheme = self._schemes.get(key)
        if scheme is None:
            raise MissingScheme(key)
        parse: Callable[[str], _Body] = body_adapter(scheme.Details).validate_json
        self._parsers[key] = parse
        return parse


class _Body(TypedDict):
    """What the body of an item holds; `details` is of the scheme's type."""

    client: Client
    details: Any
    splits: tuple[Split, ...]
    text: str
    case: str
    extra: dict[str, Any]


@lru_cache(maxsize=64)
def body_adapter(details: type[BaseModel]) -> TypeAdapter[Any]:
    """Reads and writes the body of items with these details, in one pass from and to JSON.

    Stored details are validated when they are read, although they were when they came in: it is what turns text into
    dates and decimals (building the model without validation would leave them text), it is compiled code at 200 000
    bodies a second, and it catches a plugin whose details changed under the stored data.
    """

    class Body(TypedDict):
        client: Client
        details: details  # type: ignore[valid-type]  # the scheme's model, known only now
        splits: tuple[Split, ...]
        text: str
        case: str
        extra: dict[str, Any]

    # The names in Body are resolved here and now, in this function's namespace.
    Body.__annotations__["details"] = details
    return TypeAdapter(Body)


def _unreadable(item_id: int, scheme: str, error: ValidationError) -> StoredItemError:
    """Where and what, never the value: it may be a name or an insurance number."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return StoredItemError(
        f"item {item_id} cannot be read: {where}: {first['msg']}; "
        f"install the version of billhook-{scheme} that stored it"
    )


# --- Writing --------------------------------------------------------------------------------------------------------


def priced(billing_item: BillingItem, rounding: Rounding = Rounding.HALF_UP) -> BillingItem:
    """The item with `net`, `vat` and `gross` computed from quantity, price and rate: as it will be stored."""
    amount = line_amount(billing_item.quantity, billing_item.unit_price, billing_item.vat_rate, rounding=rounding)
    return replace(billing_item, net=amount.net, vat=amount.vat, gross=amount.gross)


def rounding_of(scheme: Scheme) -> Rounding:
    """How the scheme rounds: its optional attribute `rounding`, commercial rounding unless it says otherwise."""
    rounding = getattr(scheme, "rounding", Rounding.HALF_UP)
    if not isinstance(rounding, Rounding):
        message = f"scheme {scheme.key}: `rounding` must be a billhook.money.Rounding"
        raise TypeError(message)
    return rounding


def insert_items(
    connection: Connection,
    schemes: Mapping[str, Scheme],
    items: Iterable[BillingItem],
    *,
    import_id: int | None = None,
) -> int:
    """Write new items, streamed in chunks. An item whose `id` is 0 gets one; draw ids first (`next_ids`) to know them.

    Args:
        connection: of a write transaction.
        schemes: by key; tells the type of the details and the rounding.
        items: consumed once.
        import_id: the import file they came from.

    Returns:
        How many items were written.

    Raises:
        MissingScheme: an item's scheme is not among `schemes`.
        UnstorableItem: an item's details are not of the scheme's `Details`.
        sqlalchemy.exc.IntegrityError: (scheme, provider, number) is there already; roll back.
    """
    writer = _ItemWriter(schemes)
    stream_of_items = iter(items)
    count = 0
    while chunk := list(islice(stream_of_items, CHUNK)):
        fresh = iter(next_ids(connection, "item", sum(1 for one in chunk if not one.id)))
        rows = ((*writer.row(one, one.id or next(fresh)), import_id) for one in chunk)
        count += bulk_insert(connection, item, (*_WRITE_COLUMNS, "import_id"), rows)
    return count


def update_items(connection: Connection, schemes: Mapping[str, Scheme], items: Iterable[BillingItem]) -> int:
    """Write changed items over what is stored under their ids; amounts are computed anew. Streamed, see `insert_items`.

    The document an item belongs to is not touched. That only open items are changed is the caller's to see to.
    """
    writer = _ItemWriter(schemes)
    return bulk_update(
        connection, item, _WRITE_COLUMNS[:1], _WRITE_COLUMNS[1:], (writer.row(one, one.id) for one in items)
    )


def set_states(connection: Connection, changes: Iterable[tuple[int, ItemState, bool, bool]]) -> int:
    """Write what a check found: (item id, state, line_ok, document_ok), streamed; nothing else is touched."""
    rows = ((key, state.value, line_ok, document_ok) for key, state, line_ok, document_ok in changes)
    return bulk_update(connection, item, ("id",), ("state", "line_ok", "document_ok"), rows)


class _ItemWriter:
    """Makes rows of items, in the order of `_WRITE_COLUMNS`."""

    def __init__(self, schemes: Mapping[str, Scheme]) -> None:
        self._schemes = schemes
        self._known: dict[str, tuple[type[BaseModel], Callable[..., bytes], Rounding]] = {}

    def row(self, one: BillingItem, key: int) -> tuple[Any, ...]:
        details, dump, rounding = self._known.get(one.scheme) or self._learn(one.scheme)
        if not isinstance(one.details, details):
            message = words(
                "item {number} of scheme {scheme}: its details are {found}, not {wanted}",
                number=one.number,
                scheme=one.scheme,
                found=type(one.details).__name__,
                wanted=details.__name__,
            )
            raise UnstorableItem(message)
        net, vat, gross = line_amount(one.quantity, one.unit_price, one.vat_rate, rounding=rounding)
        copayment = own_share = surcharge = 0
        for split in one.splits:
            if split.kind is SplitKind.COPAYMENT:
                copayment += split.amount
            elif split.kind is SplitKind.OWN_SHARE:
                own_share += split.amount
            else:
                surcharge += split.amount
        body = dump(
            {
                "client": one.client,
                "details": one.details,
                "splits": one.splits,
                "text": one.text,
                "case": one.case_number,
                "extra": one.extra,
            },
            exclude_defaults=True,  # most fields of most items; more than half of what would be written
        )
        return (
            key,
            one.scheme,
            one.number,
            one.provider,
            one.voucher,
            one.line,
            one.payer,
            one.code,
            date_text(one.service_from),
            date_text(one.service_to),
            decimal_text(one.quantity),
            one.unit,
            decimal_text(one.unit_price),
            None if one.vat_rate is None else decimal_text(one.vat_rate),
            net,
            vat,
            gross,
            copayment,
            own_share,
            surcharge,
            one.state.value,
            one.line_ok,
            one.document_ok,
            one.client_id,
            one.case_id,
            one.slot_id,
            one.kind,
            one.corrects,
            one.source,
            body.decode(),
        )

    def _learn(self, key: str) -> tuple[type[BaseModel], Callable[..., bytes], Rounding]:
        scheme = self._schemes.get(key)
        if scheme is None:
            raise MissingScheme(key)
        known = (scheme.Details, body_adapter(scheme.Details).dump_json, rounding_of(scheme))
        self._known[key] = known
        return known
