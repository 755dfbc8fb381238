"""figure/lifelong: agents that learn one set of levels after another, beside fresh networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from kinetix_core.interfaces import Chart, Drawing, Figure, Missing, Task
from kinetix_core.report import (
    SHARES,
    STEPS,
    Axes,
    Labelled,
    Line,
    Point,
    ReportData,
    line_chart,
    metric_curves,
    no_intervals_note,
    seed_lines,
    solved_curves,
)
from kinetix_core.study import FRESH, SEQUENCE

from ._forgetting import Sequences, final_rate, transfer_rows, transfer_table
from ._health import MEASURES
from .config import FigureConfig

_PLASTICITY = (
    *("network/dormant", "network/effective_rank", "network/weight_norm", "ppo/gradient_norm"),
)
"""How well a network can still learn."""
_NOTE = (
    "Each agent learns the sets one after the other; a vertical line begins a stage. Dashed:"
    " networks that learn the set of that stage alone, from scratch and as long. Means over seeds,"
    " with bands of 95 % intervals from three seeds on."
)

Curves = Callable[[Labelled], list[list[Point]]]


@dataclass(frozen=True)
class Lifelong(Figure):
    """Every set over time, forgetting and forward transfer, and measures of plasticity."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        found = Sequences(data)
        if not any(map(found.seeds, found.methods)):
            return Missing("there is no sequence of sets among these runs, or none is finished")
        charts = [c for name in dict.fromkeys(found.stages) for c in _performance(found, name)]
        charts += _training(found)
        for metric in _PLASTICITY:
            title, words = MEASURES[metric]
            if lines := _lines(found, partial(_metric, metric)):
                axes = _over_stages(found, Axes())
                names = _names(found)
                charts.append(
                    line_chart(lines, axes, title=title, legend=names, caption=words, small=True)
                )
        rows = transfer_rows(found)
        note = _NOTE + no_intervals_note(len(found.seeds(method)) for method in found.methods)
        return Drawing("One set after another", note, charts, rows, [transfer_table(rows)])


def _metric(metric: str, run: Labelled) -> list[list[Point]]:
    return metric_curves(run.record, metric)


def _names(found: Sequences) -> list[str]:
    """A colour for each method, and one more for its fresh networks."""
    several = len(found.methods) > 1
    sides = (("in sequence", SEQUENCE), ("fresh", FRESH))
    return [
        f"{method}, {words}" if several else words
        for method in found.methods
        for words, part in sides
        if part == SEQUENCE or found.has_fresh
    ]


def _over_stages(found: Sequences, axes: Axes) -> Axes:
    """From the beginning of the first stage to the end of the last, with a mark at each."""
    marks = [(found.offset(stage), name) for stage, name in enumerate(found.stages)]
    return replace(axes, x_title=STEPS, marks=marks, right=found.offset(len(found.stages)))


def _lines(
    found: Sequences, curves: Curves, *, fresh_stages: Sequence[int] | None = None
) -> list[Line]:
    """Per method the curve over all stages, and that of the fresh networks of each stage."""
    lines: list[Line] = []
    each = 1 + found.has_fresh
    stages = range(len(found.stages)) if fresh_stages is None else fresh_stages
    for i, method in enumerate(found.methods):
        whole = [_joined(found, runs, curves) for runs in found.sequences(method)]
        lines += seed_lines([c for c in whole if c], f"{method}, in sequence", each * i)
        for stage in stages:
            alone = [_joined(found, [run], curves) for run in found.fresh(method, stage)]
            name = f"{method}, fresh on {found.stages[stage]}"
            lines += seed_lines([c for c in alone if c], name, each * i + 1, dashed=True)
    return lines


def _joined(found: Sequences, runs: Sequence[Labelled], curves: Curves) -> list[Point]:
    """The curves of the stages behind each other, of the first seed of each run."""
    return [
        (found.offset(run.stage) + x, y)
        for run in runs
        for of_seed in curves(run)[:1]
        for x, y in of_seed
    ]


def _performance(found: Sequences, name: str) -> list[Chart]:
    """Solve rate on the set of a stage over all stages: where it was evaluated on the way, or else
    at the start and at the end of each stage; no chart where it never was."""

    def curves(run: Labelled) -> list[list[Point]]:
        on_the_way = metric_curves(run.record, f"eval/{name}/solve_rate")
        if any(on_the_way):
            return on_the_way
        rate = final_rate(run.record, name)
        points = [] if rate is None else [(found.length(run.stage), rate)]
        start = (
            found.agent(run.method, run.seed) if (run.part, run.stage) == (SEQUENCE, 0) else None
        )
        if start and (before := final_rate(start.record, name)) is not None:
            points.insert(0, (0.0, before))
        return [points]

    own = [stage for stage, other in enumerate(found.stages) if other == name]
    lines = [replace(line, dots=True) for line in _lines(found, curves, fresh_stages=own)]
    axes = _over_stages(found, SHARES)
    title = f"Solve rate on {name}"
    return [line_chart(lines, axes, title=title, legend=_names(found))] if lines else []


def _training(found: Sequences) -> list[Chart]:
    """No chart where no episode ended."""
    lines = _lines(found, lambda run: solved_curves(run.record))
    axes = _over_stages(found, SHARES)
    title = "Training episodes, of the set of each stage"
    return [line_chart(lines, axes, title=title, legend=_names(found))] if lines else []
