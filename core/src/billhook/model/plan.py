"""Plans: what is delivered and what is billed, decoupled, each as lines with dated slots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class SlotState(StrEnum):
    """How far a slot is. Deliveries end at `delivered`, billings at `invoiced`."""

    PREVIEW = "preview"
    PLANNED = "planned"
    FIXED = "fixed"
    DELIVERED = "delivered"
    INVOICED = "invoiced"


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What a case period delivers (Lieferplanzeile): article, quantity, and the interval as a date formula (`1M`)."""

    id: int
    case_period: int
    article: str
    quantity: Decimal
    start: date
    end: date | None = None
    interval: str = ""


@dataclass(frozen=True, slots=True)
class DeliverySlot:
    """One dated delivery of a line (Lieferplaneinteilung)."""

    id: int
    line: int
    due: date
    quantity: Decimal
    state: SlotState = SlotState.PLANNED
    block: str = ""


@dataclass(frozen=True, slots=True)
class BillingLine:
    """What a case period bills, and to whom (Abrechnungsplanzeile). `delivery_line` is None for what has no delivery."""

    id: int
    case_period: int
    payer: int | None
    article: str
    delivery_line: int | None = None


@dataclass(frozen=True, slots=True)
class BillingSlot:
    """One dated billing of a line (Abrechnungsplaneinteilung): the invoice line that is expected. `block` names what holds it."""

    id: int
    line: int
    period_start: date
    period_end: date
    state: SlotState = SlotState.PLANNED
    block: str = ""
