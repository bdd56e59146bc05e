"""What an answer means for what was sent: mails, letters and payment advices as outcomes, and which file a mail answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from billhook.model import Exchange, Outcome, Verdict
from billhook.scheme import Context, Inbound
from billhook.words import Words, listed, words
from billhook_p302.batching import TRANSFER, FileKey, procedure
from billhook_p302.replies import advice, letters
from billhook_p302.replies.mails import Kind, Reply, read_mail
from billhook_p302.replies.textblocks import TEXT_BLOCKS, fold

CLOCKS = timedelta(days=1)
"""How much the clocks of two offices may differ."""

_BERLIN = ZoneInfo("Europe/Berlin")


def read(inbound: Inbound, ctx: Context) -> Iterator[Outcome]:
    """The outcomes of an answer; none for what is no answer."""
    if letters.is_letter(inbound.content):
        yield from letters.outcomes(inbound.content)
    elif (told := advice.read_if_advice(inbound.content)) is not None:
        yield from advice.outcomes(told)
    else:
        yield from outcomes(read_mail(inbound.content), ctx)


# --- Mails ------------------------------------------------------------------------------------------------------------


def outcomes(reply: Reply, ctx: Context) -> Iterator[Outcome]:
    """What a data centre's mail says."""
    if reply.kind is None:
        return
    day = reply.sent.astimezone(_BERLIN).date() if reply.sent else ctx.today
    match reply.kind:
        case Kind.ACCEPTED if not _refusing(reply.codes):
            yield _whole(reply, Verdict.RECEIVED, _told(reply.codes), day, due=letters.due(day, reply.procedure))
        case Kind.ACCEPTED:
            said = words("The subject accepts the file and the text refuses it; ask the data centre.")
            text = listed([said, _told(reply.codes)], " ")
            yield _whole(reply, Verdict.UNKNOWN, text, day)
        case Kind.REFUSED if set(reply.codes) <= {"C0"} and reply.codes:
            refusal = words("The subject refuses the file and the text accepts it; ask the data centre.")
            text = listed([refusal, _told(reply.codes)], " ")
            yield _whole(reply, Verdict.UNKNOWN, text, day)
        case Kind.REFUSED:
            unsaid = words("The file was refused without a reason that is in the catalogue; read the mail.")
            yield _whole(reply, Verdict.REJECTED, _told(reply.codes) if reply.codes else unsaid, day)
        case Kind.RECORDS_REFUSED:
            yield from _refused_records(reply, day)


def _whole(reply: Reply, verdict: Verdict, text: str, day: date, *, due: date | None = None) -> Outcome:
    return Outcome(
        verdict,
        exchange=reply.data_file,
        codes=reply.codes,
        text=text,
        numbers={} if reply.transfer is None else {TRANSFER: reply.transfer},
        reference=reply.mark,
        due=due,
        day=day,
        facts=_facts(reply),
    )


def _refusing(codes: Sequence[str]) -> list[str]:
    return [code for code in codes if code in TEXT_BLOCKS and TEXT_BLOCKS[code].refuses]


def _unknown(code: str) -> Words:
    return words("{code}: this code is not in the catalogue; read the mail.", code=code)


def _told(codes: Sequence[str]) -> Words:
    """What the codes mean and what to do."""
    return listed(
        [TEXT_BLOCKS[code].told if code in TEXT_BLOCKS else _unknown(code) for code in codes],
        " ",
    )


_VOUCHER = re.compile(r"\bbeleg(?:nummer|\s?-?\s?nr\.?)\s*[:=]?\s*([^\s,;]{1,40})")
_INVOICE = re.compile(r"\brechnungs?(?:nummer|\s?-?\s?nr\.?)\s*[:=]?\s*([^\s,;]{1,40})")


def _refused_records(reply: Reply, day: date) -> Iterator[Outcome]:
    """Single records are refused. The form of the list is nobody's standard (3.2.3): lines that name a voucher are understood."""
    found: dict[tuple[str, str], list[str]] = {}
    invoice = ""
    for line in reply.text.split("\n"):
        folded = fold(line)
        if named := _INVOICE.search(folded):
            invoice = _as_written(line, named.group(1))
        for match in _VOUCHER.finditer(folded):
            found.setdefault((invoice, _as_written(line, match.group(1))), []).append(" ".join(line.split()))
    if not found:
        text = words(
            "Records of the file are refused, but none is named so that it could be read. Read the mail, and enter them with: "
            "billhook p302 answer records"
        )
        yield _whole(reply, Verdict.UNKNOWN, text, day)
        return
    yield _whole(reply, Verdict.RECEIVED, words("Records of the file are refused; the others go on."), day)
    numbers = {} if reply.transfer is None else {TRANSFER: reply.transfer}
    for (number, voucher), lines in found.items():
        yield Outcome(
            Verdict.REJECTED,
            exchange=reply.data_file,
            document=number,
            voucher=voucher,
            codes=(Kind.RECORDS_REFUSED.value,),
            text="; ".join(dict.fromkeys(lines))[:500],
            numbers=numbers,
            deducts=True,
            day=day,
            facts=_facts(reply),
        )


def _as_written(line: str, folded: str) -> str:
    """A number as the line has it: folding made its letters small."""
    found = re.search(re.escape(folded), line, re.IGNORECASE)
    return (found.group(0) if found else folded).strip(".:")


# --- Which file a mail answers ----------------------------------------------------------------------------------------


def _facts(reply: Reply) -> dict[str, str]:
    data = next((one for one in reply.files if not one.is_order), None)
    facts = {
        "sender": reply.sender,
        "receiver": reply.receiver,
        "procedure": reply.procedure,
        "made": next((one.made for one in reply.files), ""),
        "size": "" if data is None else str(data.size),
        "sent": "" if reply.sent is None else reply.sent.isoformat(),
    }
    return {name: value for name, value in facts.items() if value}


def locate(outcome: Outcome, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Those of the files with this transfer number that the mail may answer, the likeliest first.

    The transfer number runs from 0 to 999 for each sender, separately for tests: after a thousand files it comes again, and
    several providers of one workspace have the same ones. Sender and procedure must fit, and the receiver too unless the moment
    at which the file was made or its size prove that it is this one. Nothing can be answered before it was made.
    """
    facts = outcome.facts
    ranked = []
    for one in exchanges:
        key = FileKey(*one.key)
        if facts.get("sender", key.sender).lstrip("0") != key.sender.lstrip("0"):
            continue
        if facts.get("procedure", procedure(key)) != procedure(key):
            continue
        if "sent" in facts and one.created > datetime.fromisoformat(facts["sent"]) + CLOCKS:
            continue
        same_moment = facts.get("made") == f"{one.created.astimezone(_BERLIN):%Y%m%d%H%M%S}"
        sizes = {
            str(size) for stored in one.artifacts if stored.role == "data" for size in (stored.sealed_size, stored.size)
        }
        same_size = facts.get("size") in sizes
        receivers = {key.data_centre, key.physical_receiver}
        if facts.get("receiver", key.data_centre) not in receivers and not (same_moment or same_size):
            continue
        ranked.append((same_moment, same_size, one.id, one))
    return [one for *_, one in sorted(ranked, key=lambda row: row[:3], reverse=True)]
