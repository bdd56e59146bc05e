"""A made-up scheme for tests of the store: details of several types, settings, and nothing to send."""

# ruff: noqa: ARG002  # a scheme takes what the contract hands over, needed or not

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from billhook.model import BillingItem, Client, Finding, ItemState, Outcome, Rule, Split, SplitKind
from billhook.scheme import (
    Artifact,
    Batch,
    Capability,
    Context,
    Inbound,
    Keys,
    Limits,
    Series,
    SeriesPlan,
    Source,
    TableView,
    Version,
    WireFormat,
)


class Details(BaseModel):
    """Fields of the types that a scheme may use."""

    model_config = ConfigDict(extra="forbid")

    prescribed_on: date | None = None
    prescriber: str = ""
    diagnosis: str = ""
    approval: str = ""
    rate: Decimal | None = None
    visits: int | None = None
    sides: list[str] = Field(default_factory=list)


class Settings(BaseModel):
    """A provider's set-up."""

    model_config = ConfigDict(extra="forbid")

    institution: str
    copies: int = 1


class Toy:
    """The scheme itself."""

    key = "toy"
    title = "A made-up payer"
    country = "DE"
    languages: Sequence[str] = ("en",)
    time_zone: str = "UTC"
    sources: Sequence[Source] = ()
    versions: Sequence[Version] = (Version("1", date(2020, 1, 1)),)
    capabilities: Sequence[Capability] = ()
    rules: Sequence[Rule] = ()
    correction_kinds: Sequence[str] = ()
    Details: type[BaseModel] = Details
    Settings: type[BaseModel] = Settings
    settings_template = '# The number of your institution.\ninstitution = "590000015"\n# copies = 1\n'

    def prepare(self, view: TableView, settings: Any, day: date) -> None:
        """Nothing."""

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterable[Finding]:
        """Nothing is wrong."""
        return ()

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        """One file a payer."""
        return Keys((item.payer,), (item.provider,))

    def limits(self, file_key: tuple[str, ...], ctx: Context) -> Limits:
        """None."""
        return Limits()

    def series(self, file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:
        """One for the invoices."""
        return SeriesPlan(Series("toy/invoice"))

    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        """Nothing."""
        yield from ()

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:
        """Nothing."""
        return ()

    def correct(self, item: BillingItem, kind: str, ctx: Context) -> BillingItem:
        """The same."""
        return item

    def wire_formats(self) -> Sequence[WireFormat]:
        """None."""
        return ()


def toy_item(number: int = 1, **changes: Any) -> BillingItem:
    """An item with something in every field."""
    values: dict[str, Any] = {
        "id": 0,
        "scheme": "toy",
        "number": f"4711-{number}",
        "provider": "590000015",
        "voucher": f"{4711 + number // 3}",
        "line": number % 3 + 1,
        "payer": "109519005",
        "client": Client(
            number="K-100",
            family_name="Muster",
            given_name="Erika",
            birth_date=date(1950, 3, 1),
            insurance_number="A123456780",
            insurance_status="1",
            street="Am Markt 1",
            postal_code="12345",
            city="Musterstadt",
        ),
        "code": "1850020001",
        "text": "Wheelchair, “light”",
        "service_from": date(2025, 10, 6),
        "service_to": None,
        "quantity": Decimal("1.50"),
        "unit": "ST",
        "unit_price": Decimal("450.000"),
        "vat_rate": Decimal("7.00"),
        "net": 67500,
        "vat": 4725,
        "gross": 72225,
        "splits": (Split(SplitKind.COPAYMENT, 1000), Split(SplitKind.SURCHARGE, 250)),
        "details": Details(
            prescribed_on=date(2025, 9, 30),
            prescriber="123456789",
            diagnosis="M54.5",
            rate=Decimal("0.850"),
            visits=3,
            sides=["L", "R"],
        ),
        "state": ItemState.DRAFT,
        "case_number": "V-2025-17",
        "source": "items.jsonl:1",
        "extra": {"article": "R-7"},
    }
    return BillingItem(**{**values, **changes})
