"""What §302 wants to know of an item beyond what every item has.

Presence is checked by `checks`, not here: a prescription date that is missing is something a clerk can mend, so it must
be possible to store the item without it. Only what cannot be read as its type is refused at import. `level: voucher`
marks facts of the prescription, the same on all items of a voucher; `master: case` those that a correction also writes
to the case.
"""

from __future__ import annotations

from datetime import date, time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from billhook_p302.codes import KeyTable, prescription
from billhook_p302.codes import aid as aid_codes


def _key(table: KeyTable, **marks: str) -> dict[str, Any]:
    """A field of this key table: a correction takes only its values, the schema of an item shows what they mean."""
    return {**marks, "codes": {key.value: key.meaning for key in table}}


_CASE: dict[str, Any] = {"level": "voucher", "master": "case"}
_VOUCHER: dict[str, Any] = {"level": "voucher"}


class Diagnosis(BaseModel):
    """A diagnosis on the prescription (TA1 5.5.3.2 DIA): ICD-10-GM code, text, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field("", title="Diagnoseschlüssel", description="ICD-10-GM code as printed, at most 12 characters")
    text: str = Field("", title="Diagnosetext", description="diagnosis in words, at most 70 characters")


class Details(BaseModel):
    """The §302 fields of one billing item. Sources are the segments of TA1 V21 that they end up in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # the prescription, the same on all lines of a voucher
    voucher_number: str = Field(
        "",
        title="Belegnummer",
        description="number on the original, unique in the invoice, at most 10 characters (INV); empty: the voucher's own",
        json_schema_extra=_VOUCHER,
    )
    insurance_kind: str = Field(
        "statutory",
        title="Versicherungsart",
        description="`statutory` or `private`; a privately insured client cannot be billed under §302",
        json_schema_extra=_VOUCHER,
    )
    birth_date_text: str = Field(
        "",
        title="Geburtsdatum, teilweise bekannt",
        description="`YYYYMM00` or `YYYY0000` of a client from abroad whose birth date is not fully known (NAD)",
        json_schema_extra=_CASE,
    )
    document_info: str = Field(
        "",
        title="Beleginformation",
        description="key 8.1.18 (INV); empty: the receiver's setting",
        json_schema_extra=_key(prescription.DOCUMENT_INFO, level="voucher"),
    )
    special_care: str = Field(
        "",
        title="Kennzeichen Besondere Versorgungsform",
        description="contract mark of a special form of care (INV)",
        json_schema_extra=_CASE,
    )
    prescribed_on: date | None = Field(
        None,
        title="Verordnungsdatum",
        description="date of the prescription, repair slip or entitlement slip (ZHI)",
        json_schema_extra=_CASE,
    )
    bsnr: str = Field(
        "",
        title="Betriebsstättennummer",
        description="practice number; 999999999 where there is none (ZHI)",
        json_schema_extra=_CASE,
    )
    lanr: str = Field(
        "",
        title="Arztnummer",
        description="doctor's number; 999999999 where there is none (ZHI)",
        json_schema_extra=_CASE,
    )
    copayment_mark: str = Field(
        "",
        title="Zuzahlungskennzeichen",
        description="key 8.1.3 (ZHI)",
        json_schema_extra=_key(prescription.COPAYMENT_MARK, level="voucher", master="case"),
    )
    accident: str = Field(
        "",
        title="Unfallkennzeichen",
        description="key 8.1.2 (ZHI)",
        json_schema_extra=_key(prescription.ACCIDENT, level="voucher", master="case"),
    )
    social_compensation: str = Field(
        "",
        title="Kennzeichen BVG/SER",
        description="key 8.1.2.1 (ZHI)",
        json_schema_extra=_key(prescription.SOCIAL_COMPENSATION, level="voucher", master="case"),
    )
    prescription_feature: str = Field(
        "",
        title="Verordnungsbesonderheit",
        description="key 8.1.11 (ZHI)",
        json_schema_extra=_key(prescription.FEATURE, level="voucher", master="case"),
    )
    employee_number: str = Field(
        "",
        title="Beschäftigtennummer",
        description="of the nurse who recommended the aid under §40 (6) SGB XI; 999999997 where there is none (ZHI)",
        json_schema_extra=_CASE,
    )
    recommender_ik: str = Field(
        "", title="IK der empfehlenden Stelle", description="with an employee number (ZHI)", json_schema_extra=_CASE
    )
    diagnoses: tuple[Diagnosis, ...] = Field(
        (), title="Diagnosen", description="all diagnoses (DIA)", json_schema_extra=_VOUCHER
    )
    approval_number: str = Field(
        "", title="Genehmigungskennzeichen", description="the payer's number (SKZ)", json_schema_extra=_CASE
    )
    approved_on: date | None = Field(None, title="Datum der Genehmigung", description="(SKZ)", json_schema_extra=_CASE)
    approval_kind: str = Field(
        "",
        title="Art der Genehmigung",
        description="key 8.1.17 (SKZ)",
        json_schema_extra=_key(prescription.APPROVAL_KIND, level="voucher", master="case"),
    )
    prescription_id: str = Field(
        "",
        title="eVO-ID",
        description="id of the electronic prescription, 22 to 256 characters (EVO)",
        json_schema_extra=_CASE,
    )
    image_month: str = Field(
        "",
        title="Imagename",
        description="year and month `YYYYMM` of the image archive (IMG)",
        json_schema_extra=_VOUCHER,
    )
    image_ik: str = Field("", title="IK des Imageerzeugers", description="(IMG)", json_schema_extra=_VOUCHER)

    # the aid and its line
    aid: int = Field(
        1,
        ge=1,
        le=999,
        title="Identifikationsnummer",
        description="which aid of the voucher the line belongs to (HIL, ZUH)",
    )
    provider_group: str = Field(
        "",
        title="Leistungserbringergruppenschlüssel",
        description="accounting code and tariff, 7 characters (EHI); empty: the provider's setting",
    )
    aid_mark: str = Field(
        "", title="Kennzeichen Hilfsmittel", description="key 8.1.10 (EHI)", json_schema_extra=_key(aid_codes.AID_MARK)
    )
    unit_key: str = Field(
        "",
        title="Mengeneinheit",
        description="key 8.6, from V20 (EHI); empty: mapped from the item's unit by the settings",
        json_schema_extra=_key(aid_codes.UNIT),
    )
    inventory_number: str = Field("", title="Inventarnummer", description="of a device that is re-used (EHI)")
    product_feature: str = Field("", title="Produktbesonderheiten", description="position number 8.3 (EHI)")
    application_site: str = Field(
        "", title="Anwendungsort", description="key 8.1.15 (EHI)", json_schema_extra=_key(aid_codes.APPLICATION_SITE)
    )
    kilometres: int | None = Field(
        None, ge=0, title="Gefahrene Kilometer", description="where a flat rate covers them (EHI)"
    )
    time_from: time | None = Field(None, title="Uhrzeit", description="(EHI)")
    time_to: time | None = Field(None, title="Uhrzeit bis", description="(EHI)")
    minutes: int | None = Field(None, ge=0, title="Dauer", description="in minutes (EHI)")
    supply_from: date | None = Field(None, title="Versorgungszeitraum von", description="(EHI)")
    supply_to: date | None = Field(None, title="Versorgungszeitraum bis", description="(EHI)")
    supply_months: int | None = Field(
        None, ge=1, le=99, title="Versorgungszeitraum in Monaten", description="of an aid for consumption (ZUH)"
    )
    copayment_kind: str = Field(
        "",
        title="Zuzahlungsart",
        description="key 8.1.13, of the aid (ZUH)",
        json_schema_extra=_key(aid_codes.COPAYMENT_KIND),
    )
    pzn: str = Field("", title="Pharmazentralnummer", description="used as the settings say")
    parcel_number: str = Field(
        "", title="Paketnummer", description="goes into TXT where the receiver's setting says so"
    )
