"""Keys of groups B to S: therapies, midwives, intensive care."""

from __future__ import annotations

from billhook_p302.codes.table import Key, KeyTable

PRESCRIPTION_KIND = KeyTable(
    "8.1.12",
    "kind of a prescription of therapies",
    "Kennzeichen Verordnungsart bei Heilmitteln",
    (
        Key(
            "03",
            "usual amount (§7 (1) to (5) HeilM-RL, §6 (1) to (4) HeilM-RL dentists)",
            original="§ 7 Abs. 1 bis 5 HeilM-RL",
        ),
        Key(
            "04",
            "special or long-term need (§7 (6) HeilM-RL, §6 (5) HeilM-RL dentists)",
            original="besonderer Verordnungsbedarf, langfristiger Heilmittelbedarf",
        ),
        Key("05", "blank prescription (§13a HeilM-RL, §12 HeilM-RL dentists)", original="Blankoverordnung"),
        Key(
            "99", "outside of both guidelines (TA1 V21 5.5.3.3 ZHE)", original="außerhalb beider Heilmittel-Richtlinien"
        ),
    ),
)

BLANK_PRESCRIPTION = "05"

NO_GROUP = "9999"
"""Stands for the diagnosis group where the prescription has none, and for leading symptoms outside of the HeilM-RL."""

AREA = KeyTable(
    "ZHE",
    "area of therapy",
    "Heilmittel-Bereich",
    (
        Key("1", "physiotherapy", original="Physiotherapie"),
        Key("2", "podology", original="Podologische Therapie"),
        Key("3", "voice, speech, language and swallowing", original="Stimm-, Sprech-, Sprach- und Schlucktherapie"),
        Key("4", "occupational therapy", original="Ergotherapie"),
        Key("5", "nutrition", original="Ernährungstherapie"),
    ),
    source="TA1 V21 5.5.3.3",
)

BIRTH_DATE_KIND = KeyTable(
    "8.1.16",
    "birth date of a child",
    "Schlüssel Geburtsdatum",
    (
        Key("1", "actual", original="tatsächliches Geburtsdatum"),
        Key("2", "expected", original="errechnetes Geburtsdatum"),
    ),
)

QUANTITY_KIND = KeyTable(
    "AHK",
    "kind of quantity",
    "Art der angegebenen Menge",
    (
        Key("1", "days", original="Tagespauschalen"),
        Key("2", "hours", original="Stundenvergütung"),
        Key("3", "minutes", original="Minutenvergütung"),
        Key("4", "month, at a flat rate", original="Monatspauschale"),
    ),
    source="TA1 V21 5.5.3.12",
)

CONSULTATION_KIND = KeyTable(
    "IBP",
    "kind of consultation",
    "Art des Beratungsprozesses",
    (
        Key("1", "the first", original="Erstmaliger Beratungsprozess"),
        Key("2", "another one", original="Erneuter Beratungsprozess"),
    ),
    source="TA1 V21 5.5.3.10",
)
