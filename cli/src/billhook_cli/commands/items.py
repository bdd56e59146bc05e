"""Items: what is to be billed, from a file into the workspace."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from billhook.billing import fields, importing, rows
from billhook.model import BillingItem, ItemState
from billhook.scheme import Scheme
from billhook.store import tables
from billhook.store.items import iter_items
from billhook.words import listed, words
from billhook_cli.commands import archive
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, SchemeOption, host_of, named
from billhook_cli.output import Amount, Output, count

LIMIT = 200
"""Rows that a person is shown when nobody said how many."""

app = typer.Typer(no_args_is_help=True, help="Items: what is to be billed.")


class Format(StrEnum):
    """The forms that items may come in."""

    JSONL = "jsonl"
    CSV = "csv"


class Encoding(StrEnum):
    """The encodings that items may come in."""

    UTF_8 = "utf-8"
    CP1252 = "cp1252"


class DecimalSign(StrEnum):
    """What stands before the cents in a CSV file."""

    COMMA = ","
    POINT = "."


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
        DecimalSign | None,
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
    mark = "\t" if delimiter == "\\t" else delimiter
    if mark is not None and len(mark) != 1:
        raise typer.BadParameter(words("name one character, or \\t for a tab"), param_hint="--delimiter")
    with host.out.progress("Importing") as progress:
        result = importing.import_items(
            host.workspace(),
            named(file),
            scheme=scheme,
            format=None if format is None else format.value,
            encoding=None if encoding is None else encoding.value,
            delimiter=mark,
            decimal_sign=None if decimal is None else decimal.value,
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
    if result.rejected:
        raise typer.Exit(Exit.FINDINGS)


def _tell(out: Output, result: importing.ImportResult) -> None:
    for finding in result.findings:
        out.finding(finding)
    more = result.errors + result.warnings - len(result.findings)
    if more > 0:
        out.line(words("… and {more} more", more=more))
    if result.already_imported is not None:
        out.line(
            words(
                "{file} was imported before (import {already_imported}); nothing changed.",
                file=result.file,
                already_imported=result.already_imported,
            )
        )
    elif not result.stored:
        out.line(
            words(
                "{file}: refused with {errors}; nothing was changed.",
                file=result.file,
                errors=count(result.errors, "error"),
            )
        )
    else:
        parts = [words("{number} added", number=result.added)]
        if result.updated:
            parts.append(words("{number} updated", number=result.updated))
        if result.unchanged:
            parts.append(words("{number} unchanged", number=result.unchanged))
        if result.rejected:
            parts.append(words("{number} rejected", number=result.rejected))
        out.line(
            words(
                "{file}: {items} read, {parts}.",
                file=result.file,
                items=count(result.read, "item"),
                parts=listed(parts),
            )
        )
        if result.marks:
            told = (
                words("{number} with mark {mark}", number=number, mark=mark) for mark, number in result.marks.items()
            )
            out.line(words("They follow earlier invoices: {marks}.", marks=listed(told)))
        if result.rejects is not None:
            out.line(words("Rejected rows with their reasons: {rejects}", rejects=result.rejects))
        if result.added or result.updated:
            out.line(words("Next: billhook check."))


@app.command()
def schema(
    ctx: typer.Context,
    scheme: Annotated[str, typer.Argument(help="The key of the scheme, e.g. p302.")],
    columns: Annotated[
        bool, typer.Option("--columns", help="List the columns that a CSV file may have instead.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="With --columns: print one JSON document.")] = False,
) -> None:
    """Print the JSON Schema of a row: every field, its type, and what it means."""
    host = host_of(ctx, json=json)
    found = host.registry.scheme(scheme)
    if columns:
        host.show(_columns(found))
    else:
        host.out.json(rows.item_schema(found))


def _columns(scheme: Scheme) -> list[dict[str, Any]]:
    """Each column of a CSV file with what a cell of it holds; the entries of a list have columns with a number."""
    schema = rows.item_schema(scheme)
    core: dict[str, Any] = schema["properties"]
    client: dict[str, Any] = schema["$defs"]["ClientRow"]["properties"]
    own = fields.field_types(scheme)
    found: list[dict[str, Any]] = []
    columns = rows.RowParser(scheme).columns
    lists = {path[: path.index(rows.NUMBERED)] for path in columns if rows.NUMBERED in path}
    for path, kind in columns.items():
        if path in lists:
            continue
        name = ".".join(path)
        if rows.NUMBERED in path:
            meaning: str = words("entry 1, 2, … of {list}", list=".".join(path[: path.index(rows.NUMBERED)]))
        elif path[0] == "details":
            title = own[name].title if name in own else ""
            meaning = ": ".join(part for part in (title, own[name].description if name in own else "") if part)
        else:
            declared = client if path[0] == "client" else core
            meaning = declared[path[-1]].get("description", "")
        found.append(
            {
                "column": name,
                "cell": "JSON Lines only" if kind == "structure" else kind,
                "needed": "yes" if name in schema["required"] else "",
                "meaning": meaning,
            }
        )
    return found


@app.command("list")
def list_(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    state: Annotated[ItemState | None, typer.Option("--state", help="Only items in this state.")] = None,
    voucher: Annotated[str | None, typer.Option("--voucher", help="Only items of this voucher.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many; without it 200, and with --json all.")
    ] = None,
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
        found = map(_row, iter_items(connection, workspace.schemes, *where, order=(tables.item.c.id,)))
        if host.json:
            host.out.json_lines(islice(found, limit))
            return
        shown = list(islice(found, limit or LIMIT))
        more = next(found, None) is not None
    if not shown:
        host.out.line(
            words("There are no such items.") if where else words("There are no items yet: billhook items import FILE.")
        )
        return
    host.out.table(_for_people(row) for row in shown)
    if more:
        host.out.line(words("… and more; --limit, --state and --voucher choose."))


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    """Amounts as amounts, and what decides whether the item leaves: its whole voucher."""
    told = {
        name: fact for name, fact in row.items() if name not in ("gross", "billed", "state", "line_ok", "document_ok")
    }
    amounts = {"gross EUR": Amount.of(row["gross"]), "billed EUR": Amount.of(row["billed"])}
    return told | amounts | {"state": row["state"], "voucher ok": row["document_ok"]}


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


app.command("mark")(archive.mark)
app.command("delete")(archive.delete_open)
app.command("entries")(archive.entries)
app.command("reset")(archive.reset_entries)
