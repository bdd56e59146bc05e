"""What an item says about budgets, whatever its scheme: read by the rules of the settings, never by the scheme's
classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from billhook.model import BillingItem
from billhook.money import Cents, Rounding, round_decimal
from billhook_forcare_budget.ceilings import Account, Use
from billhook_forcare_budget.settings import BudgetSettings, FactRule


@dataclass(frozen=True, slots=True)
class Facts:
    """What counts of an item. `account` has no contract kind when the item is none of our business."""

    item: int
    number: str
    client: str
    account: Account
    payer: str
    first: date
    last: date
    booked: date
    amount: Cents
    claimed: Cents
    days: int | None
    minutes: int
    excluded: bool

    @property
    def counts(self) -> bool:
        """True when it takes from a budget, if there is one."""
        return not self.excluded

    def use(self) -> Use:
        """What it asks for."""
        return Use(self.item, self.account, self.first, self.last, self.booked, self.amount, self.days)


class FactReader:
    """Reads the facts of items. The rules of the settings are made ready once."""

    def __init__(self, settings: BudgetSettings) -> None:
        self._rules = [(rule, _matcher(rule)) for rule in settings.rules]

    def __call__(self, item: BillingItem) -> Facts | None:
        """The facts; None when no rule fits or the item has no day of service (its scheme will say so)."""
        for rule, fits in self._rules:
            if fits(item):
                return _facts(rule, item)
        return None


def _facts(rule: FactRule, item: BillingItem) -> Facts | None:
    kind = _value(rule.contract_kind, item)
    first = item.service_from
    if not kind or first is None:
        return None
    last = item.service_to or first
    booked = last
    if rule.billing_date:
        named = field_of(item, rule.billing_date.removeprefix("="))
        booked = named if isinstance(named, date) else date.fromisoformat(named) if named else last
    shifted = item.extra.get("budget_over", 0)
    minutes = int(round_decimal(item.quantity * Decimal(60), 0, Rounding.HALF_UP)) if rule.hours else 0
    return Facts(
        item.id,
        item.number,
        item.client.number,
        (_value(rule.care_area, item), _value(rule.debtor_group, item), kind),
        item.payer,
        first,
        last,
        booked,
        item.billed,
        item.billed + (shifted if isinstance(shifted, int) else 0),
        None if rule.days else 0,
        minutes,
        rule.excluded or bool(item.extra.get("budget_excluded")),
    )


def _value(text: str, item: BillingItem) -> str:
    if text.startswith("="):
        found = field_of(item, text[1:])
        return "" if found is None else str(found)
    return text


def field_of(item: BillingItem, path: str) -> Any:  # whatever a scheme's field holds
    """The value of a field by its dotted path; None where there is no such field."""
    found: Any = item
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else getattr(found, name, None)
        if found is None:
            return None
    return found


def _matcher(rule: FactRule) -> Callable[[BillingItem], bool]:
    wanted = [
        (path, (patterns,) if isinstance(patterns, str) else tuple(patterns)) for path, patterns in rule.match.items()
    ]

    def fits(item: BillingItem) -> bool:
        for path, patterns in wanted:
            found = field_of(item, path)
            text = "" if found is None else str(found)
            if not any(fnmatchcase(text, pattern) for pattern in patterns):
                return False
        return True

    return fits
