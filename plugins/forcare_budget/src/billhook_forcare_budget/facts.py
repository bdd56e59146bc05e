"""What an item says about budgets, whatever its scheme: read by the rules of the settings, never by the scheme's
classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

import sqlalchemy as sa

from billhook.model import BillingItem
from billhook.money import Cents, Rounding, round_decimal
from billhook.store import tables as core
from billhook.store.encoding import read_json
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
    bad_date: str = ""
    """What stands where the billing date should; empty when that is readable."""

    @property
    def counts(self) -> bool:
        """True when it takes from a budget, if there is one."""
        return not self.excluded

    def use(self) -> Use:
        """What it asks for."""
        return Use(self.item, self.account, self.first, self.last, self.booked, self.amount, self.days)


class FactReader:
    """Reads the facts of items. The rules of the settings are made ready once, and the cases read if a rule names them.

    Args:
        settings: whose rules.
        rows: reads the core's table of cases.
    """

    def __init__(self, settings: BudgetSettings, rows: Callable[[Any], Iterable[Any]]) -> None:
        self._rules = [(rule, _patterns(rule)) for rule in settings.rules]
        named = [path for _, patterns in self._rules for path, _ in patterns]
        named += [text[1:] for rule in settings.rules for text in _values(rule) if text.startswith("=")]
        self._cases: dict[int, dict[str, Any]] = {}
        if any(path.startswith("case.") for path in named):
            table = core.care_case
            for row in rows(sa.select(table.c.id, table.c.number, table.c.kind, table.c.facts)):
                self._cases[row.id] = {"number": row.number, "kind": row.kind, "facts": read_json(row.facts)}

    def __call__(self, item: BillingItem) -> Facts | None:
        """The facts; None when no rule fits or the item has no day of service (its scheme will say so)."""
        for rule, patterns in self._rules:
            if all(self._fits(item, path, wanted) for path, wanted in patterns):
                return self._facts(rule, item)
        return None

    def _fits(self, item: BillingItem, path: str, wanted: tuple[str, ...]) -> bool:
        found = self.field(item, path)
        text = "" if found is None else str(found)
        return any(fnmatchcase(text, pattern) for pattern in wanted)

    def _facts(self, rule: FactRule, item: BillingItem) -> Facts | None:
        kind = self._value(rule.contract_kind, item)
        first = item.service_from
        if not kind or first is None:
            return None
        last = item.service_to or first
        booked, bad_date = last, ""
        if rule.billing_date:
            named = self.field(item, rule.billing_date.removeprefix("="))
            try:
                booked = named if isinstance(named, date) else date.fromisoformat(named) if named else last
            except (TypeError, ValueError):
                bad_date = str(named)
        shifted = item.extra.get("budget_over", 0)
        minutes = int(round_decimal(item.quantity * Decimal(60), 0, Rounding.HALF_UP)) if rule.hours else 0
        return Facts(
            item.id,
            item.number,
            item.client.number,
            (self._value(rule.care_area, item), self._value(rule.debtor_group, item), kind),
            item.payer,
            first,
            last,
            booked,
            item.billed,
            item.billed + (shifted if isinstance(shifted, int) else 0),
            None if rule.days else 0,
            minutes,
            rule.excluded or bool(item.extra.get("budget_excluded")),
            bad_date,
        )

    def _value(self, text: str, item: BillingItem) -> str:
        if text.startswith("="):
            found = self.field(item, text[1:])
            return "" if found is None else str(found)
        return text

    def field(self, item: BillingItem, path: str) -> Any:  # whatever a scheme's field holds
        """The value of a field by its dotted path; None where there is no such field."""
        found: Any = item
        names = path.split(".")
        if names[0] == "case":
            found = self._cases.get(item.case_id or 0)
            names = names[1:]
        for name in names:
            found = found.get(name) if isinstance(found, dict) else getattr(found, name, None)
            if found is None:
                return None
        return found


def _patterns(rule: FactRule) -> list[tuple[str, tuple[str, ...]]]:
    return [(path, (wanted,) if isinstance(wanted, str) else tuple(wanted)) for path, wanted in rule.match.items()]


def _values(rule: FactRule) -> tuple[str, ...]:
    return rule.care_area, rule.debtor_group, rule.contract_kind, rule.billing_date and f"={rule.billing_date}"
