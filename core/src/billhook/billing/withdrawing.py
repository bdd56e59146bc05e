"""What is no longer owed: items that were billed again or taken back reduce the receivable of the invoice they left in."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.model import ArchiveReason
from billhook.store import tables
from billhook.store.database import bulk_insert, next_ids

WITHDRAWN = (ArchiveReason.REPEATED, ArchiveReason.BILLED_DELETED)
"""Reasons of items that the payer owes nothing for any more."""


def withdraw(connection: Connection, *where: sa.ColumnElement[bool]) -> int:
    """Deduct what the withdrawn among these items billed, from receivables that there are; returns how many deductions.

    What was deducted of an item already (the payer refused it) is not deducted twice, so this can be done again.
    """
    item, receivable, deduction = tables.item, tables.receivable, tables.deduction
    about = sa.literal("item:") + sa.cast(item.c.id, sa.Text) + sa.literal(" %")
    known = (
        sa.select(sa.func.coalesce(sa.func.sum(deduction.c.amount), 0))
        .where(deduction.c.receivable_id == receivable.c.id, deduction.c.reason.like(about))
        .scalar_subquery()
    )
    left = item.c.gross - item.c.copayment - item.c.own_share - known
    rows = connection.execute(
        sa.select(item.c.id, item.c.archived, receivable.c.id.label("receivable"), left.label("left"))
        .join(receivable, receivable.c.document_id == item.c.document_id)
        .where(item.c.archived.in_([reason.value for reason in WITHDRAWN]), left != 0, *where)
        .order_by(item.c.id)
    ).all()
    ids = iter(next_ids(connection, "deduction", len(rows)))
    columns = ("id", "receivable_id", "amount", "reason", "probability", "closed", "action")
    return bulk_insert(
        connection,
        deduction,
        columns,
        (
            (next(ids), row.receivable, row.left, f"item:{row.id} {row.archived}", 100, True, row.archived)
            for row in rows
        ),
    )
