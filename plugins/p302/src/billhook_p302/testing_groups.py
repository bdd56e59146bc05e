"""Made-up vouchers of every group of providers beside aids, right by every rule: for tests, demos and the conformance kit.

`group_rows` gives rows in the form that `billhook import` reads. The same group, count and seed give the same rows, always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from random import Random
from typing import Any

from billhook.model import BillingItem
from billhook.money import format_cents, line_amount, percent, round_cents
from billhook.testing import Example, Faulty
from billhook_p302.groups.parts import details_of
from billhook_p302.scheme import P302
from billhook_p302.settings import Settings
from billhook_p302.testing import (
    CARDS,
    EXAMPLE_NOW,
    FIRST_DAY,
    PROVIDER,
    client_of,
    example_directory,
    item_of,
    physician_of,
)

Row = dict[str, Any]

KEYS: Mapping[str, str] = {
    "A": "1501000", "B": "2200000", "C": "3201000", "D": "3101000", "E": "4608000", "F": "5000000", "G": "5500000",
    "H": "6100000", "I": "6200000", "J": "6500000", "K": "6600000", "L": "6700000", "M": "6808000", "N": "6900000",
    "O": "7508000", "P": "7600000", "Q": "9108000", "R": "A200000", "S": "B100000",
}  # fmt: skip
"""Group → a provider group key (LEGS) of it."""


class _Voucher:
    """What all lines of a voucher share, and the lines themselves."""

    def __init__(self, letter: str, number: int, random: Random) -> None:
        self.letter, self.number, self.random = letter, f"{letter}{number}", random
        self.day = FIRST_DAY + timedelta(days=random.randrange(14))
        self.card = random.choice(CARDS)
        self.client = client_of(number, random)
        self.details: Row = {}
        self.lines: list[Row] = []

    def prescribed(self, *, mark: str = "", diagnosis: bool = False, approval: str = "", **more: Any) -> None:
        """A prescription; `approval` is the kind of an approval."""
        on = self.day - timedelta(days=self.random.randrange(1, 20))
        self.details.update(
            prescribed_on=on.isoformat(),
            bsnr=f"58{self.random.randrange(10**5):05d}00",
            lanr=physician_of(self.random),
            **more,
        )
        if mark:
            self.details["copayment_mark"] = mark
        if diagnosis:
            self.details["diagnoses"] = [{"code": self.random.choice(("M54.5", "G20", "I69.3"))}]
        if approval:
            self.details.update(approval_number=f"GK {self.number}", approved_on=on.isoformat(), approval_kind=approval)

    def line(self, code: str, price: str, *, quantity: str = "1", day: int = 0, **more: Any) -> Row:
        """One more line; `more` are its own details, or fields of the row."""
        fields: Row = {name: more.pop(name) for name in ("text", "vat_rate", "service_to", "copayment") if name in more}
        row: Row = {
            "scheme": "p302",
            "number": f"{self.number}-{len(self.lines) + 1}",
            "provider": PROVIDER,
            "voucher": self.number,
            "line": len(self.lines) + 1,
            "payer": self.card,
            "client": self.client,
            "code": code,
            "service_from": (self.day + timedelta(days=day)).isoformat(),
            "quantity": quantity,
            "unit_price": price,
            **fields,
            "details": {"provider_group": KEYS[self.letter], **more},
        }
        if self.letter == "D":
            row["details"]["service_group"] = "D"
        self.lines.append(row)
        return row

    def by_percent(self) -> None:
        """The copayment of therapies: ten percent of each unit, rounded, and 10 euros for the prescription."""
        gross = percentage = 0
        for row in self.lines:
            amount, quantity = _amount(row), Decimal(row["quantity"])
            of_one = round_cents(Decimal(amount.vat) / quantity / 100)
            unit = percent(round_cents(Decimal(row["unit_price"])) + of_one, Decimal(10))
            share = round_cents(unit * quantity / 100)
            row["details"]["unit_copayment"], row["copayment"] = format_cents(unit, "."), format_cents(share, ".")
            gross, percentage = gross + amount.gross, percentage + share
        flat = min(1000, gross - percentage)
        first = self.lines[0]
        first["details"]["flat_copayment"] = format_cents(flat, ".")
        first["copayment"] = format_cents(round_cents(Decimal(first["copayment"])) + flat, ".")

    def rows(self) -> Iterator[Row]:
        """The lines with what they share."""
        for row in self.lines:
            yield {**row, "details": {**self.details, **row["details"]}}


def _amount(row: Mapping[str, Any]) -> Any:  # a LineAmount
    rate = row.get("vat_rate")
    return line_amount(Decimal(row["quantity"]), Decimal(row["unit_price"]), Decimal(rate) if rate else None)


def _therapy(voucher: _Voucher) -> None:
    random = voucher.random
    due = random.random() < 0.6
    voucher.prescribed(
        mark="3" if due else "1",
        diagnosis=True,
        diagnosis_group=random.choice(("WS", "PS2", "9999")),
        prescription_kind=random.choice(("03", "04")),
        key_symptoms=random.choice(("1000", "1010", "9999")),
        therapy_area="1",
        therapy_frequency=random.randrange(1, 4),
        home_visit=random.random() < 0.2,
    )
    price = random.choice(("21.11", "27.95", "66.87"))
    for number in range(random.randrange(1, 5)):
        rate: Row = {"vat_rate": "7"} if random.random() < 0.2 else {}
        voucher.line("20501", price, quantity=random.choice(("1", "2", "0.5")), day=number, **rate)
    if voucher.details["home_visit"]:
        voucher.line("29933", "12.60", kilometres=random.randrange(1, 20))
    if due:
        voucher.by_percent()


def _nursing(voucher: _Voucher) -> None:
    random = voucher.random
    voucher.prescribed(diagnosis=random.random() < 0.5, approval="C1")
    if random.random() < 0.4:
        day = voucher.day.isoformat()
        voucher.details["further_prescriptions"] = [
            {
                "prescribed_on": day,
                "bsnr": "581234500",
                "lanr": "999999999",
                "diagnoses": [{"text": "Ulcus cruris"}],
                "approvals": [{"kind": "C2", "number": "Pseudo", "approved_on": day}],
            }
        ]
    for number in range(random.randrange(1, 4)):
        visit: Row = {"time_from": f"{random.randrange(6, 20):02d}:15", "performer_number": "417720356"}
        if random.random() < 0.5:
            visit["performer_number"], visit["performer_number_2"] = "999999998", "999999996"
        voucher.line("032101", "14.30", day=number, **visit)
        services = [{"code": "032117", "quantity": "1"}, {"code": "032133", "quantity": "3"}]
        voucher.line("032900", "31.45", day=number, single_services=services, kilometres=3, **visit)
    # Visits are put in the order of time, whatever order they were noted in.
    voucher.lines.reverse()
    for at, row in enumerate(voucher.lines, start=1):
        row["line"] = at


def _household(voucher: _Voucher) -> None:
    random = voucher.random
    if random.random() < 0.7:
        voucher.prescribed(approval="D1", accident=random.choice(("", "2")))
    visit: Row = {"time_from": "09:00", "time_to": "13:00", "minutes": 240}
    voucher.line("041201", "8.75", quantity=str(random.randrange(4, 20)), text="je 15 Minuten", **visit)
    voucher.line("041900", "0.38", quantity="12.5", **visit)


def _transport(voucher: _Voucher) -> None:
    random = voucher.random
    due = random.random() < 0.7
    voucher.prescribed(mark="3" if due else "1", approval=random.choice(("", "E1", "E2")))
    home = {"street": "Mühlweg 4", "postal_code": "72070", "place": "Tübingen"}
    clinic = {"street": "12 Rue de l'Hôpital", "postal_code": "67000", "place": "Strasbourg", "country": "F"}
    for trip, (start, end) in enumerate(((home, clinic), (clinic, home)), start=1):
        places: Row = {f"from_{name}": value for name, value in start.items()}
        places |= {f"to_{name}": value for name, value in end.items()}
        first = voucher.line(
            "030101", random.choice(("6.50", "78.40")), aid=trip, time_from="08:15", time_to="09:40", minutes=85,
            trip_kilometres="12.5", vat_rate="7", **places,
        )  # fmt: skip
        second = voucher.line("030301", "1.95", quantity=random.choice(("12.5", "80")), aid=trip, **places)
        if due:
            gross = _amount(first).gross + _amount(second).gross
            ten = percent(gross, Decimal(10))
            copayment = min(max(ten, 500), 1000, gross)
            first["copayment"] = format_cents(copayment, ".")
            first["details"]["copayment_kind"] = "01" if copayment == ten else "02"


def _midwife(voucher: _Voucher) -> None:
    random = voucher.random
    born = voucher.day - timedelta(days=2)
    voucher.details.update(child_birth_kind="1", child_born_on=born.isoformat())
    if random.random() < 0.5:
        voucher.details.update(child_born_at="03:12", children=2)
    if random.random() < 0.5:
        voucher.prescribed(diagnosis=True, approval="F1")
    voucher.line("3010", "38.46", time_from="10:00", time_to="10:35", minutes=35, kilometres=6)
    voucher.line("5010", "0.80", quantity="14", from_street="Storchengasse 2", from_postal_code="79539",
                 from_place="Lörrach", to_street="Spitalstr. 25", to_postal_code="79539", to_place="Lörrach")  # fmt: skip
    voucher.line("7010", "4.95", vat_rate="19", text="Fluorid-Tropfen", pzn="1234562", day=1, midwife_ik="260326822")


def _other(voucher: _Voucher) -> None:
    random = voucher.random
    due = random.random() < 0.5
    if due or random.random() < 0.7:
        voucher.prescribed(
            mark="3" if due else "0",
            diagnosis=random.random() < 0.5,
            approval=random.choice(("", f"{voucher.letter}1")),
        )
    codes = {"G": "100101", "K": "1101", "J": "6501001", "M": "1101001"}
    code = codes.get(voucher.letter, "604501")
    for number in range(random.randrange(1, 4)):
        more: Row = {"kilometres": 14, "time_from": "17:00", "minutes": 45} if random.random() < 0.4 else {}
        if random.random() < 0.3:
            more["vat_rate"] = "7"
        voucher.line(code, random.choice(("5.60", "6.75", "102.85")), day=number, quantity="1.5", **more)
    if due:
        voucher.by_percent()


def _palliative(voucher: _Voucher) -> None:
    random = voucher.random
    start = voucher.day - timedelta(days=5)
    voucher.prescribed(
        diagnosis=True,
        approval="O1",
        prescribed_from=start.isoformat(),
        prescribed_to=(start + timedelta(days=28)).isoformat(),
        care_began_on=start.isoformat(),
    )
    day, next_day = voucher.day.isoformat(), (voucher.day + timedelta(days=1)).isoformat()
    night = {"day": day, "time_from": "22:30", "ended_on": next_day, "time_to": "00:40", "minutes": 130}
    doctor = {"day": next_day, "deployment_id": "E-17", "performer_number": "999999995", "lanr": "333333300"}
    voucher.line("0102030001", "148.50", quantity="2", deployments=[{**night, "performer_number": "417720356"}, doctor])
    voucher.line("0102040002", random.choice(("96.75", "18.40")), kilometres=9, performer_number="999999997")


def _planning(voucher: _Voucher) -> None:
    start = voucher.day - timedelta(days=30)
    voucher.details["consultations"] = [
        {
            "kind": "2",
            "began_on": start.isoformat(),
            "ended_on": voucher.day.isoformat(),
            "talks": voucher.random.randrange(1, 9),
            "adviser": "Ute Müller-Brandt",
        }
    ]
    end = (voucher.day + timedelta(days=10)).isoformat()
    voucher.line("0100001", "95.20", service_to=end, text="Erneut", further_texts=["wegen", "neuer Diagnose"])
    voucher.line("0100002", "12.00", quantity="3")


def _short_term(voucher: _Voucher) -> None:
    voucher.details.update(
        approval_number=f"GK {voucher.number}", approved_on=voucher.day.isoformat(), approval_kind="Q1",
        further_approvals=[{"number": "GK 2", "approved_on": voucher.day.isoformat(), "kind": "Q1"}],
        diagnoses=[{"code": "S72.0"}],
    )  # fmt: skip
    days = voucher.random.randrange(1, 8)
    end = (voucher.day + timedelta(days=days - 1)).isoformat()
    voucher.line("0101001", "93.17", quantity=str(days), service_to=end)
    voucher.line("0102001", "14.05")


def _intensive(voucher: _Voucher) -> None:
    on = (voucher.day - timedelta(days=8)).isoformat()
    voucher.prescribed(diagnosis=True)
    # Provisional: the number is Pseudo and the date that of the prescription, so neither has to be entered.
    voucher.details.update(approval_kind="R2", prescribed_on=on)
    day, other = voucher.day.isoformat(), (voucher.day + timedelta(days=3)).isoformat()
    shifts = [
        {"day": day, "time_from": "06:00", "time_to": "14:00", "performer_number": "417720356", "minutes": 480},
        {"day": day, "time_from": "14:00", "time_to": "18:00", "performer_number": "999999998"},
    ]
    voucher.line("022100", "45.30", quantity="12", quantity_kind="2", deployments=shifts, text="Zwölf Stunden")
    voucher.line(
        "014410", "-18.40", quantity_kind="1", time_from="00:00", time_to="23:59", performer_number="999999990"
    )
    voucher.line("022400", "4210.00", quantity_kind="4", supply_to=other, deployments=shifts)


def _pilot(voucher: _Voucher) -> None:
    end = (voucher.day + timedelta(days=1)).isoformat()
    voucher.line("014001", "51.80", quantity="1.5", performer_number="417720356", time_from="22:00", time_to="06:00",
                 minutes=480, service_to=end, text="Nachtdienst")  # fmt: skip
    voucher.line("014002", "9.90", performer_number="999999997")


_KINDS: Mapping[str, Callable[[_Voucher], None]] = {
    "B": _therapy, "C": _nursing, "D": _household, "E": _transport, "F": _midwife,
    **dict.fromkeys("GHIJKLMN", _other),
    "O": _palliative, "P": _planning, "Q": _short_term, "R": _intensive, "S": _pilot,
}  # fmt: skip

LETTERS: Sequence[str] = tuple(_KINDS)
"""All groups that have examples here: all but aids."""


def group_rows(letter: str, n: int = 1, seed: int = 302) -> Iterator[Row]:
    """The rows of `n` vouchers of a group, as import reads them (JSON Lines)."""
    random = Random(f"{letter}{seed}")  # noqa: S311  # examples are not secrets, and must be the same every time
    for number in range(1, n + 1):
        voucher = _Voucher(letter, 100_000 + number, random)
        _KINDS[letter](voucher)
        yield from voucher.rows()


def group_items(letters: Sequence[str] = LETTERS, n: int = 1, seed: int = 302) -> list[BillingItem]:
    """The items of `n` vouchers of each group, ids from 1."""
    rows = [row for letter in letters for row in group_rows(letter, n, seed)]
    return [item_of(row, number) for number, row in enumerate(rows, start=1)]


def group_settings(**more: Any) -> Settings:
    """A made-up provider that bills all groups."""
    groups = [
        {"service_group": letter, "accounting_code": key[:2], "provider_group": key}
        for letter, key in KEYS.items()
        if letter != "A"
    ]
    provider = {
        "ik": PROVIDER,
        "name": "Gesundheitshaus Lindenhof",
        "state": "08",
        "accounting_code": KEYS["A"][:2],
        "provider_group": KEYS["A"],
        "groups": groups,
    }
    return Settings.model_validate({"providers": [provider], **more})


def some_group_items(n: int, seed: int) -> list[BillingItem]:
    """Exactly `n` items of all groups, in whole vouchers in order of their numbers, ids from 1."""
    taken: list[BillingItem] = []
    items = group_items(n=n // len(LETTERS) + 2, seed=seed)
    items.sort(key=lambda item: (item.voucher[1:], item.voucher[0], item.line))
    vouchers = [list(lines) for _, lines in groupby(items, key=lambda item: item.voucher)]
    for voucher in sorted(vouchers, key=len, reverse=True) if n < len(vouchers[0]) else vouchers:
        if len(taken) + len(voucher) <= n:
            taken += voucher
    # What is left of the number is filled with vouchers of one line.
    spare = [voucher[0] for voucher in vouchers if len(voucher) == 1 and voucher[0] not in taken]
    taken += spare[: n - len(taken)]
    taken.sort(key=lambda item: (item.voucher, item.line))
    return [replace(item, id=number) for number, item in enumerate(taken, start=1)]


def _faulty(letter: str, code: str, **details: Any) -> Faulty:  # any of the details
    """A voucher of the group that is right but for these details."""
    items = group_items((letter,), 1, 3)
    return Faulty(code, [replace(item, details=details_of(item).model_copy(update=details)) for item in items])


def group_example() -> Example:
    """What the conformance kit of `billhook.testing` tries all groups beside aids with."""
    return Example(
        scheme=P302(),
        settings=group_settings(),
        now=EXAMPLE_NOW,
        items=some_group_items,
        reference=example_directory(),
        faulty=(
            _faulty("B", "P302-ZHE-024", key_symptoms=""),
            _faulty("C", "P302-EHK-044", performer_number=""),
            _faulty("D", "P302-ESH-041", time_from=None),
            _faulty("E", "P302-KTL-005", to_place=""),
            _faulty("F", "P302-ZHB-022", child_born_on=None),
            _faulty("L", "P302-ENF-001", provider_group="67x0000"),
            _faulty("O", "P302-ERS-001", care_began_on=None),
            _faulty("Q", "P302-SKZ-005", approval_number="", approved_on=None, approval_kind="", further_approvals=()),
            _faulty("R", "P302-AHK-056", quantity_kind=""),
            _faulty("S", "P302-EMP-045", performer_number="4177"),
        ),
    )
