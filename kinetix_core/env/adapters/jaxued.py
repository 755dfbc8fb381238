"""JaxUED: an underspecified environment whose levels are scenes.

from kinetix_core.env.adapters.jaxued import make

env = make(["size=s", "levels=handmade/s"])
observation, state = env.reset_to_level(key, env.sample_level(key), env.default_params)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jaxtyping import PRNGKeyArray

from kinetix_core.env import EnvState
from kinetix_core.interfaces import Observation
from kinetix_core.scene import Array, Scene

from ._parts import World, advance, compose_world, facts, require

require("jaxued.environments.underspecified_env", "jaxued")
require("gymnax.environments.environment", "jaxued")

from jaxued.environments.underspecified_env import EnvParams, UnderspecifiedEnv  # noqa: E402  # pyright: ignore[reportMissingImports]

from .gymnax import space_of  # noqa: E402


def make(settings: Sequence[str] = ()) -> KinetixUED:
    """An environment from settings as on the command line."""
    return KinetixUED(compose_world(settings))


class KinetixUED(UnderspecifiedEnv):
    """The interface of JaxUED: `reset_to_level`, `step`, `action_space`; it never resets itself.

    A level is a `kinetix_core.scene.Scene` of the environment's size. The parameters hold
    nothing. `info` has `terminated`, `truncated`, `goal`, `distance` (m) and `nonfinite`.
    """

    def __init__(self, world: World):
        self._world = world

    def sample_level(self, rng: PRNGKeyArray) -> Scene:
        """A level of the generator: what JaxUED's examples call `sample_random_level`."""
        return jax.tree.map(lambda x: x[0], self._world.generator.sample(rng, 1))

    def step_env(
        self, rng: PRNGKeyArray, state: EnvState, action: Any, params: EnvParams
    ) -> tuple[Observation, EnvState, Array, Array, dict[str, Any]]:
        state, seen, transition = advance(self._world.environment, state, action)
        ends = {"terminated": transition.terminated, "truncated": transition.truncated}
        info = facts(transition) | ends
        return seen, state, transition.reward, transition.done, info

    def reset_env_to_level(
        self, rng: PRNGKeyArray, level: Scene, params: EnvParams
    ) -> tuple[Observation, EnvState]:
        """Raises `LevelError` for a level of another size."""
        state = self._world.environment.reset(level)
        return self._world.environment.observe(state), state

    def action_space(self, params: EnvParams | None = None) -> Any:
        assert self._world.environment.task.action is not None
        return space_of(self._world.environment.task.action.space)

    def observation_space(self, params: EnvParams | None = None) -> Any:
        task = self._world.environment.task
        assert task.observation is not None
        return space_of(task.observation.space(task.size))
