"""figure/learnability: what a curriculum says of its levels, over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kinetix_core.interfaces import Chart, Drawing, Figure, Missing, Task
from kinetix_core.report import (
    SHARES,
    STEPS,
    Axes,
    Line,
    Point,
    ReportData,
    RunRecord,
    line_chart,
    mean_line,
    metric_curves,
    percent_label,
)

from .config import FigureConfig

_RATE, _LEARN = "curriculum/solve_rate_", "curriculum/learnability_"
_NOTE = (
    "What the curriculum found of its levels when it played them: selected are those that it"
    " keeps, sampled those that it chose from. Above, mean learnability p (1 - p) against mean"
    " solve rate p, a dot for each choice, paler the earlier; no mean can be above the thin arc,"
    " and below it levels differ in how often they are solved. Means over seeds."
)
_ARC = [(i / 100, i / 100 * (1 - i / 100)) for i in range(101)]
_PLANE = Axes("mean solve rate", low=0.0, high=0.26, right=1.0, x_label=percent_label)
_MOST_DOTS = 40


@dataclass(frozen=True)
class Learnability(Figure):
    """Learnability against solve rate, and both over steps, where a curriculum logs them under
    `curriculum/learnability_NAME` and `curriculum/solve_rate_NAME`."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        found = list(_buffers(data))
        if not found:
            return Missing(
                "no curriculum of these runs logs solve rate and learnability of its levels; sfl"
                " does"
            )
        names = [name for name, _, _ in found]
        rates = [_mean(name, rate, i) for i, (name, rate, _) in enumerate(found)]
        learn = [_mean(name, learn, i) for i, (name, _, learn) in enumerate(found)]
        charts = [_plane(rates, learn, names)]
        charts += [
            line_chart(rates, replace(SHARES, x_title=STEPS), title="Solve rate", legend=names),
            line_chart(learn, Axes(STEPS, low=0.0, high=0.25), title="Learnability", legend=names),
        ]
        rows = [
            {
                "levels": rate.name,
                "environment_steps": f"{step:.0f}",
                "solve_rate": p,
                "learnability": dict(of_learn.points)[step],
            }
            for rate, of_learn in zip(rates, learn, strict=True)
            for step, p in rate.points
            if step in dict(of_learn.points)
        ]
        return Drawing("Learnability of the curriculum's levels", _NOTE, charts, rows)


def _buffers(data: ReportData) -> Iterator[tuple[str, list[list[Point]], list[list[Point]]]]:
    """Of each method and kind of levels: a name, solve rates and learnability of each seed."""
    for method in data.methods:
        kinds = [m.removeprefix(_LEARN) for m in method.runs[0].metrics(_LEARN)]
        for kind in kinds:
            rate, learn = (_curves(method.runs, head + kind) for head in (_RATE, _LEARN))
            if rate and learn and not kind.endswith(("_median", "_min", "_max")):
                words = kind.replace("_", " ")
                yield (f"{method.name}, {words}" if len(data.methods) > 1 else words), rate, learn


def _curves(runs: tuple[RunRecord, ...], metric: str) -> list[list[Point]]:
    return [points for run in runs for points in metric_curves(run, metric) if points]


def _mean(name: str, curves: list[list[Point]], colour: int) -> Line:
    found = mean_line(curves, name, colour)
    return found[0] if found else Line(name, curves[0], colour)


def _plane(rates: list[Line], learn: list[Line], names: list[str]) -> Chart:
    """A dot wherever both changed, early ones pale."""
    lines = [Line("p (1 - p) of a single level", _ARC, 7, faint=True)]
    for rate, of_learn in zip(rates, learn, strict=True):
        table = dict(of_learn.points)
        dots: list[Point] = []
        for step, p in rate.points:
            if step in table and (not dots or dots[-1] != (p, table[step])):
                dots.append((p, table[step]))
        dots = dots[:: -(-len(dots) // _MOST_DOTS)] if dots else []
        half = len(dots) // 2
        look = {"colour": rate.colour, "dots": True, "path": False}
        lines.append(Line(f"{rate.name}, earlier", dots[:half], faint=True, **look))
        lines.append(Line(f"{rate.name}, later", dots[half:], **look))
    return line_chart(lines, _PLANE, title="Learnability against solve rate", legend=names)
