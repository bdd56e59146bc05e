"""What is odd about the links of a payer file: keys that do not exist, links that lead nowhere, offices that cannot
take data.

Offices are looked at one by one as they stream; what needs the whole file is remembered in a few words each and said
at the end. Nothing here refuses a file: real files are full of such things (KT V10 5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from billhook.model import Finding, Rule
from billhook.words import words
from billhook_p302.payers import rules
from billhook_p302.payers.editions import Edition, next_quarter
from billhook_p302.payers.keys import (
    ALL_CODES,
    CARE_CODES,
    DATA_CARRIERS,
    DATA_DELIVERIES,
    DELIVERIES,
    FUND_KINDS,
    GROUP_OF,
    MEDIA,
    OTHER_CODES,
    PROCEDURES,
    STATES,
    SUPPORTED_PROCEDURES,
    LinkKind,
    Mark,
    codes_on,
)
from billhook_p302.payers.model import ALWAYS, Link, Office, Validity

_LINK_KINDS = frozenset(LinkKind)
_DATA_LINKS = frozenset({LinkKind.RELAY, LinkKind.DATA_CENTRE})


@dataclass(frozen=True, slots=True)
class Stand:
    """What a link's check must know of an office: since when, whether cancelled, and which media it takes."""

    valid: Validity = ALWAYS
    cancelled: bool = False
    media: frozenset[str] = frozenset()
    relays: bool = False
    line: int = 0

    @classmethod
    def of(cls, office: Office) -> Stand:
        """The stand of an office."""
        return cls(
            valid=office.valid,
            cancelled=office.mark == Mark.CANCELLED,
            media=frozenset(way.medium for way in office.channels),
            relays=any(link.kind == LinkKind.RELAY for link in office.links),
            line=office.line,
        )

    def takes(self, medium: str) -> bool:
        """True when it takes that medium; an office that lists none says nothing about paper."""
        if medium == "9":
            return bool(self.media & DATA_CARRIERS)
        if medium in ("5", "6"):
            return not self.media or bool(self.media & {"5", "6"})
        return medium in self.media or (medium in DATA_CARRIERS and "9" in self.media)


class LinkChecks:
    """The checks of one file. Feed it every office, then ask for `findings` at the end.

    `before` are the offices of the files that this one goes on top of (a supplement), by IK; empty for a standard file.
    """

    def __init__(self, edition: Edition, name: str, before: Mapping[str, Stand] | None = None) -> None:
        self.edition = edition
        self.name = name
        self.before = before or {}
        self.stands: dict[str, list[Stand]] = defaultdict(list)
        self.distant: list[tuple[str, Link]] = []
        self.payers: dict[str, tuple[str, int]] = {}
        self.centres: set[str] = set()
        self.only_relays: dict[str, int] = {}

    def office(self, office: Office) -> Iterator[Finding]:
        """What is odd about one office's links by themselves."""
        yield from self.mark(office)
        for other in self.stands[office.ik]:
            if _overlap(other.valid, office.valid):
                yield self.at(rules.IK_TWICE, office.line, office.ik, "IDK", first=other.line)
                break
        self.stands[office.ik].append(Stand.of(office))
        seen: dict[Link, int] = {}
        for link in office.links:
            yield from self.link(link)
            same = replace(link, line=0)
            if same in seen:
                yield self.at(rules.LINK_TWICE, link.line, link.partner, first=seen[same])
            seen.setdefault(same, link.line)
            if office.mark != Mark.CANCELLED:
                self.distant.append((office.ik, link))
        yield from self.overlaps(office)
        yield from self.payer_links(office)
        kinds = {link.kind for link in office.links}
        if LinkKind.RELAY in kinds and LinkKind.DATA_CENTRE not in kinds:
            self.only_relays[office.ik] = office.line
        self.centres |= {link.partner for link in office.links if link.kind == LinkKind.DATA_CENTRE}

    def mark(self, office: Office) -> Iterator[Finding]:
        """A supplement's marks must fit what stands before it (KT V10 8.13)."""
        if not self.edition.supplement or not self.before:
            return
        known = office.ik in self.before
        meanings = {
            Mark.NEW: words("new"),
            Mark.CHANGED: words("changed"),
            Mark.CANCELLED: words("cancelled"),
            Mark.UNCHANGED: words("as before"),
        }
        if known == (office.mark == Mark.NEW):
            found = words("have it already") if known else words("do not have it")
            yield self.at(
                rules.MARK_DOES_NOT_FIT, office.line, office.mark, "FKT",
                ik=office.ik, meaning=meanings[Mark(office.mark)], found=found,
            )  # fmt: skip

    def link(self, link: Link) -> Iterator[Finding]:
        """The keys of a link, one by one."""
        if link.kind not in _LINK_KINDS:
            yield self.at(rules.UNKNOWN_LINK_KIND, link.line, link.kind)
        yield from self.delivery(link)
        if link.group not in ("", SUPPORTED_PROCEDURES[self.edition.procedure]):
            procedure = f"{self.edition.procedure} ({PROCEDURES[self.edition.procedure]})"
            yield self.at(rules.WRONG_GROUP, link.line, link.group, procedure=procedure)
        # A file is for a quarter: what begins within it may stand there from its first day.
        last = next_quarter(self.edition.start) - timedelta(days=1)
        known_codes = codes_on(last) if self.edition.procedure == "05" else CARE_CODES
        for rule, value, known in (
            (rules.UNKNOWN_CODE, link.code, known_codes),
            (rules.UNKNOWN_STATE, link.state, STATES),
            (rules.UNKNOWN_MEDIUM, link.medium, MEDIA),
            (rules.UNKNOWN_DELIVERY, link.delivery, DELIVERIES),
        ):
            if value and value not in known:
                yield self.at(rule, link.line, value)

    def delivery(self, link: Link) -> Iterator[Finding]:
        """Which deliveries fit which kind of link. KT V10 5.2, 5.3, 8.3."""
        data = link.delivery in DATA_DELIVERIES
        consequence = words("it routes nothing")
        if link.kind == LinkKind.PAYER:
            wrong, consequence = (
                bool(link.delivery) and not data,
                words("it was taken as the way to the payer all the same"),
            )
        elif not link.delivery:
            wrong = False
            if link.kind in _LINK_KINDS:
                yield self.at(rules.NO_DELIVERY, link.line, "", kind=link.kind)
        else:
            wrong = (link.kind in _DATA_LINKS and not data) or (link.kind == LinkKind.PAPER and data)
        if wrong and link.delivery in DELIVERIES:
            yield self.at(rules.WRONG_LINK_KIND, link.line, link.delivery, kind=link.kind, consequence=consequence)

    def overlaps(self, office: Office) -> Iterator[Finding]:
        """The sum key excludes all others, a group key its single ones. KT V10 7.2 VKG note 4."""
        if self.edition.procedure != "05":
            return
        codes: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
        for link in office.links:
            if link.kind != LinkKind.PAYER and link.code:
                place = (link.kind, link.delivery, link.group, link.billing_office, link.state, link.kv_district)
                codes[place].setdefault(link.code, link.line)
        for named in codes.values():
            for code, line in named.items():
                wider = [each for each in (GROUP_OF.get(code, ""), ALL_CODES) if each in named and each != code]
                if wider and code != OTHER_CODES:
                    yield self.at(rules.CODES_OVERLAP, line, code, ik=office.ik, beside=wider[0])

    def payer_links(self, office: Office) -> Iterator[Finding]:
        """One card has one payer; remember it for the search for circles."""
        links = [link for link in office.links if link.kind == LinkKind.PAYER]
        if not links:
            return
        self.payers[office.ik] = links[0].partner, links[0].line
        alike = {(link.code, link.state, link.kv_district, link.group) for link in links}
        if len({link.partner for link in links}) > len(alike):
            yield self.at(rules.SEVERAL_PAYERS, links[1].line, links[1].partner, ik=office.ik)

    def findings(self) -> Iterator[Finding]:
        """What only the whole file can tell."""
        for ik, link in self.distant:
            yield from self.partner(ik, link)
        for ik, line in self.only_relays.items():
            if ik not in self.centres:
                yield self.at(rules.RELAY_WITHOUT_CENTRE, line, ik, "IDK", ik=ik)
        yield from self.circles()

    def partner(self, ik: str, link: Link) -> Iterator[Finding]:
        """Does the link lead to an office, and does that take what is sent?"""
        stands: Iterable[Stand] = self.stands.get(link.partner) or ()
        stands = list(stands) or ([self.before[link.partner]] if link.partner in self.before else [])
        if not stands:
            yield self.at(rules.PARTNER_MISSING, link.line, link.partner, ik=ik)
            return
        living = [
            stand for stand in stands if not stand.cancelled and _overlap(stand.valid, Validity(self.edition.start))
        ]
        if not living:
            yield self.at(rules.PARTNER_EXPIRED, link.line, link.partner, ik=ik)
            return
        if link.kind == LinkKind.PAYER or link.kind not in _LINK_KINDS:
            return
        if link.medium:
            taken = link.medium not in MEDIA or any(stand.takes(link.medium) for stand in living)
            medium = MEDIA.get(link.medium, link.medium)
        else:
            # Without a medium any way will do, and a centre that only decrypts may have others that receive for it.
            taken = link.kind == LinkKind.PAPER or any(stand.media or stand.relays for stand in living)
            medium = DELIVERIES.get(link.delivery, "data")
        if not taken:
            yield self.at(rules.MEDIUM_NOT_TAKEN, link.line, link.medium, ik=ik, partner=link.partner, medium=medium)

    def circles(self) -> Iterator[Finding]:
        """Circles of links to payers, each said once; a link to itself is none."""
        done: set[str] = set()
        for start in self.payers:
            path: dict[str, None] = {}
            at = start
            while at in self.payers and at not in done:
                path[at] = None
                following = self.payers[at][0]
                if following == at:
                    break
                if following in path:
                    yield self.at(rules.LINK_CYCLE, self.payers[at][1], following)
                    break
                at = following
            done |= set(path)

    def at(self, rule: Rule, line: int, value: object = None, tag: str = "VKG", **params: Any) -> Finding:
        """A finding on a line of the file."""
        return rule.at(value=value, file=self.name, line=line, tag=tag, **params)


def supplement_without_base(edition: Edition, name: str, known: Iterable[Edition]) -> Iterator[Finding]:
    """A supplement whose standard file is not there."""
    base = replace(edition, supplement=0)
    if edition.supplement and not any(each.start == base.start and each.supplement == 0 for each in known):
        yield rules.NO_BASE.at(
            value=base.name, file=name, supplement=edition.supplement, fund_kind=FUND_KINDS[edition.fund_kind]
        )


def _overlap(one: Validity, other: Validity) -> bool:
    """True when both hold on some day."""
    return (one.end is None or other.start is None or other.start <= one.end) and (
        other.end is None or one.start is None or one.start <= other.end
    )
