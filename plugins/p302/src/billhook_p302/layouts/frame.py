"""The service segments of a billing file: UNB, UNH, UNT, UNZ."""

from __future__ import annotations

from billhook.wire.interchange import ServiceLayouts
from billhook.wire.layout import Field, Kind, M, SegmentLayout

TEXT, DIGITS, INTEGER, DATE, TIME = Kind.TEXT, Kind.DIGITS, Kind.INTEGER, Kind.DATE, Kind.TIME

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
        Field("service_area", "Leistungsbereich", TEXT, "1", M, "group of providers (Sammelgruppe)", codes="A3 8.1.14"),
        Field("file_name", "Anwendungsreferenz", TEXT, "..14", M, "logical file name, 11 characters"),
        Field(
            "test_indicator",
            "Testindikator",
            DIGITS,
            "1",
            M,
            "0 test, 1 trial, 2 real",
            codes="TA1 UNB 0035",
            allowed=("0", "1", "2"),
        ),
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
