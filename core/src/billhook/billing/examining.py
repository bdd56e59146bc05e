"""Asking a scheme about vouchers: the part of a check and of a plan that is pure and may run in any process.

A unit of work is data: the scheme, whole vouchers and the context. The answer is data too. A scheme that raises, or
that breaks a promise, costs exactly the voucher that made it do so: the unit is halved until that one is found.
"""

from __future__ import annotations

import concurrent.futures
import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from billhook.model import BillingItem, Finding, Rule, Severity
from billhook.scheme import Context, Keys, Scheme
from billhook.store.encoding import join_key
from billhook.words import words

UNIT = 2_000
"""Items of a unit of work, rounded up to whole vouchers."""

_HOW_TO = "docs: explanation/runs"

FAILED = Rule(
    "CORE-CHK-001",
    Severity.ERROR,
    "the scheme {plugin} failed while it {step} this voucher ({error})",
    "tell the author of billhook-{plugin}; the voucher is held, everything else goes on",
    _HOW_TO,
)
MISSING = Rule(
    "CORE-CHK-002",
    Severity.ERROR,
    "{count} items belong to the scheme {plugin}, which cannot be used",
    "{remedy}",
    _HOW_TO,
)
NOT_RELEASED = Rule(
    "CORE-CHK-003", Severity.ERROR, "the period may not be billed yet: {reason}", "settle what is open first", _HOW_TO
)
TWO_KEYS = Rule(
    "CORE-CHK-004",
    Severity.ERROR,
    "the items of voucher {voucher} belong into different {what}",
    "make the fields equal that decide it, or split the voucher",
    _HOW_TO,
)
SAME_LABEL = Rule(
    "CORE-CHK-005",
    Severity.ERROR,
    "{count} vouchers of one invoice are called {value}",
    "give each voucher of the invoice a name of its own",
    _HOW_TO,
)
RULES: Sequence[Rule] = (FAILED, MISSING, NOT_RELEASED, TWO_KEYS, SAME_LABEL)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unit:
    """Work for one process: whole vouchers of one scheme, in order of voucher and line."""

    scheme: Scheme
    items: Sequence[BillingItem]
    context: Context


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an item belongs, as sort texts."""

    item: BillingItem
    file: str
    collective: str
    document: str
    order: str
    bucket: str
    label: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a unit: findings, and places of the items whose voucher may leave."""

    findings: Sequence[Finding]
    placed: Sequence[Placed]


def vouchers_of(items: Iterable[BillingItem]) -> Iterator[list[BillingItem]]:
    """The items of one voucher after the other; they come ordered by provider and voucher."""
    lines: list[BillingItem] = []
    for item in items:
        if lines and (item.voucher != lines[0].voucher or item.provider != lines[0].provider):
            yield lines
            lines = []
        lines.append(item)
    if lines:
        yield lines


def units_of(scheme: Scheme, items: Iterable[BillingItem], context: Context, size: int = UNIT) -> Iterator[Unit]:
    """Cut a stream of items into units of whole vouchers."""
    work: list[BillingItem] = []
    for lines in vouchers_of(items):
        work += lines
        if len(work) >= size:
            yield Unit(scheme, work, context)
            work = []
    if work:
        yield Unit(scheme, work, context)


def check_unit(unit: Unit) -> Answer:
    """What is wrong with these vouchers. Those that the scheme calls clean are also asked where they belong."""
    findings = _checked(unit)
    faulty = {finding.item for finding in findings if finding.is_error}
    for lines in vouchers_of(unit.items):
        if faulty.isdisjoint(item.id for item in lines):
            findings += _placed(unit, lines)[0]
    return Answer(findings, ())


def place_unit(unit: Unit) -> Answer:
    """Where these items belong; a voucher that has no place is named in the findings instead."""
    findings: list[Finding] = []
    placed: list[Placed] = []
    for lines in vouchers_of(unit.items):
        problems, places = _placed(unit, lines)
        findings += problems
        if not any(problem.is_error for problem in problems):
            placed += places
    return Answer(findings, placed)


def _checked(unit: Unit) -> list[Finding]:
    known = {item.id for item in unit.items}
    try:
        findings = list(unit.scheme.check(unit.items, unit.context))
        if any(finding.item not in known for finding in findings):
            raise _BrokenPromise("a finding names an item that was not asked about")  # noqa: TRY301  # as if raised
    except Exception as error:  # noqa: BLE001  # a plugin may raise anything; one voucher must not stop the others
        vouchers = list(vouchers_of(unit.items))
        if len(vouchers) == 1:
            return [_failed(unit, vouchers[0], words("checked"), error)]
        half = len(vouchers) // 2
        return [
            finding
            for part in (vouchers[:half], vouchers[half:])
            for finding in _checked(Unit(unit.scheme, [item for lines in part for item in lines], unit.context))
        ]
    return findings


def _placed(unit: Unit, lines: Sequence[BillingItem]) -> tuple[list[Finding], list[Placed]]:
    """The places of a voucher's items, or why it has none."""
    scheme, context = unit.scheme, unit.context
    places: list[Placed] = []
    problems: list[Finding] = []
    first: Keys | None = None
    try:
        for item in lines:
            keys = scheme.keys(item, context)
            if isinstance(keys, Finding):
                problems.append(keys)
                continue
            if first is None:
                first = keys
            elif (what := _difference(first, keys)) is not None:
                problems.append(TWO_KEYS.at(item.id, voucher=item.voucher, what=what))
                continue
            file, collective, document = join_key(keys.file), join_key(keys.collective), join_key(keys.document)
            places.append(Placed(item, file, collective, document, join_key(keys.order), keys.bucket, keys.label))
        known = {item.id for item in lines}
        if any(problem.item not in known for problem in problems):
            raise _BrokenPromise("a finding names an item that was not asked about")  # noqa: TRY301  # as if raised
    except Exception as error:  # noqa: BLE001  # as above
        return [_failed(unit, lines, words("placed"), error)], []
    return problems, places


def _difference(first: Keys, keys: Keys) -> str | None:
    if first.file != keys.file:
        return words("files")
    if first.collective != keys.collective:
        return words("collective invoices")
    if first.document != keys.document:
        return words("invoices")
    return words("names in their invoice") if first.label != keys.label else None


class _BrokenPromise(Exception):  # it is caught right here
    """A scheme did what the contract forbids."""


def _failed(unit: Unit, lines: Sequence[BillingItem], step: str, error: Exception) -> Finding:
    _log.error("scheme %s failed at item %s: %s", unit.scheme.key, lines[0].id, type(error).__name__)
    return FAILED.at(lines[0].id, plugin=unit.scheme.key, step=step, error=type(error).__name__)


# --- Spreading the work -----------------------------------------------------------------------------------------------


@contextmanager
def workforce(
    workers: int, executor: concurrent.futures.Executor | None
) -> Iterator[tuple[concurrent.futures.Executor | None, int]]:
    """The executor to use and how many units may be under way: the caller's, a pool of processes, or none (1)."""
    if executor is not None:
        yield executor, max(2 * workers, 4)
    elif workers > 1:
        # Processes that are not forked would collect garbage by Python's own rules, not by those of this program.
        rules = gc.get_threshold()
        with concurrent.futures.ProcessPoolExecutor(workers, initializer=gc.set_threshold, initargs=rules) as pool:
            yield pool, 2 * workers
    else:
        yield None, 1


def spread(
    function: Callable[[Unit], Answer],
    units: Iterable[Unit],
    executor: concurrent.futures.Executor | None,
    ahead: int,
) -> Iterator[tuple[Unit, Answer]]:
    """The answers in the order of the units; at most `ahead` units are in memory."""
    if executor is None:
        for unit in units:
            yield unit, function(unit)
        return
    waiting: list[tuple[Unit, concurrent.futures.Future[Answer]]] = []
    for unit in units:
        waiting.append((unit, executor.submit(function, unit)))
        if len(waiting) >= ahead:
            done, future = waiting.pop(0)
            yield done, future.result()
    for done, future in waiting:
        yield done, future.result()


def missing_schemes(counts: Mapping[str, int], remedies: Mapping[str, str]) -> list[Finding]:
    """A finding for every scheme that items belong to and that cannot be used."""
    return [MISSING.at(plugin=key, count=count, remedy=remedies[key]) for key, count in sorted(counts.items())]
