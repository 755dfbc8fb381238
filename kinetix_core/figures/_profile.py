"""figure/profile: which share of seeds and levels is solved at least how often."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinetix_core.evaluate import FEWEST_SEEDS, bootstrap_band, performance_profile
from kinetix_core.interfaces import Drawing, Figure, Missing, Task
from kinetix_core.report import (
    NOT_PLAYED,
    SHARES,
    Line,
    ReportData,
    Score,
    banded,
    line_chart,
    no_intervals_note,
    percent_label,
    stepped_line,
)

from .config import FigureConfig

_NOTE = (
    "For each solve rate on the x axis, the share of pairs of seed and level that reach it. A curve"
    " that is higher everywhere is better everywhere; where it is at 50 %, the median is read off."
)
_BAND = " Bands are 95 % intervals over seeds, point by point."
_AXES = replace(SHARES, x_title="solve rate of at least", right=1.0, x_label=percent_label)
_MOST = 100
"""Thresholds, where there are more attempts than that."""


@dataclass(frozen=True)
class Profile(Figure):
    """A chart for each set, with a curve for each method."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        if not data.comparison.sets:
            return Missing(NOT_PLAYED)
        charts, rows = [], []
        for name, scores in data.comparison.sets.items():
            lines = [profile_line(score, i) for i, score in enumerate(scores)]
            legend = [score.method for score in scores]
            drawn = [stepped_line(line) for line in lines]
            charts.append(line_chart(drawn, _AXES, title=name, legend=legend))
            for score, line in zip(scores, lines, strict=True):
                rows += _rows(score, line)
        seeds = [score.seeds for score in data.comparison.rows]
        note = f"{_NOTE}{_BAND * (max(seeds) >= FEWEST_SEEDS)}{no_intervals_note(seeds)}"
        return Drawing("Performance profile", note, charts, rows)


def profile_line(score: Score, colour: int) -> Line:
    """The profile at every solve rate that the attempts can give, with its band."""
    count = min(max(score.attempts, 1), _MOST)
    thresholds = np.arange(count + 1) / count
    curves = performance_profile(score.scores, thresholds)
    points = [(float(t), float(y)) for t, y in zip(thresholds, curves.mean(axis=0), strict=True)]
    ends = bootstrap_band(curves)
    return Line(score.method, points, colour, band=ends and banded(thresholds.tolist(), *ends))


def _rows(score: Score, line: Line) -> list[dict[str, object]]:
    low, high = line.band or ((), ())
    return [
        {
            "set": score.set,
            "method": score.method,
            "seeds": score.seeds,
            "solve_rate_of_at_least": x,
            "share": y,
            "low": low[i][1] if low else "",
            "high": high[i][1] if high else "",
        }
        for i, (x, y) in enumerate(line.points)
    ]
