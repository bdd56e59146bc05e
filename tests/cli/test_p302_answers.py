"""Answers of health insurers at a terminal: mails, letters and payment advices, and what a clerk does next."""

from __future__ import annotations

import json
import multiprocessing
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from billhook.billing.status import status
from billhook.store import Workspace
from billhook_cli.main import main
from tests.cli.desk import Clerk
from tests.cli.test_reference_pages import section
from tests.p302.replies.letterbox import BERLIN, BLOCKS, Sent, mail

ACCEPTED, REFUSED, RECORDS = "Annahmebestaetigung", "Dateiablehnung", "Datensatzabweisung"


def sent_file(clerk: Clerk, exchange: int) -> Sent:
    """What a data centre knows of a file: told by sqlite3 and the file itself."""
    with sqlite3.connect(clerk.home / "billhook.db") as connection:
        file_key, numbers, created = connection.execute(
            "SELECT file_key, numbers, created FROM exchange WHERE id = ?", (exchange,)
        ).fetchone()
        name, size = connection.execute(
            "SELECT name, size FROM artifact WHERE exchange_id = ? AND role = 'data'", (exchange,)
        ).fetchone()
    key = file_key.split("\x1f")
    made = datetime.fromisoformat(created).astimezone(BERLIN)
    return Sent(key[0], key[1], name[:5], json.loads(numbers)["transfer"], made, size)


@pytest.fixture
def clerk(billed: Clerk) -> Clerk:
    """All files were sent."""
    with sqlite3.connect(billed.home / "billhook.db") as connection:
        every = [str(row[0]) for row in connection.execute("SELECT id FROM exchange ORDER BY id")]
    billed.runs("sent", *every)
    return billed


@pytest.fixture
def live(checked: Clerk) -> Clerk:
    """The same with live files, which are paid."""
    config = checked.home / "billhook.toml"
    text, found = re.subn(r"test_indicator = \d", "test_indicator = 2", config.read_text("utf-8"))
    assert found
    config.write_text(text, "utf-8")
    checked.runs("export")
    checked.runs("sent", *(str(row[0]) for row in rows(checked, "SELECT id FROM exchange ORDER BY id")))
    return checked


Saved = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """Saves a mail as a mail program does."""

    def save(message: Any, name: str = "answer.eml") -> Path:
        path = tmp_path / name
        path.write_bytes(message if isinstance(message, bytes) else message.as_bytes())
        return path

    return save


def rows(clerk: Clerk, query: str, *values: object) -> list[tuple[Any, ...]]:
    with sqlite3.connect(clerk.home / "billhook.db") as connection:
        return connection.execute(query, values).fetchall()


def vouchers(clerk: Clerk, exchange: int) -> list[tuple[str, str, str, int]]:
    """(invoice, voucher, item, billed in cents) of a file."""
    return rows(
        clerk,
        "SELECT d.number, b.label, i.number, i.gross - i.copayment - i.own_share FROM item i"
        " JOIN document d ON d.id = i.document_id JOIN batch_line b ON b.item_id = i.id AND b.document_id = d.id"
        " WHERE d.exchange_id = ? ORDER BY i.id",
        exchange,
    )


def states(clerk: Clerk, exchange: int) -> set[str]:
    query = "SELECT DISTINCT i.state FROM item i JOIN document d ON d.id = i.document_id WHERE d.exchange_id = ?"
    return {row[0] for row in rows(clerk, query, exchange)}


def euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


# --- Mails ------------------------------------------------------------------------------------------------------------


def test_an_acceptance_says_when_the_money_is_due(live: Clerk, saved: Saved) -> None:
    sent = sent_file(live, 1)
    path = saved(mail(ACCEPTED, sent, BLOCKS["C0"], on=sent.made + timedelta(hours=2)))
    [told] = live.asks("receive", path)
    assert (told["exchange"], told["state"], told["codes"], told["problem"]) == (1, "received", ["C0"], "")
    due = (sent.made + timedelta(hours=2, days=28)).date().isoformat()
    assert {row["due"] for row in live.asks("settle", "open") if row["file"] == 1} == {due}
    # The same mail twice, and the same words in another mail.
    before = live.tables()
    assert "came before" in live.runs("receive", path).out
    assert live.tables() == before
    [again] = live.asks(
        "receive", saved(mail(ACCEPTED, sent, BLOCKS["C0"], on=sent.made + timedelta(hours=3)), "b.eml")
    )
    assert (again["already"], again["state"]) == (False, "received")
    assert {row["due"] for row in live.asks("settle", "open") if row["file"] == 1} == {due}


def test_nobody_pays_a_test(clerk: Clerk, saved: Saved) -> None:
    sent = sent_file(clerk, 1)
    assert sent.procedure == "TSOL0"
    clerk.runs("receive", saved(mail(ACCEPTED, sent, BLOCKS["C0"])))
    clerk.runs("p302", "answer", "file", 2, "accepted", "--dated", "2025-11-04")
    assert {row["due"] for row in clerk.asks("settle", "open")} == {None}


def test_every_reply_finds_its_file_among_all(clerk: Clerk, saved: Saved) -> None:
    every = [row[0] for row in rows(clerk, "SELECT id FROM exchange ORDER BY id")]
    assert len(every) > 2
    for exchange in reversed(every):
        sent = sent_file(clerk, exchange)
        [told] = clerk.asks("receive", saved(mail(ACCEPTED, sent, BLOCKS["C0"]), f"{exchange}.eml"))
        assert told["exchange"] == exchange


def test_a_refused_file_is_mended_and_sent_again(clerk: Clerk, saved: Saved) -> None:
    sent = sent_file(clerk, 1)
    printed = clerk.runs("receive", saved(mail(REFUSED, sent, BLOCKS["C10"], on=sent.made + timedelta(hours=1)))).out
    assert "refused" in printed
    assert "348 bytes long. Fault: the program that sends the mail." in printed
    assert "billhook resend 1" in printed
    assert states(clerk, 1) == {"corrected"}
    assert [row for row in clerk.asks("settle", "open") if row["file"] == 1] == []
    clerk.runs("check", exits=1)
    [made] = clerk.asks("resend", "1")["resumed"]
    assert made["numbers"]["transfer"] != sent.transfer
    assert rows(clerk, "SELECT file_key FROM exchange WHERE id = 1")[0] == rows(
        clerk, "SELECT file_key FROM exchange WHERE id = ?", made["id"]
    )[0]  # fmt: skip
    # A late acceptance of the old file is only kept; the new file's own reply counts.
    [late] = clerk.asks("receive", saved(mail(ACCEPTED, sent, BLOCKS["C0"]), "late.eml"))
    assert (late["exchange"], late["state"]) == (1, "refused")
    clerk.runs("sent", made["id"])
    new = sent_file(clerk, made["id"])
    [told] = clerk.asks("receive", saved(mail(ACCEPTED, new, BLOCKS["C0"], on=new.made), "new.eml"))
    assert (told["exchange"], told["state"]) == (made["id"], "received")


def test_the_reasons_are_said_in_the_language(clerk: Clerk, saved: Saved) -> None:
    path = saved(mail(REFUSED, sent_file(clerk, 1), "C10, C42"))
    printed = clerk.runs("--lang", "de", "receive", path).out
    assert "C10: Die Auftragsdatei ist beschädigt oder nicht 348 Bytes lang. Ursache: das Programm" in printed
    assert "C42: Dieser Code steht nicht im Katalog; lesen Sie die Mail." in printed
    assert "the order file" not in printed


def test_refused_records_become_deductions_and_are_followed_up(clerk: Clerk, saved: Saved) -> None:
    sent = sent_file(clerk, 1)
    invoice, voucher, *_ = vouchers(clerk, 1)[0]
    billed = sum(cents for _, name, _, cents in vouchers(clerk, 1) if name == voucher)
    lines = f"Rechnungsnummer: {invoice}\nBelegnummer: {voucher} Fehler in EHI"
    [told] = clerk.asks("receive", saved(mail(RECORDS, sent, lines, on=sent.made + timedelta(days=3))))
    assert (told["state"], told["items"]["rejected"], told["missed"]) == ("received", 1, [])
    [listed] = clerk.asks("deductions", "list")
    assert (listed["voucher"], listed["amount"], listed["codes"]) == (voucher, billed, [RECORDS])


def test_refused_records_that_are_not_here_are_reported(clerk: Clerk, saved: Saved) -> None:
    path = saved(mail(RECORDS, sent_file(clerk, 1), "Belegnummer: none-such"))
    printed = clerk.runs("receive", path, exits=1).out
    assert "Not done: voucher none-such: there is no voucher none-such in it." in printed


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: Dateiablehnung ESOL0 Absender: 999999990 Empfaenger: 661430035 Datei Nr.: 001\n\nx",
        b"Subject: Annahmebestaetigung ESOL0 Absender",
        b"Subject: Sommerfest\nFrom: a@b.example\n\nKuchen",
        b"Subject: =?utf-8?q?Datei\n\n\xff\xfe\x00",
        b"\x00\x01\x02",
        b"",
    ],
)
def test_what_fits_nothing_is_kept_and_reported(clerk: Clerk, saved: Saved, content: bytes) -> None:
    path = saved(content)
    printed = clerk.runs("receive", path, exits=3).out
    assert "kept, but not applied" in printed
    assert [row[0] for row in rows(clerk, "SELECT size FROM inbound")] == [len(content)]
    assert states(clerk, 1) == {"sent"}
    clerk.runs("journal", "verify")


def test_a_hostile_name_chooses_no_path(clerk: Clerk, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / "..\\..\\=cmd|x.eml"
    path.write_bytes(mail(ACCEPTED, sent_file(clerk, 1), BLOCKS["C0"]).as_bytes())
    [told] = clerk.asks("receive", path)
    assert told["state"] == "received"
    assert rows(clerk, "SELECT name FROM inbound") == [("inbound",)]


def _receive(home: str, path: str, start: Any) -> int:
    start.wait(20)
    return main(["--home", home, "receive", path])


def test_two_who_receive_the_same_mail_at_once(clerk: Clerk, saved: Saved) -> None:
    path = saved(mail(REFUSED, sent_file(clerk, 1), BLOCKS["C10"]))
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(2) as pool:
        start = manager.Event()
        running = [pool.apply_async(_receive, (str(clerk.home), str(path), start)) for _ in range(2)]
        start.set()
        assert [each.get(60) for each in running] == [0, 0]
    assert rows(clerk, "SELECT count(*) FROM inbound") == [(1,)]
    assert len([1 for (event,) in rows(clerk, "SELECT event FROM journal") if event == "answer.received"]) == 1


# --- Letters ----------------------------------------------------------------------------------------------------------


def keys_on_the_page(name: str) -> set[str]:
    (sentence,) = re.findall(r"With `--json`:(.*?\.)\n", section(name), re.DOTALL)
    return set(re.findall(r"`([a-z_0-9]+)`", sentence))


def asks(clerk: Clerk, name: str, *arguments: object, exits: int = 0) -> Any:
    told = clerk.asks("p302", *name.split(), *arguments, exits=exits)
    for each in told:
        assert set(each) == keys_on_the_page(f"billhook p302 {name}")
    return told


def test_a_phone_call_accepts_a_file(live: Clerk) -> None:
    [told] = asks(live, "answer file", 2, "accepted", "--dated", "04.11.2025", "--text", "Frau Adler rief an")
    assert (told["exchange"], told["state"]) == (2, "received")
    assert {row["due"] for row in live.asks("settle", "open") if row["file"] == 2} == {"2025-12-02"}
    assert (
        "entered before"
        in live.runs(
            "p302", "answer", "file", 2, "accepted", "--dated", "2025-11-04", "--text", "Frau Adler rief an"
        ).out
    )
    live.runs("journal", "verify")
    assert "Adler" not in str(rows(live, "SELECT payload FROM journal"))


def test_a_letter_refuses_a_file(clerk: Clerk) -> None:
    before = clerk.tables()
    printed = clerk.runs("p302", "answer", "file", "1", "refused", "--code", "c14", "--dry-run").out
    assert "rehearsal" in printed
    assert [line for line in clerk.tables() if "id_block" not in line] == [
        line for line in before if "id_block" not in line
    ]
    printed = clerk.runs("p302", "answer", "file", "1", "refused", "--code", "c14").out
    assert "Now refused." in printed
    assert "billhook resend 1" in printed
    assert states(clerk, 1) == {"corrected"}


def test_a_letter_refuses_records(clerk: Clerk) -> None:
    names = list(dict.fromkeys(voucher for _, voucher, *_ in vouchers(clerk, 1)))[:2]
    told = asks(clerk, "answer records", *names, "--code", "F12", "--text", "Urbeleg fehlt", "--dated", "2025-11-20")
    assert [each["items"].get("rejected", 0) > 0 for each in told] == [True, True]
    assert [each["voucher"] for each in clerk.asks("deductions", "list")] == names


def test_the_marks_of_an_invoice(clerk: Clerk) -> None:
    by_invoice: dict[str, list[tuple[str, str, int]]] = {}
    for exchange in (row[0] for row in rows(clerk, "SELECT id FROM exchange")):
        for invoice, voucher, item, cents in vouchers(clerk, exchange):
            by_invoice.setdefault(invoice, []).append((voucher, item, cents))
    paid, refused, corrected, cut, examined = list(by_invoice)[:5]
    billed = {invoice: sum(cents for *_, cents in lines) for invoice, lines in by_invoice.items()}

    [told] = asks(clerk, "answer mark", "01", "--invoice", paid, "--dated", "2025-11-20", "--reference", "Z-1")
    assert (told["paid"], set(told["items"])) == (billed[paid], {"settled"})
    [told] = asks(clerk, "answer mark", "2", "--invoice", refused, "--code", "R9", "--dated", "2025-11-20")
    assert told["items"] == {"rejected": len(by_invoice[refused])}
    [told] = asks(clerk, "answer mark", "03", "--invoice", corrected, "--amount", euros(billed[corrected] - 150))
    assert len(told["deductions"]) == 1
    voucher, item, _ = by_invoice[cut][0]
    [told] = asks(
        clerk,
        "answer mark",
        "04",
        "--invoice",
        cut,
        "--item",
        item,
        "--amount",
        "1.50",
        "--text",
        "zu teuer",
        "--code",
        "K7",
    )
    assert told["items"] == {"reduced": 1}
    [told] = asks(clerk, "answer mark", "05", "--invoice", examined, "--dated", "2025-11-20")
    assert told["verdicts"] == {"unknown": 1}

    owed = {row["invoice"]: row for row in clerk.asks("settle", "open")}
    assert paid not in owed
    assert owed[refused]["disputed"] == billed[refused]
    assert (owed[corrected]["disputed"], owed[cut]["disputed"], owed[examined]["disputed"]) == (150, 150, 0)
    assert {(row["invoice"], row["amount"]) for row in clerk.asks("deductions", "list")} == {
        (refused, billed[refused]), (corrected, 150), (cut, 150),
    }  # fmt: skip
    assert voucher


@pytest.mark.parametrize(
    ("arguments", "exits"),
    [
        (("file", "99", "accepted"), 1),
        (("file", "none", "accepted"), 1),
        (("file", "1", "maybe"), 2),
        (("file", "1", "refused", "--code", "C19"), 2),
        (("file", "1", "accepted", "--dated", "31.02.2026"), 2),
        (("records",), 2),
        (("records", "none-such"), 3),
        (("records", "none-such", "--file", "1"), 3),
        (("mark", "06", "--invoice", "INVOICE"), 2),
        (("mark", "01", "--dated", "2025-11-20"), 2),
        (("mark", "01", "--invoice", "INVOICE"), 2),
        (("mark", "01", "--invoice", "none", "--dated", "2025-11-20"), 1),
        (("mark", "01", "--voucher", "VOUCHER", "--dated", "2025-11-20"), 2),
        (("mark", "02", "--invoice", "INVOICE", "--amount", "5"), 2),
        (("mark", "03", "--invoice", "INVOICE"), 2),
        (("mark", "03", "--invoice", "INVOICE", "--amount", "999999"), 3),
        (("mark", "04", "--invoice", "INVOICE", "--amount", "999999"), 3),
        (("mark", "04", "--invoice", "INVOICE", "--amount", "0"), 3),
        (("mark", "04", "--invoice", "INVOICE", "--amount", "1.234"), 2),
        (("mark", "04", "--invoice", "INVOICE", "--amount", "viel"), 2),
        (("mark", "04", "--invoice", "none", "--amount", "5"), 3),
        (("mark", "04", "--voucher", "a", "--item", "b", "--amount", "5"), 2),
        (("mark", "04", "--invoice", "INVOICE", "--voucher", "none-such", "--amount", "5"), 3),
    ],
)
def test_a_wrong_entry_changes_nothing(clerk: Clerk, arguments: tuple[str, ...], exits: int) -> None:
    invoice, voucher, *_ = vouchers(clerk, 1)[0]
    before = [line for line in clerk.tables() if "id_block" not in line]
    files = clerk.files()
    meant = {"INVOICE": invoice, "VOUCHER": voucher}
    clerk.runs("p302", "answer", *(meant.get(each, each) for each in arguments), exits=exits)
    assert [line for line in clerk.tables() if "id_block" not in line] == before
    assert clerk.files() == files


# --- What does not come -----------------------------------------------------------------------------------------------


def reminded(clerk: Clerk, now: datetime) -> dict[str, str]:
    """What `status` reminds of on a day: code → message."""
    with Workspace.open(clerk.home) as workspace:
        found = status(workspace, scheme="p302", now=now).reminders
    return {one.code: one.message for one in found if one.code.startswith("P302-ANS")}


def test_what_does_not_come_is_told(live: Clerk, saved: Saved) -> None:
    left = datetime.now(BERLIN)
    assert reminded(live, left) == {}
    late = left + timedelta(days=8)
    first = sent_file(live, 1)
    for exchange in (row[0] for row in rows(live, "SELECT id FROM exchange WHERE id <> 1")):
        live.runs("p302", "answer", "file", exchange, "accepted", "--dated", left.date())
    [message] = reminded(live, late).values()
    assert message.startswith(f"File {first.name} left on {left.date()}, and in ")
    live.runs("receive", saved(mail(ACCEPTED, first, BLOCKS["C0"], on=left)))
    assert reminded(live, late) == {}

    owed = live.asks("settle", "open")
    amount = sum(row["open"] for row in owed)
    due = left.date() + timedelta(days=28)
    assert reminded(live, left + timedelta(days=28)) == {}
    told = reminded(live, left + timedelta(days=29))
    sums = f"{len(owed)} invoices are overdue, {euros(amount)} EUR in all"
    assert told == {"P302-ANS-002": f"{sums}; the oldest should have been paid by {due}."}
    # What is disputed is not overdue, but waits for a decision.
    live.runs("p302", "answer", "mark", "02", "--invoice", owed[0]["invoice"])
    told = reminded(live, left + timedelta(days=29))
    assert told["P302-ANS-002"].startswith(f"{len(owed) - 1} invoices")
    assert told["P302-ANS-003"] == f"1 deductions of {euros(owed[0]['open'])} EUR wait for a decision."


# --- Payment advices --------------------------------------------------------------------------------------------------


def table(clerk: Clerk, tmp_path: Path, *, delimiter: str = ";", encoding: str = "utf-8", headings: str = "") -> Path:
    """An advice over two invoices: the first paid in full, of the second something was taken off an item."""
    every = [row for exchange in range(1, 9) for row in vouchers(clerk, exchange)]
    first = every[0][0]
    whole = sum(cents for invoice, _, _, cents in every if invoice == first)
    second, _, item, other = next(row for row in every if row[0] != first)
    head = headings or "Rechnungs-Nr.;Posten;Zahlbetrag (EUR);Kürzung;Kürzungsgrund;Begründung;Zahldatum;Kassenzeichen"
    text = "\n".join(
        (
            "Krankenkasse Musterland;;;;;;;",
            head,
            f'"{first}";;{euros(whole)};0,00;;;20.11.2025;700123',
            f'="{second}";{item};{euros(other - 106)} €;1,06;K07 X9;=HYPERLINK("x");20.11.25;700123',
            "Summe;;;;;;;",
            "",
        )
    )
    path = tmp_path / "avis.csv"
    if delimiter != ";":
        cells = [[f'"{cell}"' if delimiter in cell else cell for cell in line.split(";")] for line in text.split("\n")]
        text = "\n".join(delimiter.join(line) for line in cells)
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8"), (";", "cp1252"), ("\t", "utf-8-sig"), (",", "utf-16")]
)
def test_an_advice_books_what_was_paid_and_cut(clerk: Clerk, tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = table(clerk, tmp_path, delimiter=delimiter, encoding=encoding)
    [rehearsed] = asks(clerk, "advice", path, "--dry-run")
    [told] = asks(clerk, "advice", path)
    assert (rehearsed["paid"], told["missed"]) == (told["paid"], [])
    [listed] = clerk.asks("deductions", "list")
    assert (listed["amount"], listed["codes"], listed["reference"], listed["day"]) == (
        106, ["K07", "X9"], "700123", "2025-11-20",
    )  # fmt: skip
    assert listed["text"].startswith("=HYPERLINK")
    owed = {row["invoice"]: row for row in clerk.asks("settle", "open")}
    [(billed,)] = rows(clerk, "SELECT billed FROM document WHERE number = ?", listed["invoice"])
    [(cents,)] = rows(clerk, "SELECT gross - copayment - own_share FROM item WHERE number = ?", listed["item"])
    assert (owed[listed["invoice"]]["open"], owed[listed["invoice"]]["disputed"]) == (billed - cents + 106, 106)
    assert "entered before" in clerk.runs("p302", "advice", path).out
    # The same table as another file: nothing is booked twice.
    path.write_bytes(
        path.read_bytes() + "\n".encode({"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(encoding, encoding))
    )
    [again] = asks(clerk, "advice", path)
    assert (again["paid"], again["deductions"], again["repeated"]) == (0, [], 3)


def test_the_day_of_a_table_that_has_none(clerk: Clerk, tmp_path: Path) -> None:
    invoice = vouchers(clerk, 1)[0][0]
    path = tmp_path / "avis.txt"
    path.write_text(f"Rechnung\tBetrag\n{invoice}\t1,00\n", encoding="utf-8")
    assert "give it with --day" in clerk.runs("p302", "advice", path, exits=3).err
    [told] = asks(clerk, "advice", path, "--day", "2025-11-20", "--reference", "Z-9")
    assert told["paid"] == 100
    assert rows(clerk, "SELECT booked, reference, amount FROM allocation") == [("2025-11-20", "Z-9", 100)]


def test_lines_that_fit_nothing_are_reported_and_the_rest_is_booked(clerk: Clerk, tmp_path: Path) -> None:
    invoice = vouchers(clerk, 1)[0][0]
    path = tmp_path / "avis.csv"
    path.write_text(f"invoice;paid;day\n{invoice};1,00;2025-11-20\n4711-none;2,00;2025-11-20\n", encoding="utf-8")
    printed = clerk.runs("p302", "advice", path, exits=1).out
    assert "Not done: invoice 4711-none 2,00 EUR: no file holds invoice 4711-none." in printed
    assert "1,00 EUR booked" in printed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no line of headings"),
        ("a;b\n1;2\n", "no line of headings"),
        ("invoice;paid;day\n", "no lines"),
        ("invoice;paid;day\nR1;zehn;2025-11-20\n", "line 2, paid: it is no amount"),
        ("invoice;paid;day\nR1;1.234;2025-11-20\n", "may be thousands"),
        ("invoice;paid;day\nR1;1,00;31.02.2026\n", "line 2, day: it is no day"),
        ("invoice;paid;day\n;1,00;2025-11-20\n", "names no invoice"),
        ("invoice;paid;day\nR1;;2025-11-20\n", "neither what was paid"),
        ("invoice;paid;mark\nR1;;07\n", "key 8.1.9"),
        ("invoice;paid;cut;mark\nR1;;;04\n", "mark 04 needs"),
        ("invoice;paid;Zahlbetrag\nR1;1,00;2,00\n", "two columns mean paid"),
        ("invoice;paid;day\nR1;=1+1;2025-11-20\n", "no amount"),
        ("invoice;paid;day\nR1;99999999999999999999;2025-11-20\n", "more than there is money"),
    ],
)
def test_a_table_that_cannot_be_used_changes_nothing(clerk: Clerk, tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "avis.csv"
    path.write_text(text, encoding="utf-8")
    before = clerk.tables()
    printed = clerk.runs("p302", "advice", path, exits=3)
    assert says in printed.err
    assert clerk.tables() == before
