"""Signing: CMS SignedData (RFC 5652 5) with RSASSA-PSS over SHA-256, MGF1-SHA-256 and a salt of 32 bytes (RFC 4056).

The content is read twice, once for its hash and once to be written, and never held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from billhook.seal import der
from billhook.seal.certificates import issuer_and_serial, load, subject_key_id
from billhook.seal.der import Node, Reader, Stream
from billhook.seal.problems import BrokenSeal, SealProblem
from billhook.words import words

SIGNED_DATA, DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
SHA256, RSA_PSS, MGF1 = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{n}" for n in (3, 4, 5))
SALT = 32

HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    SHA256: hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
"""Hash functions that are read; SHA-256 is the only one that is written."""

Content = Path | bytes
"""What is signed: a file, or bytes for what is small."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed: the certificate, and the others that came along."""

    signer: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    signed_at: datetime | None = None


def sha256_algorithm() -> bytes:
    """AlgorithmIdentifier of SHA-256, with the NULL that every reader takes (RFC 4055 2.1)."""
    return der.sequence(der.oid(SHA256), der.element(der.NULL))


def mgf1_algorithm() -> bytes:
    """AlgorithmIdentifier of MGF1 over SHA-256."""
    return der.sequence(der.oid(MGF1), sha256_algorithm())


def pss_algorithm() -> bytes:
    """AlgorithmIdentifier of RSASSA-PSS (SHA-256, MGF1-SHA-256, salt 32)."""
    parameters = der.sequence(
        der.explicit(0, sha256_algorithm()),
        der.explicit(1, mgf1_algorithm()),
        der.explicit(2, der.integer(SALT)),
    )
    return der.sequence(der.oid(RSA_PSS), parameters)


def sign(
    content: Content,
    key: rsa.RSAPrivateKey,
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate] = (),
    *,
    now: datetime | None = None,
) -> Stream:
    """The content as DER SignedData that carries it.

    Args:
        content: a file, or bytes; a file must not change until the stream is read.
        key: the signer's.
        certificate: of that key.
        chain: certificates that go along, those of the issuers.
        now: becomes the signed time; none is signed when not given.

    Raises:
        SealProblem: key and certificate do not belong together.
    """
    if certificate.public_key() != key.public_key():
        raise SealProblem(
            words("the certificate is not of this private key"), words("take the key it was requested with")
        )
    size, digest = _measured(content)
    attributes = [
        _attribute(CONTENT_TYPE, der.oid(DATA)),
        _attribute(MESSAGE_DIGEST, der.element(der.OCTET_STRING, digest)),
    ]
    if now is not None:
        attributes.append(_attribute(SIGNING_TIME, _time(now)))
    # What is signed is the plain SET; in the file it stands as [0] (RFC 5652 5.4).
    value = key.sign(der.set_of(attributes), _pss(), hashes.SHA256())
    signer = der.sequence(
        der.integer(1),
        issuer_and_serial(certificate),
        sha256_algorithm(),
        der.set_of(attributes, 0xA0),
        pss_algorithm(),
        der.element(der.OCTET_STRING, value),
    )
    given = {one.public_bytes(_DER) for one in (certificate, *chain)}
    certificates = der.set_of(given, 0xA0)
    return der.wrapped(
        # ContentInfo, its content [0], SignedData, encapContentInfo, its eContent [0], the octets
        (der.SEQUENCE, 0xA0, der.SEQUENCE, der.SEQUENCE, 0xA0, der.OCTET_STRING),
        (
            der.oid(SIGNED_DATA),
            b"",
            der.integer(1) + der.set_of([sha256_algorithm()]),
            der.oid(DATA),
            b"",
            b"",
        ),
        Stream(size, _read(content, size)),
        (b"", b"", certificates + der.set_of([signer]), b"", b"", b""),
    )


class Verifier:
    """Reads a SignedData stream: walk `content` to its end, then ask `signature` whether it may be believed."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._reader = Reader(der.reading(chunks))
        self._hashes: dict[str, hashes.Hash] = {}
        self._done = False

    def content(self) -> Iterator[bytes]:
        """The signed content in pieces; nothing of it may be believed before `signature` was asked.

        Raises:
            BrokenSeal: this is no SignedData, or it is damaged.
        """
        reader = self._reader
        reader.enter(der.SEQUENCE, "ContentInfo")
        if reader.expect(der.OID, "the content type").dotted() != SIGNED_DATA:
            raise BrokenSeal(words("the content is not signed"), words("ask the sender for a signed file"))
        reader.enter(0xA0, "the content")
        reader.enter(der.SEQUENCE, "SignedData")
        reader.expect(der.INTEGER, "a version")
        for algorithm in reader.expect(der.SET, "the digest algorithms").children():
            dotted = _algorithm(algorithm)
            if dotted in HASHES:
                self._hashes[dotted] = hashes.Hash(HASHES[dotted]())
        ends = reader.enter(der.SEQUENCE, "the signed content")
        reader.expect(der.OID, "the type of the signed content")
        if ends is not None and ends <= len(der.oid(DATA)):
            raise BrokenSeal(
                words("the signature carries no content"), words("ask the sender for a file with its content inside")
            )
        outer = reader.enter(0xA0, "the signed content")
        opened = reader.open()
        if opened is None or opened[0] & ~der.CONSTRUCTED != der.OCTET_STRING:
            raise BrokenSeal(words("the file is damaged: the signed octets are missing"))
        for piece in reader.content(*opened):
            for one in self._hashes.values():
                one.update(piece)
            yield piece
        for length in (outer, ends):
            if length is None and reader.open() is not None:
                raise BrokenSeal(words("the file is damaged: the signed content does not end"))
        self._done = True

    def signature(self) -> Signature:
        """Who signed what was read.

        Raises:
            BrokenSeal: the signature is missing, is made by means that are not accepted, or does not fit.
        """
        if not self._done:
            raise ValueError("read the content to its end before its signature is asked for")
        certificates: list[x509.Certificate] = []
        signers: list[Node] = []
        while (part := self._reader.next()) is not None:
            if part.tag == 0xA0:
                certificates = list(_readable(part))
            elif part.tag == der.SET:
                signers = part.children()
                break
        if not signers:
            raise BrokenSeal(words("the file is not signed"), words("ask the sender for a signed file"))
        made = [self._check(signer.children(), certificates) for signer in signers]
        return made[0]

    def _check(self, parts: list[Node], certificates: list[x509.Certificate]) -> Signature:
        """RFC 5652 5.3: version, sid, digestAlgorithm, [0] signedAttrs, signatureAlgorithm, signature."""
        if len(parts) < 5:
            raise BrokenSeal(words("the file is damaged: the signature is incomplete"))
        identifier, digest_algorithm = parts[1], _algorithm(parts[2])
        attributes = parts[3] if parts[3].tag == 0xA0 else None
        at = 3 if attributes is None else 4
        if len(parts) < at + 2:
            raise BrokenSeal(words("the file is damaged: the signature is incomplete"))
        algorithm, value = parts[at], parts[at + 1]
        signer = next((one for one in certificates if names(identifier, one)), None)
        if signer is None:
            raise BrokenSeal(words("the signer's certificate is not in the file"), words("ask the sender to add it"))
        public = signer.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise BrokenSeal(
                words("the signer's key is no RSA key"), words("ask the sender to sign as GGT Anlage 16 has it")
            )
        hashed = self._hashes.get(digest_algorithm)
        if hashed is None:
            raise BrokenSeal(
                words("the signature's hash function is not accepted"), words("ask the sender to sign with SHA-256")
            )
        digest = hashed.copy().finalize()
        function, pss = _pss_of(algorithm)
        signed_at = None
        if attributes is not None:
            found = _attributes(attributes)
            said = found.get(MESSAGE_DIGEST)
            if said is None or said.octets() != digest:
                raise BrokenSeal(
                    words("the content was changed after it was signed"), words("ask the sender for the file again")
                )
            signed_at = _read_time(found.get(SIGNING_TIME))
            # Signers must sign the DER form; whoever wrote another order signed that, so both are tried.
            forms = [der.set_of(child.raw for child in attributes.children()), der.element(der.SET, attributes.content)]
        else:
            forms = []
        try:
            if attributes is None:
                public.verify(value.octets(), digest, pss, utils.Prehashed(function))
            else:
                _verify_any(public, value.octets(), forms, pss, function)
        except InvalidSignature:
            raise BrokenSeal(
                words("the signature does not fit the content"),
                words("do not use the file; ask the sender for it again"),
            ) from None
        others = tuple(one for one in certificates if one != signer)
        return Signature(signer, others, signed_at)


def names(identifier: Node, certificate: x509.Certificate) -> bool:
    """True when a SignerIdentifier or RecipientIdentifier means this certificate."""
    if identifier.tag == der.SEQUENCE:
        return identifier.raw == issuer_and_serial(certificate)
    return identifier.octets() == subject_key_id(certificate)


_DER = serialization.Encoding.DER


def _pss() -> padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), SALT)


def _measured(content: Content) -> tuple[int, bytes]:
    if isinstance(content, bytes):
        return len(content), hashlib.sha256(content).digest()
    with content.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        return file.tell(), digest


def _read(content: Content, size: int) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        for piece in der.pieces_of(file):
            size -= len(piece)
            yield piece
    if size:
        message = words("{name} changed while it was signed", name=content.name)
        raise SealProblem(message, words("try again when nobody writes to it"))


def _attribute(dotted: str, value: bytes) -> bytes:
    return der.sequence(der.oid(dotted), der.set_of([value]))


def _time(now: datetime) -> bytes:
    """RFC 5652 11.3: UTCTime up to 2049, GeneralizedTime from 2050."""
    moment = now.astimezone(UTC)
    if moment.year < 2050:
        return der.element(der.UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return der.element(der.GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode())


def _read_time(value: Node | None) -> datetime | None:
    if value is None:
        return None
    text = value.content.decode("ascii", "replace")
    if value.tag == der.UTC_TIME:
        text = ("20" if text[:2] < "50" else "19") + text
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _algorithm(identifier: Node) -> str:
    parts = identifier.children()
    if not parts:
        raise BrokenSeal(words("the file is damaged: an algorithm is missing"))
    return parts[0].dotted()


def _attributes(attributes: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for attribute in attributes.children():
        parts = attribute.children()
        values = parts[1].children() if len(parts) > 1 else []
        if values:
            found[parts[0].dotted()] = values[0]
    return found


def _readable(certificates: Node) -> Iterator[x509.Certificate]:
    """The certificates that can be read; one that nobody needs may be of a kind that is not known here."""
    for one in certificates.children():
        with suppress(ValueError):
            yield load(one.raw)


def _pss_of(algorithm: Node) -> tuple[hashes.HashAlgorithm, padding.PSS]:
    """Hash and padding that an AlgorithmIdentifier names; hashes may stand with or without NULL."""
    parts = algorithm.children()
    if not parts or parts[0].dotted() != RSA_PSS or len(parts) < 2:
        raise BrokenSeal(
            words("the file is not signed with RSASSA-PSS"), words("ask the sender to sign as GGT Anlage 16 has it")
        )
    given = {part.tag: part.children()[0] for part in parts[1].children() if part.children()}
    function = HASHES.get(_algorithm(given[0xA0])) if 0xA0 in given else None
    mask = given[0xA1].children() if 0xA1 in given else []
    mask_function = HASHES.get(_algorithm(mask[1])) if len(mask) > 1 and mask[0].dotted() == MGF1 else None
    if function is None or mask_function is None:
        # Without parameters it would be SHA-1, which nobody may accept any more.
        raise BrokenSeal(
            words("the signature's hash function is not accepted"), words("ask the sender to sign with SHA-256")
        )
    salt = given[0xA2].whole() if 0xA2 in given else 20
    if not 0 <= salt <= 512:
        raise BrokenSeal(words("the file is damaged: the signature's salt has no length"))
    return function(), padding.PSS(padding.MGF1(mask_function()), salt)


def _verify_any(
    public: rsa.RSAPublicKey, value: bytes, forms: list[bytes], pss: padding.PSS, function: hashes.HashAlgorithm
) -> None:
    """Raises InvalidSignature when the signature fits none of the forms."""
    for form in forms[:-1]:
        try:
            public.verify(value, form, pss, function)
        except InvalidSignature:
            continue
        return
    public.verify(value, forms[-1], pss, function)
