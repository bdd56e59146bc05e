"""Countries and postal codes in addresses and trips (A3 V21 8.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from billhook.model import Finding
from billhook_p302 import rules
from billhook_p302.placing import Placed

INLAND = ("", "D", "DE", "DEU")
"""Country codes of an address in Germany."""

_COUNTRY = re.compile(r"[A-Z]{1,3}", re.ASCII)


def country(placed: Placed, name: str) -> Iterator[Finding]:
    """A country is one to three capital letters."""
    code = placed.text(name)
    if code and not _COUNTRY.fullmatch(code):
        upper = code.strip().upper()
        yield placed.at(rules.COUNTRY, name, code, suggestion=upper if _COUNTRY.fullmatch(upper) else None)


def is_inland_postal_code(text: str) -> bool:
    """True for five digits."""
    return len(text) == 5 and text.isascii() and text.isdigit()


def trip_end(placed: Placed, end: str) -> Iterator[Finding]:
    """Country and postal code of where a trip begins (`from`) or ends (`to`)."""
    yield from country(placed, f"{end}_country")
    postcode = placed.text(f"{end}_postcode")
    if postcode and placed.text(f"{end}_country") in INLAND and not is_inland_postal_code(postcode):
        yield placed.at(rules.POSTAL_CODE, f"{end}_postcode", postcode)
