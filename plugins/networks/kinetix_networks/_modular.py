"""network/modular: one policy head for all motors, one for all thrusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import (
    Box,
    Discrete,
    Distribution,
    Memory,
    MultiDiscrete,
    Observation,
    Parameters,
    PolicyNetwork,
    Task,
)
from kinetix_core.learn import distribution_for

from ._config import Activation, ModularConfig
from ._layers import ACTIVATIONS, ORTHOGONAL, dense, tell
from ._observed import OTHERWISE, described, parts_of

_PARTS = ("scene", "motors", "motor_mask", "thrusters", "thruster_mask", "mirrored")
_MOTOR, _THRUSTER = {"multi": 3, "single": 2, "box": 1}, {"multi": 2, "single": 1, "box": 1}
"""Outputs per input of the agent, by kind of action space."""


class ModularActorCritic(nn.Module):
    """Outputs for the inputs of the agent, and a value, of one observation.

    x = relu(scene, sum of motor embeddings, sum of thruster embeddings); the actor's layers make
    a context of x, and a head, the same for every row, sees the context and its own row. A row
    that drives nothing gives 0, so it is drawn evenly and learns nothing.
    """

    config: ModularConfig
    kind: str

    @nn.compact
    def __call__(self, observation: Mapping[str, Array]) -> tuple[Array, Array, Array | None]:
        motors, thrusters = observation["motors"], observation["thrusters"]
        motor_mask, thruster_mask = (
            jnp.asarray(observation[name])[:, None] for name in ("motor_mask", "thruster_mask")
        )
        seen = [
            self._sum(motors, motor_mask, "motor"),
            self._sum(thrusters, thruster_mask, "thruster"),
        ]
        x = jnp.concatenate([observation["scene"], *seen], axis=-1)
        x = nn.relu(dense(self.config.width, "scene", ORTHOGONAL)(x))
        tell(self, "scene_units", x)
        context = self._layers(x, self.config.depth, "actor")
        of_motors = self._head(context, motors, "motor", _MOTOR[self.kind])
        of_motors = jnp.where(motor_mask, of_motors, 0.0)
        of_thrusters = self._head(context, thrusters, "thruster", _THRUSTER[self.kind])
        of_thrusters = jnp.where(thruster_mask, of_thrusters, 0.0)
        value = self._layers(x, self.config.depth + 1, "critic")
        value = dense(1, "value", nn.initializers.orthogonal(1.0))(value)[..., 0]
        outputs = [self._unmirrored(of_motors, observation["mirrored"]).reshape(-1)]
        if self.kind == "single":
            outputs.append(dense(1, "nothing", nn.initializers.orthogonal(0.01))(context))
        outputs.append(of_thrusters.reshape(-1))
        return jnp.concatenate(outputs), value, self._log_std(motors.shape[0], thrusters.shape[0])

    def _sum(
        self, rows: Float[Array, "n features"], there: Bool[Array, "n 1"], name: str
    ) -> Float[Array, " units"]:
        units = self._act(dense(self.config.head_width, f"{name}_summary", ORTHOGONAL)(rows))
        tell(self, f"{name}_summary_units", units)
        return jnp.sum(jnp.where(there, units, 0.0), axis=0)

    def _layers(self, x: Array, depth: int, name: str) -> Array:
        for i in range(depth):
            x = self._act(dense(self.config.width, f"{name}_{i}", ORTHOGONAL)(x))
            tell(self, f"{name}_units_{i}", x)
        return x

    def _head(
        self, context: Float[Array, " width"], rows: Float[Array, "n features"], name: str, n: int
    ) -> Float[Array, "n outputs"]:
        width = self.config.head_width
        of_context = dense(width, f"{name}_context", ORTHOGONAL)(context)
        units = self._act(of_context[None] + dense(width, f"{name}_row", ORTHOGONAL)(rows))
        tell(self, f"{name}_units_0", units)
        units = self._act(dense(width, f"{name}_hidden", ORTHOGONAL)(units))
        tell(self, f"{name}_units_1", units)
        return dense(n, f"{name}_out", nn.initializers.orthogonal(0.01))(units)

    def _unmirrored(self, outputs: Float[Array, "n outputs"], mirrored: Array) -> Array:
        """Forward and backward change places where the scene is shown mirrored."""
        if self.kind == "box":
            other = -outputs
        else:
            off = outputs[:, : outputs.shape[1] - 2]  # stays off
            swapped = jnp.flip(outputs[:, off.shape[1] :], axis=1)
            other = jnp.concatenate([off, swapped], axis=1)
        return jnp.where(mirrored, other, outputs)

    def _log_std(self, motors: int, thrusters: int) -> Array | None:
        if self.kind != "box":
            return None
        of_each = self.param("log_std", nn.initializers.zeros, (2,))  # motors, thrusters
        return jnp.repeat(
            of_each, jnp.array([motors, thrusters]), total_repeat_length=motors + thrusters
        )

    def _act(self, x: Array) -> Array:
        return jnp.tanh(x) if self.config.activation is Activation.tanh else nn.relu(x)


@dataclass(frozen=True)
class Modular(PolicyNetwork):
    """Shared modular policies (Huang et al. 2020, arXiv 2007.04976) over `egocentric`.

    What is learnt of one motor holds for all, so it takes a fraction of the experience that a
    network with outputs of its own for each input takes. Takes any number of motor and thruster
    inputs; the size of the scene is fixed. Without a memory.

    Raises `SettingError` for an observation without its parts, or other action spaces than
    `multi_discrete`, `discrete` and `continuous`.
    """

    config: ModularConfig
    task: Task

    def __post_init__(self) -> None:
        assert self.task.observation is not None
        space = self.task.observation.space(self.task.size)
        parts = parts_of(space)
        missing = [name for name in _PARTS if name not in parts]
        if missing:
            raise SettingError(
                f"network=modular: rows for motors and thrusters are expected, the observation "
                f"gives {described(space)} (no {missing[0]}); choose "
                f"observation=egocentric {OTHERWISE}"
            )
        _ = self.module

    @cached_property
    def module(self) -> ModularActorCritic:
        """The Flax module behind `init` and `apply`."""
        return ModularActorCritic(self.config, self._kind())

    def _kind(self) -> str:
        assert self.task.action is not None
        space, size = self.task.action.space, self.task.size
        motors, thrusters = size.motor_bindings, size.thruster_bindings
        if space == MultiDiscrete((3,) * motors + (2,) * thrusters):
            return "multi"
        if isinstance(space, Discrete) and space.n == 2 * motors + 1 + thrusters:
            return "single"
        if isinstance(space, Box) and space.shape == (motors + thrusters,):
            return "box"
        raise SettingError(
            f"network=modular: it has outputs for {motors} motor and {thrusters} thruster inputs, "
            f"and knows no actions in {space}; choose action=multi_discrete, discrete or "
            "continuous, or another network"
        )

    def init(self, key: PRNGKeyArray, observation: Observation) -> Parameters:
        return self.module.init(key, observation)["params"]

    def apply(
        self,
        params: Parameters,
        memory: Memory,
        observation: Observation,
        reset: Bool[Array, ""],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Memory, Distribution, Float[jax.Array, ""]]:
        assert self.task.action is not None
        found: Any = self.module.apply({"params": params}, observation)
        outputs, value, log_std = found
        return memory, distribution_for(self.task.action.space, outputs, log_std), value

    def activations(
        self, params: Parameters, memory: Memory, observation: Observation, reset: Bool[Array, ""]
    ) -> dict[str, Float[jax.Array, "*entities units"]]:
        """After their nonlinearity."""
        told: Any = self.module.apply({"params": params}, observation, mutable=[ACTIVATIONS])[1]
        return dict(told.get(ACTIVATIONS, {}))

    @property
    def value_layer(self) -> str:
        """The critic's last."""
        return f"critic_units_{self.config.depth}"
