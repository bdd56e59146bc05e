"""SLLA:C and SLLA:D, claims for home nursing and domestic help, TA1 V21 5.5.3.4 and 5.5.3.5.

They are built alike: visits with their times, what was done in each, and the prescriptions at the end.
"""

from __future__ import annotations

from billhook.wire.grammar import Group, Use, any_number, optional
from billhook.wire.layout import K, M, SegmentLayout
from billhook_p302.layouts import rows
from billhook_p302.layouts.every_group import BES, DIA, SKZ, TXT, claims

_VISIT = (
    rows.service_date(),
    rows.starts_at("Uhrzeit Beginn", M),
    rows.ends_at("Uhrzeit Ende"),
    rows.minutes(),
)

ESK = SegmentLayout("ESK", "Visit (Informationen zum Einsatz/Hausbesuch)", _VISIT, "TA1 V21 5.5.3.4 ESK")
EHK = SegmentLayout(
    "EHK",
    "Position (Einzelfallnachweis Häusliche Krankenpflege)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2.4"),
        rows.quantity("of one visit"),
        rows.gross_price(),
        rows.kilometres(),
        rows.employee_number(),
        rows.employee_number(2, K),
    ),
    "TA1 V21 5.5.3.4 EHK",
)
ELP = SegmentLayout(
    "ELP",
    "Single service inside a flat rate (Erbrachte unterschiedliche Leistungen je Leistungspauschale)",
    (
        rows.position_number("A3 8.2.4"),
        rows.quantity("of one visit"),
    ),
    "TA1 V21 5.5.3.4, 5.5.3.5 ELP",
)
ZHK = SegmentLayout(
    "ZHK",
    "Prescription (Zusatzinfo Verordnung)",
    (
        rows.practice_number(),
        rows.physician_number(),
        rows.prescribed_on(),
        rows.accident(),
        rows.compensation(),
        rows.prescription_feature(),
    ),
    "TA1 V21 5.5.3.4, 5.5.3.12 ZHK",
)

SLLA_C = claims(
    "C",
    "Claims for home nursing (Abrechnungsdaten, Häusliche Krankenpflege)",
    (ESK, EHK, TXT, ELP, ZHK, DIA, SKZ, BES),
    (
        Group(
            "visit",
            (Use("ESK"), Group("position", (Use("EHK"), optional("TXT"), any_number("ELP")), 1, None)),
            1,
            None,
        ),
        Group("prescription", (Use("ZHK"), any_number("DIA"), Use("SKZ", 1, None)), 1, None),
        Use("BES"),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.4",
)

ESH = SegmentLayout("ESH", "Visit (Informationen zum Einsatz)", _VISIT, "TA1 V21 5.5.3.5 ESH")
EHH = SegmentLayout(
    "EHH",
    "Position (Einzelfallnachweis Haushaltshilfe)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2.4"),
        rows.quantity("of one visit"),
        rows.gross_price(),
    ),
    "TA1 V21 5.5.3.5 EHH",
)
ZHH = SegmentLayout(
    "ZHH",
    "Certificate (Zusatzinfo Bescheinigung für Haushaltshilfe)",
    (
        # The printed columns give K to both numbers, the text demands them and names 999999999 for none.
        rows.practice_number(K, "or the hospital's IK; 999999999 when there is none"),
        rows.physician_number(K),
        rows.prescribed_on("Bescheinigungsdatum"),
        rows.accident(),
        rows.compensation(),
        rows.prescription_feature(),
    ),
    "TA1 V21 5.5.3.5 ZHH",
)

SLLA_D = claims(
    "D",
    "Claims for domestic help (Abrechnungsdaten, Haushaltshilfe)",
    (ESH, EHH, TXT, ELP, ZHH, DIA, SKZ, BES),
    (
        Group(
            "visit",
            (Use("ESH"), Group("position", (Use("EHH"), optional("TXT"), any_number("ELP")), 1, None)),
            1,
            None,
        ),
        Group("certificate", (Use("ZHH"), any_number("DIA")), 0, None),
        any_number("SKZ"),
        Use("BES"),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.5",
)
