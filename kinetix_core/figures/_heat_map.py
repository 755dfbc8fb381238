"""figure/heat_map: the solve rate of each method on each level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinetix_core.interfaces import Chart, Drawing, Figure, Missing, Task
from kinetix_core.report import NOT_PLAYED, Cell, ReportData, Score, grid_chart, level_name

from .config import FigureConfig

_MOST = 60
"""Levels of a set above which levels of like difficulty share a row."""
_BINS = 10
_NOTE = (
    "Solve rates in percent, the mean over seeds; levels that the methods together solve most often"
    " come first."
)
_BINNED = (
    f" Sets of more than {_MOST} levels: a row for the levels that all methods together solve about"
    " equally often, with how many there are."
)


@dataclass(frozen=True)
class HeatMap(Figure):
    """Levels in rows, methods in columns, a grid for each set."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        if not data.comparison.sets:
            return Missing(NOT_PLAYED)
        if len(data.methods) < 2:
            return Missing("there is one method; `solve_rates` shows its levels")
        charts, rows, binned = [], [], False
        for name, scores in data.comparison.sets.items():
            rates = np.stack([score.scores.mean(axis=0) for score in scores])  # (methods, levels)
            levels = [level_name(level, name) for level in data.comparison.levels[name]]
            binned |= len(levels) > _MOST
            charts.append(_grid(name, scores, levels, rates))
            rows += [
                {"set": name, "level": level, "method": score.method, "solve_rate": rates[m, n]}
                for n, level in enumerate(levels)
                for m, score in enumerate(scores)
            ]
        return Drawing("Levels and methods", _NOTE + binned * _BINNED, charts, rows)


def _grid(name: str, scores: Sequence[Score], levels: Sequence[str], rates: np.ndarray) -> Chart:
    if len(levels) > _MOST:
        names, rates = _binned(rates)
    else:
        order = np.argsort(-rates.mean(axis=0), kind="stable")
        names, rates = [levels[int(i)] for i in order], rates[:, order]
    cells = [[Cell(f"{100 * rate:.0f}", rate) for rate in of_level] for of_level in rates.T]
    return grid_chart(names, [score.method for score in scores], cells, title=name)


def _binned(rates: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Means over levels by the tenth of their mean over methods, the easiest first."""
    bins = np.minimum((rates.mean(axis=0) * _BINS).astype(int), _BINS - 1)
    names, columns = [], []
    for i in range(_BINS - 1, -1, -1):
        if count := int((bins == i).sum()):
            ends = f"{100 * i // _BINS} to {100 * (i + 1) // _BINS} %"
            names.append(f"{ends} ({count:,})")
            columns.append(rates[:, bins == i].mean(axis=1))
    return names, np.stack(columns, axis=1)
