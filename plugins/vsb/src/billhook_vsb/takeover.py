"""Rows to import out of an invoice file: to take over from other software, or to have the items of an old file again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from billhook_vsb import layouts
from billhook_vsb.formats import euro
from billhook_vsb.messages import INVOICES, Message, Record

_NAMED: dict[str, dict[str, str]] = {
    "20": {
        "zone_4": "admitted_at", "zone_5": "admitted_on", "zone_6": "discharged_on", "zone_7": "fund", "zone_9": "sex",
        "zone_10": "invoice_type", "zone_11": "invoicing",
        "zone_15": "stay_facility", "zone_17": "treatment_reason", "zone_19": "admission_number",
        "zone_20": "agreed_on", "zone_22": "discharged_at", "zone_27": "insurance_code", "zone_29": "previous_invoice",
        "zone_34": "previous_sending", "zone_37": "previous_fund", "zone_38": "fund_reference", "zone_41": "previous_month",
    },
    "50": {
        "zone_3": "norm", "zone_11": "account", "zone_13": "department", "zone_14": "place", "zone_15": "performer",
        "zone_16": "performer_norm", "zone_17": "related_code", "zone_20": "prescribed_on", "zone_24": "prescriber",
        "zone_26": "prescriber_norm",
    },
}  # fmt: skip
_NAMED["40"] = {**{zone: name for zone, name in _NAMED["50"].items() if zone not in ("zone_16", "zone_26")},
                "zone_40": "product", "zone_42": "product_text", "zone_47": "agreed_on"}  # fmt: skip
_NAMED["30"] = {zone: name for zone, name in _NAMED["50"].items() if zone in ("zone_3", "zone_11", "zone_13", "zone_14",
                "zone_15", "zone_17")} | {"zone_47": "agreed_on"}  # fmt: skip
"""Which zone becomes which detail."""

_CARRIED = {
    "20": {"1", "2", "8", "14", "18", "24", "28", "32", "47", "99"},
    "30": {"1", "2", "4", "5", "6", "7", "8", "9", "19", "22", "24", "27", "28", "30", "99"},
}
_CARRIED["40"] = _CARRIED["50"] = _CARRIED["30"] - {"24"} | {"39"}
"""Zones that the item holds elsewhere or that are written anew."""


def rows(message: Message, *, profile_shares: frozenset[str] = frozenset()) -> Iterator[dict[str, Any]]:
    """Import rows of every performance in an invoice file, as `billhook items import` takes them.

    `profile_shares` are the codes of personal share records: they become the own share of the day before them.
    """
    if message.kind != INVOICES:
        return
    invoice: Record | None = None
    open_row: dict[str, Any] | None = None
    line = 0
    for record in message.records:
        if record.kind == "20":
            invoice, line = record, 0
        if record.kind in layouts.PERFORMANCES and invoice is not None:
            if record.text("zone_4") in profile_shares and open_row is not None:
                open_row["splits"] = [{"kind": "own_share", "amount": euro(abs(record.cents("zone_27")))}]
                open_row["unit_price"] = _price(abs(open_row.pop("_asked")), record)
                open_row["_asked"] = 0
                continue
            if open_row is not None:
                yield _done(open_row)
            line += 1
            open_row = _row(record, invoice, line, message)
        elif record.kind == "51" and open_row is not None:
            open_row["details"]["engagement"] = record.text("zone_42")
            _carry(open_row, record, "55")
        elif record.kind == "52" and open_row is not None:
            open_row["details"]["agreement_number"] = record.text("zone_19")
            for zone in ("3", "6", "9", "10", "11", "12", "16", "17", "18"):
                _carry(open_row, record, zone)
    if open_row is not None:
        yield _done(open_row)


def _carry(row: dict[str, Any], record: Record, zone: str) -> None:
    """A zone of a companion that has no name of its own."""
    value = record.values.get(f"zone_{zone}")
    text = value.strftime("%Y%m%d") if isinstance(value, date) else str(value or "")
    if text.strip("0 "):
        row["details"].setdefault("zones", {})[f"{record.kind}.{zone}"] = text


def _done(row: dict[str, Any]) -> dict[str, Any]:
    row.pop("_asked", None)
    return row


def _price(cents: int, record: Record) -> str:
    """The price of one unit; a price that has no whole cents keeps four decimals."""
    count = abs(record.cents("zone_22")) or 1
    return euro(cents // count) if cents % count == 0 else f"{cents / count / 100:.4f}"


def _row(record: Record, invoice: Record, line: int, message: Message) -> dict[str, Any]:
    share = record.cents("zone_27")
    asked = record.cents("zone_19")
    splits = [{"kind": "own_share", "amount": euro(abs(share))}] if share else []
    if record.cents("zone_30"):
        splits.append({"kind": "surcharge", "amount": euro(abs(record.cents("zone_30")))})
    number = invoice.text("zone_24").lstrip("0") or "0"
    return {
        "_asked": asked,
        "scheme": "vsb",
        "number": f"{message.reference}-{record.sequence}",
        "provider": invoice.text("zone_14").removeprefix("0"),
        "voucher": f"{message.reference}-{number}",
        "line": line,
        "payer": invoice.text("zone_18"),
        "client": {"insurance_number": invoice.text("zone_8").removeprefix("00").rstrip()},
        "code": record.text("zone_4"),
        "service_from": record.text("zone_5") or None,
        "service_to": record.text("zone_6") or None,
        "quantity": str(abs(record.cents("zone_22"))),
        "unit_price": _price(abs(asked) + abs(share), record),
        "splits": splits,
        "details": {"month": message.year_month, "record": record.kind, **_details(invoice), **_details(record)},
    }


def _details(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {}
    zones: dict[str, str] = {}
    for row in layouts.RECORDS[record.kind].fields:
        value = record.values.get(row.name)
        text = value.strftime("%Y%m%d") if isinstance(value, date) else str(value or "")
        number = "".join(filter(str.isdigit, row.name))
        name = _NAMED[record.kind].get(row.name)
        if not text.strip("0 +-") or row.original == layouts.RESERVE:
            continue
        if name is not None:
            found[name] = value.isoformat() if isinstance(value, date) else text
        elif number not in _CARRIED[record.kind]:
            zones[f"{record.kind}.{number}"] = text
    return found | ({"zones": zones} if zones else {})
