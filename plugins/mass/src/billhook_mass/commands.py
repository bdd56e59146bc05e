"""The commands `billhook mass …`.

Exit codes: 0 done, 1 there is something to look at, 2 wrong command line, 3 refused and nothing changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo

import typer

from billhook.billing.problems import UnreadableFile
from billhook.language import say, say_finding
from billhook.model import Finding
from billhook.money import format_cents
from billhook.scheme import CommandHost
from billhook.store import Workspace
from billhook.words import said, words
from billhook_mass import months, outbox, phasing, registering
from billhook_mass.advice_commands import advice_app, reasons_app
from billhook_mass.outbox import OutboxFile
from billhook_mass.profile_commands import profile_app
from billhook_mass.registering import Book, Entered
from billhook_mass.registers import Phase
from billhook_mass.report_commands import report_app

FINDINGS = 1
REFUSED = 3
SHOWN = 50
"""Findings that are printed; --json has all of them."""

app = typer.Typer(no_args_is_help=True, help="MASS: grants, rates, absences, months, phases, outbox, payment advice.")
app.add_typer(profile_app, name="profile")
app.add_typer(advice_app, name="advice")
app.add_typer(reasons_app, name="reasons")
app.add_typer(report_app, name="report")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
FileArgument = Annotated[Path, typer.Argument(help="CSV with headings in German or English.")]
ClientOption = Annotated[str, typer.Option("--client", help="Only this person, by your own number.")]
FacilityOption = Annotated[str, typer.Option("--facility", help="Only this facility.")]
ExchangeArgument = Annotated[str, typer.Argument(help="Number of the exchange, or name of its file.")]
NoteOption = Annotated[str, typer.Option("--note", help="What else is to be kept.")]
AtOption = Annotated[str, typer.Option("--at", help="When, such as 2026-04-02T09:30 (default: now).")]
ReceiptOption = Annotated[str, typer.Option("--receipt", help="The portal's own number.")]


class PortalWord(StrEnum):
    """What the portal says of a file."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


def _host(ctx: typer.Context, *, json: bool = False) -> CommandHost:
    host = cast(Any, ctx.find_root().obj)
    host.json = host.json or json
    return cast(CommandHost, host)


def _workspace(ctx: typer.Context) -> Workspace:
    return cast(Workspace, _host(ctx).workspace())


def _say(ctx: typer.Context, text: str) -> None:
    cast(Any, ctx.find_root().obj).out.line(text)


def _day(text: str, option: str) -> date:
    if not text:
        return datetime.now(UTC).astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong = words("{value} is no day; write YYYY-MM-DD", value=repr(text))
        raise typer.BadParameter(say(wrong), param_hint=option) from None


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        wrong = words("{value} is no moment; write 2026-04-02T09:30", value=repr(text))
        raise typer.BadParameter(say(wrong), param_hint="--at") from None
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo("Europe/Berlin"))


@contextmanager
def _refusing(ctx: typer.Context) -> Iterator[None]:
    """What is refused is told in one sentence."""
    try:
        yield
    except UnreadableFile as problem:
        _say(ctx, said(problem))
        raise typer.Exit(REFUSED) from None


def _finding(finding: Finding) -> dict[str, Any]:
    one = say_finding(finding)
    return {
        "code": one.code, "severity": one.severity.value, "file": one.file, "line": one.line, "field": one.field,
        "value": one.value, "message": one.message, "mend": one.mend,
    }  # fmt: skip


def _tell(ctx: typer.Context, findings: Sequence[Finding]) -> None:
    for one in map(say_finding, findings[:SHOWN]):
        where = f"{one.file}:{one.line}: " if one.file and one.line else f"{one.field}: " if one.field else ""
        _say(ctx, f"{where}{one.message} ({one.code}) {one.mend}")
    if len(findings) > SHOWN:
        _say(ctx, words("… and {count} more; --json has all of them", count=len(findings) - SHOWN))


# --- Grants, rates, stays, absences -----------------------------------------------------------------------------------


def _import(ctx: typer.Context, book: Book, file: Path, *, json: bool) -> None:
    host = _host(ctx, json=json)
    with _refusing(ctx):
        done = registering.import_book(_workspace(ctx), book, file)
    if host.json:
        host.show({**_counts(done), "findings": [_finding(one) for one in done.findings]})
    else:
        _tell(ctx, done.findings)
        _say(ctx, _summary(done))
    if done.refused:
        raise typer.Exit(REFUSED)


def _counts(done: Entered) -> dict[str, Any]:
    return {
        "book": done.book.value, "file": done.file, "stored": not done.refused, "read": done.read, "added": done.added,
        "changed": done.changed, "unchanged": done.unchanged,
    }  # fmt: skip


def _summary(done: Entered) -> str:
    if done.refused:
        return words("{file} was refused; nothing was changed.", file=done.file)
    return words(
        "{file}: {added} added, {changed} changed, {unchanged} unchanged.",
        file=done.file, added=done.added, changed=done.changed, unchanged=done.unchanged,
    )  # fmt: skip


def _list(ctx: typer.Context, book: Book, *, client: str, facility: str, json: bool) -> None:
    host = _host(ctx, json=json)
    rows = registering.rows_of(_workspace(ctx), book, client=client, facility=facility)
    host.show({book.value: rows} if host.json else rows, title=book.value)


grants_app = typer.Typer(no_args_is_help=True, help="Grants (Kostenzusagen): what a payer pays for a person.")
rates_app = typer.Typer(no_args_is_help=True, help="Rates that were agreed for the services of a facility.")
stays_app = typer.Typer(no_args_is_help=True, help="Occupancy (Belegung): who lives or works where, since when.")
absences_app = typer.Typer(no_args_is_help=True, help="Absences: hospital, leave, cure.")
app.add_typer(grants_app, name="grants")
app.add_typer(rates_app, name="rates")
app.add_typer(stays_app, name="stays")
app.add_typer(absences_app, name="absences")


@grants_app.command("import")
def grants_import(ctx: typer.Context, file: FileArgument, json: JsonOption = False) -> None:
    """Enter grants from a CSV, all rows or none; persons that it names become master records."""
    _import(ctx, Book.GRANTS, file, json=json)


@grants_app.command("list")
def grants_list(
    ctx: typer.Context, client: ClientOption = "", facility: FacilityOption = "", json: JsonOption = False
) -> None:
    """List the grants."""
    _list(ctx, Book.GRANTS, client=client, facility=facility, json=json)


@grants_app.command("show")
def grants_show(
    ctx: typer.Context,
    client: Annotated[str, typer.Argument(help="Your own number of the person.")],
    json: JsonOption = False,
) -> None:
    """Show everything that is entered for a person: grants, stays, absences."""
    host = _host(ctx, json=json)
    found = {
        book.value: registering.rows_of(_workspace(ctx), book, client=client)
        for book in (Book.GRANTS, Book.STAYS, Book.ABSENCES)
    }
    if host.json:
        host.show(found)
    else:
        for name, rows in found.items():
            host.show(rows, title=name)
    if not any(found.values()):
        raise typer.Exit(FINDINGS)


@rates_app.command("import")
def rates_import(ctx: typer.Context, file: FileArgument, json: JsonOption = False) -> None:
    """Enter agreed rates from a CSV, all rows or none."""
    _import(ctx, Book.RATES, file, json=json)


@rates_app.command("list")
def rates_list(ctx: typer.Context, facility: FacilityOption = "", json: JsonOption = False) -> None:
    """List the rates."""
    _list(ctx, Book.RATES, client="", facility=facility, json=json)


@stays_app.command("import")
def stays_import(ctx: typer.Context, file: FileArgument, json: JsonOption = False) -> None:
    """Enter occupancy from a CSV, all rows or none."""
    _import(ctx, Book.STAYS, file, json=json)


@stays_app.command("list")
def stays_list(
    ctx: typer.Context, client: ClientOption = "", facility: FacilityOption = "", json: JsonOption = False
) -> None:
    """List the stays."""
    _list(ctx, Book.STAYS, client=client, facility=facility, json=json)


@absences_app.command("import")
def absences_import(ctx: typer.Context, file: FileArgument, json: JsonOption = False) -> None:
    """Enter absences from a CSV, all rows or none."""
    _import(ctx, Book.ABSENCES, file, json=json)


@absences_app.command("list")
def absences_list(
    ctx: typer.Context, client: ClientOption = "", facility: FacilityOption = "", json: JsonOption = False
) -> None:
    """List the absences."""
    _list(ctx, Book.ABSENCES, client=client, facility=facility, json=json)


# --- A month ----------------------------------------------------------------------------------------------------------


@app.command("month")
def month_(
    ctx: typer.Context,
    month: Annotated[str, typer.Argument(help="Month of service, such as 2026-03.")],
    facility: Annotated[list[str], typer.Option("--facility", help="Facility; may be given several times.")],
    json: JsonOption = False,
) -> None:
    """Build a month's items from occupancy, absences, grants and rates. Building it again changes only what changed."""
    host = _host(ctx, json=json)
    built = [months.build_month(_workspace(ctx), month, one) for one in facility]
    findings = [finding for one in built for finding in (*one.imported.findings, *one.findings)]
    if host.json:
        host.show({
            "months": [
                {
                    "month": one.month, "facility": one.facility, "lines": one.lines, "added": one.imported.added,
                    "updated": one.imported.updated, "unchanged": one.imported.unchanged, "rejected": one.imported.rejected,
                }
                for one in built
            ],
            "findings": [_finding(one) for one in findings],
        })  # fmt: skip
    else:
        _tell(ctx, findings)
        for one in built:
            done = one.imported
            where = {"facility": one.facility, "month": one.month, "lines": one.lines}
            _say(ctx, words(
                "{facility} {month}: {lines} lines; {added} added, {updated} updated, {unchanged} unchanged, {rejected} refused.",
                **where, added=done.added, updated=done.updated, unchanged=done.unchanged, rejected=done.rejected,
            ))  # fmt: skip
    if findings:
        raise typer.Exit(FINDINGS)


# --- Phases -----------------------------------------------------------------------------------------------------------

phase_app = typer.Typer(no_args_is_help=True, help="Phases of the introduction, per payer and facility.")
app.add_typer(phase_app, name="phase")


@phase_app.command("show")
def phase_show(
    ctx: typer.Context,
    day: Annotated[str, typer.Option("--date", help="The day it is about (default: today).")] = "",
    json: JsonOption = False,
) -> None:
    """Show the phase of every facility, and what was entered."""
    host = _host(ctx, json=json)
    workspace = _workspace(ctx)
    now = [
        {"payer": payer, "facility": facility, "phase": phase.value}
        for payer, facility, phase in phasing.current(workspace, _day(day, "--date"))
    ]
    entered = [
        {**asdict(row), "phase": row.phase.value, "valid_from": row.valid_from.isoformat()}
        for row in phasing.phases(workspace)
    ]
    if host.json:
        host.show({"phases": now, "entered": entered})
    else:
        host.show(now, title="Phases")
        host.show(entered, title="Entered")


@phase_app.command("set")
def phase_set(
    ctx: typer.Context,
    payer: Annotated[str, typer.Argument(help="Key of the payer, such as lwl.")],
    facility: Annotated[str, typer.Argument(help="Your own number of the facility.")],
    phase: Annotated[Phase, typer.Argument(help="candidate, unlocked, pilot, live, suspended.")],
    start: Annotated[str, typer.Option("--from", help="First day of the phase, such as 2026-04-01.")],
    document: Annotated[str, typer.Option("--document", help="The payer's release; live needs it.")] = "",
    note: NoteOption = "",
    json: JsonOption = False,
) -> None:
    """Enter from which day a facility is in which phase."""
    host = _host(ctx, json=json)
    row = _done(
        ctx,
        lambda: phasing.set_phase(
            _workspace(ctx), payer, facility, phase, _day(start, "--from"), document=document, note=note
        ),
    )
    host.show({**asdict(row), "phase": row.phase.value, "valid_from": row.valid_from.isoformat()}, title="Entered")


def _done(ctx: typer.Context, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except phasing.PhaseRefused as refused:
        _say(ctx, said(refused))
        raise typer.Exit(REFUSED) from None


# --- Outbox -----------------------------------------------------------------------------------------------------------

outbox_app = typer.Typer(no_args_is_help=True, help="Files that a person uploads to the portal.")
app.add_typer(outbox_app, name="outbox")


def _row(file: OutboxFile) -> dict[str, Any]:
    return {
        "exchange": file.exchange, "file": file.name, "payer": file.key.payer, "facility": file.key.facility,
        "month": file.key.month, "phase": file.key.phase, "kind": file.key.kind, "invoices": file.invoices, "lines": file.lines,
        "total": file.total, "stage": file.stage, "state": file.state, "paper": file.paper, "sha256": file.sha256,
        "size": file.size, "events": [asdict(event) for event in file.events],
    }  # fmt: skip


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    hidden = ("sha256", "size", "events", "kind")
    return {**{name: value for name, value in row.items() if name not in hidden}, "total": format_cents(row["total"])}


@outbox_app.command("list")
def outbox_list(
    ctx: typer.Context,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what nobody uploaded yet.")] = False,
    json: JsonOption = False,
) -> None:
    """List the files for the portal."""
    host = _host(ctx, json=json)
    rows = [_row(file) for file in outbox.outbox(_workspace(ctx), waiting=waiting)]
    host.show({"outbox": rows} if host.json else [_shown(row) for row in rows], title="Outbox")


@outbox_app.command("show")
def outbox_show(ctx: typer.Context, exchange: ExchangeArgument, json: JsonOption = False) -> None:
    """Show a file with its checksum, its checklist and what happened to it."""
    host = _host(ctx, json=json)
    found = outbox.sheet(_workspace(ctx), exchange)
    row = _row(found.file)
    checklist = [{"what": one.what, "done": one.done} for one in found.checklist]
    if host.json:
        host.show({**row, "checklist": checklist, "findings": [_finding(one) for one in found.findings]})
    else:
        host.show({**_shown(row), "sha256": row["sha256"]}, title=found.file.name)
        for one in found.checklist:
            _say(ctx, f"[{'x' if one.done else ' ' if one.done is None else '!'}] {say(one.what)}")
        for event in found.file.events:
            _say(ctx, f"{event.happened} {event.event} by {event.actor} {event.reference} {event.note}".rstrip())
        _tell(ctx, found.findings)
    if found.findings:
        raise typer.Exit(FINDINGS)


@outbox_app.command("uploaded")
def outbox_uploaded(
    ctx: typer.Context,
    exchange: ExchangeArgument,
    at: AtOption = "",
    receipt: ReceiptOption = "",
    note: NoteOption = "",
    json: JsonOption = False,
) -> None:
    """Enter that you uploaded a file. For a live facility it is owed from now on."""
    host = _host(ctx, json=json)
    file = outbox.uploaded(_workspace(ctx), exchange, happened=_moment(at), receipt=receipt, note=note)
    host.show(_row(file) if host.json else _shown(_row(file)), title=file.name)


@outbox_app.command("result")
def outbox_result(
    ctx: typer.Context,
    exchange: Annotated[
        str, typer.Argument(help="Number of the exchange, or name of its file; none with --file.")
    ] = "",
    verdict: Annotated[PortalWord | None, typer.Argument(help="accepted or rejected; none with --file.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A result that another program wrote down (JSON).")
    ] = None,
    at: AtOption = "",
    receipt: ReceiptOption = "",
    note: NoteOption = "",
    json: JsonOption = False,
) -> None:
    """Enter what the portal said of a file: by hand, or from a file."""
    host = _host(ctx, json=json)
    with _refusing(ctx):
        if file is not None:
            found = outbox.result_file(_workspace(ctx), file)
        elif exchange and verdict is not None:
            word = "accepted" if verdict is PortalWord.ACCEPTED else "rejected"
            found = outbox.result(
                _workspace(ctx), exchange, cast(Any, word), happened=_moment(at), receipt=receipt, note=note
            )
        else:
            raise typer.BadParameter(say(words("say which file and accepted or rejected, or give --file")))
    host.show(_row(found) if host.json else _shown(_row(found)), title=found.name)
    if found.stage == outbox.REJECTED:
        if not host.json:
            _say(
                ctx,
                words(
                    "Rejected. Mend what is wrong, billhook check, then billhook resend {exchange}.",
                    exchange=found.exchange,
                )
                if found.state == "refused"
                else words(
                    "Rejected. In the pilot phase the paper counts; tell the payer what is wrong with the file."
                ),
            )
        raise typer.Exit(FINDINGS)


@app.command("paper")
def paper_(
    ctx: typer.Context,
    exchange: ExchangeArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder for the PDFs.")],
    json: JsonOption = False,
) -> None:
    """Lay out the paper invoices of a pilot file, to print them. A live facility has none."""
    host = _host(ctx, json=json)
    paths = outbox.paper(_workspace(ctx), exchange, out)
    host.show(
        {"files": [str(path) for path in paths]} if host.json else [{"file": str(path)} for path in paths],
        title="Paper",
    )
