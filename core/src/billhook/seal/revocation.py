"""Revocation lists (Sperrlisten, `sperrliste-le-rsa4096.crl`): whose certificates a trust centre took back, and since when.

A list is kept as it came. Of each issuer the newest one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from billhook.model import Finding, Rule, Severity
from billhook.seal.certificates import blocks

_SOURCE = "RFC 5280 5"

STRANGER = Rule(
    "SEAL-CRL-001",
    Severity.WARNING,
    "The revocation list of {value} was taken unproved: its issuer's certificate is not here.",
    "Import the trust centre's list of certificates too, which has its own.",
    _SOURCE,
)
FORGED = Rule(
    "SEAL-CRL-002",
    Severity.ERROR,
    "The revocation list says that it is of {value}, but is not signed by it; it was not taken.",
    "Download it again from the trust centre.",
    _SOURCE,
)
OUTDATED = Rule(
    "SEAL-CRL-003",
    Severity.WARNING,
    "A newer revocation list of {value} was due on {day}.",
    "Download the current one from the trust centre and import it with: keys import",
    _SOURCE,
)

RULES = (STRANGER, FORGED, OUTDATED)


def read_revocations(content: bytes) -> list[x509.CertificateRevocationList]:
    """The lists in a file, in DER, PEM or base64 without PEM lines; empty when there is none. Never raises on bad content."""
    found = []
    for block in blocks(content):
        try:
            one = x509.load_der_x509_crl(block)
            # The library looks at these only when they are asked for.
            str((one.issuer, one.last_update_utc, one.next_update_utc, len(one), one.signature_algorithm_oid))
        except Exception:  # noqa: BLE001, S112  # whatever the library dislikes, it is no list
            continue
        found.append(one)
    return found


def prove(revocations: x509.CertificateRevocationList, issuers: Iterable[x509.Certificate]) -> Finding | None:
    """What is to be said about a list's signature; an error for one that its issuer did not sign."""
    name = revocations.issuer.rfc4514_string()
    mine = [one for one in issuers if one.subject == revocations.issuer]
    if not mine:
        return STRANGER.at(value=name)
    return None if any(_is_signed(revocations, one) for one in mine) else FORGED.at(value=name)


def _is_signed(revocations: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    signed, signature = revocations.tbs_certlist_bytes, revocations.signature
    digest = revocations.signature_hash_algorithm or hashes.SHA256()
    pss = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
    for way in (pss, padding.PKCS1v15()):
        try:
            key.verify(signature, signed, way, digest)
        except Exception:  # noqa: BLE001, S112  # whatever the library dislikes, it is not signed in that way
            continue
        return True
    return False


class Revocations:
    """The lists in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _newest(self) -> dict[bytes, x509.CertificateRevocationList]:
        newest: dict[bytes, x509.CertificateRevocationList] = {}
        for path in sorted(self.folder.glob("*.crl")):
            for one in read_revocations(path.read_bytes()):
                issuer = one.issuer.public_bytes()
                if issuer not in newest or newest[issuer].last_update_utc <= one.last_update_utc:
                    newest[issuer] = one
        return newest

    def since(self, certificate: x509.Certificate) -> datetime | None:
        """Since when a certificate is revoked; None when it is not."""
        of_issuer = self._newest.get(certificate.issuer.public_bytes())
        if of_issuer is None:
            return None
        found = of_issuer.get_revoked_certificate_by_serial_number(certificate.serial_number)
        return None if found is None else found.revocation_date_utc

    def outdated(self, moment: datetime) -> Iterator[Finding]:
        """Lists of which a newer one should be out."""
        for one in self._newest.values():
            due = one.next_update_utc
            if due is not None and due < moment:
                yield OUTDATED.at(value=one.issuer.rfc4514_string(), day=due.date().isoformat())


def file_name(revocations: x509.CertificateRevocationList) -> str:
    """What a list is called in the folder."""
    return f"{revocations.fingerprint(hashes.SHA256()).hex()[:32]}.crl"


def in_der(revocations: x509.CertificateRevocationList) -> bytes:
    """The list in DER."""
    return revocations.public_bytes(serialization.Encoding.DER)
