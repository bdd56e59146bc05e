"""Which items leave together: a sending is for one third party, profile and month; an invoice for one voucher.

Within a sending invoices are ordered by care fund (201812), and at each care fund the credit notes come first.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, cast

from billhook.model import BillingItem, Finding
from billhook.scheme import Context, Keys, Limits, Series, SeriesPlan
from billhook_vsb import rules
from billhook_vsb.building import CREDIT, Terms, invoicing_type, month_of, performance_record
from billhook_vsb.settings import Settings

SENDING = "sending"
REFERENCE = "reference"


class FileKey(NamedTuple):
    """What all invoices of a sending have in common."""

    third_party: str
    profile: str
    month: str
    test: str


class DocumentKey(NamedTuple):
    """What makes an invoice, in the order of the file."""

    payer: str
    credit_first: str
    facility: str
    voucher: str


def keys(item: BillingItem, ctx: Context) -> Keys | Finding:
    """Sending, invoice and place of an item."""
    settings = cast(Settings, ctx.settings)
    facility = settings.facility(item.provider)
    if facility is None:
        return rules.UNKNOWN_FACILITY.at(item.id, "provider", item.provider)
    profile = settings.profile_of(facility)
    # Only where the profile allows it do several facilities share a sending.
    third_party = settings.third_party if profile.several_facilities else facility.number
    terms = Terms(settings, profile, ctx.today)
    record = performance_record(item, terms)
    day = "" if item.service_from is None else f"{item.service_from:%Y%m%d}"
    return Keys(
        file=FileKey(third_party, profile.key, month_of(item, ctx.today), "T" if settings.test else "P"),
        document=DocumentKey(item.payer, "0" if invoicing_type(item) == CREDIT else "1", facility.number, item.voucher),
        order=(record, day, f"{item.line:06d}"),
        bucket=item.payer,
    )


def limits(file_key: tuple[str, ...]) -> Limits:  # noqa: ARG001  # one rule for all files
    """No limit: record numbers have six digits, which no month of a provider fills."""
    return Limits()


def series(file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:
    """Sending numbers 001 to 999 per third party and year (100721), invoice numbers, and the message's reference.

    A year has no number after 999: to begin again would give a number twice.

    The reference is the key by which every answer is found again, a receipt has no other. So it runs over all third parties.
    """
    key = FileKey(*file_key)
    settings = cast(Settings, ctx.settings)
    return SeriesPlan(
        document=Series(f"vsb/invoice/{key.third_party}", last=999_999_999_999, pattern=settings.invoice_number),
        exchange={
            SENDING: Series(f"vsb/sending/{key.test}/{key.third_party}/{ctx.today.year}", last=999, after_last=1000),
            REFERENCE: Series("vsb/reference", last=999_999),
        },
    )


def reference(created: datetime, number: int) -> str:
    """Zone 204: day and running number.

    >>> reference(datetime(2026, 11, 22), 17)
    '20261122000017'
    """
    return f"{created:%Y%m%d}{number:06d}"


def reference_number(text: str) -> int | None:
    """The running number in zone 204; None where the zone is not of our making.

    >>> reference_number("20261122000017")
    17
    """
    return int(text[8:]) if len(text) == 14 and text.isascii() and text.isdecimal() else None


def file_name(created: datetime, number: int) -> str:
    """Name of the invoice file."""
    return f"920000_{reference(created, number)}.txt"
