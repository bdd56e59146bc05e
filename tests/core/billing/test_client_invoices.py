"""Invoices to clients: what is owed, from which amount on, once and never twice, and what stands on the paper."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billhook.billing import client_invoices, following
from billhook.billing.client_invoices import ClientInvoice, ClientInvoiceProblem, contained_vat
from billhook.billing.problems import UnknownThing
from billhook.model import Address, ItemState
from billhook.scheme import ClientShare
from billhook.store import ConfigError, journal, tables
from tests.core.billing.conftest import Desk, open_desk
from tests.support.papers import page_count, text_of
from tests.support.toy import ToyPlugin, ToyScheme

NOW = datetime(2025, 11, 3, 9, 30, tzinfo=UTC)
SENDER = """
[[client_invoices.senders]]
provider = "p1"
name = "Sanitätshaus Lindenhof GmbH"
street = "Lindenallee 3"
postal_code = "70001"
city = "Stuttgart"
email = "rechnung@lindenhof.example"
iban = "DE89370400440532013000"
bic = "COBADEFFXXX"
tax_number = "99/123/45678"
"""
WHERE = Address("Uferweg 7", "70002", "Stuttgart")


def bill(number: str, client: str, *, voucher: str = "", day: str = "2025-10-06", **shares: str) -> dict[str, Any]:
    """A row of 100.00 with shares of the client's."""
    return {
        "scheme": "toy", "number": number, "provider": "p1", "voucher": voucher or number, "line": 1, "payer": "brook-north",
        "client": {"number": client, "family_name": f"Test {client}", "given_name": "Toni"} if client else {"family_name": "X"},
        "code": "A1", "text": f"Stocking {number}", "service_from": day, "quantity": "1", "unit": "pc", "unit_price": "100.00",
        "details": {"branch": "north", "prescribed_on": "2025-09-01"}, **shares,
    }  # fmt: skip


def set_up(desk: Desk, *rows: dict[str, Any], sender: str = SENDER, more: str = "", export: bool = True) -> Desk:
    """Import, check and export the rows; every client has an address."""
    config = desk.workspace.path / "billhook.toml"
    config.write_text(f"[schemes.toy]\n[client_invoices]\n{more}\n{sender}", encoding="utf-8")
    desk.reopen()
    desk.take(rows)
    for client in {row["client"].get("number") for row in rows} - {None}:
        client_invoices.set_address(desk.workspace, client, WHERE)
    desk.check()
    if export:
        desk.export()
    return desk


def run(desk: Desk, **options: Any) -> list[ClientInvoice]:
    return client_invoices.invoice(desk.workspace, now=NOW, **options).invoices


def owed(desk: Desk) -> dict[str, int]:
    return {each.client: each.amount for each in client_invoices.due(desk.workspace)}


# --- What is owed ---------------------------------------------------------------------------------------------------


def test_all_three_shares_of_what_was_billed_are_owed(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00", own_share="3.00", surcharge="2.50"), bill("2", "K2"))
    assert owed(desk) == {"K1": 1550}
    (made,) = run(desk)
    assert (made.client, made.amount, made.open, made.number) == ("K1", 1550, 1550, "K2025-000001")
    assert (made.made_on, made.due) == (date(2025, 11, 3), date(2025, 11, 17))
    assert owed(desk) == {}


def test_what_has_not_left_yet_is_not_owed(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"), export=False)
    assert owed(desk) == {}
    desk.export()
    assert owed(desk) == {"K1": 1000}


def test_nothing_is_invoiced_twice(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"))
    assert len(run(desk)) == 1
    before = desk.dump()
    again = client_invoices.invoice(desk.workspace, now=NOW)
    assert again.invoices == []
    assert again.waiting == []
    assert desk.dump() == before


def test_items_of_a_client_make_one_invoice_in_order_of_service(desk: Desk) -> None:
    set_up(
        desk,
        bill("1", "K1", copayment="10.00", day="2025-10-20"),
        bill("2", "K1", copayment="5.00", day="2025-10-02"),
        bill("3", "K2", copayment="7.00"),
    )
    made = run(desk)
    assert {one.client: one.amount for one in made} == {"K1": 1500, "K2": 700}
    number = next(one.number for one in made if one.client == "K1")
    lines = client_invoices.content_of(desk.workspace, number)["lines"]
    assert [(line["day"], line["voucher"], line["amount"]) for line in lines] == [
        ("2025-10-02", "2", 500),
        ("2025-10-20", "1", 1000),
    ]


def test_only_the_kinds_of_the_settings_are_asked_for(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00", surcharge="20.00"), more='kinds = ["surcharge"]')
    assert owed(desk) == {"K1": 2000}


def test_services_after_the_day_wait_for_their_turn(desk: Desk) -> None:
    set_up(
        desk,
        bill("1", "K1", copayment="10.00", day="2025-10-31"),
        bill("2", "K1", copayment="6.00", day="2025-11-01"),
    )
    assert [one.amount for one in run(desk, until=date(2025, 10, 31))] == [1000]
    assert [one.amount for one in run(desk)] == [600]


def test_one_client_alone_can_be_invoiced(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"), bill("2", "K2", copayment="10.00"))
    assert [one.client for one in run(desk, client="K2")] == ["K2"]
    assert owed(desk) == {"K1": 1000}
    with pytest.raises(UnknownThing, match="no client 'K9'"):
        run(desk, client="K9")


# --- The minimum, and what hinders ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "makes"), [("4.99", 0), ("5.00", 1)])
def test_below_the_minimum_an_amount_waits(desk: Desk, share: str, makes: int) -> None:
    set_up(desk, bill("1", "K1", copayment=share))
    done = client_invoices.invoice(desk.workspace, now=NOW)
    assert len(done.invoices) == makes
    assert [each.why[:17] for each in done.waiting] == ["below the minimum"] * (1 - makes)


def test_small_amounts_of_several_periods_are_collected(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="2.40", day="2025-09-10"))
    assert run(desk) == []
    desk.take([bill("2", "K1", copayment="2.70", day="2025-10-10")], "october.jsonl")
    desk.check()
    desk.export()
    (made,) = run(desk)
    assert made.amount == 510
    assert len(client_invoices.content_of(desk.workspace, made.number)["lines"]) == 2


def test_a_client_who_leaves_pays_the_rest(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="0.50"))
    assert [one.amount for one in run(desk, everything=True)] == [50]


def test_a_client_without_an_address_is_named_and_the_others_go_on(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"), bill("2", "K2", copayment="10.00"))
    client_invoices.set_address(desk.workspace, "K1", Address())
    done = client_invoices.invoice(desk.workspace, now=NOW)
    assert [one.client for one in done.invoices] == ["K2"]
    assert [(each.client, each.why) for each in done.waiting] == [
        ("K1", "the client's master record has no postal address")
    ]


def test_a_provider_without_a_sender_is_named(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"), sender="")
    done = client_invoices.invoice(desk.workspace, now=NOW)
    assert done.invoices == []
    assert "add [[client_invoices.senders]]" in done.waiting[0].why


def test_items_that_name_no_client_are_counted(desk: Desk) -> None:
    set_up(desk, bill("1", "", copayment="10.00"), bill("2", "K2", copayment="10.00"))
    done = client_invoices.invoice(desk.workspace, now=NOW)
    assert (len(done.invoices), done.without_client) == (1, 1)


def test_a_dry_run_changes_nothing_and_says_what_would_be(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"))
    before, files = desk.dump(), desk.files()
    done = client_invoices.invoice(desk.workspace, now=NOW, dry_run=True)
    assert [(one.number, one.client, one.amount) for one in done.invoices] == [("", "K1", 1000)]
    assert (desk.dump(), desk.files()) == (before, files)


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('number = "K"', "number"),
        ('number = "K/{n}"', "number"),
        ("minimum = -1", "minimum"),
        ('language = "fr"', "language"),
        ('kinds = ["tip"]', "kinds"),
        ("colour = 1", "colour"),
    ],
)
def test_wrong_settings_are_named(quick_desk: Desk, more: str, key: str) -> None:
    set_up(quick_desk, bill("1", "K1", copayment="10.00"), more=more)
    with pytest.raises(ConfigError, match=rf"client_invoices\.{key}"):
        run(quick_desk)


@pytest.mark.parametrize("line", ['iban = "DE89370400440532013001"', 'bic = "COBA"'])
def test_an_account_that_cannot_be_is_refused(quick_desk: Desk, line: str) -> None:
    name = line.split(maxsplit=1)[0]
    sender = "\n".join(line if each.startswith(name) else each for each in SENDER.splitlines())
    set_up(quick_desk, bill("1", "K1", copayment="10.00"), sender=sender)
    with pytest.raises(ConfigError, match=name):
        run(quick_desk)


# --- What changes afterwards ----------------------------------------------------------------------------------------


def answer(desk: Desk, number: str, state: ItemState) -> None:
    with desk.workspace.database.write() as connection:
        connection.execute(tables.item.update().where(tables.item.c.number == number).values(state=state.value))


def test_an_item_that_is_closed_gives_its_share_back(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"))
    run(desk)
    answer(desk, "1", ItemState.CLOSED)
    (credit,) = run(desk)
    assert (credit.amount, credit.due) == (-1000, None)
    assert owed(desk) == {}


def test_a_refused_item_still_stands_until_it_is_followed(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"))
    run(desk)
    answer(desk, "1", ItemState.REJECTED)
    assert owed(desk) == {}
    following.follow_up(desk.workspace, ["1"], "rebill")
    assert owed(desk) == {}, "its follower has not left yet"
    desk.check()
    desk.export()
    assert client_invoices.due(desk.workspace)[0].why.startswith("nothing is left to pay")
    assert run(desk) == []


class _ManyKinds(ToyScheme):
    correction_kinds: Sequence[str] = ("rebill", "more", "waiver")
    client_shares: Mapping[str, ClientShare] = {"more": ClientShare.ADDS, "waiver": ClientShare.WAIVES}


@pytest.mark.parametrize(("kind", "rest"), [("rebill", 0), ("more", 1000), ("waiver", -1000)])
def test_a_follow_up_replaces_adds_or_waives(tmp_path: Path, kind: str, rest: int) -> None:
    for desk in open_desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}", ToyPlugin(_ManyKinds())):
        set_up(desk, bill("1", "K1", copayment="10.00"))
        run(desk)
        answer(desk, "1", ItemState.ACCEPTED)
        following.follow_up(desk.workspace, ["1"], kind)
        desk.check()
        desk.export()
        assert sum(owed(desk).values()) == rest


def test_a_cancelled_invoice_is_taken_back_and_can_be_made_anew(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"))
    (first,) = run(desk)
    (back,) = client_invoices.cancel(desk.workspace, first.number, "wrong name", now=NOW).invoices
    assert (back.number, back.amount, back.cancels, back.open) == ("K2025-000002", -1000, first.number, 0)
    kept = {one.number: one for one in client_invoices.invoices(desk.workspace)}
    assert (kept[first.number].cancelled_by, kept[first.number].open) == (back.number, 0)
    assert [one.number for one in run(desk)] == ["K2025-000003"]
    for number in (first.number, back.number):
        with pytest.raises(ClientInvoiceProblem, match="cannot be cancelled"):
            client_invoices.cancel(desk.workspace, number, "again")
    with pytest.raises(ClientInvoiceProblem, match="say why"):
        client_invoices.cancel(desk.workspace, "K2025-000003", " ")


def test_payments_settle_an_invoice(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"), bill("2", "K2", copayment="10.00"))
    first, second = run(desk)
    assert client_invoices.pay(desk.workspace, first.number, 400, date(2025, 11, 20)).open == 600
    assert client_invoices.pay(desk.workspace, first.number, 600, date(2025, 11, 21)).open == 0
    with pytest.raises(ClientInvoiceProblem, match="noted on 2025-11-21 already"):
        client_invoices.pay(desk.workspace, first.number, 600, date(2025, 11, 21))
    with pytest.raises(ClientInvoiceProblem, match="of nothing"):
        client_invoices.pay(desk.workspace, first.number, 0, date(2025, 11, 21))
    with pytest.raises(UnknownThing, match="no client invoice 'K9'"):
        client_invoices.pay(desk.workspace, "K9", 600, date(2025, 11, 21))
    assert [one.number for one in client_invoices.invoices(desk.workspace, only_open=True)] == [second.number]
    on = {
        day: client_invoices.invoices(desk.workspace, overdue_on=day)
        for day in (date(2025, 11, 17), date(2025, 11, 18))
    }
    assert [len(found) for found in on.values()] == [0, 1]


def test_what_was_paid_for_a_cancelled_invoice_is_to_be_paid_back(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"))
    (first,) = run(desk)
    client_invoices.pay(desk.workspace, first.number, 1000, date(2025, 11, 20))
    client_invoices.cancel(desk.workspace, first.number, "not his", now=NOW)
    assert [one.open for one in client_invoices.invoices(desk.workspace, only_open=True)] == [-1000]
    assert client_invoices.pay(desk.workspace, first.number, -1000, date(2025, 12, 1)).open == 0


def test_the_journal_tells_it_without_names(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"))
    (first,) = run(desk)
    client_invoices.cancel(desk.workspace, first.number, "not his", now=NOW)
    with desk.workspace.database.read() as connection:
        assert journal.verify(connection).ok
        told = [entry for entry in journal.entries(connection) if entry.event.startswith("client.")]
    assert [entry.event for entry in told] == ["client.moved", "client.invoiced", "client.invoiced", "client.cancelled"]
    assert "Test" not in repr(told)


# --- The paper ------------------------------------------------------------------------------------------------------


def test_the_paper_says_who_what_how_much_and_until_when(desk: Desk) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00", surcharge="2.50"))
    (path,) = client_invoices.invoice(desk.workspace, now=NOW).files
    assert path == desk.workspace.out_dir / "clients" / "K2025-000001.pdf"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = text_of(path, 1)
    for wanted in (
        "Sanitätshaus Lindenhof GmbH", "Toni Test K1", "Uferweg 7", "70002 Stuttgart", "K2025-000001", "03.11.2025",
        "06.10.2025", "gesetzliche Zuzahlung – Stocking 1", "Aufzahlung – Stocking 1", "10,00", "2,50", "Summe 12,50",
        "Bitte zahlen Sie 12,50 EUR bis zum 17.11.2025.", "DE89 3704 0044 0532 0130 00", "Steuernummer 99/123/45678",
    ):  # fmt: skip
        assert wanted in text, wanted


@pytest.mark.parametrize(("language", "word"), [("de", "Rechnung"), ("en", "Invoice"), ("nl", "Factuur")])
def test_the_paper_speaks_the_language_of_the_settings(quick_desk: Desk, language: str, word: str) -> None:
    set_up(quick_desk, bill("1", "K1", copayment="10.00"), more=f'language = "{language}"')
    (path,) = client_invoices.invoice(quick_desk.workspace, now=NOW).files
    assert word in text_of(path, 1)


def test_many_lines_go_over_to_further_pages_with_their_sum(quick_desk: Desk) -> None:
    rows = [bill(f"{n}", "K1", copayment="1.00", day="2025-10-06") for n in range(1, 101)]
    set_up(quick_desk, *rows)
    (path,) = client_invoices.invoice(quick_desk.workspace, now=NOW).files
    pages = page_count(path)
    texts = [text_of(path, page) for page in range(1, pages + 1)]
    assert pages > 1
    assert sum(text.count("Stocking") for text in texts) == 100
    carried = texts[0].count("Stocking")
    assert f"Übertrag {carried},00" in texts[0]
    assert f"Übertrag {carried},00" in texts[1]
    assert "Summe 100,00" in texts[-1]


def test_a_credit_says_that_money_comes_back(quick_desk: Desk) -> None:
    set_up(quick_desk, bill("1", "K1", copayment="10.00"))
    run(quick_desk)
    answer(quick_desk, "1", ItemState.CLOSED)
    (path,) = client_invoices.invoice(quick_desk.workspace, now=NOW).files
    assert "Gutschrift" in text_of(path, 1)
    assert "Wir zahlen Ihnen 10,00 EUR zurück." in text_of(path, 1)


def test_the_vat_that_surcharges_contain() -> None:
    # 11.90 contains 1.90 at 19 %; 2 × 1.07 contain 0.14 at 7 %; a copayment's VAT stands on the payer's invoice.
    lines: list[dict[str, Any]] = [
        {"vat_rate": "19", "amount": 1190}, {"vat_rate": "7", "amount": 107}, {"vat_rate": "7", "amount": 107},
        {"vat_rate": None, "amount": 1000},
    ]  # fmt: skip
    assert contained_vat(lines) == {Decimal(7): 14, Decimal(19): 190}


def test_a_killed_run_is_finished_by_the_next_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(desk, bill("1", "K1", copayment="10.00"))

    def killed(_workspace: object) -> list[Path]:
        raise KeyboardInterrupt

    monkeypatch.setattr(client_invoices, "draw_missing", killed)
    with pytest.raises(KeyboardInterrupt):
        run(desk)
    monkeypatch.undo()
    assert not (desk.workspace.out_dir / "clients").exists()
    done = client_invoices.invoice(desk.workspace, now=NOW)
    assert done.invoices == []
    assert [path.name for path in done.files] == ["K2025-000001.pdf"]
    with desk.workspace.database.read() as connection:
        kept = connection.scalar(sa.select(tables.client_invoice.c.sha256))
    assert kept in desk.workspace.archive


# --- Always ---------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    shares=st.lists(st.tuples(st.sampled_from(["K1", "K2"]), st.integers(0, 1500)), min_size=1, max_size=6),
    acts=st.lists(
        st.sampled_from(["invoice", "all", "cancel", "close", "reject", "rebill", "reopen"]), min_size=1, max_size=8
    ),
)
def test_invoiced_and_owed_are_what_the_items_say(
    tmp_path_factory: pytest.TempPathFactory, shares: list[tuple[str, int]], acts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("clients")
    for desk in open_desk(folder, f"sqlite:///{folder / 'b.db'}"):
        rows = [
            bill(f"{n}", who, copayment=f"{cents // 100}.{cents % 100:02d}") for n, (who, cents) in enumerate(shares, 1)
        ]
        set_up(desk, *rows)
        for act in acts:
            act_on(desk, act)
            check_balance(desk)


def act_on(desk: Desk, act: str) -> None:
    first = desk.items()[0]
    if act in ("invoice", "all"):
        run(desk, everything=act == "all")
    elif act == "cancel":
        for one in client_invoices.invoices(desk.workspace):
            if not one.cancels and not one.cancelled_by:
                client_invoices.cancel(desk.workspace, one.number, "test", now=NOW)
                break
    elif act == "rebill":
        if first.state is ItemState.REJECTED:
            following.follow_up(desk.workspace, [first.id], "rebill")
            desk.check()
            desk.export()
    elif first.state is not ItemState.SUPERSEDED:
        wanted = {"close": ItemState.CLOSED, "reject": ItemState.REJECTED, "reopen": ItemState.ACCEPTED}[act]
        answer(desk, first.number, wanted)


def check_balance(desk: Desk) -> None:
    """What was invoiced and what is owed make up the shares of all items that stand, client by client."""
    items = desk.items()
    replaced = {item.corrects for item in items if item.state not in (ItemState.DRAFT, ItemState.CHECKED)}
    stands: Counter[str] = Counter()
    for item in items:
        if item.id not in replaced and item.state not in (ItemState.CLOSED, ItemState.DRAFT, ItemState.CHECKED):
            stands[item.client.number] += sum(split.amount for split in item.splits)
    told: Counter[str] = Counter()
    for each in client_invoices.due(desk.workspace):
        told[each.client] += each.amount
    for one in client_invoices.invoices(desk.workspace):
        told[one.client] += one.amount
    assert {who: amount for who, amount in told.items() if amount} == {
        who: amount for who, amount in stands.items() if amount
    }
