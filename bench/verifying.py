"""Holding a billing file against the rules, and telling it in words: against only reading it, for aids and therapies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.measure import ROOT, Comparison, Contestant, Task, agree, alternate

GOLDEN: Final = ROOT / "tests" / "p302" / "golden"

CASES: Final = {"aids (group A)": "a_wheelchair", "therapies (group B)": "group_b_copayment"}
"""Group → the hand-made file whose vouchers are repeated."""


def write(path: Path, case: str, times: int) -> int:
    """A billing file with the vouchers of a golden one, each that many times under a new number; the segments."""
    (golden,) = [each for each in (GOLDEN / case).iterdir() if not each.suffix and each.name[1:4] == "SOL"]
    segments = re.split(r"(?<!\?)'", golden.read_bytes().decode("iso-8859-1"))[:-1]
    first = next(at for at, segment in enumerate(segments) if segment.startswith("INV"))
    end = next(at for at in range(first, len(segments)) if segments[at].startswith("UNT"))
    head = max(at for at in range(first) if segments[at].startswith("UNH"))
    count = 0
    with path.open("w", encoding="iso-8859-1") as file:
        for segment in _repeated(segments[:first], segments[first:end], times):
            file.write(f"{segment}'")
            count += 1
        # Between the head of the claims and their end stand all repeated segments.
        file.write(f"UNT+{count - head + 1:06d}+00002'{segments[-1]}'")
    return count + 2


def _repeated(before: list[str], vouchers: list[str], times: int) -> Iterator[str]:
    for segment in before:
        tag, *elements = segment.split("+")
        if tag == "GES":
            sums = [_times(each, times) for each in elements[1:]]
            yield "+".join([tag, elements[0], *sums])
        else:
            yield segment
    number = 0
    for _ in range(times):
        for segment in vouchers:
            if segment.startswith("INV"):
                number += 1
                elements = segment.split("+")
                elements[4] = str(number)
                yield "+".join(elements)
            else:
                yield segment


def _times(amount: str, times: int) -> str:
    return f"{Decimal(amount.replace(',', '.')) * times:.2f}".replace(".", ",") if amount else ""


def by_verifying(path: str) -> dict[str, Any]:
    """Hold the file against all rules; a task."""
    from billhook_p302.formats import FORMATS  # noqa: PLC0415 -- only the measured process pays for it

    errors = sum(finding.is_error for finding in FORMATS[0].verify(Path(path)))
    return {"errors": errors}


def by_describing(path: str) -> dict[str, Any]:
    """Tell the file in words; a task."""
    from billhook_p302.formats import FORMATS  # noqa: PLC0415 -- only the measured process pays for it

    description = FORMATS[0].describe(Path(path), mask=True)
    lines = sum(1 for _ in description.lines)
    return {"errors": sum(finding.is_error for finding in description.findings), "lines": lines}


def by_reading(path: str) -> dict[str, Any]:
    """Read all segments; a task."""
    from billhook.wire import read_segments  # noqa: PLC0415 -- only the measured process pays for it

    for _ in read_segments(Path(path)):
        pass
    return {"errors": 0}


def run(runs: int, *, vouchers: int = 20_000) -> list[Comparison]:
    """Verify and describe a large file of each group; nothing may be wrong with it."""
    found: list[Comparison] = []
    with TemporaryDirectory() as folder:
        for group, case in CASES.items():
            path = Path(folder) / f"TSOL0{len(found):03d}"
            segments = write(path, case, vouchers)
            for name, what in (("verify", by_verifying), ("describe", by_describing)):
                subject, baseline = Contestant(name), Contestant("read")
                alternate(
                    [
                        (subject, Task(f"bench.verifying:{what.__name__}", (str(path),))),
                        (baseline, Task("bench.verifying:by_reading", (str(path),))),
                    ],
                    runs,
                )
                assert agree("errors", subject, baseline) == 0, "the file is right"
                found.append(Comparison("verifying", f"{name}, {group}", subject, baseline, segments, "segments"))
    return found
