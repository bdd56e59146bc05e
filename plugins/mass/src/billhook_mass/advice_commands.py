"""`billhook mass advice` and `billhook mass reasons`: take in payment advices, look at them, say what the payer's codes mean."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, cast

import sqlalchemy as sa
import typer

from billhook.billing import receiving
from billhook.billing.receiving import Received
from billhook.model import Verdict
from billhook.money import format_cents
from billhook.store import Workspace, tables
from billhook.store.encoding import read_json
from billhook_mass import advice, answers, reasons, reports
from billhook_mass.advice import AdviceFile
from billhook_mass.advice_format import LARGEST
from billhook_mass.reading import spoken
from billhook_mass.report_commands import titles_of

_BAD_INPUT = 3
_SHOWN = 30


class _ReadsByDefault(typer.core.TyperGroup):
    """`advice FILE…` is `advice read FILE…`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in where only files are named."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["read", *args]
        return super().parse_args(ctx, args)


advice_app = typer.Typer(
    cls=_ReadsByDefault, no_args_is_help=True, help="Payment advices: take them in (advice FILE…), list and show them."
)
reasons_app = typer.Typer(no_args_is_help=True, help="The payer's reason codes, and what they mean here.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def _screen(ctx: typer.Context) -> Any:
    return cast(Any, ctx.find_root().obj).out


def _workspace(ctx: typer.Context) -> Workspace:
    return cast(Workspace, cast(Any, ctx.find_root().obj).workspace())


@advice_app.command("read")
def read(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Payment advices, CSV or PDF with text, in any order.")],
    paper: Annotated[
        bool, typer.Option("--paper", help="They speak of the paper invoices of a pilot, which are what is paid there.")
    ] = False,
    booked: Annotated[
        str | None, typer.Option("--booked", help="Day of payment, YYYY-MM-DD, where the advice does not tell it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and keep nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Take in payment advices: match every row, book what is paid, write down what is cut."""
    host, screen, workspace = cast(Any, ctx.find_root().obj), _screen(ctx), _workspace(ctx)
    host.json = host.json or json
    advices = answers.advices_of(workspace.settings(reports.SCHEME))
    day = _day(booked) if booked else None
    hints = ({answers.ABOUT: "paper"} if paper else {}) | ({answers.BOOKED: day.isoformat()} if day else {})
    told, refused = [], False
    for path in files:
        content, findings = _content(path, advices, screen)
        file = None if content is None else advice.read_file(content, path.name, advices, day)
        if file is None or not file.accepted:
            refused = True
            guesses = () if file is None else file.guesses
            found = findings if file is None else file.findings
            told.append({"file": path.name, "refused": True, "guesses": guesses, "findings": found})
            if not host.json:
                _refuse(screen, path, findings if file is None else file.errors)
                _found_out(screen, file)
            continue
        result = receiving.receive_content(
            workspace, path.name, cast(bytes, content), scheme=reports.SCHEME, hints=hints, dry_run=dry_run
        )
        if not dry_run:
            reasons.apply_mappings(workspace)
        refused = refused or bool(result.problem)
        told.append(
            {"file": path.name, "refused": False, "guesses": file.guesses, "findings": file.findings, "result": result}
        )
        if not host.json:
            _tell(screen, file, result, dry_run=dry_run)
            if dry_run:
                _found_out(screen, file)
    if host.json:
        screen.json(told)
    if refused:
        raise typer.Exit(_BAD_INPUT)


def _content(path: Path, advices: Any, screen: Any) -> tuple[bytes | None, list[Any]]:
    """The bytes of an advice; of a table that is larger than any advice only what is wrong with it."""
    try:
        if path.stat().st_size <= LARGEST:
            return path.read_bytes(), []
        # A file may have a fault in every line, and it is refused already.
        every = iter(()) if advice.is_pdf(path) else advice.findings_of(path, advices)
        found = list(islice(every, advice.MOST_FINDINGS))
    except OSError as error:
        screen.note(f"{path.name} cannot be read: {error.strerror}")
        raise typer.Exit(_BAD_INPUT) from None
    return None, [advice.too_large(path, LARGEST), *found]


def _refuse(screen: Any, path: Path, findings: Any) -> None:
    screen.line(f"{path.name}: refused, nothing was booked.")
    for finding in findings[:_SHOWN]:
        screen.finding(finding)
    if len(findings) > _SHOWN:
        screen.line(f"  … {len(findings) - _SHOWN} more")


def _found_out(screen: Any, file: AdviceFile | None) -> None:
    """How the file was read, and from what that was seen: whoever wonders about a figure looks here first."""
    for guess in () if file is None else file.guesses:
        screen.line(f"  {guess.what}: {spoken(guess.value)} ({guess.reason})")


def _tell(screen: Any, file: AdviceFile, result: Received, *, dry_run: bool) -> None:
    if result.already:
        screen.line(f"{file.name}: came before (answer {result.inbound}); nothing changed.")
        return
    for finding in file.findings:
        if finding.severity != "note":
            screen.finding(finding)
    paid, cuts = format_cents(result.paid), len(result.deductions)
    rehearsed = "would be " if dry_run else ""
    moved = "".join(f", {_many(count, 'line')} {state}" for state, count in sorted(result.items.items()))
    rows = _many(len(file.rows), "row")
    screen.line(f"{file.name}: {rows}; {paid} EUR {rehearsed}booked, {_many(cuts, 'cut')} written{moved}.")
    # A row says that it accepts and that it pays; what fits nothing is told once.
    nowhere = {missed.problem: missed for missed in reversed(result.missed)}
    about = len(file.rows) - len(nowhere)
    if not result.paid and not cuts and not result.repeated and about:
        screen.line(
            "  It speaks of the file of a pilot, or of nothing that is owed: kept for billhook mass report pilot."
        )
    if result.repeated:
        screen.line(
            f"  {result.repeated} of its payments and cuts were told by another advice; nothing changed for them."
        )
    for missed in [*nowhere.values()][::-1][:_SHOWN]:
        amount = f"{format_cents(missed.amount)} EUR " if missed.amount is not None else ""
        screen.line(f"  not booked: {amount}{missed.problem}")
    if len(nowhere) > _SHOWN:
        screen.line(f"  … {len(nowhere) - _SHOWN} more")


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


@advice_app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the advices that came."""
    host = cast(Any, ctx.find_root().obj)
    host.json = host.json or json
    inbound, outcome = tables.inbound, tables.outcome
    told: dict[int, list[Any]] = {}
    with _workspace(ctx).database.read() as connection:
        rows = connection.execute(
            sa.select(inbound).where(inbound.c.scheme == reports.SCHEME).order_by(inbound.c.id)
        ).all()
        for row in connection.execute(sa.select(outcome)):
            # The portal's word on a file has neither; it is no advice.
            if row.facts is not None or row.codes.startswith('["MASS-'):
                told.setdefault(row.inbound_id, []).append(row)
    found = []
    for row in rows:
        if row.id not in told:
            continue
        said = [one for one in told[row.id] if one.facts is not None]
        found.append({
            "advice": row.id, "file": row.name, "received": row.received[:10],
            "rows": len({read_json(one.facts).get("row") for one in said}),
            "matched": len({read_json(one.facts).get("row") for one in said if one.document_id is not None}),
            "paid": sum(one.amount or 0 for one in said if one.verdict == Verdict.PAID.value),
            "cut": sum(one.cut or 0 for one in said), "problem": row.problem,
        })  # fmt: skip
    if not host.json:
        found = [{**one, "paid": format_cents(one["paid"]), "cut": format_cents(one["cut"])} for one in found]
    host.show(found)


@advice_app.command("show")
def show(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="The advice, as advice list numbers it.")],
    json: JsonOption = False,
) -> None:
    """Show an advice row by row: what it was matched to, and by what."""
    host, screen = cast(Any, ctx.find_root().obj), _screen(ctx)
    host.json = host.json or json
    outcome, item, inbound, document = tables.outcome, tables.item, tables.inbound, tables.document
    with _workspace(ctx).database.read() as connection:
        rows = connection.execute(
            sa.select(outcome, item.c.number.label("line"), document.c.number.label("invoice"))
            .join(inbound, inbound.c.id == outcome.c.inbound_id)
            .outerjoin(item, item.c.id == outcome.c.item_id)
            .outerjoin(document, document.c.id == outcome.c.document_id)
            .where(outcome.c.inbound_id == number, inbound.c.scheme == reports.SCHEME)
            .order_by(outcome.c.ordinal)
        ).all()
    if not rows:
        screen.note(f"there is no advice {number}; see billhook mass advice list")
        raise typer.Exit(_BAD_INPUT)
    found: list[dict[str, Any]] = []
    for row in rows:
        facts = read_json(row.facts) if row.facts else {}
        paid = row.amount or 0 if row.verdict == Verdict.PAID.value else 0
        found.append({
            "row": facts.get("row", ""), "invoice": row.invoice or facts.get("invoice", ""), "line": row.line or "",
            "paid": paid, "cut": row.cut or 0, "code": " ".join(read_json(row.codes)), "text": row.text,
            "matched": row.matched or "nothing", "form": row.about or "claim",
        })  # fmt: skip
    if not host.json:
        found = [{**one, "paid": format_cents(one["paid"]), "cut": format_cents(one["cut"])} for one in found]
    host.show(found)


@reasons_app.command("list")
def reasons_list(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the reason codes of cuts: how often, how much, what they mean, and the own reason that they were mapped to."""
    host, workspace = cast(Any, ctx.find_root().obj), _workspace(ctx)
    host.json = host.json or json
    sheet = reports.reasons_sheet(workspace, datetime.now(UTC).date(), titles_of(workspace))
    mapped = reasons.mappings(workspace)
    rows = [{**row, "mapped_to": mapped.get(str(row["code"]), "")} for row in sheet.records()]
    if not host.json:
        rows = [{**row, "amount": format_cents(int(cast(int, row["amount"])))} for row in rows]
    host.show(rows)


@reasons_app.command("map")
def reasons_map(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="The payer's code, as reasons list shows it.")],
    reason: Annotated[str, typer.Argument(help="Your own reason: a key of billhook deductions reasons.")],
    json: JsonOption = False,
) -> None:
    """Say which of your own reasons a code of the payer means: for the cuts that are open, and for those that come."""
    host = cast(Any, ctx.find_root().obj)
    host.json = host.json or json
    changed = reasons.map_code(_workspace(ctx), code, reason)
    if host.json:
        host.out.json({"code": code, "reason": reason, "cuts": changed})
    else:
        host.out.line(f"{code} means {reason}: {changed} open cuts have this reason now.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write YYYY-MM-DD") from None
