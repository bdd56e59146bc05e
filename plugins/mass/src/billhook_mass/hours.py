"""Hours (Fachleistungsstunden): what the minutes of contacts come to, by the profile's rules of rounding.

LWL (MANDAA, "FLS/EH – Abrechnungsmodalitäten laut LWL"): the first six minutes count to the minute, from the seventh on contacts
are rounded up to full ten minutes; indirect time is 20 % of the raw time; a missed contact keeps its planned minutes without
indirect time and is paid with 80 % of the rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from billhook.money import round_decimal
from billhook_mass.profile import HourRules

_CONTACTS = re.compile(r"[0-9]{1,4}(?:[ +]+[0-9]{1,4})*")


def rounded(minutes: int, rules: HourRules) -> int:
    """The minutes of one contact that are billed, without indirect time.

    >>> [rounded(minutes, HourRules()) for minutes in (6, 7, 10, 11, 60)]
    [6, 10, 10, 20, 60]
    """
    if minutes <= rules.exact_up_to:
        return minutes
    return -(-minutes // rules.step) * rules.step


def billed_hours(contacts: Iterable[int], *, missed: bool, rules: HourRules) -> Decimal:
    """The hours of a line: all its contacts, with indirect time unless they were missed.

    >>> billed_hours([60], missed=False, rules=HourRules()), billed_hours([60], missed=True, rules=HourRules())
    (Decimal('1.2000'), Decimal('1.0000'))
    """
    minutes = Decimal(0)
    for contact in contacts:
        if missed:
            minutes += contact
        else:
            minutes += rounded(contact, rules) + contact * rules.indirect_percent / 100
    return round_decimal(minutes / 60, rules.places)


def read_contacts(text: str) -> list[int] | None:
    """The minutes in a text such as `60 7 45`; None where it is none.

    >>> read_contacts("60 7 45"), read_contacts("60+7"), read_contacts("1,5 h")
    ([60, 7, 45], [60, 7], None)
    """
    return [int(part) for part in re.split(r"[ +]+", text.strip())] if _CONTACTS.fullmatch(text.strip()) else None
