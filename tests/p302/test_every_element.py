"""Every element of every segment, broken in each way that TA1 6.2 names, is found in its segment and element.

What an element must be comes from another reading of TA1 V21, in the folder `specs` beside the corpus; the files that are
broken are the golden ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from billhook_p302.formats import FORMATS
from tests.p302.faults import GOLDEN, count, golden_file
from tests.support.independent_reader import Segment, split

BILLING = FORMATS[0]
CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
GROUPS_OF_ONE_TABLE = dict.fromkeys("GHIJKLMN", "G-N")

NOT_BY_LENGTH = {("UNB", 2), ("UNB", 3)}
"""IKs that stand in an element of 35 places: nine digits are asked for, not a length."""


@dataclass(frozen=True, slots=True)
class Element:
    """What TA1 says of one component of an element: type, least and most length, decimal places, must or may."""

    kind: str
    least: int
    most: int
    places: int
    must: bool

    @classmethod
    def read(cls, kind: str, length: str, art: str) -> Element:
        """From the words of the table, such as `N`, `..10,2`, `M`."""
        found = re.fullmatch(r"(?:(\d*)\.\.)?(\d+)(?:,(\d+))?(?: \(\d+\))?", length)
        assert found, length
        most = int(found[2])
        least = most if found[1] is None else int(found[1] or 0)
        return cls(kind, least, most, int(found[3] or 0), art.startswith("M"))

    def wrong(self) -> Iterator[tuple[str, str]]:
        """Texts that must not stand there, and why."""
        if self.must:
            yield "missing", ""
        if self.kind == "N":
            yield "letters in a number", "X" * max(self.least, 1)
            tail = "," + "0" * self.places if self.places else ""
            yield "too long", "1" * (self.most + 1) + tail
        elif self.most:
            yield "too long", "A" * (self.most + 1)


def read_elements(specs: Path) -> dict[str, dict[str, list[list[Element]]]]:
    """Group (or `service`, `SLGA`, `SLLA-Basis`) → segment → elements → components."""
    read: dict[str, Any] = json.loads((specs / "segments_v21.json").read_text("utf-8"))["segments"]
    return {
        group: {
            tag: [
                [
                    Element.read(kind, length, row["art"])
                    for kind, length in zip(_kinds(row), row["len"].split(":"), strict=True)
                ]
                if row["type"] != "-"
                else []
                for row in rows
            ]
            for tag, rows in segments.items()
        }
        for group, segments in read.items()
    }


def _kinds(row: dict[str, str]) -> list[str]:
    return [row["type"]] * (row["len"].count(":") + 1)


def written(segments: list[Segment]) -> list[str]:
    """Segments as they stand in a file, without their ends, ready for `count`."""
    release = str.maketrans({char: f"?{char}" for char in "?:+,'"})

    def text(segment: Segment) -> str:
        # A comma inside a number is its decimal sign, any other is text.
        elements = [
            ":".join(part if re.fullmatch(r"-?\d*,\d+", part) else part.translate(release) for part in element)
            for element in segment.elements
        ]
        while elements and not elements[-1]:
            elements.pop()
        return "+".join([segment.tag, *elements])

    return [text(segment) for segment in segments]


def broken(segment: Segment, element: int, component: int, text: str) -> Segment:
    """The segment with another text at that place, counted from 0."""
    elements = [list(each) for each in segment.elements]
    while len(elements) <= element:
        elements.append([""])
    while len(elements[element]) <= component:
        elements[element].append("")
    elements[element][component] = text
    return Segment(segment.number, segment.tag, tuple(tuple(each) for each in elements))


def table_of(
    read: dict[str, dict[str, list[list[Element]]]], group: str, message: str, tag: str
) -> list[list[Element]] | None:
    """The elements of a segment where it stands."""
    if tag == "UNB":
        return read["service"]["UNB"]
    if message == "SLGA":
        return read["SLGA"].get(tag)
    own = read[GROUPS_OF_ONE_TABLE.get(group, group)]
    return own.get(tag) or read["SLLA-Basis"].get(tag)


@pytest.mark.parametrize("case", CASES)
def test_a_broken_element_is_found_where_it_stands(case: str, specs: Path, tmp_path: Path) -> None:
    read = read_elements(specs)
    segments = list(split(golden_file(case).read_bytes().decode("latin-1")))
    if segments[1].text(2, 2) != "21":
        pytest.skip("the other reading is of V21")
    group, message = segments[0].text(6), ""
    seen: set[tuple[str, str, int, int, str]] = set()
    missed: list[str] = []
    path = tmp_path / "TSOL0001"
    for at, segment in enumerate(segments):
        if segment.tag == "UNH":
            message = segment.text(2)
        table = table_of(read, group, message, segment.tag)
        for element, components in enumerate(table or ()):
            for component, expected in enumerate(components):
                for what, text in expected.wrong():
                    key = (message, segment.tag, element, component, what)
                    if key in seen or ((segment.tag, element + 1) in NOT_BY_LENGTH and what == "too long"):
                        continue
                    if (segment.tag, element + 1) == ("ZHH", 1) and what == "missing":
                        continue  # that reading is in doubt whether it must be there
                    seen.add(key)
                    parts = [*segments[:at], broken(segment, element, component, text), *segments[at + 1 :]]
                    lines = written(parts)
                    count(lines)
                    path.write_bytes("".join(f"{line}'" for line in lines).encode("latin-1"))
                    found = [each for each in BILLING.verify(path) if each.is_error]
                    if not any((each.segment, each.element) == (at + 1, element + 1) for each in found):
                        told = [(each.code, each.segment, each.tag, each.element) for each in found][:3]
                        missed.append(f"{segment.tag} (segment {at + 1}) element {element + 1}: {what}; found {told}")
    assert len(seen) > 60
    assert missed == []
