"""A home with 40 residents and a workshop with 120 places in 2026, made up: the same year every time.

The names are of no real person. `write` makes the files that a clerk would import: grants, rates, stays, absences.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

HOME, WORKSHOP = "H1", "W1"
RESIDENTS, PLACES = 40, 120
BOTH = 12
"""Residents of the home who also have a place in the workshop."""

RATES = (
    (HOME, "WOHNEN", "day", "142,35", "2026-01-01", "2026-06-30"),
    (HOME, "WOHNEN", "day", "146,20", "2026-07-01", ""),
    (WORKSHOP, "ARBEIT", "month", "1104,20", "2026-01-01", "2026-06-30"),
    (WORKSHOP, "ARBEIT", "month", "1131,85", "2026-07-01", ""),
)
"""Agreed rates: facility, service, unit, rate, first and last day."""

_GIVEN = (
    "Änne", "Bela", "Carla", "Dario", "Enno", "Frauke", "Gesa", "Hauke", "Ilka", "Jonte", "Käthe", "Lasse", "Mieke", "Nils",
    "Ole", "Pia", "Quint", "Runa", "Sönke", "Tjark",
)  # fmt: skip
_FAMILY = (
    "Ahrenbeck", "Bölling", "Carstensen", "Dorfner", "Eckhoff", "Früh", "Gärtig", "Hinrichsen", "Imhof", "Jürgs", "Köllner",
    "Lüttich", "Möhring", "Nöldner", "Oelkers", "Plöger", "Quast", "Röhling", "Süßmeier", "Tödter",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a stay in a facility; `moved`: left for another home."""

    number: str
    reference: str
    family_name: str
    given_name: str
    birth_date: date
    facility: str
    admitted: date
    discharged: date | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody was away: the days of leaving and of coming back. `late`: nobody entered it until the invoice had left."""

    person: str
    kind: str
    left: date
    returned: date
    late: bool = False


def people() -> list[Person]:
    """Everybody, by facility and number. Twelve residents have a place in the workshop as well."""
    random = Random(2026)  # noqa: S311  # the same made-up people every time
    found = [_person(random, "K", place, HOME) for place in range(1, RESIDENTS + 1)]
    for place in range(1, PLACES + 1):
        if place <= BOTH:
            resident = found[place - 1]
            found.append(
                Person(
                    resident.number, resident.reference, resident.family_name, resident.given_name, resident.birth_date,
                    WORKSHOP, date(2025, 9, 1),
                )
            )  # fmt: skip
        else:
            found.append(_person(random, "P", place, WORKSHOP))
    changes: dict[tuple[str, str], dict[str, Any]] = {
        (HOME, "K-038"): {"discharged": date(2026, 5, 20), "moved": True},
        (HOME, "K-039"): {"admitted": date(2026, 3, 17)},
        (HOME, "K-040"): {"discharged": date(2026, 8, 9)},
        (WORKSHOP, "P-118"): {"admitted": date(2026, 2, 16)},
        (WORKSHOP, "P-119"): {"discharged": date(2026, 10, 14)},
    }
    return [_changed(one, changes.get((one.facility, one.number), {})) for one in found]


def _person(random: Random, letter: str, place: int, facility: str) -> Person:
    born = date(1950, 1, 1) + timedelta(days=random.randrange(55 * 365))
    reference = f"{'52.2' if letter == 'K' else '53.1'}-{letter}{place:04d}"
    return Person(
        f"{letter}-{place:03d}",
        reference,
        random.choice(_FAMILY),
        random.choice(_GIVEN),
        born,
        facility,
        date(2024, 1, 1),
    )


def _changed(person: Person, changes: dict[str, Any]) -> Person:
    return replace(person, **changes)


def absences() -> list[Absence]:
    """The residents' absences: short and long ones, over the end of a month, more than 28 days a year, and two at once."""
    random = Random(28)  # noqa: S311  # the same made-up absences every time
    found = []
    for place in range(1, RESIDENTS + 1):
        number = f"K-{place:03d}"
        if number in ("K-007", "K-038", "K-039", "K-040"):
            continue
        day = date(2026, 1, 1) + timedelta(days=random.randrange(60))
        for _ in range(random.choice((0, 1, 2, 2, 3))):
            kind = random.choice(("hospital", "hospital", "leave", "cure", "other"))
            away = random.choice((1, 2, 3, 4, 5, 9, 14, 21, 33))
            back = day + timedelta(days=away + 1)
            if back > date(2026, 12, 30):
                break
            found.append(Absence(number, kind, day, back))
            day = back + timedelta(days=20 + random.randrange(90))
    found += [
        # In hospital during a leave: both at once, counted once.
        Absence("K-038", "leave", date(2026, 2, 2), date(2026, 2, 20)),
        Absence("K-038", "hospital", date(2026, 2, 9), date(2026, 2, 14)),
        # More than the 28 days of a year, over the end of a month.
        Absence("K-040", "hospital", date(2026, 3, 10), date(2026, 4, 25)),
        # Nobody told the office until the invoice for April had left.
        Absence("K-007", "hospital", date(2026, 4, 10), date(2026, 4, 21), late=True),
    ]
    return found


def write(folder: Path, *, late: bool = False) -> dict[str, Path]:
    """The files for `billhook mass grants|rates|stays|absences import`; `late`: with what was told too late."""
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[object]]]] = {
        "grants": (
            (
                "Kostenzusage", "Person", "Kostenträger", "Aktenzeichen", "Einrichtung", "Leistung", "Einheit", "von", "bis",
                "Satz", "Menge", "je", "Bemerkung", "Name", "Vorname", "Geburtsdatum",
            ),
            _grants(),
        ),
        "rates": (("Einrichtung", "Leistung", "Einheit", "Satz", "von", "bis"), RATES),
        "stays": (
            ("client", "facility", "admitted", "discharged", "moved"),
            (
                (one.number, one.facility, one.admitted, one.discharged or "", "yes" if one.moved else "")
                for one in people()
            ),
        ),
        "absences": (
            ("client", "facility", "kind", "left", "returned", "reported"),
            (
                (one.person, HOME, one.kind, one.left, one.returned, one.left)
                for one in absences()
                if late or not one.late
            ),
        ),
    }  # fmt: skip
    found = {}
    for name, (heading, rows) in tables.items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(heading)
            writer.writerows(rows)
        found[name] = path
    return found


def _grants() -> Iterator[Sequence[object]]:
    for one in people():
        service, unit = ("WOHNEN", "day") if one.facility == HOME else ("ARBEIT", "month")
        person = (one.family_name, one.given_name, one.birth_date)
        spans = [("", "2026-01-01", "2026-12-31")]
        if one.number == "K-010" and one.facility == HOME:
            # Granted anew in the middle of the year.
            spans = [("a", "2026-01-01", "2026-06-30"), ("b", "2026-07-01", "2026-12-31")]
        for part, first, last in spans:
            number = f"Z-{one.facility}-{one.number}{part}"
            yield (
                number, one.number, "lwl", one.reference, one.facility, service, unit, first, last, "", "", "", "", *person,
            )  # fmt: skip
