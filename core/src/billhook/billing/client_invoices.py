"""Invoices to clients: copayment, own share and surcharge of items that were billed to a payer.

What a client owes is never noted anywhere: it is what the items say today less what the client's invoices already hold, line by
line. So nothing is billed twice or forgotten, an item that is replaced or withdrawn gives its share back, and amounts below the
minimum wait until later periods bring them over it. An invoice is fixed in one transaction with its number and with all that
stands on it; the PDF is drawn afterwards, also by a later run when this one was killed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.client_settings import SECTION, ClientInvoiceSettings, ClientSender
from billhook.billing.contexts import ITEMS_LOCK, moment
from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.billing.views import BILLED_STATES
from billhook.model import Address, ItemState, Party, SplitKind
from billhook.money import Cents
from billhook.scheme import ClientShare, Scheme, Series, SharesWithClients
from billhook.store import Workspace, journal, parties, tables
from billhook.store.database import BUSY_SECONDS, bulk_insert, next_ids, stream
from billhook.store.encoding import date_text, json_text, moment_text, read_date, read_json
from billhook.store.numbers import draw
from billhook.words import words

FOLDER = "clients"
"""Where the PDFs go in the workspace's out folder."""

_OWED_STATES = (*BILLED_STATES, ItemState.REJECTED, ItemState.SUPERSEDED)
"""A refused item still stands until what follows it has left, or it is closed: nobody gets money back for a month."""

_REPLACING_STATES = (*_OWED_STATES, ItemState.CLOSED)
"""What follows has taken the item's place, also when nothing came of it in the end."""


class ClientInvoiceProblem(BillingProblem):
    """A client's invoice cannot be made, paid or cancelled; the message says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a client owes for one item and was not invoiced: cents, negative where the client gets something back."""

    provider: str
    client: int
    item: int
    kind: SplitKind
    amount: Cents


@dataclass(frozen=True, slots=True)
class Due:
    """What one client owes a provider and was not invoiced. `why` says why no invoice is made of it; empty: one is."""

    provider: str
    client: str
    items: int
    amount: Cents
    why: str = ""


@dataclass(frozen=True, slots=True)
class ClientInvoice:
    """An invoice to a client, in cents. `open` is what is still to be paid, cancellations and payments counted."""

    number: str
    provider: str
    client: str
    made_on: date
    due: date | None
    amount: Cents
    paid: Cents
    open: Cents
    cancels: str = ""
    cancelled_by: str = ""


@dataclass(slots=True)
class Invoiced:
    """What a run made: the new invoices, what waits and why, and where the papers lie (also those of a killed run)."""

    invoices: list[ClientInvoice] = field(default_factory=list)
    waiting: list[Due] = field(default_factory=list)
    without_client: int = 0
    files: list[Path] = field(default_factory=list)
    dry_run: bool = False


def settings_of(workspace: Workspace) -> ClientInvoiceSettings:
    """The section [client_invoices] of billhook.toml. Raises ConfigError where it is wrong."""
    return workspace.top_settings(SECTION, ClientInvoiceSettings)


# --- What is owed ---------------------------------------------------------------------------------------------------


def due(workspace: Workspace, *, client: str | None = None, until: date | None = None) -> list[Due]:
    """What clients owe and were not invoiced, by provider and client; what would wait says why.

    Args:
        workspace: where.
        client: only this client, by the provider's own number.
        until: only services up to this day.

    Raises:
        UnknownThing: there is no such client.
    """
    settings = settings_of(workspace)
    with workspace.database.read() as connection:
        return [
            each.told for each in _accounts(connection, workspace.schemes, settings, _party(connection, client), until)
        ]


@dataclass(frozen=True, slots=True)
class _Account:
    """All that one client owes one provider."""

    party: Party
    sender: ClientSender | None
    shares: Sequence[Share]
    told: Due


def _accounts(
    connection: Connection,
    schemes: Mapping[str, Scheme],
    settings: ClientInvoiceSettings,
    client: int | None,
    until: date | None,
    *,
    everything: bool = False,
) -> Iterator[_Account]:
    shares = _shares(connection, schemes, settings, client, until)
    for (provider, key), group in groupby(shares, key=lambda share: (share.provider, share.client)):
        mine = list(group)
        party = parties.get_party(connection, id=key)
        if party is None:  # the foreign key does not let it happen
            continue
        amount = sum(share.amount for share in mine)
        sender = settings.sender(provider)
        why = _why_not(party, sender, provider, amount, settings, everything=everything)
        yield _Account(party, sender, mine, Due(provider, party.number, len({one.item for one in mine}), amount, why))


def _why_not(
    party: Party,
    sender: ClientSender | None,
    provider: str,
    amount: Cents,
    settings: ClientInvoiceSettings,
    *,
    everything: bool,
) -> str:
    if amount == 0:
        return "nothing is left to pay: what came on and what went off are the same"
    least = settings.minimum if amount > 0 else settings.minimum_credit
    if not everything and abs(amount) < least * 100:
        return f"below the minimum of {least} euros: it is collected with what comes later"
    if sender is None:
        return f"billhook.toml has no sender for the provider {provider}: add [[{SECTION}.senders]]"
    if not (party.address.street and party.address.city):
        return "the client's master record has no postal address"
    return ""


def _shares(
    connection: Connection,
    schemes: Mapping[str, Scheme],
    settings: ClientInvoiceSettings,
    client: int | None,
    until: date | None,
) -> Iterator[Share]:
    """What was not invoiced, streamed by provider, client and day of service."""
    item, line = tables.item, tables.client_invoice_line
    held = sa.select(line.c.item_id, line.c.kind, sa.func.sum(line.c.amount).label("amount"))
    held = held.group_by(line.c.item_id, line.c.kind)
    if client is not None:
        mine = sa.select(item.c.id).where(item.c.client_id == client)
        held = held.where(line.c.item_id.in_(mine))
    holds = held.subquery()
    counts = _counts(schemes)
    parts = []
    for kind in settings.kinds:
        owed = sa.case((counts, item.c[kind.value]), else_=0) - sa.func.coalesce(holds.c.amount, 0)
        part = (
            sa.select(
                item.c.provider, item.c.client_id, item.c.service_from, item.c.id, sa.literal(kind.value).label("kind"),
                owed.label("amount"),
            )
            .outerjoin(holds, sa.and_(holds.c.item_id == item.c.id, holds.c.kind == kind.value))
            .where(item.c.client_id.is_not(None), sa.or_(item.c[kind.value] != 0, holds.c.amount.is_not(None)), owed != 0)
        )  # fmt: skip
        if client is not None:
            part = part.where(item.c.client_id == client)
        if until is not None:
            part = part.where(item.c.service_from <= date_text(until))
        parts.append(part)
    if not parts:
        return
    every = sa.union_all(*parts).subquery()
    order = (every.c.provider, every.c.client_id, every.c.service_from, every.c.id, every.c.kind)
    for row in stream(connection, sa.select(every).order_by(*order)):
        yield Share(row.provider, row.client_id, row.id, SplitKind(row.kind), int(row.amount))


def _counts(schemes: Mapping[str, Scheme]) -> sa.ColumnElement[bool]:
    """Whether the client owes what the item says: it left, nothing replaced it, and its kind does not waive it."""
    item, follower = tables.item, tables.item.alias("follower")
    states = [state.value for state in _OWED_STATES]
    waives = _of_kinds(item, schemes, ClientShare.WAIVES)
    adds = _of_kinds(follower, schemes, ClientShare.ADDS)
    taken_over = follower.c.state.in_([state.value for state in _REPLACING_STATES])
    replaced = sa.exists().where(follower.c.corrects == item.c.id, taken_over, sa.not_(adds))
    return sa.and_(item.c.state.in_(states), sa.not_(waives), sa.not_(replaced))


def _of_kinds(table: sa.FromClause, schemes: Mapping[str, Scheme], what: ClientShare) -> sa.ColumnElement[bool]:
    wanted = [
        sa.and_(table.c.scheme == key, table.c.kind.in_(sorted(kinds)))
        for key, scheme in sorted(schemes.items())
        if (kinds := [kind for kind, share in _client_shares(scheme).items() if share is what])
    ]
    return sa.or_(sa.false(), *wanted)


def _client_shares(scheme: object) -> Mapping[str, ClientShare]:
    return scheme.client_shares if isinstance(scheme, SharesWithClients) else {}


# --- Making invoices ------------------------------------------------------------------------------------------------


def invoice(
    workspace: Workspace,
    *,
    client: str | None = None,
    until: date | None = None,
    everything: bool = False,
    dry_run: bool = False,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Invoiced:
    """Make an invoice for each client who owes the minimum, and draw what was not drawn yet.

    Args:
        workspace: where.
        client: only this client, by the provider's own number.
        until: only services up to this day.
        everything: also what is below the minimum, for a client who leaves or at the end of a year.
        dry_run: only say what would be made.
        now: the moment, for tests.
        actor: who bills.
        wait: seconds to wait for whoever else changes items.

    Raises:
        UnknownThing: there is no such client.
        billhook.store.ConfigError: the settings are wrong.
    """
    settings = settings_of(workspace)
    when, who = moment(now), actor or journal.current_actor()
    day = when.astimezone(ZoneInfo(settings.time_zone)).date()
    result = Invoiced(dry_run=dry_run)
    with workspace.database.exclusive(ITEMS_LOCK, wait):
        with workspace.database.write() as connection:
            party = _party(connection, client)
            ready: list[_Account] = []
            for account in _accounts(connection, workspace.schemes, settings, party, until, everything=everything):
                if account.told.why:
                    result.waiting.append(account.told)
                else:
                    ready.append(account)
            result.without_client = _without_client(connection, workspace.schemes, settings) if party is None else 0
            drafts = [_Draft(account, settings, day) for account in ready]
            if dry_run:
                result.invoices += [draft.as_it_would_be() for draft in drafts]
            else:
                made = _fix(connection, drafts, settings, when, who)
                result.invoices += _read(connection, tables.client_invoice.c.id.in_(made)) if made else []
        if not dry_run:
            result.files += draw_missing(workspace)
    return result


def _without_client(connection: Connection, schemes: Mapping[str, Scheme], settings: ClientInvoiceSettings) -> int:
    """How many items have a share that nobody can be asked for, because they name no client."""
    item = tables.item
    any_share = sa.or_(sa.false(), *(item.c[kind.value] != 0 for kind in settings.kinds))
    statement = sa.select(sa.func.count()).where(item.c.client_id.is_(None), any_share, _counts(schemes))
    return int(connection.scalar(statement) or 0)


class _Draft:
    """An invoice before it has a number: what will stand on it."""

    def __init__(self, account: _Account, settings: ClientInvoiceSettings, day: date, cancels: str = "") -> None:
        self.account = account
        self.settings = settings
        self.day = day
        self.cancels = cancels
        self.amount = sum(share.amount for share in account.shares)
        self.due = day + timedelta(days=settings.days_to_pay) if self.amount > 0 and not cancels else None

    def as_it_would_be(self) -> ClientInvoice:
        """For a dry run: without a number."""
        told = self.account.told
        return ClientInvoice("", told.provider, told.client, self.day, self.due, self.amount, 0, self.amount)

    def content(self, connection: Connection, number: str) -> dict[str, Any]:
        """All that stands on the paper."""
        party, sender = self.account.party, self.account.sender
        lines = list(_lines(connection, self.account.shares))
        return {
            "number": number,
            "date": date_text(self.day),
            "due": date_text(self.due),
            "language": self.settings.language,
            "sender": {} if sender is None else sender.model_dump(mode="json"),
            "client": {
                "number": party.number,
                "name": f"{party.given_name} {party.family_name}".strip(),
                "street": party.address.street,
                "place": f"{party.address.postal_code} {party.address.city}".strip(),
                "country": party.address.country,
            },
            "cancels": self.cancels,
            "lines": lines,
            "amount": self.amount,
        }


def _lines(connection: Connection, shares: Sequence[Share]) -> Iterator[dict[str, Any]]:
    item = tables.item
    keys = sorted({share.item for share in shares})
    columns = (item.c.id, item.c.service_from, item.c.voucher, item.c.code, item.c.vat_rate, item.c.body)
    found = {
        row.id: row
        for start in range(0, len(keys), 500)
        for row in connection.execute(sa.select(*columns).where(item.c.id.in_(keys[start : start + 500])))
    }
    for share in shares:
        row = found[share.item]
        yield {
            "day": row.service_from,
            "voucher": row.voucher,
            "code": row.code,
            "text": str(read_json(row.body).get("text") or ""),
            "kind": share.kind.value,
            "vat_rate": row.vat_rate if share.kind is SplitKind.SURCHARGE else None,
            "amount": share.amount,
        }


def _fix(
    connection: Connection,
    drafts: Sequence[_Draft],
    settings: ClientInvoiceSettings,
    when: datetime,
    who: str,
    cancelled: int | None = None,
) -> list[int]:
    """Number the drafts and keep them with their lines: the ids."""
    numbers = iter(draw(connection, Series("client_invoice"), len(drafts)))
    ids = list(next_ids(connection, "client_invoice", len(drafts)))
    for key, draft in zip(ids, drafts, strict=True):
        number = settings.number.format(n=next(numbers), year=draft.day.year)
        connection.execute(
            tables.client_invoice.insert().values(
                id=key,
                provider=draft.account.told.provider,
                client_id=draft.account.party.id,
                number=number,
                date=date_text(draft.day),
                due=date_text(draft.due),
                amount=draft.amount,
                cancels=cancelled,
                content=json_text(draft.content(connection, number)),
                sha256=None,
                made=moment_text(when),
                actor=who,
            )
        )
        shares = draft.account.shares
        rows = (
            (line, key, share.item, share.kind.value, share.amount)
            for line, share in zip(next_ids(connection, "client_invoice_line", len(shares)), shares, strict=True)
        )
        bulk_insert(connection, tables.client_invoice_line, ("id", "invoice_id", "item_id", "kind", "amount"), rows)
        payload = {"number": number, "amount": draft.amount, "lines": len(shares), "cancels": cancelled}
        journal.append(connection, "client.invoiced", f"client_invoice:{key}", payload, actor=who)
    return ids


def draw_missing(workspace: Workspace) -> list[Path]:
    """Draw every invoice that has no PDF yet, keep it in the archive and lay it into the out folder: where they are.

    What is drawn comes from what was fixed alone: drawing again gives the same bytes.
    """
    table = tables.client_invoice
    with workspace.database.read() as connection:
        rows = connection.execute(
            sa.select(table.c.id, table.c.number, table.c.content).where(table.c.sha256.is_(None)).order_by(table.c.id)
        ).all()
    if not rows:
        return []
    from billhook.billing.client_papers import draw_invoice  # noqa: PLC0415  # reportlab: see billhook.paper

    done = []
    for row in rows:
        kept = workspace.archive.store(draw_invoice(read_json(row.content)))
        done.append(workspace.archive.deliver(kept.sha256, workspace.out_dir / FOLDER, f"{row.number}.pdf"))
        with workspace.database.write() as connection:
            connection.execute(table.update().where(table.c.id == row.id).values(sha256=kept.sha256))
    return done


# --- Afterwards -----------------------------------------------------------------------------------------------------


def cancel(
    workspace: Workspace,
    number: str,
    reason: str,
    *,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Invoiced:
    """Take an invoice back: a cancellation with a number of its own. What stood on it is owed again, to be invoiced anew.

    Raises:
        UnknownThing: there is no such invoice.
        ClientInvoiceProblem: it was cancelled before, is a cancellation itself, or no reason is given.
    """
    if not reason.strip():
        raise ClientInvoiceProblem(words("say why it is cancelled: the journal keeps the reason"))
    settings = settings_of(workspace)
    when, who = moment(now), actor or journal.current_actor()
    day = when.astimezone(ZoneInfo(settings.time_zone)).date()
    with workspace.database.exclusive(ITEMS_LOCK, wait):
        with workspace.database.write() as connection:
            row = _invoice_row(connection, number)
            table, line = tables.client_invoice, tables.client_invoice_line
            before = connection.scalar(sa.select(table.c.number).where(table.c.cancels == row.id))
            if before is not None or row.cancels is not None:
                why = "it is a cancellation itself" if before is None else f"{before} cancelled it before"
                message = words("invoice {number} cannot be cancelled: {why}", number=number, why=why)
                raise ClientInvoiceProblem(message)
            shares = [
                Share(row.provider, row.client_id, held.item_id, SplitKind(held.kind), -held.amount)
                for held in connection.execute(sa.select(line).where(line.c.invoice_id == row.id).order_by(line.c.id))
            ]
            party = parties.get_party(connection, id=row.client_id)
            if party is None:  # the foreign key does not let it happen
                raise UnknownThing(number)
            told = Due(row.provider, party.number, len({share.item for share in shares}), -row.amount)
            account = _Account(party, settings.sender(row.provider), shares, told)
            made = _fix(connection, [_Draft(account, settings, day, number)], settings, when, who, row.id)
            journal.append(
                connection, "client.cancelled", f"client_invoice:{row.id}", {"reason": reason.strip()}, actor=who
            )
            found = _read(connection, table.c.id.in_(made))
        return Invoiced(invoices=found, files=draw_missing(workspace))


def pay(
    workspace: Workspace,
    number: str,
    amount: Cents,
    booked: date,
    *,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> ClientInvoice:
    """Note what a client paid (negative: what the client was paid back), in cents; the invoice as it stands then.

    Raises:
        UnknownThing: there is no such invoice.
        ClientInvoiceProblem: the same payment is noted already, or it is none.
    """
    if amount == 0:
        raise ClientInvoiceProblem(words("a payment of nothing is none"))
    who = actor or journal.current_actor()
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        row = _invoice_row(connection, number)
        table = tables.client_payment
        same = sa.select(table.c.id).where(
            table.c.invoice_id == row.id, table.c.booked == date_text(booked), table.c.amount == amount
        )
        if connection.execute(same).first() is not None:
            message = words(
                "a payment of this amount for {number} is noted on {booked} already", number=number, booked=booked
            )
            raise ClientInvoiceProblem(message)
        key = next_ids(connection, "client_payment", 1)[0]
        values = {"id": key, "invoice_id": row.id, "amount": amount, "booked": date_text(booked)}
        connection.execute(table.insert().values(**values, actor=who, made=moment_text(moment(now))))
        payload = {"amount": amount, "booked": date_text(booked)}
        journal.append(connection, "client.paid", f"client_invoice:{row.id}", payload, actor=who)
        return _read(connection, tables.client_invoice.c.id == row.id)[0]


def invoices(
    workspace: Workspace, *, client: str | None = None, only_open: bool = False, overdue_on: date | None = None
) -> list[ClientInvoice]:
    """The invoices by number of making, the newest last; with `overdue_on` those that should have been paid by that day."""
    table = tables.client_invoice
    with workspace.database.read() as connection:
        party = _party(connection, client)
        found = _read(connection, sa.true() if party is None else table.c.client_id == party)
    if only_open or overdue_on is not None:
        found = [one for one in found if one.open != 0]
    if overdue_on is not None:
        found = [one for one in found if one.due is not None and one.due < overdue_on]
    return found


def set_address(
    workspace: Workspace,
    client: str,
    address: Address,
    *,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Party:
    """Write where a client is reached by post into the master record. What was invoiced stays as it was.

    Raises:
        UnknownThing: there is no such client.
    """
    who = actor or journal.current_actor()
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        _party(connection, client)
        party = parties.get_party(connection, number=client)
        if party is None:  # `_party` has just found it
            raise UnknownThing(client)
        saved = parties.save_party(connection, replace(party, address=address))
        journal.append(connection, "client.moved", f"party:{party.id}", {}, actor=who)
        return saved


def content_of(workspace: Workspace, number: str) -> dict[str, Any]:
    """All that stands on an invoice, as it was fixed. Raises UnknownThing."""
    with workspace.database.read() as connection:
        return dict(read_json(_invoice_row(connection, number).content))


def _read(connection: Connection, *where: sa.ColumnElement[bool]) -> list[ClientInvoice]:
    table, party, other = tables.client_invoice, tables.party, tables.client_invoice.alias("other")
    rows = connection.execute(
        sa.select(table, party.c.number.label("client"))
        .join(party, party.c.id == table.c.client_id)
        .where(*where)
        .order_by(table.c.id)
    ).all()
    wanted = sa.select(table.c.id).where(*where)
    payment = tables.client_payment
    paid: dict[int, int] = defaultdict(int)
    for row in connection.execute(
        sa.select(payment.c.invoice_id, sa.func.sum(payment.c.amount).label("amount"))
        .where(payment.c.invoice_id.in_(wanted))
        .group_by(payment.c.invoice_id)
    ):
        paid[row.invoice_id] = int(row.amount)
    cancelled = dict(
        _pairs(connection.execute(sa.select(other.c.cancels, other.c.number).where(other.c.cancels.in_(wanted))))
    )
    names = dict(
        _pairs(
            connection.execute(
                sa.select(other.c.id, other.c.number).where(
                    other.c.id.in_(sa.select(table.c.cancels).where(*where, table.c.cancels.is_not(None)))
                )
            )
        )
    )
    return [_invoice(row, paid[row.id], cancelled.get(row.id, ""), names.get(row.cancels, "")) for row in rows]


def _pairs(rows: Iterable[Any]) -> Iterator[tuple[int, str]]:
    for row in rows:
        yield row[0], row[1]


def _invoice(row: Any, paid: Cents, cancelled_by: str, cancels: str) -> ClientInvoice:  # a row of `client_invoice`
    # A cancelled invoice is owed no longer; what was paid for it is to be paid back. Its cancellation owes nothing itself.
    owed = 0 if cancelled_by or cancels else row.amount
    day = read_date(row.date) or date.min
    return ClientInvoice(
        row.number,
        row.provider,
        row.client,
        day,
        read_date(row.due),
        row.amount,
        paid,
        owed - paid,
        cancels,
        cancelled_by,
    )


def _invoice_row(connection: Connection, number: str) -> Any:  # a row of `client_invoice`
    table = tables.client_invoice
    row = connection.execute(sa.select(table).where(table.c.number == number)).one_or_none()
    if row is None:
        message = words("there is no client invoice {number!r}", number=number)
        raise UnknownThing(message)
    return row


def _party(connection: Connection, number: str | None) -> int | None:
    if number is None:
        return None
    party = parties.get_party(connection, number=number)
    if party is None:
        message = words("there is no client {number!r}", number=number)
        raise UnknownThing(message)
    return party.id


def contained_vat(lines: Sequence[Mapping[str, Any]]) -> dict[Decimal, Cents]:
    """Rate → the VAT that the lines with it contain, rounded once a rate. Only surcharges carry one: copayment and own share
    are part of the price that the payer's invoice states with its VAT.
    """
    sums: dict[Decimal, int] = defaultdict(int)
    for line in lines:
        if line["vat_rate"]:
            sums[Decimal(line["vat_rate"])] += line["amount"]
    return {rate: _vat_within(gross, rate) for rate, gross in sorted(sums.items())}


def _vat_within(gross: Cents, rate: Decimal) -> Cents:
    part = Decimal(gross) * rate / (100 + rate)
    return int(part.quantize(Decimal(1), rounding="ROUND_HALF_UP"))
