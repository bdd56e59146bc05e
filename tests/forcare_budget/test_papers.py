"""What stands on the papers of § 42a SGB XI, worked by hand."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from billhook_forcare_budget.drawing import write_pdf
from billhook_forcare_budget.letters import letter
from billhook_forcare_budget.papers import Kind, Person, Service, due, paper_of
from billhook_forcare_budget.settings import Provider
from tests.forcare_budget.desk import Desk, desk, stay

TODAY = date(2026, 6, 2)


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Desk]:
    one = desk(tmp_path, f"sqlite:///{tmp_path / 'b.db'}", mode="statutory")
    one.takes(
        stay("care", "A1", date(2026, 5, 1), 10, "100.00"),
        stay("board", "B1", date(2026, 5, 1), 10, "30.00", payer="brook-south"),
        stay("respite", "A2", date(2026, 5, 20), 4, "50.00"),
    )
    yield one
    one.home.close()


def test_the_overview_shows_all_costs_and_what_goes_against_the_common_amount(clerk: Desk) -> None:
    """§ 42a Abs. 3: the costs of the stay, and clearly which of them are meant for the common yearly amount."""
    paper = letter(clerk.home, Kind.OVERVIEW, "K-1", date(2026, 5, 1), TODAY)
    assert paper.address == ["Ida Bergmann"]
    assert paper.subject == "Übersicht über Ihre Aufwendungen im 05/2026"
    assert [list(row) for row in paper.table[1:]] == [
        ["Kurzzeitpflege (§ 42 SGB XI)", "01.05.2026", "10.05.2026", "10", "1300,00", "1000,00"],
        ["Verhinderungspflege (§ 39 SGB XI)", "20.05.2026", "23.05.2026", "4", "200,00", "200,00"],
        ["Summe", "", "", "", "1500,00", "1200,00"],
    ]
    # 3 539 − 1 000 − 200
    assert "Nach den uns bekannten Leistungen sind 2026 danach noch 2339,00 € übrig." in paper.after


def test_the_notice_goes_to_the_fund_and_says_until_when(clerk: Desk) -> None:
    """§ 42a Abs. 2: by the end of the month after the month of the service."""
    paper = letter(clerk.home, Kind.NOTICE, "K-1", date(2026, 5, 1), TODAY)
    assert paper.address == ["brook-north"]
    assert "Die Anzeige ist bis zum 30.06.2026 fällig." in paper.after
    assert paper.sender == ["Haus am Bach"]


@pytest.mark.parametrize(
    ("service", "last"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 11, 2), date(2026, 12, 31)),
        (date(2026, 12, 24), date(2027, 1, 31)),
    ],
)
def test_a_notice_is_due_at_the_end_of_the_following_month(service: date, last: date) -> None:
    assert due(service) == last


def shown(pdf: bytes) -> str:
    """The text of a PDF, read without reportlab: ASCII85, deflate, and the strings of the text operators."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    pages = b"".join(zlib.decompress(base64.a85decode(b"<~" + one.strip(), adobe=True)) for one in streams)
    strings = re.findall(rb"\((.*?)(?<!\\)\) Tj", pages, re.DOTALL)
    octal = re.sub(rb"\\(\d{3})", lambda found: bytes([int(found[1], 8)]), b"".join(strings))
    return octal.decode("cp1252")


def test_the_pdf_shows_the_figures_and_names_in_letters_that_its_font_has(tmp_path: Path) -> None:
    services = [Service("KZP", date(2026, 5, 1), date(2026, 5, 10), 10, 130000, 100000)]
    person = Person("K-1", "Łukasz Şahin & Söhne")
    paper = paper_of(Kind.OVERVIEW, Provider(name="Haus <am> Bach"), person, "Kasse", services, 253900, TODAY)
    write_pdf(paper, tmp_path / "letter.pdf")
    text = shown((tmp_path / "letter.pdf").read_bytes())
    for words in ("Lukasz Sahin & Söhne", "Haus <am> Bach", "1300,00", "1000,00", "2539,00", "01.05.2026"):
        assert words in text, text
