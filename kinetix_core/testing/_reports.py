"""Made-up runs for figures: two methods over seeds, fine-tuned, taught one set after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kinetix_core.render import OUTCOMES
from kinetix_core.report import Labelled, Method, ReportData, RunRecord, compare_methods

METHODS = ("dr", "sfl")
SETS = {"few/s": 6, "many/s": 70}
"""Levels of each set that the agents play."""
STAGES = ("first", "second", "third")
LEVELS = ("few/s/0", "few/s/1", "few/s/2")
_UPDATES, _ATTEMPTS, _UPDATE_STEPS = 40, 4, 1000


def example_report(seeds: int = 3, *, evaluated: bool = True, parts: bool = True) -> ReportData:
    """What a figure is given: two methods with `seeds` agents each.

    evaluated: whether they were, at the end and on the way. parts: with the parts of a study, that
    is agents fine-tuned on three levels and from scratch, and a sequence of three sets.
    """
    runs = [_agent(method, seed, evaluated) for method in METHODS for seed in range(seeds)]
    found = tuple(
        Method(name, tuple(run.record for run in runs if run.method == name)) for name in METHODS
    )
    if parts:
        runs += [run for method in METHODS for seed in range(seeds) for run in _more(method, seed)]
    missing = ("sfl-seed-9: failed: out of memory",) if parts else ()
    comparison = compare_methods(found)
    return ReportData(tuple(runs), found, comparison, missing, "An example", "Which is better?")


def _agent(method: str, seed: int, evaluated: bool) -> Labelled:
    rng = np.random.default_rng([METHODS.index(method), seed])
    skill = 0.3 + 0.3 * METHODS.index(method) + 0.1 * rng.random()
    levels = _levels(rng, skill) if evaluated else {}
    record = _record(
        f"{method}-seed-{seed}",
        [_row(n, skill, [f"eval/{name}/solve_rate" for name in levels]) for n in _updates()],
        evaluation=_evaluation(levels) if evaluated else None,
        evaluations=_on_the_way(levels) if evaluated else (),
        seed=seed,
    )
    return Labelled(record, method, seed)


def _more(method: str, seed: int) -> list[Labelled]:
    """The other parts. The third level is never solved from scratch; what was learnt of the first
    stage is half forgotten at the end."""
    found = []
    for part, strengths in (("finetune", (0.9, 0.7, 0.6)), ("scratch", (0.8, 0.6, 0.1))):
        for level, strength in zip(LEVELS, strengths, strict=True):
            rows = [_row(n, strength, []) for n in _updates()]
            name = f"{method}-seed-{seed}-{part}-{level.replace('/', '-')}"
            found.append(Labelled(_record(name, rows, seed=seed), method, seed, part, level))
    measures = [f"eval/{stage}/solve_rate" for stage in STAGES]
    for part in ("sequence", "fresh"):
        for n, stage in enumerate(STAGES):
            rows = [_row(i, 0.6 + 0.1 * n * (part == "sequence"), measures) for i in _updates()]
            name = f"{method}-seed-{seed}-{part}-{n}"
            rates = {s: [0.8 if s == stage else 0.4, 0.4] for s in STAGES}
            record = _record(name, rows, evaluation=_evaluation(rates), seed=seed)
            found.append(Labelled(record, method, seed, part, stage, n))
    return found


def _updates() -> range:
    return range(1, _UPDATES + 1)


def _row(update: int, strength: float, measures: Sequence[str]) -> dict[str, Any]:
    share = update / _UPDATES
    row = {
        "update": update,
        "time/env_steps": _UPDATE_STEPS * update,
        "time/seconds": 2.0 * update,
        "time/steps_per_second": 500.0,
        "episode/solved": strength * share,
        "episode/count": 10.0,
        "episode/return": share - 0.2,
        "ppo/entropy": 5 - share,
        "ppo/gradient_norm": 1 - 0.5 * share,
        "network/dormant": 0.1 * share,
        "network/effective_rank": 20 - 5 * share,
        "network/weight_norm": 10 + share,
        "curriculum/solve_rate_selected": 0.4 + 0.2 * share,
        "curriculum/learnability_selected": 0.2 - 0.05 * share,
    }
    return row | dict.fromkeys(measures, strength * share) if update % 10 == 0 else row


def _levels(rng: np.random.Generator, skill: float) -> dict[str, list[float]]:
    """A solve rate that the attempts can give, for every level."""
    return {
        name: [rng.binomial(_ATTEMPTS, skill * (1 - i / count)) / _ATTEMPTS for i in range(count)]
        for name, count in SETS.items()
    }


def _on_the_way(levels: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    return [
        {
            "update": update,
            "set": name,
            "hash": "0123456789abcdef",
            "solve_rates": [[rate * update / _UPDATES for rate in rates]],
        }
        for update in range(10, _UPDATES + 1, 10)
        for name, rates in levels.items()
    ]


def _evaluation(levels: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """What `kinetix evaluate` writes, as far as figures look at it."""
    sets = [
        {
            "set": name,
            "hash": "0123456789abcdef",
            "levels": len(rates),
            "size": "s",
            **_numbers(float(np.mean(rates))),
            "groups": {},
            "baseline": _numbers(0.1),
        }
        for name, rates in levels.items()
    ]
    rows = [
        _level(f"{n}/{i}", n, rate) for n, rates in levels.items() for i, rate in enumerate(rates)
    ]
    about = {"update": _UPDATES, "attempts": _ATTEMPTS, "actions": "sampled"}
    return {**about, "sets": sets, "levels": rows}


def _numbers(rate: float) -> dict[str, Any]:
    return {
        "solve_rate": rate,
        "low": max(rate - 0.1, 0.0),
        "high": min(rate + 0.1, 1.0),
        "solved_at_least_once": 1,
        "mean_return": rate,
        "mean_length": 100.0,
        "touched_red": 0.0,
        "time_limit": 1 - rate,
        "nan": 0.0,
    }


def _level(name: str, of_set: str, rate: float) -> dict[str, Any]:
    solved = round(rate * _ATTEMPTS)
    outcomes = [OUTCOMES[0]] * solved + [OUTCOMES[2]] * (_ATTEMPTS - solved)
    own = {"set": of_set, "level": name, "attempts": _ATTEMPTS, "solved": solved}
    untrained = {f"untrained_{key}": _numbers(0.1)[key] for key in ("solve_rate", "low", "high")}
    return {**own, **_numbers(rate), **untrained, "outcomes": [outcomes]}


def _record(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    seed: int,
    evaluation: Mapping[str, Any] | None = None,
    evaluations: Sequence[Mapping[str, Any]] = (),
) -> RunRecord:
    config = {
        "size": "s",
        "seed": seed,
        **{kind: {"name": "fixed"} for kind in ("curriculum", "generator")},
        **{kind: {"name": "symbolic"} for kind in ("observation", "network")},
    }
    return RunRecord(
        Path("runs") / name,
        name,
        "finished",
        config,
        {},
        rows,
        evaluation,
        "0" * 16,
        None,
        evaluations,
    )
