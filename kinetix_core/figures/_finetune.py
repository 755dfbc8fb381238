"""figure/finetune: agents that go on on one level, beside networks from scratch."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kinetix_core.evaluate import percent
from kinetix_core.interfaces import Chart, Drawing, Figure, Missing, Table, Task
from kinetix_core.report import (
    SHARES,
    STEPS,
    Labelled,
    Line,
    Point,
    ReportData,
    line_chart,
    mean_curve,
    no_intervals_note,
    seed_lines,
    short,
    solved_curves,
)
from kinetix_core.study import FINETUNE, SCRATCH

from .config import FigureConfig

MARKS = (0.5, 0.9)
"""Solve rates whose first steps are told."""
_NOTE = (
    "Solve rate of the training episodes on a level that is trained on alone, over the environment"
    " steps of that training; each point is the mean over the last fortieth of its updates. Drawn"
    " through, agents that go on; dashed, networks from scratch, as long. Means over seeds, with"
    " bands of 95 % intervals from three seeds on. The pooled curve is the mean over levels of each"
    " seed, then over seeds."
)
_STEPS_NOTE = (
    "Environment steps after which the curve of a seed was first at 50 % and at 90 %: the median of"
    " the seeds that came there, with how many did; never: none did."
)
_AXES = replace(SHARES, x_title=STEPS)
_NAMES = {FINETUNE: "fine-tuned", SCRATCH: "from scratch"}

Side = tuple[str, str]
"""Method and part."""
Curves = Mapping[tuple[str, str, str], Mapping[tuple[int, int], list[Point]]]
"""By method, part and level; there by the seed of a run and the number of the agent within it."""


@dataclass(frozen=True)
class Finetuned(Figure):
    """Pooled and level by level: curves, steps to a solve rate, and who solves what."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        curves = _curves(data)
        levels = sorted({level for _, part, level in curves if part == FINETUNE})
        if not levels:
            return _without_curves(data)
        sides = sorted({(m, part) for m, part, _ in curves}, key=lambda s: _order(data, s))
        charts = []
        if both := [name for name in levels if all((*side, name) in curves for side in sides)]:
            title = "Every level" if both == levels else f"{len(both)} levels that all sides have"
            charts.append(_chart(title, sides, {s: _pooled(curves, s, both) for s in sides}))
        for name in levels:
            alone = {s: list(curves.get((*s, name), {}).values()) for s in sides}
            charts.append(replace(_chart(name, sides, alone), small=True))
        steps = steps_rows(curves, sides, levels)
        tables = [_steps_table(steps)]
        if any(part == SCRATCH for _, part in sides):
            tables.append(_only_table(curves, sides, levels))
        note = _NOTE + no_intervals_note(map(len, curves.values()))
        return Drawing("Fine-tuned against from scratch", note, charts, steps, tables)


def _without_curves(data: ReportData) -> Drawing | Missing:
    """What is left where no training episode of a fine-tuned agent ended: the evaluations."""
    runs = [*data.part(FINETUNE), *data.part(SCRATCH)]
    if not data.part(FINETUNE):
        return Missing("there is no fine-tuned agent among these runs, or none is finished")
    why = "no training episode of the fine-tuned agents ended, so there are no curves"
    if not (rows := _evaluation_rows(runs)):
        return Missing(f"{why}, and their runs have no evaluation; longer training mends it")
    cells = [
        [*map(str, list(row.values())[:-1]), percent(float(row["solve_rate"]))] for row in rows
    ]
    head = ("level", "method", "network", "evaluated on", "runs", "solve rate")
    shown = Table(head, cells, "At the end of each run")
    return Drawing("Fine-tuned against from scratch", "", (), rows, [shown], [why])


def _evaluation_rows(runs: Sequence[Labelled]) -> list[dict[str, Any]]:
    """Mean solve rate at the end of the runs, of each level, side and set that was played."""
    found: dict[tuple[str, str, str, str], list[float]] = {}
    for run in runs:
        for row in (run.record.evaluation or {}).get("sets", ()):
            key = (run.levels, run.method, _NAMES[run.part], row["set"])
            found.setdefault(key, []).append(float(row["solve_rate"]))
    keys = ("level", "method", "start", "set")
    return [
        {
            **dict(zip(keys, of, strict=True)),
            "runs": len(rates),
            "solve_rate": statistics.fmean(rates),
        }
        for of, rates in sorted(found.items())
    ]


def _curves(data: ReportData) -> Curves:
    found: dict[tuple[str, str, str], dict[tuple[int, int], list[Point]]] = {}
    for run in [*data.part(FINETUNE), *data.part(SCRATCH)]:
        for number, points in enumerate(solved_curves(run.record)):
            if points:
                of_seed = found.setdefault((run.method, run.part, run.levels), {})
                of_seed[run.seed, number] = points
    return found


def _order(data: ReportData, side: Side) -> tuple[int, str, bool]:
    return data.colour(side[0]), side[0], side[1] == SCRATCH


def _pooled(curves: Curves, side: Side, levels: Sequence[str]) -> list[list[Point]]:
    """The mean over levels, at the steps that all share, of each seed that has them all."""
    of_levels = [curves[(*side, level)] for level in levels]
    seeds = sorted(set.intersection(*map(set, of_levels)))
    means = (mean_curve([of_level[seed] for of_level in of_levels]) for seed in seeds)
    return [points for points in means if points]


def _chart(title: str, sides: Sequence[Side], curves: Mapping[Side, list[list[Point]]]) -> Chart:
    """Fine-tuned and from scratch have the colours of their own of each method."""
    lines: list[Line] = []
    for colour, side in enumerate(sides):
        dashed = side[1] == SCRATCH
        lines += seed_lines(curves[side], _name(side, sides), colour, dashed=dashed)
    legend = [_name(side, sides) for side in sides]
    return line_chart(lines, _AXES, title=title, legend=legend)


def _name(side: Side, sides: Sequence[Side]) -> str:
    method, part = side
    several = len({m for m, p in sides if p == part}) > 1
    return f"{method}, {_NAMES[part]}" if several else _NAMES[part]


def first_steps(curve: Sequence[Point], mark: float) -> float | None:
    """Environment steps at which a curve is first at `mark`; None: never."""
    return next((x for x, y in curve if y >= mark - 1e-9), None)


def steps_rows(
    curves: Curves, sides: Sequence[Side], levels: Sequence[str]
) -> list[dict[str, object]]:
    """For each level, side and mark the median of the seeds that came there, and how many did."""
    rows = []
    for level in levels:
        for side in sides:
            mine = list(curves.get((*side, level), {}).values())
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


def _only_table(curves: Curves, sides: Sequence[Side], levels: Sequence[str]) -> Table:
    """Levels that only the fine-tuned agents of a method solve, only scratch, both, neither."""
    head = ("method", "only fine-tuned", "only from scratch", "both", "neither")
    lines = []
    for method in [m for m, part in sides if part == FINETUNE]:
        groups: dict[tuple[bool, ...], list[str]] = {}
        for level in levels:
            found = [curves.get((method, part, level)) for part in (FINETUNE, SCRATCH)]
            if all(found):
                solved = tuple(solves(list(of_seed.values())) for of_seed in found if of_seed)
                groups.setdefault(solved, []).append(level)
        orders = ((True, False), (False, True), (True, True), (False, False))
        lines.append([method, *(", ".join(groups.get(order, ())) or "none" for order in orders)])
    note = (
        "A side solves a level if more than half of its seeds are at 50 % at some time. Levels of"
        " which a side has no run are left out."
    )
    return Table(head, lines, "Who solves what", note)
