"""Where passphrases come from: a prompt, a file descriptor, or a plugin that knows a key ring.

Never from an argument, which every user of the machine can read, nor from the environment, which children inherit.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Sequence

from billhook.seal.problems import WrongPassphrase
from billhook.words import words

LONGEST = 4096
"""Bytes that are read from a descriptor at most."""


def from_descriptor(number: int) -> list[str]:
    """The lines of an open file descriptor, one passphrase each.

    Raises:
        WrongPassphrase: the descriptor is not open, or there is nothing in it.
    """
    found = b""
    try:
        with os.fdopen(os.dup(number), "rb") as file:
            found = file.read(LONGEST)
    except OSError as error:
        raise WrongPassphrase(
            words("file descriptor {number} cannot be read ({strerror})", number=number, strerror=error.strerror),
            words("open it in the same command: --passphrase-fd 3 3< file"),
        ) from None
    lines = found.decode("utf-8", "replace").splitlines()
    if not any(lines):
        raise WrongPassphrase(
            words("there is no passphrase in file descriptor {number}", number=number),
            words("write it there as one line"),
        )
    return lines


def from_prompt(party: str, *, twice: bool = False) -> str:
    """Ask at the terminal, without showing what is typed.

    Raises:
        WrongPassphrase: there is no terminal, or what was typed the second time is different.
    """
    if not sys.stdin.isatty():
        raise WrongPassphrase(
            words("the passphrase for the key of {party} cannot be asked for: this is no terminal", party=party),
            words("give it with --passphrase-fd"),
        )
    typed = getpass.getpass(f"Passphrase for the key of {party}: ")
    if twice and getpass.getpass("The same again: ") != typed:
        raise WrongPassphrase(words("the two passphrases are different"), words("try again"))
    return typed


def gather(
    parties: Sequence[str],
    *,
    descriptor: int | None = None,
    known: Callable[[str], str | None] | None = None,
    twice: bool = False,
) -> dict[str, str]:
    """The passphrases of these parties' keys.

    Args:
        parties: whose keys.
        descriptor: read them from there: one line for all, or one for each in order.
        known: a key ring, asked for `billhook/<party>` before anybody is prompted.
        twice: a new passphrase, to be typed twice.

    Raises:
        WrongPassphrase: one cannot be had.
    """
    if not parties:
        return {}
    if descriptor is not None:
        lines = from_descriptor(descriptor)
        if len(lines) not in (1, len(parties)):
            raise WrongPassphrase(
                words("file descriptor {descriptor} has {lines} lines", descriptor=descriptor, lines=len(lines)),
                words("write one line for all keys, or one for each of {parties}", parties=", ".join(parties)),
            )
        return dict(zip(parties, lines * len(parties) if len(lines) == 1 else lines, strict=True))
    found: dict[str, str] = {}
    for party in parties:
        kept = None if known is None else known(f"billhook/{party}")
        found[party] = from_prompt(party, twice=twice) if kept is None else kept
    return found
