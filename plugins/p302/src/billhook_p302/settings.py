"""A provider's set-up for §302: who bills, and what each receiver wants differently.

The defaults are those of a medical-supply store that bills for itself.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from billhook.dates import DateFormula
from billhook_p302.codes.billing import groups_of

Charset = Literal["I1", "I5", "I7", "I8", "P8", "U8"]


INVOICE_NUMBER = re.compile(r"(?=.{1,14}$)[A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*", re.ASCII)
"""What an invoice number may look like: letters and digits, single - and / between them (TA1 V21 5.5.2 REC)."""


class CopaymentOrder(StrEnum):
    """Where ZUH and MEH stand when a voucher has several aids: TA1 5.5.3.2 can be read in three ways.

    docs/explanation/p302-files.md gives the reasons. With one aid the first two are the same.
    """

    AFTER_ALL_AIDS = "after-all-aids"
    """All aids, then a ZUH for each that has one, then a MEH for each."""
    PER_AID = "per-aid"
    """ZUH and MEH close each aid."""
    SURCHARGE_PER_AID = "surcharge-per-aid"
    """MEH closes each aid; the ZUH follow after all aids."""


class PositionPriority(StrEnum):
    """Which number goes into EHI when an item has both (Priorität Hilfsmittelnr.)."""

    PZN_FIRST = "pzn-first"
    AID_NUMBER_FIRST = "aid-number-first"
    AID_NUMBER_ONLY = "aid-number-only"


class Contact(BaseModel):
    """Whom the payer may ask (Ansprechpartner): stands in SLGA NAM."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("", max_length=30, description="who answers questions")
    phone: str = Field("", max_length=30, description="where")
    email: str = Field("", max_length=70, pattern=r"^[\x21-\x7e]*$", description="letters and digits, no umlauts")


@lru_cache(maxsize=4096)
def _group_of(accounting_code: str, billed: str, named: str, usual: str) -> str:
    """Remembered, because it is asked for every line: see `Provider.group_of`."""
    letters = [each for each in groups_of(accounting_code) if each in billed]
    wanted = named or usual
    if wanted in letters:
        return wanted
    return "" if named or not letters else letters[0]


class Discount(BaseModel):
    """A cash discount (Skonto) offered to payers: percent, within days (SLGA SKO)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    percent: Decimal = Field(gt=0, lt=100, max_digits=4, decimal_places=2, description="percent off")
    days: int = Field(ge=1, le=999, description="when paid within so many days")


class Address(BaseModel):
    """Where somebody is reached by post."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    street: str = Field("", description="street and number")
    postal_code: str = Field("", description="postal code")
    city: str = Field("", description="place")


class ProviderGroup(BaseModel):
    """One more group of services that a provider bills beside its main one, with the provider group key of last resort."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service_group: str = Field(pattern=r"^[A-S]$", description="Sammelgruppenschlüssel 8.1.14")
    accounting_code: str = Field(pattern=r"^[0-9A-Z]{2}$", description="Abrechnungscode 8.1.5.1, for the payer's route")
    provider_group: str = Field(
        pattern=r"^[0-9A-Z]{7}$", description="Leistungserbringergruppenschlüssel of last resort in this group"
    )


class Provider(BaseModel):
    """A care provider under its own IK (Leistungserbringer)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ik: str = Field(pattern=r"^\d{9}$", description="Institutionskennzeichen")
    name: str = Field(min_length=1, max_length=30, description="firm, at most 30 characters (SLGA NAM)")
    name2: str = Field("", max_length=30, description="more of the name")
    street: str = Field("", description="street and number, for the papers that go with the originals")
    postal_code: str = Field("", description="postal code, for the same papers")
    city: str = Field("", description="place, for the same papers")
    tax_number: str = Field("", max_length=20, description="Steuernummer or USt-IdNr")
    vat_exempt: bool = Field(False, description="exempt from VAT by §4 UStG; needs the tax number too")
    discounts: tuple[Discount, ...] = Field((), max_length=9)
    state: str = Field(
        pattern=r"^(0[1-9]|1[0-6])$", description="Bundesland: 01 SH … 08 BW … 16 TH, as in the Kostenträgerdatei"
    )
    kv_district: str = Field("", description="KV-Bezirk: 20 Westfalen-Lippe, 38 Nordrhein; empty elsewhere")
    accounting_code: str = Field("19", pattern=r"^[0-9A-Z]{2}$", description="Abrechnungscode 8.1.5.1")
    provider_group: str = Field(
        "1900099", pattern=r"^[0-9A-Z]{7}$", description="Leistungserbringergruppenschlüssel of last resort"
    )
    service_group: str = Field(
        "",
        pattern=r"^[A-S]?$",
        description="Sammelgruppenschlüssel 8.1.14, where the accounting code leaves it open: D for domestic help",
    )
    groups: tuple[ProviderGroup, ...] = Field((), description="other groups that this provider bills, too")

    @cached_property
    def billed_groups(self) -> str:
        """The letters of all groups that the provider bills: of its accounting code, and those listed."""
        listed = (each.service_group for each in self.groups)
        return "".join(dict.fromkeys((*groups_of(self.accounting_code), *listed)))

    def group_of(self, provider_group: str, service_group: str = "") -> str:
        """The group (Sammelgruppe) that a provider group key bills in; empty when its code is of none that is billed here.

        `service_group` is the group that a line itself names. Codes 31 to 34 are of two groups: then it is what the line
        says, or the provider, and home nursing (C) otherwise.
        """
        return _group_of(provider_group[:2], self.billed_groups, service_group, self.service_group)

    @cached_property
    def main_group(self) -> str:
        """The group of the provider's own accounting code."""
        return self.group_of(self.accounting_code)

    def key_of(self, service_group: str) -> str:
        """The provider group key (LEGS) of last resort in a group; of the main group when none or another is named."""
        for each in self.groups if service_group else ():
            if each.service_group == service_group:
                return each.provider_group
        return self.provider_group

    def code_of(self, service_group: str, provider_group: str) -> str:
        """The accounting code by which a payer is asked for the route of lines in a group."""
        if service_group == self.main_group:
            return self.accounting_code
        listed = (each.accounting_code for each in self.groups if each.service_group == service_group)
        return next(listed, provider_group[:2])


class Receiver(BaseModel):
    """What one receiver wants (a line of the eAbrechnung card).

    A row fits an item when `data_centre` and `payer` fit or are empty; the row that names more wins, and the first of
    those.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_centre: str = Field("", pattern=r"^(\d{9})?$", description="IK of the Datenannahmestelle with decryption")
    payer: str = Field("", pattern=r"^(\d{9})?$", description="IK of the Kostenträger")
    test_indicator: Literal[0, 1, 2] = Field(0, description="0 test, 1 trial, 2 live")
    version: Literal["20", "21", "22"] | None = Field(
        None, description="pins the TA1 version; otherwise the day decides"
    )
    invoice_kind: Literal[1, 2, 3] = Field(1, description="Rechnungsart 8.1.4")
    collective_invoice: bool = Field(False, description="Sammelrechnung per payer; always with invoice kind 3")
    document_info: Literal["0", "1", "2"] = Field("1", description="Beleginformation 8.1.18")
    max_invoices: int | None = Field(None, ge=1, description="vouchers a file; None is no limit")
    static_one: bool = Field(
        False, description="quantity 1 and the line's amount as price, for prices with more than two decimals"
    )
    unit_in_text: bool = Field(False, description="the provider's own unit goes into TXT")
    pzn_as_product_feature: bool = Field(False, description="the PZN goes into EHI as Produktbesonderheit")
    parcel_number_in_text: bool = Field(False, description="the parcel number goes into TXT")
    vat_per_line: bool = Field(
        True, description="net price and MWS per line as TA1 has it; otherwise a gross price without MWS"
    )
    billing_period_as_supply_period: bool = Field(
        False, description="the service period fills an empty Versorgungszeitraum"
    )
    fixed_insurance_number: str = Field("", max_length=12, description="replaces the client's insurance number")
    contact: Contact = Contact()
    next_billing: str = Field("", description="date formula from one billing to the next, `1M` or `LM+10T`")
    charset: Charset = Field(
        "I1", description="character set: I1 ISO 8859-1, I5 ISO 8859-15, I7 and I8 DRV, P8 code page 850, U8 UTF-8"
    )
    channel: str = Field(
        "", pattern=r"^[A-Za-z0-9_-]*$", description="how files are sent: a section [channels.…]; empty: by hand"
    )
    sealed: bool = Field(
        False, description="sign and encrypt files here (GGT Anlage 16); off where dakota or another program does it"
    )
    corrections: bool = Field(
        True,
        description="use the correction procedure where TA1 7.1 has it; off: everything leaves as a first billing (01)",
    )
    agreed_marks: tuple[Literal["02", "03", "04", "10"], ...] = Field(
        (), description='processing marks agreed on with this receiver beyond TA1 7.1, such as ["04"] for aids'
    )
    copayment_order: CopaymentOrder = Field(
        CopaymentOrder.AFTER_ALL_AIDS, description="where ZUH and MEH stand when a voucher has several aids"
    )

    @field_validator("next_billing")
    @classmethod
    def _is_date_formula(cls, text: str) -> str:
        if text:
            DateFormula.parse(text)
        return text

    def fits(self, data_centre: str, payer: str) -> int:
        """How well the row fits: −1 not at all, otherwise how many of its fields name the receiver."""
        if self.data_centre not in ("", data_centre) or self.payer not in ("", payer):
            return -1
        return bool(self.data_centre) + bool(self.payer)


class Settings(BaseModel):
    """The whole set-up: `[schemes.p302]` in billhook.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    providers: tuple[Provider, ...] = Field(min_length=1, description="whoever items may be billed for")
    creator_ik: str = Field(
        "", pattern=r"^(\d{9})?$", description="IK of the file creator (UNB sender); empty: the provider's"
    )
    biller_ik: str = Field("", pattern=r"^(\d{9})?$", description="IK of the billing office for invoice kinds 2 and 3")
    biller_name: str = Field("", max_length=30, description="name of the billing office, for invoice kind 3")
    biller_address: Address = Field(Address(), description="of the billing office, for the papers")
    defaults: Receiver = Receiver()
    receivers: tuple[Receiver, ...] = Field((), description="what single receivers want differently")
    position_priority: PositionPriority = Field(
        PositionPriority.PZN_FIRST, description="what goes into EHI when a line has both aid number and PZN"
    )
    approval_required: bool = Field(False, description="every voucher needs an approval")
    payment_days: int | None = Field(
        None,
        ge=0,
        le=999,
        description="when invoices should be paid, in days from their file; an export can say another day",
    )
    invoice_number: str = Field("{n:08d}", description="pattern of collective invoice numbers: {n} running, {year}")
    unit_keys: dict[str, str] = Field(
        default_factory=lambda: {
            "CM": "01", "ENS": "02", "G": "03", "KG": "04", "KWH": "05", "L": "06", "M": "07",
            "MIN": "08", "MON": "09", "PAA": "10", "PAK": "11", "ST": "12", "STD": "13", "TAG": "14",
        },
        description="the provider's units → key 8.6",
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _receivers_differ_from_defaults(cls, data: Any) -> Any:  # whatever is to become settings
        """A receiver's row says only what is different: the rest is as in `defaults`, above all whether files are live."""
        if not isinstance(data, dict) or not isinstance(data.get("defaults"), dict):
            return data
        common = {name: value for name, value in data["defaults"].items() if name not in ("data_centre", "payer")}
        rows = data.get("receivers", ())
        if not isinstance(rows, list | tuple):
            return data
        return {**data, "receivers": [{**common, **row} if isinstance(row, dict) else row for row in rows]}

    @field_validator("invoice_number")
    @classmethod
    def _makes_invoice_numbers(cls, pattern: str) -> str:
        try:
            numbers = {pattern.format(n=n, year=2025) for n in (1, 2, 99_999)}
        except (KeyError, IndexError, ValueError) as error:
            message = f"{pattern!r} is no pattern: use {{n}} (or {{n:08d}}) and {{year}}"
            raise ValueError(message) from error
        if len(numbers) < 3:
            message = f"{pattern!r} gives the same number twice: {{n}} is missing"
            raise ValueError(message)
        for number in sorted(numbers):
            if not INVOICE_NUMBER.fullmatch(number):
                message = (
                    f"{pattern!r} makes {number!r}: at most 14 letters and digits, with single - or / between them"
                )
                raise ValueError(message)
        return pattern

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        iks = [provider.ik for provider in self.providers]
        if len(set(iks)) != len(iks):
            message = "two providers have the same ik"
            raise ValueError(message)
        for row in (self.defaults, *self.receivers):
            together = f"{row.contact.name} {row.contact.phone}".strip()
            if len(together) > 30 and any(provider.name2 for provider in self.providers):
                message = (
                    "beside name2 there is room for 30 characters of the contact's name and phone together (SLGA NAM)"
                )
                raise ValueError(message)
        for provider in self.providers:
            if provider.vat_exempt and not provider.tax_number:
                message = f"provider {provider.ik} is vat_exempt: SLGA UST needs its tax_number too"
                raise ValueError(message)
        kinds = {row.invoice_kind for row in (self.defaults, *self.receivers)}
        if kinds & {2, 3} and not (self.biller_ik or self.creator_ik):
            message = "invoice kinds 2 and 3 need biller_ik, the IK of the billing office"
            raise ValueError(message)
        if 3 in kinds and not (self.biller_ik and self.biller_name):
            message = "invoice kind 3 needs biller_ik and biller_name: they stand in the collective invoice"
            raise ValueError(message)
        return self

    def receiver(self, data_centre: str, payer: str) -> Receiver:
        """The row that fits best, or the defaults."""
        best = max(self.receivers, key=lambda row: row.fits(data_centre, payer), default=self.defaults)
        return best if best is not self.defaults and best.fits(data_centre, payer) >= 0 else self.defaults

    def provider(self, ik: str) -> Provider | None:
        """The provider of this IK, or None."""
        return next((provider for provider in self.providers if provider.ik == ik), None)


TEMPLATE = """
[schemes.p302]
# The billing office, where it is not the provider that bills:
# creator_ik = "000000000"       # who makes the files (UNB sender); empty: the provider
# biller_ik = "000000000"        # billing office, for invoice kinds 2 and 3
# biller_name = ""               # its name, for invoice kind 3
# biller_address = { street = "", postal_code = "", city = "" }
# position_priority = "pzn-first"       # or "aid-number-first", "aid-number-only"
# approval_required = false      # every voucher needs an approval
# payment_days = 28              # when invoices should be paid, in days from their file
# invoice_number = "{n:08d}"     # at most 14 letters and digits; {n} running, {year}

# Each provider under its own IK. Fill in at least one:
# [[schemes.p302.providers]]
# ik = "000000000"
# name = "…"                     # at most 30 characters
# street = ""                    # street, postal code and city stand on the papers that go with the originals
# postal_code = ""
# city = ""
# state = "08"                   # 01 SH 02 HH 03 NI 04 HB 05 NW 06 HE 07 RP 08 BW
#                                # 09 BY 10 SL 11 BE 12 BB 13 MV 14 SN 15 ST 16 TH
# kv_district = ""               # 20 Westfalen-Lippe, 38 Nordrhein
# accounting_code = "19"         # Abrechnungscode
# provider_group = "1900099"     # Leistungserbringergruppenschlüssel of last resort
# service_group = ""             # D for domestic help, whose accounting codes are those of home nursing
# tax_number = ""
# vat_exempt = false

# Other groups of services that this provider bills, each with its own codes:
# [[schemes.p302.providers.groups]]
# service_group = "B"
# accounting_code = "22"
# provider_group = "2200000"

# What most receivers want:
[schemes.p302.defaults]
test_indicator = 0               # 0 test, 1 trial, 2 live: set to 2 when the payers have admitted you
# invoice_kind = 1               # 1 provider, 2 billing office, 3 billing office that collects the money
# collective_invoice = false
# document_info = "1"            # documents: 0 none, 1 by post, 2 electronically
# charset = "I1"
# channel = ""                   # how files are sent: the name of a section [channels.…]; empty: by hand
# sealed = false                 # true: sign and encrypt here; false: dakota does it. See billhook p302 keys --help
# corrections = true             # false: everything leaves as a first billing (processing mark 01)
# agreed_marks = []              # marks agreed on beyond TA1 7.1, e.g. ["04"]: corrections of aids
# copayment_order = "after-all-aids"    # or "per-aid", "surcharge-per-aid"
# contact = { name = "", phone = "", email = "" }

# What one receiver wants differently; give data_centre, payer or both:
# [[schemes.p302.receivers]]
# data_centre = "000000000"
# payer = "000000000"
# max_invoices = 1000            # vouchers a file
# static_one = false             # quantity 1 at the line's amount
# unit_in_text = false
# pzn_as_product_feature = false
# parcel_number_in_text = false
# vat_per_line = true
# billing_period_as_supply_period = false
# fixed_insurance_number = ""
# version = "21"                 # pins the version of TA1
# next_billing = "1M"
"""
"""What `billhook init` writes: every setting with its default, the rest of the words in
docs/reference/p302-settings.md.
"""
