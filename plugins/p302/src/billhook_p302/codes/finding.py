"""Looking keys up: by table, by value, by words in German or English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from billhook_p302.codes import TABLES
from billhook_p302.codes.billing import SPECIAL_TARIFF, TARIFF_REGION
from billhook_p302.codes.positions import STRUCTURES
from billhook_p302.codes.table import KeyTable, SpanTable, Structure

Table: TypeAlias = KeyTable | SpanTable | Structure

BOOK: tuple[Table, ...] = (
    *TABLES[: TABLES.index(TARIFF_REGION) + 1],
    SPECIAL_TARIFF,
    *TABLES[TABLES.index(TARIFF_REGION) + 1 :],
    *STRUCTURES,
)
"""Every table, those of values, of ranges and of the places of a number, in the order of Anlage 3."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a value, a range of values, or places of a number.

    `valid_from` and `valid_to` are None where no beginning or end is known.
    """

    section: str
    value: str
    meaning: str
    original: str
    valid_from: date | None
    valid_to: date | None
    source: str

    def covers(self, day: date) -> bool:
        """True when it holds on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


def rows(table: Table) -> Iterator[Row]:
    """The lines of a table in their order."""
    if isinstance(table, KeyTable):
        for key in table:
            source = key.source or table.source
            yield Row(table.section, key.value, key.meaning, key.original, key.valid_from, key.valid_to, source)
    elif isinstance(table, SpanTable):
        for span in (*table.spans, table.rest):
            yield Row(table.section, span.value or "else", span.meaning, span.original, None, None, table.source)
    else:
        for at in table.places:
            places = f"{at.first}" if at.first == at.last else f"{at.first}-{at.last}"
            yield Row(table.section, f"place {places}", at.meaning, at.original, None, None, table.source)


def tables_named(text: str) -> Sequence[Table]:
    """The tables of that section (`8.1.10`), else those whose title has all the words, in either language."""
    wanted = text.strip()
    exact = [table for table in BOOK if table.section.partition(" (")[0] == wanted or table.section == wanted]
    if exact:
        return exact
    return [table for table in BOOK if _has(f"{table.title} {table.original}", wanted)]


def search(text: str, day: date | None = None) -> Iterator[tuple[Table, Row]]:
    """Every line whose value is the text, or whose words have all of its words; with `day` only what holds then."""
    wanted = text.strip()
    for table in BOOK:
        for row in rows(table):
            if day is not None and not row.covers(day):
                continue
            if row.value.casefold() == wanted.casefold() or _has(f"{row.meaning} {row.original}", wanted):
                yield table, row


def _has(text: str, words: str) -> bool:
    """True when every word occurs in the text; umlauts may be written with or without dots, or with an e."""
    plain = _plain(text)
    return bool(words.split()) and all(any(form in plain for form in _forms(word)) for word in words.split())


def _plain(text: str) -> str:
    return text.casefold().translate(_DOTS)


def _forms(word: str) -> tuple[str, str]:
    plain = _plain(word)
    return plain, plain.replace("ae", "a").replace("oe", "o").replace("ue", "u")


_DOTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u"})
