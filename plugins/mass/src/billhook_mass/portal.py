"""The portal's word on an uploaded file: what a person read on the screen, or what another program wrote down.

    {"mass_portal_result": 1, "file": "E-0815_202603_0001.csv", "sha256": "…", "result": "accepted", "receipt": "4711"}

`result` is accepted (the portal took the file in) or rejected (as a whole). Whether the portal has a protocol to download is not
known; so this form is ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from billhook.model import Finding, Outcome, Verdict
from billhook.scheme import Description
from billhook_mass import rules
from billhook_mass.rendering import DATA

MARK = "mass_portal_result"
LARGEST = 100_000
"""Bytes; a result is a few lines."""


class PortalResult(BaseModel):
    """What the portal said of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mass_portal_result: Literal[1] = 1
    file: str = Field(min_length=1, max_length=200, description="name of the file that was uploaded")
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$", description="its checksum, where it is known")
    result: Literal["accepted", "rejected"] = Field(description="what the portal said")
    receipt: str = Field("", max_length=200, description="the portal's own number of the upload")
    text: str = Field("", max_length=2000, description="what else it said")
    happened: datetime | None = Field(None, description="when")


def is_result(content: bytes) -> bool:
    """True when the bytes look like such a file."""
    return content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and MARK.encode() in content[:400]


def read_result(content: bytes) -> PortalResult | None:
    """The result; None where the file is none, or a bad one."""
    if len(content) > LARGEST:
        return None
    try:
        return PortalResult.model_validate_json(content)
    except ValidationError:
        return None


def outcomes(content: bytes) -> Iterator[Outcome]:
    """What it says of the exchange. It speaks of the file, never of the paper that goes along in a pilot."""
    said = read_result(content)
    if said is None:
        return
    verdict = Verdict.RECEIVED if said.result == "accepted" else Verdict.REJECTED
    codes = ("portal",) if verdict is Verdict.REJECTED else ()
    yield Outcome(verdict, exchange=said.file, codes=codes, text=said.text or said.receipt, about=DATA)


def result_bytes(result: PortalResult) -> bytes:
    """The file of a result that a person entered."""
    return (json.dumps(result.model_dump(mode="json"), ensure_ascii=False, sort_keys=True) + "\n").encode()


class PortalResultFormat:
    """A result of the portal."""

    key = "mass-portal-result"
    title = "Result of the MASS portal (JSON, as billhook mass outbox result writes it)"

    def sniff(self, head: bytes, name: str) -> bool:  # noqa: ARG002  # part of the contract
        """True for JSON with our mark."""
        return is_result(head)

    def describe(self, path: Path, *, mask: bool) -> Description:  # noqa: ARG002  # it names nobody
        """The result in words."""
        said = read_result(path.read_bytes()[: LARGEST + 1])
        facts: Mapping[str, str] = (
            {} if said is None else {"file": said.file, "result": said.result, "receipt": said.receipt}
        )
        findings = list(self.verify(path))
        data = {} if said is None else said.model_dump(mode="json")
        return Description(
            "mass",
            "result of the portal",
            "1",
            {},
            facts,
            [(0, f"{name} {value}") for name, value in facts.items()],
            findings,
            data,
        )

    def verify(self, path: Path) -> Iterator[Finding]:
        """What is wrong with it."""
        if read_result(path.read_bytes()[: LARGEST + 1]) is None:
            yield rules.NO_RESULT.at(file=path.name)
