"""Sections of curves: what was learnt over environment steps, and the health of PPO."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kinetix_core.evaluate import FEWEST_SEEDS, bootstrap_band

from ._chart import Line, Point, line_chart, percent_label
from ._html import figure, legend, section
from ._methods import Method
from ._read import RunRecord

_HEALTH = (
    ("ppo/entropy", "Entropy", "nats; falls as the policy makes up its mind"),
    ("ppo/approx_kl", "KL divergence", "of the new policy from the one that played"),
    ("ppo/value_loss", "Value loss", ""),
    ("ppo/explained_variance", "Explained variance", "of the value: 1 is perfect"),
    ("ppo/clip_fraction", "Clip fraction", "share of samples that were clipped"),
    ("ppo/gradient_norm", "Gradient norm", "before it is scaled down"),
    ("network/dormant", "Dormant units", "share of units that hardly react"),
    ("network/effective_rank", "Effective rank", "of the last hidden layer before the value"),
    ("network/weight_norm", "Weight norm", "of all that gradients change"),
    ("episode/return", "Return", "mean of the training episodes"),
    ("episode/length", "Episode length", "environment steps"),
)
"""Metric, title, and words below."""
STEPS = "environment steps"


def learning(methods: Sequence[Method]) -> str:
    """Solve rates over environment steps: one chart for a method, one per measure for several."""
    measures = ["episode/solved"]
    for run in _runs(methods):
        measures += [m for m in run.metrics("eval/", "/solve_rate") if m not in measures]
    if len(methods) == 1:
        groups = [("", [(methods[0], m, _name(m)) for m in measures])]
    else:
        groups = [(_name(m), [(method, m, method.name) for method in methods]) for m in measures]
    charts = []
    for title, members in groups:
        lines = [
            line
            for colour, (method, measure, name) in enumerate(members)
            for line in [
                *_lines(method, measure, name, colour, alone=len(methods) == 1),
                *_untrained(method, measure, colour),
            ]
        ]
        if lines:
            charts.append(figure(_both(lines, title or "solve rate"), title))
    names = [name for _, _, name in groups[0][1]]
    return section("learning", "Learning", *charts, legend(names), note=_note(methods, measures))


def _note(methods: Sequence[Method], measures: Sequence[str]) -> str:
    window = _window(methods[0].runs[0])
    note = (
        "Share of episodes that are solved. Of the training it is the mean over the episodes of"
        f" the last {window} updates"
        if window > 1
        else "Share of episodes that are solved, of the training in each update"
    )
    if len(measures) > 1:
        note += "; sets of levels are played now and then, and nothing is learnt from them"
    if any(_untrained(method, measure, 0) for method in methods for measure in measures):
        note += "; a level line is the untrained network"
    if any(method.seeds >= FEWEST_SEEDS for method in methods):
        note += "; bands are 95 % intervals of the mean over seeds, point by point"
    return f"{note}."


def _runs(methods: Sequence[Method]) -> list[RunRecord]:
    return [run for method in methods for run in method.runs]


def _both(lines: Sequence[Line], title: str) -> str:
    """Wide for a desktop and narrow for a phone; the page shows one of them."""

    def chart(width: int, height: int) -> str:
        return line_chart(
            lines,
            width=width,
            height=height,
            title=title,
            x_title=STEPS,
            low=0.0,
            high=1.0,
            label=percent_label,
        )

    return f'<div class="wide">{chart(900, 320)}</div><div class="narrow">{chart(380, 260)}</div>'


def health(methods: Sequence[Method]) -> str:
    """Small charts of the learner's own measures; those that nobody logged are left out."""
    charts = []
    for metric, title, words in _HEALTH:
        lines = [
            Line(run.name, points, colour, dots=len(points) < 2)
            for colour, method in enumerate(methods)
            for run in method.runs
            for points in _curves(run, metric)
            if points
        ]
        if lines:
            charts.append(figure(line_chart(lines, title=title, x_title=STEPS), title, words))
    names = legend([method.name for method in methods]) if len(methods) > 1 else ""
    inside = f'<div class="charts">{"".join(charts)}</div>' if charts else ""
    return section("health", "Health of the learner", inside, names)


def _name(measure: str) -> str:
    if measure == "episode/solved":
        return "training episodes"
    return measure.removeprefix("eval/").removesuffix("/solve_rate")


def _lines(method: Method, measure: str, name: str, colour: int, *, alone: bool) -> list[Line]:
    """A curve; of several seeds their mean with its band, and each seed thin where there is room
    for it (alone) or no band."""
    smooth = measure == "episode/solved"
    curves = [
        points
        for run in method.runs
        for points in (_smoothed(run) if smooth else _curves(run, measure))
        if points
    ]
    if not curves:
        return []
    if len(curves) == 1:
        return [Line(name, curves[0], colour, dots=not smooth)]
    lines = []
    if alone or len(curves) < FEWEST_SEEDS:
        lines = [
            Line(f"{name}, seed {i}", points, colour, faint=True) for i, points in enumerate(curves)
        ]
    return [*lines, *_mean(curves, name, colour, dots=not smooth)]


def _mean(curves: Sequence[Sequence[Point]], name: str, colour: int, *, dots: bool) -> list[Line]:
    """The mean at the steps that all seeds have a point at."""
    shared = sorted(set.intersection(*({x for x, _ in points} for points in curves)))
    if not shared:
        return []
    tables = [dict(points) for points in curves]
    values = [[table[x] for x in shared] for table in tables]
    mean = [(x, math.fsum(t[x] for t in tables) / len(tables)) for x in shared]
    ends = bootstrap_band(values)
    band = None
    if ends is not None:
        low, high = ([(x, float(y)) for x, y in zip(shared, e, strict=True)] for e in ends)
        band = (low, high)
    return [Line(f"{name}, mean of {len(curves)} seeds", mean, colour, dots=dots, band=band)]


def _untrained(method: Method, measure: str, colour: int) -> list[Line]:
    """A level line: what the untrained network solves of the same set, where that is known."""
    run = method.shown
    for row in (run.evaluation or {}).get("sets", []):
        last = run.column(measure)
        if row["set"] == _name(measure) and row.get("baseline") and last:
            rate = float(row["baseline"]["solve_rate"])
            ends = [(0.0, rate), (last[-1][0], rate)]
            return [Line(f"{row['set']}, untrained", ends, colour, faint=True)]
    return []


def _curves(run: RunRecord, metric: str) -> list[list[Point]]:
    """Points of each seed; without those at which there is no number."""
    curves: list[list[Point]] = [[] for _ in range(run.seeds)]
    for step, values in run.column(metric):
        for curve, value in zip(curves, values, strict=False):
            if isinstance(value, int | float) and math.isfinite(value):
                curve.append((step, float(value)))
    return curves


def _window(run: RunRecord) -> int:
    return max(len(run.rows) // 40, 1)


def _smoothed(run: RunRecord) -> list[list[Point]]:
    """Solve rate of the training episodes of the last few updates, each episode counted once."""
    window, curves = _window(run), []
    rates, counts = run.column("episode/solved"), dict(run.column("episode/count"))
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
            part = solved[max(i + 1 - window, 0) : i + 1]
            total = math.fsum(count for _, _, count in part)
            curve.append((solved[i][0], math.fsum(s for _, s, _ in part) / total))
        curves.append(curve)
    return curves
