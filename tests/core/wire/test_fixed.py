"""Records of fixed length: positions from the table, strict writing, lenient reading."""

# ruff: noqa: DTZ001 – a record carries local time without a zone, and so do the values

from dataclasses import dataclass
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billhook.wire import (
    Kind,
    M,
    Problem,
    RecordField,
    RecordLayout,
    WriteError,
    check_record,
    decode_record,
    encode_record,
)

TICKET = RecordLayout(
    "TICKET",
    "A ferry ticket",
    (
        RecordField("kind", "Satzart", Kind.DIGITS, 1, 2, default="10", allowed=("10",)),
        RecordField("number", "Nummer", Kind.INTEGER, 3, 8, presence=M),
        RecordField("fare", "Betrag", Kind.SIGNED, 9, 20, fill="0", default=0),
        RecordField("on", "Datum", Kind.DATE, 21, 28),
        RecordField("at", "Uhrzeit", Kind.TIME, 29, 32),
        RecordField("sold", "Verkauft", Kind.TIMESTAMP, 33, 46),
        RecordField("sex", "Geschlecht", Kind.TEXT, 47, 47, allowed=("M", "F")),
        RecordField("name", "Name", Kind.TEXT, 48, 60),
    ),
    "Ferry 9",
)
VALUES: dict[str, object] = {
    "number": 42,
    "fare": -1250,
    "on": date(2026, 1, 5),
    "at": time(9, 5),
    "sold": datetime(2026, 1, 4, 23, 59, 1),
    "sex": "F",
    "name": "Größe",
}
RECORD = "10000042-0000000125020260105090520260104235901FGröße        "


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def refused(values: dict[str, object]) -> Problem:
    with pytest.raises(WriteError) as error:
        encode_record(TICKET, values)
    return error.value.problem


def test_every_field_stands_at_its_positions() -> None:
    assert encode_record(TICKET, VALUES) == RECORD.encode("iso-8859-1")
    assert TICKET.length == 60
    assert TICKET.by_name["fare"].width == 12


def test_absent_numbers_are_zeros_and_absent_texts_blanks() -> None:
    record = encode_record(TICKET, {"number": 1})
    assert record == b"10000001+00000000000" + b"0" * 26 + b" " * 14
    assert decode_record(TICKET, record) == ({"kind": "10", "number": 1, "fare": 0, "at": time(0, 0)}, [])


def test_a_record_reads_back() -> None:
    assert decode_record(TICKET, RECORD.encode("iso-8859-1")) == ({"kind": "10", **VALUES}, [])


def test_a_dataclass_is_as_good_as_a_mapping() -> None:
    @dataclass
    class Ticket:
        number: int
        name: str | None = None

    assert encode_record(TICKET, Ticket(7)).startswith(b"10000007")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("number", None, "FIX-FLD-001"),
        ("number", 1_000_000, "FIX-FLD-002"),
        ("number", -1, "FIX-FLD-003"),
        ("number", "42", "FIX-FLD-006"),
        ("number", True, "FIX-FLD-006"),
        ("kind", "11", "FIX-FLD-005"),
        ("kind", "1x", "FIX-FLD-003"),
        ("fare", 10**11, "FIX-FLD-002"),
        ("on", datetime(2026, 1, 5), "FIX-FLD-006"),
        ("sex", "X", "FIX-FLD-005"),
        ("name", "a name of more than 13", "FIX-FLD-002"),
        ("name", "Łoś", "EDI-CHR-002"),
        ("name", 5, "FIX-FLD-006"),
        ("captain", "Ahab", "FIX-FLD-007"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_name_and_place(name: str, value: object, code: str) -> None:
    problem = refused({**VALUES, name: value})
    assert (problem.code, problem.where.field, problem.source) == (code, name, "Ferry 9")
    assert "Ahab" not in str(problem)


def test_everything_wrong_with_values_is_told_at_once() -> None:
    found = check_record(TICKET, {"number": -1, "sex": "X", "name": "Łoś"})
    assert [(each.code, each.where.element) for each in found] == [
        ("FIX-FLD-003", 3),
        ("FIX-FLD-005", 47),
        ("EDI-CHR-001", 48),
    ]


def test_transliteration_is_reported_and_keeps_the_positions() -> None:
    problems: list[Problem] = []
    record = encode_record(TICKET, {**VALUES, "name": "Łoś\t€"}, report=problems.append)
    assert record[47:] == b"Los EUR      "
    assert [(each.code, each.where.field, each.where.offset) for each in problems] == [("EDI-CHR-001", "name", 47)]


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (RECORD.rstrip(), ["FIX-REC-003"]),
        (RECORD[:28], ["FIX-REC-001"]),
        (RECORD + "x", ["FIX-REC-002"]),
        (RECORD.replace("10000042", "1000004x"), ["FIX-FLD-003"]),
        (RECORD.replace("10000042", "10    42"), ["FIX-FLD-008"]),
        (RECORD.replace("10000042", "10      "), ["FIX-FLD-001"]),
        (RECORD.replace("10000042", "11000042"), ["FIX-FLD-005"]),
        (RECORD.replace("-00000001250", "000000001250"), ["FIX-FLD-008"]),
        (RECORD.replace("-00000001250", "-0000000+250"), ["FIX-FLD-003"]),
        (RECORD.replace("20260105", "20260230"), ["FIX-FLD-004"]),
        (RECORD.replace("20260105", "2026010x"), ["FIX-FLD-004"]),
        (RECORD.replace("FGröße ", "XGröße "), ["FIX-FLD-005"]),
        (RECORD.replace("FGröße ", "F Größe"), ["FIX-FLD-008"]),
    ],
)
def test_what_is_wrong_in_a_record_is_found(record: str, found: list[str]) -> None:
    values, problems = decode_record(TICKET, record.encode("iso-8859-1"), offset=1000, number=3)
    assert codes(problems) == found
    assert values["sex"] if len(record) > 46 else True
    for each in problems:
        assert each.where.segment == 3
        assert each.where.offset is not None
        assert each.where.offset >= 1000


def test_fields_follow_each_other_without_gap() -> None:
    with pytest.raises(ValueError, match="begins at 3, not at 2"):
        RecordLayout("R", "", (RecordField("a", "", Kind.TEXT, 1, 1), RecordField("b", "", Kind.TEXT, 3, 4)), "made up")
    with pytest.raises(ValueError, match="a name occurs twice"):
        RecordLayout("R", "", (RecordField("a", "", Kind.TEXT, 1, 1), RecordField("a", "", Kind.TEXT, 2, 4)), "made up")


@pytest.mark.parametrize(
    ("name", "kind", "first", "last"),
    [
        ("a b", Kind.TEXT, 1, 2),
        ("a", Kind.TEXT, 0, 2),
        ("a", Kind.TEXT, 3, 2),
        ("a", Kind.DATE, 1, 6),
        ("a", Kind.CENTS, 1, 9),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(name: str, kind: Kind, first: int, last: int) -> None:
    with pytest.raises(ValueError, match=r"field (name )?'?a"):
        RecordField(name, "", kind, first, last)


@given(
    st.fixed_dictionaries(
        {"number": st.integers(0, 999_999)},
        optional={
            "fare": st.integers(-(10**11) + 1, 10**11 - 1),
            "on": st.dates(),
            "at": st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
            "sold": st.datetimes().map(lambda moment: moment.replace(microsecond=0)),
            "sex": st.sampled_from("MF"),
            "name": st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=13),
        },
    )
)
def test_records_read_back_as_they_were_written(values: dict[str, object]) -> None:
    record = encode_record(TICKET, values)
    assert len(record) == TICKET.length
    expected = {"kind": "10", "fare": 0, "at": time(0, 0), **values}
    assert decode_record(TICKET, record) == (expected, [])


@given(st.binary(max_size=90), st.integers(0, 60))
def test_no_bytes_make_reading_raise(noise: bytes, at: int) -> None:
    good = RECORD.encode("iso-8859-1")
    for data in (noise, good[:at] + noise + good[at:], good[:at] + noise):
        values, problems = decode_record(TICKET, data)
        assert set(values) <= TICKET.names
        for problem in problems:
            assert str(problem)


def test_positions_are_bytes_in_any_character_set() -> None:
    layout = RecordLayout("R", "", (RecordField("name", "", Kind.TEXT, 1, 6),), "made up", charset="U8")
    assert encode_record(layout, {"name": "Größe"[:3]}) == "Grö  ".encode()
    with pytest.raises(WriteError, match="FIX-FLD-002"):
        encode_record(layout, {"name": "Größe"})
