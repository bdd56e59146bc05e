"""Tables that strangers made: every encoding, separator and number form, and every way in which such a file goes wrong."""

from __future__ import annotations

import codecs
import csv
import io
import resource
import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billhook.model import Finding
from billhook_mass.reading import Column, Form, Kind, Table, open_table, read_amount, read_number

COLUMNS = (
    Column("invoice", ("Rechnungsnummer", "Beleg"), required=True, filled=True),
    Column("person", ("Name", "Leistungsberechtigter")),
    Column("month", ("Leistungsmonat",), Kind.MONTH),
    Column("billed", ("Rechnungsbetrag",), Kind.AMOUNT),
    Column("paid", ("Zahlbetrag", "anerkannt"), Kind.AMOUNT, required=True),
    Column("cut", ("Kürzung",), Kind.AMOUNT),
    Column("paid_on", ("Zahldatum",), Kind.DAY),
)

PLAIN = (
    "Rechnungsnummer;Name;Leistungsmonat;Rechnungsbetrag;Zahlbetrag;Kürzung;Zahldatum\r\n"
    "2026-1;Müßig, Änne;01.2026;3.843,45;3.843,45;0,00;20.02.2026\r\n"
    "2026-2;Öhler, Max;01.2026;427,05;320,29;106,76;20.02.2026\r\n"
)


def read(content: bytes | str, form: Form | None = None) -> Table:
    return open_table(content.encode() if isinstance(content, str) else content, COLUMNS, form, name="avis.csv")


def values(table: Table) -> list[dict[str, object]]:
    return [dict(record.values) for record in table.records()]


def codes(table: Table) -> list[tuple[str, int | None, int | None]]:
    """Code, line and column of every error."""
    found: list[Finding] = [*table.findings]
    for record in table.records():
        found += record.findings
    return [(finding.code, finding.line, finding.element) for finding in found if finding.is_error]


EXPECTED = [
    {
        "invoice": "2026-1", "person": "Müßig, Änne", "month": date(2026, 1, 1), "billed": 384345, "paid": 384345, "cut": 0,
        "paid_on": date(2026, 2, 20),
    },
    {
        "invoice": "2026-2", "person": "Öhler, Max", "month": date(2026, 1, 1), "billed": 42705, "paid": 32029, "cut": 10676,
        "paid_on": date(2026, 2, 20),
    },
]  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"), ("utf-32", "utf-32"), ("cp1252", "cp1252"), ("iso-8859-15", "cp1252"), ("cp850", "cp850"),
    ],
)  # fmt: skip
def test_any_encoding_reads_to_the_same_and_is_said(encoding: str, found: str) -> None:
    table = read(PLAIN.encode(encoding))
    assert values(table) == EXPECTED
    [said] = [guess for guess in table.guesses if guess.what == "encoding"]
    assert said.value == found
    assert said.reason


@pytest.mark.parametrize(
    ("separator", "said"), [(";", ";"), ("\t", "tab"), ("|", "|"), (",", ",")], ids=["semicolon", "tab", "bar", "comma"]
)
def test_any_separator(separator: str, said: str) -> None:
    made = io.StringIO()
    csv.writer(made, delimiter=separator).writerows(csv.reader(io.StringIO(PLAIN), delimiter=";"))
    table = read(made.getvalue())
    assert values(table) == EXPECTED
    assert [guess.value for guess in table.guesses if guess.what == "delimiter"] == [said]


def test_the_line_that_tells_spreadsheets_the_separator() -> None:
    table = read("sep=;\r\n" + PLAIN)
    assert values(table) == EXPECTED
    assert [record.line for record in table.records()] == [3, 4]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(end: str) -> None:
    assert values(read(PLAIN.replace("\r\n", end))) == EXPECTED


@pytest.mark.parametrize(
    ("billed", "paid", "decimal"),
    [
        ("3.843,45", "427,05", ","), ("3843,45", "427,05", ","), ("3,843.45", "427.05", "."), ("3843.45", "427.05", "."),
        ("3 843,45", "427,05 €", ","), ("EUR 3.843,45", "427,05 EUR", ","), ("3'843.45", "427.05", "."),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(billed: str, paid: str, decimal: str) -> None:
    table = read(f'Rechnungsnummer;Rechnungsbetrag;Zahlbetrag\n1;"{billed}";"{paid}"\n')
    assert values(table) == [{"invoice": "1", "billed": 384345, "paid": 42705}]
    assert table.form.decimal == decimal


def test_a_figure_that_could_be_both_is_read_as_the_others_are() -> None:
    """1.234 alone is a thousand in German; beside 12.50 it is no amount of whole cents."""
    [row] = values(read("Rechnungsnummer;Zahlbetrag\n1;1.234\n"))
    assert row["paid"] == 123400
    table = read("Rechnungsnummer;Zahlbetrag\n1;1.234\n2;12.50\n3;7.25\n")
    assert codes(table) == [("MASS-CSV-016", 2, 2)]


@pytest.mark.parametrize(
    ("written", "form"),
    [("20.02.2026", "%d.%m.%Y"), ("2026-02-20", "%Y-%m-%d"), ("20.02.26", "%d.%m.%y"), ("20/02/2026", "%d/%m/%Y"),
     ("20260220", "%Y%m%d"), ("2026-02-20T10:15:00", "%Y-%m-%d"), ("20.02.2026 10:15", "%d.%m.%Y")],
)  # fmt: skip
def test_days_as_people_write_them(written: str, form: str) -> None:
    table = read(f"Rechnungsnummer;Zahlbetrag;Zahldatum\n1;1,00;{written}\n")
    assert [row["paid_on"] for row in values(table)] == [date(2026, 2, 20)]
    assert table.form.day == form


def test_american_days_are_known_by_one_that_can_be_nothing_else() -> None:
    table = read("Rechnungsnummer;Zahlbetrag;Zahldatum\n1;1,00;02/03/2026\n2;1,00;02/20/2026\n")
    assert [row["paid_on"] for row in values(table)] == [date(2026, 2, 3), date(2026, 2, 20)]


@pytest.mark.parametrize("written", ["03.2026", "2026-03", "03/2026", "202603", "März 2026", "Mrz 26", "MAERZ 2026"])
def test_months_as_people_write_them(written: str) -> None:
    [row] = values(read(f"Rechnungsnummer;Zahlbetrag;Leistungsmonat\n1;1,00;{written}\n"))
    assert row["month"] == date(2026, 3, 1)


def test_headers_are_known_by_what_they_mean() -> None:
    table = read("BELEG;KUERZUNG;anerkannt:\n1;2,00;3,00\n")
    assert values(table) == [{"invoice": "1", "cut": 200, "paid": 300}]


def test_lines_above_the_header_are_passed_over() -> None:
    table = read("Zahlungsavis\n\nEmpfänger: Haus Lindenhof;;\n" + PLAIN)
    assert values(table) == EXPECTED
    assert table.header_line == 4


def test_an_unknown_column_is_told_and_left_out() -> None:
    table = read("Rechnungsnummer;Zahlbetrag;Geheimfeld\n1;1,00;x\n")
    assert [(finding.code, finding.value, finding.element) for finding in table.findings] == [
        ("MASS-CSV-007", "Geheimfeld", 3)
    ]
    assert values(table) == [{"invoice": "1", "paid": 100}]


def test_a_quoted_line_end_and_separator_belong_to_the_cell() -> None:
    table = read(
        'Rechnungsnummer;Name;Zahlbetrag\n1;"Muster;\nErika ""die Ältere"""\n;5,00\n'.replace('"""\n;', '""";')
    )
    [record] = table.records()
    assert record.text("person") == 'Muster;\nErika "die Ältere"'
    later = read('Rechnungsnummer;Name;Zahlbetrag\n1;"a\nb\nc";5,00\n2;d;x\n')
    assert codes(later) == [("MASS-CSV-009", 5, 3)]


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0"])
def test_a_formula_is_a_text_and_never_an_amount(cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    [row] = values(read(f"Rechnungsnummer;Name;Zahlbetrag\n1;{quoted};5,00\n"))
    assert row["person"] == cell
    assert codes(read(f"Rechnungsnummer;Name;Zahlbetrag\n1;x;{quoted}\n")) == [("MASS-CSV-009", 2, 3)]


def test_what_spreadsheets_put_before_a_text_is_taken_off() -> None:
    [row] = values(read('Rechnungsnummer;Name;Zahlbetrag\n"=""2026-0001""";\'007;5,00\n'))
    assert (row["invoice"], row["person"]) == ("2026-0001", "007")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ("MASS-CSV-002", None, None)),
        (b"\xef\xbb\xbf\r\n", ("MASS-CSV-002", None, None)),
        (b"%PDF-1.7\n%\xe2\xe3", ("MASS-CSV-001", None, None)),
        (b"PK\x03\x04\x14\0", ("MASS-CSV-001", None, None)),
        (bytes(range(256)) * 20, ("MASS-CSV-001", None, None)),
        (b"Guten Tag\nim Anhang\n", ("MASS-CSV-004", 1, None)),
        (b"Rechnungsnummer;Name\n1;a\n", ("MASS-CSV-005", 1, None)),
        (b"Rechnungsnummer;Zahlbetrag;Zahlbetrag\n1;1,00;2,00\n", ("MASS-CSV-006", 1, None)),
        (b"Rechnungsnummer;Zahlbetrag\n", ("MASS-CSV-017", 1, None)),
        (b"Rechnungsnummer;Zahlbetrag\n1;1,00;oops\n", ("MASS-CSV-008", 2, None)),
        (b"Rechnungsnummer;Zahlbetrag\n1\n", ("MASS-CSV-008", 2, None)),
        (b"Rechnungsnummer;Zahlbetrag\n;1,00\n", ("MASS-CSV-012", 2, 1)),
        (b"Rechnungsnummer;Zahlbetrag\n1;zwei\n", ("MASS-CSV-009", 2, 2)),
        (b"Rechnungsnummer;Zahlbetrag\n1;1,005\n", ("MASS-CSV-016", 2, 2)),
        (b"Rechnungsnummer;Zahlbetrag;Zahldatum\n1;1,00;31.02.2026\n", ("MASS-CSV-010", 2, 3)),
        (b"Rechnungsnummer;Zahlbetrag;Leistungsmonat\n1;1,00;13.2026\n", ("MASS-CSV-011", 2, 3)),
        (b"Rechnungsnummer;Zahlbetrag\n1;1,00\n2;2,00\nSumme;4,00\n", ("MASS-CSV-013", 4, 2)),
        (b"Rechnungsnummer;Zahlbetrag\n1;1,00\nGesamtbetrag:;1,01\n", ("MASS-CSV-013", 3, 2)),
        (b'Rechnungsnummer;Zahlbetrag\n1;1,00\n"2;' + b"x\n" * 60_000, ("MASS-CSV-014", 3, None)),
        (b"Rechnungsnummer;Zahlbetrag\n1;1,00\n" + b"x" * 1_000_001, ("MASS-CSV-015", 3, None)),
        (b"x" * 1_000_001, ("MASS-CSV-015", 1, None)),
    ],
)  # fmt: skip
def test_a_bad_file_is_told_with_line_and_column(content: bytes, expected: tuple[str, int | None, int | None]) -> None:
    assert expected in codes(read(content))


def test_a_number_that_is_none_is_told() -> None:
    columns = (Column("invoice", ("Nr",), required=True), Column("days", ("Tage",), Kind.NUMBER))
    table = open_table(b"Nr;Tage\n1;2,5\n2;drei\n", columns, name="a.csv")
    first, second = table.records()
    assert first.values["days"] == Decimal("2.5")
    assert [(one.code, one.line, one.element) for one in second.findings] == [("MASS-CSV-018", 3, 2)]


def test_a_total_that_is_right_is_no_row() -> None:
    assert codes(read("Rechnungsnummer;Zahlbetrag\n1;1,00\n2;2,00\nSumme;3,00\n")) == []
    assert len(values(read("Rechnungsnummer;Zahlbetrag\n1;1,00\n2;2,00\nSumme;3,00\n"))) == 2


def test_bytes_of_another_encoding_are_read_as_far_as_they_go_and_told() -> None:
    table = read("Rechnungsnummer;Name;Zahlbetrag\n1;Müller;1,00\n".encode("cp1252"), Form(encoding="utf-8"))
    [record] = table.records()
    assert record.cents("paid") == 100
    assert [(finding.code, finding.line, finding.element) for finding in record.findings] == [("MASS-CSV-003", 2, 2)]


def test_a_finding_says_file_and_what_to_do() -> None:
    table = read("Rechnungsnummer;Name\n1;a\n")
    [finding] = [finding for finding in table.findings if finding.is_error]
    assert finding.file == "avis.csv"
    assert finding.message == "no column is paid; the headers are Rechnungsnummer, Name"
    assert "aliases" in finding.mend


@pytest.mark.parametrize(
    ("text", "comma", "point"),
    [
        ("1.234,50", "1234.50", None), ("1,234.50", None, "1234.50"), ("-5,00", "-5.00", None), ("5,00-", "-5.00", None),
        ("−5,00", "-5.00", None), ("--5", None, None), ("-5-", None, None), ("1,2,3", None, None), ("1.23.456", None, None),
        ("٣", None, None), ("1e5", None, None), ("", None, None), ("NaN", None, None), ("12", "12", "12"),
    ],
)  # fmt: skip
def test_numbers(text: str, comma: str | None, point: str | None) -> None:
    assert read_number(text, ",") == (None if comma is None else Decimal(comma))
    assert read_number(text, ".") == (None if point is None else Decimal(point))


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12), st.sampled_from([",", "."]), st.booleans())
def test_every_amount_that_is_written_is_read(cents: int, decimal: str, grouped: bool) -> None:
    whole = f"{abs(cents) // 100:,}" if grouped else str(abs(cents) // 100)
    if decimal == ",":
        whole = whole.replace(",", ".")
    text = f"{'-' if cents < 0 else ''}{whole}{decimal}{abs(cents) % 100:02d}"
    assert read_amount(text, decimal) == cents


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600))
def test_reading_never_raises_on_bytes(content: bytes) -> None:
    codes(read(content))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_reading_never_raises_on_a_mutilated_table(data: st.DataObject) -> None:
    content = bytearray(PLAIN.encode(data.draw(st.sampled_from(["utf-8", "cp1252", "utf-16"]))))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["cut", "put", "change"])):
            case "cut":
                del content[place : place + data.draw(st.integers(1, 20))]
            case "put":
                content[place:place] = data.draw(
                    st.sampled_from([b'"', b";", b"\n", b"\0", b"\r", codecs.BOM_UTF8, b"="])
                )
            case _:
                content[place] = data.draw(st.integers(0, 255))
        if not content:
            break
    codes(read(bytes(content)))


def big_file(path: Path, size: int) -> int:
    """A well-made advice of about this many bytes; returns its rows."""
    row = "2026-{:06d};Müßig, Änne;01.2026;3.843,45;3.843,45;0,00;20.02.2026;Überweisung zum Monatsende, wie vereinbart\r\n"
    rows = 0
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write("Rechnungsnummer;Name;Leistungsmonat;Rechnungsbetrag;Zahlbetrag;Kürzung;Zahldatum;Hinweis\r\n")
        while file.tell() < size:
            file.write("".join(row.format(rows + each) for each in range(1_000)))
            rows += 1_000
    return rows


def read_through(path: Path) -> Iterator[int]:
    for record in open_table(path, COLUMNS).records():
        assert not record.findings
        yield record.cents("paid") or 0


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for size in (300_000, 2_000_000):
        path = tmp_path / f"{size}.csv"
        rows = big_file(path, size)
        tracemalloc.start()
        assert sum(read_through(path)) == rows * 384345
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000
    assert peaks[1] < 8_000_000


@pytest.mark.torture
def test_two_hundred_megabytes_in_flat_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    rows = big_file(path, 200_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(read_through(path)) == rows * 384345
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + 20_000
