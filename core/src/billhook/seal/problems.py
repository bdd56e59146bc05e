"""What may stop a file from being sealed or opened: exceptions whose text says what to mend, never what is in the file."""

from __future__ import annotations

from billhook.words import words


class SealProblem(Exception):
    """Something about keys, certificates or a sealed file is wrong. `mend` says what to do about it."""

    def __init__(self, message: str, mend: str = "") -> None:
        super().__init__(words("{message}; {mend}", message=message, mend=mend) if mend else message)
        self.message = message
        self.mend = mend


class BrokenSeal(SealProblem):
    """A sealed file cannot be trusted: it is damaged, or the signature does not fit the content or the signer."""


class NotForUs(SealProblem):
    """A sealed file is encrypted for other certificates than ours."""


class NoCertificate(SealProblem):
    """There is no certificate for a party that could be used on the day."""


class NoKey(SealProblem):
    """There is no private key, or it has no certificate yet."""


class WrongPassphrase(SealProblem):
    """The passphrase does not open the private key, or none was given."""
