"""A billing run without a store: items from rows, sorted and cut by a few plain lines, rendered into bytes.

The core does the same with a database. Here everything is in sight, so that a test of the scheme needs nothing else.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from billhook.model import BillingItem, Finding, SplitKind, StoredArtifact, Totals
from billhook.scheme import Context, Keys, version_on
from billhook_p302.payers.editions import Edition
from billhook_p302.payers.model import Office
from billhook_p302.payers.reading import PayerFile
from billhook_p302.payers.routing import PayerDirectory
from billhook_p302.scheme import P302
from billhook_p302.settings import Settings
from billhook_p302.testing import item_of

BERLIN = ZoneInfo("Europe/Berlin")
SCHEME = P302()


def directory(paths: Iterable[Path], day: date) -> PayerDirectory:
    """A payer directory straight out of files."""
    files: list[tuple[Edition, Mapping[str, tuple[Office, ...]]]] = []
    for path in paths:
        edition = Edition.parse(path.name)
        assert edition is not None
        offices: dict[str, tuple[Office, ...]] = {}
        for office in PayerFile(path, lambda _finding: None).offices():
            offices[office.ik] = (*offices.get(office.ik, ()), office)
        files.append((edition, offices))
    return PayerDirectory(files, since=day)


def totals(items: Sequence[BillingItem]) -> Totals:
    """Sums over items."""
    return Totals(
        sum(item.gross for item in items),
        sum(item.share(SplitKind.COPAYMENT) for item in items),
        sum(item.share(SplitKind.OWN_SHARE) for item in items),
        sum(item.share(SplitKind.SURCHARGE) for item in items),
        len(items),
        len({item.voucher for item in items}),
    )


Keyed = tuple[Keys, BillingItem]


@dataclass
class PlainDocument:
    """An invoice in memory."""

    number: str
    ordinal: int
    key: tuple[str, ...]
    date: date
    keyed: list[Keyed]

    @property
    def totals(self) -> Totals:
        return totals([item for _, item in self.keyed])

    @property
    def subtotals(self) -> Mapping[str, Totals]:
        buckets = sorted({keys.bucket for keys, _ in self.keyed})
        return {each: totals([item for keys, item in self.keyed if keys.bucket == each]) for each in buckets}

    def items(self) -> Iterator[BillingItem]:
        return iter([item for _, item in self.keyed])


@dataclass
class PlainCollective:
    """Documents under one collective key in memory."""

    key: tuple[str, ...]
    number: str
    parts: list[PlainDocument]

    @property
    def totals(self) -> Totals:
        return sum((part.totals for part in self.parts), Totals())

    @property
    def subtotals(self) -> Mapping[str, Totals]:
        found: dict[str, Totals] = {}
        for part in self.parts:
            for bucket, sums in part.subtotals.items():
                found[bucket] = found.get(bucket, Totals()) + sums
        return found

    def documents(self) -> Iterator[PlainDocument]:
        return iter(self.parts)


@dataclass
class PlainBatch:
    """A file in memory."""

    key: tuple[str, ...]
    created: datetime
    numbers: Mapping[str, int]
    parts: list[PlainCollective]
    stored: list[StoredArtifact] = field(default_factory=list)

    def collectives(self) -> Iterator[PlainCollective]:
        return iter(self.parts)


@dataclass
class Desk:
    """Settings, payers and a moment; makes files out of items."""

    settings: Settings
    directory: PayerDirectory
    now: datetime

    @property
    def ctx(self) -> Context:
        """What the scheme is told."""
        version = version_on(SCHEME.versions, self.now.date())
        assert version is not None
        return Context(self.now, version, self.settings, self.directory)

    def findings(self, items: Sequence[BillingItem]) -> list[Finding]:
        """What the check says."""
        return list(SCHEME.check(sorted(items, key=lambda item: (item.voucher, item.line)), self.ctx))

    def batches(self, items: Sequence[BillingItem], first_number: int = 1, exchange: int = 1) -> list[PlainBatch]:
        """The items as files, numbered from these numbers on."""
        keyed: list[Keyed] = []
        for item in items:
            keys = SCHEME.keys(item, self.ctx)
            assert isinstance(keys, Keys), keys
            keyed.append((keys, item))
        keyed.sort(key=lambda each: (each[0].file, each[0].collective, each[0].document, each[0].order))
        number, batches = first_number, []
        for at, (file, in_file) in enumerate(groupby(keyed, key=lambda each: each[0].file)):
            collectives = []
            for collective, below in groupby(in_file, key=lambda each: each[0].collective):
                documents = []
                for ordinal, (key, lines) in enumerate(groupby(below, key=lambda each: each[0].document), start=1):
                    text = self.settings.invoice_number.format(n=number, year=self.now.year)
                    documents.append(
                        PlainDocument(text, ordinal if collective else 0, key, self.now.date(), list(lines))
                    )
                    number += not collective
                collectives.append(PlainCollective(collective, documents[0].number if collective else "", documents))
                number += bool(collective)
            plan = SCHEME.series(file, self.ctx)
            batches.append(PlainBatch(file, self.now, dict.fromkeys(plan.exchange, exchange + at), collectives))
        return batches

    def files(self, items: Sequence[BillingItem], first_number: int = 1, exchange: int = 1) -> dict[str, bytes]:
        """All files by name."""
        found: dict[str, bytes] = {}
        for batch in self.batches(items, first_number, exchange):
            for artifact in SCHEME.render(batch, self.ctx):
                content = b"".join(artifact.chunks)
                sha256 = hashlib.sha256(content).hexdigest()
                batch.stored.append(
                    StoredArtifact(artifact.name, artifact.role, artifact.media_type, sha256, len(content))
                )
                found[artifact.name] = content
        return found


def read_items(path: Path) -> list[BillingItem]:
    """The items of a JSON Lines file."""
    lines = path.read_text("utf-8").splitlines()
    return [item_of(json.loads(line), number) for number, line in enumerate(lines, start=1)]


def read_settings(path: Path) -> Settings:
    """The settings of a billhook.toml."""
    return Settings.model_validate(tomllib.loads(path.read_text("utf-8"))["schemes"]["p302"])
