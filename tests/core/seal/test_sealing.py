"""What a sealed file holds, and what is refused when one is opened."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billhook.seal import (
    BrokenSeal,
    Identity,
    NotForUs,
    SealProblem,
    Stream,
    Verifier,
    decrypt,
    encrypt,
    open_sealed,
    seal,
    sign,
)
from tests.support.authority import NOON, Authority, named, rsa_key


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 127, 128, 65_535, 65_536, 65_537])
def test_the_length_is_known_before_a_byte_is_made(sender: Identity, receiver: Identity, size: int) -> None:
    content = bytes(size)
    stream = seal(content, sender, [receiver.certificate])
    sealed = b"".join(stream)
    assert len(sealed) == stream.size
    assert open_sealed(sealed, receiver)[0] == content


def test_the_signed_time_comes_back(sender: Identity, receiver: Identity) -> None:
    sealed = b"".join(seal(b"x", sender, [receiver.certificate], now=NOON))
    assert open_sealed(sealed, receiver)[1].signed_at == NOON
    later = datetime(2051, 1, 1, tzinfo=UTC)
    sealed = b"".join(seal(b"x", sender, [receiver.certificate], now=later))
    assert open_sealed(sealed, receiver)[1].signed_at == later


def test_the_signers_chain_goes_along(sender: Identity, receiver: Identity, authority: Authority) -> None:
    _, signature = open_sealed(b"".join(seal(b"x", sender, [receiver.certificate])), receiver, trusted=[authority.root])
    assert set(signature.chain) == set(authority.chain)


def test_somebody_elses_file_is_named_as_such(sender: Identity, receiver: Identity) -> None:
    sealed = b"".join(seal(b"x", sender, [receiver.certificate]))
    with pytest.raises(NotForUs, match="is not encrypted for the certificate"):
        open_sealed(sealed, sender)


def test_a_signer_nobody_stands_behind_is_refused(receiver: Identity) -> None:
    stranger = Authority("Another TrustCenter").identity("590000026")
    alone = Identity(stranger.key, stranger.certificate)
    sealed = b"".join(seal(b"x", alone, [receiver.certificate]))
    with pytest.raises(BrokenSeal, match="nobody trusted"):
        open_sealed(sealed, receiver, trusted=[receiver.chain[0]])


def test_a_certificate_of_another_key_is_refused(sender: Identity, receiver: Identity) -> None:
    with pytest.raises(SealProblem, match="not of this private key"):
        sign(b"x", sender.key, receiver.certificate)


def test_nobody_to_encrypt_for(sender: Identity) -> None:
    with pytest.raises(SealProblem, match="nobody to encrypt for"):
        seal(b"x", sender, [])


def test_a_signature_must_be_asked_for_after_the_content(sender: Identity) -> None:
    verifier = Verifier(sign(b"x", sender.key, sender.certificate))
    with pytest.raises(ValueError, match="to its end"):
        verifier.signature()


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed_or_ends_in_a_traceback(at: int, bit: int) -> None:
    who = SAMPLE
    damaged = bytearray(SIGNED)
    damaged[at % len(damaged)] ^= 1 << bit
    verifier = Verifier([bytes(damaged)])
    try:
        content = b"".join(verifier.content())
        signature = verifier.signature()
    except BrokenSeal:
        return
    # What is not signed (the certificates that go along, the frame) may differ; what is believed may not.
    assert content == CONTENT
    assert signature.signer.public_key() == who.certificate.public_key()


@settings(max_examples=100, deadline=None)
@given(length=st.integers(0, 10_000))
def test_a_cut_file_is_broken(length: int) -> None:
    cut = SEALED[: length % len(SEALED)]
    with pytest.raises(BrokenSeal):
        open_sealed(cut, SAMPLE)


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused_politely(content: bytes) -> None:
    with pytest.raises(SealProblem):
        open_sealed(content, SAMPLE)


def test_memory_does_not_grow_with_the_file(tmp_path: Path, sender: Identity, receiver: Identity) -> None:
    import tracemalloc  # noqa: PLC0415  # only this test traces

    large = tmp_path / "large"
    with large.open("wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    tracemalloc.start()
    try:
        sealed = tmp_path / "sealed"
        with sealed.open("wb") as file:
            for chunk in seal(large, sender, [receiver.certificate]):
                file.write(chunk)
        with sealed.open("rb") as file:
            verifier = Verifier(decrypt(iter(lambda: file.read(1 << 16), b""), receiver.key, receiver.certificate))
            size = sum(len(piece) for piece in verifier.content())
            verifier.signature()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == 64 << 20
    assert peak < 4 << 20


def test_encryption_by_itself(receiver: Identity) -> None:
    sealed = encrypt(Stream(3, [b"abc"]), [receiver.certificate])
    assert b"".join(decrypt(sealed, receiver.key, receiver.certificate)) == b"abc"


AUTHORITY = Authority()
SAMPLE = Identity(rsa_key("sample", 1024), AUTHORITY.certify(named(CN="Sample"), rsa_key("sample", 1024).public_key()))
CONTENT = b"UNB+UNOC:3+590000015+109519005'"
SIGNED = b"".join(sign(CONTENT, SAMPLE.key, SAMPLE.certificate))
SEALED = b"".join(seal(CONTENT, SAMPLE, [SAMPLE.certificate]))
