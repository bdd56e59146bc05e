"""What an item says as a line of an invoice: every value that a column may carry, from the item, its invoice and its file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from billhook.model import BillingItem
from billhook_mass.details import PRESENT, Details
from billhook_mass.hours import read_contacts
from billhook_mass.profile import Profile

CORRECTION, CANCELLATION = "correction", "cancellation"
"""Kinds of items that follow another; `original` is what has none."""

Value = str | int | Decimal | date | None
"""What a column carries: amounts in cents, a month as its first day."""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is the same in a whole file."""

    number: int
    created: date
    month: date | None
    rows: int
    invoices: int
    total: int
    payer: str
    payer_name: str
    biller_name: str

    def values(self) -> dict[str, Value]:
        """By the names of `fields`."""
        return {
            "file.number": self.number,
            "file.created": self.created,
            "file.month": self.month,
            "file.rows": self.rows,
            "file.invoices": self.invoices,
            "file.total": self.total,
            "payer.number": self.payer,
            "payer.name": self.payer_name,
            "biller.name": self.biller_name,
        }


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """What is the same in a whole invoice."""

    number: str
    date: date
    rows: int
    total: int
    biller_reference: str
    facility_number: str
    facility_name: str

    def values(self) -> dict[str, Value]:
        """By the names of `fields`."""
        return {
            "biller.reference": self.biller_reference,
            "facility.number": self.facility_number,
            "facility.name": self.facility_name,
            "invoice.number": self.number,
            "invoice.date": self.date,
            "invoice.rows": self.rows,
            "invoice.total": self.total,
        }


def details_of(item: BillingItem) -> Details:
    """The item's details, typed."""
    return cast(Details, item.details)


def month_start(text: str) -> date | None:
    """The first day of a month such as 2026-03; None where it is none.

    >>> month_start("2026-03"), month_start("2026-13")
    (datetime.date(2026, 3, 1), None)
    """
    found = _MONTH.fullmatch(text)
    return date(int(found[1]), int(found[2]), 1) if found and int(found[1]) > 0 else None


def month_of(item: BillingItem) -> str:
    """The month of service as YYYY-MM; empty when neither the item nor its first day says it.

    What is no month is given back as it is, for the check to name.
    """
    stated = details_of(item).month
    if stated:
        return stated
    return "" if item.service_from is None else f"{item.service_from:%Y-%m}"


def last_day_of(item: BillingItem) -> date | None:
    """The last day of service."""
    return item.service_to or item.service_from


def rate_of(item: BillingItem) -> Decimal:
    """The agreed rate of one unit: what the details say, else the unit price."""
    stated = details_of(item).rate
    return item.unit_price if stated is None else stated


def day_kind_of(item: BillingItem) -> str:
    """The kind of day; present where nothing is said."""
    return details_of(item).day_kind or PRESENT


def line_values(item: BillingItem, ordinal: int, profile: Profile) -> Mapping[str, Value]:
    """The values of a line, by the names of `fields`, in the provider's own words."""
    details = details_of(item)
    client = item.client
    contacts = read_contacts(details.contacts) if details.contacts else None
    negative_rate = item.kind == CANCELLATION and profile.corrections.negative == "rate"
    name = ", ".join(part for part in (client.family_name, client.given_name) if part)
    return {
        "person.reference": details.reference,
        "person.number": client.number,
        "person.family_name": client.family_name,
        "person.given_name": client.given_name,
        "person.name": name,
        "person.birth_date": client.birth_date,
        "line.ordinal": ordinal,
        "line.number": item.number,
        "line.grant": details.grant,
        "line.month": month_start(month_of(item)),
        "line.first_day": item.service_from,
        "line.last_day": last_day_of(item),
        "line.service": item.code,
        "line.service_name": service_name(item, profile),
        "line.unit": item.unit,
        "line.quantity": -item.quantity if negative_rate else item.quantity,
        "line.days_present": details.days_present,
        "line.days_absent": details.days_absent,
        "line.day_kind": day_kind_of(item),
        "line.absence": details.absence,
        "line.rate": -rate_of(item) if negative_rate else rate_of(item),
        "line.percent": details.percent,
        "line.amount": item.billed,
        "line.minutes": None if contacts is None else sum(contacts),
        "line.correction": item.kind or "original",
        "line.corrects_invoice": details.corrects_invoice,
        "line.corrects_date": details.corrects_date,
        "line.note": details.note,
    }


def service_name(item: BillingItem, profile: Profile) -> str:
    """The service in words: the item's own, else the profile's for the kind of day, else the profile's."""
    names = profile.keys.services.names
    return (
        details_of(item).service_name
        or names.get(f"{item.code}/{day_kind_of(item)}", "")
        or names.get(item.code, "")
        or item.text
    )
