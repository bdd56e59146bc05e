"""A year of a home and a workshop, through pilot and live, with absences, corrections and advices, to zero unexplained cents."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from billhook.billing import correcting, deductions, following, receiving, settling
from billhook.billing.balancing import balances
from billhook.billing.checking import check
from billhook.billing.exporting import export
from billhook.model import DeductionAction
from billhook.plugins import Registry
from billhook.store import Workspace, journal, tables
from billhook_mass import outbox, plugin, reasons, reports
from billhook_mass.answers import ABOUT
from billhook_mass.months import build_month
from billhook_mass.phasing import set_phase
from billhook_mass.registering import Book, import_book
from billhook_mass.registers import Phase
from billhook_mass.sheets import as_csv, as_pdf
from examples.mass import payer, provider
from examples.mass.payer import Decision, Row
from tests.mass import ledger

BERLIN = ZoneInfo("Europe/Berlin")
FACILITIES = (provider.HOME, provider.WORKSHOP)
PILOT = (1, 2, 3)
"""Months of the pilot; from April on only files count."""


@dataclass
class Year:
    """The desk, and what the payer's own cash book says: cents it paid, by invoice, and rests that it still owes."""

    workspace: Workspace
    folder: Path
    cash: int = 0
    rests: list[Decision] = field(default_factory=list)
    advices: int = 0

    def at(self, month: int, day: int) -> datetime:
        """A moment after the month of service."""
        year, index = divmod(month, 12)
        return datetime(2026 + year, index + 1, day, 10, tzinfo=BERLIN)

    def tell(self, content: bytes, name: str, when: datetime, **hints: str) -> receiving.Received:
        self.advices += 1
        result = receiving.receive_content(self.workspace, name, content, scheme="mass", hints=hints, now=when)
        reasons.apply_mappings(self.workspace, now=when)
        assert result.missed == (), result.missed
        assert not result.problem
        return result


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    folder = tmp_path_factory.mktemp("year")
    registry = Registry.of(plugin)
    Workspace.create(folder / "home", plugins=registry).close()
    settings = Path(provider.__file__).with_name("billhook.toml").read_text("utf-8")
    (folder / "home" / "billhook.toml").write_text(settings, encoding="utf-8")
    year = Year(Workspace.open(folder / "home", plugins=registry), folder)
    begin(year)
    for month in range(1, 13):
        live_month(year, month)
        if month == 5:
            correct_april(year)
    finish(year)
    yield year
    year.workspace.close()


def begin(year: Year) -> None:
    """What a clerk enters before the first invoice."""
    for name, path in provider.write(year.folder / "books").items():
        done = import_book(year.workspace, Book(name), path)
        assert not done.refused, done.findings
    for facility in FACILITIES:
        for phase, start in ((Phase.UNLOCKED, date(2025, 12, 1)), (Phase.PILOT, date(2026, 1, 1))):
            set_phase(year.workspace, "lwl", facility, phase, start)


def live_month(year: Year, month: int) -> None:
    """A month from stays to money."""
    if month == PILOT[-1] + 1:
        for facility in FACILITIES:
            day = year.at(month, 1).date()
            set_phase(year.workspace, "lwl", facility, Phase.LIVE, day, document="Freigabe vom 20.04.2026")
    made = year.at(month, 5)
    for facility in FACILITIES:
        built = build_month(year.workspace, f"2026-{month:02d}", facility, now=made)
        assert not [one for one in built.findings if one.is_error], built.findings
    send(year, month, made)


def send(year: Year, month: int, made: datetime) -> None:
    """Check, export, upload; then what the payer says."""
    checked = check(year.workspace, now=made)
    assert checked.errors == 0
    before = {one.exchange for one in outbox.outbox(year.workspace)}
    assert export(year.workspace, now=made).exchanges
    for file in outbox.outbox(year.workspace):
        if file.exchange not in before:
            upload(year, file, month, made)


def upload(year: Year, file: outbox.OutboxFile, month: int, made: datetime) -> None:
    """A person uploads the file; in the pilot the paper goes by post."""
    assert outbox.sheet(year.workspace, file.exchange).findings == ()
    outbox.uploaded(year.workspace, file.exchange, receipt=f"Q{file.exchange}", now=made)
    path = year.workspace.out_dir / f"{file.exchange:06d}" / file.name
    papers = list(path.parent.glob("*.pdf"))
    if month in PILOT:
        assert len(papers) == file.invoices
        assert owed(year, file.exchange) == 0
        settling.mark_sent(year.workspace, [file.exchange], role="paper", now=made)
    else:
        assert papers == []
    assert owed(year, file.exchange) == file.total
    answer(year, file, path, month)


def owed(year: Year, exchange: int) -> int:
    with year.workspace.database.read() as connection:
        return sum(one.billed for one in balances(connection, tables.document.c.exchange_id == exchange))


def answer(year: Year, file: outbox.OutboxFile, path: Path, month: int) -> None:
    """The payer's advice, in another form every month; in the pilot one for the paper and one for the file."""
    day = year.at(month, 20)
    decisions = payer.decide(path, lambda row, billed: judge(row, billed, month))
    reference = f"700{month:02d}{file.exchange:04d}"
    form = payer.FORMS[month % len(payer.FORMS)]
    content = payer.advice(decisions, day.date(), reference, form)
    if month in PILOT:
        compare(year, path, month, reference, day)
        result = year.tell(content, f"Papieravis_{file.exchange}.csv", day, **{ABOUT: "paper"})
    elif month == 8:
        result = year.tell(payer.advice_pdf(decisions, day.date(), reference), f"avis_{file.exchange}.pdf", day)
        # The same advice again, as CSV: nothing changes, and it says so.
        again = year.tell(content, f"avis_{file.exchange}.csv", day)
        assert (again.paid, again.deductions) == (0, ())
        assert again.repeated
    else:
        result = year.tell(content, f"avis_{file.exchange}.csv", day)
    assert result.paid == sum(one.paid for one in decisions)
    assert sum_of_cuts(year, result.deductions) == sum(one.cut for one in decisions)
    year.cash += result.paid
    rests = [one for one in decisions if one.rest]
    pay_rests(year, rests, month, reference)
    year.rests += [one for one in decisions if one.code in ("K02", "X42")]


def compare(year: Year, path: Path, month: int, reference: str, day: datetime) -> None:
    """What the portal says of the pilot's file: in February it takes another view of a line than the department."""
    decisions = payer.decide(path, lambda row, billed: judge(row, billed, month, portal=True))
    content = payer.advice(decisions, day.date(), f"P{reference}", payer.FORMS[0])
    before = balance_sheet(year)
    result = year.tell(content, f"MASS_{path.stem}.csv", day)
    assert (result.paid, result.deductions) == (0, ())
    assert balance_sheet(year) == before


def judge(row: Row, billed: int, month: int, *, portal: bool = False) -> Decision:
    """The payer's rules: mostly all is paid; some lines are cut, paid in part or too much."""
    person, number = row["Aktenzeichen"], int(row["Aktenzeichen"][-4:])
    reserved = row["Prozentsatz"] == "75,00"
    if billed <= 0 or row["Korrekturkennzeichen"]:
        return payer.pay_all(row, billed)
    if portal and month == 2 and person == "52.2-K0005":
        return Decision(row, billed, 0, billed, "K09", "Person nicht gefunden")
    if reserved and number % 9 == 4:
        cut = billed // 10
        return Decision(row, billed, billed - cut, cut, "K07", "Platzgebühr gekürzt")
    if month == 6 and person == "53.1-P0050":
        return Decision(row, billed, 0, billed, "K01", "keine Kostenzusage im Zeitraum")
    if month == 9 and number == 20:
        return Decision(row, billed, billed - 1234, 1234, "K02", "Satz falsch")
    if month == 10 and number == 33 and not reserved:
        return Decision(row, billed, billed - 777, 777, "X42", "=SUMME(A1:A9)")
    if month in (5, 11) and number % 10 == 3:
        return Decision(row, billed, billed * 6 // 10)
    if month == 7 and number == 30:
        return Decision(row, billed, billed + 1000)
    return payer.pay_all(row, billed)


def pay_rests(year: Year, rests: Sequence[Decision], month: int, reference: str) -> None:
    """A second advice for the same invoice: what was missing comes, what was too much is taken back."""
    if not rests:
        return
    later = [Decision(one.row, one.billed, one.rest) for one in rests]
    differences = reports.differences_sheet(year.workspace, date(2026, 12, 31))
    assert len(differences.rows) == len(rests)
    content = payer.advice(later, year.at(month, 27).date(), f"N{reference}")
    result = year.tell(content, f"nachzahlung_{reference}.csv", year.at(month, 27))
    assert result.paid == sum(one.paid for one in later)
    year.cash += result.paid
    assert reports.differences_sheet(year.workspace, date(2026, 12, 31)).rows == []


def correct_april(year: Year) -> None:
    """An absence in April that nobody entered: the line of presence is cancelled and stated anew, reserved days are billed."""
    made = year.at(5, 22)
    done = import_book(year.workspace, Book.ABSENCES, provider.write(year.folder / "late", late=True)["absences"])
    assert done.added == 1
    built = build_month(year.workspace, "2026-04", provider.HOME, now=made)
    told = [one for one in built.imported.findings if one.is_error]
    assert len(told) == 1, "the line that left already is told"
    line = "H1/2026-04/K-007/lwl/WOHNEN"
    following.follow_up(year.workspace, [line], "cancellation", now=made)
    [new] = following.follow_up(year.workspace, [line], "correction", now=made)
    # 30 days of April, 10 full days in hospital: 20 days there.
    correcting.correct(year.workspace, "20", item=new.item, field="quantity", now=made)
    correcting.correct(year.workspace, "20", item=new.item, field="details.days_present", now=made)
    send(year, 5, made)


def finish(year: Year) -> None:
    """What is left at the end: cuts to decide, of which the payer gives some back."""
    last = year.at(13, 10)
    assert reasons.map_code(year.workspace, "X42", "amount-wrong", now=last)
    still = deductions.deductions(year.workspace, scheme="mass")
    assert still
    for view in still:
        if view.deduction.codes not in (("K02",), ("X42",)):
            deductions.close(year.workspace, [view.deduction.id], action=DeductionAction.ACCEPT, now=last)
    # The objections had success: what was cut for K02 and X42 is paid after all.
    given = [Decision(one.row, one.billed, one.cut) for one in year.rests]
    result = year.tell(payer.advice(given, last.date(), "700999999"), "einspruch.csv", last)
    assert result.paid == sum(one.paid for one in given)
    year.cash += result.paid


def sum_of_cuts(year: Year, keys: Sequence[int]) -> int:
    table = tables.deduction
    with year.workspace.database.read() as connection:
        return sum(connection.scalars(sa.select(table.c.amount).where(table.c.id.in_(keys))))


def balance_sheet(year: Year) -> list[object]:
    with year.workspace.database.read() as connection:
        return [(one.document, one.billed, one.paid, one.deducted, one.disputed) for one in balances(connection)]


# --- What came out ----------------------------------------------------------------------------------------------------


def test_what_was_billed_is_what_another_program_counted_day_by_day(lived: Year) -> None:
    with lived.workspace.database.read() as connection:
        invoices = reports.invoices(connection)
    for facility in FACILITIES:
        billed: dict[int, int] = {}
        for one in invoices:
            if one.facility == facility:
                month = int(one.month[-2:])
                billed[month] = billed.get(month, 0) + one.billed
        assert billed == ledger.owed_by_month(provider.people(), provider.absences(), facility)


def test_every_invoice_is_explained_to_the_cent(lived: Year) -> None:
    with lived.workspace.database.read() as connection:
        stands = balances(connection)
    assert len(stands) > 24
    assert {one.open for one in stands} == {0}
    assert {one.disputed for one in stands} == {0}
    assert sum(one.billed for one in stands) == sum(one.paid + one.deducted for one in stands)
    assert sum(one.paid for one in stands) == lived.cash
    assert deductions.deductions(lived.workspace) == []


def test_no_difference_is_left_on_any_line(lived: Year) -> None:
    assert reports.differences_sheet(lived.workspace, date(2027, 1, 31)).rows == []
    with lived.workspace.database.read() as connection:
        found = reports.lines(connection, reports.invoices(connection))
    assert len(found) > 1_900
    assert all(line.answered for line in found)


def test_the_pilot_differs_where_the_portal_differed(lived: Year) -> None:
    sheet = reports.only_differences(reports.pilot_sheet(lived.workspace, date(2026, 4, 1)))
    by_name = [dict(zip(sheet.headings, row, strict=True)) for row in sheet.rows]
    assert by_name
    assert {(row["month"], str(row["line"]).split("/")[2], row["result"]) for row in by_name} == {
        ("2026-02", "K-005", "other amounts")
    }
    assert all(row["paper paid"] == row["billed"] and row["file paid"] == 0 for row in by_name)


def test_nobody_got_paper_once_live(lived: Year) -> None:
    phases = {(file.key.month, file.key.phase, file.paper > 0) for file in outbox.outbox(lived.workspace)}
    assert {phase for month, phase, _ in phases if month <= "2026-03"} == {"pilot"}
    assert {paper for _, phase, paper in phases if phase == "pilot"} == {True}
    assert {paper for _, phase, paper in phases if phase == "live"} == {False}


def test_an_unknown_reason_was_kept_and_mapped_later(lived: Year) -> None:
    rows = {str(row[0]): row for row in reports.cuts_sheet(lived.workspace, date(2027, 1, 31), {}).rows}
    unknown = [row for row in rows.values() if row[9] == "X42"]
    assert unknown
    assert {(row[11], row[12]) for row in unknown} == {("=SUMME(A1:A9)", "amount-wrong")}


def test_no_cell_of_a_report_is_a_formula(lived: Year) -> None:
    day = date(2027, 1, 31)
    for sheet in (
        reports.open_sheet(lived.workspace, day),
        reports.cuts_sheet(lived.workspace, day, {}),
        reports.reasons_sheet(lived.workspace, day, {}),
        reports.pilot_sheet(lived.workspace, day, month="2026-02"),
    ):
        rows = list(csv.reader(io.StringIO(as_csv(sheet).decode("utf-8-sig")), delimiter=";"))
        assert len(rows) == len(sheet.rows) + 2
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
        assert as_pdf(sheet).startswith(b"%PDF-")
    cuts = as_csv(reports.cuts_sheet(lived.workspace, day, {})).decode("utf-8-sig")
    assert "'=SUMME(A1:A9)" in cuts


def test_the_journal_holds(lived: Year) -> None:
    with lived.workspace.database.read() as connection:
        assert journal.verify(connection).ok
