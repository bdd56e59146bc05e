"""A program to be killed: exports the toy items of a workspace with a scheme that stops at a named place and waits.

    python -m tests.support.crash HOME URL PLACE

It writes PLACE to standard output when it is there; then somebody kills it. `tests.core.billing.test_killed` does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from billhook.billing.exporting import export
from billhook.model import BillingItem, Finding
from billhook.plugins import Registry
from billhook.scheme import Artifact, Batch, Context, Keys, Limits, SeriesPlan
from billhook.store import Workspace
from tests.support.toy import NOW, ToyPlugin, ToyScheme

PLACES = ("keys", "limits", "series", "render", "chunks", "second artifact", "after the last artifact", "second file")


class Waiting(ToyScheme):
    """Stops where it is told to."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.files = 0

    def stop(self, place: str) -> None:
        """Say that we are here, and wait for the end."""
        if place == self.place:
            sys.stdout.write(place + "\n")
            sys.stdout.flush()
            time.sleep(60)

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        """Stops at an item in the middle, when other vouchers were planned already."""
        if item.voucher == "9":
            self.stop("keys")
        return super().keys(item, ctx)

    def limits(self, file_key: tuple[str, ...], ctx: Context) -> Limits:
        """Stops while the run is cut."""
        self.stop("limits")
        return super().limits(file_key, ctx)

    def series(self, file_key: tuple[str, ...], ctx: Context) -> SeriesPlan:
        """Stops inside the transaction that gives the numbers."""
        self.stop("series")
        return super().series(file_key, ctx)

    def render(self, batch: Batch, ctx: Context) -> Iterable[Artifact]:
        """Stops before, in and after the files."""
        self.files += 1
        if self.files == 2:
            self.stop("second file")
        self.stop("render")
        for at, artifact in enumerate(super().render(batch, ctx)):
            if at:
                self.stop("second artifact")
            yield Artifact(artifact.name, artifact.role, artifact.media_type, self._chunks(artifact.chunks))
        self.stop("after the last artifact")

    def _chunks(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            self.stop("chunks")


def main(arguments: Any) -> None:
    """Export."""
    home, url, place = arguments
    with Workspace.open(Path(home), url, plugins=Registry.of(ToyPlugin(Waiting(place)))) as workspace:
        export(workspace, now=NOW, wait=30)


if __name__ == "__main__":
    main(sys.argv[1:])
