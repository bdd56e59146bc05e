"""Identifiers against published numbers: e-prescription examples, the payers' directories, the issuers' examples."""

import csv
import re
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength

from billhook.identifiers import bic, bsnr, himi, iban, ik, insz, kbo, kvnr, lanr, pzn, riziv

OWN = [ik, kvnr, lanr, bsnr, pzn, himi, riziv]
MODULE_OF_TYPE = {"iknr": ik, "kvnr": kvnr, "lanr": lanr, "bsnr": bsnr, "pzn": pzn}


# --- Published numbers ------------------------------------------------------------------------------------------------


def test_every_number_of_the_published_e_prescriptions_is_judged_as_the_formula_says(corpus: Path) -> None:
    with (corpus / "p302" / "vectors" / "identifiers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["type"] for row in rows} == set(MODULE_OF_TYPE)
    # A site number has no formula: the column is empty, and all of them have nine digits.
    wrong = [
        (row["type"], row["value"])
        for row in rows
        if MODULE_OF_TYPE[row["type"]].is_valid(row["value"]) != (row["check_by_formula"] in {"valid", ""})
    ]
    assert wrong == []
    assert len(rows) > 500


def test_every_institution_in_the_payers_directories_is_valid(corpus: Path) -> None:
    numbers: set[str] = set()
    for directory in sorted((corpus / "p302" / "kostentraegerdatei").iterdir()):
        numbers.update(re.findall(r"(?:IDK|VKG\+[0-9]{2})\+([0-9]{9})\+", directory.read_text("iso8859-1")))
    assert len(numbers) > 800
    assert [number for number in sorted(numbers) if not ik.is_valid(number)] == []


@pytest.mark.parametrize(
    ("module", "number"),
    [
        (ik, "260326822"),  # Gemeinsames Rundschreiben Institutionskennzeichen 1.2.5
        (pzn, "27580899"),  # IFA, Technische Hinweise
        (kvnr, "C020222113"),
        (kvnr, "D111111110"),
        (lanr, "999999900"),
        (lanr, "333333300"),
        (lanr, "999999999"),
        (lanr, "444444401"),
        (himi, "2400000123"),  # A3 V21 8.2.2
        (himi, "2400000000"),
    ],
)
def test_the_issuers_examples_are_valid(module: ModuleType, number: str) -> None:
    assert module.validate(number) == number


@pytest.mark.parametrize(
    ("module", "number"),
    [
        (ik, "987654321"),
        (ik, "123456789"),
        (ik, "005179193"),
        (kvnr, "P123464113"),
        (kvnr, "K220645129"),
        (lanr, "987789324"),
        (lanr, "423987564"),
        (pzn, "98983113"),
        (pzn, "22370390"),
    ],
)
def test_a_wrong_check_digit_is_told_as_such(module: ModuleType, number: str) -> None:
    with pytest.raises(InvalidChecksum):
        module.validate(number)
    assert not module.is_valid(number)


# --- Form -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "typed", "compact"),
    [
        (ik, "IK 26 03 26 822", "260326822"),
        (ik, "IK = 260326822", "260326822"),
        (kvnr, "x 110 465 770", "X110465770"),
        (lanr, "838382202 ", "838382202"),
        (bsnr, "72-11111/00", "721111100"),
        (pzn, "PZN - 2758 0899", "27580899"),
        (pzn, "PZN: 0067808", "00067808"),
        (himi, "15.25.01.1001", "1525011001"),
        (himi, "15 25 01 1 001", "1525011001"),
    ],
)
def test_separators_are_taken_off(module: ModuleType, typed: str, compact: str) -> None:
    assert module.validate(typed) == compact


@pytest.mark.parametrize(
    ("module", "number", "complaint"),
    [
        (ik, "26032682", InvalidLength),
        (ik, "26032682X", InvalidFormat),
        (ik, "", InvalidFormat),
        (kvnr, "X11046577", InvalidLength),
        (kvnr, "Ä110465770", InvalidFormat),
        (kvnr, "1110465770", InvalidFormat),
        (lanr, "8383822", InvalidLength),
        (lanr, "83838220\u0662", InvalidFormat),
        (bsnr, "7211111000", InvalidLength),
        (bsnr, "72111110A", InvalidFormat),
        (pzn, "275808", InvalidLength),
        (pzn, "2758089A", InvalidFormat),
        (himi, "152501", InvalidLength),
        (himi, "15250110X1", InvalidFormat),
    ],
)
def test_what_is_wrong_with_the_form_is_told(module: ModuleType, number: str, complaint: type[Exception]) -> None:
    with pytest.raises(complaint):
        module.validate(number)


@given(st.sampled_from(OWN), st.text(max_size=32))
def test_any_text_is_valid_or_not_and_never_a_crash(module: ModuleType, text: str) -> None:
    if module.is_valid(text):
        compact = module.validate(text)
        assert module.validate(module.format(compact)) == compact


@given(st.from_regex(r"[0-9]{8}", fullmatch=True), st.integers(2, 7), st.integers(1, 9))
def test_an_ik_notices_every_single_slip_in_the_digits_it_covers(stem: str, place: int, by: int) -> None:
    number = stem + ik.calc_check_digit(stem)
    slipped = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert ik.is_valid(number)
    assert not ik.is_valid(slipped)


@given(st.from_regex(r"[A-Z][0-9]{8}", fullmatch=True), st.integers(1, 8), st.integers(1, 9))
def test_an_insurance_number_notices_every_single_slip_in_its_digits(stem: str, place: int, by: int) -> None:
    number = stem + kvnr.calc_check_digit(stem)
    slipped = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert kvnr.is_valid(number)
    assert not kvnr.is_valid(slipped)


# --- What else a number tells -----------------------------------------------------------------------------------------


def test_the_ik_tells_insurer_from_care_fund() -> None:
    assert ik.classification("101575519") == "10"
    assert ik.classification("181575519") == "18"


def test_the_complete_insurance_number_is_taken_apart() -> None:
    assert kvnr.split("X110465770") == kvnr.Parts("X110465770", None, None, None)
    assert kvnr.split("X1104657701015755190") == kvnr.Parts("X110465770", "101575519", None, "0")
    relative = kvnr.split("X110465770101575519T0461424990")
    assert relative == kvnr.Parts("X110465770", "101575519", "T046142499", "0")
    with pytest.raises(InvalidLength):
        kvnr.split("X110465770101575519")
    with pytest.raises(InvalidChecksum):
        kvnr.split("X1104657711015755190")
    with pytest.raises(InvalidFormat):
        kvnr.split("X11046577010157551X0")


@pytest.mark.parametrize("number", ["999999900", "333333300", "999999999", "444444401", "000000000"])
def test_replacements_for_a_physicians_number_are_known(number: str) -> None:
    assert lanr.is_valid(number)
    assert lanr.is_pseudo(number)


@pytest.mark.parametrize("number", ["838382202", "123456628", "9999999", "99999990X"])
def test_a_physicians_own_number_is_no_replacement(number: str) -> None:
    assert not lanr.is_pseudo(number)


def test_a_missing_site_number_is_known() -> None:
    assert bsnr.is_pseudo("999999999")
    assert not bsnr.is_pseudo("721111100")


@given(st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_an_old_seven_digit_article_number_keeps_its_check_digit(stem: str) -> None:
    # the rule of the old number, weights 2 to 7
    remainder = sum(weight * int(digit) for weight, digit in zip(range(2, 8), stem, strict=True)) % 11
    if remainder < 10:
        assert pzn.validate(f"{stem}{remainder}") == f"0{stem}{remainder}"
    else:
        assert not any(pzn.is_valid(f"{stem}{digit}") for digit in "0123456789X")


def test_an_aid_is_printed_in_the_groups_of_the_register() -> None:
    assert himi.format("1525011001") == "15.25.01.1001"
    assert himi.format("1525011") == "15.25.01.1"
    assert himi.split("15.25.01.1001") == himi.Parts("15", "25", "01", "1", "001")
    assert himi.split("15.25.01.1").product is None
    assert himi.kind("1525011001") == "1525011"


def test_a_product_kind_is_filled_up_for_the_bill() -> None:
    assert himi.billing_number("15.25.01.1") == "1525011900"
    assert himi.billing_number("1525011001") == "1525011001"


def test_what_python_stdnum_has_is_found_under_the_users_names() -> None:
    assert insz.is_valid("85.07.30-033 28")
    assert insz.is_valid("98.47.28-997.65"), "a BIS number is a social security number too"
    assert kbo.is_valid("BE 0428759497")
    assert iban.is_valid("DE89 3704 0044 0532 0130 00")
    assert bic.is_valid("COBADEFFXXX")


# --- Belgium ----------------------------------------------------------------------------------------------------------


def test_the_belgian_numbers_of_the_corpus_are_judged_as_their_formulas_say(corpus: Path) -> None:
    modules = {"niss": insz, "kbo": kbo, "iban": iban, "riziv": riziv}
    with (corpus / "vsb" / "vectors" / "ids_synthetic.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["kind"] for row in rows} == set(modules)
    assert [
        row["value"] for row in rows if modules[row["kind"]].is_valid(row["value"]) != (row["valid"] == "True")
    ] == []


def test_a_riziv_number_may_have_its_check_digits_from_either_modulus() -> None:
    # 100396 modulo 97 is 1 and modulo 89 is 4, so the check digits are 96 and 85.
    assert riziv.is_valid("10039696004")
    assert riziv.is_valid("10039685004")
    assert not riziv.is_valid("10039684004")
    assert riziv.qualification("010039696004") == "004"
