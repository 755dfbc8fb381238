"""Results as tables of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._results import NAN, TIME_LIMIT, TOUCHED_RED, Evaluation, Group, LevelResult, pooled

Table = tuple[list[str], list[list[str]]]
"""Column titles, and the cells of each row."""


def level_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """One mapping per level: the columns of the CSV file and of the page."""
    return [
        {
            "level": level.name,
            "attempts": level.attempts,
            "solved": level.solved,
            "solve_rate": level.solve_rate,
            "low": level.interval[0],
            "high": level.interval[1],
            "mean_return": level.mean_return,
            "best_return": level.best_return,
            "mean_length": level.mean_length,
            "touched_red": level.count(TOUCHED_RED),
            "time_limit": level.count(TIME_LIMIT),
            "nan": level.count(NAN),
        }
        for level in evaluation.levels
    ]


def evaluation_table(evaluation: Evaluation) -> Table:
    """Solve rate, interval, return, length and failures of each level."""
    titles = ["level", "solved", "rate", "interval", "return", "length", "red", "time", "nan"]
    return titles, [_level_cells(level) for level in evaluation.levels]


def group_table(evaluation: Evaluation) -> Table:
    """Means over the levels of each group."""
    titles = ["group", "levels", "rate", "interval", "ever solved", "return", "length"]
    return titles, [group_cells(group.name, group) for group in evaluation.groups.values()]


def summary_lines(evaluations: Sequence[Evaluation]) -> list[str]:
    """What a reader wants to know first: the mean over levels, and per seed where several."""
    together = pooled(evaluations)
    total, count = together.total, len(together.levels)
    tries = together.levels[0].attempts
    of_k = (
        f"{total.best_of_k} of {count} solved at least once in {tries} {plural('attempt', tries)}"
    )
    mean = f"mean over {count} {plural('level', count)}: {percent(total.solve_rate)} solved"
    if not together.greedy:
        confidence = together.levels[0].confidence
        mean += f" ({confidence:.0%} interval of these attempts {interval_text(total.interval)})"
    lines = [f"{mean}; {of_k}"]
    if len(evaluations) > 1:
        rates = [e.solve_rate for e in evaluations]
        each = ", ".join(percent(rate) for rate in rates)
        lines.append(
            f"{len(rates)} seeds: {each}; lowest {percent(min(rates))}, "
            f"highest {percent(max(rates))}"
        )
    return lines


def text_table(table: Table) -> str:
    """A table as plain lines: the first column to the left, the others to the right."""
    titles, rows = table
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join([first, *others]).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(titles), rule, *map(line, rows)])


def percent(rate: float) -> str:
    """A share as a percentage."""
    return f"{100 * rate:.1f} %"


def interval_text(interval: tuple[float, float]) -> str:
    """Both ends, as in `10.0 to 23.5 %`."""
    low, high = interval
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def plural(word: str, count: int) -> str:
    """The word for so many."""
    return word if count == 1 else word + "s"


def _level_cells(level: LevelResult) -> list[str]:
    return [
        level.name,
        f"{level.solved}/{level.attempts}",
        percent(level.solve_rate),
        "exact" if level.exact else interval_text(level.interval),
        f"{level.mean_return:.3f}",
        f"{level.mean_length:.1f}",
        *(str(level.count(outcome)) for outcome in (TOUCHED_RED, TIME_LIMIT, NAN)),
    ]


def group_cells(name: str, group: Group, *more: str) -> list[str]:
    """A line about a group: levels, solve rate with its interval, how many were ever solved,
    `more`, mean return and length."""
    return [
        name,
        str(len(group.levels)),
        percent(group.solve_rate),
        "exact" if group.levels[0].exact else interval_text(group.interval),
        str(group.best_of_k),
        *more,
        f"{group.mean_return:.3f}",
        f"{group.mean_length:.1f}",
    ]


def group_rows(evaluation: Evaluation) -> dict[str, Mapping[str, Any]]:
    """Groups as they are written to the JSON file."""
    return {
        name: {"levels": [level.name for level in group.levels], **group_numbers(group)}
        for name, group in evaluation.groups.items()
    }


def group_numbers(group: Group) -> dict[str, float]:
    """What is known of a group, as plain numbers; shares are means over levels."""
    return {
        "solve_rate": group.solve_rate,
        "low": group.interval[0],
        "high": group.interval[1],
        "solved_at_least_once": group.best_of_k,
        "mean_return": group.mean_return,
        "mean_length": group.mean_length,
        "touched_red": group.share(TOUCHED_RED),
        "time_limit": group.share(TIME_LIMIT),
        "nan": group.share(NAN),
    }
