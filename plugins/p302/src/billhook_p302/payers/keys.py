"""The key tables of the payer file (Kostenträgerdatei): what the two- and three-digit keys in its segments mean.

Every table is key → meaning. Source: Anhang 3 to Anlage 1 (Kostenträgerdatei) version 10 of 14.04.2026, abbreviated
KT V10.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum


class LinkKind(StrEnum):
    """What a link is for (Art der Verknüpfung, KT V10 8.3)."""

    PAYER = "01"
    """From the IK of the insurance card to the payer (Kostenträger)."""
    RELAY = "02"
    """To a data centre that passes data on and cannot decrypt them (Datenannahmestelle ohne Entschlüsselungsbefugnis).
    """
    DATA_CENTRE = "03"
    """To the data centre that decrypts (Datenannahmestelle mit Entschlüsselungsbefugnis)."""
    PAPER = "09"
    """To an office that takes paper (Papierannahmestelle)."""


class Mark(StrEnum):
    """What became of a message since the last file (Verarbeitungskennzeichen, KT V10 8.13)."""

    NEW = "01"
    CHANGED = "02"
    CANCELLED = "03"
    UNCHANGED = "04"


FUND_KINDS: Mapping[str, str] = {
    "AO": "AOK",
    "EK": "Ersatzkassen (vdek)",
    "BK": "Betriebskrankenkassen",
    "IK": "Innungskrankenkassen",
    "BN": "Knappschaft-Bahn-See",
    "LK": "Landwirtschaftliche Krankenkassen",
    "GK": "Gesetzliche Krankenversicherung",
    "SB": "Sonstige Kostenträger (Bitmarck)",
}
"""Kassenart, the first two characters of a file name. KT V10 6."""

PROCEDURES: Mapping[str, str] = {
    "01": "Ärzte",
    "02": "Zahnärzte",
    "03": "Apotheken",
    "4A": "Krankenhäuser",
    "4B": "Reha-Einrichtungen",
    "05": "Sonstige Leistungserbringer",
    "06": "Pflege",
}
"""Verfahren, characters 3–4 of a file name. KT V10 6."""

SUPPORTED_PROCEDURES: Mapping[str, str] = {"05": "5", "06": "6"}
"""The procedures that are imported here, with the key of their provider group (Leistungserbringergruppe, KT V10 8.8).
"""

DELIVERIES: Mapping[str, str] = {
    "07": "billing data (SLGA, SLLA)",
    "21": "invoice on paper",
    "24": "machine-readable voucher",
    "26": "prescription on paper",
    "27": "cost estimate on paper",
    "28": "papers of a digital billing (21, 26, 27)",
    "29": "machine-readable voucher with its papers (24, 26, 27)",
    "30": "fully electronic billing",
}
"""Art der Datenlieferung. KT V10 8.2."""

DATA_DELIVERIES = frozenset({"07", "30"})
"""The only deliveries that a link 02 or 03 may name. KT V10 8.3."""

MEDIA: Mapping[str, str] = {
    "1": "data transmission",
    "2": "magnetic tape",
    "3": "tape cartridge",
    "4": "floppy disk",
    "5": "machine-readable voucher",
    "6": "voucher on paper",
    "7": "CD-ROM",
    "9": "any data carrier (2, 3, 4, 7)",
}
"""Übermittlungsmedium. KT V10 8.9."""

DATA_CARRIERS = frozenset({"2", "3", "4", "7"})
"""What medium 9 stands for. KT V10 8.9."""

PARAMETERS: Mapping[str, frozenset[str]] = {
    "1": frozenset({"00"}),
    "2": frozenset({"01", "02"}),
    "3": frozenset({"03", "04", "05", "06", "07"}),
    "4": frozenset({"08", "09", "10", "11", "12", "13"}),
    "5": frozenset({"00"}),
    "6": frozenset({"00"}),
    "7": frozenset({"14"}),
    "9": frozenset({"00"}),
}
"""Medium → parameters that fit it (Übermittlungsmedium-Parameter). KT V10 8.10."""

CHARSETS: Mapping[str, str] = {"I7": "ASCII 7 bit", "I8": "ASCII 8 bit", "U8": "UTF-8"}
"""Übermittlungszeichensatz. KT V10 8.11."""

PROTOCOLS: Mapping[str, str] = {"016": "FTAM", "023": "FTP", "070": "e-mail", "080": "KIM"}
"""DFÜ-Protokoll. KT V10 8.5; the keys before TCP/IP (004, 011 …) were taken out in version 05."""

OLD_PROTOCOLS = frozenset({"004", "011"})
"""Keys from before TCP/IP that were taken out of the table in version 05 and still stand in real files."""

EMAIL_PROTOCOL = "070"
"""E-Mail/Internet. KT V10 8.5."""

STATES: Mapping[str, str] = {
    "01": "Schleswig-Holstein",
    "02": "Hamburg",
    "03": "Niedersachsen",
    "04": "Bremen",
    "05": "Nordrhein-Westfalen",
    "06": "Hessen",
    "07": "Rheinland-Pfalz",
    "08": "Baden-Württemberg",
    "09": "Bayern",
    "10": "Saarland",
    "11": "Berlin",
    "12": "Brandenburg",
    "13": "Mecklenburg-Vorpommern",
    "14": "Sachsen",
    "15": "Sachsen-Anhalt",
    "16": "Thüringen",
    "99": "all states",
}
"""Bundesland. KT V10 8.4."""

ALL_STATES = "99"
"""Alle Bundesländer. KT V10 8.4."""

CODE_GROUPS: Mapping[str, frozenset[str]] = {
    "10": frozenset({"11", "12", "13", "14", "15", "16", "17", "18", "19"}),
    "20": frozenset({"21", "22", "23", "24", "25", "26", "27", "28", "29"}),
    "30": frozenset({"31", "32", "33", "34"}),
    # The list leaves 48 out, the group's own name says 41 to 49, and key 8.1.5.1 has it.
    "40": frozenset({"41", "42", "43", "44", "45", "46", "47", "48", "49"}),
    "90": frozenset({"91", "92", "93", "94"}),
    "A0": frozenset({"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"}),
    "C0": frozenset({"C1", "C2", "C3", "C4"}),
}
"""Group key → the single codes it stands for (Gruppenschlüssel der Abrechnungscodes). KT V10 8.14."""

SINGLE_CODES = frozenset(
    {
        "50",
        "55",
        "56",
        "57",
        "60",
        "61",
        "62",
        "63",
        "65",
        "66",
        "67",
        "68",
        "69",
        "71",
        "72",
        "73",
        "74",
        "75",
        "76",
        "B1",
    }
)
"""The codes that belong to no group. KT V10 8.14."""

ALL_CODES = "00"
"""Sammelschlüssel: every code. KT V10 8.14."""

OTHER_CODES = "99"
"""Sonderschlüssel: every code that no other link names. KT V10 8.14."""

GROUP_OF: Mapping[str, str] = {code: group for group, codes in CODE_GROUPS.items() for code in codes}
"""Single code → its group key."""

CODES = frozenset({ALL_CODES, OTHER_CODES}) | frozenset(CODE_GROUPS) | frozenset(GROUP_OF) | SINGLE_CODES
"""Every accounting code (Abrechnungscode) that a link may name. KT V10 8.14."""

V10_BEGINS = date(2027, 2, 1)
"""First day of version 10 of the payer file, which gives domestic help (Haushaltshilfe) keys of its own. KT V10, history."""

CODES_FROM: Mapping[str, date] = dict.fromkeys(("C0", *sorted(CODE_GROUPS["C0"])), V10_BEGINS)
"""Codes that were not always there → their first day."""

CHANGES: tuple[tuple[str, str, str], ...] = (
    ("10", "2027-02-01", "accounting codes C0 to C4 for domestic help (8.14)"),
    ("09", "2026-06-01", "fully electronic billing: delivery 30, sub-procedure in VKG, KIM (080), character set U8"),
    ("08", "", "accounting codes A0 to A8 and B1; accounting code of VKG alphanumeric; file names SB"),
    ("07", "", "group 90 and accounting codes 91 to 94"),
    ("06", "", "accounting code 76"),
    ("05", "", "protocols that do not use IP taken out, 023 (FTP) added"),
)
"""Version, first day where it is known, and what it brought. KT V10, history; published files of 2025 have the keys of
version 09 already, so those are taken on any day.
"""


def codes_on(day: date) -> frozenset[str]:
    """The accounting codes that hold on a day."""
    return frozenset(code for code in CODES if CODES_FROM.get(code, day) <= day)


CARE_CODES = frozenset(f"{number:02d}" for number in range(16)) | {OTHER_CODES}
"""What real files of procedure 06 write in place of an accounting code: the kind of care service (Leistungsart,
Pflege).
"""

SENDING_DAYS: Mapping[str, str] = {"1": "all days", "2": "Monday to Saturday", "3": "Monday to Friday"}
"""Übertragungstage, none of them on holidays but 1. KT V10 8.12."""

LINK_KINDS: Mapping[str, str] = {
    LinkKind.PAYER: "payer",
    LinkKind.RELAY: "data centre that cannot decrypt",
    LinkKind.DATA_CENTRE: "data centre that decrypts",
    LinkKind.PAPER: "paper office",
}
"""Art der Verknüpfung, in words. KT V10 8.3."""

MARKS: Mapping[str, str] = {
    Mark.NEW: "new",
    Mark.CHANGED: "changed",
    Mark.CANCELLED: "cancelled",
    Mark.UNCHANGED: "as before",
}
"""Verarbeitungskennzeichen, in words. KT V10 8.13."""

CODE_MEANINGS: Mapping[str, str] = {
    ALL_CODES: "all",
    OTHER_CODES: "all that no other link names",
    **{group: f"{min(codes)} to {max(codes)}" for group, codes in CODE_GROUPS.items()},
}
"""Sum key and group keys of accounting codes, in words; single codes are those of A3 8.1.5.1. KT V10 8.14."""

ADDRESS_KINDS: Mapping[str, str] = {"1": "house", "2": "post box", "3": "bulk recipient"}
"""Art der Anschrift. KT V10 8.1."""
