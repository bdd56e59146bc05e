"""Check, correct, export: what a clerk does with items, and what comes out."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billhook.billing.checking import check
from billhook.billing.correcting import correct
from billhook.billing.describing import describe, find_format, verify
from billhook.billing.errorlog import errors
from billhook.billing.exporting import export
from billhook.billing.findings import suppress
from billhook.billing.problems import BillingProblem, CannotCorrect, NoVersion, UnknownFormat, UnknownThing
from billhook.billing.status import show, status
from billhook.hookspecs import RunView, hookimpl
from billhook.model import BillingItem, Finding, ItemState, Rule, Severity, Totals
from billhook.plugins import MissingScheme, PluginFailed, Registry
from billhook.scheme import Artifact, Batch, Context, Keys
from billhook.store import Busy, journal, tables
from tests.core.billing.conftest import Desk, open_desk
from tests.support.toy import NOW, ToyPlugin, ToyScheme, read_toy_file

Row = dict[str, Any]
OVER = Rule("TOY-BUD-001", Severity.ERROR, "the budget is spent", "ask for more", "made up")


def ready(desk: Desk, rows: list[Row]) -> None:
    desk.take(rows)
    assert desk.check().errors == 0


# --- Check ------------------------------------------------------------------------------------------------------------


def test_one_bad_line_holds_its_voucher_and_nothing_else(desk: Desk, rows: list[Row]) -> None:
    bad = next(row for row in rows if row["line"] == 2)
    bad["code"] = "Z9"
    desk.take(rows)
    result = desk.check()
    assert (result.items, result.faulty, result.errors, result.by_code) == (40, 1, 1, {"TOY-ITM-001": 1})
    for item in desk.items():
        mine = item.voucher == bad["voucher"]
        assert item.document_ok is not mine
        assert item.line_ok is (item.number != bad["number"])
        assert item.state is (ItemState.CHECKED if item.line_ok else ItemState.FAULTY)
    assert desk.check().items == sum(row["voucher"] == bad["voucher"] for row in rows)
    assert desk.check(all=True).items == 40
    assert len(desk.rows(tables.finding)) == 1


def test_what_is_clean_is_not_checked_again(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    before = desk.dump()
    assert desk.check().items == 0
    assert desk.dump() == before


def test_an_unknown_payer_is_found_by_the_check_already(desk: Desk, rows: list[Row]) -> None:
    rows[0]["payer"] = "nobody"
    desk.take(rows)
    assert "TOY-PAY-001" in desk.check().by_code


class Raising(ToyScheme):
    """Fails at one voucher, as plugins do."""

    def check(self, items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
        if any(item.text == "boom" for item in items):
            raise ZeroDivisionError("Toni Test has no such thing")
        yield from super().check(items, ctx)


def test_a_scheme_that_raises_costs_one_voucher(tmp_path: Path, database_url: str, rows: list[Row]) -> None:
    rows[17]["text"] = "boom"
    for desk in open_desk(tmp_path, database_url, ToyPlugin(Raising())):
        desk.take(rows)
        result = desk.check()
        assert (result.by_code, result.faulty) == ({"CORE-CHK-001": 1}, 1)
        assert "toy" in result.findings[0].message
        assert "Toni" not in result.findings[0].message
        exported = desk.export()
        assert sum(exchange.items for exchange in exported.exchanges) == 40 - sum(
            row["voucher"] == rows[17]["voucher"] for row in rows
        )


def test_items_of_a_scheme_that_is_gone_are_reported_and_the_others_go_on(quick_desk: Desk, rows: list[Row]) -> None:
    quick_desk.take(rows)
    quick_desk.reopen(Registry.of())
    result = quick_desk.check()
    assert (dict(result.missing), result.by_code) == ({"toy": 40}, {"CORE-CHK-002": 1})
    assert "pip install billhook-toy" in result.findings[0].mend
    with pytest.raises(MissingScheme):
        quick_desk.check(scheme="toy")


@pytest.mark.parametrize("workers", [2])
def test_other_processes_find_the_same(quick_desk: Desk, rows: list[Row], workers: int) -> None:
    rows[3]["code"] = "Z9"
    quick_desk.take(rows)
    result = quick_desk.check(workers=workers)
    assert result.by_code == {"TOY-ITM-001": 1}
    assert quick_desk.export(workers=workers).exchanges


def test_any_executor_will_do(quick_desk: Desk, rows: list[Row]) -> None:
    quick_desk.take(rows)
    with ThreadPoolExecutor(2) as pool:
        assert quick_desk.check(executor=pool).items == 40


def test_a_suppressed_rule_is_kept_and_does_not_hold(desk: Desk, rows: list[Row]) -> None:
    rows[0]["code"] = "Z9"
    desk.take(rows)
    suppress(desk.workspace, "TOY-ITM-001", "agreed by phone", date(2025, 11, 14), now=NOW)
    result = desk.check()
    assert (result.errors, result.suppressed, result.faulty) == (1, 1, 0)
    assert desk.rows(tables.finding)[0]["suppression_id"] == 1
    assert [row.code for row in errors(desk.workspace)] == []
    assert [row.suppressed for row in errors(desk.workspace, include_suppressed=True)] == [True]


def test_a_suppression_that_has_ended_lets_nothing_leave(desk: Desk, rows: list[Row]) -> None:
    rows[0]["code"] = "Z9"
    desk.take(rows)
    suppress(desk.workspace, "TOY-ITM-001", "agreed by phone", date(2025, 11, 14), now=NOW)
    desk.check()
    before = desk.dump()
    later = NOW + timedelta(days=1)
    dry = export(desk.workspace, dry_run=True, now=later)
    assert [voucher.voucher for voucher in dry.held] == [rows[0]["voucher"]]
    assert desk.dump() == before
    result = export(desk.workspace, now=later)
    assert [(one.voucher, one.findings[0].code) for one in result.held] == [(rows[0]["voucher"], "TOY-ITM-001")]
    assert {item.voucher for item in desk.items() if item.state is not ItemState.BATCHED} == {rows[0]["voucher"]}
    assert [row.code for row in errors(desk.workspace)] == ["TOY-ITM-001"]


def test_a_check_takes_back_what_a_suppression_let_pass(desk: Desk, rows: list[Row]) -> None:
    rows[0]["code"] = "Z9"
    desk.take(rows)
    suppress(desk.workspace, "TOY-ITM-001", "agreed by phone", date(2025, 11, 14), now=NOW)
    assert desk.check().faulty == 0
    later = check(desk.workspace, now=NOW + timedelta(days=1))
    assert (later.faulty, later.errors, later.suppressed) == (1, 1, 0)


def test_a_suppression_needs_reason_code_and_a_day_to_come(quick_desk: Desk) -> None:
    for code, reason, day in (("X", "r", 14), ("TOY-ITM-001", " ", 14), ("TOY-ITM-001", "r", 13)):
        with pytest.raises(BillingProblem):
            suppress(quick_desk.workspace, code, reason, date(2025, 11, day), now=NOW)


class Budget(ToyPlugin):
    """A plugin beside the scheme that objects to everything of one client."""

    client = "K1"

    @hookimpl
    def billhook_check(self, run: RunView) -> list[Finding]:
        assert not list(run.billed())
        return [OVER.at(item.id) for item in run.trial() if item.client.number == self.client]


class Onlooker(ToyPlugin):
    """A plugin beside the scheme that has something to say about a run, and about no item of it."""

    @hookimpl
    def billhook_check(self, run: RunView) -> list[Finding]:
        return [OVER.at(value=sum(1 for _ in run.trial()))]


def test_what_a_plugin_says_of_the_run_as_a_whole_is_told_and_holds_nothing(tmp_path: Path, rows: list[Row]) -> None:
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", Onlooker()):
        desk.take(rows)
        checked = desk.check()
        assert [(finding.code, finding.item, finding.value) for finding in checked.findings] == [
            ("TOY-BUD-001", None, "40")
        ]
        assert checked.held_by_hooks == 0
        result = desk.export()
        assert [finding.code for finding in result.findings] == ["TOY-BUD-001"]
        assert not result.held
        assert sum(exchange.items for exchange in result.exchanges) == len(rows)


def test_a_plugin_beside_the_scheme_holds_and_lets_go(tmp_path: Path, database_url: str, rows: list[Row]) -> None:
    plugin = Budget()
    held = {row["voucher"] for row in rows if row["client"]["number"] == "K1"}
    for desk in open_desk(tmp_path, database_url, plugin):
        desk.take(rows)
        plugin.client = "nobody"
        desk.check()
        plugin.client = "K1"
        dry = desk.export(dry_run=True)
        assert {voucher.voucher for voucher in dry.held} == held
        result = desk.export()
        assert {voucher.voucher for voucher in result.held} == held
        assert all((item.state is ItemState.BATCHED) is (item.voucher not in held) for item in desk.items())


class Broken(ToyPlugin):
    """A plugin whose say is lost."""

    @hookimpl
    def billhook_check(self, run: RunView) -> list[Finding]:  # noqa: ARG002  # as the hook is called
        raise RuntimeError("secret")


def test_a_broken_hook_stops_the_step_because_it_might_have_objected(tmp_path: Path, rows: list[Row]) -> None:
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", Broken()):
        desk.take(rows)
        with pytest.raises(PluginFailed, match="billhook_check") as failure:
            desk.check()
        assert "secret" not in str(failure.value)


# --- Correct ----------------------------------------------------------------------------------------------------------


def test_a_correction_reaches_the_lines_of_the_voucher_and_the_master_records(desk: Desk, rows: list[Row]) -> None:
    for row in rows:
        row["case"] = f"C{row['voucher']}"
    bad = next(row for row in rows if row["line"] == 2)
    voucher = [row for row in rows if row["voucher"] == bad["voucher"]]
    for row in voucher:
        row["details"].pop("prescribed_on")
    desk.take(rows)
    assert desk.check().by_code == {"TOY-ITM-002": len(voucher)}
    found = list(errors(desk.workspace))
    assert found[0].expected.startswith("a date such as 2025-10-31 or 31.10.2025")
    result = correct(desk.workspace, "1.9.2025", finding=found[0].finding, now=NOW)
    assert (result.old, result.new, len(result.items)) == (None, "2025-09-01", len(voucher))
    changed = [item for item in desk.items() if item.voucher == bad["voucher"]]
    assert {item.state for item in changed} == {ItemState.CORRECTED}
    case = next(case for case in desk.rows(tables.care_case) if case["number"] == bad["case"])
    assert case["facts"] == '{"prescribed_on":"2025-09-01"}'
    assert {row["finding_code"] for row in desk.rows(tables.correction)} == {"TOY-ITM-002"}
    again = desk.check()
    assert (again.items, again.errors) == (len(voucher), 0)
    assert desk.rows(tables.finding) == []


def test_a_client_is_corrected_in_the_master_record_too(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    correct(desk.workspace, "1950-03-01", item=rows[0]["number"], field="client.birth_date", now=NOW)
    correct(desk.workspace, "X1", item=rows[0]["number"], field="client.insurance_number", now=NOW)
    party = next(one for one in desk.rows(tables.party) if one["number"] == rows[0]["client"]["number"])
    assert (party["birth_date"], party["identifiers"]) == ("1950-03-01", '{"insurance_number":"X1"}')
    assert desk.check().items == sum(row["voucher"] == rows[0]["voucher"] for row in rows)


def test_a_later_import_takes_over_the_corrected_master_records(desk: Desk, rows: list[Row]) -> None:
    for row in rows[:2]:
        row.update(case="C1", client={**rows[0]["client"], "birth_date": "1950-01-03"})
    first, then = rows[0], {**rows[1], "voucher": "later"}
    desk.take([first], "first.jsonl")
    correct(desk.workspace, "1950-03-01", item=first["number"], field="client.birth_date", now=NOW)
    correct(desk.workspace, "1.9.2025", item=first["number"], field="details.prescribed_on", now=NOW)
    then["client"] = {"number": first["client"]["number"]}
    then["details"] = {name: value for name, value in then["details"].items() if name != "prescribed_on"}
    assert desk.take([then], "then.jsonl").warnings == 0
    later: Any = desk.item(then["number"])
    assert later.client == desk.item(first["number"]).client
    assert (later.client.birth_date, later.details.prescribed_on) == (date(1950, 3, 1), date(2025, 9, 1))
    told = desk.take([{**then, "number": "N", "voucher": "old", "client": first["client"]}], "old.jsonl")
    assert [(one.code, one.field) for one in told.findings] == [("CORE-IMP-017", "client.birth_date")]
    assert desk.item("N").client.birth_date != date(1950, 3, 1)


def test_an_amount_is_computed_anew(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    number = rows[0]["number"]
    correct(desk.workspace, "2,5", item=number, field="quantity", now=NOW)
    correct(desk.workspace, "13.33", item=number, field="unit_price", now=NOW)
    correct(desk.workspace, "3,33", item=number, field="copayment", now=NOW)
    item = desk.item(number)
    assert (item.gross, item.billed, item.quantity) == (3333, 3000, Decimal("2.5"))


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("details.prescribed_on", "31.02.2025", "a date such as 2025-10-31 or 31.10.2025"),
        ("quantity", "1.234,50", "a number such as"),
        ("quantity", "", "a number such as"),
        ("copayment", "1,234", "an amount such as"),
        ("details.visits", "three", "a whole number"),
        ("details.prescribd_on", "2025-10-01", "did you mean details.prescribed_on"),
        ("number", "5", "says which item it is"),
    ],
)
def test_a_value_of_the_wrong_form_is_refused_with_the_right_one(
    quick_desk: Desk, rows: list[Row], field: str, text: str, expected: str
) -> None:
    ready(quick_desk, rows)
    before = quick_desk.dump()
    with pytest.raises(CannotCorrect, match=expected):
        correct(quick_desk.workspace, text, item=rows[0]["number"], field=field, now=NOW)
    assert quick_desk.dump() == before


def test_what_is_billed_is_never_corrected(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    desk.export()
    with pytest.raises(CannotCorrect, match="batched"):
        correct(desk.workspace, "A1", item=rows[0]["number"], field="code", now=NOW)


# --- Export -----------------------------------------------------------------------------------------------------------


def data_files(desk: Desk) -> list[bytes]:
    return [content for name, content in desk.files().items() if name.endswith(".txt")]


def test_every_item_leaves_once_and_the_amounts_add_up(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    stored = {item.number: item for item in desk.items()}
    result = desk.export()
    seen: list[str] = []
    for exchange in result.exchanges:
        data = next(artifact for artifact in exchange.artifacts if artifact.role == "data")
        assert data.path is not None
        content = data.path.read_bytes()
        assert stat.S_IMODE(data.path.stat().st_mode) == 0o600
        read = read_toy_file(content)
        lines = [stored[line[2]] for line in read["lines"]]
        seen += [line[2] for line in read["lines"]]
        assert sum(amount for _, amount in read["invoices"]) * 100 == sum(item.gross for item in lines)
        assert exchange.totals.gross == sum(item.gross for item in lines)
        assert exchange.totals.billed == sum(item.billed for item in lines)
        assert (exchange.items, exchange.vouchers) == (len(lines), len({item.voucher for item in lines}))
        assert list(verify(desk.workspace.plugins, data.path)) == []
    assert sorted(seen) == sorted(stored)
    assert {item.state for item in desk.items()} == {ItemState.BATCHED}
    with desk.workspace.database.read() as connection:
        assert journal.verify(connection).ok


def test_numbers_have_no_gap(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows[:20])
    desk.export()
    desk.take([row for row in rows[20:] if row["voucher"] != rows[19]["voucher"]], "2.jsonl")
    desk.check()
    desk.export()
    numbers = [row["number"] for row in desk.rows(tables.document)]
    assert numbers == [f"2025-{n:05d}" for n in range(1, len(numbers) + 1)]


def test_a_file_is_cut_at_its_limits_and_never_inside_a_voucher(desk: Desk, rows: list[Row]) -> None:
    desk.configure(vouchers_a_file=2, documents_a_file=2)
    ready(desk, rows)
    vouchers: list[str] = []
    for exchange in desk.export().exchanges:
        assert 1 <= exchange.vouchers <= 2
        assert exchange.documents <= 2
        data = next(artifact.path for artifact in exchange.artifacts if artifact.role == "data")
        assert data is not None
        vouchers += sorted({line[0] for line in read_toy_file(data.read_bytes())["lines"]})
    assert len(vouchers) == len(set(vouchers)) == len({row["voucher"] for row in rows})


def test_collective_invoices_share_a_number_and_add_up(desk: Desk, rows: list[Row]) -> None:
    desk.configure(collective=True)
    ready(desk, rows)
    desk.export()
    documents = desk.rows(tables.document)
    groups: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for document in documents:
        groups.setdefault((document["exchange_id"], document["collective_key"]), []).append(document)
    assert any(len(group) > 1 for group in groups.values())  # nook and north begin with the same letter
    for group in groups.values():
        assert len({document["number"] for document in group}) == 1
        assert [document["ordinal"] for document in group] == list(range(1, len(group) + 1))
    for content in data_files(desk):
        records = [line.split("|") for line in content.decode().splitlines()]
        heads = [at for at, record in enumerate(records) if record[0] == "COL"]
        for at, end in zip(heads, [*heads[1:], len(records)], strict=True):
            invoices = [Decimal(record[4]) for record in records[at:end] if record[0] == "INV"]
            assert Decimal(records[at][3]) == sum(invoices)


def test_a_dry_run_shows_all_of_it_and_leaves_nothing(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    before, archive = desk.dump(), sorted(desk.workspace.archive.folder.rglob("*"))
    shown = desk.export(dry_run=True, out=desk.folder / "try")
    assert desk.dump() == before
    assert sorted(desk.workspace.archive.folder.rglob("*")) == archive
    assert desk.files() == {}
    tried = sorted(path.read_bytes() for path in (desk.folder / "try").rglob("*") if path.is_file())
    real = desk.export()
    assert sorted(desk.files().values()) == tried
    assert [exchange.totals for exchange in shown.exchanges] == [exchange.totals for exchange in real.exchanges]
    assert [exchange.numbers for exchange in shown.exchanges] == [exchange.numbers for exchange in real.exchanges]
    assert shown.run is None


def test_nothing_to_bill_is_fine(desk: Desk, rows: list[Row]) -> None:
    assert desk.export().run is None
    ready(desk, rows)
    desk.export()
    before = desk.dump()
    again = desk.export()
    assert (again.exchanges, again.run) == ([], None)
    assert desk.dump() == before


class Stubborn(ToyScheme):
    """Cannot render one payer's file, until it is mended."""

    broken = True

    def render(self, batch: Batch, ctx: Context) -> Iterator[Artifact]:
        if self.broken and batch.key[1] == "brook-south":
            raise LookupError("Toni Test")
        yield from super().render(batch, ctx)


def test_a_file_that_cannot_be_rendered_waits_and_the_others_leave(
    tmp_path: Path, database_url: str, rows: list[Row]
) -> None:
    scheme = Stubborn()
    for desk in open_desk(tmp_path, database_url, ToyPlugin(scheme)):
        ready(desk, rows)
        result = desk.export()
        assert [exchange.key[1] for exchange in result.exchanges] == ["brook-north"]
        assert [exchange.state for exchange in result.failed] == ["fixed"]
        assert "Toni" not in result.failed[0].problem
        assert status(desk.workspace).unfinished == (result.failed[0].id,)
        scheme.broken = False
        again = desk.export()
        assert [exchange.key[1] for exchange in again.resumed] == ["brook-south"]
        assert (again.exchanges, again.failed, again.findings) == ([], [], [])
        assert {run["state"] for run in desk.rows(tables.run)} == {"finished"}
        assert len(data_files(desk)) == 2


def test_settings_that_changed_before_a_file_was_made_are_told(tmp_path: Path, rows: list[Row]) -> None:
    scheme = Stubborn()
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", ToyPlugin(scheme)):
        ready(desk, rows)
        (waits,) = desk.export().failed
        scheme.broken = False
        desk.configure(codes=["A1"])
        again = desk.export()
        assert [exchange.id for exchange in again.resumed] == [waits.id]
        (warning,) = again.findings
        assert (warning.code, warning.is_error) == ("CORE-EXP-001", False)
        assert f"file {waits.id} " in warning.message


def test_a_file_in_the_way_is_not_overwritten(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    other = desk.workspace.out_dir / "000001" / "T001.txt"
    other.parent.mkdir()
    other.write_text("something else")
    result = desk.export()
    assert [exchange.id for exchange in result.failed] == [1]
    assert other.read_text() == "something else"
    other.unlink()
    assert [exchange.id for exchange in desk.export().resumed] == [1]


class Torn(ToyScheme):
    """Puts the lines of a voucher into different invoices."""

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        keys = super().keys(item, ctx)
        return Keys(keys.file, (str(item.line),), keys.order) if isinstance(keys, Keys) else keys


def test_a_voucher_that_belongs_into_two_invoices_is_held(tmp_path: Path, rows: list[Row]) -> None:
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", ToyPlugin(Torn())):
        desk.take(rows)
        assert set(desk.check().by_code) == {"CORE-CHK-004"}
        sent = sum(exchange.items for exchange in desk.export().exchanges)
        counts = [sum(row["voucher"] == voucher for row in rows) for voucher in {row["voucher"] for row in rows}]
        assert sent == counts.count(1)


class Namesakes(ToyScheme):
    """Calls every voucher of a client the same in its invoice."""

    def keys(self, item: BillingItem, ctx: Context) -> Keys | Finding:
        keys = super().keys(item, ctx)
        return replace(keys, label=item.text) if isinstance(keys, Keys) else keys


def test_vouchers_that_one_invoice_would_call_the_same_are_held(tmp_path: Path, rows: list[Row]) -> None:
    first = rows[0]
    other = next(row for row in rows if row["voucher"] != first["voucher"])
    other.update(payer=first["payer"], provider=first["provider"])
    other["details"]["branch"] = first["details"]["branch"]
    pair = [row for row in rows if row["voucher"] in (first["voucher"], other["voucher"])]
    for row in rows:
        row["text"] = "the same" if row in pair else row["voucher"]
        if row in pair:
            row.update(payer=first["payer"], provider=first["provider"])
            row["details"]["branch"] = first["details"]["branch"]
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'x.db'}", ToyPlugin(Namesakes())):
        ready(desk, rows)
        result = desk.export()
        assert {voucher.voucher for voucher in result.held} == {first["voucher"], other["voucher"]}
        assert {finding.code for voucher in result.held for finding in voucher.findings} == {"CORE-CHK-005"}
        assert sum(exchange.items for exchange in result.exchanges) == len(rows) - len(pair)
        assert not desk.export().exchanges


def test_what_the_plan_holds_is_told_and_kept(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    desk.configure(payers=["brook-north"])
    result = desk.export()
    south = {row["voucher"] for row in rows if row["payer"] == "brook-south"}
    assert {voucher.voucher for voucher in result.held} == south
    assert result.held_count == len(south)
    assert {row["origin"] for row in desk.rows(tables.finding)} == {"batch"}


def test_two_exports_at_once(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    with desk.workspace.database.exclusive("export"), pytest.raises(Busy):
        desk.export()
    assert desk.export().exchanges


def test_a_day_without_a_version(quick_desk: Desk, rows: list[Row]) -> None:
    ready(quick_desk, rows)
    with pytest.raises(NoVersion, match="2019-01-01"):
        export(quick_desk.workspace, now=NOW.replace(year=2019, month=1, day=1))


# --- Look -------------------------------------------------------------------------------------------------------------


def test_status_counts_every_stage(desk: Desk, rows: list[Row]) -> None:
    rows[0]["code"] = "Z9"
    desk.take(rows)
    desk.check()
    before = status(desk.workspace)
    held = sum(row["voucher"] == rows[0]["voucher"] for row in rows)
    assert sum(count.items for count in before.ready) == 40 - held
    assert [(reason.code, reason.items) for reason in before.reasons] == [("TOY-ITM-001", 1)]
    desk.export()
    after = status(desk.workspace)
    billed = next(count for count in after.states if count.state == "batched")
    assert billed.gross == sum(item.gross for item in desk.items() if item.state is ItemState.BATCHED)
    assert sum(count.exchanges for count in after.exchanges) == 2


def test_show_tells_everything_about_one_thing(desk: Desk, rows: list[Row]) -> None:
    ready(desk, rows)
    correct(desk.workspace, "C1", item=rows[0]["number"], field="code", now=NOW)
    desk.check()
    desk.export()
    item = show(desk.workspace, item=rows[0]["number"])
    assert (item.facts["code"], item.corrections[0]["new"]) == ("C1", "C1")
    assert [entry["event"] for entry in item.history] == ["items.imported", "item.corrected"]
    document = show(desk.workspace, document=item.facts["document"])
    assert rows[0]["number"] in {one["number"] for one in document.items}
    exchange = show(desk.workspace, exchange=document.facts["exchange_id"])
    assert [entry["event"] for entry in exchange.history] == ["run.fixed", "exchange.rendered"]
    assert len(show(desk.workspace, voucher=rows[0]["voucher"]).items) >= 1
    with pytest.raises(UnknownThing):
        show(desk.workspace, item="nothing")


def test_describe_picks_the_format_and_says_which_there_are(quick_desk: Desk, rows: list[Row]) -> None:
    ready(quick_desk, rows)
    quick_desk.export()
    plugins = quick_desk.workspace.plugins
    path = next(path for path in quick_desk.workspace.out_dir.rglob("*.txt"))
    assert find_format(plugins, path).key == "toy-billing"
    assert describe(plugins, path).counts["END"] == 1
    path.write_bytes(path.read_bytes()[:-20])
    assert [finding.code for finding in verify(plugins, path)]
    other = quick_desk.file([{}], "other.txt")
    with pytest.raises(UnknownFormat, match="toy-billing"):
        describe(plugins, other)


def test_totals_add() -> None:
    assert Totals(5, 1, 1, 0, 2, 1) + Totals(5, 0, 0, 3, 1, 1) == Totals(10, 1, 1, 3, 3, 2)
