"""How the files of a batch are handed over: data file and order file together, by mail as GGT Anlage 7 has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from billhook.model import StoredArtifact
from billhook.scheme import Context, Delivery
from billhook_p302.batching import FileKey
from billhook_p302.requests import plain
from billhook_p302.settings import Settings

PAIR = ("data", "order")
"""The roles that travel, in the order in which they are laid down: whoever sees the order file finds its data."""


def delivery(file_key: tuple[str, ...], artifacts: Sequence[StoredArtifact], ctx: Context) -> Delivery | None:
    """Channel and mail of a file; None when its receiver's settings name no channel.

    A mail has exactly two attachments, the order file first (GGT Anlage 7 3.2.1). Folders and servers get the order file
    last, so that nobody fetches it without its data.
    """
    key = FileKey(*file_key)
    if not key.channel:
        return None
    pair = [one for role in PAIR for one in artifacts if one.role == role]
    mail = {
        "to": key.email,
        "subject": key.sender,
        "sender_name": key.sender,
        "attachments": tuple(one.name for one in reversed(pair)),
        "body": body(key, list(reversed(pair)), ctx),
    }
    return Delivery(key.channel, tuple(one.name for one in pair), mail)


def body(key: FileKey, attached: Sequence[StoredArtifact], ctx: Context) -> str:
    """The mail's text: a line for each attachment, then who sends (GGT Anlage 7 3.2.1, MESSAGE BODY)."""
    settings = cast(Settings, ctx.settings)
    made = f"{ctx.now:%Y%m%d:%H%M%S}"
    lines = [f"{one.name}, {one.size if one.sealed_size is None else one.sealed_size}, {made}" for one in attached]
    provider, contact = settings.provider(key.sender), settings.receiver(key.data_centre, "").contact
    firm = provider.name if provider else settings.biller_name
    lines += [text for text in (plain(firm), plain(contact.name), contact.email, contact.phone) if text]
    return "".join(f"{line}\n" for line in lines)
