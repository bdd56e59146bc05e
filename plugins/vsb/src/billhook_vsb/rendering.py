"""The invoice file 920000: segments 200 and 300, records 10 to 90, and the totals 95 and 96. One string, ASCII, no line ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import cast

from billhook.scheme import Artifact, Batch, Context
from billhook.wire.fixed import encode_record
from billhook.wire.problems import Problem
from billhook_vsb import control, layouts
from billhook_vsb.batching import REFERENCE, SENDING, DocumentKey, FileKey, file_name, reference
from billhook_vsb.building import CREDIT, Row, Terms, encode, file_closing, file_opening, invoice_rows, invoicing_type
from billhook_vsb.codes.values import FILE_VERSIONS
from billhook_vsb.messages import INVOICES, PRODUCTION, TEST
from billhook_vsb.profile import Profile
from billhook_vsb.settings import Settings


def ignore(_problem: Problem) -> None:
    """Transliteration was told when the item was checked."""


@dataclass(slots=True)
class PayerTotals:
    """What record 95 says of a payer, in cents."""

    payer: str
    account_a: int = 0
    account_b: int = 0
    records: int = 0
    codes: int = 0

    def add(self, row: Row) -> None:
        """Count a record 20 to 80."""
        self.records += 1
        code = str(row.values.get("zone_4", ""))
        if row.kind in ("30", "40", "50", "51", "52") and code.isascii() and code.isdecimal():
            self.codes += int(code)
        if row.kind == "80":
            self.account_a += cast(int, row.values["zone_19"])
            self.account_b += cast(int, row.values["zone_15"])


def render(batch: Batch, ctx: Context) -> Iterable[Artifact]:
    """The one file of a sending."""
    number = batch.numbers[REFERENCE]
    yield Artifact(file_name(batch.created, number), "data", "text/plain", _file(batch, ctx))


def _file(batch: Batch, ctx: Context) -> Iterator[bytes]:
    key, settings = FileKey(*batch.key), cast(Settings, ctx.settings)
    created = batch.created.date()
    documents = [document for collective in batch.collectives() for document in collective.documents()]
    profile = _profile(settings, key)
    sending = batch.numbers[SENDING]
    own = reference(batch.created, batch.numbers[REFERENCE])
    yield head(settings, profile, reference=own, sending=sending, month=key.month, created=created)
    terms = Terms(settings, profile, created)
    opening = file_opening(terms, third_party=key.third_party, sending=sending, month=key.month, created=created)
    yield encode(opening, 1, report=ignore)
    sequence = 1
    totals: dict[str, PayerTotals] = {}
    for document in documents:
        items = list(document.items())
        of_payer = totals.setdefault(DocumentKey(*document.key).payer, PayerTotals(DocumentKey(*document.key).payer))
        credit = invoicing_type(items[0]) == CREDIT
        chunk = []
        for row in invoice_rows(items, document.number, Terms(settings, profile, document.date)):
            sequence += 1
            of_payer.add(row)
            chunk.append(encode(row, sequence, credit=credit, report=ignore))
        yield b"".join(chunk)
    account_a = sum(each.account_a for each in totals.values())
    account_b = sum(each.account_b for each in totals.values())
    closing = file_closing(
        opening, account_a=account_a, account_b=account_b, codes=sum(each.codes for each in totals.values())
    )
    yield encode(closing, sequence + 1, report=ignore)
    yield from trailers(list(totals.values()))


def _profile(settings: Settings, key: FileKey) -> Profile:
    """The profile that the file's facilities share."""
    for facility in settings.facilities:
        profile = settings.profile_of(facility)
        if profile.key == key.profile:
            return profile
    return settings.profile_of(None)


def head(settings: Settings, profile: Profile, *, reference: str, sending: int, month: str, created: date) -> bytes:
    """Segments 200 and 300 of an invoice file."""
    segment_200 = {
        "zone_200": INVOICES,
        "zone_201": profile.message_version,
        "zone_202": TEST if settings.test else PRODUCTION,
        "zone_204": reference,
        "zone_206": "0" * 15,
    }
    segment_300 = {
        "zone_300": month,
        "zone_301": f"{sending:03d}",
        "zone_302": created,
        "zone_303": settings.reference,
        "zone_304": FILE_VERSIONS[settings.test],
        "zone_305": settings.contact.last_name,
        "zone_306": settings.contact.first_name,
        "zone_307": settings.contact.phone,
        "zone_308": profile.file_type,
        "zone_309": profile.file_accounts,
        "zone_310": "0" * 20,
    }
    return encode_record(layouts.SEGMENT_200, segment_200, report=ignore) + encode_record(
        layouts.SEGMENT_300, segment_300, report=ignore
    )


def trailers(totals: list[PayerTotals]) -> Iterator[bytes]:
    """Record 95 of every payer and record 96 of the file, which counts records 10 and 90 too."""
    for each in totals:
        yield encode_record(layouts.R95, _sums("95", "4", each.payer, each))
    whole = PayerTotals(
        f"{totals[0].payer[:1] if totals else '9'}99",
        sum(each.account_a for each in totals),
        sum(each.account_b for each in totals),
        sum(each.records for each in totals) + 2,
        sum(each.codes for each in totals),
    )
    yield encode_record(layouts.R96, _sums("96", "5", whole.payer, whole))


def _sums(kind: str, first: str, payer: str, totals: PayerTotals) -> dict[str, object]:
    return {
        f"zone_{first}00": kind,
        f"zone_{first}01": payer,
        f"zone_{first}03": totals.account_a,
        f"zone_{first}05": totals.account_b,
        f"zone_{first}07": totals.account_a + totals.account_b,
        f"zone_{first}09": f"{totals.records:08d}",
        f"zone_{first}10": control.of_codes([totals.codes]),
        f"zone_{first}11": 0,
    }
