"""Records as the checks see them: a line of 350 characters and what stands around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from billhook_vsb import layouts
from billhook_vsb.profile import Profile


@cache
def _places(kind: str) -> Mapping[int, tuple[int, int]]:
    if kind not in layouts.RECORDS:
        return {}
    return {number: (row.first - 1, row.last) for number, row in layouts.by_number(kind).items()}


@dataclass(frozen=True, slots=True)
class Line:
    """One record: type, place in the file (1, 2, …) and its 350 characters."""

    kind: str
    place: int
    raw: str

    def __getitem__(self, zone: int) -> str:
        """The characters of the field that begins with this zone; empty where the record has no such field."""
        start, end = _places(self.kind).get(zone, (0, 0))
        return self.raw[start:end]

    @property
    def sequence(self) -> int:
        """Zone 2; 0 where it is no number."""
        text = self[2]
        return int(text) if is_digits(text) else 0

    def day(self, zone: int) -> date | None:
        """The day in a zone, None where there is none or no valid one."""
        return to_date(self[zone])

    def cents(self, zone: int) -> int:
        """The signed number in a zone, 0 where it is none."""
        text = self[zone]
        digits = text[1:]
        if not is_digits(digits):
            return 0
        return -int(digits) if text[0] == "-" else int(digits)

    def has(self, zone: int) -> bool:
        """True when the field holds more than zeros and blanks."""
        return bool(self[zone].strip("0 +-"))


def is_digits(text: str) -> bool:
    """True for one or more ASCII digits."""
    return text.isascii() and text.isdecimal()


def to_date(text: str) -> date | None:
    """YYYYMMDD as a day, None where it is none."""
    if len(text) != 8 or not is_digits(text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


@dataclass(slots=True)
class Sums:
    """What records 30, 40 and 50 add up to, in cents, and the codes for control digit 98."""

    account_a: int = 0
    account_b: int = 0
    share: int = 0
    supplement: int = 0
    codes: int = 0
    records: int = 0
    invoice_a: int = 0
    invoice_b: int = 0

    def add(self, line: Line) -> None:
        """Add a performance, its companions 51 and 52, or the total of an invoice (80)."""
        if line.kind == "80":
            self.invoice_a += line.cents(19)
            self.invoice_b += line.cents(15)
            return
        code = line[4]
        self.codes += int(code) if is_digits(code) else 0
        if line.kind not in layouts.PERFORMANCES:
            return
        if line[11] == "1":
            self.account_b += line.cents(19)
        else:
            self.account_a += line.cents(19)
        self.share += line.cents(27)
        self.supplement += line.cents(30)


@dataclass(slots=True)
class Situation:
    """A line and what a check may look at beside it.

    `opening` is record 10, `invoice` the record 20 the line belongs to, `main` the record 50 before a 51 or 52 (or the record
    30 before a personal share), `before` and `after` the neighbours, `second` the one behind `after`.
    `month` is YYYYMM of record 10.
    """

    line: Line
    day: date
    profile: Profile
    opening: Line | None = None
    invoice: Line | None = None
    main: Line | None = None
    before: Line | None = None
    after: Line | None = None
    second: Line | None = None
    of_invoice: Sums = field(default_factory=Sums)
    of_file: Sums = field(default_factory=Sums)
    fund_before: str = ""
    numbers: frozenset[str] = frozenset()

    @property
    def month(self) -> str:
        """Invoiced year and month, YYYYMM, of record 10; empty where there is none."""
        return "" if self.opening is None else (self.opening[22] + self.opening[23])[1:]

    @property
    def is_credit(self) -> bool:
        """True in a credit note (record 20 zone 11 = 3)."""
        return self.invoice is not None and self.invoice[11] == "3"

    @property
    def partner(self) -> bool:
        """True when the line is the personal share record of a day.

        Known by its code where the profile has codes; else by what it looks like: the same amount in zones 19 and 27, with
        opposite signs (301941, 302711).
        """
        line = self.line
        if line.kind != "30":
            return False
        if self.profile.codes:
            return self.profile.is_share(line[4], line.day(5) or self.day)
        return line.cents(19) != 0 and line.cents(19) == -line.cents(27)


def walk(lines: list[Line], day: date, profile: Profile) -> Iterator[Situation]:
    """Every line with what stands around it, in order."""
    opening = invoice = main = None
    of_invoice, of_file = Sums(), Sums()
    fund_before = fund = ""
    numbers: set[str] = set()
    for index, line in enumerate(lines):
        if line.kind == "10":
            opening = line
        elif line.kind == "20":
            invoice, main, of_invoice = line, None, Sums()
            fund_before, fund = fund, line[18]
        situation = Situation(
            line, day, profile, opening, invoice, main,
            lines[index - 1] if index else None,
            lines[index + 1] if index + 1 < len(lines) else None,
            lines[index + 2] if index + 2 < len(lines) else None,
            of_invoice, of_file, fund_before,
            frozenset(numbers) if line.kind == "20" else frozenset(),
        )  # fmt: skip
        if line.kind in ("30", "40", "50", "51", "52"):
            of_invoice.add(line)
            of_file.add(line)
        elif line.kind == "80":
            of_file.add(line)
        yield situation
        if line.kind == "20":
            numbers.add(line[24])
        if line.kind in ("30", "50"):
            main = line
