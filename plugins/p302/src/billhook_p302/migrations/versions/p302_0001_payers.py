"""The payer directory: history of imports, offices, links, channels, findings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "p302_0001"
down_revision = None
branch_labels = ("p302",)
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
        "p302_payer_file",
        *_wholes("id"),
        *_texts("imported_at", "name", "sha256"),
        *_wholes("size"),
        *_texts("fund_kind", "procedure", "valid_from"),
        *_wholes("supplement", "monthly"),
        *_texts("sender", "created", "number", "import_option"),
        *_wholes("messages", "links", "warnings"),
        *_maybe_texts("retired_at"),
        *_maybe_wholes("retired_by"),
        sa.CheckConstraint("import_option IN ('keep', 'replace')", name=op.f("ck_p302_payer_file_option")),
        sa.ForeignKeyConstraint(["retired_by"], ["p302_payer_file.id"], name=op.f("fk_p302_payer_file_retired_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_p302_payer_file")),
    )
    op.create_index(
        "p302_payer_file_active",
        "p302_payer_file",
        ["fund_kind", "procedure", "valid_from", "supplement"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "p302_payer_office",
        *_wholes("file_id", "number"),
        *_texts("ik", "short_name", "name", "insurer_number", "mark"),
        *_maybe_texts("valid_from", "valid_to"),
        *_texts("reference"),
        *_wholes("line"),
        *_texts("addresses", "contacts", "account"),
        sa.ForeignKeyConstraint(["file_id"], ["p302_payer_file.id"], name=op.f("fk_p302_payer_office_file_id")),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_p302_payer_office")),
    )
    op.create_index("p302_payer_office_ik", "p302_payer_office", ["ik"])
    op.create_table(
        "p302_payer_link",
        *_wholes("file_id", "office", "number"),
        *_texts("kind", "partner", "provider_group", "billing_office", "delivery", "medium", "state", "kv_district"),
        *_texts("code", "tariff", "subprocedure"),
        *_maybe_texts("valid_from", "valid_to"),
        *_wholes("line"),
        sa.ForeignKeyConstraint(
            ["file_id", "office"],
            ["p302_payer_office.file_id", "p302_payer_office.number"],
            name=op.f("fk_p302_payer_link_file_id_office"),
        ),
        sa.PrimaryKeyConstraint("file_id", "office", "number", name=op.f("pk_p302_payer_link")),
    )
    op.create_table(
        "p302_payer_channel",
        *_wholes("file_id", "office", "number"),
        *_texts("medium", "parameter", "charset", "compression", "protocol", "user_id", "opens", "closes", "days"),
        *_texts("address"),
        *_maybe_texts("valid_from", "valid_to"),
        *_wholes("line"),
        sa.ForeignKeyConstraint(
            ["file_id", "office"],
            ["p302_payer_office.file_id", "p302_payer_office.number"],
            name=op.f("fk_p302_payer_channel_file_id_office"),
        ),
        sa.PrimaryKeyConstraint("file_id", "office", "number", name=op.f("pk_p302_payer_channel")),
    )
    op.create_table(
        "p302_payer_finding",
        *_wholes("file_id", "number"),
        *_texts("code", "severity"),
        *_maybe_wholes("line", "segment"),
        *_maybe_texts("tag"),
        *_maybe_wholes("element"),
        *_maybe_texts("value"),
        *_texts("message", "mend", "source"),
        sa.ForeignKeyConstraint(["file_id"], ["p302_payer_file.id"], name=op.f("fk_p302_payer_finding_file_id")),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_p302_payer_finding")),
    )


def downgrade() -> None:
    for table in ("finding", "channel", "link", "office", "file"):
        op.drop_table(f"p302_payer_{table}")
