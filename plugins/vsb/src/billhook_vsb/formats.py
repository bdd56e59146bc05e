"""The messages as `billhook describe` and `billhook verify` see them. Never raises on bad content."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from billhook.model import Finding
from billhook.scheme import Description
from billhook.wire.layout import Kind
from billhook.words import listed, words
from billhook_vsb import layouts, rules
from billhook_vsb.codes.errors import SEGMENT_CODES, meaning
from billhook_vsb.messages import INVOICES, KINDS, Message, Record, is_message, read_message
from billhook_vsb.profile import Profile, load
from billhook_vsb.segments import check_segments
from billhook_vsb.validation import texts_of, to_lines, validate

_PRIVATE = {"zone_8", "zone_305", "zone_306", "zone_307"}
"""Zones that name a person."""


class VsbMessage:
    """All seven messages: 920000 and its answers."""

    key = "vsb-message"
    title = "VSB message: invoice file 920000, or one of its answers 931000, 920999, 920098, 920099, 920900"

    def __init__(self, profile: Profile | None = None, day: date | None = None) -> None:
        self._profile = profile
        self._day = day

    def sniff(self, head: bytes, name: str) -> bool:  # noqa: ARG002  # part of the contract
        """True when the file begins with a message number and 92 or 12 stands in zone 202."""
        return is_message(head) and head[12:14] in (b"12", b"92")

    def describe(self, path: Path, *, mask: bool) -> Description:
        """The message in words, and as data."""
        message = read_message(path.read_bytes())
        return Description(
            scheme="vsb",
            kind=words("{number} {kind}", number=message.kind, kind=KINDS.get(message.kind, words("unknown message"))),
            version=str(message.head.get("zone_201", "")),
            counts={"records": len(message.records), "totals": len(message.totals), "errors": len(message.faults)},
            facts=_facts(message, mask=mask),
            lines=_lines(message, mask=mask),
            findings=[*_no_message(message, path), *_odd(message, path.name)],
            data=data_of(message),
        )

    def verify(self, path: Path) -> Iterator[Finding]:
        """What is wrong: in an invoice file what the care fund would find, in an answer what could not be read."""
        message = read_message(path.read_bytes())
        name = path.name
        yield from _no_message(message, path)
        if message.kind != INVOICES:
            yield from _odd(message, name)
            return
        profile = self._profile or load("federal")
        # What lies in the future of the file's own day is judged by that day: an old file is not wrong because it is old.
        day = self._day or datetime.now(UTC).date()
        for fault in check_segments(message, day, profile):
            what = SEGMENT_CODES.get(fault.code, words("wrong"))
            yield rules.SEGMENT.at(
                file=name, tag=fault.segment, part=fault.segment, zone=fault.zone, what=what, official=fault.code
            )
        lines = to_lines([record.raw for record in message.records])
        for found in validate(lines, day, profile):
            yield rules.finding_of(found, profile.text(found.code), file=name, segment=found.place, tag=found.record)


def _no_message(message: Message, path: Path) -> Iterator[Finding]:
    if message.kind not in KINDS:
        yield rules.NO_MESSAGE.at(value=message.kind if message.kind.isprintable() else None, file=path.name)


def _odd(message: Message, name: str) -> Iterator[Finding]:
    for problem in message.problems:
        where = problem.where
        yield rules.ODD.at(
            value=None if where.field in _PRIVATE else problem.value,
            file=name, segment=where.segment, tag=where.tag, element=where.element, what=problem.message,
        )  # fmt: skip


def data_of(message: Message) -> dict[str, object]:
    """What stands in a message, as JSON: amounts in cents, days ISO, the percentage with two decimals as text."""
    return {
        "message": message.kind,
        "test": message.is_test,
        "reference": message.reference,
        "payer_reference": message.payer_reference,
        "about": message.about,
        "sending": message.sending or None,
        "year_month": message.year_month or None,
        "created": message.created or None,
        "error_percent": message.error_percent or None,
        "refusal_type": message.refusal_type or None,
        "records": dict(message.counts),
        "errors": [
            {
                "record": fault.record,
                "sequence": fault.sequence,
                "letter": fault.letter,
                "code": fault.code,
                "zone": fault.zone,
            }
            for fault in message.faults
        ],
        "segment_errors": [
            {"segment": fault.segment, "zone": fault.zone, "code": fault.code} for fault in message.segment_faults
        ],
        "asked": message.amounts("asked"),
        "accepted": message.amounts("accepted"),
        "refused": message.amounts("refused"),
        "payment_references": list(message.payment_references),
    }


def _facts(message: Message, *, mask: bool) -> dict[str, str]:
    contact = " ".join(str(message.invoicing.get(zone, "")) for zone in ("zone_306", "zone_305")).strip()
    facts = {
        "test": "yes" if message.is_test else "no",
        "reference": message.reference,
        "about message": message.about if message.about != message.kind else "",
        "sending": message.sending,
        "invoiced month": message.year_month,
        "created": message.created,
        "contact": "…" if mask and contact else contact,
        "error percentage": message.error_percent,
        "type of refusal": message.refusal_type,
        "payment references": ", ".join(message.payment_references),
    }
    for name in ("asked", "accepted", "refused"):
        amount = message.amounts(name)
        if amount is not None:
            facts[name] = euro(amount)
    return {name: value for name, value in facts.items() if value}


def euro(cents: int) -> str:
    """Cents as euros: `-12.34`."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _lines(message: Message, *, mask: bool) -> Iterator[tuple[int, str]]:
    for beside in message.segment_faults:
        general = SEGMENT_CODES.get(beside.code, "")
        yield (
            0,
            words(
                "segment {segment}, zone {zone}: code {code} {meaning}",
                segment=beside.segment,
                zone=beside.zone,
                code=beside.code,
                meaning=general,
            ),
        )
    for record in (*message.records, *message.totals):
        depth = {"10": 0, "90": 0, "20": 1, "80": 1}.get(record.kind, 0 if record.kind in layouts.TRAILERS else 2)
        yield depth, _record_in_words(record, mask=mask)
        for fault in record.faults():
            text = texts_of(fault.code)[0]
            general = words(text) if text else meaning(fault.code)
            title = rules.zone_title(fault.code) if fault.code[:4].isdecimal() and int(fault.code[2:4]) else ""
            told = listed([part for part in (title, general) if part], ": ")
            yield depth + 1, listed([fault.letter, fault.code, *([told] if told else [])], " ")
        if record.comment:
            yield depth + 1, record.comment


def _record_in_words(record: Record, *, mask: bool) -> str:
    layout = layouts.RECORDS.get(record.kind) or layouts.TRAILERS.get(record.kind)
    if layout is None:
        return words("record {kind}: unknown", kind=record.kind)
    parts = []
    for row in layout.fields:
        value = record.values.get(row.name)
        if value is None or row.name in ("zone_1", "zone_2", "zone_99") or row.original == layouts.RESERVE:
            continue
        text = str(value)
        if row.original.startswith("foutcode") or not text.strip("0 +-"):
            continue
        if (
            row.kind is Kind.SIGNED
            and isinstance(value, int)
            and ("edrag" in row.original or "aandeel" in row.original)
        ):
            text = euro(value)
        parts.append(f"{row.original} {'…' if mask and row.name in _PRIVATE else text}")
    number = f" nr. {record.sequence}" if record.kind in layouts.RECORDS else ""
    title = words(layout.title.split(" (")[0])
    return words(
        "{kind}{number} {title}: {zones}", kind=record.kind, number=number, title=title, zones="; ".join(parts)
    )


FORMATS = (VsbMessage(),)
