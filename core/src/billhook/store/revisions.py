"""Whether the database is up to date, told without Alembic: its import takes longer than most commands run.

Only the ordinary case is told here: every branch is one chain of scripts, and the database stands at the end of each.
Whatever is not that (an older or newer database, two heads, a script that breaks a rule) is left to Alembic and
`billhook.store.migrations`, which know what is wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from billhook.store import tables

_CORE = "core"
_DECLARATIONS = frozenset({"revision", "down_revision", "branch_labels", "depends_on"})


def are_current(versions: set[str], branches: Mapping[str, Path]) -> bool:
    """True when the database is certainly up to date; False asks for a closer look.

    Args:
        versions: the rows of alembic_version.
        branches: the plugins' branches: label → folder with the revisions.
    """
    chains = {label: chain(label, folder) for label, folder in branches.items()}
    # The core's scripts need not be read: a test holds `tables.HEAD` against them.
    chains[_CORE] = [tables.HEAD]
    return all(
        revisions
        and revisions[-1] in versions
        and all(version in revisions for version in versions if version.startswith(f"{label}_"))
        for label, revisions in chains.items()
    )


def chain(label: str, folder: Path) -> list[str]:
    """The revisions of a branch from the first to the newest; empty when they are no plain chain of its own."""
    after: dict[str | None, str] = {}
    before: str | None
    for script in folder.glob("*.py"):
        if script.name == "__init__.py":
            continue
        match _declared(script):
            case {"revision": str(revision), "down_revision": None, "branch_labels": labels, "depends_on": None}:
                before = None
                plain = labels == label or labels in ((label,), [label])
            case {"revision": str(revision), "down_revision": str(before), "branch_labels": None, "depends_on": None}:
                plain = True
            case _:
                return []
        if not plain or not revision.startswith(f"{label}_") or before in after:
            return []
        after[before] = revision
    found: list[str] = []
    at: str | None = None
    while at in after:
        at = after.pop(at)
        found.append(at)
    return [] if after else found


def _declared(script: Path) -> dict[str, object]:
    """What a script says about itself at its top level; what it leaves out is None, as it is for Alembic."""
    said: dict[str, object] = dict.fromkeys(_DECLARATIONS)
    try:
        for statement in ast.parse(script.read_bytes()).body:
            match statement:
                case ast.Assign(targets=[ast.Name() as target], value=value):
                    pass
                case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
                    pass
                case _:
                    continue
            if target.id in _DECLARATIONS:
                said[target.id] = ast.literal_eval(value)
    except (OSError, SyntaxError, ValueError):
        return {}
    return said
