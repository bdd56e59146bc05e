"""SLLA:G to SLLA:N, claims of other providers (Sonstige), TA1 V21 5.5.3.8: one message for eight groups."""

from __future__ import annotations

from billhook.wire.grammar import Group, MessageLayout, Use, any_number, optional
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout
from billhook_p302.layouts import rows
from billhook_p302.layouts.every_group import DIA, MWS, SKZ, TXT, claims

DIGITS, INTEGER, DATE = Kind.DIGITS, Kind.INTEGER, Kind.DATE

ENF = SegmentLayout(
    "ENF",
    "Position (Einzelfallnachweis)",
    (
        Field(
            "service_mark",
            "Identifikationsnummer",
            INTEGER,
            "..3",
            K,
            "the same for all positions that share a copayment",
        ),
        *rows.provider_group(),
        rows.position_number("A3 8.2"),
        rows.quantity(),
        rows.net_price(),
        rows.service_date(),
        rows.amount("copayment", "Betrag der Zuzahlung", "of one unit, by percent or a day, VAT included"),
    ),
    "TA1 V21 5.5.3.8 ENF",
)
SUT = SegmentLayout(
    "SUT",
    "More about a position (Sonstige Infos zum Einzelfall)",
    (
        rows.kilometres(),
        rows.starts_at(),
        rows.ends_at(),
        rows.minutes(),
        Field("supply_from", "Versorgungszeitraum von", DATE, "8", K, "where the contract asks for it"),
        Field("supply_to", "Versorgungszeitraum bis", DATE, "8", K, "needed where there is a beginning"),
    ),
    "TA1 V21 5.5.3.8 SUT",
)
ZUZ = SegmentLayout(
    "ZUZ",
    "Copayment (Zuzahlung), reserved: not to be sent until further notice",
    (
        Field("service_mark", "Identifikationsnummer", INTEGER, "..3", M, "as in ENF"),
        rows.amount("gross_amount", "Bruttobetrag", "all positions of the mark, VAT included", M),
        Field("copayment_kind", "Zuzahlungsart", DIGITS, "2", K, "percent or limit", codes="A3 8.1.13"),
        rows.amount("copayment", "Betrag gesetzliche Zuzahlung", "copayment by law"),
        rows.amount("own_share", "Betrag Eigenanteil", "own share"),
        Field("supply_months", "Versorgungszeitraum", INTEGER, "..2", K, "months"),
    ),
    "TA1 V21 5.5.3.8 ZUZ",
)
ZUV = SegmentLayout(
    "ZUV",
    "Prescription (Zusatzinfo Verordnung)",
    (
        rows.practice_number(meaning="or the hospital's IK; 999999999 when there is none"),
        rows.physician_number(),
        rows.prescribed_on("Verordnungs-, Ausstell- oder Einsatzdatum", K),
        rows.copayment_mark(),
        rows.accident(),
        rows.compensation(),
        rows.prescription_feature(),
    ),
    "TA1 V21 5.5.3.8 ZUV",
)
G_BES = SegmentLayout(
    "BES",
    "Sums of a voucher (Betrags-Summen)",
    (
        rows.gross_total(),
        rows.amount("copayment_total", "Gesamtbetrag gesetzliche Zuzahlung", "by percent, flat, and of ZUZ"),
        rows.amount("copayment_percentage", "Gesamtbetrag prozentuale Zuzahlung", "sum of ENF"),
        rows.amount(
            "copayment_flat", "pauschaler Zuzahlungsbetrag", "10,00 at most, no more than the rest of the gross"
        ),
        rows.amount("own_share_total", "Gesamtbetrag Eigenanteil", "sum of ZUZ"),
    ),
    "TA1 V21 5.5.3.8 BES",
)


def _claims_of(group: str, title: str) -> MessageLayout:
    return claims(
        group,
        title,
        (ENF, SUT, TXT, MWS, ZUZ, ZUV, DIA, SKZ, G_BES),
        (
            Group("position", (Use("ENF"), optional("SUT"), optional("TXT"), optional("MWS")), 1, None),
            any_number("ZUZ"),
            Group("prescription", (Use("ZUV"), any_number("DIA"), optional("SKZ")), 0, 1),
            Use("BES"),
        ),
        "TA1 V21 5.5.3.1, 5.5.3.8",
    )


SLLA_G = _claims_of("G", "Claims for dialysis outside a practice (Nichtärztliche Dialysesachleistungen)")
SLLA_H = _claims_of("H", "Claims for rehabilitation sport (Rehabilitationssport)")
SLLA_I = _claims_of("I", "Claims for functional training (Funktionstraining)")
SLLA_J = _claims_of("J", "Claims of other providers (Weitere Sonstige Leistungserbringer)")
SLLA_K = _claims_of("K", "Claims for prevention (Präventions- und Gesundheitsförderungsmaßnahmen)")
SLLA_L = _claims_of("L", "Claims of rehabilitation centres (Ambulantes Rehazentrum)")
SLLA_M = _claims_of("M", "Claims for early intervention (Sozialpädiatrische Zentren/Frühförderstellen)")
SLLA_N = _claims_of("N", "Claims for sociotherapy (Soziotherapeutische Leistungserbringer)")
