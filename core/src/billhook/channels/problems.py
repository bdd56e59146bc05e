"""What a channel raises when it is certain that nothing was handed over, and how channels read their settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from billhook.words import words

Read = TypeVar("Read", bound=BaseModel)


class NotHandedOver(Exception):
    """Nothing arrived, for certain, so the files may be sent again. `again`: soon, as it may just have been the moment."""

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


class ChannelRefused(NotHandedOver):
    """The receiver, or the channel's own settings, do not allow it; it will not be better the next minute."""


def read_settings(kind: str, model: type[Read], settings: Mapping[str, Any]) -> Read:
    """A channel's settings, validated. Raises ChannelRefused, which names the key and never a value."""
    try:
        return model.model_validate(dict(settings))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = words(
            "channel {kind}: {where}: {reason}; mend it in billhook.toml under [channels]",
            kind=kind,
            where=where,
            reason=first["msg"],
        )
        raise ChannelRefused(message) from None
