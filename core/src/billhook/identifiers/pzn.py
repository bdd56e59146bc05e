"""PZN (Pharmazentralnummer): an article of the German pharmacy trade, also many medical aids and consumables.

Eight digits, the last one a check digit: the first seven × 1, 2 … 7, sum modulo 11. Remainder 10 is never issued.

Until 2012 the number had seven digits with weights 2 … 7. A zero before it makes it the eight-digit number of the
same article, with the same check digit, because the zero adds nothing and moves every other digit to the weight that
it had. `compact` does that to exactly seven digits; anything shorter is a typing slip and stays one.

Source: IFA, Technische Hinweise zur PZN-Codierung: Prüfziffernberechnungen; its example is PZN 27580899.

>>> validate("PZN-27580899")
'27580899'
>>> validate("0067808")
'00067808'
>>> validate("27580898")
Traceback (most recent call last):
    ...
stdnum.exceptions.InvalidChecksum: The number's checksum or check digit is invalid.
>>> format("27580899")
'PZN-27580899'
"""

from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError
from stdnum.util import clean, isdigits

__all__ = ["calc_check_digit", "compact", "format", "is_valid", "validate"]


def compact(number: str) -> str:
    """Take off blanks, hyphens and the word PZN; seven digits get the zero that makes them eight."""
    number = str(clean(number, " -:")).strip().upper().removeprefix("PZN")
    return f"0{number}" if len(number) == 7 else number


def calc_check_digit(number: str) -> str:
    """Compute the eighth digit out of the first seven of a compact number; "X" where the number is never issued."""
    remainder = sum(weight * int(digit) for weight, digit in enumerate(number[:7], start=1)) % 11
    return "X" if remainder == 10 else str(remainder)


def validate(number: str) -> str:
    """Return the compact number if form and check digit are right.

    Raises:
        InvalidFormat, InvalidLength, InvalidChecksum: what is wrong.
    """
    number = compact(number)
    if not isdigits(number):
        raise InvalidFormat
    if len(number) != 8:
        raise InvalidLength
    if calc_check_digit(number) != number[7]:
        raise InvalidChecksum
    return number


def is_valid(number: str) -> bool:
    """Tell whether `validate` accepts the number."""
    try:
        return bool(validate(number))
    except ValidationError:
        return False


def format(number: str) -> str:  # noqa: A001  python-stdnum calls it so, and users look for that name
    """Write the number for people, as it stands on the package."""
    return f"PZN-{compact(number)}"
