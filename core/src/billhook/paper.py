"""Papers: A4 pages with text, rules and barcodes, drawn one after the other into a PDF file.

What stands on a page is the caller's business; here is how it gets there: which letters the built-in fonts have, how text is
kept inside its column, and that a file is whole or not there and readable by its owner alone. reportlab takes
longer to import than most commands take to run, so import this module where something is drawn, not at the top.

Places are in millimetres from the upper left corner of the page; the y of a text is its base line.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from anyascii import anyascii
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 210, 297
"""An A4 page, in millimetres."""

MEDIA_TYPE = "application/pdf"

Align = Literal["left", "right", "centre"]

_REGULAR, _BOLD = "Helvetica", "Helvetica-Bold"
_CUT = "…"
_QUIET = 10
"""Modules of white on both sides of a Code 128 (ISO/IEC 15417, 4.2.1): without them a scanner finds no beginning."""


class Paper:
    """A PDF while it is drawn. The same calls give the same bytes: nothing of the clock or the machine gets in."""

    def __init__(self, file: BinaryIO, *, title: str, author: str) -> None:
        self._canvas = Canvas(file, pagesize=A4, pageCompression=1, invariant=1)
        self._canvas.setTitle(letters(title))
        self._canvas.setAuthor(letters(author))
        self.page = 1

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 9,
        bold: bool = False,
        align: Align = "left",
        width: float | None = None,
    ) -> None:
        """Write one line. With a `width` (mm) what does not fit is cut and ends with an ellipsis."""
        font = _BOLD if bold else _REGULAR
        shown = letters(text)
        if width is not None:
            shown = _fitting(shown, font, size, width * mm)
        self._canvas.setFont(font, size)
        place = x * mm, (HEIGHT - y) * mm
        if align == "right":
            self._canvas.drawRightString(*place, shown)
        elif align == "centre":
            self._canvas.drawCentredString(*place, shown)
        else:
            self._canvas.drawString(*place, shown)

    def paragraph(
        self, x: float, y: float, text: str, *, width: float, size: float = 9, bold: bool = False, leading: float = 4.5
    ) -> float:
        """Write a text in as many lines as it takes; the y below its last line."""
        for line in wrapped(text, width=width, size=size, bold=bold):
            self.text(x, y, line, size=size, bold=bold)
            y += leading
        return y

    def rule(self, x: float, y: float, length: float, *, weight: float = 0.3) -> None:
        """Draw a horizontal line; its weight in points."""
        self._canvas.setLineWidth(weight)
        self._canvas.line(x * mm, (HEIGHT - y) * mm, (x + length) * mm, (HEIGHT - y) * mm)

    def fold_marks(self) -> None:
        """Marks for a window envelope (DIN 5008 form B: 105 and 210 mm from the top)."""
        for y in (105, 210):
            self.rule(3, y, 4)

    def barcode(self, x: float, y: float, value: str, *, height: float = 7, module: float = 0.25) -> float:
        """Draw a Code 128 of a text of printable ASCII; its top left corner is at x, y, and its width (mm) is returned.

        Args:
            x: where the white before it begins.
            y: its upper edge.
            value: what a scanner reads.
            height: of the bars, in mm.
            module: the narrowest bar, in mm; scanners of a hand want a quarter of a millimetre.

        Raises:
            ValueError: the text is empty or has a character that Code 128 does not have.
        """
        if not value or not value.isascii() or not value.isprintable():
            message = f"{value!r} has no barcode: Code 128 has the printable characters of ASCII only"
            raise ValueError(message)
        bars = Code128(value, barWidth=module * mm, barHeight=height * mm, quiet=1, lquiet=_QUIET * module * mm)
        bars.drawOn(self._canvas, x * mm, (HEIGHT - y - height) * mm)
        return float(bars.width) / mm

    def next_page(self) -> None:
        """Go on with an empty page."""
        self._canvas.showPage()
        self.page += 1

    def finish(self) -> None:
        """End the last page and write the file."""
        self._canvas.showPage()
        self._canvas.save()


@contextmanager
def write_paper(path: Path, *, title: str, author: str = "") -> Iterator[Paper]:
    """Draw into a file that only its owner may read (0600). It is whole or not there, and an older one is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=".pdf")
    try:
        with os.fdopen(handle, "wb") as file:
            paper = Paper(file, title=title, author=author)
            yield paper
            paper.finish()
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def letters(text: str) -> str:
    """The text in letters that the built-in fonts have (Windows-1252); any other one is written in those.

    White space becomes a blank, and what has no shape is left out.
    """
    return "".join(_letter(one) for one in text)


def wrapped(text: str, *, width: float, size: float = 9, bold: bool = False) -> Sequence[str]:
    """The lines that a text takes in a column of this width (mm). A word that is wider stands alone and is not broken."""
    font = _BOLD if bold else _REGULAR
    lines: list[str] = []
    for word in letters(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and stringWidth(longer, font, size) <= width * mm:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _letter(character: str) -> str:
    if character.isspace():
        return " "
    if not character.isprintable():
        return ""
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return anyascii(character)
    return character


def _fitting(text: str, font: str, size: float, points: float) -> str:
    if stringWidth(text, font, size) <= points:
        return text
    while text and stringWidth(text + _CUT, font, size) > points:
        text = text[:-1]
    return text.rstrip() + _CUT
