"""What every command stands on: the workspace in use, the form of the output, and where files are read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from billhook import language
from billhook.language import Language
from billhook.plugins import Registry
from billhook.store import Workspace, find_workspace
from billhook_cli.output import Output

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
SchemeOption = Annotated[
    str | None, typer.Option("--scheme", help="Only this scheme; all installed ones when not given.")
]


LOCALE = Path(__file__).with_name("locale")
"""The catalogs of this command line."""

LARGEST = 2**63 - 1
"""The largest number that the database has."""


class Host:
    """The `typer.Context.obj` of every command: implements `billhook.scheme.CommandHost`."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.home: Path | None = None
        self.json = False
        self.out = Output()
        language.speak(self.language)

    @property
    def language(self) -> Language:
        """The language in which the user wants to be spoken to."""
        return self.out.language

    def say(self, text: str) -> str:
        """A sentence in the user's language."""
        return self.language.say(text)

    def catalogs(self) -> list[Path]:
        """The folders with sentences in other languages: ours, the core's, those of the plugins."""
        folders = [Path(str(folder)) for folder in self.registry.hooks.billhook_catalogs()]
        return [LOCALE, language.LOCALE, *folders]

    def languages(self) -> list[str]:
        """What may be asked for: English, and every language that we have a catalog of."""
        return language.languages([LOCALE])

    def speak(self, code: str) -> None:
        """From now on in this language, one of `languages`."""
        self.out.language = Language.of(code, self.catalogs(), self.registry.schemes.values())
        language.speak(self.language)

    @cached_property
    def _workspace(self) -> Workspace:
        return Workspace.open(find_workspace(self.home), plugins=self.registry)

    def workspace(self) -> Workspace:
        """The opened workspace; an error that says `billhook init` where there is none."""
        return self._workspace

    def close(self) -> None:
        """Give the database back, if it was opened."""
        if "_workspace" in self.__dict__:
            self._workspace.close()

    def show(self, data: Any, *, title: str = "", columns: Sequence[str] = ()) -> None:
        """Print a mapping or a sequence of mappings, as JSON or as a table."""
        if self.json:
            self.out.json(data)
        elif isinstance(data, Mapping):
            self.out.pairs(data, title=title)
        else:
            self.out.table(data, columns, title=title)


def host_of(ctx: typer.Context, *, json: bool = False) -> Host:
    """The host of this call, with the form of output that the command was asked for."""
    host = cast(Host, ctx.find_root().obj)
    host.json = host.json or json
    return host


def named(file: Path) -> Path:
    """The path with a name that a message can use, also where it was given as `.`."""
    return file if file.name not in ("", "..") else file.resolve()


def installed(host: Host, scheme: str | None) -> str | None:
    """The key as it was given, once it is sure that there is such a scheme: a typing mistake finds no items otherwise.

    Raises:
        billhook.plugins.MissingScheme: there is none.
    """
    return None if scheme is None else host.registry.scheme(scheme).key
