"""What follows an invoice that Billhook billed itself: segments derived by hand from TA1 V21 7.3, 7.4 and 5.5.3.3.

The invoice is that of `group_b_copayment`: 00000001 of 10.11.2025, voucher 3101 with copayments of 29,19, voucher 3102.
"""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from billhook.billing import settling
from billhook.billing.checking import check
from billhook.billing.exporting import export
from billhook.billing.following import follow_up
from billhook.store import Workspace
from tests.p302.test_golden import Case, bill

LATER = datetime(2025, 12, 10, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
ASKED_FOR = 23_128
"""231,28, in cents: the total of the golden file (GES)."""

ZHE = "ZHE+581234500+417263801+20251006+{mark}+WS+03+++++1+1+1010++0+1+3"
POSITIONS = [
    "EHE+22:00000+20501+1,00+28,52+20251013+2,85",
    "EHE+22:00000+29933+1,00+20,85+20251013+2,09+7",
    "EHE+22:00000+20501+1,00+28,52+20251016+2,85",
    "EHE+22:00000+20501+1,00+28,52+20251020+2,85",
    "EHE+22:00000+20501+1,00+28,52+20251023+2,85",
    "EHE+22:00000+20501+2,00+28,52+20251027+2,85",
]
INSURED = "INV+A104829171+10000+1+3101"
ORIGIN = "URI+440305188+00000001:0+20251110+3101"
"""Provider, number, date and voucher of the golden file's FKT, REC and INV (7.3)."""


@pytest.fixture
def paid(tmp_path: Path, database_url: str) -> Workspace:
    """The golden case, sent and paid in full."""
    workspace, result = bill(Case.load("group_b_copayment"), tmp_path / "home", database_url)
    settling.mark_sent(workspace, [exchange.id for exchange in result.exchanges], now=LATER)
    settling.book(workspace, "00000001", ASKED_FOR, date(2025, 12, 1), now=LATER)
    return workspace


def followed(workspace: Workspace, items: Sequence[str], kind: str) -> list[str]:
    """The segments of the file that the follow-ups of these items leave in."""
    with workspace:
        follow_up(workspace, list(items), kind, now=LATER)
        checked = check(workspace, now=LATER)
        assert checked.errors == 0, [f"{f.code} {f.field}: {f.message}" for f in checked.findings]
        (exchange,) = export(workspace, now=LATER).exchanges
        data, order = [each.path for each in exchange.artifacts if each.path is not None]
        assert (data.name, order.name) == ("TSOL0002", "TSOL0002.AUF")
        return data.read_bytes().decode("iso-8859-1").removesuffix("'").split("'")


def file(mark: str, sums: Sequence[str], case: Sequence[str]) -> list[str]:
    """A file of one invoice with one case: the second between these two (5.4 UNB), numbers counted."""
    parties = "440305188+109519005+109519005"
    slga = [
        "UNH+00001+SLGA:21:0:0",
        f"FKT+{mark}++{parties}+440305188",
        "REC+00000002:0+20251210+1",
        *sums,
        "NAM+Physiotherapie am Markt GbR",
    ]
    slla = ["UNH+00002+SLLA:21:0:0", f"FKT+{mark}++{parties}", "REC+00000002:0+20251210+1", *case]
    return [
        "UNB+UNOC:3+440305188+109519005+20251210:0930+00002+B+SL030518S12+0",
        *slga,
        f"UNT+{len(slga) + 1:06d}+00001",
        *slla,
        f"UNT+{len(slla) + 1:06d}+00002",
        "UNZ+000002+00002",
    ]


def test_a_copayment_that_was_not_paid_is_claimed(paid: Workspace) -> None:
    # 4 × 2,85 + 2 × 2,85 + 2,09 = 19,19 by percent and 10,00 flat; nothing else is asked for (7.4.2.1).
    items = [f"3101-{line}" for line in range(1, 7)]
    found = followed(paid, items, "copayment-claim")
    sums = ["GES+00+29,19+0,00+29,19", "GES+11+29,19+0,00+29,19"]
    case = [INSURED, ORIGIN, "NAD+Amsel+Ute+19580714", *POSITIONS, ZHE.format(mark=2), "DIA+M54.5", "DIA+G55.1"]
    assert found == file("03", sums, [*case, "GZF+29,19+19,19+10,00"])


def test_a_disputed_position_is_billed_again(paid: Workspace) -> None:
    # Only the disputed day (7.4.3), with its own copayment; the flat amount went with the first position.
    found = followed(paid, ["3101-3"], "correction")
    sums = ["GES+00+25,67+28,52+2,85", "GES+11+25,67+28,52+2,85"]
    case = [INSURED, ORIGIN, "NAD+Amsel+Ute+19580714", POSITIONS[2], ZHE.format(mark=3), "DIA+M54.5", "DIA+G55.1"]
    assert found == file("04", sums, [*case, "BES+28,52+2,85+2,85"])


def test_a_disputed_case_of_an_exempt_child_is_billed_again(paid: Workspace) -> None:
    found = followed(paid, ["3102-1", "3102-2"], "04")
    case = [
        "INV+B552019382+30000+1+3102",
        "URI+440305188+00000001:0+20251110+3102",
        "NAD+Brachvogel+Timo+20120229",
        "EVO+160.000.764.737.300.50",
        "EHE+22:00000+20205+1,00+33,50+20251014",
        "EHE+22:00000+20205+1,00+33,50+20251015",
        "ZHE+581234500+417263801+20251002+1+ZN+04+4+2+++++0000+Gangunsicherheit nach Sturz+1+1+1",
        "DIA++Zustand nach Schädel-Hirn-Trauma",
        "BES+67,00",
    ]
    assert found == file("04", ["GES+00+67,00+67,00", "GES+31+67,00+67,00"], case)
