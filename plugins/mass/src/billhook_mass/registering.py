"""Entering grants, rates, stays and absences: a CSV is taken in whole or not at all, and the same row again changes nothing.

Headings may be German or English, in any order; encoding, separator and the forms of numbers and days are found out. A row
replaces the one with the same key: a grant by payer, number, person, service and first day; a rate by payer, facility, service
and first day; a stay by person, facility and admission; an absence by person, facility, kind and day of leaving.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook.billing.contexts import ITEMS_LOCK, moment
from billhook.billing.masters import INSURED
from billhook.billing.problems import UnreadableFile
from billhook.model import Finding, Party, PartyKind, PartyRole
from billhook.store import Workspace, journal
from billhook.store.database import BUSY_SECONDS, next_ids
from billhook.store.encoding import date_text, decimal_text
from billhook.store.parties import add_roles, parties_by_number, save_parties
from billhook_mass import rules, tables
from billhook_mass.checks import UNITS
from billhook_mass.reading import Column, Kind, Record, open_table
from billhook_mass.registers import Per
from billhook_mass.settings import Settings


class Book(StrEnum):
    """What can be entered."""

    GRANTS = "grants"
    RATES = "rates"
    STAYS = "stays"
    ABSENCES = "absences"


@dataclass(frozen=True, slots=True)
class Entered:
    """What an import did; with errors among the findings nothing was changed."""

    book: Book
    file: str
    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def refused(self) -> bool:
        """True when the file was refused."""
        return any(finding.is_error for finding in self.findings)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a table is entered: its columns, its key, and how a record becomes a row."""

    table: sa.Table
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    row: Callable[[Record, Settings], dict[str, Any]]
    span: tuple[str, str, tuple[str, ...]] | None = None
    """First and last day and what they must not overlap within."""


def _column(name: str, *aliases: str, kind: Kind = Kind.TEXT, needed: bool = False) -> Column:
    return Column(name, (name, *aliases), kind, required=needed, filled=needed)


_PERSON = _column("client", "Person", "Personennummer", "Bewohner", "Klient", needed=True)
_FACILITY = _column("facility", "Einrichtung", "Einrichtungsnummer", needed=True)
_FROM = _column("from", "von", "gültig ab", "Beginn", kind=Kind.DAY, needed=True)
_TO = _column("to", "bis", "gültig bis", "Ende", kind=Kind.DAY)


def _grant(record: Record, settings: Settings) -> dict[str, Any]:
    return {
        "number": record.text("number"),
        "client": record.text("client"),
        "payer": _payer(record, settings),
        "reference": record.text("reference"),
        "facility": _facility(record, settings),
        "service": record.text("service"),
        "unit": _unit(record),
        "valid_from": date_text(record.day("from")),
        "valid_to": date_text(record.day("to")),
        "rate": _number(record, "rate"),
        "quantity": _number(record, "quantity"),
        "per": _per(record),
        "note": record.text("note"),
    }


def _rate(record: Record, settings: Settings) -> dict[str, Any]:
    payer = record.text("payer")
    return {
        "payer": _payer(record, settings) if payer else "",
        "facility": _facility(record, settings),
        "service": record.text("service"),
        "unit": _unit(record),
        "rate": _number(record, "rate"),
        "valid_from": date_text(record.day("from")),
        "valid_to": date_text(record.day("to")),
    }


def _stay(record: Record, settings: Settings) -> dict[str, Any]:
    moved = record.text("moved").strip().lower()
    if moved not in ("", "0", "1", "ja", "nein", "yes", "no", "x"):
        raise _WrongCell("moved", moved, "it is neither yes nor no", "write yes, no or nothing")
    return {
        "client": record.text("client"),
        "facility": _facility(record, settings),
        "admitted": date_text(record.day("admitted")),
        "discharged": date_text(record.day("discharged")),
        "moved": int(moved in ("1", "ja", "yes", "x")),
    }


def _absence(record: Record, settings: Settings) -> dict[str, Any]:
    kind = record.text("kind")
    known = {name for profile in settings.profiles.values() for name in profile.absences.kinds}
    if kind not in known:
        raise _WrongCell(
            "kind", kind, "it is no kind of absence of the profile", f"take one of {', '.join(sorted(known))}"
        )
    return {
        "client": record.text("client"),
        "facility": _facility(record, settings),
        "kind": kind,
        "left": date_text(record.day("left")),
        "returned": date_text(record.day("returned")),
        "reported": date_text(record.day("reported")),
    }


FORMS: Mapping[Book, _Form] = {
    Book.GRANTS: _Form(
        tables.grant,
        (
            _column("number", "Kostenzusage", "Zusage", "Bewilligung", needed=True),
            _PERSON,
            _column("payer", "Kostenträger", "Leistungsträger", needed=True),
            _column("reference", "Aktenzeichen", "AZ", needed=True),
            _column("facility", "Einrichtung", "Einrichtungsnummer"),
            _column("service", "Leistung", "Leistungsschlüssel", needed=True),
            _column("unit", "Einheit", needed=True),
            _FROM,
            _TO,
            _column("rate", "Satz", "Vergütungssatz", kind=Kind.NUMBER),
            _column("quantity", "Menge", "Umfang", kind=Kind.NUMBER),
            _column("per", "je", "Zeitraum"),
            _column("note", "Bemerkung"),
            _column("family_name", "Name", "Nachname"),
            _column("given_name", "Vorname"),
            _column("birth_date", "Geburtsdatum", kind=Kind.DAY),
        ),
        ("payer", "number", "client", "service", "valid_from"),
        _grant,
        ("valid_from", "valid_to", ("payer", "number", "client", "service")),
    ),
    Book.RATES: _Form(
        tables.rate,
        (
            _FACILITY,
            _column("service", "Leistung", "Leistungsschlüssel", needed=True),
            _column("unit", "Einheit", needed=True),
            _column("rate", "Satz", "Vergütungssatz", kind=Kind.NUMBER, needed=True),
            _FROM,
            _TO,
            _column("payer", "Kostenträger", "Leistungsträger"),
        ),
        ("payer", "facility", "service", "valid_from"),
        _rate,
        ("valid_from", "valid_to", ("payer", "facility", "service")),
    ),
    Book.STAYS: _Form(
        tables.stay,
        (
            _PERSON,
            _FACILITY,
            _column("admitted", "Aufnahme", "Einzug", "von", kind=Kind.DAY, needed=True),
            _column("discharged", "Entlassung", "Auszug", "bis", kind=Kind.DAY),
            _column("moved", "Umzug", "Wechsel"),
        ),
        ("client", "facility", "admitted"),
        _stay,
        ("admitted", "discharged", ("client", "facility")),
    ),
    Book.ABSENCES: _Form(
        tables.absence,
        (
            _PERSON,
            _FACILITY,
            _column("kind", "Art", "Abwesenheitsgrund", "Grund", needed=True),
            _column("left", "Weggang", "Abreise", "von", kind=Kind.DAY, needed=True),
            _column("returned", "Rückkehr", "bis", kind=Kind.DAY),
            _column("reported", "gemeldet", "Meldung", kind=Kind.DAY),
        ),
        ("client", "facility", "left", "kind"),
        _absence,
        None,
    ),
}
"""How each table is entered. Absences may overlap: a day is counted once."""


class _WrongCell(ValueError):
    def __init__(self, column: str, value: str, what: str, how: str) -> None:
        super().__init__(what)
        self.finding = rules.REGISTER_ROW.at(field=column, value=value, what=f"{column} is {value!r}: {what}", how=how)


def _payer(record: Record, settings: Settings) -> str:
    key = record.text("payer").lower()
    if settings.payer(key) is None:
        known = ", ".join(payer.key for payer in settings.payers) or "none yet"
        raise _WrongCell(
            "payer", key, "it is no payer of these settings", f"add it to [[schemes.mass.payers]]; there are: {known}"
        )
    return key


def _facility(record: Record, settings: Settings) -> str:
    number = record.text("facility")
    if number and settings.facility(number) is None:
        raise _WrongCell(
            "facility", number, "it is no facility of these settings", "add it to [[schemes.mass.facilities]]"
        )
    return number


_UNIT_WORDS = {"tag": "day", "tage": "day", "monat": "month", "stunde": "hour", "stunden": "hour", "pauschale": "flat"}
_PER_WORDS = {"": Per.GRANT, "jahr": Per.YEAR, "monat": Per.MONTH, "woche": Per.WEEK, "zusage": Per.GRANT}


def _unit(record: Record) -> str:
    word = record.text("unit").lower()
    found = _UNIT_WORDS.get(word, word)
    if found not in UNITS:
        raise _WrongCell("unit", word, "it is no unit", f"take one of {', '.join(UNITS)}")
    return found


def _per(record: Record) -> str:
    word = record.text("per").lower()
    found = _PER_WORDS.get(word, word)
    if found not in list(Per):
        raise _WrongCell("per", word, "a quantity is not granted so", f"take one of {', '.join(Per)}")
    return str(found)


def _number(record: Record, name: str) -> str | None:
    value = record.values.get(name)
    if not isinstance(value, Decimal):
        return None
    if value < 0:
        raise _WrongCell(name, str(value), "it is negative", "write a positive number")
    return decimal_text(value)


# --- Taking a file in -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Read:
    """The rows of a file, the lines they stand on, and persons that it names."""

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    people: dict[str, Party] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def import_book(
    workspace: Workspace,
    book: Book,
    path: Path,
    *,
    now: datetime | None = None,
    actor: str | None = None,
    wait: float = BUSY_SECONDS,
) -> Entered:
    """Take a CSV in, all of it or nothing.

    Raises:
        UnreadableFile: the file cannot be opened.
        billhook.store.ConfigError: the settings are wrong.
    """
    settings: Settings = workspace.settings("mass")
    form = FORMS[book]
    read = _read(path, form, settings)
    if any(finding.is_error for finding in read.findings):
        return Entered(book, path.name, len(read.rows), findings=tuple(read.findings))
    try:
        return _enter(workspace, book, path.name, form, read, moment(now), actor or journal.current_actor(), wait)
    except _Overlaps as overlaps:
        return Entered(book, path.name, len(read.rows), findings=overlaps.args)


def _enter(
    workspace: Workspace, book: Book, file: str, form: _Form, read: _Read, now: datetime, actor: str, wait: float
) -> Entered:
    with workspace.database.exclusive(ITEMS_LOCK, wait), workspace.database.write() as connection:
        added, changed, unchanged = _store(connection, form, read)
        overlaps = _overlapping(connection, form, file, read)
        if overlaps:
            raise _Overlaps(*overlaps)
        _people(connection, read.people)
        if added or changed:
            payload = {"book": book.value, "file": file, "added": added, "changed": changed}
            journal.append(connection, "mass.entered", f"mass:{book.value}", payload, actor=actor, time=now)
    return Entered(book, file, len(read.rows), added, changed, unchanged, tuple(read.findings))


def _read(path: Path, form: _Form, settings: Settings) -> _Read:
    read = _Read()
    try:
        table = open_table(path, form.columns)
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror or type(error).__name__}"
        raise UnreadableFile(message) from error
    read.findings += table.findings
    for record in table.records():
        read.findings += record.findings
        if any(finding.is_error for finding in record.findings):
            continue
        try:
            row = form.row(record, settings)
        except _WrongCell as wrong:
            read.findings.append(_placed(wrong.finding, path.name, record.line))
            continue
        if form.span is not None:
            first, last = row[form.span[0]], row[form.span[1]]
            if last is not None and last < first:
                finding = rules.REGISTER_ROW.at(
                    field=form.span[1], value=last, what=f"{last} is before {first}", how="mend the days"
                )
                read.findings.append(_placed(finding, path.name, record.line))
                continue
        read.rows.append((record.line, row))
        _note_person(record, read.people)
    return read


def _placed(finding: Finding, file: str, line: int) -> Finding:
    return replace(finding, file=file, line=line)


def _note_person(record: Record, people: dict[str, Party]) -> None:
    if record.text("family_name"):
        people[record.text("client")] = Party(
            0, record.text("client"), PartyKind.PERSON, record.text("family_name"), record.text("given_name"),
            record.day("birth_date"),
        )  # fmt: skip


def _people(connection: Connection, people: Mapping[str, Party]) -> None:
    """Persons that the file names become master records; what a master record says already is left alone."""
    known = parties_by_number(connection, people)
    fresh = save_parties(connection, [party for number, party in people.items() if number not in known])
    add_roles(connection, [PartyRole(party.id, INSURED) for party in fresh])


def _all(connection: Connection, table: sa.Table) -> list[sa.RowMapping]:
    return list(connection.execute(sa.select(table)).mappings())


class _Overlaps(Exception):  # no error: it ends a transaction that shall leave nothing
    """Roll back."""


def _store(connection: Connection, form: _Form, read: _Read) -> tuple[int, int, int]:
    table = form.table
    there = {tuple(row[name] for name in form.key): row for row in _all(connection, table)}
    fresh: dict[tuple[Any, ...], dict[str, Any]] = {}
    changed: dict[tuple[Any, ...], dict[str, Any]] = {}
    unchanged = 0
    for _, row in read.rows:
        key = tuple(row[name] for name in form.key)
        before = there.get(key)
        if before is None:
            fresh[key] = row
        elif any(before[name] != value for name, value in row.items()):
            changed[key] = row
        else:
            unchanged += 1
    ids = iter(next_ids(connection, table.name, len(fresh)))
    if fresh:
        connection.execute(table.insert(), [{"id": next(ids), **row} for row in fresh.values()])
    for key, row in changed.items():
        connection.execute(table.update().where(table.c.id == there[key]["id"]).values(**row))
    return len(fresh), len(changed), unchanged


def _overlapping(connection: Connection, form: _Form, file: str, read: _Read) -> list[Finding]:
    """Rows of this file that now overlap another one of their kind."""
    if form.span is None:
        return []
    first, last, within = form.span
    mine = {tuple(row[name] for name in form.key): line for line, row in read.rows}
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in _all(connection, form.table):
        groups.setdefault(tuple(row[name] for name in within), []).append(row)
    found = []
    for rows in groups.values():
        rows.sort(key=lambda row: row[first])
        for before, after in pairwise(rows):
            ends = before[last]
            if ends is not None and ends < after[first]:
                continue
            lines = [mine.get(tuple(row[name] for name in form.key)) for row in (after, before)]
            line = lines[0] or lines[1]
            if line is not None:
                other = lines[1] if lines[0] else None
                finding = rules.REGISTER_OVERLAP.at(value=other or "an earlier file", field=first)
                found.append(_placed(finding, file, line))
    return found


def rows_of(workspace: Workspace, book: Book, *, client: str = "", facility: str = "") -> list[dict[str, Any]]:
    """What is entered, in the order of persons and days."""
    table = FORMS[book].table
    statement = sa.select(table)
    if client and "client" in table.c:
        statement = statement.where(table.c.client == client)
    if facility:
        statement = statement.where(table.c.facility.in_(("", facility)))
    order = [
        table.c[name] for name in ("client", "facility", "service", "admitted", "left", "valid_from") if name in table.c
    ]
    with workspace.database.read() as connection:
        return [dict(row) for row in connection.execute(statement.order_by(*order, table.c.id)).mappings()]
