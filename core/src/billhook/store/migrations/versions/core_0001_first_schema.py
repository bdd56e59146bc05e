"""The first schema: every table of the core, and the triggers that keep the journal append-only."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0001"
down_revision = None
branch_labels = ("core",)
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_REFUSED = "the journal is append-only"


def upgrade() -> None:  # noqa: PLR0915  # one statement a table
    op.create_table(
        "id_block",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("next_id", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_id_block")),
    )
    op.create_table(
        "import_file",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("rows", WHOLE, nullable=False),
        sa.Column("added", WHOLE, nullable=False),
        sa.Column("changed", WHOLE, nullable=False),
        sa.Column("unchanged", WHOLE, nullable=False),
        sa.Column("rejected", WHOLE, nullable=False),
        sa.Column("imported", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_import_file_sha256")),
    )
    op.create_table(
        "journal",
        sa.Column("seq", WHOLE, autoincrement=False, nullable=False),
        sa.Column("time", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_subject"), "journal", ["subject"], unique=False)
    op.create_table(
        "number_series",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("next_number", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_series")),
    )
    op.create_table(
        "party",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("family_name", TEXT, nullable=False),
        sa.Column("given_name", TEXT, nullable=False),
        sa.Column("birth_date", TEXT, nullable=True),
        sa.Column("street", TEXT, nullable=False),
        sa.Column("postal_code", TEXT, nullable=False),
        sa.Column("city", TEXT, nullable=False),
        sa.Column("country", TEXT, nullable=False),
        sa.Column("identifiers", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("number", name=op.f("uq_party_number")),
    )
    op.create_table(
        "run",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("now", TEXT, nullable=False),
        sa.Column("settings_hash", TEXT, nullable=False),
        sa.Column("counts", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("finished", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_scheme_state"), "run", ["scheme", "state"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("expires", TEXT, nullable=False),
        sa.Column("created", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
    )
    op.create_index(op.f("ix_suppression_code_expires"), "suppression", ["code", "expires"], unique=False)
    op.create_table(
        "contract",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("payer_id", WHOLE, nullable=True),
        sa.Column("inactive", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["payer_id"], ["party.id"], name=op.f("fk_contract_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint("number", name=op.f("uq_contract_number")),
    )
    op.create_table(
        "exchange",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("run_id", WHOLE, nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("file_key", TEXT, nullable=False),
        sa.Column("part", WHOLE, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created", TEXT, nullable=False),
        sa.Column("numbers", TEXT, nullable=False),
        sa.Column("problem", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_exchange_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
    )
    op.create_index(op.f("ix_exchange_run_id_file_key_part"), "exchange", ["run_id", "file_key", "part"], unique=True)
    op.create_index(op.f("ix_exchange_scheme_state"), "exchange", ["scheme", "state"], unique=False)
    op.create_table(
        "party_role",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("party_id", WHOLE, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("of_party_id", WHOLE, nullable=True),
        sa.Column("valid_from", TEXT, nullable=True),
        sa.Column("valid_to", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["of_party_id"], ["party.id"], name=op.f("fk_party_role_of_party_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_role_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_role")),
    )
    op.create_index(op.f("ix_party_role_of_party_id"), "party_role", ["of_party_id"], unique=False)
    op.create_index(op.f("ix_party_role_party_id_role"), "party_role", ["party_id", "role"], unique=False)
    op.create_table(
        "artifact",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("exchange_id", WHOLE, nullable=False),
        sa.Column("ordinal", WHOLE, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("media_type", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size", WHOLE, nullable=False),
        sa.Column("sealed_sha256", TEXT, nullable=True),
        sa.Column("sealed_size", WHOLE, nullable=True),
        sa.Column("delivered", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_artifact_exchange_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artifact")),
        sa.UniqueConstraint("exchange_id", "name", name=op.f("uq_artifact_exchange_id_name")),
        sa.UniqueConstraint("exchange_id", "ordinal", name=op.f("uq_artifact_exchange_id_ordinal")),
    )
    op.create_index(op.f("ix_artifact_sha256"), "artifact", ["sha256"], unique=False)
    op.create_table(
        "contract_version",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("contract_id", WHOLE, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("valid_from", TEXT, nullable=False),
        sa.Column("valid_to", TEXT, nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("terms", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_version_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_version")),
        sa.UniqueConstraint("contract_id", "label", name=op.f("uq_contract_version_contract_id_label")),
    )
    op.create_table(
        "document",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("exchange_id", WHOLE, nullable=False),
        sa.Column("document_key", TEXT, nullable=False),
        sa.Column("collective_key", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("ordinal", WHOLE, nullable=False),
        sa.Column("date", TEXT, nullable=False),
        sa.Column("gross", WHOLE, nullable=False),
        sa.Column("copayment", WHOLE, nullable=False),
        sa.Column("own_share", WHOLE, nullable=False),
        sa.Column("surcharge", WHOLE, nullable=False),
        sa.Column("billed", WHOLE, nullable=False),
        sa.Column("items", WHOLE, nullable=False),
        sa.Column("vouchers", WHOLE, nullable=False),
        sa.Column("subtotals", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_document_exchange_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "exchange_id",
            "collective_key",
            "document_key",
            name=op.f("uq_document_exchange_id_collective_key_document_key"),
        ),
    )
    op.create_index(op.f("ix_document_number"), "document", ["number"], unique=False)
    op.create_table(
        "inbound",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("size", WHOLE, nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("exchange_id", WHOLE, nullable=True),
        sa.Column("received", TEXT, nullable=False),
        sa.Column("problem", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_inbound_exchange_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound")),
        sa.UniqueConstraint("sha256", name=op.f("uq_inbound_sha256")),
    )
    op.create_index(op.f("ix_inbound_exchange_id"), "inbound", ["exchange_id"], unique=False)
    op.create_table(
        "care_case",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("client_id", WHOLE, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("contract_version_id", WHOLE, nullable=True),
        sa.Column("opened", TEXT, nullable=True),
        sa.Column("closed", TEXT, nullable=True),
        sa.Column("facts", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["party.id"], name=op.f("fk_care_case_client_id")),
        sa.ForeignKeyConstraint(
            ["contract_version_id"], ["contract_version.id"], name=op.f("fk_care_case_contract_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_case")),
        sa.UniqueConstraint("number", name=op.f("uq_care_case_number")),
    )
    op.create_index(op.f("ix_care_case_client_id"), "care_case", ["client_id"], unique=False)
    op.create_table(
        "receivable",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("document_id", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("settled", WHOLE, nullable=False),
        sa.Column("due", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_receivable_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receivable")),
        sa.UniqueConstraint("document_id", name=op.f("uq_receivable_document_id")),
    )
    op.create_table(
        "case_period",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("start_date", TEXT, nullable=False),
        sa.Column("end_date", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_case_period_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_period")),
        sa.UniqueConstraint("case_id", "start_date", name=op.f("uq_case_period_case_id_start_date")),
    )
    op.create_table(
        "deduction",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("receivable_id", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("probability", WHOLE, nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.CheckConstraint("probability BETWEEN 0 AND 100", name=op.f("ck_deduction_probability")),
        sa.ForeignKeyConstraint(["receivable_id"], ["receivable.id"], name=op.f("fk_deduction_receivable_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deduction")),
    )
    op.create_index(op.f("ix_deduction_receivable_id"), "deduction", ["receivable_id"], unique=False)
    op.create_table(
        "info_request",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("document_kind", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("blocks_delivery", sa.Boolean(), nullable=False),
        sa.Column("blocks_billing", sa.Boolean(), nullable=False),
        sa.Column("due", TEXT, nullable=True),
        sa.Column("answer_reference", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_info_request_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_info_request")),
    )
    op.create_index(op.f("ix_info_request_case_id"), "info_request", ["case_id"], unique=False)
    op.create_table(
        "participant",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("case_id", WHOLE, nullable=False),
        sa.Column("party_id", WHOLE, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("rank", WHOLE, nullable=False),
        sa.Column("valid_from", TEXT, nullable=True),
        sa.Column("valid_to", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_participant_case_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_participant_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
    )
    op.create_index(op.f("ix_participant_case_id_role_rank"), "participant", ["case_id", "role", "rank"], unique=False)
    op.create_index(op.f("ix_participant_party_id"), "participant", ["party_id"], unique=False)
    op.create_table(
        "delivery_line",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("case_period_id", WHOLE, nullable=False),
        sa.Column("article", TEXT, nullable=False),
        sa.Column("quantity", TEXT, nullable=False),
        sa.Column("start_date", TEXT, nullable=False),
        sa.Column("end_date", TEXT, nullable=True),
        sa.Column("every", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_period_id"], ["case_period.id"], name=op.f("fk_delivery_line_case_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_line")),
    )
    op.create_index(op.f("ix_delivery_line_case_period_id"), "delivery_line", ["case_period_id"], unique=False)
    op.create_table(
        "billing_line",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("case_period_id", WHOLE, nullable=False),
        sa.Column("payer_id", WHOLE, nullable=True),
        sa.Column("article", TEXT, nullable=False),
        sa.Column("delivery_line_id", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["case_period_id"], ["case_period.id"], name=op.f("fk_billing_line_case_period_id")),
        sa.ForeignKeyConstraint(
            ["delivery_line_id"], ["delivery_line.id"], name=op.f("fk_billing_line_delivery_line_id")
        ),
        sa.ForeignKeyConstraint(["payer_id"], ["party.id"], name=op.f("fk_billing_line_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_line")),
    )
    op.create_index(op.f("ix_billing_line_case_period_id"), "billing_line", ["case_period_id"], unique=False)
    op.create_table(
        "delivery_slot",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("line_id", WHOLE, nullable=False),
        sa.Column("due", TEXT, nullable=False),
        sa.Column("quantity", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("block", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["delivery_line.id"], name=op.f("fk_delivery_slot_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_slot")),
        sa.UniqueConstraint("line_id", "due", name=op.f("uq_delivery_slot_line_id_due")),
    )
    op.create_index(op.f("ix_delivery_slot_state_due"), "delivery_slot", ["state", "due"], unique=False)
    op.create_table(
        "billing_slot",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("line_id", WHOLE, nullable=False),
        sa.Column("period_start", TEXT, nullable=False),
        sa.Column("period_end", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("block", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["billing_line.id"], name=op.f("fk_billing_slot_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_slot")),
        sa.UniqueConstraint("line_id", "period_start", name=op.f("uq_billing_slot_line_id_period_start")),
    )
    op.create_index(op.f("ix_billing_slot_state_period_end"), "billing_slot", ["state", "period_end"], unique=False)
    op.create_table(
        "item",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("voucher", TEXT, nullable=False),
        sa.Column("line", WHOLE, nullable=False),
        sa.Column("payer", TEXT, nullable=False),
        sa.Column("client_id", WHOLE, nullable=True),
        sa.Column("case_id", WHOLE, nullable=True),
        sa.Column("slot_id", WHOLE, nullable=True),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("service_from", TEXT, nullable=True),
        sa.Column("service_to", TEXT, nullable=True),
        sa.Column("quantity", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("unit_price", TEXT, nullable=False),
        sa.Column("vat_rate", TEXT, nullable=True),
        sa.Column("net", WHOLE, nullable=False),
        sa.Column("vat", WHOLE, nullable=False),
        sa.Column("gross", WHOLE, nullable=False),
        sa.Column("copayment", WHOLE, nullable=False),
        sa.Column("own_share", WHOLE, nullable=False),
        sa.Column("surcharge", WHOLE, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("line_ok", sa.Boolean(), nullable=False),
        sa.Column("document_ok", sa.Boolean(), nullable=False),
        sa.Column("document_id", WHOLE, nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("corrects", WHOLE, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("import_id", WHOLE, nullable=True),
        sa.Column("body", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["care_case.id"], name=op.f("fk_item_case_id")),
        sa.ForeignKeyConstraint(["client_id"], ["party.id"], name=op.f("fk_item_client_id")),
        sa.ForeignKeyConstraint(["corrects"], ["item.id"], name=op.f("fk_item_corrects")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_item_document_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name=op.f("fk_item_import_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["billing_slot.id"], name=op.f("fk_item_slot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("scheme", "provider", "number", name=op.f("uq_item_scheme_provider_number")),
    )
    op.create_index(
        "ix_item_case",
        "item",
        ["case_id"],
        unique=False,
        sqlite_where=sa.text("case_id IS NOT NULL"),
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index("ix_item_client", "item", ["client_id", "service_from"], unique=False)
    op.create_index(
        "ix_item_corrects",
        "item",
        ["corrects"],
        unique=False,
        sqlite_where=sa.text("corrects IS NOT NULL"),
        postgresql_where=sa.text("corrects IS NOT NULL"),
    )
    op.create_index(
        "ix_item_document",
        "item",
        ["document_id"],
        unique=False,
        sqlite_where=sa.text("document_id IS NOT NULL"),
        postgresql_where=sa.text("document_id IS NOT NULL"),
    )
    op.create_index("ix_item_payer", "item", ["payer", "service_from"], unique=False)
    op.create_index(
        "ix_item_slot",
        "item",
        ["slot_id"],
        unique=False,
        sqlite_where=sa.text("slot_id IS NOT NULL"),
        postgresql_where=sa.text("slot_id IS NOT NULL"),
    )
    op.create_index("ix_item_state", "item", ["scheme", "state", "document_ok"], unique=False)
    op.create_index("ix_item_voucher", "item", ["scheme", "provider", "voucher", "line"], unique=False)
    op.create_table(
        "batch_line",
        sa.Column("run_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("item_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("file_key", TEXT, nullable=False),
        sa.Column("collective_key", TEXT, nullable=False),
        sa.Column("document_key", TEXT, nullable=False),
        sa.Column("order_key", TEXT, nullable=False),
        sa.Column("bucket", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("voucher", TEXT, nullable=False),
        sa.Column("gross", WHOLE, nullable=False),
        sa.Column("copayment", WHOLE, nullable=False),
        sa.Column("own_share", WHOLE, nullable=False),
        sa.Column("surcharge", WHOLE, nullable=False),
        sa.Column("exchange_id", WHOLE, nullable=True),
        sa.Column("document_id", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_batch_line_document_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_batch_line_item_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_batch_line_run_id")),
        sa.PrimaryKeyConstraint("run_id", "item_id", name=op.f("pk_batch_line")),
    )
    op.create_index("ix_batch_line_document", "batch_line", ["document_id", "order_key", "item_id"], unique=False)
    op.create_index("ix_batch_line_item", "batch_line", ["item_id"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("item_id", WHOLE, nullable=False),
        sa.Column("field", TEXT, nullable=False),
        sa.Column("old", TEXT, nullable=True),
        sa.Column("new", TEXT, nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("made", TEXT, nullable=False),
        sa.Column("finding_code", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_correction_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_item_id"), "correction", ["item_id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("run_id", WHOLE, nullable=True),
        sa.Column("item_id", WHOLE, nullable=True),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("mend", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("field", TEXT, nullable=True),
        sa.Column("value", TEXT, nullable=True),
        sa.Column("suggestion", TEXT, nullable=True),
        sa.Column("file", TEXT, nullable=True),
        sa.Column("line", WHOLE, nullable=True),
        sa.Column("segment", WHOLE, nullable=True),
        sa.Column("tag", TEXT, nullable=True),
        sa.Column("element", WHOLE, nullable=True),
        sa.Column("params", TEXT, nullable=False),
        sa.Column("suppression_id", WHOLE, nullable=True),
        sa.Column("created", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_finding_item_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_finding_run_id")),
        sa.ForeignKeyConstraint(["suppression_id"], ["suppression.id"], name=op.f("fk_finding_suppression_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index(op.f("ix_finding_item_id"), "finding", ["item_id"], unique=False)
    op.create_index(op.f("ix_finding_run_id"), "finding", ["run_id"], unique=False)
    op.create_index(op.f("ix_finding_severity_code"), "finding", ["severity", "code"], unique=False)
    op.create_table(
        "outcome",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("inbound_id", WHOLE, nullable=False),
        sa.Column("ordinal", WHOLE, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("exchange", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("item", TEXT, nullable=False),
        sa.Column("exchange_id", WHOLE, nullable=True),
        sa.Column("document_id", WHOLE, nullable=True),
        sa.Column("item_id", WHOLE, nullable=True),
        sa.Column("amount", WHOLE, nullable=True),
        sa.Column("codes", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("payer", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_outcome_document_id")),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_outcome_exchange_id")),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], name=op.f("fk_outcome_inbound_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_outcome_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
        sa.UniqueConstraint("inbound_id", "ordinal", name=op.f("uq_outcome_inbound_id_ordinal")),
    )
    op.create_index(op.f("ix_outcome_document_id"), "outcome", ["document_id"], unique=False)
    op.create_index(op.f("ix_outcome_exchange_id"), "outcome", ["exchange_id"], unique=False)
    op.create_index(op.f("ix_outcome_item_id"), "outcome", ["item_id"], unique=False)
    op.create_index(op.f("ix_outcome_reference"), "outcome", ["reference"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("exchange_id", WHOLE, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("booked", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("made", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["exchange_id"], ["exchange.id"], name=op.f("fk_payment_exchange_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("reference", "booked", "amount", name=op.f("uq_payment_reference_booked_amount")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_journal_on_postgresql()
    else:
        _guard_journal_on_sqlite()


def _guard_journal_on_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER journal_no_{change.lower()} BEFORE {change} ON journal "
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        )
    # INSERT OR REPLACE deletes the old row without asking the trigger above.
    op.execute(
        "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal "  # noqa: S608  # our own words
        "WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq) "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    )


def _guard_journal_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON journal "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()"
    )


def downgrade() -> None:
    # There is nothing older to go back to, and what was billed must not be dropped by a slip of the hand.
    raise NotImplementedError("the first schema cannot be taken back; remove the database instead")
