"""A provider's set-up for MASS: who bills, which payers, which facilities with which references, which profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from billhook_mass.profile import Key, Profile, ProfileError, load

_STRICT = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Sender(BaseModel):
    """Who bills, as it stands on the paper invoice."""

    model_config = _STRICT

    name: str = Field("", description="name of the provider")
    street: str = ""
    place: str = Field("", description="postal code and town")
    phone: str = ""
    iban: str = Field("", description="account that is paid to")
    bank: str = ""
    tax_note: str = Field(
        "Umsatzsteuerfrei nach § 4 Nr. 16 Buchst. h UStG", description="stands under the sum; empty: nothing"
    )


class Payer(BaseModel):
    """A payer (überörtlicher Träger). An item's `payer` is its key."""

    model_config = _STRICT

    key: Key = Field(description="short name: lwl, lvr, lwv …")
    name: str = Field("", description="name of the payer")
    department: str = Field("", description="department that gets the invoices (Abrechnungsstelle)")
    street: str = ""
    place: str = Field("", description="postal code and town")
    profile: str = Field("", description="profile of this payer; empty: the settings'")
    earlier_profiles: tuple[str, ...] = Field(
        (), description="profiles of other days: the one is taken that is valid on the day of the file"
    )


class PayerReference(BaseModel):
    """How a payer calls a facility and its biller."""

    model_config = _STRICT

    payer: Key = Field(description="key of the payer")
    biller: str = Field("", description="reference that the payer gave the biller (Aktenzeichen des Rechnungsstellers)")
    facility: str = Field("", description="the facility's number at the payer")


class Facility(BaseModel):
    """A home or workshop. An item's `provider` is its number."""

    model_config = _STRICT

    number: str = Field(
        min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+$", description="your own number of the facility"
    )
    name: str = ""
    references: tuple[PayerReference, ...] = Field((), description="how each payer calls it")

    def at(self, payer: str) -> PayerReference | None:
        """How the payer calls it, or None."""
        return next((reference for reference in self.references if reference.payer == payer), None)


class Settings(BaseModel):
    """The whole set-up: `[schemes.mass]` in billhook.toml."""

    model_config = _STRICT

    profile: str = Field("lwl-assumed", description="a shipped profile, or a .yaml file beside billhook.toml")
    invoice_number: str = Field("{year}-{n:06d}", description="pattern of invoice numbers: {n} running, {year}")
    sender: Sender = Sender()
    payers: tuple[Payer, ...] = Field((), description="payers")
    facilities: tuple[Facility, ...] = Field((), description="facilities")

    _profiles: dict[str, Profile] = PrivateAttr(default_factory=dict)

    @field_validator("invoice_number")
    @classmethod
    def _numbers(cls, pattern: str) -> str:
        try:
            made = {pattern.format(n=n, year=2026) for n in (1, 2, 99_999)}
        except (KeyError, IndexError, ValueError) as error:
            message = f"{pattern!r} is no pattern: use {{n}} (or {{n:06d}}) and {{year}}"
            raise ValueError(message) from error
        if len(made) < 3:
            message = f"{pattern!r} does not make different numbers; it lacks {{n}}"
            raise ValueError(message)
        return pattern

    @model_validator(mode="after")
    def _read_profiles(self, info: ValidationInfo) -> Self:
        """Profiles are read once, with the settings: nothing else of the scheme touches a file."""
        folder = info.context.get("folder") if isinstance(info.context, dict) else None
        for numbers, what in (
            ([facility.number for facility in self.facilities], "facilities have the same number"),
            ([payer.key for payer in self.payers], "payers have the same key"),
        ):
            if len(set(numbers)) != len(numbers):
                message = f"two {what}"
                raise ValueError(message)
        names = [self.profile, *(payer.profile for payer in self.payers if payer.profile)]
        names += [name for payer in self.payers for name in payer.earlier_profiles]
        for name in dict.fromkeys(names):
            try:
                self._profiles[name] = load(name, folder if isinstance(folder, Path) else None)
            except ProfileError as error:
                raise ValueError(str(error)) from error
        return self

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles that are named, by the name they are given here."""
        return self._profiles

    def payer(self, key: str) -> Payer | None:
        """The payer of this key, or None."""
        return next((payer for payer in self.payers if payer.key == key), None)

    def facility(self, number: str) -> Facility | None:
        """The facility of this number, or None."""
        return next((facility for facility in self.facilities if facility.number == number), None)

    def profile_of(self, payer: str, day: date) -> Profile:
        """The profile by which files for a payer are made on a day: the first of its profiles that is valid then."""
        found = self.payer(payer)
        names = [self.profile] if found is None else [found.profile or self.profile, *found.earlier_profiles]
        return next(
            (self._profiles[name] for name in names if self._profiles[name].covers(day)), self._profiles[names[0]]
        )

    def use(self, profile: Profile) -> None:
        """Take this profile instead of the settings' own: for tests, before anything is billed."""
        self._profiles[self.profile] = profile


def settings_of(values: Any) -> Settings:
    """The settings out of plain values, such as a section of billhook.toml."""
    return Settings.model_validate(values)


TEMPLATE = """
[schemes.mass]
# profile = "lwl-assumed"          # a .yaml file beside this one, once you have the payer's interface description
# invoice_number = "{year}-{n:06d}"
# sender = { name = "", street = "", place = "", iban = "" }

# Each payer under a short name, which items and grants use:
# [[schemes.mass.payers]]
# key = "lwl"
# name = "LWL-Inklusionsamt Soziale Teilhabe"
# street = ""
# place = ""
# profile = ""                     # empty: the one above

# Each home and workshop, with the references that the payers gave:
# [[schemes.mass.facilities]]
# number = "H1"
# name = ""
# references = [{ payer = "lwl", biller = "", facility = "" }]
"""
"""What `billhook init` writes."""
