"""Reference pages out of the program's own tables: `python -m billhook_mass.reference FOLDER` writes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from billhook_mass import profile, reading_rules, rules
from billhook_mass.details import Details
from billhook_mass.fields import ROWS
from billhook_mass.profile import ADVICE_FIELDS, Profile
from billhook_mass.registering import FORMS, Book
from billhook_mass.settings import Facility, Payer, PayerReference, Sender, Settings


def profile_page() -> str:
    """Every key of a profile, and every value that a column can carry."""
    sections = "".join(_section(path, model) for path, model in _models("", Profile))
    values = "".join(
        f"| `{row.name}` | {row.kind.value} | {row.level.value} | {row.original} | {row.meaning}"
        f"{f'; key table `{row.keys}`' if row.keys else ''} |\n"
        for row in ROWS
    )
    said = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in ADVICE_FIELDS.items())
    assumed = "".join(f"- {text}\n" for text in profile.load("lwl-assumed").assumptions)
    return f"""# MASS: profiles

A profile is a YAML file that says how a payer wants its files. It is read once, with the settings; every fault is told with file,
line and key. Anchors and aliases of YAML are not read, and `yes`, `no`, `on`, `off` are words. One profile ships, `lwl-assumed`.
It is made from public pages only and assumes:

{assumed}
A key without a default is needed.

{sections}
## Values that a column can carry

A value of a line can only stand in a line record, one of an invoice also in `invoice_start` and `invoice_end`, one of the file
everywhere. Amounts have two decimal places; other numbers have as many as `places` says, or as they need.

| value | kind | belongs to | German | what it is |
|---|---|---|---|---|
{values}
## Values of a payment advice

| value | what it is |
|---|---|
{said}"""


def rules_page() -> str:
    """Every rule."""
    rows = "".join(
        f"| `{rule.code}` | {rule.severity.value} | {_cell(rule.text)} | {_cell(rule.mend)} |\n"
        for rule in (*rules.RULES, *reading_rules.RULES)
    )
    return f"""# MASS: checks

M01 to M08 weigh as the profile says (`checks`); the others as they stand here. All are told at once. What stands in braces is
filled in.

| check | what it is |
|---|---|
| M01 | the lines of an invoice come to its total |
| M02 | quantity × rate × percent, rounded half up, is the amount |
| M03 | days fit into period and month |
| M04 | reference and grant: there, in force, not used up |
| M05 | the rate is agreed for every day |
| M06 | nothing is billed twice |
| M07 | every letter is in the file's character set |
| M08 | in the pilot phase every invoice has its paper twin with equal number and total |

| code | weight | what is wrong | what to do |
|---|---|---|---|
{rows}"""


def settings_page() -> str:
    """Settings, item fields and the columns of the tables that are entered."""
    models = "".join(
        f"### {title}\n\n{_table(model)}\n"
        for title, model in (
            ("`[schemes.mass]`", Settings), ("`sender`", Sender), ("`[[schemes.mass.payers]]`", Payer),
            ("`[[schemes.mass.facilities]]`", Facility), ("`references` of a facility", PayerReference),
        )
    )  # fmt: skip
    details = "".join(
        f"| `{name}` | {info.title} | {_cell(info.description or '')} |\n"
        for name, info in Details.model_fields.items()
    )
    books = "".join(
        f"### `billhook mass {book.value} import`\n\n| column | other headings | cells |\n|---|---|---|\n"
        + "".join(
            f"| `{column.name}` | {', '.join(column.aliases[1:])} "
            f"| {column.kind.value}{', needed' if column.required else ''} |\n"
            for column in FORMS[book].columns
        )
        + "\n"
        for book in Book
    )
    return f"""# MASS: settings, item fields, tables

## Settings

{models}
## Item fields

An item's `provider` is the facility's number, `payer` the payer's key, `code` the service, `unit` one of `day`, `month`, `hour`,
`flat`; `unit_price` is rate × percent / 100. A voucher is what one person gets in one month from one facility. These are its
`details`:

| field | German | meaning |
|---|---|---|
{details}
## Tables that are entered

CSV in any encoding, with any separator; days and numbers as they are written. A file is taken in whole or not at all, and again
without a change.

{books}"""


def _models(path: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """A model and those within it, by their keys."""
    yield path, model
    for name, info in model.model_fields.items():
        for inner, mark in _inner(info.annotation):
            yield from _models(f"{path}.{name}{mark}".lstrip("."), inner)


def _inner(annotation: Any) -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
        return
    origin = get_origin(annotation)
    mark = "[]" if origin is tuple else ".NAME" if origin is dict else ""
    for part in get_args(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            yield part, mark


def _section(path: str, model: type[BaseModel]) -> str:
    title = f"## `{path}`" if path else "## The file"
    return f"{title}\n\n{(model.__doc__ or '').strip()}\n\n{_table(model)}\n"


def _table(model: type[BaseModel]) -> str:
    rows = "".join(
        f"| `{name}` | {_kind(info.annotation)} | {_default(info)} | {_cell(info.description or '')} |\n"
        for name, info in model.model_fields.items()
    )
    return f"| key | kind | default | meaning |\n|---|---|---|---|\n{rows}"


def _kind(annotation: Any) -> str:
    """The kind of a value in words."""
    origin = get_origin(annotation)
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if origin is Literal:
        return "one of " + ", ".join(
            f"`{part}`" if str(part).strip() else "nothing" if not part else "a blank" for part in parts
        )
    if origin in (Union, UnionType):
        return " or ".join(_kind(part) for part in parts)
    if origin is tuple:
        return f"list of {_kind(parts[0])}"
    if origin is dict:
        return f"word → {_kind(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    names = {
        "str": "text",
        "int": "whole number",
        "bool": "true or false",
        "Decimal": "number",
        "date": "day",
        "Severity": "text",
    }
    return names.get(getattr(annotation, "__name__", ""), "text")


def _default(info: Any) -> str:  # pydantic's FieldInfo
    value = info.default
    if value is PydanticUndefined:
        return "" if info.default_factory is None else "empty"
    if value is None or value in ("", ()):
        return "empty"
    if isinstance(value, BaseModel):
        return "see there"
    if isinstance(value, tuple):
        return ", ".join(
            f"`{part!r}`" if isinstance(part, str) and not part.strip() else f"`{part}`" for part in value
        ).replace("|", "\\|")
    text = str(value).lower() if isinstance(value, bool) else str(getattr(value, "value", value))
    return f"`{text}`".replace("|", "\\|")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES: Mapping[str, Callable[[], str]] = {
    "mass-profile.md": profile_page,
    "mass-rules.md": rules_page,
    "mass-settings.md": settings_page,
}
"""The generated pages by file name."""


def main(folder: Path) -> None:
    """Write all pages into a folder."""
    for name, page in PAGES.items():
        (folder / name).write_text(page().rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
