"""The envelope of an EDIFACT file: writing UNB, UNH, UNT and UNZ with right counts, and checking them in one that
came.

Both stream: neither the writer nor the check holds more than one segment and a few counters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from billhook.wire.charsets import Charset, charset
from billhook.wire.edifact import DEFAULT_SEPARATORS, Segment, Separators, shown
from billhook.wire.grammar import MessageLayout
from billhook.wire.layout import SegmentLayout
from billhook.wire.problems import PROBLEM_KINDS, Problem, Report, Where
from billhook.wire.segments import decode_segment, segment_plan
from billhook.wire.values import Value, Values


@dataclass(frozen=True, eq=False)
class ServiceLayouts:
    """The tables of the four service segments of a procedure.

    They share four names, by which writer and check find what they count: `interchange_reference` (UNB, UNZ),
    `message_reference` (UNH, UNT), `segment_count` (UNT) and `message_count` (UNZ).
    """

    unb: SegmentLayout
    unh: SegmentLayout
    unt: SegmentLayout
    unz: SegmentLayout

    def __post_init__(self) -> None:
        for layout, names in (
            (self.unb, {"interchange_reference"}),
            (self.unh, {"message_reference"}),
            (self.unt, {"message_reference", "segment_count"}),
            (self.unz, {"interchange_reference", "message_count"}),
        ):
            if not names <= layout.names:
                message = f"{layout.tag} needs the fields {', '.join(sorted(names))}"
                raise ValueError(message)


BodySegment: TypeAlias = tuple[SegmentLayout, Values]
"""One segment to write: its table and its values."""


class InterchangeWriter:
    """Writes one file, message by message, and counts what UNT and UNZ must say.

    Hand what the methods yield to a file or a channel in their order:

        writer = InterchangeWriter(SERVICE, {"sender_ik": "590710544", …}, version=21, report=problems.append)
        yield from writer.open()
        yield from writer.message({"message_type": "SLGA", …}, segments)
        yield from writer.close()

    `header` are the values of UNB. `line_end` stands behind every segment (media want CR LF). `report` hears of every
    character that had to be transliterated; without it such a text raises WriteError. A file is deterministic: same
    values, same bytes.
    """

    def __init__(
        self,
        service: ServiceLayouts,
        header: Mapping[str, object],
        *,
        version: int | None = None,
        charset: str | Charset = "I1",
        separators: Separators = DEFAULT_SEPARATORS,
        una: bool = False,
        line_end: str = "",
        report: Report | None = None,
        chunk: int = 1 << 16,
    ) -> None:
        self.service = service
        self.header = header
        self.version = version
        self.charset = _set(charset)
        self.separators = separators
        self.una = una
        self.line_end = line_end
        self.report = report
        self.chunk = chunk
        self.messages = 0
        """Messages written so far; the number of UNZ."""
        self.segments = 0
        """Segments written so far in the file, service segments included, UNA not."""

    def open(self) -> Iterator[bytes]:
        """UNA, if wanted, and UNB."""
        una = self.separators.una() + self.line_end if self.una else ""
        yield self._bytes(una + self._segment(self.service.unb, self.header))

    def message(self, head: Mapping[str, object], body: Iterable[BodySegment]) -> Iterator[bytes]:
        """UNH with the next number, the segments, and UNT. `head` are the values of UNH without its number."""
        self.messages += 1
        reference = {"message_reference": self.messages}
        before = self.segments
        texts = [self._segment(self.service.unh, {**head, **reference})]
        size = 0
        for layout, values in body:
            text = self._segment(layout, values)
            texts.append(text)
            size += len(text)
            if size >= self.chunk:
                yield self._bytes("".join(texts))
                texts, size = [], 0
        count = self.segments - before + 1
        texts.append(self._segment(self.service.unt, {**reference, "segment_count": count}))
        yield self._bytes("".join(texts))

    def close(self) -> Iterator[bytes]:
        """UNZ."""
        values = {
            "message_count": self.messages,
            "interchange_reference": self.header.get("interchange_reference"),
        }
        yield self._bytes(self._segment(self.service.unz, values))

    def write(self, messages: Iterable[tuple[Mapping[str, object], Iterable[BodySegment]]]) -> Iterator[bytes]:
        """A whole file: open, every message, close."""
        yield from self.open()
        for head, body in messages:
            yield from self.message(head, body)
        yield from self.close()

    def _segment(self, layout: SegmentLayout, values: Values) -> str:
        self.segments += 1
        plan = segment_plan(layout, self.version, self.charset, self.separators)
        return plan.write(values, self.report) + self.line_end

    def _bytes(self, text: str) -> bytes:
        return self.charset.encode_exactly(text)


def _set(name: str | Charset) -> Charset:
    return name if isinstance(name, Charset) else charset(name)


LayoutChoice: TypeAlias = Callable[[Mapping[str, object], Mapping[str, object]], MessageLayout | None]
"""Chooses the layout of a message from the values of UNB and of UNH; None: not known."""


class InterchangeCheck:
    """Checks a file while it is read: envelope, counts, references, order of segments, and each segment by its table.

    Feed every segment, then call `finish`. `layout` is the one of the message at hand, None outside or when unknown;
    `values` are those of the segment that was fed last, by the table that it has in that message, else empty.
    """

    def __init__(self, service: ServiceLayouts, choose: LayoutChoice, *, version: int | None = None) -> None:
        self.service = service
        self.choose = choose
        self.version = version
        self.header: Mapping[str, object] = {}
        self.layout: MessageLayout | None = None
        self.values: Mapping[str, Value] = {}
        self.messages = 0
        self._began = False
        self._ended = False
        self._head: Segment | None = None
        self._count = 0
        self._state: frozenset[int] = frozenset()
        self._lost = False
        self._references: set[str] = set()

    def feed(self, segment: Segment) -> list[Problem]:
        """What is wrong with this segment, or shows with it."""
        tag = segment.tag
        found: list[Problem] = []
        self.values = {}
        if not self._began and tag != "UNB":
            self._began = True
            found.append(_problem("EDI-UNB-001", segment.where()))
        if self._ended:
            found.append(_problem("EDI-UNB-005", segment.where()))
        if tag == "UNB":
            found += self._unb(segment)
        elif tag == "UNZ":
            found += self._unz(segment)
        elif tag == "UNH":
            found += self._unh(segment)
        elif self._head is None:
            found.append(_problem("EDI-MSG-006", segment.where()))
        else:
            found += self._inside(segment)
        return found

    def finish(self) -> list[Problem]:
        """What is missing at the end of the file."""
        found = self._unterminated() if self._head else []
        if not self._began:
            found.append(_problem("EDI-UNB-001", Where()))
        if not self._ended:
            found.append(_problem("EDI-UNB-002", Where()))
        return found

    def _unb(self, segment: Segment) -> list[Problem]:
        found = []
        if self._began and not self._ended:
            found.append(_problem("EDI-UNB-005", segment.where()))
        self._began = True
        self.header, problems = decode_segment(self.service.unb, segment, self.version)
        return found + problems

    def _unh(self, segment: Segment) -> list[Problem]:
        found = self._unterminated() if self._head else []
        self.messages += 1
        self._head, self._count, self._lost = segment, 1, False
        head, problems = decode_segment(self.service.unh, segment, self.version)
        found += problems
        reference = segment.value(1)
        if reference in self._references:
            found.append(_problem("EDI-MSG-008", segment.where(1), reference))
        elif len(self._references) < MOST_REFERENCES:
            self._references.add(reference)
        self.layout = self.choose(self.header, head)
        if self.layout is None:
            found.append(
                _problem(
                    "EDI-MSG-007", segment.where(2), ":".join(segment.elements[1:2][0] if segment.elements[1:] else ())
                )
            )
        else:
            automaton = self.layout.automaton
            self._state = automaton.step(automaton.start, "UNH")
        return found

    def _inside(self, segment: Segment) -> list[Problem]:
        self._count += 1
        found: list[Problem] = []
        if self.layout is not None:
            found += self._order(self.layout, segment)
            layout = self.layout.layouts.get(segment.tag)
            if layout is None:
                found.append(_problem("EDI-SEG-004", segment.where()))
            elif segment.tag != "UNT":
                self.values, problems = decode_segment(layout, segment, self.version)
                found += problems
        if segment.tag == "UNT":
            found += self._unt(segment)
        return found

    def _order(self, layout: MessageLayout, segment: Segment) -> list[Problem]:
        automaton = layout.automaton
        after = automaton.step(self._state, segment.tag)
        if after:
            self._state = after
            return []
        expected = " or ".join(automaton.expected(self._state)) or "nothing more"
        # Go on where the segment would be right; if nowhere, pass over it, so that one fault is told once.
        self._state = automaton.skip_to(self._state, segment.tag) or self._state
        code = "EDI-MSG-002" if segment.tag == "UNT" else "EDI-MSG-001"
        message = f"{PROBLEM_KINDS[code].text}: {shown(segment.tag)} found, {expected} expected"
        return [Problem(code, message, segment.where(), source=layout.source)]

    def _unt(self, segment: Segment) -> list[Problem]:
        values, found = decode_segment(self.service.unt, segment, self.version)
        head = self._head
        if values.get("segment_count") != self._count:
            message = f"{PROBLEM_KINDS['EDI-MSG-003'].text}: there are {self._count}"
            found.append(Problem("EDI-MSG-003", message, segment.where(1), segment.value(1), self.service.unt.source))
        if head is not None and segment.value(2) != head.value(1):
            found.append(_problem("EDI-MSG-004", segment.where(2), segment.value(2)))
        self._head, self.layout = None, None
        return found

    def _unz(self, segment: Segment) -> list[Problem]:
        found = self._unterminated() if self._head else []
        self._ended = True
        values, problems = decode_segment(self.service.unz, segment, self.version)
        found += problems
        if values.get("message_count") != self.messages:
            message = f"{PROBLEM_KINDS['EDI-UNB-003'].text}: there are {self.messages}"
            found.append(Problem("EDI-UNB-003", message, segment.where(1), segment.value(1), self.service.unz.source))
        if values.get("interchange_reference") != self.header.get("interchange_reference"):
            found.append(_problem("EDI-UNB-004", segment.where(2), segment.value(2)))
        return found

    def _unterminated(self) -> list[Problem]:
        head, self._head, self.layout = self._head, None, None
        return [] if head is None else [_problem("EDI-MSG-005", head.where(), head.value(1))]


MOST_REFERENCES = 1_000_000
"""Message references that are remembered for finding doubles; memory stays bounded in a file of more."""


def check_interchange(
    segments: Iterable[Segment], service: ServiceLayouts, choose: LayoutChoice, *, version: int | None = None
) -> Iterator[Problem]:
    """Everything that is wrong with a file's envelope, order and segments (levels 1 and 2), as it is found."""
    check = InterchangeCheck(service, choose, version=version)
    for segment in segments:
        yield from check.feed(segment)
    yield from check.finish()


def _problem(code: str, where: Where, value: str = "") -> Problem:
    return Problem(code, PROBLEM_KINDS[code].text, where, value)
