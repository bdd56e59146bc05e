"""SFTP: files are uploaded under other names and then get their own, in order. Needs `pip install billhook[sftp]`.

Until the first file has its own name nothing was handed over: whoever fetches them does not look at the others.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from billhook.channels.problems import ChannelRefused, NotHandedOver, read_settings
from billhook.words import words

if TYPE_CHECKING:
    import paramiko


class SftpSettings(BaseModel):
    """`kind = "sftp"`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    host: str
    port: int = Field(22, ge=1, le=65535)
    user: str
    key_file: Path | None = Field(
        None, description="private key; its passphrase comes from password_file or a key ring"
    )
    password: str = Field("", repr=False)
    known_hosts: Path = Field(
        description="file with the server's key, as ssh-keyscan writes it; an unknown one is refused"
    )
    path: str = Field(".", description="folder on the server")
    timeout: float = Field(60, gt=0)


class SftpChannel:
    """Uploads files by SFTP and never replaces one that is there."""

    key = "sftp"

    def send(self, files: Sequence[Path], settings: Mapping[str, Any]) -> str:
        """Upload the files.

        Raises:
            NotHandedOver: the server cannot be reached, is not the known one, refuses us, or has a file of that name.
            OSError, paramiko.SSHException: the connection broke after a file got its name.
        """
        wanted = read_settings(self.key, SftpSettings, settings)
        try:
            import paramiko  # noqa: PLC0415  # an extra; only those who send by SFTP have it
        except ImportError:
            raise ChannelRefused(words("SFTP needs one more package: pip install 'billhook[sftp]'")) from None
        with paramiko.SSHClient() as client:
            _connect(client, wanted)
            named = False
            try:
                with client.open_sftp() as folder:
                    channel = folder.get_channel()
                    if channel is not None:
                        channel.settimeout(wanted.timeout)
                    folder.chdir(wanted.path)
                    _upload(folder, files)
                    for file in files:
                        folder.rename(f".{file.name}.part", file.name)
                        named = True
            except (OSError, EOFError, paramiko.SSHException) as error:
                if named:
                    raise
                again = not isinstance(error, FileNotFoundError | PermissionError)
                raise NotHandedOver(
                    words("{host} did not take the files: {reason}", host=wanted.host, reason=_reason(error)),
                    again=again,
                ) from error
        return f"sftp {wanted.user}@{wanted.host}:{wanted.path}"


def _connect(client: paramiko.SSHClient, wanted: SftpSettings) -> None:
    import paramiko  # noqa: PLC0415  # see above

    key = None if wanted.key_file is None else _private_key(wanted.key_file, wanted.password)
    try:
        client.load_host_keys(str(wanted.known_hosts))
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.connect(
            wanted.host,
            wanted.port,
            wanted.user,
            password=None if wanted.key_file else wanted.password,
            pkey=key,
            timeout=wanted.timeout,
            allow_agent=False,
            look_for_keys=False,
        )
    except (paramiko.BadHostKeyException, paramiko.AuthenticationException) as error:
        raise ChannelRefused(words("{host}: {reason}", host=wanted.host, reason=_reason(error))) from error
    except FileNotFoundError as error:
        raise ChannelRefused(words("{filename} is missing", filename=error.filename)) from error
    except paramiko.SSHException as error:
        unknown = "not found in known_hosts" in str(error)
        raise NotHandedOver(
            words("{host}: {reason}", host=wanted.host, reason=_reason(error)), again=not unknown
        ) from error
    except OSError as error:
        raise NotHandedOver(
            words("{host} cannot be reached: {reason}", host=wanted.host, reason=_reason(error)), again=True
        ) from error


def _private_key(path: Path, passphrase: str) -> paramiko.PKey:
    """A key in OpenSSH's, PKCS #8 or the older form, with or without a passphrase."""
    import paramiko  # noqa: PLC0415  # see above
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415  # only who sends by SFTP pays for it
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415  # only who sends by SFTP pays for it

    try:
        content, secret = path.read_bytes(), passphrase.encode() or None
        load = form.load_ssh_private_key if b"BEGIN OPENSSH" in content else form.load_pem_private_key
        key = load(content, secret)
        kinds = (
            (rsa.RSAPrivateKey, paramiko.RSAKey),
            (ed25519.Ed25519PrivateKey, paramiko.Ed25519Key),
            (ec.EllipticCurvePrivateKey, paramiko.ECDSAKey),
        )
        kind = next(theirs for ours, theirs in kinds if isinstance(key, ours))
        text = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
        return kind.from_private_key(io.StringIO(text.decode()))
    except Exception as error:
        # The libraries have many exceptions for a key that is none, or whose passphrase is wrong.
        raise ChannelRefused(words("the private key {path} cannot be read with this passphrase", path=path)) from error


def _upload(folder: paramiko.SFTPClient, files: Sequence[Path]) -> None:
    for file in files:
        with suppress(FileNotFoundError):
            folder.stat(file.name)
            raise ChannelRefused(
                words("the server still has {name}; wait until it was taken from there", name=file.name)
            )
    for file in files:
        folder.put(str(file), f".{file.name}.part", confirm=True)


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(text.split()) or type(error).__name__
