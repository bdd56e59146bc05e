"""A provider's set-up for the care funds: who bills, which facilities, which profile, which accounts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from billhook.identifiers import bic, iban, kbo, riziv
from billhook_vsb.profile import Profile, ProfileError, load
from billhook_vsb.registers import NAMES, read_register
from billhook_vsb.registers import Registers as KnownRegisters

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Contact(BaseModel):
    """Whom the payer may ask (zones 305 to 307)."""

    model_config = _STRICT

    last_name: str = Field("", max_length=45)
    first_name: str = Field("", max_length=24)
    phone: str = Field("", pattern=r"^\d{0,10}$", description="digits only")


class Facility(BaseModel):
    """A facility that bills (record 20 zone 14). An item's `provider` is its number."""

    model_config = _STRICT

    number: str = Field(description="RIZIV number, 11 digits")
    name: str = ""
    profile: str = Field("", description="profile of this facility; empty: the settings'")

    @field_validator("number")
    @classmethod
    def _riziv(cls, text: str) -> str:
        return riziv_number(text)


def riziv_number(text: str) -> str:
    """The compact number; ValueError that says what is wrong."""
    try:
        return riziv.validate(text)
    except ValueError as error:
        message = f"{text!r} is no RIZIV number: {error}"
        raise ValueError(message) from error


class Registers(BaseModel):
    """Tables of the provider for what only the payer's files decide: CSV files beside billhook.toml, each optional.

    insured: insz, fund, valid_from, valid_to. admissions: insz, facility, valid_from, valid_to.
    agreements: insz, code, valid_from, valid_to. Days are ISO; an empty last day is open.
    """

    model_config = _STRICT

    insured: str = ""
    admissions: str = ""
    agreements: str = ""


class Settings(BaseModel):
    """The whole set-up: `[schemes.vsb]` in billhook.toml."""

    model_config = _STRICT

    third_party: str = Field(description="RIZIV number of the billing third party (derdebetalende), record 10 zone 14")
    kbo: str = Field(description="enterprise number (KBO)")
    iban: str = Field(description="account that is paid to")
    bic: str = Field(description="its bank")
    test: bool = Field(True, description="test files; set to false when the care funds have admitted you")
    profile: str = Field("federal", description="key of a shipped profile, or a .toml file beside billhook.toml")
    contact: Contact = Contact()
    facilities: tuple[Facility, ...] = Field((), description="facilities; empty: the third party itself")
    reference: str = Field("", max_length=13, description="own reference of a file (zone 303)")
    invoice_number: str = Field("{n}", description="pattern of invoice numbers, at most 12 digits: {n} running, {year}")
    registers: Registers = Registers()

    _profiles: dict[str, Profile] = PrivateAttr(default_factory=dict)
    _known: KnownRegisters = PrivateAttr(default_factory=KnownRegisters)

    @field_validator("third_party")
    @classmethod
    def _riziv(cls, text: str) -> str:
        return riziv_number(text)

    @field_validator("kbo")
    @classmethod
    def _enterprise(cls, text: str) -> str:
        if not kbo.is_valid(text):
            message = f"{text!r} is no enterprise number (KBO)"
            raise ValueError(message)
        return str(kbo.compact(text))

    @field_validator("iban")
    @classmethod
    def _account(cls, text: str) -> str:
        if not iban.is_valid(text):
            message = f"{text!r} is no IBAN"
            raise ValueError(message)
        return str(iban.compact(text))

    @field_validator("bic")
    @classmethod
    def _bank(cls, text: str) -> str:
        if not bic.is_valid(text):
            message = f"{text!r} is no BIC"
            raise ValueError(message)
        return str(bic.compact(text))

    @field_validator("invoice_number")
    @classmethod
    def _numbers(cls, pattern: str) -> str:
        try:
            made = {pattern.format(n=n, year=2026) for n in (1, 2, 99_999)}
        except (KeyError, IndexError, ValueError) as error:
            message = f"{pattern!r} is no pattern: use {{n}} (or {{n:06d}}) and {{year}}"
            raise ValueError(message) from error
        if len(made) < 3 or any(not number.isdecimal() or len(number) > 12 for number in made):
            message = f"{pattern!r} does not make different numbers of at most 12 digits"
            raise ValueError(message)
        return pattern

    @model_validator(mode="after")
    def _read_files(self, info: ValidationInfo) -> Self:
        """Profiles and registers are read once, with the settings: nothing else of the scheme touches a file."""
        folder = _folder(info.context)
        numbers = [facility.number for facility in self.facilities]
        if len(set(numbers)) != len(numbers):
            message = "two facilities have the same number"
            raise ValueError(message)
        for name in dict.fromkeys(
            (self.profile, *(facility.profile for facility in self.facilities if facility.profile))
        ):
            try:
                self._profiles[name] = load(name, folder)
            except ProfileError as error:
                raise ValueError(str(error)) from error
        for name in NAMES:
            file = getattr(self.registers, name)
            if file:
                self._known.tables[name] = read_register(Path(file) if folder is None else folder / file)
        return self

    def facility(self, number: str) -> Facility | None:
        """The facility of this number, or None. Without facilities the third party itself is the only one."""
        compact = riziv.compact(number)
        if not self.facilities:
            return Facility(number=self.third_party) if compact == self.third_party else None
        return next((facility for facility in self.facilities if facility.number == compact), None)

    def profile_of(self, facility: Facility | None) -> Profile:
        """The profile of a facility, or the settings' own."""
        return self._profiles[facility.profile if facility is not None and facility.profile else self.profile]

    def use(self, profile: Profile) -> None:
        """Take this profile instead of the settings' own: for rehearsals and tests, before anything is billed."""
        self._profiles[self.profile] = profile

    @property
    def known(self) -> KnownRegisters:
        """The registers that the settings name, as they were read."""
        return self._known

    @property
    def contents(self) -> dict[str, str]:
        """File or profile → SHA-256 of what it holds: a change of theirs is a change of the settings."""
        held: dict[str, Any] = {name: profile.model_dump(mode="json") for name, profile in self._profiles.items()}
        held |= {getattr(self.registers, name): rows for name, rows in self._known.tables.items()}
        return {
            name: hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
            for name, value in held.items()
        }


def _folder(context: Any) -> Path | None:
    found = context.get("folder") if isinstance(context, dict) else None
    return found if isinstance(found, Path) else None


TEMPLATE = """
[schemes.vsb]
# third_party = ""               # RIZIV number of the billing third party (derdebetalende)
# kbo = ""                       # enterprise number
# iban = ""
# bic = ""
# test = true                    # set to false when the care funds have admitted you
# profile = "federal"            # `billhook vsb profile new` makes a file to complete from your sector's cookbook
# contact = { last_name = "", first_name = "", phone = "" }
# reference = ""                 # own reference of a file, at most 13 characters
# invoice_number = "{n}"         # at most 12 digits; {n} running, {year}

# What you know of the payer's files, as CSV beside this file (each optional):
# registers = { insured = "insured.csv", admissions = "admissions.csv", agreements = "agreements.csv" }

# Each facility under its own number; without any, the third party itself:
# [[schemes.vsb.facilities]]
# number = ""
# name = ""
# profile = ""
"""
"""What `billhook init` writes."""
