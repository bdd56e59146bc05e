"""Info requests: a document or a fact that must arrive before something may be delivered or billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class RequestState(StrEnum):
    """Where a request stands. Only `answered` and `not_necessary` release what waits for it."""

    CREATED = "created"
    SENT = "sent"
    ANSWERED = "answered"
    REFUSED = "refused"
    NOT_NECESSARY = "not_necessary"


@dataclass(frozen=True, slots=True)
class InfoRequest:
    """A request for a document or fact (Informationsanforderung): an approval, a prescription in the original, a consent."""

    id: int
    case: int
    document_kind: str
    state: RequestState
    blocks_delivery: bool = False
    blocks_billing: bool = True
    due: date | None = None
    answer_reference: str = ""
