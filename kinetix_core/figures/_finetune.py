"""figure/finetune: agents that go on on one level, beside networks from scratch."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kinetix_core.evaluate import percent
from kinetix_core.interfaces import Chart, Drawing, Figure, Missing, Table, Task
from kinetix_core.report import (
    FINETUNE,
    SCRATCH,
    SHARES,
    STEPS,
    Line,
    Point,
    ReportData,
    line_chart,
    mean_line,
    short,
    solved_curves,
)

from .config import FigureConfig

MARKS = (0.5, 0.9)
"""Solve rates whose first steps are told."""
_NOTE = (
    "Solve rate of the training episodes on a level that is trained on alone, over the environment"
    " steps of that training: drawn through, agents that go on; dashed, networks from scratch, as"
    " long. Means over seeds, with bands of 95 % intervals from three seeds on. The pooled curve"
    " is the mean over levels of each seed, then over seeds."
)
_STEPS_NOTE = (
    "Environment steps after which the curve of a seed was first at 50 % and at 90 %: the median of"
    " the seeds that came there, with how many did; never: none did."
)
_AXES = replace(SHARES, x_title=STEPS)
_NAMES = {FINETUNE: "fine-tuned", SCRATCH: "from scratch"}

Curves = Mapping[tuple[str, str, str], list[list[Point]]]
"""Of each seed, by method, part and level."""


@dataclass(frozen=True)
class Finetuned(Figure):
    """Pooled and level by level: curves, steps to a solve rate, and who solves what."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        curves = _curves(data)
        levels = sorted({level for _, part, level in curves if part == FINETUNE})
        if not levels:
            return Missing("there is no fine-tuned agent among these runs, or none is finished")
        sides = sorted({(m, part) for m, part, _ in curves}, key=lambda s: _order(data, s))
        charts = [_chart("Every level", sides, {s: _pooled(curves, s, levels) for s in sides})]
        charts += [
            replace(_chart(name, sides, {s: curves.get((*s, name), []) for s in sides}), small=True)
            for name in levels
        ]
        steps = steps_rows(curves, sides, levels)
        tables = [_steps_table(steps), _only_table(curves, sides, levels)]
        return Drawing("Fine-tuned against from scratch", _NOTE, charts, steps, tables)


def _curves(data: ReportData) -> Curves:
    found: dict[tuple[str, str, str], list[list[Point]]] = {}
    for run in [*data.part(FINETUNE), *data.part(SCRATCH)]:
        mine = [points for points in solved_curves(run.record) if points]
        found.setdefault((run.method, run.part, run.levels), []).extend(mine)
    return found


def _order(data: ReportData, side: tuple[str, str]) -> tuple[int, bool]:
    return data.colour(side[0]), side[1] == SCRATCH


def _pooled(curves: Curves, side: tuple[str, str], levels: Sequence[str]) -> list[list[Point]]:
    """The mean over levels of each seed, at the steps that all share."""
    of_levels = [curves.get((*side, level), []) for level in levels]
    seeds = min(map(len, of_levels))
    means = (mean_line([c[seed] for c in of_levels], "", 0) for seed in range(seeds))
    return [list(line.points) for lines in means for line in lines]


def _chart(
    title: str, sides: Sequence[tuple[str, str]], curves: Mapping[tuple[str, str], list]
) -> Chart:
    """Fine-tuned and from scratch have the colours of their own of each method."""
    lines: list[Line] = []
    for colour, side in enumerate(sides):
        dashed = side[1] == SCRATCH
        lines += mean_line(curves[side], _name(side, sides), colour, dashed=dashed)
    legend = [_name(side, sides) for side in sides]
    return line_chart(lines, _AXES, title=title, legend=legend)


def _name(side: tuple[str, str], sides: Sequence[tuple[str, str]]) -> str:
    method, part = side
    several = len({m for m, p in sides if p == part}) > 1
    return f"{method}, {_NAMES[part]}" if several else _NAMES[part]


def first_steps(curve: Sequence[Point], mark: float) -> float | None:
    """Environment steps at which a curve is first at `mark`; None: never."""
    return next((x for x, y in curve if y >= mark - 1e-9), None)


def steps_rows(
    curves: Curves, sides: Sequence[tuple[str, str]], levels: Sequence[str]
) -> list[dict[str, object]]:
    """For each level, side and mark the median of the seeds that came there, and how many did."""
    rows = []
    for level in levels:
        for side in sides:
            mine = curves.get((*side, level), [])
            row: dict[str, object] = {
                "level": level,
                "method": side[0],
                "start": _NAMES[side[1]],
                "seeds": len(mine),
            }
            for mark in MARKS:
                there = [x for c in mine if (x := first_steps(c, mark)) is not None]
                name = f"{100 * mark:.0f}_percent"
                row[f"steps_to_{name}"] = statistics.median(there) if there else "never"
                row[f"seeds_at_{name}"] = len(there)
            row["solve_rate_at_the_end"] = statistics.fmean(c[-1][1] for c in mine) if mine else ""
            rows.append(row)
    return rows


def _steps_table(rows: Sequence[Mapping[str, object]]) -> Table:
    marks = [f"{100 * mark:.0f}" for mark in MARKS]
    several = len({row["method"] for row in rows}) > 1
    head = ["level", "method"] if several else ["level"]
    lines = []
    for row in rows:
        names = [str(row["level"]), *([str(row["method"])] if several else [])]
        rate = row["solve_rate_at_the_end"]
        end = percent(rate) if isinstance(rate, float) else "-"
        lines.append([*names, str(row["start"]), *(_steps_cell(row, m) for m in marks), end])
    head += ["network", *(f"at {mark} %" for mark in marks), "at the end"]
    return Table(head, lines, "Steps to a solve rate", _STEPS_NOTE)


def _steps_cell(row: Mapping[str, object], mark: str) -> str:
    if not row["seeds"]:
        return "-"
    steps, there = row[f"steps_to_{mark}_percent"], row[f"seeds_at_{mark}_percent"]
    known = isinstance(steps, int | float)
    return f"{short(steps)} ({there} of {row['seeds']})" if known else "never"


def solves(curves: Sequence[Sequence[Point]]) -> bool:
    """Whether most seeds are at 50 % at some time."""
    there = sum(first_steps(curve, MARKS[0]) is not None for curve in curves)
    return 2 * there > len(curves)


def _only_table(curves: Curves, sides: Sequence[tuple[str, str]], levels: Sequence[str]) -> Table:
    """Levels that only the fine-tuned agents of a method solve, only scratch, both, neither."""
    head = ("method", "only fine-tuned", "only from scratch", "both", "neither")
    lines = []
    for method in [m for m, part in sides if part == FINETUNE]:
        other = method if (method, SCRATCH) in sides else ""
        scratch = [s for s in sides if s[1] == SCRATCH and other in ("", s[0])]
        groups: dict[tuple[bool, bool], list[str]] = {}
        for level in levels:
            ours = solves(curves.get((method, FINETUNE, level), []))
            theirs = solves([c for s in scratch for c in curves.get((*s, level), [])])
            groups.setdefault((ours, theirs), []).append(level)
        orders = ((True, False), (False, True), (True, True), (False, False))
        lines.append([method, *(", ".join(groups.get(order, ())) or "none" for order in orders)])
    note = "A side solves a level if more than half of its seeds are at 50 % at some time."
    return Table(head, lines, "Who solves what", note)
