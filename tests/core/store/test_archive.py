"""The archive keeps bytes whole or not at all, and never lets one file take another's place."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billhook.store.archive import Archive, ArchiveError, NameRefused, WouldOverwrite, plain_name

# FIPS 180-2, appendix B.1: the digest of the message "abc".
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_content_is_kept_under_its_hash(archive: Archive) -> None:
    stored = archive.store([b"a", b"", b"bc"])
    assert (stored.sha256, stored.size) == (ABC, 3)
    assert _files(archive.folder) == {f"ba/{ABC[2:]}"}
    with archive.open(ABC) as file:
        assert file.read() == b"abc"
    assert b"".join(archive.read(ABC)) == b"abc"
    assert ABC in archive
    assert "0" * 64 not in archive


def test_the_same_content_is_kept_once(archive: Archive) -> None:
    assert archive.store([b"abc"]) == archive.store([b"ab", b"c"])
    assert len(_files(archive.folder)) == 1


def test_what_is_not_there_is_an_error(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="does not hold"):
        archive.open(ABC)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", ABC.upper(), ABC[:-1]])
def test_only_a_hash_leads_to_a_file(archive: Archive, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        archive.path(name)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_can_read_it_whatever_the_umask(archive: Archive, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        archive.store([b"abc"])
        archive.deliver(ABC, tmp_path / "out", "TAXX0001")
    finally:
        os.umask(before)
    for path in [archive.folder, *archive.folder.rglob("*"), tmp_path / "out", tmp_path / "out" / "TAXX0001"]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_content_that_breaks_off_leaves_nothing(archive: Archive) -> None:
    def breaks_off() -> Iterator[bytes]:
        yield b"half"
        raise KeyError

    with pytest.raises(KeyError):
        archive.store(breaks_off())
    assert _files(archive.folder) == set()


def test_damage_is_found(archive: Archive) -> None:
    archive.store([b"abc"])
    kept = archive.store([b"something else"])
    assert list(archive.verify()) == []
    archive.path(ABC).write_bytes(b"abd")
    (archive.folder / kept.sha256[:2] / "notes.txt").write_text("hello")
    faults = {fault.sha256: fault.reason for fault in archive.verify()}
    assert "changed" in faults.pop(ABC)
    assert list(faults) == [f"{kept.sha256[:2]}notes.txt"]


def test_storing_again_mends_damage(archive: Archive) -> None:
    archive.store([b"abc"])
    archive.path(ABC).write_bytes(b"abd")
    archive.store([b"abc"])
    assert list(archive.verify()) == []


def test_an_archive_that_was_never_used_is_in_order(archive: Archive) -> None:
    assert list(archive.verify()) == []
    assert archive.sweep() == 0


# --- Delivering -----------------------------------------------------------------------------------------------------


def test_delivering_copies_it(archive: Archive, tmp_path: Path) -> None:
    archive.store([b"abc"])
    path = archive.deliver(ABC, tmp_path / "out", "TAXX0001")
    assert path == tmp_path / "out" / "TAXX0001"
    assert path.read_bytes() == b"abc"
    assert _files(tmp_path / "out") == {"TAXX0001"}


def test_a_delivered_file_is_a_copy_of_its_own(archive: Archive, tmp_path: Path) -> None:
    """Whoever changes the file in the out folder must not change the archive."""
    archive.store([b"abc"])
    archive.deliver(ABC, tmp_path, "TAXX0001").write_bytes(b"changed")
    assert list(archive.verify()) == []


def test_delivering_twice_is_fine(archive: Archive, tmp_path: Path) -> None:
    archive.store([b"abc"])
    assert archive.deliver(ABC, tmp_path, "TAXX0001") == archive.deliver(ABC, tmp_path, "TAXX0001")


def test_a_different_file_is_never_overwritten(archive: Archive, tmp_path: Path) -> None:
    archive.store([b"abc"])
    (tmp_path / "TAXX0001").write_bytes(b"somebody else's")
    with pytest.raises(WouldOverwrite, match="TAXX0001"):
        archive.deliver(ABC, tmp_path, "TAXX0001")
    assert (tmp_path / "TAXX0001").read_bytes() == b"somebody else's"
    assert _files(tmp_path) - {f"archive/ba/{ABC[2:]}"} == {"TAXX0001"}


def test_delivering_works_where_there_are_no_hard_links(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_paths: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    archive.store([b"abc"])
    out = tmp_path / "out"
    assert archive.deliver(ABC, out, "TAXX0001").read_bytes() == b"abc"
    archive.deliver(ABC, out, "TAXX0001")
    (out / "TAXX0002").write_bytes(b"somebody else's")
    with pytest.raises(WouldOverwrite):
        archive.deliver(ABC, out, "TAXX0002")
    (out / "TAXX0003").touch()  # killed between claiming the name and moving the file there
    assert archive.deliver(ABC, out, "TAXX0003").read_bytes() == b"abc"


def test_damaged_content_is_not_delivered(archive: Archive, tmp_path: Path) -> None:
    archive.store([b"abc"])
    archive.path(ABC).write_bytes(b"abd")
    with pytest.raises(ArchiveError, match="damaged"):
        archive.deliver(ABC, tmp_path / "out", "TAXX0001")
    assert _files(tmp_path / "out") == set()


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        "a\\b",
        "C:x",
        ".hidden",
        "a\x00b",
        "a\nb",
        " a",
        "a ",
        "x" * 256,
        "a*",
    ],
)
def test_names_that_are_no_plain_file_names_are_refused(archive: Archive, tmp_path: Path, name: str) -> None:
    archive.store([b"abc"])
    with pytest.raises(NameRefused):
        archive.deliver(ABC, tmp_path / "out", name)


@pytest.mark.parametrize("name", ["TSOL0001", "TSOL0001.AUF", "Rechnung Müller 2025-10.pdf", "x" * 255])
def test_plain_names_stay_as_they_are(name: str) -> None:
    assert plain_name(name) == name


@given(st.text())
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    try:
        plain_name(name)
    except NameRefused:
        return
    folder = Path("/out")
    assert (folder / name).resolve().parent == folder.resolve()


# --- Killed in the middle -------------------------------------------------------------------------------------------

_STORING = dedent(
    """
    import sys, time
    from pathlib import Path
    from billhook.store.archive import Archive

    def chunks():
        for n in range(20_000):
            yield b"%08d" % n * 128
            if n % 50 == 0:
                print(n, flush=True)

    archive = Archive(Path(sys.argv[1]))
    while True:
        archive.store(chunks())
        print("stored", flush=True)
    """
)
_WHOLE = hashlib.sha256(b"".join(b"%08d" % n * 128 for n in range(20_000))).hexdigest()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("wait", [0.0, 0.01, 0.03, 0.06, 0.1, 0.15])
def test_whoever_is_killed_while_storing_leaves_only_whole_files(archive: Archive, wait: float) -> None:
    with subprocess.Popen([sys.executable, "-c", _STORING, archive.folder], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
    assert list(archive.verify()) == []
    assert {Path(name).name for name in _files(archive.folder) if not name.startswith(".new-")} <= {_WHOLE[2:]}
    archive.sweep()
    assert not any(name.startswith(".new-") for name in _files(archive.folder))
    # And the work can be done again.
    assert archive.store(b"%08d" % n * 128 for n in range(20_000)).sha256 == _WHOLE
