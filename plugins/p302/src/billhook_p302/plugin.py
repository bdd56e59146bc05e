"""What `billhook-p302` registers with Billhook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from billhook.hookspecs import hookimpl
from billhook.scheme import Scheme
from billhook_p302.scheme import P302


@hookimpl
def billhook_schemes() -> Sequence[Scheme]:
    """The §302 scheme."""
    return [P302()]


@hookimpl
def billhook_migrations() -> tuple[str, Path]:
    """The tables of the payer directory."""
    return "p302", Path(__file__).parent / "migrations" / "versions"


@hookimpl
def billhook_catalogs() -> Path:
    """What is said here, in German."""
    return Path(__file__).with_name("locale")


@hookimpl
def billhook_commands() -> tuple[str, Any]:
    """`billhook p302`. Only here is typer needed, which the library itself does without."""
    from billhook_p302.commands import app  # noqa: PLC0415  # a library has no need of typer

    return "p302", app
