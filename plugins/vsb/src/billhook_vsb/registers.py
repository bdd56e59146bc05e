"""What only the payer's files decide, as far as the provider keeps tables of it: insurance, admissions, agreements.

A register is a CSV file beside billhook.toml. The check before sending and the played application ask the same ones.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from billhook_vsb import layouts
from billhook_vsb.codes.errors import letters
from billhook_vsb.lines import Line
from billhook_vsb.validation import Found

INSURED, ADMISSIONS, AGREEMENTS = "insured", "admissions", "agreements"
NAMES = (INSURED, ADMISSIONS, AGREEMENTS)

CODES: Mapping[str, str] = {INSURED: "0540", ADMISSIONS: "0541", AGREEMENTS: "0446"}
"""Register → zone and sequence of the code that the care fund gives to a record that it does not find there."""


class Registers:
    """The tables that there are, by name: person → what (fund, facility or code), first and last day."""

    def __init__(self, tables: Mapping[str, Mapping[str, list[tuple[str, date, date]]]] | None = None) -> None:
        self.tables = dict(tables or {})

    def holds(self, register: str, insz: str, what: str, day: date) -> bool | None:
        """Whether a register has a row of this person (and fund, facility or code) on the day; None: there is no register."""
        table = self.tables.get(register)
        if table is None:
            return None
        return any(
            what in (value, value.rjust(7, "0")) and first <= day <= last for value, first, last in table.get(insz, ())
        )

    def lacking(self, insz: str, fund: str, facility: str, code: str, day: date) -> Iterator[str]:
        """The registers that do not know the person on the day."""
        asked = {INSURED: fund, ADMISSIONS: facility, AGREEMENTS: code}
        return (register for register in NAMES if self.holds(register, insz, asked[register], day) is False)


def read_register(path: Path) -> dict[str, list[tuple[str, date, date]]]:
    """The rows of a register by person; ValueError that says what is wrong with the file."""
    rows: dict[str, list[tuple[str, date, date]]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = list(reader.fieldnames or ())
            if len(names) != 4 or names[0] != "insz" or names[2:] != ["valid_from", "valid_to"]:
                message = f"{path.name}: the first line must be insz, fund (or facility, code), valid_from, valid_to"
                raise ValueError(message)
            for line, row in enumerate(reader, 2):
                try:
                    first = date.fromisoformat(row["valid_from"])
                    last = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
                except (TypeError, ValueError) as error:
                    message = f"{path.name}, line {line}: no ISO date"
                    raise ValueError(message) from error
                rows.setdefault(row["insz"].strip(), []).append((row[names[1]].strip(), first, last))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path.name} cannot be read"
        raise ValueError(message) from error
    return rows


def found_in(lines: Iterable[Line], registers: Registers) -> Iterator[Found]:
    """The codes of records whose person, facility or performance is not in a register, as the payer's own files would give."""
    facility = ""
    for line in lines:
        if line.kind == "20":
            facility = line[14][1:]
        day = line.day(5)
        if line.kind not in layouts.PERFORMANCES or day is None:
            continue
        for register in registers.lacking(line[8][2:], line[7], facility, line[4], day):
            code = line.kind + CODES[register]
            yield Found(code, letters().get(code, "R"), line.kind, line.place, line.sequence)
