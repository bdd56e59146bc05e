"""One month from its items to the last cent: create, check, mend, export, seal, send, be refused, mend, resend, be accepted,
be cut, correct (04), settle. Real commands, a real mail server, openssl as the data centre, both databases.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller

from tests.cli.desk import EXAMPLES, init, row
from tests.p302.replies.letterbox import Sent, mail
from tests.p302.test_sealed_export import PASSPHRASE, Postbox, Shop, opened_by_openssl, set_up
from tests.support.authority import Authority
from tests.support.independent_reader import Segment, split

ME, CENTRE, CARD = "591104278", "109519005", "109519005"
PRESCRIPTION: dict[str, Any] = {
    "prescribed_on": "2025-09-22", "bsnr": "581234500", "lanr": "123456601", "copayment_mark": "3", "aid_mark": "00",
    "copayment_kind": "02", "diagnoses": [{"code": "G35.10"}],
}  # fmt: skip


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    """A mail server that keeps what arrives, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = Postbox()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


def voucher(number: str, client: str, price: str, **details: Any) -> dict[str, Any]:
    """A wheelchair cushion on a prescription of its own; 10.00 copayment."""
    return row(
        number=f"{number}-1",
        voucher=number,
        payer=CARD,
        unit_price=price,
        copayment="10.00",
        client={
            "number": client, "family_name": "Birkholz", "given_name": "Hannelore", "birth_date": "1950-03-01",
            "insurance_number": "H317604125", "insurance_status": "1", "street": "Uferweg 7", "postal_code": "70002",
            "city": "Stuttgart",
        },
        details={**PRESCRIPTION, **details},
    )  # fmt: skip


def test_from_the_items_to_the_last_cent(  # noqa: PLR0915  # it is one way, and each step stands on those before it
    database_url: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    postbox: tuple[Postbox, int],
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("BILLHOOK_HOME", raising=False)
    monkeypatch.setenv("BILLHOOK_DATABASE_URL", database_url)
    mails, port = postbox
    authority = Authority()
    shop = Shop(tmp_path / "shop", capfd)
    folder = tmp_path / "desk"
    folder.mkdir()

    # Create: a workspace that seals, sends by mail, and agreed with its insurers on corrections of aids.
    init(shop.home)
    config = shop.home / "billhook.toml"
    switched = config.read_text("utf-8").replace(
        "[schemes.p302.defaults]", '[schemes.p302.defaults]\nsealed = true\nchannel = "mail"\nagreed_marks = ["04"]'
    )
    section = f'kind = "mail"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "dta@lindenhof.example"'
    config.write_text(f"{switched}\n[channels.mail]\n{section}\n", "utf-8")
    shop.runs("p302", "payers", "import", *sorted((EXAMPLES / "payers").glob("*.ke0")))
    set_up(shop, authority, folder)
    rows = [voucher("25201", "K-1", "450.00"), voucher("25202", "K-1", "120.00"), voucher("25203", "K-1", "80.00")]
    rows[2]["details"].pop("prescribed_on")
    items = folder / "items.jsonl"
    items.write_text("".join(json.dumps(each) + "\n" for each in rows), "utf-8")
    assert shop.asks("items", "import", items)["added"] == 3

    # Check, and mend what it found.
    shop.runs("check", exits=1)
    (error,) = [each for each in shop.asks("errors") if each["severity"] == "error"]
    assert (error["number"], error["field"]) == ("25203-1", "details.prescribed_on")
    shop.runs("correct", "--finding", str(error["finding"]), "2025-09-25")
    shop.runs("check")

    # Export, seal, send.
    (first,) = shop.asks("export", passphrase=PASSPHRASE)["exchanges"]
    assert (first["state"], first["totals"]["gross"], first["totals"]["copayment"]) == ("sealed", 65_000, 3_000)
    assert len(shop.asks("send")["sent"]) == 1
    plain = arrived(mails, 0, authority, folder)
    assert marks(plain) == {"01"}
    # 450.00, 120.00 and 80.00, less three times 10.00.
    assert [sums[1:] for sums in amounts(plain, "GES")] == [("620,00", "650,00", "30,00")] * 2

    # The data centre refuses the file; the clerk mends, and it leaves again as a first billing.
    receive(shop, folder, "Dateiablehnung", mails, 0, "C10")
    assert state_of(shop, first["id"]) == "refused"
    assert owed(shop) == 0
    shop.runs("correct", "--item", "25202-1", "--field", "unit_price", "110.00")
    shop.runs("check")
    again = shop.asks("resend", str(first["id"]), passphrase=PASSPHRASE)["resumed"][0]
    shop.runs("send")
    plain = arrived(mails, 1, authority, folder)
    assert marks(plain) == {"01"}
    assert [sums[1] for sums in amounts(plain, "GES")] == ["610,00"] * 2
    assert not segments(plain, "URI")

    # Accepted; the insurer pays for two vouchers in full and cuts the third.
    receive(shop, folder, "Annahmebestaetigung", mails, 1, "C0")
    assert state_of(shop, again["id"]) == "received"
    number = invoice_of(plain)
    advice = folder / "advice.csv"
    advice.write_text(
        "Rechnungs-Nr.;Posten;Zahlbetrag;Kürzung;Kürzungsgrund;Zahldatum;Kassenzeichen\n"
        f"{number};;560,00;0,00;;20.11.2026;700123\n"
        f"{number};25203-1;0,00;50,00;K07;20.11.2026;700123\n",
        "utf-8",
    )
    shop.runs("p302", "advice", advice)
    (deduction,) = shop.asks("deductions", "list")
    assert (deduction["item"], deduction["amount"]) == ("25203-1", 5_000)
    assert owed(shop) == 5_000

    # Correct: the third voucher is billed again as a correction (04) that names the invoice it follows.
    shop.runs("deductions", "close", str(deduction["id"]), "--action", "correct")
    (followed,) = shop.asks("follow", "25203-1", "--kind", "correction")
    shop.runs("correct", "--item", followed["number"], "--field", "unit_price", "60.00")
    shop.runs("check")
    (third,) = shop.asks("export", passphrase=PASSPHRASE)["exchanges"]
    shop.runs("send")
    plain = arrived(mails, 2, authority, folder)
    assert marks(plain) == {"04"}
    (day,) = {each[1] for each in amounts(arrived(mails, 1, authority, folder), "REC")}
    assert amounts(plain, "URI") == [(ME, f"{number}:0", day, "25203")]
    assert [sums[1] for sums in amounts(plain, "GES")] == ["50,00"] * 2
    receive(shop, folder, "Annahmebestaetigung", mails, 2, "C0")
    assert state_of(shop, third["id"]) == "received"

    # Settle.
    shop.runs("settle", "book", invoice_of(plain), "50,00", "--booked", "2026-12-10")
    assert owed(shop) == 0
    assert {each["state"] for each in shop.asks("items", "list")} <= {"settled", "closed", "superseded", "reduced"}
    shop.runs("journal", "verify")


def arrived(mails: Postbox, place: int, authority: Authority, folder: Path) -> str:
    """What the data centre reads in the mail at this place."""
    message = message_from_bytes(mails.mails[place], policy=default)
    order, data = [part.get_content() for part in message.iter_attachments()]
    assert len(order) == 348
    (folder / "arrived").write_bytes(data)
    return opened_by_openssl(folder / "arrived", CENTRE, authority, folder).decode("latin-1")


def segments(plain: str, tag: str) -> list[Segment]:
    return [each for each in split(plain) if each.tag == tag]


def amounts(plain: str, tag: str) -> list[tuple[str, ...]]:
    """The elements of all segments of this tag, as texts."""
    return [tuple(":".join(element) for element in each.elements) for each in segments(plain, tag)]


def marks(plain: str) -> set[str]:
    """The processing marks of all messages: the first element of FKT."""
    return {each[0] for each in amounts(plain, "FKT")}


def invoice_of(plain: str) -> str:
    (number,) = {each[0].partition(":")[0] for each in amounts(plain, "REC")}
    return number


def receive(shop: Shop, folder: Path, kind: str, mails: Postbox, place: int, result: str) -> Any:
    """The data centre's mail about what it got."""
    message = message_from_bytes(mails.mails[place], policy=default)
    order, data = [part.get_content() for part in message.iter_attachments()]
    made = datetime.strptime(order[115:129].decode(), "%Y%m%d%H%M%S").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    sent = Sent(ME, CENTRE, order[19:24].decode(), int(order[24:27]), made, len(data))
    path = folder / f"answer-{place}.eml"
    path.write_bytes(bytes(mail(kind, sent, result)))
    return shop.asks("receive", path)


def state_of(shop: Shop, exchange: int) -> str:
    return str(shop.asks("show", "exchange", str(exchange))["facts"]["state"])


def owed(shop: Shop) -> int:
    return sum(each["open"] for each in shop.asks("settle", "open"))
