"""Rows of an import file: what a row may hold, declared once; the reader, its findings and its JSON Schema come from
that.

JSON Lines is read by compiled code straight from the bytes, types taken at their word: an amount is text of digits
with a point (or a JSON number), a date ISO text. CSV knows only text, so cells are converted by the type of their
column: dates also as 31.10.2025, amounts with the file's decimal sign.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import hashlib
import io
import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, NotRequired, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from billhook.model import BillingItem, Client, Finding, Rule, Severity, Split, SplitKind
from billhook.money import AmountError, parse_amount, round_cents
from billhook.scheme import Scheme
from billhook.words import words

_HOW_TO = "docs: how-to/import-items"
_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

NOT_JSON = Rule(
    "CORE-IMP-001", _E, "the line is no JSON object: {reason}", "write one JSON object on each line", _HOW_TO
)
UNKNOWN_FIELD = Rule("CORE-IMP-002", _E, "there is no field {name}{hint}", "rename or remove it", _HOW_TO)
MISSING_FIELD = Rule("CORE-IMP-003", _E, "the field {name} is missing", "every row needs {name}", _HOW_TO)
NOT_A_NUMBER = Rule("CORE-IMP-004", _E, "{value} is no number here: {reason}", "{remedy}", _HOW_TO)
NOT_A_DATE = Rule("CORE-IMP-005", _E, "{value} is no date", "write a date such as 2025-10-31{also}", _HOW_TO)
WRONG_VALUE = Rule("CORE-IMP-006", _E, "{value} does not fit here: {reason}", "{remedy}", _HOW_TO)
BAD_BYTES = Rule(
    "CORE-IMP-007",
    _E,
    "byte {byte} of the file is no {encoding} text",
    "save the file as UTF-8, or say which encoding it has",
    _HOW_TO,
)
UTF16 = Rule("CORE-IMP-008", _E, "the file is UTF-16 text", "save it as UTF-8 (in a spreadsheet: CSV UTF-8)", _HOW_TO)
TWICE = Rule(
    "CORE-IMP-009", _E, "number {value} is twice in the file; it was already in line {first}", "remove one", _HOW_TO
)
EMPTY = Rule("CORE-IMP-010", _E, "the file has no rows", "check that the export of your system worked", _HOW_TO)
FOLDER = Rule("CORE-IMP-011", _E, "this is a folder, not a file", "name one file in it", _HOW_TO)
UNREADABLE = Rule("CORE-IMP-012", _E, "the file cannot be read: {reason}", "check its name and its rights", _HOW_TO)
NO_SUCH_SCHEME = Rule("CORE-IMP-013", _E, "the scheme {value} is not installed", "{remedy}", _HOW_TO)
NO_SCHEME = Rule(
    "CORE-IMP-014", _E, "the row names no scheme", "add the field scheme, or name the scheme of the whole file", _HOW_TO
)
BILLED = Rule(
    "CORE-IMP-015",
    _E,
    "voucher {voucher} is already billed (item {there} is {state})",
    "a billed voucher is never changed; bill a correction instead",
    _HOW_TO,
)
OTHER_CONTENT = Rule(
    "CORE-IMP-016",
    _E,
    "item {value} is already there with other content",
    "import with update to replace what is not billed yet, or give it a number of its own",
    _HOW_TO,
)
CONTRADICTS = Rule(
    "CORE-IMP-017",
    _W,
    "the row says something else than the master record of {master}",
    "the row keeps its own value; mend the master record or your system",
    _HOW_TO,
)
BOM = Rule("CORE-IMP-018", _N, "the file begins with a byte order mark, which was skipped", "", _HOW_TO)
GUESSED = Rule(
    "CORE-IMP-019",
    _N,
    "byte {byte} is no UTF-8, so the file was read as Windows-1252",
    "check the umlauts, or save the file as UTF-8",
    _HOW_TO,
)
TWO_COLUMNS = Rule("CORE-IMP-020", _E, "the header names the column {value} twice", "remove or rename one", _HOW_TO)
CELLS = Rule(
    "CORE-IMP-021",
    _E,
    "the row has {found} cells, the header {expected}",
    "quote cells that hold the delimiter, and check the row's end",
    _HOW_TO,
)
NOT_CSV = Rule("CORE-IMP-022", _E, "the row cannot be read as CSV: {reason}", "check the quotes around it", _HOW_TO)
CONTROL = Rule("CORE-IMP-023", _E, "the row holds the character U+0000", "remove it", _HOW_TO)
TOO_LONG = Rule("CORE-IMP-024", _E, "the line is longer than {limit} bytes", "write one object a line", _HOW_TO)
NO_SUCH_SLOT = Rule(
    "CORE-IMP-025",
    _E,
    "the billing plan of the row's case has no slot {value}",
    "name the case, and one of the slots that billhook cases show lists for it",
    _HOW_TO,
)
OTHERS_CASE = Rule(
    "CORE-IMP-026",
    _E,
    "case {case} belongs to another client",
    "mend the case or the client's number; nothing of another client's case is ever taken over",
    _HOW_TO,
)
DELETED = Rule(
    "CORE-IMP-028",
    _W,
    "item {value} was deleted and its source entry was not reset, so it is left out",
    "nothing, or reset it (billhook items reset {value}) and import the file again",
    "docs: how-to/after-the-export",
)
NO_CLIENT = Rule(
    "CORE-IMP-027",
    _W,
    "the row names a case and its client has no number, so it is not linked to the case",
    "give client.number",
    _HOW_TO,
)

RULES: Sequence[Rule] = tuple(rule for rule in list(globals().values()) if isinstance(rule, Rule))
"""Every rule of the import, by code."""

LONGEST_LINE = 1 << 24
"""Bytes. A line beyond that is no row but a file without line ends, and would fill the memory."""

_PIECE = 1 << 20


class FileFormat(StrEnum):
    """The formats that items are imported from."""

    JSONL = "jsonl"
    CSV = "csv"


# --- What a row may hold ----------------------------------------------------------------------------------------------

_NUMBER = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
_CENTS = r"^-?[0-9]{1,12}(\.[0-9]{1,2})?$"
_NUMBER_TEXT = re.compile(_NUMBER)
_CENTS_TEXT = re.compile(_CENTS)

_Required = Annotated[str, Field(min_length=1, max_length=100)]
_Text = str | None
_Number = Annotated[str, Field(pattern=_NUMBER)]
_Amount = Annotated[str, Field(pattern=_CENTS)]
_CLOSED = ConfigDict(extra="forbid")


@with_config(_CLOSED)
class ClientRow(TypedDict, total=False):
    """The client of a row. With a number, a master record is made or filled."""

    number: Annotated[_Text, Field(description="the provider's own number of the client; makes a master record")]
    family_name: _Text
    given_name: _Text
    birth_date: date | None
    insurance_number: Annotated[_Text, Field(description="number at the payer (KVNR, INSZ, …)")]
    insurance_status: Annotated[_Text, Field(description="as the payer's card states it")]
    street: _Text
    postal_code: _Text
    city: _Text
    country: _Text


@with_config(_CLOSED)
class SplitRow(TypedDict):
    """What the client bears."""

    kind: Literal["copayment", "own_share", "surcharge"]
    amount: Annotated[_Amount, Field(description="currency units with a decimal point")]


def _share(words: str) -> Any:  # a special form of typing
    return NotRequired[Annotated[_Amount | None, Field(description=f"{words}, currency units with a decimal point")]]


_CORE: dict[str, Any] = {
    "number": Annotated[_Required, Field(description="the item's number in your system, unique per provider")],
    "provider": Annotated[_Required, Field(description="who bills, as the scheme numbers providers")],
    "voucher": Annotated[_Required, Field(description="Beleg: its items leave together or not at all")],
    "line": NotRequired[Annotated[int, Field(ge=1, le=2**31 - 1, description="place in the voucher, from 1")]],
    "payer": NotRequired[Annotated[_Text, Field(description="as the voucher names the payer")]],
    "client": NotRequired[ClientRow | None],
    "case": NotRequired[Annotated[_Text, Field(description="number of the case; its facts fill empty fields")]],
    "slot": NotRequired[
        Annotated[int | None, Field(ge=1, le=2**63 - 1, description="id of the slot in the case's billing plan")]
    ],
    "code": NotRequired[Annotated[_Text, Field(description="the position that is billed")]],
    "text": NotRequired[_Text],
    "service_from": NotRequired[date | None],
    "service_to": NotRequired[date | None],
    "quantity": Annotated[_Number, Field(description="decimal number with a point")],
    "unit": NotRequired[_Text],
    "unit_price": Annotated[_Number, Field(description="currency units; net where a vat_rate is given")],
    "vat_rate": NotRequired[Annotated[_Number | None, Field(description="percent; none: the price contains the tax")]],
    "splits": NotRequired[list[SplitRow]],
    "copayment": _share("Zuzahlung"),
    "own_share": _share("Eigenanteil"),
    "surcharge": _share("Mehrkosten"),
}
_AMOUNTS = ("quantity", "unit_price", "vat_rate", "copayment", "own_share", "surcharge")
_SHARES = (
    ("copayment", SplitKind.COPAYMENT),
    ("own_share", SplitKind.OWN_SHARE),
    ("surcharge", SplitKind.SURCHARGE),
)
_CLIENT_FIELDS = tuple(ClientRow.__annotations__)
_SCHEME_HINT = re.compile(rb'"scheme"\s*:\s*"([^"\\]*)"')


def item_schema(scheme: Scheme) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a row of this scheme: the core's fields and, under `details`, the scheme's own."""
    schema = _adapter(scheme).json_schema()
    schema["title"] = f"Billing item for {scheme.title}"
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _adapter(scheme: Scheme) -> TypeAdapter[dict[str, Any]]:
    fields = {"scheme": NotRequired[Literal[scheme.key]], **_CORE, "details": NotRequired[scheme.Details]}
    row = with_config(_CLOSED)(TypedDict("Row", fields))  # type: ignore[operator]  # fields are known only now
    return TypeAdapter(row)


# --- One row ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, and everything that is wrong with it."""

    findings: tuple[Finding, ...]
    voucher: tuple[str, str] | None = None
    """Provider and voucher, where at least these can be read."""


class RowParser:
    """Reads rows of one scheme."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self._adapter = _adapter(scheme)
        self._validate = self._adapter.validator.validate_json
        self._plain = scheme.Details() if _all_optional(scheme.Details) else None
        self.columns = _columns(scheme)

    def from_json(self, line: bytes, source: str) -> BillingItem | BadRow:
        """The item of a JSON line; its id is 0, its amounts are not computed yet, `source` is where it stands."""
        try:
            row = self._validate(line, strict=True)
        except ValidationError as error:
            return self._second_try(line, source, error)
        return self._item(row, source)

    def _second_try(self, line: bytes, source: str, first: ValidationError) -> BillingItem | BadRow:
        """Numbers written as JSON numbers and null for an empty text are fine; anything else is a finding."""
        try:
            exact = json.loads(line, parse_float=_Written, parse_constant=str)
        except (ValueError, RecursionError):
            return BadRow(_findings(first, self.names))
        if not isinstance(exact, dict):
            return BadRow(_findings(first, self.names))
        where = _voucher_of(exact)
        tidy = _tidied(exact)
        try:
            row = self._validate(json.dumps(tidy, default=str).encode(), strict=True)
        except (ValidationError, ValueError) as error:
            problem = error if isinstance(error, ValidationError) else first
            return BadRow(_findings(problem, self.names), where)
        return self._item(row, source)

    def from_cells(self, nested: Mapping[str, Any], source: str) -> BillingItem | BadRow:
        """The item of a CSV row whose cells were converted by the type of their column."""
        try:
            row = self._adapter.validate_python(nested)
        except ValidationError as error:
            return BadRow(_findings(error, self.names), _voucher_of(nested))
        return self._item(row, source)

    def names(self, parents: tuple[str, ...]) -> Sequence[str]:
        """The fields that there are under this path, for a hint what an unknown one may have meant."""
        depth = len(parents)
        return sorted({path[depth] for path in self.columns if path[:depth] == parents and len(path) > depth})

    def _item(self, row: Mapping[str, Any], source: str) -> BillingItem | BadRow:
        get = row.get
        details = get("details") or self._plain
        if details is None:
            try:
                details = self.scheme.Details()
            except ValidationError as error:
                found = [replace(one, field=f"details.{one.field}") for one in _findings(error, self.names)]
                return BadRow(tuple(found), (row["provider"], row["voucher"]))
        client = get("client")
        rate = get("vat_rate")
        return BillingItem(
            id=0,
            scheme=self.scheme.key,
            number=row["number"],
            provider=row["provider"],
            voucher=row["voucher"],
            line=get("line", 1),
            payer=get("payer") or "",
            client=_client(client) if client else _NOBODY,
            code=get("code") or "",
            text=get("text") or "",
            service_from=get("service_from"),
            service_to=get("service_to"),
            quantity=Decimal(row["quantity"]),
            unit=get("unit") or "",
            unit_price=Decimal(row["unit_price"]),
            vat_rate=None if rate is None else Decimal(rate),
            net=0,
            vat=0,
            gross=0,
            splits=_splits(row),
            details=details,
            case_number=get("case") or "",
            slot_id=get("slot"),
            source=source,
        )


_NOBODY = Client()


def _client(row: Mapping[str, Any]) -> Client:
    return Client(**{name: value for name, value in row.items() if value is not None})


def _splits(row: Mapping[str, Any]) -> tuple[Split, ...]:
    found = [Split(SplitKind(one["kind"]), round_cents(Decimal(one["amount"]))) for one in row.get("splits", ())]
    for name, kind in _SHARES:
        text = row.get(name)
        if text is not None:
            cents = round_cents(Decimal(text))
            if cents:
                found.append(Split(kind, cents))
    return tuple(found)


def _all_optional(details: type[BaseModel]) -> bool:
    return not any(field.is_required() for field in details.model_fields.values())


class _Written(float):
    """A JSON number that remembers how it was written: 450.10 stays 450.10."""

    text: str

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text)
        self.text = text
        return self


def _tidied(row: dict[str, Any]) -> dict[str, Any]:
    """The row with numbers of amounts as the text that they were, and without nulls where nothing is meant."""
    tidy = {name: value for name, value in row.items() if value is not None}
    for name in _AMOUNTS:
        if name in tidy:
            tidy[name] = _amount_text(tidy[name])
    if isinstance(tidy.get("splits"), list):
        tidy["splits"] = [
            {**one, "amount": _amount_text(one["amount"])} if isinstance(one, dict) and "amount" in one else one
            for one in tidy["splits"]
        ]
    for name in ("details", "client"):
        if isinstance(tidy.get(name), dict):
            tidy[name] = _without_nulls(tidy[name])
    return tidy


def _amount_text(value: object) -> object:
    if isinstance(value, _Written):
        return value.text
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _without_nulls(value: Any) -> Any:  # any JSON
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value


def _voucher_of(row: Mapping[str, Any]) -> tuple[str, str] | None:
    provider, voucher = row.get("provider"), row.get("voucher")
    return (provider, voucher) if isinstance(provider, str) and isinstance(voucher, str) else None


# --- From pydantic's errors to findings -------------------------------------------------------------------------------


def _findings(error: ValidationError, names: Callable[[tuple[str, ...]], Sequence[str]]) -> tuple[Finding, ...]:
    return tuple(_finding(one, names) for one in error.errors(include_url=False))


def _finding(error: Any, names: Callable[[tuple[str, ...]], Sequence[str]]) -> Finding:  # pydantic's ErrorDetails
    kind, location = error["type"], tuple(str(part) for part in error["loc"])
    path, value = ".".join(location), error.get("input")
    if kind == "json_invalid":
        return NOT_JSON.at(reason=error["ctx"]["error"])
    if not location:
        return NOT_JSON.at(reason=words("it is no object in { }"))
    if kind == "missing":
        return MISSING_FIELD.at(field=path, name=path)
    if kind == "extra_forbidden":
        return unknown_field(path, names(location[:-1]))
    if isinstance(value, dict | list):
        return WRONG_VALUE.at(
            field=path, value="(a structure)", reason=error["msg"], remedy=words("write one plain value")
        )
    if kind.startswith("date"):
        return NOT_A_DATE.at(field=path, value=value, also="")
    if kind == "string_pattern_mismatch" or kind.startswith(("decimal", "int", "float", "finite")):
        return _not_a_number(path, value, error["msg"])
    if kind == "string_type":
        return WRONG_VALUE.at(
            field=path,
            value=value,
            reason=words("it must be text"),
            remedy=words('write it in quotes: "{value}"', value=value),
        )
    return WRONG_VALUE.at(
        field=path, value=value, reason=error["msg"], remedy=words("see the schema of the scheme's rows")
    )


def _not_a_number(path: str, value: object, message: str, sign: str = ".") -> Finding:
    other = "," if sign == "." else "."
    if re.fullmatch(rf"-?[0-9]{{1,3}}({re.escape(sign)}[0-9]{{3}})+{re.escape(other)}[0-9]+", str(value)):
        # 1.234,50 where 1234.50 is meant: both signs are the other way round.
        plain = str(value).replace(sign, "").replace(other, sign)
        reason = words("thousands separators are not allowed")
        return NOT_A_NUMBER.at(field=path, value=value, reason=reason, remedy=words("write {plain!r}", plain=plain))
    try:
        parse_amount(str(value), decimal_sign=sign)
    except AmountError as error:
        return NOT_A_NUMBER.at(field=path, value=value, reason=error.reason, remedy=error.remedy)
    return NOT_A_NUMBER.at(field=path, value=value, reason=message, remedy=words("write fewer digits"))


def unknown_field(path: str, known: Sequence[str]) -> Finding:
    """The finding for a field that there is not, with the name that it may have meant."""
    parent, _, name = path.rpartition(".")
    close = difflib.get_close_matches(name, known, 1, 0.6)
    meant = f"{parent}.{close[0]}" if close and parent else close[0] if close else None
    return UNKNOWN_FIELD.at(
        field=path, name=path, hint=words("; did you mean {meant}?", meant=meant) if meant else "", suggestion=meant
    )


# --- Columns of a CSV file --------------------------------------------------------------------------------------------

_Kind = Literal["text", "date", "number", "amount", "int", "structure"]


def _columns(scheme: Scheme) -> dict[tuple[str, ...], _Kind]:
    """Every column that a CSV file of this scheme may have, as a path, with the kind of its cells."""
    columns: dict[tuple[str, ...], _Kind] = {("scheme",): "text", ("line",): "int"}
    for name in _CORE:
        if name not in ("client", "splits", "line", "slot"):
            columns[(name,)] = "text"
    columns |= {("quantity",): "number", ("unit_price",): "number", ("vat_rate",): "number"}
    columns |= {(name,): "amount" for name, _ in _SHARES}
    columns |= {("service_from",): "date", ("service_to",): "date", ("slot",): "int"}
    columns |= {("client", name): "text" for name in _CLIENT_FIELDS}
    columns[("client", "birth_date")] = "date"
    return columns | _model_columns(scheme.Details, ("details",))


NUMBERED = "#"
"""Stands in the path of a column for the number of an entry of a list, from 1: `details.diagnoses.#.code`."""


def _model_columns(model: type[BaseModel], parents: tuple[str, ...]) -> dict[tuple[str, ...], _Kind]:
    columns: dict[tuple[str, ...], _Kind] = {}
    for name, field in model.model_fields.items():
        path = (*parents, name)
        kinds = list(plain_types(field.annotation))
        nested = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        if any(kind in (list, tuple, dict, set, frozenset) for kind in kinds):
            columns[path] = "structure"
            entry = _entry_of(field.annotation)
            if entry is not None:
                columns |= _model_columns(entry, (*path, NUMBERED))
        elif nested is not None:
            columns |= _model_columns(nested, path)
        else:
            columns[path] = _kind(kinds)
    return columns


def _entry_of(annotation: Any) -> type[BaseModel] | None:  # any type form
    """The model that a list or tuple is made of; None when it is made of something else."""
    inner = [part for part in typing.get_args(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
    return inner[0] if inner and typing.get_origin(annotation) in (list, tuple) else None


def plain_types(annotation: Any) -> Iterator[Any]:  # any type form
    """The types that an annotation is made of, without Optional, Union and Annotated; a container as itself."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        for part in typing.get_args(annotation):
            yield from plain_types(part)
    elif origin is Annotated:
        yield from plain_types(typing.get_args(annotation)[0])
    elif annotation is not type(None):
        yield origin or annotation


def _kind(kinds: Sequence[Any]) -> _Kind:
    if date in kinds:
        return "date"
    if str in kinds:
        return "text"
    if Decimal in kinds or float in kinds:
        return "number"
    return "int" if int in kinds else "text"


_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)


def date_of(text: str) -> date:
    """A date as people write it: 2025-10-31 or 31.10.2025.

    Raises:
        ValueError: it is no date, or one that the calendar does not have.

    >>> date_of("31.10.2025")
    datetime.date(2025, 10, 31)
    """
    if found := _ISO_DATE.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.fullmatch(text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    raise ValueError("a date looks like 2025-10-31 or 31.10.2025")


def _cell(path: tuple[str, ...], kind: _Kind, text: str, sign: str) -> tuple[Any, Finding | None]:
    """The value of a cell, or what is wrong with it."""
    name = ".".join(path)
    if kind == "date":
        try:
            return date_of(text), None
        except ValueError:
            return None, NOT_A_DATE.at(field=name, value=text, also=words(" or 31.10.2025"))
    if kind in ("number", "amount"):
        plain = text.replace(",", ".") if sign == "," and "." not in text else text
        pattern = _CENTS_TEXT if kind == "amount" else _NUMBER_TEXT
        if (sign == "." or "." not in text) and pattern.match(plain):
            return (Decimal(plain) if path[0] == "details" else plain), None
        return None, _not_a_number(name, text, words("it has too many digits"), sign)
    if kind == "structure":
        reason = words("a cell cannot hold a list")
        remedy = words(
            "write its entries into columns with a number (diagnoses.1.code, diagnoses.2.code), or use JSON Lines"
        )
        return None, WRONG_VALUE.at(field=name, value=text, reason=reason, remedy=remedy)
    return text, None


# --- Files ------------------------------------------------------------------------------------------------------------


class FileRefused(Exception):
    """A file that cannot be read as a whole, with the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to be imported: its format, encoding and hash are known, its rows are not read yet."""

    path: Path
    format: FileFormat
    encoding: str
    delimiter: str
    decimal_sign: str
    sha256: str
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as it was read: the line where it begins, and the item or what is wrong."""

    line: int
    item: BillingItem | BadRow


def inspect_file(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002  # the word for it
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal_sign: str | None = None,
) -> SourceFile:
    """Look at the whole file once: its hash, and whether it is text of the encoding that it should be.

    Args:
        path: the file.
        format: `jsonl` or `csv`; by the name or the first character when not given.
        encoding: `utf-8` or `cp1252`; UTF-8 when not given, and Windows-1252 for a CSV file that is no UTF-8.
        delimiter: `;`, `,` or tab; by the header line when not given.
        decimal_sign: `,` or `.`; `,` in a file delimited by `;` when not given, else `.`.

    Raises:
        FileRefused: missing, a folder, not allowed, empty, UTF-16, or no text of its encoding.
    """
    name = path.name
    if path.is_dir():
        raise FileRefused(FOLDER.at(file=name))
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head[:4]:
                raise FileRefused(UTF16.at(file=name))
            if not head.strip(codecs.BOM_UTF8 + b" \t\r\n"):
                raise FileRefused(EMPTY.at(file=name))
            file.seek(0)
            wanted = _codec(encoding or "utf-8", name)
            sha256, bad = _scan(file, wanted)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FileRefused(UNREADABLE.at(file=name, reason=reason)) from error
    chosen = FileFormat(format) if format else _format_of(path, head)
    notes: list[Finding] = []
    if head.startswith(codecs.BOM_UTF8):
        notes.append(BOM.at(file=name))
    if bad is not None:
        line, byte = bad
        if encoding or chosen is FileFormat.JSONL or wanted != "utf-8":
            raise FileRefused(BAD_BYTES.at(file=name, line=line, byte=byte, encoding=wanted.upper()))
        wanted = "cp1252"
        with path.open("rb") as file:
            again = _scan(file, wanted)[1]
        if again is not None:
            raise FileRefused(BAD_BYTES.at(file=name, line=line, byte=byte, encoding="UTF-8"))
        notes.append(GUESSED.at(file=name, line=line, byte=byte))
    mark = delimiter or (_delimiter(head, wanted) if chosen is FileFormat.CSV else "")
    sign = decimal_sign or ("," if mark == ";" else ".")
    return SourceFile(path, chosen, wanted, mark, sign, sha256, tuple(notes))


def _codec(encoding: str, name: str) -> str:
    plain = encoding.lower().replace("_", "-")
    if plain in ("utf-8", "utf8", "utf-8-sig"):
        return "utf-8"
    if plain in ("cp1252", "windows-1252", "ansi", "latin1", "latin-1", "iso-8859-1"):
        return "cp1252"
    if plain.startswith("utf-16") or plain == "utf16":
        raise FileRefused(UTF16.at(file=name))
    reason, remedy = words("it is no encoding that can be imported"), words("use utf-8 or cp1252")
    raise FileRefused(WRONG_VALUE.at(file=name, field="encoding", value=encoding, reason=reason, remedy=remedy))


def _scan(file: BinaryIO, encoding: str) -> tuple[str, tuple[int, int] | None]:
    """The SHA-256 of the file, and line and byte (both from 1) of the first character that its encoding does not
    have.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder(encoding)()
    bad: tuple[int, int] | None = None
    before, lines, rest = 0, 1, b""
    while piece := file.read(_PIECE):
        digest.update(piece)
        if bad is None:
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                # The decoder also had what an unfinished character left over from the piece before.
                start = error.start - len(rest)
                bad = (lines + piece.count(b"\n", 0, max(start, 0)), before + start + 1)
            rest = bytes(decoder.getstate()[0])
            before += len(piece)
            lines += piece.count(b"\n")
    if bad is None and rest:
        bad = (lines, before - len(rest) + 1)
    return digest.hexdigest(), bad


def _format_of(path: Path, head: bytes) -> FileFormat:
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return FileFormat.CSV
    if suffix in (".jsonl", ".ndjson", ".json"):
        return FileFormat.JSONL
    return FileFormat.JSONL if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{") else FileFormat.CSV


def _delimiter(head: bytes, encoding: str) -> str:
    header = head.decode(encoding, errors="replace").lstrip("\ufeff").splitlines()[0]
    return max(";,\t", key=header.count)


class FileReader:
    """Reads the rows of a file, one after the other, never the whole file.

    `schemes` are those installed; `default` is the scheme of rows that name none; `explain` says what to install.
    """

    def __init__(
        self, source: SourceFile, schemes: Mapping[str, Scheme], default: str | None, explain: Callable[[str], str]
    ) -> None:
        self.source = source
        self._schemes = schemes
        self._default = default
        self._explain = explain
        self._parsers: dict[str, RowParser] = {}

    def parser(self, key: str | None) -> RowParser | Finding:
        """The parser of a scheme's rows, or why there is none."""
        wanted = key or self._default
        if not wanted:
            return NO_SCHEME.at(field="scheme")
        if wanted not in self._parsers:
            if wanted not in self._schemes:
                return NO_SUCH_SCHEME.at(field="scheme", value=wanted, remedy=self._explain(wanted))
            self._parsers[wanted] = RowParser(self._schemes[wanted])
        return self._parsers[wanted]

    def rows(self) -> Iterator[ReadRow]:
        """All rows in order. A row that cannot be read is a `BadRow`; the next one is read all the same."""
        try:
            with self.source.path.open("rb") as file:
                yield from self._json(file) if self.source.format is FileFormat.JSONL else self._csv(file)
        except OSError as error:
            finding = UNREADABLE.at(file=self.source.path.name, reason=error.strerror or type(error).__name__)
            raise FileRefused(finding) from error

    def _json(self, file: BinaryIO) -> Iterator[ReadRow]:
        at = 0
        while line := file.readline(LONGEST_LINE):
            at += 1
            if at == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if len(line) >= LONGEST_LINE:
                yield self._bad(at, TOO_LONG.at(limit=LONGEST_LINE))
                while line and not line.endswith(b"\n"):
                    line = file.readline(LONGEST_LINE)
            elif line.strip():
                yield self._read(at, self._json_row(line, self._place(at)))

    def _json_row(self, line: bytes, source: str) -> BillingItem | BadRow:
        if b"\\u0000" in line or b"\0" in line:
            return BadRow((CONTROL.at(),))
        hint = _SCHEME_HINT.search(line)
        parser = self.parser(hint[1].decode() if hint else None)
        if isinstance(parser, RowParser):
            found = parser.from_json(line, source)
            if not isinstance(found, BadRow) or all(one.field != "scheme" for one in found.findings):
                return found
        # The hint may have been a word inside another text: read the row properly before complaining.
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            return BadRow((NOT_JSON.at(reason=str(error)),))
        key = row.get("scheme") if isinstance(row, dict) else None
        if not isinstance(row, dict):
            return BadRow((NOT_JSON.at(reason=words("it is no object in { }")),))
        parser = self.parser(key if isinstance(key, str) else None)
        if isinstance(parser, RowParser):
            return parser.from_json(line, source)
        return BadRow((parser,), _voucher_of(row))

    def _csv(self, file: BinaryIO) -> Iterator[ReadRow]:
        encoding = "utf-8-sig" if self.source.encoding == "utf-8" else self.source.encoding
        with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            reader = csv.reader(text, delimiter=self.source.delimiter, strict=True)
            header: list[str] | None = None
            table: _Table | None = None
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    yield self._bad(line, NOT_CSV.at(reason=str(error)))
                    if reader.line_num < line:
                        return  # the end of the file stands inside quotes
                    continue
                if cells is None:
                    return
                if not any(cells):
                    continue
                if header is None:
                    header = [name.strip() for name in cells]
                    table = _Table(header, self)
                    yield from (self._bad(line, finding) for finding in table.problems)
                elif table is not None:
                    yield self._read(line, table.row(cells, self._place(line)))

    def _place(self, line: int) -> str:
        return f"{self.source.path.name}:{line}"

    def _read(self, line: int, item: BillingItem | BadRow) -> ReadRow:
        if isinstance(item, BadRow):
            name = self.source.path.name
            return ReadRow(
                line, replace(item, findings=tuple(replace(f, file=name, line=f.line or line) for f in item.findings))
            )
        return ReadRow(line, item)

    def _bad(self, line: int, finding: Finding) -> ReadRow:
        return self._read(line, BadRow((finding,)))


class _Table:
    """The columns of a CSV file. Which scheme's they are may differ from row to row."""

    def __init__(self, header: Sequence[str], reader: FileReader) -> None:
        self.header = header
        self._reader = reader
        self._scheme_at = header.index("scheme") if "scheme" in header else None
        self._paths = [tuple(name.split(".")) for name in header]
        self._numbered = any(part.isdecimal() for path in self._paths for part in path)
        self._known: dict[str, list[_Kind | None]] = {}
        self.problems = [TWO_COLUMNS.at(value=name) for name in sorted(set(header)) if header.count(name) > 1]

    def row(self, cells: Sequence[str], source: str) -> BillingItem | BadRow:
        """The item of these cells, which stand at `source`."""
        if len(cells) != len(self.header):
            return BadRow((CELLS.at(found=len(cells), expected=len(self.header)),))
        key = cells[self._scheme_at].strip() if self._scheme_at is not None else ""
        parser = self._reader.parser(key or None)
        if not isinstance(parser, RowParser):
            return BadRow((parser,))
        kinds = self._known.get(parser.scheme.key)
        if kinds is None:
            kinds, unknown = self._learn(parser)
            if unknown:
                return BadRow(unknown)
        if None in kinds:
            return BadRow(())  # the unknown column was told once; it stands in every row
        nested: dict[str, Any] = {}
        problems: list[Finding] = []
        sign = self._reader.source.decimal_sign
        for path, kind, raw in zip(self._paths, kinds, cells, strict=True):
            text = raw.strip()
            if not text:
                continue
            if "\0" in text:
                problems.append(CONTROL.at(field=".".join(path)))
                continue
            value, problem = (text, None) if kind in (None, "text") else _cell(path, kind, text, sign)
            if problem is not None:
                problems.append(problem)
                continue
            inner = nested
            for part in path[:-1]:
                inner = inner.setdefault(part, {})
            inner[path[-1]] = value
        if problems:
            return BadRow(tuple(problems), _voucher_of(nested))
        return parser.from_cells(_with_lists(nested) if self._numbered else nested, source)

    def _learn(self, parser: RowParser) -> tuple[list[_Kind | None], tuple[Finding, ...]]:
        kinds = [
            parser.columns.get(tuple(NUMBERED if part.isdecimal() else part for part in path)) for path in self._paths
        ]
        self._known[parser.scheme.key] = kinds
        unknown = (path for path, kind in zip(self._paths, kinds, strict=True) if kind is None)
        # The header is wrong, not the row that it was first needed for.
        return kinds, tuple(replace(unknown_field(".".join(path), parser.names(path[:-1])), line=1) for path in unknown)


def _with_lists(nested: dict[str, Any]) -> dict[str, Any]:
    """The row with its numbered entries as lists, in the order of their numbers; an entry of empty cells is none."""
    found: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, dict) and value and all(key.isdecimal() for key in value):
            found[name] = [value[key] for key in sorted(value, key=int)]
        else:
            found[name] = _with_lists(value) if isinstance(value, dict) else value
    return found
