"""Mails to a real SMTP server: what arrives, what may be sent again, and what nobody knows."""

import gc
import smtplib
import socket
import time
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from billhook.channels import ChannelRefused, MailChannel, NotHandedOver

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the test server's own, when it is stopped


class Postbox:
    """Keeps what arrives, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.answers: dict[str, str] = {}
        self.drops = False

    async def handle_RCPT(  # noqa: N802  # the server calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        assert (server is None, session is None, options) == (False, False, [])
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        assert session is not None
        content = envelope.original_content
        assert content is not None
        self.mails.append(content)
        if self.drops:
            assert server.transport is not None
            server.transport.close()
        return self.answers.get("DATA", "250 OK queued as 4711")


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def server(postbox: Postbox) -> Iterator[dict[str, Any]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield {
        "host": "127.0.0.1", "port": port, "security": "none", "timeout": 10, "sender": "dta@lindenhof.example",
        "to": "da@example.org", "subject": "591104278", "sender_name": "591104278",
        "body": "TSOL0001.AUF, 348, 20251103:100000\n", "attachments": ("TSOL0001.AUF", "TSOL0001"),
    }  # fmt: skip
    time.sleep(0.05)  # the server closes its connections before its loop ends
    controller.stop()
    del controller
    gc.collect()


def test_a_mail_as_the_data_centre_wants_it(pair: list[Path], postbox: Postbox, server: dict[str, Any]) -> None:
    """GGT Anlage 7 3.2.1: two attachments, the order file first; the subject is the sender's IK."""
    receipt = MailChannel().send(pair, server)
    assert receipt.endswith("250 OK queued as 4711")
    (content,) = postbox.mails
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    mail = message_from_bytes(content, policy=default)
    assert (mail["Subject"], mail["To"]) == ("591104278", "da@example.org")
    assert mail["From"] == "591104278 <dta@lindenhof.example>"
    body = mail.get_body()
    assert body is not None
    assert body.get_content() == "TSOL0001.AUF, 348, 20251103:100000\r\n"
    attached = list(mail.iter_attachments())
    assert [part.get_filename() for part in attached] == ["TSOL0001.AUF", "TSOL0001"]
    assert {part["Content-Transfer-Encoding"] for part in attached} == {"base64"}
    assert [part.get_content() for part in attached] == [pair[1].read_bytes(), pair[0].read_bytes()]


@pytest.mark.parametrize(
    ("step", "code", "again"),
    [("RCPT", 450, True), ("RCPT", 550, False), ("DATA", 452, True), ("DATA", 554, False)],
)
def test_a_no_is_a_no(
    pair: list[Path], postbox: Postbox, server: dict[str, Any], step: str, code: int, again: bool
) -> None:
    postbox.answers[step] = f"{code} not today"
    with pytest.raises(NotHandedOver, match=f"said no: {code}") as refused:
        MailChannel().send(pair, server)
    assert refused.value.again is again


def test_nobody_there(pair: list[Path], server: dict[str, Any]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with pytest.raises(NotHandedOver, match="cannot be used") as refused:
            MailChannel().send(pair, {**server, "port": port})
    assert refused.value.again


def test_a_server_that_breaks_off_after_the_text_leaves_it_open(
    pair: list[Path], postbox: Postbox, server: dict[str, Any]
) -> None:
    postbox.drops = True
    with pytest.raises((smtplib.SMTPException, OSError)) as unknown:
        MailChannel().send(pair, server)
    assert not isinstance(unknown.value, NotHandedOver)
    assert len(postbox.mails) == 1, "it did arrive"


def test_a_server_that_breaks_off_before_the_text_got_nothing(pair: list[Path], server: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 hello\r\n")
                connection.recv(1000)
                connection.sendall(b"250 hello\r\n")
                connection.recv(1000)

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(NotHandedOver, match="broke off") as refused:
            MailChannel().send(pair, {**server, "port": listener.getsockname()[1]})
        thread.join()
    assert refused.value.again


def test_starttls_is_not_given_up_silently(pair: list[Path], postbox: Postbox, server: dict[str, Any]) -> None:
    with pytest.raises(NotHandedOver, match="STARTTLS"):
        MailChannel().send(pair, {**server, "security": "starttls"})
    assert postbox.mails == []


@pytest.mark.parametrize("key", ["subject", "to", "sender", "sender_name"])
def test_nothing_is_smuggled_into_a_header(pair: list[Path], server: dict[str, Any], key: str) -> None:
    with pytest.raises(ChannelRefused, match=f"channel mail: {key}"):
        MailChannel().send(pair, {**server, key: "a@b.example\r\nBcc: c@d.example"})
