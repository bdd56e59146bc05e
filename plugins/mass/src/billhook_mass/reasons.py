"""The payer's reason codes (Kürzungsgründe): those that nobody knows are kept as they came, and mapped later.

A mapping says which of the provider's own reasons a code means (see the core's deductions). It is kept, holds for every
cut that has this code and no reason yet, and for those that come.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from billhook.billing import deductions
from billhook.billing.contexts import moment
from billhook.billing.reasons import Reasons
from billhook.store import Workspace, journal
from billhook.store.encoding import moment_text
from billhook_mass.reports import SCHEME
from billhook_mass.tables import reason as table


def mappings(workspace: Workspace) -> dict[str, str]:
    """The provider's own reason by code of the payer."""
    with workspace.database.read() as connection:
        return {row.code: row.reason for row in connection.execute(sa.select(table).order_by(table.c.code))}


def map_code(
    workspace: Workspace, code: str, reason: str, *, now: datetime | None = None, actor: str | None = None
) -> int:
    """Say what a code of the payer means; returns how many open cuts have got the reason.

    Raises:
        UnknownThing: there is no such reason of one's own; the message names those that there are.
    """
    Reasons.of(workspace).get(reason)
    who, when = actor or journal.current_actor(), moment(now)
    with workspace.database.write() as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(
            insert(table)
            .values(code=code, reason=reason, made=moment_text(when), actor=who)
            .on_conflict_do_update(
                index_elements=["code"], set_={"reason": reason, "made": moment_text(when), "actor": who}
            )
        )
        journal.append(
            connection, "mass.reason_mapped", f"mass-reason:{code}", {"reason": reason}, actor=who, time=when
        )
    return apply_mappings(workspace, only=code, now=now, actor=actor)


def apply_mappings(
    workspace: Workspace, *, only: str | None = None, now: datetime | None = None, actor: str | None = None
) -> int:
    """Give open cuts the reason that their code was mapped to; returns how many got one.

    With `only` also those of this code that had another reason.
    """
    known = mappings(workspace)
    wanted: dict[str, list[int]] = {}
    for view in deductions.deductions(workspace, scheme=SCHEME):
        code = next((code for code in view.deduction.codes if code in known), None)
        if code is None or only not in (None, code):
            continue
        reason = known[code]
        if view.deduction.reason == reason or (view.deduction.reason and only is None):
            continue
        wanted.setdefault(reason, []).append(view.deduction.id)
    for reason, keys in wanted.items():
        deductions.change(workspace, keys, reason=reason, now=now, actor=actor)
    return sum(map(len, wanted.values()))
