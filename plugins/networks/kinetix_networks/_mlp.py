"""network/mlp: dense layers over a flat observation. Source: spec/networks.md 2 and 5."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Box, Distribution, PolicyNetwork, Task
from kinetix_core.learn import action_outputs, distribution_for

from ._config import Activation, HeadConfig, MLPConfig


def _dense(width: int, gain: float, name: str) -> nn.Dense:
    return nn.Dense(width, kernel_init=nn.initializers.orthogonal(gain), name=name)


class Stack(nn.Module):
    """Hidden layers, then a linear one: the actor or the critic."""

    config: HeadConfig
    outputs: int
    gain: float  # of the last layer's initialisation

    @nn.compact
    def __call__(self, x: Float[Array, "*batch n"]) -> Float[Array, "*batch outputs"]:
        act = jnp.tanh if self.config.activation is Activation.tanh else nn.relu
        for i in range(self.config.depth):
            x = act(_dense(self.config.width, math.sqrt(2), f"hidden_{i}")(x))
        return _dense(self.outputs, self.gain, "out")(x)


class ActorCritic(nn.Module):
    """A shared encoder, then actor and critic."""

    config: MLPConfig
    outputs: int
    continuous: bool

    @nn.compact
    def __call__(self, x: Float[Array, "*batch n"]):
        x = nn.relu(_dense(self.config.width, math.sqrt(2), "encoder")(x))
        actions = Stack(self.config, self.outputs, 0.01, name="actor")(x)
        value = Stack(self.config, 1, 1.0, name="critic")(x)
        log_std = None
        if self.continuous:
            log_std = self.param("log_std", nn.initializers.zeros, (self.outputs,))
        return actions, value[..., 0], log_std


@dataclass(frozen=True)
class MLP(PolicyNetwork):
    """Takes any observation that is one flat array. Raises `SettingError` for others."""

    config: MLPConfig
    task: Task

    def __post_init__(self) -> None:
        assert self.task.observation is not None
        space = self.task.observation.space(self.task.size)
        if not isinstance(space, Box) or len(space.shape) != 1:
            raise SettingError(
                f"network=mlp: one flat array is expected, the observation gives {space}; "
                "choose observation=symbolic or a network that takes this observation"
            )

    @cached_property
    def module(self) -> ActorCritic:
        """The Flax module behind `init` and `apply`."""
        assert self.task.action is not None
        space = self.task.action.space
        return ActorCritic(self.config, action_outputs(space), isinstance(space, Box))

    def init(self, key: PRNGKeyArray, observation: Float[Array, " n"]):
        return self.module.init(key, observation)["params"]

    def apply(
        self,
        params,
        memory: tuple[()],
        observation: Float[Array, " n"],
        reset: Bool[Array, ""],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[tuple[()], Distribution, Float[Array, ""]]:
        assert self.task.action is not None
        outputs: Any = self.module.apply({"params": params}, observation)
        actions, value, log_std = outputs
        return memory, distribution_for(self.task.action.space, actions, log_std), value
