"""Follow-up items: a line is cancelled, or stated anew; both name the invoice and the line before.

How MASS wants corrections is not public. Assumed: a cancellation takes back a line with a negative quantity; a correction
states it anew in full. So what was paid is cancelled as well, and both may leave in one run (`profile.corrections`).
"""

from __future__ import annotations

import re
from dataclasses import replace

from billhook.model import BillingItem, ItemState
from billhook.scheme import Context
from billhook_mass.lines import CANCELLATION, CORRECTION, details_of, month_of

KINDS = (CORRECTION, CANCELLATION)

_SUFFIX = re.compile(r"-(K|S)(\d+)$")
_LETTERS = {CORRECTION: "K", CANCELLATION: "S"}


def follow_up_number(number: str, kind: str) -> str:
    """The number of an item or voucher that follows another.

    >>> (
    ...     follow_up_number("4711", "correction"),
    ...     follow_up_number("4711-K1", "correction"),
    ...     follow_up_number("4711-K1", "cancellation"),
    ... )
    ('4711-K1', '4711-K2', '4711-K1-S1')
    """
    letter = _LETTERS[kind]
    found = _SUFFIX.search(number)
    if found and found[1] == letter:
        return f"{number[: found.start()]}-{letter}{int(found[2]) + 1}"
    return f"{number}-{letter}1"


def correct(item: BillingItem, kind: str, ctx: Context) -> BillingItem:
    """The follow-up of an item; raises ValueError for a kind that there is not."""
    if kind not in KINDS:
        message = f"there is no correction of kind {kind!r}; there are {', '.join(KINDS)}"
        raise ValueError(message)
    before = ctx.previous
    details = details_of(item).model_copy(
        update={
            "month": month_of(item),
            "corrects_invoice": "" if before is None else before.document,
            "corrects_date": None if before is None else before.day,
            "corrects_line": item.number,
        }
    )
    number, voucher = follow_up_number(item.number, kind), follow_up_number(item.voucher, kind)
    follower = replace(
        item, id=0, number=number, voucher=voucher, details=details, kind=kind, corrects=item.id, state=ItemState.DRAFT,
        line_ok=False, document_ok=False, slot_id=None, source=f"{kind} of item {item.id}",
    )  # fmt: skip
    if kind == CANCELLATION:
        return replace(follower, quantity=-item.quantity, net=-item.net, vat=-item.vat, gross=-item.gross)
    return follower
