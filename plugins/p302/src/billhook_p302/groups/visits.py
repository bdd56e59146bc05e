"""Visits and who made them: groups C and D, and the employee numbers of O, R and S."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, time

from billhook.model import BillingItem, Finding, Rule
from billhook.wire.layout import SegmentLayout
from billhook.words import words
from billhook_p302 import rules
from billhook_p302.codes.billing import V21_BEGINS
from billhook_p302.codes.prescription import SUBSTITUTE_EMPLOYEE
from billhook_p302.details import Deployment
from billhook_p302.groups.parts import details_of
from billhook_p302.groups.structure import Bracket, Check, Part, Row, Table, Terms, VoucherCheck
from billhook_p302.placing import Placed

_NO_DAY, _NO_TIME = date.min, time.min


def table(layout: SegmentLayout) -> Table:
    """ESK and ESH: when a visit was."""
    return Table(
        layout,
        {
            "service_date": "service_from",
            "starts_at": "details.time_from",
            "ends_at": "details.time_to",
            "minutes": "details.minutes",
        },
    )


def visit(item: BillingItem) -> tuple[date, time]:
    """Which visit a line is of: lines with the same day and time of beginning are one."""
    return item.service_from or _NO_DAY, details_of(item).time_from or _NO_TIME


def in_order_of_time(item: BillingItem) -> tuple[date, time, int]:
    """Visits stand in the order of time (TA1 V21 5.5.3.4 ESK), the lines of each as they are numbered."""
    return *visit(item), item.line


def alike(rule: Rule) -> Callable[[Sequence[BillingItem]], Iterator[Finding]]:
    """Lines of one visit have the same end and the same minutes."""

    def check(lines: Sequence[BillingItem]) -> Iterator[Finding]:
        first = details_of(lines[0])
        for line in lines[1:]:
            details = details_of(line)
            for name, what in (("time_to", words("the end")), ("minutes", words("the minutes"))):
                if getattr(details, name) != getattr(first, name):
                    began = details.time_from
                    yield rule.at(
                        line.id,
                        f"details.{name}",
                        getattr(details, name),
                        day=str(line.service_from),
                        time=f"{began:%H:%M}" if began else "?",
                        what=what,
                        suggestion=None if getattr(first, name) is None else str(getattr(first, name)),
                    )

    return check


def bracket(layout: SegmentLayout) -> Bracket:
    """Lines of one visit stand under its ESK or ESH."""
    rule = rules.in_segment(rules.VISIT_DIFFERS, layout.tag) or rules.VISIT_DIFFERS
    return Bracket(table(layout), visit, alike(rule))


def ascending(tag: str, rule: Rule, key: Callable[[Placed], object], *, within: str = "") -> VoucherCheck:
    """Segments of this tag stand in the order of time; where `within` comes, a new order begins."""

    def check(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
        before: object = None
        for placed in segments:
            if placed.tag == within:
                before = None
            elif placed.tag == tag:
                here = key(placed)
                if before is not None and here is not None and here < before:  # type: ignore[operator]  # both of key
                    yield placed.at(rule, "service_date", placed.text("service_date"))
                before = here if here is not None else before

    return check


def when(placed: Placed) -> object:
    """Day and time at which a visit began; None where that cannot be read."""
    day, begin = placed.day("service_date"), placed.values.get("starts_at")
    return (day, begin if isinstance(begin, time) else _NO_TIME) if day else None


def performers(*substitutes: str, names: Sequence[str] = ("employee_number",)) -> Check:
    """Employee numbers are real ones or substitutes of key 8.1.19 that the group knows, on the day of the file."""

    def known(number: str, day: date) -> bool:
        if number == NO_NUMBER_BEFORE_V21:
            return day < V21_BEGINS
        return number in substitutes and SUBSTITUTE_EMPLOYEE.holds(number, day)

    def check(placed: Placed, day: date) -> Iterator[Finding]:
        for name in names:
            number = placed.text(name)
            if number in SUBSTITUTE_EMPLOYEE and not known(number, day):
                choices = ", ".join(key.value for key in SUBSTITUTE_EMPLOYEE if known(key.value, day))
                yield placed.at(rules.SUBSTITUTE, name, number, choices=choices)

    return check


NO_NUMBER_BEFORE_V21 = "999999999"
"""Stood for any missing number until version 21 took it out; the two overlap for three months, and there it is wrong."""

NURSES = ("999999998", "999999997", "999999996")
"""Substitutes that all groups know: new, missing, trainee."""

DOCTOR_ONLY = "999999995"
NOT_ASSIGNED = "999999990"


def deployments(table: Table) -> Part:
    """ZZL and ASK: a segment for each deployment of a line; of a line without any, its own day, times and performer."""

    def rows(item: BillingItem, terms: Terms) -> Iterator[Row]:
        details = details_of(item)
        for deployment in details.deployments:
            yield table.row(item, terms, deployment)
        if not details.deployments:
            own = Deployment(
                day=item.service_from,
                time_from=details.time_from,
                ended_on=item.service_to if item.service_to != item.service_from else None,
                time_to=details.time_to,
                minutes=details.minutes,
                performer_number=details.performer_number,
                performer_number_2=details.performer_number_2,
            )
            row = table.row(item, terms, own)
            yield row._replace(places={name: _OWN.get(path, table.entries) for name, path in table.paths.items()})

    return Part(table, rows)


_OWN: Mapping[str, str] = {
    "day": "service_from",
    "time_from": "details.time_from",
    "ended_on": "service_to",
    "time_to": "details.time_to",
    "minutes": "details.minutes",
    "performer_number": "details.performer_number",
    "performer_number_2": "details.performer_number_2",
}
"""Where a deployment stands that is the line's own."""
