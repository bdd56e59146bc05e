"""E-mail as GGT Anlage 7 wants it, and any payer that takes attachments: one mail, the files attached in order.

Up to the server's answer to DATA nothing was handed over. After the text was begun, only the server's last answer says
whether it took the mail; when that does not come, nobody knows.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, make_msgid
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from billhook.channels.problems import ChannelRefused, NotHandedOver, read_settings
from billhook.words import words

ADDRESS = r"^[^@\s<>,;:\"]+@[^@\s<>,;:\"]+$"
"""Enough to keep anything but one address out of a header."""
LINE = r"^[\x20-\x7e]*$"
"""One line of ASCII: payers ask for no umlauts in a subject (GGT Anlage 7 2.3)."""


class MailSettings(BaseModel):
    """`kind = "mail"`: the server from billhook.toml, the mail itself from the scheme."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    host: str = Field(description="mail server")
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="none only for a server on this machine"
    )
    ca_file: Path | None = Field(None, description="trusted certificates, when not those of the system")
    user: str = Field("", description="to log in with; the password comes from password_file or a key ring")
    password: str = Field("", repr=False)
    sender: str = Field(pattern=ADDRESS, description="the sender's address")
    timeout: float = Field(60, gt=0)
    to: str = Field(pattern=ADDRESS)
    sender_name: str = Field("", pattern=LINE)
    subject: str = Field(pattern=LINE, max_length=200)
    body: str = ""
    attachments: tuple[str, ...] = Field((), description="order of the attachments by name; else that of the files")


class MailChannel:
    """Sends one mail with all files attached."""

    key = "mail"

    def send(self, files: Sequence[Path], settings: Mapping[str, Any]) -> str:
        """Send the files as one mail; the receipt is the server's last answer with the mail's own id.

        Raises:
            NotHandedOver: the server cannot be reached, or said no.
            OSError, smtplib.SMTPException: the connection broke after the mail was begun.
        """
        wanted = read_settings(self.key, MailSettings, settings)
        message = compose(files, wanted)
        try:
            connection = _connect(wanted)
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotHandedOver(
                words("the mail server {host} cannot be used: {reason}", host=wanted.host, reason=_reason(error)),
                again=True,
            ) from error
        try:
            return self._hand_over(connection, wanted, message)
        finally:
            _leave(connection)

    def _hand_over(self, connection: smtplib.SMTP, wanted: MailSettings, message: EmailMessage) -> str:
        try:
            for step, command in (("mail", wanted.sender), ("rcpt", wanted.to), ("docmd", "DATA")):
                code, answer = getattr(connection, step)(command)
                if code not in (250, 251, 354):
                    raise _refused(code, answer)
        except (OSError, smtplib.SMTPException) as error:
            raise NotHandedOver(
                words("the mail server {host} broke off: {reason}", host=wanted.host, reason=_reason(error)), again=True
            ) from error
        # From here on only the answer tells.
        text = message.as_bytes(policy=SMTP)
        stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in text.split(b"\r\n"))
        connection.send(stuffed.removesuffix(b"\r\n") + b"\r\n.\r\n")
        code, answer = connection.getreply()
        if code != 250:
            raise _refused(code, answer)
        return f"{message['Message-ID']} {code} {answer.decode('ascii', 'replace')}"


def compose(files: Sequence[Path], wanted: MailSettings) -> EmailMessage:
    """The mail: subject, plain body, the files as attachments in order, in base64 (GGT Anlage 7 3.2.1)."""
    message = EmailMessage(policy=SMTP)
    message["From"] = formataddr((wanted.sender_name, wanted.sender))
    message["To"] = wanted.to
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Subject"] = wanted.subject
    message["Message-ID"] = make_msgid(domain=wanted.sender.rpartition("@")[2])
    message.set_content(wanted.body)
    order = {name: place for place, name in enumerate(wanted.attachments)}
    for file in sorted(files, key=lambda file: order.get(file.name, len(order))):
        message.add_attachment(file.read_bytes(), maintype="application", subtype="octet-stream", filename=file.name)
    return message


def _connect(wanted: MailSettings) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=wanted.ca_file)
    connection: smtplib.SMTP
    if wanted.security == "tls":
        connection = smtplib.SMTP_SSL(wanted.host, wanted.port, timeout=wanted.timeout, context=context)
    else:
        connection = smtplib.SMTP(wanted.host, wanted.port, timeout=wanted.timeout)
    try:
        if wanted.security == "starttls":
            connection.starttls(context=context)
        if wanted.user:
            connection.login(wanted.user, wanted.password)
        connection.ehlo_or_helo_if_needed()
    except BaseException:
        connection.close()
        raise
    return connection


def _leave(connection: smtplib.SMTP) -> None:
    """Say good-bye; what the server answers changes nothing any more."""
    with suppress(OSError, smtplib.SMTPException):
        if connection.sock is not None:
            connection.sock.settimeout(5)
        connection.quit()
    connection.close()


def _refused(code: int, answer: bytes | str) -> NotHandedOver:
    """RFC 5321 4.2.1: 4xx is for now, 5xx for good."""
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    message = f"the mail server said no: {code} {' '.join(text.split())}"
    return NotHandedOver(message, again=True) if 400 <= code < 500 else ChannelRefused(message)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
