"""The key of a provider group (Leistungserbringergruppenschlüssel, LEGS) in words: accounting code, tariff, special
tariff.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from billhook_p302.codes.billing import ACCOUNTING_CODE, PROVIDER_GROUP, SPECIAL_TARIFF, TARIFF_REGION, groups_of
from billhook_p302.codes.table import Key, Span

_FORM = re.compile(r"[0-9A-Z]{2}[0-9]{2}[0-9A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProviderGroupKey:
    """A LEGS taken apart (A3 V21 8.1.5): 2 places accounting code, 2 tariff region, 3 special tariff.

    A part that no table has is None; `special` of the tariff is always something, at least an agreement.
    """

    text: str
    code: Key | None
    groups: tuple[str, ...]
    region: Key | None
    special: Span

    @property
    def is_known(self) -> bool:
        """True when all parts may be used by somebody."""
        return self.code is not None and self.region is not None and self.special.assigned

    def in_words(self) -> str:
        """The whole key in one line."""
        who = self.code.meaning if self.code else f"{self.text[:2]} is no accounting code"
        return f"{who}; {tariff_in_words(self.text[2:])}"

    def problems(self, day: date) -> list[str]:
        """What is wrong with the key on that day, in words; [] when nothing is."""
        found = []
        if self.code is None:
            found.append(f"{self.text[:2]} is no accounting code (key 8.1.5.1)")
        elif not self.code.covers(day):
            found.append(f"accounting code {self.code.value} does not hold on {day}")
        elif not self.groups:
            found.append(f"accounting code {self.code.value} belongs to no group of providers (key 8.1.14)")
        if self.region is None:
            found.append(f"{self.text[2:4]} is no tariff region (key 8.1.5.2)")
        if not self.special.assigned:
            found.append(f"special tariff {self.text[4:]} is not assigned to anything")
        return found

    def group_meanings(self) -> list[str]:
        """The groups of providers that bill under the code, with what they are."""
        return [f"{group} {PROVIDER_GROUP.meaning(group)}" for group in self.groups]


def explain(text: str) -> ProviderGroupKey | None:
    """The key taken apart; None for what has not the form of one. Small letters and blanks are forgiven.

    >>> explain("1900099").in_words()
    'other supplier of aids; nationwide, no agreed price: after an approved cost estimate'
    """
    compact = "".join(text.split()).upper()
    if not _FORM.fullmatch(compact):
        return None
    code = ACCOUNTING_CODE.key(compact[:2])
    return ProviderGroupKey(
        text=compact,
        code=code,
        groups=groups_of(compact[:2]),
        region=TARIFF_REGION.key(compact[2:4]),
        special=SPECIAL_TARIFF.find(compact[4:]),
    )


def tariff_in_words(tariff: str) -> str:
    """Tariff region and special tariff (Tarifkennzeichen, five places) in words; empty for what is none.

    >>> tariff_in_words("00099")
    'nationwide, no agreed price: after an approved cost estimate'
    """
    region = TARIFF_REGION.meaning(tariff[:2])
    if len(tariff) != 5 or not region:
        return ""
    return f"{region}, {SPECIAL_TARIFF.find(tariff[2:]).meaning}"
