"""Reading drawn papers back with programs that share nothing with what drew them: PDFium for the text, ZXing for barcodes."""

from __future__ import annotations

from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # it has no stubs
import zxingcpp

DOTS_AN_INCH = 200
"""What an office scanner makes of a page."""


def page_count(path: Path) -> int:
    """How many pages the PDF has."""
    with pypdfium2.PdfDocument(path) as document:
        return len(document)


def text_of(path: Path, page: int) -> str:
    """The text of a page, counted from 1."""
    with pypdfium2.PdfDocument(path) as document:
        return str(document[page - 1].get_textpage().get_text_range()).replace("\r\n", "\n")


def barcodes_of(path: Path, page: int) -> list[str]:
    """What a scanner reads on a page, from top to bottom."""
    with pypdfium2.PdfDocument(path) as document:
        picture = document[page - 1].render(scale=DOTS_AN_INCH / 72).to_pil()
    found = [code for code in zxingcpp.read_barcodes(picture) if code.format == zxingcpp.BarcodeFormat.Code128]
    return [code.text for code in sorted(found, key=lambda code: code.position.top_left.y)]
