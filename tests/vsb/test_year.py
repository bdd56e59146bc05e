"""A year of sendings: twelve months, three facilities, refusals of every kind, through the whole engine to settlement."""

from __future__ import annotations

import calendar
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from billhook.billing import following, receiving, settling
from billhook.billing.checking import check
from billhook.billing.exporting import export
from billhook.billing.importing import import_items
from billhook.model import ExchangeState, ItemState
from billhook.plugins import Registry
from billhook.store import Workspace, journal, tables
from billhook_vsb import plugin, simulator
from billhook_vsb.acceptance import Stage
from billhook_vsb.lines import Line
from billhook_vsb.messages import Message, read_message
from billhook_vsb.profile import load
from billhook_vsb.simulator import Extra, Simulation
from billhook_vsb.testing import DAY, FUNDS, OTHER_FACILITIES, THIRD_PARTY, insz

YEAR = 2025
CLIENTS = 24
FACILITIES = (THIRD_PARTY, *OTHER_FACILITIES)
BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.fixture
def office(project: Path, tmp_path: Path) -> Iterator[Office]:
    """A workspace with the demo's settings and profile."""
    folder = tmp_path / "workspace"
    Workspace.create(folder, plugins=Registry.of(plugin), url="sqlite:///billhook.db").close()
    for name in ("billhook.toml", "profile.toml"):
        shutil.copyfile(project / "examples" / "vsb" / name, folder / name)
    with Workspace.open(folder, plugins=Registry.of(plugin)) as workspace:
        yield Office(workspace, tmp_path)


@dataclass
class Office:
    """The billing office of the year, and the payer that is played."""

    workspace: Workspace
    folder: Path
    count: int = 0

    def work(self, month: int) -> None:
        """Import the month's days of every client."""
        last = calendar.monthrange(YEAR, month)[1]
        rows = [self._row(client, month, last) for client in range(1, CLIENTS + 1)]
        path = self.folder / f"{month:02d}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        assert import_items(self.workspace, path).added == CLIENTS

    @staticmethod
    def _row(client: int, month: int, last: int) -> dict[str, Any]:
        birth = date(1950, 1, 1) + timedelta(days=37 * client)
        return {
            "scheme": "vsb",
            "number": f"{month:02d}-{client:03d}",
            "provider": FACILITIES[client % 3],
            "voucher": f"{month:02d}-{client:03d}",
            "line": 1,
            "payer": FUNDS[client % 2],
            "client": {"number": f"K-{client}", "family_name": "Demo", "insurance_number": insz(birth, client)},
            "code": DAY,
            "service_from": f"{YEAR}-{month:02d}-01",
            "service_to": f"{YEAR}-{month:02d}-{last}",
            "quantity": str(last),
            "unit_price": "84.50",
            "splits": [{"kind": "own_share", "amount": "2.00"}],
            "details": {"admitted_on": "2024-09-01", "agreed_on": "2024-08-20"},
        }

    def send(self, now: datetime) -> tuple[int, bytes]:
        """Check and export what is there; the one file, by its exchange."""
        assert check(self.workspace, now=now).errors == 0
        [done] = export(self.workspace, now=now).exchanges
        settling.mark_sent(self.workspace, [done.id], now=now)
        return done.id, self.content(done.id)

    def again(self, exchange: int, now: datetime) -> tuple[int, bytes]:
        """Check what came back and send the file again."""
        assert check(self.workspace, now=now).errors == 0
        [done] = following.resend(self.workspace, exchange, now=now).resumed
        settling.mark_sent(self.workspace, [done.id], now=now)
        return done.id, self.content(done.id)

    def content(self, exchange: int) -> bytes:
        with self.workspace.database.read() as connection:
            statement = sa.select(tables.artifact.c.sha256).where(tables.artifact.c.exchange_id == exchange)
            sha256 = connection.execute(statement).scalar_one()
        return b"".join(self.workspace.archive.read(sha256))

    def answer(self, content: bytes, now: datetime, *extra: str, **more: Any) -> Simulation:
        """What the payer says."""
        self.count += 1
        wanted = [Extra.parse(text) for text in extra]
        profile = load("profile.toml", self.workspace.path)
        return simulator.simulate(content, profile, now.date(), extra=wanted, number=self.count, **more)

    def take(self, result: Simulation, now: datetime, *kinds: str) -> list[receiving.Received]:
        """Receive answers in this order (all of them, as they came, when none are named)."""
        by_kind = {answer.kind: answer for answer in result.answers}
        paths = []
        for kind in kinds or tuple(by_kind):
            path = self.folder / f"{self.count:03d}_{by_kind[kind].name}"
            path.write_bytes(by_kind[kind].content)
            paths.append(path)
        return receiving.receive(self.workspace, paths, now=now)

    def states(self, month: int) -> dict[str, int]:
        item = tables.item
        statement = (
            sa.select(item.c.state, sa.func.count()).where(item.c.number.like(f"{month:02d}-%")).group_by(item.c.state)
        )
        with self.workspace.database.read() as connection:
            return {row[0]: int(row[1]) for row in connection.execute(statement)}

    def exchange(self, key: int) -> Any:
        with self.workspace.database.read() as connection:
            return connection.execute(sa.select(tables.exchange).where(tables.exchange.c.id == key)).one()

    def pay_everything(self, booked: date) -> int:
        """The transfers of all promises that are open, in cents."""
        paid = 0
        for promise in settling.promises(self.workspace, unpaid=True):
            settling.pay(self.workspace, promise.reference, promise.amount - promise.paid, booked)
            paid += promise.amount - promise.paid
        return paid


def first_day(message: Message) -> int:
    """The number of the first record 30."""
    return next(record.sequence for record in message.records if record.kind == "30")


def invoice_date(message: Message) -> str:
    return next(record.text("zone_20") for record in message.records if record.kind == "80")


def test_a_year_of_sendings_runs_to_settlement(office: Office) -> None:
    asked = {month: CLIENTS * (calendar.monthrange(YEAR, month)[1] * 8450 - 200) for month in range(1, 13)}
    rejected = {2: 1, 7: 1}
    paid = sum(one_month(office, month, asked[month], rejected.get(month, 0)) for month in range(1, 13))
    refused = sum(asked[month] // CLIENTS for month in rejected)
    assert paid == sum(asked.values()) - refused
    assert billed_anew(office) == refused
    nothing_left(office)


def one_month(office: Office, month: int, asked: int, rejected: int) -> int:
    """From the days to the transfers; what was paid, in cents."""
    now = datetime(YEAR + month // 12, month % 12 + 1, 5, 10, 0, tzinfo=BRUSSELS)
    office.work(month)
    exchange, content = office.send(now)
    day = first_day(read_message(content))
    assert office.exchange(exchange).state == ExchangeState.SENT.value
    if month in (3, 4, 5, 6):
        exchange, content = refuse_first(office, month, exchange, content, now)
    later = now + timedelta(days=6)
    if month == 8:
        # A worker has to sign: at first there is only the receipt.
        waiting = office.answer(content, later, confirm=False)
        assert waiting.stage is Stage.AWAITS_SIGNATURE
        [receipt] = office.take(waiting, later)
        assert (receipt.state, office.states(8)) == ("received", {"sent": CLIENTS})
    # A record, an invoice, and a signal that decides nothing.
    extra = {2: [f"{day}:R300540"], 7: ["2:F200742"], 10: [f"{day}:S302020"]}.get(month, [])
    result = office.answer(content, later, *extra)
    assert result.stage is Stage.ACCEPTED
    # Out of order and twice in one month.
    office.take(result, later, *(("920900", "931000", "920098") if month == 9 else ()))
    assert all(each.already for each in office.take(result, later))
    assert office.exchange(exchange).state == ExchangeState.ANSWERED.value
    answered = {"accepted": CLIENTS - rejected} | ({"rejected": rejected} if rejected else {})
    assert office.states(month) == answered, month
    assert settling.open_documents(office.workspace, overdue_on=later.date()) == []
    overdue = settling.open_documents(office.workspace, overdue_on=later.date() + timedelta(weeks=7))
    assert sum(one.open for one in overdue) == asked * (CLIENTS - rejected) // CLIENTS
    paid = office.pay_everything((now + timedelta(weeks=5)).date())
    assert office.states(month) == {"settled" if name == "accepted" else name: n for name, n in answered.items()}
    assert settling.open_documents(office.workspace) == []
    return paid


def billed_anew(office: Office) -> int:
    """What was refused in accepted sendings goes into new ones that name the old; what was paid, in cents."""
    now = datetime(YEAR + 1, 2, 3, 10, 0, tzinfo=BRUSSELS)
    made = following.follow_up(office.workspace, following.rejected_items(office.workspace), "rebill", now=now)
    assert len(made) == 2
    assert check(office.workspace, now=now).errors == 0
    done = export(office.workspace, now=now).exchanges
    assert len(done) == 2  # one a month
    for one in done:
        content = office.content(one.id)
        message = read_message(content)
        opening = next(record for record in message.records if record.kind == "20")
        assert opening.text("zone_11") == "1"
        assert opening.text("zone_41") == message.year_month
        assert int(opening.text("zone_34")) in (2, 7)
        office.take(office.answer(content, now), now)
    return office.pay_everything(date(YEAR + 1, 3, 1))


def refuse_first(office: Office, month: int, exchange: int, content: bytes, now: datetime) -> tuple[int, bytes]:
    """The sending is refused, in another way each month, and sent again by the rules."""
    before = read_message(content)
    days = [record.sequence for record in before.records if record.kind == "30"][::2]
    later, again = now + timedelta(days=2), now + timedelta(days=4)
    if month == 3:  # unreadable: it went into the wrong buffer
        result = office.answer(content, later, test_buffer=False)
        assert result.stage is Stage.UNREADABLE
    elif month == 4:  # a blocking code
        result = office.answer(content, later, "1:B100721")
    elif month == 5:  # more than 5 %: three days and their shares of 98 records
        result = office.answer(content, later, *(f"{sequence}:R300540" for sequence in days[:3]))
        assert result.judgement is not None
        assert len(result.judgement.refused) == 6
    else:  # everything
        result = office.answer(content, later, *(f"{sequence}:R300540" for sequence in days))
    refusal = office.take(result, later)[-1]
    assert refusal.state == ExchangeState.REFUSED.value
    assert office.states(month) == {"corrected": CLIENTS}
    assert settling.open_documents(office.workspace) == []  # nothing is owed for a refused file
    # An ordinary export leaves them alone: they belong to their sending.
    assert check(office.workspace, now=again).errors == 0
    assert export(office.workspace, now=again).exchanges == []
    new, bytes_again = office.again(exchange, again)
    after = read_message(bytes_again)
    assert (after.sending, after.year_month) == (before.sending, before.year_month)
    assert after.created == again.date().isoformat()
    assert after.reference != before.reference
    assert (invoice_date(after) == invoice_date(before)) is (month == 3)
    assert {record.text("zone_24") for record in after.records} == {record.text("zone_24") for record in before.records}
    assert office.content(exchange) == content  # what was sent is kept
    with pytest.raises(following.CannotFollow):
        following.resend(office.workspace, exchange, now=again)
    return new, bytes_again


def nothing_left(office: Office) -> None:
    item = tables.item
    with office.workspace.database.read() as connection:
        states = set(connection.scalars(sa.select(item.c.state).distinct()))
        numbers = [json.loads(text) for text in connection.scalars(sa.select(tables.exchange.c.numbers))]
        assert journal.verify(connection).ok
    assert states == {ItemState.SETTLED.value, ItemState.SUPERSEDED.value}
    assert settling.open_documents(office.workspace) == []
    # Sending numbers run from 001 in each year; a file that is sent again keeps its own.
    assert sorted({number["sending"] for number in numbers}) == list(range(1, 12))
    assert len({number["reference"] for number in numbers}) == len(numbers) == 12 + 4 + 2


def test_an_answer_that_fits_nothing_is_kept_and_reported(office: Office, corpus: Path) -> None:
    foreign = corpus / "vsb" / "messages" / "920098_pyc_L298.txt"
    [first] = receiving.receive(office.workspace, [foreign])
    assert first.exchange is None
    assert "no file of this workspace" in first.problem
    assert first.sha256 in office.workspace.archive
    [second] = receiving.receive(office.workspace, [foreign])
    assert second.already


def test_what_nobody_can_read_is_kept_too(office: Office) -> None:
    path = office.folder / "letter.txt"
    path.write_text("Dear provider", encoding="ascii")
    [first] = receiving.receive(office.workspace, [path])
    assert "no installed scheme" in first.problem
    assert first.sha256 in office.workspace.archive


def test_a_reduced_item_is_paid_in_part(office: Office) -> None:
    now = datetime(YEAR, 2, 5, 10, 0, tzinfo=BRUSSELS)
    office.work(1)
    _, content = office.send(now)
    result = office.answer(content, now)
    settlement = next(answer for answer in result.answers if answer.kind == "920900").content
    cut = reduced(settlement, 10_000)
    path = office.folder / "reduced.txt"
    path.write_bytes(cut)
    [received] = receiving.receive(office.workspace, [path], now=now)
    assert received.items == {"accepted": CLIENTS - 1, "reduced": 1}
    [first, *_] = sorted(settling.open_documents(office.workspace), key=lambda one: -one.deducted)
    assert first.deducted == 10_000


def reduced(settlement: bytes, cents: int) -> bytes:
    """The settlement with so much less on its first performance and its fund."""
    found = bytearray(settlement)
    for at in range(677, len(found), 800):
        line = Line(found[at : at + 2].decode(), 1, found[at : at + 350].decode())
        if line.kind == "30":
            granted = int(found[at + 477 : at + 489]) - cents
            found[at + 477 : at + 489] = f"{granted:+012d}".encode()
            return bytes(found)
    raise AssertionError("no performance")
