"""figure/solve_rates: sets, groups and levels of an evaluation, beside the untrained policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from kinetix_core.evaluate import percent
from kinetix_core.interfaces import Drawing, Figure, Missing, Task
from kinetix_core.report import (
    ReportData,
    RunRecord,
    code,
    evaluate_command,
    level_name,
    table,
    usual_sets,
)

from .config import FigureConfig

_BINS = 10
_ATTEMPTS = ("attempts", "untrained_attempts")
_MOST_LEVELS = 60
"""Levels of a set above which a histogram stands for them."""
_FAILURES = (("touched_red", "red"), ("time_limit", "time"), ("nan", "nan"))


@dataclass(frozen=True)
class SolveRates(Figure):
    """What the last evaluation found, of one run for each method."""

    config: FigureConfig
    task: Task

    def draw(self, data: ReportData) -> Drawing | Missing:
        runs = [run for run in data.shown if run.evaluation]
        if not runs:
            return _not_evaluated(data)
        rows = [row for run in runs for row in _rows(run)]
        if len(runs) == 1:
            run = runs[0]
            return Drawing(f"Solve rate of {run.name}", _note(run), table=rows, html=_content(run))
        parts = (
            f'<h3>{escape(run.name)}</h3><p class="muted">{escape(_note(run))}</p>{_content(run)}'
            for run in runs
        )
        return Drawing("Solve rates", table=rows, html="".join(parts))


def _not_evaluated(data: ReportData) -> Drawing | Missing:
    """The command that evaluates the run, where there is one; several have theirs beside the
    comparison."""
    runs = [run.record for run in data.runs]
    if len(runs) > 1:
        return Missing("none of the runs was evaluated; see `kinetix evaluate`")
    run = runs[0]
    command = code(evaluate_command(run.path, usual_sets(run.config), {}))
    return Drawing(f"Solve rate of {run.name}", "Not evaluated yet. This does it:", html=command)


def _content(run: RunRecord) -> str:
    found = run.evaluation or {}
    parts = [_sets(found["sets"])]
    for row in found["sets"]:
        levels = [level for level in found["levels"] if level["set"] == row["set"]]
        shown = _histogram(levels) if len(levels) > _MOST_LEVELS else _levels(levels)
        parts.append(f"<h3>{escape(row['set'])}</h3>{shown}")
    return "".join(parts)


def _rows(run: RunRecord) -> list[dict[str, Any]]:
    keys = ("set", "level", "attempts", "solved", "solve_rate", "low", "high")
    return [
        {"run": run.name}
        | {key: level[key] for key in keys}
        | {"untrained": level.get("untrained_solve_rate", "")}
        for level in (run.evaluation or {})["levels"]
    ]


def _note(run: RunRecord) -> str:
    found = run.evaluation or {}
    update = found.get("update")
    text = (
        f"{found.get('attempts')} attempts at each level, {found.get('actions')} "
        f"actions, parameters after update {update}. Bars are solve rates with 95 % intervals"
    )
    if any(row.get("baseline") for row in found["sets"]):
        text += "; the mark is the untrained network"
    if run.rows and update is not None and run.rows[-1]["update"] != update:
        text += f". The run has gone on since then, to update {run.rows[-1]['update']}"
    return f"{text}."


def _sets(rows: Sequence[Mapping[str, Any]]) -> str:
    """Means over levels, for each set and group."""
    head = ["set", "levels", "solved", "", "ever solved", "untrained"]
    head += [title for _, title in _FAILURES] + ["return", "length", "hash of the levels"]
    cells = []
    for row in rows:
        digest = f"<code>{escape(row['hash'])}</code>" if row["hash"] else "-"
        name = f"<strong>{escape(row['set'])}</strong>"
        cells.append([*_cells(name, row["levels"], row), digest])
        for name, group in row["groups"].items():
            if (count := len(group["levels"])) < row["levels"]:
                cells.append([*_cells(f"&emsp;{escape(name)}", count, group), ""])
    return table(head, cells)


def _cells(name: str, levels: int, row: Mapping[str, Any]) -> list[str]:
    """Of a set or group. Nobody plays groups untrained."""
    baseline = row.get("baseline")
    return [
        name,
        f"{levels:,}",
        percent(row["solve_rate"]),
        _bar(row["solve_rate"], row["low"], row["high"], baseline),
        f"{row['solved_at_least_once']:,}",
        percent(baseline["solve_rate"]) if baseline else "-",
        *(percent(row[key]) for key, _ in _FAILURES),
        f"{row['mean_return']:.3f}",
        f"{row['mean_length']:.0f}",
    ]


def _levels(levels: Sequence[Mapping[str, Any]]) -> str:
    """One bar for each level, the most often solved first."""
    rows = []
    for level in sorted(levels, key=lambda row: (-row["solve_rate"], row["level"])):
        baseline = _untrained(level)
        rate = _bar(level["solve_rate"], level["low"], level["high"], baseline)
        name = level_name(level["level"], level["set"])
        rows.append(
            f'<li><span class="name">{escape(name)}</span>{rate}'
            f'<span class="rate-text">{percent(level["solve_rate"])} '
            f"<small>{level['solved']}/{level['attempts']}</small></span></li>"
        )
    return f'<ul class="levels">{"".join(rows)}</ul>'


def _untrained(level: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if "untrained_solve_rate" not in level:
        return None
    return {key: level[f"untrained_{key}"] for key in ("solve_rate", "low", "high")}


def _histogram(levels: Sequence[Mapping[str, Any]]) -> str:
    """How many levels are solved how often, trained and untrained."""
    series = [("trained", _bins(levels, [level["solve_rate"] for level in levels]))]
    if "untrained_solve_rate" in levels[0]:
        rates = [level["untrained_solve_rate"] for level in levels]
        series.append(("untrained", _bins(levels, rates)))
    most = max(count for _, bins in series for count in bins.values())
    rows = []
    for label in series[0][1]:
        bars = "".join(
            f'<span class="count {name}"><i style="width:{100 * bins[label] / most:.1f}%"></i>'
            f"<b>{bins[label]}</b></span>"
            for name, bins in series
        )
        rows.append(f'<li><span class="name">{label}</span><span class="bars">{bars}</span></li>')
    names = "".join(f'<span><i class="{name}"></i>{name}</span>' for name, _ in series)
    words = f"How many of the {len(levels):,} levels are solved how often:"
    return f'<p class="legend">{words} {names}</p><ul class="histogram">{"".join(rows)}</ul>'


def _bins(levels: Sequence[Mapping[str, Any]], rates: Sequence[float]) -> dict[str, int]:
    """Levels by their solve rate: by attempts where these are few and as many for all, or else
    never, by the tenth, always."""
    tries = {level[key] for level in levels for key in _ATTEMPTS if key in level}
    if len(tries) == 1 and (k := tries.pop()) <= _BINS:
        counts = dict.fromkeys((f"{n} of {k}" for n in range(k + 1)), 0)
        for rate in rates:
            counts[f"{round(rate * k)} of {k}"] += 1
        return counts
    tenths = [f"{100 * i // _BINS} to {100 * (i + 1) // _BINS} %" for i in range(_BINS)]
    counts = dict.fromkeys(("never", *tenths, "always"), 0)
    for rate in rates:
        inner = tenths[min(int(rate * _BINS), _BINS - 1)]
        counts["never" if rate == 0 else "always" if rate == 1 else inner] += 1
    return counts


def _bar(rate: float, low: float, high: float, baseline: Mapping[str, Any] | None) -> str:
    """The rate as a bar, its interval as a line, the untrained rate as a mark."""
    mark = ""
    if baseline:
        mark = f'<s style="left:{100 * baseline["solve_rate"]:.1f}%"></s>'
    return (
        f'<span class="bar"><i style="width:{100 * rate:.1f}%"></i>'
        f'<u style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"></u>{mark}</span>'
    )
