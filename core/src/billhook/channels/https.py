"""HTTPS with a client certificate: all files in one POST (multipart/form-data), so that they arrive together or not."""

from __future__ import annotations

import hashlib
import http.client
import secrets
import ssl
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from billhook.channels.problems import ChannelRefused, NotHandedOver, read_settings
from billhook.words import words

PIECE = 1 << 16
FOR_NOW = frozenset({408, 425, 429, 503})
"""Answers after which the same request may be made again: the server says that it did not take it."""


class HttpsSettings(BaseModel):
    """`kind = "https"`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    url: str = Field(pattern=r"^https://[^\s]+$", description="where to post the files")
    certificate_file: Path = Field(description="own certificate with its chain (PEM)")
    key_file: Path = Field(description="private key of it (PEM); its passphrase comes from password_file or a key ring")
    ca_file: Path | None = Field(None, description="trusted certificates, when not those of the system")
    field: str = Field("file", pattern=r"^[A-Za-z0-9_-]+$", description="name of the form's field")
    password: str = Field("", repr=False)
    timeout: float = Field(120, gt=0)


class HttpsChannel:
    """Posts the files with a client certificate."""

    key = "https"

    def send(self, files: Sequence[Path], settings: Mapping[str, Any]) -> str:
        """Post the files; the receipt is the server's status with the first line of its answer.

        Raises:
            NotHandedOver: the server cannot be reached, refuses the certificate, or refused the files.
            OSError, http.client.HTTPException: the connection broke after the files were begun, or the server failed.
        """
        wanted = read_settings(self.key, HttpsSettings, settings)
        address = urlsplit(wanted.url)
        context = _context(wanted)
        connection = http.client.HTTPSConnection(
            address.hostname or "", address.port, timeout=wanted.timeout, context=context
        )
        try:
            try:
                connection.connect()
            except OSError as error:
                again = not isinstance(error, ssl.SSLCertVerificationError)
                raise NotHandedOver(
                    words("{hostname} cannot be reached: {reason}", hostname=address.hostname, reason=_reason(error)),
                    again=again,
                ) from error
            return _post(connection, address.path or "/", files, wanted)
        finally:
            connection.close()


def _context(wanted: HttpsSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=wanted.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A password that is given, though empty, keeps OpenSSL from asking at the terminal.
        context.load_cert_chain(wanted.certificate_file, wanted.key_file, password=lambda: wanted.password)
    except OSError as error:
        raise ChannelRefused(
            words("the client certificate or its key cannot be read: {reason}", reason=_reason(error))
        ) from error
    return context


def _post(connection: http.client.HTTPSConnection, path: str, files: Sequence[Path], wanted: HttpsSettings) -> str:
    boundary = secrets.token_hex(16)
    heads = [_part_head(boundary, wanted.field, file) for file in files]
    tail = f"--{boundary}--\r\n".encode()
    size = sum(len(head) + file.stat().st_size + 2 for head, file in zip(heads, files, strict=True)) + len(tail)
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(size),
        # A server that knows the header does not take the same files twice.
        "Idempotency-Key": _fingerprint(files),
    }
    try:
        connection.request("POST", path, body=_body(heads, files, tail), headers=headers)
        with connection.getresponse() as answer:
            text = answer.read(2000).decode("utf-8", "replace")
    except ssl.SSLError as error:
        # With TLS 1.3 the server refuses a certificate only after ours was sent, with an alert.
        if error.reason and "ALERT" in error.reason:
            raise ChannelRefused(
                words("the server refused the client certificate: {reason}", reason=_reason(error))
            ) from error
        raise
    first = text.strip().splitlines()[0][:200] if text.strip() else ""
    if 200 <= answer.status < 300:
        return f"{answer.status} {first}".strip()
    if answer.status in FOR_NOW:
        raise NotHandedOver(
            words("the server said: {status} {reason}", status=answer.status, reason=answer.reason), again=True
        )
    if answer.status < 500:
        raise ChannelRefused(f"the server said: {answer.status} {answer.reason} {first}".strip())
    message = f"the server failed: {answer.status} {answer.reason}"
    raise http.client.HTTPException(message)


def _part_head(boundary: str, field: str, file: Path) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{field}"; filename="{file.name}"'
    return f"--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()


def _body(heads: Sequence[bytes], files: Sequence[Path], tail: bytes) -> Iterator[bytes]:
    for head, file in zip(heads, files, strict=True):
        yield head
        with file.open("rb") as opened:
            while piece := opened.read(PIECE):
                yield piece
        yield b"\r\n"
    yield tail


def _fingerprint(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def _reason(error: OSError) -> str:
    return error.strerror or getattr(error, "reason", None) or str(error) or type(error).__name__
