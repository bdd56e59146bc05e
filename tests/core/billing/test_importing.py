"""Importing: all of a file or nothing, and every reason why."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from billhook.billing.importing import ImportResult, import_items
from billhook.billing.rows import RULES, item_schema
from billhook.model import ItemState
from billhook.store import journal, tables
from tests.core.billing.conftest import Desk
from tests.support.toy import NOW, ToyScheme, toy_items, toy_row

Row = dict[str, Any]


def codes(result: ImportResult) -> list[str]:
    return [finding.code for finding in result.findings]


def refusal(desk: Desk, text: str | bytes, name: str = "x.jsonl", **options: Any) -> ImportResult:
    path = desk.folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = import_items(desk.workspace, path, now=NOW, **options)
    assert not result.stored
    assert desk.items() == []
    return result


def test_rows_become_items(desk: Desk, rows: list[Row]) -> None:
    result = desk.take(rows)
    assert (result.stored, result.read, result.added, result.errors) == (True, 40, 40, 0)
    stored = {item.number: item for item in desk.items()}
    for expected in toy_items(40, seed=7):
        item = stored[expected.number]
        assert (item.state, item.line_ok, item.document_ok) == (ItemState.DRAFT, False, False)
        assert (item.gross, item.billed, item.details, item.splits) == (
            expected.gross,
            expected.billed,
            expected.details,
            expected.splits,
        )
    assert stored["1-1"].source == "items.jsonl:1"


def test_the_same_file_again_changes_nothing_and_says_so(desk: Desk, rows: list[Row]) -> None:
    first = desk.take(rows)
    before = desk.dump()
    again = desk.take(rows, "renamed.jsonl")
    assert (again.stored, again.already_imported) == (False, first.import_id)
    assert desk.dump() == before


def test_rows_with_the_same_content_are_unchanged_in_whatever_format(desk: Desk, rows: list[Row]) -> None:
    desk.take(rows)
    more = [toy_row(item) for item in toy_items(44, seed=7)]
    path = desk.folder / "all.csv"
    write_csv(path, more, ",")
    result = import_items(desk.workspace, path, now=NOW)
    assert (result.stored, result.added, result.unchanged) == (True, 44 - 40, 40)


def write_csv(path: Path, rows: list[Row], delimiter: str, encoding: str = "utf-8") -> None:
    flat = [flatten(row) for row in rows]
    header = list(dict.fromkeys(name for row in flat for name in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, header, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(flat)


def flatten(row: Row, prefix: str = "") -> Row:
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{name}.")
        elif value is not None:
            flat[prefix + name] = value
    return flat


def test_a_german_spreadsheet_file(quick_desk: Desk) -> None:
    text = (
        "scheme;number;provider;voucher;line;payer;client.number;client.family_name;code;service_from;quantity;"
        "unit_price;copayment;details.prescribed_on;details.visits;details.weight\r\n"
        "toy;1;p1;v1;1;brook-north;K1;Müller;A1;06.10.2025;2,5;13,33;3,33;1.10.2025;3;70,5\r\n"
    )
    path = quick_desk.folder / "liste.csv"
    path.write_bytes(text.encode("cp1252"))
    result = import_items(quick_desk.workspace, path, now=NOW)
    assert result.stored
    assert codes(result) == ["CORE-IMP-019"]  # a note: read as Windows-1252
    item = quick_desk.item("1")
    # 2.5 × 13.33 = 33.325, commercially rounded 33.33
    assert (item.gross, item.billed, item.client.family_name) == (3333, 3000, "Müller")
    assert str(item.service_from) == "2025-10-06"
    assert item.details.model_dump(mode="json") == {
        "branch": "",
        "prescribed_on": "2025-10-01",
        "visits": 3,
        "weight": "70.5",
    }


def test_json_numbers_are_taken_digit_by_digit_and_nulls_are_nothing(quick_desk: Desk, row: Row) -> None:
    row |= {"text": None, "client": {"number": "K1", "city": None}}
    row["details"]["branch"] = None
    text = json.dumps(row | {"quantity": 3}).replace(json.dumps(row["unit_price"]), "1.10")
    path = quick_desk.folder / "n.jsonl"
    path.write_text(text)
    assert import_items(quick_desk.workspace, path, now=NOW).errors == 0
    item = quick_desk.items()[0]
    assert (str(item.unit_price), item.gross, item.client.city) == ("1.10", 330, "")


def test_everything_that_is_wrong_is_said_at_once(desk: Desk, rows: list[Row]) -> None:
    rows[2]["quantitty"] = "1"
    rows[3]["details"]["prescribd_on"] = "2025-10-01"
    del rows[4]["voucher"]
    rows[5]["unit_price"] = "1.234,50"
    rows[6]["service_from"] = "2025-02-31"
    rows[7]["details"]["prescribed_on"] = "31.02.2025"
    rows[8]["number"] = rows[0]["number"]
    rows[9]["scheme"] = "p999"
    rows[10]["line"] = 0
    result = desk.take(rows)
    assert not result.stored
    assert desk.items() == []
    found = {(finding.line, finding.code, finding.field) for finding in result.findings}
    assert found == {
        (3, "CORE-IMP-002", "quantitty"),
        (4, "CORE-IMP-002", "details.prescribd_on"),
        (5, "CORE-IMP-003", "voucher"),
        (6, "CORE-IMP-004", "unit_price"),
        (7, "CORE-IMP-005", "service_from"),
        (8, "CORE-IMP-005", "details.prescribed_on"),
        (9, "CORE-IMP-009", "number"),
        (10, "CORE-IMP-013", "scheme"),
        (11, "CORE-IMP-006", "line"),
    }
    by_line = {finding.line: finding for finding in result.findings}
    assert by_line[3].suggestion == "quantity"
    assert by_line[4].suggestion == "details.prescribed_on"
    assert "thousands separators" in by_line[6].message
    assert by_line[6].value == "1.234,50"
    assert "'1234.50'" in by_line[6].mend
    assert "line 1" in by_line[9].message
    assert "pip install billhook-p999" in by_line[10].mend


@pytest.mark.parametrize(
    ("text", "name", "code", "line"),
    [
        ("", "x.jsonl", "CORE-IMP-010", None),
        ("\n \n", "x.jsonl", "CORE-IMP-010", None),
        ("number;provider\n", "x.csv", "CORE-IMP-010", None),
        ('{"number": 1', "x.jsonl", "CORE-IMP-001", 1),
        ("[1, 2]", "x.jsonl", "CORE-IMP-001", 1),
        ("5", "x.jsonl", "CORE-IMP-001", 1),
        ('{"number": "1"}\n', "x.jsonl", "CORE-IMP-014", 1),
        ("{}\n".encode("utf-16"), "x.jsonl", "CORE-IMP-008", None),
        ("a;b\n".encode("utf-16-le"), "x.csv", "CORE-IMP-008", None),
        (b'{"number": "\xfc"}\n', "x.jsonl", "CORE-IMP-007", 1),
        (b'{"scheme": "toy", "number": "a\\u0000b"}\n', "x.jsonl", "CORE-IMP-023", 1),
        ("scheme;number;number\ntoy;1;1\n", "x.csv", "CORE-IMP-020", 1),
        ("scheme;number\ntoy;1;2\n", "x.csv", "CORE-IMP-021", 2),
        ('scheme;number\ntoy;"1" 2\n', "x.csv", "CORE-IMP-022", 2),
    ],
)
def test_a_file_that_is_none(quick_desk: Desk, text: str | bytes, name: str, code: str, line: int | None) -> None:
    result = refusal(quick_desk, text, name)
    assert codes(result)[0] == code
    assert result.findings[0].line == line
    assert result.findings[0].file == name


def test_a_line_without_an_end_is_told_and_the_next_one_is_read(
    quick_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billhook.billing.rows.LONGEST_LINE", 64)
    result = refusal(quick_desk, b'{"a": "' + b"x" * 200 + b'"}\n[1]\n')
    assert [(each.line, each.code) for each in result.findings] == [(1, "CORE-IMP-024"), (2, "CORE-IMP-001")]
    assert "64 bytes" in result.findings[0].message


def test_a_wrong_byte_is_named_with_its_line_and_place(quick_desk: Desk) -> None:
    good = b'{"scheme": "toy"}\n'
    result = refusal(quick_desk, good + b'{"a": "\xe4"}\n')
    assert (result.findings[0].line, result.findings[0].params["byte"]) == (2, str(len(good) + 8))


def test_a_wrong_byte_across_the_pieces_that_are_read(quick_desk: Desk) -> None:
    """The first half of a two-byte character ends one piece of 1 MiB, and no second half follows."""
    text = b" " * ((1 << 20) - 1) + b"\xc3" + b"(\n"
    result = refusal(quick_desk, b"{}" + text[2:])
    assert (result.findings[0].code, result.findings[0].params["byte"]) == ("CORE-IMP-007", str(1 << 20))


def test_a_folder_and_a_missing_file(quick_desk: Desk) -> None:
    assert codes(import_items(quick_desk.workspace, quick_desk.folder)) == ["CORE-IMP-011"]
    assert codes(import_items(quick_desk.workspace, quick_desk.folder / "none.csv")) == ["CORE-IMP-012"]


def test_a_byte_order_mark_is_skipped_and_noted(quick_desk: Desk, row: Row) -> None:
    path = quick_desk.folder / "bom.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(row).encode())
    result = import_items(quick_desk.workspace, path, now=NOW)
    assert (result.stored, codes(result)) == (True, ["CORE-IMP-018"])


def test_the_line_of_a_csv_row_is_where_it_begins(quick_desk: Desk) -> None:
    text = 'scheme;number;provider;voucher;quantity;unit_price;text\ntoy;1;p;v;1;1;"two\nlines"\ntoy;2;p;v;1;x;\n'
    result = refusal(quick_desk, text, "x.csv")
    assert [(finding.line, finding.field) for finding in result.findings] == [(4, "unit_price")]


def test_an_unknown_column_is_told_once(quick_desk: Desk) -> None:
    text = "scheme;number;provider;voucher;quantity;unit_price;colour\n" + "toy;1;p;v;1;1;red\n" * 3
    result = refusal(quick_desk, text, "x.csv")
    assert codes(result) == ["CORE-IMP-002"]
    assert result.rejected == 3


def test_thousands_in_a_german_amount(quick_desk: Desk) -> None:
    text = "scheme;number;provider;voucher;quantity;unit_price\ntoy;1;p;v;1;1.234,50\n"
    finding = refusal(quick_desk, text, "x.csv").findings[0]
    assert (finding.code, finding.value) == ("CORE-IMP-004", "1.234,50")
    assert "1234,50" in finding.mend


def test_many_findings_are_counted_exactly_and_kept_up_to_a_limit(quick_desk: Desk, row: Row) -> None:
    result = quick_desk.take({**row, "number": f"n{at}", "line": -1} for at in range(1500))
    assert (result.errors, len(result.findings), result.rejected) == (1500, 1000, 1500)


def test_other_content_is_refused_unless_it_shall_replace(desk: Desk, rows: list[Row]) -> None:
    desk.take(rows)
    desk.check()
    second = next(row for row in rows if row["line"] == 2)
    second["text"] = "changed"
    refused = desk.take(rows, "2.jsonl")
    assert codes(refused) == ["CORE-IMP-016"]
    done = desk.take(rows, "3.jsonl", update=True)
    assert (done.stored, done.updated, done.unchanged) == (True, 1, 39)
    item = desk.item(second["number"])
    assert (item.text, item.state) == ("changed", ItemState.DRAFT)
    sisters = [one for one in desk.items() if one.voucher == item.voucher]
    assert len(sisters) > 1
    assert not any(one.document_ok for one in sisters)


def test_a_number_twice_is_found_even_when_it_replaces(desk: Desk, rows: list[Row]) -> None:
    desk.take(rows)
    changed = [{**rows[0], "text": "x"}, *rows[1:], {**rows[0], "text": "y"}]
    assert codes(desk.take(changed, "2.jsonl", update=True)) == ["CORE-IMP-009"]
    unchanged_first = [*rows, {**rows[0], "text": "z"}]
    assert codes(desk.take(unchanged_first, "3.jsonl", update=True)) == ["CORE-IMP-009"]


def test_a_billed_voucher_gets_no_new_line_and_no_new_content(desk: Desk, rows: list[Row]) -> None:
    desk.take(rows)
    desk.check()
    desk.export()
    late = {**rows[0], "number": "late", "line": 99}
    assert codes(desk.take([late], "2.jsonl", update=True)) == ["CORE-IMP-015"]
    assert codes(desk.take([{**rows[0], "text": "x"}], "3.jsonl", update=True)) == ["CORE-IMP-015"]
    assert desk.take([*rows, {**late, "voucher": "new"}], "4.jsonl").unchanged == 40


def test_a_new_line_takes_its_voucher_back_from_the_export(desk: Desk, rows: list[Row]) -> None:
    desk.take(rows)
    desk.check()
    desk.take([{**rows[0], "number": "late", "line": 99}], "2.jsonl")
    result = desk.export()
    sent = sum(exchange.items for exchange in result.exchanges)
    voucher = [item for item in desk.items() if item.voucher == rows[0]["voucher"]]
    assert sent == 41 - len(voucher)
    assert all(item.state is not ItemState.BATCHED for item in voucher)


def test_partial_stores_what_is_right_and_never_half_a_voucher(desk: Desk, rows: list[Row]) -> None:
    bad = next(row for row in rows if row["line"] == 2)
    bad["unit_price"] = "abc"
    result = desk.take(rows, partial=True)
    voucher = [row for row in rows if row["voucher"] == bad["voucher"]]
    assert result.stored
    assert (result.rejected, result.added) == (len(voucher), 40 - len(voucher))
    assert result.rejects is not None
    assert stat.S_IMODE(result.rejects.stat().st_mode) == 0o600
    rejected = [json.loads(line) for line in result.rejects.read_text().splitlines()]
    assert [json.loads(one["row"])["number"] for one in rejected] == [row["number"] for row in voucher]
    assert any("CORE-IMP-004 unit_price" in reason for one in rejected for reason in one["reasons"])
    bad["unit_price"] = "1.00"
    mended = desk.take(rows, "mended.jsonl")
    assert (mended.added, mended.unchanged) == (len(voucher), 40 - len(voucher))


def test_partial_leaves_out_vouchers_that_the_store_refuses(desk: Desk, rows: list[Row]) -> None:
    desk.take(rows[:20])
    desk.check()
    desk.export()
    late = {**rows[0], "number": "late", "line": 99}
    result = desk.take([*rows[24:], late], "2.jsonl", partial=True)
    assert (result.stored, result.added, result.rejected, codes(result)) == (True, 16, 1, ["CORE-IMP-015"])


def test_clients_and_cases_become_master_records_and_fill_what_is_empty(desk: Desk, row: Row) -> None:
    full = {**row, "case": "C-1", "client": {"number": "K1", "family_name": "Adler", "birth_date": "1950-03-01"}}
    empty = {**row, "number": "x", "line": 2, "case": "C-1", "client": {"number": "K1", "city": "Brook"}, "details": {}}
    assert desk.take([full, empty]).errors == 0
    item = desk.item("x")
    assert (item.client.family_name, str(item.client.birth_date)) == ("Adler", "1950-03-01")
    assert item.details.model_dump()["prescribed_on"].isoformat() == row["details"]["prescribed_on"]
    party, case = desk.rows(tables.party)[0], desk.rows(tables.care_case)[0]
    assert (party["number"], party["family_name"], party["city"]) == ("K1", "Adler", "Brook")
    assert case["facts"] == json.dumps({"prescribed_on": row["details"]["prescribed_on"]}, separators=(",", ":"))
    assert (item.client_id, item.case_id) == (party["id"], case["id"])


def test_a_row_that_contradicts_the_master_keeps_its_value_with_a_warning(desk: Desk, row: Row) -> None:
    desk.take([{**row, "client": {"number": "K1", "family_name": "Adler"}}])
    other = {**row, "number": "x", "line": 2, "client": {"number": "K1", "family_name": "Bussard"}}
    result = desk.take([other], "2.jsonl")
    assert (result.stored, codes(result), result.warnings) == (True, ["CORE-IMP-017"], 1)
    assert "Bussard" not in result.findings[0].message
    assert desk.item("x").client.family_name == "Bussard"
    assert desk.rows(tables.party)[0]["family_name"] == "Adler"


def test_the_journal_tells_of_the_import_without_names(desk: Desk, rows: list[Row]) -> None:
    desk.take(rows)
    with desk.workspace.database.read() as connection:
        entries = list(journal.entries(connection))
        assert journal.verify(connection).ok
    assert [entry.event for entry in entries] == ["items.imported"]
    assert entries[0].payload["added"] == 40
    assert "Test" not in json.dumps(entries[0].payload)


def test_the_schema_of_a_row_accepts_what_the_import_accepts(row: Row) -> None:
    schema = item_schema(ToyScheme())
    assert schema["additionalProperties"] is False
    assert set(row) <= set(schema["properties"])
    assert schema["$defs"]["Details"]["properties"]["prescribed_on"]["title"] == "Prescription date"
    assert set(schema["required"]) == {"number", "provider", "voucher", "quantity", "unit_price"}


def test_rule_codes_are_unique() -> None:
    found = [rule.code for rule in RULES]
    assert len(found) == len(set(found))
    assert all(code.startswith("CORE-IMP-") for code in found)
