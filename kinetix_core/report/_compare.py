"""Methods compared over seeds: which sets of levels all runs played, and the numbers of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinetix_core.errors import RunError
from kinetix_core.evaluate import (
    FEWEST_SEEDS,
    bootstrap_interval,
    interquartile_mean,
    interval_text,
    percent,
    text_table,
)
from kinetix_core.render import OUTCOMES

from ._chart import short
from ._command import evaluate_command, usual_sets
from ._methods import Method, methods, repeated
from ._read import RunRecord

TRAINING = "training"
"""The set of an evaluation on the levels of the training: not to be asked for by this name."""
NOT_PLAYED = "no set of levels was played by all methods; see `kinetix evaluate`"
"""Why a figure that compares them is missing."""
SCORE_TITLES = ["method", "set", "seeds", "mean", "95 % interval", "IQM", "95 % interval"]
Interval = tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class Score:
    """One method on one set. scores: (seeds, levels), solve rates. Intervals: 95 %, over seeds;
    None below three. untrained: mean over the runs; None where it was not played."""

    method: str
    set: str
    digest: str
    attempts: int
    steps: tuple[float, ...]  # environment steps of each run when it was evaluated
    scores: np.ndarray
    mean: float
    mean_interval: Interval
    iqm: float
    iqm_interval: Interval
    untrained: float | None

    @property
    def seeds(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What can be compared, and what is missing: a notice each, and commands that make it."""

    methods: tuple[Method, ...]
    sets: Mapping[str, tuple[Score, ...]]  # by name of the set, one for each method
    levels: Mapping[str, tuple[str, ...]]  # names of the levels of each set, as scores have them
    notices: tuple[str, ...]
    commands: tuple[str, ...]

    @property
    def rows(self) -> list[Score]:
        """Every method on every set."""
        return [score for scores in self.sets.values() for score in scores]


def compare_runs(runs: Sequence[RunRecord]) -> Comparison:
    """The methods of the runs, found by their settings, on each set of levels that all of them
    were evaluated on.

    Raises `RunError` for an evaluation that does not hold its attempts.
    """
    notices = [
        f"{run.name} has the settings and the seed of {other.name}, which counts alone"
        for run, other in repeated(runs)
    ]
    return compare_methods(methods(runs), notices)


def compare_methods(found: Sequence[Method], notices: Sequence[str] = ()) -> Comparison:
    """`compare_runs` for methods that are known. notices: what was said before."""
    members = [run for method in found for run in method.runs]
    notices, sets = list(notices), {}
    for name in _known(members):
        if (problem := _problem(name, members)) is None:
            sets[name] = tuple(_score(name, method) for method in found)
        else:
            notices.append(problem)
    notices += _unequal_steps(members)
    levels = {name: _levels(name, members[0]) for name in sets}
    return Comparison(tuple(found), sets, levels, tuple(notices), tuple(_commands(members)))


def _levels(name: str, run: RunRecord) -> tuple[str, ...]:
    return tuple(row["level"] for row in (run.evaluation or {})["levels"] if row["set"] == name)


def _known(runs: Sequence[RunRecord]) -> list[str]:
    """The sets of any run."""
    rows = [row for run in runs for row in (run.evaluation or {}).get("sets", ())]
    return list(dict.fromkeys(row["set"] for row in rows))


def _row(name: str, run: RunRecord) -> Mapping[str, Any] | None:
    rows = (run.evaluation or {}).get("sets", ())
    return next((row for row in rows if row["set"] == name), None)


def _problem(name: str, runs: Sequence[RunRecord]) -> str | None:
    """Why the set cannot be compared."""
    missing = [run.name for run in runs if _row(name, run) is None]
    if missing:
        return f"{name} is not compared: not evaluated on it: {', '.join(missing)}"
    if unnamed := [run.name for run in runs if not (_row(name, run) or {}).get("hash")]:
        return f"{name} is not compared: its levels have no hash in {', '.join(unnamed)}"
    for what, words in ((_hash, "the levels differ"), (_manner, "it was played differently")):
        said = [(run, what(name, run)) for run in runs]
        other = next(((run, text) for run, text in said if text != said[0][1]), None)
        if other:
            pairs = [(runs[0].name, said[0][1]), (other[0].name, other[1])]
            each = ", ".join(f"{run}: {text}" for run, text in pairs)
            return f"{name} is not compared, since {words}: {each}"
    return None


def _hash(name: str, run: RunRecord) -> str:
    return f"hash {(_row(name, run) or {}).get('hash')}"


def _manner(name: str, run: RunRecord) -> str:
    """How a set was played. In how large a room does not matter: the levels are the same."""
    about = run.evaluation or {}
    parts = [f"{about.get('attempts')} attempts", f"{about.get('actions')} actions"]
    parts += [f"temperature {about['temperature']}"] if "temperature" in about else []
    return ", ".join(parts)


def _score(name: str, method: Method) -> Score:
    rows = [_row(name, run) or {} for run in method.runs]
    scores = np.concatenate([_rates(name, run) for run in method.runs])
    untrained = [row["baseline"]["solve_rate"] for row in rows if row.get("baseline")]
    return Score(
        method=method.name,
        set=name,
        digest=rows[0]["hash"],
        attempts=int((method.runs[0].evaluation or {}).get("attempts", 0)),
        steps=tuple(s for run in method.runs if (s := _steps(run)) is not None),
        scores=scores,
        mean=float(np.mean(scores)),
        mean_interval=bootstrap_interval(scores),
        iqm=float(interquartile_mean(scores)),
        iqm_interval=bootstrap_interval(scores, interquartile_mean),
        untrained=float(np.mean(untrained)) if untrained else None,
    )


def _rates(name: str, run: RunRecord) -> np.ndarray:
    """(seeds, levels): the share of attempts that each seed solved."""
    rows = [row for row in (run.evaluation or {})["levels"] if row["set"] == name]
    try:
        rates = [
            [of_seed.count(OUTCOMES[0]) / len(of_seed) for of_seed in row["outcomes"]]
            for row in rows
        ]
        return np.array(rates, np.float64).reshape(len(rows), -1).T
    except (KeyError, ValueError, ZeroDivisionError, AttributeError) as error:
        raise RunError(
            f"{run.path}: its evaluation does not hold the attempts of every seed at {name}; run"
            " `kinetix evaluate` again"
        ) from error


def _steps(run: RunRecord) -> float | None:
    """Environment steps after which the evaluated parameters were saved."""
    update = (run.evaluation or {}).get("update")
    steps = (row.get("time/env_steps") for row in run.rows if row["update"] == update)
    return next((s for s in steps if isinstance(s, int | float)), None)


def _unequal_steps(runs: Sequence[RunRecord]) -> list[str]:
    steps = {run.name: s for run in runs if (s := _steps(run)) is not None}
    if len(set(steps.values())) < 2:
        return []
    least, most = min(steps, key=steps.__getitem__), max(steps, key=steps.__getitem__)
    return [
        "the runs were not evaluated after equally many environment steps: "
        f"{least} after {short(steps[least])}, {most} after {short(steps[most])}"
    ]


def _commands(runs: Sequence[RunRecord]) -> list[str]:
    """For each run that lacks a set, the command that evaluates it on all of them."""
    wanted = [name for name in _known(runs) if name != TRAINING]
    about = next((run.evaluation for run in runs if run.evaluation), {})
    return [
        evaluate_command(run.path, wanted or usual_sets(run.config), about)
        for run in runs
        if run.evaluation is None or any(_row(name, run) is None for name in wanted)
    ]


def no_intervals(counts: Iterable[int]) -> list[str]:
    """Why there is none, a line for each number of seeds that is too small."""
    few = sorted({count for count in counts if count < FEWEST_SEEDS})
    return [
        f"no interval: {count} {'seed' if count == 1 else 'seeds'}, of {FEWEST_SEEDS} at least"
        for count in few
    ]


def no_intervals_note(counts: Iterable[int]) -> str:
    """The same as sentences that follow others."""
    return "".join(f" {line.capitalize()}." for line in no_intervals(counts))


def comparison_text(comparison: Comparison) -> str:
    """The table for a terminal: a line for each method on each set."""
    text = text_table((SCORE_TITLES, [score_cells(score) for score in comparison.rows]))
    return "\n".join([text, *no_intervals(score.seeds for score in comparison.rows)])


def score_cells(score: Score) -> list[str]:
    """What a table says of a score, below `SCORE_TITLES`."""
    return [
        score.method,
        score.set,
        str(score.seeds),
        percent(score.mean),
        ends_text(score.mean_interval),
        percent(score.iqm),
        ends_text(score.iqm_interval),
    ]


def ends_text(interval: Interval) -> str:
    """Both ends, or a dash."""
    return interval_text(interval) if interval else "-"


def comparison_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row of a CSV file for each method and set; what there is not is empty."""
    return [_csv_row(score) for score in comparison.rows]


def _csv_row(score: Score) -> dict[str, Any]:
    mean_low, mean_high = score.mean_interval or ("", "")
    iqm_low, iqm_high = score.iqm_interval or ("", "")
    steps = sorted({f"{s:.0f}" for s in score.steps}, key=float)
    return {
        "method": score.method,
        "set": score.set,
        "hash": score.digest,
        "levels": score.scores.shape[1],
        "attempts": score.attempts,
        "environment_steps": " to ".join(dict.fromkeys([steps[0], steps[-1]])) if steps else "",
        "seeds": score.seeds,
        "mean": score.mean,
        "mean_low": mean_low,
        "mean_high": mean_high,
        "iqm": score.iqm,
        "iqm_low": iqm_low,
        "iqm_high": iqm_high,
        "untrained": "" if score.untrained is None else score.untrained,
    }
