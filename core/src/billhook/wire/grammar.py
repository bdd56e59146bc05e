"""The order of segments in a message: a small grammar, checked one segment at a time, and the tree it makes of them.

A message is a sequence of parts: `Use` of a segment, a `Group` of parts that repeats together, or `OneOf` several
parts. Checking runs on a finite automaton made from the grammar: memory does not grow with the message, and
alternatives such as two customary orders cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from billhook.wire.edifact import Segment
from billhook.wire.layout import SegmentLayout, by_tag


@dataclass(frozen=True, slots=True)
class Use:
    """A segment at this place, `least` to `most` times in a row; `most` None is without limit."""

    tag: str
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that follow each other and repeat together.

    A group with a name becomes a node of the tree; it begins with its first segment (the trigger), which must be a
    `Use`. A group without a name only brackets its parts.
    """

    name: str
    parts: tuple[Part, ...]
    least: int = 1
    most: int | None = 1

    def __post_init__(self) -> None:
        if self.name and not (isinstance(self.parts[0], Use) and self.parts[0].least):
            message = f"group {self.name} must begin with a segment that is always there"
            raise ValueError(message)

    @property
    def trigger(self) -> str:
        """The tag that begins the group; "" when a bracket begins otherwise."""
        first = self.parts[0]
        return first.tag if isinstance(first, Use) else ""


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any one of these parts."""

    parts: tuple[Part, ...]


Part: TypeAlias = Use | Group | OneOf


def optional(tag: str) -> Use:
    """A segment that may come once."""
    return Use(tag, 0, 1)


def any_number(tag: str) -> Use:
    """A segment that may come as often as it likes, or not at all."""
    return Use(tag, 0, None)


@dataclass(frozen=True, eq=False)
class MessageLayout:
    """A kind of message: its segments' tables and their order, UNH and UNT included.

    `kind` is what UNH says (`SLGA`), `name` tells apart what UNH does not (`SLLA:A`).
    """

    kind: str
    name: str
    title: str
    segments: tuple[SegmentLayout, ...]
    body: Group
    source: str

    @cached_property
    def layouts(self) -> Mapping[str, SegmentLayout]:
        """The tables by tag. Raises ValueError when two share one."""
        return by_tag(self.segments)

    @cached_property
    def automaton(self) -> Automaton:
        """The order of the segments, ready for checking."""
        return Automaton(self.body)

    def walk(self, segments: Iterable[Segment]) -> Iterator[Segment | Node]:
        """The direct parts of a message in their order: single segments as they are, groups as soon as
        they are complete.

        Memory holds one outermost group at a time. Misplaced segments join the innermost open group: reading goes on.
        """
        return _walk(_shape(self.body), segments)

    def tree(self, segments: Iterable[Segment]) -> Node:
        """The whole message as a tree; for messages that fit in memory."""
        return Node(self.body.name or self.name, list(self.walk(segments)))


@dataclass(slots=True)
class Node:
    """One group as it was read: its parts in their order, single segments and groups within."""

    name: str
    parts: list[Segment | Node] = field(default_factory=list)

    def first(self, tag: str) -> Segment | None:
        """The first segment of that tag directly in this group, None when there is none."""
        return next(iter(self.all(tag)), None)

    def all(self, tag: str) -> Iterator[Segment]:
        """The segments of that tag directly in this group."""
        return (part for part in self.parts if isinstance(part, Segment) and part.tag == tag)

    def groups(self, name: str) -> Iterator[Node]:
        """The groups of that name directly in this group."""
        return (part for part in self.parts if isinstance(part, Node) and part.name == name)

    def segments(self) -> Iterator[Segment]:
        """All segments of this group and of all groups within, in their order."""
        for part in self.parts:
            if isinstance(part, Segment):
                yield part
            else:
                yield from part.segments()


class Automaton:
    """A grammar as a finite automaton. States are sets of places in the grammar; each step is remembered once taken."""

    def __init__(self, body: Group) -> None:
        self._free: list[list[int]] = []
        self._taking: list[list[tuple[str, int]]] = []
        begin = self._place()
        self._end = self._part(body, begin)
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        self.start = self._closure({begin})

    def step(self, state: frozenset[int], tag: str) -> frozenset[int]:
        """The state after that segment; empty when it is not expected here."""
        found = self._steps.get((state, tag))
        if found is None:
            taken = {after for place in state for wanted, after in self._taking[place] if wanted == tag}
            found = self._closure(taken)
            if len(self._steps) < MOST_STEPS:
                self._steps[state, tag] = found
        return found

    def expected(self, state: frozenset[int]) -> list[str]:
        """The tags that may come next, sorted."""
        return sorted({wanted for place in state for wanted, _ in self._taking[place]})

    def complete(self, state: frozenset[int]) -> bool:
        """True when the message may end here."""
        return self._end in state

    def skip_to(self, state: frozenset[int], tag: str) -> frozenset[int]:
        """The state after that segment when as few others as possible are left out before it; empty: no way there."""
        seen = state
        while state:
            state = self._closure({after for place in state for _, after in self._taking[place]}) - seen
            found = self.step(state, tag)
            if found:
                return found
            seen |= state
        return frozenset()

    def _place(self) -> int:
        self._free.append([])
        self._taking.append([])
        return len(self._free) - 1

    def _closure(self, places: set[int]) -> frozenset[int]:
        found, todo = set(places), list(places)
        while todo:
            for after in self._free[todo.pop()]:
                if after not in found:
                    found.add(after)
                    todo.append(after)
        return frozenset(found)

    def _part(self, part: Part, begin: int) -> int:
        """Add a part from that place on; the place where it ends."""
        if isinstance(part, OneOf):
            end = self._place()
            for each in part.parts:
                self._free[self._part(each, begin)].append(end)
            return end
        once = self._use(part) if isinstance(part, Use) else self._group(part)
        for _ in range(part.least):
            begin = once(begin)
        if part.most is None:
            loop = self._place()
            self._free[begin].append(loop)
            self._free[once(loop)].append(loop)
            return loop
        end = self._place()
        for _ in range(part.most - part.least):
            self._free[begin].append(end)
            begin = once(begin)
        self._free[begin].append(end)
        return end

    def _use(self, use: Use) -> Callable[[int], int]:
        def once(begin: int) -> int:
            end = self._place()
            self._taking[begin].append((use.tag, end))
            return end

        return once

    def _group(self, group: Group) -> Callable[[int], int]:
        def once(begin: int) -> int:
            for part in group.parts:
                begin = self._part(part, begin)
            return begin

        return once


MOST_STEPS = 10_000
"""Steps that an automaton remembers; tags in a mutilated file are endless, its memory is not."""


@dataclass(slots=True)
class _Shape:
    """What belongs directly to a named group: its tags, and its groups by the tag that begins them."""

    name: str
    trigger: str = ""
    tags: set[str] = field(default_factory=set)
    groups: dict[str, _Shape] = field(default_factory=dict)


def _shape(body: Group) -> _Shape:
    root = _Shape(body.name)
    _collect(root, body.parts)
    return root


def _collect(shape: _Shape, parts: Iterable[Part]) -> None:
    for part in parts:
        if isinstance(part, Use):
            shape.tags.add(part.tag)
        elif isinstance(part, OneOf) or not part.name:
            _collect(shape, part.parts)
        else:
            # The same group in two alternatives is one group.
            inner = shape.groups.setdefault(part.trigger, _Shape(part.name, part.trigger))
            _collect(inner, part.parts)


def _walk(root: _Shape, segments: Iterable[Segment]) -> Iterator[Segment | Node]:
    open_groups: list[tuple[_Shape, Node]] = []
    for segment in segments:
        tag = segment.tag
        depth = len(open_groups)
        while depth and not _belongs(open_groups[depth - 1][0], tag):
            depth -= 1
        if not depth and tag not in root.groups and tag not in root.tags:
            depth = len(open_groups)  # belongs nowhere: stays where it was found
        if depth == 0 and open_groups:
            yield open_groups[0][1]
        del open_groups[depth:]
        shape = open_groups[-1][0] if open_groups else root
        begun = shape.groups.get(tag)
        if begun is None:
            if not open_groups:
                yield segment
            else:
                open_groups[-1][1].parts.append(segment)
            continue
        node = Node(begun.name, [segment])
        if open_groups:
            open_groups[-1][1].parts.append(node)
        open_groups.append((begun, node))
    if open_groups:
        yield open_groups[0][1]


def _belongs(shape: _Shape, tag: str) -> bool:
    return tag in shape.groups or (tag in shape.tags and tag != shape.trigger)
