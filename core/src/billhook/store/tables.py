"""The tables: everything that Billhook keeps, declared once for SQLite and PostgreSQL.

Rules that hold for every table:

- Text compares byte by byte: PostgreSQL uses COLLATE "C", SQLite its default BINARY. UTF-8 keeps that of code points.
- Dates and moments are ISO text, exact decimals (quantity, price, rate) plain decimal text, amounts whole cents, JSON
  is text. `billhook.store.encoding` writes and reads them: the same bytes on both databases, and nothing for a driver
  to convert on the fast path.
- Ids are integers that the program draws with `next_ids`; no table counts by itself. Link columns end in `_id`.
- Key tuples are sort texts made by `encoding.join_key`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import false as sa_false
from sqlalchemy import text as sa_text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

HEAD = "core_0005"
"""The newest revision of the core's branch of migrations; `test_migrations` holds it against the scripts."""

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
"""Every constraint has a name, so that a migration can name what it changes. Plugins take it for their own MetaData."""

metadata = MetaData(naming_convention=NAMING)

BYTES_TEXT: TypeEngine[str] = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that compares byte by byte on both databases."""

WHOLE: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""64 bit. SQLite's INTEGER has as many, and only INTEGER PRIMARY KEY is the row id itself."""


def _id() -> Column[int]:
    return Column("id", WHOLE, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    """Text that is always there; empty when there is nothing to say."""
    return Column(name, BYTES_TEXT, nullable=False)


def _maybe(name: str) -> Column[Any]:
    """Text, date or decimal that may be unknown."""
    return Column(name, BYTES_TEXT, nullable=True)


def _whole(name: str) -> Column[int]:
    return Column(name, WHOLE, nullable=False)


def _maybe_whole(name: str) -> Column[Any]:
    return Column(name, WHOLE, nullable=True)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean(), nullable=False)


def _link(name: str, target: str) -> Column[int]:
    return Column(name, WHOLE, ForeignKey(f"{target}.id"), nullable=False)


def _maybe_link(name: str, target: str) -> Column[Any]:
    return Column(name, WHOLE, ForeignKey(f"{target}.id"), nullable=True)


def _index_of_some(name: str, column: str) -> Index:
    """An index of the rows in which the column is filled; both databases use it for `column = …`."""
    filled = sa_text(f"{column} IS NOT NULL")
    return Index(name, column, sqlite_where=filled, postgresql_where=filled)


# --- Who: parties and their roles -----------------------------------------------------------------------------------

party = Table(
    "party",
    metadata,
    _id(),
    _text("number"),
    _text("kind"),
    _text("family_name"),
    _text("given_name"),
    _maybe("birth_date"),
    _text("street"),
    _text("postal_code"),
    _text("city"),
    _text("country"),
    _text("identifiers"),  # JSON object: kind → number
    UniqueConstraint("number"),
)

party_role = Table(
    "party_role",
    metadata,
    _id(),
    _link("party_id", "party"),
    _text("role"),
    _maybe_link("of_party_id", "party"),
    _maybe("valid_from"),
    _maybe("valid_to"),
    Index(None, "party_id", "role"),
    Index(None, "of_party_id"),
)

# --- What was agreed and what is planned ----------------------------------------------------------------------------

contract = Table(
    "contract",
    metadata,
    _id(),
    _text("number"),
    _text("title"),
    _maybe_link("payer_id", "party"),
    _flag("inactive"),
    UniqueConstraint("number"),
)

contract_version = Table(
    "contract_version",
    metadata,
    _id(),
    _link("contract_id", "contract"),
    _text("label"),
    _text("scheme"),
    _text("valid_from"),
    _maybe("valid_to"),
    _flag("released"),
    _text("terms"),  # JSON object
    UniqueConstraint("contract_id", "label"),
)

care_case = Table(  # `case` is a word of SQL
    "care_case",
    metadata,
    _id(),
    _text("number"),
    _link("client_id", "party"),
    _text("kind"),
    _maybe_link("contract_version_id", "contract_version"),
    _maybe("opened"),
    _maybe("closed"),
    _text("facts"),  # JSON object: field of the scheme → text
    UniqueConstraint("number"),
    Index(None, "client_id"),
)

case_period = Table(
    "case_period",
    metadata,
    _id(),
    _link("case_id", "care_case"),
    _text("label"),
    _text("start_date"),
    _maybe("end_date"),
    UniqueConstraint("case_id", "start_date"),
)

participant = Table(
    "participant",
    metadata,
    _id(),
    _link("case_id", "care_case"),
    _link("party_id", "party"),
    _text("role"),
    _whole("rank"),
    _maybe("valid_from"),
    _maybe("valid_to"),
    Index(None, "case_id", "role", "rank"),
    Index(None, "party_id"),
)

delivery_line = Table(
    "delivery_line",
    metadata,
    _id(),
    _link("case_period_id", "case_period"),
    _text("article"),
    _text("quantity"),  # decimal
    _text("start_date"),
    _maybe("end_date"),
    _text("every"),  # date formula; `interval` is a word of SQL
    Index(None, "case_period_id"),
)

delivery_slot = Table(
    "delivery_slot",
    metadata,
    _id(),
    _link("line_id", "delivery_line"),
    _text("due"),
    _text("quantity"),  # decimal
    _text("state"),
    _text("block"),
    UniqueConstraint("line_id", "due"),
    Index(None, "state", "due"),
)

billing_line = Table(
    "billing_line",
    metadata,
    _id(),
    _link("case_period_id", "case_period"),
    _maybe_link("payer_id", "party"),
    _text("article"),
    _maybe_link("delivery_line_id", "delivery_line"),
    Index(None, "case_period_id"),
)

billing_slot = Table(
    "billing_slot",
    metadata,
    _id(),
    _link("line_id", "billing_line"),
    _text("period_start"),
    _text("period_end"),
    _text("state"),
    _text("block"),
    UniqueConstraint("line_id", "period_start"),
    Index(None, "state", "period_end"),
)

info_request = Table(
    "info_request",
    metadata,
    _id(),
    _link("case_id", "care_case"),
    _text("document_kind"),
    _text("state"),
    _flag("blocks_delivery"),
    _flag("blocks_billing"),
    _maybe("due"),
    _text("answer_reference"),
    Index(None, "case_id"),
)

# --- What came in ---------------------------------------------------------------------------------------------------

import_file = Table(
    "import_file",
    metadata,
    _id(),
    _text("sha256"),
    _text("name"),
    _whole("rows"),
    _whole("added"),
    _whole("changed"),
    _whole("unchanged"),
    _whole("rejected"),
    _text("imported"),  # moment
    _text("actor"),
    UniqueConstraint("sha256"),
)

# --- Runs, files and invoices ---------------------------------------------------------------------------------------

run = Table(
    "run",
    metadata,
    _id(),
    _text("kind"),  # check, export
    _text("scheme"),
    _text("state"),  # open, finished, discarded
    _text("now"),  # moment: what every file of the run calls now, also when it is rendered again
    _text("settings_hash"),
    _text("counts"),  # JSON object
    _text("actor"),
    _maybe("finished"),  # moment
    Index(None, "scheme", "state"),
)

exchange = Table(
    "exchange",
    metadata,
    _id(),
    _link("run_id", "run"),
    _text("scheme"),
    _text("provider"),
    _text("file_key"),
    _whole("part"),  # files of one key are cut by the scheme's limits: 1, 2, 3 …
    _text("state"),  # draft before it has its numbers, then model.ExchangeState
    _text("created"),  # moment
    _text("numbers"),  # JSON object: series of the file → number
    _text("problem"),
    Index(None, "run_id", "file_key", "part", unique=True),
    Index(None, "scheme", "state"),
)

document = Table(
    "document",
    metadata,
    _id(),
    _link("exchange_id", "exchange"),
    _text("document_key"),
    _text("collective_key"),
    _text("number"),  # empty while the exchange is a draft
    _whole("ordinal"),  # in its collective, from 1; 0 when it stands alone
    _text("date"),
    _maybe("due"),  # when it should be paid, as the provider reckons
    _whole("gross"),
    _whole("copayment"),
    _whole("own_share"),
    _whole("surcharge"),
    _whole("billed"),
    _whole("items"),
    _whole("vouchers"),
    _text("subtotals"),  # JSON object: bucket → the seven figures
    UniqueConstraint("exchange_id", "collective_key", "document_key"),
    Index(None, "number"),
)

artifact = Table(
    "artifact",
    metadata,
    _id(),
    _link("exchange_id", "exchange"),
    _whole("ordinal"),
    _text("name"),
    _text("role"),
    _text("media_type"),
    _text("sha256"),
    _whole("size"),
    _maybe("sealed_sha256"),  # of what leaves in its place, when that is signed and encrypted
    _maybe_whole("sealed_size"),
    _maybe("delivered"),  # moment of the copy into the out folder
    UniqueConstraint("exchange_id", "ordinal"),
    UniqueConstraint("exchange_id", "name"),
    Index(None, "sha256"),
)

# --- Items ----------------------------------------------------------------------------------------------------------

_NOT_RESET = sa_text("NOT source_reset")

item = Table(
    "item",
    metadata,
    _id(),
    _text("scheme"),
    _text("provider"),
    _text("number"),
    _text("voucher"),
    _whole("line"),
    _text("payer"),
    _maybe_link("client_id", "party"),
    _maybe_link("case_id", "care_case"),
    _maybe_link("slot_id", "billing_slot"),
    _text("code"),
    _maybe("service_from"),
    _maybe("service_to"),
    _text("quantity"),  # decimal
    _text("unit"),
    _text("unit_price"),  # decimal
    _maybe("vat_rate"),  # decimal, percent
    _whole("net"),
    _whole("vat"),
    _whole("gross"),
    _whole("copayment"),
    _whole("own_share"),
    _whole("surcharge"),
    _text("state"),
    _flag("line_ok"),
    _flag("document_ok"),
    _maybe_link("document_id", "document"),
    _text("kind"),
    _maybe_link("corrects", "item"),
    _text("source"),
    _maybe_link("import_id", "import_file"),
    _text("body"),  # JSON object: client, details, splits, text, case number, extra
    # model.ArchiveReason, empty while the item is open: as what it stands in the archive of billed and deleted items.
    Column("archived", BYTES_TEXT, nullable=False, server_default=sa_text("''")),
    # The source entry behind it was reset: its number is free for a new item.
    Column("source_reset", Boolean(), nullable=False, server_default=sa_false()),
    Index(
        "ix_item_number",
        "scheme",
        "provider",
        "number",
        unique=True,
        sqlite_where=_NOT_RESET,
        postgresql_where=_NOT_RESET,
    ),
    # Which items of a source entry there are, reset ones too: the index above is only used by who leaves those out.
    Index("ix_item_source", "scheme", "provider", "number"),
    # Whole vouchers in order: check, and which lines a correction reaches.
    Index("ix_item_voucher", "scheme", "provider", "voucher", "line"),
    # Open vouchers of a scheme, and what may be exported.
    Index("ix_item_state", "scheme", "state", "document_ok"),
    Index("ix_item_client", "client_id", "service_from"),
    Index("ix_item_payer", "payer", "service_from"),
    # Most items have none of these: only those that do are in the index.
    _index_of_some("ix_item_case", "case_id"),
    _index_of_some("ix_item_slot", "slot_id"),
    _index_of_some("ix_item_document", "document_id"),
    _index_of_some("ix_item_corrects", "corrects"),
)

batch_line = Table(
    "batch_line",
    metadata,
    Column("run_id", WHOLE, ForeignKey("run.id"), primary_key=True, autoincrement=False),
    Column("item_id", WHOLE, ForeignKey("item.id"), primary_key=True, autoincrement=False),
    _text("file_key"),
    _text("collective_key"),
    _text("document_key"),
    _text("order_key"),
    _text("bucket"),
    _text("label"),
    # What cutting and adding up need, so that the sorted read does not touch the wide rows of `item`.
    _text("provider"),
    _text("voucher"),
    _whole("gross"),
    _whole("copayment"),
    _whole("own_share"),
    _whole("surcharge"),
    _maybe_whole("exchange_id"),  # the same as its document's; no foreign key, that of the document suffices
    _maybe_link("document_id", "document"),
    Index("ix_batch_line_item", "item_id"),
    Index("ix_batch_line_document", "document_id", "order_key", "item_id"),
)

# --- What is wrong and how it was mended ----------------------------------------------------------------------------

suppression = Table(
    "suppression",
    metadata,
    _id(),
    _text("code"),
    _text("reason"),
    _text("expires"),  # date, the last day on which it holds
    _text("created"),  # moment
    _text("actor"),
    Index(None, "code", "expires"),
)

finding = Table(
    "finding",
    metadata,
    _id(),
    _maybe_link("run_id", "run"),
    _maybe_link("item_id", "item"),
    _text("origin"),  # check, hook, batch, import, answer: a new check replaces only its own
    _text("code"),
    _text("severity"),
    _text("message"),
    _text("mend"),
    _text("source"),
    _maybe("field"),
    _maybe("value"),
    _maybe("suggestion"),
    _maybe("file"),
    _maybe_whole("line"),
    _maybe_whole("segment"),
    _maybe("tag"),
    _maybe_whole("element"),
    _text("params"),  # JSON object
    _maybe_link("suppression_id", "suppression"),
    _text("created"),  # moment
    Index(None, "item_id"),
    Index(None, "run_id"),
    Index(None, "severity", "code"),
)

correction = Table(
    "correction",
    metadata,
    _id(),
    _link("item_id", "item"),
    _text("field"),
    _maybe("old"),
    _maybe("new"),
    _text("actor"),
    _text("made"),  # moment
    _text("finding_code"),  # empty when no finding asked for it
    Index(None, "item_id"),
)

# --- What the payer answered ----------------------------------------------------------------------------------------

inbound = Table(
    "inbound",
    metadata,
    _id(),
    _text("sha256"),
    _text("name"),
    _whole("size"),
    _text("scheme"),
    _maybe_link("exchange_id", "exchange"),
    _text("received"),  # moment
    _text("problem"),
    UniqueConstraint("sha256"),
    Index(None, "exchange_id"),
)

outcome = Table(
    "outcome",
    metadata,
    _id(),
    _link("inbound_id", "inbound"),
    _whole("ordinal"),
    _text("verdict"),
    _text("exchange"),  # as the answer names it
    _text("document"),
    _text("item"),
    _maybe_link("exchange_id", "exchange"),  # what it was found to be
    _maybe_link("document_id", "document"),
    _maybe_link("item_id", "item"),
    _maybe_whole("amount"),
    _text("codes"),  # JSON list
    _text("text"),
    _text("payer"),
    _text("reference"),  # what the payer's transfer will carry
    _maybe("voucher"),
    _maybe_whole("cut"),  # what the payer takes off, in cents
    _maybe("day"),  # of the letter or of the payment
    _maybe("about"),  # role of the artifact that is spoken of; none: the claim
    _maybe("facts"),  # JSON object: what it names, in the payer's words
    _maybe("matched"),  # by what the scheme found what is meant
    UniqueConstraint("inbound_id", "ordinal"),
    Index(None, "reference"),
    Index(None, "exchange_id"),
    Index(None, "document_id"),
    Index(None, "item_id"),
)

receivable = Table(
    "receivable",
    metadata,
    _id(),
    _link("document_id", "document"),
    _whole("amount"),
    _whole("settled"),
    _maybe("due"),
    UniqueConstraint("document_id"),
)

deduction = Table(
    "deduction",
    metadata,
    _id(),
    _link("receivable_id", "receivable"),
    _maybe_link("item_id", "item"),  # what was cut; none: the voucher, or the whole invoice
    _text("voucher"),
    _whole("amount"),
    _whole("granted"),  # of it, what the payer gave back; counts once it is closed
    _text("codes"),  # JSON list: the payer's own reasons, carried even where nobody knows them
    _text("text"),  # the payer's words
    _text("reason"),  # of our own list of reasons
    _whole("probability"),
    _text("action"),  # model.DeductionAction; empty while nobody decided
    _text("note"),
    _flag("closed"),
    _text("reference"),  # of the payer's letter or transfer
    _maybe("day"),  # of the letter
    _maybe_link("inbound_id", "inbound"),  # where it was told; none: entered by hand
    _maybe("decided"),  # moment in which a person last had a hand in it
    CheckConstraint("probability BETWEEN 0 AND 100", name="probability"),
    Index(None, "receivable_id"),
    _index_of_some("ix_deduction_item", "item_id"),
)

payment = Table(
    "payment",
    metadata,
    _id(),
    _link("exchange_id", "exchange"),
    _text("reference"),
    _whole("amount"),
    _text("booked"),  # day on which the account was credited
    _text("actor"),
    _text("made"),  # moment
    UniqueConstraint("reference", "booked", "amount"),
)

allocation = Table(
    "allocation",
    metadata,
    _id(),
    _link("receivable_id", "receivable"),
    _maybe_whole("item_id"),  # what was paid, where an advice names it; no foreign key: SQLite adds none to a table
    _maybe_link("payment_id", "payment"),  # the transfer, where a promise tells what it pays
    _maybe_link("inbound_id", "inbound"),  # the payment advice that named the invoice; neither: entered by hand
    _whole("amount"),
    _text("reference"),
    _maybe("booked"),  # day
    _text("actor"),
    _maybe("made"),  # moment
    Index(None, "receivable_id"),
    _index_of_some("ix_allocation_item", "item_id"),
)

# --- What clients owe -----------------------------------------------------------------------------------------------

client_invoice = Table(
    "client_invoice",
    metadata,
    _id(),
    _text("provider"),
    _link("client_id", "party"),
    _text("number"),
    _text("date"),
    _maybe("due"),  # last day to pay; none where nothing is to be paid
    _whole("amount"),  # negative where the client gets money back
    _maybe_link("cancels", "client_invoice"),
    _text("content"),  # JSON object: all that stands on the paper, as it was on that day
    _maybe("sha256"),  # of the PDF; none until it is drawn
    _text("made"),  # moment
    _text("actor"),
    UniqueConstraint("number"),
    Index(None, "client_id"),
    _index_of_some("ix_client_invoice_cancels", "cancels"),
)

client_invoice_line = Table(
    "client_invoice_line",
    metadata,
    _id(),
    _link("invoice_id", "client_invoice"),
    _link("item_id", "item"),
    _text("kind"),  # copayment, own_share, surcharge
    _whole("amount"),
    Index(None, "invoice_id"),
    Index(None, "item_id", "kind"),
)

client_payment = Table(
    "client_payment",
    metadata,
    _id(),
    _link("invoice_id", "client_invoice"),
    _whole("amount"),
    _text("booked"),  # day on which it came in
    _text("actor"),
    _text("made"),  # moment
    UniqueConstraint("invoice_id", "booked", "amount"),
)

# --- Bookkeeping of the store itself --------------------------------------------------------------------------------

journal = Table(
    "journal",
    metadata,
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    _text("time"),  # moment
    _text("actor"),
    _text("event"),
    _text("subject"),
    _text("payload"),  # canonical JSON
    _text("hash"),
    Index(None, "subject"),
)

number_series = Table(
    "number_series",
    metadata,
    Column("name", BYTES_TEXT, primary_key=True),
    _whole("next_number"),
)

id_block = Table(
    "id_block",
    metadata,
    Column("kind", BYTES_TEXT, primary_key=True),
    _whole("next_id"),
)
