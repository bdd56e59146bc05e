"""Importing payer files: one transaction for all files of a call, and a history that is never lost.

Either every file of a call goes in or none. A file that is in already changes nothing and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.model import Finding, Severity
from billhook.store import journal
from billhook.store.database import Database, bulk_insert, next_ids
from billhook.store.encoding import date_text, moment_text
from billhook_p302.payers import rules
from billhook_p302.payers.checking import LinkChecks, Stand, supplement_without_base
from billhook_p302.payers.editions import Edition, in_force
from billhook_p302.payers.loading import ConnectionView, HistoryEntry, history, kept_findings, read_offices
from billhook_p302.payers.model import Office
from billhook_p302.payers.reading import PayerFile, PayerFileRefused, peek
from billhook_p302.payers.records import (
    CHANNEL_COLUMNS,
    LINK_COLUMNS,
    OFFICE_COLUMNS,
    channel_rows,
    link_rows,
    office_row,
)
from billhook_p302.payers.routing import merged
from billhook_p302.payers.tables import (
    CONTENT_TABLES,
    payer_channel,
    payer_file,
    payer_finding,
    payer_link,
    payer_office,
)

CHUNK = 500
"""Messages that go to the database in one piece."""

WAIT_SECONDS = 60
"""How long an import waits for another one."""

_FINDING_COLUMNS = (
    "file_id", "number", "code", "severity", "line", "segment", "tag", "element", "value", "message", "mend", "source",
)  # fmt: skip


class Option(StrEnum):
    """What becomes of the files that are there already."""

    KEEP = "keep"
    """They stay (Alte Datei beibehalten)."""
    REPLACE = "replace"
    """Those of the same procedure go, unless they are part of this call (Alte Datei löschen, neue hinzufügen)."""


class Result(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(slots=True)
class FileReport:
    """What became of one file: its edition and counts where they could be read, and everything that was odd in it."""

    name: str
    result: Result = Result.IMPORTED
    file_id: int | None = None
    sha256: str = ""
    edition: Edition | None = None
    messages: int = 0
    links: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return sum(finding.severity is Severity.WARNING for finding in self.findings)


@dataclass(slots=True)
class ImportReport:
    """What became of a call: its files, and the editions whose contents went."""

    option: Option
    files: list[FileReport] = field(default_factory=list)
    retired: list[Edition] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """True when a file was refused: then nothing at all was changed."""
        return any(file.result is Result.REFUSED for file in self.files)

    @property
    def unchanged(self) -> bool:
        """True when every file was in already and none went."""
        return not self.retired and all(file.result is Result.UNCHANGED for file in self.files)


class _Refused(Exception):
    """Rolls the transaction back; the report says why."""


def import_files(
    database: Database,
    paths: Sequence[Path],
    *,
    now: datetime,
    option: Option = Option.KEEP,
    encoding: str = "iso-8859-1",
) -> ImportReport:
    """Import payer files, all or none.

    Args:
        database: where to.
        paths: the files; supplements may stand before their standard file.
        now: the moment of the import, with a time zone.
        option: what becomes of the files that are there already.
        encoding: the character set of the files.

    Returns:
        The report; when `refused` is true, nothing was changed.

    Raises:
        Busy: another import does not come to an end.
        ValueError: `now` has no time zone.
    """
    report = ImportReport(option)
    try:
        with database.exclusive("p302-payers", wait=WAIT_SECONDS), database.write() as connection:
            _Import(connection, report, now, encoding).run(paths)
    except _Refused:
        report.retired.clear()
        for file in report.files:
            file.file_id = None
    return report


class _Import:
    """One import, in its transaction."""

    def __init__(self, connection: Connection, report: ImportReport, now: datetime, encoding: str) -> None:
        self.connection = connection
        self.report = report
        self.now = moment_text(now)
        self.encoding = encoding
        self.view = ConnectionView(connection)
        self.active = {entry.id: entry for entry in history(self.view) if entry.active}
        self.kept: dict[int, FileReport] = {}
        self.journal: list[tuple[str, str, dict[str, Any]]] = []

    def run(self, paths: Sequence[Path]) -> None:
        """Take all files in. Raises _Refused when one of them cannot be taken."""
        for path in sorted(paths, key=_supplement):
            report = FileReport(path.name)
            self.report.files.append(report)
            try:
                self.take(path, report)
            except PayerFileRefused as refused:
                report.result = Result.REFUSED
                report.findings.append(refused.finding)
        if self.report.refused:
            raise _Refused
        if self.report.option is Option.REPLACE:
            procedures = {report.edition.procedure for report in self.report.files if report.edition}
            last = max(self.kept)
            for entry in list(self.active.values()):
                if entry.id not in self.kept and entry.edition.procedure in procedures:
                    self.retire(entry)
                    self.replaced_by(entry, last)
        if self.journal:
            journal.append_many(self.connection, self.journal)

    def take(self, path: Path, report: FileReport) -> None:
        """Take one file in. Raises PayerFileRefused."""
        file = PayerFile(path, report.findings.append, self.encoding)
        report.sha256 = file.inspection.sha256
        same = next((entry for entry in self.active.values() if entry.sha256 == report.sha256), None)
        if same:
            report.result, report.file_id, report.edition = Result.UNCHANGED, same.id, same.edition
            report.messages, report.links = same.messages, same.links
            report.findings = kept_findings(self.view, same.id)
            self.kept[same.id] = report
            return
        offices = file.offices()
        first = next(offices, None)
        if first is None:
            # A frame without any usable message; walking it to its end has said so.
            raise PayerFileRefused(rules.NO_MESSAGES.at(file=file.name))
        report.edition = file.header.edition
        file_id = self.enter(file, report)
        checks = LinkChecks(report.edition, file.name, self.before(report.edition))
        self.store(file_id, self.checked(first, offices, checks, report))
        report.findings.extend(checks.findings())
        known = [entry.edition for entry in self.active.values() if _same_family(entry.edition, report.edition)]
        report.findings.extend(supplement_without_base(report.edition, file.name, known))
        newer = max((each for each in known if each.start > report.edition.start), default=None)
        if newer:
            report.findings.append(rules.OLDER_EDITION.at(value=report.edition.name, file=file.name, newer=newer.name))
        report.findings.sort(key=lambda finding: finding.line or 0)
        self.finish(file, file_id, report)

    def checked(
        self, first: Office, others: Iterable[Office], checks: LinkChecks, report: FileReport
    ) -> Iterator[Office]:
        """The offices as they come, each checked in passing."""
        report.findings.extend(checks.office(first))
        yield first
        for office in others:
            report.findings.extend(checks.office(office))
            yield office

    def enter(self, file: PayerFile, report: FileReport) -> int:
        """The file's row in the history; an older content of the same edition makes way."""
        edition = file.header.edition
        old = next((entry for entry in self.active.values() if _same_edition(entry.edition, edition)), None)
        if old and old.id in self.kept:
            raise PayerFileRefused(rules.TWO_OF_ONE_EDITION.at(value=edition.name, file=file.name))
        if old:
            self.retire(old)
            report.findings.append(rules.EDITION_REPLACED.at(value=edition.name, file=file.name))
        (file_id,) = next_ids(self.connection, payer_file.name, 1)
        self.connection.execute(
            payer_file.insert().values(
                id=file_id,
                imported_at=self.now,
                name=file.name,
                sha256=file.inspection.sha256,
                size=file.inspection.size,
                fund_kind=edition.fund_kind,
                procedure=edition.procedure,
                valid_from=date_text(edition.start),
                supplement=edition.supplement,
                monthly=int(edition.monthly),
                sender=file.header.sender,
                created=file.header.created,
                number=file.header.number,
                import_option=self.report.option.value,
                messages=0,
                links=0,
                warnings=0,
            )
        )
        if old:
            self.replaced_by(old, file_id)
        report.file_id = file_id
        return file_id

    def before(self, edition: Edition) -> dict[str, Stand]:
        """The offices that a supplement goes on top of, by IK."""
        if not edition.supplement:
            return {}
        ids = {entry.edition: entry.id for entry in self.active.values() if _same_family(entry.edition, edition)}
        below = [each for each in in_force(ids, edition.start) if each < replace(edition, monthly=each.monthly)]
        contents = read_offices(self.view, [ids[each] for each in below])
        offices = merged([contents[ids[each]] for each in below])
        return {ik: Stand.of(messages[-1]) for ik, messages in offices.items()}

    def store(self, file_id: int, offices: Iterator[Office]) -> None:
        """Write offices, links and channels, some hundred messages at a time."""
        number = 0
        while chunk := list(islice(offices, CHUNK)):
            numbered = list(enumerate(chunk, start=number + 1))
            number += len(chunk)
            bulk_insert(
                self.connection, payer_office, OFFICE_COLUMNS, (office_row(file_id, at, each) for at, each in numbered)
            )
            bulk_insert(
                self.connection,
                payer_link,
                LINK_COLUMNS,
                (row for at, each in numbered for row in link_rows(file_id, at, each)),
            )
            bulk_insert(
                self.connection,
                payer_channel,
                CHANNEL_COLUMNS,
                (row for at, each in numbered for row in channel_rows(file_id, at, each)),
            )

    def finish(self, file: PayerFile, file_id: int, report: FileReport) -> None:
        """Counts, findings and the journal."""
        report.messages, report.links = file.messages, file.links
        self.connection.execute(
            payer_file.update()
            .where(payer_file.c.id == file_id)
            .values(messages=file.messages, links=file.links, warnings=report.warnings)
        )
        bulk_insert(
            self.connection,
            payer_finding,
            _FINDING_COLUMNS,
            (
                (file_id, number, each.code, each.severity.value, each.line, each.segment, each.tag, each.element,
                 each.value, each.message, each.mend, each.source)
                for number, each in enumerate(report.findings, start=1)
            ),
        )  # fmt: skip
        self.kept[file_id] = report
        self.active = {entry.id: entry for entry in history(self.view) if entry.active}
        payload = {
            "name": file.name,
            "sha256": file.inspection.sha256,
            "edition": file.header.edition.name,
            "option": self.report.option.value,
            "messages": file.messages,
        }
        self.journal.append(("p302.payers.imported", f"{payer_file.name}:{file_id}", payload))

    def retire(self, entry: HistoryEntry) -> None:
        """Take a file's contents away; its row and its findings stay."""
        for table in CONTENT_TABLES:
            self.connection.execute(table.delete().where(table.c.file_id == entry.id))
        self.connection.execute(payer_file.update().where(payer_file.c.id == entry.id).values(retired_at=self.now))
        del self.active[entry.id]
        self.report.retired.append(entry.edition)
        payload = {"name": entry.name, "sha256": entry.sha256, "edition": entry.edition.name}
        self.journal.append(("p302.payers.retired", f"{payer_file.name}:{entry.id}", payload))

    def replaced_by(self, entry: HistoryEntry, file_id: int) -> None:
        """Note which file took its place."""
        self.connection.execute(sa.update(payer_file).where(payer_file.c.id == entry.id).values(retired_by=file_id))


def _supplement(path: Path) -> int:
    """Standard files first, so that a supplement finds its base."""
    edition = peek(path)
    return edition.supplement if edition else 0


def _same_family(one: Edition, other: Edition) -> bool:
    return (one.fund_kind, one.procedure) == (other.fund_kind, other.procedure)


def _same_edition(one: Edition, other: Edition) -> bool:
    """The same place in the order of files, whether its name has a month or a quarter."""
    return _same_family(one, other) and (one.start, one.supplement) == (other.start, other.supplement)
