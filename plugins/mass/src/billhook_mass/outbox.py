"""The outbox: files that a person uploads to the portal, with checksum and checklist, and what came of it.

The portal has no interface for programs (user, password, passcode by mail or SMS), so nothing here logs in. Who uploaded what and
when is noted; the bytes in the out folder are held against those in the archive before the file is called ready.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.contexts import moment
from billhook.billing.lookup import exchange_id
from billhook.billing.problems import BillingProblem, UnknownThing, UnreadableFile
from billhook.billing.receiving import receive
from billhook.billing.settling import mark_sent
from billhook.model import ExchangeState, Finding
from billhook.money import format_cents
from billhook.store import Workspace, journal
from billhook.store import tables as core
from billhook.store.database import BUSY_SECONDS, next_ids
from billhook.store.encoding import moment_text, read_moment, split_key
from billhook.words import words
from billhook_mass import rules, tables
from billhook_mass.batching import FileKey
from billhook_mass.checks import weighed
from billhook_mass.formats import open_invoices
from billhook_mass.portal import PortalResult, read_result, result_bytes
from billhook_mass.profile import Profile
from billhook_mass.rendering import DATA, NUMBER_LABEL, PAPER, TOTAL_LABEL, paper_name
from billhook_mass.settings import Settings

UPLOADED, ACCEPTED, REJECTED, NOTE = "uploaded", "accepted", "rejected", "note"


def stage_of(events: Iterable[str]) -> str:
    """Where a file stands at the portal after these events: ready, uploaded, accepted or rejected."""
    return next((event for event in reversed([*events]) if event != NOTE), "ready")


@dataclass(frozen=True, slots=True)
class PortalEvent:
    """What a person did at the portal, or what it said."""

    event: str
    happened: str
    reference: str
    note: str
    actor: str


@dataclass(frozen=True, slots=True)
class OutboxFile:
    """A file for the portal. `paper` counts the invoices that go by post beside it; `state` is the exchange's."""

    exchange: int
    name: str
    sha256: str
    size: int
    key: FileKey
    invoices: int
    lines: int
    total: int
    state: str
    paper: int
    events: tuple[PortalEvent, ...] = ()

    @property
    def stage(self) -> str:
        """ready, uploaded, accepted or rejected, as the last thing that happened says."""
        return stage_of(event.event for event in self.events)


@dataclass(frozen=True, slots=True)
class Check:
    """A point of the checklist: done, or what is to do. `done` None: only a person can say."""

    what: str
    done: bool | None = None


@dataclass(frozen=True, slots=True)
class OutboxSheet:
    """A file with its checklist and what is wrong with it."""

    file: OutboxFile
    checklist: tuple[Check, ...]
    findings: tuple[Finding, ...] = field(default=())


def outbox(workspace: Workspace, *, waiting: bool = False) -> list[OutboxFile]:
    """The files for the portal, the newest last; with `waiting` only those that nobody uploaded yet."""
    with workspace.database.read() as connection:
        found = list(_files(connection))
    return [one for one in found if not waiting or one.stage == "ready"]


def sheet(workspace: Workspace, reference: int | str) -> OutboxSheet:
    """A file with its checklist.

    Raises:
        UnknownThing: there is no such file.
    """
    with workspace.database.read() as connection:
        file = _file(connection, reference)
        profile = _profile_of(workspace, connection, file)
        found = [*_sums(workspace, connection, file, profile)]
        if file.key.is_pilot:
            found += _twins(workspace, connection, file)
        findings = tuple(weighed(finding, profile) for finding in found)
    out = workspace.out_dir / f"{file.exchange:06d}" / file.name
    same = out.is_file() and _sha256(out) == file.sha256
    checklist = [
        Check(
            words("{file} in the out folder has the checksum {sha256}…", file=file.name, sha256=file.sha256[:16]),
            done=same,
        ),
        Check(
            words("the lines of every invoice come to its total"),
            done=rules.SUM.code not in {one.code for one in findings},
        ),
        Check(
            words(
                "{invoices} invoices, {lines} lines, {total} EUR are what you expect",
                invoices=file.invoices,
                lines=file.lines,
                total=format_cents(file.total),
            )
        ),
        Check(words("log in to the portal yourself: user, password, passcode by mail or SMS")),
        Check(words("upload the file, wait for the portal's receipt"), done=file.stage != "ready" or None),
        Check(words("enter it: billhook mass outbox uploaded"), done=file.stage != "ready" or None),
    ]
    if file.key.is_pilot:
        twins = {rules.NO_TWIN.code, rules.OTHER_TWIN.code}
        equal = all(finding.code not in twins for finding in findings)
        checklist.insert(1, Check(words("paper and file have equal numbers and totals"), done=equal))
        post = words(
            "post the {papers} paper invoices, and enter it: billhook sent {exchange}",
            papers=file.paper,
            exchange=file.exchange,
        )
        # What moves the exchange in a pilot is the paper: it stays rendered until that was posted.
        checklist.append(Check(post, done=file.state != ExchangeState.RENDERED.value or None))
    return OutboxSheet(file, tuple(checklist), findings)


def uploaded(
    workspace: Workspace,
    reference: int | str,
    *,
    happened: datetime | None = None,
    receipt: str = "",
    note: str = "",
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> OutboxFile:
    """Note that a person uploaded a file. Live, what it bills is owed from now on; in the pilot only paper makes that.

    Raises:
        UnknownThing: there is no such file.
        BillingProblem: it is uploaded already and was not rejected.
    """
    who = actor or journal.current_actor()
    with workspace.database.read() as connection:
        file = _file(connection, reference)
    if file.stage in (UPLOADED, ACCEPTED):
        message = words(
            "{file} is {stage} already; a second upload would be a second invoice", file=file.name, stage=file.stage
        )
        raise BillingProblem(message)
    mark_sent(workspace, [file.exchange], role=DATA, now=now, actor=who, wait=wait)
    with workspace.database.write() as connection:
        _note(connection, file, UPLOADED, happened or moment(now), receipt, note, moment(now), who)
    return _reread(workspace, file.exchange)


def result(
    workspace: Workspace,
    reference: int | str,
    verdict: Literal["accepted", "rejected"],
    *,
    happened: datetime | None = None,
    receipt: str = "",
    note: str = "",
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> OutboxFile:
    """Note what the portal said of a file: accepted, or rejected as a whole.

    A rejected file of a live facility is refused: nothing is owed for it, and its items are open again.

    Raises:
        UnknownThing: there is no such file.
        BillingProblem: it was not uploaded yet, or the portal said the last word already.
    """
    who = actor or journal.current_actor()
    with workspace.database.read() as connection:
        file = _file(connection, reference)
    if file.stage == "ready":
        message = words(
            "{file} was not uploaded yet; enter that first: billhook mass outbox uploaded {exchange}",
            file=file.name,
            exchange=file.exchange,
        )
        raise BillingProblem(message)
    if file.stage != UPLOADED:
        message = words("{file} is {stage} by the portal already", file=file.name, stage=file.stage)
        raise BillingProblem(message)
    said = PortalResult(
        file=file.name, sha256=file.sha256, result=verdict, receipt=receipt, text=note, happened=happened or moment(now)
    )
    with tempfile.TemporaryDirectory(prefix="billhook-portal-") as folder:
        path = Path(folder) / f"{file.exchange}-{verdict}.json"
        path.write_bytes(result_bytes(said))
        receive(workspace, [path], scheme="mass", now=now, actor=who, wait=wait)
    with workspace.database.write() as connection:
        _note(connection, file, verdict, happened or moment(now), receipt, note, moment(now), who)
    return _reread(workspace, file.exchange)


def result_file(
    workspace: Workspace,
    path: Path,
    *,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> OutboxFile:
    """Note a result that another program wrote down (`billhook_mass.portal`).

    Raises:
        UnreadableFile: the file cannot be opened.
        UnknownThing, BillingProblem: as `result`; also where it is no result, or of other bytes than those that left.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror or type(error).__name__}"
        raise UnreadableFile(message) from error
    said = read_result(content)
    if said is None:
        message = words("{file} is no result of the portal; see billhook verify {file}", file=path.name)
        raise BillingProblem(message)
    with workspace.database.read() as connection:
        file = _file(connection, said.file)
    if said.sha256 and said.sha256 != file.sha256:
        message = words(
            "{result} speaks of another {file}: its checksum is not that of the file that left",
            result=path.name,
            file=file.name,
        )
        raise BillingProblem(message)
    return result(
        workspace, file.exchange, said.result, happened=said.happened, receipt=said.receipt, note=said.text, now=now,
        actor=actor, wait=wait,
    )  # fmt: skip


def paper(workspace: Workspace, reference: int | str, folder: Path) -> list[Path]:
    """Lay the paper invoices of a file into a folder to be printed: the bytes of the archive.

    Raises:
        UnknownThing: there is no such file.
        BillingProblem: the facility is live; the payer takes no paper.
    """
    with workspace.database.read() as connection:
        file = _file(connection, reference)
        artifacts = list(_artifacts(connection, file.exchange, PAPER))
    if not file.key.is_pilot:
        message = words(
            "{file} is of a live facility: {payer} takes no paper any more, and a second invoice would be a second claim",
            file=file.name,
            payer=file.key.payer,
        )
        raise BillingProblem(message)
    return [workspace.archive.deliver(one.sha256, folder, one.name) for one in artifacts]


# --- Reading ----------------------------------------------------------------------------------------------------------


def _files(connection: Connection, only: int | None = None) -> Iterator[OutboxFile]:
    exchange, artifact, document = core.exchange, core.artifact, core.document
    sums = (
        sa.select(
            document.c.exchange_id,
            sa.func.count().label("invoices"),
            sa.func.sum(document.c["items"]).label("lines"),
            sa.func.sum(document.c.billed).label("total"),
        )
        .group_by(document.c.exchange_id)
        .subquery()
    )
    papers = (
        sa.select(artifact.c.exchange_id, sa.func.count().label("papers"))
        .where(artifact.c.role == PAPER)
        .group_by(artifact.c.exchange_id)
        .subquery()
    )
    statement = (
        sa.select(
            exchange.c.id, exchange.c.file_key, exchange.c.state, artifact.c.name, artifact.c.sha256, artifact.c.size,
            sums.c.invoices, sums.c.lines, sums.c.total, papers.c.papers,
        )
        .join(artifact, sa.and_(artifact.c.exchange_id == exchange.c.id, artifact.c.role == DATA))
        .join(sums, sums.c.exchange_id == exchange.c.id)
        .outerjoin(papers, papers.c.exchange_id == exchange.c.id)
        .where(exchange.c.scheme == "mass")
        .order_by(exchange.c.id)
    )  # fmt: skip
    if only is not None:
        statement = statement.where(exchange.c.id == only)
    rows = connection.execute(statement).all()
    events = _events(connection, only)
    for row in rows:
        yield OutboxFile(
            row.id, row.name, row.sha256, row.size, FileKey(*split_key(row.file_key)), int(row.invoices), int(row.lines),
            int(row.total), row.state, int(row.papers or 0), tuple(events.get(row.id, ())),
        )  # fmt: skip


def _events(connection: Connection, only: int | None) -> dict[int, list[PortalEvent]]:
    table = tables.portal_event
    statement = sa.select(table).order_by(table.c.id)
    if only is not None:
        statement = statement.where(table.c.exchange_id == only)
    found: dict[int, list[PortalEvent]] = {}
    for row in connection.execute(statement):
        event = PortalEvent(row.event, row.happened, row.reference, row.note, row.actor)
        found.setdefault(row.exchange_id, []).append(event)
    return found


def _file(connection: Connection, reference: int | str) -> OutboxFile:
    key = exchange_id(connection, reference)
    found = next(_files(connection, key), None)
    if found is None:
        message = words("exchange {exchange} is no file for the portal", exchange=key)
        raise UnknownThing(message)
    return found


def _reread(workspace: Workspace, exchange: int) -> OutboxFile:
    with workspace.database.read() as connection:
        return _file(connection, exchange)


def _note(
    connection: Connection,
    file: OutboxFile,
    event: str,
    happened: datetime,
    receipt: str,
    note: str,
    now: datetime,
    actor: str,
) -> None:
    table = tables.portal_event
    connection.execute(
        table.insert().values(
            id=next_ids(connection, table.name, 1)[0],
            exchange_id=file.exchange,
            event=event,
            sha256=file.sha256,
            reference=receipt,
            note=note,
            happened=moment_text(happened),
            made=moment_text(now),
            actor=actor,
        )
    )
    payload = {"event": event, "sha256": file.sha256, "receipt": receipt}
    journal.append(connection, f"mass.{event}", f"exchange:{file.exchange}", payload, actor=actor, time=now)


# --- M01: lines and totals ---------------------------------------------------------------------------------------------


def _profile_of(workspace: Workspace, connection: Connection, file: OutboxFile) -> Profile:
    """The profile that the file was made by, as it is today."""
    settings: Settings = workspace.settings("mass")
    created = connection.scalar(sa.select(core.exchange.c.created).where(core.exchange.c.id == file.exchange))
    return settings.profile_of(file.key.payer, read_moment(str(created)).date())


def _sums(workspace: Workspace, connection: Connection, file: OutboxFile, profile: Profile) -> Iterator[Finding]:
    """M01: what the file says line by line comes to what is stored of each invoice. The file is read, not remembered.

    Files of several record kinds or without headings are not read back.
    """
    readable = profile.file.header and len(profile.records) == 1
    if not readable or not {"invoice.number", "line.amount"} <= set(profile.fields()):
        return
    lines: dict[str, int] = {}
    for record in open_invoices(workspace.archive.path(file.sha256), profile).records():
        number = record.text("invoice.number")
        lines[number] = lines.get(number, 0) + (record.cents("line.amount") or 0)
    document = core.document
    statement = sa.select(document.c.number, document.c.billed).where(document.c.exchange_id == file.exchange)
    for number, billed in connection.execute(statement.order_by(document.c.id)):
        if lines.get(number) != billed:
            said = format_cents(lines.get(number, 0))
            yield rules.SUM.at(value=format_cents(billed), file=file.name, invoice=number, lines=said)


# --- M08: paper and file are twins ------------------------------------------------------------------------------------


def _artifacts(connection: Connection, exchange: int, role: str) -> Iterator[Any]:
    table = core.artifact
    statement = sa.select(table).where(table.c.exchange_id == exchange, table.c.role == role).order_by(table.c.ordinal)
    yield from connection.execute(statement)


def _twins(workspace: Workspace, connection: Connection, file: OutboxFile) -> Iterator[Finding]:
    """M08: every invoice of the file is there on paper with the same number and total, as the printed text says."""
    papers = {row.name: row for row in _artifacts(connection, file.exchange, PAPER)}
    document = core.document
    statement = sa.select(document.c.number, document.c.billed).where(document.c.exchange_id == file.exchange)
    for number, billed in connection.execute(statement.order_by(document.c.id)):
        row = papers.get(paper_name(number))
        if row is None:
            yield rules.NO_TWIN.at(value=number, file=file.name)
            continue
        said, total = _printed(workspace.archive.path(row.sha256))
        if said != number or total != billed:
            printed = "nothing" if total is None else format_cents(total)
            yield rules.OTHER_TWIN.at(value=printed, file=row.name, invoice=number, digital=format_cents(billed))


def _printed(path: Path) -> tuple[str, int | None]:
    """Number and total as they stand on the first page."""
    from pypdf import PdfReader  # noqa: PLC0415  # only a pilot's sheet needs it

    text = PdfReader(path).pages[0].extract_text()
    lines = [line.strip() for line in text.splitlines()]
    number = next((line.removeprefix(NUMBER_LABEL).strip() for line in lines if line.startswith(NUMBER_LABEL)), "")
    total = next((line.removeprefix(TOTAL_LABEL).strip() for line in lines if line.startswith(TOTAL_LABEL)), "")
    amount = total.removesuffix("EUR").strip().replace(",", ".")
    return number, int(Decimal(amount) * 100) if amount else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
