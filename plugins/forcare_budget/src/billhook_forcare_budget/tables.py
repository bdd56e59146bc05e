"""The plugin's tables: limits, budget entries, grants of hours, and changes that wait for their recalculation.

Entries are only ever added. Limits are replaced as a whole row; what a change does to the past is a corrective entry.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, Table, UniqueConstraint

from billhook.store.tables import BYTES_TEXT, NAMING, WHOLE

metadata = MetaData(naming_convention=NAMING)


def _text(name: str, meaning: str = "") -> Column[str]:
    return Column(name, BYTES_TEXT, nullable=False, doc=meaning)


def _maybe(name: str, meaning: str = "") -> Column[Any]:
    return Column(name, BYTES_TEXT, nullable=True, doc=meaning)


def _whole(name: str, meaning: str = "") -> Column[int]:
    return Column(name, WHOLE, nullable=False, doc=meaning)


def _maybe_whole(name: str, meaning: str = "") -> Column[Any]:
    return Column(name, WHOLE, nullable=True, doc=meaning)


def _id() -> Column[int]:
    return Column("id", WHOLE, primary_key=True, autoincrement=False)


limit = Table(
    "forcare_budget_limit",
    metadata,
    _id(),
    _text("care_area", "Assistenzbereich"),
    _text("debtor_group", "Debitorenbuchungsgruppe"),
    _text("valid_from"),
    _text("valid_to"),
    _text("periodicity", "Periodik"),
    _text("kind", "Vertragsart"),
    _maybe_whole("days", "Anzahl Tage"),
    _maybe_whole("amount", "Maximalbetrag, cents"),
    _text("linked", "Verbundene Vertragsart"),
    _text("client", "Betreutennr.; empty: everybody"),
    UniqueConstraint("care_area", "debtor_group", "kind", "client", "valid_from"),
)
"""Budgetierte Leistung Maximalgrenzen."""

entry = Table(
    "forcare_budget_entry",
    metadata,
    _id(),
    _text("client"),
    _text("care_area"),
    _text("debtor_group"),
    _text("kind"),
    _text("source", "Erfassungsart: billed, foreign, opening, correction, reversal"),
    _text("booked", "billing date"),
    _maybe("service_from"),
    _maybe("service_to"),
    _maybe_whole("days", "empty: the days from service_from to service_to"),
    _whole("amount", "cents that count"),
    _whole("claimed", "cents that were delivered"),
    _whole("minutes", "of an hours budget"),
    # No foreign key: the ledger outlives an item that the core may one day archive.
    _maybe_whole("item_id"),
    Column("corrects", WHOLE, ForeignKey("forcare_budget_entry.id"), nullable=True),
    _text("payer"),
    _text("reference", "the clerk's own number of a foreign stay"),
    _text("note"),
    _text("created"),
    _text("actor"),
    CheckConstraint("source IN ('billed', 'foreign', 'opening', 'correction', 'reversal')", name="source"),
    Index("forcare_budget_entry_client", "client", "kind"),
    Index("forcare_budget_entry_item", "item_id"),
    Index("forcare_budget_entry_corrects", "corrects"),
)
"""Leistungsbudgetposten."""

hours_grant = Table(
    "forcare_budget_hours_grant",
    metadata,
    _id(),
    _text("client"),
    _text("kind"),
    _text("hours", "decimal"),
    _text("per", "day, week, month"),
    _maybe("factor", "decimal; empty: the usual one"),
    _text("valid_from"),
    _text("valid_to"),
    _whole("applied", "1 when an extension was applied for"),
    Column("before", WHOLE, ForeignKey("forcare_budget_hours_grant.id"), nullable=True),
    Index("forcare_budget_hours_client", "client", "kind"),
)
"""Bewilligungen von Fachleistungsstunden."""

change = Table(
    "forcare_budget_change",
    metadata,
    _id(),
    _text("what", "limit or foreign"),
    _text("care_area"),
    _text("debtor_group"),
    _text("kind"),
    _text("client", "empty: everybody"),
    _text("valid_from"),
    _text("valid_to"),
    _text("accounts", "JSON list: the accounts that are touched, linked ones too"),
    _text("created"),
    _text("actor"),
    _maybe("confirmed", "moment; empty while the recalculation waits"),
    Index("forcare_budget_change_open", "confirmed"),
)
"""Changes that are relevant for recalculation (rückrechnungsrelevant)."""


def branch() -> tuple[str, Path]:
    """Label and folder of this plugin's Alembic branch."""
    return "forcare_budget", Path(__file__).parent / "migrations" / "versions"
