"""The journal: what was done, and the proof that nobody changed it afterwards."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from billhook.store import journal as chain
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, host_of

app = typer.Typer(no_args_is_help=True, help="What was done, and the proof that nobody changed it afterwards.")


@app.command("list")
def show(
    ctx: typer.Context,
    subject: Annotated[str | None, typer.Option(help="Only entries about this, e.g. exchange:3.")] = None,
    after: Annotated[int, typer.Option(help="Only entries after this sequence number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    json: JsonOption = False,
) -> None:
    """List the journal, oldest first."""
    host = host_of(ctx, json=json)
    with host.workspace().database.read() as connection:
        rows = [
            {"seq": entry.seq, "time": entry.time, "actor": entry.actor, "event": entry.event, "subject": entry.subject,
             "payload": entry.payload}
            for entry in islice(chain.entries(connection, subject=subject, after=after), limit)
        ]  # fmt: skip
    host.show(rows)


@app.command()
def verify(
    ctx: typer.Context,
    head: Annotated[
        str | None, typer.Option("--head", help="What an earlier run printed as head: proves that nothing was cut off.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Prove that no entry was changed, removed or put in between."""
    host = host_of(ctx, json=json)
    expected = chain.Head.parse(head) if head else None
    with host.workspace().database.read() as connection:
        report = chain.verify(connection, expected)
        current = chain.head(connection)
    if host.json:
        host.out.json(
            {
                "ok": report.ok,
                "entries": report.entries,
                "head": None if current is None else str(current),
                "first_bad": report.first_bad,
                "reason": report.reason,
            }
        )
    elif report.ok:
        host.out.line(f"The journal is whole: {report.entries} entries.")
        host.out.line(f"Head: {current}")
    else:
        host.out.line(f"The journal is broken at entry {report.first_bad}: {report.reason}")
    if not report.ok:
        raise typer.Exit(Exit.FINDINGS)
