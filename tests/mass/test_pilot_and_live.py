"""From what is entered to what is owed: a pilot that is paid on paper, a live facility that is paid on its file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from billhook.billing.checking import check
from billhook.billing.following import resend
from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.billing.settling import mark_sent, open_documents
from billhook.billing.status import status
from billhook.store import journal, tables
from billhook_mass import outbox, rendering, reports, rules
from billhook_mass.phasing import PhaseRefused, current, phases, set_phase
from billhook_mass.portal import PortalResult, PortalResultFormat, result_bytes
from billhook_mass.registering import Book
from billhook_mass.registers import Phase
from tests.mass.desk import Desk, at


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Two residents in January, one of them four days in hospital."""
    made = Desk(tmp_path)
    made.residents(2, absences="K-1;H1;hospital;09.01.2026;14.01.2026\n")
    yield made
    made.close()


def exported(desk: Desk, phase: Phase) -> outbox.OutboxFile:
    """January, exported in a phase."""
    desk.phase(phase)
    desk.month("2026-01")
    assert desk.check().errors == 0
    [done] = desk.export().exchanges
    [file] = outbox.outbox(desk.workspace)
    assert file.exchange == done.id
    return file


def owed(desk: Desk) -> list[tuple[str, int]]:
    return [(one.number, one.open) for one in open_documents(desk.workspace)]


JANUARY = 384345 + 42705 + 441285
"""27 days at 142.35, 4 days at 75 % of it, 31 days."""


# --- Pilot ------------------------------------------------------------------------------------------------------------


def test_a_pilot_makes_paper_and_file_of_the_same_invoice(desk: Desk) -> None:
    file = exported(desk, Phase.PILOT)
    assert (file.name, file.invoices, file.lines, file.total, file.paper) == (
        "E-0815_202601_0001.csv",
        1,
        3,
        JANUARY,
        1,
    )
    found = outbox.sheet(desk.workspace, file.name)
    assert found.findings == ()
    assert [one.done for one in found.checklist if one.what.startswith("paper and file")] == [True]
    folder = desk.workspace.out_dir / "000001"
    assert sorted(path.name for path in folder.iterdir()) == ["E-0815_202601_0001.csv", "Rechnung_2026-000001.pdf"]
    rows = list(csv.DictReader(io.StringIO((folder / file.name).read_text("cp1252")), delimiter=";"))
    assert sum(int(row["Betrag"].replace(",", "")) for row in rows) == JANUARY


def test_in_a_pilot_uploading_the_file_makes_no_claim_and_posting_the_paper_does(desk: Desk) -> None:
    file = exported(desk, Phase.PILOT)
    assert outbox.uploaded(desk.workspace, file.exchange, receipt="4711").stage == "uploaded"
    assert owed(desk) == []
    mark_sent(desk.workspace, [file.exchange], role="paper")
    assert owed(desk) == [("2026-000001", JANUARY)]


def test_what_the_portal_says_of_a_pilot_file_moves_nothing(desk: Desk) -> None:
    file = exported(desk, Phase.PILOT)
    mark_sent(desk.workspace, [file.exchange], role="paper")
    outbox.uploaded(desk.workspace, file.exchange)
    after = outbox.result(desk.workspace, file.exchange, "rejected", note="Format")
    assert (after.stage, after.state) == ("rejected", "sent")
    assert owed(desk) == [("2026-000001", JANUARY)]


def compared(desk: Desk) -> set[object]:
    """What the pilot comparison says of the lines."""
    return {row[-1] for row in reports.pilot_sheet(desk.workspace, at("2026-03-01").date()).rows}


def test_a_pilot_file_that_the_portal_rejected_differs_from_the_paper(desk: Desk) -> None:
    file = exported(desk, Phase.PILOT)
    mark_sent(desk.workspace, [file.exchange], role="paper")
    outbox.uploaded(desk.workspace, file.exchange)
    assert compared(desk) == {"no answer yet"}
    outbox.result(desk.workspace, file.exchange, "rejected", note="Format")
    assert compared(desk) == {"the portal rejected the file"}
    sheet = reports.pilot_sheet(desk.workspace, at("2026-03-01").date())
    assert len(reports.only_differences(sheet).rows) == 3
    # Uploaded anew, its last word is not said yet.
    outbox.uploaded(desk.workspace, file.exchange)
    assert compared(desk) == {"no answer yet"}


def test_the_checklist_ticks_what_was_done(desk: Desk) -> None:
    def ticked() -> dict[str, bool | None]:
        """The points that are about what a person did."""
        points = outbox.sheet(desk.workspace, file.exchange).checklist
        words = ("upload", "enter", "post")
        return {word: one.done for one in points for word in words if one.what.startswith(word)}

    file = exported(desk, Phase.PILOT)
    assert ticked() == {"upload": None, "enter": None, "post": None}
    outbox.uploaded(desk.workspace, file.exchange)
    assert ticked() == {"upload": True, "enter": True, "post": None}
    mark_sent(desk.workspace, [file.exchange], role="paper")
    assert ticked() == {"upload": True, "enter": True, "post": True}


def test_paper_can_be_laid_out_again_for_the_printer(desk: Desk, tmp_path: Path) -> None:
    file = exported(desk, Phase.PILOT)
    [path] = outbox.paper(desk.workspace, file.exchange, tmp_path / "print")
    assert path.read_bytes() == (desk.workspace.out_dir / "000001" / "Rechnung_2026-000001.pdf").read_bytes()


def test_a_twin_that_is_missing_or_says_something_else_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = exported(desk, Phase.PILOT)
    monkeypatch.setattr(outbox, "_printed", lambda _: ("2026-000001", JANUARY - 1))
    assert [one.code for one in outbox.sheet(desk.workspace, file.exchange).findings] == [rules.OTHER_TWIN.code]
    monkeypatch.setattr(outbox, "_artifacts", lambda *_: iter(()))
    assert [one.code for one in outbox.sheet(desk.workspace, file.exchange).findings] == [rules.NO_TWIN.code]


def test_a_file_in_the_out_folder_that_was_changed_is_not_ready(desk: Desk) -> None:
    file = exported(desk, Phase.PILOT)
    assert outbox.sheet(desk.workspace, file.exchange).checklist[0].done
    path = desk.workspace.out_dir / "000001" / file.name
    path.write_bytes(path.read_bytes().replace(b"4412,85", b"9412,85"))
    assert outbox.sheet(desk.workspace, file.exchange).checklist[0].done is False


@pytest.mark.parametrize("phase", [Phase.PILOT, Phase.LIVE])
def test_lines_that_do_not_come_to_the_total_are_found(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: Phase
) -> None:
    file = exported(desk, phase)
    stored = desk.workspace.archive.path(file.sha256)
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(stored.read_bytes().replace(b";427,05;", b";427,06;"))
    real = desk.workspace.archive.path
    monkeypatch.setattr(desk.workspace.archive, "path", lambda sha256: wrong if sha256 == file.sha256 else real(sha256))
    [finding] = outbox.sheet(desk.workspace, file.exchange).findings
    assert (finding.code, finding.value, finding.params["lines"]) == ("MASS-M01-001", "8683,35", "8683,36")


def test_a_file_whose_lines_do_not_come_to_its_total_is_not_made(desk: Desk) -> None:
    desk.phase(Phase.PILOT)
    desk.month("2026-01")
    desk.check()
    # Somebody changes a stored total between the numbers and the file.
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(rendering, "file_facts", None)
        assert len(desk.export().failed) == 1
    with desk.workspace.database.write() as connection:
        connection.execute(tables.document.update().values(gross=tables.document.c.gross + 1))
    assert "TotalDiffers" in desk.export().failed[0].problem


# --- Live -------------------------------------------------------------------------------------------------------------


def test_a_live_file_is_owed_when_it_was_uploaded(desk: Desk) -> None:
    file = exported(desk, Phase.LIVE)
    assert file.paper == 0
    assert owed(desk) == []
    outbox.uploaded(desk.workspace, file.exchange, happened=at("2026-02-05", 14), receipt="R-9", note="by Petra")
    assert owed(desk) == [("2026-000001", JANUARY)]
    [event] = outbox.outbox(desk.workspace)[0].events
    assert (event.event, event.reference, event.note) == ("uploaded", "R-9", "by Petra")
    assert event.happened.startswith("2026-02-05T13:00")  # 14 o'clock in Berlin, in UTC
    assert event.actor


def test_live_there_is_no_paper_to_print(desk: Desk, tmp_path: Path) -> None:
    file = exported(desk, Phase.LIVE)
    with pytest.raises(BillingProblem, match="takes no paper any more"):
        outbox.paper(desk.workspace, file.exchange, tmp_path)
    assert [path.name for path in (desk.workspace.out_dir / "000001").iterdir()] == [file.name]


def test_a_file_that_the_portal_took_is_received(desk: Desk) -> None:
    file = exported(desk, Phase.LIVE)
    outbox.uploaded(desk.workspace, file.exchange)
    after = outbox.result(desk.workspace, file.exchange, "accepted", receipt="R-9")
    assert (after.stage, after.state) == ("accepted", "received")
    assert owed(desk) == [("2026-000001", JANUARY)]


def test_a_file_that_the_portal_rejected_is_mended_and_leaves_again_with_its_invoice_number(desk: Desk) -> None:
    file = exported(desk, Phase.LIVE)
    outbox.uploaded(desk.workspace, file.exchange)
    assert outbox.result(desk.workspace, file.exchange, "rejected", note="unknown key").state == "refused"
    assert owed(desk) == []
    check(desk.workspace, now=at("2026-02-06"))
    resend(desk.workspace, file.exchange, now=at("2026-02-06"))
    again = outbox.outbox(desk.workspace, waiting=True)
    assert [(one.name, one.total, one.stage) for one in again] == [("E-0815_202601_0002.csv", JANUARY, "ready")]
    outbox.uploaded(desk.workspace, again[0].exchange)
    assert owed(desk) == [("2026-000001", JANUARY)]


def test_nobody_uploads_the_same_file_twice(desk: Desk) -> None:
    file = exported(desk, Phase.LIVE)
    outbox.uploaded(desk.workspace, file.exchange)
    with pytest.raises(BillingProblem, match="a second upload would be a second invoice"):
        outbox.uploaded(desk.workspace, file.exchange)


def test_a_result_needs_an_upload_and_is_said_once(desk: Desk) -> None:
    file = exported(desk, Phase.LIVE)
    with pytest.raises(BillingProblem, match="not uploaded yet"):
        outbox.result(desk.workspace, file.exchange, "accepted")
    outbox.uploaded(desk.workspace, file.exchange)
    outbox.result(desk.workspace, file.exchange, "accepted")
    with pytest.raises(BillingProblem, match="accepted by the portal already"):
        outbox.result(desk.workspace, file.exchange, "rejected")


def test_a_result_may_come_as_a_file(desk: Desk, tmp_path: Path) -> None:
    file = exported(desk, Phase.LIVE)
    outbox.uploaded(desk.workspace, file.exchange)
    said = PortalResult(file=file.name, sha256="0" * 64, result="accepted", receipt="R-9")
    path = tmp_path / "result.json"
    path.write_bytes(result_bytes(said))
    with pytest.raises(BillingProblem, match="checksum"):
        outbox.result_file(desk.workspace, path)
    path.write_bytes(result_bytes(said.model_copy(update={"sha256": file.sha256})))
    assert outbox.result_file(desk.workspace, path).stage == "accepted"
    path.write_text('{"mass_portal_result": 1, "file": 3}')
    with pytest.raises(BillingProblem, match="no result of the portal"):
        outbox.result_file(desk.workspace, path)


def test_an_unknown_file_is_said_to_be_unknown(desk: Desk) -> None:
    with pytest.raises(UnknownThing):
        outbox.sheet(desk.workspace, "nothing.csv")


def test_the_journal_has_who_uploaded_what(desk: Desk) -> None:
    file = exported(desk, Phase.LIVE)
    outbox.uploaded(desk.workspace, file.exchange, actor="petra")
    with desk.workspace.database.read() as connection:
        found = [entry for entry in journal.entries(connection) if entry.event == "mass.uploaded"]
        assert journal.verify(connection).ok
    assert [(entry.actor, entry.subject) for entry in found] == [("petra", f"exchange:{file.exchange}")]
    assert found[0].payload["sha256"] == file.sha256


# --- Phases -----------------------------------------------------------------------------------------------------------


def test_a_facility_that_nobody_entered_is_a_candidate_and_bills_nothing(desk: Desk) -> None:
    assert current(desk.workspace, at("2026-02-05").date()) == [
        ("lwl", "H1", Phase.CANDIDATE),
        ("lwl", "W1", Phase.CANDIDATE),
    ]
    desk.month("2026-01")
    assert set(desk.check().by_code) == {"MASS-PHASE-001"}
    assert desk.export().exchanges == []


def test_live_needs_the_release(desk: Desk) -> None:
    desk.phase(Phase.PILOT)
    with pytest.raises(PhaseRefused, match="release"):
        set_phase(desk.workspace, "lwl", "H1", Phase.LIVE, at("2026-02-01").date())
    made = set_phase(desk.workspace, "lwl", "H1", Phase.LIVE, at("2026-02-01").date(), document="Mail of 20.01.2026")
    assert made.document == "Mail of 20.01.2026"


@pytest.mark.parametrize("document", ["x", "the release", "letter of 31.02.2026", "file 4711.26"])
def test_a_release_has_a_date(desk: Desk, document: str) -> None:
    desk.phase(Phase.PILOT)
    with pytest.raises(PhaseRefused, match="with its date"):
        set_phase(desk.workspace, "lwl", "H1", Phase.LIVE, at("2026-02-01").date(), document=document)
    made = set_phase(desk.workspace, "lwl", "H1", Phase.LIVE, at("2026-02-01").date(), document="Mail, 2026-01-20")
    assert made.phase is Phase.LIVE


def test_nobody_goes_live_without_a_pilot_nor_back_to_paper(desk: Desk) -> None:
    day = at("2026-02-01").date()
    with pytest.raises(PhaseRefused, match="what may follow is candidate, unlocked, suspended"):
        set_phase(desk.workspace, "lwl", "H1", Phase.LIVE, day, document="Mail of 2026-01-20")
    desk.phase(Phase.LIVE)
    with pytest.raises(PhaseRefused, match="what may follow is live, suspended"):
        set_phase(desk.workspace, "lwl", "H1", Phase.PILOT, day)


def test_phases_are_entered_in_their_order(desk: Desk) -> None:
    desk.phase(Phase.PILOT, "2026-02-01")
    with pytest.raises(PhaseRefused, match="already"):
        set_phase(desk.workspace, "lwl", "H1", Phase.SUSPENDED, at("2026-01-15").date())
    assert [row.phase for row in phases(desk.workspace)] == [Phase.UNLOCKED, Phase.PILOT]


@pytest.mark.parametrize(("payer", "facility"), [("kvjs", "H1"), ("lwl", "H9")])
def test_a_phase_is_of_a_payer_and_facility_of_the_settings(desk: Desk, payer: str, facility: str) -> None:
    with pytest.raises(PhaseRefused, match="in the settings"):
        set_phase(desk.workspace, payer, facility, Phase.UNLOCKED, at("2026-01-01").date())


def test_suspending_holds_what_was_checked_before(desk: Desk) -> None:
    desk.phase(Phase.PILOT)
    desk.month("2026-01")
    assert desk.check().errors == 0
    set_phase(desk.workspace, "lwl", "H1", Phase.SUSPENDED, at("2026-02-04").date())
    result = desk.export("2026-02-05")
    assert result.exchanges == []
    assert {finding.code for held in result.held for finding in held.findings} == {"MASS-PHASE-002"}


def test_a_killed_export_is_finished_with_the_phase_that_it_began_with(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.phase(Phase.PILOT)
    desk.month("2026-01")
    desk.check()

    def dies(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(rendering, "file_facts", dies)
        assert len(desk.export().failed) == 1
    set_phase(desk.workspace, "lwl", "H1", Phase.LIVE, at("2026-02-04").date(), document="Mail of 2026-01-20")
    [done] = desk.export().resumed
    assert sorted(one.role for one in done.artifacts) == ["data", "paper"]
    assert replace(done, resumed=False).documents == 1


# --- The portal's result as a file ------------------------------------------------------------------------------------


def test_a_result_is_described_and_a_bad_one_found_wrong(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(result_bytes(PortalResult(file="a.csv", result="rejected", receipt="R-9")))
    form = PortalResultFormat()
    assert form.sniff(path.read_bytes(), path.name)
    assert list(form.verify(path)) == []
    assert dict(form.describe(path, mask=True).facts) == {"file": "a.csv", "result": "rejected", "receipt": "R-9"}
    path.write_text('{"mass_portal_result": 1, "file": "a.csv", "result": "perhaps"}')
    assert [finding.code for finding in form.verify(path)] == ["MASS-FILE-002"]
    assert [finding.code for finding in form.describe(path, mask=True).findings] == ["MASS-FILE-002"]


# --- Reminders --------------------------------------------------------------------------------------------------------


def reminded(desk: Desk, day: str) -> list[tuple[str, str | None]]:
    return [(one.code, one.value) for one in status(desk.workspace, now=at(day)).reminders]


def test_what_waits_for_a_person_is_reminded_of(desk: Desk) -> None:
    file = exported(desk, Phase.PILOT)
    assert reminded(desk, "2026-02-06") == [("MASS-DUE-001", file.name), ("MASS-DUE-002", file.name)]
    outbox.uploaded(desk.workspace, file.exchange)
    assert reminded(desk, "2026-02-06") == [("MASS-DUE-002", file.name)]
    mark_sent(desk.workspace, [file.exchange], role="paper")
    assert reminded(desk, "2026-02-06") == []


def test_a_grant_that_ends_is_named_in_time_unless_another_goes_on(desk: Desk) -> None:
    assert reminded(desk, "2026-10-31") == []
    assert reminded(desk, "2026-11-01") == [("MASS-DUE-003", "2026-12-31")] * 2
    more = (
        "number;client;payer;reference;facility;service;unit;from;to\nZ-9;K-1;lwl;52.2-0001;H1;WOHNEN;day;01.01.2027;\n"
    )
    assert not desk.enter(Book.GRANTS, more).refused
    # And who leaves before its end needs no other.
    assert not desk.enter(Book.STAYS, "client;facility;admitted;discharged\nK-2;H1;01.01.2026;15.12.2026\n").refused
    assert reminded(desk, "2026-11-02") == []


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def test_a_month_goes_through_on_either_database(database_url: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path, url=database_url)
    desk.residents(2, absences="K-1;H1;hospital;09.01.2026;14.01.2026\n")
    file = exported(desk, Phase.PILOT)
    assert (file.total, outbox.sheet(desk.workspace, file.exchange).findings) == (JANUARY, ())
    outbox.uploaded(desk.workspace, file.exchange)
    mark_sent(desk.workspace, [file.exchange], role="paper")
    assert owed(desk) == [("2026-000001", JANUARY)]
    assert desk.month("2026-01").imported.unchanged == 3
    assert desk.month("2026-02").imported.added == 2
    assert desk.check("2026-03-02").by_code == {}
    set_phase(desk.workspace, "lwl", "H1", Phase.LIVE, at("2026-03-01").date(), document="Mail of 2026-01-20")
    [done] = desk.export("2026-03-02").exchanges
    assert [one.role for one in done.artifacts] == ["data"]
    assert reminded(desk, "2026-03-02") == [("MASS-DUE-001", "E-0815_202602_0002.csv")]
    desk.close()
