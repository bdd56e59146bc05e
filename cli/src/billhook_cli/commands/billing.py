"""Billing: check, mend, export, and see where everything stands."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from billhook.billing import checking, correcting, errorlog, exporting, findings
from billhook.billing import status as standing
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


def errors(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only findings of this weight.")] = None,
    code: Annotated[str | None, typer.Option("--code", help="Only this rule, or all that begin so (P302-EHI).")] = None,
    voucher: Annotated[str | None, typer.Option("--voucher", help="Only this voucher.")] = None,
    suppressed: Annotated[bool, typer.Option("--suppressed", help="Also those that were suppressed.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many on a terminal; JSON has all.")] = 200,
    json: JsonOption = False,
) -> None:
    """Show the error log: what is wrong, where, the offending value, and how to mend it."""
    host = host_of(ctx, json=json)
    rows = errorlog.errors(
        host.workspace(), scheme=scheme, severity=severity, code=code, voucher=voucher, include_suppressed=suppressed
    )
    if host.json:
        host.out.json_lines(rows)
        return
    shown = 0
    for row in islice(rows, limit):
        host.out.log_entry(row)
        shown += 1
    rest = sum(1 for _ in rows)
    if not shown:
        host.out.line("The error log is empty.")
    elif rest:
        host.out.line(f"… and {rest} more; --limit, --code and --voucher choose")


def correct(
    ctx: typer.Context,
    value: Annotated[
        str | None, typer.Argument(help="The correction value; empty quotes for nothing, none with --suggested.")
    ] = None,
    finding: Annotated[int | None, typer.Option("--finding", help="The number of the entry in the error log.")] = None,
    item: Annotated[str | None, typer.Option("--item", help="An item by its number, with --field.")] = None,
    field: Annotated[str | None, typer.Option("--field", help="The field, e.g. details.prescribed_on.")] = None,
    suggested: Annotated[bool, typer.Option("--suggested", help="Take the value that the finding suggests.")] = False,
    json: JsonOption = False,
) -> None:
    """Correct a field: in the item, in the lines that share the fact, and in the master record it came from."""
    host = host_of(ctx, json=json)
    if (value is None) != suggested:
        raise typer.BadParameter("name a value, or take the suggestion with --suggested")
    if (finding is None) == (item is None):
        raise typer.BadParameter("name an entry of the error log with --finding, or an item with --item and --field")
    result = correcting.correct(host.workspace(), value, finding=finding, item=item, field=field)
    if host.json:
        host.out.json(result)
    elif result.items:
        master = f" and in its master record ({result.master})" if result.master else ""
        change = f"{result.old or '(empty)'} → {result.new or '(empty)'}"
        host.out.line(f"{result.field}: {change} in {count(len(result.items), 'line')}{master}.")
    else:
        host.out.line(f"{result.field} is {result.new or '(empty)'} already; nothing changed.")


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
        host.out.line(f"{result.code} holds nothing back until {result.expires.isoformat()}. Run billhook check.")


def export(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it, keep nothing; numbers are drafts.")] = False,
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
        out.note(
            f"billhook: file {exchange.id} could not be made: {exchange.problem}; its numbers are kept, export again"
        )
    vouchers = sum(exchange.vouchers for exchange in done)
    billed = sum(exchange.totals.billed for exchange in done)
    held = f" {count(result.held_count, 'voucher')} held." if result.held_count else ""
    verb = "Would bill" if result.dry_run else "Billed"
    if done:
        out.line(f"{verb} {count(vouchers, 'voucher')} in {count(len(done), 'file')}: {euro(billed)} EUR.{held}")
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


def status(
    ctx: typer.Context,
    scheme: SchemeOption = None,
    json: JsonOption = False,
) -> None:
    """Show where everything stands: items, files, what is held and why, what is due next."""
    host = host_of(ctx, json=json)
    found = standing.status(host.workspace(), scheme=scheme)
    if host.json:
        host.out.json(found)
        return
    if not found.states:
        host.out.line("There are no items yet; billhook items import FILE brings some in.")
    else:
        host.out.table([_standing(row) for row in found.states], title="Items")
    if found.exchanges:
        host.out.line()
        host.out.table(
            [
                {"scheme": row.scheme, "state": row.state, "files": row.exchanges, "problems": row.problems}
                for row in found.exchanges
            ],
            title="Files",
        )
    if found.reasons:
        host.out.line()
        host.out.table(
            [
                {"code": row.code, "weight": row.severity, "items": row.items, "for example": row.message}
                for row in found.reasons
            ],
            title="What the error log says",
        )
    for key in found.missing:
        host.out.note(
            f"billhook: there are items of the scheme {key}, which is not installed: pip install billhook-{key}"
        )
    if found.unfinished:
        host.out.line()
        host.out.line(f"Unfinished files: {', '.join(map(str, found.unfinished))}; billhook export goes on with them.")
    for key, dates in found.next_dates.items():
        host.out.line(f"Next billing of {key}: {', '.join(day.isoformat() for day in dates)}")


def _standing(row: standing.StateCount) -> dict[str, Any]:
    return {
        "scheme": row.scheme,
        "state": row.state,
        "vouchers": row.vouchers,
        "items": row.items,
        "gross": euro(row.gross),
        "billed": euro(row.billed),
    }


def _files(row: standing.ExchangeCount) -> dict[str, Any]:
    return {"scheme": row.scheme, "state": row.state, "files": row.exchanges, "problems": row.problems}


def _reason(row: standing.Reason) -> dict[str, Any]:
    return {"code": row.code, "weight": row.severity, "items": row.items, "for example": row.message}


class Thing(StrEnum):
    """What can be shown."""

    ITEM = "item"
    VOUCHER = "voucher"
    DOCUMENT = "document"
    EXCHANGE = "exchange"


def show(
    ctx: typer.Context,
    thing: Annotated[Thing, typer.Argument(help="What it is.")],
    name: Annotated[str, typer.Argument(help="Its number, id, or (for an exchange) the name of one of its files.")],
    json: JsonOption = False,
) -> None:
    """Show everything about one item, voucher, document or exchange: facts, findings, corrections, files, history."""
    host = host_of(ctx, json=json)
    found = standing.show(host.workspace(), **{thing.value: name})
    if host.json:
        host.out.json(found)
        return
    host.out.pairs(_for_people(found.facts), title=f"{found.kind.capitalize()} {found.id}")
    for title in ("items", "documents", "findings", "corrections", "artifacts", "history"):
        rows = getattr(found, title)
        if rows and not (title == "items" and thing is Thing.ITEM):
            host.out.line()
            host.out.table([_for_people(row) for row in rows], title=title.capitalize())


MONEY = frozenset({"net", "vat", "gross", "billed", "copayment", "own_share", "surcharge", "amount"})
"""Facts that are cents."""


def _for_people(facts: dict[str, Any]) -> dict[str, Any]:
    """Amounts as amounts, and nothing that is empty."""
    shown: dict[str, Any] = {}
    for name, fact in facts.items():
        match fact:
            case dict():
                told: Any = _for_people(fact)
            case list():
                told = [_for_people(part) if isinstance(part, dict) else part for part in fact]
            case int() if name in MONEY:
                told = euro(fact)
            case _:
                told = fact
        if told not in (None, "", [], {}, ()):
            shown[name] = told
    return shown
