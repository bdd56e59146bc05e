"""Answers of payers: what was sent, what came back, what has to be done again, and what was paid."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from billhook.billing import following, receiving, settling
from billhook.model import ExchangeState, ItemState
from billhook.money import format_cents as euro
from billhook.words import listed, words
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, SchemeOption, host_of
from billhook_cli.output import Output, count

LISTED = 50
"""Refusals that are printed; --json has all of them."""


def receive(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Answers of payers, in any order.")],
    scheme: SchemeOption = None,
    json: JsonOption = False,
) -> None:
    """Take in answers: keep them, and move what they speak of."""
    host = host_of(ctx, json=json)
    results = receiving.receive(host.workspace(), files, scheme=scheme)
    if host.json:
        host.out.json(results)
    else:
        for result in results:
            _tell(host.out, result)
    if any(result.problem for result in results):
        raise typer.Exit(Exit.REFUSED)


def _tell(out: Output, result: receiving.Received) -> None:
    file = result.file
    if result.already:
        out.line(words("{file}: came before (answer {inbound}); nothing changed.", file=file, inbound=result.inbound))
        return
    if result.problem:
        out.line(words("{file}: kept, but not applied: {problem}.", file=file, problem=result.problem))
        return
    facts = {"file": file, "exchange": result.exchange, "state": _state(result.state)}
    if result.items:
        moved = [
            words("{number} {state}", number=number, state=_state(state))
            for state, number in sorted(result.items.items())
        ]
        out.line(words("{file}: file {exchange} is {state}: {items}.", **facts, items=listed(moved)))
    else:
        out.line(words("{file}: file {exchange} is {state}.", **facts))
    for refusal in result.refusals[:LISTED]:
        if refusal.item:
            name = words("item {number}", number=refusal.item)
        else:
            name = words("invoice {number}", number=refusal.document)
        out.line("  " + " ".join((f"{out.language.say(name)}:", *refusal.codes, refusal.text)).rstrip())
    if len(result.refusals) > LISTED:
        out.line(f"  … {len(result.refusals) - LISTED}")
    if result.items.get("corrected"):
        out.line("  " + " ".join(result.codes))
        mended = words(
            "Refused. Mend what is wrong, billhook check, then billhook resend {exchange}.", exchange=result.exchange
        )
        out.line(mended)
    elif result.items.get("rejected"):
        out.line(words("Refused items: billhook follow --kind … bills them anew."))


def sent(
    ctx: typer.Context,
    exchanges: Annotated[
        list[str], typer.Argument(help="Files by their number or name, as billhook export shows them.")
    ],
    json: JsonOption = False,
) -> None:
    """Say that files left for the payer: what they bill is owed from now on."""
    host = host_of(ctx, json=json)
    done = settling.mark_sent(host.workspace(), exchanges)
    if host.json:
        host.out.json({"sent": done})
    else:
        host.out.line(words("{files} marked as sent.", files=count(len(done), "file")))


def resend(
    ctx: typer.Context,
    exchange: Annotated[str, typer.Argument(help="The refused file, by its number or name.")],
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Vouchers that are not clean leave the file; else they hinder it.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a refused file again from its mended items, under the payer's rules."""
    host = host_of(ctx, json=json)
    result = following.resend(host.workspace(), exchange, leave_out=leave_out)
    if host.json:
        host.out.json(result)
    else:
        for done in (*result.resumed, *result.failed):
            names = ", ".join(str(artifact.path or artifact.name) for artifact in done.artifacts)
            numbers = ", ".join(f"{name} {number}" for name, number in done.numbers.items())
            told = words("File {exchange}: {names}, numbers {numbers}.", exchange=done.id, names=names, numbers=numbers)
            host.out.line(told)
    if result.failed:
        raise typer.Exit(Exit.INCOMPLETE)


def follow(
    ctx: typer.Context,
    items: Annotated[list[str] | None, typer.Argument(help="Items by number; all refused ones when not given.")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="The scheme's kind of follow-up, e.g. rebill or credit.")
    ] = "rebill",
    scheme: SchemeOption = None,
    json: JsonOption = False,
) -> None:
    """Make follow-up items of answered ones: bill anew what was refused, or credit what was wrong."""
    host = host_of(ctx, json=json)
    chosen = items if items is not None else following.rejected_items(host.workspace(), scheme)
    made = following.follow_up(host.workspace(), chosen, kind) if chosen else []
    if host.json:
        host.out.json(made)
    elif made:
        host.out.line(
            words("{items} made; billhook check, then billhook export.", items=count(len(made), "follow-up item"))
        )
    else:
        host.out.line(words("Nothing was refused."))


settle = typer.Typer(no_args_is_help=True, help="What is owed, and what was paid.")


@settle.command("open")
def open_(
    ctx: typer.Context,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what should have been paid by now.")] = False,
    today: Annotated[str | None, typer.Option("--today", help="Judge by this day, YYYY-MM-DD.")] = None,
    json: JsonOption = False,
) -> None:
    """List invoices that are not paid in full."""
    host = host_of(ctx, json=json)
    day = _day(today) if today else datetime.now(UTC).date()
    found = settling.open_documents(host.workspace(), overdue_on=day if overdue else None)
    rows = [
        {
            "invoice": one.number, "file": one.exchange, "scheme": one.scheme, "billed": one.amount, "deducted": one.deducted,
            "paid": one.settled, "open": one.open, "due": one.due,
        }
        for one in found
    ]  # fmt: skip
    if not host.json:
        money = ("billed", "deducted", "paid", "open")
        rows = [{name: euro(value) if name in money else value for name, value in row.items()} for row in rows]  # type: ignore[arg-type]  # these are cents
    host.show(rows)


@settle.command("promised")
def promised(
    ctx: typer.Context,
    unpaid: Annotated[bool, typer.Option("--unpaid", help="Only what is not paid in full.")] = False,
    json: JsonOption = False,
) -> None:
    """List the payments that settlements promised, with the reference that the transfer will carry."""
    host = host_of(ctx, json=json)
    found = settling.promises(host.workspace(), unpaid=unpaid)
    if host.json:
        host.out.json(found)
    else:
        host.show(
            [
                {
                    "reference": one.reference,
                    "file": one.exchange,
                    "payer": one.payer,
                    "amount": euro(one.amount),
                    "paid": euro(one.paid),
                }
                for one in found
            ]
        )


@settle.command("paid")
def paid(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(help="The reference that the transfer carries.")],
    amount: Annotated[str, typer.Argument(help="What came in, in euros: 1234.56 or 1234,56.")],
    booked: Annotated[str, typer.Option("--booked", help="The day on the account statement, YYYY-MM-DD.")],
    json: JsonOption = False,
) -> None:
    """Book a transfer: it settles the invoices that its reference stands for."""
    host = host_of(ctx, json=json)
    done = settling.pay(host.workspace(), reference, _cents(amount), _day(booked))
    if host.json:
        host.out.json(done)
        return
    facts = {
        "reference": done.reference,
        "amount": euro(done.amount),
        "documents": count(done.documents, "invoice"),
        "rest": euro(abs(done.difference)),
    }
    if done.difference > 0:
        told = words("{reference}: {amount} EUR booked, {documents} settled; {rest} EUR too much.", **facts)
    elif done.difference < 0:
        told = words("{reference}: {amount} EUR booked, {documents} settled; {rest} EUR are missing.", **facts)
    else:
        told = words("{reference}: {amount} EUR booked, {documents} settled.", **facts)
    host.out.line(told)


def _state(state: str) -> ExchangeState | ItemState:
    """The state as the value that languages have a word for: an item's where a file has one of the same name."""
    return ExchangeState(state) if state in set(ExchangeState) else ItemState(state)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(words("{text!r} is no day; write YYYY-MM-DD", text=text)) from None


def _cents(text: str) -> int:
    try:
        value = Decimal(text.replace(",", ".")) * 100
    except InvalidOperation:
        raise typer.BadParameter(words("{text!r} is no amount; write 1234.56", text=text)) from None
    if not value.is_finite() or value != int(value):
        raise typer.BadParameter(words("{text!r} is no amount of whole cents", text=text))
    return int(value)
