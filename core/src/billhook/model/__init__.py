"""The nouns of billing: what the core stores and every scheme talks about, free of any payer's format.

All of them are frozen dataclasses: a change is a new value that the store writes. Amounts are integer cents,
quantities and unit prices exact decimals, ids integers that the store hands out.
"""

from billhook.model.case import Case, CasePeriod, Participant
from billhook.model.contract import Contract, ContractVersion
from billhook.model.document import Document, Exchange, ExchangeState, StoredArtifact, Totals
from billhook.model.finding import Finding, Rule, Severity
from billhook.model.item import ArchiveReason, BillingItem, Client, ItemState, Split, SplitKind
from billhook.model.outcome import Outcome, Verdict
from billhook.model.party import Address, Party, PartyKind, PartyRole
from billhook.model.plan import BillingLine, BillingSlot, DeliveryLine, DeliverySlot, SlotState
from billhook.model.receivable import Deduction, DeductionAction, Receivable
from billhook.model.request import InfoRequest, RequestState

__all__ = [
    "Address",
    "ArchiveReason",
    "BillingItem",
    "BillingLine",
    "BillingSlot",
    "Case",
    "CasePeriod",
    "Client",
    "Contract",
    "ContractVersion",
    "Deduction",
    "DeductionAction",
    "DeliveryLine",
    "DeliverySlot",
    "Document",
    "Exchange",
    "ExchangeState",
    "Finding",
    "InfoRequest",
    "ItemState",
    "Outcome",
    "Participant",
    "Party",
    "PartyKind",
    "PartyRole",
    "Receivable",
    "RequestState",
    "Rule",
    "Severity",
    "SlotState",
    "Split",
    "SplitKind",
    "StoredArtifact",
    "Totals",
    "Verdict",
]
