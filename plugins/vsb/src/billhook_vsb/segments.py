"""Technical validation: segments 200 and 300 and the totals 95 and 96 of an invoice file, each fault as a two-digit code.

Source: MyCareNet error codes of segments; what the care funds call a mandatory zone that is empty, a form or a value that is not
allowed (DF012).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from billhook.wire.layout import Kind
from billhook_vsb import control, layouts
from billhook_vsb.codes.values import FILE_VERSIONS
from billhook_vsb.lines import Line, is_digits
from billhook_vsb.messages import INVOICES, PRODUCTION, TEST, Message, Record, SegmentFault
from billhook_vsb.profile import Profile

_MANDATORY = {
    "200": ("zone_200", "zone_201", "zone_202", "zone_204"),
    "300": ("zone_300", "zone_301", "zone_302", "zone_304"),
}


def check_segments(
    message: Message,
    day: date,
    profile: Profile,
    *,
    sent: Collection[tuple[str, str]] = (),
    test_buffer: bool | None = None,
) -> Iterator[SegmentFault]:
    """Everything that makes an invoice file unreadable for the payer.

    Args:
        message: as it was read.
        day: when it is looked at.
        profile: its versions and care funds.
        sent: (third party, sending number and year as `001/2026`) of sendings that are accepted or still open.
        test_buffer: True where only test files are taken, False where only live ones are; None takes both.
    """
    if message.kind != INVOICES:
        yield SegmentFault("200", "2001", "22")
    yield from _forms(message)
    yield from _values(message, day, profile, test_buffer=test_buffer)
    opening = next((record for record in message.records if record.kind == "10"), None)
    if opening is not None and (opening.text("zone_14"), f"{message.sending}/{message.created[:4]}") in sent:
        yield SegmentFault("300", "3011", "40")
    yield from _totals(message, profile, day)


def _forms(message: Message) -> Iterator[SegmentFault]:
    parts = (("200", layouts.SEGMENT_200, message.head), ("300", layouts.SEGMENT_300, message.invoicing))
    for name, layout, values in parts:
        for row in layout.fields:
            value = values.get(row.name)
            error = f"{row.name.removeprefix('zone_')}1"
            unreadable = isinstance(value, str) and (
                row.kind is Kind.DATE or (row.kind is Kind.DIGITS and not is_digits(value))
            )
            if row.name in _MANDATORY[name] and not str(value or "").strip("0"):
                yield SegmentFault(name, error, "10")
            elif unreadable:
                yield SegmentFault(name, error, "11")


def _values(message: Message, day: date, profile: Profile, *, test_buffer: bool | None) -> Iterator[SegmentFault]:
    yield from _kind(message, profile, test_buffer=test_buffer)
    yield from _days(message, day)
    kind = str(message.head.get("zone_202", ""))
    version = str(message.invoicing.get("zone_304", ""))
    if version.strip("0"):
        if version not in FILE_VERSIONS.values():
            yield SegmentFault("300", "3041", "20")
        elif kind in (PRODUCTION, TEST) and version != FILE_VERSIONS[kind == TEST]:
            yield SegmentFault("300", "3041", "21")
    file_type, accounts = message.invoicing.get("zone_308"), message.invoicing.get("zone_309")
    if file_type not in ("01", "03", "09"):
        yield SegmentFault("300", "3081", "20")
    elif file_type == "03" and accounts not in ("01", "02", "05"):
        yield SegmentFault("300", "3091", "30")


def _kind(message: Message, profile: Profile, *, test_buffer: bool | None) -> Iterator[SegmentFault]:
    """Version, and test or production."""
    if message.head.get("zone_201") not in (None, *profile.readable_versions):
        yield SegmentFault("200", "2011", "20")
    kind = str(message.head.get("zone_202", ""))
    if kind == TEST and test_buffer is False:
        yield SegmentFault("200", "2021", "30")
    elif kind == PRODUCTION and test_buffer is True:
        yield SegmentFault("200", "2021", "31")
    elif kind not in (PRODUCTION, TEST) and kind.strip("0"):
        yield SegmentFault("200", "2021", "20")


def _days(message: Message, day: date) -> Iterator[SegmentFault]:
    month = str(message.invoicing.get("zone_300", ""))
    if is_digits(month) and not 1 <= int(month[4:6] or 0) <= 12:
        yield SegmentFault("300", "3001", "20")
    created = message.invoicing.get("zone_302")
    if isinstance(created, date):
        if created > day:
            yield SegmentFault("300", "3021", "20")
        elif created < date(2002, 1, 1):
            yield SegmentFault("300", "3021", "21")


def _lines(records: tuple[Record, ...]) -> list[Line]:
    return [
        Line(record.kind, record.place, record.raw[:350].decode("ascii", "replace").ljust(350)) for record in records
    ]


def _totals(message: Message, profile: Profile, day: date) -> Iterator[SegmentFault]:
    """Records 95 and 96 against the records they count."""
    lines = _lines(message.records)
    found: dict[str, list[Line]] = {}
    payer = ""
    for line in lines:
        if line.kind == "20":
            payer = line[18]
        if line.kind not in ("10", "90"):
            found.setdefault(payer, []).append(line)
    for record in message.totals:
        whole = record.kind == "96"
        first = "5" if whole else "4"
        own = str(record.values.get(f"zone_{first}01", ""))
        counted = [line for line in lines if line.kind not in ("10", "90")] if whole else found.get(own, [])
        if whole and own[1:] != "99":
            yield SegmentFault("96", "5011", "20")
        elif not whole and profile.care_funds and profile.fund(own, day) is None:
            yield SegmentFault("95", "4011", "20")
        elif not whole and own not in found:
            yield SegmentFault("95", "4011", "21")
        yield from _amounts(record, first, counted)
        count = record.values.get(f"zone_{first}09")
        if not (isinstance(count, str) and is_digits(count) and int(count) == len(counted) + (2 if whole else 0)):
            yield SegmentFault(record.kind, f"{first}091", "20")
        codes = control.of_codes(
            [line[4] for line in counted if line.kind in ("30", "40", "50", "51", "52") and is_digits(line[4])]
        )
        if record.values.get(f"zone_{first}10") != codes:
            yield SegmentFault(record.kind, f"{first}101", "20")
    if not any(record.kind == "96" for record in message.totals):
        yield SegmentFault("96", "5001", "10")


def _amounts(record: Record, first: str, counted: list[Line]) -> Iterator[SegmentFault]:
    totals = [line for line in counted if line.kind == "80"]
    asked_a, asked_b = sum(line.cents(19) for line in totals), sum(line.cents(15) for line in totals)
    for zone, error, amount in ((3, "041", asked_a), (5, "061", asked_b), (7, "081", asked_a + asked_b)):
        value = record.values.get(f"zone_{first}{zone:02d}")
        if not isinstance(value, int):
            yield SegmentFault(record.kind, f"{first}{error}", "40")
        elif value != amount:
            yield SegmentFault(record.kind, f"{first}{error}", "20" if zone == 7 else "41")
