"""Hold the catalogs of sentences against the program: what is missing, what nobody says any more.

    python -m tools.words            bring the catalogs up to date: new sentences are added, empty, for somebody to fill in
    python -m tools.words --check    only tell what is missing

Sentences are found where they arise: calls of `words`, `many` and `count` in the source, the texts of rules, the help of
commands, the words for states. Headings of tables are found by tests that run whole months in every language.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from billhook.billing import fields
from billhook.model import ExchangeState, ItemState, Rule, Severity, SlotState
from billhook.plugins import Registry
from billhook.scheme import Support
from billhook.wire.problems import PROBLEM_KINDS
from billhook_cli import speaking
from billhook_cli.main import build
from billhook_cli.output import plural

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 120
RUNTIME = ("column", "typer", "state")
"""Contexts whose sentences no source shows: they are left alone here, and run through by the tests."""


@dataclass(frozen=True)
class Spoken:
    """A distribution whose sentences are said in other languages: its package, and which languages its users read."""

    package: str
    source: Path
    languages: tuple[str, ...]

    @property
    def locale(self) -> Path:
        """The folder with its catalogs."""
        return self.source / "locale"


SPOKEN = (
    Spoken("billhook", ROOT / "core/src/billhook", ("de", "nl")),
    Spoken("billhook_cli", ROOT / "cli/src/billhook_cli", ("de", "nl")),
    Spoken("billhook_mass", ROOT / "plugins/mass/src/billhook_mass", ("de",)),
    Spoken("billhook_p302", ROOT / "plugins/p302/src/billhook_p302", ("de",)),
    Spoken("billhook_vsb", ROOT / "plugins/vsb/src/billhook_vsb", ("nl",)),
)
"""The distributions that have catalogs. A care fund in Flanders has no German clients, and the other way round."""

Key = tuple[str, str]


@dataclass
class Sentences:
    """What a distribution says: by context and English, the template for several (or nothing) and where it stands."""

    said: dict[Key, str] = field(default_factory=dict)
    places: dict[Key, list[str]] = field(default_factory=dict)

    def add(self, english: str, place: str, *, context: str = "", several: str = "") -> None:
        """Note a sentence; texts without a letter need no translation."""
        # The text of a rule stands for its values too, which may be sentences themselves.
        if english and (context or any(letter.isalpha() for letter in _without_placeholders(english))):
            self.said.setdefault((context, english), several)
            self.places.setdefault((context, english), []).append(place)


def _without_placeholders(template: str) -> str:
    kept, depth = "", 0
    for letter in template:
        depth += (letter == "{") - (letter == "}")
        kept += letter if not depth and letter != "}" else ""
    return kept


def sentences(spoken: Spoken) -> Sentences:
    """All that a distribution says."""
    found = Sentences()
    for file in sorted(spoken.source.rglob("*.py")):
        _of_source(file, found)
    for rule, place in _rules(spoken.package):
        found.add(rule.text, place, context=rule.code)
        found.add(rule.mend, place, context=f"{rule.code} mend")
    _of_commands(spoken.package, found)
    if spoken.package == "billhook":
        for problem in PROBLEM_KINDS.values():
            found.add(problem.text, "wire/problems.py", context=problem.code)
            found.add(problem.mend, "wire/problems.py", context=f"{problem.code} mend")
        for kind in (ItemState, ExchangeState, SlotState, Severity, Support, fields.Kind):
            for value in kind:
                found.add(str(value.value), "states", context="state")
    for scheme in Registry.load().schemes.values():
        if type(scheme).__module__.partition(".")[0] == spoken.package:
            found.add(scheme.title, "scheme.py")
            for capability in scheme.capabilities:
                found.add(capability.name, "scheme.py")
                found.add(capability.reason, "scheme.py")
            for kind_of_file in scheme.wire_formats():
                found.add(kind_of_file.title, "formats.py")
    return found


def _of_source(file: Path, found: Sentences) -> None:
    place = file.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        texts = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        match node.func:
            case ast.Name("words") if texts:
                found.add(texts[0], place)
            case ast.Name("many") if len(texts) == 2:  # one thing, and several
                found.add(texts[0], place, several=texts[1])
            case ast.Attribute(attr="progress") | ast.Name("progress") if texts:
                found.add(texts[0], place)
            case ast.Name("count") if texts:
                one, several = plural(texts[0])
                found.add(one, place, several=several)


def _rules(package: str) -> Iterator[tuple[Rule, str]]:
    """The rules that stand in the modules of a package, each once."""
    seen: set[int] = set()
    codes: set[str] = set()
    root = importlib.import_module(package)
    names = [
        info.name
        for info in pkgutil.walk_packages(root.__path__, f"{package}.")
        if ".migrations" not in info.name and ".testing" not in info.name
    ]
    for name in names:
        for value in list(vars(importlib.import_module(name)).values()):
            for rule in _inside(value, seen):
                # What the wire codecs find has its words in the core.
                if rule.code not in codes and rule.code not in PROBLEM_KINDS:
                    codes.add(rule.code)
                    yield rule, name.replace(".", "/") + ".py"


def _inside(value: Any, seen: set[int]) -> Iterator[Rule]:
    if isinstance(value, Rule):
        yield value
    elif isinstance(value, Mapping | list | tuple | set | frozenset) and id(value) not in seen:
        seen.add(id(value))
        parts: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
        for part in parts:
            yield from _inside(part, seen)


def _of_commands(package: str, found: Sentences) -> None:
    """Help of the commands whose functions stand in the package."""
    command: Any = typer.main.get_command(build(Registry.load()))
    _of_command(command, package, found, "billhook")


def _of_command(command: Any, package: str, found: Sentences, name: str) -> None:
    below: Mapping[str, Any] = getattr(command, "commands", {})
    for part, each in below.items():
        _of_command(each, package, found, f"{name} {part}")
    if _home(command, name) != package:
        return
    for text in (command.help, command.epilog):
        if text:
            found.add(" ".join(text.split()), name)
    if command.rich_help_panel and isinstance(command.rich_help_panel, str):
        found.add(command.rich_help_panel, name)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            context = speaking.TYPER if parameter.name in speaking.OWN_OPTIONS else ""
            if not context:
                found.add(parameter.help, name)


def _home(command: Any, name: str) -> str:
    """The package that a command, or the first command of a group, is from."""
    while getattr(command, "commands", None) and name != "billhook":
        command = next(iter(command.commands.values()))
    callback = getattr(command.callback, "__wrapped__", command.callback)
    return "billhook_cli" if name == "billhook" else str(callback.__module__).partition(".")[0]


def read(file: Path) -> Catalog:
    """A catalog as it stands."""
    with file.open("rb") as opened:
        return read_po(opened, locale=file.stem)


def missing(spoken: Spoken, language: str) -> list[Key]:
    """What the distribution says and the language has no words for."""
    catalog = {_key(entry): entry for entry in read(spoken.locale / f"{language}.po") if entry.id}
    return [
        key
        for key in sentences(spoken).said
        if key not in catalog or catalog[key].fuzzy or not all(_strings(catalog[key]))
    ]


def _key(entry: Any) -> Key:
    return entry.context or "", entry.id if isinstance(entry.id, str) else entry.id[0]


def _strings(entry: Any) -> tuple[str, ...]:
    return (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ("",))


def update(spoken: Spoken, language: str) -> tuple[int, int]:
    """Bring a catalog up to date; how many sentences are new in it, and how many it lacks altogether."""
    file = spoken.locale / f"{language}.po"
    old = {_key(entry): entry for entry in read(file) if entry.id} if file.is_file() else {}
    found = sentences(spoken)
    fresh = Catalog(locale=language, project=spoken.package, charset="utf-8", fuzzy=False)
    keys = [*found.said, *(key for key in old if key[0] in RUNTIME and key not in found.said)]
    for context, english in sorted(keys, key=lambda key: (key[0], key[1].lower(), key[1])):
        several = found.said.get((context, english), "")
        known = old.get((context, english))
        fresh.add(
            (english, several) if several else english,
            known.string if known is not None else ("", "") if several else "",
            context=context or None,
        )
    spoken.locale.mkdir(exist_ok=True)
    with file.open("wb") as opened:
        # No dates and no places: a catalog changes only where a sentence does.
        opened.write(HEADER.format(language=language).encode())
        write_po(opened, fresh, omit_header=True, width=WIDTH, no_location=True)
    empty = sum(1 for entry in fresh if entry.id and not all(_strings(entry)))
    return sum(1 for key in keys if key not in old), empty


HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def main() -> int:
    """Update or check every catalog; 1 when sentences are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    lacking = 0
    for spoken in SPOKEN:
        for language in spoken.languages:
            if not check:
                new, _ = update(spoken, language)
                print(f"{spoken.package} {language}: {new} new")
            for context, english in missing(spoken, language):
                lacking += 1
                print(f"{spoken.package} {language}: {f'[{context}] ' if context else ''}{english}", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
