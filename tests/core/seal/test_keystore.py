"""A provider's keys from request to use, and the receivers' certificates."""

import stat
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from billhook.seal import KeyStore, NoCertificate, NoKey, SealProblem, WrongPassphrase, open_sealed, seal
from tests.support.authority import DER, NOON, Authority, key_list, party_name

PASSPHRASE = "five plain words are enough"
ME, PAYER = "590000015", "109519005"


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


def answer(authority: Authority, request: bytes, *, days: int = 365) -> bytes:
    """The trust centre's `.p7c` for a request."""
    asked = x509.load_der_x509_csr(request)
    public = asked.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    certificate = authority.certify(asked.subject, public, days=days)
    return pkcs7.serialize_certificates([authority.root, authority.certificate, certificate], DER)


def test_from_request_to_a_sealed_file(store: KeyStore, authority: Authority) -> None:
    own, request = store.request(ME, party_name(ME), PASSPHRASE, bits=2048)
    asked = x509.load_der_x509_csr(request)
    assert asked.is_signature_valid
    assert asked.subject == party_name(ME)
    with pytest.raises(NoKey, match="no certificate yet"):
        store.own_key(ME, NOON)
    accepted = store.accept(answer(authority, request), moment=NOON)
    assert accepted.key.key_id == own.key_id
    assert set(accepted.key.chain) == set(authority.chain)
    payer = authority.identity(PAYER)
    store.add(key_list(payer.certificate, authority.certificate))
    certificate, _ = store.receiver(PAYER, NOON)
    me = store.identity(ME, NOON, lambda _party: PASSPHRASE)
    sealed = b"".join(seal(b"claims", me, [certificate]))
    opened, signature = open_sealed(sealed, payer, trusted=store.issuers())
    assert opened == b"claims"
    assert signature.signer == me.certificate


def test_a_real_key_has_4096_bits_and_is_encrypted(store: KeyStore) -> None:
    own, _ = store.request(ME, party_name(ME), PASSPHRASE)
    path = store.folder / "own" / ME / f"{own.key_id}.key"
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    shown = subprocess.run(
        ["openssl", "pkey", "-in", path, "-passin", "stdin", "-noout", "-text"],
        input=PASSPHRASE, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "(4096 bit" in shown
    assert "65537" in shown


def test_everything_is_for_its_owner_alone(store: KeyStore, authority: Authority) -> None:
    store.request(ME, party_name(ME), PASSPHRASE, bits=2048)
    store.add(key_list(authority.identity(PAYER).certificate))
    for path in (store.folder, *store.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_the_passphrase(store: KeyStore, authority: Authority) -> None:
    with pytest.raises(WrongPassphrase, match="fewer than 12"):
        store.request(ME, party_name(ME), "too short")
    _, request = store.request(ME, party_name(ME), PASSPHRASE, bits=2048)
    store.accept(answer(authority, request), moment=NOON)
    for wrong in ("", "another passphrase"):
        with pytest.raises(WrongPassphrase) as refused:
            store.identity(ME, NOON, lambda _party, wrong=wrong: wrong)  # type: ignore[misc]  # binds the loop's value
        assert PASSPHRASE not in str(refused.value)
        assert not wrong or wrong not in str(refused.value)


def test_the_renewed_key_is_used_and_the_old_one_stays(store: KeyStore, authority: Authority) -> None:
    _, first = store.request(ME, party_name(ME), PASSPHRASE, bits=2048)
    store.accept(answer(authority, first, days=120), moment=NOON)
    old = store.identity(ME, NOON, lambda _party: PASSPHRASE)
    _, second = store.request(ME, party_name(ME), PASSPHRASE, bits=2048)
    assert store.identity(ME, NOON, lambda _party: PASSPHRASE).certificate == old.certificate
    store.accept(answer(authority, second), moment=NOON)
    after = NOON + timedelta(days=30)
    assert store.identity(ME, after, lambda _party: PASSPHRASE).certificate != old.certificate
    assert any(own.certificate == old.certificate for own in store.own_keys())


def test_an_answer_for_somebody_else_is_refused(store: KeyStore, authority: Authority) -> None:
    store.request(ME, party_name(ME), PASSPHRASE, bits=2048)
    with pytest.raises(NoKey, match="no certificate in this answer"):
        store.accept(key_list(authority.identity(PAYER).certificate), moment=NOON)
    assert [own.certificate for own in store.own_keys()] == [None]


def test_a_certificate_made_out_to_another_party_is_refused(store: KeyStore, authority: Authority) -> None:
    _, request = store.request(ME, party_name(PAYER), PASSPHRASE, bits=2048)
    with pytest.raises(NoCertificate, match="made out to IK 109519005"):
        store.accept(answer(authority, request), moment=NOON)
    assert [own.certificate for own in store.own_keys()] == [None]


def test_an_expired_key_says_what_to_do(store: KeyStore, authority: Authority) -> None:
    _, request = store.request(ME, party_name(ME), PASSPHRASE, bits=2048)
    store.accept(answer(authority, request), moment=NOON)
    with pytest.raises(NoKey, match=r"ended on 2026-11-22; .*request a new one"):
        store.own_key(ME, NOON + timedelta(days=365))
    with pytest.raises(NoKey, match="there is no key of 661430035"):
        store.own_key("661430035", NOON)


def test_the_same_list_twice_changes_nothing(store: KeyStore, authority: Authority) -> None:
    content = key_list(authority.identity(PAYER).certificate, authority.certificate)
    first, again = store.add(content), store.add(content)
    assert (first.added, first.unchanged) == (2, 0)
    assert (again.added, again.unchanged) == (0, 2)
    assert [finding.code for finding in again.findings] == ["SEAL-LIST-003"]


def test_a_receiver_without_certificate(store: KeyStore, authority: Authority) -> None:
    with pytest.raises(NoCertificate, match="there is no certificate of 109519005"):
        store.receiver(PAYER, NOON)
    store.add(key_list(authority.identity(PAYER).certificate))
    with pytest.raises(NoCertificate, match="ended on"):
        store.receiver(PAYER, NOON + timedelta(days=1000))


@pytest.mark.parametrize("party", ["", "../x", "a/b", ".hidden", "*"])
def test_a_party_never_names_a_path(store: KeyStore, party: str) -> None:
    with pytest.raises(SealProblem, match="no plain name"):
        store.request(party, party_name(ME), PASSPHRASE, bits=2048)
    with pytest.raises(SealProblem, match="no plain name"):
        store.receiver(party, NOON)
