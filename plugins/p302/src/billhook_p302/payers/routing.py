"""From the IK on the insurance card to payer, data centre, receiver, address and paper office (KT V10 5).

A directory is built once a run, out of the tables or straight out of files; then a route is a look-up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NoReturn

from billhook.model import Finding
from billhook.words import words
from billhook_p302.payers import rules
from billhook_p302.payers.editions import Edition, in_force
from billhook_p302.payers.keys import (
    ALL_CODES,
    ALL_STATES,
    FUND_KINDS,
    GROUP_OF,
    MEDIA,
    OTHER_CODES,
    SUPPORTED_PROCEDURES,
    LinkKind,
    Mark,
)
from billhook_p302.payers.model import Channel, Link, Office

Offices = Mapping[str, tuple[Office, ...]]
"""IK → its messages, the later ones of a file behind the earlier ones."""

DIGITAL_PAPERS = ("28", "26", "27", "21")
"""Deliveries for the papers of a digital billing, the group key first. KT V10 8.2."""

MACHINE_READABLE = ("29", "24")
"""Deliveries for machine-readable vouchers, the group key first. KT V10 8.2."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where the items of one card go.

    IKs: `payer` (Kostenträger), `data_centre` (Datenannahmestelle with decryption: for whom to encrypt),
    `physical_receiver` (to whom to send, often the same), `paper_office` for the papers of a digital billing,
    `paper_office_machine` for machine-readable vouchers; empty where the file names none. `email` and `channels` are
    the physical receiver's, `charsets` those it declares. `trail` tells the steps in words; `warnings` are findings
    that hold nothing back.
    """

    card_ik: str
    payer: str
    payer_name: str
    fund_kind: str
    data_centre: str = ""
    data_centre_name: str = ""
    physical_receiver: str = ""
    physical_receiver_name: str = ""
    email: str = ""
    channels: tuple[Channel, ...] = ()
    charsets: tuple[str, ...] = ()
    paper_office: str = ""
    paper_office_name: str = ""
    paper_office_machine: str = ""
    trail: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = ()


class RouteProblem(LookupError):
    """No route: `finding` says why and what to do; `partial` is how far it went (payer, paper offices), if at all."""

    def __init__(self, finding: Finding, partial: Route | None = None) -> None:
        super().__init__(words("{code}: {message}", code=finding.code, message=finding.message))
        self.finding = finding
        self.partial = partial

    def __reduce__(self) -> tuple[Any, ...]:
        """Worker processes hand it back."""
        return type(self), (self.finding, self.partial)


@dataclass(frozen=True, slots=True)
class _Case:
    """What decides which links fit: the provider's code, place and group, the billing office, the day."""

    code: str
    state: str
    kv_district: str
    day: date
    group: str
    billing_office: str
    tariff: str


class PayerDirectory:
    """All payers of one procedure on the days `since` to `until`, ready for look-ups.

    `files` are the contents of editions: (edition, IK → messages). `due` says which fund kinds want a newer file.
    Raises ValueError when `since` is after `until`. It can be pickled; what was looked up before is not taken along.
    """

    def __init__(
        self,
        files: Iterable[tuple[Edition, Offices]],
        *,
        since: date,
        until: date | None = None,
        procedure: str = "05",
        due: tuple[Finding, ...] = (),
    ) -> None:
        until = since if until is None else until
        if until < since:
            message = f"a directory from {since} to {until} holds no day"
            raise ValueError(message)
        self.since = since
        self.until = until
        self.procedure = procedure
        self.due = due
        self._files = {edition: offices for edition, offices in files if edition.procedure == procedure}
        self._on: dict[date, dict[str, Offices]] = {}
        self._found: dict[tuple[str | date, ...], Route | tuple[Finding, Route | None]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Only the contents: a worker fills its own memory."""
        return {**self.__dict__, "_on": {}, "_found": {}}

    @property
    def editions(self) -> Sequence[Edition]:
        """The files it was made from, by fund kind and date."""
        return sorted(self._files)

    def route(
        self,
        card_ik: str,
        code: str,
        *,
        state: str,
        kv_district: str = "",
        day: date | None = None,
        group: str = "",
        billing_office: str = "",
        tariff: str = "",
        delivery: str = "07",
    ) -> Route:
        """The route of a card's items on a day (default: the last day that the directory is for).

        `code` is the provider's accounting code (Abrechnungscode), `state` its Bundesland, `kv_district` its KV-Bezirk,
        `group` the provider group (default: the procedure's), `billing_office` the IK of the billing service,
        `tariff` the Tarifkennzeichen, `delivery` 07 for SLGA and SLLA or 30 for fully electronic billing. The same
        arguments give the same object. Raises RouteProblem when there is no route.
        """
        key = (card_ik, code, state, kv_district, day or self.until, group, billing_office, tariff, delivery)
        found = self._found.get(key)
        if found is None:
            group = group or SUPPORTED_PROCEDURES[self.procedure]
            case = _Case(code, state, kv_district, day or self.until, group, billing_office, tariff)
            try:
                found = _Search(self, card_ik, case, delivery).run()
            except RouteProblem as problem:
                found = problem.finding, problem.partial
            self._found[key] = found
        if isinstance(found, Route):
            return found
        # Raised anew each time: a kept exception would collect tracebacks.
        raise RouteProblem(*found)

    def office(self, ik: str, fund_kind: str = "", day: date | None = None) -> Office | None:
        """What is known of an IK on a day (default: the directory's last), first of all in the files of this fund
        kind.
        """
        day = day or self.until
        by_fund = self.on(day)
        for each in (fund_kind, *by_fund):
            if each in by_fund and (office := _valid(by_fund[each].get(ik, ()), day)):
                return office
        return None

    def find(self, text: str, day: date | None = None) -> Iterator[tuple[str, Office]]:
        """(fund kind, office) whose IK begins with the text or whose name has it, in any case of letters."""
        day = day or self.until
        wanted = text.casefold()
        for fund_kind, offices in sorted(self.on(day).items()):
            for ik, messages in sorted(offices.items()):
                office = _valid(messages, day)
                if office and (ik.startswith(wanted) or wanted in f"{office.name} {office.short_name}".casefold()):
                    yield fund_kind, office

    def on(self, day: date) -> dict[str, Offices]:
        """Fund kind → offices, as the files in force on that day have them: standard file, then supplements, cancelled
        ones out.
        """
        known = self._on.get(day)
        if known is None:
            by_fund: dict[str, list[Edition]] = defaultdict(list)
            for edition in self._files:
                by_fund[edition.fund_kind].append(edition)
            known = {}
            for fund_kind in FUND_KINDS:
                layers = [self._files[edition] for edition in in_force(by_fund[fund_kind], day)]
                if layers:
                    known[fund_kind] = merged(layers)
            self._on[day] = known
        return known


def merged(layers: Sequence[Offices]) -> Offices:
    """Standard file and supplements as one: a later message takes the place of all earlier ones of its IK (KT V10
    8.13).
    """
    offices: dict[str, tuple[Office, ...]] = {}
    for layer in layers:
        for ik, messages in layer.items():
            kept = tuple(office for office in messages if office.mark != Mark.CANCELLED)
            if kept:
                offices[ik] = kept
            else:
                offices.pop(ik, None)
    return offices


def _valid(messages: Sequence[Office], day: date) -> Office | None:
    """The message that holds on the day; the last one where several do."""
    return next((office for office in reversed(messages) if office.valid.covers(day)), None)


def code_rank(link_code: str, code: str) -> int | None:
    """How closely a link's accounting code fits: 0 exact, 1 group, 2 all, 3 all others; None not at all (KT V10 7.2
    note 4).
    """
    if link_code == code:
        return 0
    if link_code == GROUP_OF.get(code):
        return 1
    if link_code in ("", ALL_CODES):
        return 2
    return 3 if link_code == OTHER_CODES else None


def place_rank(link: Link, state: str, kv_district: str) -> int | None:
    """How closely a link's place fits: 0 the KV district, 1 the state, 2 anywhere; None not at all (KT V10 5.2.2)."""
    anywhere = link.state in ("", ALL_STATES)
    if not anywhere and link.state != state:
        return None
    if link.kv_district:
        return 0 if link.kv_district == kv_district else None
    return 2 if anywhere else 1


def _narrow_rank(limit: str, value: str) -> int | None:
    """0 when the link is made for this value, 1 when it is for all, None when it is for another one."""
    if not limit:
        return 1
    return 0 if limit == value else None


_Rank = tuple[int, ...]


def link_rank(link: Link, kinds: Sequence[str], deliveries: Sequence[str], case: _Case) -> _Rank | None:
    """How closely a link fits, as numbers to compare (less is closer); None when it does not.

    The code weighs most, then the place, then limits to a billing office or tariff, then the delivery; a link for data
    carriers comes after one for transmission.
    """
    if link.kind not in kinds or link.delivery not in deliveries:
        return None
    if link.group not in ("", case.group) or not link.valid.covers(case.day):
        return None
    ranks = (
        code_rank(link.code, case.code),
        place_rank(link, case.state, case.kv_district),
        _narrow_rank(link.billing_office, case.billing_office),
        _narrow_rank(link.tariff, case.tariff),
    )
    if None in ranks:
        return None
    carrier = link.kind != LinkKind.PAPER and link.medium not in ("", "1")
    return (*(rank for rank in ranks if rank is not None), deliveries.index(link.delivery), int(carrier))


class _Search:
    """One walk from card to receiver, with the steps it took and what was odd on the way."""

    def __init__(self, directory: PayerDirectory, card_ik: str, case: _Case, delivery: str) -> None:
        self.directory = directory
        self.card_ik = card_ik
        self.case = case
        self.delivery = delivery
        self.fund_kind = ""
        self.trail: list[str] = []
        self.warnings: list[Finding] = []

    def run(self) -> Route:
        """The route. Raises RouteProblem."""
        payer = self.payer(self.card())
        paper = self.best(payer, LinkKind.PAPER, DIGITAL_PAPERS, "papers go to")
        machine = self.best(payer, LinkKind.PAPER, MACHINE_READABLE, "machine-readable vouchers go to")
        if not paper and not machine:
            self.warnings.append(rules.NO_PAPER_OFFICE.at(value=payer.ik, field="payer"))
        found = Route(
            card_ik=self.card_ik,
            payer=payer.ik,
            payer_name=payer.name,
            fund_kind=self.fund_kind,
            paper_office=paper,
            paper_office_name=self.name(paper),
            paper_office_machine=machine,
        )
        centre_ik = self.best(payer, LinkKind.DATA_CENTRE, (self.delivery,), "data are encrypted for")
        if not centre_ik:
            self.no_centre(payer, found)
        centre = self.reached(centre_ik)
        relay_ik = self.best(centre, LinkKind.RELAY, (self.delivery,), "and sent to") if centre else ""
        receiver = self.reached(relay_ik) if relay_ik else centre
        if not relay_ik:
            self.trail.append(f"and sent to {centre_ik} itself")
            self.ask_for_district(centre)
        return self.finished(found, centre_ik, centre, relay_ik or centre_ik, receiver)

    def finished(self, found: Route, centre_ik: str, centre: Office | None, ik: str, receiver: Office | None) -> Route:
        """The route with its receiver's channels."""
        channels = tuple(way for way in receiver.channels if way.valid.covers(self.case.day)) if receiver else ()
        email = receiver.email(self.case.day) if receiver else ""
        if email:
            self.trail.append(f"by e-mail to {email}")
        elif receiver:
            self.warnings.append(rules.NO_EMAIL.at(value=ik, field="payer"))
        sending = [way for way in channels if way.medium == "1"] or list(channels)
        return replace(
            found,
            data_centre=centre_ik,
            data_centre_name=centre.name if centre else "",
            physical_receiver=ik,
            physical_receiver_name=receiver.name if receiver else "",
            email=email,
            channels=channels,
            charsets=tuple(dict.fromkeys(way.charset for way in sending if way.charset)),
            trail=tuple(self.trail),
            warnings=tuple(self.warnings),
        )

    def card(self) -> Office:
        """The message of the card's IK, in the file of its fund kind. KT V10 3: the cards' IKs are the base of the
        file.
        """
        day, directory = self.case.day, self.directory
        if not directory.since <= day <= directory.until:
            raise RouteProblem(
                rules.OUTSIDE_DIRECTORY.at(value=day, since=directory.since, until=directory.until, day=day)
            )
        by_fund = directory.on(day)
        if not by_fund:
            raise RouteProblem(rules.NO_DIRECTORY.at(procedure=directory.procedure, day=day))
        known = {fund: offices[self.card_ik] for fund, offices in by_fund.items() if self.card_ik in offices}
        if not known:
            raise RouteProblem(rules.UNKNOWN_CARD.at(value=self.card_ik, field="payer"))
        valid = {fund: office for fund, messages in known.items() if (office := _valid(messages, day))}
        if not valid:
            last = next(iter(known.values()))[-1]
            raise RouteProblem(rules.CARD_NOT_VALID.at(value=self.card_ik, field="payer", day=day, validity=last.valid))
        # Data centres stand in the files of many fund kinds; a card's IK is the one with links of its own.
        linked = [fund for fund, office in valid.items() if any(link.kind != LinkKind.RELAY for link in office.links)]
        candidates = linked or list(valid)
        self.fund_kind = candidates[0]
        if len(candidates) > 1:
            self.warnings.append(
                rules.CARD_IN_SEVERAL.at(
                    value=self.card_ik, field="payer", fund_kinds=", ".join(candidates), chosen=self.fund_kind
                )
            )
        office = valid[self.fund_kind]
        self.trail.append(f"card {self.card_ik} {office.name} ({FUND_KINDS[self.fund_kind]})")
        return office

    def payer(self, office: Office) -> Office:
        """Follow links 01 to the payer; stop at one without, at itself, or at a circle. KT V10 5.1."""
        seen = {office.ik}
        while (ik := self.payer_link(office)) and ik != office.ik:
            if ik in seen:
                self.warnings.append(rules.OFF_CHAIN.at(value=self.card_ik, field="payer", chosen=office.ik))
                break
            following = self.look_up(ik)
            if following is None:
                self.warnings.append(
                    rules.PAYER_UNKNOWN.at(value=ik, field="payer", card=self.card_ik, day=self.case.day)
                )
                following = Office(ik=ik, name="")
            seen.add(ik)
            office = following
            self.trail.append(f"payer {office.ik} {office.name}".rstrip())
        if len(seen) == 1:
            self.trail.append("is its own payer")
        return office

    def payer_link(self, office: Office) -> str:
        """The IK that the closest link 01 leads to, or nothing."""
        links = [link for link in office.links if link.kind == LinkKind.PAYER and link.valid.covers(self.case.day)]
        if not links:
            return ""
        fitting = self.ranked(links, (LinkKind.PAYER,), tuple({link.delivery for link in links}))
        if fitting:
            return fitting[0][1].partner
        # Whose card it is does not depend on who bills: a link for another group still tells the payer.
        others = [link for link in links if link.group not in ("", self.case.group)]
        if others:
            self.warnings.append(rules.GROUP_DOES_NOT_FIT.at(value=office.ik, field="payer"))
            return others[0].partner
        return ""

    def ranked(
        self, links: Iterable[Link], kinds: Sequence[str], deliveries: Sequence[str]
    ) -> list[tuple[_Rank, Link]]:
        """The links that fit, closest first; equally close ones in the order of the file."""
        found = [(rank, link) for link in links if (rank := link_rank(link, kinds, deliveries, self.case)) is not None]
        return sorted(found, key=lambda each: each[0])

    def best(self, office: Office, kind: LinkKind, deliveries: Sequence[str], step: str) -> str:
        """The IK of the closest link of a kind, or nothing."""
        fitting = self.ranked(office.links, (kind,), deliveries)
        if not fitting:
            return ""
        rank, link = fitting[0]
        equals = {each.partner for other, each in fitting if other == rank}
        if len(equals) > 1:
            self.warnings.append(rules.AMBIGUOUS.at(value=office.ik, field="payer", chosen=link.partner))
        if kind != LinkKind.PAPER and link.medium not in ("", "1"):
            medium = MEDIA.get(link.medium, link.medium)
            self.warnings.append(rules.MEDIUM_ONLY.at(value=link.partner, field="payer", medium=medium))
        self.trail.append(
            f"{step} {link.partner} {self.name(link.partner)}".rstrip() + f" (line {link.line})" * bool(link.line)
        )
        return link.partner

    def look_up(self, ik: str) -> Office | None:
        """An office in the file of the card's fund kind, else in any other one."""
        day = self.case.day
        by_fund = self.directory.on(day)
        if office := _valid(by_fund[self.fund_kind].get(ik, ()), day):
            return office
        for fund_kind, offices in by_fund.items():
            if office := _valid(offices.get(ik, ()), day):
                self.warnings.append(
                    rules.OTHER_FUND_KIND.at(value=ik, field="payer", other=fund_kind, fund_kind=self.fund_kind)
                )
                return office
        return None

    def reached(self, ik: str) -> Office | None:
        """The office at the end of a link, with a warning when nothing is known of it."""
        office = self.look_up(ik)
        if office is None:
            self.warnings.append(rules.OFFICE_UNKNOWN.at(value=ik, field="payer", day=self.case.day))
        return office

    def name(self, ik: str) -> str:
        """The name of an office, for the trail."""
        office = self.directory.office(ik, self.fund_kind, self.case.day) if ik else None
        return office.name if office else ""

    def ask_for_district(self, centre: Office | None) -> None:
        """North Rhine-Westphalia has two KV districts; without one, its links are not found."""
        if centre is None or self.case.kv_district:
            return
        if any(
            link.kind == LinkKind.RELAY and link.kv_district and link.state == self.case.state for link in centre.links
        ):
            self.warnings.append(rules.KV_DISTRICT_DECIDES.at(value=centre.ik, field="payer", state=self.case.state))

    def no_centre(self, payer: Office, found: Route) -> NoReturn:
        """Say why the payer takes no data."""
        relays = self.ranked(payer.links, (LinkKind.RELAY,), (self.delivery,))
        rule = rules.NO_CENTRE_THAT_DECRYPTS if relays else rules.NO_DATA_CENTRE
        finding = rule.at(value=payer.ik, field="payer", code=self.case.code, state=self.case.state or "(none)")
        raise RouteProblem(finding, replace(found, trail=tuple(self.trail), warnings=tuple(self.warnings)))
