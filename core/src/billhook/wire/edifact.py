"""EDIFACT syntax as the German health insurers use it: separators, escaping, and a streaming reader that never
gives up.

Reading never raises on what a file contains: mutilated input yields what can be kept, and a `Problem` for the rest.
Only I/O errors of the source come through as exceptions. Memory is bounded whatever the size of the file: by one chunk
and by the longest segment, which is cut at a stated maximum.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias

from billhook.wire.charsets import Charset, charset
from billhook.wire.problems import PROBLEM_KINDS, Problem, Report, Where

_log = logging.getLogger(__name__)

CHUNK = 1 << 18
"""Bytes read at a time. A quarter of a MiB keeps the parts of a chunk in the processor's cache."""

MAX_SEGMENT = 1 << 16
"""Longest segment in bytes that is kept whole. The longest that any layout here allows has about 1,000."""

BLANKS = " \t\r\n"
"""What may stand between a terminator and the next tag; files carry one segment a line (Kostenträgerdatei 7)."""

Source: TypeAlias = bytes | str | Path | BinaryIO | Iterable[bytes]
"""What can be read: the bytes themselves, a path, an open binary file, or chunks of bytes of any size."""


@dataclass(frozen=True, slots=True)
class Separators:
    """The service characters (UNA), by default those of TA1 5.1 (11).

    >>> Separators().escape("D'Angelo")
    "D?'Angelo"
    """

    component: str = ":"
    element: str = "+"
    decimal: str = ","
    release: str = "?"
    reserved: str = " "
    terminator: str = "'"

    def una(self) -> str:
        """The UNA segment that announces these separators."""
        return f"UNA{self.component}{self.element}{self.decimal}{self.release}{self.reserved}{self.terminator}"

    @property
    def usable(self) -> bool:
        """True when all characters differ and none is a letter, digit or control character."""
        # A blank as release character means that nothing is ever released (ISO 9735).
        signs = (self.component, self.element, self.decimal, self.release, self.terminator)
        return len(set(signs)) == len(signs) and all(
            sign.isascii() and sign.isprintable() and not sign.isalnum() for sign in signs
        )

    def escape(self, text: str) -> str:
        """The text with the release character before every service character, the comma included (TA1 5.1)."""
        for sign in (self.release, self.component, self.element, self.decimal, self.terminator):
            if sign in text:
                text = text.replace(sign, self.release + sign)
        return text

    def unescape(self, text: str) -> str:
        """The text without its release characters; one that releases nothing is kept as a character."""
        if self.release not in text:
            return text
        masks = _Masks.of(self)
        return masks.unmask(masks.mask(text))


DEFAULT_SEPARATORS = Separators()


def shown(tag: str) -> str:
    """The tag as it may stand in a log: text that slipped into its place is not a tag, and may be a person's name."""
    return tag if len(tag) == 3 and tag.isascii() and tag.isalnum() else "???"


class Segment(NamedTuple):
    """One segment: its tag, its elements (each a tuple of components) and where it stands.

    `number` counts segments in the file and `in_message` in the message (UNH = 1), both from 1; 0 outside of a message.
    `message` is the reference of its UNH, "" outside. `offset` is the byte in the file where the tag begins (from 0),
    `line` the line (from 1).
    """

    tag: str
    elements: tuple[tuple[str, ...], ...]
    number: int
    in_message: int
    message: str
    offset: int
    line: int

    def value(self, element: int, component: int = 1) -> str:
        """The text of a component, both numbers counting from 1; "" where there is none."""
        try:
            return self.elements[element - 1][component - 1]
        except IndexError:
            return ""

    def where(self, element: int | None = None, component: int | None = None, field: str | None = None) -> Where:
        """The place of this segment, or of one of its elements, for a problem."""
        return Where(
            segment=self.number,
            message=self.message or None,
            message_segment=self.in_message or None,
            tag=shown(self.tag),
            element=element,
            component=component,
            field=field,
            offset=self.offset,
            line=self.line,
        )


@dataclass(frozen=True, slots=True)
class _Masks:
    """Released characters with a private character in their place, so that `str.split` sees only real separators.

    Every mask is two characters for two, which keeps all offsets. The private characters cannot stand in the text,
    because a character here is always made of a single byte.
    """

    release: str
    pairs: tuple[tuple[str, str, str], ...]
    """(as in the file, masked, meaning), release character first when masking, last when unmasking."""

    @staticmethod
    def of(separators: Separators) -> _Masks:
        release = separators.release
        if release == " ":
            return _Masks("\ue000", ())
        signs = (release, separators.terminator, separators.element, separators.component)
        return _Masks(
            release,
            (
                *((release + sign, release + chr(0xE000 + at), sign) for at, sign in enumerate(signs)),
                (release + separators.decimal, release + chr(0xE004), separators.decimal),
            ),
        )

    def mask(self, text: str) -> str:
        for raw, masked, _ in self.pairs:
            text = text.replace(raw, masked)
        return text

    def unmask(self, text: str) -> str:
        for _, masked, meaning in reversed(self.pairs):
            text = text.replace(masked, meaning)
        return text


def read_segments(
    source: Source,
    *,
    charset: str | Charset = "I1",
    separators: Separators | None = None,
    report: Report | None = None,
    max_segment: int = MAX_SEGMENT,
    chunk: int = CHUNK,
) -> Iterator[Segment]:
    """Read segments one by one, in the order of the file.

    `charset` is a key of `charsets.CHARSETS` or a codec name. `separators` overrides UNA and the default. Each problem
    goes to `report`; without one it is logged (code and place only). UNA itself is not yielded. A segment of more than
    `max_segment` bytes is cut and reported; the rest of it is passed over. `chunk` is the count of bytes read at
    a time.

    Raises LookupError for an unknown character set and OSError when the source cannot be read; nothing else.
    """
    yield from _Reader(charset, separators, report or _log_problem, max_segment).read(source, chunk)


def _log_problem(problem: Problem) -> None:
    _log.warning("%s", problem)


class _Reader:
    """State of one reading: where we are, and what was said already."""

    def __init__(self, name: str | Charset, separators: Separators | None, report: Report, max_segment: int) -> None:
        self.charset = name if isinstance(name, Charset) else charset(name)
        self.given = separators
        self.separators = separators or DEFAULT_SEPARATORS
        self.report = report
        self.max_segment = max_segment
        self.number = 0
        self.in_message = 0
        self.message = ""
        self.offset = 0
        self.line = 1
        self.said: set[str] = set()
        self.tags: set[str] = set()

    @property
    def in_bulk(self) -> bool:
        """True when chunks can be decoded before they are split; else each text is decoded by itself."""
        return self.charset.one_byte_each and not (self.charset.swaps and self.separators != DEFAULT_SEPARATORS)

    def problem(self, code: str, where: Where, value: str = "", message: str = "") -> None:
        self.report(Problem(code, message or PROBLEM_KINDS[code].text, where, value))

    def once(self, code: str, where: Where) -> None:
        """Report what concerns the whole file only where it shows first."""
        if code not in self.said:
            self.said.add(code)
            self.problem(code, where)

    def read(self, source: Source, chunk: int) -> Iterator[Segment]:
        carry = ""
        skipping = False
        begun = False
        masks = _Masks.of(self.separators)
        for data in _chunks(source, max(chunk, 64)):
            if not begun:
                begun = True
                data = self._begin(data)  # noqa: PLW2901 – the first chunk loses its BOM and UNA
                masks = _Masks.of(self.separators)
            if b"\x00" in data:
                self.once("EDI-FILE-005", Where(offset=self.offset + len(carry) + data.index(b"\x00")))
            text = carry + (self.charset.decode(data) if self.in_bulk else data.decode("iso-8859-1"))
            masked = masks.mask(text) if masks.release in text else text
            parts = masked.split(self.separators.terminator)
            rest = parts.pop()
            if parts and skipping:
                self._pass(parts.pop(0))
                skipping = False
            yield from self._segments(parts, masks)
            if skipping or len(rest) > self.max_segment:
                if not skipping:
                    blank = len(rest) - len(rest.lstrip(BLANKS))
                    self._pass(rest[:blank], terminated=False)
                    rest = rest[blank:]
                if not skipping and len(rest) > self.max_segment:
                    yield from self._cut(rest, masks)
                    skipping = True
                if skipping:
                    # A release character at the very end decides about the first character of the next chunk.
                    kept = masks.release if rest.endswith(masks.release) else ""
                    self._pass(rest[: len(rest) - len(kept)], terminated=False)
                    rest = kept
            carry = text[len(text) - len(rest) :]
        if not begun:
            self.problem("EDI-FILE-001", Where(offset=0))
        elif skipping:
            self.problem("EDI-FILE-004", Where(segment=self.number, offset=self.offset, line=self.line))
        else:
            yield from self._end(carry, masks)

    def _begin(self, data: bytes) -> bytes:
        """Take BOM and UNA off the first chunk."""
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.once("EDI-FILE-003", Where(offset=0))
        if data.startswith(b"\xef\xbb\xbf"):
            self.once("EDI-FILE-002", Where(offset=0))
            # A file that carries the mark of UTF-8 is UTF-8, whatever was declared.
            self.charset = charset("U8")
            self.offset, data = 3, data[3:]
        stripped = data.lstrip(BLANKS.encode())
        if not stripped.startswith(b"UNA"):
            return data
        self.offset += len(data) - len(stripped) + 9
        self.line += data[: len(data) - len(stripped)].count(b"\n")
        signs = stripped[3:9].decode("iso-8859-1")
        found = Separators(*signs) if len(signs) == 6 else None
        if found is None or not found.usable:
            self.once("EDI-FILE-006", Where(offset=self.offset - 9, tag="UNA"))
        elif self.given is None:
            self.separators = found
        return stripped[9:]

    def _pass(self, text: str, *, terminated: bool = True) -> None:
        """Count text that is not yielded."""
        self.offset += len(text) + terminated
        self.line += text.count("\n")

    def _cut(self, rest: str, masks: _Masks) -> Iterator[Segment]:
        """Keep the beginning of a segment that is too long; the caller passes over all of it."""
        offset, line = self.offset, self.line
        kept = list(self._segments([rest[: self.max_segment + 1]], masks))
        self.offset, self.line = offset, line
        yield from kept

    def _segments(self, parts: list[str], masks: _Masks) -> Iterator[Segment]:
        """Segments of the masked texts between two terminators. This loop is the hot path of all reading."""
        element, component, release = self.separators.element, self.separators.component, masks.release
        in_bulk, ascii_same = self.in_bulk, self.charset.swaps is None
        tags, number, in_message, message = self.tags, self.number, self.in_message, self.message
        offset, line, longest = self.offset, self.line, self.max_segment
        for raw in parts:
            length = len(raw)
            text = raw.lstrip(BLANKS)
            begins = offset + length - len(text)
            newlines = raw.count("\n") if "\n" in raw else 0
            started = line + (raw.count("\n", 0, length - len(text)) if newlines else 0)
            offset += length + 1
            line += newlines
            if not text:
                self.problem("EDI-SEG-002", Where(segment=number or None, offset=begins, line=started))
                continue
            if len(text) > longest:
                text = text[:longest]
                self.problem("EDI-SEG-003", Where(segment=number + 1, offset=begins, line=started))
            pieces = text.split(element)
            tag = pieces.pop(0)
            if tag not in tags:
                if tag[:3] == "UNA" and len(text) == 8:
                    continue  # files were joined: the separators of the next one, not a segment
                self._admit(tag, Where(segment=number + 1, tag=shown(tag), offset=begins, line=started))
            number += 1
            elements: tuple[tuple[str, ...], ...]
            ready = in_bulk or (ascii_same and text.isascii())
            if ready and component not in text and release not in text:
                elements = tuple(zip(pieces, strict=True))
            else:
                split = [tuple(piece.split(component)) for piece in pieces]
                if release in text:
                    split = [tuple(map(masks.unmask, each)) for each in split]
                if not ready:
                    split = self._decoded(split, Where(segment=number, tag=shown(tag), offset=begins, line=started))
                elements = tuple(split)
            if tag == "UNH":
                in_message, message = 0, elements[0][0] if elements else ""
            if in_message or tag == "UNH":
                in_message += 1
            yield Segment(tag, elements, number, in_message, message, begins, started)
            if tag == "UNT":
                in_message, message = 0, ""
        self.number, self.in_message, self.message = number, in_message, message
        self.offset, self.line = offset, line

    def _admit(self, tag: str, where: Where) -> None:
        """Remember a well-formed tag; report any other. The segment is kept either way."""
        if shown(tag) == tag:
            self.tags.add(tag)
        else:
            self.problem("EDI-SEG-001", where, tag)

    def _decoded(self, split: list[tuple[str, ...]], where: Where) -> list[tuple[str, ...]]:
        """The components in the file's character set; until here one character was one byte."""
        return [tuple([self._decode(piece, where) for piece in element]) for element in split]

    def _decode(self, piece: str, where: Where) -> str:
        text, fits = self.charset.decode_leniently(piece.encode("iso-8859-1"))
        if not fits:
            self.once("EDI-FILE-007", where)
        return text

    def _end(self, carry: str, masks: _Masks) -> Iterator[Segment]:
        """What stands after the last terminator: nothing but padding in a whole file."""
        if carry.strip(BLANKS + "\x00\x1a"):
            where = Where(segment=self.number + 1, offset=self.offset, line=self.line + carry.count("\n"))
            self.problem("EDI-FILE-004", where)
            yield from self._segments([masks.mask(carry)], masks)
        elif self.number == 0:
            self.problem("EDI-FILE-001", Where(offset=0))


def _chunks(source: Source, size: int) -> Iterator[bytes]:
    """The bytes of a source in pieces of about `size`; none when the source is empty."""
    if isinstance(source, bytes | bytearray | memoryview):
        view = memoryview(source)
        for at in range(0, len(view), size):
            yield bytes(view[at : at + size])
    elif isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            yield from _chunks(file, size)
    elif hasattr(source, "read"):
        while data := source.read(size):
            yield data
    else:
        yield from _gathered(source, size)


def _gathered(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Pieces of any size as pieces of at least `size` (the last may be shorter) and never more than twice that."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        for at in range(0, len(piece), size):
            part = piece[at : at + size]
            held.append(part)
            length += len(part)
            if length >= size:
                yield b"".join(held)
                held, length = [], 0
    if held:
        yield b"".join(held)
