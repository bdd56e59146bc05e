"""Payment advices: read from CSV and PDF, matched with a reason, booked once; what fits nothing is left to a person."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from billhook.billing import deductions, receiving, settling
from billhook.billing.balancing import balances
from billhook.model import ItemState, Verdict
from billhook.store import tables
from billhook_mass import advice, profile, reasons, reports
from billhook_mass.advice import AdviceFile
from billhook_mass.advice_format import MassAdvice
from billhook_mass.registers import Phase
from examples.mass import payer
from examples.mass.payer import Decision
from tests.mass.desk import Desk, at

ADVICE = profile.load("lwl-assumed").advice

CSV = (
    "Rechnungsnummer;Aktenzeichen;Name;Leistungsmonat;Leistungsschlüssel;Rechnungsbetrag;Zahlbetrag;Kürzung;Kürzungsgrund;"
    "Begründung;Zahldatum;Kassenzeichen\n"
)


def read(content: bytes | str, name: str = "avis.csv", booked: date | None = None) -> AdviceFile:
    return advice.read_file(content.encode() if isinstance(content, str) else content, name, [ADVICE], booked)


def said(file: AdviceFile) -> list[tuple[str, str, int | None, int | None, tuple[str, ...]]]:
    return [(one.verdict.value, one.document, one.amount, one.cut, one.codes) for one in advice.outcomes(file)]


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_the_published_example_says_what_it_says(corpus: Path) -> None:
    file = read((corpus / "mass" / "synthetic_zahlungsavis.csv").read_bytes())
    assert file.accepted
    assert said(file) == [
        ("accepted", "2026-000123", 384345, None, ()),
        ("paid", "2026-000123", 384345, None, ()),
        ("reduced", "2026-000123", 32029, 10676, ("K07",)),
        ("paid", "2026-000123", 32029, None, ()),
        ("rejected", "2026-000123", 0, 110420, ("K01",)),
    ]
    first, *_ = advice.outcomes(file)
    assert (first.reference, first.day) == ("700123456", date(2026, 2, 20))
    assert (first.start, first.end) == (date(2026, 1, 1), date(2026, 1, 31))
    assert dict(first.facts)["person_reference"] == "52.2-AB1234"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("100,00;60,00;;;", [("paid", 6000, None)]),
        ("100,00;60,00;40,00;;", [("reduced", 6000, 4000), ("paid", 6000, None)]),
        ("100,00;60,00;-40,00;;", [("reduced", 6000, 4000), ("paid", 6000, None)]),
        ("100,00;60,00;;K07;", [("reduced", 6000, 4000), ("paid", 6000, None)]),
        ("100,00;60,00;;;zu viele Tage", [("reduced", 6000, 4000), ("paid", 6000, None)]),
        ("100,00;0,00;100,00;K01;", [("rejected", 0, 10000)]),
        ("100,00;110,00;;;", [("paid", 11000, None)]),
        ("-50,00;-50,00;0,00;;", [("accepted", -5000, None), ("paid", -5000, None)]),
        ("0,00;0,00;0,00;;", [("accepted", 0, None)]),
        (";60,00;;;", [("accepted", 6000, None), ("paid", 6000, None)]),
    ],
)  # fmt: skip
def test_what_a_row_means(cells: str, expected: list[tuple[str, int, int | None]]) -> None:
    file = read(CSV + f"R1;A;N;01.2026;S;{cells};20.02.2026;700\n")
    assert [(verdict, amount, cut) for verdict, _, amount, cut, _ in said(file)] == expected


def test_a_cut_that_does_not_add_up_is_told_and_what_is_approved_counts() -> None:
    file = read(CSV + "R1;A;N;01.2026;S;100,00;60,00;30,00;K07;;20.02.2026;700\n")
    assert [(one.code, one.line) for one in file.findings] == [("MASS-ADV-005", 2)]
    assert file.accepted
    assert said(file)[0][2:4] == (6000, 3000)


def test_without_a_day_of_payment_nothing_is_booked_until_somebody_says_it() -> None:
    text = "Rechnungsnummer;Zahlbetrag\nR1;60,00\n"
    assert [(one.code, one.line) for one in read(text).errors] == [("MASS-ADV-006", 2)]
    [outcome] = advice.outcomes(read(text))
    assert (outcome.verdict, outcome.codes) == (Verdict.UNKNOWN, ("MASS-ADV-006",))
    assert {one.day for one in advice.outcomes(read(text, booked=date(2026, 2, 20)))} == {date(2026, 2, 20)}


def test_one_bad_row_refuses_the_whole_advice() -> None:
    file = read(CSV + "R1;A;N;01.2026;S;1,00;1,00;;;;20.02.2026;7\nR2;A;N;01.2026;S;1,00;viel;;;;20.02.2026;7\n")
    assert not file.accepted
    assert [(one.code, one.line, one.element) for one in file.errors] == [("MASS-CSV-009", 3, 7)]
    [outcome] = advice.outcomes(file)
    assert outcome.text.startswith("line 3: ")


def decisions() -> list[Decision]:
    rows = [
        ("R1", "52.2-0001", "Muster", "Erika", "01.2026", "WOHNEN", 384345, 384345, 0, "", ""),
        (
            "R1",
            "52.2-0002",
            "Öhler",
            "Max",
            "01.2026",
            "WOHNEN",
            42705,
            32029,
            10676,
            "K07",
            "Platzgebühr nur drei Tage",
        ),
    ]
    return [
        Decision(
            {
                "Rechnungsnummer": row[0], "Aktenzeichen": row[1], "Name": row[2], "Vorname": row[3], "Leistungsmonat": row[4],
                "Leistungsschluessel": row[5],
            },
            row[6], row[7], row[8], row[9], row[10],
        )
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("form", payer.FORMS)
def test_every_form_of_the_same_advice_says_the_same(form: payer.Form) -> None:
    plain = said(read(payer.advice(decisions(), date(2026, 2, 20), "700")))
    assert said(read(payer.advice(decisions(), date(2026, 2, 20), "700", form))) == plain
    assert len(plain) == 4


def test_a_pdf_with_text_says_the_same_as_the_csv() -> None:
    made = payer.advice_pdf(decisions() * 40, date(2026, 2, 20), "700")
    file = read(made, "avis.pdf")
    assert file.findings == ()
    assert file.kind == "pdf"
    assert said(file) == said(read(payer.advice(decisions() * 40, date(2026, 2, 20), "700")))


def canvas(*lines: str) -> bytes:
    target = io.BytesIO()
    page = Canvas(target, pagesize=(800, 400))
    for place, line in enumerate(lines):
        page.setFont("Courier", 8)
        page.drawString(20, 380 - 12 * place, line)
    page.showPage()
    page.save()
    return target.getvalue()


def test_day_and_reference_may_stand_beside_the_table_of_a_pdf() -> None:
    made = canvas(
        "Zahlungsavis", "Zahldatum: 20.02.2026      Kassenzeichen: 700123", "",
        "Rechnungsnummer     Aktenzeichen      Leistungsmonat      Zahlbetrag",
        "R1                  52.2-0001         01.2026               3.843,45",
        "R1                  52.2-0002         01.2026                 320,29",
        "Seite 1 von 1",
    )  # fmt: skip
    file = read(made, "avis.pdf")
    assert file.accepted, file.findings
    assert [(row.approved, row.paid_on, row.text("payment_reference")) for row in file.rows] == [
        (384345, date(2026, 2, 20), "700123"), (32029, date(2026, 2, 20), "700123"),
    ]  # fmt: skip


def test_an_amount_of_a_pdf_that_stands_under_no_heading_is_told() -> None:
    made = canvas(
        "Rechnungsnummer     Zahldatum       Zahlbetrag",
        "R1                  20.02.2026           10,00",
        "",
        "R2                  20.02.2026           11,00                         Nachtrag 12,00",
    )
    file = read(made, "avis.pdf")
    assert [(one.code, one.severity.value) for one in file.findings] == [("MASS-ADV-004", "warning")]
    assert [row.approved for row in file.rows] == [1000]


def test_a_total_of_a_pdf_that_lies_is_told() -> None:
    made = canvas(
        "Rechnungsnummer     Aktenzeichen      Zahldatum       Zahlbetrag",
        "R1                  52.2-0001         20.02.2026           10,00",
        "Summe                                                      11,00",
    )
    assert "MASS-CSV-013" in [one.code for one in read(made, "avis.pdf").errors]


def test_a_pdf_without_text_is_told() -> None:
    target = io.BytesIO()
    page = Canvas(target)
    page.drawImage(ImageReader(Image.new("RGB", (40, 40), "grey")), 20, 20)
    page.save()
    assert [one.code for one in read(target.getvalue(), "avis.pdf").errors] == ["MASS-ADV-001"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 broken", "MASS-ADV-002"),
        (canvas("Sehr geehrte Damen und Herren", "anbei"), "MASS-ADV-003"),
        (canvas("Rechnungsnummer     Name", "R1                  Muster"), "MASS-CSV-005"),
    ],
)  # fmt: skip
def test_a_pdf_that_is_no_advice_is_told(content: bytes, code: str) -> None:
    assert code in [one.code for one in read(content, "avis.pdf").errors]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_reading_never_raises_on_a_mutilated_pdf(data: st.DataObject) -> None:
    content = bytearray(
        canvas("Rechnungsnummer     Zahlbetrag      Zahldatum", "R1                  1,00            20.02.2026")
    )
    for _ in range(data.draw(st.integers(1, 10))):
        place = data.draw(st.integers(5, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    list(advice.outcomes(read(bytes(content), "avis.pdf")))


# --- Matching and booking ---------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Three residents in January, live; the file is uploaded."""
    desk = billed(tmp_path, Phase.LIVE)
    yield desk
    desk.close()


def billed(folder: Path, phase: Phase, absences: str = "") -> Desk:
    desk = Desk(folder)
    desk.residents(3, absences=absences)
    desk.phase(phase)
    assert not desk.month("2026-01").findings
    assert desk.check().errors == 0
    [exchange] = desk.export().exchanges
    if phase is Phase.LIVE:
        settling.mark_sent(desk.workspace, [exchange.id], role="data", now=at("2026-02-05"))
    return desk


NUMBER = "2026-000001"
BILLED = 441285
"""31 days of 142,35."""


def row(person: int, paid: str, **other: str) -> str:
    cells = {
        "invoice": NUMBER, "reference": f"52.2-{person:04d}", "name": "Muster, Erika", "month": "01.2026", "service": "WOHNEN",
        "billed": "4412,85", "paid": paid, "cut": "", "code": "", "text": "", "day": "20.02.2026", "ref": "700",
    } | other  # fmt: skip
    return ";".join(cells.values()) + "\n"


def tell(desk: Desk, *rows: str, name: str = "avis.csv", **options: Any) -> receiving.Received:
    content = (CSV + "".join(rows)).encode()
    return receiving.receive_content(desk.workspace, name, content, scheme="mass", now=at("2026-02-21"), **options)


def stand(desk: Desk) -> tuple[int, int, int, int]:
    """Paid, open, deducted, disputed of the invoice."""
    with desk.workspace.database.read() as connection:
        [one] = balances(connection)
    return one.paid, one.open, one.deducted, one.disputed


def kept(desk: Desk) -> list[Any]:
    with desk.workspace.database.read() as connection:
        return list(connection.execute(sa.select(tables.outcome).order_by(tables.outcome.c.id)))


def differences(desk: Desk) -> list[str]:
    return [str(row[-1]) for row in reports.differences_sheet(desk.workspace, date(2026, 3, 1)).rows]


def test_an_advice_that_pays_all_settles_the_invoice(desk: Desk) -> None:
    result = tell(desk, *(row(person, "4412,85") for person in (1, 2, 3)))
    assert (result.paid, result.missed, result.items.get("settled")) == (3 * BILLED, (), 3)
    assert stand(desk) == (3 * BILLED, 0, 0, 0)
    assert {one.matched for one in kept(desk)} == {"invoice + person reference + month + service"}
    assert differences(desk) == []


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({}, "invoice + person reference + month + service"),
        ({"service": ""}, "invoice + person reference + month"),
        ({"service": "", "month": ""}, "invoice + person reference"),
        ({"invoice": "2025-9"}, "person reference + month + service; there is no invoice 2025-9"),
        ({"reference": "52.2 0002"}, "invoice + person reference + month + service"),
    ],
)
def test_a_row_is_found_by_what_it_says_and_says_by_what(desk: Desk, other: dict[str, str], why: str) -> None:
    assert tell(desk, row(2, "4412,85", **other)).paid == BILLED
    assert {(one.matched, one.document_id is not None) for one in kept(desk)} == {(why, True)}
    [line] = {one.item_id for one in kept(desk)}
    item = next(one for one in reports_lines(desk) if one.item == line)
    assert "K-2" in item.number


def reports_lines(desk: Desk) -> list[reports.Line]:
    with desk.workspace.database.read() as connection:
        return reports.lines(connection, reports.invoices(connection))


@pytest.mark.parametrize(
    "other",
    [
        {"reference": "52.2-9999"},
        {"invoice": "2025-9", "month": "", "service": ""},
        {"invoice": "2025-9", "month": "06.2025"},
        {"month": "06.2025", "reference": "99"},
    ],
)
def test_what_fits_nothing_is_left_to_a_person(desk: Desk, other: dict[str, str]) -> None:
    before = stand(desk)
    result = tell(desk, row(2, "4412,85", **other))
    assert result.paid == 0
    assert {one.problem.split(":")[0] for one in result.missed} == {"row 2"}
    assert stand(desk) == before
    assert [why.startswith("matches nothing") for why in differences(desk)] == [True]


def test_a_row_that_names_only_the_invoice_pays_it(desk: Desk) -> None:
    only = {"reference": "", "name": "", "month": "", "service": "", "billed": "13238,55"}
    assert tell(desk, row(1, "13238,55", **only)).paid == 3 * BILLED
    assert stand(desk)[1] == 0


def test_two_lines_of_the_same_name_are_told_apart_by_the_amount(tmp_path: Path) -> None:
    # Nine days in hospital: present and reserved days of one person have the same service.
    desk = billed(tmp_path, Phase.LIVE, absences="K-1;H1;hospital;05.01.2026;15.01.2026\n")
    # 22 days of 142,35 and 9 of 106,7625.
    assert tell(desk, row(1, "3131,70", billed="3131,70"), row(1, "960,86", billed="960,86")).paid == 313170 + 96086
    assert {one.matched for one in kept(desk)} == {
        "invoice + person reference + month + service; the amount decides between several"
    }
    assert len({one.item_id for one in kept(desk)}) == 2
    # Without the amount nobody can say which one is meant.
    assert tell(desk, row(1, "1,00", billed=""), name="b.csv").missed
    # Unless it is said on which days.
    dated = CSV.replace("Leistungsmonat", "Leistung_von") + row(
        1, "1,00", billed="", month="06.01.2026", day="01.03.2026"
    )
    told = receiving.receive_content(desk.workspace, "c.csv", dated.encode(), scheme="mass", now=at("2026-03-02"))
    assert (told.paid, kept(desk)[-1].matched) == (
        100, "invoice + person reference + month + service; the days decide between several",
    )  # fmt: skip
    desk.close()


def test_part_payments_leave_a_difference_until_the_rest_comes(desk: Desk) -> None:
    tell(desk, row(1, "4000,00"))
    assert differences(desk) == ["paid in part, without a reason"]
    again = tell(desk, row(1, "412,85", day="01.03.2026"), name="rest.csv")
    assert again.paid == 41285
    assert differences(desk) == []
    assert stand(desk)[:2] == (BILLED, 2 * BILLED)


def test_too_much_is_a_difference_until_it_is_taken_back(desk: Desk) -> None:
    tell(desk, row(1, "4500,00"))
    assert differences(desk) == ["paid more than was billed"]
    tell(desk, row(1, "-87,15", day="01.03.2026"), name="back.csv")
    assert differences(desk) == []


def test_an_advice_that_says_another_amount_was_asked_for_is_a_difference(desk: Desk) -> None:
    tell(desk, row(1, "4000,00", billed="4000,00"))
    assert differences(desk) == ["the advice says that 412.85 EUR less was asked for"]


def test_a_cut_is_a_deduction_with_its_reason_and_an_unknown_one_is_mapped_later(desk: Desk) -> None:
    tell(
        desk,
        row(1, "4000,00", cut="412,85", code="X99", text="nach Aktenlage"),
        row(2, "0,00", cut="4412,85", code="K01"),
    )
    [first, second] = deductions.deductions(desk.workspace)
    assert (first.deduction.amount, first.deduction.codes, first.deduction.text) == (41285, ("X99",), "nach Aktenlage")
    assert (second.deduction.amount, second.deduction.reason) == (BILLED, "")
    states = {line.number.split("/")[2]: line.state for line in reports_lines(desk)}
    assert states == {"K-1": ItemState.REDUCED, "K-2": ItemState.REJECTED, "K-3": ItemState.SENT}
    assert stand(desk) == (400000, 2 * BILLED + 41285, 0, BILLED + 41285)
    [known, unknown] = reports.reasons_sheet(desk.workspace, date(2026, 3, 1), {"K01": "no grant"}).rows
    assert (known[:2], unknown[:2]) == (["K01", "no grant"], ["X99", "unknown"])
    assert reasons.map_code(desk.workspace, "X99", "amount-wrong") == 1
    assert deductions.deductions(desk.workspace)[0].deduction.reason == "amount-wrong"
    # And it holds for those that come.
    tell(desk, row(3, "4000,00", cut="412,85", code="X99"), name="next.csv")
    assert reasons.apply_mappings(desk.workspace) == 1
    assert [one.deduction.reason for one in deductions.deductions(desk.workspace)] == [
        "amount-wrong",
        "",
        "amount-wrong",
    ]


def test_the_same_advice_twice_changes_nothing_and_says_so(desk: Desk) -> None:
    rows = [row(1, "4000,00", cut="412,85", code="K07"), row(2, "4412,85")]
    tell(desk, *rows)
    before = stand(desk)
    assert tell(desk, *rows).already
    # The same words in other bytes: another encoding, or the PDF.
    content = (CSV + "".join(rows)).encode("utf-16")
    again = receiving.receive_content(desk.workspace, "b.csv", content, scheme="mass", now=at("2026-02-22"))
    assert (again.already, again.paid, again.deductions, again.repeated) == (False, 0, (), 3)
    assert stand(desk) == before
    assert differences(desk) == []


def test_a_dry_run_says_it_and_keeps_nothing(desk: Desk) -> None:
    before = stand(desk)
    assert tell(desk, row(1, "4412,85"), dry_run=True).paid == BILLED
    assert stand(desk) == before
    assert kept(desk) == []


def test_in_a_pilot_only_the_paper_is_paid(tmp_path: Path) -> None:
    desk = billed(tmp_path, Phase.PILOT)
    # The portal's advice comes first: it moves nothing, and nothing is owed yet.
    result = tell(desk, row(1, "4412,85"), row(2, "0,00", cut="4412,85", code="K09"))
    assert (result.paid, result.deductions, result.missed) == (0, (), ())
    with desk.workspace.database.read() as connection:
        assert balances(connection) == []
    settling.mark_sent(desk.workspace, [1], role="paper", now=at("2026-02-06"))
    paid = tell(desk, row(1, "4412,85"), row(2, "4412,85"), name="papier.csv", hints={"about": "paper"})
    assert paid.paid == 2 * BILLED
    sheet = reports.pilot_sheet(desk.workspace, date(2026, 3, 1))
    results = {str(one[4]).split("/")[2]: (one[7], one[9], one[10], one[12]) for one in sheet.rows}
    assert results == {
        "K-1": (BILLED, BILLED, 0, "equal"),
        "K-2": (BILLED, 0, BILLED, "other amounts"),
        "K-3": (0, 0, 0, "no answer yet"),
    }
    assert len(reports.only_differences(sheet).rows) == 2
    desk.close()


def test_a_refused_advice_is_kept_and_books_nothing(desk: Desk) -> None:
    before = stand(desk)
    result = tell(desk, row(1, "viel"))
    assert result.problem
    assert result.codes == ("MASS-CSV-009",)
    assert stand(desk) == before


def test_it_is_the_same_on_both_databases(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLHOOK_DATABASE_URL", database_url)
    desk = billed(tmp_path, Phase.LIVE)
    tell(
        desk,
        row(1, "4000,00", cut="412,85", code="X99"),
        row(2, "4412,85", invoice="2025-9"),
        row(3, "9,00", reference="?"),
    )
    assert stand(desk) == (400000 + BILLED, BILLED + 41285, 0, 41285)
    assert reasons.map_code(desk.workspace, "X99", "amount-wrong") == 1
    assert reasons.map_code(desk.workspace, "X99", "client-deceased") == 1
    assert reasons.mappings(desk.workspace) == {"X99": "client-deceased"}
    assert [why.split(" (")[0] for why in differences(desk)] == ["matches nothing"]
    [cut] = reports.cuts_sheet(desk.workspace, date(2026, 3, 1), {}).rows
    assert (cut[7], cut[9], cut[12]) == (41285, "X99", "client-deceased")
    [group] = reports.open_sheet(desk.workspace, date(2026, 3, 1)).rows
    assert group[:4] == ["lwl", "2026-01", "H1", 1]
    tell(desk, row(1, "412,85", day="02.03.2026"), name="later.csv")
    assert deductions.deductions(desk.workspace) == []
    assert stand(desk) == (2 * BILLED, BILLED, 0, 0)
    desk.close()


# --- As a wire format -------------------------------------------------------------------------------------------------


def test_an_advice_is_known_by_its_headings_and_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "avis.csv"
    path.write_text(CSV + row(1, "4000,00", cut="412,85", code="K07"), encoding="utf-8")
    kind = MassAdvice()
    assert kind.sniff(path.read_bytes()[:4096], path.name)
    assert not kind.sniff(b"a;b\n1;2\n", "x.csv")
    described = kind.describe(path, mask=False)
    assert (described.counts["rows"], described.data["approved"], described.data["cut"]) == (1, 400000, 41285)
    assert "52.2-0001" in " ".join(text for _, text in described.lines)
    masked = " ".join(text for _, text in kind.describe(path, mask=True).lines)
    assert "52.2-0001" not in masked
    assert list(kind.verify(path)) == []
    path.write_text("Rechnungsnummer;Aktenzeichen\n1;2\n", encoding="utf-8")
    assert "MASS-CSV-005" in [one.code for one in kind.verify(path)]


def test_facts_of_outcomes_are_stored_for_people_to_look_at(desk: Desk) -> None:
    tell(desk, row(1, "4412,85"))
    facts = json.loads(kept(desk)[0].facts)
    assert (facts["row"], facts["month"], facts["billed"]) == ("2", "2026-01", "441285")
