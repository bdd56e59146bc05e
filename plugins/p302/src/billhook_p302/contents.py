"""What must be right inside one voucher beyond the syntax of its segments: keys, dates, identifiers, sums,
combinations.

That is level 3 of TA1 V21 6.3. The same functions look at items on their way out and at files from elsewhere. What is the
same in all groups is here; the tables of `groups` say what else is looked at in each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from billhook.identifiers import kvnr
from billhook.model import Finding, Rule
from billhook.money import format_cents
from billhook.wire.layout import SegmentLayout
from billhook.words import listed, words
from billhook_p302 import rules
from billhook_p302.codes import KeyTable
from billhook_p302.codes.prescription import APPROVAL_KINDS, STATUS_BUCKETS, is_status
from billhook_p302.codes.therapy import BLANK_PRESCRIPTION
from billhook_p302.corrections import CLAIMABLE, COPAYMENT_CLAIM, CORRECTION, RESUMPTION
from billhook_p302.groups import GROUPS
from billhook_p302.groups.addresses import INLAND, country, is_inland_postal_code
from billhook_p302.groups.positions import Voucher, by_tag
from billhook_p302.groups.prescriptions import approval, diagnosis
from billhook_p302.groups.structure import Check, Group
from billhook_p302.placing import KEYS, Placed, is_ik

_KVNR = re.compile(r"[A-Z][0-9]{9}", re.ASCII)
_USUAL_VAT_RATES = (Decimal(7), Decimal(19))


def check(segments: Sequence[Placed], day: date, group: str = "A") -> Iterator[Finding]:
    """Everything that is wrong with the content of one voucher.

    `segments` are INV to BES, `day` is that of the file, `group` the letter in UNB; of a group without tables only what is
    the same in all groups is looked at.
    """
    tables = GROUPS.get(group)
    segments = Voucher(segments)
    for segment in segments:
        keys, looks = _looked_at(segment.layout, tables)
        for name, table, rule in keys:
            value = segment.values.get(name)
            if value and not table.holds(str(value), day):
                yield segment.at(rule, name, value, choices=table.choices(day))
        for look in looks:
            yield from look(segment, day)
    yield from _identity(segments)
    if tables:
        for whole in tables.voucher_checks:
            yield from whole(segments, day)


def check_mark(segments: Sequence[Placed], mark: str) -> Iterator[Finding]:
    """What a voucher of a file with this processing mark must be; items are looked at by `corrections`."""
    for placed in segments:
        if placed.tag == "BES" and placed.whole("flat_deduction") and mark != CORRECTION:
            amount = format_cents(placed.whole("flat_deduction"))
            yield placed.at(rules.DEDUCTION, "flat_deduction", amount)
        copayment = placed.text("copayment_mark")
        if mark == COPAYMENT_CLAIM and copayment and copayment not in CLAIMABLE:
            yield placed.at(rules.CLAIM_MARK, "copayment_mark", copayment, choices=", ".join(CLAIMABLE))
        kind = placed.text("prescription_kind")
        if mark == RESUMPTION and kind and kind != BLANK_PRESCRIPTION:
            yield placed.at(rules.RESUMED_WITHOUT_BLANK, "prescription_kind", kind, suggestion=BLANK_PRESCRIPTION)


@lru_cache(maxsize=512)
def _looked_at(
    layout: SegmentLayout, group: Group | None
) -> tuple[tuple[tuple[str, KeyTable, Rule], ...], tuple[Check, ...]]:
    """What is looked at in a segment: fields with their key tables and the rules that say so, and the checks of it.

    Accounting codes and kinds of approval differ by group.
    """
    tables = dict(KEYS)
    own: Sequence[Check] = ()
    if group is not None:
        tables["billing_code"] = (group.codes, rules.ACCOUNTING_CODE)
        tables["approval_kind"] = (APPROVAL_KINDS[group.letter], rules.APPROVAL_KIND)
        own = group.checks.get(layout.tag, ())
    fields = tuple((name, *tables[name]) for name in sorted(layout.names & tables.keys()))
    everywhere = _SINGLE.get(layout.tag)
    return fields, (*((everywhere,) if everywhere else ()), *own)


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
    yield from country(nad, "country")


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


def _mws(mws: Placed, day: date) -> Iterator[Finding]:  # noqa: ARG001  # all of these are called alike
    rate = mws.values.get("vat_rate")
    if isinstance(rate, int | Decimal):
        if not 0 <= rate < 100:
            yield mws.at(rules.VAT_RATE, "vat_rate", rate)
        elif rate not in _USUAL_VAT_RATES:
            yield mws.at(rules.VAT_RATE_UNUSUAL, "vat_rate", rate)


_SINGLE: Mapping[str, Check] = {
    "INV": _inv,
    "NAD": _nad,
    "IMG": _img,
    "MWS": _mws,
    "DIA": diagnosis,
    "SKZ": approval,
}


# --- Combinations of segments -----------------------------------------------------------------------------------------


def _identity(segments: Sequence[Placed]) -> Iterator[Finding]:
    """Number and status from the card, or else the whole address (TA1 V21 5.5.3.1 INV, NAD)."""
    found = by_tag(segments)
    if not ("INV" in found and "NAD" in found):
        return
    inv, nad = found["INV"][0], found["NAD"][0]
    known = bool(inv.text("insurance_number") and inv.text("insured_status"))
    if not known:
        names = {"street": words("street"), "postcode": words("postal code"), "city": words("city")}
        missing = [title for name, title in names.items() if not nad.text(name)]
        if missing:
            name = "insured_status" if inv.text("insurance_number") else "insurance_number"
            yield inv.at(rules.NOT_IDENTIFIED, name, missing=listed(missing))
    postcode = nad.text("postcode")
    if postcode and nad.text("country") in INLAND and not is_inland_postal_code(postcode):
        # Where number and status are known nobody reads the address.
        severity = rules.POSTAL_CODE.severity if not known else rules.STATUS_UNKNOWN.severity
        yield nad.at(rules.POSTAL_CODE, "postcode", postcode, severity=severity)
