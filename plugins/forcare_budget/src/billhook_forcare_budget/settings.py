"""The plugin's settings: `[plugins.forcare_budget]` in billhook.toml.

Schemes name their facts differently, and none is imported here: rules say which items are which care area, debtor
posting group and contract kind, by any field that an item has.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from billhook_forcare_budget.book import Mode

PLUGIN = "forcare_budget"


class OnExcess(StrEnum):
    """What is held when a budget is exceeded."""

    BLOCK_ALL = "block_all"
    """All invoices of the client's stay, the self-payer's and the social office's too: none can be fixed (the seed)."""
    BLOCK_PAYER = "block_payer"
    """Only the invoices of the payer whose budget it is."""
    SPLIT = "split"
    """Held until `billhook budget split` has moved the rest to the next payer."""


Pattern = str | tuple[str, ...]


class FactRule(BaseModel):
    """Which items are what. The first rule whose `match` fits an item says its facts.

    `match` maps fields of the item to patterns with `*` and `?`, all of which must fit: `code`, `payer`, `scheme`,
    `provider`, `case_number`, `unit`, `text`, `details.<field>`, `extra.<name>`, and of its case `case.kind`,
    `case.number`, `case.facts.<name>`. A value that begins with `=` names
    a field to be copied: `=details.contract_kind`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: dict[str, Pattern] = Field(default_factory=dict)
    care_area: str = ""
    debtor_group: str = ""
    contract_kind: str = ""
    billing_date: str = ""
    """Field with the billing date; the last day of service when empty."""
    excluded: bool = False
    """Leistung aus der Budgetermittlung ausschließen: belongs to the stay, counts in no budget."""
    days: bool = True
    """False for services that use money and no days (respite care by the hour)."""
    hours: bool = False
    """True when the quantity is hours of an hours budget."""


class NextPayer(BaseModel):
    """Who pays what is over the budget of a debtor posting group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    debtor_group: str
    payer: str


class Provider(BaseModel):
    """The head of letters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    street: str = ""
    place: str = ""
    phone: str = ""
    ik: str = ""


class BudgetSettings(BaseModel):
    """All settings. `rest_percent` and `expiry_days` say when a budget is about to run out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Mode.STATUTORY
    on_excess: OnExcess = OnExcess.BLOCK_ALL
    benefits: dict[str, str] = Field(default_factory=lambda: {"Kurz": "KZP", "Verh": "VP"})
    statutory_groups: tuple[str, ...] = ("PK",)
    rules: tuple[FactRule, ...] = ()
    next_payers: tuple[NextPayer, ...] = ()
    rest_percent: int = Field(10, ge=0, le=100)
    expiry_days: int = Field(60, ge=0)
    provider: Provider = Provider()
