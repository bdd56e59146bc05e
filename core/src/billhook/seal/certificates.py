"""Certificates: reading lists of them, saying what is wrong with one, and choosing a receiver's.

Trust centres hand them out in many shapes: DER, PEM, PKCS #7 (.p7c), and lists such as `annahme-rsa4096.key` with
base64 blocks between blank lines and no PEM lines. What cannot be read is named, and the rest is kept.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from billhook.model import Finding, Rule, Severity
from billhook.seal import der
from billhook.seal.problems import BrokenSeal

SIGNED_DATA = "1.2.840.113549.1.7.2"
SOON = timedelta(days=42)
"""How long before its end a certificate is warned about: a trust centre takes some weeks."""
KEY_BITS = 4096

_SOURCE = "GGT Anlage 16"

UNREADABLE = Rule(
    "SEAL-LIST-001",
    Severity.WARNING,
    "Certificate {value} of the list cannot be read; the others were taken.",
    "Download the list again from the trust centre; tell the trust centre when that does not help.",
    _SOURCE,
)
NONE_FOUND = Rule(
    "SEAL-LIST-002",
    Severity.ERROR,
    "There is no certificate in the file.",
    "Take the list of certificates as the trust centre publishes it, such as annahme-rsa4096.key, unchanged.",
    _SOURCE,
)
NO_PARTY = Rule(
    "SEAL-LIST-003",
    Severity.NOTE,
    "The certificate with serial number {value} does not say whose it is.",
    "Nothing to do: it is the trust centre's own.",
    _SOURCE,
)
EXPIRED = Rule(
    "SEAL-CERT-001",
    Severity.ERROR,
    "The certificate {value} ended on {end}.",
    "Import the current list of the trust centre; for your own, request a new one.",
    _SOURCE,
)
NOT_YET = Rule(
    "SEAL-CERT-002",
    Severity.ERROR,
    "The certificate {value} is valid only from {start}.",
    "Use it from that day on.",
    _SOURCE,
)
ENDS_SOON = Rule(
    "SEAL-CERT-003",
    Severity.WARNING,
    "The certificate {value} ends on {end}.",
    "Import a newer list of the trust centre; for your own, request a new one in time.",
    _SOURCE,
)
NO_RSA = Rule(
    "SEAL-CERT-004",
    Severity.ERROR,
    "The certificate {value} has no RSA key.",
    "Import the list for RSA 4096, annahme-rsa4096.key.",
    _SOURCE,
)
SHORT_KEY = Rule(
    "SEAL-CERT-005",
    Severity.WARNING,
    "The key of certificate {value} has {bits} bits, not 4096.",
    "Import the list for RSA 4096, annahme-rsa4096.key.",
    _SOURCE,
)
NOT_FOR_ENCRYPTION = Rule(
    "SEAL-CERT-006",
    Severity.ERROR,
    "The certificate {value} says that it is not for encryption.",
    "Import the list of the receivers, not that of the trust centre's own certificates.",
    "RFC 5280 4.2.1.3",
)
NOT_FOR_SIGNING = Rule(
    "SEAL-CERT-007",
    Severity.ERROR,
    "The certificate {value} says that it is not for signing.",
    "Request a certificate for signing and encrypting.",
    "RFC 5280 4.2.1.3",
)

REVOKED = Rule(
    "SEAL-CERT-008",
    Severity.ERROR,
    "The certificate {value} was revoked on {day}.",
    "Import the current list of the trust centre; for your own, request a new one.",
    "RFC 5280 5",
)

Revoked = Callable[[x509.Certificate], datetime | None]
"""Since when a certificate is revoked; None when it is not."""

RULES = (
    UNREADABLE, NONE_FOUND, NO_PARTY, EXPIRED, NOT_YET, ENDS_SOON, NO_RSA, SHORT_KEY, NOT_FOR_ENCRYPTION, NOT_FOR_SIGNING,
    REVOKED,
)  # fmt: skip

_IK = re.compile(r"IK ?(\d{9})")
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CertificateList:
    """What a file of certificates holds, in order and each once, and what of it could not be read."""

    certificates: tuple[x509.Certificate, ...]
    findings: tuple[Finding, ...]


def read_certificates(content: bytes, *, file: str | None = None) -> CertificateList:
    """All certificates in a file of any of the usual shapes. Never raises on bad content.

    Args:
        content: of the file, which is small (a list of all receivers has some hundred kilobytes).
        file: its name, for the findings.
    """
    found: dict[bytes, x509.Certificate] = {}
    findings: list[Finding] = []
    for place, block in enumerate(blocks(content), start=1):
        try:
            read = list(_certificates_in(block))
        except (ValueError, BrokenSeal):
            findings.append(UNREADABLE.at(value=place, file=file))
            continue
        found.update((one.fingerprint(hashes.SHA256()), one) for one in read)
    if not found:
        findings.append(NONE_FOUND.at(file=file))
    return CertificateList(tuple(found.values()), tuple(findings))


def blocks(content: bytes) -> Iterator[bytes]:
    """The DER parts of a file, `b""` for one that is no base64."""
    if content[:1] == b"\x30":
        yield content
        return
    text = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    if pem := [match.group(2) for match in _PEM.finditer(text)]:
        blocks = pem
    else:
        blocks = [block for block in re.split(rb"\n[ \t]*(?:\n|$)", text) if block.strip()]
    for block in blocks:
        try:
            yield base64.b64decode(b"".join(block.split()), validate=True)
        except binascii.Error:
            yield b""


def load(content: bytes) -> x509.Certificate:
    """A certificate in DER, read through to its names, dates and key. Raises ValueError when something in it is wrong."""
    try:
        certificate = x509.load_der_x509_certificate(content)
        # The library looks at these only when they are asked for, and has an exception of its own for each thing it dislikes.
        certificate.public_key()
        party_of(certificate)
        for part in (certificate.issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc):
            str(part)
    except Exception as error:
        raise ValueError(str(error)) from error
    return certificate


def _certificates_in(block: bytes) -> Iterator[x509.Certificate]:
    """One certificate, or those in a SignedData without signers (RFC 5652 5, a `.p7c`). Raises ValueError."""
    first = der.node(block).children()
    if not (first and first[0].tag == der.OID and first[0].dotted() == SIGNED_DATA and len(first) > 1):
        yield load(block)
        return
    for part in first[1].children()[0].children():
        if part.tag == 0xA0:
            for one in part.children():
                yield load(one.raw)


# --- What a certificate says ------------------------------------------------------------------------------------------


def issuer_and_serial(certificate: x509.Certificate) -> bytes:
    """IssuerAndSerialNumber (RFC 5652 10.2.4), byte for byte as it stands in the certificate."""
    parts = der.node(certificate.tbs_certificate_bytes).children()
    if parts[0].tag == 0xA0:  # the version, which only the first one lacks
        parts = parts[1:]
    return der.sequence(parts[2].raw, parts[0].raw)


def subject_key_id(certificate: x509.Certificate) -> bytes | None:
    """The subject key identifier, None when the certificate has none."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, ValueError):
        return None


def party_of(certificate: x509.Certificate) -> str:
    """Whose certificate it is: the IK in OU=IKnnnnnnnnn; empty for a trust centre's own."""
    for attribute in certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME):
        if match := _IK.fullmatch(str(attribute.value).strip()):
            return match.group(1)
    return ""


def name_of(certificate: x509.Certificate) -> str:
    """How a person would call it: the party, or the common name, with the serial number."""
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    party = party_of(certificate)
    owner = f"IK {party}" if party else str(common[0].value) if common else "of the trust centre"
    return f"{owner} ({certificate.serial_number})"


def organisation_of(certificate: x509.Certificate) -> str:
    """The party's name: the OU that is no IK, else empty."""
    units = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
    return next((str(unit.value) for unit in units if not _IK.fullmatch(str(unit.value).strip())), "")


def examine(
    certificate: x509.Certificate,
    moment: datetime | date,
    *,
    encrypting: bool = False,
    signing: bool = False,
    revoked: Revoked | None = None,
) -> list[Finding]:
    """All that is wrong with a certificate for that use at that moment (a day counts from its beginning, UTC)."""
    at = _moment(moment)
    name = name_of(certificate)
    findings = []
    since = None if revoked is None else revoked(certificate)
    if since is not None and since <= at:
        findings.append(REVOKED.at(value=name, day=since.date().isoformat()))
    if at > certificate.not_valid_after_utc:
        findings.append(EXPIRED.at(value=name, end=certificate.not_valid_after_utc.date().isoformat()))
    elif at < certificate.not_valid_before_utc:
        findings.append(NOT_YET.at(value=name, start=certificate.not_valid_before_utc.date().isoformat()))
    elif at + SOON > certificate.not_valid_after_utc:
        findings.append(ENDS_SOON.at(value=name, end=certificate.not_valid_after_utc.date().isoformat()))
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        findings.append(NO_RSA.at(value=name))
    elif key.key_size < KEY_BITS:
        findings.append(SHORT_KEY.at(value=name, bits=key.key_size))
    usage = _usage(certificate)
    if usage is not None:
        if encrypting and not (usage.key_encipherment or usage.data_encipherment):
            findings.append(NOT_FOR_ENCRYPTION.at(value=name))
        if signing and not (usage.digital_signature or usage.content_commitment):
            findings.append(NOT_FOR_SIGNING.at(value=name))
    return findings


def choose(
    certificates: Iterable[x509.Certificate], party: str, moment: datetime | date, revoked: Revoked | None = None
) -> tuple[x509.Certificate | None, list[Finding]]:
    """The party's certificate to encrypt with: the newest that may be used, and what is to be said about it.

    Without one, None and what is wrong with each of the party's certificates.
    """
    ours = [one for one in certificates if party_of(one) == party]
    refused: list[Finding] = []
    for one in sorted(ours, key=lambda one: one.not_valid_before_utc, reverse=True):
        findings = examine(one, moment, encrypting=True, revoked=revoked)
        if not any(finding.is_error for finding in findings):
            return one, findings
        refused += findings
    return None, refused


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """True when the issuer's key signed the certificate (RSASSA-PSS with or without NULL in its parameters)."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001  # whatever the library dislikes, it is not issued by that one
        return False
    return True


def in_der(certificate: x509.Certificate) -> bytes:
    """The certificate in DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return None


def _moment(moment: datetime | date) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
