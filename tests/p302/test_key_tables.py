"""The values of every key table, written off Anlage 3 V21 by hand: a key that is lost or invented is seen here."""

from __future__ import annotations

import pytest

from billhook_p302.codes import TABLES


def numbered(first: int, last: int) -> list[str]:
    return [f"{number:02d}" for number in range(first, last + 1)]


VALUES: dict[str, list[str]] = {
    "8.1.2": list("123"),
    "8.1.2.1": ["6"],
    "8.1.3": list("012345"),
    "8.1.4": list("123"),
    "8.1.5.1": numbered(11, 19),
    "8.1.5.2": [*numbered(0, 25), *numbered(50, 75), *numbered(90, 99)],
    "8.1.6": ["00", "11", "31", "51", "99"],
    "8.1.7": ["01", "02", "03", "04", "10"],
    "8.1.10": numbered(0, 20),
    "8.1.11": list("124789"),
    "8.1.12": ["03", "04", "05", "99"],
    "8.1.13": numbered(1, 4),
    "8.1.14": list("ABCDEFGHIJKLMNOPQRS"),
    "8.1.15": list("012"),
    "8.1.16": list("12"),
    "8.1.17": ["A1", "A2"],
    "8.1.18": list("012"),
    "8.6": numbered(1, 14),
    "UNB 0035": list("012"),
    "ZHE": list("12345"),
    "AHK": list("1234"),
    "IBP": list("12"),
}

UNITS = ("CM", "ENS", "G", "KG", "KWH", "L", "M", "MIN", "MON", "PAA", "PAK", "ST", "STD", "TAG")


@pytest.mark.parametrize("section", VALUES)
def test_the_values_of_a_table(section: str) -> None:
    (table,) = [each for each in TABLES if each.section == section]
    assert [key.value for key in table.keys] == VALUES[section]


def test_every_table_is_written_off() -> None:
    assert {table.section for table in TABLES} == set(VALUES)


def test_the_units_stand_beside_their_numbers() -> None:
    (table,) = [each for each in TABLES if each.section == "8.6"]
    assert [key.meaning.split(",")[0] for key in table.keys] == list(UNITS)
