"""What is said in Dutch and German: all of it, with the same values in it, and never where a program reads."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import billhook_p302.details
import billhook_p302.plugin
import billhook_vsb.plugin
from billhook.language import Catalog, Language
from billhook.plugins import Registry
from billhook.words import Words, listed, many, said, words
from billhook_cli.main import main
from billhook_vsb.profile import Profile
from tests.cli.desk import EXAMPLES, ROOT, Clerk
from tools.words import RUNTIME, SPOKEN, Spoken, missing, read, sentences

CATALOGS = [(spoken, language) for spoken in SPOKEN for language in spoken.languages]


def _name(value: object) -> str:
    return value.package if isinstance(value, Spoken) else str(value)


@pytest.mark.parametrize(("spoken", "language"), CATALOGS, ids=_name)
def test_nothing_is_without_words(spoken: Spoken, language: str) -> None:
    lacking = [f"{context} {english}".strip() for context, english in missing(spoken, language)]
    assert lacking == [], "run make words, and fill in what it lists"


@pytest.mark.parametrize(("spoken", "language"), CATALOGS, ids=_name)
def test_nobody_says_it_any_more(spoken: Spoken, language: str) -> None:
    found = sentences(spoken).said
    stale = [
        key
        for entry in read(spoken.locale / f"{language}.po")
        if entry.id
        and (key := (entry.context or "", entry.id if isinstance(entry.id, str) else entry.id[0])) not in found
        and key[0] not in RUNTIME
    ]
    assert stale == [], "run make words"


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize(("spoken", "language"), CATALOGS, ids=_name)
def test_a_sentence_has_the_same_values_in_every_language(spoken: Spoken, language: str) -> None:
    """A value may be left out of the singular of what is counted; none may be there that the program does not give."""
    catalog = Catalog.read(spoken.locale / f"{language}.po")
    rules = dict(_rule_texts(spoken))
    wrong = []
    for (context, english), told in catalog.messages.items():
        if context == "typer":
            continue
        wanted = _placeholders(rules.get(context, english))
        wrong += [(context, english) for each in told if _placeholders(each) != wanted]
    assert wrong == []


def _rule_texts(spoken: Spoken) -> Iterator[tuple[str, str]]:
    for context, english in sentences(spoken).said:
        if re.match(r"[A-Z0-9]+-", context):
            yield context, english


@pytest.mark.parametrize("asked", [("--lang", "fr", "plugins"), ("plugins", "--lang", "fr"), ("plugins", "--lang=fr")])
def test_a_language_that_there_is_not_is_a_usage_error(
    asked: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(list(asked)) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert "there is no language 'fr'; there are en, de, nl" in error
    assert "--lang" in error


def test_the_variable_names_the_language(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BILLHOOK_LANG", "de")
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert "Abrechnungsposten: was abzurechnen ist." in printed
    assert "Diese Hilfe zeigen" in printed
    monkeypatch.setenv("BILLHOOK_LANG", "eo")
    assert main(["plugins"]) == 2
    assert "BILLHOOK_LANG" in capsys.readouterr().err
    # What is asked for on the command line wins.
    assert main(["--lang", "nl", "--help"]) == 0
    assert "Regels: wat te factureren is." in capsys.readouterr().out


def test_one_language_does_not_stick_to_the_next_command(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--lang", "nl", "items", "--help"])
    dutch = capsys.readouterr().out
    main(["items", "--help"])
    english = capsys.readouterr().out
    assert "Items: what is to be billed." in english
    assert "Items: what is to be billed." not in dutch
    assert "Opties" in dutch
    assert "Options" in english


def test_usage_errors_are_said_in_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    def complains(*arguments: str) -> str:
        assert main(["--lang", "de", *arguments]) == 2
        return " ".join(capsys.readouterr().err.replace("│", " ").split())

    assert "Eine Option --scheem gibt es nicht." in complains("check", "--scheem", "p302")
    assert "'file' fehlt." in complains("items", "import")
    assert "einen Korrekturwert nennen" in complains("correct")
    assert "Einen Befehl 'chekc' gibt es nicht." in complains("chekc")


def test_what_goes_wrong_is_said_in_the_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path), "--lang", "nl", "status"]) == 4
    assert "is geen werkmap" in capsys.readouterr().err
    assert main(["describe", str(tmp_path / "gone"), "--lang", "de"]) == 3
    assert "kann nicht gelesen werden" in capsys.readouterr().err


def _keys(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _keys(part) for name, part in data.items()}
    if isinstance(data, list):
        return [_keys(part) for part in data]
    return None


STORIES = ("message", "mend", "expected", "title", "reason", "text", "kind", "name", "meaning", "cell")
"""Keys of JSON that hold sentences."""


def _facts(data: Any) -> Any:
    """The document without its sentences."""
    if isinstance(data, dict):
        return {name: _facts(part) for name, part in data.items() if name not in STORIES}
    if isinstance(data, list):
        return [_facts(part) for part in data]
    return data


COMMANDS = (
    ("errors",), ("status",), ("items", "list"), ("items", "schema", "p302", "--columns"), ("plugins",),
    ("show", "voucher", "25109"), ("cases", "list"), ("journal", "list"), ("check",),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_programs_read_the_same_in_every_language(checked: Clerk, command: tuple[str, ...]) -> None:
    def asks(*language: str) -> Any:
        checked._capsys.readouterr()
        main(["--home", str(checked.home), *language, *command, "--json"])
        return json.loads(checked._capsys.readouterr().out)

    english, german = asks(), asks("--lang", "de")
    assert _keys(english) == _keys(german)
    assert _facts(english) == _facts(german)


class Listener:
    """Hears what was to be said and could not be said in the language."""

    def __init__(self) -> None:
        self.made: list[Language] = []

    def unsaid(self, *models: type[BaseModel]) -> set[tuple[str, str]]:
        """All of that, but for the names of the fields of these models, which are what a user writes."""
        names = {("column", name.replace("_", " ")) for model in models for name in model.model_fields}
        return {sentence for language in self.made for sentence in language.missing} - names


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Listener:
    """A listener to all commands of a test."""
    listener, make = Listener(), Language.__init__

    def note(self: Language, *arguments: Any) -> None:
        make(self, *arguments)
        listener.made.append(self)

    monkeypatch.setattr(Language, "__init__", note)
    return listener


def test_a_month_in_germany_leaves_nothing_in_english(
    checked: Clerk, tmp_path: Path, heard: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Registry, "load", lambda: Registry.of(billhook_p302.plugin))

    def german(*command: object, exits: int = 0) -> str:
        return checked.runs("--lang", "de", *command, exits=exits).out

    assert "Arbeitsordner angelegt" in german("init", tmp_path / "new")
    german("plugins")
    german("items", "import", EXAMPLES / "items.jsonl")
    german("items", "list")
    assert "Fehler" in german("errors")
    german("errors", "--code", "P302-ZZZ")
    german("status")
    german("show", "voucher", "25109")
    german("show", "item", "25101-1")
    assert "in 1 Zeile" in german("correct", "--item", "25107-1", "--field", "details.prescribed_on", "2025-09-29")
    german("check", exits=1)
    german("check", "--all", exits=1)
    german("export", "--dry-run")
    assert "Abgerechnet: " in german("export")
    german("export")
    german("send", exits=0)
    german("sent", "1")
    german("status")
    german("show", "exchange", "1")
    german("show", "document", "1")
    german("settle", "open")
    german("cases", "list")
    german("cases", "show", "V-2025-101")
    german("journal", "list")
    german("journal", "verify")
    german("describe", checked.home / "out" / "000001" / "TSOL0001")
    german("verify", checked.home / "out" / "000001" / "TSOL0001")
    german("--help")
    assert heard.unsaid(billhook_p302.details.Details) == set()


def test_a_month_in_flanders_leaves_nothing_in_english(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], heard: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Registry, "load", lambda: Registry.of(billhook_vsb.plugin))
    props = ROOT / "examples" / "vsb"
    clerk = Clerk(tmp_path / "werkmap", capsys)

    def dutch(*command: object, exits: int = 0) -> str:
        return clerk.runs("--lang", "nl", *command, exits=exits).out

    dutch("init", clerk.home)
    for name in ("billhook.toml", "profile.toml"):
        shutil.copyfile(props / name, clerk.home / name)
    profile = clerk.home / "profile.toml"
    dutch("vsb", "profile", "check", profile)
    dutch("items", "import", props / "items.jsonl")
    dutch("check", exits=1)
    assert "de laatste dag ligt voor de eerste" in dutch("errors")
    for one in tomllib.loads((props / "corrections.toml").read_text("utf-8"))["correction"]:
        dutch("correct", "--item", one["item"], "--field", one["field"], one["value"])
    dutch("check")
    dutch("status")
    dutch("export")
    [sending] = (clerk.home / "out" / "000001").iterdir()
    assert "facturatiebestand" in dutch("describe", sending)
    dutch("verify", sending, exits=1)
    dutch("vsb", "verify", sending, "--profile", profile)
    dutch("sent", "1")
    found = ("--refuse", "3:R300540", "--refuse", "5:R300540", "--refuse", "9:R300540", "--refuse", "15:R300540")
    answers = tmp_path / "antwoorden"
    assert "geweigerd met 920099" in dutch("vsb", "simulate", sending, "--profile", profile, "--out", answers, *found)
    for answer in sorted(answers.iterdir()):
        dutch("describe", answer)
        dutch("verify", answer)
        dutch("receive", answer)
    dutch("check")
    assert "Bestand 2" in dutch("resend", "1")
    [again] = (clerk.home / "out" / "000002").iterdir()
    dutch("send")
    dutch("sent", "2")
    answers = tmp_path / "antwoorden-2"
    dutch("vsb", "simulate", again, "--profile", profile, "--out", answers, "--refuse", "3:R300540")
    for answer in sorted(answers.iterdir()):
        dutch("receive", answer)
    dutch("receive", *sorted(answers.iterdir()))
    dutch("settle", "promised")
    dutch("settle", "open")
    dutch("follow")
    dutch("follow")
    dutch("show", "exchange", "2")
    dutch("vsb", "profile", "show", profile)
    dutch("vsb", "profile", "show")
    dutch("journal", "list")
    dutch("journal", "verify")
    assert heard.unsaid(Profile) == set()


def test_words_are_an_ordinary_text_that_can_be_said_again() -> None:
    dutch = Language("nl", [Catalog({("", "{n} of {all}"): ("{n} van {all}",), ("", "all"): ("alle",)}, lambda _n: 0)])
    sentence = words("{n} of {all}", n=3, all=words("all"))
    assert sentence == "3 of all"
    assert dutch.say(sentence) == "3 van alle"
    assert dutch.say(listed([sentence, "x"], "; ")) == "3 van alle; x"


def test_what_is_counted_has_its_own_plural() -> None:
    polish = Catalog(
        {("", "{number} file"): ("{number} plik", "{number} pliki", "{number} plików")},
        lambda n: 0 if n == 1 else 1 if 2 <= n % 10 <= 4 else 2,
    )
    said_of = [Language("pl", [polish]).say(many(n, "{number} file", "{number} files")) for n in (1, 3, 5)]
    assert said_of == ["1 plik", "3 pliki", "5 plików"]
    assert many(1, "{number} file", "{number} files") == "1 file"
    assert many(0, "{number} file", "{number} files") == "0 files"


def test_words_survive_an_exception_and_a_process() -> None:
    again = pickle.loads(pickle.dumps(words("{n} left", n=2)))  # noqa: S301  # what it was a moment ago
    assert isinstance(again, Words)
    assert (again, again.template, dict(again.values)) == ("2 left", "{n} left", {"n": 2})
    assert isinstance(said(ValueError(words("gone"))), Words)
    assert said(KeyError("gone")) == "'gone'"
