"""The hooks: places where any number of plugins may have a say. Called once a run or a batch, never once an item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pluggy
from pydantic import BaseModel

from billhook.model import BillingItem, BillingSlot, DeliverySlot, Finding, Outcome
from billhook.scheme import Scheme

PROJECT = "billhook"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

SettingsModel = TypeVar("SettingsModel", bound=BaseModel)


class RunView(Protocol):
    """A read-only, queryable view of a run's trial billing and of what was billed before."""

    @property
    def today(self) -> date:
        """The day of the run."""

    @property
    def scheme(self) -> str:
        """The key of the scheme whose items are being billed; empty when the run spans several."""

    def trial(
        self, *, client: int | None = None, payer: str | None = None, start: date | None = None, end: date | None = None
    ) -> Iterator[BillingItem]:
        """Items of this run, streamed; those whose service period touches start … end."""

    def billed(
        self, *, client: int | None = None, payer: str | None = None, start: date | None = None, end: date | None = None
    ) -> Iterator[BillingItem]:
        """Items that left in earlier runs and were not rejected, of every scheme, streamed."""

    def open(
        self, *, client: int | None = None, payer: str | None = None, start: date | None = None, end: date | None = None
    ) -> Iterator[BillingItem]:
        """Items of every scheme that are not billed yet, those of this run and those that wait or are held, streamed."""

    def rows(self, statement: Any) -> Iterable[Any]:
        """The rows of a SQLAlchemy select, streamed: how a plugin reads its own tables."""

    def settings(self, plugin: str, model: type[SettingsModel]) -> SettingsModel:
        """What billhook.toml says under [plugins.<plugin>], validated; an error names the file, the key and the mend."""

    def scheme_settings(self, scheme: str) -> Any:
        """The settings of an installed scheme, [schemes.<scheme>]: an instance of its `Settings`."""


class Channel(Protocol):
    """A way to send files to a payer and to fetch answers."""

    @property
    def key(self) -> str:
        """Short name, unique over all plugins (`folder`, `sftp`)."""

    def send(self, files: Sequence[Path], settings: Mapping[str, Any]) -> str:
        """Hand the files over; returns the channel's own receipt. Raises where it is not known whether they arrived."""


@hookspec
def billhook_schemes() -> Sequence[Scheme]:  # type: ignore[empty-body]  # a specification has no body
    """The schemes of this plugin. Called once, when plugins are loaded."""


@hookspec
def billhook_check(run: RunView) -> Iterable[Finding]:  # type: ignore[empty-body]  # a specification has no body
    """Findings from beside the scheme: budgets, missing approvals. Called at the end of every check and trial billing."""


@hookspec
def billhook_fixed(run: RunView, connection: Any) -> None:
    """Note what was billed. Called once for every run of a scheme, in the transaction that numbers its invoices.

    `connection` is the SQLAlchemy connection of that transaction: what a plugin writes to its own tables holds exactly when
    the invoices do. An exception undoes the run. In a dry run everything is undone afterwards.
    """


@hookspec
def billhook_released(slots: Sequence[DeliverySlot | BillingSlot]) -> Mapping[int, str]:  # type: ignore[empty-body]  # a specification has no body
    """Slots that may not be delivered or billed yet: slot id → why. Called once for the slots of a run."""


@hookspec
def billhook_answered(run: RunView, outcomes: Sequence[Outcome]) -> None:
    """Learn from an answer. Called once for every inbound file that was read, after its outcomes were kept."""


@hookspec
def billhook_channels() -> Sequence[Channel]:  # type: ignore[empty-body]  # a specification has no body
    """Ways to send and to fetch. Called once, when plugins are loaded."""


@hookspec(firstresult=True)
def billhook_secret(name: str) -> str | None:
    """The passphrase or password of this name (`billhook/590000015`) from a key ring; None when it is not known there.

    Called before somebody is prompted for it. What it returns is never logged nor stored.
    """


@hookspec
def billhook_migrations() -> tuple[str, Path]:  # type: ignore[empty-body]  # a specification has no body
    """The plugin's own Alembic branch: its label, and the folder with its version scripts. Called when a database is opened."""


@hookspec
def billhook_catalogs() -> Path:  # type: ignore[empty-body]  # a specification has no body
    """The folder with the plugin's sentences in other languages: `nl.po`, `de.po`. Called when somebody asks for one of them."""


@hookspec
def billhook_commands() -> tuple[str, Any]:  # type: ignore[empty-body]  # a specification has no body
    """A group of commands: its name and a typer app. Called when the command line starts."""
