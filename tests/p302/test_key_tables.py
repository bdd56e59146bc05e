"""The values of every key table, written off Anlage 3 V21 by hand: a key that is lost or invented is seen here."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from billhook_p302.codes import TABLES, positions
from billhook_p302.codes.billing import (
    ACCOUNTING_CODE,
    ACCOUNTING_CODES,
    CODES_BY_GROUP,
    PROCESSING_MARK,
    SPECIAL_TARIFF,
    groups_of,
    is_unassigned_special_tariff,
)
from billhook_p302.codes.prescription import APPROVAL_KINDS, SUBSTITUTE_EMPLOYEE


def numbered(first: int, last: int) -> list[str]:
    return [f"{number:02d}" for number in range(first, last + 1)]


VALUES: dict[str, list[str]] = {
    "8.1.1 (1)": list("135"),
    "8.1.1 (5)": list("146789MXACKLENDFSP"),
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
        *(f"C{number}" for number in range(1, 5)),
    ],
    "8.1.5.2": [*numbered(0, 25), *numbered(50, 75), *numbered(90, 99)],
    "8.1.6": ["00", "11", "31", "51", "99"],
    "8.1.7": ["01", "02", "03", "04", "10"],
    "8.1.8": list("12"),
    "8.1.9": numbered(1, 5),
    "8.1.10": numbered(0, 20),
    "8.1.11": list("124789"),
    "8.1.12": ["03", "04", "05", "99"],
    "8.1.13": numbered(1, 4),
    "8.1.14": list("ABCDEFGHIJKLMNOPQRS"),
    "8.1.15": list("012"),
    "8.1.16": list("12"),
    "8.1.17": ["A1", "A2", "B2", "C1", "C2", "D1", "E1", "E2", *(f"{group}1" for group in "FGHIJKLMNOQR"), "R2"],
    "8.1.18": list("012"),
    "8.1.19": ["999999998", "999999997", "999999999", "999999996", "999999995", "999999990"],
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


# Sections whose values another reading of Anlage 3 V21 lists, by the name that it gives them.
ALSO_READ = {
    "verarbeitungskennzeichen_8_1_7": "8.1.7",
    "unfall_8_1_2": "8.1.2",
    "bvg_ser_8_1_2_1": "8.1.2.1",
    "zuzahlung_8_1_3": "8.1.3",
    "summenstatus_8_1_6": "8.1.6",
    "pruefvermerk_8_1_9": "8.1.9",
    "kennzeichen_hilfsmittel_8_1_10": "8.1.10",
    "verordnungsbesonderheiten_8_1_11": "8.1.11",
    "verordnungsart_heilmittel_8_1_12": "8.1.12",
    "zuzahlungsart_8_1_13": "8.1.13",
    "anwendungsort_8_1_15": "8.1.15",
    "geburtsdatum_8_1_16": "8.1.16",
    "art_genehmigung_8_1_17": "8.1.17",
    "beleginformation_8_1_18": "8.1.18",
    "mengeneinheit_8_6": "8.6",
}


@pytest.mark.parametrize("name", ALSO_READ)
def test_another_reading_of_the_tables_found_the_same_values(name: str, specs: Path) -> None:
    read = json.loads((specs / "schluessel_v21.json").read_text("utf-8"))["keys"][name]
    (table,) = [each for each in TABLES if each.section == ALSO_READ[name]]
    assert sorted(key.value for key in table) == sorted(read)


def test_another_reading_found_the_same_accounting_codes_and_groups(specs: Path) -> None:
    read = json.loads((specs / "schluessel_v21.json").read_text("utf-8"))["keys"]
    new = set(read["abrechnungscode_neu_v22_ab_2027_02_01"])
    assert new == {"C1", "C2", "C3", "C4"}
    assert {key.value for key in ACCOUNTING_CODE} == {*read["abrechnungscode_8_1_5_1"], *new}
    assert {group: set(codes) - new for group, codes in CODES_BY_GROUP.items()} == {
        group: set(codes) for group, codes in read["sammelgruppe_8_1_14"].items()
    }


def test_another_reading_found_the_same_substitutes_in_v21(specs: Path) -> None:
    read = json.loads((specs / "schluessel_v21.json").read_text("utf-8"))["keys"]["ersatz_beschaeftigtennummer_8_1_19"]
    first_day_without_v20 = date(2026, 1, 1)
    assert {key.value for key in SUBSTITUTE_EMPLOYEE if key.covers(first_day_without_v20)} == set(read)


def test_domestic_help_gets_codes_of_its_own_on_the_day_that_v22_begins() -> None:
    table = ACCOUNTING_CODES["D"]
    assert [table.holds("C1", day) for day in (date(2027, 1, 31), date(2027, 2, 1))] == [False, True]
    assert groups_of("C4") == ("D",)
    assert groups_of("31") == ("C", "D")
    assert groups_of("60") == ()


def test_editions_of_the_past_brought_and_took_values() -> None:
    assert [PROCESSING_MARK.holds("10", day) for day in (date(2025, 9, 30), date(2025, 10, 1))] == [False, True]
    assert [ACCOUNTING_CODE.holds("18", day) for day in (date(2005, 12, 31), date(2006, 1, 1))] == [True, False]
    assert PROCESSING_MARK.holds("04", date(2019, 7, 1))


def test_approvals_belong_to_one_group_each() -> None:
    assert [key.value for key in APPROVAL_KINDS["C"]] == ["C1", "C2"]
    assert [key.value for key in APPROVAL_KINDS["B"]] == ["B2"]
    assert list(APPROVAL_KINDS["P"]) == []


@pytest.mark.parametrize(
    ("special", "assigned", "meaning"),
    [
        ("000", True, "nothing particular"),
        ("090", True, "nothing particular"),
        ("091", False, "kept for the federal associations"),
        ("098", False, "kept for the federal associations"),
        ("099", True, "no agreed price: after an approved cost estimate"),
        ("100", True, "agreed between providers and payers"),
        ("A00", True, "nothing particular"),
        ("A91", False, "kept for the federal associations"),
        ("A99", True, "agreed between providers and payers"),
        ("T99", True, "agreed between providers and payers"),
        ("U00", False, "not assigned"),
        ("XA1", False, "not assigned"),
        ("ZZZ", False, "not assigned"),
    ],
)
def test_special_tariffs_lie_in_ranges(special: str, assigned: bool, meaning: str) -> None:
    assert SPECIAL_TARIFF.find(special).meaning == meaning
    assert is_unassigned_special_tariff(special) is not assigned


def test_places_of_a_position_number_follow_each_other_to_its_length() -> None:
    for structure in positions.STRUCTURES:
        ends = [0, *(place.last for place in structure.places)]
        assert [place.first for place in structure.places] == [end + 1 for end in ends[:-1]], structure.section
        assert ends[-1] == structure.lengths[-1]


LENGTHS = {"A": 10, "B": 5, "C": 6, "D": 6, "E": 6, "G": 6, "O": 10, "Q": 7, "R": 6, "S": 6}


@pytest.mark.parametrize("group", "ABCDEGHIJKLMNOPQRS")
def test_position_numbers_have_the_length_of_their_list(group: str) -> None:
    assert positions.lengths_of(group) == ((LENGTHS[group],) if group in LENGTHS else ())


def test_midwives_got_five_digits_in_november_2025() -> None:
    assert positions.lengths_of("F", date(2025, 10, 31)) == (4,)
    assert positions.lengths_of("F", date(2025, 11, 1)) == (4, 5)
