"""The §302 scheme: what it declares, and the methods that the core calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel

from billhook.model import BillingItem, Exchange, Finding, Outcome, Rule, StoredArtifact
from billhook.scheme import (
    Artifact,
    Batch,
    Capability,
    ClientShare,
    Context,
    Delivery,
    EarlierBilling,
    Inbound,
    Keys,
    Limits,
    Resubmission,
    Sealing,
    SeriesPlan,
    Source,
    Support,
    TableView,
    Version,
    WireFormat,
)
from billhook_p302 import batching, checks, corrections, delivering, receivers, rendering, rules
from billhook_p302.details import Details
from billhook_p302.formats import FORMATS
from billhook_p302.payers.editions import update_due
from billhook_p302.payers.loading import history, load_directory
from billhook_p302.payers.routing import PayerDirectory
from billhook_p302.replies import reading
from billhook_p302.replies.reminders import reminders
from billhook_p302.replies.wire import Mail
from billhook_p302.settings import TEMPLATE, Settings
from billhook_p302.versions import VERSIONS

_SITE = (
    "https://www.gkv-datenaustausch.de/leistungserbringer/sonstige_leistungserbringer/sonstige_leistungserbringer.jsp"
)


class P302:
    """Billing of other providers with the statutory health insurers (§302 SGB V): groups A to S."""

    key: str = "p302"
    title: str = "German statutory health insurance, §302 SGB V"
    country: str = "DE"
    languages: Sequence[str] = ("de", "en")
    time_zone: str = "Europe/Berlin"
    sources: Sequence[Source] = (
        Source("Technische Anlage 1 (TP5)", "V21, 15.01.2026", _SITE),
        Source("Anlage 3, Schlüsselverzeichnisse", "V21, 19.09.2025", _SITE),
        Source("Anhang 3 zur Anlage 1, Kostenträgerdatei", "V10, 14.04.2026", _SITE),
        Source("Gemeinsame Grundsätze Technik, Anlage 2, Auftragsdatei", "10.10.2024", _SITE),
        Source("Gemeinsame Grundsätze Technik, Anlage 7, E-Mail", "23.06.2016", _SITE),
        Source("Gemeinsame Grundsätze Technik, Anlage 16, Security-Schnittstelle (SECON)", "02.09.2025", _SITE),
    )
    versions: Sequence[Version] = VERSIONS
    capabilities: Sequence[Capability] = (
        Capability("check", Support.SUPPORTED),
        Capability("render", Support.SUPPORTED, "all groups A to S, invoice kinds 1 to 3"),
        Capability(
            "seal", Support.SUPPORTED, "GGT Anlage 16; off where dakota or another program behind us signs and encrypts"
        ),
        Capability("send", Support.PARTIAL, "folder (dakota), e-mail, SFTP, HTTPS; FTAM and KIM are not there yet"),
        Capability(
            "corrections",
            Support.SUPPORTED,
            "processing marks 02, 03, 04 and 10 with URI and GZF for whom TA1 V21 7.1 has them; for aids only what was "
            "agreed on with the payer (agreed_marks)",
        ),
        Capability(
            "answers",
            Support.SUPPORTED,
            "mails of the data centre (GGT Anlage 7), letters (key 8.1.9) entered by hand, payment advices as tables; TP5 has "
            "no machine-readable error message, so a list of refused records is read only where it names its vouchers",
        ),
        Capability(
            "versions",
            Support.PARTIAL,
            "V20 and V21 are written and read whole; V22 from 01.02.2027 by the tables of V21 with the keys of V22, because "
            "TA1 V22 is not known here; V05 to V19 are read by what is known of them",
        ),
        Capability("describe", Support.SUPPORTED, "billing files, order files and payer files of any version"),
        Capability(
            "verify", Support.SUPPORTED, "levels 1 to 3 of TA1 6 for all groups A to S; level 4 is each payer's own"
        ),
    )
    rules: Sequence[Rule] = rules.RULES
    Details: type[BaseModel] = Details
    Settings: type[BaseModel] = Settings
    settings_template: str = TEMPLATE
    correction_kinds: Sequence[str] = corrections.KINDS
    client_shares: Mapping[str, ClientShare] = corrections.CLIENT_SHARES
    marks: Mapping[str, str] = corrections.MARKS
    mark_field: str = "details.processing_mark"

    def prepare(self, view: TableView, settings: Any, day: date) -> PayerDirectory:  # noqa: ARG002  # part of the contract
        """The payers that are in force on the day."""
        return load_directory(view, day)

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterable[Finding]:
        """All that is wrong with these vouchers."""
        return checks.check(items, ctx)

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        """File, invoice and place of the item."""
        return batching.keys(item, ctx)

    def limits(self, file_key: tuple[str, ...], ctx: Context) -> Limits:  # noqa: ARG002  # part of the contract
        """How many vouchers a file of this key takes."""
        return batching.limits(file_key)

    def series(self, file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:
        """Invoice numbers, interchange reference and transfer number."""
        return batching.series(file_key, ctx.settings)

    def sealing(self, file_key: tuple[str, ...], ctx: Context) -> Sealing | None:  # noqa: ARG002  # part of the contract
        """Who signs a file of this key and for whom it is encrypted; None when it leaves as it is."""
        return batching.sealing(file_key)

    def signers(self, settings: Any) -> Iterable[str]:
        """Whose private keys these settings may need."""
        return batching.signers(settings)

    def delivery(self, file_key: tuple[str, ...], artifacts: Sequence[StoredArtifact], ctx: Context) -> Delivery | None:
        """By which channel a file of this key is sent, as GGT Anlage 7 has it for e-mail."""
        return delivering.delivery(file_key, artifacts, ctx)

    def render(self, batch: Batch, ctx: Context) -> Iterable[Artifact]:
        """Billing file and order file."""
        return rendering.render(batch, ctx)

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:
        """What a data centre's mail, a letter entered by hand or a payment advice says."""
        return reading.read(inbound, ctx)

    def locate(self, outcome: Outcome, exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
        """The files that a mail may answer, the likeliest first."""
        return reading.locate(outcome, exchanges)

    def correct(self, item: BillingItem, kind: str, ctx: Context) -> BillingItem:
        """The follow-up of an item under the mark of this kind."""
        return corrections.correct(item, kind, ctx)

    def resubmit(self, refusals: Sequence[Outcome], ctx: Context) -> Resubmission:  # noqa: ARG002  # part of the contract
        """A refused file leaves again as if it had never been sent."""
        return corrections.resubmission()

    def mark(self, item: BillingItem, earlier: Sequence[EarlierBilling], ctx: Context) -> BillingItem:  # noqa: ARG002  # part of the contract
        """The item with its processing mark and the invoice that it follows."""
        return corrections.find_mark(item, earlier)

    def mark_of(self, item: BillingItem, ctx: Context) -> str:
        """The processing mark that the item leaves with."""
        where = batching.destination(item, ctx)
        return corrections.BILLING if isinstance(where, Finding) else batching.leaving_mark(item, where, ctx)

    def again_kind(self, item: BillingItem, ctx: Context) -> str:
        """A correction (04) where the receiver takes corrections, otherwise a first billing."""
        where = batching.destination(item, ctx)
        marks = frozenset[str]() if isinstance(where, Finding) else batching.marks_of(item, where, ctx)
        return corrections.MARKS[corrections.CORRECTION if corrections.CORRECTION in marks else corrections.BILLING]

    def next_billing_dates(self, view: TableView, settings: Any, day: date) -> Iterable[date]:  # noqa: ARG002  # as the core asks
        """When it is the turn of the receivers that have a date formula and were billed before."""
        turns = receivers.turns(settings, receivers.billed(view))
        return sorted({turn.next_billing for turn in turns if turn.next_billing is not None})

    def reminders(self, view: TableView, settings: Any, day: date) -> Iterable[Finding]:  # noqa: ARG002  # as the core asks
        """Payer files that want a newer one, and answers and payments that do not come."""
        yield from update_due((entry.edition for entry in history(view) if entry.active), day)
        yield from reminders(view, day)

    def wire_formats(self) -> Sequence[WireFormat]:
        """Billing file, order file, payer file, and the mail that answers."""
        return (*FORMATS, Mail())
