"""The files of a batch: the CSV as the profile wants it, and in the pilot phase the paper invoices from the same lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from billhook.scheme import Artifact, Batch, Context, DocumentView
from billhook_mass.batching import FILE_NUMBER, DocumentKey, FileKey, file_name, settings_of
from billhook_mass.cells import header, row
from billhook_mass.lines import FileFacts, InvoiceFacts, line_values, month_start
from billhook_mass.profile import Profile, RecordKind
from billhook_mass.settings import Settings

DATA, PAPER = "data", "paper"
"""Roles of the artifacts: what is uploaded, and the invoice on paper."""


NUMBER_LABEL, TOTAL_LABEL = "Rechnungsnummer:", "Rechnungsbetrag:"
"""What stands on paper before number and total, so that a reader of the text finds them."""


class TotalDiffers(Exception):
    """The lines of an invoice do not come to its total (M01); the file is not made."""


def render(batch: Batch, ctx: Context) -> Iterable[Artifact]:
    """The CSV; in the pilot phase one PDF an invoice beside it."""
    key, settings = FileKey(*batch.key), settings_of(ctx)
    profile = settings.profile_of(key.payer, batch.created.date())
    name = file_name(key, profile, settings, batch.numbers[FILE_NUMBER], batch.created.date())
    yield Artifact(name, DATA, "text/csv", _encoded(_rows(batch, key, profile, settings), profile.file.encoding))
    if not key.is_pilot:
        # Live: the payer takes no paper any more, and two invoices would be two claims.
        return
    from billhook_mass.paper import paper_pdf  # noqa: PLC0415  # reportlab takes longer to load than most commands

    for document in documents_of(batch):
        facts = invoice_facts(document, key, settings)
        content = paper_pdf(document, facts, key, profile, settings)
        yield Artifact(paper_name(document.number), PAPER, "application/pdf", [content])


def paper_name(number: str) -> str:
    """File name of an invoice on paper.

    >>> paper_name("2026/000123")
    'Rechnung_2026-000123.pdf'
    """
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in number)
    return f"Rechnung_{plain}.pdf"


def documents_of(batch: Batch) -> Iterator[DocumentView]:
    """The invoices of a file in order."""
    return (document for collective in batch.collectives() for document in collective.documents())


def _encoded(rows: Iterable[str], encoding: str) -> Iterator[bytes]:
    """Rows as bytes, so that a byte order mark stands only once."""
    encoder = codecs.getincrementalencoder(encoding)("strict")
    chunk: list[str] = []
    for text in rows:
        chunk.append(text)
        if len(chunk) == 500:
            yield encoder.encode("".join(chunk))
            chunk.clear()
    yield encoder.encode("".join(chunk), final=True)


def _rows(batch: Batch, key: FileKey, profile: Profile, settings: Settings) -> Iterator[str]:
    file = file_facts(batch, key, settings).values()
    if profile.file.header:
        yield header(profile.line, profile.file)
    if (start := profile.record(RecordKind.FILE_START)) is not None:
        yield row(start, file, profile)
    opening, closing = profile.record(RecordKind.INVOICE_START), profile.record(RecordKind.INVOICE_END)
    for document in documents_of(batch):
        invoice = {**file, **invoice_facts(document, key, settings).values()}
        if opening is not None:
            yield row(opening, invoice, profile)
        total = 0
        for ordinal, item in enumerate(document.items(), 1):
            total += item.billed
            yield row(profile.line, {**invoice, **line_values(item, ordinal, profile)}, profile)
        if total != document.totals.billed:
            raise TotalDiffers(document.number)
        if closing is not None:
            yield row(closing, invoice, profile)
    if (end := profile.record(RecordKind.FILE_END)) is not None:
        yield row(end, file, profile)


def file_facts(batch: Batch, key: FileKey, settings: Settings) -> FileFacts:
    """What the whole file says."""
    rows = invoices = total = 0
    for document in documents_of(batch):
        rows += document.totals.items
        invoices += 1
        total += document.totals.billed
    payer = settings.payer(key.payer)
    return FileFacts(
        number=batch.numbers[FILE_NUMBER],
        created=batch.created.date(),
        month=month_start(key.month),
        rows=rows,
        invoices=invoices,
        total=total,
        payer=key.payer,
        payer_name="" if payer is None else payer.name,
        biller_name=settings.sender.name,
    )


def invoice_facts(document: DocumentView, key: FileKey, settings: Settings) -> InvoiceFacts:
    """What an invoice says."""
    number = DocumentKey(*document.key).facility
    facility = settings.facility(number)
    reference = None if facility is None else facility.at(key.payer)
    return InvoiceFacts(
        number=document.number,
        date=document.date,
        rows=document.totals.items,
        total=document.totals.billed,
        biller_reference="" if reference is None else reference.biller,
        facility_number="" if reference is None else reference.facility,
        facility_name="" if facility is None else facility.name,
    )
