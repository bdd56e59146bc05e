"""Profiles: how one payer wants its files, as data.

The interface description of MASS is given only to providers that were admitted. So nothing of a format is code: which records and
columns there are, how numbers and days are written, which keys stand for services and absences, how absences and hours count,
what a payment advice looks like. A profile is a YAML file that a provider completes from its own description; one ships and says
of itself that it is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from billhook.model import Severity
from billhook_mass.fields import FIELDS, Level
from billhook_mass.yaml_lines import LinedYaml, YamlProblem, read_yaml

_STRICT = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=6)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]

CHECKS = ("M01", "M02", "M03", "M04", "M05", "M06", "M07", "M08")
"""The checks that every profile weighs; what they are: `billhook_mass.rules`."""


class ProfileError(ValueError):
    """A profile cannot be used: file, line, key, and what is wrong with it. `problems` has one text each."""

    def __init__(self, file: str, problems: tuple[ProfileProblem, ...]) -> None:
        super().__init__("; ".join(problem.text(file) for problem in problems))
        self.file = file
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ProfileProblem:
    """One thing that is wrong with a profile; `line` counts from 1, 0 where none can be named."""

    line: int
    key: str
    message: str

    def text(self, file: str) -> str:
        """As one sentence."""
        where = f"{file}, line {self.line}" if self.line else file
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class Quoting(StrEnum):
    """Which cells stand in quotation marks."""

    MINIMAL = "minimal"
    ALL = "all"
    TEXT = "text"
    NEVER = "never"


class Formulas(StrEnum):
    """What becomes of a text that a spreadsheet would take for a formula because it begins with = + - @."""

    NEUTRALISE = "neutralise"
    REFUSE = "refuse"
    LEAVE = "leave"


class LineEnd(StrEnum):
    """How a row ends."""

    CRLF = "crlf"
    LF = "lf"

    @property
    def text(self) -> str:
        """The characters."""
        return "\r\n" if self is LineEnd.CRLF else "\n"


_DAY_PARTS = re.compile(r"^(?:%[dmYy]|[./ \-])+$")
_NAME_PLACES = re.compile(r"\{(n)(?::0\d{1,2}d)?\}|\{([a-z]+)\}")
_NAME_FIELDS = {"payer", "facility", "biller", "month", "year", "n", "kind"}


class FileForm(BaseModel):
    """The file as such: characters, separators, forms of numbers and days, name."""

    model_config = _STRICT

    encoding: str = Field(
        "cp1252", description="character set: cp1252, utf-8, utf-8-sig (with BOM), iso-8859-15, utf-16 …"
    )
    delimiter: str = Field(";", min_length=1, max_length=1, description="separates the cells")
    quote: str = Field('"', min_length=1, max_length=1, description="stands around a cell that needs it")
    quoting: Quoting = Field(Quoting.MINIMAL, description="which cells are quoted: minimal, all, text, never")
    line_end: LineEnd = Field(LineEnd.CRLF, description="crlf or lf")
    header: bool = Field(True, description="the first row has the headings of the line records")
    decimal: Literal[",", "."] = Field(",", description="decimal sign")
    thousands: Literal["", ".", ",", " ", "'"] = Field(
        "", description="sign between groups of three digits; empty: none"
    )
    day: str = Field("%d.%m.%Y", description="form of a day: %d, %m, %Y, %y and . / - blank")
    month: str = Field("%m.%Y", description="form of a month")
    name: str = Field(
        "{facility}_{month}_{n:04d}.csv",
        description="file name: {payer} {facility} {biller} {month} (YYYYMM) {year} {kind} {n}",
    )
    formulas: Formulas = Field(
        Formulas.NEUTRALISE,
        description="text that begins like a formula: neutralise (an apostrophe before it), refuse (a finding), leave",
    )
    most_invoices: int | None = Field(None, ge=1, description="most invoices in a file; empty: no limit")

    @field_validator("encoding")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            # `rot13` and `base64` are codecs too, and no character sets: they have no bytes for a text.
            "A1;".encode(name)
        except (LookupError, UnicodeError):
            message = f"{name!r} is no character set; write cp1252, utf-8, utf-8-sig or iso-8859-15"
            raise ValueError(message) from None
        return name

    @field_validator("day", "month")
    @classmethod
    def _form(cls, form: str) -> str:
        if not _DAY_PARTS.match(form) or "%m" not in form or not ("%Y" in form or "%y" in form):
            message = f"{form!r} is no form of a date; build it of %d %m %Y %y and . / - as in %d.%m.%Y"
            raise ValueError(message)
        return form

    @field_validator("name")
    @classmethod
    def _name(cls, pattern: str) -> str:
        unknown = sorted({found[1] or found[2] for found in _NAME_PLACES.finditer(pattern)} - _NAME_FIELDS)
        rest = _NAME_PLACES.sub("", pattern)
        if unknown or "{" in rest or "}" in rest or "/" in rest or "\\" in rest or not pattern.strip():
            message = f"{pattern!r} is no file name; it may hold {{{'}, {'.join(sorted(_NAME_FIELDS))}}}"
            raise ValueError(message)
        if "{n" not in pattern:
            raise ValueError("a file name needs {n}, or two files of a month would have the same one")
        return pattern

    @model_validator(mode="after")
    def _apart(self) -> FileForm:
        if self.delimiter == self.quote or self.delimiter in "\r\n" or self.quote in "\r\n":
            raise ValueError("delimiter and quote must be different characters and no line ends")
        if self.thousands and self.thousands == self.decimal:
            raise ValueError("decimal and thousands must be different signs")
        if self.delimiter == self.decimal and self.quoting is Quoting.NEVER:
            raise ValueError("a number with a comma cannot stand between commas without quotes")
        if "%d" not in self.day:
            raise ValueError("the form of a day lacks %d")
        return self


class Column(BaseModel):
    """A column: what stands in it and how."""

    model_config = _STRICT

    field: str | None = Field(
        None, description="value that it carries (reference: values); none: `text` stands in every row"
    )
    header: str = Field("", description="heading")
    text: str = Field("", description="constant, where there is no field")
    required: bool = Field(False, description="may not be empty")
    longest: int | None = Field(None, ge=1, description="most characters")
    width: int | None = Field(None, ge=1, description="exact width; numbers are filled with zeros, text with blanks")
    places: int | None = Field(None, ge=0, le=6, description="decimal places of a number; amounts have two")
    form: str = Field("", description="form of a day or month in this column; empty: the file's")
    keys: str = Field("", description="key table that the value is looked up in; empty: as the field says")

    @field_validator("field")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in FIELDS:
            message = f"{name!r} is no value that a column can carry; see the reference of values"
            raise ValueError(message)
        return name

    @field_validator("form")
    @classmethod
    def _form(cls, form: str) -> str:
        if form and not _DAY_PARTS.match(form):
            message = f"{form!r} is no form of a date; build it of %d %m %Y %y and . / -"
            raise ValueError(message)
        return form

    @model_validator(mode="after")
    def _one_source(self) -> Column:
        if self.field is not None and self.text:
            raise ValueError("a column has a field or a constant text, not both")
        return self


class RecordKind(StrEnum):
    """Where a record stands in the file."""

    FILE_START = "file_start"
    INVOICE_START = "invoice_start"
    LINE = "line"
    INVOICE_END = "invoice_end"
    FILE_END = "file_end"


_LEVELS = {
    RecordKind.FILE_START: {Level.FILE},
    RecordKind.FILE_END: {Level.FILE},
    RecordKind.INVOICE_START: {Level.FILE, Level.INVOICE},
    RecordKind.INVOICE_END: {Level.FILE, Level.INVOICE},
    RecordKind.LINE: {Level.FILE, Level.INVOICE, Level.LINE},
}


class Record(BaseModel):
    """A kind of row (Satzart): where it stands, its mark in the first column, and its columns."""

    model_config = _STRICT

    kind: RecordKind = Field(description="file_start, invoice_start, line, invoice_end, file_end")
    mark: str = Field(
        "", description="stands in the first cell and tells the record kinds apart (Satzart); empty: none"
    )
    columns: tuple[Column, ...] = Field(min_length=1, description="columns in order")

    @model_validator(mode="after")
    def _fitting(self) -> Record:
        for column in self.columns:
            if column.field is not None and FIELDS[column.field].level not in _LEVELS[self.kind]:
                level = FIELDS[column.field].level.value
                message = f"{column.field} belongs to a {level} and has no place in a {self.kind.value}"
                raise ValueError(message)
        headers = [column.header for column in self.columns if column.header]
        twice = sorted({name for name in headers if headers.count(name) > 1})
        if twice:
            message = f"two columns have the heading {twice[0]!r}"
            raise ValueError(message)
        return self


class KeyTable(BaseModel):
    """What stands for what in the payer's file. A word that a closed table lacks is a finding; else it is written as it is."""

    model_config = _STRICT

    closed: bool = Field(False, description="only the words below may be used")
    words: dict[str, str] = Field(default_factory=dict, description="own word → the payer's key")
    names: dict[str, str] = Field(
        default_factory=dict, description="own word → what it is called on paper and in the file"
    )

    def of(self, word: str) -> str | None:
        """The payer's key of a word; None where a closed table does not have it."""
        return self.words.get(word, None if self.closed else word)

    def back(self, key: str) -> str | None:
        """The word of a payer's key: the first that has it; None where a closed table does not have it."""
        return next((word for word, found in self.words.items() if found == key), None if self.closed else key)


class Keys(BaseModel):
    """The key tables."""

    model_config = _STRICT

    services: KeyTable = Field(
        KeyTable(), description="services; `SERVICE/reserved` is the key of a service on days of that kind"
    )
    units: KeyTable = Field(KeyTable(), description="day, month, hour, flat")
    absences: KeyTable = Field(KeyTable(), description="kinds of absence, as `absences.kinds` calls them")
    day_kinds: KeyTable = Field(KeyTable(), description="present, reserved, unpaid")
    corrections: KeyTable = Field(KeyTable(), description="original, correction, cancellation")

    def table(self, name: str) -> KeyTable:
        """A table by its name."""
        found: KeyTable = getattr(self, name)
        return found

    def service(self, code: str, day_kind: str) -> str | None:
        """The payer's key of a service on days of a kind."""
        special = self.services.words.get(f"{code}/{day_kind}")
        return special if special is not None else self.services.of(code)


class Grouping(BaseModel):
    """Which lines make one invoice and which invoices one file."""

    model_config = _STRICT

    invoice: Literal["facility", "service", "person"] = Field(
        "facility", description="one invoice a month for a facility, a facility's service, or a person"
    )
    file: Literal["facility", "payer"] = Field("facility", description="one file for a facility, or for all of a payer")
    months: Literal["one", "many"] = Field("one", description="months of service in a file")
    corrections: Literal["own", "together"] = Field(
        "own", description="corrections in files of their own, or together with the month's lines"
    )


class CorrectionForm(BaseModel):
    """How corrections are written."""

    model_config = _STRICT

    negative: Literal["quantity", "rate"] = Field(
        "quantity", description="what is negative in the line of a cancellation; the amount always is"
    )
    needs_cancellation: bool = Field(
        True, description="a correction of a paid line states it anew in full, so the line is cancelled too"
    )


class AbsenceLimit(BaseModel):
    """How many days of absence are paid."""

    model_config = _STRICT

    days: int = Field(ge=0, description="most days")
    per: Literal["event", "year"] = Field("year", description="for each absence, or added up in a calendar year")
    account: str = Field("", description="kinds with the same account share the limit; empty: a kind alone")
    after_percent: Percent = Field(Decimal(0), description="percent of the rate beyond the limit")


class AbsenceKind(BaseModel):
    """A kind of absence and what is paid for its days."""

    model_config = _STRICT

    title: str = Field("", description="what it is called")
    percent: Percent = Field(Decimal(75), description="percent of the rate that is paid")
    full_rate_up_to: int = Field(
        0,
        ge=0,
        description="an absence of at most so many days is paid like presence; a longer one not on any of its days",
    )
    short_counts: bool = Field(False, description="days paid like presence count for the limit")
    deduction: Decimal = Field(Decimal(0), ge=0, max_digits=8, description="currency units taken off a day (board)")
    limit: AbsenceLimit | None = Field(None, description="most days that are paid; empty: no limit")
    notice_days: int | None = Field(
        None, ge=0, description="days within which the payer must know of the absence; empty: no notice is needed"
    )


class AbsenceRules(BaseModel):
    """How days of absence count. Where several fall on one day it is counted once, for the one that `kinds` has first."""

    model_config = _STRICT

    kinds: dict[str, AbsenceKind] = Field(default_factory=dict, description="kinds of absence by word")
    departure_day: Literal["present", "absent"] = Field(
        "present", description="how the day counts on which somebody leaves for an absence"
    )
    return_day: Literal["present", "absent"] = Field("present", description="how the day of coming back counts")
    admission_day: bool = Field(True, description="the day of admission is paid")
    discharge_day: bool = Field(True, description="the day of discharge is paid")
    discharge_day_when_moving: bool = Field(False, description="the day of discharge is paid on a move to another home")


class HourRules(BaseModel):
    """How the minutes of Fachleistungsstunden become hours."""

    model_config = _STRICT

    exact_up_to: int = Field(6, ge=0, description="a contact of at most so many minutes counts to the minute")
    step: int = Field(10, ge=1, description="a longer one is rounded up to full steps of so many minutes")
    indirect_percent: Percent = Field(Decimal(20), description="indirect time on top, percent of the raw minutes")
    missed_percent: Percent = Field(
        Decimal(80),
        description="percent of the rate for a missed contact: planned minutes, no rounding, no indirect time",
    )
    places: int = Field(4, ge=0, le=6, description="decimal places of the hours of a line")


class CheckForm(BaseModel):
    """How much a check weighs."""

    model_config = _STRICT

    severity: Severity = Field(Severity.ERROR, description="error (holds the line), warning, note")
    tolerance: Decimal = Field(Decimal(0), ge=0, le=1, description="currency units by which an amount may differ (M02)")


class AdviceReason(BaseModel):
    """A reason with which the payer cuts (Kürzungsgrund)."""

    model_config = _STRICT

    title: str = Field(description="what it means")
    mend: str = Field("", description="what to do about it")


ADVICE_FIELDS: Mapping[str, str] = {
    "invoice": "number of the invoice",
    "person_reference": "the person's reference (Aktenzeichen)",
    "person_name": "name of the person",
    "first_day": "first day of service",
    "last_day": "last day of service",
    "month": "month of service",
    "service": "service, in the payer's key",
    "line": "the provider's own number of the line",
    "billed": "what was asked for",
    "approved": "what is paid",
    "reduced": "what was cut",
    "reason": "code of the reason",
    "reason_text": "reason in words",
    "paid_on": "day of payment",
    "payment_reference": "reference of the transfer",
    "facility": "the facility's number at the payer",
}
"""What a payment advice (Zahlungsavis) can say, by name."""


class Advice(BaseModel):
    """What a payment advice looks like and how it is matched."""

    model_config = _STRICT

    encoding: str = Field("auto", description="character set; auto: found out from the file")
    delimiter: str = Field("auto", description="separator of cells; auto: found out")
    decimal: Literal["auto", ",", "."] = Field("auto", description="decimal sign; auto: found out from the amounts")
    day: str = Field("auto", description="form of a day, as in `file`; auto: found out")
    month: str = Field("auto", description="form of a month; auto: found out")
    columns: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="value → headings that it may have; case and umlauts do not matter"
    )
    required: tuple[str, ...] = Field(("invoice", "approved"), description="values without which it is no advice")
    match: tuple[tuple[str, ...], ...] = Field(
        (
            ("invoice", "person_reference", "month", "service"),
            ("invoice", "person_reference", "month"),
            ("invoice", "person_reference"),
            ("invoice", "person_name", "month", "service"),
            ("person_reference", "month", "service"),
            ("invoice",),
        ),
        description="what a row is matched by, in this order; the first that finds exactly one is taken",
    )
    tolerance: Decimal = Field(Decimal(0), ge=0, le=1, description="currency units that are no difference")
    reasons: dict[str, AdviceReason] = Field(default_factory=dict, description="the payer's reason codes")

    @field_validator("encoding")
    @classmethod
    def _charset(cls, name: str) -> str:
        try:
            "A1;".encode("ascii" if name == "auto" else name)
        except (LookupError, UnicodeError):
            message = f"{name!r} is no character set; write auto, cp1252, utf-8 or iso-8859-15"
            raise ValueError(message) from None
        return name

    @field_validator("delimiter")
    @classmethod
    def _sign(cls, sign: str) -> str:
        if sign != "auto" and (len(sign) != 1 or sign in '"\r\n'):
            message = f"{sign!r} is no separator; write auto or one sign"
            raise ValueError(message)
        return sign

    @field_validator("day", "month")
    @classmethod
    def _form(cls, form: str) -> str:
        if form != "auto" and (not _DAY_PARTS.match(form) or "%m" not in form):
            message = f"{form!r} is no form of a date; write auto, or build it of %d %m %Y %y and . / -"
            raise ValueError(message)
        return form

    @model_validator(mode="after")
    def _known(self) -> Advice:
        for name in (*self.columns, *self.required, *(part for parts in self.match for part in parts)):
            if name not in ADVICE_FIELDS:
                message = f"{name!r} is nothing that an advice says; there are {', '.join(ADVICE_FIELDS)}"
                raise ValueError(message)
        return self


class Profile(BaseModel):
    """How one payer, or several, want their files."""

    model_config = _STRICT

    profile: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="short name")
    version: str = Field(min_length=1, max_length=40, description="version of the profile")
    title: str = Field("", description="what it is for")
    status: Literal["assumed", "tried", "confirmed"] = Field(
        "assumed", description="assumed, tried with the payer, or confirmed by it"
    )
    valid_from: date | None = Field(None, description="first day of files made by it; empty: since ever")
    valid_to: date | None = Field(None, description="last day; empty: until further notice")
    payers: tuple[Key, ...] = Field((), description="payers that it is for; empty: any")
    sources: tuple[str, ...] = Field((), description="documents that it was made from")
    assumptions: tuple[str, ...] = Field((), description="what is not known for certain")
    file: FileForm = FileForm()
    records: tuple[Record, ...] = Field(min_length=1, description="record kinds")
    keys: Keys = Keys()
    grouping: Grouping = Grouping()
    corrections: CorrectionForm = CorrectionForm()
    absences: AbsenceRules = AbsenceRules()
    hours: HourRules = HourRules()
    part_months: Literal["full", "calendar", "thirtieths"] = Field(
        "calendar",
        description="a monthly rate for part of a month: in full, by days of the calendar month, or by thirtieths",
    )
    checks: dict[str, CheckForm] = Field(
        default_factory=dict, description="weight of M01 to M08; what is left out is an error"
    )
    advice: Advice = Advice()

    @model_validator(mode="after")
    def _sound(self) -> Profile:
        kinds = [record.kind for record in self.records]
        if kinds.count(RecordKind.LINE) != 1:
            raise ValueError("records: there must be exactly one record of the kind line")
        if len(set(kinds)) != len(kinds):
            raise ValueError("records: a kind stands there twice")
        if len(kinds) > 1 and not all(record.mark for record in self.records):
            raise ValueError("records: where there are several kinds, each needs a mark")
        if len({record.mark for record in self.records}) != len(kinds):
            raise ValueError("records: two kinds have the same mark")
        if self.file.header and not all(column.header for column in self.line.columns):
            raise ValueError("records: file.header is true, but a column of the line record has no heading")
        unknown = sorted(set(self.checks) - set(CHECKS))
        if unknown:
            message = f"checks: there is no check {unknown[0]}; there are {', '.join(CHECKS)}"
            raise ValueError(message)
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    @property
    def line(self) -> Record:
        """The record of a line."""
        return next(record for record in self.records if record.kind is RecordKind.LINE)

    def record(self, kind: RecordKind) -> Record | None:
        """The record of a kind, or None."""
        return next((record for record in self.records if record.kind is kind), None)

    def covers(self, day: date) -> bool:
        """True when files of this day are made by it."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def check(self, name: str) -> CheckForm:
        """The weight of a check."""
        return self.checks.get(name, CheckForm())

    def fields(self) -> Iterator[str]:
        """The values that its columns carry."""
        for record in self.records:
            yield from (column.field for column in record.columns if column.field is not None)


# --- Reading ----------------------------------------------------------------------------------------------------------


def shipped() -> list[str]:
    """Names of the profiles that come with the program."""
    folder = files("billhook_mass.profiles")
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def shipped_text(name: str) -> str:
    """The YAML of a shipped profile."""
    return files("billhook_mass.profiles").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def load(name: str, folder: Path | None = None) -> Profile:
    """A profile by name (a shipped one) or by file (ends in .yaml or .yml, relative to `folder`).

    Raises:
        ProfileError: it is missing, is no YAML, or says something that cannot be; every problem with its line.
    """
    if not name.endswith((".yaml", ".yml")):
        if name not in shipped():
            message = f"there is no such profile; shipped are {', '.join(shipped())}, others end in .yaml"
            raise ProfileError(name, (ProfileProblem(0, "", message),))
        return parse(shipped_text(name), name=f"{name}.yaml")
    path = Path(name) if folder is None else folder / name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        message = f"it cannot be read ({error.strerror or type(error).__name__})"
        raise ProfileError(path.name, (ProfileProblem(0, "", message),)) from error
    except UnicodeDecodeError as error:
        raise ProfileError(path.name, (ProfileProblem(0, "", "it is no UTF-8"),)) from error
    return parse(text, name=path.name)


def parse(text: str, *, name: str = "profile.yaml") -> Profile:
    """A profile from its text.

    Raises:
        ProfileError: as `load`.
    """
    try:
        document = read_yaml(text)
    except YamlProblem as problem:
        raise ProfileError(name, (ProfileProblem(problem.line, "", str(problem)),)) from None
    try:
        return Profile.model_validate(document.data)
    except ValidationError as error:
        raise ProfileError(name, tuple(_problem(one, document) for one in _told(error))) from None


def _told(error: ValidationError) -> Iterator[Any]:  # pydantic's ErrorDetails
    """The errors, without that a list is too short because its entries are wrong."""
    found = error.errors(include_url=False)
    for one in found:
        place = one["loc"]
        if one["type"] == "too_short" and any(
            len(each["loc"]) > len(place) and each["loc"][: len(place)] == place for each in found
        ):
            continue
        yield one


def _problem(error: Any, document: LinedYaml) -> ProfileProblem:  # pydantic's ErrorDetails
    path: tuple[str | int, ...] = tuple(error["loc"])
    key = ".".join(str(part + 1 if isinstance(part, int) else part) for part in path)
    kind, message = error["type"], str(error["msg"]).removeprefix("Value error, ")
    if kind == "missing":
        message = "it is missing"
    elif kind == "extra_forbidden":
        message = "there is no such key"
    elif isinstance(error.get("input"), str | int) and kind != "value_error":
        message = f"{error['input']!r}: {message[:1].lower()}{message[1:]}"
    return ProfileProblem(document.line_of(path), key, message)
