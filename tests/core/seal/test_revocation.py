"""Revocation lists: read in every shape, proved against their issuer, and heeded by whoever seals."""

from __future__ import annotations

import base64
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from billhook.seal import KeyStore, NoCertificate, NoKey
from billhook.seal.certificates import examine
from billhook.seal.revocation import read_revocations
from tests.support.authority import DER, NOON, PEM, Authority, key_list, party_name, rsa_key

IK, OTHER = "661430035", "109519005"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def keys(tmp_path: Path, authority: Authority) -> KeyStore:
    """Two receivers and the trust centre's own certificate."""
    store = KeyStore(tmp_path / "keys")
    store.add(
        key_list(authority.identity(IK).certificate, authority.identity(OTHER).certificate, authority.certificate)
    )
    return store


def revocations(
    authority: Authority, *serials: int, day: datetime = NOON - timedelta(days=1), signer: str = "", days: int = 30
) -> x509.CertificateRevocationList:
    """A list of the authority, signed with RSASSA-PSS as all that it signs."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(day)
        .next_update(day + timedelta(days=days))
    )
    for serial in serials:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(day).build()
        builder = builder.add_revoked_certificate(one)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return builder.sign(rsa_key(signer or authority.name), hashes.SHA256(), rsa_padding=pss)


def serial_of(keys: KeyStore, ik: str) -> int:
    [certificate] = keys.receivers(ik)
    return certificate.serial_number


@pytest.mark.parametrize("shape", ["der", "pem", "base64"])
def test_a_revoked_certificate_is_not_used_any_more(keys: KeyStore, authority: Authority, shape: str) -> None:
    made = revocations(authority, serial_of(keys, IK))
    der = made.public_bytes(DER)
    content = {"der": der, "pem": made.public_bytes(PEM), "base64": base64.encodebytes(der)}[shape]
    keys.receiver(IK, NOON)
    done = keys.add_revocations(content, file="sperrliste.crl")
    assert done is not None
    assert (done.added, done.unchanged, done.findings) == (1, 0, ())
    with pytest.raises(NoCertificate, match="was revoked on 2026-03-01"):
        keys.receiver(IK, NOON)
    keys.receiver(OTHER, NOON)
    # Before it was revoked it was good.
    keys.receiver(IK, NOON - timedelta(days=2))


def test_a_revocation_counts_from_its_day_on(authority: Authority) -> None:
    certificate = authority.identity(IK).certificate

    def codes(moment: datetime) -> set[str]:
        return {each.code for each in examine(certificate, moment, revoked=lambda _: NOON)}

    assert codes(NOON) - codes(NOON - timedelta(seconds=1)) == {"SEAL-CERT-008"}
    assert "SEAL-CERT-008" not in {each.code for each in examine(certificate, NOON, revoked=lambda _: None)}


def test_the_same_list_twice_changes_nothing(keys: KeyStore, authority: Authority) -> None:
    content = revocations(authority, 7).public_bytes(DER)
    keys.add_revocations(content)
    again = keys.add_revocations(content)
    assert again is not None
    assert (again.added, again.unchanged) == (0, 1)


def test_of_two_lists_the_newer_one_counts_whatever_the_order(keys: KeyStore, authority: Authority) -> None:
    serial = serial_of(keys, IK)
    new = revocations(authority, day=NOON - timedelta(hours=1)).public_bytes(DER)
    old = revocations(authority, serial, day=NOON - timedelta(days=9)).public_bytes(DER)
    keys.add_revocations(new)
    keys.add_revocations(old)
    keys.receiver(IK, NOON)


def test_a_list_that_its_issuer_did_not_sign_is_not_taken(keys: KeyStore, authority: Authority) -> None:
    forged = revocations(authority, serial_of(keys, IK), signer="somebody else").public_bytes(DER)
    done = keys.add_revocations(forged)
    assert done is not None
    assert (done.added, [finding.code for finding in done.findings]) == (0, ["SEAL-CRL-002"])
    keys.receiver(IK, NOON)


def test_a_list_whose_issuer_is_not_here_is_taken_with_a_warning(tmp_path: Path, authority: Authority) -> None:
    store = KeyStore(tmp_path / "keys")
    certificate = authority.identity(IK).certificate
    store.add(key_list(certificate))
    done = store.add_revocations(revocations(authority, certificate.serial_number).public_bytes(DER))
    assert done is not None
    assert (done.added, [finding.code for finding in done.findings]) == (1, ["SEAL-CRL-001"])
    with pytest.raises(NoCertificate):
        store.receiver(IK, NOON)


def test_an_own_certificate_that_is_revoked_signs_nothing(tmp_path: Path, authority: Authority) -> None:
    store = KeyStore(tmp_path / "keys")
    own, request = store.request("591104278", party_name("591104278"), "Fuchs Birke Kessel", bits=2048)
    asked = x509.load_der_x509_csr(request)
    made = authority.certify(asked.subject, asked.public_key())  # type: ignore[arg-type]  # the request is of an RSA key
    store.accept(made.public_bytes(DER), moment=NOON)
    assert store.own_key(own.party, NOON)[0].certificate == made
    store.add_revocations(revocations(authority, made.serial_number).public_bytes(DER))
    with pytest.raises(NoKey, match="was revoked"):
        store.own_key(own.party, NOON)


def test_a_list_that_is_out_of_date_says_so(keys: KeyStore, authority: Authority) -> None:
    keys.add_revocations(revocations(authority, day=NOON - timedelta(days=9), days=7).public_bytes(DER))
    [finding] = keys.revocations.outdated(NOON)
    assert (finding.code, "2026-02-28" in finding.message) == ("SEAL-CRL-003", True)
    assert list(keys.revocations.outdated(NOON - timedelta(days=3))) == []


@pytest.mark.parametrize(
    "content", [b"", b"x", b"\x30\x03\x02\x01\x05", b"-----BEGIN X509 CRL-----\n!\n-----END X509 CRL-----"]
)
def test_what_is_no_list_is_none(keys: KeyStore, content: bytes) -> None:
    assert read_revocations(content) == []
    assert keys.add_revocations(content) is None


def test_a_list_of_certificates_is_no_revocation_list(keys: KeyStore, authority: Authority) -> None:
    assert keys.add_revocations(key_list(authority.certificate)) is None


def test_openssl_says_the_same(keys: KeyStore, authority: Authority, tmp_path: Path) -> None:
    """The list revokes for an independent program what it revokes for us."""
    made = revocations(authority, serial_of(keys, IK))
    chain = tmp_path / "chain.pem"
    chain.write_bytes(authority.certificate.public_bytes(PEM) + authority.root.public_bytes(PEM))
    (tmp_path / "list.pem").write_bytes(made.public_bytes(PEM))
    told = {}
    for ik in (IK, OTHER):
        [certificate] = keys.receivers(ik)
        (tmp_path / "one.pem").write_bytes(certificate.public_bytes(PEM))
        command = ["openssl", "verify", "-crl_check", "-CAfile", "chain.pem", "-CRLfile", "list.pem"]
        command += ["-partial_chain", "-attime", str(int(NOON.timestamp())), "one.pem"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
        told[ik] = done.stdout + done.stderr
    assert "certificate revoked" in told[IK]
    assert "OK" in told[OTHER]
