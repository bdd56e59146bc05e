"""What §302 wants to know of an item beyond what every item has.

Presence is checked by `checks`, not here: a prescription date that is missing is something a clerk can mend, so it must
be possible to store the item without it. Only what cannot be read as its type is refused at import. `level: voucher`
marks facts of the prescription, the same on all items of a voucher; `master: case` those that a correction also writes
to the case.

One model serves all groups of providers (Sammelgruppen A to S); a group reads the fields that its segments have, and
docs/reference/p302-items.md lists them by group. Stored items leave out defaults, so a default never changes.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from billhook_p302.codes import KeyTable, billing, prescription, therapy
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


class Approval(BaseModel):
    """One more approval (Kostenzusage) of a prescription, where there are several (SKZ)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str = Field(
        "", title="Genehmigungskennzeichen", description="the payer's number; `Pseudo` with kinds C2 and R2"
    )
    approved_on: date | None = Field(
        None, title="Datum der Genehmigung", description="with kinds C2 and R2 the date of the prescription"
    )
    kind: str = Field("", title="Art der Genehmigung", description="key 8.1.17")


class Prescription(BaseModel):
    """One more prescription of the voucher, where there are several: groups C, D, O and R (ZHK, ZHH, ZSP).

    The first prescription is in the item's own fields of the same names.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prescribed_on: date | None = Field(None, title="Verordnungsdatum", description="date of the prescription")
    bsnr: str = Field("", title="Betriebsstättennummer", description="practice number, or IK of a hospital")
    lanr: str = Field("", title="Arztnummer", description="doctor's number")
    accident: str = Field("", title="Unfallkennzeichen", description="key 8.1.2")
    social_compensation: str = Field("", title="Kennzeichen BVG/SER", description="key 8.1.2.1")
    prescription_feature: str = Field("", title="Verordnungsbesonderheit", description="key 8.1.11")
    prescribed_from: date | None = Field(None, title="Datum Beginn lt. Verordnung", description="group O (ZSP)")
    prescribed_to: date | None = Field(None, title="Datum Ende lt. Verordnung", description="group O (ZSP)")
    diagnoses: tuple[Diagnosis, ...] = Field((), title="Diagnosen", description="of this prescription (DIA)")
    approvals: tuple[Approval, ...] = Field((), title="Kostenzusagen", description="of this prescription (SKZ)")


class SingleService(BaseModel):
    """A single service that a flat rate covers (Einzelleistung einer Leistungspauschale): groups C and D (ELP)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field("", title="Abrechnungspositionsnummer", description="of the single service")
    quantity: Decimal = Field(Decimal(1), title="Anzahl/Menge", description="how many of it")


class Deployment(BaseModel):
    """One deployment (Einsatz) that a line bills: when, how long, by whom. Group O (ZZL) and group R (ASK)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: date | None = Field(None, title="Tag der Leistung", description="day on which it began")
    time_from: time | None = Field(None, title="Uhrzeit Beginn", description="when it began")
    ended_on: date | None = Field(None, title="Datum Ende", description="where it lasted past midnight; group O")
    time_to: time | None = Field(None, title="Uhrzeit Ende", description="when it ended")
    minutes: int | None = Field(None, ge=0, title="Dauer", description="in minutes")
    deployment_id: str = Field(
        "", title="Einsatz-ID", description="id of the deployment, instead of the time it began; group O"
    )
    performer_number: str = Field("", title="Beschäftigtennummer", description="of who did it, or a substitute 8.1.19")
    performer_number_2: str = Field("", title="Beschäftigtennummer 2", description="of the second person; group O")
    performer_number_3: str = Field(
        "", title="Beschäftigtennummer 3", description="of the third person; group O, from V21"
    )
    lanr: str = Field("", title="LANR", description="of a doctor who did it; 333333300 where there is none; group O")
    lanr_2: str = Field("", title="LANR 2", description="of the second doctor; group O, from V21")
    lanr_3: str = Field("", title="LANR 3", description="of the third doctor; group O, from V21")


class Consultation(BaseModel):
    """A process of consultation that was finished (Beratungsprozess): group P (IBP)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field("", title="Art des Beratungsprozesses", description="1 the first, 2 another one")
    began_on: date | None = Field(None, title="Beginn Beratungsprozess", description="first day")
    ended_on: date | None = Field(None, title="Ende Beratungsprozess", description="last day")
    talks: int | None = Field(None, ge=0, title="Anzahl Gespräche", description="how many talks")
    adviser: str = Field("", title="Name des Beraters", description="who advised, at most 70 characters")


class Details(BaseModel):
    """The §302 fields of one billing item. Sources are the segments of TA1 V21 that they end up in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # the prescription, the same on all lines of a voucher; all groups unless segments are named
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
        description="date of the prescription, repair slip or entitlement slip (ZHI, ZHE, ZHK, ZHH, ZKT, ZHB, ZUV, ZSP)",
        json_schema_extra=_CASE,
    )
    bsnr: str = Field(
        "",
        title="Betriebsstättennummer",
        description="practice number; 999999999 where there is none (ZHI, ZHE, ZHK, ZHH, ZKT, ZHB, ZUV, ZSP)",
        json_schema_extra=_CASE,
    )
    lanr: str = Field(
        "",
        title="Arztnummer",
        description="doctor's number; 999999999 where there is none (ZHI, ZHE, ZHK, ZHH, ZKT, ZHB, ZUV, ZSP)",
        json_schema_extra=_CASE,
    )
    copayment_mark: str = Field(
        "",
        title="Zuzahlungskennzeichen",
        description="key 8.1.3 (ZHI, ZHE, ZKT, ZUV)",
        json_schema_extra=_key(prescription.COPAYMENT_MARK, level="voucher", master="case"),
    )
    accident: str = Field(
        "",
        title="Unfallkennzeichen",
        description="key 8.1.2 (ZHI, ZHE, ZHK, ZHH, ZKT, ZUV, ZSP)",
        json_schema_extra=_key(prescription.ACCIDENT, level="voucher", master="case"),
    )
    social_compensation: str = Field(
        "",
        title="Kennzeichen BVG/SER",
        description="key 8.1.2.1 (ZHI, ZHE, ZHK, ZHH, ZKT, ZUV)",
        json_schema_extra=_key(prescription.SOCIAL_COMPENSATION, level="voucher", master="case"),
    )
    prescription_feature: str = Field(
        "",
        title="Verordnungsbesonderheit",
        description="key 8.1.11 (ZHI, ZHE, ZHK, ZHH, ZUV, ZSP)",
        json_schema_extra=_key(prescription.FEATURE, level="voucher", master="case"),
    )
    employee_number: str = Field(
        "",
        title="Beschäftigtennummer",
        description="of the nurse who recommended an aid under §40 (6) SGB XI, 999999997 where there is none (ZHI); who did a "
        "service is `performer_number`",
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
        description="which aid (HIL, ZUH), trip (KTL, ZUK) or copayment group (ENF) of the voucher the line belongs to",
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
        None,
        ge=0,
        title="Gefahrene Kilometer",
        description="where a flat rate covers them (EHI, EHE, EHK, EHB, SUT, ESP)",
    )
    time_from: time | None = Field(None, title="Uhrzeit", description="(EHI, ESK, ESH, EKT, EHB, SUT, EMP)")
    time_to: time | None = Field(None, title="Uhrzeit bis", description="(EHI, ESK, ESH, EKT, EHB, SUT, EMP)")
    minutes: int | None = Field(None, ge=0, title="Dauer", description="in minutes (EHI, ESK, ESH, EKT, EHB, SUT, EMP)")
    supply_from: date | None = Field(None, title="Versorgungszeitraum von", description="(EHI, SUT)")
    supply_to: date | None = Field(None, title="Versorgungszeitraum bis", description="(EHI, SUT, AHK)")
    supply_months: int | None = Field(
        None, ge=1, le=99, title="Versorgungszeitraum in Monaten", description="of an aid for consumption (ZUH)"
    )
    copayment_kind: str = Field(
        "",
        title="Zuzahlungsart",
        description="key 8.1.13, of the aid (ZUH) or trip (ZUK)",
        json_schema_extra=_key(aid_codes.COPAYMENT_KIND),
    )
    pzn: str = Field(
        "",
        title="Pharmazentralnummer",
        description="of an aid: used as the settings say; of a midwife's medicine: as it is (EHB)",
    )
    parcel_number: str = Field(
        "", title="Paketnummer", description="goes into TXT where the receiver's setting says so"
    )

    # who bills, where the accounting code leaves it open
    service_group: str = Field(
        "",
        title="Leistungserbringer-Sammelgruppe",
        description="key 8.1.14; empty: as the accounting code of the line says (31 to 34: C). Give D for domestic help",
        json_schema_extra=_key(billing.PROVIDER_GROUP, level="voucher"),
    )

    # copayment by percent and by prescription: groups B and G to N
    unit_copayment: Decimal | None = Field(
        None,
        title="Betrag der Zuzahlung",
        description="copayment by percent for one unit (EHE, ENF); it times the quantity, and the flat amount, are `copayment`",
    )
    flat_copayment: Decimal | None = Field(
        None,
        title="Pauschaler Zuzahlungsbetrag",
        description="the part of the line's `copayment` that is the flat amount of the prescription (BES); on one line",
    )

    # the prescription of therapies: group B (ZHE)
    diagnosis_group: str = Field(
        "",
        title="Diagnosegruppe/Indikationsgruppe",
        description="as on the prescription, such as `ZN` or `PS2`; 9999 where there is none (ZHE)",
        json_schema_extra=_CASE,
    )
    prescription_kind: str = Field(
        "",
        title="Verordnungsart",
        description="key 8.1.12 (ZHE)",
        json_schema_extra=_key(therapy.PRESCRIPTION_KIND, level="voucher", master="case"),
    )
    report_requested: bool = Field(
        False, title="Therapiebericht angefordert", description="box on the prescription (ZHE)", json_schema_extra=_CASE
    )
    home_visit: bool = Field(
        False, title="Hausbesuch", description="box on the prescription (ZHE)", json_schema_extra=_CASE
    )
    key_symptoms: str = Field(
        "",
        title="Leitsymptomatik",
        description="four places 0 or 1: a, b, c, individual; 0000 none; 9999 outside of the Heilmittel-Richtlinie (ZHE)",
        json_schema_extra=_CASE,
    )
    key_symptoms_text: str = Field(
        "",
        title="Patientenindividuelle Leitsymptomatik",
        description="in words, at most 70 characters; with 0000 and with 1 at the fourth place (ZHE)",
        json_schema_extra=_CASE,
    )
    urgent: bool = Field(
        False,
        title="Dringlicher Behandlungsbedarf",
        description="box on the prescription (ZHE)",
        json_schema_extra=_CASE,
    )
    therapy_area: str = Field(
        "",
        title="Heilmittel-Bereich",
        description="1 to 5 (ZHE)",
        json_schema_extra=_key(therapy.AREA, level="voucher", master="case"),
    )
    therapy_frequency: int | None = Field(
        None,
        ge=0,
        title="Therapiefrequenz",
        description="times a week, the highest of a span; 0 for podology, nutrition and where there is none (ZHE)",
        json_schema_extra=_CASE,
    )

    # visits and who did them: groups C, D, O, R and S
    performer_number: str = Field(
        "",
        title="Beschäftigtennummer",
        description="of who did the service, or a substitute 8.1.19 (EHK, EMP; ZZL and ASK where `deployments` is empty)",
    )
    performer_number_2: str = Field(
        "", title="Beschäftigtennummer der zweiten Person", description="where two did it (EHK, ZZL)"
    )
    single_services: tuple[SingleService, ...] = Field(
        (), title="Einzelleistungen", description="what a flat rate covers (ELP)"
    )
    deployments: tuple[Deployment, ...] = Field(
        (),
        title="Einsätze",
        description="all deployments that the line bills (ZZL, ASK); empty: one, of the line's own day, times and performer",
    )
    quantity_kind: str = Field(
        "",
        title="Art der angegebenen Menge",
        description="1 days, 2 hours, 3 minutes, 4 month (AHK)",
        json_schema_extra=_key(therapy.QUANTITY_KIND),
    )

    # trips: groups E (KTL) and F (EHB)
    from_street: str = Field("", title="Straße Abholort/Abfahrt", description="or description of the place (KTL, EHB)")
    from_postal_code: str = Field("", title="PLZ Abholort/Abfahrt", description="where it is known (KTL, EHB)")
    from_country: str = Field("", title="Länderkennzeichen Abholort/Abfahrt", description="abroad (KTL, EHB)")
    from_place: str = Field("", title="Name Abholort/Abfahrt", description="where it is known (KTL, EHB)")
    to_street: str = Field("", title="Straße Zielort", description="(KTL, EHB)")
    to_postal_code: str = Field("", title="PLZ Zielort", description="(KTL, EHB)")
    to_country: str = Field("", title="Länderkennzeichen Zielort", description="abroad (KTL, EHB)")
    to_place: str = Field("", title="Name Zielort", description="(KTL, EHB)")
    trip_kilometres: Decimal | None = Field(
        None, ge=0, title="Gefahrene Kilometer (Transport)", description="that a flat rate covers, two decimals (EKT)"
    )

    # midwives: group F (HEB, ZHB)
    midwife_ik: str = Field("", title="IK der behandelnden Hebamme", description="empty: the provider's own (HEB)")
    hospital_ik: str = Field("", title="IK des Krankenhauses", description="where she works as Beleghebamme (HEB)")
    child_birth_kind: str = Field(
        "",
        title="Schlüssel Geburtsdatum",
        description="key 8.1.16 (ZHB)",
        json_schema_extra=_key(therapy.BIRTH_DATE_KIND, level="voucher", master="case"),
    )
    child_born_on: date | None = Field(
        None,
        title="Geburtsdatum des Kindes",
        description="of the first child, actual or expected (ZHB)",
        json_schema_extra=_CASE,
    )
    child_born_at: time | None = Field(
        None,
        title="Uhrzeit Geburt des Kindes",
        description="of the first child, where help at birth is billed; empty: 9999 (ZHB)",
        json_schema_extra=_CASE,
    )
    children: int | None = Field(
        None,
        ge=1,
        title="Anzahl der geborenen Kinder",
        description="of a multiple birth (ZHB)",
        json_schema_extra=_CASE,
    )

    # several prescriptions and approvals: groups C, D, O, Q and R
    further_approvals: tuple[Approval, ...] = Field(
        (), title="Weitere Kostenzusagen", description="beside the first one (SKZ)", json_schema_extra=_VOUCHER
    )
    further_prescriptions: tuple[Prescription, ...] = Field(
        (),
        title="Weitere Verordnungen",
        description="beside the first one, each with its diagnoses and approvals (ZHK, ZHH, ZSP)",
        json_schema_extra=_VOUCHER,
    )

    # palliative care: group O
    care_began_on: date | None = Field(
        None,
        title="Datum Beginn der Leistungserbringung",
        description="day of the first contact, the same in all invoices that follow (ERS)",
        json_schema_extra=_CASE,
    )
    prescribed_from: date | None = Field(
        None, title="Datum Beginn lt. Verordnung", description="(ZSP)", json_schema_extra=_CASE
    )
    prescribed_to: date | None = Field(
        None, title="Datum Ende lt. Verordnung", description="(ZSP)", json_schema_extra=_CASE
    )

    # care planning: group P
    further_texts: tuple[str, ...] = Field(
        (), title="Weitere Texte", description="beside `text`, each at most 70 characters (TXT of group P)"
    )
    consultations: tuple[Consultation, ...] = Field(
        (), title="Beratungsprozesse", description="where it is agreed to send them (IBP)", json_schema_extra=_VOUCHER
    )

    # what was billed before, and as what the item leaves: the correction procedure (URI, GZF)
    processing_mark: str = Field(
        "",
        title="Verarbeitungskennzeichen",
        description="key 8.1.7 (FKT); empty: 01, or what Billhook finds when the item is imported",
        json_schema_extra=_key(billing.PROCESSING_MARK, level="voucher"),
    )
    original_mark: str = Field(
        "",
        title="Ursprüngliches Verarbeitungskennzeichen",
        description="of the invoice that is corrected: 01, 02, 04 or 10; empty: 01",
        json_schema_extra=_key(billing.PROCESSING_MARK, level="voucher"),
    )
    original_provider: str = Field(
        "",
        title="Ursprüngliches IK des Leistungserbringers",
        description="as it billed the original, also where the provider has another IK by now (URI)",
        json_schema_extra=_VOUCHER,
    )
    original_number: str = Field(
        "",
        title="Ursprüngliche Sammel-Rechnungsnummer",
        description="of the original invoice (URI)",
        json_schema_extra=_VOUCHER,
    )
    original_ordinal: str = Field(
        "",
        title="Ursprüngliche Einzel-Rechnungsnummer",
        description="of the original invoice; empty: 0 (URI)",
        json_schema_extra=_VOUCHER,
    )
    original_date: date | None = Field(
        None,
        title="Ursprüngliches Rechnungsdatum",
        description="of the original invoice (URI)",
        json_schema_extra=_VOUCHER,
    )
    original_voucher_number: str = Field(
        "",
        title="Ursprüngliche Belegnummer",
        description="of the voucher in the original invoice (URI)",
        json_schema_extra=_VOUCHER,
    )
    stated_quantity: Decimal | None = Field(
        None,
        title="Anzahl, zur Information",
        description="of the original position, where only its copayment is claimed (mark 03)",
    )
    stated_unit_price: Decimal | None = Field(
        None, title="Einzelbetrag, zur Information", description="with `stated_quantity`; net where it has a VAT rate"
    )
    stated_vat_rate: Decimal | None = Field(
        None, title="Mehrwertsteuersatz, zur Information", description="with `stated_quantity`, percent"
    )
    correction_deduction: bool = Field(
        False,
        title="Pauschaler Korrekturabzug",
        description="the line is the flat amount that the contract deducts from a correction, as a negative price (BES of "
        "group B, mark 04)",
    )
