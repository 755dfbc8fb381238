"""The section that compares methods over seeds."""

from __future__ import annotations

from html import escape

from kinetix_core.evaluate import (
    improvement_interval,
    percent,
    probability_of_improvement,
)

from ._compare import Comparison, Score, ends_text, no_interval
from ._comparison_chart import comparison_chart
from ._html import code, figure, section, table

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
_MATRIX_NOTE = (
    "Probability that a seed of the method in the row solves a level of the set more often than one"
    " of the method in the column, ties counting half; 50 %: neither is better."
)


def compared(comparison: Comparison) -> str:
    """Table, figure and matrix for the sets that all runs played, and what is missing."""
    parts = [f'<p class="notice">{escape(notice)}.</p>' for notice in comparison.notices]
    if comparison.commands:
        parts.append("<p>This evaluates what is missing:</p>")
        parts.append(code("\n".join(comparison.commands)))
    if comparison.sets:
        parts += [_table(comparison), _figure(comparison), *_matrices(comparison)]
    note = ""
    if comparison.sets:
        few = any(score.mean_interval and score.seeds <= 10 for score in comparison.rows)
        note = f"{_NOTE}{_FEW_NOTE if few else ''}."
    title = "Methods compared" if len(comparison.methods) > 1 else "Over seeds"
    return section("methods", title, *parts, note=note)


def _table(comparison: Comparison) -> str:
    with_untrained = any(score.untrained is not None for score in comparison.rows)
    head = ["method", "set", "seeds", "mean", "95 % interval", "IQM", "95 % interval"]
    rows = []
    for score in comparison.rows:
        cells = [
            f"<strong>{escape(score.method)}</strong>",
            escape(score.set),
            str(score.seeds),
            percent(score.mean),
            ends_text(score.mean_interval),
            percent(score.iqm),
            ends_text(score.iqm_interval),
        ]
        if with_untrained:
            cells.append("-" if score.untrained is None else percent(score.untrained))
        rows.append(cells)
    few = sorted({score.seeds for score in comparison.rows if score.mean_interval is None})
    words = "; ".join(no_interval(seeds) for seeds in few)
    why = (
        f'<p class="muted">{words}: fewer say nothing about how far other seeds could be off. '
        "The points are there.</p>"
        if few
        else ""
    )
    return table([*head, "untrained"] if with_untrained else head, rows) + why


def _figure(comparison: Comparison) -> str:
    wide, narrow = (comparison_chart(comparison, width) for width in (900, 380))
    return figure(f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>')


def _matrices(comparison: Comparison) -> list[str]:
    """One for each set, where there are methods to compare."""
    if len(comparison.methods) < 2:
        return []
    parts = [f'<h3>Probability of improvement</h3><p class="muted">{_MATRIX_NOTE}</p>']
    for name, scores in comparison.sets.items():
        rows = [
            [escape(row.method), *(_chance(row, column) for column in scores)] for row in scores
        ]
        matrix = table([name, *(score.method for score in scores)], rows)
        parts.append(f'<div class="matrix">{matrix}</div>')
    return parts


def _chance(row: Score, column: Score) -> str:
    """Share and interval, on a colour that is the stronger the surer it is."""
    if row is column:
        return "-"
    chance = probability_of_improvement(row.scores, column.scores)
    interval = improvement_interval(row.scores, column.scores)
    tint = "c1" if chance > 0.5 else "c2"
    strength = round(120 * abs(chance - 0.5))
    colour = f"color-mix(in srgb, var(--{tint}) {strength}%, transparent)"
    ends = f" <small>{ends_text(interval)}</small>" if interval else ""
    return f'<span class="chance" style="background:{colour}">{100 * chance:.0f} %{ends}</span>'
