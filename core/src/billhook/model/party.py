"""Parties: persons and offices, and the roles that they play."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class PartyKind(StrEnum):
    """A person has a birth date; an organisation has an institution number."""

    PERSON = "person"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address (Anschrift). `country` is the code that the payer's key table uses; empty means inland."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A person or an office (Kontakt, Debitor): the master record that items take their data from.

    `number` is the provider's own number (Kundennummer), unique. `identifiers` are numbers by kind: `kvnr`, `ik`, `insz`, …
    """

    id: int
    number: str
    kind: PartyKind
    family_name: str
    given_name: str = ""
    birth_date: date | None = None
    address: Address = Address()
    identifiers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartyRole:
    """A role (Partnerrolle) that a party has from a day on.

    `role` is one of insured, payer, billing_office, cost_estimate_office, prescriber, pricing_debtor, association, seller or a
    name of the provider's own. `of_party` is the party that the role is played for (whose prescriber is it?), None for a role
    of the party's own.
    """

    party: int
    role: str
    of_party: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
