"""How position numbers are built (A3 8.2, 8.3): the lists themselves are published elsewhere and change all the time."""

from __future__ import annotations

from datetime import date

from billhook_p302.codes.table import Place, Structure

MIDWIVES_LIST_OF_2025 = date(2025, 11, 1)
"""First day of service for which midwives' positions have five digits (A3 V21 8.2.6)."""

THERAPIES = Structure(
    "8.2.1",
    "position number of therapies",
    "Heilmittelpositionsnummer",
    (5,),
    (Place(1, 5, "as in the nationwide list", "Heilmittelpositionsnummernverzeichnis"),),
    "B",
)
AIDS = Structure(
    "8.2.2",
    "position number of aids",
    "Hilfsmittelpositionsnummer",
    (10,),
    (
        Place(1, 2, "product group", "Produktgruppe"),
        Place(3, 4, "where it is used", "Anwendungsort"),
        Place(5, 6, "sub-group", "Untergruppe"),
        Place(7, 7, "product kind", "Produktart"),
        Place(8, 10, "product", "Produkt"),
    ),
    "A",
    note="Not yet listed: seven digits of the kind, 9, 00. No structure yet: group, zeros, the contract's number on the "
    "right. Better than prescribed (mark 06): the prescribed sub-group or kind, then zeros.",
)
DIALYSIS = Structure(
    "8.2.3",
    "position number of dialysis outside a practice",
    "Positionsnummer für nichtärztliche Dialysesachleistungen",
    (6,),
    (
        Place(1, 1, "for whom", "Personenkreis"),
        Place(2, 3, "where and how", "Behandlungsort/-art"),
        Place(4, 6, "procedure", "Behandlungsverfahren"),
    ),
    "G",
)
NURSING = Structure(
    "8.2.4",
    "position number of home nursing and domestic help",
    "Positionsnummer für häusliche Krankenpflege und Haushaltshilfe",
    (6,),
    (
        Place(1, 2, "legal basis", "Gesetzliche Leistungsgrundlage"),
        Place(3, 3, "kind of care", "Art der Versorgung"),
        Place(4, 6, "kind of service", "Art der Leistung"),
    ),
    "CD",
)
TRANSPORT = Structure(
    "8.2.5",
    "position number of transport",
    "Positionsnummer für Krankentransportleistungen",
    (6,),
    (
        Place(1, 1, "what was prescribed", "Verordnungsart"),
        Place(2, 2, "kind of transport", "Transportart"),
        Place(3, 4, "kind of tariff", "Tarifart"),
        Place(5, 6, "details", "Ausprägungen"),
    ),
    "E",
)
MIDWIVES = Structure(
    "8.2.6",
    "position number of midwives",
    "Positionsnummer für Hebammenhilfeleistungen",
    (4, 5),
    (
        Place(1, 1, "category", "Kategorie"),
        Place(2, 3, "running number", "Laufende Nummer"),
        Place(4, 4, "0 without, 1 with a surcharge", "Zuschlag"),
        Place(5, 5, "how it was done", "Leistungsart"),
    ),
    "F",
    note="Four digits until 31.10.2025 (day of service), after that only for running costs of houses led by midwives.",
)
FARM_HELP = Structure(
    "8.2.7",
    "position number of farm help",
    "Positionsnummer für Leistungen der Betriebshilfe",
    (3,),
    (Place(1, 1, "kind of service", "Leistungsart"), Place(2, 3, "position", "Abrechnende Position")),
)
PREVENTION = Structure(
    "8.2.8",
    "position number of prevention",
    "Positionsnummer für Präventions- und Gesundheitsförderungsmaßnahmen",
    (4,),
    (
        Place(1, 1, "legal basis", "Gesetzliche Grundlage"),
        Place(2, 2, "kind of service", "Leistungsart"),
        Place(3, 4, "service", "Leistung im Einzelnen"),
    ),
    "K",
)
REHABILITATION = Structure(
    "8.2.9",
    "position number of outpatient and additional rehabilitation",
    "Positionsnummer für medizinische ambulante Rehabilitation und ergänzende Leistungen",
    (6,),
    (
        Place(1, 1, "legal basis", "Gesetzliche Grundlage"),
        Place(2, 3, "kind of service", "Leistungsart"),
        Place(4, 6, "service", "Leistung im Einzelnen"),
    ),
    "HIL",
)
OTHERS = Structure(
    "8.2.10",
    "position number of other services",
    "Positionsnummer für sonstige Leistungen",
    (7,),
    (
        Place(1, 2, "kind of institution", "Art der Einrichtung"),
        Place(3, 4, "kind of treatment", "Behandlungsart"),
        Place(5, 7, "kind of pay", "Vergütungsart"),
    ),
    "JMN",
)
PALLIATIVE = Structure(
    "8.2.11",
    "position number of palliative care at home",
    "Positionsnummer für Leistungen der SAPV",
    (10,),
    (
        Place(1, 2, "where", "Ort der Leistungserbringung"),
        Place(3, 4, "kind of service", "Art der Leistung"),
        Place(5, 6, "what was prescribed", "Leistungen"),
        Place(7, 10, "kind of pay", "Art der Vergütung"),
    ),
    "O",
)
SHORT_TERM_CARE = Structure(
    "8.2.12",
    "position number of short-term care",
    "Positionsnummer für Leistungen der Kurzzeitpflege",
    (7,),
    (
        Place(1, 2, "basis", "Leistungsgrundlage"),
        Place(3, 4, "kind of pay", "Vergütungsart"),
        Place(5, 5, "pay by qualification", "Qualifikationsabhängige Vergütung"),
        Place(6, 7, "kind of pay", "Vergütungsart"),
    ),
    "Q",
)
INTENSIVE_CARE = Structure(
    "8.2.13",
    "position number of intensive care",
    "Positionsnummer für Leistungen der Außerklinischen Intensivpflege",
    (6,),
    (
        Place(1, 2, "basis", "Leistungsgrundlage"),
        Place(3, 3, "what is impaired", "Art der Funktionseinschränkung"),
        Place(4, 6, "kind of pay", "Vergütungsart"),
    ),
    "R",
)
PILOT_PROJECTS = Structure(
    "8.2.14",
    "position number of pilot projects",
    "Positionsnummer für Modellvorhaben nach § 64d SGB V",
    (6,),
    (
        Place(1, 2, "legal basis", "Gesetzliche Leistungsgrundlage"),
        Place(3, 3, "kind of care", "Art der Versorgung"),
        Place(4, 6, "kind of pay", "Vergütungsart"),
    ),
    "S",
)
PRODUCT_DETAILS = Structure(
    "8.3",
    "position number of product details",
    "Positionsnummer für Produktbesonderheiten",
    tuple(range(1, 11)),
    (
        Place(1, 2, "size", "Größe"),
        Place(3, 4, "amount", "Menge"),
        Place(5, 10, "as the contract says", "weitere Produktbesonderheiten"),
    ),
    "A",
)

STRUCTURES: tuple[Structure, ...] = (
    *(THERAPIES, AIDS, DIALYSIS, NURSING, TRANSPORT, MIDWIVES, FARM_HELP, PREVENTION, REHABILITATION, OTHERS),
    *(PALLIATIVE, SHORT_TERM_CARE, INTENSIVE_CARE, PILOT_PROJECTS, PRODUCT_DETAILS),
)
"""All of them, in the order of Anlage 3. Which list groups H to N bill by depends on their contracts; the group named
here is the one whose services the list is about."""


def lengths_of(group: str, served: date | None = None) -> tuple[int, ...]:
    """How many digits a position number of that group may have; () where contracts decide.

    `served` is the day of service, on which it depends for midwives. Source: A3 V21 8.2.

    >>> lengths_of("B"), lengths_of("F", date(2025, 10, 31)), lengths_of("P")
    ((5,), (4,), ())
    """
    if group == "F" and served is not None and served < MIDWIVES_LIST_OF_2025:
        return (4,)
    found = next((each for each in STRUCTURES[:-1] if group in each.groups), None)
    return () if found is None or group in "HIJKLMN" else found.lengths
