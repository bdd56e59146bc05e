"""Wire formats: a layout is a table declared once; writing, reading, checking and the reference page come from it."""

from __future__ import annotations

from billhook.wire.charsets import CHARSETS, Charset, Replacement, charset
from billhook.wire.edifact import DEFAULT_SEPARATORS, Segment, Separators, read_segments
from billhook.wire.fixed import RecordField, RecordLayout, check_record, decode_record, encode_record
from billhook.wire.grammar import Group, MessageLayout, Node, OneOf, Use, any_number, optional
from billhook.wire.interchange import InterchangeCheck, InterchangeWriter, ServiceLayouts, check_interchange
from billhook.wire.layout import Field, K, Kind, Length, M, Presence, SegmentLayout, by_tag
from billhook.wire.problems import PROBLEM_KINDS, Problem, ProblemKind, Report, Where, WriteError
from billhook.wire.segments import check_segment, check_values, decode_segment, encode_segment

__all__ = [
    "CHARSETS",
    "DEFAULT_SEPARATORS",
    "PROBLEM_KINDS",
    "Charset",
    "Field",
    "Group",
    "InterchangeCheck",
    "InterchangeWriter",
    "K",
    "Kind",
    "Length",
    "M",
    "MessageLayout",
    "Node",
    "OneOf",
    "Presence",
    "Problem",
    "ProblemKind",
    "RecordField",
    "RecordLayout",
    "Replacement",
    "Report",
    "Segment",
    "SegmentLayout",
    "Separators",
    "ServiceLayouts",
    "Use",
    "Where",
    "WriteError",
    "any_number",
    "by_tag",
    "charset",
    "check_interchange",
    "check_record",
    "check_segment",
    "check_values",
    "decode_record",
    "decode_segment",
    "encode_record",
    "encode_segment",
    "optional",
    "read_segments",
]
