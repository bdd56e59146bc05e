"""Exit codes: what a script may rely on. The reference page and the tests read this table."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    REFUSED = 3
    SETUP = 4
    BUSY = 5
    PLUGIN = 6
    INCOMPLETE = 7
    INTERNAL = 70
    STOPPED = 130


MEANINGS: dict[Exit, str] = {
    Exit.OK: "done; there may be warnings",
    Exit.FINDINGS: "done, and there are errors to mend (or there is no route, or the thing asked for does not exist)",
    Exit.USAGE: "the command line is wrong",
    Exit.REFUSED: "a file or a value was refused; nothing was changed",
    Exit.SETUP: "there is no workspace here, or its settings or database are wrong",
    Exit.BUSY: "another run holds the lock; nothing was changed",
    Exit.PLUGIN: "a plugin is missing, broken or in conflict with another",
    Exit.INCOMPLETE: "some files could not be made or delivered; the rest is done, and the same command goes on",
    Exit.INTERNAL: "an error in Billhook; nothing half-written stays",
    Exit.STOPPED: "stopped by Ctrl-C; nothing half-written stays, and the same command goes on",
}
