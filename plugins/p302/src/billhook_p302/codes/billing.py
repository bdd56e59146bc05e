"""Keys of the file and the invoice: invoice kind, subtotals, processing marks, who bills under which tariff."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from billhook_p302.codes.table import Key, KeyTable

INVOICE_KIND = KeyTable(
    "8.1.4",
    "invoice kind",
    "Rechnungsart",
    (
        Key("1", "provider bills, payment to the provider"),
        Key("2", "billing office without collection, payment to the provider"),
        Key("3", "billing office with collection (Inkassovollmacht), payment to the billing office"),
    ),
)

SUM_STATUS = KeyTable(
    "8.1.6",
    "status of a sum",
    "Summenstatus",
    (
        Key("00", "all"),
        Key("11", "members (status 1…)"),
        Key("31", "dependants (status 3…)"),
        Key("51", "pensioners (status 5…)"),
        Key("99", "not to be assigned"),
    ),
)

PROCESSING_MARK = KeyTable(
    "8.1.7",
    "processing mark",
    "Verarbeitungskennzeichen",
    (
        Key("01", "billing"),
        Key("02", "supplementary claim (Nachforderung)"),
        Key("03", "claim for a copayment (Zuzahlungsforderung)"),
        Key("04", "correction (Korrekturrechnung)"),
        Key("10", "resumption (Wiederaufnahme)", valid_from=date(2025, 10, 1)),
    ),
)

TEST_INDICATOR = KeyTable(
    "UNB 0035",
    "test indicator",
    "Testindikator",
    (Key("0", "test"), Key("1", "trial (Erprobung)"), Key("2", "live (Echt)")),
    source="TA1 V21 5.4",
)

ACCOUNTING_CODE = KeyTable(
    "8.1.5.1",
    "accounting code",
    "Abrechnungscode",
    (
        Key("11", "pharmacy"),
        Key("12", "optician"),
        Key("13", "ophthalmologist"),
        Key("14", "hearing-aid acoustician"),
        Key("15", "orthopaedic technician, truss maker, medical-supply store"),
        Key("16", "orthopaedic shoemaker"),
        Key("17", "orthopaedist"),
        Key("18", "medical-supply store (abolished)", valid_from=date(2001, 8, 1), valid_to=date(2005, 12, 31)),
        Key("19", "other supplier of aids"),
        Key("21", "masseur, medical bath"),
        Key("22", "physiotherapist"),
        Key("23", "speech therapist, teacher of breathing, speaking and voice"),
        Key("24", "special teacher for speech"),
        Key("25", "other speech therapist"),
        Key("26", "occupational therapist"),
        Key("27", "hospital"),
        Key("28", "spa"),
        Key("29", "other therapist"),
        Key("31", "care service, non-profit"),
        Key("32", "care service, private"),
        Key("33", "care service, public"),
        Key("34", "other care service"),
        Key("41", "public ambulance service (such as a fire brigade)"),
        Key("42", "German Red Cross (DRK)"),
        Key("43", "Arbeiter-Samariter-Bund (ASB)"),
        Key("44", "Johanniter-Unfall-Hilfe (JUH)"),
        Key("45", "Malteser-Hilfsdienst (MHD)"),
        Key("46", "taxi, hired car"),
        Key("47", "air rescue and transport"),
        Key("48", "private ambulance service"),
        Key("49", "other transport (such as mountain rescue)"),
        Key("50", "midwife"),
        Key("55", "other dialysis outside a practice"),
        Key("56", "Kuratorium für Heimdialyse (KfH)"),
        Key("57", "Patienten-Heimversorgung (PHV)"),
        Key("60", "farm help (Betriebshilfe)"),
        Key("61", "rehabilitation sport"),
        Key("62", "functional training"),
        Key("63", "supplementary rehabilitation"),
        Key("65", "other provider"),
        Key("66", "prevention in outpatient care"),
        Key("67", "mobile rehabilitation"),
        Key("68", "social paediatric centre, early intervention"),
        Key("69", "sociotherapist"),
        Key("71", "podologist"),
        Key("72", "medical chiropodist (§10 (4) to (6) PodG)"),
        Key("73", "nutrition therapy for rare metabolic diseases"),
        Key("74", "nutrition therapy for mucoviscidosis"),
        Key("75", "palliative care at home (SAPV)"),
        Key("76", "care planning (§132g SGB V)"),
        Key("91", "short-term care, private"),
        Key("92", "short-term care, non-profit"),
        Key("93", "short-term care, public"),
        Key("94", "short-term care, other"),
        Key("A1", "intensive care at home, non-profit"),
        Key("A2", "intensive care at home, private"),
        Key("A3", "intensive care at home, public"),
        Key("A4", "intensive care at home, other"),
        Key("A5", "intensive care in an institution, non-profit"),
        Key("A6", "intensive care in an institution, private"),
        Key("A7", "intensive care in an institution, public"),
        Key("A8", "intensive care in an institution, other"),
        Key("B1", "pilot projects (§64d SGB V)"),
    ),
)

_CODES: dict[str, tuple[str, ...]] = {
    "A": ("11", "12", "13", "14", "15", "16", "17", "18", "19"),
    "B": ("21", "22", "23", "24", "25", "26", "27", "28", "29", "71", "72", "73", "74"),
    "C": ("31", "32", "33", "34"),
    "D": ("31", "32", "33", "34"),
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

CODES_OF_GROUP: Mapping[str, KeyTable] = {
    letter: KeyTable(
        "8.1.14",
        f"accounting code, group {letter}",
        "Abrechnungscode",
        tuple(key for key in ACCOUNTING_CODE if key.value in codes),
    )
    for letter, codes in _CODES.items()
}
"""Group (Sammelgruppe, A3 V21 8.1.14) → its accounting codes."""

GROUPS_OF_CODE: Mapping[str, str] = {
    key.value: "".join(letter for letter, codes in _CODES.items() if key.value in codes) for key in ACCOUNTING_CODE
}
"""Accounting code → its groups: two for 31 to 34, none for farm help (60), one for all others."""

PROVIDER_GROUP = KeyTable(
    "8.1.14",
    "group of providers",
    "Leistungserbringer-Sammelgruppenschlüssel",
    (
        Key("A", "aids (Hilfsmittel)"),
        Key("B", "therapies (Heilmittel)"),
        Key("C", "home nursing (Häusliche Krankenpflege)"),
        Key("D", "domestic help (Haushaltshilfe)"),
        Key("E", "patient transport (Krankentransport)"),
        Key("F", "midwives (Hebammen)"),
        Key("G", "dialysis outside a practice"),
        Key("H", "rehabilitation sport"),
        Key("I", "functional training"),
        Key("J", "other providers"),
        Key("K", "prevention"),
        Key("L", "outpatient rehabilitation"),
        Key("M", "social paediatric centres, early intervention"),
        Key("N", "sociotherapy"),
        Key("O", "palliative care at home (SAPV)"),
        Key("P", "care planning (§132g SGB V)"),
        Key("Q", "short-term care"),
        Key("R", "intensive care outside hospital (AKI)"),
        Key("S", "pilot projects (§64d SGB V)"),
    ),
)

_REGIONS = (
    "nationwide", "Baden-Württemberg", "Bavaria", "Berlin East", "Bremen", "Hamburg", "Hesse", "Lower Saxony",
    "North Rhine-Westphalia", "Rhineland-Palatinate", "Saarland", "Schleswig-Holstein", "Brandenburg", "Saxony",
    "Saxony-Anhalt", "Mecklenburg-Western Pomerania", "Thuringia", "Stuttgart and Karlsruhe", "Freiburg and Tübingen",
    "Berlin West", "North Rhine", "Westphalia-Lippe", "Lippe", "Berlin (all)", "nationwide (West)", "nationwide (East)",
)  # fmt: skip

TARIFF_REGION = KeyTable(
    "8.1.5.2",
    "tariff region",
    "Tarifbereich (Tarifkennzeichen, places 1 and 2)",
    (
        *(Key(f"{number:02d}", name) for number, name in enumerate(_REGIONS)),
        *(Key(f"{number:02d}", f"contract: {name}") for number, name in enumerate(_REGIONS, start=50)),
        Key("90", "other tariff across states"),
        *(Key(f"{number:02d}", "contract of a single payer") for number in range(91, 100)),
    ),
)

_UNASSIGNED = re.compile(r"09[1-8]|A9[1-8]|[U-Z][0-9A-Z]{2}", re.ASCII)

COST_ESTIMATE_TARIFF = "099"
"""Special tariff of what has no agreed price and is billed after an approved cost estimate (A3 V21 8.1.5.2)."""


def is_unassigned_special_tariff(tariff: str) -> bool:
    """True for the special tariffs (Sondertarif, places 3 to 5 of the Tarifkennzeichen) that nobody may use.

    091–098 and A91–A98 wait for the federal associations, U00–ZZZ are free (A3 V21 8.1.5.2). Everything else is either
    fixed there or agreed between contract partners, and cannot be checked.
    """
    return _UNASSIGNED.fullmatch(tariff) is not None
