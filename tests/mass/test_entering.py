"""Grants, rates, stays and absences come from CSV, whole or not at all; a month is built from them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billhook.billing.archiving import Selection, delete_open
from billhook.billing.problems import BillingProblem, UnreadableFile
from billhook.store.items import iter_items
from billhook.store.parties import get_party
from billhook_mass import tables as mass_tables
from billhook_mass.details import Details
from billhook_mass.registering import Book, import_book, rows_of
from billhook_mass.registers import Phase
from tests.mass.desk import RATES, Desk

GRANT = "number;client;payer;reference;facility;service;unit;from;to\n"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def lines(desk: Desk) -> list[tuple[str, str, Decimal, int]]:
    """Number, kind of day, quantity and amount of every item."""
    with desk.workspace.database.read() as connection:
        return [
            (item.number, Details.model_validate(item.details.model_dump()).day_kind, item.quantity, item.gross)
            for item in iter_items(connection, desk.workspace.schemes)
        ]


# --- Entering ---------------------------------------------------------------------------------------------------------


def test_headings_may_be_german_and_the_file_from_a_spreadsheet(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "zusagen.csv"
    path.write_bytes(
        "Kostenzusage\tPerson\tKostenträger\tAktenzeichen\tLeistung\tEinheit\tgültig ab\tgültig bis\tMenge\tje\tName\tVorname\r\n"
        "Z-1\tK-1\tLWL\t52.2-1\tFLS\tStunden\t01.01.2026\t31.12.2026\t1.234,5\tJahr\tMüller\tJörg\r\n".encode("utf-16")
    )
    done = import_book(desk.workspace, Book.GRANTS, path)
    assert (done.refused, done.added) == (False, 1), done.findings
    [row] = rows_of(desk.workspace, Book.GRANTS)
    assert (row["payer"], row["unit"], row["valid_to"], row["quantity"], row["per"]) == (
        "lwl", "hour", "2026-12-31", "1234.5", "year",
    )  # fmt: skip
    with desk.workspace.database.read() as connection:
        party = get_party(connection, number="K-1")
    assert party is not None
    assert (party.family_name, party.given_name) == ("Müller", "Jörg")


def test_the_same_file_again_changes_nothing_and_a_changed_row_is_changed(desk: Desk) -> None:
    first = desk.enter(Book.RATES, RATES)
    again = desk.enter(Book.RATES, RATES)
    changed = desk.enter(Book.RATES, RATES.replace("142,35", "145,00"))
    assert [(one.added, one.changed, one.unchanged) for one in (first, again, changed)] == [
        (2, 0, 0),
        (0, 0, 2),
        (0, 1, 1),
    ]
    assert [row["rate"] for row in rows_of(desk.workspace, Book.RATES, facility="H1")] == ["145.00"]


@pytest.mark.parametrize(
    ("book", "text", "code", "line"),
    [
        (Book.GRANTS, GRANT + "Z-1;K-1;kvjs;52.2;H1;WOHNEN;day;01.01.2026;\n", "MASS-REG-001", 2),
        (Book.GRANTS, GRANT + "Z-1;K-1;lwl;52.2;H9;WOHNEN;day;01.01.2026;\n", "MASS-REG-001", 2),
        (Book.GRANTS, GRANT + "Z-1;K-1;lwl;52.2;H1;WOHNEN;week;01.01.2026;\n", "MASS-REG-001", 2),
        (Book.GRANTS, GRANT + "Z-1;K-1;lwl;52.2;H1;WOHNEN;day;31.02.2026;\n", "MASS-CSV-010", 2),
        (Book.GRANTS, GRANT + "Z-1;K-1;lwl;52.2;H1;WOHNEN;day;01.02.2026;31.01.2026\n", "MASS-REG-001", 2),
        (Book.GRANTS, GRANT + "Z-1;;lwl;52.2;H1;WOHNEN;day;01.02.2026;\n", "MASS-CSV-012", 2),
        (Book.GRANTS, "number;client\nZ-1;K-1\n", "MASS-CSV-005", 1),
        (Book.RATES, "facility;service;unit;rate;from\nH1;WOHNEN;day;-5;01.01.2026\n", "MASS-REG-001", 2),
        (Book.RATES, RATES + "H1;WOHNEN;day;150,00;01.06.2026;\n", "MASS-REG-002", 4),
        (Book.ABSENCES, "client;facility;kind;left;returned\nK-1;H1;cruise;01.01.2026;\n", "MASS-REG-001", 2),
        (Book.STAYS, "client;facility;admitted;discharged;moved\nK-1;H1;01.01.2026;;maybe\n", "MASS-REG-001", 2),
    ],
)
def test_a_bad_row_refuses_the_whole_file_with_its_line(
    desk: Desk, book: Book, text: str, code: str, line: int
) -> None:
    done = desk.enter(book, text)
    assert done.refused
    assert {(one.code, one.line) for one in done.findings if one.is_error} == {(code, line)}
    assert rows_of(desk.workspace, book) == []


def test_a_file_that_is_not_there_is_said_so(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"nothing.csv cannot be read"):
        import_book(desk.workspace, Book.GRANTS, tmp_path / "nothing.csv")


# --- A month ----------------------------------------------------------------------------------------------------------


def test_a_month_of_presence_and_absence(desk: Desk) -> None:
    desk.residents(1, absences="K-1;H1;hospital;09.01.2026;14.01.2026\n")
    built = desk.month("2026-01")
    assert (built.lines, built.findings) == (2, ())
    assert lines(desk) == [
        ("H1/2026-01/K-1/lwl/WOHNEN", "", Decimal(27), 384345),
        ("H1/2026-01/K-1/lwl/WOHNEN/hospital/75", "reserved", Decimal(4), 42705),
    ]


def test_what_is_built_is_clean(desk: Desk) -> None:
    desk.residents(3, absences="K-1;H1;hospital;09.01.2026;14.01.2026\nK-2;H1;leave;20.01.2026;24.01.2026\n")
    desk.phase(Phase.PILOT)
    desk.month("2026-01")
    assert desk.check().by_code == {}


def test_building_again_changes_only_what_changed(desk: Desk) -> None:
    desk.residents(2)
    desk.month("2026-01")
    again = desk.month("2026-01")
    assert (again.imported.added, again.imported.updated, again.imported.unchanged) == (0, 0, 2)
    desk.enter(Book.ABSENCES, "client;facility;kind;left;returned\nK-1;H1;hospital;09.01.2026;14.01.2026\n")
    changed = desk.month("2026-01")
    assert (changed.imported.added, changed.imported.updated, changed.imported.unchanged) == (1, 1, 1)


def test_a_line_that_no_longer_follows_is_named(desk: Desk) -> None:
    desk.residents(1, absences="K-1;H1;hospital;09.01.2026;14.01.2026\n")
    desk.month("2026-01")
    # It was only three days: they are paid in full.
    desk.enter(Book.ABSENCES, "client;facility;kind;left;returned\nK-1;H1;hospital;09.01.2026;13.01.2026\n")
    built = desk.month("2026-01")
    assert [(one.code, one.value) for one in built.findings] == [
        ("MASS-MONTH-003", "H1/2026-01/K-1/lwl/WOHNEN/hospital/75")
    ]
    # And back again: what was built two changes ago is built again.
    desk.enter(Book.ABSENCES, "client;facility;kind;left;returned\nK-1;H1;hospital;09.01.2026;14.01.2026\n")
    desk.month("2026-01")
    assert ("H1/2026-01/K-1/lwl/WOHNEN", "", Decimal(27), 384345) in lines(desk)


def test_a_line_that_no_longer_follows_is_deleted_and_may_come_back(desk: Desk) -> None:
    absence = "client;facility;kind;left;returned\nK-1;H1;hospital;09.01.2026;14.01.2026\n"
    desk.residents(1, absences="K-1;H1;hospital;09.01.2026;14.01.2026\n")
    desk.phase(Phase.PILOT)
    desk.month("2026-01")
    desk.enter(Book.ABSENCES, absence.replace("14.01", "13.01"))
    [stale] = desk.month("2026-01").findings
    delete_open(desk.workspace, Selection(items=(str(stale.value),)), reset=True)
    assert desk.check().by_code == {}
    desk.enter(Book.ABSENCES, absence)
    assert [one.value for one in desk.month("2026-01").findings] == ["H1/2026-01/K-1/lwl/WOHNEN/hospital/100"]
    delete_open(desk.workspace, Selection(items=("H1/2026-01/K-1/lwl/WOHNEN/hospital/100",)), reset=True)
    assert desk.check().by_code == {}
    [done] = desk.export().exchanges
    assert (done.items, done.totals.billed) == (2, 384345 + 42705)


def test_a_rate_that_changes_within_the_month_makes_two_lines(desk: Desk) -> None:
    desk.residents(1)
    desk.enter(
        Book.RATES,
        "facility;service;unit;rate;from;to\nH1;WOHNEN;day;142,35;01.01.2026;15.01.2026\nH1;WOHNEN;day;150;16.01.2026;\n",
    )
    desk.month("2026-01")
    assert [(quantity, amount) for _, _, quantity, amount in lines(desk)] == [
        (Decimal(15), 213525),
        (Decimal(16), 240000),
    ]


def test_a_new_grant_within_the_month_makes_two_lines(desk: Desk) -> None:
    desk.residents(1)
    desk.enter(
        Book.GRANTS,
        GRANT
        + "Z-1;K-1;lwl;52.2-0001;H1;WOHNEN;day;01.01.2026;10.01.2026\nZ-9;K-1;lwl;52.2-0001;H1;WOHNEN;day;11.01.2026;\n",
    )
    desk.phase(Phase.PILOT)
    desk.month("2026-01")
    assert [quantity for _, _, quantity, _ in lines(desk)] == [10, 21]
    assert desk.check().by_code == {}


def test_days_without_a_grant_are_not_billed_and_told(desk: Desk) -> None:
    desk.residents(1)
    desk.enter(Book.GRANTS, GRANT + "Z-1;K-1;lwl;52.2-0001;H1;WOHNEN;day;01.01.2026;20.01.2026\n")
    built = desk.month("2026-01")
    assert [(one.code, one.value, one.params["count"]) for one in built.findings] == [
        ("MASS-MONTH-001", "2026-01-21", "11")
    ]
    assert [quantity for _, _, quantity, _ in lines(desk)] == [20]


def test_a_service_without_an_agreed_rate_is_told_and_held(desk: Desk) -> None:
    desk.residents(1)
    desk.phase(Phase.PILOT)
    desk.enter(Book.GRANTS, GRANT + "Z-8;K-1;lwl;52.2-0001;H1;NACHTWACHE;flat;01.01.2026;\n")
    assert [one.code for one in desk.month("2026-01").findings] == ["MASS-MONTH-002"]
    assert desk.check().by_code["MASS-M05-001"] == 1


@pytest.mark.parametrize(("discharged", "quantity", "amount"), [("", "1", 110420), ("10.01.2026", "0.32", 35334)])
def test_a_month_in_the_workshop_is_one_month_or_its_days(
    desk: Desk, discharged: str, quantity: str, amount: int
) -> None:
    # 10 of 31 days are 0.32 of a month: 0.32 × 1104.20 = 353.344.
    desk.enter(Book.RATES, RATES)
    desk.enter(Book.GRANTS, GRANT + "Z-1;K-1;lwl;52.2-0001;W1;ARBEIT;month;01.01.2026;\n")
    desk.enter(Book.STAYS, f"client;facility;admitted;discharged\nK-1;W1;01.01.2026;{discharged}\n")
    desk.month("2026-01", "W1")
    assert [(one[2], one[3]) for one in lines(desk)] == [(Decimal(quantity), amount)]


def test_an_absence_of_a_kind_that_the_profile_lost_counts_as_presence_and_is_told(desk: Desk) -> None:
    desk.residents(1)
    with desk.workspace.database.write() as connection:
        connection.execute(
            mass_tables.absence.insert().values(
                id=1, client="K-1", facility="H1", kind="cruise", left="2026-01-09", returned="2026-01-14"
            )
        )
    assert [(one.code, one.value) for one in desk.month("2026-01").findings] == [("MASS-MONTH-004", "cruise")]
    assert [quantity for _, _, quantity, _ in lines(desk)] == [31]


def test_what_left_already_is_not_touched_but_told(desk: Desk) -> None:
    desk.residents(2)
    desk.phase(Phase.PILOT)
    desk.month("2026-01")
    desk.check()
    desk.export()
    desk.enter(Book.ABSENCES, "client;facility;kind;left;returned\nK-1;H1;hospital;09.01.2026;14.01.2026\n")
    built = desk.month("2026-01")
    # The line of presence left with 31 days: that is told; the days in hospital are a line that can leave by itself.
    assert (built.imported.errors, built.imported.rejected, built.imported.added) == (1, 1, 1)
    assert ("H1/2026-01/K-1/lwl/WOHNEN", "", Decimal(31), 441285) in lines(desk)
    assert ("H1/2026-01/K-1/lwl/WOHNEN/hospital/75", "reserved", Decimal(4), 42705) in lines(desk)


@pytest.mark.parametrize(("month", "facility"), [("2026-13", "H1"), ("March", "H1"), ("2026-01", "H9")])
def test_only_months_and_facilities_that_there_are(desk: Desk, month: str, facility: str) -> None:
    with pytest.raises(BillingProblem):
        desk.month(month, facility)


# --- What only shows beside other vouchers ----------------------------------------------------------------------------


def row(number: str, **changes: Any) -> dict[str, Any]:
    """January of person K-1 as another program would write it."""
    return {
        "number": number, "provider": "H1", "voucher": number, "payer": "lwl", "client": {"number": "K-1"}, "code": "WOHNEN",
        "service_from": "2026-01-01", "service_to": "2026-01-31", "quantity": "31", "unit": "day", "unit_price": "142.35",
        **changes, "details": {"reference": "52.2-0001", **changes.get("details", {})},
    }  # fmt: skip


def told(desk: Desk) -> dict[str, list[str]]:
    """Items that the check holds, by code."""
    found: dict[str, list[str]] = {}
    for finding in desk.check().findings:
        with desk.workspace.database.read() as connection:
            numbers = {item.id: item.number for item in iter_items(connection, desk.workspace.schemes)}
        found.setdefault(finding.code, []).append(numbers[finding.item or 0])
    return found


def test_the_same_month_twice_is_billed_once(desk: Desk) -> None:
    desk.residents(1)
    desk.phase(Phase.PILOT)
    desk.items([row("A"), row("B")])
    assert told(desk) == {"MASS-M06-001": ["B"], "MASS-M03-006": ["B"]}


def test_what_left_before_is_not_billed_again(desk: Desk) -> None:
    desk.residents(1)
    desk.phase(Phase.PILOT)
    desk.items([row("A")])
    desk.check()
    assert len(desk.export().exchanges) == 1
    desk.items([row("B", service_from="2026-01-20", service_to="2026-01-25", quantity="6")])
    assert told(desk) == {"MASS-M06-002": ["B"], "MASS-M03-006": ["B"]}


def test_parts_of_a_month_that_do_not_touch_are_right(desk: Desk) -> None:
    desk.residents(1)
    desk.phase(Phase.PILOT)
    desk.items([
        row("A", service_to="2026-01-15", quantity="15"),
        row("B", service_from="2026-01-16", quantity="16"),
    ])  # fmt: skip
    assert told(desk) == {}


def test_a_grant_of_hours_is_used_up(desk: Desk) -> None:
    desk.residents(1)
    desk.phase(Phase.PILOT)
    desk.enter(Book.RATES, RATES + "H1;FLS;hour;75,00;01.01.2026;\n")
    desk.enter(Book.GRANTS, GRANT.strip() + ";quantity;per\nZ-5;K-1;lwl;52.2-0001;;FLS;hour;01.01.2026;;10;month\n")

    def hours(number: str, first: str, last: str, quantity: str) -> dict[str, Any]:
        return row(
            number, code="FLS", unit="hour", unit_price="75.00", quantity=quantity, service_from=first, service_to=last
        )

    desk.items([
        hours("A", "2026-01-01", "2026-01-10", "6"),
        hours("B", "2026-01-11", "2026-01-31", "4.5"),
        hours("C", "2026-02-01", "2026-02-28", "10"),
    ])  # fmt: skip
    findings = desk.check().findings
    assert [(one.code, one.value, one.params["granted"], one.params["per"]) for one in findings] == [
        ("MASS-M04-005", "10.5", "10", "month")
    ]


def test_another_grant_is_not_used_up_by_it(desk: Desk) -> None:
    desk.residents(1)
    desk.phase(Phase.PILOT)
    desk.enter(
        Book.GRANTS,
        GRANT.strip() + ";quantity;per\nZ-1;K-1;lwl;52.2-0001;H1;WOHNEN;day;01.01.2026;31.12.2026;31;month\n",
    )
    desk.items([row("A")])
    assert told(desk) == {}
