"""Whole files: the envelope that is written, and what is found wrong in one that came."""

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billhook.wire import (
    Group,
    InterchangeCheck,
    InterchangeWriter,
    Node,
    Problem,
    Segment,
    Separators,
    Use,
    WriteError,
    check_interchange,
    optional,
    read_segments,
)
from billhook.wire.grammar import Automaton
from billhook.wire.interchange import BodySegment
from tests.core.wire.ferry import CHOOSE, FEE, FERR, PAS, SERVICE, SUM, TRP

HEADER: dict[str, object] = {
    "sender": "590710544",
    "receiver": "661430035",
    "made_on": date(2026, 1, 5),
    "made_at": time(9, 30),
    "interchange_reference": 7,
    "service_area": "A",
    "file_name": "SL071054S01",
    "test_indicator": "2",
}
HEAD = {"message_type": "FERR", "message_version": 21}
CROSSING: list[BodySegment] = [
    (PAS, {"last_name": "D'Angelo", "first_name": "Luigi"}),
    (TRP, {"line": "F1", "pier": "N", "seats": 1, "fare": 250, "on": date(2026, 1, 2)}),
    (FEE, {"fee": 0}),
    (SUM, {"total": 250}),
]
WRITTEN = (
    "UNB+UNOC:3+590710544+661430035+20260105:0930+00007+A+SL071054S01+2'"
    "UNH+00001+FERR:21'PAS+D?'Angelo+Luigi'TRP+F1:N+1,00++2,50+20260102'FEE+0,00'SUM+2,50'UNT+000006+00001'"
    "UNH+00002+FERR:21'UNT+000002+00002'"
    "UNZ+000002+00007'"
)


def written(**options: Any) -> bytes:
    writer = InterchangeWriter(SERVICE, HEADER, **options)
    return b"".join(writer.write([(HEAD, CROSSING), (HEAD, [])]))


def problems_of(text: str | bytes) -> list[Problem]:
    data = text if isinstance(text, bytes) else text.encode("iso-8859-1")
    found: list[Problem] = []
    segments = read_segments(data, report=found.append)
    return [*check_interchange(segments, SERVICE, CHOOSE), *found]


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def whole(*body: str) -> str:
    """A file with one message of these segments, counted rightly."""
    inner = "".join(f"{each}'" for each in body)
    head = WRITTEN[: WRITTEN.index("UNH")]
    return f"{head}UNH+00001+FERR:21'{inner}UNT+{len(body) + 2:06d}+00001'UNZ+000001+00007'"


def test_a_file_is_written_with_its_counts_and_references() -> None:
    assert written() == WRITTEN.encode()


def test_line_ends_and_una_are_written_where_a_receiver_wants_them() -> None:
    assert written(una=True, line_end="\r\n") == b"UNA:+,? '\r\n" + WRITTEN.replace("?'", "\0").replace(
        "'", "'\r\n"
    ).replace("\0", "?'").encode("ascii")


def test_other_separators_are_announced_and_used() -> None:
    signs = Separators(".", "*", ",", "/", " ", "~")
    data = written(una=True, separators=signs)
    assert data.startswith(b"UNA.*,/ ~UNB*UNOC.3*")
    assert b"PAS*D'Angelo*Luigi~" in data
    read = [segment.elements for segment in read_segments(data)]
    assert read == [segment.elements for segment in read_segments(WRITTEN.encode())]


def test_a_large_message_leaves_in_chunks() -> None:
    writer = InterchangeWriter(SERVICE, HEADER, chunk=100)
    chunks = list(writer.message(HEAD, CROSSING * 100))
    assert len(chunks) > 50
    assert b"".join(chunks).endswith(b"UNT+000402+00001'")


def test_a_bad_value_stops_the_writer_before_it_is_written() -> None:
    writer = InterchangeWriter(SERVICE, HEADER)
    with pytest.raises(WriteError, match="EDI-ELM-013 FEE, element 1, fee"):
        list(writer.message(HEAD, [(FEE, {"fee": "1,00"})]))


def test_what_we_write_is_found_without_fault() -> None:
    empty = [problem for problem in problems_of(written()) if problem.where.message != "00002"]
    assert empty == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("UNT+000006", "UNT+000007", ["EDI-MSG-003"]),
        ("UNT+000006+00001", "UNT+000006+00009", ["EDI-MSG-004"]),
        ("UNT+000006+00001'", "", ["EDI-MSG-005"]),
        ("UNZ+000002", "UNZ+000003", ["EDI-UNB-003"]),
        ("UNZ+000002+00007", "UNZ+000002+00008", ["EDI-UNB-004"]),
        ("UNZ+000002+00007'", "", ["EDI-UNB-002"]),
        ("UNZ+000002+00007'", "UNZ+000002+00007'SUM+1,00'", ["EDI-UNB-005", "EDI-MSG-006"]),
        ("UNH+00002", "UNH+00001", ["EDI-MSG-008", "EDI-MSG-004"]),
        ("UNH+00002+FERR:21", "UNH+00002+XXXX:21", ["EDI-ELM-008", "EDI-MSG-007"]),
        ("D?'Angelo", "D'Angelo", ["EDI-MSG-001", "EDI-SEG-004", "EDI-MSG-003", "EDI-SEG-001"]),
        ("SUM+2,50'", "SUM+2,5'", ["EDI-ELM-005"]),
        ("SUM+2,50'", "XYZ+1'", ["EDI-MSG-001", "EDI-SEG-004"]),
    ],
)
def test_every_damage_of_the_envelope_is_found(before: str, after: str, found: list[str]) -> None:
    assert WRITTEN.count(before) == 1
    damaged = WRITTEN.replace(before, after)
    empty_message = ["EDI-MSG-002"] if "EDI-MSG-007" not in found else []
    assert sorted(codes(problems_of(damaged))) == sorted(found + empty_message)


def test_a_file_without_header_is_no_file() -> None:
    assert codes(problems_of(WRITTEN[WRITTEN.index("UNH+00001") :]))[0] == "EDI-UNB-001"
    assert codes(problems_of("")) == ["EDI-UNB-001", "EDI-UNB-002", "EDI-FILE-001"]


TRIP, PASSENGER = "TRP+F1:N+1,00++2,50+20260102", "PAS+Ost"


@pytest.mark.parametrize(
    "body",
    [
        (PASSENGER, TRIP, "FEE+0,00"),
        (PASSENGER, TRIP, "FEE+0,00", TRIP, "BAG+1,0", "FEE+0,00", "SUM+1,00", "SUM+2,00"),
        (PASSENGER, TRIP, "BAG+1,0", TRIP, "FEE+0,00", "FEE+0,00"),
        (PASSENGER, TRIP, "FEE+0,00", PASSENGER, TRIP, TRIP, "FEE+0,00"),
    ],
)
def test_both_customary_orders_are_accepted(body: tuple[str, ...]) -> None:
    assert problems_of(whole(*body)) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ((TRIP, "FEE+0,00"), "TRP found, PAS expected"),
        ((PASSENGER, "FEE+0,00"), "FEE found, TRP expected"),
        ((PASSENGER, TRIP, "SUM+1,00"), "SUM found, BAG or FEE or TRP expected"),
        ((PASSENGER, TRIP, "BAG+1,0", "BAG+1,0", "FEE+0,00"), "BAG found, FEE or TRP expected"),
        ((PASSENGER, TRIP), "UNT found, BAG or FEE or TRP expected"),
    ],
)
def test_a_wrong_order_is_told_once_with_what_was_expected(body: tuple[str, ...], message: str) -> None:
    problems = problems_of(whole(*body))
    assert len(problems) == 1
    assert problems[0].message.endswith(message)


def test_the_two_orders_mixed_in_one_group_are_not_accepted() -> None:
    assert codes(problems_of(whole(PASSENGER, TRIP, TRIP, "FEE+0,00", TRIP, "FEE+0,00"))) == ["EDI-MSG-001"]


def test_a_group_repeats_within_its_limits() -> None:
    automaton = Automaton(Group("m", (Use("A"), Use("B", 2, 3), optional("C"))))

    def accepts(tags: str) -> bool:
        state = automaton.start
        for tag in tags:
            state = automaton.step(state, tag)
        return automaton.complete(state)

    assert [text for text in ("A", "AB", "ABB", "ABBB", "ABBBB", "ABBC", "ABBCC") if accepts(text)] == [
        "ABB",
        "ABBB",
        "ABBC",
    ]


def test_a_group_begins_with_a_segment_that_is_always_there() -> None:
    with pytest.raises(ValueError, match="must begin with a segment"):
        Group("trip", (optional("TRP"), Use("FEE")))


def shape(part: Segment | Node) -> Any:
    return part.tag if isinstance(part, Segment) else [part.name, *(shape(each) for each in part.parts)]


def test_a_message_becomes_a_tree() -> None:
    text = whole(PASSENGER, TRIP, "BAG+1,0", "FEE+0,00", TRIP, "FEE+0,00", "SUM+1,00", PASSENGER, TRIP, "FEE+0,00")
    message = [segment for segment in read_segments(text.encode()) if segment.message]
    trees = list(FERR.walk(message))
    assert [shape(each) for each in trees] == [
        "UNH",
        ["passenger", "PAS", ["trip", "TRP", "BAG", "FEE"], ["trip", "TRP", "FEE"], "SUM"],
        ["passenger", "PAS", ["trip", "TRP", "FEE"]],
        "UNT",
    ]
    tree = FERR.tree(message)
    assert list(tree.segments()) == message
    first = next(tree.groups("passenger"))
    assert first.first("PAS") == message[1]
    assert first.first("UNT") is None
    assert len(list(first.groups("trip"))) == 2


def test_fees_after_all_trips_hang_on_the_last_trip() -> None:
    text = whole(PASSENGER, TRIP, TRIP, "FEE+0,00", "FEE+0,00")
    message = [segment for segment in read_segments(text.encode()) if segment.message]
    assert shape(list(FERR.walk(message))[1]) == [
        "passenger",
        "PAS",
        ["trip", "TRP"],
        ["trip", "TRP", "FEE", "FEE"],
    ]


def test_an_unknown_segment_stays_where_it_was_found() -> None:
    text = whole(PASSENGER, TRIP, "XYZ+1", "FEE+0,00")
    message = [segment for segment in read_segments(text.encode()) if segment.message]
    assert shape(list(FERR.walk(message))[1]) == ["passenger", "PAS", ["trip", "TRP", "XYZ", "FEE"]]


def test_walking_a_long_message_holds_one_group_at_a_time() -> None:
    passengers = 0

    def endless() -> Iterator[Segment]:
        nonlocal passengers
        yield from read_segments(b"UNH+1+FERR'")
        while True:
            passengers += 1
            yield from read_segments(f"{PASSENGER}'{TRIP}'FEE+0,00'".encode())

    for part in FERR.walk(endless()):
        if isinstance(part, Node):
            assert passengers <= 2
            break


def test_a_check_follows_the_reader_segment_by_segment(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(written())
    check = InterchangeCheck(SERVICE, CHOOSE)
    for segment in read_segments(path):
        check.feed(segment)
        if segment.tag == "PAS":
            assert check.layout is FERR
    assert check.messages == 2
    assert check.finish() == []
    assert check.header["interchange_reference"] == 7


bodies = st.lists(st.sampled_from([PASSENGER, TRIP, "FEE+0,00", "BAG+1,0", "SUM+1,00", "XYZ+1", "UNT+1", "UNB", "Q"]))


@given(bodies, st.integers(0, 300))
def test_no_order_of_segments_makes_checking_or_walking_raise(body: list[str], cut: int) -> None:
    text = whole(*body)[: cut if cut < 150 else None].encode()
    for problem in problems_of(text):
        assert str(problem)
    segments = list(read_segments(text, report=lambda _: None))
    walked = [
        found for part in FERR.walk(segments) for found in ([part] if isinstance(part, Segment) else part.segments())
    ]
    assert walked == segments
