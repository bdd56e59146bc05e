"""Why payers cut (Rückgabegründe): the provider's own list of reasons, each with the probability that the money comes after all.

A small list is built in; `[deductions.reasons]` in billhook.toml changes it and adds to it, and says which codes of payers mean a
reason. A code that means none is kept as the payer wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from billhook.billing.problems import UnknownThing
from billhook.store import ConfigError, Workspace
from billhook.store.workspace import CONFIG
from billhook.words import words


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason: what it is called, how likely the money comes after all in percent, and which codes of payers mean it."""

    key: str
    text: str
    probability: int
    codes: tuple[str, ...] = ()


BUILT_IN = (
    Reason("mark-wrong", "a mark of the bill is wrong or missing (LKZ, LEGS, position number)", 100),
    Reason("amount-wrong", "the amount is not the agreed one", 20),
    Reason("approval-missing", "the approval is missing", 90),
    Reason("prescription-wrong", "the prescription is wrong", 90),
    Reason("prescription-missing", "the prescription is missing", 90),
    Reason("client-deceased", "the client had died", 10),
)
"""What every provider meets."""


class _Written(BaseModel):
    """A row of [deductions.reasons]."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str
    probability: int = Field(default=100, ge=0, le=100)
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasons:
    """All reasons by key."""

    by_key: Mapping[str, Reason]
    _by_code: Mapping[str, Reason] = field(default_factory=dict)

    @classmethod
    def of(cls, workspace: Workspace) -> Self:
        """The built-in ones, and those of billhook.toml.

        Raises:
            ConfigError: one there is wrong.
        """
        found = {reason.key: reason for reason in BUILT_IN}
        for key, written in (workspace.section("deductions", "reasons") or {}).items():
            try:
                row = _Written.model_validate(written)
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                name = ".".join(("deductions", "reasons", key, *(str(part) for part in first["loc"])))
                raise ConfigError(workspace.path / CONFIG, name, None, first["msg"]) from None
            found[key] = Reason(key, row.text, row.probability, row.codes)
        return cls(found, {code: reason for reason in found.values() for code in reason.codes})

    def get(self, key: str) -> Reason:
        """The reason of this key.

        Raises:
            UnknownThing: there is none; the message names those that there are.
        """
        if key not in self.by_key:
            message = words("there is no reason {key!r}; there are: {known}", key=key, known=", ".join(self.by_key))
            raise UnknownThing(message)
        return self.by_key[key]

    def of_codes(self, codes: Iterable[str]) -> Reason | None:
        """The reason that the payer's codes mean: the first that is known."""
        return next((self._by_code[code] for code in codes if code in self._by_code), None)
