"""Importing payer files into the database: all or nothing, once, with a history that is never lost."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from billhook.store import Database, journal
from billhook_p302.payers import tables
from billhook_p302.payers.editions import Edition
from billhook_p302.payers.importing import ImportReport, Option, Result, import_files
from billhook_p302.payers.loading import (
    ConnectionView,
    HistoryEntry,
    directory_of_files,
    history,
    kept_findings,
    load_directory,
)
from billhook_p302.payers.routing import PayerDirectory, RouteProblem
from tests.p302.payers.kotr import (
    CARD,
    CENTRE,
    DAY,
    MAIL,
    OTHER_CENTRE,
    PAPER,
    PAYER,
    message,
    opened,
    ordinary,
    payer_file,
)

NOW = datetime(2025, 11, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as database:
        yield database


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    """A SQLite database, for what does not depend on which one it is."""
    with opened(f"sqlite:///{tmp_path / 'lite.db'}") as database:
        yield database


def write(folder: Path, name: str, *messages: list[str], own_name: str = "") -> Path:
    path = folder / (own_name or name)
    path.write_bytes(payer_file(*(messages or ordinary()), name=name.replace(".", "")))
    return path


def do_import(database: Database, *paths: Path, option: Option = Option.KEEP) -> ImportReport:
    return import_files(database, paths, now=NOW, option=option)


def imports(database: Database) -> list[HistoryEntry]:
    with database.read() as connection:
        return history(ConnectionView(connection))


def payers(database: Database, day: date = DAY, *, since: date | None = None, procedure: str = "05") -> PayerDirectory:
    with database.read() as connection:
        return load_directory(ConnectionView(connection), day, since=since, procedure=procedure)


def codes(report: ImportReport) -> list[str]:
    return [finding.code for file in report.files for finding in file.findings]


def counts(database: Database) -> dict[str, int]:
    """Rows of every table."""
    with database.read() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for name, table in tables.metadata.tables.items()
        }


def test_the_migration_makes_the_tables_as_they_are_declared(database: Database) -> None:
    with database.read() as connection:
        inspector = sa.inspect(connection)
        for name, table in tables.metadata.tables.items():
            found = {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
            assert found == {column.name: column.nullable for column in table.columns}, name
            assert set(inspector.get_pk_constraint(name)["constrained_columns"]) == {
                each.name for each in table.primary_key
            }
            assert {index["name"] for index in inspector.get_indexes(name)} == {index.name for index in table.indexes}


def test_what_was_imported_is_what_the_file_says(database: Database, tmp_path: Path) -> None:
    segments = [
        f"IDK+{OTHER_CENTRE}+99+Stelle", "VDT+20200101+20301231", "FKT+04", "KTO+1+20050550+Sparkasse",
        f"VKG+09+{PAPER}+5++28", "VDT+20240101+20261231", "NAM+01+Stelle", "ANS+3+20097+Hamburg", "VDT+20250101",
        "ASP+01+040/1++Frau Muster", *MAIL,
    ]  # fmt: skip
    path = write(tmp_path, "EK05Q425.ke0", *ordinary(), segments)
    report = do_import(database, path)
    assert [(file.result, file.messages, file.links, file.warnings) for file in report.files] == [
        (Result.IMPORTED, 5, 4, 0)
    ]
    stored, direct = payers(database), directory_of_files([path], since=DAY)
    assert stored.on(DAY) == direct.on(DAY)


def test_the_history_says_when_which_file_and_what_was_in_it(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path, "EK05Q425.ke0", own_name="kassen.txt")
    do_import(database, path)
    (entry,) = imports(database)
    assert (entry.name, entry.edition.name, entry.imported_at) == ("kassen.txt", "EK05Q425.ke0", NOW)
    assert (entry.sender, entry.created, entry.number) == ("109979990", "2025-09-23 16:12:00", "00004")
    assert (entry.messages, entry.links, entry.warnings, entry.option) == (4, 3, 0, "keep")
    assert entry.size == path.stat().st_size
    assert len(entry.sha256) == 64
    assert entry.active
    with database.read() as connection:
        events = [(each.event, each.payload["edition"]) for each in journal.entries(connection)]
    assert events == [("p302.payers.imported", "EK05Q425.ke0")]


def test_the_same_file_twice_changes_nothing_and_says_so(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path, "EK05Q425.ke0")
    first = do_import(database, path)
    before = counts(database)
    for option in Option:
        again = do_import(database, path, path, option=option)
        assert again.unchanged
        assert {file.file_id for file in again.files} == {first.files[0].file_id}
    assert counts(database) == before


def test_files_of_other_fund_kinds_and_quarters_stay(database: Database, tmp_path: Path) -> None:
    for name in ("EK05Q325.ke0", "AO05Q425.ke0", "EK05Q425.ke0", "EK06Q425.ke0"):
        do_import(database, write(tmp_path, name))
    assert all(entry.active for entry in imports(database))
    assert [each.name for each in payers(database).editions] == ["AO05Q425.ke0", "EK05Q425.ke0"]
    assert [each.name for each in payers(database, date(2025, 9, 1)).editions] == ["EK05Q325.ke0"]
    assert [each.name for each in payers(database, procedure="06").editions] == ["EK06Q425.ke0"]
    spanning = payers(database, DAY, since=date(2025, 9, 1))
    assert [each.name for each in spanning.editions] == ["AO05Q425.ke0", "EK05Q325.ke0", "EK05Q425.ke0"]
    assert spanning.route(CARD, "15", state="08", day=date(2025, 9, 30)).payer == PAYER


def test_replace_takes_the_others_of_the_procedure_away_and_keeps_their_history(
    database: Database, tmp_path: Path
) -> None:
    old = [write(tmp_path, name) for name in ("EK05Q325.ke0", "AO05Q325.ke0", "EK06Q325.ke0")]
    do_import(database, *old)
    new = [write(tmp_path, name) for name in ("EK05Q425.ke0", "AO05Q425.ke0")]
    report = do_import(database, *new, option=Option.REPLACE)
    assert sorted(edition.name for edition in report.retired) == ["AO05Q325.ke0", "EK05Q325.ke0"]
    entries = imports(database)
    assert [entry.edition.name for entry in entries if entry.active] == ["EK06Q325.ke0", "EK05Q425.ke0", "AO05Q425.ke0"]
    assert [(entry.retired_at, entry.retired_by) for entry in entries if not entry.active] == [(NOW, 5), (NOW, 5)]
    assert [entry.messages for entry in entries] == [4] * 5
    assert counts(database)["p302_payer_office"] == 12
    # What was replaced can come back.
    assert do_import(database, old[0]).files[0].result is Result.IMPORTED


def test_another_content_of_the_same_edition_takes_its_place(lite: Database, tmp_path: Path) -> None:
    do_import(lite, write(tmp_path, "EK05Q425.ke0"))
    report = do_import(lite, write(tmp_path, "EK05Q425.ke0", *ordinary()[:3]))
    assert "P302-KTR-023" in codes(report)
    assert [edition.name for edition in report.retired] == ["EK05Q425.ke0"]
    first, second = imports(lite)
    assert (first.active, first.retired_by, second.active) == (False, second.id, True)
    assert counts(lite)["p302_payer_office"] == 3


def test_two_files_of_one_edition_in_one_call_are_refused(lite: Database, tmp_path: Path) -> None:
    one = write(tmp_path, "EK05Q425.ke0")
    two = write(tmp_path, "EK05Q425.ke0", *ordinary()[:3], own_name="other.txt")
    report = do_import(lite, one, two)
    assert report.refused
    assert codes(report)[-1] == "P302-KTR-011"
    assert imports(lite) == []


def test_one_bad_file_and_nothing_is_changed(database: Database, tmp_path: Path) -> None:
    do_import(database, write(tmp_path, "EK05Q325.ke0"))
    before = counts(database)
    good = write(tmp_path, "EK05Q425.ke0")
    cut = tmp_path / "AO05Q425.ke0"
    cut.write_bytes(payer_file(*ordinary(), name="AO05Q425KE0")[:-30])
    report = do_import(database, good, cut, tmp_path, option=Option.REPLACE)
    assert report.refused
    assert [file.result for file in report.files] == [Result.IMPORTED, Result.REFUSED, Result.REFUSED]
    assert (report.retired, {file.file_id for file in report.files}) == ([], {None})
    assert counts(database) == before


def test_findings_are_kept_by_file(database: Database, tmp_path: Path) -> None:
    odd = message(CARD, f"VKG+01+{PAYER}+3", name="Kasse, die")
    report = do_import(database, write(tmp_path, "EK05Q425.ke0", odd, *ordinary()[1:]))
    (file,) = report.files
    assert file.warnings == 3
    assert file.file_id is not None
    with database.read() as connection:
        kept = kept_findings(ConnectionView(connection), file.file_id)
    said = [(each.code, each.line, each.value, each.message) for each in file.findings]
    assert [(each.code, each.line, each.value, each.message) for each in kept] == said
    assert [line for _, line, *_ in said] == sorted(line or 0 for _, line, *_ in said)
    assert imports(database)[0].warnings == 3


def test_a_supplement_goes_on_top_whatever_the_order_of_the_call(lite: Database, tmp_path: Path) -> None:
    new = message(OTHER_CENTRE, *MAIL)
    changed = message(PAYER, f"VKG+03+{OTHER_CENTRE}+5++07++++00", mark="02")
    supplement = write(tmp_path, "EK05Q425.ke1", new, changed, message(PAPER, mark="03"))
    report = do_import(lite, supplement, write(tmp_path, "EK05Q425.ke0"))
    assert codes(report) == ["P302-KTR-050"]
    found = payers(lite).route(CARD, "15", state="08")
    assert (found.data_centre, found.paper_office) == (OTHER_CENTRE, "")


def test_a_supplement_whose_marks_do_not_fit_says_so(lite: Database, tmp_path: Path) -> None:
    do_import(lite, write(tmp_path, "EK05Q425.ke0"))
    known_as_new, unknown_as_changed = message(CENTRE, *MAIL, mark="01"), message(OTHER_CENTRE, *MAIL, mark="02")
    report = do_import(lite, write(tmp_path, "EK05Q425.ke1", known_as_new, unknown_as_changed))
    assert codes(report) == ["P302-KTR-049", "P302-KTR-049"]


def test_a_supplement_alone_asks_for_its_standard_file(lite: Database, tmp_path: Path) -> None:
    assert "P302-KTR-022" in codes(do_import(lite, write(tmp_path, "EK05Q425.ke1")))
    assert payers(lite).route(CARD, "15", state="08").payer == PAYER


def test_an_older_file_says_that_it_routes_nothing_now(lite: Database, tmp_path: Path) -> None:
    do_import(lite, write(tmp_path, "EK05Q425.ke0"))
    assert codes(do_import(lite, write(tmp_path, "EK05Q325.ke0"))) == ["P302-KTR-024"]


def test_an_empty_directory_says_what_to_import(lite: Database) -> None:
    empty = payers(lite)
    assert [finding.code for finding in empty.due] == ["P302-KTR-092"]
    with pytest.raises(RouteProblem) as raised:
        empty.route(CARD, "15", state="08")
    assert "payers import" in raised.value.finding.mend


def test_the_directory_knows_which_files_are_due(lite: Database, tmp_path: Path) -> None:
    do_import(lite, write(tmp_path, "EK05Q425.ke0"), write(tmp_path, "EK06Q325.ke0"))
    assert payers(lite).due == ()
    assert [finding.code for finding in payers(lite, date(2026, 1, 5)).due] == ["P302-KTR-091"]


def test_a_file_of_many_messages_goes_in_piece_by_piece(lite: Database, tmp_path: Path) -> None:
    """More messages than go to the database at once. Made-up IKs have wrong check digits, which is only a warning."""
    cards = [message(f"1015{number:05d}", f"VKG+01+{PAYER}+5++++++00") for number in range(1100)]
    report = do_import(lite, write(tmp_path, "EK05Q425.ke0", *cards, *ordinary()[1:]))
    assert report.files[0].messages == 1103
    directory = payers(lite)
    assert {directory.route(f"1015{number:05d}", "15", state="08").payer for number in (0, 499, 500, 1099)} == {PAYER}


def test_editions_with_month_and_quarter_are_the_same_place(lite: Database, tmp_path: Path) -> None:
    do_import(lite, write(tmp_path, "EK05Q425.ke0"))
    report = do_import(lite, write(tmp_path, "EK051025.ke0"))
    assert report.retired == [Edition("EK", "05", date(2025, 10, 1))]
    assert [entry.edition.name for entry in imports(lite) if entry.active] == ["EK051025.ke0"]
