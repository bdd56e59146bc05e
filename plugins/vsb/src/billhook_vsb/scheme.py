"""The VSB scheme: what it declares, and the methods that the core calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel

from billhook.model import BillingItem, Finding, Outcome, Rule
from billhook.scheme import (
    Artifact,
    Batch,
    Capability,
    ClientShare,
    Context,
    Inbound,
    Keys,
    Limits,
    Resubmission,
    SeriesPlan,
    Source,
    Support,
    TableView,
    Version,
    WireFormat,
)
from billhook_vsb import answers, batching, checks, corrections, dutch, rendering, rules
from billhook_vsb.details import Details
from billhook_vsb.formats import FORMATS
from billhook_vsb.settings import TEMPLATE, Settings


class Vsb:
    """Invoices to the Flemish care funds (zorgkassen) of the Vlaamse Sociale Bescherming, and their answers."""

    key: str = "vsb"
    title: str = "Flemish social protection (Vlaamse Sociale Bescherming)"
    country: str = "BE"
    languages: Sequence[str] = ("nl", "en")
    time_zone: str = "Europe/Brussels"
    sources: Sequence[Source] = (
        Source(
            "Controle en betaling van de facturen",
            "read 2026-11",
            "https://www.departementzorg.be/nl/controle-en-betaling-van-de-facturen",
        ),
        Source(
            "Instructies voor de facturatie op magnetische of elektronische drager (RIZIV)",
            "2021 to 2024",
            "https://www.riziv.fgov.be/nl/thema/instructies-voor-de-facturatie-op-magnetische-of-elektronische-drager",
        ),
        Source("Stroom facturatiedienst (MyCareNet)", "read 2026-11", "https://ned.mycarenet.be"),
    )
    versions: Sequence[Version] = (Version("02", date(2020, 6, 1)),)
    capabilities: Sequence[Capability] = (
        Capability(
            "check", Support.PARTIAL,
            "codes with sequence 01 to 06 and 10 to 19, less those of services that care funds do not know; "
            "insurance, admission, agreement and price from registers and profiles of the provider",
        ),
        Capability(
            "render", Support.PARTIAL,
            "920000 in the federal format; what a sector's cookbook has differently is a profile that the provider completes",
        ),
        Capability("answers", Support.SUPPORTED, "931000, 920999, 920098, 920099, 920900 in the federal format"),
        Capability("corrections", Support.PARTIAL,
         "rebill and credit after the federal rules; those of the care funds are not public"),
        Capability("resubmission", Support.SUPPORTED,
         "920999: same invoice date; 920099: new invoice date; always the same number"),
        Capability("transport", Support.NOT_YET, "the platform's interface is not public; files are laid into the out folder"),
        Capability("describe", Support.SUPPORTED, "all seven messages"),
        Capability("verify", Support.SUPPORTED, "invoice files as the care fund would, answers as far as they are readable"),
    )  # fmt: skip
    rules: Sequence[Rule] = rules.all_rules()
    Details: type[BaseModel] = Details
    Settings: type[BaseModel] = Settings
    settings_template: str = TEMPLATE
    correction_kinds: Sequence[str] = corrections.KINDS
    client_shares: Mapping[str, ClientShare] = corrections.CLIENT_SHARES

    def prepare(self, view: TableView, settings: Any, day: date) -> None:  # part of the contract
        """Nothing: profiles and registers come with the settings."""

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterable[Finding]:
        """All that is wrong with these vouchers."""
        return checks.check(items, ctx)

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        """Sending, invoice and place of the item."""
        return batching.keys(item, ctx)

    def limits(self, file_key: tuple[str, ...], ctx: Context) -> Limits:  # noqa: ARG002  # part of the contract
        """No limit."""
        return batching.limits(file_key)

    def series(self, file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:
        """Sending number, message reference and invoice numbers."""
        return batching.series(file_key, ctx)

    def render(self, batch: Batch, ctx: Context) -> Iterable[Artifact]:
        """The invoice file."""
        return rendering.render(batch, ctx)

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:
        """What an answer says."""
        return answers.read(inbound, ctx)

    def correct(self, item: BillingItem, kind: str, ctx: Context) -> BillingItem:
        """The follow-up of an item: `rebill` or `credit`."""
        return corrections.correct(item, kind, ctx)

    def resubmit(self, refusals: Sequence[Outcome], ctx: Context) -> Resubmission:  # noqa: ARG002  # part of the contract
        """What stays of a refused sending: see `corrections.resubmission`."""
        return corrections.resubmission(frozenset(code for outcome in refusals for code in outcome.codes))

    def translate(self, finding: Finding, language: str) -> Finding:
        """The finding in Dutch."""
        return dutch.translate(finding) if language == "nl" else finding

    def phrases(self, language: str) -> Mapping[str, str]:
        """The texts of the payer's list in Dutch."""
        return dutch.phrases() if language == "nl" else {}

    def wire_formats(self) -> Sequence[WireFormat]:
        """The messages."""
        return FORMATS
