"""A billing run without a store: items from rows, checked and rendered with the conformance kit's batches in memory."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from billhook.model import BillingItem, Finding
from billhook.scheme import Context, version_on
from billhook.testing import batches_of
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

    def files(self, items: Sequence[BillingItem]) -> dict[str, bytes]:
        """All files by name."""
        found: dict[str, bytes] = {}
        for batch in batches_of(SCHEME, self.ctx, items):
            found |= {name: content for name, (_role, content) in batch.render(SCHEME, self.ctx).items()}
        return found


def read_items(path: Path) -> list[BillingItem]:
    """The items of a JSON Lines file."""
    lines = path.read_text("utf-8").splitlines()
    return [item_of(json.loads(line), number) for number, line in enumerate(lines, start=1)]


def read_settings(path: Path) -> Settings:
    """The settings of a billhook.toml."""
    return Settings.model_validate(tomllib.loads(path.read_text("utf-8"))["schemes"]["p302"])
