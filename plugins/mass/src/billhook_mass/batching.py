"""Which lines leave together: files by payer, facility, month and phase; invoices by facility and month; and their numbers."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from billhook.model import BillingItem, Finding
from billhook.scheme import Context, Keys, Limits, Series, SeriesPlan
from billhook_mass import rules
from billhook_mass.lines import details_of, month_of
from billhook_mass.profile import Profile
from billhook_mass.registers import Phase, Register
from billhook_mass.settings import Facility, Settings

FILE_NUMBER = "file"
"""The running number of a file."""

ORIGINALS, CORRECTIONS = "original", "correction"


_HELD = {
    Phase.CANDIDATE: rules.NOT_IN_PILOT,
    Phase.UNLOCKED: rules.NOT_IN_PILOT,
    Phase.SUSPENDED: rules.SUSPENDED,
}
"""Phases in which nothing leaves, and what is told."""


class FileKey(NamedTuple):
    """The parts of a file key. `facility` is empty where a file has all of a payer, `month` where it has several."""

    payer: str
    facility: str
    month: str
    phase: str
    kind: str
    profile: str

    @property
    def is_pilot(self) -> bool:
        """True when paper goes along and the payer pays on it."""
        return self.phase == Phase.PILOT.value


class DocumentKey(NamedTuple):
    """The parts of an invoice's key; `service` and `person` are empty where the invoice is not cut by them."""

    facility: str
    month: str
    service: str
    person: str
    kind: str
    corrects: str


def register_of(ctx: Context) -> Register:
    """What `prepare` read; an empty one where it was not asked."""
    return ctx.reference if isinstance(ctx.reference, Register) else Register()


def settings_of(ctx: Context) -> Settings:
    """The settings, typed."""
    found: Settings = ctx.settings
    return found


def place(item: BillingItem, ctx: Context) -> tuple[Profile, Facility, Phase] | Finding:
    """Profile, facility and phase of an item, or why it cannot leave."""
    settings = settings_of(ctx)
    if settings.payer(item.payer) is None:
        return rules.UNKNOWN_PAYER.at(item.id, "payer", item.payer)
    facility = settings.facility(item.provider)
    if facility is None:
        return rules.UNKNOWN_FACILITY.at(item.id, "provider", item.provider)
    profile = settings.profile_of(item.payer, ctx.today)
    if profile.payers and item.payer not in profile.payers:
        return rules.WRONG_PROFILE.at(item.id, "payer", item.payer, profile=profile.profile)
    phase = register_of(ctx).phase_on(item.payer, item.provider, ctx.today)
    rule = _HELD.get(phase)
    if phase is Phase.LIVE and not register_of(ctx).released(item.payer, item.provider, ctx.today):
        rule = rules.NO_RELEASE
    if rule is not None:
        return rule.at(item.id, "payer", item.payer, facility=item.provider, payer=item.payer, phase=phase.value)
    return profile, facility, phase


def keys(item: BillingItem, ctx: Context) -> Keys | Finding:
    """File, invoice and place of an item."""
    found = place(item, ctx)
    if isinstance(found, Finding):
        return found
    profile, _, phase = found
    grouping = profile.grouping
    month = month_of(item)
    kind = CORRECTIONS if item.kind else ORIGINALS
    file = FileKey(
        item.payer,
        item.provider if grouping.file == "facility" else "",
        month if grouping.months == "one" else "",
        phase.value,
        kind if grouping.corrections == "own" else "",
        f"{profile.profile} {profile.version}",
    )
    document = DocumentKey(
        item.provider,
        month,
        item.code if grouping.invoice == "service" else "",
        item.client.number or details_of(item).reference if grouping.invoice == "person" else "",
        kind,
        details_of(item).corrects_invoice,
    )
    first = "" if item.service_from is None else item.service_from.isoformat()
    return Keys(
        file=tuple(file),
        document=tuple(document),
        order=(
            item.client.number or details_of(item).reference,
            item.voucher,
            f"{item.line:06d}",
            first,
            f"{item.id:020d}",
        ),
        bucket=item.code,
    )


def limits(file_key: tuple[str, ...], ctx: Context) -> Limits:
    """How many invoices a file takes."""
    return Limits(documents=settings_of(ctx).profile_of(FileKey(*file_key).payer, ctx.today).file.most_invoices)


def series(file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:
    """Invoice numbers of the provider, and the files' own, which begin anew every year.

    Invoice numbers begin anew as well where their pattern tells the year.
    """
    settings, key, year = settings_of(ctx), FileKey(*file_key), ctx.today.year
    invoices = f"mass/invoice/{year}" if "{year" in settings.invoice_number else "mass/invoice"
    return SeriesPlan(
        document=Series(invoices, pattern=settings.invoice_number),
        exchange={FILE_NUMBER: Series(f"mass/file/{key.payer}/{key.facility}/{year}")},
    )


def file_name(key: FileKey, profile: Profile, settings: Settings, number: int, created: date) -> str:
    """Name of the file, as the profile says; signs that no file name should have become hyphens."""
    facility = settings.facility(key.facility)
    reference = None if facility is None else facility.at(key.payer)
    made = profile.file.name.format(
        payer=key.payer,
        facility=(reference.facility if reference and reference.facility else key.facility) or key.payer,
        biller=reference.biller if reference and reference.biller else key.payer,
        month=key.month.replace("-", "") or f"{created:%Y%m}",
        year=f"{created:%Y}",
        kind=key.kind or ORIGINALS,
        n=number,
    )
    return "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in made)
