"""What the payer sends back: the portal's result, and payment advices, read and matched by the payers' profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from billhook.model import BillingItem, Outcome
from billhook.scheme import Candidate, Context, Inbound
from billhook_mass import advice, portal
from billhook_mass.advice import Names
from billhook_mass.batching import settings_of
from billhook_mass.lines import day_kind_of, details_of, last_day_of, month_of
from billhook_mass.profile import Advice
from billhook_mass.settings import Settings

ABOUT, BOOKED = "about", "booked"
"""Hints: `about` is `paper` where the advice speaks of the paper invoices of a pilot; `booked` the day of payment (ISO)."""


def read(inbound: Inbound, ctx: Context) -> Iterable[Outcome]:
    """What an inbound file says of files, invoices and lines."""
    if portal.is_result(inbound.content):
        return portal.outcomes(inbound.content)
    booked = inbound.hints.get(BOOKED)
    day = date.fromisoformat(booked) if booked else None
    file = advice.read_file(inbound.content, inbound.name, advices_of(settings_of(ctx)), day)
    return advice.outcomes(file, inbound.hints.get(ABOUT, ""))


def advices_of(settings: Settings) -> Sequence[Advice]:
    """How the payers' advices may look, those of the profiles in use."""
    return [profile.advice for profile in settings.profiles.values()]


def match(outcomes: Sequence[Outcome], candidates: Sequence[Candidate], ctx: Context) -> Sequence[Outcome]:
    """Which invoice and line each row of an advice speaks of, by the match order of the payer's profile."""
    settings = settings_of(ctx)
    payer = candidates[0].item.payer if candidates else ""
    keys = settings.profile_of(payer, ctx.today).advice.match
    names = Names(candidates, lambda item: _called(item, settings, ctx.today))
    return [advice.match(outcome, names, keys) for outcome in outcomes]


def _called(item: BillingItem, settings: Settings, day: date) -> Mapping[str, str]:
    """What a payer may call an item."""
    details, client, last = details_of(item), item.client, last_day_of(item)
    facility = settings.facility(item.provider)
    reference = None if facility is None else facility.at(item.payer)
    service = settings.profile_of(item.payer, day).keys.service(item.code, day_kind_of(item))
    return {
        "person_reference": details.reference,
        "person_name": f"{client.family_name} {client.given_name}",
        "month": month_of(item),
        "first_day": "" if item.service_from is None else item.service_from.isoformat(),
        "last_day": "" if last is None else last.isoformat(),
        "service": item.code if service is None else service,
        "line": item.number,
        "facility": item.provider if reference is None else reference.facility,
    }
