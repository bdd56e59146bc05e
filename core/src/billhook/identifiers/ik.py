"""IK (Institutionskennzeichen): who bills with the German social insurances, payers and providers alike.

Nine digits: two for the kind of institution (Klassifikation: 10 health insurer, 18 care fund …), two for the region,
four for a serial number, one check digit. The check digit covers places 3 to 8 only: weights 2, 1, 2, 1, 2, 1, digit
sums of the products, modulo 10. Kinds 97 to 99 are for a payer's internal use and never sent to others.

Source: Gemeinsames Rundschreiben Institutionskennzeichen (ARGE·IK), 1.2 and 3.3 to 3.5; its example is 260326822.

>>> validate("IK = 260326822")
'260326822'
>>> validate("101575519")
'101575519'
>>> validate("123456789")
Traceback (most recent call last):
    ...
stdnum.exceptions.InvalidChecksum: The number's checksum or check digit is invalid.
>>> classification("109519005")
'10'
"""

from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError
from stdnum.util import clean, isdigits

__all__ = ["calc_check_digit", "classification", "compact", "format", "is_valid", "validate"]


def compact(number: str) -> str:
    """Take off blanks, hyphens and the word IK before the digits."""
    return str(clean(number, " -=:")).strip().upper().removeprefix("IK")


def calc_check_digit(number: str) -> str:
    """Compute the ninth digit out of places 3 to 8 of a compact number (with or without its ninth digit)."""
    # The digit sum of a product up to 18 is its value less 9 once it has two digits.
    doubled = (2 * int(digit) for digit in number[2:8:2])
    total = sum(product - 9 if product > 9 else product for product in doubled)
    return str((total + sum(map(int, number[3:8:2]))) % 10)


def validate(number: str) -> str:
    """Return the compact number if form and check digit are right.

    Raises:
        InvalidFormat, InvalidLength, InvalidChecksum: what is wrong.
    """
    number = compact(number)
    if not isdigits(number):
        raise InvalidFormat
    if len(number) != 9:
        raise InvalidLength
    if calc_check_digit(number) != number[8]:
        raise InvalidChecksum
    return number


def is_valid(number: str) -> bool:
    """Tell whether `validate` accepts the number."""
    try:
        return bool(validate(number))
    except ValidationError:
        return False


def format(number: str) -> str:  # noqa: A001  python-stdnum calls it so, and users look for that name
    """Write the number for people: in one run without blanks (Rundschreiben 3.3)."""
    return compact(number)


def classification(number: str) -> str:
    """Give the kind of institution (Klassifikation), the first two digits."""
    return compact(number)[:2]
