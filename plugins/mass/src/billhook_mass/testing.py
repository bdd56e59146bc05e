"""Made-up items for tests, demos and benchmarks: a home and a workshop with grants, rates and absences, and nobody real.

`mass_example` gives lines of a month that are right; `line` one of them with whatever a test wants differently.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from billhook.model import BillingItem, Client
from billhook.money import line_amount
from billhook.testing import Example, Faulty
from billhook_mass.details import DAY, HOUR, MONTH, Details
from billhook_mass.profile import Profile
from billhook_mass.registers import Absence, Grant, Phase, PhaseEntry, Rate, Register, Stay
from billhook_mass.scheme import Mass
from billhook_mass.settings import Settings, settings_of

HOME, WORKSHOP = "H1", "W1"
PAYER = "lwl"
LIVING, WORKING, HOURS = "WOHNEN", "ARBEIT", "FLS"
"""Made-up services: a day in the home, a month in the workshop, an hour of assistance."""

DAY_RATE, MONTH_RATE, HOUR_RATE = Decimal("142.35"), Decimal("1104.20"), Decimal("75.00")
NOW = datetime(2026, 4, 2, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
MARCH = (date(2026, 3, 1), date(2026, 3, 31))
FAMILY_NAMES = ("Ahrens", "Böhm", "Çelik", "Dänzer", "Eßer", "Fröhlich", "Gül", "Hübner", "Isik", "Jäger")
GIVEN_NAMES = ("Anna", "Björn", "Clara", "Dörte", "Emil", "Frieda", "Günter", "Hülya", "Ines", "Jörg")


def settings(profile: Profile | None = None, **changes: Any) -> Settings:
    """A provider with a home and a workshop, and three payers."""
    values: dict[str, Any] = {
        "sender": {
            "name": "Haus am Anger gGmbH", "street": "Anger 1", "place": "00000 Musterstadt",
            "iban": "DE02120300000000202051",
        },
        "payers": [
            {"key": "lwl", "name": "LWL-Inklusionsamt Soziale Teilhabe", "place": "48133 Münster"},
            {"key": "lvr", "name": "LVR"},
            {"key": "lwv", "name": "LWV Hessen"},
        ],
        "facilities": [
            {"number": HOME, "name": "Haus am Anger", "references": _references("E-0815")},
            {"number": WORKSHOP, "name": "Werkstatt am Anger", "references": _references("E-4712")},
        ],
        **changes,
    }  # fmt: skip
    made = settings_of(values)
    if profile is not None:
        made.use(profile)
    return made


def _references(number: str) -> list[dict[str, str]]:
    return [
        {"payer": payer, "biller": f"LE-{number[-2:]}-{payer}", "facility": number} for payer in ("lwl", "lvr", "lwv")
    ]


def person(key: int) -> Client:
    """Person number `key`."""
    return Client(
        number=f"K-{key:04d}",
        family_name=FAMILY_NAMES[key % 10],
        given_name=GIVEN_NAMES[key // 10 % 10],
        birth_date=date(1960, 1, 1) + timedelta(days=97 * key % 14_000),
    )


def reference(key: int) -> str:
    """The person's reference at the payer."""
    return f"52.2-{key:05d}"


def grants(count: int = 60) -> list[Grant]:
    """A grant of each service for the first so many persons."""
    made = []
    for key in range(1, count + 1):
        for place, (service, unit, facility) in enumerate(
            ((LIVING, DAY, HOME), (WORKING, MONTH, WORKSHOP), (HOURS, HOUR, ""))
        ):
            quantity = Decimal(100) if unit == HOUR else None
            made.append(
                Grant(
                    3 * key + place, f"B-{key:04d}-{unit}", person(key).number, PAYER, reference(key), facility, service, unit,
                    date(2025, 1, 1), date(2027, 12, 31), None, quantity,
                )
            )  # fmt: skip
    return made


def rates() -> list[Rate]:
    """The agreed rates."""
    start = date(2025, 1, 1)
    return [
        Rate(1, "", HOME, LIVING, DAY, DAY_RATE, start),
        Rate(2, "", WORKSHOP, WORKING, MONTH, MONTH_RATE, start),
        Rate(3, "", HOME, HOURS, HOUR, HOUR_RATE, start),
    ]


def phases(phase: Phase = Phase.PILOT, start: date = date(2026, 1, 1)) -> list[PhaseEntry]:
    """Home and workshop are in this phase with all payers."""
    document = "Freigabe vom 01.12.2025" if phase is Phase.LIVE else ""
    return [
        PhaseEntry(payer, facility, phase, start, document)
        for payer in ("lwl", "lvr", "lwv")
        for facility in (HOME, WORKSHOP)
    ]


def register(
    *,
    phase: Phase = Phase.PILOT,
    stays: Sequence[Stay] = (),
    absences: Sequence[Absence] = (),
    more_grants: Sequence[Grant] = (),
    more_rates: Sequence[Rate] = (),
) -> Register:
    """Grants, rates and phases of the example, with whatever a test adds."""
    return Register.of(
        grants=[*grants(), *more_grants],
        rates=[*rates(), *more_rates],
        stays=stays,
        absences=absences,
        phases=phases(phase),
    )


def line(key: int, person_key: int | None = None, **changes: Any) -> BillingItem:
    """A full March of person number `person_key` in the home; `details` are merged into those of the example."""
    who = person_key or key
    details = {
        "reference": reference(who),
        "rate": DAY_RATE,
        "days_present": 31,
        "days_absent": 0,
        "service_name": "Besondere Wohnform",
        **changes.pop("details", {}),
    }
    values: dict[str, Any] = {
        "id": key,
        "scheme": "mass",
        "number": f"{key}-1",
        "provider": HOME,
        "voucher": f"V-{who:05d}",
        "line": 1,
        "payer": PAYER,
        "client": person(who),
        "code": LIVING,
        "text": "",
        "service_from": MARCH[0],
        "service_to": MARCH[1],
        "quantity": Decimal(31),
        "unit": DAY,
        "unit_price": DAY_RATE,
        "vat_rate": None,
        "splits": (),
        "details": Details.model_validate(details),
        **changes,
    }
    net, vat, gross = line_amount(values["quantity"], values["unit_price"], values["vat_rate"])
    return BillingItem(net=net, vat=vat, gross=gross, **values)


def absent_line(key: int, person_key: int | None = None, **changes: Any) -> BillingItem:
    """Four days in hospital, 10 to 13 March, with 75 %: 4 × 142.35 × 75 % = 427.05."""
    details = {
        "day_kind": "reserved", "absence": "hospital", "percent": Decimal(75), "days_present": 0, "days_absent": 4,
        **changes.pop("details", {}),
    }  # fmt: skip
    values: dict[str, Any] = {
        "service_from": date(2026, 3, 10),
        "service_to": date(2026, 3, 13),
        "quantity": Decimal(4),
        "unit_price": Decimal("106.7625"),
        "line": 2,
        **changes,
    }
    return line(key, person_key, details=details, **values)


def month_line(key: int, person_key: int | None = None, **changes: Any) -> BillingItem:
    """A month in the workshop."""
    details = {
        "rate": MONTH_RATE,
        "days_present": None,
        "days_absent": None,
        "service_name": "Arbeitsbereich",
        **changes.pop("details", {}),
    }
    values: dict[str, Any] = {
        "provider": WORKSHOP, "code": WORKING, "quantity": Decimal(1), "unit": MONTH, "unit_price": MONTH_RATE, **changes,
    }  # fmt: skip
    return line(key, person_key, details=details, **values)


def hours_line(key: int, person_key: int | None = None, **changes: Any) -> BillingItem:
    """Contacts of 60, 7 and 4 minutes: 60 + 10 + 4 and a fifth of 71 minutes are 88.2 minutes, 1.4700 hours."""
    details = {
        "rate": HOUR_RATE, "days_present": None, "days_absent": None, "contacts": "60 7 4", "service_name": "Assistenz",
        **changes.pop("details", {}),
    }  # fmt: skip
    values: dict[str, Any] = {
        "code": HOURS,
        "quantity": Decimal("1.4700"),
        "unit": HOUR,
        "unit_price": HOUR_RATE,
        **changes,
    }
    return line(key, person_key, details=details, **values)


def items(count: int, seed: int) -> Sequence[BillingItem]:
    """So many lines of March: the home's, some with an absence, and the workshop's; in order of facility and voucher."""
    random = Random(seed)  # noqa: S311  # made-up data
    workshop = count // 3
    made: list[BillingItem] = []
    who = 0
    while len(made) < count - workshop:
        who += 1
        if random.random() < 0.4 and count - workshop - len(made) >= 2:
            made.append(line(len(made) + 1, who, quantity=Decimal(27), details={"days_present": 27, "days_absent": 4}))
            made.append(absent_line(len(made) + 1, who))
        else:
            made.append(line(len(made) + 1, who))
    return [*made, *(month_line(len(made) + key, key) for key in range(1, workshop + 1))]


def _faulty() -> Sequence[Faulty]:
    """One fault, one code."""
    return (
        Faulty("MASS-M02-001", [line(1, unit_price=Decimal("142.00"))]),
        Faulty("MASS-M03-002", [line(2, service_from=date(2026, 2, 28), details={"month": "2026-03"})]),
        Faulty("MASS-M04-001", [line(3, details={"reference": ""})]),
        Faulty("MASS-M04-007", [line(4, client=person(999))]),
        Faulty("MASS-M05-002", [line(5, unit_price=Decimal("150.00"), details={"rate": Decimal("150.00")})]),
        Faulty("MASS-M07-001", [line(6, details={"note": "Übergang nach Łódź"})]),
        Faulty("MASS-PARTY-001", [line(7, payer="kvjs")]),
        Faulty("MASS-UNIT-001", [line(8, unit="week", details={"days_present": None})]),
        Faulty(
            "MASS-ABS-002", [absent_line(9, line=1, unit_price=Decimal("113.88"), details={"percent": Decimal(80)})]
        ),
        Faulty("MASS-FLS-002", [hours_line(10, quantity=Decimal("1.5000"))]),
        Faulty("MASS-FIT-002", [line(11, details={"note": "x" * 101})]),
    )


def _table(files: Mapping[str, bytes]) -> list[dict[str, str]]:
    """The file as any reader of CSV has it."""
    return list(csv.DictReader(io.StringIO(files["data"].decode("cp1252")), delimiter=";"))


def amounts_of(files: Mapping[str, bytes]) -> dict[str, int]:
    """What the lines of the file come to."""
    return {"billed": sum(int(row["Betrag"].replace(",", "")) for row in _table(files))}


def read_back(files: Mapping[str, bytes]) -> list[tuple[str, ...]]:
    """One tuple a line: reference, name, service, first day, quantity, percent, amount."""
    names = ("Aktenzeichen", "Name", "Leistungsschluessel", "Leistung_von", "Menge", "Prozentsatz", "Betrag")
    return [tuple(row[name] for name in names) for row in _table(files)]


def projection(one: BillingItem) -> tuple[str, ...]:
    """The same of an item."""
    details = Details.model_validate(one.details.model_dump())
    day = "" if one.service_from is None else one.service_from.strftime("%d.%m.%Y")
    return (
        details.reference, one.client.family_name, one.code, day, f"{one.quantity:.2f}".replace(".", ","),
        f"{details.percent:.2f}".replace(".", ","), f"{one.gross / 100:.2f}".replace(".", ","),
    )  # fmt: skip


def mass_example() -> Example:
    """The example for the conformance kit."""
    return Example(
        scheme=Mass(),
        settings=settings(),
        now=NOW,
        items=items,
        reference=register(),
        faulty=_faulty(),
        amounts_of=amounts_of,
        read_back=read_back,
        projection=projection,
    )
