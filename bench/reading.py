"""Reading EDIFACT: Billhook's reader, and the kept library pydifact on the same file."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.measure import ROOT, Comparison, Contestant, Task, agree, alternate


def with_billhook(path: str, times: str = "1") -> dict[str, Any]:
    """Read all segments and add up what the vouchers come to; a task."""
    from billhook.wire import read_segments  # noqa: PLC0415 -- only the measured process pays for it

    count = components = cents = 0
    for _ in range(int(times)):
        for segment in read_segments(Path(path)):
            count += 1
            components += sum(map(len, segment.elements))
            if segment.tag == "BES":
                cents += int(segment.value(1).replace(",", ""))
    return {"segments": count, "components": components, "cents": cents}


def with_pydifact(path: str, times: str = "1") -> dict[str, Any]:
    """The same with pydifact's streaming parser, which wants the file as one text; a task."""
    from pydifact.parser import Parser  # noqa: PLC0415 -- only the measured process pays for it

    count = components = cents = 0
    for _ in range(int(times)):
        for segment in Parser().parse(Path(path).read_text(encoding="iso-8859-1")):
            if segment.tag == "UNA":
                continue  # pydifact gives the service characters as a segment
            count += 1
            components += sum(len(element) if isinstance(element, list) else 1 for element in segment.elements)
            if segment.tag == "BES":
                cents += int(str(segment[0]).replace(",", ""))
    return {"segments": count, "components": components, "cents": cents}


def _against_pydifact(path: Path, what: str, runs: int, times: int = 1) -> Comparison:
    subject, baseline = Contestant("billhook"), Contestant("pydifact")
    alternate(
        [
            (subject, Task("bench.reading:with_billhook", (str(path), str(times)))),
            (baseline, Task("bench.reading:with_pydifact", (str(path), str(times)))),
        ],
        runs,
    )
    agree("components", subject, baseline)
    agree("cents", subject, baseline)
    return Comparison("reading", what, subject, baseline, agree("segments", subject, baseline), "segments")


def corpus_files() -> list[Path]:
    """Published directories of payers, where the machine has them (`BILLHOOK_CORPUS`); no part of the project."""
    folder = Path(os.environ.get("BILLHOOK_CORPUS") or ROOT.parent / "shared" / "corpus")
    return sorted((folder / "p302" / "kostentraegerdatei").glob("*.ke0"))


def run(runs: int, *, megabytes: int = 20, growth: tuple[int, int] = (10, 100)) -> list[Comparison]:
    """Against pydifact on a generated file and on a published one; and a small file against a large one."""
    found = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "invoice.edi"
        written = Task("bench.invoice:write", (str(path), str(megabytes))).run()
        found.append(_against_pydifact(path, f"billing file, {megabytes} MB", runs))
        assert found[0].count == written.facts["segments"], "a segment was lost"
        if published := corpus_files():
            largest = max(published, key=lambda each: each.stat().st_size)
            # Once would measure the start of Python: these files have a tenth of a MB.
            times = max(1, megabytes * 500_000 // largest.stat().st_size)
            found.append(_against_pydifact(largest, f"payer directory {largest.name}, {times} times", runs, times))
        small, large = Contestant(f"{growth[0]} MB"), Contestant(f"{growth[1]} MB")
        tasks = []
        for contestant, size in ((large, growth[1]), (small, growth[0])):
            file = Path(folder) / f"{size}.edi"
            Task("bench.invoice:write", (str(file), str(size))).run()
            tasks.append((contestant, Task("bench.reading:with_billhook", (str(file),))))
        alternate(tasks, runs)
        count = agree("segments", large)
        found.append(Comparison("reading", "memory by file size", large, small, count, "segments", about="memory"))
    return found
