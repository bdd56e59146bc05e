"""A batch as billing file (Abrechnungsdatei) and order file (Auftragsdatei), byte by byte and streamed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Any, cast

from billhook.model import Totals
from billhook.scheme import Artifact, Batch, CollectiveView, Context, DocumentView
from billhook.wire.fixed import encode_record
from billhook.wire.interchange import BodySegment, InterchangeWriter
from billhook.wire.problems import Problem
from billhook_p302 import layouts, vouchers
from billhook_p302.batching import (
    INTERCHANGE,
    TRANSFER,
    DocumentKey,
    FileKey,
    logical_name,
    physical_name,
    procedure,
)
from billhook_p302.codes.billing import SUM_STATUS
from billhook_p302.codes.prescription import status_bucket
from billhook_p302.corrections import COPAYMENT_CLAIM, CORRECTION, is_deduction
from billhook_p302.groups import GROUPS
from billhook_p302.groups.structure import Terms
from billhook_p302.settings import Contact, Provider, Receiver, Settings

_log = logging.getLogger(__name__)


def render(batch: Batch, ctx: Context) -> Iterator[Artifact]:
    """The billing file, then the order file that tells its size."""
    settings = cast(Settings, ctx.settings)
    key = FileKey(*batch.key)
    name = physical_name(key, batch.numbers[TRANSFER])
    yield Artifact(name, "data", "application/edifact", _billing_file(batch, key, settings))
    yield Artifact(f"{name}.AUF", "order", "application/octet-stream", [_order(batch, key)])


def _billing_file(batch: Batch, key: FileKey, settings: Settings) -> Iterator[bytes]:
    made = batch.created.replace(tzinfo=None)
    header = {
        "sender_ik": key.sender,
        "receiver_ik": key.data_centre,
        "created_on": made.date(),
        "created_at": made.time(),
        "interchange_reference": batch.numbers[INTERCHANGE],
        "service_area": key.group,
        "file_name": logical_name(key, made),
        "test_indicator": key.test_indicator,
    }
    version = int(key.version)
    writer = InterchangeWriter(layouts.SERVICE, header, version=version, charset=key.charset, report=_replaced)
    yield from writer.open()
    for collective in batch.collectives():
        if collective.key:
            yield from writer.message(_head("SLGA", version), _collective(collective, batch, key, settings))
        for document in collective.documents():
            invoice = _Invoice(document, key, settings)
            yield from writer.message(_head("SLGA", version), invoice.totals())
            yield from writer.message(_head("SLLA", version), invoice.claims())
    yield from writer.close()


def _replaced(problem: Problem) -> None:
    # The check has warned of every replaced character; the log only says where.
    _log.info("%s", problem)


def _head(kind: str, version: int) -> dict[str, object]:
    return {"message_type": kind, "message_version": version}


class _Invoice:
    """One invoice (Gesamtrechnung) as its two messages."""

    def __init__(self, document: DocumentView, key: FileKey, settings: Settings) -> None:
        self.document = document
        self.parties = DocumentKey(*document.key)
        self.key = key
        self.settings = settings
        provider = settings.provider(self.parties.provider)
        if provider is None:
            message = f"provider {self.parties.provider} is no longer in the settings"
            raise LookupError(message)
        self.provider: Provider = provider
        self.receiver: Receiver = settings.receiver(key.data_centre, self.parties.payer)

    @property
    def iks(self) -> dict[str, object]:
        """What both FKT say."""
        return {
            "processing_kind": self.key.mark,
            "provider_ik": self.parties.provider,
            "payer_ik": self.parties.payer,
            "card_ik": self.parties.card,
        }

    @property
    def record(self) -> dict[str, object]:
        """REC, the same in both messages."""
        return _record(self.document.number, self.document.ordinal, self.document.date, self.key)

    def totals(self) -> Iterator[BodySegment]:
        """SLGA: the sums."""
        yield layouts.SLGA_FKT, {**self.iks, "sender_ik": self.key.sender}
        yield layouts.SLGA_REC, self.record
        provider = self.provider
        if provider.tax_number:
            exempt = "J" if provider.vat_exempt else None
            yield layouts.SLGA_UST, {"tax_number": provider.tax_number, "vat_exempt": exempt}
        yield from _discounts(provider)
        taken_off = _deducted([self.document], self.key)
        yield from _sums(self.document.totals, dict(self.document.subtotals), self.key.mark, taken_off)
        yield layouts.SLGA_NAM, _name(provider, self.receiver.contact)

    def claims(self) -> Iterator[BodySegment]:
        """SLLA: the vouchers."""
        biller = self.settings.biller_ik if self.key.invoice_kind == "3" else None
        yield layouts.SLLA_FKT, {**self.iks, "biller_ik": biller}
        yield layouts.SLLA_REC, self.record
        terms = Terms(
            self.provider,
            self.receiver,
            self.settings,
            int(self.key.version),
            GROUPS[self.key.group],
            self.key.mark,
        )
        for _, lines in groupby(self.document.items(), key=lambda item: item.voucher):
            for row in vouchers.segments(list(lines), terms):
                yield row.layout, row.values


def _collective(collective: CollectiveView, batch: Batch, key: FileKey, settings: Settings) -> Iterator[BodySegment]:
    """SLGA of a collective invoice (Sammelrechnung); with collection it is the billing office's own."""
    payer = collective.key[-1]
    provider = None if key.invoice_kind == "3" else settings.provider(collective.key[0])
    receiver = settings.receiver(key.data_centre, payer)
    yield (
        layouts.SLGA_FKT,
        {
            "processing_kind": key.mark,
            "collective": "J",
            "provider_ik": settings.biller_ik if provider is None else provider.ik,
            "payer_ik": payer,
            "sender_ik": key.sender,
        },
    )
    yield layouts.SLGA_REC, _record(collective.number, 0, batch.created.date(), key)
    if provider is not None:
        yield from _discounts(provider)
    taken_off = _deducted(collective.documents(), key)
    yield from _sums(collective.totals, dict(collective.subtotals), key.mark, taken_off)
    yield layouts.SLGA_NAM, _name(provider or settings.biller_name, receiver.contact)


def _record(number: str, ordinal: int, day: date, key: FileKey) -> dict[str, object]:
    return {
        "collective_invoice_number": number,
        "single_invoice_number": str(ordinal),
        "invoice_date": day,
        "invoice_kind": key.invoice_kind,
    }


def _discounts(provider: Provider) -> Iterable[BodySegment]:
    return [
        (layouts.SLGA_SKO, {"discount_percent": discount.percent, "days": discount.days})
        for discount in provider.discounts
    ]


def _deducted(documents: Iterable[DocumentView], key: FileKey) -> Mapping[str, int]:
    """Flat deductions of corrections in cents, by status and (00) in all. Nothing is walked where there can be none."""
    found: Counter[str] = Counter()
    if key.mark == CORRECTION and GROUPS[key.group].deducts:
        for document in documents:
            for item in document.items():
                if is_deduction(item):
                    found[status_bucket(item.client.insurance_status)] -= item.gross
    found["00"] = sum(found.values())
    return found


def _sums(
    totals: Totals, subtotals: dict[str, Totals], mark: str, taken_off: Mapping[str, int]
) -> Iterator[BodySegment]:
    """GES: status 00 first, then each status that occurs, in the order of key 8.1.6.

    A flat deduction is billed as a line of its own; here it is no part of the gross, but of what is deducted from it.
    Where copayments are claimed the positions are no claim: their gross is 0, and what is billed are the copayments (TA1
    V21 5.5.2 GES).
    """
    for status in SUM_STATUS:
        sums = totals if status.value == "00" else subtotals.get(status.value)
        if sums is not None:
            claims = mark == COPAYMENT_CLAIM
            flat = taken_off.get(status.value, 0)
            yield (
                layouts.SLGA_GES,
                {
                    "status": status.value,
                    "invoice_total": sums.billed,
                    "gross_total": 0 if claims else sums.gross + flat,
                    "deduction_total": (sums.billed if claims else sums.copayment + sums.own_share + flat) or None,
                },
            )


def _name(biller: Provider | str, contact: Contact) -> dict[str, object]:
    """NAM: whose invoice it is, and whom to ask. Settings make sure that name and phone fit where they share an
    element.
    """
    if isinstance(biller, str):
        name, more = biller, [contact.name, contact.phone]
    else:
        name, more = biller.name, [biller.name2, contact.name, contact.phone]
    more = [each for each in more if each]
    if len(more) > 2:
        more = [more[0], f"{more[1]} {more[2]}"]
    return {
        "name": name,
        "name_2": more[0] if more else None,
        "name_3": more[1] if len(more) > 1 else None,
        "email": contact.email,
    }


def _order(batch: Batch, key: FileKey) -> bytes:
    """The order record. Sizes and crypto marks are of what was stored: not sealed, both sizes are the same."""
    data = next(stored for stored in batch.stored if stored.role == "data")
    made = batch.created.replace(tzinfo=None)
    # GGT Anlage 2, bytes 207 to 210: either both by PKCS #7 or neither.
    crypto = "00" if data.sealed_size is None else "03"
    values: dict[str, Any] = {
        "procedure": procedure(key),
        "transfer_number": batch.numbers[TRANSFER],
        "owner_ik": key.sender,
        "sender_ik": key.sender,
        "user_ik": key.data_centre,
        "receiver_ik": key.physical_receiver,
        "file_name": logical_name(key, made),
        "created_at": made,
        "sent_at": made,
        "plain_size": data.size,
        "sealed_size": data.size if data.sealed_size is None else data.sealed_size,
        "charset": key.charset,
        "encryption": crypto,
        "signature": crypto,
    }
    return encode_record(layouts.ORDER_RECORD, values)
