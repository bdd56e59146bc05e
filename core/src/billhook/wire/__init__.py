"""Wire formats: a layout is a table declared once; writing, reading, checking and the reference page come from it."""

from __future__ import annotations

from billhook.wire.charsets import CHARSETS, Charset, Replacement, charset
from billhook.wire.edifact import DEFAULT_SEPARATORS, Segment, Separators, read_segments
from billhook.wire.layout import Field, K, Kind, Length, M, Presence, SegmentLayout, by_tag
from billhook.wire.problems import PROBLEM_KINDS, Problem, ProblemKind, Report, Where, WriteError
from billhook.wire.segments import check_segment, check_values, decode_segment, encode_segment

__all__ = [
    "CHARSETS",
    "DEFAULT_SEPARATORS",
    "PROBLEM_KINDS",
    "Charset",
    "Field",
    "K",
    "Kind",
    "Length",
    "M",
    "Presence",
    "Problem",
    "ProblemKind",
    "Replacement",
    "Report",
    "Segment",
    "SegmentLayout",
    "Separators",
    "Where",
    "WriteError",
    "by_tag",
    "charset",
    "check_segment",
    "check_values",
    "decode_segment",
    "encode_segment",
    "read_segments",
]
