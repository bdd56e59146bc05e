"""A second reader of billing files (TA1 5.1–5.5) and Auftragsdateien (GGT Anlage 2) that shares no code with Billhook.

It was written from the specifications alone and knows no rules of content: it splits, unescapes, counts and adds up.
Golden tests, property tests and the demo use it to say that somebody else can read what Billhook wrote.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

AMOUNTS = {
    "GES": {"asked_for": 2, "gross": 3, "kept": 4},
    "MWS": {"vat": 2},
    "ZUH": {"gross": 2, "copayment": 4, "own_share": 5},
    "ZUK": {"gross": 2, "copayment": 4},
    "MEH": {"surcharge": 1},
    "GZF": {"copayment": 1, "percent": 2, "flat": 3},
}
"""Segment → name of an amount → its element, as TA1 V21 5.5.2 and 5.5.3.2 to 5.5.3.8 count them."""

CASE_SUMS = {
    "A": {"gross": 1, "copayment": 2, "own_share": 3, "surcharge": 4},
    "B": {"gross": 1, "copayment": 2, "percent": 3, "flat": 4, "deduction": 5},
    "E": {"gross": 1, "copayment": 2},
    **{group: {"gross": 1, "copayment": 2, "percent": 3, "flat": 4, "own_share": 5} for group in "GHIJKLMN"},
    **{group: {"gross": 1} for group in "CDFOPQRS"},
}
"""Group of providers (UNB) → name of an amount → its element in BES, which every group counts in its own way."""

POSITIONS = {
    "EHI": (3, 5, None),
    "EHE": (3, 4, 6),
    "EHK": (3, 4, None),
    "EHH": (3, 4, None),
    "EKT": (3, 4, None),
    "EHB": (3, 4, None),
    "ENF": (4, 5, 7),
    "ESP": (3, 4, None),
    "EGV": (3, 4, None),
    "EHP": (3, 4, None),
    "AHK": (3, 4, None),
    "EMP": (3, 4, None),
}
"""Segment of a billed position → the elements of its quantity, its price and the copayment of one unit."""

ORDER_FIELDS = {
    "length": (9, 16),
    "procedure": (20, 24),
    "transfer": (25, 27),
    "owner": (33, 47),
    "sender": (48, 62),
    "user": (63, 77),
    "receiver": (78, 92),
    "file_name": (105, 115),
    "created": (116, 129),
    "sent": (130, 143),
    "plain_size": (179, 190),
    "sent_size": (191, 202),
    "charset": (203, 204),
    "encryption": (207, 208),
    "signature": (209, 210),
}
"""Field of an Auftragsdatei → its first and last byte, counted from 1 (GGT Anlage 2, 10.10.2024)."""


class Unreadable(ValueError):
    """The file breaks the frame: an unknown order of service segments or a wrong count."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its number in the file (UNB is 1), its tag, and its elements, each with its components."""

    number: int
    tag: str
    elements: tuple[tuple[str, ...], ...]

    def text(self, element: int, component: int = 1) -> str:
        """An element's component, both counted from 1; empty when the segment ends before it."""
        parts = self.elements[element - 1] if element <= len(self.elements) else ()
        return parts[component - 1] if component <= len(parts) else ""

    def amount(self, element: int) -> Decimal:
        """An element as a number; an empty one is nothing."""
        return Decimal(self.text(element).replace(",", ".") or 0)


@dataclass(slots=True)
class Message:
    """What stands between UNH and UNT; `segments` has both of them too."""

    kind: str
    version: str
    segments: list[Segment] = field(default_factory=list)

    def all(self, tag: str) -> list[Segment]:
        """The segments of this tag, in order."""
        return [segment for segment in self.segments if segment.tag == tag]


@dataclass(slots=True)
class BillingFile:
    """A file whose frame is sound: UNB, messages, UNZ."""

    header: Segment
    messages: list[Message]
    segments: list[Segment]

    @property
    def group(self) -> str:
        """The group of providers (Leistungsbereich, UNB)."""
        return self.header.text(6)

    def sum(self, tag: str, amount: str, kind: str = "SLLA") -> Decimal:
        """The sum of one amount over all segments of a tag in all messages of a kind; nothing where a tag has none."""
        amounts = CASE_SUMS[self.group] if tag == "BES" else AMOUNTS[tag]
        if amount not in amounts:
            return Decimal(0)
        element = amounts[amount]
        return sum((s.amount(element) for m in self.messages if m.kind == kind for s in m.all(tag)), Decimal(0))

    def positions(self) -> Decimal:
        """The gross of all positions: price × quantity plus the MWS after it, each rounded half up (5.5.3.2 BES)."""
        total, pending = Decimal(0), Decimal(0)
        for segment in self.segments:
            if segment.tag in POSITIONS:
                quantity, price, _ = POSITIONS[segment.tag]
                total += round_half_up(pending)
                pending = segment.amount(quantity) * segment.amount(price)
            elif segment.tag == "MWS":
                pending += segment.amount(2)
        return total + round_half_up(pending)

    def copayments(self) -> Decimal:
        """The copayment by percent of all positions: of one unit × quantity, rounded half up (5.5.3.3, 5.5.3.8 BES)."""
        total = Decimal(0)
        for segment in self.segments:
            quantity, _, copayment = POSITIONS.get(segment.tag, (0, 0, None))
            if copayment is not None:
                total += round_half_up(segment.amount(quantity) * segment.amount(copayment))
        return total


def round_half_up(amount: Decimal) -> Decimal:
    """Two places, a half away from zero, without the decimal module's own rounding."""
    cents = int(abs(amount) * 1000)
    return Decimal((cents + 5) // 10) / 100 * (-1 if amount < 0 else 1)


def split(text: str) -> Iterator[Segment]:
    """The segments, one character after another; line ends before a tag are skipped."""
    number, component = 0, ""
    components: list[str] = []
    elements: list[tuple[str, ...]] = []
    characters = iter(text)
    for character in characters:
        if character == "?":
            component += next(characters, "")
        elif character in ":+'":
            components.append(component)
            component = ""
            if character in "+'":
                elements.append(tuple(components))
                components = []
            if character == "'":
                tag, number = elements[0][0].lstrip("\r\n"), number + 1
                yield Segment(number, tag, tuple(elements[1:]))
                elements = []
        else:
            component += character
    if component.strip() or components or elements:
        raise Unreadable("the last segment has no end")


def read(content: bytes, charset: str = "iso-8859-1") -> BillingFile:
    """A file's frame and segments. Raises Unreadable where counts or references do not fit."""
    text = content.decode(charset)
    segments = list(split(text[9:] if text.startswith("UNA") else text))
    if not segments or segments[0].tag != "UNB" or segments[-1].tag != "UNZ":
        raise Unreadable("the file does not run from UNB to UNZ")
    header, trailer = segments[0], segments[-1]
    messages: list[Message] = []
    open_message = False
    for segment in segments[1:-1]:
        if segment.tag == "UNH":
            messages.append(Message(segment.text(2, 1), segment.text(2, 2)))
            if open_message or int(segment.text(1)) != len(messages):
                raise Unreadable(f"segment {segment.number}: UNH out of turn")
            open_message = True
        elif not open_message:
            raise Unreadable(f"segment {segment.number}: {segment.tag} outside a message")
        messages[-1].segments.append(segment)
        if segment.tag == "UNT":
            here = messages[-1].segments
            if int(segment.text(1)) != len(here) or segment.text(2) != here[0].text(1):
                raise Unreadable(f"segment {segment.number}: UNT says {segment.text(1)}, counted {len(here)}")
            open_message = False
    if open_message or int(trailer.text(1)) != len(messages) or trailer.text(2) != header.text(5):
        raise Unreadable(f"UNZ says {trailer.text(1)} messages, counted {len(messages)}")
    return BillingFile(header, messages, segments)


def read_order(content: bytes) -> dict[str, str]:
    """The fields of an Auftragsdatei, without the blanks that fill them up."""
    record = content.decode("iso-8859-1")
    if len(record) != 348 or not record.startswith("50000001"):
        raise Unreadable(f"an Auftragsdatei has 348 bytes and begins with 50000001; this one has {len(record)}")
    return {name: record[first - 1 : last].rstrip() for name, (first, last) in ORDER_FIELDS.items()}


def main(paths: list[str]) -> int:
    """Read billing files and print what is in them: `python independent_reader.py FILE…`."""
    for path in paths:
        billing = read(Path(path).read_bytes())
        cases = sum(len(message.all("INV")) for message in billing.messages)
        sums = {name: billing.sum("BES", name) for name in CASE_SUMS["A"]}
        sys.stdout.write(
            f"{Path(path).name}: {len(billing.messages)} messages, {len(billing.segments)} segments, {cases} cases\n"
            f"  positions {billing.positions():.2f}, cases {sums['gross']:.2f},"
            f" copayments {sums['copayment']:.2f}, own shares {sums['own_share']:.2f}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
