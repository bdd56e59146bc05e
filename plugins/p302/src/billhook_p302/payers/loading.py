"""The payer directory out of the tables or straight out of files, and the history of imports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.model import Finding, Severity
from billhook.scheme import TableView
from billhook.store.encoding import read_moment
from billhook_p302.payers.editions import Edition, in_force, update_due
from billhook_p302.payers.model import Channel, Link, Office
from billhook_p302.payers.reading import PayerFile
from billhook_p302.payers.records import read_channel, read_link, read_office
from billhook_p302.payers.routing import Offices, PayerDirectory
from billhook_p302.payers.tables import payer_channel, payer_file, payer_finding, payer_link, payer_office


class ConnectionView:
    """A connection as a scheme's `prepare` sees it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def rows(self, statement: sa.Select[tuple[object, ...]]) -> Iterable[sa.Row[tuple[object, ...]]]:
        """The rows of a select."""
        return self.connection.execute(statement)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One import (a line of the Importhistorie): when, which file, what was in it, and whether it still routes."""

    id: int
    imported_at: datetime
    name: str
    sha256: str
    size: int
    edition: Edition
    sender: str
    created: str
    number: str
    option: str
    messages: int
    links: int
    warnings: int
    retired_at: datetime | None
    retired_by: int | None

    @property
    def active(self) -> bool:
        """True while its contents route."""
        return self.retired_at is None


def history(view: TableView) -> list[HistoryEntry]:
    """Every import there ever was, the oldest first."""
    return [
        HistoryEntry(
            id=row.id,
            imported_at=read_moment(row.imported_at),
            name=row.name,
            sha256=row.sha256,
            size=row.size,
            edition=Edition(
                row.fund_kind, row.procedure, date.fromisoformat(row.valid_from), row.supplement, bool(row.monthly)
            ),
            sender=row.sender,
            created=row.created,
            number=row.number,
            option=row.import_option,
            messages=row.messages,
            links=row.links,
            warnings=row.warnings,
            retired_at=read_moment(row.retired_at) if row.retired_at else None,
            retired_by=row.retired_by,
        )
        for row in view.rows(sa.select(payer_file).order_by(payer_file.c.id))
    ]


def kept_findings(view: TableView, file_id: int) -> list[Finding]:
    """What was odd in an imported file, as it was said then."""
    table = payer_finding
    return [
        Finding(
            code=row.code,
            severity=Severity(row.severity),
            message=row.message,
            mend=row.mend,
            source=row.source,
            value=row.value,
            file=row.name,
            line=row.line,
            segment=row.segment,
            tag=row.tag,
            element=row.element,
        )
        for row in view.rows(
            sa.select(table, payer_file.c.name)
            .join(payer_file, payer_file.c.id == table.c.file_id)
            .where(table.c.file_id == file_id)
            .order_by(table.c.number)
        )
    ]


def load_directory(view: TableView, day: date, *, procedure: str = "05", since: date | None = None) -> PayerDirectory:
    """The directory for a day, or for all days from `since` to it: only what is in force then is read.

    With nothing imported the directory is empty, and every route says so.
    """
    since = since or day
    active = {entry.edition: entry.id for entry in history(view) if entry.active}
    due = tuple(update_due((edition for edition in active if edition.procedure == procedure), day))
    wanted = needed([edition for edition in active if edition.procedure == procedure], since, day)
    contents = read_offices(view, [active[edition] for edition in wanted])
    return PayerDirectory(
        ((edition, contents[active[edition]]) for edition in wanted),
        since=since,
        until=day,
        procedure=procedure,
        due=due,
    )


def needed(editions: Sequence[Edition], since: date, until: date) -> list[Edition]:
    """The editions that hold on some day of a span."""
    by_fund: dict[str, list[Edition]] = defaultdict(list)
    for edition in editions:
        by_fund[edition.fund_kind].append(edition)
    changes = {since, *(edition.start for edition in editions if since < edition.start <= until)}
    found = {edition for each in by_fund.values() for day in changes for edition in in_force(each, day)}
    return sorted(found)


def read_offices(view: TableView, file_ids: Sequence[int]) -> dict[int, Offices]:
    """File id → its offices by IK, in the order of the file."""
    links: dict[tuple[int, int], list[Link]] = defaultdict(list)
    channels: dict[tuple[int, int], list[Channel]] = defaultdict(list)
    found: dict[int, dict[str, tuple[Office, ...]]] = {file_id: {} for file_id in file_ids}
    for row in view.rows(_of(payer_link, file_ids, "file_id", "office", "number")):
        links[row.file_id, row.office].append(read_link(row))
    for row in view.rows(_of(payer_channel, file_ids, "file_id", "office", "number")):
        channels[row.file_id, row.office].append(read_channel(row))
    for row in view.rows(_of(payer_office, file_ids, "file_id", "number")):
        key = row.file_id, row.number
        office = read_office(row, links.pop(key, ()), channels.pop(key, ()))
        offices = found[row.file_id]
        offices[office.ik] = (*offices.get(office.ik, ()), office)
    return dict(found)


def _of(table: sa.Table, file_ids: Sequence[int], *order: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(table).where(table.c.file_id.in_(file_ids)).order_by(*(table.c[name] for name in order))


def directory_of_files(
    paths: Iterable[Path],
    *,
    since: date,
    until: date | None = None,
    procedure: str = "05",
    encoding: str = "iso-8859-1",
) -> PayerDirectory:
    """The directory straight out of files, without a database. Raises PayerFileRefused for what is no payer file."""
    contents = []
    for path in paths:
        file = PayerFile(path, _pass_over, encoding)
        offices: dict[str, tuple[Office, ...]] = {}
        for office in file.offices():
            offices[office.ik] = (*offices.get(office.ik, ()), office)
        contents.append((file.header.edition, offices))
    return PayerDirectory(contents, since=since, until=until, procedure=procedure)


def _pass_over(_finding: Finding) -> None:
    """Warnings are the import's business; a look-up only wants the contents."""
