"""Cover sheets (Anlage 4 to the Richtlinien) and sorting lists (§ 4 (2)), read back from the PDF."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from billhook.model import BillingItem
from billhook.testing import batches_of
from billhook_p302.groups.parts import details_of
from billhook_p302.papers.contents import InvoicePapers, Original, papers_of
from billhook_p302.papers.drawing import ROWS, draw_covers, draw_list
from billhook_p302.payers.editions import Edition
from billhook_p302.payers.model import Link, Office, PostalAddress
from billhook_p302.payers.routing import PayerDirectory
from billhook_p302.settings import Settings
from billhook_p302.testing import example_items
from tests.p302.desk import SCHEME, Desk
from tests.p302.test_rules import NOW
from tests.support.papers import barcodes_of, page_count, text_of

CARD, PAPER_OFFICE = "109519005", "591233445"
PROVIDER: dict[str, Any] = {
    "ik": "591104278", "name": "Sanitätshaus Lindenhof GmbH", "street": "Lindenallee 3", "postal_code": "70001",
    "city": "Stuttgart", "state": "08", "accounting_code": "15", "provider_group": "1501000",
}  # fmt: skip
BILLER: dict[str, Any] = {
    "biller_ik": "591233445", "biller_name": "Abrechnungszentrum Nord",
    "biller_address": {"street": "Hafenstr. 9", "postal_code": "20001", "city": "Hamburg"},
}  # fmt: skip


def directory(*, paper: bool = True) -> PayerDirectory:
    """One insurer that takes its own data, and has its papers sent to somebody else."""
    links = [Link("03", CARD, group="5", delivery="07", medium="1", state="99", code="00")]
    if paper:
        links.append(Link("09", PAPER_OFFICE, group="5", delivery="28", state="99", code="00"))
    home = PostalAddress("1", "10001", "Berlin", "Kassenplatz 1")
    office = PostalAddress("1", "30001", "Hannover", "Belegweg 5")
    offices = {
        CARD: (Office(CARD, "Kasse Mitte", links=tuple(links), addresses=(home,)),),
        PAPER_OFFICE: (Office(PAPER_OFFICE, "Belegzentrum", addresses=(office,)),),
    }
    return PayerDirectory([(Edition("AO", "05", date(2025, 10, 1)), offices)], since=NOW.date())


def desk(*, paper: bool = True, **more: Any) -> Desk:
    return Desk(Settings.model_validate({"providers": [PROVIDER], **more}), directory(paper=paper), NOW)


def papers(counter: Desk, items: list[BillingItem]) -> list[InvoicePapers]:
    return [each for batch in batches_of(SCHEME, counter.ctx, items) for each in papers_of(batch, counter.ctx)]


def said(text: str, name: str) -> str:
    """What stands behind a name on a cover sheet."""
    return next(line for line in text.splitlines() if line.startswith(name)).removeprefix(name).strip()


def vouchers(count: int, **details: Any) -> list[BillingItem]:
    """One line each, 100.00 gross, 10.00 copayment, numbered B00001 … in the order of the numbers."""
    first = example_items(1, cards=(CARD,))[0]
    told = details_of(first).model_copy(update=details)
    return [
        replace(first, id=n, number=f"{n}", voucher=f"B{n:05d}", line=1, gross=10_000, net=10_000, vat=0, details=told)
        for n in range(1, count + 1)
    ]


def test_a_cover_sheet_says_what_anlage_4_asks_for(tmp_path: Path) -> None:
    drawn = draw_covers(papers(desk(), vouchers(3)), tmp_path / "cover.pdf")
    text = text_of(drawn.path, 1)
    # (1): IK and name of the fund, name, address and IK of the biller, number and date of the invoice, count of originals
    for wanted in (CARD, "Kasse Mitte", "Sanitätshaus Lindenhof GmbH", "Lindenallee 3", "70001 Stuttgart", "591104278"):
        assert wanted in text
    assert said(text, "Rechnungsnummer der Gesamtrechnung") == "00000001:0"
    assert said(text, "Rechnungsdatum") == "03.11.2025"
    assert said(text, "Anzahl der Urbelege") == "3"
    # (2) is for billing offices alone
    assert "Erste Belegnummer" not in text
    assert "Belegzentrum" in text
    assert "30001 Hannover" in text
    assert text.rstrip().endswith("Seite 1 von 1")
    assert barcodes_of(drawn.path, 1) == ["00000001:0"]


def test_a_billing_office_names_the_first_and_the_last_document_too(tmp_path: Path) -> None:
    counter = desk(**BILLER, defaults={"invoice_kind": 3})
    drawn = draw_covers(papers(counter, vouchers(4)), tmp_path / "cover.pdf")
    text = text_of(drawn.path, 1)
    assert said(text, "Erste Belegnummer") == "B00001"
    assert said(text, "Letzte Belegnummer") == "B00004"
    for wanted in ("Abrechnungszentrum Nord", "Hafenstr. 9", "20001 Hamburg", "Sanitätshaus Lindenhof GmbH"):
        assert wanted in text
    # The first invoice of a collective one: its number has the place in the collective invoice behind the colon.
    assert said(text, "Rechnungsnummer der Gesamtrechnung") == "00000001:1"


def test_every_invoice_has_its_cover_sheet(tmp_path: Path) -> None:
    other = {**PROVIDER, "ik": "591108158", "name": "Sanitätshaus am Markt"}
    counter = desk(providers=[PROVIDER, other], **BILLER, defaults={"invoice_kind": 3})
    items = [replace(item, provider=ik) for item, ik in zip(vouchers(2), ("591104278", "591108158"), strict=True)]
    drawn = draw_covers(papers(counter, items), tmp_path / "cover.pdf")
    assert (drawn.pages, page_count(drawn.path)) == (2, 2)
    assert [barcodes_of(drawn.path, page) for page in (1, 2)] == [["00000001:1"], ["00000001:2"]]
    assert "Sanitätshaus am Markt" in text_of(drawn.path, 2)
    assert "Seite 2 von 2" in text_of(drawn.path, 2)


@pytest.mark.parametrize(("info", "count"), [("0", 2), ("1", 3), ("2", 2), ("", 3)])
def test_only_what_goes_by_post_is_counted(tmp_path: Path, info: str, count: int) -> None:
    # Key 8.1.18: 0 no documents, 1 by post, 2 electronically; the receiver's setting (1) where a voucher says nothing.
    items = vouchers(3)
    items[1] = replace(items[1], details=details_of(items[1]).model_copy(update={"document_info": info}))
    drawn = draw_covers(papers(desk(), items), tmp_path / "cover.pdf")
    text = text_of(drawn.path, 1)
    assert said(text, "Anzahl der Urbelege") == str(count)
    assert ("Abrechnungsfälle ohne Urbeleg per Post" in text) == (count == 2)


def test_where_no_paper_office_is_known_the_sheet_names_none(tmp_path: Path) -> None:
    drawn = draw_covers(papers(desk(paper=False), vouchers(1)), tmp_path / "cover.pdf")
    assert "Annahmestelle für Papier" not in text_of(drawn.path, 1)


def test_the_list_has_the_originals_in_the_order_of_the_file(tmp_path: Path) -> None:
    items = [
        replace(each, details=details_of(each).model_copy(update={"voucher_number": number}))
        for each, number in zip(vouchers(3), ("30", "10", "20"), strict=True)
    ]
    drawn = draw_list(papers(desk(), items), tmp_path / "list.pdf")
    assert barcodes_of(drawn.path, 1) == ["10", "20", "30"]


def test_several_lines_of_a_voucher_are_one_original() -> None:
    one, two = vouchers(2)
    lines = [one, replace(two, voucher=one.voucher, line=2)]
    share = one.gross - one.billed
    (invoice,) = papers(desk(), lines)
    assert list(invoice.originals()) == [
        Original(
            "B00001",
            f"{one.client.family_name}, {one.client.given_name}",
            one.client.birth_date,
            details_of(one).prescribed_on,
            lines=2,
            gross=20_000,
            client_share=2 * share,
            billed=20_000 - 2 * share,
            enclosed=True,
        )
    ]
    assert invoice.cover.originals == 1


@pytest.mark.parametrize("count", [1, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS])
def test_a_list_is_continued_on_the_next_page(tmp_path: Path, count: int) -> None:
    drawn = draw_list(papers(desk(), vouchers(count)), tmp_path / "list.pdf")
    pages = (count + ROWS - 1) // ROWS
    assert (drawn.pages, page_count(drawn.path)) == (pages, pages)
    found = [code for page in range(1, pages + 1) for code in barcodes_of(drawn.path, page)]
    assert found == [f"B{n:05d}" for n in range(1, count + 1)]
    for page in range(1, pages + 1):
        text = text_of(drawn.path, page)
        assert f"Seite {page} von {pages}" in text
        assert ("Summe:" in text) == (page == pages)


def test_the_sums_stand_at_the_end(tmp_path: Path) -> None:
    items = vouchers(3)
    share = items[0].gross - items[0].billed
    drawn = draw_list(papers(desk(), items), tmp_path / "list.pdf")
    shown = text_of(drawn.path, 1)
    assert "Summe: 3 Belege, davon 3 Urbelege per Post" in shown
    assert "300,00" in shown
    assert f"{3 * share // 100},{3 * share % 100:02d}" in shown


def test_ten_thousand_documents_fit(tmp_path: Path) -> None:
    drawn = draw_list(papers(desk(), vouchers(10_000)), tmp_path / "list.pdf")
    assert drawn.originals == 10_000
    assert page_count(drawn.path) == drawn.pages == 417
    # 416 full pages of 24 leave 16 for the last one.
    assert barcodes_of(drawn.path, 417) == [f"B{n:05d}" for n in range(9_985, 10_001)]
    assert "Seite 417 von 417" in text_of(drawn.path, 417)
    assert " 1000000,00 " in text_of(drawn.path, 417)
