"""How fast an agent learns: solve rate on its levels over minutes of training."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax

from kinetix_core.bench.report import Report, Table
from kinetix_core.compose import build_task, compose_run
from kinetix_core.errors import SettingError
from kinetix_core.evaluate import Evaluation, evaluate_policy
from kinetix_core.learn import Setup, compiled

Progress = Callable[[str], None]


@dataclass(frozen=True)
class LearningOptions:
    """What is trained, for how long, and how often it is looked at."""

    settings: tuple[str, ...]
    minutes: float = 10.0
    """Of training, compilation included, evaluation left out."""
    evaluations: int = 10
    attempts: int = 20

    def __post_init__(self) -> None:
        if not self.minutes > 0:
            raise SettingError(f"minutes={self.minutes}: more than 0 is expected")
        for name in ("evaluations", "attempts"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name}={getattr(self, name)}: at least 1 is expected")


@dataclass
class _Clock:
    """Wall and CPU seconds of training alone."""

    wall: float = 0.0
    cpu: float = 0.0

    def time(self, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = jax.block_until_ready(work())
        self.wall += time.perf_counter() - wall
        self.cpu += time.process_time() - cpu
        return result


def run_learning(options: LearningOptions, report: Report, progress: Progress) -> None:
    """Train from scratch and add the curve and the last evaluation to `report`.

    Levels are played with sampled actions; the first row is the untrained policy.
    Raises `SettingError` where the run's generator has no list of levels to evaluate.
    """
    composed = compose_run(options.settings)
    task = build_task(composed)
    assert task.generator is not None
    known = task.generator.known_levels()
    if known is None:
        raise SettingError(
            f"generator={composed.config['generator']['name']}: it has no list of levels to "
            "evaluate; use levels=FOLDER"
        )
    levels, names, _ = known
    setup, clock = Setup(task, composed.ppo, composed.train), _Clock()
    init, step = compiled(setup)
    state = clock.time(lambda: init(composed.seed))
    rows: list[tuple[Any, ...]] = []
    updates, limit = 0, 60.0 * options.minutes

    def look(updates: int) -> Evaluation:
        key = jax.random.key(composed.seed + 1)
        found = evaluate_policy(task, state.params, levels, names, options.attempts, key, record=0)
        steps = updates * setup.steps_per_update
        rows.append(
            (clock.wall / 60, clock.cpu / 60, steps, found.solve_rate, found.total.best_of_k)
        )
        progress(f"{clock.wall / 60:.1f} min, {steps:,} steps: {found.solve_rate:.3f} solved")
        return found

    last = look(0)
    for part in range(1, options.evaluations + 1):
        while clock.wall < limit * part / options.evaluations:
            state = clock.time(lambda state=state: step(state))[0]
            updates += 1
        last = look(updates)
    if int(state.update) != updates:
        raise AssertionError(f"{updates} updates were counted, {int(state.update)} were made")
    _add(report, rows, last, options)


def _add(
    report: Report, rows: Sequence[tuple[Any, ...]], last: Evaluation, options: LearningOptions
) -> None:
    columns = ("minutes", "CPU minutes", "environment steps", "mean solve rate", "ever solved")
    curve = Table(
        "solve rate while learning",
        columns,
        tuple(rows),
        f"Minutes of training, compilation included. Mean over {len(last.levels)} levels of the "
        f"share of {options.attempts} attempts (sampled actions) that solve it; the first row is "
        "the untrained policy.",
    )
    levels = Table(
        "at the end",
        ("level", "solved", "low", "high", "mean length"),
        tuple((r.name, r.solve_rate, *r.interval, r.mean_length) for r in last.levels),
        "Wilson intervals of 95 %.",
    )
    report.tables += [curve, levels]
    report.data["curve"] = [dict(zip(columns, row, strict=True)) for row in rows]
