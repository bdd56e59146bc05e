"""Billing: check, mend, export, and see where everything stands."""

from __future__ import annotations

from datetime import date
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from billhook.billing import checking, correcting, errorlog, exporting, findings
from billhook.billing import status as standing
from billhook.dates import parse_date
from billhook.model import Finding, ItemState, Severity
from billhook.money import format_cents
from billhook.words import Words, listed, words
from billhook_cli.exits import Exit
from billhook_cli.host import LARGEST, JsonOption, SchemeOption, host_of, installed
from billhook_cli.keys import PassphraseOption, sealer_of
from billhook_cli.output import Amount, Output, count
from billhook_cli.values import day_of

LIMIT = 200
"""Entries that a person is shown when nobody said how many."""

WorkersOption = Annotated[int, typer.Option("--workers", min=1, help="Processes to spread the work over.")]


def a_day(text: str) -> date:
    """A date option: ISO or as it is written in Germany and Flanders."""
    return parse_date(text)


def check(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    all_: Annotated[bool, typer.Option("--all", help="Also vouchers that are clean already.")] = False,
    workers: WorkersOption = 1,
    json: JsonOption = False,
) -> None:
    """Check what is new or was changed, and keep what is wrong in the error log."""
    host = host_of(ctx, json=json)
    with host.out.progress("Checking") as progress:
        result = checking.check(host.workspace(), scheme=scheme, all=all_, workers=workers, progress=progress)
    if host.json:
        host.out.json(result)
    else:
        _tell_check(host.out, result)
    if result.missing:
        for finding in result.findings:
            if finding.code.startswith("CORE-") and finding.item is None:
                host.out.note(_problem(host.language.finding(finding)))
        raise typer.Exit(Exit.PLUGIN)
    # Not by the number of errors: one that is suppressed holds nothing.
    if result.faulty or result.held_by_hooks:
        raise typer.Exit(Exit.FINDINGS)


def _problem(finding: Finding) -> Words:
    return words("billhook: {message}; {mend}", message=finding.message, mend=finding.mend)


def _tell_check(out: Output, result: checking.CheckResult) -> None:
    if not result.vouchers and not result.missing:
        out.line(words("Nothing to check: every voucher that is not billed was checked since it last changed."))
    else:
        out.line(
            words(
                "{vouchers} checked ({items}): {clean} clean, {faulty} held.",
                vouchers=count(result.vouchers, "voucher"),
                items=count(result.items, "item"),
                clean=result.clean,
                faulty=result.faulty,
            )
        )
    if result.held_by_hooks:
        out.line(
            words(
                "A plugin beside the scheme holds {items} of the clean ones.", items=count(result.held_by_hooks, "item")
            )
        )
    for finding in result.findings:
        if finding.item is None and not finding.code.startswith("CORE-"):
            out.finding(finding)
    if result.by_code:
        out.table([{"code": code, "found": found} for code, found in sorted(result.by_code.items())])
    if result.errors or result.warnings or result.notes:
        parts = [count(result.errors, "error"), count(result.warnings, "warning"), count(result.notes, "note")]
        if result.suppressed:
            parts.append(words("{number} of them suppressed", number=result.suppressed))
        out.line(words("{parts}; billhook errors lists them.", parts=listed(parts)))
    if result.clean:
        out.line(words("Next: billhook export bills what is clean; with --dry-run it only shows what it would do."))


def errors(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only findings of this weight.")] = None,
    code: Annotated[str | None, typer.Option("--code", help="Only this rule, or all that begin so (P302-EHI).")] = None,
    voucher: Annotated[str | None, typer.Option("--voucher", help="Only this voucher.")] = None,
    suppressed: Annotated[bool, typer.Option("--suppressed", help="Also those that were suppressed.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many; without it 200, and with --json all.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show the error log: what is wrong, where, the offending value, and how to mend it."""
    host = host_of(ctx, json=json)
    rows = errorlog.errors(
        host.workspace(),
        scheme=installed(host, scheme),
        severity=severity,
        code=code,
        voucher=voucher,
        include_suppressed=suppressed,
        language=host.language,
    )
    if host.json:
        host.out.json_lines(islice(rows, limit))
        return
    shown = 0
    for row in islice(rows, limit or LIMIT):
        host.out.log_entry(row)
        shown += 1
    rest = sum(1 for _ in rows)
    if not shown:
        chosen = any(each is not None for each in (scheme, severity, code, voucher))
        host.out.line(words("Nothing in the error log is like that.") if chosen else words("The error log is empty."))
        return
    if rest:
        host.out.line(words("… and {rest} more; --limit, --code and --voucher choose.", rest=rest))
    host.out.line(words("Mend one with billhook correct --finding NUMBER VALUE; then billhook check."))


def correct(
    ctx: typer.Context,
    value: Annotated[
        str | None, typer.Argument(help="The correction value; empty quotes for nothing, none with --suggested.")
    ] = None,
    finding: Annotated[
        int | None, typer.Option("--finding", min=1, max=LARGEST, help="The number of the entry in the error log.")
    ] = None,
    item: Annotated[str | None, typer.Option("--item", help="An item by its number, with --field.")] = None,
    field: Annotated[str | None, typer.Option("--field", help="The field, e.g. details.prescribed_on.")] = None,
    suggested: Annotated[bool, typer.Option("--suggested", help="Take the value that the finding suggests.")] = False,
    json: JsonOption = False,
) -> None:
    """Correct a field: in the item, in the lines that share the fact, and in the master record it came from."""
    host = host_of(ctx, json=json)
    if (value is None) != suggested:
        raise typer.BadParameter(words("name a value, or take the suggestion with --suggested"))
    if (finding is None) == (item is None):
        raise typer.BadParameter(
            words("name an entry of the error log with --finding, or an item with --item and --field")
        )
    if item is not None and field is None:
        raise typer.BadParameter(words("name the field of the item with --field, e.g. --field details.prescribed_on"))
    result = correcting.correct(host.workspace(), value, finding=finding, item=item, field=field)
    if host.json:
        host.out.json(result)
    elif result.items:
        change = {
            "field": result.field,
            "old": result.old or words("(empty)"),
            "new": result.new or words("(empty)"),
            "lines": count(len(result.items), "line"),
        }
        if result.master:
            told = words(
                "{field}: {old} → {new} in {lines} and in its master record ({master}).", **change, master=result.master
            )
        else:
            told = words("{field}: {old} → {new} in {lines}.", **change)
        host.out.line(listed([told, words("Next: billhook check.")], " "))
    else:
        host.out.line(
            words("{field} is {new} already; nothing changed.", field=result.field, new=result.new or words("(empty)"))
        )


def suppress(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="The code of the rule, e.g. P302-EHI-007.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the rule may be broken.")],
    until: Annotated[date, typer.Option("--until", parser=a_day, metavar="DATE", help="The last day of it.")],
    json: JsonOption = False,
) -> None:
    """Live with a rule for a while: its findings are kept and shown, and hold nothing back."""
    host = host_of(ctx, json=json)
    result = findings.suppress(host.workspace(), code, reason, until)
    if host.json:
        host.out.json(result)
    else:
        host.out.line(
            words(
                "{code} holds nothing back until {expires}. Run billhook check.",
                code=result.code,
                expires=result.expires.isoformat(),
            )
        )


def export(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    mark: Annotated[
        str | None,
        typer.Option("--mark", help="Only items that leave under this mark or its word; files of all marks else."),
    ] = None,
    due: Annotated[
        str | None,
        typer.Option("--due", help="When the invoices should be paid, YYYY-MM-DD; as the settings say else."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, keep nothing; numbers are drafts.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the files are laid; the workspace's out folder when not given.")
    ] = None,
    workers: WorkersOption = 1,
    wait: Annotated[float, typer.Option("--wait", min=0.0, help="Seconds to wait for another export to end.")] = 0.0,
    passphrase_fd: PassphraseOption = None,
    json: JsonOption = False,
) -> None:
    """Bill every clean voucher: number the invoices, write the files, keep them byte for byte."""
    host = host_of(ctx, json=json)
    workspace = host.workspace()
    sealer = None if dry_run else sealer_of(workspace, scheme, passphrase_fd)
    with host.out.progress("Exporting") as progress:
        result = exporting.export(
            workspace,
            scheme=scheme,
            mark=mark,
            due=None if due is None else day_of(due),
            dry_run=dry_run,
            out=out,
            workers=workers,
            sealer=sealer,
            wait=wait,
            progress=progress,
        )
    if host.json:
        host.out.json(result)
    else:
        _tell_export(host.out, result, host.workspace().path)
    if result.failed:
        raise typer.Exit(Exit.INCOMPLETE)
    if result.missing:
        raise typer.Exit(Exit.PLUGIN)
    if result.held_count:
        raise typer.Exit(Exit.FINDINGS)


def _tell_export(out: Output, result: exporting.ExportResult, home: Path) -> None:
    for finding in result.findings:
        out.finding(finding)
    for exchange in result.resumed:
        out.line(words("Went on with file {id} of an earlier run.", id=exchange.id))
    done = [exchange for exchange in (*result.resumed, *result.exchanges) if not exchange.problem]
    rows = [_exchange_row(exchange, home) for exchange in done]
    if rows:
        out.table(rows)
    for voucher in result.held:
        for finding in voucher.findings:
            out.finding(finding, prefix=words("voucher {voucher} ", voucher=voucher.voucher))
    for exchange in result.failed:
        out.note(
            words(
                "billhook: file {id} could not be made: {problem}; its numbers are kept, export again",
                id=exchange.id,
                problem=exchange.problem,
            )
        )
    vouchers = sum(exchange.vouchers for exchange in done)
    billed = sum(exchange.totals.billed for exchange in done)
    held = (
        [words("{vouchers} held; billhook errors says why.", vouchers=count(result.held_count, "voucher"))]
        if result.held_count
        else []
    )
    facts = {"vouchers": count(vouchers, "voucher"), "files": count(len(done), "file"), "amount": format_cents(billed)}
    if not done:
        told = words("Nothing to bill: no voucher is checked and clean.")
    elif result.dry_run:
        told = words("Would bill {vouchers} in {files}: {amount} EUR.", **facts)
    else:
        told = words("Billed {vouchers} in {files}: {amount} EUR.", **facts)
    out.line(listed([told, *held], " "))
    if result.dry_run and done:
        out.line(words("Dry run: nothing was kept, the numbers are drafts."))
    elif done:
        folder = _shown(result, home)
        out.line(
            words(
                "The files are in {folder}; send them from there. Their bytes are kept for good: "
                "billhook show exchange.",
                folder=folder,
            )
        )


def _shown(result: exporting.ExportResult, home: Path) -> str:
    """The folder that all files of the export were laid in."""
    paths = [
        artifact.path.parent
        for exchange in (*result.resumed, *result.exchanges)
        for artifact in exchange.artifacts
        if artifact.path is not None
    ]
    if not paths:
        return words("the archive")
    common = paths[0].parent
    return str(common.relative_to(home) if common != home and common.is_relative_to(home) else common)


def _exchange_row(exchange: exporting.ExportedExchange, home: Path) -> dict[str, Any]:
    first = next(iter(exchange.artifacts), None)
    if first is None or first.path is None:
        where = ""
    else:
        where = str(first.path.relative_to(home) if first.path.is_relative_to(home) else first.path)
    return {
        "file": exchange.id if exchange.id > 0 else words("draft"),
        "scheme": exchange.scheme,
        "data": where or ("" if first is None else first.name),
        "invoices": ", ".join(exchange.document_numbers[:3]) + (" …" if len(exchange.document_numbers) > 3 else ""),
        "vouchers": exchange.vouchers,
        "items": exchange.items,
        "gross EUR": Amount.of(exchange.totals.gross),
        "billed EUR": Amount.of(exchange.totals.billed),
    }


def status(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    json: JsonOption = False,
) -> None:
    """Show where everything stands: items, files, what is held and why, what is due next."""
    host = host_of(ctx, json=json)
    found = standing.status(host.workspace(), scheme=installed(host, scheme), language=host.language)
    if host.json:
        host.out.json(found)
        return
    if found.states:
        host.out.table([_standing(row) for row in found.states], title=words("Items"))
    if found.exchanges:
        host.out.line()
        host.out.table([_files(row) for row in found.exchanges], title=words("Files"))
    if found.reasons:
        host.out.line()
        host.out.table([_reason(row) for row in found.reasons], title=words("What holds vouchers back"))
    if found.states:
        host.out.line()
    for key in found.missing:
        host.out.note(
            words(
                "billhook: there are items of the scheme {key}, which is not installed: pip install billhook-{name}",
                key=key,
                name=key.replace("_", "-"),
            )
        )
    if found.unfinished:
        host.out.line(
            words(
                "Unfinished files: {numbers}; billhook export goes on with them.",
                numbers=", ".join(map(str, found.unfinished)),
            )
        )
    for key, dates in found.next_dates.items():
        if dates:
            host.out.line(
                words("Next billing of {key}: {days}.", key=key, days=", ".join(day.isoformat() for day in dates))
            )
    for reminder in found.reminders:
        host.out.finding(reminder)
    host.out.line(_next_step(found))


def _next_step(found: standing.Status) -> str:
    """What a clerk does now."""
    states = {row.state for row in found.states}
    if not states:
        return words("There are no items yet: billhook items import FILE.")
    if states & {ItemState.DRAFT, ItemState.CORRECTED}:
        return words("Next: billhook check.")
    if found.ready:
        vouchers, billed = sum(row.vouchers for row in found.ready), sum(row.billed for row in found.ready)
        return words(
            "Next: billhook export, with {vouchers} over {amount} EUR.",
            vouchers=count(vouchers, "voucher"),
            amount=format_cents(billed),
        )
    if ItemState.FAULTY in states:
        return words("Next: billhook errors, and mend them.")
    return words("There is nothing to do.")


def _standing(row: standing.StateCount) -> dict[str, Any]:
    return {
        "scheme": row.scheme,
        "state": row.state,
        "vouchers": row.vouchers,
        "items": row.items,
        "gross EUR": Amount.of(row.gross),
        "billed EUR": Amount.of(row.billed),
    }


def _files(row: standing.ExchangeCount) -> dict[str, Any]:
    return {"scheme": row.scheme, "state": row.state, "files": row.exchanges, "problems": row.problems}


def _reason(row: standing.Reason) -> dict[str, Any]:
    return {"code": row.code, "items": row.items, "for example": row.message}
