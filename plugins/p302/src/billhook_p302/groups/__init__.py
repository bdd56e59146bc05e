"""The groups of providers (Sammelgruppen, A3 V21 8.1.14) that can be billed, each by its tables."""

from __future__ import annotations

from collections.abc import Mapping

from billhook_p302.groups import a, b, c, d, e, f, o, others, p, q, r, s
from billhook_p302.groups.structure import Group, Row, Table, Terms

GROUPS: Mapping[str, Group] = {
    group.letter: group
    for group in (
        *(module.GROUP for module in (a, b, c, d, e, f)),
        *others.GROUPS.values(),
        *(module.GROUP for module in (o, p, q, r, s)),
    )
}
"""Letter → group."""

__all__ = ["GROUPS", "Group", "Row", "Table", "Terms"]
