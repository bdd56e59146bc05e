"""The order record (Auftragsdatei) that goes with every file: 348 bytes, GGT Anlage 2."""

from __future__ import annotations

from billhook.wire.fixed import RecordField, RecordLayout
from billhook.wire.layout import Kind, M

TEXT, DIGITS, INTEGER, TIMESTAMP = Kind.TEXT, Kind.DIGITS, Kind.INTEGER, Kind.TIMESTAMP

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
