"""Playing every level of a set a number of times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from kinetix_core.errors import LevelError, SettingError
from kinetix_core.interfaces import Parameters, Task
from kinetix_core.render import OUTCOMES, Recording
from kinetix_core.scene import Scene

from ._play import Played, Rows, program
from ._results import Evaluation, LevelResult


def evaluate_policy(
    task: Task,
    params: Parameters,
    levels: Scene,
    names: Sequence[str],
    attempts: int,
    key: PRNGKeyArray,
    *,
    greedy: bool = False,
    record: int = 1,
    max_envs: int = 2048,
    confidence: float = 0.95,
    label: str = "",
    temperature: float = 1.0,
    numbers: Sequence[int] | None = None,
    progress: Callable[[int], None] = lambda episodes: None,
) -> Evaluation:
    """Play every level `attempts` times from its start; only the first episode counts.

    `levels`: scenes of `task.size` along a leading axis, one name each. Actions are sampled, or
    the most likely one if `greedy`; `temperature` below 1 makes likely ones likelier. At most
    `max_envs` environments are played at once; an attempt's result depends on `key`, the level's
    number (`numbers`, or else its place in the set) and the attempt's number only. Definitions:
    spec/training_and_evaluation.md 4.

    The last `record` attempts at each level are recorded, all of which must be played at once;
    a recording's label is `label` and the number of its attempt. `progress` is told, part by part,
    how many episodes were just played; their sum is levels times attempts.

    Raises `SettingError` and `LevelError` for settings and levels that cannot be played.
    """
    count = _check(task, levels, names, attempts, record, max_envs)
    play = program(task, greedy, temperature)
    order = np.arange(count, dtype=np.int32) if numbers is None else np.asarray(numbers, np.int32)
    several, tries = _chunks(count, attempts, max_envs)
    _check_recorded(record, tries, attempts, max_envs)
    tables = _Tables.empty(count, attempts)
    recordings: dict[tuple[int, int], Recording] = {}
    for first in _starts(count, several):
        pool = jax.tree.map(lambda x, first=first: x[first : first + several], levels)
        for trial in _starts(attempts, tries):
            rows = _rows(order[first : first + several], trial, tries, record)
            played = jax.device_get(play(params, pool, rows, key))
            progress(tables.write(played, first, several, trial, tries))
            if trial + tries < attempts:
                continue
            part = names[first : first + several]
            for recording, number, attempt in _recordings(task, pool, rows, played, part):
                text = f"{label} attempt {attempt + 1}".strip()
                recordings[first + number, attempt] = replace(recording, label=text)
    results = tables.results(names, greedy, confidence)
    kept = tuple(recordings[place] for place in sorted(recordings))
    return Evaluation(results, task.size.name, attempts, greedy, kept)


@dataclass(frozen=True)
class _Tables:
    """What came of each attempt at each level: `[levels, attempts]`."""

    outcome: np.ndarray
    returns: np.ndarray
    length: np.ndarray

    @classmethod
    def empty(cls, levels: int, attempts: int) -> _Tables:
        shape = (levels, attempts)
        return cls(
            np.zeros(shape, np.int32), np.zeros(shape, np.float32), np.zeros(shape, np.int32)
        )

    def write(self, played: Played, first: int, levels: int, trial: int, tries: int) -> int:
        """The attempts from `trial` on at the levels from `first` on; how many of them are new."""
        where = slice(first, first + levels), slice(trial, trial + tries)
        new = np.count_nonzero(self.length[where] == 0)  # an episode has at least one step
        for field in fields(self):
            getattr(self, field.name)[where] = getattr(played, field.name).reshape(levels, tries)
        return int(new)

    def results(
        self, names: Sequence[str], greedy: bool, confidence: float
    ) -> tuple[LevelResult, ...]:
        rows = zip(names, self.outcome, self.returns, self.length, strict=True)
        return tuple(LevelResult(*row, greedy, confidence) for row in rows)


def evaluate_seeds(
    task: Task,
    params: Parameters,
    num_seeds: int,
    levels: Scene,
    names: Sequence[str],
    attempts: int,
    key: PRNGKeyArray,
    **settings: Any,
) -> tuple[Evaluation, ...]:
    """`evaluate_policy` for each of `num_seeds` policies, by the same compiled program.

    `params` has a leading axis of that length where it is above 1. Every policy is given the
    same `key`. `settings` are those of `evaluate_policy`; `kinetix_core.evaluate.pooled` puts
    the results together.
    """
    if num_seeds == 1:
        return (evaluate_policy(task, params, levels, names, attempts, key, **settings),)
    return tuple(
        evaluate_policy(
            task,
            jax.tree.map(lambda x, seed=seed: x[seed], params),
            levels,
            names,
            attempts,
            key,
            label=f"seed {seed},",
            **settings,
        )
        for seed in range(num_seeds)
    )


def _check(
    task: Task, levels: Scene, names: Sequence[str], attempts: int, record: int, max_envs: int
) -> int:
    """The number of levels. Raises for settings and levels that cannot be played."""
    for name, value, least in (
        ("attempts", attempts, 1),
        ("record", record, 0),
        ("max_envs", max_envs, 1),
    ):
        if value < least:
            raise SettingError(f"{name}={value}: at least {least} is expected")
    if levels.size != task.size:
        raise LevelError(
            f"levels of size {levels.size.name}: this policy plays size {task.size.name}; "
            "load them in that size"
        )
    count = np.shape(levels.gravity)[0] if np.ndim(levels.gravity) == 2 else 0
    if count != len(names):
        raise LevelError(f"{count} levels, but {len(names)} names: one for each is expected")
    if not count:
        raise LevelError("levels: there are none to evaluate on")
    return count


def _check_recorded(record: int, tries: int, attempts: int, max_envs: int) -> None:
    if record > tries:
        raise SettingError(
            f"record={record}: at most {tries} attempts at a level can be recorded, "
            f"with attempts={attempts} and max_envs={max_envs}"
        )


def _chunks(levels: int, attempts: int, max_envs: int) -> tuple[int, int]:
    """Levels and attempts that are played together: evenly sized parts, so that little is
    played twice."""

    def even(total: int, most: int) -> int:
        parts = -(-total // max(most, 1))
        return -(-total // parts)

    tries = even(attempts, min(attempts, max_envs))
    return even(levels, min(levels, max_envs // tries)), tries


def _starts(total: int, part: int) -> list[int]:
    """Where parts of equal length begin; the last one is moved back so that it ends at `total`.

    So one program serves all parts, and what is played twice comes out the same.
    """
    return [min(start, total - part) for start in range(0, total, part)]


def _rows(numbers: np.ndarray, trial: int, tries: int, record: int) -> Rows:
    level = np.repeat(np.arange(len(numbers), dtype=np.int32), tries)
    attempt = np.tile(np.arange(tries, dtype=np.int32), len(numbers))
    recorded = np.flatnonzero(attempt >= tries - record).astype(np.int32)
    return Rows(level, numbers[level], attempt + np.int32(trial), recorded)


def _recordings(task: Task, pool: Scene, rows: Rows, played: Played, names: Sequence[str]):
    """(recording, place of the level in `pool`, attempt) of each recorded environment."""
    assert task.engine is not None
    for column, row in enumerate(np.asarray(rows.recorded).tolist()):
        steps, index = int(played.length[row]), int(rows.level[row])
        level = jax.tree.map(lambda x, index=index: np.asarray(x[index]), pool)
        track = jax.tree.map(lambda x, c=column, n=steps: x[:n, c], played.track)
        recording = Recording(
            name=names[index],
            level=level,
            position=np.concatenate([level.bodies.position[None], track.position]),
            rotation=np.concatenate([level.bodies.rotation[None], track.rotation]),
            controls=track.controls,
            reward=track.reward,
            outcome=OUTCOMES[int(played.outcome[row])],
            seconds=task.env.frame_skip * task.engine.dt,
        )
        yield recording, index, int(rows.attempt[row])
