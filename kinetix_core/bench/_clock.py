"""Time: CPU and wall seconds of repeated calls, several programs in turn, medians and ranges."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """`steps` pieces of work took `cpu` seconds of all threads and `wall` seconds."""

    steps: int
    cpu: float
    wall: float

    @property
    def per_cpu_second(self) -> float:
        """Pieces of work per CPU second."""
        return self.steps / self.cpu

    @property
    def per_wall_second(self) -> float:
        """Pieces of work per wall second."""
        return self.steps / self.wall


@dataclass(frozen=True)
class Work:
    """Something to time: `call` does `steps` pieces of work and returns when they are done."""

    call: Callable[[], object]
    steps: int


@dataclass(frozen=True)
class Summary:
    """The middle and both ends of repeated measurements."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.3g} [{self.least:.3g}..{self.most:.3g}]"


def measure(work: Work, least: float) -> Sample:
    """Call until `least` wall seconds have passed, at least once."""
    calls = 0
    cpu, wall = time.process_time(), time.perf_counter()
    while True:
        work.call()
        calls += 1
        passed = time.perf_counter() - wall
        if passed >= least:
            break
    # a coarse clock must not give an infinite rate
    return Sample(calls * work.steps, max(time.process_time() - cpu, 1e-9), max(passed, 1e-9))


def interleave(works: Mapping[str, Work], repeats: int, least: float) -> dict[str, list[Sample]]:
    """`repeats` samples of each, in turn, so that a change of load meets all of them.

    Everything is called once before, untimed. Every other round goes backwards.
    """
    for work in works.values():
        work.call()
    samples: dict[str, list[Sample]] = {name: [] for name in works}
    for repeat in range(repeats):
        names = list(works)[:: 1 if repeat % 2 == 0 else -1]
        for name in names:
            samples[name].append(measure(works[name], least))
    return samples


def summary(values: Sequence[float]) -> Summary:
    """Median and range."""
    return Summary(statistics.median(values), min(values), max(values))


def ratios(fast: Sequence[float], slow: Sequence[float]) -> Summary:
    """Median and range of the ratios, repeat by repeat."""
    return summary([a / b for a, b in zip(fast, slow, strict=True)])
