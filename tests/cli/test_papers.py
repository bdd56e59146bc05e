"""`billhook p302 papers`: which files it prints, where to, and what it says when there are none."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.cli.desk import Clerk
from tests.support.papers import barcodes_of, page_count


def test_the_last_export_gets_its_papers(billed: Clerk) -> None:
    files = {"TSOL0001", "TSOL0002", "TSOL0003", "TSOL0004", "TSOL0005", "TSOL0006"}
    rows = billed.asks("p302", "papers")
    assert {(row["file"], row["kind"]) for row in rows} == {
        (file, kind) for file in files for kind in ("cover", "sorting-list")
    }
    for row in rows:
        path = Path(row["path"])
        assert page_count(path) == row["pages"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # 29 vouchers were billed, all with their originals by post.
    assert sum(row["originals"] for row in rows if row["kind"] == "cover") == 29


def test_one_file_can_be_named_and_a_folder(billed: Clerk, tmp_path: Path) -> None:
    rows = billed.asks("p302", "papers", "TSOL0002", "--out", str(tmp_path / "print"))
    assert [Path(row["path"]).parent for row in rows] == [tmp_path / "print"] * 2
    assert barcodes_of(Path(rows[1]["path"]), 1) == ["25102", "25117", "25130"]


def test_printing_again_gives_the_same_papers(billed: Clerk) -> None:
    first = {row["path"]: Path(row["path"]).read_bytes() for row in billed.asks("p302", "papers")}
    again = {row["path"]: Path(row["path"]).read_bytes() for row in billed.asks("p302", "papers")}
    assert first == again


def test_nothing_exported_has_no_papers(checked: Clerk) -> None:
    assert "nothing was exported yet" in checked.runs("p302", "papers", exits=1).err


def test_a_file_that_there_is_not(billed: Clerk) -> None:
    assert "there is no exchange of 'TSOL0999'" in billed.runs("p302", "papers", "TSOL0999", exits=1).err
