"""Rows that stand alike in several segments of SLGA and SLLA, written once."""

from __future__ import annotations

from billhook.wire.layout import Field, K, Kind, M, Presence, SegmentLayout

TEXT, DIGITS, INTEGER = Kind.TEXT, Kind.DIGITS, Kind.INTEGER
DECIMAL, CENTS, DATE, TIME = Kind.DECIMAL, Kind.CENTS, Kind.DATE, Kind.TIME


def processing_kind() -> Field:
    """Verarbeitungskennzeichen."""
    return Field("processing_kind", "Verarbeitungskennzeichen", DIGITS, "2", M, "01 claim, 02–04, 10", codes="A3 8.1.7")


def invoice_number(prefix: str = "", german: str = "") -> tuple[Field, Field]:
    """Rechnungsnummer: collective and single number in one element."""
    return (
        Field(
            f"{prefix}collective_invoice_number",
            f"{german}Sammel-Rechnungsnummer",
            TEXT,
            "..14",
            M,
            "letters, digits, single - and / inside; unique for ever with that payer",
            f"{prefix}invoice_number",
        ),
        Field(
            f"{prefix}single_invoice_number",
            f"{german}Einzel-Rechnungsnummer",
            TEXT,
            "..6",
            M,
            "0 where there is no collective invoice",
            f"{prefix}invoice_number",
        ),
    )


def invoice(source: str) -> SegmentLayout:
    """REC, which is the same in SLGA and SLLA."""
    return SegmentLayout(
        "REC",
        "Invoice (Rechnung/Zahlung)",
        (
            *invoice_number(),
            Field("invoice_date", "Rechnungsdatum", DATE, "8", M, "date of the invoice"),
            Field("invoice_kind", "Rechnungsart", DIGITS, "1", M, "who bills and who collects", codes="A3 8.1.4"),
        ),
        source,
    )


def provider_group() -> tuple[Field, Field]:
    """Leistungserbringergruppe (LEGS): accounting code and tariff in one element."""
    return (
        Field("billing_code", "Abrechnungscode", TEXT, "2", M, "group of providers", "legs", codes="A3 8.1.5.1"),
        Field(
            "tariff_code",
            "Tarifkennzeichen",
            TEXT,
            "5",
            M,
            "tariff area and special tariff",
            "legs",
            codes="A3 8.1.5.2",
        ),
    )


def position_number(codes: str, length: str = "..10") -> Field:
    """Abrechnungspositionsnummer."""
    return Field("position_number", "Abrechnungspositionsnummer", TEXT, length, M, "what was done", codes=codes)


def quantity(meaning: str = "of one day") -> Field:
    """Anzahl/Menge."""
    return Field("quantity", "Anzahl/Menge", DECIMAL, "..4,2", M, meaning)


def net_price() -> Field:
    """Einzelbetrag where VAT may be put on top of it in MWS."""
    return Field(
        "unit_price",
        "Einzelbetrag der Abrechnungsposition",
        CENTS,
        "..10,2",
        M,
        "net where MWS follows, else gross",
    )


def gross_price() -> Field:
    """Einzelbetrag of groups that know no MWS."""
    return Field("unit_price", "Einzelbetrag der Abrechnungsposition", CENTS, "..10,2", M, "VAT included")


def service_date(original: str = "Datum der Leistungserbringung", meaning: str = "day of the service") -> Field:
    """Datum der Leistungserbringung."""
    return Field("service_date", original, DATE, "8", M, meaning)


def kilometres() -> Field:
    """Gefahrene Kilometer."""
    return Field("kilometres", "Gefahrene Kilometer", INTEGER, "..6", K, "inside a flat rate")


def starts_at(original: str = "Uhrzeit", presence: Presence = K) -> Field:
    """Uhrzeit Beginn."""
    return Field("starts_at", original, TIME, "4", presence, "time of day, 0000 to 2359")


def ends_at(original: str = "Uhrzeit bis", presence: Presence = K) -> Field:
    """Uhrzeit Ende."""
    return Field("ends_at", original, TIME, "4", presence, "time of day, 0000 to 2359")


def minutes(original: str = "Dauer", length: str = "..4") -> Field:
    """Dauer in Minuten."""
    return Field("minutes", original, INTEGER, length, K, "duration in minutes")


def practice_number(presence: Presence = M, meaning: str = "999999999 when there is none") -> Field:
    """Betriebsstättennummer."""
    return Field("practice_number", "Betriebsstättennummer", TEXT, "..9", presence, meaning)


def physician_number(presence: Presence = M, meaning: str = "999999999 when there is none") -> Field:
    """Lebenslange Arztnummer."""
    return Field("physician_number", "Lebenslange Arztnummer", TEXT, "..9", presence, meaning)


def prescribed_on(original: str = "Verordnungsdatum", presence: Presence = M) -> Field:
    """Verordnungsdatum."""
    return Field("prescribed_on", original, DATE, "8", presence, "date of the prescription")


def copayment_mark() -> Field:
    """Zuzahlungskennzeichen."""
    return Field("copayment_mark", "Zuzahlungskennzeichen", DIGITS, "1", M, "liable or exempt", codes="A3 8.1.3")


def accident() -> Field:
    """Unfallkennzeichen."""
    return Field("accident", "Unfallkennzeichen", DIGITS, "1", K, "accident", codes="A3 8.1.2")


def compensation() -> Field:
    """Kennzeichen BVG/Sonstiges/SER."""
    return Field(
        "compensation", "Kennzeichen BVG/Sonstiges/SER", DIGITS, "1", K, "social compensation law", codes="A3 8.1.2.1"
    )


def prescription_feature() -> Field:
    """Kennzeichen Verordnungsbesonderheiten."""
    return Field("prescription_feature", "Kennzeichen Verordnungsbesonderheiten", DIGITS, "1", K, "", codes="A3 8.1.11")


def employee_number(place: int = 1, presence: Presence = M, since: int = 17) -> Field:
    """Beschäftigtennummer (§ 293 (8) SGB V) of the first, second or third person; new in V17."""
    return Field(
        "employee_number" if place == 1 else f"employee_number_{place}",
        "Beschäftigtennummer" if place == 1 else f"Beschäftigtennummer ({place}. Person)",
        DIGITS,
        "9",
        presence,
        "who did it, § 293 (8) SGB V, or a substitute",
        codes="A3 8.1.19",
        since=since,
    )


def gross_total(meaning: str = "all positions, VAT included") -> Field:
    """Gesamtbetrag Brutto."""
    return Field("gross_total", "Gesamtbetrag Brutto", CENTS, "..10,2", M, meaning)


def amount(name: str, original: str, meaning: str, presence: Presence = K) -> Field:
    """An amount of money."""
    return Field(name, original, CENTS, "..10,2", presence, meaning)
