"""`billhook vsb`: rehearse with the care funds' application played, and look after profiles."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from billhook.scheme import CommandHost
from billhook.words import listed, said, words
from billhook_vsb import profile as profiles
from billhook_vsb.acceptance import Stage
from billhook_vsb.formats import VsbMessage, euro
from billhook_vsb.messages import INVOICES, KINDS, read_message
from billhook_vsb.settings import Settings
from billhook_vsb.simulator import Extra, simulate

app = typer.Typer(no_args_is_help=True, help="Flemish care funds: rehearse sendings, look after profiles.")
profile_app = typer.Typer(no_args_is_help=True, help="Profiles: what your sector's cookbook says, as data.")
app.add_typer(profile_app, name="profile")


ProfileOption = Annotated[str, typer.Option("--profile", help="A shipped profile, or a .toml file.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

_BAD_INPUT = 3
_FINDINGS = 1

_STAGES = {
    Stage.UNREADABLE: words("unreadable, refused with 920999"),
    Stage.AWAITS_CONFIRMATION: words("awaits confirmation of the refusal"),
    Stage.AWAITS_SIGNATURE: words("awaits signature"),
    Stage.REFUSED: words("refused with 920099"),
    Stage.ACCEPTED: words("accepted with 920098 and settled with 920900"),
}


def json_text(text: str) -> str:
    """A text in quotes as JSON and TOML both write it."""
    return json.dumps(text, ensure_ascii=False)


def _host(ctx: typer.Context) -> CommandHost:
    return cast(CommandHost, ctx.find_root().obj)


def _out(ctx: typer.Context) -> Any:
    return cast(Any, ctx.find_root().obj).out


def _profile(name: str) -> profiles.Profile:
    try:
        return profiles.load(name)
    except profiles.ProfileError as error:
        raise typer.BadParameter(said(error)) from None


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(words("{text!r} is no day; write YYYY-MM-DD", text=text)) from None


def _extra(texts: list[str]) -> list[Extra]:
    try:
        return [Extra.parse(text) for text in texts]
    except ValueError as error:
        raise typer.BadParameter(said(error)) from None


@app.command("simulate")
def simulate_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="An invoice file 920000.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the answers; the current one when not given.")
    ] = None,
    profile: ProfileOption = "federal",
    refuse: Annotated[
        list[str] | None,
        typer.Option(
            "--refuse", help="A code to be found too, as NUMBER:CODE – 3:R300446 on record number 3. May be repeated."
        ),
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm/--no-confirm", help="A care-fund worker confirms or signs.")
    ] = True,
    registers: Annotated[
        bool, typer.Option("--registers", help="Also what the workspace's registers say of insurance and admissions.")
    ] = False,
    today: Annotated[str | None, typer.Option("--today", help="The day on which the file arrives, YYYY-MM-DD.")] = None,
    json: JsonOption = False,
) -> None:
    """Play the care funds' application: answer an invoice file as the rules say, to rehearse."""
    screen = _out(ctx)
    try:
        content = file.read_bytes()
    except OSError:
        screen.note(words("{file} cannot be read.", file=file))
        raise typer.Exit(_BAD_INPUT) from None
    if read_message(content).kind != INVOICES:
        screen.note(words("{file} is no invoice file 920000; nothing was answered.", file=file.name))
        raise typer.Exit(_BAD_INPUT)
    try:
        known = cast(Settings, _host(ctx).workspace().settings("vsb")).known if registers else None
        result = simulate(
            content, _profile(profile), _day(today), extra=_extra(refuse or []), confirm=confirm, registers=known
        )
    except ValueError as error:
        raise typer.BadParameter(said(error)) from None
    folder = out or Path()
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for answer in result.answers:
        path = folder / answer.name
        _write_private(path, answer.content)
        paths.append(path)
    judgement = result.judgement
    if json:
        screen.json(
            {
                "stage": result.stage,
                "answers": [
                    {"message": answer.kind, "file": str(path)}
                    for answer, path in zip(result.answers, paths, strict=True)
                ],
                "records": judgement.total if judgement else None,
                "refused": len(judgement.refused) if judgement else None,
                "percent": euro(judgement.percent) if judgement else None,
                "errors": [
                    {"record": each.record, "sequence": each.sequence, "letter": each.letter, "code": each.code}
                    for each in (judgement.found if judgement else ())
                ],
                "segment_errors": [
                    {"segment": fault.segment, "zone": fault.zone, "code": fault.code}
                    for fault in result.segment_faults
                ],
            }
        )
        return
    screen.line(words("The sending is now: {stage}", stage=_STAGES[result.stage]))
    for fault in result.segment_faults:
        screen.line(
            words("  segment {segment} zone {zone}: {code}", segment=fault.segment, zone=fault.zone, code=fault.code)
        )
    if judgement is not None:
        screen.line(
            words(
                "{refused} of {total} records refused ({percent} %).",
                refused=len(judgement.refused),
                total=judgement.total,
                percent=euro(judgement.percent),
            )
        )
        for each in judgement.found:
            screen.line(
                words(
                    "  {letter} {code} record {record} nr. {sequence}",
                    letter=each.letter,
                    code=each.code,
                    record=each.record,
                    sequence=each.sequence,
                )
            )
    screen.line(words("Answers:"))
    for answer, path in zip(result.answers, paths, strict=True):
        screen.line(listed([f"  {path}", KINDS[answer.kind]], ": "))
    if result.stage.value.startswith("awaits"):
        screen.line(words("A care-fund worker has to confirm this; --confirm plays that too."))


def _write_private(path: Path, content: bytes) -> None:
    """Answers carry health data: for the owner alone, and never half written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    temporary.replace(path)


@app.command("verify")
def verify_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="An invoice file or an answer.")],
    profile: ProfileOption = "federal",
    today: Annotated[str | None, typer.Option("--today", help="Judge by this day, YYYY-MM-DD.")] = None,
    json: JsonOption = False,
) -> None:
    """Hold a file against the codes of the list and a profile (`billhook verify` takes the federal one)."""
    screen = _out(ctx)
    try:
        findings = list(VsbMessage(_profile(profile), _day(today)).verify(file))
    except OSError:
        screen.note(words("{file} cannot be read.", file=file))
        raise typer.Exit(_BAD_INPUT) from None
    if json:
        screen.json(findings)
    else:
        for finding in findings:
            screen.finding(finding)
        if not findings:
            screen.line(words("{file}: no errors.", file=file.name))
    if any(finding.is_error for finding in findings):
        raise typer.Exit(_FINDINGS)


@profile_app.command("show")
def show(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="A shipped profile or a .toml file; all shipped ones when not given.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Tell what a profile says, and what in it is assumed."""
    host, screen = _host(ctx), _out(ctx)
    if name is None:
        listed = [{"key": key, "title": _profile(key).title} for key in profiles.shipped()]
        screen.json(listed) if json else host.show(listed)
        return
    found = _profile(name)
    if json:
        screen.json(found)
        return
    data = found.model_dump(mode="json")
    host.show(
        {key: value for key, value in data.items() if value not in ("", [], None) and key != "assumptions"},
        title=found.title,
    )
    if found.assumptions:
        screen.line(words("Not public, so assumed; compare with your cookbook:"))
        for assumption in found.assumptions:
            screen.line(f"  - {assumption}")


@profile_app.command("check")
def check(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A .toml file, or a shipped profile.")],
) -> None:
    """Read a profile and say what is wrong with it, or what it still lacks."""
    screen = _out(ctx)
    try:
        found = profiles.load(name)
    except profiles.ProfileError as error:
        screen.note(said(error))
        raise typer.Exit(_FINDINGS) from None
    screen.line(words("{name} is a usable profile.", name=name))
    for part, rows in (("care_funds", found.care_funds), ("codes", found.codes), ("letters", found.letters)):
        screen.line(f"  {part}: {len(rows)}")
    if found.assumptions:
        screen.line(words("Not public, so assumed; compare with your cookbook:"))
        for assumption in found.assumptions:
            screen.line(f"  - {assumption}")


@profile_app.command("codes")
def codes(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The official list as CSV with the columns code, letter and nl.")],
) -> None:
    """Print the official code list as rows of a profile, to append to yours."""
    screen = _out(ctx)
    try:
        rows = profiles.official_codes(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        screen.note(words("{file} cannot be read.", file=file))
        raise typer.Exit(_BAD_INPUT) from None
    except profiles.ProfileError as error:
        screen.note(words("{name}: {error}", name=file.name, error=error))
        raise typer.Exit(_BAD_INPUT) from None
    for row in rows:
        screen.line(f'\n[[letters]]\ncode = "{row.code}"\nletter = "{row.letter}"\nnl = {json_text(row.nl)}')


@profile_app.command("new")
def new(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write, ending in .toml.")],
    base: Annotated[str, typer.Option("--base", help="The shipped profile that it completes.")] = "federal",
) -> None:
    """Write a profile to complete from your sector's cookbook."""
    screen = _out(ctx)
    _profile(base)
    if file.suffix != ".toml":
        raise typer.BadParameter(words("{name} does not end in .toml", name=file.name))
    if file.exists():
        screen.note(words("{file} exists; nothing was written.", file=file))
        raise typer.Exit(_BAD_INPUT)
    key = "".join(each if each.isalnum() else "-" for each in file.stem.lower()).strip("-") or "own"
    file.write_text(profiles.TEMPLATE.format(key=key, base=base), encoding="utf-8")
    screen.line(
        words("{file} written. Complete it from your cookbook, then: billhook vsb profile check {file}", file=file)
    )
