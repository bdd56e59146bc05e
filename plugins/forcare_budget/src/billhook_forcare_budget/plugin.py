"""What `billhook-forcare-budget` registers with Billhook: a check of every run, its ledger, its tables and its
commands.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from billhook.hookspecs import RunView, hookimpl
from billhook.model import Finding
from billhook_forcare_budget.booking import book_run
from billhook_forcare_budget.checking import check_run
from billhook_forcare_budget.tables import branch


@hookimpl
def billhook_check(run: RunView) -> Iterable[Finding]:
    """Budgets that the trial billing would exceed, and the invoices that are held with them."""
    return check_run(run)


@hookimpl
def billhook_fixed(run: RunView, connection: Any) -> None:
    """Write the budget entries of what was billed."""
    book_run(run, connection)


@hookimpl
def billhook_migrations() -> tuple[str, Path]:
    """The plugin's tables."""
    return branch()


@hookimpl
def billhook_commands() -> tuple[str, Any]:
    """`billhook budget`. Only here are typer and reportlab needed."""
    from billhook_forcare_budget.commands import app  # noqa: PLC0415  # a library has no need of typer

    return "budget", app
