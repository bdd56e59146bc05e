"""The papers of § 42a SGB XI: the notice to the fund (Abs. 2) and the overview for the client (Abs. 3), as PDF in
German.

Content and layout are apart: `paper_of` says what stands there, `billhook_forcare_budget.drawing` draws it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billhook.money import Cents, format_cents
from billhook_forcare_budget.settings import Provider


class Kind(StrEnum):
    """Which paper."""

    NOTICE = "notice"
    OVERVIEW = "overview"


BENEFIT_NAMES = {"KZP": "Kurzzeitpflege (§ 42 SGB XI)", "VP": "Verhinderungspflege (§ 39 SGB XI)"}


@dataclass(frozen=True, slots=True)
class Service:
    """A stay as a paper shows it: `cost` is what it came to, `common` what of it goes against the common yearly
    amount.
    """

    benefit: str
    first: date
    last: date
    days: int
    cost: Cents
    common: Cents


@dataclass(frozen=True, slots=True)
class Person:
    """The client, as the master record knows them."""

    number: str
    name: str = ""
    street: str = ""
    place: str = ""
    birth_date: date | None = None
    insurance_number: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on a paper: address, subject, paragraphs, a table with its head, and paragraphs below it."""

    kind: Kind
    sender: Sequence[str]
    address: Sequence[str]
    day: date
    subject: str
    before: Sequence[str]
    table: Sequence[Sequence[str]]
    after: Sequence[str]


def due(service_month: date) -> date:
    """The last day on which the fund must know: the end of the month after the service (§ 42a Abs. 2).

    >>> due(date(2026, 12, 3))
    datetime.date(2027, 1, 31)
    """
    year, month = divmod(service_month.year * 12 + service_month.month, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def paper_of(
    kind: Kind,
    provider: Provider,
    person: Person,
    fund: str,
    services: Sequence[Service],
    rest: Cents | None,
    today: date,
) -> Paper:
    """The content of a paper about these services of one client, which all lie in one month."""
    sender = [line for line in (provider.name, provider.street, provider.place, provider.phone) if line]
    month = services[0].last if services else today
    head = ["Leistung", "von", "bis", "Tage", "Aufwendungen €", "davon Gemeinsamer Jahresbetrag €"]
    rows = [
        [
            BENEFIT_NAMES.get(one.benefit, one.benefit),
            german(one.first),
            german(one.last),
            str(one.days),
            format_cents(one.cost),
            format_cents(one.common),
        ]
        for one in services
    ]
    total = ["Summe", "", "", "", format_cents(sum(one.cost for one in services))]
    total.append(format_cents(sum(one.common for one in services)))
    if kind is Kind.NOTICE:
        about = f"Versicherte Person: {person.name or person.number}"
        about += f", geb. {german(person.birth_date)}" if person.birth_date else ""
        about += f", Versichertennummer {person.insurance_number}" if person.insurance_number else ""
        return Paper(
            kind,
            sender,
            [fund],
            today,
            f"Anzeige nach § 42a Absatz 2 SGB XI, Leistungsmonat {month:%m/%Y}",
            [about, "Wir zeigen an, dass wir die folgenden Leistungen in diesem Umfang erbracht haben."],
            [head, *rows, total],
            [f"Die Anzeige ist bis zum {german(due(month))} fällig."]
            + ([f"Institutionskennzeichen: {provider.ik}"] if provider.ik else []),
        )
    after = [
        f"Zur Abrechnung über den Gemeinsamen Jahresbetrag sind {total[5]} € vorgesehen.",
        "Diese Übersicht erhalten Sie nach § 42a Absatz 3 SGB XI. Sie ist keine Rechnung.",
    ]
    if rest is not None:
        after.insert(1, f"Nach den uns bekannten Leistungen sind {month:%Y} danach noch {format_cents(rest)} € übrig.")
    address = [line for line in (person.name or f"Kundennummer {person.number}", person.street, person.place) if line]
    return Paper(
        kind,
        sender,
        address,
        today,
        f"Übersicht über Ihre Aufwendungen im {month:%m/%Y}",
        ["Für die folgenden Leistungen sind Aufwendungen angefallen."],
        [head, *rows, total],
        after,
    )


def german(day: date | None) -> str:
    """A day as letters write it; empty for none."""
    return "" if day is None else f"{day:%d.%m.%Y}"
