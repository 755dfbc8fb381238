"""figure/improvement: how likely one method does better on a level than another."""

from __future__ import annotations

from dataclasses import dataclass

from kinetix_core.evaluate import improvement_interval, probability_of_improvement
from kinetix_core.interfaces import Drawing, Figure, Missing, Task
from kinetix_core.report import NOT_PLAYED, Cell, ReportData, Score, grid_chart

from .config import FigureConfig

_NOTE = (
    "Probability that a seed of the method in the row solves a level of the set more often than one"
    " of the method in the column, ties counting half; 50 %: neither is better. Below it the 95 %"
    " interval over seeds, where there is room and both have three seeds."
)


@dataclass(frozen=True)
class Improvement(Figure):
    """A matrix of methods for each set."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        if len(data.methods) < 2:
            return Missing("there is one method only, and nothing to hold it against")
        if not data.comparison.sets:
            return Missing(NOT_PLAYED)
        charts, rows = [], []
        for name, scores in data.comparison.sets.items():
            methods = [score.method for score in scores]
            cells = [[_cell(row, column) for column in scores] for row in scores]
            charts.append(grid_chart(methods, methods, cells, title=name))
            rows += [_row(row, column) for row in scores for column in scores if row is not column]
        return Drawing("Probability of improvement", _NOTE, charts, rows)


def _cell(row: Score, column: Score) -> Cell:
    """The colour is the stronger the surer it is."""
    if row is column:
        return Cell("-")
    chance = probability_of_improvement(row.scores, column.scores)
    interval = improvement_interval(row.scores, column.scores)
    ends = f"{100 * interval[0]:.0f} to {100 * interval[1]:.0f}" if interval else ""
    return Cell(f"{100 * chance:.0f} %", 2 * abs(chance - 0.5), 1 if chance > 0.5 else 2, ends)


def _row(row: Score, column: Score) -> dict[str, object]:
    low, high = improvement_interval(row.scores, column.scores) or ("", "")
    return {
        "set": row.set,
        "method": row.method,
        "than": column.method,
        "probability": probability_of_improvement(row.scores, column.scores),
        "low": low,
        "high": high,
    }
