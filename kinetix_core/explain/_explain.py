"""Everything that is found out about an agent and a level."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kinetix_core.compose import ComposedRun, compose_finetune
from kinetix_core.errors import LevelError, SettingError
from kinetix_core.evaluate import task_in_size
from kinetix_core.interfaces import Parameters, Task
from kinetix_core.record import Run, load_run, parameters_hash
from kinetix_core.scene import Scene, levels_hash, load_levels, parse_size

from ._learner import check_learner_settings
from ._specialist import Specialist, specialists
from ._watch import Attempt, attempts_of, watcher

_log = logging.getLogger(__name__)

_USUAL = {"attempts": 20, "size": "", "agent": 0, "seed": 0}


@dataclass(frozen=True, eq=False)
class Explanation:
    """What was found out. specialists: none where none were asked for.

    command: finds it out again.
    """

    command: str
    run: str
    update: int
    parameters: str  # the first digits of the SHA-256 of their file
    agent: int
    seed: int
    name: str  # of the level
    digest: str  # `levels_hash` of it
    level: Scene  # one scene on the host
    attempts: tuple[Attempt, ...]
    specialists: tuple[Specialist, ...] = ()

    @property
    def solved(self) -> int:
        return sum(attempt.solved for attempt in self.attempts)

    @property
    def rate(self) -> float:
        return self.solved / len(self.attempts)

    @property
    def closest(self) -> float | None:
        """Metres between green and blue in the attempt that came nearest; None: no such bodies."""
        found = [a.closest for a in self.attempts if a.closest is not None]
        return min(found, default=None)

    @property
    def best(self) -> Attempt:
        """The shortest that solved the level, or else the one that came nearest."""

        def order(attempt: Attempt) -> tuple[float, int]:
            closest = np.inf if attempt.closest is None else attempt.closest
            return closest, attempt.recording.steps

        return min(self.attempts, key=order)


def explain(
    run: str | Path,
    level: str,
    *,
    attempts: int = 20,
    steps: int = 300_000,
    size: str = "",
    agent: int = 0,
    seed: int = 0,
    settings: Sequence[str] = (),
) -> Explanation:
    """Watch the agent of a run at one level, and train on it alone, from the agent and afresh.

    level: as for `load_levels`, a single one. attempts: with sampled actions. steps: of each
    training; 0: none. size: to play in; empty: that of the run. agent: which of several. seed: of
    actions and training. settings: of the learner (`ppo.…`) in the training, on top of the run's.

    Raises `RunError`, `LevelError` or `SettingError` for what cannot be played.
    """
    check_learner_settings(settings)
    loaded = load_run(run)
    training = _training(loaded, steps, size, seed, settings) if steps else None
    task, params = _agent(loaded, size, agent)
    found = load_levels(level, task.size)
    if len(found.names) != 1:
        raise LevelError(
            f"{level}: one level is expected; these are {len(found.names)}, the first of them"
            f" {found.names[0]}"
        )
    scene = jax.tree.map(lambda x: np.asarray(x)[0], found.levels)
    watch, key = watcher(task, attempts), jax.random.key(seed)

    def seen(params: Parameters) -> tuple[Attempt, ...]:
        moments = watch(params, jax.tree.map(jnp.asarray, scene), key)
        return attempts_of(task, scene, found.names[0], moments)

    def count(params: Parameters) -> tuple[int, int]:
        return sum(attempt.solved for attempt in seen(params)), attempts

    _log.info("watching %s attempts ...", attempts)
    asked = {"attempts": attempts, "size": size, "agent": agent, "seed": seed}
    explanation = Explanation(
        command=_command(run, level, steps, asked, settings),
        run=loaded.path.name,
        update=loaded.update,
        parameters=parameters_hash(loaded.path),
        agent=agent,
        seed=seed,
        name=found.names[0],
        digest=levels_hash(found.levels),
        level=scene,
        attempts=seen(params),
    )
    if training is None:
        return explanation
    trained = specialists(training, task, scene, params, count)
    return replace(explanation, specialists=trained)


def _training(
    loaded: Run, steps: int, size: str, seed: int, settings: Sequence[str]
) -> ComposedRun:
    """How to train on a level alone."""
    more = ["generator=files", "num_seeds=1", f"train.total_steps={steps}", f"seed={seed}"]
    more += [f"size={size}"] if size else []
    return compose_finetune(str(loaded.path), loaded.composed.config, [*more, *settings])


def _agent(loaded: Run, size: str, agent: int) -> tuple[Task, Parameters]:
    """The task in the size that is played, and the parameters of one agent."""
    agents, params = loaded.composed.num_seeds, loaded.params
    if agent >= agents:
        raise SettingError(f"agent={agent}: {loaded.path} trained {agents}, the first of them 0")
    if agents > 1:
        params = jax.tree.map(lambda x: x[agent], params)
    if not size or size == loaded.composed.size.name:
        return loaded.task, params
    return task_in_size(loaded.composed, parse_size(size), params), params


def _command(
    run: str | Path, level: str, steps: int, asked: Mapping[str, Any], settings: Sequence[str]
) -> str:
    words = [f"{name}={value}" for name, value in asked.items() if value != _USUAL[name]]
    words += [*settings, "--specialist", str(steps)]
    return shlex.join(["kinetix", "explain", level, f"run={run}", *words])
