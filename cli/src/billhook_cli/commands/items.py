"""Items: what is to be billed, from a file into the workspace."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from billhook.billing import importing, rows
from billhook.model import BillingItem, ItemState
from billhook.money import format_cents as euro
from billhook.store import tables
from billhook.store.items import iter_items
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, SchemeOption, host_of
from billhook_cli.output import Output, count

app = typer.Typer(no_args_is_help=True, help="Items: what is to be billed.")


class Format(StrEnum):
    """The forms that items may come in."""

    JSONL = "jsonl"
    CSV = "csv"


class Encoding(StrEnum):
    """The encodings that items may come in."""

    UTF_8 = "utf-8"
    CP1252 = "cp1252"


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="JSON Lines or CSV; `billhook items schema` says what a row holds.")],
    scheme: Annotated[str | None, typer.Option("--scheme", help="The scheme of rows that name none.")] = None,
    format: Annotated[Format | None, typer.Option("--format", help="Found out when not given.")] = None,  # noqa: A002  # the option's name
    encoding: Annotated[Encoding | None, typer.Option("--encoding", help="Found out when not given.")] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="Of a CSV file; found out when not given.")
    ] = None,
    decimal: Annotated[
        str | None,
        typer.Option("--decimal", help="Decimal sign of a CSV file; a comma where the delimiter is a semicolon."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Replace items that are there with other content and not billed yet.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Store the vouchers that are right, and write the others' rows to a file.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where rejected rows go; beside FILE when not given.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Import items: all of the file, or nothing and every reason why."""
    host = host_of(ctx, json=json)
    with host.out.progress("Importing") as progress:
        result = importing.import_items(
            host.workspace(),
            file,
            scheme=scheme,
            format=None if format is None else format.value,
            encoding=None if encoding is None else encoding.value,
            delimiter="\t" if delimiter == "\\t" else delimiter,
            decimal_sign=decimal,
            update=update,
            partial=partial,
            rejects=rejects,
            progress=progress,
        )
    if host.json:
        host.out.json(result)
    else:
        _tell(host.out, result)
    if result.already_imported is None and not result.stored:
        raise typer.Exit(Exit.REFUSED)


def _tell(out: Output, result: importing.ImportResult) -> None:
    for finding in result.findings:
        out.finding(finding)
    more = result.errors + result.warnings - len(result.findings)
    if more > 0:
        out.line(f"… and {more} more")
    if result.already_imported is not None:
        out.line(f"{result.file} was imported before (import {result.already_imported}); nothing changed.")
    elif not result.stored:
        out.line(f"{result.file}: refused with {count(result.errors, 'error')}; nothing was changed.")
    else:
        parts = [f"{result.added} added"]
        others = (("updated", result.updated), ("unchanged", result.unchanged), ("rejected", result.rejected))
        parts += [f"{number} {word}" for word, number in others if number]
        out.line(f"{result.file}: {count(result.read, 'item')} read, {', '.join(parts)}.")
        if result.rejects is not None:
            out.line(f"Rejected rows with their reasons: {result.rejects}")


@app.command()
def schema(
    ctx: typer.Context,
    scheme: Annotated[str, typer.Argument(help="The key of the scheme, e.g. p302.")],
) -> None:
    """Print the JSON Schema of a row: every field, its type, and what it means."""
    host = host_of(ctx, json=True)
    host.out.json(rows.item_schema(host.registry.scheme(scheme)))


@app.command("list")
def list_(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    state: Annotated[ItemState | None, typer.Option("--state", help="Only items in this state.")] = None,
    voucher: Annotated[str | None, typer.Option("--voucher", help="Only items of this voucher.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    json: JsonOption = False,
) -> None:
    """List items; names and insurance numbers are only shown by `billhook show`."""
    host = host_of(ctx, json=json)
    where = []
    if scheme is not None:
        where.append(tables.item.c.scheme == host.registry.scheme(scheme).key)
    if state is not None:
        where.append(tables.item.c.state == state.value)
    if voucher is not None:
        where.append(tables.item.c.voucher == voucher)
    workspace = host.workspace()
    with workspace.database.read() as connection:
        found = islice(iter_items(connection, workspace.schemes, *where, order=(tables.item.c.id,)), limit)
        shown = [_row(item) for item in found]
    host.show(
        shown if host.json else [{**row, "gross": euro(row["gross"]), "billed": euro(row["billed"])} for row in shown]
    )


def _row(item: BillingItem) -> dict[str, Any]:
    return {
        "number": item.number,
        "scheme": item.scheme,
        "voucher": item.voucher,
        "line": item.line,
        "payer": item.payer,
        "code": item.code,
        "service_from": item.service_from,
        "gross": item.gross,
        "billed": item.billed,
        "state": item.state,
        "line_ok": item.line_ok,
        "document_ok": item.document_ok,
    }
