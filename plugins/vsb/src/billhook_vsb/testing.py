"""Made-up items for tests, demos and benchmarks: right by every rule of a made-up profile, and nobody real.

`vsb_example` gives items of a rehabilitation centre, `item` one of them with whatever a test wants differently. Numbers of
care funds, codes and prices are made up, because the real ones are not public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from billhook.model import BillingItem, Client, Split, SplitKind
from billhook.money import line_amount
from billhook.testing import Example, Faulty
from billhook_vsb.details import Details
from billhook_vsb.messages import read_message
from billhook_vsb.profile import CareFund, PerformanceCode, Profile, load
from billhook_vsb.scheme import Vsb
from billhook_vsb.settings import Settings

THIRD_PARTY = "77200122799"
OTHER_FACILITIES = ("77200221799", "77200320799")
"""Made-up facilities; their check digits are right."""

FUNDS = ("901", "902", "903")
DAY, SHARE, FLAT_RATE, PRODUCT = "770114", "770125", "770210", "770055"
"""Made-up codes: a day, its personal share, a flat rate (record 50), a product (record 40)."""

NOW = datetime(2025, 11, 5, 9, 30, tzinfo=ZoneInfo("Europe/Brussels"))
DAY_PRICE = 8450


def made_up_profile(**changes: Any) -> Profile:
    """Rehabilitation with made-up care funds, codes and prices."""
    base = load("rehabilitation")
    changes.setdefault("records", ("10", "20", "30", "40", "50", "51", "52", "80", "90"))
    return base.model_copy(
        update={
            "key": "made-up",
            "care_funds": tuple(CareFund(number=number) for number in FUNDS),
            "codes": (
                PerformanceCode(code=DAY, record="30", price=DAY_PRICE, personal_share=SHARE, needs_agreement=True),
                PerformanceCode(code=SHARE, record="30"),
                PerformanceCode(code=FLAT_RATE, record="50", price=12_000),
                PerformanceCode(code=PRODUCT, record="40"),
            ),
            **changes,
        }
    )


def settings(profile: Profile | None = None, **changes: Any) -> Settings:
    """A rehabilitation centre with three facilities."""
    values: dict[str, Any] = {
        "third_party": THIRD_PARTY,
        "kbo": "0400018397",
        "iban": "BE94001000003514",
        "bic": "GEBABEBB",
        "facilities": [{"number": number} for number in (THIRD_PARTY, *OTHER_FACILITIES)],
        **changes,
    }
    made = Settings.model_validate(values)
    made.use(profile or made_up_profile())
    return made


def insz(birth: date, serial: int) -> str:
    """The INSZ of a made-up person: odd serials are men's."""
    nine = f"{birth:%y%m%d}{serial:03d}"
    number = int(f"2{nine}" if birth.year >= 2000 else nine)
    return f"{nine}{97 - number % 97:02d}"


def item(key: int, **changes: Any) -> BillingItem:
    """Fifteen rehabilitation days of person number `key`; `details` are merged into those of the example."""
    birth = date(1950, 1, 1) + timedelta(days=37 * key)
    details = {
        "admitted_on": date(2025, 9, 1),
        "admitted_at": "0900",
        "agreed_on": date(2025, 8, 20),
        "admission_number": str(5000 + key),
        **changes.pop("details", {}),
    }
    values: dict[str, Any] = {
        "id": key,
        "scheme": "vsb",
        "number": f"{key}-1",
        "provider": THIRD_PARTY,
        "voucher": str(key),
        "line": 1,
        "payer": FUNDS[key % 3],
        "client": Client(
            number=f"K-{key}", family_name="Demo", birth_date=birth, insurance_number=insz(birth, key % 996 + 1)
        ),
        "code": DAY,
        "text": "",
        "service_from": date(2025, 10, 1),
        "service_to": date(2025, 10, 15),
        "quantity": Decimal(15),
        "unit": "dag",
        "unit_price": Decimal("84.50"),
        "vat_rate": None,
        "splits": (Split(SplitKind.OWN_SHARE, 3000),),
        "details": Details.model_validate(details),
        **changes,
    }
    net, vat, gross = line_amount(values["quantity"], values["unit_price"], None)
    return BillingItem(net=net, vat=vat, gross=gross, **values)


def flat_rate(key: int, **changes: Any) -> BillingItem:
    """An ambulatory flat rate in record 50, with an engagement and an agreement number."""
    details = {
        "invoice_type": "3",
        "admitted_on": None,
        "admitted_at": "",
        "agreed_on": None,
        "admission_number": "",
        "performer": THIRD_PARTY,
        **changes.pop("details", {}),
    }
    return item(
        key,
        code=FLAT_RATE,
        service_to=date(2025, 10, 1),
        quantity=Decimal(1),
        unit_price=Decimal("120.00"),
        splits=(),
        details=details,
        **changes,
    )


def items(count: int, seed: int) -> Sequence[BillingItem]:
    """So many items in vouchers of one or two, in order of voucher and line."""
    random = Random(seed)  # noqa: S311  # made-up data
    made: list[BillingItem] = []
    person = 0
    while len(made) < count:
        person += 1
        first = item(len(made) + 1)
        base = item(person, id=first.id, voucher=f"{person:05d}", number=f"{person:05d}-1")
        made.append(replace(base, splits=(Split(SplitKind.OWN_SHARE, 10 * random.randrange(400)),)))
        if len(made) < count and random.random() < 0.5:
            second = item(
                person, id=len(made) + 1, voucher=f"{person:05d}", number=f"{person:05d}-2", line=2,
                service_from=date(2025, 10, 16), service_to=date(2025, 10, 31), quantity=Decimal(16), splits=(),
            )  # fmt: skip
            made.append(replace(second, payer=base.payer))
    return made


def _faulty() -> Sequence[Faulty]:
    """One fault, one code."""

    def late(key: int) -> BillingItem:
        return item(key, service_from=date(2025, 10, 20), service_to=date(2025, 10, 10), quantity=Decimal(1))

    return (
        Faulty("VSB-ITEM-002", [item(1, payer="9012")]),
        Faulty("VSB-ITEM-003", [item(2, quantity=Decimal("1.5"))]),
        Faulty("VSB-ITEM-004", [replace(item(3), service_from=None)]),
        Faulty("VSB-ITEM-007", [item(4, details={"record": "60"})]),
        Faulty("VSB-ITEM-008", [item(5, details={"zones": {"zone 3": "1"}})]),
        Faulty("VSB-R3006-012", [late(6)]),
        Faulty("VSB-R2005-010", [item(7, details={"admitted_on": None, "admitted_at": ""})]),
    )


def amounts_of(files: Mapping[str, bytes]) -> dict[str, int]:
    """What record 90 states."""
    [closing] = [record for record in read_message(files["data"]).records if record.kind == "90"]
    return {"billed": closing.cents("zone_19") + closing.cents("zone_15")}


def read_back(files: Mapping[str, bytes]) -> list[tuple[str, ...]]:
    """One tuple a performance: person, code, first day, count, reference. Personal share records are left out."""
    return [
        (
            record.text("zone_8"), record.text("zone_4"), record.text("zone_5"), record.text("zone_22"),
            record.text("zone_28"),
        )
        for record in read_message(files["data"]).records
        if record.kind in ("30", "40", "50") and record.text("zone_4") != SHARE.rjust(7, "0")
    ]  # fmt: skip


def projection(one: BillingItem) -> tuple[str, ...]:
    """The same of an item."""
    day = one.service_from.isoformat() if one.service_from else ""
    return (f"00{one.client.insurance_number}", one.code.rjust(7, "0"), day, str(int(one.quantity)), one.number)


def vsb_example() -> Example:
    """The example for the conformance kit."""
    return Example(
        scheme=Vsb(),
        settings=settings(),
        now=NOW,
        items=items,
        faulty=_faulty(),
        amounts_of=amounts_of,
        read_back=read_back,
        projection=projection,
    )
