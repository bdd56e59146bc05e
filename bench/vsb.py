"""Flemish care funds: write a sending, hold it against the codes, play the payer, take the answers; beside plain slices."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.measure import Comparison, Contestant, Task, agree, alternate

HEAD: Final = 227
"""Characters of segments 200 and 300 in front of the records."""

RECORD: Final = 350
ANSWERED: Final = 800
RECORDS_OF_AN_INVOICE: Final = 4
"""20, the day (30), its personal share (30), 80."""

EVERY: Final = 50
"""One record in so many is refused."""


def made(folder: str, invoices: str) -> dict[str, Any]:
    """The sending and its answers, for those who read them; a task that is not measured."""
    records = write(folder, invoices)["records"]
    _play(Path(folder))
    return {"records": records}


def write(folder: str, invoices: str) -> dict[str, Any]:
    """Render so many invoices; a task."""
    from billhook.scheme import Context  # noqa: PLC0415 -- only the measured process pays for it
    from billhook.testing import batches_of  # noqa: PLC0415  # only the started process pays for it
    from billhook_vsb.scheme import Vsb  # noqa: PLC0415  # only the started process pays for it
    from billhook_vsb.testing import NOW, item, settings  # noqa: PLC0415  # only the started process pays for it

    scheme = Vsb()
    context = Context(NOW, scheme.versions[0], settings())
    # Five hundred persons, born up to the year 2000.
    made_up = [item(key % 500 + 1, id=key, number=f"{key}-1", voucher=str(key)) for key in range(1, int(invoices) + 1)]
    [batch] = batches_of(scheme, context, made_up)
    [(_, content)] = batch.render(scheme, context).values()
    (Path(folder) / "sending.txt").write_bytes(content)
    return {"records": _count(content)}


def raw_write(folder: str, invoices: str) -> dict[str, Any]:
    """The floor for it: the records of one invoice as a template, numbers and control digits put in by slices; a task."""
    content = (Path(folder) / "sending.txt").read_bytes()
    template = [content[HEAD + RECORD * place : HEAD + RECORD * (place + 1)] for place in range(1, 5)]
    parts = [content[: HEAD + RECORD]]
    sequence = 1
    for number in range(1, int(invoices) + 1):
        for record in template:
            sequence += 1
            filled = b"%b%06d%b%012d%b" % (record[:2], sequence, record[8:114], number, record[126:348])
            parts.append(filled + b"%02d" % _digit(filled))
    last = content.rindex(b"90", 0, len(content) - 2 * RECORD)
    parts.append(content[last:])
    (Path(folder) / "raw.txt").write_bytes(b"".join(parts))
    return {"records": sequence + 1}


def verify(folder: str) -> dict[str, Any]:
    """Hold the sending against every code that is checked; a task."""
    from billhook_vsb.formats import VsbMessage  # noqa: PLC0415 -- only the measured process pays for it
    from billhook_vsb.testing import NOW, made_up_profile  # noqa: PLC0415  # only the started process pays for it

    found = sum(1 for _ in VsbMessage(made_up_profile(), NOW.date()).verify(Path(folder) / "sending.txt"))
    return {"records": _count((Path(folder) / "sending.txt").read_bytes()), "wrong": found}


def raw_verify(folder: str) -> dict[str, Any]:
    """The floor for it: cut the records and compute the control digit of each; a task."""
    content = (Path(folder) / "sending.txt").read_bytes()
    wrong = 0
    for at in range(HEAD, HEAD + RECORD * _count(content), RECORD):
        record = content[at : at + RECORD]
        wrong += _digit(record[:348]) != int(record[348:])
    return {"records": _count(content), "wrong": wrong}


def simulate(folder: str) -> dict[str, Any]:
    """Play the payer; a task."""
    return {"records": _play(Path(folder))}


def receive(folder: str) -> dict[str, Any]:
    """Read what the settlement says; a task."""
    from billhook.model import Verdict  # noqa: PLC0415 -- only the measured process pays for it
    from billhook.scheme import Context, Inbound  # noqa: PLC0415  # only the started process pays for it
    from billhook_vsb.scheme import Vsb  # noqa: PLC0415  # only the started process pays for it
    from billhook_vsb.testing import NOW, settings  # noqa: PLC0415  # only the started process pays for it

    scheme = Vsb()
    content = (Path(folder) / "920098.txt").read_bytes()
    context = Context(NOW, scheme.versions[0], settings())
    outcomes = scheme.read(Inbound("920098.txt", content), context)
    return {"codes": sum(len(one.codes) for one in outcomes if one.verdict is Verdict.REJECTED)}


def raw_receive(folder: str) -> dict[str, Any]:
    """The floor for it: the three codes of every returned record, by slices; a task."""
    content = (Path(folder) / "920098.txt").read_bytes()
    codes = 0
    for at in range(677, len(content), ANSWERED):
        if content[at : at + 2] in (b"20", b"30", b"40", b"50", b"80"):
            codes += sum(content[at + place : at + place + 1].isalpha() for place in (456, 463, 470))
    return {"codes": codes}


def _count(content: bytes) -> int:
    """The records 10 to 90 of an invoice file: those of the totals are not among them."""
    places = range(HEAD, len(content), RECORD)
    return sum(content[at : at + 2] not in (b"95", b"96") for at in places)


_VALUES: Final = bytes(
    code - 48 if 48 <= code <= 57 else 10 if code == 32 else code - 54 if 65 <= code <= 90 else 37
    for code in range(256)
)


def _digit(text: bytes) -> int:
    return sum(text.translate(_VALUES)) % 97 or 97


def _play(folder: Path) -> int:
    """Answer the sending with every fiftieth performance refused; how many records it has."""
    from billhook_vsb.simulator import Extra  # noqa: PLC0415 -- only the measured process pays for it
    from billhook_vsb.simulator import simulate as play  # noqa: PLC0415  # only the started process pays for it
    from billhook_vsb.testing import NOW, made_up_profile  # noqa: PLC0415  # only the started process pays for it

    content = (folder / "sending.txt").read_bytes()
    count = _count(content)
    refused = range(3, count, RECORDS_OF_AN_INVOICE * EVERY)
    extra = [Extra(sequence, "300540", "R") for sequence in refused]
    played = play(content, made_up_profile(), NOW.date(), extra=extra)
    for answer in played.answers:
        (folder / f"{answer.kind}.txt").write_bytes(answer.content)
    return count


def run(runs: int, *, invoices: int = 2_500) -> list[Comparison]:
    """A sending of some 10,000 records, each stage beside plain slices; the played payer beside the check that it begins with."""
    stages = {
        "write": ("bench.vsb:write", "bench.vsb:raw_write", True),
        "verify": ("bench.vsb:verify", "bench.vsb:raw_verify", False),
        "simulate": ("bench.vsb:simulate", "bench.vsb:verify", False),
        "receive": ("bench.vsb:receive", "bench.vsb:raw_receive", False),
    }
    sides = {
        name: (Contestant("billhook"), Contestant("verify" if name == "simulate" else "slices")) for name in stages
    }
    for _ in range(runs):
        with TemporaryDirectory() as folder:
            Task("bench.vsb:made", (folder, str(invoices))).run()
            for name, (subject, baseline, counted) in stages.items():
                arguments = (folder, str(invoices)) if counted else (folder,)
                alternate([(sides[name][0], Task(subject, arguments)), (sides[name][1], Task(baseline, arguments))], 1)
    records = agree("records", *sides["write"], *sides["verify"], *sides["simulate"])
    agree("wrong", *sides["verify"])
    codes = agree("codes", *sides["receive"])
    counts = {"write": records, "verify": records, "simulate": records, "receive": codes}
    units = {"receive": "refusals"}
    return [
        Comparison("vsb", f"{name}, {records:,} records", *sides[name], counts[name], units.get(name, "records"))
        for name in stages
    ]
