"""Splitting: an item over its budget is billed up to the limit, and the rest becomes an item for the next payer.

Pure. The sum of both is what the item was, to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from billhook.model import BillingItem, ItemState, Split, SplitKind
from billhook.money import Rounding, to_decimal
from billhook.store.items import priced
from billhook_forcare_budget.ceilings import Grant

REST = "/R"
"""What is added to the number and voucher of the item that the rest was taken from."""


@dataclass(frozen=True, slots=True)
class Halves:
    """What becomes of an item: `kept` under its id for its payer, `rest` (id 0) for the next one."""

    kept: BillingItem
    rest: BillingItem


def split(item: BillingItem, grant: Grant, next_payer: str, rounding: Rounding = Rounding.HALF_UP) -> Halves:
    """Cut an item at its grant.

    Days first: an item with one unit a day loses its last days. What is then still over is taken from what the payer is
    asked for, as the client's own share on its invoice, because the price of a day is not ours to change.

    Raises:
        ValueError: nothing of the item is over.
    """
    if not grant.is_over:
        message = f"item {item.id} is not over its budget"
        raise ValueError(message)
    kept = item
    first, last = item.service_from, item.service_to or item.service_from
    rest_from = first
    daily = first is not None and last is not None and item.quantity == (last - first).days + 1
    if daily and first is not None and last is not None and 0 < grant.days_over < item.quantity:
        end = last - timedelta(days=grant.days_over)
        kept = priced(replace(item, quantity=item.quantity - grant.days_over, service_to=end), rounding)
        rest_from = end + timedelta(days=1)
    over = kept.billed - grant.amount if grant.over else 0
    if grant.days_over and kept is item:
        # All its days are over, or its days cannot be cut: its money goes with them, in equal parts a day.
        days = grant.days + grant.days_over
        over = max(over, item.billed if not grant.days else item.billed - item.billed * grant.days // days)
    if over > 0:
        kept = replace(kept, splits=(*kept.splits, Split(SplitKind.OWN_SHARE, over)))
    moved = item.billed - kept.billed
    kept = replace(kept, state=ItemState.CORRECTED, line_ok=False, document_ok=False)
    kept = replace(kept, extra={**kept.extra, "budget_over": moved + _moved(item)})
    rest = replace(
        item,
        id=0,
        number=item.number + REST,
        voucher=item.voucher + REST,
        payer=next_payer,
        quantity=Decimal(1),
        unit_price=to_decimal(moved),
        vat_rate=None,
        splits=(),
        service_from=rest_from,
        state=ItemState.DRAFT,
        line_ok=False,
        document_ok=False,
        extra={**item.extra, "budget_rest_of": item.number},
    )
    return Halves(kept, priced(rest, rounding))


def _moved(item: BillingItem) -> int:
    before = item.extra.get("budget_over", 0)
    return before if isinstance(before, int) else 0
