"""Requests for a certificate of the trust centre (Zertifizierungsanfrage): the name it must have, and its file name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from anyascii import anyascii

from billhook.wire.charsets import GERMAN_SPELLINGS

if TYPE_CHECKING:
    from cryptography import x509

TRUST_CENTRE = "ITSG TrustCenter fuer sonstige Leistungserbringer"
"""The organisation in every participant's name (GGT Anlage 16)."""
LONGEST = 64
"""Characters that an OU or a CN may have (X.520)."""

_FORBIDDEN = re.compile(r"[^A-Za-z0-9 /\-.()]+", re.ASCII)
_STANDINS = {"&": "und", "+": "und", "_": "-", "–": "-", "—": "-", "@": "(at)"}


def plain(text: str) -> str:
    """The text in the characters that a certificate's name may have: A–Z a–z 0–9 blank / - . ( ) (GGT Anlage 16).

    >>> plain("Sanitätshaus Lindenhof GmbH & Co. KG")
    'Sanitaetshaus Lindenhof GmbH und Co. KG'
    >>> plain("Łukasz O'Neill, Büro 3")
    'Lukasz O Neill Buero 3'
    """
    spelled = "".join(_STANDINS.get(each) or GERMAN_SPELLINGS.get(each) or anyascii(each) for each in text)
    return " ".join(_FORBIDDEN.sub(" ", spelled).split())


def subject(ik: str, firm: str, contact: str) -> x509.Name:
    """The distinguished name of a participant (GGT Anlage 16): C=DE, O, OU=firm, OU=IKnnnnnnnnn, CN=contact.

    Raises:
        ValueError: firm or contact is empty or too long when written in the allowed characters; says which.
    """
    from cryptography import x509  # noqa: PLC0415  # only a request needs it, and it takes long to load
    from cryptography.x509.name import _ASN1Type  # noqa: PLC0415  # as the line above

    parts = {"firm": plain(firm), "contact": plain(contact)}
    for what, text in parts.items():
        if not text or len(text) > LONGEST:
            message = f"the {what} {text!r} must have 1 to {LONGEST} characters of A–Z a–z 0–9 blank / - . ( )"
            raise ValueError(message)
    oid = x509.NameOID
    texts = (
        (oid.COUNTRY_NAME, "DE"),
        (oid.ORGANIZATION_NAME, TRUST_CENTRE),
        (oid.ORGANIZATIONAL_UNIT_NAME, parts["firm"]),
        (oid.ORGANIZATIONAL_UNIT_NAME, f"IK{ik}"),
        (oid.COMMON_NAME, parts["contact"]),
    )
    # The trust centre's own certificates have PrintableString; the library would write UTF8String.
    return x509.Name(x509.NameAttribute(key, text, _ASN1Type.PrintableString) for key, text in texts)


def file_name(ik: str) -> str:
    """Name of the request's file: the first eight digits of the IK (GGT Anlage 7 3.1.1).

    >>> file_name("590000015")
    '59000001.p10'
    """
    return f"{ik[:8]}.p10"
