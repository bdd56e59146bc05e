"""Sealing: CMS signatures and encryption, certificates, and a provider's own keys.

RSASSA-PSS SignedData inside RSAES-OAEP / AES-256-CBC EnvelopedData, as the German statutory health insurers (GGT
Anlage 16) and others ask for. Content streams: the length of everything is known before it is made, so files are DER
with definite lengths and memory does not grow with them. The ASN.1 is our own, because no library streams it.

The names below are imported when they are asked for: a command that seals nothing shall not pay for the libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from billhook.seal.certificates import (
        CertificateList,
        choose,
        examine,
        name_of,
        organisation_of,
        party_of,
        read_certificates,
    )
    from billhook.seal.der import Stream
    from billhook.seal.enveloping import decrypt, encrypt
    from billhook.seal.keystore import Accepted, Imported, KeyStore, OwnKey
    from billhook.seal.problems import BrokenSeal, NoCertificate, NoKey, NotForUs, SealProblem, WrongPassphrase
    from billhook.seal.sealing import Identity, Opening, open_sealed, seal
    from billhook.seal.signing import Signature, Verifier, sign

__all__ = [
    "Accepted",
    "BrokenSeal",
    "CertificateList",
    "Identity",
    "Imported",
    "KeyStore",
    "NoCertificate",
    "NoKey",
    "NotForUs",
    "Opening",
    "OwnKey",
    "SealProblem",
    "Signature",
    "Stream",
    "Verifier",
    "WrongPassphrase",
    "choose",
    "decrypt",
    "encrypt",
    "examine",
    "name_of",
    "open_sealed",
    "organisation_of",
    "party_of",
    "read_certificates",
    "seal",
    "sign",
]

_HOMES = {
    "Accepted": "keystore",
    "BrokenSeal": "problems",
    "CertificateList": "certificates",
    "Identity": "sealing",
    "Imported": "keystore",
    "KeyStore": "keystore",
    "NoCertificate": "problems",
    "NoKey": "problems",
    "NotForUs": "problems",
    "Opening": "sealing",
    "OwnKey": "keystore",
    "SealProblem": "problems",
    "Signature": "signing",
    "Stream": "der",
    "Verifier": "signing",
    "WrongPassphrase": "problems",
    "choose": "certificates",
    "decrypt": "enveloping",
    "encrypt": "enveloping",
    "examine": "certificates",
    "name_of": "certificates",
    "open_sealed": "sealing",
    "organisation_of": "certificates",
    "party_of": "certificates",
    "read_certificates": "certificates",
    "seal": "sealing",
    "sign": "signing",
}


def __getattr__(name: str) -> Any:  # whatever the name stands for
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{home}"), name)
