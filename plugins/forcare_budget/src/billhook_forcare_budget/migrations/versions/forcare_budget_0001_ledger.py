"""Limits, budget entries, grants of hours, changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "forcare_budget_0001"
down_revision = None
branch_labels = ("forcare_budget",)
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, TEXT, nullable=False) for name in names)


def _maybe_texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, TEXT, nullable=True) for name in names)


def _wholes(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, WHOLE, autoincrement=False, nullable=False) for name in names)


def _maybe_wholes(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, WHOLE, nullable=True) for name in names)


def upgrade() -> None:
    op.create_table(
        "forcare_budget_limit",
        *_wholes("id"),
        *_texts("care_area", "debtor_group", "valid_from", "valid_to", "periodicity", "kind"),
        *_maybe_wholes("days", "amount"),
        *_texts("linked", "client"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forcare_budget_limit")),
        sa.UniqueConstraint(
            "care_area",
            "debtor_group",
            "kind",
            "client",
            "valid_from",
            name=op.f("uq_forcare_budget_limit_care_area_debtor_group_kind_client_valid_from"),
        ),
    )
    op.create_table(
        "forcare_budget_entry",
        *_wholes("id"),
        *_texts("client", "care_area", "debtor_group", "kind", "source", "booked"),
        *_maybe_texts("service_from", "service_to"),
        *_maybe_wholes("days"),
        *_wholes("amount", "claimed", "minutes"),
        *_maybe_wholes("item_id", "corrects"),
        *_texts("payer", "reference", "note", "created", "actor"),
        sa.CheckConstraint(
            "source IN ('billed', 'foreign', 'opening', 'correction', 'reversal')",
            name=op.f("ck_forcare_budget_entry_source"),
        ),
        sa.ForeignKeyConstraint(
            ["corrects"], ["forcare_budget_entry.id"], name=op.f("fk_forcare_budget_entry_corrects")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forcare_budget_entry")),
    )
    op.create_index("forcare_budget_entry_client", "forcare_budget_entry", ["client", "kind"])
    op.create_index("forcare_budget_entry_item", "forcare_budget_entry", ["item_id"])
    op.create_index("forcare_budget_entry_corrects", "forcare_budget_entry", ["corrects"])
    op.create_table(
        "forcare_budget_hours_grant",
        *_wholes("id"),
        *_texts("client", "kind", "hours", "per"),
        *_maybe_texts("factor"),
        *_texts("valid_from", "valid_to"),
        *_wholes("applied"),
        *_maybe_wholes("before"),
        sa.ForeignKeyConstraint(
            ["before"], ["forcare_budget_hours_grant.id"], name=op.f("fk_forcare_budget_hours_grant_before")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forcare_budget_hours_grant")),
    )
    op.create_index("forcare_budget_hours_client", "forcare_budget_hours_grant", ["client", "kind"])
    op.create_table(
        "forcare_budget_change",
        *_wholes("id"),
        *_texts("what", "care_area", "debtor_group", "kind", "client", "valid_from", "valid_to", "accounts"),
        *_texts("created", "actor"),
        *_maybe_texts("confirmed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forcare_budget_change")),
    )
    op.create_index("forcare_budget_change_open", "forcare_budget_change", ["confirmed"])


def downgrade() -> None:
    for table in ("change", "hours_grant", "entry", "limit"):
        op.drop_table(f"forcare_budget_{table}")
