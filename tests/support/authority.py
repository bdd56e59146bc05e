"""A trust centre for tests: a root, an authority below it, and certificates for parties, as GGT Anlage 16 describes them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from billhook.seal import Identity

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""The moment at which the tests happen."""
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key for this name, made once. Short ones: the tests are about files, not about strength."""
    assert name
    return rsa.generate_private_key(65537, bits)


def named(**parts: str | tuple[str, ...]) -> x509.Name:
    """A name from its parts: `named(C="DE", OU=("Firm", "IK590000015"))`."""
    oids = {
        "C": x509.NameOID.COUNTRY_NAME,
        "O": x509.NameOID.ORGANIZATION_NAME,
        "OU": x509.NameOID.ORGANIZATIONAL_UNIT_NAME,
        "CN": x509.NameOID.COMMON_NAME,
    }
    return x509.Name(
        x509.NameAttribute(oids[key], text)
        for key, texts in parts.items()
        for text in ((texts,) if isinstance(texts, str) else texts)
    )


def party_name(ik: str, firm: str = "Sanitätshaus Muster") -> x509.Name:
    """The distinguished name of a party."""
    plain = firm.replace("ä", "ae")
    return named(C="DE", O="Test TrustCenter", OU=(plain, f"IK{ik}"), CN="Frau Muster")


@dataclass
class Authority:
    """A trust centre with its own certificate, issued by its root's."""

    name: str = "Test TrustCenter"
    serial: int = field(default=1000)

    def __post_init__(self) -> None:
        root_name, own_name = named(C="DE", O="Test PCA"), named(C="DE", O=self.name)
        root_key = rsa_key("root")
        self.root = self._issue(root_name, root_key.public_key(), root_name, root_key, ca=True)
        self.certificate = self._issue(own_name, rsa_key(self.name).public_key(), root_name, root_key, ca=True)

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """What goes along with a certificate."""
        return (self.certificate, self.root)

    def certify(
        self,
        subject: x509.Name,
        public: rsa.RSAPublicKey,
        *,
        start: datetime = NOON - timedelta(days=100),
        days: int = 365,
        usage: x509.KeyUsage | None = None,
    ) -> x509.Certificate:
        """A certificate for a public key."""
        return self._issue(
            subject, public, self.certificate.subject, rsa_key(self.name), start=start, days=days, usage=usage
        )

    def identity(self, ik: str, *, start: datetime = NOON - timedelta(days=100), days: int = 365) -> Identity:
        """A party with key and certificate."""
        key = rsa_key(ik)
        return Identity(key, self.certify(party_name(ik), key.public_key(), start=start, days=days), self.chain)

    def _issue(
        self,
        subject: x509.Name,
        public: rsa.RSAPublicKey,
        issuer: x509.Name,
        key: rsa.RSAPrivateKey,
        *,
        start: datetime = NOON - timedelta(days=400),
        days: int = 3000,
        ca: bool = False,
        usage: x509.KeyUsage | None = None,
    ) -> x509.Certificate:
        self.serial += 1
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(self.serial)
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
        )
        if ca:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        if usage is not None:
            builder = builder.add_extension(usage, critical=True)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return builder.sign(key, hashes.SHA256(), rsa_padding=pss)


def key_usage(*allowed: str) -> x509.KeyUsage:
    """A key usage with only these uses."""
    uses = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{use: use in allowed for use in uses})


def key_list(*certificates: x509.Certificate) -> bytes:
    """Certificates as trust centres publish them: base64 without PEM lines, a blank line between."""
    blocks = []
    for certificate in certificates:
        text = base64.b64encode(certificate.public_bytes(DER)).decode()
        blocks.append("\n".join(text[at : at + 64] for at in range(0, len(text), 64)))
    return ("\n\n".join(blocks) + "\n").encode()


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    """A private key in the open, for openssl."""
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
