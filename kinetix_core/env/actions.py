"""The three action spaces. Source: spec/environment.md 3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import ActionSpace, Box, Discrete, MultiDiscrete, Task
from kinetix_core.scene import Array, Scene

from ._random import random_digits


def bound_controls(
    motors: Float[Array, " motor_bindings"],
    thrusters: Float[Array, " thruster_bindings"],
    scene: Scene,
) -> Float[jax.Array, " inputs"]:
    """Inputs to controls: what each joint, then each thruster of `scene` is driven with.

    Motor inputs are clamped to -1..1, thruster inputs to 0..1. A binding beyond the end reads
    the last input; automatic motors get +1.
    """
    motors = jnp.clip(motors, -1.0, 1.0)
    thrusters = jnp.clip(thrusters, 0.0, 1.0)
    joint_controls = _pick(motors, scene.joints.motor_binding)
    joint_controls = jnp.where(scene.joints.motor_auto, 1.0, joint_controls)
    thruster_controls = _pick(thrusters, scene.thrusters.thruster_binding)
    return jnp.concatenate([joint_controls, thruster_controls]).astype(jnp.float32)


def _pick(inputs: Float[Array, " inputs"], binding: Int[Array, " n"]) -> Float[jax.Array, " n"]:
    # A chain of selects: a gather with a different index per scene is slower on every backend.
    picked = jnp.broadcast_to(inputs[-1], jnp.shape(binding))
    for i in range(inputs.shape[0] - 1):
        picked = jnp.where(binding == i, inputs[i], picked)
    return jnp.where(binding < 0, inputs[0], picked)


@dataclass(frozen=True)
class _Actions(ActionSpace):
    """What the action spaces share: how many inputs there are, and the check of an action."""

    config: Any
    task: Task

    @property
    def motors(self) -> int:
        return self.task.size.motor_bindings

    @property
    def thrusters(self) -> int:
        return self.task.size.thruster_bindings

    def _check(self, action: Array) -> Array:
        shape = jnp.shape(action)
        if shape != self.space.shape:
            raise SettingError(
                f"action of shape {shape}: {self.space.shape} is expected by {self.space} for "
                f"{self.motors} motor and {self.thrusters} thruster bindings"
            )
        return jnp.asarray(action)


class MultiDiscreteActions(_Actions):
    """Motors: 0 off, 1 forward, 2 backward (out of range: clamped). Thrusters: 0 off, else on."""

    @property
    def space(self) -> MultiDiscrete:
        return MultiDiscrete((3,) * self.motors + (2,) * self.thrusters)

    def controls(self, action: Array, scene: Scene) -> jax.Array:
        action = self._check(action)
        motor = jnp.clip(action[: self.motors], 0, 2)
        direction = jnp.where(motor == 2, -1.0, motor.astype(jnp.float32))
        thrust = (action[self.motors :] != 0).astype(jnp.float32)
        return bound_controls(direction, thrust, scene)

    @property
    def noop(self) -> Array:
        return np.zeros(self.motors + self.thrusters, np.int32)

    def sample(self, key: PRNGKeyArray) -> jax.Array:
        return random_digits(key, self.space.sizes)


class ContinuousActions(_Actions):
    """One float in -1..1 per motor, then one per thruster (negative: off)."""

    @property
    def space(self) -> Box:
        return Box(-1.0, 1.0, (self.motors + self.thrusters,))

    def controls(self, action: Array, scene: Scene) -> jax.Array:
        action = self._check(action)
        return bound_controls(action[: self.motors], action[self.motors :], scene)

    @property
    def noop(self) -> Array:
        return np.zeros(self.motors + self.thrusters, np.float32)

    def sample(self, key: PRNGKeyArray) -> jax.Array:
        action = jax.random.uniform(key, self.space.shape, minval=-1.0, maxval=1.0)
        return jnp.where(np.arange(self.space.shape[0]) < self.motors, action, jnp.abs(action))


class DiscreteActions(_Actions):
    """2i and 2i+1: motor i backward, forward; then nothing; then one number per thruster."""

    @property
    def space(self) -> Discrete:
        return Discrete(2 * self.motors + 1 + self.thrusters)

    def controls(self, action: Array, scene: Scene) -> jax.Array:
        action = self._check(action)
        motor = np.arange(self.motors)
        forward = (action == 2 * motor + 1).astype(jnp.float32)
        backward = (action == 2 * motor).astype(jnp.float32)
        thrust = action == 2 * self.motors + 1 + np.arange(self.thrusters)
        return bound_controls(forward - backward, thrust.astype(jnp.float32), scene)

    @property
    def noop(self) -> Array:
        return np.int32(2 * self.motors)  # pyright: ignore[reportReturnType]

    def sample(self, key: PRNGKeyArray) -> jax.Array:
        return jax.random.randint(key, (), 0, self.space.n)
