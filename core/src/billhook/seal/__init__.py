"""Sealing: CMS signatures and encryption, certificates, and a provider's own keys.

RSASSA-PSS SignedData inside RSAES-OAEP / AES-256-CBC EnvelopedData, as the German statutory health insurers (GGT
Anlage 16) and others ask for. Content streams: the length of everything is known before it is made, so files are DER
with definite lengths and memory does not grow with them. The ASN.1 is our own, because no library streams it.
"""

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
