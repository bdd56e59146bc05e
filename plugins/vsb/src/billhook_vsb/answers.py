"""What an answer says: every message as outcomes. Letters come from the message, unknown codes and zones are carried.

The message's number decides, never a figure in it: insurers compute percentages differently. What a settlement does not refuse is
accepted, whether the payer lists accepted records or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from billhook.model import Outcome, Verdict
from billhook.scheme import Context, Inbound
from billhook.words import words
from billhook_vsb.batching import REFERENCE, SENDING, reference_number
from billhook_vsb.layouts import PERFORMANCES
from billhook_vsb.messages import (
    ACCEPTED,
    INVOICES,
    RECEIPT,
    REFUSED,
    SETTLEMENT,
    UNREADABLE,
    Message,
    Record,
    read_message,
)
from billhook_vsb.settings import Settings

REFUSING = ("B", "F", "R")
"""Letters that refuse. S and E are carried and decide nothing."""


def read(inbound: Inbound, ctx: Context) -> Iterator[Outcome]:
    """The outcomes of an answer; none for what is no answer."""
    message = read_message(inbound.content)
    yield from outcomes(message, ctx)


def outcomes(message: Message, ctx: Context) -> Iterator[Outcome]:
    """The outcomes of a message that was read."""
    numbers = _numbers(message)
    due = ctx.today + timedelta(weeks=cast(Settings, ctx.settings).profile_of(None).payment_weeks)
    match message.kind:
        case str(kind) if kind == RECEIPT:
            yield Outcome(Verdict.RECEIVED, message.reference, codes=(kind,), numbers=numbers, due=due)
        case str(kind) if kind == UNREADABLE:
            faults = tuple(f"{fault.segment}:{fault.zone}={fault.code}" for fault in message.segment_faults)
            yield Outcome(Verdict.REJECTED, message.reference, codes=(kind, *faults), numbers=numbers)
        case str(kind) if kind == REFUSED:
            yield from _records(message, numbers)
            text = words(
                "{percent} %, type of refusal {type}", percent=message.error_percent, type=message.refusal_type
            )
            yield Outcome(Verdict.REJECTED, message.reference, codes=(kind, *message.codes), text=text, numbers=numbers)
        case str(kind) if kind == ACCEPTED:
            yield from _records(message, numbers)
            yield Outcome(Verdict.ACCEPTED, message.reference, codes=(kind, *message.codes), numbers=numbers, due=due)
        case str(kind) if kind == SETTLEMENT:
            yield from _records(message, numbers)
            yield from _settled(message, numbers)
        case str(kind) if kind != INVOICES:
            yield Outcome(Verdict.UNKNOWN, message.reference, codes=(kind,), numbers=numbers)


def _numbers(message: Message) -> dict[str, int]:
    """The running numbers of the file that is answered: its reference, and where it is repeated its sending number."""
    found = {}
    own = reference_number(message.reference)
    if own is not None:
        found[REFERENCE] = own
    if message.sending.isdecimal() and int(message.sending):
        found[SENDING] = int(message.sending)
    return found


def _records(message: Message, numbers: dict[str, int]) -> Iterator[Outcome]:
    """What the records say: refused invoices, refused and reduced items, and items that are named as accepted."""
    final = message.kind == SETTLEMENT
    invoice: Record | None = None
    pending: dict[str, Outcome] = {}
    refused_invoice: list[str] = []
    for record in message.records:
        if record.kind == "20":
            invoice, pending, refused_invoice = record, {}, []
        codes = tuple(f"{fault.letter}{fault.code}" for fault in record.faults())
        number = invoice.text("zone_24") if invoice is not None else record.text("zone_24")
        document = number.lstrip("0")
        if record.kind in ("20", "80"):
            refused_invoice += [code for code in codes if code[0] in REFUSING]
        if record.kind in PERFORMANCES:
            said = _performance(record, codes, message.reference, document, numbers, final=final)
            if said is not None:
                pending[said.item] = _worse(pending.get(said.item), said)
        elif record.kind in ("51", "52") and pending:
            # A companion belongs to the performance before it; alone it refuses nothing of ours.
            last = next(reversed(pending.values()))
            pending[last.item] = Outcome(
                last.verdict,
                last.exchange,
                last.document,
                last.item,
                last.amount,
                (*last.codes, *codes),
                last.text,
                last.numbers,
            )
        if record.kind == "80" or (record.kind == "90" and pending):
            yield from pending.values()
            if refused_invoice:
                yield Outcome(
                    Verdict.REJECTED,
                    message.reference,
                    document,
                    codes=tuple(refused_invoice),
                    text=record.comment,
                    numbers=numbers,
                )
            pending, refused_invoice = {}, []


def _performance(
    record: Record, codes: tuple[str, ...], exchange: str, document: str, numbers: dict[str, int], *, final: bool
) -> Outcome | None:
    item, asked = record.text("zone_28"), record.cents("zone_19")
    refused = any(code[0] in REFUSING for code in codes)
    if refused:
        return Outcome(Verdict.REJECTED, exchange, document, item, 0, codes, record.comment, numbers)
    granted = record.accepted
    if final and granted is not None and not codes:
        # A settlement that names an accepted record with less than was asked has reduced it.
        verdict = Verdict.REDUCED if abs(granted) < abs(asked) else Verdict.ACCEPTED
        return Outcome(verdict, exchange, document, item, granted, (), record.comment, numbers)
    if codes:
        verdict = Verdict.REDUCED if final and granted and abs(granted) < abs(asked) else Verdict.UNKNOWN
        return Outcome(verdict, exchange, document, item, granted if final else None, codes, record.comment, numbers)
    return None


_RANK = {Verdict.REJECTED: 3, Verdict.REDUCED: 2, Verdict.UNKNOWN: 1, Verdict.ACCEPTED: 0}


def _worse(one: Outcome | None, other: Outcome) -> Outcome:
    """An item may have two records (a day and its personal share): the worse word holds, amounts add up."""
    if one is None:
        return other
    worse = max((one, other), key=lambda outcome: _RANK[outcome.verdict])
    amounts = [each.amount for each in (one, other) if each.amount is not None]
    amount = 0 if worse.verdict is Verdict.REJECTED else sum(amounts) if amounts else None
    return Outcome(
        worse.verdict,
        one.exchange,
        one.document,
        one.item,
        amount,
        (*one.codes, *other.codes),
        one.text or other.text,
        one.numbers,
    )


_ACCOUNTS = (("zone_423", "zone_411"), ("zone_424", "zone_415"), ("zone_428", "zone_426"))
"""Payment reference and accepted amount of the accounts A, B and C (record 91)."""


def _transfers(total: Record) -> Iterator[tuple[str, int]]:
    """The transfers that a care fund announces: one a reference, over all accounts where it gives only that of account A."""
    told = [(total.text(reference).strip(), total.cents(amount) or 0) for reference, amount in _ACCOUNTS]
    if not any(reference for reference, _ in told[1:]):
        yield told[0][0], total.cents("zone_419") or 0
        return
    yield from ((reference, amount) for reference, amount in told if reference or amount)


def _settled(message: Message, numbers: dict[str, int]) -> Iterator[Outcome]:
    """The payments that are promised, one a care fund and account, and the end of the exchange."""
    for total in message.totals:
        if total.kind != "91":
            continue
        payer = total.text("zone_401")
        for reference, amount in _transfers(total):
            yield Outcome(
                Verdict.PAID, message.reference, amount=amount, codes=(f"fund {payer}",),
                text=words("payment promised"), numbers=numbers, reference=reference, payer=payer,
            )  # fmt: skip
    yield Outcome(
        Verdict.ACCEPTED, message.reference, amount=message.amounts("accepted"), codes=(message.kind, *message.codes),
        numbers=numbers, final=True,
    )  # fmt: skip
