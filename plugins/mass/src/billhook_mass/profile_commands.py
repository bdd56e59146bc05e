"""`billhook mass profile`: look at profiles, learn one from a sample or a list of columns, and prove it on data."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from billhook.scheme import CommandHost
from billhook_mass import learning, profile, proving
from billhook_mass.fields import ROWS
from billhook_mass.learning import Answers, Draft, LearnProblem
from billhook_mass.profile import Profile, ProfileError

profile_app = typer.Typer(no_args_is_help=True, help="Profiles: how a payer wants its files, as data.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

_FINDINGS, _BAD_INPUT = 1, 3
_SHOWN = 50


def _host(ctx: typer.Context, *, json: bool = False) -> CommandHost:
    host = cast(Any, ctx.find_root().obj)
    host.json = host.json or json
    return cast(CommandHost, host)


def _out(ctx: typer.Context) -> Any:
    return cast(Any, ctx.find_root().obj).out


def _load(ctx: typer.Context, name: str) -> Profile:
    try:
        return profile.load(name)
    except ProfileError as error:
        for problem in error.problems:
            _out(ctx).note(problem.text(error.file))
        raise typer.Exit(_BAD_INPUT) from None


@profile_app.command("list")
def list_(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the profiles that come with the program."""
    found = [profile.load(name) for name in profile.shipped()]
    _host(ctx, json=json).show(
        [{"profile": one.profile, "version": one.version, "status": one.status, "title": one.title} for one in found]
    )


@profile_app.command("show")
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A shipped profile, or a .yaml file.")] = "lwl-assumed",
    json: JsonOption = False,
) -> None:
    """Tell what a profile says, and what in it is assumed."""
    host, screen, found = _host(ctx, json=json), _out(ctx), _load(ctx, name)
    if host.json:
        screen.json(found)
        return
    form = found.file
    host.show(
        {
            "profile": found.profile, "version": found.version, "status": found.status, "payers": ", ".join(found.payers),
            "file": f"{form.encoding}, {form.delimiter!r}, {form.line_end.value}, decimal {form.decimal!r}",
            "days": form.day, "months": form.month, "name": form.name,
        },
        title=found.title or found.profile,
    )  # fmt: skip
    columns = list(learning.columns_of_line(found))
    host.show(
        [
            {"column": at, "heading": heading, "value": value, "meaning": meaning}
            for at, (heading, value, meaning) in enumerate(columns, 1)
        ]
    )
    if found.assumptions:
        screen.line("Not public, so assumed; compare with the payer's interface description:")
        for assumption in found.assumptions:
            screen.line(f"  - {assumption}")


@profile_app.command("values")
def values(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the values that a column can carry: what `profile learn` asks for."""
    _host(ctx, json=json).show(
        [
            {
                "value": row.name,
                "kind": row.kind.value,
                "german": row.original,
                "meaning": row.meaning,
                "keys": row.keys,
            }
            for row in ROWS
        ]
    )


@profile_app.command("new")
def new(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write, ending in .yaml.")],
    base: Annotated[str, typer.Option("--base", help="The shipped profile that it is a copy of.")] = "lwl-assumed",
) -> None:
    """Write a copy of a shipped profile, to change by hand."""
    _load(ctx, base)
    text = profile.shipped_text(base).replace(f"profile: {base}", f"profile: {_key(file.stem)}", 1)
    _write(ctx, file, text)


@profile_app.command("learn")
def learn(
    ctx: typer.Context,
    source: Annotated[
        Path, typer.Argument(help="A sample file, or the description's list of columns: one name a line, or a table.")
    ],
    mapping: Annotated[Path | None, typer.Option("--mapping", help="A .yaml file that answers instead of you.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="The profile to write; printed when not given.")
    ] = None,
    proposals: Annotated[
        bool, typer.Option("--take-proposals", help="Ask nothing: take what is proposed where the mapping is silent.")
    ] = False,
) -> None:
    """Make a profile from a sample file or a list of columns, by question and answer or from a mapping file."""
    screen = _out(ctx)
    try:
        answers = Answers() if mapping is None else learning.read_answers(mapping)
        draft = Draft(learning.look(source), answers, name=_key((output or source).stem))
        for guess in draft.sample.guesses:
            screen.note(f"{guess.what}: {guess.value} ({guess.reason})")
        if draft.unanswered() and not proposals:
            screen.note(
                "Enter takes the proposal, - leaves the column empty, =text always writes the text, ? lists the values."
            )
            learning.answer_by_asking(draft, _ask, screen.note)
        else:
            for seen in learning.answer_by_proposal(draft):
                screen.note(f"{seen.header}: nothing is near it; the column stays empty")
        text = draft.text(today=datetime.now(UTC).date())
    except LearnProblem as problem:
        screen.note(str(problem))
        raise typer.Exit(_BAD_INPUT) from None
    except OSError as error:
        screen.note(f"{error.filename} cannot be read: {error.strerror}")
        raise typer.Exit(_BAD_INPUT) from None
    if output is None:
        screen.line(text)
    else:
        _write(ctx, output, text)


def _ask(question: str, proposal: str) -> str:
    return str(typer.prompt(question, default=proposal, err=True))


@profile_app.command("check")
def check(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A .yaml file, or a shipped profile.")],
    data: Annotated[list[Path] | None, typer.Argument(help="Files of the payer's form to prove it on.")] = None,
    json: JsonOption = False,
) -> None:
    """Say what is wrong with a profile, and prove it on data: each file is read with it and written again."""
    host, screen, found = _host(ctx, json=json), _out(ctx), _load(ctx, name)
    proofs = []
    for path in data or []:
        try:
            proofs.append(proving.prove(found, path))
        except OSError as error:
            screen.note(f"{path.name} cannot be read: {error.strerror}")
            raise typer.Exit(_BAD_INPUT) from None
    if host.json:
        screen.json({"profile": found.profile, "status": found.status, "proofs": proofs})
    else:
        screen.line(f"{name} is a usable profile: {found.profile} {found.version}, {found.status}.")
        for proof in proofs:
            _tell(screen, proof)
    if any(not proof.same for proof in proofs):
        raise typer.Exit(_FINDINGS)


def _tell(screen: Any, proof: proving.Proof) -> None:
    number = len(proof.differences) + proof.more
    if proof.same:
        screen.line(f"{proof.file}: {_many(proof.rows, 'line')}, {proof.cells} cells: written again they are the same.")
        return
    screen.line(f"{proof.file}: {_many(proof.rows, 'line')}, {proof.cells} cells, {_many(number, 'difference')}:")
    for one in proof.differences[:_SHOWN]:
        where = f"line {one.line}" + (f" column {one.column} {one.heading}" if one.column else "")
        both = f": {one.found!r} would be {one.written!r}" if one.found or one.written else ""
        screen.line(f"  {where}{both}: {one.why}")
    if number > _SHOWN:
        screen.line(f"  … {number - _SHOWN} more")


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _key(name: str) -> str:
    key = "".join(each if each.isascii() and each.isalnum() else "-" for each in name.lower()).strip("-")
    return key if key[:1].isalpha() else f"p-{key}".rstrip("-")


def _write(ctx: typer.Context, file: Path, text: str) -> None:
    screen = _out(ctx)
    if file.suffix not in (".yaml", ".yml"):
        raise typer.BadParameter(f"{file.name} does not end in .yaml")
    if file.exists():
        screen.note(f"{file} exists; nothing was written.")
        raise typer.Exit(_BAD_INPUT)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        screen.note(f"{file} cannot be written: {error.strerror}")
        raise typer.Exit(_BAD_INPUT) from None
    screen.line(f"{file} written. Prove it on data: billhook mass profile check {file} FILE…")
