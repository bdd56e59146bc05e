"""Every rule of the scheme as findings know it: the codes of the federal list that are checked, and what only items have.

A code 300510 becomes the rule `VSB-R3005-010`; the finding's parameters carry the code and the letter that the care fund would
give, so that a clerk meets the same code before sending and in an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from billhook.model import Finding, Rule, Severity
from billhook_vsb import layouts
from billhook_vsb.codes.errors import letters
from billhook_vsb.validation import Found, checked_codes, texts_of

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE
_LIST = "RIZIV error list 2021-06"

UNKNOWN_FACILITY = Rule(
    "VSB-ITEM-001", _E, "{value} is no facility of these settings.",
    "Add the facility to [[schemes.vsb.facilities]], or mend the item's provider.", f"{_LIST}, 201403",
)  # fmt: skip
PAYER_NUMBER = Rule(
    "VSB-ITEM-002", _E, "{value} is no number of a care fund: three digits.", "Take the number of the care fund (zorgkas).",
    f"{_LIST}, 201801",
)  # fmt: skip
WHOLE_COUNT = Rule(
    "VSB-ITEM-003", _E, "The quantity {value} is not a whole number between 1 and 9999.", "Bill whole days or pieces.",
    f"{_LIST}, 302201",
)  # fmt: skip
NO_DAY = Rule(
    "VSB-ITEM-004", _E, "The item has no day of service.", "State the first day.", f"{_LIST}, 300501",
)  # fmt: skip
SEVERAL_MONTHS = Rule(
    "VSB-ITEM-005", _E, "A voucher is one invoice of one month, but its items lie in {value}.",
    "Make a voucher a month, or state details.month.", "R10 Z22-23",
)  # fmt: skip
DIFFERS = Rule(
    "VSB-ITEM-006", _E, "{what} is not the same on all items of the voucher.", "Make them the same.", "R20",
)  # fmt: skip
RECORD_KIND = Rule(
    "VSB-ITEM-007", _E, "{value} is no record that performances are billed in.", "Take 30, 40 or 50.", "R30, R40, R50",
)  # fmt: skip
ZONE_NAME = Rule(
    "VSB-ITEM-008", _E, "{value} is no zone: write record and zone, as in 30.48.", "Mend details.zones.", "zone grid",
)  # fmt: skip
FUND_NOT_KNOWN = Rule(
    "VSB-ITEM-009", _W, "The profile has no care funds, so the number {value} cannot be checked.",
    "Add the care funds from your cookbook to the profile.", "profile",
)  # fmt: skip
NOT_WRITABLE = Rule(
    "VSB-WIRE-001", _E, "Record {record} cannot be written: {what}.", "Mend the value so that it fits the zone.", "zone grid",
)  # fmt: skip
RESPELLED = Rule(
    "VSB-WIRE-002", _N, "The file is ASCII: letters that it has not are written otherwise ({record}, zone {zone}).",
    "Nothing to do.", "RIZIV instructions",
)  # fmt: skip
NOT_INSURED = Rule(
    "VSB-REG-001", _E, "{letter}{official}: the person is not insured with care fund {value} on {day}.",
    "Ask the care fund, or mend the register.", f"{_LIST}, 300540",
)  # fmt: skip
NOT_ADMITTED = Rule(
    "VSB-REG-002", _E, "{letter}{official}: there is no admission to facility {value} on {day}.",
    "Register the admission, or mend the register.", f"{_LIST}, 300541",
)  # fmt: skip
NO_AGREEMENT = Rule(
    "VSB-REG-003", _E, "{letter}{official}: there is no agreement for {value} on {day}.",
    "Ask for the agreement, or mend the register.", f"{_LIST}, 300446",
)  # fmt: skip
NO_MESSAGE = Rule(
    "VSB-FILE-001", _E, "The file is none of the messages 920000, 920098, 920099, 920900, 920999, 931000.",
    "Take another file.", "MyCareNet",
)  # fmt: skip
SEGMENT = Rule(
    "VSB-FILE-002", _E, "Segment {part} zone {zone}: {what} (code {official}).", "Make the file again.", "MyCareNet",
)  # fmt: skip
ODD = Rule(
    "VSB-FILE-003", _W, "{what}.", "Nothing to do: it was read as far as it goes.", "zone grid",
)  # fmt: skip
PROFILE_CODE = Rule(
    "VSB-FILE-004", _E, "{letter}{official}, record {record} zone {zone}: {what}.", "Fill the zone.", "profile",
)  # fmt: skip

OWN = (
    UNKNOWN_FACILITY, PAYER_NUMBER, WHOLE_COUNT, NO_DAY, SEVERAL_MONTHS, DIFFERS, RECORD_KIND, ZONE_NAME, FUND_NOT_KNOWN,
    NOT_WRITABLE, RESPELLED, NOT_INSURED, NOT_ADMITTED, NO_AGREEMENT, NO_MESSAGE, SEGMENT, ODD, PROFILE_CODE,
)  # fmt: skip


def rule_code(code: str) -> str:
    """The stable name of a code of the list.

    >>> rule_code("300510")
    'VSB-R3005-010'
    """
    return f"VSB-R{code[:4]}-0{code[4:]}"


def severity_of(letter: str) -> Severity:
    """B, F and R hold a voucher back; S and E are told."""
    return Severity.ERROR if letter in ("B", "F", "R") else Severity.WARNING


def zone_title(code: str) -> str:
    """The Dutch name of the zone that a code names."""
    row = layouts.by_number(code[:2]).get(int(code[2:4])) if code[:2] in layouts.RECORDS else None
    return row.original if row is not None else ""


@cache
def by_code() -> Mapping[str, Rule]:
    """The rules of the checked codes, by the payer's code."""
    found = {}
    for code in checked_codes():
        text, _ = texts_of(code)
        where = f"record {code[:2]} zone {int(code[2:4])} ({zone_title(code)})"
        found[code] = Rule(
            rule_code(code),
            severity_of(letters().get(code, "B")),
            f"{{letter}}{code}, {where}: {text}.",
            "Mend the item, or the profile where the cookbook says otherwise.",
            f"{_LIST}, {code}",
        )
    return found


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the scheme."""
    return (*OWN, *by_code().values())


def finding_of(found: Found, text: str = "", **place: object) -> Finding:
    """A code that was found as a finding; `place` says where (item and field, or file and record).

    `text` is the official text of the code, where the provider's profile has it: then it stands instead of ours.
    """
    finding = _finding(found, **place)
    return replace(finding, message=f"{found.letter}{found.code}: {text}") if text else finding


def _finding(found: Found, **place: object) -> Finding:
    rule = by_code().get(found.code)
    arguments: dict[str, object] = {"letter": found.letter, "official": found.code, **place}
    if rule is None:
        arguments |= {"record": found.record, "zone": found.zone, "what": "not as the profile wants it"}
        return _at(PROFILE_CODE, found, arguments)
    return _at(rule, found, arguments)


_PLACES = ("item", "field", "file", "line", "segment", "tag", "element")


def _at(rule: Rule, found: Found, arguments: Mapping[str, object]) -> Finding:
    where = {name: value for name, value in arguments.items() if name in _PLACES}
    words = {name: value for name, value in arguments.items() if name not in _PLACES}
    # Numbers of persons stand in the records; a finding that is logged carries none.
    value = None if found.zone == 8 or not found.value.strip("0") else found.value
    return rule.at(value=value, severity=severity_of(found.letter), **where, **words)  # type: ignore[arg-type]  # place is typed by its names
