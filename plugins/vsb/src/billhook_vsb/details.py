"""What a care fund wants to know of an item beyond what every item has.

A voucher is one individual invoice: one person, one care fund, one month. Presence is checked by `checks`; only what cannot be
read as its type is refused at import. `zones` takes what a sector's cookbook asks for and this table has no name for.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_VOUCHER: dict[str, Any] = {"level": "voucher"}
_CASE: dict[str, Any] = {"level": "voucher", "master": "case"}


def _text(title: str, description: str, extra: dict[str, Any] | None = None) -> Any:
    return Field("", title=title, description=description, json_schema_extra=extra)


class Details(BaseModel):
    """The fields of one item. Each description ends with the record and zone that it goes to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # the invoice, the same on all lines of a voucher
    month: str = _text("Gefactureerde maand", "YYYYMM; empty: month of the performances (R10 Z22-23)", _VOUCHER)
    invoice_type: str = _text("Type factuur", "empty: the profile's (R20 Z10)", _VOUCHER)
    invoicing: str = _text(
        "Type facturering", "0 original, 1 re-invoicing, 3 credit note; empty: as the item's kind (R20 Z11)", _VOUCHER
    )
    fund: str = _text("Zorgkas van aansluiting", "three digits; empty: the payer's (Z7)", _CASE)
    sex: str = _text("Geslacht", "1 man, 2 woman; empty: as the INSZ says (Z9)", _CASE)
    insurance_code: str = _text("C.G.1 - C.G.2", "six digits (R20 Z27)", _CASE)
    admitted_on: date | None = Field(None, title="Datum van opname", description="(R20 Z5)", json_schema_extra=_CASE)
    admitted_at: str = _text("Uur van opname", "HHMM (R20 Z4)", _CASE)
    discharged_on: date | None = Field(None, title="Datum van ontslag", description="(R20 Z6)", json_schema_extra=_CASE)
    discharged_at: str = _text("Uur van ontslag", "HHMM (R20 Z22)", _CASE)
    admission_number: str = _text("Nummer opname", "at most 12 digits (R20 Z19)", _CASE)
    stay_facility: str = _text(
        "Inrichting van verblijf", "RIZIV number; empty: the facility's where it is needed (R20 Z15)", _CASE
    )
    treatment_reason: str = _text("Reden behandeling", "four digits (R20 Z17)", _CASE)
    agreed_on: date | None = Field(
        None, title="Datum akkoord", description="of the agreement (R20 Z20-21, R30 Z47)", json_schema_extra=_CASE
    )

    # re-invoicing and credit notes: what was sent before; filled by corrections
    previous_invoice: str = _text("Vorige factuur", "number of the invoice before (R20 Z29-31)", _VOUCHER)
    previous_sending: str = _text("Vorige zending", "number of the sending before (R20 Z34-36)", _VOUCHER)
    previous_fund: str = _text("Vorige zorgkas", "(R20 Z37)", _VOUCHER)
    previous_month: str = _text("Vorige maand", "YYYYMM (R20 Z41)", _VOUCHER)
    fund_reference: str = _text("Referentie zorgkas", "of the payer's answer, account A (R20 Z38-39)", _VOUCHER)

    # the performance
    record: str = _text("Record", "30, 40 or 50; empty: as the profile's code list says, else 30 or 50")
    place: str = _text(
        "Plaats van verstrekking", "RIZIV number; empty: the facility's in record 30, none in 40 and 50 (Z14)"
    )
    department: str = _text("Dienstcode", "three digits (Z13)")
    performer: str = _text("Verstrekker", "RIZIV number (R50 Z15, R30 and R40: of the agreement)")
    performer_norm: str = _text("Norm verstrekker", "one digit (R50 Z16)")
    prescriber: str = _text("Voorschrijver", "RIZIV number (Z24-25)")
    prescriber_norm: str = _text("Norm voorschrijver", "one digit (R50 Z26)")
    prescribed_on: date | None = Field(None, title="Datum voorschrift", description="(Z20-21)")
    related_code: str = _text("Betrekkelijke verstrekking", "(Z17-18)")
    norm: str = _text("Norm", "one digit (Z3)")
    product: str = _text("Product", "number of the product (R40 Z40-41)")
    product_text: str = _text("Omschrijving product", "(R40 Z42-45, R50 Z44-45)")
    engagement: str = _text(
        "Betalingsverbintenis", "number of the electronic engagement: makes a record 51 (R51 Z42-45)"
    )
    agreement_number: str = _text("Nummer akkoord", "makes a record 52 (R52 Z19)")
    account: str = _text("Rekening", "0 account A, 1 account B; empty: A (Z11)")
    zones: dict[str, str] = Field(
        default_factory=dict,
        title="Andere zones",
        description='what else the cookbook wants: `{"30.48": "1"}` is zone 48 of record 30; dates YYYYMMDD, amounts in cents',
    )


def is_zone_name(name: str) -> bool:
    """True for `30.48`: a record type and the number of a zone.

    >>> is_zone_name("30.48"), is_zone_name("zone 48")
    (True, False)
    """
    record, dot, zone = name.partition(".")
    return bool(dot) and len(record) == 2 and record.isdecimal() and zone.isdecimal() and len(zone) <= 2
