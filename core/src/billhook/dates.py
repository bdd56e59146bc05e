"""Dates, periods and the date formulas that contracts use for every recurring or shifted day.

>>> Period.parse("2025-01-01/2025-01-31").days
31
>>> DateFormula.parse("-LM+1M").apply(date(2025, 1, 17))
datetime.date(2025, 2, 1)
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from itertools import count, pairwise
from typing import Literal, Self

__all__ = [
    "DateError",
    "DateFormula",
    "FormulaError",
    "FormulaStep",
    "Period",
    "StepKind",
    "Unit",
    "add_months",
    "age_on",
    "gaps",
    "is_gapless",
    "parse_date",
]

_ONE_DAY = timedelta(days=1)


class DateError(ValueError):
    """A text is no date or period, or a calculation leaves the calendar; the message says why."""

    def __init__(self, value: object, reason: str) -> None:
        super().__init__(f"{value!r} is not usable as a date: {reason}")
        self.value = value
        self.reason = reason


# --- Single days ------------------------------------------------------------------------------------------------------

_DATE_FORMS = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
    re.compile(r"(?P<day>[0-9]{2})\.(?P<month>[0-9]{2})\.(?P<year>[0-9]{4})"),
)


def parse_date(text: str) -> date:
    """Read a day written as `2025-01-31`, `20250131` (JJJJMMTT) or `31.01.2025`.

    Args:
        text: the characters of the field, without blanks around. A two-digit year or a missing zero is not guessed.

    Raises:
        DateError: another form, or a day that the calendar does not have.

    >>> parse_date("31.01.2025"), parse_date("20250131") == parse_date("2025-01-31")
    (datetime.date(2025, 1, 31), True)
    >>> parse_date("31.02.2025")
    Traceback (most recent call last):
        ...
    billhook.dates.DateError: '31.02.2025' is not usable as a date: month 2 of 2025 has only 28 days
    """
    for form in _DATE_FORMS:
        if found := form.fullmatch(text):
            return _make_date(text, int(found["year"]), int(found["month"]), int(found["day"]))
    if not text.strip():
        raise DateError(text, "it is empty; write YYYY-MM-DD")
    raise DateError(text, "expected YYYY-MM-DD, YYYYMMDD or DD.MM.YYYY, in ASCII digits and without blanks")


def _make_date(text: str, year: int, month: int, day: int) -> date:
    """Build a day, or say which of its parts does not exist."""
    if year < 1:
        raise DateError(text, "there is no year 0")
    if not 1 <= month <= 12:
        raise DateError(text, f"there is no month {month}")
    if day < 1:
        raise DateError(text, "there is no day 0")
    if day > (last := monthrange(year, month)[1]):
        raise DateError(text, f"month {month} of {year} has only {last} days")
    return date(year, month, day)


def add_months(day: date, months: int) -> date:
    """Go `months` forward (or back); where the month is too short, its last day is taken: 31 January + 1 = 28 February.

    Raises:
        DateError: the result lies outside the years 1 to 9999.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if not 1 <= year <= 9999:
        raise DateError(day.isoformat(), f"{months} months from it lie outside the years 1 to 9999")
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _add_days(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise DateError(day.isoformat(), f"{days} days from it lie outside the years 1 to 9999") from None


def age_on(birth_date: date, day: date) -> int:
    """Count the full years of life on a day.

    A year of life ends with the day before the birthday (§ 187 (2), § 188 (2) BGB), so on the birthday itself it
    counts; whoever is born on 29 February is a year older on 1 March of a common year.

    Raises:
        DateError: `day` lies before the birth.

    >>> age_on(date(2011, 6, 15), date(2025, 6, 14)), age_on(date(2011, 6, 15), date(2025, 6, 15))
    (13, 14)
    """
    if day < birth_date:
        raise DateError(day.isoformat(), "it lies before the birth")
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


# --- Periods ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Period:
    """A span of whole days; both ends belong to it, and without an end it runs on.

    Attributes:
        start: first day.
        end: last day, or None for a period without a known end.

    Raises:
        DateError: the end lies before the start.
    """

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise DateError(str(self), "the end lies before the start")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2025-01-01/2025-01-31`, or `2025-01-01/..` (also `2025-01-01/`) for one without an end.

        Raises:
            DateError: not two days with one slash between them, or the end before the start.
        """
        first, slash, last = text.partition("/")
        if not slash:
            raise DateError(text, "a period is written START/END, for example 2025-01-01/2025-01-31 or 2025-01-01/..")
        return cls(parse_date(first), None if last in {"", ".."} else parse_date(last))

    def __str__(self) -> str:
        return f"{self.start.isoformat()}/{'..' if self.end is None else self.end.isoformat()}"

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)

    @property
    def days(self) -> int | None:
        """Number of days, both ends counted; None without an end."""
        return None if self.end is None else (self.end - self.start).days + 1

    def contains(self, other: "Period") -> bool:
        """Tell whether every day of `other` lies in this period."""
        if self.end is None:
            return self.start <= other.start
        return self.start <= other.start and other.end is not None and other.end <= self.end

    def overlaps(self, other: "Period") -> bool:
        """Tell whether the two have at least one day in common."""
        return (other.end is None or self.start <= other.end) and (self.end is None or other.start <= self.end)

    def intersect(self, other: "Period") -> "Period | None":
        """Give the days that both have in common, or None when there are none."""
        if not self.overlaps(other):
            return None
        ends = [end for end in (self.end, other.end) if end is not None]
        return Period(max(self.start, other.start), min(ends, default=None))

    def meets(self, following: "Period") -> bool:
        """Tell whether `following` starts on the very day after this period ends."""
        return self.end is not None and self.end < date.max and following.start == self.end + _ONE_DAY


def gaps(periods: Iterable[Period]) -> list[Period]:
    """List the spans that lie between the given periods and in none of them, in order of time."""
    found: list[Period] = []
    covered_to: date | None = None
    for period in sorted(periods, key=lambda each: each.start):
        if covered_to is not None and (period.start - covered_to).days > 1:
            found.append(Period(covered_to + _ONE_DAY, period.start - _ONE_DAY))
        if period.end is None:
            break
        covered_to = period.end if covered_to is None else max(covered_to, period.end)
    return found


def is_gapless(periods: Iterable[Period]) -> bool:
    """Tell whether the periods, put in order, follow each other day by day: no gap between them and no overlap."""
    ordered = sorted(periods, key=lambda each: each.start)
    return all(before.meets(after) for before, after in pairwise(ordered))


# --- Date formulas ----------------------------------------------------------------------------------------------------


class FormulaError(ValueError):
    """A text is no date formula; the message names the place and what is expected there."""

    def __init__(self, text: str, position: int, expected: str) -> None:
        super().__init__(f"{text!r} is not a date formula: at character {position}: {expected}")
        self.text = text
        self.position = position
        """Counted from 1; one more than the length when the formula stops too early."""
        self.expected = expected


class Unit(Enum):
    """What a formula counts in. The value is the letter that the canonical form uses."""

    DAY = "D"
    WEEKDAY = "WD"
    WEEK = "W"
    MONTH = "M"
    QUARTER = "Q"
    YEAR = "Y"


class StepKind(Enum):
    """The three forms that a part of a formula can have."""

    SHIFT = "shift"
    """`10T`, `-2M`: so many units further or back."""
    CURRENT = "current"
    """`LM`: the last day of the current month, `-LM`: the first."""
    NEXT = "next"
    """`T15`, `WT1`: the next 15th of a month, the next Monday; with a minus the one before."""


@dataclass(frozen=True, slots=True)
class FormulaStep:
    """One signed part of a formula. `number` is 0 for CURRENT."""

    sign: Literal[1, -1]
    kind: StepKind
    unit: Unit
    number: int = 0

    def apply(self, day: date, times: int = 1) -> date:
        """Take the step from `day`; only a SHIFT can be taken several times at once."""
        if self.kind is StepKind.SHIFT:
            return _shift(day, self.sign * self.number * times, self.unit)
        if self.kind is StepKind.CURRENT:
            return _edge(day, self.unit, last=self.sign > 0)
        if self.unit is Unit.WEEKDAY:
            return _next_weekday(day, self.number, self.sign)
        return _next_day_of_month(day, self.number, self.sign)

    def spell(self, letters: dict[Unit, str], current: str) -> str:
        """Write the step without its sign, with the letters of one language."""
        if self.kind is StepKind.SHIFT:
            return f"{self.number}{letters[self.unit]}"
        if self.kind is StepKind.CURRENT:
            return current + letters[self.unit]
        return f"{letters[self.unit]}{self.number}"


_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}

_ENGLISH = {unit: unit.value for unit in Unit}
_GERMAN = {Unit.DAY: "T", Unit.WEEKDAY: "WT", Unit.WEEK: "W", Unit.MONTH: "M", Unit.QUARTER: "Q", Unit.YEAR: "J"}
_UNIT_OF = {letters: unit for spelling in (_ENGLISH, _GERMAN) for unit, letters in spelling.items()}

_LARGEST_NUMBER = 9999  # as in Business Central; also keeps a typing slip from walking off the calendar


def _shift(day: date, amount: int, unit: Unit) -> date:
    if unit in _MONTHS:
        return add_months(day, amount * _MONTHS[unit])
    return _add_days(day, amount * _DAYS[unit])


def _edge(day: date, unit: Unit, *, last: bool) -> date:
    """Give the first or last day of the week, month, quarter or year that holds `day`."""
    if unit is Unit.DAY:
        return day
    if unit is Unit.WEEK:
        return _add_days(day, 7 - day.isoweekday() if last else 1 - day.isoweekday())
    length = _MONTHS[unit]
    first_month = (day.month - 1) // length * length + 1
    if not last:
        return date(day.year, first_month, 1)
    last_month = first_month + length - 1
    return date(day.year, last_month, monthrange(day.year, last_month)[1])


def _next_weekday(day: date, weekday: int, sign: int) -> date:
    """Give the nearest such weekday after (before) `day`; a week away when `day` is one itself."""
    distance = (sign * (weekday - day.isoweekday())) % 7 or 7
    return _add_days(day, sign * distance)


def _next_day_of_month(day: date, number: int, sign: int) -> date:
    """Give the nearest `number`th of a month after (before) `day`; a short month has it on its last day."""
    here = day.replace(day=min(number, monthrange(day.year, day.month)[1]))
    if (here - day).days * sign > 0:
        return here
    neighbour = add_months(day.replace(day=1), sign)
    return neighbour.replace(day=min(number, monthrange(neighbour.year, neighbour.month)[1]))


@dataclass(frozen=True, slots=True)
class DateFormula:
    """A date formula (Datumsformel) as Business Central has them: signed steps, taken from left to right.

    | step | meaning |
    |---|---|
    | `10T` `2W` `1M` `1Q` `1J` | so many days, weeks, months, quarters, years further; with `-` back |
    | `LM` `LW` `LQ` `LJ` | last day of the current month, week, quarter, year; with `-` the first |
    | `WT1` … `WT7` | next Monday … Sunday, never the day itself; with `-` the one before |
    | `T1` … `T31` | next such day of a month, never the day itself; with `-` the one before |

    Weeks run from Monday to Sunday. Where a month is too short for a step, its last day is taken.

    German letters (T, WT, W, M, Q, J, L for laufend) and English ones (D, WD, W, M, Q, Y, C for current) may stand side
    by side: no letter means two things. Small letters and blanks between the parts are allowed, as are the angle
    brackets that mark an untranslated formula (`<1M>`). Every step but the first needs its sign.

    Sources: Microsoft, Business Central, «System.CalcDate Method» (grammar, `C` prefix, the examples of 1996-05-21)
    and «DateFormula Data Type» (weeks from Monday to Sunday). Those pages leave open what `D15` gives on the 15th and
    in a month too short; we treat it as `WD`, whose documented example leaves the day itself, and take the month's
    last day. `W`, `M`, `Q`, `Y` before a number, which the grammar allows without a meaning, is refused.

    >>> lm = DateFormula.parse("LM+10T")
    >>> lm.apply(date(2025, 2, 3)), str(lm), lm.format("de")
    (datetime.date(2025, 3, 10), 'CM+10D', 'LM+10T')
    """

    steps: tuple[FormulaStep, ...]

    @classmethod
    def parse(cls, text: str) -> "DateFormula":
        """Read a formula.

        Raises:
            FormulaError: with the position and what is expected there.

        >>> DateFormula.parse("1X")
        Traceback (most recent call last):
            ...
        billhook.dates.FormulaError: '1X' is not a date formula: at character 2: expected a unit (T/D, W, M, Q or J/Y)
        """
        return _parse_formula(text)

    def apply(self, day: date) -> date:
        """Take all steps from `day`.

        Raises:
            DateError: the result lies outside the years 1 to 9999.
        """
        for step in self.steps:
            day = step.apply(day)
        return day

    def occurrences(self, start: date) -> Iterator[date]:
        """Give `start` and every later day that the formula leads to, without end.

        A formula of plain shifts is counted from `start`, so that 31 January every month stays at the month's end
        (28 February, 31 March) and does not slide to the 28th for good. Any other formula is applied to its last
        result.

        Raises:
            FormulaError: the formula does not lead to a later day.
            DateError: the calendar ends.

        >>> from itertools import islice
        >>> [day.day for day in islice(DateFormula.parse("1M").occurrences(date(2025, 1, 31)), 4)]
        [31, 28, 31, 30]
        """
        day = start
        counted = all(step.kind is StepKind.SHIFT for step in self.steps)
        for times in count(1):
            yield day
            following = self._times(start, times) if counted else self.apply(day)
            if following <= day:
                raise FormulaError(str(self), 1, f"a formula that leads to a later day than {day.isoformat()}")
            day = following

    def _times(self, start: date, times: int) -> date:
        day = start
        for step in self.steps:
            day = step.apply(day, times)
        return day

    def __str__(self) -> str:
        return self.format()

    def format(self, language: Literal["en", "de"] = "en") -> str:
        """Write the formula without blanks and with the letters of one language; English is the canonical form."""
        letters, current = (_GERMAN, "L") if language == "de" else (_ENGLISH, "C")
        signed = "".join(("+" if step.sign > 0 else "-") + step.spell(letters, current) for step in self.steps)
        return signed.removeprefix("+")


_TOKEN = re.compile(r"\s*(?:(?P<sign>[+-])|(?P<number>[0-9]+)|(?P<letters>[A-Za-z]+)|(?P<other>\S))", re.ASCII)
_EXPECTED_TERM = "expected a number and unit (10T), L/C and a unit (LM), a weekday (WT1) or a day of the month (T15)"
_EXPECTED_UNIT = "expected a unit (T/D, W, M, Q or J/Y)"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


@lru_cache(maxsize=1024)
def _parse_formula(text: str) -> DateFormula:
    tokens = _tokens(text)
    if tokens[0].kind == "end":
        raise FormulaError(text, tokens[0].position, _EXPECTED_TERM)
    steps: list[FormulaStep] = []
    while tokens[0].kind != "end":
        sign: Literal[1, -1] = 1
        if tokens[0].kind == "sign":
            sign = -1 if tokens.pop(0).text == "-" else 1
        elif steps:
            raise FormulaError(text, tokens[0].position, "expected + or - before the next part")
        steps.append(_parse_step(text, sign, tokens))
    return DateFormula(tuple(steps))


def _tokens(text: str) -> list[_Token]:
    """Cut a formula into signs, numbers and runs of letters, and put an end mark behind."""
    inner, offset = text.rstrip(), 1
    if inner.lstrip().startswith("<") and inner.endswith(">"):
        offset += inner.index("<") + 1
        inner = inner[offset - 1 : -1]
    tokens = []
    for found in _TOKEN.finditer(inner):
        kind = found.lastgroup or "other"
        tokens.append(_Token(kind, found[kind].upper(), found.start(kind) + offset))
    return [*tokens, _Token("end", "", len(inner.rstrip()) + offset)]


def _parse_step(text: str, sign: Literal[1, -1], tokens: list[_Token]) -> FormulaStep:
    """Take one term off the front of `tokens`."""
    first = tokens.pop(0)
    if first.kind == "number":
        number = _number(text, first, 0, _LARGEST_NUMBER)
        unit = tokens.pop(0)
        if unit.kind != "letters" or _UNIT_OF.get(unit.text, Unit.WEEKDAY) is Unit.WEEKDAY:
            raise FormulaError(text, unit.position, _EXPECTED_UNIT)
        return FormulaStep(sign, StepKind.SHIFT, _UNIT_OF[unit.text], number)
    if first.kind != "letters":
        raise FormulaError(text, first.position, _EXPECTED_TERM)
    if first.text[0] in "LC":
        current = _UNIT_OF.get(first.text[1:], Unit.WEEKDAY)
        if current is Unit.WEEKDAY:
            raise FormulaError(text, first.position + 1, _EXPECTED_UNIT)
        return FormulaStep(sign, StepKind.CURRENT, current)
    unit_before = _UNIT_OF.get(first.text)
    if unit_before is Unit.WEEKDAY:
        return FormulaStep(sign, StepKind.NEXT, Unit.WEEKDAY, _number(text, tokens.pop(0), 1, 7))
    if unit_before is Unit.DAY:
        return FormulaStep(sign, StepKind.NEXT, Unit.DAY, _number(text, tokens.pop(0), 1, 31))
    raise FormulaError(text, first.position, _EXPECTED_TERM)


def _number(text: str, token: _Token, lowest: int, highest: int) -> int:
    # The length is looked at first: nobody should be able to make Python parse a number of a million digits.
    if token.kind != "number" or len(token.text) > 9 or not lowest <= int(token.text) <= highest:
        raise FormulaError(text, token.position, f"expected a number from {lowest} to {highest}")
    return int(token.text)
