"""The commands `billhook p302 payers …`: import payer files, look into them, ask for a route.

Exit codes: 0 done, 1 no route or nothing found, 2 wrong command line, 3 a file was refused and nothing changed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from billhook.language import say, say_finding
from billhook.model import Finding
from billhook.scheme import CommandHost
from billhook.words import words
from billhook_p302.payers.editions import update_due
from billhook_p302.payers.importing import FileReport, ImportReport, Option, Result, import_files
from billhook_p302.payers.keys import (
    ADDRESS_KINDS,
    CODES_FROM,
    DELIVERIES,
    FUND_KINDS,
    MEDIA,
    PROTOCOLS,
    STATES,
    SUPPORTED_PROCEDURES,
    LinkKind,
    codes_on,
)
from billhook_p302.payers.loading import ConnectionView, HistoryEntry, history, kept_findings, load_directory
from billhook_p302.payers.model import Channel, Link, Office
from billhook_p302.payers.routing import PayerDirectory, Route, RouteProblem

NOTHING_FOUND = 1
FILE_REFUSED = 3

app = typer.Typer(
    name="payers", no_args_is_help=True, help="The directory of payers (Kostenträgerdatei): import, look up, route."
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
DateOption = Annotated[str, typer.Option("--date", help="The day it is about, such as 2025-11-01 (default: today).")]
ProcedureOption = Annotated[str, typer.Option("--procedure", help="05 other providers (§302), 06 care.")]


@app.command("import")
def import_command(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Kostenträgerdateien, such as AO05Q425.ke0.")],
    *,
    replace_all: Annotated[
        bool,
        typer.Option(
            "--replace-all", help="Take away all other files of the procedure (Alte Datei löschen, neue hinzufügen)."
        ),
    ] = False,
    warnings: Annotated[bool, typer.Option("--warnings", help="List every warning, not only how many.")] = False,
    encoding: Annotated[
        str, typer.Option("--encoding", help="Character set of the files: iso-8859-1 or utf-8.")
    ] = "iso-8859-1",
    as_json: JsonOption = False,
) -> None:
    """Import payer files, all or none; files that are there already stay unless --replace-all is given."""
    if encoding.lower() not in ("iso-8859-1", "latin-1", "utf-8"):
        raise typer.BadParameter(words("choose iso-8859-1 or utf-8"), param_hint="--encoding")
    host = _host(ctx)
    report = import_files(
        host.workspace().database,
        files,
        now=datetime.now(UTC),
        option=Option.REPLACE if replace_all else Option.KEEP,
        encoding="utf-8" if encoding.lower() == "utf-8" else "iso-8859-1",
    )
    if _wants_json(host, as_json=as_json):
        _print_json(_report_data(report))
    else:
        _print_report(host, report, everything=warnings)
    if report.refused:
        raise typer.Exit(FILE_REFUSED)


@app.command("list")
def list_command(
    ctx: typer.Context,
    *,
    search: Annotated[
        str, typer.Option("--search", help="Payers whose name has this text, or whose IK begins so.")
    ] = "",
    show_history: Annotated[bool, typer.Option("--history", help="Every import there ever was.")] = False,
    warnings: Annotated[int | None, typer.Option("--warnings", help="All warnings of the import with this id.")] = None,
    on: DateOption = "",
    procedure: ProcedureOption = "05",
    as_json: JsonOption = False,
) -> None:
    """Which files are imported and which want a newer one; or payers by name; or the import history."""
    host = _host(ctx)
    day, as_json = _day(on), _wants_json(host, as_json=as_json)
    with host.workspace().database.read() as connection:
        view = ConnectionView(connection)
        imports = history(view)
        if warnings is not None:
            findings = kept_findings(view, warnings)
            if not any(entry.id == warnings for entry in imports):
                _fail(f"There is no import {warnings}; see: billhook p302 payers list --history", as_json=as_json)
            _print_findings(host, findings, as_json=as_json)
        elif search:
            directory = load_directory(view, day, procedure=_procedure(procedure))
            rows = [_office_row(fund_kind, office, day) for fund_kind, office in directory.find(search)]
            _print_rows(host, rows, as_json=as_json)
            if not rows:
                raise typer.Exit(NOTHING_FOUND)
        else:
            due = list(update_due((entry.edition for entry in imports if entry.active), day))
            rows = [_history_row(entry) for entry in imports if show_history or entry.active]
            if as_json:
                _print_json(
                    {"history" if show_history else "files": rows, "due": [_finding_data(each) for each in due]}
                )
                return
            host.show(rows, title=words("Imported payer files"), columns=_HISTORY_COLUMNS)
            for each in due:
                _tell(each)


@app.command("show")
def show_command(
    ctx: typer.Context,
    ik: Annotated[str, typer.Argument(help="An Institutionskennzeichen.")],
    *,
    on: DateOption = "",
    procedure: ProcedureOption = "05",
    as_json: JsonOption = False,
) -> None:
    """All that the files say about an IK."""
    host = _host(ctx)
    day, as_json = _day(on), _wants_json(host, as_json=as_json)
    directory = _directory(host, day, procedure)
    found = [(fund, office) for fund, office in directory.find(ik) if office.ik == ik]
    if not found:
        _fail(f"No payer file of procedure {procedure} in force on {day} knows IK {ik}.", as_json=as_json)
    if as_json:
        _print_json([_office_data(fund, office, directory, day) for fund, office in found])
        return
    for fund, office in found:
        _print_office(host, fund, office, directory, day)


@app.command("route")
def route_command(
    ctx: typer.Context,
    card_ik: Annotated[str, typer.Argument(help="The IK on the insurance card.")],
    *,
    code: Annotated[
        str, typer.Option("--code", help="Accounting code (Abrechnungscode); default: the provider's.")
    ] = "",
    state: Annotated[str, typer.Option("--state", help="Bundesland 01 to 16; default: the provider's.")] = "",
    kv: Annotated[str, typer.Option("--kv", help="KV-Bezirk: 20 Westfalen-Lippe, 38 Nordrhein.")] = "",
    on: DateOption = "",
    procedure: ProcedureOption = "05",
    as_json: JsonOption = False,
) -> None:
    """To whom a card's items go: payer, data centre, receiver, paper office."""
    host = _host(ctx)
    as_json = _wants_json(host, as_json=as_json)
    if not code or not state:
        provider = _only_provider(host)
        code = code or provider.accounting_code
        if not state:
            state, kv = provider.state, kv or provider.kv_district
    day = _day(on)
    if code not in codes_on(day):
        if code in CODES_FROM:
            message = words("there is no accounting code {code} before {day}", code=code, day=CODES_FROM[code])
        else:
            message = words("there is no accounting code {code}", code=code)
        raise typer.BadParameter(message, param_hint="--code")
    if state not in STATES:
        raise typer.BadParameter(words("there is no state {state}; take 01 to 16", state=state), param_hint="--state")
    directory = _directory(host, day, procedure)
    try:
        route = directory.route(card_ik, code, state=state, kv_district=kv)
    except RouteProblem as problem:
        if as_json:
            partial = _route_data(problem.partial) if problem.partial else {}
            _print_json({**partial, "problem": _finding_data(problem.finding)})
        else:
            finding = say_finding(problem.finding)
            typer.echo(f"{finding.code}: {finding.message}\n{finding.mend}", err=True)
        raise typer.Exit(NOTHING_FOUND) from None
    data = _route_data(route)
    if as_json:
        _print_json(data)
        return
    host.show(_route_rows(route, directory), title=f"Route of card {card_ik}")
    for step in route.trail:
        typer.echo(f"  {step}")
    for warning in route.warnings:
        _tell(warning)


# --- What commands share -------------------------------------------------------------------------------------------


def _host(ctx: typer.Context) -> CommandHost:
    host: CommandHost = ctx.find_root().obj
    return host


def _tell(finding: Finding) -> None:
    said = say_finding(finding)
    typer.echo(f"{said.severity.value} {said.code}: {said.message} {said.mend}")


def _wants_json(host: CommandHost, *, as_json: bool) -> bool:
    return as_json or host.json


def _print_json(data: Any) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _fail(message: str, *, as_json: bool) -> NoReturn:
    if as_json:
        _print_json({"problem": {"message": message}})
    else:
        typer.echo(message, err=True)
    raise typer.Exit(NOTHING_FOUND)


def _day(text: str) -> date:
    if not text:
        return datetime.now(UTC).astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = words("{text} is no day; write it as 2025-11-01", text=text)
        raise typer.BadParameter(message, param_hint="--date") from None


def _procedure(text: str) -> str:
    if text not in SUPPORTED_PROCEDURES:
        raise typer.BadParameter(words("take 05 or 06"), param_hint="--procedure")
    return text


def _directory(host: CommandHost, day: date, procedure: str) -> PayerDirectory:
    wanted = _procedure(procedure)
    with host.workspace().database.read() as connection:
        return load_directory(ConnectionView(connection), day, procedure=wanted)


def _only_provider(host: CommandHost) -> Any:
    """The provider whose code and state hold when none are given; there must be just one."""
    providers = host.workspace().settings("p302").providers
    if len(providers) != 1:
        raise typer.BadParameter(words("there are several providers in billhook.toml; say --code and --state"))
    return providers[0]


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "mend": finding.mend,
        "source": finding.source,
        "value": finding.value,
        "file": finding.file,
        "line": finding.line,
        "tag": finding.tag,
    }


def _print_rows(host: CommandHost, rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        _print_json(rows)
    else:
        host.show(rows)


def _print_findings(host: CommandHost, findings: Iterable[Finding], *, as_json: bool) -> None:
    if as_json:
        _print_json([_finding_data(each) for each in findings])
        return
    rows = [
        {"file": each.file, "line": each.line, "code": each.code, "message": say_finding(each).message}
        for each in findings
    ]
    host.show(rows, columns=("file", "line", "code", "message"))


# --- import ----------------------------------------------------------------------------------------------------------


def _report_data(report: ImportReport) -> dict[str, Any]:
    return {
        "refused": report.refused,
        "unchanged": report.unchanged,
        "option": report.option.value,
        "retired": [edition.name for edition in report.retired],
        "files": [
            {
                "name": file.name,
                "result": file.result.value,
                "id": file.file_id,
                "sha256": file.sha256,
                "edition": file.edition.name if file.edition else None,
                "valid_from": file.edition.start.isoformat() if file.edition else None,
                "messages": file.messages,
                "links": file.links,
                "warnings": file.warnings,
                "findings": [_finding_data(each) for each in file.findings],
            }
            for file in report.files
        ],
    }


def _print_report(host: CommandHost, report: ImportReport, *, everything: bool) -> None:
    if report.refused:
        for file in report.files:
            for finding in file.findings:
                if finding.is_error:
                    where = f"{file.name}:{finding.line}" if finding.line else file.name
                    said = say_finding(finding)
                    typer.echo(f"{where}: {said.code} {said.message}\n  {said.mend}", err=True)
        typer.echo(say(words("Refused; nothing was changed.")), err=True)
        return
    host.show([_file_row(file) for file in report.files], title=words("Payer files"))
    findings = [finding for file in report.files if file.result is Result.IMPORTED for finding in file.findings]
    if everything:
        _print_findings(host, findings, as_json=False)
    elif findings:
        host.show(_summary(findings), title=words("What was odd in them (all of it: --warnings)"))
    if report.retired:
        typer.echo(
            say(words("No longer routing: {names}", names=", ".join(edition.name for edition in report.retired)))
        )
    if report.unchanged:
        typer.echo(say(words("All of this was imported before; nothing was changed.")))


def _file_row(file: FileReport) -> dict[str, Any]:
    result = "was there already" if file.result is Result.UNCHANGED else file.result.value
    return {
        "id": file.file_id,
        "file": file.name,
        "result": result,
        "what": file.edition.title if file.edition else "",
        "messages": file.messages,
        "links": file.links,
        "warnings": file.warnings,
    }


def _summary(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """One row a code: how often, and the first of them."""
    counts = Counter(finding.code for finding in findings)
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.code, finding)
    return [
        {
            "code": code,
            "times": counts[code],
            "first": f"{finding.file}:{finding.line}" if finding.line else finding.file,
            "message": finding.message,
        }
        for code, finding in sorted(first.items())
    ]


# --- list ------------------------------------------------------------------------------------------------------------

_HISTORY_COLUMNS = (
    "id",
    "imported",
    "file",
    "fund_kind",
    "procedure",
    "valid_from",
    "messages",
    "links",
    "warnings",
    "state",
)


def _history_row(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "imported": f"{entry.imported_at.astimezone():%Y-%m-%d %H:%M}",
        "file": entry.name,
        "edition": entry.edition.name,
        "sha256": entry.sha256,
        "fund_kind": entry.edition.fund_kind,
        "procedure": entry.edition.procedure,
        "valid_from": entry.edition.start.isoformat(),
        "supplement": entry.edition.supplement,
        "option": entry.option,
        "messages": entry.messages,
        "links": entry.links,
        "warnings": entry.warnings,
        "state": "routes" if entry.active else _gone(entry),
    }


def _gone(entry: HistoryEntry) -> str:
    by = f" by {entry.retired_by}" if entry.retired_by else ""
    return f"replaced{by}"


def _office_row(fund_kind: str, office: Office, day: date) -> dict[str, Any]:
    payer = next((link.partner for link in office.links if link.kind == LinkKind.PAYER), "")
    return {
        "ik": office.ik,
        "name": office.name,
        "fund_kind": fund_kind,
        "payer": payer,
        "email": office.email(day),
    }


# --- show ------------------------------------------------------------------------------------------------------------

_LINK_WORDS = {
    LinkKind.PAYER: "payer",
    LinkKind.RELAY: "data, relay",
    LinkKind.DATA_CENTRE: "data, decrypts",
    LinkKind.PAPER: "paper",
}


def _office_data(fund_kind: str, office: Office, directory: PayerDirectory, day: date) -> dict[str, Any]:
    return {
        "ik": office.ik,
        "fund_kind": fund_kind,
        "name": office.name,
        "short_name": office.short_name,
        "insurer_number": office.insurer_number,
        "mark": office.mark,
        "valid_from": office.valid.start.isoformat() if office.valid.start else None,
        "valid_to": office.valid.end.isoformat() if office.valid.end else None,
        "email": office.email(day),
        "addresses": [
            {
                "kind": ADDRESS_KINDS.get(each.kind, each.kind),
                "street": each.street,
                "postal_code": each.postal_code,
                "city": each.city,
            }
            for each in office.addresses
        ],
        "contacts": [
            {"name": each.name, "subject": each.subject, "phone": each.phone, "fax": each.fax}
            for each in office.contacts
        ],
        "links": [_link_row(link, directory, fund_kind) for link in office.links],
        "channels": [_channel_row(way) for way in office.channels],
    }


def _link_row(link: Link, directory: PayerDirectory, fund_kind: str) -> dict[str, Any]:
    partner = directory.office(link.partner, fund_kind)
    kind = LinkKind(link.kind) if link.kind in set(LinkKind) else None
    return {
        "link": _LINK_WORDS[kind] if kind else link.kind,
        "to": link.partner,
        "name": partner.name if partner else "",
        "delivery": DELIVERIES.get(link.delivery, link.delivery),
        "code": link.code,
        "state": STATES.get(link.state, link.state),
        "kv": link.kv_district,
        "medium": MEDIA.get(link.medium, link.medium),
        "line": link.line,
    }


def _channel_row(way: Channel) -> dict[str, Any]:
    return {
        "medium": MEDIA.get(way.medium, way.medium),
        "protocol": PROTOCOLS.get(way.protocol, way.protocol),
        "address": way.address,
        "charset": way.charset,
        "line": way.line,
    }


def _print_office(host: CommandHost, fund_kind: str, office: Office, directory: PayerDirectory, day: date) -> None:
    facts = {
        "IK": office.ik,
        "name": office.name,
        "fund kind": FUND_KINDS[fund_kind],
        "valid": str(office.valid),
        "e-mail": office.email(day),
    }
    for address in office.addresses:
        kind = ADDRESS_KINDS.get(address.kind, address.kind)
        facts[f"address ({kind})"] = f"{address.street}, {address.postal_code} {address.city}".removeprefix(", ")
    for contact in office.contacts:
        facts[f"contact {contact.number}"] = ", ".join(
            text for text in (contact.name, contact.subject, contact.phone) if text
        )
    host.show(facts, title=f"{office.ik} {office.name}")
    if office.links:
        host.show([_link_row(link, directory, fund_kind) for link in office.links], title="Links")
    if office.channels:
        host.show([_channel_row(way) for way in office.channels], title="Ways to send")


# --- route -----------------------------------------------------------------------------------------------------------


def _route_data(route: Route) -> dict[str, Any]:
    return {
        "card_ik": route.card_ik,
        "payer": route.payer,
        "payer_name": route.payer_name,
        "fund_kind": route.fund_kind,
        "data_centre": route.data_centre,
        "data_centre_name": route.data_centre_name,
        "physical_receiver": route.physical_receiver,
        "physical_receiver_name": route.physical_receiver_name,
        "email": route.email,
        "charsets": list(route.charsets),
        "channels": [_channel_row(way) for way in route.channels],
        "paper_office": route.paper_office,
        "paper_office_name": route.paper_office_name,
        "paper_office_machine": route.paper_office_machine,
        "trail": list(route.trail),
        "warnings": [_finding_data(each) for each in route.warnings],
    }


def _route_rows(route: Route, directory: PayerDirectory) -> list[dict[str, str]]:
    machine = directory.office(route.paper_office_machine, route.fund_kind) if route.paper_office_machine else None
    return [
        {"what": "payer (Kostenträger)", "ik": route.payer, "name": route.payer_name},
        {"what": "encrypt for (Datenannahmestelle)", "ik": route.data_centre, "name": route.data_centre_name},
        {"what": "send to", "ik": route.physical_receiver, "name": route.physical_receiver_name},
        {"what": "by e-mail", "ik": "", "name": route.email},
        {"what": "papers to (Papierannahmestelle)", "ik": route.paper_office, "name": route.paper_office_name},
        {
            "what": "machine-readable vouchers to",
            "ik": route.paper_office_machine,
            "name": machine.name if machine else "",
        },
    ]
