"""Which file is which: the name of a payer file, the quarter it begins with, and when the next one is due."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from billhook.model import Finding
from billhook_p302.payers import rules
from billhook_p302.payers.keys import FUND_KINDS, PROCEDURES

_NAME = re.compile(
    rf"""(?P<fund>{"|".join(FUND_KINDS)})
         (?P<procedure>{"|".join(PROCEDURES)})
         (?P<start>Q[1-4]|0[1-9]|1[0-2])
         (?P<year>\d\d)
         \.?K(?P<format>[DEX])(?P<supplement>\d)""",
    re.VERBOSE | re.IGNORECASE,
)

LEAD_TIME = timedelta(weeks=4)
"""How long before its quarter a file is published at the latest. KT V10 2."""


@dataclass(frozen=True, slots=True, order=True)
class Edition:
    """One published file: fund kind (Kassenart), procedure (Verfahren), first day, and number of the supplement
    (Nachtrag).

    `supplement` 0 is the standard file, 1–9 go on top of it. `monthly` tells `AO051025.ke0` from `AO05Q425.ke0`.
    """

    fund_kind: str
    procedure: str
    start: date
    supplement: int = 0
    monthly: bool = False

    @classmethod
    def parse(cls, name: str) -> Edition | None:
        """The edition that a file name stands for, with or without the dot and in any case; None when it is no such
        name.

        >>> Edition.parse("AO05Q425.ke0")
        Edition(fund_kind='AO', procedure='05', start=datetime.date(2025, 10, 1), supplement=0, monthly=False)
        >>> Edition.parse("EK05Q425KE0").name
        'EK05Q425.ke0'
        >>> Edition.parse("readme.md") is None
        True
        """
        found = _NAME.fullmatch(name.strip())
        if found is None or found["format"].upper() != "E":
            return None
        start = found["start"].upper()
        month = 3 * int(start[1]) - 2 if start[0] == "Q" else int(start)
        return cls(
            fund_kind=found["fund"].upper(),
            procedure=found["procedure"].upper(),
            # The scheme began in 1996; two digits are enough until 2099.
            start=date(2000 + int(found["year"]), month, 1),
            supplement=int(found["supplement"]),
            monthly=start[0] != "Q",
        )

    @property
    def name(self) -> str:
        """The file name as published (KT V10 6)."""
        start = f"{self.start:%m}" if self.monthly else f"Q{quarter(self.start)}"
        return f"{self.fund_kind}{self.procedure}{start}{self.start:%y}.ke{self.supplement}"

    @property
    def title(self) -> str:
        """The same in words."""
        what = f"supplement {self.supplement}" if self.supplement else "standard file"
        return f"{FUND_KINDS[self.fund_kind]}, {PROCEDURES[self.procedure]}, from {self.start}, {what}"


def quarter(day: date) -> int:
    """The quarter of a day, 1 to 4."""
    return (day.month + 2) // 3


def quarter_start(day: date) -> date:
    """The first day of the day's quarter."""
    return date(day.year, 3 * quarter(day) - 2, 1)


def next_quarter(day: date) -> date:
    """The first day of the quarter after the day's."""
    start = quarter_start(day)
    return date(start.year + start.month // 10, (start.month + 2) % 12 + 1, 1)


def in_force(editions: Iterable[Edition], day: date) -> list[Edition]:
    """Of editions of one fund kind and procedure, those that hold on the day: the newest standard file, then its
    supplements.

    Supplements without a standard file before them hold alone.
    """
    begun = sorted((each for each in editions if each.start <= day), key=lambda each: (each.start, each.supplement))
    last_base = max((at for at, each in enumerate(begun) if each.supplement == 0), default=0)
    return begun[last_base:]


def update_due(editions: Iterable[Edition], today: date) -> Iterator[Finding]:
    """Which fund kinds want a newer file: a warning when a quarter has begun without one, a note when the next one is
    out.

    `editions` are those imported and not replaced. Files are made anew for every quarter and published four weeks
    before it (KT V10 2). Nothing imported at all is a warning too.
    """
    newest: dict[tuple[str, str], Edition] = {}
    for each in editions:
        key = each.fund_kind, each.procedure
        if key not in newest or newest[key].start < each.start:
            newest[key] = each
    if not newest:
        yield rules.NOTHING_IMPORTED.at()
    this, following = quarter_start(today), next_quarter(today)
    for (fund_kind, procedure), edition in sorted(newest.items()):
        fund = f"{FUND_KINDS[fund_kind]} ({fund_kind}{procedure})"
        if edition.start < this:
            yield rules.EDITION_OUTDATED.at(
                value=edition.name, fund=fund, quarter=_quarter_name(this), start=this, newest=edition.name
            )
        elif edition.start < following and following - LEAD_TIME <= today:
            yield rules.NEXT_EDITION_OUT.at(
                value=edition.name,
                fund=fund,
                quarter=_quarter_name(following),
                since=following - LEAD_TIME,
                start=following,
                newest=edition.name,
            )


def _quarter_name(day: date) -> str:
    return f"Q{quarter(day)}/{day.year}"
