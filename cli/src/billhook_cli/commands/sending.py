"""Sending: hand over what was exported, and say what became of files of which nobody knew."""

from __future__ import annotations

from typing import Annotated

import typer

from billhook.billing import sending
from billhook.words import words
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, SchemeOption, host_of
from billhook_cli.output import count


def send(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    exchange: Annotated[int | None, typer.Option("--file", help="Only the file of this number.")] = None,
    arrived: Annotated[
        int | None, typer.Option("--arrived", help="The receiver says that the file of this number arrived.")
    ] = None,
    not_arrived: Annotated[
        int | None, typer.Option("--not-arrived", help="The receiver says that the file of this number never arrived.")
    ] = None,
    wait: Annotated[float, typer.Option("--wait", min=0.0, help="Seconds to wait for another send to end.")] = 0.0,
    json: JsonOption = False,
) -> None:
    """Hand over every file that was exported and not sent, each exactly once."""
    host = host_of(ctx, json=json)
    said = [(key, state) for key, state in ((arrived, True), (not_arrived, False)) if key is not None]
    if said:
        if len(said) > 1 or exchange is not None or scheme is not None:
            raise typer.BadParameter(words("say --arrived or --not-arrived alone, one file at a time"))
        key, state = said[0]
        sending.resolve(host.workspace(), key, arrived=state)
        if host.json:
            host.out.json({"file": key, "arrived": state})
        else:
            host.out.line(
                words("File {key}: it is sent.", key=key)
                if state
                else words("File {key}: the next billhook send sends it again.", key=key)
            )
        return
    with host.out.progress("Sending") as progress:
        result = sending.send(host.workspace(), exchange=exchange, scheme=scheme, progress=progress, wait=wait)
    if host.json:
        host.out.json(result)
    else:
        rows = [{"file": one.exchange, "channel": one.channel, "receipt": one.receipt} for one in result.sent]
        if rows:
            host.out.table(rows)
        for one in (*result.failed, *result.unknown):
            host.out.note(words("billhook: file {exchange}: {problem}", exchange=one.exchange, problem=one.problem))
        if result.by_hand:
            numbers = ", ".join(str(one.exchange) for one in result.by_hand[:20])
            host.out.line(
                words(
                    "{files} without a channel, to be sent by hand: {numbers}.",
                    files=count(len(result.by_hand), "file"),
                    numbers=numbers,
                )
            )
        host.out.line(
            words("{files} sent.", files=count(len(result.sent), "file")) if result.sent else words("Nothing was sent.")
        )
    if result.failed or result.unknown:
        raise typer.Exit(Exit.INCOMPLETE)
