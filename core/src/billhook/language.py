"""Languages: the catalogs of sentences, and saying something in the language that a person asked for."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any

from billhook.model import Finding
from billhook.scheme import Translates
from billhook.wire.problems import PROBLEM_KINDS
from billhook.words import Words

ENGLISH = "en"
"""The language of the program itself; it needs no catalog."""

LOCALE = Path(__file__).with_name("locale")
"""The core's own catalogs."""


class Catalog:
    """The sentences of one language from one file: by context and English template, singular and plural."""

    def __init__(self, messages: Mapping[tuple[str, str], tuple[str, ...]], plural: Callable[[int], int]) -> None:
        self.messages = messages
        self.plural = plural

    @classmethod
    def of(cls, phrases: Mapping[str, str]) -> Catalog:
        """The catalog of texts that nothing is counted in."""
        return cls({("", english): (told,) for english, told in phrases.items()}, lambda _number: 0)

    @classmethod
    def read(cls, path: Path) -> Catalog:
        """Read a `.po` file. Entries that are empty or marked as doubtful (`fuzzy`) are left out."""
        # A sixth of a second that only those wait who do not read English.
        from babel.messages.pofile import read_po  # noqa: PLC0415  # see above

        with path.open("rb") as opened:
            content = read_po(opened, locale=path.stem)
        messages: dict[tuple[str, str], tuple[str, ...]] = {}
        for entry in content:
            if not entry.id or entry.fuzzy:
                continue
            english = entry.id if isinstance(entry.id, str) else entry.id[0]
            told = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
            if all(told):
                messages[entry.context or "", english] = told
        return cls(messages, gettext.c2py(content.plural_expr))


class Language:
    """Says sentences in one language, by the first catalog that has them; `missing` are those that none had."""

    def __init__(self, code: str, catalogs: Iterable[Catalog] = (), schemes: Iterable[object] = ()) -> None:
        self.code = code
        self.catalogs = tuple(catalogs)
        self._schemes = [scheme for scheme in schemes if isinstance(scheme, Translates)]
        if self.catalogs:
            self.catalogs += tuple(Catalog.of(scheme.phrases(code)) for scheme in self._schemes)
        self.missing: set[tuple[str, str]] = set()
        self._wire = [
            (english, told[0])
            for each in self.catalogs
            for (context, english), told in each.messages.items()
            if context in PROBLEM_KINDS
        ]
        self._by_context = {
            context: (english, told[0]) for each in self.catalogs for (context, english), told in each.messages.items()
        }

    @classmethod
    def of(cls, code: str, folders: Iterable[Path], schemes: Iterable[object] = ()) -> Language:
        """The language from the catalogs in these folders, and from those of the schemes that translate on their own."""
        files = () if code == ENGLISH else (folder / f"{code}.po" for folder in folders)
        return cls(code, [Catalog.read(file) for file in files if file.is_file()], schemes)

    def say(self, text: str, context: str = "") -> str:
        """The text in this language. `context` tells apart what English has one word for (`column`, `state`)."""
        if not self.catalogs:
            return text
        if not isinstance(text, Words):
            return self._find(context, text, 1) or text
        values = {name: self._value(value) for name, value in text.values.items()}
        template = self._find(context, text.template, text.number)
        if template is None:
            template = text.several if text.several and text.number != 1 else text.template
        return template.format_map(values) if values else template

    def finding(self, finding: Finding) -> Finding:
        """The finding with its message and its mend in this language, by the code of its rule.

        In a catalog the text of a rule has the code as its context, what mends it the code and ` mend`.
        """
        if not self.catalogs:
            return finding
        for scheme in self._schemes:
            told = scheme.translate(finding, self.code)
            if told is not finding:
                return told
        values = {"value": self.say("(empty)") if finding.value is None else finding.value}
        values |= {name: self._value_of_rule(value) for name, value in finding.params.items()}
        message = self._of_rule(finding.code, finding.message, values)
        mend = self._of_rule(f"{finding.code} mend", finding.mend, values) if finding.mend else ""
        return replace(finding, message=message, mend=mend)

    def _value_of_rule(self, value: str) -> str:
        """A value in a finding's sentence: one of the program's own phrases, or what the user wrote."""
        if isinstance(value, Words):
            return self.say(value)
        known = next((each.messages["", value][0] for each in self.catalogs if ("", value) in each.messages), None)
        if known is not None:
            return known
        # What a wire codec found: the text of its kind, and behind it what it found.
        for english, told in self._wire:
            if value.startswith(english):
                return told + value.removeprefix(english)
        return value

    def _of_rule(self, context: str, english: str, values: Mapping[str, str]) -> str:
        known, template = self._by_context.get(context, ("", ""))
        if not template:
            if isinstance(english, Words) or ("", english) in self.catalogs[0].messages:
                return self.say(english)
            self.missing.add((context, english))
            return english
        # What a wire codec found has its rule's text, and behind it what it found.
        found = english.removeprefix(known) if "{" not in known and english.startswith(known) else ""
        try:
            return template.format_map(values) + found
        except KeyError:
            # A finding of an earlier release, made with other placeholders.
            return english

    def _value(self, value: Any) -> Any:
        if isinstance(value, Words):
            return self.say(value)
        if isinstance(value, Enum) and isinstance(value.value, str):
            return self.say(value.value, "state")
        return value

    def _find(self, context: str, english: str, number: int) -> str | None:
        for catalog in self.catalogs:
            told = catalog.messages.get((context, english))
            if told is not None:
                return told[0] if len(told) == 1 else told[min(catalog.plural(number), len(told) - 1)]
        if re.search(r"\w", re.sub(r"\{[^}]*\}", "", english)):
            self.missing.add((context, english))
        return None


def languages(folders: Iterable[Path]) -> list[str]:
    """The codes that there are catalogs for, English first."""
    return [ENGLISH, *sorted({file.stem for folder in folders for file in folder.glob("*.po")} - {ENGLISH})]


_SPOKEN: ContextVar[Language] = ContextVar("language")


def speak(language: Language) -> None:
    """From now on, what `say` says in this context is said in this language. For whoever faces the user, once."""
    _SPOKEN.set(language)


def _spoken() -> Language:
    return _SPOKEN.get(None) or Language(ENGLISH)


def say(text: str) -> str:
    """A sentence in the language of the user of this process, for code that is handed nothing to say it with."""
    return _spoken().say(text)


def say_finding(finding: Finding) -> Finding:
    """A finding in the language of the user of this process."""
    return _spoken().finding(finding)
