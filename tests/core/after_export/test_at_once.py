"""Two at once, and killed in the middle: what is done after the export is done once and whole, or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from billhook.billing.archiving import CannotArchive, Selection, bill_again, delete_archived, delete_open, reset_entries
from billhook.billing.following import CannotFollow, regenerate
from billhook.model import BillingItem
from billhook.plugins import PluginFailed, Registry
from billhook.scheme import Artifact, Batch, Context, CorrectionRefused
from billhook.store import Workspace, journal
from tests.core.billing.conftest import Desk, open_desk
from tests.support.toy import NOW, ToyPlugin, ToyScheme, toy_items, toy_row


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    """Twelve items, billed, and one voucher that is still open."""
    for one in open_desk(tmp_path, database_url):
        rows = [toy_row(item) for item in toy_items(14, seed=5)]
        last = rows[-1]["voucher"]
        one.take([row for row in rows if row["voucher"] != last])
        one.check()
        one.export()
        one.take([row for row in rows if row["voucher"] == last], "later.jsonl")
        yield one


def numbers(desk: Desk, *, billed: bool = True) -> list[str]:
    return [item.number for item in desk.items() if (item.state.value == "batched") is billed]


def again(workspace: Workspace, *items: str) -> Any:
    return bill_again(workspace, Selection(items=items), now=NOW)


def back(workspace: Workspace, *items: str) -> Any:
    return delete_archived(workspace, Selection(items=items), reset=True, now=NOW)


def dropped(workspace: Workspace, *items: str) -> Any:
    return delete_open(workspace, Selection(items=items), reset=True, now=NOW)


def remade(workspace: Workspace, *_items: str) -> Any:
    return regenerate(workspace, 1, now=NOW)


@pytest.mark.parametrize(("step", "billed"), [(again, True), (back, True), (dropped, False), (remade, True)])
def test_of_two_at_once_one_does_it_and_the_other_is_told(desk: Desk, step: Callable[..., Any], billed: bool) -> None:
    chosen = numbers(desk, billed=billed)[:3]
    url, plugins = desk.workspace.database.url, desk.workspace.plugins

    def one(_which: int) -> str:
        with Workspace.open(desk.workspace.path, url, plugins=plugins) as workspace:
            try:
                step(workspace, *chosen)
            except (CannotArchive, CannotFollow) as refused:
                return type(refused).__name__
        return "done"

    with ThreadPoolExecutor(2) as pool:
        done = sorted(pool.map(one, range(2)))
    assert done.count("done") == 1
    assert done != ["done", "done"]
    with desk.workspace.database.read() as connection:
        assert journal.verify(connection).ok


def test_killed_in_the_middle_nothing_is_left_and_it_can_be_done_again(desk: Desk) -> None:
    """SIGKILL after the first follow-up was written and before the second one: the transaction never was."""
    before, chosen = kept(desk), numbers(desk)[:3]
    command = [sys.executable, "-m", "tests.support.crash_again", str(desk.workspace.path), desk.workspace.database.url]
    with subprocess.Popen([*command, *chosen], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        process.send_signal(signal.SIGKILL)
    assert kept(desk) == before
    assert len(again(desk.workspace, *chosen)) == 3


def kept(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """Everything that means something: ids that were drawn for nothing do not."""
    return {name: rows for name, rows in desk.dump().items() if name != "id_block"}


class Failing(ToyScheme):
    """Fails at one item, or refuses it."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.number = ""

    def correct(self, item: BillingItem, kind: str, ctx: Context) -> BillingItem:
        if item.number == self.number:
            raise self.error
        return super().correct(item, kind, ctx)


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (CorrectionRefused("the fund takes back nothing"), CannotFollow, "takes back nothing"),
        (ZeroDivisionError("Toni Test has no such thing"), PluginFailed, "ZeroDivisionError"),
    ],
)
def test_where_one_item_cannot_follow_none_does(
    tmp_path: Path, error: Exception, expected: type[Exception], words: str
) -> None:
    scheme = Failing(error)
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'billhook.db'}", ToyPlugin(scheme)):
        desk.take([toy_row(item) for item in toy_items(12, seed=5)])
        desk.check()
        desk.export()
        chosen = numbers(desk)[:3]
        scheme.number = chosen[2]
        before = desk.dump()
        with pytest.raises(expected, match=words) as refused:
            again(desk.workspace, *chosen)
        assert "Toni" not in str(refused.value)
        assert desk.dump() == before


class Without(ToyScheme):
    """Knows no kind of correction."""

    correction_kinds: Sequence[str] = ()


def test_a_scheme_without_corrections_says_so(tmp_path: Path) -> None:
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'billhook.db'}", ToyPlugin(Without())):
        desk.take([toy_row(item) for item in toy_items(4, seed=5)])
        desk.check()
        desk.export()
        with pytest.raises(CannotFollow, match="no way to bill an item again"):
            again(desk.workspace, numbers(desk)[0])
        with pytest.raises(CannotFollow, match="no mark"):
            regenerate(desk.workspace, 1, mark="04", now=NOW)


def test_any_scheme_bills_again_by_its_first_kind(desk: Desk) -> None:
    number = numbers(desk)[0]
    (made,) = again(desk.workspace, number)
    item = desk.item(f"{number}/rebill")
    assert (made.number, item.kind, item.corrects) == (item.number, "rebill", made.corrects)


def test_a_number_that_is_taken_is_counted_on(desk: Desk) -> None:
    """Billed again, deleted, and billed again under the same name: there is another one."""
    number = numbers(desk)[0]
    again(desk.workspace, number)
    dropped(desk.workspace, f"{number}/rebill")
    back_again = [item.number for item in desk.items() if item.number.startswith(f"{number}/")]
    assert back_again == [f"{number}/rebill"]
    with pytest.raises(CannotArchive, match="repeated"):
        again(desk.workspace, number)


def test_a_plugin_that_is_gone_hinders_billing_again_only(desk: Desk) -> None:
    """Deleting and resetting need no word of the scheme."""
    first, second = numbers(desk)[:2]
    desk.reopen(Registry.of())
    back(desk.workspace, first)
    with pytest.raises(CannotArchive, match="already"):
        reset_entries(desk.workspace, [first], now=NOW)
    with pytest.raises(Exception, match="billhook-toy"):
        again(desk.workspace, second)


def test_one_line_that_was_reset_is_billed_anew_beside_the_rest_of_its_voucher(desk: Desk) -> None:
    """The rest of the voucher stays billed; a line that was never there still cannot join it."""
    voucher = next(item.voucher for item in desk.items() if item.line == 2 and item.state.value == "batched")
    rows = [toy_row(item) for item in toy_items(14, seed=5) if item.voucher == voucher]
    back(desk.workspace, rows[0]["number"])
    assert desk.take([{**rows[0], "quantity": "7"}], "anew.jsonl").added == 1
    assert desk.take([{**rows[0], "number": "new", "line": 9}], "new.jsonl").by_code == {"CORE-IMP-015": 1}
    desk.check()
    assert sum(one.items for one in desk.export().exchanges) >= 1


class Unmade(ToyScheme):
    """Cannot make its files yet."""

    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:  # noqa: ARG002  # as the contract has it
        raise ZeroDivisionError


def test_what_has_its_numbers_and_no_file_yet_waits_for_the_export(tmp_path: Path) -> None:
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'billhook.db'}", ToyPlugin(Unmade())):
        desk.take([toy_row(item) for item in toy_items(4, seed=5)])
        desk.check()
        assert desk.export().failed
        before = desk.dump()
        for step in (again, back):
            with pytest.raises(CannotArchive, match="billhook export"):
                step(desk.workspace, numbers(desk)[0])
        with pytest.raises(CannotFollow, match="billhook export"):
            remade(desk.workspace)
        assert desk.dump() == before
