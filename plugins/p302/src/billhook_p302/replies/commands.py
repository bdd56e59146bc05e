"""The commands `billhook p302 answer …` and `billhook p302 advice`: what letters, phone calls and payment advices say.

Exit codes: 0 done, 1 done in part or the thing asked for does not exist, 2 wrong command line, 3 refused and nothing changed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import typer

from billhook.billing import receiving, settling
from billhook.billing.lookup import exchange_id
from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.billing.receiving import Missed, Received
from billhook.language import say
from billhook.model import ExchangeState, ItemState
from billhook.money import format_cents
from billhook.scheme import CommandHost
from billhook.store import Workspace, tables
from billhook.store.encoding import read_json, read_moment, split_key
from billhook.words import Words, listed, words
from billhook_p302.batching import TRANSFER, FileKey, procedure
from billhook_p302.replies import advice as tables_of
from billhook_p302.replies.letters import FILE_ACCEPTED, FILE_REFUSED, MARKS, RECORDS_REFUSED, Letter, Mark
from billhook_p302.replies.textblocks import TEXT_BLOCKS

REFUSED, IN_PART = 3, 1
LARGEST = 64 << 20
"""Bytes that a payment advice may have."""
SHOWN = 50

answer = typer.Typer(
    name="answer",
    no_args_is_help=True,
    help="Enter what a letter or a phone call says of a file, an invoice or a voucher.",
)


class Decision(StrEnum):
    """What the data centre decided about a file."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen and keep nothing.")]
DatedOption = Annotated[
    str | None, typer.Option("--dated", help="The day of the letter or payment: 2026-02-20 or 20.02.2026.")
]
ReferenceOption = Annotated[str, typer.Option("--reference", help="The reference of the letter or transfer.")]
TextOption = Annotated[str, typer.Option("--text", help="What the letter says.")]
InvoiceOption = Annotated[str, typer.Option("--invoice", help="The invoice's number.")]


@answer.command("file")
def file(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="The file, by its number or name.")],
    decision: Annotated[Decision, typer.Argument(help="accepted or refused.")],
    *,
    code: Annotated[list[str] | None, typer.Option("--code", help="A text block, C0 to C99; may come often.")] = None,
    text: TextOption = "",
    dated: DatedOption = None,
    reference: ReferenceOption = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """A data centre accepted a file, or refused it as a whole."""
    host = _host(ctx)
    codes = tuple(one.upper() for one in code or ())
    unknown = [one for one in codes if one not in TEXT_BLOCKS]
    if unknown:
        raise typer.BadParameter(
            words("{unknown} is no text block; there are {known}", unknown=unknown[0], known=", ".join(TEXT_BLOCKS)),
            param_hint="--code",
        )
    word = FILE_ACCEPTED if decision is Decision.ACCEPTED else FILE_REFUSED
    letter = Letter(
        word, **_named_file(host.workspace(), file), codes=codes, text=text, dated=_dated(dated), reference=reference
    )
    _enter(host, [letter], dry_run=dry_run, as_json=as_json)


@answer.command("records")
def records(
    ctx: typer.Context,
    vouchers: Annotated[list[str], typer.Argument(help="The vouchers that were refused.")],
    *,
    file: Annotated[str, typer.Option("--file", help="The file that they are in, by its number or name.")] = "",
    invoice: InvoiceOption = "",
    code: Annotated[list[str] | None, typer.Option("--code", help="The payer's own reason; may come often.")] = None,
    text: TextOption = "",
    dated: DatedOption = None,
    reference: ReferenceOption = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Single vouchers of a file were refused."""
    host = _host(ctx)
    named = _named_file(host.workspace(), file) if file else {}
    letters = [
        Letter(
            RECORDS_REFUSED, **named, invoice=invoice, voucher=voucher, codes=tuple(code or ()), text=text, dated=_dated(dated),
            reference=reference,
        )
        for voucher in dict.fromkeys(vouchers)
    ]  # fmt: skip
    _enter(host, letters, dry_run=dry_run, as_json=as_json)


@answer.command("mark")
def mark(
    ctx: typer.Context,
    mark: Annotated[
        str, typer.Argument(help="Key 8.1.9: 01 paid, 02 refused, 03 corrected, 04 cut, 05 being examined.")
    ],
    *,
    invoice: InvoiceOption = "",
    voucher: Annotated[str, typer.Option("--voucher", help="Only this voucher.")] = "",
    item: Annotated[str, typer.Option("--item", help="Only this item.")] = "",
    amount: Annotated[
        str,
        typer.Option(
            "--amount",
            help="In euros: what is paid (01; else all that is open), granted (03) or taken off (04).",
        ),
    ] = "",
    code: Annotated[list[str] | None, typer.Option("--code", help="The payer's own reason; may come often.")] = None,
    text: TextOption = "",
    dated: DatedOption = None,
    reference: ReferenceOption = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """A health insurer pays, refuses, corrects, cuts or examines an invoice, a voucher or an item."""
    host = _host(ctx)
    said = mark.zfill(2)
    if said not in list(Mark):
        known = ", ".join(f"{each.value} {words}" for each, words in MARKS.items())
        raise typer.BadParameter(
            words("{mark} is no mark of key 8.1.9; there are: {known}", mark=mark, known=known), param_hint="MARK"
        )
    if not (invoice or voucher or item):
        raise typer.BadParameter(words("name the --invoice, the --voucher or the --item"))
    if voucher and item:
        raise typer.BadParameter(words("name the voucher or the item, not both"))
    cents = _amount(host.workspace(), Mark(said), amount, invoice if not (voucher or item) else "")
    day = _dated(dated)
    if said == Mark.PAID and day is None:
        raise typer.BadParameter(words("a payment needs the day of the account statement"), param_hint="--dated")
    letter = Letter(
        said, invoice=invoice, voucher=voucher, item=item, amount=cents, codes=tuple(code or ()), text=text, dated=day,
        reference=reference,
    )  # fmt: skip
    _enter(host, [letter], dry_run=dry_run, as_json=as_json)


def advice(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A table with headings (CSV or text); see the how-to page on answers.")],
    *,
    day: Annotated[str | None, typer.Option("--day", help="The day of the payment, where the table has none.")] = None,
    reference: Annotated[
        str, typer.Option("--reference", help="The reference of the transfer, where the table has none.")
    ] = "",
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take in a payment advice: what was paid of which invoice, and what was taken off."""
    host = _host(ctx)
    content = tables_of.wrapped(_content(file), day=_day(day) if day else None, reference=reference)
    told = tables_of.read_if_advice(content)
    if told is None:
        names = ", ".join(sorted(tables_of.COLUMNS))
        message = words(
            "{name} has no line of headings with an invoice and an amount; the columns are {names}",
            name=file.name,
            names=names,
        )
        raise BillingProblem(message)
    if told.problems:
        for problem in told.problems[:SHOWN]:
            typer.echo(f"{file.name}, {problem}", err=True)
        message = words(
            "{name}: {count} lines cannot be used; nothing was changed", name=file.name, count=len(told.problems)
        )
        raise BillingProblem(message)
    if not told.rows:
        message = words("{name} has headings and no lines", name=file.name)
        raise BillingProblem(message)
    result = receiving.receive_content(host.workspace(), file.name, content, scheme="p302", dry_run=dry_run)
    _tell(host, [result], dry_run=dry_run, as_json=as_json)
    if result.missed or result.problem:
        raise typer.Exit(IN_PART)


# --- What commands share ----------------------------------------------------------------------------------------------


def _host(ctx: typer.Context) -> CommandHost:
    return cast(CommandHost, ctx.find_root().obj)


def _enter(host: CommandHost, letters: Sequence[Letter], *, dry_run: bool, as_json: bool) -> None:
    """Take letters in like any other answer, once a rehearsal of all of them has shown that they fit something."""
    workspace = cast(Workspace, host.workspace())
    rehearsed = [_take(workspace, letter, dry_run=True) for letter in letters]
    for result in rehearsed:
        if result.missed:
            raise BillingProblem(
                words(
                    "{what}: {problem}; nothing was changed",
                    what=_what(result.missed[0]),
                    problem=result.missed[0].problem,
                )
            )
        if result.problem:
            raise BillingProblem(words("{problem}; nothing was changed", problem=result.problem))
    results = rehearsed if dry_run else [_take(workspace, letter) for letter in letters]
    _tell(host, results, dry_run=dry_run, as_json=as_json)


def _take(workspace: Workspace, letter: Letter, *, dry_run: bool = False) -> Received:
    name = f"letter-{letter.dated or 'undated'}.json"
    return receiving.receive_content(workspace, name, letter.to_bytes(), scheme="p302", dry_run=dry_run)


def _tell(host: CommandHost, results: Sequence[Received], *, dry_run: bool, as_json: bool) -> None:
    if as_json or host.json:
        typer.echo(json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=2))
        return
    for result in results:
        _tell_one(result)
    if dry_run:
        typer.echo(say(words("Nothing was kept: this was a rehearsal.")))


def _tell_one(result: Received) -> None:
    if result.already:
        typer.echo(say(words("This was entered before (answer {inbound}); nothing changed.", inbound=result.inbound)))
        return
    files = ", ".join(str(each) for each in result.exchanges)
    moved = listed(
        words("{number} {state}", number=number, state=ItemState(state))
        for state, number in sorted(result.items.items())
    )
    if files:
        about = [words("About the files: {files}.", files=files)]
        if result.exchange is not None:
            about.append(words("Now {state}.", state=ExchangeState(result.state)))
        if moved:
            about.append(words("Items: {moved}.", moved=moved))
        typer.echo(say(listed(about, " ")))
    for text in result.texts:
        typer.echo(f"  {say(text)}")
    _tell_money(result)


def _tell_money(result: Received) -> None:
    """What it booked, what is to do about it, and what did not fit."""
    if result.paid:
        typer.echo(say(words("  {amount} EUR booked.", amount=format_cents(result.paid))))
    if result.deductions:
        number = len(result.deductions)
        typer.echo(say(words("  {number} to decide: billhook deductions list.", number=number)))
    if result.repeated:
        typer.echo(say(words("  {number} known from another answer.", number=result.repeated)))
    if result.items.get("corrected"):
        mended = words(
            "  Next: mend what is wrong, billhook check, billhook resend {exchange}.", exchange=result.exchange
        )
        typer.echo(say(mended))
    elif result.items.get("rejected"):
        typer.echo(say(words("  Next: billhook deductions close … --action correct, then billhook follow --kind …")))
    for missed in result.missed[:SHOWN]:
        typer.echo(say(words("  Not done: {what}: {problem}.", what=_what(missed), problem=missed.problem)))
    if len(result.missed) > SHOWN:
        typer.echo(say(words("  … {number} more", number=len(result.missed) - SHOWN)))


def _what(missed: Missed) -> Words:
    named = (
        words("invoice {number}", number=missed.document) if missed.document else "",
        words("voucher {number}", number=missed.voucher) if missed.voucher else "",
        words("item {number}", number=missed.item) if missed.item else "",
        f"{format_cents(missed.amount)} EUR" if missed.amount is not None else "",
    )
    return listed((part for part in named if part), " ") or words("the answer")


def _named_file(workspace: Workspace, reference: str) -> dict[str, Any]:
    """A file as a mail would name it: its name, transfer number, sender, receiver, procedure and moment."""
    exchange, artifact = tables.exchange, tables.artifact
    with workspace.database.read() as connection:
        key = exchange_id(connection, reference)
        row = connection.execute(sa.select(exchange).where(exchange.c.id == key)).one()
        data = sa.select(artifact.c.name).where(artifact.c.exchange_id == key, artifact.c.role == "data")
        name = connection.scalar(data.order_by(artifact.c.ordinal).limit(1))
    if row.scheme != "p302" or name is None:
        message = words("file {reference} is none of §302, or it is not made yet", reference=reference)
        raise UnknownThing(message)
    file_key = FileKey(*split_key(row.file_key))
    made = read_moment(row.created).astimezone(ZoneInfo("Europe/Berlin"))
    return {
        "file": name,
        "transfer": read_json(row.numbers).get(TRANSFER),
        "facts": {
            "sender": file_key.sender,
            "receiver": file_key.data_centre,
            "procedure": procedure(file_key),
            "made": f"{made:%Y%m%d%H%M%S}",
        },
    }


def _amount(workspace: Workspace, mark: Mark, amount: str, invoice: str) -> int | None:
    """The amount that goes with a mark, in cents."""
    if amount:
        if mark in (Mark.REFUSED, Mark.EXAMINED):
            raise typer.BadParameter(words("mark {mark} has no amount", mark=mark.value), param_hint="--amount")
        try:
            return tables_of.cents_of(amount)
        except ValueError as error:
            raise typer.BadParameter(
                words("{amount}: {error}", amount=amount, error=error), param_hint="--amount"
            ) from None
    if mark is Mark.PAID and invoice:
        still = settling.balance(workspace, invoice).open
        if still == 0:
            message = words("nothing is open of invoice {invoice}", invoice=invoice)
            raise BillingProblem(message)
        return still
    if mark in (Mark.PAID, Mark.CORRECTED, Mark.CUT):
        raise typer.BadParameter(words("mark {mark} needs an amount", mark=mark.value), param_hint="--amount")
    return None


def _dated(text: str | None) -> str | None:
    return None if text is None else _day(text).isoformat()


def _day(text: str) -> date:
    try:
        return tables_of.day_of(text)
    except ValueError as error:
        raise typer.BadParameter(words("{text}: {error}", text=text, error=error)) from None


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(LARGEST + 1)
    if len(content) > LARGEST:
        message = words("{name} is too large for a payment advice", name=file.name)
        raise BillingProblem(message)
    return content
