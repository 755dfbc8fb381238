"""Training on one level alone, for a while: does it solve the level?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from kinetix_core.compose import ComposedRun
from kinetix_core.errors import RunError
from kinetix_core.interfaces import LevelGenerator, Parameters, Task
from kinetix_core.learn import Setup, compiled, diverged
from kinetix_core.registry import registry
from kinetix_core.scene import Scene

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class OneLevel(LevelGenerator):
    """The same level each time."""

    level: Scene

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        return jax.tree.map(lambda x: jnp.broadcast_to(x, (n, *jnp.shape(x))), self.level)

    def arrays(self) -> Scene:
        return self.level

    def with_arrays(self, arrays: Scene) -> OneLevel:
        return OneLevel(arrays)


@dataclass(frozen=True, eq=False)
class Specialist:
    """What came of training on the level alone. solved: of the attempts after it. in_training:
    episodes of the training that were solved.

    curve: environment steps so far and the share of the episodes of an update that were solved;
    NaN where none ended.
    """

    start: str
    curve: tuple[tuple[float, float], ...]
    solved: int
    attempts: int
    in_training: int

    @property
    def steps(self) -> int:
        return int(self.curve[-1][0])

    @property
    def rate(self) -> float:
        return self.solved / self.attempts

    @property
    def ever(self) -> bool:
        """Whether any episode was solved, in training or after it."""
        return self.solved > 0 or self.in_training > 0


def specialists(
    composed: ComposedRun,
    task: Task,
    level: Scene,
    params: Parameters,
    count: Callable[[Parameters], tuple[int, int]],
) -> tuple[Specialist, Specialist]:
    """From the agent's parameters, and from fresh ones: the same program and settings.

    composed: how to train, with a curriculum that draws from its generator. task: of the agent.
    level: one scene on the host. count: attempts solved of all, for given parameters. Raises
    `RunError` where a training diverges: it would say nothing about the level.
    """
    task = replace(task, generator=OneLevel(jax.tree.map(jnp.asarray, level)))
    chosen = composed["curriculum"]
    curriculum = registry().build("curriculum", chosen.name, chosen.config, task)
    setup = Setup(replace(task, curriculum=curriculum), composed.ppo, composed.train)
    init, step = compiled(setup)
    _log.info("training on this level alone, twice %s environment steps", f"{_steps(setup):,}")

    def trained(start: str, begin: Parameters | None) -> Specialist:
        state = init(composed.seed)
        if begin is not None:
            state = replace(state, params=begin)
        curve, solved = [], 0
        for number in range(1, setup.updates + 1):
            state, metrics, _ = step(state)
            if metric := diverged(jax.device_get(metrics)):
                raise RunError(
                    f"{metric} is not finite after update {number} of the training {start}: it"
                    " diverged; try a smaller ppo.learning_rate, as ppo.learning_rate=1e-4"
                )
            rate = float(np.asarray(metrics["episode/solved"]))
            curve.append((float(number * setup.steps_per_update), rate))
            if np.isfinite(rate):
                solved += round(rate * float(np.asarray(metrics["episode/count"])))
        return Specialist(start, tuple(curve), *count(state.params), solved)

    return trained("from the agent", params), trained("from scratch", None)


def _steps(setup: Setup) -> int:
    return setup.updates * setup.steps_per_update
