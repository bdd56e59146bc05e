"""Whether a billing file is right, without a database: levels 1 to 3 of TA1 V21 6 on a file that may be anybody's.

The file is streamed. What is remembered of it is one voucher, the sums of one invoice and of its collective invoice,
and the numbers that must not occur twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from billhook.model import Finding, Rule, Severity
from billhook.money import format_cents
from billhook.wire.edifact import Segment, read_segments
from billhook.wire.interchange import InterchangeCheck
from billhook.wire.layout import SegmentLayout
from billhook.wire.problems import Problem
from billhook.wire.segments import decode_segment
from billhook.words import words
from billhook_p302 import contents, layouts, rules
from billhook_p302.codes.billing import INVOICE_KIND, PROCESSING_MARK, PROVIDER_GROUP, SUM_STATUS
from billhook_p302.codes.prescription import status_bucket
from billhook_p302.placing import Placed, is_ik
from billhook_p302.settings import INVOICE_NUMBER
from billhook_p302.versions import FIRST_DAY_KNOWN, FIRST_KNOWN, PROVISIONAL, PUBLISHED, brought_since, covers, read_as

MOST_REMEMBERED = 1_000_000
"""Numbers that are remembered for finding doubles; memory stays bounded in a file of more."""

LONGEST_VOUCHER = 20_000
"""Segments of one voucher that are looked at together; no real one comes near."""

_LOGICAL_NAME = re.compile(r"SL([0-9]{6})[SA](0[1-9]|1[0-2])", re.ASCII)
_MAIL = re.compile(r"[\x21-\x7e]*", re.ASCII)
_COLLECTING = "3"
_COPAYMENT_CLAIM = "03"

Sums = dict[str, int]
"""Gross and deductions of a status, in cents."""


def verify(path: Path, charset: str = "I1") -> Iterator[Finding]:
    """Everything that is wrong with the file, in its order as far as it shows there."""
    problems: list[Problem] = []
    check = _File()
    for segment in read_segments(path, charset=charset, report=problems.append):
        for finding in check.feed(segment):
            yield _as_far_as_known(finding) if check.partly_known else finding
        if problems:
            yield from map(rules.from_wire, problems)
            problems.clear()
    for finding in check.finish():
        yield _as_far_as_known(finding) if check.partly_known else finding
    yield from map(rules.from_wire, problems)


_HOLDS_ALWAYS = re.compile(
    r"P302-(UNB|FKT|REC|GES|BES|ZUH|INV|URI)-|EDI-(FILE|UNB|CHR|SEG-00[123]|MSG-00[345678])", re.ASCII
)
"""Codes of what no version changed: the frame of a file, its parties, its numbers, and that sums add up."""


def _as_far_as_known(finding: Finding) -> Finding:
    """The finding in a file whose version is known in part: where that may be the reason it is no error."""
    if finding.is_error and not _HOLDS_ALWAYS.match(finding.code):
        return replace(finding, severity=Severity.WARNING)
    return finding


@dataclass(slots=True)
class _Message:
    """What is kept of the message at hand."""

    kind: str
    fkt: Placed | None = None
    rec: Placed | None = None
    sums: list[Placed] = field(default_factory=list)
    claims: dict[str, Sums] = field(default_factory=dict)
    voucher: list[Placed] = field(default_factory=list)
    vouchers: set[str] = field(default_factory=set)

    @property
    def is_collective(self) -> bool:
        """True for a collective invoice."""
        return self.fkt is not None and self.fkt.text("collective") == "J"


class _File:
    """The rules of a whole file, one segment after the other."""

    def __init__(self) -> None:
        self.wire = InterchangeCheck(layouts.SERVICE, layouts.message_layout, version=PUBLISHED)
        self.last: Segment | None = None
        self.message: _Message | None = None
        self.invoice: _Message | None = None
        """The invoice (SLGA) that waits for its claims."""
        self.collective: _Message | None = None
        self.below: dict[str, Sums] = {}
        """Sums of the invoices under the collective one, by status."""
        self.ordinal = 0
        self.alone = False
        """True once an invoice stood without a collective one."""
        self.shared: dict[str, str] = {}
        """What is the same in the whole file: version, invoice kind, processing mark."""
        self.numbers: set[tuple[str, str]] = set()
        self.told: set[str] = set()
        self.partly_known = False
        """True where not every difference of the file's version is known here."""

    @property
    def day(self) -> date | None:
        """The day of the file."""
        created = self.wire.header.get("created_on")
        return created if isinstance(created, date) else None

    def feed(self, segment: Segment) -> Iterator[Finding]:
        """What is wrong with this segment, or shows with it."""
        self.last = segment
        if segment.tag == "UNH":
            yield from self._version(segment)
        layout = self._layout(segment)
        problems = self.wire.feed(segment)
        if segment.tag == "UNB":
            self.partly_known = self.day is not None and self.day < FIRST_DAY_KNOWN
        for problem in problems:
            yield from self._wire(problem, segment, layout)
        if segment.tag == "UNB":
            yield from self._header(segment)
        elif segment.tag == "UNH":
            yield from self._begin(segment)
        elif segment.tag in ("UNT", "UNZ"):
            yield from self._end()
        elif self.message is not None and layout is not None:
            known = self.wire.layout is not None
            values = self.wire.values if known else decode_segment(layout, segment, self.wire.version)[0]
            yield from self._inside(Placed(layout, values, segment=segment), self.message)

    def finish(self) -> Iterator[Finding]:
        """What shows only at the end of the file."""
        yield from self._end()
        yield from self._close_invoice()
        yield from self._close_collective()
        for problem in self.wire.finish():
            at = self.last.number if problem.where.segment is None and self.last else problem.where.segment
            yield rules.from_wire(replace(problem, where=replace(problem.where, segment=at)))

    # --- syntax -------------------------------------------------------------------------------------------------------

    def _layout(self, segment: Segment) -> SegmentLayout | None:
        """The table of a segment. FKT and REC are the same in all groups, also where UNB names none that there is."""
        if self.wire.layout is not None:
            return self.wire.layout.layouts.get(segment.tag)
        if self.message is not None and self.message.kind == "SLLA":
            return {"FKT": layouts.SLLA_FKT, "REC": layouts.SLLA_REC}.get(segment.tag)
        return None

    def _wire(self, problem: Problem, segment: Segment, layout: SegmentLayout | None) -> Iterator[Finding]:
        if problem.code == "EDI-MSG-005":
            # The message that was not closed shows at the segment that comes in its place.
            problem = replace(problem, where=segment.where())
        if layout is not None and problem.where.field is not None and segment.tag not in ("UNH", "UNT"):
            value = problem.value
            placed = Placed(layout, {}, segment=segment)
            yield placed.problem(problem, fitted=value, most=_most(layout, problem.where.field), day=self.day)
        else:
            yield rules.from_wire(problem)

    def _iks(self, placed: Placed, *names: str) -> Iterator[Finding]:
        for name in names:
            number = placed.text(name)
            if len(number) == 9 and not is_ik(number) and number not in self.told:
                self.told.add(number)
                yield placed.at(rules.IK_CHECK_DIGIT, name, number)

    # --- the file -----------------------------------------------------------------------------------------------------

    def _header(self, segment: Segment) -> Iterator[Finding]:
        header = self.wire.header
        unb = Placed(layouts.UNB, header, segment=segment)
        for name in ("sender_ik", "receiver_ik"):
            number = unb.text(name)
            if number and not (len(number) == 9 and number.isascii() and number.isdigit()):
                yield unb.at(rules.IK_FORMAT, name, number)
        yield from self._iks(unb, "sender_ik", "receiver_ik")
        group = unb.text("service_area")
        if group and group not in PROVIDER_GROUP:
            yield unb.at(rules.WRONG_GROUP, "service_area", group)
        reference = header.get("interchange_reference")
        if isinstance(reference, int) and not 1 <= reference <= 99_999:
            yield unb.at(rules.REFERENCE_RANGE, "interchange_reference", segment.value(5))
        name, sender = unb.text("file_name"), unb.text("sender_ik")
        if name and not ((found := _LOGICAL_NAME.fullmatch(name)) and found[1] == sender[2:8]):
            yield unb.at(rules.LOGICAL_NAME, "file_name", name, expected=f"SL{sender[2:8]}S01")

    def _version(self, segment: Segment) -> Iterator[Finding]:
        """The version of the messages decides which table they are read by."""
        version = segment.value(2, 2)
        if not (version.isascii() and version.isdigit() and len(version) <= 3):
            return
        number = int(version)
        self.wire.version = read_as(number)
        self.partly_known = number < FIRST_KNOWN
        if "version" not in self.shared:
            yield from self._edition(_head(segment), number)
        yield from self._same(_head(segment), rules.MIXED_VERSIONS, "version", "message_version", version)

    def _edition(self, head: Placed, version: int) -> Iterator[Finding]:
        """What is to be known of the version before the rest is read: said once a file."""
        group = str(self.wire.header.get("service_area", ""))
        may = covers(str(version), self.day, group) if self.day else True
        if may is None or read_as(version) != version:
            yield head.at(rules.VERSION_UNKNOWN, "message_version", version, expected=read_as(version))
        elif not may:
            yield head.at(rules.VERSION_NOT_VALID, "message_version", version, day=str(self.day))
        if str(version) in PROVISIONAL:
            yield head.at(rules.VERSION_PROVISIONAL, "message_version", version, known=PROVISIONAL[str(version)])
        elif self.partly_known:
            yield head.at(rules.VERSION_PARTLY_KNOWN, "message_version", version, since=brought_since(version))

    def _same(self, placed: Placed, rule: Rule, what: str, name: str, value: str) -> Iterator[Finding]:
        """What the whole file has in common."""
        expected = self.shared.setdefault(what, value)
        if value != expected:
            yield placed.at(rule, name, value, expected=expected)

    # --- messages -----------------------------------------------------------------------------------------------------

    def _begin(self, segment: Segment) -> Iterator[Finding]:
        yield from self._end()
        number = segment.value(1)
        if number.isascii() and number.isdigit() and number.lstrip("0") != str(self.wire.messages):
            yield _head(segment).at(
                rules.MESSAGE_NUMBER, "message_reference", number, expected=f"{self.wire.messages:05d}"
            )
        self.message = _Message(segment.value(2))
        if self.message.kind == "SLGA":
            yield from self._close_invoice()
        elif self.message.kind == "SLLA" and self.invoice is None:
            yield _head(segment).at(rules.NO_PAIR, "message_type", "SLLA")

    def _inside(self, placed: Placed, message: _Message) -> Iterator[Finding]:
        tag = placed.tag
        if tag == "FKT":
            message.fkt = placed
            yield from self._parties(placed, message)
        elif tag == "REC":
            message.rec = placed
            yield from self._record(placed, message)
        elif message.kind == "SLGA":
            yield from self._totals(placed, message)
        else:
            if tag == "INV":
                yield from self._voucher(message)
            if len(message.voucher) < LONGEST_VOUCHER:
                message.voucher.append(placed)

    def _end(self) -> Iterator[Finding]:
        """The message at hand is over."""
        message, self.message = self.message, None
        if message is None:
            return
        if message.kind == "SLGA":
            yield from _sums_fit(message)
            if message.is_collective:
                yield from self._close_collective()
                if self.alone and message.fkt:
                    yield message.fkt.at(rules.MIXED_COLLECTIVES, "collective")
                self.collective, self.below, self.ordinal = message, {}, 0
            else:
                self.invoice = message
                for ges in message.sums:
                    _add(self.below, ges.text("status"), ges.whole("gross_total"), ges.whole("deduction_total"))
        elif message.kind == "SLLA":
            yield from self._voucher(message)
            if self.invoice is not None and layouts.SLLA.get(str(self.wire.header.get("service_area"))):
                yield from _claims_fit(self.invoice, message)
            self.invoice = None

    def _close_invoice(self) -> Iterator[Finding]:
        """An invoice without claims."""
        invoice, self.invoice = self.invoice, None
        if invoice is not None and invoice.fkt is not None:
            yield invoice.fkt.at(rules.NO_PAIR, "processing_kind", "SLGA")

    def _close_collective(self) -> Iterator[Finding]:
        collective, self.collective = self.collective, None
        if collective is not None:
            yield from _sums_of_invoices(collective, self.below)

    def _parties(self, fkt: Placed, message: _Message) -> Iterator[Finding]:
        mark = fkt.text("processing_kind")
        if mark and self.day and not PROCESSING_MARK.holds(mark, self.day):
            yield fkt.at(rules.PROCESSING_MARK, "processing_kind", mark, choices=PROCESSING_MARK.choices(self.day))
        yield from self._iks(fkt, "provider_ik", "payer_ik", "card_ik")
        if message.kind == "SLLA":
            if self.invoice is not None and self.invoice.fkt is not None:
                names = ("processing_kind", "provider_ik", "payer_ik", "card_ik")
                yield from _differences(fkt, self.invoice.fkt, names)
            yield from self._biller(fkt)
            return
        yield from self._same(fkt, rules.MIXED_MARKS, "processing mark", "processing_kind", mark)
        sender = str(self.wire.header.get("sender_ik", ""))
        if fkt.text("sender_ik") and sender and fkt.text("sender_ik") != sender:
            yield fkt.at(rules.WRONG_SENDER, "sender_ik", fkt.text("sender_ik"), expected=sender)
        card = fkt.text("card_ik")
        if message.is_collective and card:
            yield fkt.at(rules.CARD_IK_IN_COLLECTIVE, "card_ik", card)
        elif not message.is_collective and not card:
            yield fkt.at(rules.CARD_IK_MISSING, "card_ik")

    def _biller(self, fkt: Placed) -> Iterator[Finding]:
        """The biller is named in the claims only where it collects."""
        biller = fkt.text("biller_ik")
        collecting = self.shared.get("invoice kind") == _COLLECTING
        own = self.collective.fkt if collecting and self.collective else None
        expected = own.text("provider_ik") if own else ""
        if biller != expected and (own or not collecting):
            yield fkt.at(rules.BILLER_IK, "biller_ik", biller or None, expected=expected or "empty")

    def _record(self, rec: Placed, message: _Message) -> Iterator[Finding]:
        number, single = rec.text("collective_invoice_number"), rec.text("single_invoice_number")
        if message.kind == "SLLA":
            if self.invoice is not None and self.invoice.rec is not None:
                names = ("collective_invoice_number", "single_invoice_number", "invoice_date", "invoice_kind")
                yield from _differences(rec, self.invoice.rec, names)
            return
        for text in (number, single):
            if text and not INVOICE_NUMBER.fullmatch(text):
                yield rec.at(rules.INVOICE_NUMBER, "collective_invoice_number", text)
        kind = rec.text("invoice_kind")
        if kind and kind not in INVOICE_KIND:
            choices = ", ".join(key.value for key in INVOICE_KIND)
            yield rec.at(rules.INVOICE_KIND, "invoice_kind", kind, choices=choices)
        yield from self._same(rec, rules.MIXED_INVOICE_KINDS, "invoice kind", "invoice_kind", kind)
        made, day = self.day, rec.day("invoice_date")
        if made and day and day > made:
            yield rec.at(rules.INVOICE_DATE, "invoice_date", day)
        if (number, single) in self.numbers:
            yield rec.at(rules.INVOICE_NUMBER_TWICE, "collective_invoice_number", f"{number}:{single}")
        elif len(self.numbers) < MOST_REMEMBERED:
            self.numbers.add((number, single))
        yield from self._place(rec, message, kind)

    def _place(self, rec: Placed, message: _Message, kind: str) -> Iterator[Finding]:
        """The invoice's place under its collective invoice, and the number that follows from it."""
        number, single = rec.text("collective_invoice_number"), rec.text("single_invoice_number")
        if message.is_collective:
            if single != "0":
                yield rec.at(rules.SINGLE_NUMBER, "single_invoice_number", single, expected="0")
            return
        above = self._above(message, kind)
        if above is None:
            self.alone = True
            if kind == _COLLECTING:
                yield rec.at(rules.COLLECTIVE_MISSING, "invoice_kind", kind)
            elif self.collective is not None:
                yield rec.at(rules.MIXED_COLLECTIVES, "collective_invoice_number", number)
            elif single and single != "0":
                yield rec.at(rules.SINGLE_NUMBER, "single_invoice_number", single, expected="0")
            return
        self.ordinal += 1
        if single != str(self.ordinal):
            yield rec.at(rules.SINGLE_NUMBER, "single_invoice_number", single, expected=str(self.ordinal))
        if above.rec is not None:
            yield from _differences(rec, above.rec, ("collective_invoice_number",))

    def _above(self, message: _Message, kind: str) -> _Message | None:
        """The collective invoice that this invoice is under: of the same payer, and without collection of the same
        provider.
        """
        if self.collective is None or self.collective.fkt is None or message.fkt is None:
            return None
        names = ("payer_ik",) if kind == _COLLECTING else ("payer_ik", "provider_ik")
        same = all(self.collective.fkt.text(name) == message.fkt.text(name) for name in names)
        return self.collective if same else None

    def _totals(self, placed: Placed, message: _Message) -> Iterator[Finding]:
        if placed.tag == "GES":
            message.sums.append(placed)
        elif placed.tag == "UST" and message.is_collective:
            yield placed.at(rules.TAX_IN_COLLECTIVE, "tax_number")
        elif placed.tag == "NAM" and not _MAIL.fullmatch(placed.text("email")):
            yield placed.at(rules.EMAIL_LETTERS, "email", placed.text("email"))

    # --- vouchers -----------------------------------------------------------------------------------------------------

    def _voucher(self, message: _Message) -> Iterator[Finding]:
        """The voucher at hand is complete."""
        voucher, message.voucher = message.voucher, []
        if not voucher or voucher[0].tag != "INV":
            return
        inv = voucher[0]
        number = inv.text("voucher_number")
        if number in message.vouchers:
            yield inv.at(rules.VOUCHER_NUMBER_TWICE, "voucher_number", number)
        elif len(message.vouchers) < MOST_REMEMBERED:
            message.vouchers.add(number)
        mark = message.fkt.text("processing_kind") if message.fkt else ""
        origin = next((placed for placed in voucher if placed.tag == "URI"), None)
        if origin is not None and mark == "01":
            yield origin.at(rules.ORIGIN_IN_BILLING, "original_provider_ik")
        elif origin is None and mark not in ("", "01"):
            yield inv.at(rules.ORIGIN_MISSING, "voucher_number", mark)
        if origin is not None:
            yield from self._origin(origin)
        yield from _closing(voucher[-1], mark)
        day = self.day or (message.rec.day("invoice_date") if message.rec else None)
        if day is not None:
            yield from contents.check(voucher, day, str(self.wire.header.get("service_area")))
        if mark:
            yield from contents.check_mark(voucher, mark)
        status = status_bucket(inv.text("insured_status"))
        for placed in voucher:
            if placed.tag == "BES":
                names = ("copayment_total", "own_share_total", "flat_deduction")
                deduction = sum(placed.whole(name) for name in names)
                _add(message.claims, status, placed.whole("gross_total"), deduction)
            elif placed.tag == "GZF":
                _add(message.claims, status, 0, placed.whole("claimed_total"))

    def _origin(self, origin: Placed) -> Iterator[Finding]:
        """The original invoice that a correction names, as far as it shows without it."""
        yield from self._iks(origin, "original_provider_ik")
        for name in ("original_collective_invoice_number", "original_single_invoice_number"):
            number = origin.text(name)
            if number and not INVOICE_NUMBER.fullmatch(number):
                yield origin.at(rules.INVOICE_NUMBER, name, number)
        made, issued = self.day, origin.day("original_invoice_date")
        if made and issued and issued > made:
            yield origin.at(rules.INVOICE_DATE, "original_invoice_date", issued)


def _closing(last: Placed, mark: str) -> Iterator[Finding]:
    """GZF closes a voucher that only claims copayments, BES every other one (TA1 V21 5.5.3.3 BES, GZF)."""
    if last.tag in ("BES", "GZF") and mark and (last.tag == "GZF") != (mark == _COPAYMENT_CLAIM):
        wanted = "GZF" if mark == _COPAYMENT_CLAIM else "BES"
        yield last.at(rules.CLOSING_SEGMENT, last.layout.fields[0].name, mark, expected=wanted, found=last.tag)


def _head(segment: Segment) -> Placed:
    return Placed(layouts.UNH, {}, segment=segment)


def _most(layout: SegmentLayout, name: str) -> int:
    return next((row.limits.most for row in layout.fields if row.name == name), 0)


def _add(sums: dict[str, Sums], status: str, gross: int, deduction: int) -> None:
    here = sums.setdefault(status, {"gross": 0, "deduction": 0})
    here["gross"] += gross
    here["deduction"] += deduction


_WHAT: Mapping[str, tuple[str, str]] = {
    "gross": ("gross_total", words("gross")),
    "deduction": ("deduction_total", words("deductions")),
}


def _differences(placed: Placed, other: Placed, names: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        if placed.text(name) != other.text(name):
            expected = other.text(name) or words("nothing")
            yield placed.at(rules.PAIR_DIFFERS, name, placed.text(name), what=name.replace("_", " "), expected=expected)


def _sums_fit(message: _Message) -> Iterator[Finding]:
    """The sums of one SLGA among themselves."""
    seen: set[str] = set()
    for at, ges in enumerate(message.sums):
        status = ges.text("status")
        if at == 0 and status != "00":
            yield ges.at(rules.SUM_FIRST, "status", status)
        if status not in SUM_STATUS or status in seen:
            yield ges.at(rules.SUM_STATUS, "status", status, choices=", ".join(key.value for key in SUM_STATUS))
        seen.add(status)
        copayments_only = message.fkt is not None and message.fkt.text("processing_kind") == _COPAYMENT_CLAIM
        expected = (
            ges.whole("deduction_total") if copayments_only else ges.whole("gross_total") - ges.whole("deduction_total")
        )
        if ges.whole("invoice_total") != expected:
            said = format_cents(ges.whole("invoice_total"))
            yield ges.at(rules.SUM_BILLED, "invoice_total", said, expected=format_cents(expected))
    if message.sums:
        total, parts = message.sums[0], message.sums[1:]
        for name in ("invoice_total", "gross_total", "deduction_total"):
            expected = sum(part.whole(name) for part in parts)
            if total.whole(name) != expected:
                said = format_cents(total.whole(name))
                yield total.at(rules.SUM_OF_STATUS, name, said, expected=format_cents(expected), what=name)


def _with_all(sums: Mapping[str, Sums]) -> dict[str, Sums]:
    """The sums by status, and status 00 for all of them."""
    everything = {name: sum(each[name] for each in sums.values()) for name in _WHAT}
    return {**sums, "00": everything}


def _claims_fit(invoice: _Message, claims: _Message) -> Iterator[Finding]:
    """The sums of an invoice against those of its claims."""
    yield from _compare(invoice, _with_all(claims.claims), rules.SUM_OF_CLAIMS)


def _sums_of_invoices(collective: _Message, below: Mapping[str, Sums]) -> Iterator[Finding]:
    yield from _compare(collective, below, rules.SUM_OF_INVOICES)


def _compare(message: _Message, expected: Mapping[str, Sums], rule: Rule) -> Iterator[Finding]:
    if not message.sums:
        return
    said = {ges.text("status"): ges for ges in message.sums}
    for status in sorted({*said, *expected}):
        ges = said.get(status)
        wanted = expected.get(status, {"gross": 0, "deduction": 0})
        for name, (column, what) in _WHAT.items():
            value = ges.whole(column) if ges else 0
            # A status that is named and has no claims is wrong even when its sums are zero.
            if value != wanted[name] or (status not in expected and name == "gross"):
                yield (ges or message.sums[0]).at(
                    rule, column, format_cents(value), status=status, expected=format_cents(wanted[name]), what=what
                )
