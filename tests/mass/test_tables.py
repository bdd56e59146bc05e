"""The tables in the program and the tables that the migrations make are the same, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from billhook.store import Database
from billhook_mass import tables


def test_the_migrations_make_the_tables_of_the_program(database_url: str) -> None:
    label, folder = tables.branch()
    database = Database.open(database_url, branches={label: folder}, create=True)
    try:
        database.upgrade()
        database.require_current()
        with database.read() as connection:
            context = MigrationContext.configure(
                connection,
                opts={"include_name": lambda name, kind, _: kind != "table" or str(name).startswith("mass_")},
            )
            assert compare_metadata(context, tables.metadata) == []
    finally:
        database.close()
