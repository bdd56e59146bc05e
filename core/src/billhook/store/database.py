"""The database: one SQLite file by default, PostgreSQL for a service centre; transactions, bulk work, locks.

Everything above works with SQLAlchemy connections from `Database.write` and `Database.read`. What must be fast or must
differ between the two databases stands here: BEGIN IMMEDIATE, COPY, server-side cursors, advisory locks.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError

from billhook.store import revisions
from billhook.words import words

T = TypeVar("T")

CHUNK = 5_000
"""Rows that go to the database, or come from it, in one piece."""

BUSY_SECONDS: float = 60
"""How long a writer waits on SQLite for the one before it. An export's longest write is the fixing of a run."""

_WRITE = "billhook_write"
_POLL_SECONDS = 0.05
_GROUP_AND_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class StoreError(Exception):
    """Something is wrong with the store as such; the message says how to mend it."""


class DatabaseError(StoreError):
    """The database cannot be reached or opened."""


class NotMigrated(StoreError):
    """The database was made by an older version and has not been upgraded yet."""


class NewerDatabase(StoreError):
    """The database was made by a newer version of Billhook, or of a plugin, than the one that runs."""


class Busy(StoreError):
    """Somebody else holds the lock of this name."""


class Database:
    """An opened database. `open` makes one; `close` gives its connections back.

    `branches` are the plugins' Alembic branches: label → folder with the revisions (hook `billhook_migrations`).
    """

    def __init__(self, engine: Engine, branches: Mapping[str, Path] | None = None) -> None:
        self.engine = engine
        self.branches = dict(branches or {})

    @classmethod
    def open(cls, url: str | URL, *, branches: Mapping[str, Path] | None = None, create: bool = False) -> Database:
        """Open a database; with `create` a SQLite file that is missing is made (mode 0600), else that is an error.

        The schema is not touched: call `upgrade` to bring it up to date or `require_current` to be sure that it is.

        Args:
            url: `sqlite:///path/to/billhook.db` or `postgresql://user@host/name`.
            branches: the plugins' Alembic branches.
            create: make the SQLite file.

        Raises:
            DatabaseError: unreadable URL, missing file, another kind of database, driver not installed, no connection.
        """
        parsed = _parse_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = _open_sqlite(parsed, create=create)
        else:
            engine = _open_postgresql(parsed)
        return cls(engine, branches)

    @property
    def url(self) -> str:
        """The URL, with its password: to open the same database in another process. Never log it."""
        return self.engine.url.render_as_string(hide_password=False)

    @property
    def is_sqlite(self) -> bool:
        """True for a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end of the block, rolled back when it raises.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE): a transaction that reads first and then wants to
        write would otherwise fail when somebody wrote in between. On PostgreSQL it is READ COMMITTED, so that what a
        row lock waited for is seen.

        Raises:
            Busy: on SQLite, somebody else has been writing for longer than `BUSY_SECONDS`.
        """
        with self.engine.connect() as connection:
            connection.execution_options(**{_WRITE: True})
            try:
                transaction = connection.begin()
            except OperationalError as error:
                if "locked" in str(error.orig):
                    raise _busy("writing") from error
                raise
            with transaction:
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot that may only be read: it shows one moment, however long the block takes and whoever writes."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin() as transaction:
                if self.is_sqlite:
                    connection.exec_driver_sql("PRAGMA query_only = ON")
                try:
                    yield connection
                finally:
                    if self.is_sqlite:
                        connection.exec_driver_sql("PRAGMA query_only = OFF")
                    transaction.rollback()

    @contextmanager
    def exclusive(self, name: str, wait: float = 0.0) -> Iterator[None]:
        """Hold the lock `name` of this database: no other process (or thread) has it at the same time.

        The lock ends with the block or with the process, however it dies; no stale lock is left behind. It is no
        transaction: long work may be done under it.

        Args:
            name: what is locked, e.g. `export`.
            wait: seconds to wait for whoever holds it.

        Raises:
            Busy: somebody else still holds it.
        """
        lock = self._lock_file(name, wait) if self.is_sqlite else self._lock_advisory(name, wait)
        with lock:
            yield

    @contextmanager
    def _lock_file(self, name: str, wait: float) -> Iterator[None]:
        database = Path(str(self.engine.url.database))
        lock = FileLock(database.with_name(f"{database.name}.{name}.lock"), timeout=wait, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise _busy(name) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _lock_advisory(self, name: str, wait: float) -> Iterator[None]:
        """A session lock on a connection of its own in autocommit: not idle in a transaction meanwhile."""
        key = {"key": lock_key(name)}
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            until = time.monotonic() + wait
            while not connection.scalar(sa.text("SELECT pg_try_advisory_lock(:key)"), key):
                if time.monotonic() >= until:
                    raise _busy(name)
                time.sleep(_POLL_SECONDS)
            try:
                yield
            finally:
                connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), key)

    def upgrade(self) -> None:
        """Bring the schema up to date: the core's branch and every plugin's. Does nothing when it already is.

        Raises:
            NewerDatabase: somebody newer was here.
            Busy: another process upgrades and does not come to an end.
        """
        # Alembic takes a tenth of a second to import; only those pay who need it.
        from billhook.store import migrations  # noqa: PLC0415  # Alembic is only for who upgrades

        with self.exclusive("upgrade", wait=BUSY_SECONDS):
            migrations.upgrade(self.engine, self.branches)

    def require_current(self) -> None:
        """Make sure that the schema is the one that this program was written for.

        Raises:
            NotMigrated: it is older, or the database is empty.
            NewerDatabase: it is newer.
        """
        with self.read() as connection:
            if sa.inspect(connection).has_table("alembic_version"):
                versions = set(connection.scalars(sa.text("SELECT version_num FROM alembic_version")))
            else:
                versions = set()
        if revisions.are_current(versions, self.branches):
            return
        from billhook.store import migrations  # noqa: PLC0415  # see upgrade

        migrations.compare(versions, self.branches)


# --- Opening --------------------------------------------------------------------------------------------------------


def _parse_url(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError(
            words("the database URL cannot be read; write sqlite:///billhook.db or postgresql://user@host/name")
        ) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    message = words("{backend!r} is no database that Billhook knows; use sqlite or postgresql", backend=backend)
    raise DatabaseError(message)


def _open_sqlite(url: URL, *, create: bool) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise DatabaseError(
            words("Billhook needs a SQLite file, not a database in memory; write sqlite:///billhook.db")
        )
    path = Path(str(url.database))
    if create and not path.exists():
        try:
            # SQLite gives its -wal and -shm files the mode of the database file, so 0600 here covers all three.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            message = words("the database file {path} cannot be made: {strerror}", path=path, strerror=error.strerror)
            raise DatabaseError(message) from error
    if not path.is_file():
        message = words("there is no database file {path}", path=path)
        raise DatabaseError(message)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    _try(engine)
    return engine


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:  # whatever the driver gives
    # The driver must not begin transactions by its own rules (not before DDL, never IMMEDIATE); `_begin_sqlite` does.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode = WAL",  # readers do not wait for the writer, nor the writer for them
        # FULL, not NORMAL: in WAL mode NORMAL may lose the last commits when the power fails. A number that was given
        # to an invoice that already left must not be given again, so every commit is on disk before it counts.
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {int(BUSY_SECONDS * 1000)}",
        "cache_size = -32768",  # 32 MiB a connection; a bulk insert touches the pages of every index
        "temp_store = FILE",  # a sort of a million keys must not sit in memory
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _open_postgresql(url: URL) -> Engine:
    try:
        engine = sa.create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise DatabaseError(words("PostgreSQL needs a driver: pip install 'billhook[postgresql]'")) from error
    _try(engine)
    return engine


def _try(engine: Engine) -> None:
    """Connect once, so that a wrong address is an error of opening and not of the first query."""
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except (OperationalError, DBAPIError) as error:
        engine.dispose()
        # The driver's text may repeat the URL with its password, so only its last line goes on, and only for SQLite.
        shown = engine.url.render_as_string(hide_password=True)
        message = words(
            "the database {shown} cannot be opened: {reason}",
            shown=shown,
            reason=str(error.orig).strip().splitlines()[0],
        )
        raise DatabaseError(message) from error


def lock_key(name: str) -> int:
    """The number of an advisory lock on PostgreSQL: 64 bits of SHA-256, signed."""
    return int.from_bytes(hashlib.sha256(f"billhook/{name}".encode()).digest()[:8], "big", signed=True)


def _busy(name: str) -> Busy:
    return Busy(words("another process is busy with this ({name}); try again when it is done", name=name))


# --- Bulk -----------------------------------------------------------------------------------------------------------


def bulk_insert(connection: Connection, table: sa.Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Insert many rows at once: prepared statements on SQLite, COPY on PostgreSQL. Memory does not grow with the rows.

    Values go to the driver as they are (see `billhook.store.encoding`); the database fills columns that are not named.

    Args:
        connection: of a write transaction.
        table: where to.
        columns: names, in the order of the values.
        rows: a sequence of values each; consumed once.

    Returns:
        How many rows there were.

    Raises:
        sqlalchemy.exc.IntegrityError: a row breaks a constraint; the transaction must be rolled back.
    """
    return (
        _copy(connection, table.name, columns, rows)
        if _is_postgresql(connection)
        else _insert_many(connection, table.name, columns, rows)
    )


def _insert_many(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {_quote(connection, table)} ({_list(connection, columns)}) VALUES ({marks})"  # noqa: S608  # names of our own tables
    return _execute_many(connection, statement, map(tuple, rows))


def _execute_many(connection: Connection, statement: str, rows: Iterator[tuple[Any, ...]]) -> int:
    count = 0
    while chunk := list(islice(rows, CHUNK)):
        connection.exec_driver_sql(statement, chunk)
        count += len(chunk)
    return count


def _copy(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    import psycopg  # noqa: PLC0415  # an extra: only there where PostgreSQL is used

    statement = f"COPY {_quote(connection, table)} ({_list(connection, columns)}) FROM STDIN"
    count = 0
    raw: Any = connection.connection.dbapi_connection
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
    except psycopg.IntegrityError as error:
        raise IntegrityError(statement, None, error) from error
    except psycopg.Error as error:
        raise DBAPIError(statement, None, error) from error
    return count


def bulk_update(
    connection: Connection,
    table: sa.Table,
    key: Sequence[str],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> int:
    """Update many rows at once, each found by its key columns.

    Args:
        connection: of a write transaction.
        table: where.
        key: names of the columns that find the row.
        columns: names of the columns that are set.
        rows: the values of `key`, then those of `columns`; consumed once.

    Returns:
        How many rows were given (not how many were found).
    """
    if _is_postgresql(connection):
        return _update_from_copy(connection, table.name, key, columns, rows)
    width = len(key)
    settings = ", ".join(f"{_quote(connection, name)} = ?" for name in columns)
    finds = " AND ".join(f"{_quote(connection, name)} = ?" for name in key)
    statement = f"UPDATE {_quote(connection, table.name)} SET {settings} WHERE {finds}"  # noqa: S608  # names of our own tables
    return _execute_many(connection, statement, ((*row[width:], *row[:width]) for row in rows))


def _update_from_copy(
    connection: Connection, table: str, key: Sequence[str], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """COPY the new values into a temporary table, then one UPDATE … FROM."""
    names = (*key, *columns)
    target, temporary = _quote(connection, table), _quote(connection, f"new_{table}")
    listed = _list(connection, names)
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {temporary} ON COMMIT DROP AS SELECT {listed} FROM {target} WITH NO DATA"  # noqa: S608  # names of our own tables
    )
    count = _copy(connection, f"new_{table}", names, rows)
    connection.exec_driver_sql(f"ANALYZE {temporary}")
    settings = ", ".join(f"{_quote(connection, name)} = n.{_quote(connection, name)}" for name in columns)
    finds = " AND ".join(f"t.{_quote(connection, name)} = n.{_quote(connection, name)}" for name in key)
    connection.exec_driver_sql(f"UPDATE {target} AS t SET {settings} FROM {temporary} AS n WHERE {finds}")  # noqa: S608  # names of our own tables
    connection.exec_driver_sql(f"DROP TABLE {temporary}")
    return count


def stream(connection: Connection, statement: sa.Select[Any], size: int = CHUNK) -> Iterator[sa.Row[Any]]:
    """The rows of a select, `size` at a time in memory (a server-side cursor on PostgreSQL).

    The connection stays usable for other statements meanwhile; what is written to the rows that are still to come may
    or may not be seen.
    """
    result = connection.execute(statement, execution_options={"yield_per": size})
    try:
        for chunk in result.partitions():
            yield from chunk
    finally:
        # Also when the walk is given up halfway: the cursor on the server would otherwise stay open. SQLite's cursors end
        # with their connection, and closing one after it is an error.
        if _is_postgresql(connection) or not connection.closed:
            result.close()


def in_pieces(values: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Values for an IN (…), as many at a time as every database takes."""
    rest = iter(values)
    while piece := list(islice(rest, size)):
        yield piece


def next_ids(connection: Connection, kind: str, n: int) -> range:
    """Draw `n` ids that nobody else has or will have. There may be gaps: ids mean nothing, numbers do (`numbers.draw`).

    Args:
        connection: of a write transaction. On PostgreSQL the block is drawn in a short transaction of its own, so that
            two imports do not wait for each other; it is not given back when the caller rolls back.
        kind: the table's name.
        n: how many; 0 gives an empty range.
    """
    if n <= 0:
        return range(0)
    drawing = sa.text(
        "INSERT INTO id_block (kind, next_id) VALUES (:kind, :n + 1) "
        "ON CONFLICT (kind) DO UPDATE SET next_id = id_block.next_id + :n RETURNING next_id"
    ).bindparams(sa.bindparam("n", type_=sa.BigInteger), kind=kind, n=n)
    if _is_postgresql(connection):
        with connection.engine.begin() as own:
            end: int = own.execute(drawing).scalar_one()
    else:
        end = connection.execute(drawing).scalar_one()
    return range(end - n, end)


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _quote(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)


def _list(connection: Connection, names: Sequence[str]) -> str:
    return ", ".join(_quote(connection, name) for name in names)
