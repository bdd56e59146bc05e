"""The table of a PDF as CSV: where the PDF has text, each line of it below a header becomes a row on the line of that number.

So whatever reads a CSV reads a PDF, and a finding's line is the line of the PDF's text, counted through all pages. A PDF knows
no columns: a piece of text belongs to the header that it stands under.
"""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from billhook.model import Finding
from billhook_mass import reading_rules as rules

_PIECES = re.compile(r"\S+(?: \S+)*")
"""Words with single blanks between them; columns are at least two blanks apart."""

PAGES = 2_000
"""Pages that are read at most."""


@dataclass(frozen=True, slots=True)
class PdfText:
    """The text of a PDF by lines, laid out as on the page, or why there is none."""

    lines: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def pdf_text(content: bytes, name: str) -> PdfText:
    """The text of a PDF. Never raises."""
    from pypdf import PdfReader  # noqa: PLC0415  # loading it takes longer than most commands

    noise = logging.getLogger("pypdf")
    before, noise.disabled = noise.disabled, True
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            return PdfText((), (rules.NO_PDF.at(file=name, value="it has a password"),))
        lines = [
            line.rstrip()
            for page in reader.pages[:PAGES]
            for line in page.extract_text(extraction_mode="layout").splitlines()
        ]
    except Exception as error:  # noqa: BLE001  # a broken PDF makes its reader raise almost anything
        return PdfText((), (rules.NO_PDF.at(file=name, value=type(error).__name__),))
    finally:
        noise.disabled = before
    if not any(lines):
        return PdfText((), (rules.NO_TEXT_IN_PDF.at(file=name),))
    return PdfText(tuple(lines))


def table_of(
    text: PdfText, name: str, known: Callable[[str], bool], wanted: int = 2
) -> tuple[bytes, tuple[Finding, ...]]:
    """The table of a text as CSV with `;` in UTF-8, each row on the line it has in the text.

    Lines with amounts that stand under no header are left out and told.

    Args:
        text: the text.
        name: what findings call the file.
        known: says whether a piece of text is a header that is looked for.
        wanted: a line with so many of them is the header; every page may have one.
    """
    sheet = _Sheet(known, wanted)
    for line in text.lines:
        sheet.take([(found.start(), found.end(), found[0]) for found in _PIECES.finditer(line)])
    if not sheet.first:
        return b"", (rules.NO_TABLE_IN_PDF.at(file=name),)
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";", lineterminator="\n")
    for row in sheet.rows:
        if row:
            writer.writerow(row)
        else:
            made.write("\n")
    return made.getvalue().encode(), tuple(rules.PDF_LINE.at(file=name, line=line) for line in sheet.lost)


_Piece = tuple[int, int, str]
"""Where a piece of text begins and ends in its line, and the text."""


class _Sheet:
    """The table while it is read line by line: a row for each line, empty where it is none."""

    def __init__(self, known: Callable[[str], bool], wanted: int) -> None:
        self.rows: list[list[str]] = []
        self.lost: list[int] = []
        self.first: list[str] = []
        self._known = known
        self._wanted = wanted
        self._headers: Sequence[_Piece] = ()
        self._last: list[str] | None = None

    def take(self, pieces: Sequence[_Piece]) -> None:
        """A line: a header, a row, the rest of a text that was wrapped, or none of the table."""
        self.rows.append([])
        if sum(self._known(piece) for _, _, piece in pieces) >= self._wanted:
            self._begin(pieces)
        elif self.first and pieces:
            row = _under(pieces, self._headers) if self._headers else None
            if row is None:
                self._lose(pieces)
            else:
                self._place(row)

    def _begin(self, pieces: Sequence[_Piece]) -> None:
        names = [piece for _, _, piece in pieces]
        if not self.first:
            self.first = self.rows[-1] = names
        # A second table of another make: what it says is not ours to guess.
        self._headers = pieces if names == self.first else ()
        self._last = None

    def _lose(self, pieces: Sequence[_Piece]) -> None:
        self._last = None
        if any(re.search(r"\d[.,]\d\d-?$", piece) for _, _, piece in pieces):
            self.lost.append(len(self.rows))

    def _place(self, row: list[str]) -> None:
        filled = [at for at, cell in enumerate(row) if cell]
        figures = any(map(_figure, row))
        if self._last is not None and len(filled) == 1 and filled[0] and not figures:
            # A text that was wrapped goes on in its column.
            self._last[filled[0]] = f"{self._last[filled[0]]} {row[filled[0]]}".strip()
        elif len(filled) > 1 and figures:
            self.rows[-1] = self._last = row


def facts_of(text: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What stands as `name: value` beside the table: day and reference of the payment often do."""
    for line in text:
        for piece in re.split(r"\s{2,}", line.strip()):
            name, colon, value = piece.partition(":")
            if colon and value.strip() and len(name) < 40:
                yield name.strip(), value.strip()


def _figure(cell: str) -> bool:
    return bool(re.fullmatch(r"[\d.,\-]+\s*(?:€|EUR)?", cell)) and bool(cell)


def _under(pieces: Sequence[_Piece], headers: Sequence[_Piece]) -> list[str] | None:
    """The pieces of a line by the header that they stand under; None where one stands under none."""
    row = [""] * len(headers)
    for start, end, piece in pieces:
        shared = [min(end, stop) - max(start, begin) for begin, stop, _ in headers]
        best = max(range(len(headers)), key=lambda at: shared[at])
        if shared[best] < -3:
            return None
        row[best] = f"{row[best]} {piece}".strip()
    return row
