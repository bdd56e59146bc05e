"""Keys of groups B to S: therapies, midwives, intensive care."""

from __future__ import annotations

from billhook_p302.codes.table import Key, KeyTable

PRESCRIPTION_KIND = KeyTable(
    "8.1.12",
    "kind of a prescription of therapies",
    "Kennzeichen Verordnungsart bei Heilmitteln",
    (
        Key("03", "usual amount (§7 (1) to (5) HeilM-RL, §6 (1) to (4) HeilM-RL dentists)"),
        Key("04", "special or long-term need (§7 (6) HeilM-RL, §6 (5) HeilM-RL dentists)"),
        Key("05", "blank prescription (§13a HeilM-RL, §12 HeilM-RL dentists)"),
        Key("99", "outside of both guidelines (TA1 V21 5.5.3.3 ZHE)"),
    ),
)

BLANK_PRESCRIPTION = "05"

NO_GROUP = "9999"
"""Stands for the diagnosis group where the prescription has none, and for leading symptoms outside of the HeilM-RL."""

AREA = KeyTable(
    "ZHE",
    "area of therapy",
    "Heilmittel-Bereich",
    (
        Key("1", "physiotherapy"),
        Key("2", "podology"),
        Key("3", "voice, speech, language and swallowing"),
        Key("4", "occupational therapy"),
        Key("5", "nutrition"),
    ),
    source="TA1 V21 5.5.3.3",
)

BIRTH_DATE_KIND = KeyTable(
    "8.1.16",
    "birth date of a child",
    "Schlüssel Geburtsdatum",
    (Key("1", "actual"), Key("2", "expected")),
)

QUANTITY_KIND = KeyTable(
    "AHK",
    "kind of quantity",
    "Art der angegebenen Menge",
    (Key("1", "days"), Key("2", "hours"), Key("3", "minutes"), Key("4", "month, at a flat rate")),
    source="TA1 V21 5.5.3.12",
)

CONSULTATION_KIND = KeyTable(
    "IBP",
    "kind of consultation",
    "Art des Beratungsprozesses",
    (Key("1", "the first"), Key("2", "another one")),
    source="TA1 V21 5.5.3.10",
)
