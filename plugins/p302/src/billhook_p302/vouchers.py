"""One voucher as the segments INV … BES of group A (TA1 V21 5.5.3.1 and 5.5.3.2): what `render` writes and `check`
tries out.

Because both use the same segments, what passes the check can be written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from billhook.identifiers import pzn
from billhook.model import BillingItem, SplitKind
from billhook.wire.layout import SegmentLayout
from billhook_p302 import layouts
from billhook_p302.batching import details_of, voucher_number
from billhook_p302.codes.prescription import wire_status
from billhook_p302.corrections import BILLING, COPAYMENT_CLAIM, claimed, stated
from billhook_p302.details import Details
from billhook_p302.settings import CopaymentOrder, PositionPriority, Provider, Receiver, Settings


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a voucher is written: who bills, what the receiver wants, which TA1 version and processing mark."""

    provider: Provider
    receiver: Receiver
    settings: Settings
    version: int
    mark: str = BILLING


class Row(NamedTuple):
    """One segment to be written, and the item that its values come from (the first one of a voucher or aid)."""

    layout: SegmentLayout
    values: dict[str, object]
    item: BillingItem


class Price(NamedTuple):
    """Quantity and price as EHI and MWS carry them; `unit_price` and `vat` in cents, `vat_rate` None without MWS.

    `unit_price` is a Decimal where it is no whole number of cents: such a line cannot be written.
    """

    quantity: Decimal
    unit_price: int | Decimal
    vat_rate: Decimal | None
    vat: int


_ONE = Decimal(1)


def price(item: BillingItem, receiver: Receiver) -> Price:
    """How the line's price is stated to this receiver.

    A net price with VAT per line is what TA1 has (MWS). A receiver may want gross prices, or quantity 1 at the line's
    amount ("statische 1"). In each case quantity × price plus VAT comes to the item's own gross.
    """
    with_vat = bool(item.vat_rate) and receiver.vat_per_line
    rate, vat = (item.vat_rate, item.vat) if with_vat else (None, 0)
    if receiver.static_one:
        return Price(_ONE, item.net if with_vat else item.gross, rate, vat)
    if item.vat_rate and not with_vat:
        return Price(
            item.quantity, _whole(Decimal(item.gross) / item.quantity if item.quantity else Decimal(0)), None, 0
        )
    return Price(item.quantity, _whole(item.unit_price.scaleb(2)), rate, vat)


def _whole(cents: Decimal) -> int | Decimal:
    return int(cents) if cents == cents.to_integral_value() else cents


def provider_group(item: BillingItem, provider: Provider) -> str:
    """The provider group key (LEGS) of the line."""
    return details_of(item).provider_group or provider.provider_group


def position(item: BillingItem, terms: Terms) -> str:
    """The position number of EHI: aid number or PZN, as the settings say (Priorität Hilfsmittelnr.)."""
    code, article = item.code, details_of(item).pzn
    priority = terms.settings.position_priority
    if not article or priority is PositionPriority.AID_NUMBER_ONLY or (terms.receiver.pzn_as_product_feature and code):
        return code
    if priority is PositionPriority.AID_NUMBER_FIRST and code:
        return code
    return pzn.compact(article)


def product_feature(item: BillingItem, terms: Terms) -> str:
    """The product feature of EHI; for some receivers the PZN."""
    details = details_of(item)
    if details.pzn and not details.product_feature and terms.receiver.pzn_as_product_feature:
        return pzn.compact(details.pzn)
    return details.product_feature


def unit_key(item: BillingItem, settings: Settings) -> str:
    """The key 8.6 of the line's unit; empty when it has none."""
    return (
        details_of(item).unit_key or settings.unit_keys.get(item.unit) or settings.unit_keys.get(item.unit.upper(), "")
    )


def text(item: BillingItem, receiver: Receiver) -> str:
    """The text of the line, with unit and parcel number where the receiver wants them."""
    parts = [
        item.text,
        item.unit if receiver.unit_in_text else "",
        details_of(item).parcel_number if receiver.parcel_number_in_text else "",
    ]
    return " ".join(part for part in parts if part)


def insurance_number(item: BillingItem, receiver: Receiver) -> str:
    """The client's insurance number, or the one that stands for all clients (Zentrale KV-Versicherungsnummer)."""
    return receiver.fixed_insurance_number or item.client.insurance_number


def segments(lines: Sequence[BillingItem], terms: Terms) -> Iterator[Row]:
    """The segments of one voucher. `lines` are its items, by aid and line; at least one.

    Where only the copayment is claimed, the positions are there for information and GZF stands for BES (TA1 V21 7.4.2).
    """
    if terms.mark != COPAYMENT_CLAIM:
        yield from _voucher(lines, terms)
        return
    for row in _voucher([stated(line) for line in lines], terms):
        yield Row(layouts.GZF, claimed(lines), lines[0]) if row.layout.tag == "BES" else row


def _voucher(lines: Sequence[BillingItem], terms: Terms) -> Iterator[Row]:
    first = lines[0]
    yield from _insured(first, details_of(first), terms)
    yield from _aids(lines, terms)
    yield from _prescription(first, details_of(first))
    copayment, own_share, surcharge = _shares(lines)
    totals: dict[str, object] = {
        "gross_total": sum(line.gross for line in lines),
        "copayment_total": copayment or None,
        "own_share_total": own_share or None,
        "extra_costs_total": surcharge,
    }
    yield Row(layouts.A_BES, totals, first)


def _insured(item: BillingItem, details: Details, terms: Terms) -> Iterator[Row]:
    client = item.client
    yield Row(
        layouts.INV,
        {
            "insurance_number": insurance_number(item, terms.receiver),
            "insured_status": wire_status(client.insurance_status),
            "voucher_info": details.document_info or terms.receiver.document_info,
            "voucher_number": voucher_number(item),
            "care_programme": details.special_care,
        },
        item,
    )
    if terms.mark != BILLING:
        yield Row(
            layouts.URI,
            {
                "original_provider_ik": details.original_provider,
                "original_collective_invoice_number": details.original_number,
                "original_single_invoice_number": details.original_ordinal or "0",
                "original_invoice_date": details.original_date,
                "original_voucher_number": details.original_voucher_number,
            },
            item,
        )
    yield Row(
        layouts.NAD,
        {
            "last_name": client.family_name,
            "first_name": client.given_name,
            "birth_date": client.birth_date or details.birth_date_text,
            "street": client.street,
            "postcode": client.postal_code,
            "city": client.city,
            "country": client.country,
        },
        item,
    )
    if details.image_month or details.image_ik:
        image = {"year": details.image_month[:4], "month": details.image_month[4:], "maker_ik": details.image_ik}
        yield Row(layouts.IMG, dict(image), item)
    if details.prescription_id:
        yield Row(layouts.EVO, {"prescription_id": details.prescription_id}, item)


def aids(lines: Sequence[BillingItem]) -> list[tuple[int, list[BillingItem]]]:
    """The lines by aid: (number, lines)."""
    return [(aid, list(group)) for aid, group in groupby(lines, key=lambda line: details_of(line).aid)]


def _aids(lines: Sequence[BillingItem], terms: Terms) -> Iterator[Row]:
    """HIL to MEH. With several aids the receiver's setting says where ZUH and MEH stand."""
    order = terms.receiver.copayment_order
    copayments: list[Row] = []
    surcharges: list[Row] = []
    for aid, group in aids(lines):
        yield Row(layouts.HIL, {"aid_mark": aid}, group[0])
        for line in group:
            yield from _line(line, terms)
        copayment, surcharge = _sums(aid, group)
        if order is CopaymentOrder.PER_AID:
            yield from copayment
            yield surcharge
        elif order is CopaymentOrder.SURCHARGE_PER_AID:
            copayments += copayment
            yield surcharge
        else:
            copayments += copayment
            surcharges.append(surcharge)
    yield from copayments
    yield from surcharges


def _line(item: BillingItem, terms: Terms) -> Iterator[Row]:
    details, stated = details_of(item), price(item, terms.receiver)
    group = provider_group(item, terms.provider)
    supply_from, supply_to = supply_period(item, terms.receiver)
    yield Row(
        layouts.EHI,
        {
            "billing_code": group[:2],
            "tariff_code": group[2:],
            "position_number": position(item, terms),
            "quantity": stated.quantity,
            "unit": unit_key(item, terms.settings),
            "unit_price": stated.unit_price,
            "service_date": item.service_from,
            "aid_kind": details.aid_mark,
            "inventory_number": details.inventory_number,
            "product_detail": product_feature(item, terms),
            "application_site": details.application_site,
            "kilometres": details.kilometres,
            "starts_at": details.time_from,
            "ends_at": details.time_to,
            "minutes": details.minutes,
            "supply_from": supply_from,
            "supply_to": supply_to,
        },
        item,
    )
    words = text(item, terms.receiver)
    if words:
        yield Row(layouts.TXT, {"text": words}, item)
    if stated.vat_rate is not None:
        yield Row(layouts.MWS, {"vat_rate": stated.vat_rate, "vat_amount": stated.vat}, item)


def supply_period(item: BillingItem, receiver: Receiver) -> tuple[object, object]:
    """Beginning and end of the supply period; for some receivers the service period where it is empty."""
    details = details_of(item)
    if (
        receiver.billing_period_as_supply_period
        and details.supply_from is None
        and details.supply_to is None
        and item.service_to is not None
    ):
        return item.service_from, item.service_to
    return details.supply_from, details.supply_to


def _shares(lines: Sequence[BillingItem]) -> tuple[int, int, int]:
    """(copayment, own share, surcharge) of these lines, in cents."""
    sums = dict.fromkeys(SplitKind, 0)
    for line in lines:
        for split in line.splits:
            sums[split.kind] += split.amount
    return sums[SplitKind.COPAYMENT], sums[SplitKind.OWN_SHARE], sums[SplitKind.SURCHARGE]


def _sums(aid: int, group: Sequence[BillingItem]) -> tuple[list[Row], Row]:
    """The ZUH of an aid, if the client pays anything, and its MEH, which is always there."""
    copayment, own_share, surcharge = _shares(group)
    zuh: list[Row] = []
    if copayment or own_share:
        values = {
            "aid_mark": aid,
            "gross_amount": sum(line.gross for line in group),
            "copayment_kind": of_aid(group, "copayment_kind"),
            "copayment": copayment or None,
            "own_share": own_share or None,
            "supply_months": of_aid(group, "supply_months"),
        }
        zuh.append(Row(layouts.ZUH, values, group[0]))
    return zuh, Row(layouts.MEH, {"extra_costs": surcharge}, group[0])


def of_aid(group: Sequence[BillingItem], name: str) -> object:
    """A fact of the aid: as the first of its lines that states it."""
    return next((value for line in group if (value := getattr(line.details, name))), None)


def _prescription(item: BillingItem, details: Details) -> Iterator[Row]:
    yield Row(
        layouts.ZHI,
        {
            "practice_number": details.bsnr,
            "physician_number": details.lanr,
            "prescribed_on": details.prescribed_on,
            "copayment_mark": details.copayment_mark,
            "accident": details.accident,
            "compensation": details.social_compensation,
            "prescription_feature": details.prescription_feature,
            "recommender_number": details.employee_number,
            "recommender_ik": details.recommender_ik,
        },
        item,
    )
    for diagnosis in details.diagnoses:
        yield Row(layouts.DIA, {"diagnosis_code": diagnosis.code, "diagnosis_text": diagnosis.text}, item)
    if details.approval_number or details.approved_on or details.approval_kind:
        approval: dict[str, object] = {
            "approval_number": details.approval_number,
            "approved_on": details.approved_on,
            "approval_kind": details.approval_kind,
        }
        yield Row(layouts.SKZ, approval, item)
