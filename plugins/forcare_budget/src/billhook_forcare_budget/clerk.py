"""What a clerk does: keep limits and foreign stays, look at a card, plan a stay, recalculate, split.

Everything that changes something takes the lock that a billing run takes while it plans, so that a run never works with
half of it, and writes to the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy.engine import Connection

from billhook.billing.checking import view_of
from billhook.billing.contexts import ITEMS_LOCK
from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.model import BillingItem, Finding
from billhook.model.item import OPEN_STATES
from billhook.store import Workspace, journal, tables
from billhook.store.database import BUSY_SECONDS
from billhook.store.encoding import moment_text
from billhook.store.items import get_item, insert_items, rounding_of, update_items
from billhook.words import words
from billhook_forcare_budget.book import RuleBook, check_client
from billhook_forcare_budget.booking import give_back, guard
from billhook_forcare_budget.cards import Card, CardLine, card_of, running_out
from billhook_forcare_budget.ceilings import Outcome, Use
from billhook_forcare_budget.checking import Desk, book_of, desk_of, verdict
from billhook_forcare_budget.entries import Entry, EntrySource, live
from billhook_forcare_budget.hours import HoursMonth, month_of, stand
from billhook_forcare_budget.ledger import (
    add_entries,
    add_limits,
    change_limit,
    close_changes,
    entries_of,
    entry_by_id,
    note_change,
    open_scopes,
    read_limits,
    reader,
    remove_limit,
    reversal_of,
)
from billhook_forcare_budget.limits import Limit, faults
from billhook_forcare_budget.retro import Correction, Recalculation, affected, recalculate
from billhook_forcare_budget.settings import PLUGIN, BudgetSettings
from billhook_forcare_budget.splitting import REST, split


class Refused(BillingProblem):
    """A table of limits that may not be saved; `findings` say everything that is wrong with it. Nothing was changed."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        lines = "; ".join(f"{finding.message} ({finding.code})" for finding in findings)
        super().__init__(words("the limits were not saved: {lines}", lines=lines))
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Writing:
    """A transaction of a clerk."""

    connection: Connection
    settings: BudgetSettings
    book: RuleBook
    now: datetime
    actor: str


def settings_of(workspace: Workspace) -> BudgetSettings:
    """The plugin's settings."""
    return workspace.plugin_settings(PLUGIN, BudgetSettings)


@contextmanager
def writing(workspace: Workspace, wait: float = BUSY_SECONDS) -> Iterator[Writing]:
    """A transaction in which nobody else changes items or the ledger."""
    settings = settings_of(workspace)
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        guard(connection)
        book = book_of(settings, reader(connection))
        yield Writing(connection, settings, book, datetime.now(UTC), journal.current_actor())


# --- Limits -----------------------------------------------------------------------------------------------------------


def save_limits(workspace: Workspace, new: Sequence[Limit]) -> list[Limit]:
    """Add rows to the table, all or none.

    Raises:
        Refused: the table would not be valid.
    """
    with writing(workspace) as desk:
        before = list(desk.book.limits)
        _valid([*before, *new], len(before))
        stored = add_limits(desk.connection, new)
        _changed(desk, stored)
    return stored


def edit_limit(workspace: Workspace, key: int, change: Callable[[Limit], Limit]) -> Limit:
    """Change a row.

    Raises:
        UnknownThing: there is no such row. Refused: the table would not be valid.
    """
    with writing(workspace) as desk:
        old = _limit(desk, key)
        new = replace(change(old), id=key)
        _valid([new if limit.id == key else limit for limit in desk.book.limits])
        change_limit(desk.connection, new)
        _changed(desk, [old, new])
    return new


def drop_limit(workspace: Workspace, key: int) -> Limit:
    """Take a row out of the table.

    Raises:
        UnknownThing: there is no such row. Refused: another row is linked to it.
    """
    with writing(workspace) as desk:
        old = _limit(desk, key)
        _valid([limit for limit in desk.book.limits if limit.id != key])
        remove_limit(desk.connection, key)
        _changed(desk, [old])
    return old


def _limit(desk: Writing, key: int) -> Limit:
    found = next((limit for limit in desk.book.limits if limit.id == key), None)
    if found is None:
        message = words("there is no limit {key}; see: billhook budget limits list", key=key)
        raise UnknownThing(message)
    return found


def _valid(limits: Sequence[Limit], given: int = 0) -> None:
    """Refuse a table that is not valid. Rows after the first `given` ones are counted from 1."""
    findings = faults(limits)
    if findings:
        raise Refused([replace(one, line=max(1, (one.line or 1) - given)) for one in findings])


def _changed(desk: Writing, limits: Sequence[Limit]) -> None:
    """A change is relevant for recalculation: note what it touches, with the links as they were and as they are."""
    after = book_of(desk.settings, reader(desk.connection))
    for limit in limits:
        for book in (desk.book, after):
            period = (limit.valid_from, limit.valid_to)
            note_change(
                desk.connection, book, "limit", limit.account, limit.client, period, now=desk.now, actor=desk.actor
            )
    keys = sorted({limit.id for limit in limits})
    journal.append(desk.connection, "budget.limits", "budget:limits", {"limits": keys}, actor=desk.actor, time=desk.now)


# --- Foreign stays and opening balances -------------------------------------------------------------------------------


def add_entry(workspace: Workspace, entry: Entry) -> Entry:
    """Write a stay in a foreign facility, or an opening balance. The same `reference` of a client is written once.

    Raises:
        BillingProblem: the billing alone writes such an entry, or the reference is taken by another stay.
    """
    if entry.source not in (EntrySource.FOREIGN, EntrySource.OPENING):
        message = words("an entry of source {value} is written by the billing alone", value=entry.source.value)
        raise BillingProblem(message)
    with writing(workspace) as desk:
        theirs = live(entries_of(reader(desk.connection), [entry.client]).get(entry.client, []))
        same = next((one for one in theirs if entry.reference and one.reference == entry.reference), None)
        if same is not None:
            if (same.account, same.span, same.amount, same.days) == (
                entry.account,
                entry.span,
                entry.amount,
                entry.days,
            ):
                return same
            message = words(
                "the reference {reference!r} of this client belongs to entry {id} already",
                reference=entry.reference,
                id=same.id,
            )
            raise BillingProblem(message)
        stored = add_entries(desk.connection, [replace(entry, created=moment_text(desk.now), actor=desk.actor)])[0]
        _touched(desk, stored)
    return stored


def delete_entry(workspace: Workspace, key: int, note: str = "") -> Entry:
    """Delete a foreign stay or an opening balance: it stays in the ledger, and a reversal says that it counts no more.

    Raises:
        UnknownThing: there is no such entry. BillingProblem: it was written by the billing, or is deleted already.
    """
    with writing(workspace) as desk:
        entry = entry_by_id(reader(desk.connection), key)
        if entry is None:
            message = words("there is no entry {key}; see: billhook budget entries list CLIENT", key=key)
            raise UnknownThing(message)
        if entry.source not in (EntrySource.FOREIGN, EntrySource.OPENING):
            message = words(
                "entry {key} was written by the billing and cannot be edited; bill a correction instead", key=key
            )
            raise BillingProblem(message)
        theirs = entries_of(reader(desk.connection), [entry.client])[entry.client]
        if entry not in live(theirs):
            message = words("entry {key} is deleted already", key=key)
            raise BillingProblem(message)
        reversal = add_entries(desk.connection, [reversal_of(entry, note, desk.now, desk.actor)])[0]
        _touched(desk, reversal)
    return reversal


def _touched(desk: Writing, entry: Entry) -> None:
    note_change(
        desk.connection, desk.book, "foreign", entry.account, entry.client, entry.span, now=desk.now, actor=desk.actor
    )
    payload = {"entry": entry.id, "source": entry.source.value}
    journal.append(
        desk.connection, "budget.entry", f"budget-entry:{entry.id}", payload, actor=desk.actor, time=desk.now
    )


def return_rejected(workspace: Workspace) -> list[Entry]:
    """Give back the budget of invoices that do not stand any more."""
    with writing(workspace) as desk:
        found = give_back(desk.connection, desk.now, desk.actor)
        for entry in found:
            _touched(desk, entry)
    return found


# --- Looking ----------------------------------------------------------------------------------------------------------


@contextmanager
def planned(workspace: Workspace, today: date) -> Iterator[Desk]:
    """Everything that is not billed yet, as if one run billed it all."""
    item = tables.item.c
    trial = [item.state.in_([state.value for state in OPEN_STATES]), item.scheme.in_(list(workspace.schemes))]
    with workspace.database.read() as connection:
        yield desk_of(view_of(workspace, connection, trial, "", today))


def card(workspace: Workspace, client: str, today: date) -> Card:
    """The budget card of a client."""
    with planned(workspace, today) as desk, workspace.database.read() as connection:
        entries = entries_of(reader(connection), [client]).get(client, [])
        asked = desk.asked.get(client)
        uses = [facts.use() for facts in asked.trial if facts.counts] if asked else []
        return card_of(desk.book, client, entries, uses, today)


def about_to_run_out(workspace: Workspace, today: date) -> list[tuple[str, CardLine]]:
    """Clients with budgets of which little is left, or of which something is left and the last day is near."""
    settings = settings_of(workspace)
    found: list[tuple[str, CardLine]] = []
    with planned(workspace, today) as desk, workspace.database.read() as connection:
        entries = entries_of(reader(connection))
        for client in sorted({*entries, *desk.asked} - {""}):
            asked = desk.asked.get(client)
            uses = [facts.use() for facts in asked.trial if facts.counts] if asked else []
            lines = card_of(desk.book, client, entries.get(client, ()), uses, today).lines
            found += ((client, line) for line in running_out(lines, today, settings.rest_percent, settings.expiry_days))
    return found


def simulate(workspace: Workspace, client: str, stay: Use, today: date) -> tuple[Outcome, Card]:
    """What a planned stay would take, beside everything that is not billed yet. Nothing is written."""
    with planned(workspace, today) as desk, workspace.database.read() as connection:
        entries = entries_of(reader(connection), [client]).get(client, [])
        asked = desk.asked.get(client)
        uses = [facts.use() for facts in asked.trial if facts.counts] if asked else []
        every = [*uses, stay]
        return check_client(desk.book, client, entries, every), card_of(desk.book, client, entries, every, today)


def hours_month(workspace: Workspace, client: str, month: date, today: date) -> list[tuple[str, HoursMonth]]:
    """How a client's hours of a month stand, by contract kind: granted, billed before, not billed yet."""
    with planned(workspace, today) as desk:
        grants = desk.grants.get(client, ())
        asked = desk.asked.get(client)
        waiting = [facts for facts in asked.trial if facts.minutes and facts.counts] if asked else []
        with workspace.database.read() as connection:
            booked = [one for one in live(entries_of(reader(connection), [client]).get(client, [])) if one.minutes]
        kinds = (
            {grant.kind for grant in grants} | {facts.account[2] for facts in waiting} | {one.kind for one in booked}
        )
        inside = month_of(month)
        return [
            (
                kind,
                stand(
                    grants,
                    kind,
                    month,
                    [one.minutes for one in booked if one.kind == kind and one.span[0] in inside],
                    [facts.minutes for facts in waiting if facts.account[2] == kind and facts.first in inside],
                ),
            )
            for kind in sorted(kinds)
        ]


# --- Recalculation ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    """What a recalculation found: how many changes wait, and what it means for which clients."""

    changes: int
    clients: Sequence[Recalculation]

    @property
    def corrections(self) -> list[Correction]:
        """All corrective entries that confirming would write."""
        return [correction for client in self.clients for correction in client.corrections]


def recalculation(workspace: Workspace) -> Report:
    """Everything that the changes since the last confirmation mean. Nothing is written."""
    settings = settings_of(workspace)
    with workspace.database.read() as connection:
        return _report(book_of(settings, reader(connection)), connection)


def confirm_recalculation(workspace: Workspace) -> Report:
    """Write the corrective entries; returns what was written."""
    with writing(workspace) as desk:
        report = _report(desk.book, desk.connection)
        add_entries(desk.connection, [_corrective(desk, one) for one in report.corrections])
        closed = close_changes(desk.connection, desk.now)
        payload = {"changes": closed, "corrections": len(report.corrections)}
        journal.append(
            desk.connection, "budget.recalculated", "budget:ledger", payload, actor=desk.actor, time=desk.now
        )
    return report


def _report(book: RuleBook, connection: Connection) -> Report:
    scopes = open_scopes(reader(connection))
    if not scopes:
        return Report(0, ())
    entries: Mapping[str, Sequence[Entry]] = entries_of(reader(connection))
    found = [recalculate(book, client, entries[client]) for client in affected(scopes, entries)]
    return Report(len(scopes), [one for one in found if one.corrections or one.left_over or one.left_over_days])


def _corrective(desk: Writing, one: Correction) -> Entry:
    area, group, kind = one.account
    return Entry(
        0,
        one.client,
        area,
        group,
        kind,
        EntrySource.CORRECTION,
        one.booked,
        one.service_from,
        one.service_to,
        one.days,
        one.amount,
        0,
        corrects=one.entry,
        payer=one.payer,
        note="recalculation",
        created=moment_text(desk.now),
        actor=desk.actor,
    )


# --- Splitting --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SplitItem:
    """An item that was (or would be) split: cents for its payer and for the next one."""

    item: int
    number: str
    payer: str
    kept: int
    next_payer: str
    moved: int


def split_over(workspace: Workspace, today: date, *, keep: bool) -> list[SplitItem]:
    """Bill what is over a budget to the next payer, client by client, as the settings name him.

    Args:
        workspace: where.
        today: the day of the run that would bill it.
        keep: write it; otherwise only say what would be written.

    Raises:
        BillingProblem: no next payer is set for a debtor posting group.
    """
    done: list[SplitItem] = []
    with writing(workspace) as writing_desk:
        connection = writing_desk.connection
        item = tables.item.c
        trial = [item.state.in_([state.value for state in OPEN_STATES]), item.scheme.in_(list(workspace.schemes))]
        desk = desk_of(view_of(workspace, connection, trial, "", today))
        next_payers = {one.debtor_group: one.payer for one in desk.settings.next_payers}
        for client, asked in sorted(desk.asked.items()):
            by_item = {facts.item: facts for facts in asked.trial}
            for grant in verdict(desk, client, asked.trial).grants.values() if client else ():
                if not grant.is_over:
                    continue
                group = by_item[grant.ref].account[1]
                if group not in next_payers:
                    message = words(
                        "no next payer is set for the debtor group {group!r}; add it to next_payers under "
                        "[plugins.{plugin}] in billhook.toml",
                        group=group,
                        plugin=PLUGIN,
                    )
                    raise BillingProblem(message)
                whole = _item(workspace, connection, grant.ref)
                halves = split(whole, grant, next_payers[group], rounding_of(workspace.schemes[whole.scheme]))
                done.append(
                    SplitItem(
                        whole.id,
                        whole.number,
                        whole.payer,
                        halves.kept.billed,
                        halves.rest.payer,
                        halves.rest.billed,
                    )
                )
                if keep:
                    _write_halves(workspace, writing_desk, halves.kept, halves.rest)
    return done


def _item(workspace: Workspace, connection: Connection, key: int) -> BillingItem:
    found = get_item(connection, workspace.schemes, key)
    if found is None:
        message = words("item {key} is gone", key=key)
        raise UnknownThing(message)
    return found


def _write_halves(workspace: Workspace, desk: Writing, kept: BillingItem, rest: BillingItem) -> None:
    if kept.billed == 0:
        # Nothing is left for the payer: the item itself goes to the next one.
        whole = replace(rest, id=kept.id, number=kept.number, voucher=kept.voucher, state=kept.state)
        update_items(desk.connection, workspace.schemes, [whole])
    else:
        update_items(desk.connection, workspace.schemes, [kept])
        insert_items(desk.connection, workspace.schemes, [rest])
    payload = {"kept": kept.billed, "moved": rest.billed, "rest": REST if kept.billed else ""}
    journal.append(desk.connection, "budget.split", f"item:{kept.id}", payload, actor=desk.actor, time=desk.now)


def limits_of(workspace: Workspace) -> list[Limit]:
    """The table of limits."""
    with workspace.database.read() as connection:
        return read_limits(reader(connection))
