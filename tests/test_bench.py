"""The benchmarks work: every one runs on a tiny amount of work, and its ratios are numbers. How fast is not asked."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path

import pytest

from bench import budget, items, payers, pipeline, raw, reading, small, verifying, vsb
from bench.__main__ import main
from bench.measure import Comparison, Contestant, Figures, Task, TaskFailed, agree
from bench.report import as_json, table
from billhook.identifiers import ik, kvnr, lanr
from billhook.wire import read_segments


def assert_measured(comparison: Comparison) -> None:
    for ratio in (comparison.wall_ratio, comparison.cpu_ratio, comparison.peak_ratio, comparison.rate):
        assert math.isfinite(ratio)
        assert ratio > 0
    low, high = comparison.wall_spread
    assert 0 < low <= high
    # A Python interpreter that runs anything has more than 4 MiB.
    assert min(comparison.subject.peak, comparison.baseline.peak) > 4 * 2**20


def test_reading_reads_the_same_on_both_sides() -> None:
    found = reading.run(1, megabytes=1, growth=(1, 2))
    assert found[0].count > 20_000  # a segment of these files has some 33 bytes
    for comparison in found:
        assert_measured(comparison)


def test_files_that_are_verified_and_told_are_right() -> None:
    found = verifying.run(1, vouchers=5)
    assert [(comparison.subject.name, comparison.count > 40) for comparison in found] == [
        ("verify", True),
        ("describe", True),
    ] * 2
    for comparison in found:
        assert_measured(comparison)


def test_engine_and_raw_script_bill_the_same() -> None:
    found = pipeline.run(1, items=60, fewer=0)
    assert [comparison.what for comparison in found] == ["import, 60", "check, 60", "export, 60", "all three, 60"]
    for comparison in found:
        assert comparison.count == 60
        assert_measured(comparison)


def test_the_price_of_a_line_comes_out_the_same_on_both_sides() -> None:
    (comparison,) = small.line_amount(1, count=1_000)
    assert comparison.count == 1_000
    assert_measured(comparison)


def test_the_journal_has_as_many_entries_on_both_sides() -> None:
    (comparison,) = small.journal(1, count=200)
    assert comparison.count == 200
    assert_measured(comparison)


def test_budgets_find_the_stays_that_are_over_by_hand() -> None:
    (comparison,) = budget.run(1, clients=12, stays=10)
    assert comparison.count == 120
    assert budget.expected(12, 10) == 0
    assert budget.expected(60, 10) > 0
    assert_measured(comparison)


def test_care_funds_are_measured_on_equal_work() -> None:
    comparisons = vsb.run(1, invoices=60)
    assert [comparison.count for comparison in comparisons] == [242, 242, 242, 4]
    for comparison in comparisons:
        assert_measured(comparison)


def test_the_command_prints_a_table_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    assert main(["line_amount", "--quick", "--json", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "line_amount: 100,000 lines" in printed
    (written,) = json.loads(file.read_text(encoding="utf-8"))["comparisons"]
    assert written["wall_ratio"] == pytest.approx(written["subject"]["wall"] / written["baseline"]["wall"])
    assert len(written["subject"]["runs"]) == 1


def test_an_unknown_benchmark_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["writing"])
    assert stopped.value.code == 2
    assert "no benchmark writing" in capsys.readouterr().err


# --- Measuring ------------------------------------------------------------------------------------------------------


def comparison_of(subject: list[float], baseline: list[float]) -> Comparison:
    def side(name: str, seconds: list[float]) -> Contestant:
        return Contestant(name, [Figures(each, each, 2**20, {}) for each in seconds])

    return Comparison("b", "w", side("s", subject), side("o", baseline), 300, "things")


def test_a_ratio_is_that_of_the_medians_and_the_spread_that_of_neighbours() -> None:
    comparison = comparison_of([1.0, 9.0, 3.0], [2.0, 3.0, 6.0])
    assert comparison.wall_ratio == 1.0
    assert comparison.wall_spread == (0.5, 3.0)
    assert comparison.rate == 100.0


def test_the_table_and_json_hold_every_comparison() -> None:
    comparison = comparison_of([1.0], [2.0])
    assert "b: w" in table([comparison])
    assert "0.50" in table([comparison])
    assert as_json([comparison])["comparisons"][0]["peak_ratio"] == 1.0


def test_peak_memory_is_that_of_the_measured_process(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "large").mkdir()
    (tmp_path / "small" / "file").write_bytes(b"EHI+1'")
    # One segment of 30 MB, which the counting code has to hold in one piece.
    (tmp_path / "large" / "file").write_bytes(b"x" * 30_000_000)
    little = Task("bench.raw:tally", (str(tmp_path / "small"),)).run()
    much = Task("bench.raw:tally", (str(tmp_path / "large"),)).run()
    assert much.peak - little.peak > 30_000_000


def test_a_failed_process_is_an_error_and_not_a_fast_run() -> None:
    with pytest.raises(TaskFailed, match="exit code 1"):
        Task("bench.raw:check", ("/nowhere/at/all",)).run()


def test_sides_that_did_different_work_are_not_compared() -> None:
    one = Contestant("one", [Figures(1.0, 1.0, 1, {"cents": 1})])
    other = Contestant("other", [Figures(1.0, 1.0, 1, {"cents": 2})])
    with pytest.raises(AssertionError, match="cents differs: 1, 2"):
        agree("cents", one, other)


# --- What is measured on --------------------------------------------------------------------------------------------


def test_the_same_count_of_items_is_always_the_same_rows(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    facts = items.write(str(first), "100")
    items.write(str(second), "100")
    assert first.read_bytes() == second.read_bytes()
    rows = [json.loads(line) for line in first.read_text(encoding="utf-8").splitlines()]
    assert facts["items"] == len(rows) == len({row["number"] for row in rows}) == 100


def test_numbers_of_clients_doctors_and_institutions_are_valid() -> None:
    for number in range(1, 500):
        rows = items.voucher(number)
        assert kvnr.is_valid(rows[0]["client"]["insurance_number"])
        assert lanr.is_valid(rows[0]["details"]["lanr"])
    for number_of in (*payers.CARDS, *payers.CENTRES, payers.PROVIDER):
        assert ik.is_valid(number_of)


@pytest.mark.parametrize(
    ("amount", "due"),
    [("30.00", "5.00"), ("75.55", "7.56"), ("450.00", "10.00"), ("3.20", "3.20")],
)
def test_the_copayment_is_a_tenth_between_five_and_ten_euros(amount: str, due: str) -> None:
    assert items.copayment(Decimal(amount)) == Decimal(due)


def test_the_directory_of_payers_names_everybody_whom_the_items_go_to() -> None:
    segments = list(read_segments(payers.directory()))
    named = {segment.value(1) for segment in segments if segment.tag == "IDK"}
    assert named == {*payers.CARDS, *payers.CENTRES}
    linked = {segment.value(2) for segment in segments if segment.tag == "VKG"}
    assert linked <= named


def test_the_raw_script_bills_every_item_to_the_cent(tmp_path: Path) -> None:
    facts = items.write(str(tmp_path / "items.jsonl"), "1000")
    (tmp_path / "work").mkdir()
    folder = str(tmp_path / "work")
    assert raw.read_in(folder, str(tmp_path / "items.jsonl")) == {"items": 1000}
    assert raw.check(folder) == {"items": 1000}
    billed = raw.export(folder)
    assert billed["EHI"] == 1000
    assert Decimal(billed["gross_cents"]) / 100 == Decimal(facts["gross"])


def test_every_message_of_the_raw_script_counts_its_segments(tmp_path: Path) -> None:
    items.write(str(tmp_path / "items.jsonl"), "300")
    folder = tmp_path / "work"
    folder.mkdir()
    raw.read_in(str(folder), str(tmp_path / "items.jsonl"))
    raw.check(str(folder))
    raw.export(str(folder))
    for path in (folder / "out").iterdir():
        ends = [segment for segment in read_segments(path) if segment.tag == "UNT"]
        assert ends
        assert all(int(end.value(1)) == end.in_message for end in ends)
