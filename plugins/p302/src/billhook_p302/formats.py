"""The kinds of files that `billhook describe` and `billhook verify` can read: billing file, order file, payer file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path

from billhook.identifiers import ik
from billhook.model import Finding
from billhook.money import format_cents
from billhook.scheme import Description, WireFormat
from billhook.wire.charsets import CHARSETS
from billhook.wire.edifact import Segment, read_segments
from billhook.wire.fixed import decode_record
from billhook.wire.grammar import Group, MessageLayout, Part, Use
from billhook.wire.interchange import InterchangeCheck, LayoutChoice, ServiceLayouts
from billhook.wire.layout import Field, Kind, SegmentLayout
from billhook.wire.problems import Problem
from billhook.wire.segments import decode_segment
from billhook.wire.values import Value
from billhook_p302 import layouts, rules, verifying
from billhook_p302.codes import TABLES, legs
from billhook_p302.codes.billing import ACCOUNTING_CODE
from billhook_p302.payers import keys as payer_keys
from billhook_p302.payers.editions import Edition
from billhook_p302.versions import PUBLISHED, read_as

SCHEME = "p302"

HIDDEN = "•••"
"""What stands in a masked description for what says who somebody is."""

_PERSONAL: Mapping[str, frozenset[str]] = {
    "INV": frozenset({"insurance_number"}),
    "NAD": frozenset({"last_name", "first_name", "birth_date", "street", "postcode", "city", "country"}),
    "EVO": frozenset({"prescription_id"}),
    "TXT": frozenset({"text"}),
    "NAM": frozenset({"name_2", "name_3", "email"}),
    "DIA": frozenset({"diagnosis_text"}),
    "ZHE": frozenset({"own_symptoms"}),
    "ZHB": frozenset({"child_birth_date", "child_birth_time"}),
    "HEB": frozenset({"midwife_ik"}),
    "IBP": frozenset({"consultant"}),
    **dict.fromkeys(
        ("KTL", "EHB"),
        frozenset(f"{end}_{what}" for end in ("from", "to") for what in ("street", "postcode", "city", "country")),
    ),
}
"""Segment → fields that name a person or say where one lives, or may (free text)."""

_WHO = re.compile(r"physician_number(_[23])?|employee_number(_[23])?|recommender_number", re.ASCII)
"""Fields that name a person in whatever segment they stand."""

_BILLING_NAME = re.compile(r"[ET]SOL0\d{3}", re.ASCII)
_ORDER_HEAD = b"5000000100000348"
_LONGEST_ORDER = 4096
_SECTIONS = {f"{table.source.split()[0]} {table.section}": table for table in TABLES}
"""What a row of a segment names as the table of its keys → that table."""

_OF_PAYERS: Mapping[str, Mapping[str, str]] = {
    "KT 8.1": payer_keys.ADDRESS_KINDS,
    "KT 8.2": payer_keys.DELIVERIES,
    "KT 8.3": payer_keys.LINK_KINDS,
    "KT 8.4": payer_keys.STATES,
    "KT 8.5": payer_keys.PROTOCOLS,
    "KT 8.9": payer_keys.MEDIA,
    "KT 8.11": payer_keys.CHARSETS,
    "KT 8.12": payer_keys.SENDING_DAYS,
    "KT 8.13": payer_keys.MARKS,
    "KT 8.14": {**{key.value: key.meaning for key in ACCOUNTING_CODE}, **payer_keys.CODE_MEANINGS},
}
"""The same for the payer file. Districts (KT 8.7) have no words here."""


def _in_words(row: Field, value: Value) -> str:
    """A value as people write it, with its meaning where a key table has one."""
    text = _plain(row, value)
    if row.name == "tariff_code":
        meaning = legs.tariff_in_words(text)
    else:
        table = _SECTIONS.get(row.codes)
        meaning = table.meaning(text) if table is not None else _OF_PAYERS.get(row.codes, {}).get(text, "")
    return f"{text} ({meaning})" if meaning else text


def _plain(row: Field, value: Value) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if row.kind is Kind.CENTS and isinstance(value, int):
        return format_cents(value)
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return str(value)


def _sentence(
    layout: SegmentLayout, values: Mapping[str, Value], *, mask: bool, bare: frozenset[str] = frozenset()
) -> str:
    """A segment in one line: its title, then every field that is filled, by name; those of `bare` without a meaning."""
    hidden = _hidden(layout) if mask else frozenset()

    def told(row: Field, value: Value) -> str:
        return _plain(row, value) if row.name in bare else _in_words(row, value)

    parts = [
        f"{row.name.replace('_', ' ')} {HIDDEN if row.name in hidden else told(row, values[row.name])}"
        for row in layout.fields
        if row.name in values
    ]
    return (
        f"{layout.tag} {layout.title.partition(' (')[0]}: {', '.join(parts)}"
        if parts
        else f"{layout.tag} {layout.title}"
    )


@cache
def _hidden(layout: SegmentLayout) -> frozenset[str]:
    """The fields of a segment that a masked description does not show."""
    return _PERSONAL.get(layout.tag, frozenset()) | {name for name in layout.names if _WHO.fullmatch(name)}


@cache
def _depths_of(layout: MessageLayout) -> Mapping[str, int]:
    """How far in each segment of a message is told: one step for each group of the grammar that it stands in."""
    depths: dict[str, int] = {}

    def walk(part: Part, depth: int) -> None:
        if isinstance(part, Use):
            depths[part.tag] = min(depth, depths.get(part.tag, depth))
            return
        inner = depth
        for at, each in enumerate(part.parts):
            walk(each, inner)
            if at == 0 and isinstance(part, Group) and part.name:
                inner = depth + 1

    walk(layout.body, 1)
    return depths


def _version_of(head: Segment) -> int:
    """The version of TA1 by which a message is read."""
    text = head.value(2, 2)
    return read_as(int(text)) if text.isascii() and text.isdigit() and len(text) <= 3 else PUBLISHED


class _Interchange:
    """What billing files and payer files have in common: they are EDIFACT, and are told segment by segment."""

    def __init__(
        self,
        key: str,
        title: str,
        service: ServiceLayouts,
        choose: LayoutChoice,
        verify: Callable[[Path], Iterator[Finding]],
    ) -> None:
        self.key = key
        self.title = title
        self.service = service
        self.choose = choose
        self.verify_file = verify

    def sniff(self, head: bytes, name: str) -> bool:
        """True for UNB (after UNA, if there is one) and the first message's type; a billing file also by its name."""
        text = head.lstrip(b" \t\r\n")
        if not text.startswith((b"UNA", b"UNB")):
            return False
        kinds = (b"SLGA", b"SLLA") if self.key == "p302-billing" else (b"KOTR",)
        if any(kind in head for kind in kinds):
            return True
        return self.key == "p302-billing" and _BILLING_NAME.fullmatch(name) is not None and b"KOTR" not in head

    def describe(self, path: Path, *, mask: bool) -> Description:
        """The file in words; it is read once for the counts and once more while `lines` are walked."""
        findings: list[Finding] = []
        segments = messages = 0
        header: Segment | None = None
        version = ""
        for segment in read_segments(path, charset=charset_of(path), report=_ignore):
            segments += 1
            if segment.tag == "UNH":
                messages += 1
                version = version or segment.value(2, 2)
            elif segment.tag == "UNB" and header is None:
                header = segment
        return Description(
            scheme=SCHEME,
            kind=self.title,
            version=version,
            counts={"messages": messages, "segments": segments},
            facts=self._facts(header) if header else {},
            lines=self._lines(path, findings, mask=mask),
            findings=findings,
        )

    def _facts(self, header: Segment) -> dict[str, str]:
        """UNB in words."""
        layout = self.service.unb
        values, _ = decode_segment(layout, header)
        return {
            row.name.replace("_", " "): _in_words(row, values[row.name]) for row in layout.fields if row.name in values
        }

    def _lines(self, path: Path, findings: list[Finding], *, mask: bool) -> Iterator[tuple[int, str]]:
        problems: list[Problem] = []
        check = InterchangeCheck(self.service, self.choose, version=PUBLISHED)
        bare: frozenset[str] = frozenset()
        frame = {each.tag: each for each in (self.service.unb, self.service.unh, self.service.unt, self.service.unz)}
        for segment in read_segments(path, charset=charset_of(path), report=problems.append):
            if segment.tag == "UNH" and self.key == "p302-billing":
                check.version = _version_of(segment)
            layout = frame.get(segment.tag)
            depth = 0 if segment.tag == "UNB" else 1 if segment.tag == "UNH" else 2
            if layout is None and check.layout is not None:
                layout = check.layout.layouts.get(segment.tag)
                depth = _depths_of(check.layout).get(segment.tag, 2)
            problems += check.feed(segment)
            if segment.tag == "UNB":
                bare = _without_meaning(check.header)
            findings.extend(map(rules.from_wire, problems))
            problems.clear()
            if layout is None:
                # An unknown segment may hold anything, so a masked description does not show it.
                yield 2, f"{segment.tag}: {HIDDEN if mask else '+'.join(':'.join(each) for each in segment.elements)}"
            elif segment.tag not in ("UNT", "UNZ"):
                inside = segment.tag not in ("UNB", "UNH")
                values = check.values if inside else decode_segment(layout, segment, check.version)[0]
                yield depth, _sentence(layout, values, mask=mask, bare=bare)
        findings.extend(map(rules.from_wire, check.finish()))

    def verify(self, path: Path) -> Iterator[Finding]:
        """Everything that is wrong with the file."""
        return self.verify_file(path)


def _without_meaning(header: Mapping[str, object]) -> frozenset[str]:
    """Fields whose keys are not told: payer files of care (06) have kinds of care where others have accounting codes."""
    edition = Edition.parse(str(header.get("file_name", "")))
    return frozenset() if edition is None or edition.procedure == "05" else frozenset({"billing_code"})


def _ignore(problem: Problem) -> None:
    """Counting is no time for complaints; `lines` will tell."""


def charset_of(path: Path) -> str:
    """The character set that the order file beside a billing file declares, else ISO 8859-1."""
    order = path.with_name(f"{path.name}.AUF")
    try:
        head = order.read_bytes()[:_LONGEST_ORDER] if order.is_file() else b""
    except OSError:
        return "I1"
    declared = head[202:204].decode("latin-1")
    return declared if any(each.key == declared for each in CHARSETS) else "I1"


def _verify_billing(path: Path) -> Iterator[Finding]:
    return verifying.verify(path, charset_of(path))


def _verify_payers(path: Path) -> Iterator[Finding]:
    """Frame, order and segments of a payer file; what its import says beyond that needs the other files."""
    problems: list[Problem] = []
    check = InterchangeCheck(layouts.KOTR_SERVICE, layouts.payer_message_layout)
    for segment in read_segments(path, charset="I1", report=problems.append):
        problems += check.feed(segment)
        yield from map(rules.from_wire, problems)
        problems.clear()
    yield from map(rules.from_wire, (*problems, *check.finish()))


class _Order:
    """The order file (Auftragsdatei, GGT Anlage 2)."""

    key = "p302-order"
    title = "order file (Auftragsdatei)"

    def sniff(self, head: bytes, name: str) -> bool:  # noqa: ARG002  # part of the contract
        """True for the sixteen digits that every order file begins with."""
        return head.startswith(_ORDER_HEAD)

    def describe(self, path: Path, *, mask: bool) -> Description:  # noqa: ARG002  # an order file names no insured person
        """Every field that is filled, one a line."""
        data = _start_of(path)
        values, problems = decode_record(layouts.ORDER_RECORD, data)
        filled = [row for row in layouts.ORDER_RECORD.fields if values.get(row.name) not in (None, "", 0)]
        words = {row.name.replace("_", " "): str(values[row.name]) for row in filled}
        facts = {name: words[name] for name in _ORDER_FACTS if name in words}
        return Description(
            scheme=SCHEME,
            kind=self.title,
            version=str(values.get("version", "")),
            counts={"bytes": path.stat().st_size},
            facts=facts,
            lines=[(0, f"{row.original} ({row.name.replace('_', ' ')}): {values[row.name]}") for row in filled],
            findings=[rules.from_wire(problem) for problem in problems],
        )

    def verify(self, path: Path) -> Iterator[Finding]:
        """Length, fields, and the few combinations that there are."""
        data, size = _start_of(path), path.stat().st_size
        if size != layouts.ORDER_RECORD.length:
            yield rules.ORDER_SIZE.at(value=size)
        values, problems = decode_record(layouts.ORDER_RECORD, data)
        yield from (rules.from_wire(problem) for problem in problems if not problem.code.startswith("FIX-REC"))
        procedure = str(values.get("procedure", ""))
        if procedure not in ("ESOL0", "TSOL0"):
            yield rules.ORDER_PROCEDURE.at(value=procedure)
        crypto = f"{values.get('encryption', '')} and {values.get('signature', '')}"
        if crypto not in ("00 and 00", "03 and 03"):
            yield rules.ORDER_CRYPTO.at(value=crypto)
        declared = str(values.get("charset", ""))
        if declared not in _ORDER_CHARSETS:
            yield rules.ORDER_CHARSET.at(value=declared)
        for name in ("owner_ik", "sender_ik", "user_ik", "receiver_ik"):
            number = str(values.get(name, ""))
            if number and not ik.is_valid(number):
                yield rules.IK_CHECK_DIGIT.at(value=number)


_ORDER_FACTS = (
    "procedure",
    "transfer number",
    "sender ik",
    "user ik",
    "receiver ik",
    "file name",
    "created at",
    "plain size",
)
_ORDER_CHARSETS = ("I1", "I5", "I7", "I8", "EB", "P8", "U8", "BI")


def _start_of(path: Path) -> bytes:
    """The record; a file that is far too long is not read to its end."""
    with path.open("rb") as file:
        return file.read(_LONGEST_ORDER)


FORMATS: Sequence[WireFormat] = (
    _Interchange(
        "p302-billing",
        "billing file (Abrechnungsdatei)",
        layouts.SERVICE,
        layouts.message_layout,
        _verify_billing,
    ),
    _Order(),
    _Interchange(
        "p302-payers",
        "payer file (Kostenträgerdatei)",
        layouts.KOTR_SERVICE,
        layouts.payer_message_layout,
        _verify_payers,
    ),
)
"""All of them; the first whose `sniff` says yes is taken."""
