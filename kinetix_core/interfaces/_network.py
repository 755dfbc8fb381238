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

    def sample(self, key: PRNGKeyArray) -> jax.Array: ...
    def mode(self) -> jax.Array: ...
    def log_prob(self, action: Array) -> jax.Array: ...
    def entropy(self) -> jax.Array: ...


class PolicyNetwork(ABC):
    """A frozen dataclass; parameters are kept outside. Methods take one environment."""

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
        if not jax.tree.leaves(memory):
            _, distribution, value = jax.vmap(
                lambda o, r: self.apply(params, memory, o, r, key=key)
            )(observations, resets)
            return memory, distribution, value

        def body(carry: Memory, step: tuple[Observation, Array]) -> tuple[Memory, Any]:
            carry, distribution, value = self.apply(params, carry, *step, key=key)
            return carry, (distribution, value)

        memory, (distribution, value) = jax.lax.scan(body, memory, (observations, resets))
        return memory, distribution, value
