"""The `billhook` command: puts the sub-commands together, and turns what goes wrong into a message and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import structlog
import typer
from typer.exceptions import TyperException

from billhook.billing.problems import BillingProblem, CannotCorrect, UnknownFormat, UnknownThing, UnreadableFile
from billhook.plugins import MissingScheme, PluginConflict, PluginFailed, Registry
from billhook.store import ArchiveError, Busy, ConfigError, NoWorkspace, StoreError
from billhook_cli.commands import billing, cases, files, items, journal, setup
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
    (UnknownFormat, Exit.REFUSED),
    (UnreadableFile, Exit.REFUSED),
    (CannotCorrect, Exit.REFUSED),
    (BillingProblem, Exit.SETUP),
)
"""Which exit code an exception means: the first row that fits."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"billhook {version('billhook-cli')} (core {version('billhook')})")
        raise typer.Exit


def build(registry: Registry) -> typer.Typer:
    """The whole command: ours, and those of the plugins under their own names."""
    app = typer.Typer(
        name="billhook",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Bill care services to statutory payers: import, check, correct, export.",
    )

    @app.callback()
    def common(
        ctx: typer.Context,
        home: Annotated[
            Path | None,
            typer.Option("--home", help="The workspace; else BILLHOOK_HOME, else the nearest billhook.toml upwards."),
        ] = None,
        verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what is done, to standard error.")] = False,
        _version: Annotated[
            bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
        ] = False,
    ) -> None:
        host_of(ctx).home = home
        _log(logging.INFO if verbose else logging.WARNING)

    app.command()(setup.init)
    app.command()(setup.upgrade)
    app.command()(setup.plugins)
    app.add_typer(items.app, name="items")
    app.add_typer(cases.app, name="cases")
    app.command()(billing.check)
    app.command()(billing.errors)
    app.command()(billing.correct)
    app.command()(billing.suppress)
    app.command()(billing.export)
    app.command()(billing.status)
    app.command()(billing.show)
    app.command()(files.describe)
    app.command()(files.verify)
    app.add_typer(journal.app, name="journal")
    own = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    own |= {group.name or "" for group in app.registered_groups}
    for name, commands in registry.hooks.billhook_commands():
        if name in own:
            raise PluginConflict(
                f"a plugin brings a command group {name!r}, a name that is taken; uninstall one of the two"
            )
        own.add(name)
        app.add_typer(commands, name=name)
    return app


def _log(level: int) -> None:
    """Library log messages, which carry ids and never names, to standard error."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
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
    logging.basicConfig(level=level, handlers=[handler], force=True)


def run(arguments: list[str] | None = None) -> None:
    """The console script: runs one command and ends the process with a documented exit code."""
    # A file that Billhook writes is for its owner alone, whatever the shell says.
    os.umask(0o077)
    sys.exit(main(arguments))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code. A user's mistake never shows a traceback."""
    host: Host | None = None
    try:
        registry = Registry.load()
        host = Host(registry)
        result = typer.main.get_command(build(registry)).main(
            args=arguments, prog_name="billhook", standalone_mode=False, obj=host
        )
        return int(result) if isinstance(result, int) else Exit.OK
    except typer.Exit as end:
        return end.exit_code
    except TyperException as error:
        # Usage errors know how to show themselves; nothing else says which command's help to read.
        show = getattr(error, "show", None)
        if show is None:
            sys.stderr.write(f"billhook: {error}\n")
        else:
            show()
        return Exit.USAGE
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("stopped; nothing half-written stays, and running the command again goes on\n")
        return 130
    except BrokenPipeError:
        # Whoever read us has seen enough; say nothing more, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception as error:  # noqa: BLE001  # the last frame: whatever comes here becomes a message and a code
        return _failed(error)
    finally:
        if host is not None:
            host.close()


def _failed(error: Exception) -> int:
    for kind, code in EXITS:
        if isinstance(error, kind):
            sys.stderr.write(f"billhook: {error}\n")
            return code
    if os.environ.get("BILLHOOK_DEBUG"):
        raise error
    sys.stderr.write(
        f"billhook: internal error ({type(error).__name__}); nothing half-written stays. "
        "Please report it; BILLHOOK_DEBUG=1 shows where it happened.\n"
    )
    return Exit.INTERNAL
