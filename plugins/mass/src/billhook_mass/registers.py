"""What the provider knows beside the items: grants, agreed rates, occupancy, absences, phases; and reading it from the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa

from billhook.scheme import TableView
from billhook.store.encoding import read_date
from billhook_mass import tables

T = TypeVar("T")


class Per(StrEnum):
    """What a granted quantity is for."""

    GRANT = "grant"
    YEAR = "year"
    MONTH = "month"
    WEEK = "week"


class Phase(StrEnum):
    """How far a facility is with a payer.

    candidate: it has asked. unlocked: the payer opened the portal. pilot: paper and CSV, paid on paper. live: only CSV.
    suspended: nothing leaves until it is clear what happens.
    """

    CANDIDATE = "candidate"
    UNLOCKED = "unlocked"
    PILOT = "pilot"
    LIVE = "live"
    SUSPENDED = "suspended"


BILLING_PHASES = (Phase.PILOT, Phase.LIVE)
"""Phases in which invoices leave."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant (Kostenzusage): what a payer pays for a person. Both days are included; no last day: until further notice."""

    id: int
    number: str
    client: str
    payer: str
    reference: str
    facility: str
    service: str
    unit: str
    valid_from: date
    valid_to: date | None = None
    rate: Decimal | None = None
    quantity: Decimal | None = None
    per: Per = Per.GRANT
    note: str = ""

    def covers(self, day: date) -> bool:
        """True when the grant holds on the day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def is_for(self, payer: str, facility: str, service: str) -> bool:
        """True when it is this payer's, for this service, in this facility or any."""
        return self.payer == payer and self.service == service and self.facility in ("", facility)


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate that was agreed for a service of a facility (Vergütungsvereinbarung); `payer` empty: with all of them."""

    id: int
    payer: str
    facility: str
    service: str
    unit: str
    rate: Decimal
    valid_from: date
    valid_to: date | None = None

    def covers(self, day: date) -> bool:
        """True when the rate holds on the day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Stay:
    """A person's time in a facility (Belegung); `moved`: the person left for another home."""

    id: int
    client: str
    facility: str
    admitted: date
    discharged: date | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Absence:
    """An absence: the day of leaving, and of coming back (None: still away)."""

    id: int
    client: str
    facility: str
    kind: str
    left: date
    returned: date | None = None
    reported: date | None = None


@dataclass(frozen=True, slots=True)
class PhaseEntry:
    """From this day on the facility is in this phase with the payer."""

    payer: str
    facility: str
    phase: Phase
    valid_from: date
    document: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    """Everything that is known, found by person or facility. It is what `prepare` hands to a run; small enough to be pickled."""

    grants: Mapping[str, Sequence[Grant]] = field(default_factory=dict)
    rates: Mapping[tuple[str, str], Sequence[Rate]] = field(default_factory=dict)
    stays: Mapping[str, Sequence[Stay]] = field(default_factory=dict)
    absences: Mapping[str, Sequence[Absence]] = field(default_factory=dict)
    phases: Mapping[tuple[str, str], Sequence[PhaseEntry]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        *,
        grants: Iterable[Grant] = (),
        rates: Iterable[Rate] = (),
        stays: Iterable[Stay] = (),
        absences: Iterable[Absence] = (),
        phases: Iterable[PhaseEntry] = (),
    ) -> Register:
        """A register of these rows."""
        return cls(
            _by(grants, lambda one: one.client),
            _by(rates, lambda one: (one.facility, one.service)),
            _by(stays, lambda one: one.client),
            _by(absences, lambda one: one.client),
            # The entry that was made last wins where two begin on one day, so the order of making is kept.
            _by(phases, lambda one: (one.payer, one.facility)),
        )

    def phase_on(self, payer: str, facility: str, day: date) -> Phase:
        """The phase on a day; candidate where nobody entered one."""
        begun = [entry for entry in self.phases.get((payer, facility), ()) if entry.valid_from <= day]
        return (
            max(enumerate(begun), key=lambda pair: (pair[1].valid_from, pair[0]))[1].phase if begun else Phase.CANDIDATE
        )

    def released(self, payer: str, facility: str, day: date) -> bool:
        """True when the payer's release for live is entered and dated."""
        return any(
            entry.phase is Phase.LIVE and entry.document and entry.valid_from <= day
            for entry in self.phases.get((payer, facility), ())
        )

    def rate_on(self, payer: str, facility: str, service: str, day: date) -> Rate | None:
        """The rate that was agreed for the day: with this payer before with all, then the latest."""
        fitting = [
            rate for rate in self.rates.get((facility, service), ()) if rate.payer in ("", payer) and rate.covers(day)
        ]
        return max(fitting, key=lambda rate: (rate.payer != "", rate.valid_from), default=None)

    def grants_of(self, client: str, payer: str, facility: str, service: str) -> list[Grant]:
        """The grants of a person for a service, the latest first."""
        fitting = [grant for grant in self.grants.get(client, ()) if grant.is_for(payer, facility, service)]
        return sorted(fitting, key=lambda grant: (grant.valid_from, grant.facility != "", grant.number), reverse=True)


def _by(rows: Iterable[T], key: Any) -> dict[Any, tuple[T, ...]]:
    found: dict[Any, list[T]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return {name: tuple(some) for name, some in found.items()}


# --- Reading the tables -----------------------------------------------------------------------------------------------


def read_register(view: TableView) -> Register:
    """Everything that the tables hold."""

    def rows(table: sa.Table) -> Iterable[Any]:
        return view.rows(sa.select(table).order_by(table.c.id))

    return Register.of(
        grants=map(grant_of, rows(tables.grant)),
        rates=map(rate_of, rows(tables.rate)),
        stays=map(stay_of, rows(tables.stay)),
        absences=map(absence_of, rows(tables.absence)),
        phases=map(phase_of, rows(tables.phase)),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def grant_of(row: Any) -> Grant:
    """A row of `mass_grant`."""
    return Grant(
        row.id, row.number, row.client, row.payer, row.reference, row.facility, row.service, row.unit,
        _day(row.valid_from), read_date(row.valid_to), _decimal(row.rate), _decimal(row.quantity), Per(row.per), row.note,
    )  # fmt: skip


def rate_of(row: Any) -> Rate:
    """A row of `mass_rate`."""
    return Rate(
        row.id, row.payer, row.facility, row.service, row.unit, Decimal(row.rate), _day(row.valid_from),
        read_date(row.valid_to),
    )  # fmt: skip


def stay_of(row: Any) -> Stay:
    """A row of `mass_stay`."""
    return Stay(row.id, row.client, row.facility, _day(row.admitted), read_date(row.discharged), bool(row.moved))


def absence_of(row: Any) -> Absence:
    """A row of `mass_absence`."""
    return Absence(
        row.id, row.client, row.facility, row.kind, _day(row.left), read_date(row.returned), read_date(row.reported)
    )


def phase_of(row: Any) -> PhaseEntry:
    """A row of `mass_phase`."""
    return PhaseEntry(row.payer, row.facility, Phase(row.phase), _day(row.valid_from), row.document)
