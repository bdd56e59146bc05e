"""Measuring: each piece of work in a process of its own, contestants in turn, and the figures that the system kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent


class TaskFailed(RuntimeError):
    """A measured process ended with an error; the message carries what it wrote."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one process cost: wall and CPU (user and system) in seconds, peak resident memory in bytes; and its facts.

    All of the process is measured, from its start with all imports to its end: what a user waits for.
    """

    wall: float
    cpu: float
    peak: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work: `module:function`, called in a fresh process with texts; it returns facts as a mapping."""

    function: str
    arguments: tuple[str, ...] = ()

    def run(self) -> Figures:
        """Run it and measure.

        Raises:
            TaskFailed: the process failed.
        """
        command = [sys.executable, "-W", "ignore", "-m", "bench.task", self.function, *self.arguments]
        # Where Python may not keep what it compiled, every start would be measured with a compilation of the program.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        started = time.perf_counter()
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
            written = process.stdout.read() if process.stdout else ""
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise TaskFailed(f"{self.function} ended with exit code {process.returncode}\n{written}")
        said = json.loads(written.splitlines()[-1])
        return Figures(wall, usage.ru_utime + usage.ru_stime, said["peak"], said["facts"])


@dataclass(slots=True)
class Contestant:
    """One side of a comparison: its name and the figures of its runs, in order."""

    name: str
    runs: list[Figures] = field(default_factory=list)

    def middle(self, figure: Callable[[Figures], float]) -> float:
        """The median over all runs."""
        return float(median(figure(run) for run in self.runs))

    @property
    def wall(self) -> float:
        """Median wall time in seconds."""
        return self.middle(lambda run: run.wall)

    @property
    def cpu(self) -> float:
        """Median CPU time in seconds."""
        return self.middle(lambda run: run.cpu)

    @property
    def peak(self) -> float:
        """Median peak memory in bytes."""
        return self.middle(lambda run: run.peak)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The subject beside its baseline. `count` things of kind `unit` were done by the subject in each run.

    Ratios are subject to baseline: below 1 the subject needs less. A comparison that is only about one resource says so
    in `about` (`time`, `memory`, empty for both); then the other ratio means nothing.
    """

    benchmark: str
    what: str
    subject: Contestant
    baseline: Contestant
    count: int
    unit: str
    about: str = ""

    @property
    def wall_ratio(self) -> float:
        """Median wall time of the subject for one second of the baseline."""
        return self.subject.wall / self.baseline.wall

    @property
    def cpu_ratio(self) -> float:
        """Median CPU time of the subject for one second of the baseline."""
        return self.subject.cpu / self.baseline.cpu

    @property
    def peak_ratio(self) -> float:
        """Median peak memory of the subject for one byte of the baseline."""
        return self.subject.peak / self.baseline.peak

    @property
    def wall_spread(self) -> tuple[float, float]:
        """The smallest and the largest ratio of wall times that any pair of neighbouring runs gave."""
        pairs = [mine.wall / other.wall for mine, other in zip(self.subject.runs, self.baseline.runs, strict=True)]
        return min(pairs), max(pairs)

    @property
    def rate(self) -> float:
        """How many units the subject did in a second."""
        return self.count / self.subject.wall


def alternate(tasks: Sequence[tuple[Contestant, Task]], runs: int) -> None:
    """Run the tasks in turn, `runs` times each (A B A B …), so that a slow minute of the machine hits all of them."""
    for _ in range(runs):
        for contestant, task in tasks:
            contestant.runs.append(task.run())


def agree(name: str, *contestants: Contestant) -> Any:
    """The value of a fact that all runs of all contestants must report alike: a benchmark compares equal work only.

    Raises:
        AssertionError: two runs differ.
    """
    said = {json.dumps(run.facts[name]) for contestant in contestants for run in contestant.runs}
    assert len(said) == 1, f"{name} differs: {', '.join(sorted(said))}"
    return json.loads(said.pop())
