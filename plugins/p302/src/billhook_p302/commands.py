"""`billhook p302`: the commands that only §302 has."""

from __future__ import annotations

import json
from typing import Annotated, cast

import typer

from billhook.scheme import CommandHost
from billhook_p302 import receivers as turns_of
from billhook_p302.code_commands import app as codes
from billhook_p302.key_commands import app as keys
from billhook_p302.papers.commands import papers
from billhook_p302.payers.commands import app as payers
from billhook_p302.payers.loading import ConnectionView
from billhook_p302.replies.commands import advice, answer
from billhook_p302.settings import Settings

app = typer.Typer(
    name="p302",
    no_args_is_help=True,
    help="German statutory health insurance, §302 SGB V: payers, receivers, keys and codes.",
)
receivers = typer.Typer(
    name="receivers", no_args_is_help=True, help="What single receivers want, and when it is their turn."
)
app.add_typer(payers, name="payers")
app.add_typer(keys, name="keys")
app.add_typer(codes, name="codes")
app.add_typer(receivers, name="receivers")
app.add_typer(answer, name="answer")
app.command()(advice)
app.command()(papers)

_TEST_INDICATORS = {0: "test", 1: "trial", 2: "live"}


@receivers.callback()
def _group() -> None:
    """What single receivers want, and when it is their turn."""


@receivers.command("list")
def list_command(
    ctx: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Every row of the settings with its last and next billing date; the last row is for all other receivers."""
    host = cast(CommandHost, ctx.find_root().obj)
    workspace = host.workspace()
    settings = cast(Settings, workspace.settings("p302"))
    with workspace.database.read() as connection:
        turns = turns_of.turns(settings, turns_of.billed(ConnectionView(connection)))
    rows = [
        {
            "data_centre": turn.receiver.data_centre or "all",
            "payer": turn.receiver.payer or "all",
            "test": _TEST_INDICATORS[turn.receiver.test_indicator],
            "version": turn.receiver.version or "by date",
            "invoice_kind": turn.receiver.invoice_kind,
            "last_billed": None if turn.last_billed is None else turn.last_billed.isoformat(),
            "interval": turn.receiver.next_billing,
            "next_billing": None if turn.next_billing is None else turn.next_billing.isoformat(),
        }
        for turn in turns
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        host.show(rows, title="Receivers", columns=list(rows[0]))
