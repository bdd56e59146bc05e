"""The commands `billhook mass …`."""

from __future__ import annotations

import typer

from billhook_mass.profile_commands import profile_app

app = typer.Typer(no_args_is_help=True, help="MASS: grants, rates, absences, months, phases, outbox, payment advice.")
app.add_typer(profile_app, name="profile")
