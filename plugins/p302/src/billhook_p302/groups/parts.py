"""Segments that several groups have, and how prices, positions and texts of a line become their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from billhook.identifiers import pzn
from billhook.model import BillingItem, SplitKind
from billhook.money import round_cents
from billhook_p302 import layouts
from billhook_p302.codes.prescription import PROVISIONAL_APPROVALS, PSEUDO, wire_status
from billhook_p302.details import Details
from billhook_p302.groups.structure import Amount, Closing, Compute, Part, Row, Table, Terms
from billhook_p302.settings import PositionPriority, Provider, Receiver, Settings

details_of: Callable[[BillingItem], Details] = attrgetter("details")
"""The item's §302 fields; the core hands this scheme only items that have them."""


def voucher_number(item: BillingItem) -> str:
    """The number on the original document (Belegnummer)."""
    return details_of(item).voucher_number or item.voucher


# --- The price of a line ----------------------------------------------------------------------------------------------


class Price(NamedTuple):
    """Quantity and price as a position and MWS carry them; `unit_price` and `vat` in cents, `vat_rate` None without MWS.

    `unit_price` is a Decimal where it is no whole number of cents: such a line cannot be written.
    """

    quantity: Decimal
    unit_price: int | Decimal
    vat_rate: Decimal | None
    vat: int


_ONE = Decimal(1)


def states_vat(item: BillingItem, terms: Terms) -> bool:
    """True when the line's VAT stands beside its price (MWS)."""
    return bool(item.vat_rate) and terms.group.vat and terms.receiver.vat_per_line


def price(item: BillingItem, terms: Terms) -> Price:
    """How the line's price is stated to this receiver.

    A net price with VAT per line is what TA1 has (MWS) in groups that know VAT. A receiver may want gross prices, or
    quantity 1 at the line's amount ("statische 1"). In each case quantity × price plus VAT comes to the item's own gross.
    """
    with_vat = states_vat(item, terms)
    rate, vat = (item.vat_rate, item.vat) if with_vat else (None, 0)
    if terms.receiver.static_one:
        return Price(_ONE, item.net if with_vat else item.gross, rate, vat)
    if item.vat_rate and not with_vat:
        return Price(
            item.quantity, whole(Decimal(item.gross) / item.quantity if item.quantity else Decimal(0)), None, 0
        )
    return Price(item.quantity, whole(item.unit_price.scaleb(2)), rate, vat)


def whole(cents: Decimal) -> int | Decimal:
    """The amount as a whole number of cents where it is one."""
    return int(cents) if cents == cents.to_integral_value() else cents


def _quantity(item: BillingItem, terms: Terms) -> object:
    return _ONE if terms.receiver.static_one else item.quantity


def _unit_price(item: BillingItem, terms: Terms) -> object:
    return price(item, terms).unit_price


# --- What a line is ---------------------------------------------------------------------------------------------------


def provider_group(item: BillingItem, provider: Provider) -> str:
    """The provider group key (LEGS) of the line."""
    details = details_of(item)
    return details.provider_group or (
        provider.key_of(details.service_group) if details.service_group else provider.provider_group
    )


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


def service_end(item: BillingItem, terms: Terms) -> object:  # noqa: ARG001  # as Compute asks
    """The last day of a service; a service of a single day ends on it."""
    return item.service_to or item.service_from


def _billing_code(item: BillingItem, terms: Terms) -> object:
    return provider_group(item, terms.provider)[:2]


def _tariff_code(item: BillingItem, terms: Terms) -> object:
    return provider_group(item, terms.provider)[2:]


LINE: Mapping[str, str] = {
    "billing_code": "details.provider_group",
    "tariff_code": "details.provider_group",
    "position_number": "code",
    "quantity": "quantity",
    "unit_price": "unit_price",
}
"""What the segment of a position has in every group."""

LINE_COMPUTED: Mapping[str, Compute] = {
    "billing_code": _billing_code,
    "tariff_code": _tariff_code,
    "quantity": _quantity,
    "unit_price": _unit_price,
}

TIMES: Mapping[str, str] = {
    "starts_at": "details.time_from",
    "ends_at": "details.time_to",
    "minutes": "details.minutes",
}

# --- Copayment of a unit: groups B and G to N -------------------------------------------------------------------------


def cents_of(amount: Decimal | None) -> int | Decimal | None:
    """An amount in currency units as cents; a Decimal where it has parts of one, None for none."""
    return None if amount is None else whole(amount.scaleb(2))


def unit_copayment(item: BillingItem, terms: Terms) -> object:
    """The copayment by percent of what the position states as one unit; None where there is none."""
    stated = cents_of(details_of(item).unit_copayment)
    if stated and isinstance(stated, int) and terms.receiver.static_one:
        return percentage(item)
    return stated or None


def percentage(item: BillingItem) -> int:
    """What the client pays of the line by percent, in cents: unit copayment × quantity, rounded (TA1 V21 5.5.3.3 BES)."""
    unit = details_of(item).unit_copayment
    return round_cents(unit * item.quantity) if unit else 0


def flat(item: BillingItem) -> int:
    """The flat copayment that the line carries, in cents."""
    amount = details_of(item).flat_copayment
    return round_cents(amount) if amount else 0


UNIT_COPAYMENT: Mapping[str, str] = {"copayment": "details.unit_copayment"}


# --- Sums -------------------------------------------------------------------------------------------------------------


def gross_total(lines: Sequence[BillingItem]) -> int:
    """Everything that the lines cost."""
    return sum(line.gross for line in lines)


def share_total(kind: SplitKind) -> Amount:
    """What the client bears of this kind; None for nothing."""

    def total(lines: Sequence[BillingItem]) -> int | None:
        return shares_of(lines)[kind] or None

    return total


def percentage_total(lines: Sequence[BillingItem]) -> int | None:
    """Copayments by percent; None for none."""
    return sum(percentage(line) for line in lines) or None


def flat_total(lines: Sequence[BillingItem]) -> int | None:
    """Flat copayments; None for none."""
    return sum(flat(line) for line in lines) or None


def shares_of(lines: Sequence[BillingItem]) -> dict[SplitKind, int]:
    """What the client bears of these lines by kind, in cents."""
    sums = dict.fromkeys(SplitKind, 0)
    for line in lines:
        for split in line.splits:
            sums[split.kind] += split.amount
    return sums


SUM_PLACES: Mapping[str, str] = {
    "gross_total": "unit_price",
    "copayment_total": "copayment",
    "own_share_total": "own_share",
    "extra_costs_total": "surcharge",
    "copayment_percentage": "details.unit_copayment",
    "copayment_flat": "details.flat_copayment",
    "flat_deduction": "details.correction_deduction",
    "claimed_total": "copayment",
    "claimed_percentage": "details.unit_copayment",
    "claimed_flat": "details.flat_copayment",
}

GROSS_ONLY = Closing(layouts.BES, {"gross_total": gross_total}, SUM_PLACES)
"""BES of groups without a copayment."""


# --- Text and VAT -----------------------------------------------------------------------------------------------------

TXT = Table(layouts.TXT, {"text": "text"}, later=("text",))
MWS = Table(layouts.MWS, {"vat_rate": "vat_rate", "vat_amount": "vat_rate"}, later=("vat_rate", "vat_amount"))


def _text_rows(item: BillingItem, terms: Terms) -> Iterator[Row]:
    words = text(item, terms.receiver)
    if words:
        yield Row(layouts.TXT, {"text": words}, item, TXT.places)


def _vat_rows(item: BillingItem, terms: Terms) -> Iterator[Row]:
    if states_vat(item, terms):
        yield Row(layouts.MWS, {"vat_rate": item.vat_rate, "vat_amount": item.vat}, item, MWS.places)


TEXT = Part(TXT, _text_rows)
"""TXT, where there is anything to say."""

VAT = Part(MWS, _vat_rows)
"""MWS, where VAT is put on top of the price."""


# --- Insured person and voucher ---------------------------------------------------------------------------------------


def insurance_number(item: BillingItem, receiver: Receiver) -> str:
    """The client's insurance number, or the one that stands for all clients (Zentrale KV-Versicherungsnummer)."""
    return receiver.fixed_insurance_number or item.client.insurance_number


INV = Table(
    layouts.INV,
    {
        "insurance_number": "client.insurance_number",
        "insured_status": "client.insurance_status",
        "voucher_info": "details.document_info",
        "voucher_number": "details.voucher_number",
        "care_programme": "details.special_care",
    },
    computed={
        "insurance_number": lambda item, terms: insurance_number(item, terms.receiver),
        "insured_status": lambda item, _: wire_status(item.client.insurance_status),
        "voucher_info": lambda item, terms: item.details.document_info or terms.receiver.document_info,
        "voucher_number": lambda item, _: voucher_number(item),
    },
)
URI = Table(
    layouts.URI,
    {
        "original_provider_ik": "details.original_provider",
        "original_collective_invoice_number": "details.original_number",
        "original_single_invoice_number": "details.original_ordinal",
        "original_invoice_date": "details.original_date",
        "original_voucher_number": "details.original_voucher_number",
    },
    computed={"original_single_invoice_number": lambda item, _: item.details.original_ordinal or "0"},
)
NAD = Table(
    layouts.NAD,
    {
        "last_name": "client.family_name",
        "first_name": "client.given_name",
        "birth_date": "client.birth_date",
        "street": "client.street",
        "postcode": "client.postal_code",
        "city": "client.city",
        "country": "client.country",
    },
    computed={"birth_date": lambda item, _: item.client.birth_date or item.details.birth_date_text},
)
IMG = Table(
    layouts.IMG,
    {"year": "details.image_month", "month": "details.image_month", "maker_ik": "details.image_ik"},
    computed={
        "year": lambda item, _: item.details.image_month[:4],
        "month": lambda item, _: item.details.image_month[4:],
    },
)
EVO = Table(layouts.EVO, {"prescription_id": "details.prescription_id"})
"""Segments that begin a voucher in every group (TA1 V21 5.5.3.1)."""

# --- Diagnoses and approvals ------------------------------------------------------------------------------------------

DIA = Table(layouts.DIA, {"diagnosis_code": "code", "diagnosis_text": "text"}, entries="details.diagnoses")


def _number(approval: str, kind: str) -> str:
    """The payer's number; a provisional approval has none yet, and `Pseudo` stands for it."""
    return approval or (PSEUDO if kind in PROVISIONAL_APPROVALS else "")


SKZ = Table(
    layouts.SKZ,
    {
        "approval_number": "details.approval_number",
        "approved_on": "details.approved_on",
        "approval_kind": "details.approval_kind",
    },
    computed={
        "approval_number": lambda item, _: _number(item.details.approval_number, item.details.approval_kind),
        "approved_on": lambda item, _: (
            item.details.approved_on
            or (item.details.prescribed_on if item.details.approval_kind in PROVISIONAL_APPROVALS else None)
        ),
    },
)
"""The approval that stands in the item itself."""

SKZ_FURTHER = Table(
    layouts.SKZ,
    {"approval_number": "number", "approved_on": "approved_on", "approval_kind": "kind"},
    computed={"approval_number": lambda approval, _: _number(approval.number, approval.kind)},
    entries="details.further_approvals",
)

DIA_OF_FURTHER = Table(DIA.layout, DIA.paths, entries="details.further_prescriptions")
SKZ_OF_FURTHER = Table(
    layouts.SKZ, SKZ_FURTHER.paths, computed=SKZ_FURTHER.computed, entries="details.further_prescriptions"
)
"""Diagnoses and approvals of one more prescription."""


def prescription(*names: str) -> Mapping[str, str]:
    """Fields of a prescription's segment → where they stand in an item, or in one more prescription of it."""
    return {name: f"details.{_PRESCRIPTION.get(name, name)}" for name in names}


def further(paths: Mapping[str, str]) -> Mapping[str, str]:
    """The same paths in one more prescription."""
    return {name: path.removeprefix("details.") for name, path in paths.items()}


_PRESCRIPTION: Mapping[str, str] = {
    "practice_number": "bsnr",
    "physician_number": "lanr",
    "compensation": "social_compensation",
}
