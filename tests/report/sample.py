"""The folder of a run that never was: made-up metrics, and attempts at made-up levels."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from kinetix_core.compose import ComposedRun, compose_run
from kinetix_core.evaluate import Evaluation, LevelResult, SetResult, write_results
from kinetix_core.render import OUTCOMES
from tests.render.sample import sample_recording

SEED = np.random.default_rng(4)


def sample_run(
    folder: Path,
    *settings: str,
    updates: int = 50,
    evaluated: bool = True,
    strength: float = 0.8,
) -> Path:
    """Config, metrics with evaluations, parameters, versions and an evaluation of two sets.

    strength: the solve rate of the last training episodes.
    """
    folder.mkdir(parents=True)
    composed = _composed(settings)
    seeds = composed.num_seeds
    (folder / "config.json").write_text(json.dumps(composed.config))
    (folder / "run.json").write_text('{"status": "finished"}')
    (folder / "versions.json").write_text('{"python": "3.12.1", "jax": "0.10.0"}')
    (folder / "parameters.safetensors").write_bytes(b"numbers")
    rows = [_row(update, updates, seeds, strength) for update in range(1, updates + 1)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    if evaluated:
        evaluate(folder)
    return folder


@cache
def _composed(settings: tuple[str, ...]) -> ComposedRun:
    return compose_run(["levels=handmade/s", *settings])


def _row(update: int, updates: int, seeds: int, strength: float) -> dict:
    share = update / updates

    def each(value):
        return value if seeds == 1 else [value * (1 - 0.1 * seed) for seed in range(seeds)]

    row = {
        "update": update,
        "time/env_steps": 1000 * update,
        "time/seconds": 20 + update,
        "time/steps_per_second": 900 + update,
        "time/seconds_of_cpu": 30.0 + 2 * update,
        "episode/solved": each(strength * share),
        "episode/count": each(10.0),
        "episode/return": each(share - 0.2),
        "ppo/entropy": each(5 - share),
        "ppo/approx_kl": each(0.01),
        "ppo/value_loss": None if update == 3 else each(1 / update),
    }
    if update % 10 == 0:
        row["eval/random/s/solve_rate"] = each(0.5 * share)
    return row


def evaluate(folder: Path, **about) -> None:
    """Three levels of one set and seventy of another, beside an untrained policy."""
    few = [("mine/hop", 4, 2), ("mine/<b>run", 0, 0), ("mine/swim", 2, 0)]
    many = [(f"random/s/{i:03d}", i % 5, i % 2) for i in range(70)]
    results = [_set("mine", few), _set("random/s", many)]
    about = {"run": folder.name, "update": 50, "attempts": 4, "actions": "sampled"} | about
    write_results(folder, results, title="sample", about=about)


def evaluate_seeds(
    folder: Path, sets: dict[str, list[list[int]]], digest: str = "0123456789abcdef", **about
) -> None:
    """An evaluation in which seed i solves level n of a set in sets[name][i][n] of 4 attempts; the
    untrained policy solves each in 1."""
    results = [
        SetResult(
            name,
            digest,
            tuple(_counted(name, counts) for counts in of_seeds),
            _counted(name, [1] * len(of_seeds[0])),
        )
        for name, of_seeds in sets.items()
    ]
    about = {"run": folder.name, "update": 50, "attempts": 4, "actions": "sampled"} | about
    write_results(folder, results, title="sample", about=about)


def _counted(name: str, counts: list[int]) -> Evaluation:
    levels = tuple(_level(f"{name}/{i:03d}", solved) for i, solved in enumerate(counts))
    return Evaluation(levels, "s", 4, False)


def _set(name: str, levels: list[tuple[str, int, int]]) -> SetResult:
    def played(which: int) -> Evaluation:
        results = tuple(_level(level[0], level[which]) for level in levels)
        recordings = [sample_recording(n, OUTCOMES[0 if s else 2]) for n, s, _ in levels]
        return Evaluation(results, "s", 4, False, tuple(recordings))

    return SetResult(name, "0123456789abcdef", (played(1),), played(2))


def _level(name: str, solved: int) -> LevelResult:
    outcome = np.array([0] * solved + [2] * (4 - solved))
    return LevelResult(name, outcome, np.linspace(0, 1, 4), np.full(4, 30))
