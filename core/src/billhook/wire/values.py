"""One value of a field: from Python to the text on the wire (strict) and back (lenient).

`formatter(field)` compiles a row of a table into a function once; the hot path then only calls it. `parser(field)` does
the same for reading, and keeps what it can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeAlias

from billhook.wire.layout import Field, Kind, Length

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value: TypeAlias = str | int | Decimal | date | time | datetime
"""What a field can carry; which of them is said by its kind."""


Values: TypeAlias = "Mapping[str, object] | DataclassInstance"
"""Values by field name, or a dataclass whose attributes are named like the fields; None and "" mean absent."""


def named(values: Values) -> Mapping[str, object]:
    """The values by name. Raises TypeError for what is neither a mapping nor a dataclass."""
    # The first test only spares the second, slower one.
    if type(values) is dict or isinstance(values, Mapping):
        return values
    return {each.name: getattr(values, each.name) for each in fields(values)}


class RefusedError(Exception):
    """A value breaks a rule of its field; `code` is the rule in `problems.PROBLEM_KINDS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Formatter: TypeAlias = Callable[[object], str]

TYPE_NAMES = {
    Kind.TEXT: "str",
    Kind.DIGITS: "str",
    Kind.INTEGER: "int",
    Kind.DECIMAL: "Decimal",
    Kind.CENTS: "int (cents)",
    Kind.DATE: "date",
    Kind.PARTIAL_DATE: "date or str",
    Kind.TIME: "time",
    Kind.TIMESTAMP: "datetime",
    Kind.SIGNED: "int",
}
"""The Python type that carries each kind, for the reference page."""


def formatter(row: Field, decimal_sign: str = ",") -> Formatter:
    """The function that makes the text of this row's values; it raises `RefusedError`. Texts come back unescaped."""
    kind = row.kind
    if kind is Kind.TEXT:
        return _text(row)
    if kind is Kind.DIGITS:
        return _digits(row)
    if kind is Kind.INTEGER:
        return _integer(row)
    if kind is Kind.CENTS:
        return _cents(row, decimal_sign)
    if kind is Kind.DECIMAL:
        return _decimal(row, decimal_sign)
    return _moment(row)


def _limited(row: Field) -> Callable[[str], str]:
    least, most, allowed = row.limits.least, row.limits.most, frozenset(row.allowed)

    def check(text: str) -> str:
        length = len(text)
        if length > most:
            raise RefusedError("EDI-ELM-002")
        if length < least:
            raise RefusedError("EDI-ELM-003")
        if allowed and text not in allowed:
            raise RefusedError("EDI-ELM-008")
        return text

    return check


def _text(row: Field) -> Formatter:
    check = _limited(row)

    def text(value: object) -> str:
        if type(value) is not str:
            if not isinstance(value, str):
                raise RefusedError("EDI-ELM-013")
            value = str.__str__(value)  # a StrEnum member is its value
        return check(value)

    return text


def _digits(row: Field) -> Formatter:
    check = _limited(row)

    def digits(value: object) -> str:
        if not isinstance(value, str):
            raise RefusedError("EDI-ELM-013")
        text = str.__str__(value)
        if not (text.isascii() and text.isdigit()):
            raise RefusedError("EDI-ELM-004")
        return check(text)

    return digits


def _integer(row: Field) -> Formatter:
    least, most, allowed = row.limits.least, row.limits.most, frozenset(row.allowed)
    beyond = 10**most

    def integer(value: object) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            raise RefusedError("EDI-ELM-013")
        if not -beyond < value < beyond:
            raise RefusedError("EDI-ELM-002")
        text = f"{abs(value):0{least}d}"
        if value < 0:
            text = "-" + text
        if allowed and text not in allowed:
            raise RefusedError("EDI-ELM-008")
        return text

    return integer


def _cents(row: Field, sign: str) -> Formatter:
    beyond: int = 10 ** (row.limits.most + 2)

    def cents(value: object) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            raise RefusedError("EDI-ELM-013")
        if not -beyond < value < beyond:
            raise RefusedError("EDI-ELM-002")
        whole, rest = divmod(abs(value), 100)
        return f"{'-' if value < 0 else ''}{whole}{sign}{rest:02d}"

    return cents


def _decimal(row: Field, sign: str) -> Formatter:
    places, most = row.limits.places, row.limits.most
    step = Decimal(1).scaleb(-places)

    def decimal(value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise RefusedError("EDI-ELM-013")
        number = Decimal(value)
        if not number.is_finite():
            raise RefusedError("EDI-ELM-004")
        # A zero has no size, whatever its exponent says.
        if number and number.adjusted() >= most:
            raise RefusedError("EDI-ELM-002")
        exact = number.quantize(step)
        # Rounding is the core's business; a value that would change here was never rounded.
        if exact != number:
            raise RefusedError("EDI-ELM-005")
        # -0.00 is nothing that a payer should have to understand.
        return f"{exact if exact else abs(exact):f}".replace(".", sign)

    return decimal


def _moment(row: Field) -> Formatter:
    kind, most = row.kind, row.limits.most

    def moment(value: object) -> str:
        if kind is Kind.TIMESTAMP and isinstance(value, datetime):
            return f"{value.year:04d}{value:%m%d%H%M%S}"
        if kind is Kind.TIME and isinstance(value, time):
            return f"{value:%H%M}"
        if kind in (Kind.DATE, Kind.PARTIAL_DATE) and isinstance(value, date) and not isinstance(value, datetime):
            text = value.isoformat().replace("-", "")
            return text if most >= 8 else text[2:]
        if kind is Kind.PARTIAL_DATE and isinstance(value, str):
            if not _PARTIAL.fullmatch(value):
                raise RefusedError("EDI-ELM-006")
            return value
        raise RefusedError("EDI-ELM-013")

    return moment


_PARTIAL = re.compile(r"\d{4}(?:0000|(?:0[1-9]|1[0-2])00)", re.ASCII)
"""A birth date of which the day, or day and month, are not known (TA1 5.5.3.1 NAD, for insured persons from abroad)."""

_WHOLE = re.compile(r"-?\d+", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d+(?:[.,]\d*)?|[.,]\d+)", re.ASCII)


Parsed: TypeAlias = tuple[Value, Sequence[str]]
Parser: TypeAlias = Callable[[str], Parsed]


def parser(row: Field, decimal_sign: str = ",") -> Parser:
    """The function that reads this row's texts: the value, and the codes of the rules that the text breaks.

    It is never given an empty text. What it cannot understand stays the text as it came.
    """
    if row.kind is Kind.TEXT:
        return _text_parser(row)
    if row.kind is Kind.DIGITS:
        return _digits_parser(row)
    if row.kind is Kind.INTEGER:
        return lambda text: _read_integer(row, text)
    if row.kind in (Kind.CENTS, Kind.DECIMAL):
        return _number_parser(row, decimal_sign)
    return lambda text: _read_moment(row, text)


FAULTLESS: tuple[str, ...] = ()


def _length_faults(limits: Length, allowed: Collection[str], text: str) -> list[str]:
    faults = []
    if len(text) > limits.most:
        faults.append("EDI-ELM-002")
    elif len(text) < limits.least:
        faults.append("EDI-ELM-003")
    if allowed and text not in allowed:
        faults.append("EDI-ELM-008")
    return faults


def _text_parser(row: Field) -> Parser:
    limits, allowed = row.limits, frozenset(row.allowed)
    least, most = limits.least, limits.most

    def read(text: str) -> Parsed:
        if least <= len(text) <= most and not allowed and text.isprintable():
            return text, FAULTLESS
        faults = _length_faults(limits, allowed, text)
        if any(ord(each) < 32 or 127 <= ord(each) < 160 for each in text):
            faults.append("EDI-CHR-003")
        return text, faults

    return read


def _digits_parser(row: Field) -> Parser:
    limits, allowed = row.limits, frozenset(row.allowed)

    def read(text: str) -> Parsed:
        faults = _length_faults(limits, allowed, text)
        if not (text.isascii() and text.isdigit()):
            faults.insert(0, "EDI-ELM-004")
        return text, faults

    return read


def _number_parser(row: Field, decimal_sign: str) -> Parser:
    places, most, cents = row.limits.places, row.limits.most, row.kind is Kind.CENTS

    def read(text: str) -> Parsed:
        # The common case by hand; everything odd goes the long way.
        whole, sign, rest = text.partition(decimal_sign)
        if (
            len(rest) == places
            and sign
            and len(whole) <= most
            and text.isascii()
            and whole.isdigit()
            and rest.isdigit()
        ):
            return (int(whole + rest) if cents else Decimal(f"{whole}.{rest}")), FAULTLESS
        return _read_number(row, text, decimal_sign)

    return read


def _read_integer(row: Field, text: str) -> Parsed:
    if not _WHOLE.fullmatch(text):
        return text, ["EDI-ELM-004"]
    faults = []
    digits = text.lstrip("-")
    if len(digits) > row.limits.most:
        faults.append("EDI-ELM-002")
        if len(digits) > LONGEST_NUMBER:
            return text, faults
    elif len(digits) < row.limits.least:
        faults.append("EDI-ELM-003")
    if row.allowed and text not in row.allowed:
        faults.append("EDI-ELM-008")
    return int(text), faults


LONGEST_NUMBER = 40
"""Digits up to which a too long number is still made a number; beyond that it is kept as text."""


def _read_number(row: Field, text: str, sign: str) -> Parsed:
    if not _NUMBER.fullmatch(text) or len(text) > LONGEST_NUMBER:
        return text, ["EDI-ELM-004"]
    faults = []
    other = "." if sign == "," else ","
    if other in text:
        faults.append("EDI-ELM-012")
    plain = text.replace(",", ".")
    whole, _, rest = plain.lstrip("-").partition(".")
    if len(rest) != row.limits.places:
        faults.append("EDI-ELM-005")
    if len(whole.lstrip("0")) > row.limits.most:
        faults.append("EDI-ELM-002")
    try:
        number = Decimal(plain)
    except InvalidOperation:  # pragma: no cover – the pattern lets nothing else through
        return text, ["EDI-ELM-004"]
    if row.kind is Kind.DECIMAL:
        return number, faults
    cents = number.scaleb(2)
    if cents != cents.to_integral_value():
        return text, faults
    return int(cents), faults


def _read_moment(row: Field, text: str) -> Parsed:
    code = "EDI-ELM-007" if row.kind is Kind.TIME else "EDI-ELM-006"
    limits = row.limits
    if not (text.isascii() and text.isdigit()):
        return text, [code]
    if row.kind is Kind.PARTIAL_DATE and _PARTIAL.fullmatch(text):
        return text, []
    faults = [] if limits.least <= len(text) <= limits.most else [code]
    try:
        if row.kind is Kind.TIMESTAMP:
            return _timestamp(text), faults
        if row.kind is Kind.TIME:
            return time(int(text[:2]), int(text[2:])) if len(text) == 4 else text, faults
        if len(text) == 6:
            text = f"20{text}"
        return (date(int(text[:4]), int(text[4:6]), int(text[6:])) if len(text) == 8 else text), faults
    except ValueError:
        return text, [code]


def _timestamp(text: str) -> datetime:
    if len(text) != 14:
        message = "a timestamp has 14 digits"
        raise ValueError(message)
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    # The wire carries local time without a zone, and so does the value.
    return datetime(year, month, day, int(text[8:10]), int(text[10:12]), int(text[12:]))  # noqa: DTZ001  # the wire has no zone
