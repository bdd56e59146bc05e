"""Ways to hand files over to a payer: folder, e-mail, HTTPS with a client certificate, SFTP.

A channel either hands over everything and returns a receipt, or raises. `NotHandedOver` says that for certain nothing
arrived; any other exception means that nobody knows, and then the files must not be sent again by a program.
"""

from __future__ import annotations

from billhook.channels.folder import FolderChannel
from billhook.channels.https import HttpsChannel
from billhook.channels.mail import MailChannel
from billhook.channels.problems import ChannelRefused, NotHandedOver
from billhook.channels.sftp import SftpChannel
from billhook.hookspecs import Channel

__all__ = ["ChannelRefused", "FolderChannel", "HttpsChannel", "MailChannel", "NotHandedOver", "SftpChannel", "built_in"]


def built_in() -> tuple[Channel, ...]:
    """The channels that need no plugin."""
    return (FolderChannel(), MailChannel(), HttpsChannel(), SftpChannel())
