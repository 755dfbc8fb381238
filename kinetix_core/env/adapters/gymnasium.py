"""Gymnasium: a vector environment, and a single one for tools that want that.

from kinetix_core.env.adapters.gymnasium import make_vec

envs = make_vec(["size=s", "levels=handmade/s"], num_envs=16)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from kinetix_core.env import EnvState, InteractiveEnvironment, Transition
from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.interfaces import Box, Discrete, MultiDiscrete, Observation, Record, Space
from kinetix_core.scene import Array, Scene

from ._parts import Pool, World, advance, check_count, compose_world, facts, require

require("gymnasium", "gymnasium")

import gymnasium as gym  # noqa: E402  # pyright: ignore[reportMissingImports]
from gymnasium.vector import AutoresetMode, VectorEnv  # noqa: E402  # pyright: ignore[reportMissingImports]
from gymnasium.vector.utils import batch_space  # noqa: E402  # pyright: ignore[reportMissingImports]

MIN_LEVELS = 256
"""Levels that are drawn at once, unless said otherwise."""


def make(settings: Sequence[str] = ()) -> KinetixEnv:
    """A single environment from settings as on the command line."""
    return KinetixEnv(compose_world(settings))


def make_vec(
    settings: Sequence[str] = (), num_envs: int = 1, num_levels: int | None = None
) -> KinetixVectorEnv:
    """`num_envs` environments, stepped by one compiled call; see `KinetixVectorEnv`.

    settings: as on the command line. Raises `SettingError` and others, one line each.
    """
    return KinetixVectorEnv(compose_world(settings), num_envs, num_levels)


def space_of(space: Space) -> gym.Space:
    """The Gymnasium space of one of ours."""
    if isinstance(space, Record):
        return gym.spaces.Dict({name: space_of(part) for name, part in space.parts})
    if isinstance(space, MultiDiscrete):
        return gym.spaces.MultiDiscrete(np.array(space.sizes))
    if isinstance(space, Discrete):
        return gym.spaces.Discrete(space.n)
    assert isinstance(space, Box)
    return gym.spaces.Box(space.low, space.high, space.shape, np.dtype(space.dtype).type)


def _spaces(world: World) -> tuple[gym.Space, gym.Space]:
    task = world.environment.task
    assert task.observation is not None
    assert task.action is not None
    return space_of(task.observation.space(task.size)), space_of(task.action.space)


def _level_option(options: Mapping[str, Any] | None, name: str) -> Scene | None:
    """The one option of `reset`. Raises `SettingError` for others."""
    for key in options or {}:
        if key != name:
            raise SettingError(f"reset option {key}: unknown{did_you_mean(key, [name])}")
    return (options or {}).get(name)


def _numpy(tree: Any) -> Any:
    """Copies on the host that the caller may write to."""
    return jax.tree.map(np.array, tree)


class KinetixEnv(gym.Env):
    """One environment; each reset draws a level, or plays `options={"level": scene}`.

    `info` says `goal` (green touched blue), `distance` (m) and `nonfinite`. The first reset
    without a seed takes the setting `seed`.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 (as Gymnasium declares it)

    def __init__(self, world: World):
        self.observation_space, self.action_space = _spaces(world)
        self._world = world
        self._sample = jax.jit(lambda key: world.sample(key, 1).begin(jnp.int32(0)))
        self._play = InteractiveEnvironment(world.environment)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begins an episode. Raises `LevelError` for a level of another size."""
        first = self._np_random is None
        super().reset(seed=self._world.seed if first and seed is None else seed)
        level = _level_option(options, "level")
        if level is None:
            seen = self._play.begin(*self._sample(_key(self.np_random)))
        else:
            seen = self._play.reset(level)
        return _numpy(seen), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step. Raises `SettingError` before the first reset."""
        seen, result = self._play.step(np.asarray(action))
        return _numpy(seen), result.reward, result.terminated, result.truncated, facts(result)


class KinetixVectorEnv(VectorEnv):
    """Many environments in one compiled call, reset in the step that ends an episode.

    Autoreset mode: same step. Where an episode ends, the observation returned is the first of
    the next one; the last of the old one is `info["final_obs"]`, and `info["final_info"]` says
    `goal`, `distance` and `nonfinite`, with the masks `_final_obs` and `_final_info` as usual.

    Levels are drawn `num_levels` at a time, each is begun once, and new ones are drawn when too
    few are left. `reset(options={"levels": scenes})` begins with these, one per environment.
    The first reset without a seed takes the setting `seed`.
    """

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_modes": []}  # noqa: RUF012

    def __init__(self, world: World, num_envs: int, num_levels: int | None = None):
        check_count("num_envs", num_envs)
        self.num_levels = max(MIN_LEVELS, 2 * num_envs) if num_levels is None else num_levels
        check_count("num_levels", self.num_levels, least=num_envs)
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = _spaces(world)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._world = world
        self._draw = jax.jit(lambda key: world.sample(key, self.num_levels))
        self._begin = jax.jit(world.pool)
        self._advance = jax.jit(partial(_advance_all, world))
        self._state: EnvState | None = None
        self._pool: Any = None
        self._used = 0  # levels of the pool that were begun

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begins episodes everywhere. Raises `LevelError` for levels of another size."""
        first = self._np_random is None
        super().reset(seed=self._world.seed if first and seed is None else seed)
        levels = _level_option(options, "levels")
        self._new_pool()
        if levels is None:
            start = jax.tree.map(lambda x: x[: self.num_envs], self._pool)
            self._used = self.num_envs
        else:
            given = np.shape(levels.timestep)
            if given != (self.num_envs,):
                raise SettingError(
                    f"reset option levels: leading axes {given} instead of ({self.num_envs},); "
                    "one level per environment is expected"
                )
            start = self._begin(levels)
        self._state = start.state
        return _numpy(start.observation), {}

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One step everywhere. Raises `SettingError` before the first reset."""
        if self._state is None:
            raise SettingError("step: call reset first")
        if np.shape(actions) != self.action_space.shape:
            raise SettingError(
                f"actions of shape {np.shape(actions)}: {self.action_space.shape} is expected"
            )
        if self._used + self.num_envs > self.num_levels:
            self._new_pool()
        self._state, seen, last, transition = self._advance(
            self._state, np.asarray(actions), self._pool, np.int32(self._used)
        )
        transition = _numpy(transition)
        ended = transition.terminated | transition.truncated
        self._used += int(ended.sum())
        info = self._final(ended, last, transition) if ended.any() else {}
        rewards, terminated, truncated = (
            transition.reward,
            transition.terminated,
            transition.truncated,
        )
        return _numpy(seen), rewards, terminated, truncated, info

    def _new_pool(self) -> None:
        self._pool, self._used = self._draw(_key(self.np_random)), 0

    def _final(self, ended: np.ndarray, last: Any, transition: Transition) -> dict[str, Any]:
        last, observations = _numpy(last), np.full(self.num_envs, None, dtype=object)
        for i in np.flatnonzero(ended):
            observations[i] = jax.tree.map(lambda x, i=i: x[i], last)
        final: dict[str, Any] = {}
        for name, value in facts(transition).items():
            final[name] = np.where(ended, value, np.zeros_like(value))
            final[f"_{name}"] = ended.copy()
        return {
            "final_obs": observations,
            "_final_obs": ended.copy(),
            "final_info": final,
            "_final_info": ended.copy(),
        }


def _key(random: np.random.Generator) -> jax.Array:
    return jax.random.key(random.integers(2**31))


def _advance_all(
    world: World, states: EnvState, actions: Array, pool: Pool, used: Int[Array, ""]
) -> tuple[EnvState, Observation, Observation, Transition]:
    """States and observations after resets, observations before them, transitions."""
    states, last, transition = jax.vmap(partial(advance, world.environment))(states, actions)
    index = used + jnp.cumsum(transition.done) - 1  # of the i-th that ended: the i-th free level
    begin = jax.vmap(pool.begin_where)
    states, seen = begin(transition.done, index, states, last)
    return states, seen, last, transition
