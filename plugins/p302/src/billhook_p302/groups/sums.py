"""What positions, copayments and vouchers come to: the arithmetic of TA1 V21 5.5.3, the same in all groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from billhook.model import Finding
from billhook.money import format_cents, percent, round_cents
from billhook.words import words
from billhook_p302 import rules
from billhook_p302.codes.aid import CONSUMPTION_KINDS, COPAYMENT_KIND
from billhook_p302.groups.positions import POSITIONS
from billhook_p302.placing import Placed

TEN_PERCENT = Decimal(10)
"""The statutory copayment (§61 SGB V)."""

LEAST_COPAYMENT, MOST_COPAYMENT = 500, 1000
"""Limits of the copayment of an aid or trip, in cents (§61 SGB V)."""

FLAT_COPAYMENT = 1000
"""What is due once a prescription of therapies, in cents (§61 SGB V; TA1 V21 5.5.3.3 BES)."""

_BRACKETS = {"HIL": "aid_mark", "KTL": "trip_mark"}
_SHARES = {"ZUH": "aid_mark", "ZUK": "trip_mark"}


def gross_of(position: Placed, vat: int) -> int:
    """What a position comes to in cents: price × quantity plus VAT, rounded (TA1 V21 5.5.3.2 ZUH, Bruttobetrag)."""
    return round_cents((position.number("quantity") * position.number("unit_price") + vat).scaleb(-2))


def vat_of(position: Placed, mws: Placed) -> int:
    """The VAT of a position in cents: net price × quantity × rate, rounded (TA1 V21 5.5.3.2 MWS)."""
    return round_cents(
        (position.number("quantity") * position.number("unit_price") * mws.number("vat_rate")).scaleb(-4)
    )


def percentage_of(position: Placed) -> int:
    """What the insured pays of a position by percent, in cents: copayment of one unit × quantity, rounded."""
    return round_cents((position.number("copayment") * position.number("quantity")).scaleb(-2))


@dataclass(slots=True)
class _Bracket:
    """An aid or a trip while its voucher is walked: its number, its positions, and what they come to in cents."""

    number: int
    gross: int = 0
    positions: list[Placed] = field(default_factory=list)


class _Walk:
    """A voucher from its first position to its sums."""

    def __init__(self) -> None:
        self.brackets: list[_Bracket] = []
        self.copayments: dict[int, Placed] = {}
        self.surcharges: list[Placed] = []
        self.gross = 0
        self.percentage = 0
        self.follows = False  # it corrects or supplements an invoice
        self.last: Placed | None = None

    def find(self, number: int) -> _Bracket | None:
        """The aid or trip of that number."""
        return next((bracket for bracket in self.brackets if bracket.number == number), None)

    def bracket(self, placed: Placed) -> Iterator[Finding]:
        """A new aid or trip begins."""
        name = _BRACKETS[placed.tag]
        number, expected = placed.whole(name), len(self.brackets) + 1
        if number != expected:
            yield placed.at(rules.AID_NUMBERS, name, number, expected=expected, suggestion=str(expected))
        self.brackets.append(_Bracket(number))

    def position(self, placed: Placed) -> None:
        """A position, of the aid or trip at hand if there is one."""
        self.last = placed
        gross = gross_of(placed, 0)
        self.gross += gross
        if "copayment" in placed.layout.names:
            self.percentage += percentage_of(placed)
        if self.brackets:
            self.brackets[-1].positions.append(placed)
            self.brackets[-1].gross += gross

    def vat(self, mws: Placed) -> Iterator[Finding]:
        """VAT of the last position."""
        if self.last is None:
            return
        vat = mws.whole("vat_amount")
        more = gross_of(self.last, vat) - gross_of(self.last, 0)
        self.gross += more
        if self.brackets:
            self.brackets[-1].gross += more
        expected = vat_of(self.last, mws)
        if vat != expected and "vat_rate" in mws.values:
            yield mws.at(rules.VAT_AMOUNT, "vat_amount", format_cents(vat), expected=format_cents(expected))

    def share(self, placed: Placed) -> Iterator[Finding]:
        """The copayment of an aid or trip, named by its number."""
        name = _SHARES[placed.tag]
        number = placed.whole(name)
        if number in self.copayments or self.find(number) is None:
            yield placed.at(rules.AID_UNKNOWN, name, number)
        self.copayments[number] = placed

    def prescription(self, zhi: Placed) -> Iterator[Finding]:
        """All aids are done."""
        if len(self.surcharges) != len(self.brackets):
            yield zhi.at(rules.SURCHARGES, "practice_number", len(self.surcharges), expected=len(self.brackets))

    def closing(self, bes: Placed) -> Iterator[Finding]:
        """The sums of the voucher."""
        for number, share in self.copayments.items():
            bracket = self.find(number)
            if bracket is not None:
                yield from _copayment_fits(bracket, share)
        if "copayment_percentage" in bes.layout.names:
            yield from self._by_percent(bes, "copayment_total", "copayment_percentage", "copayment_flat")
            expected = {"gross_total": (words("gross"), self.gross)}
        elif "claimed_percentage" in bes.layout.names:
            yield from self._by_percent(bes, "claimed_total", "claimed_percentage", "claimed_flat")
            expected = {}
        else:
            copayments = self.copayments.values()
            surcharges = sum(meh.whole("extra_costs") for meh in self.surcharges)
            expected = {
                "gross_total": (words("gross"), self.gross),
                "copayment_total": (words("copayment"), sum(share.whole("copayment") for share in copayments)),
                "own_share_total": (words("own share"), sum(share.whole("own_share") for share in copayments)),
                "extra_costs_total": (words("surcharge"), surcharges),
            }
        for name, (what, cents) in expected.items():
            if name in bes.layout.names:
                yield from _sum(bes, name, what, cents)

    def _by_percent(self, bes: Placed, total: str, by_percent: str, by_prescription: str) -> Iterator[Finding]:
        """The copayment of groups that state it for a unit: by percent and flat (TA1 V21 5.5.3.3, 5.5.3.8 BES)."""
        flat = bes.whole(by_prescription)
        yield from _sum(bes, by_percent, "copayment by percent", self.percentage)
        yield from _sum(bes, total, "copayment", self.percentage + flat)
        most = min(FLAT_COPAYMENT, self.gross - self.percentage)
        if flat > most:
            yield bes.at(rules.FLAT_TOO_HIGH, by_prescription, format_cents(flat), expected=format_cents(most))
        elif (
            self.percentage
            and flat < most
            and total == "copayment_total"
            and rules_demand_flat(bes)
            and not self.follows
        ):
            # Once a prescription: what follows an invoice leaves it to that.
            yield bes.at(rules.FLAT_MISSING, by_prescription, format_cents(flat), expected=format_cents(most))


def rules_demand_flat(bes: Placed) -> bool:
    """True for therapies: TA1 V21 5.5.3.3 has the flat amount in each prescription, 5.5.3.8 only knows its limit."""
    return "flat_deduction" in bes.layout.names


def _sum(bes: Placed, name: str, what: str, cents: int) -> Iterator[Finding]:
    said = bes.whole(name)
    if said != cents:
        yield bes.at(rules.VOUCHER_SUM, name, format_cents(said), what=what, expected=format_cents(cents))


def _copayment_fits(bracket: _Bracket, share: Placed) -> Iterator[Finding]:
    said = share.whole("gross_amount")
    if said != bracket.gross:
        yield share.at(
            rules.AID_GROSS,
            "gross_amount",
            format_cents(said),
            aid=bracket.number,
            expected=format_cents(bracket.gross),
        )
    if share.whole("supply_months"):
        for position in bracket.positions:
            if position.values.get("supply_from") is None and position.values.get("supply_to") is None:
                yield position.at(rules.SUPPLY_PERIOD_MISSING, "supply_from")


def walk(segments: Sequence[Placed], day: date) -> Iterator[Finding]:  # noqa: ARG001  # as others
    """Numbers of aids and trips, and what positions, copayments and the voucher come to."""
    state = _Walk()
    for placed in segments:
        tag = placed.tag
        if tag in POSITIONS:
            state.position(placed)
        elif tag == "URI":
            state.follows = True
        elif tag == "MWS":
            yield from state.vat(placed)
        elif tag in _BRACKETS:
            yield from state.bracket(placed)
        elif tag in _SHARES:
            yield from state.share(placed)
        elif tag == "MEH":
            state.surcharges.append(placed)
        elif tag == "ZHI":
            yield from state.prescription(placed)
        elif tag in ("BES", "GZF"):
            yield from state.closing(placed)


# --- The copayment of one aid or trip ---------------------------------------------------------------------------------


def copayment(placed: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """ZUH and ZUK: not more than the price, and as its kind says (§61, §33 (8) SGB V)."""
    yield from not_negative(placed, "copayment", "own_share")
    kind, due, months = placed.text("copayment_kind"), placed.whole("copayment"), placed.whole("supply_months")
    if due > 0 and not kind:
        choices = ", ".join(key.value for key in COPAYMENT_KIND)
        yield placed.at(rules.COPAYMENT_KIND_MISSING, "copayment_kind", choices=choices)
    for_aids = placed.tag == "ZUH"
    if kind in CONSUMPTION_KINDS and not for_aids:
        yield placed.at(rules.NOT_FOR_CONSUMPTION, "copayment_kind", kind)
    if kind in CONSUMPTION_KINDS and for_aids and not months:
        yield placed.at(rules.CONSUMPTION_WITHOUT_MONTHS, "supply_months")
    gross, share = placed.whole("gross_amount"), placed.whole("own_share")
    number, shown = placed.text(_SHARES[placed.tag]), format_cents(due)
    if due + share > gross:
        yield placed.at(
            rules.COPAYMENT_TOO_HIGH, "copayment", format_cents(due + share), aid=number, gross=format_cents(gross)
        )
    elif kind == "01" and due != percent(gross - share, TEN_PERCENT):
        expected = percent(gross - share, TEN_PERCENT)
        yield placed.at(
            rules.COPAYMENT_PERCENT,
            "copayment",
            shown,
            suggestion=format_cents(expected, "."),
            aid=number,
            expected=format_cents(expected),
        )
    elif kind == "02" and due not in (LEAST_COPAYMENT, MOST_COPAYMENT, gross - share):
        yield placed.at(rules.COPAYMENT_LIMIT, "copayment", shown, aid=number)
    elif kind in CONSUMPTION_KINDS and for_aids and months and due > MOST_COPAYMENT * months:
        yield placed.at(rules.COPAYMENT_CONSUMPTION, "copayment", shown, aid=number)


def surcharge(meh: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    """A surcharge is not negative."""
    return not_negative(meh, "extra_costs")


def not_negative(placed: Placed, *names: str) -> Iterator[Finding]:
    """The client never gets money back."""
    for name in names:
        if placed.whole(name) < 0:
            yield placed.at(rules.COPAYMENT_NEGATIVE, name, format_cents(placed.whole(name)))
