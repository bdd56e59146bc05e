"""Real payer files and the routes that an independent resolver found in them."""

import csv
import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from billhook_p302.payers.importing import import_files
from billhook_p302.payers.loading import ConnectionView, directory_of_files, load_directory
from billhook_p302.payers.routing import PayerDirectory, Route, RouteProblem
from tests.p302.payers.kotr import opened

DAY = date(2025, 11, 1)
NOW = datetime(2025, 11, 1, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(corpus: Path) -> list[Path]:
    return sorted((corpus / "p302/kostentraegerdatei").iterdir())


def resolved(payers: PayerDirectory, card: str, code: str, state: str, kv: str) -> Route:
    """The route, or how far it went."""
    try:
        return payers.route(card, code, state=state, kv_district=kv, day=DAY)
    except RouteProblem as problem:
        if problem.partial is None:
            raise
        return problem.partial


def test_every_expected_route_comes_out_of_the_database(database_url: str, corpus: Path, files: list[Path]) -> None:
    with opened(database_url) as database:
        report = import_files(database, files, now=NOW)
        assert not report.refused
        with database.read() as connection:
            payers = load_directory(ConnectionView(connection), DAY)
    count = 0
    with (corpus / "p302/vectors/routing.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            found = resolved(payers, row["karten_ik"], row["abrechnungscode"], row["bundesland"], row["kv_bezirk"])
            assert (
                found.payer,
                found.data_centre,
                found.physical_receiver,
                found.email,
                found.paper_office,
                found.paper_office_machine,
            ) == (
                row["kostentraeger_ik"],
                row["das_entschluesselung_ik"],
                row["sende_an_ik"],
                row["email"],
                row["papier_urbelege_28_27"],
                row["papier_masch_beleg_29_24"],
            ), row
            assert found.fund_kind == row["file"][:2]
            count += 1
    assert count > 2000


def test_routes_that_another_program_expects(corpus: Path, files: list[Path]) -> None:
    payers = directory_of_files(files, since=DAY)
    vectors = json.loads((corpus / "p302/vectors/edifact_vectors.json").read_text())
    key = next(name for name in vectors if name.startswith("routing_ruby_2020Q3"))
    for row in vectors[key]:
        found = payers.route(row["karte"], row["code"], state="08", day=DAY)
        assert found.payer == row.get("kostentraeger", found.payer)
        assert found.data_centre == row["das"]


def test_what_is_odd_in_the_published_files(tmp_path: Path, files: list[Path]) -> None:
    """Counts found by hand with grep; the files pass all counts of their frame."""
    with opened(f"sqlite:///{tmp_path / 'p.db'}") as database:
        report = import_files(database, files, now=NOW)
    found = {file.name: Counter(finding.code for finding in file.findings) for file in report.files}
    counts = {file.name: (file.messages, file.links) for file in report.files}
    assert counts == {
        "AO05Q425.ke0": (206, 807),
        "AO06Q425.ke0": (188, 602),
        "BK06Q325.ke0": (328, 2271),
        "EK05Q425.ke0": (261, 723),
    }
    assert found["AO05Q425.ke0"]["P302-KTR-081"] == 7  # six times 011, once 004
    assert found["BK06Q325.ke0"]["P302-KTR-083"] == 1  # UEM+1+00+99
    assert found["BK06Q325.ke0"]["P302-KTR-082"] == 1  # UEM+1++I8
    assert found["AO06Q425.ke0"]["P302-KTR-082"] == 2  # UEM+7+00 twice
    for codes in found.values():
        assert not codes.keys() & {f"P302-KTR-{number:03d}" for number in (*range(20, 44), 45, 46)}
