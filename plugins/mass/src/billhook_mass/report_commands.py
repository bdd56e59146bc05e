"""`billhook mass report`: what is open, what was cut, where advice and invoice differ, how a pilot compares."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from billhook.money import format_cents
from billhook_mass import reports
from billhook_mass.sheets import Cents, Sheet, as_csv, as_pdf

report_app = typer.Typer(no_args_is_help=True, help="Reports: open, cuts, differences, pilot.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
PayerOption = Annotated[str | None, typer.Option("--payer", help="Only this payer.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Write the report as CSV for a spreadsheet.")]
PdfOption = Annotated[Path | None, typer.Option("--pdf", help="Write the report as PDF.")]
TodayOption = Annotated[str | None, typer.Option("--today", help="The day that stands on the report, YYYY-MM-DD.")]

_BAD_INPUT = 3


@report_app.command("open")
def open_(
    ctx: typer.Context,
    payer: PayerOption = None,
    csv: CsvOption = None,
    pdf: PdfOption = None,
    today: TodayOption = None,
    json: JsonOption = False,
) -> None:
    """What is open, by payer and month of service."""
    _give(ctx, reports.open_sheet(_workspace(ctx), _day(today), payer=payer), csv, pdf, json=json)


@report_app.command("cuts")
def cuts(
    ctx: typer.Context,
    payer: PayerOption = None,
    csv: CsvOption = None,
    pdf: PdfOption = None,
    today: TodayOption = None,
    json: JsonOption = False,
) -> None:
    """What was cut, and why."""
    workspace = _workspace(ctx)
    _give(ctx, reports.cuts_sheet(workspace, _day(today), titles_of(workspace), payer=payer), csv, pdf, json=json)


@report_app.command("differences")
def differences(
    ctx: typer.Context,
    payer: PayerOption = None,
    csv: CsvOption = None,
    pdf: PdfOption = None,
    today: TodayOption = None,
    json: JsonOption = False,
) -> None:
    """Lines where what was paid and cut is not what was billed, and rows of advices that fit nothing."""
    workspace = _workspace(ctx)
    settings = workspace.settings(reports.SCHEME)
    tolerance = max((int(one.advice.tolerance * 100) for one in settings.profiles.values()), default=0)
    sheet = reports.differences_sheet(workspace, _day(today), tolerance=tolerance, payer=payer)
    _give(ctx, sheet, csv, pdf, json=json)


@report_app.command("pilot")
def pilot(
    ctx: typer.Context,
    payer: PayerOption = None,
    month: Annotated[str | None, typer.Option("--month", help="Only this month of service, YYYY-MM.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also the lines that are equal.")] = False,
    csv: CsvOption = None,
    pdf: PdfOption = None,
    today: TodayOption = None,
    json: JsonOption = False,
) -> None:
    """Compare what the payer said of the paper and of the file, line by line: the difference list."""
    sheet = reports.pilot_sheet(_workspace(ctx), _day(today), payer=payer, month=month)
    _give(ctx, sheet if everything else reports.only_differences(sheet), csv, pdf, json=json)


def titles_of(workspace: Any) -> dict[str, str]:
    """What the payers' reason codes mean, as the profiles in use say."""
    settings = workspace.settings(reports.SCHEME)
    return {code: reason.title for one in settings.profiles.values() for code, reason in one.advice.reasons.items()}


def _workspace(ctx: typer.Context) -> Any:
    return cast(Any, ctx.find_root().obj).workspace()


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None


def _give(ctx: typer.Context, sheet: Sheet, csv: Path | None, pdf: Path | None, *, json: bool) -> None:
    host = cast(Any, ctx.find_root().obj)
    host.json = host.json or json
    for path, made in ((csv, as_csv), (pdf, as_pdf)):
        if path is not None:
            write_private(ctx, path, made(sheet))
    if host.json:
        total = sheet.total()
        sums = {name: cell for name, cell in zip(sheet.headings, total or (), strict=False) if name in sheet.amounts}
        host.out.json({"title": sheet.title, "rows": sheet.records(), "sums": sums})
        return
    if csv is None and pdf is None:
        total = sheet.total()
        rows = sheet.records() + ([dict(zip(sheet.headings, total, strict=True))] if total and sheet.rows else [])
        host.show([{name: _seen(cell) for name, cell in row.items()} for row in rows], title=sheet.title)
    for path in (csv, pdf):
        if path is not None:
            host.out.line(f"{path}: {len(sheet.rows)} rows.")


def _seen(cell: Any) -> Any:
    return format_cents(int(cell)) if isinstance(cell, Cents) else cell


def write_private(ctx: typer.Context, path: Path, content: bytes) -> None:
    """Reports speak of persons' lines: for the owner alone, and never half written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
        temporary.replace(path)
    except OSError as error:
        cast(Any, ctx.find_root().obj).out.note(f"{path} cannot be written: {error.strerror}")
        raise typer.Exit(_BAD_INPUT) from None
