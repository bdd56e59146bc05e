"""SLLA:E, claims for the transport of patients (Krankentransportleistungen), TA1 V21 5.5.3.6."""

from __future__ import annotations

from billhook.wire.grammar import Group, OneOf, Use, any_number, optional
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout
from billhook_p302.layouts import rows
from billhook_p302.layouts.every_group import MWS, SKZ, TXT, claims

TEXT, DIGITS, INTEGER, DECIMAL = Kind.TEXT, Kind.DIGITS, Kind.INTEGER, Kind.DECIMAL


def _trip_mark() -> Field:
    return Field("trip_mark", "Identifikationsnummer", INTEGER, "..3", M, "counts the trips of a voucher from 1")


KTL = SegmentLayout(
    "KTL",
    "Trip (Krankentransportleistungen)",
    (
        _trip_mark(),
        Field(
            "from_street",
            "Strasse Abholort bzw. Beschreibung Notfallort",
            TEXT,
            "..30",
            M,
            "street and number, or where the emergency was",
        ),
        Field("from_postcode", "PLZ Abholort", TEXT, "..7", K, "needed where it is known; five digits in Germany"),
        Field("from_country", "Länderkennzeichen Abholort", TEXT, "..3", K, "needed abroad", codes="A3 8.5"),
        Field("from_city", "Name Abholort", TEXT, "..25", K, "needed where it is known"),
        Field("to_street", "Strasse Zielort", TEXT, "..30", M, "street and number"),
        Field("to_postcode", "PLZ Zielort", TEXT, "..7", M, "five digits in Germany"),
        Field("to_country", "Länderkennzeichen Zielort", TEXT, "..3", K, "needed abroad", codes="A3 8.5"),
        Field("to_city", "Name Zielort", TEXT, "..25", M, "city"),
    ),
    "TA1 V21 5.5.3.6 KTL",
)
EKT = SegmentLayout(
    "EKT",
    "Position (Einzelfallnachweis Krankentransport)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2.5"),
        rows.quantity("each position stands alone"),
        rows.net_price(),
        rows.service_date(),
        Field("kilometres", "Gefahrene Kilometer", DECIMAL, "..4,2", K, "inside a flat rate"),
        rows.starts_at(),
        rows.ends_at(),
        rows.minutes(),
    ),
    "TA1 V21 5.5.3.6 EKT",
)
ZUK = SegmentLayout(
    "ZUK",
    "Copayment of a trip (Zuzahlung)",
    (
        _trip_mark(),
        rows.amount("gross_amount", "Bruttobetrag", "all positions of the trip, VAT included", M),
        Field("copayment_kind", "Zuzahlungsart", DIGITS, "2", K, "percent or limit", codes="A3 8.1.13"),
        rows.amount("copayment", "Betrag gesetzliche Zuzahlung", "copayment by law"),
    ),
    "TA1 V21 5.5.3.6 ZUK",
)
ZKT = SegmentLayout(
    "ZKT",
    "Prescription (Zusatzinfo Verordnung)",
    (
        rows.practice_number(meaning="or the hospital's IK; 999999999 when there is none"),
        rows.physician_number(meaning="999999999 when there is none; the IK of a house led by midwives"),
        rows.copayment_mark(),
        rows.prescribed_on("Verordnungs-, Ausstell- oder Einsatzdatum", K),
        rows.accident(),
        rows.compensation(),
    ),
    "TA1 V21 5.5.3.6 ZKT",
)
E_BES = SegmentLayout(
    "BES",
    "Sums of a voucher (Betrags-Summen)",
    (rows.gross_total(), rows.amount("copayment_total", "Gesamtbetrag gesetzliche Zuzahlung", "sum of ZUK")),
    "TA1 V21 5.5.3.6 BES",
)

_POSITION = Group("position", (Use("EKT"), optional("TXT"), optional("MWS")), 1, None)
_TRIPS_EACH_WITH_COPAYMENT = Group("trip", (Use("KTL"), _POSITION, optional("ZUK")), 1, None)
_TRIPS_THEN_COPAYMENTS = Group("", (Group("trip", (Use("KTL"), _POSITION), 1, None), any_number("ZUK")))

SLLA_E = claims(
    "E",
    "Claims for transport (Abrechnungsdaten, Krankentransportleistungen)",
    (KTL, EKT, TXT, MWS, ZUK, ZKT, SKZ, E_BES),
    (
        # TA1's table puts ZUK behind the positions of its KTL, its text puts ZUK after all trips.
        OneOf((_TRIPS_EACH_WITH_COPAYMENT, _TRIPS_THEN_COPAYMENTS)),
        Use("ZKT"),
        optional("SKZ"),
        Use("BES"),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.6",
)
