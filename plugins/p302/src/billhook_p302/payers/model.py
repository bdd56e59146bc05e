"""The payer directory's nouns: offices, the links between them, and the ways in which they take data.

All are frozen and small: a run keeps them in memory, and they travel to worker processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when something holds (VDT), both days inclusive; None is open."""

    start: date | None = None
    end: date | None = None

    def covers(self, day: date) -> bool:
        """True when it holds on that day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def __str__(self) -> str:
        return f"{self.start or '…'} – {self.end or '…'}"


ALWAYS = Validity()
"""What holds whenever its message does."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link from an office to another one (VKG, KT V10 7.2). An empty text says that the link is not limited that way.

    `kind` 01 payer, 02 data centre without and 03 with decryption, 09 paper office. `group` is the provider group (5
    or 6), `billing_office` the IK of the billing service the link is meant for, `delivery` what is sent, `medium` on
    what, `state` and `kv_district` where the provider is, `code` what it is (Abrechnungscode). `line` is its place in
    the file.
    """

    kind: str
    partner: str
    group: str = ""
    billing_office: str = ""
    delivery: str = ""
    medium: str = ""
    state: str = ""
    kv_district: str = ""
    code: str = ""
    tariff: str = ""
    subprocedure: str = ""
    valid: Validity = ALWAYS
    line: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """One way in which an office takes data (UEM with one of its DFU, KT V10 7.2).

    `medium` 1 is data transmission; only then `protocol` (016 FTAM, 070 e-mail, 080 KIM) and `address` are filled.
    `opens` and `closes` are HHMM, `days` 1 every day, 2 Monday to Saturday, 3 Monday to Friday.
    """

    medium: str
    parameter: str = ""
    charset: str = ""
    compression: str = ""
    protocol: str = ""
    user: str = ""
    opens: str = ""
    closes: str = ""
    days: str = ""
    address: str = ""
    valid: Validity = ALWAYS
    line: int = 0


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where letters go (ANS): `kind` 1 house, 2 post box, 3 bulk recipient."""

    kind: str
    postal_code: str
    city: str
    street: str = ""
    valid: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """Whom to ask (ASP)."""

    number: str
    phone: str = ""
    fax: str = ""
    name: str = ""
    subject: str = ""
    valid: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where payments to the payer go (KTO): national numbers, IBAN and BIC, or both."""

    number: str = ""
    bank_code: str = ""
    bank: str = ""
    owner: str = ""
    iban: str = ""
    bic: str = ""
    valid: Validity = ALWAYS


@dataclass(frozen=True, slots=True)
class Office:
    """All that a file says about one IK (a KOTR message): `mark` 01 new, 02 changed, 03 cancelled, 04 unchanged."""

    ik: str
    name: str
    short_name: str = ""
    insurer_number: str = ""
    mark: str = "01"
    valid: Validity = ALWAYS
    links: tuple[Link, ...] = ()
    channels: tuple[Channel, ...] = ()
    addresses: tuple[PostalAddress, ...] = ()
    contacts: tuple[ContactPerson, ...] = ()
    account: BankAccount | None = None
    reference: str = ""
    line: int = 0

    def email(self, day: date) -> str:
        """The first e-mail address that takes data on that day, or nothing."""
        return next((way.address for way in self.channels if way.protocol == "070" and way.valid.covers(day)), "")

    def address(self, day: date) -> PostalAddress | None:
        """Where to write to on that day: the house, else whatever there is."""
        fitting = [each for each in self.addresses if each.valid.covers(day)]
        return min(fitting, key=lambda each: each.kind, default=None)
