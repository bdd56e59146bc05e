"""What a person sees and what a script reads: tables and lines, or one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from billhook.billing.contexts import no_progress
from billhook.billing.errorlog import ErrorRow
from billhook.language import ENGLISH, Language
from billhook.model import Finding, Severity
from billhook.money import format_cents
from billhook.words import Words, listed, many, words

WIDE = 10_000
"""Columns that a table may take where nobody looks at a terminal: nothing is cut for a pipe or a file."""

PROSE = 24
"""A column whose longest cell is wider than this holds sentences."""

STATES = frozenset({"state", "severity", "support", "role", "cell", "needed"})
"""Columns whose cells hold words of the program, not of the user."""

COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


class Amount(str):
    """An amount of money as a person reads it. In a table it stands to the right."""

    __slots__ = ()

    @classmethod
    def of(cls, cents: int) -> Amount:
        """The amount of so many cents, e.g. `1234,50`."""
        return cls(format_cents(cents))


def count(number: int, word: str) -> Words:
    """`1 item`, `2 items`, `2 entries`."""
    return many(number, *plural(word))


def plural(word: str) -> tuple[str, str]:
    """The templates of `count`: what is said of one, and of several."""
    several = f"{word.removesuffix('y')}ies" if word.endswith("ry") else f"{word}s"
    return f"{{number}} {word}", f"{{number}} {several}"


def plain(value: Any, language: Language) -> Any:
    """The value in JSON's own types: dates ISO, decimals as text, dataclasses and models as objects.

    Sentences are said in the language; names and values that a program looks for never are.
    """
    match value:
        case Words():
            return language.say(value)
        case Finding():
            value = language.finding(value)
        case None | bool() | int() | float() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return value.value
        case Decimal() | Path():
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case BaseModel():
            return value.model_dump(mode="json")
        case Mapping():
            return {str(key): plain(part, language) for key, part in value.items()}
        case range():
            return list(value)
        case Iterable():
            return [plain(part, language) for part in value]
    if is_dataclass(value):
        return {part.name: plain(getattr(value, part.name), language) for part in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _is_figure(value: object) -> bool:
    return isinstance(value, int | Decimal | Amount) and not isinstance(value, bool)


def _only_ascii() -> bool:
    """Whether JSON has to escape what is not ASCII: where standard output is not UTF-8."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") != "utf8"


class Output:
    """Writes results to standard output and everything else to standard error, in the language that was asked for."""

    def __init__(self, language: Language | None = None) -> None:
        self.language = language or Language(ENGLISH)
        self.console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, soft_wrap=True)
        self.wide = Console(width=WIDE, highlight=False, soft_wrap=True)
        self.notes = Console(stderr=True, width=None if sys.stderr.isatty() else WIDE, highlight=False, soft_wrap=True)

    def _said(self, text: str) -> str:
        """A sentence in the language; any other text, such as a name, as it is."""
        return self.language.say(text) if isinstance(text, Words) else text

    def json(self, data: Any) -> None:
        """One JSON document on standard output."""
        sys.stdout.write(json.dumps(plain(data, self.language), ensure_ascii=_only_ascii(), indent=2) + "\n")

    def json_lines(self, rows: Iterable[Any]) -> None:
        """A JSON array, written while the rows come: a million rows are never in memory."""
        only_ascii = _only_ascii()
        sys.stdout.write("[")
        separator = "\n  "
        for row in rows:
            sys.stdout.write(separator + json.dumps(plain(row, self.language), ensure_ascii=only_ascii))
            separator = ",\n  "
        sys.stdout.write("]\n" if separator == "\n  " else "\n]\n")

    def line(self, text: str = "") -> None:
        """A line of the result."""
        self.console.print(self._said(text), markup=False)

    def note(self, text: str) -> None:
        """A line beside the result."""
        self.notes.print(self._said(text), markup=False)

    def table(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = (), *, title: str = "") -> None:
        """A table; the columns are the keys of the first row unless they are named. Numbers stand to the right."""
        kept = list(rows)
        names = list(columns) or (list(kept[0]) if kept else [])
        if not kept:
            self.line(words("(none)"))
            return
        heads = [self._head(name) for name in names]
        cells = [[self._cell(row.get(name), name) for name in names] for row in kept]
        widths = [max(cell_len(head), *(row[place].cell_len for row in cells)) for place, head in enumerate(heads)]
        table = Table(
            title=self._said(title) or None, title_justify="left", box=None, pad_edge=False, header_style="bold"
        )
        for name, head, width in zip(names, heads, widths, strict=True):
            table.add_column(
                head,
                justify="right" if all(_is_figure(row.get(name)) for row in kept) else "left",
                overflow="fold",
                no_wrap=width <= PROSE,
            )
        for row_cells in cells:
            table.add_row(*row_cells)
        # Sentences are wrapped; a number or a date never is: where these alone are too wide, the terminal breaks lines.
        narrowest = sum(min(width, PROSE) for width in widths) + 2 * (len(widths) - 1)
        (self.wide if narrowest > self.console.width else self.console).print(table)

    def pairs(self, data: Mapping[str, Any], *, title: str = "") -> None:
        """Names and values, one pair a line."""
        if title:
            self.console.print(Text(self._said(title), style="bold"))
        # A dotted name is one that `billhook correct` takes, so it stays as it is.
        heads = [str(name) if "." in str(name) else self._head(str(name)) for name in data]
        width = max(map(len, heads), default=0)
        for head, (name, value) in zip(heads, data.items(), strict=True):
            self.console.print(Text(f"{head:<{width}}  ") + self._cell(value, str(name)))

    def _head(self, name: str) -> str:
        return self.language.say(name.replace("_", " "), "column")

    def _cell(self, value: Any, name: str = "") -> Text:
        match plain(value, self.language):
            case None:
                return Text("")
            case bool() as flag:
                return Text(self.language.say(words("yes") if flag else words("no")))
            case str() as word if name in STATES and word:
                return Text(self.language.say(word, "state"))
            case list() as parts:
                return Text(", ".join(str(part) for part in parts))
            case dict() as parts:
                return Text(", ".join(f"{name} {part}" for name, part in parts.items()))
            case other:
                return Text(str(other))

    def finding(self, finding: Finding, *, prefix: str = "") -> None:
        """A finding in two lines: where and what, then how to mend it."""
        where = [
            f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.file or "",
            "" if finding.segment is None else words("segment {number}", number=finding.segment),
            " ".join(
                part for part in (finding.tag or "", "" if finding.element is None else str(finding.element)) if part
            ),
            finding.field or "",
        ]
        finding = self.language.finding(finding)
        text = Text()
        text.append(self._severity(finding.severity), style=COLOURS[finding.severity])
        text.append(f"{finding.code}  ", style="bold")
        text.append(self._said(prefix) + self.language.say(listed(part for part in where if part)) + ": ")
        text.append(finding.message)
        self.console.print(text)
        if finding.mend:
            self.console.print(Text("        → " + finding.mend, style="dim"))

    def log_entry(self, row: ErrorRow) -> None:
        """An entry of the error log: which line of which voucher, what is wrong, and how to mend it."""
        text = Text(f"{row.finding:>5}  ")
        text.append(self._severity(Severity(row.severity)), style=COLOURS[Severity(row.severity)])
        text.append(f"{row.code}  ", style="bold")
        place = words(
            "voucher {voucher} line {line} (item {number})", voucher=row.voucher, line=row.line, number=row.number
        )
        text.append(self.language.say(place))
        text.append(f", {row.field}: " if row.field else ": ")
        text.append(row.message)
        if row.suppressed:
            text.append(" " + self.language.say(words("(suppressed)")), style="dim")
        self.console.print(text)
        # Everything that may be left out may be empty; saying so beside every field helps nobody.
        form = row.expected.values.get("form", row.expected) if isinstance(row.expected, Words) else row.expected
        hints = [
            row.mend,
            words("suggested: {value}", value=row.suggestion) if row.suggestion else "",
            words("expected: {form}", form=form) if form not in ("", "text") else "",
            words("now: {value}", value=row.value) if row.value and row.value not in row.message else "",
        ]
        told = [self._said(hint) for hint in hints]
        shown = "; ".join(hint.rstrip(".") for hint in told if hint)
        if shown:
            self.console.print(Text("       → " + shown, style="dim"))

    def _severity(self, severity: Severity) -> str:
        return f"{self.language.say(severity.value, 'state'):<7} "

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[str, int], None]]:
        """A line that counts on a terminal, nothing anywhere else. Yields a `billhook.billing` progress callback."""
        if not sys.stderr.isatty():
            yield no_progress
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("{task.completed:.0f}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.notes, transient=True) as bars:
            task = bars.add_task(self.language.say(title), total=None)
            yield lambda step, done: bars.update(
                task, description=f"{self.language.say(title)}: {self.language.say(step)}", completed=done
            )
