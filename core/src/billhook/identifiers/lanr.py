"""LANR (lebenslange Arztnummer): the number of a physician or psychotherapist in the German statutory insurance.

Nine digits: six name the person, the seventh is a check digit, the last two are the specialty (Arztgruppenschlüssel).
The check: six digits × 4, 9, 4, 9, 4, 9; what the sum lacks to the next ten is the seventh digit.

Where nobody has such a number, replacements stand in the field: 999999900 (dentists, army doctors, midwives), 999999999
(no value on the prescription, TA1 V21 5.5.3.2 ZHI), 333333300, 4444444 with the specialty (discharge from hospital,
Rahmenvertrag Entlassmanagement). Seven equal digits always pass the check; `is_pseudo` tells them from a
physician's own. Dentists' numbers may be shorter and follow no public rule: a scheme warns, it does not refuse.

Source: KBV, Richtlinie nach § 75 Abs. 7 SGB V zur Vergabe der Arzt-, Betriebsstätten- … nummern.

>>> validate("838382202")
'838382202'
>>> validate("987789324")
Traceback (most recent call last):
    ...
stdnum.exceptions.InvalidChecksum: The number's checksum or check digit is invalid.
>>> is_pseudo("999999900"), is_pseudo("838382202")
(True, False)
>>> specialty("838382202")
'02'
"""

from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength, ValidationError
from stdnum.util import clean, isdigits

__all__ = ["calc_check_digit", "compact", "format", "is_pseudo", "is_valid", "specialty", "validate"]


def compact(number: str) -> str:
    """Take off blanks, hyphens and slashes."""
    return str(clean(number, " -/")).strip()


def calc_check_digit(number: str) -> str:
    """Compute the seventh digit out of the first six of a compact number."""
    total = 4 * sum(map(int, number[0:6:2])) + 9 * sum(map(int, number[1:6:2]))
    return str(-total % 10)


def validate(number: str) -> str:
    """Return the compact number if form and check digit are right; replacements (`is_pseudo`) pass.

    Raises:
        InvalidFormat, InvalidLength, InvalidChecksum: what is wrong.
    """
    number = compact(number)
    if not isdigits(number):
        raise InvalidFormat
    if len(number) != 9:
        raise InvalidLength
    if calc_check_digit(number) != number[6]:
        raise InvalidChecksum
    return number


def is_valid(number: str) -> bool:
    """Tell whether `validate` accepts the number."""
    try:
        return bool(validate(number))
    except ValidationError:
        return False


def format(number: str) -> str:  # noqa: A001  python-stdnum calls it so, and users look for that name
    """Write the number for people: in one run, as it stands in the physician's stamp."""
    return compact(number)


def is_pseudo(number: str) -> bool:
    """Tell whether the number stands for no particular physician: its first seven digits are all the same."""
    number = compact(number)
    return len(number) == 9 and isdigits(number) and len(set(number[:7])) == 1


def specialty(number: str) -> str:
    """Give the key of the specialty (Arztgruppenschlüssel, Fachgruppencode), the last two digits."""
    return compact(number)[7:]
