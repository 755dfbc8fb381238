"""network/deep_sets: sums over entities, whatever their order. Source: spec/networks.md 4."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from kinetix_core.errors import SettingError
from kinetix_core.interfaces import Box, Distribution, Observation, PolicyNetwork, Record, Task
from kinetix_core.learn import action_outputs, distribution_for

from ._config import DeepSetsConfig
from ._mlp import Stack

KINDS = ("circle", "polygon", "joint", "thruster")
"""Kinds of entities, in the order of their type code."""
_STACKED = ("polygon", "circle", "joint", "thruster")


class HeadSums(nn.Module):
    """For each head: a dense layer and relu on every row, then the sum over all rows."""

    config: DeepSetsConfig

    @nn.compact
    def __call__(self, rows: Float[Array, "*batch rows n"]) -> Float[Array, "*batch outputs"]:
        heads, width, n = self.config.heads, self.config.head_width, rows.shape[-1]

        def init(key: PRNGKeyArray, shape: tuple[int, ...]) -> Array:
            # one orthogonal matrix for all heads, (heads * n, width)
            return nn.initializers.orthogonal(math.sqrt(2))(key, (heads * n, width)).reshape(shape)

        kernels = self.param("kernels", init, (heads, n, width))
        biases = self.param("biases", nn.initializers.zeros, (heads, width))
        # side by side, the heads are one matrix product
        kernel = kernels.transpose(1, 0, 2).reshape(n, heads * width)
        bias = jnp.broadcast_to(biases.reshape(-1), (*rows.shape[:-1], heads * width))
        return jnp.sum(nn.relu(rows @ kernel + bias), axis=-2)


class SetActorCritic(nn.Module):
    """Entities to vectors, their sums per head, then actor and critic."""

    config: DeepSetsConfig
    outputs: int
    continuous: bool

    @nn.compact
    def __call__(self, observation: Observation):
        rows = [self._encode(kind, observation) for kind in _STACKED]
        x = jnp.tanh(HeadSums(self.config, name="sums")(jnp.concatenate(rows, axis=-2)))
        actions = Stack(self.config, self.outputs, 0.01, name="actor")(x)
        value = Stack(self.config, 1, 1.0, name="critic")(x)
        log_std = None
        if self.continuous:
            log_std = self.param("log_std", nn.initializers.zeros, (self.outputs,))
        return actions, value[..., 0], log_std

    def _encode(self, kind: str, observation: Observation) -> Float[Array, "*batch rows n"]:
        """Features to numbers and a type code; inactive entities are zero throughout."""
        table, mask = observation[f"{kind}s"], jnp.asarray(observation[f"{kind}_mask"])
        init = nn.initializers.orthogonal(math.sqrt(2))
        width = self.config.encoder_width - len(KINDS)
        x = jnp.tanh(nn.Dense(width, kernel_init=init, name=kind)(table))
        code = np.arange(len(KINDS)) == KINDS.index(kind)
        code = jnp.broadcast_to(code.astype(np.float32), (*x.shape[:-1], len(KINDS)))
        return jnp.where(mask[..., None], jnp.concatenate([x, code], axis=-1), 0.0)


@dataclass(frozen=True)
class DeepSets(PolicyNetwork):
    """Takes the observation `entity`; the order of entities does not matter.

    The same parameters serve any number of entities. An inactive entity adds relu(bias) to each
    head and nothing else. Raises `SettingError` for an observation without tables of entities.
    """

    config: DeepSetsConfig
    task: Task

    def __post_init__(self) -> None:
        assert self.task.observation is not None
        space = self.task.observation.space(self.task.size)
        parts = dict(space.parts) if isinstance(space, Record) else {}
        missing = [f for k in KINDS for f in (f"{k}s", f"{k}_mask") if f not in parts]
        if missing:
            found = ", ".join(parts) if parts else str(space)
            raise SettingError(
                f"network=deep_sets: tables of entities are expected, the observation gives "
                f"{found} (no {missing[0]}); choose observation=entity or network=mlp"
            )

    @cached_property
    def module(self) -> SetActorCritic:
        """The Flax module behind `init` and `apply`."""
        assert self.task.action is not None
        space = self.task.action.space
        return SetActorCritic(self.config, action_outputs(space), isinstance(space, Box))

    def init(self, key: PRNGKeyArray, observation: Observation):
        return self.module.init(key, observation)["params"]

    def apply(
        self,
        params,
        memory: tuple[()],
        observation: Observation,
        reset: Bool[Array, ""],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[tuple[()], Distribution, Float[jax.Array, ""]]:
        assert self.task.action is not None
        applied: Any = self.module.apply({"params": params}, observation)
        actions, value, log_std = applied
        return memory, distribution_for(self.task.action.space, actions, log_std), value
