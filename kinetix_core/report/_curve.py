"""Curves of metrics over environment steps, of one seed each, and their means over seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from kinetix_core.evaluate import FEWEST_SEEDS, bootstrap_band

from ._chart import Line, Point
from ._methods import Method
from ._read import RunRecord

STEPS = "environment steps"
TRAINED = "episode/solved"
"""The share of training episodes that are solved."""


def metric_curves(run: RunRecord, metric: str) -> list[list[Point]]:
    """Points of each seed; without those at which there is no number."""
    curves: list[list[Point]] = [[] for _ in range(run.seeds)]
    for step, values in run.column(metric):
        for curve, value in zip(curves, values, strict=False):
            if isinstance(value, int | float) and math.isfinite(value):
                curve.append((step, float(value)))
    return curves


def window(run: RunRecord) -> int:
    """How many updates the solve rate of training episodes is a mean of."""
    return max(len(run.rows) // 40, 1)


def solved_curves(run: RunRecord, measure: str = TRAINED) -> list[list[Point]]:
    """Solve rates of each seed: of a set, or of the training episodes of the last few updates,
    each episode counted once."""
    if measure != TRAINED:
        return metric_curves(run, measure)
    size, curves = window(run), []
    rates, counts = run.column(TRAINED), dict(run.column("episode/count"))
    for seed in range(run.seeds):
        solved: list[tuple[float, float, float]] = []
        for step, values in rates:
            number = counts.get(step, [])
            rate = values[seed] if seed < len(values) else None
            count = number[seed] if seed < len(number) else None
            if rate is not None and count:
                solved.append((step, rate * count, count))
        curve = []
        for i in range(len(solved)):
            part = solved[max(i + 1 - size, 0) : i + 1]
            total = math.fsum(count for _, _, count in part)
            curve.append((solved[i][0], math.fsum(s for _, s, _ in part) / total))
        curves.append(curve)
    return curves


def method_curves(method: Method, measure: str) -> list[list[Point]]:
    """The curve of every seed of a method that has one."""
    return [points for run in method.runs for points in solved_curves(run, measure) if points]


def measures_of(runs: Iterable[RunRecord]) -> list[str]:
    """The training episodes, then every set that was evaluated while a run went on."""
    found = {TRAINED: None}
    for run in runs:
        found |= dict.fromkeys(run.metrics("eval/", "/solve_rate"))
    return list(found)


def measure_name(measure: str) -> str:
    """As a reader calls it."""
    if measure == TRAINED:
        return "training episodes"
    return measure.removeprefix("eval/").removesuffix("/solve_rate")


def mean_curve(curves: Sequence[Sequence[Point]]) -> list[Point]:
    """The mean at the steps at which every curve has a point."""
    if not curves:
        return []
    tables = [dict(points) for points in curves]
    shared = sorted(set.intersection(*map(set, tables)))
    return [(x, math.fsum(table[x] for table in tables) / len(tables)) for x in shared]


def mean_line(curves: Sequence[Sequence[Point]], name: str, colour: int, **look: Any) -> list[Line]:
    """The mean of several seeds (see `mean_curve`), with its band of 95 % intervals from three
    seeds on; nothing where they share no step."""
    mean = mean_curve(curves)
    if not mean:
        return []
    shared = [x for x, _ in mean]
    tables = [dict(points) for points in curves]
    ends = bootstrap_band([[table[x] for x in shared] for table in tables])
    return [Line(name, mean, colour, band=ends and banded(shared, *ends), **look)]


def seed_lines(
    curves: Sequence[Sequence[Point]], name: str, colour: int, *, every: bool = False, **look: Any
) -> list[Line]:
    """`mean_line`, and each seed thin behind it: where they are fewer than three or share no step,
    or with `every`. The mean is the last."""
    if len(curves) < 2:
        return mean_line(curves, name, colour, **look)
    mean = mean_line(curves, f"{name}, mean of {len(curves)} seeds", colour, **look)
    if len(curves) >= FEWEST_SEEDS and mean and not every:
        return mean
    seeds = enumerate(curves)
    return [*(Line(f"{name}, seed {i}", c, colour, faint=True, **look) for i, c in seeds), *mean]


def banded(steps: Sequence[float], low: Any, high: Any) -> tuple[list[Point], list[Point]]:
    """Both ends of a band as points."""
    return tuple([(x, float(y)) for x, y in zip(steps, e, strict=True)] for e in (low, high))  # pyright: ignore[reportReturnType]


def line_rows(line: Line, **what: Any) -> list[dict[str, Any]]:
    """Rows of a CSV file: a point each, with the ends of its interval where there is one."""
    low, high = line.band or ((), ())
    return [
        {
            **what,
            "environment_steps": f"{x:.0f}",
            "value": y,
            "low": low[i][1] if low else "",
            "high": high[i][1] if high else "",
        }
        for i, (x, y) in enumerate(line.points)
    ]
