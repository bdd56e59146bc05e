"""The payer directory's tables: imported files, offices, links, channels, and what was odd in each file.

Keys are made in the program: a file has an id, everything in it is numbered within the file. The rows of a file that
was replaced go; its row in the history and its findings stay for ever.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, MetaData, Table, text

from billhook.store.tables import BYTES_TEXT, NAMING, WHOLE

metadata = MetaData(naming_convention=NAMING)


def _text(name: str, meaning: str = "") -> Column[str]:
    """Text that is always there; empty when the file says nothing."""
    return Column(name, BYTES_TEXT, nullable=False, doc=meaning)


def _maybe(name: str, meaning: str = "") -> Column[Any]:
    """Text, day or moment (ISO) that may be missing."""
    return Column(name, BYTES_TEXT, nullable=True, doc=meaning)


def _whole(name: str, meaning: str = "") -> Column[int]:
    return Column(name, WHOLE, nullable=False, doc=meaning)


def _key(name: str, meaning: str = "") -> Column[int]:
    return Column(name, WHOLE, primary_key=True, autoincrement=False, doc=meaning)


payer_file = Table(
    "p302_payer_file",
    metadata,
    _key("id"),
    _text("imported_at"),
    _text("name", "the file's own name, without its folder"),
    _text("sha256"),
    _whole("size", "bytes"),
    _text("fund_kind", "Kassenart"),
    _text("procedure", "Verfahren"),
    _text("valid_from"),
    _whole("supplement", "Nachtrag, 0 for a standard file"),
    _whole("monthly", "1 when the name has a month and no quarter"),
    _text("sender", "UNB sender IK"),
    _text("created", "UNB date and time as they stand there"),
    _text("number", "UNB file number"),
    _text("import_option", "keep: Alte Datei beibehalten; replace: Alte Datei löschen, neue hinzufügen"),
    _whole("messages"),
    _whole("links"),
    _whole("warnings"),
    _maybe("retired_at", "when its contents went; empty while they route"),
    Column("retired_by", WHOLE, ForeignKey("p302_payer_file.id"), doc="the file that took its place"),
    CheckConstraint("import_option IN ('keep', 'replace')", name="option"),
)
"""The import history (Importhistorie): one row for every file that was ever imported."""

Index(
    "p302_payer_file_active",
    payer_file.c.fund_kind,
    payer_file.c.procedure,
    payer_file.c.valid_from,
    payer_file.c.supplement,
    unique=True,
    sqlite_where=text("retired_at IS NULL"),
    postgresql_where=text("retired_at IS NULL"),
)

payer_office = Table(
    "p302_payer_office",
    metadata,
    Column("file_id", WHOLE, ForeignKey("p302_payer_file.id"), primary_key=True, autoincrement=False),
    _key("number", "place of the message in the file, from 1"),
    _text("ik"),
    _text("short_name"),
    _text("name", "NAM 1 to 4, joined by blanks"),
    _text("insurer_number", "VKNR"),
    _text("mark", "Verarbeitungskennzeichen"),
    _maybe("valid_from"),
    _maybe("valid_to"),
    _text("reference", "UNH reference"),
    _whole("line"),
    _text("addresses", "ANS: list of objects"),
    _text("contacts", "ASP: list of objects"),
    _text("account", "KTO: object, empty when there is none"),
)
"""What a file says about one IK (KOTR message)."""

Index("p302_payer_office_ik", payer_office.c.ik)

payer_link = Table(
    "p302_payer_link",
    metadata,
    _key("file_id"),
    _key("office"),
    _key("number", "place in the message, from 1"),
    _text("kind", "Art der Verknüpfung"),
    _text("partner", "IK"),
    _text("provider_group", "Leistungserbringergruppe"),
    _text("billing_office", "IK der Abrechnungsstelle"),
    _text("delivery", "Art der Datenlieferung"),
    _text("medium", "Übermittlungsmedium"),
    _text("state", "Bundesland"),
    _text("kv_district", "KV-Bezirk"),
    _text("code", "Abrechnungscode"),
    _text("tariff", "Tarifkennzeichen"),
    _text("subprocedure", "Unterverfahren"),
    _maybe("valid_from"),
    _maybe("valid_to"),
    _whole("line"),
    ForeignKeyConstraint(["file_id", "office"], ["p302_payer_office.file_id", "p302_payer_office.number"]),
)
"""A link between two offices (VKG)."""

payer_channel = Table(
    "p302_payer_channel",
    metadata,
    _key("file_id"),
    _key("office"),
    _key("number", "place in the message, from 1"),
    _text("medium"),
    _text("parameter"),
    _text("charset"),
    _text("compression"),
    _text("protocol"),
    _text("user_id", "Benutzerkennung"),
    _text("opens", "HHMM"),
    _text("closes", "HHMM"),
    _text("days"),
    _text("address"),
    _maybe("valid_from"),
    _maybe("valid_to"),
    _whole("line"),
    ForeignKeyConstraint(["file_id", "office"], ["p302_payer_office.file_id", "p302_payer_office.number"]),
)
"""A way in which an office takes data (UEM with one DFU)."""

payer_finding = Table(
    "p302_payer_finding",
    metadata,
    Column("file_id", WHOLE, ForeignKey("p302_payer_file.id"), primary_key=True, autoincrement=False),
    _key("number"),
    _text("code"),
    _text("severity"),
    Column("line", WHOLE),
    Column("segment", WHOLE),
    _maybe("tag"),
    Column("element", WHOLE),
    _maybe("value"),
    _text("message"),
    _text("mend"),
    _text("source"),
)
"""What was odd in a file, by line."""

CONTENT_TABLES: tuple[Table, ...] = (payer_channel, payer_link, payer_office)
"""The tables that lose a file's rows when it is replaced, in the order in which they can."""


def branch() -> tuple[str, Path]:
    """Label and folder of this plugin's Alembic branch, as the hook `billhook_migrations` hands them over."""
    return "p302", Path(__file__).parent.parent / "migrations" / "versions"
