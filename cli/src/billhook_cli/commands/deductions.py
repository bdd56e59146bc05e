"""Deductions: what payers did not want to pay, why, how likely it comes after all, and what is done about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from billhook.billing import deductions
from billhook.billing.deductions import DeductionView
from billhook.billing.reasons import Reasons
from billhook.model import DeductionAction
from billhook.store import journal
from billhook.words import words
from billhook_cli.host import LARGEST, Host, JsonOption, SchemeOption, host_of, installed
from billhook_cli.output import Amount, count
from billhook_cli.values import cents_of, day_of

app = typer.Typer(no_args_is_help=True, help="Deductions: what payers did not want to pay, and what is done about it.")

KeysArgument = Annotated[
    list[int], typer.Argument(help="Deductions by their ids, as the list shows them.", min=1, max=LARGEST)
]
ActionOption = Annotated[
    DeductionAction | None,
    typer.Option(
        "--action",
        help="accept: the payer is right; object: it is wrong; correct: billed once more; client: the client pays.",
    ),
]
NoteOption = Annotated[str | None, typer.Option("--note", help="Your own words.")]
ProbabilityOption = Annotated[
    int | None, typer.Option("--probability", help="How likely the money comes after all, in percent.", min=0, max=100)
]


@app.command("list")
def list_(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    invoice: Annotated[str | None, typer.Option("--invoice", help="Only of this invoice.")] = None,
    item: Annotated[str | None, typer.Option("--item", help="Only of this item.")] = None,
    scheme: SchemeOption = None,
    json: JsonOption = False,
) -> None:
    """List deductions that nobody closed yet."""
    host = host_of(ctx, json=json)
    found = deductions.deductions(
        host.workspace(),
        scheme=installed(host, scheme),
        invoice=invoice,
        item=item,
        closed=None if every else False,
    )
    _show(host, found)
    if found and not host.json:
        still = [one.deduction for one in found if not one.deduction.closed]
        expected = Amount.of(sum(one.expected for one in still))
        of = Amount.of(sum(one.amount for one in still))
        host.out.line(
            words(
                "{deductions} of {of} EUR to decide, of which {expected} EUR are likely to come.",
                deductions=count(len(still), "deduction"),
                of=of,
                expected=expected,
            )
        )


@app.command("show")
def show(
    ctx: typer.Context,
    key: Annotated[int, typer.Argument(help="The deduction's id.", min=1, max=LARGEST)],
    json: JsonOption = False,
) -> None:
    """Show a deduction and what was done about it."""
    host = host_of(ctx, json=json)
    view = deductions.deduction(host.workspace(), key)
    with host.workspace().database.read() as connection:
        history = [
            {"time": entry.time, "actor": entry.actor, "event": entry.event, "payload": dict(entry.payload)}
            for entry in journal.entries(connection, subject=f"deduction:{key}")
        ]
    facts = _facts(view)
    if host.json:
        host.out.json({**facts, "history": history})
        return
    host.out.pairs(_readable(facts), title=words("Deduction {key}", key=key))
    for each in history:
        host.out.line(f"{each['time']}  {each['actor']}  {each['event']}")


@app.command("add")
def add(
    ctx: typer.Context,
    invoice: Annotated[str, typer.Argument(help="The invoice's number.")],
    amount: Annotated[str, typer.Argument(help="What was taken off, in euros: 12.50 or 12,50.")],
    item: Annotated[str | None, typer.Option("--item", help="Of which item.")] = None,
    voucher: Annotated[str, typer.Option("--voucher", help="Of which voucher.")] = "",
    code: Annotated[list[str] | None, typer.Option("--code", help="The payer's own reason; may come often.")] = None,
    text: Annotated[str, typer.Option("--text", help="The payer's words.")] = "",
    reason: Annotated[
        str, typer.Option("--reason", help="A reason of your list; see billhook deductions reasons.")
    ] = "",
    probability: ProbabilityOption = None,
    reference: Annotated[str, typer.Option("--reference", help="The reference of the payer's letter.")] = "",
    dated: Annotated[str | None, typer.Option("--dated", help="The day of the letter, YYYY-MM-DD.")] = None,
    json: JsonOption = False,
) -> None:
    """Write down what a payer took off an invoice, a voucher or an item."""
    host = host_of(ctx, json=json)
    if item is not None and voucher:
        raise typer.BadParameter(words("name the item or the voucher, not both"))
    view = deductions.add(
        host.workspace(),
        invoice,
        cents_of(amount),
        item=item,
        voucher=voucher,
        codes=code or (),
        text=text,
        reason=reason,
        probability=probability,
        reference=reference,
        day=day_of(dated) if dated else None,
    )
    _show(host, [view])


@app.command("set")
def set_(
    ctx: typer.Context,
    keys: KeysArgument,
    reason: Annotated[
        str | None, typer.Option("--reason", help="A reason of your list; see billhook deductions reasons.")
    ] = None,
    probability: ProbabilityOption = None,
    action: ActionOption = None,
    note: NoteOption = None,
    json: JsonOption = False,
) -> None:
    """Say more about deductions: the reason, how likely the money comes, and what is done."""
    host = host_of(ctx, json=json)
    changed = deductions.change(
        host.workspace(), keys, reason=reason, probability=probability, action=action, note=note
    )
    _show(host, changed)


@app.command("close")
def close(
    ctx: typer.Context,
    keys: KeysArgument,
    action: ActionOption = None,
    granted: Annotated[
        str, typer.Option("--granted", help="What the payer pays after all, in euros, of each of them.")
    ] = "0",
    note: NoteOption = None,
    json: JsonOption = False,
) -> None:
    """Close deductions: they come off their invoices, less what the payer grants after all."""
    host = host_of(ctx, json=json)
    closed = deductions.close(host.workspace(), keys, action=action, granted=cents_of(granted), note=note)
    _show(host, closed)
    billed_anew = [one.item for one in closed if one.deduction.action is DeductionAction.CORRECT and one.item]
    if billed_anew and not host.json:
        host.out.line(words("To bill them once more: billhook follow --kind … {items}", items=" ".join(billed_anew)))


@app.command("reopen")
def reopen(ctx: typer.Context, keys: KeysArgument, json: JsonOption = False) -> None:
    """Take closed deductions up again: their amounts are asked for once more."""
    host = host_of(ctx, json=json)
    _show(host, deductions.reopen(host.workspace(), keys))


@app.command("reasons")
def reasons(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the reasons; the section deductions.reasons of billhook.toml changes them and adds to them."""
    host = host_of(ctx, json=json)
    host.show(
        [
            {"reason": one.key, "text": one.text, "probability": one.probability, "codes": list(one.codes)}
            for one in Reasons.of(host.workspace()).by_key.values()
        ]
    )


def _facts(view: DeductionView) -> dict[str, Any]:
    one = view.deduction
    return {
        "id": one.id,
        "scheme": view.scheme,
        "invoice": view.invoice,
        "item": view.item,
        "voucher": one.voucher,
        "amount": one.amount,
        "granted": one.granted,
        "codes": list(one.codes),
        "text": one.text,
        "reason": one.reason,
        "probability": one.probability,
        "action": one.action,
        "note": one.note,
        "closed": one.closed,
        "reference": one.reference,
        "day": one.day,
    }


def _readable(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: Amount.of(value) if name in ("amount", "granted") else value for name, value in facts.items()}


def _show(host: Host, views: Sequence[DeductionView]) -> None:
    rows = [_facts(view) for view in views]
    if host.json:
        host.out.json(rows)
        return
    hidden = (
        ("scheme", "granted", "note", "reference", "closed") if not any(row["closed"] for row in rows) else ("scheme",)
    )
    host.out.table([_readable({name: row[name] for name in row if name not in hidden}) for row in rows])
