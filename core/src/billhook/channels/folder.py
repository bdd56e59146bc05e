"""A folder that another program watches, such as the input folder of dakota: it signs, encrypts and sends by itself.

Whoever watches must never see half a file, nor an order file without its data. So all files are written under other
names first, and then get their own: the order of `files` is kept, the order file (Auftragsdatei) comes last.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from billhook.channels.problems import ChannelRefused, NotHandedOver, read_settings
from billhook.words import words


class FolderSettings(BaseModel):
    """`kind = "folder"`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    path: Path = Field(description="the folder; it must be there, because a missing one is an unmounted share")


class FolderChannel:
    """Lays files into a folder and never replaces one that is there."""

    key = "folder"

    def send(self, files: Sequence[Path], settings: Mapping[str, Any]) -> str:
        """Lay the files into the folder, all or none.

        Raises:
            ChannelRefused: the folder is missing, or a file of that name still lies there.
            NotHandedOver: the folder cannot be written.
            OSError: some files were laid down and could not be taken back.
        """
        folder = read_settings(self.key, FolderSettings, settings).path
        if not folder.is_dir():
            raise ChannelRefused(words("there is no folder {folder}; make it, or mount the share", folder=folder))
        there = [file.name for file in files if (folder / file.name).exists()]
        if there:
            raise ChannelRefused(
                words(
                    "{folder} still has {names}; wait until it was taken from there",
                    folder=folder,
                    names=", ".join(there),
                )
            )
        written: list[Path] = []
        try:
            for file in files:
                written.append(folder / f".{file.name}.part")
                _copy(file, written[-1])
        except OSError as error:
            _remove(written)
            raise NotHandedOver(
                words("{folder} cannot be written: {strerror}", folder=folder, strerror=error.strerror), again=True
            ) from error
        self._name(folder, files, written)
        return f"folder {folder}"

    def _name(self, folder: Path, files: Sequence[Path], written: Sequence[Path]) -> None:
        named: list[Path] = []
        try:
            for file, temporary in zip(files, written, strict=True):
                target = folder / file.name
                if target.exists():
                    raise FileExistsError(0, f"{file.name} appeared there", str(target))
                temporary.rename(target)
                named.append(target)
        except OSError as error:
            _remove(written)
            for target in named:
                # One that is gone was taken by whoever watches: then nobody knows what became of it.
                target.unlink()
            raise NotHandedOver(
                words("{folder} cannot be written: {strerror}", folder=folder, strerror=error.strerror), again=True
            ) from error


def _copy(source: Path, target: Path) -> None:
    with suppress(FileNotFoundError):  # left by a program that was killed
        target.unlink()
    handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with source.open("rb") as reading, os.fdopen(handle, "wb") as writing:
        shutil.copyfileobj(reading, writing)
        writing.flush()
        os.fsync(writing.fileno())


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()
