"""The versions of TA1: on which days a file may be made in each (TA1 V21 5.5.1), what each brought, and what of that is
not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from billhook.scheme import Version

PUBLISHED = 21
"""The version whose tables are kept whole. Rows of others are those that are known to differ."""

VERSIONS: tuple[Version, ...] = (
    Version("22", date(2027, 2, 1)),
    Version("21", date(2025, 10, 1)),
    Version("20", date(2024, 7, 1), date(2025, 12, 31)),
)
"""Newest first. Versions overlap by some months: the newest one is taken unless a receiver's settings pin another.

V22 begins with Anlage 3 V22, whose number follows that of TA1; the end of V21 is not published yet.
"""

PROVISIONAL: Mapping[str, str] = {
    "22": "Anlage 3 V22 is published (18.02.2026), TA1 V22 is not here: segments are those of V21, keys those of V22",
}
"""Versions that may be written before their tables are known here, and what that means."""


def _era(name: str, start: str, end: str) -> Version:
    return Version(name, date.fromisoformat(start), date.fromisoformat(end), writable=False)


HISTORY: tuple[Version, ...] = (
    *VERSIONS,
    _era("19", "2024-01-01", "2024-09-30"),
    _era("18", "2023-07-01", "2024-03-31"),
    _era("17", "2023-01-01", "2023-09-30"),
    _era("16", "2022-01-01", "2022-12-31"),
    _era("15", "2021-07-01", "2022-03-30"),
    _era("14", "2020-10-01", "2021-09-30"),
    _era("13", "2020-01-01", "2020-12-31"),
    _era("12", "2019-07-01", "2020-03-31"),
    _era("11", "2018-01-01", "2019-09-30"),
    _era("10", "2017-07-01", "2018-03-31"),
    _era("9", "2013-10-01", "2017-09-30"),
    _era("8", "2013-01-01", "2013-12-31"),
    _era("7", "2012-04-01", "2013-03-31"),
    _era("6", "2008-02-01", "2012-03-31"),
    _era("5", "2004-02-01", "2008-01-31"),
)
"""All versions since 2004, for files that are read. The table has 31.09.2019 as the end of V11; its last day is
meant.
"""

THERAPIES_BY_V13_UNTIL = date(2025, 12, 31)
"""Therapies that were prescribed until 31.12.2020 could be billed by V13 to this day (TA1 V21, cover)."""

FIRST_KNOWN = 20
"""From this version on the history of TA1 V21 names every difference; before it only some are known."""

FIRST_DAY_KNOWN = VERSIONS[-1].valid_from
"""Files of before this day are of a version that is known in part."""


class Change(NamedTuple):
    """Something that a version brought: to which group or segment, what, and where that stands."""

    version: int
    what: str
    source: str


CHANGES: tuple[Change, ...] = (
    Change(22, "accounting codes C1 to C4 for domestic help", "A3 V22 history, 18.02.2026"),
    Change(21, "processing mark 10 in physiotherapy; corrections 02 and 04 of midwives", "TA1 V21 7.1"),
    Change(21, "ZZL: three employee numbers and three physician's numbers", "TA1 V21 history, 17.02.2025"),
    Change(21, "substitutes 999999990, 999999995, 999999996; 999999999 taken out", "A3 V21 history, 17.02.2025"),
    Change(20, "EVO, the id of an electronic prescription", "TA1 V21 history, 26.05.2023"),
    Change(20, "EHI: unit of the quantity (key 8.6)", "TA1 V21 history, 26.07.2023"),
    Change(20, "BVG becomes BVG/SER: the same element and value", "TA1 V21 history, 23.11.2023"),
    Change(19, "groups R (intensive care) and S (pilot projects)", "TA1 V21 history, 30.03.2023"),
    Change(19, "ZHI: employee number and IK of a nurse who recommends", "TA1 V21 history, 30.03.2023"),
    Change(19, "prescription features 8 and 9", "A3 V21 history, 2023"),
    Change(17, "employee numbers in home nursing (EHK)", "recommendations on § 293 (8) SGB V, 01.09.2024"),
    Change(16, "key 8.1.8 dropped: MWS has the rate (inferred)", "A3 V21 history, 31.03.2021"),
    Change(14, "therapies: ZHE with leading symptoms, urgency, area and frequency", "A3 V21 history, 2020"),
    Change(14, "short-term care (group Q)", "A3 V21 history, 11.10.2019"),
    Change(13, "care planning (group P)", "A3 V21 history, 09.04.2019"),
    Change(12, "the interchange reference of UNB is mandatory", "TA1 V21 5.4"),
)
"""What is known to have come with a version, newest first."""


def covers(name: str, day: date, group: str) -> bool | None:
    """Whether a file of that version and group could be made on the day; None for a version that is not known."""
    era = next((era for era in HISTORY if era.name == name.lstrip("0")), None)
    if era is None:
        return None
    return era.covers(day) or (era.name == "13" and group == "B" and era.valid_from <= day <= THERAPIES_BY_V13_UNTIL)


def read_as(version: int) -> int:
    """The version by whose rows a file is read: its own where the table of versions has it, else the nearest."""
    oldest, newest = int(HISTORY[-1].name), int(HISTORY[0].name)
    return min(max(version, oldest), newest)


def brought_since(version: int) -> str:
    """What later versions are known to have brought, for a message about a file of that version."""
    return "; ".join(f"V{change.version} {change.what}" for change in CHANGES if version < change.version <= PUBLISHED)
