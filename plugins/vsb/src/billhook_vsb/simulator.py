"""The central application of the care funds, played: an invoice file goes in, the answers come out, as the rules say.

For rehearsing. It finds what can be found without the payer's files (see `validation`), what the provider's registers say of
them, and whatever codes the caller adds to rehearse the rest. It cannot know what is not public; what it answers says nothing
of what a care fund would.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from billhook.wire.fixed import RecordLayout, encode_record
from billhook_vsb import layouts
from billhook_vsb.acceptance import Judgement, Stage, judge
from billhook_vsb.codes.errors import letters
from billhook_vsb.lines import Line
from billhook_vsb.messages import (
    ACCEPTED,
    INVOICES,
    RECEIPT,
    REFUSED,
    SETTLEMENT,
    UNREADABLE,
    Message,
    SegmentFault,
    read_message,
)
from billhook_vsb.profile import Profile
from billhook_vsb.registers import Registers, found_in
from billhook_vsb.rendering import ignore
from billhook_vsb.segments import check_segments
from billhook_vsb.validation import Found, to_lines, validate


@dataclass(frozen=True, slots=True)
class Answer:
    """A message that the payer sends: its number, a file name, its bytes."""

    kind: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came out: the stage, the answers in order, and what was found."""

    stage: Stage
    answers: tuple[Answer, ...]
    segment_faults: tuple[SegmentFault, ...] = ()
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True)
class Extra:
    """A code that the payer's own files would give, for rehearsal: on the record with this number (zone 2)."""

    sequence: int
    code: str
    letter: str = ""

    @classmethod
    def parse(cls, text: str) -> Extra:
        """`3:R300446` or `3:300446`; ValueError for anything else.

        >>> Extra.parse("3:R300446")
        Extra(sequence=3, code='300446', letter='R')
        """
        sequence, colon, code = text.partition(":")
        letter = code[:1] if len(code) == 7 else ""
        code = code[len(letter) :]
        if not (colon and sequence.isdecimal() and len(code) == 6 and letter in ("", *"BFRSE")):
            message = f"{text!r} is not of the form NUMBER:CODE, as in 3:R300446"
            raise ValueError(message)
        return cls(int(sequence), code, letter)


def simulate(
    content: bytes,
    profile: Profile,
    day: date,
    *,
    extra: Iterable[Extra] = (),
    confirm: bool = True,
    sent: Collection[tuple[str, str]] = (),
    test_buffer: bool | None = None,
    number: int = 1,
    registers: Registers | None = None,
) -> Simulation:
    """What the central application answers.

    Args:
        content: the file that was sent.
        profile: the sector's profile.
        day: the day on which it arrives.
        extra: codes to be found beside those that are.
        confirm: a care-fund worker confirms the refusal, or signs the acceptance; without that there is only the receipt.
        sent: sendings that are accepted or open, see `check_segments`.
        test_buffer: whether test files or live ones are taken.
        number: makes the payer's own references.
        registers: what the payer's files would know of insurance, admissions and agreements.
    """
    message = read_message(content)
    faults = tuple(check_segments(message, day, profile, sent=sent, test_buffer=test_buffer))
    own = f"{day:%Y%m%d}{number:06d}"
    if faults:
        return Simulation(Stage.UNREADABLE, (_unreadable(message, faults, own),), faults)
    lines = to_lines([record.raw for record in message.records])
    found = [*validate(lines, day, profile), *found_in(lines, registers or Registers()), *_added(lines, extra)]
    found.sort(key=lambda each: each.place)
    judgement = judge(lines, found, profile)
    answers = [_receipt(message, own)]
    stage = judgement.stage(confirmed=confirm)
    if stage is Stage.REFUSED:
        answers.append(_answer(REFUSED, message, lines, judgement, own))
    elif stage is Stage.ACCEPTED:
        answers.append(_answer(ACCEPTED, message, lines, judgement, own))
        answers.append(_settlement(message, lines, judgement, profile, own))
    return Simulation(stage, tuple(answers), (), judgement)


def _added(lines: list[Line], extra: Iterable[Extra]) -> list[Found]:
    by_sequence = {line.sequence: line for line in lines}
    found = []
    for each in extra:
        line = by_sequence.get(each.sequence)
        if line is None:
            message = f"the file has no record number {each.sequence}"
            raise ValueError(message)
        found.append(
            Found(each.code, each.letter or letters().get(each.code, "R"), line.kind, line.place, line.sequence)
        )
    return found


def _head(kind: str, message: Message, own: str, *, status: str = "00", faults: tuple[SegmentFault, ...] = ()) -> bytes:
    values: dict[str, object] = {
        name: value
        for name, value in message.head.items()
        if layouts.SEGMENT_200.by_name[name].original[:8] != "foutcode"
    }
    values |= {"zone_200": kind, "zone_203": status, "zone_205": own, "zone_206": "0" * 15}
    values |= {f"zone_{fault.zone}": fault.code for fault in faults if fault.segment == "200"}
    return _written(layouts.SEGMENT_200, values)


def _written(layout: RecordLayout, values: Mapping[str, object]) -> bytes:
    """A segment with what can be written of these values: what was unreadable goes back as it came, as far as it fits."""
    kept = {}
    for name, value in values.items():
        try:
            encode_record(layout, {name: value}, report=ignore)
        except ValueError:
            continue
        kept[name] = value
    return encode_record(layout, kept, report=ignore)


def _receipt(message: Message, own: str) -> Answer:
    segment = encode_record(layouts.SEGMENT_300_RECEIPT, {"zone_300": INVOICES})
    return _named(RECEIPT, message, _head(RECEIPT, message, own) + segment)


def _named(kind: str, message: Message, content: bytes) -> Answer:
    name = "".join(each for each in message.reference if each.isalnum())
    return Answer(kind, f"{kind}_{name}.txt", content)


def _unreadable(message: Message, faults: tuple[SegmentFault, ...], own: str) -> Answer:
    invoicing = {name: value for name, value in message.invoicing.items() if message.kind == INVOICES}
    invoicing |= {f"zone_{fault.zone}": fault.code for fault in faults if fault.segment == "300"}
    content = _head(UNREADABLE, message, own, status="40", faults=faults) + _written(
        layouts.SEGMENT_300, dict(invoicing)
    )
    for record in message.totals:
        values = {
            **record.values,
            **{f"zone_{fault.zone}": fault.code for fault in faults if fault.segment == record.kind},
        }
        content += _written(layouts.TRAILERS[record.kind], dict(values))
    return _named(UNREADABLE, message, content)


def _invoicing(message: Message, judgement: Judgement) -> bytes:
    values = dict(message.invoicing)
    values |= {"zone_305": "Simulator", "zone_306": "", "zone_307": "0" * 10}
    values["zone_310"] = f"{judgement.percent:05d}"
    values["zone_311"] = judgement.refusal_type
    return _written(layouts.SEGMENT_300_ANSWER, values)


def _returned(message: Message, line: Line, found: Iterable[Found], index: int, payer: str, **amounts: int) -> bytes:
    """A record with its error part."""
    values: dict[str, object] = {
        "zone_101": message.sending,
        "zone_102": message.created.replace("-", ""),
        "zone_103": message.year_month,
        "zone_104": payer,
        "zone_111b": "000000", "zone_112b": "000000", "zone_113b": "000000",
        "zone_114": amounts.get("accepted", 0), "zone_115": amounts.get("accepted_b", 0), "zone_116": amounts.get("share", 0),
        "zone_117": "0" * 7,
        "zone_118": "0",
        "zone_119": "0" * 12,
        "zone_122": f"{index:06d}",
    }  # fmt: skip
    # A record has room for three codes.
    for slot, each in zip(("111", "112", "113"), found, strict=False):
        values |= {f"zone_{slot}a": each.letter, f"zone_{slot}b": each.code}
    return line.raw.encode("ascii", "replace") + encode_record(layouts.ERROR_PART, values)


def _answer(kind: str, message: Message, lines: list[Line], judgement: Judgement, own: str) -> Answer:
    """920098 or 920099: records 10 and 90, and of each invoice with a code its records 20 and 80 and those with codes."""
    parts = [_head(kind, message, own), _invoicing(message, judgement)]
    for index, (line, payer) in enumerate(_shown(lines, judgement), 1):
        parts.append(_returned(message, line, _codes(judgement, line), index, payer))
    return _named(kind, message, b"".join(parts))


def _codes(judgement: Judgement, line: Line) -> list[Found]:
    return [each for each in judgement.found if each.place == line.place]


def _shown(lines: list[Line], judgement: Judgement, *, everything: bool = False) -> list[tuple[Line, str]]:
    """The records of an answer, each with the care fund of its invoice."""
    coded = {each.place for each in judgement.found}
    shown: list[tuple[Line, str]] = []
    invoice: list[Line] = []
    payer = ""
    for line in lines:
        if line.kind in ("10", "90"):
            shown.append((line, payer))
            continue
        if line.kind == "20":
            invoice, payer = [], line[18]
        invoice.append(line)
        if line.kind == "80" and (everything or any(each.place in coded for each in invoice)):
            kept = [each for each in invoice if everything or each.kind in ("20", "80") or each.place in coded]
            shown += [(each, payer) for each in kept]
    return shown


@dataclass(slots=True)
class _Settled:
    asked: int = 0
    asked_b: int = 0
    accepted: int = 0
    accepted_b: int = 0
    records: int = 0
    codes: int = 0


def _settlement(message: Message, lines: list[Line], judgement: Judgement, profile: Profile, own: str) -> Answer:
    """920900: what is accepted and refused, with amounts per record and per care fund, and the payment references."""
    parts = [_head(SETTLEMENT, message, own), _invoicing(message, judgement)]
    by_payer: dict[str, _Settled] = {}
    accepted_of: dict[int, tuple[int, int, int]] = {}
    start = 0
    for index, line in enumerate(lines):
        if line.kind == "20":
            start = index
        if line.kind != "80":
            continue
        settled = by_payer.setdefault(lines[start][18], _Settled())
        invoice = lines[start : index + 1]
        accepted = [
            each for each in invoice if each.kind in layouts.PERFORMANCES and each.place not in judgement.refused
        ]
        amount_a = sum(each.cents(19) for each in accepted if each[11] != "1")
        amount_b = sum(each.cents(19) for each in accepted if each[11] == "1")
        accepted_of[line.place] = (amount_a, amount_b, sum(each.cents(27) for each in accepted))
        for each in accepted:
            own_amount = each.cents(19)
            accepted_of[each.place] = (
                (0, own_amount, each.cents(27)) if each[11] == "1" else (own_amount, 0, each.cents(27))
            )
        settled.asked += line.cents(19)
        settled.asked_b += line.cents(15)
        settled.accepted += amount_a
        settled.accepted_b += amount_b
        settled.records += len(invoice)
        settled.codes += sum(
            int(each[4]) for each in invoice if each.kind in ("30", "40", "50", "51", "52") and each[4].isdecimal()
        )
    for index, (line, payer) in enumerate(_shown(lines, judgement, everything=profile.settlement_lists_accepted), 1):
        amount_a, amount_b, share = accepted_of.get(line.place, (0, 0, 0))
        parts.append(
            _returned(
                message,
                line,
                _codes(judgement, line),
                index,
                payer,
                accepted=amount_a,
                accepted_b=amount_b,
                share=share,
            )
        )
    whole = _Settled()
    for payer, settled in by_payer.items():
        for name in _Settled.__slots__:
            setattr(whole, name, getattr(whole, name) + getattr(settled, name))
        reference = f"{message.sending}/{message.year_month}/{payer}/"
        values = _settled_zones("91", "4", payer, settled) | {"zone_423": reference}
        parts.append(encode_record(layouts.R91, values).ljust(layouts.RETURNED))
    whole.records += 2
    parts.append(encode_record(layouts.R92, _settled_zones("92", "5", "999", whole)).ljust(layouts.RETURNED))
    return _named(SETTLEMENT, message, b"".join(parts))


def _settled_zones(kind: str, first: str, payer: str, settled: _Settled) -> dict[str, object]:
    refused, refused_b = settled.asked - settled.accepted, settled.asked_b - settled.accepted_b
    return {
        f"zone_{first}00": kind, f"zone_{first}01": payer,
        f"zone_{first}03": settled.asked, f"zone_{first}05": settled.asked_b, f"zone_{first}07": settled.asked + settled.asked_b,
        f"zone_{first}09": f"{settled.records:08d}", f"zone_{first}10": f"{settled.codes % 97 or 97:02d}",
        f"zone_{first}11": settled.accepted, f"zone_{first}13": refused,
        f"zone_{first}15": settled.accepted_b, f"zone_{first}17": refused_b,
        f"zone_{first}19": settled.accepted + settled.accepted_b, f"zone_{first}21": refused + refused_b,
        f"zone_{first}25": 0, f"zone_{first}26": 0, f"zone_{first}27": 0,
    }  # fmt: skip
