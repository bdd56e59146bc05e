"""The `billhook` command: puts the sub-commands together, and turns what goes wrong into a message and an exit code."""

from __future__ import annotations

import inspect
import io
import logging
import os
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup
from typer.exceptions import TyperException

from billhook.billing.problems import BillingProblem, NoVersion, UnknownThing
from billhook.language import ENGLISH
from billhook.plugins import MissingScheme, PluginConflict, PluginFailed, Registry
from billhook.seal.problems import SealProblem
from billhook.store import ArchiveError, Busy, ConfigError, NoWorkspace, StoreError
from billhook.words import Words, said, words
from billhook_cli import speaking
from billhook_cli.commands import (
    answers,
    archive,
    billing,
    cases,
    clients,
    deductions,
    files,
    items,
    journal,
    sending,
    setup,
    show,
)
from billhook_cli.exits import Exit
from billhook_cli.host import Host, host_of

EXITS: tuple[tuple[type[Exception], Exit], ...] = (
    (NoWorkspace, Exit.SETUP),
    (ConfigError, Exit.SETUP),
    (Busy, Exit.BUSY),
    (ArchiveError, Exit.INCOMPLETE),
    (StoreError, Exit.SETUP),
    (MissingScheme, Exit.PLUGIN),
    (PluginConflict, Exit.PLUGIN),
    (PluginFailed, Exit.PLUGIN),
    (UnknownThing, Exit.FINDINGS),
    (NoVersion, Exit.SETUP),
    (SealProblem, Exit.REFUSED),
    (BillingProblem, Exit.REFUSED),
)
"""Which exit code an exception means: the first row that fits."""


SET_UP = "Set up"
MONTHLY = "Bill, in this order"
LOOK = "Look"
FILES = "Any payer's files"
SCHEMES = "What only one payer has"
"""The panels of the help page."""

LESSON = "A first month: init, items import, check, errors, correct, check, export. Each command says what comes next."


ORDER = (
    "init",
    "upgrade",
    "plugins",
    "items",
    "check",
    "errors",
    "correct",
    "suppress",
    "export",
    "send",
    "sent",
    "receive",
    "resend",
    "follow",
    "archive",
    "regenerate",
    "settle",
    "clients",
    "deductions",
    "status",
    "show",
)
"""How the help page lists the commands: as a month goes. The others follow."""


COMPLETION = "_BILLHOOK_COMPLETE"
"""Set by a shell that wants to know what could follow: then every command is needed."""


class InOrder(TyperGroup):
    """Commands and groups of commands in one order."""

    def list_commands(self, ctx: Any) -> list[str]:  # typer keeps the context's own type to itself
        """The names, those of `ORDER` first."""
        return sorted(super().list_commands(ctx), key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"billhook {version('billhook-cli')} (core {version('billhook')})")
        raise typer.Exit


def build(registry: Registry) -> typer.Typer:
    """The whole command: ours, and those of the plugins under their own names."""
    app = typer.Typer(
        name="billhook",
        cls=InOrder,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Bill care services to statutory payers: import, check, correct, export.",
        epilog=LESSON,
    )

    @app.callback()
    def common(
        ctx: typer.Context,
        home: Annotated[
            Path | None,
            typer.Option("--home", help="The workspace; else BILLHOOK_HOME, else the nearest billhook.toml upwards."),
        ] = None,
        verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is done, to standard error.")] = False,
        lang: Annotated[
            str,
            typer.Option(
                "--lang",
                envvar=speaking.VARIABLE,
                metavar="LANGUAGE",
                help="Language of what is said: en, nl or de; it may stand behind the command as well.",
            ),
        ] = ENGLISH,
        _version: Annotated[
            bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
        ] = False,
    ) -> None:
        speaking.require(host_of(ctx), lang)
        host_of(ctx).home = home
        _log(logging.INFO if verbose else logging.WARNING)

    app.command(rich_help_panel=SET_UP)(setup.init)
    app.command(rich_help_panel=SET_UP)(setup.upgrade)
    app.command(rich_help_panel=SET_UP)(setup.plugins)
    app.add_typer(items.app, name="items", rich_help_panel=MONTHLY)
    app.command(rich_help_panel=MONTHLY)(billing.check)
    app.command(rich_help_panel=MONTHLY)(billing.errors)
    app.command(rich_help_panel=MONTHLY)(billing.correct)
    app.command(rich_help_panel=MONTHLY)(billing.suppress)
    app.command(rich_help_panel=MONTHLY)(billing.export)
    app.command(rich_help_panel=MONTHLY)(sending.send)
    app.command(rich_help_panel=MONTHLY)(answers.sent)
    app.command(rich_help_panel=MONTHLY)(answers.receive)
    app.command(rich_help_panel=MONTHLY)(answers.resend)
    app.command(rich_help_panel=MONTHLY)(answers.follow)
    app.add_typer(archive.app, name="archive", rich_help_panel=MONTHLY)
    app.command(rich_help_panel=MONTHLY)(archive.regenerate)
    app.add_typer(answers.settle, name="settle", rich_help_panel=MONTHLY)
    app.add_typer(clients.app, name="clients", rich_help_panel=MONTHLY)
    app.add_typer(deductions.app, name="deductions", rich_help_panel=MONTHLY)
    app.command(rich_help_panel=LOOK)(billing.status)
    app.command(rich_help_panel=LOOK)(show.show)
    app.add_typer(cases.app, name="cases", rich_help_panel=LOOK)
    app.add_typer(journal.app, name="journal", rich_help_panel=LOOK)
    app.command(rich_help_panel=FILES)(files.describe)
    app.command(rich_help_panel=FILES)(files.verify)
    own = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    own |= {group.name or "" for group in app.registered_groups}
    for name, commands in registry.hooks.billhook_commands():
        if name in own:
            raise PluginConflict(
                words(
                    "a plugin brings a command group {name!r}, a name that is taken; uninstall one of the two",
                    name=name,
                )
            )
        own.add(name)
        app.add_typer(commands, name=name, rich_help_panel=SCHEMES)
    return app


def narrow(app: typer.Typer, given: frozenset[str]) -> None:
    """Leave only names and help of the commands that nobody asked for.

    typer reads the signatures of all commands before it runs one of them, which takes longer than most of them run.
    """
    for group in app.registered_groups:
        whole = group.typer_instance
        if whole is not None and group.name not in given:
            group.typer_instance = typer.Typer(help=whole.info.help)
            group.typer_instance.registered_callback = whole.registered_callback
    for command in app.registered_commands:
        callback = command.callback
        if callback is None:
            continue
        command.name = command.name or callback.__name__.replace("_", "-")
        if command.name not in given:
            command.help = command.help or inspect.getdoc(callback)
            command.callback = _nobody_asked


def _nobody_asked() -> None:
    """Stands for a command that is only listed."""


class Brief(logging.Formatter):
    """A message without a traceback, which may hold a name and helps nobody who did not ask for it."""

    def format(self, record: logging.LogRecord) -> str:
        """The message in one line."""
        return f"billhook: {record.getMessage()}"


def _log(level: int) -> None:
    """Library log messages, which carry ids and never names, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    if level > logging.INFO:
        handler.setFormatter(Brief())
        return
    # Takes a tenth of the time that a command needs to start; only those pay who want to see the log.
    import structlog  # noqa: PLC0415  # only who is told something pays for it

    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
            ],
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            ],
        )
    )


def run(arguments: list[str] | None = None) -> None:
    """The console script: runs one command and ends the process with a documented exit code."""
    # A file that Billhook writes is for its owner alone, whatever the shell says.
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        # An arrow that an old terminal does not have becomes a question mark, not an error.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(main(arguments))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code. A user's mistake never shows a traceback."""
    host: Host | None = None
    try:
        registry = Registry.load()
        host = Host(registry)
        given, language = speaking.asked_for(sys.argv[1:] if arguments is None else arguments)
        if language in host.languages():
            host.speak(language)
        app = build(registry)
        if COMPLETION not in os.environ:
            narrow(app, frozenset(given))
        command = speaking.translated(typer.main.get_command(app), host.language)
        result = command.main(args=given, prog_name="billhook", standalone_mode=False, obj=host)
        return _ended(int(result) if isinstance(result, int) else Exit.OK, host)
    except typer.Exit as end:
        return _ended(end.exit_code, host)
    except TyperException as error:
        return _misused(error, host)
    except (typer.Abort, KeyboardInterrupt):
        return _ended(Exit.STOPPED, host)
    except SystemExit as stop:
        # typer's way to say that whoever read us has seen enough. Say nothing more, not even at exit.
        if not isinstance(stop.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception as error:  # noqa: BLE001  # the last frame: whatever comes here becomes a message and a code
        return _failed(error, host)
    finally:
        if host is not None:
            host.close()


def _say(host: Host | None, text: str) -> str:
    return text if host is None else host.say(text)


def _ended(code: int, host: Host | None) -> int:
    """The exit code, with a word where the keyboard ended it: typer makes that a code like any other."""
    if code == Exit.STOPPED:
        stopped = words("stopped; nothing half-written stays, and running the command again goes on")
        sys.stderr.write(f"billhook: {_say(host, stopped)}\n")
    return code


def _misused(error: TyperException, host: Host | None) -> int:
    """Usage errors know how to show themselves; nothing else says which command's help to read."""
    message = getattr(error, "message", None)
    if isinstance(message, str) and not isinstance(message, Words):
        error.message = message.replace("Value error, ", "")
    if host is not None and host.language.catalogs:
        vars(error)["format_message"] = partial(speaking.usage_error, error, host.language)
    tell = getattr(error, "show", None)
    if tell is None:
        sys.stderr.write(f"billhook: {error}\n")
    else:
        tell()
    return Exit.USAGE


def _failed(error: Exception, host: Host | None) -> int:
    for kind, code in EXITS:
        if isinstance(error, kind):
            sys.stderr.write(f"billhook: {_say(host, said(error))}\n")
            return code
    if isinstance(error, DBAPIError):
        # Its own text has the statement with its values in it; the driver's has only the reason.
        cannot = words("the database cannot do that: {reason}", reason=str(error.orig).splitlines()[0])
        sys.stderr.write(f"billhook: {_say(host, cannot)}\n")
        return Exit.SETUP
    if isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f"{error.filename}: "
        sys.stderr.write(f"billhook: {where}{error.strerror}\n")
        return Exit.INCOMPLETE
    if os.environ.get("BILLHOOK_DEBUG"):
        raise error
    internal = words(
        "internal error ({type}); nothing half-written stays. "
        "Please report it; BILLHOOK_DEBUG=1 shows where it happened.",
        type=type(error).__name__,
    )
    sys.stderr.write(f"billhook: {_say(host, internal)}\n")
    return Exit.INTERNAL
