"""Two files as they are handed over: data and order."""

from pathlib import Path

import pytest


@pytest.fixture
def pair(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "TSOL0001").write_bytes(bytes(range(256)) * 400 + b"\r\n.\r\n")
    (folder / "TSOL0001.AUF").write_bytes(b"500000" + b" " * 342)
    return [folder / "TSOL0001", folder / "TSOL0001.AUF"]
