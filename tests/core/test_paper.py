"""Papers as PDF: what is drawn is read back by PDFium and ZXing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth

from billhook.paper import letters, wrapped, write_paper
from tests.support.papers import barcodes_of, page_count, text_of


def test_text_comes_back_in_its_letters(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    with write_paper(path, title="Begleitzettel") as paper:
        paper.text(20, 20, "Müller, Søren – 1.234,50 €")
        paper.text(20, 30, "Čapek, Łukasz 李")
    assert text_of(path, 1).splitlines() == ["Müller, Søren – 1.234,50 €", "Capek, Lukasz Li"]


def test_only_its_owner_may_read_a_paper(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "paper.pdf"
    with write_paper(path, title="x") as paper:
        paper.text(20, 20, "x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_paper_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(b"the one before")
    with pytest.raises(ValueError, match="Code 128"), write_paper(path, title="x") as paper:
        paper.barcode(20, 20, "ß")
    assert [each.name for each in tmp_path.iterdir()] == ["paper.pdf"]
    assert path.read_bytes() == b"the one before"


def test_the_same_calls_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        with write_paper(tmp_path / name, title="x") as paper:
            paper.barcode(20, 20, "4711")
            paper.next_page()
            paper.text(20, 20, "y")
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert page_count(tmp_path / "one.pdf") == 2


@pytest.mark.parametrize("value", ["1", "25101", "00000001:12", "ABCDEFGHIJ", "a-b/c", "00234567:0"])
def test_a_barcode_is_read_back(tmp_path: Path, value: str) -> None:
    path = tmp_path / "paper.pdf"
    with write_paper(path, title="x") as paper:
        width = paper.barcode(20, 20, value)
    assert barcodes_of(path, 1) == [value]
    assert width < 60


@pytest.mark.parametrize("value", ["", "Müller", "a\nb"])
def test_what_code_128_does_not_have_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ValueError, match="Code 128"), write_paper(tmp_path / "paper.pdf", title="x") as paper:
        paper.barcode(20, 20, value)
    assert not list(tmp_path.iterdir())


def test_a_text_stays_in_its_column(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    with write_paper(path, title="x") as paper:
        paper.text(20, 20, "Donaudampfschifffahrtsgesellschaft", width=25)
    shown = text_of(path, 1).strip()
    assert shown.endswith("…")
    assert "Donaudampfschifffahrtsgesellschaft".startswith(shown[:-1])
    assert stringWidth(shown, "Helvetica", 9) <= 25 * 72 / 25.4


def test_a_paragraph_is_broken_between_words() -> None:
    text = "Bitte überweisen Sie den Betrag bis zum angegebenen Tag"
    lines = wrapped(text, width=30)
    assert " ".join(lines) == text
    assert len(lines) > 2
    assert all(stringWidth(line, "Helvetica", 9) <= 30 * 72 / 25.4 for line in lines)


def test_a_character_without_a_shape_does_not_get_in() -> None:
    assert letters("a\x00b\tc") == "ab c"
