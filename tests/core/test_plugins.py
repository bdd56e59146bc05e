"""Plugins are found by entry point, one by one: a broken one is named, and the others go on.

The plugins here are real distributions in a folder of their own (module, metadata, entry points) that a new Python
process has on its path, as if pip had put them there.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from billhook.hookspecs import hookimpl
from billhook.plugins import MissingScheme, PluginConflict, PluginFailed, Registry
from tests.core.store.toy import Toy

_SHOW = dedent(
    """
    import json, sys
    from dataclasses import asdict
    from billhook.plugins import MissingScheme, PluginConflict, Registry
    try:
        registry = Registry.load()
        shown = {
            "plugins": [asdict(plugin) for plugin in registry.plugins if plugin.distribution.startswith("acme")],
            "broken": [asdict(plugin) for plugin in registry.broken if plugin.distribution.startswith("acme")],
            "answers": registry.hooks.billhook_channels(),
        }
        try:
            registry.scheme("acme_bad")
        except MissingScheme as error:
            shown["missing"] = str(error)
    except PluginConflict as error:
        shown = {"conflict": str(error)}
    print(json.dumps(shown))
    """
)

GOOD = """
    from billhook.hookspecs import hookimpl
    from tests.core.store.toy import Toy

    class Acme(Toy):
        key = "acme"

    @hookimpl
    def billhook_schemes():
        return [Acme()]

    @hookimpl
    def billhook_channels():
        return ["acme answers"]
"""

Install = Callable[..., None]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed distributions."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


@pytest.fixture
def install(site: Path) -> Install:
    """Put a distribution there, with a module of its own and an entry point that names it."""

    def install_it(distribution: str, source: str, *, version: str = "1.2", name: str = "", target: str = "") -> None:
        module = distribution.replace("-", "_")
        (site / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        metadata = site / f"{module}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        entry = f"{name or module} = {target or module}"
        (metadata / "entry_points.txt").write_text(f"[billhook.plugins]\n{entry}\n")

    return install_it


@pytest.fixture
def load(site: Path, project: Path) -> Callable[[], dict[str, Any]]:
    """Load the plugins in a new process that has the folder on its path, and tell what came of it."""

    def load_them() -> dict[str, Any]:
        path = os.pathsep.join((str(site), str(project)))
        done = subprocess.run(
            [sys.executable, "-c", _SHOW],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        shown: dict[str, Any] = json.loads(done.stdout)
        return shown

    return load_them


def test_a_plugin_is_found_with_its_distribution(install: Install, load: Callable[[], dict[str, Any]]) -> None:
    install("acme-billing", GOOD, version="3.1", name="acme")
    shown = load()
    assert shown["broken"] == []
    assert shown["plugins"] == [
        {
            "name": "acme",
            "distribution": "acme-billing",
            "version": "3.1",
            "schemes": ["acme"],
            "hooks": ["billhook_channels", "billhook_schemes"],
        }
    ]
    assert ["acme answers"] in shown["answers"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import acme_no_such_module", "ModuleNotFoundError: No module named 'acme_no_such_module'"),
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("assert False", "AssertionError"),
        (
            """
            from billhook.hookspecs import hookimpl
            @hookimpl
            def billhook_check(runs, severity): return ()
            """,
            "PluginValidationError: .*billhook_check.*hookimpl definition.*runs",
        ),
        (
            """
            from billhook.hookspecs import hookimpl
            @hookimpl
            def billhook_bill_everything(run): return ()
            """,
            "PluginValidationError: unknown hook 'billhook_bill_everything'",
        ),
        ("def billhook_schemes(): return []", "billhook_schemes is not marked; write @hookimpl above it"),
        (
            """
            from billhook.hookspecs import hookimpl
            @hookimpl
            def billhook_schemes(): raise OSError("tables are missing")
            """,
            "OSError: tables are missing",
        ),
        (
            """
            from billhook.hookspecs import hookimpl
            @hookimpl
            def billhook_schemes(): raise SystemExit
            """,
            "SystemExit",
        ),
        (
            """
            from billhook.hookspecs import hookimpl
            class Half:
                key = "half"
            @hookimpl
            def billhook_schemes(): return [Half()]
            """,
            "its scheme Half lacks Details, Settings, .*check.*",
        ),
        (
            """
            from billhook.hookspecs import hookimpl
            from tests.core.store.toy import Toy
            class Odd(Toy):
                key = "§ 302"
            @hookimpl
            def billhook_schemes(): return [Odd()]
            """,
            "'§ 302' is no scheme key",
        ),
        (
            """
            from billhook.hookspecs import hookimpl
            from tests.core.store.toy import Toy
            @hookimpl
            def billhook_schemes(): return [Toy(), Toy()]
            """,
            "it brings the scheme 'toy' twice",
        ),
    ],
)
def test_a_broken_plugin_is_named_and_the_others_go_on(
    install: Install, load: Callable[[], dict[str, Any]], source: str, reason: str
) -> None:
    install("acme-bad", source, version="0.9")
    install("acme-good", GOOD)
    shown = load()
    assert [plugin["name"] for plugin in shown["plugins"]] == ["acme_good"]
    (broken,) = shown["broken"]
    assert (broken["name"], broken["distribution"], broken["version"]) == ("acme_bad", "acme-bad", "0.9")
    assert re.search(reason, broken["reason"]), broken["reason"]
    assert "\n" not in broken["reason"]
    assert shown["missing"].startswith("the scheme 'acme_bad' cannot be used: acme-bad 0.9 is broken")


def test_a_plugin_that_names_a_class_is_broken(install: Install, load: Callable[[], dict[str, Any]]) -> None:
    install("acme-bad", "class Plugin: ...", target="acme_bad:Plugin")
    assert "name a module or an object" in load()["broken"][0]["reason"]


def test_a_plugin_may_be_an_object(install: Install, load: Callable[[], dict[str, Any]]) -> None:
    source = """
        from billhook.hookspecs import hookimpl
        class Plugin:
            @hookimpl
            def billhook_channels(self):
                return ["an object answers"]
        plugin = Plugin()
    """
    install("acme-object", source, target="acme_object:plugin")
    shown = load()
    assert shown["broken"] == []
    assert ["an object answers"] in shown["answers"]


def test_two_plugins_that_claim_one_scheme_are_refused(install: Install, load: Callable[[], dict[str, Any]]) -> None:
    install("acme-one", GOOD, version="1.0")
    install("acme-two", GOOD, version="2.0")
    assert load() == {"conflict": "acme-one 1.0 and acme-two 2.0 both bring the scheme 'acme'; uninstall one of them"}


def test_two_plugins_may_have_the_same_name(install: Install, load: Callable[[], dict[str, Any]]) -> None:
    install("acme-one", GOOD, name="same")
    install("acme-two", "", name="same")
    assert [plugin["distribution"] for plugin in load()["plugins"]] == ["acme-one", "acme-two"]


def test_a_module_that_is_named_twice_is_used_once(install: Install, load: Callable[[], dict[str, Any]]) -> None:
    install("acme-one", "", target="acme_one")
    install("acme-two", "", target="acme_one")
    shown = load()
    assert [plugin["distribution"] for plugin in shown["plugins"]] == ["acme-one"]
    assert shown["broken"][0]["reason"] == "another entry point names the same module"


# --- Plugins that are handed over -----------------------------------------------------------------------------------


class _Brings:
    """A plugin object that brings one scheme and a branch of migrations."""

    def __init__(self, scheme: Toy, label: str = "toy", folder: object = Path("somewhere")) -> None:
        self._scheme = scheme
        self._branch = (label, folder)

    @hookimpl
    def billhook_schemes(self) -> list[Toy]:
        return [self._scheme]

    @hookimpl
    def billhook_migrations(self) -> tuple[str, object]:
        return self._branch


class Other(Toy):
    """The toy under another name."""

    key = "other"


def test_given_plugins_are_used_alone() -> None:
    toy = Toy()
    registry = Registry.of(_Brings(toy))
    assert registry.schemes == {"toy": toy}
    assert registry.scheme("toy") is toy
    assert registry.branches() == {"toy": Path("somewhere")}


def test_a_given_plugin_that_is_broken_is_an_error() -> None:
    class Unmarked:
        def billhook_schemes(self) -> list[Toy]:
            return []

    with pytest.raises(PluginFailed, match="not marked"):
        Registry.of(Unmarked())


def test_a_scheme_that_is_not_installed_says_what_to_install() -> None:
    with pytest.raises(MissingScheme, match="pip install billhook-forcare-budget"):
        Registry.of().scheme("forcare_budget")


def test_a_branch_of_migrations_has_one_owner() -> None:
    with pytest.raises(PluginConflict, match="branch 'toy'"):
        Registry.of(_Brings(Toy()), _Brings(Other())).branches()
    with pytest.raises(PluginConflict, match=r"billhook and .*branch 'core'"):
        Registry.of(_Brings(Toy(), "core")).branches()


def test_a_branch_that_is_none_names_its_plugin() -> None:
    with pytest.raises(PluginFailed, match=r"_Brings.*a label and a folder"):
        Registry.of(_Brings(Toy(), "toy", 3)).branches()
