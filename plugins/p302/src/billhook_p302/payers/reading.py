"""Reading a payer file (Kostenträgerdatei) message by message: lenient, with a finding for whatever is odd, by line.

What makes the file unfit as a whole raises `PayerFileRefused` before or while messages come; everything else is kept
as far as it goes. Memory holds one message, whatever the size of the file.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from billhook.identifiers import ik as ik_number
from billhook.model import Finding, Rule
from billhook.wire.edifact import Segment, read_segments
from billhook.wire.layout import SegmentLayout
from billhook.wire.problems import Problem
from billhook.wire.segments import decode_segment
from billhook.wire.values import Value
from billhook.words import words
from billhook_p302.layouts import KOTR, KOTR_UNB, KOTR_UNH, KOTR_UNT, KOTR_UNZ
from billhook_p302.payers import rules
from billhook_p302.payers.editions import Edition
from billhook_p302.payers.keys import (
    CHARSETS,
    EMAIL_PROTOCOL,
    MEDIA,
    OLD_PROTOCOLS,
    PARAMETERS,
    PROCEDURES,
    PROTOCOLS,
    SUPPORTED_PROCEDURES,
    Mark,
)
from billhook_p302.payers.model import (
    ALWAYS,
    BankAccount,
    Channel,
    ContactPerson,
    Link,
    Office,
    PostalAddress,
    Validity,
)

Report = Callable[[Finding], None]
"""Takes each finding as it comes; `list.append` is the simplest one."""

HEAD = 512
"""Bytes that tell what kind of file it is."""

MAX_RAW_COMMAS = 1_000
"""Unescaped commas whose place is kept; real files have a few dozen."""

_RAW_COMMA = re.compile(rb"(?<!\?),")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MANDATORY = ("VDT", "FKT", "NAM", "ANS")


class PayerFileRefused(Exception):
    """The file cannot be taken at all; `finding` says why and what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(words("{code}: {message}", code=finding.code, message=finding.message))
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Header:
    """The frame of a file: its edition, sender IK, date and time as they stand there, running number, name in UNB."""

    edition: Edition
    sender: str
    created: str
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one look at all bytes tells: SHA-256, size, and where commas stand without release character (byte
    offsets).
    """

    sha256: str
    size: int
    raw_commas: tuple[int, ...]


@dataclass(slots=True)
class PayerFile:
    """An opened payer file: read the header first, then walk `offices` once.

    `encoding` is `iso-8859-1` unless the clerk says otherwise. Findings go to `report` with the file's own name.
    """

    path: Path
    report: Report
    encoding: str = "iso-8859-1"
    inspection: Inspection = field(init=False)
    header: Header = field(init=False)
    messages: int = field(init=False, default=0)
    links: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.inspection = inspect(self.path, self.encoding)

    @property
    def name(self) -> str:
        """The file's own name, without its folder."""
        return self.path.name

    def offices(self) -> Iterator[Office]:
        """Its messages one by one. `header` is there from the first one on. Raises PayerFileRefused when it is cut
        off.
        """
        yield from _Reader(self).run()


def inspect(path: Path, encoding: str) -> Inspection:
    """Look at all bytes of a file once, streamed. Raises PayerFileRefused when it cannot be a payer file."""
    try:
        # Opened without waiting, so that a named pipe does not hang the program.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise PayerFileRefused(rules.NOT_READABLE.at(file=path.name, reason="it is no regular file"))
            return _inspect(file, path.name, encoding)
    except OSError as error:
        reason = "it is a folder" if path.is_dir() else (error.strerror or "I/O error").lower()
        raise PayerFileRefused(rules.NOT_READABLE.at(file=path.name, reason=reason)) from None


def _inspect(file: BinaryIO, name: str, encoding: str) -> Inspection:
    digest = hashlib.sha256()
    size = 0
    commas: list[int] = []
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    wanted = codecs.getincrementaldecoder(encoding)()
    ascii_only = True
    last = b""
    while data := file.read(1 << 18):
        if size == 0:
            _check_head(data[:HEAD], name)
        if b"\x00" in data:
            raise PayerFileRefused(rules.BINARY.at(file=name))
        digest.update(data)
        ascii_only = ascii_only and data.isascii()
        utf8 = _still(utf8, data)
        try:
            wanted.decode(data)
        except UnicodeDecodeError:
            raise PayerFileRefused(rules.UNDECODABLE.at(value=encoding, file=name)) from None
        if len(commas) < MAX_RAW_COMMAS:
            joined = last + data
            commas += [size - len(last) + found.start() for found in _RAW_COMMA.finditer(joined, len(last))]
        last = data[-1:]
        size += len(data)
    if size == 0:
        raise PayerFileRefused(rules.EMPTY.at(file=name))
    if utf8 and not ascii_only and codecs.lookup(encoding).name == "iso8859-1":
        raise PayerFileRefused(rules.RE_ENCODED.at(file=name))
    return Inspection(digest.hexdigest(), size, tuple(commas[:MAX_RAW_COMMAS]))


def _still(decoder: codecs.IncrementalDecoder | None, data: bytes) -> codecs.IncrementalDecoder | None:
    """The decoder while everything fitted, None from the first misfit on."""
    if decoder:
        try:
            decoder.decode(data)
        except UnicodeDecodeError:
            return None
    return decoder


def _check_head(head: bytes, name: str) -> None:
    """Refuse what is no EDIFACT text by its first bytes."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PayerFileRefused(rules.BINARY.at(file=name))
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not begin and len(head) < HEAD:
        raise PayerFileRefused(rules.EMPTY.at(file=name))
    if not begin.startswith((b"UNA", b"UNB")):
        raise PayerFileRefused(rules.NOT_EDIFACT.at(file=name))


_Dated = TypeVar("_Dated", Link, Channel, PostalAddress, ContactPerson)


def peek(path: Path) -> Edition | None:
    """The edition of a file by its UNB, else by its name; None when neither tells. Never raises."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None
    for segment in islice(read_segments(head, report=_unheard), 1):
        values, _ = decode_segment(KOTR_UNB, segment)
        if edition := Edition.parse(_text(values, "file_name")):
            return edition
    return Edition.parse(path.name)


def _unheard(_problem: Problem) -> None:
    """A peek says nothing; the reading does."""


class _Reader:
    """State of one reading."""

    def __init__(self, file: PayerFile) -> None:
        self.file = file
        self.commas = iter(file.inspection.raw_commas)
        self.comma = next(self.commas, None)
        self.last: Segment | None = None
        self.message: _Message | None = None
        self.references: set[str] = set()
        self.bad_iks: set[str] = set()
        self.refusal: Finding | None = None
        self.headed = False
        self.ended = False

    def run(self) -> Iterator[Office]:
        with self.file.path.open("rb") as source:
            for segment in read_segments(source, charset=self.file.encoding, report=self.on_problem):
                self.commas_before(segment)
                yield from self.take(segment)
                self.last = segment
        self.commas_before(None)
        line = self.last.line if self.last else None
        if not self.headed:
            raise PayerFileRefused(rules.NOT_EDIFACT.at(file=self.file.name))
        if not self.ended:
            raise PayerFileRefused(rules.TRUNCATED.at(file=self.file.name, line=line))
        if not self.file.messages:
            raise PayerFileRefused(rules.NO_MESSAGES.at(file=self.file.name, line=line))

    def find(
        self, rule: Rule, segment: Segment, value: object = None, *, element: int | None = None, **params: Any
    ) -> None:
        """Report a finding at a segment."""
        self.file.report(self.at(rule, segment, value, element=element, **params))

    def at(
        self, rule: Rule, segment: Segment, value: object = None, *, element: int | None = None, **params: Any
    ) -> Finding:
        """A finding at a segment."""
        return rule.at(
            value=value,
            file=self.file.name,
            line=segment.line,
            segment=segment.number,
            tag=segment.tag,
            element=element,
            **params,
        )

    def on_problem(self, problem: Problem) -> None:
        """What the wire says about the bytes. Frame and counts are checked here, by this format's own rules."""
        where = problem.where
        if problem.code == "EDI-FILE-004":
            raise PayerFileRefused(rules.TRUNCATED.at(file=self.file.name, line=where.line))
        self.file.report(
            rules.WIRE.at(
                value=problem.value or None,
                file=self.file.name,
                line=where.line,
                segment=where.segment,
                tag=where.tag,
                element=where.element,
                reason=problem.message,
            )
        )

    def values(self, layout: SegmentLayout, segment: Segment, own: frozenset[str] = frozenset()) -> dict[str, Value]:
        """What the segment says, by field; a finding for what is amiss, except in fields that have a rule of their
        own.
        """
        values, problems = decode_segment(layout, segment)
        for problem in problems:
            # Empty elements at the end only cost space.
            if problem.where.field not in own and problem.code != "EDI-ELM-011":
                self.find(rules.FIELD, segment, problem.value, element=problem.where.element, reason=problem.message)
        return values

    def check_ik(self, segment: Segment, ik: str) -> None:
        """Report a wrong check digit where it shows first."""
        if ik not in self.bad_iks and not ik_number.is_valid(ik):
            self.bad_iks.add(ik)
            self.find(rules.IK_CHECK_DIGIT, segment, ik)

    def commas_before(self, following: Segment | None) -> None:
        """Report unescaped commas of the segment before this one, once a segment. UNA has one by right."""
        said = False
        while self.comma is not None and (following is None or self.comma < following.offset):
            if self.last is not None and not said:
                self.find(rules.RAW_COMMA, self.last)
                said = True
            self.comma = next(self.commas, None)

    def take(self, segment: Segment) -> Iterator[Office]:
        """One segment; yields the office whose message ends with it."""
        if segment.tag == "UNB":
            self.begin(segment)
        elif not self.headed:
            raise PayerFileRefused(self.at(rules.NOT_EDIFACT, segment))
        elif segment.tag == "UNH":
            yield from self.close(None)
            self.open(segment)
        elif segment.tag == "UNT":
            yield from self.close(segment)
        elif self.refusal:
            raise PayerFileRefused(self.refusal)
        elif segment.tag == "UNZ":
            yield from self.close(None)
            self.end(segment)
        elif self.message:
            self.message.take(segment)
        else:
            self.find(rules.SEGMENT_ORDER, segment, segment.tag)

    def begin(self, segment: Segment) -> None:
        """UNB: whose file, which edition (KT V10 7.1, 6). Its name counts more than the file's own: clerks rename
        files.
        """
        if self.headed:
            raise PayerFileRefused(self.at(rules.SEVERAL_FILES, segment))
        self.headed = True
        values = self.values(
            KOTR_UNB, segment, frozenset({"created_on", "created_at", "file_name", "interchange_reference"})
        )
        inner = _text(values, "file_name")
        edition, by_name = Edition.parse(inner), Edition.parse(self.file.name)
        if edition and by_name and edition != by_name:
            self.find(rules.NAME_DIFFERS, segment, inner, name=self.file.name)
        edition = edition or by_name
        if edition is None:
            # The first UNH tells whether it is a payer file at all; an invoice file must not be asked for its quarter.
            self.refusal = self.at(rules.NO_EDITION, segment, inner)
            return
        if edition.procedure not in SUPPORTED_PROCEDURES:
            procedure = PROCEDURES[edition.procedure]
            raise PayerFileRefused(self.at(rules.OTHER_PROCEDURE, segment, edition.procedure, procedure=procedure))
        # 6 digits in files of procedure 05, 8 in those of 06.
        if not isinstance(values.get("created_on"), date) or not isinstance(values.get("created_at"), time):
            self.find(rules.HEADER_DATE, segment, _text(values, "created_on"))
        self.file.header = Header(
            edition=edition,
            sender=_text(values, "sender_ik"),
            created=f"{_text(values, 'created_on')} {_text(values, 'created_at')}",
            number=segment.value(_place(KOTR_UNB, "interchange_reference")),
            name=inner,
        )

    def open(self, segment: Segment) -> None:
        """UNH: only KOTR messages (KT V10 7.1); its version differs from publisher to publisher."""
        values, _ = decode_segment(KOTR_UNH, segment)
        kind = _text(values, "message_type")
        if kind != KOTR.kind:
            raise PayerFileRefused(self.at(rules.NOT_A_PAYER_FILE, segment, kind))
        if self.refusal:
            raise PayerFileRefused(self.refusal)
        if segment.message in self.references:
            self.find(rules.REFERENCE_TWICE, segment, segment.message)
        self.references.add(segment.message)
        self.message = _Message(self, segment)

    def close(self, unt: Segment | None) -> Iterator[Office]:
        """UNT, or where it is missing: hand the message over."""
        message, self.message = self.message, None
        if message is None:
            if unt is not None:
                self.find(rules.SEGMENT_ORDER, unt, unt.tag)
            return
        if unt is None:
            self.find(rules.NO_UNT, message.unh)
        else:
            values, _ = decode_segment(KOTR_UNT, unt)
            if values.get("segment_count") != unt.in_message:
                self.find(rules.SEGMENT_COUNT, unt, values.get("segment_count", ""), counted=unt.in_message)
            if unt.value(_place(KOTR_UNT, "message_reference")) != message.unh.message:
                found = unt.value(_place(KOTR_UNT, "message_reference"))
                self.find(rules.MESSAGE_REFERENCE, unt, found, expected=message.unh.message)
        self.file.messages += 1
        office = message.office()
        if office:
            self.file.links += len(office.links)
            yield office

    def end(self, segment: Segment) -> None:
        """UNZ: count and number (KT V10 7.1)."""
        self.ended = True
        values, _ = decode_segment(KOTR_UNZ, segment)
        number = segment.value(_place(KOTR_UNZ, "interchange_reference"))
        if values.get("message_count") != self.file.messages:
            self.find(rules.MESSAGE_COUNT, segment, values.get("message_count", ""), counted=self.file.messages)
        if number != self.file.header.number:
            self.find(rules.FILE_NUMBER, segment, number, expected=self.file.header.number)


class _Message:
    """A KOTR message as its segments come in."""

    def __init__(self, reader: _Reader, unh: Segment) -> None:
        self.reader = reader
        self.unh = unh
        self.state = KOTR.automaton.step(KOTR.automaton.start, "UNH")
        self.tags: set[str] = set()
        self.before = ""
        self.identity: dict[str, Value] = {}
        self.idk: Segment | None = None
        self.mark = ""
        self.valid = ALWAYS
        self.names: list[str] = []
        self.links: list[Link] = []
        self.addresses: list[PostalAddress] = []
        self.contacts: list[ContactPerson] = []
        self.account: BankAccount | None = None
        self.medium: Channel | None = None
        self.medium_segment: Segment | None = None
        self.medium_channels = 0
        self.channels: list[Channel] = []

    def take(self, segment: Segment) -> None:
        """Take one segment in."""
        tag = segment.tag
        layout = KOTR.layouts.get(tag)
        if layout is None:
            self.reader.find(rules.UNKNOWN_SEGMENT, segment, tag)
            return
        following = KOTR.automaton.step(self.state, tag) or KOTR.automaton.skip_to(self.state, tag)
        if following:
            self.state = following
        elif tag != "VDT" and not (tag == "DFU" and self.medium is None):
            # The two exceptions have rules of their own.
            self.reader.find(rules.SEGMENT_ORDER, segment, tag)
        if tag not in ("VDT", "DFU", "UEM"):
            self.close_medium()
        _TAKERS[tag](self, segment, layout)
        self.tags.add(tag)
        self.before = tag

    def take_idk(self, segment: Segment, layout: SegmentLayout) -> None:
        self.identity = self.reader.values(layout, segment, frozenset({"payer_number", "institution_kind"}))
        self.idk = segment
        if ik := _text(self.identity, "ik"):
            self.reader.check_ik(segment, ik)

    def take_vdt(self, segment: Segment, layout: SegmentLayout) -> None:
        """A validity belongs to the segment before it (KT V10 3)."""
        values = self.reader.values(layout, segment)
        valid = Validity(_day(values, "valid_from"), _day(values, "valid_to"))
        start = self.reader.file.header.edition.start
        if valid.end and valid.start and valid.end < valid.start:
            self.reader.find(rules.VALIDITY_REVERSED, segment, valid.end, what=self.what())
        elif valid.end and valid.end < start:
            self.reader.find(rules.EXPIRED, segment, valid.end, what=self.what())
        owner = self.before
        if owner == "IDK":
            self.valid = valid
        elif owner == "VKG":
            _date_last(self.links, valid)
        elif owner == "ANS":
            _date_last(self.addresses, valid)
        elif owner == "ASP":
            _date_last(self.contacts, valid)
        elif owner == "DFU":
            _date_last(self.channels, valid)
        elif owner == "UEM" and self.medium:
            self.medium = replace(self.medium, valid=valid)
        elif owner == "KTO" and self.account:
            self.account = replace(self.account, valid=valid)
        elif owner != "NAM":
            self.reader.find(rules.STRAY_VALIDITY, segment, owner or "UNH")

    def what(self) -> str:
        """Whose validity the next VDT is, in words."""
        ik = _text(self.identity, "ik")
        return f"IK {ik}" if self.before == "IDK" else f"{self.before} of IK {ik}"

    def take_fkt(self, segment: Segment, layout: SegmentLayout) -> None:
        self.mark = _text(self.reader.values(layout, segment), "processing_kind")
        if self.mark not in set(Mark):
            self.reader.find(rules.UNKNOWN_MARK, segment, self.mark)
            self.mark = Mark.NEW
        if self.mark == Mark.CANCELLED:
            self.reader.find(rules.CANCELLED, segment, self.mark, ik=_text(self.identity, "ik"))

    def take_kto(self, segment: Segment, layout: SegmentLayout) -> None:
        values = self.reader.values(layout, segment)
        self.account = BankAccount(
            number=_text(values, "account_number"),
            bank_code=_text(values, "bank_code"),
            bank=_text(values, "bank"),
            owner=_text(values, "holder"),
            iban=_text(values, "iban"),
            bic=_text(values, "bic"),
        )

    def take_vkg(self, segment: Segment, layout: SegmentLayout) -> None:
        values = self.reader.values(layout, segment)
        link = Link(
            kind=_text(values, "link_kind"),
            partner=_text(values, "partner_ik"),
            group=_text(values, "provider_group"),
            billing_office=_text(values, "service_centre_ik"),
            delivery=_text(values, "delivery_kind"),
            medium=_text(values, "medium"),
            state=_text(values, "state"),
            kv_district=_text(values, "kv_district"),
            code=_text(values, "billing_code"),
            tariff=_text(values, "tariff_code"),
            subprocedure=_text(values, "sub_procedure"),
            line=segment.line,
        )
        if link.partner:
            self.reader.check_ik(segment, link.partner)
            self.links.append(link)

    def take_nam(self, segment: Segment, layout: SegmentLayout) -> None:
        values = self.reader.values(layout, segment)
        self.names += [text for name in ("name", "name_2", "name_3", "name_4") if (text := _text(values, name))]

    def take_ans(self, segment: Segment, layout: SegmentLayout) -> None:
        values = self.reader.values(layout, segment)
        self.addresses.append(
            PostalAddress(
                kind=_text(values, "address_kind"),
                postal_code=_text(values, "postcode"),
                city=_text(values, "city"),
                street=_text(values, "street"),
            )
        )

    def take_asp(self, segment: Segment, layout: SegmentLayout) -> None:
        values = self.reader.values(layout, segment)
        self.contacts.append(
            ContactPerson(
                number=_text(values, "number"),
                phone=_text(values, "phone"),
                fax=_text(values, "fax"),
                name=_text(values, "name"),
                subject=_text(values, "subject"),
            )
        )

    def take_uem(self, segment: Segment, layout: SegmentLayout) -> None:
        self.close_medium()
        values = self.reader.values(layout, segment, frozenset({"parameter", "charset"}))
        medium, parameter, charset = (_text(values, name) for name in ("medium", "parameter", "charset"))
        if medium not in MEDIA:
            self.reader.find(rules.UNKNOWN_MEDIUM, segment, medium)
        elif parameter not in PARAMETERS[medium]:
            self.reader.find(rules.MEDIUM_PARAMETER, segment, parameter, medium=medium)
        if charset not in CHARSETS:
            self.reader.find(rules.UNKNOWN_CHARSET, segment, charset)
            charset = ""
        self.medium = Channel(medium, parameter, charset, _text(values, "compression"), line=segment.line)
        self.medium_segment, self.medium_channels = segment, 0

    def take_dfu(self, segment: Segment, layout: SegmentLayout) -> None:
        values = self.reader.values(layout, segment)
        medium = self.medium
        if medium is None or medium.medium != "1":
            self.reader.find(rules.STRAY_TRANSMISSION, segment)
            medium = replace(medium or Channel("1"), medium="1")
        channel = replace(
            medium,
            protocol=_text(values, "protocol"),
            user=_text(values, "user"),
            opens=_text(values, "open_from"),
            closes=_text(values, "open_to"),
            days=_text(values, "days"),
            address=_text(values, "address"),
            line=segment.line,
        )
        if channel.protocol in OLD_PROTOCOLS:
            self.reader.find(rules.OLD_PROTOCOL, segment, channel.protocol)
        elif channel.protocol not in PROTOCOLS:
            self.reader.find(rules.UNKNOWN_PROTOCOL, segment, channel.protocol)
        if channel.protocol == EMAIL_PROTOCOL and not _EMAIL.fullmatch(channel.address):
            self.reader.find(rules.EMAIL_ADDRESS, segment, channel.address)
        self.channels.append(channel)
        self.medium_channels += 1

    def close_medium(self) -> None:
        """A medium is complete: without DFU it is a way of its own."""
        medium, segment = self.medium, self.medium_segment
        self.medium = self.medium_segment = None
        if medium is None or segment is None or self.medium_channels:
            return
        if medium.medium == "1":
            self.reader.find(rules.NO_TRANSMISSION, segment, ik=_text(self.identity, "ik"))
        self.channels.append(medium)

    def office(self) -> Office | None:
        """The whole message; None, with a finding, when it has no IK."""
        self.close_medium()
        ik = _text(self.identity, "ik")
        if self.idk is None or not ik:
            self.reader.find(rules.NO_IK, self.unh)
            return None
        for tag in _MANDATORY:
            if tag not in self.tags:
                self.reader.find(rules.MISSING_SEGMENT, self.unh, tag, ik=ik)
        short_name = _text(self.identity, "short_name")
        return Office(
            ik=ik,
            name=" ".join(self.names) or short_name,
            short_name=short_name,
            insurer_number=_text(self.identity, "payer_number"),
            mark=self.mark or Mark.NEW,
            valid=self.valid,
            links=tuple(self.links),
            channels=tuple(self.channels),
            addresses=tuple(self.addresses),
            contacts=tuple(self.contacts),
            account=self.account,
            reference=self.unh.message,
            line=self.idk.line,
        )


_TAKERS: Mapping[str, Callable[[_Message, Segment, SegmentLayout], None]] = {
    "IDK": _Message.take_idk,
    "VDT": _Message.take_vdt,
    "FKT": _Message.take_fkt,
    "KTO": _Message.take_kto,
    "VKG": _Message.take_vkg,
    "NAM": _Message.take_nam,
    "ANS": _Message.take_ans,
    "ASP": _Message.take_asp,
    "UEM": _Message.take_uem,
    "DFU": _Message.take_dfu,
}
"""What to do with each segment between UNH and UNT."""


def _date_last(things: list[_Dated], valid: Validity) -> None:
    """Give the last one its validity; one that was passed over has none."""
    if things:
        things[-1] = replace(things[-1], valid=valid)


def _text(values: Mapping[str, Value], name: str) -> str:
    """A value as text, stripped; empty when it is not there."""
    value = values.get(name)
    return "" if value is None else str(value).strip()


def _day(values: Mapping[str, Value], name: str) -> date | None:
    """A value as a day; None when it is not there or is none."""
    value = values.get(name)
    return value if isinstance(value, date) else None


def _place(layout: SegmentLayout, name: str) -> int:
    """The number of the element (from 1) that holds the field."""
    return next(at for at, element in enumerate(layout.elements(), start=1) if any(row.name == name for row in element))
