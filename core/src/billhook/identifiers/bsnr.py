"""BSNR (Betriebsstättennummer): the place where a German physician works.

Nine digits, of which the first two usually name the regional association (Kassenärztliche Vereinigung); 75 at the start
is a hospital's or rehabilitation clinic's discharge management. There is no check digit, so only the form is checked.
999999999 stands for «none on the prescription» (TA1 V21 5.5.3.2 ZHI, Betriebsstättennummer); `is_pseudo` knows it.

Source: KBV, Richtlinie nach § 75 Abs. 7 SGB V zur Vergabe der Arzt-, Betriebsstätten- … nummern; Rahmenvertrag
Entlassmanagement (numbers with 75); TA1 V21 5.5.3.2 ZHI (digits only).

>>> validate("72 11111 00")
'721111100'
>>> validate("72111110")
Traceback (most recent call last):
    ...
stdnum.exceptions.InvalidLength: The number has an invalid length.
"""

from stdnum.exceptions import InvalidFormat, InvalidLength, ValidationError
from stdnum.util import clean, isdigits

__all__ = ["compact", "format", "is_pseudo", "is_valid", "validate"]


def compact(number: str) -> str:
    """Take off blanks, hyphens and slashes."""
    return str(clean(number, " -/")).strip()


def validate(number: str) -> str:
    """Return the compact number if it has nine digits.

    Raises:
        InvalidFormat, InvalidLength: what is wrong.
    """
    number = compact(number)
    if not isdigits(number):
        raise InvalidFormat
    if len(number) != 9:
        raise InvalidLength
    return number


def is_valid(number: str) -> bool:
    """Tell whether `validate` accepts the number."""
    try:
        return bool(validate(number))
    except ValidationError:
        return False


def format(number: str) -> str:  # noqa: A001  python-stdnum calls it so, and users look for that name
    """Write the number for people: in one run, as it stands on the prescription."""
    return compact(number)


def is_pseudo(number: str) -> bool:
    """Tell whether the number says that the prescription bears none (999999999)."""
    return compact(number) == "999999999"
