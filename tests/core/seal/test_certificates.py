"""Lists of certificates in the shapes that trust centres give them, and which certificate is chosen for whom."""

import base64
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from billhook.seal import choose, examine, name_of, organisation_of, party_of, read_certificates
from tests.support.authority import DER, NOON, PEM, Authority, key_list, key_usage, party_name, rsa_key


@pytest.fixture
def certificates(authority: Authority) -> list[x509.Certificate]:
    return [authority.identity(ik).certificate for ik in ("109519005", "661430035")]


def test_the_list_of_the_corpus(corpus: Path) -> None:
    """Real certificates: PSS parameters without NULL, one party each (read off with openssl x509 -text)."""
    found = read_certificates((corpus / "p302" / "keys" / "valid-rsa4096.key").read_bytes())
    assert [party_of(one) for one in found.certificates] == ["100395611", "100696012", "101097008"]
    assert [one.serial_number for one in found.certificates] == [200019, 200020, 200021]
    assert organisation_of(found.certificates[0]) == "AOK Mecklenburg-Vorpommern"
    assert not found.findings
    ended = examine(found.certificates[0], date(2026, 1, 1), encrypting=True)
    assert [finding.code for finding in ended] == ["SEAL-CERT-001"]


def test_the_chain_of_the_corpus(corpus: Path) -> None:
    found = read_certificates((corpus / "p302" / "keys" / "chain.p7c").read_bytes())
    assert [name_of(one) for one in found.certificates] == ["Secon Keystore Generator (17661016846067030289)"]


def test_one_list_in_many_shapes(certificates: list[x509.Certificate]) -> None:
    expected = tuple(certificates)
    plain = key_list(*certificates)
    pem = b"".join(one.public_bytes(PEM) for one in certificates)
    for shape in (plain, plain.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + plain, b"\n\n" + plain + b"\n\n", pem):
        assert read_certificates(shape).certificates == expected
    assert read_certificates(certificates[0].public_bytes(DER)).certificates == expected[:1]


def test_a_broken_block_does_not_spoil_the_others(certificates: list[x509.Certificate]) -> None:
    first, second = (key_list(one) for one in certificates)
    broken = base64.b64encode(b"\x30\x03\x02\x01\x05")
    found = read_certificates(b"\n".join((first, broken + b"\n", b"no base64 at all!\n", second)), file="annahme.key")
    assert found.certificates == tuple(certificates)
    assert [(finding.code, finding.value, finding.file) for finding in found.findings] == [
        ("SEAL-LIST-001", "2", "annahme.key"),
        ("SEAL-LIST-001", "3", "annahme.key"),
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"<html>Not found</html>", bytes(100), b"\x30\x80\x00\x00"])
def test_a_file_without_certificates_says_so(content: bytes) -> None:
    found = read_certificates(content)
    assert not found.certificates
    assert found.findings[-1].code == "SEAL-LIST-002"


def test_the_same_certificate_twice_is_one(certificates: list[x509.Certificate]) -> None:
    assert read_certificates(key_list(*certificates, *certificates)).certificates == tuple(certificates)


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        # Valid from 2025-11-22 12:00 for 365 days, to 2026-11-22 12:00; warned about 42 days ahead.
        (datetime(2025, 11, 22, 11, 59, tzinfo=UTC), ["SEAL-CERT-002"]),
        (datetime(2025, 11, 22, 12, 0, tzinfo=UTC), []),
        (datetime(2026, 10, 11, 12, 0, tzinfo=UTC), []),
        (datetime(2026, 10, 11, 12, 1, tzinfo=UTC), ["SEAL-CERT-003"]),
        (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), ["SEAL-CERT-003"]),
        (datetime(2026, 11, 22, 12, 1, tzinfo=UTC), ["SEAL-CERT-001"]),
    ],
)
def test_when_a_certificate_may_be_used(authority: Authority, day: datetime, codes: list[str]) -> None:
    certificate = authority.certify(
        party_name("109519005"), rsa_key("long", 4096).public_key(), start=datetime(2025, 11, 22, 12, tzinfo=UTC)
    )
    assert [finding.code for finding in examine(certificate, day)] == codes


def test_what_the_key_is_for(authority: Authority) -> None:
    key, name = rsa_key("long", 4096).public_key(), party_name("109519005")
    signing = authority.certify(name, key, usage=key_usage("digital_signature"))
    encrypting = authority.certify(name, key, usage=key_usage("key_encipherment"))
    assert [each.code for each in examine(signing, NOON, encrypting=True)] == ["SEAL-CERT-006"]
    assert [each.code for each in examine(encrypting, NOON, signing=True)] == ["SEAL-CERT-007"]
    assert not examine(signing, NOON, signing=True)
    assert not examine(encrypting, NOON, encrypting=True)


def test_short_and_other_keys() -> None:
    short = Authority().identity("109519005").certificate
    assert [each.code for each in examine(short, NOON)] == ["SEAL-CERT-005"]
    key = ec.generate_private_key(ec.SECP256R1())
    curve = (
        x509.CertificateBuilder()
        .subject_name(party_name("109519005"))
        .issuer_name(party_name("109519005"))
        .public_key(key.public_key())
        .serial_number(5)
        .not_valid_before(NOON - timedelta(days=1))
        .not_valid_after(NOON + timedelta(days=300))
        .sign(key, hashes.SHA256())
    )
    assert [each.code for each in examine(curve, NOON)] == ["SEAL-CERT-004"]


def test_the_newest_usable_certificate_is_chosen(authority: Authority) -> None:
    ended = authority.identity("109519005", start=NOON - timedelta(days=900)).certificate
    older = authority.identity("109519005", start=NOON - timedelta(days=200)).certificate
    newer = authority.identity("109519005", start=NOON - timedelta(days=10)).certificate
    future = authority.identity("109519005", start=NOON + timedelta(days=10)).certificate
    other = authority.identity("661430035").certificate
    everything = [ended, newer, other, future, older]
    assert choose(everything, "109519005", NOON)[0] == newer
    assert choose(everything, "109519005", NOON - timedelta(days=100))[0] == older
    chosen, findings = choose([ended, other], "109519005", NOON)
    assert chosen is None
    assert [each.code for each in findings] == ["SEAL-CERT-001", "SEAL-CERT-005"]
    assert choose([other], "109519005", NOON) == (None, [])
