"""Wire files in words, without a database: whichever installed scheme knows the format describes or verifies them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from billhook.billing.problems import UnknownFormat, UnreadableFile, plugin_failed
from billhook.model import Finding
from billhook.plugins import Registry
from billhook.scheme import Description, WireFormat
from billhook.words import words

HEAD = 4096
"""Bytes that a format may look at to know its files."""


def wire_formats(registry: Registry) -> list[WireFormat]:
    """The formats of all installed schemes, in order of their keys."""
    formats = [found for key in sorted(registry.schemes) for found in registry.schemes[key].wire_formats()]
    return sorted(formats, key=lambda found: found.key)


def find_format(registry: Registry, path: Path | str, format: str | None = None) -> WireFormat:  # noqa: A002  # the word for it
    """The format of a file: the first whose `sniff` says so, or the one that is named.

    Raises:
        UnreadableFile: the file is missing, a folder, or may not be read.
        UnknownFormat: no installed scheme knows it; the message lists the formats that are installed.
    """
    file = Path(path)
    formats = wire_formats(registry)
    shown = [f"{found.key} ({found.title})" for found in formats]
    try:
        with file.open("rb") as opened:
            head = opened.read(HEAD)
    except IsADirectoryError:
        message = words("{name} is a folder; name one file in it", name=file.name)
        raise UnreadableFile(message) from None
    except OSError as error:
        message = words(
            "{name} cannot be read: {strerror}", name=file.name, strerror=error.strerror or type(error).__name__
        )
        raise UnreadableFile(message) from error
    if not head:
        message = words("{name} is empty", name=file.name)
        raise UnreadableFile(message)
    if format is not None:
        named = [found for found in formats if found.key == format]
        if not named:
            message = words("{name} as {format!r}", name=file.name, format=format)
            raise UnknownFormat(message, shown)
        return named[0]
    for found in formats:
        try:
            fits = found.sniff(head, file.name)
        except Exception as error:
            raise plugin_failed(found.key, "sniff", error) from error
        if fits:
            return found
    raise UnknownFormat(file.name, shown)


def describe(registry: Registry, path: Path | str, *, mask: bool = False, format: str | None = None) -> Description:  # noqa: A002  # the word for it
    """The file in words; `mask` hides names, insurance numbers and birth dates. Raises as `find_format`."""
    return find_format(registry, path, format).describe(Path(path), mask=mask)


def verify(registry: Registry, path: Path | str, *, format: str | None = None) -> Iterator[Finding]:  # noqa: A002  # the word for it
    """Everything that is wrong with the file, streamed. Raises as `find_format`, at once."""
    return iter(find_format(registry, path, format).verify(Path(path)))
