"""What clients owe: invoices for copayment, own share and surcharge, what stands in them, and what was paid."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "client_invoice",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("client_id", WHOLE, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("date", TEXT, nullable=False),
        sa.Column("due", TEXT, nullable=True),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("cancels", WHOLE, nullable=True),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=True),
        sa.Column("made", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["party.id"], name=op.f("fk_client_invoice_client_id")),
        sa.ForeignKeyConstraint(["cancels"], ["client_invoice.id"], name=op.f("fk_client_invoice_cancels")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_invoice")),
        sa.UniqueConstraint("number", name=op.f("uq_client_invoice_number")),
    )
    op.create_index(op.f("ix_client_invoice_client_id"), "client_invoice", ["client_id"])
    filled = sa.text("cancels IS NOT NULL")
    op.create_index(
        "ix_client_invoice_cancels", "client_invoice", ["cancels"], sqlite_where=filled, postgresql_where=filled
    )
    op.create_table(
        "client_invoice_line",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("invoice_id", WHOLE, nullable=False),
        sa.Column("item_id", WHOLE, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["client_invoice.id"], name=op.f("fk_client_invoice_line_invoice_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_client_invoice_line_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_invoice_line")),
    )
    op.create_index(op.f("ix_client_invoice_line_invoice_id"), "client_invoice_line", ["invoice_id"])
    op.create_index(op.f("ix_client_invoice_line_item_id_kind"), "client_invoice_line", ["item_id", "kind"])
    op.create_table(
        "client_payment",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("invoice_id", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("booked", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("made", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["client_invoice.id"], name=op.f("fk_client_payment_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_payment")),
        sa.UniqueConstraint("invoice_id", "booked", "amount", name=op.f("uq_client_payment_invoice_id_booked_amount")),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: invoices would be lost")
