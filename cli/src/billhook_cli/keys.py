"""Passphrases on the command line: asked for, or read from a file descriptor, never an argument."""

from __future__ import annotations

from typing import Annotated

import typer

from billhook.billing import sealing
from billhook.seal.passphrases import gather
from billhook.store import Workspace

PassphraseOption = Annotated[
    int | None,
    typer.Option(
        "--passphrase-fd",
        min=0,
        help="Read the passphrases of the keys to sign with from this file descriptor instead of asking.",
    ),
]


def sealer_of(workspace: Workspace, scheme: str | None, descriptor: int | None) -> sealing.Sealer | None:
    """Who seals, with the passphrases of all keys that this export may need; None when it needs none."""
    parties = sealing.signers(workspace, scheme)
    if not parties:
        return None
    passphrases = gather(
        parties, descriptor=descriptor, known=lambda name: workspace.plugins.hooks.billhook_secret(name=name)
    )
    return sealing.Sealer.with_passphrases(sealing.key_store(workspace), passphrases)
