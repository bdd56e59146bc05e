"""Items become records: one voucher is one individual invoice, from record 20 to record 80.

Values only; `rendering` numbers the records and writes the bytes. The same rows are tried out by `checks` before anything leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from billhook.identifiers import insz, riziv
from billhook.model import BillingItem, SplitKind
from billhook.wire.fixed import RecordField, RecordLayout, encode_record
from billhook.wire.layout import Kind
from billhook.wire.problems import Report
from billhook_vsb import control, layouts
from billhook_vsb.codes.values import FILE_VERSIONS
from billhook_vsb.details import Details, is_zone_name
from billhook_vsb.lines import to_date
from billhook_vsb.profile import Profile
from billhook_vsb.settings import Settings

ORIGINAL, REBILLED, CREDIT = "0", "1", "3"
"""Record 20 zone 11."""

CREDIT_KIND, REBILL_KIND = "credit", "rebill"
"""The kinds of follow-up items."""


def details_of(item: BillingItem) -> Details:
    """The item's own fields; the core hands this scheme only items that have them."""
    return cast(Details, item.details)


@dataclass(slots=True)
class Row:
    """A record to be written: its type, its values by zone, and the item it speaks of (None: record 20 or 80)."""

    kind: str
    values: dict[str, object]
    item: BillingItem | None = None
    fields: dict[str, str] = field(default_factory=dict)
    """Zone → the item's field that it was filled from, for findings."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an invoice is written on: settings, profile, the day of the invoice."""

    settings: Settings
    profile: Profile
    day: date


def twelve(number: str) -> str:
    """A RIZIV number with twelve places; what is none stays as it is."""
    compact = riziv.compact(number)
    return compact.rjust(12, "0") if compact.isdecimal() else number


def performance_record(item: BillingItem, terms: Terms) -> str:
    """Which record an item is billed in: its own word, the profile's code list, else the first the profile has."""
    details = details_of(item)
    if details.record:
        return details.record
    row = terms.profile.code(item.code, item.service_from or terms.day) if item.code.isdecimal() else None
    if row is not None:
        return row.record
    return next((record for record in layouts.PERFORMANCES if record in terms.profile.records), "30")


def month_of(item: BillingItem, day: date) -> str:
    """The invoiced month, YYYYMM."""
    service = item.service_from or day
    return details_of(item).month or f"{service:%Y%m}"


def invoicing_type(item: BillingItem) -> str:
    """Record 20 zone 11."""
    return details_of(item).invoicing or {CREDIT_KIND: CREDIT, REBILL_KIND: REBILLED}.get(item.kind, ORIGINAL)


def person(item: BillingItem) -> str:
    """Zone 8: two zeros and the INSZ."""
    number = "".join(item.client.insurance_number.split()).replace(".", "").replace("-", "")
    return f"00{number}" if number.isdecimal() and len(number) == 11 else number


def sex(item: BillingItem, profile: Profile) -> str:
    """Zone 9: as stated, else as the INSZ says (odd serial numbers are men's)."""
    stated = details_of(item).sex
    number = person(item)[2:]
    if stated or not profile.sex_from_number or not insz.is_valid(number):
        return stated
    return "1" if int(number[8]) % 2 else "2"


def item_reference(item: BillingItem) -> str:
    """Zone 28 of a performance: the item's number, by which it is found in an answer; its id where that does not fit."""
    number = item.number
    fits = len(number) <= 25 and number.isascii() and number.isprintable() and number == number.strip()
    return number if fits and not number.startswith("#") else f"#{item.id}"


def invoice_rows(items: Sequence[BillingItem], number: str, terms: Terms) -> Iterator[Row]:
    """The records 20 to 80 of a voucher, items in the order of their records."""
    ordered = sorted(items, key=lambda item: performance_record(item, terms))
    opening = _opening(ordered[0], number, terms)
    yield opening
    asked_a = asked_b = share = supplement = codes = 0
    for item in ordered:
        for row in _performance(item, opening, terms):
            text = str(row.values.get("zone_4", "0"))
            codes += int(text) if text.isascii() and text.isdecimal() else 0
            if row.kind in layouts.PERFORMANCES:
                amount = cast(int, row.values["zone_19"])
                if row.values.get("zone_11") == "1":
                    asked_b += amount
                else:
                    asked_a += amount
                share += cast(int, row.values["zone_27"])
                supplement += cast(int, row.values["zone_30"])
            yield row
    closing = {name: opening.values[name] for name in _REPEATED if name in opening.values}
    closing |= {
        "zone_15": asked_b, "zone_19": asked_a, "zone_27": share, "zone_30": supplement, "zone_38": 0,
        "zone_20": terms.day, "zone_98": control.of_codes([codes]),
    }  # fmt: skip
    yield _completed(Row("80", closing, None, opening.fields), ordered[0], terms)


_REPEATED = ("zone_4", "zone_5", "zone_6", "zone_7", "zone_8", "zone_9", "zone_10", "zone_13", "zone_14", "zone_17",
             "zone_18", "zone_22", "zone_24", "zone_28", "zone_32")  # fmt: skip
"""Zones that record 80 has in common with record 20."""


def _opening(item: BillingItem, number: str, terms: Terms) -> Row:
    details, kind = details_of(item), invoicing_type(item)
    invoice_type = details.invoice_type or terms.profile.invoice_type
    facility = twelve(item.provider)
    stay = twelve(details.stay_facility) if details.stay_facility else facility if invoice_type in "1456" else ""
    values: dict[str, object] = {
        "zone_4": details.admitted_at,
        "zone_5": details.admitted_on,
        "zone_6": details.discharged_on,
        "zone_7": details.fund or item.payer,
        "zone_8": person(item),
        "zone_9": sex(item, terms.profile),
        "zone_10": invoice_type,
        "zone_11": kind,
        "zone_14": facility,
        "zone_15": stay,
        "zone_17": details.treatment_reason,
        "zone_18": item.payer,
        "zone_19": details.admission_number,
        "zone_20": details.agreed_on if invoice_type in "56" else None,
        "zone_22": details.discharged_at,
        "zone_24": number,
        "zone_27": details.insurance_code,
        "zone_28": item.voucher if len(item.voucher) <= 25 else number,
        "zone_32": "1",
        "zone_47": terms.day,
    }
    if kind != ORIGINAL:
        values |= {
            "zone_29": details.previous_invoice,
            "zone_34": details.previous_sending,
            "zone_37": details.previous_fund or item.payer,
            "zone_41": details.previous_month,
            "zone_38": details.fund_reference if kind == REBILLED else "",
        }
    return _completed(Row("20", values, None, dict(_OPENING_FIELDS)), item, terms)


_OPENING_FIELDS = {
    "4": "details.admitted_at", "5": "details.admitted_on", "6": "details.discharged_on", "7": "details.fund",
    "8": "client.insurance_number", "9": "details.sex", "10": "details.invoice_type", "11": "details.invoicing", "14": "provider",
    "15": "details.stay_facility", "17": "details.treatment_reason", "18": "payer", "19": "details.admission_number",
    "20": "details.agreed_on", "22": "details.discharged_at", "27": "details.insurance_code",
    "29": "details.previous_invoice", "34": "details.previous_sending", "37": "details.previous_fund",
    "41": "details.previous_month", "38": "details.fund_reference",
}  # fmt: skip


def _performance(item: BillingItem, opening: Row, terms: Terms) -> Iterator[Row]:
    """The record of an item, its personal share record where the code has one, and its companions 51 and 52."""
    details = details_of(item)
    kind = performance_record(item, terms)
    code = item.code.rjust(7, "0")
    day = item.service_from or terms.day
    known = terms.profile.code(item.code, day) if item.code.isdecimal() else None
    partner = known.personal_share.rjust(7, "0") if known is not None and known.personal_share and kind == "30" else ""
    share = item.share(SplitKind.COPAYMENT) + item.share(SplitKind.OWN_SHARE)
    supplement = item.share(SplitKind.SURCHARGE)
    count = int(item.quantity) if item.quantity == int(item.quantity) else 0
    values: dict[str, object] = {
        "zone_3": details.norm,
        "zone_4": code,
        "zone_5": item.service_from,
        "zone_6": item.service_to or item.service_from,
        "zone_7": opening.values.get("zone_7"),
        "zone_8": opening.values.get("zone_8"),
        "zone_9": opening.values.get("zone_9"),
        "zone_11": details.account or "0",
        "zone_13": details.department,
        "zone_14": twelve(details.place or item.provider) if details.place or kind == "30" else "",
        "zone_15": twelve(details.performer) if details.performer else "",
        "zone_17": details.related_code.rjust(7, "0") if details.related_code else "",
        "zone_19": item.gross if partner else item.billed,
        "zone_22": count,
        "zone_27": 0 if partner else share,
        "zone_28": item_reference(item),
        "zone_30": supplement,
    }
    if kind == "30":
        values |= {"zone_24": 0, "zone_47": details.agreed_on}
    else:
        values |= {
            "zone_20": details.prescribed_on,
            "zone_24": twelve(details.prescriber) if details.prescriber else "",
        }
    if kind == "40":
        values |= {
            "zone_39": 0,
            "zone_40": details.product,
            "zone_42": details.product_text,
            "zone_47": details.agreed_on,
        }
    if kind == "50":
        values |= {
            "zone_16": details.performer_norm, "zone_26": details.prescriber_norm,
            "zone_44": details.product_text, "zone_47": 0,
        }  # fmt: skip
    row = _completed(Row(kind, values, item, dict(_PERFORMANCE_FIELDS)), item, terms)
    yield row
    if partner:
        mirrored = {**row.values, "zone_4": partner, "zone_19": -share, "zone_27": share, "zone_30": 0, "zone_24": 0}
        yield Row(kind, mirrored, item, dict(_PERFORMANCE_FIELDS))
    yield from _companions(item, row, opening, terms)


def _companions(item: BillingItem, row: Row, opening: Row, terms: Terms) -> Iterator[Row]:
    details = details_of(item)
    shared = {name: row.values.get(name) for name in ("zone_4", "zone_5", "zone_8", "zone_15")}
    if details.engagement:
        own = {"zone_17": row.values.get("zone_17"), "zone_19": row.values["zone_19"],
               "zone_27": opening.values.get("zone_27"), "zone_42": details.engagement}  # fmt: skip
        yield _completed(Row("51", shared | own, item, {"42": "details.engagement"}), item, terms)
    if details.agreement_number:
        own = {"zone_19": details.agreement_number}
        yield _completed(Row("52", shared | own, item, {"19": "details.agreement_number"}), item, terms)


_PERFORMANCE_FIELDS = {
    "3": "details.norm", "4": "code", "5": "service_from", "6": "service_to", "7": "details.fund",
    "8": "client.insurance_number", "9": "details.sex", "11": "details.account", "13": "details.department",
    "14": "details.place", "15": "details.performer", "16": "details.performer_norm", "17": "details.related_code",
    "19": "unit_price", "20": "details.prescribed_on", "22": "quantity", "24": "details.prescriber",
    "26": "details.prescriber_norm", "27": "splits.own_share", "30": "splits.surcharge", "40": "details.product",
    "42": "details.product_text", "44": "details.product_text", "47": "details.agreed_on",
}  # fmt: skip


def _completed(row: Row, item: BillingItem, terms: Terms) -> Row:
    """What the profile writes where the item is silent, and what the item says zone by zone."""
    for default in terms.profile.defaults:
        if default.record == row.kind and default.covers(item.service_from or terms.day):
            field_row = layouts.by_number(row.kind).get(default.zone)
            if field_row is not None and row.values.get(field_row.name) in (None, ""):
                row.values[field_row.name] = typed(field_row, default.value)
    for name, text in details_of(item).zones.items():
        record, _, zone = name.partition(".")
        if is_zone_name(name) and record == row.kind:
            field_row = layouts.by_number(row.kind).get(int(zone))
            if field_row is not None:
                row.values[field_row.name] = typed(field_row, text)
                row.fields[str(int(zone))] = "details.zones"
    return row


def typed(row: RecordField, text: str) -> object:
    """Text of a profile or of `zones` as a value of its field; what does not fit stays text, and writing refuses it."""
    if row.kind is Kind.DATE:
        return to_date(text.replace("-", "")) or (None if not text.strip("0") else text)
    if row.kind is Kind.SIGNED:
        digits = text.lstrip("+-")
        return int(text) if digits.isascii() and digits.isdecimal() else text
    return text


def file_opening(terms: Terms, *, third_party: str, sending: int, month: str, created: date) -> Row:
    """Record 10."""
    settings = terms.settings
    values: dict[str, object] = {
        "zone_3": "0",
        "zone_4": FILE_VERSIONS[settings.test],
        "zone_7": f"{sending:03d}",
        "zone_13": terms.profile.content,
        "zone_14": twelve(third_party),
        "zone_18": terms.profile.profession,
        "zone_22": f"0{month[:4]}",
        "zone_23": month[4:],
        "zone_25": created,
        "zone_27": settings.kbo,
        "zone_31": settings.bic,
        "zone_36": settings.iban,
    }
    for default in terms.profile.defaults:
        if default.record == "10" and default.covers(created):
            field_row = layouts.by_number("10").get(default.zone)
            if field_row is not None and values.get(field_row.name) in (None, ""):
                values[field_row.name] = typed(field_row, default.value)
    return Row("10", values)


def file_closing(opening: Row, *, account_a: int, account_b: int, codes: int) -> Row:
    """Record 90."""
    repeated = (
        "zone_7",
        "zone_14",
        "zone_22",
        "zone_23",
        "zone_27",
        "zone_28",
        "zone_31",
        "zone_36",
        "zone_43a",
        "zone_49",
    )
    values = {name: opening.values[name] for name in repeated if name in opening.values}
    return Row("90", {**values, "zone_15": account_b, "zone_19": account_a, "zone_98": control.of_codes([codes])})


def encode(row: Row, sequence: int, *, credit: bool = False, report: Report | None = None) -> bytes:
    """A numbered record with its control digit. Raises WriteError where a value does not fit its zone."""
    layout = layouts.RECORDS[row.kind]
    written = {**row.values, "zone_1": row.kind, "zone_2": f"{sequence:06d}", "zone_99": "00"}
    data = encode_record(layout, written, report=report)
    if credit:
        data = _minus_zero(layout, data)
    return data[:348] + control.of_record(data).encode("ascii")


def _minus_zero(layout: RecordLayout, data: bytes) -> bytes:
    """In a credit note a zero amount carries a minus (RR2248; returned records of 2025)."""
    changed = bytearray(data)
    for row in layout.fields:
        if row.kind is Kind.SIGNED and not data[row.first : row.last].strip(b"0"):
            changed[row.first - 1] = ord("-")
    return bytes(changed)
