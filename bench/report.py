"""Reporting: comparisons as a table for the terminal and as JSON for whoever keeps them."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from typing import Any

from bench.measure import Comparison, Contestant

HEADINGS = ("benchmark", "subject / baseline", "wall s", "wall ×", "spread", "CPU ×", "peak MiB", "peak ×", "rate")


def table(comparisons: Sequence[Comparison]) -> str:
    """One line a comparison, columns aligned."""
    rows = [HEADINGS, *(_row(each) for each in comparisons)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
    left = 2  # the first two columns are words, the others figures

    def line(row: Sequence[str]) -> str:
        cells = (
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def _row(each: Comparison) -> tuple[str, ...]:
    timed, weighed = each.about != "memory", each.about != "time"
    low, high = each.wall_spread
    return (
        f"{each.benchmark}: {each.what}",
        f"{each.subject.name} / {each.baseline.name}",
        f"{each.subject.wall:.2f} / {each.baseline.wall:.2f}",
        f"{each.wall_ratio:.2f}" if timed else "",
        f"{low:.2f}–{high:.2f}" if timed else "",
        f"{each.cpu_ratio:.2f}" if timed else "",
        f"{each.subject.peak / 2**20:.0f} / {each.baseline.peak / 2**20:.0f}" if weighed else "",
        f"{each.peak_ratio:.2f}" if weighed else "",
        f"{each.rate:,.0f} {each.unit}/s" if timed else f"{each.count:,} {each.unit}",
    )


def as_json(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Everything that was measured: seconds, bytes, ratios, and each single run."""
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "comparisons": [_as_json(each) for each in comparisons],
    }


def _as_json(each: Comparison) -> dict[str, Any]:
    return {
        "benchmark": each.benchmark,
        "what": each.what,
        "about": each.about or "time and memory",
        "count": each.count,
        "unit": each.unit,
        "wall_ratio": each.wall_ratio,
        "wall_spread": list(each.wall_spread),
        "cpu_ratio": each.cpu_ratio,
        "peak_ratio": each.peak_ratio,
        "rate": each.rate,
        "subject": _side(each.subject),
        "baseline": _side(each.baseline),
    }


def _side(side: Contestant) -> dict[str, Any]:
    return {
        "name": side.name,
        "wall": side.wall,
        "cpu": side.cpu,
        "peak": side.peak,
        "runs": [{"wall": run.wall, "cpu": run.cpu, "peak": run.peak, "facts": dict(run.facts)} for run in side.runs],
    }
