"""Files of any payer, ours or not: in words, and held against the rules. No workspace is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from billhook.billing import describing
from billhook.model import Finding, Severity
from billhook.words import Words, words
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, host_of, named
from billhook_cli.output import count

FormatOption = Annotated[str | None, typer.Option("--format", help="The kind of file; found out when not given.")]


def describe(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Any wire file of any installed scheme.")],
    mask: Annotated[
        bool, typer.Option("--mask", help="Hide names, insurance numbers, birth dates and addresses.")
    ] = False,
    format: FormatOption = None,  # noqa: A002  # the option's name
    json: JsonOption = False,
) -> None:
    """Tell in words what stands in a file."""
    host = host_of(ctx, json=json)
    file = named(file)
    told = describing.describe(host.registry, file, mask=mask, format=format)
    if host.json:
        lines = [{"depth": depth, "text": text} for depth, text in told.lines]
        host.out.json(
            {
                "scheme": told.scheme,
                "kind": told.kind,
                "version": told.version,
                "counts": told.counts,
                "facts": told.facts,
                "lines": lines,
                "findings": told.findings,
                **told.data,
            }
        )
        return
    host.out.pairs(
        {"kind": told.kind, "scheme": told.scheme, "version": told.version, **told.counts, **told.facts},
        title=file.name,
    )
    host.out.line()
    for depth, text in told.lines:
        host.out.line("  " * depth + (host.say(text) if isinstance(text, Words) else text))
    if told.findings:
        host.out.line()
        for finding in told.findings:
            host.out.finding(finding)


def verify(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Any wire file of any installed scheme.")],
    format: FormatOption = None,  # noqa: A002  # the option's name
    json: JsonOption = False,
) -> None:
    """Hold a file against everything that its payer's data centre would check."""
    host = host_of(ctx, json=json)
    file = named(file)
    kind = describing.find_format(host.registry, file, format)
    weights = dict.fromkeys(Severity, 0)
    kept: list[Finding] = []
    for finding in kind.verify(file):
        weights[finding.severity] += 1
        if host.json:
            kept.append(finding)
        else:
            host.out.finding(finding)
    if host.json:
        host.out.json(
            {
                "file": file.name,
                "format": kind.key,
                "ok": not weights[Severity.ERROR],
                "errors": weights[Severity.ERROR],
                "warnings": weights[Severity.WARNING],
                "findings": kept,
            }
        )
    elif weights[Severity.ERROR]:
        host.out.line(
            words(
                "{name}: {errors}, {warnings}.",
                name=file.name,
                errors=count(weights[Severity.ERROR], "error"),
                warnings=count(weights[Severity.WARNING], "warning"),
            )
        )
    else:
        host.out.line(
            words(
                "{name}: no errors, {warnings}. Format: {title}.",
                name=file.name,
                warnings=count(weights[Severity.WARNING], "warning"),
                title=kind.title,
            )
            if weights[Severity.WARNING]
            else words("{name}: no errors. Format: {title}.", name=file.name, title=kind.title)
        )
    if weights[Severity.ERROR]:
        raise typer.Exit(Exit.FINDINGS)
