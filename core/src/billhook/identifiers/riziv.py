"""RIZIV number (INAMI number): who bills, prescribes or delivers care in Belgium.

Eleven digits: six name the person or institution, two are check digits, three say the qualification (bevoegdheidscode). In
records it has twelve places, with a zero in front. The check digits are 97 less the six digits modulo 97; since the numbers
ran out (nurses and midwives 2013, physicians 2019) 89 less the six digits modulo 89 is right as well, so that only all eight
digits name one person.

Source: RIZIV, instructies voor de facturatie; infohos.be, "Nieuwe RIZIV-nummers".

>>> validate("1-00396-96-004")
'10039696004'
>>> validate("010039696004")
'10039696004'
>>> validate("10039697004")
Traceback (most recent call last):
    ...
stdnum.exceptions.InvalidChecksum: The number's checksum or check digit is invalid.
>>> is_valid("100396" + calc_check_digits("100396", modulus=89) + "004")
True
>>> format("10039696004")
'1-00396-96-004'
"""

from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError
from stdnum.util import clean, isdigits

__all__ = ["MODULI", "calc_check_digits", "compact", "format", "is_valid", "qualification", "validate"]

MODULI = (97, 89)
"""The moduli in use: the old one, and the one for numbers given out since 2013 and 2019."""


def compact(number: str) -> str:
    """Take off blanks, hyphens, dots and slashes, and the zero in front of the twelve places of a record."""
    number = str(clean(number, " -./")).strip()
    return number[1:] if len(number) == 12 and number.startswith("0") else number


def calc_check_digits(number: str, *, modulus: int = 97) -> str:
    """Compute the seventh and eighth digit out of the first six of a compact number."""
    return f"{modulus - int(number[:6]) % modulus:02d}"


def validate(number: str) -> str:
    """Return the compact number if its check digits fit one of the moduli.

    Raises:
        InvalidFormat, InvalidLength, InvalidChecksum: what is wrong.
    """
    number = compact(number)
    if not isdigits(number):
        raise InvalidFormat
    if len(number) != 11:
        raise InvalidLength
    if number[6:8] not in {calc_check_digits(number, modulus=modulus) for modulus in MODULI}:
        raise InvalidChecksum
    return number


def is_valid(number: str) -> bool:
    """Tell whether `validate` accepts the number."""
    try:
        return bool(validate(number))
    except ValidationError:
        return False


def format(number: str) -> str:  # noqa: A001  python-stdnum calls it so, and users look for that name
    """Write the number for people, as it stands in stamps: 1-00396-96-004."""
    number = compact(number)
    return f"{number[:1]}-{number[1:6]}-{number[6:8]}-{number[8:]}" if len(number) == 11 else number


def qualification(number: str) -> str:
    """Give the qualification (bevoegdheidscode), the last three digits."""
    return compact(number)[8:]
