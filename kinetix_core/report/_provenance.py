"""Sections about how runs were made: cost, settings, versions, the command to run them again."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from kinetix_core.compose import leaves
from kinetix_core.evaluate import percent

from ._chart import short
from ._command import train_command, written
from ._html import code, section, table
from ._methods import components
from ._read import RunRecord


def cost(runs: Sequence[RunRecord]) -> str:
    """Steps, seconds and speed of each run; CPU seconds where they were logged."""
    head = ["run", "environment steps", "time", "to the first update", "steps/s (median)"]
    found = [_cost(run) for run in runs]
    if with_cpu := any(row["cpu_seconds"] != "" for row in found):
        head.append("CPU seconds")
    rows = []
    for run, row in zip(runs, found, strict=True):
        first, speed = row["seconds_to_first_update"], row["steps_per_second"]
        cells = [escape(run.name), _steps(run)]
        cells.append("-" if row["seconds"] == "" else duration(row["seconds"]))
        cells.append("-" if first == "" else f"{first:.1f} s")
        cells.append("-" if speed == "" else f"{speed:,.0f}")
        if with_cpu:
            cells.append("-" if row["cpu_seconds"] == "" else f"{row['cpu_seconds']:,.0f}")
        rows.append(cells)
    return section("cost", "Cost", table(head, rows))


def cost_rows(runs: Sequence[RunRecord]) -> list[dict[str, Any]]:
    """The same as rows of a CSV file; what was not logged is empty."""
    return [_cost(run) for run in runs]


def _cost(run: RunRecord) -> dict[str, Any]:
    seconds = [row.get("time/seconds") for row in run.rows]
    numbers = [s for s in seconds if isinstance(s, int | float)]
    speeds = [row.get("time/steps_per_second") for row in run.rows[1:] or run.rows]
    known = [s for s in speeds if isinstance(s, int | float)]
    first = seconds[0] if run.rows[0].get("update") == 1 else None
    return {
        "run": run.name,
        "environment_steps": run.rows[-1].get("time/env_steps", ""),
        "seconds": numbers[-1] if numbers else "",
        "seconds_to_first_update": first if isinstance(first, int | float) else "",
        "steps_per_second": statistics.median(known) if known else "",
        "cpu_seconds": _cpu(run) if run.column("time/seconds_of_cpu") else "",
    }


def _steps(run: RunRecord) -> str:
    steps = run.rows[-1].get("time/env_steps")
    if not isinstance(steps, int | float):
        return "-"
    return f"{run.seeds} x {steps:,.0f}" if run.seeds > 1 else f"{steps:,.0f}"


def _cpu(run: RunRecord) -> float:
    """Of all processes that worked on the run: the clock starts anew with each."""
    total, last = 0.0, 0.0
    for _, (value, *_) in run.column("time/seconds_of_cpu"):
        if isinstance(value, int | float):
            if value < last:
                total += last
            last = value
    return total + last


def duration(seconds: float) -> str:
    """As `1:02:03` or `2:03`, hours and minutes first."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def differences(runs: Sequence[RunRecord]) -> str:
    """The settings in which several runs differ."""
    settings = [{**components(run), **dict(leaves(run.config)), "train.name": ""} for run in runs]
    keys = dict.fromkeys(key for of_run in settings for key in of_run)
    rows = []
    for key in keys:
        values = [written(of_run[key]) if key in of_run else "-" for of_run in settings]
        if len(set(values)) > 1:
            rows.append([f"<code>{escape(key)}</code>", *map(escape, values)])
    if not rows:
        return ""
    names = [run.name for run in runs]
    return section("differences", "Settings that differ", table(["setting", *names], rows))


def provenance(runs: Sequence[RunRecord]) -> str:
    """For each run the command, versions, hashes and the whole configuration."""
    parts = []
    for run in runs:
        hashes = {"parameters.safetensors": run.parameters}
        if run.start:
            begun = f"it began with {run.start['run']}, update {run.start['update']}"
            hashes[begun] = run.start["parameters"]
        for row in (run.evaluation or {}).get("sets", []):
            if row["hash"]:
                hashes[f"levels {row['set']}"] = row["hash"]
        config = json.dumps(run.config, indent=1, ensure_ascii=False)
        parts += [
            f"<h3>{escape(run.name)}</h3>",
            f'<p class="muted">{escape(run.state)}. This trains it again:</p>',
            code(train_command(run.config)),
            '<div class="facts-table">',
            table(["version", ""], pair_rows(run.versions)),
            table(["SHA-256, first digits", ""], pair_rows(hashes)),
            "</div>",
            "<details><summary>the whole configuration</summary>",
            f"<pre>{escape(config)}</pre></details>",
        ]
    return section("provenance", "Provenance", *parts)


def pair_rows(pairs: Mapping[str, Any]) -> list[list[str]]:
    """Rows of a table: a name and its value."""
    return [
        [escape(str(key)), f"<code>{escape(str(value))}</code>"] for key, value in pairs.items()
    ]


def facts(run: RunRecord) -> list[tuple[str, str]]:
    """What a reader wants to know first, as (word, number)."""
    found = []
    for row in (run.evaluation or {}).get("sets", []):
        untrained = ""
        if row.get("baseline"):
            untrained = f" <small>untrained {percent(row['baseline']['solve_rate'])}</small>"
        found.append((f"{row['set']} solved", f"{percent(row['solve_rate'])}{untrained}"))
    steps = run.rows[-1].get("time/env_steps")
    if isinstance(steps, int | float):
        found.append(("environment steps", short(steps)))
    seconds = run.rows[-1].get("time/seconds")
    if isinstance(seconds, int | float):
        found.append(("time", duration(seconds)))
    if run.seeds > 1:
        found.append(("seeds", str(run.seeds)))
    return found
