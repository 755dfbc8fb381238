"""What agents keep of earlier sets and bring to later ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from kinetix_core.evaluate import bootstrap_interval
from kinetix_core.interfaces import Table
from kinetix_core.report import (
    Labelled,
    Point,
    ReportData,
    RunRecord,
    metric_curves,
    solved_curves,
)
from kinetix_core.study import AGENTS, FRESH, SEQUENCE

_NOTE = (
    "Solve rates of the set of a stage, means over seeds: before the stage (what earlier stages"
    " brought), after it, and after the last one. Forgetting: the best from its own stage to the"
    " last but one, less that at the end; below 0 later stages have helped. Forward transfer: the"
    " area under the training curve of the stage less that of a fresh network, as a share of what"
    " that left to gain; below 0 what was learnt before is in the way. Ends of 95 % intervals over"
    " seeds in brackets."
)


class Sequences:
    """The runs of a sequence, by method, seed and stage."""

    def __init__(self, data: ReportData) -> None:
        self._runs = {
            (run.part, run.method, run.seed, run.stage): run
            for part in (SEQUENCE, FRESH)
            for run in data.part(part)
        }
        mine = sorted((run.stage, run.levels) for run in data.part(SEQUENCE))
        stages = dict(mine)
        self.stages = [stages[i] for i in range(len(stages)) if i in stages]
        """The set of each stage."""
        found = [run.method for run in data.part(SEQUENCE)]
        self.methods = sorted(dict.fromkeys(found), key=data.colour)
        self.has_fresh = bool(data.part(FRESH))
        self._lengths = [
            max(_steps(run.record) for key, run in self._runs.items() if key[3] == stage)
            for stage in range(len(self.stages))
        ]
        self._agents = {(run.method, run.seed): run for run in data.part(AGENTS)}

    def length(self, stage: int) -> float:
        """Environment steps of a stage."""
        return self._lengths[stage]

    def offset(self, stage: int) -> float:
        """Environment steps before a stage."""
        return sum(self._lengths[:stage])

    def seeds(self, method: str) -> list[int]:
        """Those whose sequence is whole."""
        every = sorted({seed for part, m, seed, _ in self._runs if (part, m) == (SEQUENCE, method)})
        stages = range(len(self.stages))
        return [s for s in every if all((SEQUENCE, method, s, k) in self._runs for k in stages)]

    def sequences(self, method: str) -> list[list[Labelled]]:
        """The runs of each seed, in the order of the stages."""
        stages = range(len(self.stages))
        return [[self._runs[SEQUENCE, method, s, k] for k in stages] for s in self.seeds(method)]

    def fresh(self, method: str, stage: int) -> list[Labelled]:
        """The networks that learnt the set of a stage alone."""
        return [
            run
            for (part, m, _, k), run in self._runs.items()
            if (part, m, k) == (FRESH, method, stage)
        ]

    def agent(self, method: str, seed: int) -> Labelled | None:
        """What the sequence began from."""
        return self._agents.get((method, seed))


def _steps(run: RunRecord) -> float:
    return max((float(row.get("time/env_steps") or 0) for row in run.rows), default=0.0)


def final_rate(run: RunRecord, stage: str) -> float | None:
    """Solve rate on the sets of a stage at the end of a run: of its evaluation, or of the last on
    the way. None where one of them was not played."""
    rates = [_final_rate(run, name) for name in stage.split(",")]
    known = [rate for rate in rates if rate is not None]
    return float(np.mean(known)) if len(known) == len(rates) else None


def _final_rate(run: RunRecord, name: str) -> float | None:
    for row in (run.evaluation or {}).get("sets", ()):
        if row["set"] == name:
            return float(row["solve_rate"])
    curves = metric_curves(run, f"eval/{name}/solve_rate")
    ends = [points[-1][1] for points in curves if points]
    return float(np.mean(ends)) if ends else None


def area(curve: Sequence[Point]) -> float:
    """Mean height of a curve over its steps (trapezoids)."""
    width = curve[-1][0] - curve[0][0]
    if width <= 0:
        return curve[-1][1]
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(curve)) / width


def forgetting(rates: Sequence[float | None]) -> float | None:
    """Of the solve rates of one set after its own stage and each later one: the best of those
    before the last, less the last. None for a single stage, or where one is not known.

    Source: Chaudhry et al. 2018, arXiv 1801.10112, equation 3.
    """
    known = [rate for rate in rates if rate is not None]
    return max(known[:-1]) - known[-1] if len(known) == len(rates) > 1 else None


def forward_transfer(ours: float, fresh: float) -> float | None:
    """Of the areas under two training curves; None where the fresh network left nothing to gain.

    Source: Wolczyk et al. 2021, arXiv 2105.10919, section 4.
    """
    return (ours - fresh) / (1 - fresh) if fresh < 1 else None


def transfer_rows(found: Sequences) -> list[dict[str, Any]]:
    """For each method and stage every number with the ends of its interval over seeds."""
    rows = []
    for method in found.methods:
        for stage, name in enumerate(found.stages):
            values = [_of_seed(found, method, seed, stage) for seed in found.seeds(method)]
            row = {"method": method, "stage": stage + 1, "set": name, "seeds": len(values)}
            for key in _KEYS:
                known = [rate for v in values if (rate := v[key]) is not None]
                interval = bootstrap_interval(np.array(known)[:, None]) if known else None
                low, high = interval or ("", "")
                row |= {
                    key: float(np.mean(known)) if known else "",
                    f"{key}_low": low,
                    f"{key}_high": high,
                }
            rows.append(row)
    return rows


_KEYS = ("before", "after", "at_the_end", "fresh", "forgetting", "forward_transfer")


def _of_seed(found: Sequences, method: str, seed: int, stage: int) -> dict[str, float | None]:
    sequence = next(s for s in found.sequences(method) if s[0].seed == seed)
    name = found.stages[stage]
    before = sequence[stage - 1] if stage else found.agent(method, seed)
    rates = [final_rate(run.record, name) for run in sequence[stage:]]
    fresh = next((run for run in found.fresh(method, stage) if run.seed == seed), None)
    ours = next((c for c in solved_curves(sequence[stage].record) if c), None)
    theirs = next((c for c in solved_curves(fresh.record) if c), None) if fresh else None
    return {
        "before": final_rate(before.record, name) if before else None,
        "after": rates[0],
        "at_the_end": rates[-1],
        "fresh": final_rate(fresh.record, name) if fresh else None,
        "forgetting": forgetting(rates),
        "forward_transfer": forward_transfer(area(ours), area(theirs)) if ours and theirs else None,
    }


def transfer_table(rows: Sequence[dict[str, Any]]) -> Table:
    """The rows as they are read."""
    head = ["method", "set", *(key.replace("_", " ") for key in _KEYS)]
    lines = [[r["method"], r["set"], *(_cell(r, key) for key in _KEYS)] for r in rows]
    return Table(head, lines, "Forgetting and forward transfer", _NOTE)


def _cell(row: dict[str, Any], key: str) -> str:
    if row[key] == "":
        return "-"
    low, high = row[f"{key}_low"], row[f"{key}_high"]
    ends = f" ({100 * low:.0f} to {100 * high:.0f})" if low != "" else ""
    return f"{100 * row[key]:.0f} %{ends}"
