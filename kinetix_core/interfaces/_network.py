"""Policy networks: from observations to an action distribution and a value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol, TypeAlias, runtime_checkable

import jax
from jaxtyping import Bool, Float, PRNGKeyArray

from kinetix_core.scene import Array

from ._observation import Observation

Parameters: TypeAlias = Any
Memory: TypeAlias = Any


@runtime_checkable
class Distribution(Protocol):
    """A distribution over actions, with any leading axes. A pytree."""

    def sample(self, key: PRNGKeyArray) -> jax.Array:
        """One action for each entry of the leading axes, of the action space's shape and type."""
        ...

    def mode(self) -> jax.Array:
        """The most likely action."""
        ...

    def log_prob(self, action: Array) -> jax.Array:
        """Logarithm of the probability (continuous: of the density) of `action`, f32."""
        ...

    def entropy(self) -> jax.Array:
        """Entropy in nats, f32; one number for each entry of the leading axes."""
        ...


@runtime_checkable
class Tempered(Protocol):
    """A distribution that can be made sharper or flatter. Optional; evaluation asks for it."""

    def tempered(self, temperature: float) -> Distribution:
        """Probabilities to the power of 1 / `temperature` (static), normalised again."""
        ...


class PolicyNetwork(ABC):
    """A frozen dataclass; parameters are kept outside. Methods take one environment.

    `key` is given while learning, for what is random there (dropout), and None while acting.
    """

    @abstractmethod
    def init(self, key: PRNGKeyArray, observation: Observation) -> Parameters:
        """Parameters for observations like this one (of one environment, no leading axis)."""

    def memory(self) -> Memory:
        """What is carried from step to step at the start of an episode; () for no memory."""
        return ()

    @abstractmethod
    def apply(
        self,
        params: Parameters,
        memory: Memory,
        observation: Observation,
        reset: Bool[Array, ""],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Memory, Distribution, Float[jax.Array, ""]]:
        """One step: (new memory, action distribution, value). `reset`: an episode begins here."""

    def unroll(
        self,
        params: Parameters,
        memory: Memory,
        observations: Observation,
        resets: Bool[Array, " time"],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Memory, Distribution, Float[jax.Array, " time"]]:
        """A sequence at once, leading axis time. Without memory this is one `vmap`."""
        keys = None if key is None else jax.random.split(key, resets.shape[0])

        def body(carry: Memory, step: tuple[Observation, Array, Any]) -> tuple[Memory, Any]:
            observation, reset, key = step
            carry, distribution, value = self.apply(params, carry, observation, reset, key=key)
            return carry, (distribution, value)

        if not jax.tree.leaves(memory):
            steps = (observations, resets, keys)
            return memory, *jax.vmap(lambda step: body(memory, step)[1])(steps)
        memory, (distribution, value) = jax.lax.scan(body, memory, (observations, resets, keys))
        return memory, distribution, value

    def activations(
        self,
        params: Parameters,
        memory: Memory,
        observation: Observation,
        reset: Bool[Array, ""],
    ) -> dict[str, Float[jax.Array, "*entities units"]]:
        """What the units of each hidden layer put out in one step, by the layer's name.

        Optional; {} says nothing. Serves measures such as the share of dormant units.
        """
        return {}

    @property
    def value_layer(self) -> str:
        """The name, among `activations`, of the last hidden layer before the value.

        Optional; empty says nothing. Serves the effective rank.
        """
        return ""
