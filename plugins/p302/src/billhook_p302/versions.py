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
