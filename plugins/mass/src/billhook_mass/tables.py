"""The plugin's tables: grants, agreed rates, occupancy, absences, phases, and what happened at the portal.

Master data is replaced row by row through imports; phases and portal events are only ever added.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, MetaData, Table, UniqueConstraint

from billhook.store.tables import BYTES_TEXT, NAMING, WHOLE

metadata = MetaData(naming_convention=NAMING)


def _text(name: str, meaning: str = "") -> Column[str]:
    return Column(name, BYTES_TEXT, nullable=False, doc=meaning)


def _maybe(name: str, meaning: str = "") -> Column[Any]:
    return Column(name, BYTES_TEXT, nullable=True, doc=meaning)


def _whole(name: str, meaning: str = "") -> Column[int]:
    return Column(name, WHOLE, nullable=False, doc=meaning)


def _id() -> Column[int]:
    return Column("id", WHOLE, primary_key=True, autoincrement=False)


grant = Table(
    "mass_grant",
    metadata,
    _id(),
    _text("number", "Kostenzusage"),
    _text("client", "the provider's own number of the person"),
    _text("payer"),
    _text("reference", "the person's reference at the payer (Aktenzeichen)"),
    _text("facility", "empty: any"),
    _text("service"),
    _text("unit", "day, month, hour, flat"),
    _text("valid_from"),
    _maybe("valid_to", "empty: until further notice"),
    _maybe("rate", "decimal; empty: the facility's agreed rate"),
    _maybe("quantity", "decimal; empty: not limited"),
    _text("per", "what the quantity is for: grant, year, month, week"),
    _text("note"),
    UniqueConstraint("payer", "number", "client", "service", "valid_from", name="uq_mass_grant"),
    Index("mass_grant_client", "client", "service"),
)
"""Kostenzusagen."""

rate = Table(
    "mass_rate",
    metadata,
    _id(),
    _text("payer", "empty: any"),
    _text("facility"),
    _text("service"),
    _text("unit"),
    _text("rate", "decimal"),
    _text("valid_from"),
    _maybe("valid_to"),
    UniqueConstraint("payer", "facility", "service", "valid_from", name="uq_mass_rate"),
)
"""Vergütungsvereinbarungen."""

stay = Table(
    "mass_stay",
    metadata,
    _id(),
    _text("client"),
    _text("facility"),
    _text("admitted", "first day"),
    _maybe("discharged", "last day; empty: still there"),
    _whole("moved", "1 when the person moved to another home"),
    UniqueConstraint("client", "facility", "admitted", name="uq_mass_stay"),
)
"""Occupancy (Belegung)."""

absence = Table(
    "mass_absence",
    metadata,
    _id(),
    _text("client"),
    _text("facility"),
    _text("kind", "as the profile calls it"),
    _text("left", "day of leaving"),
    _maybe("returned", "day of coming back; empty: still away"),
    _maybe("reported", "day on which the payer was told"),
    UniqueConstraint("client", "facility", "left", "kind", name="uq_mass_absence"),
)
"""Absences (Abwesenheiten)."""

phase = Table(
    "mass_phase",
    metadata,
    _id(),
    _text("payer"),
    _text("facility"),
    _text("phase"),
    _text("valid_from"),
    _text("document", "the payer's release, needed for live"),
    _text("note"),
    _text("made", "moment"),
    _text("actor"),
    CheckConstraint("phase IN ('candidate', 'unlocked', 'pilot', 'live', 'suspended')", name="phase"),
    Index("mass_phase_facility", "payer", "facility", "valid_from"),
)
"""Phases of the introduction, per payer and facility."""

portal_event = Table(
    "mass_portal_event",
    metadata,
    _id(),
    # No foreign key: what was uploaded stays known when the core archives an exchange.
    _whole("exchange_id"),
    _text("event", "uploaded, accepted, rejected, note"),
    _text("sha256", "of the file that was uploaded"),
    _text("reference", "the portal's receipt"),
    _text("note"),
    _text("happened", "moment"),
    _text("made", "moment"),
    _text("actor"),
    CheckConstraint("event IN ('uploaded', 'accepted', 'rejected', 'note')", name="event"),
    Index("mass_portal_event_exchange", "exchange_id"),
)
"""What a person did at the portal, and what the portal said."""


reason = Table(
    "mass_reason",
    metadata,
    Column("code", BYTES_TEXT, primary_key=True, doc="of the payer"),
    _text("reason", "of the provider's own list (deductions)"),
    _text("made", "moment"),
    _text("actor"),
)
"""What the payer's reason codes were mapped to."""


def branch() -> tuple[str, Path]:
    """Label and folder of this plugin's Alembic branch."""
    return "mass", Path(__file__).parent / "migrations" / "versions"
