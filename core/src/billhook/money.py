"""Money as whole cents, and the one place where an amount is rounded.

Amounts are kept, added and compared as `int` cents. Prices and quantities are `Decimal`; their product becomes cents in
`round_cents` and nowhere else. The scheme chooses the mode; German payers ask for commercial rounding
(kaufmännische Rundung), which is the default.

>>> from decimal import Decimal
>>> line_amount(Decimal("2.5"), Decimal("13.33"), Decimal("19.00"))
LineAmount(net=3333, vat=633, gross=3966)
>>> format_cents(3966)
'39,66'
"""

import re
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from enum import Enum
from typing import NamedTuple, TypeAlias

from billhook.words import words

__all__ = [
    "AmountError",
    "Cents",
    "LineAmount",
    "Rounding",
    "format_cents",
    "format_decimal",
    "line_amount",
    "parse_amount",
    "percent",
    "round_cents",
    "round_decimal",
    "to_decimal",
]

Cents: TypeAlias = int
"""An amount in hundredths of the currency unit; negative for credits and deductions."""

# One context for all, because building one costs more than the sum it is used for. Every product of prices, quantities
# and rates is exact in it: a result that needed more places is an error (Inexact), never a second, silent rounding.
_EXACT = Context(prec=200, rounding=ROUND_HALF_UP, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
_multiply = _EXACT.multiply
_scaleb = _EXACT.scaleb


class Rounding(Enum):
    """What becomes of the part below a cent. All four treat a negative amount as the mirror of the positive one."""

    HALF_UP = ROUND_HALF_UP
    """A half goes away from zero (kaufmännisch): 0.005 is one cent, -0.005 is minus one cent."""
    HALF_EVEN = ROUND_HALF_EVEN
    """A half goes to the even cent."""
    DOWN = ROUND_DOWN
    """Always towards zero."""
    UP = ROUND_UP
    """Always away from zero."""

    def __init__(self, mode: str) -> None:
        # A plain attribute: `Enum.value` is a descriptor that takes five times as long, and this is read once an item.
        self.mode = mode


class AmountError(ValueError):
    """A text or number is not the amount that is expected here; the message says why and what to write instead."""

    def __init__(self, value: object, reason: str, remedy: str) -> None:
        super().__init__(f"{value!r} is not an amount: {reason}; {remedy}")
        self.value = value
        self.reason = reason
        self.remedy = remedy


class LineAmount(NamedTuple):
    """What one line comes to, in cents. `net + vat == gross` always holds."""

    net: Cents
    vat: Cents
    gross: Cents


def round_cents(amount: Decimal, rounding: Rounding = Rounding.HALF_UP) -> Cents:
    """Turn an amount in currency units into cents.

    Args:
        amount: currency units (euros), any number of decimal places.
        rounding: what becomes of the part below a cent.

    Raises:
        ValueError: `amount` is not a number; OverflowError when it is infinite.

    >>> round_cents(Decimal("0.125")), round_cents(Decimal("-0.125"))
    (13, -13)
    >>> round_cents(Decimal("0.125"), Rounding.HALF_EVEN)
    12
    """
    return int(_scaleb(amount, 2).to_integral_value(rounding.mode))


def round_decimal(value: Decimal, places: int, rounding: Rounding = Rounding.HALF_UP) -> Decimal:
    """Round something that is no amount of money (a quantity, a rate, a factor) to `places` decimal places.

    >>> round_decimal(Decimal("12.345"), 2)
    Decimal('12.35')
    """
    whole = _scaleb(value, places).to_integral_value(rounding.mode)
    # Adding 0 takes the minus sign off a zero; quantize writes out the trailing zeros.
    return _EXACT.quantize(_EXACT.add(_scaleb(whole, -places), 0), Decimal(1).scaleb(-places))


def line_amount(
    quantity: Decimal,
    unit_price: Decimal,
    vat_rate: Decimal | None,
    *,
    rounding: Rounding = Rounding.HALF_UP,
) -> LineAmount:
    """Compute net, VAT and gross of one line the way the payer does.

    With a rate the price is a net price: VAT is quantity × price × rate, rounded (TA1 V21 5.5.3.2 MWS, Betrag
    Mehrwertsteuer); gross is the *unrounded* quantity × price plus that VAT, rounded (TA1 V21 5.5.3.2 ZUH,
    Bruttobetrag). Net is what remains of gross without VAT, so the three always add up.

    Without a rate (`None`) the price already contains the VAT (TA1 V21 5.5.3.2 EHI, Einzelbetrag: then no MWS is sent):
    gross is quantity × price, rounded; VAT is not stated, hence 0, and net is gross. A rate of 0 is a net price
    free of VAT.

    Args:
        quantity: how many, in the unit that the price is for.
        unit_price: currency units for one.
        vat_rate: percent, e.g. `Decimal("19.00")`, or None.
        rounding: what becomes of the part below a cent.

    >>> line_amount(Decimal(3), Decimal("1.115"), None)
    LineAmount(net=335, vat=0, gross=335)
    """
    mode = rounding.mode
    in_cents = _scaleb(_multiply(quantity, unit_price), 2)
    if vat_rate is None:
        gross = int(in_cents.to_integral_value(mode))
        return LineAmount(gross, 0, gross)
    vat = int(_scaleb(_multiply(in_cents, vat_rate), -2).to_integral_value(mode))
    gross = int(_EXACT.add(in_cents, vat).to_integral_value(mode))
    return LineAmount(gross - vat, vat, gross)


def percent(cents: Cents, rate: Decimal, rounding: Rounding = Rounding.HALF_UP) -> Cents:
    """Take `rate` percent of an amount, e.g. the statutory copayment of 10 % (gesetzliche Zuzahlung).

    >>> percent(3966, Decimal(10))
    397
    """
    return int(_scaleb(_multiply(rate, cents), -2).to_integral_value(rounding.mode))


def to_decimal(cents: Cents) -> Decimal:
    """Give an amount in currency units with its two decimal places.

    >>> to_decimal(-5)
    Decimal('-0.05')
    """
    return _scaleb(Decimal(cents), -2)


def format_cents(cents: Cents, sign: str = ",") -> str:
    """Write an amount with two decimal places and no thousands separators.

    Args:
        cents: the amount.
        sign: the decimal sign.

    >>> format_cents(0), format_cents(-314), format_cents(1234567, ".")
    ('0,00', '-3,14', '12345.67')
    """
    if cents < 0:
        units, rest = divmod(-cents, 100)
        return f"-{units}{sign}{rest:02d}"
    units, rest = divmod(cents, 100)
    return f"{units}{sign}{rest:02d}"


def format_decimal(value: Decimal, places: int, sign: str = ",") -> str:
    """Write a number with exactly `places` decimal places; digits are never dropped on the way.

    Args:
        value: the number.
        places: how many decimal places the field has.
        sign: the decimal sign.

    Raises:
        AmountError: `value` has more decimal places than the field (round it first, knowingly) or is not finite.

    >>> format_decimal(Decimal("2.5"), 2), format_decimal(Decimal("-0.00"), 2), format_decimal(Decimal(7), 0)
    ('2,50', '0,00', '7')
    """
    if not value.is_finite():
        raise AmountError(value, "it is no finite number", "write digits")
    try:
        exact = _EXACT.quantize(value, Decimal(1).scaleb(-places))
    except Inexact:
        raise AmountError(
            value, f"it has more than {places} decimal places", "round it first (round_decimal)"
        ) from None
    text = f"{exact if exact else abs(exact):f}"
    return text if sign == "." else text.replace(".", sign)


_PLAIN = {sign: re.compile(rf"-?(?:[0-9]+(?:{re.escape(sign)}[0-9]+)?|{re.escape(sign)}[0-9]+)") for sign in ",."}


def parse_amount(text: str, *, decimal_sign: str = ",") -> Decimal:
    """Read a number as it stands in a file: digits, at most one decimal sign, a minus directly before.

    The zero before the decimal sign may be missing (TA1 V21 5.2: ",15"). Nothing else is guessed: "1.234" is a thousand
    in one country and one and a bit in the other.

    Args:
        text: the characters of the field, without blanks around.
        decimal_sign: "," or ".".

    Raises:
        AmountError: anything else, with what is wrong and what to write.

    >>> parse_amount("-1234,50")
    Decimal('-1234.50')
    >>> parse_amount("1.234,50")
    Traceback (most recent call last):
        ...
    billhook.money.AmountError: '1.234,50' is not an amount: thousands separators are not allowed; write '1234,50'
    """
    if _PLAIN[decimal_sign].fullmatch(text):
        return Decimal(text.replace(decimal_sign, "."))
    reason, remedy = _diagnose(text, decimal_sign)
    raise AmountError(text, reason, remedy)


_COMPLAINTS = (
    # (what the text looks like, what is wrong with it); the first that fits is told
    (re.compile(r"\s*"), words("it is empty")),
    (
        re.compile(r".*[^\W\d_].*", re.ASCII | re.DOTALL),
        words("letters are not allowed: no exponent, no NaN, no currency code"),
    ),
    (
        re.compile(r".*[^\x00-\x7f].*", re.DOTALL),
        words("only the ASCII digits 0 to 9, one decimal sign and '-' are allowed"),
    ),
    (re.compile(r"\s.*|.*\s", re.DOTALL), words("blanks stand around it")),
    (re.compile(r"\+.*", re.DOTALL), words("a plus sign is not written")),
    (re.compile(r".*[0-9].*-.*", re.DOTALL), words("a minus sign stands only directly before the digits")),
)


def _diagnose(text: str, decimal_sign: str) -> tuple[str, str]:
    """Say what is wrong with a text that is no amount, and what to write instead."""
    other = "." if decimal_sign == "," else ","
    remedy = words("write digits with {sign!r} as decimal sign, for example '1234{sign}50'", sign=decimal_sign)
    for looks_like, reason in _COMPLAINTS:
        if looks_like.fullmatch(text):
            return reason, remedy
    grouped = re.compile(rf"-?[0-9]{{1,3}}(?:[{other} '][0-9]{{3}})+(?:{re.escape(decimal_sign)}[0-9]+)?")
    if grouped.fullmatch(text) and (decimal_sign in text or text.count(other) != 1):
        joined = re.sub(rf"[{other} ']", "", text)
        return words("thousands separators are not allowed"), words("write {plain!r}", plain=joined)
    if re.fullmatch(rf"-?[0-9]+{re.escape(other)}[0-9]+", text):
        plain, swapped = text.replace(other, ""), text.replace(other, decimal_sign)
        remedy = words("write {swapped!r}, or {plain!r} if thousands were meant", swapped=swapped, plain=plain)
        return words("{sign!r} is not the decimal sign here", sign=other), remedy
    if text.count(decimal_sign) > 1:
        return words("the decimal sign {sign!r} occurs more than once", sign=decimal_sign), remedy
    if text.endswith(decimal_sign):
        return words("no digit follows the decimal sign"), remedy
    return words("only digits, one {sign!r} and a leading '-' are allowed", sign=decimal_sign), remedy
