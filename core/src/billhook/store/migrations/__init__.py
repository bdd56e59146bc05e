"""Migrations: one Alembic branch a distribution, run from here on the program's own connection.

Every revision's id begins with its branch's label (`core_0001`, `p302_0002`). So a revision in the database that no
script knows tells whether it is from a newer version of something installed (an error) or from a plugin that is not
installed any more (its tables stay, and it goes on where it was when it comes back).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.engine import Connection, Engine

from billhook.store.database import NewerDatabase, NotMigrated, StoreError

CORE = "core"
"""The label of the core's branch."""

FOLDER = Path(__file__).parent

_version = sa.table("alembic_version", sa.column("version_num", sa.String))


class BadMigrations(StoreError):
    """A plugin's folder of revisions cannot be used."""


def configuration(branches: Mapping[str, Path]) -> Config:
    """The Alembic configuration for the core's branch and these: label → folder."""
    config = Config()
    folders = (FOLDER / "versions", *branches.values())
    config.set_main_option("script_location", _escape(FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(_escape(folder) for folder in folders))
    return config


def _escape(path: Path) -> str:
    return str(path).replace("%", "%%")


def scripts(branches: Mapping[str, Path]) -> ScriptDirectory:
    """The revisions of all branches.

    Raises:
        BadMigrations: a folder is missing, an id does not begin with its branch's label, a branch depends on another.
    """
    for label, folder in branches.items():
        if not folder.is_dir():
            message = f"the folder of migrations {label!r} is missing: {folder}"
            raise BadMigrations(message)
    directory = ScriptDirectory.from_config(configuration(branches))
    labels = {CORE, *branches}
    try:
        revisions = list(directory.walk_revisions())
    except CommandError as error:
        message = f"the migrations of {', '.join(sorted(labels))} do not fit together: {error}"
        raise BadMigrations(message) from error
    for revision in revisions:
        if not any(revision.revision.startswith(f"{label}_") for label in revision.branch_labels & labels):
            message = f"revision {revision.revision} ({revision.path}) must begin with the label of its branch and _"
            raise BadMigrations(message)
        if revision.dependencies:
            # Alembic would then keep no row for the core's branch, and nobody could tell where it is once the plugin is
            # gone. Nor is it needed: the core's branch is always brought up to date first.
            message = f"revision {revision.revision} ({revision.path}) must not have `depends_on`"
            raise BadMigrations(message)
    return directory


def compare(versions: set[str], branches: Mapping[str, Path]) -> None:
    """Hold what the database has (the rows of alembic_version) against the scripts.

    Raises:
        NotMigrated: it lacks revisions. NewerDatabase: it has some that no script knows.
    """
    directory = scripts(branches)
    known = _known(directory, versions, branches)
    if set(directory.get_heads()) - known:
        if not versions:
            raise NotMigrated("the database is empty; set it up with: billhook upgrade")
        raise NotMigrated("the database was made by an older version; bring it up to date with: billhook upgrade")


def _known(directory: ScriptDirectory, versions: set[str], branches: Mapping[str, Path]) -> set[str]:
    """Those versions that the scripts know."""
    known = {revision.revision for revision in directory.walk_revisions()}
    for version in sorted(versions - known):
        label = next((label for label in (CORE, *branches) if version.startswith(f"{label}_")), None)
        if label is not None:
            distribution = "billhook" if label == CORE else f"the plugin with the migrations {label!r}"
            message = f"the database was made by a newer version ({version}); upgrade {distribution}"
            raise NewerDatabase(message)
    return versions & known


def upgrade(engine: Engine, branches: Mapping[str, Path]) -> None:
    """Bring all branches to their newest revision, in one transaction. See `Database.upgrade`."""
    directory = scripts(branches)
    with engine.connect() as connection:
        _foreign_keys(connection, on=False)
        try:
            connection.execution_options(billhook_write=True)
            with connection.begin():
                _upgrade(connection, directory, branches)
        finally:
            _foreign_keys(connection, on=True)


def _upgrade(connection: Connection, directory: ScriptDirectory, branches: Mapping[str, Path]) -> None:
    versions: set[str] = set()
    if sa.inspect(connection).has_table("alembic_version"):
        versions = set(connection.scalars(sa.select(_version.c.version_num)))
    known = _known(directory, versions, branches)
    if not set(directory.get_heads()) - known:
        return
    # Alembic stumbles over versions without a script (plugins that are gone): they step aside meanwhile.
    gone = sorted(versions - known)
    if gone:
        connection.execute(_version.delete().where(_version.c.version_num.in_(gone)))
    config = configuration(branches)
    config.attributes["connection"] = connection
    # The core first, so that a plugin's tables may link to the newest of its.
    command.upgrade(config, f"{CORE}@head")
    command.upgrade(config, "heads")
    if gone:
        connection.execute(_version.insert(), [{"version_num": version} for version in gone])
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            message = f"the upgrade would break a link of table {broken[0]}; nothing was changed"
            raise StoreError(message)


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    """SQLite changes a table by copying it; dropping the old one must not be an error. Outside a transaction only."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")
        cursor.close()
