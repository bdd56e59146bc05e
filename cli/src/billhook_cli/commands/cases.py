"""Cases and what hangs on them: periods, plans, requests, items."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

import typer
from sqlalchemy.engine import Connection

from billhook.model import BillingSlot, Case, DeliverySlot
from billhook.store import cases, parties
from billhook.words import words
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, host_of

LIMIT = 200
"""Rows that a person is shown when nobody said how many."""

TITLES = {
    "facts": words("Facts"),
    "periods": words("Periods"),
    "deliveries": words("Deliveries"),
    "billings": words("Billings"),
    "requests": words("Requests"),
}
"""What is written above the parts of a case."""

app = typer.Typer(no_args_is_help=True, help="Cases: what they are about, their plans and their items.")


@app.command("list")
def list_(
    ctx: typer.Context,
    client: Annotated[
        str | None, typer.Option("--client", help="Only cases of this client (your own client number).")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many; without it 200, and with --json all.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List the cases."""
    host = host_of(ctx, json=json)
    with host.workspace().database.read() as connection:
        party = None if client is None else parties.get_party(connection, number=client)
        if client is not None and party is None:
            host.out.note(words("billhook: there is no client {client!r}", client=client))
            raise typer.Exit(Exit.FINDINGS)
        found = (
            _row(connection, case) for case in cases.list_cases(connection, client=None if party is None else party.id)
        )
        if host.json:
            host.out.json_lines(islice(found, limit))
            return
        rows = list(islice(found, limit or LIMIT))
        more = next(found, None) is not None
    if not rows:
        host.out.line(words("There are no cases yet; items that are imported with a case bring theirs."))
        return
    host.out.table(rows)
    if more:
        host.out.line(words("… and more; --limit and --client choose."))


@app.command()
def show(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(help="Your own number of the case.")],
    json: JsonOption = False,
) -> None:
    """Show one case: facts, periods, delivery and billing plan, requests."""
    host = host_of(ctx, json=json)
    with host.workspace().database.read() as connection:
        case = cases.get_case(connection, number=number)
        if case is None:
            host.out.note(
                words(
                    "billhook: there is no case {number!r}; billhook cases list shows those that there are",
                    number=number,
                )
            )
            raise typer.Exit(Exit.FINDINGS)
        row = _row(connection, case)
        plan = _plan(connection, case)
    if host.json:
        host.out.json({**row, "facts": case.facts, **plan})
        return
    host.out.pairs(row, title=words("Case {number}", number=case.number))
    for title, rows in ({"facts": [dict(case.facts)] if case.facts else []} | plan).items():
        if rows:
            host.out.line()
            host.out.table(rows, title=TITLES[title])


def _row(connection: Connection, case: Case) -> dict[str, Any]:
    party = parties.get_party(connection, id=case.client)
    return {
        "number": case.number,
        "client": "" if party is None else party.number,
        "kind": case.kind,
        "opened": case.opened,
        "closed": case.closed,
        "facts": len(case.facts),
    }


def _state(slot: DeliverySlot | BillingSlot) -> dict[str, str]:
    return {"state": slot.state.value, "block": slot.block}


def _plan(connection: Connection, case: Case) -> dict[str, list[dict[str, Any]]]:
    periods = cases.periods_of(connection, case.id)
    deliveries = cases.delivery_lines_of(connection, case.id)
    billings = cases.billing_lines_of(connection, case.id)
    return {
        "periods": [{"label": period.label, "start": period.start, "end": period.end} for period in periods],
        "deliveries": [
            {
                "article": line.article,
                "due": slot.due,
                "quantity": slot.quantity,
                "state": slot.state,
                "block": slot.block,
            }
            for line in deliveries
            for slot in cases.delivery_slots_of(connection, line.id)
        ],
        "billings": [
            {
                "slot": slot.id,
                "article": line.article,
                "start": slot.period_start,
                "end": slot.period_end,
                "state": slot.state,
                "block": slot.block,
                "items": ", ".join(cases.items_of_slot(connection, slot.id)),
            }
            for line in billings
            for slot in cases.billing_slots_of(connection, line.id)
        ],
        "requests": [
            {"document": request.document_kind, "state": request.state, "due": request.due}
            for request in cases.requests_of(connection, case.id)
        ],
    }
