"""The error log: every finding that still holds or concerns an open item, one row each, ready to be worked off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from billhook.billing.fields import FieldType, field_types
from billhook.billing.findings import finding_of
from billhook.language import Language
from billhook.model import ItemState, Severity
from billhook.model.item import OPEN_STATES
from billhook.store import Workspace, tables
from billhook.store.database import stream

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A finding with the item that it is about. `expected` says which form a correction of the field has."""

    finding: int
    item: int
    number: str
    scheme: str
    provider: str
    voucher: str
    line: int
    state: str
    code: str
    severity: str
    field: str | None
    value: str | None
    message: str
    mend: str
    suggestion: str | None
    expected: str
    source: str
    suppressed: bool


def errors(
    workspace: Workspace,
    *,
    scheme: str | None = None,
    severity: Severity | str | None = None,
    code: str | None = None,
    voucher: str | None = None,
    item: int | None = None,
    include_suppressed: bool = False,
    include_corrected: bool = False,
    language: Language | None = None,
) -> Iterator[ErrorRow]:
    """The rows of the error log by voucher and line, streamed.

    Args:
        workspace: where.
        scheme: only items of this scheme.
        severity: only findings of this weight.
        code: only findings of this rule; a prefix such as `P302-EHI` takes all that begin with it.
        voucher: only items of this voucher.
        item: only this item.
        include_suppressed: also findings that somebody decided to live with.
        include_corrected: also findings about items that were corrected and not checked again.
        language: of the messages; English when not given.
    """
    finding, table = tables.finding, tables.item
    states = [state.value for state in OPEN_STATES if include_corrected or state is not ItemState.CORRECTED]
    columns = (table.c.number, table.c.scheme, table.c.provider, table.c.voucher, table.c.line, table.c.state)
    statement = (
        sa.select(finding, *(column.label(f"item_{column.name}") for column in columns))
        .join(table, table.c.id == finding.c.item_id)
        .where(table.c.state.in_(states))
        .order_by(table.c.scheme, table.c.provider, table.c.voucher, table.c.line, finding.c.id)
    )
    narrowed: list[sa.ColumnElement[bool]] = []
    if not include_suppressed:
        narrowed.append(finding.c.suppression_id.is_(None))
    if scheme is not None:
        narrowed.append(table.c.scheme == scheme)
    if severity is not None:
        narrowed.append(finding.c.severity == Severity(severity).value)
    if code is not None:
        narrowed.append(sa.or_(finding.c.code == code, finding.c.code.startswith(f"{code}-", autoescape=True)))
    if voucher is not None:
        narrowed.append(table.c.voucher == voucher)
    if item is not None:
        narrowed.append(table.c.id == item)
    with workspace.database.read() as connection:
        types: dict[str, dict[str, FieldType]] = {}
        for row in stream(connection, statement.where(*narrowed), 1_000):
            yield told_in(language, _row(workspace, types, row), row)


Told = TypeVar("Told", bound="DataclassInstance")


def told_in(language: Language | None, told: Told, row: Any) -> Told:
    """The same dataclass with its `message` and `mend` in the language, by the stored finding that they are from."""
    if language is None:
        return told
    words = language.finding(finding_of(row))
    return replace(told, message=words.message, mend=words.mend)


def _row(workspace: Workspace, types: dict[str, dict[str, FieldType]], row: Any) -> ErrorRow:
    key = row.item_scheme
    if key not in types:
        installed = workspace.schemes.get(key)
        types[key] = field_types(installed) if installed is not None else {}
    wanted = types[key].get(row.field or "")
    return ErrorRow(
        finding=row.id,
        item=row.item_id,
        number=row.item_number,
        scheme=key,
        provider=row.item_provider,
        voucher=row.item_voucher,
        line=row.item_line,
        state=row.item_state,
        code=row.code,
        severity=row.severity,
        field=row.field,
        value=row.value,
        message=row.message,
        mend=row.mend,
        suggestion=row.suggestion,
        expected=wanted.expected if wanted else "",
        source=row.source,
        suppressed=row.suppression_id is not None,
    )
