"""Fields of an item that a person may correct: what type each has, and how a person writes a value of it.

Field names are the dotted paths that findings use: `quantity`, `client.birth_date`, `details.prescribed_on`, and
`copayment`, `own_share`, `surcharge` for what the client bears.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from billhook.billing.masters import CLIENT_FIELDS
from billhook.billing.problems import CannotCorrect
from billhook.billing.rows import date_of, plain_types, unknown_field
from billhook.model import BillingItem, Split, SplitKind
from billhook.money import round_cents
from billhook.scheme import Scheme
from billhook.words import Words, words


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    AMOUNT = "amount"
    INTEGER = "integer"
    BOOLEAN = "yes or no"
    CHOICE = "choice"
    STRUCTURE = "structure"


_EXPECTED = {
    Kind.TEXT: words("text"),
    Kind.DATE: words("a date such as 2025-10-31 or 31.10.2025"),
    Kind.NUMBER: words("a number such as 2 or 2,5 without thousands separators"),
    Kind.AMOUNT: words("an amount such as 1234,50 without thousands separators"),
    Kind.INTEGER: words("a whole number such as 3"),
    Kind.BOOLEAN: words("yes or no"),
    Kind.STRUCTURE: words("a list or structure, which can only be imported anew"),
}


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field: its type, who shares it, and which form a person writes it in.

    `choices` are the values of a choice, each with its meaning (empty where it says itself). `voucher` is True when it is
    the same on all lines of a voucher; `master` names the master record that keeps it too (`client`, `case` or empty).
    """

    name: str
    kind: Kind
    optional: bool = False
    title: str = ""
    description: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    voucher: bool = False
    master: str = ""

    @property
    def form(self) -> Words:
        """The form of a value, in words."""
        return words("one of {choices}", choices=self._listed()) if self.kind is Kind.CHOICE else _EXPECTED[self.kind]

    @property
    def expected(self) -> Words:
        """The form that is expected, in words."""
        optional = self.optional and self.kind is not Kind.TEXT
        return words("{form}, or nothing", form=self.form) if optional else self.form

    def _listed(self) -> str:
        """The choices with their meanings, as long as that is a line and not a table."""
        told = ", ".join(f"{value} ({meaning})" if meaning else value for value, meaning in self.choices.items())
        return told if len(told) <= _LINE else ", ".join(self.choices)


_LINE = 160
"""Characters that a list of choices may take with their meanings."""

_SPLITS = frozenset(kind.value for kind in SplitKind)
_CORE: Mapping[str, FieldType] = {
    one.name: one
    for one in (
        FieldType("payer", Kind.TEXT, optional=True, voucher=True),
        FieldType("code", Kind.TEXT, optional=True),
        FieldType("text", Kind.TEXT, optional=True),
        FieldType("service_from", Kind.DATE, optional=True),
        FieldType("service_to", Kind.DATE, optional=True),
        FieldType("quantity", Kind.NUMBER),
        FieldType("unit", Kind.TEXT, optional=True),
        FieldType("unit_price", Kind.NUMBER),
        FieldType("vat_rate", Kind.NUMBER, optional=True),
        *(FieldType(kind.value, Kind.AMOUNT, optional=True) for kind in SplitKind),
        *(
            FieldType(
                f"client.{name}",
                Kind.DATE if name == "birth_date" else Kind.TEXT,
                optional=True,
                voucher=True,
                master="client",
            )
            for name in CLIENT_FIELDS
        ),
    )
}


def field_types(scheme: Scheme) -> dict[str, FieldType]:
    """Every field of the scheme's items that may be corrected, by name."""
    return {**_CORE, **_of_model(scheme.Details, "details.")}


def _of_model(model: type[BaseModel], prefix: str) -> dict[str, FieldType]:
    found: dict[str, FieldType] = {}
    for name, info in model.model_fields.items():
        kinds = list(plain_types(info.annotation))
        nested = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
        path = prefix + name
        if nested is not None:
            found |= _of_model(nested, f"{path}.")
            continue
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        kind, choices = _kind_of(kinds)
        codes = extra.get("codes")
        if isinstance(codes, dict):
            kind, choices = Kind.CHOICE, {value: str(meaning) for value, meaning in codes.items()}
        found[path] = FieldType(
            path,
            kind,
            optional=not info.is_required() and info.default in (None, "", ()),
            title=info.title or "",
            description=info.description or "",
            choices=choices,
            voucher=extra.get("level") == "voucher",
            master="case" if extra.get("master") == "case" else "",
        )
    return found


_KINDS: Sequence[tuple[type, Kind]] = (
    (bool, Kind.BOOLEAN),
    (date, Kind.DATE),
    (str, Kind.TEXT),
    (Decimal, Kind.NUMBER),
    (float, Kind.NUMBER),
    (int, Kind.INTEGER),
)


def _kind_of(kinds: Sequence[Any]) -> tuple[Kind, Mapping[str, str]]:
    for kind in kinds:
        if kind in (list, tuple, dict, set, frozenset):
            return Kind.STRUCTURE, {}
        if isinstance(kind, type) and issubclass(kind, Enum):
            return Kind.CHOICE, {str(member.value): "" for member in kind}
    literals = {str(value): "" for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)}
    if literals:
        return Kind.CHOICE, literals
    return next((found for wanted, found in _KINDS if wanted in kinds), Kind.TEXT), {}


def field_type(scheme: Scheme, name: str) -> FieldType:
    """The field of this name.

    Raises:
        CannotCorrect: there is none; the message names the one that may have been meant.
    """
    known = field_types(scheme)
    found = known.get(name) or known.get(name.removeprefix("splits."))
    if found is not None:
        return found
    if name in ("id", "number", "provider", "voucher", "line", "scheme", "case", "case_number", "client.number"):
        message = words("{name} says which item it is and cannot be corrected; import the item anew", name=name)
        raise CannotCorrect(message)
    parent = name.rpartition(".")[0]
    beside = [one.rpartition(".")[2] for one in known if one.rpartition(".")[0] == parent]
    raise CannotCorrect(unknown_field(name, beside).message)


# --- Reading what a person wrote --------------------------------------------------------------------------------------

_NUMBER = re.compile(r"-?[0-9]{1,12}([.,][0-9]{1,6})?")
_CENTS = re.compile(r"-?[0-9]{1,12}([.,][0-9]{1,2})?")
_YES_NO = {"yes": True, "true": True, "ja": True, "1": True, "no": False, "false": False, "nein": False, "0": False}


def parse(wanted: FieldType, text: str) -> Any:
    """The value that a person wrote: date, Decimal, int, bool or text; None for nothing.

    Raises:
        CannotCorrect: it is not of the field's type; the message says which form is expected.
    """
    plain = text.strip()
    if not plain and wanted.kind is not Kind.TEXT:
        if wanted.optional:
            return None
        raise _refused(wanted, text)
    try:
        return _read(wanted, plain)
    except (ValueError, KeyError):
        raise _refused(wanted, text) from None


def _read(wanted: FieldType, text: str) -> Any:
    match wanted.kind:
        case Kind.DATE:
            return date_of(text)
        case Kind.NUMBER | Kind.AMOUNT:
            pattern = _CENTS if wanted.kind is Kind.AMOUNT else _NUMBER
            if not pattern.fullmatch(text):
                raise ValueError(text)
            return Decimal(text.replace(",", "."))
        case Kind.INTEGER:
            if not re.fullmatch(r"-?[0-9]{1,18}", text):
                raise ValueError(text)
            return int(text)
        case Kind.BOOLEAN:
            return _YES_NO[text.casefold()]
        case Kind.CHOICE:
            if text not in wanted.choices:
                raise ValueError(text)
            return text
        case Kind.STRUCTURE:
            raise ValueError(text)
        case Kind.TEXT:
            if "\0" in text:
                raise ValueError(text)
            return text


def _refused(wanted: FieldType, text: str) -> CannotCorrect:
    return CannotCorrect(
        words(
            "{name}: {text!r} does not fit; expected is {expected}",
            name=wanted.name,
            text=text,
            expected=wanted.expected,
        )
    )


# --- Reading from and writing into items ------------------------------------------------------------------------------


def value_of(item: BillingItem, wanted: FieldType) -> str | None:
    """What the item has in this field, as text: dates ISO, amounts in currency units, None for nothing."""
    first, *rest = wanted.name.split(".")
    if first in _SPLITS and not rest:
        cents = item.share(SplitKind(first))
        return f"{Decimal(cents) / 100:.2f}" if cents else None
    value: Any = getattr(item, first)
    for part in rest:
        value = getattr(value, part, None)
    if value is None:
        return None
    if isinstance(value, date):
        return value.isoformat()
    return str(value.value) if isinstance(value, Enum) else str(value)


def with_value(item: BillingItem, wanted: FieldType, value: Any) -> BillingItem:
    """The item with another value in this field.

    Raises:
        CannotCorrect: the scheme's details refuse the value.
    """
    first, *rest = wanted.name.split(".")
    if not rest:
        if first in _SPLITS:
            return replace(item, splits=_splits(item, SplitKind(first), value))
        return replace(item, **{first: value})
    if first == "client":
        empty: Any = {one.name: one.default for one in fields(item.client)}[rest[0]]
        change: dict[str, Any] = {rest[0]: empty if value is None else value}
        return replace(item, client=replace(item.client, **change))
    try:
        return replace(item, details=_changed(item.details, rest, value))
    except ValidationError as error:
        first_error = error.errors(include_url=False)[0]
        message = words(
            "{name}: {reason}; expected is {expected}",
            name=wanted.name,
            reason=first_error["msg"],
            expected=wanted.expected,
        )
        raise CannotCorrect(message) from None


def _splits(item: BillingItem, kind: SplitKind, value: Decimal | None) -> tuple[Split, ...]:
    others = tuple(split for split in item.splits if split.kind is not kind)
    cents = round_cents(value) if value is not None else 0
    return (*others, Split(kind, cents)) if cents else others


def _changed(model: BaseModel, path: Sequence[str], value: Any) -> BaseModel:
    """The model validated anew with another value at this path; nothing at an optional text is the empty text."""
    name, *rest = path
    info = type(model).model_fields[name]
    if rest:
        inner = getattr(model, name)
        nested = inner if isinstance(inner, BaseModel) else _empty(info.annotation)
        new: Any = _changed(nested, rest, value)
    else:
        new = info.get_default(call_default_factory=True) if value is None and not info.is_required() else value
        if value is None and new not in (None, "", ()):
            new = None
    return type(model).model_validate({**dict(model), name: new})


def _empty(annotation: Any) -> BaseModel:
    nested = next(kind for kind in plain_types(annotation) if isinstance(kind, type) and issubclass(kind, BaseModel))
    return nested()
