"""What a scheme is told in a run: the moment, the version of that day, the settings and its prepared reference."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.problems import NoVersion, plugin_failed
from billhook.scheme import Context, Scheme, version_on
from billhook.store import Workspace
from billhook.store.database import stream
from billhook.store.encoding import json_text

ITEMS_LOCK = "items"
"""Held by whatever changes items, so that nothing changes between the planning of a run and its numbers."""

EXPORT_LOCK = "export"
"""Held by an export from its first look to the last file, rendering included."""

Progress = Callable[[str, int], None]
"""Called now and then with the name of the step and how many items (or files) of it are done."""


def no_progress(_step: str, _done: int) -> None:
    """Nobody is watching."""


def moment(now: datetime | None) -> datetime:
    """The moment of a run: as given, else the clock's, in UTC when it names no zone of its own."""
    if now is None:
        return datetime.now(UTC)
    return now if now.tzinfo else now.replace(tzinfo=UTC)


class Tables:
    """Read access to the tables of a scheme while it prepares (a `TableView`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, statement: sa.Select[Any]) -> Iterable[Any]:
        """The rows of a select, streamed."""
        return stream(self._connection, statement)


def context_of(workspace: Workspace, connection: Connection, scheme: Scheme, now: datetime) -> Context:
    """What every method of the scheme is given in this run. Its days are those of the payer: at half past midnight in
    Berlin it is still yesterday in UTC, and a file with two dates is refused.

    Raises:
        NoVersion: the scheme has no version for the day.
        PluginFailed: `prepare` raised.
        billhook.store.ConfigError: the settings are not what the scheme wants.
    """
    settings = workspace.settings(scheme.key)
    now = now.astimezone(ZoneInfo(scheme.time_zone))
    version = version_on(scheme.versions, now.date())
    if version is None:
        raise NoVersion(scheme.key, now.date().isoformat())
    try:
        reference = scheme.prepare(Tables(connection), settings, now.date())
    except Exception as error:
        raise plugin_failed(scheme.key, "prepare", error) from error
    return Context(now=now, version=version, settings=settings, reference=reference)


def settings_hash(settings: Any) -> str:  # an instance of the scheme's own Settings
    """SHA-256 of the settings, to see whether a run that is resumed would be told something else.

    Settings that name files say with `contents` what these hold, which counts as well.
    """
    told = {**settings.model_dump(mode="json"), "contents": dict(getattr(settings, "contents", {}))}
    return hashlib.sha256(json_text(told).encode()).hexdigest()
