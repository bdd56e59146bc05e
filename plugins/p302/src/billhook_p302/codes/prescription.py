"""Keys of the prescription and the insured person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from billhook_p302.codes.billing import V14_BEGINS, V17_BEGINS, V19_BEGINS, V21_BEGINS
from billhook_p302.codes.table import Key, KeyTable

V20_ENDS = date(2025, 12, 31)
"""Last day of V20: until then files of V20 may be made beside those of V21."""

ACCIDENT = KeyTable(
    "8.1.2",
    "accident mark",
    "Schlüssel Unfall/Sonstiges",
    (
        Key(
            "1",
            "accident at work or on the way, occupational disease",
            original="Arbeitsunfall / Wegeunfall / Berufskrankheit",
        ),
        Key("2", "consequence of another accident", original="sonstige Unfallfolgen"),
        Key("3", "other (BVFG, BEG, HHG, OEG, IfSG, SVG)", original="Sonstiges"),
    ),
)

SOCIAL_COMPENSATION = KeyTable(
    "8.1.2.1",
    "social compensation",
    "Schlüssel BVG/SER",
    (Key("6", "BVG or SER (Soziale Entschädigung)", original="BVG/SER"),),
)

COPAYMENT_MARK = KeyTable(
    "8.1.3",
    "copayment mark",
    "Zuzahlungskennzeichen",
    (
        Key("0", "no statutory copayment", original="keine gesetzliche Zuzahlung"),
        Key("1", "exempt", original="Zuzahlungsbefreit"),
        Key(
            "2",
            "not paid in spite of a written demand",
            original="keine Zuzahlung trotz schriftlicher Zahlungsaufforderung",
        ),
        Key("3", "due", original="Zuzahlungspflichtig"),
        Key("4", "from due to exempt", original="Übergang zuzahlungspflichtig zu zuzahlungsfrei"),
        Key("5", "from exempt to due", original="Übergang zuzahlungsfrei zu zuzahlungspflichtig"),
    ),
)

FEATURE = KeyTable(
    "8.1.11",
    "feature of the prescription",
    "Kennzeichen Verordnungsbesonderheiten",
    (
        Key("1", "by a dentist or orthodontist", original="Zahnarzt/Kieferorthopäde"),
        Key("2", "pregnancy or childbirth", original="Schwangerschaft oder Entbindung"),
        Key("4", "discharge from hospital (Entlassmanagement)", original="Entlassmanagement"),
        Key("7", "appointment service (Terminservicestelle)", original="Terminservicestelle"),
        Key(
            "8", "recommendation of a nurse, §40 (6) SGB XI", V19_BEGINS, original="Empfehlung nach § 40 Abs. 6 SGB XI"
        ),
        Key("9", "pilot project, §64d SGB V", V19_BEGINS, original="Modellvorhaben nach § 64d SGB V"),
    ),
)

NURSE_RECOMMENDATION = "8"
"""Feature 8: a nurse recommended the aid, nobody prescribed it (§40 (6) SGB XI)."""

APPROVAL_KIND = KeyTable(
    "8.1.17",
    "kind of approval",
    "Art der Genehmigung",
    (
        Key("A1", "aids: single case", original="Genehmigung im Einzelfall"),
        Key("A2", "aids: long term", original="Langfristige Genehmigung"),
        Key("B2", "therapies: long-term need", original="langfristiger Heilmittelbedarf, § 8 Abs. 3 HeilM-RL"),
        Key("C1", "home nursing: single case", original="Genehmigung im Einzelfall"),
        Key("C2", "home nursing: provisional, before the decision", original="vorläufige Kostenzusage"),
        Key("D1", "domestic help: single case", original="Genehmigung im Einzelfall"),
        Key("E1", "transport: single case", original="Genehmigung im Einzelfall"),
        Key("E2", "transport: long term", original="Langfristige Genehmigung"),
        Key("F1", "midwives: single case", original="Genehmigung im Einzelfall"),
        *(
            Key(f"{group}1", f"group {group}: single case", original="Genehmigung im Einzelfall")
            for group in "GHIJKLMN"
        ),
        Key("O1", "palliative care: single case", original="Genehmigung im Einzelfall"),
        Key("Q1", "short-term care: single case", V14_BEGINS, original="Genehmigung im Einzelfall"),
        Key("R1", "intensive care: single case", V19_BEGINS, original="Genehmigung im Einzelfall"),
        Key("R2", "intensive care: provisional, before the decision", V19_BEGINS, original="vorläufige Kostenzusage"),
    ),
    note="The first place is the group of providers. P and S have no approvals. B1 was taken out with V14.",
)

APPROVAL_KINDS: Mapping[str, KeyTable] = {
    group: APPROVAL_KIND.part(f"kind of approval, group {group}", (f"{group}1", f"{group}2"))
    for group in "ABCDEFGHIJKLMNOPQRS"
}
"""Group of providers → the part of table 8.1.17 that belongs to it; empty for P and S."""

PROVISIONAL_APPROVALS = frozenset({"C2", "R2"})
"""Kinds of approval whose number is `Pseudo` and whose date is that of the prescription (TA1 V21 5.5.3.4, 5.5.3.12)."""

PSEUDO = "Pseudo"
"""Stands for the number of a provisional approval."""

SUBSTITUTE_EMPLOYEE = KeyTable(
    "8.1.19",
    "substitute for an employee number",
    "Ersatz-Beschäftigtennummer",
    (
        Key("999999998", "new, has none yet", V17_BEGINS, original="neue(r) Beschäftigte(r), noch ohne Nummer"),
        Key("999999997", "missing for another reason", V17_BEGINS, original="fehlt aus sonstigem Grund"),
        Key("999999999", "taken out with V21", V17_BEGINS, V20_ENDS, "gelöscht mit Version 21"),
        Key("999999996", "trainee without a number", V21_BEGINS, original="Auszubildende(r) ohne Nummer"),
        Key("999999995", "only a physician did it (SAPV)", V21_BEGINS, original="ausschließlich durch einen Arzt"),
        Key("999999990", "belongs to nobody (AKI)", V21_BEGINS, original="AKI-Leistung ohne Zuordnung"),
    ),
    note="999999990 is for positions of intensive care that begin with 01, 05 or 06 and have 4 or 6 at place 4.",
)

DOCUMENT_INFO = KeyTable(
    "8.1.18",
    "documents",
    "Beleginformation",
    (
        Key("0", "none is sent", original="keine Belegübermittlung"),
        Key("1", "by post", original="per Post"),
        Key("2", "electronically (image)", original="elektronisch (Image)"),
    ),
)

STATUS_KIND = KeyTable(
    "8.1.1 (1)",
    "insurance status, place 1",
    "Versichertenstatus",
    (
        Key("1", "member", original="Mitglieder"),
        Key("3", "dependant", original="Familienversicherter"),
        Key("5", "pensioner", original="Rentner"),
    ),
    note="Five places; a status printed with two, such as 11, is 10001. Places 2 to 4 are no longer used.",
)

STATUS_FEATURE = KeyTable(
    "8.1.1 (5)",
    "insurance status, place 5",
    "Versichertenstatus, besondere Kennungen",
    (
        Key("1", "West", original="West"),
        Key("4", "social assistance, §264 SGB V", original="Sozialhilfeempfänger"),
        Key("6", "social compensation", original="BVG, OEG, IfSG, SVG, BEG"),
        Key("7", "social security treaty, by expense", original="Sozialversicherungsabkommen, nach Aufwand"),
        Key("8", "social security treaty, flat", original="Sozialversicherungsabkommen, pauschal"),
        Key("9", "East", original="Ost"),
        Key("M", "programme for diabetes type 2, West", original="DMP Diabetes mellitus Typ 2, West"),
        Key("X", "programme for diabetes type 2, East", original="DMP Diabetes mellitus Typ 2, Ost"),
        Key("A", "programme for breast cancer, West", original="DMP Brustkrebs, West"),
        Key("C", "programme for breast cancer, East", original="DMP Brustkrebs, Ost"),
        Key("K", "programme for coronary heart disease, West", original="DMP Koronare Herzkrankheit, West"),
        Key("L", "programme for coronary heart disease, East", original="DMP Koronare Herzkrankheit, Ost"),
        Key("E", "programme for diabetes type 1, West", original="DMP Diabetes mellitus Typ 1, West"),
        Key("N", "programme for diabetes type 1, East", original="DMP Diabetes mellitus Typ 1, Ost"),
        Key("D", "programme for asthma, West", original="DMP Asthma bronchiale, West"),
        Key("F", "programme for asthma, East", original="DMP Asthma bronchiale, Ost"),
        Key("S", "programme for COPD, West", original="DMP COPD, West"),
        Key("P", "programme for COPD, East", original="DMP COPD, Ost"),
    ),
    note="Of cards before 01.10.2014; what cards print today is taken as it is.",
)

NO_NUMBER = "999999999"
"""Stands for BSNR and LANR where the prescription has none (TA1 V21 5.5.3.2 ZHI)."""

NO_EMPLOYEE_NUMBER = "999999997"
"""Stands for the employee number (Beschäftigtennummer) of a nurse who has none (A3 V21 8.1.19)."""

_STATUS = re.compile(r"[0-9][0-9A-Z]{0,4}|[0-9]{7}", re.ASCII)

STATUS_BUCKETS = {"1": "11", "3": "31", "5": "51"}
"""First place of the insurance status (A3 V21 8.1.1) → status of the sum (A3 V21 8.1.6)."""


def is_status(text: str) -> bool:
    """True for an insurance status (Versichertenstatus) as cards print it: one to five places, or seven digits."""
    return _STATUS.fullmatch(text) is not None


def wire_status(text: str) -> str:
    """The insurance status in the five places of INV: filled up with zeros behind, of seven places the first five.

    What is no status stays as it is, so that nobody takes it for one. Source: TA1 V21 5.5.3.1 INV.

    >>> wire_status("18"), wire_status("1000100"), wire_status(""), wire_status("M/1")
    ('18000', '10001', '', 'M/1')
    """
    return text[:5].ljust(5, "0") if is_status(text) else text


def status_bucket(text: str) -> str:
    """Which subtotal an insurance status counts for; 99 for what cannot be assigned (A3 V21 8.1.6)."""
    return STATUS_BUCKETS.get(text[:1], "99")
