"""Follow-up items: what was refused in an accepted sending goes into a new sending, and what was billed wrongly is credited.

Both name what was sent before (record 20 zones 29 to 41). Source: RIZIV instructions, record 20 zone 11; whether the care funds
want the same is not public, so a cookbook that says otherwise is a matter of the profile's `defaults` and `off`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from billhook.model import BillingItem, ItemState, Split
from billhook.scheme import ClientShare, Context, Resubmission
from billhook_vsb.batching import SENDING, FileKey
from billhook_vsb.building import CREDIT_KIND, REBILL_KIND, details_of
from billhook_vsb.messages import UNREADABLE

KINDS = (REBILL_KIND, CREDIT_KIND)

CLIENT_SHARES = {CREDIT_KIND: ClientShare.ADDS}
"""A credit item carries negative amounts; what is billed anew replaces what was refused."""

_SUFFIX = re.compile(r"-(R|C)(\d+)$")


def follow_up_number(number: str, kind: str) -> str:
    """The number of an item or voucher that follows another.

    >>> follow_up_number("4711", "rebill"), follow_up_number("4711-R1", "rebill"), follow_up_number("4711-R1", "credit")
    ('4711-R1', '4711-R2', '4711-R1-C1')
    """
    letter = "C" if kind == CREDIT_KIND else "R"
    found = _SUFFIX.search(number)
    if found and found[1] == letter:
        return f"{number[: found.start()]}-{letter}{int(found[2]) + 1}"
    return f"{number}-{letter}1"


def correct(item: BillingItem, kind: str, ctx: Context) -> BillingItem:
    """The follow-up of an item; raises ValueError for a kind that there is not."""
    if kind not in KINDS:
        message = f"there is no correction of kind {kind!r}; there are {', '.join(KINDS)}"
        raise ValueError(message)
    changes: dict[str, Any] = {}
    if ctx.previous is not None:
        before = FileKey(*ctx.previous.file_key)
        changes = {
            "previous_invoice": ctx.previous.document,
            "previous_sending": f"{ctx.previous.numbers.get(SENDING, 0):03d}",
            "previous_fund": item.payer,
            "previous_month": before.month,
            "month": before.month,
        }
    details = details_of(item).model_copy(update=changes)
    number, voucher = follow_up_number(item.number, kind), follow_up_number(item.voucher, kind)
    follower = replace(
        item, id=0, number=number, voucher=voucher, details=details, kind=kind, corrects=item.id, state=ItemState.DRAFT,
        line_ok=False, document_ok=False, slot_id=None, source=f"{kind} of item {item.id}",
    )  # fmt: skip
    if kind == CREDIT_KIND:
        splits = tuple(Split(split.kind, -split.amount) for split in item.splits)
        return replace(
            follower, quantity=-item.quantity, splits=splits, net=-item.net, vat=-item.vat, gross=-item.gross
        )
    return follower


def resubmission(codes: frozenset[str]) -> Resubmission:
    """What stays when a refused sending is sent again: always the sending number; the invoice date after 920999 only."""
    return Resubmission(keep=frozenset({SENDING}), keep_date=UNREADABLE in codes)
