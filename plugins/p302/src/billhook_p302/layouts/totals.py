"""SLGA: the totals of an invoice (Gesamtaufstellung der Abrechnung)."""

from __future__ import annotations

from billhook.wire.grammar import Group, MessageLayout, Use, optional
from billhook.wire.layout import Field, K, Kind, M, SegmentLayout
from billhook_p302.layouts.frame import UNH, UNT
from billhook_p302.layouts.rows import invoice, processing_kind

TEXT, DIGITS, INTEGER = Kind.TEXT, Kind.DIGITS, Kind.INTEGER
DECIMAL, CENTS = Kind.DECIMAL, Kind.CENTS

SLGA_FKT = SegmentLayout(
    "FKT",
    "Function (Funktion)",
    (
        processing_kind(),
        Field("collective", "Sammelrechnung", TEXT, "1", K, "J in a collective invoice", allowed=("J",)),
        Field(
            "provider_ik",
            "IK des Rechnungsstellers/Leistungserbringers",
            DIGITS,
            "9",
            M,
            "provider; in the collective invoice of a collecting service centre, the centre",
        ),
        Field("payer_ik", "IK des Kostenträgers", DIGITS, "9", M, "payer that the card's IK points to"),
        Field("card_ik", "IK der Krankenkasse von der KV-Karte", DIGITS, "9", K, "only a collective invoice has none"),
        Field("sender_ik", "IK Absender der Datei", DIGITS, "9", M, "as in UNB"),
    ),
    "TA1 V21 5.5.2 FKT",
)
SLGA_REC = invoice("TA1 V21 5.5.2 REC")
SLGA_UST = SegmentLayout(
    "UST",
    "VAT mark (Umsatzsteuer-Kennzeichen)",
    (
        Field("tax_number", "Steuernummer/Umsatzsteuer-Identifikationsnummer", TEXT, "..20", M, "of the provider"),
        Field("vat_exempt", "Kennung USt-Befreiung", TEXT, "1", K, "J when exempt by § 4 UStG", allowed=("J",)),
    ),
    "TA1 V21 5.5.2 UST",
)
SLGA_SKO = SegmentLayout(
    "SKO",
    "Cash discount (Skonto)",
    (
        Field("discount_percent", "Skonto in Prozent", DECIMAL, "..2,2", M, "granted discount"),
        Field("days", "Zahlungsziel", INTEGER, "..3", M, "when paid within this many days"),
    ),
    "TA1 V21 5.5.2 SKO",
)
SLGA_GES = SegmentLayout(
    "GES",
    "Sums (Rechnungssummen)",
    (
        Field("status", "Status", DIGITS, "2", M, "00 all, then one a status of the insured", codes="A3 8.1.6"),
        Field("invoice_total", "Gesamtrechnungsbetrag", CENTS, "..10,2", M, "gross less what the insured pay"),
        Field("gross_total", "Gesamtbruttobetrag", CENTS, "..10,2", M, "sum of BES, VAT included"),
        Field(
            "deduction_total",
            "Gesamtbetrag Zuzahlung/Eigenanteil/Pauschale Korrektur",
            CENTS,
            "..10,2",
            K,
            "copayments, own shares and flat correction deductions",
        ),
    ),
    "TA1 V21 5.5.2 GES",
)
SLGA_NAM = SegmentLayout(
    "NAM",
    "Name of the biller (Namen)",
    (
        Field("name", "Name 1", TEXT, "..30", M, "name or firm of who bills"),
        Field("name_2", "Name 2", TEXT, "..30", K, "person to ask and telephone number"),
        Field("name_3", "Name 3", TEXT, "..30", K, "person to ask and telephone number"),
        Field("email", "Name 4", TEXT, "..70", K, "e-mail address, no umlauts"),
    ),
    "TA1 V21 5.5.2 NAM",
)
SLGA = MessageLayout(
    "SLGA",
    "SLGA",
    "Totals of an invoice (Gesamtaufstellung der Abrechnung)",
    (UNH, SLGA_FKT, SLGA_REC, SLGA_UST, SLGA_SKO, SLGA_GES, SLGA_NAM, UNT),
    Group(
        "SLGA",
        (
            Use("UNH"),
            Use("FKT"),
            Use("REC"),
            optional("UST"),
            Use("SKO", 0, 9),
            Use("GES", 2, 9),
            Use("NAM"),
            Use("UNT"),
        ),
    ),
    "TA1 V21 5.5.2",
)
