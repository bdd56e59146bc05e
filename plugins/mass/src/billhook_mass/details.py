"""What MASS wants to know of an item beyond what every item has.

An item is one row: person × month × service × rate × kind of day. A voucher is what one person gets in one month from one
facility. The item's `provider` is the facility's own number (settings), `payer` the payer's key, `code` the service, `unit` one
of day, month, hour, flat; `unit_price` is rate × percent / 100. Presence is checked by `checks`; only what cannot be read as its
type is refused at import.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

PRESENT, RESERVED, UNPAID = "present", "reserved", "unpaid"
"""Kinds of day: there; away and the place is paid (Platzgebühr); away and not paid."""

DAY, MONTH, HOUR, FLAT = "day", "month", "hour", "flat"
"""Units."""

_DAY_KINDS: dict[str, Any] = {
    "": "present",
    PRESENT: "the person was there",
    RESERVED: "away, the place is paid",
    UNPAID: "away, not paid",
}


def _text(title: str, description: str, **extra: Any) -> Any:
    return Field("", title=title, description=description, json_schema_extra=extra or None)


class Details(BaseModel):
    """The fields of one item."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    month: str = _text("Leistungsmonat", "YYYY-MM; empty: month of the first day", level="voucher")
    reference: str = _text(
        "Aktenzeichen der Person", "the person's reference at the payer, as the grant has it", level="voucher"
    )
    grant: str = _text("Kostenzusage", "number of the grant; empty: any that covers person, service and days")
    service_name: str = _text("Leistungsbezeichnung", "service in words; empty: as the profile's key table names it")
    rate: Decimal | None = Field(
        None, title="Vergütungssatz", description="agreed rate of one unit; empty: the unit price"
    )
    percent: Decimal = Field(
        Decimal(100), title="Prozentsatz", description="percent of the rate that is paid (75 for a reserved place)"
    )
    day_kind: str = Field(
        "", title="Tagesart", description="present, reserved or unpaid; empty: present",
        json_schema_extra={"codes": _DAY_KINDS},
    )  # fmt: skip
    days_present: int | None = Field(None, title="Anwesenheitstage", description="days on which the person was there")
    days_absent: int | None = Field(None, title="Abwesenheitstage", description="days on which the person was away")
    absence: str = _text("Abwesenheitsgrund", "kind of absence, as the profile calls it")
    contacts: str = _text(
        "Kontakte",
        "minutes of each contact as recorded, separated by blanks, of hours that are billed (Fachleistungsstunden)",
    )
    missed: bool = Field(False, title="Fehlkontakt", description="the contacts were planned and missed by the person")
    corrects_invoice: str = _text(
        "Bezug Rechnungsnummer", "invoice that is corrected; filled by a correction", level="voucher"
    )
    corrects_date: date | None = Field(
        None, title="Bezug Rechnungsdatum", description="its date", json_schema_extra={"level": "voucher"}
    )
    corrects_line: str = _text("Bezug Posten", "own number of the item that is corrected; filled by a correction")
    note: str = _text("Bemerkung", "remark for the payer")
