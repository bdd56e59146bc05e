"""Keys of an aid and its billing line."""

from __future__ import annotations

from billhook_p302.codes.billing import V20_BEGINS
from billhook_p302.codes.table import Key, KeyTable

AID_MARK = KeyTable(
    "8.1.10",
    "aid mark",
    "Kennzeichen für Hilfsmittel",
    (
        Key("00", "new delivery", original="Neulieferung"),
        Key("01", "repair", original="Reparatur"),
        Key("02", "re-use", original="Wiedereinsatz"),
        Key("03", "rent", original="Miete"),
        Key("04", "repeated delivery of the same product", original="Nachlieferung"),
        Key("05", "fitting", original="Zurichtung"),
        Key("06", "better product than prescribed", original="höherwertiges Hilfsmittel"),
        Key("07", "working time", original="Arbeitszeit"),
        Key("08", "flat rate", original="Vergütungspauschale"),
        Key("09", "following flat rate", original="Folgevergütungspauschale"),
        Key("10", "following supply with another product", original="Folgeversorgung"),
        Key("11", "replacement", original="Ersatzbeschaffung"),
        Key("12", "accessory", original="Zubehör"),
        Key("13", "repair flat rate", original="Reparaturpauschale"),
        Key("14", "maintenance", original="Wartung"),
        Key("15", "maintenance flat rate", original="Wartungspauschale"),
        Key("16", "delivery", original="Auslieferung"),
        Key("17", "disposal", original="Aussonderung"),
        Key("18", "return", original="Rückholung"),
        Key("19", "abandonment", original="Abbruch"),
        Key("20", "trial", original="Erprobung"),
    ),
)

REUSE = "02"
BETTER_THAN_PRESCRIBED = "06"

COPAYMENT_KIND = KeyTable(
    "8.1.13",
    "copayment kind",
    "Kennzeichen Zuzahlungsart",
    (
        Key("01", "percentage", original="Prozentuale Zuzahlung"),
        Key("02", "minimum or maximum", original="Zuzahlungsgrenzbetrag"),
        Key("03", "percentage for the period of consumption", original="Prozentual, Verbrauchszeitraum"),
        Key("04", "maximum for the period of consumption", original="Höchstbetrag, Verbrauchszeitraum"),
    ),
)

CONSUMPTION_KINDS = frozenset({"03", "04"})
"""Copayment kinds of aids for consumption (§33 (8) SGB V)."""

APPLICATION_SITE = KeyTable(
    "8.1.15",
    "application site",
    "Spezifikation Anwendungsort",
    (
        Key("0", "left", original="Links"),
        Key("1", "right", original="Rechts"),
        Key("2", "both sides", original="beidseitig"),
    ),
)

UNIT = KeyTable(
    "8.6",
    "unit",
    "Mengeneinheit",
    (
        Key("01", "CM, centimetre", V20_BEGINS, original="Zentimeter"),
        Key("02", "ENS, deployment (Einsatz)", V20_BEGINS, original="Einsätze"),
        Key("03", "G, gram", V20_BEGINS, original="Gramm"),
        Key("04", "KG, kilogram", V20_BEGINS, original="Kilogramm"),
        Key("05", "KWH, kilowatt hour", V20_BEGINS, original="Kilowattstunde"),
        Key("06", "L, litre", V20_BEGINS, original="Liter"),
        Key("07", "M, metre", V20_BEGINS, original="Meter"),
        Key("08", "MIN, minute", V20_BEGINS, original="Minute"),
        Key("09", "MON, month", V20_BEGINS, original="Monate"),
        Key("10", "PAA, pair", V20_BEGINS, original="Paar"),
        Key("11", "PAK, pack", V20_BEGINS, original="Pack"),
        Key("12", "ST, piece", V20_BEGINS, original="Stück"),
        Key("13", "STD, hour", V20_BEGINS, original="Stunde"),
        Key("14", "TAG, day", V20_BEGINS, original="Tage"),
    ),
)
"""New in TA1 V20 (A3 V20 history, 06.11.2023). EHI carries the number; the letters are what a price list says."""
