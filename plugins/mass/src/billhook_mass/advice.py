"""Payment advice (Zahlungsavis): what the payer pays and what it cuts, read from CSV or PDF and matched to what was billed.

Reading and matching are pure. A row names what it is about in the payer's words; `match` finds the item, says by what it was
found, and leaves what fits nothing to a person. What was billed in a pilot moves nothing: the paper is what is paid there.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from billhook.model import BillingItem, Finding, Outcome, Severity, Verdict
from billhook.money import format_cents
from billhook.scheme import Candidate
from billhook_mass import reading_rules as rules
from billhook_mass.batching import FileKey
from billhook_mass.pdf_tables import facts_of, pdf_text, table_of
from billhook_mass.profile import ADVICE_FIELDS, Advice
from billhook_mass.reading import Column, Form, Guess, Kind, Record, Table, folded, open_table, read_day

MOST_FINDINGS = 1_000
"""Findings after which an advice is not read on: it is refused by then, and a file may have a fault in every line."""

_KINDS = {
    "first_day": Kind.DAY, "last_day": Kind.DAY, "paid_on": Kind.DAY, "month": Kind.MONTH,
    "billed": Kind.AMOUNT, "approved": Kind.AMOUNT, "reduced": Kind.AMOUNT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AdviceRow:
    """A row of an advice. Amounts in cents, None where the advice says nothing; `texts` are its words by `ADVICE_FIELDS`.

    `cut` is what the payer takes off: as it says, or what is missing where it gives a reason.
    """

    line: int
    texts: Mapping[str, str]
    month: date | None
    first_day: date | None
    last_day: date | None
    billed: int | None
    approved: int
    reduced: int | None
    paid_on: date | None
    findings: tuple[Finding, ...] = ()

    def text(self, name: str) -> str:
        """What the row says of this; empty when nothing."""
        return self.texts.get(name, "")

    @property
    def cut(self) -> int:
        """What the payer takes off, in cents."""
        if self.reduced is not None:
            # Some write a cut as a negative amount.
            if self.billed is not None and self.billed + self.reduced == self.approved:
                return -self.reduced
            return self.reduced
        reasoned = self.text("reason") or self.text("reason_text")
        return self.billed - self.approved if self.billed is not None and reasoned else 0


@dataclass(frozen=True, slots=True)
class AdviceFile:
    """An advice as it was read: what was found out about the file, what is wrong with it, and its rows.

    `accepted`: it may be booked; an error anywhere in it forbids that, for a part of an advice is none.
    """

    name: str
    kind: str
    guesses: tuple[Guess, ...]
    findings: tuple[Finding, ...]
    rows: tuple[AdviceRow, ...]

    @property
    def accepted(self) -> bool:
        """True when it may be booked."""
        return not any(finding.is_error for finding in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What forbids to book it."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def columns_of(advice: Advice) -> tuple[Column, ...]:
    """The columns that a profile's advice may have."""
    return tuple(
        Column(
            name,
            advice.columns.get(name, ()),
            _KINDS.get(name, Kind.TEXT),
            required=name in advice.required,
            filled=name in advice.required and name in ("invoice", "approved"),
        )
        for name in ADVICE_FIELDS
        if name in advice.columns or name in advice.required
    )


def form_of(advice: Advice) -> Form:
    """How a profile says that its advice is written."""
    return Form(advice.encoding, advice.delimiter, advice.decimal, advice.day, advice.month)


def is_advice(head: bytes, name: str, advices: Sequence[Advice]) -> bool:
    """True when the first bytes look like an advice of one of these: a PDF, or a table with enough of its headers."""
    if head.startswith(b"%PDF-"):
        return "avis" in name.casefold() or "advice" in name.casefold()
    return any(_open_csv(head, name, advice).readable for advice in advices)


def read_file(content: bytes, name: str, advices: Sequence[Advice], booked: date | None = None) -> AdviceFile:
    """Read an advice in the form of the first profile that fits. Never raises on bad content.

    Args:
        content: its bytes.
        name: what findings call it.
        advices: how the payers' advices may look.
        booked: the day of payment, where the advice does not tell it.
    """
    if content.startswith(b"%PDF-"):
        file = _best([_read_pdf(content, name, advice) for advice in advices])
    else:
        file = _best([_read(_open_csv(content, name, advice), "csv") for advice in advices])
    rows = [row if row.paid_on is not None else replace(row, paid_on=booked) for row in file.rows]
    undated = [row for row in rows if row.paid_on is None and row.approved]
    findings = list(file.findings)
    if undated:
        findings.append(rules.NO_PAYMENT_DAY.at(file=name, line=undated[0].line, field="paid_on", rows=len(undated)))
    return replace(file, rows=tuple(rows), findings=tuple(findings))


def is_pdf(path: Path) -> bool:
    """True when the file begins as a PDF does."""
    with path.open("rb") as file:
        return file.read(5) == b"%PDF-"


def too_large(path: Path, most: int) -> Finding:
    """That a file is larger than an advice can be."""
    size = path.stat().st_size
    return rules.TOO_LARGE.at(file=path.name, value=f"{size // 1_000_000} MB", most=f"{most // 1_000_000} MB")


def findings_of(path: Path, advices: Sequence[Advice]) -> Iterator[Finding]:
    """What is wrong with a table of any size, row by row, by the first profile whose headings fit."""
    tables = [open_table(path, columns_of(advice), form_of(advice)) for advice in advices]
    table = next((each for each in tables if each.readable), tables[0])
    yield from table.findings
    for record in table.records():
        yield from record.findings


def _best(files: Sequence[AdviceFile]) -> AdviceFile:
    return min(files, key=lambda file: (len(file.errors), -len(file.rows)))


def _open_csv(content: bytes, name: str, advice: Advice) -> Table:
    return open_table(content, columns_of(advice), form_of(advice), name=name)


def _read_pdf(content: bytes, name: str, advice: Advice) -> AdviceFile:
    text = pdf_text(content, name)
    headers = {folded(alias) for column in columns_of(advice) for alias in column.aliases}
    made, wrong = table_of(text, name, lambda piece: folded(piece) in headers) if text.lines else (b"", ())
    if not made:
        return AdviceFile(name, "pdf", (), (*text.findings, *wrong), ())
    form = replace(form_of(advice), encoding="utf-8", delimiter=";")
    read = _read(open_table(made, columns_of(advice), form, name=name), "pdf")
    rows = tuple(_with_facts(read.rows, text.lines, advice))
    return replace(read, rows=rows, findings=(*read.findings, *wrong))


def _with_facts(rows: Iterable[AdviceRow], lines: Sequence[str], advice: Advice) -> Iterator[AdviceRow]:
    """Day and reference of the payment, where they stand beside the table and not in it."""
    beside: dict[str, str] = {}
    for said, value in facts_of(lines):
        for name in ("paid_on", "payment_reference"):
            if folded(said) in {folded(alias) for alias in advice.columns.get(name, ())}:
                beside.setdefault(name, value)
    day = next((day for form in ("%d.%m.%Y", "%Y-%m-%d") if (day := read_day(beside.get("paid_on", ""), form))), None)
    for row in rows:
        texts = dict(row.texts)
        if "payment_reference" in beside:
            texts.setdefault("payment_reference", beside["payment_reference"])
        yield replace(row, texts=texts, paid_on=row.paid_on or day)


def _read(table: Table, kind: str) -> AdviceFile:
    findings = list(table.findings)
    rows = []
    errors = 0
    for record in table.records():
        findings += record.findings
        wrong = sum(finding.is_error for finding in record.findings)
        if not wrong:
            row = _row(record, table.name)
            findings += row.findings
            rows.append(row)
        errors += wrong
        if errors >= MOST_FINDINGS:
            break
    return AdviceFile(table.name, kind, tuple(table.guesses), tuple(findings), tuple(rows))


def _row(record: Record, file: str) -> AdviceRow:
    billed, approved, reduced = record.cents("billed"), record.cents("approved") or 0, record.cents("reduced")
    wrong: tuple[Finding, ...] = ()
    if billed is not None and reduced is not None and approved not in (billed - reduced, billed + reduced):
        wrong = (
            rules.CUT_MISMATCH.at(
                file=file, line=record.line, field="approved", value=format_cents(approved), billed=format_cents(billed),
                reduced=format_cents(reduced), rest=format_cents(billed - reduced),
            ),
        )  # fmt: skip
    texts = {name: record.text(name) for name in ADVICE_FIELDS if name not in _KINDS and record.text(name)}
    first, last = record.day("first_day"), record.day("last_day")
    month = record.day("month") or first
    return AdviceRow(
        record.line, texts, None if month is None else month.replace(day=1), first, last, billed, approved, reduced,
        record.day("paid_on"), wrong,
    )  # fmt: skip


def _month_end(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


# --- Outcomes ---------------------------------------------------------------------------------------------------------


def outcomes(file: AdviceFile, about: str = "") -> Iterator[Outcome]:
    """What an advice says, row by row; of one that may not be booked only that it came, and why it was not.

    Args:
        file: the advice.
        about: the form of the invoices that it speaks of (`paper`), where the person who brings it says so.
    """
    if not file.accepted:
        codes = tuple(dict.fromkeys(finding.code for finding in file.errors))
        first = file.errors[0]
        where = f"line {first.line}: " if first.line else ""
        yield Outcome(Verdict.UNKNOWN, codes=codes, text=f"{where}{first.message}")
        return
    for row in file.rows:
        yield from _said(row, about)


def _said(row: AdviceRow, about: str) -> Iterator[Outcome]:
    facts = {name: text for name, text in row.texts.items() if name not in ("reason", "reason_text")}
    facts["row"] = str(row.line)
    if row.month is not None:
        facts["month"] = f"{row.month:%Y-%m}"
    for name, day in (("first_day", row.first_day), ("last_day", row.last_day)):
        if day is not None:
            facts[name] = day.isoformat()
    if row.billed is not None:
        facts["billed"] = str(row.billed)
    said = Outcome(
        Verdict.PAID,
        document=row.text("invoice"),
        amount=row.approved,
        reference=row.text("payment_reference"),
        day=row.paid_on,
        facts=facts,
        about=about,
        start=row.first_day or row.month,
        end=row.last_day or (None if row.month is None else _month_end(row.month)),
    )
    if row.cut:
        codes = (row.text("reason"),) if row.text("reason") else ()
        verdict = Verdict.REDUCED if row.approved else Verdict.REJECTED
        yield replace(said, verdict=verdict, deducts=True, cut=row.cut, codes=codes, text=row.text("reason_text"))
    elif row.billed in (None, row.approved):
        yield replace(said, verdict=Verdict.ACCEPTED)
    if row.approved:
        yield said


# --- Matching ---------------------------------------------------------------------------------------------------------


class Names:
    """Candidates by what the payer may call them: asked once an item, found in one step however many there are."""

    def __init__(self, candidates: Sequence[Candidate], names: Callable[[BillingItem], Mapping[str, str]]) -> None:
        self._called = [
            (one, {part: _bare(part, name) for part, name in names(one.item).items()} | {"invoice": one.document})
            for one in candidates
        ]
        self._by: dict[tuple[str, ...], dict[tuple[object, ...], list[Candidate]]] = {}
        self.of_invoice: dict[str, Candidate] = {one.document: one for one in candidates}

    def fitting(self, parts: Sequence[str], outcome: Outcome) -> list[Candidate]:
        """The candidates that are called as the outcome says, in all these parts."""
        key = tuple(parts)
        if key not in self._by:
            found: dict[tuple[object, ...], list[Candidate]] = {}
            for one, called in self._called:
                found.setdefault(tuple(called[part] for part in key), []).append(one)
            self._by[key] = found
        said = tuple(
            outcome.document if part == "invoice" else _bare(part, outcome.facts.get(part, "")) for part in key
        )
        return self._by[key].get(said, [])


def _bare(part: str, name: str) -> object:
    """A name as it is compared: of a person's in any order of the words."""
    return tuple(_words(name)) if part == "person_name" else folded(name)


def _words(name: str) -> list[str]:
    return sorted(word for word in map(folded, name.replace(",", " ").split()) if word)


DATA = "data"
"""The role of the file for the portal; `billhook_mass.rendering` makes it."""

_PERSONAL = ("person_reference", "person_name", "line")


def match(outcome: Outcome, names: Names, keys: Sequence[Sequence[str]]) -> Outcome:
    """The outcome with what it is about and by what it was found; without document and item where it fits nothing for certain.

    Args:
        outcome: what a row says.
        names: items of the invoice that it names; where there is no such invoice, of the days that it names.
        keys: what a row is matched by, in this order.
    """
    of_invoice = names.of_invoice.get(outcome.document) if outcome.document else None
    for parts in keys:
        said = all(part == "invoice" or part in outcome.facts for part in parts)
        if not said or ("invoice" in parts) != (of_invoice is not None) or list(parts) == ["invoice"]:
            continue
        fitting, decided = _decide(names.fitting(parts, outcome), outcome)
        if len(fitting) == 1:
            why = " + ".join(part.replace("_", " ") for part in parts) + decided
            if outcome.document and "invoice" not in parts:
                why += f"; there is no invoice {outcome.document}"
            [found] = fitting
            about = _form(outcome, found)
            return replace(outcome, document=found.document, item=f"#{found.item.id}", matched=why, about=about)
    personal = any(part in outcome.facts for part in _PERSONAL)
    if of_invoice is not None and not personal and ["invoice"] in [list(parts) for parts in keys]:
        return replace(outcome, matched="invoice", about=_form(outcome, of_invoice))
    why = _unmatched(outcome, known=of_invoice is not None, near=bool(names.of_invoice))
    return replace(outcome, document="", item="", matched="", text=why)


def _form(outcome: Outcome, found: Candidate) -> str:
    """Which form of the invoice is spoken of. What the portal gives out in a pilot speaks of the file, which nobody pays."""
    return outcome.about or (DATA if FileKey(*found.file_key).is_pilot else "")


def _decide(fitting: list[Candidate], outcome: Outcome) -> tuple[list[Candidate], str]:
    """Of several lines that are called the same, the one that was billed with this amount, or on these days."""
    if len(fitting) > 1 and "billed" in outcome.facts:
        by_amount = [one for one in fitting if str(one.item.billed) == outcome.facts["billed"]]
        if len(by_amount) == 1:
            return by_amount, "; the amount decides between several"
    if len(fitting) > 1 and "first_day" in outcome.facts:
        by_days = [one for one in fitting if one.item.service_from == outcome.start]
        if len(by_days) == 1:
            return by_days, "; the days decide between several"
    return fitting, ""


def _unmatched(outcome: Outcome, *, known: bool, near: bool) -> str:
    invoice = f"invoice {outcome.document}" if outcome.document else "no invoice"
    if known:
        why = f"{invoice} has no line, or more than one, that is called so"
    elif near:
        why = f"{invoice} is not known here, and no line of these days, or more than one, is called so"
    else:
        why = f"{invoice} is not known here" if outcome.document else "it names no invoice and no days"
    row = outcome.facts.get("row", "")
    return f"row {row}: {why}" if row else why
