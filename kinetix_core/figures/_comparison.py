"""figure/comparison: methods over seeds, on the sets of levels that all of them played."""

from __future__ import annotations

from dataclasses import dataclass

from kinetix_core.evaluate import percent
from kinetix_core.interfaces import Drawing, Figure, Missing, Table, Task
from kinetix_core.report import (
    NOT_PLAYED,
    SCORE_TITLES,
    Comparison,
    ReportData,
    code,
    no_intervals,
    score_cells,
)

from ._comparison_chart import comparison_chart
from .config import FigureConfig

_NOTE = (
    "Solve rates per seed and level. IQM: the mean of the middle half of them. Intervals: 95 %, by"
    " resampling whole training seeds 2,000 times, so they tell how far other seeds could have"
    " moved the number on exactly these levels"
)
_FEW_NOTE = (
    ". With few seeds they are too narrow: of 3 seeds such an interval goes from the worst seed to"
    " the best and holds the true mean about 3 times in 4, of 5 seeds about 5 times in 6, of 10"
    " about 9 times in 10"
)


@dataclass(frozen=True)
class Compared(Figure):
    """A table and a chart: mean and interquartile mean with intervals, and each seed."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        comparison = data.comparison
        title = "Methods compared" if len(comparison.methods) > 1 else "Over seeds"
        if comparison.sets:
            few = any(score.mean_interval and score.seeds <= 10 for score in comparison.rows)
            return Drawing(
                title,
                f"{_NOTE}{_FEW_NOTE if few else ''}.",
                [comparison_chart(comparison)],
                shown=[_table(comparison)],
                notices=comparison.notices,
                html=_commands(comparison),
            )
        if comparison.notices or comparison.commands:
            return Drawing(title, notices=comparison.notices, html=_commands(comparison))
        return Missing(NOT_PLAYED)


def _commands(comparison: Comparison) -> str:
    if not comparison.commands:
        return ""
    return f"<p>This evaluates what is missing:</p>{code(chr(10).join(comparison.commands))}"


def _table(comparison: Comparison) -> Table:
    with_untrained = any(score.untrained is not None for score in comparison.rows)
    rows = []
    for score in comparison.rows:
        cells = score_cells(score)
        if with_untrained:
            cells.append("-" if score.untrained is None else percent(score.untrained))
        rows.append(cells)
    words = "; ".join(no_intervals(score.seeds for score in comparison.rows))
    why = (
        f"{words}: fewer say nothing about how far other seeds could be off. The points are there."
        if words
        else ""
    )
    return Table([*SCORE_TITLES, "untrained"] if with_untrained else SCORE_TITLES, rows, note=why)
