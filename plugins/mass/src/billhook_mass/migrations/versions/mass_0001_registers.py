"""Grants, rates, stays, absences, phases, portal events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "mass_0001"
down_revision = None
branch_labels = ("mass",)
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, TEXT, nullable=False) for name in names)


def _maybe(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, TEXT, nullable=True) for name in names)


def _wholes(*names: str) -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, WHOLE, autoincrement=False, nullable=False) for name in names)


def upgrade() -> None:
    op.create_table(
        "mass_grant",
        *_wholes("id"),
        *_texts("number", "client", "payer", "reference", "facility", "service", "unit", "valid_from"),
        *_maybe("valid_to", "rate", "quantity"),
        *_texts("per", "note"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_grant")),
        sa.UniqueConstraint("payer", "number", "client", "service", "valid_from", name="uq_mass_grant"),
    )
    op.create_index("mass_grant_client", "mass_grant", ["client", "service"])
    op.create_table(
        "mass_rate",
        *_wholes("id"),
        *_texts("payer", "facility", "service", "unit", "rate", "valid_from"),
        *_maybe("valid_to"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_rate")),
        sa.UniqueConstraint("payer", "facility", "service", "valid_from", name="uq_mass_rate"),
    )
    op.create_table(
        "mass_stay",
        *_wholes("id"),
        *_texts("client", "facility", "admitted"),
        *_maybe("discharged"),
        *_wholes("moved"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_stay")),
        sa.UniqueConstraint("client", "facility", "admitted", name="uq_mass_stay"),
    )
    op.create_table(
        "mass_absence",
        *_wholes("id"),
        *_texts("client", "facility", "kind", "left"),
        *_maybe("returned", "reported"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_absence")),
        sa.UniqueConstraint("client", "facility", "left", "kind", name="uq_mass_absence"),
    )
    op.create_table(
        "mass_phase",
        *_wholes("id"),
        *_texts("payer", "facility", "phase", "valid_from", "document", "note", "made", "actor"),
        sa.CheckConstraint(
            "phase IN ('candidate', 'unlocked', 'pilot', 'live', 'suspended')", name=op.f("ck_mass_phase_phase")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_phase")),
    )
    op.create_index("mass_phase_facility", "mass_phase", ["payer", "facility", "valid_from"])
    op.create_table(
        "mass_portal_event",
        *_wholes("id", "exchange_id"),
        *_texts("event", "sha256", "reference", "note", "happened", "made", "actor"),
        sa.CheckConstraint(
            "event IN ('uploaded', 'accepted', 'rejected', 'note')", name=op.f("ck_mass_portal_event_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mass_portal_event")),
    )
    op.create_index("mass_portal_event_exchange", "mass_portal_event", ["exchange_id"])


def downgrade() -> None:
    for table in ("portal_event", "phase", "absence", "stay", "rate", "grant"):
        op.drop_table(f"mass_{table}")
