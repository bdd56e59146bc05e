"""What a column of a file may carry: every value that the program knows of an invoice line, by the name that profiles use.

A profile says under which heading and in which form a value stands in the payer's file; what the value is stands here, once.
Writing, reading, checking and the reference page all go by this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ValueKind(StrEnum):
    """How a value is written and read."""

    TEXT = "text"
    DAY = "day"
    MONTH = "month"
    AMOUNT = "amount"
    NUMBER = "number"
    WHOLE = "whole"


class Level(StrEnum):
    """What a value belongs to, and so in which records it may stand."""

    FILE = "file"
    INVOICE = "invoice"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A value: name, kind, what it belongs to, the German term, what it is, and the key table that it is written with.

    `private` values name a person; `describe --mask` hides them.
    """

    name: str
    kind: ValueKind
    level: Level
    original: str
    meaning: str
    keys: str = ""
    private: bool = False


_T, _D, _M, _A, _N, _W = (
    ValueKind.TEXT, ValueKind.DAY, ValueKind.MONTH, ValueKind.AMOUNT, ValueKind.NUMBER, ValueKind.WHOLE,
)  # fmt: skip
_FILE, _INVOICE, _LINE = Level.FILE, Level.INVOICE, Level.LINE

ROWS: tuple[FieldRow, ...] = (
    FieldRow("file.number", _W, _FILE, "Laufende Nummer", "running number of the file"),
    FieldRow("file.created", _D, _FILE, "Erstellungsdatum", "day on which the file was made"),
    FieldRow("file.month", _M, _FILE, "Abrechnungsmonat", "month of service; empty where a file holds several"),
    FieldRow("file.rows", _W, _FILE, "Anzahl Sätze", "how many lines the file has"),
    FieldRow("file.invoices", _W, _FILE, "Anzahl Rechnungen", "how many invoices the file has"),
    FieldRow("file.total", _A, _FILE, "Gesamtbetrag", "sum of all lines"),
    FieldRow("payer.number", _T, _FILE, "Kostenträger", "key of the payer in the settings"),
    FieldRow("payer.name", _T, _FILE, "Name des Kostenträgers", "name of the payer"),
    FieldRow("biller.name", _T, _FILE, "Leistungserbringer", "name of the provider"),
    FieldRow("biller.reference", _T, _INVOICE, "Aktenzeichen des Rechnungsstellers",
             "the reference that the payer gave the biller (facility and payer of the settings)"),
    FieldRow("facility.number", _T, _INVOICE, "Einrichtungsnummer", "the facility's number at the payer"),
    FieldRow("facility.name", _T, _INVOICE, "Einrichtung", "name of the facility"),
    FieldRow("invoice.number", _T, _INVOICE, "Rechnungsnummer", "number of the invoice"),
    FieldRow("invoice.date", _D, _INVOICE, "Rechnungsdatum", "date of the invoice"),
    FieldRow("invoice.rows", _W, _INVOICE, "Anzahl Positionen", "how many lines the invoice has"),
    FieldRow("invoice.total", _A, _INVOICE, "Rechnungsbetrag", "sum of the lines of the invoice"),
    FieldRow("person.reference", _T, _LINE, "Aktenzeichen der leistungsberechtigten Person",
             "the person's reference at the payer", private=True),
    FieldRow("person.number", _T, _LINE, "Eigene Personennummer", "the provider's own number of the person", private=True),
    FieldRow("person.family_name", _T, _LINE, "Name", "family name", private=True),
    FieldRow("person.given_name", _T, _LINE, "Vorname", "given name", private=True),
    FieldRow("person.name", _T, _LINE, "Name, Vorname", "family name, given name", private=True),
    FieldRow("person.birth_date", _D, _LINE, "Geburtsdatum", "date of birth", private=True),
    FieldRow("line.ordinal", _W, _LINE, "Position", "place in the invoice, from 1"),
    FieldRow("line.number", _T, _LINE, "Eigene Postennummer", "the provider's own number of the line"),
    FieldRow("line.grant", _T, _LINE, "Kostenzusage", "number of the grant that the line rests on"),
    FieldRow("line.month", _M, _LINE, "Leistungsmonat", "month of service"),
    FieldRow("line.first_day", _D, _LINE, "Leistung von", "first day of service"),
    FieldRow("line.last_day", _D, _LINE, "Leistung bis", "last day of service"),
    FieldRow("line.service", _T, _LINE, "Leistungsschlüssel", "service, in the payer's key", "services"),
    FieldRow("line.service_name", _T, _LINE, "Leistungsbezeichnung", "service in words"),
    FieldRow("line.unit", _T, _LINE, "Einheit", "unit that is counted", "units"),
    FieldRow("line.quantity", _N, _LINE, "Menge", "how many units"),
    FieldRow("line.days_present", _W, _LINE, "Anwesenheitstage", "days on which the person was there"),
    FieldRow("line.days_absent", _W, _LINE, "Abwesenheitstage", "days on which the person was away"),
    FieldRow("line.day_kind", _T, _LINE, "Tagesart", "present, reserved (Platzgebühr) or unpaid", "day_kinds"),
    FieldRow("line.absence", _T, _LINE, "Abwesenheitsgrund", "why the person was away", "absences"),
    FieldRow("line.rate", _N, _LINE, "Vergütungssatz", "agreed rate of one unit"),
    FieldRow("line.percent", _N, _LINE, "Prozentsatz", "percent of the rate that is paid"),
    FieldRow("line.amount", _A, _LINE, "Betrag", "quantity × rate × percent, rounded half up"),
    FieldRow("line.minutes", _W, _LINE, "Minuten", "minutes of the contacts as they were recorded"),
    FieldRow("line.correction", _T, _LINE, "Korrekturkennzeichen", "original, correction or cancellation", "corrections"),
    FieldRow("line.corrects_invoice", _T, _LINE, "Bezug Rechnungsnummer", "number of the invoice that is corrected"),
    FieldRow("line.corrects_date", _D, _LINE, "Bezug Rechnungsdatum", "date of the invoice that is corrected"),
    FieldRow("line.note", _T, _LINE, "Bemerkung", "remark", private=True),
)  # fmt: skip
"""All values, in the order in which they are best read."""

FIELDS: Mapping[str, FieldRow] = {row.name: row for row in ROWS}
