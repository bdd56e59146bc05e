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

    Args:
        text: the text.
        name: what findings call the file.
        known: says whether a piece of text is a header that is looked for.
        wanted: a line with so many of them is the header; every page may have one.
    """
    out: list[list[str]] = [[] for _ in text.lines]
    headers: list[tuple[int, int, str]] = []
    first: list[str] = []
    last: list[str] | None = None
    for place, line in enumerate(text.lines):
        pieces = [(found.start(), found.end(), found[0]) for found in _PIECES.finditer(line)]
        if sum(known(piece) for _, _, piece in pieces) >= wanted:
            names = [piece for _, _, piece in pieces]
            if first and names != first:
                # A second table of another make: what it says is not ours to guess.
                headers, last = [], None
                continue
            if not first:
                first, out[place] = names, names
            headers, last = pieces, None
        elif headers and pieces:
            row = _under(pieces, headers)
            if row is None:
                last = None
            elif last is not None and not row[0] and sum(map(bool, row)) == 1 and not any(map(_figure, row)):
                # A text that was wrapped goes on in its column.
                at = next(index for index, cell in enumerate(row) if cell)
                last[at] = f"{last[at]} {row[at]}".strip()
            elif sum(map(bool, row)) > 1 and any(map(_figure, row)):
                out[place] = last = row
    if not first:
        return b"", (rules.NO_TABLE_IN_PDF.at(file=name),)
    made = io.StringIO()
    writer = csv.writer(made, delimiter=";", lineterminator="\n")
    for row in out:
        if row:
            writer.writerow(row)
        else:
            made.write("\n")
    return made.getvalue().encode(), ()


def facts_of(text: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What stands as `name: value` beside the table: day and reference of the payment often do."""
    for line in text:
        for piece in re.split(r"\s{2,}", line.strip()):
            name, colon, value = piece.partition(":")
            if colon and value.strip() and len(name) < 40:
                yield name.strip(), value.strip()


def _figure(cell: str) -> bool:
    return bool(re.fullmatch(r"[\d.,\-]+\s*(?:€|EUR)?", cell)) and bool(cell)


def _under(pieces: Sequence[tuple[int, int, str]], headers: Sequence[tuple[int, int, str]]) -> list[str] | None:
    """The pieces of a line by the header that they stand under; None where one stands under none."""
    row = [""] * len(headers)
    for start, end, piece in pieces:
        shared = [min(end, stop) - max(start, begin) for begin, stop, _ in headers]
        best = max(range(len(headers)), key=lambda at: shared[at])
        if shared[best] < -3:
            return None
        row[best] = f"{row[best]} {piece}".strip()
    return row
