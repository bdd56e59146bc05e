"""One voucher as the segments INV … BES of its group (TA1 V21 5.5.3): what `render` writes and `check` tries out.

Because both use the same segments, what passes the check can be written. How a group's segments are filled and ordered
is said by its tables in `groups`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from billhook.model import BillingItem, SplitKind
from billhook_p302 import layouts
from billhook_p302.corrections import BILLING, COPAYMENT_CLAIM, claimed, deducted, is_deduction, stated
from billhook_p302.details import Details
from billhook_p302.groups.parts import (
    DIA,
    DIA_OF_FURTHER,
    EVO,
    IMG,
    INV,
    NAD,
    SKZ,
    SKZ_FURTHER,
    SKZ_OF_FURTHER,
    SUM_PLACES,
    URI,
    details_of,
    gross_total,
    shares_of,
)
from billhook_p302.groups.structure import Approvals, Bracket, Group, Row, Shares, Terms
from billhook_p302.settings import CopaymentOrder

__all__ = ["Row", "Terms", "brackets_of", "of_bracket", "segments", "sorted_lines"]


def sorted_lines(lines: Sequence[BillingItem], group: Group) -> list[BillingItem]:
    """The lines of a voucher in the order of their group: by aid, by time, by line."""
    return sorted(lines, key=group.sort)


def segments(lines: Sequence[BillingItem], terms: Terms) -> Iterator[Row]:
    """The segments of one voucher. `lines` are its items, at least one.

    Where only the copayment is claimed, the positions are there for information and GZF stands for BES (TA1 V21 7.4.2).
    """
    if terms.mark != COPAYMENT_CLAIM:
        yield from _voucher(lines, terms)
        return
    for row in _voucher([stated(line) for line in lines], terms):
        yield Row(layouts.GZF, claimed(lines), lines[0], SUM_PLACES) if row.layout.tag == "BES" else row


def _voucher(lines: Sequence[BillingItem], terms: Terms) -> Iterator[Row]:
    group = terms.group
    everything = sorted_lines(lines, group)
    # A flat deduction is no position; where the sums have no place for it, it is wrong and stays in sight.
    lines = [line for line in everything if not (is_deduction(line) and group.deducts)] or everything
    first = lines[0]
    yield from _insured(first, details_of(first), terms)
    for part in group.opening:
        yield from part.rows(first, terms)
    if group.shares is None:
        yield from _bracketed(lines, group.brackets, terms)
    else:
        yield from _with_shares(lines, group.shares, terms)
    yield from _prescriptions(first, details_of(first), terms)
    for part in group.after_lines:
        yield from part.rows(first, terms)
    closing = group.closing
    sums: dict[str, object] = {name: total(lines) for name, total in closing.sums.items()}
    if group.deducts:
        sums["flat_deduction"] = deducted(everything) or None
    yield Row(closing.layout, sums, first, closing.places)


def _insured(item: BillingItem, details: Details, terms: Terms) -> Iterator[Row]:
    yield INV.row(item, terms)
    if terms.mark != BILLING:
        yield URI.row(item, terms)
    yield NAD.row(item, terms)
    if details.image_month or details.image_ik:
        yield IMG.row(item, terms)
    if details.prescription_id:
        yield EVO.row(item, terms)


# --- Lines ------------------------------------------------------------------------------------------------------------


def brackets_of(lines: Sequence[BillingItem], bracket: Bracket) -> list[tuple[Any, list[BillingItem]]]:
    """Sorted lines by what they stand under: (key, lines)."""
    return [(key, list(members)) for key, members in groupby(lines, key=bracket.key)]


def _bracketed(lines: Sequence[BillingItem], brackets: Sequence[Bracket], terms: Terms) -> Iterator[Row]:
    if not brackets:
        for line in lines:
            yield from _line(line, terms)
        return
    bracket, inner = brackets[0], brackets[1:]
    for _, members in brackets_of(lines, bracket):
        yield bracket.table.row(members[0], terms)
        yield from _bracketed(members, inner, terms)


def _line(item: BillingItem, terms: Terms) -> Iterator[Row]:
    yield terms.group.line.row(item, terms)
    for part in terms.group.parts:
        yield from part.rows(item, terms)


def _with_shares(lines: Sequence[BillingItem], shares: Shares, terms: Terms) -> Iterator[Row]:
    """Aids or trips, and what the client bears of each. Of several, the receiver's setting says where that stands."""
    bracket, inner = terms.group.brackets[0], terms.group.brackets[1:]
    order = terms.receiver.copayment_order
    copayments: list[Row] = []
    surcharges: list[Row] = []
    for _, members in brackets_of(lines, bracket):
        yield bracket.table.row(members[0], terms)
        yield from _bracketed(members, inner, terms)
        copayment, surcharge = _sums(members, shares, terms)
        if order is CopaymentOrder.PER_AID:
            yield from copayment
            yield from surcharge
        elif order is CopaymentOrder.SURCHARGE_PER_AID:
            copayments += copayment
            yield from surcharge
        else:
            copayments += copayment
            surcharges += surcharge
    yield from copayments
    yield from surcharges


def _sums(members: Sequence[BillingItem], shares: Shares, terms: Terms) -> tuple[list[Row], list[Row]]:
    """The copayment of an aid or trip, if the client pays anything, and its surcharge, which an aid always has."""
    borne = shares_of(members)
    copayment, own_share = borne[SplitKind.COPAYMENT], borne[SplitKind.OWN_SHARE]
    rows: list[Row] = []
    if copayment or own_share:
        table = shares.copayment
        values = {
            **table.values(members[0], terms),
            "gross_amount": gross_total(members),
            "copayment": copayment or None,
            **{name: of_bracket(members, fact) for name, fact in shares.facts.items()},
        }
        if "own_share" in table.paths:
            values["own_share"] = own_share or None
        rows.append(Row(table.layout, values, members[0], table.places))
    if shares.surcharge is None:
        return rows, []
    table = shares.surcharge
    surcharge = {**table.values(members[0], terms), "extra_costs": borne[SplitKind.SURCHARGE]}
    return rows, [Row(table.layout, surcharge, members[0], table.places)]


def of_bracket(members: Sequence[BillingItem], name: str) -> object:
    """A fact of an aid or trip: as the first of its lines that states it."""
    return next((value for line in members if (value := getattr(line.details, name))), None)


# --- Prescriptions ----------------------------------------------------------------------------------------------------


def _prescriptions(item: BillingItem, details: Details, terms: Terms) -> Iterator[Row]:
    """What stands behind the lines: prescriptions with their diagnoses and approvals."""
    prescriptions = terms.group.prescriptions
    first = prescriptions.first
    approvals = list(_approvals(item, details, terms))
    if first is not None:
        row = first.row(item, terms)
        known = any(value not in (None, "") for value in row.values.values())
        if known or not prescriptions.optional or details.diagnoses or (approvals and not prescriptions.approvals_last):
            yield row
    if prescriptions.diagnoses:
        for diagnosis in details.diagnoses:
            yield DIA.row(item, terms, diagnosis)
    if not prescriptions.approvals_last:
        yield from approvals
    if prescriptions.further is not None:
        for one in details.further_prescriptions:
            yield prescriptions.further.row(item, terms, one)
            for diagnosis in one.diagnoses:
                yield DIA_OF_FURTHER.row(item, terms, diagnosis)
            of_this = [SKZ_OF_FURTHER.row(item, terms, approval) for approval in one.approvals]
            if prescriptions.approvals_last:
                approvals += of_this
            else:
                yield from of_this
    if prescriptions.approvals_last:
        yield from approvals


def _approvals(item: BillingItem, details: Details, terms: Terms) -> Iterator[Row]:
    """The approvals of the first prescription."""
    wanted = terms.group.prescriptions.approvals
    if wanted is Approvals.NONE:
        return
    if details.approval_number or details.approved_on or details.approval_kind:
        yield SKZ.row(item, terms)
    if wanted is not Approvals.ONE:
        for approval in details.further_approvals:
            yield SKZ_FURTHER.row(item, terms, approval)
