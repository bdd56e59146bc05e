"""A program to be killed: takes in an answer with a scheme that stops at a named place and waits.

    python -m tests.support.crash_receiving HOME URL FILE PLACE

It writes PLACE to standard output when it is there; then somebody kills it. `tests.core.billing.test_receiving_killed` does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from billhook.billing.receiving import receive_content
from billhook.model import Exchange, Outcome
from billhook.plugins import Registry
from billhook.scheme import Context, Inbound
from billhook.store import Workspace
from tests.core.billing.test_deductions import Letters
from tests.support.toy import NOW, ToyPlugin

PLACES = ("before reading", "between two outcomes", "in the transaction")


class Waiting(Letters):
    """Stops where it is told to."""

    def __init__(self, place: str) -> None:
        self.place = place

    def stop(self, place: str) -> None:
        """Say that we are here, and wait for the end."""
        if place == self.place:
            sys.stdout.write(place + "\n")
            sys.stdout.flush()
            time.sleep(60)

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:
        """Stops when the bytes are kept and nothing is read, and in the middle of reading."""
        self.stop("before reading")
        for outcome in super().read(inbound, ctx):
            yield outcome
            self.stop("between two outcomes")

    def locate(self, outcome: Outcome, exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
        """Stops in the transaction that applies the answer."""
        self.stop("in the transaction")
        return super().locate(outcome, exchanges)


if __name__ == "__main__":
    home, url, file, place = sys.argv[1:]
    with Workspace.open(Path(home), url, plugins=Registry.of(ToyPlugin(Waiting(place)))) as workspace:
        receive_content(workspace, "letter.jsonl", Path(file).read_bytes(), scheme="toy", now=NOW)
