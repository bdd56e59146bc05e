"""What `billhook-mass` registers with Billhook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from billhook.hookspecs import RunView, hookimpl
from billhook.model import Finding
from billhook.scheme import Scheme
from billhook_mass.run_checks import check_run
from billhook_mass.scheme import Mass
from billhook_mass.tables import branch


@hookimpl
def billhook_schemes() -> Sequence[Scheme]:
    """The scheme of LWL, LVR and LWV Hessen."""
    return [Mass()]


@hookimpl
def billhook_check(run: RunView) -> Iterable[Finding]:
    """What is billed twice, grants that are used up, months that are overfull."""
    return check_run(run)


@hookimpl
def billhook_migrations() -> tuple[str, Path]:
    """The plugin's tables."""
    return branch()


@hookimpl
def billhook_catalogs() -> Path:
    """What is said here, in German."""
    return Path(__file__).with_name("locale")


@hookimpl
def billhook_commands() -> tuple[str, Any]:
    """`billhook mass`. Only here are typer and reportlab needed."""
    from billhook_mass.commands import app  # noqa: PLC0415  # a library has no need of typer

    return "mass", app
