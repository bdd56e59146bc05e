"""Databases with the tables and payers of §302, made once a session and copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.p302.clerk import prepare
from tests.support.postgres import Server


@pytest.fixture(scope="session")
def billing_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database that is ready to bill."""
    folder = tmp_path_factory.mktemp("ready")
    path = folder / "billhook.sqlite3"
    prepare(folder / "home", f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def billing_template(postgresql_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database that is ready to bill, to be copied."""
    with postgresql_server.database() as url:
        prepare(tmp_path_factory.mktemp("ready") / "home", url)
        yield make_url(url).database or ""


@pytest.fixture
def quick_billing_url(billing_file: Path, tmp_path: Path) -> str:
    """A copy of the SQLite database, for what does not depend on the database."""
    copy = tmp_path / "billhook.sqlite3"
    shutil.copy(billing_file, copy)
    return f"sqlite:///{copy}"


@pytest.fixture(params=["sqlite", "postgresql"])
def billing_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of the test's own that is ready to bill, once in SQLite and once in PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("quick_billing_url")
        return
    server: Server = request.getfixturevalue("postgresql_server")
    with server.database(request.getfixturevalue("billing_template")) as url:
        yield url
