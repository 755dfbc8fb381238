"""Policies written as Equinox modules."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Bool, Float, PRNGKeyArray

from kinetix_core.interfaces import (
    Distribution,
    Memory,
    Observation,
    Parameters,
    PolicyNetwork,
    Task,
)
from kinetix_core.scene import Array

from ._distributions import distribution_for


class EquinoxNetwork(PolicyNetwork):
    """A network whose policy is an Equinox module. Derive a frozen dataclass and write `make`.

    Parameters are the module's floating-point JAX arrays, as a mapping from their path in the
    module (`layers/0/weight`) to the array. Everything else of a module (functions, sizes, NumPy
    arrays) is made again by `make` and must not depend on the key.
    """

    task: Task

    @abstractmethod
    def make(self, key: PRNGKeyArray, observation: Observation) -> eqx.Module:
        """The policy for observations like this one (of one environment, no leading axis).

        For a continuous action space it has an array `log_std`: one number per action.
        """

    def call(
        self,
        module: Any,
        memory: Memory,
        observation: Observation,
        reset: Bool[Array, ""],
        key: PRNGKeyArray | None,
    ) -> tuple[Memory, Float[Array, " outputs"], Float[Array, ""]]:
        """New memory, `action_outputs(space)` numbers (logits, or means), and the value.

        As it stands `module(observation)` gives outputs and value. Override it, and `memory`,
        where the module has a memory, or needs the key (see `PolicyNetwork`).
        """
        outputs, value = module(observation)
        return memory, outputs, value

    def init(self, key: PRNGKeyArray, observation: Observation) -> Parameters:
        """Raises `TypeError` for JAX arrays that cannot be learnt."""
        params = {}
        for name, leaf in _leaves(self.make(key, observation)):
            if not isinstance(leaf, jax.Array):
                continue
            params[name] = leaf
            if not jnp.issubdtype(leaf.dtype, jnp.floating):
                raise TypeError(
                    f"{type(self).__name__}: {name} is a JAX array of {leaf.dtype}, which cannot "
                    "be learnt; keep constants as NumPy arrays"
                )
        return params

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
        module: Any = self.module(params, observation)
        memory, outputs, value = self.call(module, memory, observation, reset, key)
        log_std = getattr(module, "log_std", None)
        distribution = distribution_for(self.task.action.space, outputs, log_std)
        return memory, distribution, jnp.asarray(value)

    def module(self, params: Parameters, observation: Observation) -> eqx.Module:
        """The Equinox module with these parameters. Its own are only traced, never computed."""
        found: list[Any] = []

        def look(key: PRNGKeyArray, observation: Observation) -> None:
            module = self.make(key, observation)
            for name, leaf in _leaves(module):
                found.append(params[name] if isinstance(leaf, jax.Array) else leaf)
            found.append(jax.tree.structure(module))

        jax.eval_shape(look, jax.random.key(0), observation)
        *leaves, structure = found
        return jax.tree.unflatten(structure, leaves)


def _leaves(module: eqx.Module) -> list[tuple[str, Any]]:
    leaves = jax.tree_util.tree_flatten_with_path(module)[0]
    return [(jax.tree_util.keystr(p, simple=True, separator="/"), leaf) for p, leaf in leaves]
