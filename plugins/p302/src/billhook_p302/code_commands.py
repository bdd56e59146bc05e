"""The commands `billhook p302 codes …`: the key tables of Anlage 3, searched and explained.

Exit codes: 0 done, 1 nothing found or a key that does not hold, 2 wrong command line.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any, cast

import typer

from billhook.language import say
from billhook.scheme import CommandHost
from billhook.words import words
from billhook_p302.codes import finding
from billhook_p302.codes.aid import UNIT
from billhook_p302.codes.finding import Row, Table
from billhook_p302.codes.legs import explain
from billhook_p302.codes.table import Key, Structure
from billhook_p302.settings import Settings

NOTHING_FOUND = 1

app = typer.Typer(
    name="codes", no_args_is_help=True, help="The key tables of Anlage 3: list, search, and keys of provider groups."
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
OnOption = Annotated[str, typer.Option("--on", help="Only what holds on that day, such as 2027-02-01.")]


@app.command("list")
def list_command(
    ctx: typer.Context,
    table: Annotated[
        str, typer.Argument(help="A section such as 8.1.10, or words of a title; without one all tables.")
    ] = "",
    *,
    on: OnOption = "",
    as_json: JsonOption = False,
) -> None:
    """All tables, or the values of one."""
    host, day = _host(ctx), _day(on)
    found = finding.tables_named(table) if table else finding.BOOK
    if as_json or host.json:
        _print_json([_table_data(each, day) for each in found])
    elif len(found) > MOST_AT_ONCE:
        data = [_table_data(each, day) for each in found]
        titles = [{**each, "rows": len(each["rows"])} for each in data]
        host.show(titles, title="Key tables", columns=("section", "title", "original", "rows", "source"))
    else:
        for each in found:
            lines = [_line(row) for row in finding.rows(each) if day is None or row.covers(day)]
            host.show(lines, title=f"{each.section} {each.title} ({each.original}), {each.source}", columns=_COLUMNS)
            if isinstance(each, Structure):
                typer.echo(say(words("{digits} places.", digits=each.digits)))
            if each.note:
                typer.echo(each.note)
    if not found:
        typer.echo(say(words("There is no table {table!r}; see: billhook p302 codes list", table=table)), err=True)
        raise typer.Exit(NOTHING_FOUND)


@app.command("search")
def search_command(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="A value, or words of a meaning in German or English.")],
    *,
    on: OnOption = "",
    as_json: JsonOption = False,
) -> None:
    """Values and meanings of all tables."""
    host = _host(ctx)
    found = list(finding.search(text, _day(on)))
    if as_json or host.json:
        _print_json([{"table": table.section, "title": table.title, **_row_data(row)} for table, row in found])
    elif found:
        lines = [{"table": table.section, "title": table.title, **_line(row)} for table, row in found]
        host.show(lines, title="Keys found", columns=("table", "title", *_COLUMNS))
    if not found:
        typer.echo(say(words("Nothing in the tables has {text!r}.", text=text)), err=True)
        raise typer.Exit(NOTHING_FOUND)


@app.command("legs")
def legs_command(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="A key of a provider group (LEGS), such as 1900099.")],
    *,
    on: Annotated[str, typer.Option("--on", help="The day it is about, such as 2027-02-01 (default: today).")] = "",
    as_json: JsonOption = False,
) -> None:
    """What the key of a provider group says: who bills, in which group, under which tariff."""
    host, day = _host(ctx), _day(on) or datetime.now(UTC).astimezone().date()
    legs = explain(key)
    if legs is None:
        typer.echo(
            say(
                words(
                    "{key!r} is no key of a provider group: accounting code 2, tariff region 2, "
                    "special tariff 3 places.",
                    key=key,
                )
            ),
            err=True,
        )
        raise typer.Exit(NOTHING_FOUND)
    problems = legs.problems(day)
    if as_json or host.json:
        _print_json(
            {
                "legs": legs.text,
                "on": day.isoformat(),
                "holds": not problems,
                "accounting_code": _key_data(legs.code),
                "groups": list(legs.groups),
                "tariff_region": _key_data(legs.region),
                "special_tariff": {
                    "value": legs.text[4:],
                    "meaning": legs.special.meaning,
                    "original": legs.special.original,
                    "assigned": legs.special.assigned,
                },
                "problems": problems,
            }
        )
    else:
        region = "" if legs.region is None else f"{legs.region.meaning} ({legs.region.original})"
        host.show(
            {
                "key": legs.text,
                f"accounting code {legs.text[:2]}": ""
                if legs.code is None
                else f"{legs.code.meaning} ({legs.code.original})",
                "group": "; ".join(legs.group_meanings()),
                f"tariff region {legs.text[2:4]}": region,
                f"special tariff {legs.text[4:]}": f"{legs.special.meaning} ({legs.special.original})",
            }
        )
        for problem in problems:
            typer.echo(f"{problem}.", err=True)
    if problems:
        raise typer.Exit(NOTHING_FOUND)


@app.command("units")
def units_command(ctx: typer.Context, *, as_json: JsonOption = False) -> None:
    """Your own units and the key 8.6 that each becomes, as the settings say."""
    host = _host(ctx)
    settings = cast(Settings, host.workspace().settings("p302"))
    mapped = [(own, value, UNIT.key(value)) for own, value in sorted(settings.unit_keys.items())]
    unused = [key for key in UNIT if key.value not in settings.unit_keys.values()]
    if as_json or host.json:
        _print_json(
            {
                "units": [{"unit": own, "key": value, **_meaning(key)} for own, value, key in mapped],
                "unused": [{"key": key.value, **_meaning(key)} for key in unused],
            }
        )
    else:
        lines = [{"unit": own, "key": value, **_meaning(key)} for own, value, key in mapped]
        host.show(lines, title="Units and their keys (8.6)", columns=("unit", "key", "meaning", "original"))
        if unused:
            typer.echo(
                say(
                    words(
                        "No unit of yours becomes {names}.",
                        names=", ".join(f"{key.value} ({key.original})" for key in unused),
                    )
                )
            )
    if any(key is None for _, _, key in mapped):
        typer.echo(say(words("A key that table 8.6 does not have stands in the settings.")), err=True)
        raise typer.Exit(NOTHING_FOUND)


MOST_AT_ONCE = 4
"""Tables that are printed whole; of more than these only the titles."""

_COLUMNS = ("value", "meaning", "original", "valid", "source")


def _host(ctx: typer.Context) -> CommandHost:
    return cast(CommandHost, ctx.find_root().obj)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = words("{text} is no day; write it as 2025-11-01", text=text)
        raise typer.BadParameter(message, param_hint="--on") from None


def _table_data(table: Table, day: date | None) -> dict[str, Any]:
    structure = table if isinstance(table, Structure) else None
    return {
        "section": table.section,
        "title": table.title,
        "original": table.original,
        "source": table.source,
        "note": table.note,
        "lengths": list(structure.lengths) if structure else [],
        "groups": list(structure.groups) if structure else [],
        "rows": [_row_data(row) for row in finding.rows(table) if day is None or row.covers(day)],
    }


def _row_data(row: Row) -> dict[str, Any]:
    return {
        "value": row.value,
        "meaning": row.meaning,
        "original": row.original,
        "from": None if row.valid_from is None else row.valid_from.isoformat(),
        "to": None if row.valid_to is None else row.valid_to.isoformat(),
        "source": row.source,
    }


def _line(row: Row) -> dict[str, Any]:
    parts = (f"from {row.valid_from}" if row.valid_from else "", f"to {row.valid_to}" if row.valid_to else "")
    return {
        "value": row.value,
        "meaning": row.meaning,
        "original": row.original,
        "valid": " ".join(part for part in parts if part),
        "source": row.source,
    }


def _key_data(key: Key | None) -> dict[str, Any] | None:
    return None if key is None else {"value": key.value, "meaning": key.meaning, "original": key.original}


def _meaning(key: Key | None) -> dict[str, str]:
    return {"meaning": "" if key is None else key.meaning, "original": "" if key is None else key.original}


def _print_json(data: Any) -> None:  # what json can write
    typer.echo(json.dumps(data, ensure_ascii=False))
