"""SLLA:B, claims for therapies (Heilmittel), TA1 V21 5.5.3.3."""

from __future__ import annotations

from billhook.wire.grammar import Group, OneOf, Use, optional
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout
from billhook_p302.layouts import rows
from billhook_p302.layouts.every_group import DIA, MWS, SKZ, TXT, claims

TEXT, DIGITS, CENTS, DATE = Kind.TEXT, Kind.DIGITS, Kind.CENTS, Kind.DATE

EHE = SegmentLayout(
    "EHE",
    "Position (Einzelfallnachweis Heilmittel)",
    (
        *rows.provider_group(),
        rows.position_number("A3 8.2.1", "..5"),
        rows.quantity(),
        rows.net_price(),
        rows.service_date(),
        rows.amount("copayment", "Betrag der Zuzahlung", "of one unit, by percent, VAT included"),
        rows.kilometres(),
    ),
    "TA1 V21 5.5.3.3 EHE",
)
ZHE = SegmentLayout(
    "ZHE",
    "Prescription (Zusatzinfo Verordnung Heilmittel)",
    (
        rows.practice_number(),
        rows.physician_number(meaning="999999999 when there is none; a dentist's own number"),
        rows.prescribed_on(),
        rows.copayment_mark(),
        Field(
            "diagnosis_group",
            "Diagnosegruppe / Indikationsgruppe",
            TEXT,
            "..4",
            M,
            "such as ZN, PS2, CD2a; 9999 when there is none",
        ),
        Field(
            "prescription_kind",
            "Kennzeichen Verordnungsart bei Heilmitteln",
            DIGITS,
            "2",
            M,
            "usual, special need, blank prescription",
            codes="A3 8.1.12",
        ),
        rows.prescription_feature(),
        rows.accident(),
        rows.compensation(),
        # The form of 2021 has no latest day of beginning any more; that V14 emptied the field follows from it.
        Field("begins_by", "Behandlungsbeginn", DATE, "8", K, "latest day of beginning", until=13),
        Field("begins", "Behandlungsbeginn", TEXT, "..0", K, "always empty", since=14),
        Field("report_wanted", "Therapiebericht angefordert", DIGITS, "1", K, "ticked", allowed=("1",)),
        Field("home_visit", "Hausbesuch", DIGITS, "1", K, "ticked", allowed=("1",)),
        Field(
            "leading_symptoms",
            "Leitsymptomatik",
            TEXT,
            "4",
            M,
            "a, b, c and the patient's own, each 0 or 1; 9999 outside the physicians' guideline",
            since=14,
        ),
        Field(
            "own_symptoms",
            "Patientenindividuelle Leitsymptomatik",
            TEXT,
            "..70",
            K,
            "needed where leading_symptoms is 0000 or ends in 1",
            since=14,
        ),
        Field(
            "urgent",
            "Dringlicher Behandlungsbedarf",
            DIGITS,
            "1",
            M,
            "0 no, 1 yes",
            allowed=("0", "1"),
            since=14,
        ),
        Field(
            "therapy_area",
            "Heilmittel-Bereich",
            DIGITS,
            "1",
            K,
            "1 physiotherapy, 2 podiatry, 3 speech, 4 occupational, 5 nutrition",
            allowed=("1", "2", "3", "4", "5"),
            codes="TA1 ZHE",
            since=14,
        ),
        Field(
            "frequency",
            "Therapiefrequenz",
            DIGITS,
            "1",
            M,
            "times a week, the highest of a span; 0 where there is none",
            since=14,
        ),
    ),
    "TA1 V21 5.5.3.3 ZHE",
)
B_BES = SegmentLayout(
    "BES",
    "Sums of a voucher (Betrags-Summen)",
    (
        rows.gross_total(),
        rows.amount("copayment_total", "Gesamtbetrag gesetzliche Zuzahlung", "by percent and flat"),
        rows.amount("copayment_percentage", "Gesamtbetrag prozentuale Zuzahlung", "sum of EHE"),
        rows.amount(
            "copayment_flat", "pauschaler Zuzahlungsbetrag", "10,00 at most, no more than the rest of the gross"
        ),
        rows.amount("flat_deduction", "Pauschaler Korrekturabzug", "by contract, only in corrections (04)"),
    ),
    "TA1 V21 5.5.3.3 BES",
)
GZF = SegmentLayout(
    "GZF",
    "Claim for an unpaid copayment (Gesamtbetrag Forderung Zuzahlung)",
    (
        Field("claimed_total", "Gesamtbetrag Forderung gesetzliche Zuzahlung", CENTS, "..10,2", M, "whole claim"),
        Field("claimed_percentage", "Forderung prozentuale Zuzahlung", CENTS, "..10,2", K, "of it by percent"),
        Field("claimed_flat", "Forderung pauschaler Zuzahlungsbetrag", CENTS, "..10,2", K, "of it the flat amount"),
    ),
    "TA1 V21 5.5.3.3 GZF",
)

SLLA_B = claims(
    "B",
    "Claims for therapies (Abrechnungsdaten, Heilmittel)",
    (EHE, TXT, MWS, ZHE, DIA, SKZ, B_BES, GZF),
    (
        Group("position", (Use("EHE"), optional("TXT"), optional("MWS")), 1, None),
        Use("ZHE"),
        Use("DIA", 1, None),
        optional("SKZ"),
        # GZF stands for BES where only unpaid copayments are claimed (processing kind 03).
        OneOf((Use("BES"), Use("GZF"))),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.3",
)
