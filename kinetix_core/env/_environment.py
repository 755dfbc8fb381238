"""The environment: episodes of a scene under control. Source: spec/environment.md 4 and 7."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, Int

from kinetix_core.errors import LevelError
from kinetix_core.interfaces import Engine, EngineState, Observation, Task, Trace
from kinetix_core.scene import Array, Scene, SceneSize

from ._reward import Rules, distance, outcome, rules

UNKNOWN_DISTANCE = -1.0
"""`last_distance` at the start of an episode: no shaping on its first step."""


class EnvState(eqx.Module):
    """An episode at an instant."""

    physics: EngineState
    rules: Rules
    timestep: Int[Array, ""]  # environment steps since the level began
    last_distance: Float[Array, ""]  # m


class Transition(eqx.Module):
    """What one environment step gave."""

    reward: Float[Array, ""]  # +1 goal, -1 lava, plus shaping
    terminated: Bool[Array, ""]  # green touched blue or red
    truncated: Bool[Array, ""]  # the time limit was reached, or the state is not finite
    nonfinite: Bool[Array, ""]  # some body is at NaN or infinity
    goal: Bool[Array, ""]  # green touched blue, and not red
    distance: Float[Array, ""]  # m, summed over green-blue pairs

    @property
    def done(self) -> Bool[Array, ""]:
        """The episode is over."""
        return self.terminated | self.truncated


@dataclass(frozen=True)
class Environment:
    """Reset, step and observe one scene; lift with `jax.vmap`. `step` never resets.

    Needs engine, action and observation in `task`.
    """

    task: Task

    @property
    def engine(self) -> Engine:
        assert self.task.engine is not None
        return self.task.engine

    def reset(self, level: Scene) -> EnvState:
        """Begin an episode in exactly this level. Raises `LevelError` if its size is another."""
        if level.size != self.task.size:
            raise LevelError(
                f"level of size {level.size.name}: this environment plays size "
                f"{self.task.size.name}; expand the level first (kinetix_core.scene.expand)"
            )
        return EnvState(
            physics=self.engine.init(level),
            rules=rules(level),
            timestep=jnp.asarray(level.timestep, jnp.int32),
            last_distance=jnp.float32(UNKNOWN_DISTANCE),
        )

    def scene(self, state: EnvState) -> Scene:
        """The world as it is now."""
        return replace(self.engine.scene(state.physics), timestep=state.timestep)

    def observe(self, state: EnvState, previous: Observation | None = None) -> Observation:
        """What the policy sees now; cheaper with what it saw earlier in the same episode."""
        assert self.task.observation is not None
        if previous is None:
            return self.task.observation.encode(self.scene(state))
        return self.task.observation.encode_next(self.scene(state), previous)

    def controls(self, state: EnvState, action: Array) -> Float[Array, " inputs"]:
        """One value per joint, then one per thruster."""
        assert self.task.action is not None
        return self.task.action.controls(action, self.engine.scene(state.physics))

    def step(self, state: EnvState, action: Array) -> tuple[EnvState, Transition]:
        """One action for `frame_skip` physics steps."""
        controls = self.controls(state, action)
        physics, trace = self.engine.steps(state.physics, controls, self.task.env.frame_skip)
        hit, dist = _first_event(self.task.size, state.rules, trace)
        timestep = state.timestep + 1
        terminated = hit != 0
        nonfinite = ~self._finite(physics)
        truncated = (timestep >= self.task.env.max_timesteps) | nonfinite
        transition = Transition(
            reward=hit + self._shaping(dist, state.last_distance),
            terminated=terminated,
            truncated=truncated & ~terminated,
            nonfinite=nonfinite,
            goal=hit > 0,
            distance=dist,
        )
        last = jnp.where(transition.done, UNKNOWN_DISTANCE, dist)
        return EnvState(physics, state.rules, timestep, last), transition

    def _shaping(self, dist: Array, last: Array) -> Float[jax.Array, ""]:
        delta = -(dist - last) * self.task.env.dense_reward_scale
        counts = jnp.isfinite(delta) & (last != UNKNOWN_DISTANCE)
        return jnp.where(counts, delta, 0.0)

    def _finite(self, physics: EngineState) -> Bool[jax.Array, ""]:
        scene = self.engine.scene(physics)
        finite = jnp.bool_(True)
        for bodies in (scene.polygons, scene.circles):
            # One number per body that is NaN or 0: one reduction instead of one per field.
            lost = bodies.rotation * 0.0 + bodies.angular_velocity * 0.0
            for pair in (bodies.position, bodies.velocity):
                lost += pair[:, 0] * 0.0 + pair[:, 1] * 0.0
            finite &= ~jnp.any(jnp.isnan(lost))
        return finite


def _first_event(
    size: SceneSize, rules: Rules, trace: Trace
) -> tuple[Float[jax.Array, ""], Float[jax.Array, ""]]:
    """Reward and distance of the first physics step that hit something, else of the last."""
    hits = jax.vmap(outcome, in_axes=(None, 0))(rules, trace.touching)
    hit, position = hits[-1], trace.position[-1]
    for k in reversed(range(hits.shape[0] - 1)):
        first = hits[k] != 0
        hit = jnp.where(first, hits[k], hit)
        position = jnp.where(first, trace.position[k], position)
    return hit, distance(size, rules, position)


def reset_where(done: Bool[Array, " envs"], state: Any, fresh: Any, index: Int[Array, " envs"]):
    """States along a leading axis, with row i replaced by row `index[i]` of `fresh` where done.

    `fresh` is a pool of states that `Environment.reset` made; its leading axis is the level.
    """

    def pick(old: Array, new: Array) -> jax.Array:
        mask = done.reshape(done.shape + (1,) * (old.ndim - 1))
        return jnp.where(mask, jnp.take(new, index, axis=0, mode="clip"), old)

    return jax.tree.map(pick, state, fresh)
