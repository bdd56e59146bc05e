"""Which payer file is which, and when the next one is due."""

import json
from datetime import date
from pathlib import Path

import pytest

from billhook_p302.payers.editions import Edition, in_force, update_due


@pytest.mark.parametrize(
    ("name", "fund_kind", "procedure", "start", "supplement"),
    [
        ("AO06Q221.ke1", "AO", "06", date(2021, 4, 1), 1),
        ("AO050101.ke0", "AO", "05", date(2001, 1, 1), 0),
        ("EK05Q425KE0", "EK", "05", date(2025, 10, 1), 0),
        ("bk051226.KE9", "BK", "05", date(2026, 12, 1), 9),
    ],
)
def test_the_name_says_fund_kind_procedure_and_first_day(
    name: str, fund_kind: str, procedure: str, start: date, supplement: int
) -> None:
    edition = Edition.parse(name)
    assert edition is not None
    assert (edition.fund_kind, edition.procedure, edition.start, edition.supplement) == (
        fund_kind,
        procedure,
        start,
        supplement,
    )


@pytest.mark.parametrize(
    "name", ["readme.md", "AO06Q221.Xe1", "AO06Q221.kX1", "XX06Q221.ke1", "AO06Q521.ke0", "AO051325.ke0", ""]
)
def test_other_names_are_no_editions(name: str) -> None:
    assert Edition.parse(name) is None


def test_the_published_name_comes_back() -> None:
    for name in ("AO06Q221.ke1", "AO050101.ke0", "EK05Q425.ke0"):
        edition = Edition.parse(name)
        assert edition is not None
        assert edition.name == name


def test_published_vectors_of_names(corpus: Path) -> None:
    vectors = json.loads((corpus / "p302/vectors/edifact_vectors.json").read_text())["ke_filename(paid)"]
    for name, facts in vectors["valid"].items():
        edition = Edition.parse(name)
        assert edition is not None
        assert f"{edition.start:%Y-%m}" == facts["ab"]
    for name in vectors["invalid"]:
        assert Edition.parse(name) is None, name


def _edition(name: str) -> Edition:
    edition = Edition.parse(name)
    assert edition is not None
    return edition


def test_the_newest_standard_file_and_its_supplements_are_in_force() -> None:
    names = ["AO05Q325.ke0", "AO05Q425.ke2", "AO05Q425.ke0", "AO05Q325.ke1", "AO05Q425.ke1", "AO05Q126.ke0"]
    editions = [_edition(name) for name in names]
    assert [each.name for each in in_force(editions, date(2025, 11, 1))] == [
        "AO05Q425.ke0",
        "AO05Q425.ke1",
        "AO05Q425.ke2",
    ]
    assert [each.name for each in in_force(editions, date(2025, 9, 30))] == ["AO05Q325.ke0", "AO05Q325.ke1"]
    assert in_force(editions, date(2025, 6, 30)) == []


@pytest.mark.parametrize(
    ("today", "codes"),
    [
        (date(2025, 10, 1), []),
        (date(2025, 12, 3), []),
        # Four weeks before the first of January.
        (date(2025, 12, 4), ["P302-KTR-090"]),
        (date(2025, 12, 31), ["P302-KTR-090"]),
        (date(2026, 1, 1), ["P302-KTR-091"]),
    ],
)
def test_a_newer_file_is_asked_for_when_it_is_out_and_when_the_quarter_begins(today: date, codes: list[str]) -> None:
    assert [finding.code for finding in update_due([_edition("AO05Q425.ke0")], today)] == codes


def test_every_fund_kind_is_reminded_of_by_itself() -> None:
    editions = [_edition(name) for name in ("AO05Q425.ke0", "EK05Q325.ke0", "EK05Q425.ke1")]
    assert [finding.params["newest"] for finding in update_due(editions, date(2026, 2, 1))] == [
        "AO05Q425.ke0",
        "EK05Q425.ke1",
    ]
    assert [finding.code for finding in update_due([], date(2026, 2, 1))] == ["P302-KTR-092"]
