"""Amounts as the payer computes them, and texts that are amounts or are not."""

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billhook.money import (
    AmountError,
    LineAmount,
    Rounding,
    format_cents,
    format_decimal,
    line_amount,
    parse_amount,
    percent,
    round_cents,
    round_decimal,
    to_decimal,
)

amounts = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, allow_infinity=False, places=5)
prices = st.decimals(min_value=0, max_value=10**6, allow_nan=False, allow_infinity=False, places=2)
quantities = st.decimals(min_value=-999, max_value=9999, allow_nan=False, allow_infinity=False, places=2)
rates = st.sampled_from([Decimal("0.00"), Decimal("7.00"), Decimal("19.00"), Decimal("5.50")])


def half_up(value: Fraction) -> int:
    """Commercial rounding in exact fractions: what the code under test must come to."""
    whole = (abs(value) * 2 + 1) // 2
    return whole if value >= 0 else -whole


@pytest.mark.parametrize(
    ("amount", "half_up", "half_even", "down", "up"),
    [
        ("0.005", 1, 0, 0, 1),
        ("0.015", 2, 2, 1, 2),
        ("0.0149999", 1, 1, 1, 2),
        ("-0.005", -1, 0, 0, -1),
        ("-0.025", -3, -2, -2, -3),
        ("12.34", 1234, 1234, 1234, 1234),
    ],
)
def test_each_mode_treats_the_part_below_a_cent_as_it_says(
    amount: str, half_up: int, half_even: int, down: int, up: int
) -> None:
    modes = (Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.DOWN, Rounding.UP)
    assert [round_cents(Decimal(amount), mode) for mode in modes] == [half_up, half_even, down, up]


@given(amounts, st.sampled_from(Rounding))
def test_a_negative_amount_is_rounded_as_the_mirror_of_the_positive_one(amount: Decimal, mode: Rounding) -> None:
    assert round_cents(-amount, mode) == -round_cents(amount, mode)


@given(amounts)
def test_rounding_agrees_with_exact_fractions(amount: Decimal) -> None:
    assert round_cents(amount) == half_up(Fraction(amount) * 100)


def test_the_callers_decimal_context_has_no_say() -> None:
    with localcontext(Context(prec=3, rounding=ROUND_HALF_UP)):
        assert line_amount(Decimal("12.5"), Decimal("1234.567"), Decimal(19)) == LineAmount(1543209, 293210, 1836419)
        assert round_cents(Decimal("123456789.125")) == 12345678913


def test_what_is_no_number_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="NaN"):
        round_cents(Decimal("NaN"))
    with pytest.raises(TypeError):
        line_amount(1.5, Decimal(1), None)  # type: ignore[arg-type]  # a float must not slip in


def test_a_net_price_gets_its_vat_per_line() -> None:
    # TA1 V21 5.5.3.2 MWS: 3 x 33.35 = 100.05, 19 % of it 19.0095 -> 19.01; ZUH: 100.05 + 19.01 = 119.06
    assert line_amount(Decimal(3), Decimal("33.35"), Decimal("19.00")) == LineAmount(10005, 1901, 11906)


def test_gross_is_rounded_from_the_unrounded_price() -> None:
    # 0.5 x 0.25 = 0.125; 19 % of it 0.02375 -> 0.02; gross 0.125 + 0.02 = 0.145 -> 0.15
    assert line_amount(Decimal("0.5"), Decimal("0.25"), Decimal(19)) == LineAmount(13, 2, 15)


def test_a_gross_price_states_no_vat() -> None:
    assert line_amount(Decimal("1.5"), Decimal("0.33"), None) == LineAmount(50, 0, 50)


def test_a_rate_of_nothing_is_a_net_price_without_vat() -> None:
    assert line_amount(Decimal(2), Decimal("9.99"), Decimal(0)) == LineAmount(1998, 0, 1998)


@given(quantities, prices, rates)
def test_a_line_agrees_with_exact_fractions_and_adds_up(quantity: Decimal, price: Decimal, rate: Decimal) -> None:
    line = line_amount(quantity, price, rate)
    product = Fraction(quantity) * Fraction(price) * 100
    vat = half_up(product * Fraction(rate) / 100)
    assert (line.vat, line.gross) == (vat, half_up(product + vat))
    assert line.net == half_up(product)
    assert line.net + line.vat == line.gross


@given(quantities, prices, rates, st.sampled_from(Rounding))
def test_net_and_vat_make_gross_in_every_mode(q: Decimal, price: Decimal, rate: Decimal, mode: Rounding) -> None:
    line = line_amount(q, price, rate, rounding=mode)
    assert line.net + line.vat == line.gross


def test_the_copayment_is_a_percentage_rounded_commercially() -> None:
    assert percent(6785, Decimal(10)) == 679
    assert percent(-6785, Decimal(10)) == -679
    assert percent(6785, Decimal(10), Rounding.DOWN) == 678


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "0,00"), (-314, "-3,14"), (5, "0,05"), (-5, "-0,05"), (123456789, "1234567,89")]
)
def test_cents_are_written_with_two_places(cents: int, text: str) -> None:
    assert format_cents(cents) == text


@given(st.integers(min_value=-(10**15), max_value=10**15), st.sampled_from([",", "."]))
def test_written_cents_are_read_back(cents: int, sign: str) -> None:
    amount = parse_amount(format_cents(cents, sign), decimal_sign=sign)
    assert amount == to_decimal(cents)
    assert round_cents(amount) == cents
    assert format_decimal(amount, 2, sign) == format_cents(cents, sign)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [("2.5", 2, "2,50"), ("2.500", 2, "2,50"), ("-0.00", 2, "0,00"), ("7", 0, "7"), ("1E+3", 1, "1000,0")],
)
def test_decimals_are_written_with_the_places_of_the_field(value: str, places: int, text: str) -> None:
    assert format_decimal(Decimal(value), places) == text


@pytest.mark.parametrize("value", ["1.005", "NaN", "Infinity"])
def test_writing_never_drops_a_digit(value: str) -> None:
    with pytest.raises(AmountError):
        format_decimal(Decimal(value), 2)


def test_a_quantity_is_rounded_to_the_places_of_its_field() -> None:
    assert str(round_decimal(Decimal("12.345"), 2)) == "12.35"
    assert str(round_decimal(Decimal("-0.001"), 2)) == "0.00"
    assert str(round_decimal(Decimal("1E+3"), 2)) == "1000.00"
    assert str(round_decimal(Decimal("12345678901234567890123456789012.5"), 0)) == "12345678901234567890123456789013"


@pytest.mark.parametrize(
    ("text", "value"), [("0", "0"), ("1234,50", "1234.50"), ("-3,1", "-3.1"), (",15", "0.15"), ("007", "7")]
)
def test_plain_amounts_are_read(text: str, value: str) -> None:
    assert parse_amount(text) == Decimal(value)


def test_a_point_is_the_decimal_sign_where_the_format_says_so() -> None:
    assert parse_amount("-1234.50", decimal_sign=".") == Decimal("-1234.50")
    with pytest.raises(AmountError, match=r"thousands separators are not allowed; write '1234\.50'"):
        parse_amount("1,234.50", decimal_sign=".")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1.234,50", "thousands separators are not allowed; write '1234,50'"),
        ("1 234,50", "thousands separators are not allowed; write '1234,50'"),
        ("1.234.567", "thousands separators are not allowed; write '1234567'"),
        ("12.5", "'.' is not the decimal sign here; write '12,5'"),
        ("1.234", "write '1,234', or '1234' if thousands were meant"),
        ("", "it is empty"),
        ("  ", "it is empty"),
        (" 5", "blanks stand around it"),
        ("5\n", "blanks stand around it"),
        ("1,2,3", "occurs more than once"),
        ("5,", "no digit follows the decimal sign"),
        (",", "no digit follows the decimal sign"),
        ("\u0661\u0662", "only the ASCII digits"),
        ("\u22125,00", "only the ASCII digits"),
        ("12,50 €", "only the ASCII digits"),
        ("NaN", "no NaN"),
        ("Infinity", "letters are not allowed"),
        ("1e5", "no exponent"),
        ("12,50 EUR", "no currency code"),
        ("5,00-", "a minus sign stands only directly before the digits"),
        ("+5", "a plus sign is not written"),
        ("--5", "a leading '-'"),
        ("-", "a leading '-'"),
    ],
)
def test_what_is_no_amount_is_refused_with_a_way_to_mend_it(text: str, complaint: str) -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount(text)
    assert complaint in str(caught.value)
    assert caught.value.value == text
    assert caught.value.remedy.startswith("write ")


@given(st.text(max_size=12))
def test_any_text_is_either_an_amount_or_an_amount_error(text: str) -> None:
    try:
        amount = parse_amount(text)
    except AmountError:
        return
    assert amount.is_finite()
    assert set(text) <= set("-,0123456789")
