"""Proves a profile on data: reads a file with it, writes every cell again with it, and tells what came out otherwise.

A profile that reads a file of the payer's own making and writes the same bytes is right as far as that file goes. A difference
names line and column and what would have been written, which mostly says what to change in the profile.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from billhook.money import round_cents
from billhook_mass import cells
from billhook_mass.cells import Misfit
from billhook_mass.fields import FIELDS, ValueKind
from billhook_mass.lines import Value
from billhook_mass.profile import Column, FileForm, Profile, Quoting, Record, RecordKind
from billhook_mass.reading import CELL_LIMIT, LINE_LIMIT, read_day, read_month, read_number

KEPT = 1_000
"""Differences that are kept of a file; more are only counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a file is otherwise than the profile would write it. `column` counts from 1; 0 is the row as a whole."""

    file: str
    line: int
    column: int
    heading: str
    found: str
    written: str
    why: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What came out for a file: lines of invoices and cells that were compared, and what differs (`more` beyond those kept)."""

    file: str
    rows: int
    cells: int
    differences: tuple[Difference, ...]
    more: int = 0

    @property
    def same(self) -> bool:
        """True when the profile writes what it read."""
        return not self.differences and self.rows > 0


def prove(profile: Profile, path: Path) -> Proof:
    """Read a file with a profile and write it again.

    Raises:
        OSError: the file cannot be opened.
    """
    kept: list[Difference] = []
    more = 0
    proving = _Proving(profile, path.name)
    for difference in proving.differences(path):
        if len(kept) < KEPT:
            kept.append(difference)
        else:
            more += 1
    return Proof(path.name, proving.rows, proving.cells, tuple(kept), more)


class _Proving:
    def __init__(self, profile: Profile, name: str) -> None:
        self.profile = profile
        self.form = profile.file
        self.name = name
        self.rows = 0
        self.cells = 0

    def differences(self, path: Path) -> Iterator[Difference]:
        """What differs, in order."""
        started = False
        with path.open("rb") as raw:
            text = io.TextIOWrapper(raw, encoding=self.form.encoding, errors="replace", newline="")
            for line, physical, row in _rows(text, self.form):
                if row is None:
                    yield self._row(line, physical[:60], "", "the row does not end, or is longer than a row can be")
                    return
                if "\ufffd" in physical:
                    yield self._row(line, "", "", f"it has bytes that are no {self.form.encoding}")
                    continue
                if not row:
                    yield self._row(line, "", "", "it is empty")
                    continue
                if not started and self.form.header:
                    started = True
                    yield from self._headings(line, row)
                    continue
                started = True
                yield from self._record(line, physical, row)
        if not self.rows:
            yield self._row(0, "", "", "it has no line of an invoice")

    def _headings(self, line: int, row: list[str]) -> Iterator[Difference]:
        record = self.profile.line
        wanted = [column.header for column in record.columns]
        wanted = ["Satzart", *wanted] if record.mark else wanted
        for place in range(max(len(row), len(wanted))):
            found = row[place] if place < len(row) else ""
            expected = wanted[place] if place < len(wanted) else ""
            if found != expected:
                yield Difference(self.name, line, place + 1, expected, found, expected, "another heading")

    def _record(self, line: int, physical: str, row: list[str]) -> Iterator[Difference]:
        record = (
            next((one for one in self.profile.records if one.mark == row[0]), None) if self.profile.line.mark else None
        )
        if record is None and self.profile.line.mark:
            yield self._row(line, row[0], "", "no record of the profile has this mark")
            return
        record = record or self.profile.line
        own = row[1:] if record.mark else row
        if len(own) != len(record.columns):
            yield self._row(line, str(len(row)), str(len(record.columns)), "another number of cells")
            return
        if record.kind is RecordKind.LINE:
            self.rows += 1
        values, unread = self._values(record, own)
        before = 0
        for place, (column, found) in enumerate(zip(record.columns, own, strict=True), 2 if record.mark else 1):
            self.cells += 1
            why = unread.get(place - (2 if record.mark else 1))
            one = cells.cell(column, values, self.profile)
            if why is None and one.text != found:
                why = _why(column, one.text)
            if why is None and Misfit.EMPTY in one.misfits:
                why = "it is required and empty"
            if why is None and Misfit.LONG in one.misfits:
                why = f"it is longer than {column.width or column.longest}"
            if why is not None:
                before += 1
                yield Difference(self.name, line, place, column.header, found, one.text, why)
        if not before:
            if physical != cells.row(record, values, self.profile):
                end = physical[len(physical.rstrip("\r\n")) :] != self.form.line_end.text
                yield self._row(line, "", "", "another line end" if end else "other cells are quoted")
            yield from self._sum(line, record, values)

    def _values(self, record: Record, row: list[str]) -> tuple[dict[str, Value], dict[int, str]]:
        values: dict[str, Value] = {}
        unread: dict[int, str] = {}
        for place, (column, found) in enumerate(zip(record.columns, row, strict=True)):
            if column.field is None or not found.strip():
                continue
            value = self._value(column, found, values)
            if value is None:
                unread[place] = _unread(column, self.form)
            else:
                values[column.field] = value
        return values, unread

    def _value(self, column: Column, found: str, values: dict[str, Value]) -> Value:
        field = FIELDS[str(column.field)]
        match field.kind:
            case ValueKind.DAY:
                return read_day(found, column.form or self.form.day)
            case ValueKind.MONTH:
                return read_month(found, column.form or self.form.month)
            case ValueKind.AMOUNT:
                number = read_number(found, self.form.decimal)
                return None if number is None or number * 100 % 1 else int(number * 100)
            case ValueKind.NUMBER:
                return read_number(found, self.form.decimal)
            case ValueKind.WHOLE:
                return int(found) if found.lstrip("-").isascii() and found.lstrip("-").isdecimal() else None
        return self._word(column, found.rstrip() if column.width else found, values)

    def _word(self, column: Column, found: str, values: dict[str, Value]) -> Value:
        if found.startswith("'") and cells.starts_formula(found[1:]):
            found = found[1:]
        table = column.keys or FIELDS[str(column.field)].keys
        if not table:
            return found
        word = self.profile.keys.table(table).back(found)
        if word is not None and table == "services" and "/" in word:
            word, _, kind = word.partition("/")
            values.setdefault("line.day_kind", kind)
        return word

    def _sum(self, line: int, record: Record, values: Mapping[str, Value]) -> Iterator[Difference]:
        """Quantity × rate × percent is the amount, where the columns say all of them."""
        quantity, rate, amount = (values.get(f"line.{name}") for name in ("quantity", "rate", "amount"))
        percent = values.get("line.percent", Decimal(100))
        if not (isinstance(quantity, Decimal) and isinstance(rate, Decimal) and isinstance(percent, Decimal)):
            return
        computed = round_cents(quantity * rate * percent / 100)
        if isinstance(amount, int) and amount != computed:
            place = next(at for at, column in enumerate(record.columns, 1) if column.field == "line.amount")
            heading = record.columns[place - 1].header
            said, made = (f"{cents / 100:.2f}" for cents in (amount, computed))
            yield Difference(self.name, line, place, heading, said, made, "quantity × rate × percent is another amount")

    def _row(self, line: int, found: str, written: str, why: str) -> Difference:
        return Difference(self.name, line, 0, "", found, written, why)


def _why(column: Column, written: str) -> str:
    kind = FIELDS[column.field].kind if column.field is not None else None
    if column.field is None:
        return "another text stands where the profile has a constant"
    if kind in (ValueKind.NUMBER, ValueKind.AMOUNT):
        return "the number is written otherwise (places, thousands)"
    if column.keys or FIELDS[column.field].keys:
        return "the key table has no word for it"
    return "it is written otherwise" if written else "it is empty in the profile's file"


def _unread(column: Column, form: FileForm) -> str:
    kind = FIELDS[str(column.field)].kind
    match kind:
        case ValueKind.DAY:
            return f"no day of the form {column.form or form.day}"
        case ValueKind.MONTH:
            return f"no month of the form {column.form or form.month}"
        case ValueKind.TEXT:
            return "the key table has no word for it"
    return f"no number with a decimal {form.decimal}"


def _rows(text: io.TextIOWrapper, form: FileForm) -> Iterator[tuple[int, str, list[str] | None]]:
    """Line, the row as it stands in the file, and its cells; None for the cells where the row cannot be read."""
    csv.field_size_limit(CELL_LIMIT)
    taken: list[str] = []

    def lines() -> Iterable[str]:
        while line := text.readline(LINE_LIMIT):
            taken.append(line)
            if len(line) >= LINE_LIMIT:
                return
            yield line

    if form.quoting is Quoting.NEVER:
        reader = csv.reader(lines(), delimiter=form.delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(lines(), delimiter=form.delimiter, quotechar=form.quote)
    while True:
        line = reader.line_num + 1
        taken.clear()
        try:
            row = next(reader)
        except StopIteration:
            if taken:
                yield line, taken[0], None
            return
        except csv.Error:
            yield line, "".join(taken)[:200], None
            return
        yield line, "".join(taken), row
