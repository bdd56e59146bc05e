"""Rendering: a scheme makes the files of one fixed exchange, and each is archived before the next one is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Connection

from billhook.billing.sealing import Sealer, sealing_of
from billhook.billing.views import StoredBatch
from billhook.model import StoredArtifact
from billhook.scheme import Artifact, Context, Scheme, Sealing
from billhook.seal.problems import SealProblem
from billhook.store import Archive
from billhook.store.archive import plain_name
from billhook.words import words

DATA = "data"
"""The role of what the payer reads, and so of what is sealed."""


class RenderFailed(Exception):  # it failed; that is its name
    """A file could not be made. The message carries no data of the items."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The files of an exchange as they lie in the archive."""

    artifacts: tuple[StoredArtifact, ...]


def render_exchange(
    connection: Connection,
    archive: Archive,
    schemes: Mapping[str, Scheme],
    scheme: Scheme,
    context: Context,
    row: Any,  # a row of `exchange`
    sealer: Sealer,
    *,
    rehearsal: bool = False,
) -> Rendered:
    """Render a fixed exchange into the archive.

    Args:
        connection: of a transaction that stays open; it is read from while the scheme walks its documents.
        archive: where the files are kept.
        schemes: by key, to read items.
        scheme: whose exchange it is.
        context: as on the day of its run.
        row: the exchange.
        sealer: seals the data, where the scheme says so.
        rehearsal: only see whether the data could be sealed, and leave it plain.

    Raises:
        RenderFailed: the scheme raised, or handed over something that is no file.
    """
    stored: list[StoredArtifact] = []
    batch = StoredBatch(connection, schemes, row, context.now, stored)
    try:
        sealing = sealing_of(scheme, batch.key, context)
        for artifact in scheme.render(batch, context):
            name = _name_of(artifact, stored)
            kept = archive.store(_bytes(artifact.chunks))
            one = StoredArtifact(name, artifact.role, artifact.media_type, kept.sha256, kept.size)
            if sealing is not None and artifact.role == DATA:
                one = _sealed(one, sealing, archive, sealer, rehearsal=rehearsal)
            stored.append(one)
    except SealProblem as problem:
        message = words("it cannot be sealed: {problem}", problem=problem)
        raise RenderFailed(message) from problem
    except OSError as error:
        message = words("the archive cannot be written: {strerror}", strerror=error.strerror or type(error).__name__)
        raise RenderFailed(message) from error
    except _NoFile as error:
        message = words("the scheme {key} made no proper file: {error}; tell its author", key=scheme.key, error=error)
        raise RenderFailed(message) from error
    except Exception as error:
        message = words(
            "the scheme {key} failed while rendering ({name}); tell its author",
            key=scheme.key,
            name=type(error).__name__,
        )
        raise RenderFailed(message) from error
    if not stored:
        message = words("the scheme {key} made no file; tell its author", key=scheme.key)
        raise RenderFailed(message)
    return Rendered(tuple(stored))


def _sealed(
    plain: StoredArtifact, sealing: Sealing, archive: Archive, sealer: Sealer, *, rehearsal: bool
) -> StoredArtifact:
    """The artifact with its sealed form beside it in the archive."""
    if rehearsal:
        sealer.rehearse(sealing)
        return plain
    kept = archive.store(sealer.seal(sealing, archive.path(plain.sha256)))
    return replace(plain, sealed_sha256=kept.sha256, sealed_size=kept.size)


class _NoFile(Exception):  # it is caught right here
    """A scheme handed over something that is no file."""


def _name_of(artifact: Artifact, stored: Iterable[StoredArtifact]) -> str:
    try:
        name = plain_name(artifact.name)
    except Exception as error:
        raise _NoFile(words("its name is no plain file name")) from error
    if any(one.name.casefold() == name.casefold() for one in stored):
        raise _NoFile(words("two files have the same name"))
    return name


def _bytes(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if not isinstance(chunk, bytes | bytearray | memoryview):
            raise _NoFile(words("a chunk is no bytes"))
        yield bytes(chunk)
