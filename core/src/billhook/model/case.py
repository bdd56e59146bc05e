"""Cases: one supply of one client, in gapless periods, with everybody who takes part in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Case:
    """One supply of one client (Vorgang).

    `facts` are what items of the case take over unless they say otherwise: prescription date, prescriber, approval number …
    by the name of the scheme's field, values as text (dates ISO). A correction of such a field is written back here.
    """

    id: int
    number: str
    client: int
    kind: str = ""
    contract_version: int | None = None
    opened: date | None = None
    closed: date | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CasePeriod:
    """A phase of a case (Vorgangsperiode): periods of a case follow each other without a gap."""

    id: int
    case: int
    label: str
    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """Who takes part in a case, as what, since when (Vorgangsbeteiligter). Lower `rank` is asked first."""

    case: int
    party: int
    role: str
    rank: int = 1
    valid_from: date | None = None
    valid_to: date | None = None
