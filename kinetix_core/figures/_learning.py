"""figure/learning: solve rates over environment steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kinetix_core.evaluate import FEWEST_SEEDS
from kinetix_core.interfaces import Chart, Drawing, Figure, Missing, Task
from kinetix_core.report import (
    SHARES,
    STEPS,
    TRAINED,
    Line,
    Method,
    ReportData,
    line_chart,
    line_rows,
    measure_name,
    measures_of,
    method_curves,
    no_intervals_note,
    seed_lines,
    window,
)

from .config import FigureConfig

_AXES = replace(SHARES, x_title=STEPS)


@dataclass(frozen=True)
class Learning(Figure):
    """One chart for a method, one per measure for several: the mean over seeds with its band."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        methods = data.methods
        measures = measures_of(run for method in methods for run in method.runs)
        alone = len(methods) == 1
        if alone:
            groups = [("", [(methods[0], m, measure_name(m)) for m in measures])]
        else:
            groups = [(measure_name(m), [(e, m, e.name) for e in methods]) for m in measures]
        charts: list[Chart] = []
        rows = []
        for title, members in groups:
            lines, names = [], []
            for colour, (method, measure, name) in enumerate(members):
                found = _lines(method, measure, name, colour, alone=alone)
                lines += [*found, *_untrained(method, measure, colour)]
                names.append(name)
                if found and not found[-1].faint:
                    what = {"measure": measure_name(measure), "method": method.name}
                    rows += line_rows(found[-1], **what, seeds=method.seeds)
            if lines:
                charts.append(line_chart(lines, _AXES, title=title or "Solve rate", legend=names))
        if not charts:
            return Missing("no episode of the training ended, and nothing was evaluated on the way")
        return Drawing("Learning", _note(methods, measures), charts, rows)


def _note(methods: Sequence[Method], measures: Sequence[str]) -> str:
    size = window(methods[0].runs[0])
    note = (
        "Share of episodes that are solved. Of the training it is the mean over the episodes of"
        f" the last {size} updates"
        if size > 1
        else "Share of episodes that are solved, of the training in each update"
    )
    if len(measures) > 1:
        note += "; sets of levels are played now and then, and nothing is learnt from them"
    if any(_untrained(method, measure, 0) for method in methods for measure in measures):
        note += "; a level line is the untrained network"
    if any(method.seeds >= FEWEST_SEEDS for method in methods):
        note += "; bands are 95 % intervals of the mean over seeds, point by point"
    return f"{note}.{no_intervals_note(method.seeds for method in methods)}"


def _lines(method: Method, measure: str, name: str, colour: int, *, alone: bool) -> list[Line]:
    """The mean over seeds with its band last, and each seed where there is room for it (alone) or
    no band."""
    curves = method_curves(method, measure)
    return seed_lines(curves, name, colour, every=alone, dots=measure != TRAINED)


def _untrained(method: Method, measure: str, colour: int) -> list[Line]:
    """A level line: what the untrained network solves of the same set, where that is known."""
    run = method.shown
    for row in (run.evaluation or {}).get("sets", []):
        last = run.column(measure)
        if row["set"] == measure_name(measure) and row.get("baseline") and last:
            rate = float(row["baseline"]["solve_rate"])
            ends = [(0.0, rate), (last[-1][0], rate)]
            return [Line(f"{row['set']}, untrained", ends, colour, faint=True)]
    return []
