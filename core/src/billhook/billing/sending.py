"""Sending: what was rendered and sealed is handed over by a channel, once.

Before the hand-over the exchange is `sending` and the journal says so; afterwards it is `sent`, with the channel's
receipt. A program that dies in between, or a channel that cannot say what became of the files, leaves it `sending`:
nobody knows whether the payer has them. Such an exchange is never sent again by itself. Somebody asks the receiver,
and then says whether it arrived (`resolve`).
"""

from __future__ import annotations

import logging
import stat
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.balancing import taken_back
from billhook.billing.contexts import Progress, context_of, moment, no_progress
from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.billing.settling import note_sent
from billhook.channels import NotHandedOver, built_in
from billhook.hookspecs import Channel
from billhook.model import ExchangeState, StoredArtifact
from billhook.plugins import MissingScheme, PluginConflict
from billhook.scheme import Delivery
from billhook.store import ArchiveError, ConfigError, Workspace, journal, tables
from billhook.store.encoding import read_moment, split_key
from billhook.store.workspace import CONFIG
from billhook.words import many, words

SEND_LOCK = "send"
"""Held while files are handed over: two programs never send the same exchange."""

PAUSES = (2.0, 10.0)
"""Seconds to wait before a hand-over that failed for the moment is tried again."""

READY = (ExchangeState.RENDERED, ExchangeState.SEALED)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Handed:
    """An exchange and what became of it. `receipt` is the channel's, `problem` why it did not leave."""

    exchange: int
    scheme: str
    channel: str = ""
    files: tuple[str, ...] = ()
    receipt: str = ""
    problem: str = ""


@dataclass(slots=True)
class SendResult:
    """What a run of sending did.

    `sent` were handed over. `failed` were certainly not, and the next run tries them again. `unknown` may have arrived:
    ask the receiver. `by_hand` have no channel: their files lie in the out folder.
    """

    sent: list[Handed] = field(default_factory=list)
    failed: list[Handed] = field(default_factory=list)
    unknown: list[Handed] = field(default_factory=list)
    by_hand: list[Handed] = field(default_factory=list)


def send(
    workspace: Workspace,
    *,
    exchange: int | None = None,
    scheme: str | None = None,
    channels: Sequence[Channel] | None = None,
    pauses: Sequence[float] = PAUSES,
    now: datetime | None = None,
    actor: str | None = None,
    progress: Progress = no_progress,
    wait: float = 0.0,
) -> SendResult:
    """Hand over everything that is rendered and was not sent, oldest first.

    Args:
        workspace: what.
        exchange: only this one.
        scheme: only this scheme's.
        channels: beside the built-in ones; the plugins' when not given.
        pauses: how long to wait before each further attempt, after a failure that may be gone soon.
        now: the moment that is noted; the clock's when not given.
        actor: who sends.
        progress: called with ("send", files).
        wait: seconds to wait for another program that sends.

    Raises:
        billhook.store.Busy: another program sends.
        UnknownThing: there is no such exchange.
        billhook.store.ConfigError: a channel that is asked for is not in billhook.toml, or is wrong there.
    """
    known = _channels(workspace, channels)
    who = actor or journal.current_actor()
    result = SendResult()
    with workspace.database.exclusive(SEND_LOCK, wait):
        with workspace.database.read() as connection:
            rows = _waiting(connection, exchange, scheme)
        for done, row in enumerate(rows, start=1):
            if row.state == ExchangeState.SENDING.value:
                result.unknown.append(Handed(row.id, row.scheme, problem=row.problem or _UNKNOWN))
                continue
            _send_one(_Sending(workspace, row, known, pauses, now, who), result)
            progress("send", done)
    return result


def resolve(
    workspace: Workspace, exchange: int, *, arrived: bool, now: datetime | None = None, actor: str | None = None
) -> None:
    """Say what the receiver said of an exchange of which nobody knew whether it arrived.

    Args:
        workspace: where.
        exchange: which.
        arrived: True: it is sent. False: the next run sends it again.
        now: the moment; the clock's when not given.
        actor: who says so.

    Raises:
        UnknownThing: there is no such exchange.
        BillingProblem: it is known what became of it.
    """
    who = actor or journal.current_actor()
    with workspace.database.exclusive(SEND_LOCK), workspace.database.write() as connection:
        row = next(iter(_waiting(connection, exchange, None, every=True)))
        if row.state != ExchangeState.SENDING.value:
            message = words(
                "file {exchange} is {state}: there is nothing to ask the receiver about",
                exchange=exchange,
                state=row.state,
            )
            raise BillingProblem(message)
        if arrived:
            note_sent(connection, exchange)
        else:
            _set(connection, exchange, _state_before(_artifacts(connection, exchange)), "")
        journal.append(
            connection, "exchange.resolved", f"exchange:{exchange}", {"arrived": arrived}, actor=who, time=moment(now)
        )


_UNKNOWN = (
    "it is not known whether it arrived: ask the receiver, "
    "then say so with billhook send --arrived or --not-arrived and its number"
)


@dataclass(frozen=True, slots=True)
class _Sending:
    """One exchange on its way."""

    workspace: Workspace
    row: Any  # a row of `exchange`
    channels: Mapping[str, Channel]
    pauses: Sequence[float]
    now: datetime | None
    actor: str

    @property
    def id(self) -> int:
        return int(self.row.id)

    def note(self, connection: Connection, event: str, payload: Mapping[str, Any]) -> None:
        journal.append(
            connection, f"exchange.{event}", f"exchange:{self.id}", payload, actor=self.actor, time=moment(self.now)
        )


def _send_one(sending: _Sending, result: SendResult) -> None:
    workspace, row = sending.workspace, sending.row
    with workspace.database.read() as connection:
        artifacts = _artifacts(connection, sending.id)
        delivery = _delivery(workspace, connection, row, artifacts)
        gone = taken_back(connection, sending.id)
    if delivery is None:
        result.by_hand.append(Handed(sending.id, row.scheme))
        return
    if gone:
        problem = many(
            gone,
            "{number} item of it was taken back or is billed again; make it once more: billhook regenerate {id}",
            "{number} items of it were taken back or are billed again; make it once more: billhook regenerate {id}",
            id=sending.id,
        )
        result.failed.append(Handed(sending.id, row.scheme, problem=problem))
        return
    chosen = [one for name in delivery.files for one in artifacts if one.name == name]
    names = tuple(one.name for one in chosen)
    channel, settings = _configured(workspace, sending.channels, delivery)
    with tempfile.TemporaryDirectory(prefix="billhook-send-") as folder:
        try:
            # Out of the archive, whose bytes are proved by their hash, and not from the out folder, where anybody works.
            files = [
                workspace.archive.deliver(one.sealed_sha256 or one.sha256, Path(folder), one.name) for one in chosen
            ]
        except ArchiveError as error:
            result.failed.append(Handed(sending.id, row.scheme, delivery.channel, names, problem=str(error)))
            return
        hashes = {one.name: one.sealed_sha256 or one.sha256 for one in chosen}
        with workspace.database.write() as connection:
            _set(connection, sending.id, ExchangeState.SENDING, "")
            sending.note(connection, "sending", {"channel": delivery.channel, "files": hashes})
        try:
            receipt = _hand_over(channel, files, settings, sending.pauses)
        except NotHandedOver as error:
            with workspace.database.write() as connection:
                _set(connection, sending.id, _state_before(artifacts), f"not sent: {error}")
                sending.note(connection, "not-sent", {"channel": delivery.channel})
            result.failed.append(Handed(sending.id, row.scheme, delivery.channel, names, problem=str(error)))
            return
        except Exception as error:  # noqa: BLE001  # whatever a channel raises: it is not known what arrived
            _log.error("exchange %s: channel %s failed with %s", sending.id, delivery.channel, type(error).__name__)
            with workspace.database.write() as connection:
                _set(connection, sending.id, ExchangeState.SENDING, _UNKNOWN)
                sending.note(connection, "unknown", {"channel": delivery.channel, "error": type(error).__name__})
            result.unknown.append(Handed(sending.id, row.scheme, delivery.channel, names, problem=_UNKNOWN))
            return
    with workspace.database.write() as connection:
        note_sent(connection, sending.id)
        sending.note(connection, "sent", {"channel": delivery.channel, "receipt": receipt, "files": hashes})
    result.sent.append(Handed(sending.id, row.scheme, delivery.channel, names, receipt))


def _hand_over(channel: Channel, files: Sequence[Path], settings: Mapping[str, Any], pauses: Sequence[float]) -> str:
    """Send; try again only after what certainly handed nothing over and may be gone soon."""
    for pause in pauses:
        try:
            return channel.send(files, settings)
        except NotHandedOver as error:
            if not error.again:
                raise
            _log.warning("channel %s: %s; trying again in %s s", channel.key, error, pause)
            time.sleep(pause)
    return channel.send(files, settings)


def _channels(workspace: Workspace, more: Sequence[Channel] | None) -> dict[str, Channel]:
    brought = (
        more if more is not None else [one for some in workspace.plugins.hooks.billhook_channels() for one in some]
    )
    found: dict[str, Channel] = {}
    for channel in (*built_in(), *brought):
        if channel.key in found:
            message = words("two plugins bring the channel {key!r}; uninstall one of them", key=channel.key)
            raise PluginConflict(message)
        found[channel.key] = channel
    return found


def _configured(
    workspace: Workspace, channels: Mapping[str, Channel], delivery: Delivery
) -> tuple[Channel, dict[str, Any]]:
    """The channel that [channels.<name>] in billhook.toml means, and all that it is told."""
    file, key = workspace.path / CONFIG, f"channels.{delivery.channel}"
    section = workspace.section("channels", delivery.channel)
    if section is None:
        raise ConfigError(file, key, None, words("there is no such channel; write a section [{key}]", key=key))
    kind = section.get("kind")
    channel = channels.get(kind) if isinstance(kind, str) else None
    if channel is None:
        raise ConfigError(
            file,
            f"{key}.kind",
            kind,
            words("there is no such kind; take one of {names}", names=", ".join(sorted(channels))),
        )
    told = {**delivery.settings, **section}
    for name, value in section.items():
        # Paths count from the workspace, not from where the program was started; `path` of a server is its own.
        local = name.endswith("_file") or name == "known_hosts" or (name == "path" and kind == "folder")
        if local and isinstance(value, str):
            told[name] = str(workspace.path / value)
    if "password" in section:
        raise ConfigError(
            file,
            f"{key}.password",
            None,
            words("a password never stands here; name a password_file (0600)"),
        )
    password = workspace.plugins.hooks.billhook_secret(name=f"billhook/channel/{delivery.channel}")
    if password is None and "password_file" in told:
        password = _password(Path(told["password_file"]), file, f"{key}.password_file")
    if password is not None:
        told["password"] = password
    return channel, told


def _password(path: Path, config: Path, key: str) -> str:
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(config, key, str(path), words("others may read it; chmod 600"))
        return path.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(
            config, key, str(path), words("it cannot be read: {strerror}", strerror=error.strerror)
        ) from error


def _delivery(
    workspace: Workspace, connection: Connection, row: Any, artifacts: Sequence[StoredArtifact]
) -> Delivery | None:
    """How the scheme wants this exchange delivered; None when it says nothing of it."""
    try:
        scheme = workspace.plugins.scheme(row.scheme)
    except MissingScheme:
        return None
    says = getattr(scheme, "delivery", None)
    if says is None:
        return None
    context = context_of(workspace, connection, scheme, read_moment(row.created))
    found = says(split_key(row.file_key), artifacts, context)
    if found is not None and not isinstance(found, Delivery):
        message = f"the scheme {row.scheme} says no proper delivery"
        raise TypeError(message)
    return found


def _waiting(connection: Connection, exchange: int | None, scheme: str | None, *, every: bool = False) -> Sequence[Any]:
    table = tables.exchange
    statement = sa.select(table).order_by(table.c.id)
    if not every:
        states = [state.value for state in (*READY, ExchangeState.SENDING)]
        statement = statement.where(table.c.state.in_(states))
    if scheme is not None:
        statement = statement.where(table.c.scheme == scheme)
    if exchange is not None:
        if connection.scalar(sa.select(table.c.id).where(table.c.id == exchange)) is None:
            message = words("there is no file {exchange}", exchange=exchange)
            raise UnknownThing(message)
        statement = statement.where(table.c.id == exchange)
    return connection.execute(statement).all()


def _artifacts(connection: Connection, exchange: int) -> list[StoredArtifact]:
    table = tables.artifact
    rows = connection.execute(sa.select(table).where(table.c.exchange_id == exchange).order_by(table.c.ordinal))
    return [
        StoredArtifact(row.name, row.role, row.media_type, row.sha256, row.size, row.sealed_sha256, row.sealed_size)
        for row in rows
    ]


def _state_before(artifacts: Sequence[StoredArtifact]) -> ExchangeState:
    return ExchangeState.SEALED if any(one.sealed_sha256 for one in artifacts) else ExchangeState.RENDERED


def _set(connection: Connection, exchange: int, state: ExchangeState, problem: str) -> None:
    table = tables.exchange
    connection.execute(table.update().where(table.c.id == exchange).values(state=state.value, problem=problem))
