"""`make bench`, or `.venv/bin/python -m bench [NAME …]`: run benchmarks and print what Billhook costs beside others."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from bench import budget, pipeline, reading, small, verifying, vsb
from bench.measure import Comparison
from bench.report import as_json, table

Benchmark = Callable[[int], list[Comparison]]

FULL: Final[dict[str, Benchmark]] = {
    "reading": reading.run,
    "verifying": verifying.run,
    "pipeline": pipeline.run,
    "line_amount": small.line_amount,
    "journal": small.journal,
    "budget": budget.run,
    "vsb": vsb.run,
}

QUICK: Final[dict[str, Benchmark]] = {
    "reading": lambda runs: reading.run(runs, megabytes=2, growth=(1, 10)),
    "verifying": lambda runs: verifying.run(runs, vouchers=1_000),
    "pipeline": lambda runs: pipeline.run(runs, items=5_000, fewer=500),
    "line_amount": lambda runs: small.line_amount(runs, count=100_000),
    "journal": lambda runs: small.journal(runs, count=20_000),
    "budget": lambda runs: budget.run(runs, clients=500),
    "vsb": lambda runs: vsb.run(runs, invoices=250),
}
"""Smaller work: for a look, not for a figure. The start of Python weighs more in it."""


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Compare Billhook with baselines on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which benchmarks: {', '.join(FULL)} (all)")
    parser.add_argument("--quick", action="store_true", help="small sizes and one run: minutes become seconds")
    parser.add_argument("--runs", type=int, metavar="N", help="runs of each side, in turn (3; with --quick 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to FILE")
    parser.add_argument("--postgresql", action="store_true", help="also import into a PostgreSQL server of our own")
    arguments = parser.parse_args(given)
    if unknown := [name for name in arguments.names if name not in FULL]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(FULL)}")
    if arguments.runs is not None and arguments.runs < 1:
        parser.error("--runs takes a whole number from 1 on")
    return arguments


def main(given: Sequence[str] | None = None) -> int:
    """Run, print and write; 0 when all went well."""
    arguments = _arguments(sys.argv[1:] if given is None else given)
    chosen = QUICK if arguments.quick else FULL
    runs = arguments.runs or (1 if arguments.quick else 3)
    found: list[Comparison] = []
    for name in arguments.names or chosen:
        print(f"{name} …", file=sys.stderr, flush=True)
        found += chosen[name](runs)
    if arguments.postgresql:
        print("database …", file=sys.stderr, flush=True)
        found += pipeline.postgresql(runs, items=5_000 if arguments.quick else 100_000)
    print(table(found))
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(found), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
