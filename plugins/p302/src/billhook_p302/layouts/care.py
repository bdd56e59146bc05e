"""SLLA:P, Q, R and S: care planning, short-term care, intensive care outside hospital, pilot projects.

TA1 V21 5.5.3.10 to 5.5.3.13.
"""

from __future__ import annotations

from billhook.wire.grammar import Group, Use, any_number, optional
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout
from billhook_p302.layouts import rows
from billhook_p302.layouts.every_group import BES, DIA, SKZ, TXT, claims
from billhook_p302.layouts.home_nursing import ZHK

TEXT, DIGITS, INTEGER, DATE = Kind.TEXT, Kind.DIGITS, Kind.INTEGER, Kind.DATE

# --- P: care planning (Gesundheitliche Versorgungsplanung, § 132g SGB V) ------------------------------------------------

EGV = SegmentLayout(
    "EGV",
    "Position (Einzelfallnachweis gesundheitliche Versorgungsplanung)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2"),
        rows.quantity("of the period"),
        rows.gross_price(),
        Field("service_from", "Datum der Leistungserbringung / Abrechnungszeitraum von", DATE, "8", M, "first day"),
        Field("service_to", "Abrechnungszeitraum bis", DATE, "8", K, "last day, needed for a flat rate"),
    ),
    "TA1 V21 5.5.3.10 EGV",
)
IBP = SegmentLayout(
    "IBP",
    "Consultation (Informationen zum Beratungsprozess)",
    (
        Field(
            "consultation_kind",
            "Art des Beratungsprozesses",
            DIGITS,
            "1",
            M,
            "1 the first, 2 another",
            allowed=("1", "2"),
            codes="TA1 IBP",
        ),
        Field("began_on", "Beginn Beratungsprozess", DATE, "8", M, "first day"),
        Field("ended_on", "Ende Beratungsprozess", DATE, "8", M, "last day"),
        Field("conversations", "Anzahl Gespräche", INTEGER, "..6", M, "conversations within it"),
        Field("consultant", "Name des Beraters", TEXT, "..70", M, "who advised"),
    ),
    "TA1 V21 5.5.3.10 IBP",
)
SLLA_P = claims(
    "P",
    "Claims for care planning (Abrechnungsdaten, § 132g SGB V)",
    (EGV, TXT, IBP, BES),
    (Group("position", (Use("EGV"), any_number("TXT")), 1, None), any_number("IBP"), Use("BES")),
    "TA1 V21 5.5.3.1, 5.5.3.10",
)

# --- Q: short-term care (Kurzzeitpflege) --------------------------------------------------------------------------------

EHP = SegmentLayout(
    "EHP",
    "Position (Einzelfallnachweis Kurzzeitpflege)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2.12"),
        rows.quantity("days"),
        rows.gross_price(),
        Field("service_from", "Datum Beginn der Leistungserbringung", DATE, "8", M, "first day"),
        Field("service_to", "Datum Ende der Leistungserbringung", DATE, "8", M, "last day"),
    ),
    "TA1 V21 5.5.3.11 EHP",
)
SLLA_Q = claims(
    "Q",
    "Claims for short-term care (Abrechnungsdaten, Kurzzeitpflege)",
    (EHP, TXT, DIA, SKZ, BES),
    (
        Group("position", (Use("EHP"), optional("TXT")), 1, None),
        any_number("DIA"),
        Use("SKZ", 1, None),
        Use("BES"),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.11",
)

# --- R: intensive care outside hospital (Außerklinische Intensivpflege) -------------------------------------------------

AHK = SegmentLayout(
    "AHK",
    "Position (Einzelfallnachweis außerklinische Intensivpflege)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2.13", "6"),
        rows.quantity("of the day, or of the month"),
        rows.gross_price(),
        rows.service_date(meaning="day of the service; of a monthly flat rate the first day in the month"),
        Field(
            "quantity_kind",
            "Art der angegebenen Menge",
            DIGITS,
            "1",
            M,
            "1 days, 2 hours, 3 minutes, 4 month",
            allowed=("1", "2", "3", "4"),
            codes="TA1 AHK",
        ),
        Field(
            "service_to",
            "Versorgungszeitraum bis",
            DATE,
            "8",
            K,
            "last day, needed for a month; not the first one",
        ),
    ),
    "TA1 V21 5.5.3.12 AHK",
    since=19,
)
# V21 prints the day in ASK; the history tells that V19 took one out and not when it came back.
ASK = SegmentLayout(
    "ASK",
    "When and who (Informationen zur Leistungserbringung)",
    (
        rows.employee_number(),
        rows.starts_at("Uhrzeit Beginn", M),
        rows.ends_at("Uhrzeit Ende", M),
        rows.minutes(),
        rows.service_date("Tag der Leistung"),
    ),
    "TA1 V21 5.5.3.12 ASK",
    since=19,
)
SLLA_R = claims(
    "R",
    "Claims for intensive care (Abrechnungsdaten, Außerklinische Intensivpflege)",
    (AHK, ASK, TXT, ZHK, DIA, SKZ, BES),
    (
        Group("position", (Use("AHK"), Use("ASK", 1, None), optional("TXT")), 1, None),
        Group("prescription", (Use("ZHK"), any_number("DIA"), Use("SKZ", 1, None)), 1, None),
        Use("BES"),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.12",
)

# --- S: pilot projects (Modellvorhaben, § 64d SGB V) --------------------------------------------------------------------

EMP = SegmentLayout(
    "EMP",
    "Position (Einzelfallnachweis Modellvorhaben nach § 64d SGB V)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2.14"),
        rows.quantity(),
        rows.gross_price(),
        rows.employee_number(),
        Field("service_from", "Datum Beginn der Leistungserbringung", DATE, "8", M, "first day"),
        rows.starts_at("Uhrzeit Beginn der Leistungserbringung"),
        Field("service_to", "Datum Ende der Leistungserbringung", DATE, "8", M, "last day"),
        rows.ends_at("Uhrzeit Ende der Leistungserbringung"),
        rows.minutes("Dauer der Leistungserbringung"),
    ),
    "TA1 V21 5.5.3.13 EMP",
    since=19,
)
SLLA_S = claims(
    "S",
    "Claims for pilot projects (Abrechnungsdaten, Modellvorhaben nach § 64d SGB V)",
    (EMP, TXT, BES),
    (Group("position", (Use("EMP"), optional("TXT")), 1, None), Use("BES")),
    "TA1 V21 5.5.3.1, 5.5.3.13",
)
