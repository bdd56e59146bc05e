"""Many random vouchers through the whole way: what a second reader adds up is what plain arithmetic says of the rows.

The arithmetic here is a few lines of Decimal written from TA1 V21 5.5.3.2 (MWS, ZUH, BES) and 5.5.2 (GES).
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from billhook.billing.checking import check
from billhook.billing.exporting import export
from billhook.billing.importing import import_items
from billhook.store import Workspace
from billhook_p302.payers.importing import import_files
from tests.support.independent_reader import read, round_half_up

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2025, 11, 3, 9, tzinfo=UTC)
CARDS = {"AO": ("109519005",), "EK": ("101575519", "100177504", "100577508", "100167999")}
STATES = {"1": "11", "3": "31", "5": "51"}

DEFAULTS = ("", "collective_invoice = true", 'copayment_order = "per-aid"', "max_invoices = 7", 'charset = "U8"')


@dataclass
class Sums:
    """What the vouchers come to, in all and by sum state."""

    gross: Decimal = Decimal(0)
    copayment: Decimal = Decimal(0)
    own_share: Decimal = Decimal(0)
    surcharge: Decimal = Decimal(0)
    asked_by_state: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def cents(chance: Random, low: int, high: int) -> Decimal:
    return Decimal(chance.randint(low, high)) / 100


def voucher(chance: Random, number: int, card: str, sums: Sums) -> list[dict[str, Any]]:
    """The rows of one random voucher; its amounts are added to the sums."""
    status = chance.choice("135")
    exempt = chance.random() < 0.3
    client = {"family_name": "Muster", "given_name": "Kim", "birth_date": "1960-05-05"}
    client |= {"insurance_number": "C020222113", "insurance_status": status}
    facts: dict[str, Any] = {"prescribed_on": "2025-09-01", "bsnr": "581234500", "lanr": "123456601"}
    facts |= {"copayment_mark": "1" if exempt else "3", "aid_mark": "00"}
    rows: list[dict[str, Any]] = []
    asked = Decimal(0)
    for aid in range(1, chance.randint(1, 3) + 1):
        of_aid: list[dict[str, Any]] = []
        gross = Decimal(0)
        for _ in range(chance.randint(1, 3)):
            quantity, price = cents(chance, 1, 900), cents(chance, 1, 40_000)
            rate = chance.choice((None, "7.00", "19.00"))
            vat = round_half_up(quantity * price * Decimal(rate or 0) / 100)
            gross += round_half_up(quantity * price + vat)
            row: dict[str, Any] = {
                "number": f"{number}-{len(rows) + len(of_aid)}",
                "voucher": str(number),
                "payer": card,
            }
            row |= {"scheme": "p302", "provider": "591104278", "line": len(rows) + len(of_aid) + 1, "client": client}
            row |= {"code": "1850020001", "service_from": "2025-10-02", "quantity": str(quantity), "unit": "ST"}
            row |= {"unit_price": str(price), "vat_rate": rate, "details": facts | {"aid": aid}}
            of_aid.append(row)
        first = of_aid[0]
        own = cents(chance, 1, int(gross * 30)) if gross > 1 and chance.random() < 0.2 else Decimal(0)
        ten = round_half_up((gross - own) / 10)
        copayment = Decimal(0) if exempt else min(max(ten, Decimal(5)), Decimal(10), gross - own)
        surcharge = cents(chance, 1, 9_000) if chance.random() < 0.2 else Decimal(0)
        for name, amount in (("copayment", copayment), ("own_share", own), ("surcharge", surcharge)):
            if amount:
                first[name] = f"{amount:.2f}"
        if copayment:
            kind = "01" if copayment == ten else "02"
            for each in of_aid:
                each["details"] = each["details"] | {"copayment_kind": kind}
        sums.gross += gross
        sums.copayment += copayment
        sums.own_share += own
        sums.surcharge += surcharge
        asked += gross - copayment - own
        rows += of_aid
    sums.asked_by_state[STATES[status]] += asked
    return rows


@pytest.mark.parametrize("seed", range(len(DEFAULTS)))
def test_what_is_read_back_is_what_was_put_in(seed: int, tmp_path: Path) -> None:
    chance, sums = Random(seed), Sums()  # noqa: S311 - reproducible test data
    cards = [card for kind in CARDS.values() for card in kind]
    rows = [row for number in range(1, 61) for row in voucher(chance, number, chance.choice(cards), sums)]
    items = tmp_path / "items.jsonl"
    items.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    home, url = tmp_path / "home", f"sqlite:///{tmp_path / 'sums.db'}"
    Workspace.create(home, url=url).close()
    settings = (GOLDEN / "a_wheelchair" / "settings.toml").read_text(encoding="utf-8")
    (home / "billhook.toml").write_text(f"{settings}\n[schemes.p302.defaults]\n{DEFAULTS[seed]}\n", encoding="utf-8")
    payers = [next((GOLDEN / case).glob("*.ke0")) for case in ("a_wheelchair", "g_collective_two_cards")]
    with Workspace.open(home, url=url) as workspace:
        import_files(workspace.database, payers, now=NOW)
        assert import_items(workspace, items, now=NOW).errors == 0
        checked = check(workspace, now=NOW)
        assert checked.errors == 0, checked.findings
        result = export(workspace, now=NOW)
        charset = "utf-8" if "U8" in DEFAULTS[seed] else "iso-8859-1"
        data = [a.path for x in result.exchanges for a in x.artifacts if a.role == "data" and a.path is not None]
        read_back = [read(path.read_bytes(), charset) for path in data]

    for name in ("gross", "copayment", "own_share", "surcharge"):
        assert sum(billing.sum("BES", name) for billing in read_back) == getattr(sums, name), name
    assert sum(billing.positions() for billing in read_back) == sums.gross
    asked: dict[str, Decimal] = defaultdict(Decimal)
    for billing in read_back:
        for message in billing.messages:
            if message.kind == "SLGA" and message.all("FKT")[0].text(2) != "J":
                total, *states = message.all("GES")
                assert total.amount(2) == sum(state.amount(2) for state in states)
                for state in states:
                    asked[state.text(1)] += state.amount(2)
    assert asked == sums.asked_by_state
