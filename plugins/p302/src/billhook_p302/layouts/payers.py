"""The directory of payers (Kostenträgerdatei): KOTR messages, Anhang 3 to Anlage 1."""

from __future__ import annotations

from collections.abc import Mapping

from billhook.wire.grammar import Group, MessageLayout, Use, optional
from billhook.wire.interchange import ServiceLayouts
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout

TEXT, DIGITS, INTEGER, DATE, TIME = Kind.TEXT, Kind.DIGITS, Kind.INTEGER, Kind.DATE, Kind.TIME

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
            codes="KT 8.13",
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
        Field("link_kind", "Art der Verknüpfung", DIGITS, "2", M, "01 payer, 02/03 data, 09 paper", codes="KT 8.3"),
        Field("partner_ik", "IK des Verknüpfungspartners", DIGITS, "9", M, "where the link leads"),
        Field("provider_group", "Leistungserbringergruppe", DIGITS, "1", K, "5 other providers"),
        Field("service_centre_ik", "IK der Abrechnungsstelle", DIGITS, "9", K, "only for this sender"),
        Field("delivery_kind", "Art der Datenlieferung", DIGITS, "2", K, "data, paper, estimate", codes="KT 8.2"),
        Field("medium", "Art des Übermittlungsmediums", DIGITS, "1", K, "medium", codes="KT 8.9"),
        Field("state", "Standort nach Bundesland", DIGITS, "2", K, "seat of the provider", codes="KT 8.4"),
        Field("kv_district", "Standort nach KV-Bezirk", DIGITS, "2", K, "seat of the provider", codes="KT 8.7"),
        Field(
            "billing_code",
            "Abrechnungscode",
            TEXT,
            "2",
            K,
            "00 all, 99 the rest, a group or a single code",
            codes="KT 8.14",
        ),
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
        Field(
            "address_kind", "Art der Anschrift", DIGITS, "1", M, "1 street, 2 post box, 3 bulk customer", codes="KT 8.1"
        ),
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
        Field(
            "medium", "Art des Übermittlungsmediums", DIGITS, "1", M, "1 by wire, 7 CD, 5 and 6 paper", codes="KT 8.9"
        ),
        Field("parameter", "Parameter", DIGITS, "2", M, "00 none"),
        Field("charset", "Zeichensatz", TEXT, "2", M, "what the receiver reads", codes="KT 8.11"),
        Field("compression", "Art der Komprimierung", TEXT, "2", K, ""),
    ),
    "Kostenträgerdatei V10 7.2 UEM",
)
DFU = SegmentLayout(
    "DFU",
    "Channel (DFÜ)",
    (
        Field("number", "Laufende Nummer", DIGITS, "2", M, "runs in a UEM"),
        Field(
            "protocol",
            "Übertragungsprotokoll",
            DIGITS,
            "3",
            M,
            "016 FTAM, 023 FTP, 070 e-mail, 080 KIM",
            codes="KT 8.5",
        ),
        Field("user", "Benutzerkennung", TEXT, "..8", K, "if other than the IK"),
        Field("open_from", "Übertragung von", DIGITS, "4", K, "HHMM"),
        Field("open_to", "Übertragung bis", DIGITS, "4", K, "HHMM; 2400 is the end of the day"),
        Field("days", "Übertragungstage", DIGITS, "1", K, "1 all, 2 Monday–Saturday, 3 Monday–Friday", codes="KT 8.12"),
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
