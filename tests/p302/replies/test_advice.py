"""Payment advices: amounts and days as people write them, tables in any state, and what a line means."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billhook.model import Outcome, Verdict
from billhook_p302.replies import letters
from billhook_p302.replies.advice import COLUMNS, cents_of, day_of, outcomes, read_if_advice, wrapped
from billhook_p302.replies.letters import Letter, Mark


def said(*lines: str) -> list[Outcome]:
    told = read_if_advice("\n".join(lines).encode())
    assert told is not None
    assert told.problems == ()
    return list(outcomes(told))


# --- Amounts and days -------------------------------------------------------------------------------------------------


@given(st.integers(-(10**13), 10**13))
def test_an_amount_however_it_is_written(cents: int) -> None:
    sign, whole, rest = "-" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    grouped = f"{whole:,}"
    german, english = grouped.replace(",", "."), grouped
    for text in (
        f"{sign}{whole},{rest:02d}",
        f"{sign}{whole}.{rest:02d}",
        f"{sign}{german},{rest:02d} €",
        f"{sign}{english}.{rest:02d} EUR",
        f"{german},{rest:02d}{sign}",
        f" {sign}{german.replace('.', ' ')},{rest:02d}",
    ):
        assert cents_of(text) == cents


@pytest.mark.parametrize(
    ("text", "cents"), [("5", 500), ("5,5", 550), ("0,07", 7), ("1.234.567", 123456700), ("+3", 300)]
)
def test_an_amount_without_all_its_places(text: str, cents: int) -> None:
    assert cents_of(text) == cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "1.234",
        "1,234",
        "1,2,3",
        "1.23.456",
        "12,345.6.7",
        "0,001",
        "=1+1",
        "1e5",
        "٣",
        "5 Euro 20",
        "--5",
        "nan",
    ],
)
def test_what_is_no_amount_or_could_be_two(text: str) -> None:
    with pytest.raises(ValueError, match="it "):
        cents_of(text)


@given(st.dates(date(2000, 1, 1), date(2068, 12, 31)))
def test_a_day_however_it_is_written(day: date) -> None:
    for form in ("%d.%m.%Y", "%Y-%m-%d", "%d.%m.%y", "%Y%m%d"):
        assert day_of(day.strftime(form)) == day


# --- Tables -----------------------------------------------------------------------------------------------------------


def test_what_each_mark_means() -> None:
    refused, corrected, part, cut, examined = said(
        "Rechnung;Zahlbetrag;Kürzung;Prüfvermerk;Datum",
        "R1;;;02;20.02.2026",
        "R2;70,00;;3;20.02.2026",
        "R3;;5,00;04;20.02.2026",
        "R4;;;05;20.02.2026",
    )
    assert (refused.verdict, refused.deducts, refused.cut, refused.amount) == (Verdict.REJECTED, True, None, None)
    # What is granted was paid as well.
    assert (corrected.verdict, corrected.deducts, corrected.amount) == (Verdict.REDUCED, True, 7000)
    assert (part.verdict, part.document, part.amount, part.day) == (Verdict.PAID, "R2", 7000, date(2026, 2, 20))
    assert (cut.verdict, cut.cut) == (Verdict.REDUCED, 500)
    assert (examined.verdict, examined.codes) == (Verdict.UNKNOWN, ("05",))


def test_a_cut_of_all_that_was_billed_is_a_refusal_with_or_without_a_minus() -> None:
    for amount in ("11,00", "-11,00"):
        [outcome] = said("invoice;billed;paid;cut", f"R1;11,00;0,00;{amount}")
        assert (outcome.verdict, outcome.cut) == (Verdict.REJECTED, 1100)
    [credit] = said("invoice;billed;cut", "R1;-11,00;5,00")
    assert credit.cut == -500


def test_a_preamble_sums_and_empty_lines_say_nothing() -> None:
    [outcome] = said(
        "Krankenkasse Musterland", "", "Ihr Zahlungsavis vom;20.02.2026", "Beleg-Nr.;gezahlter Betrag;Zahldatum;Unbekanntes",
        "", "4711;1,00;20.02.2026;x", ";;;", "Gesamt:;1,00;;", "",
    )  # fmt: skip
    assert (outcome.voucher, outcome.amount) == ("4711", 100)


def test_a_quoted_cell_may_hold_anything() -> None:
    [cut, _paid] = said("invoice,paid,cut,text,day", 'R1,1.00,2.00,"a, ""b""\nsecond line",2026-02-20')
    assert cut.text == 'a, "b"\nsecond line'


def test_no_heading_means_two_columns() -> None:
    heads = [head for names in COLUMNS.values() for head in names]
    assert len(heads) == len(set(heads))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
@example('invoice;paid\n"')
@example("invoice;paid\nR1;1,00\x00\n")
@example("invoice\tcut\n\t\n=\t=")
def test_any_table_is_read_without_harm(text: str) -> None:
    for content in (
        text.encode("utf-8", "surrogatepass"),
        f"invoice;paid;cut;mark;day\n{text}".encode("utf-8", "surrogatepass"),
    ):
        told = read_if_advice(content)
        if told is not None:
            list(outcomes(told))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_harm(content: bytes) -> None:
    for each in (content, b"\xff\xfe" + content, b'{"form":"p302-advice/1"' + content):
        read_if_advice(each)


def test_a_line_that_cannot_be_read_is_carried() -> None:
    told = read_if_advice(b"invoice;paid;day\nR1;ten;2026-02-20\n")
    assert told is not None
    [outcome] = outcomes(told)
    assert (outcome.verdict, "line 2, paid" in outcome.text) == (Verdict.UNKNOWN, True)


def test_what_the_table_lacks_is_kept_with_it() -> None:
    content = wrapped("Rechnung;Betrag\nR1;1,00\nR2;2,00\n".encode("cp1252"), day=date(2026, 2, 20), reference="Z-1")
    told = read_if_advice(content)
    assert told is not None
    assert [(one.day, one.reference, one.amount) for one in outcomes(told)] == [
        (date(2026, 2, 20), "Z-1", 100), (date(2026, 2, 20), "Z-1", 200),
    ]  # fmt: skip
    assert wrapped(b"x", day=None, reference="") == b"x"


# --- Letters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", list(Mark))
def test_a_letter_comes_back_as_it_was_written(mark: Mark) -> None:
    letter = Letter(
        mark.value, invoice="R1", item="1-1", amount=5, dated="2026-02-20", reference="AZ", codes=("K1",), text="ä"
    )
    content = letter.to_bytes()
    assert letters.is_letter(content)
    assert content == letter.to_bytes()
    [outcome] = letters.outcomes(content)
    assert (outcome.document, outcome.item, outcome.day, outcome.text) == ("R1", "1-1", date(2026, 2, 20), "ä")
    verdicts = {"01": "paid", "02": "rejected", "03": "reduced", "04": "reduced", "05": "unknown"}
    assert outcome.verdict.value == verdicts[mark]


@settings(deadline=None)
@given(st.integers(0, 200))
def test_a_damaged_letter_says_nothing_or_the_same(length: int) -> None:
    content = Letter("04", invoice="R1", amount=5, text="x" * 40).to_bytes()
    assert list(letters.outcomes(content[: min(length, len(content) - 1)])) == []
