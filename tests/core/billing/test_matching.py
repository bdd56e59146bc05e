"""Advices that name things in the payer's own words, and invoices that leave in two forms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from billhook.billing import deductions, receiving, settling
from billhook.billing.balancing import balances
from billhook.model import DeductionAction, ItemState, Outcome, Verdict
from billhook.plugins import PluginFailed
from billhook.scheme import Candidate, Context, Inbound
from billhook.store import tables
from tests.core.billing.conftest import Desk, open_desk
from tests.support.toy import NOW, ToyPlugin, ToyScheme, toy_items, toy_row

DAY = date(2025, 11, 20)


class Advised(ToyScheme):
    """The Brook fund, whose advices know no numbers of ours: they name a client and a position, and sometimes an invoice."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int, int]] = []

    def claim(self, file_key: tuple[str, ...]) -> str:
        """Brook South pays on paper."""
        return "paper" if "brook-south" in file_key else "data"

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:  # noqa: ARG002  # needs no set-up
        for told in json.loads(inbound.content):
            for name in ("day", "start", "end"):
                if told.get(name):
                    told[name] = date.fromisoformat(told[name])
            about = told.pop("about", inbound.hints.get("about", ""))
            yield Outcome(Verdict(told.pop("verdict", "paid")), about=about, codes=tuple(told.pop("codes", ())), **told)

    def match(self, outcomes: Sequence[Outcome], candidates: Sequence[Candidate], ctx: Context) -> Sequence[Outcome]:
        self.asked.append((len(outcomes), len(candidates)))
        return [self._match(outcome, candidates, ctx) for outcome in outcomes]

    def _match(self, outcome: Outcome, candidates: Sequence[Candidate], ctx: Context) -> Outcome:  # noqa: ARG002  # as above
        if outcome.facts.get("client") == "boom":
            raise RuntimeError("a bug of the scheme")
        fitting = [one for one in candidates if one.item.number == outcome.facts.get("line")]
        if len(fitting) != 1:
            return replace(outcome, document="", text="no line is called so")
        [found] = fitting
        return replace(outcome, document=found.document, item=f"#{found.item.id}", matched="line")


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose items all left for the payer."""
    for desk in open_desk(tmp_path, database_url, ToyPlugin(Advised())):
        desk.take(toy_row(item) for item in toy_items(12, seed=7))
        assert desk.check().errors == 0
        settling.mark_sent(desk.workspace, [one.id for one in desk.export().exchanges], now=NOW)
        yield desk


def lines(desk: Desk, payer: str) -> list[Any]:
    """Items that left, with what is asked for and the number of their invoice."""
    item, document = tables.item, tables.document
    statement = (
        sa.select(
            item.c.id, item.c.number, item.c.service_from, item.c.state, document.c.number.label("invoice"), item.c.document_id,
            (item.c.gross - item.c.copayment - item.c.own_share).label("billed"),
        )
        .join(document, document.c.id == item.c.document_id)
        .where(item.c.payer == payer)
        .order_by(item.c.id)
    )  # fmt: skip
    with desk.workspace.database.read() as connection:
        return list(connection.execute(statement))


def advise(desk: Desk, *rows: dict[str, Any], **options: Any) -> receiving.Received:
    content = json.dumps(rows).encode()
    return receiving.receive_content(desk.workspace, "advice.json", content, scheme="toy", now=NOW, **options)


def paid(line: Any, amount: int | None = None, **more: Any) -> dict[str, Any]:
    facts = {"line": line.number}
    told = {
        "document": line.invoice,
        "amount": line.billed if amount is None else amount,
        "day": str(DAY),
        "facts": facts,
    }
    return told | more


def kept(desk: Desk) -> list[Any]:
    with desk.workspace.database.read() as connection:
        return list(connection.execute(sa.select(tables.outcome).order_by(tables.outcome.c.id)))


def stand(desk: Desk, line: Any) -> Any:
    with desk.workspace.database.read() as connection:
        [found] = balances(connection, tables.document.c.id == line.document_id)
    return found


def test_a_line_is_found_in_the_invoice_that_is_named(desk: Desk) -> None:
    line = lines(desk, "brook-north")[0]
    before = stand(desk, line)
    result = advise(desk, paid(line))
    assert (result.paid, result.missed) == (line.billed, ())
    [row] = kept(desk)
    assert (row.item_id, row.document_id, row.matched, json.loads(row.facts)) == (
        line.id, line.document_id, "line", {"line": line.number},
    )  # fmt: skip
    assert stand(desk, line).open == before.open - line.billed


def test_without_an_invoice_the_days_bring_the_candidates(desk: Desk) -> None:
    line = lines(desk, "brook-north")[0]
    unknown = paid(line, document="nowhere", start=line.service_from, end=line.service_from)
    assert advise(desk, unknown).paid == line.billed
    assert kept(desk)[0].item_id == line.id
    # And without days nothing is near.
    result = advise(desk, paid(line, 1, document="nowhere"))
    assert result.paid == 0
    assert [missed.problem for missed in result.missed] == ["no line is called so"]


def test_rows_of_one_invoice_are_matched_together(desk: Desk) -> None:
    by_invoice: dict[str, list[Any]] = {}
    for line in lines(desk, "brook-north"):
        by_invoice.setdefault(line.invoice, []).append(line)
    first, second = max(by_invoice.values(), key=len)[:2]
    scheme: Any = desk.workspace.plugins.scheme("toy")
    result = advise(desk, paid(first), paid(second), paid(first, 1, document="nowhere"))
    assert result.paid == first.billed + second.billed
    of_invoice = sum(one.document_id == first.document_id for one in lines(desk, "brook-north"))
    assert scheme.asked == [(2, of_invoice), (1, 0)]


def test_what_fits_nothing_is_kept_and_told_and_moves_nothing(desk: Desk) -> None:
    line = lines(desk, "brook-north")[0]
    before = [row.state for row in lines(desk, "brook-north")], stand(desk, line)
    result = advise(desk, paid(line, facts={"line": "nobody"}))
    assert [(missed.amount, missed.problem) for missed in result.missed] == [(line.billed, "no line is called so")]
    assert result.problem
    assert ([row.state for row in lines(desk, "brook-north")], stand(desk, line)) == before
    assert kept(desk)[0].document_id is None


def test_equal_payments_of_two_lines_are_two_payments_and_the_same_one_is_none(desk: Desk) -> None:
    first, second = lines(desk, "brook-north")[:2]
    assert advise(desk, paid(first, 100, reference="R1")).paid == 100
    # The same day, reference and amount, told in another letter, of another line: as flat rates are.
    assert advise(desk, paid(second, 100, reference="R1"), hints={"n": "2"}).paid == 100
    again = advise(desk, paid(first, 100, reference="R1"), paid(second, 100, reference="R1"))
    assert (again.paid, again.repeated) == (0, 2)


def test_a_payment_of_what_was_cut_grants_it(desk: Desk) -> None:
    line = lines(desk, "brook-north")[0]
    cut = 40
    advise(
        desk,
        paid(line, line.billed - cut, reference="R1"),
        paid(line, line.billed - cut, verdict="reduced", deducts=True, cut=cut, codes=["K7"]),
    )
    [open_one] = deductions.deductions(desk.workspace)
    assert (open_one.deduction.amount, open_one.deduction.granted) == (cut, 0)
    assert stand(desk, line).disputed == cut
    advise(desk, paid(line, 25, reference="R2"))
    [part] = deductions.deductions(desk.workspace)
    assert part.deduction.granted == 25
    assert stand(desk, line).disputed == cut - 25
    advise(desk, paid(line, cut - 25, reference="R3"))
    [whole] = deductions.deductions(desk.workspace, closed=True)
    assert (whole.deduction.granted, whole.deduction.action) == (cut, DeductionAction.OBJECT)
    after = stand(desk, line)
    assert (after.disputed, after.deducted) == (0, 0)
    assert after.billed == after.paid + after.open


def test_what_is_paid_of_an_accepted_cut_is_no_longer_deducted(desk: Desk) -> None:
    line = lines(desk, "brook-north")[0]
    advise(desk, paid(line, line.billed - 40, reference="R1"), paid(line, 0, verdict="reduced", deducts=True, cut=40))
    [one] = deductions.deductions(desk.workspace)
    deductions.close(desk.workspace, [one.deduction.id], action=DeductionAction.ACCEPT, now=NOW)
    assert stand(desk, line).deducted == 40
    advise(desk, paid(line, 40, reference="R2"))
    after = stand(desk, line)
    assert after.deducted == 0
    assert after.billed == after.paid + after.open


def test_closing_keeps_what_was_paid_of_a_cut(desk: Desk) -> None:
    line = lines(desk, "brook-north")[0]
    advise(desk, paid(line, line.billed - 40, reference="R1"), paid(line, 0, verdict="reduced", deducts=True, cut=40))
    advise(desk, paid(line, 15, reference="R2"))
    [one] = deductions.deductions(desk.workspace)
    deductions.close(desk.workspace, [one.deduction.id], action=DeductionAction.ACCEPT, now=NOW)
    assert stand(desk, line).deducted == 25


def test_what_is_said_of_a_form_that_is_no_claim_is_kept_and_moves_nothing(desk: Desk) -> None:
    line = lines(desk, "brook-south")[0]
    before = stand(desk, line)
    result = advise(desk, paid(line, about="data"), paid(line, 1, verdict="reduced", deducts=True, cut=1, about="data"))
    assert (result.paid, result.deductions, result.items) == (0, (), {})
    assert stand(desk, line) == before
    assert {(row.item_id, row.about, row.exchange_id) for row in kept(desk)} == {(line.id, "data", None)}
    # The paper is the claim: by its name, and where nothing is said.
    assert advise(desk, paid(line, 5), hints={"about": "paper"}).paid == 5
    assert advise(desk, paid(line, 6)).paid == 6


def test_only_the_claim_makes_a_receivable(database_url: str, tmp_path: Path) -> None:
    for desk in open_desk(tmp_path, database_url, ToyPlugin(Advised())):
        desk.take(toy_row(item) for item in toy_items(12, seed=7))
        desk.check()
        exchanges = [one.id for one in desk.export().exchanges]
        by_data = settling.mark_sent(desk.workspace, exchanges, role="data", now=NOW)
        by_paper = settling.mark_sent(desk.workspace, exchanges, role="paper", now=NOW)
        assert sorted(by_data + by_paper) == sorted(exchanges)
        assert by_data
        assert by_paper
        [line, *_] = lines(desk, "brook-south")
        assert line.state == ItemState.SENT.value
        events = [(entry.event) for entry in _journal(desk)]
        assert events.count("exchange.twin_sent") == len(exchanges)


def _journal(desk: Desk) -> list[Any]:
    with desk.workspace.database.read() as connection:
        return list(connection.execute(sa.select(tables.journal)))


def test_a_dry_run_matches_and_keeps_nothing(desk: Desk) -> None:
    line = lines(desk, "brook-north")[0]
    before = stand(desk, line)
    assert advise(desk, paid(line), dry_run=True).paid == line.billed
    assert kept(desk) == []
    assert stand(desk, line) == before


def test_a_scheme_that_fails_is_named_and_nothing_changes(desk: Desk) -> None:
    line = lines(desk, "brook-north")[0]
    with pytest.raises(PluginFailed, match="toy"):
        advise(desk, paid(line, facts={"client": "boom"}))
    assert kept(desk) == []
