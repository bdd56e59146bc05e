"""Which items leave together: routes, keys, limits, running numbers and file names.

A file is for one data centre, fund kind, provider group, processing mark, invoice kind and TA1 version (TA1 V21 5.2 (5)
and (6), 5.3.1, 7.3), and either has collective invoices or has none (5.3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast

from billhook.model import BillingItem, Finding
from billhook.scheme import Context, Keys, Limits, Sealing, Series, SeriesPlan
from billhook_p302 import corrections, rules
from billhook_p302.codes.prescription import status_bucket
from billhook_p302.groups import GROUPS
from billhook_p302.groups.parts import details_of, provider_group, voucher_number
from billhook_p302.payers.routing import PayerDirectory, Route, RouteProblem
from billhook_p302.settings import Provider, Receiver, Settings


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the items of one card go, as whose, in which group, and what that receiver wants."""

    provider: Provider
    route: Route
    receiver: Receiver
    version: str
    group: str = ""


class FileKey(NamedTuple):
    """What all invoices of one file have in common. All parts are texts, so that the core can sort by them."""

    sender: str
    data_centre: str
    physical_receiver: str
    fund_kind: str
    group: str
    mark: str
    invoice_kind: str
    version: str
    collective: str
    test_indicator: str
    charset: str
    max_invoices: str
    sealed: str = ""
    channel: str = ""
    email: str = ""

    @property
    def is_sealed(self) -> bool:
        """True when the file is signed and encrypted here, not by another program behind us."""
        return self.sealed == "J"

    @property
    def has_collectives(self) -> bool:
        """True when the invoices of the file are summed up in collective ones."""
        return self.collective == "J"


class DocumentKey(NamedTuple):
    """What all vouchers of one invoice (Gesamtrechnung) have in common: three IKs."""

    provider: str
    payer: str
    card: str


def letter_of(item: BillingItem, provider: Provider) -> str:
    """The group (Sammelgruppe) that the line is billed in; empty when its accounting code is of none."""
    return provider.group_of(provider_group(item, provider), details_of(item).service_group)


def destination(item: BillingItem, ctx: Context) -> Destination | Finding:
    """Where the item goes, or why that cannot be said."""
    settings = cast(Settings, ctx.settings)
    provider = settings.provider(item.provider)
    if provider is None:
        return rules.UNKNOWN_PROVIDER.at(item.id, "provider", item.provider)
    directory = cast(PayerDirectory, ctx.reference)
    letter = letter_of(item, provider)
    code = provider.code_of(letter, provider_group(item, provider))
    try:
        route = directory.route(
            item.payer,
            code,
            state=provider.state,
            kv_district=provider.kv_district,
            day=ctx.today,
        )
    except RouteProblem as problem:
        return rules.on_item(problem.finding, item.id, "payer")
    receiver = settings.receiver(route.data_centre, route.payer)
    return Destination(provider, route, receiver, receiver.version or ctx.version.name, letter)


def keys(item: BillingItem, ctx: Context) -> Keys | Finding:
    """File, invoice and place of an item; the finding when it has no route."""
    where = destination(item, ctx)
    if isinstance(where, Finding):
        return where
    letter = where.group
    if letter not in GROUPS:
        code = provider_group(item, where.provider)[:2]
        return rules.NO_GROUP.at(item.id, "details.provider_group", code)
    settings, receiver, route = cast(Settings, ctx.settings), where.receiver, where.route
    collective = receiver.collective_invoice or receiver.invoice_kind == 3
    file = FileKey(
        sender=sender(where.provider, receiver, settings),
        data_centre=route.data_centre,
        physical_receiver=route.physical_receiver or route.data_centre,
        fund_kind=route.fund_kind,
        group=letter,
        mark=leaving_mark(item, where, ctx),
        invoice_kind=str(receiver.invoice_kind),
        version=where.version,
        collective="J" if collective else "",
        test_indicator=str(receiver.test_indicator),
        charset=receiver.charset,
        max_invoices="" if receiver.max_invoices is None else str(receiver.max_invoices),
        sealed="J" if receiver.sealed else "",
        channel=receiver.channel,
        email=route.email if receiver.channel else "",
    )
    details = details_of(item)
    return Keys(
        file=file,
        document=DocumentKey(item.provider, route.payer, item.payer),
        collective=_collective(item.provider, route.payer, receiver) if collective else (),
        order=(_sortable(voucher_number(item)), _sortable(item.voucher), f"{details.aid:03d}", f"{item.line:06d}"),
        bucket=status_bucket(item.client.insurance_status),
        label=voucher_number(item),
    )


def marks_of(item: BillingItem, where: Destination, ctx: Context) -> frozenset[str]:
    """The processing marks beside 01 that the item may leave with (TA1 V21 7.1)."""
    code = provider_group(item, where.provider)[:2]
    return corrections.allowed(code, details_of(item).therapy_area, where.receiver, ctx.today)


def leaving_mark(item: BillingItem, where: Destination, ctx: Context) -> str:
    """The processing mark that the item leaves with."""
    return corrections.leaving_mark(item, marks_of(item, where, ctx))


def _sortable(text: str) -> str:
    """The text without the character that the core joins keys by."""
    return text.replace("\x1f", " ") if "\x1f" in text else text


def _collective(provider: str, payer: str, receiver: Receiver) -> tuple[str, ...]:
    """Per payer; a service without collection never sums up over several providers (TA1 V21 5.3.3, 5.3.4)."""
    return (payer,) if receiver.invoice_kind == 3 else (provider, payer)


def sender(provider: Provider, receiver: Receiver, settings: Settings) -> str:
    """The IK in UNB and in every SLGA FKT: who makes the file."""
    own = provider.ik if receiver.invoice_kind == 1 else settings.biller_ik
    return settings.creator_ik or own


def limits(file_key: tuple[str, ...]) -> Limits:
    """How many vouchers one file takes (Max. Anzahl Rechnungen)."""
    most = FileKey(*file_key).max_invoices
    return Limits(vouchers=int(most) if most else None)


def sealing(file_key: tuple[str, ...]) -> Sealing | None:
    """Signed by the file's creator, encrypted for the data centre that decrypts (GGT Anlage 16); None when not here."""
    key = FileKey(*file_key)
    return Sealing(key.sender, (key.data_centre,)) if key.is_sealed else None


def signers(settings: Settings) -> list[str]:
    """Whose private keys these settings may need."""
    rows = [row for row in (settings.defaults, *settings.receivers) if row.sealed]
    return sorted({sender(provider, row, settings) for row in rows for provider in settings.providers})


INTERCHANGE = "interchange"
TRANSFER = "transfer"


def series(file_key: tuple[str, ...], settings: Settings) -> SeriesPlan:
    """The running numbers of a file.

    Invoice numbers are unique at a payer without any other mark beside them (TA1 V21 5.5.2 REC), so all invoices of an
    installation share one series. The interchange reference runs per sender and receiver from 1 to 99999 and begins at
    1 again (TA1 V21 5.4 UNB 0020); the transfer number runs from 1 to 999 and goes on with 0 (GGT Anlage 2). It is part
    of the file's name, so it runs per sender: two files of one day never have the same name.
    """
    key = FileKey(*file_key)
    live = "E" if key.test_indicator == "2" else "T"
    return SeriesPlan(
        document=Series("p302/invoice", pattern=settings.invoice_number),
        exchange={
            INTERCHANGE: Series(f"p302/interchange/{key.sender}/{key.data_centre}", last=99_999),
            TRANSFER: Series(f"p302/transfer/{live}/{key.sender}", last=999, after_last=0),
        },
    )


def logical_name(key: FileKey, day: datetime) -> str:
    """Name of the file in UNB and Auftragsdatei: SL, places 3 to 8 of the sender's IK, who bills, month (Anhang 1, 4).

    >>> from datetime import datetime
    >>> key = FileKey("600300080", "", "", "", "A", "01", "1", "21", "", "2", "I1", "")
    >>> logical_name(key, datetime(2010, 10, 10))
    'SL030008S10'
    """
    who = "S" if key.invoice_kind == "1" else "A"
    return f"SL{key.sender[2:8]}{who}{day.month:02d}"


def procedure(key: FileKey) -> str:
    """Procedure code (Verfahrenskennung): ESOL0 for live files, TSOL0 for all others (GGT Anlage 4)."""
    return "ESOL0" if key.test_indicator == "2" else "TSOL0"


def physical_name(key: FileKey, transfer: int) -> str:
    """Name of the file as it travels: procedure code and transfer number, no extension (Anhang 1, 4)."""
    return f"{procedure(key)}{transfer:03d}"
