"""Everything about one thing, laid out for a person: its facts, then what belongs to it, each as a small table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from billhook.billing import status as standing
from billhook.words import words
from billhook_cli.host import JsonOption, host_of
from billhook_cli.output import Amount


class Thing(StrEnum):
    """What can be shown."""

    ITEM = "item"
    VOUCHER = "voucher"
    DOCUMENT = "document"
    EXCHANGE = "exchange"


HEADS = {
    Thing.ITEM: words("Item"),
    Thing.VOUCHER: words("Voucher"),
    Thing.DOCUMENT: words("Document"),
    Thing.EXCHANGE: words("Exchange"),
}

MONEY = frozenset({"net", "vat", "gross", "billed", "copayment", "own_share", "surcharge", "amount"})
"""Facts that are cents."""

TITLES = {
    "items": words("Items"),
    "documents": words("Documents"),
    "findings": words("Findings"),
    "corrections": words("Corrections"),
    "artifacts": words("Artifacts"),
    "history": words("History"),
}
"""What is written above them."""

PARTS: Mapping[str, Sequence[str]] = {
    "items": ("line", "number", "code", "service_from", "quantity", "unit", "gross", "billed", "state"),
    "documents": ("number", "date", "gross", "billed", "vouchers", "items"),
    "findings": ("id", "severity", "code", "field", "value", "message", "mend"),
    "corrections": ("made", "actor", "field", "old", "new", "finding_code"),
    "artifacts": ("name", "role", "size", "sha256", "delivered"),
    "history": ("seq", "time", "actor", "event", "subject"),
}
"""What of the things that belong to it is shown, in which order. `--json` has all of it."""


def show(
    ctx: typer.Context,
    thing: Annotated[Thing, typer.Argument(help="What it is.")],
    name: Annotated[str, typer.Argument(help="Its number, id, or (for an exchange) the name of one of its files.")],
    json: JsonOption = False,
) -> None:
    """Show everything about one item, voucher, document or exchange: facts, findings, corrections, files, history."""
    host = host_of(ctx, json=json)
    found = standing.show(
        host.workspace(),
        item=name if thing is Thing.ITEM else None,
        voucher=name if thing is Thing.VOUCHER else None,
        document=name if thing is Thing.DOCUMENT else None,
        exchange=name if thing is Thing.EXCHANGE else None,
        language=host.language,
    )
    if host.json:
        host.out.json(found)
        return
    host.out.pairs(_flat(found.facts), title=words("{kind} {id}", kind=HEADS[thing], id=found.id))
    for title, names in PARTS.items():
        rows: list[dict[str, Any]] = getattr(found, title)
        kept = [{_head(name): _told(name, row.get(name)) for name in names if name in row} for row in rows]
        if kept:
            host.out.line()
            host.out.table(_without_empty(kept), title=TITLES[title])


def _flat(facts: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Facts one a line: nested ones by their dotted name, which is the name that `billhook correct` takes."""
    shown: dict[str, Any] = {}
    for name, fact in facts.items():
        if isinstance(fact, Mapping):
            shown |= _flat(fact, f"{prefix}{name}.")
        elif isinstance(fact, list) and fact and isinstance(fact[0], Mapping):
            for part in fact:
                told = ", ".join(f"{key} {value}" for key, value in _flat(part).items())
                shown[f"{prefix}{name}"] = f"{shown[prefix + name]}; {told}" if prefix + name in shown else told
        elif fact not in (None, "", [], ()) and not (prefix and fact is False):  # a mark that is not set says nothing
            shown[f"{prefix}{_head(name)}"] = _told(name, fact)
    return shown


def _head(name: str) -> str:
    return f"{name} EUR" if name in MONEY else name


def _told(name: str, fact: object) -> object:
    if name in MONEY and isinstance(fact, int):
        return Amount.of(fact)
    if name in ("time", "made", "delivered", "created") and isinstance(fact, str):
        return f"{datetime.fromisoformat(fact):%Y-%m-%d %H:%M:%S}"
    return fact


def _without_empty(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows without columns that say nothing in any of them."""
    names = [name for name in rows[0] if any(row.get(name) not in (None, "") for row in rows)]
    return [{name: row.get(name) for name in names} for row in rows]
