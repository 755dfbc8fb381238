"""Policies without parameters, to see what levels do: random actions, and none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, PRNGKeyArray

from kinetix_core.interfaces import (
    ActionSpace,
    Box,
    Memory,
    Observation,
    ObservationEncoder,
    Parameters,
    PolicyNetwork,
    Space,
    Task,
)
from kinetix_core.scene import Array, Scene, SceneSize

POLICIES = ("random", "noop")
"""Names that `with_policy` knows."""


class _Chosen(eqx.Module):
    """A distribution that draws from an action space, or is certain of its `noop`."""

    action: ActionSpace = eqx.field(static=True)
    idle: bool = eqx.field(static=True)

    def sample(self, key: PRNGKeyArray) -> jax.Array:
        return self.mode() if self.idle else self.action.sample(key)

    def mode(self) -> jax.Array:
        return jnp.asarray(self.action.noop)

    def log_prob(self, action: Array) -> jax.Array:
        raise NotImplementedError("a policy without parameters is not trained")

    def entropy(self) -> jax.Array:
        raise NotImplementedError("a policy without parameters is not trained")


@dataclass(frozen=True)
class _WithoutParameters(PolicyNetwork):
    action: ActionSpace
    idle: bool

    def init(self, key: PRNGKeyArray, observation: Observation) -> Parameters:
        return ()

    def apply(
        self,
        params: Parameters,
        memory: Memory,
        observation: Observation,
        reset: Bool[Array, ""],
        *,
        key: PRNGKeyArray | None = None,
    ) -> tuple[Memory, Any, Float[jax.Array, ""]]:
        return memory, _Chosen(self.action, self.idle), jnp.float32(0)


@dataclass(frozen=True)
class _Blind(ObservationEncoder):
    """Sees nothing."""

    def space(self, size: SceneSize) -> Space:
        return Box(-1.0, 1.0, (0,))

    def encode(self, scene: Scene) -> Observation:
        return jnp.zeros(0)


def with_policy(task: Task, name: str) -> Task:
    """`task`, which has engine and action, played by the policy `random` or `noop`."""
    assert name in POLICIES, name
    assert task.action is not None
    network = _WithoutParameters(task.action, name == "noop")
    return replace(task, observation=_Blind(), network=network)
