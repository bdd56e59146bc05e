"""Budgets in real runs of a scheme that knows nothing of them, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from billhook.billing.findings import suppress
from billhook.billing.fixing import fix
from billhook.store import Busy, Workspace, tables
from billhook_forcare_budget.entries import EntrySource, live
from billhook_forcare_budget.ledger import add_entries
from billhook_forcare_budget.limits import Limit
from tests.forcare_budget import ledger
from tests.forcare_budget.desk import NOW, Desk, desk, stay

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
MAY = date(2026, 5, 1)
TABLE: tuple[Limit, ...] = (ledger.row("Kurz", linked="Verh", valid=YEAR), ledger.row("Verh", valid=YEAR))


@pytest.fixture
def clerk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    """Seed mode with the two rows of the example, for 2026."""
    one = desk(tmp_path, database_url)
    one.limits(*TABLE)
    yield one
    one.home.close()


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Iterator[Desk]:
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'budget.db'}")
    one.limits(*TABLE)
    yield one
    one.home.close()


def test_a_stay_inside_its_budget_leaves_and_is_written_down(clerk: Desk) -> None:
    clerk.takes(stay("1", "A1", MAY, 20, "50.00"))
    assert clerk.findings() == []
    assert clerk.entries() == []
    assert clerk.exports().exchanges
    (entry,) = clerk.entries()
    assert (entry.source, entry.kind, entry.amount, entry.service_from, entry.service_to, entry.booked) == (
        EntrySource.BILLED,
        "Kurz",
        100000,
        MAY,
        date(2026, 5, 20),
        date(2026, 5, 20),
    )


def test_trial_billing_and_earlier_entries_together(clerk: Desk) -> None:
    clerk.takes(stay("1", "A1", MAY, 20, "50.00"))
    clerk.checks()
    clerk.exports()
    clerk.takes(stay("2", "A1", date(2026, 8, 1), 9, "70.00"))
    assert clerk.findings() == [("2", "BUD-AMT-001"), ("2", "BUD-DAY-001")]
    assert clerk.exports().exchanges == []
    assert len(clerk.entries()) == 1


def test_an_excess_holds_the_self_payers_and_the_excluded_invoices_of_the_stay_too(sqlite_desk: Desk) -> None:
    sqlite_desk.takes(
        stay("fund", "A1", MAY, 30, "60.00"),
        stay("self", "A1", MAY, 30, "10.00", payer="brook-south"),
        stay("board", "B1", MAY, 30, "20.00", payer="brook-south"),
        stay("autumn", "B1", date(2026, 10, 1), 3, "20.00", payer="brook-south"),
        stay("other client", "A1", MAY, 5, "60.00", client="K-2"),
    )
    assert sqlite_desk.findings() == [
        ("board", "BUD-BLK-001"),
        ("fund", "BUD-AMT-001"),
        ("fund", "BUD-DAY-001"),
        ("self", "BUD-BLK-001"),
    ]
    result = sqlite_desk.exports()
    assert sum(one.items for one in result.exchanges) == 2
    assert [entry.amount for entry in sqlite_desk.entries("K-2")] == [30000]
    assert sqlite_desk.entries("K-1") == []


def test_block_payer_holds_only_the_payers_own_invoices(tmp_path: Path) -> None:
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}", on_excess="block_payer")
    one.limits(*TABLE)
    one.takes(
        stay("fund", "A1", MAY, 30, "50.00"),
        stay("fund too", "A1", MAY, 30, "1.00"),
        stay("self", "A1", MAY, 30, "10.00", payer="brook-south"),
    )
    # Both items of the fund stand for the same 30 days, of which 28 are granted.
    assert one.findings() == [("fund", "BUD-DAY-001"), ("fund too", "BUD-DAY-001")]
    assert sum(exchange.items for exchange in one.exports().exchanges) == 1
    one.home.close()


def test_excluded_services_count_in_no_budget(sqlite_desk: Desk) -> None:
    sqlite_desk.takes(stay("1", "A1", MAY, 20, "50.00"), stay("board", "B1", MAY, 20, "500.00"))
    assert sqlite_desk.findings() == []
    sqlite_desk.exports()
    assert [entry.amount for entry in sqlite_desk.entries()] == [100000]


def test_without_limit_rows_no_entry_is_written(tmp_path: Path) -> None:
    """for.CARE: an entry only where rows of the table are there."""
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}")
    one.takes(stay("1", "A1", MAY, 100, "500.00"))
    assert one.findings() == []
    assert one.exports().exchanges
    assert one.entries() == []
    one.home.close()


def test_a_mended_stay_leaves_with_all_its_invoices(sqlite_desk: Desk) -> None:
    fund, own = stay("fund", "A1", MAY, 30, "60.00"), stay("self", "A1", MAY, 30, "10.00", payer="brook-south")
    sqlite_desk.takes(fund, own)
    assert len(sqlite_desk.findings()) == 3
    sqlite_desk.takes({**fund, "service_to": "2026-05-26", "quantity": "26"}, update=True)
    assert sqlite_desk.findings() == [("fund", "BUD-LOW-001")]
    assert sum(one.items for one in sqlite_desk.exports().exchanges) == 2
    assert [entry.amount for entry in sqlite_desk.entries()] == [156000]


def test_a_dry_run_writes_no_entry(sqlite_desk: Desk) -> None:
    sqlite_desk.takes(stay("1", "A1", MAY, 20, "50.00"))
    sqlite_desk.checks()
    assert sqlite_desk.exports(dry_run=True).exchanges
    assert sqlite_desk.entries() == []


def test_a_rejected_invoice_gives_its_budget_back(sqlite_desk: Desk) -> None:
    sqlite_desk.takes(stay("1", "A1", MAY, 20, "70.00"))
    sqlite_desk.checks()
    sqlite_desk.exports()
    again = stay("2", "A1", MAY, 20, "70.00")
    sqlite_desk.takes(again)
    assert ("2", "BUD-AMT-001") in sqlite_desk.findings()
    with sqlite_desk.home.database.write() as connection:
        connection.execute(tables.item.update().where(tables.item.c.number == "1").values(state="rejected"))
    assert sqlite_desk.findings() == []
    assert live(sqlite_desk.entries()) == []


def test_a_suppressed_rule_lets_a_stay_go_over_and_is_written_down_as_it_is(sqlite_desk: Desk) -> None:
    for code in ("BUD-AMT-001", "BUD-DAY-001"):
        suppress(sqlite_desk.home, code, "the fund agreed by telephone", date(2027, 1, 1), now=NOW)
    sqlite_desk.takes(stay("1", "A1", MAY, 30, "60.00"))
    sqlite_desk.checks()
    assert sqlite_desk.exports().exchanges
    assert [entry.amount for entry in sqlite_desk.entries()] == [180000]


def test_an_item_that_takes_from_a_budget_and_names_no_client_is_held(sqlite_desk: Desk) -> None:
    nobody = {key: value for key, value in stay("1", "A1", MAY, 3, "50.00").items() if key != "client"}
    sqlite_desk.takes(nobody)
    assert sqlite_desk.findings() == [("1", "BUD-CLI-001")]


def test_by_the_statute(tmp_path: Path) -> None:
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}", mode="statutory")
    one.takes(stay("kzp", "A1", MAY, 30, "100.00"), stay("vp", "A2", date(2026, 7, 1), 6, "100.00"))
    assert one.findings() == [("vp", "BUD-AMT-001")]
    result = one.checks()
    assert result.findings[0].message == (
        "Gemeinsamer Jahresbetrag 2026: 61,00 € more than may be used from 2026-01-01 to 2026-12-31; "
        "the limit is 3539,00 €, 0,00 € are booked"
    )
    one.home.close()


@pytest.mark.parametrize("first", [date(2005, 5, 1), date(2008, 6, 29)])
def test_a_day_that_the_statute_table_does_not_know_is_held(tmp_path: Path, first: date) -> None:
    """The table begins on 2008-07-01."""
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}", mode="statutory")
    one.takes(stay("1", "A1", first, 3, "50.00"))
    assert one.findings() == [("1", "BUD-LAW-001")]
    one.home.close()


def test_a_foreign_stay_entered_between_planning_and_fixing_stops_the_run(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger is looked at once more in the transaction that bills."""
    sqlite_desk.takes(stay("1", "A1", MAY, 20, "50.00"))
    sqlite_desk.checks()

    def meanwhile(connection: object, *rest: object, **named: object) -> None:
        elsewhere = ledger.entry(0, "Kurz", date(2026, 2, 1), 20, 1000, EntrySource.FOREIGN)
        add_entries(connection, [elsewhere])  # type: ignore[arg-type]  # whatever the engine hands over
        fix(connection, *rest, **named)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr("billhook.billing.exporting.fix", meanwhile)
    with pytest.raises(Exception, match="used by somebody else"):
        sqlite_desk.exports()
    assert sqlite_desk.entries() == []


def test_two_runs_at_once_on_one_client_never_overspend(clerk: Desk) -> None:
    """Ten stays of 300 euros against 1 612: however two exports meet, at most five are billed."""
    for number in range(10):
        clerk.takes(stay(str(number), "A1", date(2026, 1 + number, 3), 2, "150.00"))
        clerk.checks()
    results: list[object] = []
    start = threading.Barrier(2)

    def run() -> None:
        with Workspace.open(clerk.home.path, clerk.home.database.url, plugins=clerk.home.plugins) as mine:
            from billhook.billing.exporting import export  # noqa: PLC0415  # its own thread

            start.wait()
            try:
                results.append(export(mine, now=NOW, wait=30))
            except Busy as busy:
                results.append(busy)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    spent = live(clerk.entries())
    assert sum(entry.amount for entry in spent) == 150000
    assert len(spent) == 5


def test_two_ledgers_that_book_at_once_wait_for_each_other(clerk: Desk) -> None:
    """Below the engine: two transactions that both see 1 000 of 1 612 left and want it."""
    from billhook_forcare_budget.booking import guard  # noqa: PLC0415  # only this test needs them
    from billhook_forcare_budget.ledger import entries_of, reader  # noqa: PLC0415  # only this test needs them

    start = threading.Barrier(2)

    def book() -> None:
        with Workspace.open(clerk.home.path, clerk.home.database.url, plugins=clerk.home.plugins) as mine:
            start.wait()
            with mine.database.write() as connection:
                guard(connection)
                used = sum(entry.amount for entry in entries_of(reader(connection), ["K-9"]).get("K-9", []))
                if used + 100000 <= 161200:
                    add_entries(connection, [ledger.entry(0, "Kurz", MAY, 10, 1000, client="K-9")])

    threads = [threading.Thread(target=book) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.amount for entry in clerk.entries("K-9")] == [100000]


def test_an_invoice_of_another_scheme_is_held_with_the_stay_even_when_it_is_billed_alone(sqlite_desk: Desk) -> None:
    sqlite_desk.takes(
        stay("fund", "A1", MAY, 30, "60.00"),
        stay("self", "A1", MAY, 30, "10.00", payer="brook-south", scheme="toy2"),
    )
    both = [("fund", "BUD-AMT-001"), ("fund", "BUD-DAY-001"), ("self", "BUD-BLK-001")]
    assert sqlite_desk.findings() == both
    alone = sqlite_desk.checks(scheme="toy2")
    assert dict(alone.by_code) == {"BUD-BLK-001": 1}
    assert sqlite_desk.exports(scheme="toy2").exchanges == []


CASE_RULES = """
[plugins.forcare_budget]
mode = "{mode}"
on_excess = "{on_excess}"
[[plugins.forcare_budget.rules]]
match = {{ "case.kind" = ["Kurz", "Verh"] }}
care_area = "=case.facts.area"
debtor_group = "PK"
contract_kind = "=case.kind"
billing_date = "details.branch"
"""


def test_the_contract_kind_comes_from_the_head_of_the_case(tmp_path: Path) -> None:
    """for.CARE: whether it is short-term or respite care stands in the head of the care contract (Vertragsart)."""
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}", rules=CASE_RULES)
    one.limits(*TABLE)
    dated = {"branch": "2026-05-31", "prescribed_on": "2000-01-01"}
    in_case = stay("1", "C1", MAY, 30, "50.00", case="V-1", details=dated)
    one.takes(in_case, stay("2", "C1", MAY, 90, "50.00", details=dated))
    with one.home.database.write() as connection:
        case = tables.care_case
        connection.execute(case.update().where(case.c.number == "V-1").values(kind="Kurz", facts='{"area":"Wohnen"}'))
    assert one.findings() == [("1", "BUD-DAY-001")]
    one.takes({**in_case, "details": {**dated, "branch": "May"}}, update=True)
    assert one.findings() == [("1", "BUD-DAT-001"), ("1", "BUD-DAY-001")]
    one.home.close()
