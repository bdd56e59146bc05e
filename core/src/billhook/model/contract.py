"""Contracts: the rules agreed with a payer, by version. Planning works on them; billing only links to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Contract:
    """Rules agreed with a payer (Vertrag). `number` is the provider's own; `payer` a party id, None when it fits every payer."""

    id: int
    number: str
    title: str
    payer: int | None = None
    inactive: bool = False


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """A version of a contract (Vertragsversion): valid on its own, released on its own.

    `scheme` names how cases under it are billed (Abrechnungsart). `terms` holds what planning reads, by name.
    """

    id: int
    contract: int
    label: str
    scheme: str
    valid_from: date
    valid_to: date | None = None
    released: bool = False
    terms: Mapping[str, Any] = field(default_factory=dict)
