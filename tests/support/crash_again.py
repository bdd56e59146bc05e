"""A program to be killed: bills items of a toy workspace again, and stops in the middle of its transaction.

    python -m tests.support.crash_again HOME URL ITEM…

It writes `here` to standard output when it has made the first follow-up; then somebody kills it.
`tests.core.after_export.test_at_once` does.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from billhook.billing.archiving import Selection, bill_again
from billhook.model import BillingItem
from billhook.plugins import Registry
from billhook.scheme import Context
from billhook.store import Workspace
from tests.support.toy import NOW, ToyPlugin, ToyScheme


class Waiting(ToyScheme):
    """Stops at the second item."""

    def __init__(self) -> None:
        self.seen = 0

    def correct(self, item: BillingItem, kind: str, ctx: Context) -> BillingItem:
        """The item again, but for the second one."""
        self.seen += 1
        if self.seen == 2:
            sys.stdout.write("here\n")
            sys.stdout.flush()
            time.sleep(60)
        return super().correct(item, kind, ctx)


def main(home: str, url: str, *items: str) -> None:
    """Bill again."""
    with Workspace.open(Path(home), url, plugins=Registry.of(ToyPlugin(Waiting()))) as workspace:
        bill_again(workspace, Selection(items=items), now=NOW)


if __name__ == "__main__":
    main(*sys.argv[1:])
