"""Setting up: a workspace, and which plugins work in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from billhook.store import Workspace
from billhook.words import words
from billhook_cli.exits import Exit
from billhook_cli.host import JsonOption, host_of


def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The folder; made when it is missing.")] = Path(),
    database_url: Annotated[
        str | None, typer.Option("--database-url", help="A PostgreSQL database instead of a SQLite file in the folder.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make a workspace: settings, database, archive, and a folder for the files to be sent."""
    host = host_of(ctx, json=json)
    if any(place.exists() and not place.is_dir() for place in (folder, *folder.absolute().parents)):
        host.out.note(
            words(
                "billhook: {folder} cannot be a folder: there is a file of that name; choose another one", folder=folder
            )
        )
        raise typer.Exit(Exit.REFUSED)
    with Workspace.create(folder, url=database_url, plugins=host.registry) as workspace:
        config = workspace.path / "billhook.toml"
        if host.json:
            host.out.json({"workspace": workspace.path, "settings": config, "schemes": sorted(workspace.schemes)})
            return
        host.out.line(
            words("Made a workspace in {folder}.", folder=folder if str(folder) != "." else words("this folder"))
        )
        host.out.line(
            words(
                "Schemes: {names}",
                names=", ".join(sorted(workspace.schemes)) or words("none; pip install billhook-p302, for one"),
            )
        )
        host.out.line(
            words(
                "Next: fill in {file}; then, in that folder, billhook items import FILE.",
                file=folder / "billhook.toml",
            )
        )


def upgrade(ctx: typer.Context) -> None:
    """Bring the database up to date after an upgrade of Billhook or of a plugin."""
    host = host_of(ctx)
    from billhook.store import find_workspace  # noqa: PLC0415  # the one command that may not open it the usual way

    with Workspace.open(find_workspace(host.home), plugins=host.registry, upgrade=True) as workspace:
        host.out.line(words("The database of {name} is up to date.", name=workspace.path.name))


def plugins(ctx: typer.Context, json: JsonOption = False) -> None:
    """List the installed plugins, what they bring, and which of them are broken."""
    host = host_of(ctx, json=json)
    registry = host.registry
    working = [
        {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "schemes": list(plugin.schemes),
            "hooks": list(plugin.hooks),
            "problem": "",
        }
        for plugin in registry.plugins
    ]
    broken = [
        {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "schemes": [],
            "hooks": [],
            "problem": plugin.reason,
        }
        for plugin in registry.broken
    ]
    if host.json:
        host.out.json(
            {
                "plugins": working + broken,
                "schemes": [
                    {
                        "key": scheme.key,
                        "title": scheme.title,
                        "country": scheme.country,
                        "versions": [version.name for version in scheme.versions],
                        "capabilities": scheme.capabilities,
                        "sources": scheme.sources,
                    }
                    for scheme in registry.schemes.values()
                ],
            }
        )
    else:
        host.out.table(working, ("name", "distribution", "version", "schemes", "hooks"))
        for scheme in registry.schemes.values():
            host.out.line()
            host.out.line(f"{scheme.key}: {host.language.say(scheme.title)}")
            for capability in scheme.capabilities:
                reason = f" – {host.language.say(capability.reason)}" if capability.reason else ""
                support = host.language.say(capability.support.value, "state")
                host.out.line(f"  {support:<14} {host.language.say(capability.name)}{reason}")
        for plugin in broken:
            host.out.note(
                words(
                    "broken: {name} ({distribution} {version}): {problem}",
                    name=plugin["name"],
                    distribution=plugin["distribution"],
                    version=plugin["version"],
                    problem=plugin["problem"],
                )
            )
    if broken:
        raise typer.Exit(Exit.PLUGIN)
