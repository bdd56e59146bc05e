"""The invoice file, byte for byte as the profile wants it; expected rows are written by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from billhook.model import BillingItem
from billhook.scheme import Context
from billhook.testing import batches_of
from billhook_mass.corrections import correct
from billhook_mass.formats import MassInvoice
from billhook_mass.profile import Column, FileForm, Formulas, Grouping, Profile, Quoting, Record, RecordKind, load
from billhook_mass.registers import Phase
from billhook_mass.scheme import Mass
from billhook_mass.testing import NOW, absent_line, line, month_line, register, settings

SCHEME = Mass()
PROFILE = load("lwl-assumed")
HEADER = (
    "Rechnungsnummer;Rechnungsdatum;AZ_Rechnungssteller;Einrichtungsnummer;Aktenzeichen;Name;Vorname;Geburtsdatum;"
    "Leistungsmonat;Leistung_von;Leistung_bis;Leistungsschluessel;Leistungsbezeichnung;Einheit;Menge;Anwesenheitstage;"
    "Abwesenheitstage;Abwesenheitsgrund;Verguetungssatz;Prozentsatz;Betrag;Korrekturkennzeichen;Bezug_Rechnungsnummer;"
    "Bemerkung\r\n"
)


def files(
    items: Sequence[BillingItem], profile: Profile | None = None, phase: Phase = Phase.PILOT
) -> list[dict[str, tuple[str, bytes]]]:
    """The artifacts of every file of these items."""
    context = Context(NOW, SCHEME.versions[0], settings(profile), register(phase=phase))
    return [batch.render(SCHEME, context) for batch in batches_of(SCHEME, context, items)]


def text(items: Sequence[BillingItem], profile: Profile | None = None, **form: Any) -> str:
    """The one CSV of these items as text."""
    own = profile or PROFILE
    own = own.model_copy(update={"file": own.file.model_copy(update=form)})
    [made] = files(items, own)
    [content] = [content for role, content in made.values() if role == "data"]
    return content.decode(own.file.encoding)


def test_a_month_with_days_in_hospital_in_every_byte() -> None:
    present = line(1, quantity=Decimal(27), details={"days_present": 27, "days_absent": 4})
    assert text([present, absent_line(2, 1, details={"note": "ab 10.03."})]) == (
        HEADER
        + "2026-000001;02.04.2026;LE-15-lwl;E-0815;52.2-00001;Böhm;Anna;07.04.1960;03.2026;01.03.2026;31.03.2026;WOHNEN;"
        "Besondere Wohnform;Tag;27,00;27;4;;142,35;100,00;3843,45;;;\r\n"
        "2026-000001;02.04.2026;LE-15-lwl;E-0815;52.2-00001;Böhm;Anna;07.04.1960;03.2026;10.03.2026;13.03.2026;WOHNEN;"
        "Besondere Wohnform;Tag;4,00;0;4;KH;142,35;75,00;427,05;;;ab 10.03.\r\n"
    )


def test_a_month_in_the_workshop_in_every_byte() -> None:
    assert text([month_line(1)]) == (
        HEADER
        + "2026-000001;02.04.2026;LE-12-lwl;E-4712;52.2-00001;Böhm;Anna;07.04.1960;03.2026;01.03.2026;31.03.2026;ARBEIT;"
        "Arbeitsbereich;Monat;1,00;;;;1104,20;100,00;1104,20;;;\r\n"
    )


def test_umlauts_are_written_in_the_character_set_of_the_payer() -> None:
    [made] = files([line(1)])
    content = made["E-0815_202603_0001.csv"][1]
    assert b"B\xf6hm" in content
    assert b"B\xc3\xb6hm" in text([line(1)], encoding="utf-8").encode()


def test_a_byte_order_mark_stands_once() -> None:
    own = PROFILE.model_copy(update={"file": PROFILE.file.model_copy(update={"encoding": "utf-16"})})
    [made] = files([line(key) for key in range(1, 40)], own)
    content = next(iter(made.values()))[1]
    assert content.startswith(b"\xff\xfe")
    assert content.count(b"\xff\xfe") == 1
    assert len(content.decode("utf-16").splitlines()) == 40


# --- Forms of cells ---------------------------------------------------------------------------------------------------


def cells(items: Sequence[BillingItem], **form: Any) -> list[str]:
    """The cells of the first line, as a reader of CSV has them."""
    told = text(items, **form)
    return list(csv.reader(io.StringIO(told), delimiter=form.get("delimiter", ";")))[1]


def test_numbers_with_points_and_thousands() -> None:
    row = cells([line(1)], decimal=".", thousands=",")
    assert (row[14], row[20]) == ("31.00", "4,412.85")


def test_days_and_months_in_another_form() -> None:
    row = cells([line(1)], day="%Y-%m-%d", month="%Y%m")
    assert (row[1], row[8]) == ("2026-04-02", "202603")


def test_separators_within_a_cell_are_quoted_and_quotes_doubled() -> None:
    told = text([line(1, details={"note": 'Zimmer "3"; Nord'})])
    assert told.endswith(';"Zimmer ""3""; Nord"\r\n')
    assert cells([line(1, details={"note": 'Zimmer "3"; Nord'})])[-1] == 'Zimmer "3"; Nord'


def test_tabs_and_line_feeds_where_the_payer_wants_them() -> None:
    told = text([line(1)], delimiter="\t", line_end=FileForm.model_validate({"line_end": "lf"}).line_end)
    assert told.count("\n") == 2
    assert "\r" not in told
    assert told.splitlines()[0].count("\t") == 23


@pytest.mark.parametrize(
    ("quoting", "start"),
    [(Quoting.ALL, '"2026-000001";"02.04.2026"'), (Quoting.TEXT, '"2026-000001";02.04.2026;"LE-15-lwl"')],
)
def test_cells_may_all_be_quoted(quoting: Quoting, start: str) -> None:
    assert text([line(1)], quoting=quoting).splitlines()[1].startswith(start)


@pytest.mark.parametrize("note", ["=1+1", "+49 251", "-x", "@home"])
def test_a_cell_never_starts_a_formula_unless_the_format_wants_it(note: str) -> None:
    assert cells([line(1, details={"note": note})])[-1] == f"'{note}"
    assert cells([line(1, details={"note": note})], formulas=Formulas.LEAVE)[-1] == note


def test_a_negative_amount_is_a_number_and_no_formula() -> None:
    context = Context(NOW, SCHEME.versions[0], settings(), register())
    row = cells([correct(line(1), "cancellation", context)])
    assert (row[14], row[18], row[20], row[21]) == ("-31,00", "142,35", "-4412,85", "S")


# --- Records ----------------------------------------------------------------------------------------------------------


def test_record_kinds_with_a_head_and_a_closing_sum() -> None:
    profile = Profile(
        profile="kinds",
        version="1",
        file=FileForm(header=False),
        records=(
            Record(kind=RecordKind.FILE_START, mark="A", columns=(Column(field="file.number"), Column(text="MASS"))),
            Record(kind=RecordKind.INVOICE_START, mark="K", columns=(
                Column(field="invoice.number"), Column(field="invoice.total"))),
            Record(kind=RecordKind.LINE, mark="P", columns=(
                Column(field="line.ordinal", width=4), Column(field="person.reference", width=12), Column(field="line.amount"))),
            Record(kind=RecordKind.INVOICE_END, mark="E", columns=(Column(field="invoice.rows"),)),
            Record(kind=RecordKind.FILE_END, mark="Z", columns=(
                Column(field="file.invoices"), Column(field="file.rows"), Column(field="file.total"))),
        ),
    )  # fmt: skip
    assert text([line(1), line(2)], profile) == (
        "A;1;MASS\r\n"
        "K;2026-000001;8825,70\r\n"
        'P;0001;"52.2-00001  ";4412,85\r\n'
        'P;0002;"52.2-00002  ";4412,85\r\n'
        "E;2\r\n"
        "Z;1;2;8825,70\r\n"
    )


# --- What leaves together ---------------------------------------------------------------------------------------------


def test_home_and_workshop_leave_in_files_of_their_own() -> None:
    names = [sorted(made) for made in files([line(1), month_line(2, 1)])]
    assert names == [
        ["E-0815_202603_0001.csv", "Rechnung_2026-000001.pdf"],
        ["E-4712_202603_0001.csv", "Rechnung_2026-000002.pdf"],
    ]


def test_one_file_for_all_facilities_of_a_payer() -> None:
    own = PROFILE.model_copy(update={"grouping": Grouping(file="payer")})
    [made] = files([line(1), month_line(2, 1)], own)
    assert sorted(made) == ["Rechnung_2026-000001.pdf", "Rechnung_2026-000002.pdf", "lwl_202603_0001.csv"]


def test_an_invoice_for_each_person() -> None:
    own = PROFILE.model_copy(update={"grouping": Grouping(invoice="person")})
    [made] = files([line(1), line(2), line(3)], own)
    assert len([role for role, _ in made.values() if role == "paper"]) == 3


def test_corrections_leave_apart_and_name_the_invoice() -> None:
    context = Context(NOW, SCHEME.versions[0], settings(), register())
    again = correct(line(1), "correction", context)
    named = again.details.model_copy(update={"corrects_invoice": "2026-000777"})
    made = files([line(2), _with(again, named)])
    rows = [
        list(csv.DictReader(io.StringIO(one[name][1].decode("cp1252")), delimiter=";"))
        for one in made
        for name in one
        if name.endswith("csv")
    ]
    assert [row["Korrekturkennzeichen"] for [row] in rows] == ["K", ""]
    assert rows[0][0]["Bezug_Rechnungsnummer"] == "2026-000777"


def _with(item: BillingItem, details: Any) -> BillingItem:
    return replace(item, id=9, details=details)


# --- Paper ------------------------------------------------------------------------------------------------------------


def test_in_the_pilot_paper_says_number_and_total_of_the_file() -> None:
    [made] = files([line(1), absent_line(2, 1, voucher="V-x")])
    pdf = PdfReader(io.BytesIO(made["Rechnung_2026-000001.pdf"][1]))
    printed = pdf.pages[0].extract_text()
    assert "Rechnungsnummer: 2026-000001" in printed
    assert "Rechnungsbetrag: 4839,90 EUR" in printed  # 4412,85 + 427,05
    assert "Zahlungsbegründend ist allein diese" in printed


def test_live_there_is_no_paper() -> None:
    [made] = files([line(1)], phase=Phase.LIVE)
    assert [role for role, _ in made.values()] == ["data"]


def test_a_long_invoice_goes_over_pages_with_one_sum() -> None:
    [made] = files([line(key) for key in range(1, 121)])
    pdf = PdfReader(io.BytesIO(made["Rechnung_2026-000001.pdf"][1]))
    assert len(pdf.pages) > 3
    assert sum(page.extract_text().count("Summe") for page in pdf.pages) == 1
    assert "529542,00" in pdf.pages[-1].extract_text()  # 120 × 4412,85


# --- Reading it back --------------------------------------------------------------------------------------------------


def verified(tmp_path: Path, content: str) -> set[str]:
    path = tmp_path / "file.csv"
    path.write_bytes(content.encode("cp1252"))
    return {finding.code for finding in MassInvoice().verify(path)}


def test_what_was_written_is_found_right(tmp_path: Path) -> None:
    assert verified(tmp_path, text([line(1), absent_line(2, 1, service_from=line(1).service_from)])) == set()


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("4412,85", "4412,86", "MASS-M02-002"),
        (";31;0;", ";31;1;", "MASS-M03-001"),
        ("01.03.2026;31.03.2026", "31.03.2026;01.03.2026", "MASS-M03-003"),
        ("31.03.2026;WOHNEN", "01.04.2026;WOHNEN", "MASS-M03-002"),
        (";Tag;", ";Woche;", "MASS-FIT-004"),
        ("52.2-00001", "", "MASS-CSV-012"),
        ("07.04.1960", "31.02.1960", "MASS-CSV-010"),
    ],
)
def test_a_file_that_somebody_changed_is_found_wrong(tmp_path: Path, before: str, after: str, code: str) -> None:
    right = text([line(1)])
    assert before in right
    assert code in verified(tmp_path, right.replace(before, after))


def test_a_line_that_stands_twice_is_found(tmp_path: Path) -> None:
    told = text([line(1)])
    assert verified(tmp_path, told + told.splitlines(keepends=True)[1]) == {"MASS-M06-001"}


def test_another_table_is_no_invoice_file(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a;b\n1;2\n")
    assert not MassInvoice().sniff(path.read_bytes(), path.name)
    assert [finding.code for finding in MassInvoice().verify(path)] == ["MASS-FILE-001"]
    assert MassInvoice().describe(path, mask=True).findings[0].code == "MASS-FILE-001"


def test_a_description_hides_persons(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(text([line(1)]).encode("cp1252"))
    open_text = "\n".join(words for _, words in MassInvoice().describe(path, mask=False).lines)
    hidden = "\n".join(words for _, words in MassInvoice().describe(path, mask=True).lines)
    assert "Böhm" in open_text
    assert "Böhm" not in hidden
    assert "52.2-00001" not in hidden
    assert "4412,85" in hidden


def test_the_made_up_file_of_the_corpus_is_read_by_the_assumed_profile(corpus: Path) -> None:
    path = corpus / "mass" / "synthetic_mass_invoice.csv"
    described = MassInvoice().describe(path, mask=True)
    assert dict(described.counts) == {"invoices": 1, "lines": 3}
    # 3843,45 + 427,05 + 1104,20
    assert described.data["total"] == 537470
    assert [finding.code for finding in MassInvoice().verify(path)] == []
