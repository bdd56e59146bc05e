"""Sealing a file as GGT Anlage 16 has it: signed, the signed file encrypted; and opening such a file again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from billhook.seal.certificates import is_issued_by
from billhook.seal.der import Stream
from billhook.seal.enveloping import decrypt, encrypt
from billhook.seal.problems import BrokenSeal
from billhook.seal.signing import Content, Signature, Verifier, sign
from billhook.words import words


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody's private key with the certificate of it and those of its issuers."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()


def seal(
    content: Content, sender: Identity, recipients: Sequence[x509.Certificate], *, now: datetime | None = None
) -> Stream:
    """The content signed by the sender and encrypted for the recipients, in DER; memory does not grow with it.

    Raises:
        SealProblem: key and certificate do not belong together, or there is no recipient.
    """
    return encrypt(sign(content, sender.key, sender.certificate, sender.chain, now=now), recipients)


class Opening:
    """A sealed file being opened: walk `content` to its end, then ask `signature` whether it may be believed."""

    def __init__(
        self, chunks: Iterable[bytes], receiver: Identity, *, trusted: Sequence[x509.Certificate] = ()
    ) -> None:
        self._verifier = Verifier(decrypt(chunks, receiver.key, receiver.certificate))
        self._trusted = tuple(trusted)

    def content(self) -> Iterator[bytes]:
        """What was sealed, in pieces. Nothing of it may be used before `signature` was asked.

        Raises:
            NotForUs, BrokenSeal: it cannot be opened.
        """
        return self._verifier.content()

    def signature(self) -> Signature:
        """Who signed.

        Raises:
            BrokenSeal: the signature does not fit, or none of the trusted certificates stands behind it.
        """
        signature = self._verifier.signature()
        if self._trusted and not _stands_behind(self._trusted, signature):
            raise BrokenSeal(
                words(
                    "nobody trusted stands behind the signer's certificate {serial_number}",
                    serial_number=signature.signer.serial_number,
                ),
                words("import the trust centre's certificates, and use the file only when the sender is known"),
            )
        return signature


def open_sealed(
    content: bytes, receiver: Identity, *, trusted: Sequence[x509.Certificate] = ()
) -> tuple[bytes, Signature]:
    """A small sealed file opened at once: its content and who signed it. `Opening` does the same for large ones.

    Raises:
        NotForUs, BrokenSeal: it cannot be opened or must not be believed.
    """
    opening = Opening([content], receiver, trusted=trusted)
    opened = b"".join(opening.content())
    return opened, opening.signature()


def _stands_behind(trusted: Sequence[x509.Certificate], signature: Signature) -> bool:
    """True when a chain leads from the signer to something trusted, over certificates that came along."""
    here, unused = signature.signer, list(signature.chain)
    while True:
        if here in trusted or any(is_issued_by(here, one) for one in trusted):
            return True
        above = next((one for one in unused if is_issued_by(here, one)), None)
        if above is None:
            return False
        unused.remove(above)
        here = above
