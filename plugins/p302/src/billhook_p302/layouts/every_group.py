"""SLLA: the segments that are the same for all groups of providers, and how a message is put together of them."""

from __future__ import annotations

from billhook.wire.grammar import Group, MessageLayout, Part, Use, optional
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout
from billhook_p302.layouts.frame import UNH, UNT
from billhook_p302.layouts.rows import gross_total, invoice, invoice_number, processing_kind

TEXT, DIGITS, DECIMAL, CENTS = Kind.TEXT, Kind.DIGITS, Kind.DECIMAL, Kind.CENTS
DATE, PARTIAL_DATE = Kind.DATE, Kind.PARTIAL_DATE

SLLA_FKT = SegmentLayout(
    "FKT",
    "Function (Funktion)",
    (
        processing_kind(),
        Field("reserved", "Freifeld", TEXT, "1", K, "not used"),
        Field("provider_ik", "IK des Leistungserbringers", DIGITS, "9", M, "who provided the service"),
        Field("payer_ik", "IK des Kostenträgers", DIGITS, "9", M, "payer that the card's IK points to"),
        Field("card_ik", "IK der Krankenkasse von der KV-Karte", DIGITS, "9", M, "from the card or the prescription"),
        Field("biller_ik", "IK des Rechnungsstellers", DIGITS, "9", K, "only with a collecting service centre"),
    ),
    "TA1 V21 5.5.3.1 FKT",
)
SLLA_REC = invoice("TA1 V21 5.5.3.1 REC")
INV = SegmentLayout(
    "INV",
    "Insured person and voucher (Information Versicherte)",
    (
        Field("insurance_number", "Versicherten-Nummer", TEXT, "..12", K, "where unknown: address in NAD"),
        Field("insured_status", "Versichertenstatus", TEXT, "5", K, "5 digits, filled up with zeros on the right"),
        Field("voucher_info", "Beleginformation", TEXT, "1", K, "how the voucher travels", codes="A3 8.1.18"),
        Field("voucher_number", "Belegnummer", TEXT, "..10", M, "unique in the invoice, printed on the voucher"),
        Field(
            "care_programme", "Kennzeichen Besondere Versorgungsform", TEXT, "..25", K, "by contract; 1: § 116b SGB V"
        ),
    ),
    "TA1 V21 5.5.3.1 INV",
)
URI = SegmentLayout(
    "URI",
    "Original invoice of a correction (ursprüngliche Rechnung)",
    (
        Field(
            "original_provider_ik", "ursprüngliches IK des Leistungserbringers", DIGITS, "9", M, "FKT of the original"
        ),
        *invoice_number("original_", "ursprüngliche "),
        Field("original_invoice_date", "ursprüngliches Rechnungsdatum", DATE, "8", M, "REC of the original"),
        Field("original_voucher_number", "ursprüngliche Belegnummer", TEXT, "..10", M, "INV of the original"),
    ),
    "TA1 V21 5.5.3.1 URI",
)
NAD = SegmentLayout(
    "NAD",
    "Name and address of the insured (Name und Adresse Versicherter)",
    (
        Field("last_name", "Vers.-Nachname", TEXT, "..47", M, "last name"),
        Field("first_name", "Vers.-Vorname", TEXT, "..30", M, "first name"),
        Field("birth_date", "Vers.-Geburtsdatum", PARTIAL_DATE, "8", M, "persons from abroad: 00 or 0000 if not known"),
        Field("street", "Vers.-Straße-/Nr.", TEXT, "..30", K, "needed without insurance number or status"),
        Field("postcode", "Vers.-PLZ", TEXT, "..7", K, "5 digits for an address in Germany"),
        Field("city", "Vers.-Wohnort", TEXT, "..25", K, "needed without insurance number or status"),
        Field("country", "Vers.-Länderkennzeichen", TEXT, "..3", K, "for addresses abroad", codes="A3 8.5"),
    ),
    "TA1 V21 5.5.3.1 NAD",
)
IMG = SegmentLayout(
    "IMG",
    "Image archive (Imagename)",
    (
        Field("year", "Abrechnungsjahr", DIGITS, "4", M, "year of the claim"),
        Field("month", "Abrechnungsmonat", DIGITS, "2", M, "month of the claim, 01–12"),
        Field("maker_ik", "Identifikationsmerkmal der Stelle", TEXT, "9", M, "IK of who made image and record"),
    ),
    "TA1 V21 5.5.3.1 IMG",
)
EVO = SegmentLayout(
    "EVO",
    "Electronic prescription (Elektronische Verordnung)",
    (Field("prescription_id", "eVO-ID", TEXT, "22..256", M, "id of the electronic prescription"),),
    "TA1 V21 5.5.3.1 EVO",
    since=20,
)
TXT = SegmentLayout(
    "TXT",
    "Text (Textfeld)",
    (Field("text", "Text", TEXT, "..70", M, "reason or description of the position"),),
    "TA1 V21 5.5.3.2–5.5.3.13 TXT",
)
MWS = SegmentLayout(
    "MWS",
    "VAT (Mehrwertsteuer)",
    (
        # Key 8.1.8 was dropped from V16 on; that MWS carried it until then follows from it.
        Field("vat_key", "Mehrwertsteuerkennzeichen", DIGITS, "1", M, "key 8.1.8", until=15),
        Field("vat_rate", "Mehrwertsteuersatz", DECIMAL, "..5,2", M, "percent, such as 19,00", since=16),
        Field("vat_amount", "Betrag Mehrwertsteuer", CENTS, "..10,2", M, "of the whole position"),
    ),
    "TA1 V21 5.5.3.2, 3, 6, 7, 8 MWS",
)
DIA = SegmentLayout(
    "DIA",
    "Diagnosis (Diagnose)",
    (
        Field("diagnosis_code", "Diagnoseschlüssel", TEXT, "..12", K, "ICD-10-GM, as on the prescription"),
        Field("diagnosis_text", "Diagnosetext", TEXT, "..70", K, "as on the prescription"),
    ),
    "TA1 V21 5.5.3.2–5.5.3.12 DIA",
)
SKZ = SegmentLayout(
    "SKZ",
    "Approval (Kostenzusage)",
    (
        Field("approval_number", "Genehmigungskennzeichen", TEXT, "..20", M, "given by the payer"),
        Field("approved_on", "Datum der Genehmigung", DATE, "8", M, "date of the approval"),
        Field("approval_kind", "Art der Genehmigung", TEXT, "2", M, "single case, long term, …", codes="A3 8.1.17"),
    ),
    "TA1 V21 5.5.3.2–5.5.3.12 SKZ",
)


BES = SegmentLayout(
    "BES",
    "Sum of a voucher (Betrags-Summen)",
    (gross_total(),),
    "TA1 V21 5.5.3.4–5.5.3.13 BES",
)
"""Of the groups that have no copayments in it: C, D, F, O, P, Q, R, S."""


def claims(
    name: str, title: str, segments: tuple[SegmentLayout, ...], parts: tuple[Part, ...], source: str
) -> MessageLayout:
    """The SLLA message of a group: what is the same in all groups around the group's own segments.

    `segments` are the group's tables, `parts` what follows NAD, IMG and EVO in a voucher. URI stands in all groups,
    although TA1 7.1 names only some for corrections: which processing mark a group may use is a matter of content.
    """
    return MessageLayout(
        "SLLA",
        f"SLLA:{name}",
        title,
        (UNH, SLLA_FKT, SLLA_REC, INV, URI, NAD, IMG, EVO, *segments, UNT),
        Group(
            "SLLA",
            (
                Use("UNH"),
                Use("FKT"),
                Use("REC"),
                Group(
                    "voucher",
                    (Use("INV"), optional("URI"), Use("NAD"), optional("IMG"), optional("EVO"), *parts),
                    1,
                    None,
                ),
                Use("UNT"),
            ),
        ),
        source,
    )
