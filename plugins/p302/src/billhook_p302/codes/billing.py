"""Keys of the file and the invoice: invoice kind, subtotals, processing marks, who bills under which tariff."""

from __future__ import annotations

import re
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
    "accounting code, group A",
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
    ),
)

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
