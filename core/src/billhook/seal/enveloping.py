"""Encrypting: CMS EnvelopedData (RFC 5652 6), AES-256-CBC, the key in RSAES-OAEP with SHA-256 for each recipient (RFC 3560).

The content passes through in pieces: its encrypted length follows from its own, so even here all lengths are definite.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import padding as block_padding
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from billhook.seal import der
from billhook.seal.certificates import issuer_and_serial
from billhook.seal.der import Node, Reader, Stream
from billhook.seal.problems import BrokenSeal, NotForUs, SealProblem
from billhook.seal.signing import DATA, HASHES, MGF1, mgf1_algorithm, names, sha256_algorithm
from billhook.words import words

ENVELOPED_DATA = "1.2.840.113549.1.7.3"
RSA_OAEP = "1.2.840.113549.1.1.7"
AES_CBC = {"2.16.840.1.101.3.4.1.42": 32, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.2": 16}
"""Ciphers that are read, with their key lengths in bytes; only the first is written."""
AES_256_CBC = "2.16.840.1.101.3.4.1.42"
BLOCK = 16


def encrypt(content: Stream, recipients: Sequence[x509.Certificate]) -> Stream:
    """The content as DER EnvelopedData that each of these certificates can open.

    Raises:
        SealProblem: there is no recipient, or one has no RSA key.
    """
    if not recipients:
        raise SealProblem(words("there is nobody to encrypt for"), words("name at least one receiver's certificate"))
    key, vector = os.urandom(32), os.urandom(BLOCK)
    infos = der.set_of(_recipient(certificate, key) for certificate in dict.fromkeys(recipients))
    algorithm = der.sequence(der.oid(AES_256_CBC), der.element(der.OCTET_STRING, vector))
    size = (content.size // BLOCK + 1) * BLOCK
    return der.wrapped(
        # ContentInfo, its content [0], EnvelopedData, encryptedContentInfo, encryptedContent [0]
        (der.SEQUENCE, 0xA0, der.SEQUENCE, der.SEQUENCE, 0x80),
        (
            der.oid(ENVELOPED_DATA),
            b"",
            der.integer(0) + infos,
            der.oid(DATA) + algorithm,
            b"",
        ),
        Stream(size, _encrypted(content, key, vector)),
        (b"",) * 5,
    )


def decrypt(chunks: Iterable[bytes], key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Iterator[bytes]:
    """The content of EnvelopedData in pieces. Nothing in it says who made it: verify the signature inside.

    Raises:
        NotForUs: it is encrypted for other certificates.
        BrokenSeal: it is no EnvelopedData, is damaged, or is encrypted by means that are not accepted.
    """
    reader = Reader(der.reading(chunks))
    reader.enter(der.SEQUENCE, "ContentInfo")
    if reader.expect(der.OID, "the content type").dotted() != ENVELOPED_DATA:
        raise BrokenSeal(words("the file is not encrypted"), words("ask the sender for a sealed file"))
    reader.enter(0xA0, "the content")
    reader.enter(der.SEQUENCE, "EnvelopedData")
    reader.expect(der.INTEGER, "a version")
    part = reader.next()
    if part is not None and part.tag == 0xA0:  # originatorInfo
        part = reader.next()
    if part is None or part.tag != der.SET:
        raise BrokenSeal(words("the file is damaged: its recipients are missing"))
    content_key = _content_key(part, key, certificate)
    reader.enter(der.SEQUENCE, "the encrypted content")
    reader.expect(der.OID, "the type of the encrypted content")
    length, vector = _cipher(reader.expect(der.SEQUENCE, "the cipher"))
    if len(content_key) != length:
        raise BrokenSeal(words("the file is damaged: its key does not fit its cipher"))
    opened = reader.open()
    if opened is None or opened[0] & ~der.CONSTRUCTED != 0x80:
        raise BrokenSeal(words("the file is damaged: its content is missing"))
    decryptor = Cipher(algorithms.AES(content_key), modes.CBC(vector)).decryptor()
    unpadder = block_padding.PKCS7(BLOCK * 8).unpadder()
    try:
        for piece in reader.content(*opened):
            yield unpadder.update(decryptor.update(piece))
        yield unpadder.update(decryptor.finalize()) + unpadder.finalize()
    except ValueError as error:
        raise BrokenSeal(
            words("the file is damaged: it does not decrypt"), words("ask the sender for it again")
        ) from error


def _recipient(certificate: x509.Certificate, key: bytes) -> bytes:
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise SealProblem(
            words("a receiver's certificate has no RSA key"), words("import the receiver's RSA certificate")
        )
    oaep = der.sequence(der.explicit(0, sha256_algorithm()), der.explicit(1, mgf1_algorithm()))
    return der.sequence(
        der.integer(0),
        issuer_and_serial(certificate),
        der.sequence(der.oid(RSA_OAEP), oaep),
        der.element(der.OCTET_STRING, public.encrypt(key, _oaep(hashes.SHA256(), hashes.SHA256()))),
    )


def _oaep(function: hashes.HashAlgorithm, mask: hashes.HashAlgorithm) -> padding.OAEP:
    return padding.OAEP(padding.MGF1(mask), function, None)


def _encrypted(content: Iterable[bytes], key: bytes, vector: bytes) -> Iterator[bytes]:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    padder = block_padding.PKCS7(BLOCK * 8).padder()
    for piece in content:
        yield encryptor.update(padder.update(piece))
    yield encryptor.update(padder.finalize()) + encryptor.finalize()


def _content_key(recipients: Node, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    for info in recipients.children():
        parts = info.children() if info.tag == der.SEQUENCE else []
        # KeyTransRecipientInfo: version, rid, keyEncryptionAlgorithm, encryptedKey
        if len(parts) != 4 or not names(parts[1], certificate):
            continue
        function, mask = _oaep_of(parts[2])
        try:
            return key.decrypt(parts[3].octets(), _oaep(function, mask))
        except ValueError as error:
            raise BrokenSeal(
                words("the file is damaged: its key does not decrypt"), words("ask the sender for it again")
            ) from error
    raise NotForUs(
        words(
            "the file is not encrypted for the certificate with serial number {serial_number}",
            serial_number=certificate.serial_number,
        ),
        words("open it with the key of the certificate it was made for, or ask the sender to use the current one"),
    )


def _oaep_of(algorithm: Node) -> tuple[hashes.HashAlgorithm, hashes.HashAlgorithm]:
    """Hash and mask hash of RSAES-OAEP. PKCS #1 v1.5, which can be attacked by whoever sees our errors, is refused."""
    parts = algorithm.children()
    if not parts or parts[0].dotted() != RSA_OAEP:
        raise BrokenSeal(
            words("the file's key is not encrypted with RSAES-OAEP"), words("ask the sender for GGT Anlage 16")
        )
    given = {part.tag: part.children()[0] for part in parts[1].children() if part.children()} if len(parts) > 1 else {}
    function = HASHES.get(given[0xA0].children()[0].dotted()) if 0xA0 in given else None
    mask_parts = given[0xA1].children() if 0xA1 in given else []
    mask = None
    if len(mask_parts) > 1 and mask_parts[0].dotted() == MGF1:
        mask = HASHES.get(mask_parts[1].children()[0].dotted())
    if function is None or mask is None:
        raise BrokenSeal(
            words("the file's hash function is not accepted"), words("ask the sender to encrypt with SHA-256")
        )
    return function(), mask()


def _cipher(algorithm: Node) -> tuple[int, bytes]:
    parts = algorithm.children()
    length = AES_CBC.get(parts[0].dotted()) if parts else None
    vector = parts[1].octets() if len(parts) > 1 else b""
    if length is None or len(vector) != BLOCK:
        raise BrokenSeal(
            words("the file's cipher is not accepted"), words("ask the sender to encrypt with AES-256-CBC")
        )
    return length, vector
