"""DER writing and BER reading (X.690) for CMS: content of any length passes through, only the small parts are held.

Writing knows every length beforehand, so it is DER with definite lengths. Reading also takes indefinite lengths and
octet strings in pieces, which `openssl cms -stream` and other programs write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from billhook.seal.problems import BrokenSeal
from billhook.words import words

INTEGER, OCTET_STRING, NULL, OID = 0x02, 0x04, 0x05, 0x06
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31
CONSTRUCTED = 0x20

LARGEST_PART = 4 << 20
"""No part but the content itself may be longer, in bytes: certificates and recipients are small."""
PIECE = 1 << 16
"""How much content is held at once, in bytes."""
DEEPEST = 32
"""How deep parts may nest."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Bytes of known length in pieces that are made while they are taken, once."""

    size: int
    chunks: Iterable[bytes]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)


def head(tag: int, length: int) -> bytes:
    """Identifier and length octets of an element whose content is `length` bytes long."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def element(tag: int, *parts: bytes) -> bytes:
    """A whole element."""
    content = b"".join(parts)
    return head(tag, len(content)) + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE."""
    return element(SEQUENCE, *parts)


def set_of(parts: Iterable[bytes], tag: int = SET) -> bytes:
    """A SET OF, in the order that DER demands."""
    return element(tag, *sorted(parts))


def integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    octets = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        octets += bytes(reversed(groups))
    return element(OID, bytes(octets))


def explicit(number: int, *parts: bytes) -> bytes:
    """A constructed context-specific element `[number]`."""
    return element(0xA0 | number, *parts)


def wrapped(tags: Iterable[int], before: Iterable[bytes], content: Stream, after: Iterable[bytes]) -> Stream:
    """Content of known length inside nested elements, without ever holding it.

    Args:
        tags: of the elements around the content, from the outside.
        before: for each of them, what it holds before the next one (or before the content).
        content: the innermost content.
        after: for each of them, what it holds behind the next one.
    """
    size, front, back = content.size, b"", b""
    for tag, ahead, behind in reversed(list(zip(tags, before, after, strict=True))):
        size += len(ahead) + len(behind)
        opening = head(tag, size)
        front, back, size = opening + ahead + front, back + behind, size + len(opening)
    return Stream(size, _joined(front, content, back))


def _joined(front: bytes, content: Stream, back: bytes) -> Iterator[bytes]:
    yield front
    yield from content
    yield back


# --- Reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """A small element that was read: its identifier octet and its content. `raw` is the whole of it in DER."""

    tag: int
    content: bytes

    @property
    def raw(self) -> bytes:
        """The element with identifier and length."""
        return element(self.tag, self.content)

    def children(self) -> list[Node]:
        """The elements in it. Raises BrokenSeal when it holds something else."""
        reader, found = Reader(_slices(self.content)), []
        while (child := reader.next()) is not None:
            found.append(child)
        return found

    def whole(self) -> int:
        """An INTEGER's value."""
        return int.from_bytes(self.content, "big", signed=True)

    def dotted(self) -> str:
        """An OBJECT IDENTIFIER's dotted form."""
        if self.tag != OID or not self.content or self.content[-1] & 0x80:
            raise BrokenSeal(words("the file is damaged: an object identifier is expected"))
        arcs, arc = list[int](), 0
        for octet in self.content:
            arc = arc << 7 | octet & 0x7F
            if not octet & 0x80:
                arcs.append(arc)
                arc = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))

    def octets(self) -> bytes:
        """An OCTET STRING's value, whether it came whole or in pieces."""
        if self.tag & CONSTRUCTED:
            return b"".join(child.octets() for child in self.children())
        return self.content


def node(content: bytes) -> Node:
    """The one element that these bytes are. Raises BrokenSeal when they are none."""
    found = Reader(_slices(content)).next()
    if found is None:
        raise BrokenSeal(words("the file is damaged: an element is missing"))
    return found


class Reader:
    """Reads element after element from a source that is read once, front to back."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    def next(self, *, depth: int = 0) -> Node | None:
        """The next small element as a whole, None at the end of the source or of an indefinite length."""
        opened = self.open()
        if opened is None:
            return None
        tag, length = opened
        if length is not None:
            return Node(tag, self._exactly(length))
        if depth > DEEPEST:
            raise BrokenSeal(words("the file is damaged: its parts nest too deeply"))
        parts, size = list[bytes](), 0
        while (child := self.next(depth=depth + 1)) is not None:
            parts.append(child.raw)
            size += len(parts[-1])
            if size > LARGEST_PART:
                raise BrokenSeal(words("the file is damaged: a part is too long"))
        return Node(tag, b"".join(parts))

    def open(self) -> tuple[int, int | None] | None:
        """Step into the next element: its identifier octet, and its length or None when that is indefinite.

        None at the end of the source, or at the octets that end an indefinite length.
        """
        first = self._read(1)
        if not first:
            return None
        tag = first[0]
        if tag & 0x1F == 0x1F:
            raise BrokenSeal(words("this is no CMS file, or it is damaged"))
        length = self._byte()
        if length == 0x80:
            if not tag & CONSTRUCTED:
                raise BrokenSeal(words("the file is damaged: a length is missing"))
            return tag, None
        if length > 0x80:
            octets = length & 0x7F
            if octets > 8:
                raise BrokenSeal(words("this is no CMS file, or it is damaged"))
            length = int.from_bytes(self._exactly(octets), "big")
        if tag == 0 and length == 0:
            return None
        return tag, length

    def enter(self, tag: int, what: str) -> int | None:
        """Step into the next element, which must have this identifier; its length, or None when that is indefinite."""
        opened = self.open()
        if opened is None or opened[0] != tag:
            message = words("this is no CMS file, or it is damaged: {what} is expected", what=what)
            raise BrokenSeal(message)
        return opened[1]

    def expect(self, tag: int, what: str) -> Node:
        """The next small element, which must have this identifier."""
        found = self.next()
        if found is None or found.tag != tag:
            message = words("this is no CMS file, or it is damaged: {what} is expected", what=what)
            raise BrokenSeal(message)
        return found

    def content(self, tag: int, length: int | None) -> Iterator[bytes]:
        """The content of an octet string that was stepped into, in pieces; it may itself come in pieces."""
        if not tag & CONSTRUCTED:
            yield from self._pieces(length or 0)
            return
        counted = _Counted(self._read)
        inner = Reader(counted.read)
        while length is None or counted.count < length:
            opened = inner.open()
            if opened is None:
                return
            yield from inner.content(*opened)

    def _pieces(self, length: int) -> Iterator[bytes]:
        while length:
            piece = self._read(min(length, PIECE))
            if not piece:
                raise BrokenSeal(words("the file is cut off"))
            length -= len(piece)
            yield piece

    def _byte(self) -> int:
        return self._exactly(1)[0]

    def _exactly(self, length: int) -> bytes:
        if length > LARGEST_PART:
            raise BrokenSeal(words("this is no CMS file, or it is damaged: a part is too long"))
        return b"".join(self._pieces(length))


class _Counted:
    """A source that counts what was read from it."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._source = read
        self.count = 0

    def read(self, size: int) -> bytes:
        piece = self._source(size)
        self.count += len(piece)
        return piece


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """A file in pieces."""
    while piece := file.read(PIECE):
        yield piece


def reading(chunks: Iterable[bytes]) -> Callable[[int], bytes]:
    """A read function over chunks: gives up to so many bytes, nothing at the end."""
    source, left = iter(chunks), memoryview(b"")

    def read(size: int) -> bytes:
        nonlocal left
        while not left:
            chunk = next(source, None)
            if chunk is None:
                return b""
            left = memoryview(chunk)
        piece, left = left[:size], left[size:]
        return bytes(piece)

    return read


def _slices(content: bytes) -> Callable[[int], bytes]:
    return reading([content])
