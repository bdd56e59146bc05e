"""The folder of another program: it sees whole files, the order file last, and nothing is replaced."""

from pathlib import Path

import pytest

from billhook.channels import ChannelRefused, FolderChannel, NotHandedOver


@pytest.fixture
def dakota(tmp_path: Path) -> Path:
    folder = tmp_path / "dakota"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_both_files_are_there(pair: list[Path], dakota: Path) -> None:
    receipt = FolderChannel().send(pair, {"path": dakota})
    assert receipt == f"folder {dakota}"
    assert names(dakota) == ["TSOL0001", "TSOL0001.AUF"]
    assert all((dakota / file.name).read_bytes() == file.read_bytes() for file in pair)
    assert (dakota / "TSOL0001").stat().st_mode & 0o777 == 0o600


def test_the_order_file_comes_last_and_nothing_is_half(
    pair: list[Path], dakota: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    rename = Path.rename

    def watched(self: Path, target: Path) -> Path:
        done = rename(self, target)
        visible = [name for name in names(dakota) if not name.startswith(".")]
        assert all((dakota / name).stat().st_size == (pair[0].parent / name).stat().st_size for name in visible)
        seen.append(visible)
        return done

    monkeypatch.setattr(Path, "rename", watched)
    FolderChannel().send(pair, {"path": dakota})
    assert seen == [["TSOL0001"], ["TSOL0001", "TSOL0001.AUF"]]


def test_a_file_that_was_not_taken_yet_is_not_replaced(pair: list[Path], dakota: Path) -> None:
    (dakota / "TSOL0001.AUF").write_bytes(b"the one before")
    with pytest.raises(ChannelRefused, match=r"still has TSOL0001\.AUF"):
        FolderChannel().send(pair, {"path": dakota})
    assert names(dakota) == ["TSOL0001.AUF"]
    assert (dakota / "TSOL0001.AUF").read_bytes() == b"the one before"


def test_a_share_that_is_not_mounted(pair: list[Path], tmp_path: Path) -> None:
    with pytest.raises(ChannelRefused, match="there is no folder"):
        FolderChannel().send(pair, {"path": tmp_path / "missing"})


def test_a_full_disk_leaves_nothing_behind(pair: list[Path], dakota: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename, calls = Path.rename, 0

    def fails(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(NotHandedOver, match="No space left") as refused:
        FolderChannel().send(pair, {"path": dakota})
    assert refused.value.again
    assert names(dakota) == []


def test_what_was_taken_meanwhile_is_not_called_unsent(
    pair: list[Path], dakota: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, calls = Path.rename, 0

    def taken(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == 2:
            (dakota / "TSOL0001").unlink()
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", taken)
    with pytest.raises(FileNotFoundError):
        FolderChannel().send(pair, {"path": dakota})


def test_a_setting_that_is_missing_is_named(pair: list[Path]) -> None:
    with pytest.raises(ChannelRefused, match="channel folder: path: Field required"):
        FolderChannel().send(pair, {})
