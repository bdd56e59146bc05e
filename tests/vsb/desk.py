"""A sending without a store: items in, the bytes of the file out, as the core would hand them to `render`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from billhook.model import BillingItem
from billhook.scheme import Context
from billhook.testing import batches_of
from billhook_vsb import control, layouts
from billhook_vsb.scheme import Vsb
from billhook_vsb.settings import Settings
from billhook_vsb.testing import NOW, item, made_up_profile, settings

SCHEME = Vsb()
TODAY = NOW.date()
PROFILE = made_up_profile()


def context(own: Settings | None = None, now: datetime = NOW) -> Context:
    """What the scheme is told."""
    return Context(now, SCHEME.versions[0], own or settings())


def file_of(items: Sequence[BillingItem], own: Settings | None = None, now: datetime = NOW) -> bytes:
    """The one file of these items."""
    ctx = context(own, now)
    [batch] = batches_of(SCHEME, ctx, items)
    [(_, content)] = batch.render(SCHEME, ctx).values()
    return content


def invoices(count: int, **changes: object) -> list[BillingItem]:
    """So many invoices of one item each."""
    return [replace(item(key), **changes) for key in range(1, count + 1)]  # type: ignore[arg-type]  # fields of an item


def codes(items: Sequence[BillingItem], own: Settings | None = None) -> set[str]:
    """The findings on these items, by code."""
    return {finding.code for finding in SCHEME.check(items, context(own))}


HEAD = layouts.SEGMENT_200.length + layouts.SEGMENT_300.length


def records(content: bytes) -> list[bytes]:
    """The records of an invoice file, totals included."""
    return [content[at : at + 350] for at in range(HEAD, len(content), 350)]


def changed(content: bytes, place: int, first: int, text: str, *, sign: bool = True) -> bytes:
    """The file with other characters in one record (place 1, 2, …) from this position; with a fitting control digit."""
    at = HEAD + 350 * (place - 1)
    record = bytearray(content[at : at + 350])
    record[first - 1 : first - 1 + len(text)] = text.encode("ascii")
    if sign:
        record[348:350] = control.of_record(bytes(record)).encode("ascii")
    return content[:at] + bytes(record) + content[at + 350 :]


def zone(kind: str, number: int) -> tuple[int, int]:
    """First position and width of the field that begins with this zone."""
    row = layouts.by_number(kind)[number]
    return row.first, row.width
