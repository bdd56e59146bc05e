"""What stands in the archive and why, source entries that were reset, and when an invoice should be paid.

The number of an item is unique only among those whose source entry was not reset, so that it can be billed anew.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_NOT_RESET = sa.text("NOT source_reset")

_BILLED = ("batched", "sent", "accepted", "rejected", "reduced", "settled", "superseded")


def upgrade() -> None:
    with op.batch_alter_table("document") as batch:
        batch.add_column(sa.Column("due", TEXT, nullable=True))
    with op.batch_alter_table("item") as batch:
        batch.add_column(sa.Column("archived", TEXT, nullable=False, server_default=sa.text("''")))
        batch.add_column(sa.Column("source_reset", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.drop_constraint(op.f("uq_item_scheme_provider_number"), type_="unique")
    op.create_index(
        op.f("ix_item_number"),
        "item",
        ["scheme", "provider", "number"],
        unique=True,
        sqlite_where=_NOT_RESET,
        postgresql_where=_NOT_RESET,
    )
    op.create_index(op.f("ix_item_source"), "item", ["scheme", "provider", "number"])
    item = sa.table("item", sa.column("state", TEXT), sa.column("archived", TEXT))
    op.execute(item.update().where(item.c.state.in_(_BILLED)).values(archived="billed"))


def downgrade() -> None:
    # A number that was billed anew after a reset is there twice; the old schema has no room for that.
    raise NotImplementedError("this revision cannot be taken back; restore a copy of the database instead")
