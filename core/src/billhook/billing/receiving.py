"""Receiving: a payer's answer is kept byte for byte, read by its scheme, and moves what it speaks of.

Answers come in any order and more than once. The same bytes twice change nothing; the same word twice neither. An answer that
fits nothing is kept and reported, for a person to look at. One answer may speak of many files, as a payment advice does.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from billhook.billing.answering import Answer, Missed, Received, Refusal
from billhook.billing.checking import view_of
from billhook.billing.contexts import ITEMS_LOCK, context_of, moment
from billhook.billing.matching import match
from billhook.billing.problems import BillingProblem, UnreadableFile, plugin_failed
from billhook.billing.reasons import Reasons
from billhook.model import Outcome
from billhook.scheme import Context, Inbound, Scheme
from billhook.store import Workspace, journal, tables
from billhook.store.archive import plain_name
from billhook.store.database import BUSY_SECONDS, next_ids
from billhook.store.encoding import moment_text
from billhook.words import words

__all__ = ["Missed", "NoReader", "Received", "Refusal", "receive", "receive_content"]

_log = logging.getLogger(__name__)


class NoReader(BillingProblem):
    """No installed scheme, or more than one, says that it can read the file."""


def receive(
    workspace: Workspace,
    paths: Iterable[Path | str],
    *,
    scheme: str | None = None,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> list[Received]:
    """Take in answers, one after the other.

    Args:
        workspace: where.
        paths: the files.
        scheme: whose answers they are; found out when not given.
        now: the moment, for tests.
        actor: who receives.
        wait: seconds to wait for a check or an export to end.

    Raises:
        UnreadableFile: a file cannot be opened; those before it were taken in.
        billhook.plugins.PluginFailed: a scheme failed to read a file; the file is kept.
        billhook.store.Busy: somebody else is changing items.
    """
    return [
        receive_content(workspace, path.name, _read(path), scheme=scheme, now=now, actor=actor, wait=wait)
        for path in map(Path, paths)
    ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = words(
            "{name} cannot be read: {strerror}", name=path.name, strerror=error.strerror or type(error).__name__
        )
        raise UnreadableFile(message) from error


def receive_content(
    workspace: Workspace,
    name: str,
    content: bytes,
    *,
    scheme: str | None = None,
    hints: Mapping[str, str] | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Received:
    """Take in an answer whose bytes are at hand: what a letter or a phone call said goes the same way as a file.

    Args:
        workspace: where.
        name: what the answer is called.
        content: its bytes; the same ones twice change nothing.
        scheme: whose answer it is; found out when not given.
        hints: what the person who brings it knows of it, by names of the scheme's own.
        dry_run: say what would happen and keep nothing.
        now: the moment, for tests.
        actor: who receives.
        wait: seconds to wait for a check or an export to end.

    Raises:
        billhook.plugins.PluginFailed: the scheme failed to read it; the answer is kept.
        billhook.store.Busy: somebody else is changing items.
    """
    when, who = moment(now), actor or journal.current_actor()
    sha256 = hashlib.sha256(content).hexdigest()
    known = _known(workspace, sha256)
    if known is not None:
        return Received(name, sha256, known.id, known.scheme, already=True, exchange=known.exchange_id)
    if not dry_run:
        workspace.archive.store([content])
    name = _safe_name(name)
    try:
        reader = _reader(workspace, content, name, scheme)
    except NoReader as error:
        aside = Received(name, sha256, 0, problem=str(error))
        return aside if dry_run else _put_aside(workspace, aside, len(content), when, who)
    reasons = Reasons.of(workspace)
    with workspace.database.exclusive(ITEMS_LOCK, wait):
        known = _known(workspace, sha256)
        if known is not None:
            # Another program took it in while we waited.
            return Received(name, sha256, known.id, known.scheme, already=True, exchange=known.exchange_id)
        with workspace.database.read() as connection:
            context = context_of(workspace, connection, reader, when)
        try:
            said = list(reader.read(Inbound(name, content, hints or {}), context))
        except Exception as error:
            raise plugin_failed(reader.key, "read", error) from error
        with workspace.database.read() as connection:
            outcomes = match(workspace, connection, reader, context, said)
        with workspace.database.write() as connection, connection.begin_nested() as rehearsal:
            result = Answer(connection, reader, context, who, reasons).apply(name, sha256, len(content), outcomes)
            if dry_run:
                rehearsal.rollback()
    if not dry_run:
        _tell_plugins(workspace, reader, context, result, outcomes)
        _log.info("inbound %s: exchanges %s, %s outcomes", result.inbound, result.exchanges, len(outcomes))
    return result


def _known(workspace: Workspace, sha256: str) -> Any:  # a row of `inbound`, or None
    table = tables.inbound
    with workspace.database.read() as connection:
        # A file that nobody could read is tried again: a plugin may have been installed since.
        return connection.execute(sa.select(table).where(table.c.sha256 == sha256, table.c.scheme != "")).one_or_none()


def _safe_name(name: str) -> str:
    """The name that the file came with, as far as it is one; it never chooses a path."""
    try:
        return plain_name(name)
    except Exception:  # noqa: BLE001  # whatever a name can be: the bytes count
        return "inbound"


def _reader(workspace: Workspace, content: bytes, name: str, named: str | None) -> Scheme:
    if named is not None:
        return workspace.plugins.scheme(named)
    fitting = [
        scheme
        for _, scheme in sorted(workspace.schemes.items())
        if any(each.sniff(content[:4096], name) for each in scheme.wire_formats())
    ]
    if len(fitting) != 1:
        keys = ", ".join(scheme.key for scheme in fitting)
        why = (
            words("several schemes could read it ({keys}); name one", keys=keys)
            if fitting
            else words("no installed scheme knows its format")
        )
        raise NoReader(why)
    return fitting[0]


def _put_aside(workspace: Workspace, result: Received, size: int, now: datetime, actor: str) -> Received:
    """Keep a file that nobody can read; it is reported every time it comes until somebody can."""
    table = tables.inbound
    with workspace.database.write() as connection:
        known = connection.scalar(sa.select(table.c.id).where(table.c.sha256 == result.sha256))
        if known is not None:
            return Received(result.file, result.sha256, int(known), problem=result.problem)
        key = next_ids(connection, "inbound", 1)[0]
        connection.execute(
            table.insert().values(
                id=key,
                sha256=result.sha256,
                name=result.file,
                size=size,
                scheme="",
                exchange_id=None,
                received=moment_text(now),
                problem=result.problem,
            )
        )
        journal.append(connection, "answer.put_aside", f"inbound:{key}", {"sha256": result.sha256}, actor=actor)
    return Received(result.file, result.sha256, key, problem=result.problem)


def _tell_plugins(
    workspace: Workspace, scheme: Scheme, context: Context, result: Received, outcomes: Sequence[Outcome]
) -> None:
    if not workspace.plugins.hooks.billhook_answered.get_hookimpls():
        return
    mine = tables.item.c.document_id.in_(
        sa.select(tables.document.c.id).where(tables.document.c.exchange_id.in_(result.exchanges))
    )
    with workspace.database.read() as connection:
        view = view_of(workspace, connection, [mine], scheme.key, context.today)
        try:
            workspace.plugins.hooks.billhook_answered(run=view, outcomes=outcomes)
        except Exception as error:
            raise plugin_failed(scheme.key, "billhook_answered", error) from error
