"""How clients are billed for what they bear themselves: the section `[client_invoices]` of billhook.toml."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from stdnum import bic, iban
from stdnum.exceptions import ValidationError as NumberError

from billhook.model import SplitKind

SECTION = "client_invoices"


class ClientSender(BaseModel):
    """Who stands on the invoices of a provider's clients."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str = Field(min_length=1, description="the provider's number, as items have it (for §302 its IK)")
    name: str = Field(min_length=1, description="firm")
    street: str = Field(min_length=1, description="street and number")
    postal_code: str = Field(min_length=1, description="postal code")
    city: str = Field(min_length=1, description="place")
    phone: str = Field("", description="for questions")
    email: str = Field("", description="for questions")
    tax_number: str = Field("", description="tax number or VAT number")
    bank: str = Field("", description="name of the bank")
    iban: str = Field("", description="account to pay to")
    bic: str = Field("", description="of the same bank")

    @field_validator("iban")
    @classmethod
    def _is_iban(cls, text: str) -> str:
        try:
            return iban.format(iban.validate(text)) if text else ""
        except NumberError as error:
            message = f"{text!r} is no IBAN"
            raise ValueError(message) from error

    @field_validator("bic")
    @classmethod
    def _is_bic(cls, text: str) -> str:
        try:
            return bic.validate(text) if text else ""
        except NumberError as error:
            message = f"{text!r} is no BIC"
            raise ValueError(message) from error


class ClientInvoiceSettings(BaseModel):
    """Whom clients pay, from which amount on, and how the invoices are numbered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    senders: tuple[ClientSender, ...] = Field((), description="one for each provider whose clients are billed")
    minimum: Decimal = Field(
        Decimal("5.00"), ge=0, max_digits=9, decimal_places=2,
        description="below it (euros) an amount waits and is collected with those of later periods",
    )  # fmt: skip
    minimum_credit: Decimal = Field(
        Decimal("5.00"), ge=0, max_digits=9, decimal_places=2, description="the same for money that a client gets back"
    )  # fmt: skip
    kinds: tuple[SplitKind, ...] = Field(tuple(SplitKind), description="what clients are asked for")
    days_to_pay: int = Field(14, ge=0, le=365, description="until the invoice is due")
    number: str = Field("K{year}-{n:06d}", description="pattern of invoice numbers: {n} running, {year}")
    language: Literal["de", "en", "nl"] = Field("de", description="of the paper")
    time_zone: str = Field("Europe/Berlin", description="where the day of an invoice begins")

    @field_validator("number")
    @classmethod
    def _makes_numbers(cls, pattern: str) -> str:
        try:
            numbers = {pattern.format(n=n, year=2026) for n in (1, 2)}
        except (KeyError, IndexError, ValueError) as error:
            message = f"{pattern!r} is no pattern: use {{n}} (or {{n:06d}}) and {{year}}"
            raise ValueError(message) from error
        if len(numbers) < 2:
            message = f"{pattern!r} gives the same number twice: {{n}} is missing"
            raise ValueError(message)
        if any(
            not number.isprintable() or set(number) & set('/\\:*?"<>|') or number.startswith(".") for number in numbers
        ):
            message = f'{pattern!r}: a number names a file, so it has none of / \\ : * ? " < > |'
            raise ValueError(message)
        return pattern

    @model_validator(mode="after")
    def _one_sender_each(self) -> Self:
        providers = [sender.provider for sender in self.senders]
        if len(set(providers)) != len(providers):
            message = "two senders are for the same provider"
            raise ValueError(message)
        return self

    def sender(self, provider: str) -> ClientSender | None:
        """Who bills for the provider, or None."""
        return next((sender for sender in self.senders if sender.provider == provider), None)
