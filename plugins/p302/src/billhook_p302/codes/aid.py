"""Keys of an aid and its billing line."""

from __future__ import annotations

from billhook_p302.codes.table import Key, KeyTable

AID_MARK = KeyTable(
    "8.1.10",
    "aid mark",
    "Kennzeichen für Hilfsmittel",
    (
        Key("00", "new delivery"),
        Key("01", "repair"),
        Key("02", "re-use"),
        Key("03", "rent"),
        Key("04", "repeated delivery of the same product"),
        Key("05", "fitting"),
        Key("06", "better product than prescribed"),
        Key("07", "working time"),
        Key("08", "flat rate"),
        Key("09", "following flat rate"),
        Key("10", "following supply with another product"),
        Key("11", "replacement"),
        Key("12", "accessory"),
        Key("13", "repair flat rate"),
        Key("14", "maintenance"),
        Key("15", "maintenance flat rate"),
        Key("16", "delivery"),
        Key("17", "disposal"),
        Key("18", "return"),
        Key("19", "abandonment"),
        Key("20", "trial"),
    ),
)

REUSE = "02"
BETTER_THAN_PRESCRIBED = "06"

COPAYMENT_KIND = KeyTable(
    "8.1.13",
    "copayment kind",
    "Kennzeichen Zuzahlungsart",
    (
        Key("01", "percentage"),
        Key("02", "minimum or maximum"),
        Key("03", "percentage for the period of consumption"),
        Key("04", "maximum for the period of consumption"),
    ),
)

CONSUMPTION_KINDS = frozenset({"03", "04"})
"""Copayment kinds of aids for consumption (§33 (8) SGB V)."""

APPLICATION_SITE = KeyTable(
    "8.1.15",
    "application site",
    "Spezifikation Anwendungsort",
    (Key("0", "left"), Key("1", "right"), Key("2", "both sides")),
)

UNIT = KeyTable(
    "8.6",
    "unit",
    "Mengeneinheit",
    (
        Key("01", "CM, centimetre"),
        Key("02", "ENS, deployment (Einsatz)"),
        Key("03", "G, gram"),
        Key("04", "KG, kilogram"),
        Key("05", "KWH, kilowatt hour"),
        Key("06", "L, litre"),
        Key("07", "M, metre"),
        Key("08", "MIN, minute"),
        Key("09", "MON, month"),
        Key("10", "PAA, pair"),
        Key("11", "PAK, pack"),
        Key("12", "ST, piece"),
        Key("13", "STD, hour"),
        Key("14", "TAG, day"),
    ),
)
"""New in TA1 V20 (A3 V20 history, 06.11.2023)."""
