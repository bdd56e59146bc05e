"""`billhook p302 papers`: cover sheets and sorting lists of files, as PDF.

Exit codes: 0 done, 1 there is no such file, 2 wrong command line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, cast

import sqlalchemy as sa
import typer
from sqlalchemy.engine import Connection

from billhook.billing.contexts import context_of
from billhook.billing.lookup import exchange_id
from billhook.billing.problems import UnknownThing
from billhook.billing.views import StoredBatch
from billhook.scheme import CommandHost
from billhook.store import Workspace, tables
from billhook.store.encoding import read_moment
from billhook.words import words

FOLDER = "papers"
"""Where the papers go in the workspace's out folder: not among the files that are sent."""


def papers(
    ctx: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Names of billing files, or ids of exchanges; without one those of the last export."),
    ] = None,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the PDFs; default: out/papers.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Print cover sheets (Begleitzettel) and sorting lists of the originals (Urbelege) that go with a file."""
    # reportlab takes as long to import as everything else together.
    from billhook_p302.papers.contents import papers_of  # noqa: PLC0415  # see above
    from billhook_p302.papers.drawing import draw_covers, draw_list  # noqa: PLC0415  # see above

    host = cast(CommandHost, ctx.find_root().obj)
    workspace = cast(Workspace, host.workspace())
    folder = workspace.out_dir / FOLDER if out is None else out
    rows = []
    with workspace.database.read() as connection:
        for exchange in _exchanges(connection, files or []):
            row = connection.execute(sa.select(tables.exchange).where(tables.exchange.c.id == exchange)).one()
            context = context_of(workspace, connection, workspace.plugins.scheme("p302"), read_moment(row.created))
            batch = StoredBatch(connection, workspace.schemes, row, context.now, ())
            contents = list(papers_of(batch, context))
            name = contents[0].cover.file
            for kind, draw, word in (
                ("cover", draw_covers, "begleitzettel"),
                ("sorting-list", draw_list, "sortierliste"),
            ):
                drawn = draw(contents, folder / f"{name}-{exchange}-{word}.pdf")
                rows.append(
                    {
                        "file": name,
                        "kind": kind,
                        "path": str(drawn.path),
                        "invoices": drawn.invoices,
                        "originals": drawn.originals,
                        "pages": drawn.pages,
                    }
                )
    if as_json or host.json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    else:
        host.show(rows, title="Papers", columns=("kind", "invoices", "originals", "pages", "path"))


def _exchanges(connection: Connection, named: list[str]) -> list[int]:
    table = tables.exchange
    if named:
        found = [exchange_id(connection, name) for name in named]
        for name, exchange in zip(named, found, strict=True):
            scheme = connection.scalar(sa.select(table.c.scheme).where(table.c.id == exchange))
            if scheme != "p302":
                message = words("{name} is no file of §302 but of the scheme {scheme}", name=name, scheme=scheme)
                raise UnknownThing(message)
        return found
    last = connection.scalar(sa.select(sa.func.max(table.c.run_id)).where(table.c.scheme == "p302"))
    if last is None:
        raise UnknownThing(words("nothing was exported yet, so there are no papers"))
    same_run = sa.select(table.c.id).where(table.c.run_id == last, table.c.scheme == "p302").order_by(table.c.id)
    return list(connection.scalars(same_run))
