"""Against openssl: it opens what we sealed, we open what it sealed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from billhook.seal import Identity, Opening, Verifier, open_sealed, seal
from billhook.seal.der import element, node
from tests.support.authority import PEM, private_pem

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl on this machine")

PSS = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32", "-md", "sha256")
OAEP = ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256")


def openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", "cms", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def loose(tag: int, *parts: bytes) -> bytes:
    """An element of indefinite length."""
    return bytes((tag, 0x80)) + b"".join(parts) + bytes(2)


def loosened(signed: bytes) -> bytes:
    """SignedData with indefinite lengths around its content, which comes in pieces; the rest as it was."""
    kind, wrapper = node(signed).children()
    version, algorithms, content, *rest = (part for one in wrapper.children() for part in one.children())
    data, octets = content.children()
    text = octets.children()[0].content
    pieces = (element(0x04, text[at : at + 999]) for at in range(0, len(text), 999))
    inner = loose(0x30, data.raw, loose(0xA0, loose(0x24, *pieces)))
    signed_data = loose(0x30, version.raw, algorithms.raw, inner, *(part.raw for part in rest))
    return loose(0x30, kind.raw, loose(0xA0, signed_data))


def lay_out(folder: Path, sender: Identity, receiver: Identity, payload: bytes) -> None:
    for name, who in (("sender", sender), ("receiver", receiver)):
        (folder / f"{name}.key").write_bytes(private_pem(who.key))
        (folder / f"{name}.pem").write_bytes(who.certificate.public_bytes(PEM))
        (folder / f"{name}-chain.pem").write_bytes(b"".join(one.public_bytes(PEM) for one in who.chain))
    (folder / "root.pem").write_bytes(sender.chain[-1].public_bytes(PEM))
    (folder / "payload").write_bytes(payload)


@pytest.fixture
def folder(tmp_path: Path, sender: Identity, receiver: Identity) -> Path:
    lay_out(tmp_path, sender, receiver, "UNB+UNOC:3+590000015'ä".encode("iso-8859-1") + os.urandom(100_000))
    return tmp_path


def test_openssl_decrypts_and_verifies_what_we_sealed(folder: Path, sender: Identity, receiver: Identity) -> None:
    (folder / "sealed").write_bytes(b"".join(seal(folder / "payload", sender, [receiver.certificate])))
    binary = ("-inform", "DER", "-binary")
    key = ("-recip", folder / "receiver.pem", "-inkey", folder / "receiver.key")
    openssl("-decrypt", *binary, "-in", folder / "sealed", *key, "-out", folder / "signed")
    # -attime: the tests' day, as openssl looks at the clock otherwise.
    trust = ("-CAfile", folder / "root.pem", "-purpose", "any", "-attime", "1772452800")
    openssl("-verify", *binary, "-in", folder / "signed", *trust, "-out", folder / "opened")
    assert (folder / "opened").read_bytes() == (folder / "payload").read_bytes()


def test_each_of_several_receivers_opens_it_with_openssl(folder: Path, sender: Identity, receiver: Identity) -> None:
    both = [receiver.certificate, sender.certificate]
    (folder / "sealed").write_bytes(b"".join(seal(folder / "payload", sender, both)))
    for name in ("receiver", "sender"):
        key = ("-recip", folder / f"{name}.pem", "-inkey", folder / f"{name}.key")
        openssl("-decrypt", "-inform", "DER", "-binary", "-in", folder / "sealed", *key, "-out", folder / name)
    assert (folder / "receiver").read_bytes() == (folder / "sender").read_bytes()


@pytest.mark.parametrize("stream", [(), ("-stream",)], ids=["definite lengths", "indefinite lengths"])
@pytest.mark.parametrize("attributes", [(), ("-noattr",)], ids=["signed attributes", "no attributes"])
def test_we_open_what_openssl_sealed(
    folder: Path, sender: Identity, receiver: Identity, stream: tuple[str, ...], attributes: tuple[str, ...]
) -> None:
    binary = ("-outform", "DER", "-binary", "-nodetach")
    signer = (
        "-signer",
        folder / "sender.pem",
        "-inkey",
        folder / "sender.key",
        "-certfile",
        folder / "sender-chain.pem",
    )
    signed = ("-in", folder / "payload", "-out", folder / "signed")
    openssl("-sign", *binary, *attributes, *signer, *PSS, *signed)
    if stream:  # openssl cannot sign with PSS while it streams
        (folder / "signed").write_bytes(loosened((folder / "signed").read_bytes()))
    into = ("-recip", folder / "receiver.pem", *OAEP, "-aes-256-cbc")
    openssl("-encrypt", *binary[:3], *stream, "-in", folder / "signed", *into, "-out", folder / "sealed")
    opened, signature = open_sealed((folder / "sealed").read_bytes(), receiver, trusted=[sender.chain[-1]])
    assert opened == (folder / "payload").read_bytes()
    assert signature.signer == sender.certificate


def test_a_file_in_small_chunks_is_the_same_file(folder: Path, sender: Identity, receiver: Identity) -> None:
    sealed = b"".join(seal(folder / "payload", sender, [receiver.certificate]))
    opening = Opening((sealed[at : at + 7] for at in range(0, len(sealed), 7)), receiver)
    assert b"".join(opening.content()) == (folder / "payload").read_bytes()
    assert opening.signature().signer == sender.certificate


@pytest.mark.parametrize("name", ["signed.der", "signed_noattr.der"])
def test_signed_files_of_the_corpus_verify(corpus: Path, name: str) -> None:
    keys = corpus / "p302" / "keys"
    verifier = Verifier([(keys / name).read_bytes()])
    assert b"".join(verifier.content()) == (keys / "payload.bin").read_bytes()
    assert verifier.signature().signer.subject.rfc4514_string() == "CN=Alice"
