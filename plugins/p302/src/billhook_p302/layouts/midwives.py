"""SLLA:F, claims of midwives (Hebammen und Entbindungspfleger), TA1 V21 5.5.3.7."""

from __future__ import annotations

from billhook.wire.grammar import Group, Use, any_number, optional
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout
from billhook_p302.layouts import rows
from billhook_p302.layouts.every_group import BES, DIA, MWS, SKZ, TXT, claims

TEXT, DIGITS, INTEGER, DATE = Kind.TEXT, Kind.DIGITS, Kind.INTEGER, Kind.DATE

HEB = SegmentLayout(
    "HEB",
    "Midwife (Zusatzinformation Fall Hebamme)",
    (
        Field("midwife_ik", "Institutionskennzeichen der behandelnden Hebamme", DIGITS, "9", M, "who did it"),
        Field(
            "hospital_ik",
            "Institutionskennzeichen des Krankenhauses",
            DIGITS,
            "9",
            K,
            "hospital where she works on her own account",
        ),
    ),
    "TA1 V21 5.5.3.7 HEB",
)
HEL = SegmentLayout("HEL", "Day of service (Hebammen-Leistung)", (rows.service_date(),), "TA1 V21 5.5.3.7 HEL")


def _place(end: str, street: str, place: str) -> tuple[Field, ...]:
    """Where a journey begins or ends; the country stands before the postcode here."""
    return (
        Field(f"{end}_street", street, TEXT, "..30", K, "street, or a description"),
        Field(f"{end}_country", f"Länderkennzeichen {place}", TEXT, "..3", K, "needed abroad", codes="A3 8.5"),
        Field(f"{end}_postcode", f"PLZ {place}", TEXT, "..7", K, "needed where it is known; five digits in Germany"),
        Field(f"{end}_city", f"Name {place}", TEXT, "..25", K, "city"),
    )


EHB = SegmentLayout(
    "EHB",
    "Position (Einzelfallnachweis Hebammen)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2.6", "..5"),
        rows.quantity("each journey stands alone"),
        rows.net_price(),
        Field("pzn", "Pharmazentralnummer", TEXT, "..8", K, "of a medicine; 7 or 8 digits, 7 are not filled up"),
        rows.starts_at(),
        rows.ends_at(),
        rows.minutes(),
        rows.kilometres(),
        *_place("from", "Straße der Abfahrt bzw. Beschreibung des Ortes der Abfahrt", "Abfahrtsort"),
        *_place("to", "Straße Zielort", "Zielort"),
    ),
    "TA1 V21 5.5.3.7 EHB",
)
ZHB = SegmentLayout(
    "ZHB",
    "Case (Zusatzinfo Fall Hebammen)",
    (
        rows.practice_number(K, "of the order; 999999999 when there is none"),
        rows.physician_number(K, "of the order; 999999999 when there is none"),
        Field("birth_key", "Schlüssel Geburtsdatum", DIGITS, "1", M, "real or expected", "birth", codes="A3 8.1.16"),
        Field("child_birth_date", "Geburtsdatum des Kindes", DATE, "8", M, "of the first child", "birth"),
        Field(
            "child_birth_time",
            "Uhrzeit Geburt des Kindes",
            DIGITS,
            "4",
            M,
            "HHMM of the first child with obstetric services, else 9999",
        ),
        rows.prescribed_on("Anordnungsdatum", K),
        Field("children", "Anzahl der geborenen Kinder", INTEGER, "1", K, "needed for more than one"),
    ),
    "TA1 V21 5.5.3.7 ZHB",
)

SLLA_F = claims(
    "F",
    "Claims of midwives (Abrechnungsdaten, Hebammen und Entbindungspfleger)",
    (HEB, HEL, EHB, TXT, MWS, ZHB, DIA, SKZ, BES),
    (
        Group(
            "midwife",
            (
                Use("HEB"),
                Group(
                    "day",
                    (
                        Use("HEL"),
                        Group("position", (Use("EHB"), optional("TXT"), optional("MWS")), 1, None),
                    ),
                    1,
                    None,
                ),
            ),
            1,
            None,
        ),
        Use("ZHB"),
        any_number("DIA"),
        optional("SKZ"),
        Use("BES"),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.7",
)
