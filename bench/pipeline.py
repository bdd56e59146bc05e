"""From items to the file for the payer: import, check and export by the engine, beside a script that does the minimum.

Both sides read the same rows and must end with the same number of EHI segments and the same sums in BES, counted by one
piece of code in the files that they wrote.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.measure import Comparison, Contestant, Figures, Task, agree, alternate

STAGES: Final = ("import", "check", "export")

Sides = dict[str, Contestant]


def _side(name: str) -> Sides:
    return {stage: Contestant(name) for stage in (*STAGES, "all three")}


def _add_up(side: Sides) -> None:
    """One more run of all three stages together: times add up, the peak is the highest, facts are the export's."""
    last = [side[stage].runs[-1] for stage in STAGES]
    whole = Figures(
        sum(run.wall for run in last), sum(run.cpu for run in last), max(run.peak for run in last), last[-1].facts
    )
    side["all three"].runs.append(whole)


def billhook_tasks(folder: str, rows: str) -> dict[str, Task]:
    """What the engine does, stage by stage, in a workspace below the folder."""
    Task("bench.engine:prepare", (folder,)).run()
    return {
        "import": Task("bench.engine:read_in", (folder, rows)),
        "check": Task("bench.engine:check", (folder,)),
        "export": Task("bench.engine:export", (folder,)),
    }


def raw_tasks(folder: str, rows: str) -> dict[str, Task]:
    """What the raw script does."""
    return {
        "import": Task("bench.raw:read_in", (folder, rows)),
        "check": Task("bench.raw:check", (folder,)),
        "export": Task("bench.raw:export", (folder,)),
    }


def _same_files(*sides: Sides) -> int:
    """Both wrote the same claims: count of lines and vouchers, gross and copayment. Gives the count of lines."""
    exports = [side["export"] for side in sides]
    for fact in ("BES", "gross_cents", "copayment_cents"):
        agree(fact, *exports)
    return int(agree("EHI", *exports))


def _race(sides: tuple[Sides, Sides], rows: str) -> None:
    """One run of both, stage by stage in turn, each in a folder of its own."""
    with TemporaryDirectory() as mine, TemporaryDirectory() as other:
        tasks = (billhook_tasks(mine, rows), raw_tasks(other, rows))
        for stage in STAGES:
            alternate([(side[stage], task[stage]) for side, task in zip(sides, tasks, strict=True)], 1)
    for side in sides:
        _add_up(side)


def run(runs: int, *, items: int = 100_000, fewer: int = 10_000) -> list[Comparison]:
    """Each stage against the raw script; and many items against `fewer`, unless that is 0."""
    many, raw = _side("billhook"), _side("raw script")
    with TemporaryDirectory() as folder:
        rows = str(Path(folder) / "items.jsonl")
        written = Task("bench.items:write", (rows, str(items))).run()
        for _ in range(runs):
            _race((many, raw), rows)
        few = _alone(runs, fewer, folder) if fewer else None
    count = _same_files(many, raw)
    assert count == written.facts["items"], "an item did not leave"
    found = [Comparison("pipeline", f"{stage}, {items:,}", many[stage], raw[stage], count, "items") for stage in many]
    if few:
        large = {stage: Contestant(f"{items:,} items", many[stage].runs) for stage in STAGES}
        found += [
            Comparison("growth", stage, large[stage], few[stage], count, "items", about="memory") for stage in STAGES
        ]
    return found


def _alone(runs: int, items: int, folder: str) -> Sides:
    """The engine by itself with another number of items."""
    side = _side(f"{items:,}")
    rows = str(Path(folder) / "fewer.jsonl")
    Task("bench.items:write", (rows, str(items))).run()
    for _ in range(runs):
        with TemporaryDirectory() as place:
            for stage, task in billhook_tasks(place, rows).items():
                side[stage].runs.append(task.run())
    return side


def postgresql(runs: int, *, items: int = 100_000) -> list[Comparison]:
    """Import into PostgreSQL beside import into SQLite; memory is that of the importing process, not of the server."""
    from tests.support.postgres import throwaway_server  # noqa: PLC0415 -- needs a server program and a driver

    subject, baseline = Contestant("PostgreSQL"), Contestant("SQLite")
    with TemporaryDirectory() as folder, throwaway_server() as server:
        rows = str(Path(folder) / "items.jsonl")
        Task("bench.items:write", (rows, str(items))).run()
        for _ in range(runs):
            with TemporaryDirectory() as mine, TemporaryDirectory() as other, server.database() as url:
                Task("bench.engine:prepare", (mine, url)).run()
                Task("bench.engine:prepare", (other,)).run()
                tasks = [
                    (subject, Task("bench.engine:read_in", (mine, rows))),
                    (baseline, Task("bench.engine:read_in", (other, rows))),
                ]
                alternate(tasks, 1)
    count = agree("items", subject, baseline)
    return [Comparison("database", f"import, {items:,}", subject, baseline, count, "items")]
