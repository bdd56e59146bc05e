"""What an invoice got, lost and still waits for: payments, cuts and decisions in any order, told once or often."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from billhook.billing import deductions, following, receiving, settling
from billhook.billing.balancing import Balance
from billhook.billing.deductions import DeductionProblem
from billhook.billing.exporting import export
from billhook.billing.problems import UnknownThing
from billhook.billing.settling import PaymentProblem
from billhook.model import DeductionAction, Exchange, ItemState, Outcome, Verdict
from billhook.scheme import Context, Inbound
from billhook.store import ConfigError, journal, tables
from billhook.store.encoding import read_json, split_key
from tests.core.billing.conftest import Desk, open_desk
from tests.support.toy import NOW, ToyPlugin, ToyScheme, toy_items, toy_row

DAY = date(2025, 11, 20)


class Letters(ToyScheme):
    """The Brook fund, whose letters are outcomes written down as JSON lines. Both its payers number files from one."""

    def locate(self, outcome: Outcome, exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
        return [one for one in exchanges if one.key[1] == outcome.facts["payer"]]

    def read(self, inbound: Inbound, ctx: Context) -> Iterable[Outcome]:  # noqa: ARG002  # needs no set-up
        for line in filter(None, inbound.content.decode().splitlines()):
            told = json.loads(line)
            if told.get("day"):
                told["day"] = date.fromisoformat(told["day"])
            yield Outcome(Verdict(told.pop("verdict")), codes=tuple(told.pop("codes", ())), **told)


@pytest.fixture
def sent(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose items all left for the payer."""
    for desk in open_desk(tmp_path, database_url, ToyPlugin(Letters())):
        yield from _send(desk)


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Desk]:
    """The same on SQLite only."""
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'billhook.db'}", ToyPlugin(Letters())):
        yield from _send(desk)


def _send(desk: Desk) -> Iterator[Desk]:
    desk.take(toy_row(item) for item in toy_items(40, seed=7))
    assert desk.check().errors == 0
    settling.mark_sent(desk.workspace, [one.id for one in desk.export().exchanges], now=NOW)
    yield desk


def letter(*outcomes: dict[str, Any], salt: object = "") -> bytes:
    """A letter; the salt makes another file of the same words."""
    return ("\n".join(json.dumps(one) for one in outcomes) + "\n" * (1 + len(str(salt)))).encode()


def tell(desk: Desk, *outcomes: dict[str, Any], salt: object = "", dry_run: bool = False) -> receiving.Received:
    content = letter(*outcomes, salt=salt)
    return receiving.receive_content(desk.workspace, "letter.jsonl", content, scheme="toy", now=NOW, dry_run=dry_run)


@dataclass(frozen=True)
class Invoice:
    """An invoice that left: its number, what it asks for, and its items with what each asks for."""

    number: str
    billed: int
    items: tuple[tuple[str, str, int], ...]


def invoices(desk: Desk) -> list[Invoice]:
    """All of them, with (number, voucher, billed) of their items."""
    document, item = tables.document, tables.item
    billed = item.c.gross - item.c.copayment - item.c.own_share
    with desk.workspace.database.read() as connection:
        return [
            Invoice(
                row.number,
                row.billed,
                tuple(
                    (one.number, one.voucher, one.billed)
                    for one in connection.execute(
                        sa.select(item.c.number, item.c.voucher, billed.label("billed"))
                        .where(item.c.document_id == row.id)
                        .order_by(item.c.id)
                    )
                ),
            )
            for row in connection.execute(sa.select(document).order_by(document.c.id))
        ]


def refusal(desk: Desk, exchange: int | None) -> dict[str, Any]:
    """A letter that refuses a whole file."""
    with desk.workspace.database.read() as connection:
        row = connection.execute(sa.select(tables.exchange).where(tables.exchange.c.id == exchange)).one()
    return {"verdict": "rejected", "numbers": read_json(row.numbers), "facts": {"payer": split_key(row.file_key)[1]}}


def paid(invoice: Invoice, amount: int, reference: str = "", day: str = "2025-11-20") -> dict[str, Any]:
    return {"verdict": "paid", "document": invoice.number, "amount": amount, "day": day, "reference": reference}


def cut(invoice: Invoice, item: str, amount: int, *codes: str, day: str = "2025-11-18") -> dict[str, Any]:
    told = {"verdict": "reduced", "document": invoice.number, "item": item, "deducts": True, "cut": amount, "day": day}
    return told | {"codes": list(codes)}


# --- One invoice ------------------------------------------------------------------------------------------------------


def test_an_invoice_that_is_paid_in_full_settles_its_items(sent: Desk) -> None:
    one = invoices(sent)[0]
    result = tell(sent, paid(one, one.billed, "R-1"))
    assert (result.paid, result.items) == (one.billed, {"settled": len(one.items)})
    assert {sent.item(number).state for number, *_ in one.items} == {ItemState.SETTLED}
    assert one.number not in {each.number for each in settling.open_documents(sent.workspace)}


def test_a_part_payment_leaves_the_rest_open(sent: Desk) -> None:
    one = invoices(sent)[0]
    tell(sent, paid(one, one.billed - 1, "R-1"))
    stands = settling.balance(sent.workspace, one.number)
    assert (stands.paid, stands.open) == (one.billed - 1, 1)
    assert {sent.item(number).state for number, *_ in one.items} == {ItemState.SENT}
    booked = settling.book(sent.workspace, one.number, 1, DAY, now=NOW)
    assert (booked.balance.open, booked.items) == (0, len(one.items))


def test_too_much_is_shown_as_less_than_nothing(sent: Desk) -> None:
    one = invoices(sent)[0]
    tell(sent, paid(one, one.billed + 500, "R-1"))
    assert settling.balance(sent.workspace, one.number).open == -500
    [left] = [each for each in settling.open_documents(sent.workspace) if each.number == one.number]
    assert left.open == -500
    # The payer takes it back.
    settling.book(sent.workspace, one.number, -500, DAY, now=NOW)
    assert settling.balance(sent.workspace, one.number).open == 0


def test_a_cut_is_disputed_until_somebody_decides(sent: Desk) -> None:
    one = next(each for each in invoices(sent) if len(each.items) > 1)
    number, _, billed = one.items[0]
    result = tell(sent, cut(one, number, 100, "K07"), paid(one, one.billed - 100, "R-1"))
    assert (result.paid, len(result.deductions)) == (one.billed - 100, 1)
    stands = settling.balance(sent.workspace, one.number)
    assert (stands.open, stands.disputed, stands.deducted) == (100, 100, 0)
    assert sent.item(number).state is ItemState.REDUCED
    assert billed > 100
    [view] = deductions.deductions(sent.workspace)
    assert (view.item, view.invoice, view.deduction.codes) == (number, one.number, ("K07",))

    [closed] = deductions.close(sent.workspace, [view.deduction.id], action=DeductionAction.ACCEPT, now=NOW)
    assert closed.deduction.deducted == 100
    stands = settling.balance(sent.workspace, one.number)
    assert (stands.open, stands.disputed, stands.deducted) == (0, 0, 100)
    assert {sent.item(each).state for each, *_ in one.items} == {ItemState.SETTLED}

    deductions.reopen(sent.workspace, [view.deduction.id], now=NOW)
    assert settling.balance(sent.workspace, one.number).open == 100
    assert sent.item(number).state is ItemState.REDUCED


def test_what_is_granted_after_all_is_asked_for_again(sent: Desk) -> None:
    one = invoices(sent)[0]
    number, *_ = one.items[0]
    tell(sent, cut(one, number, 100), paid(one, one.billed - 100, "R-1"))
    [key] = [view.deduction.id for view in deductions.deductions(sent.workspace)]
    deductions.close(sent.workspace, [key], action=DeductionAction.OBJECT, granted=60, now=NOW)
    stands = settling.balance(sent.workspace, one.number)
    assert (stands.deducted, stands.open) == (40, 60)
    assert settling.book(sent.workspace, one.number, 60, DAY, now=NOW).balance.open == 0


def test_a_refused_item_is_rejected_and_its_whole_amount_disputed(sent: Desk) -> None:
    one = next(each for each in invoices(sent) if len(each.items) > 1)
    number, _, billed = one.items[0]
    tell(sent, {"verdict": "rejected", "document": one.number, "item": number, "deducts": True, "codes": ["K01"]})
    assert sent.item(number).state is ItemState.REJECTED
    [view] = deductions.deductions(sent.workspace)
    assert view.deduction.amount == billed
    # Billed once more: it stays rejected, for the follow-up, and comes off this invoice.
    deductions.close(sent.workspace, [view.deduction.id], action=DeductionAction.CORRECT, now=NOW)
    assert sent.item(number).state is ItemState.REJECTED
    assert settling.balance(sent.workspace, one.number).deducted == billed
    assert [each.corrects for each in following.follow_up(sent.workspace, [number], "rebill", now=NOW)]


def test_what_the_payer_accepts_after_all_is_no_longer_refused(sent: Desk) -> None:
    one = next(each for each in invoices(sent) if len(each.items) > 1)
    number, _, billed = one.items[0]
    tell(sent, {"verdict": "rejected", "document": one.number, "item": number, "deducts": True})
    [view] = deductions.deductions(sent.workspace)
    deductions.close(sent.workspace, [view.deduction.id], action=DeductionAction.OBJECT, granted=billed, now=NOW)
    assert sent.item(number).state is ItemState.ACCEPTED
    assert following.rejected_items(sent.workspace) == []


def test_the_amount_that_is_granted_of_a_voucher_leaves_the_rest_as_a_cut(sent: Desk) -> None:
    one = next(each for each in invoices(sent) if len({voucher for _, voucher, _ in each.items}) > 1)
    voucher = one.items[0][1]
    billed = sum(amount for _, name, amount in one.items if name == voucher)
    granting = {"verdict": "reduced", "voucher": voucher, "deducts": True, "amount": billed - 5}
    result = tell(sent, granting)
    assert result.exchange is not None
    [view] = deductions.deductions(sent.workspace)
    assert (view.deduction.voucher, view.deduction.amount, view.item) == (voucher, 5, "")


def test_one_advice_speaks_of_many_files(sent: Desk) -> None:
    every = invoices(sent)
    result = tell(sent, *(paid(one, one.billed, "R-1") for one in every))
    assert len(result.exchanges) > 1
    assert result.exchange is None
    assert result.paid == sum(one.billed for one in every)
    assert settling.open_documents(sent.workspace) == []


def test_what_fits_nothing_is_kept_and_reported_and_the_rest_is_done(sent: Desk) -> None:
    one = invoices(sent)[0]
    stranger = {"verdict": "paid", "document": "9999-00001", "amount": 5, "day": "2025-11-20"}
    elsewhere = cut(one, "no such item", 5)
    result = tell(sent, stranger, elsewhere, cut(one, one.items[0][0], 10**9), paid(one, 100, "R-1"))
    assert result.paid == 100
    assert [missed.problem for missed in result.missed] == [
        "no file holds invoice 9999-00001",
        "there is no item no such item in it",
        "it is cut by more than was billed",
    ]
    assert deductions.deductions(sent.workspace) == []
    assert len(sent.rows(tables.outcome)) == 4


# --- Told often -------------------------------------------------------------------------------------------------------


def test_the_same_words_in_another_letter_are_booked_once(sent: Desk) -> None:
    one = next(each for each in invoices(sent) if len(each.items) > 1)
    number, *_ = one.items[0]
    words = (cut(one, number, 100, "K07"), paid(one, one.billed - 100, "R-1"))
    tell(sent, *words)
    assert tell(sent, *words).already
    again = tell(sent, *words, salt=1)
    assert (again.already, again.paid, again.deductions, again.repeated) == (False, 0, (), 2)
    assert settling.balance(sent.workspace, one.number).paid == one.billed - 100
    assert len(deductions.deductions(sent.workspace)) == 1


def test_equal_lines_of_one_advice_are_both_booked(sent: Desk) -> None:
    one = invoices(sent)[0]
    tell(sent, paid(one, 50, "R-1"), paid(one, 50, "R-1"))
    assert settling.balance(sent.workspace, one.number).paid == 100


def test_the_same_cut_after_it_was_closed_is_another_one(quick: Desk) -> None:
    one = next(each for each in invoices(quick) if len(each.items) > 1)
    number, *_ = one.items[0]
    tell(quick, cut(one, number, 100))
    [view] = deductions.deductions(quick.workspace)
    deductions.close(quick.workspace, [view.deduction.id], action=DeductionAction.ACCEPT, now=NOW)
    assert tell(quick, cut(one, number, 100), salt=1).deductions == ()
    assert len(tell(quick, cut(one, number, 100, day="2025-12-01")).deductions) == 1


def test_a_rehearsal_keeps_nothing(sent: Desk) -> None:
    one = invoices(sent)[0]
    before = {name: rows for name, rows in sent.dump().items() if name != "id_block"}
    rehearsed = tell(sent, cut(one, one.items[0][0], 100), paid(one, 100, "R-1"), dry_run=True)
    assert (rehearsed.paid, len(rehearsed.deductions)) == (100, 1)
    assert {name: rows for name, rows in sent.dump().items() if name != "id_block"} == before
    assert rehearsed.sha256 not in sent.workspace.archive
    assert tell(sent, cut(one, one.items[0][0], 100), paid(one, 100, "R-1")).paid == 100


# --- A file that is refused -------------------------------------------------------------------------------------------


def test_a_file_that_is_refused_owes_nothing_even_where_something_was_cut(sent: Desk) -> None:
    one = invoices(sent)[0]
    done = tell(sent, cut(one, one.items[0][0], 100))
    result = tell(sent, refusal(sent, done.exchange))
    assert (result.exchange, result.state) == (done.exchange, "refused")
    assert deductions.deductions(sent.workspace, closed=None) == []
    with pytest.raises(UnknownThing, match="nothing is owed"):
        settling.balance(sent.workspace, one.number)
    late = tell(sent, paid(one, 100, "R-1"))
    assert late.missed[0].problem.endswith("is refused; nothing is owed for it")


def test_a_file_that_was_paid_is_not_refused_any_more(sent: Desk) -> None:
    one = invoices(sent)[0]
    done = tell(sent, paid(one, 100, "R-1"))
    result = tell(sent, refusal(sent, done.exchange))
    assert (result.exchange, result.state) == (done.exchange, "sent")
    assert [missed.problem for missed in result.missed] == ["it refuses a file that was paid"]


def test_the_scheme_says_which_of_two_files_of_one_number_is_meant(quick: Desk) -> None:
    stranger = refusal(quick, 1) | {"facts": {"payer": "somebody else"}}
    assert tell(quick, stranger).problem == "it answers no file of this workspace"


# --- By hand ----------------------------------------------------------------------------------------------------------


def test_a_letter_that_only_a_person_has(sent: Desk) -> None:
    one = next(each for each in invoices(sent) if len(each.items) > 1)
    number, _, billed = one.items[0]
    view = deductions.add(
        sent.workspace, one.number, billed, item=number, codes=["K01"], text="no approval", reason="approval-missing",
        reference="AZ 7", day=DAY, now=NOW,
    )  # fmt: skip
    assert (view.deduction.reason, view.deduction.probability) == ("approval-missing", 90)
    assert view.deduction.expected == billed * 90 // 100
    assert sent.item(number).state is ItemState.REJECTED
    assert settling.balance(sent.workspace, one.number).disputed == billed


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"amount": 0}, DeductionProblem),
        ({"amount": -5}, DeductionProblem),
        ({"amount": 10**12}, DeductionProblem),
        ({"invoice": "none"}, UnknownThing),
        ({"item": "none"}, UnknownThing),
        ({"voucher": "none"}, UnknownThing),
        ({"reason": "none"}, UnknownThing),
        ({"probability": 101}, DeductionProblem),
    ],
)
def test_a_deduction_that_cannot_be(quick: Desk, wrong: dict[str, Any], what: type[Exception]) -> None:
    fields: dict[str, Any] = {"invoice": invoices(quick)[0].number, "amount": 100} | wrong
    before = quick.dump()
    with pytest.raises(what):
        deductions.add(quick.workspace, fields.pop("invoice"), fields.pop("amount"), now=NOW, **fields)
    assert quick.dump() == before


def test_a_decision_that_cannot_be(quick: Desk) -> None:
    one = invoices(quick)[0]
    key = deductions.add(quick.workspace, one.number, 100, now=NOW).deduction.id
    other = deductions.add(quick.workspace, one.number, 50, now=NOW).deduction.id
    with pytest.raises(DeductionProblem, match="say what was done"):
        deductions.close(quick.workspace, [key], now=NOW)
    with pytest.raises(DeductionProblem, match="no more of it"):
        deductions.close(quick.workspace, [key], action=DeductionAction.OBJECT, granted=101, now=NOW)
    with pytest.raises(UnknownThing):
        # All or none: the first one stays open.
        deductions.close(quick.workspace, [key, 999], action=DeductionAction.ACCEPT, now=NOW)
    assert len(deductions.deductions(quick.workspace)) == 2
    deductions.change(quick.workspace, [key], action=DeductionAction.ACCEPT, note="Frau Muster rief an", now=NOW)
    deductions.close(quick.workspace, [key], now=NOW)
    with pytest.raises(DeductionProblem, match="closed"):
        deductions.close(quick.workspace, [key], action=DeductionAction.ACCEPT, now=NOW)
    with pytest.raises(DeductionProblem, match="closed"):
        deductions.change(quick.workspace, [key], note="x", now=NOW)
    with pytest.raises(DeductionProblem, match="not closed"):
        deductions.reopen(quick.workspace, [other], now=NOW)
    with quick.workspace.database.read() as connection:
        entries = list(journal.entries(connection, subject=f"deduction:{key}"))
    assert [entry.event for entry in entries] == ["deduction.made", "deduction.changed", "deduction.closed"]
    assert "Muster" not in str(entries)


def test_money_by_hand_is_booked_once(quick: Desk) -> None:
    one = invoices(quick)[0]
    settling.book(quick.workspace, one.number, 100, DAY, now=NOW)
    with pytest.raises(PaymentProblem, match="already"):
        settling.book(quick.workspace, one.number, 100, DAY, now=NOW)
    settling.book(quick.workspace, one.number, 100, DAY, reference="second", now=NOW)
    with pytest.raises(PaymentProblem, match="nothing"):
        settling.book(quick.workspace, one.number, 0, DAY, now=NOW)
    assert settling.balance(quick.workspace, one.number).paid == 200


def test_what_is_disputed_is_not_overdue(quick: Desk) -> None:
    one = invoices(quick)[0]
    with quick.workspace.database.write() as connection:
        connection.execute(tables.receivable.update().values(due="2025-11-01"))
    late = {each.number for each in settling.open_documents(quick.workspace, overdue_on=DAY)}
    deductions.add(quick.workspace, one.number, one.billed, now=NOW)
    assert late - {each.number for each in settling.open_documents(quick.workspace, overdue_on=DAY)} == {one.number}


# --- Reasons ----------------------------------------------------------------------------------------------------------


def test_a_code_of_the_payer_means_a_reason_of_ours(quick: Desk) -> None:
    config = quick.workspace.path / "billhook.toml"
    config.write_text(
        '[deductions.reasons.late]\ntext = "too late"\nprobability = 5\ncodes = ["K09"]\n', encoding="utf-8"
    )
    quick.reopen()
    one = next(each for each in invoices(quick) if len(each.items) > 1)
    (first, *_), (second, *_) = one.items[:2]
    tell(quick, cut(one, first, 10, "K09"), cut(one, second, 20, "X?"))
    known, unknown = deductions.deductions(quick.workspace)
    assert (known.deduction.reason, known.deduction.probability) == ("late", 5)
    assert (unknown.deduction.reason, unknown.deduction.probability, unknown.deduction.codes) == ("", 100, ("X?",))


def test_a_reason_that_is_written_wrong_is_named(quick: Desk) -> None:
    (quick.workspace.path / "billhook.toml").write_text(
        '[deductions.reasons.late]\ntext = "too late"\nprobability = 105\n', encoding="utf-8"
    )
    quick.reopen()
    with pytest.raises(ConfigError, match=r"deductions\.reasons\.late\.probability"):
        tell(quick, paid(invoices(quick)[0], 100))


# --- Any order --------------------------------------------------------------------------------------------------------


@dataclass
class Ledger:
    """What a bookkeeper would have written down, without a look at the program."""

    billed: dict[str, int]
    money: list[tuple[str, int, str, str]] = field(default_factory=list)
    cuts: dict[int, tuple[str, int]] = field(default_factory=dict)
    off: dict[int, int] = field(default_factory=dict)
    """Deductions that are closed, and what they take off."""

    def paid(self, number: str) -> int:
        return sum(amount for name, amount, *_ in self.money if name == number)

    def deducted(self, number: str) -> int:
        return sum(amount for key, amount in self.off.items() if self.cuts[key][0] == number)

    def disputed(self, number: str) -> int:
        return sum(amount for key, (name, amount) in self.cuts.items() if name == number and key not in self.off)

    def must_agree(self, invoice: Invoice, stands: Balance) -> None:
        assert stands.billed == invoice.billed
        assert stands.billed == stands.paid + stands.open + stands.deducted
        assert stands.paid == self.paid(invoice.number)
        assert stands.deducted == self.deducted(invoice.number)
        assert stands.disputed == self.disputed(invoice.number)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_billed_is_paid_and_open_and_deducted_whatever_happens(sent: Desk, seed: int) -> None:
    random = Random(seed)  # noqa: S311  # made-up letters, no secrets
    every = invoices(sent)
    ledger = Ledger({one.number: one.billed for one in every})
    letters: list[Sequence[dict[str, Any]]] = []
    for step in range(60):
        one = random.choice(every)
        match random.choice(("pay", "pay", "cut", "cut", "again", "close", "reopen", "book", "late")):
            case "pay":
                amount = random.choice((1, 777, one.billed, one.billed // 2, one.billed + 3))
                words = [paid(one, amount, f"R-{step}")]
                assert tell(sent, *words).paid == amount
                ledger.money.append((one.number, amount, f"R-{step}", "2025-11-20"))
                letters.append(words)
            case "cut":
                number, _, billed = random.choice(one.items)
                # Every amount is another one, so that it is another cut.
                amount = min(billed, step + 1)
                words = [cut(one, number, amount, f"K{step}", day=f"2025-12-{step % 28 + 1:02d}")]
                result = tell(sent, *words)
                ledger.cuts |= dict.fromkeys(result.deductions, (one.number, amount))
                assert len(result.deductions) + result.repeated == 1
                letters.append(words)
            case "again" if letters:
                result = tell(sent, *random.choice(letters), salt="x" * (step + 1))
                assert result.paid == 0
                assert result.deductions == () or result.deductions[0] not in ledger.cuts
                assert result.deductions == (), "a cut that was told before, on the same day"
            case "close" if ledger.cuts.keys() - ledger.off.keys():
                key = random.choice(sorted(ledger.cuts.keys() - ledger.off.keys()))
                granted = random.choice((0, 0, ledger.cuts[key][1], ledger.cuts[key][1] // 2))
                action = random.choice(list(DeductionAction))
                deductions.close(sent.workspace, [key], action=action, granted=granted, now=NOW)
                ledger.off[key] = ledger.cuts[key][1] - granted
            case "reopen" if ledger.off:
                key = random.choice(sorted(ledger.off))
                deductions.reopen(sent.workspace, [key], now=NOW)
                del ledger.off[key]
            case "book":
                settling.book(sent.workspace, one.number, 25, DAY, reference=f"B-{step}", now=NOW)
                ledger.money.append((one.number, 25, f"B-{step}", "2025-11-20"))
            case "late":
                assert tell(
                    sent, {"verdict": "paid", "document": f"none-{step}", "amount": 1, "day": "2025-11-20"}
                ).missed
        for each in every if step % 20 == 19 else [one]:
            ledger.must_agree(each, settling.balance(sent.workspace, each.number))
    shares = sum(row["amount"] for row in sent.rows(tables.allocation))
    assert shares == sum(amount for _, amount, *_ in ledger.money)
    assert export(sent.workspace, now=NOW).exchanges == []
    with sent.workspace.database.read() as connection:
        assert journal.verify(connection).ok
