"""Findings: what is wrong with an item or a file, as data, and the rules that they come from.

A rule is declared once, in a table: its code never changes its meaning, its text can be translated, its reference page is
derived. A finding is one place where the rule was broken.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from billhook.words import Words

CODE_PATTERN = re.compile(r"^[A-Z][A-Z0-9]{1,7}-[A-Z][A-Z0-9]{1,7}-\d{3}$")
"""How every code looks: scheme or module, subject, three digits – `P302-EHI-007`."""


class Severity(StrEnum):
    """How much a finding weighs. Only an error holds the voucher back."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where it is, and how to mend it.

    `item` is the id of the billing item (None for a file that is not ours); `field` is a dotted path into the item
    (`details.prescribed_on`, `client.birth_date`, `quantity`). `file`, `line`, `segment`, `element` say where it stands in a
    file: line and segment count from 1, element counts from 1 after the segment's tag. `value` is the offending value as it
    was found, never a name or an insurance number when the finding is logged (see `masked`).
    """

    code: str
    severity: Severity
    message: str
    mend: str = ""
    source: str = ""
    item: int | None = None
    field: str | None = None
    value: str | None = None
    suggestion: str | None = None
    file: str | None = None
    line: int | None = None
    segment: int | None = None
    tag: str | None = None
    element: int | None = None
    # `field` is the name of a field above, so the function goes by its module's name.
    params: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """True when the finding holds its voucher back."""
        return self.severity is Severity.ERROR

    def masked(self) -> Finding:
        """The same finding fit for a log or a support mail: where it is and what rule, but no value."""
        return replace(
            self, value=None if self.value is None else "…", suggestion=None, message=f"rule {self.code}", params={}
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as declared: code, weight, texts with `{placeholders}`, and the row of the spec that demands it.

    `text` says what is wrong, `mend` what the clerk can do about it. Placeholders are filled from the keyword arguments of
    `at`; `{value}` is always there.
    """

    code: str
    severity: Severity
    text: str
    mend: str
    source: str

    def __post_init__(self) -> None:
        if not CODE_PATTERN.match(self.code):
            raise ValueError(f"rule code {self.code!r} does not look like P302-EHI-007")

    def at(
        self,
        item: int | None = None,
        field: str | None = None,
        value: object = None,
        *,
        suggestion: str | None = None,
        file: str | None = None,
        line: int | None = None,
        segment: int | None = None,
        tag: str | None = None,
        element: int | None = None,
        severity: Severity | None = None,
        **params: object,
    ) -> Finding:
        """The finding that this rule is broken here. `severity` overrides the declared weight where a setting allows it."""
        shown = None if value is None else str(value)
        given = {name: param if isinstance(param, Words) else str(param) for name, param in params.items()}
        filled = {"value": shown if shown is not None else "(empty)", **given}
        return Finding(
            code=self.code,
            severity=severity or self.severity,
            message=self.text.format_map(filled),
            mend=self.mend.format_map(filled),
            source=self.source,
            item=item,
            field=field,
            value=shown,
            suggestion=suggestion,
            file=file,
            line=line,
            segment=segment,
            tag=tag,
            element=element,
            params=given,
        )
