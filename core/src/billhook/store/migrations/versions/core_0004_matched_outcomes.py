"""Outcomes keep what an answer names in its own words and by what it was found; a payment knows the item that it is for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("about", "facts", "matched"):
        op.add_column("outcome", sa.Column(name, TEXT, nullable=True))
    op.add_column("allocation", sa.Column("item_id", WHOLE, nullable=True))
    filled = sa.text("item_id IS NOT NULL")
    op.create_index(
        op.f("ix_allocation_item"),
        "allocation",
        ["item_id"],
        unique=False,
        sqlite_where=filled,
        postgresql_where=filled,
    )


def downgrade() -> None:
    raise NotImplementedError("what answers named would be lost")
