"""The correction procedure (Korrekturverfahren, TA1 V21 chapter 7): which mark an item leaves with, and what it says of the
invoice that it follows.

An invoice that a payer has is never changed. What was forgotten is claimed by a supplementary invoice (02), a copayment that
the client did not pay by one of its own (03), what the payer did not accept is billed again (04), a blank prescription that
was taken up again goes on (10). Each names the original invoice in URI, and that reference never changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

from billhook.model import BillingItem, Finding, ItemState, Split, SplitKind
from billhook.money import format_cents, line_amount, round_cents
from billhook.scheme import ClientShare, Context, CorrectionRefused, EarlierBilling, PreviousBilling, Resubmission
from billhook.words import words
from billhook_p302 import rules
from billhook_p302.codes.billing import PROCESSING_MARK
from billhook_p302.codes.therapy import BLANK_PRESCRIPTION
from billhook_p302.details import Details
from billhook_p302.settings import INVOICE_NUMBER, Receiver

BILLING = "01"
"""What is billed for the first time (Abrechnung ohne Besonderheiten)."""
SUPPLEMENTARY = "02"
"""What was not billed though it could have been (Nachforderung)."""
COPAYMENT_CLAIM = "03"
"""The copayment that the client did not pay (Zuzahlungsforderung, §43c SGB V)."""
CORRECTION = "04"
"""What the payer objected to, mended (Korrekturrechnung)."""
RESUMPTION = "10"
"""More services of a blank prescription that was billed already (Wiederaufnahme)."""

MARKS: Mapping[str, str] = {
    BILLING: "billing",
    SUPPLEMENTARY: "supplementary",
    COPAYMENT_CLAIM: "copayment-claim",
    CORRECTION: "correction",
    RESUMPTION: "resumption",
}
"""Mark (key 8.1.7) → the word for it, which is also the kind of correction."""
KINDS: Sequence[str] = tuple(MARKS.values())

CLIENT_SHARES: Mapping[str, ClientShare] = {
    MARKS[SUPPLEMENTARY]: ClientShare.ADDS,
    MARKS[RESUMPTION]: ClientShare.ADDS,
    MARKS[COPAYMENT_CLAIM]: ClientShare.WAIVES,
}
"""What a kind does to what the client owes: supplements carry differences, a copayment that the fund is asked for is waived."""

_MARK_OF_KIND = {word: mark for mark, word in MARKS.items()}
_LETTER = {BILLING: "R", SUPPLEMENTARY: "N", COPAYMENT_CLAIM: "Z", CORRECTION: "K", RESUMPTION: "W"}
"""What the numbers of follow-ups end in: `4711-K1` is the first correction of 4711."""
_SUFFIX = re.compile(r"-([RNZKW])(\d+)$")


# --- Who may use which mark -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Procedure:
    """A row of TA1 7.1: for whom the correction procedure is there, since when, with which marks.

    `codes` are accounting codes 8.1.5.1, `area` the area of therapy in ZHE that makes the row fit as well.
    """

    title: str
    codes: frozenset[str]
    marks: tuple[str, ...]
    valid_from: date
    binding_from: date | None = None
    area: str = ""
    source: str = "TA1 V21 7.1"


_THERAPIES = frozenset(("21", "22", "23", "24", "25", "26", "27", "28", "29", "71", "72", "73", "74"))

PROCEDURES: Sequence[Procedure] = (
    # The key itself is valid from the first day of V21; before it, 02 stood for a resumption (Umsetzungsempfehlungen 24).
    Procedure(
        "physiotherapy",
        frozenset(("21", "22")),
        (RESUMPTION,),
        date(2025, 10, 1),
        date(2025, 10, 1),
        "1",
        "TA1 V21 7.1, A3 V21 8.1.7",
    ),
    Procedure("midwives", frozenset(("50",)), (SUPPLEMENTARY, CORRECTION), date(2025, 10, 1)),
    Procedure(
        "therapies", _THERAPIES, (SUPPLEMENTARY, COPAYMENT_CLAIM, CORRECTION), date(2019, 7, 1), date(2020, 7, 1)
    ),
)
"""Newest first. Aids (A) and all other groups have none; what is agreed with a payer beside it is a setting."""

FOLLOWS: Mapping[str, frozenset[str]] = {
    SUPPLEMENTARY: frozenset((BILLING, RESUMPTION)),
    COPAYMENT_CLAIM: frozenset((BILLING, SUPPLEMENTARY, CORRECTION, RESUMPTION)),
    CORRECTION: frozenset((BILLING, SUPPLEMENTARY, RESUMPTION)),
    RESUMPTION: frozenset((BILLING,)),
}
"""Mark → marks of the invoices that it may name as its original (TA1 V21 7.3, 7.4)."""


def allowed(accounting_code: str, area: str, receiver: Receiver, day: date) -> frozenset[str]:
    """The marks beside 01 that may be used towards this receiver on this day; none where there is no such procedure."""
    if not receiver.corrections:
        return frozenset()
    found: set[str] = set(receiver.agreed_marks)
    for row in PROCEDURES:
        fits = accounting_code in row.codes and (not area or not row.area or area == row.area)
        if (fits or (row.area and area == row.area)) and row.valid_from <= day:
            found.update(row.marks)
    return frozenset(mark for mark in found if PROCESSING_MARK.holds(mark, day))


def leaving_mark(item: BillingItem, marks: frozenset[str]) -> str:
    """The mark under which the item leaves. Without a correction procedure (no `marks`) everything is a first billing."""
    return (_details(item).processing_mark or BILLING) if marks else BILLING


def _details(item: BillingItem) -> Details:
    return cast(Details, item.details)


def _voucher_number(item: BillingItem) -> str:
    return _details(item).voucher_number or item.voucher


# --- Following up -----------------------------------------------------------------------------------------------------


def follow_up_number(number: str, mark: str) -> str:
    """The number of an item or voucher that follows another; the core counts on where it is taken.

    >>> follow_up_number("4711", "04"), follow_up_number("4711-K1", "04"), follow_up_number("4711-K1", "02")
    ('4711-K1', '4711-K2', '4711-N1')
    """
    found = _SUFFIX.search(number)
    stem = number[: found.start()] if found else number
    count = int(found[2]) + 1 if found and found[1] == _LETTER[mark] else 1
    return f"{stem}-{_LETTER[mark]}{count}"


def correct(item: BillingItem, kind: str, ctx: Context) -> BillingItem:
    """The follow-up of an item that was billed.

    A supplementary claim begins with the price 0, because it bills only the difference; a copayment claim bills what the
    client did not pay, and keeps the position for information (of a line without a copayment there is only that).

    Raises:
        CorrectionRefused: the item was never billed.
    """
    mark = _MARK_OF_KIND.get(kind)
    if mark is None:
        message = f"there is no correction of kind {kind!r}; there are {', '.join(KINDS)}"
        raise ValueError(message)
    if ctx.previous is None:
        message = words("item {number} was not billed yet", number=item.number)
        raise CorrectionRefused(message)
    changes: dict[str, Any] = {"processing_mark": mark, **origin(item, mark, ctx.previous)}
    # The paper keeps the number that is printed on it.
    changes["voucher_number"] = _voucher_number(item)
    follower = replace(
        item,
        id=0,
        number=follow_up_number(item.number, mark),
        voucher=follow_up_number(item.voucher, mark),
        details=_details(item).model_copy(update=changes),
        kind=kind,
        corrects=item.id,
        state=ItemState.DRAFT,
        line_ok=False,
        document_ok=False,
        slot_id=None,
        source=f"{kind} of item {item.id}",
    )
    if mark == SUPPLEMENTARY:
        return _priced(replace(follower, unit_price=follower.unit_price * 0, splits=()))
    if mark == COPAYMENT_CLAIM:
        return claim_copayment(follower)
    return follower


def origin(item: BillingItem, mark: str, billing: PreviousBilling) -> dict[str, Any]:
    """What the follower of a billed item says of the original invoice (TA1 V21 7.3).

    That is the invoice in which the position was billed first: a second correction names the same original as the first
    one. What was billed first in a supplementary or resumed invoice has that as its original (Umsetzungsempfehlungen 26),
    and a copayment claim follows whichever invoice it was deducted in.
    """
    details = _details(item)
    if mark == BILLING:
        names = ("mark", "provider", "number", "ordinal", "voucher_number")
        return {**{f"original_{name}": "" for name in names}, "original_date": None}
    left_as = billing.file_key[5] if len(billing.file_key) > 5 else BILLING
    passes_on = {CORRECTION: mark != COPAYMENT_CLAIM, SUPPLEMENTARY: mark == SUPPLEMENTARY, COPAYMENT_CLAIM: True}
    if details.original_number and passes_on.get(left_as, False):
        return {}
    return {
        "original_mark": left_as,
        "original_provider": item.provider,
        "original_number": billing.document,
        "original_ordinal": str(billing.ordinal),
        "original_date": billing.day,
        "original_voucher_number": _voucher_number(item),
    }


def claim_copayment(item: BillingItem) -> BillingItem:
    """The item as the claim for its copayment: the position becomes information, the copayment is what is billed."""
    details, claimed = _details(item), item.share(SplitKind.COPAYMENT)
    if details.stated_quantity is not None:
        return item
    told = {
        "stated_quantity": item.quantity,
        "stated_unit_price": item.unit_price,
        "stated_vat_rate": item.vat_rate,
        # TA1 V21 7.4.2.1: refused though asked. The clerk changes it where the client was exempt (1).
        "copayment_mark": details.copayment_mark if details.copayment_mark in CLAIMABLE else "2",
    }
    return _priced(
        replace(
            item,
            quantity=Decimal(1),
            unit_price=Decimal(claimed).scaleb(-2),
            vat_rate=None,
            splits=(),
            details=details.model_copy(update=told),
        )
    )


def stated(item: BillingItem) -> BillingItem:
    """A copayment claim as the position that it was: what EHE shows for information."""
    details = _details(item)
    if details.stated_quantity is None or details.stated_unit_price is None:
        return item
    shown = replace(
        item,
        quantity=details.stated_quantity,
        unit_price=details.stated_unit_price,
        vat_rate=details.stated_vat_rate,
        splits=(Split(SplitKind.COPAYMENT, item.gross),),
    )
    return _priced(shown)


CLAIMABLE = ("1", "2", "5")
"""Copayment marks 8.1.3 of a claim: exempt, refused, liable since the turn of the year (TA1 V21 7.4.2)."""


def _priced(item: BillingItem) -> BillingItem:
    sums = line_amount(item.quantity, item.unit_price, item.vat_rate)
    return replace(item, net=sums.net, vat=sums.vat, gross=sums.gross)


def resubmission() -> Resubmission:
    """A file that was refused as a whole counts as never sent: new transfer number and reference, its invoices as they were.

    TA1 V21 6.1 to 6.3 refuse the file, so the payer has none of its invoices and their numbers are free to be used again;
    7.2 has the correction procedure only for what passed.
    """
    return Resubmission(keep=frozenset(), keep_date=True)


# --- Finding the mark -------------------------------------------------------------------------------------------------


def find_mark(item: BillingItem, earlier: Sequence[EarlierBilling]) -> BillingItem:
    """The item with its mark and, where it follows an invoice, the reference to that.

    Of the same client, case and period something was billed before: a position that was not among it is a supplementary
    claim, one that was and is credited now is a correction. Everything else is billed for the first time. What the user
    wrote stays. Whether the mark is used is decided when the item leaves (`leaving_mark`).
    """
    details = _details(item)
    wished = details.processing_mark
    if wished == COPAYMENT_CLAIM:
        item = claim_copayment(item)
        details = _details(item)
    if wished == BILLING or (details.original_number and wished):
        return item
    before = [one for one in earlier if one.billing.file_key[5:6] != (COPAYMENT_CLAIM,)]
    if not before:
        return item
    same = [one for one in before if _position(one.item) == _position(item)]
    credited = item.quantity * item.unit_price < 0
    if wished:
        found = wished
    elif not same and not credited:
        found = SUPPLEMENTARY
    elif same and credited:
        found = CORRECTION
    else:
        return item
    followed = same[-1] if same else before[0]
    changes: dict[str, Any] = {"processing_mark": found}
    if not details.original_number:
        passed_on = _references(followed.item)
        changes |= origin(followed.item, found, followed.billing) or passed_on
    changes["voucher_number"] = details.voucher_number or _voucher_number(followed.item)
    return replace(
        item,
        voucher=_free_voucher(followed.item.voucher, found, before),
        details=details.model_copy(update=changes),
        kind=MARKS[found],
        corrects=followed.item.id,
    )


def _references(item: BillingItem) -> dict[str, Any]:
    details = _details(item)
    names = ("mark", "provider", "number", "ordinal", "date", "voucher_number")
    return {f"original_{name}": getattr(details, f"original_{name}") for name in names}


def _position(item: BillingItem) -> tuple[object, ...]:
    """What makes two items the same position: what was done, when."""
    return item.code, item.service_from, item.service_to


def _free_voucher(voucher: str, mark: str, before: Sequence[EarlierBilling]) -> str:
    """A voucher that was not billed yet: all that follows one original in one go leaves together."""
    taken = {one.item.voucher for one in before}
    number = follow_up_number(voucher, mark)
    while number in taken:
        number = follow_up_number(number, mark)
    return number


# --- Checking ---------------------------------------------------------------------------------------------------------

SIXTEEN_WEEKS = timedelta(weeks=16)
"""How long a blank prescription is good for (TA1 V21 7.4.4)."""


def check(lines: Sequence[BillingItem], marks: frozenset[str], day: date) -> Iterator[Finding]:
    """What is wrong with the mark of a voucher and with the invoice that it names."""
    first, details = lines[0], _details(lines[0])
    wished = details.processing_mark or BILLING
    if not PROCESSING_MARK.holds(wished, day):
        choices = PROCESSING_MARK.choices(day)
        yield rules.PROCESSING_MARK.at(first.id, "details.processing_mark", wished, choices=choices)
        return
    if not marks:
        if wished != BILLING:
            yield rules.NO_CORRECTIONS.at(first.id, "details.processing_mark", wished, suggestion=BILLING)
        return
    if wished == BILLING:
        if details.original_number:
            yield rules.BILLED_BEFORE.at(first.id, "details.processing_mark", wished, number=details.original_number)
        return
    if wished not in marks:
        yield rules.MARK_NOT_ALLOWED.at(
            first.id, "details.processing_mark", wished, choices=", ".join(sorted({BILLING, *marks}))
        )
    yield from _origin(first, details, wished, day)
    for line in lines:
        if is_credit(line, wished):
            yield rules.CREDIT.at(line.id, "quantity", line.quantity)
    look = _OF_MARK.get(wished)
    if look is not None:
        yield from look(lines)


def is_credit(item: BillingItem, mark: str) -> bool:
    """True for a position that is given back: a correction of a negative quantity (Gutschrift)."""
    return mark == CORRECTION and item.quantity < 0


def is_deduction(item: BillingItem) -> bool:
    """True for the flat amount that a contract deducts from a correction: no position, but a part of the sums (BES)."""
    return _details(item).correction_deduction


def deducted(lines: Sequence[BillingItem]) -> int:
    """What is deducted from a correction beside what the client pays, in cents (Pauschaler Korrekturabzug)."""
    return -sum(line.gross for line in lines if is_deduction(line))


def check_deductions(lines: Sequence[BillingItem], mark: str, *, known: bool) -> Iterator[Finding]:
    """A deduction is for corrections of groups whose sums have a place for it (`known`), and only takes money off."""
    for line in lines:
        if not is_deduction(line):
            continue
        if mark != CORRECTION or not known:
            yield rules.DEDUCTION.at(line.id, "details.correction_deduction", format_cents(-line.gross))
        elif line.gross >= 0 or line.vat_rate or line.splits or all(is_deduction(one) for one in lines):
            yield rules.DEDUCTION_LINE.at(line.id, "unit_price", format_cents(line.gross))


def _origin(item: BillingItem, details: Details, mark: str, day: date) -> Iterator[Finding]:
    for name in ("original_provider", "original_number", "original_date", "original_voucher_number"):
        if not getattr(details, name):
            yield rules.ORIGIN_MISSING.at(item.id, f"details.{name}", mark)
    left_as = details.original_mark or BILLING
    if left_as not in FOLLOWS[mark]:
        yield rules.CANNOT_FOLLOW_MARK.at(
            item.id, "details.original_mark", left_as, mark=mark, choices=", ".join(sorted(FOLLOWS[mark]))
        )
    if details.original_number and not INVOICE_NUMBER.fullmatch(details.original_number):
        yield rules.ORIGINAL_NUMBER.at(item.id, "details.original_number", details.original_number)
    if details.original_date and details.original_date > day:
        yield rules.ORIGINAL_IN_FUTURE.at(item.id, "details.original_date", details.original_date)


def _claims(lines: Sequence[BillingItem]) -> Iterator[Finding]:
    first = lines[0]
    if _details(first).copayment_mark not in CLAIMABLE:
        yield rules.CLAIM_MARK.at(
            first.id, "details.copayment_mark", _details(first).copayment_mark or None, choices=", ".join(CLAIMABLE)
        )
    if sum(line.gross for line in lines) <= 0:
        yield rules.NOTHING_CLAIMED.at(first.id, "unit_price")
    for line in lines:
        details = _details(line)
        if details.stated_quantity is None or details.stated_unit_price is None:
            yield rules.POSITION_NOT_STATED.at(line.id, "details.stated_quantity")


def _resumed(lines: Sequence[BillingItem]) -> Iterator[Finding]:
    details = _details(lines[0])
    if details.prescription_kind != BLANK_PRESCRIPTION:
        yield rules.RESUMED_WITHOUT_BLANK.at(
            lines[0].id, "details.prescription_kind", details.prescription_kind or None, suggestion=BLANK_PRESCRIPTION
        )
    if details.prescribed_on is None:
        return
    last = details.prescribed_on + SIXTEEN_WEEKS
    for line in lines:
        if line.service_from and line.service_from > last:
            yield rules.RESUMED_TOO_LATE.at(line.id, "service_from", line.service_from, last=last)


def _differences(lines: Sequence[BillingItem]) -> Iterator[Finding]:
    for line in lines:
        if not line.gross:
            yield rules.NO_DIFFERENCE.at(line.id, "unit_price")


_OF_MARK: Mapping[str, Callable[[Sequence[BillingItem]], Iterator[Finding]]] = {
    SUPPLEMENTARY: _differences,
    COPAYMENT_CLAIM: _claims,
    RESUMPTION: _resumed,
}


def claimed(lines: Sequence[BillingItem]) -> dict[str, object]:
    """GZF: the claim of a voucher in cents, by percent and flat (TA1 V21 5.5.3.3 GZF)."""
    total = sum(line.gross for line in lines)
    flat = sum(round_cents(_details(line).flat_copayment or Decimal(0)) for line in lines)
    return {"claimed_total": total, "claimed_percentage": total - flat or None, "claimed_flat": flat or None}
