"""Keys of the file and the invoice: invoice kind, subtotals, processing marks, who bills under which tariff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from billhook_p302.codes.table import Key, KeyTable, Span, SpanTable

V13_BEGINS = date(2020, 1, 1)
V14_BEGINS = date(2020, 10, 1)
V16_BEGINS = date(2022, 1, 1)
V17_BEGINS = date(2023, 1, 1)
V19_BEGINS = date(2024, 1, 1)
V20_BEGINS = date(2024, 7, 1)
V21_BEGINS = date(2025, 10, 1)
V22_BEGINS = date(2027, 2, 1)
"""First days of editions of Anlage 3 that brought values; each edition has the number of its Technische Anlage."""

INVOICE_KIND = KeyTable(
    "8.1.4",
    "invoice kind",
    "Rechnungsart",
    (
        Key("1", "provider bills, payment to the provider", original="Leistungserbringer, Zahlung an ihn"),
        Key(
            "2",
            "billing office without collection, payment to the provider",
            original="Abrechnungsstelle ohne Inkassovollmacht",
        ),
        Key(
            "3",
            "billing office with collection (Inkassovollmacht), payment to the billing office",
            original="Abrechnungsstelle mit Inkassovollmacht",
        ),
    ),
    note="0 is not assigned.",
)

SUM_STATUS = KeyTable(
    "8.1.6",
    "status of a sum",
    "Summenstatus",
    (
        Key("00", "all", original="Gesamtsumme aller Status"),
        Key("11", "members (status 1…)", original="Mitglieder"),
        Key("31", "dependants (status 3…)", original="Angehörige"),
        Key("51", "pensioners (status 5…)", original="Rentner"),
        Key("99", "not to be assigned", original="nicht zuzuordnende Status"),
    ),
)

PROCESSING_MARK = KeyTable(
    "8.1.7",
    "processing mark",
    "Verarbeitungskennzeichen",
    (
        Key("01", "billing", original="Abrechnung ohne Besonderheiten"),
        Key("02", "supplementary claim (Nachforderung)", original="Nachforderung"),
        Key("03", "claim for a copayment (Zuzahlungsforderung)", original="Zuzahlungsforderung"),
        Key("04", "correction (Korrekturrechnung)", original="Korrekturrechnung"),
        Key("10", "resumption (Wiederaufnahme)", V21_BEGINS, original="Wiederaufnahme"),
    ),
    note="Which group may use which mark but 01 is in TA1 7.1.",
)

VAT_KEY = KeyTable(
    "8.1.8",
    "VAT key",
    "Kennzeichen Mehrwertsteuer",
    (
        Key("1", "full rate on top of the price", None, date(2021, 12, 31), "voller Mehrwertsteuersatz"),
        Key("2", "reduced rate on top of the price", None, date(2021, 12, 31), "ermäßigter Mehrwertsteuersatz"),
    ),
    note="Only until V15; from V16 on MWS has the rate itself.",
)

PAYMENT_REMARK = KeyTable(
    "8.1.9",
    "payer's remark on an invoice",
    "Prüfvermerk",
    (
        Key("01", "paid", original="Rechnungsbetrag wird bezahlt"),
        Key("02", "refused", original="Rechnung wird zurückgewiesen"),
        Key("03", "corrected", original="Rechnungsbetrag wurde berichtigt"),
        Key("04", "cut", original="Rechnungsbetrag wurde gekürzt"),
        Key("05", "being looked into", original="Rechnung wird zur Zeit geprüft"),
    ),
    note="No message carries it; it is for letters and payment advices.",
)

TEST_INDICATOR = KeyTable(
    "UNB 0035",
    "test indicator",
    "Testindikator",
    (
        Key("0", "test", original="Testdatei"),
        Key("1", "trial (Erprobung)", original="Erprobungsdatei"),
        Key("2", "live (Echt)", original="Echtdatei"),
    ),
    source="TA1 V21 5.4",
)

# --- Who bills (Abrechnungscode) and as which group (Sammelgruppe) ------------------------------------------------------


ACCOUNTING_CODE = KeyTable(
    "8.1.5.1",
    "accounting code",
    "Abrechnungscode",
    (
        Key("11", "pharmacy", original="Apotheke"),
        Key("12", "optician", original="Augenoptiker"),
        Key("13", "ophthalmologist", original="Augenarzt"),
        Key("14", "hearing-aid acoustician", original="Hörgeräteakustiker"),
        Key(
            "15",
            "orthopaedic technician, truss maker, medical-supply store",
            original="Orthopädiemechaniker, Bandagist, Sanitätshaus",
        ),
        Key("16", "orthopaedic shoemaker", original="Orthopädieschuhmacher"),
        Key("17", "orthopaedist", original="Orthopäde"),
        Key("18", "medical-supply store (abolished)", None, date(2005, 12, 31), "Sanitätshaus"),
        Key("19", "other supplier of aids", original="sonstiger Hilfsmittellieferant"),
        Key("21", "masseur, medical baths", original="Masseur/Medizinischer Badebetrieb"),
        Key("22", "physiotherapist", original="Krankengymnast/Physiotherapeut"),
        Key("23", "speech therapist, voice coach", original="Logopäde, Atem-, Sprech- und Stimmlehrer"),
        Key("24", "teacher of speech therapy", original="Sprachheilpädagoge"),
        Key("25", "other speech therapist", original="Sonstiger Sprachtherapeut"),
        Key("26", "occupational therapist", original="Ergotherapeut"),
        Key("27", "hospital", original="Krankenhaus"),
        Key("28", "spa", original="Kurbetrieb"),
        Key("29", "other therapist", original="Sonstige therapeutische Heilperson"),
        Key("31", "nursing service, non-profit", original="Pflegedienst, freigemeinnützig (Sozialstation)"),
        Key("32", "nursing service, private", original="Pflegedienst, privatgewerblich"),
        Key("33", "nursing service, public", original="Pflegedienst, öffentlich"),
        Key("34", "nursing service, other", original="Sonstige Pflegedienste"),
        Key("41", "public ambulance service", original="Öffentlicher qualifizierter Krankentransport (Feuerwehr)"),
        Key("42", "Red Cross", original="Deutsches Rotes Kreuz (DRK)"),
        Key("43", "workers' Samaritan federation", original="Arbeiter-Samariter-Bund (ASB)"),
        Key("44", "St John's ambulance", original="Johanniter-Unfall-Hilfe (JUH)"),
        Key("45", "Maltese relief service", original="Malteser-Hilfsdienst (MHD)"),
        Key("46", "taxi, hired car", original="nichtqualifizierter Krankentransport (Taxi/Mietwagen)"),
        Key("47", "air rescue and transport", original="Flugrettung und -transport"),
        Key("48", "private ambulance service", original="Sonstiger nichtöffentlicher qualifizierter Krankentransport"),
        Key(
            "49", "other transport (mountain, water rescue)", original="Sonstiger Krankentransport (Berg-, Wasserwacht)"
        ),
        Key("50", "midwife", original="Hebamme/Entbindungspfleger"),
        Key("55", "dialysis outside a practice, other", original="Sonstige nichtärztliche Dialysesachleistungen"),
        Key("56", "dialysis, KfH", original="Kuratorium für Heimdialyse (KfH)"),
        Key("57", "dialysis, PHV", original="Patienten-Heimversorgung (PHV)"),
        Key("60", "farm help", original="Betriebshilfe"),
        Key("61", "rehabilitation sport", original="Rehabilitationssport"),
        Key("62", "functional training", original="Funktionstraining"),
        Key("63", "additional rehabilitation", original="ergänzende Rehabilitationsmaßnahmen"),
        Key("65", "other provider", original="Sonstiger Leistungserbringer"),
        Key("66", "prevention", original="Präventions- und Gesundheitsförderungsmaßnahmen"),
        Key("67", "mobile rehabilitation", original="Mobile Rehabilitationseinrichtung"),
        Key(
            "68",
            "social paediatric centre, early intervention",
            original="Sozialpädiatrische Zentren/Frühförderstellen",
        ),
        Key("69", "sociotherapist", original="Soziotherapeutischer Leistungserbringer"),
        Key("71", "podiatrist", original="Podologen"),
        Key("72", "medical pedicure", original="Med. Fußpfleger"),
        Key("73", "nutrition, metabolic disease", original="Ernährungstherapie Stoffwechselerkrankungen"),
        Key("74", "nutrition, cystic fibrosis", original="Ernährungstherapie Mukoviszidose"),
        Key("75", "palliative care at home", original="Spezialisierte ambulante Palliativversorgung (SAPV)"),
        Key("76", "care planning, §132g SGB V", V13_BEGINS, original="Leistungserbringer nach § 132g SGB V"),
        Key("91", "short-term care, private", V14_BEGINS, original="Kurzzeitpflege, privat gewerblich"),
        Key("92", "short-term care, non-profit", V14_BEGINS, original="Kurzzeitpflege, frei gemeinnützig"),
        Key("93", "short-term care, public", V14_BEGINS, original="Kurzzeitpflege, öffentlich"),
        Key("94", "short-term care, other", V14_BEGINS, original="Kurzzeitpflege, sonstige Pflegeeinrichtung"),
        Key("A1", "intensive care at home, non-profit", V19_BEGINS, original="AKI ambulant, freigemeinnützig"),
        Key("A2", "intensive care at home, private", V19_BEGINS, original="AKI ambulant, privatgewerblich"),
        Key("A3", "intensive care at home, public", V19_BEGINS, original="AKI ambulant, öffentlich"),
        Key("A4", "intensive care at home, other", V19_BEGINS, original="AKI ambulant, sonstiger Anbieter"),
        Key("A5", "intensive care in a home, non-profit", V19_BEGINS, original="AKI stationär, freigemeinnützig"),
        Key("A6", "intensive care in a home, private", V19_BEGINS, original="AKI stationär, privatgewerblich"),
        Key("A7", "intensive care in a home, public", V19_BEGINS, original="AKI stationär, öffentlich"),
        Key("A8", "intensive care in a home, other", V19_BEGINS, original="AKI stationär, sonstiger Anbieter"),
        Key("B1", "pilot project, §64d SGB V", V19_BEGINS, original="Modellvorhaben nach § 64d SGB V"),
        Key("C1", "domestic help, non-profit", V22_BEGINS, None, "Haushaltshilfe, freigemeinnützig", "A3 V22"),
        Key("C2", "domestic help, private", V22_BEGINS, None, "Haushaltshilfe, privatgewerblich", "A3 V22"),
        Key("C3", "domestic help, public", V22_BEGINS, None, "Haushaltshilfe, öffentlich", "A3 V22"),
        Key("C4", "domestic help, other", V22_BEGINS, None, "Haushaltshilfe, sonstige Pflegedienste", "A3 V22"),
    ),
    note="From 01.02.2027 on V22 heads 31 to 34 as home nursing only and gives domestic help C1 to C4; its table 8.1.14 "
    "still lists 31 to 34 for group D, so both are taken.",
)

PROVIDER_GROUP = KeyTable(
    "8.1.14",
    "group of providers",
    "Leistungserbringer-Sammelgruppenschlüssel",
    (
        Key("A", "aids (Hilfsmittel)", original="Hilfsmittel"),
        Key("B", "therapies (Heilmittel)", original="Heilmittel"),
        Key("C", "home nursing (Häusliche Krankenpflege)", original="Häusliche Krankenpflege"),
        Key("D", "domestic help (Haushaltshilfe)", original="Haushaltshilfe"),
        Key("E", "patient transport (Krankentransport)", original="Krankentransportleistungen"),
        Key("F", "midwives (Hebammen)", original="Hebammen"),
        Key("G", "dialysis outside a practice", original="nichtärztliche Dialysesachleistungen"),
        Key("H", "rehabilitation sport", original="Rehabilitationssport"),
        Key("I", "functional training", original="Funktionstraining"),
        Key("J", "other providers", original="Weitere Sonstige Leistungserbringer"),
        Key("K", "prevention", original="Prävention und Gesundheitsförderung"),
        Key("L", "outpatient rehabilitation", original="Ambulantes Rehazentrum"),
        Key(
            "M",
            "social paediatric centres, early intervention",
            original="Sozialpädiatrische Zentren/Frühförderstellen",
        ),
        Key("N", "sociotherapy", original="Soziotherapie"),
        Key("O", "palliative care at home (SAPV)", original="SAPV"),
        Key("P", "care planning (§132g SGB V)", V13_BEGINS, original="Versorgungsplanung nach § 132g SGB V"),
        Key("Q", "short-term care", V14_BEGINS, original="Kurzzeitpflege"),
        Key("R", "intensive care outside hospital (AKI)", V19_BEGINS, original="Außerklinische Intensivpflege"),
        Key("S", "pilot projects (§64d SGB V)", V19_BEGINS, original="Modellvorhaben nach § 64d SGB V"),
    ),
)

_NURSING = ("31", "32", "33", "34")
CODES_BY_GROUP: Mapping[str, tuple[str, ...]] = {
    "A": ("11", "12", "13", "14", "15", "16", "17", "18", "19"),
    "B": ("21", "22", "23", "24", "25", "26", "27", "28", "29", "71", "72", "73", "74"),
    "C": _NURSING,
    "D": (*_NURSING, "C1", "C2", "C3", "C4"),
    "E": ("41", "42", "43", "44", "45", "46", "47", "48", "49"),
    "F": ("50",),
    "G": ("55", "56", "57"),
    "H": ("61",),
    "I": ("62",),
    "J": ("65",),
    "K": ("66",),
    "L": ("63", "67"),
    "M": ("68",),
    "N": ("69",),
    "O": ("75",),
    "P": ("76",),
    "Q": ("91", "92", "93", "94"),
    "R": ("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"),
    "S": ("B1",),
}
"""Group of providers → its accounting codes (A3 V21 8.1.14, A3 V22 8.1.5.1). 60 (farm help) is in no group."""

ACCOUNTING_CODES: Mapping[str, KeyTable] = {
    group: ACCOUNTING_CODE.part(f"accounting code, group {group}", codes) for group, codes in CODES_BY_GROUP.items()
}
"""Group of providers → the part of table 8.1.5.1 that belongs to it."""


def groups_of(accounting_code: str) -> tuple[str, ...]:
    """The groups of providers that bill under this accounting code; none for 60 and for what is no code.

    >>> groups_of("19"), groups_of("31"), groups_of("C1"), groups_of("60")
    (('A',), ('C', 'D'), ('D',), ())
    """
    return tuple(group for group, codes in CODES_BY_GROUP.items() if accounting_code in codes)


# --- Under which tariff (Tarifkennzeichen) ------------------------------------------------------------------------------

_REGIONS = (
    ("nationwide", "Bundeseinheitlich"), ("Baden-Württemberg", ""), ("Bavaria", "Bayern"),
    ("Berlin East", "Berlin Ost"), ("Bremen", ""), ("Hamburg", ""), ("Hesse", "Hessen"),
    ("Lower Saxony", "Niedersachsen"), ("North Rhine-Westphalia", "Nordrhein-Westfalen"),
    ("Rhineland-Palatinate", "Rheinland-Pfalz"), ("Saarland", ""), ("Schleswig-Holstein", ""), ("Brandenburg", ""),
    ("Saxony", "Sachsen"), ("Saxony-Anhalt", "Sachsen-Anhalt"),
    ("Mecklenburg-Western Pomerania", "Mecklenburg-Vorpommern"), ("Thuringia", "Thüringen"),
    ("Stuttgart and Karlsruhe", "Stuttgart und Karlsruhe"), ("Freiburg and Tübingen", "Freiburg und Tübingen"),
    ("Berlin West", ""), ("North Rhine", "Nordrhein"), ("Westphalia-Lippe", "Westfalen-Lippe"), ("Lippe", ""),
    ("Berlin (all)", "Berlin (gesamt)"), ("nationwide (West)", "Bundeseinheitlich (West)"),
    ("nationwide (East)", "Bundeseinheitlich (Ost)"),
)  # fmt: skip

TARIFF_REGION = KeyTable(
    "8.1.5.2",
    "tariff region",
    "Tarifbereich (Tarifkennzeichen, places 1 and 2)",
    (
        *(Key(f"{number:02d}", name, original=original or name) for number, (name, original) in enumerate(_REGIONS)),
        *(
            Key(f"{number:02d}", f"contract: {name}", original=f"Vertrag: {original or name}")
            for number, (name, original) in enumerate(_REGIONS, start=50)
        ),
        Key("90", "other tariff across states", original="sonstiger länderübergreifender Tarif"),
        *(
            Key(f"{number:02d}", "contract of a single payer", original="Vertrag auf Kassenebene")
            for number in range(91, 100)
        ),
    ),
    note="26 to 49 and 76 to 89 are not assigned.",
)

COST_ESTIMATE_TARIFF = "099"
"""Special tariff of what has no agreed price and is billed after an approved cost estimate (A3 V21 8.1.5.2)."""

SPECIAL_TARIFF = SpanTable(
    "8.1.5.2 (3-5)",
    "special tariff",
    "Sondertarif (Tarifkennzeichen, places 3 to 5)",
    (
        Span("000", "090", "nothing particular", "ohne Besonderheiten"),
        Span("091", "098", "kept for the federal associations", "nicht besetzt", assigned=False),
        Span("099", "099", "no agreed price: after an approved cost estimate", "nach genehmigtem Kostenvoranschlag"),
        Span("A00", "A90", "nothing particular", "ohne Besonderheiten"),
        Span("A91", "A98", "kept for the federal associations", "nicht besetzt", assigned=False),
        Span("U00", "ZZZ", "not assigned", "nicht besetzt", assigned=False),
    ),
    Span("", "", "agreed between providers and payers", "Sondertarifvereinbarung"),
)


def is_unassigned_special_tariff(tariff: str) -> bool:
    """True for the special tariffs (Sondertarif, places 3 to 5 of the Tarifkennzeichen) that nobody may use.

    091–098 and A91–A98 wait for the federal associations, U00–ZZZ are free (A3 V21 8.1.5.2). Everything else is either
    fixed there or agreed between contract partners, and cannot be checked.
    """
    return not SPECIAL_TARIFF.find(tariff).assigned
