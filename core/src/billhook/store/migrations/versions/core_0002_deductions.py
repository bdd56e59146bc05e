"""Deductions know what was cut, why, and what became of it; every invoice knows the payments that it got."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("outcome", sa.Column("voucher", TEXT, nullable=True))
    op.add_column("outcome", sa.Column("cut", WHOLE, nullable=True))
    op.add_column("outcome", sa.Column("day", TEXT, nullable=True))
    _new_deduction()
    _new_allocation()


def _new_deduction() -> None:
    # SQLite cannot add a column that must have a value, so the table is made anew and filled from the old one.
    op.execute("CREATE TABLE deduction_before AS SELECT * FROM deduction")
    op.drop_table("deduction")
    op.create_table(
        "deduction",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("receivable_id", WHOLE, nullable=False),
        sa.Column("item_id", WHOLE, nullable=True),
        sa.Column("voucher", TEXT, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("granted", WHOLE, nullable=False),
        sa.Column("codes", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("probability", WHOLE, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("day", TEXT, nullable=True),
        sa.Column("inbound_id", WHOLE, nullable=True),
        sa.Column("decided", TEXT, nullable=True),
        sa.CheckConstraint("probability BETWEEN 0 AND 100", name=op.f("ck_deduction_probability")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_deduction_inbound_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_deduction_item_id")),
        sa.ForeignKeyConstraint(["receivable_id"], ["receivable.id"], name=op.f("fk_deduction_receivable_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deduction")),
    )
    op.create_index(op.f("ix_deduction_receivable_id"), "deduction", ["receivable_id"], unique=False)
    filled = sa.text("item_id IS NOT NULL")
    op.create_index(
        op.f("ix_deduction_item"), "deduction", ["item_id"], unique=False, sqlite_where=filled, postgresql_where=filled
    )
    _take_over(op.get_bind())
    op.drop_table("deduction_before")


def _take_over(connection: sa.Connection) -> None:
    """What was deducted so far came from final settlements, counted at once, and could only be billed anew.

    Its reason was `item:<id> <the payer's codes>`.
    """
    before = sa.table("deduction_before", *map(sa.column, ("id", "receivable_id", "amount", "reason", "probability")))
    table = sa.table(
        "deduction",
        *map(sa.column, ("id", "receivable_id", "item_id", "voucher", "amount", "granted", "codes", "text", "reason")),
        *map(sa.column, ("probability", "action", "note", "closed", "reference")),
    )
    known = sa.table("item", sa.column("id"))
    rows = []
    for row in connection.execute(sa.select(before).order_by(before.c.id)).all():
        subject, _, codes = row.reason.partition(" ")
        item = int(subject[5:]) if subject.startswith("item:") and subject[5:].isdecimal() else None
        if item is not None and connection.scalar(sa.select(known.c.id).where(known.c.id == item)) is None:
            item = None
        rows.append(
            {
                "id": row.id,
                "receivable_id": row.receivable_id,
                "item_id": item,
                "voucher": "",
                "amount": row.amount,
                "granted": 0,
                "codes": json.dumps(codes.split() if item is not None else [], separators=(",", ":")),
                "text": "" if item is not None else row.reason,
                "reason": "",
                "probability": row.probability,
                "action": "correct",
                "note": "",
                "closed": True,
                "reference": "",
            }
        )
    if rows:
        connection.execute(table.insert(), rows)


def _new_allocation() -> None:
    op.create_table(
        "allocation",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("receivable_id", WHOLE, nullable=False),
        sa.Column("payment_id", WHOLE, nullable=True),
        sa.Column("inbound_id", WHOLE, nullable=True),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("booked", TEXT, nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("made", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_allocation_inbound_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_allocation_payment_id")),
        sa.ForeignKeyConstraint(["receivable_id"], ["receivable.id"], name=op.f("fk_allocation_receivable_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    op.create_index(op.f("ix_allocation_receivable_id"), "allocation", ["receivable_id"], unique=False)
    # What was paid before has its sum, not its parts: one part for each invoice.
    op.execute(
        "INSERT INTO allocation (id, receivable_id, payment_id, inbound_id, amount, reference, booked, actor, made)"
        " SELECT id, id, NULL, NULL, settled, '', NULL, '', NULL FROM receivable WHERE settled <> 0"
    )
    op.execute(
        "INSERT INTO id_block (kind, next_id) SELECT 'allocation', max(id) + 1 FROM allocation HAVING max(id) IS NOT NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("what was decided about deductions would be lost")
