"""After the export: what stands in the archive, and how it is billed again, taken back, or billed anew from its source."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from billhook.billing import archiving, following, marking
from billhook.billing.archiving import ArchivedItem, Selection
from billhook.billing.lookup import exchange_id
from billhook.model import ArchiveReason
from billhook.words import Words, words
from billhook_cli.exits import Exit
from billhook_cli.host import Host, JsonOption, SchemeOption, host_of
from billhook_cli.output import Amount, count

LIMIT = 200
"""Rows that a person is shown when nobody said how many."""

app = typer.Typer(no_args_is_help=True, help="The archive: what was billed or deleted, and what to do with it.")

ItemsArgument = Annotated[list[str] | None, typer.Argument(help="Items by number or id.")]
VoucherOption = Annotated[str | None, typer.Option("--voucher", help="All items of this voucher.")]
InvoiceOption = Annotated[str | None, typer.Option("--invoice", help="All items of this invoice number.")]
FileOption = Annotated[str | None, typer.Option("--file", help="All items of this file, by its number or name.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
ResetOption = Annotated[
    bool | None,
    typer.Option(
        "--reset/--keep",
        help="Reset the source entries, so that they can be imported and billed anew, or leave them as used.",
    ),
]
KindOption = Annotated[
    str | None,
    typer.Option("--kind", help="How they leave: a correction kind or mark; the scheme's own when not given."),
]
ProviderOption = Annotated[
    str | None, typer.Option("--provider", help="As whom they are billed, where that changed since.")
]


@app.command("list")
def list_(
    ctx: typer.Context,
    invoice: Annotated[str | None, typer.Option("--invoice", help="Only of this invoice number.")] = None,
    file: Annotated[str | None, typer.Option("--file", help="Only of this file, by its number or name.")] = None,
    reason: Annotated[ArchiveReason | None, typer.Option("--reason", help="Only with this reason.")] = None,
    scheme: SchemeOption = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many; without it 200, and with --json all.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List what stands in the archive and why: all of it, or of one invoice or file."""
    host = host_of(ctx, json=json)
    workspace = host.workspace()
    with workspace.database.read() as connection:
        found = archiving.archive(
            connection,
            reason=reason,
            invoice=invoice,
            exchange=None if file is None else exchange_id(connection, file),
            scheme=None if scheme is None else host.registry.scheme(scheme).key,
            limit=limit if host.json or limit else LIMIT + 1,
        )
        if host.json:
            host.out.json_lines(_row(line) for line in found)
            return
        shown = list(found)
    if not shown:
        host.out.line(words("Nothing of that is in the archive."))
        return
    host.out.table(_for_people(line) for line in shown[: limit or LIMIT])
    if len(shown) > (limit or LIMIT):
        host.out.line(words("… and more; --limit, --invoice, --file and --reason choose."))


@app.command("invoices")
def invoices(ctx: typer.Context, scheme: SchemeOption = None, json: JsonOption = False) -> None:
    """List invoice numbers with their lines: open again, and in the archive."""
    host = host_of(ctx, json=json)
    key = None if scheme is None else host.registry.scheme(scheme).key
    with host.workspace().database.read() as connection:
        found = archiving.invoices(connection, key)
    host.show(
        [
            {
                "invoice": one.invoice,
                "scheme": one.scheme,
                "file": one.exchange,
                "open": one.open,
                "archived": one.archived,
            }
            for one in found
        ]
    )


@app.command("again")
def again(
    ctx: typer.Context,
    items: ItemsArgument = None,
    voucher: VoucherOption = None,
    invoice: InvoiceOption = None,
    file: FileOption = None,
    kind: KindOption = None,
    provider: ProviderOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Bill items again that were billed: they are open once more, to mend a field, and correct the invoice before."""
    host = host_of(ctx, json=json)
    selection = _selection(items, voucher, invoice, file)
    number = archiving.marked(host.workspace(), selection, open_items=False)
    _ask(host, yes, words("{items} marked. Bill again?", items=count(number, "item")))
    made = archiving.bill_again(host.workspace(), selection, kind=kind, provider=provider)
    if host.json:
        host.out.json(made)
        return
    for one in made:
        host.out.line(
            words(
                "{number} (item {item}) corrects item {corrects}.",
                number=one.number,
                item=one.item,
                corrects=one.corrects,
            )
        )
    host.out.line(words("Next: billhook correct what is wrong, billhook check, billhook export."))


@app.command("delete")
def delete(
    ctx: typer.Context,
    items: ItemsArgument = None,
    voucher: VoucherOption = None,
    invoice: InvoiceOption = None,
    file: FileOption = None,
    reset: ResetOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Take back items that were billed; with --reset they can be imported and billed anew."""
    host = host_of(ctx, json=json)
    selection = _selection(items, voucher, invoice, file)
    number = archiving.marked(host.workspace(), selection, open_items=False)
    free = _reset_asked(host, number, reset, yes=yes)
    _tell_removed(host, archiving.delete_archived(host.workspace(), selection, reset=free))


def delete_open(
    ctx: typer.Context,
    items: ItemsArgument = None,
    voucher: VoucherOption = None,
    reset: ResetOption = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Delete items that were not billed yet; they go into the archive as deleted."""
    host = host_of(ctx, json=json)
    selection = _selection(items, voucher, None, None)
    number = archiving.marked(host.workspace(), selection, open_items=True)
    free = _reset_asked(host, number, reset, yes=yes)
    _tell_removed(host, archiving.delete_open(host.workspace(), selection, reset=free))


def reset_entries(
    ctx: typer.Context,
    items: Annotated[list[str], typer.Argument(help="Source entries, by the numbers of their items.")],
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Reset the billing data of source entries, so that they can be imported and billed anew."""
    host = host_of(ctx, json=json)
    question = words("Reset the billing data of {items}?", items=count(len(items), "source entry"))
    _ask(host, yes, question)
    _tell_removed(host, archiving.reset_entries(host.workspace(), items))


def entries(
    ctx: typer.Context,
    number: Annotated[str | None, typer.Argument(help="Only the source entry of this number.")] = None,
    scheme: SchemeOption = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many; without it 200, and with --json all.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """List source entries: was an item made of it, does it wait for its file, which invoice, when it is due."""
    host = host_of(ctx, json=json)
    key = None if scheme is None else host.registry.scheme(scheme).key
    rows: list[dict[str, Any]] = []
    most = limit if host.json or limit else LIMIT
    with host.workspace().database.read() as connection:
        for one in archiving.entries(connection, key, number):
            if most is not None and len(rows) == most:
                break
            rows.append(
                {
                    "number": one.number,
                    "scheme": one.scheme,
                    "provider": one.provider,
                    "created": one.created,
                    "waiting": one.waiting,
                    "invoice": one.invoice,
                    "due": one.due,
                }
            )
    host.show(rows)


def mark(
    ctx: typer.Context,
    items: Annotated[
        list[str] | None, typer.Argument(help="Open items by number or id; all lines of their vouchers.")
    ] = None,
    voucher: VoucherOption = None,
    mark: Annotated[
        str | None, typer.Option("--mark", help="The mark or its word (04, correction); found anew when not given.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say what open items are to the payer: a first billing, or one that follows an earlier invoice."""
    host = host_of(ctx, json=json)
    done = marking.set_mark(host.workspace(), _selection(items, voucher, None, None), mark)
    if host.json:
        host.out.json(done)
        return
    for one in done:
        after = "" if one.corrects is None else words(", follows item {corrects}", corrects=one.corrects)
        shown = one.mark or words("no mark")
        host.out.line(words("{number}: {mark}{after}.", number=one.number, mark=shown, after=after))
    host.out.line(words("Next: billhook check."))


def regenerate(
    ctx: typer.Context,
    exchange: Annotated[str, typer.Argument(help="The file, by its number or name.")],
    mark: Annotated[
        str | None,
        typer.Option("--mark", help="The mark that the file shall have, or its word; the same when not given."),
    ] = None,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Make the file of existing invoices once more: same invoice numbers, a new file, the settings of today."""
    host = host_of(ctx, json=json)
    _ask(host, yes, words("Make file {exchange} once more? The one before it is kept.", exchange=exchange))
    result = following.regenerate(host.workspace(), exchange, mark=mark)
    if host.json:
        host.out.json(result)
    else:
        for done in (*result.resumed, *result.failed):
            names = ", ".join(str(artifact.path or artifact.name) for artifact in done.artifacts)
            numbers = ", ".join(done.document_numbers)
            host.out.line(words("File {id}: {names}, invoices {numbers}.", id=done.id, names=names, numbers=numbers))
            if done.problem:
                host.out.line(words("  Not done: {problem}", problem=done.problem))
    if result.failed:
        raise typer.Exit(Exit.INCOMPLETE)


def _selection(items: list[str] | None, voucher: str | None, invoice: str | None, file: str | None) -> Selection:
    if not items and voucher is None and invoice is None and file is None:
        raise typer.BadParameter(words("name items, or a voucher, an invoice or a file"))
    return Selection(items or (), voucher, invoice, file)


def _ask(host: Host, yes: bool, question: Words) -> None:  # the option's own value
    """Ask before something that cannot be taken back; who answers no has changed nothing."""
    if yes:
        return
    if host.json:
        raise typer.BadParameter(words("with --json nothing is asked: give --yes"), param_hint="--yes")
    if not typer.confirm(host.say(question)):
        host.out.line(words("Nothing was changed."))
        raise typer.Exit(Exit.OK)


def _reset_asked(host: Host, number: int, reset: bool | None, *, yes: bool) -> bool:
    """The two questions before a deletion: whether at all, and whether the source entries are reset."""
    _ask(host, yes, words("{items} marked. Delete?", items=count(number, "item")))
    if reset is not None:
        return reset
    if yes:
        raise typer.BadParameter(words("say --reset or --keep, when nothing is asked"), param_hint="--reset/--keep")
    host.out.line(words("Where the source entries are not reset, no later import bills them."))
    return typer.confirm(host.say(words("Reset the source entries too?")))


def _tell_removed(host: Host, removed: archiving.Removed) -> None:
    if host.json:
        host.out.json(removed)
        return
    number = len(removed.items)
    if removed.reason is None:
        host.out.line(words("{entries} reset.", entries=count(number, "source entry")))
    else:
        host.out.line(words("{items} archived as {reason}.", items=count(number, "item"), reason=removed.reason.value))
    if removed.reset:
        host.out.line(words("Next: billhook items import the file with them again."))


def _row(line: ArchivedItem) -> dict[str, Any]:
    return {
        "id": line.id,
        "number": line.number,
        "scheme": line.scheme,
        "voucher": line.voucher,
        "reason": line.reason,
        "kind": line.kind,
        "state": line.state,
        "invoice": line.invoice,
        "ordinal": line.ordinal,
        "date": line.date,
        "file": line.exchange,
        "gross": line.gross,
        "billed": line.billed,
        "corrects": line.corrects,
        "reset": line.reset,
    }


def _for_people(line: ArchivedItem) -> dict[str, Any]:
    row = _row(line)
    del row["ordinal"], row["gross"], row["scheme"]
    return {name: value for name, value in row.items() if name != "billed"} | {"billed EUR": Amount.of(line.billed)}
