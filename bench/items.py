"""Billing items of §302 by the hundred thousand: made-up clients, right check digits, the same rows for the same count.

Written as JSON Lines in the form that import reads. Vouchers have two to four lines; every third is priced net of VAT,
half of them bear a copayment; some names need release characters on the wire.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final

from bench.payers import CARDS, PROVIDER
from billhook.identifiers import kvnr, lanr

FAMILY_NAMES: Final = (
    "Muster",
    "D'Angelo",
    "Müller-Lüdenscheidt",
    "Beispiel",
    "Groß",
    "Probe",
    "Öztürk",
    "van der Test",
)
GIVEN_NAMES: Final = ("Anna", "Bert", "Clara Maria", "Dieter", "Eva", "Fritz", "Gül", "Horst")
LINES: Final = (2, 3, 4, 3)
POSITIONS: Final = ("1850020001", "1846030012", "1833010005", "1519250123", "1040010007")
PRICES: Final = ("450.00", "12.35", "7.90", "89.95", "1.49")
QUANTITIES: Final = ("1", "2", "3", "1.5", "90")
FIRST_DAY: Final = date(2025, 10, 6)

_STATUSES = ("1", "3", "5", "1000000")
_CENT = Decimal("0.01")


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def gross(quantity: str, price: str, rate: str | None) -> Decimal:
    """Gross amount of a line: quantity × price, with VAT when the price is net (TA1 V21 5.5.3.2 ZUH)."""
    net = Decimal(quantity) * Decimal(price)
    return _cents(net) if rate is None else _cents(net + _cents(net * Decimal(rate) / 100))


def copayment(amount: Decimal) -> Decimal:
    """Ten percent, at least 5 and at most 10 euros, never more than the aid costs (§33 (8), §61 SGB V)."""
    return min(max(_cents(amount / 10), Decimal(5)), Decimal(10), amount)


def client(number: int) -> dict[str, Any]:
    """A made-up client."""
    letter = chr(ord("A") + number % 26)
    stem = f"{letter}{number % 100_000_000:08d}"
    return {
        "number": f"K-{number}",
        "family_name": FAMILY_NAMES[number % 8],
        "given_name": GIVEN_NAMES[number // 8 % 8],
        "birth_date": (date(1931, 1, 1) + timedelta(days=number * 37 % 25_000)).isoformat(),
        "insurance_number": stem + kvnr.calc_check_digit(stem),
        "insurance_status": _STATUSES[number % 4],
        "street": f"Musterweg {number % 200 + 1}",
        "postal_code": f"{10_000 + number % 80_000:05d}",
        "city": "Musterstadt",
    }


def _doctor(number: int) -> str:
    stem = f"{100_000 + number % 800_000:06d}"
    return f"{stem}{lanr.calc_check_digit(stem + '001')}01"


def voucher(number: int) -> list[dict[str, Any]]:
    """All rows of one voucher."""
    count = LINES[number % 4]
    whose = number // 3  # a client has three vouchers
    rate = "19.00" if number % 3 == 0 else None
    day = FIRST_DAY + timedelta(days=number % 20)
    cards = tuple(CARDS)
    pays = number % 2 == 0
    details = {
        "prescribed_on": (day - timedelta(days=5)).isoformat(),
        "bsnr": f"{200_000_000 + number % 10_000:09d}",
        "lanr": _doctor(whose),
        "copayment_mark": "3" if pays else "0",
        "diagnoses": [{"code": "I89.0", "text": "Lymphödem, nicht näher bezeichnet"}],
        "aid_mark": "00",
    }
    rows = []
    for line in range(1, count + 1):
        at = (number + line) % 5
        row: dict[str, Any] = {
            "scheme": "p302",
            "number": f"{number}-{line}",
            "provider": PROVIDER,
            "voucher": str(number),
            "line": line,
            "payer": cards[whose % len(cards)],
            "client": client(whose),
            "code": POSITIONS[at],
            "service_from": day.isoformat(),
            "quantity": QUANTITIES[at],
            "unit": "ST",
            "unit_price": PRICES[at],
            "details": details,
        }
        if rate:
            row["vat_rate"] = rate
        rows.append(row)
    if pays:
        total = sum((gross(row["quantity"], row["unit_price"], rate) for row in rows), Decimal(0))
        due = copayment(total)
        rows[0]["copayment"] = str(due)
        # Key 8.1.13: 01 is the percentage itself, 02 its lower or upper limit.
        details["copayment_kind"] = "01" if due == _cents(total / 10) else "02"
    return rows


def vouchers(items: int) -> Iterator[list[dict[str, Any]]]:
    """Vouchers with that many items in all; the last voucher may be shorter than it would be."""
    number, left = 1, items
    while left > 0:
        rows = voucher(number)
        if len(rows) > left:
            rows = rows[:left]
            rows[0].pop("copayment", None)
            for row in rows:
                row["details"] = {**row["details"], "copayment_mark": "0", "copayment_kind": ""}
        yield rows
        left -= len(rows)
        number += 1


def write(path: str, items: str) -> dict[str, Any]:
    """Write the rows as JSON Lines; a task."""
    total, count = Decimal(0), 0
    with Path(path).open("w", encoding="utf-8") as file:
        for rows in vouchers(int(items)):
            for row in rows:
                total += gross(row["quantity"], row["unit_price"], row.get("vat_rate"))
                count += 1
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return {"items": count, "gross": str(total)}
