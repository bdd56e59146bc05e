"""Segments by their table: what is written, what is refused, what is found wrong in a segment that came."""

import json
from dataclasses import dataclass
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billhook.wire import (
    CHARSETS,
    Charset,
    Field,
    K,
    Kind,
    M,
    Problem,
    Segment,
    SegmentLayout,
    Separators,
    WriteError,
    charset,
    check_segment,
    check_values,
    decode_segment,
    encode_segment,
    read_segments,
)
from billhook.wire.layout import by_tag
from tests.core.wire.ferry import PAS, SERVICE, TRP

TRIP: dict[str, object] = {
    "line": "F1",
    "pier": "00099",
    "seats": Decimal("1.5"),
    "seat_kind": "12",
    "fare": 12345,
    "on": date(2026, 1, 5),
}


def segment(text: str) -> Segment:
    return next(read_segments(text.encode()))


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def refused(layout: SegmentLayout, values: Any, version: int | None = None) -> Problem:
    with pytest.raises(WriteError) as error:
        encode_segment(layout, values, version)
    told = [problem for problem in check_values(layout, values, version) if problem.severity == "error"]
    if error.value.problem.code != "EDI-CHR-002":
        assert told == [error.value.problem]
    return error.value.problem


def test_values_are_written_in_the_order_and_form_of_the_table() -> None:
    assert encode_segment(TRP, TRIP) == "TRP+F1:00099+1,50+12+123,45+20260105'"
    whole = {**TRIP, "lane": "3", "leaves": time(7, 5), "minutes": 40}
    assert encode_segment(TRP, whole) == "TRP+F1:00099:3+1,50+12+123,45+20260105+0705+40'"


def test_empty_elements_at_the_end_are_dropped_and_keep_their_place_in_the_middle() -> None:
    assert encode_segment(TRP, {**TRIP, "seat_kind": None, "minutes": 40}) == "TRP+F1:00099+1,50++123,45+20260105++40'"


def test_the_published_vector_of_trailing_empties_holds(corpus: Path) -> None:
    vector = json.loads((corpus / "p302/vectors/edifact_vectors.json").read_text("utf-8"))["trailing_empty(paid)"]
    # That peer's null is no element at all; only its empty text is an empty element.
    tag, *given_values = [each for each in vector["in"] if each is not None]
    names = [f"field_{at}" for at in range(len(given_values))]
    layout = SegmentLayout("A", "", tuple(Field(name, name, Kind.TEXT, "..5", K) for name in names), "made up")
    assert encode_segment(layout, dict(zip(names, given_values, strict=True))) == vector["out"]
    assert tag == "A"


def test_a_table_knows_which_version_has_which_row() -> None:
    token = "t" * 22
    assert encode_segment(TRP, {**TRIP, "seat_kind": None}, 19) == "TRP+F1:00099+1,50+123,45+20260105'"
    assert encode_segment(TRP, {**TRIP, "token": token}, 20).endswith(f"+20260105+++{token}'")
    assert refused(TRP, {**TRIP, "token": token}, 21).code == "EDI-ELM-014"
    assert refused(TRP, TRIP, 19).code == "EDI-ELM-014"


def test_money_and_numbers_have_the_places_of_the_table() -> None:
    fares = {0: "0,00", 5: "0,05", -5: "-0,05", 15: "0,15", -1000: "-10,00", 987654321: "9876543,21"}
    for cents, text in fares.items():
        assert encode_segment(TRP, {**TRIP, "fare": cents}).split("+")[4] == text
    seats = {
        Decimal(4): "4,00",
        4: "4,00",
        Decimal("-0.00"): "0,00",
        Decimal("1E+2"): "100,00",
        Decimal("9999.99"): "9999,99",
    }
    for number, text in seats.items():
        assert encode_segment(TRP, {**TRIP, "seats": number}).split("+")[2] == text


def test_published_numbers_hold_once_they_are_rounded_and_are_refused_before(corpus: Path) -> None:
    vectors = json.loads((corpus / "p302/vectors/edifact_vectors.json").read_text("utf-8"))["number"]
    layout = SegmentLayout("N", "", (Field("number", "", Kind.DECIMAL, "..10,2", M),), "made up")
    for value, text in [*vectors["ruby"], *vectors["paid_price"]]:
        if value is None:
            continue  # one peer writes 0,00 for nothing; here nothing is nothing
        exact = Decimal(str(value).replace(",", "."))
        rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert encode_segment(layout, {"number": rounded}) == f"N+{text}'"
        if exact != rounded:
            assert refused(layout, {"number": exact}).code == "EDI-ELM-005"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("line", None, "EDI-ELM-001"),
        ("line", "", "EDI-ELM-001"),
        ("line", "  ", "EDI-ELM-001"),
        ("line", "F12", "EDI-ELM-002"),
        ("line", "F", "EDI-ELM-003"),
        ("line", 12, "EDI-ELM-013"),
        ("seats", 10_000, "EDI-ELM-002"),
        ("seats", Decimal("1.555"), "EDI-ELM-005"),
        ("seats", Decimal("NaN"), "EDI-ELM-004"),
        ("seats", Decimal("Infinity"), "EDI-ELM-004"),
        ("seats", 1.5, "EDI-ELM-013"),
        ("fare", Decimal("1.50"), "EDI-ELM-013"),
        ("fare", True, "EDI-ELM-013"),
        ("fare", 10**12, "EDI-ELM-002"),
        ("on", "20260105", "EDI-ELM-013"),
        ("leaves", date(2026, 1, 5), "EDI-ELM-013"),
        ("minutes", 10_000, "EDI-ELM-002"),
        ("captain", "Ahab", "EDI-ELM-014"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_its_name_and_place(name: str, value: object, code: str) -> None:
    problem = refused(TRP, {**TRIP, name: value})
    assert (problem.code, problem.where.tag, problem.where.field) == (code, "TRP", name)
    assert problem.source == "Ferry 5 TRP"
    if value and not str(value).isspace():
        assert problem.value == str(value)


def test_keys_and_identifiers_are_digits() -> None:
    assert encode_segment(PAS, {"last_name": "Ost", "ticket": "012345678"}) == "PAS+Ost+++012345678'"
    assert refused(PAS, {"last_name": "Ost", "ticket": "01234567A"}).code == "EDI-ELM-004"
    assert refused(PAS, {"last_name": "Ost", "ticket": "０12345678"}).code == "EDI-ELM-004"
    assert refused(PAS, {"last_name": "Ost", "ticket": "12345678"}).code == "EDI-ELM-003"


def test_a_birth_date_may_lack_day_or_month_but_not_be_senseless() -> None:
    for born, text in {date(1950, 2, 3): "19500203", "19500200": "19500200", "19500000": "19500000"}.items():
        assert encode_segment(PAS, {"last_name": "Ost", "born_on": born}) == f"PAS+Ost++{text}'"
        assert decode_segment(PAS, segment(f"PAS+Ost++{text}'")) == ({"last_name": "Ost", "born_on": born}, [])
    assert refused(PAS, {"last_name": "Ost", "born_on": "19501300"}).code == "EDI-ELM-006"


def test_a_dataclass_is_as_good_as_a_mapping() -> None:
    @dataclass
    class Passenger:
        last_name: str
        first_name: str | None = None

    class Name(StrEnum):
        WEST = "West"

    assert encode_segment(PAS, Passenger("Ost")) == "PAS+Ost'"
    assert encode_segment(PAS, {"last_name": Name.WEST}) == "PAS+West'"
    with pytest.raises(TypeError):
        encode_segment(PAS, 5)  # type: ignore[arg-type]  # wrong on purpose


def test_the_constant_of_a_row_is_written_when_no_other_value_is_given() -> None:
    values = {
        "sender": "a",
        "receiver": "b",
        "made_on": date(2010, 10, 10),
        "made_at": time(12, 12),
        "interchange_reference": 123,
        "service_area": "A",
        "file_name": "00456",
        "test_indicator": "0",
    }
    assert encode_segment(SERVICE.unb, values) == "UNB+UNOC:3+a+b+20101010:1212+00123+A+00456+0'"
    assert refused(SERVICE.unb, {**values, "syntax": "UNOA"}).code == "EDI-ELM-008"


def test_the_published_header_and_trailer_have_our_shape(corpus: Path) -> None:
    vectors = json.loads((corpus / "p302/vectors/edifact_vectors.json").read_text("utf-8"))
    values, problems = decode_segment(SERVICE.unb, segment(vectors["unb(ruby)"]))
    assert problems == []
    assert encode_segment(SERVICE.unb, values) == vectors["unb(ruby)"]
    assert encode_segment(SERVICE.unz, {"message_count": 1, "interchange_reference": 123}) == vectors["unz(ruby)"]
    assert values["interchange_reference"] == 123


def test_text_outside_the_character_set_is_refused_unless_somebody_listens() -> None:
    problems: list[Problem] = []
    values = {"last_name": "Łoś", "first_name": "Zofia\nAnna"}
    assert refused(PAS, values).code == "EDI-CHR-002"
    assert encode_segment(PAS, values, report=problems.append) == "PAS+Los+Zofia Anna'"
    assert [(each.code, each.where.field, each.value) for each in problems] == [
        ("EDI-CHR-001", "last_name", "Łoś"),
        ("EDI-CHR-003", "first_name", "Zofia\nAnna"),
    ]
    assert "Łoś" not in f"{problems!r} {problems[0]}"


def test_length_counts_after_transliteration_because_that_is_what_travels() -> None:
    with pytest.raises(WriteError) as error:
        encode_segment(PAS, {"last_name": "€" * 16}, report=lambda _: None)
    assert error.value.problem.code == "EDI-ELM-002"
    assert error.value.value == "€" * 16
    assert "€" not in str(error.value)


def test_everything_wrong_with_values_is_told_at_once() -> None:
    found = check_values(TRP, {**TRIP, "line": "F12", "seats": 1.5, "on": None})
    assert [(each.code, each.where.element, each.where.component) for each in found] == [
        ("EDI-ELM-002", 1, 1),
        ("EDI-ELM-013", 2, None),
        ("EDI-ELM-001", 5, None),
    ]
    assert check_values(TRP, TRIP) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TRP+F1:00099+1,50+12+123,45+20260105'", []),
        ("TRP+F1:00099+1,5+12+123,45+20260105'", [("EDI-ELM-005", 2, None)]),
        ("TRP+F1:00099+1.50+12+123,45+20260105'", [("EDI-ELM-012", 2, None)]),
        ("TRP+F1:00099+99999,00+12+,45+20260105'", [("EDI-ELM-002", 2, None)]),
        ("TRP+F1:00099+x+12+123,45+20260105'", [("EDI-ELM-004", 2, None)]),
        ("TRP+F1:00099+1,50+12+123,45+20260230'", [("EDI-ELM-006", 5, None)]),
        ("TRP+F1:00099+1,50+12+123,45+260105'", [("EDI-ELM-006", 5, None)]),
        ("TRP+F1:00099+1,50+12+123,45+20260105+2400'", [("EDI-ELM-007", 6, None)]),
        ("TRP+F1+1,50+12+123,45+20260105'", [("EDI-ELM-001", 1, 2)]),
        ("TRP+F1:00099:1:2+1,50+12+123,45+20260105'", [("EDI-ELM-010", 1, 4)]),
        ("TRP+F1:00099+1,50+12+123,45+20260105+++x'", [("EDI-ELM-009", 8, None)]),
        ("TRP+F1:00099+1,50+12+123,45+20260105++'", [("EDI-ELM-011", 7, None)]),
        ("TRP+F1:00099+1,50+12'", [("EDI-ELM-001", 4, None), ("EDI-ELM-001", 5, None)]),
        ("TRP+F123:00099+1,50+1+123,45+20260105'", [("EDI-ELM-002", 1, 1), ("EDI-ELM-003", 3, None)]),
        ("TRP+F\t:00099+1,50+12+123,45+20260105'", [("EDI-CHR-003", 1, 1)]),
    ],
)
def test_what_is_wrong_in_a_segment_is_found_with_its_place(
    text: str, found: list[tuple[str, int, int | None]]
) -> None:
    problems = check_segment(TRP, segment(text))
    assert [(each.code, each.where.element, each.where.component) for each in problems] == found
    for each in problems:
        assert (each.where.segment, each.where.offset, each.where.line) == (1, 0, 1)


def test_reading_keeps_what_it_cannot_understand_as_text() -> None:
    values, problems = decode_segment(TRP, segment("TRP+F1:00099+many+12+12.345+20261301'"))
    assert values == {
        "line": "F1",
        "pier": "00099",
        "seats": "many",
        "seat_kind": "12",
        "fare": "12.345",
        "on": "20261301",
    }
    assert codes(problems) == ["EDI-ELM-004", "EDI-ELM-012", "EDI-ELM-005", "EDI-ELM-006"]


def test_a_six_digit_date_is_read_where_the_table_allows_it() -> None:
    layout = SegmentLayout("DAY", "", (Field("day", "", Kind.DATE, "6..8", M),), "made up")
    for text in ("260105", "20260105"):
        assert decode_segment(layout, segment(f"DAY+{text}'")) == ({"day": date(2026, 1, 5)}, [])


@pytest.mark.parametrize("length", ["", "x", "..", "5..", "..10,"])
def test_a_length_that_no_spec_would_print_is_refused(length: str) -> None:
    with pytest.raises(ValueError, match="is no length"):
        Field("name", "Name", Kind.TEXT, length, M)


def test_a_table_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit together"):
        Field("fare", "Fahrpreis", Kind.CENTS, "..10", M)
    with pytest.raises(ValueError, match="no Python identifier"):
        Field("unit price", "Einzelbetrag", Kind.CENTS, "..10,2", M)
    with pytest.raises(ValueError, match="two layouts for segment PAS"):
        by_tag([PAS, PAS])


texts = st.text(max_size=47)
names = st.fixed_dictionaries(
    {"last_name": texts.filter(lambda text: bool(text.strip()))},
    optional={"first_name": st.text(max_size=30), "ticket": st.from_regex(r"[0-9]{9}", fullmatch=True)},
)
separators = st.sampled_from([Separators(), Separators(".", "*", ",", "/", " ", "!")])


@given(names, st.sampled_from(CHARSETS), separators)
def test_names_read_back_as_they_were_written_and_every_change_is_told(
    values: dict[str, str], target: Charset, signs: Separators
) -> None:
    problems: list[Problem] = []
    hindered = [each for each in check_values(PAS, values, charset=target) if each.severity == "error"]
    if hindered:
        # Transliteration can make a text longer than its field, or leave nothing of it.
        assert set(codes(hindered)) <= {"EDI-ELM-001", "EDI-ELM-002"}
        with pytest.raises(WriteError):
            encode_segment(PAS, values, charset=target, separators=signs, report=problems.append)
        assert problems
        return
    text = encode_segment(PAS, values, charset=target, separators=signs, report=problems.append)
    found = list(read_segments(target.encode_exactly(text), charset=target, separators=signs, report=problems.append))
    assert len(found) == 1
    read, _ = decode_segment(PAS, found[0])
    changed = {problem.where.field for problem in problems}
    for name, value in values.items():
        if name not in changed and value:
            assert read[name] in (value, target.fit(value)[0])
    assert set(read) == {name for name, value in values.items() if read.get(name) or (value and name not in changed)}


trips = st.fixed_dictionaries(
    {
        "line": st.just("F1"),
        "pier": st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=5),
        "seats": st.decimals(min_value=-9999, max_value=9999, places=2),
        "fare": st.integers(-(10**12) + 1, 10**12 - 1),
        "on": st.dates(),
    },
    optional={
        "seat_kind": st.sampled_from(["??", "++", "''", "::", ",,", "12"]),
        "leaves": st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
        "minutes": st.integers(-9999, 9999),
    },
)


@given(trips)
def test_trips_read_back_as_they_were_written(values: dict[str, object]) -> None:
    text = encode_segment(TRP, values)
    found = list(read_segments(text.encode("ascii")))
    assert len(found) == 1
    assert decode_segment(TRP, found[0]) == (values, [])


def test_utf_8_is_written_without_transliteration() -> None:
    assert encode_segment(PAS, {"last_name": "Łoś"}, charset=charset("U8")) == "PAS+Łoś'"
