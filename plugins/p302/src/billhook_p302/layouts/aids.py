"""SLLA:A, claims for medical aids (Hilfsmittel), TA1 V21 5.5.3.2."""

from __future__ import annotations

from billhook.wire.grammar import Group, OneOf, Use, any_number, optional
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout
from billhook_p302.layouts.every_group import DIA, MWS, SKZ, TXT, claims
from billhook_p302.layouts.rows import provider_group
from billhook_p302.layouts.therapies import GZF

TEXT, DIGITS, INTEGER = Kind.TEXT, Kind.DIGITS, Kind.INTEGER
DECIMAL, CENTS, DATE, TIME = Kind.DECIMAL, Kind.CENTS, Kind.DATE, Kind.TIME


def _aid_mark() -> Field:
    return Field("aid_mark", "Identifikationsnummer", INTEGER, "..3", M, "counts the aids of a voucher from 1")


HIL = SegmentLayout("HIL", "Aid (Hilfsmittelidentifikationsnummer)", (_aid_mark(),), "TA1 V21 5.5.3.2 HIL")
EHI = SegmentLayout(
    "EHI",
    "Position (Einzelfallnachweis Hilfsmittel)",
    (
        *provider_group(),
        Field("position_number", "Abrechnungspositionsnummer", TEXT, "..10", M, "aid number", codes="A3 8.2.2"),
        Field("quantity", "Anzahl/Menge", DECIMAL, "..4,2", M, "of one day"),
        Field("unit", "Mengeneinheit", TEXT, "2", K, "unit of the quantity, by number", codes="A3 8.6", since=20),
        Field(
            "unit_price",
            "Einzelbetrag der Abrechnungsposition",
            CENTS,
            "..10,2",
            M,
            "net where MWS follows, else gross",
        ),
        Field("service_date", "Datum der Leistungserbringung", DATE, "8", M, "day of the service"),
        Field("aid_kind", "Kennzeichen für Hilfsmittel", TEXT, "2", M, "new, repair, rent, …", codes="A3 8.1.10"),
        Field("inventory_number", "Inventarnummer", TEXT, "..20", K, "of an aid that is used again"),
        Field(
            "product_detail",
            "Positionsnummer für Produktbesonderheiten",
            TEXT,
            "..10",
            K,
            "where the contract demands it",
            codes="A3 8.3",
        ),
        Field("application_site", "Spezifikation Anwendungsort", TEXT, "1", K, "left, right, both", codes="A3 8.1.15"),
        Field("kilometres", "Gefahrene Kilometer", INTEGER, "..6", K, "inside a flat rate"),
        Field("starts_at", "Uhrzeit", TIME, "4", K, "time of day"),
        Field("ends_at", "Uhrzeit bis", TIME, "4", K, "time of day"),
        Field("minutes", "Dauer", INTEGER, "..4", K, "duration in minutes"),
        Field("supply_from", "Versorgungszeitraum von", DATE, "8", K, "needed for consumables"),
        Field("supply_to", "Versorgungszeitraum bis", DATE, "8", K, "needed where there is a beginning"),
    ),
    "TA1 V21 5.5.3.2 EHI",
)
ZUH = SegmentLayout(
    "ZUH",
    "Copayment of an aid (Zuzahlung Hilfsmittel)",
    (
        _aid_mark(),
        Field("gross_amount", "Bruttobetrag", CENTS, "..10,2", M, "all positions of the aid, VAT included"),
        Field("copayment_kind", "Zuzahlungsart", DIGITS, "2", K, "percent or limit", codes="A3 8.1.13"),
        Field("copayment", "Betrag gesetzliche Zuzahlung", CENTS, "..10,2", K, "copayment by law"),
        Field("own_share", "Betrag Eigenanteil", CENTS, "..10,2", K, "own share, as with shoes"),
        Field("supply_months", "Versorgungszeitraum", INTEGER, "..2", K, "months, for consumables"),
    ),
    "TA1 V21 5.5.3.2 ZUH",
)
MEH = SegmentLayout(
    "MEH",
    "Extra costs (Mehrkosten)",
    (Field("extra_costs", "Betrag Mehrkosten", CENTS, "..10,2", M, "paid privately; 0,00 when none"),),
    "TA1 V21 5.5.3.2 MEH",
)
ZHI = SegmentLayout(
    "ZHI",
    "Prescription (Zusatzinfo Verordnung Hilfsmittel)",
    (
        Field("practice_number", "Betriebsstättennummer", TEXT, "..9", M, "999999999 when there is none"),
        Field("physician_number", "Lebenslange Arztnummer", TEXT, "..9", M, "999999999 when there is none"),
        Field("prescribed_on", "Verordnungs-, Ausstell- oder Einsatzdatum", DATE, "8", M, "date of the prescription"),
        Field("copayment_mark", "Zuzahlungskennzeichen", DIGITS, "1", M, "liable or exempt", codes="A3 8.1.3"),
        Field("accident", "Unfallkennzeichen", DIGITS, "1", K, "accident", codes="A3 8.1.2"),
        Field("compensation", "Kennzeichen BVG/SER", DIGITS, "1", K, "social compensation law", codes="A3 8.1.2.1"),
        Field("prescription_feature", "Kennzeichen Verordnungsbesonderheiten", DIGITS, "1", K, "", codes="A3 8.1.11"),
        Field(
            "recommender_number",
            "Beschäftigtennummer",
            DIGITS,
            "9",
            K,
            "nurse who recommended, § 40 (6) SGB XI",
            since=19,
        ),
        Field(
            "recommender_ik",
            "Institutionskennzeichen",
            DIGITS,
            "9",
            K,
            "the nurse's service, § 40 (6) SGB XI",
            since=19,
        ),
    ),
    "TA1 V21 5.5.3.2 ZHI",
)
A_BES = SegmentLayout(
    "BES",
    "Sums of a voucher (Betrags-Summen)",
    (
        Field("gross_total", "Gesamtbetrag Brutto", CENTS, "..10,2", M, "all positions, VAT included"),
        Field("copayment_total", "Gesamtbetrag gesetzliche Zuzahlung", CENTS, "..10,2", K, "sum of ZUH"),
        Field("own_share_total", "Gesamtbetrag Eigenanteil", CENTS, "..10,2", K, "sum of ZUH"),
        Field("extra_costs_total", "Gesamtbetrag Mehrkosten", CENTS, "..10,2", M, "sum of MEH"),
    ),
    "TA1 V21 5.5.3.2 BES",
)

_POSITION = Group("position", (Use("EHI"), optional("TXT"), optional("MWS")), 1, None)
_AIDS_EACH_WITH_SUMS = Group("aid", (Use("HIL"), _POSITION, optional("ZUH"), Use("MEH")), 1, None)
_AIDS_EACH_WITH_SURCHARGE = Group("", (Group("aid", (Use("HIL"), _POSITION, Use("MEH")), 1, None), any_number("ZUH")))
_AIDS_THEN_SUMS = Group(
    "",
    (
        Group("aid", (Use("HIL"), _POSITION), 1, None),
        Group("", (OneOf((Use("ZUH"), Use("MEH"))),), 1, None),
    ),
)

SLLA_A = claims(
    "A",
    "Claims for medical aids (Abrechnungsdaten, Hilfsmittel)",
    (HIL, EHI, TXT, MWS, ZUH, MEH, ZHI, DIA, SKZ, A_BES, GZF),
    (
        # TA1's table puts ZUH and MEH behind the positions of their HIL, its text puts ZUH after all aids.
        OneOf((_AIDS_EACH_WITH_SUMS, _AIDS_EACH_WITH_SURCHARGE, _AIDS_THEN_SUMS)),
        Use("ZHI"),
        any_number("DIA"),
        optional("SKZ"),
        # GZF stands for BES where only unpaid copayments are claimed (processing kind 03).
        OneOf((Use("BES"), Use("GZF"))),
    ),
    "TA1 V21 5.5.3.1, 5.5.3.2",
)
