"""Reads a table that somebody else made: finds out its encoding, separator, numbers and dates, and says why it thinks so.

The file is streamed: memory does not grow with it. Whatever is wrong is a finding with file, line and column; nothing here raises
on bad content. A cell is only ever text: what a spreadsheet would take for a formula is a cell like any other.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from billhook.model import Finding, Rule
from billhook.money import format_cents
from billhook_mass import reading_rules as rules

SAMPLE = 1_000
"""Rows that are looked at to find out how numbers and dates are written."""

LINE_LIMIT = 1_000_000
"""Characters a line may have; a file without line ends must not fill the memory."""

CELL_LIMIT = 100_000
"""Characters a cell may have; a quote that is never closed would swallow the rest of the file."""

SEPARATORS = (";", "\t", ",", "|")

DAY_FORMS = ("%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d-%m-%Y")
"""How days are written, the likeliest first: it wins where the rows leave a choice."""

MONTH_FORMS = ("%m.%Y", "%Y-%m", "%m/%Y", "%Y%m", "%m-%Y", "%Y/%m")

MONTH_NAMES = {
    name: number
    for number, names in enumerate(
        (
            ("januar", "jan", "jaenner"), ("februar", "feb"), ("maerz", "mrz", "maer"), ("april", "apr"), ("mai",),
            ("juni", "jun"), ("juli", "jul"), ("august", "aug"), ("september", "sep", "sept"),
            ("oktober", "okt"), ("november", "nov"), ("dezember", "dez"),
        ),
        1,
    )
    for name in names
}  # fmt: skip

TOTAL_WORDS = ("summe", "gesamt", "gesamtsumme", "gesamtbetrag", "total", "endsumme", "summen", "zwischensumme")

_TOTAL_LETTERS = {letter for word in TOTAL_WORDS for letter in (word[0], word[0].upper())}

_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3", "a database"),
)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Kind(StrEnum):
    """What the cells of a column are."""

    TEXT = "text"
    AMOUNT = "amount"
    NUMBER = "number"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is looked for: its name here, the headers that mean it, the most wanted first, and what its cells are.

    `required`: the column must be there. `filled`: and no cell of it may be empty.
    """

    name: str
    aliases: tuple[str, ...]
    kind: Kind = Kind.TEXT
    required: bool = False
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """How a table is written; `auto` is found out."""

    encoding: str = "auto"
    delimiter: str = "auto"
    decimal: str = "auto"
    day: str = "auto"
    month: str = "auto"


@dataclass(frozen=True, slots=True)
class Guess:
    """Something that was found out about a file, and from what."""

    what: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """A row: the line it starts on, its cells as text, and the values of the columns that are known. Empty cells have none.

    An amount is whole cents, a number a Decimal, a month the first day of it.
    """

    line: int
    cells: tuple[str, ...]
    values: Mapping[str, str | int | Decimal | date]
    findings: tuple[Finding, ...] = ()

    def text(self, name: str) -> str:
        """The text of a column; empty when there is none."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else str(value)

    def cents(self, name: str) -> int | None:
        """The amount of a column in cents."""
        value = self.values.get(name)
        return value if isinstance(value, int) else None

    def day(self, name: str) -> date | None:
        """The day of a column, or the first day of its month."""
        value = self.values.get(name)
        return value if isinstance(value, date) else None


class Table:
    """A table that was opened: what was found out about it, and its records, streamed.

    `findings` are about the file as a whole; with an error among them there are no records. Those of a row are in its record.
    """

    def __init__(self, source: Path | bytes, columns: Sequence[Column], form: Form, name: str) -> None:
        self.name = name
        self.guesses: list[Guess] = []
        self.findings: list[Finding] = []
        self.headers: tuple[str, ...] = ()
        self.header_line = 0
        self.places: dict[str, int] = {}
        self.form = form
        self._source = source
        self._columns = tuple(columns)
        self._by_name = {column.name: column for column in columns}
        if self._is_text() and self._find_encoding() and self._find_separator() and self._find_columns():
            self._find_forms()

    @property
    def readable(self) -> bool:
        """False when a finding forbids to read the rows."""
        return not any(finding.is_error for finding in self.findings)

    def records(self) -> Iterator[Record]:
        """The rows below the header; each call starts anew. A row of totals is held against the rows above it."""
        if not self.readable:
            return
        sums = {name: 0 for name in self.places if self._by_name[name].kind is Kind.AMOUNT}
        seen = 0
        for line, cells, problem in self._rows():
            if line <= self.header_line or (not problem and not any(cell.strip() for cell in cells)):
                continue
            if problem is not None:
                yield Record(line, tuple(cells), {}, (problem,))
                continue
            if self._is_total(cells):
                lies = tuple(self._lies(line, cells, sums))
                if lies:
                    yield Record(line, tuple(cells), {}, lies)
                continue
            record = self._record(line, cells)
            for name in sums:
                sums[name] += record.cents(name) or 0
            seen += 1
            yield record
        if not seen:
            yield Record(self.header_line, (), {}, (rules.NO_ROWS.at(file=self.name, line=self.header_line),))

    # --- The file -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _bytes(self) -> Iterator[BinaryIO]:
        if isinstance(self._source, bytes):
            yield io.BytesIO(self._source)
        else:
            with self._source.open("rb") as file:
                yield file

    def _is_text(self) -> bool:
        with self._bytes() as file:
            head = file.read(65_536)
        if not head.strip(b"\0 \r\n\t\xef\xbb\xbf\xff\xfe"):
            self._say(rules.EMPTY)
            return False
        kind = next((what for magic, what in _MAGIC if head.startswith(magic)), "")
        marked = any(head.startswith(mark) for mark, _ in _MARKS)
        if not kind and not marked and not _wide(head):
            odd = sum(byte < 32 and byte not in (9, 10, 12, 13, 26) for byte in head)
            kind = "binary data" if odd > len(head) // 50 else ""
        if kind:
            self._say(rules.NOT_TEXT, kind=kind)
        return not kind

    def _find_encoding(self) -> bool:
        with self._bytes() as file:
            if self.form.encoding != "auto":
                return self._take("encoding", self.form.encoding, "the profile says so")
            head = file.read(65_536)
            mark = next((name for bom, name in _MARKS if head.startswith(bom)), "")
            if mark:
                return self._take("encoding", mark, "the file begins with its byte order mark")
            if wide := _wide(head):
                return self._take("encoding", wide, "every other byte is zero")
            file.seek(0)
            decoder = codecs.getincrementaldecoder("utf-8")()
            try:
                plain = True
                while chunk := file.read(1 << 16):
                    plain = plain and chunk.isascii()
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                from charset_normalizer import from_bytes  # noqa: PLC0415  # only few files need it

                best = from_bytes(_foreign(head), cp_isolation=["cp1252", "cp850"]).best()
                # Both can read almost any byte; where nothing speaks for DOS it is Windows.
                encoding = "cp850" if best is not None and best.encoding == "cp850" else "cp1252"
                return self._take("encoding", encoding, "it is no UTF-8, and reads as words this way")
            reason = "it has no letters beyond ASCII" if plain else "all its bytes are valid UTF-8"
            return self._take("encoding", "utf-8", reason)

    @contextmanager
    def _lines(self) -> Iterator[Iterator[str]]:
        with self._bytes() as file:
            wrapped = io.TextIOWrapper(file, encoding=self.form.encoding, errors="replace", newline="")
            try:
                yield _bounded(wrapped)
            finally:
                wrapped.detach()

    def _rows(self) -> Iterator[tuple[int, list[str], Finding | None]]:
        """Line, cells, and what is wrong with the row as a row; ends at a fault after which nothing can be told apart."""
        csv.field_size_limit(CELL_LIMIT)
        with self._lines() as lines:
            reader = csv.reader(lines, delimiter=self.form.delimiter)
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    yield line, [], rules.OPEN_QUOTE.at(file=self.name, line=line)
                    return
                except _LongLineError:
                    yield line, [], rules.LONG_LINE.at(file=self.name, line=line, limit=LINE_LIMIT)
                    return
                yield line, cells, None

    # --- What it looks like -------------------------------------------------------------------------------------------

    def _find_separator(self) -> bool:
        if self.form.delimiter != "auto":
            return self._take("delimiter", self.form.delimiter, "the profile says so")
        head: list[str] = []
        try:
            with self._lines() as lines:
                head.extend(islice(lines, 100))
        except _LongLineError:
            if not head:
                self._say(rules.LONG_LINE, line=1, limit=LINE_LIMIT)
                return False
        named = re.fullmatch(r"\ufeff?\"?sep=(.)\"?\s*", head[0]) if head else None
        if named:
            return self._take("delimiter", named[1], "the first line says sep=")
        found = [(_evenness(head, separator, self._headers_known), separator) for separator in SEPARATORS]
        (hits, even, columns), best = max(found, key=lambda pair: pair[0])
        if columns < 2:
            if len(self._columns) == 1:
                return self._take("delimiter", ";", "there is one column")
            self._say(rules.NO_SEPARATOR, line=1)
            return False
        reason = f"it splits {even} of the first {len(head)} lines into {columns} cells"
        return self._take("delimiter", best, f"{reason}, {hits} of them known headers" if hits else reason)

    def _headers_known(self, cells: Iterable[str]) -> int:
        known = {folded(alias) for column in self._columns for alias in column.aliases}
        return len({folded(cell) for cell in cells} & known)

    def _find_columns(self) -> bool:
        best, headers = (0, 0), []
        for line, cells, problem in islice(self._rows(), 50):
            hits = self._headers_known(cells)
            if problem is None and hits > best[0]:
                best, headers = (hits, line), cells
        self.header_line = best[1]
        if not best[0]:
            first = next(((line, cells) for line, cells, _ in self._rows() if any(cells)), (1, []))
            self.header_line, headers = first
        self.headers = tuple(plain(header) for header in headers)
        self.guesses.append(Guess("header", f"line {self.header_line}", f"{best[0]} of its cells are known headers"))
        meant: dict[int, str] = {}
        for column in self._columns:
            for alias in column.aliases:
                at = [place for place, header in enumerate(self.headers) if folded(header) == folded(alias)]
                if len(at) > 1:
                    places = " and ".join(str(place + 1) for place in at)
                    self._say(rules.TWICE, line=self.header_line, field=column.name, value=alias, columns=places)
                free = [place for place in at if place not in meant]
                if free:
                    self.places[column.name] = free[0]
                    meant[free[0]] = column.name
                    break
            else:
                if column.required:
                    shown = ", ".join(header for header in self.headers if header) or "none"
                    self._say(
                        rules.NO_COLUMN, line=self.header_line, field=column.name, name=column.name, headers=shown
                    )
        for place, header in enumerate(self.headers):
            if place not in meant and header:
                self._say(rules.UNKNOWN_COLUMN, line=self.header_line, element=place + 1, value=header)
        return self.readable

    def _find_forms(self) -> None:
        cells: dict[Kind, list[str]] = {kind: [] for kind in Kind}
        for line, row, problem in islice(self._rows(), SAMPLE):
            if problem is not None or line <= self.header_line or self._is_total(row):
                continue
            for name, place in self.places.items():
                if place < len(row) and (text := plain(row[place])):
                    cells[self._by_name[name].kind].append(text)
        if self.form.decimal == "auto":
            self._take("decimal", *decimal_of([*cells[Kind.AMOUNT], *cells[Kind.NUMBER]]))
        if self.form.day == "auto":
            self._take("day", *form_of(cells[Kind.DAY], DAY_FORMS))
        if self.form.month == "auto":
            self._take("month", *form_of(cells[Kind.MONTH], MONTH_FORMS))

    def _take(self, what: str, value: str, reason: str) -> bool:
        self.guesses.append(Guess(what, "tab" if value == "\t" else value, reason))
        self.form = Form(**{**{name: getattr(self.form, name) for name in Form.__slots__}, what: value})
        return True

    def _say(self, rule: Rule, **where: object) -> None:
        self.findings.append(rule.at(file=self.name, **where))  # type: ignore[arg-type]  # the keywords of Rule.at and its texts

    # --- Rows ---------------------------------------------------------------------------------------------------------

    def _is_total(self, cells: Sequence[str]) -> bool:
        first = next((cell for cell in cells if cell.strip()), "")
        return (
            first.lstrip()[:1] in _TOTAL_LETTERS
            and folded(re.split(r"[\s:]", first.strip(), maxsplit=1)[0]) in TOTAL_WORDS
        )

    def _lies(self, line: int, cells: Sequence[str], sums: Mapping[str, int]) -> Iterator[Finding]:
        for name, total in sums.items():
            place = self.places[name]
            text = plain(cells[place]) if place < len(cells) else ""
            said = read_amount(text, self.form.decimal) if text else None
            if isinstance(said, int) and said != total:
                yield rules.TOTAL_LIES.at(
                    field=name, value=text, file=self.name, line=line, element=place + 1, name=name,
                    sum=format_cents(total),
                )  # fmt: skip

    def _record(self, line: int, cells: list[str]) -> Record:
        wrong: list[Finding] = []
        if len(cells) != len(self.headers) and (
            len(cells) < len(self.headers) or any(cell.strip() for cell in cells[len(self.headers) :])
        ):
            wrong.append(rules.RAGGED.at(file=self.name, line=line, value=len(cells), columns=len(self.headers)))
        values: dict[str, str | int | Decimal | date] = {}
        for name, place in self.places.items():
            raw = cells[place] if place < len(cells) else ""
            text = plain(raw)
            column = self._by_name[name]
            at = {"field": name, "file": self.name, "line": line, "element": place + 1}
            if "\ufffd" in raw:
                wrong.append(rules.BYTES.at(**at, encoding=self.form.encoding))  # type: ignore[arg-type]  # where it is
            if not text:
                if column.filled:
                    wrong.append(rules.MISSING.at(**at, name=name))  # type: ignore[arg-type]  # where it is
                continue
            value = self._value(column.kind, text)
            if isinstance(value, Rule):
                more = {"decimal": self.form.decimal, "form": spoken(self.form.day)}
                wrong.append(value.at(**at, value=_short(text), **more))  # type: ignore[arg-type]  # where it is
            else:
                values[name] = value
        return Record(line, tuple(cells), values, tuple(wrong))

    def _value(self, kind: Kind, text: str) -> str | int | Decimal | date | Rule:
        match kind:
            case Kind.AMOUNT:
                amount = read_amount(text, self.form.decimal)
                if amount is None:
                    return rules.NO_AMOUNT if read_number(text, self.form.decimal) is None else rules.FRACTIONS
                return amount
            case Kind.NUMBER:
                number = read_number(text, self.form.decimal)
                return rules.NO_NUMBER if number is None else number
            case Kind.DAY:
                day = read_day(text, self.form.day)
                return rules.NO_DAY if day is None else day
            case Kind.MONTH:
                month = read_month(text, self.form.month)
                return rules.NO_MONTH if month is None else month
        return text


def open_table(source: Path | bytes, columns: Sequence[Column], form: Form | None = None, *, name: str = "") -> Table:
    """Open a table and find out what is not known of it.

    Args:
        source: a file, or its bytes.
        columns: the columns that are looked for.
        form: what is known of how it is written; nothing when not given.
        name: what findings call the file; that of the path when not given.

    Raises:
        OSError: the file cannot be opened.
    """
    return Table(source, columns, form or Form(), name or (source.name if isinstance(source, Path) else "table"))


# --- Cells ------------------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """The cell without spaces around it, and without what spreadsheets put before a text so that it stays one.

    >>> plain(' ="2026-0001" '), plain("'007"), plain("=1+1")
    ('2026-0001', '007', '=1+1')
    """
    text = text.strip(" \t\r\n\ufeff\xa0\u202f")
    if text[:2] == '="' and text[-1] == '"' and text.count('"') == 2:
        return text[2:-1].strip()
    return text[1:].strip() if text[:1] == "'" and len(text) > 1 else text


@lru_cache(maxsize=4_096)
def folded(text: str) -> str:
    """A header as it is compared: no case, no umlauts, no marks.

    >>> folded("Kürzungs-Grund"), folded("KUERZUNGSGRUND:")
    ('kuerzungsgrund', 'kuerzungsgrund')
    """
    text = plain(text).casefold()
    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(letter, written)
    return "".join(letter for letter in text if letter.isalnum())


_CURRENCY = re.compile(r"(?i)^(?:eur|€)\s*|\s*(?:eur|€|%)$")

_NUMBERS = {
    ",": re.compile(r"([+-]?)(\d{1,3}(?:[. \u00a0\u202f'’]\d{3})+|\d+)(?:,(\d+))?([+-]?)"),
    ".": re.compile(r"([+-]?)(\d{1,3}(?:[, \u00a0\u202f'’]\d{3})+|\d+)(?:\.(\d+))?([+-]?)"),
}


def read_number(text: str, decimal: str) -> Decimal | None:
    """A number with this decimal sign, or None. A currency around it and a sign behind it are understood.

    >>> read_number("1.234,50 €", ","), read_number("12,00-", ","), read_number("1.5", ",")
    (Decimal('1234.50'), Decimal('-12.00'), None)
    """
    bare = text if text[-1:].isdecimal() and text[:1].isdecimal() else _CURRENCY.sub("", text.strip()).strip()
    if not bare.isascii():
        bare = bare.replace("\u2212", "-").replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")
    if not bare.isascii():
        return None
    found = _NUMBERS[decimal].fullmatch(bare)
    if found is None or (found[1] and found[4]) or len(bare) > 30:
        return None
    whole = found[2] if found[2].isdecimal() else re.sub(r"\D", "", found[2])
    sign = "-" if "-" in (found[1], found[4]) else ""
    return Decimal(f"{sign}{whole}.{found[3] or '0'}" if found[3] else f"{sign}{whole}")


def read_amount(text: str, decimal: str) -> int | None:
    """An amount in cents, or None where it is no amount of whole cents.

    >>> read_amount("3.843,45", ","), read_amount("12,345", ",")
    (384345, None)
    """
    number = read_number(text, decimal)
    if number is None:
        return None
    cents = number * 100
    return int(cents) if cents == cents.to_integral_value() else None


@lru_cache(maxsize=4_096)
def read_day(text: str, form: str) -> date | None:
    """A day written in this form; a time behind it is left out.

    >>> read_day("05.02.2026", "%d.%m.%Y"), read_day("31.02.2026", "%d.%m.%Y")
    (datetime.date(2026, 2, 5), None)
    """
    bare = re.split(r"(?<=\d)T|\s", text, maxsplit=1)[0]
    if not bare.isascii():
        return None
    try:
        return datetime.strptime(bare, form).date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None


@lru_cache(maxsize=4_096)
def read_month(text: str, form: str) -> date | None:
    """The first day of a month, by figures in this form or by its German name.

    >>> read_month("01.2026", "%m.%Y"), read_month("März 2026", "%m.%Y"), read_month("13.2026", "%m.%Y")
    (datetime.date(2026, 1, 1), datetime.date(2026, 3, 1), None)
    """
    try:
        return datetime.strptime(text, form).date().replace(day=1)  # noqa: DTZ007  # a month has no zone
    except ValueError:
        pass
    named = re.fullmatch(r"([^\W\d]+)[. /-]*(\d{4}|\d\d)", text)
    number = MONTH_NAMES.get(folded(named[1])) if named else None
    if named is None or number is None or not named[2].isascii():
        return None
    year = int(named[2])
    return date(year if year > 99 else 2000 + year, number, 1) if year else None


# --- Guessing ---------------------------------------------------------------------------------------------------------


class _LongLineError(Exception):
    """A line is longer than any row can be."""


def _bounded(file: io.TextIOWrapper) -> Iterator[str]:
    while line := file.readline(LINE_LIMIT):
        if len(line) >= LINE_LIMIT and not line.endswith(("\n", "\r")):
            raise _LongLineError
        # A zero byte is no character of a table, and older readers stop at it.
        yield line.replace("\0", "\ufffd") if "\0" in line else line


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: the letters of a table are mostly ASCII, so one byte of each pair is zero."""
    if len(head) < 4:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.6 and odd < half * 0.1 else ""


def _foreign(head: bytes) -> bytes:
    """The lines that have letters beyond ASCII: only they tell one code page from another."""
    telling = [line for line in head.splitlines(keepends=True) if not line.isascii()]
    return b"".join(telling)[:20_000] or head[:20_000]


def _evenness(head: Sequence[str], separator: str, known: Callable[[Iterable[str]], int]) -> tuple[int, int, int]:
    """How well a separator fits: headers that it lays open, lines with the usual number of cells, and that number."""
    counts: dict[int, int] = {}
    hits = 0
    try:
        for cells in csv.reader(head, delimiter=separator):
            hits = max(hits, known(cells))
            if len(cells) > 1:
                counts[len(cells)] = counts.get(len(cells), 0) + 1
    except csv.Error:
        # A quote that is never closed: the rows before it tell enough.
        pass
    if not counts:
        return 0, 0, 0
    width = max(counts, key=lambda cells: (counts[cells], cells))
    return hits, counts[width], width


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def spoken(form: str) -> str:
    """A form as people write it: TT.MM.JJJJ.

    >>> spoken("%d.%m.%Y")
    'DD.MM.YYYY'
    """
    for mark, words in (("%d", "DD"), ("%m", "MM"), ("%Y", "YYYY"), ("%y", "YY")):
        form = form.replace(mark, words)
    return form


def decimal_of(texts: Sequence[str]) -> tuple[str, str]:
    """The decimal sign that most amounts can only have."""
    votes = {",": 0, ".": 0}
    for text in texts:
        by_comma, by_point = read_number(text, ","), read_number(text, ".")
        if by_comma is not None and by_point is None:
            votes[","] += 1
        elif by_point is not None and by_comma is None:
            votes["."] += 1
    if votes[","] == votes["."] == 0:
        return ",", "no amount decides it; this is the German way"
    winner = max(votes, key=lambda sign: votes[sign])
    return winner, f"{votes[winner]} of {len(texts)} amounts can only be read so"


def form_of(texts: Sequence[str], forms: Sequence[str]) -> tuple[str, str]:
    """The form that reads the most."""
    if not texts:
        return forms[0], "there is none to look at; this is the German way"
    read = read_month if forms is MONTH_FORMS else read_day
    fitting = [sum(read(text, form) is not None for text in texts) for form in forms]
    best = max(fitting)
    return forms[fitting.index(best)], f"{best} of {len(texts)} can be read so"
