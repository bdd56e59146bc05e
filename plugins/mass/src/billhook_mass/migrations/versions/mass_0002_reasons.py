"""What the payer's reason codes mean in the provider's own list of reasons."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "mass_0002"
down_revision = "mass_0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "mass_reason",
        *(sa.Column(name, TEXT, nullable=False) for name in ("code", "reason", "made", "actor")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_mass_reason")),
    )


def downgrade() -> None:
    op.drop_table("mass_reason")
