"""The values of every key table, written off Anlage 3 V21 by hand: a key that is lost or invented is seen here."""

from __future__ import annotations

import pytest

from billhook_p302.codes import TABLES
from billhook_p302.codes.billing import CODES_OF_GROUP, GROUPS_OF_CODE
from billhook_p302.codes.prescription import APPROVALS_OF_GROUP


def numbered(first: int, last: int) -> list[str]:
    return [f"{number:02d}" for number in range(first, last + 1)]


VALUES: dict[str, list[str]] = {
    "8.1.2": list("123"),
    "8.1.2.1": ["6"],
    "8.1.3": list("012345"),
    "8.1.4": list("123"),
    "8.1.5.1": [
        *numbered(11, 19),
        *numbered(21, 29),
        *numbered(31, 34),
        *numbered(41, 50),
        *numbered(55, 57),
        *numbered(60, 63),
        *numbered(65, 69),
        *numbered(71, 76),
        *numbered(91, 94),
        *(f"A{number}" for number in range(1, 9)),
        "B1",
    ],
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
    "8.1.17": [
        "A1",
        "A2",
        "B2",
        "C1",
        "C2",
        "D1",
        "E1",
        "E2",
        "F1",
        "G1",
        "H1",
        "I1",
        "J1",
        "K1",
        "L1",
        "M1",
        "N1",
        "O1",
        "Q1",
        "R1",
        "R2",
    ],
    "8.1.18": list("012"),
    "8.1.19": ["999999998", "999999997", "999999996", "999999995", "999999990"],
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


def test_the_codes_of_a_group_are_those_of_its_table() -> None:
    groups = {code: letters for code, letters in GROUPS_OF_CODE.items() if letters != "A"}
    assert groups["22"] == "B"
    assert groups["31"] == groups["34"] == "CD"
    assert groups["60"] == ""
    assert groups["67"] == "L"
    assert groups["A8"] == "R"
    assert {len(letters) for letters in groups.values()} == {0, 1, 2}
    assert [key.value for key in CODES_OF_GROUP["Q"]] == ["91", "92", "93", "94"]


def test_an_approval_is_of_a_group() -> None:
    assert [key.value for key in APPROVALS_OF_GROUP["C"]] == ["C1", "C2"]
    assert list(APPROVALS_OF_GROUP["P"]) == []
