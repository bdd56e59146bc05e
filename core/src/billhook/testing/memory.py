"""Batches in memory: the same contract as the engine's, put together in the plainest way, to render without a database.

It shares no code with the engine, so that each can be held against the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from billhook.model import BillingItem, Finding, SplitKind, StoredArtifact, Totals
from billhook.scheme import Context, Keys, Scheme


def sum_up(items: Sequence[BillingItem]) -> Totals:
    """The totals of some items."""
    return Totals(
        gross=sum(item.gross for item in items),
        copayment=sum(item.share(SplitKind.COPAYMENT) for item in items),
        own_share=sum(item.share(SplitKind.OWN_SHARE) for item in items),
        surcharge=sum(item.share(SplitKind.SURCHARGE) for item in items),
        items=len(items),
        vouchers=len({(item.provider, item.voucher) for item in items}),
    )


@dataclass(frozen=True)
class MemoryDocument:
    """A document (a `DocumentView`)."""

    number: str
    ordinal: int
    key: tuple[str, ...]
    date: date
    placed: Sequence[tuple[Keys, BillingItem]]

    @property
    def totals(self) -> Totals:
        """Sums over all items."""
        return sum_up([item for _, item in self.placed])

    @property
    def subtotals(self) -> Mapping[str, Totals]:
        """Sums by bucket."""
        buckets = dict.fromkeys(keys.bucket for keys, _ in self.placed)
        return {name: sum_up([item for keys, item in self.placed if keys.bucket == name]) for name in buckets}

    def items(self) -> Iterator[BillingItem]:
        """The items in order."""
        return (item for _, item in self.placed)


@dataclass(frozen=True)
class MemoryCollective:
    """Documents under one collective key (a `CollectiveView`)."""

    key: tuple[str, ...]
    number: str
    parts: Sequence[MemoryDocument]

    @property
    def totals(self) -> Totals:
        """Sums over all documents."""
        return sum((part.totals for part in self.parts), Totals())

    @property
    def subtotals(self) -> Mapping[str, Totals]:
        """Sums by bucket over all documents."""
        found: dict[str, Totals] = {}
        for part in self.parts:
            for name, totals in part.subtotals.items():
                found[name] = found.get(name, Totals()) + totals
        return found

    def documents(self) -> Iterator[MemoryDocument]:
        """The documents in order."""
        return iter(self.parts)


@dataclass
class MemoryBatch:
    """What one file is made of (a `Batch`)."""

    key: tuple[str, ...]
    created: datetime
    numbers: Mapping[str, int]
    parts: Sequence[MemoryCollective]
    stored: list[StoredArtifact] = field(default_factory=list)

    def collectives(self) -> Iterator[MemoryCollective]:
        """The collectives in order."""
        return iter(self.parts)

    @property
    def documents(self) -> list[MemoryDocument]:
        """All documents."""
        return [document for part in self.parts for document in part.documents()]

    def render(self, scheme: Scheme, context: Context) -> dict[str, tuple[str, bytes]]:
        """The scheme's files for this batch: name → role and content, each stored before the next one is asked for."""
        self.stored.clear()
        files: dict[str, tuple[str, bytes]] = {}
        for artifact in scheme.render(self, context):
            content = b"".join(artifact.chunks)
            files[artifact.name] = (artifact.role, content)
            sha256 = hashlib.sha256(content).hexdigest()
            self.stored.append(StoredArtifact(artifact.name, artifact.role, artifact.media_type, sha256, len(content)))
        return files


def batches_of(scheme: Scheme, context: Context, items: Sequence[BillingItem]) -> list[MemoryBatch]:
    """The files that these items make, uncut, with numbers from the first of every series on.

    Raises:
        AssertionError: the scheme says of one of them that it has no place.
    """
    placed: list[tuple[Keys, BillingItem]] = []
    for item in items:
        keys = scheme.keys(item, context)
        if isinstance(keys, Finding):
            message = f"{keys.code}: item {item.id} of the example has no place"
            raise AssertionError(message)  # noqa: TRY004  # the plugin's promise is broken, not a type
        placed.append((keys, item))
    placed.sort(key=lambda pair: (pair[0].file, pair[0].collective, pair[0].document, pair[0].order, pair[1].id))
    drawn: dict[str, int] = {}
    found: list[MemoryBatch] = []
    for file, group in groupby(placed, key=lambda pair: pair[0].file):
        plan = scheme.series(file, context)

        def number(name: str, first: int) -> int:
            drawn[name] = drawn.get(name, first - 1) + 1
            return drawn[name]

        def invoice(plan: object = plan) -> str:
            series = plan.document  # type: ignore[attr-defined]  # a SeriesPlan, bound early
            return str(series.pattern.format(n=number(series.name, series.first), year=context.today.year))

        collectives: list[MemoryCollective] = []
        for key, together in groupby(group, key=lambda pair: pair[0].collective):
            own = invoice() if key else ""
            documents = [
                MemoryDocument(own or invoice(), at if key else 0, name, context.today, list(lines))
                for at, (name, lines) in enumerate(groupby(together, key=lambda pair: pair[0].document), start=1)
            ]
            collectives.append(MemoryCollective(key, own, documents))
        numbers = {name: number(series.name, series.first) for name, series in plan.exchange.items()}
        found.append(MemoryBatch(file, context.now, numbers, collectives))
    return found
