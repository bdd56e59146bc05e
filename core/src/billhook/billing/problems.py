"""What stops a whole step of billing, as exceptions. What is wrong with one item or one row is a finding, never one
of these.
"""

from __future__ import annotations

from collections.abc import Sequence

from billhook.plugins import PluginFailed
from billhook.words import words


class BillingProblem(Exception):
    """A step cannot be done; the message says why and what to do."""


class NoVersion(BillingProblem):
    """The scheme has no version of the payer's format for the day of the run."""

    def __init__(self, scheme: str, day: str) -> None:
        super().__init__(
            words(
                "the scheme {scheme!r} knows no version of the payer's format that may be written "
                "on {day}; upgrade it: pip install --upgrade billhook-{distribution}",
                scheme=scheme,
                day=day,
                distribution=scheme.replace("_", "-"),
            )
        )
        self.scheme = scheme


def plugin_failed(plugin: str, where: str, error: BaseException) -> PluginFailed:
    """A plugin raised where no single item can be blamed, so that going on would skip what it has to say.

    The exception's own text may hold a name or an insurance number; its type does not.
    """
    return PluginFailed(plugin, f"{where} failed ({type(error).__name__}); tell its author")


class UnknownFormat(BillingProblem):
    """No installed scheme reads this file."""

    def __init__(self, name: str, formats: Sequence[str]) -> None:
        known = "; ".join(formats) or "none"
        super().__init__(
            words("no installed scheme knows the format of {name}; installed formats: {known}", name=name, known=known)
        )
        self.formats = tuple(formats)


class UnknownThing(BillingProblem):
    """There is no item, voucher, document, exchange or finding of that name."""


class CannotCorrect(BillingProblem):
    """A correction was refused; the message says which form is expected. Nothing was changed."""


class UnreadableFile(BillingProblem):
    """A file cannot be opened or read."""
