"""Phases of the introduction: entering from which day a facility is in which phase with a payer, and looking at them.

Entries are only ever added; the one that was made last holds where two begin on the same day. Live needs the payer's release.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from billhook.billing.contexts import ITEMS_LOCK, moment
from billhook.billing.problems import BillingProblem
from billhook.store import Workspace, journal
from billhook.store.database import BUSY_SECONDS, next_ids
from billhook.store.encoding import moment_text
from billhook.words import words
from billhook_mass import tables
from billhook_mass.reading import read_day
from billhook_mass.registers import Phase, Register, phase_of
from billhook_mass.settings import Settings

NEXT = {
    Phase.CANDIDATE: (Phase.CANDIDATE, Phase.UNLOCKED, Phase.SUSPENDED),
    Phase.UNLOCKED: (Phase.UNLOCKED, Phase.PILOT, Phase.SUSPENDED),
    Phase.PILOT: (Phase.PILOT, Phase.LIVE, Phase.SUSPENDED),
    Phase.LIVE: (Phase.LIVE, Phase.SUSPENDED),
    Phase.SUSPENDED: tuple(Phase),
}
"""What may follow a phase. Nobody goes live without a pilot, and a payer that takes only files does not go back to paper."""


class PhaseRefused(BillingProblem):
    """A phase cannot be entered; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """A phase as it was entered."""

    payer: str
    facility: str
    phase: Phase
    valid_from: date
    document: str
    note: str
    made: str
    actor: str


def set_phase(
    workspace: Workspace,
    payer: str,
    facility: str,
    phase: Phase,
    start: date,
    *,
    document: str = "",
    note: str = "",
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> PhaseRow:
    """Enter that a facility is in a phase with a payer from a day on.

    Raises:
        PhaseRefused: payer or facility are not in the settings, the phase cannot follow the one before, live has no release,
            or a later entry stands there already.
    """
    settings: Settings = workspace.settings("mass")
    if settings.payer(payer) is None:
        raise PhaseRefused(words("there is no payer {payer} in the settings", payer=repr(payer)))
    if settings.facility(facility) is None:
        raise PhaseRefused(words("there is no facility {facility} in the settings", facility=repr(facility)))
    if phase is Phase.LIVE and not _is_dated(document):
        raise PhaseRefused(
            words("live needs the payer's release: say which document it is, with its date (--document)")
        )
    who, when = actor or journal.current_actor(), moment_text(moment(now))
    table = tables.phase
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        mine = sa.select(table).where(table.c.payer == payer, table.c.facility == facility)
        entries = [phase_of(row) for row in connection.execute(mine.order_by(table.c.id))]
        later = [entry for entry in entries if entry.valid_from > start]
        if later:
            raise PhaseRefused(
                words(
                    "from {day} on {facility} is {phase} with {payer} already; phases are entered in their order",
                    day=later[-1].valid_from, facility=facility, phase=later[-1].phase.value, payer=payer,
                )
            )  # fmt: skip
        before = Register.of(phases=entries).phase_on(payer, facility, start)
        if phase not in NEXT[before]:
            allowed = ", ".join(one.value for one in NEXT[before])
            raise PhaseRefused(
                words(
                    "{facility} is {phase} with {payer}; what may follow is {allowed}",
                    facility=facility, phase=before.value, payer=payer, allowed=allowed,
                )
            )  # fmt: skip
        row = {
            "payer": payer, "facility": facility, "phase": phase.value, "valid_from": start.isoformat(),
            "document": document.strip(), "note": note, "made": when, "actor": who,
        }  # fmt: skip
        connection.execute(table.insert().values(id=next_ids(connection, table.name, 1)[0], **row))
        payload = {"phase": phase.value, "from": start.isoformat(), "document": document.strip()}
        journal.append(connection, "mass.phase", f"mass:{payer}/{facility}", payload, actor=who, time=moment(now))
    return PhaseRow(payer, facility, phase, start, document.strip(), note, when, who)


def _is_dated(document: str) -> bool:
    """True where the words that name a document have a day in them, as DD.MM.YYYY or YYYY-MM-DD."""
    found = re.findall(r"(?<!\d)(?:\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d\d-\d\d)(?!\d)", document)
    return any(read_day(text, form) for text in found for form in ("%d.%m.%Y", "%Y-%m-%d"))


def phases(workspace: Workspace, *, payer: str = "", facility: str = "") -> list[PhaseRow]:
    """All entries in their order."""
    table = tables.phase
    statement = sa.select(table).order_by(table.c.payer, table.c.facility, table.c.valid_from, table.c.id)
    if payer:
        statement = statement.where(table.c.payer == payer)
    if facility:
        statement = statement.where(table.c.facility == facility)
    with workspace.database.read() as connection:
        return [
            PhaseRow(
                row.payer, row.facility, Phase(row.phase), date.fromisoformat(row.valid_from), row.document, row.note, row.made,
                row.actor,
            )
            for row in connection.execute(statement)
        ]  # fmt: skip


def current(workspace: Workspace, day: date) -> list[tuple[str, str, Phase]]:
    """Payer, facility and phase on a day, for every facility that the settings have a reference of."""
    settings: Settings = workspace.settings("mass")
    table = tables.phase
    with workspace.database.read() as connection:
        register = Register.of(
            phases=[phase_of(row) for row in connection.execute(sa.select(table).order_by(table.c.id))]
        )
    return [
        (reference.payer, facility.number, register.phase_on(reference.payer, facility.number, day))
        for facility in settings.facilities
        for reference in facility.references
    ]
