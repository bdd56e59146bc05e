"""Offices as rows of the tables, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from billhook.store.encoding import date_text, json_text, read_date, read_json
from billhook_p302.payers.model import (
    ALWAYS,
    BankAccount,
    Channel,
    ContactPerson,
    Link,
    Office,
    PostalAddress,
    Validity,
)

Row: TypeAlias = tuple[Any, ...]

_VALIDITY_COLUMNS = ("valid_from", "valid_to")

OFFICE_COLUMNS = (
    *("file_id", "number", "ik", "short_name", "name", "insurer_number", "mark", *_VALIDITY_COLUMNS),
    *("reference", "line", "addresses", "contacts", "account"),
)
LINK_COLUMNS = (
    *("file_id", "office", "number", "kind", "partner", "provider_group", "billing_office", "delivery", "medium"),
    *("state", "kv_district", "code", "tariff", "subprocedure", *_VALIDITY_COLUMNS, "line"),
)
CHANNEL_COLUMNS = (
    *("file_id", "office", "number", "medium", "parameter", "charset", "compression", "protocol", "user_id"),
    *("opens", "closes", "days", "address", *_VALIDITY_COLUMNS, "line"),
)


def office_row(file_id: int, number: int, office: Office) -> Row:
    """Values of `OFFICE_COLUMNS`."""
    return (
        file_id, number, office.ik, office.short_name, office.name, office.insurer_number, office.mark,
        *_validity(office.valid), office.reference, office.line,
        json_text([_plain(each) for each in office.addresses]), json_text([_plain(each) for each in office.contacts]),
        json_text(_plain(office.account) if office.account else {}),
    )  # fmt: skip


def link_rows(file_id: int, office_number: int, office: Office) -> Iterable[Row]:
    """Values of `LINK_COLUMNS` for each link."""
    for number, link in enumerate(office.links, start=1):
        yield (
            file_id, office_number, number, link.kind, link.partner, link.group, link.billing_office, link.delivery,
            link.medium, link.state, link.kv_district, link.code, link.tariff, link.subprocedure,
            *_validity(link.valid), link.line,
        )  # fmt: skip


def channel_rows(file_id: int, office_number: int, office: Office) -> Iterable[Row]:
    """Values of `CHANNEL_COLUMNS` for each channel."""
    for number, way in enumerate(office.channels, start=1):
        yield (
            file_id, office_number, number, way.medium, way.parameter, way.charset, way.compression, way.protocol,
            way.user, way.opens, way.closes, way.days, way.address, *_validity(way.valid), way.line,
        )  # fmt: skip


def read_link(row: Any) -> Link:
    """The link of a row."""
    return Link(
        row.kind, row.partner, row.provider_group, row.billing_office, row.delivery, row.medium, row.state,
        row.kv_district, row.code, row.tariff, row.subprocedure, _read_validity(row.valid_from, row.valid_to), row.line,
    )  # fmt: skip


def read_channel(row: Any) -> Channel:
    """The channel of a row."""
    return Channel(
        row.medium, row.parameter, row.charset, row.compression, row.protocol, row.user_id, row.opens, row.closes,
        row.days, row.address, _read_validity(row.valid_from, row.valid_to), row.line,
    )  # fmt: skip


def read_office(row: Any, links: Iterable[Link], channels: Iterable[Channel]) -> Office:
    """The office of a row, with its links and channels."""
    account = read_json(row.account)
    return Office(
        ik=row.ik,
        name=row.name,
        short_name=row.short_name,
        insurer_number=row.insurer_number,
        mark=row.mark,
        valid=_read_validity(row.valid_from, row.valid_to),
        links=tuple(links),
        channels=tuple(channels),
        addresses=tuple(PostalAddress(**_unplain(each)) for each in read_json(row.addresses)),
        contacts=tuple(ContactPerson(**_unplain(each)) for each in read_json(row.contacts)),
        account=BankAccount(**_unplain(account)) if account else None,
        reference=row.reference,
        line=row.line,
    )


def _validity(valid: Validity) -> tuple[str | None, str | None]:
    return date_text(valid.start), date_text(valid.end)


def _read_validity(start: str | None, end: str | None) -> Validity:
    return Validity(read_date(start), read_date(end)) if start or end else ALWAYS


def _plain(thing: PostalAddress | ContactPerson | BankAccount) -> dict[str, Any]:
    """As JSON: what is empty is left out."""
    values = {name: value for name, value in asdict(thing).items() if value and name != "valid"}
    start, end = _validity(thing.valid)
    return {**values, "valid": [start, end]} if start or end else values


def _unplain(values: Mapping[str, Any]) -> dict[str, Any]:
    """From JSON, with what was left out because it was empty."""
    valid = values.get("valid")
    read = {"kind": "", "postal_code": "", "city": ""} if "city" in values else {}
    return {**read, **values, "valid": _read_validity(*valid) if valid else ALWAYS}
