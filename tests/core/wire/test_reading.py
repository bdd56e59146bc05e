"""Reading EDIFACT: well-formed files, the odd customs of real ones, and whatever a broken disk makes of them."""

import io
import json
import logging
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billhook.wire import CHARSETS, Problem, Segment, Separators, read_segments
from billhook.wire.edifact import MAX_SEGMENT, Source

PLAIN = b"UNB+UNOC:3+590710544+661430035'UNH+00001+SLGA:21:0:0'FKT+01++590710544'UNT+000003+00001'UNZ+000001+00001'"


def read(source: Source, **options: Any) -> tuple[list[Segment], list[Problem]]:
    problems: list[Problem] = []
    return list(read_segments(source, report=problems.append, **options)), problems


def codes(problems: list[Problem]) -> list[str]:
    return [problem.code for problem in problems]


def test_a_segment_knows_its_elements_and_where_it_stands() -> None:
    segments, problems = read(PLAIN)
    assert problems == []
    assert [segment.tag for segment in segments] == ["UNB", "UNH", "FKT", "UNT", "UNZ"]
    assert segments[0].elements == (("UNOC", "3"), ("590710544",), ("661430035",))
    fkt = segments[2]
    assert fkt.elements == (("01",), ("",), ("590710544",))
    assert (fkt.number, fkt.in_message, fkt.message) == (3, 2, "00001")
    assert PLAIN[fkt.offset :].startswith(b"FKT+01")
    assert (segments[3].in_message, segments[4].in_message, segments[4].message) == (3, 0, "")
    assert (fkt.value(3), fkt.value(2), fkt.value(9), fkt.value(1, 5)) == ("590710544", "", "", "")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b" \n "])
def test_line_ends_between_segments_are_dropped_and_lines_are_counted(end: bytes) -> None:
    data = PLAIN.replace(b"'", b"'" + end)
    segments, problems = read(data)
    assert problems == []
    assert [segment.elements for segment in segments] == [segment.elements for segment in read(PLAIN)[0]]
    assert [data[segment.offset :][:3].decode() for segment in segments] == ["UNB", "UNH", "FKT", "UNT", "UNZ"]
    if b"\n" in end:
        assert [segment.line for segment in segments] == [1, 2, 3, 4, 5]


def test_blanks_and_line_ends_inside_of_an_element_belong_to_it() -> None:
    segments, _ = read(b"TXT+ two\r\nlines '")
    assert segments[0].value(1) == " two\r\nlines "


def test_released_characters_are_text_and_raw_commas_as_well() -> None:
    segments, problems = read(b"NAD+D?'Angelo+a?+b:c?:d+wie???'+1?,5+1,5+?x'")
    assert problems == []
    assert segments[0].elements == (("D'Angelo",), ("a+b", "c:d"), ("wie?'",), ("1,5",), ("1,5",), ("?x",))


def test_a_double_release_character_does_not_release_the_terminator() -> None:
    segments, _ = read(b"TXT+wie??'TXT+so'")
    assert [segment.value(1) for segment in segments] == ["wie?", "so"]


@pytest.mark.parametrize(
    "name",
    [
        "escape_TA1_5_1",
        "escape_ruby_gkv_billing_MIT(spec/unit/edifact/segment_spec.rb)",
    ],
)
def test_escaping_agrees_with_the_published_vectors(corpus: Path, name: str) -> None:
    vectors = json.loads((corpus / "p302/vectors/edifact_vectors.json").read_text("utf-8"))[name]
    assert vectors
    for text, escaped in vectors:
        assert Separators().escape(text) == escaped
        assert Separators().unescape(escaped) == text


def test_text_that_a_peer_wrote_without_escaping_the_comma_is_read(corpus: Path) -> None:
    vectors = json.loads((corpus / "p302/vectors/edifact_vectors.json").read_text("utf-8"))
    key = next(key for key in vectors if key.startswith("escape_paid"))
    for text, escaped in vectors[key]:
        assert Separators().unescape(escaped) == text


def test_una_sets_the_separators() -> None:
    segments, problems = read(b"UNA.*,/ ~UNB*UNOC.3*a/~b~UNZ*1~")
    assert problems == []
    assert [segment.elements for segment in segments] == [(("UNOC", "3"), ("a~b",)), (("1",),)]
    assert segments[0].offset == 9


@pytest.mark.parametrize("una", [b"UNA::,? '", b"UNAabcdef", b"UNA:+,? :"])
def test_a_senseless_una_is_reported_and_the_default_taken(una: bytes) -> None:
    segments, problems = read(una + PLAIN)
    assert codes(problems) == ["EDI-FILE-006"]
    assert len(segments) == 5


def test_joined_files_are_read_on() -> None:
    segments, problems = read((b"UNA:+,? '" + PLAIN) * 2)
    assert problems == []
    assert len(segments) == 10


def test_a_byte_order_mark_means_utf_8() -> None:
    segments, problems = read(b"\xef\xbb\xbfNAM+01+K\xc3\xb6hler'", charset="I1")
    assert codes(problems) == ["EDI-FILE-002"]
    assert segments[0].value(2) == "Köhler"
    assert segments[0].offset == 3


def test_latin_1_in_a_file_said_to_be_utf_8_is_kept_and_reported_once() -> None:
    segments, problems = read(b"NAM+01+K\xf6hler'NAM+02+M\xf6rs'", charset="U8")
    assert codes(problems) == ["EDI-FILE-007"]
    assert [segment.value(2) for segment in segments] == ["Köhler", "Mörs"]


def test_every_charset_reads_its_own_letters() -> None:
    for each in CHARSETS:
        if each.holds("Größe"):
            segments, problems = read(each.encode_exactly("TXT+Größe?+:Öl'"), charset=each.key)
            assert problems == []
            assert segments[0].elements == (("Größe+", "Öl"),)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", ["EDI-FILE-001"]),
        (b"\r\n", ["EDI-FILE-001"]),
        (b"UNA:+,? '", ["EDI-FILE-001"]),
        (PLAIN[:-4], ["EDI-FILE-004"]),
        (b"\xff\xfeU\x00N\x00B\x00", ["EDI-FILE-003", "EDI-FILE-005", "EDI-SEG-001", "EDI-FILE-004"]),
        (b"FKT+0\x001'\x00\x00", ["EDI-FILE-005"]),
        (b"FKT+01''", ["EDI-SEG-002"]),
        (b"NAD+D'Angelo+Luigi'", ["EDI-SEG-001"]),
    ],
)
def test_mutilated_files_are_reported(data: bytes, found: list[str]) -> None:
    assert sorted(codes(read(data)[1])) == sorted(found)


def test_half_a_segment_at_the_end_is_kept() -> None:
    segments, problems = read(b"UNH+00001+SLGA'FKT+01++5907")
    assert codes(problems) == ["EDI-FILE-004"]
    assert segments[-1].elements == (("01",), ("",), ("5907",))
    assert problems[0].where.segment == 2


def test_logs_say_the_code_and_the_place_but_no_data(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="billhook.wire"):
        list(read_segments(b"NAD+O'Secret+Mary'"))
    assert "EDI-SEG-001 line 1, segment 2" in caplog.text
    assert "Secret" not in caplog.text
    problem = read(b"NAD+O'Secret+Mary'")[1][0]
    assert problem.value == "Secret"
    assert "Secret" not in f"{problem} {problem!r}"


def test_a_lost_terminator_cuts_the_segment_and_reading_goes_on() -> None:
    data = b"FKT+01'TXT+" + b"x" * 3 * MAX_SEGMENT + b"?'still'UNT+2+1'"
    for chunk in (64, 1000, 1 << 20):
        segments, problems = read(data, chunk=chunk)
        assert codes(problems) == ["EDI-SEG-003"]
        assert [segment.tag for segment in segments] == ["FKT", "TXT", "UNT"]
        assert len(segments[1].value(1)) == MAX_SEGMENT - len("TXT+")
        assert data[segments[2].offset :] == b"UNT+2+1'"


def test_a_long_run_of_blanks_is_no_segment() -> None:
    segments, problems = read(b"FKT+01'" + b" " * 3 * MAX_SEGMENT + b"UNT+2+1'", chunk=4096)
    assert problems == []
    assert [segment.tag for segment in segments] == ["FKT", "UNT"]


def test_all_kinds_of_sources_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(PLAIN)
    expected = read(PLAIN)
    pieces: list[Source] = [
        path,
        str(path),
        io.BytesIO(PLAIN),
        [PLAIN[at : at + 1] for at in range(len(PLAIN))],
        (each for each in [b"", PLAIN]),
    ]
    for source in pieces:
        assert read(source) == expected


def test_an_unreadable_source_is_an_io_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none")


ALPHABET = b"A1 :+,?'\r\n\xe4\x00x"
streams = st.one_of(
    st.binary(max_size=600),
    st.lists(st.sampled_from([bytes([each]) for each in ALPHABET]), max_size=400).map(b"".join),
)


@given(streams, st.sampled_from(CHARSETS))
@example(b"?" * 200 + b"'", CHARSETS[0])
def test_no_bytes_make_reading_raise_and_chunks_make_no_difference(data: bytes, charset: Any) -> None:
    whole = read(data, charset=charset, max_segment=50)
    assert read(data, charset=charset, max_segment=50, chunk=64) == whole
    for segment in whole[0]:
        assert 0 <= segment.offset <= len(data)
        assert segment.line == 1 + data.count(b"\n", 0, segment.offset)


@given(st.data())
@settings(max_examples=200)
def test_a_valid_file_with_any_damage_is_read_without_raising(data: st.DataObject) -> None:
    damaged = bytearray((b"UNA:+,? '" + PLAIN) * 2)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(damaged)))
        kind = data.draw(st.sampled_from(["flip", "drop", "insert", "cut"]))
        if kind == "flip" and at < len(damaged):
            damaged[at] = data.draw(st.integers(0, 255))
        elif kind == "drop":
            del damaged[at : at + data.draw(st.integers(1, 20))]
        elif kind == "insert":
            damaged[at:at] = data.draw(st.binary(max_size=20))
        else:
            del damaged[at:]
    segments, problems = read(bytes(damaged))
    assert segments or problems


GROWTH = """
import resource, sys
from billhook.wire import read_segments

def many(size):
    for _ in range(size // len(PLAIN)):
        yield PLAIN

PLAIN = {plain!r}
def peak(size):
    count = sum(1 for _ in read_segments(many(size)))
    assert count == size // len(PLAIN) * 5
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = peak(2_000_000)
print(peak({size}) - before)
"""


def growth_in_kilobytes(size: int) -> int:
    """How much more memory reading `size` bytes takes than reading two million, in a process of its own."""
    pytest.importorskip("resource", reason="this system does not tell the memory of a process")
    script = GROWTH.format(plain=PLAIN, size=size)
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return int(done.stdout)


def test_memory_does_not_grow_with_the_file() -> None:
    assert growth_in_kilobytes(20_000_000) < 2_000


@pytest.mark.torture
def test_two_hundred_megabytes_take_no_more_memory_than_two() -> None:
    assert growth_in_kilobytes(200_000_000) < 2_000


def test_a_file_without_any_terminator_takes_bounded_memory() -> None:
    tracemalloc.start()
    try:
        problems: list[Problem] = []
        segments = list(read_segments((b"x" * 10_000 for _ in range(1000)), report=problems.append))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000
    assert len(segments) == 1
    assert codes(problems)[:2] == ["EDI-SEG-003", "EDI-SEG-001"]
