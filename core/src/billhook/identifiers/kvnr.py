"""KVNR (Krankenversichertennummer): the number of a person in the German health insurance, kept for life.

What everybody calls by this name is the unchangeable part: a letter, eight digits and a check digit. For the check the
letter becomes its place in the alphabet in two digits (A = 01); the ten digits are weighted 1, 2, 1, 2 …, the digit
sums of the products added, modulo 10.

The complete number has 20 or 30 places: the unchangeable part, the IK of the insurer, for a co-insured relative the
unchangeable part of the member, and one more check digit. `split` takes it apart. How that last digit is computed is
not published in a place that we could verify, so it is not checked.

Numbers from before the electronic health card (up to 12 digits, no letter) and those of other countries are no KVNR;
a scheme that may still meet them warns instead of refusing.

Source: § 290 SGB V; gematik glossary «Krankenversichertennummer»; the rule holds for gematik's published test
insured.

>>> validate("X 110 465 770")
'X110465770'
>>> validate("X110465771")
Traceback (most recent call last):
    ...
stdnum.exceptions.InvalidChecksum: The number's checksum or check digit is invalid.
>>> split("X1104657701015755190").payer
'101575519'
"""

from typing import NamedTuple

from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError
from stdnum.util import clean, isdigits

__all__ = ["Parts", "calc_check_digit", "compact", "format", "is_valid", "split", "validate"]


class Parts(NamedTuple):
    """The parts of a number of 10, 20 or 30 places; None where the short forms have no such part."""

    insured: str
    payer: str | None
    member: str | None
    check_digit: str | None


def compact(number: str) -> str:
    """Take off blanks and hyphens, and write the letter as a capital."""
    return str(clean(number, " -")).strip().upper()


def calc_check_digit(number: str) -> str:
    """Compute the tenth place out of the letter and the eight digits of a compact number."""
    letter = ord(number[0]) - ord("A") + 1
    digits = f"{letter:02d}{number[1:9]}"
    doubled = (2 * int(digit) for digit in digits[1::2])
    total = sum(product - 9 if product > 9 else product for product in doubled)
    return str((total + sum(map(int, digits[0::2]))) % 10)


def validate(number: str) -> str:
    """Return the compact ten-place number if form and check digit are right.

    Raises:
        InvalidFormat, InvalidLength, InvalidChecksum: what is wrong.
    """
    number = compact(number)
    if len(number) != 10:
        raise InvalidLength
    if not "A" <= number[0] <= "Z" or not isdigits(number[1:]):
        raise InvalidFormat
    if calc_check_digit(number) != number[9]:
        raise InvalidChecksum
    return number


def is_valid(number: str) -> bool:
    """Tell whether `validate` accepts the number."""
    try:
        return bool(validate(number))
    except ValidationError:
        return False


def format(number: str) -> str:  # noqa: A001  python-stdnum calls it so, and users look for that name
    """Write the number for people: in one run, as it is printed on the health card."""
    return compact(number)


def split(number: str) -> Parts:
    """Take a number of 10, 20 or 30 places apart; the persons' parts are validated, the payer's IK only by its form.

    Raises:
        InvalidFormat, InvalidLength, InvalidChecksum: what is wrong.
    """
    number = compact(number)
    if len(number) not in {10, 20, 30}:
        raise InvalidLength
    insured = validate(number[:10])
    if len(number) == 10:
        return Parts(insured, None, None, None)
    payer, check_digit = number[10:19], number[-1]
    if not isdigits(payer) or not isdigits(check_digit):
        raise InvalidFormat
    member = validate(number[19:29]) if len(number) == 30 else None
    return Parts(insured, payer, member, check_digit)
