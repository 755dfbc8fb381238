"""The level filter: of many levels, those that doing nothing does not solve."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PRNGKeyArray

from kinetix_core.interfaces import LevelGenerator, Task
from kinetix_core.scene import LevelSet, Scene

from ._environment import Environment
from .filter_config import FilterConfig


@dataclass(frozen=True)
class Filtered(LevelGenerator):
    """Any generator, without most of the levels that solve themselves.

    Needs engine and action space in `task`, whose no-op it plays; automatic motors still run.
    Levels that are lost without acting stay in. Source: spec/generator.md 6.
    """

    generator: LevelGenerator
    task: Task
    config: FilterConfig

    def sample(self, key: PRNGKeyArray, n: int) -> Scene:
        """`n` of `sample_ratio * n` levels, by weight and without replacement. Traceable."""
        sample_key, choice_key = jax.random.split(key)
        count = n * self.config.sample_ratio
        levels = self.generator.sample(sample_key, count)
        solved = self.solved_by_nothing(levels)
        weight = jnp.where(solved, jnp.log(self.config.solved_weight), 0.0)
        # the largest of weights with Gumbel noise are such a draw
        order = jax.lax.top_k(weight + jax.random.gumbel(choice_key, (count,)), n)[1]
        return jax.tree.map(lambda leaf: jnp.take(leaf, order, axis=0, mode="clip"), levels)

    def solved_by_nothing(self, levels: Scene) -> Bool[Array, " levels"]:
        """Whether the first episode of each level, with no action, ends at the goal in time."""
        environment = Environment(self.task)
        action = self.task.action
        assert action is not None
        noop = jnp.asarray(action.noop)
        states = jax.vmap(environment.reset)(levels)

        def step(carry, _: None):
            states, over, solved = carry
            states, transition = jax.vmap(environment.step, in_axes=(0, None))(states, noop)
            solved = solved | (transition.done & transition.goal & ~over)
            return (states, over | transition.done, solved), None

        none = jnp.zeros(levels.timestep.shape[0], bool)
        carry, _ = jax.lax.scan(step, (states, none, none), None, length=self.config.steps)
        return carry[2]

    def arrays(self) -> Any:
        """Those of the generator."""
        return self.generator.arrays()

    def with_arrays(self, arrays: Any) -> Filtered:
        """The same filter over the generator with these."""
        return replace(self, generator=self.generator.with_arrays(arrays))

    def known_levels(self) -> LevelSet | None:
        """Those of the generator, none left out."""
        return self.generator.known_levels()
