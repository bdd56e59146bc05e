"""The journal: what happened, in order, append-only, each entry chained to the one before it by SHA-256.

Entries carry ids, numbers and hashes, never names or insurance numbers: the journal outlives what it is about and is
shown to auditors. Triggers in the database refuse UPDATE and DELETE; whoever gets around them breaks the chain, and
`verify` finds where. A tail that was cut off breaks nothing, so keep the `Head` elsewhere and hand it to `verify`.
"""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.store import tables
from billhook.store.database import bulk_insert, lock_key, stream
from billhook.store.encoding import json_text, moment_text, read_json, read_moment

GENESIS = "0" * 64
"""What the first entry names as the hash before it."""

_COLUMNS = ("seq", "time", "actor", "event", "subject", "payload", "hash")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `event` says what happened (`export.fixed`), `subject` to what (`run:7`), `payload` the details."""

    seq: int
    time: datetime
    actor: str
    event: str
    subject: str
    payload: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the last entry's number and hash. Written as `seq:hash`."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read what `str` wrote.

        Raises:
            ValueError: it is not `seq:hash`.
        """
        seq, _, digest = text.strip().partition(":")
        if (
            not seq.isascii()
            or not seq.isdigit()
            or len(digest) != len(GENESIS)
            or not set(digest) <= set("0123456789abcdef")
        ):
            raise ValueError("a journal head looks like 17:0f3a… (number, colon, 64 hexadecimal digits)")
        return cls(int(seq), digest)


@dataclass(frozen=True, slots=True)
class JournalReport:
    """What `verify` found: how many entries were read, and where the chain breaks first (`first_bad` is a seq)."""

    entries: int
    ok: bool
    first_bad: int | None = None
    reason: str = ""
    head: Head | None = None


def entry_hash(previous: str, seq: int, time: str, actor: str, event: str, subject: str, payload: str) -> str:
    """SHA-256 over the entry and the hash before it, as a JSON list: no two entries give the same text."""
    return hashlib.sha256(json_text([previous, seq, time, actor, event, subject, payload]).encode()).hexdigest()


def current_actor() -> str:
    """Who acts: BILLHOOK_ACTOR, else the login name of the operating system."""
    actor = os.environ.get("BILLHOOK_ACTOR", "")
    if actor:
        return actor
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid:{os.getuid()}" if hasattr(os, "getuid") else "unknown"


def append(
    connection: Connection,
    event: str,
    subject: str,
    payload: Mapping[str, Any] | None = None,
    *,
    actor: str | None = None,
    time: datetime | None = None,
) -> Head:
    """Append one entry in the caller's write transaction; it is there when that commits.

    Append late in a transaction: on PostgreSQL everybody else who appends waits until it ends.

    Args:
        connection: of a write transaction.
        event: what happened, dotted (`item.corrected`).
        subject: to what, `kind:id`.
        payload: JSON; ids, counts, hashes. No names, no insurance numbers.
        actor: who; `current_actor()` when not given.
        time: when, with a time zone; now when not given.
    """
    return append_many(connection, [(event, subject, payload or {})], actor=actor, time=time)


def append_many(
    connection: Connection,
    entries: Iterable[tuple[str, str, Mapping[str, Any]]],
    *,
    actor: str | None = None,
    time: datetime | None = None,
) -> Head:
    """Append many entries (event, subject, payload) at once, streamed. See `append`."""
    who = current_actor() if actor is None else actor
    when = moment_text(datetime.now(UTC) if time is None else time)
    _lock(connection)
    last = head(connection) or Head(0, GENESIS)
    seq, previous = last.seq, last.hash

    def rows() -> Iterator[tuple[int, str, str, str, str, str, str]]:
        nonlocal seq, previous
        for event, subject, payload in entries:
            seq += 1
            text = json_text(payload)
            previous = entry_hash(previous, seq, when, who, event, subject, text)
            yield seq, when, who, event, subject, text, previous

    bulk_insert(connection, tables.journal, _COLUMNS, rows())
    return Head(seq, previous)


def _lock(connection: Connection) -> None:
    """One appender at a time until the transaction ends; SQLite has but one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("journal")})


def head(connection: Connection) -> Head | None:
    """The end of the chain, None while the journal is empty. Print it, keep it elsewhere, hand it to `verify` later."""
    journal = tables.journal
    row = connection.execute(
        sa.select(journal.c.seq, journal.c.hash).order_by(journal.c.seq.desc()).limit(1)
    ).one_or_none()
    return None if row is None else Head(row.seq, row.hash)


def entries(connection: Connection, *, subject: str | None = None, after: int = 0) -> Iterator[Entry]:
    """The entries in order, streamed; of one subject, or from after a number on."""
    journal = tables.journal
    statement = sa.select(journal).where(journal.c.seq > after).order_by(journal.c.seq)
    if subject is not None:
        statement = statement.where(journal.c.subject == subject)
    for row in stream(connection, statement):
        yield Entry(row.seq, read_moment(row.time), row.actor, row.event, row.subject, read_json(row.payload), row.hash)


def verify(connection: Connection, expected_head: Head | None = None) -> JournalReport:
    """Recompute the whole chain. With a head that was kept elsewhere, also prove that its entry is still there."""
    journal = tables.journal
    count, previous = 0, GENESIS
    kept: str | None = None
    for row in stream(connection, sa.select(journal).order_by(journal.c.seq)):
        expected_seq = count + 1
        if row.seq != expected_seq:
            return JournalReport(count, ok=False, first_bad=expected_seq, reason=f"entry {expected_seq} is missing")
        computed = entry_hash(previous, row.seq, row.time, row.actor, row.event, row.subject, row.payload)
        if computed != row.hash:
            reason = f"entry {row.seq} was changed: its hash does not fit what stands in it and the entry before it"
            return JournalReport(count, ok=False, first_bad=row.seq, reason=reason)
        count, previous = row.seq, row.hash
        if expected_head is not None and row.seq == expected_head.seq:
            kept = row.hash
    end = Head(count, previous) if count else None
    if expected_head is not None and kept is None:
        reason = f"the journal ends at entry {count}, but entry {expected_head.seq} was there: its tail was cut off"
        return JournalReport(count, ok=False, first_bad=count + 1, reason=reason, head=end)
    if expected_head is not None and kept != expected_head.hash:
        reason = f"entry {expected_head.seq} is not the one of the expected head: the journal was written anew"
        return JournalReport(count, ok=False, first_bad=expected_head.seq, reason=reason, head=end)
    return JournalReport(count, ok=True, head=end)
