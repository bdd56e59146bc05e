"""SLLA:O, claims for palliative care at home (SAPV), TA1 V21 5.5.3.9."""

from __future__ import annotations

from billhook.wire.grammar import Group, Use, optional
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout
from billhook_p302.layouts import rows
from billhook_p302.layouts.every_group import BES, DIA, SKZ, TXT, claims

TEXT, DIGITS, DATE = Kind.TEXT, Kind.DIGITS, Kind.DATE

ERS = SegmentLayout(
    "ERS",
    "First contact (Informationen zum Beginn der Leistungserbringung)",
    (
        Field(
            "first_service_on",
            "Datum Beginn der Leistungserbringung",
            DATE,
            "8",
            M,
            "day of the first contact, the same in all later claims",
        ),
    ),
    "TA1 V21 5.5.3.9 ERS",
)
ESP = SegmentLayout(
    "ESP",
    "Position (Einzelfallnachweis SAPV)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2.11"),
        rows.quantity("positions of the same kind together"),
        rows.gross_price(),
        rows.kilometres(),
    ),
    "TA1 V21 5.5.3.9 ESP",
)


def _physician(place: int) -> Field:
    return Field(
        "physician_number" if place == 1 else f"physician_number_{place}",
        "LANR" if place == 1 else f"LANR ({place}. Arzt)",
        DIGITS,
        "9",
        K,
        "of a physician who did it; 333333300 when there is none",
        since=21,
    )


ZZL = SegmentLayout(
    "ZZL",
    "When and who (Zeitangabe zur Leistungserbringung)",
    (
        rows.service_date("Datum Leistungserbringung", "day of the visit"),
        rows.starts_at("Uhrzeit Beginn Leistungserbringung"),
        Field("ends_on", "Datum Ende Leistungserbringung", DATE, "8", K, "needed when it goes past midnight"),
        rows.ends_at("Uhrzeit Ende Leistungserbringung"),
        rows.minutes("Dauer des Einsatzes", "4"),
        Field("visit_id", "Einsatz-ID", TEXT, "..20", K, "of the visit; not where there is a beginning"),
        rows.employee_number(since=21),
        rows.employee_number(2, K, 21),
        rows.employee_number(3, K, 21),
        _physician(1),
        _physician(2),
        _physician(3),
    ),
    "TA1 V21 5.5.3.9 ZZL",
)
ZSP = SegmentLayout(
    "ZSP",
    "Prescription (Zusatzinfo Verordnung für SAPV)",
    (
        rows.practice_number(meaning="or the hospital's IK"),
        rows.physician_number(meaning="999999999 from a hospital"),
        rows.prescribed_on(),
        rows.accident(),
        Field("prescribed_from", "Datum Beginn lt. Verordnung", DATE, "8", M, "first prescribed day"),
        Field("prescribed_to", "Datum Ende lt. Verordnung", DATE, "8", M, "last prescribed day"),
        rows.prescription_feature(),
    ),
    "TA1 V21 5.5.3.9 ZSP",
)

SLLA_O = claims(
    "O",
    "Claims for palliative care at home (Abrechnungsdaten, SAPV)",
    (ERS, ESP, TXT, ZZL, ZSP, DIA, SKZ, BES),
    (
        Use("ERS"),
        Group("position", (Use("ESP"), optional("TXT"), Use("ZZL", 1, None)), 1, None),
        # The printed table has DIA as mandatory here, other than in the groups that are built alike.
        Group("prescription", (Use("ZSP"), Use("DIA", 1, None), Use("SKZ", 1, None)), 1, None),
        Use("BES"),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.9",
)
