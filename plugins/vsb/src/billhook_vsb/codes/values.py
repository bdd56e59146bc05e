"""Which values a zone may have, and from when: the federal list. A profile adds rows or replaces them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class AllowedValues(NamedTuple):
    """The values of a zone (by the number of its first zone) in records of a type, from a day on (None: always)."""

    record: str
    zone: int
    values: tuple[str, ...]
    valid_from: date | None = None


_SEXES = ("1", "2")
_INVOICE_TYPES = ("1", "3", "4", "5", "6", "9")

FEDERAL: tuple[AllowedValues, ...] = (
    AllowedValues("10", 3, ("0", "1", "3")),
    AllowedValues("10", 13, ("000", "030", "040")),
    AllowedValues("10", 23, tuple(f"{month:02d}" for month in range(1, 13))),
    *(AllowedValues(record, 9, _SEXES) for record in ("20", "30", "40", "50", "80")),
    *(AllowedValues(record, 10, _INVOICE_TYPES) for record in ("20", "80")),
    AllowedValues("20", 11, ("0", "1", "2", "3", "4", "5", "6", "7")),
    *(AllowedValues(record, 32, ("0", "1")) for record in ("20", "80")),
    *(AllowedValues(record, 17, ("0000", "0050", "0060", "0070", "0080", "0090")) for record in ("20", "80")),
    *(AllowedValues(record, 11, ("0", "1")) for record in ("30", "40", "50")),
    AllowedValues("50", 12, ("0", "1", "2", "3", "4")),
    AllowedValues("50", 26, ("0", "1", "3", "4", "5", "6", "9")),
)
"""Source: RIZIV error list 2021-06, codes with sequence 03, and the zones' descriptions."""

FILE_VERSIONS = {True: "9991999", False: "0001999"}
"""Zone 304 and record 10 zone 4: for test files and for live ones."""
