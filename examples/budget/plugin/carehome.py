"""The demo's scheme: a care home's invoices as one text file a payer. It knows nothing of budgets, and they nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from billhook.hookspecs import hookimpl
from billhook.model import BillingItem, Finding, Outcome, Rule, Severity
from billhook.money import format_cents
from billhook.scheme import (
    Artifact,
    Batch,
    Capability,
    Context,
    Inbound,
    Keys,
    Limits,
    Scheme,
    Series,
    SeriesPlan,
    Source,
    Support,
    TableView,
    Version,
    WireFormat,
)

NO_DAYS = Rule("HOME-STAY-001", Severity.ERROR, "the stay has no last day", "enter service_to", "the house's own rule")


class Details(BaseModel):
    """What the house notes of a service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    room: str = ""


class Settings(BaseModel):
    """Nothing needs to be set."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CareHome:
    """One file a payer, one invoice a client."""

    key = "carehome"
    title = "Care home"
    country = "DE"
    languages: Sequence[str] = ("de",)
    time_zone = "Europe/Berlin"
    sources: Sequence[Source] = (Source("Made up for the demo", "1"),)
    versions: Sequence[Version] = (Version("1", date(2020, 1, 1)),)
    capabilities: Sequence[Capability] = (
        Capability("billing", Support.SUPPORTED),
        Capability("answers", Support.NOT_APPLICABLE, "the payers answer by post"),
    )
    rules: Sequence[Rule] = (NO_DAYS,)
    correction_kinds: Sequence[str] = ()
    Details: type[BaseModel] = Details
    Settings: type[BaseModel] = Settings

    def prepare(self, view: TableView, settings: Any, day: date) -> None:
        """It has no tables."""

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterable[Finding]:  # noqa: ARG002  # needs no set-up
        """A stay has an end."""
        return [NO_DAYS.at(item.id, "service_to") for item in items if item.service_to is None]

    def keys(self, item: BillingItem, ctx: Context) -> Keys:  # noqa: ARG002  # part of the contract
        """A file a payer, an invoice a client."""
        return Keys((item.provider, item.payer), (item.client.number,), (item.voucher, f"{item.line:04d}"))

    def limits(self, file_key: tuple[str, ...], ctx: Context) -> Limits:  # noqa: ARG002  # part of the contract
        """No limit."""
        return Limits()

    def series(self, file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:  # noqa: ARG002  # part of the contract
        """One series of invoice numbers for the house."""
        return SeriesPlan(Series(f"carehome/{file_key[0]}", pattern="{year}-{n:04d}"))

    def render(self, batch: Batch, ctx: Context) -> Iterable[Artifact]:  # noqa: ARG002  # part of the contract
        """The invoices, one line a service."""
        yield Artifact(f"{batch.key[1]}.txt", "data", "text/plain", _lines(batch))

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:  # noqa: ARG002  # part of the contract
        """Nothing comes back."""
        return ()

    def correct(self, item: BillingItem, kind: str, ctx: Context) -> BillingItem:  # noqa: ARG002  # part of the contract
        """No correction kinds."""
        raise ValueError(kind)

    def wire_formats(self) -> Sequence[WireFormat]:
        """None."""
        return ()


def _lines(batch: Batch) -> Iterator[bytes]:
    for collective in batch.collectives():
        for document in collective.documents():
            yield f"Rechnung {document.number} Kunde {document.key[0]} {format_cents(document.totals.billed)}\n".encode()
            for item in document.items():
                days = f"{item.service_from} bis {item.service_to}"
                yield f"  {item.number} {item.code} {days} {format_cents(item.billed)}\n".encode()


@hookimpl
def billhook_schemes() -> Sequence[Scheme]:
    """The house."""
    return [CareHome()]
