"""Payment advices (Zahlungsavis) as tables: what was paid of which invoice, and what was taken off and why.

There is no standard for them. Any table will do that has a line of headings with names that `COLUMNS` knows: `;`, `,` or tabs
between the cells, UTF-8 or Windows' Latin letters, amounts with comma or point. A cell is text and is never computed.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from billhook.model import Outcome, Verdict
from billhook.store.encoding import json_text
from billhook_p302.replies.letters import Mark
from billhook_p302.replies.textblocks import fold

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "invoice": (
        "invoice",
        "rechnungsnummer",
        "rechnungsnr",
        "rechnung",
        "rechnungs-nr",
        "re-nr",
        "renr",
        "belegnummer rechnung",
    ),
    "voucher": ("voucher", "belegnummer", "belegnr", "beleg-nr", "beleg"),
    "item": ("item", "posten", "postennummer", "position", "positionsnummer"),
    "billed": ("billed", "rechnungsbetrag", "forderung", "brutto"),
    "paid": ("paid", "zahlbetrag", "gezahlt", "gezahlter betrag", "zahlung", "betrag", "auszahlungsbetrag"),
    "cut": ("cut", "deducted", "kuerzung", "kuerzungsbetrag", "absetzung", "absetzungsbetrag", "abzug", "retaxierung"),
    "mark": ("mark", "pruefvermerk", "pv"),
    "code": ("code", "reason", "kuerzungsgrund", "absetzungsgrund", "grund", "fehlercode", "grundschluessel"),
    "text": ("text", "begruendung", "bemerkung", "grund text", "hinweis", "erlaeuterung"),
    "day": ("day", "date", "paid on", "zahldatum", "zahlungsdatum", "datum", "valuta", "wertstellung", "buchungsdatum"),
    "reference": (
        "reference",
        "kassenzeichen",
        "referenz",
        "verwendungszweck",
        "zahlungsreferenz",
        "aktenzeichen kasse",
    ),
}
"""Our name of each column and the headings that mean it, folded (see `fold`), without points and colons."""

FORM = "p302-advice/1"
_PREAMBLE = 20
"""Lines that may stand before the headings."""
_TOTALS = ("summe", "gesamt", "total", "zwischensumme", "uebertrag", "sum")


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be used: which one, which column, what stands there, and why not."""

    line: int
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{where}: {self.message}" + (f" ({self.value!r})" if self.value else "")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an advice. Amounts in cents; None where the cell is empty or the column is not there."""

    line: int
    invoice: str = ""
    voucher: str = ""
    item: str = ""
    billed: int | None = None
    paid: int | None = None
    cut: int | None = None
    mark: Mark | None = None
    codes: tuple[str, ...] = ()
    text: str = ""
    day: date | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """A table that was read: its lines, what is wrong with others, and which lines are sums of ours to skip."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    columns: tuple[str, ...] = ()
    skipped: int = 0
    defaults: Mapping[str, str] = field(default_factory=dict)


def wrapped(content: bytes, *, day: date | None, reference: str) -> bytes:
    """The table with what its lines leave out, as one document that can be kept: the day and the reference of the transfer."""
    if day is None and not reference:
        return content
    said = {"form": FORM, "day": day.isoformat() if day else "", "reference": reference, "table": _decoded(content)}
    return json_text(said).encode()


def read_if_advice(content: bytes) -> Advice | None:
    """The table in a file; None when it has no headings of an advice. Never raises."""
    defaults: dict[str, str] = {}
    if content[:1] == b"{" and f'"form":"{FORM}"'.encode() in content:
        try:
            said = json.loads(content)
            defaults = {name: str(said[name]) for name in ("day", "reference")}
            text = str(said["table"])
        except (ValueError, KeyError, TypeError):
            return None
    else:
        text = _decoded(content)
    return _read(text, defaults)


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _read(text: str, defaults: Mapping[str, str]) -> Advice | None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").split("\n")
    for place, line in enumerate(lines[:_PREAMBLE]):
        delimiter = max(";\t,", key=line.count)
        try:
            heads = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue
        columns = [_column(head) for head in heads]
        if {"invoice", "voucher", "item"} & set(columns) and {"paid", "cut", "mark"} & set(columns):
            return _table(lines[place + 1 :], place + 2, delimiter, columns, defaults)
    return None


def _column(head: str) -> str:
    """Our name of a column, empty for one that nobody knows."""
    folded = fold(_cell(head)).replace(".", "").replace(":", "").strip()
    folded = re.sub(r"\s*(?:\(?(?:eur|euro|€)\)?|in eur)$", "", folded)
    return next((name for name, heads in COLUMNS.items() if folded in heads), "")


def _table(
    lines: Sequence[str], first: int, delimiter: str, columns: Sequence[str], defaults: Mapping[str, str]
) -> Advice:
    known = [name for name in columns if name]
    doubled = sorted({name for name in known if known.count(name) > 1})
    if doubled:
        message = f"two columns mean {', '.join(doubled)}; rename one of them"
        return Advice((), (Problem(first - 1, "", "", message),), tuple(known), 0, defaults)
    rows: list[Row] = []
    problems: list[Problem] = []
    skipped = 0
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            problems.append(Problem(first + reader.line_num - 1, "", "", f"the line is no line of a table: {error}"))
            break
        values = {name: _cell(cell) for name, cell in zip(columns, cells, strict=False) if name}
        if not any(map(str.strip, cells)):
            continue
        line = first + reader.line_num - 1
        if fold(next(cell for cell in cells if cell.strip())).startswith(_TOTALS):
            skipped += 1
            continue
        found = _Line(line, values, defaults)
        row = found.row()
        problems += found.problems
        if row is not None and not found.problems:
            rows.append(row)
    return Advice(tuple(rows), tuple(problems), tuple(known), skipped, defaults)


def _cell(cell: str) -> str:
    """The text of a cell; a spreadsheet writes `="00123"` for text that looks like a number."""
    cell = cell.strip().removeprefix("\ufeff")
    if match := re.fullmatch(r'="([^"]*)"', cell):
        return match.group(1).strip()
    return cell.removeprefix("'")


class _Line:
    """One line of the table."""

    def __init__(self, line: int, values: Mapping[str, str], defaults: Mapping[str, str]) -> None:
        self.line = line
        self.values = values
        self.defaults = defaults
        self.problems: list[Problem] = []

    def row(self) -> Row | None:
        """The line's meaning; None with problems."""
        value = self.values.get
        row = Row(
            self.line,
            invoice=value("invoice", ""),
            voucher=value("voucher", ""),
            item=value("item", ""),
            billed=self._cents("billed"),
            paid=self._cents("paid"),
            cut=self._cents("cut"),
            mark=self._mark(),
            codes=tuple(part for part in re.split(r"[\s|]+", value("code", "")) if part),
            text=value("text", ""),
            day=self._day(),
            reference=value("reference", "") or self.defaults.get("reference", ""),
        )
        if not (row.invoice or row.voucher or row.item):
            self._wrong("", "", "it names no invoice, voucher or item")
        elif not (row.paid or row.cut or row.mark):
            if row.paid is None and row.cut is None and not self.problems:
                self._wrong("", "", "it says neither what was paid nor what was taken off")
        elif row.paid and row.day is None:
            self._wrong("day", value("day", ""), "a payment needs its day; give it with --day where the table has none")
        if row.mark is Mark.CORRECTED and row.paid is None:
            self._wrong("paid", "", "mark 03 needs the corrected amount, as what is paid")
        if row.mark is Mark.CUT and not row.cut:
            self._wrong("cut", "", "mark 04 needs what was taken off")
        return None if self.problems else row

    def _wrong(self, column: str, value: str, message: str) -> None:
        self.problems.append(Problem(self.line, column, value, message))

    def _cents(self, column: str) -> int | None:
        text = self.values.get(column, "")
        if not text:
            return None
        try:
            return cents_of(text)
        except ValueError as error:
            self._wrong(column, text, str(error))
            return None

    def _mark(self) -> Mark | None:
        text = self.values.get("mark", "")
        if not text:
            return None
        wanted = text.zfill(2)
        if wanted not in list(Mark):
            self._wrong("mark", text, "key 8.1.9 has the marks 01 to 05")
            return None
        return Mark(wanted)

    def _day(self) -> date | None:
        text = self.values.get("day", "") or self.defaults.get("day", "")
        if not text:
            return None
        try:
            return day_of(text)
        except ValueError as error:
            self._wrong("day", text, str(error))
            return None


def cents_of(text: str) -> int:
    """An amount as a table writes it, in cents.

    Raises:
        ValueError: it is none, or it could be two different ones.

    >>> cents_of("1.234,50 €"), cents_of("1234.5"), cents_of("-0,07"), cents_of("12,00-")
    (123450, 123450, -7, -1200)
    """
    bare = re.sub(r"(?i)eur|€|[\s\u00a0']", "", text)
    if bare.endswith("-"):
        bare = "-" + bare[:-1]
    if _AMBIGUOUS.fullmatch(bare):
        raise ValueError("it may be thousands or thousandths; write two decimals")
    if not _AMOUNT.fullmatch(bare):
        raise ValueError("it is no amount of whole cents")
    sign = next((character for character in reversed(bare) if character in ".,"), "")
    if sign and len(bare) - bare.rindex(sign) <= _DECIMALS:
        whole, _, cents = bare.rpartition(sign)
    else:
        whole, cents = bare, ""
    value = int(re.sub(r"[.,]", "", whole) + cents.ljust(2, "0"))
    if abs(value) >= _MOST:
        raise ValueError("it is more than there is money")
    return value


_AMOUNT = re.compile(
    r"[-+]?(?:\d+(?:[.,]\d{1,2})?|[1-9]\d{0,2}(?:\.\d{3})+(?:,\d{1,2})?|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{1,2})?)",
    re.ASCII,
)
_AMBIGUOUS = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_DECIMALS = 3
"""Characters that a decimal sign and the cents behind it take."""
_MOST = 10**15


def day_of(text: str) -> date:
    """A day as a table writes it: 20.02.2026, 20.02.26, 2026-02-20 or 20260220. Raises ValueError."""
    for form in ("%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y", "%Y%m%d"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  # a day has no time zone
        except ValueError:
            continue
    raise ValueError("it is no day; write 20.02.2026")


def outcomes(told: Advice) -> Iterator[Outcome]:
    """What the lines say. A line that cannot be read is carried, for a person to look at."""
    for problem in told.problems:
        yield Outcome(Verdict.UNKNOWN, document=f"line {problem.line}", text=str(problem))
    for row in told.rows:
        yield from _of_row(row)


def _of_row(row: Row) -> Iterator[Outcome]:
    base = Outcome(
        Verdict.UNKNOWN, document=row.invoice, voucher=row.voucher, item=row.item, codes=row.codes, text=row.text,
        reference=row.reference, day=row.day,
    )  # fmt: skip
    cut = row.cut or None
    if row.mark is Mark.REFUSED and cut is None:
        yield replace(base, verdict=Verdict.REJECTED, deducts=True)
    elif row.mark is Mark.CORRECTED and cut is None:
        yield replace(base, verdict=Verdict.REDUCED, deducts=True, amount=row.paid)
    elif cut is not None:
        # Tables write what was taken off with or without a minus; a credit note is cut by less than nothing.
        amount = abs(cut) if row.billed is None or row.billed >= 0 else -abs(cut)
        whole = row.billed is not None and amount == row.billed
        yield replace(base, verdict=Verdict.REJECTED if whole else Verdict.REDUCED, deducts=True, cut=amount)
    elif row.mark is Mark.EXAMINED:
        yield replace(base, codes=(Mark.EXAMINED.value, *row.codes))
    if row.paid:
        yield replace(base, verdict=Verdict.PAID, amount=row.paid)
