"""What the adapters share: from settings to an environment, pools of levels, auto-reset."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Int, PRNGKeyArray

from kinetix_core.env import Environment, EnvState, Result, Transition
from kinetix_core.errors import PluginError, SettingError
from kinetix_core.interfaces import LevelGenerator, Observation
from kinetix_core.scene import Array, Scene

_KINDS = ("engine", "action", "observation", "generator")


def require(module: str, extra: str) -> Any:
    """The module of another library. Raises `PluginError` that names the extra which brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise PluginError(
            f"adapter {extra}: {error}; install it with pip install 'open-kinetix[{extra}]'"
        ) from error


@dataclass(frozen=True, eq=False)
class World:
    """An environment and where its levels come from."""

    environment: Environment
    generator: LevelGenerator
    seed: int = 0

    def sample(self, key: PRNGKeyArray, n: int) -> Pool:
        """`n` new levels, ready to be begun."""
        return self.pool(self.generator.sample(key, n))

    def pool(self, levels: Scene) -> Pool:
        """Levels (leading axis), ready to be begun."""
        states = jax.vmap(self.environment.reset)(levels)
        return Pool(states, jax.vmap(self.environment.observe)(states))


class Pool(eqx.Module):
    """Beginnings of episodes, along a leading axis of levels."""

    state: EnvState
    observation: Observation

    def __len__(self) -> int:
        return jax.tree.leaves(self.state)[0].shape[0]

    def begin(self, index: Int[Array, ""]) -> tuple[EnvState, Observation]:
        """The state and the observation with which level `index` begins."""
        return jax.tree.map(lambda x: x[index], (self.state, self.observation))

    def begin_where(
        self, done: Bool[Array, ""], index: Int[Array, ""], state: EnvState, seen: Observation
    ) -> tuple[EnvState, Observation]:
        """The beginning of level `index` where an episode is done, else what was."""
        return jax.tree.map(
            lambda new, old: jnp.where(done, new, old), self.begin(index), (state, seen)
        )


def compose_world(settings: Sequence[str] = ()) -> World:
    """The environment of a run: `["size=s", "levels=handmade/s"]`, as on the command line.

    Raises `SettingError`, `LevelError` or `PluginError`, one line each.
    """
    from kinetix_core.compose import build_task, compose_run

    run = compose_run(settings)
    task = build_task(run, _KINDS)
    assert task.generator is not None
    return World(Environment(task), task.generator, run.seed)


def advance(
    environment: Environment, state: EnvState, action: Array
) -> tuple[EnvState, Observation, Transition]:
    """One step and what is seen after it, before any reset."""
    state, transition = environment.step(state, action)
    return state, environment.observe(state), transition


def facts(transition: Transition | Result) -> dict[str, Any]:
    """What every adapter's `info` says of a step: `goal`, `distance` (m) and `nonfinite`."""
    return {name: getattr(transition, name) for name in ("goal", "distance", "nonfinite")}


def check_count(name: str, value: Any, least: int = 1) -> None:
    """Raises `SettingError` unless `value` is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SettingError(f"{name}={value}: a whole number of at least {least} is expected")
