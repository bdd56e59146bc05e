"""The limit table of for.CARE, sentence by sentence: its columns, and what it refuses."""

from datetime import date
from pathlib import Path

import pytest

from billhook.dates import Period
from billhook_forcare_budget.limits import Limit, Periodicity, faults, period_of, read_limits
from tests.forcare_budget.ledger import KURZ, SEED_TABLE, VERH, cents, row

HEADER = (
    "Assistenzbereich;Debitorenbuchungsgruppe;Gültig von;Gültig bis;Periodik;Vertragsart;Anzahl Tage;"
    "Maximalbetrag €;Verbundene Vertragsart;Betreutennr."
)
EXAMPLE = (
    HEADER,
    "Wohnen;PK;01.01.2018;31.12.2018;Jahr;Kurz;28;1.612,00€;Verh;",
    "Wohnen;PK;01.01.2018;31.12.2018;Jahr;Verh;28;1.612,00 €;;",
)


def codes(*limits: Limit) -> list[str]:
    return [finding.code for finding in faults(limits)]


def test_structure_of_the_table_with_its_two_example_rows() -> None:
    limits, found = read_limits(EXAMPLE)
    assert found == []
    assert tuple(limits) == SEED_TABLE
    assert limits[0] == Limit(
        "Wohnen", "PK", date(2018, 1, 1), date(2018, 12, 31), Periodicity.YEAR, "Kurz", 28, cents(1612), "Verh", ""
    )


def test_the_same_table_from_the_published_file(corpus: Path) -> None:
    with (corpus / "budget" / "seed_limits.csv").open(encoding="utf-8") as file:
        limits, found = read_limits(file, "seed_limits.csv")
    assert (tuple(limits), found) == (SEED_TABLE, [])


def test_no_overlap_of_dates_for_the_same_kind_in_one_care_area() -> None:
    second_half = (date(2018, 7, 1), date(2019, 6, 30))
    assert codes(row(), row(valid=second_half)) == ["BUD-LIM-002"]
    assert codes(row(), row(valid=(date(2019, 1, 1), date(2019, 12, 31)))) == []
    assert codes(row(), row(area="Werkstatt", valid=second_half)) == []


def test_a_client_row_beside_the_general_row_is_no_overlap() -> None:
    assert codes(row(), row(client="K-1")) == []
    assert codes(row(client="K-1"), row(client="K-1")) == ["BUD-LIM-002"]


def test_linked_kinds_need_the_same_validity() -> None:
    spring = (date(2018, 1, 1), date(2018, 5, 31))
    assert codes(row(KURZ, linked=VERH), row(VERH, valid=spring)) == ["BUD-LIM-005"]
    assert codes(row(KURZ, linked=VERH), row(VERH)) == []


@pytest.mark.parametrize("other", [{"area": "Werkstatt"}, {"group": "SOZ"}, {"client": "K-9"}])
def test_linked_kinds_are_found_by_care_area_debtor_group_kind_and_client(other: dict[str, str]) -> None:
    assert codes(row(KURZ, linked=VERH), row(VERH, **other)) == ["BUD-LIM-005"]  # type: ignore[arg-type]  # texts only


def test_linked_kinds_have_the_same_periodicity() -> None:
    assert codes(row(KURZ, linked=VERH), row(VERH, per=Periodicity.QUARTER)) == ["BUD-LIM-006"]


def test_no_kind_is_linked_to_itself() -> None:
    assert codes(row(KURZ, linked=KURZ)) == ["BUD-LIM-003"]


def test_links_never_go_round_in_a_circle() -> None:
    assert codes(row(KURZ, linked=VERH), row(VERH, linked=KURZ)) == ["BUD-LIM-004", "BUD-LIM-004"]
    circle = (row("A", linked="B"), row("B", linked="C"), row("C", linked="A"))
    assert codes(*circle) == ["BUD-LIM-004"] * 3
    assert codes(row("A", linked="B"), row("B", linked="C"), row("C")) == []


def test_a_row_limits_days_or_money_and_neither_is_below_zero() -> None:
    assert codes(row(euros=None, days=None)) == ["BUD-LIM-007"]
    assert codes(row(euros=-1)) == ["BUD-LIM-008"]
    assert codes(row(euros=None)) == []
    assert codes(row(days=None)) == []


def test_a_row_that_ends_before_it_begins_is_refused() -> None:
    assert codes(row(valid=(date(2018, 12, 31), date(2018, 1, 1)))) == ["BUD-LIM-001"]


def test_all_that_is_wrong_with_a_file_is_said_at_once_with_line_and_column() -> None:
    limits, found = read_limits(
        (
            HEADER,
            "Wohnen;PK;31.02.2018;31.12.2018;Jahr;Kurz;28;1612;;",
            "Wohnen;PK;01.01.2018;31.12.2018;jährlich;Kurz;vier;1.6x;;",
            "Wohnen;PK;01.01.2018;31.12.2018;Jahr;Verh;28;1612;Verh;",
        ),
        "limits.csv",
    )
    assert [(one.line, one.field, one.code) for one in found] == [
        (2, "valid_from", "BUD-LIM-010"),
        (3, "periodicity", "BUD-LIM-010"),
        (3, "days", "BUD-LIM-010"),
        (3, "amount", "BUD-LIM-010"),
        (4, "linked", "BUD-LIM-003"),
    ]
    assert all(one.file == "limits.csv" for one in found)
    assert len(limits) == 1


def test_a_file_without_a_needed_column_is_refused() -> None:
    _, found = read_limits(("Assistenzbereich;Periodik",))
    assert {one.value for one in found} == {"debtor_group", "valid_from", "valid_to", "kind"}


@pytest.mark.parametrize(
    ("periodicity", "period"),
    [
        (Periodicity.YEAR, "2018-01-01/2018-12-31"),
        (Periodicity.QUARTER, "2018-01-01/2018-03-31"),
        (Periodicity.MONTH, "2018-02-01/2018-02-28"),
    ],
)
def test_the_period_goes_by_the_billing_date_billing_of_february_2018(periodicity: Periodicity, period: str) -> None:
    assert str(period_of(periodicity, date(2018, 2, 28))) == period
    assert row(per=periodicity).window(date(2018, 2, 28)) == Period.parse(period)


def test_a_free_period_is_the_validity_of_the_row() -> None:
    free = row(per=Periodicity.FREE, valid=(date(2018, 2, 10), date(2018, 6, 9)))
    assert str(free.window(date(2018, 2, 28))) == "2018-02-10/2018-06-09"
