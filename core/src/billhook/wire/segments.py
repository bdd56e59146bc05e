"""Segments by their layout: writing (strict), reading (lenient) and checking one segment at a time.

Writing compiles a layout into a plan once for each version and character set; after that a segment costs one pass
over it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from billhook.wire.charsets import Charset, charset
from billhook.wire.edifact import DEFAULT_SEPARATORS, Segment, Separators
from billhook.wire.layout import Field, Kind, SegmentLayout
from billhook.wire.problems import PROBLEM_KINDS, Problem, Report, Where, WriteError
from billhook.wire.values import Formatter, Parser, RefusedError, Value, Values, formatter, named, parser

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class _Slot:
    """One component in a plan: how to make its text and where it stands."""

    __slots__ = (
        *("component", "constant", "element", "format", "least", "mandatory", "most", "name", "parse", "plain", "row"),
        "text",
    )

    def __init__(self, row: Field, element: int, component: int | None, decimal_sign: str) -> None:
        self.row = row
        self.name = row.name
        self.format: Formatter = formatter(row, decimal_sign)
        self.parse: Parser = parser(row, decimal_sign)
        self.least, self.most = row.limits.least, row.limits.most
        # What a text consists of when it needs no further look: no service character, nothing outside of any set.
        self.plain: Callable[[str], bool] = _never
        if not row.allowed and row.kind in (Kind.TEXT, Kind.DIGITS):
            self.plain = str.isalnum if row.kind is Kind.TEXT else str.isdigit
        self.text = row.kind is Kind.TEXT
        self.mandatory = row.mandatory
        self.constant = row.allowed[0] if row.mandatory and len(row.allowed) == 1 else ""
        self.element = element
        self.component = component

    def where(self, tag: str) -> Where:
        return Where(tag=tag, element=self.element, component=self.component, field=self.name)


def _never(_: str) -> bool:
    return False


def _slots(layout: SegmentLayout, version: int | None, decimal_sign: str) -> tuple[tuple[_Slot, ...], ...]:
    return tuple(
        tuple(
            _Slot(row, at, component if len(element) > 1 else None, decimal_sign)
            for component, row in enumerate(element, start=1)
        )
        for at, element in enumerate(layout.elements(version), start=1)
    )


class SegmentPlan:
    """A layout made ready for writing in one version, character set and choice of separators."""

    def __init__(self, layout: SegmentLayout, version: int | None, target: Charset, separators: Separators) -> None:
        for sign in _service_characters(separators):
            if target.encode_exactly(sign) != sign.encode("ascii"):
                message = f"{sign!r} cannot separate anything in {target.title}: it stands for another character there"
                raise ValueError(message)
        self.layout = layout
        self.tag = layout.tag
        self.charset = target
        self.separators = separators
        self.special = re.compile("[" + re.escape("".join(_service_characters(separators))) + "]")
        self.elements = _slots(layout, version, separators.decimal)
        self.names = frozenset(slot.name for element in self.elements for slot in element)

    def write(self, values: Values, report: Report | None) -> str:
        """The segment with its terminator. Raises WriteError at the first broken rule."""
        given = named(values)
        if not self.names.issuperset(given):
            for problem in self.unknown(given):
                raise WriteError(problem)
        texts = [self.tag]
        for element in self.elements:
            slot = element[0]
            value = given.get(slot.name)
            if len(element) > 1:
                texts.append(self._composite(element, given, report))
            # Half of all elements are absent, and the whole voucher is written twice: tried out, then sent.
            elif not slot.mandatory and (value is None or value == ""):
                texts.append("")
            else:
                texts.append(self.component(slot, value, report))
        while not texts[-1]:
            texts.pop()
        return self.separators.element.join(texts) + self.separators.terminator

    def _composite(self, element: tuple[_Slot, ...], given: Mapping[str, object], report: Report | None) -> str:
        """Several components, without the empty ones at the end."""
        parts = [self.component(slot, given.get(slot.name), report) for slot in element]
        while parts and not parts[-1]:
            parts.pop()
        return self.separators.component.join(parts)

    def component(self, slot: _Slot, value: object, report: Report | None) -> str:
        """The escaped text of one component, "" when absent. Raises WriteError."""
        if value is None or value == "":
            if slot.constant:
                return self.separators.escape(slot.constant)
            if slot.mandatory:
                raise self._error("EDI-ELM-001", slot, value)
            return ""
        if type(value) is str and slot.plain(value) and value.isascii() and slot.least <= len(value) <= slot.most:
            return value
        try:
            if not slot.text:
                return slot.format(value)
            text = slot.format(self._fitted(slot, value, report))
        except RefusedError as refused:
            raise self._error(refused.code, slot, value) from None
        if slot.mandatory and not text.strip():
            raise self._error("EDI-ELM-001", slot, value)
        # Only text can hold a service character: all other kinds are made of digits, sign and decimal sign.
        return self.separators.escape(text) if self.special.search(text) else text

    def _fitted(self, slot: _Slot, value: object, report: Report | None) -> object:
        """Text as the character set can hold it; a replacement is reported, or refused where nobody listens."""
        if not isinstance(value, str) or (value.isascii() and value.isprintable() and not self.charset.swaps):
            return value
        text, replaced = self.charset.fit(value)
        if replaced:
            self._replaced("EDI-CHR-001", slot, value, report)
        if _CONTROL.search(text):
            self._replaced("EDI-CHR-003", slot, value, report)
            text = _CONTROL.sub(" ", text)
        return text

    def _replaced(self, code: str, slot: _Slot, value: str, report: Report | None) -> None:
        if report is None:
            raise self._error("EDI-CHR-002" if code == "EDI-CHR-001" else code, slot, value)
        message = f"{PROBLEM_KINDS[code].text} ({self.charset.title})"
        report(Problem(code, message, slot.where(self.tag), value, slot.row.source))

    def _error(self, code: str, slot: _Slot, value: object) -> WriteError:
        text = "" if value is None else str(value)
        return WriteError(_problem(code, slot.row, slot.where(self.tag), text))

    def unknown(self, given: Mapping[str, object]) -> Iterator[Problem]:
        """Values that the layout does not have in this version, and that would be lost."""
        for name, value in given.items():
            if name not in self.names and value is not None and value != "":
                where = Where(tag=self.tag, field=str(name))
                text = PROBLEM_KINDS["EDI-ELM-014"].text
                yield Problem("EDI-ELM-014", text, where, str(value), self.layout.source)


def _service_characters(separators: Separators) -> Iterable[str]:
    return (separators.component, separators.element, separators.decimal, separators.release, separators.terminator)


@lru_cache(maxsize=2048)
def segment_plan(
    layout: SegmentLayout, version: int | None, target: Charset, separators: Separators = DEFAULT_SEPARATORS
) -> SegmentPlan:
    """The plan for writing this layout, made once."""
    return SegmentPlan(layout, version, target, separators)


_LATIN_1 = charset("I1")


def encode_segment(
    layout: SegmentLayout,
    values: Values,
    version: int | None = None,
    *,
    charset: Charset = _LATIN_1,
    separators: Separators = DEFAULT_SEPARATORS,
    report: Report | None = None,
) -> str:
    """One segment as text, with its terminator; every rule of the layout holds, or WriteError is raised.

    Types are those of `Kind`. Empty elements at the end are dropped, in the middle they keep their separator. Text that
    the character set cannot hold is transliterated and reported; without a `report` it is refused, so that nothing
    changes unseen. Encode the result with `charset.encode_exactly`.

    >>> from billhook.wire.layout import Field, K, M
    >>> row = SegmentLayout("DIA", "Diagnosis", (Field("code", "Schlüssel", Kind.TEXT, "..12", M),), "TA1")
    >>> encode_segment(row, {"code": "M54,1"})
    "DIA+M54?,1'"
    """
    return segment_plan(layout, version, charset, separators).write(values, report)


def check_values(
    layout: SegmentLayout, values: Values, version: int | None = None, *, charset: Charset = _LATIN_1
) -> list[Problem]:
    """Everything that would hinder writing these values, all at once and without raising; [] when nothing does."""
    plan = segment_plan(layout, version, charset)
    given = named(values)
    found = list(plan.unknown(given))
    for element in plan.elements:
        for slot in element:
            try:
                plan.component(slot, given.get(slot.name), found.append)
            except WriteError as error:
                found.append(error.problem)
    return found


def decode_segment(
    layout: SegmentLayout, segment: Segment, version: int | None = None, *, decimal_sign: str = ","
) -> tuple[dict[str, Value], list[Problem]]:
    """The values of a segment by field name, and what is wrong with them.

    Absent fields are left out. What cannot be understood stays the text as it came, so that nothing is lost.
    """
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    elements = _reading_plan(layout, version, decimal_sign)
    present = segment.elements
    count = len(present)
    for at, element in enumerate(elements):
        if at >= count:
            problems.extend(_absent(elements[at:], segment))
            break
        components = present[at]
        length = len(components)
        for nth, slot in enumerate(element):
            text = components[nth] if nth < length else ""
            if not text or (slot.mandatory and text.isspace()):
                if slot.mandatory:
                    where = segment.where(slot.element, slot.component, slot.name)
                    problems.append(_problem("EDI-ELM-001", slot.row, where))
                continue
            values[slot.name], faults = slot.parse(text)
            if faults:
                where = segment.where(slot.element, slot.component, slot.name)
                problems.extend([_problem(code, slot.row, where, text) for code in faults])
        if length > len(element) and any(components[len(element) :]):
            where = segment.where(at + 1, len(element) + 1)
            problems.append(_of_segment("EDI-ELM-010", layout, where, components[len(element)]))
    if count and (count > len(elements) or not any(present[-1])):
        problems.extend(_surplus(layout, segment, len(elements)))
    return values, problems


def _absent(elements: Iterable[tuple[_Slot, ...]], segment: Segment) -> Iterator[Problem]:
    """What is missing where a segment ends before its layout does."""
    for element in elements:
        for slot in element:
            if slot.mandatory:
                yield _problem("EDI-ELM-001", slot.row, segment.where(slot.element, slot.component, slot.name))


@lru_cache(maxsize=2048)
def _reading_plan(layout: SegmentLayout, version: int | None, decimal_sign: str) -> tuple[tuple[_Slot, ...], ...]:
    return _slots(layout, version, decimal_sign)


def check_segment(
    layout: SegmentLayout, segment: Segment, version: int | None = None, *, decimal_sign: str = ","
) -> list[Problem]:
    """Everything that is wrong with a segment against its layout (type, length, presence, number)."""
    return decode_segment(layout, segment, version, decimal_sign=decimal_sign)[1]


def _surplus(layout: SegmentLayout, segment: Segment, known: int) -> Iterator[Problem]:
    """What stands behind the last element of the layout, or the separators that should have been dropped there."""
    present = segment.elements
    beyond = present[known:]
    if any(any(components) for components in beyond):
        yield _of_segment("EDI-ELM-009", layout, segment.where(known + 1), ":".join(beyond[0]))
    elif not any(present[-1]):
        yield _of_segment("EDI-ELM-011", layout, segment.where(len(present)))


def _problem(code: str, row: Field, where: Where, value: str = "") -> Problem:
    message = f"{PROBLEM_KINDS[code].text}: {row.name} ({row.original}), {row.kind.value} {row.length}"
    return Problem(code, message, where, value, row.source)


def _of_segment(code: str, layout: SegmentLayout, where: Where, value: str = "") -> Problem:
    return Problem(code, f"{PROBLEM_KINDS[code].text}: {layout.tag}", where, value, layout.source)
