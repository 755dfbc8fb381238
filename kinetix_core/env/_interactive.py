"""One environment stepped from Python: an action in, what is seen and what it gave out."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import jaxpr_as_fun
from jaxtyping import Float

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Observation
from kinetix_core.scene import Array, Scene

from ._environment import Environment, EnvState, Transition


class Result(NamedTuple):
    """What one step gave, as Python numbers; the fields are those of `Transition`."""

    reward: float
    terminated: bool
    truncated: bool
    nonfinite: bool
    goal: bool
    distance: float  # m

    @property
    def done(self) -> bool:
        """The episode is over; nothing begins a new one but `reset`."""
        return self.terminated or self.truncated


class InteractiveEnvironment:
    """An environment that keeps its episode to itself, for loops in Python.

        play = InteractiveEnvironment(Environment(task))
        observation = play.reset(level)
        observation, result = play.step(action)

    The same numbers as a jitted `Environment.step` and `observe`, sooner: what a step hands on as
    it was is no result of the call, and all scalars are one. Observations stay on the device.
    """

    def __init__(self, environment: Environment):
        self.environment = environment
        self._reset = jax.jit(self._first)
        self._leaves: list[Any] = []  # of state and observation; a step replaces some of them
        self._step: Any = None

    def reset(self, level: Scene) -> Observation:
        """Begins an episode in `level`. Raises `LevelError` for a level of another size."""
        return self.begin(*self._reset(level))

    def begin(self, state: EnvState, observation: Observation) -> Observation:
        """Goes on from a state of the environment, and what was seen of it."""
        leaves, tree = jax.tree.flatten((state, observation))
        if self._step is None:
            self._build(leaves, tree)
        self._leaves = [jnp.asarray(leaf) for leaf in leaves]
        return observation

    def step(self, action: Any) -> tuple[Observation, Result]:
        """One action, `frame_skip` physics steps. Raises `SettingError` before the first reset."""
        if not self._leaves:
            raise SettingError("step: call reset first")
        changed, numbers = self._step(self._leaves, action)
        for place, leaf in zip(self._places, changed, strict=True):
            self._leaves[place] = leaf
        reward, distance, *flags = np.asarray(numbers).tolist()
        terminated, truncated, nonfinite, goal = (flag != 0.0 for flag in flags)
        result = Result(reward, terminated, truncated, nonfinite, goal, distance)
        return jax.tree.unflatten(self._seen, self._leaves[self._first_seen :]), result

    @property
    def state(self) -> EnvState:
        """The episode as it is now."""
        return jax.tree.unflatten(self._tree, self._leaves)[0]

    def _first(self, level: Scene) -> tuple[EnvState, Observation]:
        state = self.environment.reset(level)
        return state, self.environment.observe(state)

    def _build(self, leaves: list[Any], tree: Any) -> None:
        """Traces a step, and compiles what it changes."""
        self._tree, (_, self._seen) = tree, tree.children()
        self._first_seen = len(leaves) - self._seen.num_leaves
        assert self.environment.task.action is not None
        action = jnp.asarray(self.environment.task.action.noop)
        traced = jax.make_jaxpr(self._advance)(leaves, action)
        *kept, numbers = traced.jaxpr.outvars
        own = traced.jaxpr.invars[: len(leaves)]
        self._places = [i for i, (new, old) in enumerate(zip(kept, own, strict=True)) if new != old]
        outvars = [*(kept[i] for i in self._places), numbers]
        run = jaxpr_as_fun(traced.replace(jaxpr=traced.jaxpr.replace(outvars=outvars)))

        def step(leaves: list[Any], action: Array) -> tuple[list[Any], Any]:
            *changed, numbers = run(*leaves, jnp.asarray(action, traced.in_avals[-1].dtype))
            return changed, numbers

        self._step = jax.jit(step)

    def _advance(self, leaves: list[Any], action: Array) -> tuple[list[Any], Any]:
        state, seen = jax.tree.unflatten(self._tree, leaves)
        state, transition = self.environment.step(state, action)
        seen = self.environment.observe(state, seen)
        return jax.tree.leaves((state, seen)), pack_numbers(transition)


def pack_numbers(transition: Transition) -> Float[jax.Array, " 6"]:
    """Reward, distance, and the flags as 0 or 1: terminated, truncated, nonfinite, goal."""
    flags = transition.terminated, transition.truncated, transition.nonfinite, transition.goal
    return jnp.stack([transition.reward, transition.distance, *(1.0 * flag for flag in flags)])
