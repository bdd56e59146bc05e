"""The table of limits (Budgetierte Leistung Maximalgrenzen): its rows, their periods, and what is wrong with a table.

A row says how many days and how much money a debtor posting group pays for one contract kind in one period. Source
of all rules here: for.CARE, «Abrechnung von Maximalgrenzen in Leistungsbudgets».
"""

from __future__ import annotations

import csv
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import combinations

from billhook.dates import Period
from billhook.model import Finding, Rule, Severity
from billhook.money import AmountError, Cents, parse_amount, round_cents

SOURCE = "for.CARE Maximalgrenzen"


class Periodicity(StrEnum):
    """How often a budget begins anew (Periodik). It always goes by the billing date (Abrechnungsdatum)."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    FREE = "free"


GERMAN_PERIODICITIES = {
    "jahr": Periodicity.YEAR,
    "quartal": Periodicity.QUARTER,
    "monat": Periodicity.MONTH,
    "frei": Periodicity.FREE,
    "freie periodik": Periodicity.FREE,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of the table.

    `care_area` is the Assistenzbereich, `debtor_group` the Debitorenbuchungsgruppe, `kind` the contract kind
    (Vertragsart), `linked` the contract kind whose budget is added when a stay of that kind follows directly
    (Verbundene Vertragsart). `days` or `amount` (cents) may be None: then that is not limited. With a `client`
    number the row replaces the general ones of its care area, debtor group and kind for that client. `id` is 0
    until the row is stored.
    """

    care_area: str
    debtor_group: str
    valid_from: date
    valid_to: date
    periodicity: Periodicity
    kind: str
    days: int | None
    amount: Cents | None
    linked: str = ""
    client: str = ""
    id: int = 0

    @property
    def account(self) -> tuple[str, str, str]:
        """Care area, debtor group, kind: whose use the row counts."""
        return self.care_area, self.debtor_group, self.kind

    @property
    def validity(self) -> Period:
        """First to last day on which a billing date finds this row."""
        return Period(self.valid_from, self.valid_to)

    def window(self, billed_on: date) -> Period:
        """The period that a billing date counts for: its year, quarter or month, or the row's validity when free."""
        if self.periodicity is Periodicity.FREE:
            return self.validity
        return period_of(self.periodicity, billed_on)


def period_of(periodicity: Periodicity, day: date) -> Period:
    """The calendar period around a day.

    >>> str(period_of(Periodicity.QUARTER, date(2018, 2, 28)))
    '2018-01-01/2018-03-31'
    """
    months = {Periodicity.YEAR: 12, Periodicity.QUARTER: 3, Periodicity.MONTH: 1}[periodicity]
    first = (day.month - 1) // months * months + 1
    last = first + months - 1
    return Period(date(day.year, first, 1), date(day.year, last, monthrange(day.year, last)[1]))


# --- What may be wrong with a table -----------------------------------------------------------------------------------

_E = Severity.ERROR
BACKWARDS = Rule("BUD-LIM-001", _E, "the row ends on {value}, before it begins", "mend one of the two dates", SOURCE)
OVERLAP = Rule(
    "BUD-LIM-002",
    _E,
    "{kind} in {area} has another row for some of these days (from {other_from} to {other_to})",
    "let one row end before the other begins",
    f"{SOURCE}: keine Datumsüberschneidungen",
)
SELF_LINK = Rule("BUD-LIM-003", _E, "{value} is linked to itself", "name the kind that follows, or none", SOURCE)
CYCLE = Rule(
    "BUD-LIM-004", _E, "the links go round in a circle: {value}", "remove the link that leads back to the start", SOURCE
)
NO_PARTNER = Rule(
    "BUD-LIM-005",
    _E,
    "the linked kind {value} has no row of the same validity for this care area, debtor group and client",
    "add one from {first} to {last}, or remove the link",
    f"{SOURCE}: gleiche Gültigkeitszeiträume",
)
OTHER_PERIOD = Rule(
    "BUD-LIM-006",
    _E,
    "the linked kind {value} is counted by {theirs}, this row by {ours}",
    "give both rows the same periodicity",
    f"{SOURCE}: gleiche Kombination Debitorenbuchungsgruppe, Periodik",
)
NO_MAXIMUM = Rule("BUD-LIM-007", _E, "the row limits neither days nor money", "enter days, an amount, or both", SOURCE)
NEGATIVE = Rule("BUD-LIM-008", _E, "{value} is below zero", "enter zero or more", SOURCE)
NO_NAME = Rule("BUD-LIM-009", _E, "the {name} is missing", "enter it", SOURCE)
BAD_CELL = Rule("BUD-LIM-010", _E, "{value} does not fit here: {reason}", "{remedy}", SOURCE)
NO_COLUMN = Rule("BUD-LIM-011", _E, "the header lacks the column {value}", "add it", SOURCE)

RULES: Sequence[Rule] = (
    BACKWARDS,
    OVERLAP,
    SELF_LINK,
    CYCLE,
    NO_PARTNER,
    OTHER_PERIOD,
    NO_MAXIMUM,
    NEGATIVE,
    NO_NAME,
    BAD_CELL,
    NO_COLUMN,
)


def faults(limits: Sequence[Limit]) -> list[Finding]:
    """Everything that is wrong with a table; `line` of a finding is the row's place in it, from 1."""
    found: list[Finding] = []
    for line, limit in enumerate(limits, start=1):
        found += (replace(finding, line=line) for finding in _row_faults(limit))
    sound = [(line, limit) for line, limit in enumerate(limits, start=1) if limit.valid_from <= limit.valid_to]
    found += _overlaps(sound)
    found += _links(sound)
    return sorted(found, key=lambda finding: (finding.line or 0, finding.code))


def _row_faults(limit: Limit) -> Iterator[Finding]:
    if limit.valid_to < limit.valid_from:
        yield BACKWARDS.at(field="valid_to", value=limit.valid_to)
    if not limit.kind:
        yield NO_NAME.at(field="kind", name="contract kind")
    if limit.linked and limit.linked == limit.kind:
        yield SELF_LINK.at(field="linked", value=limit.linked)
    if limit.days is None and limit.amount is None:
        yield NO_MAXIMUM.at(field="amount")
    for name, value in (("days", limit.days), ("amount", limit.amount)):
        if value is not None and value < 0:
            yield NEGATIVE.at(field=name, value=value)


def _overlaps(rows: Sequence[tuple[int, Limit]]) -> Iterator[Finding]:
    by_key: dict[tuple[str, ...], list[tuple[int, Limit]]] = {}
    for line, limit in rows:
        by_key.setdefault((*limit.account, limit.client), []).append((line, limit))
    for same in by_key.values():
        for (_, first), (line, second) in combinations(same, 2):
            if first.validity.overlaps(second.validity):
                yield OVERLAP.at(
                    field="valid_from",
                    value=second.valid_from,
                    line=line,
                    kind=second.kind,
                    area=second.care_area,
                    other_from=first.valid_from,
                    other_to=first.valid_to,
                )


def _links(rows: Sequence[tuple[int, Limit]]) -> Iterator[Finding]:
    tables: dict[tuple[object, ...], dict[str, Limit]] = {}
    for _, limit in rows:
        tables.setdefault(_siblings(limit), {})[limit.kind] = limit
    for line, limit in rows:
        if not limit.linked or limit.linked == limit.kind:
            continue
        table = tables[_siblings(limit)]
        partner = table.get(limit.linked)
        if partner is None:
            yield NO_PARTNER.at(
                field="linked", value=limit.linked, line=line, first=limit.valid_from, last=limit.valid_to
            )
            continue
        if partner.periodicity is not limit.periodicity:
            yield OTHER_PERIOD.at(
                field="periodicity",
                value=limit.linked,
                line=line,
                theirs=partner.periodicity.value,
                ours=limit.periodicity.value,
            )
        circle = _circle(limit, table)
        if circle:
            yield CYCLE.at(field="linked", value=" → ".join(circle), line=line)


def _siblings(limit: Limit) -> tuple[object, ...]:
    """What rows that may be linked have in common: for.CARE's key of linked kinds, and the validity."""
    return limit.care_area, limit.debtor_group, limit.client, limit.valid_from, limit.valid_to


def _circle(start: Limit, table: Mapping[str, Limit]) -> list[str]:
    """The kinds on the way from a row back to itself; empty when the way ends somewhere."""
    way = [start.kind]
    here: Limit | None = table.get(start.linked)
    while here is not None and here.linked:
        way.append(here.kind)
        if here.linked == start.kind:
            return [*way, start.kind]
        if here.linked in way:
            return []  # a circle further on, which does not hold this row
        here = table.get(here.linked)
    return []


# --- Tables from a spreadsheet ----------------------------------------------------------------------------------------

COLUMNS: Mapping[str, str] = {
    "Assistenzbereich": "care_area",
    "Debitorenbuchungsgruppe": "debtor_group",
    "Gültig von": "valid_from",
    "Gültig bis": "valid_to",
    "Periodik": "periodicity",
    "Vertragsart": "kind",
    "Anzahl Tage": "days",
    "Maximalbetrag €": "amount",
    "Verbundene Vertragsart": "linked",
    "Betreutennr.": "client",
}
"""for.CARE's heading → our name. A file may use either."""

_OPTIONAL = ("days", "amount", "linked", "client")


def read_limits(lines: Iterable[str], name: str = "") -> tuple[list[Limit], list[Finding]]:
    """Read a table as spreadsheets save it: `;` between cells, 01.01.2018 or 2018-01-01, 1.612,00.

    Args:
        lines: of the text, the header first.
        name: of the file, for the findings.

    Returns:
        The rows that could be read, and what is wrong with the others and with the table as a whole.
    """
    rows = csv.reader(lines, delimiter=";")
    header = [COLUMNS.get(cell.strip(), cell.strip()) for cell in next(rows, [])]
    missing = [column for column in COLUMNS.values() if column not in header and column not in _OPTIONAL]
    if missing:
        return [], [NO_COLUMN.at(field=column, value=column, file=name, line=1) for column in missing]
    limits: list[Limit] = []
    places: list[int] = []
    found: list[Finding] = []
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        line = rows.line_num
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        limit, bad = read_row(row)
        found += (replace(finding, file=name, line=line) for finding in bad)
        if limit is not None:
            limits.append(limit)
            places.append(line)
    found += (replace(finding, file=name, line=places[(finding.line or 1) - 1]) for finding in faults(limits))
    return limits, found


def read_row(row: Mapping[str, str]) -> tuple[Limit | None, list[Finding]]:
    """A row of texts by our names, as a limit; None and the findings when a text cannot be read."""
    found: list[Finding] = []

    def cell(name: str) -> str:
        return row.get(name, "")

    def day(name: str) -> date:
        try:
            return read_day(cell(name))
        except ValueError as error:
            remedy = "write a date such as 01.01.2018"
            found.append(BAD_CELL.at(field=name, value=cell(name), reason=str(error), remedy=remedy))
            return date.min

    start, end = day("valid_from"), day("valid_to")
    periodicity = read_periodicity(cell("periodicity"))
    if periodicity is None:
        remedy = "write Jahr, Quartal, Monat or Freie Periodik"
        found.append(
            BAD_CELL.at(field="periodicity", value=cell("periodicity"), reason="it is no periodicity", remedy=remedy)
        )
    days: int | None = None
    if cell("days"):
        if cell("days").isascii() and cell("days").isdecimal():
            days = int(cell("days"))
        else:
            remedy = "write a number of days such as 28, or nothing"
            found.append(BAD_CELL.at(field="days", value=cell("days"), reason="it is no whole number", remedy=remedy))
    amount: Cents | None = None
    if cell("amount"):
        try:
            amount = read_euros(cell("amount"))
        except AmountError as error:
            found.append(BAD_CELL.at(field="amount", value=cell("amount"), reason=error.reason, remedy=error.remedy))
    if found or periodicity is None:
        return None, found
    return (
        Limit(
            care_area=cell("care_area"),
            debtor_group=cell("debtor_group"),
            valid_from=start,
            valid_to=end,
            periodicity=periodicity,
            kind=cell("kind"),
            days=days,
            amount=amount,
            linked=cell("linked"),
            client=cell("client"),
        ),
        [],
    )


def read_periodicity(text: str) -> Periodicity | None:
    """A periodicity in German or English, None when it is none."""
    plain = text.strip().lower()
    if plain in GERMAN_PERIODICITIES:
        return GERMAN_PERIODICITIES[plain]
    return Periodicity(plain) if plain in set(Periodicity) else None


def read_day(text: str) -> date:
    """A date as 2018-01-31 or 31.01.2018.

    Raises:
        ValueError: it is none.

    >>> read_day("31.01.2018")
    datetime.date(2018, 1, 31)
    """
    parts = text.split(".")
    try:
        if len(parts) == 3:
            return date(int(parts[2]), int(parts[1]), int(parts[0]))
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("it is no date of the calendar") from None


def read_euros(text: str) -> Cents:
    """Cents of an amount such as `1.612,00€`, `1612.00` or `1612`.

    Raises:
        AmountError: it is none.

    >>> read_euros("1.612,00 €"), read_euros("1612.5")
    (161200, 161250)
    """
    plain = text.replace("€", "").replace("\u00a0", " ").strip()
    sign = "," if "," in plain or plain.count(".") > 1 else "."
    if sign == "," and "." in plain:
        plain = plain.replace(".", "")
    return round_cents(parse_amount(plain, decimal_sign=sign))
