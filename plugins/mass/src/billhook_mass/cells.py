"""One cell of a payer's file: a value as the profile wants it written, or why it cannot be written so."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from anyascii import anyascii

from billhook.money import AmountError, format_cents, format_decimal
from billhook_mass.fields import FIELDS, ValueKind
from billhook_mass.lines import Value
from billhook_mass.profile import Column, FileForm, Formulas, Profile, Quoting, Record

FORMULA_SIGNS = ("=", "+", "-", "@")
"""What a spreadsheet takes for the start of a formula."""


class Misfit(StrEnum):
    """Why a value cannot be written into its column."""

    EMPTY = "empty"
    LONG = "long"
    PLACES = "places"
    KEY = "key"
    LETTERS = "letters"
    FORMULA = "formula"
    CONTROL = "control"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is written, without quotes, and what does not fit. `text` can always be written, if not as wished."""

    text: str
    is_text: bool
    misfits: tuple[Misfit, ...] = ()


def encodable(text: str, encoding: str) -> bool:
    """True when the character set has every letter of the text."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def starts_formula(text: str) -> bool:
    """True when a spreadsheet would take the text for a formula."""
    return text.startswith(FORMULA_SIGNS)


def cell(column: Column, values: Mapping[str, Value], profile: Profile) -> Cell:
    """The cell of a column in a record of these values."""
    if column.field is None:
        return Cell(column.text, is_text=True)
    field = FIELDS[column.field]
    value = values.get(column.field)
    misfits: list[Misfit] = []
    text = _written(column, value, values, profile, misfits)
    is_text = field.kind is ValueKind.TEXT
    if is_text:
        text = _as_text(text, profile.file, misfits)
    if column.required and not text and not (field.keys and value not in (None, "")):
        misfits.append(Misfit.EMPTY)
    limit = column.width or column.longest
    if limit is not None and len(text) > limit:
        misfits.append(Misfit.LONG)
    if column.width is not None:
        text = text.ljust(column.width) if is_text else text.rjust(column.width, "0")
    if profile.file.quoting is Quoting.NEVER and _needs_quotes(text, profile.file):
        misfits.append(Misfit.QUOTE)
    return Cell(text, is_text, tuple(misfits))


def _written(column: Column, value: Value, values: Mapping[str, Value], profile: Profile, misfits: list[Misfit]) -> str:
    if value is None or value == "":
        return ""
    form = profile.file
    kind = FIELDS[str(column.field)].kind
    if kind is ValueKind.DAY and isinstance(value, date):
        return _date(value, column.form or form.day)
    if kind is ValueKind.MONTH and isinstance(value, date):
        return _date(value, column.form or form.month)
    if kind is ValueKind.AMOUNT and isinstance(value, int):
        return _grouped(format_cents(value, form.decimal), form)
    if kind is ValueKind.NUMBER and isinstance(value, Decimal):
        places = column.places
        if places is None:
            return _grouped(format_decimal(value.normalize(), _places_of(value), form.decimal), form)
        try:
            return _grouped(format_decimal(value, places, form.decimal), form)
        except AmountError:
            misfits.append(Misfit.PLACES)
            return _grouped(format_decimal(round(value, places), places, form.decimal), form)
    if kind is ValueKind.WHOLE:
        return str(value)
    return _key(column, str(value), values, profile, misfits)


def _date(day: date, form: str) -> str:
    # strftime drops the zeros of years before 1000 on some systems; nothing that is billed is as old.
    return day.strftime(form)


def _places_of(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _grouped(text: str, form: FileForm) -> str:
    if not form.thousands:
        return text
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, mark, rest = digits.partition(form.decimal)
    groups = [whole[max(0, end - 3) : end] for end in range(len(whole), 0, -3)][::-1]
    return sign + form.thousands.join(groups) + mark + rest


def _key(column: Column, word: str, values: Mapping[str, Value], profile: Profile, misfits: list[Misfit]) -> str:
    table = column.keys or FIELDS[str(column.field)].keys
    if not table:
        return word
    if table == "services":
        found = profile.keys.service(word, str(values.get("line.day_kind") or ""))
    else:
        found = profile.keys.table(table).of(word)
    if found is None:
        misfits.append(Misfit.KEY)
        return word
    return found


def _as_text(text: str, form: FileForm, misfits: list[Misfit]) -> str:
    # Nearly every cell is plain ASCII, which every character set has.
    plain = text.isascii() and text.isprintable()
    if not plain:
        text = unicodedata.normalize("NFC", text)
        if any(unicodedata.category(one) == "Cc" for one in text):
            misfits.append(Misfit.CONTROL)
            text = "".join(" " if unicodedata.category(one) == "Cc" else one for one in text)
    if starts_formula(text) and form.formulas is not Formulas.LEAVE:
        misfits.append(Misfit.FORMULA)
        text = f"'{text}"
    if not (plain or encodable(text, form.encoding)):
        misfits.append(Misfit.LETTERS)
        text = "".join(one if encodable(one, form.encoding) else anyascii(one) for one in text)
    return text


# --- Rows -------------------------------------------------------------------------------------------------------------


def _needs_quotes(text: str, form: FileForm) -> bool:
    return (
        form.delimiter in text
        or form.quote in text
        or "\n" in text
        or "\r" in text
        or text[:1].isspace()
        or text[-1:].isspace()
    )


def quoted(one: Cell, form: FileForm) -> str:
    """A cell with quotes where it needs them."""
    wanted = form.quoting is Quoting.ALL or (form.quoting is Quoting.TEXT and one.is_text)
    if form.quoting is Quoting.NEVER or not (wanted or _needs_quotes(one.text, form)):
        return one.text
    return f"{form.quote}{one.text.replace(form.quote, form.quote * 2)}{form.quote}"


def row(record: Record, values: Mapping[str, Value], profile: Profile) -> str:
    """A record of these values as a row with its line end."""
    form = profile.file
    cells = [quoted(cell(column, values, profile), form) for column in record.columns]
    if record.mark:
        cells.insert(0, quoted(Cell(record.mark, is_text=True), form))
    return form.delimiter.join(cells) + form.line_end.text


def header(record: Record, form: FileForm) -> str:
    """The row of headings."""
    cells = [quoted(Cell(column.header, is_text=True), form) for column in record.columns]
    if record.mark:
        cells.insert(0, quoted(Cell("Satzart", is_text=True), form))
    return form.delimiter.join(cells) + form.line_end.text


def misfits(
    columns: Iterable[Column], values: Mapping[str, Value], profile: Profile
) -> Iterator[tuple[Column, Misfit, str]]:
    """What does not fit into these columns: the column, why, and the text."""
    for column in columns:
        one = cell(column, values, profile)
        for misfit in one.misfits:
            yield column, misfit, one.text
