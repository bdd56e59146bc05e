"""Uploading to a real SSH server, written by others than the client."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import asyncssh
import pytest
from cryptography.hazmat.primitives import serialization

from billhook.channels import ChannelRefused, NotHandedOver, SftpChannel
from tests.support.authority import private_pem, rsa_key

pytest.importorskip("paramiko", reason="billhook[sftp] is not installed")

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the test server's own, when it is stopped


class Box:
    """A server with one folder, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.refuse_second_name = False
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    async def _listen(self) -> asyncssh.SSHAcceptor:
        box = self

        class Files(asyncssh.SFTPServer):
            """Shows the folder as its root."""

            def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
                super().__init__(channel, chroot=str(box.folder).encode())

            def rename(self, oldpath: bytes, newpath: bytes) -> Any:
                if box.refuse_second_name and newpath.endswith(b".AUF"):
                    raise asyncssh.SFTPFailure("no more space")
                return super().rename(oldpath, newpath)

        server = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.import_private_key(private_pem(rsa_key("ssh host")))],
            authorized_client_keys=asyncssh.import_authorized_keys(public("ssh client")),
            sftp_factory=Files,
        )
        self.port = server.get_port()
        return server

    def close(self) -> None:
        async def stop() -> None:
            self._server.close()
            await self._server.wait_closed()
            await asyncio.sleep(0.05)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        del self._server
        gc.collect()


def public(name: str) -> str:
    return asyncssh.import_private_key(private_pem(rsa_key(name))).export_public_key().decode()


def openssh(name: str) -> bytes:
    """A private key as ssh-keygen -m PEM writes it."""
    nothing = serialization.NoEncryption()
    return rsa_key(name).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, nothing
    )


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    folder = tmp_path / "server"
    (folder / "in").mkdir(parents=True)
    made = Box(folder)
    yield made
    made.close()


@pytest.fixture
def told(box: Box, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "id").write_bytes(openssh("ssh client"))
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{box.port} {public('ssh host')}")
    return {
        "host": "127.0.0.1", "port": box.port, "user": "shop", "key_file": tmp_path / "id",
        "known_hosts": tmp_path / "known_hosts", "path": "in", "timeout": 10,
    }  # fmt: skip


def test_both_files_arrive(pair: list[Path], box: Box, told: dict[str, Any]) -> None:
    assert SftpChannel().send(pair, told) == "sftp shop@127.0.0.1:in"
    assert sorted(path.name for path in (box.folder / "in").iterdir()) == ["TSOL0001", "TSOL0001.AUF"]
    assert all((box.folder / "in" / file.name).read_bytes() == file.read_bytes() for file in pair)


def test_a_file_that_was_not_fetched_yet_is_not_replaced(pair: list[Path], box: Box, told: dict[str, Any]) -> None:
    (box.folder / "in" / "TSOL0001.AUF").write_bytes(b"the one before")
    with pytest.raises(ChannelRefused, match=r"still has TSOL0001\.AUF"):
        SftpChannel().send(pair, told)
    assert (box.folder / "in" / "TSOL0001.AUF").read_bytes() == b"the one before"


def test_a_server_with_another_key_gets_nothing(pair: list[Path], box: Box, told: dict[str, Any]) -> None:
    told["known_hosts"].write_text(f"[127.0.0.1]:{box.port} {public('ssh client')}")
    with pytest.raises(ChannelRefused):
        SftpChannel().send(pair, told)
    told["known_hosts"].write_text("")
    with pytest.raises(NotHandedOver, match="not found in known_hosts") as refused:
        SftpChannel().send(pair, told)
    assert not refused.value.again
    assert list((box.folder / "in").iterdir()) == []


def test_a_key_that_the_server_does_not_know(pair: list[Path], told: dict[str, Any]) -> None:
    told["key_file"].write_bytes(openssh("ssh stranger"))
    with pytest.raises(ChannelRefused, match="Authentication"):
        SftpChannel().send(pair, told)


def test_a_locked_key_takes_its_passphrase(pair: list[Path], told: dict[str, Any]) -> None:
    encryption = serialization.BestAvailableEncryption(b"open sesame")
    key = rsa_key("ssh client")
    told["key_file"].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )
    with pytest.raises(ChannelRefused, match="cannot be read with this passphrase"):
        SftpChannel().send(pair, told)
    assert SftpChannel().send(pair, {**told, "password": "open sesame"})


def test_a_folder_that_is_not_there(pair: list[Path], told: dict[str, Any]) -> None:
    with pytest.raises(NotHandedOver, match="did not take the files") as refused:
        SftpChannel().send(pair, {**told, "path": "out"})
    assert not refused.value.again


def test_a_server_that_is_down(pair: list[Path], told: dict[str, Any]) -> None:
    with pytest.raises(NotHandedOver, match="cannot be reached") as refused:
        SftpChannel().send(pair, {**told, "port": 1})
    assert refused.value.again


def test_a_failure_after_the_first_file_leaves_it_open(pair: list[Path], box: Box, told: dict[str, Any]) -> None:
    box.refuse_second_name = True
    with pytest.raises(OSError, match="no more space") as unknown:
        SftpChannel().send(pair, told)
    assert not isinstance(unknown.value, NotHandedOver)
    assert (box.folder / "in" / "TSOL0001").exists()
