"""Control digits: of a record (zone 99), of an invoice and a file (zone 98), and of a nomenclature code.

Source: RIZIV, instructies voor de facturatie; the values of blanks, letters and signs were proved with returned records.
"""

from __future__ import annotations

from collections.abc import Iterable

_VALUES = bytes(
    code - 48 if 48 <= code <= 57
    else 10 if code == 32
    else code - 54 if 65 <= code <= 90
    else code - 86 if 97 <= code <= 122
    else 37
    for code in range(256)
)  # fmt: skip
"""What each character counts in zone 99: digits their value, a blank 10, letters 11 to 36, anything else 37."""


def of_record(record: bytes) -> str:
    """Zone 99: the sum of the first 348 characters modulo 97, 97 instead of 0.

    >>> of_record(b"10" + b"0" * 346)
    '01'
    >>> of_record(b"0" * 348)
    '97'
    """
    return _two(sum(record[:348].translate(_VALUES)))


def of_codes(codes: Iterable[str | int]) -> str:
    """Zone 98: the sum of the nomenclature codes of the records 30, 40, 50, 51 and 52 modulo 97, 97 instead of 0.

    >>> of_codes(["0101032", "0101032"])
    '13'
    """
    return _two(sum(int(code) for code in codes))


def _two(total: int) -> str:
    return f"{total % 97 or 97:02d}"


def is_nomenclature_code(code: str) -> bool:
    """True when the last digit of a (pseudo-)nomenclature code fits: the five before it modulo 7.

    Found out from the codes of the federal list; whether a Flemish code list follows it is a switch of the profile.

    >>> is_nomenclature_code("0101032"), is_nomenclature_code("101033")
    (True, False)
    """
    digits = code.strip()
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 7:
        return False
    digits = digits.rjust(7, "0")
    return digits[0] == "0" and int(digits[1:6]) % 7 == int(digits[6])
