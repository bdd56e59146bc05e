"""Profiles: what the care funds want differently, as data that a provider completes from its sector's cookbook.

The federal format is public and is the base. The cookbooks of the Vlaamse Sociale Bescherming (which records, zones, codes,
letters and prices a sector has, which numbers the care funds have) are not. So a profile is a file: it names another profile as
its base and says what differs. Nothing in a profile is code, and nothing of a cookbook is in the code.
"""

from __future__ import annotations

import csv
import tomllib
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from billhook.words import words

_STRICT = ConfigDict(frozen=True, extra="forbid")

RecordType = Literal["10", "20", "30", "40", "50", "51", "52", "80", "90"]


class _Dated(BaseModel):
    """A row that holds from a day to a day, both inclusive."""

    model_config = _STRICT

    valid_from: date | None = Field(None, description="first day; empty: since ever")
    valid_to: date | None = Field(None, description="last day; empty: until further notice")

    def covers(self, day: date) -> bool:
        """True when the row holds on the day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class CareFund(_Dated):
    """A care fund (zorgkas) and its number in zones 7, 18 and 401."""

    number: str = Field(pattern=r"^\d{3}$", description="number in the records")
    name: str = Field("", description="name, for people")


class PerformanceCode(_Dated):
    """A (pseudo-)nomenclature code: in which record it is billed, at which price, with which partner."""

    code: str = Field(pattern=r"^\d{6,7}$", description="code; six digits are written with a zero in front")
    record: Literal["30", "40", "50"] = Field(description="record that it is billed in")
    title: str = Field("", description="what it is")
    price: int | None = Field(None, ge=0, description="price of one unit in cents; empty: not checked")
    personal_share: str = Field(
        "", pattern=r"^(\d{6,7})?$", description="code of the personal share record that follows"
    )
    allowance: str = Field(
        "",
        pattern=r"^(\d{6,7})?$",
        description="code of the record 30 that follows the personal share (PVT: tegemoetkoming betaalbaarheid)",
    )
    related: str = Field(
        "", pattern=r"^(\d{6,7})?$", description="related performance that must be named (zones 17-18)"
    )
    needs_agreement: bool = Field(False, description="only billed with an agreement")

    @property
    def padded(self) -> str:
        """The code with seven places."""
        return self.code.rjust(7, "0")


class ZoneValue(_Dated):
    """A value that is written into a zone where the item says nothing."""

    record: RecordType
    zone: int = Field(ge=1, le=99, description="number of the field's first zone")
    value: str = Field(description="digits, date YYYYMMDD, signed cents, or text")


class AllowedZone(_Dated):
    """The values that a zone may have; replaces the federal row."""

    record: RecordType
    zone: int = Field(ge=1, le=99)
    values: tuple[str, ...] = Field(min_length=1)


class RequiredZone(_Dated):
    """A zone that must be filled, and the code and letter that the care fund gives when it is not."""

    record: RecordType
    zone: int = Field(ge=1, le=99)
    code: str = Field(pattern=r"^\d{4}[0-9A-Z]{2}$")
    letter: Literal["B", "F", "R", "S", "E"]


class OfficialCode(BaseModel):
    """A row of the official list: its letter, and its text where the provider may keep it."""

    model_config = _STRICT

    code: str = Field(pattern=r"^[0-9A-Z]{6}$")
    letter: Literal["B", "F", "R", "S", "E"]
    nl: str = ""


class Profile(BaseModel):
    """How one sector bills. Lists of a profile are added to those of its base; single values replace them."""

    model_config = _STRICT

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="short name")
    base: str = Field("", description="profile that this one completes; empty: none")
    title: str = Field("", description="what it is for")
    assumptions: tuple[str, ...] = Field((), description="what is not verified; `vsb profile show` lists it")

    message_version: str = Field("02", pattern=r"^\d{2}$", description="zone 201")
    readable_versions: tuple[str, ...] = Field(("01", "02", "03"), description="zone 201 that the simulator takes")
    content: str = Field("000", pattern=r"^\d{3}$", description="record 10 zone 13")
    file_type: str = Field("03", pattern=r"^\d{2}$", description="zone 308: 01 hospital, 03 ambulatory, 09 mixed")
    file_accounts: str = Field("01", pattern=r"^\d{2}$", description="zone 309: 01 one account, 02 two")
    invoice_type: str = Field("3", pattern=r"^\d$", description="record 20 zone 10")
    profession: str = Field("000", pattern=r"^\d{3}$", description="record 10 zone 18")

    records: tuple[RecordType, ...] = Field(
        ("10", "20", "30", "40", "50", "51", "52", "80", "90"), description="records that an invoice file may have"
    )
    several_facilities: bool = Field(False, description="one sending may hold invoices of several facilities")
    code_check_digit: bool = Field(True, description="nomenclature codes end in a check digit")
    closed_code_list: bool = Field(False, description="only codes of this profile may be billed")
    sex_from_number: bool = Field(True, description="zone 9 is taken from the INSZ where the item does not state it")

    threshold_percent: int = Field(5, ge=0, le=100, description="more refused records than this refuse the sending")
    count_frame: bool = Field(True, description="records 10 and 90 count in the total")
    payment_weeks: int = Field(6, ge=0, description="weeks from receipt to payment")
    settlement_lists_accepted: bool = Field(True, description="the settlement names accepted performances too")

    off: tuple[str, ...] = Field((), description="codes that are not checked")
    care_funds: tuple[CareFund, ...] = ()
    codes: tuple[PerformanceCode, ...] = ()
    defaults: tuple[ZoneValue, ...] = ()
    allowed: tuple[AllowedZone, ...] = ()
    required: tuple[RequiredZone, ...] = ()
    letters: tuple[OfficialCode, ...] = ()

    @model_validator(mode="after")
    def _codes_do_not_overlap(self) -> Profile:
        seen: dict[str, list[PerformanceCode]] = {}
        for row in self.codes:
            for other in seen.setdefault(row.padded, []):
                starts_late = row.valid_from and other.valid_to and row.valid_from > other.valid_to
                ends_early = row.valid_to and other.valid_from and row.valid_to < other.valid_from
                if not (starts_late or ends_early):
                    message = f"two rows of code {row.code} hold on the same day"
                    raise ValueError(message)
            seen[row.padded].append(row)
        return self

    def code(self, code: str, day: date) -> PerformanceCode | None:
        """The row of a code on a day, or None."""
        padded = code.rjust(7, "0")
        return next((row for row in self.codes if row.padded == padded and row.covers(day)), None)

    def is_share(self, code: str, day: date) -> bool:
        """True when the code is that of a personal share record."""
        padded = code.rjust(7, "0")
        return any(
            row.personal_share.rjust(7, "0") == padded for row in self.codes if row.personal_share and row.covers(day)
        )

    def fund(self, number: str, day: date) -> CareFund | None:
        """The care fund of a number on a day, or None."""
        return next((fund for fund in self.care_funds if fund.number == number and fund.covers(day)), None)

    def letter(self, code: str) -> str:
        """The letter that this profile gives a code; empty: the federal list's."""
        return next((row.letter for row in self.letters if row.code == code), "")

    def text(self, code: str) -> str:
        """The imported official text of a code; empty where none was imported."""
        return next((row.nl for row in self.letters if row.code == code), "")


class ProfileError(ValueError):
    """A profile cannot be read: which one, and what is wrong with it."""


_LISTS = ("assumptions", "off", "care_funds", "codes", "defaults", "allowed", "required", "letters")


def shipped() -> tuple[str, ...]:
    """The keys of the profiles that come with the plugin."""
    folder = files("billhook_vsb.profiles")
    return tuple(sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml")))


def load(name: str, folder: Path | None = None) -> Profile:
    """A profile by key (a shipped one) or by file name (ends in .toml, relative to `folder`).

    Raises:
        ProfileError: it is missing, is no TOML, names an unknown base, or has a wrong value.
    """
    return _checked(name, _merged(name, folder, ()))


def parse(text: str, folder: Path | None = None, *, name: str = "profile") -> Profile:
    """A profile from its text; raises ProfileError as `load` does."""
    return _checked(name, _with_base(name, _toml(name, text), folder, ()))


def _checked(name: str, data: dict[str, Any]) -> Profile:
    try:
        return Profile.model_validate(data)
    except ValueError as error:
        raise ProfileError(words("profile {name}: {error}", name=name, error=error)) from error


def _merged(name: str, folder: Path | None, seen: tuple[str, ...]) -> dict[str, Any]:
    if name in seen:
        raise ProfileError(words("profile {name} is its own base: {names}", name=name, names=" → ".join((*seen, name))))
    if name.endswith(".toml"):
        path = Path(name) if folder is None else folder / name
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ProfileError(
                words(
                    "profile {name}: {path} cannot be read ({strerror})", name=name, path=path, strerror=error.strerror
                )
            ) from error
        except UnicodeDecodeError as error:
            raise ProfileError(words("profile {name}: {path} is no UTF-8", name=name, path=path)) from error
    elif name in shipped():
        text = files("billhook_vsb.profiles").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    else:
        raise ProfileError(
            words(
                "there is no profile {name}; shipped are {names}, others end in .toml",
                name=name,
                names=", ".join(shipped()),
            )
        )
    return _with_base(name, _toml(name, text), folder, (*seen, name))


def _with_base(name: str, data: dict[str, Any], folder: Path | None, seen: tuple[str, ...]) -> dict[str, Any]:
    base = data.get("base", "")
    if not base:
        return data
    if not isinstance(base, str):
        raise ProfileError(words("profile {name}: base is no name", name=name))
    merged = dict(_merged(base, folder, seen))
    for key, value in data.items():
        if key in _LISTS and isinstance(value, list):
            merged[key] = [*value, *merged.get(key, ())]
        else:
            merged[key] = value
    return merged


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(words("profile {name} is no TOML: {error}", name=name, error=error)) from error


def official_codes(text: str) -> tuple[OfficialCode, ...]:
    """The official list out of CSV text with the columns `code`, `letter` and `nl`.

    Raises:
        ProfileError: a column is missing, or a row is no code; the message names the line.
    """
    reader = csv.DictReader(text.splitlines())
    if not {"code", "letter"} <= set(reader.fieldnames or ()):
        raise ProfileError(words("the first line must name the columns code, letter and nl"))
    found = []
    for row in reader:
        try:
            found.append(
                OfficialCode.model_validate({name: (row.get(name) or "").strip() for name in ("code", "letter", "nl")})
            )
        except ValueError as error:
            raise ProfileError(words("line {line_num} is no code with its letter", line_num=reader.line_num)) from error
    return tuple(found)


TEMPLATE = """\
# A profile: what your sector's cookbook says beyond its base. Lists are added to those of the base, single values replace them.
# Days are YYYY-MM-DD; an amount is in cents.
key = "{key}"
base = "{base}"
title = ""

# closed_code_list = true          # only the codes below may be billed
# code_check_digit = false         # codes of this sector end in no check digit
# off = ["201412"]                 # codes that the care funds do not check

# The care funds and their numbers:
# [[care_funds]]
# number = "000"
# name = ""

# The codes, with prices from a day on:
# [[codes]]
# code = "000000"
# record = "30"
# title = ""
# price = 0
# personal_share = ""              # code of the personal share record that follows a day
# valid_from = 2026-01-01

# Zones that are always written the same:
# [[defaults]]
# record = "30"
# zone = 13
# value = "000"

# Zones that must be filled, and the code that is given when they are not:
# [[required]]
# record = "20"
# zone = 19
# code = "201910"
# letter = "F"

# Letters (and texts) of the official list, where they differ from the federal one:
# [[letters]]
# code = "200703"
# letter = "B"
"""
"""What `billhook vsb profile new` writes."""
