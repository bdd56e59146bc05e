"""Billing: check, mend, export, and see where everything stands."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from billhook.billing import checking, exporting, findings
from billhook.dates import parse_date
from billhook.model import Severity
from billhook.money import format_cents as euro
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, SchemeOption, host_of
from billhook_cli.output import Output, count

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
        host.out.line(
            f"{count(result.vouchers, 'voucher')} checked ({count(result.items, 'item')}): "
            f"{result.clean} clean, {result.faulty} held."
        )
        if result.by_code:
            host.out.table([{"code": code, "found": found} for code, found in sorted(result.by_code.items())])
        if result.errors or result.warnings or result.notes:
            parts = [count(result.errors, "error"), count(result.warnings, "warning"), count(result.notes, "note")]
            host.out.line(f"{', '.join(parts)}; billhook errors lists them.")
    if result.missing:
        for finding in result.findings:
            if finding.code.startswith("CORE-") and finding.item is None:
                host.out.note(f"billhook: {finding.message}; {finding.mend}")
        raise typer.Exit(Exit.PLUGIN)
    if result.errors:
        raise typer.Exit(Exit.FINDINGS)


def suppress(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="The code of the rule, e.g. P302-EHI-007.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the rule may be broken.")],
    until: Annotated[date, typer.Option("--until", parser=a_day, metavar="DATE", help="The last day on which that holds.")],
    json: JsonOption = False,
) -> None:
    """Live with a rule for a while: its findings are kept and shown, and hold nothing back."""
    host = host_of(ctx, json=json)
    result = findings.suppress(host.workspace(), code, reason, until)
    if host.json:
        host.out.json(result)
    else:
        host.out.line(f"{result.code} holds nothing back until {result.expires.isoformat()}. Run billhook check.")


def export(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it and keep nothing; the numbers are drafts.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the files are laid; the workspace's out folder when not given.")
    ] = None,
    workers: WorkersOption = 1,
    wait: Annotated[float, typer.Option("--wait", min=0.0, help="Seconds to wait for another export to end.")] = 0.0,
    json: JsonOption = False,
) -> None:
    """Bill every clean voucher: number the invoices, write the files, keep them byte for byte."""
    host = host_of(ctx, json=json)
    with host.out.progress("Exporting") as progress:
        result = exporting.export(
            host.workspace(), scheme=scheme, dry_run=dry_run, out=out, workers=workers, wait=wait, progress=progress
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
        out.line(f"Went on with file {exchange.id} of an earlier run.")
    done = [exchange for exchange in (*result.resumed, *result.exchanges) if not exchange.problem]
    rows = [_exchange_row(exchange, home) for exchange in done]
    if rows:
        out.table(rows)
    for voucher in result.held:
        for finding in voucher.findings:
            out.finding(finding, prefix=f"voucher {voucher.voucher} ")
    for exchange in result.failed:
        out.note(f"billhook: file {exchange.id} could not be made: {exchange.problem}; its numbers are kept, export again")
    vouchers = sum(exchange.vouchers for exchange in done)
    billed = sum(exchange.totals.billed for exchange in done)
    held = f" {count(result.held_count, 'voucher')} held." if result.held_count else ""
    verb = "Would bill" if result.dry_run else "Billed"
    if done:
        out.line(f"{verb} {count(vouchers, 'voucher')} in {count(len(done), 'file')}: {euro(billed)}.{held}")
    else:
        out.line(f"Nothing to bill.{held}")
    if result.dry_run:
        out.line("Dry run: nothing was kept, the numbers are drafts.")


def _exchange_row(exchange: exporting.ExportedExchange, home: Path) -> dict[str, Any]:
    first = next(iter(exchange.artifacts), None)
    if first is None or first.path is None:
        where = ""
    else:
        where = str(first.path.relative_to(home) if first.path.is_relative_to(home) else first.path)
    return {
        "file": exchange.id if exchange.id > 0 else "draft",
        "scheme": exchange.scheme,
        "data": where or ("" if first is None else first.name),
        "invoices": ", ".join(exchange.document_numbers[:3]) + (" …" if len(exchange.document_numbers) > 3 else ""),
        "vouchers": exchange.vouchers,
        "items": exchange.items,
        "gross": euro(exchange.totals.gross),
        "billed": euro(exchange.totals.billed),
    }
