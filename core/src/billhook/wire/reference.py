"""The reference page of a layout: Markdown made from the same tables that write and read the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from billhook.wire.fixed import RecordLayout
from billhook.wire.grammar import Group, MessageLayout, OneOf, Part, Use
from billhook.wire.layout import Field, Kind, SegmentLayout
from billhook.wire.problems import PROBLEM_KINDS
from billhook.wire.values import TYPE_NAMES

_SHORT = {Kind.TEXT: "AN"}
"""The specs know two types only; every kind but text is numeric."""


def segment_page(layout: SegmentLayout, *, level: int = 3) -> str:
    """One segment: a heading and a table with a row a field, in the order on the wire."""
    head = f"{'#' * level} {layout.tag}: {layout.title}\n\n{layout.source}{_versions(layout.since, layout.until)}\n\n"
    table = _table(
        ("Element", "Name", "Original", "Type", "Length", "M/K", "Python", "Meaning"),
        (
            (
                place,
                f"`{row.name}`",
                row.original,
                _SHORT.get(row.kind, "N"),
                row.length,
                row.presence.value,
                TYPE_NAMES[row.kind],
                _meaning(row),
            )
            for place, row in _places(layout)
        ),
    )
    return head + table


def message_page(layout: MessageLayout, *, level: int = 2) -> str:
    """One message: the order of its segments, then every segment's table."""
    parts = [
        f"{'#' * level} {layout.name}: {layout.title}\n\n{layout.source}\n\n```text\n{order(layout.body)}\n```\n",
        *(segment_page(segment, level=level + 1) for segment in layout.segments),
    ]
    return "\n".join(parts)


def record_page(layout: RecordLayout, *, level: int = 2) -> str:
    """One record of fixed length: a heading and a table with a row a field."""
    facts = f"{layout.source}. {layout.length} bytes, {layout.target.title}."
    head = f"{'#' * level} {layout.name}: {layout.title}\n\n{facts}\n\n"
    table = _table(
        ("Bytes", "Name", "Original", "Type", "M/K", "Default", "Python", "Meaning"),
        (
            (
                str(row.first) if row.width == 1 else f"{row.first}–{row.last}",
                f"`{row.name}`",
                row.original,
                _SHORT.get(row.kind, "N"),
                row.presence.value,
                "" if row.default is None else f"`{row.default}`",
                TYPE_NAMES[row.kind],
                row.meaning,
            )
            for row in layout.fields
        ),
    )
    return head + table


def problem_page(*, level: int = 2) -> str:
    """Every code that the wire can report."""
    rows = ((f"`{kind.code}`", kind.severity, kind.text, kind.mend) for kind in PROBLEM_KINDS.values())
    return f"{'#' * level} Codes\n\n" + _table(("Code", "Severity", "What is wrong", "How to mend it"), rows)


def order(part: Part) -> str:
    """A grammar as one line: `?` may come once, `+` one or more, `*` any number, `{2,9}` two to nine, `|` either.

    >>> order(Group("link", (Use("VKG"), Use("VDT", 0, 1)), 0, None))
    '(VKG VDT?)*'
    """
    if isinstance(part, OneOf):
        return "(" + " | ".join(order(each) for each in part.parts) + ")"
    times = _times(part)
    if isinstance(part, Use):
        return part.tag + times
    inner = " ".join(order(each) for each in part.parts)
    return f"({inner}){times}" if times else inner


def _times(part: Use | Group) -> str:
    known = {(1, 1): "", (0, 1): "?", (1, None): "+", (0, None): "*"}
    return known.get((part.least, part.most), f"{{{part.least},{'' if part.most is None else part.most}}}")


def _places(layout: SegmentLayout) -> Iterator[tuple[str, Field]]:
    """Every row of the newest version with its place (`2`, or `2:1` in a group), then the rows of other versions."""
    newest = layout.elements()
    for at, element in enumerate(newest, start=1):
        for nth, row in enumerate(element, start=1):
            yield (str(at) if len(element) == 1 else f"{at}:{nth}"), row
    current = {row for element in newest for row in element}
    for row in layout.fields:
        if row not in current:
            yield "–", row


def _meaning(row: Field) -> str:
    parts = [row.meaning]
    if row.allowed:
        parts.append("only " + ", ".join(f"`{value}`" for value in row.allowed))
    if row.codes:
        parts.append(f"key {row.codes}")
    parts.append(_versions(row.since, row.until).strip(" ()"))
    return "; ".join(part for part in parts if part)


def _versions(since: int, until: int | None) -> str:
    if since and until is not None:
        return f" (V{since} to V{until})"
    if until is not None:
        return f" (until V{until})"
    return f" (since V{since})" if since else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
