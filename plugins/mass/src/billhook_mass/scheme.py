"""The MASS scheme: what it declares, and the methods that the core calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel

from billhook.model import BillingItem, Finding, Outcome, Rule
from billhook.scheme import (
    Artifact,
    Batch,
    Candidate,
    Capability,
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
from billhook_mass import answers, batching, checks, corrections, reading_rules, reminders, rendering, rules
from billhook_mass.details import Details
from billhook_mass.formats import FORMATS
from billhook_mass.registers import Register, read_register
from billhook_mass.settings import TEMPLATE, Settings


class Mass:
    """CSV invoices to LWL, LVR and LWV Hessen, uploaded by a person to the portal MASS, and the payment advice."""

    key: str = "mass"
    title: str = "MASS (LWL, LVR, LWV Hessen): integration assistance (Eingliederungshilfe)"
    country: str = "DE"
    languages: Sequence[str] = ("de", "en")
    time_zone: str = "Europe/Berlin"
    sources: Sequence[Source] = (
        Source(
            "MASS: information for providers",
            "read 2026-11",
            "https://www.lwl-inklusionsamt-soziale-teilhabe.de/de/informationen-fur-fachleute/mass/",
        ),
        Source(
            "Hinweise zur Abrechnung SGB XII",
            "in force 2012-07-01",
            "https://form.lwl.org/de/form60/abrechnungshinweise",
        ),
        Source("MASS 1, MASS_web (ANLEI Service GmbH)", "read 2026-11", "https://anlei-service-gmbh.de/hallo-welt/"),
    )
    versions: Sequence[Version] = (Version("profile", date(2020, 1, 1)),)
    capabilities: Sequence[Capability] = (
        Capability(
            "format",
            Support.PARTIAL,
            "the interface description is given only to admitted providers: the format is a profile, and the one that ships "
            "is assumed",
        ),
        Capability(
            "check",
            Support.SUPPORTED,
            "M01 to M08, grants, rates, absences, hours, columns; what is right is the profile's word",
        ),
        Capability(
            "render", Support.SUPPORTED, "CSV by profile; in the pilot phase paper invoices from the same lines"
        ),
        Capability(
            "corrections",
            Support.PARTIAL,
            "cancellation and correction as assumed; how the payer wants them is not public",
        ),
        Capability(
            "transport",
            Support.NOT_APPLICABLE,
            "the portal is worked by a person (password and passcode); there is an outbox for it",
        ),
        Capability(
            "answers",
            Support.PARTIAL,
            "payment advices as CSV and as PDF with text, by headings that the profile names; the portal's result by hand or "
            "in a form of ours, because none of the portal's is known",
        ),
        Capability("describe", Support.PARTIAL, "files with a heading row, by the shipped profile"),
        Capability("verify", Support.PARTIAL, "files with a heading row, by the shipped profile"),
    )
    rules: Sequence[Rule] = (*rules.RULES, *reading_rules.RULES)
    Details: type[BaseModel] = Details
    Settings: type[BaseModel] = Settings
    settings_template: str = TEMPLATE
    correction_kinds: Sequence[str] = corrections.KINDS

    def prepare(self, view: TableView, settings: Any, day: date) -> Register:  # noqa: ARG002  # part of the contract
        """Grants, rates, occupancy, absences and phases."""
        return read_register(view)

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterable[Finding]:
        """All that is wrong with these vouchers."""
        return checks.check(items, ctx)

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        """File, invoice and place of the item."""
        return batching.keys(item, ctx)

    def limits(self, file_key: tuple[str, ...], ctx: Context) -> Limits:
        """How many invoices a file takes."""
        return batching.limits(file_key, ctx)

    def series(self, file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:
        """Invoice numbers and the file's own."""
        return batching.series(file_key, ctx)

    def render(self, batch: Batch, ctx: Context) -> Iterable[Artifact]:
        """The CSV, and in the pilot phase the paper."""
        return rendering.render(batch, ctx)

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:
        """What the portal's result or a payment advice says."""
        return answers.read(inbound, ctx)

    def match(self, outcomes: Sequence[Outcome], candidates: Sequence[Candidate], ctx: Context) -> Sequence[Outcome]:
        """Which invoice and line each row of an advice speaks of."""
        return answers.match(outcomes, candidates, ctx)

    def correct(self, item: BillingItem, kind: str, ctx: Context) -> BillingItem:
        """The follow-up of an item: `correction` or `cancellation`."""
        return corrections.correct(item, kind, ctx)

    def resubmit(self, refusals: Sequence[Outcome], ctx: Context) -> Resubmission:  # noqa: ARG002  # part of the contract
        """A file that the portal rejected leaves under a new file number; invoices keep numbers and date."""
        return Resubmission(keep_date=True)

    def claim(self, file_key: tuple[str, ...]) -> str:
        """In the pilot phase the payer pays on paper alone."""
        return rendering.PAPER if batching.FileKey(*file_key).is_pilot else rendering.DATA

    def reminders(self, view: TableView, settings: Any, day: date) -> Iterable[Finding]:  # noqa: ARG002  # as the core asks
        """Files to upload, paper to post, grants that end."""
        return reminders.due(view, day)

    def wire_formats(self) -> Sequence[WireFormat]:
        """The invoice file."""
        return FORMATS
