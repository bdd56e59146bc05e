"""Whatever is wrong with a file or a value: a clear message with place and field, the documented code, nothing changed.

Each row is a file as somebody might really hand it over. The tables are dumped by sqlite3 before and after.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from billhook_cli.exits import Exit
from tests.cli.desk import EXAMPLES, PROVIDER, Clerk, json_lines, row

HEADER = "number;provider;voucher;quantity;unit_price;service_from;text\n"


def csv(*cells: str, header: str = HEADER) -> bytes:
    """A CSV file with this header and these rows."""
    return (header + "".join(f"{each}\n" for each in cells)).encode()


def csv_row(price: str = "450,00", day: str = "02.10.2025", number: str = "1-1", text: str = "") -> str:
    """A row of a CSV file that can be imported."""
    return f"{number};{PROVIDER};1;1;{price};{day};{text}"


@dataclass(frozen=True)
class Bad:
    """A bad file: its name, its bytes, and what the message has to say."""

    what: str
    name: str
    content: bytes
    says: tuple[str, ...]


BAD_ITEMS = [
    Bad("an empty file", "a.jsonl", b"", ("a.jsonl: the file has no rows",)),
    Bad("an empty file", "a.csv", b"", ("a.csv: the file has no rows",)),
    Bad("only a byte order mark", "a.csv", codecs.BOM_UTF8, ("a.csv: the file has no rows",)),
    Bad("only a header", "a.csv", csv(), ("a.csv: the file has no rows",)),
    Bad("blank lines", "a.jsonl", b"\n \n\n", ("a.jsonl: the file has no rows",)),
    Bad(
        "Latin-1 where UTF-8 is meant",
        "a.jsonl",
        json.dumps(row(text="Müller"), ensure_ascii=False).encode("latin-1"),
        ("a.jsonl:1: byte ", "no UTF-8", "say which encoding"),
    ),
    Bad("UTF-16", "a.jsonl", json_lines(row()).decode().encode("utf-16"), ("UTF-16", "save it as UTF-8")),
    Bad("UTF-16", "a.csv", csv(csv_row()).decode().encode("utf-16"), ("UTF-16", "save it as UTF-8")),
    Bad("a NUL", "a.jsonl", json_lines(row(), row(number="1-2", text="a\0b")), ("a.jsonl:2", "U+0000")),
    Bad("a NUL", "a.csv", csv(csv_row(text="a\0b")), ("a.csv:2", "U+0000")),
    Bad("an unknown field", "a.jsonl", json_lines(row(quantitty="1")), ("a.jsonl:1", "did you mean quantity?")),
    Bad(
        "an unknown detail",
        "a.jsonl",
        json_lines(row(details={"prescribed": "2025-10-01"})),
        ("a.jsonl:1, details.prescribed", "there is no field details.prescribed"),
    ),
    Bad(
        "an unknown column",
        "a.csv",
        csv(f"1;{PROVIDER};1;1;5,00;x", header="number;provider;voucher;quantity;unit_price;txt\n"),
        ("a.csv:1, txt", "there is no field txt; did you mean text?"),
    ),
    Bad("a missing field", "a.jsonl", json_lines(row(voucher=None)), ("a.jsonl:1, voucher: the field voucher is missing",)),
    Bad(
        "a missing column",
        "a.csv",
        csv(f"1;{PROVIDER};1;5,00", header="number;provider;quantity;unit_price\n"),
        ("a.csv:2, voucher: the field voucher is missing",),
    ),
    Bad("an empty cell that is needed", "a.csv", csv("1-1;;1;1;450,00;;"), ("a.csv:2, provider",)),
    Bad("1.234,50", "a.jsonl", json_lines(row(unit_price="1.234,50")), ("a.jsonl:1, unit_price: 1.234,50", "'1234.50'")),
    Bad("1.234,50", "a.csv", csv(csv_row("1.234,50")), ("a.csv:2, unit_price: 1.234,50", "'1234,50'")),
    Bad("1e9", "a.jsonl", json_lines(row(unit_price="1e9")), ("a.jsonl:1, unit_price: 1e9", "no exponent")),
    Bad("1e9 as a number", "a.jsonl", json_lines(row()).replace(b'"450.00"', b"1e9"), ("unit_price: 1e9", "no exponent")),
    Bad("1e9", "a.csv", csv(csv_row("1e9")), ("a.csv:2, unit_price: 1e9", "no exponent")),
    Bad("too many digits", "a.jsonl", json_lines(row(quantity="1" * 40)), ("a.jsonl:1, quantity", "digits")),
    Bad("not a number", "a.jsonl", json_lines(row()).replace(b'"450.00"', b"NaN"), ("a.jsonl:1",)),
    Bad("31.02.", "a.jsonl", json_lines(row(service_from="2025-02-31")), ("a.jsonl:1, service_from: 2025-02-31 is no date",)),
    Bad("31.02.", "a.csv", csv(csv_row(day="31.02.2025")), ("a.csv:2, service_from: 31.02.2025 is no date",)),
    Bad(
        "a date of the client's",
        "a.jsonl",
        json_lines(row(client={"number": "K-1", "birth_date": "31.02.1950"})),
        ("a.jsonl:1, client.birth_date: 31.02.1950 is no date",),
    ),
    Bad("cut off", "a.jsonl", json_lines(row(), row(number="1-2"))[:-40], ("a.jsonl:2", "no JSON object")),
    Bad("cut off within quotes", "a.csv", csv(csv_row(), csv_row(number="1-2", text='"cut')), ("a.csv:3", "CSV", "quotes")),
    Bad("cut off within a row", "a.csv", csv(csv_row(), f"1-2;{PROVIDER};1"), ("a.csv:3: the row has 3 cells, the header 7",)),
    Bad("a list, not an object", "a.jsonl", b"[1, 2]\n", ("a.jsonl:1", "no JSON object")),
    Bad("a whole JSON document", "a.json", json.dumps([row()], indent=1).encode(), ("a.json:1", "one JSON object on each line")),
    Bad(
        "the same header twice",
        "a.csv",
        csv(f"1;1;{PROVIDER};1;1;5,00", header="number;number;provider;voucher;quantity;unit_price\n"),
        ("a.csv:1: the header names the column number twice",),
    ),
    Bad(
        "a bad row after a quoted line break",
        "a.csv",
        csv(csv_row(text='"two\nlines"'), csv_row(price="x", number="1-2")),
        ("a.csv:4, unit_price: x",),
    ),
    Bad("the same number twice", "a.jsonl", json_lines(row(), row()), ("a.jsonl:2, number", "already in line 1")),
    Bad("a scheme that is not there", "a.jsonl", json_lines(row(scheme="elsewhere")),
        ("a.jsonl:1, scheme", "billhook-elsewhere")),
    Bad("a spreadsheet", "a.csv", b"PK\x03\x04\x14\x00\x06\x00\x08\x00" + bytes(range(256)) * 4, ("a.csv",)),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ITEMS, ids=lambda bad: f"{bad.what} ({bad.name})")
def test_items_import_refuses(fresh: Clerk, tmp_path: Path, bad: Bad) -> None:
    file = tmp_path / bad.name
    file.write_bytes(bad.content)
    before, files = fresh.tables(), fresh.files()
    printed = fresh.runs("items", "import", file, "--scheme", "p302", exits=Exit.REFUSED)
    assert [words for words in bad.says if words not in printed.out] == [], printed.out
    assert "nothing was changed" in printed.out
    told = fresh.asks("items", "import", file, "--scheme", "p302", exits=Exit.REFUSED)
    assert told["stored"] is False
    assert told["errors"] == sum(1 for finding in told["findings"] if finding["severity"] == "error")
    assert all(finding["file"] == bad.name and finding["code"].startswith("CORE-IMP-") for finding in told["findings"])
    assert fresh.tables() == before
    assert fresh.files() == files


def test_all_that_is_wrong_is_told_at_once(fresh: Clerk, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(json_lines(row(unit_price="x", service_from="x"), row(number="1-2", quantity=None)))
    told = fresh.asks("items", "import", file, exits=Exit.REFUSED)
    places = [(finding["line"], finding["field"]) for finding in told["findings"]]
    assert sorted(places) == [(1, "service_from"), (1, "unit_price"), (2, "quantity")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bom.jsonl", codecs.BOM_UTF8 + json_lines(row(text="Müller"))),
        ("bom.csv", codecs.BOM_UTF8 + csv(csv_row(text="Müller"))),
        ("cp1252.csv", csv(csv_row(text="Müller")).decode().encode("cp1252")),
        ("break.csv", csv(csv_row(text='"two\nlines"'))),
        ("number.jsonl", json_lines(row()).replace(b'"450.00"', b"450.00")),
        ("crlf.csv", csv(csv_row()).replace(b"\n", b"\r\n")),
        ("no-end.jsonl", json_lines(row()).rstrip()),
    ],
)
def test_what_is_only_unusual_is_read(fresh: Clerk, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    fresh.runs("items", "import", tmp_path / name, "--scheme", "p302")
    (item,) = fresh.asks("items", "list")
    assert (item["gross"], item["service_from"]) == (45000, "2025-10-02")
    text = fresh.asks("show", "item", "1-1")["facts"]["text"]
    assert text in ("", "Müller", "two\nlines")


def test_an_unknown_card_is_found_by_check_with_voucher_and_field(fresh: Clerk, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(json_lines(row(payer="101575591")))
    fresh.runs("items", "import", file)
    fresh.runs("check", exits=Exit.FINDINGS)
    (found,) = fresh.asks("errors", "--code", "P302-RTE-002")
    assert (found["voucher"], found["line"], found["field"]) == ("1", 1, "payer")
    assert "101575591" in found["message"]
    fresh.runs("p302", "payers", "route", "101575591", "--code", "15", "--state", "08", exits=Exit.FINDINGS)


COMMANDS = [
    ("items", "import"),
    ("p302", "payers", "import"),
    ("describe",),
    ("verify",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_folder_and_a_missing_file_are_refused(fresh: Clerk, tmp_path: Path, command: tuple[str, ...]) -> None:
    before = fresh.tables()
    (tmp_path / "folder").mkdir()
    printed = fresh.runs(*command, tmp_path / "folder", exits=Exit.REFUSED)
    assert "folder" in printed.out + printed.err
    printed = fresh.runs(*command, tmp_path / "nowhere", exits=Exit.REFUSED)
    assert "nowhere" in printed.out + printed.err
    assert "o such file" in printed.out + printed.err
    assert fresh.tables() == before


PAYERS = (EXAMPLES / "payers" / "EK05Q425.ke0").read_bytes()

BAD_PAYERS = [
    Bad("an empty file", "EK05Q425.ke0", b"", ("EK05Q425.ke0: P302-KTR-002 The file is empty.",)),
    Bad("no EDIFACT", "EK05Q425.ke0", b"number;name\n1;AOK\n", ("P302-KTR-003", "neither UNA nor UNB")),
    Bad("UTF-16", "EK05Q425.ke0", PAYERS.decode("latin-1").encode("utf-16"), ("EK05Q425.ke0: P302-KTR-",)),
    Bad("NUL bytes", "EK05Q425.ke0", PAYERS[:400] + b"\0" + PAYERS[400:], ("EK05Q425.ke0", "NUL")),
    Bad("cut off", "EK05Q425.ke0", PAYERS[: len(PAYERS) // 2], ("EK05Q425.ke0:", "P302-KTR-")),
    Bad("one end missing", "EK05Q425.ke0", PAYERS[: PAYERS.rindex(b"UNZ")], ("EK05Q425.ke0", "P302-KTR-")),
]


@pytest.mark.parametrize("bad", BAD_PAYERS, ids=lambda bad: bad.what)
def test_payers_import_refuses(fresh: Clerk, tmp_path: Path, bad: Bad) -> None:
    file = tmp_path / bad.name
    file.write_bytes(bad.content)
    before = fresh.tables()
    good = EXAMPLES / "payers" / "AO05Q425.ke0"
    printed = fresh.runs("p302", "payers", "import", good, file, exits=Exit.REFUSED)
    assert [words for words in bad.says if words not in printed.err] == [], printed.err
    assert "nothing was changed" in printed.err
    assert fresh.asks("p302", "payers", "import", file, exits=Exit.REFUSED)["refused"] is True
    assert fresh.tables() == before


@pytest.mark.parametrize("command", ["describe", "verify"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"number;name\n1;AOK\n", "no installed scheme knows the format of file"),
        (bytes(1000), "no installed scheme knows the format of file"),
        ("UNA:+,? '".encode("utf-16"), "no installed scheme knows the format of file"),
    ],
)
def test_files_that_nobody_knows(fresh: Clerk, tmp_path: Path, command: str, content: bytes, says: str) -> None:
    (tmp_path / "file").write_bytes(content)
    printed = fresh.runs(command, tmp_path / "file", exits=Exit.REFUSED)
    assert says in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_a_wire_file_that_was_cut_off(billed: Clerk, tmp_path: Path, keep: float) -> None:
    whole = (billed.home / "out" / "000001" / "TSOL0001").read_bytes()
    (tmp_path / "TSOL0001").write_bytes(whole[: int(len(whole) * keep)])
    told = billed.asks("verify", tmp_path / "TSOL0001", exits=Exit.FINDINGS)
    assert told["errors"] > 0
    assert all(finding["code"] and finding["message"] for finding in told["findings"])
    billed.runs("describe", tmp_path / "TSOL0001")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("service_from", "31.02.2025", "a date such as 2025-10-31 or 31.10.2025"),
        ("details.prescribed_on", "yesterday", "a date such as"),
        ("client.birth_date", "1950-13-01", "a date such as"),
        ("unit_price", "1.234,50", "a number such as 2 or 2,5 without thousands separators"),
        ("unit_price", "1e9", "a number"),
        ("unit_price", "", "a number"),
        ("quantity", "NaN", "a number"),
        ("copayment", "1.234,50", "an amount such as 1234,50 without thousands separators"),
        ("copayment", "1,234", "an amount"),
        ("details.aid", "one", "a whole number"),
        ("details.aid", "9" * 40, "a whole number"),
        ("text", "a\0b", "text"),
        ("details.diagnoses", "G35", "a list or structure"),
        ("details.prescribed_onn", "2025-10-01", "did you mean details.prescribed_on?"),
        ("nonsense", "1", "there is no field nonsense"),
        ("number", "2", "says which item it is and cannot be corrected"),
    ],
)
def test_correct_refuses(checked: Clerk, field: str, value: str, says: str) -> None:
    before = checked.tables()
    printed = checked.runs("correct", "--item", "25101-1", "--field", field, value, exits=Exit.REFUSED)
    assert says in printed.err
    assert field in printed.err
    assert checked.tables() == before


def test_what_was_billed_is_never_changed(billed: Clerk, tmp_path: Path) -> None:
    before = billed.tables()
    printed = billed.runs("correct", "--item", "25101-1", "--field", "text", "x", exits=Exit.REFUSED)
    assert "bill a correction" in printed.err
    changed = tmp_path / "again.jsonl"
    first = json.loads((EXAMPLES / "items.jsonl").read_text("utf-8").splitlines()[0])
    changed.write_bytes(json_lines(first | {"unit_price": "451.00"}))
    printed = billed.runs("items", "import", changed, "--update", exits=Exit.REFUSED)
    assert "again.jsonl:1, voucher: voucher 25101 is already billed" in printed.out
    assert billed.tables() == before


@pytest.mark.parametrize(
    ("code", "reason", "until", "says"),
    [
        ("nonsense", "x", "2099-12-31", "a code looks like"),
        ("P302-EHI-007", " ", "2099-12-31", "needs a reason"),
        ("P302-EHI-007", "x", "2020-12-31", "has passed"),
    ],
)
def test_suppress_refuses(fresh: Clerk, code: str, reason: str, until: str, says: str) -> None:
    before = fresh.tables()
    assert says in fresh.runs("suppress", code, "--reason", reason, "--until", until, exits=Exit.REFUSED).err
    assert fresh.tables() == before
