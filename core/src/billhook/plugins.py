"""Finding and loading plugins: distributions with an entry point in the group `billhook.plugins`.

Each is loaded by itself: one that is broken is named with its distribution, version and reason, and the others go on.
Two that claim the same scheme are refused, because nobody could say which of them bills.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import NamedTuple

import pluggy
from stevedore import ExtensionManager

from billhook import hookspecs
from billhook.scheme import Scheme
from billhook.words import words

GROUP = "billhook.plugins"
"""The entry-point group under which a distribution names its plugin module."""

_log = logging.getLogger(__name__)


_KEY = re.compile(r"[a-z][a-z0-9_]*")
_SCHEME_MEMBERS = tuple(name for name in {**vars(Scheme), **Scheme.__annotations__} if not name.startswith("_"))
"""What a scheme must have: the names of the protocol."""


class PluginFault(Exception):
    """What is wrong with a plugin, in words for its author."""


class PluginFailed(Exception):
    """A plugin failed at something without which it is of no use."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(words("plugin {name}: {reason}", name=name, reason=reason))
        self.name = name
        self.reason = reason


class MissingScheme(LookupError):
    """Something belongs to a scheme that is not installed, or whose plugin is broken."""

    def __init__(self, key: str, broken: Sequence[BrokenPlugin] = ()) -> None:
        distribution = f"billhook-{key.replace('_', '-')}"
        message = words(
            "the scheme {key!r} is not installed; pip install {distribution}", key=key, distribution=distribution
        )
        for plugin in broken:
            if plugin.name == key or plugin.distribution == distribution:
                named = f"{plugin.distribution} {plugin.version}"
                message = words(
                    "the scheme {key!r} cannot be used: {named} is broken ({reason})",
                    key=key,
                    named=named,
                    reason=plugin.reason,
                )
        super().__init__(message)
        self.key = key


class PluginConflict(Exception):
    """Two plugins claim the same name, so that it cannot be said which one is meant."""


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin that works: entry-point name, distribution and version, keys of its schemes, names of its hooks."""

    name: str
    distribution: str
    version: str
    schemes: tuple[str, ...]
    hooks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that could not be loaded, and why."""

    name: str
    distribution: str
    version: str
    reason: str


class Registry:
    """The plugins of an installation: their schemes by key, and the hooks that they implement.

    `load` finds what is installed; `of` takes plugin modules or objects as they are, for tests and embedding programs.
    """

    def __init__(self) -> None:
        self.schemes: dict[str, Scheme] = {}
        """The schemes by key. Look them up with `scheme`, which says what to install."""
        self.plugins: list[LoadedPlugin] = []
        """What was loaded, by entry-point name."""
        self.broken: list[BrokenPlugin] = []
        """What could not be loaded."""
        self._manager = _new_manager()

    @classmethod
    def load(cls) -> Registry:
        """Load every installed plugin. Broken ones are in `broken` and in the log, and do not stop the others.

        Raises:
            PluginConflict: two plugins claim the same scheme.
        """
        registry = cls()

        def on_failure(_manager: object, entry: EntryPoint, error: BaseException) -> None:
            registry._reject(_origin(entry), _reason(error))

        for extension in _Finder(GROUP, on_load_failure_callback=on_failure):
            registry._take(_origin(extension.entry_point), extension.plugin)
        return registry

    @classmethod
    def of(cls, *plugins: object) -> Registry:
        """A registry of exactly these plugin modules or objects, without looking at what is installed.

        Raises:
            PluginFailed: one of them is broken.
            PluginConflict: two claim the same scheme.
        """
        registry = cls()
        for place, plugin in enumerate(plugins, 1):
            name = str(getattr(plugin, "__name__", type(plugin).__name__))
            registry._take(_Origin(name, f"(given {place})", ""), plugin)
        if registry.broken:
            raise PluginFailed(registry.broken[0].name, registry.broken[0].reason)
        return registry

    @property
    def hooks(self) -> pluggy.HookRelay:
        """The hooks, to be called by name: `registry.hooks.billhook_check(run=view)` gives a list of answers."""
        return self._manager.hook

    def scheme(self, key: str) -> Scheme:
        """The scheme of this key.

        Raises:
            MissingScheme: it is not installed; the message says what to install, or which plugin is broken.
        """
        try:
            return self.schemes[key]
        except KeyError:
            raise MissingScheme(key, self.broken) from None

    def branches(self) -> dict[str, Path]:
        """The plugins' Alembic branches: label → folder with the revisions.

        Raises:
            PluginFailed: a plugin's `billhook_migrations` fails or answers something else.
            PluginConflict: two plugins, or a plugin and the core, claim the same label.
        """
        found: dict[str, Path] = {}
        owners = {"core": "billhook"}
        for implementation in self._manager.hook.billhook_migrations.get_hookimpls():
            owner = implementation.plugin_name
            label, folder = _branch(owner, implementation.function)
            if label in owners:
                message = words(
                    "{first} and {second} both claim the migrations' branch {label!r}; uninstall one of them",
                    first=owners[label],
                    second=owner,
                    label=label,
                )
                raise PluginConflict(message)
            owners[label] = owner
            found[label] = folder
        return found

    def _take(self, found: _Origin, plugin: object) -> None:
        """Register what was loaded, or note why not."""
        try:
            schemes, hooks = _inspect(plugin)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # a plugin may do anything, SystemExit included; the others go on
            self._reject(found, _reason(error))
            return
        for scheme in schemes:
            owner = next((loaded for loaded in self.plugins if scheme.key in loaded.schemes), None)
            if owner is not None:
                message = words(
                    "{distribution} {version} and {other} {other_version} both bring the scheme "
                    "{key!r}; uninstall one of them",
                    distribution=owner.distribution,
                    version=owner.version,
                    other=found.distribution,
                    other_version=found.version,
                    key=scheme.key,
                )
                raise PluginConflict(message)
        try:
            self._manager.register(plugin, name=f"{found.distribution}:{found.name}")
        except ValueError:
            self._reject(found, "another entry point names the same module")
            return
        self.schemes.update({scheme.key: scheme for scheme in schemes})
        keys = tuple(scheme.key for scheme in schemes)
        self.plugins.append(LoadedPlugin(found.name, found.distribution, found.version, keys, hooks))

    def _reject(self, found: _Origin, reason: str) -> None:
        _log.warning("plugin %s of %s %s is broken: %s", found.name, found.distribution, found.version, reason)
        self.broken.append(BrokenPlugin(found.name, found.distribution, found.version, reason))


class _Origin(NamedTuple):
    """Where a plugin is from: entry-point name, distribution and version."""

    name: str
    distribution: str
    version: str


def _origin(entry: EntryPoint) -> _Origin:
    if entry.dist is None:
        return _Origin(entry.name, "(unknown)", "")
    return _Origin(entry.name, entry.dist.name, entry.dist.version)


class _GuardedEntryPoint(EntryPoint):
    """An entry point whose import may do anything: what stevedore would let through is turned into what it catches."""

    def load(self) -> object:
        try:
            return super().load()
        except (AssertionError, SystemExit) as error:
            raise PluginFault(_reason(error)) from error


class _Finder(ExtensionManager[object]):
    """stevedore's manager, told where plugins come from.

    Its own list is kept in a cache on disk that forgets the distributions, and with them the version to name.
    """

    def list_entry_points(self) -> list[EntryPoint]:
        found = []
        for entry in importlib.metadata.entry_points(group=self.namespace):
            guarded = _GuardedEntryPoint(entry.name, entry.value, entry.group)
            vars(guarded)["dist"] = entry.dist  # an entry point is immutable, and its constructor takes no distribution
            found.append(guarded)
        return sorted(found, key=_origin)


def _branch(owner: str, answer: Callable[[], object]) -> tuple[str, Path]:
    """What a plugin's `billhook_migrations` says, if it is a label and a folder."""
    try:
        match answer():
            case (str(label), str() | Path() as folder):
                return label, Path(folder)
    except Exception as error:
        raise PluginFailed(owner, words("billhook_migrations: {reason}", reason=_reason(error))) from error
    raise PluginFailed(owner, words("billhook_migrations: it must return a label and a folder"))


def _new_manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _inspect(plugin: object) -> tuple[tuple[Scheme, ...], tuple[str, ...]]:
    """The schemes and the hooks of one plugin, tried out on a manager of its own so that a bad one leaves no trace."""
    if isinstance(plugin, type):
        raise PluginFault(f"it names the class {plugin.__name__}; name a module or an object")
    trial = _new_manager()
    trial.register(plugin, name="trial")
    trial.check_pending()
    hooks = tuple(sorted(caller.name for caller in trial.get_hookcallers(plugin) or ()))
    unmarked = [
        name
        for name, _member in inspect.getmembers(plugin, inspect.isroutine)
        if name.startswith("billhook_") and name not in hooks
    ]
    if unmarked:
        raise PluginFault(f"{unmarked[0]} is not marked; write @hookimpl above it")
    schemes: list[Scheme] = []
    for answer in trial.hook.billhook_schemes():
        for scheme in answer:
            _require_scheme(scheme, schemes)
            schemes.append(scheme)
    return tuple(schemes), hooks


def _require_scheme(scheme: object, before: Sequence[Scheme]) -> None:
    missing = sorted(name for name in _SCHEME_MEMBERS if not hasattr(scheme, name))
    if missing:
        raise PluginFault(f"its scheme {type(scheme).__name__} lacks {', '.join(missing)}")
    key = getattr(scheme, "key", None)
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise PluginFault(f"{key!r} is no scheme key; write small letters, digits and _")
    if any(other.key == key for other in before):
        raise PluginFault(f"it brings the scheme {key!r} twice")


def _reason(error: BaseException) -> str:
    """An error in one line: its class, unless the class was made to say nothing more, and its text."""
    text = " ".join(str(error).split())
    if isinstance(error, PluginFault | PluginFailed):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
