"""The check of a run: what every client asks for is held against what is booked already, in whatever scheme's run.

Basis are the trial billing and the earlier entries. An item beyond a limit is a finding, and so is every other
invoice of the stay: none of them can be fixed (Nicht fixieren).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa

from billhook.hookspecs import RunView
from billhook.model import Finding, Rule, Severity
from billhook.model.item import OPEN_STATES
from billhook.money import format_cents
from billhook.store import tables as core
from billhook_forcare_budget.book import RuleBook, check_client, too_early
from billhook_forcare_budget.cards import CardLine, card_of, running_out
from billhook_forcare_budget.ceilings import Account, Grant, Outcome
from billhook_forcare_budget.entries import Entry, EntrySource, live
from billhook_forcare_budget.facts import FactReader, Facts
from billhook_forcare_budget.hours import EarlyWarning, HoursGrant, Light, stand, warning
from billhook_forcare_budget.ledger import Rows, entries_of, grants_of, read_limits
from billhook_forcare_budget.settings import PLUGIN, BudgetSettings, OnExcess
from billhook_forcare_budget.statute import ceilings_of

SEED = "for.CARE Maximalgrenzen"
_E, _W = Severity.ERROR, Severity.WARNING

OVER_AMOUNT = Rule(
    "BUD-AMT-001",
    _E,
    "{budget}: {over} € more than may be used from {first} to {last}; the limit is {limit} €, {used} € are booked",
    "{mend}",
    f"{SEED}: Maximalbetrag; §§ 39, 42, 42a SGB XI",
)
OVER_DAYS = Rule(
    "BUD-DAY-001",
    _E,
    "{budget}: {over} days more than may be used from {first} to {last}; the limit is {limit}, {used} are booked",
    "{mend}",
    f"{SEED}: Anzahl Tage; §§ 39, 42 SGB XI",
)
BLOCKED = Rule(
    "BUD-BLK-001",
    _E,
    "not to be fixed (Nicht fixieren): item {because} of the same stay is over its budget",
    "mend item {because}; then check again",
    f"{SEED}: alle betreffenden Rechnungen, auch Selbstzahler oder Sozialamt",
)
NO_CLIENT = Rule(
    "BUD-CLI-001",
    _E,
    "the item takes from a budget and names no client",
    "enter the client's number (client.number)",
    f"{SEED}: Betreutennr.",
)
BAD_DATE = Rule(
    "BUD-DAT-001",
    _E,
    "{value} is no billing date",
    "write a date such as 2026-05-31, or name another field as billing_date in the rule",
    f"{SEED}: Abrechnungsdatum",
)
NO_LAW = Rule(
    "BUD-LAW-001",
    _E,
    "the table of the statute has no amounts for {value}",
    'upgrade billhook-forcare-budget, or count this kind by the limit table (mode = "seed")',
    "§§ 39, 42, 42a SGB XI",
)
EARLY = Rule(
    "BUD-ORD-001",
    _W,
    "the stay of {before} before it is not used up: {rest} are left",
    "bill {before} up to its limit first",
    f"{SEED}: die Kurzzeitpflege vor der Verhinderungspflege voll auszuschöpfen",
)
LOW = Rule(
    "BUD-LOW-001",
    _W,
    "{budget}: after this run {rest} are left until {last}",
    "tell the client, and plan who pays what comes after it",
    "warning of this plugin (rest_percent)",
)
HOURS_OVER = Rule(
    "BUD-HRS-001",
    _E,
    "{value} minutes in {month}, of which at most {billable} may be billed (105 % of {granted})",
    "bill fewer hours, or apply for more",
    "Fachleistungsstunden: Auslastung über 105 % ist nicht abrechenbar",
)
HOURS_WARNING = Rule(
    "BUD-HRS-002", _W, "hours budget: {value}", "apply for the grant or its extension", "Fachleistungsstunden"
)

RULES: Sequence[Rule] = (
    OVER_AMOUNT,
    OVER_DAYS,
    BLOCKED,
    NO_CLIENT,
    BAD_DATE,
    NO_LAW,
    EARLY,
    LOW,
    HOURS_OVER,
    HOURS_WARNING,
)

_SHORTEN = "shorten the stay or bill the rest to the next payer (billhook budget split); then check again"
MENDS: Mapping[OnExcess, str] = {
    OnExcess.BLOCK_ALL: _SHORTEN,
    OnExcess.BLOCK_PAYER: _SHORTEN,
    OnExcess.SPLIT: "run billhook budget split: it bills up to the limit and moves the rest to the next payer",
}


@dataclass(slots=True)
class Asked:
    """What one client asks for: in this run, and in items of other schemes that this run does not bill."""

    trial: list[Facts] = field(default_factory=list)
    others: list[Facts] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a check works with: settings, rules, the ledger of the clients in question, and what they ask for."""

    settings: BudgetSettings
    book: RuleBook
    grants: Mapping[str, Sequence[HoursGrant]]
    entries: Mapping[str, Sequence[Entry]]
    asked: Mapping[str, Asked]
    today: date


def book_of(settings: BudgetSettings, rows: Rows) -> RuleBook:
    """The rules as they are stored and set."""
    return RuleBook(settings.mode, read_limits(rows), settings.benefits, frozenset(settings.statutory_groups))


def desk_of(run: RunView, *, others: bool = True) -> Desk:
    """Read what the check of a run needs; with `others` also the open items of schemes that the run does not bill."""
    settings = run.settings(PLUGIN, BudgetSettings)
    if not settings.rules:
        # Nothing says which items are whose budget: the plugin is installed and not set up, and costs nothing.
        return Desk(settings, RuleBook(settings.mode, ()), {}, {}, {}, run.today)
    book = book_of(settings, run.rows)
    grants: dict[str, list[HoursGrant]] = {}
    for grant in grants_of(run.rows):
        grants.setdefault(grant.client, []).append(grant)
    read = FactReader(settings, run.rows)
    asked: dict[str, Asked] = {}
    for item in run.trial():
        facts = read(item)
        if facts is not None:
            asked.setdefault(facts.client, Asked()).trial.append(facts)
    if others and asked and run.scheme and _other_schemes(run):
        for item in run.open():
            if item.scheme != run.scheme and item.client.number in asked:
                facts = read(item)
                if facts is not None:
                    asked[facts.client].others.append(facts)
    return Desk(settings, book, grants, entries_of(run.rows, asked), asked, run.today)


def _other_schemes(run: RunView) -> bool:
    """True when items of another scheme wait too; only then all open items are worth walking."""
    item = core.item.c
    waiting = sa.select(item.scheme).where(item.state.in_([state.value for state in OPEN_STATES])).distinct()
    return any(row.scheme != run.scheme for row in run.rows(waiting))


def check_run(run: RunView) -> Iterator[Finding]:
    """All findings of a run."""
    desk = desk_of(run)
    for client, asked in desk.asked.items():
        yield from (BAD_DATE.at(facts.item, value=facts.bad_date) for facts in asked.trial if facts.bad_date)
        if not client:
            yield from (
                NO_CLIENT.at(facts.item, "client.number")
                for facts in asked.trial
                if facts.counts and _budgeted(desk, facts)
            )
            continue
        yield from _client(desk, client, asked)


def verdict(desk: Desk, client: str, facts: Iterable[Facts]) -> Outcome:
    """A client's counting items against the ceilings."""
    uses = [one.use() for one in facts if one.counts]
    return check_client(desk.book, client, desk.entries.get(client, ()), uses)


def _budgeted(desk: Desk, facts: Facts) -> bool:
    return desk.book.holds(facts.account, facts.client, facts.booked)


def _client(desk: Desk, client: str, asked: Asked) -> Iterator[Finding]:
    outcome = verdict(desk, client, asked.trial)
    by_item = {facts.item: facts for facts in asked.trial}
    guilty: list[Facts] = []
    for grant in outcome.grants.values():
        if grant.is_over:
            guilty.append(by_item[grant.ref])
            yield from _over(desk, grant, outcome)
    for facts in asked.trial:
        benefit = desk.book.benefit(facts.account) if facts.counts else ""
        if benefit and not (_in_the_law(facts.first) and _in_the_law(facts.last)):
            guilty.append(facts)
            yield NO_LAW.at(facts.item, "service_from", facts.first)
    if asked.others:
        elsewhere = verdict(desk, client, asked.others)
        others = {facts.item: facts for facts in asked.others}
        guilty += (others[grant.ref] for grant in elsewhere.grants.values() if grant.is_over)
    if guilty:
        yield from _blocked(desk, asked, guilty)
    elif outcome.grants:
        yield from _warnings(desk, client, asked, outcome)
    yield from _hours(desk, client, asked.trial)


def _in_the_law(day: date) -> bool:
    """True when the table of the statute has amounts for this day."""
    return any(day in ceiling.window for ceiling in ceilings_of(day.year))


def _over(desk: Desk, grant: Grant, outcome: Outcome) -> Iterator[Finding]:
    ceiling = grant.reached
    if ceiling is None:
        return
    standing = next(one for one in outcome.standings if one.ceiling is ceiling)
    mend = MENDS[desk.settings.on_excess]
    first, last = ceiling.window.start, ceiling.window.end
    if grant.over:
        yield OVER_AMOUNT.at(
            grant.ref,
            value=format_cents(grant.over),
            budget=ceiling.budget,
            first=first,
            last=last,
            over=format_cents(grant.over),
            limit="?" if ceiling.amount is None else format_cents(ceiling.amount),
            used=format_cents(standing.used),
            mend=mend,
        )
    if grant.days_over:
        yield OVER_DAYS.at(
            grant.ref,
            "service_to",
            grant.days_over,
            budget=ceiling.budget,
            first=first,
            last=last,
            over=grant.days_over,
            limit="?" if ceiling.days is None else ceiling.days,
            used=standing.used_days,
            mend=mend,
        )


# --- Which other invoices are held ------------------------------------------------------------------------------------


def _blocked(desk: Desk, asked: Asked, guilty: Sequence[Facts]) -> Iterator[Finding]:
    """Every other item of this run that belongs to a stay of a guilty one."""
    offenders = {facts.item for facts in guilty}
    reasons = _stays(desk, [*asked.trial, *asked.others], guilty)
    for facts in asked.trial:
        because = reasons.get(facts.item)
        if because is None or facts.item in offenders:
            continue
        same_payer = (facts.payer, facts.account[1]) == (because.payer, because.account[1])
        if desk.settings.on_excess is OnExcess.BLOCK_PAYER and not same_payer:
            continue
        yield BLOCKED.at(facts.item, "voucher", because=because.number)


def _stays(desk: Desk, every: Sequence[Facts], guilty: Sequence[Facts]) -> dict[int, Facts]:
    """Item → the guilty item of its stay: one run of days in a care area, of one kind and those linked with it.

    The debtor posting group makes no difference: the self-payer's invoice belongs to the stay as the fund's does.
    """
    found: dict[int, Facts] = {}
    for one in guilty:
        kinds = {kind for area, _, kind in desk.book.related(one.account) if area == one.account[0]}
        mine = [facts for facts in every if facts.account[0] == one.account[0] and facts.account[2] in kinds]
        first, last = one.first, one.last
        grown = True
        while grown:
            grown = False
            for facts in mine:
                touches = facts.first <= last + timedelta(days=1) and facts.last >= first - timedelta(days=1)
                if touches and (facts.first < first or facts.last > last):
                    first, last, grown = min(first, facts.first), max(last, facts.last), True
        for facts in mine:
            if first <= facts.first and facts.last <= last:
                found.setdefault(facts.item, one)
    return found


# --- Warnings ---------------------------------------------------------------------------------------------------------


def _warnings(desk: Desk, client: str, asked: Asked, outcome: Outcome) -> Iterator[Finding]:
    uses = [facts.use() for facts in asked.trial if facts.counts]
    for early in too_early(desk.book, client, desk.entries.get(client, ()), uses):
        rest = "days" if early.rest is None else f"{format_cents(early.rest)} €"
        yield EARLY.at(early.ref, "service_from", early.before, before=early.before, rest=rest)
    percent = desk.settings.rest_percent
    short = any(
        (one.asked and one.rest is not None and one.rest * 100 <= (one.ceiling.amount or 0) * percent)
        or (one.asked_days and one.rest_days is not None and one.rest_days * 100 <= (one.ceiling.days or 0) * percent)
        for one in outcome.standings
    )
    if not short:
        return
    day = max(use.last for use in uses)
    card = card_of(desk.book, client, desk.entries.get(client, ()), uses, day)
    last = max(outcome.grants)
    for line in running_out(card.lines, day, percent, 0):
        if line.planned or line.days_planned:
            yield LOW.at(last, value=line.budget, budget=line.budget, rest=rest_text(line), last=line.expires)


def rest_text(line: CardLine) -> str:
    """What is left, in words."""
    parts = [] if line.available is None else [f"{format_cents(line.available)} €"]
    parts += [] if line.days_rest is None else [f"{line.days_rest} days"]
    return " and ".join(parts)


def _hours(desk: Desk, client: str, trial: Sequence[Facts]) -> Iterator[Finding]:
    """Hours of this run and of earlier entries against the month's grant."""
    grants = desk.grants.get(client, ())
    months: dict[tuple[Account, date], list[Facts]] = {}
    for facts in trial:
        if facts.minutes and facts.counts:
            months.setdefault((facts.account, facts.first.replace(day=1)), []).append(facts)
    for (account, month), asked in sorted(months.items()):
        kind = account[2]
        told = warning(grants, kind, desk.today)
        last = asked[-1].item
        if told is not None:
            yield HOURS_WARNING.at(last, "quantity", told.value)
        if told is EarlyWarning.NONE:
            continue
        used = [
            entry.minutes
            for entry in live(desk.entries.get(client, ()))
            if entry.kind == kind and entry.span[0].replace(day=1) == month and entry.source is not EntrySource.REVERSAL
        ]
        here = stand(grants, kind, month, used, [facts.minutes for facts in asked])
        if here.light is Light.OVER:
            for facts in asked:
                yield HOURS_OVER.at(
                    facts.item,
                    "quantity",
                    here.used + here.planned,
                    month=f"{month:%Y-%m}",
                    billable=here.billable,
                    granted=here.granted,
                )
