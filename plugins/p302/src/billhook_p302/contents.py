"""What must be right inside one voucher beyond the syntax of its segments: keys, dates, identifiers, sums,
combinations.

That is level 3 of TA1 V21 6.3. The same functions look at items on their way out and at files from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from billhook.identifiers import himi, kvnr, lanr
from billhook.identifiers import pzn as pzns
from billhook.model import Finding
from billhook.money import format_cents, percent, round_cents
from billhook_p302 import codes, rules
from billhook_p302.codes.aid import BETTER_THAN_PRESCRIBED, CONSUMPTION_KINDS, REUSE
from billhook_p302.codes.billing import COST_ESTIMATE_TARIFF, TARIFF_REGION, is_unassigned_special_tariff
from billhook_p302.codes.prescription import (
    NO_EMPLOYEE_NUMBER,
    NO_NUMBER,
    NURSE_RECOMMENDATION,
    STATUS_BUCKETS,
    is_status,
)
from billhook_p302.placing import KEYS, Placed, is_ik

TEN_PERCENT = Decimal(10)
"""The statutory copayment (§61 SGB V)."""

LEAST_COPAYMENT, MOST_COPAYMENT = 500, 1000
"""Limits of the copayment per aid, in cents (§61 SGB V)."""

TIME_BAR = timedelta(days=4 * 366)
"""A claim lapses four years after the end of its year (§45 SGB I); what is younger than this is certainly in time."""

_KVNR = re.compile(r"[A-Z][0-9]{9}", re.ASCII)
_TARIFF = re.compile(r"[0-9]{2}[0-9A-Z]{3}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{1,3}", re.ASCII)
_ICD_10 = re.compile(r"[A-Z][0-9]{2}(\.[0-9]{1,2}|\.-)?[-!*+]?[GVZA]?[RLB]?", re.ASCII)
_INLAND = ("", "D", "DE", "DEU")
_USUAL_VAT_RATES = (Decimal(7), Decimal(19))


def check(segments: Sequence[Placed], day: date) -> Iterator[Finding]:
    """Everything that is wrong with the content of one voucher. `segments` are INV to BES, `day` is that of the
    file.
    """
    for segment in segments:
        tag = segment.layout.tag
        if tag in KEYS:
            yield from _keys(segment, day)
        look = _SINGLE.get(tag)
        if look is not None:
            yield from look(segment, day)
    yield from _combinations(segments)


def by_tag(segments: Sequence[Placed]) -> Mapping[str, list[Placed]]:
    """The segments by tag, each list in the order of the voucher."""
    found: dict[str, list[Placed]] = {}
    for segment in segments:
        found.setdefault(segment.tag, []).append(segment)
    return found


def _keys(segment: Placed, day: date) -> Iterator[Finding]:
    for name, (table, rule) in KEYS[segment.tag].items():
        value = segment.values.get(name)
        if value and not table.holds(str(value), day):
            yield segment.at(rule, name, value, choices=table.choices(day))


# --- Single segments --------------------------------------------------------------------------------------------------


def _inv(inv: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    number, status = inv.text("insurance_number"), inv.text("insured_status")
    if number and not _is_insurance_number(number):
        compact = kvnr.compact(number)
        yield inv.at(
            rules.INSURANCE_NUMBER, "insurance_number", number, suggestion=compact if kvnr.is_valid(compact) else None
        )
    if status and not is_status(status):
        yield inv.at(rules.STATUS_FORMAT, "insured_status", status)
    elif status and status[0] not in STATUS_BUCKETS:
        yield inv.at(rules.STATUS_UNKNOWN, "insured_status", status)


def _is_insurance_number(number: str) -> bool:
    return _KVNR.fullmatch(number) is not None and kvnr.calc_check_digit(number) == number[9]


def _nad(nad: Placed, day: date) -> Iterator[Finding]:
    born, text = nad.day("birth_date"), nad.text("birth_date")
    year = born.year if born else int(text[:4]) if len(text) == 8 and text.isascii() and text.isdigit() else day.year
    if not day.year - 125 <= year <= day.year or (born is not None and born > day):
        yield nad.at(rules.BIRTH_DATE_IMPLAUSIBLE, "birth_date", text)
    country = nad.text("country")
    if country and not _COUNTRY.fullmatch(country):
        upper = country.strip().upper()
        yield nad.at(rules.COUNTRY, "country", country, suggestion=upper if _COUNTRY.fullmatch(upper) else None)


def _img(img: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    year, month, maker = img.text("year"), img.text("month"), img.text("maker_ik")
    if not (year or month) or not maker:
        yield img.at(rules.IMAGE_INCOMPLETE, "maker_ik" if year else "year")
    if (year or month) and not (
        len(year) == 4 and year.isdecimal() and len(month) == 2 and month.isdecimal() and 1 <= int(month) <= 12
    ):
        yield img.at(rules.IMAGE_MONTH, "month", year + month)
    if maker and not is_ik(maker):
        yield img.at(rules.IK_CHECK_DIGIT, "maker_ik", maker)


def _ehi(ehi: Placed, day: date) -> Iterator[Finding]:
    yield from _tariff(ehi)
    yield from _position(ehi)
    quantity, unit_price = ehi.values.get("quantity"), ehi.values.get("unit_price")
    if isinstance(quantity, int | Decimal) and quantity <= 0:
        yield ehi.at(rules.QUANTITY, "quantity", quantity)
    if isinstance(unit_price, int | Decimal):
        if unit_price < 0:
            yield ehi.at(rules.PRICE_NEGATIVE, "unit_price", _euros(unit_price))
        elif unit_price == 0:
            yield ehi.at(rules.PRICE_ZERO, "unit_price", _euros(unit_price))
    served = ehi.day("service_date")
    if served and served > day:
        yield ehi.at(rules.SERVICE_IN_FUTURE, "service_date", served)
    elif served and day - served > TIME_BAR:
        yield ehi.at(rules.SERVICE_OLD, "service_date", served)
    if ehi.text("aid_kind") == REUSE and not ehi.text("inventory_number"):
        yield ehi.at(rules.INVENTORY_NUMBER, "inventory_number")
    if ehi.values.get("ends_at") is not None and ehi.values.get("starts_at") is None:
        yield ehi.at(rules.END_WITHOUT_BEGINNING, "starts_at")
    yield from _supply_period(ehi)


def _euros(cents: int | Decimal) -> str:
    return format_cents(cents) if isinstance(cents, int) else str(cents.scaleb(-2))


def _tariff(ehi: Placed) -> Iterator[Finding]:
    tariff = ehi.text("tariff_code")
    if not tariff:
        return
    legs = ehi.text("billing_code") + tariff
    if not _TARIFF.fullmatch(tariff):
        upper = legs.strip().upper()
        fits = len(upper) == 7 and _TARIFF.fullmatch(upper[2:])
        yield ehi.at(rules.PROVIDER_GROUP, "tariff_code", legs, suggestion=upper if fits else None)
        return
    if tariff[:2] not in TARIFF_REGION:
        yield ehi.at(rules.TARIFF_REGION, "tariff_code", tariff[:2])
    if is_unassigned_special_tariff(tariff[2:]):
        yield ehi.at(rules.SPECIAL_TARIFF, "tariff_code", tariff[2:])


def _position(ehi: Placed) -> Iterator[Finding]:
    position = ehi.text("position_number")
    if not position:
        return
    if len(position) in (7, 8) and position.isascii() and position.isdigit() and pzns.is_valid(position):
        return
    if len(position) != 10 or not (position.isascii() and position.isdigit()):
        number = himi.compact(position)
        suggestion = himi.billing_number(number) if himi.is_valid(number) else None
        yield ehi.at(rules.POSITION_FORMAT, "position_number", position, suggestion=suggestion)
    elif ehi.text("aid_kind") == BETTER_THAN_PRESCRIBED and not position.endswith("000"):
        yield ehi.at(rules.BETTER_POSITION, "position_number", position, suggestion=position[:7] + "000")


def _supply_period(ehi: Placed) -> Iterator[Finding]:
    begin, end = ehi.values.get("supply_from"), ehi.values.get("supply_to")
    if (begin is None) != (end is None):
        yield ehi.at(rules.SUPPLY_PERIOD_OPEN, "supply_from" if begin is None else "supply_to")
    first, last = ehi.day("supply_from"), ehi.day("supply_to")
    if first and last and last < first:
        yield ehi.at(rules.SUPPLY_PERIOD_ORDER, "supply_to", last)


def _mws(mws: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    rate = mws.values.get("vat_rate")
    if isinstance(rate, int | Decimal):
        if not 0 <= rate < 100:
            yield mws.at(rules.VAT_RATE, "vat_rate", rate)
        elif rate not in _USUAL_VAT_RATES:
            yield mws.at(rules.VAT_RATE_UNUSUAL, "vat_rate", rate)


def _zuh(zuh: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    yield from _not_negative(zuh, "copayment", "own_share")
    kind, copayment, months = zuh.text("copayment_kind"), zuh.whole("copayment"), zuh.whole("supply_months")
    if copayment > 0 and not kind:
        choices = ", ".join(key.value for key in codes.aid.COPAYMENT_KIND)
        yield zuh.at(rules.COPAYMENT_KIND_MISSING, "copayment_kind", choices=choices)
    if kind in CONSUMPTION_KINDS and not months:
        yield zuh.at(rules.CONSUMPTION_WITHOUT_MONTHS, "supply_months")
    gross, share = zuh.whole("gross_amount"), zuh.whole("own_share")
    aid, shown = zuh.text("aid_mark"), format_cents(copayment)
    if copayment + share > gross:
        yield zuh.at(
            rules.COPAYMENT_TOO_HIGH, "copayment", format_cents(copayment + share), aid=aid, gross=format_cents(gross)
        )
    elif kind == "01" and copayment != percent(gross - share, TEN_PERCENT):
        due = percent(gross - share, TEN_PERCENT)
        yield zuh.at(
            rules.COPAYMENT_PERCENT,
            "copayment",
            shown,
            suggestion=format_cents(due, "."),
            aid=aid,
            expected=format_cents(due),
        )
    elif kind == "02" and copayment not in (LEAST_COPAYMENT, MOST_COPAYMENT, gross - share):
        yield zuh.at(rules.COPAYMENT_LIMIT, "copayment", shown, aid=aid)
    elif kind in CONSUMPTION_KINDS and months and copayment > MOST_COPAYMENT * months:
        yield zuh.at(rules.COPAYMENT_CONSUMPTION, "copayment", shown, aid=aid)


def _meh(meh: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    return _not_negative(meh, "extra_costs")


def _not_negative(segment: Placed, *names: str) -> Iterator[Finding]:
    for name in names:
        if segment.whole(name) < 0:
            yield segment.at(rules.COPAYMENT_NEGATIVE, name, format_cents(segment.whole(name)))


def _zhi(zhi: Placed, day: date) -> Iterator[Finding]:
    prescribed = zhi.day("prescribed_on")
    if prescribed and prescribed > day:
        yield zhi.at(rules.PRESCRIPTION_IN_FUTURE, "prescribed_on", prescribed)
    practice, physician = zhi.text("practice_number"), zhi.text("physician_number")
    if practice and not (practice.isascii() and practice.isdigit()):
        yield zhi.at(rules.PRACTICE_DIGITS, "practice_number", practice)
    elif practice and len(practice) != 9:
        yield zhi.at(rules.PRACTICE_LENGTH, "practice_number", practice)
    if physician and not (physician.isascii() and physician.isdigit()):
        yield zhi.at(rules.PHYSICIAN_DIGITS, "physician_number", physician)
    # Dentists' numbers are shorter and follow no public rule.
    elif len(physician) == 9 and lanr.calc_check_digit(physician) != physician[6]:
        yield zhi.at(rules.PHYSICIAN_CHECK, "physician_number", physician)
    yield from _recommendation(zhi)


def _recommendation(zhi: Placed) -> Iterator[Finding]:
    """§40 (6) SGB XI: a nurse's recommendation instead of a prescription."""
    number, service = zhi.text("recommender_number"), zhi.text("recommender_ik")
    if service and not is_ik(service):
        yield zhi.at(rules.IK_CHECK_DIGIT, "recommender_ik", service)
    if zhi.text("prescription_feature") != NURSE_RECOMMENDATION:
        if number or service:
            yield zhi.at(rules.RECOMMENDER_WITHOUT_FEATURE, "prescription_feature", suggestion=NURSE_RECOMMENDATION)
        return
    if not number:
        yield zhi.at(
            rules.RECOMMENDER_MISSING, "recommender_number", what="the employee number", suggestion=NO_EMPLOYEE_NUMBER
        )
    if not service:
        yield zhi.at(rules.RECOMMENDER_MISSING, "recommender_ik", what="the IK")
    for name in ("practice_number", "physician_number"):
        value = zhi.text(name)
        if value and value != NO_NUMBER:
            yield zhi.at(rules.RECOMMENDER_PRACTICE, name, value, suggestion=NO_NUMBER)


def _dia(dia: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    code = dia.text("diagnosis_code")
    if code and not _ICD_10.fullmatch(code):
        yield dia.at(rules.DIAGNOSIS_CODE, "diagnosis_code", code)
    if not code and not dia.text("diagnosis_text"):
        yield dia.at(rules.DIAGNOSIS_EMPTY, "diagnosis_code")


def _skz(skz: Placed, day: date) -> Iterator[Finding]:
    approved = skz.day("approved_on")
    if approved and approved > day:
        yield skz.at(rules.APPROVAL_IN_FUTURE, "approved_on", approved)


_SINGLE: Mapping[str, Callable[[Placed, date], Iterator[Finding]]] = {
    "INV": _inv,
    "NAD": _nad,
    "IMG": _img,
    "EHI": _ehi,
    "MWS": _mws,
    "ZUH": _zuh,
    "MEH": _meh,
    "ZHI": _zhi,
    "DIA": _dia,
    "SKZ": _skz,
}


# --- Combinations of segments -----------------------------------------------------------------------------------------


def _combinations(segments: Sequence[Placed]) -> Iterator[Finding]:
    found = by_tag(segments)
    inv, nad, zhi = _first(found, "INV"), _first(found, "NAD"), _first(found, "ZHI")
    if inv and nad:
        yield from _identity(inv, nad)
    yield from _aids(segments)
    for ehi, txt in _texts(segments):
        if ehi.text("aid_kind") == BETTER_THAN_PRESCRIBED and txt is None:
            yield ehi.at(rules.BETTER_WITHOUT_TEXT, "text")
    if zhi:
        yield from _against_prescription(found, zhi)


def _first(found: Mapping[str, list[Placed]], tag: str) -> Placed | None:
    segments = found.get(tag)
    return segments[0] if segments else None


def _identity(inv: Placed, nad: Placed) -> Iterator[Finding]:
    """Number and status from the card, or else the whole address (TA1 V21 5.5.3.1 INV, NAD)."""
    known = bool(inv.text("insurance_number") and inv.text("insured_status"))
    if not known:
        names = {"street": "street", "postcode": "postal code", "city": "city"}
        missing = [title for name, title in names.items() if not nad.text(name)]
        if missing:
            name = "insured_status" if inv.text("insurance_number") else "insurance_number"
            yield inv.at(rules.NOT_IDENTIFIED, name, missing=", ".join(missing))
    postcode = nad.text("postcode")
    if (
        postcode
        and nad.text("country") in _INLAND
        and not (len(postcode) == 5 and postcode.isascii() and postcode.isdigit())
    ):
        # Where number and status are known nobody reads the address.
        severity = rules.POSTAL_CODE.severity if not known else rules.STATUS_UNKNOWN.severity
        yield nad.at(rules.POSTAL_CODE, "postcode", postcode, severity=severity)


def _texts(segments: Sequence[Placed]) -> Iterator[tuple[Placed, Placed | None]]:
    """Every position with its text."""
    for at, segment in enumerate(segments):
        if segment.tag == "EHI":
            after = segments[at + 1] if at + 1 < len(segments) else None
            yield segment, after if after is not None and after.tag == "TXT" else None


def gross_of(ehi: Placed, vat: int) -> int:
    """What a position comes to in cents: price × quantity plus VAT, rounded (TA1 V21 5.5.3.2 ZUH, Bruttobetrag)."""
    return round_cents((ehi.number("quantity") * ehi.number("unit_price") + vat).scaleb(-2))


def vat_of(ehi: Placed, mws: Placed) -> int:
    """The VAT of a position in cents: net price × quantity × rate, rounded (TA1 V21 5.5.3.2 MWS)."""
    return round_cents((ehi.number("quantity") * ehi.number("unit_price") * mws.number("vat_rate")).scaleb(-4))


@dataclass(slots=True)
class _Aid:
    """An aid while its voucher is walked: its number, its positions, and what they come to in cents."""

    number: int
    gross: int = 0
    positions: list[Placed] = field(default_factory=list)


class _Aids:
    """The aids of a voucher with their copayments (ZUH, found by number) and surcharges (MEH, one for each)."""

    def __init__(self) -> None:
        self.aids: list[_Aid] = []
        self.copayments: dict[int, Placed] = {}
        self.surcharges: list[Placed] = []

    def find(self, number: int) -> _Aid | None:
        """The aid of that number."""
        return next((aid for aid in self.aids if aid.number == number), None)

    def hil(self, hil: Placed) -> Iterator[Finding]:
        """A new aid begins."""
        number, expected = hil.whole("aid_mark"), len(self.aids) + 1
        if number != expected:
            yield hil.at(rules.AID_NUMBERS, "aid_mark", number, expected=expected, suggestion=str(expected))
        self.aids.append(_Aid(number))

    def ehi(self, ehi: Placed) -> Iterator[Finding]:
        """A position of the aid at hand."""
        if self.aids:
            self.aids[-1].positions.append(ehi)
            self.aids[-1].gross += gross_of(ehi, 0)
        return iter(())

    def mws(self, mws: Placed) -> Iterator[Finding]:
        """VAT of the last position."""
        if not self.aids or not self.aids[-1].positions:
            return
        ehi, vat = self.aids[-1].positions[-1], mws.whole("vat_amount")
        self.aids[-1].gross += gross_of(ehi, vat) - gross_of(ehi, 0)
        expected = vat_of(ehi, mws)
        if vat != expected:
            yield mws.at(rules.VAT_AMOUNT, "vat_amount", format_cents(vat), expected=format_cents(expected))

    def zuh(self, zuh: Placed) -> Iterator[Finding]:
        """The copayment of an aid, named by its number."""
        number = zuh.whole("aid_mark")
        if number in self.copayments or self.find(number) is None:
            yield zuh.at(rules.AID_UNKNOWN, "aid_mark", number)
        self.copayments[number] = zuh

    def meh(self, meh: Placed) -> Iterator[Finding]:
        """The surcharge of an aid, known by its place."""
        self.surcharges.append(meh)
        return iter(())

    def zhi(self, zhi: Placed) -> Iterator[Finding]:
        """All aids are done."""
        if len(self.surcharges) != len(self.aids):
            yield zhi.at(rules.SURCHARGES, "practice_number", len(self.surcharges), expected=len(self.aids))
        for number, zuh in self.copayments.items():
            aid = self.find(number)
            if aid is not None:
                yield from _copayment_fits(aid, zuh)

    def bes(self, bes: Placed) -> Iterator[Finding]:
        """The sums of the voucher."""
        copayments = self.copayments.values()
        expected = {
            "gross_total": ("gross", sum(aid.gross for aid in self.aids)),
            "copayment_total": ("copayment", sum(zuh.whole("copayment") for zuh in copayments)),
            "own_share_total": ("own share", sum(zuh.whole("own_share") for zuh in copayments)),
            "extra_costs_total": ("surcharge", sum(meh.whole("extra_costs") for meh in self.surcharges)),
        }
        for name, (what, cents) in expected.items():
            said = bes.whole(name)
            if said != cents:
                yield bes.at(rules.VOUCHER_SUM, name, format_cents(said), what=what, expected=format_cents(cents))


def _copayment_fits(aid: _Aid, zuh: Placed) -> Iterator[Finding]:
    said = zuh.whole("gross_amount")
    if said != aid.gross:
        yield zuh.at(
            rules.AID_GROSS, "gross_amount", format_cents(said), aid=aid.number, expected=format_cents(aid.gross)
        )
    if zuh.whole("supply_months"):
        for ehi in aid.positions:
            if ehi.values.get("supply_from") is None and ehi.values.get("supply_to") is None:
                yield ehi.at(rules.SUPPLY_PERIOD_MISSING, "supply_from")


def _aids(segments: Sequence[Placed]) -> Iterator[Finding]:
    """Numbers of the aids, and what each of them, its copayment and its surcharge come to."""
    aids = _Aids()
    looks = {
        "HIL": aids.hil,
        "EHI": aids.ehi,
        "MWS": aids.mws,
        "ZUH": aids.zuh,
        "MEH": aids.meh,
        "ZHI": aids.zhi,
        "BES": aids.bes,
    }
    for segment in segments:
        look = looks.get(segment.tag)
        if look is not None:
            yield from look(segment)


def _against_prescription(found: Mapping[str, list[Placed]], zhi: Placed) -> Iterator[Finding]:
    """Copayments, service dates and tariffs against what the prescription says."""
    copayment = sum(zuh.whole("copayment") for zuh in found.get("ZUH", ()))
    mark = zhi.text("copayment_mark")
    if mark in ("0", "1") and copayment > 0:
        yield zhi.at(rules.COPAYMENT_THOUGH_EXEMPT, "copayment_mark", mark, amount=format_cents(copayment))
    elif mark == "3" and not copayment:
        yield zhi.at(rules.NO_COPAYMENT_THOUGH_DUE, "copayment_mark", mark)
    prescribed = zhi.day("prescribed_on")
    for ehi in found.get("EHI", ()):
        served = ehi.day("service_date")
        if served and prescribed and served < prescribed:
            yield ehi.at(rules.SERVICE_BEFORE_PRESCRIPTION, "service_date", served, prescribed_on=prescribed)
        if ehi.text("tariff_code").endswith(COST_ESTIMATE_TARIFF) and "SKZ" not in found:
            yield ehi.at(rules.COST_ESTIMATE_WITHOUT_APPROVAL, "tariff_code", ehi.text("tariff_code"))
