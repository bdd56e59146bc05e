"""What `billhook-vsb` registers with Billhook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from billhook.hookspecs import hookimpl
from billhook.scheme import Scheme
from billhook_vsb.scheme import Vsb


@hookimpl
def billhook_schemes() -> Sequence[Scheme]:
    """The scheme of the Flemish care funds."""
    return [Vsb()]


@hookimpl
def billhook_catalogs() -> Path:
    """What is said here, in Dutch."""
    return Path(__file__).with_name("locale")


@hookimpl
def billhook_commands() -> tuple[str, Any]:
    """`billhook vsb`. Only here is typer needed, which the library itself does without."""
    from billhook_vsb.commands import app  # noqa: PLC0415  # a library has no need of typer

    return "vsb", app
