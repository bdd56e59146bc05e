"""HiMi (Hilfsmittelpositionsnummer): a medical or nursing aid in the register of the German health insurers.

Ten digits: two for the product group (Produktgruppe), two for the place of use (Anwendungsort), two for the subgroup
(Untergruppe), one for the product kind (Produktart), three for the product. The first seven alone name a kind, which is
what most contracts and approvals do. There is no check digit, so only the form is checked.

A bill always carries ten digits. Where the register has the kind but not the product, 900 follows the kind
(`billing_number`). Where a group has no structure yet, the group, zeros and the contract's own number are sent
(2400000123, 2400000000).

Source: A3 V21 8.2.2 (structure, filling up); Hilfsmittelverzeichnis of the GKV-Spitzenverband (§ 139 SGB V).

>>> validate("15.25.01.1001")
'1525011001'
>>> format("1525011001"), format("1525011")
('15.25.01.1001', '15.25.01.1')
>>> split("1525011001")
Parts(product_group='15', place_of_use='25', subgroup='01', product_kind='1', product='001')
>>> billing_number("15.25.01.1")
'1525011900'
"""

from typing import NamedTuple

from stdnum.exceptions import InvalidFormat, InvalidLength, ValidationError
from stdnum.util import clean, isdigits

__all__ = ["Parts", "billing_number", "compact", "format", "is_valid", "kind", "split", "validate"]


class Parts(NamedTuple):
    """The parts of a number, as digits; `product` is None when the number names a kind only."""

    product_group: str
    place_of_use: str
    subgroup: str
    product_kind: str
    product: str | None


def compact(number: str) -> str:
    """Take off dots, blanks and hyphens."""
    return str(clean(number, " .-")).strip()


def validate(number: str) -> str:
    """Return the compact number if it has ten digits, or seven for a product kind.

    Raises:
        InvalidFormat, InvalidLength: what is wrong.
    """
    number = compact(number)
    if not isdigits(number):
        raise InvalidFormat
    if len(number) not in {7, 10}:
        raise InvalidLength
    return number


def is_valid(number: str) -> bool:
    """Tell whether `validate` accepts the number."""
    try:
        return bool(validate(number))
    except ValidationError:
        return False


def format(number: str) -> str:  # noqa: A001  python-stdnum calls it so, and users look for that name
    """Write the number for people, in the groups of the register: 15.25.01.1001."""
    number = compact(number)
    return ".".join(part for part in (number[0:2], number[2:4], number[4:6], number[6:]) if part)


def split(number: str) -> Parts:
    """Take a number apart.

    Raises:
        InvalidFormat, InvalidLength: what is wrong.
    """
    number = validate(number)
    return Parts(number[0:2], number[2:4], number[4:6], number[6], number[7:] or None)


def kind(number: str) -> str:
    """Give the product kind, the first seven digits, that contracts name.

    Raises:
        InvalidFormat, InvalidLength: what is wrong.
    """
    return validate(number)[:7]


def billing_number(number: str) -> str:
    """Give the ten digits that a bill carries; a product kind is filled up with 900 (A3 V21 8.2.2).

    Raises:
        InvalidFormat, InvalidLength: what is wrong.
    """
    number = validate(number)
    return number if len(number) == 10 else f"{number}900"
