"""What the tests of the store share: a migrated database, and a small made-up scheme."""

from collections.abc import Iterator

import pytest

from billhook.store import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with the current schema, once in SQLite and once in PostgreSQL."""
    opened = Database.open(database_url, create=True)
    opened.upgrade()
    yield opened
    opened.close()
