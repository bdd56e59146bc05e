"""Posting to a real HTTPS server that asks for client certificates."""

import email.parser
import email.policy
import http.client
import http.server
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from billhook.channels import ChannelRefused, HttpsChannel, NotHandedOver
from tests.support.authority import PEM, named, private_pem, rsa_key

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def issue(name: str, issuer: str) -> x509.Certificate:
    """A certificate for 127.0.0.1 or for a client; `issuer` is the name of the one that signs."""
    key = rsa_key(f"tls {name}")
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(named(CN=name))
        .issuer_name(named(CN=issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(YESTERDAY)
        .not_valid_after(YESTERDAY + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
        .add_extension(address, critical=False)
        .sign(rsa_key(f"tls {issuer}"), hashes.SHA256())
    )


class Office(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted, or answers as it is told."""

    def do_POST(self) -> None:  # the server calls it so
        server = self.server
        assert isinstance(server, Server)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        server.posted.append((dict(self.headers), content))
        if server.answer == 0:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(server.answer)
        self.end_headers()
        self.wfile.write(b"receipt 4711\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name of the method it replaces
        """Say nothing."""


class Server(http.server.HTTPServer):
    """The server with what it took."""

    posted: list[tuple[dict[str, str], bytes]]
    answer = 200

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client without certificate is what the test is about."""


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates and keys: root, server, client, and a stranger that signed itself."""
    folder = tmp_path_factory.mktemp("papers")
    for name, issuer in (("root", "root"), ("server", "root"), ("client", "root"), ("stranger", "stranger")):
        (folder / f"{name}.pem").write_bytes(issue(name, issuer).public_bytes(PEM))
        (folder / f"{name}.key").write_bytes(private_pem(rsa_key(f"tls {name}")))
    locked(rsa_key("tls client"), folder / "locked.key")
    return folder


def locked(key: rsa.RSAPrivateKey, path: Path) -> None:
    encryption = serialization.BestAvailableEncryption(b"open sesame")
    path.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption))


@pytest.fixture
def server(papers: Path) -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Office)
    made.posted = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers / "server.pem", papers / "server.key")
    context.load_verify_locations(papers / "root.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    # The handshake is the handler's: a socket that fails at it is then closed like any other.
    made.socket = context.wrap_socket(made.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def settings(server: Server, papers: Path, **more: Any) -> dict[str, Any]:
    return {
        "url": f"https://127.0.0.1:{server.server_address[1]}/claims",
        "certificate_file": papers / "client.pem",
        "key_file": papers / "client.key",
        "ca_file": papers / "root.pem",
        "timeout": 10,
        **more,
    }


def test_both_files_arrive_in_one_post(pair: list[Path], server: Server, papers: Path) -> None:
    assert HttpsChannel().send(pair, settings(server, papers)) == "200 receipt 4711"
    ((headers, content),) = server.posted
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + content
    )
    parts = list(form.iter_parts())
    assert [part.get_filename() for part in parts] == ["TSOL0001", "TSOL0001.AUF"]
    boundary = headers["Content-Type"].partition("boundary=")[2].encode()
    bodies = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in content.split(b"--" + boundary)[1:-1]]
    assert bodies == [file.read_bytes() for file in pair]
    assert len(headers["Idempotency-Key"]) == 64


def test_a_locked_key_takes_its_passphrase(pair: list[Path], server: Server, papers: Path) -> None:
    told = settings(server, papers, key_file=papers / "locked.key")
    assert HttpsChannel().send(pair, {**told, "password": "open sesame"})
    with pytest.raises(ChannelRefused, match="cannot be read"):
        HttpsChannel().send(pair, told)


def test_a_client_that_the_server_does_not_know(pair: list[Path], server: Server, papers: Path) -> None:
    told = settings(server, papers, certificate_file=papers / "stranger.pem", key_file=papers / "stranger.key")
    with pytest.raises((NotHandedOver, OSError)):
        HttpsChannel().send(pair, told)
    assert server.posted == []


def test_a_server_that_we_do_not_know(pair: list[Path], server: Server, papers: Path) -> None:
    with pytest.raises(NotHandedOver, match="cannot be reached") as refused:
        HttpsChannel().send(pair, settings(server, papers, ca_file=papers / "stranger.pem"))
    assert not refused.value.again
    assert server.posted == []


@pytest.mark.parametrize(("answer", "again"), [(503, True), (429, True), (400, False), (403, False), (413, False)])
def test_a_no_is_a_no(pair: list[Path], server: Server, papers: Path, answer: int, again: bool) -> None:
    server.answer = answer
    with pytest.raises(NotHandedOver, match=str(answer)) as refused:
        HttpsChannel().send(pair, settings(server, papers))
    assert refused.value.again is again


@pytest.mark.parametrize("answer", [500, 502, 0])
def test_a_server_that_fails_leaves_it_open(pair: list[Path], server: Server, papers: Path, answer: int) -> None:
    server.answer = answer
    with pytest.raises((http.client.HTTPException, OSError)) as unknown:
        HttpsChannel().send(pair, settings(server, papers))
    assert not isinstance(unknown.value, NotHandedOver)


def test_only_https(pair: list[Path], server: Server, papers: Path) -> None:
    with pytest.raises(ChannelRefused, match="channel https: url"):
        HttpsChannel().send(pair, settings(server, papers, url="http://127.0.0.1/claims"))
