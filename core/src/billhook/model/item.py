"""Billing items: one position that a payer is asked to pay, from the moment it is known until it is settled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel


class ItemState(StrEnum):
    """draft → checked | faulty → batched → sent → accepted | rejected | reduced → settled, with closed as the way out.

    `corrected` is an item that was changed since its last check. `superseded` is one that a follow-up item replaced.
    """

    DRAFT = "draft"
    FAULTY = "faulty"
    CORRECTED = "corrected"
    CHECKED = "checked"
    BATCHED = "batched"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REDUCED = "reduced"
    SETTLED = "settled"
    CLOSED = "closed"
    SUPERSEDED = "superseded"


TO_BE_CHECKED = (ItemState.DRAFT, ItemState.FAULTY, ItemState.CORRECTED)
"""States in which a check run looks at an item; the rest is clean or gone."""

OPEN_STATES = (*TO_BE_CHECKED, ItemState.CHECKED)
"""States in which an item may still be changed: no document holds it."""


class ArchiveReason(StrEnum):
    """Why an item stands in the archive (Archivierungsgrund); one that is open stands in none.

    `billed` left in a file (eAbrechnung). `deleted` was deleted before it left (Gelöscht). `repeated` was billed again by
    another item (eAbr. wiederholt), `billed-deleted` was taken back after it left (eAbr. gelöscht).
    """

    BILLED = "billed"
    DELETED = "deleted"
    REPEATED = "repeated"
    BILLED_DELETED = "billed-deleted"


class SplitKind(StrEnum):
    """What the client bears (Abrechnungsaufteilung).

    The copayment (gesetzliche Zuzahlung) and the own share (Eigenanteil) reduce what the payer is asked for; the surcharge
    (Mehrkosten, Aufzahlung) is agreed with the client on top and does not.
    """

    COPAYMENT = "copayment"
    OWN_SHARE = "own_share"
    SURCHARGE = "surcharge"


@dataclass(frozen=True, slots=True)
class Split:
    """A part of the price that the client bears, in cents."""

    kind: SplitKind
    amount: int


@dataclass(frozen=True, slots=True)
class Client:
    """The client as this item knows them: a snapshot, so that what was billed stays as it was billed.

    `number` is the provider's own number of the master record (empty: there is none). `insurance_number` is the number at
    the payer (KVNR, INSZ, …), `insurance_status` as the payer's card states it.
    """

    number: str = ""
    family_name: str = ""
    given_name: str = ""
    birth_date: date | None = None
    insurance_number: str = ""
    insurance_status: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class BillingItem:
    """One position of one voucher (Abrechnungsposten).

    Identity: `id` is ours; (`scheme`, `provider`, `number`) is the source's and unique. Items of one `voucher` (Beleg: the
    prescription or the provider's own invoice) leave together or not at all; `line` orders them in it.

    Money: `unit_price` in currency units, as many decimals as the source has; with a `vat_rate` (percent) it is net, without
    one it is what the payer pays. `net`, `vat`, `gross` are the line's amounts in integer cents, computed by
    `billhook.money.line_amount` whenever the item is stored.

    `payer` is the payer as the voucher names it (for §302 the IK on the insurance card); `code` the position that is billed,
    `unit` the provider's own unit. `details` is an instance of the scheme's `Details`.
    `kind` is empty for an original and otherwise one of the scheme's correction kinds; `corrects` is then the item before it.
    `source` is where it came from: `file:line`.
    """

    id: int
    scheme: str
    number: str
    provider: str
    voucher: str
    line: int
    payer: str
    client: Client
    code: str
    text: str
    service_from: date | None
    service_to: date | None
    quantity: Decimal
    unit: str
    unit_price: Decimal
    vat_rate: Decimal | None
    net: int
    vat: int
    gross: int
    splits: tuple[Split, ...]
    details: BaseModel
    state: ItemState = ItemState.DRAFT
    line_ok: bool = False
    document_ok: bool = False
    client_id: int | None = None
    case_id: int | None = None
    case_number: str = ""
    slot_id: int | None = None
    kind: str = ""
    corrects: int | None = None
    source: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def share(self, kind: SplitKind) -> int:
        """What the client bears of this kind, in cents."""
        return sum(split.amount for split in self.splits if split.kind is kind)

    @property
    def billed(self) -> int:
        """What the payer is asked for, in cents: gross less copayment and own share."""
        return self.gross - sum(split.amount for split in self.splits if split.kind is not SplitKind.SURCHARGE)
