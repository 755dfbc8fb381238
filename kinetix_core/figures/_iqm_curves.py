"""figure/iqm_curves: the interquartile mean over seeds and levels while a run goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinetix_core.evaluate import bootstrap_curve, interquartile_mean
from kinetix_core.interfaces import Drawing, Figure, Missing, Task
from kinetix_core.report import (
    SHARES,
    STEPS,
    Line,
    Method,
    ReportData,
    banded,
    line_chart,
    line_rows,
    no_intervals_note,
)

from .config import FigureConfig

_NOTE = (
    "Interquartile mean of the solve rates over all seeds and levels, at the evaluations while the"
    " runs went on: the easiest and the hardest quarter have no part in it."
)
_BAND = " Bands are 95 % intervals: whole seeds are resampled, each with all of its levels."
_AXES = replace(SHARES, x_title=STEPS)


@dataclass(frozen=True)
class IqmCurves(Figure):
    """A chart for each set that was evaluated on the way, with a curve for each method."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        same, differ = _sets(data)
        found = {name: _lines(data, name) for name in same}
        charts = [
            line_chart(lines, _AXES, title=name, legend=[m.name for m in data.methods])
            for name, lines in found.items()
            if lines
        ]
        if not charts:
            return Missing(
                "no run was evaluated on the way at steps that all of its seeds share; see"
                " evaluation.every_updates"
            )
        rows = [
            row
            for name, lines in found.items()
            for line in lines
            for row in line_rows(line, set=name, method=line.name)
        ]
        any_band = any(line.band for lines in found.values() for line in lines)
        reasons = no_intervals_note(method.seeds for method in data.methods)
        return Drawing(
            "IQM over steps",
            f"{_NOTE}{_BAND * any_band}{reasons}",
            charts,
            rows,
            notices=[f"{name} is left out: its levels differ from run to run" for name in differ],
        )


def _sets(data: ReportData) -> tuple[list[str], list[str]]:
    """Those whose levels were the same in every run that played them, and the others."""
    digests: dict[str, set[str]] = {}
    for method in data.methods:
        for run in method.runs:
            for row in run.evaluations:
                digests.setdefault(row["set"], set()).add(row["hash"])
    same = [name for name, found in digests.items() if len(found) == 1]
    return same, [name for name in digests if name not in same]


def _lines(data: ReportData, name: str) -> list[Line]:
    return [
        line
        for colour, method in enumerate(data.methods)
        if (line := iqm_line(method, name, colour)) is not None
    ]


def iqm_line(method: Method, of_set: str, colour: int) -> Line | None:
    """At the steps at which every run of the method was evaluated; None where there are none."""
    tables = [dict(run.level_curves(of_set)) for run in method.runs]
    steps = sorted(set.intersection(*(set(table) for table in tables)))
    if not steps:
        return None
    scores = np.array([[rates for t in tables for rates in t[step]] for step in steps])
    values = interquartile_mean(scores, axis=(1, 2))
    points = [(step, float(value)) for step, value in zip(steps, values, strict=True)]
    ends = bootstrap_curve(scores)
    band = ends and banded(steps, *ends)
    return Line(method.name, points, colour, dots=len(points) <= 30, band=band)
