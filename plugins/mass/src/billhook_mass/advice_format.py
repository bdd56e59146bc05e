"""Payment advices as `billhook describe`, `billhook verify` and `billhook receive` see them. Never raises on bad content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from billhook.model import Finding
from billhook.money import format_cents
from billhook.scheme import Description
from billhook_mass import advice
from billhook_mass import profile as profiles
from billhook_mass.advice import AdviceFile, AdviceRow
from billhook_mass.profile import Advice

LARGEST = 64 * 1024 * 1024
"""Bytes of an advice that is read whole; larger tables are only looked at row by row."""


@cache
def _shipped() -> tuple[Advice, ...]:
    return tuple(profiles.load(name).advice for name in profiles.shipped())


class MassAdvice:
    """A payment advice (Zahlungsavis), as CSV or as PDF with text."""

    key = "mass-advice"
    title = (
        "Payment advice (Zahlungsavis) of MASS, CSV or PDF, by the headings of the profiles that come with the program"
    )

    def __init__(self, advices: Sequence[Advice] = ()) -> None:
        self._advices = tuple(advices)

    @property
    def advices(self) -> tuple[Advice, ...]:
        """The advice sections that it reads by."""
        return self._advices or _shipped()

    def sniff(self, head: bytes, name: str) -> bool:
        """True when the first bytes have the headings of an advice, or the name of a PDF says that it is one."""
        return advice.is_advice(head, name, self.advices)

    def describe(self, path: Path, *, mask: bool) -> Description:
        """The advice in words."""
        file = advice.read_file(path.read_bytes(), path.name, self.advices)
        approved, cut = sum(row.approved for row in file.rows), sum(row.cut for row in file.rows)
        return Description(
            scheme="mass",
            kind="payment advice",
            version=file.kind,
            counts={"rows": len(file.rows)},
            facts={
                "approved": format_cents(approved),
                "cut": format_cents(cut),
                **{guess.what: f"{guess.value} ({guess.reason})" for guess in file.guesses},
            },
            lines=_told(file, mask=mask),
            findings=file.findings,
            data={"approved": approved, "cut": cut, "invoices": sorted({row.text("invoice") for row in file.rows})},
        )

    def verify(self, path: Path) -> Iterator[Finding]:
        """What is wrong with the advice; a large one is looked at row by row."""
        if path.stat().st_size <= LARGEST or advice.is_pdf(path):
            yield from advice.read_file(path.read_bytes(), path.name, self.advices).findings
            return
        yield from advice.findings_of(path, self.advices)


def _told(file: AdviceFile, *, mask: bool) -> Iterator[tuple[int, str]]:
    for row in file.rows:
        yield 0, _line(row, mask=mask)
        why = " ".join(part for part in (row.text("reason"), row.text("reason_text")) if part)
        if row.cut:
            yield 1, f"cut {format_cents(row.cut)}{f': {why}' if why else ''}"


def _line(row: AdviceRow, *, mask: bool) -> str:
    person = row.text("person_reference") or row.text("person_name")
    parts = [
        f"line {row.line}:",
        f"invoice {row.text('invoice')}" if row.text("invoice") else "",
        ("person …" if mask else f"person {person}") if person else "",
        f"{row.month:%m/%Y}" if row.month else "",
        row.text("service"),
        f"billed {format_cents(row.billed)}" if row.billed is not None else "",
        f"paid {format_cents(row.approved)}",
    ]
    return " ".join(part for part in parts if part)
