"""Results on sets of levels as text and as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._results import NAN, TIME_LIMIT, TOUCHED_RED
from ._sets import UNTRAINED, SetResult
from ._table import Table, group_cells, group_numbers, group_rows, level_rows, percent, plural

_OF_BASELINE = ("attempts", "solved", "solve_rate", "low", "high")
"""What is said of the baseline, level by level."""


def set_table(results: Sequence[SetResult]) -> Table:
    """A line for each set and, below it, for each group of its levels; means over levels."""
    with_baseline = any(result.baseline for result in results)
    titles = ["set", "levels", "solved", "interval", "ever", "red", "time", "nan", "return"]
    titles += ["length", *[UNTRAINED] * with_baseline]
    rows = []
    for result in results:
        of_groups = dict(result.baseline.groups) if result.baseline else {}
        whole = result.baseline.total if result.baseline else None
        lines = [(result.name, result.together.total, whole)]
        lines += [(f"  {n}", group, of_groups.get(n)) for n, group in result.groups.items()]
        for name, group, baseline in lines:
            ends = (percent(group.share(end)) for end in (TOUCHED_RED, TIME_LIMIT, NAN))
            cells = group_cells(name, group, *ends)
            rows.append([*cells, percent(baseline.solve_rate)] if baseline else cells)
    return titles, rows


def set_lines(results: Sequence[SetResult]) -> list[str]:
    """What identifies each set, and its seeds where there are several."""
    lines = []
    for result in results:
        count = len(result.together.levels)
        lines.append(f"{result.name}: {count:,} {plural('level', count)} with hash {result.digest}")
        if len(rates := [e.solve_rate for e in result.evaluations]) > 1:
            each = ", ".join(percent(rate) for rate in rates)
            lines.append(f"  {len(rates)} seeds: {each}")
    return lines


def set_rows(results: Sequence[SetResult]) -> list[dict[str, Any]]:
    """One mapping per set: what the JSON file holds of it."""
    return [
        {
            "set": result.name,
            "hash": result.digest,
            "levels": len(result.together.levels),
            "size": result.together.size,
            **group_numbers(result.together.total),
            "seeds": [evaluation.solve_rate for evaluation in result.evaluations],
            "groups": group_rows(result.together),
            "baseline": result.baseline and group_numbers(result.baseline.total),
        }
        for result in results
    ]


def set_level_rows(results: Sequence[SetResult], seed: int | None = None) -> list[dict[str, Any]]:
    """One mapping per level of each set, of all seeds together or of one: `level_rows` with the
    set in front and what the baseline solved behind."""
    rows = []
    for result in results:
        evaluation = result.together if seed is None else result.evaluations[seed]
        of_baseline = level_rows(result.baseline) if result.baseline else ()
        for n, row in enumerate(level_rows(evaluation)):
            keys = _OF_BASELINE if of_baseline else ()
            other = {f"{UNTRAINED}_{key}": of_baseline[n][key] for key in keys}
            rows.append({"set": result.name, **row, **other})
    return rows
