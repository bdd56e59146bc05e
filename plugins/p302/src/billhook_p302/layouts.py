"""Every segment, message and record of §302 SGB V that the plugin writes or reads, as tables.

Abrechnungsdatei: TA1 (Technische Anlage 1, TP5) V20 and V21. Auftragsdatei: GGT Anlage 2. Kostenträgerdatei: Anhang 3 to
Anlage 1. Rows carry the versions in which they hold, so that a new version of TA1 is new rows.
"""

from __future__ import annotations

from collections.abc import Mapping

from billhook.wire.fixed import RecordField, RecordLayout
from billhook.wire.grammar import Group, MessageLayout, OneOf, Use, any_number, optional
from billhook.wire.interchange import ServiceLayouts
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout

TEXT, DIGITS, INTEGER = Kind.TEXT, Kind.DIGITS, Kind.INTEGER
DECIMAL, CENTS = Kind.DECIMAL, Kind.CENTS
DATE, PARTIAL_DATE, TIME, TIMESTAMP = Kind.DATE, Kind.PARTIAL_DATE, Kind.TIME, Kind.TIMESTAMP

TA1_VERSIONS = (20, 21)
"""Versions of TA1 that these tables hold for; the rows of later ones are still to be published."""

# --- Service segments -----------------------------------------------------------------------------------------------

UNB = SegmentLayout(
    "UNB",
    "Interchange header (Kopfsegment der Nutzdatendatei)",
    (
        Field("syntax", "Syntax-Kennung", TEXT, "4", M, "upper and lower case, umlauts", "syntax", allowed=("UNOC",)),
        Field(
            "syntax_version", "Syntax-Versionsnummer", DIGITS, "1", M, "version of the syntax", "syntax", allowed=("3",)
        ),
        Field("sender_ik", "Absenderbezeichnung", TEXT, "..35", M, "IK of who makes the file; 9 characters are used"),
        Field("receiver_ik", "Empfängerbezeichnung", TEXT, "..35", M, "IK of the receiving office that may decrypt"),
        Field("created_on", "Datum", DATE, "8", M, "day on which the file was made", "created"),
        Field("created_at", "Uhrzeit", TIME, "4", M, "time at which the file was made", "created"),
        Field(
            "interchange_reference",
            "Datenaustauschreferenz",
            INTEGER,
            "5..14",
            M,
            "running number for this sender and receiver, 00001 follows 99999",
        ),
        Field("service_area", "Leistungsbereich", TEXT, "1", M, "group of providers (A: aids)", codes="A3 8.1.14"),
        Field("file_name", "Anwendungsreferenz", TEXT, "..14", M, "logical file name, 11 characters"),
        Field("test_indicator", "Testindikator", DIGITS, "1", M, "0 test, 1 trial, 2 real", allowed=("0", "1", "2")),
    ),
    "TA1 V21 5.4 UNB",
)
UNH = SegmentLayout(
    "UNH",
    "Message header (Nachrichtentyp-Kopfsegment)",
    (
        Field(
            "message_reference", "Nachrichtenreferenznummer", INTEGER, "5..14", M, "running number in the file from 1"
        ),
        Field("message_type", "Nachr-Typ-Kennung", TEXT, "..6", M, "SLGA or SLLA", "message", allowed=("SLGA", "SLLA")),
        Field("message_version", "Versionsnummer", INTEGER, "..3", M, "version of TA1", "message"),
        Field("message_release", "Freigabe-Nr. des Typs", TEXT, "..3", M, "always 0", "message", allowed=("0",)),
        Field("agency", "Verwaltende Organisation", TEXT, "..2", M, "always 0", "message", allowed=("0",)),
    ),
    "TA1 V21 5.4 UNH",
)
UNT = SegmentLayout(
    "UNT",
    "Message end (Nachrichtentyp-Endesegment)",
    (
        Field("segment_count", "Anzahl Einheiten", INTEGER, "6", M, "segments of the message with UNH and UNT"),
        Field("message_reference", "Nachrichtenreferenznummer", INTEGER, "5..14", M, "as in UNH"),
    ),
    "TA1 V21 5.4 UNT",
)
UNZ = SegmentLayout(
    "UNZ",
    "Interchange end (Endesegment der Nutzdatendatei)",
    (
        Field("message_count", "Anzahl Nachrichten", INTEGER, "6", M, "number of UNH in the file"),
        Field("interchange_reference", "Datenaustauschreferenz", INTEGER, "5..14", M, "as in UNB"),
    ),
    "TA1 V21 5.4 UNZ",
)
SERVICE = ServiceLayouts(UNB, UNH, UNT, UNZ)

# --- Rows that several segments share ---------------------------------------------------------------------------------


def _processing_kind() -> Field:
    return Field("processing_kind", "Verarbeitungskennzeichen", DIGITS, "2", M, "01 claim, 02–04, 10", codes="A3 8.1.7")


def _invoice_number(prefix: str = "", german: str = "") -> tuple[Field, Field]:
    return (
        Field(
            f"{prefix}collective_invoice_number",
            f"{german}Sammel-Rechnungsnummer",
            TEXT,
            "..14",
            M,
            "letters, digits, single - and / inside; unique for ever with that payer",
            f"{prefix}invoice_number",
        ),
        Field(
            f"{prefix}single_invoice_number",
            f"{german}Einzel-Rechnungsnummer",
            TEXT,
            "..6",
            M,
            "0 where there is no collective invoice",
            f"{prefix}invoice_number",
        ),
    )


def _invoice(source: str) -> SegmentLayout:
    return SegmentLayout(
        "REC",
        "Invoice (Rechnung/Zahlung)",
        (
            *_invoice_number(),
            Field("invoice_date", "Rechnungsdatum", DATE, "8", M, "date of the invoice"),
            Field("invoice_kind", "Rechnungsart", DIGITS, "1", M, "who bills and who collects", codes="A3 8.1.4"),
        ),
        source,
    )


# --- SLGA: totals of an invoice (Gesamtaufstellung der Abrechnung) -----------------------------------------------------

SLGA_FKT = SegmentLayout(
    "FKT",
    "Function (Funktion)",
    (
        _processing_kind(),
        Field("collective", "Sammelrechnung", TEXT, "1", K, "J in a collective invoice", allowed=("J",)),
        Field(
            "provider_ik",
            "IK des Rechnungsstellers/Leistungserbringers",
            DIGITS,
            "9",
            M,
            "provider; in the collective invoice of a collecting service centre, the centre",
        ),
        Field("payer_ik", "IK des Kostenträgers", DIGITS, "9", M, "payer that the card's IK points to"),
        Field("card_ik", "IK der Krankenkasse von der KV-Karte", DIGITS, "9", K, "only a collective invoice has none"),
        Field("sender_ik", "IK Absender der Datei", DIGITS, "9", M, "as in UNB"),
    ),
    "TA1 V21 5.5.2 FKT",
)
SLGA_REC = _invoice("TA1 V21 5.5.2 REC")
SLGA_UST = SegmentLayout(
    "UST",
    "VAT mark (Umsatzsteuer-Kennzeichen)",
    (
        Field("tax_number", "Steuernummer/Umsatzsteuer-Identifikationsnummer", TEXT, "..20", M, "of the provider"),
        Field("vat_exempt", "Kennung USt-Befreiung", TEXT, "1", K, "J when exempt by § 4 UStG", allowed=("J",)),
    ),
    "TA1 V21 5.5.2 UST",
)
SLGA_SKO = SegmentLayout(
    "SKO",
    "Cash discount (Skonto)",
    (
        Field("discount_percent", "Skonto in Prozent", DECIMAL, "..2,2", M, "granted discount"),
        Field("days", "Zahlungsziel", INTEGER, "..3", M, "when paid within this many days"),
    ),
    "TA1 V21 5.5.2 SKO",
)
SLGA_GES = SegmentLayout(
    "GES",
    "Sums (Rechnungssummen)",
    (
        Field("status", "Status", DIGITS, "2", M, "00 all, then one a status of the insured", codes="A3 8.1.6"),
        Field("invoice_total", "Gesamtrechnungsbetrag", CENTS, "..10,2", M, "gross less what the insured pay"),
        Field("gross_total", "Gesamtbruttobetrag", CENTS, "..10,2", M, "sum of BES, VAT included"),
        Field(
            "deduction_total",
            "Gesamtbetrag Zuzahlung/Eigenanteil/Pauschale Korrektur",
            CENTS,
            "..10,2",
            K,
            "copayments, own shares and flat correction deductions",
        ),
    ),
    "TA1 V21 5.5.2 GES",
)
SLGA_NAM = SegmentLayout(
    "NAM",
    "Name of the biller (Namen)",
    (
        Field("name", "Name 1", TEXT, "..30", M, "name or firm of who bills"),
        Field("name_2", "Name 2", TEXT, "..30", K, "person to ask and telephone number"),
        Field("name_3", "Name 3", TEXT, "..30", K, "person to ask and telephone number"),
        Field("email", "Name 4", TEXT, "..70", K, "e-mail address, no umlauts"),
    ),
    "TA1 V21 5.5.2 NAM",
)

# --- SLLA: the same segments for all groups of providers ---------------------------------------------------------------

SLLA_FKT = SegmentLayout(
    "FKT",
    "Function (Funktion)",
    (
        _processing_kind(),
        Field("reserved", "Freifeld", TEXT, "1", K, "not used"),
        Field("provider_ik", "IK des Leistungserbringers", DIGITS, "9", M, "who provided the service"),
        Field("payer_ik", "IK des Kostenträgers", DIGITS, "9", M, "payer that the card's IK points to"),
        Field("card_ik", "IK der Krankenkasse von der KV-Karte", DIGITS, "9", M, "from the card or the prescription"),
        Field("biller_ik", "IK des Rechnungsstellers", DIGITS, "9", K, "only with a collecting service centre"),
    ),
    "TA1 V21 5.5.3.1 FKT",
)
SLLA_REC = _invoice("TA1 V21 5.5.3.1 REC")
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
        *_invoice_number("original_", "ursprüngliche "),
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

# --- SLLA:A: medical aids (Hilfsmittel) ---------------------------------------------------------------------------------


def _aid_mark() -> Field:
    return Field("aid_mark", "Identifikationsnummer", INTEGER, "..3", M, "counts the aids of a voucher from 1")


HIL = SegmentLayout("HIL", "Aid (Hilfsmittelidentifikationsnummer)", (_aid_mark(),), "TA1 V21 5.5.3.2 HIL")
EHI = SegmentLayout(
    "EHI",
    "Position (Einzelfallnachweis Hilfsmittel)",
    (
        Field("billing_code", "Abrechnungscode", TEXT, "2", M, "group of providers", "legs", codes="A3 8.1.5.1"),
        Field(
            "tariff_code",
            "Tarifkennzeichen",
            TEXT,
            "5",
            M,
            "tariff area and special tariff",
            "legs",
            codes="A3 8.1.5.2",
        ),
        Field("position_number", "Abrechnungspositionsnummer", TEXT, "..10", M, "aid number", codes="A3 8.2.2"),
        Field("quantity", "Anzahl/Menge", DECIMAL, "..4,2", M, "of one day"),
        Field("unit", "Mengeneinheit", TEXT, "2", K, "unit of the quantity, by number", codes="A3 8.6", since=20),
        Field(
            "unit_price",
            "Einzelbetrag der Abrechnungsposition",
            CENTS,
            "..10,2",
            M,
            "net where MWS follows, else gross",
        ),
        Field("service_date", "Datum der Leistungserbringung", DATE, "8", M, "day of the service"),
        Field("aid_kind", "Kennzeichen für Hilfsmittel", TEXT, "2", M, "new, repair, rent, …", codes="A3 8.1.10"),
        Field("inventory_number", "Inventarnummer", TEXT, "..20", K, "of an aid that is used again"),
        Field(
            "product_detail",
            "Positionsnummer für Produktbesonderheiten",
            TEXT,
            "..10",
            K,
            "where the contract demands it",
            codes="A3 8.3",
        ),
        Field("application_site", "Spezifikation Anwendungsort", TEXT, "1", K, "left, right, both", codes="A3 8.1.15"),
        Field("kilometres", "Gefahrene Kilometer", INTEGER, "..6", K, "inside a flat rate"),
        Field("starts_at", "Uhrzeit", TIME, "4", K, "time of day"),
        Field("ends_at", "Uhrzeit bis", TIME, "4", K, "time of day"),
        Field("minutes", "Dauer", INTEGER, "..4", K, "duration in minutes"),
        Field("supply_from", "Versorgungszeitraum von", DATE, "8", K, "needed for consumables"),
        Field("supply_to", "Versorgungszeitraum bis", DATE, "8", K, "needed where there is a beginning"),
    ),
    "TA1 V21 5.5.3.2 EHI",
)
TXT = SegmentLayout(
    "TXT",
    "Text (Textfeld)",
    (Field("text", "Text", TEXT, "..70", M, "reason or description of the position"),),
    "TA1 V21 5.5.3.2 TXT",
)
MWS = SegmentLayout(
    "MWS",
    "VAT (Mehrwertsteuer)",
    (
        Field("vat_rate", "Mehrwertsteuersatz", DECIMAL, "..5,2", M, "percent, such as 19,00"),
        Field("vat_amount", "Betrag Mehrwertsteuer", CENTS, "..10,2", M, "of the whole position"),
    ),
    "TA1 V21 5.5.3.2 MWS",
)
ZUH = SegmentLayout(
    "ZUH",
    "Copayment of an aid (Zuzahlung Hilfsmittel)",
    (
        _aid_mark(),
        Field("gross_amount", "Bruttobetrag", CENTS, "..10,2", M, "all positions of the aid, VAT included"),
        Field("copayment_kind", "Zuzahlungsart", DIGITS, "2", K, "percent or limit", codes="A3 8.1.13"),
        Field("copayment", "Betrag gesetzliche Zuzahlung", CENTS, "..10,2", K, "copayment by law"),
        Field("own_share", "Betrag Eigenanteil", CENTS, "..10,2", K, "own share, as with shoes"),
        Field("supply_months", "Versorgungszeitraum", INTEGER, "..2", K, "months, for consumables"),
    ),
    "TA1 V21 5.5.3.2 ZUH",
)
MEH = SegmentLayout(
    "MEH",
    "Extra costs (Mehrkosten)",
    (Field("extra_costs", "Betrag Mehrkosten", CENTS, "..10,2", M, "paid privately; 0,00 when none"),),
    "TA1 V21 5.5.3.2 MEH",
)
ZHI = SegmentLayout(
    "ZHI",
    "Prescription (Zusatzinfo Verordnung Hilfsmittel)",
    (
        Field("practice_number", "Betriebsstättennummer", TEXT, "..9", M, "999999999 when there is none"),
        Field("physician_number", "Lebenslange Arztnummer", TEXT, "..9", M, "999999999 when there is none"),
        Field("prescribed_on", "Verordnungs-, Ausstell- oder Einsatzdatum", DATE, "8", M, "date of the prescription"),
        Field("copayment_mark", "Zuzahlungskennzeichen", DIGITS, "1", M, "liable or exempt", codes="A3 8.1.3"),
        Field("accident", "Unfallkennzeichen", DIGITS, "1", K, "accident", codes="A3 8.1.2"),
        Field("compensation", "Kennzeichen BVG/SER", DIGITS, "1", K, "social compensation law", codes="A3 8.1.2.1"),
        Field("prescription_feature", "Kennzeichen Verordnungsbesonderheiten", DIGITS, "1", K, "", codes="A3 8.1.11"),
        Field(
            "recommender_number",
            "Beschäftigtennummer",
            DIGITS,
            "9",
            K,
            "nurse who recommended, § 40 (6) SGB XI",
            since=19,
        ),
        Field(
            "recommender_ik",
            "Institutionskennzeichen",
            DIGITS,
            "9",
            K,
            "the nurse's service, § 40 (6) SGB XI",
            since=19,
        ),
    ),
    "TA1 V21 5.5.3.2 ZHI",
)
DIA = SegmentLayout(
    "DIA",
    "Diagnosis (Diagnose)",
    (
        Field("diagnosis_code", "Diagnoseschlüssel", TEXT, "..12", K, "ICD-10-GM, as on the prescription"),
        Field("diagnosis_text", "Diagnosetext", TEXT, "..70", K, "as on the prescription"),
    ),
    "TA1 V21 5.5.3.2 DIA",
)
SKZ = SegmentLayout(
    "SKZ",
    "Approval (Kostenzusage)",
    (
        Field("approval_number", "Genehmigungskennzeichen", TEXT, "..20", M, "given by the payer"),
        Field("approved_on", "Datum der Genehmigung", DATE, "8", M, "date of the approval"),
        Field("approval_kind", "Art der Genehmigung", TEXT, "2", M, "single case, long term, …", codes="A3 8.1.17"),
    ),
    "TA1 V21 5.5.3.2 SKZ",
)
A_BES = SegmentLayout(
    "BES",
    "Sums of a voucher (Betrags-Summen)",
    (
        Field("gross_total", "Gesamtbetrag Brutto", CENTS, "..10,2", M, "all positions, VAT included"),
        Field("copayment_total", "Gesamtbetrag gesetzliche Zuzahlung", CENTS, "..10,2", K, "sum of ZUH"),
        Field("own_share_total", "Gesamtbetrag Eigenanteil", CENTS, "..10,2", K, "sum of ZUH"),
        Field("extra_costs_total", "Gesamtbetrag Mehrkosten", CENTS, "..10,2", M, "sum of MEH"),
    ),
    "TA1 V21 5.5.3.2 BES",
)
GZF = SegmentLayout(
    "GZF",
    "Claim for an unpaid copayment (Gesamtbetrag Forderung Zuzahlung)",
    (
        Field("claimed_total", "Gesamtbetrag Forderung gesetzliche Zuzahlung", CENTS, "..10,2", M, "whole claim"),
        Field("claimed_percentage", "Forderung prozentuale Zuzahlung", CENTS, "..10,2", K, "of it by percent"),
        Field("claimed_flat", "Forderung pauschaler Zuzahlungsbetrag", CENTS, "..10,2", K, "of it the flat amount"),
    ),
    "TA1 V21 5.5.3.3 GZF",
)

# --- Order of the segments -----------------------------------------------------------------------------------------------

SLGA = MessageLayout(
    "SLGA",
    "SLGA",
    "Totals of an invoice (Gesamtaufstellung der Abrechnung)",
    (UNH, SLGA_FKT, SLGA_REC, SLGA_UST, SLGA_SKO, SLGA_GES, SLGA_NAM, UNT),
    Group(
        "SLGA",
        (
            Use("UNH"),
            Use("FKT"),
            Use("REC"),
            optional("UST"),
            Use("SKO", 0, 9),
            Use("GES", 2, 9),
            Use("NAM"),
            Use("UNT"),
        ),
    ),
    "TA1 V21 5.5.2",
)

_POSITION = Group("position", (Use("EHI"), optional("TXT"), optional("MWS")), 1, None)
_AIDS_EACH_WITH_SUMS = Group("aid", (Use("HIL"), _POSITION, optional("ZUH"), Use("MEH")), 1, None)
_AIDS_EACH_WITH_SURCHARGE = Group("", (Group("aid", (Use("HIL"), _POSITION, Use("MEH")), 1, None), any_number("ZUH")))
_AIDS_THEN_SUMS = Group(
    "",
    (
        Group("aid", (Use("HIL"), _POSITION), 1, None),
        Group("", (OneOf((Use("ZUH"), Use("MEH"))),), 1, None),
    ),
)

SLLA_A = MessageLayout(
    "SLLA",
    "SLLA:A",
    "Claims for medical aids (Abrechnungsdaten, Hilfsmittel)",
    (
        *(UNH, SLLA_FKT, SLLA_REC, INV, URI, NAD, IMG, EVO),
        *(HIL, EHI, TXT, MWS, ZUH, MEH, ZHI, DIA, SKZ, A_BES, GZF, UNT),
    ),
    Group(
        "SLLA",
        (
            Use("UNH"),
            Use("FKT"),
            Use("REC"),
            Group(
                "voucher",
                (
                    Use("INV"),
                    optional("URI"),
                    Use("NAD"),
                    optional("IMG"),
                    optional("EVO"),
                    # TA1's table puts ZUH and MEH behind the positions of their HIL, its text puts ZUH after all aids.
                    OneOf((_AIDS_EACH_WITH_SUMS, _AIDS_EACH_WITH_SURCHARGE, _AIDS_THEN_SUMS)),
                    Use("ZHI"),
                    any_number("DIA"),
                    optional("SKZ"),
                    # GZF stands for BES where only unpaid copayments are claimed (processing kind 03).
                    OneOf((Use("BES"), Use("GZF"))),
                ),
                1,
                None,
            ),
            Use("UNT"),
        ),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.2",
)

SLLA: Mapping[str, MessageLayout] = {"A": SLLA_A}
"""The SLLA message of each group of providers (Sammelgruppenschlüssel) that has its tables here."""


def message_layout(header: Mapping[str, object], message: Mapping[str, object]) -> MessageLayout | None:
    """The layout of a message, by the values of UNB and UNH; None for one that has no table here."""
    if message.get("message_type") == "SLGA":
        return SLGA
    if message.get("message_type") == "SLLA":
        return SLLA.get(str(header.get("service_area")))
    return None


# --- Auftragsdatei ---------------------------------------------------------------------------------------------------------

ORDER_RECORD = RecordLayout(
    "AUF",
    "Order record that goes with every file (Auftragsdatei)",
    (
        RecordField(
            "identifier", "IDENTIFIKATOR", DIGITS, 1, 6, "kind of record", default="500000", allowed=("500000",)
        ),
        RecordField("version", "VERSION", DIGITS, 7, 8, "of the record", default="01", allowed=("01",)),
        RecordField(
            "record_length", "LÄNGE_AUFTRAG", INTEGER, 9, 16, "bytes of this record", default=348, allowed=("348",)
        ),
        RecordField("sequence_number", "SEQUENZ_NR", DIGITS, 17, 19, "part of a divided file", default="000"),
        RecordField("procedure", "VERFAHREN_KENNUNG", TEXT, 20, 24, "E real or T test, procedure, 0", presence=M),
        RecordField("transfer_number", "TRANSFER_NUMMER", INTEGER, 25, 27, "running number of the file", presence=M),
        RecordField("procedure_detail", "VERFAHREN_KENNUNG_SPEZIFIKATION", TEXT, 28, 32, "not used"),
        RecordField("owner_ik", "ABSENDER_EIGNER", TEXT, 33, 47, "who signs and encrypts", presence=M),
        RecordField("sender_ik", "ABSENDER_PHYSIKALISCH", TEXT, 48, 62, "who sends", presence=M),
        RecordField("user_ik", "EMPFÄNGER_NUTZER", TEXT, 63, 77, "office that decrypts", presence=M),
        RecordField("receiver_ik", "EMPFÄNGER_PHYSIKALISCH", TEXT, 78, 92, "place that takes the file in", presence=M),
        RecordField("error_number", "FEHLER_NUMMER", INTEGER, 93, 98, "set by the receiver", default=0),
        RecordField("error_measure", "FEHLER_MASSNAHME", INTEGER, 99, 104, "set by the receiver", default=0),
        RecordField("file_name", "DATEINAME", TEXT, 105, 115, "logical file name", presence=M),
        RecordField("created_at", "DATUM_ERSTELLUNG", TIMESTAMP, 116, 129, "when the file was made", presence=M),
        RecordField("sent_at", "DATUM_GESENDET", TIMESTAMP, 130, 143, "when it was sent"),
        RecordField("reception_began", "DATUM_EMPFANGEN_START", TIMESTAMP, 144, 157, "set by the receiver"),
        RecordField("reception_ended", "DATUM_EMPFANGEN_ENDE", TIMESTAMP, 158, 171, "set by the receiver"),
        RecordField("file_version", "DATEIVERSION", INTEGER, 172, 177, "not used", default=0),
        RecordField("correction", "KORREKTUR", INTEGER, 178, 178, "not used", default=0),
        RecordField("plain_size", "DATEIGRÖSSE_NUTZDATEN", INTEGER, 179, 190, "bytes before encryption", presence=M),
        RecordField("sealed_size", "DATEIGRÖSSE_ÜBERTRAGUNG", INTEGER, 191, 202, "bytes as transferred", presence=M),
        RecordField("charset", "ZEICHENSATZ", TEXT, 203, 204, "character set of the data", default="I1"),
        RecordField("compression", "KOMPRIMIERUNG", DIGITS, 205, 206, "00 none", default="00"),
        RecordField("encryption", "VERSCHLÜSSELUNGSART", DIGITS, 207, 208, "00 none, 03 CMS", default="03"),
        RecordField("signature", "ELEKTRONISCHE_UNTERSCHRIFT", DIGITS, 209, 210, "00 none, 03 CMS", default="03"),
        RecordField("record_format", "SATZFORMAT", TEXT, 211, 213, "of the media, not used"),
        RecordField("media_record_length", "SATZLÄNGE", INTEGER, 214, 218, "of the media, not used", default=0),
        RecordField("block_length", "BLOCKLÄNGE", INTEGER, 219, 226, "of the media, not used", default=0),
        RecordField("status", "STATUS", TEXT, 227, 227, "internal to the receiver"),
        RecordField("repetition", "WIEDERHOLUNG", INTEGER, 228, 229, "internal to the receiver", default=0),
        RecordField("route", "ÜBERTRAGUNGSWEG", DIGITS, 230, 230, "way of transfer, 5 other", default="5"),
        RecordField("delayed_sending", "VERZÖGERTER_VERSAND", INTEGER, 231, 240, "not used", default=0),
        RecordField("transfer_errors", "INFO_UND_FEHLERFELDER", INTEGER, 241, 246, "set by the receiver", default=0),
        RecordField("info", "VARIABLES_INFO_FELD", TEXT, 247, 274, "internal to the receiver"),
        RecordField("email", "E_MAIL_ADRESSE", TEXT, 275, 318, "of the sender"),
        RecordField("file_label", "DATEI_BEZEICHNUNG", TEXT, 319, 348, "free; 347–348 number of packages"),
    ),
    source="GGT Anlage 2 (10.10.2024)",
    charset="I1",
)

# --- KOTR: directory of payers (Kostenträgerdatei) -------------------------------------------------------------------------

KOTR_UNB = SegmentLayout(
    "UNB",
    "File header (Kopfsegment Datei)",
    (
        Field("syntax", "Syntax-Kennung", TEXT, "4", M, "", "syntax", allowed=("UNOC",)),
        Field("syntax_version", "Syntax-Version", DIGITS, "1", M, "", "syntax", allowed=("3",)),
        Field("sender_ik", "Absender der Datei", DIGITS, "9", M, "who publishes the file"),
        Field("receiver_ik", "Empfänger der Datei", DIGITS, "9", M, "999999999 for a mailbox"),
        Field("created_on", "Datum", DATE, "6..8", M, "JJMMTT; real files of procedure 06 have JJJJMMTT", "created"),
        Field("created_at", "Uhrzeit", TIME, "4", M, "", "created"),
        Field("interchange_reference", "Dateinummer", INTEGER, "5", M, "running number"),
        Field("reserved", "Freifeld", TEXT, "..1", K, "not used"),
        Field("file_name", "Dateiname", TEXT, "..11", M, "as in chapter 6, without its dot"),
    ),
    "Kostenträgerdatei V10 7.1 UNB",
)
KOTR_UNH = SegmentLayout(
    "UNH",
    "Message header (Kopfsegment Nachrichtentyp)",
    (
        Field("message_reference", "Nachrichtenreferenz", INTEGER, "5", M, "running number in the file"),
        Field("message_type", "Typ", TEXT, "4", M, "", "message", allowed=("KOTR",)),
        Field("message_version", "Version", DIGITS, "..2", M, "02; real files of procedure 06 have 01 or 1", "message"),
        Field("message_release", "Freigabenummer", TEXT, "..3", K, "001 in procedure 05", "message"),
        Field("agency", "Verwaltende Organisation", TEXT, "..2", K, "KV in procedure 05", "message"),
    ),
    "Kostenträgerdatei V10 7.1 UNH",
)
KOTR_UNT = SegmentLayout(
    "UNT",
    "Message end (Endesegment Nachrichtentyp)",
    (
        Field("segment_count", "Anzahl Segmente", INTEGER, "6", M, "with UNH and UNT"),
        Field("message_reference", "Nachrichtenreferenz", INTEGER, "5", M, "as in UNH"),
    ),
    "Kostenträgerdatei V10 7.1 UNT",
)
KOTR_UNZ = SegmentLayout(
    "UNZ",
    "File end (Endesegment Datei)",
    (
        Field("message_count", "Anzahl Nachrichtentypen", INTEGER, "6", M, "number of UNH in the file"),
        Field("interchange_reference", "Dateinummer", INTEGER, "5", M, "as in UNB"),
    ),
    "Kostenträgerdatei V10 7.1 UNZ",
)
KOTR_SERVICE = ServiceLayouts(KOTR_UNB, KOTR_UNH, KOTR_UNT, KOTR_UNZ)

IDK = SegmentLayout(
    "IDK",
    "Identity (Identifikation)",
    (
        Field("ik", "Institutionskennzeichen", DIGITS, "9", M, "whom the message is about"),
        Field("institution_kind", "Art der Institution", DIGITS, "2", M, "99, without meaning in TP5"),
        Field("short_name", "Kurzbezeichnung", TEXT, "..30", M, "short name"),
        Field("payer_number", "VKNR", DIGITS, "5", K, "not needed"),
    ),
    "Kostenträgerdatei V10 7.2 IDK",
)
VDT = SegmentLayout(
    "VDT",
    "Validity (Verwaltungsdaten)",
    (
        Field("valid_from", "Gültigkeitsdatum ab", DATE, "8", M, "first day"),
        Field("valid_to", "Gültigkeitsdatum bis", DATE, "8", K, "last day"),
    ),
    "Kostenträgerdatei V10 7.2 VDT",
)
KOTR_FKT = SegmentLayout(
    "FKT",
    "Function (Funktion)",
    (
        Field(
            "processing_kind",
            "Verarbeitungskennzeichen",
            TEXT,
            "2",
            M,
            "01 new, 02 changed, 03 cancelled, 04 as before",
        ),
    ),
    "Kostenträgerdatei V10 7.2 FKT",
)
KTO = SegmentLayout(
    "KTO",
    "Bank account (Kontoverbindung)",
    (
        Field("account_number", "Kontonummer", DIGITS, "..10", K, "with bank code, or IBAN and BIC"),
        Field("bank_code", "Bankleitzahl", DIGITS, "8", K, "with account number, or IBAN and BIC"),
        Field("bank", "Bezeichnung der Bank", TEXT, "..30", M, "name of the bank"),
        Field("holder", "Kontoinhaber", TEXT, "..30", K, "if other than in IDK"),
        Field("iban", "IBAN", TEXT, "..34", K, ""),
        Field("bic", "BIC", TEXT, "..11", K, ""),
    ),
    "Kostenträgerdatei V10 7.2 KTO",
)
VKG = SegmentLayout(
    "VKG",
    "Link to a partner (Verknüpfung)",
    (
        Field("link_kind", "Art der Verknüpfung", DIGITS, "2", M, "01 payer, 02/03 data, 09 paper"),
        Field("partner_ik", "IK des Verknüpfungspartners", DIGITS, "9", M, "where the link leads"),
        Field("provider_group", "Leistungserbringergruppe", DIGITS, "1", K, "5 other providers"),
        Field("service_centre_ik", "IK der Abrechnungsstelle", DIGITS, "9", K, "only for this sender"),
        Field("delivery_kind", "Art der Datenlieferung", DIGITS, "2", K, "data, paper, estimate", codes="KT 8.2"),
        Field("medium", "Art des Übermittlungsmediums", DIGITS, "1", K, "medium", codes="KT 8.14"),
        Field("state", "Standort nach Bundesland", DIGITS, "2", K, "seat of the provider", codes="KT Bundesland"),
        Field("kv_district", "Standort nach KV-Bezirk", DIGITS, "2", K, "seat of the provider", codes="KT KV-Bezirk"),
        Field("billing_code", "Abrechnungscode", TEXT, "2", K, "00 all, 99 the rest, a group or a single code"),
        Field("tariff_code", "Tarifkennzeichen", TEXT, "5", K, "tariff"),
        Field("sub_procedure", "Unterverfahren", TEXT, "3", K, "with delivery kind 30"),
    ),
    "Kostenträgerdatei V10 7.2 VKG",
)
KOTR_NAM = SegmentLayout(
    "NAM",
    "Name (Name)",
    (
        Field("number", "Laufende Nr.", DIGITS, "2", M, "01–03"),
        Field("name", "Name-1", TEXT, "..30", M, ""),
        Field("name_2", "Name-2", TEXT, "..30", K, ""),
        Field("name_3", "Name-3", TEXT, "..30", K, ""),
        Field("name_4", "Name-4", TEXT, "..30", K, ""),
    ),
    "Kostenträgerdatei V10 7.2 NAM",
)
ANS = SegmentLayout(
    "ANS",
    "Address (Anschrift)",
    (
        Field("address_kind", "Art der Anschrift", DIGITS, "1", M, "1 street, 2 post box, 3 bulk customer"),
        Field("postcode", "Postleitzahl", DIGITS, "5", M, ""),
        Field("city", "Ort", TEXT, "..25", M, ""),
        Field("street", "Straße, Hausnr. / Postfach", TEXT, "..30", K, "street and number, or post box"),
    ),
    "Kostenträgerdatei V10 7.2 ANS",
)
ASP = SegmentLayout(
    "ASP",
    "Person to ask (Ansprechpartner)",
    (
        Field("number", "Laufende Nummer", DIGITS, "2", M, "runs in a message"),
        Field("phone", "Telefon", TEXT, "..15", K, ""),
        Field("fax", "Fax", TEXT, "..15", K, ""),
        Field("name", "Name", TEXT, "..30", K, ""),
        Field("subject", "Arbeitsgebiet des Ansprechpartners", TEXT, "..70", K, ""),
    ),
    "Kostenträgerdatei V10 7.2 ASP",
)
UEM = SegmentLayout(
    "UEM",
    "Medium (Übermittlungsmedium)",
    (
        Field("medium", "Art des Übermittlungsmediums", DIGITS, "1", M, "1 by wire, 7 CD, 5 and 6 paper"),
        Field("parameter", "Parameter", DIGITS, "2", M, "00 none"),
        Field("charset", "Zeichensatz", TEXT, "2", M, "what the receiver reads"),
        Field("compression", "Art der Komprimierung", TEXT, "2", K, ""),
    ),
    "Kostenträgerdatei V10 7.2 UEM",
)
DFU = SegmentLayout(
    "DFU",
    "Channel (DFÜ)",
    (
        Field("number", "Laufende Nummer", DIGITS, "2", M, "runs in a UEM"),
        Field("protocol", "Übertragungsprotokoll", DIGITS, "3", M, "016 FTAM, 023 FTP, 070 e-mail, 080 KIM"),
        Field("user", "Benutzerkennung", TEXT, "..8", K, "if other than the IK"),
        Field("open_from", "Übertragung von", DIGITS, "4", K, "HHMM"),
        Field("open_to", "Übertragung bis", DIGITS, "4", K, "HHMM; 2400 is the end of the day"),
        Field("days", "Übertragungstage", DIGITS, "1", K, "1 all, 2 Monday–Saturday, 3 Monday–Friday"),
        Field("address", "Kommunikationskanal", TEXT, "..240", M, "address, number, e-mail, or VZD"),
    ),
    "Kostenträgerdatei V10 7.2 DFU",
)

_VALIDITY = optional("VDT")
KOTR = MessageLayout(
    "KOTR",
    "KOTR",
    "One payer or office (Kostenträger)",
    (KOTR_UNH, IDK, VDT, KOTR_FKT, KTO, VKG, KOTR_NAM, ANS, ASP, UEM, DFU, KOTR_UNT),
    Group(
        "KOTR",
        (
            Use("UNH"),
            Group("identity", (Use("IDK"), Use("VDT"))),
            Use("FKT"),
            Group("account", (Use("KTO"), _VALIDITY), 0, 1),
            Group("link", (Use("VKG"), _VALIDITY), 0, None),
            Group("name", (Use("NAM"), _VALIDITY)),
            Group("address", (Use("ANS"), _VALIDITY), 1, 3),
            Group("contact", (Use("ASP"), _VALIDITY), 0, None),
            Group("medium", (Use("UEM"), _VALIDITY, Group("channel", (Use("DFU"), _VALIDITY), 0, None)), 0, None),
            Use("UNT"),
        ),
    ),
    "Kostenträgerdatei V10 7",
)


def payer_message_layout(_header: Mapping[str, object], message: Mapping[str, object]) -> MessageLayout | None:
    """The layout of a message of a Kostenträgerdatei; None for one that does not belong there."""
    return KOTR if message.get("message_type") == "KOTR" else None
