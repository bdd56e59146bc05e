"""What can be wrong with a file on the wire: a table of stable codes, and the value that says where one occurred.

The wire knows no items and no findings. A scheme turns a `Problem` into a finding of its own: code, severity, text and
place carry over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One row of the table: the code, its weight, what is wrong and how to mend it (no values in either text)."""

    code: str
    severity: Severity
    text: str
    mend: str


@dataclass(frozen=True, slots=True)
class Where:
    """Where something stands in a file.

    `segment` and `line` count from 1 in the file, `message_segment` from 1 (= UNH) in the message, `element` from 1
    after the tag, `component` from 1 in its element, `offset` in bytes from 0. `field` is the name in the layout. For a
    fixed record `element` is the first position (from 1) of the field. None: not known or not applicable.
    """

    segment: int | None = None
    message: str | None = None
    message_segment: int | None = None
    tag: str | None = None
    element: int | None = None
    component: int | None = None
    field: str | None = None
    offset: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        parts = []
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.segment is not None:
            parts.append(f"segment {self.segment}")
        if self.tag:
            parts.append(self.tag)
        if self.element is not None:
            parts.append(f"element {self.element}" + (f":{self.component}" if self.component else ""))
        if self.field:
            parts.append(self.field)
        if self.offset is not None and not parts:
            parts.append(f"byte {self.offset}")
        return ", ".join(parts) or "file"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file.

    `message` says what is wrong without quoting data; `value` is the offending text as found. The value may be a
    person's name, so it is left out of `str()` and `repr()`: both may be logged.
    """

    code: str
    message: str
    where: Where = Where()
    value: str = field(default="", repr=False)
    source: str = ""

    @property
    def severity(self) -> Severity:
        """`error` when the file or the field cannot be used as it stands, else `warning`."""
        return PROBLEM_KINDS[self.code].severity

    @property
    def mend(self) -> str:
        """What can be done about it."""
        return PROBLEM_KINDS[self.code].mend

    def __str__(self) -> str:
        return f"{self.code} {self.where}: {self.message}" + (f" [{self.source}]" if self.source else "")


Report: TypeAlias = Callable[[Problem], None]
"""Takes each problem as it is found; `list.append` is the simplest one."""


_TABLE = (
    # The stream of bytes
    ProblemKind("EDI-FILE-001", "error", "the file is empty", "ask for the file again"),
    ProblemKind("EDI-FILE-002", "warning", "the file starts with a byte order mark", "save the file without one"),
    ProblemKind("EDI-FILE-003", "error", "the file is UTF-16, not one of the agreed character sets", "convert it"),
    ProblemKind("EDI-FILE-004", "error", "the file ends in the middle of a segment", "ask for the file again"),
    ProblemKind("EDI-FILE-005", "warning", "the file contains NUL bytes", "ask how the file was transferred"),
    ProblemKind(
        "EDI-FILE-006", "warning", "the UNA segment is not usable; the default separators were used", "mend UNA"
    ),
    ProblemKind(
        "EDI-FILE-007", "warning", "bytes do not fit the character set and were read as ISO 8859-1", "mend set"
    ),
    # Single segments
    ProblemKind("EDI-SEG-001", "error", "a segment has no tag of three letters or digits", "look for an unescaped '"),
    ProblemKind("EDI-SEG-002", "warning", "there is nothing between two segment terminators", "drop one of them"),
    ProblemKind("EDI-SEG-003", "error", "a segment is longer than the stated maximum and was cut", "look for a lost '"),
    ProblemKind("EDI-SEG-004", "warning", "the layouts do not know this segment", "check tag and version"),
    # Elements against their row
    ProblemKind("EDI-ELM-001", "error", "a mandatory element is missing", "fill it"),
    ProblemKind("EDI-ELM-002", "error", "an element is too long", "shorten it"),
    ProblemKind("EDI-ELM-003", "error", "an element is too short", "fill it up"),
    ProblemKind("EDI-ELM-004", "error", "an element is not a number of the agreed form", "write digits only"),
    ProblemKind("EDI-ELM-005", "error", "an element has the wrong number of decimal places", "write the agreed places"),
    ProblemKind("EDI-ELM-006", "error", "an element is not a date", "write year, month and day as agreed"),
    ProblemKind("EDI-ELM-007", "error", "an element is not a time", "write hours and minutes as agreed"),
    ProblemKind(
        "EDI-ELM-008", "error", "an element has a value that is not allowed here", "take one of the listed values"
    ),
    ProblemKind(
        "EDI-ELM-009", "error", "a segment has more elements than its layout", "look for an unescaped separator"
    ),
    ProblemKind(
        "EDI-ELM-010", "error", "an element has more components than its layout", "look for an unescaped separator"
    ),
    ProblemKind("EDI-ELM-011", "warning", "empty elements at the end of a segment were not dropped", "drop them"),
    ProblemKind("EDI-ELM-012", "warning", "the decimal sign is not the agreed one", "use the agreed sign"),
    ProblemKind("EDI-ELM-013", "error", "a value has another type than its field", "hand over the field's Python type"),
    ProblemKind("EDI-ELM-014", "error", "a value was given that the layout does not have in this version", "drop it"),
    # Characters
    ProblemKind("EDI-CHR-001", "warning", "a character outside the character set was replaced", "spell it otherwise"),
    ProblemKind("EDI-CHR-002", "error", "a character is outside the character set", "spell it otherwise"),
    ProblemKind("EDI-CHR-003", "warning", "a control character was found in a text", "remove it"),
    # Messages and the envelope
    ProblemKind("EDI-MSG-001", "error", "a segment stands where the message does not expect it", "put it in its place"),
    ProblemKind("EDI-MSG-002", "error", "the message ends before all its segments have come", "add what is missing"),
    ProblemKind("EDI-MSG-003", "error", "UNT counts another number of segments", "ask for the file again"),
    ProblemKind("EDI-MSG-004", "error", "the reference of UNT is not the one of UNH", "ask for the file again"),
    ProblemKind("EDI-MSG-005", "error", "a message has no UNT", "ask for the file again"),
    ProblemKind("EDI-MSG-006", "error", "a segment stands outside of any message", "look for a lost UNH or UNT"),
    ProblemKind("EDI-MSG-007", "warning", "the kind or version of the message is not known", "check UNH"),
    ProblemKind("EDI-MSG-008", "error", "a message reference occurs twice in a file", "number the messages afresh"),
    ProblemKind("EDI-UNB-001", "error", "the file has no UNB", "ask for the file again"),
    ProblemKind("EDI-UNB-002", "error", "the file has no UNZ", "ask for the file again"),
    ProblemKind("EDI-UNB-003", "error", "UNZ counts another number of messages", "ask for the file again"),
    ProblemKind("EDI-UNB-004", "error", "the reference of UNZ is not the one of UNB", "ask for the file again"),
    ProblemKind("EDI-UNB-005", "error", "something stands after UNZ or before UNB", "ask for the file again"),
    # Records of fixed length
    ProblemKind("FIX-REC-001", "error", "the record is shorter than its layout", "ask for the file again"),
    ProblemKind("FIX-REC-002", "error", "the record is longer than its layout", "ask for the file again"),
    ProblemKind("FIX-REC-003", "warning", "blanks at the end of the record were lost", "keep trailing blanks"),
    ProblemKind("FIX-FLD-001", "error", "a mandatory field is empty", "fill it"),
    ProblemKind("FIX-FLD-002", "error", "a value is too long for its field", "shorten it"),
    ProblemKind("FIX-FLD-003", "error", "a field is not a number of the agreed form", "write digits only"),
    ProblemKind("FIX-FLD-004", "error", "a field is not a date or time", "write it as agreed"),
    ProblemKind(
        "FIX-FLD-005", "error", "a field has a value that is not allowed here", "take one of the listed values"
    ),
    ProblemKind("FIX-FLD-006", "error", "a value has another type than its field", "hand over the field's Python type"),
    ProblemKind("FIX-FLD-007", "error", "a value was given that the record does not have", "drop it"),
    ProblemKind(
        "FIX-FLD-008", "warning", "a field is filled up on the wrong side or with the wrong sign", "fill as agreed"
    ),
)

PROBLEM_KINDS: dict[str, ProblemKind] = {kind.code: kind for kind in _TABLE}
"""Every code the wire can report."""


class WriteError(ValueError):
    """Data that must not be written: a programming error, or data that nobody checked.

    Carries the `problem` (code, where, source) and the offending `value`. The text names the rule and the field but not
    the value, because a traceback ends in logs and the value may be a person's name.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem

    @property
    def value(self) -> str:
        """The offending value, as text."""
        return self.problem.value
