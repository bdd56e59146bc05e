"""The archive: every file that was sent or received, byte for byte, under the SHA-256 of its content.

Content is written to a temporary file in the folder where it will stay, forced to disk and then renamed: a file of the
archive is whole or not there, whenever the program or the power dies. Folders are 0700, files 0600.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from billhook.store.database import StoreError
from billhook.words import words

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = ".new-"
_PIECE = 1 << 20


class ArchiveError(StoreError):
    """The archive does not hold what it should, or was asked for what may not be."""


class NameRefused(ArchiveError):
    """A file name from a scheme or a payer is no plain file name."""


class WouldOverwrite(ArchiveError):
    """A different file of this name is already there; what was sent is never overwritten."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was stored: its SHA-256 in hexadecimal and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ArchiveFault:
    """A file of the archive that is not what its name says, or one that is missing."""

    sha256: str
    reason: str


class Archive:
    """The folder `archive/` of a workspace: `archive/ab/cdef…` for the SHA-256 `abcdef…`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def store(self, chunks: Iterable[bytes]) -> Stored:
        """Keep these bytes; they are on disk when this returns. The same content twice is kept once.

        Args:
            chunks: the content in pieces; consumed once, never held together in memory.
        """
        make_private_folder(self.folder)
        with _temporary(self.folder) as (temporary, file):
            digest, size = hashlib.sha256(), 0
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
                size += len(chunk)
            _to_disk(file)
            sha256 = digest.hexdigest()
            path = self.path(sha256)
            if make_private_folder(path.parent):
                _folder_to_disk(self.folder)
            # The same content may be there already: it then replaces itself, and a damaged file is mended.
            temporary.replace(path)
            _folder_to_disk(path.parent)
        return Stored(sha256, size)

    def path(self, sha256: str) -> Path:
        """Where the content of this hash is, or would be.

        Raises:
            ValueError: that is no SHA-256 in hexadecimal.
        """
        if not _SHA256.fullmatch(sha256):
            raise ValueError("a SHA-256 is 64 hexadecimal digits in lower case")
        return self.folder / sha256[:2] / sha256[2:]

    def __contains__(self, sha256: object) -> bool:
        return isinstance(sha256, str) and self.path(sha256).is_file()

    def open(self, sha256: str) -> BinaryIO:
        """Open what is kept under this hash for reading.

        Raises:
            ArchiveError: there is none.
        """
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError:
            message = words("the archive does not hold {sha256}", sha256=sha256)
            raise ArchiveError(message) from None

    def read(self, sha256: str) -> Iterator[bytes]:
        """The content in pieces of up to 1 MiB, streamed. Raises ArchiveError when it is not there."""
        with self.open(sha256) as file:
            while piece := file.read(_PIECE):
                yield piece

    def deliver(self, sha256: str, folder: Path, name: str) -> Path:
        """Copy what is kept into a folder (0600), whole or not at all. A file of the same name and content is fine.

        Args:
            sha256: what.
            folder: where to; made (0700) when it is missing.
            name: a plain file name.

        Raises:
            NameRefused: the name is no plain file name.
            WouldOverwrite: a different file of that name is there.
            ArchiveError: the archive does not hold it, or holds it damaged.
        """
        target = folder / plain_name(name)
        make_private_folder(folder)
        with _temporary(folder) as (temporary, file):
            digest = hashlib.sha256()
            for piece in self.read(sha256):
                digest.update(piece)
                file.write(piece)
            if digest.hexdigest() != sha256:
                message = words("the archive's file {sha256} is damaged; it was not delivered", sha256=sha256)
                raise ArchiveError(message)
            _to_disk(file)
            try:
                # A hard link fails where a name exists, in one step; a rename would overwrite what came in between.
                os.link(temporary, target)
            except FileExistsError:
                if _hash_of(target) != sha256:
                    message = words(
                        "{target} is there already with other content and is not overwritten; move it away",
                        target=target,
                    )
                    raise WouldOverwrite(message) from None
            except OSError:  # a file system without hard links
                _claim(target, sha256)
                temporary.replace(target)
            _folder_to_disk(folder)
        return target

    def verify(self) -> Iterator[ArchiveFault]:
        """Read every file again and name those whose content is not what their name says. Streamed; names in order."""
        if not self.folder.is_dir():
            return
        for folder in sorted(entry for entry in self.folder.iterdir() if entry.is_dir()):
            for path in sorted(folder.iterdir()):
                name = folder.name + path.name
                if not _SHA256.fullmatch(name):
                    yield ArchiveFault(name, "the name is no SHA-256; this is no file of the archive")
                elif _hash_of(path) != name:
                    yield ArchiveFault(name, "the content was changed: its SHA-256 is another one")

    def sweep(self) -> int:
        """Remove what a killed program left half written, while nobody stores; returns how many there were."""
        return sweep(self.folder)


def sweep(folder: Path) -> int:
    """Remove what a killed program left half written in a folder, while nobody stores there or delivers to it.

    Returns:
        How many files there were.
    """
    left = list(folder.glob(f"{_TEMPORARY}*")) if folder.is_dir() else []
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def plain_name(name: str) -> str:
    """The name itself when it is a plain file name on every system.

    Raises:
        NameRefused: it is empty, hidden, names a folder or a drive, or holds control characters.
    """
    wrong = (
        not name
        or name.startswith(".")
        or name != name.strip()
        or any(character in '/\\:*?"<>|' or not character.isprintable() for character in name)
        or len(name.encode()) > 255
    )
    if wrong:
        message = words("{name!r} is no plain file name", name=name)
        raise NameRefused(message)
    return name


def make_private_folder(folder: Path) -> bool:
    """Make a folder (0700, whatever the umask) with its parents; True when it was not there before."""
    if folder.is_dir():
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    return True


@contextmanager
def _temporary(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file (0600) in the folder, removed at the end unless it was renamed."""
    handle, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=folder)  # mkstemp makes it 0600
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield path, file
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _claim(target: Path, sha256: str) -> None:
    """Take the name for us, or be sure that the same content has it."""
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        # An empty file is what a program left that was killed right here.
        if target.stat().st_size and _hash_of(target) != sha256:
            message = words(
                "{target} is there already with other content and is not overwritten; move it away", target=target
            )
            raise WouldOverwrite(message) from None


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _folder_to_disk(folder: Path) -> None:
    """Force the names in a folder to disk. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
