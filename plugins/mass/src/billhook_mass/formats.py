"""Invoice files as `billhook describe` and `billhook verify` see them, read by the profiles that come with the program.

Never raises on bad content. A profile of one's own is proved with `billhook mass profile check`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from billhook.model import Finding
from billhook.money import format_cents, round_cents
from billhook.scheme import Description, WireFormat
from billhook_mass import profile as profiles
from billhook_mass import rules
from billhook_mass.advice_format import MassAdvice
from billhook_mass.fields import FIELDS, ValueKind
from billhook_mass.portal import PortalResultFormat
from billhook_mass.profile import Profile
from billhook_mass.reading import Column, Form, Kind, Record, Table, open_table

_KINDS: Mapping[ValueKind, Kind] = {
    ValueKind.TEXT: Kind.TEXT,
    ValueKind.DAY: Kind.DAY,
    ValueKind.MONTH: Kind.MONTH,
    ValueKind.AMOUNT: Kind.AMOUNT,
    ValueKind.NUMBER: Kind.NUMBER,
    ValueKind.WHOLE: Kind.NUMBER,
}


@cache
def _shipped() -> tuple[Profile, ...]:
    return tuple(profiles.load(name) for name in profiles.shipped())


def columns_of(profile: Profile) -> tuple[Column, ...]:
    """The columns of a profile's lines, as a reader of tables looks for them."""
    return tuple(
        Column(column.field, (column.header,), _KINDS[FIELDS[column.field].kind], required=True, filled=column.required)
        for column in profile.line.columns
        if column.field is not None
    )


def open_invoices(path: Path, profile: Profile) -> Table:
    """An invoice file as a table of the profile's columns."""
    form = profile.file
    return open_table(
        path,
        columns_of(profile),
        Form(form.encoding, form.delimiter, form.decimal, form.day, form.month),
        name=path.name,
    )


class MassInvoice:
    """An invoice file (Abrechnungsdatei)."""

    key = "mass-invoice"
    title = "MASS invoice file (CSV), as the profiles have it that come with the program"

    def __init__(self, own: Sequence[Profile] = ()) -> None:
        self._own = tuple(own)

    def sniff(self, head: bytes, name: str) -> bool:  # noqa: ARG002  # part of the contract
        """True when the first row has the headings of a profile."""
        return self._profile(head) is not None

    def describe(self, path: Path, *, mask: bool) -> Description:
        """The invoices in words: number, lines, sum; and each line."""
        profile = self._of(path)
        if profile is None:
            wrong = rules.NOT_OURS.at(value=", ".join(one.profile for one in self._known), file=path.name)
            return Description("mass", "no MASS invoice file", "", {}, {}, (), [wrong])
        table = open_invoices(path, profile)
        findings: list[Finding] = list(table.findings)
        sums: dict[str, list[int]] = {}
        for record in table.records():
            findings += record.findings
            one = sums.setdefault(record.text("invoice.number"), [0, 0])
            one[0] += 1
            one[1] += record.cents("line.amount") or 0
        total = sum(amount for _, amount in sums.values())
        return Description(
            scheme="mass",
            kind="MASS invoice file",
            version=f"{profile.profile} {profile.version}",
            counts={"invoices": len(sums), "lines": sum(lines for lines, _ in sums.values())},
            facts={"total": f"{format_cents(total)} EUR", "profile": f"{profile.title} ({profile.status})"},
            lines=_lines(table, sums, mask=mask),
            findings=findings,
            data={
                "invoices": {number: {"lines": lines, "total": amount} for number, (lines, amount) in sums.items()},
                "total": total,
            },
        )

    def verify(self, path: Path) -> Iterator[Finding]:
        """What is wrong: cells that are no values, empty ones, arithmetic, days, keys, lines that stand there twice."""
        profile = self._of(path)
        if profile is None:
            yield rules.NOT_OURS.at(value=", ".join(one.profile for one in self._known), file=path.name)
            return
        table = open_invoices(path, profile)
        yield from table.findings
        seen: dict[tuple[object, ...], int] = {}
        for record in table.records():
            yield from record.findings
            if record.values:
                yield from verify_record(record, table.name, profile)
                yield from _twice(record, table.name, seen)

    @property
    def _known(self) -> tuple[Profile, ...]:
        return self._own or _shipped()

    def _of(self, path: Path) -> Profile | None:
        with path.open("rb") as file:
            return self._profile(file.read(4096))

    def _profile(self, head: bytes) -> Profile | None:
        return next((profile for profile in self._known if _has_headings(head, profile)), None)


def _has_headings(head: bytes, profile: Profile) -> bool:
    """Half of a profile's headings in the first row: a file that lacks some is a bad one of its kind, not another kind."""
    if not profile.file.header or len(profile.records) != 1:
        return False
    text = head.decode(profile.file.encoding, errors="replace").lstrip("\ufeff")
    cells = {
        cell.strip(f" {profile.file.quote}") for cell in text.partition("\n")[0].strip().split(profile.file.delimiter)
    }
    headings = {column.header for column in profile.line.columns}
    return len(cells & headings) * 2 > len(headings) and _invoice_only(cells, profile)


def _invoice_only(cells: set[str], profile: Profile) -> bool:
    """An advice repeats headings of the invoice; it lacks the rate and the quantity."""
    wanted = {
        column.header
        for column in profile.line.columns
        if column.field in ("line.rate", "line.quantity", "line.first_day")
    }
    return not wanted or bool(cells & wanted)


def _lines(table: Table, sums: Mapping[str, Sequence[int]], *, mask: bool) -> Iterator[tuple[int, str]]:
    before = None
    for record in table.records():
        number = record.text("invoice.number")
        if number != before:
            lines, amount = sums.get(number, (0, 0))
            yield 0, f"invoice {number}: {lines} lines, {format_cents(amount)} EUR"
            before = number
        said = []
        for name, value in record.values.items():
            if name.startswith(("invoice.", "biller.", "facility.", "file.")):
                continue
            hidden = mask and FIELDS[name].private
            amount = FIELDS[name].kind is ValueKind.AMOUNT and isinstance(value, int)
            said.append(
                f"{name.partition('.')[2]} {'…' if hidden else format_cents(int(str(value))) if amount else value}"
            )
        yield 1, ", ".join(said)


def verify_record(record: Record, file: str, profile: Profile) -> Iterator[Finding]:
    """Arithmetic, days and keys of a line."""
    for finding in (*_arithmetic(record, profile), *_periods(record), *_keys(record, profile)):
        yield replace(finding, file=file, line=record.line)


def _arithmetic(record: Record, profile: Profile) -> Iterator[Finding]:
    quantity, rate, percent = (record.values.get(f"line.{name}") for name in ("quantity", "rate", "percent"))
    amount = record.cents("line.amount")
    if isinstance(quantity, Decimal) and isinstance(rate, Decimal) and amount is not None:
        share = percent if isinstance(percent, Decimal) else Decimal(100)
        kind = profile.absences.kinds.get(profile.keys.absences.back(record.text("line.absence")) or "")
        deduction = kind.deduction if kind is not None and share else Decimal(0)
        allowed = [round_cents(quantity * (rate * share / 100 - less)) for less in (Decimal(0), deduction)]
        tolerance = profile.check("M02").tolerance * 100
        if all(abs(one - amount) > tolerance for one in allowed):
            yield rules.SHARES.at(field="line.amount", value=format_cents(amount), expected=format_cents(allowed[0]))


def _periods(record: Record) -> Iterator[Finding]:
    first, last, month = (record.day(f"line.{name}") for name in ("first_day", "last_day", "month"))
    if first and last and last < first:
        yield rules.BACKWARDS.at(field="line.last_day", value=last, first=first)
    elif first and last:
        days = (last - first).days + 1
        counts = (record.values.get("line.days_present"), record.values.get("line.days_absent"))
        stated = sum(int(value) for value in counts if isinstance(value, Decimal))
        if stated > days:
            yield rules.DAYS.at(field="line.days_present", value=stated, first=first, last=last, days=days)
    for day in (first, last):
        if day and month and (day.year, day.month) != (month.year, month.month):
            yield rules.OTHER_MONTH.at(field="line.month", value=day, month=f"{month:%Y-%m}")


def _keys(record: Record, profile: Profile) -> Iterator[Finding]:
    for column in profile.line.columns:
        table = FIELDS[column.field].keys if column.field else ""
        text = record.text(str(column.field))
        if table and text and profile.keys.table(column.keys or table).back(text) is None:
            yield rules.NO_KEY.at(field=column.field, value=text, column=column.header, field_name=column.header)


def _twice(record: Record, file: str, seen: dict[tuple[object, ...], int]) -> Iterator[Finding]:
    names = ("service", "month", "day_kind", "absence", "percent", "first_day", "correction")
    identity = (record.values.get("person.reference"), *(record.values.get(f"line.{name}") for name in names))
    if identity in seen and record.values.get("person.reference"):
        yield rules.DOUBLE.at(field="person.reference", value=f"line {seen[identity]}", file=file, line=record.line)
    seen.setdefault(identity, record.line)


FORMATS: tuple[WireFormat, ...] = (MassInvoice(), MassAdvice(), PortalResultFormat())
"""All kinds of files."""
