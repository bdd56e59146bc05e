"""Learns a profile: from a sample file, or from the list of columns in a payer's interface description.

What the file shows is found out (characters, separators, forms of numbers and days, which cells are quoted); what a heading means
is proposed and then said by a person or a mapping file. The result is a profile like any other: it is checked before it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from billhook_mass import reading
from billhook_mass.fields import FIELDS, FieldRow, Level, ValueKind
from billhook_mass.profile import Profile, ProfileError, load, parse
from billhook_mass.reading import Form, Guess, folded, open_table, plain, read_day, read_month, read_number

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "invoice.number": ("Rechnungsnummer", "Rechnungs-Nr", "RgNr", "Belegnummer", "Beleg"),
    "invoice.date": ("Rechnungsdatum", "Belegdatum"),
    "invoice.total": ("Rechnungssumme", "Gesamtbetrag"),
    "biller.reference": ("AZ Rechnungssteller", "Aktenzeichen Rechnungssteller", "Lieferantennummer", "Kreditor"),
    "facility.number": ("Einrichtungsnummer", "Einrichtung", "Angebotsnummer"),
    "facility.name": ("Einrichtungsname",),
    "person.reference": ("Aktenzeichen", "AZ", "Geschäftszeichen", "Kennzeichen", "Fallnummer"),
    "person.number": ("Personennummer", "Klientennummer"),
    "person.family_name": ("Name", "Nachname", "Familienname", "Zuname"),
    "person.given_name": ("Vorname", "Rufname"),
    "person.name": ("Name, Vorname", "Leistungsberechtigter", "Leistungsberechtigte Person", "Person"),
    "person.birth_date": ("Geburtsdatum", "geboren am", "GebDat"),
    "line.ordinal": ("Position", "Pos", "lfd Nr"),
    "line.grant": ("Kostenzusage", "Bewilligung", "Bescheid"),
    "line.month": ("Leistungsmonat", "Monat", "Abrechnungsmonat", "Zeitraum"),
    "line.first_day": ("Leistung von", "von", "Beginn", "Zeitraum von"),
    "line.last_day": ("Leistung bis", "bis", "Ende", "Zeitraum bis"),
    "line.service": ("Leistungsschlüssel", "Leistungsart", "Leistung", "Leistungstyp"),
    "line.service_name": ("Leistungsbezeichnung", "Bezeichnung"),
    "line.unit": ("Einheit", "Mengeneinheit"),
    "line.quantity": ("Menge", "Anzahl", "Tage", "Stunden", "FLS Ist", "abrechenbare FLS"),
    "line.days_present": ("Anwesenheitstage", "Tage anwesend"),
    "line.days_absent": ("Abwesenheitstage", "Tage abwesend"),
    "line.absence": ("Abwesenheitsgrund", "Grund der Abwesenheit"),
    "line.day_kind": ("Tagesart",),
    "line.rate": ("Vergütungssatz", "Satz", "Tagessatz", "Preis", "Einzelpreis", "EUR je Std", "Stundensatz"),
    "line.percent": ("Prozentsatz", "Prozent"),
    "line.amount": ("Betrag", "Rechnungsbetrag", "Gesamt", "Rechnungsbetrag EUR", "Zeilenbetrag"),
    "line.minutes": ("Minuten",),
    "line.correction": ("Korrekturkennzeichen", "Kennzeichen Korrektur", "Storno"),
    "line.corrects_invoice": ("Bezug Rechnungsnummer", "Ursprungsrechnung"),
    "line.corrects_date": ("Bezug Rechnungsdatum",),
    "line.note": ("Bemerkung", "Hinweis", "Kommentar"),
}
"""Headings that are met for a value, beside its German term."""

LIST_HEADINGS = {
    "name": ("Feldname", "Feld", "Spalte", "Spaltenname", "Überschrift", "Column", "Header"),
    "required": ("Pflicht", "Pflichtfeld", "Muss", "M/K", "required"),
    "longest": ("Länge", "max. Länge", "Stellen", "length"),
    "meaning": ("Beschreibung", "Bedeutung", "Inhalt", "Erläuterung"),
}
"""How the columns of an interface description's list of columns are called."""

_YES = {"ja", "j", "x", "m", "muss", "pflicht", "yes", "y", "true", "1"}


class LearnProblem(ValueError):
    """Nothing can be learned; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A column as it was found: heading, what its cells look like, and what is proposed for it (empty: nothing)."""

    header: str
    proposal: str
    reason: str
    examples: tuple[str, ...] = ()
    required: bool = False
    longest: int | None = None
    places: int | None = None
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sample or a list of columns shows."""

    name: str
    columns: tuple[Seen, ...]
    file: Mapping[str, Any]
    guesses: tuple[Guess, ...] = ()


class ColumnAnswer(BaseModel):
    """What a mapping file says of a column: the value it carries, or the text that always stands there."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    field: str | None = None
    text: str = ""
    required: bool | None = None
    longest: int | None = None
    places: int | None = None
    form: str = ""


class Answers(BaseModel):
    """A mapping file: what a person would answer. `profile` is the start of the profile; the rest is put over what was found."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    profile: str = Field("", description="short name of the new profile")
    version: str = ""
    title: str = ""
    payers: tuple[str, ...] = ()
    base: str = Field("lwl-assumed", description="profile whose keys, absences, checks and advice are taken over")
    columns: dict[str, ColumnAnswer | str | None] = Field(
        default_factory=dict, description="heading → value, or {field:, text:, required: …}; empty: always empty"
    )
    sources: tuple[str, ...] = ()
    file: dict[str, Any] = Field(default_factory=dict)
    keys: dict[str, Any] = Field(default_factory=dict)
    grouping: dict[str, Any] = Field(default_factory=dict)
    corrections: dict[str, Any] = Field(default_factory=dict)
    absences: dict[str, Any] = Field(default_factory=dict)
    hours: dict[str, Any] = Field(default_factory=dict)
    checks: dict[str, Any] = Field(default_factory=dict)
    advice: dict[str, Any] = Field(default_factory=dict)

    def answer(self, header: str) -> ColumnAnswer | None:
        """What is said of a column; None when nothing."""
        wanted = next((key for key in self.columns if key == header or folded(key) == folded(header)), None)
        if wanted is None:
            return None
        said = self.columns[wanted]
        return said if isinstance(said, ColumnAnswer) else ColumnAnswer(field=said or None)


def read_answers(path: Path) -> Answers:
    """A mapping file.

    Raises:
        LearnProblem: it is no mapping file; the message names the key.
        OSError: it cannot be opened.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise LearnProblem(f"{path.name} is no UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise LearnProblem(f"{path.name}{where} is no YAML") from None
    if not isinstance(data, dict):
        raise LearnProblem(f"{path.name} has no keys; write columns: and below it a heading and its value")
    try:
        return Answers.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part not in ("ColumnAnswer", "str"))
        raise LearnProblem(f"{path.name}: {key}: {first['msg']}") from None


# --- Looking at the file ----------------------------------------------------------------------------------------------


def look(path: Path) -> Sample:
    """What a sample file or a list of columns shows.

    Raises:
        LearnProblem: there is nothing in it that could be columns.
        OSError: it cannot be opened.
    """
    listed = _listed(path)
    if listed is not None:
        return Sample(path.name, tuple(listed), {})
    names = [alias for aliases in SYNONYMS.values() for alias in aliases]
    # One column that never is there makes the reader look for headings without demanding any.
    table = open_table(path, [reading.Column("any", tuple(names)), reading.Column("none", ())])
    wrong = [finding for finding in table.findings if finding.is_error]
    if wrong:
        raise LearnProblem(f"{path.name}: {wrong[0].message}; {wrong[0].mend}")
    rows = [record.cells for record, _ in zip(table.records(), range(reading.SAMPLE), strict=False) if record.cells]
    cells = [[plain(row[at]) for row in rows if at < len(row)] for at in range(len(table.headers))]
    everything = [cell for column in cells for cell in column if cell]
    form, told = _forms(everything, table.form)
    columns = tuple(_seen(header, values, form) for header, values in zip(table.headers, cells, strict=True))
    return Sample(path.name, columns, _file_form(path, table, form, rows), (*table.guesses[:3], *told))


def _listed(path: Path) -> list[Seen] | None:
    """The columns of a list: one name a line, or a table with one column a row; None when the file is no list."""
    columns = [reading.Column(name, aliases) for name, aliases in LIST_HEADINGS.items()]
    columns[0] = reading.Column("name", LIST_HEADINGS["name"], required=True, filled=True)
    table = open_table(path, columns)
    if table.readable and "name" in table.places:
        return [
            _seen(
                record.text("name"), [], Form(), required=folded(record.text("required")) in _YES,
                longest=_whole(record.text("longest")), meaning=record.text("meaning"),
            )
            for record in table.records()
            if record.text("name")
        ]  # fmt: skip
    if any(finding.code != "MASS-CSV-004" for finding in table.findings if finding.is_error):
        return None
    lines = path.read_bytes().decode(table.form.encoding, errors="replace").splitlines()
    names = [plain(line) for line in lines if plain(line)]
    return [_seen(name, [], Form()) for name in names] if len(names) > 1 else None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and int(text[:6]) > 0 else None


def _forms(cells: Sequence[str], form: Form) -> tuple[Form, tuple[Guess, ...]]:
    """The forms of numbers, days and months over all cells, for here no column says what it is; and from what they follow."""
    days = [cell for cell in cells if any(read_day(cell, each) for each in reading.DAY_FORMS)]
    months = [cell for cell in cells if cell not in days and any(_is_month(cell, each) for each in reading.MONTH_FORMS)]
    amounts = [cell for cell in cells if _DECIMAL.fullmatch(cell) and cell not in days and cell not in months]
    decimal, day, month = (
        reading.decimal_of(amounts), reading.form_of(days, reading.DAY_FORMS), reading.form_of(months, reading.MONTH_FORMS),
    )  # fmt: skip
    told = [Guess("decimal", *decimal), Guess("day", *day), Guess("month", *month)]
    return Form(form.encoding, form.delimiter, decimal[0], day[0], month[0]), tuple(told)


_DECIMAL = re.compile(r"[+-]?[\d.,' ]*[.,]\d{1,6}")


def _is_month(cell: str, form: str) -> bool:
    found = read_month(cell, form)
    return found is not None and 1990 <= found.year <= 2100


def _file_form(path: Path, table: reading.Table, form: Form, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    with path.open("rb") as file:
        head = file.read(65_536).decode(form.encoding, errors="replace")
    quoted = len(re.findall(r'(?:^|[;,\t|\r\n])"', head))
    total = (len(rows) + 1) * max(len(table.headers), 1)
    quoting = "all" if rows and quoted >= total * 0.9 and len(head) < 60_000 else "minimal"
    found: dict[str, Any] = {
        "encoding": form.encoding, "delimiter": form.delimiter, "quoting": quoting,
        "line_end": "crlf" if "\r\n" in head else "lf", "decimal": form.decimal, "day": form.day, "month": form.month,
    }  # fmt: skip
    return found


# --- What a heading means ---------------------------------------------------------------------------------------------


def _seen(
    header: str,
    cells: Sequence[str],
    form: Form,
    *,
    required: bool | None = None,
    longest: int | None = None,
    meaning: str = "",
) -> Seen:
    filled = [cell for cell in cells if cell]
    kind = _kind(filled, form)
    proposal, reason = propose(header, kind)
    places = None
    if kind in (ValueKind.NUMBER, ValueKind.AMOUNT):
        decimals = {len(cell.rsplit(form.decimal, 1)[1]) if form.decimal in cell else 0 for cell in filled}
        places = decimals.pop() if len(decimals) == 1 else None
    return Seen(
        header, proposal, reason, tuple(dict.fromkeys(filled))[:3],
        bool(cells) and len(filled) == len(cells) if required is None else required, longest, places, meaning,
    )  # fmt: skip


def _kind(cells: Sequence[str], form: Form) -> ValueKind | None:
    """What all cells of a column can be; None where there is none or they are just text."""
    if not cells:
        return None
    if all(read_day(cell, form.day) for cell in cells):
        return ValueKind.DAY
    if all(_is_month(cell, form.month) for cell in cells):
        return ValueKind.MONTH
    if all(read_number(cell, form.decimal) is not None for cell in cells):
        return ValueKind.NUMBER if any(form.decimal in cell for cell in cells) else ValueKind.WHOLE
    return ValueKind.TEXT


_ALIKE: Mapping[ValueKind, frozenset[ValueKind]] = {
    ValueKind.DAY: frozenset({ValueKind.DAY, ValueKind.MONTH}),
    ValueKind.MONTH: frozenset({ValueKind.MONTH}),
    ValueKind.NUMBER: frozenset({ValueKind.NUMBER, ValueKind.AMOUNT}),
    ValueKind.WHOLE: frozenset({ValueKind.NUMBER, ValueKind.AMOUNT, ValueKind.WHOLE, ValueKind.TEXT}),
    ValueKind.TEXT: frozenset({ValueKind.TEXT}),
}
"""What a value may be whose cells look like this. A month may be written as its first day."""


def propose(header: str, kind: ValueKind | None = None) -> tuple[str, str]:
    """The value that a heading most likely means, and why; two empty texts where nothing is near.

    >>> propose("Verguetungs-Satz")
    ('line.rate', 'Vergütungssatz')
    >>> propose("d2_abrechenbare_FLS")[0], propose("Xyz")
    ('line.quantity', ('', ''))
    """
    # A letter or number before the name is the description's own counting: `k_Rechnungsbetrag`.
    bare = folded(re.sub(r"^[a-z]?\d{0,2}[_.) ]\s*", "", plain(header)))
    best: tuple[float, str, str] = (0.0, "", "")
    for name, row in FIELDS.items():
        if row.level is Level.FILE or (kind is not None and row.kind not in _ALIKE[kind]):
            continue
        for alias in dict.fromkeys((*SYNONYMS.get(name, ()), row.original)):
            near = SequenceMatcher(None, bare, folded(alias)).ratio()
            if near > best[0]:
                best = (near, name, alias)
    return (best[1], best[2]) if best[0] >= 0.8 else ("", "")


# --- The profile ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Draft:
    """A profile that is being made: what was found and what was answered so far."""

    sample: Sample
    answers: Answers
    name: str = ""
    columns: list[dict[str, Any]] = field(default_factory=list)

    def unanswered(self) -> list[Seen]:
        """Columns about which the mapping file says nothing."""
        return [seen for seen in self.sample.columns if self.answers.answer(seen.header) is None]

    def put(self, seen: Seen, answer: ColumnAnswer) -> None:
        """Take what was answered for a column.

        Raises:
            LearnProblem: there is no such value.
        """
        if answer.field is not None and answer.field not in FIELDS:
            near = ", ".join(_near(answer.field))
            raise LearnProblem(f"{seen.header}: there is no value {answer.field!r}; near it: {near}")
        column: dict[str, Any] = {"header": seen.header}
        if answer.field is None:
            if answer.text:
                column["text"] = answer.text
        else:
            column["field"] = answer.field
            required = seen.required if answer.required is None else answer.required
            column |= {"required": True} if required else {}
            row = FIELDS[answer.field]
            places = answer.places if answer.places is not None else seen.places
            if row.kind is ValueKind.NUMBER and places is not None:
                column["places"] = places
        if longest := answer.longest or seen.longest:
            column["longest"] = longest
        if answer.form:
            column["form"] = answer.form
        self.columns.append(column)

    def text(self, *, today: date) -> str:
        """The YAML of the profile.

        Raises:
            LearnProblem: it is no usable profile; the message says why.
        """
        try:
            base = yaml.safe_load(_dumped(load(self.answers.base)))
        except ProfileError as error:
            raise LearnProblem(str(error)) from None
        data: dict[str, Any] = {
            "profile": self.answers.profile or self.name or "learned",
            "version": self.answers.version or f"learned-{today:%Y-%m-%d}",
            "title": self.answers.title or f"learned from {self.sample.name}",
            "status": "assumed",
            "payers": list(self.answers.payers),
            "sources": [*self.answers.sources, self.sample.name],
            "assumptions": [
                f"what each heading means, as it was answered on {today}",
                f"all that is as in {self.answers.base}",
            ],
            "file": {**base.get("file", {}), **self.sample.file, **self.answers.file},
            "records": [{"kind": "line", "columns": self.columns}],
        }
        for part in ("keys", "grouping", "corrections", "absences", "hours", "checks", "advice"):
            data[part] = {**base.get(part, {}), **getattr(self.answers, part)}
        text = _HEAD + yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)
        try:
            parse(text, name=f"{data['profile']}.yaml")
        except ProfileError as error:
            raise LearnProblem(str(error)) from None
        return text


_HEAD = """\
# A profile that was learned. It is as good as the answers were: prove it on data with `billhook mass profile check`,
# read the keys, absences and checks below, and set `status` when the payer has taken a file made by it.
"""


def _dumped(profile: Profile) -> str:
    return yaml.safe_dump(profile.model_dump(mode="json"), allow_unicode=True, sort_keys=False)


def _near(name: str) -> Iterable[str]:
    return sorted(FIELDS, key=lambda each: -SequenceMatcher(None, name, each).ratio())[:4]


Ask = Callable[[str, str], str]
"""Asks a question with a proposal, and returns the answer (the proposal when nothing was typed)."""


def answer_by_asking(draft: Draft, ask: Ask, tell: Callable[[str], None]) -> None:
    """Go through the columns; ask about those that the mapping file leaves open. Every answer is checked at once."""
    for number, seen in enumerate(draft.sample.columns, 1):
        known = draft.answers.answer(seen.header)
        if known is not None:
            draft.put(seen, known)
            continue
        shown = f" (e.g. {', '.join(seen.examples)})" if seen.examples else ""
        while True:
            said = ask(f"{number}. {seen.header}{shown}", seen.proposal or "-")
            if said.strip() == "?":
                for row in FIELDS.values():
                    tell(_told(row))
                continue
            try:
                draft.put(seen, answer_of(said))
            except LearnProblem as problem:
                tell(str(problem))
                continue
            break


def answer_of(said: str) -> ColumnAnswer:
    """An answer as typed: the name of a value, `-` for an empty column, `=text` for a text that always stands there.

    >>> answer_of("line.rate").field, answer_of("-").field, answer_of("=nein").text
    ('line.rate', None, 'nein')
    """
    said = said.strip()
    if said in ("", "-"):
        return ColumnAnswer()
    return ColumnAnswer(text=said[1:]) if said.startswith("=") else ColumnAnswer(field=said)


def answer_by_proposal(draft: Draft) -> list[Seen]:
    """Take the mapping file's answers, and for the other columns what was proposed; those that have no proposal."""
    left = []
    for seen in draft.sample.columns:
        known = draft.answers.answer(seen.header)
        if known is None and not seen.proposal:
            left.append(seen)
        draft.put(seen, known or ColumnAnswer(field=seen.proposal or None))
    return left


def _told(row: FieldRow) -> str:
    return f"  {row.name:<24} {row.original} – {row.meaning}"


def columns_of_line(profile: Profile) -> Iterator[tuple[str, str, str]]:
    """Heading, value and meaning of each column of a profile's line, for `profile show`."""
    for column in profile.line.columns:
        row = FIELDS.get(column.field or "")
        meaning = row.meaning if row is not None else f"always {column.text!r}" if column.text else "always empty"
        yield column.header, column.field or "", meaning
