"""Which stays of a client stand on the papers of a month, and what goes against the common yearly amount."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta

from billhook.billing.problems import UnknownThing
from billhook.model import ItemState
from billhook.store import Workspace, parties, tables
from billhook.store.items import iter_items
from billhook.words import words
from billhook_forcare_budget.cards import Card
from billhook_forcare_budget.clerk import card, settings_of
from billhook_forcare_budget.facts import FactReader, Facts
from billhook_forcare_budget.ledger import reader
from billhook_forcare_budget.papers import Kind, Paper, Person, Service, paper_of
from billhook_forcare_budget.settings import BudgetSettings

_NOT_STANDING = (ItemState.REJECTED, ItemState.CLOSED, ItemState.SUPERSEDED)


@dataclass(slots=True)
class _Stay:
    """What is added up of one benefit in a month."""

    days: set[date] = field(default_factory=set)
    cost: int = 0
    common: int = 0


def letter(workspace: Workspace, kind: Kind, client: str, month: date, today: date) -> Paper:
    """The paper of a client's month.

    Raises:
        UnknownThing: there is no such client, or no stay of a benefit in that month.
    """
    settings = settings_of(workspace)
    with workspace.database.read() as connection:
        party = parties.get_party(connection, number=client)
        if party is None:
            message = words("there is no client {client!r}", client=client)
            raise UnknownThing(message)
        item = tables.item.c
        items = list(
            iter_items(
                connection,
                workspace.schemes,
                item.client_id == party.id,
                item.state.not_in([state.value for state in _NOT_STANDING]),
                order=(item.service_from, item.id),
            )
        )
        read = FactReader(settings, reader(connection))
    facts = [(item.gross, found) for item in items if (found := read(item)) is not None]
    services, fund = _services(settings, facts, month)
    if not services:
        message = words(
            "client {client!r} has no short-term or respite care in {month:%Y-%m}", client=client, month=month
        )
        raise UnknownThing(message)
    insured = next((item.client.insurance_number for item in items if item.client.insurance_number), "")
    person = Person(
        client,
        f"{party.given_name} {party.family_name}".strip(),
        party.address.street,
        f"{party.address.postal_code} {party.address.city}".strip(),
        party.birth_date,
        insured,
    )
    rest = _rest(card(workspace, client, month), month)
    return paper_of(kind, settings.provider, person, fund, services, rest, today)


def _services(settings: BudgetSettings, facts: list[tuple[int, Facts]], month: date) -> tuple[list[Service], str]:
    first = month.replace(day=1)
    last = month.replace(day=monthrange(month.year, month.month)[1])
    stays: dict[str, _Stay] = {}
    fund = ""
    for gross, one in facts:
        benefit = settings.benefits.get(one.account[2])
        if benefit is None or one.last < first or one.first > last:
            continue
        days = {one.first + timedelta(days=n) for n in range((one.last - one.first).days + 1)}
        inside = {day for day in days if first <= day <= last}
        stay = stays.setdefault(benefit, _Stay())
        stay.days |= inside
        before = len([day for day in days if day < first])
        stay.cost += _part(gross, before, len(inside), len(days))
        if one.counts and one.account[1] in settings.statutory_groups:
            stay.common += _part(one.amount, before, len(inside), len(days))
            fund = fund or one.payer
    services = [
        Service(benefit, min(stay.days), max(stay.days), len(stay.days), stay.cost, stay.common)
        for benefit, stay in sorted(stays.items())
    ]
    return services, fund


def _part(cents: int, before: int, inside: int, days: int) -> int:
    """What a month bears of a service that goes over its end: its days' part, so that all months make up the whole."""
    return (cents * (before + inside)) // days - (cents * before) // days


def _rest(client_card: Card, month: date) -> int | None:
    """What is left of the common yearly amount when everything is billed; None before there was one."""
    return next(
        (
            line.available
            for line in client_card.lines
            if "§ 42a" in line.source and month in line.window and line.available is not None
        ),
        None,
    )
