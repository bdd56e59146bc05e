"""Lines that are cancelled and stated anew: they name what they correct, and together they come to the difference."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from billhook.billing.checking import CheckResult
from billhook.billing.correcting import correct
from billhook.billing.following import follow_up
from billhook.model import ItemState
from billhook.store import tables
from billhook_mass import outbox
from billhook_mass.registers import Phase
from tests.mass.desk import Desk, at

LINE = "H1/2026-01/K-1/lwl/WOHNEN"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """One resident's January, billed with 31 days and accepted."""
    made = Desk(tmp_path)
    made.residents(1)
    made.phase(Phase.LIVE)
    made.month("2026-01")
    made.check()
    [done] = made.export().exchanges
    outbox.uploaded(made.workspace, done.id)
    with made.workspace.database.write() as connection:
        connection.execute(tables.item.update().values(state=ItemState.ACCEPTED.value))
    yield made
    made.close()


def checked(desk: Desk) -> CheckResult:
    return desk.check("2026-03-05")


def mend(desk: Desk) -> None:
    """The correction bills 30 days: the person left on the 30th."""
    number = f"{LINE}-K1"
    for field, value in (("quantity", "30"), ("service_to", "2026-01-30"), ("details.days_present", "30")):
        correct(desk.workspace, item=number, field=field, text=value)


def rows(desk: Desk) -> list[dict[str, str]]:
    """All rows of the files that leave now."""
    found = []
    for file in desk.export("2026-03-06").exchanges:
        [path] = [one.path for one in file.artifacts if one.path is not None]
        found += list(csv.DictReader(io.StringIO(path.read_text("cp1252")), delimiter=";"))
    return found


def test_a_cancellation_takes_the_line_back_and_names_its_invoice(desk: Desk) -> None:
    [made] = follow_up(desk.workspace, [LINE], "cancellation", now=at("2026-03-05"))
    assert made.number == f"{LINE}-S1"
    assert checked(desk).by_code == {}
    [row] = rows(desk)
    assert (row["Menge"], row["Betrag"], row["Korrekturkennzeichen"]) == ("-31,00", "-4412,85", "S")
    assert (row["Rechnungsnummer"], row["Bezug_Rechnungsnummer"]) == ("2026-000002", "2026-000001")


def test_a_correction_of_what_was_paid_needs_its_cancellation(desk: Desk) -> None:
    follow_up(desk.workspace, [LINE], "correction", now=at("2026-03-05"))
    mend(desk)
    assert "MASS-CORR-002" in checked(desk).by_code
    assert rows(desk) == []


def test_cancellation_and_correction_come_to_the_difference(desk: Desk) -> None:
    follow_up(desk.workspace, [LINE], "cancellation", now=at("2026-03-05"))
    follow_up(desk.workspace, [LINE], "correction", now=at("2026-03-05"))
    mend(desk)
    assert checked(desk).by_code == {}
    found = rows(desk)
    assert sorted((row["Korrekturkennzeichen"], row["Betrag"]) for row in found) == [
        ("K", "4270,50"),
        ("S", "-4412,85"),
    ]
    assert {row["Bezug_Rechnungsnummer"] for row in found} == {"2026-000001"}


def test_a_line_is_cancelled_once(desk: Desk) -> None:
    follow_up(desk.workspace, [LINE], "cancellation", now=at("2026-03-05"))
    with desk.workspace.database.write() as connection:
        second = dict(
            connection.execute(tables.item.select().where(tables.item.c.number == f"{LINE}-S1")).mappings().one()
        )
        connection.execute(tables.item.insert().values(**{**second, "id": 999, "number": "again", "voucher": "again"}))
    assert checked(desk).by_code == {"MASS-CORR-003": 1}


def test_after_its_cancellation_a_month_may_be_billed_again(desk: Desk) -> None:
    follow_up(desk.workspace, [LINE], "cancellation", now=at("2026-03-05"))
    again = {
        "number": "again", "provider": "H1", "voucher": "again", "payer": "lwl", "client": {"number": "K-1"}, "code": "WOHNEN",
        "service_from": "2026-01-01", "service_to": "2026-01-31", "quantity": "31", "unit": "day", "unit_price": "142.35",
        "details": {"reference": "52.2-0001"},
    }  # fmt: skip
    desk.items([again])
    assert checked(desk).by_code == {}
