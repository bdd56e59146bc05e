"""Items on their case and on the slot of its billing plan that they bill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from billhook.billing.importing import import_items
from billhook.billing.status import show
from billhook.hookspecs import hookimpl
from billhook.model import BillingLine, BillingSlot, CasePeriod, DeliverySlot, ItemState
from billhook.plugins import PluginFailed
from billhook.store import cases
from tests.core.billing.conftest import Desk, open_desk
from tests.support.toy import NOW, ToyPlugin

Row = dict[str, Any]
OCTOBER = (date(2025, 10, 1), date(2025, 10, 31))


def planned(desk: Desk, rows: Sequence[Row]) -> tuple[Row, int]:
    """A case that came with the first row, a billing plan for October, and a further row that shall bill it."""
    first, then = {**rows[0], "case": "C1"}, {**rows[-1], "case": "C1", "client": rows[0]["client"]}
    desk.take([first], "first.jsonl")
    with desk.workspace.database.write() as connection:
        case = cases.get_case(connection, number="C1")
        assert case is not None
        (period,) = cases.add_periods(connection, [CasePeriod(0, case.id, "2025", OCTOBER[0])])
        (line,) = cases.add_billing_lines(connection, [BillingLine(0, period.id, None, "R-7")])
        (slot,) = cases.add_billing_slots(connection, [BillingSlot(0, line.id, *OCTOBER)])
    return then, slot.id


def test_an_item_is_linked_to_the_slot_that_it_bills(desk: Desk, rows: list[Row]) -> None:
    row, slot = planned(desk, rows)
    result = desk.take([{**row, "slot": slot}], "then.jsonl")
    assert (result.added, result.errors) == (1, 0)
    item = desk.item(row["number"])
    assert item.slot_id == slot
    assert show(desk.workspace, item=row["number"]).facts["slot_id"] == slot
    with desk.workspace.database.read() as connection:
        assert cases.items_of_slot(connection, slot) == [row["number"]]
    again = desk.take([{**row, "slot": slot}, rows[1]], "again.jsonl")
    assert (again.unchanged, again.added) == (1, 1)


def test_a_row_that_loses_its_slot_has_other_content(desk: Desk, rows: list[Row]) -> None:
    row, slot = planned(desk, rows)
    desk.take([{**row, "slot": slot}], "then.jsonl")
    assert desk.take([row], "without.jsonl").by_code == {"CORE-IMP-016": 1}
    assert desk.take([row], "without.jsonl", update=True).updated == 1
    assert desk.item(row["number"]).slot_id is None


@pytest.mark.parametrize("change", [{"slot": 77}, {"case": "C2"}, {"case": None}])
def test_a_slot_of_another_plan_is_refused(desk: Desk, rows: list[Row], change: Row) -> None:
    row, slot = planned(desk, rows)
    before = desk.items()
    result = desk.take([{**row, "slot": slot, **change}], "then.jsonl")
    assert {(one.code, one.field, one.line) for one in result.findings} == {("CORE-IMP-025", "slot", 1)}
    assert desk.items() == before


def test_a_slot_comes_from_a_column_too(quick_desk: Desk, rows: list[Row]) -> None:
    row, slot = planned(quick_desk, rows)
    path = quick_desk.folder / "then.csv"
    path.write_text(
        "scheme,number,provider,voucher,client.number,case,slot,quantity,unit_price\n"
        f"toy,N-1,{row['provider']},V-1,{row['client']['number']},C1,{slot},1,2.50\n",
        encoding="utf-8",
    )
    result = import_items(quick_desk.workspace, path, now=NOW)
    assert (result.added, quick_desk.item("N-1").slot_id) == (1, slot)


def test_nothing_is_taken_over_from_the_case_of_another_client(desk: Desk, rows: list[Row]) -> None:
    mine, other = rows[0], next(row for row in rows if row["client"]["number"] != rows[0]["client"]["number"])
    desk.take([{**mine, "case": "C1"}], "first.jsonl")
    before = desk.items()
    result = desk.take([{**other, "case": "C1"}], "then.jsonl")
    assert [(one.code, one.field, one.line) for one in result.findings] == [("CORE-IMP-026", "case", 1)]
    assert desk.items() == before
    together = desk.take([{**mine, "case": "C3"}, {**other, "case": "C3"}], "both.jsonl", update=True)
    assert [(one.code, one.line) for one in together.findings] == [("CORE-IMP-026", 2)]


def test_a_case_without_a_client_is_told(desk: Desk, row: Row) -> None:
    result = desk.take([{**row, "case": "C1", "client": {**row["client"], "number": ""}}])
    assert (result.added, result.by_code) == (1, {"CORE-IMP-027": 1})


class Approvals(ToyPlugin):
    """A plugin that waits for an approval of some slots."""

    def __init__(self) -> None:
        super().__init__()
        self.open: dict[int, str] = {}
        self.asked: list[BillingSlot | DeliverySlot] = []

    @hookimpl
    def billhook_released(self, slots: Sequence[DeliverySlot | BillingSlot]) -> Mapping[int, str]:
        self.asked = list(slots)
        return self.open


def test_a_slot_that_is_not_released_holds_its_voucher_until_it_is(
    tmp_path: Path, database_url: str, rows: list[Row]
) -> None:
    plugin = Approvals()
    for desk in open_desk(tmp_path, database_url, plugin):
        row, slot = planned(desk, rows)
        desk.take([{**row, "slot": slot}], "then.jsonl")
        plugin.open = {slot: "the approval is missing"}
        result = desk.check()
        assert result.by_code == {"CORE-CHK-003": 1}
        assert [(one.id, one.period_start) for one in plugin.asked if isinstance(one, BillingSlot)] == [
            (slot, OCTOBER[0])
        ]
        exported = desk.export()
        assert sum(one.items for one in exported.exchanges) == 1
        assert desk.item(row["number"]).state is ItemState.FAULTY
        plugin.open = {}
        desk.check()
        assert sum(one.items for one in desk.export().exchanges) == 1
        assert desk.item(row["number"]).state is ItemState.BATCHED


def test_a_slot_is_asked_for_once_more_when_it_is_billed(tmp_path: Path, rows: list[Row]) -> None:
    plugin = Approvals()
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", plugin):
        row, slot = planned(desk, rows)
        desk.take([{**row, "slot": slot}], "then.jsonl")
        desk.check()
        plugin.open = {slot: "the approval was taken back"}
        exported = desk.export()
        assert [one.voucher for one in exported.held] == [row["voucher"]]
        assert "the approval was taken back" in exported.held[0].findings[0].message


class Silent(ToyPlugin):
    """A plugin whose say is lost."""

    @hookimpl
    def billhook_released(self, slots: Sequence[DeliverySlot | BillingSlot]) -> Mapping[int, str]:  # noqa: ARG002  # as the hook is called
        raise RuntimeError("secret")


def test_a_plugin_that_cannot_say_whether_a_slot_is_released_stops_the_step(tmp_path: Path, rows: list[Row]) -> None:
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", Silent()):
        row, slot = planned(desk, rows)
        desk.take([{**row, "slot": slot}], "then.jsonl")
        with pytest.raises(PluginFailed, match="billhook_released"):
            desk.check()
