"""What stands on the papers of a file, apart from how it is drawn.

The cover sheet is Anlage 4 to the Richtlinien (V2.0, from 01.12.2006): one per invoice (Gesamtrechnung). The sorting list
follows § 4 (2) of the Richtlinien: the originals (Urbelege) lie in the order in which the file has them. Everything comes
from what was fixed with the file; only names and addresses are those of the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import cast

from billhook.model import BillingItem, Totals
from billhook.scheme import Batch, CollectiveView, Context, DocumentView
from billhook_p302.batching import TRANSFER as TRANSFER_NUMBER
from billhook_p302.batching import DocumentKey, FileKey, physical_name
from billhook_p302.groups.parts import details_of, voucher_number
from billhook_p302.payers.model import Office
from billhook_p302.payers.routing import PayerDirectory, Route, RouteProblem
from billhook_p302.settings import Provider, Settings

BY_POST = "1"
"""Key 8.1.18: the originals of the case are sent by post."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody on a paper: IK, name in one or two lines, postal address in lines."""

    ik: str
    name: Sequence[str]
    address: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CoverSheet:
    """The cover sheet of one invoice (Anlage 4, "Inhalte des Begleitzettels für Urbelege" (1) and (2)).

    `number` is REC's element group as the file has it. `fund` is the insurer of the cards, `office` where the papers go (None:
    the payer files name none), `biller` whoever accounts and `provider` whose services they are where that is somebody else.
    `first` and `last` are the document numbers (Belegnummern) of the first and the last original that goes along.
    """

    file: str
    number: str
    date: date
    fund: Party
    office: Party | None
    biller: Party
    provider: Party | None
    vouchers: int
    originals: int
    first: str
    last: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Original:
    """A line of the sorting list: one voucher (Beleg) with its sums in cents. `enclosed`: its original goes by post."""

    number: str
    client: str
    birth_date: date | None
    prescribed_on: date | None
    lines: int
    gross: int
    client_share: int
    billed: int
    enclosed: bool


@dataclass(slots=True)
class InvoicePapers:
    """One invoice: its cover sheet, and its originals, which are streamed: each call of `originals` starts anew."""

    cover: CoverSheet
    _document: DocumentView = field(repr=False)
    _settings: Settings = field(repr=False)
    _key: FileKey = field(repr=False)

    def originals(self) -> Iterator[Original]:
        """The vouchers in the order of the file."""
        return _originals(self._document, self._settings, self._key)


def papers_of(batch: Batch, ctx: Context) -> Iterator[InvoicePapers]:
    """The papers of a file, invoice by invoice in the order of the file."""
    key = FileKey(*batch.key)
    name = physical_name(key, batch.numbers[TRANSFER_NUMBER])
    for collective in batch.collectives():
        yield from _of_collective(collective, key, name, ctx)


def _of_collective(collective: CollectiveView, key: FileKey, file: str, ctx: Context) -> Iterator[InvoicePapers]:
    settings, directory = cast(Settings, ctx.settings), cast(PayerDirectory, ctx.reference)
    for document in collective.documents():
        parties = DocumentKey(*document.key)
        provider = settings.provider(parties.provider)
        first = last = ""
        vouchers = enclosed = 0
        for original in _originals(document, settings, key):
            vouchers += 1
            if original.enclosed:
                enclosed += 1
                first, last = first or original.number, original.number
        whose = _provider(parties.provider, provider)
        by_office = key.invoice_kind != "1"
        cover = CoverSheet(
            file=file,
            number=f"{document.number}:{document.ordinal}",
            date=document.date,
            fund=_office(parties.card, directory, key.fund_kind, ctx),
            office=_paper_office(parties.card, provider, directory, key.fund_kind, ctx),
            biller=_billing_office(settings) if by_office else whose,
            provider=whose if by_office else None,
            vouchers=vouchers,
            originals=enclosed,
            first=first,
            last=last,
            totals=document.totals,
        )
        yield InvoicePapers(cover, document, settings, key)


def _originals(document: DocumentView, settings: Settings, key: FileKey) -> Iterator[Original]:
    receiver = settings.receiver(key.data_centre, DocumentKey(*document.key).payer)
    for number, group in groupby(document.items(), key=voucher_number):
        yield _original(number, list(group), receiver.document_info)


def _original(number: str, items: Sequence[BillingItem], usual: str) -> Original:
    head, details = items[0], details_of(items[0])
    gross, billed = sum(item.gross for item in items), sum(item.billed for item in items)
    return Original(
        number=number,
        client=", ".join(part for part in (head.client.family_name, head.client.given_name) if part),
        birth_date=head.client.birth_date,
        prescribed_on=details.prescribed_on,
        lines=len(items),
        gross=gross,
        client_share=gross - billed,
        billed=billed,
        enclosed=(details.document_info or usual) == BY_POST,
    )


def _provider(ik: str, provider: Provider | None) -> Party:
    if provider is None:
        return Party(ik, ())
    name = [part for part in (provider.name, provider.name2) if part]
    return Party(ik, name, _lines(provider.street, provider.postal_code, provider.city))


def _billing_office(settings: Settings) -> Party:
    """Whoever accounts for others (Abrechnungsstelle)."""
    place = settings.biller_address
    name = [settings.biller_name] if settings.biller_name else []
    return Party(settings.biller_ik or settings.creator_ik, name, _lines(place.street, place.postal_code, place.city))


def _paper_office(
    card: str, provider: Provider | None, directory: PayerDirectory, fund_kind: str, ctx: Context
) -> Party | None:
    if provider is None:
        return None
    try:
        route: Route | None = directory.route(
            card, provider.accounting_code, state=provider.state, kv_district=provider.kv_district, day=ctx.today
        )
    except RouteProblem as problem:
        route = problem.partial
    if route is None or not route.paper_office:
        return None
    return _office(route.paper_office, directory, fund_kind, ctx)


def _office(ik: str, directory: PayerDirectory, fund_kind: str, ctx: Context) -> Party:
    office: Office | None = directory.office(ik, fund_kind, ctx.today)
    if office is None:
        return Party(ik, ())
    place = office.address(ctx.today)
    return Party(ik, [office.name], () if place is None else _lines(place.street, place.postal_code, place.city))


def _lines(street: str, postal_code: str, city: str) -> list[str]:
    return [line for line in (street, f"{postal_code} {city}".strip()) if line]
