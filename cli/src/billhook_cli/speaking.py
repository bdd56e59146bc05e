"""The language of the command line: finding out which one is asked for, and saying the help pages in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import typer
from typer import core, rich_utils

from billhook.language import ENGLISH, Language
from billhook.words import listed, words
from billhook_cli.host import Host

VARIABLE = "BILLHOOK_LANG"
"""The environment variable that names the language where the command line does not."""

LABELS = (
    "ARGUMENTS_PANEL_TITLE",
    "COMMANDS_PANEL_TITLE",
    "DEFAULT_STRING",
    "DEPRECATED_STRING",
    "ENVVAR_STRING",
    "ERRORS_PANEL_TITLE",
    "OPTIONS_PANEL_TITLE",
    "REQUIRED_LONG_STRING",
    "RICH_HELP",
)
"""What typer writes on a help page, by the names that it keeps for this."""

TYPER = "typer"
"""The context of typer's own sentences in our catalogs."""

HELP = ("Show this message and exit.",)
"""What typer says of `--help`."""

OWN_OPTIONS = ("help", "install_completion", "show_completion")
"""The options that typer brings."""

_ENGLISH_LABELS = {name: getattr(rich_utils, name) for name in LABELS}


def asked_for(arguments: Sequence[str]) -> tuple[list[str], str]:
    """The arguments with every `--lang` in front, and the language that they or the environment name.

    In front is where the option is declared; people write it where they think of it, which is often the end.
    """
    asked: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument.startswith("--lang="):
            asked.append(argument.removeprefix("--lang="))
        elif argument == "--lang":
            value = next(waiting, None)
            if value is None:
                rest.append(argument)
            else:
                asked.append(value)
        else:
            rest.append(argument)
    front = [part for value in asked for part in ("--lang", value)]
    return [*front, *rest], asked[-1] if asked else os.environ.get(VARIABLE) or ENGLISH


def require(host: Host, code: str) -> None:
    """Refuse a language that there is no catalog of.

    Raises:
        typer.BadParameter: says which there are.
    """
    known = host.languages()
    if code not in known:
        message = words("there is no language {code!r}; there are {known}", code=code, known=", ".join(known))
        raise typer.BadParameter(message, param_hint=f"--lang, {VARIABLE}")


def translated(command: Any, language: Language) -> Any:  # typer keeps the types of its commands to itself
    """The command with its help, and that of everything below it, in the language."""
    _teach_typer(language)
    if language.catalogs:
        _translate(command, language)
    return command


def usage_error(error: Any, language: Language) -> str:
    """What typer says of a wrong command line, in the language: its sentences are put together where no catalog reaches."""
    message, hint = language.say(error.message), getattr(error, "param_hint", None)
    if hint is None and getattr(error, "param", None) is not None:
        hint = error.param.get_error_hint()
    hint = hint if isinstance(hint, str) or hint is None else " / ".join(hint)
    # typer shows these kinds but does not export them all, so they go by their names.
    match type(error).__name__:
        case "MissingParameter":
            return language.say(words("{parameter} is missing.", parameter=hint))
        case "NoSuchOption":
            told = words("There is no option {option}.", option=error.option_name)
            if not error.possibilities:
                return language.say(told)
            alike = words("Is one of these meant: {options}?", options=", ".join(sorted(error.possibilities)))
            return language.say(listed([told, alike], " "))
        case "BadParameter" if hint is not None:
            return language.say(words("{parameter}: {problem}", parameter=hint, problem=message))
    return message


def _translate(command: Any, language: Language) -> None:
    for name in ("help", "short_help", "epilog", "rich_help_panel"):
        text = getattr(command, name, None)
        if isinstance(text, str) and text:
            setattr(command, name, language.say(" ".join(text.split())))
    for parameter in command.params:
        if getattr(parameter, "help", None):
            context = TYPER if parameter.name in OWN_OPTIONS else ""
            parameter.help = language.say(parameter.help, context)
    help_of = command.get_help_option
    command.get_help_option = lambda ctx: _spoken(help_of(ctx), language)
    for below in getattr(command, "commands", {}).values():
        _translate(below, language)


def _spoken(option: Any, language: Language) -> Any:
    """The `--help` that typer makes at the last moment, with its text in the language."""
    if option is not None and option.help in HELP:
        option.help = language.say(option.help, TYPER)
    return option


def _teach_typer(language: Language) -> None:
    """Have typer's own labels and usage errors said in the language.

    typer asks gettext's global domain, which wants compiled catalogs in a folder; ours are neither.
    Its command classes call gettext by the name `_`.
    """
    for name, label in _ENGLISH_LABELS.items():
        setattr(rich_utils, name, language.say(label, TYPER))

    def one(message: str) -> str:
        return language.say(message, TYPER)

    core.__dict__["_"] = one
