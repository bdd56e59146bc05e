"""Keys of the prescription and the insured person."""

from __future__ import annotations

import re
from collections.abc import Mapping

from billhook_p302.codes.table import Key, KeyTable

ACCIDENT = KeyTable(
    "8.1.2",
    "accident mark",
    "Schlüssel Unfall/Sonstiges",
    (
        Key("1", "accident at work or on the way, occupational disease"),
        Key("2", "consequence of another accident"),
        Key("3", "other (BVFG, BEG, HHG, OEG, IfSG, SVG)"),
    ),
)

SOCIAL_COMPENSATION = KeyTable(
    "8.1.2.1", "social compensation", "Schlüssel BVG/SER", (Key("6", "BVG or SER (Soziale Entschädigung)"),)
)

COPAYMENT_MARK = KeyTable(
    "8.1.3",
    "copayment mark",
    "Zuzahlungskennzeichen",
    (
        Key("0", "no statutory copayment"),
        Key("1", "exempt"),
        Key("2", "not paid in spite of a written demand"),
        Key("3", "due"),
        Key("4", "from due to exempt"),
        Key("5", "from exempt to due"),
    ),
)

FEATURE = KeyTable(
    "8.1.11",
    "feature of the prescription",
    "Kennzeichen Verordnungsbesonderheiten",
    (
        Key("1", "by a dentist or orthodontist"),
        Key("2", "pregnancy or childbirth"),
        Key("4", "discharge from hospital (Entlassmanagement)"),
        Key("7", "appointment service (Terminservicestelle)"),
        Key("8", "recommendation of a nurse, §40 (6) SGB XI"),
        Key("9", "pilot project, §64d SGB V"),
    ),
)

NURSE_RECOMMENDATION = "8"
"""Feature 8: a nurse recommended the aid, nobody prescribed it (§40 (6) SGB XI)."""

APPROVAL_KIND = KeyTable(
    "8.1.17",
    "kind of approval",
    "Art der Genehmigung",
    (
        Key("A1", "single case"),
        Key("A2", "long term"),
        Key("B2", "long-term need of therapies (§8 (3) HeilM-RL, §7 (1) HeilM-RL dentists)"),
        Key("C1", "single case"),
        Key("C2", "provisional (§6 (6) of the guideline on home nursing)"),
        Key("D1", "single case"),
        Key("E1", "single case"),
        Key("E2", "long term"),
        *(Key(f"{letter}1", "single case") for letter in "FGHIJKLMNOQ"),
        Key("R1", "single case"),
        Key("R2", "provisional (§11 (3) of the guideline on intensive care)"),
    ),
)

PROVISIONAL = frozenset({"C2", "R2"})
"""Kinds of approval that have no number and no date yet: `Pseudo` and the date of the prescription stand for them."""

PSEUDO = "Pseudo"

APPROVALS_OF_GROUP: Mapping[str, KeyTable] = {
    letter: KeyTable(
        "8.1.17",
        f"kind of approval, group {letter}",
        "Art der Genehmigung",
        tuple(key for key in APPROVAL_KIND if key.value[0] == letter),
    )
    for letter in "ABCDEFGHIJKLMNOPQRS"
}
"""Group → the kinds of approval it knows; none in groups P and S."""

SUBSTITUTE = KeyTable(
    "8.1.19",
    "substitute for an employee number",
    "Ersatz-Beschäftigtennummer",
    (
        Key("999999998", "new, has none yet"),
        Key("999999997", "missing for another reason"),
        Key("999999996", "trainee"),
        Key("999999995", "done by a doctor alone (SAPV)"),
        Key("999999990", "of no single person (AKI)"),
    ),
)

DOCUMENT_INFO = KeyTable(
    "8.1.18",
    "documents",
    "Beleginformation",
    (
        Key("0", "none is sent"),
        Key("1", "by post"),
        Key("2", "electronically (image)"),
    ),
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
