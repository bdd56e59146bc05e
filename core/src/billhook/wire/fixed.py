"""Records of fixed length: a layout is a table of positions, from which writing, reading and checking are derived.

Positions count bytes from 1, as the specs print them. Text stands on the left and is filled up with blanks; numbers
stand on the right and are filled up with zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property

from billhook.wire.charsets import Charset, charset
from billhook.wire.layout import K, Kind, Presence
from billhook.wire.problems import PROBLEM_KINDS, Problem, Report, Where, WriteError
from billhook.wire.values import Value, Values, named

BLANK, ZERO = " ", "0"


@dataclass(frozen=True, slots=True)
class RecordField:
    """One row of a record's table, from position `first` to position `last`, both inclusive and counted from 1.

    `default` is written when no value is given; an absent value without default is filled with `fill` (blanks for text,
    zeros for the rest, unless the spec says otherwise). `allowed` lists the texts that may stand there, without
    filling.
    """

    name: str
    original: str
    kind: Kind
    first: int
    last: int
    meaning: str = ""
    presence: Presence = K
    default: Value | None = None
    allowed: tuple[str, ...] = ()
    fill: str = ""
    codes: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            message = f"field name {self.name!r} is no Python identifier"
            raise ValueError(message)
        if not 1 <= self.first <= self.last:
            message = f"field {self.name} goes from {self.first} to {self.last}"
            raise ValueError(message)
        if self.kind not in _WIDTHS or self.width not in (_WIDTHS[self.kind] or (self.width,)):
            message = f"field {self.name}: {self.kind.value} does not fit in {self.width} positions"
            raise ValueError(message)

    @property
    def width(self) -> int:
        """Number of positions."""
        return self.last - self.first + 1

    @property
    def filling(self) -> str:
        """The character that fills the field up."""
        return self.fill or (BLANK if self.kind is Kind.TEXT else ZERO)


_WIDTHS: Mapping[Kind, tuple[int, ...]] = {
    Kind.TEXT: (),
    Kind.DIGITS: (),
    Kind.INTEGER: (),
    Kind.SIGNED: (),
    Kind.DATE: (8,),
    Kind.TIME: (4,),
    Kind.TIMESTAMP: (14,),
}
"""The kinds that a fixed field can have, and the widths that fit them; none listed: any."""


@dataclass(frozen=True, eq=False)
class RecordLayout:
    """The table of a record. Fields follow without gap or overlap; rows without a source get the record's."""

    name: str
    title: str
    fields: tuple[RecordField, ...]
    source: str
    charset: str = "I1"

    def __post_init__(self) -> None:
        sourced = tuple(row if row.source else replace(row, source=self.source) for row in self.fields)
        object.__setattr__(self, "fields", sourced)
        expected = 1
        for row in sourced:
            if row.first != expected:
                message = f"record {self.name}: {row.name} begins at {row.first}, not at {expected}"
                raise ValueError(message)
            expected = row.last + 1
        if len(self.names) != len(sourced):
            message = f"record {self.name}: a name occurs twice"
            raise ValueError(message)

    @cached_property
    def names(self) -> frozenset[str]:
        """All field names."""
        return frozenset(row.name for row in self.fields)

    @cached_property
    def by_name(self) -> Mapping[str, RecordField]:
        """The rows by name."""
        return {row.name: row for row in self.fields}

    @property
    def length(self) -> int:
        """Bytes of the whole record."""
        return self.fields[-1].last

    @cached_property
    def target(self) -> Charset:
        """The character set of the record."""
        return charset(self.charset)


def encode_record(layout: RecordLayout, values: Values, *, report: Report | None = None) -> bytes:
    """One record, exactly `layout.length` bytes; WriteError at the first broken rule.

    Text that the character set cannot hold is transliterated and reported; without a `report` it is refused.
    """
    given = named(values)
    for name, value in given.items():
        if name not in layout.names and value is not None and value != "":
            where = Where(tag=layout.name, field=str(name))
            raise WriteError(_problem("FIX-FLD-007", where, str(value), layout.source))
    return b"".join(_field_bytes(layout, row, given.get(row.name), report) for row in layout.fields)


def check_record(layout: RecordLayout, values: Values) -> list[Problem]:
    """Everything that would hinder writing these values, all at once and without raising."""
    given = named(values)
    found: list[Problem] = []
    for row in layout.fields:
        try:
            _field_bytes(layout, row, given.get(row.name), found.append)
        except WriteError as error:
            found.append(error.problem)
    return found


def decode_record(
    layout: RecordLayout, data: bytes, *, offset: int = 0, number: int | None = None
) -> tuple[dict[str, Value], list[Problem]]:
    """The values of one record by field name, and what is wrong with it; absent fields are left out.

    `offset` is where the record begins in its file and `number` which record it is (from 1), for the problems' places.
    Lost trailing blanks are put back. What cannot be understood stays the text as it came, so that nothing is lost.
    """
    problems = []
    if len(data) != layout.length:
        problems.append(_of_length(layout, data, Where(tag=layout.name, segment=number, offset=offset)))
        data = data.ljust(layout.length)
    values: dict[str, Value] = {}
    for row in layout.fields:
        text, _ = layout.target.decode_leniently(data[row.first - 1 : row.last])
        value, codes = _read(row, text)
        if value is not None:
            values[row.name] = value
        elif row.presence is Presence.MANDATORY:
            codes.append("FIX-FLD-001")
        for code in codes:
            where = _where(layout, row, number, offset)
            problems.append(_problem(code, where, text, row.source))
    return values, problems


def _of_length(layout: RecordLayout, data: bytes, where: Where) -> Problem:
    if len(data) > layout.length:
        code = "FIX-REC-002"
    else:
        # Only text at the end can have lost its blanks in transport.
        lost = next(row for row in layout.fields if row.last > len(data))
        code = "FIX-REC-003" if lost.kind is Kind.TEXT and lost is layout.fields[-1] else "FIX-REC-001"
    message = f"{PROBLEM_KINDS[code].text}: {len(data)} bytes, not {layout.length}"
    return Problem(code, message, where, source=layout.source)


def _where(layout: RecordLayout, row: RecordField, number: int | None = None, offset: int = 0) -> Where:
    return Where(tag=layout.name, segment=number, element=row.first, field=row.name, offset=offset + row.first - 1)


def _problem(code: str, where: Where, value: str, source: str) -> Problem:
    field = f": {where.field}" if where.field else ""
    return Problem(code, PROBLEM_KINDS[code].text + field, where, value, source)


def _field_bytes(layout: RecordLayout, row: RecordField, value: object, report: Report | None) -> bytes:
    if value is None or value == "":
        value = row.default
    if value is None:
        if row.presence is Presence.MANDATORY:
            raise _refused(layout, row, "FIX-FLD-001", "")
        return row.filling.encode("ascii") * row.width
    if row.kind is Kind.TEXT:
        return _text_bytes(layout, row, value, report)
    text = _digits(layout, row, value)
    if row.allowed and text not in row.allowed:
        raise _refused(layout, row, "FIX-FLD-005", text)
    sign, text = (text[0], text[1:]) if row.kind is Kind.SIGNED else ("", text)
    filled = sign + text.rjust(row.width - len(sign), row.filling)
    if len(filled) > row.width:
        raise _refused(layout, row, "FIX-FLD-002", text)
    return filled.encode("ascii")


def _text_bytes(layout: RecordLayout, row: RecordField, value: object, report: Report | None) -> bytes:
    if not isinstance(value, str):
        raise _refused(layout, row, "FIX-FLD-006", str(value))
    text, replaced = layout.target.fit(value)
    clean = "".join(each if each.isprintable() or ord(each) >= 160 else BLANK for each in text)
    if replaced or clean != text:
        code = "EDI-CHR-001" if replaced else "EDI-CHR-003"
        if report is None:
            raise _refused(layout, row, "EDI-CHR-002" if replaced else code, value)
        report(_problem(code, _where(layout, row), value, row.source))
    if row.allowed and clean not in row.allowed:
        raise _refused(layout, row, "FIX-FLD-005", value)
    data = layout.target.encode_exactly(clean)
    if len(data) > row.width:
        raise _refused(layout, row, "FIX-FLD-002", value)
    if row.presence is Presence.MANDATORY and not clean.strip():
        raise _refused(layout, row, "FIX-FLD-001", value)
    return data.ljust(row.width, row.filling.encode("ascii"))


def _digits(layout: RecordLayout, row: RecordField, value: object) -> str:
    """The text of a number, date or time, not yet filled up."""
    kind = row.kind
    if kind is Kind.DIGITS and isinstance(value, str):
        if not (value.isascii() and value.isdigit()):
            raise _refused(layout, row, "FIX-FLD-003", value)
        return str.__str__(value)
    if kind in (Kind.INTEGER, Kind.SIGNED) and isinstance(value, int) and not isinstance(value, bool):
        if kind is Kind.SIGNED:
            return f"{value:+d}"
        if value < 0:
            raise _refused(layout, row, "FIX-FLD-003", str(value))
        return str(value)
    if kind is Kind.TIMESTAMP and isinstance(value, datetime):
        return f"{value.year:04d}{value:%m%d%H%M%S}"
    if kind is Kind.DATE and isinstance(value, date) and not isinstance(value, datetime):
        return f"{value.year:04d}{value:%m%d}"
    if kind is Kind.TIME and isinstance(value, time):
        return f"{value:%H%M}"
    raise _refused(layout, row, "FIX-FLD-006", str(value))


def _refused(layout: RecordLayout, row: RecordField, code: str, value: str) -> WriteError:
    return WriteError(_problem(code, _where(layout, row), value, row.source))


def _read(row: RecordField, text: str) -> tuple[Value | None, list[str]]:
    """The value of a field's text, None where it is absent, and the codes of the rules it breaks."""
    if row.kind is Kind.TEXT:
        value = text.rstrip(BLANK + "\x00")
        codes = ["FIX-FLD-008"] if value.startswith(BLANK) else []
        if value and row.allowed and value not in row.allowed:
            codes.append("FIX-FLD-005")
        return value or None, codes
    bare = text.strip(BLANK)
    if not bare:
        return None, []
    codes = [] if len(bare) == len(text) else ["FIX-FLD-008"]
    if row.kind is Kind.SIGNED:
        return _read_signed(bare, codes)
    if not (bare.isascii() and bare.isdigit()):
        return bare, ["FIX-FLD-003" if row.kind in (Kind.DIGITS, Kind.INTEGER) else "FIX-FLD-004"]
    if row.allowed and bare not in row.allowed and bare.lstrip(ZERO) not in row.allowed:
        codes.append("FIX-FLD-005")
    if row.kind is Kind.DIGITS:
        return bare, codes
    if row.kind is Kind.INTEGER:
        return int(bare), codes
    if not bare.strip(ZERO) and row.kind is not Kind.TIME:
        return None, codes
    return _read_moment(row, bare, codes)


def _read_signed(bare: str, codes: list[str]) -> tuple[Value, list[str]]:
    digits = bare.lstrip("+-")
    if not (digits.isascii() and digits.isdigit()) or len(bare) - len(digits) > 1:
        return bare, ["FIX-FLD-003"]
    if bare[0] not in "+-":
        codes.append("FIX-FLD-008")
    return (-int(digits) if bare[0] == "-" else int(digits)), codes


def _read_moment(row: RecordField, bare: str, codes: list[str]) -> tuple[Value, list[str]]:
    try:
        if row.kind is Kind.TIME:
            return time(int(bare[:2]), int(bare[2:])), codes
        day = date(int(bare[:4]), int(bare[4:6]), int(bare[6:8]))
        if row.kind is Kind.DATE:
            return day, codes
        # The record carries local time without a zone, and so does the value.
        return datetime.combine(day, time(int(bare[8:10]), int(bare[10:12]), int(bare[12:14]))), codes
    except ValueError:
        return bare, [*codes, "FIX-FLD-004"]
