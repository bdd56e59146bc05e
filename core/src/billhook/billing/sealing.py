"""Sealing what was rendered, for receivers that want it: signed with the sender's key, encrypted for the receiver.

The scheme says who signs and for whom; keys and certificates are in the workspace's folder `keys`. A private key is
opened once a run, with a passphrase that the caller has, and never written or logged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from billhook import seal as cms
from billhook.billing.contexts import context_of
from billhook.billing.problems import NoVersion
from billhook.model import ExchangeState, Finding, ItemState, Rule, Severity
from billhook.scheme import Context, Scheme, Sealing
from billhook.store import ConfigError, Workspace, tables
from billhook.store.encoding import moment_text, split_key
from billhook.words import words

FOLDER = "keys"
"""The folder of a workspace with keys and certificates."""


def key_store(workspace: Workspace) -> cms.KeyStore:
    """The workspace's keys and certificates."""
    return cms.KeyStore(workspace.path / FOLDER)


def sealing_of(scheme: Scheme, file_key: tuple[str, ...], context: Context) -> Sealing | None:
    """What the scheme's optional `sealing` says of a file; None when the file leaves as it is."""
    says = getattr(scheme, "sealing", None)
    found = None if says is None else says(file_key, context)
    if found is not None and not isinstance(found, Sealing):
        message = f"the scheme {scheme.key} says no proper sealing"
        raise TypeError(message)
    return found


def signers(workspace: Workspace, scheme: str | None = None) -> list[str]:
    """Whose private keys an export now might need: parties, in order. Empty when there is nothing to bill or to seal."""
    found: set[str] = set()
    with workspace.database.read() as connection:
        for key, driver in workspace.schemes.items():
            says = getattr(driver, "signers", None)
            if says is None or (scheme is not None and scheme != key) or not _waits(connection, key):
                continue
            found.update(says(workspace.settings(key)))
    return sorted(found)


def _waits(connection: Connection, scheme: str) -> bool:
    item, exchange = tables.item, tables.exchange
    clean = sa.select(item.c.id).where(
        item.c.scheme == scheme, item.c.state == ItemState.CHECKED.value, item.c.document_ok
    )
    fixed = sa.select(exchange.c.id).where(exchange.c.scheme == scheme, exchange.c.state == ExchangeState.FIXED.value)
    return any(connection.execute(each.limit(1)).first() is not None for each in (clean, fixed))


def certificate_reminders(workspace: Workspace, connection: Connection, moment: datetime) -> list[Finding]:
    """What is to be said about the certificates that are in use: our own, and those of whom files were sealed for.

    Empty where nothing is sealed here.
    """
    if not (workspace.path / FOLDER).is_dir():
        return []
    keys = key_store(workspace)
    findings = []
    for party in sorted({own.party for own in keys.own_keys() if own.certificate is not None}):
        try:
            findings += _ending(keys.own_key(party, moment)[1])
        except cms.SealProblem as problem:
            findings.append(UNUSABLE.at(value=party, what=str(problem)))
    for party in sorted(_recipients(workspace, connection, moment)):
        try:
            findings += _ending(keys.receiver(party, moment)[1])
        except cms.SealProblem as problem:
            findings.append(UNUSABLE.at(value=party, what=str(problem)))
    findings += keys.revocations.outdated(moment)
    return list({(finding.code, finding.value): finding for finding in findings}.values())


def _ending(findings: list[Finding]) -> list[Finding]:
    """What wants something to be done now; every export tells the rest."""
    return [finding for finding in findings if finding.code == _ENDS_SOON]


_ENDS_SOON = "SEAL-CERT-003"
"""`certificates.ENDS_SOON`, whose module takes a tenth of a second to import."""

UNUSABLE = Rule(
    "SEAL-KEY-001",
    Severity.WARNING,
    "Nothing can be sealed with the certificate of {value}: {what}.",
    "Import the current list of the trust centre, or request a new certificate.",
    "GGT Anlage 16",
)
"""The next export would fail."""

_IN_USE = timedelta(days=400)
"""How long after its last file a receiver still counts."""


def _recipients(workspace: Workspace, connection: Connection, moment: datetime) -> set[str]:
    exchange = tables.exchange
    since = moment_text(moment - _IN_USE)
    statement = sa.select(exchange.c.scheme, exchange.c.file_key).where(exchange.c.created >= since).distinct()
    found: set[str] = set()
    contexts: dict[str, Context] = {}
    for row in connection.execute(statement).all():
        scheme = workspace.schemes.get(row.scheme)
        if scheme is None or getattr(scheme, "sealing", None) is None:
            continue
        if scheme.key not in contexts:
            try:
                contexts[scheme.key] = context_of(workspace, connection, scheme, moment)
            except (ConfigError, NoVersion):
                # One that is not set up seals nothing; the next export says why.
                continue
        sealing = sealing_of(scheme, split_key(row.file_key), contexts[scheme.key])
        found.update(() if sealing is None else sealing.recipients)
    return found


def _clock() -> datetime:
    return datetime.now(UTC)


class Sealer:
    """Seals the files of one run."""

    def __init__(
        self,
        keys: cms.KeyStore,
        ask: Callable[[str], str] | None = None,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Seal with these keys.

        Args:
            keys: own keys and receivers' certificates.
            ask: gives the passphrase of a party's key; without it nothing can be sealed.
            clock: when it is. Not the moment of the run: a file of an earlier run may need a certificate of today.
        """
        self._clock = clock or _clock
        self._keys = keys
        self._ask = ask
        self._opened: dict[str, cms.Identity] = {}
        self.findings: dict[tuple[str, str | None], Finding] = {}
        """Warnings about the certificates that were used, such as that one ends soon."""

    @classmethod
    def with_passphrases(
        cls, keys: cms.KeyStore, passphrases: Mapping[str, str], *, clock: Callable[[], datetime] | None = None
    ) -> Sealer:
        """A sealer that has the passphrases: party → passphrase."""

        def ask(party: str) -> str:
            if party not in passphrases:
                message = words("there is no passphrase for the key of {party}", party=party)
                raise cms.NoKey(
                    message, words("run the export where it can be asked for, or give it with --passphrase-fd")
                )
            return passphrases[party]

        return cls(keys, ask, clock=clock)

    def rehearse(self, sealing: Sealing) -> None:
        """See that everything but the passphrase is there. Raises SealProblem."""
        moment = self._clock()
        self._note(self._keys.own_key(sealing.sender, moment)[1])
        for party in sealing.recipients:
            self._note(self._keys.receiver(party, moment)[1])

    def seal(self, sealing: Sealing, content: Path) -> cms.Stream:
        """The content sealed, to be written once.

        Raises:
            SealProblem: a key or a certificate is missing, has ended, or the passphrase does not fit.
        """
        self.rehearse(sealing)
        moment = self._clock()
        recipients = [self._keys.receiver(party, moment)[0] for party in sealing.recipients]
        if sealing.sender not in self._opened:
            if self._ask is None:
                message = words(
                    "the key of {sender} is locked and nobody can be asked for its passphrase", sender=sealing.sender
                )
                raise cms.NoKey(
                    message, words("run the export where it can be asked for, or give it with --passphrase-fd")
                )
            self._opened[sealing.sender] = self._keys.identity(sealing.sender, moment, self._ask)
        return cms.seal(content, self._opened[sealing.sender], recipients, now=moment)

    def _note(self, findings: list[Finding]) -> None:
        self.findings.update(((finding.code, finding.value), finding) for finding in findings)
