"""The journal: what was done, and the proof that nobody changed it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Annotated, Any

import typer

from billhook.store import journal as chain
from billhook.words import words
from billhook_cli.exits import Exit
from billhook_cli.host import LARGEST, JsonOption, host_of
from billhook_cli.output import count

LIMIT = 100
"""Entries that a person is shown when nobody said how many."""

app = typer.Typer(no_args_is_help=True, help="What was done, and the proof that nobody changed it afterwards.")


@app.command("list")
def show(
    ctx: typer.Context,
    subject: Annotated[str | None, typer.Option("--subject", help="Only entries about this, e.g. exchange:3.")] = None,
    after: Annotated[
        int, typer.Option("--after", min=0, max=LARGEST, help="Only entries after this sequence number.")
    ] = 0,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many; without it 100, and with --json all.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the journal, oldest first."""
    host = host_of(ctx, json=json)
    with host.workspace().database.read() as connection:
        found = map(_row, chain.entries(connection, subject=subject, after=after))
        if host.json:
            host.out.json_lines(islice(found, limit))
            return
        rows = list(islice(found, limit or LIMIT))
        more = next(found, None) is not None
    if not rows:
        host.out.line(words("There are no such entries.") if subject or after else words("The journal is empty."))
        return
    host.out.table(
        [{**row, "time": f"{row['time']:%Y-%m-%d %H:%M:%S}", "payload": _short(row["payload"])} for row in rows]
    )
    if more:
        host.out.line(words("… and more; --after {last} goes on.", last=rows[-1]["seq"]))


def _short(payload: Mapping[str, Any]) -> str:
    """What a person reads of an entry: hashes by their beginning, no lists; `--json` has all of it."""
    return ", ".join(
        f"{name} {fact[:12] if name == 'sha256' else fact}"
        for name, fact in payload.items()
        if fact not in ("", None) and not isinstance(fact, list | dict)
    )


def _row(entry: chain.Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "time": entry.time,
        "actor": entry.actor,
        "event": entry.event,
        "subject": entry.subject,
        "payload": entry.payload,
    }


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
    try:
        expected = chain.Head.parse(head) if head else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--head") from None
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
        host.out.line(words("The journal is whole: {entries}.", entries=count(report.entries, "entry")))
        host.out.line(words("Head: {current}", current=current))
    else:
        host.out.line(
            words(
                "The journal is broken at entry {first_bad}: {reason}", first_bad=report.first_bad, reason=report.reason
            )
        )
    if not report.ok:
        raise typer.Exit(Exit.FINDINGS)
