"""Reading messages: head, records with their error parts, totals. Lenient: nothing that comes from a payer stops it.

A message is one string without line ends. Trailing blanks may be lost in transport, numeric zones may hold blanks, codes and
zones may be unknown: what can be kept is kept, and the rest is told as a problem of the wire.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from billhook.wire.fixed import RecordLayout, decode_record
from billhook.wire.problems import Problem
from billhook.wire.values import Value
from billhook.words import words
from billhook_vsb import layouts

INVOICES = "920000"
RECEIPT = "931000"
UNREADABLE = "920999"
ACCEPTED = "920098"
REFUSED = "920099"
SETTLEMENT = "920900"

KINDS: Mapping[str, str] = {
    INVOICES: words("invoice file (facturatiebestand)"),
    RECEIPT: words("receipt of the invoice file (aanvaarding van het facturatiebestand, DF011)"),
    UNREADABLE: words("refusal of the invoice file (weigering van het facturatiebestand, DF012)"),
    REFUSED: words("refusal of the sending (weigering van de zending, DF013)"),
    ACCEPTED: words("acceptance of the sending (aanvaarding van de zending, DF014)"),
    SETTLEMENT: words("settlement (afrekenbestand, DF015)"),
}
"""What each message number is."""

RETURNING = (ACCEPTED, REFUSED, SETTLEMENT)
"""Messages whose records come back with an error part."""

PRODUCTION, TEST = "12", "92"
"""Zone 202."""

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Fault:
    """One code that a payer gave: on which record, with which letter. `zone` is the zone that the code names."""

    record: str
    sequence: int
    letter: str
    code: str

    @property
    def zone(self) -> str:
        """The zone's number, without zeros in front; empty for a filler code."""
        return self.code[2:4].lstrip("0")

    def __str__(self) -> str:
        return f"{self.letter}{self.code} (record {self.record}, nr. {self.sequence})"


@dataclass(frozen=True, slots=True)
class SegmentFault:
    """A two-digit code beside a zone of a segment or of the totals (zone 5011 speaks of zone 501)."""

    segment: str
    zone: str
    code: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its type, its place in the file (1, 2, …), its values by zone, and its bytes.

    `error` holds the error part where the record came back, else it is empty.
    """

    kind: str
    place: int
    offset: int
    raw: bytes
    values: Values
    error: Values = field(default_factory=dict)

    @property
    def sequence(self) -> int:
        """Zone 2, the record's number in the sender's file; 0 where it is no number."""
        text = self.raw[2:8].decode("ascii", "replace")
        return int(text) if text.isascii() and text.isdecimal() else 0

    def text(self, zone: str) -> str:
        """The value of a zone as text, without blanks around it; empty when it is absent."""
        value = self.values.get(zone)
        return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)

    def cents(self, zone: str) -> int:
        """The value of a signed zone; 0 when it is absent or unreadable."""
        value = self.values.get(zone)
        return value if isinstance(value, int) else 0

    def faults(self) -> Iterator[Fault]:
        """The codes of the error part, in order."""
        for slot in ("111", "112", "113"):
            letter = str(self.error.get(f"zone_{slot}a", "")).strip()
            code = str(self.error.get(f"zone_{slot}b", "")).strip()
            if code.strip("0") or letter.strip("0"):
                yield Fault(self.kind, self.sequence, letter, code)

    @property
    def comment(self) -> str:
        """What the payer wrote beside its codes (zone 120)."""
        return str(self.error.get("zone_120", "")).strip() if any(True for _ in self.faults()) else ""

    @property
    def accepted(self) -> int | None:
        """Zones 114 and 115: what was accepted of this record, in cents; None where nothing is said."""
        found = [self.error.get(zone) for zone in ("zone_114", "zone_115")]
        known = [value for value in found if isinstance(value, int)]
        return sum(known) if known else None


@dataclass(frozen=True)
class Message:
    """A message as it was read. Zone values are as `billhook.wire.fixed` reads them; absent ones are left out."""

    kind: str
    head: Values
    invoicing: Values
    records: tuple[Record, ...]
    totals: tuple[Record, ...]
    problems: tuple[Problem, ...]

    @property
    def is_test(self) -> bool:
        """Zone 202 says test."""
        return self.head.get("zone_202") == TEST

    @property
    def reference(self) -> str:
        """Zone 204, the sender's number of the message: all answers repeat it."""
        return str(self.head.get("zone_204", ""))

    @property
    def payer_reference(self) -> str:
        """Zone 205."""
        return str(self.head.get("zone_205", ""))

    @property
    def about(self) -> str:
        """The number of the message that a receipt is about; the message's own for all others."""
        return str(self.invoicing.get("zone_300", "")) if self.kind == RECEIPT else self.kind

    def _invoicing(self, zone: str) -> str:
        return "" if self.kind == RECEIPT else str(self.invoicing.get(zone, ""))

    @property
    def sending(self) -> str:
        """Zone 301; empty in a receipt."""
        return self._invoicing("zone_301")

    @property
    def year_month(self) -> str:
        """Zone 300, YYYYMM; empty in a receipt."""
        return self._invoicing("zone_300")

    @property
    def created(self) -> str:
        """Zone 302 as ISO date; as it stands where it is none."""
        return self._invoicing("zone_302")

    @property
    def error_percent(self) -> str:
        """Zone 310 with its two decimals, `16.66`; empty where the message has none. Never recomputed: insurers differ."""
        text = self._invoicing("zone_310") if self.kind in RETURNING else ""
        return f"{int(text) // 100}.{int(text) % 100:02d}" if text.isdecimal() else text

    @property
    def refusal_type(self) -> str:
        """Zone 311: 01 blocking errors, 02 too many errors, 00 none; empty where the message has none."""
        return self._invoicing("zone_311") if self.kind in RETURNING else ""

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Records by type, totals included."""
        return Counter(record.kind for record in (*self.records, *self.totals))

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """All codes of all records, in order."""
        return tuple(fault for record in self.records for fault in record.faults())

    @cached_property
    def segment_faults(self) -> tuple[SegmentFault, ...]:
        """All codes beside zones of segments and totals, and the status (zone 203) where it is not 00."""
        found = []
        parts: list[tuple[str, RecordLayout, Values]] = [("200", layouts.SEGMENT_200, self.head)]
        segment = segment_300(self.kind)
        parts.append(("300", segment, self.invoicing))
        parts += [(each.kind, layouts.TRAILERS[each.kind], each.values) for each in self.totals]
        for name, layout, values in parts:
            for row in layout.fields:
                value = str(values.get(row.name, ""))
                if (row.original.startswith("foutcode") or row.name == "zone_203") and value.strip("0"):
                    found.append(SegmentFault(name, row.name.removeprefix("zone_"), value))
        return tuple(found)

    def amounts(self, what: str) -> int | None:
        """`asked`, `accepted` or `refused` of the whole message in cents: its record 92 or 96, else the sum of 91 or 95."""
        zone = {"asked": "07", "accepted": "19", "refused": "21"}[what]
        for kinds, first in ((("92", "96"), "5"), (("91", "95"), "4")):
            found = [each.values.get(f"zone_{first}{zone}") for each in self.totals if each.kind in kinds]
            known = [value for value in found if isinstance(value, int)]
            if known:
                return sum(known)
        return None

    @property
    def payment_references(self) -> tuple[str, ...]:
        """Zones 423, 424 and 428 of the records 91: by these the bank transfers are recognised."""
        found = (
            str(each.values[zone])
            for each in self.totals
            if each.kind == "91"
            for zone in ("zone_423", "zone_424", "zone_428")
            if zone in each.values
        )
        return tuple(dict.fromkeys(text for text in found if text.strip("0 ")))

    @property
    def codes(self) -> tuple[str, ...]:
        """Letter and code of every fault, once each, in order."""
        return tuple(dict.fromkeys(f"{fault.letter}{fault.code}" for fault in self.faults))


def segment_300(kind: str) -> RecordLayout:
    """Which form of segment 300 a message has."""
    if kind == RECEIPT:
        return layouts.SEGMENT_300_RECEIPT
    return layouts.SEGMENT_300_ANSWER if kind in RETURNING else layouts.SEGMENT_300


def is_message(head: bytes) -> bool:
    """True when the first bytes are those of one of the messages."""
    return head[:6].decode("ascii", "replace") in KINDS


def read_message(content: bytes) -> Message:
    """A message from its bytes. Never raises on bad content; an unknown number is read as an invoice file."""
    # Some transports cut the string into lines; no zone ever holds a line end.
    content = content.replace(b"\r", b"").replace(b"\n", b"")
    kind = content[:6].decode("ascii", "replace")
    segment = segment_300(kind)
    length = layouts.RETURNED if kind in RETURNING else layouts.RECORD
    start = layouts.SEGMENT_200.length
    head, problems = decode_record(layouts.SEGMENT_200, content[:start], number=0)
    problems = _noteworthy(problems)
    body = start + segment.length
    invoicing, found = decode_record(segment, content[start:body], offset=start, number=0)
    problems += _noteworthy(found)
    records: list[Record] = []
    totals: list[Record] = []
    for place, offset in enumerate(range(body, len(content), length), 1):
        raw = content[offset : offset + length]
        if not raw.strip():
            continue
        record, found = _record(raw, place, offset, length)
        (totals if record.kind in layouts.TRAILERS else records).append(record)
        problems += found
    return Message(kind, head, invoicing, tuple(records), tuple(totals), tuple(problems))


def _record(raw: bytes, place: int, offset: int, length: int) -> tuple[Record, list[Problem]]:
    kind = raw[:2].decode("ascii", "replace")
    raw = raw.ljust(length)
    trailer = layouts.TRAILERS.get(kind)
    if trailer is not None:
        values, found = decode_record(trailer, raw[: trailer.length].ljust(trailer.length), offset=offset, number=place)
        return Record(kind, place, offset, raw, values), _noteworthy(found)
    layout = layouts.RECORDS.get(kind)
    values, found = decode_record(layout, raw[:350], offset=offset, number=place) if layout else ({}, [])
    if length == layouts.RECORD:
        return Record(kind, place, offset, raw, values), _noteworthy(found)
    error, _ = decode_record(layouts.ERROR_PART, raw[350:], offset=offset + 350, number=place)
    return Record(kind, place, offset, raw, values, error), _noteworthy(found)


def _noteworthy(problems: list[Problem]) -> list[Problem]:
    """Blanks around a number or in front of a text are so common in real files that nobody needs to hear of them."""
    return [problem for problem in problems if problem.code != "FIX-FLD-008"]
