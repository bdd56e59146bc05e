"""Fixtures that the tests of every distribution share: the corpus of real files, and databases of their own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.postgres import Server, throwaway_server

ROOT: Final = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Published files of payers and public bodies, kept outside the repository.

    They lie in `BILLHOOK_CORPUS`, else in shared/corpus beside the checkout. A test that
    takes this fixture is skipped on a machine that does not have them.
    """
    folder = Path(os.environ.get("BILLHOOK_CORPUS") or ROOT.parent / "shared" / "corpus")
    if not folder.is_dir():
        pytest.skip(f"the corpus of published files is not on this machine (looked at {folder}; set BILLHOOK_CORPUS)")
    return folder


@pytest.fixture(scope="session")
def specs(corpus: Path) -> Path:
    """What another reader took down of the published formats, in the folder `specs` beside the corpus."""
    folder = corpus.parent / "specs"
    if not folder.is_dir():
        pytest.skip(f"notes of another reader of the formats are not on this machine (looked at {folder})")
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL server for this run of the tests alone, started when the first test asks for it."""
    with throwaway_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_url(postgresql_server: Server) -> Iterator[str]:
    """The SQLAlchemy URL of one PostgreSQL database that all tests of the run share."""
    with postgresql_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database of the test's own, once in SQLite and once in PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'billhook.sqlite3'}"
        return
    server: Server = request.getfixturevalue("postgresql_server")
    with server.database() as url:
        yield url
