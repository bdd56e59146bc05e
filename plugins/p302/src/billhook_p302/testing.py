"""Made-up vouchers of a medical-supply store, for tests, demos and benchmarks: right by every rule, and nobody real.

`p302_example` gives rows in the form that `billhook import` reads, `item_of` makes an item of one. The same count and
seed give the same rows, always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from billhook.identifiers import kvnr, lanr, pzn
from billhook.model import BillingItem, Client, Split, SplitKind
from billhook.money import format_cents, line_amount, percent, round_cents
from billhook.testing import Example, Faulty
from billhook_p302.details import Details
from billhook_p302.payers.editions import Edition
from billhook_p302.payers.model import Link, Office
from billhook_p302.payers.routing import PayerDirectory
from billhook_p302.scheme import P302
from billhook_p302.settings import Settings

Row = dict[str, Any]

PROVIDER = "591104278"
"""A made-up provider; its check digit is right."""

CARDS = ("109519005", "103411401", "105313145", "107415518")
"""Payers' IKs, which are public, as they stand on insurance cards."""

EXAMPLE_NOW = datetime(2025, 11, 3, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
"""A moment after all services of the examples, when V20 and V21 are both valid."""

FIRST_DAY = date(2025, 10, 1)
"""Services lie in the four weeks from here on."""

_FAMILY_NAMES = (
    "Ahrens-Vogel", "Birkholz", "D'Angelo", "Öztürk", "Groß", "van der Linden", "Sánchez Ruiz", "Tennstedt",
    "Zawadzki", "Müller", "Schmidt", "Kröger", "Nguyen", "Petrović-Lang",
)  # fmt: skip
_GIVEN_NAMES = (
    "Anna",
    "Bertha",
    "Clara Maria",
    "Dieter",
    "Elif",
    "Franz",
    "Gül",
    "Hannelore",
    "Jörg",
    "Rolf",
    "Søren",
    "Zoë",
)
_CITIES = (("70173", "Stuttgart"), ("79098", "Freiburg"), ("89073", "Ulm"), ("72764", "Reutlingen"))
_DIAGNOSES = (
    ("I89.0", "Lymphödem"),
    ("M54.5", "Kreuzschmerz"),
    ("C20", ""),
    ("", "Zustand nach Schlaganfall"),
    ("R32", ""),
)


class _Voucher:
    """What all lines of a voucher share, and the lines themselves."""

    def __init__(self, number: int, random: Random, provider: str, card: str) -> None:
        self.number = str(number)
        self.random = random
        self.day = FIRST_DAY + timedelta(days=random.randrange(28))
        self.provider = provider
        self.card = card
        self.client = client_of(number, random)
        self.details: Row = {
            "prescribed_on": (self.day - timedelta(days=random.randrange(1, 25))).isoformat(),
            "bsnr": f"58{random.randrange(10**5):05d}00",
            "lanr": physician_of(random),
            "copayment_mark": "0",
        }
        if random.random() < 0.6:
            code, text = random.choice(_DIAGNOSES)
            self.details["diagnoses"] = [{"code": code, "text": text}]
        self.lines: list[Row] = []

    def line(
        self, code: str, price: str, *, quantity: str = "1", unit: str = "ST", mark: str = "00", **more: Any
    ) -> Row:
        """One more line; `more` are its own details, or fields of the row."""
        row_fields: Row = {name: more.pop(name) for name in ("text", "vat_rate", "service_to") if name in more}
        row: Row = {
            "scheme": "p302",
            "number": f"{self.number}-{len(self.lines) + 1}",
            "provider": self.provider,
            "voucher": self.number,
            "line": len(self.lines) + 1,
            "payer": self.card,
            "client": self.client,
            "code": code,
            "service_from": self.day.isoformat(),
            "quantity": quantity,
            "unit": unit,
            "unit_price": price,
            **row_fields,
            "details": {"aid_mark": mark, **more},
        }
        self.lines.append(row)
        return row

    def gross(self, aid: int) -> int:
        """What the lines of an aid come to, in cents."""
        return sum(_amount(row).gross for row in self.lines if row["details"].get("aid", 1) == aid)

    def copayment(self, aid: int = 1, own_share: int = 0) -> None:
        """The statutory copayment on the aid's first line: ten percent, at least 5 and at most 10 euros (§61 SGB V)."""
        self.details["copayment_mark"] = "3"
        gross = self.gross(aid)
        ten = percent(gross - own_share, Decimal(10))
        due = min(max(ten, 500), 1000, gross - own_share)
        first = next(row for row in self.lines if row["details"].get("aid", 1) == aid)
        first["copayment"] = format_cents(due, ".")
        first["details"]["copayment_kind"] = "01" if due == ten else "02"

    def rows(self) -> Iterator[Row]:
        """The lines with what they share."""
        for row in self.lines:
            yield {**row, "details": {**self.details, **row["details"]}}


def _amount(row: Mapping[str, Any]) -> Any:  # a LineAmount
    rate = row.get("vat_rate")
    return line_amount(Decimal(row["quantity"]), Decimal(row["unit_price"]), Decimal(rate) if rate else None)


def client_of(number: int, random: Random) -> Row:
    """A made-up client with a right insurance number."""
    stem = f"{random.choice('ABCDEFGHKLMNPRSTWZ')}{random.randrange(10**8):08d}"
    postal_code, city = random.choice(_CITIES)
    return {
        "number": f"K-{number}",
        "family_name": random.choice(_FAMILY_NAMES),
        "given_name": random.choice(_GIVEN_NAMES),
        "birth_date": (date(1930, 1, 1) + timedelta(days=random.randrange(32_000))).isoformat(),
        "insurance_number": stem + kvnr.calc_check_digit(stem),
        "insurance_status": random.choice(("1", "3", "5", "10000", "50001", "1000100")),
        "street": f"Musterweg {random.randrange(1, 200)}",
        "postal_code": postal_code,
        "city": city,
    }


def physician_of(random: Random) -> str:
    """A made-up physician's number (LANR) with a right check digit."""
    stem = f"{random.randrange(10**6):06d}"
    return f"{stem}{lanr.calc_check_digit(stem + '000')}{random.choice(('01', '03', '10', '44'))}"


def _wheelchair(voucher: _Voucher) -> None:
    voucher.line("1850020001", "450.00")
    voucher.line("1899010001", "38.50", mark="12", quantity=str(voucher.random.randrange(1, 3)))
    voucher.copayment()


def _stockings(voucher: _Voucher) -> None:
    voucher.line(
        "1706010022",
        voucher.random.choice(("31.20", "64.90", "72.15")),
        unit="PAA",
        quantity="2",
        text="Wechselversorgung",
    )
    voucher.copayment()


def _shoes(voucher: _Voucher) -> None:
    first = voucher.line("3103010015", "850.00", unit="PAA", application_site="2")
    voucher.line("3103020003", "24.50", quantity="2", mark="05")
    first["own_share"], first["surcharge"] = "76.00", "120.00"
    voucher.copayment(own_share=7600)


def _consumables(voucher: _Voucher) -> None:
    months = voucher.random.randrange(1, 4)
    end = voucher.day + timedelta(days=30 * months - 1)
    row = voucher.line(
        "1525250000", "21.00", quantity=str(months), unit="MON", mark="08",
        supply_from=voucher.day.isoformat(), supply_to=end.isoformat(), supply_months=months, copayment_kind="03",
    )  # fmt: skip
    voucher.details["copayment_mark"] = "3"
    row["copayment"] = format_cents(percent(2100 * months, Decimal(10)), ".")


def _repair(voucher: _Voucher) -> None:
    voucher.details.update(
        approval_number=f"GK-{voucher.number}",
        approved_on=(voucher.day - timedelta(days=1)).isoformat(),
        approval_kind="A1",
    )
    voucher.line("1850029000", "64.90", mark="01", provider_group="1501099", vat_rate="7", text="Bremse erneuert")
    voucher.line(
        "1850029000", "18.35", mark="07", provider_group="1501099", quantity="30", unit="MIN", vat_rate="19", minutes=30
    )


def _two_aids(voucher: _Voucher) -> None:
    voucher.line("1040010007", "89.95")
    voucher.line("1046010012", "12.40", aid=2, quantity="2")
    voucher.copayment(1)
    voucher.copayment(2)


def _reuse(voucher: _Voucher) -> None:
    voucher.details["copayment_mark"] = "1"
    voucher.line(
        "5045010001",
        "289.00",
        mark="02",
        inventory_number=f"INV-{voucher.number}",
        kilometres=voucher.random.randrange(80),
    )


def _recommended(voucher: _Voucher) -> None:
    voucher.details.update(
        bsnr="999999999",
        lanr="999999999",
        prescription_feature="8",
        employee_number="999999997",
        recommender_ik="461200344",
    )
    voucher.line("5445100001", "25.00")
    voucher.copayment()


def _pharmacy(voucher: _Voucher) -> None:
    stem = f"{voucher.random.randrange(10**6):07d}"
    while pzn.calc_check_digit(stem) == "X":
        stem = f"{int(stem) + 1:07d}"
    voucher.line("0330010001", "7.45", quantity="3", pzn=stem + pzn.calc_check_digit(stem))
    voucher.copayment()


def _abroad(voucher: _Voucher) -> None:
    voucher.client.update(insurance_number="", insurance_status="", postal_code="75001", city="Paris", country="F")
    voucher.client["birth_date"] = None
    voucher.details["birth_date_text"] = "19600000"
    voucher.line("0504010009", "30.00")


_KINDS: Sequence[tuple[Callable[[_Voucher], None], int]] = (
    (_wheelchair, 10), (_stockings, 20), (_shoes, 8), (_consumables, 25), (_repair, 12), (_two_aids, 10), (_reuse, 5),
    (_recommended, 4), (_pharmacy, 5), (_abroad, 1),
)  # fmt: skip


def p302_example(n: int, seed: int = 302, *, provider: str = PROVIDER, cards: Sequence[str] = CARDS) -> Iterator[Row]:
    """The rows of `n` vouchers, one to two lines each, as import reads them (JSON Lines)."""
    random = Random(seed)  # noqa: S311  # examples are not secrets, and must be the same every time
    kinds, weights = zip(*_KINDS, strict=True)
    for number in range(1, n + 1):
        voucher = _Voucher(100_000 + number, random, provider, random.choice(cards))
        random.choices(kinds, weights)[0](voucher)
        yield from voucher.rows()


def item_of(row: Mapping[str, Any], number: int) -> BillingItem:
    """A row as an item with that id, priced as the store does it. Amounts and dates are texts, as in JSON."""
    client = {**row["client"]}
    if client.get("birth_date"):
        client["birth_date"] = date.fromisoformat(client["birth_date"])
    splits = [Split(kind, round_cents(Decimal(row[kind.value]))) for kind in SplitKind if row.get(kind.value)]
    splits += [Split(SplitKind(each["kind"]), round_cents(Decimal(each["amount"]))) for each in row.get("splits", ())]
    service_from, service_to = row.get("service_from"), row.get("service_to")
    amount = _amount(row)
    return BillingItem(
        id=number,
        scheme="p302",
        number=row["number"],
        provider=row["provider"],
        voucher=row["voucher"],
        line=row["line"],
        payer=row["payer"],
        client=Client(**client),
        code=row.get("code", ""),
        text=row.get("text", ""),
        service_from=date.fromisoformat(service_from) if service_from else None,
        service_to=date.fromisoformat(service_to) if service_to else None,
        quantity=Decimal(row["quantity"]),
        unit=row.get("unit", ""),
        unit_price=Decimal(row["unit_price"]),
        vat_rate=Decimal(row["vat_rate"]) if row.get("vat_rate") else None,
        net=amount.net,
        vat=amount.vat,
        gross=amount.gross,
        splits=tuple(splits),
        details=Details.model_validate(row["details"]),
    )


def example_items(
    n: int, seed: int = 302, *, provider: str = PROVIDER, cards: Sequence[str] = CARDS
) -> list[BillingItem]:
    """The items of `n` vouchers."""
    rows = p302_example(n, seed, provider=provider, cards=cards)
    return [item_of(row, number) for number, row in enumerate(rows, start=1)]


def example_settings() -> Settings:
    """The set-up of the made-up provider."""
    provider = {
        "ik": PROVIDER,
        "name": "Sanitätshaus Lindenhof GmbH",
        "state": "08",
        "accounting_code": "15",
        "provider_group": "1501000",
    }
    return Settings.model_validate({"providers": [provider]})


def example_directory(day: date | None = None) -> PayerDirectory:
    """Payers for the cards of the examples: each its own payer and data centre, as small as a directory can be."""
    edition = Edition("AO", "05", FIRST_DAY)
    offices: dict[str, tuple[Office, ...]] = {}
    for ik in CARDS:
        link = Link("03", ik, group="5", delivery="07", medium="1", state="99", code="00")
        offices[ik] = (Office(ik, f"Krankenkasse {ik}", links=(link,)),)
    return PayerDirectory([(edition, offices)], since=day or EXAMPLE_NOW.date())


def some_items(n: int, seed: int) -> list[BillingItem]:
    """Exactly `n` items, in whole vouchers, ids from 1."""
    taken: list[BillingItem] = []
    for _, lines in groupby(example_items(2 * n + 10, seed), key=lambda item: item.voucher):
        voucher = list(lines)
        if len(taken) + len(voucher) <= n:
            taken += voucher
    return [replace(item, id=number) for number, item in enumerate(taken, start=1)]


def _faulty(code: str, **details: Any) -> Faulty:  # any of the details
    """A voucher that is right but for these details."""
    item = item_of(next(p302_example(1, 3)), 1)
    return Faulty(code, [replace(item, details=item.details.model_copy(update=details))])


def conformance_example() -> Example:
    """What the conformance kit of `billhook.testing` tries this scheme with."""
    return Example(
        scheme=P302(),
        settings=example_settings(),
        now=EXAMPLE_NOW,
        items=some_items,
        reference=example_directory(),
        faulty=(
            _faulty("P302-ZHI-001", prescribed_on=None),
            _faulty("P302-ZHI-003", bsnr=""),
            _faulty("P302-ZHI-010", copayment_mark="7"),
            _faulty("P302-EHI-017", aid_mark="99"),
            _faulty("P302-EHI-021", unit_key="15"),
            _faulty("P302-INV-009", insurance_kind="private"),
            _faulty("P302-HIL-001", aid=2),
            _faulty("P302-SKZ-001", approval_number="GK-1", approved_on=date(2025, 9, 1)),
        ),
    )
