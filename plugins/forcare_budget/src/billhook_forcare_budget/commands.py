"""The commands `billhook budget …`.

Exit codes: 0 done, 1 over a budget or nothing found, 2 wrong command line, 3 a table was refused and nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from billhook.billing.problems import UnknownThing
from billhook.model import Finding
from billhook.money import AmountError, Cents, format_cents
from billhook.scheme import CommandHost
from billhook.store import Workspace
from billhook.words import words
from billhook_forcare_budget import clerk
from billhook_forcare_budget.cards import CardLine
from billhook_forcare_budget.ceilings import Use
from billhook_forcare_budget.entries import Entry, EntrySource
from billhook_forcare_budget.hours import HoursGrant, Per, warning
from billhook_forcare_budget.ledger import add_grant, entries_of, grants_of, reader
from billhook_forcare_budget.letters import letter as compose
from billhook_forcare_budget.limits import Limit, read_day, read_euros, read_limits, read_row
from billhook_forcare_budget.papers import Kind

OVER = 1
REFUSED = 3

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Budgets of care funds: limits, what is used, what is left.")
limits_app = typer.Typer(no_args_is_help=True, help="The table of limits (Maximalgrenzen).")
entries_app = typer.Typer(no_args_is_help=True, help="Budget entries (Leistungsbudgetposten).")
hours_app = typer.Typer(no_args_is_help=True, help="Grants of hours (Fachleistungsstunden).")
recalc_app = typer.Typer(no_args_is_help=True, help="Recalculation after a change (Rückrechnung).")
app.add_typer(limits_app, name="limits")
app.add_typer(entries_app, name="entries")
app.add_typer(hours_app, name="hours")
app.add_typer(recalc_app, name="recalc")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
ClientArgument = Annotated[str, typer.Argument(help="Your own number of the client.")]
DayOption = Annotated[str, typer.Option("--date", help="The day it is about (default: today).")]
FromOption = Annotated[str, typer.Option("--from", help="First day, such as 2026-05-01.")]
ToOption = Annotated[str, typer.Option("--to", help="Last day.")]
AreaOption = Annotated[str, typer.Option("--area", help="Care area (Assistenzbereich).")]
GroupOption = Annotated[str, typer.Option("--group", help="Debtor posting group (Debitorenbuchungsgruppe).")]
KindOption = Annotated[str, typer.Option("--kind", help="Contract kind (Vertragsart).")]
MonthOption = Annotated[str, typer.Option("--month", help="The month of the service, such as 2026-05.")]
AmountOption = Annotated[str, typer.Option("--amount", help="Euros, such as 1612.00.")]


def _host(ctx: typer.Context, *, as_json: bool = False) -> CommandHost:
    host: Any = ctx.find_root().obj
    host.json = host.json or as_json
    found: CommandHost = host
    return found


def _workspace(ctx: typer.Context) -> Workspace:
    workspace: Workspace = _host(ctx).workspace()
    return workspace


def _parsed(read: Callable[[str], T], text: str, option: str) -> T:
    try:
        return read(text)
    except AmountError as error:
        raise typer.BadParameter(
            words("{reason}; {remedy}", reason=error.reason, remedy=error.remedy), param_hint=option
        ) from None
    except (ValueError, InvalidOperation) as error:
        raise typer.BadParameter(str(error) or f"{text!r} cannot be read", param_hint=option) from None


def _day(text: str, option: str = "--date") -> date:
    return _parsed(read_day, text, option) if text else datetime.now(UTC).astimezone().date()


@contextmanager
def _refusing(host: CommandHost) -> Iterator[None]:
    """A table that was refused is shown with everything that is wrong with it."""
    try:
        yield
    except clerk.Refused as refused:
        _show_findings(host, refused.findings)
        raise typer.Exit(REFUSED) from None


def _show_findings(host: CommandHost, findings: Sequence[Finding]) -> None:
    rows = [
        {
            "line": one.line,
            "field": one.field or "",
            "code": one.code,
            "wrong": one.message,
            "mend": one.mend,
        }
        for one in findings
    ]
    _show(host, "findings", rows, "Nothing was changed")


def _show(host: CommandHost, name: str, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """Rows as a table, or as the only member of a JSON object."""
    host.show({name: rows} if host.json else rows, title=title)


def _money(host: CommandHost, cents: Cents | None) -> Cents | str | None:
    """Cents for a script, euros for a person."""
    if host.json:
        return cents
    return "" if cents is None else format_cents(cents)


# --- Limits -----------------------------------------------------------------------------------------------------------


@limits_app.command("list")
def limits_list(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """Show the table."""
    host = _host(ctx, as_json=json)
    _show(host, "limits", [_limit_row(host, limit) for limit in clerk.limits_of(_workspace(ctx))], "Limits")


@limits_app.command("import")
def limits_import(
    ctx: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="CSV with the headings of for.CARE, cells separated by ;")],
    json: JsonOption = False,
) -> None:
    """Add the rows of a file, all or none."""
    host = _host(ctx, as_json=json)
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            limits, findings = read_limits(opened, file.name)
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"billhook: {file.name} cannot be read: {error}", err=True)
        raise typer.Exit(REFUSED) from None
    if findings:
        _show_findings(host, findings)
        raise typer.Exit(REFUSED)
    with _refusing(host):
        stored = clerk.save_limits(_workspace(ctx), limits)
    _show(host, "limits", [_limit_row(host, limit) for limit in stored], f"Added {len(stored)} limits")


@limits_app.command("add")
def limits_add(
    ctx: typer.Context,
    *,
    kind: KindOption,
    area: AreaOption,
    group: GroupOption,
    start: FromOption,
    end: ToOption,
    periodicity: Annotated[str, typer.Option("--period", help="year, quarter, month or free.")] = "year",
    days: Annotated[str, typer.Option("--days", help="Most days; none: not limited.")] = "",
    amount: AmountOption = "",
    linked: Annotated[str, typer.Option("--linked", help="Contract kind whose stay may follow.")] = "",
    client: Annotated[str, typer.Option("--client", help="Only for this client, instead of the general row.")] = "",
    json: JsonOption = False,
) -> None:
    """Add a row. Add the linked kind's row first, or import both from a file."""
    host = _host(ctx, as_json=json)
    cells = {
        "care_area": area,
        "debtor_group": group,
        "valid_from": start,
        "valid_to": end,
        "periodicity": periodicity,
        "kind": kind,
        "days": days,
        "amount": amount,
        "linked": linked,
        "client": client,
    }
    limit, findings = read_row(cells)
    if limit is None:
        _show_findings(host, findings)
        raise typer.Exit(REFUSED)
    with _refusing(host):
        stored = clerk.save_limits(_workspace(ctx), [limit])
    _show(host, "limits", [_limit_row(host, one) for one in stored], "Added")


@limits_app.command("change")
def limits_change(
    ctx: typer.Context,
    *,
    key: Annotated[int, typer.Argument(help="Id of the row, as `limits list` shows it.")],
    amount: Annotated[str | None, typer.Option("--amount", help="Euros; empty: not limited.")] = None,
    days: Annotated[int | None, typer.Option("--days", min=0, help="Most days.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last day.")] = None,
    linked: Annotated[
        str | None, typer.Option("--linked", help="Contract kind whose stay may follow; empty: none.")
    ] = None,
) -> None:
    """Change a row. What that means for the past: billhook budget recalc report."""
    host = _host(ctx)

    def changed(limit: Limit) -> Limit:
        if amount is not None:
            limit = replace(limit, amount=_parsed(read_euros, amount, "--amount") if amount else None)
        if days is not None:
            limit = replace(limit, days=days)
        if end is not None:
            limit = replace(limit, valid_to=_parsed(read_day, end, "--to"))
        return limit if linked is None else replace(limit, linked=linked)

    with _refusing(host):
        stored = clerk.edit_limit(_workspace(ctx), key, changed)
    host.show([_limit_row(host, stored)], title="Changed; see: billhook budget recalc report")


@limits_app.command("remove")
def limits_remove(ctx: typer.Context, *, key: Annotated[int, typer.Argument(help="Id of the row.")]) -> None:
    """Take a row out of the table."""
    host = _host(ctx)
    with _refusing(host):
        stored = clerk.drop_limit(_workspace(ctx), key)
    host.show([_limit_row(host, stored)], title="Removed; see: billhook budget recalc report")


def _limit_row(host: CommandHost, limit: Limit) -> dict[str, Any]:
    return {
        "id": limit.id,
        "care_area": limit.care_area,
        "debtor_group": limit.debtor_group,
        "valid_from": limit.valid_from,
        "valid_to": limit.valid_to,
        "period": limit.periodicity.value,
        "kind": limit.kind,
        "days": limit.days,
        "amount": _money(host, limit.amount),
        "linked": limit.linked,
        "client": limit.client,
    }


# --- Entries ----------------------------------------------------------------------------------------------------------


@entries_app.command("list")
def entries_list(ctx: typer.Context, *, client: ClientArgument, json: JsonOption = False) -> None:
    """Show all movements of a client."""
    host = _host(ctx, as_json=json)
    with _workspace(ctx).database.read() as connection:
        found = entries_of(reader(connection), [client], as_written=True).get(client, [])
    _show(host, "entries", [_entry_row(host, entry) for entry in found], f"Entries of {client}")


@entries_app.command("add")
def entries_add(
    ctx: typer.Context,
    *,
    client: ClientArgument,
    kind: KindOption,
    amount: AmountOption,
    area: AreaOption = "",
    group: GroupOption = "PK",
    start: FromOption = "",
    end: ToOption = "",
    days: Annotated[
        int | None, typer.Option("--days", help="Days, where they are not those from --from to --to.", min=0)
    ] = None,
    opening: Annotated[
        bool, typer.Option("--opening", help="An opening balance instead of a stay in a foreign facility.")
    ] = False,
    reference: Annotated[
        str, typer.Option("--reference", help="Your own number of it: the same one is written once.")
    ] = "",
    note: Annotated[str, typer.Option("--note", help="For instance where the figure is from.")] = "",
    json: JsonOption = False,
) -> None:
    """Enter a stay in a foreign facility (Fremdeinrichtung), or an opening balance."""
    host = _host(ctx, as_json=json)
    first = _parsed(read_day, start, "--from") if start else None
    last = _parsed(read_day, end, "--to") if end else first
    if first is None or last is None or last < first:
        raise typer.BadParameter(
            words("name the first day, and a last day that is not before it"), param_hint="--from, --to"
        )
    cents = _parsed(read_euros, amount, "--amount")
    counted = 0 if opening and days is None else days
    entry = Entry(
        0,
        client,
        area,
        group,
        kind,
        EntrySource.OPENING if opening else EntrySource.FOREIGN,
        last,
        first,
        last,
        counted,
        cents,
        cents,
        reference=reference,
        note=note,
    )
    stored = clerk.add_entry(_workspace(ctx), entry)
    _show(host, "entries", [_entry_row(host, stored)], "Entered; see: billhook budget recalc report")


@entries_app.command("delete")
def entries_delete(
    ctx: typer.Context,
    *,
    key: Annotated[int, typer.Argument(help="Id of the entry.")],
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
) -> None:
    """Delete a foreign stay or an opening balance: a reversal is written beside it."""
    host = _host(ctx)
    stored = clerk.delete_entry(_workspace(ctx), key, note)
    host.show([_entry_row(host, stored)], title="Deleted by this entry; see: billhook budget recalc report")


@entries_app.command("return")
def entries_return(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """Give back the budget of invoices that were rejected, closed or replaced."""
    host = _host(ctx, as_json=json)
    found = clerk.return_rejected(_workspace(ctx))
    _show(host, "entries", [_entry_row(host, entry) for entry in found], f"Given back: {len(found)}")


def _entry_row(host: CommandHost, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "source": entry.source.value,
        "kind": entry.kind,
        "from": entry.service_from,
        "to": entry.service_to,
        "booked": entry.booked,
        "days": entry.days,
        "amount": _money(host, entry.amount),
        "claimed": _money(host, entry.claimed),
        "item": entry.item,
        "corrects": entry.corrects,
        "note": entry.note,
    }


# --- Looking ----------------------------------------------------------------------------------------------------------


@app.command("card")
def card(ctx: typer.Context, *, client: ClientArgument, on: DayOption = "", json: JsonOption = False) -> None:
    """The budget card: granted, used, planned, rest, the last day, and how it came to be."""
    host = _host(ctx, as_json=json)
    found = clerk.card(_workspace(ctx), client, _day(on))
    lines = [_line_row(host, line) for line in found.lines]
    movements = [{**_entry_row(host, entry), "counts": entry.id in found.counting} for entry in found.movements]
    if host.json:
        host.show({"client": client, "budgets": lines, "movements": movements})
        return
    host.show(lines, title=f"Budgets of {client}")
    host.show(movements, title="Movements")


@app.command("plan")
def plan(
    ctx: typer.Context,
    *,
    client: ClientArgument,
    kind: KindOption,
    amount: AmountOption,
    start: FromOption,
    end: ToOption,
    area: AreaOption = "",
    group: GroupOption = "PK",
    json: JsonOption = False,
) -> None:
    """What a stay would take, beside all that is not billed yet. Ends with 1 when a budget does not reach."""
    host = _host(ctx, as_json=json)
    first, last = _parsed(read_day, start, "--from"), _parsed(read_day, end, "--to")
    if last < first:
        raise typer.BadParameter(words("the last day lies before the first"), param_hint="--to")
    stay = Use(0, (area, group, kind), first, last, last, _parsed(read_euros, amount, "--amount"))
    outcome, after = clerk.simulate(_workspace(ctx), client, stay, first)
    grant = outcome.grants.get(0)
    result = {
        "amount": _money(host, stay.amount),
        "granted": _money(host, grant.amount) if grant else _money(host, stay.amount),
        "over": _money(host, grant.over) if grant else _money(host, 0),
        "days_over": grant.days_over if grant else 0,
        "reached": grant.reached.budget if grant and grant.reached else "",
    }
    if host.json:
        host.show({**result, "budgets": [_line_row(host, line) for line in after.lines]})
    else:
        host.show(result, title=f"Planned stay of {client}")
        host.show([_line_row(host, line) for line in after.lines], title="Budgets after it")
    if grant and grant.is_over:
        raise typer.Exit(OVER)


@app.command("expiring")
def expiring(ctx: typer.Context, *, on: DayOption = "", json: JsonOption = False) -> None:
    """Budgets of which little is left, or that end soon with something left."""
    host = _host(ctx, as_json=json)
    found = clerk.about_to_run_out(_workspace(ctx), _day(on))
    _show(host, "budgets", [{"client": client, **_line_row(host, line)} for client, line in found], "About to run out")


def _line_row(host: CommandHost, line: CardLine) -> dict[str, Any]:
    return {
        "budget": line.budget,
        "from": line.window.start,
        "expires": line.expires,
        "granted": _money(host, line.granted),
        "used": _money(host, line.used),
        "planned": _money(host, line.planned),
        "rest": _money(host, line.rest),
        "available": _money(host, line.available),
        "days": line.days,
        "days_used": line.days_used,
        "days_planned": line.days_planned,
        "days_rest": line.days_rest,
    }


# --- Recalculation and splitting --------------------------------------------------------------------------------------


@recalc_app.command("report")
def recalc_report(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """Who is affected by the changes since the last confirmation, and how. Writes nothing."""
    host = _host(ctx, as_json=json)
    _show_report(host, clerk.recalculation(_workspace(ctx)), "Recalculation, not written yet")


@recalc_app.command("confirm")
def recalc_confirm(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """Write the corrective entries of the report."""
    host = _host(ctx, as_json=json)
    _show_report(host, clerk.confirm_recalculation(_workspace(ctx)), "Recalculation, written")


def _show_report(host: CommandHost, report: clerk.Report, title: str) -> None:
    rows = [
        {
            "client": one.client,
            "entry": one.entry,
            "kind": one.account[2],
            "from": one.service_from,
            "to": one.service_to,
            "before": _money(host, one.amount_before),
            "correction": _money(host, one.amount),
            "after": _money(host, one.amount_after),
            "days": one.days,
            "payer": one.payer,
        }
        for one in report.corrections
    ]
    left = [
        {"client": one.client, "left_over": _money(host, one.left_over), "left_over_days": one.left_over_days}
        for one in report.clients
        if one.left_over or one.left_over_days
    ]
    if host.json:
        host.show({"changes": report.changes, "corrections": rows, "not_ours": left})
        return
    host.show(rows, title=f"{title}: {report.changes} changes, {len(rows)} corrections")
    if left:
        host.show(left, title="Over their budget by stays elsewhere, which are not ours to correct")


@app.command("split")
def split(
    ctx: typer.Context,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Write it; without, only show it.")] = False,
    on: DayOption = "",
    json: JsonOption = False,
) -> None:
    """Bill what is over a budget to the next payer. Check again afterwards."""
    host = _host(ctx, as_json=json)
    done = clerk.split_over(_workspace(ctx), _day(on), keep=yes)
    rows = [
        {
            "item": one.number,
            "payer": one.payer,
            "bills": _money(host, one.kept),
            "next_payer": one.next_payer,
            "rest": _money(host, one.moved),
        }
        for one in done
    ]
    _show(host, "items", rows, "Split" if yes else "Would be split; write it with --yes")


# --- Hours ------------------------------------------------------------------------------------------------------------


@hours_app.command("add")
def hours_add(
    ctx: typer.Context,
    *,
    client: ClientArgument,
    kind: KindOption,
    hours: Annotated[str, typer.Option("--hours", help="Granted hours, such as 5.5.")],
    start: FromOption,
    end: ToOption,
    per: Annotated[Per, typer.Option("--per", help="What they are for.")] = Per.WEEK,
    factor: Annotated[
        str, typer.Option("--factor", help="Weeks (or days) a month; Berlin's 4.34821 (30.4375) when not given.")
    ] = "",
    applied: Annotated[bool, typer.Option("--applied", help="An extension was applied for.")] = False,
    before: Annotated[int | None, typer.Option("--before", help="Id of the grant that it goes on from.")] = None,
    json: JsonOption = False,
) -> None:
    """Enter a grant of hours."""
    host = _host(ctx, as_json=json)
    first, last = _parsed(read_day, start, "--from"), _parsed(read_day, end, "--to")
    amount = _parsed(Decimal, hours, "--hours")
    weeks = _parsed(Decimal, factor, "--factor") if factor else None
    if last < first or amount <= 0:
        raise typer.BadParameter(
            words("a grant has hours above zero, and ends after it begins"), param_hint="--hours, --to"
        )
    with clerk.writing(_workspace(ctx)) as desk:
        grant = add_grant(desk.connection, HoursGrant(client, kind, amount, per, first, last, weeks, applied, before))
    _show(host, "grants", [_grant_row(grant)], "Entered")


@hours_app.command("list")
def hours_list(
    ctx: typer.Context,
    *,
    client: Annotated[str | None, typer.Argument(help="Your own number of the client; all when not given.")] = None,
    on: DayOption = "",
    json: JsonOption = False,
) -> None:
    """Show the grants, with what is to be done about them."""
    host = _host(ctx, as_json=json)
    with _workspace(ctx).database.read() as connection:
        grants = grants_of(reader(connection), client)
    by_client: dict[str, list[HoursGrant]] = {}
    for grant in grants:
        by_client.setdefault(grant.client, []).append(grant)
    today = _day(on)
    rows = [
        {**_grant_row(grant), "to_do": told.value if told else ""}
        for grant in grants
        for told in (warning(by_client[grant.client], grant.kind, today),)
    ]
    _show(host, "grants", rows, "Grants of hours")


@hours_app.command("month")
def hours_month(ctx: typer.Context, *, client: ClientArgument, month: MonthOption, json: JsonOption = False) -> None:
    """How the hours of a month stand: granted, used, planned, rest, and the traffic light."""
    host = _host(ctx, as_json=json)
    day = _parsed(read_day, f"{month}-01", "--month")
    found = clerk.hours_month(_workspace(ctx), client, day, _day(""))
    rows = [
        {
            "kind": kind,
            "granted": _hours(one.granted),
            "used": _hours(one.used),
            "planned": _hours(one.planned),
            "rest": _hours(one.rest),
            "light": one.light.value,
        }
        for kind, one in found
    ]
    _show(host, "months", rows, f"Hours of {client} in {month}")


def _hours(minutes: int) -> Decimal:
    return (Decimal(minutes) / 60).quantize(Decimal("0.01"))


def _grant_row(grant: HoursGrant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "client": grant.client,
        "kind": grant.kind,
        "hours": grant.hours,
        "per": grant.per.value,
        "from": grant.valid_from,
        "to": grant.valid_to,
        "hours_a_month": _hours(grant.minutes_a_month),
    }


# --- Papers -----------------------------------------------------------------------------------------------------------


OutOption = Annotated[Path | None, typer.Option("--out", help="The PDF file; in the out folder when not given.")]


@app.command("notice")
def notice(ctx: typer.Context, *, client: ClientArgument, month: MonthOption, out: OutOption = None) -> None:
    """The notice to the fund (§ 42a Abs. 2 SGB XI) as PDF."""
    _paper(ctx, Kind.NOTICE, client, month, out)


@app.command("letter")
def letter(ctx: typer.Context, *, client: ClientArgument, month: MonthOption, out: OutOption = None) -> None:
    """The overview for the client (§ 42a Abs. 3 SGB XI) as PDF."""
    _paper(ctx, Kind.OVERVIEW, client, month, out)


def _paper(ctx: typer.Context, kind: Kind, client: str, month: str, out: Path | None) -> None:
    workspace = _workspace(ctx)
    day = _parsed(read_day, f"{month}-01", "--month")
    # The client's number may hold any character; a file name may not.
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in client)
    target = out or workspace.out_dir / "budget" / f"{kind.value}-{safe}-{month}.pdf"
    try:
        paper = compose(workspace, kind, client, day, _day(""))
    except UnknownThing as error:
        typer.echo(f"billhook: {error}", err=True)
        raise typer.Exit(OVER) from None
    from billhook_forcare_budget.drawing import write_pdf  # noqa: PLC0415  # takes longer to import than to draw

    write_pdf(paper, target)
    _host(ctx).show({"file": target, "subject": paper.subject})
