"""Days and amounts as they are typed on the command line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

import typer


def day_of(text: str) -> date:
    """The day that was typed. Raises typer.BadParameter when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None


def cents_of(text: str) -> int:
    """The amount that was typed, in cents. Raises typer.BadParameter when it is none."""
    try:
        value = Decimal(text.replace(",", ".")) * 100
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is no amount; write 1234.56") from None
    if not value.is_finite() or value != int(value):
        raise typer.BadParameter(f"{text!r} is no amount of whole cents")
    return int(value)
