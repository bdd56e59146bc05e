"""Days and amounts as they are typed on the command line; what cannot be read is a usage error."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

import typer

from billhook.words import words
from billhook_cli.host import LARGEST


def day_of(text: str) -> date:
    """A day that a person typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(words("{text!r} is no day; write YYYY-MM-DD", text=text)) from None


def cents_of(text: str) -> int:
    """An amount of euros that a person typed, in cents."""
    try:
        value = Decimal(text.replace(",", ".")) * 100
    except InvalidOperation:
        raise typer.BadParameter(words("{text!r} is no amount; write 1234.56", text=text)) from None
    if not value.is_finite() or value != int(value):
        raise typer.BadParameter(words("{text!r} is no amount of whole cents", text=text))
    if abs(value) > LARGEST:
        raise typer.BadParameter(words("{text!r} is more than there is money", text=text))
    return int(value)
