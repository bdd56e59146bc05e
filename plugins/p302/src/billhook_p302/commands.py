"""`billhook p302`: the commands that only §302 has."""

from __future__ import annotations

import json
from typing import Annotated, cast

import typer

from billhook.scheme import CommandHost
from billhook.words import words
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


@app.command()
def example(
    group: Annotated[
        str, typer.Argument(help="Letter of a group of providers: A aids, B therapies … S pilot projects.")
    ],
    *,
    vouchers: Annotated[int, typer.Option("--vouchers", min=1, help="How many vouchers.")] = 1,
    provider: Annotated[
        str, typer.Option("--provider", help="The IK of who bills; a made-up one when not given.")
    ] = "",
) -> None:
    """Print made-up items of a group, right by every rule: a template for your own rows, one JSON object a line."""
    from billhook_p302.testing import p302_example  # noqa: PLC0415  # only this command needs the made-up vouchers
    from billhook_p302.testing_groups import LETTERS, group_rows  # noqa: PLC0415  # as the line above

    letter = group.strip().upper()
    if letter != "A" and letter not in LETTERS:
        raise typer.BadParameter(words("{group} is no group: take A to S", group=group), param_hint="GROUP")
    for row in p302_example(vouchers) if letter == "A" else group_rows(letter, vouchers):
        typer.echo(json.dumps({**row, "provider": provider} if provider else row, ensure_ascii=False))


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
