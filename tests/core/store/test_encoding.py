"""What is written as text comes back as it was, and sorts as what it stands for."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billhook.store.encoding import (
    decimal_text,
    join_key,
    json_text,
    moment_text,
    read_json,
    read_moment,
    split_key,
)

PART = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]))
KEY = st.lists(PART, max_size=4).map(tuple)


@given(KEY)
def test_a_key_comes_back(key: tuple[str, ...]) -> None:
    assert split_key(join_key(key)) == key


@given(KEY, KEY)
def test_joined_keys_sort_byte_by_byte_like_the_tuples(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (join_key(one).encode() < join_key(other).encode()) == (one < other)


def test_a_key_with_the_separator_in_it_is_refused() -> None:
    with pytest.raises(ValueError, match=r"U\+001F"):
        join_key(("a", "b\x1fc"))


@given(
    st.datetimes(timezones=st.just(UTC)).filter(lambda moment: 1900 < moment.year < 2200),
    st.integers(0, 10**9),
)
def test_moments_come_back_and_later_ones_compare_greater(moment: datetime, microseconds: int) -> None:
    later = moment + timedelta(microseconds=microseconds)
    assert read_moment(moment_text(moment)) == moment
    assert (moment_text(moment) < moment_text(later)) == (microseconds > 0)


def test_moments_are_written_in_universal_time() -> None:
    summer = datetime(2025, 7, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert moment_text(summer) == "2025-06-30T23:30:00.000000+00:00"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        moment_text(datetime(2025, 7, 1))  # noqa: DTZ001  # that is what is refused


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_decimals_come_back_with_all_their_digits(value: Decimal) -> None:
    text = decimal_text(value)
    assert "E" not in text
    assert Decimal(text) == value


def test_json_is_canonical() -> None:
    assert json_text({"b": 1, "a": "ä"}) == '{"a":"ä","b":1}'
    assert read_json(json_text({"b": [1, None, True]})) == {"b": [1, None, True]}
    with pytest.raises(ValueError, match="JSON"):
        json_text({"x": float("nan")})
