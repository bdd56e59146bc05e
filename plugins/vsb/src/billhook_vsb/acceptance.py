"""The acceptance rule: what becomes of a sending in which the payer found these codes.

One blocking code (B) refuses the sending. A code of an invoice (F) refuses it: checking of that invoice stops, and all its
records count as refused. A code of a record (R) refuses the record, and with it the records that belong to it. More than
5 % refused records refuse the sending; exactly 5 % do not. Decided in whole numbers.

Source: departementzorg.be, "Controle en betaling van de facturen"; that records 10 and 90 count in the total was found in
the answers of three insurers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from billhook_vsb.layouts import PERFORMANCES
from billhook_vsb.lines import Line
from billhook_vsb.profile import Profile
from billhook_vsb.validation import Found


class Decision(StrEnum):
    """What the rule says. A care-fund worker then confirms a refusal, or signs an acceptance; only that sends the answer."""

    BLOCKED = "blocked"
    """A blocking code: 920099, type of refusal 01. Nobody has to confirm it."""
    TOO_MANY = "too many errors"
    """Over the threshold: 920099, type of refusal 02, once a worker confirmed it."""
    NOTHING_LEFT = "nothing left"
    """Every performance is refused: 920099 once a worker confirmed it."""
    ACCEPTABLE = "acceptable"
    """920098 and 920900 once a worker signed."""


class Stage(StrEnum):
    """Where a sending is at the payer."""

    UNREADABLE = "unreadable"
    AWAITS_CONFIRMATION = "awaits confirmation"
    AWAITS_SIGNATURE = "awaits signature"
    REFUSED = "refused"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found and what follows. `refused` are places of records in the file (1, 2, …), `total` counts all records."""

    decision: Decision
    found: tuple[Found, ...]
    refused: frozenset[int]
    total: int

    @property
    def percent(self) -> int:
        """Refused records in hundredths of a percent, rounded down (666 is 6.66 %); for showing, never for deciding."""
        return len(self.refused) * 10_000 // self.total if self.total else 0

    @property
    def refusal_type(self) -> str:
        """Zone 311."""
        return {Decision.BLOCKED: "01", Decision.ACCEPTABLE: "00"}.get(self.decision, "02")

    def stage(self, *, confirmed: bool) -> Stage:
        """Where the sending stands, before and after a care-fund worker has looked at it."""
        if self.decision is Decision.BLOCKED:
            return Stage.REFUSED
        if self.decision is Decision.ACCEPTABLE:
            return Stage.ACCEPTED if confirmed else Stage.AWAITS_SIGNATURE
        return Stage.REFUSED if confirmed else Stage.AWAITS_CONFIRMATION


def over_threshold(refused: int, total: int, percent: int = 5) -> bool:
    """True when more than so many percent are refused, in whole numbers.

    >>> over_threshold(5, 100), over_threshold(6, 100), over_threshold(1, 20), over_threshold(1, 19)
    (False, True, False, True)
    """
    return refused * 100 > percent * total


def judge(lines: list[Line], found: Iterable[Found], profile: Profile) -> Judgement:
    """The decision on a file with these records in which these codes were found."""
    invoices = list(_invoices(lines))
    told = list(_stopped(list(found), invoices))
    told += _along(lines, told, profile)
    told.sort(key=lambda each: each.place)
    refused: set[int] = set()
    for invoice in invoices:
        places = {line.place for line in invoice}
        mine = [each for each in told if each.place in places]
        if any(each.letter == "F" for each in mine):
            refused |= places
        refused |= {each.place for each in mine if each.letter == "R"}
    total = len(lines) if profile.count_frame else len([line for line in lines if line.kind not in ("10", "90")])
    performances = {line.place for line in lines if line.kind in PERFORMANCES}
    if any(each.letter == "B" for each in told):
        decision = Decision.BLOCKED
    elif over_threshold(len(refused), total, profile.threshold_percent):
        decision = Decision.TOO_MANY
    elif performances and performances <= refused:
        decision = Decision.NOTHING_LEFT
    else:
        decision = Decision.ACCEPTABLE
    return Judgement(decision, tuple(told), frozenset(refused), total)


def _invoices(lines: list[Line]) -> Iterator[list[Line]]:
    """The records of each invoice, 20 to 80."""
    current: list[Line] = []
    for line in lines:
        if line.kind == "20" and current:
            yield current
            current = []
        if line.kind not in ("10", "90"):
            current.append(line)
    if current:
        yield current


def _stopped(found: list[Found], invoices: list[list[Line]]) -> Iterator[Found]:
    """Checking of an invoice stops at its first code F; what would have come after is not said. Blocking codes always are."""
    invoice_of = {line.place: number for number, invoice in enumerate(invoices) for line in invoice}
    stopped: dict[int, int] = {}
    for each in found:
        number = invoice_of.get(each.place, -1)
        if number >= 0 and each.letter != "B" and each.place > stopped.get(number, each.place):
            continue
        if number >= 0 and each.letter == "F":
            stopped.setdefault(number, each.place)
        yield each


def _along(lines: list[Line], told: list[Found], profile: Profile) -> list[Found]:
    """Records that are refused because of another: 51 and 52 with their 50, day and personal share with each other."""
    refused = {each.place for each in told if each.letter == "R"}
    more = []
    for index, line in enumerate(lines):
        follower = lines[index + 1] if index + 1 < len(lines) else None
        if line.place in refused and line.kind == "50":
            for companion in lines[index + 1 :]:
                if companion.kind not in ("51", "52"):
                    break
                if companion.place not in refused:
                    more.append(_refused_along(companion, f"{companion.kind}0119"))
        if follower is not None and _are_partners(line, follower, profile):
            for one, other in ((line, follower), (follower, line)):
                if one.place in refused and other.place not in refused:
                    more.append(_refused_along(other, "300419"))
    return more


def _are_partners(line: Line, follower: Line, profile: Profile) -> bool:
    """True for a day and the personal share record after it."""
    first = line.day(5)
    if line.kind != "30" or follower.kind != "30" or first is None:
        return False
    return profile.is_share(follower[4], first) and not profile.is_share(line[4], first)


def _refused_along(line: Line, code: str) -> Found:
    return Found(code, "R", line.kind, line.place, line.sequence)
