"""Reports: what is open by payer and month, what was cut and why, where advice and invoice differ, and how a pilot compares.

They only read. A line is named by its own number and the invoice, never by a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing import balancing
from billhook.model import ExchangeState, Verdict
from billhook.store import Workspace, tables
from billhook.store.encoding import read_date, read_json, split_key
from billhook_mass.batching import DocumentKey, FileKey
from billhook_mass.outbox import REJECTED, stage_of
from billhook_mass.rendering import PAPER
from billhook_mass.sheets import Cell, Cents, Sheet
from billhook_mass.tables import portal_event

SCHEME = "mass"


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice that left, and how it stands, in cents: billed = paid + open + deducted; disputed is a part of open.

    `owed`: there is a receivable. In a pilot there is none until the paper left.
    """

    document: int
    number: str
    day: date
    payer: str
    facility: str
    month: str
    phase: str
    kind: str
    billed: int
    paid: int = 0
    deducted: int = 0
    disputed: int = 0
    due: date | None = None
    owed: bool = False

    @property
    def open(self) -> int:
        """What is still to come."""
        return self.billed - self.paid - self.deducted if self.owed else 0


def invoices(connection: Connection, *, payer: str | None = None, month: str | None = None) -> list[Invoice]:
    """The invoices of the scheme, in the order in which they were made."""
    document, exchange = tables.document, tables.exchange
    rows = connection.execute(
        sa.select(document, exchange.c.file_key)
        .join(exchange, exchange.c.id == document.c.exchange_id)
        .where(exchange.c.scheme == SCHEME, exchange.c.state.not_in(["draft", ExchangeState.REFUSED.value]))
        .order_by(document.c.id)
    ).all()
    stands = {one.document: one for one in balancing.balances(connection)}
    found = []
    for row in rows:
        file, held = FileKey(*split_key(row.file_key)), DocumentKey(*split_key(row.document_key))
        if payer not in (None, file.payer) or month not in (None, held.month):
            continue
        one = Invoice(
            row.id, row.number, read_date(row.date) or date.min, file.payer, held.facility, held.month, file.phase, held.kind,
            row.billed,
        )  # fmt: skip
        if (stand := stands.get(row.id)) is not None:
            one = Invoice(
                one.document, one.number, one.day, one.payer, one.facility, one.month, one.phase, one.kind, stand.billed,
                stand.paid, stand.deducted, stand.disputed, stand.due, owed=True,
            )  # fmt: skip
        found.append(one)
    return found


@dataclass(slots=True)
class Line:
    """A line of an invoice, and what was said of it: by the advices that count, and by those of the pilot's file.

    `told` is what advices said was asked for, where it is not what was billed.
    """

    item: int
    number: str
    service: str
    invoice: Invoice
    billed: int
    state: str
    paid: int = 0
    cut: int = 0
    answered: bool = False
    trial_paid: int = 0
    trial_cut: int = 0
    trial: bool = False
    told: int | None = None
    codes: list[str] = field(default_factory=list)
    trial_codes: list[str] = field(default_factory=list)

    @property
    def rest(self) -> int:
        """What is neither paid nor cut."""
        return self.billed - self.paid - self.cut


def lines(connection: Connection, held: Sequence[Invoice]) -> list[Line]:
    """The lines of invoices with what was said of them; an answer that came twice counts once."""
    item, line, outcome = tables.item, tables.batch_line, tables.outcome
    by_document = {one.document: one for one in held}
    found: dict[int, Line] = {}
    for row in connection.execute(
        sa.select(
            item.c.id, item.c.number, item.c.code, item.c.state, line.c.document_id,
            (line.c.gross - line.c.copayment - line.c.own_share).label("billed"),
        )
        .join(line, line.c.item_id == item.c.id)
        .where(item.c.scheme == SCHEME, line.c.document_id.is_not(None))
        .order_by(line.c.document_id, line.c.order_key, item.c.id)
    ):  # fmt: skip
        invoice = by_document.get(row.document_id)
        if invoice is not None:
            found[row.id] = Line(row.id, row.number, row.code, invoice, row.billed, row.state)
    seen: dict[tuple[object, ...], dict[int, int]] = {}
    for row in connection.execute(sa.select(outcome).where(outcome.c.item_id.is_not(None)).order_by(outcome.c.id)):
        one = found.get(row.item_id)
        if one is not None and not _repeats(row, seen):
            _hear(one, row)
    for row in connection.execute(sa.select(tables.deduction).where(tables.deduction.c.item_id.is_not(None))):
        if (cut := found.get(row.item_id)) is not None:
            # What was granted after all is paid, or will be.
            cut.cut += row.amount - row.granted
    return list(found.values())


def _repeats(row: Any, seen: dict[tuple[object, ...], dict[int, int]]) -> bool:
    """True for the n-th statement of an advice that another advice made n times already, in the same words."""
    key = (row.item_id, row.verdict, row.amount, row.cut, row.day, row.reference, row.about)
    told = seen.setdefault(key, {})
    before = max((count for inbound, count in told.items() if inbound != row.inbound_id), default=0)
    told[row.inbound_id] = told.get(row.inbound_id, 0) + 1
    return told[row.inbound_id] <= before


def _hear(line: Line, row: Any) -> None:
    amount = (row.amount or 0) if row.verdict == Verdict.PAID.value else 0
    cut = row.cut or 0
    codes = [code for code in read_json(row.codes) if code]
    if row.about and line.invoice.phase == "pilot" and row.about != PAPER:
        line.trial = True
        line.trial_paid += amount
        line.trial_cut += cut
        line.trial_codes += codes
        return
    line.answered = True
    line.paid += amount
    line.codes += codes
    said = read_json(row.facts).get("billed") if row.facts else None
    if said is not None and int(said) != line.billed:
        line.told = int(said)


# --- The sheets -------------------------------------------------------------------------------------------------------


def open_sheet(workspace: Workspace, day: date, *, payer: str | None = None) -> Sheet:
    """What is open, by payer and month of service, and facility."""
    with workspace.database.read() as connection:
        found = invoices(connection, payer=payer)
    groups: dict[tuple[str, str, str], list[Invoice]] = {}
    for one in found:
        groups.setdefault((one.payer, one.month, one.facility), []).append(one)
    rows: list[list[Cell]] = []
    for key, some in sorted(groups.items()):
        owed = [one for one in some if one.owed]
        sums = [sum(getattr(one, name) for one in owed) for name in ("billed", "paid", "deducted", "disputed", "open")]
        waiting = sum(one.billed for one in some if not one.owed)
        rows.append([*key, len(some), *map(Cents, sums), Cents(waiting)])
    headings = ["payer", "month", "facility", "invoices", "billed", "paid", "deducted", "disputed", "open", "not sent"]
    return Sheet("Open by payer and month", day, headings, rows, headings[4:])


def cuts_sheet(workspace: Workspace, day: date, titles: Mapping[str, str], *, payer: str | None = None) -> Sheet:
    """What was cut and why: every deduction with the payer's codes and words. `titles` say what codes mean."""
    deduction, receivable, item = tables.deduction, tables.receivable, tables.item
    with workspace.database.read() as connection:
        held = {one.document: one for one in invoices(connection, payer=payer)}
        found = connection.execute(
            sa.select(deduction, receivable.c.document_id, item.c.number.label("item"), item.c.code.label("service"))
            .join(receivable, receivable.c.id == deduction.c.receivable_id)
            .outerjoin(item, item.c.id == deduction.c.item_id)
            .order_by(deduction.c.id)
        ).all()
    rows: list[list[Cell]] = []
    for row in found:
        invoice = held.get(row.document_id)
        if invoice is None:
            continue
        codes = list(read_json(row.codes))
        meant = "; ".join(titles.get(code, "unknown reason") for code in codes)
        state = (row.action or "closed") if row.closed else "open"
        rows.append([
            row.id, invoice.payer, invoice.month, invoice.facility, invoice.number, row.item or "", row.service or "",
            Cents(row.amount), Cents(row.granted), " ".join(codes), meant, row.text, row.reason, state,
        ])  # fmt: skip
    headings = [
        "deduction", "payer", "month", "facility", "invoice", "line", "service", "cut", "granted", "code", "meaning", "text",
        "reason", "state",
    ]  # fmt: skip
    return Sheet("Cuts and their reasons", day, headings, rows, ["cut", "granted"])


def reasons_sheet(workspace: Workspace, day: date, titles: Mapping[str, str]) -> Sheet:
    """The payer's reason codes as they came: how often, how much, what they mean, and the own reason they were mapped to."""
    deduction, receivable = tables.deduction, tables.receivable
    with workspace.database.read() as connection:
        held = {one.document for one in invoices(connection)}
        found = connection.execute(
            sa.select(deduction, receivable.c.document_id).join(
                receivable, receivable.c.id == deduction.c.receivable_id
            )
        ).all()
    groups: dict[str, list[Any]] = {}
    for row in found:
        if row.document_id in held:
            for code in read_json(row.codes) or [""]:
                groups.setdefault(code, []).append(row)
    rows: list[list[Cell]] = []
    for code, some in sorted(groups.items()):
        mapped = sorted({row.reason for row in some if row.reason})
        rows.append([
            code, titles.get(code, "unknown" if code else "no code"), ", ".join(mapped), len(some),
            sum(not row.closed for row in some), Cents(sum(row.amount for row in some)),
        ])  # fmt: skip
    return Sheet("Reasons of cuts", day, ["code", "meaning", "reason", "cuts", "open", "amount"], rows, ["amount"])


def differences_sheet(workspace: Workspace, day: date, *, tolerance: int = 0, payer: str | None = None) -> Sheet:
    """Difference items: lines of answered invoices whose billed amount is not paid plus cut, and rows that fit nothing."""
    with workspace.database.read() as connection:
        held = [one for one in invoices(connection, payer=payer) if one.owed]
        found = lines(connection, held)
        nowhere = list(_unmatched(connection)) if payer is None else []
    rows: list[list[Cell]] = []
    for line in found:
        why = _difference(line, tolerance) if line.answered else ""
        if why:
            rows.append(
                [
                    line.invoice.payer, line.invoice.month, line.invoice.number, line.number, line.service, Cents(line.billed),
                    Cents(line.paid), Cents(line.cut), Cents(line.rest), why,
                ]
            )  # fmt: skip
    rows += _of_whole_invoices(held, found, tolerance)
    rows += nowhere
    headings = ["payer", "month", "invoice", "line", "service", "billed", "paid", "cut", "difference", "why"]
    return Sheet("Differences between advice and invoice", day, headings, rows, ["difference"])


def _of_whole_invoices(held: Sequence[Invoice], found: Sequence[Line], tolerance: int) -> list[list[Cell]]:
    """Invoices that were paid by their number alone, and not what was asked for."""
    by_lines: dict[int, int] = {}
    for line in found:
        by_lines[line.invoice.document] = by_lines.get(line.invoice.document, 0) + line.paid
    rows: list[list[Cell]] = []
    for one in held:
        apart = one.paid - by_lines.get(one.document, 0)
        rest = one.open - one.disputed
        if apart and abs(rest) > tolerance:
            why = "paid in part, without a reason" if rest * one.billed > 0 else "paid more than was billed"
            rows.append(
                [
                    one.payer, one.month, one.number, "", "", Cents(one.billed), Cents(one.paid),
                    Cents(one.deducted + one.disputed), Cents(rest), why,
                ]
            )  # fmt: skip
    return rows


def _difference(line: Line, tolerance: int) -> str:
    if line.told is not None and abs(line.told - line.billed) > tolerance:
        said = line.told - line.billed
        return f"the advice says that {abs(said) / 100:.2f} EUR {'more' if said > 0 else 'less'} was asked for"
    if abs(line.rest) <= tolerance:
        return ""
    if line.rest * (1 if line.billed >= 0 else -1) > 0:
        return "paid in part, without a reason"
    return "paid more than was billed" if not line.cut else "paid and cut are more than was billed"


def _unmatched(connection: Connection) -> Iterator[list[Cell]]:
    outcome, inbound = tables.outcome, tables.inbound
    statement = (
        sa.select(outcome, inbound.c.name)
        .join(inbound, inbound.c.id == outcome.c.inbound_id)
        .where(inbound.c.scheme == SCHEME, outcome.c.facts.is_not(None), outcome.c.document_id.is_(None))
        .order_by(outcome.c.id)
    )
    for row in connection.execute(statement):
        if row.verdict == Verdict.ACCEPTED.value:
            continue
        facts = read_json(row.facts)
        amount = (row.amount or 0) if row.verdict == Verdict.PAID.value else 0
        yield [
            "", facts.get("month", ""), facts.get("invoice", ""), "", facts.get("service", ""),
            Cents(int(facts.get("billed", 0))), Cents(amount), Cents(row.cut or 0), Cents(-amount),
            f"matches nothing ({row.name}, {row.text})",
        ]  # fmt: skip


def pilot_sheet(workspace: Workspace, day: date, *, payer: str | None = None, month: str | None = None) -> Sheet:
    """Pilot comparison: each line of the pilot, what the paper got and what the file got, and where they differ.

    A file that the portal rejected as a whole got nothing, whatever the paper got.
    """
    with workspace.database.read() as connection:
        held = [one for one in invoices(connection, payer=payer, month=month) if one.phase == "pilot"]
        found = lines(connection, held)
        rejected = _rejected(connection)
    rows: list[list[Cell]] = [
        [
            line.invoice.payer, line.invoice.month, line.invoice.facility, line.invoice.number, line.number, line.service,
            Cents(line.billed), Cents(line.paid), Cents(line.cut), Cents(line.trial_paid), Cents(line.trial_cut),
            Cents(line.trial_paid - line.paid), _compared(line, rejected=line.invoice.document in rejected),
        ]
        for line in found
    ]  # fmt: skip
    headings = [
        "payer", "month", "facility", "invoice", "line", "service", "billed", "paper paid", "paper cut", "file paid", "file cut",
        "difference", "result",
    ]  # fmt: skip
    return Sheet("Pilot: paper and file", day, headings, rows, headings[6:12])


EQUAL = "equal"


def _rejected(connection: Connection) -> set[int]:
    """The invoices of the files of which the portal's last word was that it does not take them."""
    event, document = portal_event, tables.document
    said: dict[int, list[str]] = {}
    for row in connection.execute(sa.select(event.c.exchange_id, event.c.event).order_by(event.c.id)):
        said.setdefault(row.exchange_id, []).append(row.event)
    files = [exchange for exchange, events in said.items() if stage_of(events) == REJECTED]
    return set(connection.scalars(sa.select(document.c.id).where(document.c.exchange_id.in_(files))))


def _compared(line: Line, *, rejected: bool) -> str:
    if rejected and not line.trial:
        return "the portal rejected the file"
    match (line.answered, line.trial):
        case (False, False):
            return "no answer yet"
        case (True, False):
            return "only the paper was answered"
        case (False, True):
            return "only the file was answered"
    if (line.paid, line.cut) == (line.trial_paid, line.trial_cut):
        same = sorted(line.codes) == sorted(line.trial_codes)
        return (
            EQUAL if same else f"equal amounts, other reasons ({' '.join(line.codes)} / {' '.join(line.trial_codes)})"
        )
    return "other amounts"


def only_differences(sheet: Sheet) -> Sheet:
    """The rows of a pilot comparison that are not equal: the difference list."""
    rows = [row for row in sheet.rows if row[-1] != EQUAL]
    return Sheet(f"{sheet.title}: differences", sheet.day, sheet.headings, rows, sheet.amounts)
