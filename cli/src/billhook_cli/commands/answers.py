"""Answers of payers: what was sent, what came back, what has to be done again, and what was paid."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from billhook.billing import following, receiving, settling
from billhook.model import ExchangeState, ItemState
from billhook.money import format_cents as euro
from billhook.words import Words, listed, words
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, SchemeOption, host_of
from billhook_cli.keys import PassphraseOption, sealer_of
from billhook_cli.output import Output, count
from billhook_cli.values import cents_of, day_of

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
    if any(result.missed for result in results):
        raise typer.Exit(Exit.FINDINGS)


def _tell(out: Output, result: receiving.Received) -> None:
    file = result.file
    if result.already:
        out.line(words("{file}: came before (answer {inbound}); nothing changed.", file=file, inbound=result.inbound))
        return
    if result.problem:
        out.line(words("{file}: kept, but not applied: {problem}.", file=file, problem=result.problem))
        return
    if result.items:
        moved = [
            words("{number} {state}", number=number, state=_state(state))
            for state, number in sorted(result.items.items())
        ]
        items = [listed(moved)]
    else:
        items = []
    if result.exchange is not None:
        told = words(
            "{file}: file {exchange} is {state}", file=file, exchange=result.exchange, state=_state(result.state)
        )
    else:
        files = ", ".join(str(each) for each in result.exchanges)
        told = words("{file}: is about the files {exchanges}", file=file, exchanges=files)
    out.line(words("{told}.", told=listed([told, *items], ": ")))
    tell_money(out, result)
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


def tell_money(out: Output, result: receiving.Received) -> None:
    """What an answer says in its own words, what it booked and cut, and what it says of nothing that is here."""
    for text in result.texts:
        out.line("  " + (out.language.say(text) if isinstance(text, Words) else text))
    if result.paid:
        out.line(words("  {amount} EUR booked.", amount=euro(result.paid)))
    if result.deductions:
        cuts = count(len(result.deductions), "deduction")
        out.line(words("  {deductions} to decide: billhook deductions list.", deductions=cuts))
    if result.repeated:
        out.line(words("  {statements} known from another answer.", statements=count(result.repeated, "statement")))
    for missed in result.missed[:LISTED]:
        what = [*_names(missed), *([] if missed.amount is None else [f"{euro(missed.amount)} EUR"])]
        out.line(words("  Not done: {what}: {problem}.", what=listed(what, " "), problem=missed.problem))
    if len(result.missed) > LISTED:
        out.line(f"  … {len(result.missed) - LISTED}")


def _names(missed: receiving.Missed) -> list[Words]:
    found = []
    if missed.document:
        found.append(words("invoice {number}", number=missed.document))
    if missed.voucher:
        found.append(words("voucher {number}", number=missed.voucher))
    if missed.item:
        found.append(words("item {number}", number=missed.item))
    return found


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
    passphrase_fd: PassphraseOption = None,
    json: JsonOption = False,
) -> None:
    """Make a refused file again from its mended items, under the payer's rules."""
    host = host_of(ctx, json=json)
    workspace = host.workspace()
    sealer = sealer_of(workspace, None, passphrase_fd)
    result = following.resend(workspace, exchange, leave_out=leave_out, sealer=sealer)
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
        str,
        typer.Option("--kind", help="The scheme's kind of follow-up or mark, e.g. rebill, credit, correction or 04."),
    ] = "rebill",
    provider: Annotated[
        str | None, typer.Option("--provider", help="As whom they are billed, where that changed since.")
    ] = None,
    scheme: SchemeOption = None,
    json: JsonOption = False,
) -> None:
    """Make follow-up items of answered ones: bill anew what was refused, or credit what was wrong."""
    host = host_of(ctx, json=json)
    chosen = items if items is not None else following.rejected_items(host.workspace(), scheme)
    made = following.follow_up(host.workspace(), chosen, kind, provider=provider) if chosen else []
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
    day = day_of(today) if today else datetime.now(UTC).date()
    found = settling.open_documents(host.workspace(), overdue_on=day if overdue else None)
    rows = [
        {
            "invoice": one.number, "file": one.exchange, "scheme": one.scheme, "billed": one.amount, "deducted": one.deducted,
            "paid": one.settled, "open": one.open, "disputed": one.disputed, "due": one.due,
        }
        for one in found
    ]  # fmt: skip
    if not host.json:
        money = ("billed", "deducted", "paid", "open", "disputed")
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


@settle.command("book")
def book(
    ctx: typer.Context,
    invoice: Annotated[str, typer.Argument(help="The invoice's number.")],
    amount: Annotated[str, typer.Argument(help="What came in, in euros: 1234.56 or 1234,56; negative: went back.")],
    booked: Annotated[str, typer.Option("--booked", help="The day on the account statement, YYYY-MM-DD.")],
    reference: Annotated[str, typer.Option("--reference", help="What the transfer carries.")] = "",
    json: JsonOption = False,
) -> None:
    """Book money that came in for one invoice, all of it or a part."""
    host = host_of(ctx, json=json)
    done = settling.book(host.workspace(), invoice, cents_of(amount), day_of(booked), reference=reference)
    stands = done.balance
    if host.json:
        host.out.json(
            {
                "invoice": done.invoice, "billed": stands.billed, "deducted": stands.deducted, "paid": stands.paid,
                "open": stands.open, "disputed": stands.disputed, "items": done.items,
            }
        )  # fmt: skip
        return
    facts = {
        "invoice": done.invoice,
        "paid": euro(stands.paid),
        "billed": euro(stands.billed),
        "rest": euro(abs(stands.open)),
    }
    if stands.open < 0:
        told = words("Invoice {invoice}: {paid} of {billed} EUR paid; {rest} EUR too much.", **facts)
    elif stands.open:
        told = words("Invoice {invoice}: {paid} of {billed} EUR paid; {rest} EUR are missing.", **facts)
    else:
        told = words("Invoice {invoice}: {paid} of {billed} EUR paid.", **facts)
    host.out.line(told)


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
    done = settling.pay(host.workspace(), reference, cents_of(amount), day_of(booked))
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
