"""What the payer sends back: a payment advice, read by the advice section of the payers' profiles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from billhook.model import Outcome
from billhook.scheme import Candidate, Context, Inbound
from billhook_mass import advice
from billhook_mass.batching import settings_of


def read(inbound: Inbound, ctx: Context) -> Iterable[Outcome]:
    """What an inbound file says of invoices and lines."""
    advices = [profile.advice for profile in settings_of(ctx).profiles.values()]
    return advice.outcomes(advice.read_file(inbound.content, inbound.name, advices))


def match(outcome: Outcome, candidates: Sequence[Candidate], ctx: Context) -> Outcome:
    """Which invoice and line an advice speaks of, by the match order of the payers' profiles."""
    raise NotImplementedError
