"""What every built-in network is: an encoder, a memory if asked for, actor and critic."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from kinetix_core.interfaces import (
    Box,
    Distribution,
    Memory,
    Observation,
    Parameters,
    PolicyNetwork,
    Task,
)
from kinetix_core.learn import action_outputs, distribution_for

from ._config import HeadConfig
from ._layers import ACTIVATIONS, GatedUnits, Stack, tell

Embeddings = tuple[Float[Array, "*batch n"], ...]
"""What an encoder gives: one vector, or one for the actor and one for the critic."""


class ActorCritic(nn.Module):
    """Parameters: `encoder`, `memory_0` (and `memory_1`), `actor`, `critic`, `log_std`.

    `widths`: of the embeddings that `encoder(observation, learning)` gives.
    """

    encoder: nn.Module
    config: HeadConfig
    widths: tuple[int, ...]
    outputs: int
    continuous: bool

    def setup(self) -> None:
        config = self.config
        if config.recurrent:
            self.memory = [GatedUnits(config.memory_width, n) for n in self.widths]
        self.actor = Stack(config.actor, config.activation, self.outputs, 0.01)
        self.critic = Stack(config.critic, config.activation, 1, 1.0)
        if self.continuous:
            self.log_std = self.param("log_std", nn.initializers.zeros, (self.outputs,))

    def encode(self, observation: Observation, learning: bool = False) -> Embeddings:
        """One observation; as the memory wants it, if there is one."""
        assert callable(self.encoder)
        embeddings: Any = self.encoder(observation, learning)
        if not self.config.recurrent:
            return embeddings
        return tuple(cell.look(x) for cell, x in zip(self.memory, embeddings, strict=True))

    def remember(self, memory: Embeddings, looked: Embeddings, reset: Array) -> Embeddings:
        """The memory after a step, which is what actor and critic are given."""
        parts = zip(self.memory, memory, looked, strict=True)
        new = tuple(cell(h, x, reset) for cell, h, x in parts)
        for i, units in enumerate(new):
            tell(self, f"memory_units_{i}", units)
        return new

    def heads(self, embeddings: Embeddings) -> tuple[Array, Array, Array | None]:
        """Outputs for actions, value, and log standard deviations of continuous actions."""
        value = self.critic(embeddings[-1])[..., 0]
        return self.actor(embeddings[0]), value, self.log_std if self.continuous else None

    def __call__(self, memory: Memory, observation: Observation, reset: Array) -> Any:
        embeddings = self.encode(observation)
        if self.config.recurrent:
            embeddings = self.remember(memory, embeddings, reset)
        return self.heads(embeddings)


@dataclass(frozen=True)
class FlaxNetwork(PolicyNetwork):
    """A policy over one encoder, a Flax module for one observation.

    Of a sequence, all steps are encoded at once, and so is what the memory sees of them; only
    the memory itself goes from step to step.
    """

    config: HeadConfig
    task: Task

    @property
    @abstractmethod
    def encoder(self) -> nn.Module:
        """Called as `encoder(observation, learning)`; gives `Embeddings`."""

    @property
    @abstractmethod
    def widths(self) -> tuple[int, ...]:
        """Of the embeddings."""

    @cached_property
    def module(self) -> ActorCritic:
        """The Flax module behind `init` and `apply`."""
        assert self.task.action is not None
        space = self.task.action.space
        outputs, continuous = action_outputs(space), isinstance(space, Box)
        return ActorCritic(self.encoder, self.config, self.widths, outputs, continuous)

    def init(self, key: PRNGKeyArray, observation: Observation) -> Parameters:
        return self.module.init(key, self.memory(), observation, jnp.bool_(True))["params"]

    def memory(self) -> Memory:
        if not self.config.recurrent:
            return ()
        return tuple(jnp.zeros(self.config.memory_width) for _ in self.widths)

    def apply(
        self,
        params: Parameters,
        memory: Memory,
        observation: Observation,
        reset: Bool[Array, ""],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Memory, Distribution, Float[jax.Array, ""]]:
        embeddings = self._encode(params, observation, key)
        if self.config.recurrent:
            memory = embeddings = self._call("remember", params, memory, embeddings, reset)
        return memory, *self._heads(params, embeddings)

    def unroll(
        self,
        params: Parameters,
        memory: Memory,
        observations: Observation,
        resets: Bool[Array, " time"],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Memory, Distribution, Float[jax.Array, " time"]]:
        if not self.config.recurrent:
            return super().unroll(params, memory, observations, resets, key=key)
        keys = None if key is None else jax.random.split(key, resets.shape[0])
        looked = jax.vmap(self._encode, in_axes=(None, 0, 0))(params, observations, keys)

        def step(memory: Memory, now: tuple[Embeddings, Array]) -> tuple[Memory, Memory]:
            memory = self._call("remember", params, memory, *now)
            return memory, memory

        memory, remembered = jax.lax.scan(step, memory, (looked, resets))
        return memory, *self._heads(params, remembered)

    def activations(
        self,
        params: Parameters,
        memory: Memory,
        observation: Observation,
        reset: Bool[Array, ""],
    ) -> dict[str, Float[jax.Array, "*entities units"]]:
        """After their nonlinearity; rows of inactive entities are 0 where there is a mask."""
        told: Any = self.module.apply(
            {"params": params}, memory, observation, reset, mutable=[ACTIVATIONS]
        )[1]
        leaves = jax.tree_util.tree_flatten_with_path(told.get(ACTIVATIONS, {}))[0]
        return {jax.tree_util.keystr(p, simple=True, separator="/"): x for p, x in leaves}

    @property
    def value_layer(self) -> str:
        """The critic's last, where it has any."""
        depth, _ = self.config.critic
        return f"critic/units_{depth - 1}" if depth else ""

    def _encode(self, params: Parameters, observation: Observation, key: Any) -> Embeddings:
        rngs = None if key is None else {"dropout": key}
        return self._call("encode", params, observation, key is not None, rngs=rngs)

    def _heads(self, params: Parameters, embeddings: Embeddings) -> tuple[Distribution, Array]:
        assert self.task.action is not None
        outputs, value, log_std = self._call("heads", params, embeddings)
        return distribution_for(self.task.action.space, outputs, log_std), value

    def _call(self, method: str, params: Parameters, *args: Any, **options: Any) -> Any:
        return self.module.apply({"params": params}, *args, method=method, **options)
