"""How values are written for which the two databases have no common type: dates, moments, decimals, keys, JSON.

All of them are text that compares byte by byte in the order of what it stands for (decimals and JSON excepted), so that
a sorted read gives the same sequence on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

KEY_SEPARATOR = "\x1f"
"""U+001F UNIT SEPARATOR: below every printable character, so joined keys sort like the tuples that they were."""


def join_key(parts: tuple[str, ...]) -> str:
    r"""A key tuple as one sort text: every part followed by U+001F, so that `()` and `("",)` stay different.

    Raises:
        ValueError: a part holds the separator itself.

    >>> join_key(("661430035", "HA"))
    '661430035\x1fHA\x1f'
    """
    if not parts:
        return ""
    text = KEY_SEPARATOR.join(parts) + KEY_SEPARATOR
    if text.count(KEY_SEPARATOR) != len(parts):
        message = f"a key may not hold the character U+001F: {parts!r}"
        raise ValueError(message)
    return text


def split_key(text: str) -> tuple[str, ...]:
    r"""The key tuple that `join_key` wrote.

    >>> split_key("661430035\x1fHA\x1f")
    ('661430035', 'HA')
    """
    return tuple(text.split(KEY_SEPARATOR)[:-1])


def date_text(day: date | None) -> str | None:
    """A day as ISO text (2025-10-06), None as it is."""
    return None if day is None else day.isoformat()


def read_date(text: str | None) -> date | None:
    """The day that `date_text` wrote."""
    return None if text is None else date.fromisoformat(text)


def moment_text(moment: datetime) -> str:
    """A moment as ISO text in UTC with microseconds, always of the same length: later moments compare greater.

    Raises:
        ValueError: the moment has no time zone; it could be any of 24 hours.

    >>> moment_text(datetime(2025, 10, 6, 8, 30, tzinfo=UTC))
    '2025-10-06T08:30:00.000000+00:00'
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read_moment(text: str) -> datetime:
    """The moment that `moment_text` wrote, in UTC."""
    return datetime.fromisoformat(text)


def decimal_text(value: Decimal) -> str:
    """A decimal digit by digit, never with an exponent; trailing zeros are kept because the source wrote them.

    >>> decimal_text(Decimal("1E+2")), decimal_text(Decimal("450.00"))
    ('100', '450.00')
    """
    return format(value, "f")


def json_text(value: Mapping[str, Any] | list[Any]) -> str:
    """Canonical JSON: sorted names, no blanks, no NaN, characters as they are. Equal values give equal texts.

    Raises:
        TypeError: something in it is no JSON (a date, a Decimal): write it as text first.
        ValueError: NaN or infinity.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def read_json(text: str) -> Any:  # JSON may be anything
    """What `json_text` wrote."""
    return json.loads(text)
