"""An independent reader, pydifact, finds the same segments in well-formed files."""

import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydifact.segmentcollection import RawSegmentCollection

from billhook.wire import Separators, read_segments

Parsed = list[tuple[str, list[list[str]]]]


def theirs(text: str) -> Parsed:
    with warnings.catch_warnings():
        # It warns of every segment that it has no dictionary for.
        warnings.simplefilter("ignore")
        segments = RawSegmentCollection.from_str(text).segments
    return [
        (each.tag, [[part] if isinstance(part, str) else list(part) for part in each.elements])
        for each in segments
        if each.tag != "UNA"
    ]


def ours(text: str) -> Parsed:
    found = read_segments(text.encode("utf-8"), charset="U8", report=lambda problem: pytest.fail(str(problem)))
    return [(each.tag, [list(element) for element in each.elements]) for each in found]


tags = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3).filter(lambda tag: tag != "UNA")
texts = st.text(alphabet=st.sampled_from("aZ9 :+,?'äß€/-"), max_size=12)
segments = st.tuples(tags, st.lists(st.lists(texts, min_size=1, max_size=3), min_size=1, max_size=5))


@given(st.lists(segments, min_size=1, max_size=6))
@settings(max_examples=60)
def test_both_read_the_same_segments(body: Parsed) -> None:
    escape = Separators().escape
    text = "".join(
        tag + "".join("+" + ":".join(map(escape, element)) for element in elements) + "'" for tag, elements in body
    )
    assert ours(text) == body
    # pydifact does not take back the release of a comma, which only the German insurers demand, and it drops empty
    # components.
    plain = [
        (tag, [[part.replace(",", "") or "-" for part in element] for element in elements]) for tag, elements in body
    ]
    text = "".join(
        tag + "".join("+" + ":".join(map(escape, element)) for element in elements) + "'" for tag, elements in plain
    )
    assert theirs(text) == ours(text)


@pytest.mark.parametrize("name", ["AO05Q425.ke0", "AO06Q425.ke0", "BK06Q325.ke0", "EK05Q425.ke0"])
def test_both_read_the_same_real_file(corpus: Path, name: str) -> None:
    path = corpus / "p302/kostentraegerdatei" / name
    text = path.read_bytes().decode("iso-8859-1")
    found = list(read_segments(path, report=lambda problem: pytest.fail(str(problem))))
    assert [(each.tag, [list(element) for element in each.elements]) for each in found] == theirs(text)
    # Nothing lost: every terminator that is not released ends a segment; UNA has one more.
    assert len(found) == text.count("'") - text.count("?'") - text.startswith("UNA")
