"""What clients pay themselves: what is due, their invoices, and what they paid."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from billhook.billing import client_invoices
from billhook.billing.client_invoices import ClientInvoice, Due, Invoiced
from billhook.model import Address
from billhook.words import words
from billhook_cli.exits import Exit
from billhook_cli.host import Host, JsonOption, host_of
from billhook_cli.output import Amount, count
from billhook_cli.values import cents_of, day_of

app = typer.Typer(no_args_is_help=True, help="What clients pay themselves: copayment, own share, surcharge.")

ClientOption = Annotated[str | None, typer.Option("--client", help="Only this client (your own client number).")]
UntilOption = Annotated[str | None, typer.Option("--until", help="Only services up to this day, YYYY-MM-DD.")]
NumberArgument = Annotated[str, typer.Argument(help="Number of the client's invoice.")]


@app.command("due")
def due_(ctx: typer.Context, client: ClientOption = None, until: UntilOption = None, json: JsonOption = False) -> None:
    """What clients owe and were not invoiced; what waits says why."""
    host = host_of(ctx, json=json)
    found = client_invoices.due(host.workspace(), client=client, until=_day(until))
    if host.json:
        host.out.json(found)
    elif found:
        host.out.table([_due_row(each) for each in found])
    else:
        host.out.line(words("Nobody owes anything that was not invoiced."))


@app.command("address")
def address_(
    ctx: typer.Context,
    client: Annotated[str, typer.Argument(help="Your own number of the client.")],
    street: Annotated[str, typer.Option("--street", help="Street and number.")],
    postal_code: Annotated[str, typer.Option("--postal-code", help="Postal code.")],
    city: Annotated[str, typer.Option("--city", help="Place.")],
    country: Annotated[str, typer.Option("--country", help="Country, where it is not this one.")] = "",
    json: JsonOption = False,
) -> None:
    """Write into the master record where a client is reached by post."""
    host = host_of(ctx, json=json)
    party = client_invoices.set_address(host.workspace(), client, Address(street, postal_code, city, country))
    if host.json:
        host.out.json({"client": party.number, **asdict(party.address)})
    else:
        host.out.line(words("{number}: noted.", number=party.number))


@app.command("invoice")
def invoice_(
    ctx: typer.Context,
    client: ClientOption = None,
    until: UntilOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is below the minimum, e.g. for a client who leaves.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be made.")] = False,
    json: JsonOption = False,
) -> None:
    """Make invoices for what clients owe, as PDF in out/clients; what is below the minimum waits."""
    host = host_of(ctx, json=json)
    done = client_invoices.invoice(
        host.workspace(), client=client, until=_day(until), everything=everything, dry_run=dry_run
    )
    _tell(host, done)


@app.command("list")
def list_(
    ctx: typer.Context,
    client: ClientOption = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only what is not settled.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what should have been paid by now.")] = False,
    today: Annotated[str | None, typer.Option("--today", help="Judge by this day, YYYY-MM-DD.")] = None,
    json: JsonOption = False,
) -> None:
    """List the clients' invoices."""
    host = host_of(ctx, json=json)
    day = (_day(today) or datetime.now(UTC).date()) if overdue else None
    found = client_invoices.invoices(host.workspace(), client=client, only_open=only_open, overdue_on=day)
    if host.json:
        host.out.json(found)
    elif found:
        host.out.table([_row(each) for each in found])
    else:
        host.out.line(words("There is no such invoice."))


@app.command("show")
def show_(ctx: typer.Context, number: NumberArgument, json: JsonOption = False) -> None:
    """All that stands on an invoice."""
    host = host_of(ctx, json=json)
    content = client_invoices.content_of(host.workspace(), number)
    if host.json:
        host.out.json(content)
        return
    host.out.pairs(
        {
            "number": content["number"], "date": content["date"], "due": content["due"],
            "client": content["client"]["number"], "amount": Amount.of(content["amount"]), "cancels": content["cancels"],
        }
    )  # fmt: skip
    host.out.table(
        [
            {
                "day": line["day"],
                "voucher": line["voucher"],
                "what": line["text"] or line["code"],
                "kind": line["kind"],
                "EUR": Amount.of(line["amount"]),
            }
            for line in content["lines"]
        ]
    )


@app.command("pay")
def pay_(
    ctx: typer.Context,
    number: NumberArgument,
    amount: Annotated[str, typer.Argument(help="What came in, in euros: 12.50 or 12,50; negative: paid back.")],
    booked: Annotated[str, typer.Option("--booked", help="The day on which it came in, YYYY-MM-DD.")],
    json: JsonOption = False,
) -> None:
    """Note a client's payment."""
    host = host_of(ctx, json=json)
    done = client_invoices.pay(host.workspace(), number, cents_of(amount), day_of(booked))
    if host.json:
        host.out.json(done)
    else:
        host.out.line(
            words("Noted for {number}; it is settled.", number=done.number)
            if done.open == 0
            else words("Noted for {number}; {amount} EUR are open.", number=done.number, amount=Amount.of(done.open))
        )


@app.command("cancel")
def cancel_(
    ctx: typer.Context,
    number: NumberArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; the journal keeps it.")],
    json: JsonOption = False,
) -> None:
    """Cancel an invoice by a paper of its own; what stood on it can be invoiced anew."""
    host = host_of(ctx, json=json)
    _tell(host, client_invoices.cancel(host.workspace(), number, reason))


def _tell(host: Host, done: Invoiced) -> None:
    if host.json:
        host.out.json({**asdict(done), "files": done.files})
    else:
        if done.invoices:
            host.out.table([_row(each) for each in done.invoices])
        if done.waiting:
            host.out.table([_due_row(each) for each in done.waiting], title=words("Waiting"))
        made = count(len(done.invoices), "invoice")
        host.out.line(words("{made} would be made.", made=made) if done.dry_run else words("{made} made.", made=made))
        if done.files:
            host.out.line(words("The papers are in {folder}.", folder=done.files[0].parent))
        if done.without_client:
            host.out.note(
                words(
                    "billhook: {items} with a share name no client; import them with the client's number to bill it",
                    items=count(done.without_client, "item"),
                )
            )
    if any(each.why.startswith(("billhook.toml", "the client's")) for each in done.waiting):
        raise typer.Exit(Exit.FINDINGS)


def _row(one: ClientInvoice) -> dict[str, Any]:
    return {
        "number": one.number, "date": one.made_on, "client": one.client, "EUR": Amount.of(one.amount),
        "paid": Amount.of(one.paid), "open": Amount.of(one.open), "due": one.due, "cancels": one.cancels,
        "cancelled_by": one.cancelled_by,
    }  # fmt: skip


def _due_row(one: Due) -> dict[str, Any]:
    return {
        "client": one.client, "provider": one.provider, "items": one.items, "EUR": Amount.of(one.amount), "why not": one.why
    }  # fmt: skip


def _day(text: str | None) -> date | None:
    return None if text is None else day_of(text)
