"""The workspace: one folder that holds a provider's settings, database, archive and the files to be sent.

`billhook.toml` is written by hand and read here; everything else in the folder is the program's. It is all health data:
folders are 0700, files 0600.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ValidationError
from sqlalchemy.engine import make_url

from billhook.hookspecs import SettingsModel
from billhook.plugins import Registry
from billhook.scheme import Scheme
from billhook.store.archive import Archive, make_private_folder
from billhook.store.database import Database, StoreError
from billhook.words import words

CONFIG = "billhook.toml"
"""The file that makes a folder a workspace."""

DATABASE_URL = "BILLHOOK_DATABASE_URL"
"""Environment variable that overrides [database] url."""

HOME = "BILLHOOK_HOME"
"""Environment variable that names the workspace."""

_TEMPLATE = """\
# The settings of this Billhook workspace. Lines that begin with # are comments.

[database]
# SQLite by default: one file in this folder. For a service centre: url = "postgresql://user@host/billhook"
# BILLHOOK_DATABASE_URL in the environment overrides it; a password belongs there or in ~/.pgpass, not here.
url = "sqlite:///billhook.db"
"""


class NoWorkspace(StoreError):
    """There is no workspace where one was looked for."""


class ConfigError(StoreError):
    """Something in billhook.toml is wrong: which file, which key, which value, and how to mend it."""

    def __init__(self, file: Path, key: str, value: object, mend: str) -> None:
        shown = "" if value is None else f" = {value!r}"
        super().__init__(
            words("{file}: {key}{shown}: {mend}", file=file, key=key, shown=shown, mend=mend)
            if key
            else words("{file}: {mend}", file=file, mend=mend)
        )
        self.file = file
        self.key = key
        self.value = value
        self.mend = mend


class Workspace:
    """An opened workspace. Close it, or use it in a `with` block."""

    def __init__(self, path: Path, config: Mapping[str, Any], plugins: Registry, database: Database) -> None:
        self.path = path
        self.plugins = plugins
        self.database = database
        self.archive = Archive(path / "archive")
        self.out_dir = path / "out"
        self._config = config
        self._settings: dict[str, BaseModel] = {}

    @classmethod
    def create(cls, path: Path | str, *, url: str | None = None, plugins: Registry | None = None) -> Workspace:
        """Make a workspace in this folder and open it: billhook.toml, database, archive, out folder.

        Args:
            path: the folder; made when it is missing. What is in it is left alone.
            url: the database; BILLHOOK_DATABASE_URL or a SQLite file in the folder when not given.
            plugins: the plugins to work with; those that are installed when not given.

        Raises:
            ConfigError: the folder is a workspace already.
            DatabaseError: the database cannot be made or reached.
        """
        folder = Path(path).absolute()
        config = folder / CONFIG
        if config.exists():
            raise ConfigError(
                config, "", None, words("this folder is a workspace already; open it, or choose another folder")
            )
        plugins = Registry.load() if plugins is None else plugins
        make_private_folder(folder)
        text = _TEMPLATE + "".join(_section(scheme) for _, scheme in sorted(plugins.schemes.items()))
        database = Database.open(
            _database_url(folder, tomllib.loads(text), url), branches=plugins.branches(), create=True
        )
        database.upgrade()
        for name in ("archive", "out"):
            make_private_folder(folder / name)
        # Last of all: a folder with a billhook.toml is a workspace that works.
        _write_private(config, text)
        return cls(folder, tomllib.loads(text), plugins, database)

    @classmethod
    def open(
        cls, path: Path | str, url: str | None = None, *, plugins: Registry | None = None, upgrade: bool = False
    ) -> Workspace:
        """Open the workspace in this folder.

        Args:
            path: the folder with billhook.toml.
            url: the database, instead of what BILLHOOK_DATABASE_URL or billhook.toml say.
            plugins: the plugins to work with; those that are installed when not given.
            upgrade: bring an older database up to date instead of refusing it.

        Raises:
            NoWorkspace: there is no billhook.toml.
            ConfigError: billhook.toml cannot be read.
            DatabaseError, NotMigrated, NewerDatabase: see `billhook.store.database`.
        """
        folder = Path(path).absolute()
        config = _read_config(folder / CONFIG)
        plugins = Registry.load() if plugins is None else plugins
        database = Database.open(_database_url(folder, config, url), branches=plugins.branches())
        try:
            if upgrade:
                database.upgrade()
            database.require_current()
        except BaseException:
            database.close()
            raise
        return cls(folder, config, plugins, database)

    @property
    def schemes(self) -> Mapping[str, Scheme]:
        """The installed schemes by key."""
        return self.plugins.schemes

    def settings(self, scheme: str | Scheme) -> Any:  # an instance of whatever the scheme declares
        """The scheme's settings from [schemes.<key>], validated: an instance of its `Settings`.

        Raises:
            ConfigError: a value is missing or wrong.
            MissingScheme: there is no such scheme.
        """
        driver = self.plugins.scheme(scheme) if isinstance(scheme, str) else scheme
        if driver.key not in self._settings:
            self._settings[driver.key] = self._read_settings(driver)
        return self._settings[driver.key]

    def plugin_settings(self, plugin: str, model: type[SettingsModel]) -> SettingsModel:
        """A plugin's own settings from [plugins.<plugin>], validated: for plugins that are no scheme.

        Raises:
            ConfigError: a value is missing or wrong.
        """
        return self._section("plugins", plugin, model)

    def top_settings(self, name: str, model: type[SettingsModel]) -> SettingsModel:
        """The core's own settings from [<name>], validated.

        Raises:
            ConfigError: a value is missing or wrong.
        """
        return self._validated(name, self._config.get(name, {}), model)

    def section(self, table: str, name: str) -> Mapping[str, Any] | None:
        """The section `[table.name]` of billhook.toml as it is written there; None when there is none.

        Raises:
            ConfigError: it is something else than a section.
        """
        found = _table(self.path / CONFIG, self._config, table).get(name)
        if found is not None and not isinstance(found, dict):
            raise ConfigError(
                self.path / CONFIG,
                f"{table}.{name}",
                found,
                words("write a section [{table}.{name}]", table=table, name=name),
            )
        return found

    def _read_settings(self, scheme: Scheme) -> BaseModel:
        return self._section("schemes", scheme.key, scheme.Settings)

    def _section(self, group: str, name: str, model: type[SettingsModel]) -> SettingsModel:
        section = _table(self.path / CONFIG, self._config, group).get(name, {})
        return self._validated(f"{group}.{name}", section, model)

    def _validated(self, table: str, section: object, model: type[SettingsModel]) -> SettingsModel:
        if not isinstance(section, dict):
            raise ConfigError(self.path / CONFIG, table, section, words("write a section [{table}]", table=table))
        try:
            # Settings may name files that lie beside billhook.toml (a profile, a register).
            return model.model_validate(section, context={"folder": self.path})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join((table, *(str(part) for part in first["loc"])))
            if first["type"] == "missing":
                raise ConfigError(
                    self.path / CONFIG, key, None, words("it is missing; add it under [{table}]", table=table)
                ) from None
            raise ConfigError(self.path / CONFIG, key, first["input"], first["msg"]) from None

    def close(self) -> None:
        """Give the database's connections back."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def find_workspace(home: Path | str | None = None, start: Path | None = None) -> Path:
    """The folder of the workspace: `home` if given, else BILLHOOK_HOME, else the nearest one from `start` upwards.

    Raises:
        NoWorkspace: there is none; the message says where was looked and how to make one.
    """
    named = home or os.environ.get(HOME)
    if named:
        folder = Path(named).absolute()
        if not (folder / CONFIG).is_file():
            message = words(
                "{folder} is no workspace (there is no {config}); make one with: billhook init {folder}",
                folder=folder,
                config=CONFIG,
            )
            raise NoWorkspace(message)
        return folder
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if (folder / CONFIG).is_file():
            return folder
    message = words(
        "there is no {config} in {here} or above it; make a workspace with: billhook init, "
        "or name one with --home or {home}",
        config=CONFIG,
        here=here,
        home=HOME,
    )
    raise NoWorkspace(message)


def _read_config(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        message = words(
            "{parent} is no workspace (there is no {config}); make one with: billhook init {parent}",
            parent=file.parent,
            config=CONFIG,
        )
        raise NoWorkspace(message) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(file, "", None, words("it cannot be read: {error}", error=error)) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, "", None, words("it is no TOML: {error}", error=error)) from None


def _table(file: Path, config: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = config.get(name, {})
    if not isinstance(section, dict):
        raise ConfigError(file, name, section, words("write a section [{name}]", name=name))
    return section


def _database_url(folder: Path, config: Mapping[str, Any], url: str | None) -> str:
    """The URL to open; a relative SQLite path counts from the workspace, not from where the program was started."""
    written = _table(folder / CONFIG, config, "database").get("url", "sqlite:///billhook.db")
    if not isinstance(written, str):
        raise ConfigError(
            folder / CONFIG, "database.url", written, words('write a URL in quotes: "sqlite:///billhook.db"')
        )
    chosen = url or os.environ.get(DATABASE_URL) or written
    if not chosen.startswith("sqlite"):
        return chosen
    parsed = make_url(chosen)
    if parsed.database and parsed.database != ":memory:":
        parsed = parsed.set(database=str(folder / parsed.database))
    return parsed.render_as_string(hide_password=False)


def _section(scheme: Scheme) -> str:
    """The scheme's part of billhook.toml: its optional `settings_template` (commented TOML), else an empty section."""
    template = getattr(scheme, "settings_template", "")
    header = f"[schemes.{scheme.key}]"
    body = template.strip() if isinstance(template, str) else ""
    if header not in body.splitlines():
        body = f"{header}\n{body}" if body else header
    return f"\n# {scheme.title}\n{body}\n"


def _write_private(file: Path, text: str) -> None:
    """Write a new file (0600, whatever the umask)."""
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
