"""What is wrong with items before they are billed: the rules of TA1's levels 1 to 3, and what only the provider can
know.

Every voucher is laid out as the segments that it will be sent as, and these are tried out: so what passes can be
written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import cast

from billhook.identifiers import ik, pzn
from billhook.model import BillingItem, Finding, Rule, SplitKind
from billhook.money import format_cents, percent
from billhook.scheme import Context
from billhook.wire.charsets import Charset, charset
from billhook.wire.problems import Problem, WriteError
from billhook.wire.segments import SegmentPlan, check_values, segment_plan
from billhook.words import words
from billhook_p302 import contents, corrections, layouts, rules, vouchers
from billhook_p302.batching import Destination, destination, letter_of, marks_of
from billhook_p302.details import Details
from billhook_p302.groups import GROUPS, parts
from billhook_p302.groups.parts import details_of
from billhook_p302.groups.structure import Group, Row, Terms
from billhook_p302.placing import Placed, is_ik
from billhook_p302.settings import Provider, Settings
from billhook_p302.versions import VERSIONS

_VOUCHER_FACTS = tuple(
    name
    for name, field in Details.model_fields.items()
    if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("level") == "voucher"
)
_facts = attrgetter(*_VOUCHER_FACTS)
_BRACKET_FACTS = {
    "copayment_kind": words("the copayment kind"),
    "supply_months": words("the months of the supply period"),
}
_SHARES = {
    SplitKind.COPAYMENT: words("copayment"),
    SplitKind.OWN_SHARE: words("own share"),
    SplitKind.SURCHARGE: words("surcharge"),
}
_CLIENT = {
    "family_name": words("family name"),
    "given_name": words("given name"),
    "birth_date": words("birth date"),
    "insurance_number": words("insurance number"),
    "insurance_status": words("insurance status"),
    "street": words("street"),
    "postal_code": words("postal code"),
    "city": words("city"),
    "country": words("country"),
}


_NO_CREDITS = frozenset(
    rule.code
    for rule in rules.RULES
    if rule.code in (rules.QUANTITY.code, rules.COPAYMENT_NEGATIVE.code)
    or rule in [rules.VARIANTS.get((each.code, rule.code[5:8])) for each in (rules.QUANTITY, rules.COPAYMENT_NEGATIVE)]
)
"""What is wrong anywhere but in a credit."""


def check(items: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
    """All findings on these items, which come as whole vouchers in order."""
    for _, group in groupby(items, key=lambda item: (item.provider, item.voucher)):
        yield from check_voucher(sorted(group, key=lambda item: (details_of(item).aid, item.line)), ctx)


def check_voucher(lines: Sequence[BillingItem], ctx: Context) -> Iterator[Finding]:
    """All findings on the items of one voucher, sorted by aid and line."""
    settings = cast(Settings, ctx.settings)
    where = destination(lines[0], ctx)
    yield from _address(lines[0], where, settings, ctx)
    yield from _one_voucher(lines)
    yield from _client(lines[0], settings)
    provider = where.provider if isinstance(where, Destination) else settings.provider(lines[0].provider)
    # No route: the rest is checked all the same, on the terms that most receivers have.
    provider = provider or settings.providers[0]
    receiver = where.receiver if isinstance(where, Destination) else settings.defaults
    version = where.version if isinstance(where, Destination) else settings.defaults.version or ctx.version.name
    group = _group(lines, provider)
    if group is None:
        yield rules.WRONG_GROUP.at(lines[0].id, "details.service_group", details_of(lines[0]).service_group)
        return
    mark = corrections.BILLING
    if isinstance(where, Destination):
        marks = marks_of(lines[0], where, ctx)
        mark = corrections.leaving_mark(lines[0], marks)
        yield from corrections.check(lines, marks, ctx.today)
    yield from corrections.check_deductions(lines, mark, known=group.deducts)
    mixed = list(_of_other_groups(lines, group, provider))
    yield from mixed
    terms = Terms(provider, receiver, settings, int(version), group, mark)
    told: set[tuple[int | None, str | None]] = set()
    for line in () if mixed else lines:
        for finding in _line(line, terms):
            if finding.is_error:
                told.add((finding.item, finding.field))
            yield finding
    if not mixed:
        yield from _brackets(lines, group)
        yield from _as_segments(lines, terms, ctx.today, told)


def _group(lines: Sequence[BillingItem], provider: Provider) -> Group | None:
    """The group that a voucher is checked as: that of most of its lines. None where a line names one that there is not.

    An accounting code of no group is checked as one of the provider's own, and found wrong there.
    """
    named = details_of(lines[0]).service_group
    if named:
        return GROUPS.get(named)
    letters = [letter for line in lines if (letter := letter_of(line, provider)) in GROUPS]
    mine = provider.main_group
    most = max(letters, key=lambda letter: (letters.count(letter), letter == mine), default=mine)
    return GROUPS.get(most) or GROUPS["A"]


def _of_other_groups(lines: Sequence[BillingItem], group: Group, provider: Provider) -> Iterator[Finding]:
    """Lines that another group bills: they cannot be in one voucher, because a file is for one group."""
    for line in lines:
        letter = letter_of(line, provider)
        if letter and letter != group.letter:
            yield rules.GROUPS_MIXED.at(line.id, "details.provider_group", letter, expected=group.letter)


def _address(item: BillingItem, where: Destination | Finding, settings: Settings, ctx: Context) -> Iterator[Finding]:
    """Where the voucher goes, as whose, and in which version."""
    payer = item.payer
    if not (len(payer) == 9 and payer.isascii() and payer.isdigit()):
        compact = ik.compact(payer)
        yield rules.CARD_IK_FORMAT.at(item.id, "payer", payer, suggestion=compact if ik.is_valid(compact) else None)
        if settings.provider(item.provider) is None:
            yield rules.UNKNOWN_PROVIDER.at(item.id, "provider", item.provider)
        return
    if not is_ik(payer):
        yield rules.IK_CHECK_DIGIT.at(item.id, "payer", payer)
    if isinstance(where, Finding):
        yield where
        return
    if where.receiver.invoice_kind == 1 and settings.creator_ik not in ("", where.provider.ik):
        yield rules.CREATOR_DIFFERS.at(item.id, None, settings.creator_ik)
    pinned = where.receiver.version
    if pinned and not any(version.name == pinned and version.covers(ctx.today) for version in VERSIONS):
        yield rules.VERSION_NOT_VALID.at(item.id, None, pinned, day=ctx.today)


def _one_voucher(lines: Sequence[BillingItem]) -> Iterator[Finding]:
    """Facts of the voucher are the same on all its lines."""
    first = lines[0]
    for line in lines[1:]:
        if line.payer != first.payer:
            yield _differs(line, "payer", words("the payer"), first.payer)
        if line.client != first.client:
            yield from _client_differs(line, first)
        if _facts(line.details) != _facts(first.details):
            for name in _VOUCHER_FACTS:
                wanted = getattr(first.details, name)
                if getattr(line.details, name) != wanted:
                    title = Details.model_fields[name].title or name
                    yield _differs(line, f"details.{name}", title, wanted)


def _client_differs(line: BillingItem, first: BillingItem) -> Iterator[Finding]:
    for name in line.client.__slots__:
        wanted = getattr(first.client, name)
        if name != "number" and getattr(line.client, name) != wanted:
            yield _differs(line, f"client.{name}", _CLIENT[name], wanted)
    if line.client.number != first.client.number:
        yield _differs(line, None, words("the client"), None)


def _differs(line: BillingItem, field: str | None, what: str, wanted: object) -> Finding:
    suggestion = str(wanted) if isinstance(wanted, str | date) and wanted else None
    return rules.SEVERAL_CLIENTS.at(line.id, field, suggestion=suggestion, what=what)


def _client(item: BillingItem, settings: Settings) -> Iterator[Finding]:
    """What no segment shows: private insurance, and an approval that the provider wants to see."""
    details = details_of(item)
    if details.insurance_kind == "private":
        yield rules.PRIVATE.at(item.id, "details.insurance_kind", details.insurance_kind)
    elif details.insurance_kind != "statutory":
        yield rules.INSURANCE_KIND.at(item.id, "details.insurance_kind", details.insurance_kind, suggestion="statutory")
    if details.birth_date_text and item.client.birth_date is None and not _partial(details.birth_date_text):
        yield rules.BIRTH_DATE_TEXT.at(item.id, "details.birth_date_text", details.birth_date_text)
    if settings.approval_required and not (details.approval_number or details.approved_on or details.approval_kind):
        yield rules.APPROVAL_REQUIRED.at(item.id, "details.approval_number")


def _partial(text: str) -> bool:
    return len(text) == 8 and text.isascii() and text.isdigit() and text[6:] == "00" and text[4:6] <= "12"


def _line(item: BillingItem, terms: Terms) -> Iterator[Finding]:
    """What a line has before it becomes EHI: number, unit, and whether the receiver's way of pricing can hold its
    price.
    """
    details, receiver = details_of(item), terms.receiver
    if details.pzn and not pzn.is_valid(details.pzn):
        yield _own(rules.PZN, terms).at(item.id, "details.pzn", details.pzn)
    if item.unit and "unit" in terms.group.line.layout.names and not parts.unit_key(item, terms.settings):
        yield rules.UNIT_NOT_MAPPED.at(item.id, "unit", item.unit)
    stated = parts.price(item, terms)
    if not isinstance(stated.unit_price, int):
        rule = rules.GROSS_PRICE if item.vat_rate and not parts.states_vat(item, terms) else rules.PRICE_DECIMALS
        shown = format_cents(item.gross) if rule is rules.GROSS_PRICE else item.unit_price
        yield _own(rule, terms).at(item.id, "unit_price", shown)
    if receiver.static_one and stated.vat_rate is not None and item.vat != percent(item.net, stated.vat_rate):
        expected = format_cents(percent(item.net, stated.vat_rate))
        yield rules.VAT_STATIC_ONE.at(item.id, "vat_rate", format_cents(item.vat), expected=expected)

    for kind, title in _SHARES.items():
        amount = item.share(kind)
        if amount and kind not in terms.group.splits:
            yield _own(rules.SHARE_UNKNOWN, terms).at(
                item.id, kind.value, format_cents(amount), group=terms.group.letter, what=title
            )
    for check in terms.group.line_checks:
        yield from check(item, terms)


def _own(rule: Rule, terms: Terms) -> Rule:
    """The rule as it holds in the position of this group."""
    return rules.in_segment(rule, terms.group.line.layout.tag) or rule


def _brackets(lines: Sequence[BillingItem], group: Group) -> Iterator[Finding]:
    """Lines of one aid or trip state its facts alike, and lines of one trip or visit its places and times."""
    if group.shares is not None:
        bracket, tag = group.brackets[0], group.shares.copayment.layout.tag
        rule = rules.in_segment(rules.AID_DIFFERS, tag) or rules.AID_DIFFERS
        for number, members in vouchers.brackets_of(vouchers.sorted_lines(lines, group), bracket):
            for name in group.shares.facts.values():
                wanted = vouchers.of_bracket(members, name)
                for line in members:
                    if getattr(line.details, name) not in (wanted, "", None):
                        what = _BRACKET_FACTS[name]
                        yield rule.at(line.id, f"details.{name}", aid=number, what=what, suggestion=str(wanted))
    for bracket in group.brackets:
        if bracket.alike is not None:
            for _, members in vouchers.brackets_of(vouchers.sorted_lines(lines, group), bracket):
                yield from bracket.alike(members)


def _as_segments(
    lines: Sequence[BillingItem], terms: Terms, day: date, told: set[tuple[int | None, str | None]]
) -> Iterator[Finding]:
    """The voucher as it will be sent: first its content, then whether each segment can be written.

    `told` are the items and fields that were found wrong already: a field is not called wrong twice.
    """
    rows = list(vouchers.segments(lines, terms))
    group = terms.group
    target = charset(terms.receiver.charset)
    credited = {line.id for line in lines if corrections.is_credit(line, terms.mark)}
    for finding in contents.check([_placed(row) for row in rows], day, group.letter):
        if finding.item in credited and finding.code in _NO_CREDITS:
            continue
        if finding.is_error:
            told.add((finding.item, finding.field))
        yield _suggested(finding, lines, group)
    plans = _plans(group.letter, terms.version, target)
    for row in rows:
        found: list[Problem] = []
        try:
            plans[row.layout.tag].write(row.values, found.append)
        except WriteError:
            found = check_values(row.layout, row.values, terms.version, charset=target)
        if found:
            told_by_wire = _in_words(row, found, terms.version, target, day)
            yield from (each for each in told_by_wire if (each.item, each.field) not in told)


@lru_cache(maxsize=64)
def _plans(letter: str, version: int, target: Charset) -> Mapping[str, SegmentPlan]:
    """How each segment of a voucher is written, by tag."""
    return {layout.tag: segment_plan(layout, version, target) for layout in layouts.SLLA[letter].segments}


def _placed(row: Row) -> Placed:
    return Placed(row.layout, row.values, row.item, places=row.places)


def _suggested(finding: Finding, lines: Sequence[BillingItem], group: Group) -> Finding:
    """A suggested copayment is for the aid or trip; it fits the line only when no other line carries a part of it."""
    if finding.field != "copayment" or finding.suggestion is None or group.shares is None:
        return finding
    key = group.brackets[0].key
    number = next(key(line) for line in lines if line.id == finding.item)
    bearing = [line for line in lines if key(line) == number and line.splits]
    if len(bearing) != 1:
        return replace(finding, suggestion=None)
    return replace(finding, item=bearing[0].id)


def _in_words(row: Row, problems: Sequence[Problem], version: int, target: Charset, day: date) -> Iterator[Finding]:
    """What would hinder the writer, or what it would have to spell otherwise."""
    placed = _placed(row)
    for problem in problems:
        name = problem.where.field or ""
        value = row.values.get(name)
        fitted = target.fit(value)[0] if isinstance(value, str) else ""
        most = row.layout.field(name, version).limits.most if name in row.layout.names else 0
        yield placed.problem(problem, fitted=fitted, most=most, day=day)
