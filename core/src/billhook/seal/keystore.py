"""The folder with a provider's own keys and the receivers' certificates. Nothing in it is ever overwritten.

    own/<party>/<key id>.key            private key, PKCS #8, encrypted with a passphrase
                <key id>.p10            the request that was made for it
                <key id>-<serial>.pem   a certificate that came back, with those of its issuers behind it
    receivers/<party>-<fingerprint>.der     from imported lists
    issuers/<fingerprint>.der               certificates in those lists that are nobody's: the trust centre's own
    revoked/<fingerprint>.crl               revocation lists (Sperrlisten)

A key id is the SHA-256 of the public key, shortened. Old keys stay: what was sealed for them can still be opened.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from billhook.model import Finding
from billhook.seal.certificates import NO_PARTY, choose, examine, in_der, name_of, party_of, read_certificates
from billhook.seal.problems import NoCertificate, NoKey, SealProblem, WrongPassphrase
from billhook.seal.revocation import Revocations, file_name, prove, read_revocations
from billhook.seal.revocation import in_der as list_in_der
from billhook.seal.sealing import Identity
from billhook.words import words

PUBLIC_EXPONENT, KEY_BITS = 65537, 4096
LEAST_PASSPHRASE = 12
"""How many characters a passphrase must have at least; nobody asks for digits or signs."""

AskPassphrase = Callable[[str], str]
"""Asked for the passphrase of a party's key. It may prompt; it never logs."""

_PARTY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class OwnKey:
    """One of our keys: whose, its id, and the certificate of it, None while the trust centre has not answered."""

    party: str
    key_id: str
    certificate: x509.Certificate | None = None
    chain: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a list: how many certificates were new, how many were there, and what is wrong with some."""

    added: int
    unchanged: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A trust centre's answer that fits one of our keys."""

    key: OwnKey
    findings: tuple[Finding, ...]


class KeyStore:
    """Keys and certificates in a folder (0700, files 0600)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    # --- Own keys -----------------------------------------------------------------------------------------------------

    def request(
        self,
        party: str,
        subject: x509.Name,
        passphrase: str,
        *,
        bits: int = KEY_BITS,
    ) -> tuple[OwnKey, bytes]:
        """Make a key and the PKCS #10 request (DER) for its certificate.

        Args:
            party: whose key; a plain name of letters and digits.
            subject: the distinguished name as the trust centre wants it.
            passphrase: encrypts the key; it is stored nowhere.
            bits: length of the RSA key.

        Raises:
            WrongPassphrase: it is too short.
        """
        if len(passphrase) < LEAST_PASSPHRASE:
            raise WrongPassphrase(
                words("the passphrase has fewer than {least_passphrase} characters", least_passphrase=LEAST_PASSPHRASE),
                words("choose a longer one, such as five words"),
            )
        key = rsa.generate_private_key(PUBLIC_EXPONENT, bits)
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(subject)
            .sign(key, hashes.SHA256(), rsa_padding=padding.PSS(padding.MGF1(hashes.SHA256()), 32))
            .public_bytes(serialization.Encoding.DER)
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase.encode()),
        )
        own = OwnKey(party, _key_id(key.public_key()))
        folder = self._own(party)
        _write_new(folder / f"{own.key_id}.key", pem)
        _write_new(folder / f"{own.key_id}.p10", request)
        return own, request

    def accept(self, content: bytes, *, moment: datetime, file: str | None = None) -> Accepted:
        """Keep the certificate that a trust centre gave for one of our keys (`.p7c`, or any other shape).

        Raises:
            NoKey: none of the certificates is of one of our keys.
            NoCertificate: it is made out to somebody else.
        """
        answer = read_certificates(content, file=file)
        keys = {own.key_id: own for own in self.own_keys()}
        for certificate in answer.certificates:
            own = keys.get(_key_id(certificate.public_key()))
            if own is None:
                continue
            chain = tuple(one for one in answer.certificates if one != certificate and not _is_party(one))
            if party_of(certificate) not in ("", own.party):
                message = words(
                    "the certificate is made out to {name_of}, the key is of {party}",
                    name_of=name_of(certificate),
                    party=own.party,
                )
                raise NoCertificate(message, words("send the answer back to the trust centre"))
            pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (certificate, *chain))
            _write_new(self._own(own.party) / f"{own.key_id}-{certificate.serial_number}.pem", pem)
            findings = examine(certificate, moment, encrypting=True, signing=True)
            kept = OwnKey(own.party, own.key_id, certificate, chain)
            return Accepted(kept, (*answer.findings, *findings))
        raise NoKey(
            words("no certificate in this answer is of one of the keys here"),
            words("accept it in the workspace that made the request"),
        )

    def own_keys(self) -> Iterator[OwnKey]:
        """Our keys with each of their certificates, by party; one without a certificate stands alone."""
        for path in sorted((self.folder / "own").glob("*/*.key")):
            party, key_id = path.parent.name, path.stem
            answers = sorted(path.parent.glob(f"{key_id}-*.pem"))
            if not answers:
                yield OwnKey(party, key_id)
            for answer in answers:
                own, *chain = x509.load_pem_x509_certificates(answer.read_bytes())
                yield OwnKey(party, key_id, own, tuple(chain))

    def own_key(self, party: str, moment: datetime) -> tuple[OwnKey, list[Finding]]:
        """The party's key to sign with: the one with the newest usable certificate, and what is to be said about it.

        Raises:
            NoKey: there is none with a certificate that is valid at that moment.
        """
        mine = [own for own in self.own_keys() if own.party == party]
        refused: list[Finding] = []
        revoked = self.revocations.since
        certified = [(own, own.certificate) for own in mine if own.certificate is not None]
        for own, certificate in sorted(certified, key=lambda each: each[1].not_valid_before_utc, reverse=True):
            findings = examine(certificate, moment, signing=True, revoked=revoked)
            if not any(finding.is_error for finding in findings):
                return own, findings
            refused += findings
        if refused:
            raise NoKey(refused[0].message.rstrip("."), refused[0].mend)
        if mine:
            raise NoKey(
                words("the key of {party} has no certificate yet", party=party),
                words("send the request to the trust centre and take its answer with: keys accept"),
            )
        raise NoKey(words("there is no key of {party}", party=party), words("make one with: keys request"))

    def identity(self, party: str, moment: datetime, ask: AskPassphrase) -> Identity:
        """The party's private key, opened, with its certificates.

        Raises:
            NoKey: there is none that could be used at that moment.
            WrongPassphrase: the passphrase does not open it.
        """
        own, _ = self.own_key(party, moment)
        return self.open(own, ask(party))

    def open(self, own: OwnKey, passphrase: str) -> Identity:
        """A key with its certificate, opened. Raises NoKey or WrongPassphrase."""
        if own.certificate is None:
            message = words("the key of {party} has no certificate yet", party=own.party)
            raise NoKey(message, words("take the trust centre's answer with: keys accept"))
        pem = (self._own(own.party) / f"{own.key_id}.key").read_bytes()
        try:
            key = serialization.load_pem_private_key(pem, passphrase.encode() or None)
        except (ValueError, TypeError):
            message = words("the passphrase does not open the key of {party}", party=own.party)
            raise WrongPassphrase(message, words("give the passphrase that the key was made with")) from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise NoKey(
                words("the key of {party} is no RSA key", party=own.party), words("make one with: keys request")
            )
        return Identity(key, own.certificate, own.chain)

    # --- Receivers ----------------------------------------------------------------------------------------------------

    def add(self, content: bytes, *, file: str | None = None) -> Imported:
        """Take the certificates of a list, such as `annahme-rsa4096.key`. The same list twice changes nothing."""
        read = read_certificates(content, file=file)
        findings = list(read.findings)
        added = 0
        for certificate in read.certificates:
            fingerprint = certificate.fingerprint(hashes.SHA256()).hex()[:32]
            party = party_of(certificate)
            if party:
                path = self.folder / "receivers" / f"{party}-{fingerprint}.der"
            else:
                path = self.folder / "issuers" / f"{fingerprint}.der"
                findings.append(NO_PARTY.at(value=certificate.serial_number, file=file))
            added += _write_new(path, in_der(certificate))
        return Imported(added, len(read.certificates) - added, tuple(findings))

    def add_revocations(self, content: bytes, *, file: str | None = None) -> Imported | None:
        """Take the revocation lists in a file, such as `sperrliste-le-rsa4096.crl`; None when there is none in it.

        The same list twice changes nothing. One that its issuer did not sign is not taken.
        """
        lists = read_revocations(content)
        if not lists:
            return None
        issuers = self.issuers()
        added = unchanged = 0
        findings = []
        for one in lists:
            finding = prove(one, issuers)
            if finding is not None:
                findings.append(replace(finding, file=file))
                if finding.is_error:
                    continue
            if _write_new(self.folder / "revoked" / file_name(one), list_in_der(one)):
                added += 1
            else:
                unchanged += 1
        return Imported(added, unchanged, tuple(findings))

    @property
    def revocations(self) -> Revocations:
        """The revocation lists as they are now."""
        return Revocations(self.folder / "revoked")

    def receivers(self, party: str = "*") -> Iterator[x509.Certificate]:
        """The imported certificates, all or one party's."""
        for path in sorted((self.folder / "receivers").glob(f"{party}-*.der")):
            yield x509.load_der_x509_certificate(path.read_bytes())

    def issuers(self) -> list[x509.Certificate]:
        """The trust centre's own certificates, as far as lists had them."""
        paths = sorted((self.folder / "issuers").glob("*.der"))
        return [x509.load_der_x509_certificate(path.read_bytes()) for path in paths]

    def receiver(self, party: str, moment: datetime) -> tuple[x509.Certificate, list[Finding]]:
        """The party's certificate to encrypt with at that moment, and what is to be said about it.

        Raises:
            NoCertificate: there is none, or none may be used.
        """
        certificate, findings = choose(self.receivers(_plain(party)), party, moment, self.revocations.since)
        if certificate is not None:
            return certificate, findings
        if findings:
            raise NoCertificate(findings[0].message.rstrip("."), findings[0].mend)
        raise NoCertificate(
            words("there is no certificate of {party}", party=party),
            words("import the trust centre's current list of receivers with: keys import"),
        )

    def _own(self, party: str) -> Path:
        return self.folder / "own" / _plain(party)


def _plain(party: str) -> str:
    if not _PARTY.fullmatch(party):
        message = words("{party!r} is no plain name of a party", party=party)
        raise SealProblem(message, words("use letters and digits, such as an IK"))
    return party


def _is_party(certificate: x509.Certificate) -> bool:
    return bool(party_of(certificate))


def _key_id(public: object) -> str:
    """The SHA-256 of a public key's SubjectPublicKeyInfo, shortened; empty for what is no RSA key."""
    if not isinstance(public, rsa.RSAPublicKey):
        return ""
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()[:16]


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file (0600) whole or not at all; False when it is there already, which it then stays."""
    for folder in reversed((path.parent, *path.parent.parents)):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
    if path.exists():
        return False
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True
