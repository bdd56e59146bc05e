"""The versions of TA1 that can be written, each with the days on which a file may be made in it (TA1 V21 5.5.1)."""

from __future__ import annotations

from datetime import date

from billhook.scheme import Version

VERSIONS: tuple[Version, ...] = (
    Version("21", date(2025, 10, 1)),
    Version("20", date(2024, 7, 1), date(2025, 12, 31)),
)
"""Newest first. Versions overlap by three months: the newest one is taken unless a receiver's settings pin another."""

NEWEST = 21
"""What a file of an unknown version is read as."""


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
