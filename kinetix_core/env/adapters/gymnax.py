"""gymnax: `reset(key, params)` and `step(key, state, action, params)` with auto-reset.

from kinetix_core.env.adapters.gymnax import make

env, params = make(["size=s", "levels=handmade/s"])
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from jaxtyping import Bool, PRNGKeyArray

from kinetix_core.env import EnvState
from kinetix_core.interfaces import Box, Discrete, MultiDiscrete, Observation, Record, Space
from kinetix_core.scene import Array, Scene

from ._parts import Pool, World, advance, check_count, compose_world, facts, require

require("gymnax.environments.environment", "gymnax")

from gymnax.environments import spaces  # noqa: E402  # pyright: ignore[reportMissingImports]
from gymnax.environments.environment import Environment as GymnaxEnvironment  # noqa: E402  # pyright: ignore[reportMissingImports]


def make(
    settings: Sequence[str] = (), num_levels: int = 256
) -> tuple[KinetixGymnax, KinetixParams]:
    """The environment and its parameters, as `gymnax.make`.

    settings: as on the command line. `num_levels` levels are drawn with the setting `seed`.
    """
    env = KinetixGymnax(compose_world(settings), num_levels)
    return env, env.default_params


class MultiChoice(spaces.Space):
    """One integer in 0..n-1 for each n of `sizes`: gymnax has no such space of its own."""

    def __init__(self, sizes: tuple[int, ...]):
        self.sizes, self.shape, self.dtype = sizes, (len(sizes),), jnp.dtype(jnp.int32)

    def sample(self, key: PRNGKeyArray) -> jax.Array:
        return jax.random.randint(key, self.shape, 0, np.array(self.sizes))

    def contains(self, x: Array) -> Bool[jax.Array, ""]:
        return jnp.all((x >= 0) & (x < np.array(self.sizes)))

    def __repr__(self) -> str:
        return f"MultiChoice({self.sizes})"


class Mapping(spaces.Dict):
    """A space of observations that are mappings (`spaces.Dict` looks for attributes)."""

    def contains(self, x: dict[str, Array]) -> Any:
        inside = [jnp.all(space.contains(x[name])) for name, space in self.spaces.items()]
        return jnp.all(jnp.stack(inside))


def space_of(space: Space) -> spaces.Space:
    """The gymnax space of one of ours."""
    if isinstance(space, Record):
        return Mapping({name: space_of(part) for name, part in space.parts})
    if isinstance(space, MultiDiscrete):
        return MultiChoice(space.sizes)
    if isinstance(space, Discrete):
        return spaces.Discrete(space.n)
    assert isinstance(space, Box)
    return spaces.Box(space.low, space.high, space.shape, jnp.dtype(space.dtype))


@struct.dataclass
class KinetixParams:
    """The levels that are played; each reset draws one of them. See `KinetixGymnax.params`."""

    pool: Pool


class KinetixGymnax(GymnaxEnvironment):
    """The interface of gymnax 1.x; everything can be jitted and vmapped.

    `info` of `step` has `final_observation` (before a reset), `terminated`, `truncated`, `goal`
    (green touched blue), `distance` (m) and `nonfinite`.
    """

    def __init__(self, world: World, num_levels: int = 256):
        check_count("num_levels", num_levels)
        self._world, self._num_levels = world, num_levels
        self._environment = world.environment

    @cached_property
    def _drawn(self) -> KinetixParams:
        draw = jax.jit(lambda key: self._world.sample(key, self._num_levels))
        return KinetixParams(pool=draw(jax.random.key(self._world.seed)))

    @property
    def default_params(self) -> KinetixParams:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Levels of the generator, drawn once."""
        return self._drawn

    def params(self, levels: Scene) -> KinetixParams:
        """Parameters to play these levels (leading axis), instead of the generator's."""
        return KinetixParams(pool=jax.jit(self._world.pool)(levels))

    @partial(jax.jit, static_argnames=("self",))
    def step(
        self, key: PRNGKeyArray, state: EnvState, action: Any, params: KinetixParams | None = None
    ) -> tuple[Observation, EnvState, Array, Array, Array, dict[str, Any]]:
        """Observation, state, reward, terminated, truncated, info; resets what has ended."""
        pool = (params or self.default_params).pool
        state, last, transition = advance(self._environment, state, action)
        index = jax.random.randint(key, (), 0, len(pool))
        state, seen = pool.begin_where(transition.done, index, state, last)
        info = facts(transition) | {
            "terminated": transition.terminated,
            "truncated": transition.truncated,
            "final_observation": last,
        }
        ends = transition.terminated, transition.truncated
        return seen, state, transition.reward, *ends, info

    def step_env(
        self, key: PRNGKeyArray, state: EnvState, action: Any, params: KinetixParams
    ) -> tuple[Observation, EnvState, Array, Array, dict[str, Any]]:
        """One step without a reset: observation, state, reward, terminated, info."""
        state, seen, transition = advance(self._environment, state, action)
        return seen, state, transition.reward, transition.terminated, facts(transition)

    def reset_env(self, key: PRNGKeyArray, params: KinetixParams) -> tuple[Observation, EnvState]:
        """Begins one of the levels of `params`."""
        pool = params.pool
        state, seen = pool.begin(jax.random.randint(key, (), 0, len(pool)))
        return seen, state

    def observe(
        self, key: PRNGKeyArray, state: EnvState, action: Any, params: KinetixParams
    ) -> Observation:
        return self._environment.observe(state)

    def is_truncated(self, state: EnvState, params: KinetixParams) -> Bool[Array, ""]:
        """The time limit is reached."""
        return state.timestep >= self._environment.task.env.max_timesteps

    @property
    def name(self) -> str:
        return f"Kinetix-{self._environment.task.size.name}"

    @property
    def num_actions(self) -> int:
        """Options of a discrete action space, else the length of an action."""
        assert self._environment.task.action is not None
        space = self._environment.task.action.space
        return space.n if isinstance(space, Discrete) else space.shape[0]

    def action_space(self, params: KinetixParams | None = None) -> spaces.Space:
        assert self._environment.task.action is not None
        return space_of(self._environment.task.action.space)

    def observation_space(self, params: KinetixParams | None = None) -> spaces.Space:
        task = self._environment.task
        assert task.observation is not None
        return space_of(task.observation.space(task.size))
