"""Profiles are learned from samples and lists of columns, and proved on data: read with it, written again, the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from billhook_mass import learning, profile, proving
from billhook_mass.learning import Answers, Draft, LearnProblem

TODAY = date(2026, 3, 1)

SAMPLE = (
    '"RgNr","Rechn.-Datum","AZ","Nachname","Vorname","geboren am","Monat","Leistungsart","Menge","Einheit","Satz","Betrag"\n'
    '"7001","2026-02-05","K-1","Muster","Erika","1980-02-01","2026-01","WOHNEN","27.000","Tag","142.35","3843.45"\n'
    '"7001","2026-02-05","K-2","Öhler","Max","1991-09-17","2026-01","WERKSTATT","1.000","Monat","1104.20","1104.20"\n'
)

FIELDS = [
    "invoice.number", "invoice.date", "person.reference", "person.family_name", "person.given_name", "person.birth_date",
    "line.month", "line.service", "line.quantity", "line.unit", "line.rate", "line.amount",
]  # fmt: skip


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.csv"
    path.write_text(SAMPLE, encoding="utf-8")
    return path


def learned(path: Path, answers: Answers | None = None) -> str:
    draft = Draft(learning.look(path), answers or Answers(), name="sample")
    learning.answer_by_proposal(draft)
    return draft.text(today=TODAY)


def test_a_sample_tells_columns_and_form(sample: Path) -> None:
    made = profile.parse(learned(sample))
    assert [column.field for column in made.line.columns] == FIELDS
    form = made.file
    assert (form.encoding, form.delimiter, form.decimal, form.day, form.month) == (
        "utf-8",
        ",",
        ".",
        "%Y-%m-%d",
        "%Y-%m",
    )
    assert (form.quoting.value, form.line_end.value) == ("all", "lf")
    assert [column.places for column in made.line.columns if column.field == "line.quantity"] == [3]
    assert made.status == "assumed"


def test_what_was_learned_writes_the_sample_again(sample: Path) -> None:
    proof = proving.prove(profile.parse(learned(sample)), sample)
    assert proof.same
    assert (proof.rows, proof.cells) == (2, 24)


def test_the_published_sample_is_written_again(corpus: Path) -> None:
    path = corpus / "mass" / "synthetic_mass_invoice.csv"
    assert proving.prove(profile.parse(learned(path)), path).same
    assert proving.prove(profile.load("lwl-assumed"), path).same


@pytest.mark.parametrize(
    ("before", "after", "line", "column", "why"),
    [
        ("3843.45", "3843,45", 2, 12, "no number with a decimal ."),
        ("27.000", "27.0", 2, 9, "the number is written otherwise"),
        ("1980-02-01", "01.02.1980", 2, 6, "no day of the form %Y-%m-%d"),
        ('"Tag"', '"Std"', 2, 10, "the key table has no word for it"),
        ('"Monat","Leistungsart"', '"Monat","Leistung"', 1, 8, "another heading"),
        ("3843.45", "3843.44", 2, 12, "quantity × rate × percent is another amount"),
        ('"7001","2026-02-05","K-1"', '7001,"2026-02-05","K-1"', 2, 0, "other cells are quoted"),
        ('"K-1"', '""', 2, 3, "it is required and empty"),
        ('"K-1",', "", 2, 0, "another number of cells"),
        ('"3843.45"\n', '"3843.45"\r\n', 2, 0, "another line end"),
    ],
)
def test_a_difference_names_line_and_column(
    sample: Path, before: str, after: str, line: int, column: int, why: str
) -> None:
    made = profile.parse(learned(sample))
    assert before in SAMPLE
    sample.write_text(SAMPLE.replace(before, after, 1), encoding="utf-8", newline="")
    proof = proving.prove(made, sample)
    assert not proof.same
    assert [(one.line, one.column) for one in proof.differences] == [(line, column)]
    assert proof.differences[0].why.startswith(why)


@pytest.mark.parametrize("content", ["", "x", '"open', "a;b\n" * 3, "\0\0\0"])
def test_proving_never_raises(sample: Path, content: str) -> None:
    made = profile.parse(learned(sample))
    sample.write_text(content, encoding="utf-8")
    assert not proving.prove(made, sample).same


def test_bytes_of_another_encoding_are_a_difference(sample: Path) -> None:
    made = profile.parse(learned(sample))
    sample.write_bytes(SAMPLE.encode("cp1252"))
    assert [(one.line, one.why) for one in proving.prove(made, sample).differences] == [
        (3, "it has bytes that are no utf-8")
    ]


def test_a_mapping_file_answers_instead_of_a_person(sample: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "profile: kv-nord\npayers: [nord]\ncolumns:\n  Satz: {field: line.rate, places: 2}\n  Einheit:\n  Monat: {text: '2026'}\n"
        "file: {name: 'N_{n}.csv'}\nkeys: {services: {closed: true, words: {home: WOHNEN, work: WERKSTATT}}}\n",
        encoding="utf-8",
    )
    made = profile.parse(learned(sample, learning.read_answers(mapping)))
    by_heading = {column.header: column for column in made.line.columns}
    assert (made.profile, made.payers, made.file.name) == ("kv-nord", ("nord",), "N_{n}.csv")
    assert (by_heading["Einheit"].field, by_heading["Monat"].text) == (None, "2026")
    assert made.keys.services.of("home") == "WOHNEN"
    # What the mapping is silent about is as the base has it.
    assert made.keys.units.of("day") == "Tag"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("columns: {Satz: line.price}", "there is no value 'line.price'"),
        ("columms: {}", "columms"),
        ("- a", "has no keys"),
        ("columns: {a: [", "line 1 is no YAML"),
        ("base: nowhere", "there is no such profile"),
        ("file: {decimal: x}", "decimal"),
    ],
)
def test_a_mapping_file_with_a_mistake_is_told(sample: Path, tmp_path: Path, text: str, said: str) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(text, encoding="utf-8")
    with pytest.raises(LearnProblem, match=said):
        learned(sample, learning.read_answers(mapping))


def test_a_description_is_a_list_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "columns.txt"
    path.write_text("Rechnungsnummer\nAktenzeichen\nLeistungsmonat\nBetrag\n", encoding="utf-8")
    made = profile.parse(learned(path))
    assert [(column.header, column.field) for column in made.line.columns] == [
        ("Rechnungsnummer", "invoice.number"), ("Aktenzeichen", "person.reference"), ("Leistungsmonat", "line.month"),
        ("Betrag", "line.amount"),
    ]  # fmt: skip


def test_a_description_may_say_what_is_required_and_how_long(tmp_path: Path) -> None:
    path = tmp_path / "columns.csv"
    path.write_text("Feldname;Pflicht;Länge\nRechnungsnummer;ja;20\nBemerkung;nein;100\n", encoding="utf-8")
    made = profile.parse(learned(path))
    assert [(column.header, column.required, column.longest) for column in made.line.columns] == [
        ("Rechnungsnummer", True, 20), ("Bemerkung", False, 100),
    ]  # fmt: skip


def test_the_columns_of_berlin_are_learned_with_a_mapping(corpus: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "berlin.yaml"
    mapping.write_text(
        "profile: berlin\ncolumns: {e_FLS_Ist: null, f_Anzahl_kLE: null, Erbringungsfiktion: {text: nein}}\n"
    )
    made = profile.parse(learned(corpus / "mass" / "eabrechnung_berlin_columns.csv", learning.read_answers(mapping)))
    carried = {column.header: column.field for column in made.line.columns if column.field}
    assert carried == {
        "a_Zeitraum": "line.month", "Kennzeichen": "person.reference", "b_EUR_je_Std": "line.rate",
        "d2_abrechenbare_FLS": "line.quantity", "k_Rechnungsbetrag_EUR": "line.amount",
    }  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"Guten Tag"])
def test_from_nothing_nothing_is_learned(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(content)
    with pytest.raises(LearnProblem):
        learning.look(path)


def test_questions_are_asked_until_they_are_answered(sample: Path) -> None:
    typed = iter(["?", "line.price", "invoice.number", "-", "=fest"])
    told: list[str] = []
    asked: list[str] = []

    def ask(question: str, proposal: str) -> str:
        asked.append(question)
        return next(typed, proposal)

    draft = Draft(learning.look(sample), Answers(), name="asked")
    learning.answer_by_asking(draft, ask, told.append)
    made = profile.parse(draft.text(today=TODAY))
    assert [(column.field, column.text) for column in made.line.columns[:3]] == [
        ("invoice.number", ""), (None, ""), (None, "fest"),
    ]  # fmt: skip
    assert [column.field for column in made.line.columns[3:]] == FIELDS[3:]
    assert any("line.rate" in line for line in told)
    # The first one three times, until it had an answer; with what the sample shows.
    assert [question.split(".")[0] for question in asked][:4] == ["1", "1", "1", "2"]
    assert asked[0] == "1. RgNr (e.g. 7001)"
    assert any("there is no value 'line.price'" in line for line in told)
