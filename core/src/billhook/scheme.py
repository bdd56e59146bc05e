"""What a payer scheme is: an object with declared data and a handful of pure methods.

A scheme has no database session, no clock, no randomness and no network. All that it may know arrives in its arguments, so a
dry run is the same code with nothing kept, and a part of the work can run in any process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from billhook.model import BillingItem, Exchange, Finding, Outcome, Rule, StoredArtifact, Totals


@dataclass(frozen=True, slots=True)
class Source:
    """A document that a scheme is built on: title, version, and where it is published."""

    title: str
    version: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the payer's format, used for files made from `valid_from` to `valid_to` inclusive (None: still open)."""

    name: str
    valid_from: date
    valid_to: date | None = None
    writable: bool = True

    def covers(self, day: date) -> bool:
        """True when a file made on this day may use this version."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def version_on(versions: Sequence[Version], day: date) -> Version | None:
    """The newest writable version valid on the day, or None."""
    fitting = [version for version in versions if version.writable and version.covers(day)]
    return max(fitting, key=lambda version: version.valid_from, default=None)


class Support(StrEnum):
    """How far a capability goes."""

    SUPPORTED = "supported"
    PARTIAL = "partial"
    NOT_YET = "not yet"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Capability:
    """Something a scheme could do, how far it does it, and why not further."""

    name: str
    support: Support
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """Where an item belongs. The core sorts and cuts by these; a scheme only names them.

    `file`: items with the same key may leave in one file. `document`: within the file, items with the same key make one
    invoice. `collective`: documents with the same key are summed up in one collective invoice (empty: none); it takes part in
    the order before the document. `order`: the item's place in its document, compared as text part by part – pad numbers.
    `bucket`: which subtotal of the document the item counts for. `label`: what the voucher is called in its document; where
    it is given, no two vouchers of a document may have the same one. All items of a voucher must have the same file,
    collective and document key and the same label.
    """

    file: tuple[str, ...]
    document: tuple[str, ...]
    order: tuple[str, ...] = ()
    collective: tuple[str, ...] = ()
    bucket: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much goes into one file; None is no limit. A voucher is never cut."""

    vouchers: int | None = None
    documents: int | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A running number: gapless, given in the transaction that fixes what carries it.

    `name` is unique over all schemes (`p302/transfer/590000001/661430035`). Numbers run from `first` to `last` (None: no end)
    and go on with `after_last`. `pattern` makes the text of a document number: `{n}` the number, `{year}` of the document.
    """

    name: str
    first: int = 1
    last: int | None = None
    after_last: int = 1
    pattern: str = "{n}"


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """Which series a file draws from: one number per invoice (or collective invoice), and the file's own by name."""

    document: Series
    exchange: Mapping[str, Series] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreviousBilling:
    """How an item left before: number and date of its invoice, and the key and the running numbers of its file.

    `ordinal` is the invoice's place in its collective, from 1; 0 when it stood alone.
    """

    document: str
    day: date
    file_key: tuple[str, ...]
    numbers: Mapping[str, int]
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class EarlierBilling:
    """An item that was billed before, and how it left."""

    item: BillingItem
    billing: PreviousBilling


class CorrectionRefused(ValueError):
    """Raised by `Scheme.correct`: this item cannot be followed up so. The message is for the user; it names no client."""


@dataclass(frozen=True, slots=True)
class Context:
    """All that a scheme's method may know beside its arguments.

    `now` is the moment of the run in the scheme's time zone, the same for everything in it and when it is resumed;
    `version` the scheme's version on that day (settings may pin another one for a receiver). `settings` is an instance of
    the scheme's `Settings`, `reference` what its `prepare` returned. Both are read-only. `previous` is only there for
    `correct`: how the item left.
    """

    now: datetime
    version: Version
    settings: Any
    reference: Any = None
    previous: PreviousBilling | None = None

    @property
    def today(self) -> date:
        """The day of the run."""
        return self.now.date()


class DocumentView(Protocol):
    """An invoice as `render` sees it: number, totals, and items that can be walked more than once."""

    @property
    def number(self) -> str:
        """The document's number, or its collective's."""

    @property
    def ordinal(self) -> int:
        """Its place in its collective, from 1; 0 when it is no part of one."""

    @property
    def key(self) -> tuple[str, ...]:
        """The document key."""

    @property
    def date(self) -> date:
        """The invoice date."""

    @property
    def totals(self) -> Totals:
        """Sums over all items."""

    @property
    def subtotals(self) -> Mapping[str, Totals]:
        """Sums by `Keys.bucket`."""

    def items(self) -> Iterator[BillingItem]:
        """The items in order, streamed; each call starts anew."""


class CollectiveView(Protocol):
    """Documents under one collective key. With an empty key it is just the frame of documents that stand alone."""

    @property
    def key(self) -> tuple[str, ...]:
        """The collective key; empty when its documents stand alone."""

    @property
    def number(self) -> str:
        """The collective's number; empty when its documents stand alone."""

    @property
    def totals(self) -> Totals:
        """Sums over all its documents."""

    @property
    def subtotals(self) -> Mapping[str, Totals]:
        """Sums by `Keys.bucket` over all its documents."""

    def documents(self) -> Iterator[DocumentView]:
        """The documents in order, streamed; each call starts anew."""


class Batch(Protocol):
    """What one file is made of."""

    @property
    def key(self) -> tuple[str, ...]:
        """The file key."""

    @property
    def created(self) -> datetime:
        """When the file counts as made: the moment of the run, also when it is rendered again."""

    @property
    def numbers(self) -> Mapping[str, int]:
        """The file's running numbers, by the names of `SeriesPlan.exchange`."""

    @property
    def stored(self) -> Sequence[StoredArtifact]:
        """The artifacts that were taken so far. The core stores each artifact before it asks for the next one."""

    def collectives(self) -> Iterator[CollectiveView]:
        """The collectives in order, streamed; each call starts anew."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file to be stored: its name (a plain file name), what it is, and its exact bytes in chunks.

    `role` is `data` for what the payer reads and a name of the scheme's own for what goes along (`order` for an
    Auftragsdatei). `chunks` is consumed exactly once, before the next artifact is asked for.
    """

    name: str
    role: str
    media_type: str
    chunks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Sealing:
    """Who signs a file's `data` and for whom it is encrypted, as party numbers (IKs) that the key store knows.

    A scheme whose payers ask for it has two more methods, which are optional: `sealing(file_key, ctx) -> Sealing | None`
    (None: this file leaves as it is), and `signers(settings) -> Iterable[str]`, whose keys these settings may need. The
    `data` artifact is then stored twice, plain and sealed, before the next artifact is asked for.
    """

    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a file is handed over: the channel's name in billhook.toml, which artifacts in which order, and what the channel
    is told beside its own settings (a mail's receiver and subject), which win.

    A scheme that knows this has an optional method `delivery(file_key, artifacts, ctx) -> Delivery | None` (None: the
    files are delivered by hand).
    """

    channel: str
    files: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inbound:
    """A file that came from a payer: its name as given (never used as a path) and its bytes.

    `hints` are what the person who brings it knows of it, by names of the scheme's own.
    """

    name: str
    content: bytes
    hints: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Description:
    """A wire file in words: which scheme's, what kind, which version, how much is in it, and what stands in it.

    `counts` are whole numbers by name (`messages`, `segments`, `records` …). `lines` are the file in words, each with its
    depth for indentation; they are streamed. `findings` are complete only after `lines` was walked to its end. `data` is
    what a program would read out of the file: values of JSON by names of the scheme's own, beside the fields above.
    """

    scheme: str
    kind: str
    version: str
    counts: Mapping[str, int]
    facts: Mapping[str, str]
    lines: Iterable[tuple[int, str]]
    findings: Sequence[Finding]
    data: Mapping[str, object] = field(default_factory=dict)


class WireFormat(Protocol):
    """A kind of file that a scheme can read without a database: for `describe` and `verify`."""

    @property
    def key(self) -> str:
        """Short name, unique over all schemes (`p302-billing`)."""

    @property
    def title(self) -> str:
        """What the file is, in words."""

    def sniff(self, head: bytes, name: str) -> bool:
        """True when the first bytes (up to 4 KiB) or the name say that the file is of this kind."""

    def describe(self, path: Path, *, mask: bool) -> Description:
        """The file in words. `mask` hides names, insurance numbers and birth dates. Never raises on bad content."""

    def verify(self, path: Path) -> Iterator[Finding]:
        """Everything that is wrong with the file. Never raises on bad content."""


class TableView(Protocol):
    """Read access to a scheme's own tables, for `prepare` only."""

    def rows(self, statement: Any) -> Iterable[Any]:
        """The rows of a SQLAlchemy select, streamed."""


@runtime_checkable
class Scheme(Protocol):
    """A payer scheme. See the plugin guide for what each method must promise; `billhook.testing` checks it."""

    key: str
    title: str
    country: str
    languages: Sequence[str]
    time_zone: str
    """Where the payer's clock hangs (`Europe/Berlin`): days and times of files, invoices and versions count there."""
    sources: Sequence[Source]
    versions: Sequence[Version]
    capabilities: Sequence[Capability]
    rules: Sequence[Rule]
    Details: type[BaseModel]
    Settings: type[BaseModel]

    def prepare(self, view: TableView, settings: Any, day: date) -> Any:
        """What the scheme needs from its own tables in this run: small and picklable. Called once a run."""

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterable[Finding]:
        """All that is wrong with these items. They come as whole vouchers, in order of voucher and line. Pure."""

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        """Where the item belongs, or why that cannot be said (an unknown payer): then its voucher is held. Pure."""

    def limits(self, file_key: tuple[str, ...], ctx: Context) -> Limits:
        """How much goes into one file of this key."""

    def series(self, file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:
        """Which running numbers a file of this key draws."""

    def render(self, batch: Batch, ctx: Context) -> Iterable[Artifact]:
        """The files of a batch: the same bytes for the same batch, always."""

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:
        """What an answer says. Unknown codes are carried, never fatal."""

    def correct(self, item: BillingItem, kind: str, ctx: Context) -> BillingItem:
        """A follow-up of this item of one of the scheme's `correction_kinds`. May raise `CorrectionRefused`."""

    correction_kinds: Sequence[str]

    def wire_formats(self) -> Sequence[WireFormat]:
        """The kinds of files that `describe` and `verify` can read."""


@dataclass(frozen=True, slots=True)
class Resubmission:
    """How a refused file is sent again: which of its running numbers stay (names of `SeriesPlan.exchange`), and its dates.

    Invoices keep their numbers. `keep_date`: they keep their date as well; otherwise it is the day of the new file.
    """

    keep: frozenset[str] = frozenset()
    keep_date: bool = True


@runtime_checkable
class Resubmits(Protocol):
    """A scheme whose payer refuses whole files and wants them again under rules of its own."""

    def resubmit(self, refusals: Sequence[Outcome], ctx: Context) -> Resubmission:
        """What stays when a file that was refused with these outcomes is sent again. Pure."""


@runtime_checkable
class Locates(Protocol):
    """A scheme whose answers do not name a file for certain: running numbers that begin anew, one number for many senders."""

    def locate(self, outcome: Outcome, exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
        """Those of these exchanges (they have the outcome's running numbers; the newest first) that it may answer, the
        likeliest first; none where it answers none of them. Pure.
        """


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that an outcome may be about, with the number and the day of its invoice and the key of its file."""

    item: BillingItem
    document: str
    day: date
    file_key: tuple[str, ...]


@runtime_checkable
class Matches(Protocol):
    """A scheme whose answers name things in the payer's own words: a person's reference, a month, a service."""

    def match(self, outcomes: Sequence[Outcome], candidates: Sequence[Candidate], ctx: Context) -> Sequence[Outcome]:
        """Each outcome, in this order, with `document`, `item` (`#` and its id) and `matched` (by what it was found). Where
        nothing fits for certain: without document and item, and with a text that says why. Pure.

        Asked for outcomes that have `facts` and name no exchange, voucher or item: together for all that have the same
        candidates. These are the items of the invoice that they name; where there is none of that number, those whose services
        touch their days.
        """


@runtime_checkable
class Twins(Protocol):
    """A scheme whose invoices leave in more than one form (paper beside a file, in a trial phase), of which one is the claim."""

    def claim(self, file_key: tuple[str, ...]) -> str:
        """The role of the artifact on which the payer pays, for a file of this key. Pure.

        Only when that one left is anything owed, and only what the payer says of it moves an invoice.
        """


@runtime_checkable
class Marks(Protocol):
    """A scheme whose payer wants to be told what an invoice is: a first one, a supplement, a correction of an earlier one.

    The core finds the mark of every item that is imported, keeps items of different marks in different files (through
    `Scheme.keys`), and lets the user say otherwise.
    """

    marks: Mapping[str, str]
    """Each mark with the word for it: `{"01": "billing", "04": "correction"}`, the first billing first. Where the word is one of
    `correction_kinds`, it is that kind."""
    mark_field: str
    """The field of an item that says its mark, a dotted path (`details.processing_mark`)."""

    def mark(self, item: BillingItem, earlier: Sequence[EarlierBilling], ctx: Context) -> BillingItem:
        """The item with its mark, and with what it must say of the invoice that it follows. Pure.

        A mark that the item has already is the user's and stays. `earlier` are items of the same client, case and period
        (or voucher) that were billed and neither deleted nor repeated since, oldest first; the item itself is never among
        them. An item that follows another voucher gets a `voucher` of its own, so that it can leave alone.
        """

    def mark_of(self, item: BillingItem, ctx: Context) -> str:
        """The mark under which the item leaves, its settings considered. Pure."""

    def again_kind(self, item: BillingItem, ctx: Context) -> str:
        """The correction kind of an item that was billed and shall be billed again (`billhook archive again`). Pure."""


@runtime_checkable
class Translates(Protocol):
    """A scheme whose findings have texts in other languages that are in no catalog, such as a payer's own list of codes."""

    def translate(self, finding: Finding, language: str) -> Finding:
        """The same finding with `message` and `mend` in the language (`nl`, `de`); the finding itself where it has no text."""

    def phrases(self, language: str) -> Mapping[str, str]:
        """Other texts of such tables in the language, by the English ones."""


class ClientShare(StrEnum):
    """What a follow-up item does to what the client owes for the item before it (copayment, own share, surcharge)."""

    REPLACES = "replaces"
    """The client owes what the follow-up says, and no longer what the item before it says: the rule."""
    ADDS = "adds"
    """The client owes both: a supplementary claim, or a credit whose amounts are negative."""
    WAIVES = "waives"
    """The client owes nothing any more: the payer is asked for it."""


@runtime_checkable
class SharesWithClients(Protocol):
    """A scheme some of whose correction kinds do something else than replace what the client owes."""

    client_shares: Mapping[str, ClientShare]
    """Correction kind → what it does; kinds that are not named replace."""


class CommandHost(Protocol):
    """What a plugin's own commands get from the CLI, as `typer.Context.obj`."""

    @property
    def json(self) -> bool:
        """True when the user asked for JSON: then print one JSON document and nothing else."""

    def say(self, text: str) -> str:
        """A sentence (`billhook.words`) in the language that the user asked for."""

    def workspace(self) -> Any:
        """The opened `billhook.store.Workspace`; says how to make one where there is none."""

    def show(self, data: Any, *, title: str = "", columns: Sequence[str] = ()) -> None:
        """Print a mapping or a sequence of mappings: as JSON or as a table with these columns."""


WorkspaceOpener = Callable[[], Any]
